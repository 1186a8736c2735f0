/* The Kafka sink: puts records, takes their delivery reports, opens and closes the producer.
 * kafka_txn.c has the sink's transactions and the position. */
#include "sink/kafka.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/xalloc.h"

enum { CLOSE_MS = 1000, MAX_FIELDS = 6, HURRY_MS = 1, HURRY_EVERY_US = 2000, STALL_US = 20000 };
/* message.timeout.ms without transactions. No broker refuses what an older instance still sends, so
 * the producer gives up records of this age, and the feed reads them again. */
#define HELD_MS "20000"

static struct kafka *self(struct sink *base)
{
    return (struct kafka *)base;
}

bool kafka_stopping(const struct kafka *k)
{
    return k->opt->stop && *k->opt->stop;
}

/* A refused record that waits until the gate of the dead-letter topic opens. */
struct grave {
    const char *topic;          /* the refused record's topic; borrowed from the sink */
    struct buf key;
    bool keyless;
    struct slice value;         /* borrowed from the batch */
    struct batch *batch;
    rd_kafka_resp_err_t reason;
    struct grave *next;
};

rd_kafka_resp_err_t kafka_produce(struct kafka *k, struct sink_topic *t, int32_t partition,
                                  struct slice key, struct slice value, rd_kafka_headers_t *h,
                                  void *opaque)
{
    rd_kafka_vu_t vu[MAX_FIELDS] = {
        { .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = t->rkt },
        { .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition },
        { .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { (void *)(uintptr_t)value.p, value.n } },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)(uintptr_t)key.p, key.n } },
        { .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque },
    };
    size_t n = 5;
    if (kafka_gate_closed(t, partition)) {
        if (h)
            rd_kafka_headers_destroy(h);
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    }
    if (h)
        vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = h };
    rd_kafka_error_t *e = rd_kafka_produceva(k->rk, vu, n);
    if (!e) {
        kafka_gate_passed(k, t, partition);
        if (k->hangs)
            kafka_hang_passed(k, t, partition);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    rd_kafka_error_destroy(e);
    if (h)
        rd_kafka_headers_destroy(h);
    return code;
}

struct sink_topic *kafka_topic_known(const struct kafka *k, const char *name)
{
    struct sink_topic *t = k->topics;
    while (t && strcmp(t->name, name))
        t = t->next;
    return t;
}

static struct sink_topic *topic_named(struct kafka *k, const char *name)
{
    struct sink_topic *t = kafka_topic_known(k, name);
    if (t)
        return t;
    t = xcalloc(1, sizeof *t);
    t->name = xstrdup(name);
    t->next = k->topics;
    k->topics = t;
    return t;
}

/* ---- reports ---- */

