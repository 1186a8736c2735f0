"""What every test of the road needs, whatever the database: runs of the feeder, what arrived in
Kafka, and the tests' main()."""

import json, os, pty, shutil, signal, subprocess, tempfile, time
from confluent_kafka.admin import AdminClient
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
import suite
from suite import until
from topics import messages

TAILRACE, KAFKA, REGISTRY = (os.environ[k] for k in ("TAILRACE", "KAFKA", "REGISTRY"))
WORK = tempfile.mkdtemp(prefix="tailrace-e2e-")
registry = SchemaRegistryClient({"url": REGISTRY})
admin = AdminClient({"bootstrap.servers": KAFKA})
decode = AvroDeserializer(registry)


def options_of(keywords):
    return {k.replace("__", ".").replace("_", "-"): v for k, v in keywords.items()}


running = []    # feeds that a test began


def log_of(p):
    with open(p.log) as f:
        return f.read()


def await_log(p, text, times=1, seconds=60):
    """Waits until a running feed has logged the text so many times."""
    until(
        lambda: log_of(p).count(text) >= times or p.poll() is not None,
        seconds,
        lambda: f"no {text!r} in {log_of(p)[-2000:]}",
    )
    assert log_of(p).count(text) >= times, f'it ended before "{text}": {log_of(p)[-2000:]}'


def stop(p, by=signal.SIGTERM):
    p.send_signal(by)
    assert p.wait(30) == 0, log_of(p)[-2000:]


class Road:
    """A feed by its name, with options. Of the database know the classes below it: sql(),
    caught_up(), drop()."""

    def __init__(self, name, options, text=""):
        self.name, self.options = name, {"registry.url": REGISTRY, "kafka.bootstrap.servers": KAFKA,
                                         # of feeds that are killed, others wait for it
                                         "kafka.transaction.timeout.ms": "10000"} | options
        self.config = os.path.join(WORK, self.name + ".yaml")
        with open(self.config, "w") as f:
            f.write(f"name: {self.name}\n{text}")

    def command(self, command, *args, **options):
        sets = [x for k, v in (self.options | options_of(options)).items()
                for x in ("--set", f"{k}={v}")]
        return [TAILRACE, *command.split(), "-c", self.config, *sets, *args]

    def run(self, command="run", *args, expect=0, timeout=600, **options):
        r = subprocess.run(
            self.command(command, *args, **options), capture_output=True, text=True, timeout=timeout
        )
        assert (
            r.returncode == expect
        ), f"exit {r.returncode}, not {expect}: {r.stdout[-500:]} {r.stderr[-1500:]}"
        return r

    def feed(self, **options):
        self.caught_up()
        return self.run("run", "--until-current", **options)

    def start(self, *args, **options):
        """A running feed; p.log is the file that it logs to."""
        fd, path = tempfile.mkstemp(prefix=self.name, suffix=".log", dir=WORK)
        p = subprocess.Popen(
            self.command("run", *args, **options), stdout=subprocess.DEVNULL, stderr=fd
        )
        os.close(fd)
        p.log = path
        running.append(p)
        return p

    def arrived(self, table, n, seconds=60):
        """Waits for n records of the table."""
        until(
            lambda: len(self.ops(table)) >= n,
            seconds,
            lambda: f"{len(self.ops(table))} of {n} records of {table}",
        )

    def records(self, topic=None, name=None):
        """(topic, key, value, headers) of every committed record of one of the feed's topics, or of
        all, or of the topic `name`; decoded."""
        wanted = name or (f"{self.name}.{topic}" if topic else None)
        parts = [(t.topic, p) for t in admin.list_topics(timeout=30).topics.values()
                 if t.topic == wanted or (not wanted and t.topic.startswith(self.name + "."))
                 for p in t.partitions]
        out = []
        for m in messages(KAFKA, parts):
            k = decode(m.key(), None) if m.key() is not None else None
            v = decode(m.value(), None) if m.value() is not None else None
            out.append((m.topic()[len(self.name) + 1:], k, v, dict(m.headers() or [])))
        return out

    def ops(self, topic):
        return [(v["op"] if v else "tombstone", k) for _, k, v, _ in self.records(topic)]

    def schema(self, topic, part="value"):
        return json.loads(
            registry.get_latest_version(f"{self.name}.{topic}-{part}").schema.schema_str
        )


def jobs_of(f):
    """What the running service reads, once it answers."""
    r = None

    def answers():
        nonlocal r
        r = subprocess.run(f.command("backfill list", "--json"), capture_output=True, text=True)
        return r.returncode == 0
    until(
        answers, 60, lambda: r.stderr + "".join(f"{p.poll()}: {log_of(p)[-1500:]}" for p in running)
    )
    return [json.loads(x) for x in r.stdout.splitlines()]


def job(f, id, want, timeout=30):
    """The backfill of that number, once its state is one of want."""
    for _ in range(timeout * 10):
        jobs = jobs_of(f)
        got = next((j for j in jobs if j["id"] == id), None)
        if got and got["state"] in want:
            return got
        time.sleep(0.1)
    raise AssertionError(f"{jobs} instead of {want}")


