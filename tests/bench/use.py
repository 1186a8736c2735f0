"""Runs a command and prints what it used: "wall cpu rss_mib", and the CPU seconds of each SERVER
with its children meanwhile.

usage: use.py [--server PID]... COMMAND...
"""

import os, resource, subprocess, sys, threading, time

TICK = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields of /proc/PID/stat from the third on; None: it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def cpu(pid):
    """Seconds of a process itself; None: it is gone."""
    fields = stat(pid)
    return fields and (int(fields[11]) + int(fields[12])) / TICK


def cpu_with_children(pid):
    """Those of its children too, whether they live or were waited for."""
    total = 0
    for p in [
        pid,
        *(x for x in os.listdir("/proc") if x.isdigit() and (stat(x) or [0, 0])[1] == pid),
    ]:
        total += sum(map(int, (stat(p) or [0] * 15)[11:15])) / TICK
    return total


class Command:
    """Runs it; afterwards end, cpu, peak (MiB) and code are known. Of its own peak getrusage()
    would count this interpreter, which forked it."""

    def __init__(self, command):
        self.peak = 0.0
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.memory = threading.Thread(target=self.watch)
        self.memory.start()

    def watch(self):
        while self.process.returncode is None:
            try:
                with open(f"/proc/{self.process.pid}/status") as f:
                    self.peak = max(
                        self.peak, *(int(x.split()[1]) / 1024 for x in f if x.startswith("VmHWM"))
                    )
            except (OSError, TypeError):
                pass
            time.sleep(0.02)

    def wait(self):
        self.code = self.process.wait()
        self.end = time.monotonic()
        self.memory.join()
        use = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = use.ru_utime + use.ru_stime


def main():
    args, servers = sys.argv[1:], []
    while args[0] == "--server":
        servers.append(args[1])
        args = args[2:]
    before, began = [cpu_with_children(p) for p in servers], time.monotonic()
    c = Command(args)
    c.wait()
    print(
        f"{c.end - began:.3f} {c.cpu:.3f} {c.peak:.1f}",
        *(f"{cpu_with_children(p) - b:.3f}" for p, b in zip(servers, before)),
    )
    sys.exit(c.code)


if __name__ == "__main__":
    main()
