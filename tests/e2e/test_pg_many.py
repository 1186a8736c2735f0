"""Many feeds of one folder on a real server: `databases:` finds databases, those created later and
those dropped; check, setup and --feed go through them. The server's own pg_database and
pg_replication_slots are what it is held against."""

import json, os, subprocess
import psycopg
from psycopg import sql
from estate import Estate, connect, estates
from pg_road import PRIMARY, STANDBY
from road import KAFKA, REGISTRY, TAILRACE, WORK, Road, main
from suite import until

def test_five_databases_are_set_up_checked_and_fed():
    e = Estate(["a", "b", "c", "d", "e"])
    shown = e.run("setup", "--dry-run").stdout
    assert [x for x in shown.splitlines() if x.startswith("-- feed ")] == \
        [f"-- feed {e.tag}.{d}, database {d}" for d in e.databases], shown
    assert e.slots() == {}
    e.run("setup")
    assert e.slots() == {d: "tailrace_" + d for d in e.databases}
    out = e.run("check").stdout
    assert [x for x in out.splitlines() if x.startswith("feed ")] == [
        f"feed {e.tag}.{d}" for d in e.databases
    ], out
    assert out.count("schema registry answers") == 1 and out.splitlines()[-1].endswith(
        " 0 fail"
    ), out
    lines = [json.loads(x) for x in e.run("check", "--json").stdout.splitlines()]
    assert {x.get("feed") for x in lines} == {None} | {f"{e.tag}.{d}" for d in e.databases}
    for which in ("b", "d"):
        e.run("run", "--until-current", "--feed", f"{e.tag}.{e.tag}_{which}")
    road = Road(e.tag, {})
    got = {
        topic: value["after"]["v"]
        for topic, _, value, _ in road.records()
        if topic.endswith(".public.t")
    }
    assert got == {f"{e.tag}_b.public.t": "b", f"{e.tag}_d.public.t": "d"}, got


def test_what_is_created_later_and_dropped():
    e = Estate(["a", "b"])
    e.run("setup")
    e.create("c")
    # it has no publication and no slot yet; the others are as they were
    out = e.run("check", expect=2).stdout
    by_feed = {p.split("\n")[0]: p for p in out.split("\nfeed ")[1:]}
    assert list(by_feed) == [f"{e.tag}.{e.tag}_{x}" for x in "abc"], out
    assert [f for f, text in by_feed.items() if "\nfail" in text] == [f"{e.tag}.{e.tag}_c"], out
    e.run("setup")
    assert set(e.slots()) == set(e.databases)
    e.run("check")
    e.remove("a")
    out = e.run("check").stdout
    assert [x for x in out.splitlines() if x.startswith("feed ")] == [
        f"feed {e.tag}.{e.tag}_{x}" for x in "bc"
    ], out
    r = e.run("check", "--feed", f"{e.tag}.{e.tag}_a", expect=2)
    assert "there is no such feed; there are" in r.stderr and f"{e.tag}_b" in r.stderr, r.stderr


