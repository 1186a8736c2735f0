"""Random tables and random changes to them, as SQL. A server may refuse some of it."""

TYPES = [
    "tinyint",
    "tinyint(1)",
    "bool",
    "smallint unsigned",
    "mediumint(7) zerofill",
    "int",
    "integer",
    "int(5)",
    "bigint unsigned",
    "bigint(20)",
    "float",
    "float(30)",
    "float(8,3)",
    "double",
    "double precision",
    "real",
    "double(10,2) unsigned",
    "decimal",
    "decimal(9)",
    "numeric(12,4)",
    "dec(5,2) zerofill",
    "fixed(6,1)",
    "bit",
    "bit(11)",
    "char",
    "char(7)",
    "varchar(20)",
    "character varying(30)",
    "national varchar(9)",
    "nchar(4)",
    "binary",
    "binary(16)",
    "varbinary(50)",
    "tinytext",
    "text",
    "text(50)",
    "text(30000)",
    "mediumtext",
    "longtext",
    "long varchar",
    "tinyblob",
    "blob",
    "blob(300)",
    "mediumblob",
    "longblob",
    "long varbinary",
    "enum('a','b','c c')",
    "set('x','y','it''s')",
    "date",
    "time",
    "time(2)",
    "datetime",
    "datetime(6)",
    "timestamp null",
    "timestamp(3) null",
    "year",
    "year(4)",
    "json",
    "point",
    "geometry",
    "varchar(10) binary",
    "char(3) ascii",
    "varchar(12) byte",
]
CHARSETS = ["latin1", "utf8mb4", "utf8mb3", "utf8", "ascii", "cp1250", "gbk", "sjis", "binary"]
WIDE = ["ucs2", "utf16"]     # not for labels: servers show those wrongly once they are converted
COLLATIONS = [
    "latin1_bin",
    "utf8mb4_bin",
    "utf8mb4_general_ci",
    "utf8mb3_unicode_ci",
    "ascii_general_ci",
    "cp1251_general_ci",
    "utf8mb4_czech_ci",
]
TEXT = (
    "char",
    "varchar",
    "character",
    "national",
    "nchar",
    "tinytext",
    "text",
    "mediumtext",
    "longtext",
    "long varchar",
    "enum",
    "set",
)
DEFAULTS = {
    "tiny": ["1", "'2'", "-3"],
    "bool": ["true", "false", "0"],
    "smallint": ["7", "'08'"],
    "mediumint": ["12"],
    "int": ["0", "'42'", "1.6", "+5"],
    "bigint": ["9000000000", "'7'"],
    "float": ["1.5", "'2'", "0"],
    "double": ["1e3", "0.25", "3"],
    "real": ["2"],
    "decimal": ["1", "'12'", "0"],
    "numeric": ["1.5", "'1.25'", "3"],
    "dec(": ["1.5", "2"],
    "fixed": ["7"],
    "bit": ["b'1'", "1", "0"],
    "char": ["'a'", "''"],
    "varchar": ["'abc'", "'it''s'", "'a\\\\b'", "N'n'"],
    "character": ["'q'"],
    "national": ["'n'"],
    "nchar": ["'z'"],
    "binary": ["'a'"],
    "varbinary": ["'ab'"],
    "enum": ["'a'", "'B'", "'c c'"],
    "set": ["'x'", "'y,x'", "''"],
    "date": ["'2020-01-02'", "'20210304'"],
    "time": ["'01:02:03'", "'1:2'"],
    "datetime": ["'2020-01-02 03:04:05'", "'2020-1-2'", "current_timestamp"],
    "timestamp": ["'2020-01-02 03:04:05'", "now()"],
    "year": ["2020", "'99'"],
}


