"""Holds what Debezium wrote against what tailrace wrote, record by record and schema by schema.

usage: compare.py live SOURCE VARIANT BOOTSTRAP REGISTRY REFERENCE_PREFIX OUR_PREFIX     a running
Debezium, and its stored run
       compare.py store SOURCE VARIANT BOOTSTRAP REGISTRY REFERENCE_PREFIX               what it
       wrote becomes the stored run compare.py stored SOURCE VARIANT DIRECTORY AGAIN OUR_PREFIX
       the stored run, and files of ours: of this
                                            run, and of the snapshot that a second run read
                                            afterwards
SOURCE: pg, mysql or mariadb. Waits until the last record of the scenario is there. A difference is
masked or explained by a rule of explained.py, or counts as unexplained. Last line: N events, M
schemas compared, K differences explained, U unexplained.
"""

import collections, glob, gzip, hashlib, importlib, io, json, os, re, struct, sys, time
import fastavro
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from explained import mask

# stored: two directories in place of bootstrap and url
mode, source, variant, bootstrap, url, *prefixes = sys.argv[1:]
rules = importlib.import_module("explained" if source == "pg" else "explained_mysql")
ANOTHER_RUN, RULES = rules.rules(source)
STORED = os.path.join(
    os.path.dirname(os.path.abspath(__file__)),
    "stored",
    ("" if source == "pg" else source + "_") + variant + ".json.gz",
)
SCHEMA = "public" if source == "pg" else "parity"
CHECKED = (f"PREFIX.{SCHEMA}.t_", "PREFIX.unseen.t_")   # rows by snapshot and by stream
registry = None if mode == "stored" else SchemaRegistryClient({"url": url})
ABSENT = "(absent)"
HEADERS = {
    "type": "array",
    "items": {
        "type": "record",
        "name": "Header",
        "fields": [{"name": "name", "type": "string"}, {"name": "value", "type": "bytes"}],
    },
}
NO_PARTITIONS = mask(
    "no partitions",
    "they are Kafka's; a live run compares them",
    path=r"\.partition|partitions",
    when=lambda a, b: b is None,
)
PLACE = "PREFIX"


def murmur2(data):
    """The Java client's hash; a partition is (hash & 0x7fffffff) % partitions."""
    m, h, n = 0x5bd1e995, 0x9747b28c ^ len(data), len(data) & ~3
    for i in range(0, n, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & 0xffffffff
        h = (h * m & 0xffffffff) ^ ((k ^ k >> 24) * m & 0xffffffff)
    if data[n:]:
        h = (h ^ int.from_bytes(data[n:], "little")) * m & 0xffffffff
    h = (h ^ h >> 13) * m & 0xffffffff
    return h ^ h >> 15


def plain(schema):
    """The schema without logical types: values are compared as they stand in the bytes."""
    if isinstance(schema, dict):
        return {k: plain(v) for k, v in schema.items() if k != "logicalType"}
    return [plain(s) for s in schema] if isinstance(schema, list) else schema


def shorter(x):
    """Long values by their length and hash: equal if and only if they are."""
    if isinstance(x, dict):
        return {
            k: (
                [shorter(p) for p in v]
                if k in ("tableChanges", "columns") and isinstance(v, list)
                else shorter(v)
            )
            for k, v in x.items()
        }
    text = json.dumps(x)
    if len(text) > 400:
        return f"{len(text)} characters, sha256 {hashlib.sha256(text.encode()).hexdigest()}"
    return x


def envelope(value):
    """A flat value in the envelope's form, so that one set of rules speaks of both."""
    if not value or "__op" not in value:
        return value
    row = {k: v for k, v in value.items() if not k.startswith("__")}
    rest = {k[2:]: v for k, v in value.items() if k.startswith("__")}
    image = {"before": row, "after": None} if rest["op"] == "d" else {"before": None, "after": row}
    own = ("op", "deleted", "ts_ms")
    return (
        image
        | {k: rest[k] for k in own}
        | {
            "source": {k.replace("source_", ""): v for k, v in rest.items() if k not in own},
            "(order)": list(value),
        }
    )


def transaction(id):
    """The number in "xid:lsn", in a GTID, "uuid:number" or "domain-server-number", and in
    "file=..,pos=..": it grows with the log."""
    return int(id.split(":")[0] if source == "pg" else re.split("[-:=]", id)[-1])


def consumer():
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "parity",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
        }
    )


