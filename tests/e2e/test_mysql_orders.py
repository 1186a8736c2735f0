"""
A feed of a binlog is moved to another position: what the dry run says, in GTIDs, is held against
what arrives in Kafka.
"""
import json
from my_road import MYSQL, feed, feeds, gtids, replication, setting, sql
from ordering import ctl, exported, shown
from road import await_log, log_of, main, stop
from suite import until


def table():
    f = feed("CREATE TABLE t (id INT PRIMARY KEY);")
    f.feed()
    f.sql("INSERT INTO t VALUES (1)")
    f.feed()
    return f


def ids(f):
    return [k["id"] for op, k in f.ops("t")]


def missing(a, b):
    """Of the server: what of a is not in b."""
    if MYSQL:
        return sql("replica", f"SELECT GTID_SUBTRACT('{a}', '{b}')")[0][0]
    return a


def test_skipped_and_repeated_are_the_transactions_that_were_said():
    f = table()
    before = shown(f)
    kept = exported(f)
    assert json.load(open(kept))["server"] == before["position"]["server"]
    f.sql("INSERT INTO t VALUES (2)")
    f.sql("ALTER TABLE t ADD COLUMN v INT DEFAULT 7")
    f.sql("INSERT INTO t VALUES (3, 3)")
    f.caught_up()
    to = gtids("replica")
    dry = ctl(f, "position", "set", f.name, to, "--dry-run").stdout
    assert f"skips transactions {missing(to, before['position']['gtid'])}:" in dry, dry
    assert shown(f)["position"] == before["position"]
    assert "--yes is wanted" in ctl(f, "position", "set", f.name, to, expect=2).stderr
    assert ctl(f, "position", "set", f.name, to, "--yes").stdout.startswith(dry.strip())
    f.sql("INSERT INTO t VALUES (4, 4)")
    f.feed()
    assert ids(f) == [1, 4], ids(f)
    assert f.values("t")[-1] == {"id": 4, "v": 4}, f.values("t")

    now = shown(f)["position"]["gtid"]
    dry = ctl(f, "position", "set", f.name, kept, "--dry-run").stdout
    assert f"repeats transactions {missing(now, before['position']['gtid'])}:" in dry, dry
    ctl(f, "position", "set", f.name, kept, "--yes")
    f.sql("INSERT INTO t VALUES (5, 5)")
    f.feed()
    assert ids(f) == [1, 4, 2, 3, 4, 5], ids(f)


def purged(server, file):
    """Is it the first file now? One that is read stays, and a reader lives a moment longer."""
    sql(server, f"PURGE BINARY LOGS TO '{file}'")
    return sql(server, "SHOW BINARY LOGS")[0][0] == file


def test_what_cannot_be_read_is_refused():
    f = table()
    at, kept = shown(f)["position"], exported(f)
    refuses = lambda text, why, **options: why in ctl(f, "position", "set", f.name, text, "--yes",
                                                      expect=2, **options).stderr
    later = "00000000-0000-0000-0000-000000000001:1-9" if MYSQL else "99-9-9"
    assert refuses(at["gtid"] + "," + later, "the position is refused")
    assert refuses("nonsense", "nor a set of GTIDs")
    assert refuses("{}", "cannot be read")
    with setting(binlog_row_metadata="'MINIMAL'"):
        assert refuses(kept, "does not name columns")
    f.sql("INSERT INTO t VALUES (2)")
    f.feed()
    file = sql("replica", "SHOW BINARY LOGS")[-1][0]
    replication("replica", "STOP")
    sql("replica", "FLUSH BINARY LOGS")
    file = sql("replica", "SHOW BINARY LOGS")[-1][0]
    until(lambda: purged("replica", file))
    replication("replica", "START")
    assert refuses(kept, "the position is refused")
    assert ids(f) == [1, 2]
    f.sql("INSERT INTO t VALUES (3)")
    f.feed()
    assert ids(f) == [1, 2, 3], ids(f)


def test_forget():
    f = table()
    said = ctl(f, "forget", f.name, "--yes").stdout
    assert "keeps nothing for a reader of its binlog" in said and f"topic {f.name}." in said, said
    assert not shown(f)["stored"]
    f.run("run", "--until-current", timeout=120)        # it begins anew
    assert shown(f)["stored"]


def test_what_a_service_holds_is_not_forgotten():
    """It would go on where it was: the server keeps nothing that could be missing."""
    f = table()
    p = f.start()
    await_log(p, "reading host=")
    ctl(f, "pause", f.name)
    assert "a service holds feed" in ctl(f, "forget", f.name, "--yes", expect=2).stderr
    assert shown(f)["stored"]
    f.sql("INSERT INTO t VALUES (2)")
    ctl(f, "resume", f.name)
    until(lambda: ids(f) == [1, 2], 120, lambda: log_of(p)[-2000:])
    stop(p)


main(globals(), feeds)
