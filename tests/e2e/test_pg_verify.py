"""`tailrace verify`: every planted difference is found, and none where there is none, under load.

usage: test_pg_verify.py [NAME...]     run by tests/e2e/run verify. Last line: N passed, N failed.
"""
import os, signal, subprocess
from confluent_kafka import Producer
from pg_road import feed, feeds
from pg_verifying import Load, ROWS, TABLE
from road import KAFKA, main, stop, until, WORK
from verifying import (all_records, changed, finds_what_was_planted, key_of, produce, running,
                       verified)

BROKER = int(os.environ["KAFKA_PID"])


def started(sql, **options):
    return running(feed(sql, **options))


def planted(**options):
    f = feed(TABLE.format(ROWS), **options)
    return finds_what_was_planted(f, Load(f), "public.t", ROWS)


def test_each_planted_difference_is_found_under_load():
    planted()


def test_flat_records_in_four_partitions_at_least_once():
    planted(format__envelope="flat", sink__delivery="at-least-once",
            topics__partitions="4")


# ---- what is compared ----

def test_rows_whose_records_have_an_older_schema():
    f, p = started(TABLE.format(1000))
    topic = f.name + ".public.t"
    f.sql("ALTER TABLE t ADD more int DEFAULT 5, ADD amount numeric(10,2) DEFAULT 1.5, "
          "ADD late text DEFAULT 'ü\n\"', DROP note")
    f.sql("UPDATE t SET more = 6, amount = 2 WHERE id <= 10")
    f.arrived("public.t", 1010)
    differences, tables = verified(f)
    t = tables["public.t"]
    assert not differences and (t["state"], t["rows"], t["unsaid"]) == ("equal", 1000, 990), t
    f.sql("UPDATE t SET more = 7 WHERE id = 11")
    f.arrived("public.t", 1011)
    records = all_records(topic)
    produce(topic, [next(r for r in records if r[0] == key_of(records, 11))])     # its first one
    differences, _ = verified(f, expect=1)
    assert [(d["difference"], d["key"], d["columns"]) for d in differences] == [
        ("different", {"id": 11}, [{"name": "more", "source": 7, "topic": None}])], differences
    stop(p)


BIG = """CREATE TABLE t (id int PRIMARY KEY, small int, big text, doc jsonb, raw bytea);
ALTER TABLE t ALTER big SET STORAGE EXTERNAL; ALTER TABLE t ALTER raw SET STORAGE EXTERNAL;
INSERT INTO t SELECT i, i, repeat('x', 3000), jsonb_build_object('a', repeat(md5(i::text), 200)),
                     decode(repeat('ab', 3000), 'hex') FROM generate_series(1, 200) i"""


def test_values_out_of_line_that_no_record_says():
    """The table is read by key. What an update did not send is not compared, and all else is."""
    f, p = started(BIG)
    f.sql("UPDATE t SET small = small + 1 WHERE id <= 50")
    f.arrived("public.t", 250)
    differences, tables = verified(f)
    t = tables["public.t"]
    assert not differences and t["state"] == "equal" and t["unsaid"] >= 100, (differences[:3], t)
    stop(p)


def test_what_tables_and_options_mean():
    """Masked values are compared as they are written, a TRUNCATE empties the topic's side."""
    f, p = started("""CREATE TABLE t (id int PRIMARY KEY, secret text, hashed text);
                      INSERT INTO t SELECT i, 'secret', 's' || i FROM generate_series(1, 500) i;
                      CREATE TABLE keyless (id int); INSERT INTO keyless VALUES (1);
                      CREATE TABLE emptied (id int PRIMARY KEY);
                      INSERT INTO emptied SELECT generate_series(1, 300);
                      CREATE TABLE none (id int PRIMARY KEY)""",
                   text='columns: { mask: { "public.t.secret": 6 },\n'
                        '           hash: { "public.t.hashed": "SHA-256:salt" } }\n'
                        'format: { skipped-operations: none }\n')
    topic = f.name + ".public.t"
    f.sql("TRUNCATE emptied")
    f.sql("INSERT INTO emptied VALUES (7)")
    f.sql("INSERT INTO t VALUES (501, 'secret', 's')")
    f.arrived("public.t", 501)
    differences, tables = verified(f, expect=2)
    assert not differences and {k: v["state"] for k, v in tables.items()} == {
        "public.t": "equal", "public.keyless": "not compared", "public.emptied": "equal",
        "public.none": "equal"}, tables
    assert tables["public.keyless"]["why"] == "it has no key", tables
    assert tables["public.emptied"]["keys"] == 1, tables
    assert set(verified(f, "--table", "public[.](t|emptied)")[1]) == {"public.t", "public.emptied"}
    records = all_records(topic)
    record = next(r for r in records if r[0] == key_of(records, 5))
    produce(topic, [changed(record, b"******", b"*+****")])
    said = f.run("verify", "--table", "public.t", expect=1).stdout
    assert 'different {"id":5} secret: "******" in the source, "*+****" in the topic (part' in said
    assert "public.t: different, 1 different (501 rows, 501 keys in topic" in said, said
    produce(topic, [(b"no key of this table", 0, b"no Avro"), (None, 0, b"nothing")])
    differences, tables = verified(f, "--table", "public.t", expect=1)
    assert [(d["difference"], d["key"]) for d in differences if d["difference"] == "extra"] == [
        ("extra", "0x" + b"no key of this table".hex())], differences
    assert tables["public.t"]["without_key"] == 1, tables
    stop(p)


