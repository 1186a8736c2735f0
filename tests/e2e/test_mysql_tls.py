"""What log and check say of how the connection to MySQL or MariaDB is protected."""
import os, re
from my_road import feed, feeds, MYSQL, PORTS, sql
from proxy import far_address, Proxy
from road import main, WORK

TABLE = "CREATE TABLE t (id int PRIMARY KEY)"
WARNED = "a password was used without TLS"


def server_key():
    """What its kind of password wants where there is no TLS."""
    path = os.path.join(WORK, "server.pem")
    with open(path, "w") as file:
        for _, text in sql("replica", "SHOW STATUS LIKE 'Caching_sha2_password_rsa_public_key'"):
            file.write(text.replace("\\n", "\n"))
    return path


def seen(f, **more):
    """The finding of check about the connection, and the log of a run."""
    options = {"source__mysql__" + k: v for k, v in more.items()}
    checked, ran = (
        f.run("check", **options).stdout,
        f.run("run", "--until-current", **options).stderr,
    )
    assert ran.count("connected host=") == 1, ran
    (found,) = re.findall(r"^(\w+) +the connection (is .*)$", checked, re.M)
    return found, ran


def test_a_verified_connection_is_told():
    f = feed(TABLE)
    f.caught_up()
    (level, text), log = seen(f)
    assert level == "ok" and re.match(
        r"is encrypted: TLSv1\.[23], TLS_\w+; tls is verify-full: the certificate and its name are "
        r"verified",
        text,
    ), text
    assert (
        re.search(r"connected host=localhost tls=TLSv1\.[23] cipher=TLS_\w+ mode=verify-full", log)
        and WARNED not in log
    ), log


def test_what_another_machine_may_read_is_warned_of():
    f, far = feed(TABLE), far_address()
    f.caught_up()
    there = {"host": far, "port": Proxy(int(PORTS["replica"]), address=far).port}
    (level, text), log = seen(f, tls="require", **there)
    assert (
        level == "warn" and "does not make sure who the server is" in text and WARNED not in log
    ), (text, log)
    clear = {"tls": "disable", **({"server_public_key": server_key()} if MYSQL else {})}
    (level, text), log = seen(f, **clear, **there)
    assert (level, text) == (
        "warn",
        f"is not encrypted (tls is disable): the log-in and all rows go over the network in the "
        f"clear, to {far}",
    ), text
    assert (
        f"connected host={far} tls=none cipher=none mode=disable" in log
        and f"{WARNED} host={far}" in log
    ), log
    (level, text), log = seen(f, **clear)
    assert level == "ok" and "does not leave this machine" in text and WARNED not in log, (
        text,
        log,
    )


if __name__ == "__main__":
    main(globals(), feeds)
