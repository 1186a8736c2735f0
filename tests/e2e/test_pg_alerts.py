"""
The alerts and the board of deploy/: a real Prometheus scrapes a service that falls behind, loses a
slot and ends. What cannot be brought about in a test has a test of promtool's in tests/prometheus.
"""
import json, os, re, shutil, signal, subprocess, urllib.parse, urllib.request
from estate import Estate, connect, estates
from pg_road import PRIMARY, STANDBY
from road import WORK, main, running
from suite import until
from test_pg_engine import Service, arrived, insert
from test_pg_see import free_port

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = REPO + "/deploy/prometheus/tailrace.rules.yml"
# What takes minutes and gigabytes takes seconds and megabytes here; conditions and words stay.
SHORTER = [(r"for: \d+[mh]", "for: 1s"), (r"\[5m\]", "[10s]"), (r"\[10m\]", "[10s]"),
           (r"> 60\n", "> 4\n"), (r"> 1800\n", "> 8\n"), (r"10 \* 2 \^ 30", "2 ^ 20")]
# Shown by tests/prometheus/rules.test.yml.
BY_PROMTOOL = {"TailraceFeedRetries", "TailraceFeedPaused", "TailraceSlotUnreserved",
               "TailraceDiskWillFill", "TailraceRowsHeld"}


def alerts_of(text):
    return set(re.findall(r"alert: (\w+)", text))


def need_prometheus():
    """Debian's package has both programs."""
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        subprocess.run([REPO + "/deploy/deps", "prometheus"], check=True)


class Prometheus:
    def __init__(self, target):
        need_prometheus()
        folder = os.path.join(WORK, "prometheus-data")
        os.makedirs(folder)
        rules = open(RULES).read()
        for long, short in SHORTER:
            assert re.search(long, rules), long
            rules = re.sub(long, short, rules)
        with open(folder + "/tailrace.rules.yml", "w") as f:
            f.write(rules)
        with open(folder + "/prometheus.yml", "w") as f:
            f.write("global: { scrape_interval: 1s, evaluation_interval: 1s }\n"
                    "rule_files: [tailrace.rules.yml]\n"
                    "scrape_configs:\n- job_name: tailrace\n"
                    f"  static_configs: [{{ targets: ['{target}'] }}]\n")
        self.port, self.seen = free_port(), set()
        with open(folder + "/log", "w") as log:
            self.p = subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml",
                                       f"--storage.tsdb.path={folder}/data",
                                       f"--web.listen-address=127.0.0.1:{self.port}"], stderr=log)
        running.append(self.p)
        until(self.answers, 60, lambda: open(folder + "/log").read()[-2000:])

    def answers(self):
        try:
            return bool(self.get("up"))
        except OSError:
            return False

    def get(self, query):
        """The samples of an instant query: labels and value."""
        asked = urllib.parse.urlencode({"query": query})
        at = f"http://127.0.0.1:{self.port}/api/v1/query?{asked}"
        with urllib.request.urlopen(at, timeout=60) as r:
            return [(s["metric"], float(s["value"][1])) for s in json.load(r)["data"]["result"]]

    def firing(self):
        """(alert, feed) of those that fire."""
        alerts = self.get('ALERTS{alertstate="firing"}')
        now = {(m["alertname"], m.get("feed", "")) for m, _ in alerts}
        self.seen |= {a for a, _ in now}
        return now

    def fires(self, *wanted, seconds=120):
        until(lambda: set(wanted) <= self.firing(), seconds, lambda: f"{wanted} of {self.firing()}")


def test_promtool_takes_the_rules():
    folder = os.path.join(WORK, "promtool")
    os.makedirs(folder)
    need_prometheus()
    for path in (RULES, REPO + "/tests/prometheus/rules.test.yml"):
        shutil.copy(path, folder)
    for command in ("check rules tailrace.rules.yml", "test rules rules.test.yml"):
        r = subprocess.run(["promtool", *command.split()], cwd=folder, capture_output=True,
                           text=True)
        assert r.returncode == 0, r.stdout + r.stderr
    tried = open(folder + "/rules.test.yml").read()
    assert BY_PROMTOOL == set(re.findall(r"alertname: (\w+)", tried)), tried
    with open(REPO + "/docs/operations.md") as f:
        page = f.read()
    assert not [a for a in alerts_of(open(RULES).read()) if f"`{a}`" not in page]


