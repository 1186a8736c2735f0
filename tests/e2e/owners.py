"""Several instances of one feed: the suites of both kinds of source stand on it. f.table: what
Road.ops() takes; f.n: rows inserted."""

import json, os, re, socket, threading, time
from road import await_log, KAFKA, log_of, Road, stop, until, WORK
from topics import messages

BOTH = ("exactly-once", "at-least-once")


def elsewhere(f, n=1):
    """As on another host: another control socket and lock."""
    return {"control__socket": os.path.join(WORK, f"{f.name}.{n}.sock")}


def insert(f):
    f.n += 1
    f.sql(f"INSERT INTO t VALUES ({f.n})")


def running(f, **options):
    """Fed, and known as the position's owner."""
    p = f.start(**options)
    await_log(p, " reading host")
    insert(f)
    f.arrived(f.table, f.n)
    until(
        lambda: (owner_of(f) or {}).get("pid") == p.pid,
        60,
        lambda: str(owner_of(f)) + log_of(p)[-1500:],
    )
    return p


def lives(f, p):
    insert(f)
    f.arrived(f.table, f.n)
    assert p.poll() is None, log_of(p)[-2000:]


def nothing_lost_or_doubled(f):
    ids = [k["id"] for op, k in f.ops(f.table) if op == "c"]
    assert sorted(ids) == list(range(1, f.n + 1)), (f.n, len(ids), len(set(ids)))


def position_records(f):
    """(value, headers) of each position record of the feed, oldest first."""
    return [(m.value(), dict(m.headers() or []))
            for m in messages(KAFKA, [("tailrace.positions", 0)]) if m.key().decode() == f.name]


def owner_of(f):
    got = position_records(f)
    return (
        json.loads(got[-1][1]["tailrace.owner"]) if got and "tailrace.owner" in got[-1][1] else None
    )


def names(text, p, socket_path):
    """The one that runs is named: host, process, user, socket, since when."""
    return all(
        x in text for x in (socket.gethostname(), f"process {p.pid} ", "user root", socket_path)
    ) and re.search(r"started 20\d\d-", text)


def start_on(host, f, **options):
    """A process of another host, as far as can be seen: its own name, processes, and sockets."""
    f.command, plain = (
        lambda *args, **o: [
            "unshare",
            "-u",
            "-p",
            "-f",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            'hostname "$0" && exec "$@"',
            host,
            *Road.command(f, *args, **o),
        ],
        f.command,
    )
    try:
        return f.start(**elsewhere(f, host), **options)
    finally:
        f.command = plain


class Supervisor:
    """Restart=always, a second apart."""

    def __init__(self, f, n):
        self.f, self.n, self.exits, self.logs, self.over, self.now = f, n, [], [], False, None
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.over:
            self.now = self.f.start(**elsewhere(self.f, self.n))
            code = self.now.wait()
            self.exits.append(code)
            self.logs.append(log_of(self.now))
            time.sleep(1)

    def end(self):
        self.over = True
        self.now.terminate()
        self.thread.join(60)


def reader(both):
    """The supervisor whose feed reads."""
    got = []
    until(
        lambda: got.extend(
            s for s in both if s.now and s.now.poll() is None and " reading host" in log_of(s.now)
        )
        or got,
        120,
    )
    return got[0]


def refused_while_it_goes_on(f, proof):
    """Rows are written meanwhile. proof: a part of what the server says of the one that runs."""
    p = running(f)
    done = threading.Event()

    def write():
        while not done.is_set():
            insert(f)
            time.sleep(0.02)
    load = threading.Thread(target=write)
    load.start()
    try:
        r = f.run("run", expect=2, **elsewhere(f))
    finally:
        done.set()
        load.join()
    assert (
        "is run already" in r.stderr and "--take-over" in r.stderr and proof in r.stderr
    ), r.stderr
    assert (
        names(r.stderr, p, f"/run/tailrace/{f.name}.sock") and " reading host" not in r.stderr
    ), r.stderr
    f.caught_up()
    lives(f, p)
    stop(p)
    nothing_lost_or_doubled(f)


def is_taken_over(f):
    p = running(f)
    q = f.start("--take-over", **elsewhere(f))
    assert p.wait(90) == 4, log_of(p)[-2000:]
    assert "has taken over" in log_of(p) and names(
        log_of(p), q, elsewhere(f)["control__socket"]
    ), log_of(p)[-2000:]
    lives(f, q)
    r = f.run("run", expect=2)      # whoever started it starts it again
    assert f"process {q.pid} " in r.stderr, r.stderr
    lives(f, q)
    stop(q)


def is_taken_over_in_both(table):
    for delivery in BOTH:
        f = table(sink__delivery=delivery)
        is_taken_over(f)
        if delivery == "exactly-once":
            nothing_lost_or_doubled(f)


def starts_by_itself_when_killed(table):
    for host in ("", "host-b"):
        f = table()
        p = running(f)
        insert(f)
        p.kill(); p.wait()
        t0 = time.monotonic()
        q = start_on(host, f) if host else f.start()
        await_log(q, " reading host")
        assert time.monotonic() - t0 < 40, log_of(q)
        lives(f, q)
        nothing_lost_or_doubled(f)


def two_supervisors(f, seconds=60):
    """Rows all the time; in the middle of it the feed that reads is killed."""
    both = [Supervisor(f, 1)]
    reader(both)
    both.append(Supervisor(f, 2))
    t0, first = time.monotonic(), reader(both)
    killed = first.now
    while time.monotonic() - t0 < seconds:
        insert(f)
        time.sleep(0.05)
        if killed and time.monotonic() - t0 > seconds / 2:
            assert killed.poll() is None, log_of(killed)[-2000:]
            killed.kill()
            killed = None
    f.caught_up()
    until(
        lambda: len({k["id"] for _, k in f.ops(f.table)}) == f.n,
        60,
        lambda: f"{len(f.ops(f.table))} of {f.n}",
    )
    exits = {s.n: s.exits[:] for s in both}
    for s in both:
        s.end()
    assert (
        sum(x.count(4) for x in exits.values()) == 0
        and sum(x.count(-9) for x in exits.values()) == 1
    ), exits
    assert not any("taken over" in log for s in both for log in s.logs)
    # the other one was refused again and again
    assert exits[2 if first is both[0] else 1].count(2) >= 2, exits
