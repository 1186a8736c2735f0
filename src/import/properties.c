/* What becomes of each property of a connector: rows that cmd/import.c reads. A row without a class
 * of its own refuses a value that does not fit it. */
#include <string.h>
#include "import/import.h"

#define SAYS(name, class, text) { name, SAY, NULL, NULL, text, class }
#define SAME_(name, text) SAYS(name, SAME, text)
#define DIFFERS(name, text) SAYS(name, DIFFERENT, text)
#define REFUSES(name, text) SAYS(name, REFUSED, text)
#define ONLY(name, values, class, text) { name, DEFAULT, NULL, values, text, class }
#define OWN(name) { name, ELSEWHERE, NULL, NULL, NULL, SAME }
#define TO(name, option) { name, COPY, option, NULL, NULL, SAME }
#define LISTS(name, option) { name, PATTERNS, option, NULL, NULL, SAME }
#define MAPS(name, option, words, text) { name, WORDS, option, words, text, REFUSED }

#define TIMES                                                                                      \
    "microseconds=microseconds|connect=connect|isostring=isostring|nanoseconds=nanoseconds"

static const struct property postgresql[] = {
    OWN("schema.include.list"),
    OWN("schema.exclude.list"),
    OWN("schema.whitelist"),
    OWN("schema.blacklist"),
    OWN("database.hostname"),
    OWN("database.port"),
    OWN("database.user"),
    OWN("database.password"),
    OWN("database.dbname"),
    OWN("database.sslmode"),
    OWN("database.sslcert"),
    OWN("database.sslkey"),
    OWN("database.sslrootcert"),
    OWN("database.sslpassword"),
    SAME_("database.tcpKeepAlive", "always"),
    DIFFERS("database.initial.statements",
            "libpq's options=-c name=value in source.conninfo sets parameters"),
    REFUSES(
        "database.sslfactory",
        "source.conninfo's sslmode and sslrootcert say how the server's certificate is checked"),
    OWN("database.server.name"),
    DIFFERS("database.*", "source.conninfo takes what libpq takes"),
    ONLY("plugin.name", "pgoutput", DIFFERENT,
         "pgoutput is the only plugin; make a new slot with `tailrace setup`"),
    TO("slot.name", "source.slot"),
    ONLY("slot.drop.on.stop", "false", DIFFERENT,
         "a slot is never dropped: it is what keeps changes from being lost"),
    ONLY("slot.failover", "false", DIFFERENT,
         "a slot on a standby is its own; the position is held against it at each start"),
    REFUSES("slot.stream.params", "what pgoutput is asked for is settled by source.binary and "
                                  "source.messages: changes that these left out are read"),
    SAME_("slot.max.retries", "tailrace reconnects until limits.retry-limit-s"),
    SAME_("slot.retry.delay.ms", "limits.retry-max-ms"),
    TO("publication.name", "source.publication"),
    SAME_("publication.autocreate.mode", "`tailrace setup` makes the publication, of what "
                                         "tables.include names, or of all tables that can be"),
    MAPS("publish.via.partition.root", "source.partition-root", "true=true|false=false", NULL),
    DIFFERS("replica.identity.autoset.values",
            "set REPLICA IDENTITY on the primary; `tailrace check` names the tables that lack one"),
    MAPS("hstore.handling.mode", "types.hstore", "json=json|map=map", NULL),
    MAPS("interval.handling.mode", "types.interval", "numeric=microseconds|string=string", NULL),
    MAPS("include.unknown.datatypes", "types.unknown", "false=skip-column",
         "columns of an unknown type are left out, where they were bytes; types.unknown: text "
         "writes their text"),
    ONLY("money.fraction.digits", "2", REFUSED, "money has two fraction digits"),
    TO("status.update.interval.ms", "source.status-interval-ms"),
    ONLY("xmin.fetch.interval.ms", "0", DIFFERENT, "source.xmin is always null"),
    ONLY("flush.lsn.source", "true", DIFFERENT,
         "the slot is told to forget what is durable in Kafka, and only that"),
    ONLY("lsn.flush.mode", "connector", DIFFERENT,
         "the slot is told to forget what is durable in Kafka, and only that"),
    SAME_("lsn.flush.timeout*", "not needed"),
    REFUSES("message.prefix.*", "logical messages are all passed on, or none (source.messages: "
                                "false): those that it left out go out"),
    MAPS("time.precision.mode", "types.time", TIMES "|adaptive=adaptive",
         "time(0) to time(3) are milliseconds (int) with types.time: adaptive, "
         "where they were microseconds (long); types.time: microseconds writes every time and "
         "timestamp so"),
    { 0 },
};

