"""Where a PostgreSQL feed begins, and whether the server still has what was read: promotions,
clones, restores, slots and positions that are gone. Servers of its own, which are promoted, set
back and rewound."""

import glob, io, json, os, pwd, shutil, socket, subprocess, tempfile, time
import fastavro, psycopg
from confluent_kafka import Producer
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource,
                                   NewTopic)
from road import await_log, KAFKA, TAILRACE, log_of, main, running, stop
from suite import until
import pg_road

BIN = os.environ["PG_BIN"]
WORK = tempfile.mkdtemp(prefix="tailrace-positions-")
WAY_OUT = "tailrace run --set snapshot.mode=when-needed"
ROOT = os.getuid() == 0
os.chmod(WORK, 0o755)
if ROOT:
    shutil.chown(WORK, "postgres")


def program(name, *args, check=True):
    user = pwd.getpwnam("postgres") if ROOT else None
    ids = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if ROOT else {}
    return subprocess.run(
        [f"{BIN}/{name}", *args],
        check=check,
        env=os.environ | {"HOME": "/"},
        cwd="/",
        capture_output=name != "pg_ctl",
        stdout=subprocess.DEVNULL if name == "pg_ctl" else None,
        **ids,
    )


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A data directory and a port; a standby follows another one."""

    def __init__(self, copy_of=None, follows=None, files_of=None):
        self.port, self.dir = free_port(), tempfile.mkdtemp(dir=WORK)
        os.rmdir(self.dir)
        source = copy_of or follows
        if files_of:
            program("pg_ctl", "-D", files_of.dir, "-m", "fast", "-w", "stop")
            subprocess.run(["cp", "-a", files_of.dir, self.dir], check=True)
            files_of.start()
        elif source:
            program(
                "pg_basebackup",
                "-h",
                "127.0.0.1",
                "-p",
                str(source.port),
                "-U",
                "postgres",
                "-D",
                self.dir,
                "-c",
                "fast",
                "--no-sync",
                "-X",
                "stream",
            )
        else:
            program(
                "initdb",
                "-D",
                self.dir,
                "-U",
                "postgres",
                "-A",
                "trust",
                "--no-sync",
                "--locale=C.UTF-8",
                "-E",
                "UTF8",
            )
            self.configure(
                "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nwal_level = "
                "logical\nhot_standby_feedback = on\n"
                "fsync = off\nshared_buffers = 16MB\njit = off\nwal_keep_size = "
                "'512MB'\nwal_log_hints = on\nautovacuum = off\n"
            )
        self.configure(f"port = {self.port}\n")
        if follows:
            self.follow(follows)
        self.start()
        servers.append(self)

    def configure(self, text):
        with open(self.dir + "/postgresql.conf", "a") as f:
            f.write(text)

    def follow(self, other):
        self.configure(
            f"primary_conninfo = 'host=127.0.0.1 port={other.port} "
            f"user=postgres'\nrecovery_target_timeline = 'latest'\n"
        )
        path = self.dir + "/standby.signal"
        open(path, "w").close()
        if ROOT:
            shutil.chown(path, "postgres")

    def start(self):
        program("pg_ctl", "-D", self.dir, "-l", self.dir + ".log", "-w", "start")

    def stop(self, how="fast"):
        program("pg_ctl", "-D", self.dir, "-m", how, "-w", "stop", check=False)

    def promote(self):
        program("pg_ctl", "-D", self.dir, "-w", "promote")

    def conninfo(self):
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    def sql(self, text):
        with psycopg.connect(self.conninfo(), autocommit=True) as c:
            r = c.execute(text)
            return r.fetchone()[0] if r.description else None

    def ids(self):
        return self.sql("SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM t")

    def end(self):
        return self.sql(
            "SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE "
            "pg_current_wal_lsn() END) - '0/0'"
        )

    def has(self, other):
        end = other.end()
        until(lambda: self.end() >= end, 30, lambda: f"{self.end()} of {end}")


servers, feeds = [], []


class Feed:
    """A feed to files, of any of the servers."""

    def __init__(self, server, slot="s", **sections):
        self.dir, self.server = tempfile.mkdtemp(dir=WORK), server
        self.text = json.dumps({"mode": "initial"} | sections.get("snapshot", {}))
        self.slot = slot
        self.read(server)
        feeds.append(self)

    def drop(self):
        while servers:
            servers.pop().stop("immediate")

    def read(self, server, setup=None):
        self.server = server
        with open(self.dir + "/c.yaml", "w") as f:
            f.write(
                f"name: p\nsource:\n  conninfo: \"{server.conninfo()}\"\n  setup-conninfo: "
                f"\"{(setup or server).conninfo()}\"\n"
                f"  slot: {self.slot}\n  primary: allow\nsnapshot: {self.text}\nsink: {{ kind: "
                f"avro-file, directory: {self.dir}/out, records: messages }}\n"
                f"control: {{ socket: {self.dir}/s }}\nlimits: {{ retry-max-ms: 300, commit-ms: 50 "
                f"}}\n"
            )

    def command(self, name="run", *args, expect=0, timeout=60, **options):
        sets = [
            x
            for k, v in options.items()
            for x in ("--set", f"{k.replace('__', '.').replace('_', '-')}={v}")
        ]
        r = subprocess.run(
            [TAILRACE, *name.split(), "-c", self.dir + "/c.yaml", *sets, *args],
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert (
            r.returncode == expect
        ), f"{name}: exit {r.returncode}, not {expect}: {r.stdout[-1500:]} {r.stderr[-2500:]}"
        return r.stdout + r.stderr

    def feed(self, expect=0, **options):
        return self.command("run", "--until-current", expect=expect, **options)

    def start(self):
        fd, path = tempfile.mkstemp(dir=WORK)
        p = subprocess.Popen(
            [TAILRACE, "run", "-c", self.dir + "/c.yaml"], stdout=subprocess.DEVNULL, stderr=fd
        )
        os.close(fd)
        p.log = path
        running.append(p)
        return p

    def position(self):
        with open(self.dir + "/out/p.position") as f:
            return json.loads(json.load(f)["position"].split("\n")[0])

    def rows(self):
        """(op, id) of every record of t, in order."""
        out = []
        for path in sorted(
            glob.glob(self.dir + "/out/p.public.t/*.avro"),
            key=lambda p: (os.stat(p).st_mtime_ns, p),
        ):
            with open(path, "rb") as f:
                r = fastavro.reader(f)
                keys = fastavro.parse_schema(json.loads(r.metadata["key.schema"]))
                out += [
                    (
                        m["value"]["op"] if m["value"] else "x",
                        fastavro.schemaless_reader(io.BytesIO(m["key"]), keys)["id"],
                    )
                    for m in r
                ]
        return [r for r in out if r[0] != "x"]

    def delivered(self):
        return sorted(i for op, i in self.rows() if op != "d")

    def arrives(self, ids):
        until(
            lambda: set(ids) <= set(self.files_and_parts()), 20, lambda: f"{self.files_and_parts()}"
        )

    def files_and_parts(self):
        """The ids that are in whole blocks, of files that are still written too."""
        out = []
        for path in glob.glob(self.dir + "/out/p.public.t/*"):
            try:
                with open(path, "rb") as f:
                    r = fastavro.reader(io.BytesIO(f.read()))
                    keys = fastavro.parse_schema(json.loads(r.metadata["key.schema"]))
                    out += [fastavro.schemaless_reader(io.BytesIO(m["key"]), keys)["id"] for m in r]
            except Exception:
                pass
        return out


def insert(server, *ids):
    for i in ids:
        server.sql(f"INSERT INTO t VALUES ({i})")


def fill(server, kb=300):
    """Log of another database."""
    with psycopg.connect(
        server.conninfo().replace("dbname=postgres", "dbname=template1"), autocommit=True
    ) as c:
        c.execute(f"SELECT pg_logical_emit_message(true, 'x', repeat('x', {kb * 1000}))")


def primary():
    p = Server()
    p.sql("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION tailrace FOR ALL TABLES")
    return p


def follower(p):
    s = Server(follows=p)
    s.has(p)
    return s


def gets_out(f, *hidden):
    """Every message leads to the one command, and that works; then the feed goes on as usual."""
    assert WAY_OUT in f.feed(expect=4)
    assert WAY_OUT in f.command("setup", "--dry-run") and WAY_OUT in f.command("setup")
    assert WAY_OUT in f.feed(expect=4)
    assert WAY_OUT in f.command("backfill", "--table", "public.t", expect=4)
    assert WAY_OUT in f.command("check", expect=2)
    log = f.feed(snapshot__mode="when-needed")
    assert (
        'rows deleted while changes were lost stay in the topics: count unknown tables="public.t"'
        in log
    ), log
    assert set(f.server.ids()) <= set(f.delivered()) and set(hidden) <= set(f.delivered()), (
        f.server.ids(),
        f.rows(),
    )
    if not f.server.sql("SELECT pg_is_in_recovery()"):
        insert(f.server, 9999)
        f.feed()
        assert f.rows()[-1] == ("c", 9999)


def test_a_promotion_behind_the_position():
    p = primary()
    s = follower(p)
    f = Feed(s, snapshot={"mode": "never"})
    f.read(s, setup=p)
    f.command("setup")
    f.read(p)
    f.command("setup")
    insert(p, 1)
    s.has(p)
    s.stop()
    insert(p, 2, 3)
    f.feed()
    p.stop("immediate")
    s.start()
    s.promote()
    insert(s, 101)
    f.read(s)
    log = f.feed(expect=4)
    assert (
        "left the one that was read" in log and "bytes of log" in log and "committed at 20" in log
    ), log
    fill(s)                 # past the position
    insert(s, 102)
    assert "left the one that was read" in f.feed(expect=4) and f.delivered() == [1, 2, 3]
    gets_out(f, 2, 3)


def test_switchovers_lose_nothing():
    """Two promotions between two starts, the second one of a cascaded standby."""
    a = primary()
    b = follower(a)
    c = follower(b)
    f = Feed(a, snapshot={"mode": "never"})
    for server in (c, b, a):
        f.read(server, setup=a)
        f.command("setup")
    insert(a, 1)
    f.feed()
    c.has(a)
    a.stop()
    b.promote()
    insert(b, 2)
    c.has(b)
    b.stop()
    c.promote()
    insert(c, 3)
    f.read(c)
    log = f.feed()
    assert "moved to another timeline, which holds all that was read" in log, log
    f.feed()
    assert f.delivered() == [1, 2, 3] and f.position()["timeline"] == 3, (f.rows(), f.position())


def test_what_was_not_ours_may_be_lost():
    """The position is past the fork, but only by what others wrote: it goes on at the fork."""
    p = primary()
    s = follower(p)
    f = Feed(s, snapshot={"mode": "never"})
    f.read(s, setup=p)
    f.command("setup")
    f.read(p)
    f.command("setup")
    insert(p, 1)
    s.has(p)
    s.stop()
    r = f.start()
    f.arrives([1])
    fill(p)
    end = p.end()
    until(lambda: lsn(f.position()["lsn"]) >= end, 30, lambda: f"{f.position()}")
    r.kill()
    r.wait()
    p.stop("immediate")
    s.start()
    s.promote()
    insert(s, 2)
    f.read(s)
    f.feed()
    fill(s)
    insert(s, 3)
    f.feed()
    assert f.delivered() == [1, 2, 3], f.rows()


def lsn(text):
    hi, lo = text.split("/")
    return int(hi, 16) << 32 | int(lo, 16)


def test_a_standby_that_follows_while_it_is_read():
    p = primary()
    c, s = follower(p), follower(p)
    f = Feed(s, snapshot={"mode": "never"})
    f.read(s, setup=p)
    f.command("setup")
    r = f.start()
    insert(p, 1)
    f.arrives([1])
    c.has(p)
    p.stop()
    c.promote()
    s.configure(f"primary_conninfo = 'host=127.0.0.1 port={c.port} user=postgres'\n")
    s.sql("SELECT pg_reload_conf()")
    insert(c, 2)
    f.arrives([2])          # it streams on, and nothing says that the timeline is another one
    r.kill()
    r.wait()
    assert f.position()["timeline"] == 1
    insert(c, 3)
    s.has(c)
    log = f.feed()
    assert f.delivered() == [1, 2, 3], (f.rows(), log)
    assert f.position()["timeline"] == 2


def test_the_same_timeline_with_another_log():
    """A machine that was set back to a snapshot, and went on: numbers and slot are the same, the
    log is not."""
    p = primary()
    f = Feed(p, snapshot={"mode": "never"})
    f.command("setup")
    insert(p, 1)
    f.feed()
    copy = Server(files_of=p)
    insert(p, 2, 3)
    f.feed()
    p.stop("immediate")
    f.read(copy)
    assert "restored to an earlier state" in f.feed(expect=4)
    fill(copy, 500)
    insert(copy, 101)
    log = f.feed(expect=4)
    assert "is not in this server's log" in log, log
    gets_out(f, 2, 3)


def test_two_clones_promoted_by_themselves():
    p = primary()
    a, b = follower(p), follower(p)
    p.stop()
    a.promote()
    b.promote()
    f = Feed(a, snapshot={"mode": "never"})
    f.command("setup")
    insert(a, 1, 2)
    f.feed()
    f.read(b)
    f.command("setup")
    fill(b, 1000)
    insert(b, 101)
    fill(b, 1000)
    log = f.feed(expect=4)      # both are timeline 2
    assert WAY_OUT in log and f.delivered() == [1, 2], log


def test_a_rewound_primary():
    p = primary()
    s = follower(p)
    f = Feed(p, snapshot={"mode": "never"})
    f.command("setup")
    insert(p, 1)
    s.has(p)
    s.stop()
    insert(p, 2)
    f.feed()
    p.stop()
    s.start()
    s.promote()
    insert(s, 101)
    s.sql("CHECKPOINT")
    program("pg_rewind", "-D", p.dir, f"--source-server={s.conninfo()}", "--no-sync")
    p.configure(f"port = {p.port}\nrestore_command = ''\n")
    p.follow(s)
    p.start()
    p.has(s)
    f.read(p, setup=s)
    f.command("setup")
    log = f.feed(expect=4)
    assert WAY_OUT in log, log
    f.feed(snapshot__mode="when-needed")
    assert 101 in f.delivered() and WAY_OUT not in f.feed(), f.rows()


def test_slots_made_anew():
    p = primary()
    f = Feed(p, snapshot={"mode": "never"})
    c = f.command("check", expect=2)
    # a new feed
    assert (
        'fail  there is no slot "s" on this server\n      -> tailrace setup\n' in c
        and WAY_OUT not in c
    ), c
    assert "warn" not in f.command("setup")
    insert(p, 1)
    f.feed()
    end = p.end()
    p.sql("SELECT pg_drop_replication_slot('s')")
    assert "there is no slot" in f.feed(expect=4)
    c = f.command("check", expect=2)
    assert c.count("there is no slot") == 1 and WAY_OUT in c and "tailrace setup" not in c, c
    assert WAY_OUT in f.command("setup")
    c = f.command("check", expect=2)
    assert WAY_OUT in c and "tailrace setup" not in c, c
    insert(p, 2)
    log = f.feed(expect=4)
    assert "has forgotten everything before" in log and f.delivered() == [1], (end, log)
    gets_out(f, 1, 2)
    p.sql("DROP PUBLICATION tailrace")
    insert(p, 3)
    p.sql("CREATE PUBLICATION tailrace FOR ALL TABLES")
    insert(p, 4)
    log = f.feed(expect=4)
    assert "older than publication" in log and WAY_OUT in log, log
    log = f.feed(snapshot__mode="when-needed")
    assert "it is older than the publication" in log and {3, 4} <= set(f.delivered()), log
    insert(p, 5)
    f.feed()
    assert f.rows()[-1] == ("c", 5)


def test_a_position_that_is_gone():
    p = primary()
    insert(p, 1, 2, 3)
    s = follower(p)
    f = Feed(s)
    f.read(s, setup=p)
    f.command("setup")
    insert(p, 4)        # between setup and the first start: read, and not streamed as well
    s.has(p)
    f.feed()
    assert f.rows() == [("r", 1), ("r", 2), ("r", 3), ("r", 4)], f.rows()
    p.sql("DELETE FROM t WHERE id = 1; UPDATE t SET id = 20 WHERE id = 2")
    insert(p, 5)
    s.has(p)
    os.remove(f.dir + "/out/p.position")
    log = f.feed()
    assert "no position is stored, but records of this feed are there" in log, log
    rows = f.rows()[4:]
    assert ("d", 1) in rows and ("d", 2) in rows and ("c", 20) in rows and ("c", 5) in rows, rows
    p.sql("DELETE FROM t WHERE id = 3")
    s.has(p)
    os.remove(f.dir + "/out/p.position")
    f.feed(snapshot__mode="never")
    assert f.rows()[-1] == ("d", 3), f.rows()


def test_a_position_topic_that_is_gone():
    f = pg_road.feed(
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5)"
    )
    f.feed()
    f.sql("DELETE FROM t WHERE id <= 3")
    log = f.feed(topics__position=f.name + ".elsewhere").stderr
    assert "no position is stored, but records of this feed are there" in log, log
    assert [r for r in f.ops("public.t") if r[0] == "d"] == [
        ("d", {"id": i}) for i in (1, 2, 3)
    ], f.ops("public.t")
    admin = AdminClient({"bootstrap.servers": KAFKA})
    admin.incremental_alter_configs(
        [
            ConfigResource(
                ConfigResource.Type.TOPIC,
                f.name + ".elsewhere",
                incremental_configs=[
                    ConfigEntry(
                        "cleanup.policy", "delete", incremental_operation=AlterConfigOpType.SET
                    )
                ],
            )
        ]
    )[ConfigResource(ConfigResource.Type.TOPIC, f.name + ".elsewhere")].result()
    out = f.run("check", expect=2, topics__position=f.name + ".elsewhere").stdout
    assert f"cleanup.policy of position topic {f.name}.elsewhere is delete" in out, out
    log = f.run("run", "--until-current", expect=2, topics__position=f.name + ".elsewhere").stderr
    assert (
        f"cleanup.policy of position topic {f.name}.elsewhere is delete -> kafka-configs.sh" in log
    ), log
    # the first topic's position is older than what the slot has confirmed since
    out = f.run("check", expect=2).stdout
    assert (
        "cleanup.policy of position topic tailrace.positions is compact" in out and WAY_OUT in out
    ), out


def positions_deleted_while_read(mode, again):
    """The feed waits for the end of another one's transaction when the topic goes."""
    f = pg_road.feed("CREATE TABLE t (id int PRIMARY KEY)", sink__delivery=mode,
                     limits__retry_max_ms=300)
    name = f.options["topics.position"] = f.name + "-positions"
    f.feed()
    f.sql("INSERT INTO t VALUES (1)")
    other = Producer({"bootstrap.servers": KAFKA, "transactional.id": f.name + "-other"})
    other.init_transactions()
    other.begin_transaction()
    other.produce(name, b"x", b"other")
    other.flush()
    p = f.start()
    await_log(p, "an open transaction hides the end of topic")
    admin = AdminClient({"bootstrap.servers": KAFKA})
    admin.delete_topics([name])[name].result()
    if again:
        until(lambda: name not in admin.list_topics(timeout=10).topics)
        topic = NewTopic(name, 1, 1, config={"cleanup.policy": "compact"})
        admin.create_topics([topic])[name].result()
    until(lambda: {"id": 1} in [k for _, k in f.ops("public.t")], 85, lambda: log_of(p)[-3000:])
    stop(p)


