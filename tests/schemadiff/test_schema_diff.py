"""tailrace schema-diff on real servers.

usage: test_schema_diff.py [NAME...]     needs the servers of tests/schemadiff/run, which calls it.
Last line: N passed, N failed.
"""

import shutil
import suite
import page, place, plan, resolution, sides, verdicts, warehouses, watch, written


def at_end():
    place.drop_all()
    shutil.rmtree(place.WORK)


tests = {}
for part in (verdicts, resolution, sides, plan, watch, warehouses, page, written):
    tests |= vars(part)
suite.main(tests, place.drop_feeds, at_end)
