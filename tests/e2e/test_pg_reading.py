"""Reading tables that are out of the ordinary: none at all, empty ones at the end, keys that are
hard to write down."""

import threading, time
import psycopg
from pg_road import drop_slot, feed, feeds, PRIMARY
from road import await_log, job, jobs_of, log_of, main, stop, until


def marks(f):
    return [(t, v["source"]["snapshot"]) for t, _, v, _ in f.records()]


def test_no_table_at_all():
    f = feed()
    began = time.monotonic()
    r = f.feed()
    assert (
        time.monotonic() - began < 20
        and r.stderr.count("snapshot complete") == 1
        and len(r.stderr.splitlines()) < 30
    ), r.stderr
    f.sql("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    r = f.feed()
    assert [o for o, _ in f.ops("public.t")] == ["c"] and "snapshot" not in r.stderr, r.stderr
    f.sql("INSERT INTO t VALUES (2)")
    f.feed()
    assert [o for o, _ in f.ops("public.t")] == ["c", "c"]


def test_no_table_is_taken_and_the_feed_runs_on():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)",
        text='tables: { include: ["public.later"] }',
    )
    p = f.start()
    await_log(p, "snapshot complete")
    f.sql("CREATE TABLE later (id int PRIMARY KEY); INSERT INTO later VALUES (1)")
    f.arrived("public.later", 1)
    stop(p)
    assert log_of(p).count("snapshot begins") == 1 and len(log_of(p).splitlines()) < 40


def test_last_is_said_before_empty_tables():
    empty = "".join(f"CREATE TABLE z_{i} (id int PRIMARY KEY, v text);" for i in range(40))
    f = feed(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c "
        "(id int PRIMARY KEY);"
        + empty
        + "INSERT INTO a VALUES (1), (2), (3); INSERT INTO c VALUES (1)"
    )
    f.feed()
    want = [
        ("public.a", "first"),
        ("public.a", "true"),
        ("public.a", "last_in_data_collection"),
        ("public.c", "last"),
    ]
    # a commit's markers reach its partitions after it has returned
    until(lambda: marks(f) == want, 20, lambda: str(marks(f)))


FAR = "ALTER TABLE {0} ALTER v SET STORAGE EXTERNAL; INSERT INTO {0} SELECT {1}, repeat('x', 2500) FROM generate_series(1, 300) i;"


def test_backslashes_in_keys_whatever_they_mean_to_the_server():
    keys = {
        "a": "'a' || chr(92) || 'Z' || i",
        "b": "'c:' || chr(92) || 'dir' || chr(92) || 'n' || i",
        "c": "chr(92) || '''' || i || chr(92)",
        "d": "chr(92) || chr(92) || i",
    }
    f = feed(
        "".join(
            f"CREATE TABLE {t} (k text PRIMARY KEY, v text);" + FAR.format(t, k)
            for t, k in keys.items()
        )
        + "ANALYZE",
        snapshot__chunk_rows="40",
    )
    f.sql(
        f"ALTER DATABASE {f.name} SET standard_conforming_strings = off; ALTER DATABASE {f.name} "
        f"SET backslash_quote = off"
    )
    f.feed(timeout=60)
    for t, k in keys.items():
        want = sorted(r[0] for r in f.sql(f"SELECT k FROM {t}"))
        assert sorted(k["k"] for _, k, _, _ in f.records("public." + t)) == want, t


