"""Statements in the log, as MySQL and MariaDB write them: what tables become by them, where the
binlog names no columns.

Run by tests/e2e/run FLAVOUR statements [TEST...]. Last line: N passed, N failed.
"""

import json, os, subprocess
from contextlib import contextmanager
from my_road import feed, feeds, gtids, MYSQL, PORTS, setting, sql
from road import await_log, main, registry, tables_of

TABLE = "CREATE TABLE t (id int PRIMARY KEY, a int, b int); "
NO_NAMES = {"binlog_row_metadata": "'MINIMAL'" if MYSQL else "'NO_LOG'"}
MODE = "SET sql_mode = "


def after(f, table="t"):
    return [tuple(v.values()) for v in f.values(table)]


def follows(steps):
    """Each step (text, rows) in a table of its own; rows are those of the last insert, by
    columns."""
    with setting(**NO_NAMES):
        f = feed(TABLE)
        f.feed()
        for n, (text, rows) in enumerate(steps):
            f.sql(f"CREATE TABLE s{n} LIKE t; " + text.replace("$t", f"s{n}"))
        f.sql("CREATE TABLE last (id int PRIMARY KEY); INSERT INTO last VALUES (1)")
        f.feed()
        for n, (text, rows) in enumerate(steps):
            assert f.values(f"s{n}") == rows, (text, f.values(f"s{n}"))
        return f


SWAP = "ALTER TABLE $t RENAME COLUMN a TO b, RENAME COLUMN b TO a; INSERT INTO $t (id, a, b) VALUES (1, 10, 20)"
SWAPPED = [{"id": 1, "b": 20, "a": 10}]


def test_statements_that_are_wrapped():
    if MYSQL:
        return
    alter = "ALTER TABLE $t RENAME COLUMN a TO b, RENAME COLUMN b TO a"
    insert = "; INSERT INTO $t (id, a, b) VALUES (1, 10, 20)"
    wrapped = [
        f"SET STATEMENT max_statement_time=100 FOR {alter}",
        f"SET /* x */ STATEMENT lock_wait_timeout = 1 + (2 * 3), max_statement_time=0 for {alter}",
        f"SET STATEMENT max_statement_time=9 FOR SET STATEMENT lock_wait_timeout=8 FOR {alter}",
        f"/*!100100 SET STATEMENT max_statement_time=7 FOR */ {alter}",
        f"SET STATEMENT sql_mode='', collation_server='latin1_bin' FOR {alter}",
        f"SET STATEMENT tmp_memory_table_size=(SELECT 16777216 FROM DUAL) FOR {alter}",
        f"SET STATEMENT max_statement_time = LENGTH(' for ') FOR {alter}",
        f"EXECUTE IMMEDIATE 'SET STATEMENT max_statement_time=3 FOR {alter}'",
        f"SET STATEMENT foreign_key_checks=0 FOR CREATE OR REPLACE TABLE $t (id int PRIMARY KEY, b "
        f"int, a int)",
        "SET STATEMENT max_statement_time=5 FOR DROP TABLE $t; CREATE TABLE $t (id int PRIMARY "
        "KEY, b int, a int)",
        "SET STATEMENT max_statement_time=5 FOR RENAME TABLE $t TO gone_$t; CREATE TABLE $t (id "
        "int PRIMARY KEY, b int, a int)",
    ]
    follows([(w + insert, SWAPPED) for w in wrapped])


def test_statements_by_way_of_procedures_and_events():
    swap = "ALTER TABLE $t RENAME COLUMN a TO b, RENAME COLUMN b TO a"
    insert = "; INSERT INTO $t (id, a, b) VALUES (1, 10, 20)"
    ways = [f"CREATE PROCEDURE p_$t() {swap}; CALL p_$t()",
            f"SET @swap = CONCAT('{swap}', ''); PREPARE x FROM @swap; EXECUTE x",
            "\nDELIMITER //\nCREATE PROCEDURE p_$t(n varchar(64)) BEGIN"
            " SET @swap = CONCAT('ALTER TABLE `', n, '` CHANGE a b int, CHANGE b a int');"
            " PREPARE x FROM @swap; EXECUTE x; DEALLOCATE PREPARE x; END//\n"
            "DELIMITER ;\nCALL p_$t('$t')",
            f"CREATE EVENT e_$t ON SCHEDULE AT CURRENT_TIMESTAMP DO {swap}; DO SLEEP(2)"]
    if not MYSQL:
        ways.append(f"\nDELIMITER //\nBEGIN NOT ATOMIC {swap}; END//\nDELIMITER ;\nDO 0")
    events = sql("primary", "SELECT @@GLOBAL.event_scheduler")[0][0]
    sql("primary", "SET GLOBAL event_scheduler = ON")
    try:
        follows([(w + insert, SWAPPED) for w in ways])
    finally:
        sql("primary", f"SET GLOBAL event_scheduler = {events}")


def test_a_wrapped_truncate_and_a_wrapped_insert():
    if MYSQL:
        return
    f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3)", format__skipped_operations="none")
    f.feed()
    f.sql(
        "SET STATEMENT max_statement_time=5 FOR TRUNCATE t; SET STATEMENT max_statement_time=5 FOR "
        "INSERT INTO t VALUES (4, 5, 6)"
    )
    f.feed()
    assert [v["op"] for _, _, v, _ in f.records(f"{f.name}.t")] == ["r", "t", "c"]


def test_comments_end_where_the_servers_end_them():
    comments = [
        "/* route: /api/* */",
        "/* a /* b */",
        "/*/ x */",
        "/* ' */",
        "-- it's /*\n",
        "# \" /*\n",
        "/*!99999 x /* y */ z */",
        "/***/",
        "/*!40000 */",
        "/* ; */",
    ]
    follows(
        [
            (
                f"{c} ALTER TABLE $t {c} RENAME COLUMN a TO b, {c} RENAME COLUMN b TO a "
                f"{c if c[0] == '/' else ''}; INSERT INTO $t (id, a, b) VALUES (1, 10, 20)",
                SWAPPED,
            )
            for c in comments
        ]
    )


