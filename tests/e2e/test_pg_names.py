"""Names and keys: two tables of one topic, fields of one name, names in quotes, a registry that
answers nonsense."""

import http.server, json, threading
from pg_road import feed, feeds
from road import main

TWO = 'CREATE TABLE "foo@bar" (id int PRIMARY KEY, a int); CREATE TABLE "foo$bar" (id int PRIMARY KEY, b text);'
FILLED = TWO + 'INSERT INTO "foo@bar" VALUES (1, 5); INSERT INTO "foo$bar" VALUES (1, \'x\')'


def refused(f, *names):
    """run and check say both names; nothing of the second table has arrived."""
    run, check = f.feed(expect=2).stderr, f.run("check", expect=2).stdout
    assert all(n in run and n in check for n in names), (run[-800:], check)


def with_yaml(f, text):
    with open(f.config, "a") as out:
        out.write(text)
    return f


def test_sanitised_into_one_topic():
    f = feed(FILLED)
    refused(f, "foo@bar", "foo$bar", "public.foo_bar")
    f.feed(tables__exclude=r"public\.foo@bar")
    assert f.ops("public.foo_bar")


def test_a_namesake_of_an_earlier_run():
    """The other table's rows are in the topic, and none of it comes in this run."""
    f = feed("""CREATE TABLE "foo$bar" (id int PRIMARY KEY); INSERT INTO "foo$bar" VALUES (1)""")
    f.feed()
    f.sql("CREATE TABLE foo_bar (id int PRIMARY KEY)")
    f.sql("INSERT INTO foo_bar VALUES (1)")
    assert "public.foo$bar and public.foo_bar both become topic" in f.feed(expect=2).stderr
    assert len(f.records("public.foo_bar")) == 1
    f.sql("""ALTER TABLE "foo$bar" RENAME TO other""")
    f.feed()
    assert len(f.records("public.foo_bar")) == 2


def test_dots_make_one_topic():
    f = feed(
        'CREATE SCHEMA "a.b"; CREATE SCHEMA a; CREATE TABLE "a.b".c (id int PRIMARY KEY); CREATE '
        'TABLE a."b.c" (id int PRIMARY KEY);'
        'INSERT INTO "a.b".c VALUES (1); INSERT INTO a."b.c" VALUES (1)'
    )
    refused(f, "a.b.c", "topic")


def test_routes_may_merge():
    f = feed(
        "CREATE TABLE p_1 (id int PRIMARY KEY); CREATE TABLE p_2 (id int PRIMARY KEY); INSERT INTO "
        "p_1 VALUES (1); INSERT INTO p_2 VALUES (2)"
    )
    with_yaml(f, 'topics:\n  route: { "(.*)\\\\.p_[0-9]": "$1.p" }\n')
    r = f.feed(sink__kind="avro-file", sink__directory=f.config + ".out")
    assert r.stderr.count("two tables share a topic") == 1, r.stderr
    assert (
        "fail" in f.run("check", sink__kind="avro-file", sink__directory=f.config + ".out").stdout
    )


def test_route_to_no_topic():
    f = with_yaml(
        feed("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)"),
        'topics:\n  route: { ".*": "a b" }\n',
    )
    assert "which is no topic's name" in f.feed(expect=2).stderr


def test_kafka_takes_dot_and_underscore_for_one():
    f = feed(
        "CREATE SCHEMA a; CREATE SCHEMA a_b; CREATE TABLE a.b_c (id int PRIMARY KEY); CREATE TABLE "
        "a_b.c (id int PRIMARY KEY)"
    )
    said = f.run("check", expect=2).stdout
    assert "a.b_c" in said and "a_b.c" in said, said


def test_column_of_a_flat_fields_name():
    f = feed(
        'CREATE TABLE t (id int PRIMARY KEY, "__op" text); INSERT INTO t VALUES (1, \'mine\')',
        format__envelope="flat",
    )
    assert "__op" in f.feed(expect=3).stderr and "__op" in f.run("check", expect=2).stdout
    f.feed(columns__exclude=r"public\.t\.__op")
    assert len(f.records("public.t")) == 1


def test_two_columns_of_one_field():
    f = feed('CREATE TABLE t (id int PRIMARY KEY, "a b" int, a_b int);'
             'INSERT INTO t VALUES (1, 2, 3)')
    for said in f.run("check", expect=2).stdout, f.feed(expect=3).stderr:
        assert 'columns "a b" and "a_b" both become the Avro field a_b' in said, said
    f.feed(columns__exclude="public[.]t[.]a b")
    assert f.records("public.t")[0][2]["after"] == {"id": 1, "a_b": 3}


