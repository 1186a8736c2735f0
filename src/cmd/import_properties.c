#include <string.h>
#include "cmd/import.h"

#define NOTE(name, text) { name, NOTHING, NULL, NULL, text }
#define DONE(name, text) { name, ALWAYS, NULL, NULL, text }
#define OWN(name) { name, ELSEWHERE, NULL, NULL, NULL }

static const struct property postgresql[] = {
    OWN("schema.include.list"), OWN("schema.exclude.list"), OWN("schema.whitelist"), OWN("schema.blacklist"),
    OWN("database.hostname"), OWN("database.port"), OWN("database.user"), OWN("database.password"), OWN("database.dbname"),
    OWN("database.sslmode"), OWN("database.sslcert"), OWN("database.sslkey"), OWN("database.sslrootcert"), OWN("database.sslpassword"),
    DONE("database.tcpKeepAlive", "always"),
    NOTE("database.initial.statements", "libpq's options=-c name=value in source.conninfo sets parameters"),
    NOTE("database.*", "source.conninfo takes what libpq takes"),
    { "plugin.name", DEFAULT, NULL, "pgoutput", "pgoutput is the only plugin; make a new slot with `tailrace setup`" },
    { "slot.name", COPY, "source.slot", NULL, NULL },
    { "slot.drop.on.stop", DEFAULT, NULL, "false", "a slot is never dropped: it is what keeps changes from being lost" },
    { "slot.failover", DEFAULT, NULL, "false", "a slot on a standby is its own; the position is held against it at each start" },
    NOTE("slot.stream.params", "what pgoutput is asked for is settled by source.binary and source.messages"),
    DONE("slot.max.retries", "tailrace reconnects until limits.retry-limit-s"), DONE("slot.retry.delay.ms", "limits.retry-max-ms"),
    { "publication.name", COPY, "source.publication", NULL, NULL },
    DONE("publication.autocreate.mode", "`tailrace setup` makes the publication, of what tables.include names, or of all tables that can be"),
    { "publish.via.partition.root", WORDS, "source.partition-root", "true=true|false=false", NULL },
    NOTE("replica.identity.autoset.values", "set REPLICA IDENTITY on the primary; `tailrace check` names the tables that lack one"),
    { "hstore.handling.mode", WORDS, "types.hstore", "json=json|map=map", NULL },
    { "interval.handling.mode", WORDS, "types.interval", "numeric=microseconds|string=string", NULL },
    { "include.unknown.datatypes", WORDS, "types.unknown", "false=skip-column", "types.unknown: text writes text, not bytes" },
    { "money.fraction.digits", DEFAULT, NULL, "2", "money has two fraction digits" },
    { "status.update.interval.ms", COPY, "source.status-interval-ms", NULL, NULL },
    { "xmin.fetch.interval.ms", DEFAULT, NULL, "0", "source.xmin is always null" },
    { "flush.lsn.source", DEFAULT, NULL, "true", "the slot is told to forget what is durable in Kafka, and only that" },
    { "lsn.flush.mode", DEFAULT, NULL, "connector", "the slot is told to forget what is durable in Kafka, and only that" },
    DONE("lsn.flush.timeout*", "not needed"),
    NOTE("message.prefix.*", "logical messages are all passed on, or none (source.messages)"),
    { NULL, NOTHING, NULL, NULL, NULL },
};

