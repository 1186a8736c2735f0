/* Turns a feed's events into records: finds or makes the outlet of each table version, encodes rows
 * and messages with its plan, and adds the records to a batch. */
#include "flow/feed.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "flow/guard.h"
#include "flow/ledger.h"

/* RFC 9562 version 7: 48 bits of milliseconds, then random bits. */
static void uuid_v7(char out[37])
{
    uint8_t u[16];
    if (getrandom(u, sizeof u, 0) != (ssize_t)sizeof u)
        memset(u, 0x5a, sizeof u);
    uint64_t ms = (uint64_t)(clock_wall_ns() / 1000000);
    for (int i = 0; i < 6; i++)
        u[i] = (uint8_t)(ms >> (40 - 8 * i));
    u[6] = (uint8_t)(0x70 | (u[6] & 0x0f));
    u[8] = (uint8_t)(0x80 | (u[8] & 0x3f));
    for (int i = 0, at = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        at += snprintf(out + at, 3, "%02x", u[i]);
    }
}

void feeder_init(struct feeder *f)
{
    uuid_v7(f->run_id);
    namesakes_init(&f->namesakes);
    f->context[0] =
        (struct header){ "__debezium.context.connectorLogicalName", slice_str(f->enc->prefix) };
    f->context[1] = (struct header){ "__debezium.context.taskId", slice_str("0") };
    f->context[2] = (struct header){ "__debezium.context.connectorName",
                                     slice_str(connector_name(f->enc->connector)) };
    f->context[3] = (struct header){ "__debezium.context.runId", slice_str(f->run_id) };
}

void feeder_done(struct feeder *f)
{
    while (f->all) {
        struct feed *next = f->all->next;
        plan_free(f->all->plan);
        free(f->all);
        f->all = next;
    }
    f->messages = f->service[SERVICE_TRANSACTION] = f->service[SERVICE_HEARTBEAT] =
        f->schema_changes = NULL;
    namesakes_done(&f->namesakes);
    free(f->tx.parts);
    buf_done(&f->tx.begin_id);
    f->tx = (struct tx_count){ 0 };
    buf_done(&f->key);
    buf_done(&f->value);
    buf_done(&f->json);
}

void feeder_part(struct feeder *f, const struct table *t)
{
    struct feed **at = &f->all;
    while (*at && *at != t->user)
        at = &(*at)->next;
    if (!t->user || !*at)
        return;
    struct feed *fd = *at;
    *at = fd->next;
    plan_free(fd->plan);
    free(fd);
}

const char *feeder_job_topic(const struct feeder *f, const struct sink_topic *topic)
{
    const struct feed *fd = f->all;
    while (fd && !(topic && fd->of_job && fd->plan && fd->topic == topic))
        fd = fd->next;
    return fd ? plan_topic(fd->plan) : NULL;
}

static int subject_id(struct feeder *f, const struct feed *fd, enum plan_part part, int32_t *ret_id,
                      struct err *err)
{
    const char *schema = plan_schema(fd->plan, part);
    *ret_id = 0;
    if (!f->registry || !schema)
        return 0;
    struct arena a;
    arena_init(&a, 512);
    int rc =
        registry_id(f->registry, plan_subject(plan_topic(fd->plan), part, &a), schema, ret_id, err);
    arena_done(&a);
    return rc;
}

static int feed_connect(struct feeder *f, struct feed *fd, struct err *err)
{
    if (subject_id(f, fd, PLAN_KEY, &fd->key_id, err) ||
        subject_id(f, fd, PLAN_VALUE, &fd->value_id, err))
        return -1;
    struct topic_spec spec = {
        .name = plan_topic(fd->plan),
        .key_schema = plan_schema(fd->plan, PLAN_KEY),
        .value_schema = plan_schema(fd->plan, PLAN_VALUE),
        .framed = f->registry != NULL,
        .in_order = plan_in_order(fd->plan),
        .single = plan_single(fd->plan),
        .manner = f->opt->topics,
    };
    return port_topic(f->port, &spec, &fd->topic, err);
}

