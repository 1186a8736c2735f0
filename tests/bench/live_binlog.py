"""Writes single-row transactions at a rate, reads what a feed delivers meanwhile, and prints how much a Kafka transaction holds.

usage: live_binlog.py BOOTSTRAP POSITIONS TOPIC PORT DATABASE RATE SECONDS LABEL     with MYSQL_CLI in the environment
The feed writes one position a Kafka transaction, to the topic POSITIONS.
"""
import os, subprocess, sys, time
from confluent_kafka import Consumer, TopicPartition

bootstrap, positions, topic, port, database, rate, seconds, label = sys.argv[1:]
rate, seconds = int(rate), float(seconds)
ROW, TICK_S, CLIENTS = b"INSERT INTO t_ticks (note) VALUES ('a row of thirty-two characters.');\n", 0.002, 8
c = Consumer({"bootstrap.servers": bootstrap, "group.id": "live", "isolation.level": "read_committed",
              "enable.auto.commit": False, "fetch.error.backoff.ms": 10, "fetch.wait.max.ms": 5})


def client():
    return subprocess.Popen([*os.environ["MYSQL_CLI"].split(), "-P", port, database], stdin=subprocess.PIPE, bufsize=0)


def end_of(name):
    return c.get_watermark_offsets(TopicPartition(name, 0), timeout=10)[1]


def await_topic(name):      # it comes with the first row
    until = time.monotonic() + 60
    while name not in c.list_topics(timeout=10).topics and time.monotonic() < until:
        time.sleep(0.2)


await_topic(positions)
time.sleep(2)
first = client()
first.communicate(ROW)
await_topic(topic)
time.sleep(1)
start, before = end_of(topic), end_of(positions)
c.assign([TopicPartition(topic, 0, start)])
clients = [client() for _ in range(CLIENTS)]
came, written, began = 0, 0, time.monotonic()
while (now := time.monotonic() - began) < seconds:
    while written < now * rate:
        clients[written % CLIENTS].stdin.write(ROW)
        written += 1
    came += sum(not m.error() for m in c.consume(5000, TICK_S))
for p in clients:
    p.stdin.close()
while any(p.poll() is None for p in clients):
    came += sum(not m.error() for m in c.consume(5000, TICK_S))
ran, at_end, last = time.monotonic() - began, came, time.monotonic()
while came < written and time.monotonic() - last < 30:
    got = sum(not m.error() for m in c.consume(5000, 0.01))
    last = time.monotonic() if got else last
    came += got
time.sleep(0.5)
commits = (end_of(positions) - before) // 2     # a transaction ends with a marker, which has an offset too
print(f"{label} wanted={rate}/s written={written} rate={written / ran:.0f}/s arrived_in_time={at_end} lost={written - came} "
      f"kafka_transactions={commits} transactions_per_s={commits / ran:.0f} rows_a_transaction={came / max(commits, 1):.1f} "
      f"last_after_s={last - began - ran:.2f}", flush=True)
sys.exit(came != written)
