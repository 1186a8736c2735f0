"""What the role that reads may see: row level security, and SELECT on some columns or some tables
only. Rows are never left out without a word, no grant is needed that the rows do not need, and
`check` says what `run` would meet."""

import psycopg
from pg_road import feed, feeds, PRIMARY
from road import main

admin = psycopg.connect(PRIMARY, autocommit=True)
for role in ("feeder_g", "owner_g"):
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
        admin.execute(f"CREATE ROLE {role} LOGIN REPLICATION")


def granted(sql, publication=None, role="feeder_g", **options):
    """A feed that reads as a role of its own."""
    f = feed(sql, setup=False, **options)
    if publication:
        f.sql(publication)
    f.run("setup")
    f.options["source.conninfo"] = f.standby.replace("user=postgres", "user=" + role)
    f.caught_up()
    return f


def refused(f, *words):
    """By check and by run, in the same words."""
    c = f.run("check", expect=2).stdout
    r = f.run("run", "--until-current", expect=2).stderr
    for w in words:
        assert w in c and w in r, (w, c, r)
    assert not f.records(), f.records()


def reads(f, **tables):
    c = f.run("check")
    f.feed()
    for t, n in tables.items():
        assert len(f.records("public." + t)) == n, (t, len(f.records("public." + t)))
    return c.stdout


ROWS = "INSERT INTO t SELECT i, i % 3, 's' FROM generate_series(1, 30) i;"
T = "CREATE TABLE t (id int PRIMARY KEY, v int, secret text);"


def test_row_level_security_is_refused():
    for policy in ("", "CREATE POLICY p ON t USING (v = 1);"):
        f = granted(
            T
            + "ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO feeder_g;"
            + policy
            + ROWS
        )
        refused(f, "table public.t: row level security", "BYPASSRLS", '"feeder_g"')


def test_the_role_that_reads_is_named_not_the_one_that_logged_in():
    f = granted(T + "ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
                "GRANT SELECT ON t TO owner_g, feeder_g;" + ROWS)
    admin.execute("GRANT owner_g TO feeder_g")
    f.options["source.conninfo"] += " options='-c role=owner_g'"
    f.caught_up()
    try:
        refused(f, 'hides rows from role "owner_g"', 'ALTER ROLE "owner_g" BYPASSRLS')
        f.sql("ALTER TABLE t DISABLE ROW LEVEL SECURITY; REVOKE SELECT ON t FROM owner_g")
        f.caught_up()
        refused(f, 'may not be read by role "owner_g"', 'TO "owner_g"')
        assert "role owner_g may replicate" in f.run("check", expect=2).stdout
    finally:
        admin.execute("REVOKE owner_g FROM feeder_g")


def test_security_forced_on_the_owner_and_of_a_partition():
    f = granted(
        T + "ALTER TABLE t OWNER TO owner_g; ALTER TABLE t ENABLE ROW LEVEL SECURITY;" + ROWS,
        role="owner_g",
    )
    reads(f, t=30)
    f.sql("ALTER TABLE t FORCE ROW LEVEL SECURITY")
    f.caught_up()
    assert "row level security" in f.run("check", expect=2).stdout
    assert "row level security" in f.run("backfill", "--table", "public.t", expect=2).stderr
    f = granted(
        "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p_1 PARTITION "
        "OF p FOR VALUES FROM (0) TO (99);"
        "ALTER TABLE p_1 ENABLE ROW LEVEL SECURITY; GRANT SELECT ON p, p_1 TO feeder_g; INSERT "
        "INTO p VALUES (1)",
        "CREATE PUBLICATION tailrace FOR TABLE p WITH (publish_via_partition_root)",
    )
    refused(f, "table public.p: row level security of p_1")


def test_who_bypasses_security_reads_all():
    admin.execute("ALTER ROLE owner_g BYPASSRLS")
    try:
        reads(
            granted(
                T + "ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO owner_g;" + ROWS,
                role="owner_g",
            ),
            t=30,
        )
    finally:
        admin.execute("ALTER ROLE owner_g NOBYPASSRLS")


