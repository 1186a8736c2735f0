"""The road from MySQL and MariaDB: snapshot, stream, faults of the server and of its settings.

usage: test_mysql.py [NAME...]     needs the servers up, with two replicas; run by tests/e2e/run
FLAVOUR. Last line: N passed, N failed.
"""

import json, os, re, signal, subprocess, time
from my_road import (
    cut,
    E,
    feed,
    feeds,
    FLAVOUR,
    gtids,
    KIND,
    MYSQL,
    PORTS,
    replication,
    server,
    setting,
    sql,
)
from road import (
    await_log,
    job,
    jobs_of,
    log_of,
    main,
    reads_at_its_rates,
    reads_on_through_restarts,
    reads_when_the_replica_has_caught_up,
    registry,
    shown_on_a_terminal,
    stop,
    tables_of,
    until,
    was_read_once,
    WORK,
)
from published import OPTIONS, is_published

TABLE = "CREATE TABLE t (id int PRIMARY KEY, v varchar(50)); "


def test_snapshot_then_stream():
    f = feed(TABLE + "INSERT INTO t VALUES (1, 'a'), (2, 'ü🙂')")
    f.feed()
    f.sql(
        "INSERT INTO t VALUES (3, 'c'); UPDATE t SET v = 'd' WHERE id = 1; UPDATE t SET id = 9 "
        "WHERE id = 2; DELETE FROM t WHERE id = 3"
    )
    f.feed()
    assert f.ops("t") == [
        ("r", {"id": 1}),
        ("r", {"id": 2}),
        ("c", {"id": 3}),
        ("u", {"id": 1}),
        ("d", {"id": 2}),
        ("tombstone", {"id": 2}),
        ("c", {"id": 9}),
        ("d", {"id": 3}),
        ("tombstone", {"id": 3}),
    ]
    r = f.records(f"{f.name}.t")
    assert (
        r[3][2]["before"] == {"id": 1, "v": "a"}
        and r[6][3]["__debezium.oldkey"] == b'{"id":2}'
        and r[4][2]["before"]["v"] == "ü🙂"
    )
    source = r[3][2]["source"]
    assert (
        source["connector"] == KIND
        and source["db"] == f.name
        and source["table"] == "t"
        and source["server_id"] == 101
        and source["gtid"]
    )
    assert r[0][2]["source"]["snapshot"] == "first" and r[0][2]["source"]["gtid"] is None


def test_restart_goes_on_where_it_was():
    f = feed(TABLE)
    for n in range(5):
        f.sql(f"INSERT INTO t VALUES ({n}, 'x'), ({n + 100}, 'y')")
        f.feed()
    assert sorted(k["id"] for _, k in f.ops("t")) == [0, 1, 2, 3, 4, 100, 101, 102, 103, 104]


def test_kill_in_mid_stream_loses_and_repeats_nothing():
    f = feed(TABLE)
    f.feed()
    f.sql("".join(f"INSERT INTO t VALUES ({n}, 'x');" for n in range(3000)))
    for _ in range(3):
        p = f.start()
        await_log(p, "feed begins")
        time.sleep(0.3)
        p.kill(); p.wait()
    f.feed()
    assert [k["id"] for _, k in sorted(f.ops("t"), key=lambda x: x[1]["id"])] == list(range(3000))


def test_reconnects_when_the_server_comes_back():
    f = feed(TABLE)
    f.feed()
    p = f.start()
    await_log(p, "feed begins")
    f.sql("INSERT INTO t VALUES (1, 'before')"); f.arrived("t", 1)
    server("kill", "replica"); server("start", "replica")
    f.sql("INSERT INTO t VALUES (2, 'after')")
    f.arrived("t", 2)
    stop(p)
    assert "will reconnect" in log_of(p)
    f.feed()
    assert f.ops("t") == [("c", {"id": 1}), ("c", {"id": 2})]


def test_reconnects_after_its_connection_is_cut():
    f = feed(TABLE)
    f.feed()
    p = f.start()
    await_log(p, "feed begins")
    for n in range(3):
        f.sql(f"INSERT INTO t VALUES ({n}, 'x')"); f.arrived("t", n + 1)
        cut("replica")
        await_log(p, "will reconnect", n + 1)
    f.sql("INSERT INTO t VALUES (3, 'x')"); f.arrived("t", 4)
    stop(p)
    f.feed()
    assert [k["id"] for _, k in sorted(f.ops("t"), key=lambda x: x[1]["id"])] == [0, 1, 2, 3]


