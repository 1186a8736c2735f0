"""Runs the DDL of a server's own test suite on the server; the feed follows what the binlog has of
it, and must come to the same tables.

corpus.py SOCKET[,SOCKET...] DEFINITIONS_PROGRAM SUITE N
"""

import ctypes
import json
import multiprocessing
import os
import queue
import random
import re
import sys
import time
import traceback

import ddl_check
import mysqltest

ddl_check.DATABASE = "test"
SETTINGS = ("sql_mode", "character_set_client", "character_set_connection", "collation_server",
            "explicit_defaults_for_timestamp", "time_zone")
# A set's default collation: what MySQL has a setting for, and MariaDB from 11.2 on.
COLLATIONS = {
    "default_collation_for_utf8mb4": "utf8mb4=",
    "character_set_collations": "collations=",
}


ONCE = re.compile(
    r"\s*(set\s+statement\s.*?\sfor)\s+(create|alter|drop|rename|truncate)\b", re.I | re.S
)


class Library:
    """The client library, called from here: a statement costs one round trip and no other
    process."""
    SECONDS_TO_READ, CHARSET = 11, 7        # enum mysql_option
    LOST = (2006, 2013)

    def __init__(self):
        self.calls = ctypes.CDLL("libmariadb.so.3")
        for name in ("mysql_init", "mysql_real_connect", "mysql_store_result"):
            getattr(self.calls, name).restype = ctypes.c_void_p
        self.calls.mysql_error.restype = ctypes.c_char_p
        self.calls.mysql_fetch_row.restype = ctypes.POINTER(ctypes.c_void_p)
        self.calls.mysql_fetch_lengths.restype = ctypes.POINTER(ctypes.c_ulong)

    def connect(self, socket, charset):
        db = ctypes.c_void_p(self.calls.mysql_init(None))
        self.calls.mysql_options(db, self.SECONDS_TO_READ, ctypes.byref(ctypes.c_uint(60)))
        self.calls.mysql_options(db, self.CHARSET, charset.encode())
        if not self.calls.mysql_real_connect(db, None, b"root", b"", None, 0, socket.encode(),
                                             ctypes.c_ulong(0)):
            sys.exit("%s: %s" % (socket, self.calls.mysql_error(db).decode()))
        return db

    def rows(self, db, sql):
        """Tuples of bytes and None, of all results; an error in the place of a row is text."""
        out = []
        failed = self.calls.mysql_real_query(db, sql, ctypes.c_ulong(len(sql)))
        while not failed:
            result = ctypes.c_void_p(self.calls.mysql_store_result(db))
            if result:
                width = self.calls.mysql_num_fields(result)
                while row := self.calls.mysql_fetch_row(result):
                    lengths = self.calls.mysql_fetch_lengths(result)
                    out.append(tuple(ctypes.string_at(row[i], lengths[i]) if row[i] else None
                                     for i in range(width)))
                self.calls.mysql_free_result(result)
            failed = self.calls.mysql_errno(db) or self.calls.mysql_next_result(db)
            if failed == -1:        # there are no more
                return out
        number = self.calls.mysql_errno(db)
        assert number not in self.LOST, "no answer to " + sql.decode("utf-8", "replace")
        error = self.calls.mysql_error(db).decode("utf-8", "replace")
        return out + ["ERROR %d: %s" % (number, error)]


class Session(ddl_check.Server):
    """A connection as root; ask() gives lines, as a client does in raw form."""
    library = Library()

    def __init__(self, socket, charset="utf8mb4"):
        self.db = self.library.connect(socket, charset)
        self.ask("SET NAMES " + charset)
        self.know()

    def rows_of(self, sql):
        return self.library.rows(self.db, sql.encode("utf-8", "surrogateescape"))

    def fields(self, sql):
        """Names may hold tabs and line ends."""
        return [[row] if isinstance(row, str) else
                [(v or b"").decode("utf-8", "surrogateescape") for v in row]
                for row in self.rows_of(sql)]

    def ask(self, sql):
        lines = []
        for row in self.rows_of(sql):
            if not isinstance(row, str):
                row = b"\t".join(b"NULL" if v is None else v for v in row)
                row = row.decode("utf-8", "surrogateescape")
            lines += row.split("\n")
        return lines

    def close(self):
        self.library.calls.mysql_close(self.db)


