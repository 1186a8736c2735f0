"""The whole road on real servers, feature by feature: each test makes a database, feeds it, and
reads what arrived.

usage: test_road.py [NAME...]     needs the servers up; run by tests/e2e/run. Last line: N passed, N
failed.
"""

import glob, json, os, re, signal, subprocess, time
import fastavro, psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from pg_road import drop_slot, feed, feeds, PRIMARY, STANDBY
from road import (
    await_log,
    decode,
    job,
    jobs_of,
    KAFKA,
    log_of,
    main,
    reads_at_its_rates,
    reads_on_through_restarts,
    reads_when_the_replica_has_caught_up,
    registry,
    shown_on_a_terminal,
    stop,
    tables_of,
    TAILRACE,
    until,
    was_read_once,
    WORK,
)
from published import OPTIONS, is_published
from topics import messages

TYPES = """CREATE TYPE mood AS ENUM ('sad', 'ok', 'so, so');
CREATE DOMAIN price AS numeric(6,2);
CREATE TABLE types (id int PRIMARY KEY, b boolean, i2 smallint, i4 int, i8 bigint, o oid, f4 real, f8 double precision, n numeric,
 n52 numeric(5,2), n5m2 numeric(5,-2), n35 numeric(3,5), p price, m money, t text, v varchar(10), c char(5), nm name, by bytea, d date,
 t0 time(0), t6 time, tz timetz, ts timestamp, ts3 timestamp(3), tstz timestamptz, tstz0 timestamptz(0), iv interval, u uuid,
 j json, jb jsonb, x xml, ip inet, ci cidr, mac macaddr, mac8 macaddr8, b1 bit(1), b10 bit(10), vb varbit, e mood,
 ai int[], at text[], an numeric[], ae mood[], ad date[], ats timestamptz[], au uuid[])"""
VALUES = [
    """1, true, -32768, 2147483647, -9223372036854775808, 4294967295, 1.5, -2.25e300, 12345678901234567890.123400, -999.99, 12300, 0.00123,
 42.10, '-1234.56', 'ä "q" \\ end', 'vc', 'ab', 'nm', '\\x00ff10', '2024-02-29', '23:59:59', '12:34:56.789012', '10:00:00.5+02',
 '2024-02-29 12:34:56.789', '1969-12-31 23:59:59.999', '2024-07-01 12:00:00.123456+02', '1999-12-31 23:59:59+00',
 '1 year 2 mons 3 days -04:05:06.7', '123e4567-e89b-12d3-a456-426614174000', '{"a": 1}', '{"b": [1, 2]}', '<a>b</a>', '10.1.2.3/8', '10.0.0.0/8',
 '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'1', B'1000000001', B'101', 'so, so', '{1,NULL,-3}', '{"a,b",NULL,"q\\"x"}',
 '{1.50,NULL}', '{sad,ok}', '{2024-01-01,infinity}', '{"2024-01-01 00:00:00+00",NULL}', '{123e4567-e89b-12d3-a456-426614174000}'""",
    """2, false, 0, 0, 0, 0, 'NaN', '-Infinity', 'NaN', 0, -100, 0, 0, 0, '', '', '', '', '', '0044-03-15 BC', '00:00', '24:00:00', '24:00:00+00',
 'infinity', '-infinity', 'infinity', '4713-01-01 00:00:00 BC', '-1 year', '00000000-0000-0000-0000-000000000000', 'null', '[]', '<x/>',
 '::1', '2001:db8::/32', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00', B'0', B'0000000000', B'', 'sad', '{}', '{}', '{NaN,1e10}', '{}', '{}',
 '{}', '{}'""",
    "3" + ", NULL" * 46,
    """4, true, 1, 1, 1, 1, 1e-20, 123456789.123456789, -1e30, 123.45, 99900, 0.00999, -0.01, '92233720368547758.07', repeat('long ', 2000), 'x', 'x',
 'x', decode(repeat('ab', 5000), 'hex'), '5874897-12-31', '00:00:01', '00:00:00.000001', '23:00:00-05:30', '294276-12-31 23:59:59', '2000-01-01',
 '0001-01-01 00:00:00+00', '9999-12-31 23:59:59+00', '178000000 years', gen_random_uuid(), '"s"', '{"n": 1.10}', '<y/>', '2001:db8::1/64',
 '192.168.0.0/24', 'ff:ff:ff:ff:ff:ff', 'ff:ff:ff:ff:ff:ff:ff:ff', B'1', B'1111111111', repeat('1', 100)::varbit, 'ok',
 '{{1,2},{3,4}}', '{{a,b},{c,NULL}}', '{0}', '{ok}', '{0001-01-01}', '{infinity}', '{}'""",
]


def test_snapshot_and_stream_give_the_same_values():
    f = feed(TYPES)
    for v in VALUES:
        f.sql(f"INSERT INTO types VALUES ({v})")
    f.feed()
    f.sql(
        "DELETE FROM types WHERE id < 0; CREATE TEMP TABLE keep AS TABLE types; DELETE FROM types; "
        "INSERT INTO types TABLE keep"
    )
    f.feed()
    got = [v for _, _, v, _ in f.records("public.types") if v]
    read = {v["after"]["id"]: v["after"] for v in got if v["op"] == "r"}
    made = {v["after"]["id"]: v["after"] for v in got if v["op"] == "c"}
    assert len(read) == len(made) == 4 and repr(read) == repr(made)
    text = feed(TYPES, source__binary="false")
    for v in VALUES:
        text.sql(f"INSERT INTO types VALUES ({v})")
    text.feed()
    third = {v["after"]["id"]: v["after"] for _, _, v, _ in text.records("public.types")}
    for id, row in read.items():
        for k in row:
            if (id, k) != (4, "u"):
                assert repr(row[k]) == repr(
                    third[id][k]
                ), f"binary and text forms differ: {id} {k} {row[k]} {third[id][k]}"
    one, two, null = read[1], read[2], read[3]
    want = {
        "d": 19782,
        "t0": 86399000,
        "t6": 45296789012,
        "tz": "08:00:00.5Z",
        "ts": 1709210096789000,
        "ts3": -1,
        "iv": 37061693300000,
        "tstz": "2024-07-01T10:00:00.123456Z",
        "tstz0": "1999-12-31T23:59:59Z",
        "o": 4294967295,
        "c": "ab   ",
        "ip": "10.1.2.3/8",
        "b1": True,
        "b10": b"\x01\x02",
        "vb": b"\x05",
        "e": "so, so",
        "ai": [1, None, -3],
        "at": ["a,b", None, 'q"x'],
        "by": b"\x00\xff\x10",
        "u": "123e4567-e89b-12d3-a456-426614174000",
        "ad": [19723, 2146033979],
    }
    for k, v in want.items():
        assert one[k] == v, f"{k}: {one[k]!r}, not {v!r}"
    assert (
        str(one["n52"]) == "-999.99"
        and str(one["n5m2"]) == "12300"
        and str(one["n35"]) == "0.00123"
        and str(one["m"]) == "-1234.56"
    )
    assert one["n"] == {"scale": 4, "value": (123456789012345678901234).to_bytes(10, "big")}
    assert (
        two["d"] == -735160
        and two["n"] is None
        and two["t6"] == 86400000000
        and two["tz"] == "24:00:00Z"
    )
    assert (
        two["ts"] == 9223372036825200000
        and two["tstz"] == "infinity"
        and two["an"][0] is None
        and two["b10"] == b""
    )
    assert all(v is None for k, v in null.items() if k != "id")
    assert read[4]["ai"] == [1, 2, 3, 4] and read[4]["ts"] == 9223372036854775807


def test_schema_text_is_debezium_s():
    f = feed(
        "CREATE TABLE t (id serial PRIMARY KEY, name text, amount numeric(5,2), ts timestamptz, at "
        "timestamp DEFAULT now(), "
        "s smallint NOT NULL DEFAULT 7, w text DEFAULT 'it''s')"
    )
    f.sql("INSERT INTO t (name) VALUES ('x')")
    f.feed()
    s = f.schema("public.t")
    rows = {c["name"]: c for c in s["fields"][0]["type"][1]["fields"]}
    assert [x["name"] for x in s["fields"]] == [
        "before",
        "after",
        "source",
        "transaction",
        "op",
        "ts_ms",
        "ts_us",
        "ts_ns",
    ]
    assert (
        s["connect.version"] == 2
        and s["namespace"] == f.name + ".public.t"
        and s["connect.name"] == f.name + ".public.t.Envelope"
    )
    assert rows["id"] == {"name": "id", "type": {"type": "int", "connect.default": 0}, "default": 0}
    assert rows["amount"]["type"][1] == {
        "type": "bytes",
        "scale": 2,
        "precision": 5,
        "connect.version": 1,
        "connect.parameters": {"scale": "2", "connect.decimal.precision": "5"},
        "connect.name": "org.apache.kafka.connect.data.Decimal",
        "logicalType": "decimal",
    }
    assert rows["at"] == {
        "name": "at",
        "type": [
            {
                "type": "long",
                "connect.version": 1,
                "connect.default": 0,
                "connect.name": "io.debezium.time.MicroTimestamp",
            },
            "null",
        ],
        "default": 0,
    }
    assert rows["s"] == {
        "name": "s",
        "type": {"type": "int", "connect.default": 7, "connect.type": "int16"},
        "default": 7,
    }
    assert rows["w"]["default"] == "it's" and rows["w"]["type"][0]["connect.default"] == "it's"
    assert f.schema("public.t", "key") == {
        "type": "record",
        "name": "Key",
        "namespace": f.name + ".public.t",
        "fields": [{"name": "id", "type": {"type": "int", "connect.default": 0}, "default": 0}],
        "connect.name": f.name + ".public.t.Key",
    }


