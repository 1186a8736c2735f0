#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "source/mysql/ddl/hangs.h"
#include "source/mysql/ddl/writes.h"
#include "source/mysql/doubt.h"

/* What a statement writes to, by its text. What real servers log is held by
 * tests/e2e/test_mysql_statements.py. */

static const struct mysql_dialect mysql = { .version = 90704 },
                                  mariadb = { .mariadb = true, .version = 101119 },
                                  folding = { .version = 90704, .fold_names = true };
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 4096);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct ddl_context context(const struct mysql_dialect *server)
{
    return (struct ddl_context){ .database = "d", .server = server };
}

/* "d.t:IUD" each, a blank between; "?": it is not understood. */
static const char *writes(const char *sql, struct ddl_context ctx)
{
    struct ddl_writes w = { 0 };
    struct err err = { 0 };
    const char *s = "";
    if (ddl_writes(slice_str(sql), &ctx, &arena, &w, &err))
        return "?";
    for (size_t i = 0; i < w.ntables; i++) {
        const struct ddl_write *t = &w.tables[i];
        s = arena_printf(&arena, "%s%s%s.%s:%s%s%s", s, i ? " " : "", t->database, t->table,
                         t->ways & DDL_INSERTS ? "I" : "", t->ways & DDL_UPDATES ? "U" : "",
                         t->ways & DDL_DELETES ? "D" : "");
    }
    return s;
}

struct one {
    const char *sql, *writes;
};

static void hold(const struct one *cases, size_t n, struct ddl_context ctx)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = writes(cases[i].sql, ctx);
        if (strcmp(got, cases[i].writes))
            fail_msg("%s: %s, not %s", cases[i].sql, got, cases[i].writes);
    }
}

#define HOLD(cases, ctx) hold(cases, sizeof(cases) / sizeof *(cases), ctx)

static void test_inserts(void **state)
{
    (void)state;
    static const struct one cases[] = {
        { "INSERT INTO t VALUES (1)", "d.t:I" },
        { "insert t (id) values (1), (2)", "d.t:I" },
        { "INSERT LOW_PRIORITY IGNORE INTO o.t SET a = 1", "o.t:I" },
        { "INSERT INTO `o`.`a.b` VALUES (1)", "o.a.b:I" },
        { "INSERT INTO `o.a`.`b``c` VALUES (1)", "o.a.b`c:I" },
        { "INSERT INTO .t VALUES (1)", "d.t:I" },
        { "INSERT INTO o . t SELECT * FROM d.t", "o.t:I" },
        { "INSERT INTO x PARTITION (p0, p1) VALUES (1)", "d.x:I" },
        { "INSERT INTO x SELECT id FROM t ON DUPLICATE KEY UPDATE v = VALUES(v) + 1", "d.x:IU" },
        { "INSERT INTO x VALUES (1) AS n ON DUPLICATE KEY UPDATE v = n.v", "d.x:IU" },
        { "INSERT INTO x WITH c AS (SELECT 1) SELECT * FROM c", "d.x:I" },
        { "INSERT INTO x SELECT * FROM t FOR UPDATE", "d.x:I" },
        { "INSERT INTO x (SELECT * FROM t FOR UPDATE)", "d.x:I" },
        { "INSERT INTO x SELECT * FROM t FOR UPDATE SKIP LOCKED", "d.x:I" },
        { "INSERT INTO x SELECT * FROM t FOR UPDATE OF t", "d.x:I" },
        { "INSERT INTO x VALUES ('DELETE FROM t', \"UPDATE t SET a = 1\", INSERT('a', 1, 1, 'b'), "
          "REPLACE('a', 'b', 'c'))",
          "d.x:I" },
        { "REPLACE INTO x VALUES (1)", "d.x:ID" },
        { "REPLACE x SELECT * FROM t", "d.x:ID" },
        { "REPLACE DELAYED INTO x SET v = REPLACE('a', 'b', 'c')", "d.x:ID" },
        { "INSERT INTO x TABLE t", "d.x:I" },
        { "INSERT INTO x VALUES ROW(1, 2)", "d.x:I" },
        { "INSERT history VALUES (1)", "d.history:I" },
        { "INSERT quick SET a = 1", "d.quick:I" },
        { "REPLACE quick SELECT * FROM t", "d.quick:ID" },
        { "REPLACE history (a) VALUES (1)", "d.history:ID" },
        { "INSERT HIGH_PRIORITY quick.history VALUES (1)", "quick.history:I" },
        { "INSERT", "?" },
        { "INSERT INTO", "?" },
        { "REPLACE INTO 'x' VALUES (1)", "?" },
    };
    HOLD(cases, context(&mysql));
}

