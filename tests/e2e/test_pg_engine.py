"""Many feeds in one process: each database's rows arrive once, whatever ends, comes and goes beside
it."""

import os, signal, subprocess, threading, time
import psycopg
from estate import Estate, connect, estates
from pg_road import PRIMARY
from road import TAILRACE, WORK, Road, await_log, log_of, main, running
from suite import until


class Service:
    """`tailrace run` of an estate's folder."""

    def __init__(self, e, *args, log=".log"):
        self.e, self.log = e, os.path.join(WORK, e.tag + log)
        with open(self.log, "a") as f:
            self.p = subprocess.Popen(
                [TAILRACE, "run", "-c", e.folder, *args], stdout=subprocess.DEVNULL, stderr=f
            )
        running.append(self.p)
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


def brief(e, want):
    logs = "".join(
        open(f"{WORK}/{name}").read()[-3000:]
        for name in sorted(os.listdir(WORK))
        if name.startswith(e.tag) and name.endswith(".log")
    )
    return f"{want} of { {d: (len(got), got[-1:]) for d, got in topics(e).items()} }\n{logs}"


def arrived(e, want, databases=None):
    until(
        lambda: all(want in topics(e)[d] for d in databases or e.databases),
        120,
        lambda: brief(e, want),
    )


def reached(e, load, databases):
    """What was written by now is there, read or streamed."""
    want = dict(load.last)
    until(
        lambda: all(want[d] in [i for _, i in topics(e)[d]] for d in databases),
        120,
        lambda: brief(e, want),
    )


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


class Load:
    """Rows 2, 3, 4, ... into t of each database, or of those named, as long as it is entered."""

    def __init__(self, e, every=0.02, databases=None):
        self.e, self.every, self.done, self.last = e, every, threading.Event(), {}
        self.databases = databases or e.databases
        self.writers = [threading.Thread(target=self.write, args=(d,)) for d in self.databases]

    def write(self, database):
        with connect(PRIMARY, database) as c:
            for i in range(2, 1000000):
                if self.done.is_set():
                    break
                c.execute("INSERT INTO t VALUES (%s, 'x')", (i,))
                self.last[database] = i
                time.sleep(self.every)

    def __enter__(self):
        for w in self.writers:
            w.start()
        until(lambda: len(self.last) == len(self.writers))
        return self

    def __exit__(self, *what):
        self.done.set()
        for w in self.writers:
            w.join()

    def all_once(self):
        """Each row has arrived, in order and once: by the stream, or by the first read."""
        reached(self.e, self, self.databases)
        all_topics = topics(self.e)
        for d in self.databases:
            got = all_topics[d]
            created = [i for op, i in got if op == "c"]
            assert created == sorted(set(created)), (
                d,
                [i for i in created if created.count(i) > 1][:5],
            )
            # a row that came before the tables were read may be there as both
            read = [i for op, i in got if op == "r"]
            assert len(read) == len(set(read)), (d, [i for i in read if read.count(i) > 1][:5])
            assert set(created + read) == set(range(1, self.last[d] + 1)), (
                d,
                set(range(1, self.last[d] + 1)) - set(created + read),
            )


def stopped(s, database, code):
    what = f"the feed has stopped, the others go on code={code}"
    until(lambda: lines(s, what, f"feed={s.e.tag}.{database}"), 120, lambda: log_of(s)[-4000:])


def lose_slot(e, database):
    """Its reader is ended until the slot can be dropped before it comes back."""
    def dropped():
        try:
            e.standby.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
                              " WHERE database = %s AND active", (database,))
            e.standby.execute("SELECT pg_drop_replication_slot(slot_name)"
                              " FROM pg_replication_slots WHERE database = %s", (database,))
            return True
        except psycopg.Error:
            return False
    until(dropped, 60, lambda: "the slot stays in use")


def close_database(e, database):
    e.admin.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
    e.caught_up()
    e.standby.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                      (database,))


def test_what_befalls_one_is_its_own():
    """A slot that is lost, a row that no topic takes, a database that takes no connections."""
    e = Estate(["lost", "large", "closed", "f", "g", "h"])
    lost, large, closed, *others = e.databases
    e.run("setup")
    s = Service(e, "--set", "limits.lanes=1")
    arrived(e, ("r", 1))
    with Load(e, databases=others) as load:
        reached(e, load, others)
        lose_slot(e, lost)
        stopped(s, lost, 4)
        reached(e, load, others)
        with connect(PRIMARY, large) as c:
            c.execute("INSERT INTO t SELECT 2, string_agg(md5(i::text), '')"
                      " FROM generate_series(1, 100000) i")
        stopped(s, large, 3)
        reached(e, load, others)
        close_database(e, closed)
        gone = f"its database is gone feed={e.tag}.{closed}"
        until(lambda: gone in log_of(s), 120, lambda: log_of(s)[-4000:])
        reached(e, load, others)
        e.admin.execute(f'ALTER DATABASE "{closed}" ALLOW_CONNECTIONS true')
        insert(closed, 2)
        arrived(e, ("c", 2), [closed])
    load.all_once()
    for d in others:
        assert not lines(s, "the feed has stopped", f"feed={e.tag}.{d}"), log_of(s)[-4000:]
    assert topics(e)[closed] == [("r", 1), ("c", 2)], topics(e)[closed]
    s.end(4)


def killed_under_load(lanes):
    e = Estate(["a", "b", "c", "d", "e", "f"])
    e.run("setup")
    with Load(e) as load:
        for _ in range(4):
            s = Service(e, "--set", f"limits.lanes={lanes}")
            time.sleep(6)
            s.end(-9, signal.SIGKILL)
    s = Service(e, "--set", f"limits.lanes={lanes}")
    load.all_once()
    s.end()


def test_killed_under_load_with_one_lane():
    killed_under_load(1)


def test_killed_under_load_with_three_lanes():
    killed_under_load(3)


def test_half_of_a_paused_process_is_taken_over():
    e = Estate(["a", "b", "c", "d"])
    e.run("setup")
    taken = [f"{e.tag}.{d}" for d in e.databases[:2]]
    with Load(e) as load:
        first = Service(e, "--set", "limits.lanes=1")
        reached(e, load, e.databases)
        first.p.send_signal(signal.SIGSTOP)
        time.sleep(1)
        second = Service(
            e, "--take-over", *(x for n in taken for x in ("--feed", n)), log=".second.log"
        )
        reached(e, load, e.databases[:2])
        first.p.send_signal(signal.SIGCONT)
        until(
            lambda: all(
                lines(first, "the feed has stopped, the others go on code=4", n) for n in taken
            ),
            90,
            lambda: log_of(first)[-4000:],
        )
        reached(e, load, e.databases)
    load.all_once()
    assert not lines(second, "the feed has stopped", ""), log_of(second)[-3000:]
    second.end()
    first.end(4)


def lines(service, what, of):
    return [line for line in log_of(service).splitlines() if what in line and of in line]


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
    # its slot on the standby keeps the standby from following: the reader is ended
    e.admin.execute(f'DROP DATABASE "{gone}" WITH (FORCE)')
    e.databases.remove(gone)
    until(
        lambda: f"its database is gone feed={e.tag}.{gone}" in log_of(s),
        120,
        lambda: log_of(s)[-2000:],
    )
    insert(new, 2)
    arrived(e, ("c", 2), [new])
    s.end()


if __name__ == "__main__":
    main(globals(), estates)
