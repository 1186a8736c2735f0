"""engine.py FOLDER FEEDS KILLS TURNS STEPS SEED LANES: see engine.

Environment: TAILRACE, KAFKA, REGISTRY, PG_PRIMARY, PG_STANDBY.
"""

import json, os, random, signal, subprocess, sys, threading, time
import psycopg
from confluent_kafka import Consumer, IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from suite import id_of, until

WORK, FEEDS, KILLS, TURNS, STEPS, SEED, LANES = sys.argv[1], *map(int, sys.argv[2:])
KAFKA, PRIMARY, STANDBY = (os.environ[k] for k in ("KAFKA", "PG_PRIMARY", "PG_STANDBY"))
TAG = f"engine_{os.getpid()}_{LANES}"
FOLDER = os.path.join(WORK, TAG)
NAMES = [f"{TAG}_{n:02}" for n in range(FEEDS)]
LARGE = 100000  # rows of a transaction: more than are sent while a commit waits for its end
MOST = 4  # processes at once
running = []


def connect(dsn, database="shop"):
    return psycopg.connect(dsn.replace("dbname=shop", "dbname=" + database), autocommit=True)


# ---- the databases, and what is written to them ----


def prepare():
    os.makedirs(FOLDER + "/conf.d")
    with open(FOLDER + "/tailrace.yaml", "w") as f:
        f.write(
            f"name: {TAG}\nlimits: {{ lanes: {LANES} }}\n"
            f"registry: {{ url: '{os.environ['REGISTRY']}' }}\n"
            f"kafka: {{ bootstrap.servers: '{KAFKA}', transaction.timeout.ms: 20000 }}\n"
        )
    with open(FOLDER + "/conf.d/all.yaml", "w") as f:
        f.write(
            f"cluster: {TAG}\nname: '{{database}}'\ndatabases: ['{TAG}_.*']\nsource:\n"
            f"  conninfo: '{STANDBY.replace('dbname=shop', '')}'\n"
            f"  setup-conninfo: '{PRIMARY.replace('dbname=shop', '')}'\n"
        )
    with connect(PRIMARY) as c:
        c.execute(f"CREATE DATABASE {NAMES[0]}")
        with connect(PRIMARY, NAMES[0]) as first:
            first.execute("CREATE TABLE t (id int PRIMARY KEY)")
        for name in NAMES[1:]:
            c.execute(f"CREATE DATABASE {name} TEMPLATE {NAMES[0]}")
        lsn = c.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
    with connect(STANDBY) as c:
        until(
            lambda: c.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (lsn,)).fetchone()[
                0
            ],
            120,
            lambda: "the standby lags",
        )
    r = subprocess.run(
        [os.environ["TAILRACE"], "setup", "-c", FOLDER], capture_output=True, text=True
    )
    assert r.returncode == 0, r.stdout[-2000:] + r.stderr[-2000:]


class Load:
    """Rows 1, 2, 3, ... into each database's table."""

    def __init__(self):
        self.large = False  # the first database gets large transactions
        self.done, self.last = threading.Event(), {n: 0 for n in NAMES}
        self.writers = [threading.Thread(target=self.write, args=(n,)) for n in NAMES]
        for w in self.writers:
            w.start()

    def write(self, name):
        with connect(PRIMARY, name) as c:
            rows = 3
            while not self.done.wait(0.2 if rows == 3 else 2):
                rows = LARGE if self.large and name == NAMES[0] else 3
                first = self.last[name] + 1
                c.execute(f"INSERT INTO t SELECT generate_series({first}, {first + rows - 1})")
                self.last[name] += rows

    def end(self):
        self.done.set()
        for w in self.writers:
            w.join()


# ---- what has arrived ----


class Reader:
    """What is committed in some topics: read on with each look."""

    def __init__(self, topics):
        self.c = Consumer(
            {
                "bootstrap.servers": KAFKA,
                "group.id": TAG,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,
            }
        )
        self.wanted, self.c_parts = set(topics), 0

    def look(self):
        """Messages since the last look."""
        there = set(self.c.list_topics(timeout=30).topics) & self.wanted
        self.wanted -= there
        if there:
            self.c.incremental_assign([TopicPartition(t, 0, 0) for t in there])
            self.c_parts += len(there)
        ends, end = set(), time.monotonic() + 60
        while len(ends) < self.c_parts and time.monotonic() < end:
            for m in self.c.consume(5000, 0.5):
                if not m.error():
                    yield m
                elif m.error().name() == "_PARTITION_EOF":
                    ends.add(m.topic())


