/* The source block of a record: its schema, and its bytes from an event. */
#include <inttypes.h>
#include <stdio.h>
#include "base/avro.h"
#include "encode/schema_text.h"

/*
 * Every connector writes the same fields first, then a tail of its own. Schema and bytes of a tail
 * stand together here.
 */

static const char postgres_tail[] =
    STRING("schema") "," STRING("table") "," OPT_LONG("txId") "," OPT_LONG("lsn") "," OPT_LONG(
        "xmin") "," OPT_STRING("origin") "," OPT_LONG("origin_lsn");
static const char mysql_tail[] =
    OPT_STRING("table") "," LONG("server_id") "," OPT_STRING("gtid") "," STRING("file") "," LONG(
        "pos") "," INT("row") "," OPT_LONG("thread") "," OPT_STRING("query");

static size_t put_decimal(char *to, uint64_t v)
{
    char rev[20];
    size_t n = 0;
    do
        rev[n++] = (char)('0' + v % 10);
    while (v /= 10);
    for (size_t i = 0; i < n; i++)
        to[i] = rev[n - 1 - i];
    return n;
}

/* ["<end of the last commit>","<this change>"], both decimal; null if there was no commit yet. */
static void postgres_sequence(const struct event *ev, struct buf *out)
{
    char text[64];
    size_t n = 0;
    text[n++] = '[';
    if (ev->last_commit_lsn) {
        text[n++] = '"';
        n += put_decimal(text + n, ev->last_commit_lsn);
        text[n++] = '"';
    } else {
        memcpy(text + n, "null", 4);
        n += 4;
    }
    text[n++] = ',';
    text[n++] = '"';
    n += put_decimal(text + n, ev->lsn);
    text[n++] = '"';
    text[n++] = ']';
    buf_u8(out, 2);
    avro_bytes(out, slice_of(text, n));
}

static void postgres_put_tail(const struct event *ev, struct buf *out)
{
    avro_optional_long(out, ev->txid >= 0, ev->txid);
    avro_optional_long(out, true, (int64_t)ev->lsn);
    buf_u8(out, 0);     /* xmin: null */
    avro_optional_str(out, ev->origin);
    avro_optional_long(out, ev->origin != NULL, (int64_t)ev->origin_lsn);
}

static struct slice postgres_transaction(const struct event *ev, char to[TRANSACTION_ID_MAX])
{
    size_t n = put_decimal(to, (uint64_t)ev->txid);
    to[n++] = ':';
    n += put_decimal(to + n, ev->lsn);
    return slice_of(to, n);
}

static int postgres_fail(const struct event *ev, struct err *err)
{
    return err_wrap(err, "%s.%s at LSN %X/%X", ev->table->schema, ev->table->name,
                    (unsigned)(ev->lsn >> 32), (unsigned)ev->lsn);
}

static void mysql_sequence(const struct event *ev, struct buf *out)
{
    (void)ev;
    buf_u8(out, 0);
}

/* A snapshot's row has only the snapshot's file and position: no transaction wrote it. */
struct binlog_place source_place(const struct event *ev)
{
    struct binlog_place p = *ev->place;
    if (ev->snapshot != SNAP_STREAM) {
        p.row = p.server_id = 0;
        p.gtid = NULL;
        p.thread = -1;
        p.query.p = NULL;
    }
    return p;
}

static void mysql_put_tail(const struct event *ev, struct buf *out)
{
    struct binlog_place p = source_place(ev);
    avro_long(out, p.server_id);
    avro_optional_str(out, p.gtid);
    avro_str(out, p.file);
    avro_long(out, (int64_t)p.pos);
    avro_long(out, p.row);
    avro_optional_long(out, p.thread >= 0, p.thread);
    avro_optional_bytes(out, p.query);
}

static struct slice mysql_transaction(const struct event *ev, char to[TRANSACTION_ID_MAX])
{
    const struct binlog_place *p = ev->place;
    if (p->gtid)
        return slice_str(p->gtid);
    if (ev->tx_begin.n)
        return ev->tx_begin;
    int n = snprintf(to, TRANSACTION_ID_MAX, "file=%s,pos=%" PRIu64, p->file, p->pos);
    return slice_of(to, n < TRANSACTION_ID_MAX ? (size_t)n : TRANSACTION_ID_MAX - 1);
}

static int mysql_fail(const struct event *ev, struct err *err)
{
    return err_wrap(err, "%s.%s at %s:%" PRIu64, ev->table->schema, ev->table->name,
                    ev->place->file, ev->place->pos);
}

struct dialect {
    const char *name;
    const char *tail;               /* fields of the schema */
    bool schema;                    /* has a field "schema", and a table that is never null */
    void (*put_sequence)(const struct event *ev, struct buf *out);      /* with its union branch */
    void (*put_tail)(const struct event *ev, struct buf *out);          /* what follows the table */
    struct slice (*transaction)(const struct event *ev, char to[TRANSACTION_ID_MAX]);
    int (*fail)(const struct event *ev, struct err *err);
};

