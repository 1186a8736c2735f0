"""A feed that the released program began goes on with this one. The suites of both kinds of source
stand on this.

f.table: what Road.ops() takes; f.topic: its topic behind the feed's name; f.n: rows inserted. Both
programs are given configuration files alone: an upgrade leaves them as they are, or moves the
feed's into a folder for many feeds.
"""

import json, os, signal, threading, time
from owners import BOTH, insert, position_records
from road import admin, await_log, KAFKA, log_of, Road, stop, until, WORK
from suite import id_of
from topics import messages

RELEASED = os.environ["TAILRACE_RELEASED"]
PROCESS = ("registry.", "sink.", "limits.")  # in a folder's tailrace.yaml


class Upgrade:
    """Beside Road: what it says on command lines stands in files, and a program is chosen."""

    folder, ends_with = None, (4,)

    def settle(self, table, topic, **options):
        self.table, self.topic, self.n, self.done = table, topic, 0, threading.Event()
        self.options |= options
        with open(self.config) as f:
            text = f.read().split("\n", 1)[1]  # below its name
        self.parts = {True: "", False: text}
        kafka = {k[6:]: v for k, v in self.options.items() if k.startswith("kafka.")}
        for k, v in self.options.items():
            if not k.startswith("kafka."):
                self.parts[k.startswith(PROCESS)] += f"{k}: {json.dumps(v)}\n"
        self.parts[True] += f"kafka: {json.dumps(kafka)}\n"
        self.options = {}
        with open(self.config, "w") as f:
            f.write(f"name: {self.name}\n{self.parts[True]}{self.parts[False]}")
        return self

    def move_to_folder(self):
        """The feed's part goes to conf.d, the process's to tailrace.yaml."""
        self.folder = os.path.join(WORK, self.name + ".d")
        os.makedirs(self.folder + "/conf.d")
        with open(self.folder + "/tailrace.yaml", "w") as f:
            f.write(f"name: {self.name}-process\n{self.parts[True]}")
        with open(self.folder + "/conf.d/one.yaml", "w") as f:
            f.write(f"name: {self.name}\n{self.parts[False]}")

    def command(self, command, *args, **options):
        c = Road.command(self, command, *args, **options)
        return [self.folder if x == self.config and self.folder else x for x in c]

    def released(self, *args, do=Road.start):
        """By the released program: a running feed, or another command of Road's."""
        self.command = lambda *a, **o: [RELEASED, *Road.command(self, *a, **o)[1:]]
        try:
            return do(self, *args)
        finally:
            del self.command

    def begun(self):
        """The released program, after its first read: rows come by the stream from now on."""
        p = self.released()
        await_log(p, "snapshot complete", seconds=120)
        return p

    def __enter__(self):
        """Rows one by one, as long as it is entered."""
        self.writer = threading.Thread(target=self.write)
        self.writer.start()
        return self

    def write(self):
        while not self.done.is_set():
            insert(self)
            time.sleep(0.01)

    def __exit__(self, *what):
        self.done.set()
        self.writer.join()

    def reached(self, p):
        """What was inserted by now is there."""
        n = self.n
        until(
            lambda: n in self.ids(),
            90,
            lambda: f"{n} is not there: {self.ids()[-3:]}\n{log_of(p)[-3000:]}",
        )

    def ids(self):
        """Of the rows that have arrived. They are many, and asked for often: keys only."""
        topic = f"{self.name}.{self.topic}"
        there = topic in admin.list_topics(timeout=30).topics
        return [id_of(m.key()) for m in messages(KAFKA, [(topic, 0)] if there else [])]

    def stored_range(self):
        """Is a place within what is read stored?"""
        got = position_records(self)
        state = got[-1][0].split(b"\n")[1:] if got else []
        return state and any(j["some"] for j in json.loads(state[0])["backfill"])

    def all_there(self, once=True):
        """Each row; once, or with repeats that come in the order of the first time."""
        ids = self.ids()
        assert set(ids) == set(range(1, self.n + 1)), (
            self.n,
            sorted(set(range(1, self.n + 1)) - set(ids))[:10],
        )
        firsts = list(dict.fromkeys(ids))
        assert firsts == sorted(firsts), "out of order"
        assert not once or len(ids) == self.n, f"{len(ids) - self.n} of {self.n} twice"


