"""The rules for MySQL and MariaDB, of explained.py's kind. M and W: the faults' names in docs/differences.md."""
import json
from explained import ANY_RUN, ANY_SOURCE, READ, STREAMED, explain, mask

PARITY = r"PREFIX\.parity\."
IMAGE = r"\.value\.(before|after)\."
PLACE = r"\.value\.source\.(ts_(ms|us|ns)|gtid|file|pos)"
DDL = "PREFIX"      # the topic of the schema changes

# Between two runs of one side.
ANOTHER_RUN = ANY_RUN + [
    mask("place", "another place in the log, another session", path=PLACE + r"|\.value\.source\.thread",
         when=lambda a, b: (a is None) == (b is None)),
    mask("place", "in a flat value", path=r"\.value\.source\.(gtid|file|pos)"),
]

COMMON = ANY_SOURCE + [
    mask("snapshot clock and place", "each took its own snapshot", what=READ, path=PLACE),
    mask("snapshot clock and place", "of the definitions too", topic=DDL, path=PLACE),
    mask("unseen", "Debezium does not survive these tables; a snapshot row must equal its streamed row", topic=r"PREFIX\.unseen\..*",
         when=lambda a, b: a in ("(absent)", 0, [])),

    mask("unseen", "they come last in the snapshot", what=READ, path=r"\.value\.source\.snapshot",
         when=lambda a, b: (a, b) == ("last", "last_in_data_collection")),

    # docs/differences.md says more of each.
    explain("M1", "a NULL in a column with a default is null, not the default", topic=PARITY + r"(t_\w+|ddl\w*|made)",
            path=IMAGE + r"\w+", when=lambda a, b: a is not None and b is None),
    explain("W6", "a label with a comma is itself", topic=PARITY + "t_enum_comma", path=IMAGE + r"\w",
            when=lambda a, b: isinstance(a, str) and a.replace("\\,", ",") == b),
    explain("W6", "and so is one with a backslash", topic=PARITY + "t_enum", path=r".*\.(allowed|e)",
            when=lambda a, b: isinstance(a, str) and a.replace("\\\\", "\\") == b),
    explain("W14", "a default is the value that a row has by it", topic=PARITY + r"t_default_(more|ts)", what="value schema", path=r".*default"),
    explain("W17", "a zero timestamp is null, or 1970 where null is not allowed", topic=PARITY + "t_zero", path=IMAGE + "[cfhj]",
            when=lambda a, b: b is None or b.startswith("1970-01-01T00:00:00")),
    explain("W18", "a negative time, and one above 24 hours, has its value", topic=PARITY + "t_time", path=IMAGE + "[a-i]",
            when=lambda a, b: a is None and b is not None),
    explain("M8", "a timestamp has the digits of its column in the snapshot too", topic=PARITY + r"t_(timestamp|default)\w*",
            what=READ, path=IMAGE + r"\w+", when=lambda a, b: isinstance(a, str) and a.rstrip("Z").rstrip(".0") == b.rstrip("Z").rstrip(".0")),
    explain("M8", "in a key as well", topic=PARITY + "t_timestamp_key", what=r"events|event .*"),
    explain("M8", "JSON is compact in the snapshot as it is in the stream", topic=PARITY + r"t_\w+", what=READ, path=IMAGE + r"\w+",
            when=lambda a, b: isinstance(a, str) and same_json(a, b)),
    explain("M8", "of long JSON the hash alone is known", topic=PARITY + r"t_json\w*", what=READ, path=IMAGE + r"\w+",
            when=lambda a, b: all("characters, sha256" in x for x in (a, b))),
    explain("M8", "the year 0 is 0", topic=PARITY + "t_year_zero", path=IMAGE + "[a-d]|.*default", when=lambda a, b: a in (1900, 2000) and b == 0),
    explain("M8", "a float as it is stored", topic=PARITY + "t_float", what=READ, path=IMAGE + r"\w",
            when=lambda a, b: abs(float(a) - float(b)) <= 1e-5 * abs(float(b))),
    explain("M8", "the ten days of October 1582 as they are streamed", topic=PARITY + "t_datetime", what=READ, path=IMAGE + r"\w",
            when=lambda a, b: a != b and None not in (a, b)),
    explain("binary(0)", "is empty; the reference takes it for ten bytes", topic=PARITY + "t_bytes", path=IMAGE + "i", when=lambda a, b: b in ("0x", "")),
    explain("character sets", "sjis and koi8u as the server converts them, in snapshot and stream alike", topic=PARITY + r"t_charset\w*",
            what="event .* [cud]", path=IMAGE + r"\w+", when=lambda a, b: (a, b) in (("pl~ain＼", "pl~ain\\"), ("╥жак", "Їжак"))),
    explain("XA", "rows of an XA transaction come when it is committed, and not at all when it is rolled back", topic=PARITY + "r_plain",
            what="events", path=r'\{"id": 721\}', when=lambda a, b: (a, b) == (["c"], [])),
    explain("XA", "and at the place of the commit", topic=PARITY + "r_(plain|other)", what=r'event \{"id": 720\}.*', path=PLACE),
    explain("thread", "the session of an XA transaction and of a TRUNCATE is known too", topic=PARITY + r"r_\w+", path=r"\.value\.source\.thread",
            when=lambda a, b: a is None),
    explain("M21", "a year of four digits is that year", topic=PARITY + r"t_date(time)?", path=IMAGE + r"\w",
            when=lambda a, b: None not in (a, b)),
]

MYSQL = [
    explain("JSON times", "six digits, as MySQL prints a DATETIME in a document", topic=PARITY + "t_json_more", what="event .* [cud]", path=IMAGE + "a",
            when=lambda a, b: isinstance(a, str) and a == b.replace(".000000", "") != b),
    explain("JSON numbers", "a double as MySQL prints it", topic=PARITY + r"t_json\w*", what="event .* [cud]", path=IMAGE + r"\w+",
            when=lambda a, b: isinstance(a, str) and same_json(a, b)),
    explain("JSON times", "a negative TIME in a document", topic=PARITY + "t_json_more", what="event .* [cud]", path=IMAGE + "a",
            when=lambda a, b: "13:0-35:0-57" in a and '"-12:34:56.500000"' in b),
    explain("M14", "a truncate belongs to its transaction", topic=PARITY + r"r_truncated\w*", path=r"\.value\.transaction",
            when=lambda a, b: a is None),
]

MARIADB = [
    explain("W19", "a transaction begins at its own time", topic=r"PREFIX\.transaction", path=r"\.value\.ts_ms"),
]


def same_json(a, b):
    try:
        return json.loads(a) == json.loads(b)
    except (TypeError, ValueError):
        return False


def rules(source):
    return ANOTHER_RUN, COMMON + (MYSQL if source == "mysql" else MARIADB)
