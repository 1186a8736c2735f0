"""A NULL is read as NULL, and no row is skipped for one, where the catalog says NOT NULL and cannot
keep it: NOT NULL ... NOT VALID (PostgreSQL 18), domains. And records without a key are not written
without a word. Into files: tests/e2e/run nulls.
"""

import glob, io, json, tempfile
import fastavro
from pg_road import feed, feeds
from road import main, WORK

NOT_VALID = "ALTER TABLE t ADD CONSTRAINT kept NOT NULL v NOT VALID"
FULL = "ALTER TABLE t REPLICA IDENTITY FULL"
# the log's words where the description was corrected by a row
BELIEVED = "a NULL came in a column"
KEYLESS = "records of a table have no key"
SHARED = "a column of the key can be null"


def filed(*sql, **options):
    f = feed(
        ";".join(sql),
        sink__kind="avro-file",
        sink__directory=tempfile.mkdtemp(prefix="nulls-", dir=WORK),
        sink__records="messages",
        **options,
    )
    del f.options["registry.url"]       # the keys stand in the file as they are
    f.at = 0
    return f


def is_18(f):
    return f.sql("SHOW server_version_num").fetchone()[0] >= "180000"


def fed(f):
    """Runs the feed to its end: what it logged, and [(op, key, before, after)] of what came of t,
    in the files' order."""
    log, rows = f.feed().stderr, []
    for path in sorted(glob.glob(f"{f.options['sink.directory']}/{f.name}.public.t/*.avro")):
        with open(path, "rb") as file:
            r = fastavro.reader(file)
            key = (
                fastavro.parse_schema(json.loads(r.metadata["key.schema"]))
                if "key.schema" in r.metadata
                else None
            )
            for m in r:
                k = (
                    fastavro.schemaless_reader(io.BytesIO(m["key"]), key)
                    if m["key"] and key
                    else None
                )
                if m["value"]:
                    rows.append((m["value"]["op"], k, m["value"]["before"], m["value"]["after"]))
    f.at, seen = len(rows), rows[f.at:]
    return log, seen


def version_lines(log):
    return [x for x in log.splitlines() if "table version table=public.t " in x]


# ---- NOT NULL ... NOT VALID ----

def not_valid(*sql, table="CREATE TABLE t (id int PRIMARY KEY, v text)", **options):
    """A table with a NULL in v from before its NOT NULL; None on servers that have no such
    thing."""
    f = filed(table, **options)
    if not is_18(f):
        return None
    for s in sql:
        f.sql(s)
    return f


def test_rows_from_before_a_not_null_that_is_not_valid():
    f = not_valid("INSERT INTO t VALUES (1, NULL), (2, 'a'), (3, NULL)", NOT_VALID, FULL)
    if not f:
        return
    log, rows = fed(f)
    assert [r[3] for r in rows] == [
        {"id": 1, "v": None},
        {"id": 2, "v": "a"},
        {"id": 3, "v": None},
    ], rows
    # the stream may describe the table before a row shows the NULL
    assert BELIEVED not in log and len(version_lines(log)) <= 2, log
    f.sql("UPDATE t SET v = 'x' WHERE id = 1"); f.sql("DELETE FROM t WHERE id = 3")
    log, rows = fed(f)
    assert [r[2] for r in rows] == [
        {"id": 1, "v": None},
        {"id": 3, "v": None},
    ] and BELIEVED not in log, (rows, log)


def test_a_validation_that_came_after_the_rows():
    """Behind the feed: the column becomes NOT NULL again with the first row after the validation,
    once."""
    f = not_valid(FULL, snapshot__mode="never")
    if not f:
        return
    f.sql("INSERT INTO t VALUES (1, NULL)")
    f.sql(NOT_VALID)
    f.sql("INSERT INTO t VALUES (2, 'b')")
    f.sql("UPDATE t SET v = 'z' WHERE v IS NULL")
    f.sql("ALTER TABLE t VALIDATE CONSTRAINT kept"); f.sql("INSERT INTO t VALUES (3, 'c')")
    log, rows = fed(f)
    assert [(r[0], (r[2] or r[3])["v"]) for r in rows] == [
        ("c", None),
        ("c", "b"),
        ("u", None),
        ("c", "c"),
    ], rows
    assert len(version_lines(log)) == 3, log     # as the catalog has it, with the NULL, validated


