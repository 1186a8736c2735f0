"""What the suites of `tailrace repair` share. A database's suite gives a feed and its table."""
import json, socket, subprocess
from road import ask, await_log, jobs_of, log_of, stop, until
from verifying import FAR, all_records, key_of, plant, produce, running, verified


def repaired(f, *args, expect=0, **options):
    """What `tailrace repair --json` says was written (or would be), by table."""
    return said(f.run("repair", "--json", *args, expect=expect, timeout=300, **options).stdout)


def said(stdout):
    lines = [json.loads(x) for x in stdout.splitlines()]
    return {x["table"]: x for x in lines if "repaired" in x}


def written(done):
    return done["keys"], done["rows_written"], done["deletes_written"], done["left"]


def is_equal(f, table):
    differences, tables = verified(f)
    assert not differences and tables[table]["state"] == "equal", (differences[:5], tables)


def repairs_what_was_planted(f, load, table):
    """600 keys, under a load that writes to the table all the time."""
    p = running(f)[1]
    with load:
        plant(f"{f.name}.{table}")
        before = load.writes
        would = repaired(f, "--dry-run", expect=1)[table]
        assert not would["repaired"] and written(would) == (600, 400, 200, 0), would
        done = repaired(f)[table]
        assert done["repaired"] and written(done) == (600, 400, 200, 0), done
        assert load.writes > before and load.thread.is_alive()
        is_equal(f, table)
        assert repaired(f) == {}
    is_equal(f, table)
    stop(p)


