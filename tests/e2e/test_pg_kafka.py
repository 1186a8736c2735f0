"""What Kafka and the registry refuse, and what passes by itself: the class, the words, and that no
supervisor is needed.

usage: test_pg_kafka.py [NAME...]     run by tests/e2e/run kafka. Last line: N passed, N failed.
"""

import http.server, json, os, re, signal, subprocess, threading, time, urllib.error, urllib.request
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)
from pg_road import feed, feeds
from proxy import Proxy
from road import KAFKA, REGISTRY, WORK, await_log, log_of, main, stop, until

SASL = os.environ["KAFKA_SASL"]
admin = AdminClient({"bootstrap.servers": KAFKA})
ALICE = {
    "kafka__bootstrap.servers": SASL,
    "kafka__security.protocol": "sasl_plaintext",
    "kafka__sasl.mechanism": "PLAIN",
    "kafka__sasl.username": "alice",
    "kafka__sasl.password": "alice-secret",
}
CERTIFICATE = [os.path.join(WORK, x) for x in ("kafka.crt", "kafka.key")]
MODES = ("exactly-once", "at-least-once")


def with_tls(port):
    """A listener with TLS before that port; its address."""
    if not os.path.exists(CERTIFICATE[0]):
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=127.0.0.1",
                "-keyout",
                CERTIFICATE[1],
                "-out",
                CERTIFICATE[0],
            ],
            check=True,
            capture_output=True,
        )
    return f"127.0.0.1:{Proxy(port, tls=CERTIFICATE).port}"


def port_of(address):
    return int(address.split(":")[1])


def make_topic(name, partitions=1, **config):
    done = admin.create_topics(
        [NewTopic(name, partitions, 1, config={k.replace("__", "."): v for k, v in config.items()})]
    )
    done[name].result(30)


def grant(kind, name, *operations, pattern=ResourcePatternType.LITERAL):
    acls = [
        AclBinding(kind, name, pattern, "User:alice", "*", o, AclPermissionType.ALLOW)
        for o in operations
    ]
    for r in admin.create_acls(acls).values():
        r.result(30)