/* Makes an outlet. It owns plan from here on, also when this fails. plan NULL: err is set. */
static struct feed *feed_new(struct feeder *f, const struct table *t, struct plan *plan,
                             struct err *err)
{
    if (!plan)
        return NULL;
    struct feed *fd = xcalloc(1, sizeof *fd);
    fd->plan = plan;
    fd->table = t;
    fd->of_job = t && t->topic;
    if (feed_connect(f, fd, err)) {
        plan_free(plan);
        free(fd);
        return NULL;
    }
    fd->next = f->all;
    f->all = fd;
    log_info("topic ready topic=%s key_schema_id=%d value_schema_id=%d table_version=%u",
             plan_topic(plan), fd->key_id, fd->value_id, t ? t->version : 0);
    if (t && t->key_lost && !t->topic && !plan_schema(plan, PLAN_KEY))
        log_warn("records of a table have no key: none is known that it had when they were "
                 "written. Give it a primary key, or name "
                 "columns with columns.key table=%s.%s",
                 t->schema, t->name);
    return fd;
}

static struct feed *feed_paused(struct feeder *f, const struct table *t, const char *why)
{
    struct feed *fd = xcalloc(1, sizeof *fd);
    *fd = (struct feed){ .table = t, .of_job = t->topic != NULL, .paused = true, .next = f->all };
    f->all = fd;
    log_error("table is paused: its changes are not written until its schema fits and the feed "
              "starts again, or the table changes; then "
              "backfill it table=%s.%s reason=\"%s\"",
              t->schema, t->name, why);
    return fd;
}

static bool same_table(const struct table *a, const struct table *b)
{
    return strcmp(a->schema, b->schema) == 0 && strcmp(a->name, b->name) == 0;
}

/* Of those that were met: -1: err, one whose rows would share keys; only topics.route may ask. */
static int check_met(const struct feeder *f, const struct table *t, const struct plan *plan,
                     struct err *err)
{
    for (const struct feed *fd = f->all; fd; fd = fd->next) {
        const struct table *o = fd->table;
        if (!o || !fd->plan || fd->of_job ||
            (o->id == t->id && f->enc->connector == CONNECTOR_POSTGRESQL))
            continue;       /* with the same id, PostgreSQL has renamed the table */
        enum plan_meeting meet = plan_meet(fd->plan, plan);
        if (meet == PLANS_CLASH)
            return namesakes_refuse(o->schema, o->name, t, plan, err);
        if (meet == PLANS_MERGED)
            log_info(
                "two tables share a topic, as topics.route says topic=%s table=%s.%s with=%s.%s",
                plan_topic(plan), t->schema, t->name, o->schema, o->name);
    }
    return 0;
}

/* Rows of two tables under the same keys are mixed up for ever. Looked at once a table. */
static int check_topic(struct feeder *f, const struct table *t, const struct plan *plan,
                       struct err *err)
{
    if (t->topic)
        return 0;
    for (const struct feed *fd = f->all; fd; fd = fd->next)
        if (fd->table && !fd->of_job && same_table(fd->table, t))
            return 0;
    return check_met(f, t, plan, err) || namesakes_check(&f->namesakes, f->src, t, plan, err) ? -1
                                                                                             : 0;
}

/* A version that does not follow what is registered is written, held back, or the end, as
 * sink.on-schema-change says. */
static struct feed *feed_guarded(struct feeder *f, const struct table *t, struct err *err)
{
    struct plan *plan = plan_compile(t, f->enc, err);
    int policy = f->opt->on_schema_change, fits = 1;
    if (plan && check_topic(f, t, plan, err)) {
        plan_free(plan);
        return NULL;
    }
    if (plan && f->registry && policy != ON_SCHEMA_CHANGE_CONTINUE)
        fits = guard_schemas(f->registry, plan, err);
    if (fits == 1 && plan) {
        struct feed *fd = feed_new(f, t, plan, err);
        /* The registry may refuse a schema that fits its latest version but not an older one. */
        bool refused = !fd && err->class == ERR_DATA && policy == ON_SCHEMA_CHANGE_PAUSE;
        return refused ? feed_paused(f, t, err->msg) : fd;
    }
    plan_free(plan);
    return fits == 0 && policy == ON_SCHEMA_CHANGE_PAUSE ? feed_paused(f, t, err->msg) : NULL;
}

static void hold(struct feed *fd)
{
    fd->held++;
    if ((fd->held & (fd->held - 1)) == 0)   /* 1, 2, 4, 8 ... */
        log_warn("a paused table's changes are not written table=%s.%s changes=%llu",
                 fd->table->schema, fd->table->name, (unsigned long long)fd->held);
}

static bool tells_schema(const struct feeder *f)
{
    return f->opt->schema_changes == SCHEMA_CHANGES_ALWAYS ||
           (f->opt->schema_changes == SCHEMA_CHANGES_AUTO && f->source_tells);
}

