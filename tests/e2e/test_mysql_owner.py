"""Who may run a feed of MySQL or MariaDB where another instance of it may be running: there it is a
named lock that tells.

usage: test_mysql_owner.py [NAME...]     run by tests/e2e/run FLAVOUR owner. Last line: N passed, N
failed.
"""

from my_road import feed, feeds, PORTS, sql
from owners import (BOTH, elsewhere, insert, is_taken_over_in_both, lives, names,
                    nothing_lost_or_doubled, owner_of, refused_while_it_goes_on, running, start_on,
                    starts_by_itself_when_killed, two_supervisors)
from proxy import Proxy
from road import await_log, log_of, main, stop, until


def table(**options):
    f = feed("CREATE TABLE t (id INT PRIMARY KEY)", snapshot__mode="never", **options)
    f.table, f.n = "t", 0
    f.caught_up()
    return f


def lock_connection():
    """The connections of feeds that keep a lock: they speak every 3 s."""
    return [
        x
        for x, in sql(
            "replica",
            "SELECT id FROM information_schema.processlist WHERE user = 'feeder' AND command = "
            "'Sleep' AND time < 4",
        )
    ]


def test_a_second_run_elsewhere_is_refused_and_the_first_goes_on():
    for delivery in BOTH:
        refused_while_it_goes_on(table(sink__delivery=delivery), "(user feeder, from")


def test_another_host_s_feed_is_seen_by_its_signs_of_life():
    f = table()
    p = start_on("host-b", f)
    await_log(p, " reading host")
    insert(f)
    f.arrived("t", 1)
    until(lambda: (owner_of(f) or {}).get("host") == "host-b")
    for command in (["run"], ["backfill", "--table", f"{f.name}.t"]):
        r = f.run(*command, expect=2)
        assert "on host host-b" in r.stderr and "process 1 of user root" in r.stderr, r.stderr
    lives(f, p)
    nothing_lost_or_doubled(f)


def test_take_over_ends_the_other_which_says_by_whom():
    is_taken_over_in_both(table)


def test_two_supervisors_do_not_fence_each_other():
    f = table()
    two_supervisors(f)
    nothing_lost_or_doubled(f)


def test_a_killed_feed_starts_by_itself():
    starts_by_itself_when_killed(table)


def test_a_lock_that_is_left_over_is_waited_for():
    """A host that is gone closes nothing: the server ends the silent session after 60 s, and the
    next start waits for that."""
    f = table()
    proxy = Proxy(int(PORTS["replica"]))
    p = start_on("host-b", f, source__mysql__port=proxy.port)
    await_log(p, " reading host")
    insert(f)
    f.arrived("t", 1)
    proxy.hang()
    p.kill(); p.wait()
    q = f.start()
    await_log(q, "another session has the source", seconds=30)
    await_log(q, " reading host", seconds=150)
    assert "the other session is gone" in log_of(q), log_of(q)
    lives(f, q)
    stop(q)
    nothing_lost_or_doubled(f)


def test_a_lock_that_is_lost_is_taken_again():
    f = table()
    p = running(f)
    for id in lock_connection():
        sql("replica", f"KILL {id}", check=False)
    await_log(p, "the feed's lock is lost")
    await_log(p, "the feed's lock is held again")
    lives(f, p)
    assert log_of(p).count(" reading host") == 1, log_of(p)     # the stream was not disturbed
    r = f.run("run", expect=2, **elsewhere(f))
    assert names(r.stderr, p, f"/run/tailrace/{f.name}.sock"), r.stderr
    stop(p)
    nothing_lost_or_doubled(f)


def test_a_dry_run_says_so_and_ends():
    f = table()
    p = running(f)
    r = f.run("run", "--dry-run", expect=2)
    assert "is in use by the server's connection" in r.stderr, r.stderr
    lives(f, p)
    stop(p)


main(globals(), feeds)
