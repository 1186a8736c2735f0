"""schemas/avro is what a feed registers: a table like its example's, and its own records."""
import json, os
from road import registry, until

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "schemas/avro")
OPTIONS = {"format__transactions": "true", "format__schema_changes": "always",
           "format__heartbeat_ms": "100"}


def registered(f, subject):
    """The schema's text, of a feed called shop; None: there is none yet."""
    if subject not in registry.get_subjects():
        return None
    text = registry.get_latest_version(subject).schema.schema_str
    return json.dumps(json.loads(text.replace(f.name, "shop")))


def is_published(f, subjects):
    """subjects: {what the file is called: the subject, without -key and -value}."""
    for name, topic in subjects.items():
        subject = topic + ("-key" if name.endswith("key") else "-value")
        until(lambda: registered(f, subject), 60, lambda: f"no subject {subject}")
        with open(f"{FOLDER}/{name}.avsc") as file:
            said = json.dumps(json.load(file))
        assert registered(f, subject) == said, (subject, registered(f, subject), said)
