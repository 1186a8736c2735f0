"""Reading tables of MySQL or MariaDB that are out of the ordinary: none, empty ones at the end."""
import glob, tempfile, time
import fastavro
from my_road import feed, feeds
from road import await_log, main, WORK


def test_no_table_at_all():
    f = feed()
    began = time.monotonic()
    r = f.feed()
    assert (
        time.monotonic() - began < 20
        and r.stderr.count("snapshot complete") == 1
        and len(r.stderr.splitlines()) < 30
    ), r.stderr
    f.sql("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)")
    r = f.feed()
    assert [o for o, _ in f.ops("t")] == ["c"] and "snapshot" not in r.stderr, (
        f.ops("t"),
        r.stderr,
    )


def filed(f):
    """The ids of t's rows in the files of a feed."""
    got = []
    for path in sorted(glob.glob(f"{f.options['sink.directory']}/*.t/*.avro")):
        with open(path, "rb") as file:
            got += [r["after"]["id"] for r in fastavro.reader(file)]
    return got


def test_where_it_began_is_stored_before_anything_comes():
    """The server keeps no place: begun anew at each start, it would miss what came between."""
    for kill in False, True:
        f = feed(snapshot__mode="never", sink__kind="avro-file",
                 sink__directory=tempfile.mkdtemp(dir=WORK))
        if kill:
            p = f.start()
            await_log(p, "state=streaming")
            time.sleep(1)
            p.kill()
            p.wait()
        else:
            f.feed()
        f.sql("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)")
        f.feed()
        assert filed(f) == [1], (kill, filed(f))


def test_last_is_said_before_empty_tables():
    f = feed("CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a VALUES (1), (2);" +
             "".join(f"CREATE TABLE z_{i} (id INT PRIMARY KEY, v TEXT);" for i in range(20)))
    f.feed()
    got = [v["source"]["snapshot"] for _, _, v, _ in f.records(f"{f.name}.a")]
    assert got == ["first", "last"], got


main(globals(), feeds)