static const struct property binlog[] = {
    TO("database.hostname", "source.mysql.host"),
    TO("database.port", "source.mysql.port"),
    TO("database.user", "source.mysql.user"),
    OWN("database.password"),
    TO("database.server.id", "source.mysql.server-id"),
    SAME_("database.server.id.offset", "one reader, one source.mysql.server-id"),
    MAPS("database.ssl.mode", "source.mysql.tls",
         "disabled=disable|disable=disable|preferred=require|required=require|trust=require|"
         "verify_ca=verify-ca|verify-ca=verify-ca|verify_identity=verify-full|verify-full=verify-"
         "full",
         "source.mysql.tls has no such way"),
    DIFFERS("database.ssl.*", "source.mysql.tls-ca, tls-cert and tls-key take PEM files"),
    OWN("database.include.list"),
    OWN("database.exclude.list"),
    OWN("database.whitelist"),
    OWN("database.blacklist"),
    SAME_("database.protocol", "its own"),
    SAME_("database.jdbc.driver", "no JDBC"),
    SAME_("driver.*", "no JDBC"),
    DIFFERS("database.initial.statements",
            "the session's settings are those that the source needs"),
    SAME_("database.query.timeout.ms", "tables are read in small chunks"),
    OWN("database.server.name"),
    DIFFERS("database.*", "source.mysql.* says how the server is reached"),
    SAME_("connect.timeout.ms", "tailrace reconnects until limits.retry-limit-s"),
    SAME_("connect.keep.alive*", "source.mysql.heartbeat-ms"),
    MAPS("time.precision.mode", "types.time", TIMES "|adaptive_time_microseconds=adaptive",
         "types.time has no such form"),
    MAPS("include.query", "source.mysql.query", "true=true|false=false", NULL),
    MAPS("include.schema.changes", "format.schema-changes", "true=auto|false=never", NULL),
    MAPS("bigint.unsigned.handling.mode", "types.bigint-unsigned", "long=long|precise=precise",
         NULL),
    SAME_("gtid.source.filter.dml.events", "every transaction is read"),
    REFUSES("gtid.*", "the whole GTID set is followed: changes go out whatever server their "
                      "transaction began on"),
    SAME_("schema.history.*", "not needed: definitions come with the binlog (binlog_row_metadata = "
                              "FULL) and are kept with the position"),
    SAME_("database.history.*", "not needed: definitions come with the binlog (binlog_row_metadata "
                                "= FULL) and are kept with the position"),
    ONLY("inconsistent.schema.handling.mode", "fail", DIFFERENT,
         "source.mysql.schema-doubt: stop or catalog"),
    ONLY("event.deserialization.failure.handling.mode", "fail", DIFFERENT,
         "an event that cannot be read stops the feed: none is skipped"),
    DIFFERS("enable.time.adjuster", "a year is written as the server stores it"),
    SAME_("binlog.buffer.size", "only committed changes are in the binlog"),
    SAME_("binlog.net.*", "source.mysql.heartbeat-ms"),
    ONLY("source.struct.version", "v2", REFUSED, "the source block is that of v2"),
    SAME_("min.row.count.to.stream.results", "rows are read as they come"),
    SAME_("ddl.parser.type", "a parser of its own"),
    SAME_("use.nongraceful.disconnect", "not needed"),
    { 0 },
};

