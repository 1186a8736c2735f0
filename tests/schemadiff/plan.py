"""A migration, tried on a throwaway copy."""
import json, os, subprocess
import psycopg
from place import (
    E,
    Feed,
    PRIMARY,
    TAILRACE,
    changes_of,
    diff,
    diff_json,
    mysql,
    mysql_source,
    mysql_sql,
    path,
    table_of,
)

MIGRATION = """-- ünïcode; with a semicolon
\\set ON_ERROR_STOP on
BEGIN;
ALTER TABLE t ADD b text DEFAULT 'a;b', ADD "c;d" text;
ALTER TABLE t RENAME a TO aa;
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
COMMIT;
CREATE INDEX CONCURRENTLY i ON t (aa);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 1 ELSE 2 END; SELECT a; END;
DO $x$ BEGIN PERFORM 1; END; $x$; /* a /* nested; */ comment; */
ALTER TYPE mood ADD VALUE E'it\\'s;';
ALTER TABLE t ALTER m SET DEFAULT 'it''s;'"""
ERRORS = [
    (
        "ALTER TABLE t ADD c int;\n\nALTER TABLE\n  nope ADD d int;\n",
        'bad.sql:3: relation "nope" does not exist',
    ),
    (
        "SELECT 'ü;';\nALTER TABLE t\n  DROP COLUMN nope;",
        'bad.sql:2: column "nope" of relation "t" does not exist',
    ),
    ("SELECT 'ü',\n nope FROM t", "bad.sql:2: column \"nope\" does not exist"),
    ("\\connect x\nCREATE TABLE q (\n 'x');", "bad.sql:3: syntax error"),
    ("BEGIN;\nALTER TABLE t ADD z int;", "bad.sql ends in a transaction that it does not commit"),
    ("COPY t FROM stdin;\n1\n\\.\n", "bad.sql:1: COPY has no data here"),
]


def test_a_migration_is_tried_on_a_throwaway_copy():
    f = Feed(
        """CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id serial PRIMARY KEY, a int NOT NULL, m mood DEFAULT 'ok');
        CREATE TABLE parent (id int PRIMARY KEY)"""
    )
    with open(path("m.sql"), "w") as out:
        out.write(MIGRATION)
    # with pg_dump, and without
    for env in (E | {"PATH": E["PG_BIN"] + ":" + E["PATH"]}, E | {"PATH": "/nowhere"}):
        r = subprocess.run(
            [
                TAILRACE,
                "schema-diff",
                "-c",
                f.config,
                "plan",
                path("m.sql"),
                "--server",
                PRIMARY,
                "--json",
            ],
            capture_output=True,
            text=True,
            env=env,
        )
        assert r.returncode == 2, (r.returncode, r.stdout, r.stderr)
        t = table_of(json.loads(r.stdout), "t")
        got = changes_of(t)
        assert got[("column renamed", "a")] == ("a", "aa") and t["changes"][0]["sure"] == 99, t[
            "changes"
        ]
        assert (
            ("column added", "b") in got
            and ("column added", "c;d") in got
            and got[("labels", "m")] == ("sad, ok", "blue, ok, it's;")
        ), got
    for text, said in ERRORS:
        with open(path("bad.sql"), "w") as out:
            out.write(text)
        r = diff("-c", f.config, "plan", path("bad.sql"), "--server", PRIMARY, expect=3)
        assert said in r.stderr, (said, r.stderr)
    assert "--server" in diff("-c", f.config, "plan", path("m.sql"), expect=3).stderr
    left = (
        psycopg.connect(PRIMARY)
        .execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'tailrace_plan%'")
        .fetchone()
    )
    assert left == (0,), left
    assert "No difference" in diff("-c", f.config, "live", f.dsn, expect=0).stdout


MYSQL_BEFORE = """CREATE TABLE parent (id int PRIMARY KEY) COMMENT 'it''s'; CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, a int NOT NULL, m
    enum('sad','ok') DEFAULT 'ok', p int, g int GENERATED ALWAYS AS (a + 1) STORED, CONSTRAINT up FOREIGN KEY (p) REFERENCES parent (id));
    CREATE TABLE a_child (id int PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id)); INSERT INTO parent VALUES (1)"""
