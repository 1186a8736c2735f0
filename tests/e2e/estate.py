"""A folder whose one entry takes the databases of a real server whose names begin alike."""
import os, subprocess, uuid
import psycopg
from pg_road import PRIMARY, STANDBY
from road import KAFKA, REGISTRY, TAILRACE, WORK
from suite import until

estates = []        # to be dropped at the end of a test


def connect(dsn, database="shop"):
    return psycopg.connect(dsn.replace("dbname=shop", "dbname=" + database), autocommit=True)


class Estate:
    """Databases whose names begin alike, and a folder whose one entry takes them."""

    def __init__(self, names=(), entry="", more=None):
        self.tag = "many_" + uuid.uuid4().hex[:8]
        self.admin, self.standby = connect(PRIMARY), connect(STANDBY)
        self.folder = os.path.join(WORK, self.tag)
        os.makedirs(self.folder + "/conf.d")
        self.write(
            "tailrace.yaml",
            f"name: {self.tag}\nregistry: {{ url: '{REGISTRY}' }}\nkafka: {{ bootstrap.servers: "
            f"'{KAFKA}' }}\n",
        )
        self.write(
            "conf.d/one.yaml",
            f"cluster: {self.tag}\nname: '{self.tag}.{{database}}'\ndatabases: ['{self.tag}_.*']\n"
            f"source:\n  conninfo: '{STANDBY.replace('dbname=shop', '')}'\n  setup-conninfo: "
            f"'{PRIMARY.replace('dbname=shop', '')}'\n"
            + entry,
        )
        for name, text in (more or {}).items():
            self.write(name, text)
        self.databases = []
        for n in names:
            self.create(n)
        estates.append(self)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as f:
            f.write(text)

    def create(self, name):
        database = f"{self.tag}_{name}"
        self.admin.execute(f'CREATE DATABASE "{database}"')
        self.databases.append(database)
        with connect(PRIMARY, database) as c:
            c.execute(
                f"CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, '{name}')"
            )
        self.caught_up()
        return database

    def remove(self, name):
        database = f"{self.tag}_{name}"
        self.free_slots(database)
        self.admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        self.databases.remove(database)
        self.caught_up()

    def caught_up(self):
        lsn = self.admin.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
        until(
            lambda: self.standby.execute(
                "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (lsn,)
            ).fetchone()[0],
            60,
            lambda: "the standby lags",
        )

    def slots(self):
        return {
            r[0]: r[1]
            for r in self.standby.execute(
                "SELECT database, slot_name FROM pg_replication_slots WHERE database LIKE %s",
                (self.tag.replace("_", "\\_") + "%",),
            )
        }

    def free_slots(self, database):
        def free():
            try:
                self.standby.execute(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE "
                    "database = %s",
                    (database,),
                )
                return True
            except psycopg.Error:
                return False
        until(free, 60, lambda: "a slot stays in use")

    def run(self, command, *args, expect=0):
        r = subprocess.run(
            [TAILRACE, *command.split(), "-c", self.folder, *args],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert (
            r.returncode == expect
        ), f"exit {r.returncode}, not {expect}: {r.stdout[-1500:]} {r.stderr[-1500:]}"
        return r

    def drop(self):
        for d in list(self.databases):
            self.remove(d[len(self.tag) + 1:])
        self.admin.close()
        self.standby.close()
