"""Runs a command and prints what it used: "wall cpu rss_mib" on standard output. usage: use.py COMMAND..."""
import resource, subprocess, sys, time

began = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
process.wait()
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{time.monotonic() - began:.3f} {use.ru_utime + use.ru_stime:.3f} {use.ru_maxrss / 1024:.1f}")
sys.exit(process.returncode)
