"""`tailrace repair` of MySQL and MariaDB: what was planted is put right, and nothing else changes.

usage: test_mysql_repair.py [NAME...]     run by tests/e2e/run FLAVOUR repair
Last line: N passed, N failed.
"""
import repairing
from my_road import feed, feeds
from my_verifying import Load, ROWS, TABLE
from road import main


def rows(n, sql="", **options):
    f = feed(TABLE + str(n) + sql, **options)
    f.caught_up()
    return f, f.name + ".t"


def planted(**options):
    f, table = rows(ROWS, **options)
    repairing.repairs_what_was_planted(f, Load(f), table)


def test_each_planted_difference_is_repaired_under_load():
    planted()


def test_flat_records_in_four_partitions_at_least_once():
    planted(format__envelope="flat", sink__delivery="at-least-once", topics__partitions="4")


def test_a_kill_in_the_middle():
    repairing.goes_on_after_a_kill(*rows(ROWS), 4000)


def test_keys_that_come_back_while_it_reads():
    repairing.lets_the_stream_win(*rows(ROWS), 1500)


def test_another_table_takes_the_name():
    repairing.reads_another_table_anew(*rows(ROWS), 1500, "LIKE t")


def test_deletes_are_those_of_the_stream():
    repairing.says_deletes_as_the_stream_does(*rows(1000))


def test_where_no_service_runs():
    f, table = rows(1000, "; CREATE TABLE u LIKE t; INSERT INTO u SELECT * FROM t")
    repairing.runs_alone(f, [table, f.name + ".u"])


main(globals(), feeds)
