"""Connections to PostgreSQL that hang, are half open, are refused, or whose server wants to
stop."""

import os, pwd, signal, socket, subprocess, threading, time
import psycopg
from pg_road import feed, feeds, PRIMARY, STANDBY
from proxy import Proxy
from road import await_log, log_of, main, stop, TAILRACE

SMALL = "CREATE TABLE t (id int PRIMARY KEY, v text)"
PORT = int(psycopg.conninfo.conninfo_to_dict(STANDBY)["port"])


def through(f, port, **more):
    """The feed's connection string by another port."""
    return psycopg.conninfo.make_conninfo(f.standby, port=port, **more)


def stops_soon(p, seconds=4):
    t0 = time.monotonic()
    stop(p)
    assert time.monotonic() - t0 < seconds, time.monotonic() - t0


def test_a_half_open_connection_is_noticed():
    f = feed(SMALL)
    proxy = Proxy(PORT)
    p = f.start(source__conninfo=through(f, proxy.port), source__receive_timeout_ms="4000")
    f.sql("INSERT INTO t VALUES (1, 'before')")
    f.arrived("public.t", 1)
    time.sleep(6)                   # an idle server answers when asked
    assert "heard" not in log_of(p), log_of(p)
    proxy.hang()
    f.sql("INSERT INTO t VALUES (2, 'meanwhile')")
    await_log(p, "the server has not been heard from for 4 s", seconds=20)
    # its walsender is still there for the server: it holds the slot until its own time-out
    with psycopg.connect(STANDBY, autocommit=True) as s:
        s.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = "
            "%s",
            (f.name,),
        )
    f.arrived("public.t", 2)
    stop(p)
    assert [k["id"] for _, k, _, _ in f.records("public.t")] == [1, 2]


def test_sigterm_while_a_server_hangs_at_the_start():
    f = feed(SMALL)
    silent = socket.create_server(("127.0.0.1", 0))         # accepts, and never answers
    for port in (
        silent.getsockname()[1],
        Proxy(PORT, hang_at=b"IDENTIFY_SYSTEM").port,
        Proxy(PORT, hang_at=b"SET client_encoding").port,
        Proxy(PORT, hang_at=b"pg_replication_slots").port,
        Proxy(PORT, hang_at=b"START_REPLICATION").port,
    ):
        p = f.start(source__conninfo=through(f, port))
        await_log(p, "feed begins")
        time.sleep(2)
        assert p.poll() is None, log_of(p)
        stops_soon(p)


def test_sigterm_while_a_reader_is_opened():
    f = feed(SMALL)
    f.sql("INSERT INTO t VALUES (1, 'a')")
    # its connection, its settings, its first looks
    for at in (b"-c enable_tidscan", b"SET enable_tidscan", b"ctid"):
        p = f.start(source__conninfo=through(f, Proxy(PORT, hang_at=at).port))
        await_log(p, "reading host=")
        time.sleep(5)
        assert p.poll() is None, log_of(p)
        stops_soon(p)
    p = f.start(
        source__conninfo=through(f, Proxy(PORT, hang_at=b"SET enable_tidscan").port),
        source__receive_timeout_ms="3000",
    )
    await_log(p, "the server has not answered for 3 s", seconds=60)
    stops_soon(p)


def test_a_server_that_hangs_at_the_start_is_given_up():
    f = feed(SMALL)
    silent = socket.create_server(("127.0.0.1", 0))
    p = f.start(source__conninfo=through(f, silent.getsockname()[1], connect_timeout=2))
    await_log(p, "will reconnect", seconds=15)
    stops_soon(p)
    p = f.start(
        source__conninfo=through(f, Proxy(PORT, hang_at=b"pg_replication_slots").port),
        source__receive_timeout_ms="3000",
    )
    await_log(p, "the server has not answered for 3 s", seconds=20)
    stops_soon(p)
    # another host is there
    both = through(
        f, f"{silent.getsockname()[1]},{PORT}", host="127.0.0.1,127.0.0.1", connect_timeout=2
    )
    f.sql("INSERT INTO t VALUES (1, 'a')")
    f.feed(source__conninfo=both)
    assert len(f.ops("public.t")) == 1


