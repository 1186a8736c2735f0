"""A table joins the publication, or more of it does, while transactions that wrote to it are open:
the stream never has what they wrote before, so a read waits for them. Each way to join; and tables
that have long been published do not wait.
"""

import time
import psycopg
from pg_road import drop_slot, feed, feeds
from road import await_log, job, jobs_of, log_of, main, stop, until


class Writer:
    """An open transaction."""

    def __init__(self, f, *sql):
        self.c = psycopg.connect(f.dsn)
        for s in sql:
            self.c.execute(s)

    def commit(self, *sql):
        for s in sql:
            self.c.execute(s)
        self.c.commit()
        self.c.close()


def ids(f, table, op=None):
    return sorted(k["id"] for _, k, v, _ in f.records(table) if v and op in (None, v["op"]))


def published(sql, publication, **options):
    f = feed(sql + ";" + publication, setup=False, **options)
    f.run("setup")
    return f


def waits(f, p, table, times=1):
    await_log(p, f"reading waits table={table}", times)
    time.sleep(1)
    assert f"reading goes on table={table}" not in log_of(p)


def test_every_way_to_join_under_open_writers():
    f = published(
        "CREATE SCHEMA s; CREATE TABLE other (id int PRIMARY KEY); CREATE TABLE added (id int "
        "PRIMARY KEY);"
        "CREATE TABLE s.in_schema (id int PRIMARY KEY); CREATE TABLE filtered (id int PRIMARY KEY, "
        "live boolean NOT NULL);"
        "ALTER TABLE filtered REPLICA IDENTITY FULL; CREATE TABLE columns (id int PRIMARY KEY, a "
        "int, b int);"
        "CREATE TABLE part (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100)",
        "CREATE PUBLICATION tailrace FOR TABLE other, filtered WHERE (live), columns (id, a)",
    )
    p = f.start()
    await_log(p, "snapshot complete")
    tables = ["public.added", "s.in_schema", "public.filtered", "public.columns", "public.part_1"]
    insert = [
        "INSERT INTO added VALUES ({0})",
        "INSERT INTO s.in_schema VALUES ({0})",
        "INSERT INTO filtered VALUES ({0}, false)",
        "INSERT INTO columns VALUES ({0}, {0}, {0})",
        "INSERT INTO part VALUES ({0})",
    ]
    before = Writer(f, "SAVEPOINT a", *[i.format(1) for i in insert], "RELEASE a")
    # Its transaction gets an id after the change of the publication got its own, and writes before
    # that commits.
    change = psycopg.connect(f.dsn)
    change.execute(
        "ALTER PUBLICATION tailrace SET TABLE other, added, filtered, columns, part, TABLES IN "
        "SCHEMA s".replace(
            "columns,", "columns (id, a, b),"
        ).replace(
            ", TABLES IN SCHEMA s", ""
        )
    )
    between = Writer(f, *[i.format(2) for i in insert])
    change.commit()
    f.sql(
        "ALTER PUBLICATION tailrace SET TABLE other, added, filtered, part, TABLES IN SCHEMA s; "
        "ALTER PUBLICATION tailrace ADD TABLE columns"
    )
    between.c.execute("INSERT INTO s.in_schema VALUES (3)")
    f.caught_up()
    f.run("backfill", "--detach", *[x for t in tables for x in ("--table", t)])
    waits(f, p, "public.added")
    status = jobs_of(f)[-1]
    assert status["state"] == "running" and "transaction" in status["why"], status
    before.commit()
    f.caught_up()
    time.sleep(1)
    assert "reading goes on" not in log_of(p)       # the second writer is open
    between.commit(*[i.format(4) for i in insert])
    for i in insert:
        f.sql(i.format(5))
    assert job(f, 2, {"done", "failed"})["state"] == "done"
    f.caught_up()
    for t in tables:
        until(lambda: 5 in ids(f, t), 20, lambda: f"{t}: {ids(f, t)}")
        assert sorted(set(ids(f, t))) == (
            [1, 2, 3, 4, 5] if t == "s.in_schema" else [1, 2, 4, 5]
        ), (t, ids(f, t))
    last = {k["id"]: v["after"] for _, k, v, _ in f.records("public.columns")}
    assert all(r["b"] == i for i, r in last.items()), last
    stop(p)


def test_joined_before_the_first_start():
    f = published(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE other (id int PRIMARY KEY)",
        "CREATE PUBLICATION tailrace FOR TABLE other",
    )
    w = Writer(f, "INSERT INTO t VALUES (1)")
    f.sql("ALTER PUBLICATION tailrace ADD TABLE t")
    f.caught_up()
    p = f.start()
    waits(f, p, "public.t")
    w.commit()
    await_log(p, "snapshot complete")
    f.sql("INSERT INTO t VALUES (3)")
    f.arrived("public.t", 2)
    stop(p)
    assert ids(f, "public.t") == [1, 3]


