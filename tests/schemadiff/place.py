"""Where the tests of schema-diff happen: databases, feeds, runs of the command."""
import json, os, shlex, subprocess, uuid
import psycopg
from road import KAFKA, REGISTRY, TAILRACE, WORK, Road

E = os.environ
PRIMARY = E["PG_PRIMARY"]
made, feeds = [], []


def database(sql=""):
    """A new database; its conninfo."""
    name = "sd_" + uuid.uuid4().hex[:10]
    psycopg.connect(PRIMARY, autocommit=True).execute(f"CREATE DATABASE {name}")
    made.append(name)
    dsn = PRIMARY.replace("dbname=shop", "dbname=" + name)
    run_sql(dsn, sql)
    return dsn


def run_sql(dsn, sql):
    with psycopg.connect(dsn, autocommit=True) as c:
        if sql:
            c.execute(sql)


def diff(*args, expect=None, timeout=60):
    r = subprocess.run(
        [TAILRACE, "schema-diff", *args], capture_output=True, text=True, timeout=timeout, cwd=WORK
    )
    assert (
        expect is None or r.returncode == expect
    ), f"exit {r.returncode}, not {expect}: {r.stdout[-1500:]} {r.stderr[-1500:]}"
    return r


def diff_json(*args, expect=None):
    r = diff("--json", *args, expect=expect)
    assert r.stdout.startswith("{"), r.stdout + r.stderr
    return json.loads(r.stdout)


def path(name):
    return os.path.join(WORK, name)


def drop_feeds():
    while feeds:
        feeds.pop().drop()


def drop_all():
    for name in made:
        psycopg.connect(PRIMARY, autocommit=True).execute(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
        )


def table_of(d, name):
    return next(
        t
        for t in d["tables"]
        if name in ((t["new"] or {}).get("table"), (t["old"] or {}).get("table"))
    )


def changes_of(t):
    return {(c["change"], c.get("column")): (c.get("from"), c.get("to")) for c in t["changes"]}


def texts_of(t, language):
    return [s["text"] for s in t["next"] if s.get("language") == language]


class OnPrimary(Road):
    """A feed that reads the primary: nothing lags."""

    def caught_up(self):
        pass

    def diff(self, *args, **keywords):
        return diff_json("-c", self.config, *args, **keywords)


class Feed(OnPrimary):
    """A feed of a database of its own, on the primary, that keeps the schema-change topic."""

    def __init__(self, sql, **options):
        self.dsn = database(sql)
        name = "sd" + uuid.uuid4().hex[:8]
        super().__init__(
            name,
            options,
            f"source: {{ conninfo: '{self.dsn}', primary: allow, slot: {name} }}\n"
            f"registry: {{ url: '{REGISTRY}' }}\nkafka: {{ bootstrap.servers: '{KAFKA}' "
            f"}}\nformat: {{ schema-changes: always }}\n",
        )
        self.run("setup", "--all-tables", "--allow-no-identity")
        feeds.append(self)

    def sql(self, text):
        run_sql(self.dsn, text)

    def read_by(self, group, topic):
        """A consumer group that has read the topic."""
        from confluent_kafka import Consumer
        c = Consumer(
            {
                "bootstrap.servers": KAFKA,
                "group.id": group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        c.subscribe([f"{self.name}.{topic}"])
        for _ in range(100):
            m = c.poll(0.3)
            if m and not m.error():
                c.commit(m, asynchronous=False)
                break
        c.close()

    def drop(self):
        self.sql(f"SELECT pg_drop_replication_slot('{self.name}')")


def mysql_sql(flavour, text, database="", server="PRIMARY"):
    """Runs statements on one of the flavour's servers."""
    port = E[f"{flavour}_{server}"].split(":")[1]
    return subprocess.run(
        [
            *shlex.split(E[f"{flavour}_CLI"]),
            "-P",
            port,
            "--default-character-set=utf8mb4",
            "-N",
            "-B",
            database,
        ],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def mysql_source(flavour, account="FEEDER", server="PRIMARY"):
    of = lambda name: E[f"{flavour}_{name}"]
    return (
        f"source:\n  kind: {of('KIND')}\n  primary: allow\n  mysql: {{ host: localhost, port: "
        f"{of(server).split(':')[1]}, user: {of(account)}, "
        f"password: {of(account + '_PASSWORD')}, tls: verify-full, tls-ca: {of('CA')} }}\n"
    )


def mysql_database(flavour, sql, session=""):
    name = "sd_" + uuid.uuid4().hex[:10]
    mysql_sql(
        flavour, f"{session}; CREATE DATABASE {name} CHARACTER SET utf8mb4; USE {name}; {sql}"
    )
    return name


def mysql(flavour, sql, session=""):
    """A new database; the configuration of a feed that reads it."""
    name = mysql_database(flavour, sql, session)
    with open(path(name + ".yaml"), "w") as f:
        f.write(
            f"name: shop\n{mysql_source(flavour)}tables: {{ include: ['{name}[.].*'] }}\nsink: {{ "
            f"kind: 'null' }}\n"
        )
    return path(name + ".yaml")


class MysqlFeed(OnPrimary):
    """A feed of a database of its own, on the primary."""

    def __init__(self, flavour, sql, **options):
        self.flavour, self.database = flavour, mysql_database(flavour, sql)
        super().__init__(
            self.database,
            options,
            f"{mysql_source(flavour)}tables: {{ include: ['{self.database}[.].*'] }}\nregistry: {{ "
            f"url: '{REGISTRY}' }}\n"
            f"kafka: {{ bootstrap.servers: '{KAFKA}' }}\nformat: {{ schema-changes: always }}\n",
        )

    def sql(self, text):
        mysql_sql(self.flavour, text, self.database)
