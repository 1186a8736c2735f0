#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "source/mysql/ddl/ddl.h"

/* What servers make of statements is held against real ones by tests/mysql/ddl; here stands what a
 * server cannot be asked. */

static const struct mysql_dialect mysql = { .version = 90704 }, mariadb = {
    .mariadb = true, .version = 101119, .collation = "latin1_swedish_ci"
};
static struct arena arena;
static struct mysql_schema *schema;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 4096);
    schema = mysql_schema_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mysql_schema_free(schema);
    arena_done(&arena);
    return 0;
}

static struct ddl_context context(const struct mysql_dialect *server)
{
    return (struct ddl_context){ .database = "d", .server = server };
}

static struct ddl read_ok(const char *sql)
{
    struct ddl_context ctx = context(&mysql);
    struct ddl d;
    struct err err = { 0 };
    if (ddl_read(slice_str(sql), &ctx, &arena, &d, &err))
        fail_msg("%s: %s", sql, err.msg);
    return d;
}

static int apply(const struct mysql_dialect *server, const char *sql)
{
    struct ddl_context ctx = context(server);
    struct ddl d;
    struct err err = { 0 };
    return ddl_read(slice_str(sql), &ctx, &arena, &d, &err) ||
                   ddl_apply(slice_str(sql), &ctx, &d, schema, &err)
               ? -1
               : 0;
}

static const struct mysql_table_def *table(const char *name)
{
    const struct mysql_table_def *t = mysql_schema_find(schema, "d", name);
    if (!t)
        fail_msg("no table %s", name);
    return t;
}

/* "a int,b varchar(5)" */
static const char *columns(const char *name)
{
    const struct mysql_table_def *t = table(name);
    const char *s = "";
    for (uint16_t i = 0; i < t->ncols; i++)
        s = arena_printf(&arena, "%s%s%s %s", s, i ? "," : "", t->cols[i].name, t->cols[i].type);
    return s;
}

/* ---- kinds ---- */

static void test_kinds(void **state)
{
    (void)state;
    static const struct { const char *sql; enum ddl_kind kind;
    } cases[] = {
        { "BEGIN", DDL_BEGIN },
        { "COMMIT", DDL_COMMIT },
        { "ROLLBACK", DDL_ROLLBACK },
        { "SAVEPOINT `x`", DDL_SAVEPOINT },
        { "ROLLBACK TO `x`", DDL_ROLLBACK_TO },
        { "", DDL_OTHER },
        { "# Dummy event replacing event type 160", DDL_OTHER },
        { "insert into t values (1)", DDL_DML },
        { "/* hint */ UPDATE t SET a = 1", DDL_DML },
        { "REPLACE t VALUES (1)", DDL_DML },
        { "WITH x AS (SELECT 1) DELETE FROM t", DDL_DML },
        { "load data infile 'x' into table t", DDL_DML },
        { "CALL p()", DDL_DML },
        { "create definer=`a`@`b` trigger t before insert on x for each row insert into y values "
          "(1)",
          DDL_OTHER },
        { "CREATE OR REPLACE ALGORITHM=MERGE VIEW v AS SELECT 1", DDL_OTHER },
        { "CREATE SEQUENCE s", DDL_CREATE_SEQUENCE },
        { "create function f() returns int return 'unclosed", DDL_OTHER },
        { "GRANT ALL ON *.* TO x", DDL_OTHER },
        { "ANALYZE TABLE t", DDL_OTHER },
        { "DROP VIEW v", DDL_OTHER },
        { "ALTER USER x", DDL_OTHER },
        { "RENAME USER a TO b", DDL_OTHER },
        { "FLUSH TABLES", DDL_OTHER },
        { "SET PASSWORD FOR x = 'y'", DDL_OTHER },
        { "DO 1", DDL_OTHER },
        { "/*!40000 DROP DATABASE IF EXISTS `x`*/", DDL_DROP_DATABASE },
        { "truncate t", DDL_TRUNCATE },
        { "TRUNCATE TABLE t", DDL_TRUNCATE },
        { "create unique index i on t (a)", DDL_CREATE_INDEX },
        { "DROP INDEX i ON t", DDL_DROP_INDEX },
        { "ALTER SCHEMA x CHARSET latin1", DDL_ALTER_DATABASE },
        { "create schema s", DDL_CREATE_DATABASE },
        { "XA START X'61',X'',1", DDL_XA_START },
        { "XA END X'61',X'',1", DDL_XA_END },
        { "XA PREPARE X'61',X'',1", DDL_XA_PREPARE },
        { "XA COMMIT X'61',X'',1", DDL_XA_COMMIT },
        { "XA ROLLBACK X'61',X'',1", DDL_XA_ROLLBACK },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ddl d = read_ok(cases[i].sql);
        if (d.kind != cases[i].kind)
            fail_msg("%s is %d", cases[i].sql, (int)d.kind);
    }
}

static void check_table(const struct ddl_table *t, const char *database, const char *name,
                        const char *to_database, const char *to)
{
    assert_string_equal(t->database, database);
    assert_string_equal(t->table, name);
    if (!to) {
        assert_null(t->to_table);
        return;
    }
    assert_string_equal(t->to_database, to_database);
    assert_string_equal(t->to_table, to);
}

