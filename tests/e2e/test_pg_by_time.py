"""Rows are described as their table was when they were written, whatever became of it since:
dropped, renamed, keyed anew, its types gone.

usage: test_pg_by_time.py [NAME...]     run by tests/e2e/run by_time. Last line: N passed, N failed.
       test_pg_by_time.py long          the memory after 1,200 tables, too
"""

import json, re, signal, sys, urllib.request
import psycopg
from pg_road import feed, feeds
from road import await_log, KAFKA, log_of, main, registry, REGISTRY, stop, until
from topics import messages

SWAP = ("BEGIN; ALTER TABLE {0} RENAME a TO old; ALTER TABLE {0} RENAME id TO a;"
        "ALTER TABLE {0} RENAME old TO id; COMMIT")

# name: (DDL before, statements while the feed is stopped or runs, [(op, key)] of public.NAME)
KEYS = {
    "dropped": (
        "CREATE TABLE dropped (id int PRIMARY KEY, v text)",
        [
            "INSERT INTO dropped VALUES (1, 'a')",
            "UPDATE dropped SET v = 'b'",
            "DELETE FROM dropped",
            "DROP TABLE dropped",
        ],
        [("c", {"id": 1}), ("u", {"id": 1}), ("d", {"id": 1}), (None, {"id": 1})],
    ),
    "anew": (
        "CREATE TABLE anew (id int PRIMARY KEY, v text NOT NULL)",
        [
            "BEGIN; INSERT INTO anew VALUES (1, 'a'); DROP TABLE anew; CREATE TABLE anew (id int, "
            "v text PRIMARY KEY);"
            " INSERT INTO anew VALUES (2, 'b'); COMMIT"
        ],
        [("c", {"id": 1}), ("c", {"v": "b"})],
    ),
    "unkeyed": (
        "CREATE TABLE unkeyed (id int PRIMARY KEY, v text)",
        [
            "INSERT INTO unkeyed VALUES (1, 'a')",
            "ALTER TABLE unkeyed DROP CONSTRAINT unkeyed_pkey",
            "INSERT INTO unkeyed VALUES (2, 'b')",
        ],
        [("c", {"id": 1}), ("c", None)],
    ),
    "unkeyed_whole": (
        "CREATE TABLE unkeyed_whole (id int PRIMARY KEY, v text); ALTER TABLE unkeyed_whole "
        "REPLICA IDENTITY FULL",
        [
            "INSERT INTO unkeyed_whole VALUES (1, 'a')",
            "ALTER TABLE unkeyed_whole DROP CONSTRAINT unkeyed_whole_pkey",
            "INSERT INTO unkeyed_whole VALUES (2, 'b')",
        ],
        [],
    ),
    "exchanged": (
        "CREATE TABLE exchanged (a int, id text PRIMARY KEY);"
        "ALTER TABLE exchanged REPLICA IDENTITY FULL",
        [
            "INSERT INTO exchanged VALUES (1, 'x')",
            SWAP.format("exchanged"),
            "INSERT INTO exchanged VALUES (1, 'y')",
        ],
        [("c", {"id": "x"}), ("c", {"a": "y"})],
    ),
    "exchanged_inside": (
        "CREATE TABLE exchanged_inside (a int, id text PRIMARY KEY);"
        "ALTER TABLE exchanged_inside REPLICA IDENTITY FULL",
        [
            "BEGIN; INSERT INTO exchanged_inside VALUES (1, 'x');"
            + SWAP.format("exchanged_inside")[6:-6]
            + "INSERT INTO exchanged_inside VALUES (1, 'y'); COMMIT"
        ],
        [("c", {"id": "x"}), ("c", {"a": "y"})],
    ),
    "shifted": (
        "CREATE TABLE shifted (gone int, a int, b int, id int, PRIMARY KEY (id, b));"
        "ALTER TABLE shifted REPLICA IDENTITY FULL",
        [
            "INSERT INTO shifted VALUES (1, 2, 3, 4)",
            "ALTER TABLE shifted DROP gone",
            SWAP.format("shifted"),
            "INSERT INTO shifted VALUES (1, 2, 3)",
        ],
        [("c", {"id": 4, "b": 3}), ("c", {"a": 3, "b": 2})],
    ),
    "swapped": (
        "CREATE TABLE swapped (a int, id text PRIMARY KEY, v int)",
        [
            "INSERT INTO swapped VALUES (1, 'x', 2)",
            "ALTER TABLE swapped REPLICA IDENTITY FULL",
            "INSERT INTO swapped VALUES (1, 'y', 2)",
            SWAP.format("swapped"),
            "INSERT INTO swapped VALUES (1, 'z', 2)",
            "DROP TABLE swapped",
        ],
        [],
    ),
    "made_inside": (
        "",
        [
            "BEGIN; CREATE TABLE made_inside (x int, id int PRIMARY KEY);"
            "ALTER TABLE made_inside REPLICA IDENTITY FULL; ALTER TABLE made_inside DROP x;"
            "INSERT INTO made_inside VALUES (1); COMMIT"
        ],
        [("c", {"id": 1})],
    ),
    "beside": (
        "CREATE TABLE beside (a int, id int PRIMARY KEY)",
        [
            "INSERT INTO beside VALUES (1, 1)",
            "ALTER TABLE beside REPLICA IDENTITY FULL",
            "INSERT INTO beside VALUES (2, 2)",
            "ALTER TABLE beside RENAME a TO z",
            "INSERT INTO beside VALUES (3, 3)",
            "DROP TABLE beside",
        ],
        [("c", {"id": 1}), ("c", {"id": 2}), ("c", {"id": 3})],
    ),
    "rekeyed": (
        "CREATE TABLE rekeyed (id int PRIMARY KEY, v int NOT NULL)",
        [
            "INSERT INTO rekeyed VALUES (1, 2)",
            "ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey, ADD PRIMARY KEY (v)",
            "INSERT INTO rekeyed VALUES (3, 4)",
        ],
        [("c", {"id": 1}), ("c", {"v": 4})],
    ),
    "ordered": (
        "CREATE TABLE ordered (a int, b int, v text, PRIMARY KEY (b, a))",
        [
            "INSERT INTO ordered VALUES (1, 2, 'a')",
            "ALTER TABLE ordered RENAME b TO bb",
            "INSERT INTO ordered VALUES (3, 4, 'b')",
        ],
        [("c", {"b": 2, "a": 1}), ("c", {"bb": 4, "a": 3})],
    ),
    "whole": (
        "CREATE TABLE whole (id int PRIMARY KEY, v text); ALTER TABLE whole REPLICA IDENTITY FULL",
        [
            "INSERT INTO whole VALUES (1, 'a')",
            "ALTER TABLE whole RENAME id TO uid",
            "INSERT INTO whole VALUES (2, 'b')",
        ],
        [("c", {"id": 1}), ("c", {"uid": 2})],
    ),
    "indexed": (
        "CREATE TABLE indexed (id int PRIMARY KEY, k int NOT NULL UNIQUE); ALTER TABLE indexed "
        "REPLICA IDENTITY USING INDEX indexed_k_key",
        ["INSERT INTO indexed VALUES (1, 5)", "DELETE FROM indexed", "DROP TABLE indexed"],
        [("c", {"k": 5}), ("d", {"k": 5}), (None, {"k": 5})],
    ),
    "root": (
        "CREATE TABLE root (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
        "CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (10)",
        ["INSERT INTO root VALUES (1, 'a')", "DELETE FROM root", "DROP TABLE leaf"],
        [],
    ),
}
KEYS["leaf"] = ("", [], [("c", {"id": 1}), ("d", {"id": 1}), (None, {"id": 1})])


