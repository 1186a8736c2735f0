"""first_record.py FOLDER PROXY BROKER TABLES VERSION: see first-record.
Environment: TAILRACE, REGISTRY, PG_*, DB."""
import os, re, subprocess, sys
import psycopg
from confluent_kafka import Consumer, TopicPartition
from late_proxy import PRODUCE, Proxy

FOLDER, PORT, BROKER, TABLES, VERSION = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
DB = os.environ["DB"]
PRIMARY, STANDBY = (os.environ[k].replace("dbname=shop", f"dbname={DB}")
                    for k in ("PG_PRIMARY", "PG_STANDBY"))
ROWS, LARGE = 12, 300000        # three or four rows fill a request


class Damage(Proxy):
    """Of each topic the first produce request loses its checksum's word: the broker refuses it."""

    def __init__(self, port, broker, topic):
        self.topic, self.damaged = topic, {}
        super().__init__(port, broker)

    def judge(self, api, frame):
        found = re.search(self.topic, frame[:1000]) if api == PRODUCE else None
        with self.lock:
            if found and bytes(found[0]) not in self.damaged:
                self.damaged[bytes(found[0])] = len(frame)
                frame[-100] ^= 1
        return "pass"


def feed(mode):
    name = f"{DB}_{mode.replace('-', '_')}"
    config = f"{FOLDER}/{name}.yaml"
    with open(config, "w") as f:
        f.write(f'name: {name}\n'
                f'source: {{ conninfo: "{STANDBY}", setup-conninfo: "{PRIMARY}", slot: {name} }}\n'
                f'snapshot: {{ mode: never }}\ntables: {{ include: ["public[.]{name}_.*"] }}\n'
                f'sink: {{ delivery: {mode} }}\nlimits: {{ retry-max-ms: 2000 }}\n'
                f'registry: {{ url: "{os.environ["REGISTRY"]}" }}\n'
                f'kafka: {{ bootstrap.servers: "127.0.0.1:{PORT}" }}\n')
    return name, config


def run(log, *command):
    command = [os.environ["TAILRACE"], *command]
    return subprocess.run(command, stdout=log, stderr=log, timeout=300).returncode


def ids_of(topic):
    c = Consumer({"bootstrap.servers": f"127.0.0.1:{BROKER}", "group.id": "first-record",
                  "enable.partition.eof": True, "isolation.level": "read_committed"})
    c.assign([TopicPartition(topic, 0, 0)])
    ids = []
    for _ in range(300):
        m = c.poll(1)
        if m and m.error() and m.error().name() == "_PARTITION_EOF":
            break
        if m and not m.error():
            ids.append(m.key()[5] // 2)     # behind the frame one zigzag byte
    c.close()
    return ids


def trial(mode):
    name, config = feed(mode)
    tables = [f"{name}_{i}" for i in range(TABLES)]
    with psycopg.connect(PRIMARY, autocommit=True) as c, open(f"{FOLDER}/{name}.log", "a") as log:
        for t in tables:
            c.execute(f"CREATE TABLE {t} (id int PRIMARY KEY, v text)")
            c.execute(f"ALTER TABLE {t} ALTER v SET STORAGE EXTERNAL")
        catch_up = "run", "-c", config, "--until-current"
        if run(log, "setup", "-c", config) or run(log, *catch_up):
            return f"{mode}: the feed did not begin"
        for t in tables:
            with c.transaction():
                for i in range(ROWS):
                    c.execute(f"INSERT INTO {t} VALUES ({i}, repeat('x', {LARGE}))")
        code = run(log, *catch_up)
    got = {t: ids_of(f"{name}.public.{t}") for t in tables}
    lost = sum(len(set(range(ROWS)) - set(g)) for g in got.values())
    doubled = sum(len(g) - len(set(g)) for g in got.values())
    mixed = sum(sorted(g) != g for g in got.values())
    n = sum(name.encode() in t for t in PROXY.damaged)
    print(f"Kafka {VERSION} {mode}: {n} first requests damaged, {TABLES * ROWS} rows, {lost} lost, "
          f"{doubled} doubled, {mixed} topics out of order, exit {code}", flush=True)
    if lost or doubled or mixed or code or n < TABLES:
        return f"{mode}: not as it should be: {got}"
    return None


PROXY = Damage(PORT, BROKER, re.compile(rb"first_record_\d+_[a-z_]+\.public\.[a-z_0-9]+"))
bad = [x for x in map(trial, ("exactly-once", "at-least-once")) if x]
print("\n".join(bad))
sys.exit(bool(bad))
