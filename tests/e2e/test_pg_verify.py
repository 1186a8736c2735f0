"""`tailrace verify`: every planted difference is found, and none where there is none, under live writes.

usage: test_pg_verify.py [NAME...]     run by tests/e2e/run verify. Last line: N passed, N failed.
"""
import json, os, signal, subprocess, threading, time
import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from pg_road import feed, feeds
from road import await_log, KAFKA, log_of, main, stop, until, WORK

ROWS = 100_000
TABLE = """CREATE TABLE t (id int PRIMARY KEY, name text, note text, n numeric(12,2), made timestamptz DEFAULT now());
INSERT INTO t SELECT i, 'name ' || i, CASE WHEN i % 3 = 0 THEN '' WHEN i % 3 = 1 THEN 'note' END, i / 7.0 FROM generate_series(1, {}) i"""


def verified(f, *args, expect=0, timeout=300):
    """What `tailrace verify --json` says: the differences, and each table's line by its name."""
    r = f.run("verify", "--json", "--limit", "100000", *args, expect=expect, timeout=timeout)
    lines = [json.loads(x) for x in r.stdout.splitlines()]
    return [x for x in lines if "difference" in x], {x["table"]: x for x in lines if "state" in x}


def last_records(topic):
    """The last record of each key in the topic, as bytes: key -> (partition, value)."""
    c = Consumer({"bootstrap.servers": KAFKA, "group.id": "verify", "isolation.level": "read_committed", "enable.partition.eof": True})
    parts = [TopicPartition(topic, p, 0) for p in c.list_topics(topic).topics[topic].partitions]
    c.assign(parts)
    out, ends = {}, 0
    while ends < len(parts):
        for m in c.consume(10000, 1.0):
            if m.error():
                ends += 1
            else:
                out[m.key()] = (m.partition(), m.value())
    c.close()
    return out


def zigzag(n):
    n, out = n << 1, b""
    while n >= 128:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def key_of(frame, i):
    return frame[:5] + zigzag(i)


class Load:
    """Inserts, updates, deletes and key changes of rows from `first` on, until it is left."""

    def __init__(self, f, first, last):
        self.f, self.first, self.last, self.writes, self.over = f, first, last, 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self.write)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()

    def write(self):
        ours, fresh = self.first, 2 * ROWS
        with psycopg.connect(self.f.dsn, autocommit=True) as s:
            while not self.over:
                with s.transaction():
                    for _ in range(5):
                        ours = ours + 1 if ours < self.last else self.first
                        fresh += 1
                        s.execute("UPDATE t SET name = name || 'x', n = n + 1 WHERE id = %s", (ours,))
                        s.execute("INSERT INTO t VALUES (%s, 'new', NULL, 1)", (fresh,))
                        s.execute("DELETE FROM t WHERE id = %s", (fresh - 50 - 50 * (fresh % 2),))
                        s.execute("UPDATE t SET id = -id WHERE id = %s", (fresh - 7,))
                        self.writes += 4


def plant(f, topic):
    """100 differences of each kind, in rows that nobody writes to: a record of another kind behind each. What should be found."""
    last = last_records(topic)
    frame = next(iter(last))
    producer, want = Producer({"bootstrap.servers": KAFKA, "linger.ms": 5}), {}

    def put(i, value, partition=None):
        key = key_of(frame, i)
        producer.produce(topic, key=key, value=value, **({} if partition is None else {"partition": partition}))

    def changed(i, old, new):
        partition, value = last[key_of(frame, i)]
        assert value.count(old) >= 1, (i, value)
        put(i, value.replace(old, new), partition)
    text = lambda s: b"\x02" + zigzag(len(s)) + s       # the second branch of [null, string]
    for i in range(1, 101):
        put(i, None, last[key_of(frame, i)][0])
        want[("missing", i)] = []
    for i in range(1001, 1101):
        changed(i, f"name {i}".encode(), f"mane {i}".encode())
        want[("different", i)] = ["name"]
    for i in range(3000, 3300, 3):      # note is '' there
        head = text(f"name {i}".encode())
        changed(i, head + text(b""), head + b"\x00")
        want[("different", i)] = ["note"]
    for i in range(5000, 5300, 3):      # and NULL there
        head = text(f"name {i}".encode())
        changed(i, head + b"\x00", head + text(b""))
        want[("different", i)] = ["note"]
    for i in range(1, 101):             # a row under its own key, which the source does not have
        value = last[key_of(frame, 7000 + i)][1]
        put(2 * ROWS * 10 + i, value.replace(zigzag(7000 + i), zigzag(2 * ROWS * 10 + i), 1))
        want[("extra", 2 * ROWS * 10 + i)] = []
    for i in range(1, 101):             # and one under a key that is not its own
        put(3 * ROWS * 10 + i, last[key_of(frame, 8000 + i)][1])
        want[("wrong_key", 3 * ROWS * 10 + i)] = ["id"]
    producer.flush()
    return want


