"""The files that schema-diff writes: for their owner and his group, and never through a link that
somebody planted."""

import json, os, signal, stat, subprocess
from place import E, path
from suite import until

SCHEMA = {
    "type": "record",
    "name": "Value",
    "namespace": "p.s.t",
    "fields": [{"name": "a", "type": "int"}],
}
WRITTEN = ["--save", "--html", "--metrics"]


def side():
    with open(path("w.avsc"), "w") as f:
        json.dump(SCHEMA, f)
    return path("w.avsc")


def text_of(name):
    with open(name) as f:
        return f.read()


def write(option, name, umask=0o022):
    """Has the file written, under an ordinary umask."""
    old = os.umask(umask)
    try:
        if option == "--metrics":   # written by a command that goes on
            p = subprocess.Popen(
                [E["TAILRACE"], "schema-diff", side(), side(), "--watch", "60", option, name],
                stdout=subprocess.DEVNULL,
            )
            try:
                until(
                    lambda: os.path.exists(name) and "tailrace_schema_diff_up 1" in text_of(name),
                    60,
                )
            finally:
                p.send_signal(signal.SIGTERM)
                p.wait(60)
        else:
            sides = [side()] if option == "--save" else [side(), side()]
            r = subprocess.run(
                [E["TAILRACE"], "schema-diff", *sides, option, name],
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert r.returncode == 0, r.stderr
    finally:
        os.umask(old)


def mode(name):
    return stat.S_IMODE(os.lstat(name).st_mode)


def test_written_files_are_for_owner_and_group():
    for option in WRITTEN:
        name = path("out" + option)
        write(option, name)
        assert mode(name) == 0o640, (option, oct(mode(name)))
        assert not os.path.exists(name + ".new")
        os.chmod(name, 0o604)
        with open(name, "w") as old:    # held open: its number is not given to another file
            write(option, name)
            assert mode(name) == 0o604, (option, oct(mode(name)))
            assert os.stat(name).st_ino != os.fstat(old.fileno()).st_ino, "written in place"


def test_planted_links_are_not_followed():
    for option in WRITTEN:
        for planted in ("", ".new"):
            for what in ("link", "file"):
                victim, name = path("victim"), path(f"planted{option}{planted}{what}")
                with open(victim, "w") as f:
                    f.write("precious")
                (
                    os.symlink(victim, name + planted)
                    if what == "link"
                    else os.link(victim, name + planted)
                )
                write(option, name)
                assert text_of(victim) == "precious", (option, planted, what)
                assert stat.S_ISREG(os.lstat(name).st_mode) and text_of(name), (
                    option,
                    planted,
                    what,
                )
                assert os.stat(name).st_ino != os.stat(victim).st_ino
                os.unlink(victim)
