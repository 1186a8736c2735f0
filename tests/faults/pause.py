"""pause.py CONFIG NAME FOLDER TIMES SECONDS: see pause. Environment: TAILRACE, KAFKA,
PG_PRIMARY."""

import os, random, signal, subprocess, sys, threading, time
import psycopg
from confluent_kafka import Consumer, TopicPartition
from suite import until

CONFIG, NAME, FOLDER, TIMES, SECONDS = (
    sys.argv[1],
    sys.argv[2],
    sys.argv[3],
    int(sys.argv[4]),
    float(sys.argv[5]),
)
ROWS = 2000
RUN = [os.environ["TAILRACE"], "run", "-c", CONFIG, "--set", "sink.delivery=at-least-once",
       "--set", "format.envelope=flat", "--set", "format.flat-deletes=tombstone"]
logs = []


def start(*more):
    i = len(logs)
    logs.append(f"{FOLDER}/{NAME}.{i}.log")
    socket = ["--set", f"control.socket={FOLDER}/{NAME}.{i}.sock"]      # as from another host
    return subprocess.Popen(RUN + socket + list(more), stderr=open(logs[i], "w"))


def said(text, i=-1):
    with open(logs[i]) as f:
        return text in f.read()


def change(done):
    """Batches of updates, deletes and inserts of the same few keys."""
    with psycopg.connect(os.environ["PG_PRIMARY"]) as c:
        n = 0
        while not done.is_set():
            n += 1
            low = random.randrange(ROWS - 100)
            c.execute("UPDATE p SET n = %s WHERE id BETWEEN %s AND %s", (n, low, low + 60))
            c.execute("DELETE FROM p WHERE id = ANY(%s)", (random.sample(range(ROWS), 5),))
            c.execute("INSERT INTO p SELECT i, %s FROM unnest(%s::int[]) i ON CONFLICT DO NOTHING",
                      (n, random.sample(range(ROWS), 5)))
            c.commit()
            time.sleep(0.01)


def varint(b, at):
    n = shift = 0
    while True:
        n |= (b[at] & 127) << shift
        shift += 7
        at += 1
        if b[at - 1] < 128:
            return (n >> 1) ^ -(n & 1), at


def final_state():
    """Of each key, what its last record says; flat records: the fields are id and n. And how often
    a key's n fell."""
    c = Consumer(
        {"bootstrap.servers": os.environ["KAFKA"], "group.id": NAME, "enable.partition.eof": True}
    )
    c.assign([TopicPartition(f"{NAME}.public.p", 0, 0)])
    state, last, back, records, end = {}, {}, 0, 0, False
    while not end:
        for m in c.consume(10000, 5):
            if m.error():
                end |= m.error().name() == "_PARTITION_EOF"
                continue
            records += 1
            key = varint(m.key(), 5)[0]
            if m.value() is None:
                state.pop(key, None)
                continue
            n = varint(m.value(), varint(m.value(), 5)[1])[0]
            back += n < last.get(key, 0)
            state[key] = last[key] = n
    c.close()
    return state, back, records


def main():
    with psycopg.connect(os.environ["PG_PRIMARY"], autocommit=True) as c:
        c.execute(f"CREATE TABLE p (id int PRIMARY KEY, n bigint NOT NULL)")
        c.execute(f"INSERT INTO p SELECT i, 0 FROM generate_series(0, {ROWS - 1}) i")
    subprocess.run(
        [os.environ["TAILRACE"], "setup", "-c", CONFIG], check=True, stdout=subprocess.DEVNULL
    )
    first, done = start(), threading.Event()
    until(lambda: said("snapshot complete"), 120, lambda: open(logs[-1]).read()[-2000:])
    load = threading.Thread(target=change, args=(done,))
    load.start()
    for _ in range(TIMES):
        time.sleep(3 + random.random() * 3)
        first.send_signal(signal.SIGSTOP)
        second, second_log = start(), logs[-1]
        time.sleep(SECONDS)
        took_over = said(" reading host")
        first.send_signal(signal.SIGCONT)
        time.sleep(6)
        second.kill()
        second.wait()
        if first.poll() is not None:
            # it saw the second one read
            assert first.returncode == 4, open(logs[0]).read()[-2000:]
            first = start()
        assert took_over, (
            "the second instance did not take over: " + open(second_log).read()[-2000:]
        )
    done.set()
    load.join()
    first.terminate()
    first.wait(60)
    start("--until-current").wait(120)
    with psycopg.connect(os.environ["PG_PRIMARY"]) as c:
        truth = dict(c.execute("SELECT id, n FROM p").fetchall())
    state, back, records = final_state()
    wrong = sum(state.get(k) != truth.get(k) for k in state.keys() | truth.keys())
    print(
        f"{TIMES} pauses of {SECONDS:.0f} s, {records} records, {wrong} of {len(truth)} rows "
        f"wrong, "
        f"{back} records older than the one before them (repeats count)",
        flush=True,
    )
    sys.exit(wrong > 0)


main()
