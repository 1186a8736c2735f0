"""
A running process is asked how its feeds stand and is given orders, by its commands and by clients
that mean no good. What it did is held against the server's own view of its slots, and Kafka.
"""
import json, os, pty, re, select, signal, socket, subprocess, termios, time
from estate import Estate, connect, estates
from pg_road import PRIMARY, STANDBY, feed, feeds
from road import TAILRACE, WORK, Road, ask, log_of, main, running, stop
from suite import until


def table():
    return feed("CREATE TABLE t (id int PRIMARY KEY)")


def begun(f, **options):
    p = f.start(**options)
    until(lambda: "  streaming" in ctl(f, "list", expect=None).stdout or p.poll() is not None, 60,
          lambda: log_of(p)[-2000:])
    return p


def ctl(f, *args, expect=0):
    r = subprocess.run(f.command("ctl", *args), capture_output=True, text=True, timeout=120)
    assert expect is None or r.returncode == expect, (args, r.returncode, r.stdout, r.stderr)
    return r


def status(f, *args, expect=0):
    r = subprocess.run(f.command("status", *args), capture_output=True, text=True, timeout=60)
    assert expect is None or r.returncode == expect, (args, r.returncode, r.stdout, r.stderr)
    return r


def slot(f):
    """(active, active_pid) as the server says."""
    with connect(STANDBY) as c:
        return c.execute("SELECT active, active_pid FROM pg_replication_slots WHERE slot_name = %s",
                         (f.options["source.slot"],)).fetchone()


def created(f):
    return [k["id"] for op, k in f.ops("public.t") if op == "c"]


def test_one_feed_is_paused_resumed_and_restarted():
    f = table()
    p = begun(f)
    f.sql("INSERT INTO t VALUES (1)")
    until(lambda: created(f) == [1])
    seen = lambda: json.loads(status(f, "--json", expect=None).stdout)["feeds"][0]
    until(lambda: seen()["urgency"] == 0 and "position" in seen())      # it is told each second
    whole = json.loads(status(f, "--json").stdout)
    one = whole["feeds"][0]
    assert one["name"] == f.name and one["state"] == "streaming" and one["lag_s"] < 5, whole
    assert "lsn" in one["position"], one
    head, row = status(f).stdout.splitlines()
    assert head.split() == ["FEED", "STATE", "LATE", "BEHIND", "ROWS/S", "POSITION"], head
    assert row.split()[:2] == [f.name, "streaming"], row
    assert re.fullmatch(r"[0-9A-F]+/[0-9A-F]+", row.split()[-1]), row
    said = ctl(f, "pause", f.name).stdout
    assert said == f"{f.name}: paused\n", said
    assert slot(f) == (False, None)
    assert " paused " in status(f, expect=1).stdout
    f.sql("INSERT INTO t VALUES (2)")
    time.sleep(2)
    assert created(f) == [1]
    assert ctl(f, "resume", ".*").stdout.startswith(f"{f.name}: ")
    until(lambda: created(f) == [1, 2])
    before = slot(f)
    assert ctl(f, "restart", f.name).stdout.startswith(f"{f.name}: ")
    until(lambda: slot(f)[0] and slot(f) != before)
    f.sql("INSERT INTO t VALUES (3)")
    until(lambda: created(f) == [1, 2, 3])
    ctl(f, "pause", f.name)
    stop(p)
    p = begun(f)        # a pause is the process's, and ends with it
    f.sql("INSERT INTO t VALUES (4)")
    until(lambda: created(f) == [1, 2, 3, 4])
    stop(p)


