"""The DDL statements of a file of mysqltest's language, with the session settings between them."""
import functools
import os
import re

TABLES = re.compile(
    r"(create\s+(or\s+replace\s+)?(temporary\s+|online\s+|offline\s+|unique\s+|fulltext\s+|spatial\s+|vector\s+)*"
    r"(table|sequence|index|database|schema)|alter\s+(online\s+|offline\s+|ignore\s+)*(table|sequence|database|schema)|"
    r"rename\s+tables?|drop\s+(temporary\s+)?(tables?|sequence|index|database|schema)|set\s+statement\b.*\bfor)\b",
    re.I | re.S,
)
SETTING = re.compile(
    r"set\s+(session\s+|local\s+|@@(session\.|local\.)?)?(names|character\s+set|sql_mode|character_set_client|collation_\w+|"
    r"character_set_(server|connection|database)|explicit_defaults_for_timestamp|time_zone|timestamp|foreign_key_checks|innodb_strict_mode|"
    r"default_storage_engine|storage_engine|default_collation_for_utf8mb4|sql_generate_invisible_primary_key|sql_require_primary_key|"
    r"show_gipk_in_create_table_and_information_schema|system_versioning\w*|alter_algorithm|old_mode|check_constraint_checks|"
    r"character_set_collations|sql_if_exists|use_stat_tables|column_compression\w*)\b",
    re.I,
)
USE = re.compile(r"use\s+`?(\w+)`?\s*$", re.I)
# What belongs to the server, reaches outside it, or takes it minutes.
FOREIGN = re.compile(
    r"\b(mysql|sys|performance_schema|information_schema)\s*\.|tablespace\s*[= "
    r"]\s*`?(?!innodb)\w|global|persist|"
    r"directory|engine\s*=?\s*['\"`]?(ndb|ndbcluster|federated|connect|spider|mroonga|rocksdb|oqgraph|example|sphinx|s3|columnstore)|"
    r"drop\s+(database|schema)\s+(if\s+exists\s+)?`?(mysql|sys|performance_schema|information_schema)\b|"
    r"create\s+(database|schema).*encryption|partitions\s+[1-9]\d{2,}",
    re.I,
)
COMMENT = re.compile(r"^(\s+|#[^\n]*(\n|$)|--[ \t][^\n]*(\n|$)|/\*(?![!M]).*?\*/)", re.S)


# All that may be of concern here begins so.
CONCERN = re.compile(r"[\s/#-]|(eval|send|send_eval|query\w*|exec_in_background|reap|"
                     r"create|alter|rename|drop|set|use|source)\b", re.I)
BLANK, BRACE = re.compile(r"\s*"), re.compile(r"(\}|\{)")
TURN, DELIMITER = re.compile(r"(if|while)\s*\(", re.I), re.compile(r"delimiter\s+(\S+)", re.I)
# As far as the quote's end.
CLOSED = {"'": re.compile(r"(?:[^'\\]|\\.)*'", re.S), '"': re.compile(r'(?:[^"\\]|\\.)*"', re.S),
          "`": re.compile("[^`]*`")}


@functools.lru_cache(maxsize=2000)
def parts(path):
    try:
        return tuple(split(open(path, encoding="utf-8", errors="surrogateescape").read()))
    except OSError:
        return ()


def split(text):
    """Statements and commands, as mysqltest parts them."""
    delimiter, stop, at, n = ";", re.compile("['\"`;]"), 0, len(text)
    while at < n:
        at = BLANK.match(text, at).end()
        if at >= n:
            return
        line_end = text.find("\n", at)
        line_end = n if line_end < 0 else line_end
        line = text[at:line_end]
        if line.startswith("#"):
            at = line_end
            continue
        if line.startswith("--"):
            yield line[2:].strip(), True
            at = line_end
            continue
        if BRACE.match(line):
            at += 1
            continue
        if TURN.match(line):
            brace = text.find("{", at)
            at = brace + 1 if brace >= 0 else line_end
            continue
        m = DELIMITER.match(line)
        if m:
            new = m.group(1)
            if new != delimiter and new.endswith(delimiter):
                new = new[:-len(delimiter)]
            delimiter = new
            stop = re.compile("['\"`]|" + re.escape(delimiter))
            at = line_end
            continue
        end = at
        while end < n:
            m = stop.search(text, end)
            if not m or m.group() not in CLOSED:
                end = m.start() if m else n
                break
            m = CLOSED[m.group()].match(text, m.end())
            end = m.end() if m else n
        yield text[at:end].strip(), False
        at = end + len(delimiter)


def bare(sql):
    """Without the comments before it."""
    while True:
        m = COMMENT.match(sql)
        if not m or not m.end():
            return sql
        sql = sql[m.end():]


def statements(path, seen=None):
    """(kind, statement) of a file and of those that it sources: "table", "set", "use"."""
    seen = seen if seen is not None else set()
    if path in seen or len(seen) > 20:
        return
    seen.add(path)
    root = path[:path.rindex("mysql-test") + 10] if "mysql-test" in path else os.path.dirname(path)
    root = path[:path.rindex("mariadb-test/") + 12] if "mariadb-test/" in path else root
    for sql, command in parts(path):
        if not CONCERN.match(sql):
            continue
        m = re.match(r"source\s+(\S+?);?$", sql)
        if m:
            for base in (root, os.path.dirname(path), os.path.join(os.path.dirname(path), "..")):
                inner = os.path.normpath(os.path.join(base, m.group(1)))
                if os.path.exists(inner) and not inner.endswith(
                    ("have_innodb.inc", "master-slave.inc")
                ):
                    yield from statements(inner, seen)
                    break
            continue
        sql = re.sub(
            r"^(eval|send|send_eval|query_vertical|query_horizontal|query|exec_in_background|reap)\s+",
            "",
            sql,
            flags=re.I,
        )
        sql = re.sub(r"(engine\s*=?\s*)['\"]?\$\w+['\"]?", r"\1InnoDB", sql, flags=re.I)
        if command:
            sql = sql.rstrip(";")
        first = bare(sql)
        first = re.sub(r"^/\*M?!\d*\s*", "", first)
        kinds = [k for k, begins in (("table", TABLES), ("set", SETTING), ("use", USE))
                 if begins.match(first)]
        kind = kinds[0] if kinds else None
        if (not kind or "$" in re.sub(r"'[^']*'|`[^`]*`", "", sql) or FOREIGN.search(sql) or
                re.search(r"\\[a-zA-Z]", re.sub(r"'[^']*'|\"[^\"]*\"", "", sql))):
            continue
        yield kind, USE.match(first).group(1) if kind == "use" else sql


def files(root, only):
    """The suites' files, a suite at a time."""
    out = []
    for where, _, names in os.walk(root):
        out += [
            os.path.join(where, n)
            for n in names
            if n.endswith(".test") and re.search(only, os.path.join(where, n))
        ]
    return sorted(out)