def refused(f, conninfo, says, expect=2):
    r = f.run(
        "run",
        "--until-current",
        source__conninfo=conninfo,
        expect=expect,
        timeout=60,
        limits__retry_limit_s="1",
    )
    assert says in r.stderr and (expect != 2 or "will reconnect" not in r.stderr), r.stderr[-1500:]


def pooler(words):
    """Answers every startup packet with an error, as a pooler does that does not take what it
    holds."""
    s = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            c, _ = s.accept()
            if c.recv(4096)[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):
                c.send(b"N")
                c.recv(4096)
            body = b"SFATAL\0VFATAL\0C08P01\0M" + words + b"\0\0"
            c.send(b"E" + (len(body) + 4).to_bytes(4, "big") + body)
            c.close()
    threading.Thread(target=serve, daemon=True).start()
    return s.getsockname()[1]


def test_refusals_that_time_cannot_mend_end_the_retry():
    f = feed(SMALL)
    with psycopg.connect(PRIMARY, autocommit=True) as c:
        for role, how in (
            ("e2e_plain", "LOGIN"),
            ("e2e_locked", "NOLOGIN"),
            ("e2e_full", "LOGIN REPLICATION CONNECTION LIMIT 0"),
        ):
            c.execute(f"DROP ROLE IF EXISTS {role}")
            c.execute(f"CREATE ROLE {role} {how}")
    f.caught_up()
    refused(f, through(f, PORT, user="e2e_plain"), "needs REPLICATION")
    refused(f, through(f, PORT, user="e2e_locked"), "SQLSTATE 28000")
    refused(f, through(f, PORT, user="e2e_nobody"), "SQLSTATE 28000")
    refused(f, through(f, PORT, dbname="e2e_nowhere"), "SQLSTATE 3D000")
    refused(
        f,
        through(f, pooler(b"unsupported startup parameter: replication")),
        "point source.conninfo at the server itself",
    )
    # passing: retried
    refused(f, through(f, PORT, user="e2e_full"), "SQLSTATE 53300", expect=1)
    refused(f, through(f, pooler(b"server login has been failing")), "SQLSTATE 08P01", expect=1)
    if os.environ.get("PG_CA"):
        refused(
            f,
            through(
                f, PORT, sslmode="verify-full", sslrootcert="/etc/ssl/certs/ca-certificates.crt"
            ),
            "certificate verify failed",
        )
        refused(
            f, through(f, PORT, sslmode="verify-full", sslrootcert="/nowhere.pem"), "does not exist"
        )