class Repair:
    """A repair that takes some seconds, as the service reads slowly. Within: it reads its table."""

    def __init__(self, f, p):
        self.f, self.p = f, p

    def __enter__(self):
        jobs_of(self.f)         # or the command would run the feed
        self.run = subprocess.Popen(self.f.command("repair", "--json"), text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        until(lambda: (self.job() or {"rows": 0})["rows"], 120,
              lambda: (jobs_of(self.f), log_of(self.p)[-1000:]))
        return self

    def job(self):
        """While it runs. It may have begun again."""
        return next((j for j in jobs_of(self.f)
                     if j.get("repair") and j["state"] == "running"), None)

    def __exit__(self, *_):
        self.stdout, self.stderr = self.run.communicate(timeout=120)


def goes_on_after_a_kill(f, table, rate):
    """What was written before the kill is right, and the next repair does the rest."""
    stop(running(f)[1])
    p = f.start(snapshot__rows_per_s=str(rate))
    want = plant(f"{f.name}.{table}")
    with Repair(f, p) as r:
        p.kill()
        p.wait()
    assert r.run.returncode == 5 and "the service" in r.stderr, r.stderr
    p = f.start()
    await_log(p, "a repair was not finished when the feed ended")
    differences, _ = verified(f, expect=1)
    assert {(d["difference"], d["key"]["id"]) for d in differences} <= set(want), differences[:5]
    done = repaired(f)[table]
    assert done["keys"] == len(differences), (done, len(differences))
    is_equal(f, table)
    stop(p)


def lets_the_stream_win(f, table, rate):
    """
    Keys that were extra come, or come and go, and rows that were missing go: while it reads, and
    while it is paused. What was extra, and is absent when it reads again from the beginning, gets
    its delete; what was missing got the stream's.
    """
    stop(running(f)[1])
    p = f.start(snapshot__rows_per_s=str(rate))
    plant(f"{f.name}.{table}")
    insert = "INSERT INTO t (id, name) VALUES "
    came = lambda n, m: ", ".join(f"({FAR + i}, 'it came')" for i in range(n, m))
    with Repair(f, p) as r:
        f.sql(insert + came(7001, 7031))
        f.sql("DELETE FROM t WHERE id <= 10")
        f.caught_up()
        id = r.job()["id"]
        f.run("backfill", "pause", str(id))
        f.sql(insert + came(7031, 7061))
        f.sql(f"DELETE FROM t WHERE id > {FAR + 7050}")
        f.sql(f"UPDATE t SET id = {FAR + 8001} WHERE id = 90")
        until(lambda: any(v and v["op"] == "c" and k == {"id": FAR + 8001}
                          for _, k, v, _ in f.records(table)), 90)
        f.run("backfill", "resume", str(id))
    assert r.run.returncode == 0, r.stderr
    done = said(r.stdout)[table]
    assert done["deletes_written"] == 149 and done["left"] == 0, done
    is_equal(f, table)
    last = {k["id"]: v for _, k, v, _ in f.records(table)}
    assert all(last[FAR + i]["after"]["name"] == "it came" for i in range(7001, 7051)), last
    assert last[FAR + 8001]["after"]["name"] == "name 90" and last[5] is None, last[FAR + 8001]
    stop(p)


def reads_another_table_anew(f, table, rate, like):
    """
    Another table takes the name of the one that is repaired. It has, where that was read already,
    a row under a key that was extra.
    """
    stop(running(f)[1])
    topic = f"{f.name}.{table}"
    records = all_records(topic)
    produce(topic, [(key_of(records, -5), 0, records[0][2])])
    f.sql(f"CREATE TABLE t_new {like}")
    f.sql("INSERT INTO t_new (id, name) VALUES (-5, 'there')")
    f.sql("INSERT INTO t_new SELECT * FROM t")
    p = f.start(snapshot__rows_per_s=str(rate))
    with Repair(f, p) as r:
        for statement in swap_of(f):
            f.sql(statement)
        assert r.job(), "it was too late"
    assert r.run.returncode == 0, r.stderr
    assert written(said(r.stdout)[table])[:3] == (1, 1, 0), r.stdout
    await_log(p, "a table was altered while it was repaired")
    f.sql("DROP TABLE t_old")       # under this name no record was ever written
    is_equal(f, table)
    stop(p)


def swap_of(f):
    if "source.kind" in f.options:
        return ["RENAME TABLE t TO t_old, t_new TO t"]
    return ["BEGIN", "ALTER TABLE t RENAME TO t_old", "ALTER TABLE t_new RENAME TO t", "COMMIT"]


def says_deletes_as_the_stream_does(f, table):
    """A delete with the key's columns, marked as no change of the stream, and a tombstone."""
    p = running(f)[1]
    topic = f"{f.name}.{table}"
    records = all_records(topic)
    row = next(r for r in records if r[0] == key_of(records, 7))
    produce(topic, [(key_of(records, FAR), 0, row[2])])
    assert written(repaired(f)[table]) == (1, 0, 1, 0)
    delete, tombstone = [v for _, k, v, _ in f.records(table) if k == {"id": FAR}][1:]
    assert tombstone is None and delete["op"] == "d" and delete["after"] is None, delete
    assert delete["source"]["snapshot"] == "incremental" and delete["before"]["id"] == FAR, delete
    assert delete["source"]["table"] == "t" and delete["before"]["note"] is None, delete
    is_equal(f, table)
    stop(p)


def leaves_what_is_never_deleted(f, table):
    """The publication leaves deletes out: the topic keeps every row that was."""
    f.sql("ALTER PUBLICATION tailrace SET (publish = 'insert, update')")
    p = running(f)[1]
    f.sql("DELETE FROM t WHERE id <= 10")
    f.sql("UPDATE t SET name = 'later' WHERE id = 11")
    f.arrived(table, 1001)
    differences, tables = verified(f)
    assert not differences and not tables[table]["extras_looked_for"], (differences[:3], tables)
    assert repaired(f) == {}
    stop(p)


def deletes_nothing_of_several_tables(f, topic):
    """A key that one of them lacks may be a row of the other: it is left, and exit code 1."""
    p = running(f)[1]
    records = all_records(topic)
    row = next(r for r in records if r[0] == key_of(records, 1))
    produce(topic, [(row[0], 0, None), (key_of(records, FAR), 0, row[2])])
    done = repaired(f, expect=1)
    assert [written(x) for x in done.values()] == [(1, 1, 0, 1)], done
    stop(p)


def runs_alone(f, tables):
    """No service: the feed runs in the command. It goes on after the repair where that ended."""
    stop(running(f)[1])
    for t in tables:
        records = all_records(f"{f.name}.{t}")
        produce(f"{f.name}.{t}", [(key_of(records, 1), 0, None),
                                  (key_of(records, FAR), 0, records[0][2])])
    r = f.run("repair", "--json")
    assert "no service listens at" in r.stderr, r.stderr
    done = said(r.stdout)
    assert [written(done[t]) for t in tables] == [(2, 1, 1, 0)] * len(tables), done
    f.sql("UPDATE t SET name = 'later' WHERE id = 2")
    p = f.start()
    for t in tables:
        is_equal(f, t)
    stop(p)


def leaves_what_is_no_key(f, table):
    """Said, and exit code 1. What can be repaired is."""
    p = running(f)[1]
    topic = f"{f.name}.{table}"
    records = all_records(topic)
    produce(topic, [(key_of(records, 1), 0, None), (b"no key of this table", 0, b"no Avro")])
    r = f.run("repair", expect=1)
    assert ": 1 keys repaired: 1 rows and 0 deletes written; 1 keys are left" in r.stdout, r.stdout
    differences, _ = verified(f, expect=1)
    assert [d["difference"] for d in differences] == ["extra"], differences
    stop(p)


def takes_orders(f, table):
    """What is no order of a repair is refused, and changes nothing."""
    p = running(f)[1]
    name, key = f'"tables": ["{table}"]', '"keys": ["02"]'

    def tell(line):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(f"/run/tailrace/{f.name}.sock")
            return json.loads(ask(s, line.encode() + b"\n"))
    for wrong in (f'"do": "repair", {name}', f'"do": "repair", {key}',
                  f'"do": "repair", {name}, "keys": ["0"]', f'"do": "repair", {name}, "keys": [2]',
                  f'"do": "repair", {name}, "keys": [""]',
                  f'"do": "repair", "tables": ["{table}", "{table}"], {key}',
                  f'"do": "keys", "id": 77, {key}', '"do": "keys", "id": 1'):
        assert not tell("{" + wrong + "}")["ok"], wrong
    assert not any(j.get("repair") for j in jobs_of(f))
    id = tell(f'{{"do": "repair", {name}, {key}, "more": true}}')["id"]
    assert next(j for j in jobs_of(f) if j["id"] == id)["state"] == "paused"
    assert not tell(f'{{"do": "resume", "id": {id}}}')["ok"]
    assert tell(f'{{"do": "keys", "id": {id}, "keys": ["04", "02"]}}')["ok"]
    ended = lambda: next(j for j in jobs_of(f) if j["id"] == id)["state"] == "done"
    until(ended, 60, lambda: jobs_of(f))
    got = next(j for j in jobs_of(f) if j["id"] == id)
    assert (got["keys"], got["rows_written"], got["deletes_written"]) == (2, 2, 0), got
    id = tell(f'{{"do": "repair", "tables": ["{table}x"], {key}}}')["id"]
    until(lambda: next(j for j in jobs_of(f) if j["id"] == id)["state"] == "failed", 60)
    is_equal(f, table)
    stop(p)