static void test_tables(void **state)
{
    (void)state;
    struct ddl d = read_ok("RENAME TABLE `a` TO e.`b``c`, `x`.c to a /* generated */");
    assert_int_equal(d.ntables, 2);
    check_table(&d.tables[0], "d", "a", "e", "b`c");
    check_table(&d.tables[1], "x", "c", "d", "a");
    d = read_ok("DROP TABLE IF EXISTS `t1`,`x`.`t2` /* generated by server */");
    assert_int_equal(d.ntables, 2);
    check_table(&d.tables[1], "x", "t2", NULL, NULL);
    assert_true(d.if_exists);
    d = read_ok("DROP TABLE `if exists` /* IF EXISTS */");
    assert_false(d.if_exists);
    d = read_ok("drop tables /**/ if /* there */\n exists t");
    assert_true(d.if_exists);
    d = read_ok("DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `t`");
    assert_true(d.temporary);
    d = read_ok("create /* c */ temporary table t (a int)");
    assert_true(d.temporary);
    d = read_ok("alter table t add a int default 3 comment ', rename to x', add key (a), rename to "
                "z.y, engine=innodb");
    check_table(&d.tables[0], "d", "t", "z", "y");
    d = read_ok("alter table t rename column a to b, rename index c to d");
    check_table(&d.tables[0], "d", "t", NULL, NULL);
    d = read_ok("create index `on` using btree on 2x.1e5 (a)");
    check_table(&d.tables[0], "2x", "1e5", NULL, NULL);
    d = read_ok("ALTER DATABASE CHARACTER SET latin1");
    assert_string_equal(d.database, "d");
    d = read_ok("XA COMMIT X'6162',X'',1 ONE PHASE");
    assert_true(slice_eq(d.xid, slice_str("X'6162',X'',1")));
}

/* Rows that are nowhere in the binlog. */
static void test_rows_of_statements(void **state)
{
    (void)state;
    static const struct { const char *sql; bool selects, moves;
    } cases[] = {
        { "create table t select 1 as a", true, false },
        { "create table if not exists t (a int) ignore as (select 1 as a)", true, false },
        { "create or replace table t as with x as (select 1 as a) select * from x", true, false },
        { "create table t values (1)", true, false },
        { "create table t table u", true, false },
        { "create table t (a int) partition by hash (a) select 1 as a", true, false },
        { "create table t (a int, `select` int comment 'select', key (a)) comment 'values, table'",
          false, false },
        { "create table t (a int) partition by list (a) (partition p values in (1), partition q "
          "values in (2))",
          false, false },
        { "create table t like u", false, false },
        { "alter ignore table t add unique (a)", false, true },
        { "ALTER ONLINE IGNORE TABLE t ADD UNIQUE (a)", false, true },
        { "alter table t add `ignore` int", false, false },
        { "alter table t drop partition p", false, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ddl d = read_ok(cases[i].sql);
        if (d.selects != cases[i].selects || d.moves_rows != cases[i].moves)
            fail_msg("%s: selects %d, moves rows %d", cases[i].sql, d.selects, d.moves_rows);
    }
    assert_true(read_ok("create table if not exists t select 1 as a").guarded);
    assert_false(read_ok("create table t select 1 as a").guarded);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "create table",
                                       "drop table",
                                       "rename table a b",
                                       "alter table `unclosed add a int",
                                       "create table t (a int) /* unclosed",
                                       "truncate",
                                       "create index i (a)" };
    struct ddl_context ctx = context(&mysql);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct ddl d;
        struct err err = { 0 };
        if (ddl_read(slice_str(bad[i]), &ctx, &arena, &d, &err) != -1)
            fail_msg("read: %s", bad[i]);
        assert_int_equal(err.class, ERR_DATA);
    }
}

/* It is a blank to a session of latin1, and part of a name to one of UTF-8. */
static void test_a_no_break_space(void **state)
{
    (void)state;
    struct ddl_context ctx = context(&mysql);
    struct slice sql = slice_str("alter\u00a0table\u00a0t\u00a0add b\u00a0int comment 'x\u00a0y'");
    struct ddl d;
    struct err err = { 0 };
    assert_int_equal(apply(&mysql, "create table t (a int)"), 0);
    assert_int_equal(ddl_read(sql, &ctx, &arena, &d, &err), 0);
    assert_int_equal(d.kind, DDL_OTHER);
    ctx.charset = "latin1";
    assert_int_equal(ddl_read(sql, &ctx, &arena, &d, &err), 0);
    assert_int_equal(ddl_apply(sql, &ctx, &d, schema, &err), 0);
    assert_string_equal(columns("t"), "a int,b int");
    assert_string_equal(table("t")->cols[1].comment, "x\u00a0y");
}

/* A label that is no UTF-8 could not be stored, nor stand in a schema. */
static void test_a_label_is_text(void **state)
{
    (void)state;
    static const char *const bad[] = { "create table l (e enum('a', '\x94'))",
                                       "create table l (e set('\xe9'))" };
    const struct mysql_dialect *const servers[] = { &mysql, &mariadb };
    for (size_t i = 0; i < 4; i++) {
        struct ddl_context ctx = context(servers[i / 2]);
        struct mysql_schema *schema = mysql_schema_new();
        struct slice sql = slice_str(bad[i % 2]);
        struct ddl d;
        struct err err = { 0 };
        if (ddl_read(sql, &ctx, &arena, &d, &err) || !ddl_apply(sql, &ctx, &d, schema, &err))
            fail_msg("taken: %s", bad[i % 2]);
        assert_non_null(strstr(err.msg, "is not text of"));
        mysql_schema_free(schema);
    }
}

/* Comments end where the servers end them; MariaDB's wrappers are passed. */
static void test_around_a_statement(void **state)
{
    (void)state;
    static const char *const alter[] = {
        "/* route: /api/* */ alter table t add b int",
        "alter table t /* a /* b */ add b int",
        "/*/ x */ alter table t add b int",
        "alter table t /*!99999 add z int, /* x */ frobnicate */ add b int",
        "alter table t /* 99999 add z int /* x */ */ add b int",
        "/*!40000 alter table t /* x /* */ add b int */",
        "set statement a=1 for alter table t add b int",
        "SET STATEMENT a = (1 + (2)), b='for' FOR set statement c=3 for alter table t add b int",
        "/*!50000 set statement a=1 for */ alter table t add b int",
    };
    for (size_t i = 0; i < sizeof alter / sizeof *alter; i++) {
        assert_int_equal(apply(&mysql, "drop table if exists t"), 0);
        assert_int_equal(apply(&mysql, "create table t (a int)"), 0);
        if (apply(&mysql, alter[i]))
            fail_msg("not applied: %s", alter[i]);
        assert_string_equal(columns("t"), "a int,b int");
    }
    assert_int_equal(read_ok("set statement a=1 for insert into t values (1)").kind, DDL_DML);
    assert_int_equal(read_ok("analyze format=json update t set a = 1").kind, DDL_DML);
    assert_int_equal(read_ok("set statement_timeout = 1").kind, DDL_OTHER);
}