def test_tls_is_enforced():
    f = feed(TABLE)
    other = os.path.join(WORK, "other.pem")
    subprocess.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "
        f"/CN=other -keyout /dev/null -out {other}",
        shell=True,
        check=True,
        capture_output=True,
    )
    assert (
        "-> look at source.mysql.tls-ca"
        in f.run("run", "--until-current", expect=2, source__mysql__tls_ca=other).stderr
    )
    f.run("run", "--until-current", source__mysql__tls="require")
    f.run(
        "run", "--until-current", source__mysql__tls="verify-full", source__mysql__host="127.0.0.1"
    )
    key = os.path.join(WORK, "server.pem")
    with open(key, "w") as file:
        for _, text in sql("replica", "SHOW STATUS LIKE 'Caching_sha2_password_rsa_public_key'"):
            file.write(text.replace("\\n", "\n"))
    server("stop", "replica")
    server("start", "replica", "--tls-version=" if MYSQL else "--skip-ssl")
    try:
        for tls in ("require", "verify-ca", "verify-full"):
            r = f.run("run", "--until-current", expect=2, source__mysql__tls=tls)
            assert "TLS" in r.stderr, r.stderr
        # its kind of password wants the server's key then, which only its owner can vouch for
        if MYSQL:
            r = f.run("run", "--until-current", expect=2, source__mysql__tls="disable")
            assert "server-public-key" in r.stderr, r.stderr
            f.run(
                "run",
                "--until-current",
                source__mysql__tls="disable",
                source__mysql__server_public_key=key,
            )
        else:
            f.run("run", "--until-current", source__mysql__tls="disable")
    finally:
        server("stop", "replica"); server("start", "replica")


def test_wrong_password_is_said_once():
    f = feed(TABLE)
    r = f.run("run", "--until-current", expect=2, source__mysql__password="hunter2")
    assert "Access denied" in r.stderr and "hunter2" not in r.stderr
    assert (
        "-> look at source.mysql.user and source.mysql.password"
        in f.run("check", expect=2, source__mysql__password="hunter2").stdout
    )


def test_primary_is_refused_unless_allowed():
    f = feed(TABLE + "INSERT INTO t VALUES (1, 'a')")
    assert (
        "source.primary: allow"
        in f.run("run", "--until-current", expect=2, source__mysql__port=PORTS["primary"]).stderr
    )
    f.run("run", "--until-current", source__mysql__port=PORTS["primary"], source__primary="allow")
    assert f.ops("t") == [("r", {"id": 1})]


def test_another_reader_with_its_server_id_stops_it():
    f = feed(TABLE)
    f.feed(source__mysql__server_id="4711")
    g = feed(TABLE)
    p, q = f.start(source__mysql__server_id="4711"), None
    try:
        await_log(p, "feed begins")
        q = g.start(source__mysql__server_id="4711")
        until = time.monotonic() + 40
        while p.poll() is None and q.poll() is None and time.monotonic() < until:
            time.sleep(0.2)
        ended = p if p.poll() is not None else q
        assert ended.poll() == 2 and "source.mysql.server-id" in log_of(ended)
    finally:
        for x in filter(None, (p, q)):
            if x.poll() is None:
                x.kill()
            x.wait()


def test_purged_binlog_stops_with_what_is_missing():
    f = feed(TABLE)
    f.feed()
    f.sql("INSERT INTO t VALUES (1, 'lost')"); f.caught_up()
    sql("replica", "FLUSH BINARY LOGS")
    f.sql("INSERT INTO t VALUES (2, 'there')"); f.caught_up()
    # a file that is read, or that MariaDB's recovery may need, is not purged yet
    cut("replica")
    for _ in range(50):
        last = sql("replica", "SHOW BINARY LOGS")[-1][0]
        sql("replica", f"PURGE BINARY LOGS TO '{last}'")
        if len(sql("replica", "SHOW BINARY LOGS")) == 1:
            break
        time.sleep(0.2)
    r = subprocess.run(
        f.command("run", "--until-current"), capture_output=True, text=True, timeout=60
    )
    assert r.returncode == 4, (r.returncode, f.ops("t"), r.stderr)
    assert "purged" in r.stderr and f.ops("t") == [], r.stderr


def test_statements_in_place_of_rows_stop_it():
    f = feed(TABLE)
    f.feed()
    f.sql("INSERT INTO t VALUES (1, 'a')"); f.feed()
    # on the whole chain: it passes on what it was given
    with setting(binlog_format="'STATEMENT'"):
        f.sql("SET SESSION binlog_format = STATEMENT; UPDATE t SET v = 'b'"); f.caught_up()
    r = f.run("run", "--until-current", expect=4)
    assert "as a statement" in r.stderr and "UPDATE" in r.stderr, r.stderr


def test_compressed_transactions_and_events():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, v longtext)")
    f.feed()
    with setting(
        **(
            {"binlog_transaction_compression": "ON"}
            if MYSQL
            else {"log_bin_compress": "ON", "log_bin_compress_min_len": "10"}
        )
    ):
        f.sql(
            "INSERT INTO t VALUES (1, repeat('a', 5000)), (2, 'b'); UPDATE t SET v = repeat('c', "
            "70000) WHERE id = 2; DELETE FROM t WHERE id = 1"
        )
        f.feed()
    assert f.ops("t") == [
        ("c", {"id": 1}),
        ("c", {"id": 2}),
        ("u", {"id": 2}),
        ("d", {"id": 1}),
        ("tombstone", {"id": 1}),
    ]
    assert f.values("t")[2]["v"] == "c" * 70000