def test_updates_deletes_and_key_changes():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)", snapshot__mode="never")
    f.sql("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    f.sql(
        "UPDATE t SET v = 'c' WHERE id = 1; UPDATE t SET id = 3 WHERE id = 2; DELETE FROM t WHERE "
        "id = 1"
    )
    f.feed()
    r = f.records("public.t")
    assert [(v["op"] if v else None, k["id"]) for _, k, v, _ in r] == [
        ("c", 1),
        ("c", 2),
        ("u", 1),
        ("d", 2),
        (None, 2),
        ("c", 3),
        ("d", 1),
        (None, 1),
    ], r
    assert (
        r[2][2]["before"] is None
        and r[3][2]["before"] == {"id": 2, "v": ""}
        and r[3][2]["after"] is None
    )
    assert (
        r[3][3]["__debezium.newkey"] == b'{"id":3}' and r[4][3]["__debezium.newkey"] == b'{"id":3}'
    )
    assert r[5][3]["__debezium.oldkey"] == b'{"id":2}'
    assert list(r[0][3]) == [
        "__debezium.context.connectorLogicalName",
        "__debezium.context.taskId",
        "__debezium.context.connectorName",
        "__debezium.context.runId",
    ]
    assert (
        r[0][2]["source"]["snapshot"] == "false"
        and json.loads(r[0][2]["source"]["sequence"])[0] is None
    )
    assert r[3][2]["source"]["lsn"] == r[5][2]["source"]["lsn"]


def test_generated_columns_that_are_published():
    """PostgreSQL 18's: a first read and a backfill beside a writer have the columns that the stream
    has, and the generated key."""
    f = feed()
    if int(f.sql("SHOW server_version_num").fetchone()[0]) < 180000:
        return
    for publication in (
        "FOR ALL TABLES WITH (publish_generated_columns = stored)",
        "FOR TABLE t (id, a, twice), keyed",
    ):
        with_key = publication.startswith("FOR ALL")
        f = feed(
            "CREATE TABLE t (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) "
            "STORED, thrice int GENERATED ALWAYS AS (a * 3));"
            "CREATE TABLE keyed (a int, k int GENERATED ALWAYS AS (a + 1) STORED PRIMARY KEY); "
            "INSERT INTO keyed VALUES (1);"
            f"INSERT INTO t SELECT i, i FROM generate_series(1, 9000) i; CREATE PUBLICATION "
            f"tailrace {publication}",
            setup=False,
            snapshot__rows_per_s="3000",
            snapshot__chunk_ms="20",
        )
        f.run("setup")
        if not with_key:
            assert (
                "table public.keyed: column k of its key is not published"
                in f.feed(expect=2).stderr
            )
            with open(f.config, "a") as out:
                out.write('columns:\n  key: { "public\\\\.keyed": "" }\n')
        p = f.start()
        for n in range(2):
            changes = 0
            while len(jobs_of(f)) <= n or jobs_of(f)[n]["state"] in ("waiting", "running"):
                f.sql("UPDATE t SET a = a + 1 WHERE id = %s", changes * 61 % 9000 + 1)
                changes += 1
            assert changes > 1 and jobs_of(f)[n]["state"] == "done", (changes, jobs_of(f))
            if n == 0:
                f.run("backfill", "--detach", "--table", "public.t")
        f.sql("INSERT INTO t VALUES (9001, 5)")
        stop(p)
        f.feed()
        records = f.records("public.t")
        assert all(
            v["after"].keys() == {"id", "a", "twice"} and v["after"]["twice"] == 2 * v["after"]["a"]
            for _, _, v, _ in records
        )
        assert {k["id"]: v["after"]["a"] for _, k, v, _ in records} == dict(
            f.sql("SELECT id, a FROM t").fetchall()
        )
        assert log_of(p).count("table version table=public.t ") == 1, log_of(p)
        f.run("check", expect=0)
        assert f.ops("public.keyed") == [("r", {"k": 2} if with_key else None)], f.ops(
            "public.keyed"
        )


def test_replica_identities():
    f = feed(
        """CREATE TABLE f (id int PRIMARY KEY, v text); ALTER TABLE f REPLICA IDENTITY FULL;
        CREATE TABLE i (id int PRIMARY KEY, k int NOT NULL UNIQUE, v text); ALTER TABLE i REPLICA IDENTITY USING INDEX i_k_key;
        CREATE TABLE nokey (a int, b text); ALTER TABLE nokey REPLICA IDENTITY FULL;
        CREATE TABLE nothing (id int PRIMARY KEY, v text); ALTER TABLE nothing REPLICA IDENTITY NOTHING""",
        snapshot__mode="never",
    )
    for t in ("f", "nokey"):
        f.sql(f"INSERT INTO {t} VALUES (1, 'a')")
        f.sql(f"UPDATE {t} SET {'v' if t == 'f' else 'b'} = 'b'")
        f.sql(f"DELETE FROM {t}")
    f.sql("INSERT INTO i VALUES (1, 10, 'a')"); f.sql("UPDATE i SET k = 11"); f.sql("DELETE FROM i")
    f.sql("INSERT INTO nothing VALUES (1, 'a')")
    f.feed()
    full = f.records("public.f")
    assert full[1][2]["before"] == {"id": 1, "v": "a"} and full[2][2]["before"] == {
        "id": 1,
        "v": "b",
    }
    assert [(v["op"] if v else None, k) for _, k, v, _ in f.records("public.i")] == [
        ("c", {"k": 10}),
        ("d", {"k": 10}),
        (None, {"k": 10}),
        ("c", {"k": 11}),
        ("d", {"k": 11}),
        (None, {"k": 11}),
    ]
    assert [(v["op"] if v else None, k) for _, k, v, _ in f.records("public.nokey")] == [
        ("c", None),
        ("u", None),
        ("d", None),
        (None, None),
    ]
    assert f.ops("public.nothing") == [("c", {"id": 1})]


def test_unchanged_toast():
    f = feed(
        """CREATE TABLE d (id int PRIMARY KEY, n int, big text, bin bytea, doc jsonb, words text[], nums int[]);
        CREATE TABLE f (LIKE d INCLUDING ALL); ALTER TABLE f REPLICA IDENTITY FULL""",
        snapshot__mode="never",
    )
    for t in ("d", "f"):
        for c in ("big", "bin", "doc", "words", "nums"):
            f.sql(f"ALTER TABLE {t} ALTER {c} SET STORAGE EXTERNAL")
        f.sql(
            f"""INSERT INTO {t} VALUES (1, 1, repeat('x', 5000), decode(repeat('ab', 5000), 'hex'),
            jsonb_build_object('a', repeat('y', 5000)), ARRAY[repeat('z', 5000)], (SELECT array_agg(i) FROM generate_series(1, 3000) i))"""
        )
        f.sql(f"UPDATE {t} SET n = 2")
    f.feed()
    mark = "__debezium_unavailable_value"
    a = f.records("public.d")[1][2]["after"]
    assert (
        a["big"] == a["doc"] == mark
        and a["bin"] == mark.encode()
        and a["words"] == [mark]
        and a["nums"] == list(mark.encode())
    ), a
    a = f.records("public.f")[1][2]["after"]
    assert a["big"] == "x" * 5000 and a["nums"][2999] == 3000


def test_truncate_is_passed_on_when_asked():
    f = feed(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)",
        snapshot__mode="never",
    )
    f.sql("INSERT INTO a VALUES (1)"); f.sql("TRUNCATE a, b"); f.sql("INSERT INTO b VALUES (2)")
    f.feed(format__skipped_operations="none")
    assert f.ops("public.a") == [("c", {"id": 1}), ("t", None)] and f.ops("public.b") == [
        ("t", None),
        ("c", {"id": 2}),
    ]


def test_partitions_by_leaf_and_by_root():
    sql = """CREATE TABLE p (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (100) TO (200);
        INSERT INTO p VALUES (1, 'one'), (101, 'two')"""
    f = feed(sql)
    f.feed()
    f.sql("INSERT INTO p VALUES (2, 'x')")
    f.sql("UPDATE p SET id = 150 WHERE id = 1")
    f.feed()
    assert f.ops("public.p1") == [
        ("r", {"id": 1}),
        ("c", {"id": 2}),
        ("d", {"id": 1}),
        ("tombstone", {"id": 1}),
    ]
    assert f.ops("public.p2") == [("r", {"id": 101}), ("c", {"id": 150})] and not f.records(
        "public.p"
    )
    f = feed(sql, source__partition_root="true")
    f.feed(); f.sql("INSERT INTO p VALUES (2, 'x')"); f.feed()
    assert sorted(f.ops("public.p"), key=str) == sorted(
        [("r", {"id": 1}), ("r", {"id": 101}), ("c", {"id": 2})], key=str
    )


