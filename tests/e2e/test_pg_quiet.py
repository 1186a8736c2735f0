"""Nothing is silent for longer than a minute. One test, that waits for it."""
import http.server, subprocess, threading
import psycopg
from pg_road import feed, feeds, STANDBY
from road import await_log, log_of, main, stop


class Refusing(http.server.BaseHTTPRequestHandler):
    """A registry that has taken our account away."""
    asked = 0

    def do_GET(self):
        Refusing.asked += 1
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_line_a_minute():
    """Somebody has paused the replay of the replica: nothing comes, and the log says why. Nor does
    anything come of a feed whose registry refuses it, before the first row needs it."""
    registry = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=registry.serve_forever, daemon=True).start()
    g = feed("CREATE TABLE t (id int PRIMARY KEY)")
    q = g.start(registry__url=f"http://127.0.0.1:{registry.server_port}")
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    p = f.start()
    f.sql("INSERT INTO t VALUES (1)")
    f.arrived("public.t", 1)
    with psycopg.connect(STANDBY, autocommit=True) as s:
        s.execute("SELECT pg_wal_replay_pause()")
        try:
            f.sql("INSERT INTO t SELECT i FROM generate_series(2, 1000) i")
            said = subprocess.run(f.command("check"), capture_output=True, text=True).stdout
            assert "warn  the standby's replay is paused" in said, said
            await_log(p, "nothing to deliver rows=1 position=", seconds=90)
        finally:
            s.execute("SELECT pg_wal_replay_resume()")
    assert "replay=paused behind_bytes=" in log_of(p) and "behind_bytes=0" not in log_of(p), log_of(
        p
    )
    assert "registry=" not in log_of(p), log_of(p)
    await_log(q, "refuses user (none) (HTTP 401)", seconds=30)
    line = next(x for x in log_of(q).splitlines() if "HTTP 401" in x)
    assert (
        " warn " in line and "nothing to deliver rows=0 position=" in line and Refusing.asked <= 2
    ), (line, Refusing.asked)
    f.arrived("public.t", 1000)
    stop(p)
    stop(q)


if __name__ == "__main__":
    main(globals(), feeds)
