"""A PostgreSQL database of a test's own on the pair, and the feed that reads it. Every suite of
PostgreSQL stands on it."""

import os, time, uuid
import psycopg
from road import options_of, Road, until

PRIMARY, STANDBY = os.environ["PG_PRIMARY"], os.environ["PG_STANDBY"]


def drop_slot(session, name):
    """A reader that has ended holds it a little longer."""
    reads = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND active"
    until(lambda: session.execute(reads, (name,)).fetchone() == (0,))
    session.execute("SELECT pg_drop_replication_slot(%s)", (name,))


class Feed(Road):
    """A database of its own on the pair, a configuration, and runs of the feeder."""

    def __init__(self, sql="", setup=True, conninfo=None, text="", **options):
        name = "e2e_" + uuid.uuid4().hex[:10]
        admin = psycopg.connect(PRIMARY, autocommit=True)
        admin.execute(f"CREATE DATABASE {name}")
        self.dsn = PRIMARY.replace("dbname=shop", "dbname=" + name)
        self.standby = STANDBY.replace("dbname=shop", "dbname=" + name)
        self.pg = psycopg.connect(self.dsn, autocommit=True)
        self.sql(sql)
        super().__init__(
            name,
            {
                "source.conninfo": conninfo or self.standby,
                "source.setup-conninfo": self.dsn,
                "source.slot": name,
            }
            | options_of(options),
            text,
        )
        self.caught_up()
        if setup:
            self.run("setup", "--all-tables", "--allow-no-identity")

    def sql(self, text, *args):
        return self.pg.execute(text, args or None) if text else None

    def caught_up(self):
        lsn = self.sql("SELECT pg_current_wal_lsn()").fetchone()[0]
        for _ in range(200):
            try:
                with psycopg.connect(self.standby) as s:
                    if s.execute(
                        "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (lsn,)
                    ).fetchone()[0]:
                        return
            except psycopg.OperationalError:
                pass
            time.sleep(0.05)
        raise AssertionError("the standby lags")

    def slot(self):
        with psycopg.connect(self.standby) as s:
            return s.execute(
                "SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE "
                "slot_name = %s",
                (self.name,),
            ).fetchone()

    def drop(self):
        for _ in range(100):
            try:
                with psycopg.connect(STANDBY, autocommit=True) as s:
                    s.execute(
                        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                        "WHERE database = %s",
                        (self.name,),
                    )
                break
            except psycopg.Error:
                time.sleep(0.1)
        self.pg.close()
        psycopg.connect(PRIMARY, autocommit=True).execute(f"DROP DATABASE {self.name} WITH (FORCE)")


feeds = []


def feed(*args, **options):
    feeds.append(Feed(*args, **options))
    return feeds[-1]
