#ifndef TAILRACE_ENCODE_PLAN_H
#define TAILRACE_ENCODE_PLAN_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/kv.h"
#include "base/pattern.h"
#include "model/event.h"

enum connector { CONNECTOR_POSTGRESQL, CONNECTOR_MYSQL, CONNECTOR_MARIADB };
enum bigint_unsigned_style { BIGINT_UNSIGNED_LONG, BIGINT_UNSIGNED_PRECISE };
enum envelope { ENVELOPE_DEBEZIUM, ENVELOPE_FLAT };
enum type_style { TYPES_CONNECT, TYPES_AVRO };
enum decimal_style { DECIMAL_PRECISE, DECIMAL_STRING, DECIMAL_DOUBLE };
enum time_style {
    TIME_ADAPTIVE,
    TIME_MICROSECONDS,
    TIME_CONNECT,
    TIME_ISOSTRING,
    TIME_NANOSECONDS
};
enum binary_style { BINARY_BYTES, BINARY_HEX, BINARY_BASE64, BINARY_BASE64_URL };
enum interval_style { INTERVAL_MICROSECONDS, INTERVAL_STRING };
enum hstore_style { HSTORE_JSON, HSTORE_MAP };
enum name_style { NAMES_AVRO, NAMES_AVRO_UNICODE };
enum flat_deletes { FLAT_DELETES_REWRITE, FLAT_DELETES_TOMBSTONE, FLAT_DELETES_DROP };
enum unknown_types { UNKNOWN_FAIL, UNKNOWN_TEXT, UNKNOWN_SKIP };

/* The options columns.* and topics.route. A pattern of key matches schema.table, a pattern of route
 * matches a topic's name, any other pattern matches schema.table.column. */
struct choice_options {
    const char *const *include, *const *exclude;    /* columns that are read */
    /* pattern: asterisks; characters; [v1:]ALGORITHM:SALT */
    const struct kv *mask, *truncate, *hash;
    const struct kv *key;                           /* pattern: "column, column" */
    const struct kv *rename;                        /* pattern: another name in records */
    /* pattern: another name, $1 for the first group */
    const struct kv *route;
    /* deletes make records, so a table's key must be in its replica identity */
    bool deletes;
};
struct choices;     /* compiled choice_options */
int choices_new(struct arena *a, const struct choice_options *opt, const struct choices **ret,
                struct err *err) must_check;
/* True if the table's records use this column, in value or key. choices: a struct choices; NULL:
 * none. */
bool choices_need_column(const void *choices, const struct table *t, uint16_t column);
/* True if columns.key names this table's key, even an empty one. Reads t's schema and name only. */
bool choices_name_key(const void *choices, const struct table *t);

/* format.flat-fields: list is "FIELD, source.FIELD:NAME"; NULL: the connector's usual fields. *ret
 * ends with name == NULL and lives in a. */
#define FLAT_FIELDS_POSTGRESQL "op, lsn, seq, source.ts_ms:ts_ms, txId:tx"
#define FLAT_FIELDS_BINLOG "op, file, pos, seq, source.ts_ms:ts_ms, gtid:tx"
struct flat_field { const char *name; int known; };
int flat_fields_new(struct arena *a, enum connector connector, const char *list,
                    const struct flat_field **ret, struct err *err) must_check;

bool placeholder_valid(const char *text);

/* Borrowed; outlives every plan. */
struct encode_options {
    const char *prefix;             /* topic prefix; also source.name */
    const char *version;            /* source.version */
    enum connector connector;       /* Debezium's connector whose source block records have */
    enum envelope envelope;
    enum type_style types;
    enum decimal_style decimal;
    enum time_style time;
    enum binary_style binary;
    enum bigint_unsigned_style bigint_unsigned;
    enum interval_style interval;
    enum unknown_types unknown;
    enum hstore_style hstore;
    enum name_style names;
    const struct flat_field *flat_fields;   /* NULL: none */
    enum flat_deletes flat_deletes;
    /* a NULL in a column with a default is written as the default */
    bool null_as_default;
    const struct choices *choices;  /* NULL: none */
    const char *placeholder;        /* for an unchanged TOAST value: a text, or hex: and digits */
};

/*
 * A table's encoder, compiled once per table version: one step per column, chosen
 * by column type and cell form. A pair without an op follows opt->unknown, or
 * fails when the plan is compiled (err names table, column and type), never later.
 */
struct plan;
enum plan_part { PLAN_KEY, PLAN_VALUE };

struct plan *plan_compile(const struct table *t, const struct encode_options *opt,
                          struct err *err) must_check;
void plan_free(struct plan *p);

/* "<prefix>.<schema>.<table>", sanitised as Kafka requires. Lives with the plan. */
const char *plan_topic(const struct plan *p);

