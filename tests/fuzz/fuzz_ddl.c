#include "fuzz.h"
#include "source/mysql/ddl.h"

static const char *const statements[] = {
    "create table if not exists t (id int unsigned not null auto_increment primary key, v varchar(20) charset latin1 default 'a''b' comment \"x\","
    " e enum('a','b''c') collate utf8mb4_bin, g int as (id + 1) virtual, unique key u (v(5), e), key ((id * 2))) comment 'c' partition by hash (id)",
    "alter table t add column c decimal(5,2) zerofill default b'101' after v, modify id bigint first, change v w text, drop e, add unique (c),"
    " alter w set default x'41', rename index u to k, convert to character set utf8mb3, order by c, id desc, rename to d2.t",
    "rename table t to u, d.u to t", "drop table if exists t, `d``2`.t /* generated */", "create table u like t",
    "/*!50100 create */ unique index i using btree on t (c desc, w(3)) -- end", "alter database d default collate latin1_bin",
    "XA START X'6162',X'',1", "create table v (a timestamp(3) default now(3) on update now(3), b json) with system versioning",
};

static void put_definition(void *arg, const struct mysql_table_def *t)
{
    struct arena *a = arg;
    struct mysql_table_def back;
    struct buf json = { 0 };
    struct err err;
    mysql_table_def_write(t, &json);
    (void)!mysql_table_def_read(buf_slice(&json), a, &back, &err);
    (void)mysql_table_key(t);
    buf_done(&json);
}

/* Statements follow each other on the same definitions, some of them as they stand. */
void feed_statements(void)
{
    const struct mysql_dialect server = { .mariadb = rnd(2), .version = rnd(2) ? 50744 : 0, .fold_names = rnd(2) };
    struct ddl_context ctx = { .database = "d", .ansi_quotes = rnd(4) == 0, .no_backslash_escapes = rnd(4) == 0,
                               .implicit_timestamp = rnd(2), .server = &server };
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
    mysql_schema_free(s);
    arena_done(&a);
}
