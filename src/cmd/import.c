#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "cmd/config.h"

/*
 * A Debezium PostgreSQL connector's JSON, as a tailrace.yaml. One table says
 * what becomes of each property; what has no counterpart stands in the file as
 * a comment, so that nothing is dropped without a word. No secret is written:
 * a reference to the environment takes its place.
 */
enum how {
    COPY,       /* the value, to the option */
    WORDS,      /* the value translated by `words`: "theirs=ours|theirs=ours"; "theirs=" leaves our default */
    PATTERNS,   /* comma-separated regular expressions, to a list */
    ALWAYS,     /* nothing to say: what `text` tells */
    DEFAULT,    /* only this value, `words`, is what Tailrace does */
    NOTHING,    /* no counterpart: a comment with `text` */
    ELSEWHERE   /* a function of its own reads it */
};

struct property {
    const char *name;       /* "x.*": every property that begins so */
    enum how how;
    const char *option;     /* COPY, WORDS, PATTERNS */
    const char *words;
    const char *text;
};

#define NOTE(name, text) { name, NOTHING, NULL, NULL, text }
#define DONE(name, text) { name, ALWAYS, NULL, NULL, text }
#define OWN(name) { name, ELSEWHERE, NULL, NULL, NULL }

static const struct property properties[] = {
    OWN("connector.class"), OWN("name"), OWN("topic.prefix"), OWN("database.server.name"),
    DONE("tasks.max", "one feed is one process"),
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
    DONE("publication.autocreate.mode", "`tailrace setup` makes the publication, of source.tables or of all tables"),
    { "publish.via.partition.root", WORDS, "source.partition-root", "true=true|false=false", NULL },
    NOTE("replica.identity.autoset.values", "set REPLICA IDENTITY on the primary; `tailrace check` names the tables that lack one"),
    OWN("table.include.list"), OWN("table.exclude.list"), OWN("schema.include.list"), OWN("schema.exclude.list"),
    { "column.include.list", PATTERNS, "columns.include", NULL, NULL },
    { "column.exclude.list", PATTERNS, "columns.exclude", NULL, NULL },
    OWN("column.mask.*"), OWN("column.truncate.*"), OWN("message.key.columns"),
    NOTE("column.propagate.source.type", "no types of the database in the schemas"),
    NOTE("datatype.propagate.source.type", "no types of the database in the schemas"),
    { "skipped.operations", COPY, "format.skipped-operations", NULL, NULL },
    { "snapshot.mode", WORDS, "snapshot.mode", "initial=initial|never=never|no_data=never|always=always|when_needed=when-needed|"
      "initial_only=only", "snapshot.mode is initial, never, always, when-needed or only" },
    OWN("snapshot.select.statement.overrides*"),
    NOTE("snapshot.include.collection.list", "the first read is of every table that the stream reads; `tailrace backfill` reads one"),
    { "snapshot.max.threads", COPY, "snapshot.workers", NULL, NULL },
    DONE("snapshot.locking.mode", "no lock is taken"), DONE("snapshot.lock.timeout.ms", "no lock is taken"),
    DONE("snapshot.fetch.size", "snapshot.chunk-ms and snapshot.chunk-bytes say how much is read at once"),
    DONE("snapshot.isolation.mode", "each chunk in a repeatable read transaction of its own"),
    NOTE("snapshot.*", "no counterpart"),
    { "decimal.handling.mode", WORDS, "types.decimal", "precise=precise|string=string|double=double", NULL },
    { "time.precision.mode", WORDS, "types.time", "adaptive=adaptive|microseconds=microseconds|connect=connect|isostring=isostring|"
      "nanoseconds=nanoseconds", "types.time has no such form" },
    { "binary.handling.mode", WORDS, "types.binary", "bytes=bytes|hex=hex|base64=base64|base64-url-safe=base64-url-safe", NULL },
    { "hstore.handling.mode", WORDS, "types.hstore", "json=json|map=map", NULL },
    { "interval.handling.mode", WORDS, "types.interval", "numeric=microseconds|string=string", NULL },
    { "include.unknown.datatypes", WORDS, "types.unknown", "false=skip-column", "types.unknown: text writes text, not bytes" },
    { "money.fraction.digits", DEFAULT, NULL, "2", "money has two fraction digits" },
    { "tombstones.on.delete", WORDS, "format.tombstones", "true=true|false=false", NULL },
    { "unavailable.value.placeholder", COPY, "format.placeholder", NULL, NULL },
    { "extended.headers.enabled", WORDS, "format.headers", "true=true|false=false", NULL },
    { "provide.transaction.metadata", WORDS, "format.transactions", "true=true|false=false", NULL },
    { "topic.transaction", DEFAULT, NULL, "transaction", "the topic is PREFIX.transaction; topics.route can rename it" },
    { "heartbeat.interval.ms", COPY, "format.heartbeat-ms", NULL, NULL },
    DONE("heartbeat.action.query", "not needed: an idle slot advances without a write to the source"),
    { "topic.heartbeat.prefix", DEFAULT, NULL, "__debezium-heartbeat", "topics.route can rename the topic" },
    { "topic.delimiter", DEFAULT, NULL, ".", "names are joined by dots; topics.route can rename topics" },
    NOTE("topic.naming.strategy", "topics.route can rename topics"), NOTE("topic.cache.size", "not needed"),
    OWN("schema.name.adjustment.mode"), OWN("field.name.adjustment.mode"),
    DONE("exactly.once.support", "sink.delivery is exactly-once by default"), DONE("transaction.boundary*", "limits.*"),
    { "status.update.interval.ms", COPY, "source.status-interval-ms", NULL, NULL },
    { "event.processing.failure.handling.mode", DEFAULT, NULL, "fail", "a row that cannot be read stops the feed: none is skipped" },
    { "event.converting.failure.handling.mode", DEFAULT, NULL, "fail", "a row that cannot be read stops the feed: none is skipped" },
    { "errors.tolerance", DEFAULT, NULL, "none", "sink.on-error: dead-letter keeps what Kafka refuses" },
    NOTE("errors.*", "limits.retry-* and sink.on-error say what happens after an error"),
    DONE("max.batch.size", "limits.batch-rows"), DONE("max.queue.size", "limits.batches"),
    DONE("max.queue.size.in.bytes", "limits.batch-bytes"), DONE("poll.interval.ms", "changes are sent as they come"),
    DONE("query.fetch.size", "not needed"), DONE("retriable.restart.connector.wait.ms", "limits.retry-max-ms"),
    { "xmin.fetch.interval.ms", DEFAULT, NULL, "0", "source.xmin is always null" },
    { "flush.lsn.source", DEFAULT, NULL, "true", "the slot is told to forget what is durable in Kafka, and only that" },
    { "lsn.flush.mode", DEFAULT, NULL, "connector", "the slot is told to forget what is durable in Kafka, and only that" },
    DONE("lsn.flush.timeout*", "not needed"),
    NOTE("message.prefix.*", "logical messages are all passed on, or none (source.messages)"),
    NOTE("signal.*", "`tailrace backfill` asks for what a signal asks for"),
    { "incremental.snapshot.chunk.size", COPY, "snapshot.chunk-rows", NULL, NULL },
    DONE("incremental.snapshot.*", "chunks are held against the stream, without a write to the source"),
    NOTE("notification.*", "progress is logged"), NOTE("read.only", "the source is never written to"),
    NOTE("converters", "no converters of one's own"), NOTE("custom.*", "no counterpart"),
    OWN("key.converter*"), OWN("value.converter*"), OWN("header.converter*"), OWN("transforms*"), NOTE("predicates*", "no predicates"),
    { "topic.creation.enable", WORDS, "topics.create", "true=true|false=false", NULL },
    { "topic.creation.default.partitions", COPY, "topics.partitions", NULL, NULL },
    { "topic.creation.default.replication.factor", COPY, "topics.replication", NULL, NULL },
    OWN("topic.creation.default.*"), NOTE("topic.creation.*", "all topics are created alike"),
    OWN("producer.override.*"), NOTE("schema.history.*", "not needed: the stream carries its schema"),
    DONE("offset.*", "the position is in topics.position"), NOTE("openlineage.*", "no counterpart"),
    { NULL, NOTHING, NULL, NULL, "no counterpart known" },
};