def test_what_cannot_be_done_is_said():
    f = table()
    r = status(f, expect=3)
    assert "no service listens at" in r.stderr and "-> start tailrace run" in r.stderr, r.stderr
    assert "no service listens at" in ctl(f, "list", expect=1).stderr
    p = begun(f)
    r = ctl(f, "pause", f.name[:-1] + "~", expect=2)
    assert f"has no such feed; the nearest is {f.name}" in r.stderr, r.stderr
    assert "list, pause, resume, restart" in ctl(f, "stop", f.name, expect=2).stderr
    assert "which feeds?" in ctl(f, "pause", expect=2).stderr
    assert "level is debug" in ctl(f, "log-level", "loud", expect=2).stderr
    os.chmod(WORK, 0o755)
    os.chmod(f.config, 0o644)
    r = subprocess.run(["setpriv", "--reuid", "nobody", "--clear-groups", *f.command("status")],
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == 3 and "run this command as the service's user" in r.stderr, r.stderr
    p.send_signal(signal.SIGSTOP)       # it listens, and does not answer
    r = status(f, expect=3)
    assert "does not answer" in r.stderr, r.stderr
    p.send_signal(signal.SIGCONT)
    stop(p)


def test_top():
    f = table()
    p = begun(f)
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(ours)
    top = subprocess.Popen(f.command("top"), stdin=theirs, stdout=theirs, stderr=theirs)
    shown = b""

    def shows(text):
        nonlocal shown
        while select.select([ours], [], [], 0)[0]:
            shown += os.read(ours, 65536)
        if text.encode() in shown:
            shown = b""
            return True
        return False
    until(lambda: shows(f.name + "  streaming"), 20, lambda: shown)
    assert not termios.tcgetattr(ours)[3] & termios.ECHO
    os.write(ours, b"n")
    until(lambda: shows("[n] name"), 20, lambda: shown)
    stop(p)
    until(lambda: shows("no service listens at"), 20, lambda: shown)
    os.write(ours, b"q")
    assert top.wait(20) == 0
    until(lambda: shows("\033[?1049l"), 20, lambda: shown)
    assert termios.tcgetattr(ours) == before
    os.close(ours)
    os.close(theirs)
    r = subprocess.run(f.command("top"), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert r.returncode == 2 and "tailrace status" in r.stderr, r.stderr


def asked(s, line):
    return json.loads(ask(s, line))


def connected(f):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(f"/run/tailrace/{f.name}.sock.process")
    return s


def test_hostile_clients():
    f = table()
    p = begun(f)
    never = []
    for _ in range(8):
        s = connected(f)
        s.settimeout(1)
        try:
            s.sendall(b'{"do":"list"}\n' * 20000)
        except OSError:
            pass
        never.append(s)
    for i, line in enumerate([b"garbage\n", b"\0\xff\n", b"{}\n", b'{"do":7}\n',
                              b'{"do":"pause"}\n',
                              b'{"do":"pause","feeds":"x"}\n', b'{"do":"pause","feeds":[[]]}\n',
                              b'{"do":"pause","feeds":["(("]}\n', b'{"do":"restart","feeds":[]}\n',
                              b'{"do":"outcome","order":99}\n', b'{"do":"log-level"}\n',
                              b'{"do":"log-level","level":"debug","feeds":["nobody"]}\n']):
        answer = asked(connected(f), line)
        assert answer["ok"] is False and answer["error"], (line, answer)
        f.sql("INSERT INTO t VALUES (%s)", i)
    assert "pause, resume, restart" in asked(connected(f), b'{"do":"stop"}\n')["error"]
    until(lambda: created(f) == list(range(12)))
    assert json.loads(ctl(f, "list", "--json").stdout)["sessions"] == 1
    stop(p)


class Many:
    """`tailrace run` of an estate's folder, asked as a single feed is."""

    def __init__(self, e):
        self.e, self.options = e, {}
        self.log = os.path.join(WORK, e.tag + ".log")
        with open(self.log, "w") as f:
            self.p = subprocess.Popen([TAILRACE, "run", "-c", e.folder], stderr=f)
        self.poll, self.returncode = self.p.poll, None
        running.append(self.p)

    def command(self, command, *args):
        return [TAILRACE, command, "-c", self.e.folder, *args]


def topic(e, database):
    return [v["after"]["id"] for t, _, v, _ in Road(e.tag, {}).records()
            if t == f"{database}.public.t"]


def test_many_feeds_each_by_itself():
    e = Estate(["a", "b"])
    feeds.append(estates.pop())
    a, b = e.databases
    e.run("setup", "--feed", f"{e.tag}.{a}")
    m = Many(e)
    until(lambda: f"{e.tag}.{b}  stopped, configuration" in ctl(m, "list", expect=None).stdout, 60,
          lambda: log_of(m)[-3000:])
    r = status(m, expect=2)
    assert f"{e.tag}.{b}: configuration, " in r.stdout, r.stdout
    assert "-> tailrace setup makes it" in r.stdout, r.stdout
    assert "has stopped (configuration)" in ctl(m, "pause", ".*", expect=2).stderr
    e.run("setup")
    assert f"{e.tag}.{b}: " in ctl(m, "restart", f"{e.tag}.{b}").stdout
    until(lambda: topic(e, a) == [1] and topic(e, b) == [1], 60, lambda: log_of(m)[-3000:])
    ctl(m, "pause", f".*{a}")
    for d in (a, b):
        with connect(PRIMARY, d) as c:
            c.execute("INSERT INTO t VALUES (2, 'x')")
    until(lambda: topic(e, b) == [1, 2])
    assert topic(e, a) == [1]
    changes = lambda d: [x for x in log_of(m).splitlines() if "state has changed" in x
                         and x.endswith(f"feed={e.tag}.{d}")]
    ctl(m, "log-level", "error", f"{e.tag}.{a}")
    said = len(changes(a)), len(changes(b))
    ctl(m, "resume", f"{e.tag}.{a}")
    ctl(m, "restart", f"{e.tag}.{b}")
    until(lambda: topic(e, a) == [1, 2])
    assert len(changes(a)) == said[0] and len(changes(b)) > said[1], log_of(m)[-2000:]
    ctl(m, "log-level", "default", f"{e.tag}.{a}")
    ctl(m, "pause", f"{e.tag}.{a}")
    assert len(changes(a)) == said[0] + 1, log_of(m)[-2000:]
    m.p.terminate()
    assert m.p.wait(60) == 0, log_of(m)[-2000:]


def test_log_formats():
    f = table()
    for form in ("json", "logfmt"):
        p = begun(f, log__format=form)
        f.sql("INSERT INTO t SELECT COALESCE(max(id), 0) + 1 FROM t")
        stop(p)
        lines = log_of(p).splitlines()
        if form == "json":
            got = [json.loads(x) for x in lines]
        else:
            pairs = re.compile(r'([a-z0-9_]+)=("(?:[^"\\]|\\.)*"|[^ "]*)(?: |$)')
            assert all(pairs.sub("", x) == "" for x in lines), lines
            got = [dict(pairs.findall(x)) for x in lines]
        states = [x for x in got if x["message"].strip('"') == "the feed's state has changed"]
        assert [x["state"] for x in states][-1] == "stopped", states
        assert all(x["feed"] == f.name and x["level"] == "info" for x in states), states


main(globals(), feeds)