/* The table carries its outlet (table.user), so no row needs a look-up. Only this function writes
 * to a source's table. */
static struct feed *feed_of(struct feeder *f, const struct event *ev, struct err *err)
{
    if (ev->kind == EV_MESSAGE) {
        if (!f->messages)
            f->messages = feed_new(
                f, NULL, plan_compile_message(ev->database ? ev->database : "", f->enc, err), err);
        return f->messages;
    }
    struct feed *fd = ev->table->user;
    if (fd)
        return fd;
    struct table *t = (struct table *)(uintptr_t)ev->table;
    fd = feed_guarded(f, t, err);
    if (fd)
        fd->stats = stats_table(f->stats, t->schema, t->name);
    t->user = fd;
    return fd;
}

int feeder_key(void *arg, const struct table *t, struct row r, struct buf *out, struct err *err)
{
    const struct event ev = { .kind = EV_READ, .table = t };
    const struct feed *fd = feed_of(arg, &ev, err);
    if (!fd)
        return -1;
    if (fd->paused)
        return err_set(err, ERR_CONFIG, "table %s.%s is paused: its records are not written",
                       t->schema, t->name);
    if (!plan_schema(fd->plan, PLAN_KEY) || !r.cells)
        return err_set(err, ERR_CONFIG, "table %s.%s has no key: no record says which row it is "
                       "about", t->schema, t->name);
    return plan_encode_key(fd->plan, r, out, err);
}

static bool skipped(const struct feeder *f, char op)
{
    return f->opt->skipped && strchr(f->opt->skipped, op);
}

bool feeder_wants(const struct feeder *f, const struct event *ev)
{
    switch (ev->kind) {
    case EV_INSERT:   return !skipped(f, 'c');
    case EV_UPDATE:   return !skipped(f, 'u');
    case EV_DELETE:   return !skipped(f, 'd');
    /* a flat record has only a row, and a TRUNCATE has none */
    case EV_TRUNCATE: return !skipped(f, 't') && f->enc->envelope == ENVELOPE_DEBEZIUM;
    case EV_READ:
    case EV_MESSAGE:  return true;
    case EV_SCHEMA:   return tells_schema(f);
    case EV_BEGIN:
    case EV_COMMIT:   return f->opt->transactions;
    default:          return false;
    }
}

/* The registry's frame: a zero byte, then the schema id, big-endian (Confluent wire format). */
static void frame(const struct feeder *f, int32_t id, struct buf *out)
{
    out->n = 0;
    if (!f->registry)
        return;
    uint32_t u = (uint32_t)id;
    uint8_t head[5] = { 0, (uint8_t)(u >> 24), (uint8_t)(u >> 16), (uint8_t)(u >> 8), (uint8_t)u };
    buf_put(out, head, sizeof head);
}

struct outlet {
    struct feeder *f;
    const struct feed *fd;
    const struct event *ev;
    struct batch *batch;
};

/* extra NULL: only the connector's headers, which all records of the feed share. */
static void add_headers(const struct outlet *o, struct record *r, const struct header *extra)
{
    bool own = o->f->opt->headers && (o->fd->table || o->fd == o->f->schema_changes);
    r->headers = o->f->context;
    r->nheaders = own ? sizeof o->f->context / sizeof *o->f->context : 0;
    if (!extra)
        return;
    struct header *h = arena_alloc(&o->batch->arena, (r->nheaders + 1) * sizeof *h);
    h[0] = *extra;
    memcpy(h + 1, r->headers, r->nheaders * sizeof *h);
    r->headers = h;
    r->nheaders++;
}

/* value NULL: a tombstone. */
static void send(struct outlet *o, struct slice key, const struct buf *value,
                 const struct header *extra)
{
    if (o->ev->known)
        return;
    struct record *r = batch_add(o->batch);
    r->topic = o->fd->topic;
    r->key = key;
    if (value)
        r->value = arena_dup(&o->batch->arena, buf_slice(value));
    add_headers(o, r, extra);
}

static int framed_key(struct outlet *o, struct slice body, struct slice *ret_key, struct err *err)
{
    if (plan_check_key(o->fd->plan, body, err))
        return -1;
    frame(o->f, o->fd->key_id, &o->f->key);
    buf_put(&o->f->key, body.p, body.n);
    *ret_key = arena_dup(&o->batch->arena, buf_slice(&o->f->key));
    return 0;
}