def records_in(c, topic, partitions):
    try:
        return sum(
            c.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in partitions
        )
    except KafkaException:      # just made, its partitions have no leader yet
        return 0


def wait_for_end():
    c = consumer()
    for prefix in prefixes:
        until = time.monotonic() + 120
        topic = f"{prefix}.{SCHEMA}.parity_end"
        while True:
            parts = c.list_topics(timeout=10).topics.get(topic)
            if parts and records_in(c, topic, parts.partitions):
                break
            if time.monotonic() > until:
                print(f"nothing arrived in {topic}")        # the caller looks for it
                sys.exit(1)
            time.sleep(0.2)
    c.close()


class Side:
    def __init__(self, prefix):
        self.prefix, self.schemas, self.parsed = prefix, collections.defaultdict(list), {}
        # topic without prefix -> (key, partition, headers, value) in order
        self.records = collections.defaultdict(list)
        self.topics = {}
        c = consumer()
        topics = {t: m for t, m in c.list_topics(timeout=10).topics.items() if prefix in t}
        parts = [TopicPartition(t, p, 0) for t, m in topics.items() for p in m.partitions]
        self.topics = {self.neutral(t): len(m.partitions) for t, m in topics.items()}
        c.assign(parts)
        ends = 0
        while ends < len(parts):
            for m in c.consume(1000, 1.0):
                if m.error():
                    ends += m.error().name() == "_PARTITION_EOF"
                else:
                    self.take(m)
        c.close()
        self.schemas.update(
            {
                where: [text for id, text in sorted(these, key=lambda x: x[0])]
                for where, these in self.schemas.items()
            }
        )
        self.settle()

    def settle(self):
        self.order_transactions()
        for topic in self.records:      # how many there are is a matter of time
            if "heartbeat" in topic:
                del self.records[topic][1:]

    def order_transactions(self):
        """Their keys are ids, so they lie anywhere: by their own order, which is the log's, and
        without what names a place in it."""
        records = self.records[PLACE + ".transaction"]
        records.sort(key=lambda r: (transaction(r["key"]["id"]), r["value"]["status"]))
        xids = list(dict.fromkeys(transaction(r["key"]["id"]) for r in records))
        if source != "pg" and xids:     # numbered without a gap in the log itself
            xids = range(xids[0], xids[-1] + 1)
        for r in records:
            assert r["key"]["id"] == r["value"]["id"]
            r["key"] = {"id": f"{r['value']['status']} {xids.index(transaction(r['key']['id']))}"}

    def neutral(self, text):
        return text.replace(self.prefix, PLACE).replace(self.prefix.replace("_", "_u005f"), PLACE)

    def read(self, topic, part, data):
        if data is None:
            return None
        magic, id = struct.unpack(">bI", data[:5])
        assert magic == 0
        if id not in self.parsed:
            text = registry.get_schema(id).schema_str
            self.parsed[id] = (
                fastavro.parse_schema(plain(json.loads(text))),
                json.loads(self.neutral(text)),
            )
        schema, text = self.parsed[id]
        if (id, text) not in self.schemas[topic, part]:
            self.schemas[topic, part].append((id, text))
        rest = io.BytesIO(data[5:])
        value = fastavro.schemaless_reader(rest, schema)
        assert not rest.read(), f"{topic}: bytes left over"
        return self.short(value)

    def short(self, value):
        return shorter(
            json.loads(self.neutral(json.dumps(value, default=lambda b: "0x" + b.hex())))
        )

    def take(self, m):
        topic = self.neutral(m.topic())
        headers = [f"{k}: {self.neutral(v.decode())}" for k, v in m.headers() or []]
        # The key's bytes hold the schema id, so the number itself differs: it must be what the Java
        # client makes of them.
        hashed = (
            m.key() is not None
            and "heartbeat" not in topic
            and (murmur2(m.key()) & 0x7FFFFFFF) % self.topics[topic] == m.partition()
        )
        self.records[topic].append({"key": self.read(topic, "key", m.key()), "headers": headers,
                                    "partition": "by key" if hashed else m.partition(),
                                    "value": envelope(self.read(topic, "value", m.value()))})