/* What the file will say: an option and its value in YAML, in the order of the option table; and the comments. */
struct import {
    json_t *config;
    struct arena arena;
    struct buf values[160];     /* by place in options[] */
    struct buf comments;
};

static const char *value_of(const struct import *im, const char *name)
{
    json_t *v = json_object_get(im->config, name);
    return json_is_string(v) ? json_string_value(v) : NULL;
}

static struct buf *option_of(struct import *im, const char *key)
{
    for (size_t i = 0; options[i].key; i++)
        if (strcmp(options[i].key, key) == 0)
            return &im->values[i];
    abort();    /* the table above names an option that is not there: a unit test reads all of it */
}

static bool secret(const char *name)
{
    return strstr(name, "password") || strstr(name, "secret") || strstr(name, "jaas") || strstr(name, "user.info") ||
           strstr(name, ".salt.") || strstr(name, "token") || strstr(name, "credential");
}

static void comment(struct import *im, const char *name, const char *text)
{
    const char *v = value_of(im, name);
    struct buf b = { 0 };
    buf_json_str(&b, slice_str(secret(name) ? "(not shown)" : v ? v : "(not a text)"));
    buf_printf(&im->comments, "#   %s = %s: %s\n", name, buf_cstr(&b), text);
    buf_done(&b);
}

