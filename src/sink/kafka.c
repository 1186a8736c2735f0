#include "sink/kafka.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

enum { INIT_MS = 60000, COMMIT_MS = 20000, ABORT_MS = 10000, CLOSE_MS = 1000, MAX_FIELDS = 7 };
enum { HURRY_MS = 1, HURRY_EVERY_US = 2000, STALL_US = 20000, REPORT_MS = 3, FEW = 5000 };

static struct kafka *self(struct sink *base)
{
    return (struct kafka *)base;
}

/* One record to one partition; key and headers are copied or taken over, the value is borrowed until its report. */
static rd_kafka_resp_err_t produce(struct kafka *k, const struct sink_topic *t, int32_t partition, struct slice key,
                                   struct slice value, rd_kafka_headers_t *h, int64_t time_ms, void *opaque)
{
    rd_kafka_vu_t vu[MAX_FIELDS] = {
        { .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = t->rkt },
        { .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition },
        { .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { (void *)(uintptr_t)value.p, value.n } },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)(uintptr_t)key.p, key.n } },
        { .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque },
    };
    size_t n = 5;
    if (time_ms)
        vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = time_ms };
    if (h)
        vu[n++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = h };
    rd_kafka_error_t *e = rd_kafka_produceva(k->rk, vu, n);
    if (!e)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    rd_kafka_error_destroy(e);
    if (h)
        rd_kafka_headers_destroy(h);
    return code;
}

/* ---- reports ---- */

