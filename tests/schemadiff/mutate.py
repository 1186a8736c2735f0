"""Avro schemas made at random, and changed in one way or two: pairs for verdicts to be held against
others'.

A place is (path, holder, key): holder[key] is a type, and path is how schema-diff writes where it
stands.
"""

import copy, random

SCALARS = ["boolean", "int", "long", "float", "double", "bytes", "string"]
VALUES = {
    "boolean": [True, False],
    "int": [0, 7],
    "long": [1, -5],
    "float": [1.5, 2.0],
    "double": [0.25, 3.0],
    "bytes": ["a", "b"],
    "string": ["x", "y"],
    "null": [None],
}
LOGICAL = {
    "int": ["date", "time-millis"],
    "long": ["timestamp-millis", "timestamp-micros", "local-timestamp-micros", "time-micros"],
    "string": ["uuid"],
}
WIDER = {
    "int": ["long", "float", "double"],
    "long": ["float", "double"],
    "float": ["double"],
    "string": ["bytes"],
    "bytes": ["string"],
}
NAMED = ("record", "enum", "fixed")


def kind(t):
    return "union" if isinstance(t, list) else t if isinstance(t, str) else t["type"]


def default_of(r, t):
    """A value of the type as a default; of a union, of its first branch. None, False: there is
    none."""
    k = kind(t)
    if k == "union":
        return default_of(r, t[0])
    if k in VALUES:
        return r.choice(VALUES[k]), not isinstance(t, dict) or t.get("logicalType") != "uuid"
    if k == "enum":
        return t["symbols"][0], True
    if k in ("array", "map"):
        return [] if k == "array" else {}, True
    return None, False


class Maker:
    def __init__(self, r, space):
        self.r, self.space, self.names = r, space, 0

    def name(self, what):
        self.names += 1
        return f"{what}{self.names}"

    def scalar(self):
        t = self.r.choice(SCALARS)
        if t in LOGICAL and self.r.random() < 0.3:
            return {"type": t, "logicalType": self.r.choice(LOGICAL[t])}
        if t == "bytes" and self.r.random() < 0.5:
            return {"type": t, "logicalType": "decimal", "precision": 10, "scale": 2}
        return t

    def type(self, depth, union=True):
        what = self.r.randrange(10 if depth < 3 else 5)
        if what < 3:
            return self.scalar()
        if what == 3:
            t = {"type": "enum", "name": self.name("E"), "symbols": ["A", "B", "C"]}
            return t | {"default": "A"} if self.r.random() < 0.3 else t
        if what == 4:
            t = {"type": "fixed", "name": self.name("F"), "size": 8}
            return (
                t | {"logicalType": "decimal", "precision": 10, "scale": 2}
                if self.r.random() < 0.3
                else t
            )
        if what == 5:
            return {"type": "array", "items": self.type(depth + 1)}
        if what == 6:
            return {"type": "map", "values": self.type(depth + 1)}
        if what == 7 or not union:
            return self.record(depth)
        branches = {
            kind(t) if kind(t) not in NAMED else t["name"]: t
            for t in (self.type(depth + 1, False) for _ in range(self.r.randint(1, 3)))
        }
        t = list(branches.values()) + ["null"]
        self.r.shuffle(t)
        return t

    def record(self, depth):
        return {
            "type": "record",
            "name": self.name("R"),
            "fields": [self.field(depth + 1) for _ in range(self.r.randint(1, 3))],
        }

    def field(self, depth):
        f = {"name": self.name("f"), "type": self.type(depth)}
        value, there = default_of(self.r, f["type"])
        return f | {"default": value} if there and self.r.random() < 0.5 else f

    def row(self):
        row = {
            "type": "record",
            "name": "Value",
            "namespace": self.space,
            "fields": [self.field(0) for _ in range(self.r.randint(2, 4))],
        }
        fixed = {"type": "fixed", "name": self.name("F"), "size": 4}
        # the same type, by its name
        row["fields"] += [{"name": "one", "type": fixed}, {"name": "same", "type": fixed["name"]},
                          # and one that holds itself
                          {"name": "tree", "type": ["null", "Value"], "default": None}]
        if self.r.random() < 0.5:
            return row
        del row["namespace"]
        return {
            "type": "record",
            "name": "Envelope",
            "namespace": self.space,
            "fields": [
                {"name": "before", "type": ["null", row], "default": None},
                {"name": "after", "type": ["null", "Value"], "default": None},
                {"name": "op", "type": "string"},
            ],
        }


# ---- where something can change ----

def below(path, step):
    return path + step


def field_path(path, name):
    path = f"{path}.{name}" if path else name
    return path[len("before."):] if path.startswith("before.") else path


def places(t, path="", holder=None, key=None):
    """Every type, from the outside in."""
    k = kind(t)
    if holder is not None:
        yield path, holder, key
    if k == "union":
        for i in range(len(t)):
            yield from places(t[i], path, t, i)
    elif k in ("array", "map"):
        at = "items" if k == "array" else "values"
        yield from places(t[at], path + ("[]" if k == "array" else "{}"), t, at)
    elif k == "record":
        for f in t["fields"]:
            yield from places(f["type"], field_path(path, f["name"]), f, "type")


