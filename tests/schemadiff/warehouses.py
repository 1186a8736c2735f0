"""Copies in warehouses: DuckDB, ClickHouse and PostgreSQL themselves run the DDL, and are compared;
BigQuery's own analyzer reads its DDL."""

import os, subprocess, sys, tempfile, urllib.error, urllib.request
from place import E, Feed, WORK, changes_of, database, diff_json, path, run_sql, table_of

SOURCE = """CREATE TYPE size AS ENUM ('s', 'l'); CREATE SCHEMA app;
    CREATE TABLE app.orders (id int PRIMARY KEY, total numeric(10,2) NOT NULL, huge numeric, placed timestamptz, at timestamp(3), day date, t time,
        tags text[], n bigint[], j jsonb, u uuid, ok boolean, b bytea, r real, d double precision, of size, i interval, s smallint, name varchar(20),
        g int GENERATED ALWAYS AS (id + 1) STORED);
    CREATE TABLE app."odd ""one" (id bigint, k text, "a`b" int, PRIMARY KEY (k, id)); CREATE TABLE app.keyless (a int, b text)"""
EDGES = """; CREATE TABLE app.edges (a numeric(38,9), b numeric(39,9), c numeric(76,38), d numeric(77,38), e numeric(76,37), f numeric(5,-2), g numeric(2,4),
        h money, i timetz, j bit(12), k varbit, l oid, m xml, n inet, o int4range, p point, q tsvector, r json, s numeric(12,3)[], t interval[],
        u bytea[], v uuid[], w "char", x char(3), y timestamp[], z name, "select" int, PRIMARY KEY (a, "select"));
    CREATE DOMAIN app.positive AS numeric(9,2); CREATE TABLE app.domains (id int PRIMARY KEY, n app.positive)"""
E["PATH"] = E["DUCKDB"] + ":" + E["PATH"]


def duckdb(file, sql):
    r = subprocess.run(["duckdb", "-bail", file, sql], capture_output=True, text=True)
    assert r.returncode == 0, (sql, r.stdout, r.stderr)
    return r.stdout


