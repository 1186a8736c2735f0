"""Avro schemas beside each other: hundreds of pairs, each held against a registry's verdict and
Apache Avro's own of another language."""

import copy, json, os, shutil, uuid, warnings
from mutate import CHANGES, SAME, pair, places
from place import E, diff, diff_json, path
from verdicts import ask, register, schema_body, set_level

PAIRS = int(E.get("PAIRS", 435))       # fifteen a change


def registry_reads(old, new):
    """Whether new readers read old data, and old readers new data: BACKWARD, FORWARD."""
    subject, said = "sd-" + uuid.uuid4().hex, []
    set_level(subject, "NONE")
    register(subject, old)
    for level in ("BACKWARD", "FORWARD"):
        set_level(subject, level)
        got, status = ask(
            "POST",
            f"/compatibility/subjects/{subject}/versions/latest?verbose=true",
            schema_body(new),
        )
        assert status == 200, (status, got, new)
        said.append(got["is_compatible"])
    return said


def with_full_aliases(schema):
    """Apache Avro's checker for Python takes a type's alias as it stands, where the specification
    puts the namespace in front."""
    space = schema["namespace"] if "namespace" in schema else schema["name"].rpartition(".")[0]
    schema = copy.deepcopy(schema)
    for _, holder, key in places(schema):
        if isinstance(holder[key], dict) and "aliases" in holder[key]:
            holder[key]["aliases"] = [f"{space}.{a}" for a in holder[key]["aliases"]]
    return schema


def avro_reads(reader, writer):
    warnings.simplefilter("ignore")     # of logical types that it does not know
    from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
    import avro.schema
    parsed = [avro.schema.parse(json.dumps(with_full_aliases(s))) for s in (reader, writer)]
    got = ReaderWriterCompatibilityChecker().get_compatibility(*parsed)
    return got.compatibility == SchemaCompatibilityType.compatible


def canonical(schema):
    """Apache Avro's "parsing canonical form": two that differ in it are written differently."""
    import fastavro.schema
    return fastavro.schema.to_parsing_canonical_form(fastavro.parse_schema(schema))


def written(pairs):
    """The two folders."""
    for side in (0, 1):
        folder = path(("was", "is")[side])
        os.makedirs(folder, exist_ok=True)
        for name, p in pairs.items():
            with open(f"{folder}/{name}.avsc", "w") as f:
                json.dump(p[side], f)
    return path("was"), path("is")


def disagreements(name, p, t):
    old, new, done = p
    same = done[0][0] in [f.__name__ for f in SAME]
    if not t:
        if not same:
            yield "No difference"
        if canonical(old) != canonical(new):
            yield "No difference, and another canonical form"
        return
    if same:
        yield f"a difference where there is none: {t['changes']}"
    ours = [t["avro"]["value"][level] != "no" for level in ("BACKWARD", "FORWARD")]
    theirs = registry_reads(old, new)
    if ours != theirs:
        yield f"BACKWARD, FORWARD: registry {theirs}, ours {ours}: {t['avro']['reasons']}"
    by_avro = [avro_reads(new, old), avro_reads(old, new)]
    if ours != by_avro:
        yield f"BACKWARD, FORWARD: Apache Avro {by_avro}, ours {ours}: {t['avro']['reasons']}"
    told = [c.get(k) for c in t["changes"] for k in ("column", "to") if c.get(k)]
    for what, where in done:
        if not any(c.startswith(where) for c in told):
            yield f"{what} at {where} is not told: {t['changes']}"


def test_schemas_differ_as_a_registry_says():
    pairs = {f"t{i}": pair(i, f"mut.public.t{i}") for i in range(PAIRS)}
    tables = {t["new"]["table"]: t for t in diff_json(*written(pairs), expect=2)["tables"]}
    wrong, refused, unlike = [], 0, 0
    for name, p in pairs.items():
        t = tables.get(name)
        wrong += [
            f"{name} {p[2]}: {d}\n  {json.dumps(p[0])}\n  {json.dumps(p[1])}"
            for d in disagreements(name, p, t)
        ]
        refused += bool(t) and t["avro"]["value"]["FULL"] == "no"
        unlike += bool(t)
    print(
        f"      {PAIRS} pairs by {len(CHANGES) + len(SAME)} kinds of change: {unlike} differ, "
        f"{refused} of them not FULL; {len(wrong)} disagreements"
    )
    assert not wrong, "\n".join(wrong[:10])
    assert len(tables) == unlike and PAIRS // 4 < refused < PAIRS * 4 // 5