def records(t):
    yield "", t
    for path, holder, key in places(t):
        if kind(holder[key]) == "record":
            yield path, holder[key]


# ---- changes: each gives the path that it touched, or None where it cannot be made ----

def at(r, t, *kinds):
    found = [p for p in places(t) if kind(p[1][p[2]]) in kinds]
    return r.choice(found) if found else (None, None, None)


def any_field(r, t, true=lambda f: True):
    found = [
        (path, rec, f)
        for path, rec in records(t)
        for f in rec["fields"]
        if f["name"] not in ("before", "after") and true(f)
    ]
    return r.choice(found) if found else (None, None, None)


def held(holder, key, value):
    """Puts it; not into a union that has such a branch."""
    if isinstance(holder, list) and any(
        i != key and kind(b) == kind(value) and kind(b) not in NAMED for i, b in enumerate(holder)
    ):
        return False
    holder[key] = value
    return True


def fits(t, value):
    """Whether a default is one of the type, or of a union's first branch."""
    k = kind(t)
    python = {
        "null": type(None),
        "boolean": bool,
        "int": int,
        "long": int,
        "float": (int, float),
        "double": (int, float),
        "bytes": str,
        "string": str,
        "array": list,
        "map": dict,
    }
    if k == "union":
        return fits(t[0], value)
    if k == "enum" and isinstance(t, dict):
        return value in t["symbols"]
    return (
        k in python
        and isinstance(value, python[k])
        and (k == "boolean" or not isinstance(value, bool))
    )


def drop_unfit_defaults(t):
    for _, rec in records(t):
        for f in rec["fields"]:
            if "default" in f and not fits(f["type"], f["default"]):
                del f["default"]


def add_field(r, t, default=True):
    path, rec = r.choice(list(records(t)))
    name = f"added{len(rec['fields'])}"
    f = {"name": name, "type": r.choice(["int", "string", ["null", "long"]])}
    rec["fields"].insert(
        r.randint(0, len(rec["fields"])),
        f | ({"default": default_of(r, f["type"])[0]} if default else {}),
    )
    return field_path(path, name)


def add_field_without_default(r, t):
    return add_field(r, t, False)


def remove_field(r, t):
    path, rec, f = any_field(r, t, lambda f: f["name"] != "one" and not defines(f["type"]))
    if f:
        rec["fields"].remove(f)
        return field_path(path, f["name"])


def defines(t):
    return (
        kind(t) in NAMED
        and not isinstance(t, str)
        or any(kind(h[k]) in NAMED for _, h, k in places(t))
    )


def rename_field(r, t, alias=False):
    path, rec, f = any_field(r, t)
    if alias:
        f["aliases"] = [f["name"]]
    f["name"] += "_new"
    return field_path(path, f["name"])


def rename_field_with_alias(r, t):
    return rename_field(r, t, True)


def widen(r, t):
    path, holder, key = at(r, t, *WIDER)
    if holder and held(holder, key, r.choice(WIDER[kind(holder[key])])):
        return path


def another_type(r, t):
    path, holder, key = at(r, t, *SCALARS)
    if holder and held(holder, key, r.choice([s for s in SCALARS if s != kind(holder[key])])):
        return path


def make_nullable(r, t):
    path, _, f = any_field(r, t, lambda f: kind(f["type"]) != "union")
    if f:
        f["type"] = ["null", f["type"]] if r.random() < 0.5 else [f["type"], "null"]
        return field_path(path, f["name"])


def drop_null(r, t):
    path, _, f = any_field(
        r, t, lambda f: kind(f["type"]) == "union" and "null" in f["type"] and len(f["type"]) > 1
    )
    if f:
        f["type"].remove("null")
        f["type"] = f["type"][0] if len(f["type"]) == 1 else f["type"]
        return field_path(path, f["name"])


def turn_branches(r, t):
    path, holder, key = at(r, t, "union")
    if holder and len(holder[key]) > 1:
        first = holder[key].pop(0)
        holder[key].append(first)
        return path


def add_branch(r, t):
    path, holder, key = at(r, t, "union")
    if holder:
        new = [s for s in SCALARS if s not in [kind(b) for b in holder[key]]]
        holder[key].append(r.choice(new))
        return path


def remove_branch(r, t):
    path, holder, key = at(r, t, "union")
    found = [b for b in holder[key][1:] if b != "null" and not defines(b)] if holder else []
    if found:
        holder[key].remove(found[0])
        return path


def of_kind(*kinds):
    def decorate(f):
        def change(r, t):
            path, holder, key = at(r, t, *kinds)
            if holder and isinstance(holder[key], dict):
                return path if f(r, holder[key]) is not False else None
        change.__name__ = f.__name__
        return change
    return decorate


@of_kind("enum")
def remove_symbol(r, t):
    t["symbols"].remove(r.choice([s for s in t["symbols"] if s != t.get("default")]))


@of_kind("enum")
def add_symbol(r, t):
    t["symbols"].insert(r.randint(0, 3), "D")