def revoke(kind, name):
    what = AclBindingFilter(
        kind, name, ResourcePatternType.LITERAL, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    for r in admin.delete_acls([what]).values():
        r.result(30)


def table(**options):
    return feed(
        "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY)",
        **options,
    )


def one_message(r, *parts):
    """The process ended with one error line, which has these parts, and did not go round before
    it."""
    last = r.stderr.strip().splitlines()[-1]
    assert " error " in last and all(p in last for p in parts), r.stderr[-3000:]
    assert r.stderr.count("will reconnect") == 0, r.stderr[-3000:]


# ---- records that are refused ----

def test_a_row_too_large_for_its_topic():
    for mode in MODES:
        f = table(sink__delivery=mode, snapshot__mode="never")
        make_topic(f"{f.name}.public.t", max__message__bytes="3000")
        f.sql("INSERT INTO u SELECT generate_series(1, 500)")
        f.sql("INSERT INTO t SELECT 1, string_agg(md5(i::text), '') FROM generate_series(1, 200) i")
        f.sql("INSERT INTO u SELECT generate_series(501, 1000)")
        f.caught_up()
        r = f.run("run", expect=3, timeout=60)
        one_message(
            r, f"topic {f.name}.public.t: a record of", "max.message.bytes", "sink.on-error"
        )


def test_a_record_without_key_in_a_compacted_topic():
    f = feed("CREATE TABLE k (v text); ALTER TABLE k REPLICA IDENTITY FULL", snapshot__mode="never",
             topics__config__cleanup_policy="compact")
    f.options["topics.config.cleanup.policy"] = "compact"
    f.options.pop("topics.config.cleanup-policy", None)
    f.sql("INSERT INTO k VALUES ('x')")
    f.caught_up()
    c = f.run("check", expect=2).stdout
    # still to be made
    assert (
        f"fail  cleanup.policy of topic {f.name}.public.k is compact, and records without a key"
        in c
    ), c
    one_message(f.run("run", expect=3, timeout=60), f"topic {f.name}.public.k", "no key", "compact")
    f.options.pop("topics.config.cleanup.policy")
    assert (
        f"fail  cleanup.policy of topic {f.name}.public.k is compact, and records without a key"
        in f.run("check", expect=2).stdout
    )


def test_a_table_s_topic_that_is_the_feed_s_own():
    f = table()
    f.sql("INSERT INTO u VALUES (1)")
    f.caught_up()
    for own in (
        {"topics.position": f"{f.name}.public.u"},
        {
            "sink.dead-letter-topic": f"{f.name}.public.u",
            "sink.on-error": "dead-letter",
            "sink.delivery": "at-least-once",
        },
    ):
        words = f"topic {f.name}.public.u of a table is also {list(own)[0]}"
        assert f"fail  {words}" in f.run("check", expect=2, **own).stdout, own
        one_message(f.run("run", expect=2, **own), words)


def test_topic_names_that_collide():
    f = feed("CREATE TABLE a_b (id int PRIMARY KEY)", snapshot__mode="never")
    make_topic(f"{f.name}.public.a.b")
    f.sql("INSERT INTO a_b VALUES (1)")
    f.caught_up()
    one_message(
        f.run("run", expect=2, timeout=60), f"{f.name}.public.a_b", "collides", "'.' and '_'"
    )


def test_check_names_the_topics_that_run_will_miss():
    f = table(topics__create="false", snapshot__mode="never")
    f.sql("INSERT INTO u VALUES (1)")
    f.caught_up()
    make_topic(f"{f.name}.public.t")
    c = f.run("check", expect=2).stdout
    missing = f"topic {f.name}.public.u does not exist: create it, or set topics.create: true"
    assert f"fail  {missing}" in c and f"{f.name}.public.t does not" not in c, c
    one_message(f.run("run", expect=2), missing)
    assert f"{f.name}.public.u" not in admin.list_topics(timeout=30).topics     # nothing was made
    make_topic(f"{f.name}.public.u")
    assert "all 2 topics are there" in f.run("check").stdout
    c = f.run(
        "check", expect=2, sink__on_error="dead-letter", sink__delivery="at-least-once"
    ).stdout
    assert f"topic {f.name}.dead-letters does not exist" in c, c


def test_no_registry_and_no_url_are_the_same():
    f = table(snapshot__mode="never", sink__kind="avro-file")
    f.options |= {"registry.url": "", "sink.directory": f"{WORK}/{f.name}"}
    f.sql("INSERT INTO u VALUES (1)")
    f.feed()
    assert "registry" not in f.run("check").stdout
    one_message(f.run("run", expect=2, sink__kind="kafka"), "registry.url is needed")


# ---- credentials and protocols ----

def refused(parts, **options):
    for mode in MODES:
        f = table(sink__delivery=mode)
        t0 = time.monotonic()
        r = f.run("run", expect=2, timeout=60, **options)
        one_message(r, *parts)
        assert time.monotonic() - t0 < 20
    c = f.run("check", expect=2, timeout=60, **options)
    assert all(p in c.stdout for p in parts), c.stdout
    for code, *command in (2, "tail"), (2, "verify"), (3, "schema-diff", "past@0"):
        r = f.run(*command, expect=code, timeout=60, **options)
        assert all(p in r.stderr for p in parts), (command, r.stderr)
    found = one_todo(f, **options)
    assert any(
        all(p in x["what"] + x["todo"] for p in parts) for x in found if x["level"] == "fail"
    ), found


def one_todo(f, **options):
    """What check says in lines of JSON: none names two things to do."""
    lines = [
        json.loads(x)
        for x in f.run("check", "--json", expect=2, timeout=60, **options).stdout.splitlines()
    ]
    assert not any("->" in x.get("what", "") + x.get("todo", "") for x in lines), lines
    return [{"todo": ""} | x for x in lines if "level" in x]


def test_a_wrong_password_ends_the_feed_at_once():
    refused(
        ["user alice was refused by " + SASL + " (PLAIN)", "kafka.sasl.password"],
        **ALICE | {"kafka__sasl.password": "no"},
    )


def test_a_wrong_mechanism_ends_the_feed_at_once():
    refused(
        ["user alice was refused by " + SASL + " (SCRAM-SHA-256)"],
        **ALICE | {"kafka__sasl.mechanism": "SCRAM-SHA-256"},
    )


def test_a_wrong_protocol_ends_the_feed_at_once():
    refused(
        [KAFKA + " does not speak ssl", "kafka.security.protocol"],
        **{"kafka__security.protocol": "ssl"},
    )
    refused(
        [SASL + " does not speak plaintext", "wants a user"], **{"kafka__bootstrap.servers": SASL}
    )
    tls = with_tls(port_of(KAFKA))
    refused(
        [tls + " does not speak plaintext: it answers TLS"], **{"kafka__bootstrap.servers": tls}
    )
    refused(
        [tls + " does not speak sasl_plaintext: it answers TLS"],
        **ALICE | {"kafka__bootstrap.servers": tls},
    )


def test_a_user_wanted_within_tls_is_found_in_time():
    tls = with_tls(port_of(SASL))
    f = table()
    r = f.run(
        "run",
        expect=2,
        timeout=120,
        **{
            "kafka__bootstrap.servers": tls,
            "kafka__security.protocol": "ssl",
            "kafka__enable.ssl.certificate.verification": "false",
        },
    )
    one_message(r, tls + " closed each connection for 30 s", "sasl_ssl")


# ---- a broker that starts, stops or hangs speaks the right protocol ----

def arrives(f, p):
    f.sql("INSERT INTO u VALUES (1)")
    f.arrived("public.u", 1, 90)
    stop(p)


def test_a_frozen_broker_is_waited_for_at_the_start():
    pid = int(os.environ["KAFKA_PID"])
    fs = [table(sink__delivery=mode, snapshot__mode="never") for mode in MODES]
    os.kill(pid, signal.SIGSTOP)
    try:
        ps = [f.start() for f in fs]
        time.sleep(40)
        assert all(p.poll() is None for p in ps), [log_of(p)[-2000:] for p in ps]
        assert all(KAFKA in log_of(p) for p in ps), [log_of(p)[-2000:] for p in ps]
    finally:
        os.kill(pid, signal.SIGCONT)
    for f, p in zip(fs, ps):
        arrives(f, p)


def test_a_closed_door_before_the_broker_is_waited_for():
    """A load balancer without a backend takes connections and closes them."""
    for options in ({}, {"kafka__security.protocol": "ssl"}, ALICE):
        door = Proxy(port_of(options.get("kafka__bootstrap.servers", KAFKA)), close_at=b"")
        for mode in MODES:
            f = table(sink__delivery=mode, snapshot__mode="never")
            p = f.start(**options | {"kafka__bootstrap.servers": f"127.0.0.1:{door.port}"})
            time.sleep(12)
            assert p.poll() is None, log_of(p)[-2000:]
            if not options and mode == "at-least-once":
                # the client itself says nothing
                await_log(p, f"127.0.0.1:{door.port} took connections and closed them")
            if options:
                stop(p)
                continue
            door.close_at = None
            arrives(f, p)
            door.close_at = b""


def test_a_broker_that_goes_away_inside_the_login_has_refused_nobody():
    for at in ({"close_at": b"PLAIN"}, {"hang_at": b"PLAIN"}):
        door = Proxy(port_of(SASL), **at)
        f = table(snapshot__mode="never")
        p = f.start(**ALICE | {"kafka__bootstrap.servers": f"127.0.0.1:{door.port}",
                               "kafka__socket.connection.setup.timeout.ms": "3000"})
        time.sleep(12)
        assert p.poll() is None, log_of(p)[-2000:]
        stop(p)


# ---- the position topic ----

def test_run_refuses_a_position_topic_that_loses_positions():
    f = table()
    for i, (partitions, config, what) in enumerate(
        (
            (1, {"cleanup__policy": "delete"}, "cleanup.policy of position topic {} is delete"),
            (
                1,
                {"cleanup__policy": "compact,delete"},
                "cleanup.policy of position topic {} is compact,delete",
            ),
            (3, {"cleanup__policy": "compact"}, "position topic {} has 3 partitions"),
        )
    ):
        name = f"{f.name}-positions-{i}"
        make_topic(name, partitions, **config)
        for mode in MODES:
            r = f.run(
                "run", "--until-current", expect=2, topics__position=name, sink__delivery=mode
            )
            one_message(r, what.format(name))
        assert what.format(name) in f.run("check", expect=2, topics__position=name).stdout
    assert not f.records()
    # made by the feed: no word
    assert (
        "cleanup.policy of position topic" not in f.feed(topics__position=f.name + "-made").stderr
    )


def test_run_warns_where_the_position_topic_may_not_be_described():
    f = rightful()
    log = f.feed().stderr
    position = f.options["topics.position"]
    assert (
        log.count(
            f"cleanup.policy of position topic {position} is not known -> grant DESCRIBE_CONFIGS"
        )
        == 1
    ), log
    grant(ResourceType.TOPIC, position, AclOperation.DESCRIBE_CONFIGS)
    assert "cleanup.policy of position topic" not in f.feed().stderr


# ---- rights ----

def test_check_and_run_name_the_rights_that_lack():
    f = table()
    position = f.name + ".positions"
    f.options |= {k.replace("__", "."): v for k, v in ALICE.items()} | {"topics.position": position}
    O, P = AclOperation, ResourcePatternType.PREFIXED
    revoke(ResourceType.GROUP, "tailrace-positions")    # of an earlier run
    grant(ResourceType.TOPIC, f.name + ".public", O.CREATE, O.WRITE, O.DESCRIBE, pattern=P)
    grant(ResourceType.TOPIC, f.name + ".tailrace-check", O.CREATE)
    one_message(f.run("run", expect=2), f"tailrace-{f.name}", "ransactional", "WRITE")
    c = f.run("check", expect=2).stdout
    assert re.search(f"fail +transactional.id tailrace-{f.name}", c) and re.search(
        f"fail .*{position}", c
    ), c
    grant(ResourceType.TRANSACTIONAL_ID, "tailrace-" + f.name, O.WRITE, O.DESCRIBE)
    make_topic(position, cleanup__policy="delete")
    grant(ResourceType.TOPIC, position, O.DESCRIBE, O.WRITE, O.DESCRIBE_CONFIGS)
    c = f.run("check", expect=2).stdout
    assert (
        f"transactional.id tailrace-{f.name} may be used" in c
        and "lacks READ" in c
        and f"cleanup.policy of position topic {position} is delete" in c
    ), c
    admin.delete_topics([position])[position].result(30)
    time.sleep(1)
    make_topic(position, cleanup__policy="compact")
    grant(ResourceType.TOPIC, position, O.READ, O.CREATE)
    assert "group tailrace-positions" in f.run("check", expect=2).stdout
    one_message(f.run("run", expect=2), "group tailrace-positions")
    grant(ResourceType.GROUP, "tailrace-positions", O.READ)
    f.caught_up()
    p = f.start()
    await_log(p, "snapshot complete")
    assert "0 fail" in f.run("check").stdout
    f.sql("INSERT INTO u VALUES (1)")
    f.arrived("public.u", 1)        # check has not fenced it
    stop(p)


def rightful(**options):
    """A feed of alice's with the rights of docs/security.md."""
    f = table(**options)
    f.options |= {k.replace("__", "."): v for k, v in ALICE.items()} | {
        "topics.position": f.name + "-positions"
    }
    O, P = AclOperation, ResourcePatternType.PREFIXED
    grant(ResourceType.TOPIC, f.name + ".", O.CREATE, O.WRITE, pattern=P)
    grant(ResourceType.TOPIC, f.name + "-positions", O.CREATE, O.READ, O.WRITE)
    grant(ResourceType.TRANSACTIONAL_ID, "tailrace-" + f.name, O.WRITE)
    grant(ResourceType.GROUP, "tailrace-positions", O.READ)
    f.caught_up()
    return f


def deny(f, name, operation, pattern=ResourcePatternType.LITERAL):
    what = AclBindingFilter(
        ResourceType.TOPIC, name, pattern, None, None, operation, AclPermissionType.ANY
    )
    for r in admin.delete_acls([what]).values():
        assert r.result(30)


def failing(f, **options):
    return f.run("check", expect=2, **options).stdout


def test_the_rights_that_the_docs_name_are_enough():
    for mode in MODES:
        f = rightful(sink__delivery=mode)
        f.sql("INSERT INTO t VALUES (1, 'x')")
        f.feed()
        c = f.run("check").stdout
        assert "0 fail" in c, c
        f.sql("INSERT INTO u VALUES (2)")
        f.caught_up()
        f.feed()
        assert f.ops("public.t") and f.ops("public.u")


def test_feeds_of_one_process_share_ids_that_check_asks_for():
    """Their transactional ids are another in each process: a right to one of them helps nobody."""
    f = rightful()
    with open(f.config, "w") as file:
        file.write(f"name: many_{f.name}\nsources: [{{ name: {f.name} }}]\n")
    asked = f"tailrace-many_{f.name}-"
    c = f.run("check", expect=2).stdout
    which = f"transactional ids such as {asked}00000000-0"
    assert re.search(f"fail +{which}: .*\n.*prefix tailrace-", c), c
    r = f.run("run", "--until-current", expect=2).stderr
    assert re.search(f"transactional.id {asked}[0-9a-f]{{8}}-0: .* prefix tailrace-", r), r
    prefixed = ResourcePatternType.PREFIXED
    grant(ResourceType.TRANSACTIONAL_ID, asked, AclOperation.WRITE, pattern=prefixed)
    c = f.run("check").stdout
    assert f"{which} may be used" in c, c
    f.sql("INSERT INTO t VALUES (1, 'x')")
    f.feed()
    assert f.ops("public.t")


def test_check_asks_for_topics_beside_the_prefix():
    f = rightful(format__heartbeat_ms="1000")
    beside = "__debezium-heartbeat." + f.name
    assert f"may not write to topic {beside}" in failing(f)
    grant(ResourceType.TOPIC, beside, AclOperation.WRITE)
    assert f"topic {beside} cannot be created" in failing(f)
    grant(ResourceType.TOPIC, beside, AclOperation.CREATE)
    assert "0 fail" in f.run("check").stdout


def test_a_certificate_s_file_that_is_not_there_is_named():
    f = table()
    for command in ("check", "run"):
        r = f.run(command, expect=2, **{"kafka__security.protocol": "ssl",
                                        "kafka__ssl.ca.location": "/nowhere/ca.pem"})
        assert "kafka.ssl.ca.location: /nowhere/ca.pem: No such file" in r.stdout + r.stderr, r


def test_topics_that_are_there_need_no_right_to_create():
    f = rightful()
    f.sql("INSERT INTO t VALUES (1, 'x')")
    f.feed()
    deny(f, f.name + ".", AclOperation.CREATE, ResourcePatternType.PREFIXED)
    deny(f, f.name + "-positions", AclOperation.CREATE)
    f.sql("INSERT INTO t VALUES (2, 'y')")
    f.feed()
    assert len(f.ops("public.t")) == 2


def test_check_names_one_thing_to_do():
    f = rightful()
    deny(f, f.name + ".", AclOperation.CREATE, ResourcePatternType.PREFIXED)
    deny(f, f.name + "-positions", AclOperation.CREATE)
    found = {x["todo"] for x in one_todo(f) if x["level"] == "fail"}
    assert found == {
        "grant CREATE on the prefix, or create the topics and set topics.create: false",
        "grant CREATE on it, or create it: one partition, cleanup.policy=compact",
    }, found


def test_check_names_a_topic_that_may_not_be_written():
    f = rightful()
    deny(f, f.name + ".", AclOperation.WRITE, ResourcePatternType.PREFIXED)
    words = f"may not write to topic {f.name}.public.t, {f.name}.public.u"
    assert words in failing(f)                              # that are not there
    f.sql("INSERT INTO t VALUES (0, 'w')")
    f.caught_up()
    one_message(f.run("run", expect=2, timeout=120), f"topic {f.name}.public.t", "WRITE")
    grant(
        ResourceType.TOPIC, f.name + ".", AclOperation.WRITE, pattern=ResourcePatternType.PREFIXED
    )
    f.sql("INSERT INTO t VALUES (1, 'x'); INSERT INTO u VALUES (1)")
    f.feed()
    deny(f, f.name + ".", AclOperation.WRITE, ResourcePatternType.PREFIXED)
    grant(
        ResourceType.TOPIC,
        f.name + ".",
        AclOperation.DESCRIBE,
        pattern=ResourcePatternType.PREFIXED,
    )
    assert words in failing(f)                              # that are there, and seen
    f.sql("INSERT INTO t VALUES (2, 'y')")
    f.caught_up()
    one_message(f.run("run", expect=2, timeout=120), f"topic {f.name}.public.t", "WRITE")


def test_a_position_topic_that_may_not_be_written_ends_the_feed():
    f = rightful()
    f.sql("INSERT INTO t VALUES (1, 'x')")
    f.feed()
    deny(f, f.name + "-positions", AclOperation.WRITE)
    f.sql("INSERT INTO t VALUES (2, 'y')")
    f.caught_up()
    for mode in MODES:
        one_message(
            f.run("run", expect=2, timeout=120, sink__delivery=mode),
            f"topic {f.name}-positions",
            "WRITE",
        )


def test_check_finds_the_group_before_there_is_a_position():
    f = rightful()
    revoke(ResourceType.GROUP, "tailrace-positions")
    c = failing(f)
    assert c.count("Group authorization failed") == 1 and "READ on group tailrace-positions" in c, c
    grant(ResourceType.GROUP, "tailrace-positions", AclOperation.READ)
    f.sql("INSERT INTO t VALUES (1, 'x')")
    f.feed()
    revoke(ResourceType.GROUP, "tailrace-positions")
    assert failing(f).count("Group authorization failed") == 1
    grant(ResourceType.GROUP, "tailrace-positions", AclOperation.READ)
    assert "READ on the topic" in f.run("tail", expect=2).stderr


# ---- what passes ----

class Front(http.server.BaseHTTPRequestHandler):
    """Before the registry: passes everything on, or answers as what stands before it would."""
    answer = None       # (status, body); NONE: the registry's

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        if Front.answer:
            status, got = Front.answer
        else:
            base = re.sub(r"(https?://[^/]+).*", r"\1", REGISTRY)
            ask = urllib.request.Request(
                base + self.path,
                body,
                {"Content-Type": self.headers.get("Content-Type", "")},
                method=self.command,
            )
            try:
                with urllib.request.urlopen(ask) as r:
                    status, got = r.status, r.read()
            except urllib.error.HTTPError as e:
                status, got = e.code, e.read()
        self.send_response(status)
        self.send_header("Content-Length", str(len(got)))
        self.end_headers()
        self.wfile.write(got)

    do_GET = do_POST = do_PUT = serve

    def log_message(self, *_):
        pass


def front():
    Front.answer = None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return re.sub(r"://[^/]+", f"://127.0.0.1:{server.server_port}", REGISTRY)


def test_a_proxy_without_its_registry_is_waited_for():
    url, n = front(), 0
    f = table()
    p = f.start(registry__url=url)
    await_log(p, "snapshot complete")
    f.sql("INSERT INTO u VALUES (0)")
    f.arrived("public.u", 1)
    for status, body in (
        (404, b"<html>no backend</html>"),
        (404, b""),
        (200, b"<html>log in</html>"),
        (200, b'{"id": 1'),
        (302, b""),
        (503, b"busy"),
    ):
        Front.answer, n = (status, body), n + 1
        seen = log_of(p).count("will reconnect")
        f.sql(f"CREATE TABLE n_{n} (id int PRIMARY KEY)")
        f.sql(f"INSERT INTO n_{n} VALUES (1)")
        until(lambda: log_of(p).count("will reconnect") > seen, 30, lambda: log_of(p)[-2000:])
        assert f"HTTP {status}" in log_of(p).splitlines()[-1] or f"HTTP {status}" in log_of(
            p
        ), log_of(p)[-2000:]
        Front.answer = None
        f.arrived(f"public.n_{n}", 1)
    stop(p)


def test_pauses_grow_though_rows_are_read():
    url = front()
    f = table(registry__url=url, snapshot__mode="never")
    Front.answer = (503, b"busy")
    f.sql("INSERT INTO t VALUES (1, 'x')")
    p = f.start(registry__retries="0", limits__retry_max_ms="4000")
    pauses = lambda: [int(ms) for ms in re.findall(r"in_ms=(\d+)", log_of(p))]
    until(lambda: len(pauses()) >= 4, 60)
    assert pauses()[3] > 2 * pauses()[0], pauses()
    Front.answer = None
    f.arrived("public.t", 1)
    stop(p)


def test_a_wrong_path_of_the_registry():
    f = table(registry__url=REGISTRY.replace("/v7", "/v9") + "x")
    assert "is registry.url its base?" in f.run("check", expect=2).stdout
    f.sql("INSERT INTO u VALUES (1)")
    one_message(f.run("run", expect=2), "is registry.url its base?")


def test_a_registry_that_cannot_be_trusted():
    """Which of its settings is at fault, and that time will not mend it."""
    f = table()
    f.sql("INSERT INTO t VALUES (1, 'x')")
    f.caught_up()
    path, port = re.sub(r"https?://[^/]+", "", REGISTRY), port_of(
        re.sub(r"https?://([^/]+).*", r"\1", REGISTRY)
    )
    url = f"https://{with_tls(port)}{path}"
    other = os.path.join(WORK, "other.crt")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=other",
            "-keyout",
            os.devnull,
            "-out",
            other,
        ],
        check=True,
        capture_output=True,
    )
    for options in ({}, {"registry__ca_file": other}):
        one_message(
            f.run("run", expect=2, timeout=60, registry__url=url, **options),
            "schema registry",
            "-> look at registry.ca-file",
        )
        assert [
            x["todo"] for x in one_todo(f, registry__url=url, **options) if x["level"] == "fail"
        ][0].startswith("look at registry.ca-file")
    none = {"registry__ca_file": "/nonexistent"}
    one_message(f.run("run", expect=2, timeout=60, registry__url=url, **none),
                "registry.ca-file: /nonexistent: No such file", "-> the user who runs tailrace")
    clear = f.run("check", expect=2, registry__url=url.replace("https", "http")).stdout
    assert "-> if it speaks TLS, registry.url begins with https://" in clear, clear
    f.feed(registry__url=url, registry__ca_file=CERTIFICATE[0])
    assert len(f.ops("public.t")) == 1


