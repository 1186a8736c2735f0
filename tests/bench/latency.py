"""From commit to consumer, of one feed.

usage: latency.py BOOTSTRAP REGISTRY TOPIC DSN SECONDS LABEL
"""
import sys
from ticks import Ticks

bootstrap, registry, topic, dsn, seconds, label = sys.argv[1:]
Ticks(bootstrap, registry, [(topic, dsn)]).measure(float(seconds), f"delivery={label}")
