"""DDL changes: (name, columns before, what is done to table {t}). The verdict on each is held
against a registry's."""

BASE = "id int PRIMARY KEY, a int, b text"
CASES = [
    # columns come and go
    ("add nullable", BASE, "ALTER TABLE {t} ADD c text"),
    ("add nullable with default", BASE, "ALTER TABLE {t} ADD c text DEFAULT 'x'"),
    ("add not null with default", BASE, "ALTER TABLE {t} ADD c int NOT NULL DEFAULT 7"),
    ("add not null without default", BASE, "ALTER TABLE {t} ADD c int NOT NULL"),
    ("add not null text without default", BASE, "ALTER TABLE {t} ADD c text NOT NULL"),
    ("add serial", BASE, "ALTER TABLE {t} ADD c serial"),
    ("add identity", BASE, "ALTER TABLE {t} ADD c bigint GENERATED ALWAYS AS IDENTITY"),
    ("add not null now()", BASE, "ALTER TABLE {t} ADD c timestamptz NOT NULL DEFAULT now()"),
    ("add generated", BASE, "ALTER TABLE {t} ADD c int GENERATED ALWAYS AS (a + 1) STORED"),
    (
        "add numeric not null default",
        BASE,
        "ALTER TABLE {t} ADD c numeric(10,2) NOT NULL DEFAULT 1.50",
    ),
    ("add bytea not null default", BASE, "ALTER TABLE {t} ADD c bytea NOT NULL DEFAULT '\\x00ff'"),
    ("add array", BASE, "ALTER TABLE {t} ADD c int[]"),
    ("add array not null", BASE, "ALTER TABLE {t} ADD c int[] NOT NULL DEFAULT '{{}}'"),
    ("add numeric without scale", BASE, "ALTER TABLE {t} ADD c numeric"),
    ("add two", BASE, "ALTER TABLE {t} ADD c int, ADD d date"),
    ("drop nullable", BASE, "ALTER TABLE {t} DROP b"),
    ("drop not null", "id int PRIMARY KEY, a int NOT NULL, b text", "ALTER TABLE {t} DROP a"),
    (
        "drop not null with default",
        "id int PRIMARY KEY, a int NOT NULL DEFAULT 1, b text",
        "ALTER TABLE {t} DROP a",
    ),
    ("drop all but the key", BASE, "ALTER TABLE {t} DROP a, DROP b"),
    ("drop and add under one name", BASE, "ALTER TABLE {t} DROP b, ADD b int"),
    ("rename nullable", BASE, "ALTER TABLE {t} RENAME b TO bb"),
    ("rename not null", "id int PRIMARY KEY, a int NOT NULL", "ALTER TABLE {t} RENAME a TO aa"),
    ("rename key column", BASE, "ALTER TABLE {t} RENAME id TO id2"),
    (
        "swap two names",
        "id int PRIMARY KEY, a int, b int",
        "ALTER TABLE {t} RENAME a TO x; ALTER TABLE {t} RENAME b TO a; ALTER TABLE {t} RENAME x TO "
        "b",
    ),
    (
        "swap two names of two types",
        "id int PRIMARY KEY, a int, b text",
        "ALTER TABLE {t} RENAME a TO x; ALTER TABLE {t} RENAME b TO a; ALTER TABLE {t} RENAME x TO "
        "b",
    ),
    # nullability and defaults
    ("set not null", BASE, "ALTER TABLE {t} ALTER a SET NOT NULL"),
    (
        "drop not null",
        "id int PRIMARY KEY, a int NOT NULL",
        "ALTER TABLE {t} ALTER a DROP NOT NULL",
    ),
    (
        "drop not null of two",
        "id int PRIMARY KEY, a int NOT NULL, b text NOT NULL",
        "ALTER TABLE {t} ALTER a DROP NOT NULL, ALTER b DROP NOT NULL",
    ),
    ("set default", BASE, "ALTER TABLE {t} ALTER a SET DEFAULT 5"),
    (
        "set default on not null",
        "id int PRIMARY KEY, a int NOT NULL",
        "ALTER TABLE {t} ALTER a SET DEFAULT 5",
    ),
    ("drop default", "id int PRIMARY KEY, a int DEFAULT 5", "ALTER TABLE {t} ALTER a DROP DEFAULT"),
    (
        "drop default of not null",
        "id int PRIMARY KEY, a int NOT NULL DEFAULT 5",
        "ALTER TABLE {t} ALTER a DROP DEFAULT",
    ),
    (
        "change default",
        "id int PRIMARY KEY, a int NOT NULL DEFAULT 5",
        "ALTER TABLE {t} ALTER a SET DEFAULT 6",
    ),
    (
        "set not null and default",
        BASE,
        "ALTER TABLE {t} ALTER a SET DEFAULT 0, ALTER a SET NOT NULL",
    ),
    (
        "drop not null and default",
        "id int PRIMARY KEY, a int NOT NULL DEFAULT 5",
        "ALTER TABLE {t} ALTER a DROP NOT NULL, ALTER a DROP DEFAULT",
    ),
    # numbers
    ("int2 to int4", "id int PRIMARY KEY, a smallint", "ALTER TABLE {t} ALTER a TYPE int"),
    ("int4 to int2", BASE, "ALTER TABLE {t} ALTER a TYPE smallint"),
    ("int4 to int8", BASE, "ALTER TABLE {t} ALTER a TYPE bigint"),
    ("int8 to int4", "id int PRIMARY KEY, a bigint", "ALTER TABLE {t} ALTER a TYPE int"),
    (
        "int4 to int8 not null",
        "id int PRIMARY KEY, a int NOT NULL",
        "ALTER TABLE {t} ALTER a TYPE bigint",
    ),
    (
        "int4 to int8 and nullable",
        "id int PRIMARY KEY, a int NOT NULL",
        "ALTER TABLE {t} ALTER a TYPE bigint, ALTER a DROP NOT NULL",
    ),
    ("int4 to float4", BASE, "ALTER TABLE {t} ALTER a TYPE real"),
    ("int4 to float8", BASE, "ALTER TABLE {t} ALTER a TYPE double precision"),
    (
        "int8 to float8",
        "id int PRIMARY KEY, a bigint",
        "ALTER TABLE {t} ALTER a TYPE double precision",
    ),
    (
        "float4 to float8",
        "id int PRIMARY KEY, a real",
        "ALTER TABLE {t} ALTER a TYPE double precision",
    ),
    (
        "float8 to float4",
        "id int PRIMARY KEY, a double precision",
        "ALTER TABLE {t} ALTER a TYPE real",
    ),
    ("int4 to text", BASE, "ALTER TABLE {t} ALTER a TYPE text"),
    ("text to int4", BASE, "ALTER TABLE {t} ALTER b TYPE int USING 0"),
    ("int4 to numeric", BASE, "ALTER TABLE {t} ALTER a TYPE numeric(10,0)"),
    ("int4 to bool", BASE, "ALTER TABLE {t} ALTER a TYPE boolean USING true"),
    ("bool to int4", "id int PRIMARY KEY, a boolean", "ALTER TABLE {t} ALTER a TYPE int USING 0"),
    (
        "numeric wider",
        "id int PRIMARY KEY, a numeric(10,2)",
        "ALTER TABLE {t} ALTER a TYPE numeric(12,2)",
    ),
    (
        "numeric narrower",
        "id int PRIMARY KEY, a numeric(12,2)",
        "ALTER TABLE {t} ALTER a TYPE numeric(10,2)",
    ),
    (
        "numeric another scale",
        "id int PRIMARY KEY, a numeric(10,2)",
        "ALTER TABLE {t} ALTER a TYPE numeric(10,4)",
    ),
    (
        "numeric loses its scale",
        "id int PRIMARY KEY, a numeric(10,2)",
        "ALTER TABLE {t} ALTER a TYPE numeric",
    ),
    (
        "numeric gets a scale",
        "id int PRIMARY KEY, a numeric",
        "ALTER TABLE {t} ALTER a TYPE numeric(10,2)",
    ),
    (
        "numeric to float8",
        "id int PRIMARY KEY, a numeric(10,2)",
        "ALTER TABLE {t} ALTER a TYPE double precision",
    ),
    (
        "numeric to bytea",
        "id int PRIMARY KEY, a numeric(10,2)",
        "ALTER TABLE {t} ALTER a TYPE bytea USING NULL",
    ),
    ("numeric to text", "id int PRIMARY KEY, a numeric(10,2)", "ALTER TABLE {t} ALTER a TYPE text"),
    (
        "money to numeric",
        "id int PRIMARY KEY, a money",
        "ALTER TABLE {t} ALTER a TYPE numeric(19,2)",
    ),
    (
        "numeric not null default another scale",
        "id int PRIMARY KEY, a numeric(10,2) NOT NULL DEFAULT 1",
        "ALTER TABLE {t} ALTER a TYPE numeric(10,3)",
    ),
    # text and bytes
    (
        "varchar wider",
        "id int PRIMARY KEY, b varchar(20)",
        "ALTER TABLE {t} ALTER b TYPE varchar(40)",
    ),
    ("varchar to text", "id int PRIMARY KEY, b varchar(20)", "ALTER TABLE {t} ALTER b TYPE text"),
    ("text to char", BASE, "ALTER TABLE {t} ALTER b TYPE char(3)"),
    ("text to bytea", BASE, "ALTER TABLE {t} ALTER b TYPE bytea USING NULL"),
    ("bytea to text", "id int PRIMARY KEY, b bytea", "ALTER TABLE {t} ALTER b TYPE text USING ''"),
    ("text to uuid", BASE, "ALTER TABLE {t} ALTER b TYPE uuid USING NULL"),
    ("text to jsonb", BASE, "ALTER TABLE {t} ALTER b TYPE jsonb USING NULL"),
    ("text to xml", BASE, "ALTER TABLE {t} ALTER b TYPE xml USING NULL"),
    ("inet to text", "id int PRIMARY KEY, b inet", "ALTER TABLE {t} ALTER b TYPE text"),
    ("bit wider", "id int PRIMARY KEY, b bit(3)", "ALTER TABLE {t} ALTER b TYPE bit(9)"),
    (
        "bit to bool",
        "id int PRIMARY KEY, b bit(1)",
        "ALTER TABLE {t} ALTER b TYPE boolean USING true",
    ),
    ("bit(1) to bit(2)", "id int PRIMARY KEY, b bit(1)", "ALTER TABLE {t} ALTER b TYPE bit(2)"),
    # dates and times
    (
        "timestamp(3) to timestamp(6)",
        "id int PRIMARY KEY, b timestamp(3)",
        "ALTER TABLE {t} ALTER b TYPE timestamp(6)",
    ),
    (
        "timestamp(6) to timestamp(3)",
        "id int PRIMARY KEY, b timestamp(6)",
        "ALTER TABLE {t} ALTER b TYPE timestamp(3)",
    ),
    (
        "timestamp to timestamptz",
        "id int PRIMARY KEY, b timestamp",
        "ALTER TABLE {t} ALTER b TYPE timestamptz",
    ),
    (
        "timestamptz to timestamp",
        "id int PRIMARY KEY, b timestamptz",
        "ALTER TABLE {t} ALTER b TYPE timestamp",
    ),
    ("date to timestamp", "id int PRIMARY KEY, b date", "ALTER TABLE {t} ALTER b TYPE timestamp"),
    ("date to text", "id int PRIMARY KEY, b date", "ALTER TABLE {t} ALTER b TYPE text"),
    ("date to int", "id int PRIMARY KEY, b date", "ALTER TABLE {t} ALTER b TYPE int USING 0"),
    ("time(3) to time", "id int PRIMARY KEY, b time(3)", "ALTER TABLE {t} ALTER b TYPE time"),
    (
        "interval to bigint",
        "id int PRIMARY KEY, b interval",
        "ALTER TABLE {t} ALTER b TYPE bigint USING 0",
    ),
    # arrays, enumerations, keys
    ("int4[] to int8[]", "id int PRIMARY KEY, b int[]", "ALTER TABLE {t} ALTER b TYPE bigint[]"),
    ("int8[] to int4[]", "id int PRIMARY KEY, b bigint[]", "ALTER TABLE {t} ALTER b TYPE int[]"),
    ("int4 to int4[]", BASE, "ALTER TABLE {t} ALTER a TYPE int[] USING ARRAY[a]"),
    (
        "text[] to text",
        "id int PRIMARY KEY, b text[]",
        "ALTER TABLE {t} ALTER b TYPE text USING ''",
    ),
    (
        "numeric[] another scale",
        "id int PRIMARY KEY, b numeric(8,2)[]",
        "ALTER TABLE {t} ALTER b TYPE numeric(8,3)[]",
    ),
    ("enum gets a label", "id int PRIMARY KEY, b {t}_e", "ALTER TYPE {t}_e ADD VALUE 'three'"),
    ("enum to text", "id int PRIMARY KEY, b {t}_e", "ALTER TABLE {t} ALTER b TYPE text"),
    ("text to enum", BASE, "ALTER TABLE {t} ALTER b TYPE {t}_e USING 'one'"),
    ("key widens", BASE, "ALTER TABLE {t} ALTER id TYPE bigint"),
    (
        "key gets a column",
        "id int PRIMARY KEY, a int NOT NULL",
        "ALTER TABLE {t} DROP CONSTRAINT {t}_pkey, ADD PRIMARY KEY (id, a)",
    ),
    (
        "key loses a column",
        "id int, a int, PRIMARY KEY (id, a)",
        "ALTER TABLE {t} DROP CONSTRAINT {t}_pkey, ADD PRIMARY KEY (id)",
    ),
    (
        "key is another",
        "id int PRIMARY KEY, a int NOT NULL",
        "ALTER TABLE {t} DROP CONSTRAINT {t}_pkey, ADD PRIMARY KEY (a)",
    ),
    ("key is text", BASE, "ALTER TABLE {t} ALTER id TYPE text"),
    # what no reader sees
    ("comment", BASE, "COMMENT ON COLUMN {t}.a IS 'words'"),
    ("check", BASE, "ALTER TABLE {t} ADD CHECK (a > 0)"),
]

# Cases that a registry lets pass and a reader with its own schema takes for another value, and why.
MISREAD = {
    "numeric another scale": "Avro's resolution demands the same scale; the checker looks at bytes "
                             "only",
    "numeric not null default another scale": "the same",
    "numeric[] another scale": "the same",
    "numeric to bytea": "unscaled digits are read as plain bytes",
    "numeric to text": "the checker lets bytes be read as a string: unscaled digits as characters",
    "timestamp(3) to timestamp(6)": "milliseconds are read as microseconds: both are longs",
    "timestamp(6) to timestamp(3)": "microseconds are read as milliseconds",
    "date to timestamp": "days are read as microseconds: an int may be read as a long",
    "date to int": "days are read as a plain number",
    "time(3) to time": "milliseconds of a day, an int, are read as microseconds, a long",
    "interval to bigint": "microseconds are read as a plain number",
}
