"""
Orders over HTTP: every path and answer of schemas/openapi.json from a real process, tokens, TLS,
and clients that mean no good while the feed goes on.
"""
import fcntl, json, os, random, socket, ssl, subprocess, urllib.error, urllib.request
from pg_road import feed, feeds
from road import TAILRACE, WORK, log_of, main, stop
from suite import until
from test_pg_see import free_port

TOKEN = "a-token-of-the-test"
with open(os.path.join(os.path.dirname(__file__), "..", "..", "schemas", "openapi.json")) as schema:
    OPENAPI = json.load(schema)


class Service:
    """A feed that runs, and what it answers over HTTP."""

    def __init__(self, f, token=TOKEN, tls=None, **options):
        self.f, self.port, self.tls, self.seen = f, free_port(), tls, set()
        secret = os.path.join(WORK, f.name + ".token")
        with open(secret, "w") as out:
            out.write(token or "")
        if token:
            options["http__token"] = "${file:" + secret + "}"
        self.p = f.start(http__listen=f"127.0.0.1:{self.port}", **options)
        until(lambda: self.runs() or self.p.poll() is not None, 120,
              lambda: log_of(self.p)[-2000:])

    def runs(self):
        try:
            feeds = json.loads(self.call("GET", "/status", token=None)[1])["feeds"]
            return feeds[0]["state"] == "streaming"
        except (OSError, IndexError, KeyError):
            return False

    def call(self, method, path, body=None, token=TOKEN):
        url = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}{path}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        q = urllib.request.Request(url, method=method, data=data)
        if token:
            q.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(q, timeout=60, context=self.tls) as r:
                got = r.status, r.read().decode()
        except urllib.error.HTTPError as e:
            got = e.code, e.read().decode()
        return got

    def order(self, pattern, method="POST", body=None, token=TOKEN, **parts):
        """One of OPENAPI's paths: its code must be there."""
        path = pattern.format(**({"name": self.f.name} | parts))
        code, text = self.call(method, path, body, token)
        assert str(code) in OPENAPI["paths"][pattern][method.lower()]["responses"], (path, code)
        answer = json.loads(text)
        assert answer["ok"] == (code in (200, 202)) and ("error" in answer) != answer["ok"], text
        self.seen.add((pattern, method.lower(), code))
        return code, answer

    def state(self):
        return self.order("/feeds", "GET")[1]["feeds"][0]["state"]


def table(rows=10):
    return feed("CREATE TABLE t (id int PRIMARY KEY); "
                f"INSERT INTO t SELECT generate_series(1, {rows})")


def orders():
    return [(path, method.upper()) for path, methods in OPENAPI["paths"].items()
            for method, what in methods.items() if what.get("security") != []]


def test_every_path_and_answer_of_the_openapi_file():
    rows = 3000
    f = table(rows)
    s = Service(f, snapshot__rows_per_s="500", snapshot__chunk_ms="20")
    f.arrived("public.t", rows)
    code = lambda *args, **more: s.order(*args, **more)[0]
    feed_ = "/feeds/{name}"
    for path, method in orders():
        more = {"id": 1, "order": 1}
        assert code(path, method, token=None, **more) == 401
        assert code(path, method, token=TOKEN[:-1], **more) == 401
        if "{name}" in path:
            good = {"tables": ["public.t"]} if path.endswith("backfills") else None
            assert code(path, method, body=good if method == "POST" else None, name="nobody",
                        **more) == 404
        if "requestBody" in OPENAPI["paths"][path][method.lower()]:
            assert code(path, body=b"{", **more) == 400
            assert code(path, body={"no": "member"}, **more) == 400
            assert code(path, body=b" " * (1 << 20), **more) == 413
        other = "PUT"
        assert s.call(other, path.format(name=f.name, id=1, order=1))[0] == 405
    assert log_of(s.p).count("without the right token") == 1, log_of(s.p)[-2000:]
    assert TOKEN not in log_of(s.p)

    assert s.state() == "streaming"
    assert code(feed_ + "/pause") == 200
    until(lambda: s.state() == "paused")
    assert code(feed_ + "/resume") == 200
    until(lambda: s.state() == "streaming")
    sessions = lambda: s.order("/feeds", "GET")[1]["feeds"][0]["sessions"]
    before = sessions()
    got, answer = s.order(feed_ + "/restart")
    assert got == 202
    until(lambda: s.order("/orders/{order}", "GET", order=answer["order"])[1]["done"])
    assert code("/orders/{order}", "GET", order=99) == 409
    until(lambda: sessions() > before and s.state() == "streaming")
    got, answer = s.order("/reload", body={"dry_run": True})
    assert got == 202
    until(lambda: s.order("/orders/{order}", "GET", order=answer["order"])[1]["done"])
    assert code("/log-level", body={"level": "debug"}) == 200
    assert code("/log-level", body={"level": "loud"}) == 409
    assert code(feed_ + "/log-level", body={"level": "warn"}) == 200
    assert code(feed_ + "/log-level", body={"level": "loud"}) == 409

    got, answer = s.order(feed_ + "/backfills", body={"tables": ["public.t"], "where": "id = 7"})
    assert got == 200
    id = answer["id"]
    jobs = lambda: {j["id"]: j for j in s.order(feed_ + "/backfills", "GET")[1]["jobs"]}
    until(lambda: jobs()[id]["state"] == "done", 60, lambda: jobs())
    assert jobs()[id]["rows"] == 1
    assert code(feed_ + "/backfills", body={"tables": "x"}) == 409
    for what in ("pause", "resume", "cancel"):
        assert code(feed_ + "/backfills/{id}/" + what, id=999) == 409
    id = s.order(feed_ + "/backfills", body={"tables": ["public.t"]})[1]["id"]
    for what, state in ("pause", "paused"), ("resume", "running"), ("cancel", "cancelled"):
        assert code(feed_ + "/backfills/{id}/" + what, id=id) == 200
        assert jobs()[id]["state"] == state, (what, jobs())
    f.arrived("public.t", rows + 1)
    stop(s.p)
    elsewhere = {(feed_ + "/pause", 409), (feed_ + "/resume", 409),  # a stopped one of many feeds
                 (feed_ + "/restart", 409), ("/reload", 409)}        # another order is being done
    missing = {(path, method.lower(), int(c)) for path, method in orders()
               for c in OPENAPI["paths"][path][method.lower()]["responses"]
               if c not in ("403", "503") and (path, int(c)) not in elsewhere} - s.seen
    assert not missing, missing