def test_logical_messages():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never")
    f.sql("SELECT pg_logical_emit_message(true, 'in', 'tx')")
    f.sql("SELECT pg_logical_emit_message(false, 'out', 'none')")
    f.sql("INSERT INTO t VALUES (1)"); f.feed(); f.sql("INSERT INTO t VALUES (2)"); f.feed()
    m = f.records("message")
    assert [
        (k["prefix"], v["op"], v["message"]["content"], v["source"]["txId"] is None)
        for _, k, v, _ in m
    ] == [("in", "m", b"tx", False), ("out", "m", b"none", True)] and not m[0][3]


def test_schema_change_in_mid_transaction():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, a text)", snapshot__mode="never")
    f.sql(
        """BEGIN; INSERT INTO t VALUES (1, 'x'); ALTER TABLE t ADD b int DEFAULT 5; INSERT INTO t VALUES (2, 'y', 6);
        ALTER TABLE t DROP a; INSERT INTO t VALUES (3, 7); COMMIT"""
    )
    f.feed()
    after = [v["after"] for _, _, v, _ in f.records("public.t")]
    assert after == [{"id": 1, "a": "x"}, {"id": 2, "a": "y", "b": 6}, {"id": 3, "b": 7}], after
    assert len(registry.get_versions(f"{f.name}.public.t-value")) == 3


def test_every_kind_of_schema_change_in_one_transaction():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, v text)", snapshot__mode="never")
    f.sql(
        """BEGIN; INSERT INTO t VALUES (1, 'a'); ALTER TABLE t ADD w int; INSERT INTO t VALUES (2, 'b', 6); ALTER TABLE t ALTER w TYPE bigint;
        INSERT INTO t VALUES (3, 'c', 3000000000); ALTER TABLE t RENAME w TO x; UPDATE t SET x = 7 WHERE id = 3; ALTER TABLE t DROP v;
        INSERT INTO t VALUES (4, 8); ALTER TABLE t RENAME TO u; INSERT INTO u VALUES (5, 9); DELETE FROM u WHERE id = 1; COMMIT"""
    )
    f.feed()
    assert [(k["id"], v["op"], v["after"]) for _, k, v, _ in f.records("public.t")] == [
        (1, "c", {"id": 1, "v": "a"}),
        (2, "c", {"id": 2, "v": "b", "w": 6}),
        (3, "c", {"id": 3, "v": "c", "w": 3000000000}),
        (3, "u", {"id": 3, "v": "c", "x": 7}),
        (4, "c", {"id": 4, "x": 8}),
    ], f.records("public.t")
    assert f.ops("public.u") == [("c", {"id": 5}), ("d", {"id": 1}), ("tombstone", {"id": 1})]


def test_what_stops_the_reference():
    """M5, W13, M18, W20 and M7: a domain over an enum, and values that the type cannot say in a
    column that cannot be null."""
    f = feed(
        """CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN feeling AS mood;
        CREATE TABLE t (id int PRIMARY KEY, e feeling NOT NULL, n numeric NOT NULL, m numeric(9,2) NOT NULL, at timestamp NOT NULL, b bytea NOT NULL, x text);
        ALTER TABLE t ALTER b SET STORAGE EXTERNAL; CREATE TABLE far (id int PRIMARY KEY, at timestamp, i interval)""",
        snapshot__mode="never",
    )
    f.sql(
        "INSERT INTO t VALUES (1, 'ok', 'NaN', 'NaN', '9999-12-31', convert_to(repeat('b', 9000), "
        "'UTF8'), 'x')"
    )
    f.sql(
        "UPDATE t SET x = 'y'; UPDATE t SET id = 2; DELETE FROM t; INSERT INTO far VALUES (1, "
        "'294276-12-31', '178000000 years')"
    )
    f.caught_up()
    said = f.run(
        "run",
        "--until-current",
        types__time="nanoseconds",
        types__binary="base64",
        format__placeholder="hex:dead",
    ).stderr
    r = [v for _, _, v, _ in f.records("public.t")]
    zero = {"e": "ok", "n": {"scale": 0, "value": b"\0"}, "at": 0}
    assert [v and v["op"] for v in r] == ["c", "u", "d", None, "c", "d", None] and str(
        r[0]["after"]["m"]
    ) == "0.00"
    assert all({k: v["after"][k] for k in zero} == zero for v in r if v and v["after"]), r
    assert (
        r[1]["after"]["b"] == r[4]["after"]["b"] == "3q0="
        and r[2]["before"]["at"] == 0
        and r[5]["before"]["e"] == ""
    )
    enum = next(
        x["type"]
        for x in f.schema("public.t")["fields"][0]["type"][1]["fields"]
        if x["name"] == "e"
    )
    assert (
        enum["connect.name"] == "io.debezium.data.Enum"
        and enum["connect.parameters"]["allowed"] == "sad,ok"
    )
    assert (
        "became zero column=n" in said
        and "became zero column=at" in said
        and "became null column=at" in said
    ), said
    f = feed(
        "CREATE TABLE far (id int PRIMARY KEY, at timestamp, i interval)", snapshot__mode="never"
    )
    f.sql(
        "INSERT INTO far VALUES (1, '294276-12-31', '178000000 years'), (2, 'infinity', "
        "'-178000000 years')"
    )
    f.caught_up()
    said = f.run("run", "--until-current").stderr
    assert (
        [(v["after"]["at"], v["after"]["i"]) for _, _, v, _ in f.records("public.far")]
        == [(2**63 - 1, 2**63 - 1), (9223372036825200000, -(2**63))]
        and "became its limit column=at" in said
        and "became its limit column=i" in said
    ), said
    f = feed("CREATE TABLE t (id int PRIMARY KEY, c refcursor)")
    f.sql("INSERT INTO t VALUES (1, 'read')"); f.feed(types__unknown="text", source__binary="false")
    f.sql("INSERT INTO t VALUES (2, 'streamed')")
    f.feed(types__unknown="text", source__binary="false")
    assert [v["after"]["c"] for _, _, v, _ in f.records("public.t")] == ["read", "streamed"]
    # What tests/parity leaves out with nanoseconds (NANOSECONDS_KILL), and a key with an excluded
    # column.
    f = feed(
        """CREATE DOMAIN at AS timestamp(3); CREATE TABLE t (id int PRIMARY KEY, h timestamp NOT NULL, e at NOT NULL DEFAULT '2020-01-02', v text);
        CREATE TABLE k (a int, b int, v text, PRIMARY KEY (a, b))"""
    )
    with open(f.config, "a") as c:
        c.write('columns: { exclude: ["public[.]k[.]b"] }\n')
    f.sql(
        "INSERT INTO t VALUES (1, '2024-01-02 03:04:05.678901', '2024-01-01', 'read'); INSERT INTO "
        "k VALUES (1, 2, 'read')"
    )
    f.feed(types__time="nanoseconds")
    f.sql(
        "INSERT INTO t VALUES (2, 'infinity', '-infinity', 'x'); UPDATE t SET v = 'y'; UPDATE t "
        "SET id = 3 WHERE id = 2; DELETE FROM t; DELETE FROM k"
    )
    f.feed(types__time="nanoseconds")
    images = [
        (v["op"], tuple((v["after"] or v["before"])[c] for c in "he"))
        for _, _, v, _ in f.records("public.t")
        if v
    ]
    read, far, gone = (1704164645678901000, 1704067200000000000), (2**63 - 1, -2**63), (0, 0)
    assert images == [
        ("r", read),
        ("c", far),
        ("u", read),
        ("u", far),
        ("d", gone),
        ("c", far),
        ("d", gone),
        ("d", gone),
    ], images
    assert f.ops("public.k") == [
        ("r", {"a": 1, "b": 2}),
        ("d", {"a": 1, "b": 2}),
        ("tombstone", {"a": 1, "b": 2}),
    ]


def test_placeholder_in_hex():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, n int, a text, b bytea, c int[])",
        snapshot__mode="never",
    )
    f.sql(
        "ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET "
        "STORAGE EXTERNAL"
    )
    f.sql(
        "INSERT INTO t SELECT 1, 1, repeat('a', 9000), convert_to(repeat('b', 9000), 'UTF8'), "
        "array_agg(i) FROM generate_series(1, 3000) i"
    )
    f.sql("UPDATE t SET n = 2"); f.feed(format__placeholder="hex:dead")
    assert f.records("public.t")[1][2]["after"] == {
        "id": 1,
        "n": 2,
        "a": "\u07ad",
        "b": b"\xde\xad",
        "c": [-34, -83],
    }
    f = feed("CREATE TABLE t (id int PRIMARY KEY, n int, b bytea)", snapshot__mode="never")
    f.sql(
        "ALTER TABLE t ALTER b SET STORAGE EXTERNAL; INSERT INTO t VALUES (1, 1, "
        "convert_to(repeat('b', 9000), 'UTF8')); UPDATE t SET n = 2"
    )
    f.feed(format__placeholder="hex:dead", types__binary="hex")
    assert f.records("public.t")[1][2]["after"]["b"] == "dead"
    f.sql(
        "ALTER TABLE t ADD i int[], ADD m money[]; ALTER TABLE t ALTER i SET STORAGE EXTERNAL, "
        "ALTER m SET STORAGE EXTERNAL"
    )
    f.sql("UPDATE t SET i = array_fill(1, ARRAY[3000]), m = array_fill(1::money, ARRAY[3000])")
    f.sql("UPDATE t SET n = 3")
    f.feed(format__placeholder="")
    after = f.records("public.t")[-1][2]["after"]
    assert (after["n"], after["b"], after["i"]) == (3, b"", []), after
    for bad in ("hex:d", "hex:zz", "hex:ff"):
        assert "format.placeholder" in f.run("check", expect=2, format__placeholder=bad).stderr


