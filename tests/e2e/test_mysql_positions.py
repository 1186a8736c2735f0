"""Where a feed goes on: a server that cannot prove that it has everything since the stored position
is refused, and one that has is read."""

import os, socket, struct, subprocess, threading, time
from my_road import feed, feeds, gtids, MYSQL, PORTS, replication, server, sql
from road import await_log, log_of, main, stop, until, WORK


TABLE = "CREATE TABLE t (id INT PRIMARY KEY);"


def refused(f, words, **options):
    """Exit 4, with the way out, and no record more."""
    before = f.ops("t")
    r = subprocess.run(
        f.command("run", "--until-current", **options), capture_output=True, text=True, timeout=600
    )
    assert r.returncode == 4 and words in r.stderr and "snapshot.mode=when-needed" in r.stderr, (
        r.returncode,
        r.stderr,
    )
    assert f.ops("t") == before
    return r


def rows_of(f):
    return sql("primary", "SELECT id FROM t ORDER BY id", f.name)


def read_on(f):
    f.sql("INSERT INTO t VALUES (1)"); f.feed()


def reset(name):
    if not MYSQL:
        return sql(name, "RESET MASTER")
    at = gtids(name)
    sql(name, f"RESET BINARY LOGS AND GTIDS; SET GLOBAL gtid_purged = '{at}'")


def test_a_replica_whose_log_begins_later():
    for again in range(2):
        f = feed(TABLE)
        f.feed(); read_on(f)
        f.sql("INSERT INTO t VALUES (2)"); f.caught_up()
        replication("replica", "STOP"); reset("replica"); replication("replica", "START")
        f.sql("INSERT INTO t VALUES (3)")
        time.sleep(0.5)
        if again:
            sql("replica", "FLUSH BINARY LOGS"); f.sql("INSERT INTO t VALUES (4)"); time.sleep(0.5)
        refused(f, "not read yet")
        refused(f, "not read yet")      # nor at the next start
        f.run("run", "--until-current", snapshot__mode="when-needed")
        assert [k["id"] for op, k in f.ops("t") if op == "r"] == [
            int(i) for i, in rows_of(f)
        ], f.ops("t")


def test_all_was_read_before_the_reset():
    f = feed(TABLE)
    f.feed(); read_on(f)
    replication("replica", "STOP"); reset("replica"); replication("replica", "START")
    f.run("run", "--until-current")
    assert f.ops("t") == [("c", {"id": 1})]


def test_the_end_has_a_domain_of_which_nothing_comes():
    """MariaDB: the replica has applied it and deleted it from its log before the feed began; the
    primary has it still."""
    if MYSQL:
        return
    f = feed(TABLE, source__mysql__port=PORTS["replica2"])
    f.sql("SET SESSION gtid_domain_id = 8; INSERT INTO t VALUES (1)"); f.caught_up("replica2")
    try:
        sql("replica2", "FLUSH BINARY LOGS")
        last = sql("replica2", "SHOW BINARY LOGS")[-1][0]

        def deleted():
            try:
                return (
                    sql(
                        "replica2",
                        f"PURGE BINARY LOGS TO '{last}'; FLUSH BINARY LOGS DELETE_DOMAIN_ID = (8)",
                    )
                    is not None
                )
            except Exception:
                return False        # the file's predecessor is in use for a moment
        until(deleted, 60)
        assert "8-" not in gtids("replica2") and "8-" in gtids("primary")
        f.run("run", "--until-current")
        f.sql("INSERT INTO t VALUES (2)")
        f.run(
            "run",
            "--until-current",
            timeout=60,
            source__mysql__port=PORTS["primary"],
            source__primary="allow",
        )
        assert f.ops("t") == [("r", {"id": 1}), ("c", {"id": 2})], f.ops("t")
    finally:
        # equal to the others again
        f.sql("SET SESSION gtid_domain_id = 8; INSERT INTO t VALUES (3)"); f.caught_up("replica2")


def test_a_server_that_follows_nobody_is_not_waited_for():
    """It lacks what was read from another, and has no replication by which that could come."""
    f = feed(TABLE, source__mysql__port=PORTS["replica2"], source__primary="allow")
    f.feed(); f.caught_up("replica2")
    replication("replica2", "STOP")
    f.sql("INSERT INTO t VALUES (1)"); f.caught_up()
    f.feed(source__mysql__port=PORTS["replica"])
    try:
        p = f.start()       # its replication is stopped, and may go on
        await_log(p, "it lags, or it has diverged")
        stop(p)
        sql("replica2", "RESET REPLICA ALL" if MYSQL else "RESET SLAVE ALL")
        p = f.start()
        assert p.wait(120) == 4 and "It replicates from no other" in log_of(p), log_of(p)[-2000:]
        assert f.ops("t") == [("c", {"id": 1})], f.ops("t")
    finally:
        server("follow", "replica2")
    f.caught_up("replica2")
    f.run("run", "--until-current")
    assert f.ops("t") == [("c", {"id": 1})], f.ops("t")