static int key_of(struct outlet *o, struct row r, struct slice *ret_key, struct err *err)
{
    const struct table *t = o->fd->table;
    *ret_key = (struct slice){ NULL, 0 };
    if (!plan_schema(o->fd->plan, PLAN_KEY))
        return 0;
    if (!r.cells)       /* without a key nobody could tell which row changed */
        return err_set(err, ERR_DATA, "%s.%s: a change came without the row's key: set REPLICA "
                       "IDENTITY FULL, or USING INDEX with the key's index", t->schema, t->name);
    frame(o->f, o->fd->key_id, &o->f->key);
    if (plan_encode_key(o->fd->plan, r, &o->f->key, err))
        return -1;
    *ret_key = arena_dup(&o->batch->arena, buf_slice(&o->f->key));
    return 0;
}

/* ---- transactions ---- */

static struct feed *service_of(struct feeder *f, enum service kind, struct err *err)
{
    if (!f->service[kind])
        f->service[kind] = feed_new(f, NULL, plan_compile_service(kind, f->enc), err);
    return f->service[kind];
}

static int send_service(struct outlet o, enum service kind, const struct service_record *r,
                        struct err *err)
{
    struct feed *fd = service_of(o.f, kind, err);
    if (!fd)
        return -1;
    o.fd = fd;
    frame(o.f, fd->key_id, &o.f->key);
    plan_encode_service(fd->plan, PLAN_KEY, r, &o.f->key);
    struct slice key = arena_dup(&o.batch->arena, buf_slice(&o.f->key));
    frame(o.f, fd->value_id, &o.f->value);
    plan_encode_service(fd->plan, PLAN_VALUE, r, &o.f->value);
    send(&o, key, &o.f->value, NULL);
    return 0;
}

/* BEGIN goes out with the transaction's first record. No position lies between the two, so a
 * restart neither repeats nor loses BEGIN. */
static int say_begin(struct outlet *o, struct err *err)
{
    struct tx_count *t = &o->f->tx;
    if (t->said)
        return 0;
    t->said = true;
    return send_service(
        *o, SERVICE_TRANSACTION,
        &(struct service_record){ .id = buf_slice(&t->begin_id), .ts_ms = t->commit_us / 1000 },
        err);
}

/* The table's index in parts. It is looked up once per transaction and table version. */
static size_t part_of(struct tx_count *t, struct feed *fd)
{
    const char *schema = fd->table ? fd->table->schema : NULL,
               *name = fd->table ? fd->table->name : "LOGICAL_DECODING_MESSAGE";
    size_t i = 0;
    if (fd->tx_serial == t->serial)
        return fd->tx_part;
    while (i < t->nparts && (strcmp(t->parts[i].table, name) || !t->parts[i].schema != !schema ||
                             (schema && strcmp(t->parts[i].schema, schema))))
        i++;
    if (i == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 16;
        t->parts = xrealloc(t->parts, t->cap, sizeof *t->parts);
    }
    if (i == t->nparts)
        t->parts[t->nparts++] = (struct tx_part){ schema, name, 0 };
    fd->tx_serial = t->serial;
    return fd->tx_part = i;
}

/*
 * Gives the record its order in its transaction and in its table's part of it. Rows read beside the
 * stream, a repair's deletes, and messages outside a transaction have no order.
 */
static int count(struct outlet *o, struct event *ev, struct err *err)
{
    struct tx_count *t = &o->f->tx;
    bool beside = ev->kind == EV_READ || ev->key.p;
    if (!o->f->opt->transactions || beside || (!ev->place && ev->txid < 0))
        return 0;
    if (say_begin(o, err))
        return -1;
    ev->tx_order = ++t->records;
    ev->tx_begin = buf_slice(&t->begin_id);
    size_t part = part_of(t, (struct feed *)(uintptr_t)o->fd);
    ev->tx_table_order = ++t->parts[part].records;
    return 0;
}

static int begin(struct feeder *f, const struct event *ev)
{
    struct tx_count *t = &f->tx;
    char id[TRANSACTION_ID_MAX];
    struct slice name = transaction_id(f->enc, ev, id);
    t->serial++;
    t->begin_id.n = 0;
    buf_put(&t->begin_id, name.p, name.n);
    t->commit_us = ev->commit_us;
    t->said = false;
    t->records = t->nparts = 0;
    return 0;
}