def test_names_in_quotes():
    f = feed(
        'CREATE SCHEMA "my.app"; CREATE TABLE "my.app"."t.x" (id int PRIMARY KEY); INSERT INTO '
        '"my.app"."t.x" VALUES (1)',
        setup=False,
    )
    with_yaml(f, "source:\n  tables: ['\"my.app\".\"t.x\"']\n")
    assert 'FOR TABLE "my.app"."t.x"' in f.run("setup", "--dry-run").stdout
    f.run("setup")
    f.feed()
    f.run("backfill", "--table", '"my.app"."t.x"')
    assert [k for _, k in f.ops("my.app.t.x")] == [{"id": 1}] * 2


def test_columns_are_renamed():
    """By stream and by read, in key and value, and every other option names the column as
    before."""
    f = feed("CREATE TABLE t (id int PRIMARY KEY, cust_no int, note text);"
             "INSERT INTO t VALUES (1, 10, 'read')")
    with_yaml(f, "columns:\n  rename: { 'public\\.t\\.(.*)_no': '$1_number', '.*\\.t\\.id': key }\n"
                 "  mask: { 'public\\.t\\.note': 3 }\n")
    f.feed()
    f.sql("INSERT INTO t VALUES (2, 20, 'streamed'); UPDATE t SET id = 3 WHERE id = 2")
    f.feed()
    f.run("backfill", "--table", "public.t")
    rows = f.records("public.t")
    assert [k for _, k, *_ in rows] == [{"key": n} for n in (1, 2, 2, 2, 3, 1, 3)], rows
    after = [v["after"] for _, _, v, _ in rows if v and v["after"]]
    assert {tuple(a) for a in after} == {("key", "cust_number", "note")}, after
    assert [a["cust_number"] for a in after] == [10, 20, 20, 10, 20]
    assert {a["note"] for a in after} == {"***"}
    f.run("verify")
    assert "No difference" in f.run("schema-diff").stdout


def test_key_in_another_form():
    f = feed(
        "CREATE TABLE t (k numeric PRIMARY KEY, v text); ALTER TABLE t REPLICA IDENTITY FULL; "
        "CREATE TABLE z (k timetz PRIMARY KEY); CREATE TABLE i (k interval PRIMARY KEY); CREATE "
        "TABLE f (k float8 PRIMARY KEY)",
        snapshot__mode="never",
    )
    f.sql(
        "INSERT INTO t VALUES (1.50, 'x'); UPDATE t SET k = 1.5; UPDATE t SET k = 1.6;"
        "INSERT INTO z VALUES ('12:00+00'); UPDATE z SET k = '13:00+01'; INSERT INTO i VALUES ('1 "
        "day'); UPDATE i SET k = '24:00';"
        "INSERT INTO f VALUES (0); UPDATE f SET k = '-0'"
    )
    f.feed()
    assert [o for o, _ in f.ops("public.t")] == ["c", "u", "d", "tombstone", "c"]
    assert [o for o, _ in f.ops("public.z")] == ["c", "u"]
    assert [o for o, _ in f.ops("public.i")] == ["c", "u"]
    # other bytes: the old key must die
    assert [o for o, _ in f.ops("public.f")] == ["c", "d", "tombstone", "c"]


class Nonsense(http.server.BaseHTTPRequestHandler):
    answers = {}

    def log_message(self, *args):
        pass

    def answer(self, method):
        code, body = self.answers[method]
        self.send_response(code)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for block in body() if callable(body) else [body]:
                self.wfile.write(block)
        except OSError:
            pass

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer("POST")


def endless():
    while True:
        yield b" " * (1 << 20)


def test_a_deferrable_key_is_none_where_rows_may_swap_it():
    f = feed(
        "CREATE TABLE p (id int PRIMARY KEY DEFERRABLE, v text); CREATE TABLE u (id int NOT NULL "
        "UNIQUE DEFERRABLE, v text);"
        "CREATE TABLE b (id int PRIMARY KEY DEFERRABLE, k int NOT NULL UNIQUE); INSERT INTO p "
        "VALUES (1, 'a'), (2, 'b');"
        "INSERT INTO u VALUES (1, 'a'), (2, 'b'); INSERT INTO b VALUES (1, 11), (2, 12);"
        "ALTER TABLE p REPLICA IDENTITY FULL; ALTER TABLE u REPLICA IDENTITY FULL; ALTER TABLE b "
        "REPLICA IDENTITY FULL"
    )
    f.feed()
    for t in "pub":
        f.sql(f"UPDATE {t} SET id = 3 - id")
    f.feed()
    for t in "pu":
        assert f.ops(f"public.{t}") == [("r", None), ("r", None), ("u", None), ("u", None)], f.ops(
            f"public.{t}"
        )
    assert f.ops("public.b") == [
        ("r", {"k": 11}),
        ("r", {"k": 12}),
        ("u", {"k": 11}),
        ("u", {"k": 12}),
    ], f.ops("public.b")
    f = feed(
        "CREATE TABLE i (id int PRIMARY KEY DEFERRABLE); CREATE TABLE c (id int PRIMARY KEY "
        "DEFERRABLE); ALTER TABLE c REPLICA IDENTITY FULL",
        text="columns: { key: { 'public[.]c': id } }\n",
    )
    f.sql("INSERT INTO i VALUES (1)"); f.sql("INSERT INTO c VALUES (1)")
    f.feed()
    assert f.ops("public.i") == f.ops("public.c") == [("r", {"id": 1})], f.records()