def one_by_one(f, cases):
    for _, steps, _ in cases.values():
        for s in steps:
            f.sql(s)


def keys_of(f, table):
    return [(v["op"] if v else None, k) for _, k, v, _ in f.records(table)]


def check_keys(f, cases):
    for name, (_, _, want) in cases.items():
        if want:
            got = keys_of(f, "public." + name)
            assert got == want and [list(k or {}) for _, k in got] == [
                list(k or {}) for _, k in want
            ], (name, got)


def made(cases, **options):
    """The cases' tables; most change in ways that no reader could follow, so the registry must not
    mind."""
    f = feed(";".join(c[0] for c in cases.values()), snapshot__mode="never", **options)
    for name in cases:
        for part in ("key", "value"):
            registry.set_compatibility(subject_name=f"{f.name}.public.{name}-{part}", level="NONE")
    return f


def test_keys_of_rows_that_are_read_late():
    f = made(KEYS)
    one_by_one(f, KEYS)
    said = f.feed().stderr
    check_keys(f, KEYS)
    # Its names say no more which column was the key: none is better than another one's.
    assert keys_of(f, "public.swapped") == [("c", {"id": "x"}), ("c", {"id": "y"}), ("c", None)]
    assert any("none is known" in line and "swapped" in line for line in said.splitlines()), said


