"""Runs the DDL of a server's own test suite on the server; the feed follows what the binlog has of it, and must come to the same tables.

corpus.py CLIENT_COMMAND DEFINITIONS_PROGRAM SUITE N
"""
import json
import os
import random
import re
import select
import shlex
import subprocess
import sys
import time

import ddl_check
import mysqltest

ddl_check.DATABASE = "test"
SETTINGS = ("sql_mode", "character_set_client", "character_set_connection", "collation_server",
            "explicit_defaults_for_timestamp", "time_zone")
# A set's default collation: what MySQL has a setting for, and MariaDB from 11.2 on.
COLLATIONS = {"default_collation_for_utf8mb4": "utf8mb4=", "character_set_collations": "collations="}


END = "18437219046551"      # a number: whatever sets the session has, it comes in digits


class Session(ddl_check.Server):
    """A client that gives bytes as they are."""

    def __init__(self, command, *options):
        self.client = subprocess.Popen(shlex.split(command) + ["-N", "-f", "-n", "--comments", *options], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.left = b""
        self.send("delimiter //eos//\n")

    def line(self, sql):
        while b"\n" not in self.left:
            assert select.select([self.client.stdout], [], [], 60)[0], "no answer to " + sql
            more = os.read(self.client.stdout.fileno(), 65536)
            assert more, "the client is gone"
            self.left += more
        line, self.left = self.left.split(b"\n", 1)
        return line

    def send(self, text):
        self.client.stdin.write(text.encode("utf-8", "surrogateescape"))
        self.client.stdin.flush()

    def ask(self, sql):
        self.send(sql + "\n//eos//\nSELECT " + END + "//eos//\n")
        lines = []
        while True:
            line = self.line(sql).replace(b"\0", b"")      # an answer in ucs2
            if line.endswith(END.encode()):
                return lines
            lines.append(line.decode("utf-8", "surrogateescape"))


def unescaped(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "0": "\0"}.get(m.group(1), m.group(1)), text)


