"""--watch: metrics and a webhook."""
import http.server, json, ssl, subprocess, threading, time
import psycopg
from place import PRIMARY, TAILRACE, WORK, database, made, path, run_sql
from suite import until


class Server:
    """Answers each POST with what answer(body) says: a status and a text."""

    def __init__(self, answer, certificate=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                status, text = answer(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def metrics():
    try:
        with open(path("m.prom")) as f:
            return f.read()
    except FileNotFoundError:
        return ""


def test_watch_tells_a_webhook_once_and_keeps_metrics():
    old, new = database("CREATE TABLE t (id int PRIMARY KEY)"), database(
        "CREATE TABLE t (id int PRIMARY KEY)"
    )
    told = []

    def hook(text):
        body = json.loads(text)
        told.append((body["impact"], len(body["tables"])))
        return 503 if len(told) == 2 else 200, ""      # once refused: told again

    server = Server(hook)
    p = subprocess.Popen(
        [
            TAILRACE,
            "schema-diff",
            old,
            new,
            "--watch",
            "1",
            "--metrics",
            path("m.prom"),
            "--webhook",
            server.url,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=WORK,
    )
    try:
        until(lambda: told == [("none", 0)], 20)
        run_sql(new, "ALTER TABLE t ADD x int NOT NULL")
        until(lambda: told[1:] == [("breaking", 1)] * 2, 20)
        assert (
            'tailrace_schema_diff_tables{impact="breaking"} 1' in metrics()
            and "tailrace_schema_diff_up 1" in metrics()
        )
        time.sleep(2.5)
        assert len(told) == 3, told
        psycopg.connect(PRIMARY, autocommit=True).execute(f"DROP DATABASE {made[-1]} WITH (FORCE)")
        until(lambda: "tailrace_schema_diff_up 0" in metrics(), 20)
    finally:
        p.terminate()
        server.server.shutdown()
    out, _ = p.communicate(timeout=10)
    assert p.returncode == 3 and out.count("BREAKING") == 1, (p.returncode, out)


def test_a_webhook_whose_certificate_is_of_a_ca_of_ones_own():
    side, pem, told = path("t.avsc"), path("hook.pem"), []
    with open(side, "w") as f:
        json.dump({"type": "record", "name": "t", "fields": [{"name": "id", "type": "int"}]}, f)
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=hook",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            pem,
            "-out",
            path("ca.pem"),
        ],
        check=True,
        capture_output=True,
    )
    with open(path("ca.pem")) as ca, open(pem, "a") as f:
        f.write(ca.read())
    server = Server(lambda text: (told.append(text), (200, ""))[1], pem)
    watch = [TAILRACE, "schema-diff", side, side, "--watch", "1", "--webhook", server.url]
    try:
        for more, tells in [([], False), (["--ca-file", path("ca.pem")], True)]:
            p = subprocess.Popen(
                watch + more, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=WORK
            )
            try:
                until(lambda: told, 20) if tells else time.sleep(2.5)
            finally:
                p.terminate()
            _, log = p.communicate(timeout=10)
            assert bool(told) == tells and ("the webhook was not told" in log) != tells, (
                more,
                told,
                log,
            )
    finally:
        server.server.shutdown()
