"""The rules for MySQL and MariaDB, of explained.py's kind. M and W: the faults' names in
docs/differences.md."""

import json, re
from explained import ANY_RUN, ANY_SOURCE, READ, STREAMED, explain, mask

PARITY = r"PREFIX\.parity\."
IMAGE = r"\.value\.(before|after)\."
PLACE = r"\.value\.source\.(ts_(ms|us|ns)|gtid|file|pos)"
DDL = "PREFIX"      # the topic of the schema changes
COLUMN = r"\.value\.tableChanges\[0\]\.table\.columns\[.+\]\."

# What rows of t_default_more have by default, in whatever form.
BY_DEFAULT = (-1, "it's", r"back\slash", "ab\0", "0x616200", "616200", "YWIA", 5.610000133514404)

UUIDS = (
    "123e4567-e89b-12d3-a456-426614174000",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "123e4567-e89b-42d3-a456-426614170000",
    "018f4567-e89b-7abc-8456-426614174000",
    "123e4567-e89b-42d3-a456-000000000000",
)

# Between two runs of one side.
ANOTHER_RUN = ANY_RUN + [
    mask(
        "place",
        "another place in the log, another session",
        path=PLACE + r"|\.value\.source\.thread",
        when=lambda a, b: (a is None) == (b is None),
    ),
    mask(
        "elsewhere",
        "what else there is on the server",
        topic=DDL,
        what="record",
        when=lambda a, b: elsewhere(a or b),
    ),
    mask("place", "in a flat value", path=r"\.value\.source\.(gtid|file|pos)"),
]