def test_partitions_whose_not_null_is_not_valid():
    f = not_valid(
        "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
        "INSERT INTO t VALUES (1, NULL)",
        NOT_VALID,
        "CREATE TABLE p2 (id int NOT NULL, v text); INSERT INTO p2 VALUES (11, NULL); ALTER TABLE "
        "p2 ADD NOT NULL v NOT VALID",
        "ALTER TABLE t ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)",
        table="CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
        source__partition_root="true",
    )
    if not f:
        return
    log, rows = fed(f)
    assert (
        sorted((r[3]["id"], r[3]["v"]) for r in rows) == [(1, None), (11, None)]
        and BELIEVED not in log
    ), (rows, log)


KEYED = """CREATE TABLE t (k int, n int NOT NULL, v text); ALTER TABLE t ALTER v SET STORAGE EXTERNAL;
    INSERT INTO t SELECT CASE WHEN g % 10 = 0 THEN NULL ELSE g END, g, repeat('x', 3000) FROM generate_series(1, 200) g"""


def keyed(identity):
    """Values out of line: such a table is read by its key, in parts."""
    return not_valid(
        "ALTER TABLE t ADD CONSTRAINT kept NOT NULL k NOT VALID",
        "CREATE UNIQUE INDEX tk ON t (k)",
        "ALTER TABLE t REPLICA IDENTITY " + identity,
        table=KEYED,
        snapshot__chunk_rows="50",
    )


def test_an_index_over_a_not_null_that_is_not_valid_is_no_key():
    f = keyed("FULL")
    if not f:
        return
    log, rows = fed(f)
    assert sorted(r[3]["n"] for r in rows) == list(range(1, 201)) and {r[1] for r in rows} == {
        None
    }, len(rows)
    f.sql("UPDATE t SET k = n WHERE k IS NULL")
    f.sql("ALTER TABLE t VALIDATE CONSTRAINT kept")
    f.sql("DELETE FROM t WHERE n = 10")
    assert fed(f)[1][-1][:2] == ("d", {"k": 10})


def test_an_identity_with_nulls_is_read_whole_and_said():
    f = keyed("USING INDEX tk")
    if not f:
        return
    log, rows = fed(f)
    assert (
        sorted(r[3]["n"] for r in rows) == list(range(1, 201))
        and SHARED in log
        and "column=k" in log
    ), (len(rows), log)


# ---- domains ----

def test_a_domain_that_held_a_null_may_hold_another():
    """In one version for good: a registry would refuse the field's way back to NOT NULL."""
    f = filed(
        "CREATE DOMAIN must AS int NOT NULL; CREATE TABLE t (id int PRIMARY KEY, v must); INSERT "
        "INTO t VALUES (1, 1)",
        FULL,
    )
    none = "INSERT INTO t SELECT %s, (SELECT v FROM t WHERE false)"
    log, rows = fed(f)
    assert rows[0][3] == {"id": 1, "v": 1} and BELIEVED not in log
    f.sql(none, 2)
    log, rows = fed(f)
    assert rows[0][3] == {"id": 2, "v": None} and BELIEVED in log, (rows, log)
    f.sql("INSERT INTO t VALUES (3, 3)")
    f.sql("ALTER TABLE t ADD x int")
    f.sql("INSERT INTO t VALUES (4, 4)")
    f.sql(none, 5)
    f.sql("DELETE FROM t WHERE id = 2")
    log, rows = fed(f)
    assert [(r[2] or r[3])["v"] for r in rows] == [3, 4, None, None], rows
    assert BELIEVED not in log and len(version_lines(log)) == 2, log


