"""Who may give a running feed orders, and what a stranger at its socket can do to it.

usage: test_pg_control.py [NAME...]     run by tests/e2e/run control. Last line: N passed, N failed.
"""
import json, os, socket, stat, subprocess, time
from pg_road import feed, feeds
from road import ask, await_log, log_of, main, stop, until, WORK


def running(f, **options):
    p = f.start(**options)
    await_log(p, "snapshot complete")
    return p


def path_of(f):
    return f"/run/tailrace/{f.name}.sock"


def lives(f, p, n):
    """The feed is still fed by the same process."""
    f.sql(f"INSERT INTO t VALUES ({n})")
    until(lambda: ("c", {"id": n}) in f.ops("public.t"), 30)
    assert p.poll() is None, log_of(p)[-2000:]


def table():
    return feed("CREATE TABLE t (id int PRIMARY KEY)")


def test_another_user_s_backfill_leaves_the_service_alone():
    f = table()
    p = running(f)
    os.chmod(WORK, 0o755)
    os.chmod(f.config, 0o644)
    r = subprocess.run(
        [
            "setpriv",
            "--reuid",
            "nobody",
            "--clear-groups",
            *f.command("backfill", "--table", "public.t"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert r.returncode == 2 and path_of(f) in r.stderr and "nobody" in r.stderr, r.stderr
    lives(f, p, 1)
    stop(p)


def test_the_socket_s_place_is_the_same_in_every_environment():
    f = table()
    env = os.environ | {"RUNTIME_DIRECTORY": WORK, "XDG_RUNTIME_DIR": WORK}
    p = running(f)
    r = subprocess.run(
        f.command("backfill", "--table", "public.t"),
        capture_output=True,
        text=True,
        timeout=60,
        env=env,
    )
    assert r.returncode == 0 and "the running service reads it" in r.stderr, r.stderr
    lives(f, p, 1)
    stop(p)


def test_a_second_run_is_refused_and_named():
    f = table()
    p = running(f)
    r = f.run("run", "--until-current", expect=2)
    assert f"process {p.pid}" in r.stderr, r.stderr
    lives(f, p, 1)
    stop(p)


def test_a_socket_of_a_killed_service_is_replaced():
    f = table()
    p = running(f)
    p.kill(); p.wait()
    assert stat.S_ISSOCK(os.stat(path_of(f)).st_mode)
    p = f.start()
    await_log(p, "reading")
    assert "no orders are taken" not in log_of(p)
    f.run("backfill", "--table", "public.t")
    stop(p)


def test_a_squatter_does_not_hold_the_start_up():
    """A listener that never accepts, its queue full, where anybody may write."""
    f = table()
    path = os.path.join(WORK, "squat.sock")
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(0)
    waiting = []
    for _ in range(4):
        k = socket.socket(socket.AF_UNIX)
        k.setblocking(False)
        try:
            k.connect(path)
        except BlockingIOError:
            break
        waiting.append(k)
    t0 = time.monotonic()
    r = f.run("backfill list", expect=2, control__socket=path)
    assert "does not accept" in r.stderr and time.monotonic() - t0 < 10, r.stderr
    p = running(f, control__socket=path)        # the path is claimed by a lock beside it
    lives(f, p, 1)
    stop(p)


def connected(f):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(path_of(f))
    return s


GARBAGE = [
    b"garbage\n",
    b"\x00\xff\xfe\n",
    b"{}\n",
    b"[]\n",
    b'{"do":5}\n',
    b'{"do":"add"}\n',
    b'{"do":"add","tables":5}\n',
    b'{"do":"list","x":' + b"[" * 20000 + b"]" * 20000 + b"}\n",
    b'{"do":"pause","id":-1}\n',
    b'{"do":"pause","id":4294967297}\n',
    b'{"do":"pause","id":99999999999999999999}\n',
    b'{"do":"cancel"}\n',
    b"\n",
    b'"' * 1000 + b"\n",
]


def test_garbage_is_answered_and_changes_nothing():
    f = table()
    p = running(f)
    s = connected(f)
    for line in GARBAGE:
        answer = json.loads(ask(s, line))
        assert answer["ok"] is False and answer["error"], (line[:40], answer)
    assert "0" not in json.loads(ask(s, b'{"do":"pause","id":4294967296}\n'))["error"]
    assert json.loads(ask(s, b'{"do":"list"}\n'))["ok"]
    lives(f, p, 1)
    stop(p)


def cpu(p):
    with open(f"/proc/{p.pid}/stat") as s:
        t = s.read().rsplit(")", 1)[1].split()
    return (int(t[11]) + int(t[12])) / os.sysconf("SC_CLK_TCK")


def test_idle_clients_keep_nobody_out():
    f = table()
    p = running(f)
    idle = [connected(f) for _ in range(40)]
    before, t0 = cpu(p), time.monotonic()
    assert json.loads(ask(connected(f), b'{"do":"list"}\n'))["ok"]
    time.sleep(3)
    assert (cpu(p) - before) / (time.monotonic() - t0) < 0.2, cpu(p) - before
    f.run("backfill", "--table", "public.t")
    time.sleep(11)      # idle ones are cut off
    assert idle[-1].recv(1) == b""
    lives(f, p, 1)
    stop(p)


def rss(p):
    with open(f"/proc/{p.pid}/status") as s:
        return int(next(line for line in s if line.startswith("VmRSS")).split()[1])


def test_endless_lines_and_clients_that_never_read_cost_little():
    f = table()
    p = running(f)
    memory, before = rss(p), cpu(p)
    s = connected(f)
    try:
        for _ in range(2000):
            s.sendall(b"x" * 65536)
        assert False, "an endless line was taken"
    except OSError:
        pass
    s, sent = connected(f), 0
    s.settimeout(5)
    try:
        while sent < 200000:
            s.sendall(b'{"do":"list"}\n' * 100)
            sent += 100
    except OSError:
        pass
    s = connected(f)
    s.settimeout(5)
    try:
        s.sendall(b"\n" * (1 << 20))
    except OSError:
        pass
    assert rss(p) - memory < 8192, rss(p) - memory
    lives(f, p, 1)
    assert cpu(p) - before < 3, cpu(p) - before
    stop(p)


main(globals(), feeds)
