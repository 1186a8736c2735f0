"""
The configuration of a running process is read again under load: rows arrive once, feeds that did
not change keep their sessions, and a configuration that is wrong changes nothing.
"""
import json, os, subprocess, threading, time
from estate import Estate, connect, estates
from pg_road import PRIMARY, STANDBY, feed, feeds
from road import TAILRACE, WORK, Road, await_log, log_of, main, running, stop
from suite import until

RELOADS = int(os.environ.get("RELOADS", "8"))


class Folder:
    """A process with a file of conf.d for each database of an estate."""

    def __init__(self, *names):
        self.e = Estate(names)
        feeds.append(estates.pop())
        self.e.run("setup")
        os.remove(self.e.folder + "/conf.d/one.yaml")
        self.of = dict(zip(names, self.e.databases))
        for n in names:
            self.write(n)

    def write(self, name, more="", source=""):
        database = self.of[name]
        conninfo = STANDBY.replace("dbname=shop", "dbname=" + database)
        self.e.write(f"conf.d/{name}.yaml", f"name: {self.e.tag}.{database}\nsource:\n"
                     f"  conninfo: '{conninfo}'\n  slot: tailrace_{database}\n{source}{more}")

    def remove(self, name):
        os.remove(f"{self.e.folder}/conf.d/{name}.yaml")

    def launch(self):
        self.log = os.path.join(WORK, self.e.tag + ".log")
        with open(self.log, "w") as f:
            self.p = subprocess.Popen([TAILRACE, "run", "-c", self.e.folder], stderr=f)
        self.poll, self.returncode = self.p.poll, None
        running.append(self.p)

    def start(self):
        self.launch()
        n = len(os.listdir(self.e.folder + "/conf.d"))
        until(lambda: log_of(self).count("snapshot complete") == n and
              all(x["state"] == "streaming" for x in self.list()), 120,
              lambda: log_of(self)[-3000:])     # a row that came before would be there as both

    def ctl(self, *args, expect=0):
        r = subprocess.run([TAILRACE, "ctl", "-c", self.e.folder, *args], capture_output=True,
                           text=True, timeout=120)
        assert expect is None or r.returncode == expect, (args, r, log_of(self)[-3000:])
        return r

    def list(self):
        return [json.loads(x) for x in self.ctl("list", "--json", expect=None).stdout.splitlines()]

    def one(self, name):
        return next(x for x in self.list() if x["name"] == f"{self.e.tag}.{self.of[name]}")

    def ids(self, name):
        """Of each row that was read or inserted, in the order of the topic."""
        topic = f"{self.of[name]}.public.t"
        return [v["after"]["id"] for t, _, v, _ in Road(self.e.tag, {}).records() if t == topic]

    def insert(self, name, id):
        with connect(PRIMARY, self.of[name]) as c:
            c.execute("INSERT INTO t VALUES (%s, 'x')", (id,))

    def end(self):
        self.p.terminate()
        assert self.p.wait(60) == 0, log_of(self)[-3000:]


class Load:
    """Rows 2, 3, 4, ... into each database, as long as it is entered."""

    def __init__(self, folder):
        self.folder, self.done, self.last = folder, threading.Event(), {}
        self.threads = [threading.Thread(target=self.write, args=(n,)) for n in folder.of]

    def write(self, name):
        with connect(PRIMARY, self.folder.of[name]) as c:
            i = 1
            while not self.done.is_set():
                i += 1
                c.execute("INSERT INTO t VALUES (%s, 'x')", (i,))
                self.last[name] = i
                time.sleep(0.005)

    def __enter__(self):
        for t in self.threads:
            t.start()

    def __exit__(self, *what):
        self.done.set()
        for t in self.threads:
            t.join()