class Arrived:
    def __init__(self):
        self.reader, self.ids = Reader(f"{n}.public.t" for n in NAMES), {n: [] for n in NAMES}

    def look(self):
        for m in self.reader.look():
            self.ids[m.topic().removesuffix(".public.t")].append(id_of(m.key()))

    def reach(self, load, names, logs, seconds=180):
        """What was written by now is there."""
        want = {n: load.last[n] for n in names}

        def there():
            self.look()
            return all(self.ids[n] and self.ids[n][-1] >= want[n] for n in names)

        until(
            there,
            seconds,
            lambda: f"{[(n, self.ids[n][-1:], want[n]) for n in names]}\n"
            + "\n".join(p.said()[-3000:] for p in logs),
        )


class Positions:
    """The stored position of each feed."""

    def __init__(self):
        self.reader, self.now = Reader(["tailrace.positions"]), {}

    def look(self):
        for m in self.reader.look():
            name = (m.key() or b"").decode()
            if name in self.last_of and m.value():
                self.now[name] = json.loads(m.value().split(b"\n")[0])
        return self.now

    last_of = set(NAMES)


# ---- the process ----


class Process:
    count = 0

    def __init__(self, *args):
        Process.count += 1
        self.log = os.path.join(FOLDER, f"{Process.count}.log")
        with open(self.log, "w") as f:
            socket = [
                "--set",
                f"control.socket={FOLDER}/{Process.count}.sock",
            ]  # as on another host
            self.p = subprocess.Popen(
                [os.environ["TAILRACE"], "run", "-c", FOLDER, *socket, *args],
                stdout=subprocess.DEVNULL,
                stderr=f,
            )
        running.append(self.p)

    def said(self):
        with open(self.log) as f:
            return f.read()

    def reading(self):
        """Feeds that read their database."""
        return {
            word[5:]
            for line in self.said().splitlines()
            if " reading host=" in line
            for word in line.split()
            if word.startswith("feed=")
        }

    def freeze(self):
        self.p.send_signal(signal.SIGSTOP)
        until(lambda: open(f"/proc/{self.p.pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T")

    def go_on(self):
        self.p.send_signal(signal.SIGCONT)

    def kill(self):
        self.p.kill()
        self.p.wait()

    def ended(self, code):
        until(lambda: self.p.poll() is not None, 120, lambda: self.said()[-3000:])
        assert self.p.returncode == code, f"exit {self.p.returncode}\n" + self.said()[-3000:]

    def given_up(self, names):
        """Each of these feeds has stopped, as another process has taken it over."""
        lines = [
            line
            for line in self.said().splitlines()
            if "the feed has stopped, the others go on code=4" in line
        ]
        return all(any(line.endswith(f" feed={n}") for line in lines) for n in names)


# ---- moments ----

admin = AdminClient({"bootstrap.servers": KAFKA})


def ends(level):
    topics = set(admin.list_topics(timeout=30).topics) & {f"{n}.public.t" for n in NAMES}
    asked = admin.list_offsets(
        {TopicPartition(t, 0): OffsetSpec.latest() for t in topics}, isolation_level=level
    )
    return {tp.topic: f.result(30).offset for tp, f in asked.items()}


def is_open(p, positions):
    """What is committed ends before what is there."""
    committed, there = ends(IsolationLevel.READ_COMMITTED), ends(IsolationLevel.READ_UNCOMMITTED)
    return any(there[t] > committed.get(t, 0) for t in there)


def lsn(text):
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def is_stored(p, positions):
    with connect(STANDBY) as c:
        known = dict(
            c.execute(
                "SELECT database, confirmed_flush_lsn::text FROM pg_replication_slots"
                " WHERE database LIKE %s",
                (TAG + "%",),
            ).fetchall()
        )
    return any(n in known and lsn(at["lsn"]) > lsn(known[n]) for n, at in positions.look().items())


def is_inside(p, positions):
    return any(at.get("ordinal") for at in positions.look().values())


MOMENTS = {
    "starting": lambda p, positions: "feeds begin" in p.said() and not p.reading(),
    "some": lambda p, positions: 0 < len(p.reading()) < FEEDS,
    "open": is_open,
    "stored": is_stored,
    "inside": is_inside,
}


def kill_in(p, moment, positions):
    """
    Frozen when it is seen. Whether it is there still is asked while nothing moves: if it is not,
    the process goes on.
    """
    is_there = lambda: MOMENTS[moment](p, positions)
    for _ in range(100):
        until(is_there, 120, lambda: f"the moment did not come: {moment}\n" + p.said()[-3000:])
        p.freeze()
        if is_there():
            p.kill()
            return
        p.go_on()
    raise AssertionError(f"the moment was always over: {moment}\n" + p.said()[-3000:])


# ---- the two halves of the test ----


def kills(load, arrived, positions):
    """Each process but the last dies; where it is to die under load, all feeds have written."""
    for i in range(KILLS):
        moment = list(MOMENTS)[i % len(MOMENTS)]
        p = Process("--take-over")
        if moment not in ("starting", "some"):
            arrived.reach(load, NAMES, [p])
        load.large = moment == "inside"
        kill_in(p, moment, positions)
        load.large = False
    p = Process("--take-over")
    arrived.reach(load, NAMES, [p])
    return p


def turns(load, arrived, p):
    half, rest = NAMES[: FEEDS // 2], NAMES[FEEDS // 2 :]
    for _ in range(TURNS):
        p.freeze()
        q = Process("--take-over", *(x for n in half for x in ("--feed", n)))
        arrived.reach(load, half, [p, q])
        p.go_on()
        until(lambda: p.given_up(half), 120, lambda: p.said()[-3000:])
        arrived.reach(load, NAMES, [p, q])
        assert not p.given_up(rest[:1]) and p.p.poll() is None and q.p.poll() is None, p.said()[
            -3000:
        ]
        q.freeze()
        r = Process("--take-over")
        arrived.reach(load, NAMES, [p, q, r])
        q.go_on()
        q.ended(4)
        until(lambda: p.given_up(NAMES), 120, lambda: p.said()[-3000:])
        p.p.terminate()  # it looks for databases that come
        p.ended(4)
        p = r
    return p


def steps(load, arrived, p):
    """Processes with some of the feeds begin, die, pause and go on; one takes all in the end."""
    print(f"{STEPS} random steps, seed {SEED}", flush=True)
    dice = random.Random(SEED)
    going, paused = [p], []
    for _ in range(STEPS):
        step = dice.choice(("begin", "begin", "kill", "pause", "go on"))
        if step == "begin" and len(going) + len(paused) < MOST:
            chosen = dice.sample(NAMES, dice.randint(1, FEEDS))
            force = ["--take-over"] * (dice.random() < 0.7)
            going.append(Process(*force, *(x for n in chosen for x in ("--feed", n))))
        elif step == "kill" and going:
            going.pop(dice.randrange(len(going))).kill()
        elif step == "pause" and going:
            paused.append(going.pop(dice.randrange(len(going))))
            paused[-1].freeze()
        elif step == "go on" and paused:
            going.append(paused.pop(dice.randrange(len(paused))))
            going[-1].go_on()
        time.sleep(dice.uniform(0, 4))
        going = [q for q in going if q.p.poll() is None]  # one whose feeds are all taken has ended
    last = Process("--take-over")
    arrived.reach(load, NAMES, [*going, last])
    for q in paused:
        q.go_on()
    arrived.reach(load, NAMES, [*going, *paused, last])
    for q in going + paused:
        q.kill()
    arrived.reach(load, NAMES, [last])
    assert last.p.poll() is None and not last.given_up(NAMES[:1]), last.said()[-3000:]
    return last


def verdict(load, arrived):
    lost = doubled = disordered = 0
    for n in NAMES:
        ids = arrived.ids[n]
        lost += len(set(range(1, load.last[n] + 1)) - set(ids))
        doubled += len(ids) - len(set(ids))
        disordered += sum(a >= b for a, b in zip(ids, ids[1:]))
    return lost, doubled, disordered


def main():
    t0 = time.monotonic()
    prepare()
    p = Process()
    until(lambda: p.said().count("snapshot complete") == FEEDS, 180, lambda: p.said()[-3000:])
    load, arrived, positions = Load(), Arrived(), Positions()
    try:
        arrived.reach(load, NAMES, [p])
        p.kill()
        p = kills(load, arrived, positions)
        p = turns(load, arrived, p)
        p = steps(load, arrived, p)
    finally:
        load.end()
    arrived.reach(load, NAMES, [p])
    p.p.terminate()
    p.ended(0)
    arrived.look()
    lost, doubled, disordered = verdict(load, arrived)
    print(
        f"{FEEDS} feeds, {LANES} lane(s), {KILLS} kills ({', '.join(list(MOMENTS)[:KILLS])}), "
        f"{2 * TURNS} takeovers of a paused process, {STEPS} random steps: "
        f"{sum(load.last.values())} rows, {lost} lost, "
        f"{doubled} doubled, {disordered} out of order, {time.monotonic() - t0:.0f} s",
        flush=True,
    )
    return lost or doubled or disordered


def drop():
    for p in running:
        if p.poll() is None:
            p.kill()
            p.wait()
    with connect(STANDBY) as s, connect(PRIMARY) as c:

        def free():
            try:
                s.execute(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                    " WHERE database LIKE %s",
                    (TAG + "%",),
                )
                return True
            except psycopg.Error:
                return False

        until(free, 60, lambda: "a slot stays in use")
        for n in NAMES:
            c.execute(f"DROP DATABASE IF EXISTS {n} WITH (FORCE)")


try:
    wrong = main()
finally:
    drop()
sys.exit(bool(wrong))
