"""Who may run a feed where another instance of it may be running: on this host, on another one
(another control.socket), or a dead one.

usage: test_pg_owner.py [NAME...]     run by tests/e2e/run owner. Last line: N passed, N failed.
"""

import json, os, re, signal, subprocess, time, uuid
import psycopg
from confluent_kafka import Producer
from owners import (BOTH, elsewhere, insert, is_taken_over_in_both, lives, names,
                    nothing_lost_or_doubled, owner_of, position_records, refused_while_it_goes_on,
                    running, start_on, starts_by_itself_when_killed, two_supervisors)
from pg_road import feed, feeds
from proxy import Proxy
from road import await_log, KAFKA, log_of, main, running as started, stop, until


def table(**options):
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never", **options)
    f.table, f.n = "public.t", 0
    return f


def test_another_host_s_feed_is_seen_by_its_signs_of_life():
    """Nothing is known of its processes here; whoever is refused names host, process and user,
    within seconds."""
    f = table()
    p = start_on("host-b", f)
    await_log(p, " reading host")
    insert(f)
    f.arrived("public.t", 1)
    until(lambda: (owner_of(f) or {}).get("host") == "host-b")
    t0 = time.monotonic()
    for command in (["run"], ["backfill", "--table", "public.t"]):
        r = f.run(*command, expect=2)
        assert "on host host-b" in r.stderr and "process 1 of user root" in r.stderr, r.stderr
    assert time.monotonic() - t0 < 60
    lives(f, p)
    nothing_lost_or_doubled(f)


def test_a_second_run_elsewhere_is_refused_and_the_first_goes_on():
    for delivery in BOTH:
        refused_while_it_goes_on(table(sink__delivery=delivery), "application tailrace, since 20")


def test_a_role_that_sees_no_signs_of_life_refuses_too():
    """A role with the rights that the docs name, no more: the server shows it nobody's replies."""
    role = "feeder_o"
    f = table()
    f.sql(f"DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN REPLICATION")
    f.options["source.conninfo"] = f.standby.replace("user=postgres", f"user={role}")
    f.caught_up()
    p = start_on("host-b", f)
    await_log(p, " reading host")
    for grant, least, most in ("", 80, 150), (f"GRANT pg_read_all_stats TO {role}", 0, 40):
        if grant:
            f.sql(grant)
            f.caught_up()
        t0 = time.monotonic()
        r = f.run("run", expect=2, timeout=200, **elsewhere(f))
        assert "is run already" in r.stderr and f"user {role}" in r.stderr, r.stderr
        assert least < time.monotonic() - t0 < most, (time.monotonic() - t0, r.stderr)
    lives(f, p)
    nothing_lost_or_doubled(f)


def test_a_backfill_elsewhere_is_refused():
    f = table()
    p = running(f)
    r = f.run("backfill", "--table", "public.t", expect=2, **elsewhere(f))
    assert (
        names(r.stderr, p, f"/run/tailrace/{f.name}.sock") and "is run already" in r.stderr
    ), r.stderr
    assert not [k for op, k in f.ops("public.t") if op == "r"]
    f.run("backfill", "--table", "public.t")        # where it runs
    lives(f, p)
    stop(p)


def test_take_over_ends_the_other_which_says_by_whom():
    is_taken_over_in_both(table)


def test_take_over_on_one_host_and_socket():
    f = table()
    p = running(f)
    q = f.start("--take-over")
    assert p.wait(90) == 4 and f"process {q.pid} " in log_of(p), log_of(p)[-2000:]
    lives(f, q)
    stop(q)
    nothing_lost_or_doubled(f)


def test_backfill_takes_over():
    """The service ends, as it sees the backfill read; one that is over by then it does not see, and
    goes on."""
    f = table()
    f.sql("INSERT INTO t SELECT generate_series(1000001, 1006000)")
    p = running(f)
    r = f.run(
        "backfill", "--take-over", "--table", "public.t", snapshot__rows_per_s="300", **elsewhere(f)
    )
    assert p.wait(90) == 4 and "has taken over" in log_of(p), log_of(p)[-2000:]
    assert ("r", {"id": 1}) in f.ops("public.t"), r.stderr


def test_two_supervisors_do_not_fence_each_other():
    for delivery in BOTH:
        f = table(sink__delivery=delivery)
        two_supervisors(f)
        if delivery == "exactly-once":
            nothing_lost_or_doubled(f)


def test_a_killed_feed_starts_by_itself():
    starts_by_itself_when_killed(table)


