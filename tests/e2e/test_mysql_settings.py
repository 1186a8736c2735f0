"""Settings of the server that reach the feeder's sessions: each at its worst, the rows that are
read and streamed stay the same."""

import subprocess
from my_road import E, feed, feeds, MYSQL, PORTS, setting, sql
from road import await_log, main, stop


ROWS = 300
FILL = " UNION ALL ".join(f"SELECT {i} i" for i in range(ROWS))
VERSION = [int(x) for x in sql("replica", "SELECT @@version")[0][0].split("-")[0].split(".")]
WORST = {
    "sql_select_limit": "7",
    "sql_mode": "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE'",
    "autocommit": "0",
    "completion_type": "2",
    "time_zone": "'-11:00'",
    "wait_timeout": "1",
    "net_read_timeout": "1",
    "net_write_timeout": "1",
    "lock_wait_timeout": "1",
    "sql_safe_updates": "1",
    "max_join_size": "1",
    "sql_auto_is_null": "1",
    "max_sort_length": "64",
    "sql_quote_show_create": "0",
    "sql_buffer_result": "1",
    "group_concat_max_len": "4",
    "div_precision_increment": "0",
    "lc_time_names": "'ja_JP'",
    "default_week_format": "7",
    "character_set_client": "'latin1'",
    "character_set_connection": "'latin1'",
    "character_set_results": "'latin1'",
    "collation_connection": "'latin1_bin'",
}
WORST |= (
    {
        "transaction_isolation": "'READ-UNCOMMITTED'",
        "transaction_read_only": "1",
        "max_execution_time": "1",
        "session_track_system_variables": "'*'",
        "show_gipk_in_create_table_and_information_schema": "0",
        "session_track_state_change": "1",
        "show_create_table_verbosity": "1",
    }
    if MYSQL
    else {
        "tx_isolation": "'READ-UNCOMMITTED'",
        "tx_read_only": "1",
        "max_statement_time": "0.0001",
        "system_versioning_asof": "'2001-01-01'",
        "old_mode": "''",
        "idle_transaction_timeout": "1",
        "idle_readonly_transaction_timeout": "1",
        "sql_if_exists": "1",
        "session_track_system_variables": "'*'",
        "session_track_state_change": "1",
    }
    | ({"character_set_collations": "'utf8mb4=utf8mb4_bin'"} if VERSION >= [11, 2] else {})
)


def table(f):
    members = ",".join(f"'m{i}'" for i in range(60))
    f.sql(
        f"CREATE TABLE t (id INT PRIMARY KEY, s SET({members}), at TIMESTAMP(3) NULL, n "
        f"VARCHAR(40), d DOUBLE, b BIT(64), c DECIMAL(30,10)); "
        f"CREATE TABLE w ({', '.join(f'c{i} INT' for i in range(30))}, PRIMARY KEY (c0)); INSERT "
        f"INTO w (c0) VALUES (1); "
        f"INSERT INTO t SELECT i, 'm0,m59', '2024-02-29 12:34:56.789', CONCAT('\u00e9\\\\\u4e2d ', "
        f"i), i / 7, ~0 - i, -i / 7 FROM ({FILL}) x"
    )


def check_rows(f):
    """The same rows are read and, updated, streamed."""
    f.feed()
    read = {v["id"]: v for v in f.values("t")}
    assert len(read) == ROWS and len(f.values("w")[0]) == 30, (len(read), f.values("w"))
    f.sql("UPDATE t SET c = c + 1; UPDATE t SET c = c - 1")
    f.feed()
    streamed = {v["id"]: v for v in f.values("t")}
    assert streamed == read
    assert [streamed[5][k] for k in ("s", "n")] == ["m0,m59", "\u00e9\\\u4e2d 5"], streamed[5]


class globals_of:
    """Global values of the replica, set without touching its own applier's sessions."""

    def __init__(self, values):
        self.values = values

    def __enter__(self):
        self.before = {k: sql("replica", f"SELECT @@GLOBAL.{k}")[0][0] for k in self.values}
        for k, v in self.values.items():
            sql("replica", f"SET GLOBAL {k} = {v}")

    def __exit__(self, *_):
        first = "SET sql_mode = '', sql_select_limit = DEFAULT, autocommit = 1; SET SESSION TRANSACTION READ WRITE; "
        for k in reversed(self.values):
            sql(
                "replica",
                first
                + f"SET GLOBAL {k} = "
                + (
                    "DEFAULT"
                    if k in ("system_versioning_asof", "max_join_size", "sql_select_limit")
                    else (
                        self.before[k]
                        if self.before[k].replace(".", "").isdigit()
                        else repr(self.before[k])
                    )
                ),
            )


def test_each_at_its_worst():
    f = feed()
    table(f)
    with globals_of(WORST):
        check_rows(f)


def test_init_connect():
    f = feed()
    table(f)
    f.caught_up()
    worst = f"SET sql_select_limit = 3, autocommit = 0; START TRANSACTION; SELECT COUNT(*) FROM {f.name}.t"
    with globals_of({"init_connect": repr(worst)}):
        check_rows(f)


def test_a_row_beyond_the_limit_is_named():
    f = feed(
        "CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT); INSERT INTO t VALUES (1, REPEAT('x', "
        "300000))"
    )
    f.caught_up()
    p = f.start(source__mysql__max_packet_bytes=100000)
    await_log(p, "source.mysql.max-packet-bytes")
    stop(p)


def test_a_query_is_utf8_whatever_was_sent():
    if not MYSQL:
        return      # MariaDB's log does not say a session's character set
    f = feed(
        "CREATE TABLE t (id INT PRIMARY KEY, v VARBINARY(9), w VARCHAR(9))",
        source__mysql__query="true",
    )
    f.feed()
    for charset, text in (
        ("latin1", "INSERT INTO t VALUES (1, 'x', '\u00e9\u20ac')".encode("cp1252")),
        ("utf8mb4", b"INSERT INTO t VALUES (2, _binary'\xff\xfe', 'a')"),
    ):
        subprocess.run(
            [
                *E["MYSQL_CLI"].split(),
                "-P",
                PORTS["primary"],
                f"--default-character-set={charset}",
                f.name,
            ],
            input=text,
            check=True,
        )
    f.feed()
    assert [v["source"]["query"] for _, _, v, _ in f.records(f.name + ".t")] == [
        "INSERT INTO t VALUES (1, 'x', '\u00e9\u20ac')",
        "INSERT INTO t VALUES (2, _binary'\\xFF\\xFE', 'a')",
    ]


def test_a_log_without_checksums():
    with setting(binlog_checksum="NONE"):
        f = feed("CREATE TABLE t (id INT PRIMARY KEY)")
        f.feed()
        for i in range(2):
            f.sql(f"INSERT INTO t VALUES ({i})"); f.feed()
    f.sql("INSERT INTO t VALUES (2)"); f.feed()
    assert [v["id"] for v in f.values("t")] == [0, 1, 2]


def test_checksums_that_come_and_go_while_it_runs():
    f = feed("CREATE TABLE t (id INT PRIMARY KEY)")
    f.feed()
    p, n = f.start(), 0
    try:
        for kind in ("NONE", "CRC32", "NONE"):
            sql("replica", f"SET GLOBAL binlog_checksum = {kind}")
            f.sql(f"INSERT INTO t VALUES ({n}); INSERT INTO t VALUES ({n + 1})")
            n += 2
            f.arrived("t", n)
    finally:
        sql("replica", "SET GLOBAL binlog_checksum = CRC32")
    stop(p)
    assert [v["id"] for v in f.values("t")] == list(range(n))


main(globals(), feeds)
