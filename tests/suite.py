"""What the suites of tests share: they run, one after another, and wait for what is to come."""
import faulthandler, signal, sys, time, traceback

SECONDS = 900       # no test takes so long: one that does hangs


def until(true, seconds=60, what=lambda: "it did not come"):
    """Waits until true() is; what() tells what was seen instead."""
    end = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if true():
            return
        now = time.monotonic()
        assert now < end, what()
        time.sleep(min(1, max(0.05, 2 * (now - began))))    # what is asked takes time from others


def id_of(key):
    """The number that a record's key begins with: Avro's zigzag, behind the frame of five bytes."""
    n = shift = 0
    for b in key[5:]:
        n |= (b & 127) << shift
        shift += 7
        if b < 128:
            return (n >> 1) ^ -(n & 1)


class TooLong(Exception):
    pass


def too_long(*_):
    faulthandler.dump_traceback()
    raise TooLong(f"the test is not over after {SECONDS} s")


def main(tests, after_each=lambda: None, at_end=lambda: None):
    """Runs the functions test_*, or those named on the command line; the last line is "N passed, N
    failed"."""
    wanted = sys.argv[1:]
    passed, failed = 0, 0
    signal.signal(signal.SIGALRM, too_long)
    for name, test in list(tests.items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        t0 = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SECONDS, 60)   # again, where its end hangs as well
        try:
            test()
            passed += 1
            print(f"ok    {name} ({time.monotonic() - t0:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL  {name}\n{traceback.format_exc()[-4000:]}", flush=True)
        after_each()
        signal.setitimer(signal.ITIMER_REAL, 0)
    at_end()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or not passed)