def test_reloads_under_load():
    f = Folder("a", "b", "c")
    f.start()
    name, load, there = f.one("a")["name"], Load(f), True
    with load:
        for i in range(RELOADS):
            f.write("b", f"snapshot: {{ workers: {i % 8 + 3} }}\n")
            if i % 4 == 3:
                f.remove("c") if there else f.write("c")
                there = not there
            sessions = f.one("b")["sessions"]
            said = f.ctl("reload").stdout
            assert f"change {f.e.tag}.{f.of['b']}: snapshot.workers\n" in said, said
            assert f.of["a"] not in said, said
            until(lambda: f.one("b")["sessions"] > sessions and
                  f.one("b")["state"] == "streaming", 60, lambda: log_of(f)[-3000:])
            until(lambda: len(f.list()) == 2 + there)
        f.write("c")
        until(lambda: f.ctl("reload", expect=None).returncode == 0)
    for n in f.of:
        want = list(range(1, load.last[n] + 1))
        until(lambda: len(f.ids(n)) >= len(want), 120, lambda: (n, len(want), len(f.ids(n))))
        got = f.ids(n)
        assert got == want, (n, len(got), len(want), sorted(set(want) ^ set(got))[:5])
    lines = [x for x in log_of(f).splitlines() if x.endswith(f"feed={name}")]
    assert not [x for x in lines if "state=stopped" in x], lines
    lost = [x for x in lines if "will reconnect" in x]      # Kafka's doing, on a busy machine
    assert f.one("a")["sessions"] == 1 + len(lost), lines
    print(f"      {RELOADS} reloads, {len(lost)} sessions lost: {lost}", flush=True)
    assert f.one("b")["sessions"] > RELOADS, f.one("b")
    f.end()


def refused(f, *says):
    before = f.list()
    for dry in ((), ("--dry-run",)):
        r = f.ctl("reload", *dry, expect=2)
        assert all(x in r.stderr for x in says), r.stderr
    assert "the configuration is refused, and the old one goes on" in log_of(f)
    sessions = lambda of: [(x["name"], x["sessions"]) for x in of]
    assert sessions(f.list()) == sessions(before)


def test_a_bad_configuration_changes_nothing():
    f = Folder("a", "b")
    f.start()
    f.write("b", "snapshot: { workers: many }\n")
    os.rename(f"{f.e.folder}/conf.d/a.yaml", f.e.folder + "/a.aside")       # would be removed
    refused(f, "b.yaml:5", "snapshot.workers")
    os.rename(f.e.folder + "/a.aside", f"{f.e.folder}/conf.d/a.yaml")
    f.write("b", "format: { envelop: flat }\n")
    refused(f, "b.yaml:5", "the nearest is format.envelope")
    f.write("b")
    main_file = open(f.e.folder + "/tailrace.yaml").read()
    f.e.write("tailrace.yaml", main_file + "limits: { batch-rows: 7 }\n")
    refused(f, "limits.batch-rows: cannot change while the process runs -> restart it")
    f.e.write("tailrace.yaml", main_file.replace("kafka: {", "kafka: { linger.ms: 3,"))
    refused(f, "kafka: cannot change while the process runs")
    f.e.write("tailrace.yaml", main_file)
    assert f.ctl("reload").stdout == "nothing has changed\n"
    for n in f.of:
        f.insert(n, 2)
        until(lambda: f.ids(n) == [1, 2])
    assert [x["sessions"] for x in f.list()] == [1, 1]
    f.end()


def test_dry_run_says_and_does_nothing():
    f = Folder("a", "b", "c")
    f.remove("c")
    f.start()
    f.remove("b")
    f.write("c")
    f.write("a", "tables: { exclude: [public.u] }\n")
    with open(f.e.folder + "/tailrace.yaml", "a") as main_file:
        main_file.write("log: { level: warn }\n")
    name = lambda n: f"{f.e.tag}.{f.of[n]}"
    want = (f"remove {name('b')}\nchange {name('a')}: tables.exclude\nadd {name('c')}\n"
            "change the process: log.level\n")
    assert f.ctl("reload", "--dry-run").stdout == want
    assert [x["name"] for x in f.list()] == [name("a"), name("b")]
    assert [x["sessions"] for x in f.list()] == [1, 1]
    assert f.ctl("reload").stdout == want
    until(lambda: {x["name"]: x["state"] for x in f.list()} ==
          {name("a"): "streaming", name("c"): "streaming"}, 60, lambda: f.list())
    f.insert("b", 2)
    f.insert("c", 2)
    until(lambda: f.ids("c") == [1, 2])
    assert f.ids("b") == [1]
    f.end()