def test_keys_while_the_feed_runs():
    f = made(KEYS)
    p = f.start()
    one_by_one(f, KEYS)
    f.arrived("public.leaf", 3)
    stop(p)
    check_keys(f, KEYS)


def test_a_schema_goes_with_all_its_tables():
    f = feed(
        "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY, v text); CREATE TABLE s.p (id int "
        "PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES FROM (0) TO (10)",
        snapshot__mode="never",
        source__partition_root="true",
    )
    f.sql("INSERT INTO s.t VALUES (1, 'a'); INSERT INTO s.p VALUES (2)")
    f.sql("DELETE FROM s.t")
    f.sql("DROP SCHEMA s CASCADE")
    f.feed()
    assert keys_of(f, "s.t") == [("c", {"id": 1}), ("d", {"id": 1}), (None, {"id": 1})]
    assert keys_of(f, "s.p") == [("c", {"id": 2})], f.records()


# ---- what is kept beside the position ----

def test_what_was_known_outlives_the_table():
    f = feed(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (b int, a int, e mood NOT NULL "
        "DEFAULT 'ok', n int NOT NULL DEFAULT 7, PRIMARY KEY (b, a));"
        "CREATE TABLE w (id int PRIMARY KEY, v text); ALTER TABLE w REPLICA IDENTITY FULL; INSERT "
        "INTO t VALUES (1, 2); INSERT INTO w VALUES (1, 'a')"
    )
    f.feed()
    before = schema(f, "public.t"), schema(f, "public.w")
    f.sql("INSERT INTO t VALUES (3, 4)")
    f.sql("INSERT INTO w VALUES (2, 'b')")
    f.sql("DROP TABLE t, w; DROP TYPE mood")
    f.feed()
    assert keys_of(f, "public.t")[-1] == ("c", {"b": 3, "a": 4}) and list(
        f.records("public.t")[-1][1]
    ) == ["b", "a"]
    assert keys_of(f, "public.w")[-1] == ("c", {"id": 2})
    assert f.records("public.t")[-1][2]["after"] == {"b": 3, "a": 4, "e": "ok", "n": 7}
    assert (schema(f, "public.t"), schema(f, "public.w")) == before, "the schema is another one"


def test_a_key_that_went_while_the_connection_was_lost():
    """The process is the same, the stream is another: it describes the table anew, and the key is
    no more in the catalog."""
    f = feed(
        "CREATE TABLE w (id int PRIMARY KEY, v text); ALTER TABLE w REPLICA IDENTITY FULL; INSERT "
        "INTO w VALUES (1, 'a')"
    )
    p = f.start()
    f.arrived("public.w", 1)
    f.sql("INSERT INTO w VALUES (2, 'b')")
    f.arrived("public.w", 2)
    p.send_signal(signal.SIGSTOP)
    with psycopg.connect(f.standby, autocommit=True) as s:
        s.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = "
            "%s",
            (f.name,),
        )
    f.sql("INSERT INTO w VALUES (3, 'c')")
    f.sql("ALTER TABLE w DROP CONSTRAINT w_pkey")
    f.sql("INSERT INTO w VALUES (4, 'd')")
    f.caught_up()
    p.send_signal(signal.SIGCONT)
    f.arrived("public.w", 4)
    stop(p)
    assert keys_of(f, "public.w") == [
        ("r", {"id": 1}),
        ("c", {"id": 2}),
        ("c", {"id": 3}),
        ("c", None),
    ], keys_of(f, "public.w")
    assert "none is known" in log_of(p)


