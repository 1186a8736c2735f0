"""Verdicts, held against a registry's."""
import json, time, urllib.error, urllib.request, uuid
import psycopg
from ddl import CASES, MISREAD
from place import REGISTRY, database, diff, diff_json, path

LEVELS = ["BACKWARD", "FORWARD", "FULL"]


def ask(method, where, body=None):
    """The registry's answer and its status. It drops a connection at times; every question may be
    asked again, as tailrace does."""
    q = urllib.request.Request(
        REGISTRY + where,
        json.dumps(body).encode() if body is not None else None,
        {"Content-Type": "application/vnd.schemaregistry.v1+json"},
        method=method,
    )
    for left in reversed(range(5)):
        try:
            with urllib.request.urlopen(q) as r:
                return json.loads(r.read() or b"{}"), r.status
        except urllib.error.HTTPError as e:
            return json.loads(e.read() or b"{}"), e.code
        except ConnectionError:
            if not left:
                raise
            time.sleep(0.5)


def schema_body(schema):
    return {"schema": json.dumps(schema), "schemaType": "AVRO"}


def register(subject, schema, expect=200):
    got, status = ask("POST", f"/subjects/{subject}/versions", schema_body(schema))
    assert status in (expect if isinstance(expect, tuple) else (expect,)), (subject, status, got)
    return status


def set_level(subject, level):
    got, status = ask("PUT", f"/config/{subject}", {"compatibility": level})
    assert status == 200, got


def ddl_diff():
    """All cases as tables of one database, saved before and after."""
    dsn = database()
    names = {f"case_{i:03d}": c for i, c in enumerate(CASES)}
    with psycopg.connect(dsn, autocommit=True) as c:
        for t, (_, columns, _) in names.items():
            c.execute(f"CREATE TYPE {t}_e AS ENUM ('one', 'two')")
            c.execute(f"CREATE TABLE {t} ({columns.format(t=t)})")
        diff("--save", path("before.json"), dsn, expect=0)
        for t, (_, _, change) in names.items():
            c.execute(change.format(t=t))
    diff("--save", path("after.json"), dsn, expect=0)
    return names, {
        t["new"]["table"]: t
        for t in diff_json(path("before.json"), path("after.json"), expect=2)["tables"]
    }


def registry_says(old, new):
    """Whether the registry finds the change compatible, at each level."""
    subject = "sd-" + uuid.uuid4().hex
    set_level(subject, "NONE")
    register(subject, old)
    said = {}
    for level in LEVELS:
        set_level(subject, level)
        got, status = ask(
            "POST", f"/compatibility/subjects/{subject}/versions/latest", schema_body(new)
        )
        assert status == 200, (status, got)
        said[level] = got["is_compatible"]
    return said


def test_verdicts_equal_the_registrys():
    names, tables = ddl_diff()
    assert len(names) >= 60
    wrong, misread, checked, refused = [], set(), 0, 0
    for t, (name, _, _) in names.items():
        if t not in tables:
            assert name in ("check",), f"no difference was seen: {name}"
            continue
        for part in ("value", "key"):
            old, new = (tables[t][side].get(part + "Schema") for side in ("old", "new"))
            if not old or not new or old == new:
                continue
            said, ours = registry_says(old, new), tables[t]["avro"][part]
            for level in LEVELS:
                checked += 1
                refused += not said[level]
                if "misread" in ours[level]:
                    misread.add(name)
                if said[level] != (ours[level] != "no"):
                    wrong.append(
                        f"{name} {part} {level}: registry {said[level]}, ours {ours[level]}: "
                        f"{tables[t]['avro']['reasons']}"
                    )
    assert not wrong, "\n".join(wrong)
    assert misread == set(MISREAD), (misread - set(MISREAD), set(MISREAD) - misread)
    assert checked // 5 < refused < checked * 4 // 5, (checked, refused)
    print(
        f"      {len(names)} changes, {checked} verdicts equal ({refused} of them no), "
        f"{len(misread)} changes that only a reader would notice"
    )


def record(*fields):
    return {
        "type": "record",
        "name": "Value",
        "namespace": "t.public.x",
        "fields": [{"name": "id", "type": "int"}, *fields],
    }


def test_transitive_verdicts_equal_the_registrys():
    """Three versions: the registry takes or refuses the third as our verdict against all of them
    says."""
    opt = {"name": "a", "type": ["null", "int"], "default": None}
    chains = [
        (record({"name": "a", "type": "string"}), record(), record(opt)),
        (record(opt), record(), record({"name": "a", "type": ["null", "string"], "default": None})),
        (record(opt), record(), record(opt)),
        (
            record({"name": "a", "type": "int"}),
            record({"name": "a", "type": "long"}),
            record({"name": "a", "type": "double"}),
        ),
        (
            record({"name": "a", "type": "long"}),
            record({"name": "a", "type": "long"}, opt | {"name": "b"}),
            record({"name": "a", "type": "int"}),
        ),
        (record(), record(opt), record(opt | {"type": ["null", "long"]})),
        (
            record(),
            record({"name": "a", "type": "int", "default": 1}),
            record({"name": "a", "type": "int"}),
        ),
        (
            record({"name": "a", "type": "int"}),
            record({"name": "a", "type": "int", "default": 1}),
            record(),
        ),
    ]
    for chain in chains:
        prefix = "sd" + uuid.uuid4().hex[:8]
        subject = f"{prefix}.public.x-value"
        schemas = [json.loads(json.dumps(s).replace("t.public", prefix + ".public")) for s in chain]
        set_level(subject, "NONE")
        for s in schemas[:2]:
            register(subject, s)
        for name, s in (("old", schemas[1]), ("new", schemas[2])):
            with open(path(name + ".avsc"), "w") as f:
                json.dump(s, f)
        args = [
            "--set",
            f"name={prefix}",
            "--set",
            "source.conninfo=host=x",
            "--set",
            "sink.kind=null",
            "--set",
            f"registry.url={REGISTRY}",
        ]
        ours = diff_json(*args, path("old.avsc"), path("new.avsc"))["tables"][0]["avro"]["value"]
        for level in [x for l in LEVELS for x in (l, l + "_TRANSITIVE")]:
            fresh = "sd-" + uuid.uuid4().hex
            set_level(fresh, "NONE")
            for s in schemas[:2]:
                register(fresh, s)
            set_level(fresh, level)
            status = register(fresh, schemas[2], expect=(200, 409))
            assert (status == 200) == (ours[level] == "yes"), (chain, level, status, ours)


def test_what_is_not_an_avro_schema_says_where():
    for text, what in (
        ("{", "line 1"),
        ('{"type": "record", "name": "R"}', "0 table"),
        ('"string"', "not the schema of a record"),
        (
            '{"type": "record", "name": "a.R", "fields": [{"name": "x", "type": "nope"}]}',
            "unknown type nope",
        ),
    ):
        with open(path("bad.avsc"), "w") as f:
            f.write(text)
        r = diff(path("bad.avsc"), path("bad.avsc"))
        assert what in r.stdout + r.stderr if what != "0 table" else r.returncode == 0, (
            text,
            r.stdout,
            r.stderr,
        )
