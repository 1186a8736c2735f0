/* The option table: reads options into struct config; --help, man page, example and JSON Schema
 * come from it too. */
#include <limits.h>
#include <stddef.h>
#include "config/config.h"

#define AT(field) offsetof(struct config, field)
#define TEXT(k, f, d, ...) { .key = k, .type = OPT_STRING, .at = AT(f), .fallback = d, __VA_ARGS__ }
#define INT(k, f, d, lo, hi, ...)                                                                  \
    {                                                                                              \
        .key = k, .type = OPT_INT, .at = AT(f), .fallback = d, .min = lo, .max = hi,               \
        .help = __VA_ARGS__                                                                        \
    }
#define BOOL(k, f, d, ...)                                                                         \
    {                                                                                              \
        .key = k, .type = OPT_BOOL, .at = AT(f), .fallback = d, .help = __VA_ARGS__                \
    }
#define LIST(k, f, e, ...)                                                                         \
    {                                                                                              \
        .key = k, .type = OPT_LIST, .at = AT(f), .example = e, .help = __VA_ARGS__                 \
    }
#define MAP(k, f, e, ...)                                                                          \
    {                                                                                              \
        .key = k, .type = OPT_MAP, .at = AT(f), .example = e, .help = __VA_ARGS__                  \
    }
#define CHOICE(k, f, d, c, ...)                                                                    \
    {                                                                                              \
        .key = k, .type = OPT_CHOICE, .at = AT(f), .fallback = d, .choices = c,                    \
        .help = __VA_ARGS__                                                                        \
    }