def move_log_on(standby):
    """A file of WAL on, and a restartpoint, which looks at what slots hold."""
    with connect(PRIMARY) as c:
        c.execute("CREATE TABLE moved_on (n int); DROP TABLE moved_on; SELECT pg_switch_wal()")
        c.execute("CHECKPOINT")
        end = c.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
    replayed = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
    until(lambda: standby.execute(replayed, (end,)).fetchone()[0])
    standby.execute("CHECKPOINT")


def test_alerts_fire_and_the_board_shows():
    e = Estate(["a", "b", "c"])
    port = free_port()
    e.run("setup")
    stuck = f"{e.tag}.{e.databases[2]}"
    with connect(PRIMARY, e.databases[2]) as c:
        c.execute("DROP PUBLICATION tailrace")      # this feed stops, and its slot stays
    e.caught_up()
    s = Service(e, "--set", f"http.listen=127.0.0.1:{port}")
    prometheus = Prometheus(f"127.0.0.1:{port}")
    arrived(e, ("r", 1), e.databases[:2])
    prometheus.fires(("TailraceFeedStopped", stuck))
    until(lambda: {a for a, _ in prometheus.firing()} == {"TailraceFeedStopped"}, 60,
          lambda: prometheus.firing())

    a = f"{e.tag}.{e.databases[0]}"
    kafka = int(os.environ["KAFKA_PID"])
    os.kill(kafka, signal.SIGSTOP)
    try:
        for i in range(2, 12):
            insert(e.databases[0], i)
        move_log_on(e.standby)
        prometheus.fires(("TailraceFeedBehind", a), ("TailraceFeedFarBehind", a),
                         ("TailraceNotDelivering", a))
        prometheus.fires(("TailraceSlotHoldsMuch", a))      # asked for once a minute
    finally:
        os.kill(kafka, signal.SIGCONT)
    late = {"TailraceFeedBehind", "TailraceFeedFarBehind", "TailraceNotDelivering"}
    until(lambda: not late & {alert for alert, _ in prometheus.firing()}, 120,
          lambda: prometheus.firing())

    with connect(STANDBY) as standby:
        standby.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '96MB'")
        standby.execute("SELECT pg_reload_conf()")
        try:
            def lost():
                for d in e.databases[:2]:
                    insert(d, 1000 + lost.n)
                arrived(e, ("c", 1000 + lost.n), e.databases[:2])
                lost.n += 1
                move_log_on(standby)
                return standby.execute("SELECT wal_status = 'lost' FROM pg_replication_slots"
                                       " WHERE database = %s", (e.databases[2],)).fetchone()[0]
            lost.n = 0
            until(lost, 180, lambda: "the slot is not lost")
        finally:
            standby.execute("ALTER SYSTEM RESET max_slot_wal_keep_size")
            standby.execute("SELECT pg_reload_conf()")
    with connect(PRIMARY, e.databases[2]) as c:
        c.execute("CREATE PUBLICATION tailrace FOR TABLE t")
    prometheus.fires(("TailraceSlotLost", stuck))

    board = json.load(open(REPO + "/deploy/grafana/tailrace.json"))
    exprs = [t["expr"] for p in board["panels"] for t in p["targets"]]
    assert len(exprs) >= 10
    for expr in exprs:
        query = expr.replace("$__rate_interval", "10m").replace("$feed", ".*")
        if "tailrace_backfill" not in expr:     # only while something is read
            assert prometheus.get(query), f"nothing for {query}"
    names = set(re.findall(r"tailrace_\w+", " ".join(exprs))) - {"tailrace_state"}
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as r:
        told = r.read().decode()
    assert not [n for n in names if n.removesuffix("_total") not in told], names

    stopped = lambda: {f for alert, f in prometheus.firing() if alert == "TailraceFeedStopped"}
    until(lambda: stopped() == {stuck}, 60, lambda: prometheus.firing())
    s.end(by=signal.SIGKILL, expect=-9)
    prometheus.fires(("TailraceDown", ""))
    assert prometheus.seen | BY_PROMTOOL == alerts_of(open(RULES).read()), prometheus.seen


if __name__ == "__main__":
    main(globals(), estates)
