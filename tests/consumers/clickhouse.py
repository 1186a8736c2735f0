"""ClickHouse (chdb): its Kafka table engine with AvroConfluent.   usage: clickhouse.py BOOTSTRAP
REGISTRY PREFIX OUT

The engine reads a topic by one declared row, so not `customers`, which gets a column on the way.
"""

import json, sys, time
from chdb import session

bootstrap, registry, prefix, out = sys.argv[1:]
ROWS = {
    "orders": "id Int64, customer Int32, state String, total Nullable(Decimal(10,2)), placed "
              "Nullable(String), note Nullable(String), receipt Nullable(String)",
    "order_items": "order_id Int64, line Int32, token String, quantity Int32, price Decimal(10,2), "
                   "shipped Nullable(Int32), extra Nullable(String)",
}
KEYS = {"orders": ["id"], "order_items": ["order_id", "line"]}
PRINT = {
    "total": "toDecimalString(total, 2)",
    "price": "toDecimalString(price, 2)",
    "receipt": "lower(hex(receipt))",
}
db = session.Session()


def run(sql):
    try:
        return str(db.query(sql, "CSV")).strip()
    except RuntimeError as e:
        if "Shutdown was called" not in str(e):     # it says so, and makes the table all the same
            raise


run("SET allow_experimental_nullable_tuple_type = 1")
for table, row in ROWS.items():
    names = [c.split()[0] for c in row.split(", ")]
    run(
        f"""CREATE TABLE {table}_queue (before Nullable(Tuple({row})), after Nullable(Tuple({row})), op String)
        ENGINE = Kafka SETTINGS kafka_broker_list = '{bootstrap}', kafka_topic_list = '{prefix}.public.{table}',
        kafka_group_name = '{prefix}.clickhouse.{table}', kafka_format = 'AvroConfluent', kafka_flush_interval_ms = 500,
        format_avro_schema_registry_url = '{registry}'"""
    )
    key = ", ".join(KEYS[table])
    run(
        f"""CREATE TABLE {table} ({row}, deleted UInt8, version UInt64) ENGINE = ReplacingMergeTree(version, deleted) ORDER BY ({key})"""
    )
    image = "assumeNotNull(if(op = 'd', before, after))"
    columns = ", ".join(f"tupleElement({image}, '{n}') AS {n}" for n in names)
    run(
        f"CREATE MATERIALIZED VIEW {table}_view TO {table} AS SELECT {columns}, op = 'd' AS "
        f"deleted, _offset AS version FROM {table}_queue"
    )

# At the end when nothing has come for a while.
before, since = None, time.monotonic()
while time.monotonic() - since < 12:
    now = [run(f"SELECT count(), max(version) FROM {t}") for t in ROWS]
    if now != before:
        before, since = now, time.monotonic()
    if any(n.startswith("0,") for n in now) and time.monotonic() - since < 60:
        since = max(since, time.monotonic() - 5)
    time.sleep(0.5)
for table, row in ROWS.items():
    names = [c.split()[0] for c in row.split(", ")]
    columns = ", ".join(f"{PRINT.get(n, n)} AS {n}" for n in names)
    rows = str(db.query(f"SELECT {columns} FROM (SELECT * FROM {table} FINAL)", "JSONEachRow"))
    with open(f"{out}/{table}.jsonl", "w") as file:
        file.write(rows)