def found(differences):
    return {(d["difference"], d["key"]["id"]): [c["name"] for c in d["columns"]] for d in differences}


def finds_what_was_planted(f, topic):
    p = f.start()
    await_log(p, "snapshot complete", seconds=120)
    folder = os.path.join(WORK, f.name)
    os.mkdir(folder)
    with Load(f, 20_001, 40_000) as load:
        for _ in range(3):
            differences, tables = verified(f, "--index", folder)
            assert not differences and tables["public.t"]["state"] == "equal", (differences[:5], tables)
        want = plant(f, topic)
        before = load.writes
        differences, tables = verified(f, "--index", folder, expect=1)
        t = tables["public.t"]
        assert load.writes > before and load.thread.is_alive()
        got = found(differences)
        assert got == want, (len(got), [x for x in got.items() if x[0] not in want][:5], [x for x in want.items() if x[0] not in got][:5],
                             [(x, got[x], want[x]) for x in got if x in want and got[x] != want[x]][:5], t)
        assert (t["missing"], t["different"], t["extra"], t["wrong_key"]) == (100, 300, 100, 100) and t["records"] < ROWS // 2, t
        print(f"      {load.writes} writes meanwhile; {t}")
    stop(p)


def test_each_planted_difference_is_found_under_load():
    f = feed(TABLE.format(ROWS))
    finds_what_was_planted(f, f.name + ".public.t")


def test_flat_records():
    f = feed(TABLE.format(ROWS), format__envelope="flat")
    finds_what_was_planted(f, f.name + ".public.t")


def running(sql, rows=None, **options):
    """A feed that has read its tables and runs."""
    f = feed(sql, **options)
    p = f.start()
    await_log(p, "snapshot complete", seconds=120)
    return f, p


def test_rows_whose_records_have_an_older_schema():
    f, p = running(TABLE.format(1000))
    f.sql("ALTER TABLE t ADD more int DEFAULT 5, ADD amount numeric DEFAULT 1.5, ADD late text DEFAULT 'ü\\n\"', DROP note")
    f.sql("UPDATE t SET more = 6, amount = 2 WHERE id <= 10")
    f.arrived("public.t", 1010)
    differences, tables = verified(f)
    t = tables["public.t"]
    assert not differences and (t["state"], t["rows"], t["unsaid"]) == ("equal", 1000, 990), (differences[:3], t)
    f.sql("UPDATE t SET more = 7 WHERE id = 11")
    f.arrived("public.t", 1011)
    key = key_of(next(iter(last_records(f.name + ".public.t"))), 11)
    c = Consumer({"bootstrap.servers": KAFKA, "group.id": "verify", "isolation.level": "read_committed"})
    partition, _ = last_records(f.name + ".public.t")[key]
    c.assign([TopicPartition(f.name + ".public.t", partition, 0)])
    old = None
    while not old:      # its first record, of before the column was there
        old = next((m.value() for m in c.consume(1000, 5) if m.key() == key), None)
    c.close()
    Producer({"bootstrap.servers": KAFKA}).produce(f.name + ".public.t", key=key, value=old, partition=partition)
    producer = Producer({"bootstrap.servers": KAFKA})
    producer.produce(f.name + ".public.t", key=key, value=old, partition=partition)
    producer.flush()
    differences, _ = verified(f, expect=1)
    assert [(d["difference"], d["key"]["id"], d["columns"]) for d in differences] == [
        ("different", 11, [{"name": "more", "source": 7, "topic": None}])], differences
    stop(p)


BIG = """CREATE TABLE t (id int PRIMARY KEY, small int, big text, doc jsonb, raw bytea);
ALTER TABLE t ALTER big SET STORAGE EXTERNAL; ALTER TABLE t ALTER raw SET STORAGE EXTERNAL;
INSERT INTO t SELECT i, i, repeat('x', 3000), jsonb_build_object('a', repeat(md5(i::text), 200)), decode(repeat('ab', 3000), 'hex')
  FROM generate_series(1, 200) i"""


def test_values_out_of_line_that_no_record_says():
    """Read by key, as they are out of line; what an update did not send is not compared, and all else is."""
    f, p = running(BIG)
    f.sql("UPDATE t SET small = small + 1 WHERE id <= 50")
    f.arrived("public.t", 250)
    differences, tables = verified(f)
    t = tables["public.t"]
    assert not differences and t["state"] == "equal" and t["unsaid"] >= 100, (differences[:3], t)
    stop(p)