def ways(make, deliveries=BOTH[:1]):
    """(feed, is it exactly-once?, does it move to a folder when the new program comes?)"""
    for delivery in deliveries:
        for folder in (False, True):
            yield make(**{"sink.delivery": delivery}), delivery == BOTH[0], folder


def upgrade(f, folder, *args):
    """This program, on the same file or a folder."""
    if folder:
        f.move_to_folder()
    return f.start(*args)


def goes_on_after_kill_and_stop(make):
    """The released one is killed under load, started again, and stopped under load."""
    for f, once, folder in ways(make, BOTH):
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
        f.all_there(once)


def goes_on_in_the_middle_of_a_read(make):
    """Killed while it reads the tables, with writes beside it: the new one goes on there."""
    for f, once, folder in ways(make):
        f.fill(8000)
        with f:
            p = f.released("--set", "snapshot.rows-per-s=200", "--set", "snapshot.chunk-ms=10")
            until(lambda: f.stored_range() or p.poll() is not None, 60, lambda: log_of(p)[-3000:])
            p.kill(), p.wait()
            p = upgrade(f, folder)
            await_log(p, "snapshot goes on")
            await_log(p, "snapshot complete", seconds=120)
            f.reached(p)
        f.reached(p)
        stop(p)
        ids = f.ids()
        assert set(ids) == set(range(1, f.n + 1)), (f.n, len(set(ids)))
        read = [k["id"] for op, k in f.ops(f.table) if op == "r"]
        assert not once or len(read) == len(set(read)), (len(read), len(set(read)))


def goes_on_inside_a_transaction(make):
    """A transaction of 20000 rows, of which a part is stored when the released one is killed."""
    for f, once, folder in ways(make):
        p = f.begun()
        insert(f)
        f.reached(p)
        f.fill(20000)
        until(lambda: len(f.ids()) > 1, 60, lambda: log_of(p)[-3000:])
        p.kill(), p.wait()
        p = upgrade(f, folder)
        insert(f)
        f.reached(p)
        stop(p)
        f.all_there(once)


def one_of_both_goes_on(make, paused=False):
    """
    The released one goes on while the new one takes over, or is paused meanwhile and then let go.
    One of the two ends (f.ends_with), the other one goes on. (Version 0.1.0 takes the feed back
    where its connection or transaction ends before it finds itself fenced; or it waits without end
    for the slot, which the new one reads: then it is stopped.)
    """
    for f, _, folder in ways(make):
        p = f.begun()
        with f:
            f.reached(p)
            if paused:
                p.send_signal(signal.SIGSTOP)
            q = upgrade(f, folder, "--take-over")
            if paused:
                f.reached(q)
                p.send_signal(signal.SIGCONT)
            waits = lambda: log_of(p).count("is in use by the server's process") > 2
            until(
                lambda: p.poll() is not None or q.poll() is not None or waits(),
                120,
                lambda: log_of(p)[-3000:] + log_of(q)[-3000:],
            )
            if p.poll() is None and q.poll() is None:
                f.reached(q)
                p.terminate(), p.wait(60)
                ended, left = None, q
            else:
                ended, left = (p, q) if p.poll() is not None else (q, p)
            assert not ended or ended.returncode in f.ends_with, (
                log_of(p)[-3000:] + log_of(q)[-3000:]
            )
            f.reached(left)
        f.reached(left)
        assert left.poll() is None, log_of(left)[-3000:]
        stop(left)
        f.all_there()
