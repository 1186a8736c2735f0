"""Reading tables of MySQL or MariaDB that are out of the ordinary: none at all, and empty ones at the end."""
import time
from my_road import feed, feeds
from road import main


def test_no_table_at_all():
    f = feed()
    began = time.monotonic()
    r = f.feed()
    assert time.monotonic() - began < 20 and r.stderr.count("snapshot complete") == 1 and len(r.stderr.splitlines()) < 30, r.stderr
    f.sql("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)")
    r = f.feed()
    assert [o for o, _ in f.ops("t")] == ["c"] and "snapshot" not in r.stderr, (f.ops("t"), r.stderr)


def test_last_is_said_before_empty_tables():
    f = feed("CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1), (2);" +
             "".join(f"CREATE TABLE z_{i} (id INT PRIMARY KEY, v TEXT);" for i in range(20)))
    f.feed()
    got = [v["source"]["snapshot"] for _, _, v, _ in f.records(f"{f.name}.a")]
    assert got == ["first", "last"], got


main(globals(), feeds)
