"""A migration, tried on a throwaway copy."""
import json, subprocess
import psycopg
from place import E, Feed, PRIMARY, TAILRACE, changes_of, diff, path, table_of

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
    ("ALTER TABLE t ADD c int;\n\nALTER TABLE\n  nope ADD d int;\n", 'bad.sql:3: relation "nope" does not exist'),
    ("SELECT 'ü;';\nALTER TABLE t\n  DROP COLUMN nope;", 'bad.sql:2: column "nope" of relation "t" does not exist'),
    ("SELECT 'ü',\n nope FROM t", "bad.sql:2: column \"nope\" does not exist"),
    ("\\connect x\nCREATE TABLE q (\n 'x');", "bad.sql:3: syntax error"),
    ("BEGIN;\nALTER TABLE t ADD z int;", "bad.sql ends in a transaction that it does not commit"),
    ("COPY t FROM stdin;\n1\n\\.\n", "bad.sql:1: COPY has no data here"),
]


def test_a_migration_is_tried_on_a_throwaway_copy():
    f = Feed("""CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id serial PRIMARY KEY, a int NOT NULL, m mood DEFAULT 'ok');
        CREATE TABLE parent (id int PRIMARY KEY)""")
    with open(path("m.sql"), "w") as out:
        out.write(MIGRATION)
    for env in (E | {"PATH": E["PG_BIN"] + ":" + E["PATH"]}, E | {"PATH": "/nowhere"}):       # with pg_dump, and without
        r = subprocess.run([TAILRACE, "schema-diff", "-c", f.config, "plan", path("m.sql"), "--server", PRIMARY, "--json"], capture_output=True,
                           text=True, env=env)
        assert r.returncode == 2, (r.returncode, r.stdout, r.stderr)
        t = table_of(json.loads(r.stdout), "t")
        got = changes_of(t)
        assert got[("column renamed", "a")] == ("a", "aa") and t["changes"][0]["sure"] == 99, t["changes"]
        assert ("column added", "b") in got and ("column added", "c;d") in got and got[("labels", "m")] == ("sad, ok", "blue, ok, it's;"), got
    for text, said in ERRORS:
        with open(path("bad.sql"), "w") as out:
            out.write(text)
        r = diff("-c", f.config, "plan", path("bad.sql"), "--server", PRIMARY, expect=3)
        assert said in r.stderr, (said, r.stderr)
    assert "--server" in diff("-c", f.config, "plan", path("m.sql"), expect=3).stderr
    left = psycopg.connect(PRIMARY).execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'tailrace_plan%'").fetchone()
    assert left == (0,), left
    assert "No difference" in diff("-c", f.config, "live", f.dsn, expect=0).stdout