# ---- a transaction that does not end ----

def open_in(topic, name):
    """A transaction of another producer."""
    p = Producer({"bootstrap.servers": KAFKA, "transactional.id": name,
                  "transaction.timeout.ms": 600000})
    p.init_transactions()
    p.begin_transaction()
    p.produce(topic, b"other", b"other", partition=0)
    p.flush()
    return p


def rows_arrive(f, topic, ids, other, log):
    """The feed has ended, although the transaction is open; then that one is aborted."""
    other.abort_transaction()
    until(lambda: [k["id"] for _, k in f.ops(topic)] == ids, 30, lambda: log)


def knows_last_stable_offsets(log):
    """A librdkafka before 2.3 cannot ask for them."""
    version = re.search(r"librdkafka=(\d+)[.](\d+)", log)
    return [int(x) for x in version.groups()] >= [2, 3]


def test_a_transaction_that_should_have_ended_ends_with_one_that_is_given_up():
    """tests/faults/markers has it of real hangs. This one is another's: the feed goes on."""
    f = table()
    f.sql("INSERT INTO t VALUES (1)")
    f.feed()
    other = open_in(f.name + ".public.t", f.name + "-other")
    f.sql("INSERT INTO t VALUES (2)")
    log = f.feed().stderr
    rows_arrive(f, "public.t", [1, 2], other, log)
    if not knows_last_stable_offsets(log):
        return
    assert log.count("a transaction should have ended, and is open in a partition") == 2, log
    assert log.count("this one is given up and read again") >= 2, log
    assert log.count("a transaction of another producer hides the end of a partition") == 1, log


