"""What tests/bench/many measures.

usage: many.py idle PID BOOTSTRAP DATABASE_PORT
       many.py latency LABEL BOOTSTRAP REGISTRY SECONDS BACKLOG_TOPIC TOPIC=PLACE...
idle: what a process uses in 60 s. latency: rows are written to each PLACE in turn (ticks.py), and
timed until a consumer has them; BACKLOG_TOPIC, where not empty, must get records all the while.
"""
import os, sys, time
from ticks import Ticks
from use import cpu

IDLE_S = 60


def status(pid, name, task=""):
    with open(f"/proc/{pid}{task}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))


def connections(pid):
    """Remote port -> how many TCP connections."""
    inodes, ports = set(), {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except OSError:
            continue
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}") as f:
            for fields in map(str.split, f.readlines()[1:]):
                if f"socket:[{fields[9]}]" in inodes and fields[3] == "01":
                    port = int(fields[2].rsplit(":", 1)[1], 16)
                    ports[port] = ports.get(port, 0) + 1
    return ports


def wakeups(pid):
    """Of all threads: voluntary context switches."""
    return sum(status(pid, "voluntary_ctxt_switches", f"/task/{t}")
               for t in os.listdir(f"/proc/{pid}/task"))


def idle(pid, bootstrap, port):
    used, woke = cpu(pid), wakeups(pid)
    time.sleep(IDLE_S)
    used, woke = cpu(pid) - used, wakeups(pid) - woke
    ports = connections(pid)
    print(f"idle: rss_mib={status(pid, 'VmRSS') / 1024:.0f}"
          f" peak_mib={status(pid, 'VmHWM') / 1024:.0f} cpu_percent={100 * used / IDLE_S:.1f}"
          f" wakeups_per_s={woke / IDLE_S:.0f}"
          f" threads={status(pid, 'Threads')} descriptors={len(os.listdir(f'/proc/{pid}/fd'))}"
          f" kafka_connections={ports.get(int(bootstrap.rsplit(':', 1)[1]), 0)}"
          f" database_connections={ports.get(int(port), 0)}", flush=True)


def latency(label, bootstrap, registry, seconds, backlog, *feeds):
    ticks = Ticks(bootstrap, registry, [feed.split("=", 1) for feed in feeds])
    before, began = backlog and ticks.end_of(backlog), time.monotonic()
    ticks.measure(float(seconds), label + ":")
    if backlog:
        now, ran = ticks.end_of(backlog), time.monotonic() - began
        came = now - before
        time.sleep(1)
        if ticks.end_of(backlog) == now:
            sys.exit("the backlog was at its end before the measurement was: give it more rows")
        print(f"{label}: beside {came / ran:.0f} rows/s of the backlog", flush=True)


{"idle": idle, "latency": latency}[sys.argv[1]](*sys.argv[2:])
