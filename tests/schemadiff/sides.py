"""Each kind of side, and what is said of the differences."""
import json, os, shlex, subprocess, time
import jsonschema
from drift import MYSQL_NEW, MYSQL_OLD, NEW, drift
from place import (
    E,
    Feed,
    MysqlFeed,
    PRIMARY,
    changes_of,
    database,
    diff,
    diff_json,
    mysql,
    path,
    run_sql,
    table_of,
    texts_of,
)

SCHEMA = os.path.join(os.path.dirname(__file__), "../../schemas/database.schema.json")


def test_drift_of_two_databases():
    old, new = drift()
    d = diff_json(old, new, expect=2)
    assert d["equal"] == 1 and {t["state"] for t in d["tables"]} == {
        "changed",
        "added",
        "removed",
        "renamed",
    }
    orders = changes_of(table_of(d, "orders"))
    assert orders[("column renamed", "customer")] == ("customer", "customer_id") and orders[
        ("type", "total")
    ] == ("numeric(10,2)", "numeric(12,4)")
    assert orders[("nullability", "total")] == ("null allowed", "not null") and orders[
        ("default", "total")
    ] == (None, "0")
    assert (
        orders[("labels", "state")] == ("sad, ok, happy", "sad, happy, great")
        and ("column removed", "old_code") in orders
    )
    assert ("comment", "total") in orders and ("column added", "created") in orders
    assert orders[("column added", "gross")] == (None, "numeric generated as (total * 1.2)")
    assert ("default", "code") not in orders, "one literal under two casts is one default"
    assert {c["change"]: c.get("why") for c in table_of(d, "orders")["changes"]}[
        "labels"
    ] == "gone: ok; new: great"
    assert (
        changes_of(table_of(d, "customers"))[("key", None)] == ("id", "id, email")
        and "another key" in table_of(d, "customers")["because"]
    )
    assert changes_of(table_of(d, "places")) == {("order", "c"): ("place 4", "place 2")}
    renamed = table_of(d, "ship_log")
    assert (
        renamed["state"] == "renamed"
        and renamed["new"]["table"] == "shipping_log"
        and renamed["sure"] == 90
    ), "two databases: no catalog number"
    assert (
        "tailrace.public.ship_log-value" in renamed["subjects"]
        and "tailrace.public.shipping_log-value" in renamed["subjects"]
    )
    assert (
        table_of(d, "gone")["impact"] == "breaking"
        and table_of(d, "fresh one")["impact"] == "compatible"
    )
    assert diff(old, old, expect=0).stdout.count("No difference")
    assert diff("--level", "NONE", old, new, expect=3).stderr.count("--level NONE")
    assert "neither a file nor a side" in diff("nosuch", old, expect=3).stderr


def test_text_says_what_a_reader_needs():
    old, new = drift()
    text = diff(old, new, expect=2).stdout
    for wanted in (
        "6 tables differ (4 breaking, 2 compatible), 1 is equal",
        "(guessed, 88 % sure: same type, same place",
        "breaks: its records go to another topic",
        "topic tailrace.public.ship_log -> tailrace.public.shipping_log",
        "judged at BACKWARD",
        "id uuid not null, tags text[], n numeric, d jsonb; key id",
        "tailrace backfill --table 'public.fresh one'",
        "(gone: ok; new: great)",
        "No feed's configuration was read",
    ):
        assert wanted in text, (wanted, text)
    assert "\033" not in text and "CREATE TABLE" not in text
    assert diff("--ddl", old, new, expect=2).stdout.count("CREATE TABLE") == 4 * 4
    hostile = database('CREATE TABLE "a\033[31mb" (id int PRIMARY KEY)')
    assert "\\x1b[31m" in diff(hostile, old, expect=2).stdout


def test_renamings_in_one_database_are_known():
    dsn = database(
        "CREATE TABLE a (id int PRIMARY KEY, x int, y int); CREATE TABLE b (id int PRIMARY KEY, p "
        "text)"
    )
    diff("--save", path("before.json"), dsn, expect=0)
    run_sql(
        dsn,
        "ALTER TABLE a RENAME x TO completely_other; ALTER TABLE b RENAME TO nothing_alike; ALTER "
        "TABLE nothing_alike ADD q text",
    )
    d = diff_json(path("before.json"), dsn, expect=2)
    assert (
        changes_of(table_of(d, "a"))[("column renamed", "x")] == ("x", "completely_other")
        and table_of(d, "a")["changes"][0]["sure"] == 99
    )
    assert table_of(d, "b")["new"]["table"] == "nothing_alike" and table_of(d, "b")["sure"] == 99


