"""Reads every topic of a feed with unmodified third-party readers and holds it against the source.

Each record is decoded by confluent-kafka's AvroDeserializer and by fastavro; both must agree. The
records are then replayed in order, and the outcome must equal the source's tables row for row.
Prints one line of figures; exit code 1 when anything differs.

usage: python_reader.py BOOTSTRAP REGISTRY PREFIX DSN [--no-duplicates] [--exact-reads] [--expect
RECORDS]
"""

import argparse, datetime, decimal, io, json, struct, sys
import fastavro, psycopg
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

# an unchanged value out of line: the row keeps what it had
UNAVAILABLE = "__debezium_unavailable_value"
EPOCH = datetime.datetime(1970, 1, 1)


class Decoder:
    """Decodes with both readers; of many records one in `every` with both, the others with
    fastavro."""

    def __init__(self, url, every=1):
        self.client, self.every = SchemaRegistryClient({"url": url}), every
        self.theirs = AvroDeserializer(self.client)
        self.schemas, self.count = {}, 0

    def schema(self, data):
        magic, id = struct.unpack(">bI", data[:5])
        assert magic == 0, "not the registry's frame"
        if id not in self.schemas:
            text = json.loads(self.client.get_schema(id).schema_str)
            self.schemas[id] = (fastavro.parse_schema(text), text)
        return self.schemas[id]

    def __call__(self, data):
        if data is None:
            return None
        a = self.theirs(data, None) if self.count % self.every == 0 else None
        stream = io.BytesIO(data[5:])
        b = fastavro.schemaless_reader(stream, self.schema(data)[0])
        assert not stream.read(1), "bytes are left after the value"
        assert a is None or repr(a) == repr(b), f"AvroDeserializer and fastavro differ: {a} {b}"
        self.count += 1
        return b


def records(bootstrap, prefix):
    c = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "python-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,
        }
    )
    topics = [
        t for t in c.list_topics(timeout=30).topics.values() if t.topic.startswith(prefix + ".")
    ]
    parts = [TopicPartition(t.topic, p, 0) for t in topics for p in t.partitions]
    c.assign(parts)
    ended = set()
    while len(ended) < len(parts):
        for m in c.consume(5000, 1.0):
            if m.error():
                assert m.error().name() == "_PARTITION_EOF", m.error()
                ended.add((m.topic(), m.partition()))
            else:
                yield m
    c.close()


def row_fields(schema):
    for f in schema["fields"]:
        if f["name"] == "before":
            return next(t for t in f["type"] if t != "null")["fields"]
    return [f for f in schema["fields"] if not f["name"].startswith("__")]


def base(t):
    return next((x for x in t if x != "null"), None) if isinstance(t, list) else t


def plain(v, t):
    """A value of the feed as the source's to_jsonb() has it."""
    t = base(t)
    name = t.get("connect.name") if isinstance(t, dict) else None
    if v is None:
        return None
    if isinstance(t, dict) and t["type"] == "array":
        return [plain(x, t["items"]) for x in v]
    if name == "io.debezium.time.Date":
        return (EPOCH + datetime.timedelta(days=v)).date().isoformat()
    if name == "io.debezium.time.MicroTime":
        return ((EPOCH + datetime.timedelta(microseconds=v)).time()).isoformat()
    if name == "io.debezium.time.MicroTimestamp":
        return (EPOCH + datetime.timedelta(microseconds=v)).isoformat()
    if name == "io.debezium.time.ZonedTimestamp":
        return datetime.datetime.fromisoformat(v.replace("Z", "+00:00")).isoformat()
    if (
        name == "io.debezium.data.VariableScaleDecimal"
        or t == "io.debezium.data.VariableScaleDecimal"
    ):
        return decimal.Decimal(int.from_bytes(v["value"], "big", signed=True)).scaleb(
            -v["scale"], decimal.Context(prec=2000)
        )
    if name == "io.debezium.data.Json":
        return json.loads(v, parse_float=decimal.Decimal)
    if isinstance(v, bytes):
        return "\\x" + v.hex()
    return v


def normal(v):
    """Numbers by value, timestamps by digits: 1.50 is 1.5, and 10:00:00.5 is 10:00:00.500000."""
    if isinstance(v, bool) or v is None:
        return v
    if isinstance(v, (int, float, decimal.Decimal)):
        return decimal.Decimal(repr(v) if isinstance(v, float) else v).normalize(
            decimal.Context(prec=2000)
        )
    if isinstance(v, list):
        return [normal(x) for x in v]
    if isinstance(v, dict):
        return {k: normal(x) for k, x in v.items()}
    if isinstance(v, str) and "." in v and ":" in v:
        head, _, tail = v.partition(".")
        digits = tail.split("+")[0]
        return head + ("." + digits.rstrip("0") if digits.strip("0") else "") + tail[len(digits):]
    return v


