"""Reading tables that are out of the ordinary: none at all, empty ones at the end, keys that are hard to write down."""
import time
from pg_road import feed, feeds
from road import await_log, log_of, main, stop


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
    assert marks(f) == [("public.a", "first"), ("public.a", "true"), ("public.a", "last_in_data_collection"), ("public.c", "last")], marks(f)


main(globals(), feeds)