def shown_on_a_terminal(f, command, *args):
    """What a command writes to standard error when that is a terminal."""
    ours, theirs = pty.openpty()
    p = subprocess.Popen(f.command(command, *args), stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    try:
        while True:
            shown += os.read(ours, 65536)
    except OSError:     # the other end is closed
        os.close(ours)
    assert p.wait(60) == 0, shown
    return shown.decode()


def reads_on_through_restarts(f, table):
    """20000 rows: a backfill is paused, resumed and killed in its middle, another one cancelled.
    The feed that runs then."""
    p = f.start()
    assert jobs_of(f) == []
    f.run("backfill", "--detach", "--table", table)
    until(lambda: jobs_of(f)[0]["rows"])
    f.run("backfill pause", "1")
    job(f, 1, {"paused"})
    time.sleep(0.5)     # the chunk in hand is finished
    paused = job(f, 1, {"paused"})
    assert 0 < paused["rows"] < 20000, paused
    time.sleep(1)
    assert job(f, 1, {"paused"})["rows"] == paused["rows"]
    stop(p)
    p = f.start()
    until(lambda: jobs_of(f))       # it answers before it has read what is stored
    assert job(f, 1, {"paused"})["rows"] == paused["rows"]
    f.run("backfill resume", "1")
    time.sleep(0.7)
    p.kill()
    p.wait()
    p = f.start()
    until(lambda: jobs_of(f))
    done = job(f, 1, {"done"})
    assert done["rows"] == 20000, done
    f.run("backfill", "--detach", "--table", table)
    time.sleep(0.7)
    f.run("backfill cancel", "2")
    assert job(f, 2, {"cancelled"})["rows"] < 20000
    return p


def was_read_once(f, table):
    """What reads_on_through_restarts() left; and the command reads alone where no service runs."""
    ids = [k["id"] for _, k, v, _ in f.records(table)]
    assert sorted(ids[:20000]) == list(range(1, 20001)) and len(ids) < 40000, (
        len(ids),
        len(set(ids[:20000])),
    )
    alone = f.run("backfill", "--table", table, "--where", "id = 7", "--json")
    assert (
        "reading alone" in alone.stderr and json.loads(alone.stdout.splitlines()[-1])["rows"] == 1
    )
    _, key, value, _ = f.records(table)[-1]
    assert (value["op"], key) == ("r", {"id": 7})


def ask(s, line):
    """A line on a control socket, and the line that it answers."""
    s.sendall(line)
    got = b""
    while not got.endswith(b"\n"):
        part = s.recv(65536)
        if not part:
            break
        got += part
    return got


def tables_of(records):
    """Each table's rows by their keys (keyless: by number), as the records leave them."""
    state = {}
    for topic, k, v, _ in records:
        if v is None:
            continue
        rows = state.setdefault(topic.split(".")[-1], {})
        key = json.dumps(k) if k else len(rows)
        if v["op"] == "d":
            rows.pop(key, None)
        else:
            rows[key] = v["after"]
    return state


def reads_at_its_rates(f, table):
    """6000 rows of some 100 bytes: no faster than snapshot.rows-per-s and snapshot.bytes-per-s
    allow, and not much slower."""
    f.feed()
    seconds = lambda **rate: json.loads(
        f.run("backfill", "--table", table, "--json", **rate).stdout.splitlines()[-1]
    )["seconds"]
    free = seconds()
    for rate in ({"snapshot__rows_per_s": "2000"}, {"snapshot__bytes_per_s": "200000"}):
        took = seconds(**rate)
        assert 2.5 < took < 6 + free, (rate, took, free)
    assert len(f.records(table)) == 18000


def reads_when_the_replica_has_caught_up(f, table, fall_behind, catch_up):
    """20000 rows: nothing is read while the replica is behind by more than snapshot.max-lag-ms, and
    that is said."""
    # Ten seconds and more to fall behind in: a busy machine takes three for it.
    p = f.start(snapshot__max_lag_ms="1000", snapshot__rows_per_s="1500", snapshot__chunk_ms="20")
    jobs_of(f)
    f.run("backfill", "--detach", "--table", table)
    until(lambda: jobs_of(f)[0]["rows"])
    fall_behind()
    await_log(p, "reading waits: the replica is behind")
    time.sleep(1.5)     # what had been read goes out
    waits = jobs_of(f)[0]
    assert (
        waits["state"] == "running" and waits["rows"] < 20000 and "too far behind" in waits["why"]
    ), waits
    time.sleep(1)
    assert jobs_of(f)[0]["rows"] == waits["rows"]
    catch_up()
    await_log(p, "reading goes on lag_ms=")
    assert job(f, 1, {"done"})["rows"] >= 20000
    stop(p)


def main(tests, feeds):
    def drop():
        while running:
            p = running.pop()
            p.kill()
            p.wait()
        while feeds:
            try:
                feeds.pop().drop()
            except Exception as e:
                print("left behind:", e)
    suite.main(tests, drop, lambda: shutil.rmtree(WORK))
