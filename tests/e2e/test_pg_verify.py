"""`tailrace verify`: every planted difference is found, and none where there is none, under load.

usage: test_pg_verify.py [NAME...]     run by tests/e2e/run verify. Last line: N passed, N failed.
"""
import json, os, signal, subprocess, threading, time
import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from pg_road import feed, feeds
from road import await_log, KAFKA, main, stop, until, WORK

ROWS, FAR = 100_000, 2_000_000
TABLE = """CREATE TABLE t (id int PRIMARY KEY, name text, note text, n numeric(12,2),
                made timestamptz DEFAULT now());
INSERT INTO t SELECT i, 'name ' || i, CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN 'note' END, i / 7.0
  FROM generate_series(1, {}) i"""


def running(sql, **options):
    """A feed that has read its tables and runs."""
    f = feed(sql, **options)
    p = f.start()
    await_log(p, "snapshot complete", seconds=120)
    return f, p


def verified(f, *args, expect=0):
    """What `tailrace verify --json` says: the differences, and each table's line by its name."""
    r = f.run("verify", "--json", "--limit", "100000", *args, expect=expect, timeout=300)
    lines = [json.loads(x) for x in r.stdout.splitlines()]
    return [x for x in lines if "difference" in x], {x["table"]: x for x in lines if "state" in x}


# ---- what a topic holds, and another producer's records in it ----

def all_records(topic):
    """(key, partition, value) of each record committed by now, as bytes. More come meanwhile."""
    c = Consumer({"bootstrap.servers": KAFKA, "group.id": "verify", "enable.partition.eof": True,
                  "isolation.level": "read_committed"})
    parts = [TopicPartition(topic, p, 0) for p in c.list_topics(topic).topics[topic].partitions]
    c.assign(parts)
    ends = {p.partition: c.get_watermark_offsets(p)[1] for p in parts}
    out = []
    while ends:
        for m in c.consume(10000, 1.0):
            end = ends.get(m.partition())
            if not m.error():
                out.append((m.key(), m.partition(), m.value()))
            if end is not None and m.offset() + (not m.error()) >= end:
                del ends[m.partition()]
    c.close()
    return out


def produce(topic, records):
    producer = Producer({"bootstrap.servers": KAFKA, "linger.ms": 5})
    for key, partition, value in records:
        producer.produce(topic, key=key, value=value, partition=partition)
    producer.flush()


def zigzag(n):
    n, out = n << 1, b""
    while n >= 128:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def text(s):
    """In the second branch of [null, string]."""
    return b"\x02" + zigzag(len(s)) + s


def key_of(records, i):
    return records[0][0][:5] + zigzag(i)


def changed(record, old, new):
    key, partition, value = record
    assert old in value, value
    return key, partition, value.replace(old, new, 1)


def plant(topic):
    """100 differences of each kind, in rows that nobody else writes to. What should be found."""
    records = all_records(topic)
    last = {k: (k, p, v) for k, p, v in records}
    of = lambda i: last[key_of(records, i)]
    out, want = [], {}
    for i in range(1, 101):
        out.append((*of(i)[:2], None))
        want["missing", i] = []
        i += 1000
        out.append(changed(of(i), f"name {i}".encode(), f"mane {i}".encode()))
        want["different", i] = ["name"]
        i = 3000 + (i - 1000) * 3           # note is '' there
        head = text(f"name {i}".encode())
        out.append(changed(of(i), head + text(b""), head + b"\x00"))
        want["different", i] = ["note"]
        i += 2000                           # and NULL there
        head = text(f"name {i}".encode())
        out.append(changed(of(i), head + b"\x00", head + text(b"")))
        want["different", i] = ["note"]
    for i in range(7001, 7101):             # under its own key, which the source does not have
        _, _, value = changed(of(i), zigzag(i), zigzag(FAR + i))
        out.append((key_of(records, FAR + i), 0, value))
        want["extra", FAR + i] = []
    for i in range(8001, 8101):             # under a key that is not its own
        out.append((key_of(records, FAR + i), 0, of(i)[2]))
        want["wrong_key", FAR + i] = ["id"]
    produce(topic, out)
    return want


