"""What MySQL and MariaDB refuse, what their rights hide, and that what a message advises helps."""
import os, re, subprocess, time, uuid
from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient,
                                   ResourcePatternType, ResourceType)
from my_road import E, feed, feeds, MYSQL, server, setting, sql
from road import await_log, KAFKA, log_of, main, stop, WORK

TABLE = "CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a');"
END = "REPLICATION CLIENT" if MYSQL else "BINLOG MONITOR"
SEES = "XA_RECOVER_ADMIN" if MYSQL else "SLAVE MONITOR"
RIGHTS = {"REPLICATION SLAVE", END, "SELECT", SEES}
KEY = os.path.join(E["MYSQL_DIR"], "replica", "public_key.pem")
CLEAR = {"source__mysql__tls": "disable"}
if MYSQL:
    CLEAR["source__mysql__server_public_key"] = KEY
accounts = []


def account(f, grants=None, more=""):
    """An account of the feed's own, with all rights that it needs, or those of grants."""
    accounts.append(f"'{f.name}'@'%'")
    all_rights = f"GRANT {', '.join(sorted(RIGHTS))} ON *.* TO {accounts[-1]}"
    sql("primary", f"CREATE USER {accounts[-1]} IDENTIFIED BY 'pw' {more}; {grants or all_rights}")
    f.options |= {"source.mysql.user": f.name, "source.mysql.password": "pw"}
    f.caught_up()
    return accounts[-1]


def altered(f, text):
    sql("primary", text)
    f.caught_up()


def refused(f, *words, **options):
    """By check and by run, at once, in the same words."""
    checked = f.run("check", expect=2, **options).stdout
    ran = f.run("run", "--until-current", expect=2, timeout=30, **options).stderr
    for w in words:
        assert w in checked and w in ran, (w, checked, ran)
    assert "will reconnect" not in ran, ran


def findings(f, level, expect=0):
    out = f.run("check", expect=expect).stdout
    return re.findall(rf"^{level} +(.*)\n(?: +-> (.*)\n)?", out, re.M)


def drop():
    while accounts:
        sql("primary", f"DROP USER IF EXISTS {accounts.pop()}", check=False)


def reads(f, n=1, **options):
    f.run("run", "--until-current", **options)
    assert len(f.values("t")) == n, f.values("t")


def client_certificate():
    """One that the servers' authority signed."""
    key, request, made = (os.path.join(WORK, "client." + x) for x in ("key", "csr", "pem"))
    ec = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    ca = os.path.dirname(E["MYSQL_CA"])
    ours = f"-CA {ca}/ca.pem -CAkey {ca}/ca.key -CAserial {request}.srl -CAcreateserial"
    for command in (f"req {ec} -subj /CN=feeder -keyout {key} -out {request}",
                    f"x509 -req -in {request} {ours} -days 2 -out {made}"):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True)
    return made, key


# ---- accounts ----

def test_a_locked_account_ends_the_feed():
    f = feed(TABLE)
    user = account(f)
    altered(f, f"ALTER USER {user} ACCOUNT LOCK")
    refused(f, "locked", "-> on the primary, ALTER USER ... ACCOUNT UNLOCK")
    altered(f, f"ALTER USER {user} ACCOUNT UNLOCK")
    reads(f)
    drop()


def test_an_expired_password_ends_the_feed():
    f = feed(TABLE)
    user = account(f)
    altered(f, f"ALTER USER {user} PASSWORD EXPIRE")
    refused(f, "assword", "-> on the primary, give the account a new password and PASSWORD EXPIRE")
    altered(f, f"ALTER USER {user} IDENTIFIED BY 'pw2' PASSWORD EXPIRE NEVER")
    reads(f, source__mysql__password="pw2")
    drop()


def test_what_an_account_requires_is_thought_of():
    f = feed(TABLE)
    user = account(f, more="REQUIRE SSL")
    refused(f, "error 1045", "REQUIREs SSL, set source.mysql.tls: verify-full", **CLEAR)
    reads(f)
    altered(f, f"ALTER USER {user} REQUIRE X509")
    refused(f, "error 1045", "if it REQUIREs X509, set source.mysql.tls-cert and ")
    certificate, key = client_certificate()
    reads(f, source__mysql__tls_cert=certificate, source__mysql__tls_key=key)
    drop()


def test_a_server_that_wants_tls_ends_the_feed():
    f = feed(TABLE)
    f.caught_up()
    sql("replica", "SET GLOBAL require_secure_transport = ON")
    try:
        old = sql("replica", "SELECT VERSION()")[0][0].startswith("10.")       # it does not say why
        refused(f, "error 1045" if old else "require_secure_transport",
                "set source.mysql.tls: verify-full", **CLEAR)
        reads(f)
    finally:
        sql("replica", "SET GLOBAL require_secure_transport = OFF")


