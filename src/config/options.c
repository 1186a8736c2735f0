#include <limits.h>
#include <stddef.h>
#include "config/config.h"

#define AT(field) offsetof(struct config, field)
#define TEXT(k, f, d, ...) { .key = k, .type = OPT_STRING, .at = AT(f), .fallback = d, __VA_ARGS__ }
#define INT(k, f, d, lo, hi, ...) { .key = k, .type = OPT_INT, .at = AT(f), .fallback = d, .min = lo, .max = hi, .help = __VA_ARGS__ }
#define BOOL(k, f, d, ...) { .key = k, .type = OPT_BOOL, .at = AT(f), .fallback = d, .help = __VA_ARGS__ }
#define LIST(k, f, e, ...) { .key = k, .type = OPT_LIST, .at = AT(f), .example = e, .help = __VA_ARGS__ }
#define MAP(k, f, e, ...) { .key = k, .type = OPT_MAP, .at = AT(f), .example = e, .help = __VA_ARGS__ }
#define CHOICE(k, f, d, c, ...) { .key = k, .type = OPT_CHOICE, .at = AT(f), .fallback = d, .choices = c, .help = __VA_ARGS__ }

const struct option options[] = {
    TEXT("name", name, NULL, .required = true, .example = "shop",
         .help = "Name of this feed. Its position is stored under it, and its Kafka transactional.id is tailrace-NAME: "
                 "two feeds must never share one. Beside `sources` or a conf.d: the process's name."),

    { .key = "sources", .type = OPT_FEEDS, .scope = SCOPE_PROCESS, .example = "[{ name: a, source.slot: a }, { name: b, source.slot: b }]",
      .help = "Many feeds in one process: a list, each with options of its own. What stands beside the list holds for each "
              "of them, but for `name`, which is the process's own then. The files of a folder's conf.d are such entries, "
              "too (docs/many.md)." },
    TEXT("cluster", cluster, NULL, .example = "fra1",
         .help = "Of an entry of `sources`: the name of its cluster of servers, for {cluster} in names."),
    LIST("databases", databases, "[\"*\", \"!template.*\"]",
         "Of an entry of `sources`, PostgreSQL: a feed for each database of its server that fits. Regular expressions over "
         "the database's name (Perl's, the whole name, any case), or * for all; those behind ! are left out. {database} in "
         "name, topics.prefix, source.slot and source.publication is the database's name; source.slot is "
         "tailrace_{database} by default."),
    MAP("variables", variables, "{ region: eu }",
        "Of an entry of `sources`: more names in braces, and what they stand for."),

    CHOICE("source.kind", enc.connector, "postgresql", "postgresql|mysql|mariadb", "Kind of database."),
    TEXT("source.conninfo", pg.conninfo, NULL, .example = "host=standby.example port=5432 dbname=shop user=tailrace sslmode=verify-full sslrootcert=/etc/tailrace/postgresql-ca.pem",
         .help = "PostgreSQL: where changes are read; anything libpq takes (keywords or URI, service, passfile, several hosts, "
                 "target_session_attrs, TLS). Meant for a standby. sslmode=verify-full makes sure who the server is: "
                 "sslrootcert=FILE is the CA that signed its certificate, from whoever set TLS up there or the "
                 "provider's page; sslrootcert=system for a public CA."),
    TEXT("source.setup-conninfo", pg.setup_conninfo, NULL, .example = "host=primary.example dbname=shop user=postgres sslmode=verify-full sslrootcert=/etc/tailrace/postgresql-ca.pem",
         .help = "The primary, used by `tailrace setup` and while a slot is created on a standby: to create the publication "
                 "and to ask for a record of running transactions."),
    CHOICE("source.primary", primary, "forbid", "forbid|allow",
           "Whether a primary may be read. forbid: decoding load stays off the operational database."),
    TEXT("source.slot", pg.slot, "tailrace", .help = "Logical replication slot, on the server we read from."),
    TEXT("source.publication", pg.publication, "tailrace", .help = "Publication that says which tables are read."),
    LIST("source.tables", pg.tables, "[public.orders, public.customers]",
         "Tables that `tailrace setup` publishes. Empty: those that tables.include takes."),
    BOOL("source.binary", pg.binary, "true", "Ask for values in binary form: less work for both sides."),
    BOOL("source.messages", pg.messages, "true", "Pass logical messages (pg_logical_emit_message) on, to PREFIX.message."),
    BOOL("source.partition-root", pg.partition_root, "false",
         "`tailrace setup` publishes partitioned tables under their root's name."),
    INT("source.status-interval-ms", pg.status_interval_ms, "2000", 10, 600000,
        "Feedback is sent to the server at least this often."),
    INT("source.receive-timeout-ms", pg.receive_timeout_ms, "60000", 0, 86400000,
        "When nothing was heard of the server for half of this, it is asked for an answer; when none came in all of it, the "
        "connection is given up and made anew. The server's own side of it is wal_sender_timeout. MySQL, MariaDB: the "
        "same for a statement that was not answered in all of it, unless it reads a table's rows; the binlog has "
        "source.mysql.heartbeat-ms. 0: never."),
    INT("source.read-nap-us", pg.read_nap_us, "1000", 0, 100000,
        "Under load, wait up to so long before each read of the socket, so that server and kernel work in larger pieces; the "
        "wait adapts to the load. 0: never."),
    INT("source.setup-timeout-s", pg.setup_timeout_s, "60", 1, 86400, "Slot creation gives up after so long."),

    TEXT("source.mysql.host", mysql.host, NULL, .example = "replica.example", .help = "MySQL, MariaDB: where the binlog is read. Meant for a replica."),
    INT("source.mysql.port", mysql.port, "3306", 1, 65535, "Its port."),
    TEXT("source.mysql.socket", mysql.socket, NULL, .example = "/run/mysqld/mysqld.sock", .help = "A local server's socket, in place of host and port."),
    TEXT("source.mysql.user", mysql.user, NULL, .example = "tailrace", .help = "Account; `tailrace setup` prints the statements that make it."),
    TEXT("source.mysql.password", mysql.password, NULL, .example = "${file:/etc/tailrace/mysql.password}", .help = "Its password."),
    CHOICE("source.mysql.tls", mysql.tls, "require", "disable|require|verify-ca|verify-full",
           "require: encrypted, or no connection. verify-ca, verify-full: and the server's certificate is checked (libmariadb checks its name too)."),
    TEXT("source.mysql.tls-ca", mysql.tls_ca, NULL, .example = "/etc/tailrace/mysql-ca.pem", .help = "CA to trust."),
    TEXT("source.mysql.tls-cert", mysql.tls_cert, NULL, .example = "/etc/tailrace/client.pem", .help = "Client certificate."),
    TEXT("source.mysql.tls-key", mysql.tls_key, NULL, .example = "/etc/tailrace/client.key", .help = "Client key."),
    TEXT("source.mysql.server-public-key", mysql.server_public_key, NULL, .example = "/etc/tailrace/mysql-public.pem",
         .help = "The server's RSA key (its public_key.pem), for caching_sha2_password and sha256_password with tls: disable: a key that the server "
                 "sends itself is not taken."),
    { .key = "source.mysql.max-packet-bytes", .type = OPT_INT64, .at = AT(mysql.max_packet), .fallback = "1073741824", .min = 65536, .max = 1073741824,
      .help = "The largest row or event that is taken from the server; memory grows to it." },
    { .key = "source.mysql.server-id", .type = OPT_INT64, .at = AT(mysql.server_id), .fallback = "0", .min = 0, .max = 4294967295,
      .help = "Our id as a reader of the binlog, which no other reader or server may have. 0: made from the feed's name." },
    TEXT("source.mysql.start", mysql.start, NULL, .example = "binlog.000042:1234",
         .help = "Where the feed begins when no position is stored: what was read already as a GTID set (MySQL: uuid:1-5, MariaDB: 0-101-42), or "
                 "FILE:POSITION, which MySQL takes without GTIDs only. Not set: now. With snapshot.mode: never the feed goes on where another reader stopped."),
    LIST("source.mysql.deleted-domains", mysql.deleted_domains, "[8]",
         "MariaDB: domains that FLUSH BINARY LOGS DELETE_DOMAIN_ID took out of the server's log when all of them had been read. The stored position "
         "forgets each that the server has nothing of."),
    BOOL("source.mysql.query", mysql.query, "false",
         "The statement's text in source.query, where the server logs it (binlog_rows_query_log_events, binlog_annotate_row_events)."),
    INT("source.mysql.heartbeat-ms", mysql.heartbeat_ms, "10000", 100, 4000000, "An idle server says that it lives this often. One that says nothing for four times as long, and 10 s at least, is "
        "given up."),
    CHOICE("source.mysql.schema-doubt", mysql.doubt, "stop", "stop|catalog",
           "When binlog_row_metadata is not FULL and a table's rows do not fit the definition that is known. stop: say what does not fit. "
           "catalog: take the table as it is now, if the rows fit that."),

    CHOICE("snapshot.mode", flow.backfill.mode, "initial", "initial|never|always|when-needed|only",
           "initial: read the published tables once, beside the stream. never: only stream, from the slot's start. always: at every "
           "start. when-needed: also when the slot or what it should hold is lost (the slot is made anew; rows deleted meanwhile stay in the topics). only: read them, then stop."),
    MAP("snapshot.select", flow.backfill.select, "{ public.orders: \"made > '2026-01-01'\" }",
        "SCHEMA.TABLE and an SQL condition: of this table, the first read takes these rows only."),
    INT("snapshot.workers", flow.backfill.workers, "2", 1, 64, "Connections that read tables."),
    INT("snapshot.chunk-ms", flow.backfill.chunk_ms, "200", 1, 60000,
        "A chunk is made as large as is read in so long: no snapshot is held longer."),
    INT("snapshot.chunk-rows", flow.backfill.chunk_rows, "0", 0, 1000000000, "But not more than so many rows. 0: as many as that is."),
    INT("snapshot.chunk-bytes", flow.backfill.chunk_bytes, "16777216", 65536, 1073741824, "But no larger than this."),
    INT("snapshot.rows-per-s", flow.backfill.rows_per_s, "0", 0, 1000000000, "Hand out no more rows of tables. 0: no limit."),
    { .key = "snapshot.bytes-per-s", .type = OPT_INT64, .at = AT(flow.backfill.bytes_per_s), .fallback = "0", .min = 0,
      .max = LLONG_MAX, .help = "Hand out no more bytes of tables. 0: no limit." },
    INT("snapshot.max-lag-ms", flow.backfill.max_lag_ms, "60000", 0, 86400000,
        "Read nothing while the replica is further behind its primary. 0: no limit."),

    CHOICE("format.envelope", enc.envelope, "debezium", "debezium|flat",
           "debezium: before, after, source, op. flat: the row, and behind it the flat fields."),
    TEXT("format.flat-fields", flat_fields, NULL, .example = FLAT_FIELDS_POSTGRESQL,
         .help = "What the flat envelope adds, each as __NAME: op, ts_ms, ts_us, ts_ns, seq (of the change in its transaction), and of the "
                 "source block version, connector, name, db, table, ts_ms, ts_us, ts_ns, sequence, snapshot, of PostgreSQL schema, lsn, txId, "
                 "xmin, of MySQL and MariaDB server_id, gtid, file, pos, row, thread, query; source.FIELD is __source_FIELD, FIELD:NAME is "
                 "__NAME. Default: " FLAT_FIELDS_POSTGRESQL " (MySQL and MariaDB: " FLAT_FIELDS_BINLOG ")."),
    CHOICE("format.flat-deletes", enc.flat_deletes, "rewrite", "rewrite|tombstone|drop",
           "A delete in the flat envelope. rewrite: the old row, with __deleted \"true\", and the tombstone if format.tombstones. "
           "tombstone: only that. drop: nothing."),
    CHOICE("format.types", enc.types, "connect", "connect|avro",
           "connect: Kafka Connect's names and properties. avro: plain Avro logical types."),
    BOOL("format.headers", flow.headers, "true", "Add the __debezium.context.* headers."),
    BOOL("format.tombstones", flow.tombstones, "true", "After a delete, a record with the same key and no value."),
    TEXT("format.skipped-operations", flow.skipped, "t",
         .help = "Operations that make no records: letters of c (insert), u (update), d (delete), t (truncate); or none."),
    BOOL("format.transactions", flow.transactions, "false",
         "BEGIN and END of every transaction to PREFIX.transaction, and each record's place in its transaction."),
    INT("format.heartbeat-ms", flow.heartbeat_ms, "0", 0, 86400000,
        "A record to __debezium-heartbeat.PREFIX this often. 0: never; no heartbeat is needed for the slot to advance."),
    CHOICE("format.schema-changes", flow.schema_changes, "auto", "auto|always|never",
           "A record for each change of a table's shape, to PREFIX.schema-changes (MySQL, MariaDB: PREFIX). auto: where Debezium's connector "
           "writes them, that is not of PostgreSQL, whose stream says a table's shape before its first row in each run."),
    CHOICE("format.names", enc.names, "avro", "avro|avro-unicode",
           "Characters that an Avro name cannot hold. avro: an underscore. avro-unicode: _uXXXX, and so for the underscore itself."),
    TEXT("format.placeholder", enc.placeholder, "__debezium_unavailable_value",
         .help = "Stands for an unchanged TOAST value that the server did not send."),

    LIST("tables.include", tables_include, "[\"public\\\\..*\"]",
         "Regular expressions over SCHEMA.TABLE, or DATABASE.TABLE (Perl's, the whole name, any case): of the published tables, read these. What is added "
         "here later is streamed from then on; its older rows are not read."),
    LIST("tables.exclude", tables_exclude, "[\"public\\\\.log_.*\"]", "Leave these tables out."),
    LIST("columns.include", choose.include, "[\"public\\\\.orders\\\\..*\"]",
         "Regular expressions over SCHEMA.TABLE.COLUMN: write these columns only. A key keeps its columns."),
    LIST("columns.exclude", choose.exclude, "[\".*\\\\.password\"]", "Leave these columns out. A key keeps its columns."),
    MAP("columns.mask", choose.mask, "{ \".*\\\\.card\": 8 }", "Characters become so many asterisks, NULL too. A key is not masked."),
    MAP("columns.truncate", choose.truncate, "{ \".*\\\\.note\": 200 }", "Strings are cut to so many characters."),
    MAP("columns.hash", choose.hash, "{ \".*\\\\.email\": \"SHA-256:${SALT}\" }",
        "ALGORITHM:SALT. Characters become the digest of salt and text, in hex; not in a key. v1:ALGORITHM:SALT is Debezium's first form."),
    MAP("columns.key", choose.key, "{ \"public\\\\.log\": \"host, at\" }",
        "Regular expressions over SCHEMA.TABLE: the record's key is made of these columns. They must be in the replica identity. \"\": no key."),

    CHOICE("types.decimal", enc.decimal, "precise", "precise|string|double",
           "numeric and money. precise: Avro decimals. string: digits. double: floating point, which rounds."),
    CHOICE("types.time", enc.time, "adaptive", "adaptive|microseconds|connect|isostring|nanoseconds",
           "date, time and timestamp. adaptive: milliseconds up to precision 3, else microseconds. microseconds: always. connect: "
           "Kafka Connect's own types, in milliseconds. isostring: ISO 8601 text. nanoseconds: from 1677 to 2262."),
    CHOICE("types.binary", enc.binary, "bytes", "bytes|hex|base64|base64-url-safe", "bytea: bytes, or one of these texts."),
    CHOICE("types.interval", enc.interval, "microseconds", "microseconds|string",
           "interval. microseconds: a month counts 30.4375 days. string: ISO 8601, every part kept."),
    CHOICE("types.hstore", enc.hstore, "json", "json|map", "hstore. json: text. map: an Avro map."),
    CHOICE("types.bigint-unsigned", enc.bigint_unsigned, "long", "long|precise",
           "MySQL's BIGINT UNSIGNED. long: above 9223372036854775807 it becomes negative. precise: an Avro decimal."),
    CHOICE("types.unknown", enc.unknown, "fail", "fail|text|skip-column",
           "A column type without an Avro form: stop, write its text (needs source.binary: false), or leave the column out."),

    BOOL("compat.null-as-default", enc.null_as_default, "false",
         "As Debezium's converters do by default: a NULL in a column with a default is written as the default."),

    TEXT("registry.url", registry.url, NULL, .example = "http://registry.example:8081",
         .help = "Schema registry (Confluent's REST API). Needed for sink.kind: kafka.",
         .scope = SCOPE_PROCESS),
    BOOL("registry.auto-register", registry.auto_register, "true", "Register new schemas. false: only look them up.",
         .scope = SCOPE_PROCESS),
    TEXT("registry.user", registry.user, NULL, .example = "tailrace", .help = "Basic authentication.",
         .scope = SCOPE_PROCESS),
    TEXT("registry.password", registry.password, NULL, .example = "${file:/etc/tailrace/registry.password}",
         .help = "Basic authentication.", .scope = SCOPE_PROCESS),
    TEXT("registry.ca-file", registry.ca_file, NULL, .example = "/etc/tailrace/ca.pem", .help = "CA to trust for https.",
         .scope = SCOPE_PROCESS),
    TEXT("registry.cert-file", registry.cert_file, NULL, .example = "/etc/tailrace/client.pem", .help = "Client certificate.",
         .scope = SCOPE_PROCESS),
    TEXT("registry.key-file", registry.key_file, NULL, .example = "/etc/tailrace/client.key", .help = "Client key.",
         .scope = SCOPE_PROCESS),
    INT("registry.timeout-ms", registry.timeout_ms, "5000", 1, 600000, "One request may take so long.",
         .scope = SCOPE_PROCESS),
    INT("registry.retries", registry.retries, "2", 0, 100, "Attempts after a failed request.",
         .scope = SCOPE_PROCESS),

    CHOICE("sink.kind", sink_kind, "kafka", "kafka|avro-file|stdout|null",
           "kafka: topics. avro-file: object container files. stdout: JSON lines, position not kept. null: count and discard.",
         .scope = SCOPE_PROCESS),
    CHOICE("sink.delivery", delivery, "exactly-once", "at-least-once|exactly-once",
           "kafka: exactly-once puts records and position into one transaction. avro-file is always exactly-once.",
         .scope = SCOPE_PROCESS),
    CHOICE("sink.on-error", on_error, "stop", "stop|dead-letter",
           "A record that Kafka refuses: stop the feed, or send it to the dead-letter topic with the reason in its headers "
           "(with exactly-once: only what the client itself refuses, as a broker's refusal aborts the transaction).",
         .scope = SCOPE_PROCESS),
    CHOICE("sink.on-schema-change", flow.on_schema_change, "continue", "continue|pause-table|stop",
           "A table's new schema that does not follow the registered one (at the subject's compatibility, or BACKWARD where that is NONE; a value "
           "that readers would take for another counts). continue: only the registry's refusal stops the feed. stop: the feed stops before "
           "the first such record. pause-table: that table's changes are not written until its schema fits again, with a warning; the "
           "others go on. Backfill it then."),
    TEXT("sink.dead-letter-topic", kafka.dead_letter_topic, NULL, .example = "shop.dead-letters",
         .help = "Where refused records go. Default: PREFIX.dead-letters.", .scope = SCOPE_PROCESS),
    TEXT("sink.directory", file.directory, NULL, .example = "/var/lib/tailrace/shop", 
         .help = "avro-file: where to write. Feeds of different names may share it; one process writes "
                 "a feed's files (docs/avro-file.md).", .scope = SCOPE_PROCESS),
    { .key = "sink.rotate-bytes", .type = OPT_INT64, .at = AT(file.rotate_bytes), .fallback = "134217728", .min = 4096,
      .max = LLONG_MAX, .help = "avro-file: complete a file at this size.",
      .scope = SCOPE_PROCESS },
    CHOICE("sink.records", file.messages, "values", "values|messages",
           "avro-file: what a file's records are. values: values, as Kafka would hold them. messages: { key, value, headers }, tombstones "
           "too; the key is its Avro bytes, whose schema is in the file's metadata as key.schema.",
         .scope = SCOPE_PROCESS),
    INT("sink.rotate-s", file.rotate_s, "3600", 1, 31536000, "avro-file: complete a file at this age.",
         .scope = SCOPE_PROCESS),
    BOOL("sink.compress", file.deflate, "false", "avro-file: deflate the blocks.",
         .scope = SCOPE_PROCESS),

    { .key = "kafka", .type = OPT_MAP, .at = AT(kafka.props), .example = "{ bootstrap.servers: \"kafka.example:9092\" }",
      .help = "Any property of librdkafka, passed through. Records are not compressed, as Kafka Connect's are not: some clients "
              "read gzip only. Where all read it, compression.type: zstd saves most of the space.",
      .scope = SCOPE_PROCESS },

    TEXT("topics.prefix", enc.prefix, NULL, .example = "shop",
         .help = "Topics are PREFIX.SCHEMA.TABLE. Default: the feed's name."),
    BOOL("topics.create", kafka.topics.create, "true", "Create topics that are missing."),
    INT("topics.partitions", kafka.topics.partitions, "1", 1, 10000, "Partitions of topics we create."),
    INT("topics.replication", kafka.topics.replication, "-1", -1, 100, "Replicas of topics we create. -1: the broker's default."),
    MAP("topics.config", kafka.topics.config, "{ cleanup.policy: compact }", "Configuration of topics we create."),
    MAP("topics.route", choose.route, "{ \"(.*)_[0-9]+\": \"$1\" }",
        "Regular expressions over a topic's whole name, and the name to write to instead; $1 is the first group."),
    TEXT("topics.position", kafka.position_topic, "tailrace.positions",
         .help = "Compacted topic that holds the position of every feed.", .scope = SCOPE_PROCESS),

    INT("limits.batch-rows", flow.batch_rows, "10000", 1, 10000000, "Close a batch at so many records.",
         .scope = SCOPE_PROCESS),
    INT("limits.batch-bytes", flow.batch_bytes, "4194304", 1024, 1073741824, "Close a batch at so many bytes.",
         .scope = SCOPE_PROCESS),
    INT("limits.batch-ms", flow.batch_ms, "200", 1, 60000, "Close a batch when its first record is so old.",
         .scope = SCOPE_PROCESS),
    INT("limits.batches", flow.batches, "4", 1, 10000, "Read no further while so many batches are not acknowledged.",
         .scope = SCOPE_PROCESS),
    { .key = "limits.memory", .type = OPT_INT64, .at = AT(memory.most), .fallback = "268435456", .min = 1048576, .max = 1099511627776,
      .help = "Bytes that all feeds of the process may hold in batches that are not acknowledged. When they are used up, feeds that hold "
              "their share or more read no further.", .scope = SCOPE_PROCESS },
    INT("limits.commit-ms", flow.commit_ms, "1000", 1, 600000, "Store the position at most this often (at-least-once).",
         .scope = SCOPE_PROCESS),
    INT("limits.lanes", lanes, "0", 0, 1024,
        "Many feeds: so many threads that each own a Kafka producer, which the feeds share. 0: as many as there are processors.",
        .scope = SCOPE_PROCESS),
    INT("limits.stop-timeout-ms", flow.stop_timeout_ms, "10000", 0, 3600000,
        "SIGTERM and SIGINT: deliver what was read for so long, then stop.", .scope = SCOPE_PROCESS),
    INT("limits.retry-max-ms", flow.retry_max_ms, "30000", 10, 3600000, "Longest pause between attempts to reconnect.",
         .scope = SCOPE_PROCESS),
    INT("limits.retry-limit-s", flow.retry_limit_s, "0", 0, 31536000, "Give up after failing for so long. 0: never.",
         .scope = SCOPE_PROCESS),

    TEXT("control.socket", control_socket, NULL, .example = "/run/tailrace/shop.sock",
         .help = "Unix socket on which `tailrace run` takes orders (tailrace backfill), for its own user and root only; with .process behind it, the "
                 "one for orders to the process (tailrace status, tailrace ctl). "
                 "Default: /run/tailrace/NAME.sock for root and wherever that directory exists (systemd: "
                 "RuntimeDirectory=tailrace), else /run/user/UID/tailrace/NAME.sock.",
         .scope = SCOPE_PROCESS),
    TEXT("http.listen", http_listen, NULL, .example = "127.0.0.1:9187",
         .help = "HOST:PORT, or the path of a Unix socket, at which `tailrace run` answers over HTTP: a status page, /metrics for Prometheus, "
                 "/status as JSON, /healthz, /readyz (docs/metrics.md). There is no password: whoever may connect sees the names of feeds "
                 "and tables.",
         .scope = SCOPE_PROCESS),
    TEXT("http.token", http_token, NULL, .example = "${file:/etc/tailrace/http.token}",
         .help = "Who shows this may give orders over HTTP (docs/control.md), as `Authorization: "
                 "Bearer TOKEN`; without it orders answer 403. 16 characters at least. Where "
                 "http.listen is not on this machine alone, http.tls-cert is needed.",
         .scope = SCOPE_PROCESS),
    TEXT("http.tls-cert", http_tls_cert, NULL, .example = "/etc/tailrace/http.crt",
         .help = "PEM file with the certificate, and those that signed it: http.listen speaks "
                 "HTTPS, and only that.",
         .scope = SCOPE_PROCESS),
    TEXT("http.tls-key", http_tls_key, NULL, .example = "/etc/tailrace/http.key",
         .help = "PEM file with its key.",
         .scope = SCOPE_PROCESS),
    CHOICE("log.level", log_level, "info", "debug|info|warn|error", "Least level that is logged, on standard error.",
         .scope = SCOPE_PROCESS),
    CHOICE("log.format", log_format, "text", "text|logfmt|json",
           "One line an event. text: time, level, message, key=value. logfmt: time=, level=, "
           "feed=, message=, and the rest. json: an object with these members.",
           .scope = SCOPE_PROCESS),
    { .key = NULL }
};