def test_a_transaction_that_was_committed_ends_with_the_next():
    """Its records are older than the position: they are not taken back."""
    f = table()
    f.sql("INSERT INTO t VALUES (1)")
    f.feed()
    other = open_in(f.name + ".public.t", f.name + "-other")
    time.sleep(0.01)
    f.sql("INSERT INTO u VALUES (1)")
    f.feed()
    f.sql("INSERT INTO t VALUES (2)")
    log = f.feed().stderr
    rows_arrive(f, "public.t", [1, 2], other, log)
    if knows_last_stable_offsets(log):
        assert log.count("a committed transaction is open in a partition") == 1, log
        assert "will reconnect" not in log, log


def test_a_transaction_in_a_topic_with_the_brokers_time_is_not_taken_back():
    f = table()
    make_topic(f.name + ".public.t", message__timestamp__type="LogAppendTime")
    f.sql("INSERT INTO t VALUES (1)")
    f.feed()
    other = open_in(f.name + ".public.t", f.name + "-other")
    f.sql("INSERT INTO t VALUES (2)")
    log = f.feed().stderr
    rows_arrive(f, "public.t", [1, 2], other, log)
    if knows_last_stable_offsets(log):
        either = "how it ended is not known", "a committed transaction is open"     # by the clocks
        assert any(x in log for x in either) and "will reconnect" not in log, log


