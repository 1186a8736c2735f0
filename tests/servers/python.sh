#!/bin/bash
# python.sh    installs the third-party readers of the tests and of the quickstart, and prints their PYTHONPATH
. "$(dirname "$0")/common.sh"
want="confluent-kafka[avro,schemaregistry]==2.16.0 fastavro==1.13.1 psycopg[binary]==3.3.9 duckdb==2.0.0"
dir=$CACHE/python-$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$(cat "$dir/.done" 2>/dev/null)" != "$want" ]; then
  python3 -m pip --version >/dev/null 2>&1 || need pip3 python3-pip
  rm -rf "$dir"
  python3 -m pip install -q --target "$dir" $want --root-user-action=ignore --disable-pip-version-check >&2
  echo "$want" >"$dir/.done"
fi
echo "$dir"