static int commit(struct outlet *o, struct err *err)
{
    const struct tx_count *t = &o->f->tx;
    struct event end = *o->ev;
    char id[TRANSACTION_ID_MAX];
    end.tx_begin = buf_slice(&t->begin_id);
    return say_begin(o, err)
               ? -1
               : send_service(*o, SERVICE_TRANSACTION,
                              &(struct service_record){ .end = true,
                                                        .id = transaction_id(o->f->enc, &end, id),
                                                        .ts_ms = end.commit_us / 1000,
                                                        .records = t->records,
                                                        .parts = t->parts,
                                                        .nparts = t->nparts },
                              err);
}

/* ---- rows ---- */

static int send_op(struct outlet *o, char op, const struct event *original, struct slice key,
                   const struct header *extra, struct err *err)
{
    struct event place, *ev = &place;
    place = *original;
    if (count(o, ev, err))
        return -1;
    frame(o->f, o->fd->value_id, &o->f->value);
    if (plan_encode_value(o->fd->plan, op, ev, &o->f->value, err))
        return -1;
    send(o, key, &o->f->value, extra);
    return 0;
}

static int send_delete(struct outlet *o, const struct event *ev, const struct header *extra,
                       struct err *err)
{
    const struct encode_options *enc = o->f->enc;
    bool flat = enc->envelope == ENVELOPE_FLAT,
         row = !flat || enc->flat_deletes == FLAT_DELETES_REWRITE;
    bool tombstone = flat && enc->flat_deletes != FLAT_DELETES_REWRITE
                         ? enc->flat_deletes == FLAT_DELETES_TOMBSTONE
                         : o->f->opt->tombstones;
    struct slice key;
    int rc = ev->key.p ? framed_key(o, ev->key, &key, err) : key_of(o, ev->before, &key, err);
    if (rc || (row && send_op(o, 'd', ev, key, extra, err)))
        return -1;
    if (tombstone)
        send(o, key, NULL, extra);
    return 0;
}

static int key_header(struct outlet *o, const char *name, struct row r, struct header *ret,
                      struct err *err)
{
    size_t at = o->f->json.n;
    if (plan_key_json(o->fd->plan, r, &o->f->json, err))
        return -1;
    *ret = (struct header){ name, arena_dup(&o->batch->arena,
                                            slice_of(o->f->json.p + at, o->f->json.n - at)) };
    return 0;
}

/* Debezium's PostgreSQL connector takes a key change for a delete and an insert, and may skip one
 * of them. Its MySQL connector takes it for an update, which is skipped whole or not at all. */
static bool half_skipped(const struct feeder *f, char op)
{
    return f->enc->connector == CONNECTOR_POSTGRESQL && skipped(f, op);
}

/* A key changed: deletes the old key, with a header that names the new key, and creates the new
 * key, with a header that names the old one. */
static int send_key_change(struct outlet *o, const struct event *ev, struct err *err)
{
    struct header newkey, oldkey;
    o->f->json.n = 0;
    if (key_header(o, "__debezium.newkey", ev->after, &newkey, err) ||
        key_header(o, "__debezium.oldkey", ev->before, &oldkey, err))
        return -1;
    struct event del = *ev, ins = *ev;
    del.kind = EV_DELETE;
    del.after.cells = NULL;
    ins.kind = EV_INSERT;
    ins.before.cells = NULL;
    struct slice key;
    if (!half_skipped(o->f, 'd') && send_delete(o, &del, o->f->opt->headers ? &newkey : NULL, err))
        return -1;
    if (half_skipped(o->f, 'c'))
        return 0;
    return key_of(o, ev->after, &key, err)
               ? -1
               : send_op(o, 'c', &ins, key, o->f->opt->headers ? &oldkey : NULL, err);
}

static int send_message(struct outlet *o, struct err *err)
{
    struct event place = *o->ev;
    if (count(o, &place, err))
        return -1;
    frame(o->f, o->fd->key_id, &o->f->key);
    frame(o->f, o->fd->value_id, &o->f->value);
    if (plan_encode_message(o->fd->plan, PLAN_KEY, &place, &o->f->key, err) ||
        plan_encode_message(o->fd->plan, PLAN_VALUE, &place, &o->f->value, err))
        return -1;
    send(o, arena_dup(&o->batch->arena, buf_slice(&o->f->key)), &o->f->value, NULL);
    return 0;
}

/* ---- schema changes ---- */