static void test_updates(void **state)
{
    (void)state;
    static const struct one cases[] = {
        { "UPDATE t SET a = 1", "d.t:U" },
        { "UPDATE LOW_PRIORITY IGNORE o.t AS x SET x.a = (SELECT MAX(b) FROM u), b = 2 WHERE c = 3 "
          "ORDER BY a LIMIT 1",
          "o.t:U" },
        { "UPDATE t FORCE INDEX (i) SET a = 1", "d.t:U" },
        { "UPDATE t PARTITION (p) SET a = 1", "d.t:U" },
        { "UPDATE x, o.y SET x.a = 1", "d.x:U" },
        { "UPDATE o.x AS x JOIN d.t AS t ON t.id = x.id SET x.v = t.a + 1, `x`.id = x.id + 100",
          "o.x:U" },
        { "UPDATE x, o.y SET y.a = x.b, x.c = 2", "o.y:U d.x:U" },
        { "UPDATE x, o.y SET a = 1", "d.x:U o.y:U" },
        { "UPDATE x, o.y SET z.a = 1", "d.x:U o.y:U" },
        { "UPDATE x AS p JOIN o.y AS q ON p.id = q.id AND (p.v = q.v) SET q.a = p.b", "o.y:U" },
        { "UPDATE o.t JOIN d.t ON o.t.id = d.t.id SET o.t.a = d.t.b", "o.t:U" },
        { "UPDATE o.t JOIN d.t ON o.t.id = d.t.id SET t.a = 1", "o.t:U d.t:U" },
        { "UPDATE (x JOIN o.y ON x.id = y.id) SET y.a = 1", "o.y:U" },
        { "UPDATE (x, y) LEFT JOIN (z, w) USING (id) SET w.a = 1", "d.w:U" },
        { "UPDATE(x, y) SET y.a = 1", "d.y:U" },
        { "UPDATE x, (SELECT id FROM t) s SET x.a = s.id", "d.x:U" },
        { "UPDATE x, ((SELECT id FROM t) UNION (SELECT 2)) s (id) SET x.a = s.id", "d.x:U" },
        { "UPDATE x JOIN LATERAL (SELECT id FROM t WHERE t.id = x.id) s SET x.a = s.id", "d.x:U" },
        { "UPDATE x, JSON_TABLE('[1]', '$[*]' COLUMNS (a INT PATH '$')) AS j SET x.a = j.a",
          "d.x:U" },
        { "UPDATE x NATURAL JOIN y STRAIGHT_JOIN z SET z.a = 1", "d.z:U" },
        { "WITH c AS (SELECT 1 AS id) UPDATE x JOIN c ON c.id = x.id SET x.v = 1", "d.x:U" },
        { "UPDATE x SET v = 'SET y = 1'", "d.x:U" },
        { "UPDATE history h SET h.a = 1", "d.history:U" },
        { "UPDATE history SET a = 1", "d.history:U" },
        { "UPDATE history AS h JOIN x ON h.id = x.id SET h.a = 1", "d.history:U" },
        { "UPDATE history JOIN x ON x.id = history.id SET history.a = 1", "d.history:U" },
        { "UPDATE LOW_PRIORITY quick, x SET quick.a = 1", "d.quick:U" },
        { "UPDATE o.a JOIN o.b ON LEFT(a.x, 3) = b.y SET a.z = 1", "o.a:U" },
        { "UPDATE o.a JOIN o.b ON b.y = RIGHT (a.x, 3) RIGHT JOIN c USING (i) SET c.z = 1",
          "d.c:U" },
        { "UPDATE o.a JOIN o.b ON a.order = b.order SET b.z = 1", "o.b:U" },
        { "UPDATE o.a JOIN o.b ON a.set = b.left AND a.x = @join SET b.z = 1", "o.b:U" },
        { "UPDATE a, b SET a.x = b.order, b.y = 2", "d.a:U d.b:U" },
        { "UPDATE a, b SET a.x = @limit, b.y = @@session.set, a.where = 3", "d.a:U d.b:U" },
        { "UPDATE a USE INDEX FOR JOIN (i), b IGNORE INDEX FOR ORDER BY (j) SET b.x = 1",
          "d.b:U" },
        { "UPDATE a FORCE INDEX FOR GROUP BY (i) JOIN b SET b.x = 1", "d.b:U" },
        { "UPDATE returning JOIN x SET returning.a = 1", "d.returning:U" },
        { "UPDATE o.a returning JOIN d.returning z SET returning.v = 1", "o.a:U d.returning:U" },
        { "UPDATE a, b SET a.x = returning, b.y = 1", "d.a:U d.b:U" },
        { "UPDATE o.a JOIN o.b ON a.x = 1. LEFT JOIN .c USING (i) SET c.z = 1", "d.c:U" },
        { "UPDATE .t SET a = 1", "d.t:U" },
        { "SET @update = 1, @delete = 2, @insert = 3, @load = 4, @replace = 5", "" },
        { "UPDATE x", "?" },
        { "UPDATE SET a = 1", "?" },
        { "UPDATE (SELECT 1) x SET a = 1", "?" },
        { "UPDATE x SET", "?" },
    };
    HOLD(cases, context(&mysql));
}