def test_the_limit_of_open_files():
    """It begins low on most systems and is raised; where it cannot be, that is said."""
    e = Estate(["a", "b", "c"])
    e.run("setup")

    def run(soft, hard):
        r = subprocess.run(
            [
                "prlimit",
                f"--nofile={soft}:{hard}",
                TAILRACE,
                "run",
                "--until-current",
                "-c",
                e.folder,
            ],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert r.returncode == 0, r.stderr[-1500:]
        return "the process may open fewer files than its feeds need" in r.stderr
    assert not run(20, 4096)
    assert run(100, 100)


class Refresher:
    """What the engine does on its timer: one process that looks again and again."""

    def __init__(self, folder):
        self.p = subprocess.Popen(
            [os.path.join(os.path.dirname(TAILRACE), "tests/unit/refresh"), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def look(self):
        self.p.stdin.write("\n")
        return [x.strip() for x in iter(self.p.stdout.readline, "\n") if x or self.p.wait(60)]

    def end(self):
        self.p.stdin.close()
        assert self.p.wait(60) == 0


def test_looking_again():
    e = Estate(
        ["a", "b"],
        more={
            "conf.d/two.yaml": f"name: 'second.{{database}}'\ndatabases: ['.*_twice']\nsource:\n  "
                               f"conninfo: "
            f"'{STANDBY.replace('dbname=shop', '')}'\n"
        },
    )
    feed = lambda x: f"{e.tag}.{e.tag}_{x}"
    plus = lambda x: f"+ {feed(x)} {e.tag}_{x} tailrace_{e.tag}_{x}"
    r = Refresher(e.folder)
    assert r.look() == [plus("a"), plus("b")]
    assert r.look() == []
    e.create("c")
    assert r.look() == [plus("c")]
    e.remove("a")
    assert r.look() == [f"- {feed('a')}"]
    e.remove("b")
    e.create("b")       # another database of the same name
    assert r.look() == [f"- {feed('b')}", plus("b")]
    e.admin.execute(f"ALTER DATABASE {e.tag}_c RENAME TO {e.tag}_d")
    e.databases = [f"{e.tag}_b", f"{e.tag}_d"]
    e.caught_up()
    assert r.look() == [f"- {feed('c')}", plus("d")]
    e.admin.execute(f"ALTER DATABASE {e.tag}_d ALLOW_CONNECTIONS false")
    e.caught_up()
    assert r.look() == [f"- {feed('d')}"]
    e.admin.execute(f"ALTER DATABASE {e.tag}_d ALLOW_CONNECTIONS true")
    e.caught_up()
    assert r.look() == [plus("d")]
    e.create("twice")       # both entries take it
    one, refused = r.look()
    assert (
        one == plus("twice")
        and refused.startswith(f"! {e.tag}_twice ")
        and "one.yaml" in refused
        and "two.yaml" in refused
    ), refused
    assert r.look() == []   # and that is said once
    r.end()


def test_names_that_topics_and_slots_do_not_take():
    odd = ["Up", "up", "with space", "quote\"'d", "a=b", "ümlaut", "x" * (63 - 14)]
    e = Estate()
    for n in odd:
        database = f"{e.tag}_{n}"
        e.admin.execute("CREATE DATABASE " + sql.Identifier(database).as_string(e.admin))
        e.databases.append(database)
    e.caught_up()
    try:
        e.run("setup")
        slots = e.slots()
        assert set(slots) == set(e.databases), slots
        assert (
            len(set(slots.values())) == len(odd) and slots[f"{e.tag}_up"] == f"tailrace_{e.tag}_up"
        ), slots
        out = e.run("check").stdout
        names = [x.split(" ", 1)[1] for x in out.splitlines() if x.startswith("feed ")]
        assert len(set(names)) == len(odd), names
    finally:
        for database in e.databases:
            e.free_slots(database)
            e.admin.execute(
                "DROP DATABASE " + sql.Identifier(database).as_string(e.admin) + " WITH (FORCE)"
            )
        e.databases = []


def test_one_that_fails_keeps_no_other_from_its_turn():
    e = Estate(
        ["a"],
        more={
            "conf.d/zz.yaml": "sources:\n  - name: gone\n    source: { conninfo: "
                              "'host=/nonexistent' }\n"
            "  - cluster: dead\n    databases: ['*']\n    source: { conninfo: 'host=/nonexistent "
            "port=1' }\n"
        },
    )
    r = e.run("setup", expect=1)
    assert set(e.slots()) == set(e.databases)
    assert (
        "zz.yaml:4: the server's databases cannot be listed" in r.stderr
        and "feed gone: " in r.stderr
    ), r.stderr
    out = e.run("check", expect=2).stdout
    assert (
        "zz.yaml:4: the server's databases cannot be listed" in out
        and f"\nfeed {e.tag}.{e.tag}_a\n" in out
    ), out
    # the server that is not there may have feeds of that name
    e.run("check", "--feed", f"{e.tag}.*", expect=2)


def test_commands_that_want_one():
    e = Estate(["a", "b"])
    for command in ("run --dry-run", "tail", "backfill list", "schema-diff"):
        r = e.run(command, expect=3 if command == "schema-diff" else 2)
        assert (
            f"one is wanted: --feed NAME, of {e.tag}.{e.tag}_a, {e.tag}.{e.tag}_b" in r.stderr
        ), r.stderr
    e.run("setup")
    one = ("--feed", f".*{e.tag}_a")
    e.run("run", "--until-current", *one)
    r = e.run("tail", *one)
    assert [
        json.loads(x)["value"]["after"]["v"] for x in r.stdout.splitlines() if ".public.t\"" in x
    ] == ["a"], r.stdout
    e.run("backfill", "--table", "public.t", *one)
    e.run("schema-diff", *one)
    assert f"{e.tag}_b" not in e.run("check", *one).stdout


def test_two_entries_that_take_one_database():
    e = Estate(
        ["a", "b"],
        more={
            "conf.d/two.yaml": f"name: 'second.{{database}}'\ndatabases: ['.*_b']\nsource:\n  "
                               f"conninfo: "
            f"'{STANDBY.replace('dbname=shop', '')}'\n"
        },
    )
    r = e.run("check", "--json", expect=2)
    fails = [
        json.loads(x)
        for x in r.stdout.splitlines()
        if '"level": "fail"' in x and "feed" not in json.loads(x)
    ]
    assert any(
        f"database {e.tag}_b" in x["what"]
        and "conf.d/two.yaml" in x["what"]
        and "conf.d/one.yaml" in x["what"]
        for x in fails
    ), fails


def test_a_file_that_was_one_feed_goes_on_in_a_folder():
    """Its name, slot and position are the same in conf.d: nothing is sent again."""
    e = Estate(["a"])
    os.remove(e.folder + "/conf.d/one.yaml")
    database = e.databases[0]
    text = (
        f"name: {e.tag}\nsource:\n  conninfo: "
        f"'{STANDBY.replace('dbname=shop', 'dbname=' + database)}'\n"
        f"  setup-conninfo: '{PRIMARY.replace('dbname=shop', 'dbname=' + database)}'\n  slot: "
        f"{e.tag}\n"
    )
    alone = os.path.join(WORK, e.tag + ".alone.yaml")
    with open(alone, "w") as f:
        f.write(
            text + f"registry: {{ url: '{REGISTRY}' }}\nkafka: {{ bootstrap.servers: '{KAFKA}' }}\n"
        )
    for command in (["setup"], ["run", "--until-current"]):
        subprocess.run(
            [TAILRACE, *command, "-c", alone], check=True, capture_output=True, timeout=300
        )
    e.write("conf.d/shop.yaml", text)
    e.write(
        "tailrace.yaml",
        f"name: another\nregistry: {{ url: '{REGISTRY}' }}\nkafka: {{ bootstrap.servers: '{KAFKA}' "
        f"}}\n",
    )
    with connect(PRIMARY, database) as c:
        c.execute("INSERT INTO t VALUES (2, 'later')")
    e.caught_up()
    e.run("run", "--until-current")
    got = [(v["op"], v["after"]["v"]) for topic, _, v, _ in Road(e.tag, {}).records("public.t")]
    assert got == [("r", "a"), ("c", "later")], got


main(globals(), estates)
