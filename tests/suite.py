"""What the suites of tests share: they run, one after another, and wait for what is to come."""
import sys, time, traceback


def until(true, seconds=60, what=lambda: "it did not come"):
    """Waits until true() is; what() tells what was seen instead."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.05)


def id_of(key):
    """The number that a record's key begins with: Avro's zigzag, behind the frame of five bytes."""
    n = shift = 0
    for b in key[5:]:
        n |= (b & 127) << shift
        shift += 7
        if b < 128:
            return (n >> 1) ^ -(n & 1)


def main(tests, after_each=lambda: None, at_end=lambda: None):
    """Runs the functions test_*, or those named on the command line; the last line is "N passed, N failed"."""
    wanted = sys.argv[1:]
    passed, failed = 0, 0
    for name, test in list(tests.items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        t0 = time.monotonic()
        try:
            test()
            passed += 1
            print(f"ok    {name} ({time.monotonic() - t0:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL  {name}\n{traceback.format_exc()[-4000:]}", flush=True)
        after_each()
    at_end()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or not passed)
