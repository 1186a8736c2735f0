"""Asks a BI question of what arrived, with DuckDB, and the same question of the source; both answers must be equal.

usage: bi.py kafka BOOTSTRAP REGISTRY PREFIX SOURCE | bi.py files DIRECTORY PREFIX SOURCE
SOURCE: a conninfo of PostgreSQL, or "mysql DATABASE" (MYSQL_CLI and MYSQL_PRIMARY as in run/FLAVOUR.env)
"""
import decimal, glob, os, subprocess, sys
import duckdb, fastavro, psycopg

QUESTION = """SELECT c.country, count(DISTINCT o.id) AS orders, sum(i.quantity * i.price) AS revenue
FROM orders o JOIN customers c ON c.id = o.customer JOIN order_items i ON i.order_id = o.id
WHERE o.state = 'paid' GROUP BY c.country ORDER BY c.country"""


def from_kafka(bootstrap, registry, prefix):
    from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
    from confluent_kafka.schema_registry import SchemaRegistryClient
    from confluent_kafka.schema_registry.avro import AvroDeserializer
    decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "bi", "isolation.level": "read_committed",
                  "enable.auto.commit": False, "enable.partition.eof": True})
    parts = [TopicPartition(t.topic, p, 0) for t in c.list_topics(timeout=30).topics.values()
             if t.topic.startswith(prefix + ".") for p in t.partitions]
    c.assign(parts)
    ends = 0
    while ends < len(parts):
        for m in c.consume(1000, 1.0):
            if m.error():
                if m.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(m.error())
                ends += 1
            elif m.value() is not None:
                yield m.topic(), decode(m.value(), None)
    c.close()


def from_files(directory, prefix):
    for topic in sorted(os.listdir(directory)):
        if topic.startswith(prefix + ".") and os.path.isdir(os.path.join(directory, topic)):
            for path in sorted(glob.glob(os.path.join(directory, topic, "*.avro"))):
                with open(path, "rb") as f:
                    for value in fastavro.reader(f):
                        yield topic, value


def asked(source):
    """The source's own answer."""
    if not source.startswith("mysql "):
        with psycopg.connect(source) as pg:
            return pg.execute(QUESTION).fetchall()
    cli = [*os.environ["MYSQL_CLI"].split(), "-P", os.environ["MYSQL_PRIMARY"].split(":")[1], "-N", "-B", source.split()[1]]
    out = subprocess.run(cli, input=QUESTION, capture_output=True, text=True, check=True).stdout
    return [(country, int(orders), decimal.Decimal(revenue)) for country, orders, revenue in (line.split("\t") for line in out.splitlines())]


KEYS = {"customers": ("id",), "products": ("sku",), "orders": ("id",), "order_items": ("order_id", "sku")}


def main():
    kind, *rest = sys.argv[1:]
    *where, prefix, database = rest
    tables, changes = {t: {} for t in KEYS}, 0
    for topic, value in (from_kafka if kind == "kafka" else from_files)(*where, prefix):
        name = topic.split(".")[-1]
        row = value["after"] or value["before"]
        key = tuple(row[k] for k in KEYS[name])
        if value["op"] == "d":
            tables[name].pop(key, None)
        else:
            tables[name][key] = row
        changes += 1
    db = duckdb.connect()
    db.execute("CREATE TABLE customers (id int, country text); CREATE TABLE orders (id bigint, customer int, state text);"
               "CREATE TABLE order_items (order_id bigint, sku text, quantity int, price decimal(10,2))")
    for name, columns in (("customers", ("id", "country")), ("orders", ("id", "customer", "state")),
                          ("order_items", ("order_id", "sku", "quantity", "price"))):
        rows = [[r[c] for c in columns] for r in tables[name].values()]
        if rows:
            db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)
    answer = db.execute(QUESTION).fetchall()
    source = asked(database)
    print(f"{changes} changes arrived. Paid orders and revenue by country, from what arrived | from the source:")
    for a, s in zip(answer, source):
        print(f"  {a[0]}  {a[1]:6d}  {a[2]:14.2f}   |  {s[0]}  {s[1]:6d}  {s[2]:14.2f}")
    equal = [tuple(map(str, a)) for a in answer] == [tuple(map(str, s)) for s in source] and answer
    print("EQUAL" if equal else "NOT EQUAL")
    sys.exit(0 if equal else 1)


main()