if MYSQL:
    def test_partial_json_is_merged():
        f = feed("CREATE TABLE t (id int PRIMARY KEY, v json, w json)")
        f.feed()
        with setting(binlog_row_value_options="'PARTIAL_JSON'"):
            f.sql("""INSERT INTO t VALUES (1, '{"a": 1, "b": [1, 2, 3], "c": "text"}', '[1]')""")
            for change in (
                "v = JSON_SET(v, '$.a', 2)",
                "v = JSON_REMOVE(v, '$.b[1]'), w = JSON_REPLACE(w, '$[0]', 'x')",
                "v = JSON_REPLACE(v, '$.c', 'new text that is longer')",
            ):
                f.sql(f"UPDATE t SET {change}")
            f.feed()
        assert [(v["v"], v["w"]) for v in f.values("t")] == [
            ('{"a":1,"b":[1,2,3],"c":"text"}', "[1]"),
            ('{"a":2,"b":[1,2,3],"c":"text"}', "[1]"),
            ('{"a":2,"b":[1,3],"c":"text"}', '["x"]'),
            ('{"a":2,"b":[1,3],"c":"new text that is longer"}', '["x"]'),
        ]

    def test_without_gtids_it_goes_by_file_and_position():
        f = feed(TABLE)
        f.caught_up()
        server("stop", "replica")
        server(
            "start",
            "replica",
            "--gtid-mode=OFF",
            "--enforce-gtid-consistency=OFF",
            "--skip-replica-start",
        )
        try:
            sql("replica", "SET GLOBAL super_read_only = OFF")
            file, position = sql("replica", "SHOW BINARY LOG STATUS")[0][:2]
            sql("replica", "INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (2, 'b')", f.name)
            begin = {"snapshot__mode": "never", "source__primary": "allow"}
            r = f.run(
                "run",
                "--until-current",
                expect=4,
                source__mysql__start=f"{file}:5000000000",
                **begin,
            )
            assert "4 bytes" in r.stderr, r.stderr
            f.run("run", "--until-current", source__mysql__start=f"{file}:{position}", **begin)
            sql("replica", "INSERT INTO t VALUES (3, 'c')", f.name)
            f.run("run", "--until-current", source__mysql__start="is not read any more", **begin)
            assert f.ops("t") == [("c", {"id": 1}), ("c", {"id": 2}), ("c", {"id": 3})]
            sql("replica", "SET SESSION sql_log_bin = 0; DELETE FROM t", f.name)
        finally:
            server("stop", "replica"); server("start", "replica")

    def test_a_primary_key_that_the_server_made():
        with setting(show_gipk_in_create_table_and_information_schema="OFF"):
            f = feed(
                "SET SESSION sql_generate_invisible_primary_key = ON; CREATE TABLE t (a int, b "
                "int); INSERT INTO t VALUES (1, 2)"
            )
            f.feed()
            f.sql("INSERT INTO t VALUES (3, 4)"); f.feed()
        assert f.values("t") == [
            {"my_row_id": 1, "a": 1, "b": 2},
            {"my_row_id": 2, "a": 3, "b": 4},
        ] and f.ops("t")[0] == ("r", {"my_row_id": 1})