def test_comments_of_statements_about_nothing_that_is_read():
    f = feed(TABLE)
    f.feed()
    other = f.name + "_other"
    f.sql(
        f"/* GET /api/* */ CREATE DATABASE {other}; CREATE TABLE {other}.x (id int /* was: /* "
        f"bigint */); /* /* */ DROP DATABASE {other};"
        f"/* a /* */ CREATE USER {f.name}; /* /api/* */ DROP USER {f.name}; INSERT INTO t VALUES "
        f"(1, 2, 3)"
    )
    f.feed()
    assert after(f) == [(1, 2, 3)]


def test_names_and_forms_that_servers_take():
    both = [
        (
            "ALTER TABLE $t ADD `Ärger` int; ALTER TABLE $t MODIFY `ärger` bigint; INSERT INTO $t "
            "VALUES (1, 2, 3, 4)",
            [{"id": 1, "a": 2, "b": 3, "_rger": 4}],
        ),
        (
            "ALTER TABLE $t ADD w int PARTITION BY HASH (id) PARTITIONS 2; INSERT INTO $t VALUES "
            "(1, 2, 3, 4)",
            [{"id": 1, "a": 2, "b": 3, "w": 4}],
        ),
        (
            "DROP TABLE $t; CREATE TABLE $t (id int PRIMARY KEY, v int, KEY k TYPE BTREE (v)); "
            "INSERT INTO $t VALUES (1, 2)",
            [{"id": 1, "v": 2}],
        ),
        (
            "ALTER TABLE $t DROP a, ADD a int FIRST, COMMENT '"
            + "x" * 2000
            + "'; INSERT INTO $t VALUES (1, 2, 3)",
            [{"a": 1, "id": 2, "b": 3}],
        ),
    ]
    if MYSQL:
        both += [
            (
                "DROP TABLE $t; CREATE TABLE $t (id serial NULL, v int); INSERT INTO $t VALUES (1, "
                "2)",
                [{"id": 1, "v": 2}],
            ),
            (
                "DROP TABLE $t; " + MODE + "INTERPRET_UTF8_AS_UTF8MB4; "
                "CREATE TABLE $t (id int PRIMARY KEY, v varchar(9) CHARACTER SET utf8); "
                "INSERT INTO $t VALUES (1, '\U0001f600')",
                [{"id": 1, "v": "\U0001f600"}],
            ),
        ]
    else:
        rows = "; INSERT INTO $t (id, s, e) VALUES (1, '1970-01-02', '1970-01-03')"
        both += [
            (
                "ALTER TABLE $t MODIFY $t.a bigint, CHANGE $t.b c int; INSERT INTO $t VALUES (1, "
                "2, 3)",
                [{"id": 1, "a": 2, "c": 3}],
            ),
            (
                "DROP TABLE $t; CREATE TABLE $t (id int, s date, e date, PERIOD FOR p (s, e), "
                "PRIMARY KEY (id, p WITHOUT OVERLAPS))"
                + rows,
                [{"id": 1, "s": 1, "e": 2}],
            ),
            (
                "DROP TABLE $t; CREATE TABLE $t (id int, s date, e date, PERIOD FOR p (s, e)); "
                "ALTER TABLE $t ADD PRIMARY KEY (id, p WITHOUT OVERLAPS)" + rows,
                [{"id": 1, "s": 1, "e": 2}],
            ),
            (
                "CREATE UNIQUE INDEX x USING HASH ON $t (a); ALTER TABLE $t ADD UNIQUE (b) USING "
                "HASH; INSERT INTO $t VALUES (1, 2, 3)",
                [{"id": 1, "a": 2, "b": 3}],
            ),
            (
                "DROP TABLE $t; CREATE TABLE $t (id int PRIMARY KEY, a varchar(9), b bigint, "
                "UNIQUE x USING HASH (a), UNIQUE (b, a) USING HASH);"
                "INSERT INTO $t VALUES (1, 'x', 3)",
                [{"id": 1, "a": "x", "b": 3}],
            ),
            (
                "ALTER TABLE $t ADD UNIQUE x (a) USING HASH, ADD c bigint; ALTER TABLE $t DROP "
                "INDEX x; INSERT INTO $t VALUES (1, 2, 3, 4)",
                [{"id": 1, "a": 2, "b": 3, "c": 4}],
            ),
            (
                "DROP TABLE $t; CREATE TABLE p$t (id int PRIMARY KEY, v int) PARTITION BY RANGE "
                "(id) (PARTITION a VALUES LESS THAN (9), PARTITION b VALUES LESS THAN (99));"
                "ALTER TABLE p$t CONVERT PARTITION b TO TABLE $t; INSERT INTO $t VALUES (15, 2)",
                [{"id": 15, "v": 2}],
            ),
            (
                "DROP TABLE $t; "
                + MODE
                + "ORACLE; CREATE TABLE $t (id NUMBER(9) PRIMARY KEY, v VARCHAR2(9), r RAW(3), d "
                  "DATE);"
                "INSERT INTO $t VALUES (1, 'x', 'r', '1970-01-01 00:00:01')",
                [{"id": 1, "v": "x", "r": b"r", "d": 1000}],
            ),
            (
                "DROP TABLE $t; "
                + MODE
                + "MSSQL; CREATE TABLE $t ([id] int PRIMARY KEY, [b c] int); ALTER TABLE $t ADD "
                  "[d]]e] int; INSERT INTO $t VALUES (1, 2, 3)",
                [{"id": 1, "b_c": 2, "d_e": 3}],
            ),
        ]
    follows(both)


