"""late_endtxn.py FOLDER PROXY BROKER FAULTS FEEDS VERSION: see late-endtxn. Environment: TAILRACE,
PG_*, DB."""

import os, random, signal, subprocess, sys, threading, time
import psycopg
from confluent_kafka import Consumer, TopicPartition
from late_proxy import ADD, END, INIT, Fault, Proxy

FOLDER, PORT, BROKER, FAULTS, FEEDS, VERSION = sys.argv[1], *map(int, sys.argv[2:6]), sys.argv[6]
DB = os.environ["DB"]
PRIMARY, STANDBY = (
    os.environ[k].replace("dbname=shop", f"dbname={DB}") for k in ("PG_PRIMARY", "PG_STANDBY")
)
DELAYS = (0, 0.005, 0.02, 0.1, 0.3, 1, 5)
TABLES = 6
# how often of 20, what is late, and what is done with the feeder meanwhile
KINDS = [
    (7, "commit late", dict(api=END, commit=1)),
    (3, "two commits late", dict(api=END, commit=1, keep=2)),
    (2, "answer to a commit lost", dict(api=END, commit=1, forward=True)),
    (3, "commit late, feeder killed", dict(api=END, commit=1)),
    (2, "abort late", dict(api=END, commit=0)),
    (2, "AddPartitionsToTxn late", dict(api=ADD)),
    (1, "InitProducerId late", dict(api=INIT)),
]


class Feed:
    def __init__(self, i):
        self.name = f"{DB}_{i}"
        self.log = open(f"{FOLDER}/{self.name}.log", "a")
        self.config = f"{FOLDER}/{self.name}.yaml"
        with open(self.config, "w") as f:
            f.write(
                f'name: {self.name}\nsource: {{ conninfo: "{STANDBY}", setup-conninfo: '
                f'"{PRIMARY}", slot: {self.name} }}\n'
                f'snapshot: {{ mode: never }}\ntables: {{ include: ["public[.]late_.*"] '
                f'}}\ntopics: {{ partitions: 3 }}\nlimits: {{ retry-max-ms: 2000 }}\n'
                f'registry: {{ url: "{os.environ["REGISTRY"]}" }}\n'
                f'kafka: {{ bootstrap.servers: "127.0.0.1:{PORT}", client.id: "{self.name}", '
                f'transaction.timeout.ms: 15000 }}\n'
            )
        subprocess.run(
            [os.environ["TAILRACE"], "setup", "-c", self.config],
            check=True,
            stdout=self.log,
            stderr=self.log,
        )
        self.faults, self.codes, self.exits = {}, {}, []
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [os.environ["TAILRACE"], "run", "-c", self.config], stdout=self.log, stderr=self.log
        )

    def alive(self):
        # what ends by itself is counted, and started again as a supervisor would
        if self.process.poll() is not None:
            self.exits.append(self.process.returncode)
            self.start()

    def interrupt(self, kind):
        """What brings a request of that kind about, or makes it matter."""
        if "killed" in kind:
            time.sleep(random.choice((0, 0.05, 0.3)))
            self.process.kill()
            self.process.wait()
            self.start()

    def break_source(self):
        with psycopg.connect(STANDBY, autocommit=True) as c:
            c.execute(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name "
                "= %s",
                (self.name,),
            )

    def one(self, proxy, rng):
        kind, spec = rng.choices([(k, s) for _, k, s in KINDS], [n for n, _, _ in KINDS])[0]
        fault = Fault(delay=rng.choice(DELAYS), **spec)
        proxy.arm(self.name, fault)
        if "abort" in kind or "Init" in kind:
            self.break_source()
        if fault.seen.wait(3 if "abort" in kind else 30):
            self.interrupt(kind)
            fault.done.wait(45)
        else:
            kind += ", which nobody sent"
        proxy.disarm(self.name)
        self.alive()
        self.faults[kind] = self.faults.get(kind, 0) + 1
        for c in fault.codes:
            self.codes[c] = self.codes.get(c, 0) + 1

    def faulty(self, proxy, faults, seed):
        rng = random.Random(seed)
        for _ in range(faults):
            time.sleep(rng.random() * 0.5)
            self.one(proxy, rng)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def write(done, written):
    """Transactions of a row a table, until it is told to end."""
    n = 0
    with psycopg.connect(PRIMARY) as c:
        while not done.is_set():
            for t in range(TABLES):
                c.execute(f"INSERT INTO late_{t} (id) VALUES ({n})")
            c.commit()
            n += 1
            time.sleep(0.02)
    written.append(n)


def varint(b):
    n = shift = 0
    for x in b:
        n |= (x & 127) << shift
        shift += 7
        if x < 128:
            return (n >> 1) ^ -(n & 1)


def counts(feed):
    """How often each row of each table was read."""
    c = Consumer(
        {
            "bootstrap.servers": f"127.0.0.1:{BROKER}",
            "group.id": "late",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "client.id": "reader",
        }
    )
    parts = [
        TopicPartition(f"{feed.name}.public.late_{t}", p, 0)
        for t in range(TABLES)
        for p in range(3)
    ]
    c.assign(parts)
    got, ends = [{} for _ in range(TABLES)], 0
    while ends < len(parts):
        for m in c.consume(10000, 5.0):
            if m.error():
                ends += m.error().name() == "_PARTITION_EOF"
                continue
            rows, id = got[int(m.topic()[-1])], varint(m.key()[5:])
            rows[id] = rows.get(id, 0) + 1
    c.close()
    return got


def judge(feed, n):
    got = counts(feed)
    lost = sum(i not in rows for rows in got for i in range(n))
    doubled = sum(k - 1 for rows in got for k in rows.values())
    print(
        f"{VERSION} {feed.name}: {sum(feed.faults.values())} faults, {n * TABLES} rows, {lost} "
        f"lost, {doubled} doubled; "
        f"exits by itself {feed.exits}; answers to what was late {feed.codes}; {feed.faults}",
        flush=True,
    )
    return lost == doubled == 0 and not feed.exits


def main():
    with psycopg.connect(PRIMARY, autocommit=True) as c:
        for t in range(TABLES):
            c.execute(f"DROP TABLE IF EXISTS late_{t}")
            c.execute(f"CREATE TABLE late_{t} (id bigint PRIMARY KEY)")
    proxy, done, written = Proxy(PORT, BROKER), threading.Event(), []
    feeds = [Feed(i) for i in range(FEEDS)]
    writer = threading.Thread(target=write, args=(done, written))
    writer.start()
    time.sleep(3)
    many = [
        threading.Thread(target=f.faulty, args=(proxy, FAULTS // FEEDS, i))
        for i, f in enumerate(feeds)
    ]
    for t in many:
        t.start()
    for t in many:
        t.join()
    time.sleep(2)
    done.set()
    writer.join()
    for f in feeds:
        f.stop()
        subprocess.run(
            [os.environ["TAILRACE"], "run", "-c", f.config, "--until-current"],
            check=True,
            stdout=f.log,
            stderr=f.log,
        )
    good = [judge(f, written[0]) for f in feeds]
    with psycopg.connect(STANDBY, autocommit=True) as c:
        for f in feeds:
            c.execute("SELECT pg_drop_replication_slot(%s)", (f.name,))
    sys.exit(not all(good))


main()