def test_a_prepared_transaction_is_an_open_one():
    f = published(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE o (id int PRIMARY KEY)",
        "CREATE PUBLICATION tailrace FOR TABLE o",
    )
    f.sql(
        f"BEGIN; SAVEPOINT s; INSERT INTO t VALUES (1); RELEASE s; PREPARE TRANSACTION '{f.name}'"
    )
    f.sql("ALTER PUBLICATION tailrace ADD TABLE t")
    f.caught_up()
    p = f.start()
    waits(f, p, "public.t")
    f.sql(f"COMMIT PREPARED '{f.name}'")
    f.sql("INSERT INTO t VALUES (2)")
    await_log(p, "snapshot complete")
    until(lambda: set(ids(f, "public.t")) == {1, 2}, 20)
    stop(p)


def test_on_a_primary_the_process_is_named():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE o (id int PRIMARY KEY); CREATE "
        "PUBLICATION tailrace FOR TABLE o",
        setup=False,
        source__primary="allow",
    )
    f.options["source.conninfo"] = f.dsn
    f.run("setup")
    w = Writer(f, "INSERT INTO t VALUES (1)")
    f.sql("ALTER PUBLICATION tailrace ADD TABLE t")
    p = f.start()
    waits(f, p, "public.t")
    assert f"of process {w.c.info.backend_pid} (postgres" in log_of(p), log_of(p)
    w.commit()
    await_log(p, "snapshot complete")
    f.sql("INSERT INTO t VALUES (2)")
    until(lambda: set(ids(f, "public.t")) == {1, 2}, 20)
    stop(p)
    drop_slot(f.pg, f.name)


def test_publications_made_anew_and_operations_taken_in():
    for change in ("ALTER PUBLICATION tailrace SET (publish = 'insert, update, delete, truncate')",
                   "DROP PUBLICATION tailrace; CREATE PUBLICATION tailrace FOR ALL TABLES"):
        f = published("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1)",
                      "CREATE PUBLICATION tailrace FOR TABLE t WITH (publish = 'insert, delete')")
        f.feed()
        w = Writer(f, "UPDATE t SET v = 2")
        f.sql(change)
        f.caught_up()
        p = f.start()
        jobs_of(f)
        f.run("backfill", "--detach", "--table", "public.t")
        waits(f, p, "public.t")
        w.commit()
        assert job(f, 2, {"done", "failed"})["state"] == "done"
        stop(p)
        assert f.records("public.t")[-1][2]["after"] == {"id": 1, "v": 2}, (
            change,
            f.records("public.t"),
        )


def test_what_takes_a_lock_needs_no_wait():
    """Those changes wait for the writers themselves; what was written before is read at once, and
    what comes later streams."""
    f = published(
        "CREATE SCHEMA s; CREATE TABLE moved (id int PRIMARY KEY); CREATE TABLE other (id int "
        "PRIMARY KEY);"
        "CREATE TABLE part (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE leaf (id int "
        "PRIMARY KEY);"
        "CREATE TABLE s.later (id int PRIMARY KEY); INSERT INTO moved VALUES (1); INSERT INTO leaf "
        "VALUES (1)",
        "CREATE PUBLICATION tailrace FOR TABLE part, TABLES IN SCHEMA s",
    )
    until_old(f)
    w = Writer(f, "INSERT INTO other VALUES (1)")
    f.sql(
        "ALTER TABLE moved SET SCHEMA s; ALTER TABLE part ATTACH PARTITION leaf FOR VALUES FROM "
        "(0) TO (10)"
    )
    f.caught_up()
    p = f.start()
    jobs_of(f)
    f.run("backfill", "--detach", "--table", "s.moved", "--table", "public.leaf")
    assert job(f, 2, {"done", "failed"}, 20)["state"] == "done"
    w.commit()
    f.sql("INSERT INTO s.moved VALUES (2); INSERT INTO part VALUES (2)")
    f.arrived("s.moved", 2), f.arrived("public.leaf", 2)
    assert "reading waits" not in log_of(p)
    stop(p)


def until_old(f):
    """Runs the feed until its slot decodes with no catalog as old as the publication."""
    def old():
        f.sql("SELECT pg_log_standby_snapshot()")
        f.feed()
        with psycopg.connect(f.standby) as s:
            return s.execute(
                "SELECT age(catalog_xmin) < (SELECT min(age(xmin)) FROM pg_publication) FROM "
                "pg_replication_slots"
                " WHERE slot_name = %s",
                (f.name,),
            ).fetchone()[0]
    f.feed()
    f.sql("CREATE TABLE IF NOT EXISTS nothing (); SELECT txid_current()")
    until(old, 40, lambda: "the slot's catalog_xmin does not move")


def test_long_published_tables_are_read_beside_any_writer():
    f = published(
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)",
        "CREATE PUBLICATION tailrace FOR TABLE t",
    )
    until_old(f)
    w = Writer(f, "INSERT INTO t VALUES (2)")
    p = f.start()
    jobs_of(f)
    f.run("backfill", "--table", "public.t", timeout=20)
    assert "reading waits" not in log_of(p)
    w.commit()
    f.arrived("public.t", 3)
    stop(p)