static void put_text(struct buf *to, const char *value)
{
    buf_json_str(to, slice_str(value));
}

/* A value of ours: numbers, words and truth values bare, the rest quoted. $ would begin a reference. */
static void put_value(struct buf *to, enum option_type type, const char *value)
{
    struct buf b = { 0 };
    for (; *value; value++)
        buf_str(&b, *value == '$' ? "$$" : (char[2]){ *value, 0 });
    if (type == OPT_STRING)
        put_text(to, buf_cstr(&b));
    else
        buf_put(to, b.p, b.n);
    buf_done(&b);
}

static void set(struct import *im, const char *key, const char *value)
{
    struct buf *to = option_of(im, key);
    to->n = 0;
    put_value(to, options[to - im->values].type, value);
}

/* { "key": "value", ... }: one more pair. number: the value is bare. */
static void add_pair(struct import *im, const char *option, const char *key, const char *value, bool number)
{
    struct buf *to = option_of(im, option);
    if (to->n)
        to->n -= 2;     /* " }" */
    buf_str(to, to->n ? ", " : "{ ");
    put_text(to, key);
    buf_str(to, ": ");
    if (number)
        buf_str(to, value);
    else
        put_text(to, value);
    buf_str(to, " }");
}

static void add_item(struct import *im, const char *option, const char *value)
{
    struct buf *to = option_of(im, option);
    if (to->n)
        to->n--;        /* "]" */
    buf_str(to, to->n ? ", " : "[");
    put_value(to, OPT_STRING, value);
    buf_u8(to, ']');
}

/* The next part of a list. A delimiter after a backslash is no end, and loses the backslash. */
static char *next_part(struct import *im, const char **from, char delimiter)
{
    const char *p = *from + strspn(*from, " \t\n");
    char *part = arena_alloc(&im->arena, strlen(p) + 1), *to = part;
    if (!*p)
        return NULL;
    for (; *p && *p != delimiter; p++) {
        if (*p == '\\' && p[1] == delimiter)
            p++;
        else if (*p == '\\' && p[1])
            *to++ = *p++;
        *to++ = *p;
    }
    *from = *p ? p + 1 : p;
    while (to > part && (to[-1] == ' ' || to[-1] == '\n'))
        to--;
    *to = 0;
    return part;
}

static void add_patterns(struct import *im, const char *option, const char *list)
{
    for (char *part; (part = next_part(im, &list, ','));)
        add_item(im, option, part);
}

static void set_words(struct import *im, const struct property *p, const char *name, const char *value)
{
    size_t n = strlen(value);
    for (const char *w = p->words; w; w = strchr(w, '|'))
        if (w += *w == '|', strncmp(w, value, n) == 0 && w[n] == '=') {
            set(im, p->option, arena_printf(&im->arena, "%.*s", (int)strcspn(w + n + 1, "|"), w + n + 1));
            return;
        }
    comment(im, name, p->text ? p->text : "not a value that is known here");
}

/* ---- properties with a way of their own ---- */