def test_what_was_kept_of_a_table_that_is_gone_goes():
    f = feed("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)")
    f.sql("INSERT INTO t VALUES (1)"); f.sql("INSERT INTO u VALUES (1)")
    f.feed()
    oid = f.sql("SELECT 'u'::regclass::oid").fetchone()[0]
    assert len(kept(f)) == 2, kept(f)
    f.sql("DROP TABLE u")
    p = f.start()                   # it learns of it, and says so once all is durable
    until(lambda: f"relation {oid}" not in kept(f), 60, lambda: kept(f))
    assert len(kept(f)) == 1, kept(f)
    stop(p)


def kept(f):
    """What stands beside the feed's position."""
    found = {}
    for m in messages(KAFKA, [("tailrace.positions", 0)]):
        name, tab, of = m.key().decode().partition("\t")
        if name == f.name and tab:
            found[of] = m.value()
    return {k: v for k, v in found.items() if v is not None}


def test_a_key_that_nobody_knows_is_said():
    f = feed(
        "CREATE TABLE w (id int PRIMARY KEY, v text); ALTER TABLE w REPLICA IDENTITY FULL",
        snapshot__mode="never",
    )
    f.sql("INSERT INTO w VALUES (1, 'a')"); f.sql("DROP TABLE w")
    r = f.feed()
    assert (
        keys_of(f, "public.w") == [("c", None)]
        and "none is known" in r.stderr
        and "public.w" in r.stderr
    ), r.stderr


def schema(f, table, part="value"):
    """The subject's latest; the client of the registry would answer from its memory."""
    with urllib.request.urlopen(
        f"{REGISTRY}/subjects/{f.name}.{table}-{part}/versions/latest"
    ) as r:
        return json.loads(json.load(r)["schema"])


def field(f, table, column):
    value = next(x for x in schema(f, table)["fields"] if x["name"] == "before")["type"][1]
    return next(x for x in value["fields"] if x["name"] == column)


def test_a_default_is_that_of_the_row_s_time():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 1); INSERT INTO t VALUES (0)")
    f.feed()
    f.sql("INSERT INTO t VALUES (1, 5)"); f.sql("ALTER TABLE t ALTER n SET DEFAULT 2")
    f.feed()
    assert field(f, "public.t", "n")["default"] == 1, field(f, "public.t", "n")
    f.sql("INSERT INTO t VALUES (2, 5)")
    f.feed()
    assert field(f, "public.t", "n")["default"] == 2


# ---- NULLs ----

def afters(f, table):
    return [v["after"] for _, _, v, _ in f.records(table) if v]


def test_a_null_stays_null_whatever_became_of_its_column():
    f = feed(
        """CREATE TABLE a (id int PRIMARY KEY, v text, n int, at timestamptz, ok bool, big numeric(8,2)); CREATE TABLE b (id int PRIMARY KEY, v text);
        CREATE DOMAIN d AS text; CREATE TABLE c (id int PRIMARY KEY, v d)""",
        snapshot__mode="never",
    )
    f.sql("INSERT INTO a VALUES (1)")
    f.sql("INSERT INTO b VALUES (1, NULL)")
    f.sql("INSERT INTO c VALUES (1, NULL)")
    f.sql("UPDATE a SET v = 'x', n = 5, at = now(), ok = true, big = 1")
    f.sql(
        "ALTER TABLE a ALTER v SET NOT NULL, ALTER n SET NOT NULL, ALTER at SET NOT NULL, ALTER ok "
        "SET NOT NULL, ALTER big SET NOT NULL"
    )
    f.sql("ALTER TABLE b DROP v, ADD v text NOT NULL DEFAULT 'new'")
    f.sql("UPDATE c SET v = 'x'; ALTER DOMAIN d SET NOT NULL")
    r = f.feed()
    assert afters(f, "public.a")[0] == {
        "id": 1,
        "v": None,
        "n": None,
        "at": None,
        "ok": None,
        "big": None,
    }, f.records("public.a")
    assert afters(f, "public.b")[0] == {"id": 1, "v": None} and afters(f, "public.c")[0] == {
        "id": 1,
        "v": None,
    }
    assert "a NULL came" in r.stderr and "column=v" in r.stderr, r.stderr