class Corpus:
    def __init__(self, command, program, verbose):
        self.command, self.verbose = command, verbose
        self.asker = ddl_check.Server(command)
        self.log = Session(command, "--default-character-set=binary")
        self.feed = ddl_check.Feed(program, self.asker)
        self.mysql = not self.asker.mariadb
        self.asker.ask("SET time_zone = '+00:00'")      # as a feed's session: MariaDB shows moments in it
        self.settings = list(SETTINGS)
        self.settings += [n for n in [*COLLATIONS, "old_mode"] if self.asker.ask("SHOW VARIABLES LIKE '%s'" % n)]
        self.sent = self.accepted = self.followed = self.equal = 0
        self.failed = {}
        self.databases = set(self.asker.ask("SHOW DATABASES"))

    def place(self):
        return self.log.ask("SHOW %s STATUS" % ("BINARY LOG" if self.mysql else "MASTER"))[0].split("\t")[:2]

    def logged(self, before):
        """(database, statement) of what was written since."""
        out = []
        for line in self.log.ask("SHOW BINLOG EVENTS IN '%s' FROM %s" % tuple(before)):
            f = line.split("\t", 5)
            if len(f) == 6 and f[2] in ("Query", "Query_compressed"):
                text = unescaped(f[5])
                m = re.match(r"use `((?:[^`]|``)*)`; ", text)
                database = m.group(1).replace("``", "`") if m else ""
                text = re.sub(r" /\* xid=\d+ \*/$", "", text[m.end():] if m else text)
                text = re.sub(r"^set ((@@)?\w+=\w+(, )?)+; ", "", text)     # MariaDB shows a session's flags so
                if text not in ("BEGIN", "COMMIT"):
                    out.append((database, text))
        return out

    def flags(self):
        asked = self.session.ask("SELECT CONCAT_WS('\t', @@%s)" % ", @@".join(self.settings))
        said = dict(zip(self.settings, asked[0].split("\\t")))
        mode, charset = said["sql_mode"], said["character_set_client"]
        flags = [word for word, name in (("ansi", "ANSI_QUOTES"), ("backslash", "NO_BACKSLASH_ESCAPES"), ("real", "REAL_AS_FLOAT"),
                                         ("oracle", "ORACLE"), ("mssql", "MSSQL"), ("maxdb", "MAXDB"), ("emptynull", "EMPTY_STRING_IS_NULL"),
                                         ("rounds", "TIME_ROUND"), ("truncates", "TIME_TRUNCATE")) if name in mode]
        flags += ["implicit"] if said["explicit_defaults_for_timestamp"] in ("0", "OFF") else []
        flags += ["utf8=utf8mb4"] if "UTF8_IS_UTF8MB3" not in said.get("old_mode", "UTF8_IS_UTF8MB3") else []
        flags += [] if charset.startswith("utf8") else ["charset=" + charset]
        flags += ["connection=" + said["character_set_connection"]]
        flags += ["collation=" + said["collation_server"], "zone=" + said["time_zone"]]
        return flags + [word + said[name] for name, word in COLLATIONS.items() if name in said]

    def begin_file(self):
        self.session = Session(self.command, "--default-character-set=utf8mb4")
        self.number, = self.session.ask("SELECT CONNECTION_ID()")
        for name in set(self.asker.ask("SHOW DATABASES")) - self.databases | {"test"}:
            self.run("DROP DATABASE IF EXISTS `%s`" % name.replace("`", "``"), count=False)
        self.run("CREATE DATABASE test CHARACTER SET utf8mb4", count=False)
        self.session.ask("USE test")

    def end_file(self):
        self.session.client.stdin.close()
        self.session.client.wait()

    def give_up_file(self):
        """A statement without an end would hold its tables: the next file could not drop them."""
        self.session.client.kill()
        self.asker.ask("KILL " + self.number)
        while self.asker.ask("SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = " + self.number):
            time.sleep(0.1)

    def run(self, sql, count=True):
        before = self.place()
        error = [line for line in self.session.ask(sql) if line.startswith("ERROR")]
        self.sent += count
        self.accepted += count and not error
        statements = self.logged(before)
        if not statements:
            return
        flags = self.flags() + (["failed"] if error else [])
        self.followed += count
        bad = []
        for database, text in statements:
            got = self.follow(database, flags, text)
            if got["error"]:
                bad.append(("not followed", got["error"]))
        if not bad:
            bad = [("different", p) for p in ddl_check.differences(self.asker, ddl_check.Feed.definitions(got), " ".join(t for _, t in statements))]
        if bad:
            self.note(bad, statements, flags)
            self.resync()
        else:
            self.equal += count

    def follow(self, database, flags, text):
        self.feed.process.stdin.write(("%s %s\n%s\0" % (database, " ".join(flags), text)).encode("utf-8", "surrogateescape"))
        self.feed.process.stdin.flush()
        return json.loads(self.feed.process.stdout.readline())

    def note(self, bad, statements, flags):
        kind, what = bad[0]
        text = "; ".join(t for _, t in statements)
        self.failed.setdefault(kind, []).append((self.file, " ".join(flags), text, what, len(bad)))
        if self.verbose:
            print("%s: %s\n    [%s] %s\n    %s" % (kind, self.file, " ".join(flags), text[:1500], "\n    ".join(b[1] for b in bad[:6])), flush=True)

    def resync(self):
        """One fault is told once."""
        names = self.asker.tables()
        self.follow("test", [], "DROP DATABASE test")
        for collation in self.asker.ask("SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'test'"):
            self.follow("test", [], "CREATE DATABASE test COLLATE " + collation)
        for n in names:
            raw = self.asker.ask("SHOW CREATE TABLE test.`%s`" % n.replace("`", "``"))
            made = self.follow("test", [], "\n".join(raw).split("\t", 1)[-1])
            if made["error"] and self.verbose:
                print("    SHOW CREATE TABLE is not followed: " + made["error"])

    def run_file(self, path, root, room):
        self.file = os.path.relpath(path, root)
        self.begin_file()
        taken = 0
        for kind, sql in mysqltest.statements(path):
            if kind == "table":
                taken += 1
                self.run(sql)
            elif kind == "set":
                self.session.ask(sql)
            elif sql not in ("mysql", "sys", "performance_schema", "information_schema"):
                self.session.ask("USE `%s`" % sql)
            if taken >= room:
                break
        self.end_file()
        return taken


def main():
    command, program, root, n = sys.argv[1:]
    corpus = Corpus(command, program, os.environ.get("VERBOSE"))
    files = mysqltest.files(root, os.environ.get("ONLY", ""))
    if "SEED" in os.environ:
        random.Random(os.environ["SEED"]).shuffle(files)
    most = int(n)
    step = 1
    if most:
        step = max(1, len(files) * 4 // most)    # a file has some statements
    began, deadline = time.time(), time.time() + float(os.environ.get("SECONDS_AT_MOST", "1e9"))
    first = int(os.environ.get("FROM", "0"))
    for number, path in enumerate(files[first::step], first):
        if (most and corpus.sent >= most) or time.time() > deadline:
            print("FROM=%d goes on" % number)
            break
        try:
            corpus.run_file(path, root, 40 if most else 10 ** 6)
        except AssertionError as e:
            print("%s: %s" % (corpus.file, e))
            corpus.give_up_file()
    for kind, found in corpus.failed.items():
        if not corpus.verbose:
            for file, flags, text, what, more in found[:20]:
                print("%s: %s\n    [%s] %s\n    %s" % (kind, file, flags, text[:600], what))
    told = [len(corpus.failed.get(kind, [])) for kind in ("not followed", "different")]
    print("%s: %d statements, %d accepted, %d logged, %d equal, %d not followed, %d different,"
          " %d looks at tables that the server cannot open, %.0f s" % (
              corpus.asker.version, corpus.sent, corpus.accepted, corpus.followed, corpus.equal,
              *told, len(corpus.asker.unopened), time.time() - began))
    return 1 if corpus.failed else 0


sys.exit(main())
