"""python_reader.py for MySQL and MariaDB: reads every topic of a feed with third-party readers and
holds it against the source.

usage: mysql_reader.py BOOTSTRAP REGISTRY PREFIX DATABASE [--no-duplicates] [--exact-reads]
[--expect RECORDS] [--both-every N]     MYSQL_CLI and MYSQL_PRIMARY as in run/FLAVOUR.env
"""

import argparse, datetime, json, os, subprocess, sys
from decimal import Decimal
from python_reader import Decoder, base, freeze, records, row_fields

# A column as text, by its type: what its Avro value must render to.
READ = {
    "datetime": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {0})",
    "timestamp": "UNIX_TIMESTAMP({0})",
    "date": "DATEDIFF({0}, '1970-01-01')",
    "time": "TIME_TO_SEC({0}) * 1000000 + MICROSECOND({0})",
    "bit": "{0} + 0",
    "varbinary": "HEX({0})",
    **{
        t: "HEX(CONVERT({0} USING utf8mb4))"
        for t in ("varchar", "char", "text", "longtext", "enum", "set", "json")
    },
}


def select(statement):
    cli = [
        *os.environ["MYSQL_CLI"].split(),
        "-P",
        os.environ["MYSQL_PRIMARY"].split(":")[1],
        "-N",
        "-B",
        "--default-character-set=utf8mb4",
    ]
    out = subprocess.run(
        [
            *cli,
            "-e",
            "SET time_zone = '+00:00', SESSION group_concat_max_len = 1000000; " + statement,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [line.split("\t") for line in out.split("\n")[:-1]]


def source(database):
    """table -> (names and types of its columns, rows as texts)"""
    columns = {}
    for table, name, kind in select(
        f"SELECT table_name, column_name, data_type FROM information_schema.columns WHERE "
        f"table_schema = '{database}' AND table_name LIKE 't%' ORDER BY 1, ordinal_position"
    ):
        columns.setdefault(table, []).append((name, kind))
    for table, cols in columns.items():
        exprs = ", ".join(READ.get(kind, "{0}").format(f"`{name}`") for name, kind in cols)
        yield table, cols, select(f"SELECT {exprs} FROM `{database}`.`{table}`")


def sourced(text, kind):
    """The source's text, where several texts mean the same."""
    if text == "NULL":
        return None
    if kind in ("json", "longtext"):
        return json.loads(bytes.fromhex(text))
    if kind in ("timestamp", "datetime", "time"):
        return str(Decimal(text).normalize() if kind == "timestamp" else int(Decimal(text)))
    return repr(float(text)) if kind in ("double", "float") else text


def fed(v, kind, t):
    if v is None:
        return None
    name = base(t).get("connect.name") if isinstance(base(t), dict) else None
    if kind in ("json", "longtext"):
        return json.loads(v)
    if kind in ("varchar", "char", "text", "enum", "set"):
        return v.encode().hex().upper()
    if kind == "varbinary":
        return v.hex().upper()
    if kind == "bit":
        return str(int.from_bytes(v, "little"))
    if kind == "timestamp":
        at = datetime.datetime.fromisoformat(
            v.replace("Z", "+00:00")
        ) - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
        return str(
            (Decimal(at.days * 86400 + at.seconds) + Decimal(at.microseconds) / 1000000).normalize()
        )
    if kind == "datetime":
        return str(v * 1000 if name == "io.debezium.time.Timestamp" else v)
    if kind == "bigint":
        return str(v)
    return repr(v) if kind in ("double", "float") else str(v)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("bootstrap"), ap.add_argument("registry"), ap.add_argument(
        "prefix"
    ), ap.add_argument("database")
    ap.add_argument("--no-duplicates", action="store_true")
    ap.add_argument("--expect", type=int, help="records that must be there, tombstones not counted")
    ap.add_argument(
        "--both-every",
        type=int,
        default=1,
        help="decode one in so many records with both readers (python_reader.py)",
    )
    ap.add_argument(
        "--exact-reads",
        action="store_true",
        help="a row that is read must be what the changes have made of it by then",
    )
    args = ap.parse_args()
    decode, state, seen, ops, duplicates, types, stale, read = (
        Decoder(args.registry, args.both_every),
        {},
        set(),
        {},
        0,
        {},
        0,
        set(),
    )
    for m in records(args.bootstrap, args.prefix):
        key, value = decode(m.key()), decode(m.value())
        if value is None:
            assert not state.get(m.topic(), {}).get(
                freeze(key)
            ), f"tombstone of a living row {m.topic()} {key}"
            continue
        op, src = value["op"], value["source"]
        ops[op] = ops.get(op, 0) + 1
        id = hash((m.topic(), src["gtid"], src["pos"], src["row"], op, m.key()))
        row = (m.topic(), m.key())
        # read twice, and nothing changed between
        duplicates += id in seen or (op == "r" and row in read)
        seen.add(id)
        read.add(row) if op == "r" else read.discard(row)
        types[m.topic()] = row_fields(decode.schema(m.value())[1])
        rows, after = state.setdefault(m.topic(), {}), value["after"] if op in "rcu" else None
        if op == "r" and rows.get(freeze(key), after) != after:
            stale += 1
            print(
                "STALE",
                m.topic(),
                key,
                str(after)[:200],
                str(rows[freeze(key)])[:200],
                src["file"],
                src["pos"],
                file=sys.stderr,
            )
        rows[freeze(key)] = after
    bad = tables = 0
    for table, cols, rows in source(args.database):
        tables += 1
        topic = f"{args.prefix}.{args.database}.{table}"
        kinds, avro = dict(cols), {f["name"]: f["type"] for f in types.get(topic, [])}
        want = sorted(freeze([sourced(x, kind) for x, (_, kind) in zip(row, cols)]) for row in rows)
        got = sorted(
            freeze([fed(row[c], kinds[c], avro[c]) for c, _ in cols])
            for row in state.get(topic, {}).values()
            if row
        )
        if want != got:
            bad += 1
            print(
                f"DIFFERS {table}: {len(want)} rows in the source, {len(got)} in the topic; "
                f"missing {str(sorted(set(want) - set(got))[:1])[:400]}"
                f" extra {str(sorted(set(got) - set(want))[:1])[:400]}",
                file=sys.stderr,
            )
    total = sum(ops.values())
    print(
        f"records={total} ops={json.dumps(ops, sort_keys=True)} decoded={decode.count} "
        f"tables={tables} tables_differing={bad} duplicates={duplicates} stale={stale}"
    )
    if args.expect is not None and total - duplicates != args.expect:
        print(f"{args.expect} records were expected", file=sys.stderr)
        bad += 1
    bad += args.exact_reads and stale
    sys.exit(bool(bad or not total or (args.no_duplicates and duplicates)))


main()