def test_what_the_catalog_says_of_periods_and_foreign_keys():
    """What a table had before the feed began decides what DROP CONSTRAINT x and p are later."""
    if MYSQL:
        return
    with setting(**NO_NAMES):
        f = feed("CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);"
                 "CREATE TABLE t (id int NOT NULL, s date, e date, UNIQUE x (id),"
                 " PERIOD FOR p (s, e), CONSTRAINT x FOREIGN KEY (id) REFERENCES p (id));"
                 "CREATE TABLE u (id int NOT NULL, s date, e date, PERIOD FOR p (s, e),"
                 " CHECK (id < 9));"
                 "CREATE TABLE v (id int, s date, e date, PERIOD FOR p (s, e),"
                 " PRIMARY KEY (id, p WITHOUT OVERLAPS))")
        f.feed()
        f.sql("ALTER TABLE t DROP CONSTRAINT x; ALTER TABLE u ADD UNIQUE (id, p WITHOUT OVERLAPS);"
              "ALTER TABLE t ADD z int; ALTER TABLE u ADD z int;"
              "ALTER TABLE v ADD a timestamp(6) AS ROW START, ADD b timestamp(6) AS ROW END,"
              " ADD PERIOD FOR SYSTEM_TIME (a, b), ADD SYSTEM VERSIONING;"
              "INSERT INTO v (id, s, e) VALUES (1, '1970-01-02', '1970-01-03');"
              "INSERT INTO t VALUES (1, '1970-01-02', '1970-01-03', 9);"
              "INSERT INTO u VALUES (1, '1970-01-02', '1970-01-03', 9)")
        r = f.run("run", "--until-current")
        assert not r.returncode and "is not understood" not in r.stderr, r.stderr
        assert [k for _, k, _, _ in f.records(f"{f.name}.t")] == [{"id": 1}]
        assert [list(k) for _, k, _, _ in f.records(f"{f.name}.u")] == [["id", "e", "s"]]
        keys = [list(k) for _, k, _, _ in f.records(f"{f.name}.v")]
        assert keys == [["id", "b", "e", "s"]], keys


def test_sequences_made_while_the_feed_runs():
    if MYSQL:
        return
    with setting(**NO_NAMES):
        f = feed(TABLE)
        f.feed()
        f.sql(
            "CREATE SEQUENCE q; SELECT NEXTVAL(q); ALTER SEQUENCE q INCREMENT 5; SELECT "
            "NEXTVAL(q); CREATE OR REPLACE SEQUENCE q START 9; SELECT NEXTVAL(q);"
            "RENAME TABLE q TO r; SELECT NEXTVAL(r); DROP SEQUENCE r; INSERT INTO t VALUES (1, 2, "
            "3)"
        )
        f.feed()
        assert after(f) == [(1, 2, 3)] and f.values("q")


def test_rows_that_go_with_a_partition_are_told():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN "
        "(10), PARTITION b VALUES LESS THAN (20));"
        "INSERT INTO t VALUES (1), (11)"
    )
    f.feed()
    f.sql(
        "ALTER TABLE t TRUNCATE PARTITION a; ALTER TABLE t DROP PARTITION b; INSERT INTO t VALUES "
        "(2)"
    )
    r = f.run("run", "--until-current")
    assert (
        r.stderr.count("the binlog does not have them") == 2 and f"table={f.name}.t" in r.stderr
    ), r.stderr


@contextmanager
def primary_of(**settings):
    """The primary is read, with global settings for a while."""
    before = {k: sql("primary", f"SELECT @@GLOBAL.{k}")[0][0] for k in settings}
    sql("primary", "".join(f"SET GLOBAL {k} = {v};" for k, v in settings.items()) + "SELECT 1")
    try:
        yield {"source__mysql__port": PORTS["primary"], "source__primary": "allow"}
    finally:
        sql("primary", "".join(f"SET GLOBAL {k} = '{v}';" for k, v in before.items()) + "SELECT 1")


def test_a_table_made_by_select_in_a_session_of_latin1():
    """The server writes it anew, in UTF-8: xä of such a session's bytes has three characters."""
    with primary_of(**NO_NAMES) as read:
        f = feed(TABLE, **read)
        f.feed()
        f.sql("SET NAMES latin1; CREATE TABLE made SELECT 1 AS `xä`; SET NAMES utf8mb4;"
              "ALTER TABLE made ADD b int; INSERT INTO made VALUES (2, 3)")
        f.feed()
        assert f.values("made") == [{"x__": 1}, {"x__": 2, "b": 3}], f.values("made")
        f.sql("CREATE TABLE src (e ENUM('日', '本') CHARACTER SET utf8mb4 DEFAULT '日');"
              "INSERT INTO src VALUES ('本'); SET NAMES latin1;"
              "CREATE TABLE copied SELECT e FROM src;"
              "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES');"
              "CREATE TABLE quoted SELECT e FROM src")
        f.feed()
        assert f.values("copied") == f.values("quoted") == [{"e": "本"}], f.values("quoted")


def primary_without_names():
    return primary_of(**NO_NAMES)


STATEMENTS, ROWS = "SET SESSION binlog_format = STATEMENT; ", "; SET SESSION binlog_format = ROW; "


def test_statements_of_a_temporary_table():
    """A session that writes statements logs what becomes of its own table, under the name of
    another one."""
    with primary_without_names() as primary:
        f = feed(
            TABLE + "INSERT INTO t VALUES (1, 2, 3)", format__skipped_operations="none", **primary
        )
        f.run("run", "--until-current")
        f.sql(
            STATEMENTS
            + "CREATE TEMPORARY TABLE t (id int, b int, a int); ALTER TABLE t CHANGE a b int, "
              "CHANGE b a int; CREATE UNIQUE INDEX i ON t (b);"
            "TRUNCATE TABLE t; ALTER TABLE t ADD c int FIRST; DROP INDEX i ON t; ALTER TABLE t "
            "RENAME u; DROP TEMPORARY TABLE u"
            + (
                ""
                if MYSQL
                else "; CREATE TEMPORARY TABLE w (b int); RENAME TABLE w TO t; DROP TEMPORARY "
                     "TABLE t"
            )
            + ROWS
            + "INSERT INTO t (id, a, b) VALUES (4, 5, 6); ALTER TABLE t ADD d int DEFAULT "
              "(CONNECTION_ID() * 0); INSERT INTO t (id, a, b) VALUES (7, 8, 9)"
        )
        f.run("run", "--until-current")
        assert [v["op"] for _, _, v, _ in f.records(f"{f.name}.t")] == ["r", "c", "c"] and after(f)[
            1:
        ] == [(4, 5, 6), (7, 8, 9, 0)], after(f)


def test_a_table_made_by_a_select_that_was_sent_as_a_statement():
    with primary_without_names() as primary:
        for create in (
            "CREATE TABLE u (id int PRIMARY KEY) SELECT 7 AS id",
            "CREATE TABLE u AS (SELECT id FROM t)",
        ):
            f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3)", **primary)
            f.run("run", "--until-current")
            f.sql(
                STATEMENTS
                + "CREATE TEMPORARY TABLE v SELECT 1 AS a; DROP TEMPORARY TABLE v"
                + ROWS
                + "INSERT INTO t VALUES (4, 5, 6)"
            )
            f.run("run", "--until-current")
            f.sql(STATEMENTS + create)
            assert "was written as a statement" in f.run("run", "--until-current", expect=4).stderr
            assert after(f)[1:] == [(4, 5, 6)]


