"""Settings of the server, the database and the role, each at its worst: rows come as they do
without, by both ways."""

import os
# The suite's own sessions. The feeder's take nothing of it: what they say themselves goes before
# it.
os.environ["PGOPTIONS"] = (
    "-c default_transaction_isolation=read\\ committed -c default_transaction_read_only=off -c "
    "statement_timeout=0"
    " -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0"
    " -c transaction_timeout=0 -c jit=off -c search_path=public"
)
import psycopg
from pg_road import feed, feeds, PRIMARY, STANDBY
from road import main

WORST = {
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "transaction_timeout": "100ms",
    "statement_timeout": "1ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "1ms",
    "idle_session_timeout": "200ms",
    "wal_sender_timeout": "1ms",
    "standard_conforming_strings": "off",
    "escape_string_warning": "on",
    "datestyle": "German, DMY",
    "intervalstyle": "iso_8601",
    "timezone": "Pacific/Chatham",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "client_encoding": "SQL_ASCII",
    "quote_all_identifiers": "on",
    "array_nulls": "off",
    "xmloption": "document",
    "xmlbinary": "hex",
    "client_min_messages": "error",
    "gin_fuzzy_search_limit": "1",
    "exit_on_error": "on",
    "transform_null_equals": "on",
    "row_security": "on",
    "enable_indexscan": "off",
    "enable_tidscan": "off",
    "enable_bitmapscan": "off",
    "enable_seqscan": "off",
    "enable_sort": "off",
    "jit": "on",
    "jit_above_cost": "0",
    "default_statistics_target": "1",
    "work_mem": "64kB",
    "plan_cache_mode": "force_generic_plan",
    "synchronous_commit": "off",
    "logical_decoding_work_mem": "64kB",
    "application_name": "other",
    "search_path": "app, pg_catalog, public",
}
KEY = r"E'a\\Z' || i"
TABLES = rf"""
CREATE SCHEMA app; CREATE TABLE app.pg_class (id int); CREATE TABLE app.pg_publication (x int); CREATE TABLE app.pg_attribute (x int);
CREATE TYPE mood AS ENUM ('sad', 'it''s \ ok');
CREATE TABLE t (id int PRIMARY KEY, f float8, r real, b bytea, i interval, z timestamptz, d date, m money, n numeric, x xml, a int[],
  s text[], v text DEFAULT E'c:\\new', e mood, j jsonb);
CREATE TABLE k (k text PRIMARY KEY, v text);
ALTER TABLE k ALTER v SET STORAGE EXTERNAL;
"""
ROW = r"""INSERT INTO t (id, f, r, b, i, z, d, m, n, x, a, s, e, j) VALUES (%s, 0.1::float8 + 0.2, 1::real / 3, '\x00ff5c27', '1 year -3 days 04:05:06.789',
  '2026-03-04 05:06:07.890123+00', '2026-03-04', 1234.5, 1.50, '<a/>', '{1,NULL,3}', '{"NULL",NULL,"a\\b"}', 'it''s \ ok', '{"a": "\\"}')"""


def prepared():
    f = feed(TABLES, setup=False, snapshot__chunk_rows="40")
    f.sql(ROW % 1)
    f.sql(f"INSERT INTO k SELECT {KEY}, repeat('x', 2500) FROM generate_series(1, 300) i")
    f.sql("ANALYZE")
    return f


def rows_of(f):
    """What arrives of the same row by both ways, and how many keys a first read by ranges finds."""
    f.run("setup", timeout=60)
    f.feed(timeout=60)
    f.sql(ROW % 2)
    f.feed(timeout=60)
    rows = [v for _, _, v, _ in f.records("public.t")]
    assert [(v["op"], v["after"]["id"]) for v in rows] == [("r", 1), ("c", 2)], rows
    read, streamed = ({**v["after"], "id": 0} for v in rows)
    assert read == streamed, (read, streamed)
    keys = [k["k"] for _, k, _, _ in f.records("public.k")]
    assert len(keys) == len(set(keys)) == 300, len(keys)
    return read


plain = {}


def as_without(f):
    got = rows_of(f)
    assert got == plain, (got, plain)


def test_no_settings():
    plain.update(rows_of(prepared()))


def role():
    """One that is not the suite's own; its settings are its own too."""
    with psycopg.connect(PRIMARY, autocommit=True) as c:
        c.execute("DROP ROLE IF EXISTS e2e_settings")
        c.execute("CREATE ROLE e2e_settings LOGIN SUPERUSER")


def set_all(c, who):
    for name, value in WORST.items():
        c.execute(
            f"ALTER {who} SET {name} = '{value}'"
            if name != "search_path"
            else f"ALTER {who} SET {name} = {value}"
        )


def test_settings_of_the_database():
    f = prepared()
    set_all(f.pg, f"DATABASE {f.name}")
    as_without(f)


def test_settings_of_the_role():
    role()
    f = prepared()
    set_all(f.pg, "ROLE e2e_settings")
    for option in ("source.conninfo", "source.setup-conninfo"):
        f.options[option] = f.options[option].replace("user=postgres", "user=e2e_settings")
    as_without(f)
    f.sql("ALTER ROLE e2e_settings RESET ALL")


def test_settings_of_the_role_in_the_database():
    f = prepared()
    set_all(f.pg, f"ROLE postgres IN DATABASE {f.name}")
    as_without(f)


def test_settings_of_the_server():
    f = prepared()
    with psycopg.connect(STANDBY, autocommit=True) as c:
        try:
            for name, value in WORST.items():
                # not of a server's configuration
                if name not in ("client_encoding", "application_name"):
                    c.execute(
                        f"ALTER SYSTEM SET {name} = "
                        + (value if name == "search_path" else f"'{value}'")
                    )
            c.execute("SELECT pg_reload_conf()")
            as_without(f)
        finally:
            c.execute("ALTER SYSTEM RESET ALL")
            c.execute("SELECT pg_reload_conf()")


CALLS = {"set_config(text, text, boolean)": "text", "current_setting(text)": "text",
         "concat_ws(text, text, text)": "text", "pg_is_in_recovery()": "boolean",
         "quote_ident(name)": "text", "of_name(name, text)": "boolean",
         "of_class(oid, regclass)": "boolean"}
OPERATORS = {"of_name": "name, text", "of_class": "oid, regclass"}
PARTITIONS = """CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); INSERT INTO p VALUES (1)"""


def test_names_of_the_catalog_in_another_schema():
    """Functions and operators named as the server's own are not called, wherever they stand."""
    for path in ("app, pg_catalog, public", "app, public"):
        f = prepared()
        f.sql(PARTITIONS)
        for call, type in CALLS.items():
            f.sql(f"CREATE FUNCTION app.{call} RETURNS {type} LANGUAGE plpgsql AS"
                  f" $$BEGIN RAISE EXCEPTION 'called: {call}'; END$$")
        for function, types in OPERATORS.items():
            left, right = types.split(", ")
            f.sql(f"CREATE OPERATOR app.= (LEFTARG = {left}, RIGHTARG = {right},"
                  f" FUNCTION = app.{function})")
        f.sql(f"ALTER DATABASE {f.name} SET search_path = {path}")
        as_without(f)
        assert f.ops("public.p1") == [("r", {"id": 1})], f.ops("public.p1")


def test_the_users_own_options():
    """A time-out that the user wants is kept; the form of values is not the user's to choose."""
    f = prepared()
    f.options[
        "source.conninfo"
    ] += " options='-c datestyle=German -c statement_timeout=50s -c bytea_output=escape'"
    as_without(f)


if __name__ == "__main__":
    main(globals(), feeds)