static void put_conninfo(struct import *im, struct buf *to, const char *word, const char *property)
{
    const char *v = value_of(im, property);
    struct buf b = { 0 };
    if (!v)
        return;
    if (secret(property)) {
        buf_printf(to, "%s%s=${%s}", to->n ? " " : "", word, strcmp(word, "password") == 0 ? "DATABASE_PASSWORD" : "DATABASE_KEY_PASSWORD");
        return;
    }
    bool quote = !*v || strpbrk(v, " '\\");
    for (; *v; v++)
        buf_str(&b, *v == '\'' || *v == '\\' ? (char[3]){ '\\', *v, 0 } : *v == '$' ? "$$" : (char[2]){ *v, 0 });
    buf_printf(to, "%s%s=%s%s%s", to->n ? " " : "", word, quote ? "'" : "", buf_cstr(&b), quote ? "'" : "");
    buf_done(&b);
}

static void set_conninfo(struct import *im)
{
    static const char *const parts[][2] = {
        { "host", "database.hostname" }, { "port", "database.port" }, { "dbname", "database.dbname" }, { "user", "database.user" },
        { "password", "database.password" }, { "sslmode", "database.sslmode" }, { "sslcert", "database.sslcert" },
        { "sslkey", "database.sslkey" }, { "sslrootcert", "database.sslrootcert" }, { "sslpassword", "database.sslpassword" },
    };
    struct buf b = { 0 };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put_conninfo(im, &b, parts[i][0], parts[i][1]);
    put_text(option_of(im, "source.conninfo"), buf_cstr(&b));
    put_text(option_of(im, "source.setup-conninfo"), buf_cstr(&b));
    buf_done(&b);
}

/* A schema filter is a table filter over any table; where both are given, a table must pass both. */
static void set_tables(struct import *im, const char *schemas, const char *tables, const char *option)
{
    const char *s = value_of(im, schemas), *t = value_of(im, tables);
    bool both = s && *s && t && *t && strcmp(option, "tables.include") == 0;
    struct buf any = { 0 };
    const char *rest = s ? s : "";
    for (char *part; (part = next_part(im, &rest, ','));) {
        buf_printf(&any, "%s%s", any.n ? "|" : "", part);
        if (!both)
            add_item(im, option, arena_printf(&im->arena, "(?:%s)\\..*", part));
    }
    rest = t ? t : "";
    for (char *part; (part = next_part(im, &rest, ','));)
        add_item(im, option, both ? arena_printf(&im->arena, "(?=(?:%s)\\.)(?:%s)", buf_cstr(&any), part) : part);
    buf_done(&any);
}

static bool between(const char *name, const char *head, const char *tail, struct slice *ret)
{
    size_t n = strlen(name), h = strlen(head), t = strlen(tail);
    if (n <= h + t || strncmp(name, head, h) || strcmp(name + n - t, tail))
        return false;
    *ret = slice_of(name + h, n - h - t);
    return true;
}

/* column.mask.with.N.chars, column.truncate.to.N.chars, column.mask.hash[.v2].ALGORITHM.with.salt.SALT: patterns */
static void set_edit(struct import *im, const char *name, const char *value)
{
    struct slice s;
    const char *option = NULL, *hash = "column.mask.hash.", *salt = strstr(name, ".with.salt."), *text = NULL;
    if (between(name, "column.mask.with.", ".chars", &s))
        option = "columns.mask";
    else if (between(name, "column.truncate.to.", ".chars", &s))
        option = "columns.truncate";
    if (option) {
        text = arena_printf(&im->arena, "%.*s", (int)s.n, (const char *)s.p);
    } else if (strncmp(name, hash, strlen(hash)) == 0 && salt) {
        const char *algorithm = name + strlen(hash);
        bool v2 = strncmp(algorithm, "v2.", 3) == 0;
        algorithm += v2 ? 3 : 0;
        option = "columns.hash";
        text = arena_printf(&im->arena, "%s%.*s:${COLUMN_HASH_SALT}", v2 ? "" : "v1:", (int)(salt - algorithm), algorithm);
    } else {
        comment(im, name, "not a form that is known here");
        return;
    }
    for (char *part; (part = next_part(im, &value, ','));)
        add_pair(im, option, part, text, strcmp(option, "columns.hash") != 0);
}

/* "tables:column,column;tables:column" */
static void set_keys(struct import *im, const char *value)
{
    for (char *part; (part = next_part(im, &value, ';'));) {
        char *colon = strrchr(part, ':');
        if (!colon) {
            comment(im, "message.key.columns", "a part of it has no colon");
            return;
        }
        *colon = 0;
        add_pair(im, "columns.key", part, colon + 1, false);
    }
}

