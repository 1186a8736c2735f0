"""Commits 200 rows a second and times each until a consumer has it decoded.

usage: latency.py BOOTSTRAP REGISTRY TOPIC DSN SECONDS LABEL
The commit's time is the server's own (source.ts_us); producer, server and consumer share a machine and its clock.
"""
import sys, threading, time
import psycopg
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

bootstrap, registry, topic, dsn, seconds, label = sys.argv[1:]
RATE, WARM = 200, 2.0
total = int(float(seconds) * RATE)
stop = threading.Event()


def produce():
    with psycopg.connect(dsn, autocommit=True) as c:
        base = c.execute("SELECT coalesce(max(id), 0) FROM ticks").fetchone()[0]
        start = time.monotonic()
        for i in range(total + int(WARM * RATE)):
            wait = start + i / RATE - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            c.execute("INSERT INTO ticks VALUES (%s, now(), 'a note of some length')", (base + i + 1,))


c = Consumer({"bootstrap.servers": bootstrap, "group.id": "latency", "isolation.level": "read_committed",
              "enable.auto.commit": False, "auto.offset.reset": "latest", "fetch.error.backoff.ms": 10})
decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
with psycopg.connect(dsn, autocommit=True) as pg:     # the topic comes with the first row
    pg.execute("INSERT INTO ticks SELECT coalesce(max(id), 0) + 1, now(), 'first' FROM ticks")
until = time.monotonic() + 30
while topic not in c.list_topics(timeout=10).topics and time.monotonic() < until:
    time.sleep(0.2)
time.sleep(1)
low, high = c.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
c.assign([TopicPartition(topic, 0, high)])
threading.Thread(target=produce, daemon=True).start()
took, last = [], time.monotonic()
while len(took) < total + int(WARM * RATE) and time.monotonic() - last < 20:
    m = c.poll(0.5)
    if m is None or m.error():
        continue
    now = time.time_ns() // 1000
    took.append((now - decode(m.value(), None)["source"]["ts_us"]) / 1000)
    last = time.monotonic()
took = sorted(took[int(WARM * RATE):])
if len(took) < total:
    sys.exit(f"only {len(took)} of {total} records came")
print(f"delivery={label} transactions={len(took)} rate={RATE}/s p50_ms={took[len(took) // 2]:.1f}"
      f" p99_ms={took[len(took) * 99 // 100]:.1f} max_ms={took[-1]:.1f}")