/* What a definition cannot say as JSON is kept all the same. */
static void test_bytes_are_kept(void **state)
{
    (void)state;
    struct mysql_column_def c = { .name = "c",
                                  .type = "varchar(5)",
                                  .charset = "latin1",
                                  .collation = "latin1_bin",
                                  .default_text = "\xe4",
                                  .comment = "\xff" };
    struct mysql_table_def t = { .database = "d",
                                 .name = "t\xfc",
                                 .charset = "latin1",
                                 .collation = "latin1_bin",
                                 .comment = "",
                                 .cols = &c,
                                 .ncols = 1 },
                           back;
    struct buf json = { 0 };
    struct err err = { 0 };
    mysql_table_def_write(&t, &json);
    assert_int_equal(mysql_table_def_read(buf_slice(&json), &arena, &back, &err), 0);
    assert_string_equal(back.name, "t\xfc");
    assert_string_equal(back.cols[0].default_text, "\xe4");
    assert_string_equal(back.cols[0].comment, "\xff");
    buf_done(&json);
}

/* A server that is not strict makes question marks of such bytes. None takes the index. */
static void test_what_no_definition_may_have(void **state)
{
    (void)state;
    static const char *const sql = "create table q (id int comment 'a\xd1z\xc3\xa9\xe2\x82')"
                                   " comment '\xff'";
    struct ddl_context ctx = context(&mariadb);
    struct ddl d;
    struct err err = { 0 };
    assert_int_equal(ddl_read(slice_str(sql), &ctx, &arena, &d, &err), 0);
    assert_int_equal(ddl_apply(slice_str(sql), &ctx, &d, schema, &err), 0);
    assert_string_equal(table("q")->cols[0].comment, "a?z\xc3\xa9??");
    assert_string_equal(table("q")->comment, "?");
    static const char *const twice = "create table w (a int, b int, key (b, A, a))";
    assert_int_equal(ddl_read(slice_str(twice), &ctx, &arena, &d, &err), 0);
    assert_int_equal(ddl_apply(slice_str(twice), &ctx, &d, schema, &err), -1);
    assert_non_null(strstr(err.msg, "twice"));
}

static int apply_in(const struct ddl_context *ctx, const char *sql)
{
    struct ddl d;
    struct err err = { 0 };
    struct slice s = slice_str(sql);
    return ddl_read(s, ctx, &arena, &d, &err) || ddl_apply(s, ctx, &d, schema, &err) ? -1 : 0;
}

/* MariaDB logs a CREATE OR REPLACE that failed, as the table that was there is gone. */
static void test_a_failed_replacement(void **state)
{
    (void)state;
    struct ddl_context ctx = context(&mariadb);
    ctx.failed = true;
    assert_int_equal(apply(&mariadb, "create table t (a int)"), 0);
    assert_int_equal(apply(&mariadb, "create table u (a int)"), 0);
    assert_int_equal(apply_in(&ctx, "create or replace table t (b int) partition by nonsense"), 0);
    assert_null(mysql_schema_find(schema, "d", "t"));
    assert_int_equal(apply_in(&ctx, "create or replace sequence u"), 0);
    assert_null(mysql_schema_find(schema, "d", "u"));
}

/* A set has its own collation unless the session's list names it. */
static void test_collations_of_a_session(void **state)
{
    (void)state;
    const struct mysql_text list[] = { { "utf8mb4", "utf8mb4_bin" }, { "latin1", "latin1_bin" } };
    struct ddl_context ctx = context(&mariadb);
    const char *sql = "create or replace table t (a char charset utf8mb4, b char charset latin1,"
                      " c char charset ucs2)";
    assert_int_equal(apply_in(&ctx, sql), 0);
    assert_string_equal(table("t")->cols[0].collation, "utf8mb4_general_ci");
    assert_string_equal(table("t")->cols[2].collation, "ucs2_general_ci");
    ctx.collations = list;
    ctx.ncollations = 2;
    assert_int_equal(apply_in(&ctx, sql), 0);
    assert_string_equal(table("t")->cols[0].collation, "utf8mb4_bin");
    assert_string_equal(table("t")->cols[1].collation, "latin1_bin");
    assert_string_equal(table("t")->cols[2].collation, "ucs2_general_ci");
}

