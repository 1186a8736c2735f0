"""A server, or who stands between, that answers otherwise than asked: no feeder dies of it."""
import os, subprocess
import psycopg
from liar import cut, PostgresLiar
from pg_road import feed, feeds, STANDBY
from road import main, WORK

PORT = int(psycopg.conninfo.conninfo_to_dict(STANDBY)["port"])
TABLES = ("CREATE TYPE mood AS ENUM ('a', 'b');"
          "CREATE TABLE t (id int PRIMARY KEY, m mood, n numeric DEFAULT 1);"
          "CREATE TABLE k (v text); INSERT INTO t VALUES (1, 'a', 2); INSERT INTO k VALUES ('x')")


def every_answer(lie):
    """Each answer in turn; how many there were, and how the runs ended."""
    f = feed(TABLES)
    ends = []
    while True:
        f.sql(f"UPDATE t SET n = n + 1; INSERT INTO t VALUES ({10 + len(ends)}, 'a')")
        f.caught_up()
        liar = PostgresLiar(PORT, lie, len(ends))
        conninfo = psycopg.conninfo.make_conninfo(f.standby, port=liar.port, sslmode="disable",
                                                  gssencmode="disable")
        folder = os.path.join(WORK, f"{f.name}.{len(ends)}")
        os.mkdir(folder)
        r = subprocess.run(f.command("run", "--until-current", source__conninfo=conninfo,
                                     sink__kind="avro-file", sink__directory=folder,
                                     limits__retry_limit_s="1"),
                           capture_output=True, text=True, timeout=300, errors="replace")
        liar.close()
        if not liar.told:
            break
        assert r.returncode in range(5), (r.returncode, liar.told, r.stderr[-3000:])
        ends.append(r.returncode)
    assert len(ends) > 20, ends
    return ends


def test_columns_that_are_missing():
    assert 4 in every_answer(cut(1))


def test_nothing_but_nulls():
    every_answer(lambda columns: [None] * len(columns))


if __name__ == "__main__":
    main(globals(), feeds)
