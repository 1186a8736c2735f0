"""PostgreSQL: a feed that the released program began goes on with this one, as a file and in a
folder of feeds.

usage: test_pg_upgrade.py [NAME...]     run by tests/e2e/run upgrade. Last line: N passed, N failed.
"""

import glob, os, tempfile
import fastavro
import pg_road
from pg_road import feeds
from road import log_of, main, Road, stop, until, WORK
from upgrade import (
    goes_on_after_kill_and_stop,
    goes_on_in_the_middle_of_a_read,
    goes_on_inside_a_transaction,
    one_of_both_goes_on,
    Upgrade,
    upgrade,
)


class Feed(Upgrade, pg_road.Feed):
    def fill(self, n):
        self.sql(f"INSERT INTO t SELECT generate_series({self.n + 1}, {self.n + n})")
        self.n += n


def make(**options):
    return begin(
        Feed("CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT repeat('x', 500))", setup=False),
        options,
    )


def begin(f, options):
    feeds.append(f)
    f.settle("public.t", "public.t", **options)
    f.released("setup", do=Road.run)
    return f


def test_goes_on_after_kill_and_stop():
    goes_on_after_kill_and_stop(make)


def test_goes_on_in_the_middle_of_a_read():
    goes_on_in_the_middle_of_a_read(make)


def test_goes_on_inside_a_transaction():
    goes_on_inside_a_transaction(make)


def test_one_of_both_goes_on():
    one_of_both_goes_on(make)


def test_one_of_both_goes_on_after_a_pause():
    one_of_both_goes_on(make, paused=True)


class Files(Feed):
    """avro-file: what is in the complete files, in the order of their making."""

    def ids(self):
        found = []
        for path in sorted(
            glob.glob(f"{self.directory}/{self.name}.public.t/*.avro"),
            key=lambda p: (os.path.getmtime(p), p),
        ):
            with open(path, "rb") as f:
                found += [(r["after"] or r)["id"] for r in fastavro.reader(f)]
        return found

    def reached(self, p):
        n = self.n
        until(
            lambda: n in self.ids(),
            60,
            lambda: f"{n} not in {self.ids()[-3:]}\n{log_of(p)[-3000:]}",
        )


def test_files_go_on():
    for folder in (False, True):
        f = Files(
            "CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT repeat('x', 500))", setup=False
        )
        f.directory = tempfile.mkdtemp(prefix="files-", dir=WORK)
        begin(f, {"sink.kind": "avro-file", "sink.directory": f.directory, "sink.rotate-s": "1"})
        p = f.begun()
        with f:
            f.reached(p)
            p.kill(), p.wait()
            p = f.released()
            f.reached(p)
            stop(p)
            p = upgrade(f, folder)
            f.reached(p)
            p.kill(), p.wait()
            p = f.start()
            f.reached(p)
        f.reached(p)
        stop(p)
        f.all_there()


main(globals(), feeds)