# An int4 that is written as if it were an int2.
LOSSY = (
    """CREATE TYPE lossy;
CREATE FUNCTION lossy_in(cstring) RETURNS lossy AS 'int4in' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION lossy_out(lossy) RETURNS cstring AS 'int2out' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE lossy (INPUT = lossy_in, OUTPUT = lossy_out, LIKE = int4);
CREATE CAST (int AS lossy) WITHOUT FUNCTION;"""
    + "".join(
        f"CREATE FUNCTION lossy_{n}(lossy, lossy) RETURNS bool AS 'int4{n}' LANGUAGE internal "
        f"IMMUTABLE STRICT;"
        f"CREATE OPERATOR {o} (FUNCTION = lossy_{n}, LEFTARG = lossy, RIGHTARG = lossy);"
        for n, o in (("lt", "<"), ("le", "<="), ("eq", "="), ("ge", ">="), ("gt", ">"))
    )
    + """
CREATE FUNCTION lossy_cmp(lossy, lossy) RETURNS int AS 'btint4cmp' LANGUAGE internal IMMUTABLE STRICT;
CREATE OPERATOR CLASS lossy_ops DEFAULT FOR TYPE lossy USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
 FUNCTION 1 lossy_cmp(lossy, lossy);
CREATE TABLE t (k lossy PRIMARY KEY, v text);"""
)


def test_messages_from_before_the_first_start():
    """Rows of that time are read, and not streamed as well. Messages are in no table."""
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    f.sql(
        "BEGIN; INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(true, 'a', 'tx'); INSERT "
        "INTO t VALUES (2); COMMIT"
    )
    f.sql("TRUNCATE t; INSERT INTO t VALUES (2)")
    f.sql("SELECT pg_logical_emit_message(false, 'b', 'none')")
    f.feed(format__transactions="true")
    f.sql("INSERT INTO t VALUES (3)")
    f.sql("SELECT pg_logical_emit_message(true, 'c', 'later')")
    f.feed(format__transactions="true")
    assert [(o, k["id"]) for o, k in f.ops("public.t")] == [("r", 2), ("c", 3)], f.ops("public.t")
    assert [
        (v["message"]["prefix"], v["message"]["content"]) for _, _, v, _ in f.records("message")
    ] == [("a", b"tx"), ("b", b"none"), ("c", b"later")], f.records("message")
    ends = [v["event_count"] for _, _, v, _ in f.records("transaction") if v["status"] == "END"]
    assert [n for n in ends if n] == [1, 1, 1], ends      # a transaction without a message has none


def with_room_in_front(key, publish):
    """20000 rows behind free blocks: rows that were rolled back wait for nobody's snapshot."""
    f = feed(f"CREATE TABLE t (id int {key}, v int) WITH (autovacuum_enabled = off);"
             f"CREATE PUBLICATION tailrace FOR TABLE t WITH (publish = '{publish}')", setup=False,
             snapshot__rows_per_s="8000", snapshot__workers="1")
    f.sql("BEGIN; INSERT INTO t SELECT i, 0 FROM generate_series(1, 4000) i; ROLLBACK")
    f.sql("INSERT INTO t SELECT i, 0 FROM generate_series(1, 20000) i")
    f.sql("VACUUM ANALYZE t")
    f.caught_up()
    f.run("setup")
    return f


def rows_that_move(f, topic, p):
    """The rows of the end move to the front, which was read, before they are."""
    until(lambda: f.records(name=topic), 60)
    f.sql("UPDATE t SET v = 1 WHERE id > 18000")
    assert f.sql("SELECT count(*) FROM t WHERE id > 18000 AND ctid < '(17,0)'").fetchone()[0] > 1000
    return p


def test_rows_that_move_where_updates_make_no_records():
    """Nobody hears of such a row but from the reading: it must be read."""
    for key, publish, skipped in (("PRIMARY KEY", "insert, delete", "t"), ("", "insert", "t"),
                                  ("PRIMARY KEY", "insert, update, delete", "tu")):
        f = with_room_in_front(key, publish)
        f.options["format.skipped-operations"] = skipped
        p = rows_that_move(f, f.name + ".public.t", f.start())
        await_log(p, "snapshot complete")
        stop(p)
        came = sorted(v["after"]["id"] for _, _, v, _ in f.records("public.t"))
        assert came == list(range(1, 20001)), (key, publish, skipped, len(came))
        assert "may be missing" not in log_of(p)