def test_what_a_transaction_rolled_back_of_itself():
    """What a transaction rolled back of itself is in the log, where a table without transactions or
    a temporary one was touched beside it."""
    with primary_of() as primary:
        f = feed(
            "CREATE TABLE i (id int PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE m (id int PRIMARY "
            "KEY) ENGINE=MyISAM; CREATE TABLE v (id int PRIMARY KEY);"
            "CREATE TABLE w (id int PRIMARY KEY, v int); INSERT INTO w VALUES (1, 0)",
            format__transactions="true",
            **primary,
        )
        f.run("run", "--until-current")
        temporary = "CREATE TEMPORARY TABLE z (a int); DROP TEMPORARY TABLE z;"
        f.sql(
            "BEGIN; INSERT INTO i VALUES (1); CREATE TEMPORARY TABLE z (a int); INSERT INTO i "
            "VALUES (2); ROLLBACK; DROP TEMPORARY TABLE IF EXISTS z;"
            f"BEGIN; INSERT INTO i VALUES (3); SAVEPOINT a; INSERT INTO i VALUES (4); {temporary} "
            f"SAVEPOINT `b c`; INSERT INTO i VALUES (5); ROLLBACK TO `B C`;"
            "INSERT INTO i VALUES (6); COMMIT;"
            f"BEGIN; INSERT INTO i VALUES (7); SAVEPOINT a; UPDATE w SET v = 1; SAVEPOINT b; "
            f"{temporary} INSERT INTO i VALUES (8); ROLLBACK TO a; INSERT INTO i VALUES (9);"
            "SAVEPOINT a; DELETE FROM i WHERE id = 9; ROLLBACK TO a; COMMIT;"
            f"BEGIN; {temporary} INSERT INTO i SELECT 100; ROLLBACK; BEGIN; INSERT INTO i VALUES "
            f"(10); DROP TEMPORARY TABLE IF EXISTS z; COMMIT"
        )
        (
            f.sql(
                "BEGIN; INSERT INTO m VALUES (1); INSERT INTO i VALUES (20); INSERT INTO m VALUES "
                "(2); ROLLBACK;"
                "BEGIN; INSERT INTO i VALUES (21); SAVEPOINT a; INSERT INTO m VALUES (3); INSERT "
                "INTO i VALUES (22); ROLLBACK TO a; COMMIT;"
                "BEGIN; INSERT INTO i VALUES (23); UPDATE i, m SET i.id = i.id + 100, m.id = m.id "
                "+ 100 WHERE i.id = 23 AND m.id = 3; ROLLBACK;"
                "CREATE TRIGGER t AFTER INSERT ON v FOR EACH ROW INSERT INTO m VALUES (NEW.id);"
                "BEGIN; INSERT INTO v VALUES (30); ROLLBACK; BEGIN; INSERT INTO v VALUES (31); "
                "SAVEPOINT a; INSERT INTO v VALUES (32); ROLLBACK TO a; COMMIT;"
                "XA START 'q'; INSERT INTO v VALUES (33); SAVEPOINT s; INSERT INTO v VALUES (34); "
                "ROLLBACK TO s; INSERT INTO v VALUES (35); XA END 'q'; XA PREPARE 'q';"
                "XA COMMIT 'q'; XA START 'p'; INSERT INTO v VALUES (36); SAVEPOINT s; INSERT INTO "
                "v VALUES (37); ROLLBACK TO s; XA END 'p'; XA COMMIT 'p' ONE PHASE;"
                "XA START 'o'; INSERT INTO v VALUES (38); XA END 'o'; XA ROLLBACK 'o'"
            )
            if not MYSQL
            else None
        )
        f.run("run", "--until-current")
        for table in ("i", "m", "v", "w"):
            want = {
                tuple(int(x) for x in row)
                for row in sql("primary", f"SELECT * FROM {table}", f.name)
            }
            got = {
                tuple(v.values())
                for v in tables_of(f.records(f"{f.name}.{table}")).get(table, {}).values()
            }
            assert got == want, (table, got, want)


def test_a_transaction_that_is_too_large_to_wait_for_its_end():
    with primary_of() as primary:
        f = feed(
            "CREATE TABLE b (id int PRIMARY KEY, v longtext); INSERT INTO b VALUES (0, 'x')",
            **primary,
        )
        f.run("run", "--until-current")
        f.sql(
            "BEGIN; INSERT INTO b VALUES (1, 'x'); INSERT INTO b SELECT seq, REPEAT('y', 600000) "
            "FROM (SELECT 2 seq UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION"
            " SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10) n; INSERT "
            "INTO b VALUES (11, 'z'); COMMIT; INSERT INTO b VALUES (12, 'z')"
        )
        f.run("run", "--until-current")
        got = [v["id"] for v in f.values("b")]
        assert got == list(range(13)), got


@contextmanager
def rights(words="TRIGGER, SHOW VIEW"):
    """The account of the feed has more rights for a while."""
    sql("primary", f"GRANT {words} ON *.* TO feeder@'%'")
    try:
        yield
    finally:
        sql("primary", f"REVOKE {words} ON *.* FROM feeder@'%'")


