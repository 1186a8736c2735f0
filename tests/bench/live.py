"""Runs pgbench at a rate, reads what a feed delivers meanwhile, and prints how much a Kafka
transaction holds and how late it is.

usage: live.py BOOTSTRAP REGISTRY FEED DSN RATE SECONDS LABEL PGBENCH SCRIPT
A record's commit time is the server's own (source.ts_us). The feed writes one position a Kafka
transaction, to FEED.position.
"""

import re, subprocess, sys, threading, time
import psycopg
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

bootstrap, registry, feed, dsn, rate, seconds, label, pgbench, script = sys.argv[1:]
topic = feed + ".public.ticks"
c = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": "live",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "fetch.error.backoff.ms": 10,
        "fetch.wait.max.ms": 5,
    }
)


def end_of(name):
    return c.get_watermark_offsets(TopicPartition(name, 0), timeout=10)[1]


with psycopg.connect(dsn, autocommit=True) as pg:     # the topic comes with the first row
    pg.execute("UPDATE ticks SET n = 0 WHERE id = 1")
until = time.monotonic() + 30
while topic not in c.list_topics(timeout=10).topics and time.monotonic() < until:
    time.sleep(0.2)
time.sleep(1)
first, positions = end_of(topic), end_of(feed + ".position")
c.assign([TopicPartition(topic, 0, first)])
load = subprocess.Popen(
    [pgbench, "-n", "-f", script, "-R", rate, "-c", "4", "-T", seconds, dsn],
    stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL,
    text=True,
)
out, came, at_end = [], [], None
reader = threading.Thread(target=lambda: out.append(load.stdout.read()))
reader.start()
began = last = time.monotonic()
total = None
while total is None or (len(came) < total and time.monotonic() - last < 20):
    got = [m for m in c.consume(5000, 0.005) if not m.error()]
    now = time.time_ns() // 1000
    came += [(now, m.value()) for m in got]
    if got:
        last = time.monotonic()
    if total is None and load.poll() is not None:
        at_end, ran = len(came), time.monotonic() - began
        reader.join()
        total = int(re.search(r"actually processed: (\d+)", out[0]).group(1))
time.sleep(0.5)
# a transaction ends with a marker, which has an offset too
commits = (end_of(feed + ".position") - positions) // 2
decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
took = sorted((now - decode(v, None)["source"]["ts_us"]) / 1000 for now, v in came)
print(
    f"{label} wanted={rate}/s written={total} rate={total / ran:.0f}/s arrived_in_time={at_end} "
    f"lost={total - len(came)} "
    f"kafka_transactions={commits} rows_a_transaction={len(came) / max(commits, 1):.1f} "
    f"p50_ms={took[len(took) // 2]:.1f} "
    f"p99_ms={took[len(took) * 99 // 100]:.1f} max_ms={took[-1]:.1f}",
    flush=True,
)
sys.exit(len(came) != total)