class Clickhouse:
    def __init__(self):
        self.process = subprocess.Popen(
            [
                sys.executable,
                os.path.join(os.path.dirname(__file__), "clickhouse.py"),
                tempfile.mkdtemp(dir=WORK),
            ],
            text=True,
            env=dict(os.environ, PYTHONPATH=E["CHDB"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.url = self.process.stdout.readline().strip()

    def run(self, sql):
        for statement in sql.split(";"):
            if [
                line
                for line in statement.split("\n")
                if line.strip() and not line.strip().startswith("--")
            ]:
                try:
                    urllib.request.urlopen(self.url, statement.encode()).read()
                except urllib.error.HTTPError as e:
                    raise AssertionError((statement, e.read().decode())) from None

    def close(self):
        self.process.communicate(timeout=30)


def ddl_for(d, name, where):
    return next(s["text"] for s in table_of(d, name)["next"] if s["what"].endswith(where))


def copy_tests(source, copy, where, run, drop_column, type_change):
    """An empty warehouse gets its tables by the report's DDL and is equal; then a column goes, a
    type changes, a column comes."""
    d = diff_json(source, copy, expect=2)
    assert {t["state"] for t in d["tables"]} == {"removed"} and len(d["tables"]) == 3, d
    for name in ("orders", 'odd "one', "keyless"):
        run(ddl_for(d, name, where))
    d = diff_json(source, copy, expect=0)
    assert d["equal"] == 3, d
    for sql in drop_column, type_change:
        run(sql)
    d = diff_json(source, copy, expect=2)
    changes = changes_of(table_of(d, "orders"))
    assert set(changes) == {("column removed", "tags"), ("type", "s")}, changes
    assert set(changes_of(table_of(diff_json(copy, source, expect=2), "orders"))) == {
        ("column added", "tags"),
        ("type", "s"),
    }
    # the old one steps aside, and stays as a table that nothing fills
    run(ddl_for(d, "orders", where))
    d = diff_json(source, copy, expect=1)
    assert [t["new"]["table"] for t in d["tables"]] == ["orders_before"] and d["equal"] == 3, d


def test_duckdb():
    file = path("dw.duckdb")
    duckdb(file, "SELECT 1")
    copy_tests(
        database(SOURCE),
        "duckdb:" + file,
        "DuckDB",
        lambda sql: duckdb(file, sql),
        "ALTER TABLE app.orders DROP tags",
        "ALTER TABLE app.orders ALTER s TYPE VARCHAR",
    )
    assert (
        "cannot be run"
        in subprocess.run(
            [E["TAILRACE"], "schema-diff", "duckdb:" + file, "duckdb:" + file],
            capture_output=True,
            text=True,
            env=E | {"PATH": "/nowhere"},
        ).stderr
    )


def test_clickhouse():
    house = Clickhouse()
    try:
        house.run("CREATE DATABASE app; USE app")
        copy_tests(
            database(SOURCE),
            "clickhouse:" + house.url,
            "ClickHouse",
            house.run,
            "ALTER TABLE app.orders DROP COLUMN tags",
            "ALTER TABLE app.orders MODIFY COLUMN s Nullable(String)",
        )
    finally:
        house.close()


def test_postgresql_as_a_warehouse():
    copy = database()
    copy_tests(
        database(SOURCE),
        "warehouse:" + copy,
        "PostgreSQL",
        lambda sql: run_sql(copy, sql),
        "ALTER TABLE app.orders DROP tags",
        "ALTER TABLE app.orders ALTER s TYPE text",
    )


def test_a_copy_in_a_schema_of_its_own():
    source, copy = database(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamp(3), _x int)"
    ), database("CREATE SCHEMA dw; CREATE TABLE dw.t (id int, _loaded int, _x int, extra int)")
    d = diff_json(source, "warehouse:" + copy, expect=2)
    assert "tables of one name" in d["note"] and set(changes_of(table_of(d, "t"))) == {
        ("column removed", "at"),
        ("column added", "extra"),
    }, d
    run_sql(copy, ddl_for(d, "t", "PostgreSQL"))
    assert diff_json(source, "warehouse:" + copy, expect=1)["equal"] == 1


def test_the_ddl_of_a_changed_table_runs_in_its_sinks():
    f = Feed(SOURCE)
    f.sql("CREATE TABLE app.fresh (id int PRIMARY KEY)")
    d = diff_json(
        database(
            "CREATE SCHEMA app; CREATE TABLE app.orders (id int PRIMARY KEY, total numeric(8,2))"
        ),
        f.dsn,
        expect=2,
    )
    sink, file, house = database(), path("sinks.duckdb"), Clickhouse()
    runs = {
        "PostgreSQL": lambda sql: run_sql(sink, sql),
        "DuckDB": lambda sql: duckdb(file, sql),
        "ClickHouse": house.run,
    }
    try:
        for where, run in runs.items():
            run(ddl_for(d, "fresh", where))                 # with its schema
            run(
                {
                    "ClickHouse": "CREATE TABLE app.orders (id Int32) ENGINE = MergeTree ORDER BY "
                                  "id"
                }.get(where, "CREATE TABLE app.orders (id int PRIMARY KEY)")
            )
            run(ddl_for(d, "orders", where))
    finally:
        house.close()


def bigquery(sql):
    """What Google's analyzer of the dialect says of it."""
    r = subprocess.run(
        ["node", os.path.join(os.path.dirname(__file__), "bigquery.js")],
        input=sql,
        env=dict(os.environ, NODE_PATH=E["GOOGLESQL"]),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return r.stdout.splitlines()[-1] if r.returncode == 0 else r.stderr.strip()


def test_bigquery():
    d = diff_json(
        database("CREATE SCHEMA app; CREATE TABLE app.orders (id int PRIMARY KEY)"),
        database(SOURCE + EDGES),
        expect=2,
    )
    tables = "edges", "domains", "keyless", "orders", 'odd "one'
    assert len(d["tables"]) == len(tables), d
    ddl = "".join(ddl_for(d, name, "BigQuery") + "\n" for name in tables)
    # a schema or the old table's new name, and a table, of each
    assert bigquery(ddl) == "10 statements", (bigquery(ddl), ddl)
    assert "ALTER TABLE `app`.`orders` RENAME TO `orders_before`;" in ddl
    assert (
        bigquery(ddl.replace("BIGNUMERIC(76, 38)", "BIGNUMERIC(76, 39)"))
        == "In BIGNUMERIC(P, S), S must be between 0 and 38"
    )
