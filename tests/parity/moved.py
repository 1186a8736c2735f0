"""What is in a topic of inserts: moved.py BROKERS TOPIC reach N | count ROWS_TWICE_AT_MOST"""
import sys
from suite import id_of, until
from topics import messages

brokers, topic, what = sys.argv[1:4]
ids = lambda: [id_of(m.key()) for m in messages(brokers, [(topic, 0)])]

if what == "reach":
    until(lambda: int(sys.argv[4]) in ids(), 90, lambda: f"{sys.argv[4]} is not in {ids()[-3:]}")
else:
    got = ids()
    lost = sorted(set(range(1, max(got) + 1)) - set(got))
    twice = sorted({i for i in got if got.count(i) > 1})
    print(f"{len(set(got))} rows, {len(lost)} lost {lost[:10]}, {len(twice)} twice {twice[:10]}")
    sys.exit(bool(lost) or len(twice) > int(sys.argv[4]))