class FileSide(Side):
    """What the avro-file sink wrote, with sink.records: messages. Files have no partitions."""

    def __init__(self, directory, prefix):
        self.prefix, self.schemas, self.records = (
            prefix,
            collections.defaultdict(list),
            collections.defaultdict(list),
        )
        # topic -> (key, schema of the value, value), as bytes and text
        self.raw = collections.defaultdict(list)
        self.topics = {}
        for name in sorted(t for t in os.listdir(directory) if prefix in t):
            self.topics[self.neutral(name)] = None
            for path in sorted(glob.glob(f"{glob.escape(os.path.join(directory, name))}/*.avro")):
                with open(path, "rb") as f:
                    self.take_file(self.neutral(name), fastavro.block_reader(f))
        self.settle()

    def take_file(self, topic, blocks):
        text = json.loads(blocks.metadata["avro.schema"])["fields"][1]["type"][1]
        key_text = blocks.metadata.get("key.schema")
        value = fastavro.parse_schema(plain(text))
        key = key_text and fastavro.parse_schema(plain(json.loads(key_text)))
        for part, of in (
            ("key", key_text and json.loads(self.neutral(key_text))),
            ("value", json.loads(self.neutral(json.dumps(text)))),
        ):
            if of and of not in self.schemas[topic, part]:
                self.schemas[topic, part].append(of)
        for block in blocks:
            for _ in range(block.num_records):
                self.take_message(topic, block.bytes_, key, value, json.dumps(text))

    def take_message(self, topic, data, key, value, text):
        k = fastavro.schemaless_reader(data, ["null", "bytes"])
        begin = data.tell() + 1
        v = fastavro.schemaless_reader(data, value) if data.read(1) == b"\2" else None
        body = data.getvalue()[begin:data.tell()]
        headers = fastavro.schemaless_reader(data, HEADERS)
        self.raw[topic].append((k, text, body if v is not None else None))
        self.records[topic].append(
            {
                "key": (
                    None
                    if k is None
                    else self.short(fastavro.schemaless_reader(io.BytesIO(k), key))
                ),
                "partition": None,
                "headers": [f"{h['name']}: {self.neutral(h['value'].decode())}" for h in headers],
                "value": envelope(None if v is None else self.short(v)),
            }
        )


class StoredSide:
    """What Side.store() wrote down."""

    def __init__(self):
        with gzip.open(STORED, "rt") as f:
            kept = json.load(f)
        self.topics, self.records = kept["topics"], collections.defaultdict(list, kept["records"])
        self.schemas = collections.defaultdict(
            list, {tuple(k.split(" ")): v for k, v in kept["schemas"].items()}
        )


def store(side):
    schemas = {" ".join(k): v for k, v in sorted(side.schemas.items())}
    kept = {
        "topics": dict(sorted(side.topics.items())),
        "schemas": schemas,
        "records": dict(sorted(side.records.items())),
    }
    os.makedirs(os.path.dirname(STORED), exist_ok=True)
    with open(STORED, "wb") as f:
        f.write(gzip.compress(json.dumps(kept, ensure_ascii=False).encode(), mtime=0))


def differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in list(a) + [k for k in b if k not in a]:
            yield from differences(a.get(k, ABSENT), b.get(k, ABSENT), f"{path}.{k}")
        if [k for k in a if k in b] != [k for k in b if k in a]:
            yield path + "(order)", list(a), list(b)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            name = x.get("name") if isinstance(x, dict) else None
            yield from differences(x, y, f"{path}[{name or i}]")
    elif json.dumps(a) != json.dumps(b):
        yield path, a, b