def test_a_key_must_be_in_the_replica_identity():
    """W3: else a delete's key would be made up."""
    f = feed("CREATE TABLE t (id int PRIMARY KEY, v text)", snapshot__mode="never")
    with open(f.config, "a") as c:
        c.write('columns: { key: { "public[.]t": v } }\n')
    f.sql("INSERT INTO t VALUES (1, 'a')"); f.caught_up()
    assert "not in the replica identity" in f.run("run", "--until-current", expect=2).stderr
    f.feed(format__skipped_operations="d")
    f.sql(
        "ALTER TABLE t REPLICA IDENTITY FULL; INSERT INTO t VALUES (2, 'b'); DELETE FROM t WHERE "
        "id = 2"
    )
    f.feed()
    assert f.ops("public.t") == [
        ("c", {"v": "a"}),
        ("c", {"v": "b"}),
        ("d", {"v": "b"}),
        ("tombstone", {"v": "b"}),
    ]


def test_the_servers_own_styles_change_nothing():
    """DateStyle, IntervalStyle and the like of the database, with values in binary and in text."""
    seen = []
    for binary in ("true", "false"):
        f = feed(
            """CREATE TABLE t (id int PRIMARY KEY, i interval, d date, at timestamptz, b bytea, f real, g double precision, m money, r tstzrange, x int[])""",
            snapshot__mode="never",
        )
        for setting in (
            "intervalstyle = sql_standard",
            "datestyle = 'SQL, DMY'",
            "timezone = 'Asia/Tokyo'",
            "bytea_output = escape",
            "extra_float_digits = 0",
        ):
            f.sql(f"ALTER DATABASE {f.name} SET {setting}")
        f.sql(
            """INSERT INTO t VALUES (1, '1-2 3 -4:05:06.5', '2024-02-01', '2024-02-01 03:04:05+09', '\\x00ff27', 0.1, 5.610000133514404, 1.5,
            '[2024-02-01 03:04:05+09,)', '{1}')"""
        )
        f.caught_up(); f.feed(source__binary=binary)
        seen.append(f.records("public.t")[0][2]["after"])
    assert (
        seen[0] == seen[1]
        and seen[0]["at"] == "2024-01-31T18:04:05.000000Z"
        and seen[0]["b"] == b"\0\xff'"
    ), seen


def test_incompatible_schema_stops_with_the_difference():
    # 0: JSON has a NUL
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, a text, n numeric(10,2) DEFAULT 0)",
        snapshot__mode="never",
    )
    f.sql("INSERT INTO t VALUES (1, '2')"); f.feed()
    f.sql("ALTER TABLE t ALTER a TYPE int USING a::int")
    f.sql("INSERT INTO t VALUES (2, 3)")
    f.caught_up()
    r = f.run("run", "--until-current", expect=3)
    assert (
        "incompatible" in r.stderr
        and 'before.a was ["null","string"] and becomes ["null","int"]' in r.stderr
    ), r.stderr
    assert f.ops("public.t") == [("c", {"id": 1})]


def test_unknown_types_follow_the_policy():
    sql = "CREATE TABLE t (id int PRIMARY KEY, p line, v text)"
    f = feed(sql, snapshot__mode="never")
    f.sql("INSERT INTO t VALUES (1, '{1,2,3}', 'x')"); f.caught_up()
    assert "public.t.p has type line" in f.run("run", "--until-current", expect=3).stderr
    assert f.run("check", expect=2).stdout.count("public.t.p has type line") == 1
    assert "public.t.p has type line" not in f.run("check", types__unknown="skip-column").stdout
    f.feed(types__unknown="skip-column")
    assert f.records("public.t")[0][2]["after"] == {"id": 1, "v": "x"}
    f = feed(sql)
    f.sql("INSERT INTO t VALUES (1, '{1,2,3}', 'x')")
    f.feed(types__unknown="text", source__binary="false")
    f.sql("INSERT INTO t VALUES (2, '{3,4,5}', 'x')")
    f.feed(types__unknown="text", source__binary="false")
    assert [v["after"]["p"] for _, _, v, _ in f.records("public.t")] == ["{1,2,3}", "{3,4,5}"]


def test_flat_envelope_and_plain_avro_types():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, d date, n numeric(5,2), free numeric, "
        "u uuid)",
        snapshot__mode="never",
    )
    f.sql(
        "INSERT INTO t VALUES (1, '2024-02-29 00:00:00+00', '2024-02-29', 1.5, 2.50, "
        "gen_random_uuid())"
    )
    f.sql("DELETE FROM t")
    f.feed(format__envelope="flat", format__types="avro")
    r = f.records("public.t")
    v = r[0][2]
    assert (
        v["__op"] == "c"
        and v["__deleted"] == "false"
        and v["__seq"] == 1
        and v["__tx"] > 0
        and v["free"] == "2.50"
    )
    assert (
        v["at"].isoformat() == "2024-02-29T00:00:00+00:00"
        and v["d"].isoformat() == "2024-02-29"
        and str(v["n"]) == "1.50"
    )
    assert r[1][2]["__op"] == "d" and r[1][2]["__deleted"] == "true" and r[2][2] is None
    assert "connect" not in json.dumps(f.schema("public.t"))


def test_flat_deletes():
    for how, tombstones, wanted in (
        ("tombstone", "true", ["c", None]),
        ("drop", "true", ["c"]),
        ("rewrite", "false", ["c", "d"]),
    ):
        f = feed(
            "CREATE TABLE t (id int PRIMARY KEY)",
            snapshot__mode="never",
            format__envelope="flat",
            format__flat_fields="op, source.lsn",
        )
        f.sql("INSERT INTO t VALUES (1)"); f.sql("DELETE FROM t")
        f.feed(format__flat_deletes=how, format__tombstones=tombstones)
        r = f.records("public.t")
        assert [v and v["__op"] for _, k, v, _ in r] == wanted, (how, r)
        assert all(k == {"id": 1} for _, k, v, _ in r) and r[0][2]["__source_lsn"] > 0
        assert ("__deleted" in r[0][2]) == (how == "rewrite")
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", setup=False)
    assert (
        'there is no field "nothing"'
        in f.run("check", expect=2, format__flat_fields="op, nothing").stderr
    )


def test_primary_is_refused_unless_allowed():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", setup=False)
    r = f.run("run", "--until-current", expect=2, source__conninfo=f.dsn)
    assert "source.primary: allow" in r.stderr
    f.run("setup", source__conninfo=f.dsn, source__primary="allow", source__setup_conninfo="")
    f.sql("INSERT INTO t VALUES (1)")
    f.run("run", "--until-current", source__conninfo=f.dsn, source__primary="allow")
    # a primary hides what it has logged for a moment, so its stream begins at the slot: the row may
    # come by both ways
    assert f.ops("public.t") in (
        [("r", {"id": 1})],
        [("c", {"id": 1})],
        [("c", {"id": 1}), ("r", {"id": 1})],
    ), f.ops("public.t")
    drop_slot(f.pg, f.name)


def test_setup_is_dry_when_asked_and_leaves_no_orphan():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", setup=False)
    out = f.run("setup", "--dry-run").stdout
    assert (
        'CREATE PUBLICATION "tailrace" FOR TABLE "public"."t";' in out
        and "pg_create_logical_replication_slot" in out
    )
    assert f.slot() is None and not f.sql("SELECT 1 FROM pg_publication").fetchone()
    f.sql("CREATE PUBLICATION tailrace FOR ALL TABLES"); f.caught_up()
    busy = psycopg.connect(f.dsn)       # no consistent point while this transaction is open
    busy.execute("SELECT pg_current_xact_id()")
    for conninfo in ("", f.dsn):
        r = f.run("setup", expect=1, source__setup_conninfo=conninfo, source__setup_timeout_s="2")
        assert "pg_log_standby_snapshot" in r.stderr, r.stderr
    busy.close()
    f.sql("SELECT pg_log_standby_snapshot()"); time.sleep(1)
    assert f.slot() is None
    f.run("setup"); f.run("setup")      # again: both are there
    assert f.slot() is not None


def test_idle_and_unpublished_traffic_advance_the_slot():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", limits__commit_ms="100")
    p = f.start()
    await_log(p, "reading host=")
    before = f.slot()[0]
    other = psycopg.connect(PRIMARY, autocommit=True)       # the busy other database
    other.execute(
        "CREATE TABLE IF NOT EXISTS busy (x text); INSERT INTO busy SELECT repeat('x', 100) FROM "
        "generate_series(1, 20000)"
    )
    end = other.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()[0]
    for _ in range(150):
        if f.slot()[0] >= end:
            break
        other.execute("SELECT pg_logical_emit_message(false, 'x', 'y')")
        time.sleep(0.1)
    stop(p)
    assert f.slot()[0] >= end > before and not f.records()
    other.execute("DROP TABLE busy")


