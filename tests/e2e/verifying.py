"""What the suites of `tailrace verify` share: its answers, and differences planted in a topic."""
import json, os, threading
from confluent_kafka import Consumer, Producer, TopicPartition
from road import admin, await_log, KAFKA, stop, WORK
from topics import messages

FAR = 2_000_000


class Load:
    """Writes beside, as long as it is entered; a database's own says what, in write()."""

    def __init__(self, f):
        self.f, self.writes, self.over = f, 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self.write)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()


def running(f):
    """A feed, and its process once it has read its tables."""
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
    parts = [(topic, p) for p in admin.list_topics(topic).topics[topic].partitions]
    return [(m.key(), m.partition(), m.value()) for m in messages(KAFKA, parts)]


def offsets(topic):
    """How many offsets a topic has: its records, and the marks of transactions."""
    c = Consumer({"bootstrap.servers": KAFKA, "group.id": "verify"})
    parts = [TopicPartition(topic, p) for p in c.list_topics(topic).topics[topic].partitions]
    n = sum(high - low for low, high in map(c.get_watermark_offsets, parts))
    c.close()
    return n


def produce(topic, records):
    producer = Producer({"bootstrap.servers": KAFKA, "linger.ms": 5})
    for key, partition, value in records:
        producer.produce(topic, key=key, value=value, partition=partition)
    producer.flush()


def zigzag(n):
    n, out = n << 1 ^ n >> 63, b""
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


def finds_what_was_planted(f, load, table, rows):
    """load: a context that writes to the table meanwhile. It counts in writes, and has a thread."""
    p = running(f)[1]
    folder = os.path.join(WORK, f.name)
    os.mkdir(folder)
    with load:
        for _ in range(3):
            differences, tables = verified(f, "--index", folder)
            assert not differences and tables[table]["state"] == "equal", differences[:5]
        want = plant(f"{f.name}.{table}")
        before = load.writes
        differences, tables = verified(f, "--index", folder, expect=1)
        t = tables[table]
        assert load.writes > before and load.thread.is_alive()
    got = {(d["difference"], d["key"]["id"]): [c["name"] for c in d["columns"]]
           for d in differences}
    wrong = [(k, got.get(k), want.get(k)) for k in got | want if got.get(k) != want.get(k)]
    assert not wrong, (len(wrong), wrong[:5], t)
    assert [t[k] for k in ("missing", "different", "extra", "wrong_key")] == [100, 300, 100, 100]
    assert t["position_from"] != t["position_to"], t
    assert t["records"] + rows <= offsets(f"{f.name}.{table}"), t   # the index has the first ones
    print(f"      {4 * load.writes} writes meanwhile; {t}")
    stop(p)
    return differences