def test_a_position_topic_deleted_while_it_is_read():
    for mode in ("exactly-once", "at-least-once"):
        positions_deleted_while_read(mode, again=False)
    positions_deleted_while_read("at-least-once", again=True)


def test_a_transaction_that_the_brokers_forgot_is_named():
    """It stays open for ever, and hides the end: where it is, and what ends it."""
    f = pg_road.feed("CREATE TABLE t (id int PRIMARY KEY)", limits__retry_max_ms=300)
    name = f.options["topics.position"] = f.name + "-positions"
    f.feed()
    other = Producer({"bootstrap.servers": KAFKA, "transactional.id": f.name + "-other",
                      "transaction.timeout.ms": 600000})
    other.init_transactions()
    other.begin_transaction()
    at = []
    other.produce(name, b"x", b"other", on_delivery=lambda e, m: at.append(m.offset()))
    other.flush()
    f.sql("INSERT INTO t VALUES (1)")
    p = f.start()
    await_log(p, f"a transaction is open since offset {at[0]} -> ", seconds=120)
    assert "kafka-transactions.sh find-hanging" in log_of(p), log_of(p)[-2000:]
    other.abort_transaction()
    until(lambda: {"id": 1} in [k for _, k in f.ops("public.t")], 60, lambda: log_of(p)[-3000:])
    stop(p)