OTHERS = """
CREATE DATABASE $o;;
CREATE TABLE $o.x (id bigint PRIMARY KEY, v int);;
CREATE TABLE $o.y (id int PRIMARY KEY, v int);;
CREATE TABLE $o.p (id int PRIMARY KEY);;
CREATE TABLE $o.c (p int, FOREIGN KEY (p) REFERENCES $o.p (id) ON DELETE CASCADE);;
CREATE TABLE $o.tr (id int PRIMARY KEY, v int);;
CREATE TABLE $o.ty (id int PRIMARY KEY);;
CREATE VIEW $o.vx AS SELECT * FROM $o.x;;
CREATE TRIGGER $o.g AFTER DELETE ON $o.tr FOR EACH ROW BEGIN IF OLD.id > 1 THEN REPLACE INTO
    $f.t VALUES (OLD.id, 0, 0); END IF; END;;
CREATE TRIGGER $o.h AFTER INSERT ON $o.ty FOR EACH ROW INSERT INTO y SELECT NEW.id, a FROM $f.t
    WHERE id = NEW.id;;
CREATE VIEW $o.vt AS SELECT * FROM $f.t;;
CREATE TABLE $o.q (id int PRIMARY KEY);;
CREATE TABLE $o.t (id int PRIMARY KEY, a int, b int);;
CREATE TABLE $f.child (id int PRIMARY KEY, FOREIGN KEY (id) REFERENCES $o.q (id) ON UPDATE
    CASCADE);;
CREATE FUNCTION $o.fn(a int) RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN UPDATE $f.t SET a
    = 1; RETURN a; END;;
CREATE FUNCTION $o.fy(a int) RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN DELETE FROM y
    WHERE id = a; RETURN a; END;;
CREATE PROCEDURE $o.py() BEGIN INSERT INTO $o.y VALUES (900, 1); DELETE FROM $o.y WHERE id =
    900; END;;
CREATE VIEW $o.vfn AS SELECT $o.fn(id) AS v FROM $o.x;;
CREATE VIEW $o.vfy AS SELECT id, $o.fy(id) AS v FROM $o.q;;
CREATE TABLE $o.`$f.t` (id int PRIMARY KEY);;
CREATE TABLE $o.big (t longtext);;
CREATE TABLE $o.history (id int PRIMARY KEY, a int, `order` int);;
CREATE TABLE $f.history (id int PRIMARY KEY, a int);;
CREATE TABLE $f.quick (id int PRIMARY KEY, a int);;
CREATE TABLE $o.`t\u00e9` (c nvarchar(9));;
CREATE TABLE $f.m (id int PRIMARY KEY) ENGINE = MyISAM;;
CREATE TABLE $o.m (id int PRIMARY KEY) ENGINE = MyISAM;;
CREATE TABLE $o.mf (id int PRIMARY KEY) ENGINE = MERGE UNION = ($f.m) INSERT_METHOD = LAST;;
CREATE TABLE $o.mu (id int PRIMARY KEY) ENGINE = MERGE UNION = ($f.m) INSERT_METHOD = LAST;;
CREATE TABLE $o.me (id int PRIMARY KEY) ENGINE = MERGE UNION = ($f.m) INSERT_METHOD = LAST;;
CREATE TABLE $o.mr (id int PRIMARY KEY) ENGINE = MERGE UNION = ($f.m) INSERT_METHOD = LAST;;
CREATE DATABASE $v;;
CREATE VIEW $v.vfn AS SELECT $o.fn(id) AS v FROM $o.q;;
CREATE TABLE $o.mo (id int PRIMARY KEY) ENGINE = MERGE UNION = ($o.m) INSERT_METHOD = LAST;;
INSERT INTO $o.q VALUES (1), (2);;
INSERT INTO $f.child VALUES (1);;
"""
MIXED = "SET SESSION binlog_format = MIXED; "
PASSED = [
    "INSERT INTO $o.x VALUES (1, 2), (2, 3)",
    "REPLACE INTO $o.x (id, v) SELECT id, a FROM $f.t",
    "UPDATE $o.x SET v = 5 WHERE id IN (SELECT id FROM $f.t)",
    "UPDATE $o.x AS x JOIN $f.t AS t ON t.id = x.id SET x.v = t.a + 1, `x`.id = x.id + 100",
    "DELETE x FROM $o.x x, $f.t t WHERE t.id = x.id",
    "DELETE FROM $o.x USING $o.x JOIN $f.t ON t.id = x.id",
    "INSERT INTO $o.ty SELECT id FROM $f.t ON DUPLICATE KEY UPDATE id = VALUES(id) + 1",
    "INSERT INTO $o.p VALUES (1); DELETE FROM $o.p",
    "INSERT INTO $o.tr VALUES (1, 1); UPDATE $o.tr SET v = 2",
    "INSERT INTO $o.x VALUES (50, $o.fy(3))",
    "UPDATE $o.vx SET v = 9",
    "INSERT INTO $o.q VALUES (7)",
    "INSERT $o.history VALUES (1, 1, 1); UPDATE $o.history h SET h.a = 2",
    "UPDATE $o.x JOIN $o.history ON LEFT(x.v, 3) = history.order SET x.v = history.order, "
    "history.a = 3; DELETE QUICK FROM $o.history WHERE id = 1",
    "USE $o; UPDATE LOW_PRIORITY x SET v = REPLACE('1', '1', '2') WHERE id IN (1, 2) ORDER BY id "
    "LIMIT 3",
    "INSERT INTO $o.t SELECT * FROM $f.t; UPDATE $o.t JOIN $f.t ON $o.t.id = $f.t.id SET $o.t.a "
    "= $f.t.b; DELETE $o.t FROM $o.t JOIN $f.t ON $o.t.id = $f.t.id",
    "INSERT INTO $o.`$f.t` VALUES (1)",
    "CALL $o.py()",
    "SELECT $o.fy(1)",
    "DO $o.fy(2)",
    "SET @a = $o.fy(3)",
    "INSERT INTO $o.x SELECT id + 800, v FROM $o.vfy",
    "INSERT INTO $o.mo VALUES (1)",
    "INSERT INTO $o.big VALUES ('" + "DELETE FROM t; " * 70000 + "')",
    "/*!40101 INSERT INTO $o.x VALUES (51, 1) */",
    "SELECT 60, 1 INTO OUTFILE '$out'; LOAD DATA INFILE '$out' REPLACE INTO TABLE $o.x (id, @v) "
    "SET v = $o.fy(@v)",
    "SET sql_mode = ANSI_QUOTES; DELETE FROM \"$o\".\"y\"",
    "USE $o; CREATE TEMPORARY TABLE z (a int); INSERT INTO z (a) VALUES (1), ($o.fy(2)); INSERT "
    "INTO y SELECT a + 700, 0 FROM z; DROP TEMPORARY TABLE z",
    "USE $o; CREATE TEMPORARY TABLE z SELECT id FROM $f.t UNION (SELECT id FROM $f.t); INSERT "
    "INTO z VALUES (8); DROP TABLE z",
    "CREATE TABLE $o.fresh (id int); INSERT INTO $o.fresh VALUES (1); DROP TABLE $o.fresh",
    "SET NAMES latin1; INSERT INTO $o.`t\udce9` VALUES ('\udce9')",
    "SET NAMES gbk; INSERT INTO $o.`t\udca8\udca6` VALUES ('\udcd5\\')",
    MIXED +
    "INSERT INTO $o.x VALUES (70, 1); BEGIN; INSERT INTO $o.x VALUES (71, 1); INSERT INTO $f.t "
    "VALUES (UUID_SHORT() * 0 + 20, 1, 1); DELETE FROM $o.x WHERE id = 71; COMMIT",
]
STOPPED = [
    ("DELETE FROM $o.tr", "by trigger"),
    ("UPDATE $o.q SET id = 10 WHERE id = 1", "by foreign key"),
    ("INSERT INTO $o.x VALUES (160, $o.fn(3))", "by routine"),
    ("UPDATE $o.vt SET a = 3", "by view"),
    ("UPDATE $o.x, $f.t SET v = 1, a = 2", "write to"),
    ("DELETE t FROM $o.x x, $f.t t", "write to"),
    ("INSERT INTO t VALUES (9, 9, 9)", "write to"),
    ("UPDATE ($o.x JOIN $f.t) SET t.a = 5", "write to"),
    ("UPDATE history h SET h.a = 1", "write to"),
    ("UPDATE history AS h JOIN $o.x ON h.id = x.id SET h.a = 1", "write to"),
    ("UPDATE $o.x JOIN history ON history.id = x.id SET history.a = 1", "write to"),
    ("INSERT history VALUES (1, 1)", "write to"),
    ("REPLACE quick SELECT 1, 1", "write to"),
    ("DELETE FROM history", "write to"),
    ("UPDATE $o.history, quick SET history.a = history.order, quick.a = 1", "write to"),
    ("SELECT $o.fn(5)", "by routine"),
    ("DO $o.fn(6)", "by routine"),
    ("INSERT INTO $o.y SELECT 61, v FROM $o.vfn LIMIT 1", "by routine"),
    ("INSERT INTO $o.mf VALUES (5)", "by engine"),
    ("CREATE TEMPORARY TABLE $o.tm (id int PRIMARY KEY) ENGINE = MERGE UNION = ($f.m) "
     "INSERT_METHOD = LAST", "MERGE of"),
    ("INSERT INTO $f.t SELECT id + 500, 1, 1 FROM $o.x", "write to"),
    (MIXED + "UPDATE $f.t SET a = 8", "write to"),
    ("SELECT 800, 1, 1 INTO OUTFILE '$out'; LOAD DATA INFILE '$out' INTO TABLE $f.t", "write to"),
]
if not MYSQL:
    OTHERS += "CREATE SEQUENCE $f.s;; CREATE SEQUENCE $o.s;;"
    PASSED += [
        MIXED + "INSERT INTO $o.x VALUES (80, NEXTVAL($o.s)); SELECT NEXTVAL($f.s)",
        "DELETE FROM $o.x WHERE id = 80 RETURNING id",
        "ANALYZE UPDATE $o.x SET v = 1 WHERE id = 50",
        "SET STATEMENT max_statement_time = 9 FOR UPDATE $o.x SET v = 3 WHERE id = 50",
        "EXECUTE IMMEDIATE 'UPDATE $o.x SET v = 4 WHERE id = 50'",
    ]
    STOPPED += [
        ("CREATE TABLE $o.made SELECT $o.fn(7) AS a", "by routine"),
        ("CREATE TEMPORARY TABLE $o.made2 SELECT * FROM $o.vfn", "by routine"),
        ("ANALYZE UPDATE $f.t SET a = 9", "write to"),
        ("SET STATEMENT max_statement_time = 9 FOR UPDATE $f.t SET b = 3", "write to"),
    ]