def test_a_domain_s_nulls_are_read_from_the_table():
    f = filed(
        "CREATE DOMAIN must AS int NOT NULL; CREATE TABLE t (id int PRIMARY KEY, v must); INSERT "
        "INTO t SELECT 1, (SELECT v FROM t WHERE false)"
    )
    log, rows = fed(f)
    assert rows == [("r", {"id": 1}, None, {"id": 1, "v": None})], rows


def test_a_column_that_nobody_reads_has_shown_no_null():
    f = filed(
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, w text NOT NULL); INSERT INTO t "
        "VALUES (1, 'a', 'b')",
        columns__exclude="public.t.w",
    )
    log, rows = fed(f)
    assert (
        rows[0][3] == {"id": 1, "v": "a"} and BELIEVED not in log and len(version_lines(log)) == 1
    ), log


# ---- no key ----

def test_a_key_that_went_before_its_rows_were_read_is_said_once():
    f = filed("CREATE TABLE t (id int PRIMARY KEY, v text)", FULL, snapshot__mode="never")
    f.sql("INSERT INTO t VALUES (1, 'a')")
    f.sql("ALTER TABLE t DROP CONSTRAINT t_pkey")
    f.sql("INSERT INTO t VALUES (2, 'b')")
    log, rows = fed(f)
    assert (
        [r[1] for r in rows] == [None, None] and log.count(KEYLESS) == 1 and "table=public.t" in log
    ), (rows, log)
    f.sql("INSERT INTO t VALUES (3, 'c')")
    assert KEYLESS not in fed(f)[0]


def test_a_table_without_a_key_is_no_news():
    """It was read when it had none; and whoever names columns of its own has a key."""
    f = filed("CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a')", FULL)
    assert KEYLESS not in fed(f)[0]
    f.sql("INSERT INTO t VALUES (2, 'b')")
    assert KEYLESS not in fed(f)[0]
    f = filed(
        "CREATE TABLE t (id int, v text)",
        FULL,
        snapshot__mode="never",
        text="columns: { key: { 'public[.]t': id } }\n",
    )
    f.sql("INSERT INTO t VALUES (2, 'b')")
    log, rows = fed(f)
    assert rows[0][1] == {"id": 2} and KEYLESS not in log, (rows, log)


def test_nulls_are_no_key():
    """The key came after the row, over a column that was NULL then: nothing kept says so."""
    f = filed("CREATE TABLE t (k int UNIQUE, v text)", FULL, snapshot__mode="never")
    f.sql("INSERT INTO t VALUES (NULL, 'a'), (NULL, 'b')")
    f.sql("DELETE FROM t WHERE v = 'a'")
    f.sql("UPDATE t SET k = 7")
    f.sql("ALTER TABLE t ALTER k SET NOT NULL"); f.sql("INSERT INTO t VALUES (8, 'c')")
    log, rows = fed(f)
    assert [r[1] for r in rows] == [None, None, None, None, {"k": 8}], rows
    assert BELIEVED in log and KEYLESS in log, log


def test_a_null_in_an_array_is_told_where_the_array_has_none():
    """The connector's schema has no null among labels; of a NaN a decimal says nothing."""
    for binary in "true", "false":
        f = filed("CREATE TYPE mood AS ENUM ('sad')",
                  "CREATE TABLE t (id int PRIMARY KEY, e mood[], n numeric(5,2)[])",
                  snapshot__mode="never", source__binary=binary)
        f.sql("INSERT INTO t VALUES (1, '{sad,NULL}', '{1.50,NULL}')")
        f.sql("INSERT INTO t VALUES (2, '{sad}', '{NaN}')")
        log, rows = fed(f)
        assert [r[3]["e"] for r in rows] == [["sad", ""], ["sad"]], rows
        assert [r[3]["n"][-1] for r in rows] == [None, None], rows
        assert log.count("became empty in its array column=e") == 1, log
        assert log.count("became null in its array column=n") == 1, log


main(globals(), feeds)