def test_saved_files_are_valid_and_equal_to_their_databases():
    dsn = database(
        NEW
        + """; CREATE DOMAIN price AS numeric(8,2); CREATE TABLE wide (id serial PRIMARY KEY, p price NOT NULL DEFAULT 1, a int[],
        g int GENERATED ALWAYS AS (1 + 1) STORED, i bigint GENERATED ALWAYS AS IDENTITY, t time(2), b bit varying(4), c "char", o oid)"""
    )
    for name, side in (
        ("pg", dsn),
        ("mysql", mysql("MYSQL97", MYSQL_NEW)),
        ("mariadb", mysql("MARIADB1011", MYSQL_NEW)),
    ):
        saved, again = path(name + ".json"), path(name + "2.json")
        diff("--save", saved, side, expect=0)
        diff(saved, side, expect=0)
        diff("--save", again, saved, expect=0)
        with open(saved) as f, open(again) as g, open(SCHEMA) as s:
            first, second = json.load(f), json.load(g)
            jsonschema.validate(first, json.load(s))
        assert {k: v for k, v in first.items() if k != "from"} == {
            k: v for k, v in second.items() if k != "from"
        }
    for text in (
        '{"format": "other"}',
        "nope",
        '{"format": "tailrace-database-1", "tables": [{"schema": "s", "name": "t", "columns": '
        '[{}]}]}',
    ):
        with open(path("bad.json"), "w") as f:
            f.write(text)
        assert "bad.json" in diff(path("bad.json"), dsn, expect=3).stderr


def test_drift_of_mysql_and_mariadb():
    for flavour in ("MYSQL97", "MARIADB1011"):
        d = diff_json(mysql(flavour, MYSQL_OLD), mysql(flavour, MYSQL_NEW), expect=2)
        assert d["equal"] == 1 and "tables of one name are held against each other" in d["note"]
        orders = changes_of(table_of(d, "orders"))
        assert orders[("column renamed", "customer")] == ("customer", "customer_id") and orders[
            ("type", "placed")
        ] == ("datetime(3)", "datetime(6)")
        assert (
            orders[("labels", "state")] == ("new, paid, shipped", "new, paid, sent")
            and ("type", "state") not in orders
        )
        assert (
            orders[("comment", "note")] == ("free", "text")
            and ("column removed", "old_code") in orders
            and ("column added", "gross") in orders
        )
        assert table_of(d, "ship_log")["state"] == "renamed"


def test_postgresql_beside_mysql():
    """Types are compared by what they mean: what is the same is not told."""
    same = "CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL, d decimal(10,2), s varchar(40), c char(3), day date, f double precision, j %s{})"
    pg = database((same % "jsonb").format(", at timestamp(6), x int"))
    d = diff_json(
        pg, mysql("MYSQL97", (same % "json").format(", at datetime(6), x bigint")), expect=1
    )
    t = table_of(d, "t")
    assert changes_of(t) == {("type", "x"): ("integer", "bigint")}, t["changes"]
    assert (
        t["avro"]["value"]["BACKWARD"] == "yes"
        and t["avro"]["value"]["FORWARD"] == "no"
        and len(t["avro"]["reasons"]) == 1
    ), t["avro"]


def test_registry_beside_the_live_database():
    f = Feed(
        "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int PRIMARY KEY); INSERT "
        "INTO t VALUES (1, 1); INSERT INTO u VALUES (1)"
    )
    f.feed()
    f.read_by("billing", "public.t")
    f.diff(expect=0)
    time.sleep(1.1)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    f.sql("ALTER TABLE t ADD note text; ALTER TABLE t ALTER a TYPE bigint")
    d = f.diff(expect=1)
    t = table_of(d, "t")
    assert (
        len(d["tables"]) == 1
        and t["readers"] == ["billing"]
        and t["avro"]["subjectLevel"] == t["avro"]["level"]
    ), t
    assert t["avro"]["value"]["BACKWARD"] == "yes" and t["avro"]["value"]["FORWARD"] == "no"
    f.diff("--level", "FULL", expect=2)
    text = diff("-c", f.config).stdout
    assert (
        "read by billing" in text
        and f"topic {f.name}.public.t" in text
        and "the subject's level" in text
    )
    past = f.diff("past@" + at, "live", expect=1)
    assert changes_of(table_of(past, "t"))[("type", "a")] == ("integer", "bigint"), past
    assert [x["state"] for x in f.diff("past@0", "live", expect=1)["tables"]].count(
        "added"
    ) == 1, "offset 0: one table was known"
    backfill_as_told(f, t)
    f.sql("INSERT INTO t VALUES (2, 2, 'x')")
    f.feed()
    f.diff(expect=0)
    assert table_of(f.diff("registry@1", "registry", expect=1), "t")["state"] == "changed"
    assert "a time in UTC" in diff("-c", f.config, "past@yesterday", expect=3).stderr


# Of every type, with every kind of default.
MYSQL_WIDE = """CREATE TABLE wide (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, b tinyint(1) NOT NULL DEFAULT 1, z int(8) unsigned zerofill, m
    mediumint DEFAULT -7, d decimal(10,2) NOT NULL DEFAULT 1.5, f float, g float(7,3), x double DEFAULT 2.5, bits bit(5) DEFAULT b'101', y year, day
    date DEFAULT '2020-02-29', span time(3), at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), stamp timestamp
    NOT NULL DEFAULT CURRENT_TIMESTAMP, never timestamp(3) NULL, c char(3) CHARACTER SET latin1 DEFAULT 'E''U', s varchar(40) NOT NULL DEFAULT
    'it''s \\\\', t text, bin binary(4), vb varbinary(9), bl longblob, e enum('a','it''s','b,c') NOT NULL DEFAULT 'it''s', many set('x','y'), j json,
    p point, made int GENERATED ALWAYS AS (m * 2) VIRTUAL, word varchar(40) DEFAULT (concat('a', 'b')) COMMENT 'said', KEY (s)) COMMENT 'of all';
    CREATE TABLE keyless (a int); CREATE TABLE goes (id int PRIMARY KEY); CREATE TABLE moves (id int PRIMARY KEY, a int)"""