def test_files_that_cannot_be_read_are_named():
    f = feed(TABLE)
    for option in ("tls_ca", "tls_cert", "tls_key"):
        named = f"source.mysql.{option.replace('_', '-')}: /nowhere/x.pem: No such file"
        refused(f, named, **{"source__mysql__" + option: "/nowhere/x.pem"})


def test_a_server_that_is_away_is_not_told_of_every_three_seconds():
    f = feed(TABLE)
    f.caught_up()
    p = f.start()
    await_log(p, "reading host=")
    server("stop", "replica")
    try:
        await_log(p, "the feed's lock is not held")
        time.sleep(8)
    finally:
        server("start", "replica")
    await_log(p, "reading host=", times=2, seconds=180)     # retries grow apart meanwhile
    assert log_of(p).count("the feed's lock is not held") == 1, log_of(p)
    stop(p)


def test_another_feed_of_the_same_server_id_is_told_what_to_change():
    f, g = feed(TABLE), feed(TABLE)
    f.caught_up()
    p = f.start(source__mysql__server_id="4712")
    await_log(p, "reading host=")
    said = g.run("run", "--until-current", expect=2, source__mysql__server_id="4712").stderr
    assert "server id 4712 (source.mysql.server-id: another feed needs another one)" in said, said
    stop(p)
    reads(g, source__mysql__server_id="4713")


# ---- rights ----

def test_what_setup_prints_is_enough():
    f = feed(TABLE)
    f.options |= {"source.mysql.user": f.name, "source.mysql.password": "pw"}
    text = f.run("setup", "--dry-run").stdout
    assert "REQUIRE SSL" in text and "'...'" in text, text
    accounts.append(f"'{f.name}'@'%'")
    altered(f, text.replace("'...'", "'pw'"))
    assert findings(f, "warn") == [], findings(f, "warn")
    reads(f)
    assert not re.search(r" (warn|error) ", f.run("run", "--until-current").stderr)
    drop()


def test_each_right_that_lacks_is_named():
    f = feed(TABLE)
    user = account(f)
    for right in ("REPLICATION SLAVE", END):
        altered(f, f"REVOKE {right} ON *.* FROM {user}")
        (what, todo), = findings(f, "fail", expect=2)
        assert todo.startswith(f"GRANT {right} ON *.* TO the account"), (what, todo)
        ran = f.run("run", "--until-current", expect=2).stderr
        assert right in ran and "-> grant the account that right: `tailrace setup`" in ran, ran
        altered(f, todo.split(" (")[0].replace("the account", user))
    altered(f, f"REVOKE {SEES} ON *.* FROM {user}")
    (what, todo), = findings(f, "warn")
    altered(f, todo.replace("the account", user))
    assert findings(f, "warn") == []
    reads(f)
    drop()


def test_a_replica_that_may_not_be_told_from_a_primary():
    if MYSQL:
        return      # REPLICATION CLIENT, without which nothing is read
    f = feed(TABLE)
    user = account(f, f"GRANT REPLICATION SLAVE, {END}, SELECT ON *.* TO '{f.name}'@'%'")
    with setting(read_only="0"):
        refused(f, "may not see whether the server is a replica",
                "GRANT SLAVE MONITOR ON *.* TO the account")
        altered(f, f"GRANT SLAVE MONITOR ON *.* TO {user}")
        reads(f)
    drop()


def test_rights_that_come_by_a_role():
    f = feed(TABLE)
    role = "r_" + uuid.uuid4().hex[:8]
    user = f"'{f.name}'@'%'"
    default = f"SET DEFAULT ROLE {role} {'TO' if MYSQL else 'FOR'} {user}"
    rights = f"GRANT {', '.join(sorted(RIGHTS))} ON *.* TO {role}"
    account(f, f"CREATE ROLE {role}; {rights}; GRANT {role} TO {user}; {default}")
    try:
        assert findings(f, "fail") == [] and findings(f, "warn") == []
        reads(f)
    finally:
        sql("primary", f"DROP ROLE {role}")
        drop()


def select_on(f, what):
    user, rest = f"'{f.name}'@'%'", ", ".join(sorted(RIGHTS - {"SELECT"}))
    return f"GRANT {rest} ON *.* TO {user}; GRANT SELECT ON {what} TO {user}"


def test_select_on_the_database_is_enough():
    f = feed(TABLE)
    account(f, select_on(f, f"{f.name}.*"))
    assert findings(f, "warn") == [], findings(f, "warn")
    reads(f)
    drop()


def test_tables_that_the_account_may_not_see_are_said():
    f = feed(TABLE + "CREATE TABLE hidden (id INT PRIMARY KEY); INSERT INTO hidden VALUES (1)")
    user = account(f, select_on(f, f"{f.name}.t"))
    (what, todo), = findings(f, "warn")
    assert "single tables" in what and "GRANT SELECT on their databases" in todo, (what, todo)
    reads(f)
    f.sql("INSERT INTO hidden VALUES (2)")
    said = f.feed().stderr
    assert "the catalog does not show a table" in said and f"{f.name}.hidden" in said, said
    altered(f, f"GRANT SELECT ON {f.name}.* TO {user}")
    f.run("backfill", "--table", f"{f.name}.hidden")
    assert {v["id"] for v in f.values("hidden")} == {1, 2}, f.values("hidden")
    drop()


