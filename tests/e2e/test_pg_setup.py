"""`tailrace setup` and `check`: what is published, and that no application's UPDATE or DELETE fails
for it. The server's own answer to each table's UPDATE is what check, setup and its dry run are held
against."""

import os, pwd, shutil, subprocess, tempfile
import psycopg
from pg_road import feed, feeds, PRIMARY
from road import main, until

KINDS = {
    "fine": "CREATE TABLE fine (id int PRIMARY KEY, v text)",
    "whole": "CREATE TABLE whole (id int, v text); ALTER TABLE whole REPLICA IDENTITY FULL",
    "by_index": "CREATE TABLE by_index (id int NOT NULL UNIQUE, v text); ALTER TABLE by_index "
                "REPLICA IDENTITY USING INDEX by_index_id_key",
    "keyless": "CREATE TABLE keyless (id int, v text)",
    "unique_only": "CREATE TABLE unique_only (id int NOT NULL UNIQUE, v text)",
    "late": "CREATE TABLE late (id int PRIMARY KEY DEFERRABLE, v text)",
    "nothing": "CREATE TABLE nothing (id int PRIMARY KEY, v text); ALTER TABLE nothing REPLICA "
               "IDENTITY NOTHING",
    "lost": "CREATE TABLE lost (id int NOT NULL, v text); CREATE UNIQUE INDEX li ON lost (id); "
            "ALTER TABLE lost REPLICA IDENTITY USING INDEX li; DROP INDEX li",
    "generated": "CREATE TABLE generated (id int PRIMARY KEY, v text, g text GENERATED ALWAYS AS "
                 "(v || '!') STORED); ALTER TABLE generated REPLICA IDENTITY FULL",
    "keyed_by_generated": "CREATE TABLE keyed_by_generated (id int, v text, g int GENERATED ALWAYS "
                          "AS (id + 1) STORED PRIMARY KEY)",
    "parted": "CREATE TABLE parted (id int, v text) PARTITION BY RANGE (id); CREATE TABLE parted_1 "
              "PARTITION OF parted FOR VALUES FROM (0) TO (9)",
    "keyed_parts": "CREATE TABLE keyed_parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
    "CREATE TABLE keyed_parts_1 PARTITION OF keyed_parts FOR VALUES FROM (0) TO (9)",
    "one_bad_part": "CREATE TABLE one_bad_part (id int PRIMARY KEY, v text) PARTITION BY RANGE "
                    "(id);"
    "CREATE TABLE good_part PARTITION OF one_bad_part FOR VALUES FROM (10) TO (19);"
    "CREATE TABLE bad_part PARTITION OF one_bad_part FOR VALUES FROM (0) TO (9); ALTER TABLE "
    "bad_part REPLICA IDENTITY NOTHING",
}


def broken(f, tables=KINDS):
    """Tables that the primary refuses to update."""
    out = set()
    for t in tables:
        f.sql(
            f"INSERT INTO {t} (id, v) VALUES (1, 'a') ON CONFLICT DO NOTHING"
            if not t.startswith("late")
            else f"TRUNCATE {t}; INSERT INTO {t} VALUES (1, 'a')"
        )
        for change in (f"UPDATE {t} SET v = 'b'", f"DELETE FROM {t}"):
            try:
                f.sql(change)
            except psycopg.Error as e:
                assert "cannot update table" in str(e) or "cannot delete from table" in str(e), e
                out.add(t)
    return out


def warned(f, tables=KINDS, expect=0):
    """Tables of which check says that their changes fail. expect: 2 where it fails, of a table
    whose key is not published."""
    f.caught_up()
    lines = [
        x
        for x in f.run("check", expect=expect).stdout.splitlines()
        if x.startswith("warn") and "the primary refuses its UPDATE and DELETE" in x
    ]
    leaf = {"parted": "parted_1", "one_bad_part": "bad_part", "keyed_parts": "keyed_parts_1"}
    out = {t for t in tables for x in lines if f"public.{leaf.get(t, t)} " in x}
    assert len(out) == len(lines), lines
    return out