def test_a_waiting_backfill_can_be_cancelled_and_the_feed_stopped():
    f = published(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE o (id int PRIMARY KEY)",
        "CREATE PUBLICATION tailrace FOR TABLE o",
    )
    p = f.start()
    await_log(p, "snapshot complete")
    w = Writer(f, "INSERT INTO t VALUES (1)")
    f.sql("ALTER PUBLICATION tailrace ADD TABLE t")
    f.caught_up()
    f.run("backfill", "--detach", "--table", "public.t")
    waits(f, p, "public.t")
    f.run("backfill cancel", "2")
    f.sql("INSERT INTO o VALUES (1)")
    f.arrived("public.o", 1)        # the stream never waits
    f.run("backfill", "--detach", "--table", "public.t")
    waits(f, p, "public.t", 2)
    stop(p)
    w.commit()
    f.feed()
    assert ids(f, "public.t") == [1]


def test_another_publication_is_said():
    f = feed(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c "
        "(id int PRIMARY KEY);"
        "CREATE PUBLICATION one FOR TABLE a, c; CREATE PUBLICATION \"t'wo\" FOR TABLE b, c",
        setup=False,
        snapshot__mode="never",
        source__publication="one",
    )
    f.run("setup")
    f.sql("INSERT INTO a VALUES (1)"); f.sql("INSERT INTO b VALUES (1)")
    f.feed()
    f.options["source.publication"] = "t'wo"
    words = "source.publication was one when the position was stored, and is t'wo: tables that come: public.b; tables that go: public.a."
    assert f"warn  {words}" in f.run("check").stdout
    f.sql("INSERT INTO a VALUES (2)"); f.sql("INSERT INTO b VALUES (2)")
    assert words in f.feed().stderr
    assert (ids(f, "public.a"), ids(f, "public.b")) == ([1], [2])
    assert "source.publication was" not in f.feed().stderr
    f.run("backfill", "--table", "public.b")
    assert ids(f, "public.b", "r") == [1, 2]
    f.sql("DROP PUBLICATION \"t'wo\"")
    f.options["source.publication"] = "one"
    assert "which tables come and go is not known, as t'wo is not there any more" in f.feed().stderr


# ---- a table that leaves and comes back while it is read ----

ROWS = 6000
SLOWLY = {"snapshot.rows-per-s": "600", "snapshot.chunk-rows": "300"}     # ten seconds


def read_partly():
    f = published(
        f"CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE o (id int PRIMARY KEY); CREATE "
        f"TABLE z (id int PRIMARY KEY);"
        f"INSERT INTO t SELECT i, i FROM generate_series(1, {ROWS}) i; INSERT INTO z SELECT "
        f"generate_series(1, 600)",
        "CREATE PUBLICATION tailrace FOR TABLE o, t, z",
        **SLOWLY,
    )
    p = f.start()
    until(lambda: len(f.ops("public.t")) > 600, 60)
    return f, p


def is_whole(f):
    last = {k["id"]: v["after"]["v"] for _, k, v, _ in f.records("public.t") if v}
    return last == {i: v for i, v in f.sql("SELECT id, v FROM t").fetchall()}


AWAY = "UPDATE t SET v = -1 WHERE id < 500 OR id > 5500"


def test_a_table_that_leaves_and_comes_back_while_it_is_read():
    f, p = read_partly()
    f.sql("BEGIN; ALTER PUBLICATION tailrace DROP TABLE t; COMMIT; " + AWAY)
    f.sql("ALTER PUBLICATION tailrace ADD TABLE t")
    f.sql("UPDATE t SET v = -2 WHERE id = 3")
    await_log(p, "snapshot complete")
    until(lambda: all(j["state"] in ("done", "failed") for j in jobs_of(f)), 60)
    until(lambda: is_whole(f), 10, lambda: log_of(p)[-2000:])
    stop(p)


def test_a_table_that_leaves_and_comes_back_while_its_read_is_stopped():
    f, p = read_partly()
    stop(p)
    f.sql("ALTER PUBLICATION tailrace DROP TABLE t")
    f.sql(AWAY)
    f.sql("ALTER PUBLICATION tailrace ADD TABLE t")
    f.caught_up()
    p = f.start()
    await_log(p, "snapshot complete")
    assert "it is read again from its beginning" in log_of(p), log_of(p)
    until(lambda: is_whole(f), 10, lambda: log_of(p)[-2000:])
    stop(p)


def test_a_table_that_leaves_for_long_while_it_is_read():
    for returns in (True, False):
        f, p = read_partly()
        f.sql("ALTER PUBLICATION tailrace DROP TABLE t")
        f.sql(AWAY)
        await_log(p, "a backfill of it follows table=public.t")
        if returns:
            f.sql("ALTER PUBLICATION tailrace ADD TABLE t")
        got = job(f, 2, {"done", "failed"}, 60)
        assert got["state"] == ("done" if returns else "failed"), got
        if returns:
            until(lambda: is_whole(f), 10, lambda: log_of(p)[-2000:])
        else:
            assert "not published" in got["why"], got
        stop(p)


main(globals(), feeds)
