#include "fuzz.h"
#include "base/charset.h"
#include "source/mysql/ddl/ddl.h"
#include "source/mysql/types.h"

static const char *const statements[] = {
    "create table if not exists t (id int unsigned not null auto_increment primary key, v varchar(20) charset latin1 default 'a''b' comment \"x\","
    " e enum('a','b''c') collate utf8mb4_bin, g int as (id + 1) virtual, unique key u (v(5), e), key ((id * 2))) comment 'c' partition by hash (id)",
    "alter table t add column c decimal(5,2) zerofill default b'101' after v, modify id bigint first, change v w text, drop e, add unique (c),"
    " alter w set default x'41', rename index u to k, convert to character set utf8mb3, order by c, id desc, rename to d2.t",
    "rename table t to u, d.u to t", "drop table if exists t, `d``2`.t /* generated */", "create table u like t",
    "/*!50100 create */ unique index i using btree on t (c desc, w(3)) -- end", "alter database d default collate latin1_bin",
    "XA START X'6162',X'',1",
    "set statement a = (1), b = 'x' for alter table t add x enum(x'e9', 'a') charset latin1 default x'e9', add y varbinary(3) default x'ff00', modify z set('ä')",
    "create or replace table d.t (a varchar(5) charset gbk default _utf16 x'00e4', s date, e date, period for p (s, e), unique (a, p without overlaps))"
    " /*!99999 x /* y */ */ partition by range (a) (partition p values less than (1))", "create sequence t as int unsigned start 5",
    "alter table t convert partition p to table u", "alter table t convert table u to partition q", "create table t ([a b] number(5,2), d oracle_schema.date, e blob)", "create table v (a timestamp(3) default now(3) on update now(3), b json) with system versioning",
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
        if (table.cols[i].default_kind == DEFAULT_LITERAL && !utf8_is(slice_str(table.cols[i].default_text)))
            die("a default that no schema can hold");
    try_table(&table, true, a);
}

/* Statements follow each other on the same definitions, some of them as they stand. */
void feed_statements(void)
{
    const struct mysql_dialect server = { .mariadb = rnd(2), .version = rnd(2) ? 50744 : 0, .fold_names = rnd(2) };
    struct ddl_context ctx = { .database = "d", .ansi_quotes = rnd(4) == 0, .no_backslash_escapes = rnd(4) == 0,
                               .implicit_timestamp = rnd(2), .server = &server, .oracle = rnd(4) == 0, .brackets = rnd(4) == 0,
                               .rounds = rnd(2), .empty_is_null = rnd(4) == 0, .charset = rnd(3) ? NULL : rnd(2) ? "latin1" : "binary",
                               .time_zone = rnd(2) ? "+02:00" : NULL };
    struct mysql_schema *s = mysql_schema_new();
    struct arena a;
    struct err err;
    arena_init(&a, 4096);
    for (int i = 0; i < 5; i++) {
        struct slice seed_text = slice_str(statements[i ? rnd(sizeof statements / sizeof *statements) : 0]);
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
