"""
A running feed as others see it over HTTP: /metrics read by Prometheus's own parser, /status, the
page, and clients that mean no good.
"""
import json, os, random, socket, subprocess, sys, urllib.error, urllib.request
from pg_road import feed, feeds
from road import WORK, log_of, main, stop
from suite import until

PARSER = os.path.join(WORK, "prometheus")


def parser():
    """Prometheus's parser of OpenMetrics, installed for this run."""
    if not os.path.isdir(PARSER):
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", PARSER,
                        "prometheus_client==0.22.1", "--root-user-action=ignore",
                        "--disable-pip-version-check"], check=True)
    sys.path.insert(0, PARSER)
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    return text_string_to_metric_families


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Seen:
    """What a feed that listens at this port answers."""

    def __init__(self, port):
        self.port = port

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as r:
            return r.read().decode()

    def metrics(self):
        families = parser()(self.get("/metrics"))
        return {(s.name, frozenset(s.labels.items())): s.value for f in families for s in f.samples}

    def status(self):
        return json.loads(self.get("/status"))["feeds"][0]

    def ready(self):
        try:
            return self.get("/readyz") == "ready\n"
        except (urllib.error.URLError, ConnectionError):
            return False

    def connect(self, request):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        s.sendall(request)
        return s

    def garbage(self, seed):
        r = random.Random(seed)
        try:
            with self.connect((b"GET /" if seed % 3 else b"") + r.randbytes(r.randrange(600))) as s:
                s.shutdown(socket.SHUT_WR)
                while s.recv(65536):
                    pass
        except OSError:
            pass        # it was hung up on


def shown(f):
    port = free_port()
    seen, p = Seen(port), f.start(http__listen=f"127.0.0.1:{port}")
    until(lambda: seen.ready() or p.poll() is not None, 120, lambda: log_of(p)[-2000:])
    return seen, p


EVIL = "<script>alert(1)</script>"


def test_metrics_status_and_page():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, v text); "
             "INSERT INTO t SELECT g, 'x' FROM generate_series(1, 50) g; "
             f'CREATE TABLE "{EVIL}" (id int PRIMARY KEY)')
    seen, p = shown(f)
    f.arrived("public.t", 50)
    f.sql("INSERT INTO t SELECT g, 'y' FROM generate_series(51, 80) g")
    f.sql("UPDATE t SET v = 'z' WHERE id <= 20")
    f.sql("DELETE FROM t WHERE id <= 5")
    f.sql(f'INSERT INTO "{EVIL}" VALUES (1), (2)')
    rows = lambda m, table, op: m.get(("tailrace_table_rows_total", frozenset(
        {"feed": f.name, "schema": "public", "table": table, "op": op}.items())))
    one = lambda m, name: m.get((name, frozenset({"feed": f.name}.items())))
    until(lambda: rows(seen.metrics(), EVIL, "insert") == 2, 60,
          lambda: seen.get("/metrics")[-3000:])
    m = seen.metrics()
    assert [rows(m, "t", op) for op in ("read", "insert", "update", "delete")] == [50, 30, 20, 5], m
    assert one(m, "tailrace_read_rows_total") == 107 and one(m, "tailrace_records_total") == 112, m
    streaming = frozenset({"feed": f.name, "tailrace_state": "streaming"}.items())
    assert m["tailrace_state", streaming] == 1, m
    until(lambda: one(seen.metrics(), "tailrace_queue_batches") == 0)
    until(lambda: one(seen.metrics(), "tailrace_lag_seconds") == 0)
    until(lambda: seen.status().get("wal_status") == "reserved", 180, lambda: seen.status())
    s = seen.status()
    assert s["slot_retained_bytes"] > 0 and s["commits"] > 0 and s["errors"] == [], s
    assert s["backfills"][0]["rows"] == 50 and s["backfills"][0]["state"] == "done", s
    for path in ("/", f"/feed?name={f.name}"):
        page = seen.get(path)
        assert f.name in page and "<script" not in page, page
    assert "&#60;script&#62;alert(1)&#60;/script&#62;" in page, page
    stop(p)


def test_hostile_clients_hold_nothing_up():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    seen, p = shown(f)
    never = [seen.connect(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(100)]
    for i in range(2000):
        seen.garbage(i)
        if i % 20 == 0:
            f.sql("INSERT INTO t VALUES (%s)", i)
    f.arrived("public.t", 100)
    assert seen.get("/healthz") == "ok\n"
    assert seen.status()["sessions"] == 1, log_of(p)[-2000:]
    assert "the feed's state has changed state=streaming" in log_of(p), log_of(p)[-2000:]
    for s in never:
        s.close()
    stop(p)


def test_somebody_listens_there_already():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    seen, p = shown(f)
    at = f"127.0.0.1:{seen.port}"
    r = subprocess.run(f.command("run", http__listen=at, control__socket=WORK + "/other.sock"),
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 2, r.stderr
    assert f"http.listen: {at}: another process has it" in r.stderr, r.stderr
    stop(p)


if __name__ == "__main__":
    main(globals(), feeds)
