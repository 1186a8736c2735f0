"""Reading tables that are out of the ordinary: none at all, empty ones at the end, keys that are hard to write down."""
import threading, time
import psycopg
from pg_road import feed, feeds, PRIMARY
from road import await_log, job, log_of, main, stop, until


def marks(f):
    return [(t, v["source"]["snapshot"]) for t, _, v, _ in f.records()]


def test_no_table_at_all():
    f = feed()
    began = time.monotonic()
    r = f.feed()
    assert time.monotonic() - began < 20 and r.stderr.count("snapshot complete") == 1 and len(r.stderr.splitlines()) < 30, r.stderr
    f.sql("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    r = f.feed()
    assert [o for o, _ in f.ops("public.t")] == ["c"] and "snapshot" not in r.stderr, r.stderr
    f.sql("INSERT INTO t VALUES (2)")
    f.feed()
    assert [o for o, _ in f.ops("public.t")] == ["c", "c"]


def test_no_table_is_taken_and_the_feed_runs_on():
    f = feed("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)", text='tables: { include: ["public.later"] }')
    p = f.start()
    await_log(p, "snapshot complete")
    f.sql("CREATE TABLE later (id int PRIMARY KEY); INSERT INTO later VALUES (1)")
    f.arrived("public.later", 1)
    stop(p)
    assert log_of(p).count("snapshot begins") == 1 and len(log_of(p).splitlines()) < 40


def test_last_is_said_before_empty_tables():
    empty = "".join(f"CREATE TABLE z_{i} (id int PRIMARY KEY, v text);" for i in range(40))
    f = feed("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY);" + empty +
             "INSERT INTO a VALUES (1), (2), (3); INSERT INTO c VALUES (1)")
    f.feed()
    want = [("public.a", "first"), ("public.a", "true"), ("public.a", "last_in_data_collection"), ("public.c", "last")]
    until(lambda: marks(f) == want, 20, lambda: str(marks(f)))      # a commit's markers reach its partitions after it has returned


FAR = "ALTER TABLE {0} ALTER v SET STORAGE EXTERNAL; INSERT INTO {0} SELECT {1}, repeat('x', 2500) FROM generate_series(1, 300) i;"


def test_backslashes_in_keys_whatever_they_mean_to_the_server():
    keys = {"a": "'a' || chr(92) || 'Z' || i", "b": "'c:' || chr(92) || 'dir' || chr(92) || 'n' || i", "c": "chr(92) || '''' || i || chr(92)",
            "d": "chr(92) || chr(92) || i"}
    f = feed("".join(f"CREATE TABLE {t} (k text PRIMARY KEY, v text);" + FAR.format(t, k) for t, k in keys.items()) + "ANALYZE",
             snapshot__chunk_rows="40")
    f.sql(f"ALTER DATABASE {f.name} SET standard_conforming_strings = off; ALTER DATABASE {f.name} SET backslash_quote = off")
    f.feed(timeout=60)
    for t, k in keys.items():
        want = sorted(r[0] for r in f.sql(f"SELECT k FROM {t}"))
        assert sorted(k["k"] for _, k, _, _ in f.records("public." + t)) == want, t


# An int4 that is written as if it were an int2.
LOSSY = """CREATE TYPE lossy;
CREATE FUNCTION lossy_in(cstring) RETURNS lossy AS 'int4in' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION lossy_out(lossy) RETURNS cstring AS 'int2out' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE lossy (INPUT = lossy_in, OUTPUT = lossy_out, LIKE = int4);
CREATE CAST (int AS lossy) WITHOUT FUNCTION;""" + "".join(
    f"CREATE FUNCTION lossy_{n}(lossy, lossy) RETURNS bool AS 'int4{n}' LANGUAGE internal IMMUTABLE STRICT;"
    f"CREATE OPERATOR {o} (FUNCTION = lossy_{n}, LEFTARG = lossy, RIGHTARG = lossy);"
    for n, o in (("lt", "<"), ("le", "<="), ("eq", "="), ("ge", ">="), ("gt", ">"))) + """
CREATE FUNCTION lossy_cmp(lossy, lossy) RETURNS int AS 'btint4cmp' LANGUAGE internal IMMUTABLE STRICT;
CREATE OPERATOR CLASS lossy_ops DEFAULT FOR TYPE lossy USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
 FUNCTION 1 lossy_cmp(lossy, lossy);
CREATE TABLE t (k lossy PRIMARY KEY, v text);"""


def test_messages_from_before_the_first_start():
    """Rows of that time are read, and not streamed as well. Messages are in no table."""
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    f.sql("BEGIN; INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(true, 'a', 'tx'); INSERT INTO t VALUES (2); COMMIT")
    f.sql("TRUNCATE t; INSERT INTO t VALUES (2)")
    f.sql("SELECT pg_logical_emit_message(false, 'b', 'none')")
    f.feed(format__transactions="true")
    f.sql("INSERT INTO t VALUES (3)")
    f.sql("SELECT pg_logical_emit_message(true, 'c', 'later')")
    f.feed(format__transactions="true")
    assert [(o, k["id"]) for o, k in f.ops("public.t")] == [("r", 2), ("c", 3)], f.ops("public.t")
    assert [(v["message"]["prefix"], v["message"]["content"]) for _, _, v, _ in f.records("message")] == [
        ("a", b"tx"), ("b", b"none"), ("c", b"later")], f.records("message")
    ends = [v["event_count"] for _, _, v, _ in f.records("transaction") if v["status"] == "END"]
    assert [n for n in ends if n] == [1, 1, 1], ends      # a transaction without a message has none


def test_what_reading_waits_for_is_said_each_minute():
    slow = feed("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)",
                text="snapshot: { select: { public.t: 'pg_sleep(75) IS NOT NULL' } }\n")
    unseen = feed("CREATE TABLE t (id int PRIMARY KEY)", setup=False, source__primary="allow", snapshot__mode="never")
    unseen.options["source.conninfo"] = unseen.dsn
    unseen.run("setup", "--all-tables")
    q = unseen.start()
    await_log(q, "reading host=")
    p = slow.start()
    await_log(p, "reading host=")
    admin = psycopg.connect(PRIMARY, autocommit=True)
    admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    admin.execute("SELECT pg_reload_conf()")
    try:
        until(lambda: admin.execute("SHOW synchronous_standby_names").fetchone()[0] == "nobody", 30)
        writer = threading.Thread(target=unseen.sql, args=("INSERT INTO t VALUES (1)",), daemon=True)
        writer.start()      # on disk and streamed, but nobody sees it
        unseen.arrived("public.t", 1)
        unseen.run("backfill", "--detach", "--table", "public.t")
        await_log(q, "reading waits: a transaction is committed and streamed", seconds=120)
        line = next(x for x in log_of(q).splitlines() if "reading waits" in x)
        assert "transaction=" in line and "waits_for=SyncRep" in line, line
        await_log(p, "a part of a table is still being read table=public.t seconds=6", seconds=120)
    finally:
        admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
        admin.execute("SELECT pg_reload_conf()")
    writer.join(60)
    job(unseen, 1, {"done"}, 60)
    slow.arrived("public.t", 1, 120)
    stop(q)
    stop(p)
    unseen.pg.execute("SELECT pg_drop_replication_slot(%s)", (unseen.name,))


def test_a_key_whose_text_does_not_lead_back_is_refused():
    f = feed(LOSSY + FAR.format("t", "(65536 + i)::lossy") + "ANALYZE", snapshot__chunk_rows="40", types__unknown="text", source__binary="false")
    r = f.run("run", "--until-current", expect=3, timeout=60)
    assert "public.t" in r.stderr and "does not lead back to its row" in r.stderr, r.stderr


main(globals(), feeds)