static const struct property binlog[] = {
    { "database.hostname", COPY, "source.mysql.host", NULL, NULL }, { "database.port", COPY, "source.mysql.port", NULL, NULL },
    { "database.user", COPY, "source.mysql.user", NULL, NULL }, OWN("database.password"),
    { "database.server.id", COPY, "source.mysql.server-id", NULL, NULL }, DONE("database.server.id.offset", "one reader, one source.mysql.server-id"),
    { "database.ssl.mode", WORDS, "source.mysql.tls", "disabled=disable|disable=disable|preferred=require|required=require|trust=require|"
      "verify_ca=verify-ca|verify-ca=verify-ca|verify_identity=verify-full|verify-full=verify-full", "source.mysql.tls has no such way" },
    NOTE("database.ssl.*", "source.mysql.tls-ca, tls-cert and tls-key take PEM files"),
    OWN("database.include.list"), OWN("database.exclude.list"), OWN("database.whitelist"), OWN("database.blacklist"),
    DONE("database.protocol", "its own"), DONE("database.jdbc.driver", "no JDBC"), DONE("driver.*", "no JDBC"),
    NOTE("database.initial.statements", "the session's settings are those that the source needs"),
    DONE("database.query.timeout.ms", "tables are read in small chunks"),
    NOTE("database.*", "source.mysql.* says how the server is reached"),
    DONE("connect.timeout.ms", "tailrace reconnects until limits.retry-limit-s"), DONE("connect.keep.alive*", "source.mysql.heartbeat-ms"),
    { "time.precision.mode", WORDS, "types.time", "adaptive_time_microseconds=adaptive|microseconds=microseconds|connect=connect|"
      "isostring=isostring|nanoseconds=nanoseconds", "types.time has no such form" },
    { "include.query", WORDS, "source.mysql.query", "true=true|false=false", NULL },
    { "include.schema.changes", WORDS, "format.schema-changes", "true=auto|false=never", NULL },
    { "bigint.unsigned.handling.mode", WORDS, "types.bigint-unsigned", "long=long|precise=precise", NULL },
    { "gtid.source.filter.dml.events", DEFAULT, NULL, "true", "every transaction is read" },
    NOTE("gtid.*", "the whole GTID set is followed, whatever server a transaction began on"),
    DONE("schema.history.*", "not needed: definitions come with the binlog (binlog_row_metadata = FULL) and are kept with the position"),
    DONE("database.history.*", "not needed: definitions come with the binlog (binlog_row_metadata = FULL) and are kept with the position"),
    { "inconsistent.schema.handling.mode", DEFAULT, NULL, "fail", "source.mysql.schema-doubt: stop or catalog" },
    { "event.deserialization.failure.handling.mode", DEFAULT, NULL, "fail", "an event that cannot be read stops the feed: none is skipped" },
    DONE("enable.time.adjuster", "a year is written as the server stores it"), DONE("binlog.buffer.size", "only committed changes are in the binlog"),
    DONE("binlog.net.*", "source.mysql.heartbeat-ms"),
    { "source.struct.version", DEFAULT, NULL, "v2", "the source block is that of v2" }, DONE("min.row.count.to.stream.results", "rows are read as they come"),
    DONE("ddl.parser.type", "a parser of its own"), NOTE("use.nongraceful.disconnect", "not needed"),
    { NULL, NOTHING, NULL, NULL, NULL },
};