# ---- settings ----

def test_the_statements_that_check_advises_work():
    f = feed(TABLE)
    f.caught_up()
    with setting(binlog_format="'MIXED'"):
        (what, todo), = findings(f, "fail", expect=2)
        assert what == "binlog_format is MIXED", what
        sql("replica", todo.split(" there")[0])
        assert findings(f, "fail") == []
    with setting(binlog_row_image="'MINIMAL'"):
        (what, todo), = findings(f, "fail", expect=2)
        assert what.startswith("binlog_row_image is MINIMAL"), what
        sql("replica", todo.split(" there")[0])
        reads(f)


# ---- Kafka, by TLS and SCRAM ----

admin = AdminClient({"bootstrap.servers": KAFKA})


def grant(kind, name, *operations, pattern=ResourcePatternType.LITERAL):
    acls = [AclBinding(kind, name, pattern, "User:bob", "*", o, AclPermissionType.ALLOW)
            for o in operations]
    for r in admin.create_acls(acls).values():
        r.result(30)


def test_check_names_the_topic_of_the_statements():
    """It has the prefix's name, without a dot: a right by prefix does not reach it."""
    f = feed(TABLE)
    f.options |= {"kafka.bootstrap.servers": E["KAFKA_TLS"], "kafka.security.protocol": "sasl_ssl",
                  "kafka.sasl.mechanism": "SCRAM-SHA-512", "kafka.sasl.username": "bob",
                  "kafka.sasl.password": "bob-secret", "kafka.ssl.ca.location": E["KAFKA_CA"],
                  "topics.position": f.name + "-positions"}
    O = AclOperation
    prefixed = ResourcePatternType.PREFIXED
    grant(ResourceType.TOPIC, f.name + ".", O.CREATE, O.WRITE, pattern=prefixed)
    grant(ResourceType.TOPIC, f.name + "-positions", O.CREATE, O.READ, O.WRITE)
    grant(ResourceType.TRANSACTIONAL_ID, "tailrace-" + f.name, O.WRITE)
    grant(ResourceType.GROUP, "tailrace-positions", O.READ)
    f.caught_up()
    found = findings(f, "fail", expect=2)
    assert found and all(f"topic {f.name} " in what + " " for what, _ in found), found
    assert f"topic {f.name} " in f.run("run", "--until-current", expect=2).stderr
    grant(ResourceType.TOPIC, f.name, O.WRITE)
    (what, todo), = findings(f, "fail", expect=2)
    assert f"topic {f.name} cannot be created" in what and "CREATE and WRITE" in todo, (what, todo)
    grant(ResourceType.TOPIC, f.name, O.CREATE)
    assert findings(f, "fail") == []
    reads(f)


def test_a_namesake_of_an_earlier_run():
    """The other table's rows are in the topic, and none of it comes in this run."""
    f = feed("CREATE TABLE `a$b` (id INT PRIMARY KEY); INSERT INTO `a$b` VALUES (1)")
    f.caught_up()
    f.feed()
    f.sql("CREATE TABLE a_b (id INT PRIMARY KEY); INSERT INTO a_b VALUES (1)")
    f.caught_up()
    refused(f, f"{f.name}.a$b", f"{f.name}.a_b", f"topic {f.name}.{f.name}.a_b")
    assert len(f.values("a_b")) == 1
    f.sql("RENAME TABLE `a$b` TO other")
    f.caught_up()
    f.feed()
    assert len(f.values("a_b")) == 2


def test_names_that_become_one_are_refused():
    f = feed("CREATE TABLE `a@b` (id INT PRIMARY KEY, v INT); INSERT INTO `a@b` VALUES (1, 1);"
             "CREATE TABLE `a$b` (id INT PRIMARY KEY, w TEXT); INSERT INTO `a$b` VALUES (1, 'w')")
    f.caught_up()
    refused(f, f"{f.name}.a@b", f"{f.name}.a$b", f"topic {f.name}.{f.name}.a_b")
    f.feed(tables__exclude=r".*\.a\$b")
    assert f.values("a_b")[-1] == {"id": 1, "v": 1}, f.values("a_b")
    f = feed("CREATE TABLE t (id INT PRIMARY KEY, `a b` INT, `a-b` INT);"
             "INSERT INTO t VALUES (1, 2, 3)")
    f.caught_up()
    for r in f.run("check", expect=2).stdout, f.run("run", "--until-current", expect=3).stderr:
        assert 'columns "a b" and "a-b" both become the Avro field a_b' in r, r
    f.feed(columns__exclude=r".*\.a b")
    assert f.values("t") == [{"id": 1, "a_b": 3}], f.values("t")


main(globals(), feeds)
