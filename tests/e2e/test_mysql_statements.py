"""Statements in the log, as MySQL and MariaDB write them: what tables become by them, where the binlog names no columns.

Run by tests/e2e/run FLAVOUR statements [TEST...]. Last line: N passed, N failed.
"""
import json
from contextlib import contextmanager
from my_road import feed, feeds, MYSQL, PORTS, setting, sql
from road import main, registry, tables_of

TABLE = "CREATE TABLE t (id int PRIMARY KEY, a int, b int); "
NO_NAMES = {"binlog_row_metadata": "'MINIMAL'" if MYSQL else "'NO_LOG'"}
MODE = "SET sql_mode = "


def after(f, table="t"):
    return [tuple(v.values()) for v in f.values(table)]


def follows(steps):
    """Each step (text, rows) in a table of its own; rows are those of the last insert, by columns."""
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
    wrapped = [f"SET STATEMENT max_statement_time=100 FOR {alter}", f"SET /* x */ STATEMENT lock_wait_timeout = 1 + (2 * 3), max_statement_time=0 for {alter}",
               f"SET STATEMENT max_statement_time=9 FOR SET STATEMENT lock_wait_timeout=8 FOR {alter}", f"/*!100100 SET STATEMENT max_statement_time=7 FOR */ {alter}",
               f"SET STATEMENT sql_mode='', collation_server='latin1_bin' FOR {alter}", f"SET STATEMENT tmp_memory_table_size=(SELECT 16777216 FROM DUAL) FOR {alter}",
               f"SET STATEMENT max_statement_time = LENGTH(' for ') FOR {alter}", f"EXECUTE IMMEDIATE 'SET STATEMENT max_statement_time=3 FOR {alter}'",
               f"SET STATEMENT foreign_key_checks=0 FOR CREATE OR REPLACE TABLE $t (id int PRIMARY KEY, b int, a int)",
               "SET STATEMENT max_statement_time=5 FOR DROP TABLE $t; CREATE TABLE $t (id int PRIMARY KEY, b int, a int)",
               "SET STATEMENT max_statement_time=5 FOR RENAME TABLE $t TO gone_$t; CREATE TABLE $t (id int PRIMARY KEY, b int, a int)"]
    follows([(w + insert, SWAPPED) for w in wrapped])


def test_a_wrapped_truncate_and_a_wrapped_insert():
    if MYSQL:
        return
    f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3)", format__skipped_operations="none")
    f.feed()
    f.sql("SET STATEMENT max_statement_time=5 FOR TRUNCATE t; SET STATEMENT max_statement_time=5 FOR INSERT INTO t VALUES (4, 5, 6)")
    f.feed()
    assert [v["op"] for _, _, v, _ in f.records(f"{f.name}.t")] == ["r", "t", "c"]


def test_comments_end_where_the_servers_end_them():
    comments = ["/* route: /api/* */", "/* a /* b */", "/*/ x */", "/* ' */", "-- it's /*\n", "# \" /*\n", "/*!99999 x /* y */ z */", "/***/", "/*!40000 */", "/* ; */"]
    follows([(f"{c} ALTER TABLE $t {c} RENAME COLUMN a TO b, {c} RENAME COLUMN b TO a {c if c[0] == '/' else ''}; INSERT INTO $t (id, a, b) VALUES (1, 10, 20)", SWAPPED)
             for c in comments])


def test_comments_of_statements_about_nothing_that_is_read():
    f = feed(TABLE)
    f.feed()
    other = f.name + "_other"
    f.sql(f"/* GET /api/* */ CREATE DATABASE {other}; CREATE TABLE {other}.x (id int /* was: /* bigint */); /* /* */ DROP DATABASE {other};"
          f"/* a /* */ CREATE USER {f.name}; /* /api/* */ DROP USER {f.name}; INSERT INTO t VALUES (1, 2, 3)")
    f.feed()
    assert after(f) == [(1, 2, 3)]