class Generator:
    def __init__(self, random, mariadb):
        self.r, self.mariadb = random, mariadb
        self.types = TYPES + (
            ["uuid", "inet6", "varchar(20) compressed"]
            if mariadb
            else ["geomcollection", "vector(4)"]
        )
        self.counter = 0

    def fresh(self, prefix):
        self.counter += 1
        return self.r.choice(["%s%d", "%s_%d", "`%s %d`", "%sÄ%d", "%s%d"]) % (prefix, self.counter)

    @staticmethod
    def quoted(name):
        return "`%s`" % name.replace("`", "``")

    def maybe(self, chance, text):
        return text if self.r.random() < chance else ""

    def words(self, *texts):
        return " ".join(t for t in texts if t)

    def attributes(self, kind):
        text = (
            kind.startswith(TEXT)
            and "ascii" not in kind
            and "byte" not in kind
            and not kind.startswith(("national", "nchar", "long "))
        )
        parts = []
        if text and self.r.random() < 0.3:
            wide = [] if kind.startswith(("enum", "set")) else WIDE
            parts.append(
                self.r.choice(["character set %s", "charset %s"]) % self.r.choice(CHARSETS + wide)
            )
        elif text and self.r.random() < 0.2:
            parts.append("collate " + self.r.choice(COLLATIONS))
        out = []
        if self.r.random() < 0.2 and kind not in ("json", "point", "geometry"):
            return parts + self.generated(kind)
        if self.r.random() < 0.4:
            out.append(self.r.choice(["not null", "null", "not null"]))
        default = next(
            (
                v
                for k, v in sorted(DEFAULTS.items(), key=lambda kv: -len(kv[0]))
                if kind.startswith(k)
            ),
            None,
        )
        if default and self.r.random() < 0.4:
            out.append("default " + self.r.choice(default))
        if self.r.random() < 0.2:
            out.append(
                "comment "
                + self.r.choice(
                    [
                        "'plain'",
                        "'with, comma ) and ''quote'''",
                        "\"double\"",
                        "''",
                        "'back\\\\slash'",
                    ]
                )
            )
        if self.r.random() < 0.1 and "compressed" not in kind:
            out.append("invisible")
        if self.r.random() < 0.08:
            out.append(self.r.choice(["unique", "unique key"]))
        self.r.shuffle(out)
        if kind.startswith(("datetime", "timestamp")) and "(" not in kind and self.r.random() < 0.2:
            out.append("on update current_timestamp")
        return parts + out

    def generated(self, kind):
        return [self.r.choice(["as (null) virtual", "generated always as (null) stored"])]

    def definition(self):
        kind = self.r.choice(self.types)
        return self.words(kind, *self.attributes(kind))

    def part(self, column):
        name, kind = self.quoted(column["name"]), column["type"]
        if kind.endswith(("text", "blob")):
            name += "(%d)" % self.r.choice([3, 9])
        elif kind.startswith(("varchar", "varbinary")) and self.r.random() < 0.2:
            name += "(2)"
        return name + self.maybe(0.1, " desc")

    def index(self, columns):
        usable = [
            c for c in columns if not c["type"].startswith(("json", "point", "geom", "vector"))
        ]
        if not usable:
            return "index (nothing)"
        parts = ", ".join(
            self.part(c)
            for c in self.r.sample(usable, min(len(usable), self.r.choice([1, 1, 2, 3])))
        )
        kind = self.r.choice(
            [
                "index",
                "key",
                "unique",
                "unique key",
                "unique index",
                "primary key",
                "constraint %s unique" % self.fresh("c"),
            ]
        )
        name = "" if "primary" in kind or "constraint" in kind else self.maybe(0.5, self.fresh("i"))
        return self.words(kind, name, "(%s)" % parts)

    def options(self):
        return self.words(
            self.maybe(0.5, "engine=InnoDB"),
            self.maybe(0.3, "default charset=" + self.r.choice(CHARSETS)),
            self.maybe(0.2, "comment='a table'"),
            self.maybe(0.1, "row_format=dynamic"),
        )

    def create(self):
        name, columns = self.fresh("t"), []
        columns.append(
            "id int not null auto_increment primary key"
            if self.r.random() < 0.5
            else "id " + self.definition()
        )
        columns += [
            "%s %s" % (self.fresh("c"), self.definition()) for _ in range(self.r.randint(1, 8))
        ]
        return "create table %s%s (%s) %s" % (
            self.maybe(0.1, "if not exists "),
            name,
            ", ".join(columns),
            self.options(),
        )

    def place(self, columns):
        return self.r.choice(
            ["", "", " first", " after " + self.quoted(self.r.choice(columns)["name"])]
        )

    def clause(self, table):
        columns = table["columns"]
        column = self.quoted(self.r.choice(columns)["name"])
        choices = [
            lambda: "add %s%s %s%s"
            % (self.maybe(0.5, "column "), self.fresh("c"), self.definition(), self.place(columns)),
            lambda: "add (%s %s, %s %s)"
            % (self.fresh("c"), self.definition(), self.fresh("c"), self.definition()),
            lambda: "drop %s%s" % (self.maybe(0.5, "column "), column),
            lambda: "modify %s%s %s%s"
            % (self.maybe(0.5, "column "), column, self.definition(), self.place(columns)),
            lambda: "change %s %s %s%s"
            % (column, self.fresh("c"), self.definition(), self.place(columns)),
            lambda: "rename column %s to %s" % (column, self.fresh("c")),
            lambda: "alter %s set default 1" % column,
            lambda: "alter column %s drop default" % column,
            lambda: "add " + self.index(columns),
            lambda: "add " + self.index(columns),
            lambda: (
                "drop index %s" % self.quoted(self.r.choice(table["indexes"])["name"])
                if table["indexes"]
                else "force"
            ),
            lambda: (
                "rename index %s to %s"
                % (self.quoted(self.r.choice(table["indexes"])["name"]), self.fresh("i"))
                if table["indexes"]
                else "force"
            ),
            lambda: "comment = 'changed'",
            lambda: "default charset " + self.r.choice(CHARSETS[:-1]),
            lambda: "convert to character set "
            + self.r.choice(["utf8mb4", "latin1", "utf8mb3", "gbk"]),
            lambda: "drop primary key",
            lambda: "engine=InnoDB",
        ]
        return self.r.choice(choices)()

    def alter(self, table):
        clauses = [self.clause(table) for _ in range(self.r.choice([1, 1, 1, 2, 3, 4]))]
        # MySQL gives a BLOB that replaces another type the size of that one, if the statement
        # converts too: the feed does not follow that.
        if not self.mariadb and any(c.startswith("convert") for c in clauses):
            clauses = [
                c
                for c in clauses
                if not c.startswith(("modify", "change")) or not ("blob" in c or "text" in c)
            ] or ["force"]
        return "alter table %s %s" % (self.quoted(table["name"]), ", ".join(clauses))

    def statement(self, tables):
        if len(tables) < 3 or self.r.random() < 0.1:
            return (
                self.create()
                if len(tables) < 6
                else "drop table " + self.quoted(self.r.choice(sorted(tables)))
            )
        table = tables[self.r.choice(sorted(tables))]
        name, roll = self.quoted(table["name"]), self.r.random()
        if roll < 0.04:
            return "rename table %s to %s" % (name, self.fresh("t"))
        if roll < 0.06:
            return "create table %s like %s" % (self.fresh("t"), name)
        if roll < 0.08 and table["columns"]:
            return "create %sindex %s on %s (%s)" % (
                self.maybe(0.5, "unique "),
                self.fresh("i"),
                name,
                self.part(self.r.choice(table["columns"])),
            )
        return self.alter(table)