def test_a_number_of_another_server():
    f = feed(TABLE, source__mysql__port=PORTS["replica2"])
    f.feed(); f.caught_up("replica2")
    replication("replica2", "STOP")
    sql(
        "replica2",
        (
            "SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF"
            if MYSQL
            else "SET GLOBAL read_only = OFF"
        ),
    )
    f.sql("INSERT INTO t VALUES (1)"); f.caught_up()
    f.feed(source__mysql__port=PORTS["replica"])
    sql(
        "replica2",
        (
            "SET GLOBAL gtid_domain_id = 0; INSERT INTO t VALUES (10)"
            if not MYSQL
            else "INSERT INTO t VALUES (10)"
        ),
        f.name,
    )
    try:
        refused(f, "lacks transactions")
        p = f.start()
        await_log(p, "lacks transactions")
        stop(p)         # it waits, and a stop is heeded
    finally:
        sql("replica2", "DELETE FROM t", f.name)
        server("stop", "replica2"); server("start", "replica2")


def test_a_primary_that_counts_anew():
    """The same GTIDs of the same server, for other transactions: more of them than were read."""
    f = feed(TABLE, source__mysql__port=PORTS["replica2"], source__primary="allow")
    replication("replica2", "STOP")
    sql(
        "replica2",
        ("SET GLOBAL super_read_only = OFF;" if MYSQL else "")
        + "SET GLOBAL read_only = OFF; CREATE DATABASE IF NOT EXISTS own",
    )
    f.options["tables.include"] = "own[.].*"
    write = lambda text: sql("replica2", text, "own")
    run = lambda: f.run("run", "--until-current")
    again = (
        "RESET BINARY LOGS AND GTIDS" if MYSQL else "RESET MASTER; SET GLOBAL gtid_slave_pos = ''"
    )
    try:
        write(again + "; CREATE TABLE t (id INT PRIMARY KEY)"); run()
        write("INSERT INTO t VALUES (1)"); run()
        write(again + "; CREATE TABLE u (id INT)")
        for i in range(8):
            write(f"INSERT INTO t VALUES ({10 + i})")
        r = subprocess.run(
            f.command("run", "--until-current"), capture_output=True, text=True, timeout=600
        )
        assert r.returncode == 4 and "reset" in r.stderr, (r.returncode, r.stderr)
    finally:
        server("stop", "replica2"); server("start", "replica2")


def test_a_hostile_position_is_not_run():
    f = feed(TABLE, sink__kind="avro-file", sink__directory=os.path.join(WORK, "positions"))
    f.feed()
    path = f.options["sink.directory"] + f"/{f.name}.position"
    with open(path) as file:
        stored = file.read()
    assert '\\"file\\":\\"' in stored or '"file":"' in stored, stored
    with open(path, "w") as file:
        file.write(
            stored.replace('file\\":\\"', "file\\\":\\\"x',4) UNION SELECT SLEEP(7) -- ").replace(
                '"file":"', "\"file\":\"x',4) UNION SELECT SLEEP(7) -- "
            )
        )
    t0 = time.time()
    subprocess.run(f.command("run", "--until-current"), capture_output=True, text=True, timeout=60)
    assert time.time() - t0 < 6


class Plain(threading.Thread):
    """A server without TLS that asks for the password itself; what it was sent."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.sent = self.listener.getsockname()[1], []
        self.start()

    def run(self):
        while True:
            s, _ = self.listener.accept()
            s.settimeout(5)
            can = 0x00000001 | 0x00000004 | 0x00000200 | 0x00002000 | 0x00008000 | 0x00080000
            hello = (
                b"\x0a8.4.0\0"
                + struct.pack("<I", 7)
                + b"A" * 8
                + b"\0"
                + struct.pack("<H", can & 0xFFFF)
                + b"\x2d\x02\0"
                + struct.pack("<H", can >> 16)
                + b"\x15"
                + bytes(10)
                + b"B" * 12
                + b"\0mysql_native_password\0"
            )
            try:
                s.sendall(struct.pack("<I", len(hello))[:3] + b"\0" + hello)
                self.sent.append(s.recv(4096))
                if self.sent[-1]:
                    s.sendall(b"\x17\0\0\x02\xfemysql_clear_password\0")
                    self.sent.append(s.recv(4096))
            except OSError:
                pass
            s.close()


def test_the_password_goes_to_no_stranger():
    s = Plain()
    f = feed()
    for tls in ("require", "verify-ca", "verify-full"):
        r = subprocess.run(
            f.command(
                "check",
                source__mysql__host="127.0.0.1",
                source__mysql__port=s.port,
                source__mysql__tls=tls,
                source__mysql__password="hunter2",
            ),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert r.returncode and "does not offer TLS" in r.stdout + r.stderr, (
            tls,
            r.stdout,
            r.stderr,
        )
        assert not any(s.sent), s.sent
    subprocess.run(
        f.command(
            "check",
            source__mysql__host="127.0.0.1",
            source__mysql__port=s.port,
            source__mysql__tls="disable",
            source__mysql__password="hunter2",
        ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert s.sent and b"hunter2" not in b"".join(s.sent), s.sent


main(globals(), feeds)