/* A string for a column of bytes comes in the connection's set, however it was sent. */
static void test_bytes_of_a_connection(void **state)
{
    (void)state;
    static const struct { const char *client, *connection, *bytes; } cases[] = {
        { NULL, NULL, "0xC3A9" }, { NULL, "utf8mb4", "0xC3A9" }, { NULL, "latin1", "0xE9" },
        { "latin1", "utf8mb3", "0xC3A9" }, { "latin1", "utf32", "0x000000E9" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ddl_context ctx = context(&mariadb);
        ctx.charset = cases[i].client;
        ctx.connection = cases[i].connection;
        assert_int_equal(apply_in(&ctx,
                                  "create or replace table t (a varbinary(9) default '\u00e9',"
                                  " b varbinary(9) default 0x61,"
                                  " c varbinary(9) default _latin1'a')"),
                         0);
        assert_string_equal(table("t")->cols[0].default_text, cases[i].bytes);
        assert_string_equal(table("t")->cols[1].default_text, "0x61");
        assert_string_equal(table("t")->cols[2].default_text, "0x61");
    }
}

/* A string without an introducer loses what the connection's set lacks, in a column of any set;
 * a label of bytes is in the connection's set. */
static void test_text_of_a_connection(void **state)
{
    (void)state;
    static const struct {
        const char *connection, *labels, *text, *bytes, *bytes_default;
    } cases[] = {
        { "utf8mb4", "enum('\u0448\u00e4','a')", "\u0448\u00e4", "enum('\u00e4','a')", "a" },
        { "utf8mb3", "enum('\u0448\u00e4','a')", "\u0448\u00e4", "enum('\u00e4','a')", "a" },
        { "latin1", "enum('?\u00e4','a')", "?\u00e4", "enum('?','a')", "a" },
        { "ucs2", "enum('\u0448\u00e4','a')", "\u0448\u00e4", "enum('\\0?','\\0a')", "" },
        { "utf32", "enum('\u0448\u00e4','a')", "\u0448\u00e4", "enum('\\0\\0\\0?','\\0\\0\\0a')",
          "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ddl_context ctx = context(&mariadb);
        ctx.connection = cases[i].connection;
        assert_int_equal(apply_in(&ctx, "create or replace table t ("
                                  "a enum('\u0448\u00e4','a') charset utf8mb4"
                                  " default '\u0448\u00e4',"
                                  " b varchar(9) charset utf8mb4 default '\u0448\u00e4',"
                                  " c enum('\u00e4','a') charset binary default 'a',"
                                  " d varchar(9) charset utf8mb4 default _utf8mb4'\u0448',"
                                  " e int comment '\u0448')"), 0);
        assert_string_equal(table("t")->cols[0].type, cases[i].labels);
        assert_string_equal(table("t")->cols[0].default_text, cases[i].text);
        assert_string_equal(table("t")->cols[1].default_text, cases[i].text);
        assert_string_equal(table("t")->cols[2].type, cases[i].bytes);
        assert_string_equal(table("t")->cols[2].default_text, cases[i].bytes_default);
        assert_string_equal(table("t")->cols[3].default_text, "\u0448");
        assert_string_equal(table("t")->cols[4].comment, "\u0448");
    }
}

static const char *default_of(const char *column)
{
    struct ddl_context ctx = context(&mariadb);
    const char *sql = arena_printf(&arena, "create or replace table t (a %s)", column);
    assert_int_equal(apply_in(&ctx, sql), 0);
    const struct mysql_column_def *c = &table("t")->cols[0];
    return c->default_is_expression ? "an expression" : c->default_text;
}

/* MariaDB folds signs and brackets before a number, and PI(); blanks around a number fall away. */
static void test_numbers_of_mariadb(void **state)
{
    (void)state;
    static const struct { const char *column, *value; } cases[] = {
        { "int default (--1)", "1" }, { "int default (-(-1))", "1" },
        { "int default (---1)", "-1" },
        { "int default (-+1)", "-1" }, { "int default (+-1)", "-1" },
        { "int default (-true)", "-1" },
        { "int default (-(1))", "-1" }, { "int default (1----1)", "an expression" },
        { "varchar(9) default (-(-(1.50)))", "1.50" }, { "int default (-false)", "0" },
        { "double default pi()", "3.141592653589793" }, { "int default (PI())", "3" },
        { "double default (-pi())", "-3.141592653589793" },
        { "double default (pi()+1)", "an expression" }, { "decimal(10,4) default pi()", "3.1416" },
        { "int default '1 '", "1" }, { "double default ' 1.5 '", "1.5" },
        { "year default '2012 '", "2012" }, { "decimal(9,2) default '1.5\t'", "1.50" },
        { "time default '03:04:05 '", "03:04:05" },
        { "varchar(9) default '1 '", "1 " }, { "bit(16) default '1 '", "12576" },
        { "varchar(20) default charset(a)", "an expression" },
        { "varchar(20) default collation(a)", "an expression" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(default_of(cases[i].column), cases[i].value);
}

static const char *type_of(const struct mysql_dialect *server, const char *column)
{
    const char *sql = arena_printf(&arena, "create table v (a %s)", column);
    assert_int_equal(apply(server, "drop table if exists v"), 0);
    assert_int_equal(apply(server, sql), 0);
    return table("v")->cols[0].type;
}

/* Where the mode allows it, a VARCHAR of more bytes than a row has becomes a TEXT. */
static void test_long_varchars(void **state)
{
    (void)state;
    assert_string_equal(type_of(&mariadb, "varchar(65532) charset latin1"), "varchar(65532)");
    assert_string_equal(type_of(&mariadb, "varchar(65533) charset latin1"), "text");
    assert_string_equal(type_of(&mariadb, "varbinary(65533)"), "blob");
    assert_string_equal(type_of(&mariadb, "varchar(32767) charset ucs2"), "text");
    assert_string_equal(type_of(&mysql, "varchar(65533) charset latin1"), "varchar(65533)");
    assert_string_equal(type_of(&mysql, "varchar(65536) charset latin1"), "mediumtext");
    assert_string_equal(type_of(&mysql, "varchar(40000) charset latin1"), "varchar(40000)");
    assert_int_equal(apply(&mysql, "alter table v convert to character set ucs2"), 0);
    assert_string_equal(table("v")->cols[0].type, "mediumtext");
}

/* MySQL without strict mode: a date with a zero in it. */
static void test_zeros_in_dates(void **state)
{
    (void)state;
    const char *sql = "create table z (a date default '2012-02-00',"
                      " b datetime(1) default '2012-00-01 10:00:00.5',"
                      " c timestamp null default '2012-02-00', d date default '2012-02-01')";
    static const char *const values[][4] = {
        { "2012-02-00", "2012-00-01 10:00:00.5", "0000-00-00 00:00:00", "2012-02-01" },
        { "0000-00-00", "0000-00-00 00:00:00.0", "0000-00-00 00:00:00", "2012-02-01" },
    };
    for (int zeros = 0; zeros < 2; zeros++) {
        struct ddl_context ctx = context(&mysql);
        ctx.no_zero_in_date = zeros;
        assert_int_equal(apply_in(&ctx, "drop table if exists z"), 0);
        assert_int_equal(apply_in(&ctx, sql), 0);
        for (int i = 0; i < 4; i++)
            assert_string_equal(table("z")->cols[i].default_text, values[zeros][i]);
    }
}

/* MySQL: an index with a virtual column comes after those without, so it is not the key. */
static void test_virtual_columns_of_a_key(void **state)
{
    (void)state;
    const char *sql = "create or replace table g (a int not null, b int as (a + 1) %s not null,"
                      " c int not null, unique x (b), unique y (c), index ((a * 2) desc))";
    assert_int_equal(apply(&mysql, arena_printf(&arena, sql, "virtual")), 0);
    assert_string_equal(mysql_table_key(table("g"))->name, "y");
    assert_int_equal(apply(&mysql, "alter table g drop index y"), 0);
    assert_string_equal(mysql_table_key(table("g"))->name, "x");
    assert_int_equal(apply(&mysql, "alter table g add unique z (a)"), 0);
    assert_string_equal(mysql_table_key(table("g"))->name, "z");
    assert_int_equal(apply(&mysql, arena_printf(&arena, sql, "stored")), 0);
    assert_string_equal(mysql_table_key(table("g"))->name, "x");
    assert_int_equal(apply(&mariadb, "create or replace table g (a int not null,"
                           " b int as (a + 1) virtual not null,"
                           " c int not null, unique x (b), unique y (c))"), 0);
    assert_string_equal(mysql_table_key(table("g"))->name, "x");
}

static void rename_base(const char *sql)
{
    struct ddl_context ctx = context(&mariadb);
    struct ddl d;
    struct err err = { 0 };
    struct slice s = slice_str(sql);
    assert_int_equal(ddl_read(s, &ctx, &arena, &d, &err), 0);
    d = ddl_without_temporary(&d, schema, &arena);
    assert_int_equal(ddl_apply(s, &ctx, &d, schema, &err), 0);
}

/* A temporary table goes before the one whose name it has. */
static void test_renamed_temporary_tables(void **state)
{
    (void)state;
    assert_int_equal(apply(&mariadb, "create or replace table t1 (a int)"), 0);
    assert_int_equal(apply(&mariadb, "create or replace table u1 (b int)"), 0);
    rename_base("rename table t1 to tmp, t1 to t2");
    assert_null(mysql_schema_find(schema, "d", "tmp"));
    assert_string_equal(table("t2")->cols[0].name, "a");
    rename_base("rename table if exists nothing to t2");
    assert_string_equal(table("t2")->cols[0].name, "a");
    rename_base("rename table t2 to t3, u1 to t2, t3 to u1");
    assert_string_equal(table("t2")->cols[0].name, "b");
    assert_string_equal(table("u1")->cols[0].name, "a");
    rename_base("rename table u1 to t4, t2 to u1, u1 to t5");
    assert_string_equal(table("t4")->cols[0].name, "a");
    assert_string_equal(table("t5")->cols[0].name, "b");
}

/* DROP SEQUENCE leaves what is a table; a sequence has a comment, too. */
static void test_dropped_sequences(void **state)
{
    (void)state;
    assert_int_equal(apply(&mariadb, "create or replace table t1 (a int)"), 0);
    assert_int_equal(apply(&mariadb, "create sequence s1 engine=innodb comment= 'x y' cache 9"), 0);
    assert_string_equal(table("s1")->comment, "x y");
    assert_int_equal(apply(&mariadb, "drop sequence if exists t1, s1"), 0);
    assert_non_null(mysql_schema_find(schema, "d", "t1"));
    assert_null(mysql_schema_find(schema, "d", "s1"));
}

/* CONVERT TO CHARACTER SET binary makes bytes of text. */
static void test_converted_to_bytes(void **state)
{
    (void)state;
    const struct mysql_dialect *const servers[] = { &mysql, &mariadb };
    for (int i = 0; i < 2; i++) {
        struct ddl_context ctx = context(servers[i]);
        assert_int_equal(apply_in(&ctx, "drop table if exists b"), 0);
        assert_int_equal(apply_in(&ctx, "create table b ("
                                  "a varchar(9) charset latin1 default '\u00e4',"
                                  " b tinytext, c char(3), d enum('text', 'char') default 'text',"
                                  " e int)"), 0);
        assert_int_equal(apply_in(&ctx, "alter table b convert to character set binary"), 0);
        const struct mysql_column_def *c = table("b")->cols;
        assert_string_equal(c[0].type, "varbinary(9)");
        assert_string_equal(c[0].default_text, "0xE4");
        assert_null(c[0].charset);
        assert_string_equal(c[1].type, "tinyblob");
        assert_string_equal(c[2].type, "binary(3)");
        assert_string_equal(c[3].type, "enum('text','char')");
        assert_string_equal(c[3].default_text, "text");
        assert_int_equal(c[3].charset == NULL, i == 0);
    }
}

/* AUTO_INCREMENT is NOT NULL, whatever stands before it: so its index may be the key. */
static void test_null_before_auto_increment(void **state)
{
    (void)state;
    const char *sql = "create or replace table n (a int null auto_increment, unique x (a))";
    assert_int_equal(apply(&mysql, sql), 0);
    assert_string_equal(mysql_table_key(table("n"))->name, "x");
    assert_int_equal(apply(&mysql, "alter table n secondary_load partition (p0)"), 0);
}

/* FIRST is behind a generated invisible primary key, however it came to be, while it is one. */
static void test_first_behind_a_generated_key(void **state)
{
    (void)state;
    const char *key = "my_row_id bigint unsigned not null auto_increment";
    const char *made;
    made = arena_printf(&arena, "create table g (%s invisible primary key, a int)", key);
    assert_int_equal(apply(&mysql, made), 0);
    assert_int_equal(apply(&mysql, "alter table g add b int first, modify a int first"), 0);
    assert_string_equal(columns("g"), "my_row_id bigint unsigned,a int,b int");
    assert_int_equal(apply(&mysql, "alter table g drop column my_row_id, add c int first"), 0);
    assert_string_equal(columns("g"), "c int,a int,b int");
    made = arena_printf(&arena, "create table v (%s primary key, a int)", key);
    assert_int_equal(apply(&mysql, made), 0);
    assert_int_equal(apply(&mysql, "alter table v add b int first"), 0);
    assert_string_equal(columns("v"), "b int,my_row_id bigint unsigned,a int");
}

/* An introducer of bytes holds in any session, one of text where it is the session's. */
static void test_introducers(void **state)
{
    (void)state;
    struct ddl_context ctx = context(&mariadb);
    ctx.charset = "koi8r";
    const char *sql = "create table t (a char(9) character set utf8mb4 default _latin1 0xe4,"
                      " b char(9) character set utf8mb4 default _koi8r'\u0436',"
                      " c char(9) character set utf8mb4 default _latin1'\u0436')";
    assert_int_equal(apply_in(&ctx, sql), 0);
    assert_string_equal(table("t")->cols[0].default_text, "\u00e4");
    assert_string_equal(table("t")->cols[1].default_text, "\u0436");
    assert_null(table("t")->cols[2].default_text);
}

/* IF NOT EXISTS looks at the table as it was and at the clauses before it. */
static void test_what_is_there(void **state)
{
    (void)state;
    assert_int_equal(apply(&mariadb, "create table t (a int primary key, b int)"), 0);
    assert_int_equal(apply(&mariadb, "alter table t add c int, add column if not exists c bigint,"
                                     " add column if not exists b int unique"), 0);
    assert_string_equal(columns("t"), "a int(11),b int(11),c int(11)");
    assert_int_equal(table("t")->nindexes, 2);
    assert_int_equal(apply(&mariadb, "alter table t drop primary key,"
                                     " add column if not exists d int primary key"), 0);
    assert_null(mysql_table_key(table("t")));
    assert_int_equal(apply(&mariadb, "alter table t add primary key (c)"), 0);
    assert_int_equal(apply(&mariadb, "alter table t drop constraint primary key"), 0);
    assert_null(mysql_table_key(table("t")));
}

/* A table that says itself where its versions end keeps that, and so does its definition. */
static void test_row_end(void **state)
{
    (void)state;
    struct mysql_table_def back;
    struct buf json = { 0 };
    struct err err = { 0 };
    assert_int_equal(apply(&mariadb, "create table t (a int, s timestamp(6) as row start,"
                                     " e timestamp(6) as row end, period for system_time (s, e))"
                                     " with system versioning"), 0);
    mysql_table_def_write(table("t"), &json);
    assert_int_equal(mysql_table_def_read(buf_slice(&json), &arena, &back, &err), 0);
    mysql_schema_put(schema, &back);
    buf_done(&json);
    assert_int_equal(apply(&mariadb, "alter table t modify a int with system versioning,"
                                     " add primary key (a)"), 0);
    assert_int_equal(table("t")->ncols, 3);
    assert_int_equal(mysql_table_key(table("t"))->ncols, 2);
}

/* A statement that is not understood leaves everything as it was. */
static void test_untouched(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "alter table t add c int, frobnicate",
        "alter table t add c nonsense",
        "alter table t drop missing",
        "alter table t modify missing int",
        "alter table t add c int after missing",
        "alter table t add index (missing)",
        "create table u (a int) select 1",
        "create table u select 1",
        "create table u like missing",
        "create table u (a int",
        "alter table t add c enum(1)",
        "create table u (a varchar(99999999999999999999))",
    };
    assert_int_equal(apply(&mysql, "create table t (a int, b varchar(5))"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (apply(&mysql, bad[i]) != -1)
            fail_msg("applied: %s", bad[i]);
        assert_string_equal(columns("t"), "a int,b varchar(5)");
        assert_null(mysql_schema_find(schema, "d", "u"));
    }
}

static void test_unknown_tables(void **state)
{
    (void)state;
    assert_int_equal(apply(&mysql, "alter table nowhere add c int"), 0);
    assert_int_equal(apply(&mysql, "create table known (a int)"), 0);
    assert_int_equal(apply(&mysql, "create table old (a int)"), 0);
    /* What comes in from a table that is not known is not known either. */
    assert_int_equal(apply(&mysql, "rename table known to other, nowhere to known"), 0);
    assert_null(mysql_schema_find(schema, "d", "known"));
    assert_string_equal(columns("other"), "a int");
}

static void test_swap(void **state)
{
    (void)state;
    assert_int_equal(apply(&mysql, "create table t (a int)"), 0);
    assert_int_equal(apply(&mysql, "create table _t_gho like t"), 0);
    assert_int_equal(apply(&mysql, "alter table _t_gho add b bigint unsigned first"), 0);
    assert_int_equal(
        apply(&mysql, "rename /* gh-ost */ table `d`.`t` to `d`.`_t_del`, `d`.`_t_gho` to `d`.`t`"),
        0);
    assert_string_equal(columns("t"), "b bigint unsigned,a int");
    assert_string_equal(columns("_t_del"), "a int");
}

/* The text that MySQL logs for CREATE TABLE ... SELECT, and what older servers show. */
static void test_dialects(void **state)
{
    (void)state;
    static const struct mysql_dialect old = { .version = 50744 },
                                      folding = { .version = 80036, .fold_names = true };
    assert_int_equal(apply(&mysql, "CREATE TABLE `ct` (\n  `a` int DEFAULT NULL,\n  `b` int NOT "
                                   "NULL DEFAULT '0'\n) START TRANSACTION"),
                     0);
    assert_string_equal(columns("ct"), "a int,b int");
    assert_int_equal(apply(&old, "create table o (a int, b bigint unsigned, c year, d tinyint(1), "
                                 "e geometrycollection, f char(1) charset utf8mb3)"),
                     0);
    assert_string_equal(
        columns("o"),
        "a int(11),b bigint(20) unsigned,c year(4),d tinyint(1),e geometrycollection,f char(1)");
    assert_string_equal(table("o")->collation, "latin1_swedish_ci");
    assert_string_equal(table("o")->cols[5].collation, "utf8_general_ci");
    assert_int_equal(apply(&folding, "CREATE TABLE D.MiXed (A int)"), 0);
    assert_string_equal(columns("mixed"), "A int");
    assert_int_equal(apply(&mariadb, "create table v (a int) with system versioning"), 0);
    assert_string_equal(columns("v"), "a int(11),row_start timestamp(6),row_end timestamp(6)");
    assert_true(table("v")->cols[1].hidden);
    assert_int_equal(apply(&mariadb, "alter table v add b int"), 0);
    assert_string_equal(columns("v"),
                        "a int(11),b int(11),row_start timestamp(6),row_end timestamp(6)");
    assert_int_equal(
        apply(&mariadb, "create table j (a json, b longtext check (json_valid(`b`)), c longtext)"),
        0);
    assert_true(table("j")->cols[0].json_check && table("j")->cols[1].json_check &&
                !table("j")->cols[2].json_check);
}

/* ---- definitions ---- */

static void test_type(void **state)
{
    (void)state;
    struct mysql_type t;
    struct err err = { 0 };
    assert_int_equal(mysql_type_read("int(10) unsigned zerofill", &arena, &t, &err), 0);
    assert_string_equal(t.name, "int");
    assert_true(t.length == 10 && t.scale == -1 && t.is_unsigned && t.zerofill && !t.nlabels);
    assert_int_equal(mysql_type_read("decimal(12,3)", &arena, &t, &err), 0);
    assert_true(t.length == 12 && t.scale == 3 && !t.is_unsigned);
    assert_int_equal(mysql_type_read("varchar(20) /*M!100301 COMPRESSED*/", &arena, &t, &err), 0);
    assert_true(t.length == 20);
    assert_int_equal(mysql_type_read("enum('a','b''c','d\\\\e','f,)','')", &arena, &t, &err), 0);
    static const char *const labels[] = { "a", "b'c", "d\\e", "f,)", "" };
    assert_int_equal(t.nlabels, 5);
    for (int i = 0; i < 5; i++)
        assert_true(slice_eq(t.labels[i], slice_str(labels[i])));
    static const char *const bad[] = { "", "(3)", "int(", "enum('a", "enum('a',", "Int", "int(x)" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mysql_type_read(bad[i], &arena, &t, &err) != -1)
            fail_msg("read: %s", bad[i]);
}

static const char *key_of(const char *name)
{
    const struct mysql_index_def *x = mysql_table_key(table(name));
    return x ? x->name : NULL;
}

static void test_key(void **state)
{
    (void)state;
    assert_int_equal(apply(&mysql, "create table t (a int, b int not null, c int not null, unique "
                                   "ua (a), unique uc (c), unique ub (b, c))"),
                     0);
    assert_string_equal(key_of("t"), "uc");
    assert_int_equal(apply(&mysql, "alter table t add primary key (a, b)"), 0);
    assert_string_equal(key_of("t"), "PRIMARY");
    assert_false(table("t")->cols[0].nullable);
    assert_int_equal(apply(&mysql, "alter table t drop primary key, drop key uc, drop key ub"), 0);
    assert_string_equal(key_of("t"), "ua");
    assert_int_equal(apply(&mysql, "alter table t modify a int"), 0);
    assert_null(key_of("t"));
    assert_int_equal(apply(&mysql, "create unique index f on t ((b + 1))"), 0);
    assert_null(key_of("t"));
}

static void test_json(void **state)
{
    (void)state;
    struct mysql_table_def back;
    struct buf one = { 0 }, two = { 0 };
    struct err err = { 0 };
    assert_int_equal(apply(&mysql,
                           "create table t (a int unsigned auto_increment primary key comment "
                           "'x\"y', b varchar(5) default '' invisible, c int as (a),"
                           " d datetime default now() on update now(), e enum('ä','b\\\\c'), "
                           "unique (b(2)), fulltext f (b)) comment 'ünï'"),
                     0);
    mysql_table_def_write(table("t"), &one);
    if (mysql_table_def_read(buf_slice(&one), &arena, &back, &err))
        fail_msg("%s", err.msg);
    mysql_table_def_write(&back, &two);
    assert_true(slice_eq(buf_slice(&one), buf_slice(&two)));
    assert_string_equal(back.cols[1].default_text, "");
    assert_true(back.cols[1].invisible && back.cols[2].generated &&
                back.cols[3].default_is_expression && back.cols[0].auto_increment);
    assert_true(back.indexes[1].prefix && back.indexes[2].fulltext && !back.indexes[0].prefix);
    for (size_t n = 0; n < one.n; n++)
        assert_int_equal(mysql_table_def_read(slice_of(one.p, n), &arena, &back, &err), -1);
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"database\":\"d\",\"name\":\"t\",\"columns\":[{\"name\":\"a\"}]}",
        ("{\"database\":\"d\",\"name\":\"t\",\"columns\":[],\"indexes\":[{\"name\":\"i\","
        "\"columns\":[0]}]}"),
        "{\"database\":\"d\",\"name\":\"t\",\"columns\":[],\"indexes\":[{\"columns\":[]}]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mysql_table_def_read(slice_str(bad[i]), &arena, &back, &err) != -1)
            fail_msg("read: %s", bad[i]);
    buf_done(&one);
    buf_done(&two);
}

/* As it was kept: known table's period and foreign keys decide what later statements mean. */
static void keep_and_read(const char *name)
{
    struct mysql_table_def back;
    struct buf json = { 0 };
    struct err err = { 0 };
    mysql_table_def_write(table(name), &json);
    assert_int_equal(mysql_table_def_read(buf_slice(&json), &arena, &back, &err), 0);
    mysql_schema_put(schema, &back);
    buf_done(&json);
}

static void test_what_kept_definitions_know(void **state)
{
    (void)state;
    assert_int_equal(
        apply(&mariadb, "create table t (id int, s date, e date, period for app (s, e),"
              " unique x (id), constraint X foreign key (id)"
              " references p (a))"), 0);
    keep_and_read("t");
    assert_int_equal(
        apply(&mariadb, "alter table t drop constraint x,"
              " add unique u (id, app without overlaps)"), 0);
    keep_and_read("t");
    assert_int_equal(table("t")->nindexes, 2);
    assert_true(table("t")->indexes[1].ncols == 3 && table("t")->indexes[1].cols[1] == 2);
    assert_true(table("t")->indexes[1].overlaps);
    assert_int_equal(
        apply(&mariadb, "alter table t drop constraint x"), 0);
    assert_int_equal(table("t")->nindexes, 1);
    assert_int_equal(
        apply(&mariadb, "alter table t drop index u, drop period for app"), 0);
    assert_int_equal(
        apply(&mariadb, "alter table t add unique u (id, app without overlaps)"), -1);
}

static void test_labels_of_bytes(void **state)
{
    (void)state;
    struct mysql_type t;
    struct err err = { 0 };
    assert_int_equal(
        apply(&mysql, "create table t (a enum(x'ff20','b') character set utf8mb3)"), 0);
    assert_string_equal(columns("t"), "a enum(x'ff','b')");
    assert_int_equal(mysql_type_read("enum(x'ff','b')", &arena, &t, &err), 0);
    assert_true(t.nlabels == 2 && slice_eq(t.labels[0], slice_str("\xff")));
    assert_int_equal(mysql_type_read("enum(x'0ff')", &arena, &t, &err), -1);
    assert_int_equal(mysql_type_read("enum(x'ff", &arena, &t, &err), -1);
    assert_int_equal(
        apply(&mysql, "create table u (a enum(x'0fff') character set binary)"), -1);
}

static void test_text_of_the_server(void **state)
{
    (void)state;
    static const char made[] = "CREATE TABLE `y\xc3\xa4` (\n  `q` int NOT NULL\n)";
    static const char sent[] = "CREATE TABLE `y\xe4` (\n  `q` int NOT NULL\n)";
    const char *mysqls = arena_printf(&arena, "%s START TRANSACTION", made);
    assert_true(ddl_of_server(slice_str(made), true, true));
    assert_false(ddl_of_server(slice_str(made), true, false));
    assert_false(ddl_of_server(slice_str(sent), true, true));
    assert_true(ddl_of_server(slice_str(mysqls), false, false));
    assert_false(ddl_of_server(slice_str(made), false, true));
    assert_false(ddl_of_server(slice_str("create table t (a int)"), true, true));
}

static void test_text_of_swe7(void **state)
{
    (void)state;
    struct buf out = { 0 };
    assert_int_equal(ddl_to_utf8("swe7", slice_str("DROP TABLE `a{`, t /* '\\'` */"), &out), 0);
    assert_string_equal(buf_cstr(&out), "DROP TABLE `aä`, t /* '\\'é */");
    out.n = 0;
    assert_int_equal(ddl_to_utf8("latin1", slice_str("\xe4`"), &out), 0);
    assert_string_equal(buf_cstr(&out), "ä`");
    assert_int_equal(ddl_to_utf8("swe7", slice_str("a\xff"), &out), -1);
    assert_string_equal(buf_cstr(&out), "ä`");
    buf_done(&out);
}

static void count_one(void *arg, const struct mysql_table_def *t)
{
    const char **last = arg;
    if (*last)
        assert_true(strcmp(*last, t->name) < 0);
    *last = t->name;
}

static void test_store(void **state)
{
    (void)state;
    const char *last = NULL;
    struct mysql_text text;
    for (int i = 0; i < 50; i++)
        assert_int_equal(
            apply(&mysql, arena_printf(&arena, "create table t%d (a%d int)", i * 37 % 50, i)), 0);
    mysql_schema_each(schema, count_one, &last);
    assert_string_equal(last, "t9");
    mysql_schema_remove(schema, "d", "t9");
    mysql_schema_remove(schema, "d", "missing");
    assert_null(mysql_schema_find(schema, "d", "t9"));
    mysql_schema_set_database(schema, "d", "latin1", "latin1_bin");
    assert_int_equal(apply(&mysql, "alter database d collate utf16_bin"), 0);
    text = mysql_schema_database(schema, "d");
    assert_string_equal(text.charset, "utf16");
    assert_string_equal(text.collation, "utf16_bin");
    assert_int_equal(apply(&mysql, "drop database d"), 0);
    assert_null(mysql_schema_database(schema, "d").charset);
    assert_null(mysql_schema_find(schema, "d", "t1"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_kinds), TEST(test_tables), TEST(test_rows_of_statements),
        TEST(test_a_no_break_space), TEST(test_refused), TEST(test_a_label_is_text),
        TEST(test_around_a_statement), TEST(test_bytes_are_kept),
        TEST(test_what_no_definition_may_have),
        TEST(test_untouched), TEST(test_a_failed_replacement), TEST(test_collations_of_a_session),
        TEST(test_bytes_of_a_connection),
        TEST(test_text_of_a_connection), TEST(test_numbers_of_mariadb), TEST(test_long_varchars),
        TEST(test_zeros_in_dates), TEST(test_virtual_columns_of_a_key),
        TEST(test_renamed_temporary_tables), TEST(test_dropped_sequences),
        TEST(test_converted_to_bytes), TEST(test_null_before_auto_increment),
        TEST(test_first_behind_a_generated_key),
        TEST(test_introducers), TEST(test_what_is_there), TEST(test_row_end),
        TEST(test_unknown_tables), TEST(test_swap),
        TEST(test_dialects), TEST(test_type), TEST(test_key), TEST(test_json), TEST(test_store),
        TEST(test_what_kept_definitions_know), TEST(test_labels_of_bytes),
        TEST(test_text_of_the_server), TEST(test_text_of_swe7),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
