"""markers.py FOLDER PORT KAFKA_SH: see markers. Environment: TAILRACE, REGISTRY, PG_*, DB."""
import os, signal, subprocess, sys, threading, time
import psycopg
from confluent_kafka import Consumer, IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec
from late_proxy import END, Proxy

FOLDER, PORT, KAFKA_SH = sys.argv[1], int(sys.argv[2]), sys.argv[3]
DB, VERSION = os.environ["DB"], os.environ["KAFKA_VERSION"]
PRIMARY, STANDBY = (os.environ[k].replace("dbname=shop", f"dbname={DB}")
                    for k in ("PG_PRIMARY", "PG_STANDBY"))
FIRST = f"127.0.0.1:{PORT}"
ADMIN = AdminClient({"bootstrap.servers": FIRST})
SKIPPED = "Couldn't find leader endpoint"


def until(what, seconds=60, why=""):
    end = time.time() + seconds
    while not (got := what()):
        if time.time() > end:
            raise SystemExit(f"waited {seconds} s in vain: {why}")
        time.sleep(0.1)
    return got


def second(what):
    """The second broker: up, again, down."""
    env = dict(os.environ, TAILRACE_WORK=f"{FOLDER}/2", KAFKA_PORT=str(PORT + 5),
               KAFKA_JOIN=str(PORT))
    env.pop("KAFKA_ADVERTISED", None)
    os.makedirs(f"{FOLDER}/2", exist_ok=True)
    subprocess.run([KAFKA_SH, what], env=env, check=True)


def kill_second():
    with open(f"{FOLDER}/2/kafka/pid") as f:
        os.kill(int(f.read()), signal.SIGKILL)


def leader(topic):
    t = ADMIN.list_topics(topic, timeout=10).topics[topic]
    return t.partitions[0].leader if t.partitions else -1


def skipped():
    with open(f"{FOLDER}/1/kafka/log") as f:
        return f.read().count(SKIPPED)


class Hold(Proxy):
    """The next commit of a client waits in the proxy until it is let go, or it and its repeats are
    lost."""

    def __init__(self, port, broker):
        self.armed, self.lose = None, False
        self.held, self.go = threading.Event(), threading.Event()
        super().__init__(port, broker)

    def arm(self, client, lose):
        self.held.clear()
        self.go.clear()
        self.lose, self.armed = lose, client.encode()

    def judge(self, api, frame):
        if api != END or not self.armed or self.armed not in frame[:200] or not frame[-1]:
            return "pass"
        self.armed = self.armed if self.lose else None
        self.held.set()
        self.go.wait()
        return "keep" if self.lose else "pass"


