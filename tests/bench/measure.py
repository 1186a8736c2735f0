"""Runs a command that drains a slot; prints wall and CPU seconds of it and of its walsender, and
its peak memory.

usage: measure.py DSN SLOT COMMAND...    -> "wall user_sys walsender rss_mib" on standard output
The wall clock starts when the slot is taken: connections and Kafka's start-up are not part of a
drain.
"""

import sys, threading, time
import psycopg
from use import Command, cpu

dsn, slot, *command = sys.argv[1:]
sender = {"pid": None, "cpu": 0.0, "since": None}
done = threading.Event()


def watch():
    with psycopg.connect(dsn, autocommit=True) as c:
        while not done.is_set():
            if not sender["pid"]:
                row = c.execute(
                    "SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s", (slot,)
                ).fetchone()
                sender["pid"] = row and row[0]
                if sender["pid"]:
                    sender["since"] = time.monotonic()
                time.sleep(0.005)
            else:
                used = cpu(sender["pid"])
                if used is None:
                    break
                sender["cpu"] = used
                time.sleep(0.05)


thread = threading.Thread(target=watch)
thread.start()
command = Command(command)
command.wait()
done.set()
thread.join()
print(
    f"{command.end - (sender['since'] or command.end):.3f} {command.cpu:.3f} {sender['cpu']:.3f} "
    f"{command.peak:.1f}"
)
sys.exit(command.code)
