"""Each statement runs on a real server; what the feed makes of it must be what information_schema
says then.

ddl_check.py CLIENT_COMMAND DEFINITIONS_PROGRAM CORPUS SEED COUNT
"""

import json
import os
import random
import re
import shlex
import subprocess
import sys

from ddl_random import Generator

DATABASE = "ddl_check"
EXPRESSION = "an expression"


def escaped(m):
    """What MariaDB's catalog writes in a quoted default: '' and what is behind a backslash."""
    return {"0": "\0", "n": "\n", "r": "\r", "Z": "\x1a"}.get(m.group(1), m.group(1) or "'")


class Server:
    """A client of the server's own, asked statement by statement."""

    def __init__(self, command):
        self.client = subprocess.Popen(
            shlex.split(command)
            + ["-N", "--raw", "-f", "-n", "--comments", "--default-character-set=utf8mb4"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.send("delimiter //eos//\n")
        self.know()

    def know(self):
        self.unopened = []      # tables that the server itself could not open
        self.version = self.ask("SELECT VERSION()")[0]
        self.mariadb = "MariaDB" in self.version
        major, minor, patch = re.match(r"(\d+)\.(\d+)\.(\d+)", self.version).groups()
        self.number = int(major) * 10000 + int(minor) * 100 + int(patch)
        self.collation = self.ask("SELECT @@collation_server")[0]
        collations = self.ask("SHOW VARIABLES LIKE 'character_set_collations'")     # MariaDB 11.2
        self.flags = ["collations=" + collations[0].split("\t")[1]] if collations else []

    def send(self, text):
        self.client.stdin.write(text.encode())
        self.client.stdin.flush()

    def ask(self, sql):
        """The lines that come back; those of an error begin with ERROR."""
        self.send(sql + "\n//eos//\nSELECT 'end of answer'//eos//\n")
        lines = []
        while True:
            line = self.client.stdout.readline()
            assert line, "the client is gone"
            line = line.decode("utf-8", "replace").rstrip("\n")
            if line == "end of answer":
                return lines
            lines.append(line)

    def error(self, sql):
        return [line for line in self.ask(sql) if line.startswith("ERROR")]

    def fields(self, sql):
        return [line.split("\t") for line in self.ask(sql)]

    def rows(self, sql):
        """A table that cannot be opened gives a warning or an error in place of a row."""
        return [json.loads(line) for line in self.ask(sql) if line.startswith("[")]

    def bytes(self, text, kind):
        """0x61, as far as its first NUL, which is as far as MySQL shows it."""
        if not self.mariadb:
            return text.upper().replace("0X", "0x") or "0x"
        if text.startswith("x'"):
            return "0x" + re.match("((?!00)..)*", text[2:-1].upper()).group(0)
        if text.startswith("'"):
            return (
                "0x"
                + re.sub(r"''|\\(.)", escaped, text[1:-1]).split("\0")[0].encode().hex().upper()
            )
        return EXPRESSION

    def default(self, text, kind, extra, charset):
        """As the feed keeps it: a literal's value, or that it is an expression."""
        if text is None or (self.mariadb and text == "NULL"):
            return None
        if ("binary" in kind.split("(")[0] or "blob" in kind) and "DEFAULT_GENERATED" not in extra:
            return self.bytes(text, kind)
        bytes_of_labels = not charset and kind.startswith(("enum(", "set("))
        if not self.mariadb and bytes_of_labels and text.startswith("0x"):
            text = bytes.fromhex(text[2:]).decode("utf-8", "replace")
            return None if "\ufffd" in text else text
        if "\\0" in text and self.mariadb and text.startswith("'"):      # no definition can hold it
            return None
        if kind == "year(2)":
            return str(int(text) + (2000 if int(text) < 70 else 1900))
        if self.mariadb:
            if text.startswith("'"):
                text = re.sub(r"''|\\(.)", escaped, text[1:-1])
                return text.split("\0")[0]
            if re.fullmatch(r"x'[0-9a-f]*'", text):
                return bytes.fromhex(text[2:-1]).split(b"\0")[0].decode("utf-8", "replace")
            if not re.fullmatch(r"[-+.0-9eE]+|b'[01]*'", text):
                return EXPRESSION
        elif "DEFAULT_GENERATED" in extra or text.upper().startswith("CURRENT_TIMESTAMP"):
            return EXPRESSION
        return str(int(text[2:-1] or "0", 2)) if kind.startswith("bit(") else text

    def kept_as_written(self, table, column, kind, default):
        """What a literal of a TEXT or BLOB comes to, which MariaDB shows as it was written. None:
        it is none."""
        if not (self.mariadb and default and re.search("text|blob", kind.split("(")[0]) and
                re.match(r"(?i)(x|date|time|timestamp|_\w+)'|0x|[-+.0-9eE]+$", default)):
            return None
        value = "DEFAULT(`%s`)" % column.replace("`", "``")
        value = value if "blob" in kind else "CONVERT(%s USING utf8mb4)" % value
        hexed, = self.ask("SELECT HEX(%s) FROM (SELECT 1) one LEFT JOIN `%s`.`%s` ON FALSE" % (
            value, DATABASE, table.replace("`", "``")))
        cut = "0x" + re.match("((?!00)..)*", hexed).group(0)
        return cut if "blob" in kind else bytes.fromhex(hexed).decode()

    def indexes(self, table, columns):
        """None: the server itself cannot open the table."""
        found = {}
        rows = self.fields("SHOW INDEX FROM `%s`.`%s`" % (DATABASE, table.replace("`", "``")))
        if any(f[0].startswith("ERROR") for f in rows):
            return None
        for f in rows:
            x = found.setdefault(f[2], {"name": f[2], "unique": f[1] == "0", "columns": []})
            x["columns"].append(columns.index(f[4]) if f[4] in columns else None)
        for x in found.values():
            if None in x["columns"]:
                x["columns"] = []
        return list(found.values())

    def tables(self):
        """self.closed: MERGE tables without parts that fit: nothing reads or writes them."""
        found = self.rows(
            "SELECT JSON_ARRAY(TABLE_NAME, ENGINE) FROM information_schema.TABLES WHERE "
            "TABLE_SCHEMA = '%s'"
            " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')" % DATABASE
        )
        merged = [name for name, engine in found if engine and engine.upper() == "MRG_MYISAM"]
        self.closed = {name for name in merged if self.error(
            "SHOW CREATE TABLE `%s`.`%s`" % (DATABASE, name.replace("`", "``")))}
        return [name for name, _ in found if name not in self.closed]

    def definitions(self, names):
        """Of the tables named, as information_schema and SHOW INDEX have them."""
        where = " WHERE TABLE_SCHEMA = '%s' AND TABLE_NAME IN (%s) " % (
            DATABASE,
            ", ".join("'%s'" % n.replace("\\", "\\\\").replace("'", "''") for n in names) or "''",
        )
        tables = {
            name: {"name": name, "collation": collation, "comment": comment, "columns": []}
            for name, collation, comment in self.rows(
                "SELECT JSON_ARRAY(TABLE_NAME, TABLE_COLLATION, TABLE_COMMENT) FROM "
                "information_schema.TABLES"
                + where
                + "AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')"
            )
        }
        for table, *c in self.rows(
            "SELECT JSON_ARRAY(TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, "
            "COLLATION_NAME, CAST(COLUMN_DEFAULT AS CHAR), IS_NULLABLE,"
            " EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION) FROM information_schema.COLUMNS"
            + where
            + "ORDER BY TABLE_NAME, ORDINAL_POSITION"
        ):
            name, kind, charset, collation, default, nullable, extra, comment, generation = c
            if table not in tables:
                continue
            update = re.search(r"on update ([^\s,]+)", extra)
            tables[table]["columns"].append(
                {
                    "name": name,
                    "type": kind,
                    "charset": charset,
                    "collation": collation,
                    "default": (
                        None
                        if generation
                        else self.kept_as_written(table, name, kind, default)
                        or self.default(default, kind, extra, charset)
                    ),
                    "nullable": nullable == "YES",
                    "auto_increment": "auto_increment" in extra,
                    "generated": bool(generation),
                    "invisible": "INVISIBLE" in extra,
                    "comment": comment,
                    "on_update": update and update.group(1),
                }
            )
        for t in tables.values():
            t["indexes"] = self.indexes(t["name"], [c["name"] for c in t["columns"]])
        self.unopened += [name for name, t in tables.items() if t["indexes"] is None]
        return {name: t for name, t in tables.items() if t["indexes"] is not None}


class Feed:
    def __init__(self, program, server):
        self.process = subprocess.Popen(
            [
                program,
                "mariadb" if server.mariadb else "mysql",
                str(server.number),
                server.collation,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def follow(self, flags, sql):
        self.process.stdin.write(("%s %s\n%s\0" % (DATABASE, flags, sql)).encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "definitions ended: %s" % self.process.wait()
        return json.loads(answer)

    @staticmethod
    def definitions(answer):
        tables = {}
        for t in answer["tables"]:
            if t["database"] != DATABASE:
                continue
            columns = []
            for c in t["columns"]:
                if c.get("hidden"):     # information_schema has them not
                    continue
                default = EXPRESSION if c.get("expression") else c.get("default")
                if (
                    default
                    and ("binary" in c["type"].split("(")[0] or "blob" in c["type"])
                    and default.startswith("0x")
                ):
                    default = "0x" + re.match(r"((?!00)..)*", default[2:]).group(0)
                columns.append(
                    {
                        "name": c["name"],
                        "type": c["type"],
                        "charset": c.get("charset"),
                        "collation": c.get("collation"),
                        "default": default,
                        "nullable": c.get("nullable", False),
                        "auto_increment": c.get("auto_increment", False),
                        "generated": c.get("generated", False),
                        "invisible": c.get("invisible", False),
                        "comment": c.get("comment", ""),
                        "on_update": c.get("on_update"),
                    }
                )
            tables[t["name"]] = {
                "name": t["name"],
                "collation": t["collation"],
                "comment": t.get("comment", ""),
                "columns": columns,
                "indexes": [
                    {"name": x["name"], "unique": x.get("unique", False), "columns": x["columns"]}
                    for x in t["indexes"]
                ],
            }
        return tables


def key(table):
    """The index that makes the records' key: mysql_table_key() in schema.c."""
    able = [
        x
        for x in table["indexes"]
        if x["unique"]
        and x["columns"]
        and not any(table["columns"][c]["nullable"] for c in x["columns"])
    ]
    primary = [x for x in able if x["name"] == "PRIMARY"]
    return (primary + able)[0]["name"] if able else None


def differences(server, feed, sql):
    """In the tables that the statement names; sql None: in all. Names of tables are always
    compared."""
    names = server.tables()
    if set(names) != set(feed) - server.closed:
        return ["tables: server %s, feed %s" % (sorted(names), sorted(feed))]
    named = [n for n in names if sql is None or n.replace("`", "``") in sql]
    shown = server.definitions(named)
    for n in set(named) - set(shown):       # of `a` and `A` MariaDB shows one
        shown.update(server.definitions([n]))
    out = [
        "%s: the catalog does not show it" % n
        for n in set(named) - set(shown) - set(server.unopened)
    ]
    for name, s in shown.items():
        f = feed[name]
        known = {x["name"] for x in f["indexes"]}
        # An index that only a foreign key asked for is of no concern to the feed.
        s["indexes"] = [x for x in s["indexes"] if x["unique"] or x["name"] in known]
        # Their order says which one makes the key, and is else of no concern.
        for t in s, f:
            t["key"] = key(t)
            t["indexes"].sort(key=lambda x: x["name"])
        for key_of in "collation", "comment", "key", "indexes":
            if s[key_of] != f[key_of]:
                out.append("%s, %s: server %s, feed %s" % (name, key_of, s[key_of], f[key_of]))
        if [c["name"] for c in s["columns"]] != [c["name"] for c in f["columns"]]:
            out.append(
                "%s: server has %s, feed has %s"
                % (name, [c["name"] for c in s["columns"]], [c["name"] for c in f["columns"]])
            )
            continue
        for a, b in zip(s["columns"], f["columns"]):
            # information_schema has no characters beyond the BMP, and MySQL's has the NUL that no
            # definition holds.
            if (
                a["default"]
                and b["default"]
                and "?" in a["default"]
                and a["default"] == re.sub("[^\u0000-\uffff]", "?", b["default"])
            ):
                b["default"] = a["default"]
            if a["type"] == re.sub("[^\u0000-\uffff]", "?", b["type"]):
                b["type"] = a["type"]
            if a["type"] == "float" and six_digits(a["default"], b["default"]):
                b["default"] = a["default"]
            # MariaDB 10's shows each byte of a binary default that is not UTF-8 as a question mark.
            if (
                a["default"]
                and b["default"]
                and "binary" in a["type"]
                and unreadable(b["default"]) == a["default"]
            ):
                b["default"] = a["default"]
            if a["default"] and "\0" in a["default"] and b["default"] is None:
                a["default"] = None
            out += [
                "%s.%s, %s: server %r, feed %r" % (name, a["name"], k, a[k], b[k])
                for k in a
                if a[k] != b[k]
            ]
    return out


def six_digits(shown, kept):
    """A catalog shows six digits of a FLOAT."""
    try:
        return "%.6g" % float(shown) == "%.6g" % float(kept)
    except (TypeError, ValueError):
        return False


def unreadable(default):
    """0xFF01 with 3F for the bytes from 80 on."""
    return default[:2] + re.sub(
        "[89A-F][0-9A-F]", "3F", " ".join(re.findall("..", default[2:]))
    ).replace(" ", "")


def corpus(path, server):
    """Statements are parted by empty lines. A line "@..." before one: mysql, mariadb,
    mariadb11 (from 11 on); ansi, backslash, oracle, implicit; refused by the feed."""
    mariadb = server.mariadb
    for part in re.split(r"\n\s*\n", open(path, encoding="utf-8").read()):
        words, sql = [], part.strip("\n")
        if sql.startswith("@"):
            first, sql = sql.split("\n", 1)
            words = first[1:].split()
        if ("mysql" in words and mariadb) or ("mariadb" in words and not mariadb) or not sql:
            continue
        if "mariadb11" in words and not (mariadb and server.number >= 110000):
            continue
        yield words, sql


MODES = {"ansi": "ANSI_QUOTES", "backslash": "NO_BACKSLASH_ESCAPES", "oracle": "ORACLE",
         "utf8=utf8mb4": "INTERPRET_UTF8_AS_UTF8MB4"}


class Check:
    def __init__(self, server, feed):
        self.server, self.feed = server, feed
        self.followed = self.turned_down = 0
        self.failures = []
        self.told = set()       # a table that is wrong once stays wrong

    @staticmethod
    def settings(words):
        out = ["sql_mode = CONCAT(@@sql_mode, ',%s')" % MODES[w] for w in words if w in MODES]
        if "implicit" in words:     # without NO_ZERO_DATE
            out.append("sql_mode = '', explicit_defaults_for_timestamp = 0")
        return out

    def run(self, sql, words=(), must_work=True):
        settings = self.settings(words)
        for setting in settings:
            self.server.ask("SET " + setting)
        answer = self.server.ask(sql)
        if settings:
            self.server.ask("SET sql_mode = DEFAULT, explicit_defaults_for_timestamp = 1")
        error = [line for line in answer if line.startswith("ERROR")]
        if error:
            self.turned_down += 1
            if must_work:
                self.failures.append("the server refuses: %s\n    %s" % (sql, error[0]))
            return False
        self.followed += 1
        got = self.feed.follow(" ".join([*words, *self.server.flags]), sql)
        if "refused" in words:
            if not got["error"]:
                self.failures.append("the feed should not understand: %s" % sql)
            return True
        problems = (
            [got["error"]] if got["error"] else differences(self.server, Feed.definitions(got), sql)
        )
        problems = [p for p in problems if p not in self.told]
        self.told.update(problems)
        if problems:
            self.failures.append("%s\n    %s" % (sql, "\n    ".join(problems)))
        return not problems


    def run_all(self):
        """No table but those that a statement named has changed."""
        problems = differences(self.server, Feed.definitions(self.feed.follow("", "DO 0")), None)
        self.failures += ["in the end: " + p for p in problems if p not in self.told]


def main():
    command, program, path, seed, count = sys.argv[1:]
    server = Server(command)
    feed = Feed(program, server)
    check = Check(server, feed)
    server.ask("SET explicit_defaults_for_timestamp = 1")
    start = ["DROP DATABASE IF EXISTS " + DATABASE, "CREATE DATABASE " + DATABASE]
    for sql in start:
        check.run(sql)
    server.ask("USE " + DATABASE)
    for words, sql in corpus(path, server):
        check.run(sql, words)
    fixed = check.followed
    check.run_all()
    generator = Generator(random.Random(int(seed)), server.mariadb)
    for sql in start:
        check.run(sql)
    server.ask("USE " + DATABASE)
    tried = 0
    while tried < int(count) and len(check.failures) < 30:
        tried += 1
        sql = generator.statement(server.definitions(server.tables()))
        if (
            not check.run(sql, must_work=False)
            and check.failures
            and check.failures[-1].startswith(sql)
        ):
            for again in start:
                check.run(again)
            server.ask("USE " + DATABASE)
    check.run_all()
    for failure in check.failures:
        print("FAIL  " + failure)
    print(
        "%s: %d statements of the corpus, %d of %d random ones (seed %s; the server refused the "
        "others), %d failures"
        % (server.version, fixed, check.followed - fixed, tried, seed, len(check.failures))
    )
    sys.exit(bool(check.failures))


if __name__ == "__main__":
    main()
