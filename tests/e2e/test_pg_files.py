"""avro-file: what is in the files at the end, read by fastavro, whoever starts, kills or deletes
meanwhile."""

import fcntl, glob, json, os, random, resource, signal, subprocess, tempfile, time
import fastavro
from pg_road import feed, feeds
from road import await_log, log_of, main, stop, until, WORK

TABLE = "CREATE TABLE t (id int PRIMARY KEY, v text)"


def files_feed(sql=TABLE, directory=None, **options):
    directory = directory or tempfile.mkdtemp(prefix="files-", dir=WORK)
    f = feed(
        sql, sink__kind="avro-file", sink__directory=directory, snapshot__mode="never", **options
    )
    f.directory = directory
    return f


def files(f, table="t", end=".avro"):
    return sorted(glob.glob(f"{f.directory}/{f.name}.public.{table}/*{end}"))


def ids(f, table="t"):
    """The ids in the complete files, in the order of the files' names."""
    found = []
    for path in files(f, table):
        with open(path, "rb") as file:
            found += [r["after"]["id"] for r in fastavro.reader(file)]
    return found


def insert(f, first, last):
    f.sql(f"INSERT INTO t SELECT g, repeat('x', 50) FROM generate_series({first}, {last}) g")


def begun(f):
    """A running feed that has its first position: what is written from now on is fed."""
    p = f.start()
    await_log(p, "reading host=")
    return p


def stored(f):
    """Waits until the stored position covers something of a part: from there on a start goes on."""
    def covers():
        try:
            with open(f"{f.directory}/{f.name}.position") as position:
                return json.load(position)["parts"]
        except FileNotFoundError:
            return False
    until(covers, 30)


def test_two_feeds_share_a_directory():
    a = files_feed()
    os.makedirs(f"{a.directory}/Downloads")
    film = f"{a.directory}/Downloads/film.mkv.part"
    with open(film, "wb") as out:
        out.write(b"film")
    b = files_feed(directory=a.directory)
    p = begun(a)
    insert(a, 1, 1000)
    stored(a)
    q = begun(b)
    insert(b, 1, 10)
    stored(b)
    stop(q)
    b.feed()
    insert(a, 1001, 2000)
    stop(p)
    a.feed()
    assert ids(a) == list(range(1, 2001)) and ids(b) == list(range(1, 11))
    assert os.path.getsize(film) == 4
    modes = {os.stat(x).st_mode & 0o777 for x in files(a) + [f"{a.directory}/{a.name}.position"]}
    assert modes == {0o640}, modes


def test_second_instance_is_refused():
    f = files_feed()
    p = begun(f)
    insert(f, 1, 100000)
    for _ in range(8):
        # as from another host: the socket does not tell
        r = f.run(expect=2, control__socket=f.config + ".sock")
        assert f"process {p.pid} on host" in r.stderr, r.stderr
    assert f"process {p.pid} on host" in f.run("check").stdout
    stored(f)
    stop(p)
    f.feed()        # the lock has ended with its holder
    assert ids(f) == list(range(1, 100001))


def test_a_lock_that_is_deleted():
    f = files_feed(limits__commit_ms="50")
    lock = f"{f.directory}/{f.name}.lock"
    p = begun(f)
    insert(f, 1, 1000)
    stored(f)
    os.remove(lock)
    insert(f, 1001, 2000)
    await_log(p, "was deleted or replaced while this process held it")
    await_log(p, "reading host=", 2)
    insert(f, 2001, 3000)
    stored(f)
    with open(lock + ".other", "w") as other:       # and another process is faster
        fcntl.flock(other, fcntl.LOCK_EX)
        print("process 17 on host other", file=other, flush=True)
        os.rename(other.name, lock)
        insert(f, 3001, 4000)
        assert p.wait(60) == 2 and "process 17 on host other" in log_of(p), log_of(p)[-2000:]
    f.feed()
    assert ids(f) == list(range(1, 4001))
    assert ids(f) == list(range(1, 4001))


def test_killed_at_any_time():
    f = files_feed(sink__rotate_bytes="65536", limits__commit_ms="20")
    rows = 0
    for _ in range(8):
        p = f.start() if rows else begun(f)
        end = time.monotonic() + random.uniform(0.1, 0.8)
        while time.monotonic() < end:
            insert(f, rows + 1, rows + 300)
            rows += 300
        p.send_signal(signal.SIGKILL)
        p.wait()
    f.feed()
    assert ids(f) == list(range(1, rows + 1)), (len(ids(f)), rows)
    assert not files(f, end=".part")


def test_missing_part_stops_the_feed():
    f = files_feed()
    p = begun(f)
    insert(f, 1, 10)
    stored(f)
    part = files(f, end=".part")[0]
    os.remove(part)
    insert(f, 11, 20)
    assert p.wait(30) == 4, log_of(p)
    assert part in log_of(p)
    assert part in f.run(expect=4).stderr       # and does not go on without those rows


def test_stop_tells_of_a_missing_part():
    f = files_feed()
    p = begun(f)
    insert(f, 1, 10)
    stored(f)
    os.remove(files(f, end=".part")[0])
    p.send_signal(signal.SIGTERM)
    assert p.wait(30) == 4, log_of(p)


def test_more_tables_than_descriptors():
    n = 200
    f = files_feed(";".join(f"CREATE TABLE t{i} (id int PRIMARY KEY)" for i in range(n)))
    for turn in range(3):
        f.sql(";".join(f"INSERT INTO t{i} VALUES ({turn})" for i in range(n)))
    f.caught_up()
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    r = subprocess.run(
        f.command("run", "--until-current"),
        capture_output=True,
        text=True,
        preexec_fn=few,
        timeout=600,
    )
    assert r.returncode == 0, r.stderr[-1000:]
    assert [ids(f, f"t{i}") for i in range(n)] == [[0, 1, 2]] * n


def test_a_shape_that_comes_back():
    """In the order of the files' names, too; each shape was asked for before a row was put."""
    f = files_feed()
    f.sql("INSERT INTO t VALUES (1)")
    for i in range(2, 8):
        f.sql("ALTER TABLE t " + ("DROP w" if i % 2 else "ADD w int"))
        f.sql("INSERT INTO t VALUES (%s)", i)
    f.feed()
    assert ids(f) == list(range(1, 8)) and len(files(f)) == 7, (ids(f), files(f))


main(globals(), feeds)