else:
    def test_compressed_columns():
        f = feed(
            "CREATE TABLE t (id int PRIMARY KEY, v varchar(1000) COMPRESSED, w text COMPRESSED); "
            "INSERT INTO t VALUES (1, repeat('ä', 400), repeat('w', 9000))"
        )
        f.feed()
        f.sql("INSERT INTO t VALUES (2, repeat('ä', 400), repeat('w', 9000)), (3, 'short', NULL)")
        f.feed()
        assert f.values("t") == [
            {"id": 1, "v": "ä" * 400, "w": "w" * 9000},
            {"id": 2, "v": "ä" * 400, "w": "w" * 9000},
            {"id": 3, "v": "short", "w": None},
        ]

    def test_years_of_two_digits():
        f = feed("CREATE TABLE t (id int PRIMARY KEY, y year(2) DEFAULT 70);"
                 " INSERT INTO t VALUES (1, 70), (2, 5), (3, 0)")
        f.feed()
        f.sql("INSERT INTO t VALUES (4, 70), (5, 5), (6, 0)"); f.feed()
        f.sql("ALTER TABLE t ADD z year(2); INSERT INTO t VALUES (7, 99, 69)"); f.feed()
        years = [1970, 2005, 2000]
        assert [v["y"] for v in f.values("t")] == years + years + [1999]
        assert f.values("t")[6]["z"] == 2069

    def test_collations_of_a_session():
        f = feed("CREATE TABLE t (id int PRIMARY KEY)")
        f.feed()
        f.sql("/*M!110200 SET character_set_collations = '' */;"
              " ALTER TABLE t ADD v char(3) CHARACTER SET utf8mb4; INSERT INTO t VALUES (1, 'ä')")
        f.feed()
        assert f.values("t") == [{"id": 1, "v": "ä"}]

    def test_collations_that_are_of_any_character_set():
        f = feed(
            """CREATE TABLE t (id int PRIMARY KEY, v varchar(9) COLLATE uca1400_ai_ci, w varchar(9) CHARACTER SET ucs2 COLLATE uca1400_as_cs,
                    x enum('ä', 'ö') CHARACTER SET utf16 COLLATE uca1400_swedish_ai_ci); INSERT INTO t VALUES (1, 'ä1', 'ö1', 'ö')"""
        )
        f.feed()
        f.sql(
            "INSERT INTO t VALUES (2, 'ä2', 'ö2', 'ä'); ALTER TABLE t ADD y char(3) COLLATE "
            "uca1400_ai_cs; INSERT INTO t VALUES (3, 'ä3', 'ö3', NULL, 'é')"
        )
        f.feed()
        assert [list(v.values()) for v in f.values("t")] == [
            [1, "ä1", "ö1", "ö"],
            [2, "ä2", "ö2", "ä"],
            [3, "ä3", "ö3", None, "é"],
        ]

    def test_an_alter_in_two_phases():
        f = feed(TABLE, source__primary="allow")
        f.feed(source__mysql__port=PORTS["primary"])
        f.sql(
            "SET SESSION binlog_alter_two_phase = ON; ALTER TABLE t ADD w int; INSERT INTO t "
            "VALUES (1, 'a', 2)"
        )
        f.feed(source__mysql__port=PORTS["primary"])
        assert f.values("t") == [{"id": 1, "v": "a", "w": 2}]
        assert sum("ADD w" in (v["ddl"] or "") for _, _, v, _ in f.records(name=f.name)) == 1

    def test_generated_columns_that_the_log_leaves_out():
        f = feed(
            """CREATE TABLE t (id int PRIMARY KEY, a int, twice int AS (a * 2) VIRTUAL, thrice int AS (a * 3) STORED); INSERT INTO t (id, a) VALUES (1, 1)"""
        )
        f.feed()
        f.sql(
            "INSERT INTO t (id, a) VALUES (2, 2); UPDATE t SET a = 3 WHERE id = 2; DELETE FROM t "
            "WHERE id = 1"
        )
        row = lambda id, a: {"id": id, "a": a, "twice": a * 2, "thrice": a * 3}
        if FLAVOUR == "mariadb1011":
            f.feed()
            assert f.values("t") == [row(1, 1), row(2, 2), row(2, 3)]
            return
        assert "is generated" in f.run("check").stdout
        f.caught_up()
        r = f.run("run", "--until-current", expect=4)
        assert (
            f"{f.name}.t" in r.stderr
            and "column twice: " in r.stderr
            and "columns.exclude" in r.stderr
        ), r.stderr
        with open(f.config, "a") as config:
            config.write(f'columns: {{ exclude: ["{f.name}[.]t[.].*ice"] }}\n')
        f.feed()
        was, *_, now = values = f.values("t")
        assert (
            [(v["id"], v["a"]) for v in values] == [(1, 1), (2, 2), (2, 3)]
            and was == row(1, 1)
            and now == {"id": 2, "a": 3}
        ), values
        assert ("d", {"id": 1}) in f.ops("t")

    def test_unique_indexes_over_long_columns():
        f = feed(
            """CREATE TABLE t (id int PRIMARY KEY, u text UNIQUE, v varchar(2000), UNIQUE (v, id), w bigint); INSERT INTO t VALUES (1, 'a', 'b', 1);
                    CREATE TABLE k (DB_ROW_HASH_2 bigint, u text UNIQUE, DB_ROW_HASH_1 bigint); INSERT INTO k VALUES (1, 'a', 2)"""
        )
        f.feed()
        for n, metadata in enumerate(["FULL", "MINIMAL"]):
            with setting(binlog_row_metadata=metadata):
                f.sql(
                    f"INSERT INTO t VALUES ({n + 2}, 'a{n}', 'b{n}', {n}); UPDATE t SET u = 'c{n}' "
                    f"WHERE id = {n + 2}; INSERT INTO k VALUES ({n}, 'x{n}', {n})"
                )
                f.feed()
        t = lambda id, u, v, w: {"id": id, "u": u, "v": v, "w": w}
        assert f.values("t") == [
            t(1, "a", "b", 1),
            t(2, "a0", "b0", 0),
            t(2, "c0", "b0", 0),
            t(3, "a1", "b1", 1),
            t(3, "c1", "b1", 1),
        ], f.values("t")
        assert [list(v.values()) for v in f.values("k")] == [
            [1, "a", 2],
            [0, "x0", 0],
            [1, "x1", 1],
        ], f.values("k")
        f.sql("ALTER TABLE t ADD x int, DROP w; INSERT INTO t VALUES (4, 'd', 'd', 5)"); f.feed()
        assert f.values("t")[-1] == {"id": 4, "u": "d", "v": "d", "x": 5}, f.values("t")

    def test_system_versions_are_read_as_they_are_streamed():
        f = feed(
            "CREATE TABLE t (id int PRIMARY KEY, v varchar(9)) WITH SYSTEM VERSIONING; INSERT INTO "
            "t VALUES (1, 'a')"
        )
        f.feed()
        f.sql("INSERT INTO t VALUES (2, 'b')"); f.feed()
        f.caught_up(); f.run("backfill", "--table", f"{f.name}.t")
        was, streamed, *again = f.values("t")
        assert was.keys() == streamed.keys() and again == [was, streamed], (was, streamed, again)
        assert len(registry.get_versions(f"{f.name}.{f.name}.t-value")) == 1

    def test_older_temporals():
        f, g = feed(), feed()
        sql("primary", "SET GLOBAL mysql56_temporal_format = OFF")
        with setting(mysql56_temporal_format="OFF"):
            f.sql("CREATE TABLE t (id int PRIMARY KEY, a datetime, b timestamp NULL, c time)")
            f.sql(
                "INSERT INTO t VALUES (1, '2001-02-03 04:05:06', '2001-02-03 04:05:06', "
                "'-12:34:56')"
            )
            g.sql("CREATE TABLE t (id int PRIMARY KEY, a datetime(3))"); g.caught_up()
        sql("primary", "SET GLOBAL mysql56_temporal_format = ON")
        f.feed()
        f.sql("INSERT INTO t VALUES (2, '2001-02-03 04:05:06', '2001-02-03 04:05:06', '-12:34:56')")
        f.feed()
        read, streamed = f.values("t")
        assert read == streamed | {"id": 1}, (read, streamed)
        assert ".t.a is a datetime in the older format" in f.run("check").stdout
        # its values' length is not in the binlog
        assert ".t.a is a datetime(3) in the older" in g.run("check", expect=2).stdout
        g.feed()
        g.sql("INSERT INTO t VALUES (1, '2001-02-03 04:05:06.789')"); g.caught_up()
        r = g.run("run", "--until-current", expect=3)
        assert "mysql56_temporal_format" in r.stderr, r.stderr