def test_a_slot_that_moved_on_is_noticed():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never")
    f.sql("INSERT INTO t VALUES (1)"); f.feed()
    f.sql("INSERT INTO t VALUES (2)"); f.caught_up()
    with psycopg.connect(f.standby, autocommit=True) as s:
        s.execute("SELECT pg_replication_slot_advance(%s, pg_last_wal_replay_lsn())", (f.name,))
    r = f.run("run", "--until-current", expect=4)
    assert "skipped without a word" in r.stderr, r.stderr


def test_backfill_through_the_service():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, w int); INSERT INTO t SELECT i, 'v', "
        "i FROM generate_series(1, 5000) i",
        snapshot__mode="never",
    )
    f.feed()
    assert f.run("backfill list", expect=1).stderr.count("no service listens") == 1
    p = f.start()
    assert jobs_of(f) == []
    assert os.stat(f"/run/tailrace/{f.name}.sock").st_mode & 0o777 == 0o600
    line = f.run("backfill", "--dry-run", "--table", "public.t").stdout
    assert "public.t: about" in line and "by blocks" in line, line
    last = json.loads(
        f.run(
            "backfill",
            "--table",
            "public.t",
            "--table",
            "public.t",
            "--where",
            "id <= 100",
            "--json",
        ).stdout.splitlines()[-1]
    )
    assert last["state"] == "done" and last["rows"] == 100
    f.run("backfill", "--table", "public.t", "--columns", "w", "--topic", f.name + ".side")
    assert "not a SCHEMA.TABLE" in f.run("backfill", "--table", "t", expect=2).stderr
    assert (
        "public.none is not fed"
        in f.run("backfill", "--table", "public.t", "--table", "public.none", expect=2).stderr
    )
    assert (
        "need a topic"
        in f.run("backfill", "--table", "public.t", "--columns", "w", expect=2).stderr
    )
    assert (
        "no column"
        in f.run(
            "backfill",
            "--table",
            "public.t",
            "--columns",
            "x",
            "--topic",
            f.name + ".side",
            expect=2,
        ).stderr
    )
    refused = f.run(
        "backfill", "--table", "public.t", "--columns", "v", "--topic", f.name + ".side", expect=2
    ).stderr
    assert "incompatible" in refused, refused       # and the service goes on
    assert (
        "is the topic of the table's changes"
        in f.run(
            "backfill", "--table", "public.t", "--topic", f.name + ".public.t", expect=2
        ).stderr
    )
    assert (
        "syntax error" in f.run("backfill", "--table", "public.t", "--where", "((", expect=2).stderr
    )
    assert "has ended" in f.run("backfill cancel", "1", expect=2).stderr
    bar = shown_on_a_terminal(
        f, "backfill", "--table", "public.t", "--columns", "w", "--topic", f.name + ".bar"
    )
    assert re.search(
        r"\r\[#{20}\] 100 %  done public.t  5,000 rows  [0-9.]+ KiB  [0-9,]+ rows/s\x1b\[K", bar
    ), bar
    listed = f.run("backfill", "list").stdout.splitlines()      # a word behind the options
    assert len(listed) == len(jobs_of(f)) > 5 and listed[0].startswith("1  done "), listed
    f.sql("UPDATE t SET v = 'x' WHERE id = 1")      # the stream goes on
    time.sleep(1)
    stop(p)
    got = f.records("public.t")
    reads = [v for _, k, v, _ in got if v["op"] == "r"]
    assert [v["after"]["id"] for v in reads] == list(range(1, 101)) and {
        v["source"]["snapshot"] for v in reads
    } == {"incremental"}
    assert got[-1][2]["op"] == "u"
    side = f.records("side")
    assert len(side) == 5000 and side[0][2]["after"] == {"id": 1, "w": 1}


def test_backfill_survives_a_restart():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' FROM "
        "generate_series(1, 20000) i; ANALYZE",
        snapshot__mode="never",
        snapshot__rows_per_s="5000",
        snapshot__chunk_ms="20",
    )
    p = reads_on_through_restarts(f, "public.t")
    f.run("backfill", "--detach", "--table", "public.t")
    f.run("backfill pause", "3")
    time.sleep(5)       # and that is stored, though nothing else happens
    p.kill(); p.wait()
    p = f.start()
    until(lambda: jobs_of(f))
    assert job(f, 3, {"paused"})["rows"] < 20000
    f.run("backfill cancel", "3")
    time.sleep(2)
    p.kill(); p.wait()
    p = f.start()
    await_log(p, "reading host=")
    assert jobs_of(f) == []
    stop(p)
    was_read_once(f, "public.t")


def test_tables_are_read_at_the_rate_that_was_set():
    reads_at_its_rates(
        feed(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', 80) "
            "FROM generate_series(1, 6000) i; ANALYZE",
            snapshot__mode="never",
        ),
        "public.t",
    )


def test_reading_waits_for_a_replica_that_lags():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' FROM "
        "generate_series(1, 20000) i; ANALYZE",
        snapshot__mode="never",
    )
    with psycopg.connect(f.standby, autocommit=True) as s:
        try:
            reads_when_the_replica_has_caught_up(
                f,
                "public.t",
                lambda: (
                    s.execute("SELECT pg_wal_replay_pause()"),
                    f.sql("INSERT INTO t VALUES (0)"),
                ),
                lambda: s.execute("SELECT pg_wal_replay_resume()"),
            )
        finally:
            s.execute("SELECT pg_wal_replay_resume()")


def test_tables_that_change_while_they_are_read():
    f = feed(
        """CREATE TABLE a_rewritten (id int PRIMARY KEY, n int); CREATE TABLE b_altered (id int PRIMARY KEY, n int);
        CREATE TABLE c_dropped (id int PRIMARY KEY, n int); CREATE TABLE d_truncated (id int PRIMARY KEY, n int);
        CREATE TABLE e_keyless (n int, v text); ALTER TABLE e_keyless REPLICA IDENTITY FULL; CREATE TABLE f_empty (id int PRIMARY KEY);
        CREATE TABLE g_bare (); CREATE TABLE i_no_partition (id int PRIMARY KEY) PARTITION BY RANGE (id); INSERT INTO e_keyless SELECT i, 'v' FROM generate_series(1, 3000) i; INSERT INTO g_bare DEFAULT VALUES;
        CREATE TABLE h_parted (id int PRIMARY KEY, n int) PARTITION BY RANGE (id); CREATE TABLE h_1 PARTITION OF h_parted FOR VALUES FROM (0) TO (1000);
        CREATE TABLE h_2 PARTITION OF h_parted FOR VALUES FROM (1000) TO (100000); INSERT INTO h_parted SELECT i, i FROM generate_series(1, 4000) i""",
        snapshot__rows_per_s="4000",
        snapshot__chunk_ms="20",
        source__partition_root="true",
    )
    for t in ("a_rewritten", "b_altered", "c_dropped", "d_truncated"):
        f.sql(f"INSERT INTO {t} SELECT i, i FROM generate_series(1, 10000) i")
    f.sql("ANALYZE"); f.caught_up()
    p = f.start()
    steps = [
        ("a_rewritten", "DELETE FROM a_rewritten WHERE id <= 5000", "VACUUM FULL a_rewritten"),
        (
            "b_altered",
            "ALTER TABLE b_altered ADD x int NOT NULL DEFAULT 7",
            "UPDATE b_altered SET n = -1 WHERE id = 1",
        ),
        ("c_dropped", "DROP TABLE c_dropped"),
        ("d_truncated", "TRUNCATE d_truncated", "INSERT INTO d_truncated VALUES (1, -1)"),
    ]
    control = lambda: (jobs_of(f) or [{"table": "", "rows": 0, "state": "running"}])[0]
    for table, *statements in steps:
        for _ in range(200):
            now = control()
            if now["table"] == "public." + table and now["rows"] > 500:
                break
            assert now["table"] <= "public." + table and now["state"] == "running", now
            time.sleep(0.05)
        time.sleep(0.3)
        assert control()["table"] == "public." + table, "too late to change it"
        for statement in statements:
            f.sql(statement)
    job(f, 1, {"done"}, 60)
    stop(p)
    f.feed()
    state = tables_of(f.records())
    order = lambda rows: sorted(json.dumps(r, sort_keys=True) for r in rows)
    for t in ("a_rewritten", "b_altered", "h_parted"):
        want = [r[0] for r in f.sql(f"SELECT to_jsonb(t) FROM {t} t").fetchall()]
        got = list(state[t].values())
        if t == "b_altered":    # a row read before has no such column, and no change either
            want, got = [{**r, "x": 7} for r in want], [{**r, "x": 7} for r in got]
        assert order(got) == order(want), (t, len(got), len(want))
    assert (
        state["d_truncated"]['{"id": 1}'] == {"id": 1, "n": -1}
        and 0 < len(state["c_dropped"]) < 10000
    )
    assert (
        sorted(r["n"] for r in state["e_keyless"].values()) == list(range(1, 3001))
        and "f_empty" not in state
    )
    assert len(state["g_bare"]) == 1 and "h_1" not in state and "h_2" not in state