def in_publication(f):
    return {
        r[0]
        for r in f.sql("SELECT tablename FROM pg_publication_tables WHERE pubname = 'tailrace'")
    }


def test_where_nothing_is_named_what_is_safe_is_published():
    for root in ("false", "true"):
        f = feed(";".join(KINDS.values()), setup=False, source__partition_root=root)
        dry = f.run("setup", "--dry-run").stdout
        out = f.run("setup").stdout
        assert [x for x in dry.splitlines() if "CREATE PUBLICATION" in x or "left out" in x] == [
            x for x in out.splitlines() if "CREATE PUBLICATION" in x or "left out" in x
        ], (dry, out)
        assert broken(f) == set() and warned(f) == set()
        assert {"fine", "whole", "by_index"} <= in_publication(f) and not {
            "keyless",
            "keyed_by_generated",
        } & in_publication(f)
        for t in (
            "keyless",
            "late",
            "nothing",
            "lost",
            "parted_1",
            "bad_part",
            "keyed_by_generated",
        ):
            assert f"-- table public.{t} is left out" in out, out
        assert "public.keyless (it has no replica identity" in f.run("check").stdout


def test_check_names_what_the_server_refuses():
    for root in ("false", "true"):
        f = feed(";".join(KINDS.values()), source__partition_root=root)
        assert broken(f) == warned(f, expect=2) and len(broken(f)) >= 7, broken(f)


def test_lists_filters_and_operations():
    tables = {
        "cols": 0,
        "good_cols": 0,
        "filt": 0,
        "good_filt": 0,
        "full_filt": 0,
        "two": 0,
        "index_filt": 0,
        "part": 0,
    }
    f = feed(
        "".join(
            f"CREATE TABLE {t} (id int PRIMARY KEY, v text, w text);" for t in tables if t != "part"
        )
        + "CREATE TABLE part (id int PRIMARY KEY, v text, w text) PARTITION BY RANGE (id); CREATE "
          "TABLE part_1 (w text, id int NOT NULL PRIMARY KEY, v text);"
        "ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES FROM (0) TO (9); ALTER TABLE "
        "full_filt REPLICA IDENTITY FULL;"
        "ALTER TABLE index_filt ALTER v SET NOT NULL; CREATE UNIQUE INDEX i ON index_filt (v) "
        "INCLUDE (w);"
        "ALTER TABLE index_filt REPLICA IDENTITY USING INDEX i",
        setup=False,
    )
    pub = (
        "CREATE PUBLICATION tailrace FOR TABLE cols (v, w), good_cols (id, w), filt WHERE (v <> "
        "'x'), good_filt WHERE (id > 0), full_filt WHERE (v <> 'x'), "
        "two (id, v) WHERE (id > 0 AND id < 90), index_filt WHERE (v <> 'x'), part WHERE (v <> "
        "'x') WITH (publish_via_partition_root, publish = '{}')"
    )
    f.sql(pub.format("insert"))
    f.run("setup")
    # cols: its key is not published
    assert broken(f, tables) == warned(f, tables, expect=2) == set()
    f.sql("DROP PUBLICATION tailrace")
    f.sql(pub.format("insert, update, delete"))
    got = broken(f, tables)
    assert got == {"cols", "filt", "part"}, got
    f.caught_up()
    lines = [x for x in f.run("check", expect=2).stdout.splitlines() if "the primary refuses" in x]
    assert len(lines) == 3 and all(
        any(t in x for x in lines) for t in ("public.cols ", "public.filt ", "public.part_1 ")
    ), lines