def test_registry_answers_nonsense():
    f = feed(
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)",
        sink__kind="avro-file",
        sink__directory="/tmp",
    )
    f.options["sink.directory"] = f.config + ".out"
    unnamed = {
        "version": 1,
        "schema": json.dumps({"type": "record", "name": "x", "fields": [{"type": "int"}]}),
    }
    conflict = (409, b'{"error_code": 409, "message": "no"}')
    cases = [
        ({"POST": conflict, "GET": (200, json.dumps(unnamed).encode())}, 3, "without a name"),
        ({"POST": conflict, "GET": (200, b'{"version": 1, "schema": "7"}')}, 3, "incompatible"),
        ({"POST": (200, b'{"id": 4294967301}')}, 2, "not a registry's"),
        ({"POST": (200, b'{"id": 0}')}, 2, "not a registry's"),
        ({"POST": (200, b"<html>")}, 2, "is registry.url its base?"),
        ({"POST": (404, b"gone")}, 2, "is registry.url its base?"),
        ({"POST": (200, endless)}, 2, "more than 64 MiB"),
    ]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nonsense)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for Nonsense.answers, code, words in cases:
        said = f.feed(expect=code, registry__url=f"http://127.0.0.1:{server.server_port}",
                      # 64 MiB may take a while on a busy machine
                      registry__timeout_ms="60000").stderr
        assert words in said, said[-600:]
    server.shutdown()


HIDDEN = {
    "list": ("CREATE TABLE t (id int PRIMARY KEY, v int)", "(v)", "id"),
    "half": ("CREATE TABLE t (v int, id int, PRIMARY KEY (v, id))", "(v)", "id"),
    "full": (
        "CREATE TABLE t (id int PRIMARY KEY, v int); ALTER TABLE t REPLICA IDENTITY FULL",
        "(v)",
        "id",
    ),
    "index": (
        "CREATE TABLE t (id int NOT NULL UNIQUE, v int); ALTER TABLE t REPLICA IDENTITY USING "
        "INDEX t_id_key",
        "(v)",
        "id",
    ),
    "generated": (
        "CREATE TABLE t (v int NOT NULL, id int GENERATED ALWAYS AS (v * 2) STORED PRIMARY KEY)",
        "",
        "id",
    ),
}


def test_a_key_that_is_not_published():
    for case, (table, columns, column) in HIDDEN.items():
        f = feed(table, setup=False)
        f.sql(f"CREATE PUBLICATION tailrace FOR TABLE t {columns} WITH (publish = 'insert')")
        f.run("setup")
        if case in ("full", "generated"):
            f.feed()        # the stream's row meets it; of the others the first read's
        f.sql(
            "INSERT INTO t (v) VALUES (7)"
            if case == "generated"
            else "INSERT INTO t (v, id) VALUES (7, 1)"
        )
        f.caught_up()
        refused(f, f"table public.t: column {column} of its key is not published", "columns.key")
        assert not f.records("public.t"), case
        with_yaml(f, 'columns:\n  key: { "public\\\\.t": "" }\n')
        f.feed()
        got = [(k, v["after"]["v"]) for _, k, v, _ in f.records("public.t")]
        assert got == [(None, 7)], (case, got)
        assert f"column {column} of its key" not in f.run("check").stdout


def test_a_key_that_is_published_after_all():
    for stored in (True, False):
        f = feed("CREATE TABLE t (id int PRIMARY KEY, v int)", setup=False)
        f.sql("CREATE PUBLICATION tailrace FOR TABLE t (v) WITH (publish = 'insert')")
        f.run("setup")
        if not stored:
            f.feed()
        f.sql("INSERT INTO t VALUES (1, 7)")
        refused(f, "column id of its key is not published")
        f.sql("ALTER PUBLICATION tailrace SET TABLE t (id, v)")
        log = f.feed().stderr
        # the log has no more of the row than was published
        assert ("records of a table have no key" in log) != stored, log
        assert [(k, v["after"]["v"]) for _, k, v, _ in f.records("public.t")] == [
            ({"id": 1} if stored else None, 7)
        ]


def test_another_key_that_is_published():
    f = feed("CREATE TABLE t (id int PRIMARY KEY, u int NOT NULL UNIQUE)", setup=False)
    f.sql("CREATE PUBLICATION tailrace FOR TABLE t (u) WITH (publish = 'insert')")
    f.run("setup")
    f.sql("INSERT INTO t VALUES (1, 2)")
    f.feed()
    assert [k for _, k, _, _ in f.records("public.t")] == [{"u": 2}], f.records("public.t")
    assert "0 fail" in f.run("check").stdout


main(globals(), feeds)
