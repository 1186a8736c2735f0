"""Runs a command that drains a slot; prints wall and CPU seconds of it and of its walsender, and its peak memory.

usage: measure.py DSN SLOT COMMAND...    -> "wall user_sys walsender rss_mib" on standard output
The wall clock starts when the slot is taken: connections and Kafka's start-up are not part of a drain.
"""
import os, resource, subprocess, sys, threading, time
import psycopg

dsn, slot, *command = sys.argv[1:]
tick = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / tick
    except OSError:
        return None


sender = {"pid": None, "cpu": 0.0, "since": None}
peak = 0.0
done = threading.Event()


def watch():
    with psycopg.connect(dsn, autocommit=True) as c:
        while not done.is_set():
            if not sender["pid"]:
                row = c.execute("SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s", (slot,)).fetchone()
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


def watch_memory(pid):      # ru_maxrss would count this interpreter, from which the command was forked
    global peak
    while not done.is_set():
        try:
            with open(f"/proc/{pid}/status") as f:
                peak = max(peak, *(int(x.split()[1]) / 1024 for x in f if x.startswith("VmHWM")))
        except (OSError, TypeError):
            pass
        time.sleep(0.05)


thread = threading.Thread(target=watch)
thread.start()
process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
memory = threading.Thread(target=watch_memory, args=(process.pid,))
memory.start()
process.wait()
end = time.monotonic()
done.set()
thread.join()
memory.join()
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{end - (sender['since'] or end):.3f} {use.ru_utime + use.ru_stime:.3f} {sender['cpu']:.3f} {peak:.1f}")
sys.exit(process.returncode)
