"""A MySQL or MariaDB database of a test's own, and the feed that reads it from the replica. Every
suite of either stands on it."""

import os, subprocess, time, uuid
from road import options_of, Road

E = os.environ
KIND, FLAVOUR, CA = E["MYSQL_KIND"], E["MYSQL_FLAVOUR"], E["MYSQL_CA"]
PORTS = {
    "primary": E["MYSQL_PRIMARY"].split(":")[1],
    "replica": E["MYSQL_REPLICA"].split(":")[1],
    "replica2": E["MYSQL_REPLICA2"].split(":")[1],
}
MYSQL = KIND == "mysql"
SERVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "servers", "mysql.sh")


def sql(server, text, database="", check=True):
    """Rows of the last statement, as lists of texts."""
    r = subprocess.run(
        [
            *E["MYSQL_CLI"].split(),
            "-P",
            PORTS[server],
            "--default-character-set=utf8mb4",
            "-N",
            "-B",
            "--comments",
            database,
        ],
        input=text,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert not check or r.returncode == 0, r.stderr
    return [line.split("\t") for line in r.stdout.splitlines()]


def gtids(server):
    return sql(
        server,
        "SELECT REPLACE(@@gtid_executed, '\\n', '')" if MYSQL else "SELECT @@gtid_binlog_pos",
    )[0][0]


def server(command, name, *options):
    subprocess.run(
        [SERVERS, command, FLAVOUR, name, *options], check=True, capture_output=True, timeout=600
    )


def replication(name, command):
    sql(name, f"{command} {'REPLICA' if MYSQL else 'SLAVE'}")


def cut(name):
    """Ends the server's threads that send a feeder its binlog."""
    for (id,) in sql(
        name,
        "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%' AND user "
        "= 'feeder'",
    ):
        sql(name, f"KILL {id}", check=False)
    time.sleep(0.3)


class setting:
    """Global settings of the replica for a while. The thread that applies the primary's changes
    takes them up when it is started."""

    def __init__(self, **values):
        self.values = values

    def apply(self, values):
        replication("replica", "STOP")
        for k, v in values.items():
            sql("replica", f"SET GLOBAL {k} = {v}")
        replication("replica", "START")

    def __enter__(self):
        self.before = {k: repr(sql("replica", f"SELECT @@GLOBAL.{k}")[0][0]) for k in self.values}
        self.before = {
            k: v.strip("'") if v.strip("'").isdigit() else v for k, v in self.before.items()
        }
        self.apply(self.values)

    def __exit__(self, *_):
        self.apply(self.before)


class Feed(Road):
    """A database of its own, fed from the replica."""

    def __init__(self, text="", exclude="", **options):
        name = "e2e_" + uuid.uuid4().hex[:10]
        super().__init__(
            name,
            {
                "source.kind": KIND,
                "source.mysql.host": "localhost",
                "source.mysql.port": PORTS["replica"],
                "source.mysql.user": E["MYSQL_FEEDER"],
                "source.mysql.password": E["MYSQL_FEEDER_PASSWORD"],
                "source.mysql.tls": "verify-full",
                "source.mysql.tls-ca": CA,
            }
            | options_of(options),
            f'tables: {{ include: ["{name}[.].*"], exclude: [{exclude}] }}\n',
        )
        sql("primary", f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        self.sql(text)

    def sql(self, text):
        return sql("primary", text, self.name)

    def caught_up(self, replica="replica"):
        want = gtids("primary")
        for _ in range(400):
            if gtids(replica) == want:
                return
            time.sleep(0.05)
        raise AssertionError(f"{replica} lags: {gtids(replica)}, not {want}")

    def ops(self, table):
        return super().ops(f"{self.name}.{table}")

    def values(self, table):
        return [
            v["after"]
            for _, _, v, _ in self.records(f"{self.name}.{table}")
            if v and v["op"] != "d"
        ]

    def drop(self):
        sql("primary", f"DROP DATABASE IF EXISTS {self.name}")


feeds = []


def feed(*args, **options):
    feeds.append(Feed(*args, **options))
    return feeds[-1]