MYSQL_MIGRATION = """-- ünïcode; with a semicolon
/* another; one */
ALTER TABLE t ADD b varchar(20) DEFAULT 'a;b', ADD `c;d` text; # the end; of it
ALTER TABLE t CHANGE a aa int NOT NULL, DROP g;
/*!50003 ALTER TABLE t MODIFY m enum('blue','ok','it''s;') */;
DELIMITER $$
CREATE PROCEDURE fill() BEGIN DECLARE i int; SET i = 1; INSERT INTO parent VALUES (7); SELECT i; SELECT 2; END$$
delimiter ;
CALL fill();
CREATE DATABASE {other}; CREATE TABLE {other}.x (id int);
RENAME TABLE parent TO forebear"""
MYSQL_ERRORS = [
    ("ALTER TABLE t ADD c int;\n\nALTER TABLE\n  nope ADD d int;\n", "bad.sql:3: ", "nope"),
    ("SELECT 1;\n-- ü;\nCREATE TABLE q (\n 'x');", "bad.sql:4: ", "syntax"),
    ("DELIMITER //\nALTER TABLE t DROP COLUMN nope//\n", "bad.sql:2: ", "nope"),
    ("ALTER TABLE t ADD z int;\nSELECT 'open", "bad.sql:2: ", "not closed"),
    # as strict as the server is
    ("INSERT INTO t (id, a, m) VALUES (1, 1, 'wrong')", "bad.sql:1: ", "truncated"),
]


def test_a_migration_is_tried_on_a_throwaway_copy_of_mysql():
    for flavour in ("MYSQL97", "MARIADB1011"):
        try:
            a_migration_is_tried(flavour)
        finally:        # its replica follows no more: the next who needs them starts them anew
            subprocess.run(
                [
                    os.path.join(os.path.dirname(__file__), "../servers/mysql.sh"),
                    "down",
                    flavour.lower(),
                ],
                check=True,
            )


def a_migration_is_tried(flavour):
    kind = E[flavour + "_KIND"]
    # the replica, which is the scratch server here, has it not
    config = mysql(flavour, MYSQL_BEFORE, session="SET sql_log_bin = 0")
    name, other = os.path.basename(config)[:-5], os.path.basename(config)[:-5] + "_other"
    mysql_sql(
        flavour,
        f"STOP {'REPLICA' if kind == 'mysql' else 'SLAVE'}; SET GLOBAL read_only = 0",
        server="REPLICA",
    )
    for server in ("PRIMARY", "REPLICA"):
        with open(path(server + ".yaml"), "w") as f:
            f.write(
                f"name: scratch\n{mysql_source(flavour, 'ADMIN', server)}sink: {{ kind: 'null' }}\n"
            )
    for file, text in (
        ("m.sql", MYSQL_MIGRATION.replace("{other}", other)),
        ("empty.sql", "-- nothing;\n"),
    ):
        with open(path(file), "w") as out:
            out.write(text)
    try_it = ("-c", config, "plan", path("m.sql"), "--server")
    d = diff_json(*try_it, path("REPLICA.yaml"), expect=2)
    got = changes_of(table_of(d, "t"))
    assert (
        got[("column renamed", "a")] == ("a", "aa")
        and ("column removed", "g") in got
        and ("column added", "b") in got
    ), got
    assert (
        ("column added", "c;d") in got
        and got[("labels", "m")] == ("sad, ok", "blue, ok, it's;")
        and len(got) == 6
    ), got
    assert (
        table_of(d, "forebear")["state"] == "renamed" and d["equal"] == 1 and len(d["tables"]) == 2
    ), d
    for text, place, said in MYSQL_ERRORS:
        with open(path("bad.sql"), "w") as out:
            out.write(text)
        r = diff("-c", config, "plan", path("bad.sql"), "--server", path("REPLICA.yaml"), expect=3)
        assert place in r.stderr and said in r.stderr, (text, r.stderr)
    assert (
        "No difference"
        in diff(
            "-c", config, "plan", path("empty.sql"), "--server", path("REPLICA.yaml"), expect=0
        ).stdout
    )
    assert (
        "of which the server may have none" in diff(*try_it, path("PRIMARY.yaml"), expect=3).stderr
    )
    assert "is the file of a configuration" in diff(*try_it, PRIMARY, expect=3).stderr
    assert name not in mysql_sql(flavour, "SHOW DATABASES", server="REPLICA"), "left behind"
    assert mysql_sql(flavour, "SELECT * FROM parent", name) == "1\n", "production is only read"
