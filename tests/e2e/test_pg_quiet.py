"""Nothing is silent for longer than a minute. One test, that waits for it."""
import psycopg
from pg_road import feed, feeds, STANDBY
from road import await_log, log_of, main, stop


def test_a_line_a_minute():
    """Somebody has paused the replay of the replica: nothing comes, and the log says why."""
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    p = f.start()
    f.sql("INSERT INTO t VALUES (1)")
    f.arrived("public.t", 1)
    with psycopg.connect(STANDBY, autocommit=True) as s:
        s.execute("SELECT pg_wal_replay_pause()")
        try:
            f.sql("INSERT INTO t SELECT i FROM generate_series(2, 1000) i")
            await_log(p, "nothing to deliver rows=1 position=", seconds=90)
        finally:
            s.execute("SELECT pg_wal_replay_resume()")
    assert "replay=paused behind_bytes=" in log_of(p) and "behind_bytes=0" not in log_of(p), log_of(p)
    f.arrived("public.t", 1000)
    stop(p)


if __name__ == "__main__":
    main(globals(), feeds)
