"""`tailrace verify` of MySQL and MariaDB: what is planted is found under load, odd types are equal.

usage: test_mysql_verify.py [NAME...]     run by tests/e2e/run FLAVOUR verify
Last line: N passed, N failed.
"""
import os, re
from my_road import feed, feeds, KIND, sql
from my_verifying import Load, ROWS, TABLE
from road import main, stop
from verifying import (all_records, changed, finds_what_was_planted, key_of, produce, running,
                       verified)

def planted(**options):
    f = feed(TABLE + str(ROWS), **options)
    f.caught_up()
    return finds_what_was_planted(f, Load(f), f.name + ".t", ROWS)


def test_each_planted_difference_is_found_under_load():
    """And each says where its record and its row are from, in the source's own log."""
    for d in planted():
        if d["difference"] != "missing":
            assert re.fullmatch(r"\S+\.\d+:\d+(, transaction \S+)?", d["place"]), d
        if d["difference"] in ("missing", "different"):
            assert re.fullmatch(r"\S+\.\d+:\d+", d["read_at"]), d


def test_flat_records_in_four_partitions_at_least_once():
    planted(format__envelope="flat", sink__delivery="at-least-once", topics__partitions="4")


# ---- types ----

PARITY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parity", "mysql")


def statements(name):
    """One of the comparison's files, for one database."""
    with open(os.path.join(PARITY, name)) as file:
        lines = [x for x in file if not re.search(r"CREATE DATABASE|^USE |other[.]|Mixed-Case", x)]
    return "".join(lines).replace("unseen.", "")


def test_rows_of_every_type():
    """Read by the first read, streamed, and read again: the topic has them. And if it has not."""
    rows = statements("rows.sql") + statements(f"rows_{KIND}.sql")
    f = feed(statements("tables.sql") + statements(f"tables_{KIND}.sql") +
             "SET @base = 0;" + rows)
    f.caught_up()
    _, p = running(f)
    f.sql("SET @base = 100;" + rows)
    differences, tables = verified(f, expect=2)         # tables without a key are not compared
    wrong = {k: v["why"] for k, v in tables.items()
             if v["state"] != "equal" and v["why"] != "it has no key"}
    assert not differences and not wrong and len(tables) > 60, (differences[:3], wrong)
    assert sum(v["state"] == "equal" for v in tables.values()) > 50, tables
    assert tables[f.name + ".t_int"]["rows"] == 6, tables
    types = ("t_int", "t_decimal", "t_bit", "t_time", "t_datetime", "t_year", "t_json", "t_enum",
             "t_zerofill", "t_bytes", "t_text", "t_charset", "t_float", "t_timestamp")
    for t in types:         # row 2's value under the key of row 1
        records = all_records(f"{f.name}.{f.name}.{t}")
        last = {k: (k, part, v) for k, part, v in records}
        one, two = (last[key_of(records, i)] for i in (1, 2))
        produce(f"{f.name}.{f.name}.{t}", [(*one[:2], two[2])])
    patterns = [x for t in types for x in ("--table", f".*[.]{t}")]
    differences, tables = verified(f, *patterns, expect=1)
    for t in types:
        got = [d for d in differences if d["table"] == f"{f.name}.{t}"]
        assert [(d["difference"], d["key"]) for d in got] == [("different", {"id": 1})], (t, got)
        columns = len(all_columns(f, t))
        same = columns - len(got[0]["columns"])
        assert same <= 1, (t, columns, [c["name"] for c in got[0]["columns"]])
    stop(p)


def all_columns(f, table):
    return sql("primary", f"SHOW COLUMNS FROM {table}", f.name)


def test_a_column_that_came_later():
    f = feed(TABLE + "1000")
    f.caught_up()
    _, p = running(f)
    f.sql("ALTER TABLE t ADD more int DEFAULT 5, ADD late varchar(9) DEFAULT 'ü\"', DROP note;"
          "UPDATE t SET more = 6 WHERE id <= 10")
    f.caught_up()
    f.arrived("t", 1010)
    differences, tables = verified(f)
    t = tables[f.name + ".t"]
    assert not differences and (t["state"], t["rows"]) == ("equal", 1000), (differences[:3], t)
    stop(p)


# ---- the run ----

def test_the_log_ends_with_no_transaction():
    """The replica's log goes on in a new file, and nothing is written: differences are said."""
    f = feed(TABLE + "1000")
    f.caught_up()
    _, p = running(f)
    f.sql("UPDATE t SET n = 1 WHERE id = 1")
    f.arrived("t", 1001)
    sql("replica", "FLUSH BINARY LOGS")
    topic = f"{f.name}.{f.name}.t"
    records = all_records(topic)
    record = next(r for r in records if r[0] == key_of(records, 7))
    produce(topic, [changed(record, b"name 7", b"mane 7")])
    differences, _ = verified(f, "--wait", "30", expect=1)
    assert [(d["key"], [c["name"] for c in d["columns"]]) for d in differences] == [
        ({"id": 7}, ["name"])], differences
    stop(p)


def test_a_feed_that_stands_still_and_a_truncate():
    f = feed(TABLE + "1000", format__skipped_operations="none")
    f.caught_up()
    _, p = running(f)
    stop(p)
    name = f.name + ".t"
    assert verified(f)[1][name]["state"] == "equal"
    f.sql("UPDATE t SET name = 'other' WHERE id <= 10; DELETE FROM t WHERE id = 20")
    f.caught_up()
    differences, tables = verified(f, "--wait", "5", expect=5)
    t = tables[name]
    assert not differences and (t["state"], t["unsettled"]) == ("unsettled", 11), t
    f.sql("TRUNCATE t; INSERT INTO t (id, name) VALUES (7, 'again')")
    p = f.start()
    t = verified(f)[1][name]
    assert (t["state"], t["keys"]) == ("equal", 1), t
    stop(p)


main(globals(), feeds)