# ---- the run ----

def test_a_feed_that_stands_still_is_not_judged():
    """What it has not streamed yet may be a difference or not: exit code 5."""
    f, p = started(TABLE.format(1000))
    stop(p)
    assert verified(f)[1]["public.t"]["state"] == "equal"
    f.sql("UPDATE t SET name = 'other' WHERE id <= 10")
    f.sql("DELETE FROM t WHERE id = 20")
    f.caught_up()
    differences, tables = verified(f, "--wait", "5", expect=5)
    t = tables["public.t"]
    assert not differences and (t["state"], t["unsettled"]) == ("unsettled", 11), t
    p = f.start()
    assert verified(f)[1]["public.t"]["state"] == "equal"
    stop(p)


def takes_signals(p):
    with open(f"/proc/{p.pid}/status") as f:
        caught = next(x for x in f if x.startswith("SigCgt:"))
    return int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1


def test_an_index_that_is_kept():
    """It goes on after a kill, and one run has it at a time."""
    f, p = started(TABLE.format(ROWS))
    folder = os.path.join(WORK, f.name)
    os.mkdir(folder)
    slow = f.command("verify", "--index", folder, "--rows-per-s", "500")
    kept = lambda: sum(os.path.getsize(os.path.join(folder, x)) for x in os.listdir(folder))
    v = subprocess.Popen(slow, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until(lambda: kept() > 1_000_000, 120)      # it commits each second, and writes only then
    second = f.run("verify", "--index", folder, expect=2)
    assert "another run has it" in second.stdout, second.stdout
    v.kill()
    v.wait()
    t = verified(f, "--index", folder)[1]["public.t"]
    assert t["state"] == "equal" and t["records"] < ROWS, t
    v = subprocess.Popen(slow, stderr=subprocess.PIPE, text=True)
    until(lambda: takes_signals(v), 60)
    v.send_signal(signal.SIGINT)
    _, said = v.communicate(timeout=60)         # all of it would take minutes
    assert v.returncode == 5 and "stopped" in said, (v.returncode, said)
    assert os.stat(os.path.join(folder, os.listdir(folder)[0])).st_mode & 0o77 == 0
    stop(p)


def test_a_transaction_that_nobody_ends():
    """The topic's end is not reached: the run ends after --wait, and says why."""
    f, p = started(TABLE.format(1000))
    topic = f.name + ".public.t"
    record = all_records(topic)[0]
    other = Producer({"bootstrap.servers": KAFKA, "transactional.id": f.name + "-other",
                      "transaction.timeout.ms": 600_000})
    other.init_transactions()
    other.begin_transaction()
    other.produce(topic, key=record[0], value=record[2], partition=0)
    other.flush()
    r = f.run("verify", "--wait", "3", expect=5)
    assert f"nothing has come of topic {topic} for" in r.stderr, r.stderr
    other.abort_transaction()
    assert verified(f)[1]["public.t"]["state"] == "equal"
    stop(p)


def test_a_broker_that_goes_away():
    f, p = started(TABLE.format(4000))
    with open(os.path.join(WORK, f.name + ".said"), "w+") as said:
        v = subprocess.Popen(f.command("verify", "--rows-per-s", "200", "--wait", "5"),
                             stderr=said, stdout=subprocess.DEVNULL)
        log = lambda: said.seek(0) or said.read()
        until(lambda: "verify progress" in log(), 120)      # in the middle of the table
        os.kill(BROKER, signal.SIGSTOP)
        try:
            code = v.wait(300)
        finally:
            os.kill(BROKER, signal.SIGCONT)
        assert code == 5 and "run it again when Kafka answers" in log(), (code, log())
    stop(p)


def test_a_pattern_that_fits_no_table():
    f, p = started("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)")
    some = ("--table", "public[.]t", "--table", "public[.]none", "--table", ".*u")
    r = f.run("verify", *some, expect=2)
    assert "--table public[.]none: no table of feed" in r.stderr and not r.stdout, r.stderr
    r = f.run("backfill", "--table", "public.t", "--table", "public.none", expect=2)
    assert "public.none" in r.stderr, r.stderr
    stop(p)


def test_before_the_feed_has_run():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    r = f.run("verify", expect=2)
    assert "has not run" in r.stderr or "has stored no position" in r.stderr, r.stderr
    r = f.run("verify", expect=2, sink__kind="null")
    assert "reads topics of Kafka" in r.stderr, r.stderr


main(globals(), feeds)