def test_the_past_of_mysql_and_mariadb():
    for flavour in ("MYSQL97", "MARIADB1011"):
        f = MysqlFeed(flavour, MYSQL_WIDE)
        f.feed()
        assert f.diff("past@1000000", "live", expect=0)["equal"] == 4
        time.sleep(1.1)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        f.sql(
            """ALTER TABLE wide MODIFY m bigint, MODIFY e enum('a','b') NOT NULL, ADD note varchar(9) AFTER b, DROP g; DROP TABLE goes;
            RENAME TABLE moves TO gone_on"""
        )
        for _ in range(2):      # before the feed has seen the statements, and after
            d = f.diff("past@" + at, "live", expect=2)
            wide = changes_of(table_of(d, "wide"))
            assert wide[("type", "m")][1].startswith("bigint") and wide[("labels", "e")] == (
                "a, it's, b,c",
                "a, b",
            ), wide
            assert {
                ("default", "e"),
                ("default", "m"),
                ("column added", "note"),
                ("column removed", "g"),
            } < set(wide) and len(wide) == 6, wide
            assert [table_of(d, name)["state"] for name in ("goes", "gone_on")] == [
                "removed",
                "renamed",
            ], d
            f.feed()
        assert f.diff("past@1000000", "live", expect=0)["equal"] == 3


def backfill_as_told(f, t):
    """The commands of the report, as they stand in it, send the new column of the old row."""
    whole, narrow = texts_of(t, "sh")
    for command in (whole, narrow):
        words = shlex.split(command)
        assert words[0] == "tailrace"
        r = subprocess.run([E["TAILRACE"], *words[1:]], capture_output=True, text=True, timeout=60)
        assert r.returncode == 0, (command, r.stdout, r.stderr)
    rows = [v["after"] for _, _, v, _ in f.records("public.t") if v["op"] == "r"]
    assert rows[-1] == {"id": 1, "a": 1, "note": None} and rows[0] == {"id": 1, "a": 1}, rows
    assert [v["after"] for _, _, v, _ in f.records(name=f"backfill.{f.name}.public.t")] == [
        {"id": 1, "note": None}
    ]


def test_the_registrys_refusal_is_foretold_and_lifted_as_told():
    f = Feed("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)")
    f.feed()
    subprocess.run(
        [
            "curl",
            "-sf",
            "-X",
            "PUT",
            f"{E['REGISTRY']}/config/{f.name}.public.t-value",
            "-H",
            "Content-Type: application/json",
            "-d",
            '{"compatibility": "BACKWARD"}',
        ],
        check=True,
        capture_output=True,
    )
    f.sql(
        "ALTER TABLE t ADD b int NOT NULL DEFAULT 1, ALTER a TYPE text; ALTER TABLE t ALTER b DROP "
        "DEFAULT"
    )
    t = table_of(f.diff(expect=2), "t")
    f.sql("INSERT INTO t VALUES (2, 'x', 2)")
    assert f"{f.name}.public.t-value" in f.run("run", "--until-current", expect=3).stderr
    allow, back = [s for s in texts_of(t, "sh") if s.startswith("curl")]
    subprocess.run(allow, shell=True, check=True, capture_output=True)
    f.feed()
    subprocess.run(back, shell=True, check=True, capture_output=True)
    f.diff(expect=0)
    f.sql(
        "ALTER TABLE t ADD c int NOT NULL DEFAULT 1; ALTER TABLE t ALTER c DROP DEFAULT; INSERT "
        "INTO t VALUES (3, 'y', 2, 3)"
    )
    f.run("run", "--until-current", expect=3)


def test_avro_files_are_sides():
    f = Feed("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1)")
    f.feed()
    os.mkdir(path("avsc"))
    for part in ("key", "value"):
        with open(path(f"avsc/{part}.avsc"), "w") as out:
            json.dump(f.schema("public.t", part), out)
    assert f.diff(path("avsc"), "registry", expect=0)["equal"] == 1
    f.diff(path("avsc"), "live", expect=0)
    f.sql("ALTER TABLE t DROP a")
    assert changes_of(table_of(f.diff(path("avsc"), expect=1), "t")) == {
        ("column removed", "a"): ("int", None)
    }


def test_live_is_told_apart_by_its_configuration():
    f = Feed("CREATE TABLE t (id int PRIMARY KEY)")
    assert f.diff(f.dsn, "live", expect=0)["equal"] == 1
    assert "name one with -c" in diff("live", "live", expect=3).stderr
    assert PRIMARY and diff_json(f.config, f.dsn, expect=0)["old"].startswith(f.config)