static void test_deletes(void **state)
{
    (void)state;
    static const struct one cases[] = {
        { "DELETE FROM t", "d.t:D" },
        { "DELETE LOW_PRIORITY QUICK IGNORE FROM o.t WHERE id IN (SELECT id FROM u) LIMIT 3",
          "o.t:D" },
        { "DELETE FROM t AS a WHERE a.id = 1", "d.t:D" },
        { "DELETE FROM t PARTITION (p) WHERE id = 1", "d.t:D" },
        { "DELETE x FROM x JOIN o.y USING (id)", "d.x:D" },
        { "DELETE a FROM o.x AS a, d.y AS b WHERE a.id = b.id", "o.x:D" },
        { "DELETE a.*, b FROM o.x AS a, y AS b", "o.x:D d.y:D" },
        { "DELETE o.t FROM o.t JOIN d.t ON o.t.id = d.t.id", "o.t:D" },
        { "DELETE t FROM o.t JOIN d.t ON o.t.id = d.t.id", "o.t:D d.t:D" },
        { "DELETE FROM x.* USING o.x, y", "o.x:D" },
        { "DELETE FROM o.x, y USING o.x INNER JOIN y WHERE x.id = y.id", "o.x:D d.y:D" },
        { "DELETE FROM a USING (o.x AS a JOIN y)", "o.x:D" },
        { "WITH c AS (SELECT 1 AS id) DELETE FROM x WHERE id IN (SELECT id FROM c)", "d.x:D" },
        { "DELETE history FROM o.history JOIN x USING (id)", "o.history:D" },
        { "DELETE history FROM y JOIN o.x AS history", "o.x:D" },
        { "DELETE history, y FROM o.history JOIN y", "o.history:D d.y:D" },
        { "DELETE quick, y FROM o.quick JOIN y", "o.quick:D d.y:D" },
        { "DELETE quick.* FROM o.quick JOIN y", "o.quick:D" },
        { "DELETE quick.history FROM quick.history JOIN y", "quick.history:D" },
        { "DELETE QUICK LOW_PRIORITY QUICK a FROM o.x AS a, y", "o.x:D" },
        { "DELETE QUICK FROM a, b USING o.x a JOIN b", "o.x:D d.b:D" },
        { "DELETE FROM history", "d.history:D" },
        /* Either an option or a table. */
        { "DELETE QUICK FROM y JOIN o.x AS quick", "o.x:D d.y:D" },
        { "DELETE QUICK FROM o.quick WHERE id = 1", "o.quick:D" },
        { "DELETE returning FROM o.t returning JOIN u", "o.t:D" },
        /* No table of the join has that name: the join was not understood. */
        { "DELETE z FROM o.x JOIN y", "o.x:D d.y:D d.z:D" },
        { "DELETE", "?" },
        { "DELETE FROM", "?" },
        { "DELETE FROM a.b.c", "?" },
    };
    HOLD(cases, context(&mysql));
}