COMMON = ANY_SOURCE + [
    mask("snapshot clock and place", "each took its own snapshot", what=READ, path=PLACE),
    mask(
        "unseen",
        "Debezium does not survive these tables; a snapshot row must equal its streamed row",
        topic=r"PREFIX\.unseen\..*",
        when=lambda a, b: a in ("(absent)", 0, []),
    ),
    mask(
        "unseen",
        "nor does it count their rows",
        topic=r"PREFIX\.transaction",
        path=r"\.value\.(event_count|data_collections)",
        when=lambda a, b: a == 0
        or (a, b) == (1, 2)
        or (
            isinstance(a, list)
            and a == [c for c in b if not c["data_collection"].startswith("unseen.")]
        ),
    ),
    mask(
        "unseen",
        "those of a sequence among them",
        topic=PARITY + "t_sequence",
        path=r"\.value\.transaction\.total_order",
        when=lambda a, b: (a, b) == (1, 2),
    ),
    mask(
        "unseen",
        "they come last in the snapshot",
        what=READ,
        path=r"\.value\.source\.snapshot",
        when=lambda a, b: (a, b) == ("last", "last_in_data_collection"),
    ),
    # docs/differences.md says more of each.
    explain(
        "schema changes at first",
        "one record a table, its CREATE TABLE",
        topic=DDL,
        what="record",
        when=lambda a, b: b is None and at_first(a),
    ),
    explain(
        "schema changes elsewhere",
        "none of a table that is not read",
        topic=DDL,
        what="record",
        when=lambda a, b: b is None
        and (elsewhere(a) or of(a, r"other\.r_plain|parity\.t_(float|datetime)")),
    ),
    explain(
        "sequences",
        "are tables to MariaDB, and their statements are told as a table's",
        topic=DDL,
        what="record",
        when=lambda a, b: a is None and "SEQUENCE" in b["ddl"].upper(),
    ),
    explain(
        "FLUSH TABLES",
        "changes no schema",
        topic=DDL,
        what="record",
        when=lambda a, b: b is None and a["ddl"] == "FLUSH TABLES",
    ),
    explain(
        "W14",
        "a default's text is the default, not a statement's way to write it",
        topic=DDL,
        path=COLUMN + "defaultValueExpression",
        when=lambda a, b: (a, b)
        in (
            ("it''s", "it's"),
            (r"back\\slash", r"back\slash"),
            (r"ab\0", "0x6162"),
            (r"ab\0", "0x616200"),
            (r"ab\0", "ab"),
            ("v", "0x76"),
        ),
    ),
    explain(
        "PARTITION",
        "the comment around the partitions has an end",
        topic=DDL,
        path=r"\.value\.ddl",
        when=lambda a, b: b == a + " */",
    ),
    explain(
        "generated",
        "a generated column is one",
        topic=DDL,
        path=COLUMN + "generated",
        when=lambda a, b: (a, b) == (False, True),
    ),
    explain(
        "binary(0)",
        "char(0) and binary(0) have no length; the reference takes them for ten characters",
        topic=DDL,
        path=COLUMN + "length",
        when=lambda a, b: (a, b) == (10, 0),
    ),
    explain(
        "row",
        "a statement has no row of an earlier event",
        topic=DDL,
        path=r"\.value\.source\.row",
        when=lambda a, b: b == 0,
    ),
    explain(
        "M1",
        "a NULL in a column with a default is null, not the default",
        topic=PARITY + r"t_default\w*",
        path=IMAGE + r"\w+",
        when=lambda a, b: a is not None and b is None,
    ),
    explain(
        "W6",
        "a label with a comma is itself",
        topic=PARITY + "t_enum_comma",
        path=IMAGE + r"\w",
        when=lambda a, b: isinstance(a, str) and a.replace("\\,", ",") == b,
    ),
    explain(
        "W6",
        "and so is one with a backslash",
        topic=PARITY + "t_enum",
        path=r".*\.(allowed|e)",
        when=lambda a, b: isinstance(a, str) and a.replace("\\\\", "\\") == b,
    ),
    explain(
        "W14",
        "a default is the value that a row has by it",
        topic=PARITY + r"t_default_more",
        what="value schema",
        path=r".*default",
        when=lambda a, b: b in BY_DEFAULT,
    ),
    explain(
        "W14",
        "where a NULL is written as the default",
        topic=PARITY + r"t_default_more",
        path=IMAGE + "[abcefl]",
        when=lambda a, b: b in BY_DEFAULT,
    ),
    explain(
        "W17",
        "a zero timestamp is null, or 1970 where null is not allowed",
        topic=PARITY + "t_zero",
        path=IMAGE + "[cfhj]",
        when=lambda a, b: b is None or b.startswith("1970-01-01T00:00:00"),
    ),
    explain(
        "W18",
        "a negative time, and one above 24 hours, has its value",
        topic=PARITY + "t_time",
        path=IMAGE + "[a-i]",
        when=lambda a, b: a is None and b is not None,
    ),
    explain(
        "W18",
        "as a default too",
        topic=PARITY + "t_default_more",
        path=IMAGE + r"i|.*\.fields\[i\].*",
        when=lambda a, b: "null" in (a, b) or a is None,
    ),
    explain(
        "M10",
        "24:00 stays 24:00",
        topic=PARITY + "t_time",
        path=IMAGE + "b",
        when=lambda a, b: (a, b) == ("00:00:00Z", "24:00:00Z"),
    ),
    explain(
        "M8",
        "a timestamp has the digits of its column in the snapshot too",
        topic=PARITY + r"t_(timestamp|default)\w*",
        what=READ,
        path=IMAGE + r"\w+",
        when=lambda a, b: isinstance(a, str)
        and a.rstrip("Z").rstrip(".0") == b.rstrip("Z").rstrip(".0"),
    ),
    explain("M8", "in a key as well", topic=PARITY + "t_timestamp_key", what=r"events|event .*"),
    explain(
        "M8",
        "JSON is compact in the snapshot as it is in the stream",
        topic=PARITY + r"t_\w+",
        what=READ,
        path=IMAGE + r"\w+",
        when=lambda a, b: isinstance(a, str) and same_json(a, b),
    ),
    explain(
        "M8",
        "of long JSON the hash alone is known",
        topic=PARITY + r"t_json\w*",
        what=READ,
        path=IMAGE + r"\w+",
        when=lambda a, b: all("characters, sha256" in x for x in (a, b)),
    ),
    explain(
        "M8",
        "the year 0 is 0",
        topic=PARITY + "t_year_zero",
        path=IMAGE + "[a-d]|.*default",
        when=lambda a, b: a in (1900, 2000) and b == 0,
    ),
    explain(
        "M8",
        "a float as it is stored",
        topic=PARITY + "t_float",
        what=READ,
        path=IMAGE + r"\w",
        when=lambda a, b: abs(float(a) - float(b)) <= 1e-5 * abs(float(b)),
    ),
    explain(
        "M8",
        "the ten days of October 1582 as they are streamed",
        topic=PARITY + "t_datetime",
        what=r'event \{"id": 1[01]\}.* r',
        path=IMAGE + r"\w",
        when=lambda a, b: a != b and None not in (a, b),
    ),
    explain(
        "binary(0)",
        "is empty; the reference takes it for ten bytes",
        topic=PARITY + "t_bytes",
        path=IMAGE + "i",
        when=lambda a, b: b in ("0x", ""),
    ),
    explain(
        "character sets",
        "sjis and koi8u as the server converts them, in snapshot and stream alike",
        topic=PARITY + r"t_charset\w*",
        what="event .* [cud]",
        path=IMAGE + r"\w+",
        when=lambda a, b: (a, b) in (("pl~ain＼", "pl~ain\\"), ("╥жак", "Їжак"), ("╥ж", "Їж")),
    ),
    explain(
        "character sets",
        "or its hash",
        topic=PARITY + "t_charset",
        what=r'event \{"id": 104\}.* [cud]',
        path=IMAGE + "c",
        when=lambda a, b: all(re.fullmatch("[0-9a-f]{20}", x) for x in (a, b)),
    ),
    explain(
        "XA",
        "rows of an XA transaction come when it is committed, and not at all when it is rolled "
        "back",
        topic=PARITY + "r_plain",
        what="events",
        path=r'\{"id": 721\}',
        when=lambda a, b: (a, b) == (["c"], []),
    ),
    explain(
        "XA",
        "which begins and ends, as that of a TRUNCATE does",
        topic=r"PREFIX\.transaction",
        what="events",
        when=lambda a, b: (a, b) == ([], [None]),
    ),
    explain(
        "counts",
        "of a transaction's tables in the order of their first rows; the reference has that of a "
        "hash table",
        topic=r"PREFIX\.transaction",
        path=r"\.value\.data_collections\[\d\]\.data_collection",
        when=lambda a, b: {a, b}
        in ({"parity.r_parent", "parity.r_child"}, {"parity.r_watched", "parity.r_log"}),
    ),
    explain(
        "XA",
        "rows of XA ... ONE PHASE are in a transaction too",
        topic=PARITY + "r_(plain|other)",
        what=r'event \{"id": 7[02]0\}.*',
        path=r"\.value\.transaction",
        when=lambda a, b: a is None,
    ),
    explain(
        "XA",
        "and at the place of the commit",
        topic=PARITY + "r_(plain|other)",
        what=r'event \{"id": 720\}.*',
        path=PLACE + r"|\.value\.transaction\.id",
    ),
    explain(
        "thread",
        "the session of an XA transaction, of a TRUNCATE and of a schema change is known too",
        topic=PARITY + r"r_\w+|" + DDL,
        path=r"\.value\.source\.thread",
        when=lambda a, b: a is None,
    ),
    explain(
        "M21",
        "a year of four digits is that year",
        topic=PARITY + r"t_date(time)?",
        what=r'event \{"id": 1?1[01]\}.*',
        path=IMAGE + r"\w",
        when=lambda a, b: None not in (a, b),
    ),
]