static int send_schema(struct outlet o, const struct event *ev, struct err *err)
{
    struct feeder *f = o.f;
    if (!f->schema_changes)
        f->schema_changes = feed_new(f, NULL, plan_compile_schema_change(f->enc), err);
    if (!f->schema_changes)
        return -1;
    o.fd = f->schema_changes;
    o.ev = ev;
    frame(f, o.fd->key_id, &f->key);
    plan_encode_schema_change(o.fd->plan, PLAN_KEY, ev, &f->key);
    struct slice key = arena_dup(&o.batch->arena, buf_slice(&f->key));
    frame(f, o.fd->value_id, &f->value);
    plan_encode_schema_change(o.fd->plan, PLAN_VALUE, ev, &f->value);
    send(&o, key, &f->value, NULL);
    return 0;
}

/* Sends a table version's shape before its first row, if the source does not tell shapes itself. A
 * backfill's own view of a table has no shape. */
static int send_shape(struct outlet *o, struct err *err)
{
    const struct event *row = o->ev;
    const struct table *t = row->table;
    const struct feed *fd = t ? t->user : NULL;
    if (!t || (fd && fd->shown) || t->topic || o->f->source_tells || !tells_schema(o->f))
        return 0;
    struct table_change change = { t->version == 1 ? TABLE_CREATED : TABLE_ALTERED, t };
    struct schema_change s = { .database = t->database,
                               .schema = t->schema,
                               .tables = t->name,
                               .changes = &change,
                               .nchanges = 1 };
    struct event ev = *row;
    ev.kind = EV_SCHEMA;
    ev.schema = &s;
    /* the shape goes out again after a restart: this process does not know what was sent before */
    ev.known = false;
    return send_schema(*o, &ev, err);
}

/* MySQL's TRUNCATE is a statement, and so a transaction of its own. */
static int send_truncate(struct outlet *o, const struct event *ev, struct err *err)
{
    struct slice none = { NULL, 0 };
    if (!ev->place || !o->f->opt->transactions)
        return send_op(o, 't', ev, none, NULL, err);
    begin(o->f, ev);
    return send_op(o, 't', ev, none, NULL, err) || commit(o, err) ? -1 : 0;
}

static int send_update(struct outlet *o, const struct event *ev, struct err *err)
{
    struct slice key;
    if (plan_key_changed(o->fd->plan, ev))
        return send_key_change(o, ev, err);
    return key_of(o, ev->after, &key, err) ? -1 : send_op(o, 'u', ev, key, NULL, err);
}

static int send_new(struct outlet *o, char op, const struct event *ev, struct err *err)
{
    struct slice key;
    return key_of(o, ev->after, &key, err) ? -1 : send_op(o, op, ev, key, NULL, err);
}

static int emit(struct feeder *f, const struct event *ev, struct batch *batch, struct err *err)
{
    struct outlet o = { f, NULL, ev, batch };
    if (ev->kind == EV_BEGIN)
        return begin(f, ev);
    if (ev->kind == EV_COMMIT)
        return commit(&o, err);
    if (ev->kind == EV_SCHEMA)
        return send_schema(o, ev, err);
    if (send_shape(&o, err))
        return -1;
    struct feed *fd = feed_of(f, ev, err);
    if (!fd)
        return -1;
    fd->shown = true;
    if (fd->paused && ev->key.p)
        return err_set(err, ERR_CONFIG, "table %s.%s is paused: its records are not written",
                       ev->table->schema, ev->table->name);
    if (fd->paused) {
        hold(fd);
        return 0;
    }
    o.fd = fd;
    switch (ev->kind) {
    case EV_INSERT:   return send_new(&o, 'c', ev, err);
    case EV_READ:     return send_new(&o, 'r', ev, err);
    case EV_UPDATE:   return send_update(&o, ev, err);
    case EV_DELETE:   return send_delete(&o, ev, NULL, err);
    case EV_TRUNCATE: return send_truncate(&o, ev, err);
    case EV_MESSAGE:  return send_message(&o, err);
    default:          return 0;
    }
}

int feeder_emit(struct feeder *f, const struct event *ev, struct batch *batch, struct err *err)
{
    uint32_t before = batch->nrecords;
    int rc = emit(f, ev, batch, err);
    if (rc)
        batch->nrecords = before;
    return rc;
}

int feeder_heartbeat(struct feeder *f, struct batch *batch, struct err *err)
{
    static const struct event none = { .kind = EV_POSITION };
    struct outlet o = { f, NULL, &none, batch };
    return send_service(o, SERVICE_HEARTBEAT,
                        &(struct service_record){ .ts_ms = clock_wall_ns() / 1000000 }, err);
}
