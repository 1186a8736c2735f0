"""Writes single-row transactions at a rate, reads what a feed delivers meanwhile, and prints how
much a Kafka transaction holds, and how late rows are: since the client of the primary was given
them.

usage: live_binlog.py BOOTSTRAP POSITIONS TOPIC PORT DATABASE RATE SECONDS LABEL     with MYSQL_CLI
in the environment
The feed writes one position a Kafka transaction, to the topic POSITIONS.
"""

import os, re, subprocess, sys, time
from confluent_kafka import Consumer, TopicPartition

bootstrap, positions, topic, port, database, rate, seconds, label = sys.argv[1:]
rate, seconds = int(rate), float(seconds)
TICK_S, CLIENTS = 0.002, 8
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


def row():
    """Its text is when it was written, in 32 digits: its record needs no decoding."""
    return b"INSERT INTO t_ticks (note) VALUES ('%032d');\n" % time.time_ns()


def arrivals(wait_s):
    """How long each record that came took, in ms."""
    got = [m.value() for m in c.consume(5000, wait_s) if not m.error()]
    now = time.time_ns()
    return [(now - int(re.search(rb"\d{32}", v)[0])) / 1e6 for v in got]


def client():
    return subprocess.Popen(
        [*os.environ["MYSQL_CLI"].split(), "-P", port, database], stdin=subprocess.PIPE, bufsize=0
    )


def end_of(name):
    return c.get_watermark_offsets(TopicPartition(name, 0), timeout=10)[1]


def await_topic(name):      # it comes with the first row
    until = time.monotonic() + 60
    while name not in c.list_topics(timeout=10).topics and time.monotonic() < until:
        time.sleep(0.2)


await_topic(positions)
time.sleep(2)
first = client()
first.communicate(row())
await_topic(topic)
time.sleep(1)
start, before = end_of(topic), end_of(positions)
c.assign([TopicPartition(topic, 0, start)])
clients = [client() for _ in range(CLIENTS)]
came, written, began = [], 0, time.monotonic()
while (now := time.monotonic() - began) < seconds:
    while written < now * rate:
        clients[written % CLIENTS].stdin.write(row())
        written += 1
    came += arrivals(TICK_S)
for p in clients:
    p.stdin.close()
while any(p.poll() is None for p in clients):
    came += arrivals(TICK_S)
ran, at_end, last = time.monotonic() - began, len(came), time.monotonic()
while len(came) < written and time.monotonic() - last < 30:
    got = arrivals(0.01)
    last = time.monotonic() if got else last
    came += got
time.sleep(0.5)
took = sorted(came)
# a transaction ends with a marker, which has an offset too
commits = (end_of(positions) - before) // 2
print(
    f"{label} wanted={rate}/s written={written} rate={written / ran:.0f}/s "
    f"arrived_in_time={at_end} lost={written - len(came)} "
    f"kafka_transactions={commits} transactions_per_s={commits / ran:.0f} "
    f"rows_a_transaction={len(came) / max(commits, 1):.1f} "
    f"p50_ms={took[len(took) // 2]:.1f} p99_ms={took[len(took) * 99 // 100]:.1f} "
    f"max_ms={took[-1]:.1f}",
    flush=True,
)
sys.exit(len(came) != written)