def test_not_null_is_given_up_while_the_feed_runs():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, n int NOT NULL DEFAULT 7); ALTER "
        "TABLE t REPLICA IDENTITY FULL",
        snapshot__mode="never",
    )
    p = f.start()
    f.sql("INSERT INTO t VALUES (1, 'x', 1)")
    f.arrived("public.t", 1)
    f.sql("ALTER TABLE t ALTER v DROP NOT NULL, ALTER n DROP NOT NULL")
    f.sql("UPDATE t SET v = NULL, n = NULL")
    f.sql("DELETE FROM t")
    f.arrived("public.t", 4)
    stop(p)
    none = {"id": 1, "v": None, "n": None}
    rows = f.records("public.t")
    assert rows[1][2]["after"] == none and rows[2][2]["before"] == none, rows


def test_a_read_gives_nulls_that_the_stream_never_showed():
    f = feed(
        """CREATE TABLE p (id int NOT NULL, v text NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        INSERT INTO p VALUES (1, 'x')""",
        source__partition_root="true",
    )
    p = f.start()
    f.arrived("public.p", 1)
    f.sql("ALTER TABLE p ALTER v DROP NOT NULL")
    f.sql("CREATE TABLE p2 (id int NOT NULL, v text, PRIMARY KEY (id))")
    f.sql("INSERT INTO p2 VALUES (11, NULL)")
    f.arrived("public.p2", 1)
    f.sql("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)")
    f.caught_up()
    f.run("backfill", "--table", "public.p")
    f.arrived("public.p", 3)
    stop(p)
    assert {"id": 11, "v": None} in afters(f, "public.p"), f.records("public.p")


def test_an_everyday_table_is_described_in_full():
    """In the transaction that made it, and in a savepoint of it, too: NOT NULL and default from the
    first row on, in one version."""
    f = feed(snapshot__mode="never")
    p = f.start()
    f.sql(
        "BEGIN; CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 7); INSERT INTO t "
        "VALUES (1); COMMIT"
    )
    f.sql(
        "BEGIN; SAVEPOINT s; CREATE TABLE u (id int PRIMARY KEY, n int NOT NULL DEFAULT 7); INSERT "
        "INTO u VALUES (1); RELEASE s; INSERT INTO u VALUES (2); COMMIT"
    )
    f.sql("INSERT INTO t VALUES (2)"); f.sql("INSERT INTO u VALUES (3)")
    f.arrived("public.t", 2); f.arrived("public.u", 3)
    stop(p)
    assert field(f, "public.t", "n") == {
        "name": "n",
        "type": {"type": "int", "connect.default": 7},
        "default": 7,
    }, field(f, "public.t", "n")
    assert field(f, "public.u", "n") == field(f, "public.t", "n"), field(f, "public.u", "n")
    assert log_of(p).count("table version table=public.t ") == 1


# ---- types ----