static bool is_refusal(rd_kafka_resp_err_t e)
{
    return kafka_class(e) == ERR_DATA || e == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

/* Keeps the first reason. Only an error that time cannot mend replaces an ERR_RETRY. */
static void fail(struct kafka *k, enum err_class class, const char *why)
{
    if (k->failed && (k->why.class != ERR_RETRY || class == ERR_RETRY))
        return;
    k->failed = true;
    err_set(&k->why, class, "%s", why);
}

/* Writes the error's text: the client or a broker refused the record, or no broker took it in
 * time. */
static void say_refused(const struct kafka *k, char *to, size_t n, const char *topic,
                        struct slice key, size_t bytes, rd_kafka_resp_err_t e)
{
    struct err late;
    if (e == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
        kafka_said_late(k, topic, &late);
        snprintf(to, n, "%.*s", (int)n - 1, late.msg);
        return;
    }
    const char *todo = kafka_todo(e, key.p != NULL);
    snprintf(to, n, "topic %s: a record of %zu bytes was refused: %s%s%s", topic, bytes,
             rd_kafka_err2str(e), *todo ? " -> " : "", todo);
}

static void add_header(rd_kafka_headers_t *h, const char *name, const char *value)
{
    rd_kafka_header_add(h, name, -1, value, -1);
}

/* Rows only. A value kept beside the position must not be lost; a refused dead letter has no other
 * place to go. */
static bool may_be_buried(const struct kafka *k, const char *topic)
{
    return k->dead_letters && strcmp(topic, k->dead_letters->name) &&
           strcmp(topic, k->positions->name) && k->opt->exactly_once == k->in_txn;
}

static rd_kafka_resp_err_t bury_now(struct kafka *k, const char *topic, struct slice key,
                                    struct slice value, struct batch *batch,
                                    rd_kafka_resp_err_t reason)
{
    bool large = reason == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    char bytes[24];
    snprintf(bytes, sizeof bytes, "%zu", value.n);
    rd_kafka_headers_t *h = rd_kafka_headers_new(4);
    add_header(h, "__tailrace.error.topic", topic);
    add_header(h, "__tailrace.error.reason", rd_kafka_err2str(reason));
    add_header(h, "__tailrace.error.feed", batch->feed->name);
    add_header(h, "__tailrace.error.value.bytes", bytes);
    rd_kafka_resp_err_t e = kafka_produce(k, k->dead_letters, 0, key,
                                          large ? (struct slice){ NULL, 0 } : value, h, batch);
    if (!e)
        log_warn("a record was refused and sent to the dead-letter topic topic=%s reason=\"%s\" "
                 "value_bytes=%zu",
                 topic, rd_kafka_err2str(reason), value.n);
    return e;
}

/* Sends the record to the dead-letter topic, with the reason. A record that is too large goes
 * without its value. */
static bool bury(struct kafka *k, const char *topic, struct slice key, struct slice value,
                 struct batch *batch, rd_kafka_resp_err_t reason)
{
    if (!may_be_buried(k, topic))
        return false;
    rd_kafka_resp_err_t e =
        k->graves ? RD_KAFKA_RESP_ERR__QUEUE_FULL : bury_now(k, topic, key, value, batch, reason);
    if (e != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return !e;
    struct grave *g = xcalloc(1, sizeof *g), **at = &k->graves;
    *g = (struct grave){ .topic = topic_named(k, topic)->name,
                         .keyless = !key.p,
                         .value = value,
                         .batch = batch,
                         .reason = reason };
    buf_put(&g->key, key.p, key.n);
    while (*at)
        at = &(*at)->next;
    *at = g;
    return true;
}

static void take_grave(struct kafka *k)
{
    struct grave *g = k->graves;
    k->graves = g->next;
    buf_done(&g->key);
    free(g);
}

bool kafka_bury_waiting(struct kafka *k)
{
    for (struct grave *g; (g = k->graves) && !k->failed; take_grave(k)) {
        char why[900];
        struct slice key = g->keyless ? (struct slice){ NULL, 0 } : buf_slice(&g->key);
        rd_kafka_resp_err_t e = bury_now(k, g->topic, key, g->value, g->batch, g->reason);
        if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return false;
        if (!e)
            continue;
        g->batch->refused = topic_named(k, g->topic);
        say_refused(k, why, sizeof why, g->topic, key, g->value.n, g->reason);
        fail(k, kafka_class(g->reason), why);
    }
    return !k->graves;
}

/*
 * The transactional id may now belong to another instance. Or it belongs to nobody: the brokers
 * ended a transaction that took too long, or a request of this process came late. In that doubt
 * the sink looks at the position (kafka_txn_ours) before it takes the id again.
 */
static void note_fatal(struct kafka *k, rd_kafka_resp_err_t e, const char *text)
{
    char why[800];
    if (k->fatal_seen)
        return;
    k->fatal_seen = true;
    bool fenced = kafka_class(e) == ERR_FATAL && k->opt->exactly_once,
         expired = fenced && kafka_txn_expired(k);
    k->doubt = expired || k->opt->shared || (fenced && kafka_unanswered_init(&k->unanswered));
    if (!fenced)
        snprintf(why, sizeof why, "the Kafka client stopped: %s", text);
    else if (k->opt->shared && !expired)
        snprintf(why, sizeof why,
                 "the producer of several feeds was fenced: perhaps another instance has taken one "
                 "of them over (%s)",
                 text);
    else if (k->doubt)
        snprintf(why, sizeof why, "the producer was fenced, perhaps %s (%s)",
                 expired ? "by the brokers, as its transaction took "
                           "longer than kafka.transaction.timeout.ms"
                         : "by its own request that came late",
                 text);
    else
        snprintf(why, sizeof why, "another instance of feed \"%s\" has taken over (%s)", k->opt->id,
                 text);
    k->base.fenced = fenced && !k->doubt;
    enum err_class other = kafka_class(e) == ERR_CONFIG ? ERR_CONFIG : ERR_RETRY;
    fail(k, fenced && !k->doubt ? ERR_FATAL : other, why);
}

static void note_time(struct kafka *k, const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    struct sink_topic *t = m->rkt ? kafka_topic_known(k, rd_kafka_topic_name(m->rkt)) : NULL;
    (void)rd_kafka_message_timestamp(m, &type);
    if (t && !m->err)
        t->append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
    (void)rk;
    struct kafka *k = arg;
    struct batch *batch = m->_private;
    if (k->closing)
        return;
    const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : "?";
    kafka_gate_reported(k, m);
    if (k->hangs)
        note_time(k, m);
    if (!m->err) {
        k->said.since_ns = 0;
        if (batch)
            batch->inflight--;
        else
            k->nstored++;
        return;
    }
    struct slice key = { m->key, m->key_len }, value = { m->payload, m->len };
    if (batch && is_refusal(m->err) && !k->opt->exactly_once &&
        bury(k, topic, key, value, batch, m->err))
        return;     /* still in flight, on its way to the other topic */
    char why[900];
    if (kafka_class(m->err) == ERR_FATAL) {
        note_fatal(k, m->err, rd_kafka_err2str(m->err));
        return;
    }
    k->purged |=
        m->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || m->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (batch && is_refusal(m->err))
        batch->refused = topic_named(k, topic);
    say_refused(k, why, sizeof why, topic, key, value.n, m->err);
    fail(k, kafka_class(m->err), why);
}

/* The client gave records up because the transaction had failed. If the transaction's own error is
 * one that time cannot mend, that error is the reason. */
static void find_reason(struct kafka *k)
{
    struct err why = { 0 };
    k->purged = false;
    if (kafka_txn_reason(k, &why) && why.class == ERR_CONFIG)
        fail(k, why.class, why.msg);
}

int kafka_trouble(struct kafka *k, struct err *err)
{
    char text[512];
    rd_kafka_resp_err_t e = rd_kafka_fatal_error(k->rk, text, sizeof text);
    if (e)
        note_fatal(k, e, text);
    if (k->purged)
        find_reason(k);
    if (!k->failed)
        return 0;
    *err = k->why;
    return -1;
}

/* ---- life ---- */

/*
 * last: no producer comes after this one, so it aborts the transaction that it left open. An open
 * transaction would hide later records from every reader until the brokers' timeout. Otherwise the
 * next producer ends it, with a new epoch that fences requests still on their way.
 */
static void close_client(struct kafka *k, bool last)
{
    if (!k->rk)
        return;
    k->closing = true;
    if (k->in_txn && last)
        rd_kafka_error_destroy(rd_kafka_abort_transaction(k->rk, CLOSE_MS));
    rd_kafka_purge(k->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(k->rk, CLOSE_MS);
    for (struct sink_topic *t = k->topics; t; t = t->next) {
        if (t->rkt)
            rd_kafka_topic_destroy(t->rkt);
        t->rkt = NULL;
        t->looked = false;
    }
    rd_kafka_destroy(k->rk);
    k->rk = NULL;
    while (k->graves)
        take_grave(k);
    kafka_gates_close(k);
    kafka_hang_pause(k);
    k->closing = k->failed = k->purged = k->fatal_seen = k->in_txn = false;
    k->store = STORE_IDLE;
    k->nsent = 0;
}

static bool has_timeout(const struct kafka_options *opt)
{
    for (const struct kv *p = opt->props; p && p->key; p++)
        if (strcmp(p->key, "message.timeout.ms") == 0 || strcmp(p->key, "delivery.timeout.ms") == 0)
            return true;
    return false;
}

static rd_kafka_conf_t *producer_conf(struct kafka *k, struct err *err)
{
    char why[256], id[300];
    rd_kafka_conf_t *conf = kafka_conf(k->opt, err);
    if (!conf)
        return NULL;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, k);
    kafka_unanswered_watch(&k->unanswered, conf);
    kafka_said_count(&k->said, conf);
    snprintf(id, sizeof id, "tailrace-%s", k->opt->id);
    if (rd_kafka_conf_set(conf, "enable.idempotence", "true", why, sizeof why) ||
        (!k->opt->exactly_once && !has_timeout(k->opt) &&
         rd_kafka_conf_set(conf, "message.timeout.ms", HELD_MS, why, sizeof why)) ||
        (k->opt->exactly_once &&
         rd_kafka_conf_set(conf, "transactional.id", id, why, sizeof why))) {
        err_set(err, ERR_CONFIG, "kafka: %s", why);
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    return conf;
}

/* Warns once a process: a new session tells nothing new. */
static void say_in_clear(struct kafka *k)
{
    struct slice host = kafka_in_clear(k->opt);
    if (host.n && !k->told_clear)
        log_warn("a password was used without TLS host=%.*s todo=\"kafka.security.protocol: "
                 "sasl_ssl, with ssl.ca.location, or a SCRAM "
                 "mechanism\"",
                 (int)host.n, (const char *)host.p);
    k->told_clear = true;
}

static int open_sink(struct sink *base, struct err *err)
{
    struct kafka *k = self(base);
    char why[256];
    close_client(k, false);
    k->positions_gone = false;
    if (!k->opt->exactly_once && kafka_pause_watch(&k->pause, err))
        return -1;
    rd_kafka_conf_t *conf = producer_conf(k, err);
    if (!conf)
        return -1;
    k->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!k->rk) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    kafka_gates_close(k);
    say_in_clear(k);
    bool looks = k->opt->exactly_once && !k->opt->shared;
    if (looks && kafka_topics_led(k, err))
        return -1;
    if (k->opt->exactly_once && (kafka_txn_ours(k, err) || kafka_txn_init(k, err)))
        return -1;
    k->positions = topic_named(k, k->opt->position_topic);
    if (k->opt->dead_letter)
        k->dead_letters = topic_named(k, k->opt->dead_letter_topic);
    for (struct sink_topic *t = k->topics; t; t = t->next)
        if (kafka_topic_ready(k, t, t == k->positions, err))
            return -1;
    if (kafka_positions_stay(k, (size_t)k->positions->partitions, err))
        return -1;
    if (k->dead_letters)
        k->dead_letters->looked = true;     /* a refused record is written in mid-transaction */
    return looks ? kafka_hang_positions(k, err) : 0;
}

/* The position topic is read by key, record by record: a table's record in it could be taken for a
 * position. */
int kafka_topic_free(const struct kafka *k, const char *name, struct err *err)
{
    if (strcmp(name, k->opt->position_topic) == 0)
        return err_set(err, ERR_CONFIG,
                       "topic %s of a table is also topics.position: give one of them another name "
                       "(topics.route, "
                       "topics.position)",
                       name);
    if (k->opt->dead_letter && strcmp(name, k->opt->dead_letter_topic) == 0)
        return err_set(
            err, ERR_CONFIG,
            "topic %s of a table is also sink.dead-letter-topic: give one of them another name "
            "(topics.route, sink.dead-letter-topic)",
            name);
    return 0;
}

static int topic(struct sink *base, const struct topic_spec *spec, struct sink_topic **ret,
                 struct err *err)
{
    struct kafka *k = self(base);
    if (!spec->own && kafka_topic_free(k, spec->name, err))
        return -1;
    struct sink_topic *t = topic_named(k, spec->name);
    t->in_order = spec->in_order;
    t->single = spec->single;
    t->manner = spec->manner;
    *ret = t;
    return t->rkt && t->partitions ? 0 : kafka_topic_ready(k, t, false, err);
}

/* ---- records ---- */

/*
 * Another instance may have replaced a process that stood still (SIGSTOP, a frozen container, a
 * suspended host). With transactions the brokers fence the process. Without them it gives up what
 * it holds before it takes anything more, and reads the position again.
 */
static int check_pause(struct kafka *k, struct err *err)
{
    int64_t stood_us = k->opt->exactly_once || k->failed ? 0 : kafka_pause_seen(&k->pause);
    char why[256];
    if (!stood_us)
        return 0;
    rd_kafka_purge(k->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    snprintf(why, sizeof why,
             "the process stood still for %lld s and another instance may have taken over: what "
             "was not delivered "
             "is dropped, and read again from the stored position",
             (long long)(stood_us / 1000000));
    fail(k, ERR_RETRY, why);
    return kafka_trouble(k, err);
}

static rd_kafka_headers_t *headers_of(const struct record *r)
{
    rd_kafka_headers_t *h = rd_kafka_headers_new(r->nheaders);
    for (uint32_t i = 0; i < r->nheaders; i++)
        rd_kafka_header_add(h, r->headers[i].name, -1, r->headers[i].value.p,
                            (ssize_t)r->headers[i].value.n);
    return h;
}

static int put_failed(struct kafka *k, const struct record *r, rd_kafka_resp_err_t e,
                      struct err *err)
{
    char why[900];
    if (!is_refusal(e) && kafka_txn_failed(k, err))
        return -1;
    say_refused(k, why, sizeof why, r->topic->name, r->key, r->value.n, e);
    return err_set(err, kafka_class(e), "%s", why);
}

/*
 * Not of the position topic: its reading comes to its end only where nothing is open there. Nor by
 * feeds that share a producer: one's position says nothing of another's records.
 */
static int look(struct kafka *k, const struct record *r, const struct batch *batch, struct err *err)
{
    bool may = k->opt->exactly_once && !k->opt->shared && !r->topic->looked;
    return may && r->topic != k->positions ? kafka_hang_look(k, batch->feed, r->topic, err) : 0;
}

static enum sink_put put(struct sink *base, const struct record *r, struct batch *batch,
                         struct err *err)
{
    struct kafka *k = self(base);
    if (check_pause(k, err) || look(k, r, batch, err) || kafka_txn_begin(k, err))
        return SINK_FAILED;
    /* Records without a key keep their order in one partition. */
    int32_t partition =
        r->key.p && !r->topic->in_order ? hash_partition(r->key, r->topic->partitions) : 0;
    rd_kafka_resp_err_t e = kafka_produce(k, r->topic, partition, r->key, r->value,
                                          r->nheaders ? headers_of(r) : NULL, batch);
    if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        kafka_hurry(base);
        return SINK_FULL;
    }
    if (e && is_refusal(e) && bury(k, r->topic->name, r->key, r->value, batch, e))
        e = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (e) {
        put_failed(k, r, e, err);
        return SINK_FAILED;
    }
    batch->inflight++;
    return SINK_TAKEN;
}

static enum sink_put keep(struct sink *base, struct slice name, struct slice value,
                          struct batch *batch, struct err *err)
{
    struct kafka *k = self(base);
    struct buf key = { 0 };
    buf_str(&key, batch->feed->name);
    buf_u8(&key, '\t');
    buf_put(&key, name.p, name.n);
    struct record r = { .topic = k->positions,
                        .key = arena_dup(&batch->arena, buf_slice(&key)),
                        .value = value };
    buf_done(&key);
    return put(base, &r, batch, err);
}

/*
 * Full batches go at once. Other batches go when somebody waits for them, by a flush, which
 * overrides linger.ms while it lasts. A short linger.ms would need no flush. But a producer in
 * order has one request a partition on its way, and meanwhile librdkafka's thread polls without a
 * pause for what has lingered. That costs a whole processor, perhaps on the machine of the replica
 * or the broker.
 */
void kafka_hurry(struct sink *base)
{
    struct kafka *k = self(base);
    int64_t now = clock_mono_us();
    if (!k->rk || now - k->hurried_us < HURRY_EVERY_US || !rd_kafka_outq_len(k->rk))
        return;
    rd_kafka_flush(k->rk, HURRY_MS);
    k->hurried_us = clock_mono_us();
}

/* When no report has come for a while, all records that are left may be lingering. */
int kafka_poll(struct sink *base, int timeout_ms, struct err *err)
{
    struct kafka *k = self(base);
    if (!k->rk)
        return 0;
    if (check_pause(k, err))
        return -1;
    if (k->positions_gone)
        return err_set(err, ERR_RETRY, "position topic %s was deleted", k->opt->position_topic);
    kafka_gates_tend(k);
    (void)kafka_bury_waiting(k);
    if (rd_kafka_poll(k->rk, timeout_ms))
        k->heard_us = clock_mono_us();
    else if (timeout_ms && clock_mono_us() - k->heard_us > STALL_US)
        kafka_hurry(base);
    return kafka_trouble(k, err);
}

static void free_sink(struct sink *base)
{
    struct kafka *k = self(base);
    close_client(k, true);
    kafka_pause_end(&k->pause);
    while (k->topics) {
        struct sink_topic *next = k->topics->next;
        free(k->topics->name);
        free(k->topics->feed);
        free(k->topics);
        k->topics = next;
    }
    kafka_hang_free(k);
    free(k);
}

static const struct sink_ops ops = {
    .name = "kafka",
    .open = open_sink,
    .load = kafka_load,
    .holds = kafka_holds,
    .peek = kafka_peek,
    .owner = kafka_owner,
    .topic = topic,
    .put = put,
    .keep = keep,
    .poll = kafka_poll,
    .hurry = kafka_hurry,
    .commit = kafka_commit,
    .check = kafka_check,
    .check_topics = kafka_check_topics,
    .free = free_sink,
};

struct sink *kafka_sink_new(const struct kafka_options *opt, struct err *err)
{
    if (!kafka_servers(opt)) {
        err_set(err, ERR_CONFIG, "kafka.bootstrap.servers is needed");
        return NULL;
    }
    struct kafka *k = xcalloc(1, sizeof *k);
    k->base.ops = &ops;
    k->base.transactional = opt->exactly_once;
    k->base.announces = true;
    k->opt = opt;
    return &k->base;
}

const char *kafka_library(void)
{
    return rd_kafka_version_str();
}