@of_kind("enum")
def turn_symbols(r, t):
    t["symbols"].reverse()


@of_kind("enum")
def symbol_default(r, t):
    t["default"] = "B" if "B" in t["symbols"] and t.get("default") != "B" else "C"
    return t["default"] in t["symbols"]


@of_kind("fixed")
def fixed_size(r, t):
    t["size"] += 8


def renamed(r, t, kinds, rename):
    """Another name for a type, and for all that refer to it."""
    path, holder, key = at(r, t, *kinds)
    if not holder:
        return None
    named = holder[key]
    old = named["name"]
    rename(named)
    new = f"{named['namespace']}.{named['name']}" if "namespace" in named else named["name"]
    for _, h, k in list(places(t)):
        if h[k] == old:
            h[k] = new
    return path


def rename_type(r, t):
    return renamed(r, t, ("enum", "fixed"), lambda named: named.update(name=named["name"] + "New"))


def rename_type_with_alias(r, t):
    return renamed(
        r, t, NAMED, lambda named: named.update(name=named["name"] + "New", aliases=[named["name"]])
    )


def another_namespace(r, t):
    return renamed(r, t, ("enum", "fixed"), lambda named: named.update(namespace="other.space"))


@of_kind("bytes", "fixed")
def decimal_scale(r, t):
    if "scale" not in t:
        return False
    t["scale"] += 1


@of_kind("bytes", "fixed")
def decimal_precision(r, t):
    if "scale" not in t:
        return False
    t["precision"] += 2


@of_kind(*LOGICAL)
def no_logical_type(r, t):
    return t.pop("logicalType", False) and None


@of_kind(*LOGICAL)
def another_logical_type(r, t):
    others = [x for x in LOGICAL[t["type"]] if x != t.get("logicalType")]
    if not others:
        return False
    t["logicalType"] = others[0]


def logical_type(r, t):
    path, holder, key = at(r, t, *LOGICAL)
    if (
        holder
        and isinstance(holder[key], str)
        and held(holder, key, {"type": holder[key], "logicalType": LOGICAL[holder[key]][0]})
    ):
        return path


def no_default(r, t):
    path, _, f = any_field(r, t, lambda f: "default" in f)
    if f:
        del f["default"]
        return field_path(path, f["name"])


def another_default(r, t):
    path, _, f = any_field(
        r, t, lambda f: kind(f["type"]) in ("int", "string", "double", "long", "float")
    )
    if f:
        f["default"] = {"int": 41, "long": 42, "string": "other", "double": 9.5, "float": 8.5}[
            kind(f["type"])
        ]
        return field_path(path, f["name"])


def field_alias(r, t):
    path, _, f = any_field(r, t)
    f["aliases"] = ["once"]
    return field_path(path, f["name"])


def turn_fields(r, t):
    path, rec = r.choice(list(records(t)))
    if len(rec["fields"]) > 1 and not any(defines(f["type"]) for f in rec["fields"][-2:]):
        rec["fields"][-1], rec["fields"][-2] = rec["fields"][-2], rec["fields"][-1]
        return field_path(path, rec["fields"][-2]["name"])


# What is no difference to any reader.

def documentation(r, t):
    for _, rec in records(t):
        rec["doc"] = "new words"
        for f in rec["fields"]:
            f["doc"] = "more words"
    return ""


def own_property(r, t):
    _, _, f = any_field(r, t)
    f["owner"], f["order"] = "billing", "ignore"
    return ""


def namespace_written_out(r, t):
    """The same names, in full."""
    space = t["namespace"]
    for _, holder, key in places(t):
        if kind(holder[key]) in NAMED:
            holder[key]["name"] = space + "." + holder[key]["name"]
    t["name"] = space + "." + t["name"]
    del t["namespace"]
    return ""


SAME = [documentation, own_property, namespace_written_out]
CHANGES = [
    add_field,
    add_field_without_default,
    remove_field,
    rename_field,
    rename_field_with_alias,
    widen,
    another_type,
    make_nullable,
    drop_null,
    turn_branches,
    add_branch,
    remove_branch,
    remove_symbol,
    add_symbol,
    turn_symbols,
    symbol_default,
    fixed_size,
    rename_type,
    rename_type_with_alias,
    another_namespace,
    decimal_scale,
    decimal_precision,
    no_logical_type,
    another_logical_type,
    logical_type,
    no_default,
    another_default,
    field_alias,
    turn_fields,
]


def pair(seed, space):
    """(old, new, [(what was done, the path that it touched)])"""
    r = random.Random(seed)
    todo = SAME[seed // 7 % len(SAME)] if seed % 7 == 0 else CHANGES[seed % len(CHANGES)]
    while True:
        old = Maker(r, space).row()
        new = copy.deepcopy(old)
        done = []
        for change in [todo] + ([r.choice(CHANGES)] if seed % 3 == 0 and todo not in SAME else []):
            before = copy.deepcopy(new)
            path = change(r, new)
            drop_unfit_defaults(new)
            if path is None or new == before:
                new = before
            else:
                done.append((change.__name__, path))
        if done and done[0][0] == todo.__name__:
            return old, new, done