static const struct property common[] = {
    OWN("connector.class"),
    OWN("name"),
    OWN("topic.prefix"),
    OWN("database.server.name"),
    SAME_("tasks.max", "one feed is one process"),
    OWN("table.include.list"),
    OWN("table.exclude.list"),
    OWN("table.whitelist"),
    OWN("table.blacklist"),
    LISTS("column.include.list", "columns.include"),
    LISTS("column.exclude.list", "columns.exclude"),
    LISTS("column.whitelist", "columns.include"),
    LISTS("column.blacklist", "columns.exclude"),
    OWN("column.mask.*"),
    OWN("column.truncate.*"),
    OWN("message.key.columns"),
    DIFFERS("column.propagate.source.type", "no types of the database in the schemas"),
    DIFFERS("datatype.propagate.source.type", "no types of the database in the schemas"),
    DIFFERS("include.schema.comments", "no comments in schemas"),
    ONLY("table.ignore.builtin", "true", DIFFERENT, "the server's own tables are never read"),
    TO("skipped.operations", "format.skipped-operations"),
    ONLY("skip.messages.without.change", "false", DIFFERENT,
         "an UPDATE that changes none of the columns that are written makes a record, too"),
    MAPS("snapshot.mode", "snapshot.mode",
         "initial=initial|exported=initial|always=always|when_needed=when-needed|initial_only=only|"
         "never=never|no_data=never|"
         "schema_only=never",
         "snapshot.mode has no such way"),
    REFUSES("snapshot.select.statement.overrides*",
            "the first read takes every row; snapshot.select takes the condition: "
            "{ SCHEMA.TABLE: \"CONDITION\" }"),
    TO("snapshot.max.threads", "snapshot.workers"),
    DIFFERS("snapshot.include.collection.list",
            "the snapshot reads every table that the stream reads"),
    SAME_("snapshot.locking.mode", "the snapshot takes no lock"),
    SAME_("snapshot.lock.timeout.ms", "the snapshot takes no lock"),
    SAME_("snapshot.fetch.size", "rows are read as they come"),
    SAME_("snapshot.isolation.mode", "tables are read in chunks, beside the stream"),
    ONLY("snapshot.query.mode", "select_all", REFUSED, "the snapshot reads the tables themselves"),
    DIFFERS("snapshot.*", "no counterpart"),
    MAPS("decimal.handling.mode", "types.decimal", "precise=precise|string=string|double=double",
         NULL),
    MAPS("binary.handling.mode", "types.binary",
         "bytes=bytes|hex=hex|base64=base64|base64-url-safe=base64-url-safe", NULL),
    MAPS("tombstones.on.delete", "format.tombstones", "true=true|false=false", NULL),
    OWN("unavailable.value.placeholder"),
    MAPS("extended.headers.enabled", "format.headers", "true=true|false=false", NULL),
    MAPS("provide.transaction.metadata", "format.transactions", "true=true|false=false", NULL),
    ONLY("topic.transaction", "transaction", REFUSED,
         "the topic is PREFIX.transaction; topics.route can rename it"),
    TO("heartbeat.interval.ms", "format.heartbeat-ms"),
    SAME_("heartbeat.action.query",
          "not needed: an idle slot advances without a write to the source"),
    ONLY("topic.heartbeat.prefix", "__debezium-heartbeat", DIFFERENT,
         "topics.route can rename the topic"),
    ONLY("heartbeat.topics.prefix", "__debezium-heartbeat", DIFFERENT,
         "topics.route can rename the topic"),
    ONLY("topic.delimiter", ".", REFUSED,
         "topics' names are joined by dots; topics.route can rename topics"),
    ONLY("topic.naming.strategy", "io.debezium.schema.SchemaTopicNamingStrategy", REFUSED,
         "topics are PREFIX.SCHEMA.TABLE; topics.route can rename them"),
    SAME_("topic.cache.size", "not needed"),
    OWN("schema.name.adjustment.mode"),
    OWN("field.name.adjustment.mode"),
    SAME_("exactly.once.support", "sink.delivery is exactly-once by default"),
    SAME_("transaction.boundary*", "limits.*"),
    ONLY("event.processing.failure.handling.mode", "fail", DIFFERENT,
         "a row that cannot be read stops the feed: none is skipped"),
    ONLY("event.converting.failure.handling.mode", "fail", DIFFERENT,
         "a row that cannot be read stops the feed: none is skipped"),
    ONLY("errors.tolerance", "none", DIFFERENT,
         "sink.on-error: dead-letter keeps what Kafka refuses"),
    DIFFERS("errors.*", "limits.retry-* and sink.on-error say what happens after an error"),
    SAME_("max.batch.size", "limits.batch-rows"),
    SAME_("max.queue.size", "limits.batches"),
    SAME_("max.queue.size.in.bytes", "limits.batch-bytes"),
    SAME_("poll.interval.ms", "changes are sent as they come"),
    SAME_("query.fetch.size", "not needed"),
    SAME_("retriable.restart.connector.wait.ms", "limits.retry-max-ms"),
    DIFFERS("signal.*", "no signals: `tailrace backfill` reads tables on demand"),
    SAME_("incremental.snapshot.*", "see `tailrace backfill` and snapshot.chunk-*"),
    DIFFERS("notification.*", "progress is logged"),
    SAME_("read.only", "the source is never written to"),
    REFUSES("converters", "no converters of one's own: these columns are written by their type"),
    REFUSES("post.processors*", "no post processors: values go out as they were read"),
    DIFFERS("custom.*", "no counterpart"),
    ONLY("sourceinfo.struct.maker",
         "io.debezium.connector.postgresql.PostgresSourceInfoStructMaker|io.debezium.connector."
         "mysql.MySqlSourceInfoStructMaker|"
         "io.debezium.connector.mariadb.MariaDbSourceInfoStructMaker",
         REFUSED, "the source block is the connector's own"),
    ONLY("transaction.metadata.factory",
         "io.debezium.pipeline.txmetadata.DefaultTransactionMetadataFactory", REFUSED,
         "as by default"),
    SAME_("schema.refresh.mode", "rows have the shape that came with them"),
    DIFFERS("streaming.delay.ms", "no counterpart"),
    ONLY("legacy.snapshot.max.threads", "false", DIFFERENT, "snapshot.workers"),
    DIFFERS("guardrail.*", "no limit to the number of tables"),
    SAME_("connection.validation.timeout.ms", "tailrace reconnects until limits.retry-limit-s"),
    SAME_("executor.shutdown.timeout.ms", "not needed"),
    SAME_("statistics.metrics.enabled", "no JMX"),
    SAME_("memory.management.*", "not needed"),
    SAME_("internal.*", "an inner matter of Debezium's"),
    SAME_("connector.plugin.version", "no plugins"),
    SAME_("key.converter.plugin.version", "no plugins"),
    SAME_("value.converter.plugin.version", "no plugins"),
    SAME_("header.converter.plugin.version", "no plugins"),
    SAME_("tasks.max.enforce", "one feed is one process"),
    DIFFERS("config.action.reload", "secrets are read at the start"),
    OWN("key.converter*"),
    OWN("value.converter*"),
    OWN("header.converter*"),
    OWN("transforms*"),
    DIFFERS("predicates*", "no predicates: the transforms that name them say what holds"),
    MAPS("topic.creation.enable", "topics.create", "true=true|false=false", NULL),
    TO("topic.creation.default.partitions", "topics.partitions"),
    TO("topic.creation.default.replication.factor", "topics.replication"),
    OWN("topic.creation.default.*"),
    DIFFERS("topic.creation.*", "all topics are created alike"),
    OWN("producer.override.*"),
    DIFFERS("consumer.override.*", "kafka.* is for every client"),
    DIFFERS("admin.override.*", "kafka.* is for every client"),
    DIFFERS("schema.history.*", "not needed: the stream carries its schema"),
    SAME_("offset*", "the position is in topics.position"),
    DIFFERS("openlineage.*", "no counterpart"),
    REFUSES(NULL, "not known here: what it did is not done"),
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
    const struct property *own =
        row_of(connector == CONNECTOR_POSTGRESQL ? postgresql : binlog, name);
    return own->name ? own : row_of(common, name);
}