static const struct property common[] = {
    OWN("connector.class"), OWN("name"), OWN("topic.prefix"), OWN("database.server.name"),
    DONE("tasks.max", "one feed is one process"),
    OWN("table.include.list"), OWN("table.exclude.list"), OWN("table.whitelist"), OWN("table.blacklist"),
    { "column.include.list", PATTERNS, "columns.include", NULL, NULL },
    { "column.exclude.list", PATTERNS, "columns.exclude", NULL, NULL },
    { "column.whitelist", PATTERNS, "columns.include", NULL, NULL }, { "column.blacklist", PATTERNS, "columns.exclude", NULL, NULL },
    OWN("column.mask.*"), OWN("column.truncate.*"), OWN("message.key.columns"),
    NOTE("column.propagate.source.type", "no types of the database in the schemas"),
    NOTE("datatype.propagate.source.type", "no types of the database in the schemas"), NOTE("include.schema.comments", "no comments in schemas"),
    { "table.ignore.builtin", DEFAULT, NULL, "true", "the server's own tables are never read" },
    { "skipped.operations", COPY, "format.skipped-operations", NULL, NULL },
    { "snapshot.mode", WORDS, "snapshot.mode", "initial=initial|exported=initial|always=always|when_needed=when-needed|initial_only=only|never=never|no_data=never|"
      "schema_only=never", "snapshot.mode has no such way" },
    NOTE("snapshot.select.statement.overrides*", "snapshot.select takes the condition: { SCHEMA.TABLE: \"CONDITION\" }"),
    { "snapshot.max.threads", COPY, "snapshot.workers", NULL, NULL },
    NOTE("snapshot.include.collection.list", "the snapshot reads every table that the stream reads"),
    DONE("snapshot.locking.mode", "the snapshot takes no lock"), DONE("snapshot.lock.timeout.ms", "the snapshot takes no lock"),
    DONE("snapshot.fetch.size", "rows are read as they come"), DONE("snapshot.isolation.mode", "tables are read in chunks, beside the stream"),
    NOTE("snapshot.*", "no counterpart"),
    { "decimal.handling.mode", WORDS, "types.decimal", "precise=precise|string=string|double=double", NULL },
    { "time.precision.mode", WORDS, "types.time", "adaptive=adaptive|microseconds=microseconds|connect=connect|isostring=isostring|"
      "nanoseconds=nanoseconds", "types.time has no such form" },
    { "binary.handling.mode", WORDS, "types.binary", "bytes=bytes|hex=hex|base64=base64|base64-url-safe=base64-url-safe", NULL },
    { "tombstones.on.delete", WORDS, "format.tombstones", "true=true|false=false", NULL },
    { "unavailable.value.placeholder", COPY, "format.placeholder", NULL, NULL },
    { "extended.headers.enabled", WORDS, "format.headers", "true=true|false=false", NULL },
    { "provide.transaction.metadata", WORDS, "format.transactions", "true=true|false=false", NULL },
    { "topic.transaction", DEFAULT, NULL, "transaction", "the topic is PREFIX.transaction; topics.route can rename it" },
    { "heartbeat.interval.ms", COPY, "format.heartbeat-ms", NULL, NULL },
    DONE("heartbeat.action.query", "not needed: an idle slot advances without a write to the source"),
    { "topic.heartbeat.prefix", DEFAULT, NULL, "__debezium-heartbeat", "topics.route can rename the topic" },
    { "heartbeat.topics.prefix", DEFAULT, NULL, "__debezium-heartbeat", "topics.route can rename the topic" },
    { "topic.delimiter", DEFAULT, NULL, ".", "names are joined by dots; topics.route can rename topics" },
    NOTE("topic.naming.strategy", "topics.route can rename topics"), DONE("topic.cache.size", "not needed"),
    OWN("schema.name.adjustment.mode"), OWN("field.name.adjustment.mode"),
    DONE("exactly.once.support", "sink.delivery is exactly-once by default"), DONE("transaction.boundary*", "limits.*"),
    { "event.processing.failure.handling.mode", DEFAULT, NULL, "fail", "a row that cannot be read stops the feed: none is skipped" },
    { "event.converting.failure.handling.mode", DEFAULT, NULL, "fail", "a row that cannot be read stops the feed: none is skipped" },
    { "errors.tolerance", DEFAULT, NULL, "none", "sink.on-error: dead-letter keeps what Kafka refuses" },
    NOTE("errors.*", "limits.retry-* and sink.on-error say what happens after an error"),
    DONE("max.batch.size", "limits.batch-rows"), DONE("max.queue.size", "limits.batches"),
    DONE("max.queue.size.in.bytes", "limits.batch-bytes"), DONE("poll.interval.ms", "changes are sent as they come"),
    DONE("query.fetch.size", "not needed"), DONE("retriable.restart.connector.wait.ms", "limits.retry-max-ms"),
    NOTE("signal.*", "no signals: `tailrace backfill` reads tables on demand"), NOTE("incremental.snapshot.*", "see `tailrace backfill` and snapshot.chunk-*"),
    NOTE("notification.*", "progress is logged"), NOTE("read.only", "the source is never written to"),
    NOTE("converters", "no converters of one's own"), NOTE("post.processors*", "no post processors"), NOTE("custom.*", "no counterpart"),
    NOTE("sourceinfo.struct.maker", "the source block is the connector's own"), NOTE("transaction.metadata.factory", "as by default"),
    DONE("schema.refresh.mode", "rows have the shape that came with them"), NOTE("streaming.delay.ms", "no counterpart"),
    { "legacy.snapshot.max.threads", DEFAULT, NULL, "false", "snapshot.workers" }, NOTE("guardrail.*", "no limit to the number of tables"),
    DONE("connection.validation.timeout.ms", "tailrace reconnects until limits.retry-limit-s"), DONE("executor.shutdown.timeout.ms", "not needed"),
    DONE("statistics.metrics.enabled", "no JMX"), DONE("memory.management.*", "not needed"), DONE("internal.*", "an inner matter of Debezium's"),
    DONE("connector.plugin.version", "no plugins"), DONE("key.converter.plugin.version", "no plugins"),
    DONE("value.converter.plugin.version", "no plugins"), DONE("header.converter.plugin.version", "no plugins"),
    DONE("tasks.max.enforce", "one feed is one process"), NOTE("config.action.reload", "secrets are read at the start"),
    OWN("key.converter*"), OWN("value.converter*"), OWN("header.converter*"), OWN("transforms*"), NOTE("predicates*", "no predicates"),
    { "topic.creation.enable", WORDS, "topics.create", "true=true|false=false", NULL },
    { "topic.creation.default.partitions", COPY, "topics.partitions", NULL, NULL },
    { "topic.creation.default.replication.factor", COPY, "topics.replication", NULL, NULL },
    OWN("topic.creation.default.*"), NOTE("topic.creation.*", "all topics are created alike"),
    OWN("producer.override.*"), NOTE("consumer.override.*", "kafka.* is for every client"), NOTE("admin.override.*", "kafka.* is for every client"),
    NOTE("schema.history.*", "not needed: the stream carries its schema"),
    DONE("offset*", "the position is in topics.position"), NOTE("openlineage.*", "no counterpart"),
    { NULL, NOTHING, NULL, NULL, "no counterpart known" },
};

static const struct property *row_of(const struct property *p, const char *name)
{
    for (; p->name; p++) {
        size_t n = strlen(p->name);
        if (p->name[n - 1] == '*' ? strncmp(p->name, name, n - 1) == 0 : strcmp(p->name, name) == 0)
            break;
    }
    return p;
}

const struct property *property_of(enum connector connector, const char *name)
{
    const struct property *own = row_of(connector == CONNECTOR_POSTGRESQL ? postgresql : binlog, name);
    return own->name ? own : row_of(common, name);
}
