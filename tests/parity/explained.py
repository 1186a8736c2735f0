"""Where tailrace and the reference may differ: what is masked, as it must differ, and what is
explained, as ours is right.

A rule names topics, records or schemas, and paths by regular expressions; the first that covers a
difference takes it.
"""

import json, re


class Rule:

    def __init__(
        self, tag, why, topic=".*", what=".*", path=".*", when=lambda a, b: True, mask=False
    ):
        self.tag, self.why, self.mask, self.when = tag, why, mask, when
        self.patterns = [re.compile(p) for p in (topic, what, path)]

    def covers(self, topic, what, path, a, b):
        return all(
            p.fullmatch(s) for p, s in zip(self.patterns, (topic, what, path))
        ) and self.when(a, b)


def mask(tag, why, **where):
    return Rule(tag, why, mask=True, **where)


def explain(tag, why, **where):
    return Rule(tag, why, **where)


STREAMED = r"event .* [cu]"
READ = r"event .* r"

# Whatever the database: between two runs of one side, and between the sides.
ANY_RUN = [
    mask("place", "of a transaction", path=r"\.value\.transaction\.id"),
    mask("place", "of a transaction", topic=r"PREFIX\.transaction", path=r"\.value\.(id|ts_ms)"),
    mask(
        "by chance", "where a record without a key goes", what="event null/.*", path=r"\.partition"
    ),
]
ANY_SOURCE = [
    mask("version", "each names its own", path=r"\.value\.source\.version"),
    mask(
        "clock",
        "the wall clock at processing",
        topic=r"(?!PREFIX\.transaction).*",
        path=r"\.value\.ts_(ms|us|ns)",
    ),
    mask(
        "run id",
        "a UUID of the process",
        path=r"\.headers\[\d\]",
        when=lambda a, b: all(x.startswith("__debezium.context.runId: ") for x in (a, b)),
    ),
    explain(
        "keyless partition",
        "in order, in partition 0; the reference spreads them",
        what="event null/.*",
        path=r"\.partition",
        when=lambda a, b: b == 0,
    ),
]

ANOTHER_RUN = ANY_RUN + [
    mask(
        "place",
        "another database, another place in its log",
        path=r"\.value\.source\.(ts_(ms|us|ns)|lsn|sequence|txId)",
    ),
    mask(
        "made at insert",
        "now() and gen_random_uuid()",
        topic=r"PREFIX\.public\.t_default",
        path=r"\.value\.after\.(now|u)(_|_u005f)fn",
        when=lambda a, b: None not in (a, b),
    ),
    mask(
        "made at insert",
        "CURRENT_DATE, another day than the stored run's",
        topic=r"PREFIX\.public\.t_default_more",
        path=r"\.value\.after\.x",
        when=lambda a, b: None not in (a, b),
    ),
    mask(
        "made at insert",
        "the time and the day",
        topic=r"PREFIX\.public\.t_default_expr",
        path=r"\.value\.after\.[hijv]",
        when=lambda a, b: None not in (a, b),
    ),
    mask(
        "identity hash",
        "Java prints an array's address: never twice the same",
        topic=r"PREFIX\.public\.t_array_deep(er)?",
        path=r"\.value\.after\.\w\[\d\]",
        when=lambda a, b: all(str(x).startswith("[Ljava.") for x in (a, b)),
    ),
    mask(
        "identity hash",
        "nor a message's, which gives its place in a hash table too",
        topic=r"PREFIX\.transaction",
        path=r"\.value\.data_collections\[\d\]\.data_collection",
        when=lambda a, b: "LogicalDecodingMessageId@" in a + b,
    ),
    mask(
        "catalog at reading",
        "how far a schema change had gone when the reference looked it up",
        topic=r"PREFIX\.public\.ddl(_mid|_calm)?",
    ),
]