def test_what_tables_and_options_mean():
    """Masked values are compared as they are written; a table without a key is not compared; a TRUNCATE empties the topic's side."""
    f, p = running("CREATE TABLE t (id int PRIMARY KEY, secret text, hashed text); INSERT INTO t SELECT i, 'secret', 's' || i FROM "
                   "generate_series(1, 500) i; CREATE TABLE keyless (id int); INSERT INTO keyless VALUES (1);"
                   "CREATE TABLE emptied (id int PRIMARY KEY); INSERT INTO emptied SELECT generate_series(1, 300); CREATE TABLE none (id int PRIMARY KEY)",
                   text='columns: { mask: { "public.t.secret": 6 }, hash: { "public.t.hashed": "v2:SHA-256:salt" } }\n'
                        'format: { skipped-operations: none }\n')
    f.sql("TRUNCATE emptied")
    f.sql("INSERT INTO emptied VALUES (7)")
    f.sql("INSERT INTO t VALUES (501, 'secret', 's')")
    f.arrived("public.t", 501)
    differences, tables = verified(f, expect=2)
    assert not differences and {k: v["state"] for k, v in tables.items()} == {
        "public.t": "equal", "public.keyless": "not compared", "public.emptied": "equal", "public.none": "not compared"}, tables
    assert tables["public.keyless"]["why"] == "it has no key" and tables["public.emptied"]["keys"] == 1, tables
    differences, tables = verified(f, "--table", "public[.](t|emptied)")
    assert set(tables) == {"public.t", "public.emptied"}
    topic = f.name + ".public.t"
    partition, value = next(iter(last_records(topic).values()))
    producer = Producer({"bootstrap.servers": KAFKA})
    key = key_of(next(iter(last_records(topic))), 5)
    producer.produce(topic, key=key, value=last_records(topic)[key][1].replace(b"******", b"*+****"), partition=last_records(topic)[key][0])
    producer.flush()
    r = f.run("verify", "--table", "public.t", expect=1)
    assert '  different {"id":5} secret: "******" in the source, "*+****" in the topic (partition' in r.stdout and "'secret" not in r.stdout, r.stdout
    assert "public.t: different, 1 different (501 rows, 501 keys in topic" in r.stdout, r.stdout
    stop(p)


def test_a_feed_that_stands_still_is_not_judged():
    """What it has not streamed yet may be a difference or not: exit code 5. What it has is compared all the same."""
    f, p = running(TABLE.format(1000))
    stop(p)
    assert verified(f)[1]["public.t"]["state"] == "equal"
    f.sql("UPDATE t SET name = 'other' WHERE id <= 10")
    f.sql("DELETE FROM t WHERE id = 20")
    f.caught_up()
    differences, tables = verified(f, expect=5)
    assert not differences and (tables["public.t"]["state"], tables["public.t"]["unsettled"]) == ("unsettled", 11), tables
    p = f.start()
    assert verified(f)[1]["public.t"]["state"] == "equal"
    stop(p)


def test_an_index_that_is_kept():
    """It goes on after a kill, one run has it at a time, and a topic that was made anew is read anew."""
    f, p = running(TABLE.format(ROWS))
    folder = os.path.join(WORK, f.name)
    os.mkdir(folder)
    v = subprocess.Popen(f.command("verify", "--index", folder, "--rows-per-s", "5000"), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    until(lambda: any(x.endswith(".sqlite-wal") and os.path.getsize(os.path.join(folder, x)) > 10_000_000 for x in os.listdir(folder)), 60)
    time.sleep(3)
    second = f.run("verify", "--index", folder, expect=2)
    assert "another run has it" in second.stdout, second.stdout
    v.send_signal(signal.SIGKILL)
    v.wait()
    _, tables = verified(f, "--index", folder)
    assert tables["public.t"]["state"] == "equal" and tables["public.t"]["records"] < ROWS, tables
    v = subprocess.Popen(f.command("verify", "--index", folder, "--rows-per-s", "2000"), stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    v.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = v.communicate(timeout=30)
    assert v.returncode == 5 and time.monotonic() - began < 5 and "stopped" in said, (v.returncode, said)
    assert os.stat(os.path.join(folder, os.listdir(folder)[0])).st_mode & 0o77 == 0
    stop(p)


def test_before_the_feed_has_run():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    r = f.run("verify", expect=2)
    assert "has not run" in r.stderr or "has stored no position" in r.stderr, r.stderr
    r = f.run("verify", expect=2, sink__kind="null")
    assert "reads topics of Kafka" in r.stderr, r.stderr


main(globals(), feeds)
