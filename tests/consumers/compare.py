"""Compares the tables that a consumer ended with to the source's.

Each table is a file TABLE.jsonl with one row a line, in any order:
numeric as text with its scale, date as days since 1970, timestamptz as ISO 8601 in UTC, bytea as
hex, uuid and jsonb as the database prints them. Integers may be numbers or text, fractions of a
second may end in zeros, a NULL may be left out.

A consumer that cannot read a table by its nature names it in .left-out.

usage: compare.py SOURCE_DIRECTORY CONSUMER_DIRECTORY
"""

import json, pathlib, re, sys


def same(v):
    if isinstance(v, int) and not isinstance(v, bool):
        return str(v)
    if isinstance(v, str) and re.fullmatch(r"[-\d]+T[\d:]+\.\d+Z", v):
        return v[:-1].rstrip("0").rstrip(".") + "Z"
    return v


def rows(path):
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    return sorted(
        json.dumps(
            {k: same(v) for k, v in json.loads(line).items() if v is not None},
            sort_keys=True,
            ensure_ascii=False,
        )
        for line in lines
        if line
    )


source, consumer = map(pathlib.Path, sys.argv[1:])
equal, report = True, []
left_out = consumer / ".left-out"
left_out = left_out.read_text().split() if left_out.exists() else []
for path in sorted(source.glob("*.jsonl")):
    if path.stem in left_out:
        report.append(f"not {path.stem}")
        continue
    want, got = rows(path), rows(consumer / path.name)
    report.append(f"{path.stem} {len(got)}")
    if want != got or not want:
        equal = False
        print(
            f"{path.stem}: {len(want)} rows in the source, {len(got)} in the consumer",
            file=sys.stderr,
        )
        for label, some in ("only in the source", set(want) - set(got)), (
            "only in the consumer",
            set(got) - set(want),
        ):
            for row in sorted(some)[:3]:
                print(f"  {label}: {row[:400]}", file=sys.stderr)
print("rows equal: " + ", ".join(report) if equal else "the tables differ")
sys.exit(not equal)
