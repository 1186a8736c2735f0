"""What an idle feed costs: one process of the server, and no work of its own."""
import glob, re, time
import psycopg
from pg_road import feed, feeds, PRIMARY, STANDBY
from proxy import Proxy
from road import await_log, log_of, main, stop, until

PORT = lambda dsn: int(re.search(r"port=(\d+)", dsn)[1])


def backends(f):
    with psycopg.connect(STANDBY, autocommit=True) as s:
        rows = s.execute("SELECT backend_type FROM pg_stat_activity WHERE datname = %s", (f.name,))
        return sorted(r[0] for r in rows)


def rests(f):
    until(lambda: backends(f) == ["walsender"], 60, lambda: str(backends(f)))


def turns(p):
    """How often its own threads slept so far; librdkafka's have names of their own."""
    n = 0
    for status in glob.glob(f"/proc/{p.pid}/task/*/status"):
        text = open(status).read()
        if not text.startswith("Name:\trdk:"):
            n += int(re.search(r"\nvoluntary_ctxt_switches:\t(\d+)", text)[1])
    return n


def test_an_idle_feed_has_one_process_of_the_server():
    f = feed("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
    p = f.start()
    f.arrived("public.t", 1)
    rests(f)
    per_second = []

    def quiet():
        before, since = turns(p), time.monotonic()
        time.sleep(4)
        per_second.append((turns(p) - before) / (time.monotonic() - since))
        return per_second[-1] < 4
    until(quiet, 120, lambda: per_second)       # while a position is stored it has work
    assert backends(f) == ["walsender"]
    f.sql("ALTER TABLE t ADD v text DEFAULT 'x'; INSERT INTO t VALUES (2, 'y')")
    f.arrived("public.t", 2)
    assert f.records("public.t")[-1][2]["after"] == {"id": 2, "v": "y"}
    rests(f)
    f.sql("CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1)")
    f.arrived("public.u", 1)
    f.run("backfill", "--table", "public.t")
    f.arrived("public.t", 4)
    rests(f)
    assert "will reconnect" not in log_of(p), log_of(p)
    with psycopg.connect(STANDBY, autocommit=True) as s:
        s.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                  (f.name,))
    await_log(p, "will reconnect", seconds=60)
    f.sql("INSERT INTO u VALUES (2); ALTER TABLE t DROP v; INSERT INTO t VALUES (3)")
    f.arrived("public.u", 2)
    f.arrived("public.t", 5)
    rests(f)
    stop(p)


def test_another_server_is_not_asked():
    """The name leads elsewhere by now: what a table is there is nothing to this stream."""
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    proxy = Proxy(PORT(STANDBY))
    p = f.start(source__conninfo=f.standby.replace(f"port={PORT(STANDBY)}", f"port={proxy.port}"))
    f.sql("INSERT INTO t VALUES (1)")
    f.arrived("public.t", 1)
    time.sleep(20)      # the proxy does not tell the server who has gone
    proxy.target = PORT(PRIMARY)
    f.sql("ALTER TABLE t ADD v text; INSERT INTO t VALUES (2, 'y')")
    await_log(p, "does not stream slot", seconds=60)
    proxy.target = PORT(STANDBY)
    f.arrived("public.t", 2)
    assert f.records("public.t")[-1][2]["after"] == {"id": 2, "v": "y"}
    stop(p)


main(globals(), feeds)