def test_columns_granted_are_enough():
    for key in (" PRIMARY KEY", ""):
        f = granted(
            f"CREATE TABLE t (id int{key}, v int, secret text); GRANT SELECT (id, v) ON t TO "
            f"feeder_g;"
            + ROWS,
            "CREATE PUBLICATION tailrace FOR TABLE t (id, v)",
        )
        reads(f, t=30)
    f = granted(
        T + "GRANT SELECT (id, v) ON t TO feeder_g;" + ROWS,
        "CREATE PUBLICATION tailrace FOR TABLE t",
        text='columns: { exclude: [".*[.]secret"] }',
    )
    reads(f, t=30)
    assert set(f.records("public.t")[0][2]["after"]) == {"id", "v"}
    f = granted(
        T + "GRANT SELECT (id, v) ON t TO feeder_g;" + ROWS,
        "CREATE PUBLICATION tailrace FOR TABLE t",
    )
    refused(f, "columns secret of table public.t may not be read", "GRANT SELECT (secret)")


def test_a_table_without_any_grant_is_asked_for_as_a_whole():
    f = granted(T + ROWS, "CREATE PUBLICATION tailrace FOR TABLE t")
    refused(f, 'GRANT SELECT ON "public"."t" TO "feeder_g"')
    f.sql('GRANT SELECT ON "public"."t" TO "feeder_g"')
    f.caught_up()
    assert "by key" not in reads(f, t=30)


def test_excluded_columns_keep_the_key_and_the_rest():
    f = granted(
        "CREATE TABLE t (a int, secret text, b int, n text NOT NULL, PRIMARY KEY (b, a)); INSERT "
        "INTO t VALUES (1, 's', 2, 'n'), (3, 's', 4, 'n')",
        "CREATE PUBLICATION tailrace FOR TABLE t",
        role="postgres",
        text='columns: { exclude: [".*[.](a|secret)"] }',
    )
    f.feed()
    f.sql("UPDATE t SET secret = 'x'")
    f.feed()
    got = f.records("public.t")
    assert [v["op"] for _, _, v, _ in got] == ["r", "r", "u", "u"] and [
        k for _, k, _, _ in got
    ] == 2 * [{"b": 2, "a": 1}, {"b": 4, "a": 3}], got
    assert [v["after"] for _, _, v, _ in got[:2]] == [v["after"] for _, _, v, _ in got[2:]], got


def test_partitions_of_which_only_the_root_is_granted():
    sql = (
        "CREATE TABLE p (id int {0}, v text) PARTITION BY RANGE (id); CREATE TABLE p_1 PARTITION "
        "OF p FOR VALUES FROM (0) TO (20);"
        "CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (20) TO (99); GRANT SELECT ON p TO "
        "feeder_g; INSERT INTO p SELECT i FROM generate_series(1, 30) i"
    )
    for key in ("PRIMARY KEY", ""):
        f = granted(
            sql.format(key),
            "CREATE PUBLICATION tailrace FOR TABLE p WITH (publish_via_partition_root)",
        )
        reads(f, p=30)
    refused(
        granted(sql.format("PRIMARY KEY"), "CREATE PUBLICATION tailrace FOR TABLE p"),
        "table public.p_1 may not be read",
        "GRANT SELECT",
    )


def test_schemas_and_filters_need_their_own():
    f = granted(
        "CREATE SCHEMA s; CREATE TABLE s.t (id int PRIMARY KEY); GRANT SELECT ON s.t TO feeder_g",
        "CREATE PUBLICATION tailrace FOR TABLE s.t",
    )
    refused(f, "GRANT USAGE ON SCHEMA")
    f = granted(
        T + "ALTER TABLE t REPLICA IDENTITY FULL; GRANT SELECT (id, v) ON t TO feeder_g;" + ROWS,
        "CREATE PUBLICATION tailrace FOR TABLE t (id, v) WHERE (secret = 's')",
    )
    refused(f, "permission denied for table t")


main(globals(), feeds)
