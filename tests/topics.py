"""What Kafka's topics hold, for the suites of tests."""
import time
from confluent_kafka import Consumer, KafkaException, TopicPartition


def end_of(consumer, part):
    """Of a topic that is not there: 0."""
    try:
        return consumer.get_watermark_offsets(TopicPartition(*part), timeout=30)[1]
    except KafkaException as e:
        if e.args[0].name() not in ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_PARTITION"):
            raise
        return 0


def messages(servers, parts, seconds=120, **options):
    """
    Each committed message of the (topic, partition) pairs, up to where they end. A transaction
    that is open there has a second to end in: brokers say "committed" before readers see it. A
    partition that is written all the time may have no end to be met: there it is where it ended
    two seconds on. A topic that is not there has none.
    """
    c = Consumer({"bootstrap.servers": servers, "group.id": "tests", "enable.partition.eof": True,
                  "isolation.level": "read_committed", "fetch.wait.max.ms": 10, **options})
    began, left, still_open, ends = time.monotonic(), set(parts), {}, None
    if left:
        c.assign([TopicPartition(*p, 0) for p in left])
    while left:
        now = time.monotonic()
        passed = now - began
        assert passed < seconds, f"no end of {sorted(left)} in {passed:.0f} s"
        left -= {p for p, since in still_open.items() if now - since > 1}
        if passed > 2 and ends is None:
            ends = {p: end_of(c, p) for p in left}
            left -= {p for p in left if not ends[p]}
        for m in c.consume(1000, 0.05):     # it waits that long where there are fewer
            p = (m.topic(), m.partition())
            if m.error():
                if m.error().name() == "_PARTITION_EOF":
                    high = c.get_watermark_offsets(TopicPartition(*p), cached=True)[1]
                    if m.offset() < high:
                        still_open.setdefault(p, now)
                    else:
                        left.discard(p)
            elif p in left:
                yield m
                still_open.pop(p, None)
                if ends and m.offset() + 1 >= ends[p]:
                    left.discard(p)
    c.close()