static void test_loads(void **state)
{
    (void)state;
    static const struct one cases[] = {
        { "LOAD DATA INFILE '/tmp/x' INTO TABLE `x` FIELDS TERMINATED BY ',' (`id`, @v) SET `v` = "
          "@v + 1",
          "d.x:I" },
        { "LOAD DATA LOCAL INFILE 'INTO TABLE t' REPLACE INTO TABLE o.x CHARACTER SET latin1",
          "o.x:ID" },
        { "LOAD XML INFILE 'x' IGNORE INTO TABLE x ROWS IDENTIFIED BY '<r>'", "d.x:I" },
        { "LOAD DATA INFILE 'x'", "?" },
        { "LOAD INDEX INTO CACHE x", "?" },
    };
    HOLD(cases, context(&mysql));
}

static void test_comments_and_quotes(void **state)
{
    (void)state;
    static const struct one cases[] = {
        { "/*!40101 INSERT INTO x VALUES (1) */", "d.x:I" },
        { "/*!99999 INSERT INTO x VALUES (1) */ DELETE FROM y", "d.y:D" },
        { "/*M! INSERT INTO x VALUES (1) */ DELETE FROM y", "d.y:D" },
        { "INSERT /* INTO t */ INTO /*! o. */ x VALUES (1)", "o.x:I" },
        { "-- DELETE FROM t\nUPDATE x SET a = 1 # SET b", "d.x:U" },
        { "DELETE FROM `UPDATE`", "d.UPDATE:D" },
        { "UPDATE x SET x.update = 1, x.delete = 2", "d.x:U" },
        { "INSERT INTO x VALUES ('it''s; DELETE FROM t', 'a\\'; DELETE FROM t')", "d.x:I" },
        { "INSERT INTO x VALUES (1); DELETE FROM y", "d.x:I d.y:D" },
    };
    HOLD(cases, context(&mysql));
    struct ddl_context ansi = context(&mysql);
    ansi.ansi_quotes = ansi.no_backslash_escapes = true;
    static const struct one quoted[] = {
        { "INSERT INTO \"o\".\"a \"\"b\" VALUES ('\\')", "o.a \"b:I" },
        { "UPDATE \"x\" SET \"a\" = 'UPDATE t SET b = 1'", "d.x:U" },
    };
    HOLD(quoted, ansi);
    static const struct one maria[] = {
        { "/*M! INSERT INTO x VALUES (1) */", "d.x:I" },
        { "/*!50701 DELETE FROM t */ DELETE FROM y", "d.y:D" },
        { "SET STATEMENT max_statement_time = 1 FOR UPDATE x SET a = 1", "d.x:U" },
        { "ANALYZE UPDATE x SET a = 1", "d.x:U" },
        { "ANALYZE FORMAT=JSON DELETE FROM x", "d.x:D" },
        { "DELETE HISTORY FROM x BEFORE SYSTEM_TIME '2020-01-01'", "d.x:D" },
        { "UPDATE x FOR PORTION OF p FROM '2020-01-01' TO '2021-01-01' SET a = 1", "d.x:U" },
        { "DELETE FROM x FOR PORTION OF p FROM '2020-01-01' TO '2021-01-01'", "d.x:D" },
        { "INSERT INTO x VALUES (1) RETURNING id, (SELECT MAX(id) FROM t)", "d.x:I" },
        { "REPLACE INTO x VALUES (1) RETURNING id", "d.x:ID" },
        { "DELETE FROM x WHERE id = 1 RETURNING id", "d.x:D" },
        { "DELETE HISTORY FROM o.history BEFORE SYSTEM_TIME '2020-01-01'", "o.history:D" },
        { "DELETE history FROM y JOIN o.x AS history", "o.x:D d.y:D" },
        { "UPDATE history h SET h.a = 1", "d.history:U" },
        { "UPDATE lateral JOIN o.x SET lateral.a = 1", "d.lateral:U" },
        { "UPDATE lateral SET a = 1", "d.lateral:U" },
        { "BEGIN SET STATEMENT max_statement_time = 1 FOR UPDATE skip SET a = 1; END",
          "d.skip:U" },
        { "BEGIN SET STATEMENT max_statement_time = 1 FOR UPDATE o.wait, of SET wait.a = 1; END",
          "o.wait:U" },
        { "BEGIN SELECT * FROM t FOR UPDATE WAIT 5; SELECT * FROM t FOR UPDATE NOWAIT; END", "" },
    };
    HOLD(maria, context(&mariadb));
    static const struct one other_case[] = { { "UPDATE Shop.Orders, X SET ORDERS.a = 1",
                                               "shop.orders:U" },
                                             { "DELETE FROM D.T", "d.t:D" } };
    HOLD(other_case, context(&folding));
}