def by_key(records):
    """Order is promised within a key; without a key, within the topic."""
    groups = collections.defaultdict(list)
    for r in records:
        groups[json.dumps(r["key"])].append(r)
    return groups


def show(x):
    text = json.dumps(x, ensure_ascii=False)
    return text if len(text) < 240 else text[:200] + f"... ({len(text)} characters)"


def snapshot_is_stream(side):
    """rows.sql runs twice, its keys 100 apart: each of our rows must read the same from the
    snapshot and from the stream."""
    pairs, differing = 0, 0
    for topic, records in side.records.items():
        rows = {
            r["key"]["id"]: r["value"]["after"]
            for r in records
            if topic.startswith(CHECKED)
            and list(r["key"] or {}) == ["id"]
            and r["value"]
            and r["value"]["op"] in "rc"
        }
        for id in [i for i in rows if i < 100 and i + 100 in rows]:
            pairs += 1
            for path, a, b in differences(rows[id] | {"id": 0}, rows[id + 100] | {"id": 0}):
                differing += 1
                print(f"SNAPSHOT IS NOT STREAM {topic} {id}{path}: {show(a)}, {show(b)}")
    print(f"{pairs} rows by snapshot and by stream, {differing} differences")
    return pairs > 0 and not differing


def images(text, body):
    """The bytes of before and after in an envelope."""
    schema, at = json.loads(text), [0]
    for n in (1, 2):
        data = io.BytesIO(body)
        fastavro.schemaless_reader(
            data, fastavro.parse_schema(plain(schema | {"fields": schema["fields"][:n]}))
        )
        at.append(data.tell())
    return body[:at[1]], body[at[1]:at[2]]


def rows(side, ops):
    """The last image of each row: (topic, key) -> bytes, or without a key (topic, bytes) -> how
    many; only those written by ops."""
    last = {}
    for topic, raw in side.raw.items():
        for (key, text, body), record in zip(raw, side.records[topic]):
            if body is None or not record["value"] or "after" not in record["value"]:
                continue
            op = record["value"]["op"]
            before, after = images(text, body)
            if any(h.startswith("__debezium.oldkey") for h in record["headers"]):
                # a changed key, not an inserted row: values that were not sent may be missing
                op = "u"
            if key is None and op in "cr":
                last[topic, after] = last.get((topic, after), (0,))[0] + 1, text, op
            elif key is not None and op in "crud":
                last[topic, key] = after, text, op
    return {where: what for where, what in last.items() if what[2] in ops}


def bytes_are_equal(streamed, again):
    """Each row that the stream inserted, read a second time by a snapshot: the same bytes of its
    image, under the same schema."""
    same, differing, compared = rows(again, "r"), 0, 0
    for where, (image, text, _) in rows(streamed, "c").items():
        # deleted without a record, or altered since
        if where not in same or same[where][1] != text or where[0] in rules.not_logged(source):
            continue
        compared += 1
        if isinstance(image, bytes) and same[where][0] != image:
            differing += 1
            print(
                f"BYTES DIFFER {where[0]} {where[1]}: streamed {image[:200].hex()}, read "
                f"{same[where][0][:200].hex()}"
            )
    print(f"{compared} streamed rows read again, their bytes compared: {differing} differ")
    return compared > 0 and not differing


class Verdict:
    def __init__(self, rules):
        self.rules = rules
        self.counts, self.unexplained, self.used, self.groups = (
            collections.Counter(),
            0,
            collections.Counter(),
            {},
        )

    def judge(self, topic, what, path, a, b):
        for rule in self.rules:
            if rule.covers(topic, what, path, a, b):
                self.used[rule] += 1
                self.counts["masked" if rule.mask else "explained"] += 1
                return
        self.unexplained += 1
        kind = what.split()[0] + " " + what.split()[-1]
        seen = self.groups.setdefault((topic, kind, path), [0, what, a, b])
        seen[0] += 1

    def report(self):
        for (topic, kind, path), (n, what, a, b) in self.groups.items():
            print(f"UNEXPLAINED {n} x {topic} {what} {path}: reference {show(a)}, ours {show(b)}")


