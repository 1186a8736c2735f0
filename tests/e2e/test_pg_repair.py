"""`tailrace repair`: what was planted is put right in the stream, and nothing else is touched.

usage: test_pg_repair.py [NAME...]     run by tests/e2e/run repair. Last line: N passed, N failed.
"""
import repairing
from pg_road import feed, feeds
from pg_verifying import Load, ROWS, TABLE
from road import main

SOME = TABLE.format(20_000)
FEW = TABLE.format(1000)


def planted(**options):
    f = feed(TABLE.format(ROWS), **options)
    repairing.repairs_what_was_planted(f, Load(f), "public.t")


def test_each_planted_difference_is_repaired_under_load():
    planted()


def test_flat_records_in_four_partitions_at_least_once():
    planted(format__envelope="flat", sink__delivery="at-least-once", topics__partitions="4")


def test_a_kill_in_the_middle():
    repairing.goes_on_after_a_kill(feed(SOME), "public.t", 4000)


def test_a_kill_at_least_once():
    repairing.goes_on_after_a_kill(feed(SOME, sink__delivery="at-least-once"), "public.t", 4000)


def test_keys_that_come_back_while_it_reads():
    repairing.lets_the_stream_win(feed(SOME), "public.t", 1500)


def test_another_table_takes_the_name():
    repairing.reads_another_table_anew(feed(SOME), "public.t", 1500, "(LIKE t INCLUDING ALL)")


def test_what_the_publication_does_not_delete():
    repairing.leaves_what_is_never_deleted(feed(FEW), "public.t")


def test_deletes_are_those_of_the_stream():
    repairing.says_deletes_as_the_stream_does(feed(FEW), "public.t")


def test_topics_of_several_tables():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'a');"
             "CREATE TABLE u (id int PRIMARY KEY, name text); INSERT INTO u VALUES (2, 'b')",
             text='topics: { route: { "(.*)[.](t|u)": "$1.all" } }\n')
    repairing.deletes_nothing_of_several_tables(f, f.name + ".public.all")


def test_where_no_service_runs():
    f = feed(FEW + "; CREATE TABLE u AS SELECT * FROM t; ALTER TABLE u ADD PRIMARY KEY (id)")
    repairing.runs_alone(f, ["public.t", "public.u"])


def test_what_is_no_key_is_left():
    repairing.leaves_what_is_no_key(feed(FEW), "public.t")


def test_orders():
    repairing.takes_orders(feed(FEW), "public.t")


main(globals(), feeds)