def test_xa_rows_come_with_the_commit():
    f = feed(TABLE)
    f.feed()
    x, y = f.name + "x", f.name + "y"
    f.sql(f"XA START '{x}'; INSERT INTO t VALUES (1, 'xa'); XA END '{x}'; XA PREPARE '{x}'")
    f.sql(f"XA START '{y}'; INSERT INTO t VALUES (2, 'xa'); XA END '{y}'; XA PREPARE '{y}'")
    f.sql("INSERT INTO t VALUES (3, 'plain')")
    f.feed()
    assert f.ops("t") == [("c", {"id": 3})]
    f.sql(f"XA COMMIT '{x}'; XA ROLLBACK '{y}'")
    f.feed()
    assert f.ops("t") == [("c", {"id": 3}), ("c", {"id": 1})]


def test_a_prepared_xa_transaction_outlives_restarts():
    f = feed(TABLE)
    f.feed()
    x = f.name
    f.sql(
        f"XA START '{x}'; INSERT INTO t VALUES (1, 'xa'), (2, 'xa'); XA END '{x}'; XA PREPARE '{x}'"
    )
    f.feed()
    for n in (3, 4):
        f.sql(f"INSERT INTO t VALUES ({n}, 'x')"); f.feed()
    f.sql(f"XA COMMIT '{x}'"); f.feed()
    assert [k["id"] for _, k in f.ops("t")] == [3, 4, 1, 2]


def test_rows_without_all_columns_stop_it():
    f = feed(TABLE, source__primary="allow")
    f.sql("INSERT INTO t VALUES (1, 'a')"); f.feed(source__mysql__port=PORTS["primary"])
    f.sql("SET SESSION binlog_row_image = MINIMAL; UPDATE t SET id = 2")
    r = f.run("run", "--until-current", expect=4, source__mysql__port=PORTS["primary"])
    assert "binlog_row_image" in r.stderr, r.stderr


def test_begins_where_it_is_told_to():
    f = feed(TABLE + "INSERT INTO t VALUES (1, 'a')")
    f.caught_up()
    gtid, place = (
        gtids("replica"),
        sql("replica", f"SHOW {'BINARY LOG' if MYSQL else 'MASTER'} STATUS")[0][:2],
    )
    f.sql("INSERT INTO t VALUES (2, 'b')")
    f.feed(snapshot__mode="never", source__mysql__start=gtid)
    f.sql("INSERT INTO t VALUES (3, 'c')")
    f.feed(snapshot__mode="never", source__mysql__start=gtid)
    assert f.ops("t") == [("c", {"id": 2}), ("c", {"id": 3})]
    if MYSQL:
        g = feed(TABLE)
        assert (
            "GTID set"
            in g.run(
                "run", "--until-current", expect=2, source__mysql__start=":".join(place)
            ).stderr
        )
    else:
        f.run(
            "run",
            "--until-current",
            name=f.name + "2",
            snapshot__mode="never",
            source__mysql__start=":".join(place),
        )
        assert [(v["op"], k) for _, k, v, _ in f.records(name=f"{f.name}2.{f.name}.t")] == f.ops(
            "t"
        )
    r = f.run(
        "run", "--until-current", expect=2, name=f.name + "3", source__mysql__start="nonsense"
    )
    assert "neither a GTID set nor FILE:POSITION" in r.stderr, r.stderr


def test_a_server_that_is_silent_is_left():
    f = feed(TABLE)
    f.feed()
    p = f.start(source__mysql__heartbeat_ms="500")
    await_log(p, "feed begins"); f.sql("INSERT INTO t VALUES (1, 'a')"); f.arrived("t", 1)
    with open(os.path.join(E["MYSQL_DIR"], "replica.pid")) as file:
        pid = int(file.read())
    os.kill(pid, signal.SIGSTOP)
    try:
        await_log(p, "will reconnect", seconds=30)
    finally:
        os.kill(pid, signal.SIGCONT)
    f.sql("INSERT INTO t VALUES (2, 'b')"); f.arrived("t", 2)
    stop(p)
    assert f.ops("t") == [("c", {"id": 1}), ("c", {"id": 2})]