def paired(topic, left, right, verdict):
    """Where the rules know a record by its content (identity): one that the other side has not is a
    difference by itself, beside the rest."""
    names = [[rules.identity(topic, r) for r in side] for side in (left, right)]
    kept = []
    for side, own, other in ((left, names[0], set(names[1])), (right, names[1], set(names[0]))):
        kept.append([r for r, name in zip(side, own) if not name or name in other])
        for r, name in zip(side, own):
            if name and name not in other:
                verdict.judge(
                    topic,
                    "record",
                    json.dumps(r["key"]),
                    *((r["value"], None) if side is left else (None, r["value"])),
                )
    return [by_key(side) for side in kept]


def kind(value):
    """A row's op; a schema change has none, but belongs to the snapshot or does not."""
    return value.get("op") or (
        "r" if value.get("source", {}).get("snapshot", "false") != "false" else None
    )


def compare(left, right, explained):
    verdict, events, schemas = Verdict(explained), 0, 0
    for topic in sorted(left.topics.keys() | right.topics.keys()):
        for path, a, b in differences(
            left.topics.get(topic, ABSENT), right.topics.get(topic, ABSENT)
        ):
            verdict.judge(topic, "topic", "partitions", a, b)
        for part in ("key", "value"):
            a, b = left.schemas[topic, part], right.schemas[topic, part]
            if len(a) != len(b):
                verdict.judge(topic, part + " schema", "versions", len(a), len(b))
            for n, (x, y) in enumerate(zip(a, b)):
                schemas += 1
                for path, p, q in differences(x, y):
                    verdict.judge(topic, part + " schema", path, p, q)
        a, b = paired(topic, left.records[topic], right.records[topic], verdict)
        for key in list(a) + [k for k in b if k not in a]:
            if len(a[key]) != len(b[key]):
                verdict.judge(
                    topic,
                    "events",
                    key,
                    [r["value"] and r["value"].get("op") for r in a[key]],
                    [r["value"] and r["value"].get("op") for r in b[key]],
                )
            for n, (x, y) in enumerate(zip(a[key], b[key])):
                events += 1
                # the order of an event's own parts is this program's, not the feed's
                y = {k: y[k] for k in [*x, *y] if k in y}
                for path, p, q in differences(x, y):
                    verdict.judge(topic, f"event {key}/{n} {kind(x['value'] or {})}", path, p, q)
    verdict.report()
    for rule in explained:
        if verdict.used[rule]:
            print(
                f"{'masked   ' if rule.mask else 'explained'} {verdict.used[rule]:5}  {rule.tag}: "
                f"{rule.why}"
            )
    print(
        f"{events} events, {schemas} schemas compared, {verdict.counts['explained']} differences "
        f"explained, "
        f"{verdict.unexplained} unexplained"
    )
    return verdict.unexplained == 0 and events > 0


if mode == "stored":
    ours, again = FileSide(bootstrap, prefixes[0]), FileSide(url, prefixes[0])
    same = snapshot_is_stream(ours)
    # a flat value holds more than the row
    same &= variant == "flat" or bytes_are_equal(ours, again)
    sys.exit(not (compare(StoredSide(), ours, ANOTHER_RUN + [NO_PARTITIONS] + RULES) and same))
wait_for_end()
sides = [Side(p) for p in prefixes]
if mode == "store":
    store(sides[0])
    sys.exit(0)
same = snapshot_is_stream(sides[-1])
print("the stored run against this one of Debezium:")
same &= compare(StoredSide(), sides[0], ANOTHER_RUN + [r for r in RULES if r.mask])
print("Debezium against tailrace:")
sys.exit(not (compare(*sides, RULES) and same))
