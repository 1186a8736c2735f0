"""What the tests of `tailrace ctl position` and `forget` need, whatever the database."""
import json, os, subprocess
from road import WORK


def ctl(f, *args, expect=0, **options):
    r = subprocess.run(f.command("ctl", *args, **options), capture_output=True, text=True,
                       timeout=120, stdin=subprocess.DEVNULL)
    assert expect is None or r.returncode == expect, (args, r.returncode, r.stdout, r.stderr)
    return r


def shown(f):
    return json.loads(ctl(f, "position", "show", f.name, "--json").stdout)


def exported(f):
    path = os.path.join(WORK, f.name + ".position")
    with open(path, "w") as out:
        out.write(ctl(f, "position", "export", f.name).stdout)
    return path