class Corpus:
    def __init__(self, socket, program, verbose):
        self.socket, self.verbose = socket, verbose
        self.asker = Session(socket)
        self.log = Session(socket, "binary")
        self.program = program
        self.begin_feed()
        self.mysql = not self.asker.mariadb
        # as a feed's session: MariaDB shows moments in it
        self.asker.ask("SET time_zone = '+00:00'")
        self.settings = list(SETTINGS)
        self.settings += [
            n for n in [*COLLATIONS, "old_mode"] if self.asker.ask("SHOW VARIABLES LIKE '%s'" % n)
        ]
        self.files = self.given_up = self.broken_off = 0
        self.sent = self.accepted = self.followed = self.equal = 0
        self.failed = {}
        self.databases = self.all_databases()

    def all_databases(self):
        return {name for name, in self.asker.rows(
            "SELECT JSON_ARRAY(SCHEMA_NAME) FROM information_schema.SCHEMATA")}

    def begin_feed(self):
        self.feed = ddl_check.Feed(self.program, self.asker)

    def find_place(self):
        """Where the log ends. A server asked for events reads its file from the beginning: it is
        kept short."""
        status = "SHOW %s STATUS" % ("BINARY LOG" if self.mysql else "MASTER")
        if int(self.log.ask(status)[0].split("\t")[1]) > 100000:
            self.log.ask("FLUSH BINARY LOGS")
        self.place = self.log.ask(status)[0].split("\t")[:2]

    def logged(self):
        """(database, statement, words for definitions.c) of what was written since the last
        look."""
        out, rotated, words = [], False, []
        for row in self.log.rows_of("SHOW BINLOG EVENTS IN '%s' FROM %s" % tuple(self.place)):
            assert not isinstance(row, str), "the log cannot be read: %s" % row
            kind, end, text = (row[i].decode("utf-8", "surrogateescape") for i in (2, 4, 5))
            self.place[1], rotated = end, rotated or kind == "Rotate"
            if kind == "Gtid":
                words = ["inside"] if text.startswith("BEGIN ") else []
            if kind in ("Query", "Query_compressed"):
                m = re.match(r"use `((?:[^`]|``)*)`; ", text)
                database = m.group(1).replace("``", "`") if m else ""
                text = re.sub(r" /\* xid=\d+ \*/$", "", text[m.end():] if m else text)
                # MariaDB shows a session's flags so
                text = re.sub(r"^set ((@@)?\w+=\w+(, )?)+; ", "", text)
                if text not in ("BEGIN", "COMMIT"):
                    out.append((database, text, words))
        if rotated:
            self.find_place()
        return out

    def flags(self, sql):
        """Words for definitions.c; asked for anew after each SET. SET STATEMENT's hold for one
        statement."""
        once = ONCE.match(sql)
        if once:
            return self.ask_flags(once.group(1) + " ")
        if self.known_flags is None:
            self.known_flags = self.ask_flags()
        return self.known_flags

    def ask_flags(self, once=""):
        row, = self.session.rows_of(once + "SELECT @@" + ", @@".join(self.settings))
        assert not isinstance(row, str), "the session's settings cannot be told: " + row
        # it may come in ucs2
        answer = [(v or b"").decode("utf-8", "surrogateescape").replace("\0", "") for v in row]
        said = dict(zip(self.settings, answer))
        mode, charset = said["sql_mode"], said["character_set_client"]
        flags = [
            word
            for word, name in (
                ("ansi", "ANSI_QUOTES"),
                ("backslash", "NO_BACKSLASH_ESCAPES"),
                ("real", "REAL_AS_FLOAT"),
                ("oracle", "ORACLE"),
                ("mssql", "MSSQL"),
                ("maxdb", "MAXDB"),
                ("emptynull", "EMPTY_STRING_IS_NULL"),
                ("rounds", "TIME_ROUND"),
                ("zeros", "NO_ZERO_IN_DATE"),
                ("truncates", "TIME_TRUNCATE"),
            )
            if name in mode
        ]
        flags += ["implicit"] if said["explicit_defaults_for_timestamp"] in ("0", "OFF") else []
        utf8mb4 = "UTF8_IS_UTF8MB3" not in said.get("old_mode", "UTF8_IS_UTF8MB3")
        flags += ["utf8=utf8mb4"] if utf8mb4 or "INTERPRET_UTF8_AS_UTF8MB4" in mode else []
        flags += [] if charset.startswith("utf8") else ["charset=" + charset]
        flags += ["connection=" + said["character_set_connection"]]
        flags += ["collation=" + said["collation_server"], "zone=" + said["time_zone"]]
        return flags + [word + said[name] for name, word in COLLATIONS.items() if name in said]

    def begin_file(self):
        self.session = Session(self.socket)
        self.known_flags = None
        self.number, = self.session.ask("SELECT CONNECTION_ID()")
        self.find_place()
        for name in self.all_databases() - self.databases | {"test"}:
            name = name.replace("`", "``")
            if self.mysql:
                self.asker.ask("ALTER DATABASE `%s` READ ONLY = 0" % name)
            self.must_run("DROP DATABASE IF EXISTS `%s`" % name)
        self.must_run("CREATE DATABASE test CHARACTER SET utf8mb4")
        self.session.ask("USE test")

    def must_run(self, sql):
        error = self.run(sql, count=False)
        assert not error, "%s: %s" % (sql, error[0])

    def end_file(self):
        self.session.close()

    def give_up_file(self):
        """A statement without an end would hold its tables: the next file could not drop them."""
        self.session.close()
        self.asker.ask("KILL " + self.number)
        while self.asker.ask(
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = " + self.number
        ):
            time.sleep(0.1)

    def run(self, sql, count=True):
        self.sql = sql
        error = [line for line in self.session.ask(sql) if line.startswith("ERROR")]
        self.sent += count
        self.accepted += count and not error
        if re.search("set", sql, re.I):
            self.known_flags = None
        statements = self.logged()
        if not statements:
            return error
        flags = self.flags(sql) + (["failed"] if error else [])
        self.followed += count
        bad = []
        for database, text, words in statements:
            got = self.follow(database, flags + words, text)
            if got["error"]:
                bad.append(("not followed", got["error"]))
        if not bad:
            bad = [
                ("different", p)
                for p in ddl_check.differences(
                    self.asker,
                    ddl_check.Feed.definitions(got),
                    " ".join(t for _, t, _ in statements),
                )
            ]
        if bad:
            self.note(bad, statements, flags)
            self.resync()
        else:
            self.equal += count
        return error

    def follow(self, database, flags, text):
        self.feed.process.stdin.write(
            ("%s %s\n%s\0" % (database, " ".join(flags), text)).encode("utf-8", "surrogateescape")
        )
        self.feed.process.stdin.flush()
        return json.loads(self.feed.process.stdout.readline())

    def note(self, bad, statements, flags):
        kind, what = bad[0]
        text = "; ".join(t for _, t, _ in statements)
        self.failed.setdefault(kind, []).append((self.file, " ".join(flags), text, what, len(bad)))
        if self.verbose:
            sys.stdout.write("%s: %s\n    [%s] %s\n    %s\n" % (
                kind, self.file, " ".join(flags), text[:1500],
                "\n    ".join(b[1] for b in bad[:6])))
            sys.stdout.flush()

    def resync(self):
        """One fault is told once."""
        names = self.asker.tables()
        self.follow("test", [], "DROP DATABASE test")
        for collation in self.asker.ask(
            "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = "
            "'test'"
        ):
            self.follow("test", [], "CREATE DATABASE test COLLATE " + collation)
        for n in names:
            shown = self.asker.fields("SHOW CREATE TABLE test.`%s`" % n.replace("`", "``"))
            made = self.follow("test", [], shown[0][-1])
            if made["error"] and self.verbose:
                print("    SHOW CREATE TABLE is not followed: " + made["error"])

    def run_file(self, name, statements, room):
        self.file = name
        self.begin_file()
        taken = 0
        for kind, sql in statements:
            if kind == "table":
                taken += 1
                self.run(sql)
            elif kind == "set":
                self.session.ask(sql)
                self.known_flags = None
            elif sql not in ("mysql", "sys", "performance_schema", "information_schema"):
                self.session.ask("USE `%s`" % sql)
            if taken >= room:
                break
        self.end_file()
        return taken


    def counts(self):
        bad = {kind: len(self.failed.get(kind, [])) for kind in ("not followed", "different")}
        return {
            "files": self.files,
            "given up": self.given_up,
            "broken off": self.broken_off,
            "statements": self.sent,
            "accepted": self.accepted,
            "logged": self.followed,
            "equal": self.equal,
            **bad,
            "looks at tables that the server cannot open": len(self.asker.unopened),
        }