def test_names_and_forms_that_servers_take():
    both = [
        ("ALTER TABLE $t ADD `Ärger` int; ALTER TABLE $t MODIFY `ärger` bigint; INSERT INTO $t VALUES (1, 2, 3, 4)", [{"id": 1, "a": 2, "b": 3, "_rger": 4}]),
        ("ALTER TABLE $t ADD w int PARTITION BY HASH (id) PARTITIONS 2; INSERT INTO $t VALUES (1, 2, 3, 4)", [{"id": 1, "a": 2, "b": 3, "w": 4}]),
        ("DROP TABLE $t; CREATE TABLE $t (id int PRIMARY KEY, v int, KEY k TYPE BTREE (v)); INSERT INTO $t VALUES (1, 2)", [{"id": 1, "v": 2}]),
        ("ALTER TABLE $t DROP a, ADD a int FIRST, COMMENT '" + "x" * 2000 + "'; INSERT INTO $t VALUES (1, 2, 3)", [{"a": 1, "id": 2, "b": 3}]),
    ]
    if MYSQL:
        both += [("DROP TABLE $t; CREATE TABLE $t (id serial NULL, v int); INSERT INTO $t VALUES (1, 2)", [{"id": 1, "v": 2}])]
    else:
        rows = "; INSERT INTO $t (id, s, e) VALUES (1, '1970-01-02', '1970-01-03')"
        both += [
            ("ALTER TABLE $t MODIFY $t.a bigint, CHANGE $t.b c int; INSERT INTO $t VALUES (1, 2, 3)", [{"id": 1, "a": 2, "c": 3}]),
            ("DROP TABLE $t; CREATE TABLE $t (id int, s date, e date, PERIOD FOR p (s, e), PRIMARY KEY (id, p WITHOUT OVERLAPS))" + rows, [{"id": 1, "s": 1, "e": 2}]),
            ("CREATE UNIQUE INDEX x USING HASH ON $t (a); ALTER TABLE $t ADD UNIQUE (b) USING HASH; INSERT INTO $t VALUES (1, 2, 3)", [{"id": 1, "a": 2, "b": 3}]),
            ("DROP TABLE $t; CREATE TABLE $t (id int PRIMARY KEY, a varchar(9), b bigint, UNIQUE x USING HASH (a), UNIQUE (b, a) USING HASH);"
             "INSERT INTO $t VALUES (1, 'x', 3)", [{"id": 1, "a": "x", "b": 3}]),
            ("ALTER TABLE $t ADD UNIQUE x (a) USING HASH, ADD c bigint; ALTER TABLE $t DROP INDEX x; INSERT INTO $t VALUES (1, 2, 3, 4)",
             [{"id": 1, "a": 2, "b": 3, "c": 4}]),
            ("DROP TABLE $t; CREATE TABLE p$t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (9), PARTITION b VALUES LESS THAN (99));"
             "ALTER TABLE p$t CONVERT PARTITION b TO TABLE $t; INSERT INTO $t VALUES (15, 2)", [{"id": 15, "v": 2}]),
            ("DROP TABLE $t; " + MODE + "ORACLE; CREATE TABLE $t (id NUMBER(9) PRIMARY KEY, v VARCHAR2(9), r RAW(3), d DATE);"
             "INSERT INTO $t VALUES (1, 'x', 'r', '1970-01-01 00:00:01')", [{"id": 1, "v": "x", "r": b"r", "d": 1000}]),
            ("DROP TABLE $t; " + MODE + "MSSQL; CREATE TABLE $t ([id] int PRIMARY KEY, [b c] int); ALTER TABLE $t ADD [d]]e] int; INSERT INTO $t VALUES (1, 2, 3)",
             [{"id": 1, "b_c": 2, "d_e": 3}]),
        ]
    follows(both)


def test_sequences_made_while_the_feed_runs():
    if MYSQL:
        return
    with setting(**NO_NAMES):
        f = feed(TABLE)
        f.feed()
        f.sql("CREATE SEQUENCE q; SELECT NEXTVAL(q); ALTER SEQUENCE q INCREMENT 5; SELECT NEXTVAL(q); CREATE OR REPLACE SEQUENCE q START 9; SELECT NEXTVAL(q);"
              "RENAME TABLE q TO r; SELECT NEXTVAL(r); DROP SEQUENCE r; INSERT INTO t VALUES (1, 2, 3)")
        f.feed()
        assert after(f) == [(1, 2, 3)] and f.values("q")