static void set_names(struct import *im, const char *name, const char *value)
{
    const char *schema = value_of(im, "schema.name.adjustment.mode"), *field = value_of(im, "field.name.adjustment.mode");
    if (schema && field && strcmp(schema, field) && strcmp(schema, "none") && strcmp(field, "none"))
        comment(im, name, "schemas and fields are named in one way, format.names");
    else if (strcmp(value, "avro_unicode") == 0)
        set(im, "format.names", "avro-unicode");
    else if (strcmp(value, "avro") && strcmp(value, "none"))
        comment(im, name, "format.names is avro or avro-unicode");
}

/* Apicurio's own API and its form of Confluent's stand side by side. */
static void set_registry(struct import *im, const char *value)
{
    const char *v2 = strstr(value, "/apis/registry/v");
    set(im, "registry.url", v2 ? arena_printf(&im->arena, "%.*s/apis/ccompat/v7", (int)(v2 - value), value) : value);
}

static void set_converter(struct import *im, const char *name, const char *value)
{
    const char *rest = strchr(name, '.') + strlen(".converter");
    if (strncmp(name, "header.", 7) == 0) {
        if (!strstr(value, "SimpleHeaderConverter") && !strstr(value, "StringConverter"))
            comment(im, name, "headers are plain text");
    } else if (!*rest) {
        if (!strstr(value, "Avro"))
            comment(im, name, "keys and values are Avro, in Confluent's wire format");
    } else if (strcmp(rest, ".schema.registry.url") == 0 || strcmp(rest, ".apicurio.registry.url") == 0) {
        set_registry(im, value);
    } else if (strcmp(rest, ".auto.register.schemas") == 0 || strcmp(rest, ".apicurio.registry.auto-register") == 0) {
        set(im, "registry.auto-register", strcmp(value, "false") ? "true" : "false");
    } else if (strstr(rest, "basic.auth.user.info")) {
        set(im, "registry.user", arena_printf(&im->arena, "%.*s", (int)strcspn(value, ":"), value));
        option_of(im, "registry.password")->n = 0;
        put_text(option_of(im, "registry.password"), "${REGISTRY_PASSWORD}");
    } else if (strstr(rest, "as-confluent") || strstr(rest, "use-id") || strstr(rest, "schemas.enable") ||
               strstr(rest, "basic.auth.credentials.source") || strstr(rest, "headers.enabled")) {
        return;     /* Confluent's wire format, with basic authentication, is what there is */
    } else {
        comment(im, name, "registry.* says how the registry is reached");
    }
}

/* "SELECT * FROM table WHERE condition", of the table that the property's name ends with. */
static void set_select(struct import *im, const char *name, const char *value)
{
    const char *table = name + strlen("snapshot.select.statement.overrides"), *where = strcasestr(value, " where ");
    if (!*table)
        return;     /* the list of them */
    if (strncasecmp(value, "select * from ", 14) || !where || strcasestr(where, " order by ") || strcasestr(where, " limit ")) {
        comment(im, name, "snapshot.select takes the condition of SELECT * FROM TABLE WHERE CONDITION");
        return;
    }
    struct buf b = { 0 };
    put_value(&b, OPT_INT, where + 7);
    add_pair(im, "snapshot.select", table + 1, buf_cstr(&b), false);
    buf_done(&b);
}

/* ExtractNewRecordState's own properties; false: no counterpart. */
static bool set_flat(struct import *im, const char *property, const char *value)
{
    static const char *const modes[][3] = { { "drop", "drop", "false" }, { "tombstone", "tombstone", "true" }, { "rewrite", "rewrite", "false" },
        { "rewrite-with-tombstone", "rewrite", "true" }, { "delete-to-tombstone", "tombstone", "true" } };
    if (strcmp(property, "add.fields") == 0) {
        set(im, "format.flat-fields", value);
        return true;
    }
    if (strcmp(property, "replace.null.with.default") == 0) {
        set(im, "compat.null-as-default", strcmp(value, "false") ? "true" : "false");
        return true;
    }
    for (size_t i = 0; strcmp(property, "delete.tombstone.handling.mode") == 0 && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(value, modes[i][0]) == 0) {
            set(im, "format.flat-deletes", modes[i][1]);
            set(im, "format.tombstones", modes[i][2]);
            return true;
        }
    return strcmp(property, "type") == 0 || (strcmp(property, "add.fields.prefix") == 0 && strcmp(value, "__") == 0);
}