def test_snapshot_modes_and_selections():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10); CREATE "
        "TABLE u (id int PRIMARY KEY);"
        "INSERT INTO u VALUES (1)"
    )
    with open(f.config, "a") as c:
        c.write('snapshot: { select: { public.t: "id > 7" } }\n')
    f.caught_up()
    f.run("run", snapshot__mode="only")     # ends by itself
    assert (
        sorted(k["id"] for _, k, _, _ in f.records("public.t")) == [8, 9, 10]
        and len(f.records("public.u")) == 1
    )
    f.feed(snapshot__mode="always")
    f.feed(snapshot__mode="initial")
    assert len(f.records("public.u")) == 2
    with psycopg.connect(f.standby, autocommit=True) as s:
        drop_slot(s, f.name)
    f.sql("INSERT INTO u VALUES (2)")
    assert f.run("run", "--until-current", expect=4).stderr.count("there is no slot") == 1
    log = f.feed(snapshot__mode="when-needed").stderr
    assert "the tables are read anew" in log and "the slot is made anew" in log, log
    assert sorted(k["id"] for _, k, _, _ in f.records("public.u")) == [1, 1, 1, 2]
    f.sql("INSERT INTO u VALUES (3)")
    f.feed(snapshot__mode="when-needed")
    assert f.ops("public.u")[-1] == ("c", {"id": 3}) and len(f.records("public.u")) == 5


def test_a_thousand_tables():
    f = feed(
        "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t_%s (id int PRIMARY "
        "KEY)', i); END LOOP; END $$;"
        "INSERT INTO t_1 VALUES (1); INSERT INTO t_500 VALUES (1); INSERT INTO t_999 VALUES (1)",
        sink__kind="null",
    )
    log = f.feed().stderr
    assert re.search(r"snapshot complete id=1 tables=1000 rows=3 ", log), log[-500:]


def test_stop_and_go_on_under_load():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, v text)")
    # the table is read while it is empty: a row that was streamed and is read after that is there
    # twice, by design
    f.feed()
    for delivery in ("exactly-once", "at-least-once"):
        for sig in (signal.SIGTERM, signal.SIGINT):
            p = f.start(sink__delivery=delivery)
            for i in range(20):
                f.sql(
                    "INSERT INTO t SELECT (SELECT coalesce(max(id), 0) FROM t) + g, 'x' FROM "
                    "generate_series(1, 50) g"
                )
                time.sleep(0.05)
            stop(p, sig)
    f.feed()
    ids = [k["id"] for _, k, v, _ in f.records("public.t") if v]
    assert len(ids) == len(set(ids)) == 4000, (len(ids), len(set(ids)))


def test_an_open_transaction_of_another_feed_hides_no_position():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never")
    p = f.start()
    await_log(p, "reading host=")
    other = Producer({"bootstrap.servers": KAFKA, "transactional.id": f.name + "-other"})
    other.init_transactions()
    other.begin_transaction()
    other.produce("tailrace.positions", key=f.name + "-other", value="")
    other.flush()
    f.sql("INSERT INTO t VALUES (1)")
    f.arrived("public.t", 1)
    stop(p)     # its position is stored behind the open transaction
    p = f.start()
    await_log(p, "waiting for its end")
    other.commit_transaction()
    await_log(p, "reading host=")
    stop(p)
    assert f.ops("public.t") == [("c", {"id": 1})], f.ops("public.t")


def test_a_broker_that_stalls():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never")
    p, broker, at = f.start(), int(os.environ["KAFKA_PID"]), 0
    await_log(p, "reading host=")
    for seconds in (0.2, 0.5, 1, 2, 4):
        for i in range(20):
            f.sql(f"INSERT INTO t SELECT generate_series({at + 1}, {at + 50})")
            at += 50
            time.sleep(0.02)
            if i == 10:
                os.kill(broker, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(broker, signal.SIGCONT)
        f.arrived("public.t", at)
    stop(p)
    f.feed()
    assert [k["id"] for _, k in f.ops("public.t")] == list(range(1, at + 1))


def test_transactions_are_counted_through_kills():
    f = feed(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, v text)",
        format__transactions="true",
        limits__batch_rows="300",
        limits__batch_ms="10",
        snapshot__mode="never",
    )
    f.sql("INSERT INTO a VALUES (-2)"); f.sql("INSERT INTO b VALUES (-2)")
    f.feed()
    with f.pg.transaction():
        f.sql("INSERT INTO b SELECT i, 'x' FROM generate_series(1, 2000) i")
        f.sql("INSERT INTO a SELECT generate_series(1, 30000)")
        f.sql("UPDATE b SET id = id + 10000 WHERE id > 0")
    f.sql("INSERT INTO a VALUES (-1)")
    for table in ("b", "a", "a"):       # as soon as something more of it arrives
        end, p = end_of(f"{f.name}.public.{table}", "read_uncommitted"), f.start()
        until(lambda: end_of(f"{f.name}.public.{table}", "read_uncommitted") > end)
        p.kill()
        p.wait()
        assert [v["status"] for _, _, v, _ in f.records("transaction")].count(
            "END"
        ) == 2, "the kill did not fall inside the transaction"
    f.feed()
    ends = {
        v["id"].split(":")[0]: v for _, k, v, _ in f.records("transaction") if v["status"] == "END"
    }
    begins = [
        v["id"].split(":")[0] for _, k, v, _ in f.records("transaction") if v["status"] == "BEGIN"
    ]
    assert sorted(begins) == sorted(ends) and len(begins) == 4, (begins, ends)
    seen = {}
    for table in ("a", "b"):
        for _, k, v, _ in f.records("public." + table):
            if v:
                t = v["transaction"]
                seen.setdefault(t["id"].split(":")[0], []).append(
                    (t["total_order"], table, t["data_collection_order"])
                )
    for xid, places in seen.items():
        assert sorted(n for n, _, _ in places) == list(range(1, ends[xid]["event_count"] + 1)), xid
        for part in ends[xid]["data_collections"]:
            own = sorted(
                n for _, table, n in places if "public." + table == part["data_collection"]
            )
            assert own == list(range(1, part["event_count"] + 1)), part
    assert {e["event_count"] for e in ends.values()} == {36000, 1}


def test_tables_and_columns_are_left_out():
    f = feed(
        "CREATE TABLE kept (id int PRIMARY KEY, secret text, v text); CREATE TABLE odd (id int "
        "PRIMARY KEY, l line);"
        "CREATE TABLE log (at int, host text); ALTER TABLE log REPLICA IDENTITY FULL;"
        "INSERT INTO kept VALUES (1, 's', 'v'); INSERT INTO odd VALUES (1, '{1,2,3}'); INSERT INTO "
        "log VALUES (1, 'h')"
    )
    with open(f.config, "a") as c:
        c.write(
            'tables: { exclude: ["public[.]ODD"] }\ncolumns: { exclude: [".*[.]secret"], key: { '
            '"public[.]log": "host, at" } }\n'
            'topics: { route: { "(.*)[.]log": "$1.logs" } }\n'
        )
    f.feed()
    f.sql(
        "INSERT INTO kept VALUES (2, 's', 'w'); INSERT INTO odd VALUES (2, '{1,2,3}'); UPDATE log "
        "SET at = 2; TRUNCATE odd"
    )
    f.feed()
    assert [v["after"] for _, k, v, _ in f.records("public.kept")] == [
        {"id": 1, "v": "v"},
        {"id": 2, "v": "w"},
    ]
    assert not f.records("public.odd")
    assert [(k, v and v["op"]) for _, k, v, _ in f.records("public.logs")] == [
        ({"host": "h", "at": 1}, "r"),
        ({"host": "h", "at": 1}, "d"),
        ({"host": "h", "at": 1}, None),
        ({"host": "h", "at": 2}, "c"),
    ]
    with open(f.config, "a") as c:
        c.write("format: { skipped-operations: x }\n")
    r = f.run("check", expect=2)
    assert 'neither none nor letters' in r.stderr, r.stderr


def test_schemas_are_published():
    f = feed("CREATE TABLE customers (id int PRIMARY KEY, name text)", **OPTIONS)
    p = f.start()
    await_log(p, "snapshot complete")
    f.sql("INSERT INTO customers VALUES (1, 'a')")
    f.sql("SELECT pg_logical_emit_message(true, 'a', 'b')")
    is_published(f, {
        **dict.fromkeys(("key", "envelope-postgresql"), f.name + ".public.customers"),
        **dict.fromkeys(("transaction-key", "transaction"), f.name + ".transaction"),
        **dict.fromkeys(("heartbeat-key", "heartbeat"), "__debezium-heartbeat." + f.name),
        **dict.fromkeys(("schema-change-postgresql-key", "schema-change-postgresql"),
                        f.name + ".schema-changes"),
        **dict.fromkeys(("message-key", "message"), f.name + ".message"),
    })
    stop(p)