class Load:
    """Inserts, updates, deletes and key changes of rows 20001 to 40000 and new ones."""

    def __init__(self, f):
        self.f, self.writes, self.over = f, 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self.write)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()

    def write(self):
        with psycopg.connect(self.f.dsn, autocommit=True) as s:
            while not self.over:
                with s.transaction():
                    for _ in range(5):
                        n = self.writes
                        self.change(s.execute, 20_001 + n % 20_000, 2 * ROWS + n)
                        self.writes += 1
                time.sleep(0.01)        # or a fast machine writes more than the table has rows

    def change(self, run, old, new):
        run("UPDATE t SET name = name || 'x', n = n + 1 WHERE id = %s", (old,))
        run("INSERT INTO t VALUES (%s, 'new', NULL, 1)", (new,))
        run("DELETE FROM t WHERE id = %s", (new - 50 - 50 * (new % 2),))
        run("UPDATE t SET id = -id WHERE id = %s", (new - 7,))


def finds_what_was_planted(**options):
    f, p = running(TABLE.format(ROWS), **options)
    folder = os.path.join(WORK, f.name)
    os.mkdir(folder)
    with Load(f) as load:
        for _ in range(3):
            differences, tables = verified(f, "--index", folder)
            assert not differences and tables["public.t"]["state"] == "equal", differences[:5]
        want = plant(f.name + ".public.t")
        before = load.writes
        differences, tables = verified(f, "--index", folder, expect=1)
        t = tables["public.t"]
        assert load.writes > before and load.thread.is_alive()
    got = {(d["difference"], d["key"]["id"]): [c["name"] for c in d["columns"]]
           for d in differences}
    wrong = [(k, got.get(k), want.get(k)) for k in got | want if got.get(k) != want.get(k)]
    assert not wrong, (len(wrong), wrong[:5], t)
    assert [t[k] for k in ("missing", "different", "extra", "wrong_key")] == [100, 300, 100, 100]
    assert t["records"] < ROWS // 2, t      # the index has the rest
    print(f"      {4 * load.writes} writes meanwhile; {t}")
    stop(p)


def test_each_planted_difference_is_found_under_load():
    finds_what_was_planted()


def test_flat_records_in_four_partitions_at_least_once():
    finds_what_was_planted(format__envelope="flat", sink__delivery="at-least-once",
                           topics__partitions="4")


# ---- what is compared ----

def test_rows_whose_records_have_an_older_schema():
    f, p = running(TABLE.format(1000))
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
    f, p = running(BIG)
    f.sql("UPDATE t SET small = small + 1 WHERE id <= 50")
    f.arrived("public.t", 250)
    differences, tables = verified(f)
    t = tables["public.t"]
    assert not differences and t["state"] == "equal" and t["unsaid"] >= 100, (differences[:3], t)
    stop(p)


def test_what_tables_and_options_mean():
    """Masked values are compared as they are written, a TRUNCATE empties the topic's side."""
    f, p = running("""CREATE TABLE t (id int PRIMARY KEY, secret text, hashed text);
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
    f, p = running(TABLE.format(1000))
    stop(p)
    assert verified(f)[1]["public.t"]["state"] == "equal"
    f.sql("UPDATE t SET name = 'other' WHERE id <= 10")
    f.sql("DELETE FROM t WHERE id = 20")
    f.caught_up()
    differences, tables = verified(f, expect=5)
    t = tables["public.t"]
    assert not differences and (t["state"], t["unsettled"]) == ("unsettled", 11), t
    p = f.start()
    assert verified(f)[1]["public.t"]["state"] == "equal"
    stop(p)


def test_an_index_that_is_kept():
    """It goes on after a kill, and one run has it at a time."""
    f, p = running(TABLE.format(ROWS))
    folder = os.path.join(WORK, f.name)
    os.mkdir(folder)
    slow = f.command("verify", "--index", folder, "--rows-per-s", "5000")
    kept = lambda: sum(os.path.getsize(os.path.join(folder, x)) for x in os.listdir(folder))
    v = subprocess.Popen(slow, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until(lambda: kept() > 2_000_000, 60)
    time.sleep(3)
    second = f.run("verify", "--index", folder, expect=2)
    assert "another run has it" in second.stdout, second.stdout
    v.kill()
    v.wait()
    t = verified(f, "--index", folder)[1]["public.t"]
    assert t["state"] == "equal" and t["records"] < ROWS, t
    v = subprocess.Popen(slow, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    v.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = v.communicate(timeout=30)
    assert v.returncode == 5 and "stopped" in said, (v.returncode, said)
    assert time.monotonic() - began < 10
    assert os.stat(os.path.join(folder, os.listdir(folder)[0])).st_mode & 0o77 == 0
    stop(p)


def test_before_the_feed_has_run():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    r = f.run("verify", expect=2)
    assert "has not run" in r.stderr or "has stored no position" in r.stderr, r.stderr
    r = f.run("verify", expect=2, sink__kind="null")
    assert "reads topics of Kafka" in r.stderr, r.stderr


main(globals(), feeds)