TYPES = {
    "replaced": (
        "CREATE TYPE mood1 AS ENUM ('sad', 'ok'); CREATE TABLE replaced (id int PRIMARY KEY, e "
        "mood1)",
        [
            "INSERT INTO replaced VALUES (1, 'sad')",
            "BEGIN; ALTER TYPE mood1 RENAME TO old1; CREATE TYPE mood1 AS ENUM ('sad', 'fine');"
            "ALTER TABLE replaced ALTER e TYPE mood1 USING e::text::mood1; DROP TYPE old1; COMMIT",
            "INSERT INTO replaced VALUES (2, 'fine')",
        ],
        ["sad", "fine"],
    ),
    "doomed": (
        "CREATE TYPE mood2 AS ENUM ('sad'); CREATE TABLE doomed (id int PRIMARY KEY, e mood2)",
        ["INSERT INTO doomed VALUES (1, 'sad')", "DROP TABLE doomed; DROP TYPE mood2"],
        ["sad"],
    ),
    "coded": (
        "CREATE DOMAIN code AS varchar(5); CREATE TABLE coded (id int PRIMARY KEY, e code)",
        [
            "INSERT INTO coded VALUES (1, 'x')",
            "ALTER TABLE coded ALTER e TYPE text; DROP DOMAIN code",
            "INSERT INTO coded VALUES (2, 'y')",
        ],
        ["x", "y"],
    ),
    "counted": (
        "CREATE DOMAIN amount AS int; CREATE TABLE counted (id int PRIMARY KEY, e amount)",
        ["INSERT INTO counted VALUES (1, 5)", "DROP TABLE counted; DROP DOMAIN amount"],
        [5],
    ),
    "domain_of_enum": (
        "CREATE TYPE mood3 AS ENUM ('sad'); CREATE DOMAIN moody AS mood3; CREATE TABLE "
        "domain_of_enum (id int PRIMARY KEY, e moody)",
        [
            "INSERT INTO domain_of_enum VALUES (1, 'sad')",
            "DROP TABLE domain_of_enum; DROP DOMAIN moody; DROP TYPE mood3",
        ],
        ["sad"],
    ),
    "many": (
        "CREATE TYPE mood4 AS ENUM ('sad'); CREATE TABLE many (id int PRIMARY KEY, e mood4[])",
        ["INSERT INTO many VALUES (1, '{sad,sad}')", "DROP TABLE many; DROP TYPE mood4"],
        [["sad", "sad"]],
    ),
    "caseless": (
        "CREATE EXTENSION citext; CREATE TABLE caseless (id int PRIMARY KEY, e citext)",
        [
            "INSERT INTO caseless VALUES (1, 'X')",
            "ALTER TABLE caseless ALTER e TYPE text; DROP EXTENSION citext",
        ],
        ["X"],
    ),
    "renamed": (
        "CREATE TYPE mood5 AS ENUM ('sad'); CREATE TABLE renamed (id int PRIMARY KEY, e mood5)",
        [
            "INSERT INTO renamed VALUES (1, 'sad')",
            "ALTER TYPE mood5 RENAME TO mood6; ALTER TYPE mood6 ADD VALUE 'ok'",
            "INSERT INTO renamed VALUES (2, 'ok')",
        ],
        ["sad", "ok"],
    ),
    "narrow": (
        "CREATE TABLE narrow (id int PRIMARY KEY, e int)",
        [
            "INSERT INTO narrow VALUES (1, 5)",
            "ALTER TABLE narrow DROP e, ADD e text",
            "INSERT INTO narrow VALUES (2, 'y')",
        ],
        [5, "y"],
    ),
    "short": (
        "",
        [
            "BEGIN; CREATE TYPE mood7 AS ENUM ('sad'); CREATE TABLE short (id int PRIMARY KEY, e "
            "mood7); INSERT INTO short VALUES (1, 'sad');"
            "DROP TABLE short; DROP TYPE mood7; COMMIT",
            "CREATE TABLE last (id int PRIMARY KEY, e int)",
            "INSERT INTO last VALUES (1, 2)",
        ],
        ["sad"],
    ),
}


def check_values(f):
    for name, (_, _, want) in TYPES.items():
        got = [a["e"] for a in afters(f, "public." + name)]
        assert got == want, (name, got, want)


def test_types_that_are_gone_when_their_rows_are_read():
    for binary in ("true", "false"):
        f = made(TYPES, source__binary=binary)
        one_by_one(f, TYPES)
        f.feed()
        check_values(f)


def test_types_that_go_while_the_feed_runs():
    f = made(TYPES)
    p = f.start()
    one_by_one(f, TYPES)
    f.arrived("public.last", 1)
    assert p.poll() is None
    stop(p)
    check_values(f)


def test_a_dropped_composite_stops_with_its_name():
    f = feed(
        "CREATE TYPE pair AS (a int, b int); CREATE TABLE t (id int PRIMARY KEY, e pair)",
        snapshot__mode="never",
    )
    f.sql("INSERT INTO t VALUES (1, ROW(1, 2))"); f.sql("DROP TABLE t; DROP TYPE pair")
    # and no position goes past the row that failed
    for delivery in ("exactly-once", "at-least-once"):
        r = f.run("run", "--until-current", expect=3, sink__delivery=delivery)
        assert (
            "public.t.e" in r.stderr and "public.pair" in r.stderr and "source.binary" in r.stderr
        ), r.stderr
    f.feed(source__binary="false")
    assert afters(f, "public.t") == [{"id": 1, "e": "(1,2)"}]