RULES = ANY_SOURCE + [
    mask(
        "message clock",
        "a message outside a transaction has no time of its own",
        topic=r"PREFIX\.message",
        what='event {"prefix": "out"}.*',
        path=r"\.value\.source\.ts_(ms|us|ns)",
    ),
    mask(
        "snapshot clock and place",
        "each took its own snapshot",
        what=READ,
        path=r"\.value\.source\.(ts_(ms|us|ns)|lsn|sequence|txId)",
    ),
    # docs/differences.md says more of each.
    explain(
        "M1",
        "a NULL in a column with a default is null, not the default",
        topic=r"PREFIX\.public\.(t_default(_more|_expr)?|ddl_calm|ddl_mid_renamed)",
        path=r"\.value\.(before|after)\.\w+",
        when=lambda a, b: a is not None and b is None,
    ),
    explain(
        "M2",
        "a partitioned table is read once, in its leaves, as it is streamed",
        topic=r"PREFIX\.public\.part",
    ),
    explain(
        "M2",
        "published under its root's name, it is read in its root",
        topic=r"PREFIX\.public\.part_20\d\d",
        when=lambda a, b: b in ("(absent)", 0, []),
    ),
    explain(
        "M4",
        "a column of type name has its value in the stream too",
        topic=r"PREFIX\.public\.t_name",
        what=STREAMED,
        path=r"\.value\.after\.a",
        when=lambda a, b: a is None and b,
    ),
    explain(
        "default text",
        "the default of a column as the server says it: a quote inside is not its end, "
        "CURRENT_USER is not a text",
        topic=r"PREFIX\.public\.t_default_more",
        path=r".*\.fields\[[uw]\].*default",
        when=lambda a, b: a in ("quote ", "CURRENT_USER"),
    ),
    explain(
        "default text",
        "where a NULL is written as the default",
        topic=r"PREFIX\.public\.t_default_more",
        path=r"\.value\.after\.[uw]",
        when=lambda a, b: a in ("quote ", "CURRENT_USER"),
    ),
    explain(
        "default text",
        "nor is the first of two texts",
        topic=r"PREFIX\.public\.t_default_expr",
        path=r".*\.fields\[b\](?!.*fields).*",
        what="value schema",
    ),
    explain(
        "W12",
        "an infinite default as its values are; no wrapped number, and none left out",
        topic=r"PREFIX\.public\.t_default_expr",
        path=r".*\.fields\[[fqu]\](?!.*fields).*",
        what="value schema",
    ),
    explain(
        "NaN default",
        "the text \"NaN\" is no default of an Avro float: none",
        topic=r"PREFIX\.public\.t_default_expr",
        path=r".*\.fields\[p\](?!.*fields).*",
        what="value schema",
    ),
    explain(
        "W3",
        "keyed by the identity index, as the wire has no other key; the reference makes one up for "
        "deletes",
        topic=r"PREFIX\.public\.r_index_pk",
    ),
    explain(
        "W4",
        "arrays that the reference has no form for are arrays",
        topic=r"PREFIX\.public\.(t_array_more|t_array_range|toast_(more|rest))",
        what="value schema",
        path=r".*fields.*",
        when=lambda a, b: isinstance(a, list)
        and isinstance(b, list)
        and all(x in b for x in a if x["name"] not in "jxo"),
    ),
    explain(
        "W4",
        "and their values are there",
        topic=r"PREFIX\.public\.t_array_more",
        path=r"\.value\.((before|after)\.[abcdejx]|\(order\))",
        when=lambda a, b: a in ("(absent)", None) or isinstance(a, list),
    ),
    explain(
        "W4",
        "and their values are there",
        topic=r"PREFIX\.public\.(t_array_range|toast_more)",
        path=r"\.value\.((before|after)\.[el]|\(order\))",
        when=lambda a, b: a == "(absent)" or isinstance(a, list),
    ),
    explain(
        "W4",
        "and their values are there",
        topic=r"PREFIX\.public\.toast_rest",
        path=r"\.value\.((before|after)\.([hiop]|n2)|\(order\))",
        when=lambda a, b: a in ("(absent)", None) or isinstance(a, list),
    ),
    explain(
        "W4",
        "int2vector and oidvector are int2[] and oid[], and not empty",
        topic=r"PREFIX\.public\.t_system",
        what="value schema",
        path=r".*fields\[[rs]\]\.type\[1\]\.items",
    ),
    explain(
        "W4",
        "and their values are there",
        topic=r"PREFIX\.public\.t_system",
        path=r"\.value\.after\.[rs]",
        when=lambda a, b: a == [] and b,
    ),
    explain(
        "W4",
        "a NULL among the elements does not make the array NULL",
        topic=r"PREFIX\.public\.t_array_more",
        path=r"\.value\.after\.[qr]",
        when=lambda a, b: a is None and b in ([""], [None]),
    ),
    explain(
        "M11",
        "the elements of a timetz[] keep their fraction",
        topic=r"PREFIX\.public\.t_array_(more|range)",
        path=r"\.value\.after\.f\[\d\]",
        when=lambda a, b: a.replace("Z", ".") in b,
    ),
    explain(
        "sparsevec order",
        "the entries of a sparsevec in its own order, by index",
        topic=r"PREFIX\.public\.t_vector",
        path=r"\.value\.after\.e\.vector\[\d\]\.(key|value)",
    ),
    explain(
        "W20",
        "nor is it null for vectors and geometries",
        topic=r"PREFIX\.public\.toast",
        path=r"\.value\.(before|after)\.[kl]",
        when=lambda a, b: a is None and b is not None,
    ),
    explain(
        "generated column",
        "a generated column is not in the stream, so the snapshot leaves it out too",
        topic=r"PREFIX\.public\.t_generated",
        what="value schema|" + READ,
    ),
    explain(
        "W9",
        "the logical messages of a transaction are counted under a name, not under a Java object's "
        "address",
        topic=r"PREFIX\.transaction",
        path=r"\.value\.data_collections\[\d\]\.data_collection",
        when=lambda a, b: b == "LOGICAL_DECODING_MESSAGE" or "LogicalDecodingMessageId@" in a,
    ),
    explain(
        "M6",
        "numeric(5,-2) and numeric(3,5) are valid Avro decimals",
        topic=r"PREFIX\.public\.t_numeric_odd",
        what="value schema",
        path=r".*fields\[[ab]\].*(scale|precision)",
    ),
    explain(
        "M6",
        "numeric(5,-2) has the value that its schema says",
        topic=r"PREFIX\.public\.t_numeric_odd",
        path=r"\.value\.after\.a",
        when=lambda a, b: b in ("0x300c", "12300", 12300.0),
    ),
    explain(
        "M9",
        "the fraction of an interval in whole microseconds",
        topic=r"PREFIX\.public\.t_interval",
        path=r"\.value\.after\.a",
        when=lambda a, b: b in (1235000, "P0Y0M0DT0H0M1.235S"),
    ),
    explain(
        "M11",
        "24:00 stays 24:00",
        topic=r"PREFIX\.public\.t_time",
        path=r"\.value\.(before|after)\.\w",
        when=lambda a, b: (a, b) == ("00:00:00Z", "24:00:00Z"),
    ),
    explain(
        "W4",
        "the elements of a multi-dimensional array are kept, in one level",
        topic=r"PREFIX\.public\.t_array_deep(er)?",
        path=r"\.value\.after\.\w.*",
        when=lambda a, b: a in (None, [None, None]) or a.startswith("[Ljava."),
    ),
    explain(
        "W20",
        "an unchanged TOAST value is the placeholder, never null",
        topic=r"PREFIX\.public\.toast",
        path=r"\.value\.(before|after)\.\w",
        when=lambda a, b: a is None and b == "__debezium_unavailable_value",
    ),
    explain(
        "W20",
        "nor of numbers, bits and arrays",
        topic=r"PREFIX\.public\.toast_(more|rest)",
        path=r"\.value\.after\.\w+",
        when=lambda a, b: a is None and b is not None,
    ),
    explain(
        "W12",
        "an infinite date is the same in snapshot and stream, and +infinity is above -infinity",
        topic=r"PREFIX\.public\.t_(date|default_expr)",
        path=r"\.value\.after\.[af]",
        when=lambda a, b: b in (2146033979, -2147472691, "+5877611-06-21Z"),
    ),
    explain(
        "M7",
        "a date before our era is the same in snapshot and stream",
        topic=r"PREFIX\.public\.t_(date|timestamp)",
        what=READ,
        path=r"\.value\.after\.\w",
        when=lambda a, b: None not in (a, b) and (b[0] == "-" if isinstance(b, str) else b < a),
    ),
    explain(
        "M7",
        "nor is one of the ten days that Rome left out moved past them",
        topic=r"PREFIX\.public\.t_date",
        what=READ,
        path=r"\.value\.after\.a",
        when=lambda a, b: (a, b) == ("1582-10-20Z", "1582-10-10Z"),
    ),
    explain(
        "hstore order",
        "the pairs of an hstore's JSON in the server's order; the reference has those of a hash "
        "table",
        topic=r"PREFIX\.public\.t_search",
        path=r"\.value\.(before|after)\.[ce]",
        when=lambda a, b: json.loads(a) == json.loads(b),
    ),
    explain(
        "hstore order",
        "and of a map",
        topic=r"PREFIX\.public\.t_search",
        path=r"\.value\.(before|after)\.[ce]\(order\)",
    ),
    explain(
        "schema of its time",
        "rows written before a rename have the key, name and columns of their own Relation "
        "message, not "
        "those of the catalog at the time of reading",
        topic=r"PREFIX\.public\.ddl(_mid|_calm)?",
    ),
    explain(
        "W9",
        "a transaction's messages are one collection, counted and in order",
        topic=r"PREFIX\.message",
        path=r"\.value\.transaction\.data_collection_order",
        when=lambda a, b: a == 1,
    ),
    explain(
        "W9",
        "and so in its END",
        topic=r"PREFIX\.transaction",
        path=r"\.value\.data_collections",
        when=lambda a, b: "LogicalDecodingMessageId@" in str(a),
    ),
    explain(
        "default text",
        "an infinite default, where a NULL is written as the default: the value that such a row "
        "has",
        topic=r"PREFIX\.public\.t_default_expr",
        path=r"\.value\.(before|after)\.[fqu]",
        when=lambda a, b: b in (2146033979, 9223372036825200000, "-infinity"),
    ),
]


def identity(topic, record):
    return None     # any record: they are held against each other in order


def not_logged(source):
    return []


def rules(source):
    return ANOTHER_RUN, RULES