def test_heartbeats_of_an_idle_database():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", format__heartbeat_ms="100")
    p, topic = f.start(), "__debezium-heartbeat." + f.name
    until(lambda: len(f.records(name=topic)) >= 5)
    stop(p)
    beats = f.records(name=topic)
    assert len(beats) >= 5 and all(
        k == {"serverName": f.name} and v["ts_ms"] > 1.7e12 for _, k, v, _ in beats
    ), beats


def test_reconnects_after_its_connection_is_cut():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY)", limits__retry_max_ms="500", snapshot__mode="never"
    )
    p = f.start()
    for i in range(5):
        await_log(p, "reading host=", i + 1)
        f.sql(f"INSERT INTO t VALUES ({i})")
        if i % 2:
            f.arrived("public.t", i + 1)
        with psycopg.connect(STANDBY, autocommit=True) as s:
            cut = lambda: s.execute(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name "
                "= %s AND active",
                (f.name,),
            ).fetchall()
            until(cut)
    await_log(p, "reading host=", 6)
    f.arrived("public.t", 5)
    stop(p)
    f.feed()
    assert sorted(k["id"] for _, k, v, _ in f.records("public.t")) == list(range(5))


def test_files_without_kafka():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric(8,2)); INSERT INTO t SELECT i, i FROM "
        "generate_series(1, 1000) i"
    )
    directory = os.path.join(WORK, "files")
    files = dict(
        sink__kind="avro-file",
        sink__directory=directory,
        sink__rotate_bytes="20000",
        sink__compress="true",
    )
    f.feed(**files)
    p = f.start(**files)
    f.sql("UPDATE t SET n = n + 1"); time.sleep(2)
    p.kill(); p.wait()
    f.sql("DELETE FROM t WHERE id > 900"); f.feed(**files)
    rows, ops = {}, []
    for path in sorted(glob.glob(directory + "/*/*.avro")):
        with open(path, "rb") as fh:
            for v in fastavro.reader(fh):
                ops.append(v["op"])
                if v["op"] == "d":
                    del rows[v["before"]["id"]]
                else:
                    rows[v["after"]["id"]] = v["after"]["n"]
    assert ops.count("r") == 1000 and ops.count("u") == 1000 and ops.count("d") == 100, {
        o: ops.count(o) for o in set(ops)
    }
    assert {k: str(v) for k, v in rows.items()} == {i: f"{i + 1}.00" for i in range(1, 901)}
    assert not glob.glob(directory + "/*/*.part") and len(glob.glob(directory + "/*/*.avro")) >= 3


def test_dry_run_prints_and_keeps_nothing():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, n numeric(8,2)); INSERT INTO t VALUES (1, 2.5)")
    f.caught_up()
    before = f.slot()
    lines = [
        json.loads(x) for x in f.run("run", "--dry-run", "--until-current").stdout.splitlines()
    ]
    assert lines[0]["value"]["after"] == {"id": 1, "n": 2.5} and lines[0]["key"] == {"id": 1}
    assert f.slot() == before and not f.records()


def test_tail_and_check():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric(8,2)); INSERT INTO t VALUES (1, 2.50), (2, "
        "NULL)"
    )
    assert "0 fail" in f.run("check").stdout
    f.feed()
    lines = [json.loads(x) for x in f.run("tail").stdout.splitlines()]
    assert [x["value"]["after"]["n"] for x in lines] == [2.5, None] and len(
        f.run("tail", "--limit", "1").stdout.splitlines()
    ) == 1
    bad = f.run("check", expect=2, registry__url="http://127.0.0.1:1")
    assert "fail" in bad.stdout and "cannot be reached" in bad.stdout


def test_registry_look_up_only():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never")
    f.sql("INSERT INTO t VALUES (1)"); f.caught_up()
    r = f.run("run", "--until-current", expect=2, registry__auto_register="false")
    assert "not registered" in r.stderr
    f.feed(); f.sql("INSERT INTO t VALUES (2)"); f.feed(registry__auto_register="false")
    assert len(f.records("public.t")) == 2


def end_of(topic, level):
    c = Consumer({"bootstrap.servers": KAFKA, "group.id": "e2e", "isolation.level": level})
    end = c.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1]
    c.close()
    return end


def test_records_that_kafka_refuses():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, v text)", snapshot__mode="never")
    f.sql("INSERT INTO t VALUES (1, 'small')")
    f.sql("INSERT INTO t VALUES (2, repeat('x', 3000000))")
    f.sql("INSERT INTO t VALUES (3, 'small')")
    f.caught_up()
    for delivery in ("exactly-once", "at-least-once"):
        r = f.run("run", "--until-current", expect=3, sink__delivery=delivery)
        assert "refused" in r.stderr and "message.max.bytes" in r.stderr, r.stderr
        # Its end is written just after it was promised; the brokers would end a transaction that
        # was left open after 10 s.
        until(
            lambda: len(
                {
                    end_of(f.name + ".public.t", level)
                    for level in ("read_committed", "read_uncommitted")
                }
            )
            == 1,
            5,
            lambda: "a transaction was left open",
        )
    f.feed(sink__on_error="dead-letter")
    c = Consumer(
        {"bootstrap.servers": KAFKA, "group.id": "e2e", "isolation.level": "read_committed"}
    )
    c.assign([TopicPartition(f.name + ".dead-letters", 0, 0)])
    m = c.poll(15)
    h = dict(m.headers())
    assert (
        h["__tailrace.error.topic"].decode() == f.name + ".public.t"
        and b"large" in h["__tailrace.error.reason"]
        and m.value() is None
    )
    assert decode(m.key(), None) == {"id": 2}
    c.close()
    assert {k["id"] for _, k, _, _ in f.records("public.t")} == {1, 3}


def test_too_few_brokers_are_waited_for():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never")
    f.sql("INSERT INTO t VALUES (1)"); f.caught_up()
    log = f.run(
        "run", "--until-current", expect=1, topics__replication="3", limits__retry_limit_s="8"
    ).stderr
    assert (
        log.count("will reconnect") >= 2
        and "cannot be created" in log
        and "eplication factor" in log
    ), log
    f.feed()
    assert f.ops("public.t") == [("c", {"id": 1})]


def test_second_feeder_of_the_same_name_is_fenced_off():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", snapshot__mode="never")
    p = f.start()
    f.sql("INSERT INTO t VALUES (1)")
    f.arrived("public.t", 1)
    # as on another machine
    q = f.start("--take-over", control__socket=os.path.join(WORK, "elsewhere.sock"))
    time.sleep(2)
    f.sql("INSERT INTO t VALUES (2)")
    assert p.wait(30) == 4 and "taken over" in log_of(p)
    f.arrived("public.t", 2)
    stop(q)
    f.feed()
    assert sorted(k["id"] for _, k, _, _ in f.records("public.t")) == [1, 2]


def test_keys_land_where_java_puts_them():
    f = feed("CREATE TABLE t (id int PRIMARY KEY)", topics__partitions="7", snapshot__mode="never")
    f.sql("INSERT INTO t SELECT generate_series(1, 200)"); f.feed()
    parts = [(f.name + ".public.t", p) for p in range(7)]
    ours = {m.key(): m.partition() for m in messages(KAFKA, parts)}
    theirs = {}
    p = Producer({"bootstrap.servers": KAFKA, "partitioner": "murmur2"})
    for k in ours:
        p.produce(
            f.name + ".public.t",
            key=k,
            value=b"x",
            on_delivery=lambda e, m: theirs.__setitem__(m.key(), m.partition()),
        )
    p.flush(20)
    assert ours == theirs and len(ours) == 200 and len(set(ours.values())) == 7


def test_configuration_errors_name_the_place():
    path = os.path.join(WORK, "bad.yaml")
    with open(path, "w") as fh:
        fh.write("name: x\nsource:\n  conninfo: a\n  slott: b\n")
    r = subprocess.run([TAILRACE, "check", "-c", path], capture_output=True, text=True)
    assert (
        r.returncode == 2
        and f"{path}:4: source.slott: no such option; the nearest is source.slot" in r.stderr
    ), r.stderr
    r = subprocess.run(
        [TAILRACE, "run", "-c", path, "--set", "kafka.sasl.password=hunter2"],
        capture_output=True,
        text=True,
    )
    assert "hunter2" not in r.stderr + r.stdout
    with open(path, "w") as fh:
        fh.write(
            "name: x\nsource: { kind: mysql, mysql: { host: h, user: u } }\nsink: { kind: stdout "
            "}\n"
        )
    for asked, said in (
        (["plan", path, "--server", PRIMARY], "--server is the file of a configuration"),
        (["past@0", path], "registry.url is needed"),
    ):
        r = subprocess.run(
            [TAILRACE, "schema-diff", *asked, "-c", path], capture_output=True, text=True
        )
        assert r.returncode == 3 and said in r.stderr, (r.returncode, r.stderr)