GENERATED = "GENERATED ALWAYS AS (id + 1) STORED"
ODD = KINDS | {
    "hidden_whole": f"CREATE TABLE hidden_whole (id int, v text, g int {GENERATED} PRIMARY KEY); "
                    f"ALTER TABLE hidden_whole REPLICA IDENTITY FULL",
    "hidden_half": f"CREATE TABLE hidden_half (id int, v text, g int {GENERATED}, PRIMARY KEY (id, "
                   f"g))",
    "hidden_index": f"CREATE TABLE hidden_index (id int, v text, g int {GENERATED} NOT NULL "
                    f"UNIQUE);"
    "ALTER TABLE hidden_index REPLICA IDENTITY USING INDEX hidden_index_g_key",
    "hidden_unique": f"CREATE TABLE hidden_unique (id int, v text, g int {GENERATED} NOT NULL "
                     f"UNIQUE); ALTER TABLE hidden_unique REPLICA IDENTITY FULL",
    "another_key": f"CREATE TABLE another_key (id int NOT NULL UNIQUE, v text, g int {GENERATED} "
                   f"PRIMARY KEY)",
    "other_identity": f"CREATE TABLE other_identity (id int NOT NULL UNIQUE, v text, g int "
                      f"{GENERATED} PRIMARY KEY);"
    "ALTER TABLE other_identity REPLICA IDENTITY USING INDEX other_identity_id_key",
    "not_the_key": f"CREATE TABLE not_the_key (id int PRIMARY KEY, v text, g int {GENERATED})",
    "covering": f"CREATE TABLE covering (id int, v text, g int {GENERATED}, PRIMARY KEY (id) "
                f"INCLUDE (g))",
    "hidden_parts": f"CREATE TABLE hidden_parts (id int, v text, g int {GENERATED}, PRIMARY KEY "
                    f"(id, g)) PARTITION BY RANGE (id);"
    "CREATE TABLE hidden_parts_1 PARTITION OF hidden_parts FOR VALUES FROM (0) TO (9)",
    "late_whole": "CREATE TABLE late_whole (id int PRIMARY KEY DEFERRABLE, v text); ALTER TABLE "
                  "late_whole REPLICA IDENTITY FULL",
    "partial": "CREATE TABLE partial (id int NOT NULL, v text); CREATE UNIQUE INDEX ON partial "
               "(id) WHERE id > 0",
    "whole_key": "CREATE TABLE whole_key (id int PRIMARY KEY, v text); ALTER TABLE whole_key "
                 "REPLICA IDENTITY FULL",
    "mother": "CREATE TABLE mother (id int PRIMARY KEY, v text)",
    "keyless_child": "CREATE TABLE keyless_child () INHERITS (mother)",
    "child": "CREATE TABLE child (more int, PRIMARY KEY (id)) INHERITS (mother)",
    "unlogged": "CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY, v text)",
    "secured": "CREATE TABLE secured (id int PRIMARY KEY, v text); ALTER TABLE secured ENABLE ROW "
               "LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "two_levels": "CREATE TABLE two_levels (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
    "CREATE TABLE two_levels_1 PARTITION OF two_levels FOR VALUES FROM (0) TO (9) PARTITION BY "
    "RANGE (id);"
    "CREATE TABLE two_levels_11 PARTITION OF two_levels_1 DEFAULT",
    "identity_of_part": "CREATE TABLE identity_of_part (id int, v text) PARTITION BY RANGE (id);"
    f"CREATE TABLE part_by_generated (id int, v text, g int {GENERATED}, PRIMARY KEY (g));"
    "ALTER TABLE part_by_generated DROP COLUMN g, ADD PRIMARY KEY (id);"
    "ALTER TABLE identity_of_part ATTACH PARTITION part_by_generated FOR VALUES FROM (0) TO (9)",
}
NO_TABLES = (
    "CREATE VIEW a_view AS SELECT * FROM fine; CREATE MATERIALIZED VIEW a_matview AS SELECT * FROM "
    "fine; CREATE SEQUENCE a_sequence;"
    "CREATE EXTENSION postgres_fdw; CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw; CREATE "
    "FOREIGN TABLE a_foreign (id int) SERVER away;"
    "CREATE TABLE noid (); CREATE TABLE \"O'd d\" (id int PRIMARY KEY)"
)


def test_after_setup_check_has_no_fail_and_run_goes():
    for root in ("false", "true"):
        f = feed(";".join(ODD.values()) + ";" + NO_TABLES, setup=False, source__partition_root=root)
        out = f.run("setup").stdout
        got = in_publication(f)
        assert {
            "other_identity",
            "not_the_key",
            "covering",
            "whole_key",
            "late_whole",
            "mother",
            "child",
            "secured",
        } <= got, got
        assert got.isdisjoint(
            {
                "another_key",
                "hidden_whole",
                "hidden_half",
                "hidden_index",
                "hidden_unique",
                "hidden_parts_1",
                "hidden_parts",
                "keyless_child",
                "partial",
                "noid",
                "unlogged",
                "a_view",
                "a_matview",
                "a_foreign",
                "lost",
            }
        ), got
        for t in ("hidden_half", "hidden_parts_1", "keyless_child", "another_key"):
            assert f"-- table public.{t} is left out" in out, out
        f.caught_up()
        assert "fail " not in f.run("check").stdout
        f.feed()
        assert broken(f, ODD) == set()
        f.caught_up()
        f.feed()
        assert "fail " not in f.run("check").stdout
        for t in ("other_identity", "fine", "covering"):
            assert [(op, k) for op, k in f.ops(f"public.{t}")][0][1] == {"id": 1}, (
                t,
                f.ops(f"public.{t}"),
            )


def test_a_key_that_is_not_published_is_refused_by_name_or_named_otherwise():
    table = f"CREATE TABLE g (id int NOT NULL, v text, g int {GENERATED} PRIMARY KEY); ALTER TABLE g REPLICA IDENTITY USING INDEX g_pkey"
    f = named(["public[.]g"], table)
    r = f.run("setup", expect=2)
    told = "would take no UPDATE" if new_generated(f) else "would be refused by `tailrace run`"
    assert f"public.g {told}" in r.stdout and f"public.g, {told}" in r.stderr, (r.stdout, r.stderr)
    f.run("setup", "--allow-no-identity")
    f.sql("INSERT INTO g (id) VALUES (1)")
    f.caught_up()
    assert "column g of its key is not published" in f.run("check", expect=2).stdout
    assert (
        "column g of its key is not published" in f.run("run", "--until-current", expect=2).stderr
    )
    if not new_generated(f):
        assert (
            "-- table public.g is published, and `tailrace run` refuses it" in f.run("setup").stdout
        )
    f = feed(
        "CREATE TABLE g (id int NOT NULL, v text, g int " + GENERATED + " PRIMARY KEY)",
        setup=False,
        text='columns: { key: { "public[.]g": "" } }',
    )
    f.run("setup")
    assert in_publication(f) == (set() if new_generated(f) else {"g"}), in_publication(f)
    f.caught_up()
    f.sql("INSERT INTO g (id) VALUES (1)")
    f.caught_up()
    f.run("check")
    f.feed()
    assert f.ops("public.g") == ([] if new_generated(f) else [("r", None)]), f.ops("public.g")


def test_a_delete_without_a_key():
    f = feed(ODD["another_key"])
    told = (
        "the primary refuses its UPDATE and DELETE"
        if new_generated(f)
        else "its first DELETE ends the feed"
    )
    f.caught_up()
    assert f"table public.another_key is published, and {told}" in f.run("check").stdout
    if not new_generated(f):
        assert (
            "-- table public.another_key is published, and its first DELETE ends the feed"
            in f.run("setup").stdout
        )
        f.sql(
            "INSERT INTO another_key (id) VALUES (1); ALTER TABLE another_key REPLICA IDENTITY "
            "USING INDEX another_key_id_key"
        )
        f.caught_up()
        assert "another_key" not in f.run("check").stdout
        f.feed()
        f.sql("DELETE FROM another_key")
        f.feed()
        assert [op for op, _ in f.ops("public.another_key")][:2] == ["r", "d"], f.ops(
            "public.another_key"
        )


def new_generated(f):
    """From 18 on the primary refuses UPDATE where the identity is a generated column that is not
    published."""
    return f.sql("SELECT current_setting('server_version_num')::int >= 180000").fetchone()[0]


def named(include, sql, **options):
    return feed(
        sql,
        setup=False,
        text="tables: { include: [" + ", ".join(f'"{i}"' for i in include) + "] }",
        **options,
    )


def test_what_is_named_is_published_and_what_comes_later_is_added():
    f = named(
        ["public[.]a.*"],
        "CREATE TABLE a1 (id int PRIMARY KEY); CREATE TABLE b1 (id int, v text); INSERT INTO b1 "
        "VALUES (1, 'x')",
    )
    assert 'FOR TABLE "public"."a1";' in f.run("setup", "--dry-run").stdout
    f.run("setup")
    f.sql("UPDATE b1 SET v = 'y'")
    f.sql(
        "CREATE TABLE a2 (id int PRIMARY KEY); CREATE TABLE a3 (id int PRIMARY KEY) PARTITION BY "
        "RANGE (id); CREATE TABLE a3_1 PARTITION OF a3 DEFAULT"
    )
    f.caught_up()
    said = f.run("check").stdout
    assert (
        "2 tables that the configuration names are not published" in said
        and "public.a2, public.a3" in said
    ), said
    assert "public.a2, public.a3" in f.feed().stderr
    assert (
        'ALTER PUBLICATION "tailrace" ADD TABLE "public"."a2", "public"."a3";'
        in f.run("setup").stdout
    )
    assert in_publication(f) == {"a1", "a2", "a3_1"}
    assert "ALTER PUBLICATION" not in f.run("setup").stdout
    assert "not published" not in f.feed().stderr
    f.sql("INSERT INTO a2 VALUES (1); INSERT INTO a3 VALUES (1)")
    f.feed()
    assert f.ops("public.a2") == f.ops("public.a3_1") == [("c", {"id": 1})]


def test_what_is_named_and_would_break_is_refused():
    f = named(["public[.](fine|late|keyless)"], ";".join(KINDS.values()))
    for args in ((), ("--dry-run",)):
        r = f.run("setup", *args, expect=2)
        assert (
            "2 tables, among them public." in r.stderr and "--allow-no-identity" in r.stderr
        ), r.stderr
        assert (
            "public.late would take no UPDATE" in r.stdout and "public.keyless would" in r.stdout
        ), r.stdout
    assert not f.sql("SELECT 1 FROM pg_publication").fetchone() and f.slot() is None
    f.run("setup", "--allow-no-identity")
    assert broken(f) == warned(f) == {"late", "keyless"}
    f = feed(KINDS["keyless"], setup=False)
    r = f.run("setup", "--all-tables", expect=2)
    assert "public.keyless" in r.stderr
    f.run("setup", "--all-tables", "--allow-no-identity")
    assert in_publication(f) == {"keyless"}


def test_partitions_by_name():
    sql = (
        "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p_1 PARTITION "
        "OF p FOR VALUES FROM (0) TO (9);"
        "CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (10) TO (19)"
    )
    for include, root, want in (
        (["public[.]p_.*"], "false", 'TABLE "public"."p";'),
        (["public[.]p_1"], "false", 'TABLE "public"."p_1";'),
        (["public[.]p"], "true", 'TABLE "public"."p" WITH'),
    ):
        f = named(include, sql, source__partition_root=root)
        assert want in f.run("setup", "--dry-run").stdout, (
            include,
            root,
            f.run("setup", "--dry-run").stdout,
        )
    f = feed(sql, setup=False, text="source: { tables: [public.p] }")
    assert 'TABLE "public"."p";' in f.run("setup", "--dry-run").stdout
    f = feed(sql, setup=False, text="source: { tables: [public.q] }")
    assert "table public.q of source.tables is not there" in f.run("setup", expect=2).stderr


def test_partitions_to_come_take_updates():
    """A partitioned table without a primary key gives a new partition none."""
    rows = "(id int, v text) PARTITION BY RANGE (id)"
    f = feed(
        f"CREATE TABLE empty {rows}; CREATE TABLE whole {rows}; CREATE TABLE whole_1 PARTITION OF "
        f"whole FOR VALUES FROM (0) TO (9);"
        f"ALTER TABLE whole_1 REPLICA IDENTITY FULL; CREATE TABLE keyed (id int PRIMARY KEY, v "
        f"text) PARTITION BY RANGE (id)",
        setup=False,
    )
    out = f.run("setup").stdout
    assert "-- table public.empty is left out" in out and "partitions to come" in out, out
    f.sql(
        "".join(
            f"CREATE TABLE {t}_2 PARTITION OF {t} FOR VALUES FROM (10) TO (19); INSERT INTO {t} "
            f"VALUES (11, 'a');"
            for t in ("empty", "whole", "keyed")
        )
    )
    for t in ("empty", "whole", "keyed"):
        f.sql(f"UPDATE {t} SET v = 'b'")
    assert in_publication(f) == {"whole_1", "keyed_2"}, in_publication(f)
    f = named(
        ["public[.]whole"],
        f"CREATE TABLE whole {rows}; CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM (0) "
        f"TO (9);"
        "ALTER TABLE whole_1 REPLICA IDENTITY FULL",
        source__partition_root="true",
    )
    assert "partitions to come" in f.run("setup", expect=2).stdout
    f.run("setup", "--allow-no-identity")
    f.caught_up()
    assert "refuses" not in f.run("check").stdout


def test_the_owner_of_the_tables_is_enough():
    admin = psycopg.connect(PRIMARY, autocommit=True)
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'owner_s'").fetchone():
        admin.execute("CREATE ROLE owner_s LOGIN REPLICATION")
    f = feed("CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t OWNER TO owner_s", setup=False)
    for option, dsn in (("source.setup-conninfo", f.dsn), ("source.conninfo", f.standby)):
        f.options[option] = dsn.replace("user=postgres", "user=owner_s")
    f.sql("REVOKE EXECUTE ON FUNCTION pg_log_standby_snapshot FROM owner_s")
    f.caught_up()
    words = f'GRANT CREATE ON DATABASE "{f.name}" TO "owner_s"'
    said = f.run("setup", expect=2).stderr
    assert (
        f"permission denied for database {f.name} (SQLSTATE 42501) -> on the primary, {words}"
        in said
    ), said
    f.sql(words)
    f.caught_up()
    r = subprocess.run(
        f.command("setup", "--set", "source.setup-timeout-s=4"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    words = 'GRANT EXECUTE ON FUNCTION pg_log_standby_snapshot TO "owner_s"'
    assert (
        words in r.stderr
        and "set source.setup-conninfo" not in r.stderr
        and "run SELECT pg_log_standby_snapshot() there" in r.stderr
    ), r.stderr
    f.sql(words)
    f.caught_up()
    r = f.run("setup")
    assert words not in r.stderr, r.stderr
    f.sql("INSERT INTO t VALUES (1)")
    f.run("check")
    f.feed()
    assert f.ops("public.t") == [("r", {"id": 1})]


def test_a_signal_ends_the_wait_for_a_slot_on_both_sides():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", setup=False)
    with psycopg.connect(f.dsn) as held, psycopg.connect(f.standby, autocommit=True) as standby:
        # a transaction that is open: no consistent point
        held.execute("CREATE TABLE u (id int)")
        p = subprocess.Popen(
            f.command("setup"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        sessions = lambda: standby.execute(
            "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s", (f.name,)
        ).fetchone()[0]
        until(sessions, 60, lambda: "no slot is being made")
        p.terminate()
        assert p.wait(30) == 1 and "the server was told to give it up" in p.stderr.read()
        until(lambda: not sessions(), 60, lambda: "the server goes on making the slot")


def test_check_sees_a_role_that_may_not_replicate():
    admin = psycopg.connect(PRIMARY, autocommit=True)
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'reader_s'").fetchone():
        admin.execute("CREATE ROLE reader_s LOGIN")
    f = feed("CREATE TABLE t (id int PRIMARY KEY); GRANT SELECT ON t TO reader_s")
    f.options["source.conninfo"] = f.standby.replace("user=postgres", "user=reader_s")
    said = f.run("check", expect=2).stdout
    assert 'ALTER ROLE "reader_s" REPLICATION' in said and "holds 1 tables" in said, said


def test_check_sees_a_slot_older_than_the_publication():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", setup=False)
    f.sql("CREATE PUBLICATION tailrace FOR TABLE t")
    f.run("setup")
    f.sql(
        "DROP PUBLICATION tailrace; INSERT INTO t VALUES (1); CREATE PUBLICATION tailrace FOR "
        "TABLE t"
    )
    f.caught_up()
    said = f.run("check", expect=2).stdout
    fail = next(x for x in said.splitlines() if x.startswith("fail")).removeprefix("fail").strip()
    assert (
        fail.startswith(f'slot "{f.name}" is older than publication "tailrace"')
        and "snapshot.mode=when-needed" in fail
    ), said
    assert fail in f.run("run", "--until-current", expect=4).stderr.replace('\\"', '"')
    f.run("check", snapshot__mode="when-needed")
    f.feed(snapshot__mode="when-needed")
    assert f.ops("public.t") == [("r", {"id": 1})] and "older than" not in f.run("check").stdout


def test_a_slot_is_judged_by_its_error_and_not_by_its_name():
    """Its name holds the SQLSTATE of a publication that is not there, and the server says the name
    in another error."""
    other = feed("CREATE TABLE t (id int PRIMARY KEY)", setup=False)
    other.run("setup", "--all-tables", source__slot=other.name + "_42704")
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    said = f.run("check", expect=2, source__slot=other.name + "_42704").stdout
    assert (
        f'belongs to database "{other.name}"' in said and "older than publication" not in said
    ), said


def test_truncates_of_partitions_that_the_server_does_not_send():
    f = feed(
        "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF "
        "p FOR VALUES FROM (0) TO (9);"
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO p VALUES (1)",
        setup=False,
    )
    f.options["source.partition-root"] = "true"
    f.run("setup", "--all-tables")
    said = "rows that one removes stay in the topics of public.p"
    # no truncate is written
    assert said not in f.feed().stderr and said not in f.run("check").stdout
    written = {"format.skipped-operations": "none"}
    f.options |= written
    f.sql("TRUNCATE p1")
    log, check = f.feed().stderr, f.run("check").stdout
    assert log.count(said) == 1 and check.count(said) == 1, (log, check)
    assert [op for op, _ in f.ops("public.p")] == ["r"], f.ops("public.p")
    f.sql("TRUNCATE p")
    f.feed()
    assert [op for op, _ in f.ops("public.p")] == ["r", "t"], f.ops("public.p")
    f.sql("ALTER PUBLICATION tailrace SET (publish_via_partition_root = false)")
    assert said not in f.run("check").stdout


def test_check_asks_the_primary_for_its_wal_level():
    """Here a server of its own, which only answers check's question."""
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    assert "wal_level is logical, on the primary too" in f.run("check").stdout
    dir = tempfile.mkdtemp(prefix="tailrace-pg-")
    bin, port = os.environ["PG_BIN"], str(int(PRIMARY.split("port=")[1].split()[0]) + 7)
    as_user = []
    if os.getuid() == 0:
        shutil.chown(dir, "postgres")
        as_user = [
            "setpriv",
            "--reuid",
            "postgres",
            "--regid",
            str(pwd.getpwnam("postgres").pw_gid),
            "--clear-groups",
            "--",
        ]
    pg = lambda *args: subprocess.run(
        [*as_user, *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        pg(f"{bin}/initdb", "-D", f"{dir}/d", "-U", "postgres", "-A", "trust", "--no-sync")
        pg(
            f"{bin}/pg_ctl",
            "-D",
            f"{dir}/d",
            "-l",
            f"{dir}/log",
            "-w",
            "-o",
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c "
            f"wal_level=replica -c shared_buffers=16MB",
            "start",
        )
        said = f.run(
            "check",
            expect=2,
            source__setup_conninfo=f"host=127.0.0.1 port={port} user=postgres dbname=postgres",
        ).stdout
        assert "the primary's wal_level is replica" in said, said
    finally:
        subprocess.run(
            [*as_user, f"{bin}/pg_ctl", "-D", f"{dir}/d", "-m", "immediate", "stop"],
            stdout=subprocess.DEVNULL,
        )
        shutil.rmtree(dir)


main(globals(), feeds)