def both(old, new, expect, key=None):
    """The tables of two folders that hold one value schema each, and key schemas."""
    for folder, value, k in (("left", old, 0), ("right", new, 1)):
        shutil.rmtree(path(folder), ignore_errors=True)
        os.mkdir(path(folder))
        for name, schema in (("value", value), ("key", key and key[k])):
            if schema:
                with open(path(f"{folder}/{name}.avsc"), "w") as f:
                    json.dump(schema, f)
    return [{(c["change"], c.get("column")): (c.get("from"), c.get("to")) for c in t["changes"]}
            for t in diff_json(path("left"), path("right"), expect=expect)["tables"]]


def row(*fields, space="p.s.t", name="Value"):
    return {"type": "record", "name": name, "namespace": space, "fields": list(fields)}


def test_what_no_column_shows():
    optional = {"name": "a", "type": ["null", "int"]}
    assert both(row(optional | {"default": None}), row(optional), 1) == [
        {("default", "a"): ("null", None)}
    ]
    assert both(row(optional), row(optional | {"default": None}), 1) == [
        {("default", "a"): (None, "null")}
    ]
    # null and its default come together
    assert both(row({"name": "a", "type": "int"}), row(optional | {"default": None}), 1) == [
        {("nullability", "a"): ("not null", "null allowed")}
    ]
    value = row({"name": "id", "type": "int"})
    keys = [row({"name": "id", "type": t}, name="Key") for t in ("int", "long")]
    assert both(value, value, 1, keys) == [
        {("type", "id"): ("int", "long")}
    ], "new readers read old keys, which are ints"
    assert both(value, value, 2, keys[::-1]) == [{("type", "id"): ("long", "int")}]
    inner = {"type": "record", "name": "R", "fields": [{"name": "n", "type": "int"}]}
    rows = row({"name": "a", "type": inner}), row(
        {"name": "a_b", "type": inner | {"fields": [{"name": "n", "type": "string"}]}}
    )
    assert ("type", "a_b.n") in both(*rows, 2)[0] or ("type", "a.n") in both(*rows, 2)[
        0
    ], "below a column that was renamed"


def test_one_table_under_two_prefixes_is_one():
    inner = {"name": "a", "type": {"type": "enum", "name": "E", "symbols": ["A"]}}
    assert both(row(inner), row(inner, space="other.s.t"), 0) == []
    other = {"name": "a", "type": inner["type"] | {"namespace": "p.x"}}
    assert ("name", "a") in both(row(inner), row(other, space="other.s.t"), 1)[0]


def test_two_fields_of_one_name_are_no_schema():
    field = {"name": "a", "type": "int"}
    with open(path("twice.avsc"), "w") as f:
        json.dump(row(field, field), f)
    assert (
        "two fields of one name: a" in diff(path("twice.avsc"), path("twice.avsc"), expect=3).stderr
    )


def saved(name, more, key=("id",)):
    """A saved database of one table: a column with what a stranger wrote of it."""
    columns = [{"name": "id", "type": "int", "meaning": "int32", "nullable": False},
               {"name": "x", "type": "t", "nullable": False, "defaultKind": "literal"} | more]
    with open(path(name), "w") as f:
        json.dump({"format": "tailrace-database-1", "dialect": "MySQL", "database": "d",
                   "tables": [{"schema": "s", "name": "t", "columns": columns, "key": key}]}, f)
    return path(name)


def test_saved_files_that_no_feed_wrote():
    good = saved(
        "good.json", {"meaning": "decimal", "precision": 9, "scale": 2, "defaultValue": "1.50"}
    )
    diff(good, good, expect=0)
    cases = [
        ({"meaning": "bit", "length": n, "defaultValue": "1"}, "a length")
        for n in (-1, 65, 200000, 2**31 - 1)
    ]
    cases += [
        ({"meaning": "decimal", "precision": p, "scale": n, "defaultValue": "1"}, words)
        for p, n, words in (
            (32767, 32767, "a precision"),
            (66, 0, "a precision"),
            (-2, 2, "a precision"),
            (65, 39, "a scale"),
            (9, -1, "a scale"),
        )
    ]
    cases += [
        ({"meaning": "decimal", "precision": 9, "scale": 2}, "without its text"),
        ({"meaning": "bytes", "defaultValue": "0x4"}, "half a byte"),
    ]
    for more, words in cases:
        said = diff("--set", "types.decimal=string", good, saved("bad.json", more), expect=3).stderr
        assert "bad.json: table s.t: column 2 (x) has" in said and words in said, (more, said)
    said = diff(
        good, saved("bad.json", {"meaning": "int32", "defaultValue": "1"}, ["id"] * 500), expect=3
    ).stderr
    assert "bad.json: s.t: its key has more columns than the table" in said, said