MYSQL = [
    explain(
        "JSON times",
        "six digits, as MySQL prints a DATETIME in a document",
        topic=PARITY + "t_json_more",
        what="event .* [cud]",
        path=IMAGE + "a",
        when=lambda a, b: isinstance(a, str) and a == b.replace(".000000", "") != b,
    ),
    explain(
        "JSON numbers",
        "a double as MySQL prints it",
        topic=PARITY + r"t_json\w*",
        what="event .* [cud]",
        path=IMAGE + r"\w+",
        when=lambda a, b: isinstance(a, str) and same_json(a, b),
    ),
    explain(
        "JSON times",
        "a negative TIME in a document",
        topic=PARITY + "t_json_more",
        what="event .* [cud]",
        path=IMAGE + "a",
        when=lambda a, b: "13:0-35:0-57" in a and '"-12:34:56.500000"' in b,
    ),
    explain(
        "M14",
        "a truncate belongs to its transaction",
        topic=PARITY + r"r_truncated\w*",
        path=r"\.value\.transaction",
        when=lambda a, b: a is None,
    ),
]

MARIADB = [
    mask(
        "unseen",
        "its parser does not know their statements",
        topic=DDL,
        what="record",
        when=lambda a, b: a is None
        and b["databaseName"] == "unseen"
        and b["source"]["snapshot"] != "false",
    ),
    mask(
        "unseen",
        "nor versions and their columns",
        topic=DDL,
        what=r'event \{"databaseName": "unseen"\}.*',
        path=COLUMN
        + r"optional|\.value\.tableChanges\[0\]\.table\.(columns|primaryKeyColumnNames)",
    ),
    explain(
        "CREATE OR REPLACE",
        "makes the table anew; the reference keeps the old one",
        topic=DDL,
        what="record",
        when=lambda a, b: "CREATE OR REPLACE TABLE" in (a or b)["ddl"],
    ),
    explain(
        "statements",
        "change no rows, so none begins a transaction; the reference's never ends",
        topic=r"PREFIX\.transaction",
        what="events",
        path=r'\{"id": "BEGIN \d+"\}',
        when=lambda a, b: (a, b) == ([None], []),
    ),
    explain(
        "ALTER SEQUENCE",
        "changes no schema",
        topic=DDL,
        what="record",
        when=lambda a, b: b is None and "ALTER SEQUENCE" in a["ddl"],
    ),
    explain(
        "display width",
        "of an integer as the server has it, whether or not the statement said it",
        topic=DDL,
        path=COLUMN + "length",
        when=lambda a, b: a is None and b in (11, 20),
    ),
    explain(
        "comments",
        "a quote is one quote",
        path=r".*\.(connect\.doc|comment)",
        when=lambda a, b: isinstance(a, str) and a.replace("''", "'") == b,
    ),
    explain(
        "expression",
        "is no default's text, curdate() as little as others",
        topic=DDL,
        path=COLUMN + "defaultValueExpression",
        when=lambda a, b: (a, b) == ("curdate()", None),
    ),
    explain(
        "ON UPDATE",
        "fills a column that has a default too",
        topic=DDL,
        path=COLUMN + "autoIncremented",
        when=lambda a, b: (a, b) == (False, True),
    ),
    explain(
        "character sets",
        "cp932 too",
        topic=PARITY + r"t_charset",
        what="event .* [cud]",
        path=IMAGE + "w",
        when=lambda a, b: "\ufffd" in a or all(re.fullmatch("[0-9a-f]{20}", x) for x in (a, b)),
    ),
    explain(
        "UUID",
        "as it is; the reference drops its zeros in the stream",
        topic=PARITY + "t_uuid",
        path=IMAGE + "[abf]",
        when=lambda a, b: b in UUIDS,
    ),
    explain(
        "UUID",
        "as a key too",
        topic=PARITY + "t_uuid_key",
        what="events|event .*",
        path=r"\{.*\}|\.headers\[0\]",
    ),
    explain(
        "W19",
        "a transaction begins at its own time",
        topic=r"PREFIX\.transaction",
        path=r"\.value\.ts_ms",
    ),
]