def test_a_failover_slot():
    p = primary()
    if p.sql("SHOW server_version_num") < "170000":
        return
    p.sql("SELECT pg_create_physical_replication_slot('standby')")
    s = Server(follows=p)
    s.configure(
        f"primary_conninfo = 'host=127.0.0.1 port={p.port} user=postgres "
        f"dbname=postgres'\nprimary_slot_name = 'standby'\n"
    )
    s.stop()
    s.start()
    p.sql("SELECT pg_create_logical_replication_slot('s', 'pgoutput', false, false, true)")
    f = Feed(p, snapshot={"mode": "never"})
    # it is kept once the primary's slot is past the standby's own horizon
    for i in range(1, 20):
        insert(p, i)
        p.sql("SELECT pg_log_standby_snapshot()")
        f.feed()
        s.has(p)
        s.sql("SELECT pg_sync_replication_slots()")
        if s.sql(
            "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 's' AND synced AND NOT "
            "temporary"
        ):
            break
    f.read(s, setup=p)
    assert "is a copy that the standby keeps" in f.feed(expect=2)
    f.read(p)
    insert(p, 102)
    f.feed()
    s.has(p)
    p.stop("immediate")
    s.promote()
    insert(s, 103)
    f.read(s)
    f.feed()
    assert f.delivered() == [*range(1, i + 1), 102, 103], f.rows()


class Everything(list):
    """The feeds of this file, whose servers go with them, and pg_road's."""

    def pop(self):
        return super().pop() if len(self) else pg_road.feeds.pop()

    def __bool__(self):
        return len(self) > 0 or bool(pg_road.feeds)


feeds = Everything()
try:
    main(globals(), feeds)
finally:
    for server in servers:
        server.stop("immediate")
    shutil.rmtree(WORK, ignore_errors=True)