def freeze(v):
    return json.dumps(v, default=str, sort_keys=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("bootstrap"), ap.add_argument("registry"), ap.add_argument(
        "prefix"
    ), ap.add_argument("dsn")
    ap.add_argument("--no-duplicates", action="store_true")
    ap.add_argument(
        "--exact-reads",
        action="store_true",
        help="a row that is read must be what the changes have made of it by then",
    )
    ap.add_argument("--expect", type=int, help="records that must be there, tombstones not counted")
    args = ap.parse_args()
    decode, state, seen, last = Decoder(args.registry), {}, set(), {}
    ops, duplicates, tombstones, backwards, stale, read = {}, 0, 0, 0, 0, set()
    for m in records(args.bootstrap, args.prefix):
        key, value = decode(m.key()), decode(m.value())
        if value is None:
            tombstones += 1
            assert not state.get(m.topic(), {}).get(
                freeze(key)
            ), f"tombstone of a living row {m.topic()} {key}"
            continue
        op, src = value["op"], value["source"]
        ops[op] = ops.get(op, 0) + 1
        id = (m.topic(), src["txId"], src["lsn"], op, m.key())
        place = (m.topic(), m.key())
        # read twice, and nothing changed between
        duplicates += id in seen or (op == "r" and place in read)
        seen.add(id)
        read.add(place) if op == "r" else read.discard(place)
        if op != "r":
            # transactions come in commit order, and their changes in log order
            point = (int(json.loads(src["sequence"])[0] or 0), src["lsn"])
            backwards += point < last.get((m.topic(), m.partition()), (0, 0))
            last[m.topic(), m.partition()] = point
        rows = state.setdefault(m.topic(), {})
        if op in "rcu":
            fields = row_fields(decode.schema(m.value())[1])
            row = {f["name"]: plain(value["after"][f["name"]], f["type"]) for f in fields}
            had = rows.get(freeze(key))
            if op == "u" and had and UNAVAILABLE in row.values():
                row = {k: had[k] if v == UNAVAILABLE else v for k, v in row.items()}
            if op == "r" and had is not None:       # False: deleted
                if not had or any(had[k] not in (v, UNAVAILABLE) for k, v in row.items()):
                    stale += 1
                    print(
                        "STALE",
                        m.topic(),
                        key,
                        str(row)[:200],
                        str(had)[:200],
                        src["lsn"],
                        file=sys.stderr,
                    )
            rows[freeze(key)] = row
        elif op == "d":
            rows[freeze(key)] = False
    bad = 0
    with psycopg.connect(args.dsn + " options='-c timezone=UTC'") as pg:
        tables = pg.execute(
            "SELECT DISTINCT schemaname, tablename FROM pg_publication_tables"
        ).fetchall()
        for schema, table in tables:
            q = f'SELECT to_jsonb(t)::text FROM "{schema}"."{table}" t'
            want = sorted(
                freeze(normal(json.loads(r[0], parse_float=decimal.Decimal))) for r in pg.execute(q)
            )
            got = sorted(
                freeze(normal(r))
                for r in state.get(f"{args.prefix}.{schema}.{table}", {}).values()
                if r
            )
            if want != got:
                bad += 1
                missing, extra = set(want) - set(got), set(got) - set(want)
                print(
                    f"DIFFERS {schema}.{table}: {len(want)} rows in the source, {len(got)} in the "
                    f"topic;"
                    f" missing {str(sorted(missing)[:1])[:300]} extra "
                    f"{str(sorted(extra)[:1])[:300]}",
                    file=sys.stderr,
                )
    total = sum(ops.values())
    print(
        f"records={total} ops={json.dumps(ops, sort_keys=True)} tombstones={tombstones} "
        f"decoded={decode.count}"
        f" tables={len(tables)} tables_differing={bad} duplicates={duplicates} "
        f"out_of_order={backwards} stale={stale}"
    )
    if args.expect is not None and total - duplicates != args.expect:
        print(f"{args.expect} records were expected", file=sys.stderr)
        bad += 1
    bad += args.exact_reads and stale
    sys.exit(bool(bad or not total or (args.no_duplicates and (duplicates or backwards))))


if __name__ == "__main__":
    main()