def test_the_command_line_in_any_order():
    path = os.path.join(WORK, "line.yaml")
    with open(path, "w") as fh:
        fh.write(
            "name: line\nsource: { conninfo: 'host=127.0.0.1 port=1' }\nsink: { kind: 'null' "
            "}\ntables: { include: [a] }\n"
        )
    nobody = "no service listens at /run/tailrace/line.sock"
    cases = [
        ("run --help", 0, "usage: tailrace run "),
        ("backfill --help", 0, "usage: tailrace backfill "),
        (f"check --offline -c {path}", 0, "1 ok, 0 warn, 0 fail"),
        (f"-c {path} check --offline", 0, "1 ok, 0 warn, 0 fail"),
        (f"backfill pause 3 -c {path}", 1, nobody),
        (f"-c {path} backfill pause 3", 1, nobody),
        (f"backfill pause x -c {path}", 2, '"x" is not the number of a backfill'),
        (f"tail T --limit abc -c {path}", 2, '"abc" is not a number'),
        (f"tail T --limit -c {path}", 2, '"-c" is not a number'),
        (f"run more -c {path}", 2, "more: not expected"),
        ("", 2, "usage: tailrace COMMAND "),
        (f"-c {path}", 2, "usage: tailrace COMMAND "),
        ("statsu", 2, 'there is no command "statsu"; the nearest is status'),
        (f"run --offline -c {path}", 2, "--offline: unknown option"),
        (f"check --offline -c {WORK}/none.yaml", 2, "none.yaml: No such file"),
    ]
    for line, code, said in cases:
        r = subprocess.run([TAILRACE, *line.split()], capture_output=True, text=True, timeout=60)
        assert r.returncode == code and said in r.stdout + r.stderr, (line, r)
    r = subprocess.run([TAILRACE, "run", "--help"], capture_output=True, text=True)
    assert len(r.stdout.splitlines()) < 30 and "tailrace backfill [" not in r.stdout, r.stdout
    r = subprocess.run([TAILRACE], capture_output=True, text=True)
    assert not r.stdout and len(r.stderr.splitlines()) < 30, r
    r = subprocess.run([TAILRACE, "check", "-c", "/no.yaml"], capture_output=True, text=True)
    says = "/no.yaml: No such file or directory -> name the configuration with -c"
    assert r.returncode == 2 and says in r.stderr, r


def test_what_cannot_be_said_is_no_success():
    """Standard output is full: whoever keeps it in a file would take half of it for all."""
    f = feed("CREATE TABLE t (id int PRIMARY KEY)")
    f.feed()
    f.run("schema-diff", "live", "--save", os.path.join(WORK, "full.json"))
    connector = os.path.join(os.path.dirname(__file__), "../import/pg-tutorial.json")
    for command, args, code in (
        ("check", [], 1),
        ("setup", [], 1),
        ("import", [connector], 1),
        ("docs man", [], 1),
        ("schema-diff", [os.path.join(WORK, "full.json"), "live"], 3),
    ):
        line = (
            [TAILRACE, *command.split(), *args]
            if command in ("import", "docs man")
            else f.command(command, *args)
        )
        with open("/dev/full", "w") as full:
            r = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        assert (
            r.returncode == code
            and "standard output cannot be written: No space left on device" in r.stderr
        ), (command, r)


def test_a_tables_shape_is_said_before_its_first_row():
    f = feed(
        """CREATE TYPE size AS ENUM ('small', 'medium,wide');
        CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total numeric(10,2) DEFAULT 0, of size NOT NULL DEFAULT 'small');
        COMMENT ON COLUMN orders.total IS 'with tax'; INSERT INTO orders (of) VALUES ('small')""",
        format__schema_changes="always",
    )
    f.feed()
    f.sql("ALTER TABLE orders ADD note varchar(20)[]; INSERT INTO orders (of) VALUES ('small')")
    f.feed()
    f.sql("ALTER TABLE orders DROP note; INSERT INTO orders (of) VALUES ('small')")
    f.feed(format__schema_changes="auto")
    got = f.records("schema-changes")
    assert len(got) == 2 and all(
        k == {"databaseName": f.name} and v["ddl"] is None for _, k, v, _ in got
    ), got
    assert got[0][2]["source"]["schema"] == "public" and got[0][2]["schemaName"] == "public"
    first, last = got[0][2]["tableChanges"][0], got[1][2]["tableChanges"][0]
    assert (
        first["type"] == "CREATE"
        and first["id"] == '"public"."orders"'
        and first["table"]["primaryKeyColumnNames"] == ["id"]
    )
    columns = {c["name"]: c for c in first["table"]["columns"]}
    assert (
        columns["id"]["autoIncremented"]
        and columns["id"]["jdbcType"] == 4
        and columns["id"]["nativeType"] == 23
    )
    assert (
        columns["total"]["typeName"],
        columns["total"]["length"],
        columns["total"]["scale"],
    ) == ("numeric", 10, 2)
    assert (columns["total"]["comment"], columns["total"]["defaultValueExpression"]) == (
        "with tax",
        "0",
    )
    assert columns["of"]["enumValues"] == ["'small'", "'medium,wide'"], columns["of"]
    assert columns["of"]["optional"] is False, columns["of"]
    assert last["table"]["columns"][-1]["typeName"] == "_varchar"


def test_sides_of_a_schema_diff_agree():
    f = feed(
        "CREATE TYPE size AS ENUM ('small', 'it''s \\ large'); CREATE TABLE t (id int PRIMARY KEY, "
        "of size, n numeric(8,2)); INSERT INTO t VALUES (1)",
        format__schema_changes="always",
    )
    f.feed()
    saved, migration = os.path.join(WORK, "saved.json"), os.path.join(WORK, "migration.sql")
    f.run("schema-diff", "live", "live", "--save", saved)
    with open(migration, "w") as fh:
        fh.write("ALTER TABLE t ADD note text; ALTER TABLE t ALTER n TYPE numeric(10,2)")
    change = lambda r: [
        (c["change"], c["column"]) for t in json.loads(r.stdout)["tables"] for c in t["changes"]
    ]
    assert f.run("schema-diff", saved, "live").returncode == 0
    planned = change(
        f.run("schema-diff", "plan", migration, "--server", PRIMARY, "--json", expect=1)
    )
    before = f.run("schema-diff", "past@2999-01-01", "live", "--json")
    assert json.loads(before.stdout)["tables"] == []
    f.sql(open(migration).read()); f.caught_up()
    for old in (saved, "past@2999-01-01"):
        assert (
            change(f.run("schema-diff", old, "live", "--json", expect=1))
            == planned
            == [("type", "n"), ("column added", "note")]
        ), planned


def test_an_altered_table_is_said_again_in_mid_stream():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)",
        format__schema_changes="always",
    )
    f.feed()
    f.sql("INSERT INTO t VALUES (2)")
    f.sql("ALTER TABLE t ADD x int; INSERT INTO t VALUES (3, 3)")
    f.feed()
    kinds = [v["tableChanges"][0]["type"] for _, _, v, _ in f.records("schema-changes")]
    assert kinds == ["CREATE", "CREATE", "ALTER"], kinds


def test_an_incompatible_change_stops_the_feed_or_pauses_the_table():
    f = feed(
        """CREATE TABLE t (id int PRIMARY KEY, at timestamp(3)); CREATE TABLE other (id int PRIMARY KEY);
        INSERT INTO t VALUES (1, '2026-01-01'); INSERT INTO other VALUES (1)"""
    )
    f.feed()
    # a registry lets it pass: both are longs
    f.sql("ALTER TABLE t ALTER at TYPE timestamp(6)")
    f.sql("INSERT INTO t VALUES (2, '2026-01-01'); INSERT INTO other VALUES (2)")
    f.caught_up()
    r = f.run("run", "--until-current", expect=3, sink__on_schema_change="stop")
    assert (
        "t-value" in r.stderr
        and "io.debezium.time.Timestamp is read as io.debezium.time.MicroTimestamp" in r.stderr
    ), r.stderr
    r = f.feed(sink__on_schema_change="pause-table")
    assert "table is paused" in r.stderr and "changes=1" in r.stderr, r.stderr
    assert f.ops("public.t") == [("r", {"id": 1})] and f.ops("public.other") == [
        ("r", {"id": 1}),
        ("c", {"id": 2}),
    ]
    f.sql("ALTER TABLE t ALTER at TYPE timestamp(3)")
    f.sql("INSERT INTO t VALUES (3, '2026-01-01')")
    f.feed(sink__on_schema_change="pause-table")
    assert f.ops("public.t") == [("r", {"id": 1}), ("c", {"id": 3})]
    f.sql("ALTER TABLE t ALTER at TYPE timestamp(6)")
    f.sql("INSERT INTO t VALUES (4, '2026-01-01')")
    f.feed()
    assert f.ops("public.t")[-1] == ("c", {"id": 4})


def test_a_refused_change_pauses_the_table():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL); CREATE TABLE other (id int PRIMARY "
        "KEY); INSERT INTO t VALUES (1, 1)"
    )
    f.feed()
    registry.set_compatibility(subject_name=f"{f.name}.public.t-value", level="BACKWARD")
    f.sql("ALTER TABLE t ALTER a TYPE text")
    f.sql("INSERT INTO t VALUES (2, 'x'); INSERT INTO other VALUES (2)")
    f.caught_up()
    assert "compatib" in f.run("run", "--until-current", expect=3).stderr
    r = f.feed(sink__on_schema_change="pause-table")
    assert "int is written, and the reader wants string" in r.stderr, r.stderr
    assert f.ops("public.other") == [("c", {"id": 2})] and len(f.ops("public.t")) == 1


main(globals(), feeds)
