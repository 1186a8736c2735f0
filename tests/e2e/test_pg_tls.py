"""What log and check say of how connections are protected: to PostgreSQL, Kafka and the
registry."""

import os, re, subprocess
import psycopg
from pg_road import feed, feeds, PRIMARY, STANDBY
from proxy import far_address, Proxy
from road import main, REGISTRY
from suite import until

TABLE = "CREATE TABLE t (id int PRIMARY KEY)"
CA, WARNED = os.environ.get("PG_CA"), "a password was used without TLS"
PORT = int(psycopg.conninfo.conninfo_to_dict(STANDBY)["port"])
assert CA, "PG_SSL=1 tests/servers/pg.sh up is needed"


def with_password():
    """A role that logs in by password, on the standby."""
    with psycopg.connect(PRIMARY, autocommit=True) as c:
        c.execute("DROP ROLE IF EXISTS e2e_secret")
        c.execute("CREATE ROLE e2e_secret LOGIN SUPERUSER REPLICATION PASSWORD 'hunter2'")
    hba = os.environ["PG_DIR"] + "/standby/pg_hba.conf"
    with open(hba) as file:
        text = file.read()
    if "e2e_secret" not in text:
        with open(hba, "w") as file:
            file.write("host all e2e_secret 127.0.0.1/32 scram-sha-256\n" + text)

    def asked_for():
        with psycopg.connect(STANDBY, autocommit=True) as c:
            c.execute("SELECT pg_reload_conf()")
        try:
            psycopg.connect(STANDBY, user="e2e_secret", password="wrong").close()
        except psycopg.OperationalError as e:
            return "password authentication failed" in str(e)
    until(asked_for)
    return {"user": "e2e_secret", "password": "hunter2"}


def seen(f, **more):
    """The findings of check about connections, and the log of a run."""
    conninfo = psycopg.conninfo.make_conninfo(f.standby, **more)
    checked = f.run("check", source__conninfo=conninfo).stdout
    ran = f.run("run", "--until-current", source__conninfo=conninfo).stderr
    assert "hunter2" not in checked + ran
    assert ran.count("connected host=") == 1, ran
    return re.findall(r"^(\w+) +the connection to the server (.*)$", checked, re.M), ran


def test_a_verified_connection_is_told():
    found, log = seen(feed(TABLE), sslmode="verify-full", sslrootcert=CA)
    assert len(found) == 1 and found[0][0] == "ok", found
    assert re.match(
        r"is encrypted: TLSv1\.3, TLS_\w+; sslmode is verify-full: the certificate and its name "
        r"are verified",
        found[0][1],
    )
    assert re.search(
        r"connected host=127\.0\.0\.1 tls=TLSv1\.3 cipher=TLS_\w+ sslmode=verify-full", log
    ), log
    assert WARNED not in log


def test_an_unverified_connection_to_another_machine_is_warned_of():
    f, far = feed(TABLE), far_address()
    proxy = Proxy(PORT, address=far)
    for mode, level in (("require", "warn"), ("prefer", "warn"), ("verify-ca", "ok")):
        found, log = seen(
            f,
            host=far,
            port=proxy.port,
            sslmode=mode,
            **({"sslrootcert": CA} if mode == "verify-ca" else {}),
            **with_password(),
        )
        assert found[0][0] == level and f"sslmode is {mode}" in found[0][1], found
        assert f"connected host={far} tls=TLSv1.3" in log and WARNED not in log, log


def test_a_password_in_the_clear_is_warned_of():
    f, far, secret = feed(TABLE), far_address(), with_password()
    proxy = Proxy(PORT, address=far)
    found, log = seen(f, host=far, port=proxy.port, sslmode="disable", **secret)
    assert found == [
        (
            "warn",
            f"is not encrypted (sslmode is disable): the log-in and all rows go over the network "
            f"in the clear, to {far}",
        )
    ], found
    assert (
        f"connected host={far} tls=none cipher=none sslmode=disable" in log
        and f"{WARNED} host={far}" in log
    ), log
    found, log = seen(f, host=far, port=proxy.port, sslmode="disable")
    assert (
        found[0][0] == "warn" and "the log-in" not in found[0][1] and WARNED not in log
    ), "no password was asked for"
    found, log = seen(f, sslmode="disable", **secret)
    assert (
        found[0][0] == "ok" and "does not leave this machine" in found[0][1] and WARNED not in log
    ), "it does not leave the machine"


def test_the_primary_is_told_too():
    f = feed(TABLE)
    out = f.run(
        "check",
        source__setup_conninfo=psycopg.conninfo.make_conninfo(
            f.dsn, sslmode="verify-full", sslrootcert=CA
        ),
    ).stdout
    assert re.search(r"^ok +the connection to the primary is encrypted: TLSv1\.3", out, re.M), out


def test_the_registrys_password_in_the_clear_is_warned_of():
    f, far = feed(TABLE), far_address()
    port = Proxy(int(REGISTRY.split(":")[2].split("/")[0]), address=far).port
    url = REGISTRY.replace(
        "127.0.0.1:" + REGISTRY.split(":")[2].split("/")[0], f"alice:s3cret@{far}:{port}"
    )
    out = f.run("check", registry__url=url).stdout
    assert re.search(
        rf"^warn +the registry's password goes over the network in the clear, to {re.escape(far)}$",
        out,
        re.M,
    ), out
    log = f.run("run", "--until-current", registry__url=url).stderr
    assert f"{WARNED} host={far}" in log and "s3cret" not in out + log, log
    for quiet in (url.replace("alice:s3cret@", ""), REGISTRY.replace("://", "://alice:s3cret@")):
        assert "in the clear" not in f.run("check", registry__url=quiet).stdout, quiet


def test_kafkas_password_in_the_clear_is_warned_of():
    f, far, sasl = feed(TABLE), far_address(), os.environ["KAFKA_SASL"]
    port = Proxy(int(sasl.split(":")[1]), address=far).port
    said = "Kafka's password goes over the network in the clear, to " + far
    for mechanism, servers, there in (
        ("PLAIN", f"{sasl},{far}:{port}", True),
        ("SCRAM-SHA-256", f"{far}:{port}", False),
        ("PLAIN", sasl, False),
    ):
        options = {
            "kafka__security.protocol": "sasl_plaintext",
            "kafka__sasl.username": "alice",
            "kafka__sasl.password": "alice-secret",
            "kafka__sasl.mechanism": mechanism,
            "kafka__bootstrap.servers": servers,
        }
        # alice may do little, and the broker knows no SCRAM: how they end is not looked at
        checked, ran = (
            subprocess.run(f.command(*what, **options), capture_output=True, text=True, timeout=120)
            for what in (("check",), ("run", "--until-current"))
        )
        assert (said in checked.stdout) == there and (
            f"{WARNED} host={far}" in ran.stderr
        ) == there, (mechanism, checked, ran)
        assert "alice-secret" not in checked.stdout + checked.stderr + ran.stderr


if __name__ == "__main__":
    main(globals(), feeds)