def test_a_feed_that_had_stopped_is_mended():
    f = Folder("a", "b")
    wrong = "  publication: nowhere\n"
    f.write("b", source=wrong)
    f.launch()
    state = lambda n: f.one(n)["state"]
    until(lambda: [x["state"] for x in f.list()] == ["streaming", "stopped"], 60,
          lambda: log_of(f)[-3000:])
    for i in range(3):
        f.write("b")
        said = f.ctl("reload").stdout
        assert said == f"change {f.e.tag}.{f.of['b']}: source.publication\n", said
        until(lambda: state("b") == "streaming", 60, lambda: log_of(f)[-3000:])
        f.insert("b", i + 2)
        until(lambda: f.ids("b") == list(range(1, i + 3)))
        f.write("b", source=wrong)
        f.ctl("reload")
        until(lambda: state("b") == "stopped", 60, lambda: log_of(f)[-3000:])
    assert f.one("a")["sessions"] == 1
    f.p.terminate()
    assert f.p.wait(60) == 2, log_of(f)[-3000:]


def test_a_table_and_a_user_come():
    f = Folder("a")
    with connect(PRIMARY, f.of["a"]) as c:
        c.execute("CREATE TABLE u (id int PRIMARY KEY); ALTER PUBLICATION tailrace ADD TABLE u")
        c.execute("CREATE ROLE rotated LOGIN SUPERUSER PASSWORD 'second'")
    try:
        f.e.caught_up()
        f.write("a", "tables: { exclude: ['public\\.u'] }\n")
        f.start()
        with connect(PRIMARY, f.of["a"]) as c:
            c.execute("INSERT INTO u VALUES (1)")
            c.execute("INSERT INTO t VALUES (2, 'x')")
        until(lambda: f.ids("a") == [1, 2])
        f.ctl("pause", ".*")
        conninfo = STANDBY.replace("dbname=shop", "dbname=" + f.of["a"])
        f.write("a")
        path = f"{f.e.folder}/conf.d/a.yaml"
        text = open(path).read()
        f.e.write("conf.d/a.yaml", text.replace("user=postgres", "user=rotated password=second"))
        said = f.ctl("reload").stdout
        assert "source.conninfo" in said and "tables.exclude" in said and "second" not in said, said
        time.sleep(2)
        assert f.one("a")["state"] == "paused", f.one("a")      # by an order, which a reload leaves
        f.ctl("resume", ".*")
        with connect(STANDBY) as c:
            users = c.execute("SELECT usename FROM pg_stat_replication r"
                              " JOIN pg_replication_slots s ON s.active_pid = r.pid"
                              " WHERE s.database = %s", (f.of["a"],))
            assert users.fetchall() == [("rotated",)]
        with connect(PRIMARY, f.of["a"]) as c:
            c.execute("INSERT INTO u VALUES (2)")
        topic = f"{f.of['a']}.public.u"
        until(lambda: [v["after"]["id"] for t, _, v, _ in Road(f.e.tag, {}).records()
                       if t == topic] == [2])
        f.end()
    finally:
        f.p.kill()
        f.p.wait()
        with connect(PRIMARY, f.of["a"]) as c:
            c.execute("DROP ROLE rotated")


def test_a_single_feed():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    p = f.start()
    await_log(p, "state=streaming")
    with open(f.config, "a") as c:
        c.write("snapshot: { workers: 3 }\n")
    p.send_signal(1)
    await_log(p, "the configuration was read again added=0 removed=0 changed=1")
    await_log(p, "state=streaming", 2)
    with open(f.config, "a") as c:
        c.write("http: { listen: '127.0.0.1:1' }\n")
    p.send_signal(1)
    await_log(p, "http.listen: cannot change while the process runs")
    f.sql("INSERT INTO t VALUES (1)")
    f.arrived("public.t", 1)
    stop(p)


main(globals(), feeds)