/*
 * Do two tables' plans write to one topic? MERGED: yes, as topics.route asks. CLASH: yes, because
 * their names become the same topic name; rows of both would share keys.
 */
enum plan_meeting { PLANS_APART, PLANS_MERGED, PLANS_CLASH };
/*
 * The topic of p's table, and of a table of another name, before topics.route: two that are equal
 * clash. plan_own_topic(): lives with the plan, NULL without a table; plan_topic_named(): in a.
 */
const char *plan_own_topic(const struct plan *p);
const char *plan_topic_named(const struct plan *p, struct arena *a, const char *schema,
                             const char *table);
enum plan_meeting plan_meet(const struct plan *a, const struct plan *b);

/* All records belong into one partition (heartbeats, schema changes). */
bool plan_in_order(const struct plan *p);
/* The topic needs only one partition (schema changes). */
bool plan_single(const struct plan *p);

/* The Avro schema as registered. NULL: no key (PLAN_KEY of a table without one). Lives with the
 * plan. */
const char *plan_schema(const struct plan *p, enum plan_part part);

/* The registry's subject for that schema (TopicNameStrategy): "<topic>-key" or "<topic>-value".
 * Lives in a. */
const char *plan_subject(const char *topic, enum plan_part part, struct arena *a);

/* Appends the Avro body of the key taken from row r (no frame). */
int plan_encode_key(const struct plan *p, struct row r, struct buf *out,
                    struct err *err) must_check;

/* Could plan_encode_key() have written these bytes? ERR_DATA: no; ERR_CONFIG: the table has no
 * key. */
int plan_check_key(struct plan *p, struct slice key, struct err *err) must_check;

/* The same key as the JSON object that the newkey / oldkey headers carry. */
int plan_key_json(const struct plan *p, struct row r, struct buf *out, struct err *err) must_check;

/*
 * Appends the Avro body of the value (no frame). op: one of c u d r t.
 * Debezium: the envelope. Flat: the row (before for d) and the flat fields. A repair's delete has
 * ev->key, which plan_check_key() has accepted, and no row. Its row is then the key's columns
 * alone, as in a delete under PostgreSQL's default replica identity.
 */
int plan_encode_value(const struct plan *p, char op, const struct event *ev, struct buf *out,
                      struct err *err) must_check;

/* True if before and after have different keys: the update then becomes a delete and a create. */
bool plan_key_changed(const struct plan *p, const struct event *ev);

/* "postgresql", "mysql", "mariadb" */
const char *connector_name(enum connector c);

/*
 * The connector's name of an event's transaction. PostgreSQL: "<xid>:<LSN of the event>". MySQL,
 * MariaDB: a GTID, or "file=..,pos=.." of its BEGIN. Lives in `to`, or is borrowed from ev.
 */
enum { TRANSACTION_ID_MAX = 640 };
struct slice transaction_id(const struct encode_options *opt, const struct event *ev,
                            char to[TRANSACTION_ID_MAX]);

/* Records about the feed itself: a transaction's BEGIN and END ("<prefix>.transaction"), and
 * heartbeats, which show that the feed lives. */
enum service { SERVICE_TRANSACTION, SERVICE_HEARTBEAT };
/* A table's records in a transaction. schema NULL: logical messages */
struct tx_part { const char *schema, *table; uint64_t records; };
struct service_record {
    bool end;                       /* a transaction's END; false: its BEGIN */
    struct slice id;                /* transaction_id() at its begin or commit */
    int64_t ts_ms;                  /* Unix epoch: the commit's time; a heartbeat's: now */
    uint64_t records;               /* END, as all that follows */
    const struct tx_part *parts;
    size_t nparts;
};
struct plan *plan_compile_service(enum service kind, const struct encode_options *opt);
void plan_encode_service(const struct plan *p, enum plan_part part, const struct service_record *r,
                         struct buf *out);

/* Schema changes have a topic of their own, "<prefix>.schema-changes" (MySQL, MariaDB: "<prefix>"),
 * and no table. */
struct plan *plan_compile_schema_change(const struct encode_options *opt);
/* Appends the key's or value's Avro body of an EV_SCHEMA. */
void plan_encode_schema_change(struct plan *p, enum plan_part part, const struct event *ev,
                               struct buf *out);

/* Logical messages have a topic of their own, "<prefix>.message", and no table. */
struct plan *plan_compile_message(const char *database, const struct encode_options *opt,
                                  struct err *err) must_check;
/* Appends the key's or value's Avro body of an EV_MESSAGE. */
int plan_encode_message(const struct plan *p, enum plan_part part, const struct event *ev,
                        struct buf *out, struct err *err) must_check;
#endif
