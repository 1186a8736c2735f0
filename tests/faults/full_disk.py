"""full_disk.py FOLDER PORT KAFKA_SH: see full-disk. Environment: TAILRACE, REGISTRY, PG_*, DB."""
import os, shutil, signal, subprocess, sys, time
import psycopg
from confluent_kafka import Consumer, TopicPartition

FOLDER, PORT, KAFKA_SH = sys.argv[1], int(sys.argv[2]), sys.argv[3]
DB, VERSION = os.environ["DB"], os.environ["KAFKA_VERSION"]
PRIMARY, STANDBY = (os.environ[k].replace("dbname=shop", f"dbname={DB}")
                    for k in ("PG_PRIMARY", "PG_STANDBY"))
DISK, BALLOON = f"{FOLDER}/disk", f"{FOLDER}/disk/balloon"
TRANSACTIONS, ROWS, BYTES, ROOM = 60, 20, 20000, 8 << 20


def until(what, seconds, why):
    end = time.time() + seconds
    while not what():
        if time.time() > end:
            raise SystemExit(f"waited {seconds} s in vain: {why}")
        time.sleep(0.2)


def broker_lives():
    with open(f"{FOLDER}/kafka/pid") as f:
        pid = f.read().strip()
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().split(")")[-1].split()[0] != "Z"
    except OSError:
        return False


def fill():
    """All of the disk but ROOM."""
    left = shutil.disk_usage(DISK).free - ROOM
    with open(BALLOON, "wb") as f:
        os.posix_fallocate(f.fileno(), 0, left)


def ids_of(topic):
    c = Consumer({"bootstrap.servers": f"127.0.0.1:{PORT}", "group.id": "full-disk",
                  "enable.partition.eof": True, "isolation.level": "read_committed"})
    c.assign([TopicPartition(topic, 0, 0)])
    ids = []
    for _ in range(5000):
        m = c.poll(2)
        if m and m.error() and m.error().name() == "_PARTITION_EOF":
            break
        if m and not m.error() and m.value():
            ids.append(varint(m.key()[5:]))
    c.close()
    return ids


def varint(b):
    n = shift = 0
    for x in b:
        n |= (x & 127) << shift
        shift += 7
        if x < 128:
            return (n >> 1) ^ -(n & 1)


def sql(text):
    with psycopg.connect(PRIMARY, autocommit=True) as c:
        c.execute(text)


def trial(mode):
    table = mode.replace("-", "_")
    name = f"{DB}_{table}"
    config, log = f"{FOLDER}/{name}.yaml", f"{FOLDER}/{name}.log"
    with open(config, "w") as f:
        f.write(f'name: {name}\nsource: {{ conninfo: "{STANDBY}", '
                f'setup-conninfo: "{PRIMARY}", slot: {name} }}\n'
                f'snapshot: {{ mode: never }}\ntables: {{ include: ["public[.]{table}"] }}\n'
                f'sink: {{ delivery: {mode} }}\nlimits: {{ retry-max-ms: 2000 }}\n'
                f'registry: {{ url: "{os.environ["REGISTRY"]}" }}\n'
                f'kafka: {{ bootstrap.servers: "127.0.0.1:{PORT}" }}\n')

    def said():
        with open(log) as f:
            return f.read()

    sql(f"CREATE TABLE {table} (id int PRIMARY KEY, v text); "
        f"ALTER TABLE {table} ALTER v SET STORAGE EXTERNAL")
    with open(log, "w") as out:
        subprocess.run([os.environ["TAILRACE"], "setup", "-c", config], check=True, stdout=out,
                       stderr=out)
        p = subprocess.Popen([os.environ["TAILRACE"], "run", "-c", config], stdout=out, stderr=out)
    try:
        return watched(mode, table, name, p, said)
    finally:
        p.kill()


def watched(mode, table, name, p, said):
    until(lambda: "streaming" in said(), 120, f"the feed does not begin: {said()[-2000:]}")
    fill()
    for i in range(TRANSACTIONS):
        sql(f"INSERT INTO {table} SELECT {i * ROWS} + g, repeat('x', {BYTES}) "
            f"FROM generate_series(0, {ROWS - 1}) g")
    until(lambda: not broker_lives(), 120, "the broker does not stop")
    time.sleep(10)
    alive = p.poll() is None
    os.remove(BALLOON)
    env, starts = dict(os.environ, TAILRACE_WORK=FOLDER), 0
    while subprocess.run([KAFKA_SH, "again"], env=env).returncode:      # as its supervisor would
        starts += 1
        if starts == 3:
            raise SystemExit("the broker does not start")
    want = set(range(TRANSACTIONS * ROWS))
    topic = f"{name}.public.{table}"
    until(lambda: p.poll() is not None or want <= set(ids_of(topic)), 240,
          f"rows do not come: {said()[-3000:]}")
    p.send_signal(signal.SIGTERM)
    code = p.wait(120)
    ids, words = ids_of(topic), [x for x in said().splitlines() if "will reconnect" in x]
    lost, doubled = len(want - set(ids)), len(ids) - len(set(ids))
    print(f"Kafka {VERSION} {mode}: {len(want)} rows, {lost} lost, {doubled} doubled, exit {code}; "
          f"said {len(words)} times, such as: {(words or ['nothing'])[-1][:300]}", flush=True)
    bad = lost or code or not alive or not words or (doubled and mode == "exactly-once")
    return f"{mode}: not as it should be" if bad else None


bad = [b for m in ("at-least-once", "exactly-once") if (b := trial(m))]
print("\n".join(bad))
sys.exit(bool(bad))