def test_rows_that_go_with_a_partition_are_told():
    f = feed("CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20));"
             "INSERT INTO t VALUES (1), (11)")
    f.feed()
    f.sql("ALTER TABLE t TRUNCATE PARTITION a; ALTER TABLE t DROP PARTITION b; INSERT INTO t VALUES (2)")
    r = f.run("run", "--until-current")
    assert r.stderr.count("the binlog does not have them") == 2 and f"table={f.name}.t" in r.stderr, r.stderr


@contextmanager
def primary_of(**settings):
    """The primary is read, with global settings for a while."""
    before = {k: sql("primary", f"SELECT @@GLOBAL.{k}")[0][0] for k in settings}
    sql("primary", "".join(f"SET GLOBAL {k} = {v};" for k, v in settings.items()) + "SELECT 1")
    try:
        yield {"source__mysql__port": PORTS["primary"], "source__primary": "allow"}
    finally:
        sql("primary", "".join(f"SET GLOBAL {k} = '{v}';" for k, v in before.items()) + "SELECT 1")


def primary_without_names():
    return primary_of(**NO_NAMES)


STATEMENTS, ROWS = "SET SESSION binlog_format = STATEMENT; ", "; SET SESSION binlog_format = ROW; "


def test_statements_of_a_temporary_table():
    """A session that writes statements logs what becomes of its own table, under the name of another one."""
    with primary_without_names() as primary:
        f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3)", format__skipped_operations="none", **primary)
        f.run("run", "--until-current")
        f.sql(STATEMENTS + "CREATE TEMPORARY TABLE t (id int, b int, a int); ALTER TABLE t CHANGE a b int, CHANGE b a int; CREATE UNIQUE INDEX i ON t (b);"
              "TRUNCATE TABLE t; ALTER TABLE t ADD c int FIRST; DROP INDEX i ON t; ALTER TABLE t RENAME u; DROP TEMPORARY TABLE u" +
              ("" if MYSQL else "; CREATE TEMPORARY TABLE w (b int); RENAME TABLE w TO t; DROP TEMPORARY TABLE t") + ROWS +
              "INSERT INTO t (id, a, b) VALUES (4, 5, 6); ALTER TABLE t ADD d int DEFAULT (CONNECTION_ID() * 0); INSERT INTO t (id, a, b) VALUES (7, 8, 9)")
        f.run("run", "--until-current")
        assert [v["op"] for _, _, v, _ in f.records(f"{f.name}.t")] == ["r", "c", "c"] and after(f)[1:] == [(4, 5, 6), (7, 8, 9, 0)], after(f)


def test_a_table_made_by_a_select_that_was_sent_as_a_statement():
    with primary_without_names() as primary:
        for create in ("CREATE TABLE u (id int PRIMARY KEY) SELECT 7 AS id", "CREATE TABLE u AS (SELECT id FROM t)"):
            f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3)", **primary)
            f.run("run", "--until-current")
            f.sql(STATEMENTS + "CREATE TEMPORARY TABLE v SELECT 1 AS a; DROP TEMPORARY TABLE v" + ROWS + "INSERT INTO t VALUES (4, 5, 6)")
            f.run("run", "--until-current")
            f.sql(STATEMENTS + create)
            assert "was written as a statement" in f.run("run", "--until-current", expect=4).stderr
            assert after(f)[1:] == [(4, 5, 6)]


