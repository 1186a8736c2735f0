"""Many feeds in one process: each database's rows arrive once, whatever ends, comes and goes beside it."""
import os, signal, subprocess, threading, time
from estate import Estate, connect, estates
from pg_road import PRIMARY
from road import TAILRACE, WORK, Road, await_log, log_of, main
from suite import until


class Service:
    """`tailrace run` of an estate's folder."""

    def __init__(self, e, *args):
        self.e, self.log = e, os.path.join(WORK, e.tag + ".log")
        with open(self.log, "a") as f:
            self.p = subprocess.Popen([TAILRACE, "run", "-c", e.folder, *args], stdout=subprocess.DEVNULL, stderr=f)
        self.args, self.poll, self.returncode = self.p.args, self.p.poll, None

    def end(self, expect=0, by=signal.SIGTERM):
        self.p.send_signal(by)
        assert self.p.wait(120) == expect, log_of(self)[-3000:]


def topics(e):
    """Of each database, what its topic holds: (op, id)."""
    got = {d: [] for d in e.databases}
    for topic, _, value, _ in Road(e.tag, {}).records():
        database = topic.removesuffix(".public.t")
        if database in got and value:
            got[database].append((value["op"], (value["after"] or value["before"])["id"]))
    return got


def arrived(e, want, databases=None):
    until(lambda: all(want in topics(e)[d] for d in databases or e.databases), 120, lambda: str(topics(e)))


def insert(database, id):
    with connect(PRIMARY, database) as c:
        c.execute("INSERT INTO t VALUES (%s, 'later')", (id,))


def test_one_that_stops_stops_alone():
    e = Estate(["a", "b", "c", "d", "e"])
    e.run("setup")
    with connect(PRIMARY, e.databases[2]) as c:
        c.execute("DROP PUBLICATION tailrace")
    e.caught_up()
    s = Service(e)
    others = [d for d in e.databases if d != e.databases[2]]
    await_log(s, f"feed={e.tag}.{e.databases[2]}")
    await_log(s, "the feed has stopped, the others go on code=2")
    arrived(e, ("r", 1), others)
    for d in others:
        insert(d, 2)
    arrived(e, ("c", 2), others)
    assert topics(e)[e.databases[2]] == []
    e.run("setup", "--feed", f"{e.tag}.{e.databases[2]}")       # and then it is tried again
    arrived(e, ("r", 1), [e.databases[2]])
    s.end()
    assert all(x == [("r", 1), ("c", 2)] for d, x in topics(e).items() if d in others), topics(e)


def test_strict_ends_all():
    e = Estate(["a", "b"])
    e.run("setup", "--feed", f"{e.tag}.{e.databases[0]}")
    r = e.run("run", "--strict", expect=2)
    assert "the feed has stopped" in r.stderr and "stopped feeds=2 code=2" in r.stderr, r.stderr


def killed_under_load(lanes):
    e = Estate(["a", "b", "c", "d", "e", "f"])
    e.run("setup")
    done = threading.Event()
    last = {}

    def write(database):
        with connect(PRIMARY, database) as c:
            for i in range(2, 100000):
                if done.is_set():
                    break
                c.execute("INSERT INTO t VALUES (%s, 'x')", (i,))
                last[database] = i
                time.sleep(0.02)

    writers = [threading.Thread(target=write, args=(d,)) for d in e.databases]
    for w in writers:
        w.start()
    for _ in range(4):
        s = Service(e, "--set", f"limits.lanes={lanes}", "--set", "kafka.transaction.timeout.ms=10000")
        time.sleep(6)
        s.end(-9, signal.SIGKILL)
    done.set()
    for w in writers:
        w.join()
    s = Service(e, "--set", f"limits.lanes={lanes}")
    for d in e.databases:
        arrived(e, ("c", last[d]), [d])
    s.end()
    for d, got in topics(e).items():
        created = [i for op, i in got if op == "c"]
        assert created == sorted(set(created)), (d, [i for i in created if created.count(i) > 1][:5])
        lost = set(range(1, last[d] + 1)) - {i for _, i in got}
        assert not lost, (d, len(lost), sorted(lost)[:5])


def test_killed_under_load_with_one_lane():
    killed_under_load(1)


def test_killed_under_load_with_three_lanes():
    killed_under_load(3)


def test_databases_come_and_go():
    e = Estate(["a", "b"])
    e.run("setup")
    s = Service(e)
    arrived(e, ("r", 1))
    new = e.create("c")
    e.run("setup")
    until(lambda: f"a database has come database={new}" in log_of(s), 90, lambda: log_of(s)[-2000:])
    arrived(e, ("r", 1), [new])
    gone = e.databases[0]
    e.admin.execute(f'DROP DATABASE "{gone}" WITH (FORCE)')     # its slot on the standby keeps the standby from following: the reader is ended
    e.databases.remove(gone)
    until(lambda: f"its database is gone feed={e.tag}.{gone}" in log_of(s), 120, lambda: log_of(s)[-2000:])
    insert(new, 2)
    arrived(e, ("c", 2), [new])
    s.end(s_code(s))


def s_code(s):
    """A feed whose database was dropped may have stopped by an error of its own before that was seen."""
    return 2 if "code=2" in log_of(s) else 4 if "code=4" in log_of(s) else 1 if "code=1" in log_of(s) else 0


main(globals(), estates)