static void test_bodies(void **state)
{
    (void)state;
    static const struct one cases[] = {
        { "BEGIN IF NEW.a > 1 THEN UPDATE t SET b = NEW.a; ELSE DELETE FROM u; END IF; INSERT INTO "
          "o.v SELECT 1; END",
          "d.t:U d.u:D o.v:I" },
        { "SET NEW.a = 1", "" },
        { "BEGIN DELETE FROM t; DELETE FROM t; DELETE a FROM t AS a; END", "d.t:D" },
        { "BEGIN DECLARE CONTINUE HANDLER FOR NOT FOUND REPLACE INTO t VALUES (1); SET @x = 1; END",
          "d.t:ID" },
        { "BEGIN DECLARE c CURSOR FOR SELECT id FROM t FOR UPDATE; OPEN c; END", "" },
        { "CASE a WHEN 1 THEN INSERT INTO t VALUES (1); END CASE", "d.t:I" },
        { "FOREIGN KEY (a) REFERENCES t (a) ON UPDATE CASCADE ON DELETE SET NULL", "" },
    };
    HOLD(cases, context(&mysql));
}

static bool calls(const char *sql, const char *database, const char *name)
{
    struct ddl_context ctx = context(&mysql);
    struct ddl_writes w = { 0 };
    struct err err = { 0 };
    if (ddl_writes(slice_str(sql), &ctx, &arena, &w, &err))
        fail_msg("%s: %s", sql, err.msg);
    for (size_t i = 0; i < w.ncalls; i++)
        if (strcmp(w.calls[i].name, name) == 0 && strcmp(w.calls[i].database, database) == 0)
            return true;
    return false;
}

static void test_calls(void **state)
{
    (void)state;
    assert_true(calls("SELECT `o`.`f`(1)", "o", "f"));
    assert_true(calls("INSERT INTO x VALUES (f(1), o . g (2))", "d", "f"));
    assert_true(calls("INSERT INTO x VALUES (f(1), o . g (2))", "o", "g"));
    assert_true(calls("UPDATE x SET a = 1 WHERE f(id) = 2", "d", "f"));
    assert_true(calls("UPDATE x SET a = f(1), b = 2", "d", "f"));
    assert_true(calls("DELETE FROM x ORDER BY f(1)", "d", "f"));
    assert_true(calls("DO f()", "d", "f"));
    assert_true(calls("SET @a = f()", "d", "f"));
    assert_true(calls("SELECT o.k.f(1)", "o", "k"));
    assert_true(calls("SELECT k.f(1)", "d", "k"));
    assert_true(calls("CALL p", "d", "p"));
    assert_true(calls("CALL o.p", "o", "p"));
    assert_true(calls("CALL o.p(1)", "o", "p"));
    assert_true(calls("CALL now()", "d", "now"));
    assert_true(calls("SELECT `now`(1), o.now()", "d", "now"));
    assert_true(calls("SELECT o.now()", "o", "now"));
    assert_true(calls("LOAD DATA INFILE 'x' INTO TABLE x (a) SET b = f(a)", "d", "f"));
    assert_true(calls("INSERT INTO x SELECT * FROM t WHERE f(id) ON DUPLICATE KEY UPDATE a = g()",
                      "d", "g"));
    assert_false(calls("INSERT INTO x VALUES (NOW(), 'f(1)')", "d", "NOW"));
    /* With a blank before the bracket some names are no function of the server (IGNORE_SPACE). */
    assert_true(calls("INSERT INTO x VALUES (NOW (), 1)", "d", "NOW"));
    assert_true(calls("SELECT count (1)", "d", "count"));
    assert_false(calls("INSERT INTO x (a) VALUES (1) ON DUPLICATE KEY UPDATE a = VALUES (a)", "d",
                       "VALUES"));
}