def read_file(path):
    return tuple(mysqltest.statements(path))


def parsed(files, first, sample):
    """(number, file, its statements). Every file begins with an empty database and a new session:
    one that has an earlier one's statements is left out."""
    seen = set()
    with multiprocessing.Pool(4) as pool:
        read = pool.map(read_file, [path for _, path in files], 20)
    for (number, path), statements in zip(files, read):
        if statements and (sample or statements not in seen):
            if number >= first:
                yield number, path, statements
            seen.add(statements)


def work(socket, program, root, files, at, most, deadline, results):
    """One server's share: whichever file is next."""
    corpus = Corpus(socket, program, os.environ.get("VERBOSE"))
    parent = os.getppid()
    while time.time() < deadline and not (most and corpus.sent >= most) and os.getppid() == parent:
        with at.get_lock():
            mine = at.value
            at.value += 1
        if mine >= len(files):
            break
        _, path, statements = files[mine]
        try:
            corpus.files += 1
            corpus.run_file(os.path.relpath(path, root), statements, 40 if most else 10 ** 6)
        except AssertionError as e:
            print("%s: %s" % (corpus.file, e), flush=True)
            corpus.given_up += 1
            corpus.give_up_file()
        except Exception:  # a fault of these tests: said, counted, and the next file has its turn
            print(
                "broken off: %s\n    %s\n%s" % (corpus.file, corpus.sql, traceback.format_exc()),
                flush=True,
            )
            corpus.broken_off += 1
            corpus.give_up_file()
            corpus.begin_feed()
        results.put((socket, corpus.counts(), mine))
    for kind, found in corpus.failed.items():
        if not corpus.verbose:
            for file, flags, text, what, more in found[:20]:
                print("%s: %s\n    [%s] %s\n    %s" % (kind, file, flags, text[:600], what),
                      flush=True)
    results.put((socket, None, corpus.asker.version))


