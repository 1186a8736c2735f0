"""
Orders that move a feed to another position or forget it: what a dry run says is held against what
arrives in Kafka, and what the servers hold afterwards against what was said.
"""
import json, os, re, socket, subprocess
from estate import Estate, connect, estates
from ordering import ctl, exported, shown
from pg_road import PRIMARY, STANDBY, drop_slot, feed, feeds
from road import KAFKA, TAILRACE, WORK, Road, ask, log_of, main, running, stop
from suite import until
from topics import messages


def table():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    f.sql("INSERT INTO t VALUES (1)")
    f.feed()
    return f


class Many:
    """`tailrace run` of an estate's folder, asked as a single feed is."""

    def __init__(self, e):
        self.e, self.log = e, os.path.join(WORK, e.tag + ".log")
        with open(self.log, "a") as out:
            self.p = subprocess.Popen([TAILRACE, "run", "-c", e.folder], stderr=out)
        running.append(self.p)

    def command(self, command, *args):
        return [TAILRACE, command, "-c", self.e.folder, *args]


def created(f):
    return [k["id"] for op, k in f.ops("public.t") if op in "cr"]


def number(lsn):
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def end(f):
    """Where the primary's log ends, once the standby has it."""
    lsn = f.sql("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
    f.sql("SELECT pg_switch_wal()")     # it is flushed up to there
    f.caught_up()
    return lsn


def begun(f, *args, **options):
    p = f.start(*args, **options)
    state = lambda: ctl(f, "list", expect=None, **options).stdout
    until(lambda: "  streaming" in state() or p.poll() is not None, 120, lambda: log_of(p)[-2000:])
    return p


def test_a_position_is_shown_exported_and_moved():
    f = table()
    before = shown(f)
    assert before["position"]["slot"] == f.name == before["slot"]["name"], before
    behind = number(before["server"]["end"]) - number(before["position"]["lsn"])
    assert before["bytes"]["server_after_position"] == behind, before
    assert before["stored_by"]["pid"] > 0 and before["whole"].startswith("{"), before
    text = ctl(f, "position", "show", f.name).stdout
    assert re.search(r"^position\.lsn +" + before["position"]["lsn"] + "$", text, re.M), text
    kept = json.load(open(exported(f)))
    assert kept["feed"] == f.name and kept["kind"] == "postgresql", kept
    assert kept["server"] == before["server"]["system_id"] and kept["slot"] == f.name, kept

    f.sql("INSERT INTO t VALUES (2), (3)")
    to = end(f)
    dry = ctl(f, "position", "set", f.name, to, "--dry-run").stdout
    bytes_between = number(to) - number(before["position"]["lsn"])
    assert f"skips {bytes_between} bytes of WAL" in dry, dry
    assert "--yes is wanted" in ctl(f, "position", "set", f.name, to, expect=2).stderr
    assert shown(f)["position"] == before["position"]
    done = ctl(f, "position", "set", f.name, to, "--yes").stdout
    assert done.splitlines()[0] == dry.strip() and "the position is stored" in done, done
    f.sql("INSERT INTO t VALUES (4)")
    f.feed()
    assert created(f) == [1, 4], created(f)


def test_what_is_repeated_is_what_was_said():
    """The slot is put back to where it was by a copy: its position is behind what was delivered."""
    f = table()
    kept = exported(f)
    copy = "SELECT pg_copy_logical_replication_slot(%s, %s)"
    with connect(STANDBY, f.name) as s:
        s.execute(copy, (f.name, f.name + "_then"))
        f.sql("INSERT INTO t VALUES (2)")
        f.sql("INSERT INTO t VALUES (3)")
        f.feed()
        drop_slot(s, f.name)
        s.execute(copy, (f.name + "_then", f.name))
    assert created(f) == [1, 2, 3], created(f)
    now = shown(f)
    dry = ctl(f, "position", "set", f.name, kept, "--dry-run").stdout
    said = re.search(r"repeats (\d+) bytes of WAL, from (\S+) to (\S+):", dry)
    assert said and said[3] == now["position"]["lsn"], (dry, now)
    assert int(said[1]) == number(said[3]) - number(said[2]), dry
    ctl(f, "position", "set", f.name, kept, "--yes")
    f.feed()
    assert created(f) == [1, 2, 3, 2, 3], created(f)


def told(f, request):
    """What the process's socket answers; of an order that takes time, what came of it."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(f"/run/tailrace/{f.name}.sock.process")
        answer = json.loads(ask(s, json.dumps(request).encode() + b"\n"))
        while answer["ok"] and not answer.get("done"):
            if "order" in answer:
                outcome = {"do": "outcome", "order": answer["order"]}
            answer = json.loads(ask(s, json.dumps(outcome).encode() + b"\n"))
    return answer


def test_a_feed_that_is_paused_in_its_service_is_moved():
    f = table()
    p = begun(f)
    f.sql("INSERT INTO t VALUES (2)")
    until(lambda: created(f) == [1, 2])
    refused = ctl(f, "position", "set", f.name, end(f), "--yes", expect=2).stderr
    assert "tailrace ctl pause" in refused, refused
    ctl(f, "pause", f.name)
    stored = shown(f)["whole"]
    order = {"do": "position", "feeds": [f.name], "expected": "{}", "position": stored}
    assert "another position is stored" in told(f, order)["error"]
    assert "one feed is wanted" in told(f, order | {"position": ""})["error"]
    assert shown(f)["whole"] == stored
    f.sql("INSERT INTO t VALUES (3)")
    to = end(f)
    ctl(f, "position", "set", f.name, to, "--yes")
    until(lambda: f"{f.name}  paused" in ctl(f, "list").stdout)
    assert shown(f)["position"]["lsn"] == to
    ctl(f, "resume", f.name)
    f.sql("INSERT INTO t VALUES (4)")
    until(lambda: created(f) == [1, 2, 4] or p.poll() is not None, 60, lambda: log_of(p)[-2000:])
    stop(p)
    assert created(f) == [1, 2, 4], created(f)


def test_what_cannot_be_read_again_is_refused():
    f, other = table(), table()
    at = shown(f)["position"]["lsn"]
    refuses = lambda text, why: why in ctl(f, "position", "set", f.name, text, "--yes",
                                           expect=2).stderr
    assert refuses("0/1", "has forgotten everything before")
    assert refuses("FFFF/0", "is not written yet")
    assert refuses(exported(other), "and not of " + f.name)
    assert refuses(json.dumps(json.load(open(exported(other)))["position"]), "is of slot")
    whole = json.load(open(exported(f)))["position"]
    assert refuses(json.dumps(whole | {"system_id": "1"}), "another cluster")
    assert refuses(json.dumps(whole | {"timeline": 77}), "has no such timeline")
    for garbage in ("{", "{}", "x/y", " "):
        ctl(f, "position", "set", f.name, garbage, "--yes", expect=2)
    ctl(f, "position", "sit", f.name, expect=2)
    assert shown(f)["position"]["lsn"] == at


def test_whoever_is_paused_elsewhere_does_not_go_back():
    f = table()
    other = {"control__socket": os.path.join(WORK, f.name + ".other")}
    p = begun(f, sink__delivery="exactly-once", **other)
    ctl(f, "pause", f.name, **other)
    f.sql("INSERT INTO t VALUES (2)")
    to = end(f)
    ctl(f, "position", "set", f.name, to, "--yes", sink__delivery="exactly-once")
    ctl(f, "resume", f.name, expect=None, **other)
    f.sql("INSERT INTO t VALUES (3)")
    until(lambda: created(f) == [1, 3] or p.poll() is not None, 60, lambda: log_of(p)[-2000:])
    assert 2 not in created(f), created(f)
    assert number(shown(f)["position"]["lsn"]) >= number(to)


def test_one_of_many_is_moved_and_the_others_do_not_notice():
    e = Estate(["a", "b"])
    with open(e.folder + "/tailrace.yaml", "a") as out:
        out.write("sink: { delivery: exactly-once }\nlimits: { lanes: 1 }\n")
    feeds.append(estates.pop())
    e.run("setup")
    m = Many(e)
    a, b = (f"{e.tag}.{d}" for d in e.databases)
    seen = lambda d: [v["after"]["id"] for t, _, v, _ in Road(e.tag, {}).records()
                      if t == f"{d}.public.t"]
    until(lambda: [seen(d) for d in e.databases] == [[1], [1]], 120, lambda: log_of(m)[-3000:])
    sessions = lambda: json.loads(ctl(m, "list", b, "--json").stdout)["sessions"]
    before = sessions()
    ctl(m, "pause", a)
    for d in e.databases:
        with connect(PRIMARY, d) as c:
            c.execute("INSERT INTO t VALUES (2, 'x')")
            to = c.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
            c.execute("SELECT pg_switch_wal()")
    e.caught_up()
    ctl(m, "position", "set", a, to, "--yes")
    ctl(m, "resume", a)
    for d in e.databases:
        with connect(PRIMARY, d) as c:
            c.execute("INSERT INTO t VALUES (3, 'x')")
    until(lambda: [seen(d) for d in e.databases] == [[1, 3], [1, 2, 3]], 60,
          lambda: ([seen(d) for d in e.databases], log_of(m)[-3000:]))
    assert sessions() == before, log_of(m)[-2000:]
    m.p.terminate()
    assert m.p.wait(60) == 0, log_of(m)[-2000:]
    with connect(PRIMARY, e.databases[0]) as c:
        c.execute("INSERT INTO t VALUES (4, 'x')")
        to = c.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
        c.execute("SELECT pg_switch_wal()")
    e.caught_up()
    ctl(m, "position", "set", a, to, "--yes")       # by a process of its own
    m = Many(e)
    for d in e.databases:
        with connect(PRIMARY, d) as c:
            c.execute("INSERT INTO t VALUES (5, 'x')")
    until(lambda: [seen(d) for d in e.databases] == [[1, 3, 5], [1, 2, 3, 5]], 60,
          lambda: ([seen(d) for d in e.databases], log_of(m)[-3000:]))
    m.p.terminate()
    assert m.p.wait(60) == 0, log_of(m)[-2000:]


def slots(f):
    with connect(STANDBY) as s:
        return [x for (x,) in s.execute("SELECT slot_name FROM pg_replication_slots "
                                        "WHERE database = %s", (f.name,))]


def keys(f):
    """Those of the feed in the position topic that have a value."""
    found = {}
    for m in messages(KAFKA, [("tailrace.positions", 0)]):
        if f.name in m.key().decode().strip("\t").split("\t"):
            found[m.key()] = m.value()
    return [k for k, v in found.items() if v is not None]


def published(f):
    return [x for (x,) in f.sql("SELECT pubname FROM pg_publication")]


def first_segment(f):
    """The oldest file of the log that the feed's slot needs."""
    with connect(STANDBY) as s:
        lsn, timeline = s.execute("SELECT restart_lsn::text, timeline_id FROM pg_replication_slots,"
                                  " pg_control_checkpoint() WHERE slot_name = %s",
                                  (f.name,)).fetchone()
    high, low = lsn.split("/")
    return f"{timeline:08X}{int(high, 16):08X}{int(low, 16) >> 24:08X}"


def recycles(f):
    """Lets the standby part with log that nobody needs, and names what it has."""
    for _ in range(2):
        f.sql("SELECT pg_logical_emit_message(true, 'x', 'x')")
        f.sql("SELECT pg_switch_wal()")
    f.sql("CHECKPOINT")
    f.caught_up()
    with connect(STANDBY) as s:
        s.execute("CHECKPOINT")
        return [x for (x,) in s.execute("SELECT name FROM pg_ls_waldir()")]


def test_a_forgotten_feed_holds_nothing_back():
    f = table()
    p = begun(f)
    assert "tailrace ctl pause" in ctl(f, "forget", f.name, "--yes", expect=2).stderr
    other = {"control__socket": os.path.join(WORK, "elsewhere.sock")}
    r = ctl(f, "forget", f.name, "--yes", expect=2, **other)       # it runs on another machine
    assert "the feed runs, and nothing is changed" in r.stderr, r.stderr
    assert slots(f) == [f.name]
    stop(p)
    dry = ctl(f, "forget", f.name, "--dry-run").stdout
    assert f"SELECT pg_drop_replication_slot('{f.name}');" in dry and "would get" in dry, dry
    assert slots(f) == [f.name] and keys(f)
    assert "--yes is wanted" in ctl(f, "forget", f.name, expect=2).stderr
    assert slots(f) == [f.name] and keys(f)
    segment = first_segment(f)
    for _ in range(3):
        assert segment in recycles(f)
    said = ctl(f, "forget", f.name, "--yes").stdout
    until(lambda: segment not in recycles(f), 120)
    assert f"--   topic {f.name}.public.t" in said and "--publication drops it" in said, said
    assert slots(f) == [] and keys(f) == [], (slots(f), keys(f))
    assert created(f) == [1] and published(f) == ["tailrace"]
    assert not shown(f)["stored"]
    again = ctl(f, "forget", f.name, "--yes", "--publication").stdout
    assert "there is no slot" in again and "DROP PUBLICATION" in again, again
    assert published(f) == []
    f.sql("CREATE PUBLICATION tailrace FOR TABLE t")
    f.caught_up()
    last = ctl(f, "forget", f.name, "--yes", "--publication").stdout
    assert "stays: `tailrace setup` did not make it" in last and published(f) == ["tailrace"], last
    f.run("setup")
    f.run("run", "--until-current", timeout=120)        # it begins anew
    assert shown(f)["stored"]


def test_a_publication_that_another_feed_may_read_is_not_dropped():
    f = table()
    other = f.name + "_other"
    makes = "SELECT pg_create_logical_replication_slot(%s, %s)"
    f.sql(makes, other, "pgoutput")
    try:
        r = ctl(f, "forget", f.name, "--yes", "--publication", expect=2)
        assert f'slot "{other}" of ' in r.stderr and "nothing is changed" in r.stderr, r.stderr
        assert slots(f) == [f.name] and keys(f) and published(f) == ["tailrace"]
    finally:
        f.sql("SELECT pg_drop_replication_slot(%s)", other)
    assert "DROP PUBLICATION" in ctl(f, "forget", f.name, "--yes", "--publication").stdout
    assert slots(f) == [] and published(f) == []


def test_a_position_beside_files():
    folder = {"sink__directory": os.path.join(WORK, "files"), "sink__kind": "avro-file"}
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", **folder)
    f.feed()
    f.sql("INSERT INTO t VALUES (1)")
    to = end(f)
    assert "skips" in ctl(f, "position", "set", f.name, to, "--yes").stdout
    assert shown(f)["position"]["lsn"] == to
    f.sql("INSERT INTO t VALUES (2)")
    assert " rows=1 " in f.feed().stderr
    said = ctl(f, "forget", f.name, "--yes").stdout
    assert f"the position in {f.name}.position there" in said and slots(f) == [], said


main(globals(), feeds)