/* The transforms that have a counterpart; any other is a comment, with all that belongs to it. */
static void set_transform(struct import *im, const char *alias)
{
    const char *type = value_of(im, arena_printf(&im->arena, "transforms.%s.type", alias));
    bool flat = type && strstr(type, "ExtractNewRecordState"), regex = type && strstr(type, "RegexRouter"),
         logical = type && strstr(type, "ByLogicalTableRouter");
    const char *from = value_of(im, arena_printf(&im->arena, logical ? "transforms.%s.topic.regex" : "transforms.%s.regex", alias)),
               *to = value_of(im, arena_printf(&im->arena, logical ? "transforms.%s.topic.replacement" : "transforms.%s.replacement", alias));
    if (flat) {
        set(im, "format.envelope", "flat");
        set(im, "format.flat-fields", "");
        set(im, "format.flat-deletes", "tombstone");
    }
    if ((regex || logical) && from && to) {
        struct buf b = { 0 };
        put_value(&b, OPT_INT, to);
        add_pair(im, "topics.route", from, buf_cstr(&b), false);
        buf_done(&b);
    }
    const char *key, *prefix = arena_printf(&im->arena, "transforms.%s.", alias);
    json_t *value;
    json_object_foreach(im->config, key, value) {
        if (strncmp(key, prefix, strlen(prefix)))
            continue;
        const char *rest = key + strlen(prefix);
        if (flat && !set_flat(im, rest, json_is_string(value) ? json_string_value(value) : ""))
            comment(im, key, "format.flat-* says what the flat value is");
        else if (logical && strcmp(rest, "type") == 0)
            comment(im, key, "topics.route names the topics; the key gets no __dbz__physicalTableIdentifier");
        else if (!flat && !((regex || logical) && (strstr(rest, "regex") || strstr(rest, "replacement") || strcmp(rest, "type") == 0)))
            comment(im, key, "no such transform");
    }
}

static void set_transforms(struct import *im, const char *list)
{
    for (char *alias; (alias = next_part(im, &list, ','));)
        set_transform(im, alias);
}

/* Names that librdkafka shares with the Java producer, with the same meaning. */
static void set_producer(struct import *im, const char *name, const char *value)
{
    static const char *const same[] = { "acks", "compression.type", "linger.ms", "batch.size", "client.id", "security.protocol",
        "sasl.mechanism", "request.timeout.ms", "delivery.timeout.ms", "message.max.bytes", "transaction.timeout.ms",
        "metadata.max.age.ms", "bootstrap.servers", "retry.backoff.ms", "max.in.flight.requests.per.connection", NULL };
    const char *rest = name + strlen("producer.override.");
    for (const char *const *s = same; *s; s++)
        if (strcmp(*s, rest) == 0) {
            struct buf b = { 0 };
            put_value(&b, OPT_INT, value);
            add_pair(im, "kafka", rest, buf_cstr(&b), false);
            buf_done(&b);
            return;
        }
    comment(im, name, strcmp(rest, "max.request.size") == 0 ? "kafka: { message.max.bytes: ... }"
            : strcmp(rest, "sasl.jaas.config") == 0 ? "kafka: { sasl.username: ..., sasl.password: \"${...}\" }"
            : "kafka.* takes librdkafka's properties");
}

static void set_own(struct import *im, const char *name, const char *value)
{
    if (strncmp(name, "column.", 7) == 0)
        set_edit(im, name, value);
    else if (strncmp(name, "snapshot.select.", 16) == 0)
        set_select(im, name, value);
    else if (strcmp(name, "message.key.columns") == 0)
        set_keys(im, value);
    else if (strstr(name, "name.adjustment.mode"))
        set_names(im, name, value);
    else if (strstr(name, ".converter"))
        set_converter(im, name, value);
    else if (strcmp(name, "transforms") == 0)
        set_transforms(im, value);
    else if (strncmp(name, "producer.override.", 18) == 0)
        set_producer(im, name, value);
    else if (strncmp(name, "topic.creation.default.", 23) == 0)
        add_pair(im, "topics.config", name + 23, value, false);
}

/* ---- all of them ---- */

static const struct property *property_of(const char *name)
{
    const struct property *p = properties;
    for (; p->name; p++) {
        size_t n = strlen(p->name);
        if (p->name[n - 1] == '*' ? strncmp(p->name, name, n - 1) == 0 : strcmp(p->name, name) == 0)
            break;
    }
    return p;
}

