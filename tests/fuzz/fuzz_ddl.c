#include "fuzz.h"
#include "base/charset.h"
#include "source/mysql/ddl/hangs.h"
#include "source/mysql/doubt.h"
#include "source/mysql/types.h"

static const char *const statements[] = {
    "create table if not exists t (id int unsigned not null auto_increment primary key, v "
    "varchar(20) charset latin1 default 'a''b' comment \"x\","
    " e enum('a','b''c') collate utf8mb4_bin, g int as (id + 1) virtual, unique key u (v(5), e), "
    "key ((id * 2))) comment 'c' partition by hash (id)",
    "alter table t add column c decimal(5,2) zerofill default b'101' after v, modify id bigint "
    "first, change v w text, drop e, add unique (c),"
    " alter w set default x'41', rename index u to k, convert to character set utf8mb3, order by "
    "c, id desc, rename to d2.t",
    "rename table t to u, d.u to t",
    "drop table if exists t, `d``2`.t /* generated */",
    "create table u like t",
    "/*!50100 create */ unique index i using btree on t (c desc, w(3)) -- end",
    "alter database d default collate latin1_bin",
    "XA START X'6162',X'',1",
    "set statement a = (1), b = 'x' for alter table t add x enum(x'e9', 'a') charset latin1 "
    "default x'e9', add y varbinary(3) default x'ff00', modify z set('ä')",
    "create or replace table d.t (a varchar(5) charset gbk default _utf16 x'00e4', s date, e date, "
    "period for p (s, e), unique (a, p without overlaps))"
    " /*!99999 x /* y */ */ partition by range (a) (partition p values less than (1))",
    "create sequence t as int unsigned start 5",
    "alter table t convert partition p to table u",
    "alter table t convert table u to partition q",
    "create table t ([a b] number(5,2), d oracle_schema.date, e blob)",
    "create table v (a timestamp(3) default now(3) on update now(3), b json) with system "
    "versioning",
};

static void put_definition(void *arg, const struct mysql_table_def *t)
{
    struct arena *a = arg;
    struct mysql_table_def back;
    struct buf json = { 0 };
    struct err err;
    mysql_table_def_write(t, &json);
    if (mysql_table_def_read(buf_slice(&json), a, &back, &err))
        die("a kept definition cannot be read");
    struct buf again = { 0 };
    mysql_table_def_write(&back, &again);
    if (!slice_eq(buf_slice(&json), buf_slice(&again)))
        die("a kept definition lost something");
    buf_done(&again);
    (void)mysql_table_key(t);
    buf_done(&json);
}

static void plan_of(void *arg, const struct mysql_table_def *t)
{
    struct arena *a = arg;
    const struct mysql_collations none = { 0 };
    struct binlog_column *layout = arena_alloc(a, (t->ncols + 1u) * sizeof *layout);
    struct table table;
    struct err err;
    if (mysql_types_table(t, &none, rnd(2), a, layout, &table, &err))
        return;
    for (uint16_t i = 0; i < table.ncols; i++)
        if (table.cols[i].default_kind == DEFAULT_LITERAL &&
            !utf8_is(slice_str(table.cols[i].default_text)))
            die("a default that no schema can hold");
    try_table(&table, true, a);
}

/* Statements follow each other on the same definitions, some of them as they stand. */
void feed_statements(void)
{
    const struct mysql_dialect server = { .mariadb = rnd(2),
                                          .version = rnd(2) ? 50744 : 0,
                                          .fold_names = rnd(2) };
    struct ddl_context ctx = { .database = "d",
                               .ansi_quotes = rnd(4) == 0,
                               .no_backslash_escapes = rnd(4) == 0,
                               .implicit_timestamp = rnd(2),
                               .server = &server,
                               .oracle = rnd(4) == 0,
                               .brackets = rnd(4) == 0,
                               .rounds = rnd(2),
                               .empty_is_null = rnd(4) == 0,
                               .charset = rnd(3)   ? NULL
                                          : rnd(2) ? "latin1"
                                                   : "binary",
                               .time_zone = rnd(2) ? "+02:00" : NULL };
    struct mysql_schema *s = mysql_schema_new();
    struct arena a;
    struct err err;
    arena_init(&a, 4096);
    for (int i = 0; i < 5; i++) {
        struct slice seed_text =
            slice_str(statements[i ? rnd(sizeof statements / sizeof *statements) : 0]);
        struct slice made = make_input(seed_text), in = rnd(3) ? made : seed_text;
        struct ddl d;
        if (!ddl_read(in, &ctx, &a, &d, &err))
            (void)!ddl_apply(in, &ctx, &d, s, &err);
        free_input(made);
    }
    mysql_schema_each(s, put_definition, &a);
    mysql_schema_each(s, plan_of, &a);
    mysql_schema_free(s);
    arena_done(&a);
}