def same_json(a, b):
    try:
        return json.loads(a) == json.loads(b)
    except (TypeError, ValueError):
        return False


def at_first(value):
    """What the reference says of the schema before its snapshot, beside each table's CREATE
    TABLE."""
    return value["source"]["snapshot"] != "false" and not any(
        c["type"] == "CREATE" for c in value["tableChanges"]
    )


def of(value, tables):
    """A record of such a table, or of an index of one."""
    return bool(
        re.fullmatch(tables, value["databaseName"] + "." + (value["source"]["table"] or ""))
    )


def elsewhere(value):
    """A database that the scenario does not fill: the servers may have others."""
    return not of(value, r"(parity|other|Mixed-Case|made|unseen)\..*")


def identity(topic, record):
    """A schema change is known by its tables, or else its statement."""
    if topic != DDL:
        return None
    value = record["value"]
    return json.dumps(
        [
            value["source"]["snapshot"],
            value["databaseName"],
            [[c["type"], c["id"]] for c in value["tableChanges"]],
            (
                value["ddl"]
                if value["source"]["snapshot"] == "false" or not value["tableChanges"]
                else ""
            ),
        ]
    )


def not_logged(source):
    """Topics of tables that a foreign key's cascades change: MariaDB writes none of them to its
    binlog, so the stream cannot know."""
    return ["PREFIX.parity.r_child"] if source == "mariadb" else []


def rules(source):
    return ANOTHER_RUN, COMMON + (MYSQL if source == "mysql" else MARIADB)