def test_a_topic_that_is_deleted_under_the_feed_is_said():
    f = table(snapshot__mode="never", **{"kafka__topic.metadata.refresh.interval.ms": "1000"})
    p = f.start()
    f.sql("INSERT INTO u VALUES (1)")
    f.arrived("public.u", 1)
    topic = f.name + ".public.u"
    admin.delete_topics([topic])[topic].result(30)
    time.sleep(2)
    f.sql("INSERT INTO u VALUES (2)")
    await_log(p, f"was deleted while this feed ran")
    assert topic in [x for x in log_of(p).splitlines() if "was deleted" in x][0]
    f.arrived("public.u", 1)
    stop(p)


# ---- signals ----

def test_partitions_that_are_added_are_said():
    """Once the producer begins anew; until then a key's records stay where they were."""
    f = table()
    topic, broker = f.name + ".public.t", int(os.environ["KAFKA_PID"])
    p = f.start()
    f.sql("INSERT INTO t SELECT generate_series(1, 20)")
    f.arrived("public.t", 20)
    admin.create_partitions([NewPartitions(topic, 3)])[topic].result(30)
    f.sql("INSERT INTO t SELECT generate_series(21, 40)")
    f.arrived("public.t", 40)
    assert "partitions was changed" not in log_of(p), log_of(p)
    os.kill(broker, signal.SIGSTOP)
    try:
        f.sql("INSERT INTO t SELECT generate_series(41, 60)")
        await_log(p, "will reconnect")
    finally:
        os.kill(broker, signal.SIGCONT)
    f.arrived("public.t", 60)
    await_log(p, "the number of a topic's partitions was changed: the records of a key may go to "
                 f"another one from here on topic={topic} partitions=3 before=1")
    assert sorted(k["id"] for _, k in f.ops("public.t")) == list(range(1, 61))
    stop(p)


def test_sigterm_while_kafka_is_away_at_the_start():
    for mode in MODES:
        f = table(sink__delivery=mode)
        p = f.start(**{"kafka__bootstrap.servers": "127.0.0.1:1"})
        await_log(p, "feed begins")
        time.sleep(2)
        t0 = time.monotonic()
        stop(p)
        assert time.monotonic() - t0 < 4, time.monotonic() - t0


def test_sighup_does_not_end_it():
    f = table()
    p = f.start()
    await_log(p, "snapshot complete")
    for s in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        p.send_signal(s)
    await_log(p, "the configuration was read again added=0 removed=0 changed=0")
    f.sql("INSERT INTO u VALUES (1)")
    f.arrived("public.u", 1)
    stop(p)


def test_the_clients_own_lines_are_few():
    f = table()
    p = f.start(**{"kafka__bootstrap.servers": "127.0.0.1:1"})
    time.sleep(8)
    lines = [x for x in log_of(p).splitlines() if "kafka client" in x]
    assert len(lines) <= 12, lines
    stop(p)


main(globals(), feeds)