def test_an_account_without_rights():
    f = feed(TABLE)
    sql(
        "primary",
        f"CREATE USER {f.name}@'%' IDENTIFIED BY 'x'; GRANT REPLICATION SLAVE, SELECT ON *.* TO "
        f"{f.name}@'%'",
    )
    f.caught_up()
    try:
        r = f.run(
            "run",
            "--until-current",
            expect=2,
            source__mysql__user=f.name,
            source__mysql__password="x",
        )
        assert ("REPLICATION CLIENT" if MYSQL else "BINLOG MONITOR") in r.stderr, r.stderr
        r = f.run("check", expect=2, source__mysql__user=f.name, source__mysql__password="x").stdout
        assert "Access denied" in r and "the end of the binlog may be asked for" not in r, r
    finally:
        sql("primary", f"DROP USER {f.name}@'%'")


def test_create_table_as_select():
    f = feed(TABLE + "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    f.feed()
    f.sql("CREATE TABLE u (PRIMARY KEY (id)) AS SELECT id, v FROM t; INSERT INTO u VALUES (3, 'c')")
    f.feed()
    assert f.ops("u") == [("c", {"id": 1}), ("c", {"id": 2}), ("c", {"id": 3})]


def schema_changes(f):
    f.sql(
        "INSERT INTO t VALUES (1, 'a'); ALTER TABLE t ADD w int DEFAULT 5 FIRST; INSERT INTO t "
        "VALUES (6, 2, 'b'); ALTER TABLE t RENAME COLUMN v TO x;"
        "INSERT INTO t VALUES (7, 3, 'c'); ALTER TABLE t MODIFY w int AFTER x; INSERT INTO t "
        "VALUES (4, 'd', 8); ALTER TABLE t DROP w; INSERT INTO t VALUES (5, 'e')"
    )
    f.feed()
    assert f.values("t") == [
        {"id": 1, "v": "a"},
        {"w": 6, "id": 2, "v": "b"},
        {"w": 7, "id": 3, "x": "c"},
        {"id": 4, "x": "d", "w": 8},
        {"id": 5, "x": "e"},
    ], f.values("t")


def test_schema_changes_in_mid_stream():
    f = feed(TABLE)
    f.feed()
    schema_changes(f)


def test_schema_changes_without_names_in_the_binlog():
    for metadata in ("'MINIMAL'",) if MYSQL else ("'MINIMAL'", "'NO_LOG'"):
        with setting(binlog_row_metadata=metadata):
            f = feed(TABLE)
            f.feed()
            schema_changes(f)
            f.sql(
                "ALTER TABLE t ADD n bigint unsigned, ADD c varchar(10) CHARACTER SET latin1; "
                "INSERT INTO t VALUES (6, 'f', 18446744073709551615, 'é')"
            )
            f.feed()
            assert f.values("t")[-1] == {"id": 6, "x": "f", "n": -1, "c": "é"}, f.values("t")[-1]


def test_statements_faster_than_positions_are_stored():
    with setting(binlog_row_metadata="'MINIMAL'"):
        f = feed(TABLE, sink__delivery="at-least-once")
        f.feed()
        p = f.start(limits__commit_ms="600000")
        # its position is stored soon, the next one not for a while
        f.sql("INSERT INTO t VALUES (0, 'z')"); f.arrived("t", 1)
        f.sql(
            "INSERT INTO t VALUES (1, 'a'); ALTER TABLE t RENAME COLUMN v TO w; INSERT INTO t "
            "VALUES (2, 'b'); ALTER TABLE t RENAME COLUMN w TO x; INSERT INTO t VALUES (3, 'c')"
        )
        f.arrived("t", 4)
        p.kill(); p.wait()
        f.feed()
    first, rest = [{"id": 0, "v": "z"}], [
        {"id": 1, "v": "a"},
        {"id": 2, "w": "b"},
        {"id": 3, "x": "c"},
    ]
    assert f.values("t") in (first + rest + rest, first + rest + first + rest), f.values("t")


def test_an_online_change_by_swap():
    f = feed(TABLE + "INSERT INTO t VALUES (1, 'a')", exclude='".*[.]_t_(gho|del)"')
    f.feed()
    f.sql(
        "CREATE TABLE _t_gho LIKE t; ALTER TABLE _t_gho ADD w int NOT NULL DEFAULT 7; INSERT INTO "
        "_t_gho (id, v) SELECT id, v FROM t; INSERT INTO t VALUES (2, 'b');"
        "INSERT INTO _t_gho (id, v) VALUES (2, 'b'); RENAME TABLE t TO _t_del, _t_gho TO t; INSERT "
        "INTO t VALUES (3, 'c', 8); DROP TABLE _t_del"
    )
    f.feed()
    assert f.ops("t") == [("r", {"id": 1}), ("c", {"id": 2}), ("c", {"id": 3})] and f.values("t")[
        2
    ] == {"id": 3, "v": "c", "w": 8}
    assert len(registry.get_versions(f"{f.name}.{f.name}.t-value")) == 2 and not f.records(
        f"{f.name}._t_gho"
    )


def test_failover_to_another_replica_by_gtid():
    f = feed(TABLE + "INSERT INTO t VALUES (1, 'a')")
    f.feed()
    f.sql("INSERT INTO t VALUES (2, 'b')"); f.feed()
    sql("replica2", "FLUSH BINARY LOGS")        # its files are others
    f.sql("INSERT INTO t VALUES (3, 'c')"); f.caught_up("replica2")
    f.feed(source__mysql__port=PORTS["replica2"])
    f.sql("INSERT INTO t VALUES (4, 'd')"); f.caught_up("replica2")
    f.feed(source__mysql__port=PORTS["replica2"]); f.feed()
    assert f.ops("t") == [("r", {"id": 1}), ("c", {"id": 2}), ("c", {"id": 3}), ("c", {"id": 4})]


def test_a_replica_that_lags_is_waited_for():
    f = feed(TABLE)
    f.feed()
    replication("replica2", "STOP")
    try:
        f.sql("INSERT INTO t VALUES (1, 'a')"); f.feed()
        p = f.start(source__mysql__port=PORTS["replica2"])
        await_log(p, "lacks transactions")
    finally:
        replication("replica2", "START")
    f.sql("INSERT INTO t VALUES (2, 'b')"); f.arrived("t", 2)
    stop(p)
    f.feed()
    assert f.ops("t") == [("c", {"id": 1}), ("c", {"id": 2})]


def test_queries_by_option():
    f = feed(TABLE)
    f.feed()
    f.sql("INSERT INTO t VALUES (1, 'a')"); f.feed()
    f.sql("INSERT INTO t /* why */ VALUES (2, 'b')"); f.feed(source__mysql__query="true")
    assert [v["source"]["query"] for _, _, v, _ in f.records(f"{f.name}.t")] == [
        None,
        "INSERT INTO t /* why */ VALUES (2, 'b')",
    ]


# ---- tables read beside the stream ----

def fill(table, n, columns="id, 'v'"):
    """Statements that put rows 1 to n into a table."""
    digits = "(SELECT 0 AS i UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)"
    ids = f"(SELECT 1 + a.i + 10 * b.i + 100 * c.i + 1000 * d.i + 10000 * e.i AS id FROM {digits} a, {digits} b, {digits} c, {digits} d, {digits} e) ids"
    return f"INSERT INTO {table} SELECT {columns} FROM {ids} WHERE id <= {n} ORDER BY id; "


def test_backfill_through_the_service():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY, v varchar(50), w int); "
        + fill("t", 5000, "id, 'v', id"),
        snapshot__mode="never",
    )
    t = f.name + ".t"
    f.feed()
    assert f.run("backfill list", expect=1).stderr.count("no service listens") == 1
    p = f.start()
    assert jobs_of(f) == []
    line = f.run("backfill", "--dry-run", "--table", t).stdout
    assert f"{t}: about" in line and "by key" in line and "chunk" in line, line
    last = json.loads(
        f.run("backfill", "--table", t, "--where", "id <= 100", "--json").stdout.splitlines()[-1]
    )
    assert last["state"] == "done" and last["rows"] == 100
    f.run("backfill", "--table", t, "--columns", "w", "--topic", f.name + ".side")
    assert "not a SCHEMA.TABLE" in f.run("backfill", "--table", "t", expect=2).stderr
    assert "none is not fed" in f.run("backfill", "--table", f.name + ".none", expect=2).stderr
    assert "need a topic" in f.run("backfill", "--table", t, "--columns", "w", expect=2).stderr
    assert (
        "no column"
        in f.run(
            "backfill", "--table", t, "--columns", "x", "--topic", f.name + ".side", expect=2
        ).stderr
    )
    assert "SQL syntax" in f.run("backfill", "--table", t, "--where", "((", expect=2).stderr
    assert (
        "Unknown column" in f.run("backfill", "--table", t, "--where", "nope = 1", expect=2).stderr
    )
    assert "has ended" in f.run("backfill cancel", "1", expect=2).stderr
    bar = shown_on_a_terminal(
        f, "backfill", "--table", t, "--columns", "w", "--topic", f.name + ".bar"
    )
    assert re.search(
        r"\r\[#{20}\] 100 %  done \S+  5,000 rows  [0-9.]+ KiB  [0-9,]+ rows/s\x1b\[K", bar
    ), bar
    f.sql("UPDATE t SET v = 'x' WHERE id = 1")      # the stream goes on
    f.arrived("t", 101)
    stop(p)
    got = f.records(t)
    reads = [v for _, k, v, _ in got if v["op"] == "r"]
    assert [v["after"]["id"] for v in reads] == list(range(1, 101)) and {
        v["source"]["snapshot"] for v in reads
    } == {"incremental"}
    assert got[-1][2]["op"] == "u"
    side = f.records("side")
    assert len(side) == 5000 and side[0][2]["after"] == {"id": 1, "w": 1}