def allowed(f, table, column):
    return field(f, table, column)["type"][1]["connect.parameters"]["allowed"]


def test_labels_are_those_of_the_row_s_time():
    f = feed(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int PRIMARY KEY, e mood)",
        snapshot__mode="never",
    )
    p = f.start()
    seen = []
    for n, (ddl, label) in enumerate(
        (
            ("", "ok"),
            ("ALTER TYPE mood ADD VALUE 'happy' AFTER 'sad'", "happy"),
            ("ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'", "fine"),
        )
    ):
        f.sql(ddl)
        f.sql("INSERT INTO t VALUES (%s, %s)", n, label)
        f.arrived("public.t", n + 1)
        seen.append(allowed(f, "public.t", "e"))
    stop(p)
    assert seen == ["sad,ok", "sad,happy,ok", "sad,happy,fine"], seen
    f.sql("INSERT INTO t VALUES (8, 'fine')"); f.sql("ALTER TYPE mood ADD VALUE 'mad'")
    f.feed()
    assert allowed(f, "public.t", "e") == "sad,happy,fine"
    f.sql("INSERT INTO t VALUES (9, 'mad')")
    f.feed()
    assert allowed(f, "public.t", "e") == "sad,happy,fine,mad"


def test_a_type_is_an_extension_s_only_where_it_belongs_to_it():
    f = feed(
        """CREATE TYPE vector AS (x float8); CREATE TYPE ltree AS ENUM ('up'); CREATE DOMAIN citext AS int; CREATE EXTENSION isn;
        CREATE TABLE t (id int PRIMARY KEY, v vector, l ltree, c citext, b isbn, w text)""",
        types__unknown="skip-column",
    )
    f.sql("INSERT INTO t VALUES (1, ROW(1), 'up', 5, '0-393-04002-X', 'kept')")
    f.feed()
    f.sql("INSERT INTO t VALUES (2, ROW(1), 'up', 5, '0-393-04002-X', 'kept')")
    f.feed()
    row = {"l": "up", "c": 5, "b": "0-393-04002-X", "w": "kept"}
    assert afters(f, "public.t") == [{"id": 1} | row, {"id": 2} | row], f.records("public.t")


def test_the_origin_of_a_transaction_is_in_the_source_block():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never")
    f.sql("SELECT pg_replication_origin_create(%s)", f.name)
    f.sql("INSERT INTO t VALUES (1)")
    f.sql(f"SELECT pg_replication_origin_session_setup('{f.name}')")
    f.sql(
        "BEGIN; SELECT pg_replication_origin_xact_setup('0/AFFE', now()); INSERT INTO t VALUES "
        "(2); COMMIT"
    )
    f.sql("SELECT pg_replication_origin_session_reset()")
    f.sql("INSERT INTO t VALUES (3)")
    f.feed()
    got = [
        (v["source"]["origin"], v["source"]["origin_lsn"]) for _, _, v, _ in f.records("public.t")
    ]
    f.sql("SELECT pg_replication_origin_drop(%s)", f.name)
    assert got == [(None, None), (f.name, 0xAFFE), (None, None)], got


def rss(p):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{p.pid}/status").read()).group(1))


def test_tables_that_come_and_go_leave_no_memory():
    columns = ", ".join(f"c{i} text" for i in range(40))
    f = feed(snapshot__mode="never", sink__kind="null")
    p = f.start()
    await_log(p, "reading host=")
    seen = []
    for part in range(4):
        for i in range(400 if LONG else 100):
            f.sql(f"CREATE TABLE s (id int PRIMARY KEY, {columns})")
            f.sql("INSERT INTO s (id) VALUES (1)")
            f.sql("DROP TABLE s")
        n = (part + 1) * (400 if LONG else 100)
        until(lambda: log_of(p).count("table version") >= n, 60)
        seen.append(rss(p))
    stop(p)
    print("      KiB after each part:", seen)
    # what is kept for each table is kept each time
    assert min(b - a for a, b in zip(seen[1:], seen[2:])) < 1024, seen


LONG = "long" in sys.argv
sys.argv = [a for a in sys.argv if a != "long"]
if __name__ == "__main__":
    main(globals(), feeds)
