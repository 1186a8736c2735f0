"""One-row transactions at a steady rate, each timed until a consumer has it decoded.

Since its commit, as PostgreSQL tells (source.ts_us), or since the primary's client was given it
(MySQL, MariaDB): producer, server and consumer share a machine and its clock.
"""
import os, subprocess, sys, threading, time
import psycopg
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

RATE, WARM_S, SILENCE_S = 200, 2, 120


class PostgreSQL:
    """The table "ticks" of a database, which nobody else writes to."""

    def __init__(self, dsn):
        self.link = psycopg.connect(dsn, autocommit=True)
        sql = "SELECT coalesce(max(id), 0) + 1 FROM ticks"
        self.next = self.link.execute(sql).fetchone()[0]

    def put(self):
        self.link.execute("INSERT INTO ticks VALUES (%s, now(), 'a note of some length')",
                          (self.next,))
        self.next += 1

    def written_us(self, record):
        return record["source"]["ts_us"]


class MySQL:
    """The same, by PORT/DATABASE, and by MYSQL_CLI of the environment."""

    def __init__(self, place):
        port, database = place.split("/")
        command = [*os.environ["MYSQL_CLI"].split(), "-P", port, database]
        sql = "SELECT COALESCE(MAX(id), 0) + 1 FROM t_ticks"
        self.next = int(subprocess.check_output([*command, "-Ne", sql]))
        self.client = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0)

    def put(self):
        self.client.stdin.write(b"INSERT INTO t_ticks VALUES (%d, '%d');\n"
                                % (self.next, time.time_ns() // 1000))
        self.next += 1

    def written_us(self, record):
        return int(record["after"]["note"])


def link(place):
    return PostgreSQL(place) if "=" in place else MySQL(place)


class Ticks:
    """Of each (topic, place): the table there."""

    def __init__(self, bootstrap, registry, feeds):
        self.topics = [topic for topic, _ in feeds]
        self.links = [link(place) for _, place in feeds]
        self.consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "ticks",
                                  "isolation.level": "read_committed", "enable.auto.commit": False,
                                  "fetch.error.backoff.ms": 10})
        self.decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
        self.trouble = None

    def missing(self):
        return set(self.topics) - set(self.consumer.list_topics(timeout=30).topics)

    def end_of(self, topic):
        return self.consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)[1]

    def heard(self):
        """(the time, whose, the record) of what comes; ends where nothing has for a while."""
        last = time.monotonic()
        while time.monotonic() - last < SILENCE_S:
            m = self.consumer.poll(0.5)
            if self.trouble:
                sys.exit(f"a row could not be written: {self.trouble}")
            if m is None or m.error():
                continue
            now, last = time.time_ns() // 1000, time.monotonic()
            yield now, self.topics.index(m.topic()), self.decode(m.value(), None)

    def begin(self):
        """Returns when the first row of each has come: a topic comes with its first row."""
        new = self.missing()
        ends = {t: 0 if t in new else self.end_of(t) for t in self.topics}
        awaited = {n: link.next for n, link in enumerate(self.links)}
        for n in awaited:
            self.links[n].put()
        until = time.monotonic() + SILENCE_S
        while self.missing():
            if time.monotonic() > until:
                sys.exit(f"there is no topic {min(self.missing())}")
            time.sleep(0.2)
        self.consumer.assign([TopicPartition(t, 0, end) for t, end in ends.items()])
        for _, n, record in self.heard():
            if awaited.get(n) == record["after"]["id"]:
                del awaited[n]
            if not awaited:
                return
        sys.exit(f"the first row did not come: {self.topics[min(awaited)]}")

    def produce(self, total):
        start = time.monotonic()
        try:
            for i in range(total):
                wait = start + i / RATE - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                self.links[i % len(self.links)].put()
        except (psycopg.Error, OSError) as e:
            self.trouble = e
        self.wrote_s = time.monotonic() - start

    def measure(self, seconds, label):
        """Milliseconds from commit to consumer, of what is written after a while, in order."""
        self.begin()
        total, first, took = int((seconds + WARM_S) * RATE), [x.next for x in self.links], {}
        writer = threading.Thread(target=self.produce, args=(total,), daemon=True)
        writer.start()
        for now, n, record in self.heard():
            if record["after"]["id"] >= first[n]:
                i = (record["after"]["id"] - first[n]) * len(self.links) + n
                took[i] = (now - self.links[n].written_us(record)) / 1000
            if len(took) == total:
                break
        if len(took) < total:
            sys.exit(f"only {len(took)} of {total} records came")
        writer.join()
        ms = sorted(v for i, v in took.items() if i >= WARM_S * RATE)
        print(f"{label} feeds={len(self.links)} transactions={len(ms)}"
              f" rate={total / self.wrote_s:.0f}/s p50_ms={ms[len(ms) // 2]:.1f}"
              f" p99_ms={ms[len(ms) * 99 // 100]:.1f} max_ms={ms[-1]:.1f}", flush=True)