def test_what_a_transaction_rolled_back_of_itself():
    """What a transaction rolled back of itself is in the log, where a table without transactions or a temporary one was touched beside it."""
    with primary_of() as primary:
        f = feed("CREATE TABLE i (id int PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE m (id int PRIMARY KEY) ENGINE=MyISAM; CREATE TABLE v (id int PRIMARY KEY);"
                 "CREATE TABLE w (id int PRIMARY KEY, v int); INSERT INTO w VALUES (1, 0)", format__transactions="true", **primary)
        f.run("run", "--until-current")
        temporary = "CREATE TEMPORARY TABLE z (a int); DROP TEMPORARY TABLE z;"
        f.sql("BEGIN; INSERT INTO i VALUES (1); CREATE TEMPORARY TABLE z (a int); INSERT INTO i VALUES (2); ROLLBACK; DROP TEMPORARY TABLE IF EXISTS z;"
              f"BEGIN; INSERT INTO i VALUES (3); SAVEPOINT a; INSERT INTO i VALUES (4); {temporary} SAVEPOINT `b c`; INSERT INTO i VALUES (5); ROLLBACK TO `B C`;"
              "INSERT INTO i VALUES (6); COMMIT;"
              f"BEGIN; INSERT INTO i VALUES (7); SAVEPOINT a; UPDATE w SET v = 1; SAVEPOINT b; {temporary} INSERT INTO i VALUES (8); ROLLBACK TO a; INSERT INTO i VALUES (9);"
              "SAVEPOINT a; DELETE FROM i WHERE id = 9; ROLLBACK TO a; COMMIT;"
              f"BEGIN; {temporary} INSERT INTO i SELECT 100; ROLLBACK; BEGIN; INSERT INTO i VALUES (10); DROP TEMPORARY TABLE IF EXISTS z; COMMIT")
        f.sql("BEGIN; INSERT INTO m VALUES (1); INSERT INTO i VALUES (20); INSERT INTO m VALUES (2); ROLLBACK;"
              "BEGIN; INSERT INTO i VALUES (21); SAVEPOINT a; INSERT INTO m VALUES (3); INSERT INTO i VALUES (22); ROLLBACK TO a; COMMIT;"
              "BEGIN; INSERT INTO i VALUES (23); UPDATE i, m SET i.id = i.id + 100, m.id = m.id + 100 WHERE i.id = 23 AND m.id = 3; ROLLBACK;"
              "CREATE TRIGGER t AFTER INSERT ON v FOR EACH ROW INSERT INTO m VALUES (NEW.id);"
              "BEGIN; INSERT INTO v VALUES (30); ROLLBACK; BEGIN; INSERT INTO v VALUES (31); SAVEPOINT a; INSERT INTO v VALUES (32); ROLLBACK TO a; COMMIT;"
              "XA START 'q'; INSERT INTO v VALUES (33); SAVEPOINT s; INSERT INTO v VALUES (34); ROLLBACK TO s; INSERT INTO v VALUES (35); XA END 'q'; XA PREPARE 'q';"
              "XA COMMIT 'q'; XA START 'p'; INSERT INTO v VALUES (36); SAVEPOINT s; INSERT INTO v VALUES (37); ROLLBACK TO s; XA END 'p'; XA COMMIT 'p' ONE PHASE;"
              "XA START 'o'; INSERT INTO v VALUES (38); XA END 'o'; XA ROLLBACK 'o'") if not MYSQL else None
        f.run("run", "--until-current")
        for table in ("i", "m", "v", "w"):
            want = {tuple(int(x) for x in row) for row in sql("primary", f"SELECT * FROM {table}", f.name)}
            got = {tuple(v.values()) for v in tables_of(f.records(f"{f.name}.{table}")).get(table, {}).values()}
            assert got == want, (table, got, want)


def test_a_transaction_that_is_too_large_to_wait_for_its_end():
    with primary_of() as primary:
        f = feed("CREATE TABLE b (id int PRIMARY KEY, v longtext); INSERT INTO b VALUES (0, 'x')", **primary)
        f.run("run", "--until-current")
        f.sql("BEGIN; INSERT INTO b VALUES (1, 'x'); INSERT INTO b SELECT seq, REPEAT('y', 600000) FROM (SELECT 2 seq UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION"
              " SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10) n; INSERT INTO b VALUES (11, 'z'); COMMIT; INSERT INTO b VALUES (12, 'z')")
        f.run("run", "--until-current")
        got = [v["id"] for v in f.values("b")]
        assert got == list(range(13)), got