/* ---- what was taken away since (doubt.h) ---- */

static int is_read(void *arg, const char *database, const char *table, struct err *err)
{
    (void)arg, (void)err;
    return strcmp(database, "shop") == 0 && strcmp(table, "t") == 0;
}

static const char *meets(const struct mysql_doubt *d, const char *sql)
{
    struct ddl_context ctx = context(&mariadb);
    struct ddl about;
    struct err err = { 0 };
    const char *ret = NULL;
    int unread = ddl_read(slice_str(sql), &ctx, &arena, &about, &err);
    assert_int_equal(mysql_doubt_meets(d, slice_str(sql), &ctx, &about, unread, is_read, NULL,
                                       &arena, &ret, &err),
                     0);
    return ret ? ret : "";
}

static void test_what_was_taken_away(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *what;
    } cases[] = {
        { "DROP TRIGGER o.g", "trigger o.g" },
        { "DROP TRIGGER IF EXISTS `o`.g", "trigger o.g" },
        { "DROP TRIGGER g", "" },
        { "DROP TRIGGER other.g", "" },
        { "CREATE TRIGGER o.g AFTER INSERT ON o.x FOR EACH ROW DELETE FROM y", "" },
        { "CREATE OR REPLACE DEFINER=`a`@`%` TRIGGER o.g AFTER INSERT ON o.x FOR EACH ROW SET @a = "
          "1",
          "trigger o.g" },
        { "DROP FUNCTION f", "routine d.f" },
        { "DROP PROCEDURE IF EXISTS o.F", "routine o.F" },
        { "DROP FUNCTION other", "" },
        { "CREATE OR REPLACE FUNCTION f() RETURNS int RETURN 1", "routine d.f" },
        { "DROP PACKAGE BODY f", "routine d.f" },
        { "DROP VIEW v", "view d.v" },
        { "ALTER VIEW v AS SELECT 1", "view d.v" },
        { "CREATE OR REPLACE ALGORITHM=MERGE VIEW v AS SELECT 1", "view d.v" },
        { "CREATE VIEW v AS SELECT 1", "" },
        { "DROP TABLE o.x", "table o.x" },
        { "DROP TABLE a, o.X", "table o.X" },
        { "DROP TABLE o.z", "" },
        { "DROP TEMPORARY TABLE o.x", "" },
        { "DROP TABLE shop.t", "table shop.t" },
        { "RENAME TABLE o.x TO o.w", "table o.x" },
        { "RENAME TABLE o.a TO o.x", "" },
        { "ALTER TABLE o.x ADD c int", "" },
        { "ALTER TABLE o.x RENAME w", "table o.x" },
        { "ALTER TABLE shop.t ADD c int", "" },
        { "ALTER TABLE shop.t ADD c int, DROP FOREIGN KEY k", "table shop.t" },
        { "ALTER TABLE shop.t DROP CONSTRAINT k", "table shop.t" },
        { "CREATE OR REPLACE TABLE o.x (id int)", "table o.x" },
        { "DROP DATABASE o", "database o" },
        { "DROP DATABASE other", "database other" }, /* its views and routines */
        { "DROP SCHEMA IF EXISTS other", "database other" },
        { "CREATE OR REPLACE DATABASE other", "database other" },
        { "CREATE DATABASE other", "" },
        { "ALTER DATABASE o COLLATE latin1_bin", "" },
        { "ALTER TABLE o.x RENAME COLUMN a TO b, RENAME INDEX i TO j, RENAME KEY k TO l", "" },
        { "ALTER TABLE o.x RENAME COLUMN a TO b, RENAME TO o.w", "table o.x" },
        { "ALTER TABLE o.x UNION=(o.y)", "table o.x" },
        { "ALTER TABLE o.x COMMENT '' UNION ()", "table o.x" },
        { "ALTER TABLE o.x INSERT_METHOD=NO", "table o.x" },
        { "ALTER TABLE o.x ENGINE=InnoDB", "table o.x" },
        { "ALTER TABLE o.x ENGINE MyISAM", "table o.x" },
        { "ALTER TABLE o.x ADD c int, ENGINE=InnoDB", "table o.x" },
        { "ALTER TABLE o.x TABNAME='y'", "table o.x" },
        { "ALTER TABLE o.x ADD engine int, MODIFY COLUMN engine int AFTER engine", "" },
        { "ALTER TABLE o.x ADD INDEX (engine), DROP engine", "" },
        { "ALTER TABLE o.x COMMENT 'UNION=() ENGINE=x'", "" },
        { "ALTER TABLE o.x CHANGE x.rename x.engine int, MODIFY x.union int", "" },
        { "ALTER TABLE shop.t ENGINE=InnoDB", "" },
        { "ALTER TABLE shop.t ENGINE=MyISAM", "table shop.t" },
        { "ALTER TABLE o.z ENGINE=MyISAM, UNION=(o.y)", "" },
        { "GRANT DROP ON o.* TO a", "" },
        { "TRUNCATE o.x", "" },
        { "DROP USER a", "" },
        { "DROP INDEX i ON o.x", "" },
    };
    struct mysql_doubt d = { 0 };
    struct mysql_place until = { .file = "b.000001", .pos = 9 };
    struct ddl_writes w = { 0 };
    assert_false(mysql_doubt_open(&d));
    ddl_add_write(&arena, &w, "o", "x", DDL_INSERTS);
    ddl_add_call(&arena, &w, "d", "f");
    mysql_doubt_add(&d, "b.000001:4", &until, &w);
    assert_true(mysql_doubt_open(&d));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(meets(&d, cases[i].sql), cases[i].what))
            fail_msg("%s: %s, not %s", cases[i].sql, meets(&d, cases[i].sql), cases[i].what);
    /* Kept in the position. */
    struct mysql_position p = { .doubt = d }, back;
    struct buf token = { 0 };
    struct err err = { 0 };
    mysql_position_write(&p, &token);
    if (mysql_position_read(buf_slice(&token), false, &back, &err))
        fail_msg("%s", err.msg);
    assert_string_equal(back.doubt.at, "b.000001:4");
    assert_string_equal(back.doubt.until.file, "b.000001");
    assert_int_equal(back.doubt.until.pos, 9);
    assert_string_equal(meets(&back.doubt, "DROP TRIGGER o.g"), "trigger o.g");
    mysql_position_done(&back);
    buf_done(&token);
    /* Too many names: any may be one. */
    for (int i = 0; i < 5000; i++)
        ddl_add_write(&arena, &w, "o", arena_printf(&arena, "a_long_name_%d", i), DDL_INSERTS);
    mysql_doubt_add(&d, "b.000001:5", &until, &w);
    assert_string_equal(meets(&d, "DROP TABLE o.z"), "table o.z");
    assert_true(d.names.n < 20000);
    mysql_doubt_done(&d);
}