static const struct dialect dialects[] = {
    [CONNECTOR_POSTGRESQL] = { "postgresql", postgres_tail, true, postgres_sequence,
                               postgres_put_tail, postgres_transaction, postgres_fail },
    [CONNECTOR_MYSQL] = { "mysql", mysql_tail, false, mysql_sequence, mysql_put_tail,
                          mysql_transaction, mysql_fail },
    [CONNECTOR_MARIADB] = { "mariadb", mysql_tail, false, mysql_sequence, mysql_put_tail,
                            mysql_transaction, mysql_fail },
};

static const struct dialect *dialect_of(const struct plan *p)
{
    return &dialects[p->opt->connector];
}

const char *connector_name(enum connector c)
{
    return dialects[c].name;
}

static void put_snapshot_field(const struct plan *p, struct buf *out)
{
    buf_str(out, "{\"name\":\"snapshot\",\"type\":[");
    if (p->opt->types == TYPES_CONNECT)
        buf_str(out,
                "{\"type\":\"string\",\"connect.version\":1,\"connect.parameters\":{\"allowed\":"
                "\"" SNAPSHOT_ALLOWED
                "\"},\"connect.default\":\"false\",\"connect.name\":\"io.debezium.data.Enum\"}");
    else
        buf_str(out, "\"string\"");
    buf_str(out, ",\"null\"],\"default\":\"false\"}");
}

void schema_source(const struct plan *p, bool inside, struct buf *out)
{
    const struct dialect *d = dialect_of(p);
    buf_str(out, "{\"name\":\"source\",\"type\":{\"type\":\"record\",\"name\":\"Source\",");
    if (!inside)
        buf_printf(out, "\"namespace\":\"io.debezium.connector.%s\",", d->name);
    buf_str(out, "\"fields\":[" STRING("version") "," STRING("connector") "," STRING(
                     "name") "," LONG("ts_ms") ",");
    put_snapshot_field(p, out);
    buf_str(out, "," STRING("db") "," OPT_STRING("sequence") "," OPT_LONG("ts_us") "," OPT_LONG(
                     "ts_ns") ",");
    buf_str(out, d->tail);
    buf_u8(out, ']');
    if (p->opt->types == TYPES_CONNECT)
        buf_printf(out,
                   ",\"connect.version\":1,\"connect.name\":\"io.debezium.connector.%s.Source\"",
                   d->name);
    buf_str(out, "}}");
}

void plan_settle_source(struct plan *p, const char *db, const char *schema, const char *table)
{
    const struct dialect *d = dialect_of(p);
    struct buf *b = &p->source;
    b->n = 0;
    avro_str(b, p->opt->version);
    avro_str(b, d->name);
    avro_str(b, p->opt->prefix);
    size_t head = b->n;
    avro_str(b, db);
    size_t database = b->n - head;
    if (d->schema) {
        avro_str(b, schema);
        avro_str(b, table);
    } else {
        avro_optional_str(b, table);
    }
    p->source_head = slice_of(b->p, head);
    p->source_db = slice_of(b->p + head, database);
    p->source_table = slice_of(b->p + head + database, b->n - head - database);
}

static const char *const snapshot_marks[] = { "false", "first", "first_in_data_collection", "true",
                                              "last_in_data_collection", "last", "incremental" };

const char *source_snapshot_mark(const struct event *ev)
{
    return snapshot_marks[ev->snapshot];
}

int64_t source_us(const struct event *ev)
{
    return ev->place && ev->snapshot != SNAP_STREAM ? ev->commit_us - ev->commit_us % 1000000
                                                    : ev->commit_us;
}

void source_put_sequence(const struct plan *p, const struct event *ev, struct buf *out)
{
    dialect_of(p)->put_sequence(ev, out);
}

void envelope_put_source(const struct plan *p, const struct event *ev, struct buf *out)
{
    const struct dialect *d = dialect_of(p);
    int64_t us = source_us(ev);
    buf_put(out, p->source_head.p, p->source_head.n);
    avro_long(out, us / 1000);
    buf_u8(out, 0);
    avro_str(out, source_snapshot_mark(ev));
    buf_put(out, p->source_db.p, p->source_db.n);
    d->put_sequence(ev, out);
    avro_optional_long(out, true, us);
    avro_optional_long(out, true, us * 1000);
    buf_put(out, p->source_table.p, p->source_table.n);
    d->put_tail(ev, out);
}

struct slice transaction_id(const struct encode_options *opt, const struct event *ev,
                            char to[TRANSACTION_ID_MAX])
{
    return dialects[opt->connector].transaction(ev, to);
}

int source_fail(const struct plan *p, const struct event *ev, struct err *err)
{
    return dialect_of(p)->fail(ev, err);
}