static void take(struct import *im, const char *name)
{
    const struct property *p = property_of(name);
    const char *v = value_of(im, name);
    if (!v) {
        comment(im, name, "a text was expected");
        return;
    }
    switch (p->how) {
    case COPY:      set(im, p->option, v); break;
    case WORDS:     set_words(im, p, name, v); break;
    case PATTERNS:  add_patterns(im, p->option, v); break;
    case DEFAULT:
        if (strcmp(v, p->words))
            comment(im, name, p->text);
        break;
    case ALWAYS:
    case NOTHING:   comment(im, name, p->text); break;
    case ELSEWHERE: set_own(im, name, v); break;
    }
}

static void take_all(struct import *im)
{
    const char *key, *name = value_of(im, "name"), *prefix = value_of(im, "topic.prefix");
    json_t *value;
    prefix = prefix ? prefix : value_of(im, "database.server.name");
    set(im, "name", name ? name : prefix ? prefix : "feed");
    if (prefix)
        set(im, "topics.prefix", prefix);
    set_conninfo(im);
    set_tables(im, "schema.include.list", "table.include.list", "tables.include");
    set_tables(im, "schema.exclude.list", "table.exclude.list", "tables.exclude");
    set(im, "types.unknown", "skip-column");        /* its default; ours stops */
    put_text(option_of(im, "registry.url"), "${SCHEMA_REGISTRY_URL}");
    json_object_foreach(im->config, key, value)
        take(im, key);
    if (!strstr(buf_cstr(option_of(im, "kafka")), "bootstrap.servers"))
        add_pair(im, "kafka", "bootstrap.servers", "${KAFKA_BOOTSTRAP_SERVERS}", false);
}

static void print(const struct import *im, const char *path)
{
    char section[64] = "";
    printf("# From %s. Any value may hold ${ENVIRONMENT_VARIABLE} or ${file:/path}.\n"
           "# source.conninfo is meant for a standby: put its host there. `tailrace setup` makes a slot on it.\n", path);
    for (size_t i = 0; options[i].key; i++) {
        const char *dot = strchr(options[i].key, '.');
        char own[64] = "";
        if (!im->values[i].n)
            continue;
        if (dot)
            snprintf(own, sizeof own, "%.*s", (int)(dot - options[i].key), options[i].key);
        if (dot && strcmp(own, section))
            printf("%s:\n", own);
        snprintf(section, sizeof section, "%s", own);
        printf("%s%s: %.*s\n", dot ? "  " : "", dot ? dot + 1 : options[i].key, (int)im->values[i].n, (const char *)im->values[i].p);
    }
    if (im->comments.n)
        printf("\n# The connector's other properties:\n%.*s", (int)im->comments.n, (const char *)im->comments.p);
}

static int import_file(const char *path, struct err *err)
{
    json_error_t why;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return err_set(err, ERR_CONFIG, "%s:%d:%d: %s", path, why.line, why.column, why.text);
    struct import im = { .config = json_object_get(root, "config") };
    arena_init(&im.arena, 4096);
    if (!json_is_object(im.config))
        im.config = root;
    else if (json_object_get(root, "name") && !json_object_get(im.config, "name"))
        json_object_set(im.config, "name", json_object_get(root, "name"));
    const char *class = json_is_object(im.config) ? value_of(&im, "connector.class") : NULL;
    int rc = 0;
    if (!class)
        rc = err_set(err, ERR_CONFIG, "%s: there is no connector.class: a connector's JSON is wanted", path);
    else if (!strstr(class, "PostgresConnector"))
        rc = err_set(err, ERR_CONFIG, "%s: connector.class %s: only Debezium's PostgresConnector can be read", path, class);
    else {
        take_all(&im);
        print(&im, path);
    }
    for (size_t i = 0; i < sizeof im.values / sizeof *im.values; i++)
        buf_done(&im.values[i]);
    buf_done(&im.comments);
    arena_done(&im.arena);
    json_decref(root);
    return rc;
}

int cmd_import(int argc, char **argv)
{
    struct err err = { 0 };
    if (argc != 2) {
        fputs("tailrace import: one file is wanted, a Debezium connector's JSON\n", stderr);
        return 2;
    }
    return import_file(argv[1], &err) ? finish_command(&err) : 0;
}