def test_a_session_that_is_left_over_is_waited_for():
    """A host that is gone closes nothing: the server keeps its session until wal_sender_timeout,
    and the next start waits for that."""
    f = table()
    proxy = Proxy(int(re.search(r"port=(\d+)", f.standby)[1]))
    through = re.sub(r"port=\d+", f"port={proxy.port}", f.standby)
    p = start_on(
        "host-b",
        f,
        source__conninfo=f"{through} host=127.0.0.1 options='-c wal_sender_timeout=20s'",
    )
    await_log(p, " reading host")
    insert(f)
    f.arrived("public.t", 1)
    proxy.hang()
    p.kill(); p.wait()
    q = f.start()
    await_log(q, "another session has the source", seconds=30)
    await_log(q, " reading host", seconds=120)
    log = log_of(q)
    assert (
        "the other session is gone" in log and log.count("another session has the source") <= 2
    ), log
    lives(f, q)
    stop(q)
    nothing_lost_or_doubled(f)


def test_a_stopped_feed_is_waited_for():
    """Stopped (SIGSTOP) on this machine: its process is there, and gives no sign of life."""
    f = table()
    p = running(f, source__conninfo=f"{f.standby} options='-c wal_sender_timeout=15s'")
    p.send_signal(signal.SIGSTOP)
    q = f.start(**elsewhere(f))
    await_log(q, " reading host", seconds=120)
    lives(f, q)
    p.send_signal(signal.SIGCONT)
    assert p.wait(90) == 4, log_of(p)[-2000:]
    lives(f, q)
    stop(q)
    nothing_lost_or_doubled(f)


def test_a_feed_that_loses_its_connection_waits_for_its_own_session():
    f = table()
    proxy = Proxy(int(re.search(r"port=(\d+)", f.standby)[1]))
    through = re.sub(r"port=\d+", f"port={proxy.port}", f.standby)
    p = f.start(
        source__conninfo=f"{through} host=127.0.0.1 options='-c wal_sender_timeout=15s'",
        source__receive_timeout_ms="3000",
    )
    await_log(p, " reading host")
    insert(f)
    f.arrived("public.t", 1)
    proxy.hang()
    await_log(p, " reading host", times=2, seconds=120)
    lives(f, p)
    stop(p)
    nothing_lost_or_doubled(f)


def read_by_another_program(f):
    started.append(
        subprocess.Popen(
            [
                os.path.join(os.environ["PG_BIN"], "pg_recvlogical"),
                "-d",
                f.standby,
                "-S",
                f.name,
                "--start",
                "-f",
                "/dev/null",
                "-s",
                "1",
                "-o",
                "proto_version=1",
                "-o",
                "publication_names=tailrace",
            ]
        )
    )
    with psycopg.connect(f.standby, autocommit=True) as s:
        until(
            lambda: s.execute(
                "SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s", (f.name,)
            ).fetchone()[0]
        )


def test_another_program_s_reader_is_named():
    f = table()
    insert(f)
    read_by_another_program(f)
    said = f.run("run", expect=2).stderr
    assert "application pg_recvlogical" in said, said


def test_a_position_topic_that_is_not_there_yet_names_nobody():
    """Another program holds the slot of a feed that never ran: nothing is waited for that nobody
    has made."""
    f = table(topics__position="p-" + uuid.uuid4().hex)
    insert(f)
    read_by_another_program(f)
    said = f.run("run", expect=2).stderr
    assert (
        "application pg_recvlogical" in said
        and "cannot be told" not in said
        and "-1001" not in said
    ), said


def test_a_dry_run_says_so_and_ends():
    f = table()
    insert(f)
    assert '"id"' in f.run("run", "--dry-run", "--until-current").stdout
    p = running(f)
    t0 = time.monotonic()
    r = f.run("run", "--dry-run", expect=2)
    assert "slot" in r.stderr and "is in use" in r.stderr and time.monotonic() - t0 < 20, r.stderr
    lives(f, p)
    stop(p)


def test_older_versions_read_the_position_and_theirs_is_read():
    """Its writer is a header: the value is what it was, and a position without the header is
    taken."""
    f = table()
    p = running(f)
    stop(p)
    value, headers = position_records(f)[-1]
    first, _, rest = value.decode().partition("\n")
    assert set(json.loads(first)) <= {
        "system_id",
        "publication",
        "timeline",
        "slot",
        "lsn",
        "tx_lsn",
        "ordinal",
        "last_commit",
        "messages",
        "begun",
        "known",
        "data",
        "acked",
        "commit_lsn",
        "commit_us",
        "commit_xid",
    }, first
    assert not rest or set(json.loads(rest)) == {"next", "backfill"}, rest
    assert set(json.loads(headers["tailrace.owner"])) == {
        "host",
        "user",
        "socket",
        "started",
        "realm",
        "pid",
        "born",
    }
    producer = Producer({"bootstrap.servers": KAFKA})
    producer.produce("tailrace.positions", key=f.name, value=value, partition=0)
    producer.flush(20)
    assert owner_of(f) is None
    insert(f)
    f.feed()
    nothing_lost_or_doubled(f)
    assert owner_of(f)["socket"] == f"/run/tailrace/{f.name}.sock"


main(globals(), feeds)