const struct option options[] = {
    TEXT("name", name, NULL, .required = true, .example = "shop",
         .help = "Name of this feed. Tailrace stores the feed's position under it; its Kafka "
                 "transactional.id is tailrace-NAME. No two feeds may share a name. Beside "
                 "`sources` or a conf.d, it is the process's name."),

    { .key = "sources",
      .type = OPT_FEEDS,
      .scope = SCOPE_PROCESS,
      .example = "[{ name: a, source.slot: a }, { name: b, source.slot: b }]",
      .help = "Many feeds in one process: a list of entries, each with options of its own. "
              "An option beside the list holds for every entry, except `name`, which is "
              "then the process's own. Each file in a folder's conf.d is such an entry, too "
              "(docs/many.md)." },
    TEXT("cluster", cluster, NULL, .example = "fra1",
         .help = "In an entry of `sources`: the name of its cluster of servers, for {cluster} "
                 "in names."),
    LIST("databases", databases, "[\"*\", \"!template.*\"]",
         "In an entry of `sources`, PostgreSQL: makes a feed of each database of the server "
         "that fits. A pattern is a regular expression (Perl's) that must fit the whole name, "
         "in any case; * means all. A pattern behind ! leaves databases out. {database} in "
         "name, topics.prefix, source.slot and source.publication stands for the database's "
         "name. Default of source.slot: tailrace_{database}."),
    MAP("variables", variables, "{ region: eu }",
        "In an entry of `sources`: more names in braces, and what they stand for."),

    CHOICE("source.kind", enc.connector, "postgresql", "postgresql|mysql|mariadb",
           "Kind of database."),
    TEXT("source.conninfo", pg.conninfo, NULL,
         .example = "host=standby.example port=5432 dbname=shop user=tailrace sslmode=verify-full "
                    "sslrootcert=/etc/tailrace/postgresql-ca.pem",
         .help = "PostgreSQL: the server to read from, meant to be a standby. Takes all that "
                 "libpq takes: keywords or URI, service, passfile, several hosts, "
                 "target_session_attrs, TLS. sslmode=verify-full proves who the server is; "
                 "sslrootcert=FILE names the CA that signed its certificate, "
                 "sslrootcert=system a public CA."),
    TEXT("source.setup-conninfo", pg.setup_conninfo, NULL,
         .example = "host=primary.example dbname=shop user=postgres sslmode=verify-full "
                    "sslrootcert=/etc/tailrace/postgresql-ca.pem",
         .help = "PostgreSQL: the primary. `tailrace setup` creates the publication there. "
                 "While it creates a slot on a standby, it asks the primary for a record of "
                 "running transactions."),
    CHOICE("source.primary", primary, "forbid", "forbid|allow",
           "Whether Tailrace may read a primary. forbid: keep the load of decoding off the "
           "operational database."),
    TEXT("source.slot", pg.slot, "tailrace",
         .help = "PostgreSQL: logical replication slot, on the server that is read."),
    TEXT("source.publication", pg.publication, "tailrace",
         .help = "PostgreSQL: publication that names the tables to read."),
    LIST("source.tables", pg.tables, "[public.orders, public.customers]",
         "PostgreSQL: tables that `tailrace setup` publishes. Empty: the tables that "
         "tables.include takes."),
    BOOL("source.binary", pg.binary, "true",
         "PostgreSQL: ask for values in binary form, which is less work for both sides."),
    BOOL("source.messages", pg.messages, "true",
         "PostgreSQL: write logical messages (pg_logical_emit_message) to PREFIX.message."),
    BOOL("source.partition-root", pg.partition_root, "false",
         "PostgreSQL: `tailrace setup` publishes partitioned tables under their root's name."),
    INT("source.status-interval-ms", pg.status_interval_ms, "2000", 10, 600000,
        "PostgreSQL: tell the server how far the feed is at least this often."),
    INT("source.receive-timeout-ms", pg.receive_timeout_ms, "60000", 0, 86400000,
        "Give a silent server up after this time, and connect again. After half of it Tailrace "
        "asks the server for an answer. The server's side of it is wal_sender_timeout. MySQL, "
        "MariaDB: the same for a statement without an answer, unless it reads a table's rows; "
        "for the binlog see source.mysql.heartbeat-ms. 0: never."),
    INT("source.read-nap-us", pg.read_nap_us, "1000", 0, 100000,
        "PostgreSQL: under load, wait up to this long before each read of the socket, so that "
        "server and kernel work in larger pieces. The wait adapts to the load. 0: never."),
    INT("source.setup-timeout-s", pg.setup_timeout_s, "60", 1, 86400,
        "PostgreSQL: give up creating a slot after this time."),

    TEXT("source.mysql.host", mysql.host, NULL, .example = "replica.example",
         .help = "MySQL, MariaDB: the server to read from, meant to be a replica."),
    INT("source.mysql.port", mysql.port, "3306", 1, 65535, "MySQL, MariaDB: its port."),
    TEXT("source.mysql.socket", mysql.socket, NULL, .example = "/run/mysqld/mysqld.sock",
         .help = "MySQL, MariaDB: a local server's socket, instead of host and port."),
    TEXT("source.mysql.user", mysql.user, NULL, .example = "tailrace",
         .help = "MySQL, MariaDB: the account. `tailrace setup` prints the statements that "
                 "make it."),
    TEXT("source.mysql.password", mysql.password, NULL,
         .example = "${file:/etc/tailrace/mysql.password}",
         .help = "MySQL, MariaDB: its password."),
    CHOICE("source.mysql.tls", mysql.tls, "require", "disable|require|verify-ca|verify-full",
           "MySQL, MariaDB: require: encrypt, or do not connect. verify-ca: also check who signed "
           "the server's certificate. verify-full: also check its name (libmariadb does so for "
           "verify-ca, too)."),
    TEXT("source.mysql.tls-ca", mysql.tls_ca, NULL, .example = "/etc/tailrace/mysql-ca.pem",
         .help = "MySQL, MariaDB: PEM file with the CA to trust."),
    TEXT("source.mysql.tls-cert", mysql.tls_cert, NULL, .example = "/etc/tailrace/client.pem",
         .help = "MySQL, MariaDB: PEM file with the client's certificate."),
    TEXT("source.mysql.tls-key", mysql.tls_key, NULL, .example = "/etc/tailrace/client.key",
         .help = "MySQL, MariaDB: PEM file with the client's key."),
    TEXT("source.mysql.server-public-key", mysql.server_public_key, NULL,
         .example = "/etc/tailrace/mysql-public.pem",
         .help = "MySQL with tls: disable: the server's RSA key (its public_key.pem), for "
                 "caching_sha2_password and sha256_password. Tailrace takes no key that the "
                 "server sends itself."),
    { .key = "source.mysql.max-packet-bytes",
      .type = OPT_INT64,
      .at = AT(mysql.max_packet),
      .fallback = "1073741824",
      .min = 65536,
      .max = 1073741824,
      .help = "MySQL, MariaDB: the largest row or event to take from the server. Memory may "
              "grow to it." },
    { .key = "source.mysql.server-id",
      .type = OPT_INT64,
      .at = AT(mysql.server_id),
      .fallback = "0",
      .min = 0,
      .max = 4294967295,
      .help = "MySQL, MariaDB: the feed's id as a reader of the binlog. No other reader or "
              "server may have it. 0: derived from the feed's name." },
    TEXT("source.mysql.start", mysql.start, NULL, .example = "binlog.000042:1234",
         .help = "MySQL, MariaDB: where a feed without a stored position begins: a GTID set of "
                 "what was read already (MySQL: uuid:1-5, MariaDB: 0-101-42), or "
                 "FILE:POSITION, which MySQL takes without GTIDs only. Without it the feed "
                 "begins now. With snapshot.mode: never the feed goes on where another reader "
                 "stopped."),
    LIST("source.mysql.deleted-domains", mysql.deleted_domains, "[8]",
         "MariaDB: domains that FLUSH BINARY LOGS DELETE_DOMAIN_ID removed after all of them "
         "had been read. The stored position forgets each of which the server has nothing left."),
    BOOL("source.mysql.query", mysql.query, "false",
         "MySQL, MariaDB: put the statement's text into source.query, if the server logs it "
         "(binlog_rows_query_log_events, binlog_annotate_row_events)."),
    INT("source.mysql.heartbeat-ms", mysql.heartbeat_ms, "10000", 100, 4000000,
        "MySQL, MariaDB: an idle server sends a sign of life this often. Tailrace gives a "
        "server up that is silent for four times as long, and for 10 s at least."),
    CHOICE("source.mysql.schema-doubt", mysql.doubt, "stop", "stop|catalog",
           "MySQL, MariaDB: what to do if a table's rows do not fit its known definition (without "
           "binlog_row_metadata=FULL). stop: say what does not fit. catalog: take the table as it "
           "is now, if the rows fit that."),

    CHOICE("snapshot.mode", flow.backfill.mode, "initial", "initial|never|always|when-needed|only",
           "Which tables the feed reads beside the stream. initial: every published table, once. "
           "never: none, only stream from the slot's start. always: every table at every start. "
           "when-needed: also if the slot, or what it should hold, is lost; the slot is made "
           "anew, and rows deleted meanwhile stay in the topics. only: read them, then stop."),
    MAP("snapshot.select", flow.backfill.select, "{ public.orders: \"made > '2026-01-01'\" }",
        "SCHEMA.TABLE and an SQL condition: of this table, the first read takes only the rows "
        "that meet it."),
    INT("snapshot.workers", flow.backfill.workers, "2", 1, 64, "Connections that read tables."),
    INT("snapshot.chunk-ms", flow.backfill.chunk_ms, "200", 1, 60000,
        "Make a chunk as large as this time allows to read. No snapshot is held longer."),
    INT("snapshot.chunk-rows", flow.backfill.chunk_rows, "0", 0, 1000000000,
        "Largest chunk, in rows. 0: no limit of its own."),
    INT("snapshot.chunk-bytes", flow.backfill.chunk_bytes, "16777216", 65536, 1073741824,
        "Largest chunk, in bytes."),
    INT("snapshot.rows-per-s", flow.backfill.rows_per_s, "0", 0, 1000000000,
        "Read at most this many rows of tables a second. 0: no limit."),
    { .key = "snapshot.bytes-per-s",
      .type = OPT_INT64,
      .at = AT(flow.backfill.bytes_per_s),
      .fallback = "0",
      .min = 0,
      .max = LLONG_MAX,
      .help = "Read at most this many bytes of tables a second. 0: no limit." },
    INT("snapshot.max-lag-ms", flow.backfill.max_lag_ms, "60000", 0, 86400000,
        "Read no tables while the replica is further behind its primary than this. 0: no "
        "limit."),

    CHOICE("format.envelope", enc.envelope, "debezium", "debezium|flat",
           "debezium: before, after, source, op. flat: the row, followed by the flat fields."),
    TEXT("format.flat-fields", flat_fields, NULL, .example = FLAT_FIELDS_POSTGRESQL,
         .help = "What the flat envelope adds, each as __NAME: op, ts_ms, ts_us, ts_ns, seq (of "
                 "the change in its transaction), and of the "
                 "source block version, connector, name, db, table, ts_ms, ts_us, ts_ns, sequence, "
                 "snapshot, of PostgreSQL schema, lsn, txId, "
                 "xmin, of MySQL and MariaDB server_id, gtid, file, pos, row, thread, query; "
                 "source.FIELD is __source_FIELD, FIELD:NAME is "
                 "__NAME. Default: " FLAT_FIELDS_POSTGRESQL
                 " (MySQL and MariaDB: " FLAT_FIELDS_BINLOG ")."),
    CHOICE("format.flat-deletes", enc.flat_deletes, "rewrite", "rewrite|tombstone|drop",
           "A delete in the flat envelope. rewrite: the old row with __deleted \"true\", then the "
           "tombstone if format.tombstones is on. tombstone: the tombstone alone. drop: nothing."),
    CHOICE("format.types", enc.types, "connect", "connect|avro",
           "connect: Kafka Connect's names and properties. avro: plain Avro logical types."),
    BOOL("format.headers", flow.headers, "true", "Add the __debezium.context.* headers."),
    BOOL("format.tombstones", flow.tombstones, "true",
         "After a delete, write a record with the same key and no value."),
    TEXT("format.skipped-operations", flow.skipped, "t",
         .help = "Operations that make no records: letters of c (insert), u (update), d "
                 "(delete), t (truncate), or none."),
    BOOL("format.transactions", flow.transactions, "false",
         "Write BEGIN and END of every transaction to PREFIX.transaction, and each record's "
         "place in its transaction."),
    INT("format.heartbeat-ms", flow.heartbeat_ms, "0", 0, 86400000,
        "Write a record to __debezium-heartbeat.PREFIX this often. 0: never. The slot advances "
        "without it."),
    CHOICE("format.schema-changes", flow.schema_changes, "auto", "auto|always|never",
           "Write a record for each change of a table's shape to PREFIX.schema-changes (MySQL, "
           "MariaDB: PREFIX). auto: as Debezium's connectors do, that is for MySQL and MariaDB "
           "only. PostgreSQL's stream tells a table's shape before its first row in each run."),
    CHOICE("format.names", enc.names, "avro", "avro|avro-unicode",
           "What stands for a character that an Avro name cannot hold. avro: an underscore. "
           "avro-unicode: _uXXXX, also for the underscore itself."),
    TEXT("format.placeholder", enc.placeholder, "__debezium_unavailable_value",
         .help = "Stands for an unchanged TOAST value that the server did not send."),

    LIST("tables.include", tables_include, "[\"public\\\\..*\"]",
         "Read only these of the published tables. A pattern is a regular expression (Perl's) "
         "that must fit the whole of SCHEMA.TABLE or DATABASE.TABLE, in any case. A table that "
         "you add later is streamed from then on; its older rows are not read."),
    LIST("tables.exclude", tables_exclude, "[\"public\\\\.log_.*\"]", "Leave these tables out."),
    LIST("columns.include", choose.include, "[\"public\\\\.orders\\\\..*\"]",
         "Write only these columns. A pattern fits SCHEMA.TABLE.COLUMN, as those of "
         "tables.include. A key keeps its columns."),
    LIST("columns.exclude", choose.exclude, "[\".*\\\\.password\"]",
         "Leave these columns out. A key keeps its columns."),
    MAP("columns.mask", choose.mask, "{ \".*\\\\.card\": 8 }",
        "Write this many asterisks instead of the text, also for NULL. A key is not masked."),
    MAP("columns.truncate", choose.truncate, "{ \".*\\\\.note\": 200 }",
        "Cut strings to this many characters."),
    MAP("columns.hash", choose.hash, "{ \".*\\\\.email\": \"SHA-256:${SALT}\" }",
        "ALGORITHM:SALT. Write the digest of salt and text, in hex, instead of the text. A key "
        "is not hashed. v1:ALGORITHM:SALT is Debezium's first form."),
    MAP("columns.rename", choose.rename, "{ \"public\\\\.orders\\\\.(.*)_no\": \"$1_number\" }",
        "Write a column under another name, in value and key. A pattern fits SCHEMA.TABLE.COLUMN; "
        "$1 is "
        "its first group. Other options go on to name the column as the table does."),
    MAP("columns.key", choose.key, "{ \"public\\\\.log\": \"host, at\" }",
        "Make the record's key of these columns. A pattern fits SCHEMA.TABLE. The columns must "
        "be in the replica identity. \"\": no key."),

    CHOICE("types.decimal", enc.decimal, "precise", "precise|string|double",
           "numeric and money. precise: Avro decimals. string: digits. double: floating point, "
           "which rounds."),
    CHOICE("types.time", enc.time, "adaptive",
           "adaptive|microseconds|connect|isostring|nanoseconds",
           "date, time and timestamp. adaptive: milliseconds up to precision 3, else "
           "microseconds. microseconds: always. connect: Kafka Connect's own types, in "
           "milliseconds. isostring: ISO 8601 text. nanoseconds: from 1677 to 2262."),
    CHOICE("types.binary", enc.binary, "bytes", "bytes|hex|base64|base64-url-safe",
           "bytea: bytes, or one of these texts."),
    CHOICE(
        "types.interval", enc.interval, "microseconds", "microseconds|string",
        "interval. microseconds: a month counts 30.4375 days. string: ISO 8601, every part kept."),
    CHOICE("types.hstore", enc.hstore, "json", "json|map", "hstore. json: text. map: an Avro map."),
    CHOICE("types.bigint-unsigned", enc.bigint_unsigned, "long", "long|precise",
           "MySQL's BIGINT UNSIGNED. long: values above 9223372036854775807 become negative. "
           "precise: an Avro decimal."),
    CHOICE("types.unknown", enc.unknown, "fail", "fail|text|skip-column",
           "A column type without an Avro form. fail: stop. text: write its text (needs "
           "source.binary: false). skip-column: leave the column out."),

    BOOL("compat.null-as-default", enc.null_as_default, "false",
         "Write a NULL in a column with a default as that default, as Debezium's converters do "
         "unless told otherwise."),

    TEXT("registry.url", registry.url, NULL, .example = "http://registry.example:8081",
         .help = "Schema registry with Confluent's REST API. sink.kind: kafka needs it.",
         .scope = SCOPE_PROCESS),
    BOOL("registry.auto-register", registry.auto_register, "true",
         "Register new schemas. false: only look schemas up.", .scope = SCOPE_PROCESS),
    TEXT("registry.user", registry.user, NULL, .example = "tailrace",
         .help = "User for basic authentication.", .scope = SCOPE_PROCESS),
    TEXT("registry.password", registry.password, NULL,
         .example = "${file:/etc/tailrace/registry.password}",
         .help = "Password for basic authentication.", .scope = SCOPE_PROCESS),
    TEXT("registry.ca-file", registry.ca_file, NULL, .example = "/etc/tailrace/ca.pem",
         .help = "PEM file with the CA to trust for https.", .scope = SCOPE_PROCESS),
    TEXT("registry.cert-file", registry.cert_file, NULL, .example = "/etc/tailrace/client.pem",
         .help = "PEM file with the client's certificate.", .scope = SCOPE_PROCESS),
    TEXT("registry.key-file", registry.key_file, NULL, .example = "/etc/tailrace/client.key",
         .help = "PEM file with the client's key.", .scope = SCOPE_PROCESS),
    INT("registry.timeout-ms", registry.timeout_ms, "5000", 1, 600000,
        "Longest time for one request.", .scope = SCOPE_PROCESS),
    INT("registry.retries", registry.retries, "2", 0, 100, "Attempts after a failed request.",
        .scope = SCOPE_PROCESS),

    CHOICE("sink.kind", sink_kind, "kafka", "kafka|avro-file|stdout|null",
           "kafka: topics. avro-file: object container files. stdout: JSON lines, without a "
           "stored position. null: count records and discard them.",
           .scope = SCOPE_PROCESS),
    CHOICE("sink.delivery", delivery, "exactly-once", "at-least-once|exactly-once",
           "kafka: exactly-once puts records and position into one transaction; at-least-once is "
           "faster to a consumer. avro-file is always exactly-once.",
           .scope = SCOPE_PROCESS),
    CHOICE("sink.on-error", on_error, "stop", "stop|dead-letter",
           "What to do with a record that Kafka refuses. stop: stop the feed. dead-letter: send "
           "it to the dead-letter topic, with the reason in its headers. With exactly-once that "
           "goes only for what the client itself refuses, since a broker's refusal aborts the "
           "transaction.",
           .scope = SCOPE_PROCESS),
    CHOICE("sink.on-schema-change", flow.on_schema_change, "continue", "continue|pause-table|stop",
           "What to do if a table's new schema does not follow the registered one, at the "
           "subject's compatibility, or at BACKWARD if that is NONE. A value that readers would "
           "take for another one counts, too. continue: only the registry's refusal stops the "
           "feed. stop: stop the feed before the first such record. pause-table: warn, and write "
           "no changes of that table until its schema fits again; other tables go on. Backfill it "
           "then."),
    TEXT("sink.dead-letter-topic", kafka.dead_letter_topic, NULL, .example = "shop.dead-letters",
         .help = "Topic for refused records. Default: PREFIX.dead-letters.",
         .scope = SCOPE_PROCESS),
    TEXT("sink.directory", file.directory, NULL, .example = "/var/lib/tailrace/shop",
         .help = "avro-file: folder to write to. Feeds of different names may share it. One "
                 "process at a time writes a feed's files (docs/avro-file.md).",
         .scope = SCOPE_PROCESS),
    { .key = "sink.rotate-bytes",
      .type = OPT_INT64,
      .at = AT(file.rotate_bytes),
      .fallback = "134217728",
      .min = 4096,
      .max = LLONG_MAX,
      .help = "avro-file: complete a file at this size.",
      .scope = SCOPE_PROCESS },
    CHOICE("sink.records", file.messages, "values", "values|messages",
           "avro-file: what the records of a file are. values: values, as Kafka would hold them. "
           "messages: { key, value, headers }, tombstones too. The key is its Avro bytes; the "
           "file's metadata has their schema as key.schema.",
           .scope = SCOPE_PROCESS),
    INT("sink.rotate-s", file.rotate_s, "3600", 1, 31536000,
        "avro-file: complete a file at this age.", .scope = SCOPE_PROCESS),
    BOOL("sink.compress", file.deflate, "false", "avro-file: deflate the blocks.",
         .scope = SCOPE_PROCESS),

    { .key = "kafka",
      .type = OPT_MAP,
      .at = AT(kafka.props),
      .example = "{ bootstrap.servers: \"kafka.example:9092\" }",
      .help = "Properties of librdkafka, passed through. Tailrace does not compress "
              "records, since some clients read gzip only. If yours read zstd, "
              "compression.type: zstd saves most of the space.",
      .scope = SCOPE_PROCESS },

    TEXT("topics.prefix", enc.prefix, NULL, .example = "shop",
         .help = "Topics are PREFIX.SCHEMA.TABLE. Default: the feed's name."),
    BOOL("topics.create", kafka.topics.create, "true", "Create missing topics."),
    INT("topics.partitions", kafka.topics.partitions, "1", 1, 10000,
        "Partitions of topics that Tailrace creates."),
    INT("topics.replication", kafka.topics.replication, "-1", -1, 100,
        "Replicas of topics that Tailrace creates. -1: the broker's default."),
    MAP("topics.config", kafka.topics.config, "{ cleanup.policy: compact }",
        "Configuration of topics that Tailrace creates."),
    MAP("topics.route", choose.route, "{ \"(.*)_[0-9]+\": \"$1\" }",
        "Pattern for a topic's whole name, and the name to write to instead. $1 is the first "
        "group."),
    TEXT("topics.position", kafka.position_topic, "tailrace.positions",
         .help = "Compacted topic that holds the position of every feed.", .scope = SCOPE_PROCESS),

    INT("limits.batch-rows", flow.batch_rows, "10000", 1, 10000000,
        "Close a batch after this many records.", .scope = SCOPE_PROCESS),
    INT("limits.batch-bytes", flow.batch_bytes, "4194304", 1024, 1073741824,
        "Close a batch after this many bytes.", .scope = SCOPE_PROCESS),
    INT("limits.batch-ms", flow.batch_ms, "200", 1, 60000,
        "Close a batch when its first record is this old.", .scope = SCOPE_PROCESS),
    INT("limits.batches", flow.batches, "4", 1, 10000,
        "Read no further while this many batches wait for their acknowledgement.",
        .scope = SCOPE_PROCESS),
    { .key = "limits.memory",
      .type = OPT_INT64,
      .at = AT(memory.most),
      .fallback = "268435456",
      .min = 1048576,
      .max = 1099511627776,
      .help = "Bytes that all feeds of the process may hold in batches without an "
              "acknowledgement. Once they are used up, each feed that holds its share or "
              "more reads no further.",
      .scope = SCOPE_PROCESS },
    INT("limits.commit-ms", flow.commit_ms, "1000", 1, 600000,
        "At-least-once: store the position at most this often.", .scope = SCOPE_PROCESS),
    INT("limits.lanes", lanes, "0", 0, 1024,
        "Threads that each own a Kafka producer; feeds share them. 0: one a processor.",
        .scope = SCOPE_PROCESS),
    INT("limits.stop-timeout-ms", flow.stop_timeout_ms, "10000", 0, 3600000,
        "On SIGTERM and SIGINT, deliver what was read for at most this long, then stop.",
        .scope = SCOPE_PROCESS),
    INT("limits.retry-max-ms", flow.retry_max_ms, "30000", 10, 3600000,
        "Longest pause between attempts to reconnect.", .scope = SCOPE_PROCESS),
    INT("limits.retry-limit-s", flow.retry_limit_s, "0", 0, 31536000,
        "Give up after failing for this long. 0: never.", .scope = SCOPE_PROCESS),

    TEXT("control.socket", control_socket, NULL, .example = "/run/tailrace/shop.sock",
         .help = "Unix socket on which `tailrace run` takes orders from its own user and root. "
                 "The socket for orders to the process (tailrace status, tailrace ctl) has "
                 ".process behind its name. Default: /run/tailrace/NAME.sock for root, and "
                 "wherever that directory exists (systemd: RuntimeDirectory=tailrace); else "
                 "/run/user/UID/tailrace/NAME.sock.",
         .scope = SCOPE_PROCESS),
    TEXT("http.listen", http_listen, NULL, .example = "127.0.0.1:9187",
         .help = "HOST:PORT, or the path of a Unix socket, on which `tailrace run` answers "
                 "HTTP: a status page, /metrics for Prometheus, /status as JSON, /healthz, "
                 "/readyz (docs/metrics.md). There is no password: who may connect sees the "
                 "names of feeds and tables.",
         .scope = SCOPE_PROCESS),
    TEXT("http.token", http_token, NULL, .example = "${file:/etc/tailrace/http.token}",
         .help = "Token that allows orders over HTTP (docs/control.md), shown as "
                 "`Authorization: Bearer TOKEN`; at least 16 characters. Without it orders "
                 "answer 403. If other machines reach http.listen, http.tls-cert is needed, "
                 "too.",
         .scope = SCOPE_PROCESS),
    TEXT("http.tls-cert", http_tls_cert, NULL, .example = "/etc/tailrace/http.crt",
         .help = "PEM file with the certificate and its signers. http.listen then speaks HTTPS "
                 "only.",
         .scope = SCOPE_PROCESS),
    TEXT("http.tls-key", http_tls_key, NULL, .example = "/etc/tailrace/http.key",
         .help = "PEM file with the certificate's key.", .scope = SCOPE_PROCESS),
    CHOICE("log.level", log_level, "info", "debug|info|warn|error",
           "Least level to log, on standard error.", .scope = SCOPE_PROCESS),
    CHOICE("log.format", log_format, "text", "text|logfmt|json",
           "One line an event. text: time, level, message, key=value. logfmt: time=, level=, "
           "feed=, message=, and the rest. json: an object with these members.",
           .scope = SCOPE_PROCESS),
    { .key = NULL }
};