def test_backfill_survives_a_restart():
    f = feed(
        TABLE + fill("t", 20000),
        snapshot__mode="never",
        snapshot__rows_per_s="5000",
        snapshot__chunk_ms="20",
    )
    t = f.name + ".t"
    stop(reads_on_through_restarts(f, t))
    was_read_once(f, t)


def test_tables_that_change_while_they_are_read():
    f = feed(
        "".join(
            f"CREATE TABLE {t} (id int PRIMARY KEY, n int); " + fill(t, 10000, "id, id")
            for t in ("a_rebuilt", "b_altered", "c_dropped", "d_truncated")
        )
        + "CREATE TABLE e_keyless (n int, v text); "
        + fill("e_keyless", 3000, "id, 'v'")
        + "CREATE TABLE f_empty (id int PRIMARY KEY);"
        "CREATE TABLE h_parted (id int PRIMARY KEY, n int) PARTITION BY RANGE (id) (PARTITION a "
        "VALUES LESS THAN (1000), PARTITION b VALUES LESS THAN MAXVALUE); "
        + fill("h_parted", 4000, "id, id"),
        snapshot__rows_per_s="4000",
        snapshot__chunk_ms="20",
    )
    f.caught_up()
    p = f.start()
    steps = [
        (
            "a_rebuilt",
            "DELETE FROM a_rebuilt WHERE id <= 5000",
            "ALTER TABLE a_rebuilt ENGINE = InnoDB",
        ),
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
        until(
            lambda: control()["table"] == f"{f.name}.{table}" and control()["rows"] > 500,
            60,
            control,
        )
        time.sleep(0.3)
        assert control()["table"] == f"{f.name}.{table}", "too late to change it"
        for statement in statements:
            f.sql(statement)
    job(f, 1, {"done"}, 60)
    stop(p)
    f.feed()
    state = tables_of(r for r in f.records() if not r[2] or "op" in r[2])       # but for statements
    assert sorted(r["id"] for r in state["a_rebuilt"].values()) == list(range(5001, 10001))
    # a row read before has no such column, and no change either
    b = {r["id"]: r for r in state["b_altered"].values()}
    assert (
        sorted(b) == list(range(1, 10001))
        and b[1]["n"] == -1
        and {r.get("x", 7) for r in b.values()} == {7}
    )
    assert (
        state["d_truncated"]['{"id": 1}'] == {"id": 1, "n": -1}
        and 0 < len(state["c_dropped"]) < 10000
    )
    assert (
        sorted(r["n"] for r in state["e_keyless"].values()) == list(range(1, 3001))
        and "f_empty" not in state
    )
    assert sorted(r["id"] for r in state["h_parted"].values()) == list(range(1, 4001))


def test_many_tables():
    n = 200
    f = feed(
        "".join(f"CREATE TABLE t_{i} (id int PRIMARY KEY); " for i in range(n))
        + f"INSERT INTO t_1 VALUES (1); INSERT INTO t_99 VALUES (1); INSERT INTO t_{n - 1} VALUES "
          f"(1)",
        sink__kind="null",
    )
    log = f.feed().stderr
    assert re.search(rf"snapshot complete id=1 tables={n} rows=3 ", log), log[-500:]


def test_tables_are_read_at_the_rate_that_was_set():
    f = feed(
        TABLE
        + fill("t", 6000, "id, REPEAT('x', 48)")
        + "ALTER TABLE t ADD w char(32) NOT NULL DEFAULT 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
        snapshot__mode="never",
    )
    reads_at_its_rates(f, f.name + ".t")


def test_reading_waits_for_a_replica_that_lags():
    f = feed(TABLE + fill("t", 20000), snapshot__mode="never")
    delay = lambda s: sql(
        "replica",
        f"STOP {'REPLICA' if MYSQL else 'SLAVE'}; CHANGE "
        f"{'REPLICATION SOURCE TO SOURCE' if MYSQL else 'MASTER TO MASTER'}_DELAY = {s};"
        f"START {'REPLICA' if MYSQL else 'SLAVE'}",
    )
    try:
        reads_when_the_replica_has_caught_up(
            f,
            f.name + ".t",
            lambda: (delay(3600), f.sql("INSERT INTO t VALUES (0, 'late')")),
            lambda: delay(0),
        )
    finally:
        delay(0)


def test_schemas_are_published():
    f = feed("CREATE TABLE customers (id INT PRIMARY KEY, name TEXT)", **OPTIONS)
    p = f.start()
    await_log(p, "snapshot complete")
    f.sql("INSERT INTO customers VALUES (1, 'a')")
    is_published(f, {
        f"envelope-{KIND}": f"{f.name}.{f.name}.customers",
        **dict.fromkeys(("transaction-key", "transaction"), f.name + ".transaction"),
        **dict.fromkeys(("heartbeat-key", "heartbeat"), "__debezium-heartbeat." + f.name),
        **dict.fromkeys((f"schema-change-{KIND}-key", f"schema-change-{KIND}"), f.name),
    })
    stop(p)


def test_setup_and_check():
    f = feed(TABLE)
    out = f.run("setup", "--dry-run").stdout
    assert "GRANT" in out and "REPLICATION SLAVE" in out
    out = f.run("check").stdout
    assert "binlog_row_image is FULL" in out, out
    with setting(binlog_row_image="'MINIMAL'"):
        assert "binlog_row_image is MINIMAL" in f.run("run", "--until-current", expect=2).stderr


main(globals(), feeds)