def test_rows_that_move_while_they_are_read_into_a_topic_of_their_own():
    f = with_room_in_front("PRIMARY KEY", "insert, update, delete")
    p = f.start(snapshot__mode="never")
    await_log(p, "reading host=")
    own = ("--table", "public.t", "--topic", f.name + "-own")
    assert "by key" in f.run("backfill", *own, "--dry-run").stdout
    f.run("backfill", "--detach", *own)
    rows_that_move(f, f.name + "-own", p)
    job(f, 1, {"done"}, 60)
    stop(p)
    came = sorted(v["after"]["id"] for _, _, v, _ in f.records(name=f.name + "-own"))
    assert came == list(range(1, 20001)), len(came)


def test_a_large_table_without_a_key_is_said_where_rows_may_be_missed():
    f = with_room_in_front("", "insert")
    parts = {"snapshot__chunk_bytes": "65536", "snapshot__rows_per_s": "0"}
    f.feed(**parts)
    f.sql("ALTER TABLE t REPLICA IDENTITY FULL")
    for publish, times in ("insert", 1), ("insert, update", 0):
        f.sql(f"ALTER PUBLICATION tailrace SET (publish = '{publish}')")
        f.caught_up()
        log = f.run("backfill", "--table", "public.t", **parts).stderr
        assert log.count("updated meanwhile may be missing there table=public.t") == times, log


PARTED = """CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE old (id int PRIMARY KEY, v text);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (2000) TO (5001);
ALTER TABLE p1 ALTER v SET STORAGE EXTERNAL;
INSERT INTO old SELECT i, 'old' FROM generate_series(-100, 0) i;
INSERT INTO p SELECT i, CASE i WHEN 1 THEN {} END FROM generate_series(1, 5000) i;
CREATE PUBLICATION tailrace FOR TABLE p WITH (publish_via_partition_root);"""


def test_partitions_that_come_while_their_root_is_read():
    """One that is made has streamed rows only. One that is attached brings rows of its own."""
    for value, how in ("'x'", "by blocks"), ("repeat('x', 3000)", "by key"):
        f = feed(PARTED.format(value), setup=False, snapshot__rows_per_s="1500")
        f.run("setup")
        assert how in f.run("backfill", "--table", "public.p", "--dry-run").stdout
        p = f.start()
        until(lambda: f.records("public.p"), 60)
        f.sql("CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (30000) TO (40000)")
        f.sql("INSERT INTO p VALUES (30001)")
        await_log(p, "snapshot complete")
        f.arrived("public.p", 5001)
        came = [k["id"] for _, k, _, _ in f.records("public.p")]
        assert sorted(came)[:5001] == [*range(1, 5001), 30001] and len(came) <= 5002, len(came)
        f.run("backfill", "--detach", "--table", "public.p")
        until(lambda: jobs_of(f)[-1]["rows"])
        f.sql("ALTER TABLE p ATTACH PARTITION old FOR VALUES FROM (-100) TO (1)")
        job(f, 2, {"done"}, 60)
        stop(p)
        came = {k["id"] for _, k, _, _ in f.records("public.p")}
        assert came == {*range(-100, 5001), 30001}, (how, len(came))
        assert log_of(p).count("it is read again from its beginning") == 1, log_of(p)


def test_what_reading_waits_for_is_said_each_minute():
    slow = feed("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)",
                text="snapshot: { select: { public.t: 'pg_sleep(75) IS NOT NULL' } }\n")
    unseen = feed(
        "CREATE TABLE t (id int PRIMARY KEY)",
        setup=False,
        source__primary="allow",
        snapshot__mode="never",
    )
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
        writer = threading.Thread(
            target=unseen.sql, args=("INSERT INTO t VALUES (1)",), daemon=True
        )
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
    drop_slot(unseen.pg, unseen.name)


def test_a_key_whose_text_does_not_lead_back_is_refused():
    f = feed(
        LOSSY + FAR.format("t", "(65536 + i)::lossy") + "ANALYZE",
        snapshot__chunk_rows="40",
        types__unknown="text",
        source__binary="false",
    )
    r = f.run("run", "--until-current", expect=3, timeout=60)
    assert "public.t" in r.stderr and "does not lead back to its row" in r.stderr, r.stderr


main(globals(), feeds)