/* One name may end as another one begins. */
static void test_each_name_in_doubt_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *database, *table;
    } names[] = {
        { "testdata", "x" }, { "data", "x" }, { "ata", "x" }, { "o", "ct" }, { "c", "t" },
        { "", "x" },         { "t", "x" },    { "x", "xx" },  { "x", "x" },
    };
    struct mysql_doubt d = { 0 };
    struct mysql_place until = { .file = "b.000001", .pos = 9 };
    struct ddl_writes w = { 0 };
    size_t n = sizeof names / sizeof *names;
    for (size_t i = 0; i < n; i++) {
        ddl_add_write(&arena, &w, names[i].database, names[i].table, DDL_INSERTS);
        ddl_add_call(&arena, &w, names[i].database, names[i].table);
    }
    mysql_doubt_add(&d, "b.000001:4", &until, &w);
    size_t once = d.names.n;
    mysql_doubt_add(&d, "b.000001:5", &until, &w);
    assert_int_equal(d.names.n, once);
    for (size_t i = 0; i < n; i++) {
        const char *name = arena_printf(&arena, "`%s`.`%s`", names[i].database, names[i].table);
        if (!*names[i].database)
            continue;
        const char *drop = arena_printf(&arena, "DROP TABLE %s", name);
        if (!*meets(&d, drop))
            fail_msg("%s", drop);
        drop = arena_printf(&arena, "DROP FUNCTION %s", name);
        if (!*meets(&d, drop))
            fail_msg("%s", drop);
    }
    mysql_doubt_done(&d);
}