def test_where_the_socket_is_another_s_no_orders_are_taken():
    f = table()
    path = os.path.join(WORK, f.name + ".sock")
    with open(path + ".process.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        s = Service(f, control__socket=path)
        for path, method in orders():
            good = {"tables": ["public.t"]} if path.endswith("backfills") else None
            assert s.order(path, method, body=good if method == "POST" else None, id=1,
                           order=1)[0] == 503
        stop(s.p)


def test_without_a_token_there_are_no_orders():
    f = table()
    s = Service(f, token=None)
    for path, method in orders():
        assert s.order(path, method, token=TOKEN, id=1, order=1)[0] == 403
    assert s.call("GET", "/healthz", token=None) == (200, "ok\n")
    stop(s.p)
    r = subprocess.run(f.command("run", http__listen="0.0.0.0:1", http__token=TOKEN),
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 2 and "http.token: 0.0.0.0:1 is not on this machine" in r.stderr
    assert TOKEN not in r.stderr


def test_with_tls():
    f = table()
    key, cert = os.path.join(WORK, "http.key"), os.path.join(WORK, "http.crt")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    s = Service(f, tls=ssl.create_default_context(cafile=cert), http__tls_cert=cert,
                http__tls_key=key)
    assert s.state() == "streaming"
    assert s.order("/feeds/{name}/pause", token="wrong")[0] == 401
    assert s.order("/feeds/{name}/pause")[0] == 200
    until(lambda: s.state() == "paused")
    with socket.create_connection(("127.0.0.1", s.port), timeout=20) as plain:
        plain.sendall(b"GET /feeds HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP/1.1 200" not in plain.recv(1000)
    stop(s.p)
    r = subprocess.run(f.command("run", http__listen="127.0.0.1:1", http__tls_cert=cert),
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 2 and "are wanted together" in r.stderr, r.stderr


def test_garbage_stalls_nothing():
    """TAILRACE_GARBAGE=10000 for the long form."""
    f = table()
    s = Service(f)
    r = random.Random(1)
    connect = lambda: socket.create_connection(("127.0.0.1", s.port), timeout=60)
    heads = [b"", b"POST /feeds/", b"POST /feeds/%s/pause HTTP/1.1\r\nHost: x\r\nAuthorization: "
             % f.name.encode(),
             b"POST /reload HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"]
    never = []
    for _ in range(40):     # who never reads, and who never ends what it says
        c = connect()
        c.sendall(b"GET /feeds HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
                  % TOKEN.encode() * 20)
        never.append(c)
    total = int(os.environ.get("TAILRACE_GARBAGE", "1000"))
    for i in range(total):
        try:
            with connect() as c:
                c.sendall(heads[i % len(heads)] + r.randbytes(r.randrange(600)))
                c.shutdown(socket.SHUT_WR)
                while c.recv(65536):
                    pass
        except OSError:
            pass        # it was hung up on
        if i % (total // 20) == 0:
            f.sql("INSERT INTO t VALUES (%s)", 100 + i)
    with connect() as c:    # a line of 1 MB
        try:
            c.sendall(b"POST /feeds/" + b"x" * (1 << 20) + b" HTTP/1.1\r\n\r\n")
            c.recv(1000)
        except OSError:
            pass
    second = subprocess.run(f.command("run"), capture_output=True, text=True, timeout=120)
    assert second.returncode == 2, second.stderr
    f.arrived("public.t", 30)
    feeds_ = s.order("/feeds", "GET")[1]["feeds"]
    assert feeds_[0]["sessions"] == 1 and feeds_[0]["state"] == "streaming", feeds_
    for c in never:
        c.close()
    stop(s.p)


def test_the_file_is_what_the_program_writes():
    r = subprocess.run([TAILRACE, "docs", "openapi"], capture_output=True, text=True, check=True)
    assert json.loads(r.stdout) == OPENAPI


main(globals(), feeds)