def raw(text, database):
    """Bytes that are no UTF-8 stand as \\udcXX."""
    r = subprocess.run([*os.environ["MYSQL_CLI"].split(), "-P", PORTS["primary"], "--comments",
                        "--default-character-set=utf8mb4", database], capture_output=True,
                       input=text.encode("utf8", "surrogateescape"), timeout=600)
    assert r.returncode == 0, (text[:300], r.stderr)


def place():
    return gtids("primary") if MYSQL else ":".join(sql("primary", "SHOW MASTER STATUS")[0][:2])


@contextmanager
def others(**settings):
    """A feed of the primary, another database beside its own, and texts with their names."""
    with primary_of(**settings) as primary, rights():
        f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3)", **primary)
        files = os.path.join(os.environ["MYSQL_DIR"], "primary-tmp", f.name + "_")
        numbers = iter(range(99))

        def names(text):
            out = files + str(next(numbers)) if "$out" in text else ""
            text = text.replace("$out", out).replace("$o", f.name + "_other")
            return text.replace("$v", f.name + "_views").replace("$f", f.name)
        try:
            f.sql("DELIMITER ;;\n" + names(OTHERS))
            yield f, names
        finally:
            sql("primary", names("DROP TABLE IF EXISTS $f.child; DROP DATABASE IF EXISTS $o;"
                                 "DROP DATABASE IF EXISTS $v"))


def test_statements_that_change_what_is_not_read():
    with others() as (f, names):
        f.run("run", "--until-current")
        for text in PASSED:
            raw(STATEMENTS + names(text), f.name)
        f.sql("INSERT INTO t VALUES (4, 5, 6)")
        r = f.run("run", "--until-current")
        assert after(f)[1:] == [(20, 1, 1), (4, 5, 6)], after(f)
        told = [w.split("table=")[1].split(" place")[0].split(".", 1)
                for w in r.stderr.splitlines() if "it is passed over" in w]
        tables = [t for _, t in told]
        assert len(tables) == len(set(tables)), told        # each table once
        assert {"p", "q", "x", "y", "t\u00e9", f.name + ".t"} <= set(tables), told


def test_sequences_are_not_changed_by_statements():
    if MYSQL:
        return
    with others() as (f, names):
        for text in ("SELECT NEXTVAL($f.s)", "INSERT INTO $o.x VALUES (1, NEXTVAL($f.s))",
                     "CREATE TABLE $o.made SELECT NEXTVAL($f.s) AS a"):
            assert not sql("primary", STATEMENTS + names(text), f.name, check=False), text
        assert sql("primary", names("SELECT NEXTVAL($f.s)")) == [["1"]]