static enum ddl_hangs hangs(const char *sql)
{
    struct ddl_context ctx = context(&mariadb);
    struct ddl d;
    struct err err = { 0 };
    if (ddl_read(slice_str(sql), &ctx, &arena, &d, &err))
        fail_msg("%s: %s", sql, err.msg);
    return ddl_hangs(slice_str(sql), &ctx, &d, &arena);
}

static void test_what_hangs_on_tables_changes(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum ddl_hangs want;
    } cases[] = {
        { "ANALYZE TABLE t", DDL_HANGS_SAME },
        { "OPTIMIZE TABLE t", DDL_HANGS_SAME },
        { "TRUNCATE t", DDL_HANGS_SAME },
        { "CREATE INDEX i ON t (a)", DDL_HANGS_SAME },
        { "CREATE TABLE t (a int)", DDL_HANGS_SAME },
        { "CREATE TABLE IF NOT EXISTS t (a int) ENGINE=InnoDB", DDL_HANGS_SAME },
        { "CREATE DATABASE o", DDL_HANGS_SAME },
        { "ALTER DATABASE o COLLATE latin1_bin", DDL_HANGS_SAME },
        { "CREATE TEMPORARY TABLE t LIKE u", DDL_HANGS_SAME },
        { "GRANT TRIGGER ON *.* TO a", DDL_HANGS_RIGHTS },
        { "REVOKE SELECT ON *.* FROM a", DDL_HANGS_RIGHTS },
        { "FLUSH PRIVILEGES", DDL_HANGS_RIGHTS },
        { "CREATE USER a", DDL_HANGS_RIGHTS },
        { "SET PASSWORD FOR a = 'x'", DDL_HANGS_RIGHTS },
        { "CREATE TABLE t (a int REFERENCES u (a))", DDL_HANGS_ANEW },
        { "CREATE TABLE t (a int) ENGINE=MERGE UNION=(u)", DDL_HANGS_ANEW },
        { "CREATE TABLE t LIKE u", DDL_HANGS_ANEW },
        { "CREATE OR REPLACE TABLE t (a int)", DDL_HANGS_ANEW },
        { "CREATE OR REPLACE DATABASE o", DDL_HANGS_ANEW },
        { "DROP TABLE t", DDL_HANGS_ANEW },
        { "RENAME TABLE t TO u", DDL_HANGS_ANEW },
        { "ALTER TABLE t ADD a int", DDL_HANGS_ANEW },
        { "DROP DATABASE o", DDL_HANGS_ANEW },
        { "CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW SET @a = 1", DDL_HANGS_ANEW },
        { "CREATE DEFINER=`a`@`%` FUNCTION f() RETURNS int RETURN 1", DDL_HANGS_ANEW },
        { "SET STATEMENT max_statement_time=1 FOR DROP TRIGGER g", DDL_HANGS_ANEW },
        { "ALTER VIEW v AS SELECT 1", DDL_HANGS_ANEW },
        { "unheard of", DDL_HANGS_ANEW },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hangs(cases[i].sql) != cases[i].want)
            fail_msg("%s: %d, not %d", cases[i].sql, hangs(cases[i].sql), cases[i].want);
    assert_true(ddl_may_select(slice_str("INSERT INTO t VALUES ((Select 1))")));
    assert_true(ddl_may_select(slice_str("INSERT INTO t table u")));
    assert_false(ddl_may_select(slice_str("INSERT INTO t VALUES (1, 'x')")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inserts),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_deletes),
        cmocka_unit_test(test_loads),
        cmocka_unit_test(test_comments_and_quotes),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_what_was_taken_away),
        cmocka_unit_test(test_each_name_in_doubt_is_found),
        cmocka_unit_test(test_what_hangs_on_tables_changes),
    };
    return cmocka_run_group_tests_name("ddl_writes", tests, set_up, tear_down);
}