class Asker(threading.Thread):
    """A server without TLS that asks for the password itself; what it was sent."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.sent = self.listener.getsockname()[1], b""
        self.start()

    def run(self):
        while True:
            c, _ = self.listener.accept()
            try:
                while c.recv(4096)[4:6] == b"\x04\xd2":       # TLS, or Kerberos?
                    c.send(b"N")
                c.send(b"R\0\0\0\x08\0\0\0\x03")
                self.sent += c.recv(4096)
            except OSError:
                pass
            c.close()


def test_the_password_goes_to_no_stranger():
    f, asker = feed(SMALL), Asker()
    version = subprocess.run([TAILRACE, "--version"], capture_output=True, text=True).stdout
    old = int(version.split("libpq ")[1].split(".")[0]) < 16
    for mode in ("prefer", "disable"):
        to = through(f, asker.port, password="hunter2", sslmode=mode)
        r = f.run("run", "--until-current", source__conninfo=to, expect=1 if old else 2,
                  limits__retry_limit_s="1")
        assert "hunter2" not in r.stderr and (old or "require_auth=password" in r.stderr), r.stderr
    assert (b"hunter2" in asker.sent) == old, asker.sent        # libpq learned to refuse in 16
    r = f.run("run", "--until-current", source__conninfo=to + " require_auth=password",
              expect=2 if old else 1, limits__retry_limit_s="1")
    assert old or b"hunter2" in asker.sent, "it was meant"


def test_a_stream_over_tls():
    if not os.environ.get("PG_CA"):
        print("      PG_SSL=1 tests/servers/pg.sh up was not given: without TLS")
    f = feed(SMALL)
    tls = (
        dict(sslmode="verify-full", sslrootcert=os.environ["PG_CA"])
        if os.environ.get("PG_CA")
        else {}
    )
    f.sql("INSERT INTO t VALUES (0, repeat('x', 900000))")
    p = f.start(source__conninfo=through(f, PORT, **tls))
    f.arrived("public.t", 1)
    for i in range(1, 30):
        f.sql("INSERT INTO t VALUES (%s, repeat('x', %s))", i, 1 << (i % 20))
    f.sql("INSERT INTO t SELECT i, 'x' FROM generate_series(30, 5000) i")
    f.arrived("public.t", 5001)
    stop(p)
    assert [k["id"] for _, k, _, _ in f.records("public.t")] == list(range(5001))


def as_postgres(*command):
    who = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    command = (
        [
            "setpriv",
            "--reuid",
            "postgres",
            "--regid",
            str(who.pw_gid),
            "--clear-groups",
            "--",
            *command,
        ]
        if who
        else command
    )
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def standby(*what):
    """pg_ctl of the standby; how long it took."""
    data = os.environ["PG_DIR"] + "/standby"
    t0 = time.monotonic()
    r = as_postgres(
        os.environ["PG_BIN"] + "/pg_ctl", "-D", data, "-l", data + ".log", "-w", "-t", "60", *what
    )
    took = time.monotonic() - t0
    assert r.returncode == 0, (what, took)
    return took


def stopped_and_started(at_stop=lambda: None):
    try:
        took = standby("stop", "-m", "fast")
        at_stop()
    finally:
        standby("start")
    return took


def test_a_standby_stops_at_once():
    """Idle, its feed healthy: what it waits for is confirmed at once, not with the next position
    that is due."""
    f = feed(SMALL)
    p = f.start()
    f.sql("INSERT INTO t VALUES (1, 'a')")
    f.arrived("public.t", 1)
    for n in (1, 2):
        time.sleep(2 if n == 1 else 15)     # its connection for questions is open, and closed
        with psycopg.connect(PRIMARY, autocommit=True) as c:
            c.execute("SELECT pg_switch_wal()")     # something that no feed wants
        took = stopped_and_started()
        assert took < 2.5, took
        f.sql("INSERT INTO t VALUES (%s, 'b')", 1 + n)
        f.arrived("public.t", 1 + n)
    stop(p)


def test_a_standby_stops_while_kafka_hangs():
    kafka = int(os.environ["KAFKA_PID"])
    for delivery in ("exactly-once", "at-least-once"):
        f = feed(SMALL)
        p = f.start(sink__delivery=delivery, limits__batch_rows="100")
        f.sql("INSERT INTO t VALUES (0, 'a')")
        f.arrived("public.t", 1)
        os.kill(kafka, signal.SIGSTOP)
        try:
            for i in range(10):
                f.sql(
                    "INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(%s::int, "
                    "%s::int) i",
                    1000 * i + 1,
                    1000 * i + 1000,
                )
            time.sleep(1)
            took = stopped_and_started()
        finally:
            os.kill(kafka, signal.SIGCONT)
        assert took < 10, took
        await_log(p, "so that it need not wait")
        f.arrived("public.t", 10001, seconds=120)
        stop(p)
        ids = [k["id"] for _, k, _, _ in f.records("public.t")]
        assert sorted(set(ids)) == list(range(10001)) and (
            delivery != "exactly-once" or len(ids) == 10001
        ), len(ids)


if __name__ == "__main__":
    main(globals(), feeds)