static const char *const changes[] = {
    "insert into `o`.`a.b` partition (p) (id, v) values (1, f(2)), (nextval(s), 'x') on duplicate "
    "key update v = o.g(values(v)) returning id",
    "update low_priority o.t as a join (select id from u) b using (id), ((c left join d on c.i = "
    "d.i)) set a.v = 1, d.t.w = (2), x = 3 order by 1 limit 2",
    "delete quick from a.*, o.b using o.x as a natural join o.b, json_table('[]', '$' columns (i "
    "int path '$')) j where a.id in (select 1 for update)",
    "with c as (select 1) delete a, o.t.* from a, o.t, lateral (select 1) s where f(1)",
    "load data local infile 'x' replace into table o.x (a, @b) set c = f(@b)",
    "/*!50100 replace */ into /*M! o. */ t set a = 1; set @x = next value for o.s; call o.p(1); "
    "begin if a then insert t select 1; end if; end",
    "delete low_priority quick history from y join o.x as quick, o.history returning where 1",
    "update history h, lateral l use index for order by (i) join u on left(h.a, 1) = l.right set "
    "h.order = @limit, l.x = count (1) limit 1",
    "begin set statement a = 1 for update skip s set a = 1; select 1 for update wait 5; end",
    "set statement max_statement_time = (1) for analyze format=json update t for portion of p from "
    "1 to 2 set a = o.s.nextval",
};
static const char *const losses[] = {
    "drop trigger if exists o.g",
    "create or replace definer = `a`@`%` aggregate function o.f() returns int return 1",
    "drop table a, o.x",
    "alter view v as select 1",
    "rename table o.x to y, y to o.x",
    "alter table o.x drop constraint c, rename to z",
    "drop database if exists o",
    "drop package body f",
    "alter table o.x drop engine, union = (o.y), engine = merge, rename column a to b",
    "create or replace database d",
    "grant select on o.x to a",
};

static int is_read(void *arg, const char *database, const char *table, struct err *err)
{
    (void)arg, (void)err;
    return database[0] == table[0];
}

static int none_is_read(void *arg, const char *database, const char *table, struct err *err)
{
    (void)arg, (void)database, (void)table, (void)err;
    return 0;
}

static void find_each(const struct mysql_doubt *d, const struct ddl_writes *w,
                      const struct ddl_context *ctx, struct arena *a)
{
    const char *what;
    struct err err;
    for (size_t i = 0; i < w->ntables; i++) {
        struct ddl_table one = { w->tables[i].database, w->tables[i].table, NULL, NULL };
        struct ddl drop = { .kind = DDL_DROP_TABLE, .tables = &one, .ntables = 1 };
        if (mysql_doubt_meets(d, slice_str("drop table x"), ctx, &drop, false, none_is_read, NULL,
                              a, &what, &err) ||
            !what)
            die("a table that was noted is not found");
    }
}

/* What a change may write to is kept beside the position, and held against what comes. */
void feed_changes(void)
{
    const struct mysql_dialect server = { .mariadb = rnd(2),
                                          .version = rnd(2) ? 50744 : 0,
                                          .fold_names = rnd(2) };
    struct ddl_context ctx = { .database = "d",
                               .ansi_quotes = rnd(4) == 0,
                               .no_backslash_escapes = rnd(4) == 0,
                               .server = &server,
                               .oracle = rnd(4) == 0,
                               .brackets = rnd(4) == 0,
                               .charset = rnd(3) ? NULL : "latin1" };
    struct mysql_position at = { .done.gtid.mariadb = server.mariadb,
                                 .doubt.until.gtid.mariadb = server.mariadb },
                          back;
    struct mysql_place until = { .file = "b.000001", .pos = 7, .gtid.mariadb = server.mariadb };
    struct ddl_writes w = { 0 };
    struct buf token = { 0 };
    struct arena a;
    struct err err;
    arena_init(&a, 4096);
    struct slice change = make_input(slice_str(changes[rnd(sizeof changes / sizeof *changes)]));
    struct slice loss = make_input(slice_str(losses[rnd(sizeof losses / sizeof *losses)]));
    if (!ddl_writes(change, &ctx, &a, &w, &err) &&
        !ddl_names(change, &ctx, DDL_UPDATES, &a, &w, &err))
        mysql_doubt_add(&at.doubt, "b.000001:4", &until, &w);
    if (mysql_doubt_open(&at.doubt)) {
        struct ddl d = { 0 };
        const char *what;
        int unread = ddl_read(loss, &ctx, &a, &d, &err);
        find_each(&at.doubt, &w, &ctx, &a);
        if (!unread && ddl_hangs(loss, &ctx, &d, &a) > DDL_HANGS_ANEW)
            die("what hangs on tables is neither the same nor anew");
        if (mysql_doubt_meets(&at.doubt, loss, &ctx, &d, unread, is_read, NULL, &a, &what, &err))
            die("a statement cannot be held against what was passed over");
        mysql_position_write(&at, &token);
        if (mysql_position_read(buf_slice(&token), server.mariadb, &back, &err) ||
            !slice_eq(buf_slice(&back.doubt.names), buf_slice(&at.doubt.names)))
            die("a position with a doubt cannot be read");
        mysql_position_done(&back);
    }
    mysql_position_done(&at);
    buf_done(&token);
    free_input(change);
    free_input(loss);
    arena_done(&a);
}
