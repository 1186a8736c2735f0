"""What tests/bench/many measures.

usage: many.py idle PID STANDBY_DSN BOOTSTRAP REGISTRY DSN TAG SECONDS
       many.py latency LABEL FIRST LAST BOOTSTRAP REGISTRY DSN TAG SECONDS
idle: what a process uses in 60 s. latency: rows are written to the databases TAG_FIRST to TAG_LAST in turn, 200 a second in
all, and timed by the server's own commit time (source.ts_us) until a consumer has them.
"""
import os, sys, threading, time
import psycopg
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from use import cpu

kind, a, b, *rest = sys.argv[1:]
first = b
last = rest.pop(0) if kind == "latency" else None
bootstrap, registry, dsn, tag, seconds = rest
RATE, WARM, IDLE_S = 200, 2.0, 60


def field(pid, name):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))


def connections(pid):
    """Remote port -> how many TCP connections."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = {}
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}") as f:
            for line in f.readlines()[1:]:
                fields = line.split()
                if fields[9] in inodes and fields[3] == "01":
                    port = int(fields[2].rsplit(":", 1)[1], 16)
                    ports[port] = ports.get(port, 0) + 1
    return ports


def switches(pid):
    """Voluntary context switches of all threads: how often they woke up."""
    n = 0
    for t in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{t}/status") as f:
            n += next(int(line.split()[1]) for line in f if line.startswith("voluntary_ctxt_switches"))
    return n


def idle(pid, standby):
    used, woke = cpu(pid), switches(pid)
    time.sleep(IDLE_S)
    used, woke = cpu(pid) - used, switches(pid) - woke
    kafka = int(bootstrap.rsplit(":", 1)[1])
    ports = connections(pid)
    with psycopg.connect(standby) as c:
        n = dict(c.execute("SELECT backend_type, count(*) FROM pg_stat_activity WHERE application_name LIKE 'tailrace%' GROUP BY 1").fetchall())
    print(f"idle: rss_mib={field(pid, 'VmRSS') / 1024:.0f} peak_mib={field(pid, 'VmHWM') / 1024:.0f} cpu_percent={100 * used / IDLE_S:.1f}"
          f" wakeups_per_s={woke / IDLE_S:.0f} threads={field(pid, 'Threads')} kafka_connections={ports.get(kafka, 0)}"
          f" database_connections={n}", flush=True)


def latency():
    names = [f"{tag}_{i}" for i in range(int(first), int(last) + 1)]
    links = [psycopg.connect(dsn.replace("dbname=shop", "dbname=" + n), autocommit=True) for n in names]
    topics = [f"{n}.public.ticks" for n in names]
    base = [c.execute("SELECT coalesce(max(id), 0) FROM ticks").fetchone()[0] for c in links]
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "many", "isolation.level": "read_committed",
                  "enable.auto.commit": False, "fetch.error.backoff.ms": 10})
    decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))

    def put(n):
        base[n] += 1
        links[n].execute("INSERT INTO ticks VALUES (%s, now(), 'a note of some length')", (base[n],))

    for n in range(len(links)):     # a topic comes with its first row
        put(n)
    until = time.monotonic() + 120
    while set(topics) - set(c.list_topics(timeout=10).topics) and time.monotonic() < until:
        time.sleep(0.5)
    time.sleep(3)
    c.assign([TopicPartition(t, 0, c.get_watermark_offsets(TopicPartition(t, 0), timeout=10)[1]) for t in topics])
    total = int((float(seconds) + WARM) * RATE)

    def produce():
        start = time.monotonic()
        for i in range(total):
            wait = start + i / RATE - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            put(i % len(links))

    threading.Thread(target=produce, daemon=True).start()
    took, heard = [], time.monotonic()
    while len(took) < total and time.monotonic() - heard < 30:
        m = c.poll(0.5)
        if m is None or m.error():
            continue
        now = time.time_ns() // 1000
        took.append((now - decode(m.value(), None)["source"]["ts_us"]) / 1000)
        heard = time.monotonic()
    came, took = len(took), sorted(took[int(WARM * RATE):])
    if came < total:
        sys.exit(f"only {came} of {total} records came")
    print(f"{a}: feeds={len(links)} transactions={len(took)} rate={RATE}/s p50_ms={took[len(took) // 2]:.1f}"
          f" p99_ms={took[len(took) * 99 // 100]:.1f} max_ms={took[-1]:.1f}", flush=True)


idle(int(a), b) if kind == "idle" else latency()