def ends_at(f, text):
    """By a sink that forgets: the run begins anew, at the statement. What it says then."""
    start = place()
    raw(STATEMENTS + text, f.name)
    return f.run("run", "--until-current", expect=4, sink__kind="null",
                 source__mysql__start=start).stderr


def test_statements_that_may_change_what_is_read():
    with others() as (f, names):
        f.run("run", "--until-current")
        for text, why in STOPPED:
            stderr = ends_at(f, names(text))
            assert why in stderr and f.name in stderr.split("What it changed")[1], (text, stderr)


GONE = [("DELETE FROM $o.tr WHERE id = 2", "DROP TRIGGER $o.g", "trigger"),
        ("INSERT INTO $o.y SELECT 62, v FROM $v.vfn LIMIT 1", "DROP DATABASE $v", "database"),
        ("SELECT $o.fn(1)", "DROP FUNCTION $o.fn", "routine"),
        ("UPDATE $o.vt SET a = 5", "DROP VIEW $o.vt", "view"),
        ("UPDATE $o.q SET id = 10 WHERE id = 1", "DROP TABLE $f.child", "table"),
        ("INSERT INTO $o.mu VALUES (6)", "ALTER TABLE $o.mu UNION = ($o.m)", "table"),
        ("INSERT INTO $o.me VALUES (7)", "ALTER TABLE $o.me ENGINE = MyISAM", "table"),
        ("INSERT INTO $o.mf VALUES (8)", "DROP TABLE $o.mf", "table"),
        ("INSERT INTO $o.x VALUES (4, 4)", "RENAME TABLE $o.x TO $o.x2", "table"),
        ("INSERT INTO $o.y VALUES (4, 4)", "DROP DATABASE $o", "database")]
REPLACED = [("DELETE FROM $o.tr WHERE id = 3", "CREATE OR REPLACE TRIGGER $o.g AFTER DELETE ON "
             "$o.tr FOR EACH ROW SET @a = 1", "trigger"),
            ("INSERT INTO $o.mr VALUES (9)", "CREATE OR REPLACE TABLE $o.mr (id int PRIMARY KEY)",
             "table")]


def test_what_led_to_a_table_that_is_read_is_gone_before_the_feed_comes():
    """It lags: the catalog has lost what a statement set off; the log has the DROP."""
    with others() as (f, names):
        f.run("run", "--until-current")
        f.sql(names("INSERT INTO $o.tr VALUES (1, 1), (2, 1), (3, 1)"))
        for change, lost, what in ([] if MYSQL else REPLACED) + GONE:
            stderr = ends_at(f, names(change + "; " + lost))
            assert f"took away {what}" in stderr, (lost, stderr)


def test_that_is_remembered_with_the_position():
    with others() as (f, names):
        f.run("run", "--until-current")
        f.sql(names("INSERT INTO $o.tr VALUES (1, 1), (2, 1);" + STATEMENTS + "DELETE FROM $o.tr;" +
                    MIXED + "BEGIN; INSERT INTO $o.x VALUES (5, 5); COMMIT" + ROWS +
                    "INSERT INTO t VALUES (4, 5, 6); CREATE TABLE $o.unheard (a int);"
                    "DROP TABLE $o.unheard; DROP TRIGGER $o.g; INSERT INTO t VALUES (7, 8, 9)"))
        first = f.run("run", "--until-current", expect=4).stderr
        again = f.run("run", "--until-current", expect=4).stderr
        assert "took away trigger" in first and "took away trigger" in again, (first, again)
        assert after(f)[1:] == [(4, 5, 6)], after(f)
        assert "it is passed over" in first
        assert "it is passed over" not in again, again      # it began behind the statement


def test_statements_where_the_account_does_not_see_what_they_set_off():
    with primary_of() as primary:
        f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3)", **primary)
        f.run("run", "--until-current")
        assert "is not shown without SHOW VIEW, TRIGGER ON *.*" in f.run("check").stdout
        x = f.name + "_other.x"
        try:
            f.sql(f"CREATE DATABASE {f.name}_other; CREATE TABLE {x} (id int);" + STATEMENTS +
                  f"INSERT INTO {x} VALUES (1); UPDATE {x} SET id = 2" + ROWS +
                  "INSERT INTO t VALUES (4, 5, 6)")
            stderr = f.run("run", "--until-current", expect=2).stderr
            assert "GRANT SHOW VIEW, TRIGGER ON *.* TO the account" in stderr, stderr
            with rights("SHOW VIEW"):
                stderr = f.run("run", "--until-current", expect=2).stderr
                assert "GRANT TRIGGER ON *.* TO the account" in stderr, stderr
            with rights():
                assert "is passed over where it can touch nothing" in f.run("check").stdout
                f.run("run", "--until-current")
            assert after(f)[1:] == [(4, 5, 6)], after(f)
        finally:
            sql("primary", f"DROP DATABASE IF EXISTS {f.name}_other")


def test_the_catalog_is_looked_up_once():
    """Not again behind statements that change nothing of it, nor for rows of a new table."""
    def asked():        # the rights are asked for with each look-up
        return int(sql("primary", "SHOW GLOBAL STATUS LIKE 'Com_show_grants'")[0][1])

    def looks(texts):
        f.sql(STATEMENTS + names("; ".join(t.replace("$n", str(n)) for n in range(20)
                                           for t in texts)) + ROWS)
        before = asked()
        f.run("run", "--until-current")
        return asked() - before
    with others() as (f, names):
        f.run("run", "--until-current")
        f.sql(names("INSERT INTO $o.x VALUES (1, 100)"))
        none = looks(["SELECT 1"])
        once = looks(["UPDATE $o.x SET v = $n"]) - none
        assert once > 0, (none, once)
        others_between = looks(["UPDATE $o.x SET v = $n", "FLUSH TABLES", "ANALYZE TABLE $o.x",
                                "CREATE USER $f; GRANT SELECT ON $o.x TO $f; DROP USER $f",
                                "ALTER DATABASE $o COLLATE latin1_bin; TRUNCATE $o.y",
                                "CREATE TABLE $o.n$n (id int)"])
        assert others_between == none + once, (none, once, others_between)
        fresh = looks(["CREATE TABLE $o.k$n (id int)", "INSERT INTO $o.k$n VALUES ($n)"])
        assert fresh == none, (none, once, fresh)
        anew = looks(["UPDATE $o.x SET v = $n", "CREATE VIEW $o.v$n AS SELECT 1"])
        assert anew == none + 20 * once, (none, once, anew)