def test_rows_that_an_alter_ignores_are_told():
    if MYSQL:
        return
    f = feed(TABLE + "INSERT INTO t VALUES (1, 2, 3), (2, 2, 3)")
    f.feed()
    f.sql("ALTER IGNORE TABLE t ADD UNIQUE (a)")
    r = f.feed()
    assert r.stderr.count("the binlog does not have them") == 1 and f"table={f.name}.t" in r.stderr, r.stderr


def test_a_table_that_gets_the_name_of_one_that_is_read_is_told():
    f = feed(TABLE + "CREATE TABLE x_new LIKE t", exclude='".*[.]x_.*"')
    f.feed()
    f.sql("INSERT INTO x_new VALUES (1, 2, 3); RENAME TABLE t TO x_old, x_new TO t; ALTER TABLE x_old RENAME x_older")
    r = f.feed()
    assert r.stderr.count("the binlog does not have them") == 1 and f"table={f.name}.t " in r.stderr, r.stderr
    f.run("backfill", "--table", f"{f.name}.t")
    assert after(f) == [(1, 2, 3)]


DEFAULTS = ["varchar(5) CHARACTER SET latin1 DEFAULT x'e4'", "varchar(5) DEFAULT _latin1 x'e4'", "varchar(5) CHARACTER SET gbk DEFAULT x'd6d0'",
            "varchar(5) CHARACTER SET utf16 DEFAULT x'e4'", "char(5) CHARACTER SET utf32 DEFAULT 0xe4", "varchar(5) CHARACTER SET sjis DEFAULT 0x82a0",
            "varbinary(4) DEFAULT x'ff00'", "binary(4) DEFAULT 'a'", "varbinary(4) DEFAULT _latin1'ab'", "enum(x'e9', 'b') CHARACTER SET latin1 DEFAULT x'e9'",
            "set('b', x'c3a4') DEFAULT 'b'", "varchar(9) DEFAULT 'x\\0z'", "varchar(9) DEFAULT '\U0001F642'", "decimal(5,2) DEFAULT '1.005'",
            "decimal(3,1) DEFAULT 9.95", "decimal(4,1) DEFAULT -0.05", "double(6,3) DEFAULT -1.0005", "double(8,1) DEFAULT 0.25", "float DEFAULT 16777217",
            "char(3) DEFAULT 'ab '", "varchar(9) DEFAULT 1e3", "varchar(9) DEFAULT .5", "time DEFAULT '1 10:00:00'", "time(2) DEFAULT '-1 2:3:4.567'",
            "time DEFAULT '23:59:59.9'", "datetime(1) DEFAULT '2024-12-31 23:59:59.96'", "datetime DEFAULT '2024-01-01 10:00:00.999999'",
            "date DEFAULT '2024-01-01 23:59:59.9'", "int DEFAULT '12.5'"]


def defaults_of(f, table):
    schema = json.loads(registry.get_latest_version(f"{f.name}.{f.name}.{table}-value").schema.schema_str)
    row = next(x["type"][1] for x in schema["fields"] if x["name"] == "before")
    return {x["name"]: x.get("default", "none") for x in row["fields"]}


def test_one_schema_by_the_stream_and_by_a_first_read():
    """And the row that took a default has just that."""
    columns = ", ".join(f"c{n} {c}" for n, c in enumerate(DEFAULTS + (["datetime DEFAULT '2024-01-01 10:00:00+05:00'"] if MYSQL else [])))
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
    assert read == streamed, [(c, read[f"c{n}"], streamed[f"c{n}"]) for n, c in enumerate(DEFAULTS) if read[f"c{n}"] != streamed[f"c{n}"]]


def test_labels_and_names_by_set_names_binary():
    f = feed(TABLE)
    f.feed()
    sql("primary", f"SET NAMES binary; CREATE TABLE {f.name}.u (id int PRIMARY KEY, `ü` ENUM('ä', 'b') CHARACTER SET utf8mb4 DEFAULT 'ä'); SET NAMES utf8mb4;"
        f"INSERT INTO {f.name}.u (id) VALUES (1)")
    f.feed()
    f.sql("INSERT INTO u (id) VALUES (2)")
    f.feed()
    assert after(f, "u") == [(1, "ä"), (2, "ä")]


main(globals(), feeds)