class Feed:
    def __init__(self, kind):
        self.name = f"{DB}_{kind}"
        self.topic, self.log = f"{self.name}.public.{kind}", f"{FOLDER}/{self.name}.log"
        self.table, self.config, self.rows = kind, f"{FOLDER}/{self.name}.yaml", 0
        with open(self.config, "w") as f:
            f.write(f'name: {self.name}\n'
                    f'source: {{ conninfo: "{STANDBY}", setup-conninfo: "{PRIMARY}", '
                    f'slot: {self.name} }}\n'
                    f'snapshot: {{ mode: never }}\ntables: {{ include: ["public[.]{kind}"] }}\n'
                    f'topics: {{ position: {self.name}.positions }}\n'
                    f'limits: {{ retry-max-ms: 1000 }}\n'
                    f'registry: {{ url: "{os.environ["REGISTRY"]}" }}\n'
                    f'kafka: {{ bootstrap.servers: "127.0.0.1:{PORT + 4}", '
                    f'client.id: "{self.name}" }}\n')
        for topic, node, config in ((self.topic, 2, {}), (f"{self.name}.positions", 1,
                                                          {"cleanup.policy": "compact"})):
            new = NewTopic(topic, replica_assignment=[[node]], num_partitions=1, config=config)
            ADMIN.create_topics([new])[topic].result()
        self.sql(f"CREATE TABLE {kind} (id int PRIMARY KEY)")
        self.run("setup")
        self.insert(2)
        self.run("run", "--until-current")

    def sql(self, text):
        with psycopg.connect(PRIMARY, autocommit=True) as c:
            c.execute(text)

    def insert(self, n):
        self.sql(f"INSERT INTO {self.table} SELECT generate_series({self.rows}, "
                 f"{self.rows + n - 1})")
        self.rows += n

    def run(self, *command, seconds=180):
        with open(self.log, "a") as log:
            command = [os.environ["TAILRACE"], command[0], "-c", self.config, *command[1:]]
            code = subprocess.run(command, stdout=log, stderr=log, timeout=seconds).returncode
        if code:
            raise SystemExit(f"{command} ended with {code}: see {self.log}")

    def start(self):
        with open(self.log, "a") as log:
            return subprocess.Popen([os.environ["TAILRACE"], "run", "-c", self.config],
                                    stdout=log, stderr=log)

    def said(self, text):
        with open(self.log) as f:
            return f.read().count(text)

    def ends(self):
        """The last stable offset, and the high watermark."""
        got = []
        for level in (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED):
            at = TopicPartition(self.topic, 0)
            got.append(ADMIN.list_offsets({at: OffsetSpec.latest()},
                                          isolation_level=level)[at].result().offset)
        return tuple(got)

    def ids(self):
        """The ids of a reader of what is committed."""
        c = Consumer({"bootstrap.servers": FIRST, "group.id": "markers", "client.id": "reader",
                      "enable.partition.eof": True, "isolation.level": "read_committed"})
        c.assign([TopicPartition(self.topic, 0, 0)])
        ids = []
        for _ in range(300):
            m = c.poll(1)
            if m and m.error() and m.error().name() == "_PARTITION_EOF":
                break
            if m and not m.error() and m.value():
                ids.append(m.key()[5] // 2)     # behind the frame one zigzag byte
        c.close()
        return ids

    def judge(self, what):
        for _ in range(100):        # markers come a little after the commit
            lso, high = self.ends()
            if lso == high:
                break
            time.sleep(0.1)
        ids = self.ids()
        lost, doubled = len(set(range(self.rows)) - set(ids)), len(ids) - len(set(ids))
        print(f"Kafka {VERSION} {what}: {self.rows} rows, {lost} lost, {doubled} doubled, "
              f"{high - lso} hidden", flush=True)
        return None if lost == doubled == 0 and lso == high else f"{what}: {ids} {lso} {high}"


def hidden(f):
    """The second broker is there again, and nobody writes: is a transaction open that has ended?"""
    second("again")
    until(lambda: leader(f.topic) == 2, why="no leader")
    lso, high = until(f.ends)
    print(f"Kafka {VERSION} {f.table}: after the restart {high - lso} offsets are hidden",
          flush=True)
    return high - lso


def broken(f, p, lose):
    """Returns once the transaction has ended everywhere but in the topic."""
    PROXY.arm(f.name, lose)
    f.insert(3)
    if not PROXY.held.wait(60):
        raise SystemExit("no commit came")
    before = skipped()
    if lose:
        p.kill()
        p.wait()
    kill_second()
    until(lambda: leader(f.topic) == -1, why="the second broker still leads")
    PROXY.armed = None
    PROXY.go.set()
    if lose:
        p = f.start()
    until(lambda: skipped() > before, 90, "no marker was left out")
    p.kill()
    p.wait()


def aborted():
    f = Feed("aborted")
    broken(f, f.start(), True)
    there = hidden(f)
    f.run("run", "--until-current")
    return f.judge("aborted") or (None if there else "aborted: nothing was hidden")


def alive():
    """As aborted, and the feed lives: it ends nothing before the second broker is back."""
    f = Feed("alive")
    p, before = f.start(), skipped()
    PROXY.arm(f.name, True)
    f.insert(3)
    if not PROXY.held.wait(60):
        raise SystemExit("no commit came")
    kill_second()
    until(lambda: leader(f.topic) == -1, why="the second broker still leads")
    PROXY.go.set()
    until(lambda: f.said("was not committed"), why="the commit does not fail")
    time.sleep(5)
    second("again")
    PROXY.armed = None
    f.insert(1)
    until(lambda: set(f.ids()) == set(range(f.rows)), 120, "rows do not come")
    p.send_signal(signal.SIGTERM)
    p.wait()
    left_out = skipped() - before
    print(f"Kafka {VERSION} alive: {left_out} markers left out", flush=True)
    return f.judge("alive") or (f"alive: {left_out} left out" if left_out else None)


def committed():
    f = Feed("committed")
    broken(f, f.start(), False)
    there = hidden(f)
    f.insert(1)
    f.run("run", "--until-current")
    return f.judge("committed") or (None if there else "committed: nothing was hidden")


def of_another():
    """Another producer's transaction is open, and lasts: the feed goes on."""
    f = Feed("of_another")
    other = Producer({"bootstrap.servers": FIRST, "transactional.id": f.name + "-other"})
    other.init_transactions()
    other.begin_transaction()
    other.produce(f.topic, b"x", b"other", partition=0)
    other.flush()
    f.insert(3)
    t0 = time.time()
    f.run("run", "--until-current", seconds=55)
    print(f"Kafka {VERSION} of_another: gone on after {time.time() - t0:.0f} s", flush=True)
    other.abort_transaction()
    return f.judge("of_another")


PROXY = Hold(PORT + 4, PORT)
first = Producer({"bootstrap.servers": FIRST, "transactional.id": "first"})
first.init_transactions()       # the coordinator's own topic comes to the first broker alone
second("up")
only = os.environ.get("ONLY")
bad = [b for t in (aborted, alive, committed, of_another)
       if only in (None, t.__name__) and (b := t())]
print("\n".join(bad))
sys.exit(bool(bad))