def test_a_kill_among_statements_and_rows():
    row = "INSERT INTO t VALUES (UUID_SHORT() * 0 + $n + %d, 0, 0);"
    changes = ("BEGIN; INSERT INTO $o.x VALUES ($n, 0);" + row % 0 +
               "UPDATE $o.x SET v = 1 WHERE id = $n;" + row % 5000 + "COMMIT;")
    with others() as (f, names):
        f.run("run", "--until-current")
        f.sql(MIXED + "".join(names(changes.replace("$n", str(n))) for n in range(2, 1002)))
        p = f.start("--until-current")
        await_log(p, "it is passed over")
        p.kill()
        p.wait(30)
        f.run("run", "--until-current")
        want = [1] + [n for m in range(2, 1002) for n in (m, m + 5000)]
        assert [v[0] for v in after(f)] == want


def test_rows_that_an_alter_ignores_are_told():
    if MYSQL:
        return
    f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3), (2, 2, 3)")
    f.feed()
    f.sql("ALTER IGNORE TABLE t ADD UNIQUE (a)")
    r = f.feed()
    assert (
        r.stderr.count("the binlog does not have them") == 1 and f"table={f.name}.t" in r.stderr
    ), r.stderr


def test_a_table_that_gets_the_name_of_one_that_is_read_is_told():
    f = feed(TABLE + "CREATE TABLE x_new LIKE t", exclude='".*[.]x_.*"')
    f.feed()
    f.sql(
        "INSERT INTO x_new VALUES (1, 2, 3); RENAME TABLE t TO x_old, x_new TO t; ALTER TABLE "
        "x_old RENAME x_older"
    )
    r = f.feed()
    assert (
        r.stderr.count("the binlog does not have them") == 1 and f"table={f.name}.t " in r.stderr
    ), r.stderr
    f.run("backfill", "--table", f"{f.name}.t")
    assert after(f) == [(1, 2, 3)]


DEFAULTS = [
    "varchar(5) CHARACTER SET latin1 DEFAULT x'e4'",
    "varchar(5) DEFAULT _latin1 x'e4'",
    "varchar(5) CHARACTER SET gbk DEFAULT x'd6d0'",
    "varchar(5) CHARACTER SET utf16 DEFAULT x'e4'",
    "char(5) CHARACTER SET utf32 DEFAULT 0xe4",
    "varchar(5) CHARACTER SET sjis DEFAULT 0x82a0",
    "varbinary(4) DEFAULT x'ff00'",
    "binary(4) DEFAULT 'a'",
    "varbinary(4) DEFAULT _latin1'ab'",
    "enum(x'e9', 'b') CHARACTER SET latin1 DEFAULT x'e9'",
    "set('b', x'c3a4') DEFAULT 'b'",
    "varchar(9) DEFAULT 'x\\0z'",
    "varchar(9) DEFAULT '\U0001f642'",
    "decimal(5,2) DEFAULT '1.005'",
    "decimal(3,1) DEFAULT 9.95",
    "decimal(4,1) DEFAULT -0.05",
    "double(6,3) DEFAULT -1.0005",
    "double(8,1) DEFAULT 0.25",
    "float DEFAULT 16777217",
    "char(3) DEFAULT 'ab '",
    "varchar(9) DEFAULT 1e3",
    "varchar(9) DEFAULT .5",
    "time DEFAULT '1 10:00:00'",
    "time(2) DEFAULT '-1 2:3:4.567'",
    "time DEFAULT '23:59:59.9'",
    "datetime(1) DEFAULT '2024-12-31 23:59:59.96'",
    "datetime DEFAULT '2024-01-01 10:00:00.999999'",
    "date DEFAULT '2024-01-01 23:59:59.9'",
    "int DEFAULT '12.5'",
]


def defaults_of(f, table):
    schema = json.loads(
        registry.get_latest_version(f"{f.name}.{f.name}.{table}-value").schema.schema_str
    )
    row = next(x["type"][1] for x in schema["fields"] if x["name"] == "before")
    return {x["name"]: x.get("default", "none") for x in row["fields"]}


def test_one_schema_by_the_stream_and_by_a_first_read():
    """And the row that took a default has just that."""
    columns = ", ".join(
        f"c{n} {c}"
        for n, c in enumerate(
            DEFAULTS + (["datetime DEFAULT '2024-01-01 10:00:00+05:00'"] if MYSQL else [])
        )
    )
    f = feed(TABLE)
    f.feed()
    f.sql(f"CREATE TABLE d (id int PRIMARY KEY, {columns}); INSERT INTO d (id) VALUES (1)")
    f.feed()
    f.sql("INSERT INTO d (id) VALUES (2)")      # with the definition that was kept
    f.feed()
    assert len(registry.get_versions(f"{f.name}.{f.name}.d-value")) == 1
    streamed = defaults_of(f, "d")
    g = feed()
    g.sql(f"CREATE TABLE d (id int PRIMARY KEY, {columns}); INSERT INTO d (id) VALUES (1)")
    g.feed()
    read = defaults_of(g, "d")
    assert read == streamed, [
        (c, read[f"c{n}"], streamed[f"c{n}"])
        for n, c in enumerate(DEFAULTS)
        if read[f"c{n}"] != streamed[f"c{n}"]
    ]


def test_labels_and_names_by_set_names_binary():
    f = feed(TABLE)
    f.feed()
    sql(
        "primary",
        f"SET NAMES binary; CREATE TABLE {f.name}.u (id int PRIMARY KEY, `ü` ENUM('ä', 'b') "
        f"CHARACTER SET utf8mb4 DEFAULT 'ä'); SET NAMES utf8mb4;"
        f"INSERT INTO {f.name}.u (id) VALUES (1)",
    )
    f.feed()
    f.sql("INSERT INTO u (id) VALUES (2)")
    f.feed()
    assert after(f, "u") == [(1, "ä"), (2, "ä")]


main(globals(), feeds)