def summed(counts):
    words = list(counts.values())[0]
    return ", ".join("%d %s" % (sum(c[word] for c in counts.values()), word) for word in words)


def main():
    sockets, program, root, n = sys.argv[1:]
    began = time.time()
    paths = mysqltest.files(root, os.environ.get("ONLY", ""))
    if "SEED" in os.environ:
        random.Random(os.environ["SEED"]).shuffle(paths)
    most = int(n)
    step = 1
    if most:
        step = max(1, len(paths) * 4 // most)    # a file has some statements
    first, last = (int(os.environ.get(*of)) for of in (("FROM", 0), ("UNTIL", len(paths))))
    files = list(parsed(list(enumerate(paths))[:last:step], first, most))
    print("%d files, %d with other statements than those before them, %d statements" % (
        len(paths[first:last:step]), len(files),
        sum(kind == "table" for f in files for kind, _ in f[2])), flush=True)
    at, results = multiprocessing.Value("l", 0), multiprocessing.Queue()
    deadline = began + float(os.environ.get("SECONDS_AT_MOST", "1e9"))
    shared = (program, root, files, at, most, deadline, results)
    workers = [multiprocessing.Process(target=work, args=(s, *shared)) for s in sockets.split(",")]
    for w in workers:
        w.start()
    counts, running, lost, told = {}, dict(zip(sockets.split(","), workers)), 0, time.time()
    version = "no server"
    while running:
        try:
            socket, some, what = results.get(timeout=10)
        except queue.Empty:     # a worker that ended said so before
            for socket in [s for s, w in running.items() if not w.is_alive()]:
                print(
                    "LOST: the worker of %s ended with %s" % (socket, running.pop(socket).exitcode),
                    flush=True,
                )
                lost += 1
            continue
        if some is None:
            version = what
            running.pop(socket, None)
        else:
            counts[socket] = some
        if time.time() > told + 60:
            told = time.time()
            print("%d of %d: %s" % (min(at.value, len(files)), len(files), summed(counts)),
                  file=sys.stderr, flush=True)
    if at.value < len(files) and not most:
        print("FROM=%d goes on" % files[at.value][0])
    print("%s: %s, %.0f s" % (version, summed(counts), time.time() - began))
    return (
        1
        if lost
        or any(c["broken off"] or c["not followed"] or c["different"] for c in counts.values())
        else 0
    )


sys.exit(main())