static bool is_refusal(rd_kafka_resp_err_t e)
{
    return kafka_class(e) == ERR_DATA || e == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

static void fail(struct kafka *k, enum err_class class, const char *topic, const char *why)
{
    if (k->failed)
        return;
    k->failed = true;
    err_set(&k->why, class, "topic %s: %s", topic, why);
}

static void add_header(rd_kafka_headers_t *h, const char *name, const char *value)
{
    rd_kafka_header_add(h, name, -1, value, -1);
}

/* The record goes on to the dead-letter topic with the reason; what is too large goes without its value. */
static bool bury(struct kafka *k, const char *topic, struct slice key, struct slice value, struct batch *batch,
                 rd_kafka_resp_err_t reason)
{
    if (!k->dead_letters || strcmp(topic, k->dead_letters->name) == 0 || k->opt->exactly_once != k->in_txn)
        return false;
    bool large = reason == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    char bytes[24];
    snprintf(bytes, sizeof bytes, "%zu", value.n);
    rd_kafka_headers_t *h = rd_kafka_headers_new(4);
    add_header(h, "__tailrace.error.topic", topic);
    add_header(h, "__tailrace.error.reason", rd_kafka_err2str(reason));
    add_header(h, "__tailrace.error.feed", k->opt->feed);
    add_header(h, "__tailrace.error.value.bytes", bytes);
    if (produce(k, k->dead_letters, 0, key, large ? (struct slice){ NULL, 0 } : value, h, 0, batch))
        return false;
    log_warn("a record was refused and sent to the dead-letter topic topic=%s reason=\"%s\" value_bytes=%zu", topic,
             rd_kafka_err2str(reason), value.n);
    return true;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
    (void)rk;
    struct kafka *k = arg;
    struct batch *batch = m->_private;
    if (k->closing)
        return;
    const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : "?";
    if (!m->err) {
        if (batch)
            batch->inflight--;
        else
            k->store = STORE_DONE;
        return;
    }
    struct slice key = { m->key, m->key_len }, value = { m->payload, m->len };
    if (batch && is_refusal(m->err) && !k->opt->exactly_once && bury(k, topic, key, value, batch, m->err))
        return;     /* still in flight, on its way to the other topic */
    fail(k, kafka_class(m->err), topic, rd_kafka_err2str(m->err));
}

static int trouble(struct kafka *k, struct err *err)
{
    char why[512];
    rd_kafka_resp_err_t e = rd_kafka_fatal_error(k->rk, why, sizeof why);
    if (e)
        return kafka_class(e) == ERR_FATAL
            ? err_set(err, ERR_FATAL, "another instance of feed \"%s\" has taken over (%s)", k->opt->feed, why)
            : err_set(err, ERR_RETRY, "the Kafka client stopped: %s", why);
    if (!k->failed)
        return 0;
    *err = k->why;
    return -1;
}

/* ---- life ---- */

static void close_client(struct kafka *k)
{
    if (!k->rk)
        return;
    k->closing = true;
    if (k->in_txn)      /* left open, it would hide what comes after it from every reader until the brokers' timeout */
        rd_kafka_error_destroy(rd_kafka_abort_transaction(k->rk, CLOSE_MS));
    rd_kafka_purge(k->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(k->rk, CLOSE_MS);
    for (struct sink_topic *t = k->topics; t; t = t->next) {
        if (t->rkt)
            rd_kafka_topic_destroy(t->rkt);
        t->rkt = NULL;
    }
    rd_kafka_destroy(k->rk);
    k->rk = NULL;
    k->closing = k->failed = k->in_txn = false;
    k->store = STORE_IDLE;
}

static rd_kafka_conf_t *producer_conf(struct kafka *k, struct err *err)
{
    char why[256], id[300];
    rd_kafka_conf_t *conf = kafka_conf(k->opt, err);
    if (!conf)
        return NULL;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, k);
    snprintf(id, sizeof id, "tailrace-%s", k->opt->feed);
    if (rd_kafka_conf_set(conf, "enable.idempotence", "true", why, sizeof why) ||
        (k->opt->exactly_once && rd_kafka_conf_set(conf, "transactional.id", id, why, sizeof why))) {
        err_set(err, ERR_CONFIG, "kafka: %s", why);
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    return conf;
}

static int error_of(rd_kafka_error_t *e, const char *what, struct err *err)
{
    enum err_class class = kafka_class(rd_kafka_error_code(e));
    err_set(err, class == ERR_DATA ? ERR_RETRY : class, "%s: %s", what, rd_kafka_error_string(e));
    rd_kafka_error_destroy(e);
    return -1;
}

/* Ends what an older instance left open, and fences it. */
static int init_transactions(struct kafka *k, struct err *err)
{
    int64_t until = clock_mono_us() + INIT_MS * 1000LL;
    for (;;) {
        rd_kafka_error_t *e = rd_kafka_init_transactions(k->rk, 10000);
        if (!e)
            return 0;
        if (!rd_kafka_error_is_retriable(e) || clock_mono_us() > until)
            return error_of(e, "Kafka transactions cannot be initialised", err);
        rd_kafka_error_destroy(e);
    }
}

static struct sink_topic *topic_named(struct kafka *k, const char *name)
{
    for (struct sink_topic *t = k->topics; t; t = t->next)
        if (strcmp(t->name, name) == 0)
            return t;
    struct sink_topic *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    t->name = strdup(name);
    t->next = k->topics;
    k->topics = t;
    return t;
}

static int open_sink(struct sink *base, struct err *err)
{
    struct kafka *k = self(base);
    char why[256];
    close_client(k);
    rd_kafka_conf_t *conf = producer_conf(k, err);
    if (!conf)
        return -1;
    k->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!k->rk) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    if (k->opt->exactly_once && init_transactions(k, err))
        return -1;
    k->positions = topic_named(k, k->opt->position_topic);
    if (k->opt->dead_letter)
        k->dead_letters = topic_named(k, k->opt->dead_letter_topic);
    for (struct sink_topic *t = k->topics; t; t = t->next)
        if (kafka_topic_ready(k, t, t == k->positions, err))
            return -1;
    return 0;
}

static int topic(struct sink *base, const struct topic_spec *spec, struct sink_topic **ret, struct err *err)
{
    struct kafka *k = self(base);
    struct sink_topic *t = topic_named(k, spec->name);
    t->in_order = spec->in_order;
    t->single = spec->single;
    *ret = t;
    return t->rkt ? 0 : kafka_topic_ready(k, t, false, err);
}

/* ---- records ---- */

static int begin_transaction(struct kafka *k, struct err *err)
{
    if (!k->opt->exactly_once || k->in_txn)
        return 0;
    rd_kafka_error_t *e = rd_kafka_begin_transaction(k->rk);
    if (e)
        return error_of(e, "a Kafka transaction cannot be begun", err);
    k->in_txn = true;
    return 0;
}

static rd_kafka_headers_t *headers_of(const struct message *m)
{
    rd_kafka_headers_t *h = rd_kafka_headers_new(m->nheaders);
    for (uint32_t i = 0; i < m->nheaders; i++)
        rd_kafka_header_add(h, m->headers[i].name, -1, m->headers[i].value.p, (ssize_t)m->headers[i].value.n);
    return h;
}

static enum sink_put put(struct sink *base, const struct message *m, struct err *err)
{
    struct kafka *k = self(base);
    if (begin_transaction(k, err))
        return SINK_FAILED;
    /* Keyless: in order, in one place. */
    int32_t partition = m->key.p && !m->topic->in_order ? hash_partition(m->key, m->topic->partitions) : 0;
    rd_kafka_resp_err_t e = produce(k, m->topic, partition, m->key, m->value, m->nheaders ? headers_of(m) : NULL,
                                    m->time_ms, m->batch);
    if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return SINK_FULL;
    if (e && is_refusal(e) && bury(k, m->topic->name, m->key, m->value, m->batch, e))
        e = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (e) {
        err_set(err, kafka_class(e), "topic %s: a record of %zu bytes was refused: %s%s", m->topic->name, m->value.n,
                rd_kafka_err2str(e), e == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
                ? ". Raise kafka.message.max.bytes and the topic's max.message.bytes, or set sink.on-error: dead-letter" : "");
        return SINK_FAILED;
    }
    m->batch->inflight++;
    return SINK_TAKEN;
}

static enum sink_put keep(struct sink *base, struct slice name, struct slice value, struct batch *batch, struct err *err)
{
    struct kafka *k = self(base);
    struct buf key = { 0 };
    buf_put(&key, k->key.p, k->key.n);
    buf_u8(&key, '\t');
    buf_put(&key, name.p, name.n);
    struct message m = { .topic = k->positions, .key = arena_dup(&batch->arena, buf_slice(&key)), .value = value, .batch = batch };
    buf_done(&key);
    return put(base, &m, err);
}

/*
 * Full batches go at once; others when somebody waits for them, by a flush, which overrides linger.ms as long as it lasts. A short linger.ms
 * would do without, but a producer in order has one request a partition on its way, and meanwhile librdkafka's thread polls without a pause
 * for what has lingered: a processor's whole time, on the machine where the replica or the broker may be.
 */
static void hurry(struct sink *base)
{
    struct kafka *k = self(base);
    int64_t now = clock_mono_us();
    if (!k->rk || now - k->hurried_us < HURRY_EVERY_US || !rd_kafka_outq_len(k->rk))
        return;
    rd_kafka_flush(k->rk, HURRY_MS);
    k->hurried_us = clock_mono_us();
}

/* Where nothing is reported for a while, all that is left may be lingering. */
static int poll_sink(struct sink *base, int timeout_ms, struct err *err)
{
    struct kafka *k = self(base);
    if (!k->rk)
        return 0;
    if (rd_kafka_poll(k->rk, timeout_ms))
        k->heard_us = clock_mono_us();
    else if (timeout_ms && clock_mono_us() - k->heard_us > STALL_US)
        hurry(base);
    return trouble(k, err);
}

/* Within that time: most of it by waiting, the last of it by a flush. */
static bool all_reported(struct kafka *k, int timeout_ms)
{
    int64_t until = clock_mono_us() + (int64_t)timeout_ms * 1000, left_us = (int64_t)timeout_ms * 1000;
    for (; rd_kafka_outq_len(k->rk) > FEW && left_us > 0; left_us = until - clock_mono_us())
        if (!rd_kafka_poll(k->rk, REPORT_MS))
            hurry(&k->base);
    return !rd_kafka_flush(k->rk, left_us > 0 ? (int)(left_us / 1000) : 0);
}

/* ---- the position ---- */

static int send_position(struct kafka *k, struct slice position, struct err *err)
{
    if (begin_transaction(k, err))
        return -1;
    k->position.n = 0;
    buf_put(&k->position, position.p, position.n);
    rd_kafka_resp_err_t e = produce(k, k->positions, 0, buf_slice(&k->key), buf_slice(&k->position), NULL, 0, NULL);
    if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return 0;   /* tried again at the next call */
    if (e)
        return err_set(err, kafka_class(e), "position topic %s: %s", k->opt->position_topic, rd_kafka_err2str(e));
    k->store = STORE_SENT;
    if (!k->opt->exactly_once) {
        k->hurried_us = 0;
        hurry(&k->base);
    }
    return 0;
}

/* An aborted transaction took back what it held: read it again from the last committed position. */
static int abort_transaction(struct kafka *k, rd_kafka_error_t *why, struct err *err)
{
    err_set(err, ERR_RETRY, "the Kafka transaction was aborted: %s", rd_kafka_error_string(why));
    if (k->failed && k->why.class != ERR_RETRY)
        *err = k->why;      /* a record was refused: that is the reason */
    rd_kafka_error_destroy(why);
    rd_kafka_error_t *e = rd_kafka_abort_transaction(k->rk, ABORT_MS);
    if (e)
        rd_kafka_error_destroy(e);
    k->in_txn = false;
    return -1;
}

/*
 * What is left to send goes first, in short steps. The commit itself is asked for once: librdkafka may take a late answer to
 * an earlier call for that to a later one (rd_kafka_txn_curr_api_set_result), and say that it is done when it is not. Where no answer comes,
 * only a new producer can tell: its brokers end the transaction, and the position that is then read says how.
 */
static enum sink_commit commit_transaction(struct kafka *k, int timeout_ms, struct err *err)
{
    if (!all_reported(k, timeout_ms))
        return trouble(k, err) ? SINK_COMMIT_FAILED : SINK_COMMIT_AGAIN;
    rd_kafka_error_t *e = rd_kafka_commit_transaction(k->rk, COMMIT_MS);
    rd_kafka_poll(k->rk, 0);
    if (!e) {
        k->in_txn = false;
        k->store = STORE_IDLE;
        return SINK_COMMITTED;
    }
    if (rd_kafka_error_is_fatal(e)) {
        error_of(e, "the Kafka transaction failed", err);
        trouble(k, err);    /* names a takeover */
        return SINK_COMMIT_FAILED;
    }
    if (rd_kafka_error_txn_requires_abort(e)) {
        abort_transaction(k, e, err);
        return SINK_COMMIT_FAILED;
    }
    error_of(e, "the Kafka transaction is not committed", err);
    return SINK_COMMIT_FAILED;
}

static enum sink_commit commit(struct sink *base, struct slice position, int timeout_ms, struct err *err)
{
    struct kafka *k = self(base);
    if (k->store == STORE_IDLE && send_position(k, position, err))
        return SINK_COMMIT_FAILED;
    if (k->store == STORE_IDLE) {
        rd_kafka_poll(k->rk, timeout_ms);
        return SINK_COMMIT_AGAIN;
    }
    if (k->opt->exactly_once)
        return commit_transaction(k, timeout_ms, err);
    if (k->store == STORE_SENT && poll_sink(base, timeout_ms, err))
        return SINK_COMMIT_FAILED;
    if (k->store != STORE_DONE)
        return SINK_COMMIT_AGAIN;
    k->store = STORE_IDLE;
    return SINK_COMMITTED;
}

static void free_sink(struct sink *base)
{
    struct kafka *k = self(base);
    close_client(k);
    while (k->topics) {
        struct sink_topic *next = k->topics->next;
        free(k->topics->name);
        free(k->topics);
        k->topics = next;
    }
    buf_done(&k->key);
    buf_done(&k->position);
    free(k);
}

static const struct sink_ops ops = {
    .name = "kafka",
    .open = open_sink,
    .load = kafka_load,
    .holds = kafka_holds,
    .peek = kafka_peek,
    .topic = topic,
    .put = put,
    .keep = keep,
    .poll = poll_sink,
    .hurry = hurry,
    .commit = commit,
    .check = kafka_check,
    .free = free_sink,
};

struct sink *kafka_sink_new(const struct kafka_options *opt, struct err *err)
{
    bool there = false;
    for (const struct kv *p = opt->props; p && p->key; p++)
        there |= strcmp(p->key, "bootstrap.servers") == 0 || strcmp(p->key, "metadata.broker.list") == 0;
    if (!there) {
        err_set(err, ERR_CONFIG, "kafka.bootstrap.servers is needed");
        return NULL;
    }
    struct kafka *k = calloc(1, sizeof *k);
    if (!k)
        abort();
    k->base.ops = &ops;
    k->base.transactional = opt->exactly_once;
    k->opt = opt;
    buf_put(&k->key, opt->feed, strlen(opt->feed));
    return &k->base;
}

const char *kafka_library(void)
{
    return rd_kafka_version_str();
}
