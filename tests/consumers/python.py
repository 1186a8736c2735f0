"""confluent-kafka, with its AvroDeserializer.   usage: python.py BOOTSTRAP REGISTRY PREFIX OUT"""
import json, sys
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer

bootstrap, registry, prefix, out = sys.argv[1:]
decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": prefix + ".python",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
)
topics = [
    t
    for name, t in consumer.list_topics(timeout=30).topics.items()
    if name.startswith(prefix + ".public.")
]
parts = [TopicPartition(t.topic, p, 0) for t in topics for p in t.partitions]
consumer.assign(parts)
tables, ended = {t.topic: {} for t in topics}, 0
while ended < len(parts):
    for m in consumer.consume(1000, 1.0):
        if m.error():
            assert m.error().name() == "_PARTITION_EOF", m.error()
            ended += 1
            continue
        key, value = str(decode(m.key(), None)), decode(m.value(), None)
        if value is None or value["op"] == "d":
            tables[m.topic()].pop(key, None)
        else:
            tables[m.topic()][key] = value["after"]
consumer.close()
for topic, rows in tables.items():
    with open(f"{out}/{topic.rsplit('.', 1)[1]}.jsonl", "w") as file:
        for row in rows.values():
            print(
                json.dumps(row, default=lambda v: v.hex() if isinstance(v, bytes) else str(v)),
                file=file,
            )
