/*
 * Stores the position; with sink.delivery: exactly-once, in one transaction with its records. A
 * producer that got no answer to a request, or whose commit failed, is never used for another
 * transaction. The next session makes a new producer, whose epoch fences late requests of the old
 * one. Then it reads the position again, which says how the last transaction ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "sink/kafka.h"

enum {
    INIT_MS = 60000,
    COMMIT_MS = 20000,
    STEP_MS = 200,
    REASON_US = 1000000,
    REPORT_MS = 3,
    FEW = 5000,
    DENIED_MS = 5000
};

static int error_with(rd_kafka_error_t *e, const char *what, const char *todo, struct err *err)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    err_set(err, kafka_class(code), "%s: %s%s%s", what, rd_kafka_error_string(e),
            *todo ? " -> " : "", todo);
    rd_kafka_error_destroy(e);
    return -1;
}

static int error_of(rd_kafka_error_t *e, const char *what, struct err *err)
{
    return error_with(e, what, kafka_todo(rd_kafka_error_code(e), true), err);
}

/* ---- fencing ---- */

static int init_failed(struct kafka *k, rd_kafka_error_t *e, struct err *err)
{
    char what[400];
    snprintf(what, sizeof what,
             "Kafka transactions cannot be begun with transactional.id tailrace-%s", k->opt->id);
    bool silence = rd_kafka_error_code(e) == RD_KAFKA_RESP_ERR__TIMED_OUT;
    error_with(e, what, kafka_id_todo(k->opt, rd_kafka_error_code(e)), err);
    if (err->class == ERR_DATA)
        err->class = ERR_RETRY;
    if (err->class == ERR_FATAL && kafka_trouble(k, err))
        return -1;      /* kafka_trouble() says by whom the producer was fenced */
    return silence ? kafka_said_add(k, err) : -1;
}

int kafka_txn_init(struct kafka *k, struct err *err)
{
    for (int64_t until = clock_mono_us() + INIT_MS * 1000LL;;) {
        rd_kafka_error_t *e = rd_kafka_init_transactions(k->rk, STEP_MS);
        rd_kafka_poll(k->rk, 0);
        if (!e) {
            kafka_said_reached(&k->said);
            return 0;
        }
        bool lasting =
            !rd_kafka_error_is_retriable(e) || kafka_class(rd_kafka_error_code(e)) == ERR_CONFIG;
        if (lasting || clock_mono_us() > until || kafka_stopping(k))
            return init_failed(k, e, err);
        rd_kafka_error_destroy(e);
        if (kafka_said_refusal(k, err))
            return -1;
    }
}

int kafka_txn_begin(struct kafka *k, struct err *err)
{
    if (!k->opt->exactly_once || k->in_txn)
        return 0;
    if (kafka_unanswered_any(&k->unanswered))
        return err_set(
            err, ERR_RETRY,
            "a request of an earlier Kafka transaction was never answered and may come late: a new "
            "producer must fence it");
    rd_kafka_error_t *e = rd_kafka_begin_transaction(k->rk);
    if (e)
        return kafka_trouble(k, err) ? rd_kafka_error_destroy(e),
               -1                    : error_of(e, "a Kafka transaction cannot be begun", err);
    k->in_txn = true;
    k->txn_us = clock_mono_us();
    return 0;
}

bool kafka_txn_expired(const struct kafka *k)
{
    char ms[24] = "60000";
    size_t n = sizeof ms;
    (void)rd_kafka_conf_get(rd_kafka_conf(k->rk), "transaction.timeout.ms", ms, &n);
    return k->in_txn && clock_mono_us() - k->txn_us > atoll(ms) * 1000;
}

static bool is(const struct buf *a, const struct buf *b)
{
    return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* The owner decides too: two instances that have read nothing store the same position. */
static bool stored_by_other(const struct buf *by, const struct sink_feed *f)
{
    return by->n && f->owner.n && !slice_eq(buf_slice(by), f->owner);
}

/* 0: the feed's position is the one that this process stored last, or was storing when it was
 * fenced. */
static int still_ours(struct kafka *k, const struct sink_feed *f, struct err *err)
{
    struct buf now = { 0 }, by = { 0 };
    int rc = f->committed.n ? kafka_load_owned(k, f, &now, &by, err) : 0;
    bool moved = !is(&now, &f->committed) && !is(&now, &f->storing);
    bool other = now.n && (moved || stored_by_other(&by, f));
    buf_done(&now);
    buf_done(&by);
    if (rc)
        return -1;
    k->base.fenced |= other;
    return !other ? 0
                  : err_set(err, ERR_FATAL,
                            "another instance of feed \"%s\" has taken over (it has stored a "
                            "position since)",
                            f->name);
}

int kafka_txn_ours(struct kafka *k, struct err *err)
{
    for (const struct sink_feed *f = k->base.feeds; f && k->doubt && !k->opt->shared; f = f->next)
        if (still_ours(k, f, err))
            return -1;
    k->doubt = false;
    return 0;
}

static int denied(struct kafka *k, struct err *err)
{
    struct buf names = { 0 };
    if (kafka_denied_any(k, DENIED_MS, &names))
        err_set(err, ERR_CONFIG,
                "the feed's user may not write to topic %s -> grant it WRITE (docs/security.md)",
                buf_cstr(&names));
    buf_done(&names);
    return -1;
}

int kafka_txn_reason(struct kafka *k, struct err *err)
{
    rd_kafka_error_t *e = k->in_txn ? rd_kafka_begin_transaction(k->rk) : NULL;
    if (!e)
        return 0;
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    error_of(e, "the Kafka transaction failed", err);
    return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ? denied(k, err) : -1;
}

/*
 * The client refuses everything once the transaction has failed. The reason is in a report that may
 * not have come yet. The client also tells it when it is asked to begin another transaction.
 */
int kafka_txn_failed(struct kafka *k, struct err *err)
{
    for (int64_t until = clock_mono_us() + REASON_US; clock_mono_us() < until;
         rd_kafka_poll(k->rk, 10))
        if (kafka_trouble(k, err))
            return -1;
    return kafka_txn_reason(k, err);
}

/* ---- the position ---- */

static rd_kafka_headers_t *position_headers(const struct kafka *k, const struct sink_feed *f)
{
    char id[300];
    snprintf(id, sizeof id, "tailrace-%s", k->opt->id);
    rd_kafka_headers_t *h = rd_kafka_headers_new(2);
    if (f->owner.n)
        rd_kafka_header_add(h, KAFKA_OWNER, -1, f->owner.p, (ssize_t)f->owner.n);
    rd_kafka_header_add(h, KAFKA_TXN, -1, k->opt->exactly_once ? id : "", -1);
    return h;
}

/* 0: the position is on its way. Or the queue is full, and k->nsent did not move. */
static int send_position(struct kafka *k, const struct sink_position *p, struct err *err)
{
    buf_set(&p->feed->storing, p->token);
    rd_kafka_resp_err_t e =
        kafka_produce(k, k->positions, 0, slice_str(p->feed->name), buf_slice(&p->feed->storing),
                      position_headers(k, p->feed), NULL);
    if (e == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return 0;
    if (e && kafka_txn_failed(k, err))
        return -1;
    if (e)
        return err_set(err, kafka_class(e), "position topic %s: %s", k->opt->position_topic,
                       rd_kafka_err2str(e));
    k->nsent++;
    return 0;
}

static int send_positions(struct kafka *k, const struct sink_position *p, size_t n, struct err *err)
{
    if (kafka_txn_begin(k, err))
        return -1;
    if (!k->nsent)
        k->nstored = 0;
    for (size_t before; k->nsent < n;) {
        before = k->nsent;
        if (send_position(k, p + k->nsent, err))
            return -1;
        if (k->nsent == before) {
            kafka_hurry(&k->base);
            return 0;   /* tried again at the next call */
        }
    }
    k->store = STORE_SENT;
    if (!k->opt->exactly_once) {
        k->hurried_us = 0;
        kafka_hurry(&k->base);
    }
    return 0;
}

/* Waits at most this time for all reports: by polling, and for the last few by a flush. */
static bool all_reported(struct kafka *k, int timeout_ms)
{
    int64_t until = clock_mono_us() + (int64_t)timeout_ms * 1000,
            left_us = (int64_t)timeout_ms * 1000;
    for (; rd_kafka_outq_len(k->rk) > FEW && left_us > 0; left_us = until - clock_mono_us())
        if (!rd_kafka_poll(k->rk, REPORT_MS))
            kafka_hurry(&k->base);
    return !rd_kafka_flush(k->rk, left_us > 0 ? (int)(left_us / 1000) : 0);
}

/* At most stop_timeout_ms: the service may be told to stop while the commit waits. */
static int commit_ms(const struct kafka *k)
{
    int most = k->opt->stop_timeout_ms;
    return most > 0 && most < COMMIT_MS ? most : COMMIT_MS;
}

static enum sink_commit stored(struct kafka *k, const struct sink_position *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_set(&p[i].feed->committed, p[i].token);
    k->store = STORE_IDLE;
    k->nsent = 0;
    return SINK_COMMITTED;
}

/*
 * What is left to send goes first, in short steps. The commit itself is asked for once. librdkafka
 * may take a late answer to an earlier call for the answer to a later one
 * (rd_kafka_txn_curr_api_set_result), and say that a commit is done when it is not. If no answer
 * comes, only a new producer can tell: the brokers then end the transaction, and the position that
 * is read next says how.
 */
static enum sink_commit commit_transaction(struct kafka *k, const struct sink_position *p, size_t n,
                                           int timeout_ms, struct err *err)
{
    if (!all_reported(k, timeout_ms))
        return kafka_trouble(k, err) ? SINK_COMMIT_FAILED : SINK_COMMIT_AGAIN;
    if (kafka_hang_ends(k, err))
        return SINK_COMMIT_FAILED;
    rd_kafka_error_t *e = rd_kafka_commit_transaction(k->rk, commit_ms(k));
    rd_kafka_poll(k->rk, 0);
    if (!e) {
        k->in_txn = false;
        kafka_hang_committed(k);
        return stored(k, p, n);
    }
    bool silence = rd_kafka_error_code(e) == RD_KAFKA_RESP_ERR__TIMED_OUT;
    error_of(e, "the Kafka transaction was not committed", err);
    if (silence && k->said.since_ns)
        kafka_said_add(k, err);
    if (err->class == ERR_DATA)
        err->class = ERR_RETRY;     /* the report of the refused record says which record it is */
    (void)!kafka_trouble(k, err);   /* a refused record or a takeover is the reason */
    return SINK_COMMIT_FAILED;
}

enum sink_commit kafka_commit(struct sink *base, const struct sink_position *p, size_t n,
                              int timeout_ms, struct err *err)
{
    struct kafka *k = (struct kafka *)base;
    if (!kafka_bury_waiting(k)) {
        kafka_hurry(base);
        return kafka_poll(base, timeout_ms, err) ? SINK_COMMIT_FAILED : SINK_COMMIT_AGAIN;
    }
    if (k->store == STORE_IDLE && send_positions(k, p, n, err))
        return SINK_COMMIT_FAILED;
    if (k->store == STORE_IDLE) {
        rd_kafka_poll(k->rk, timeout_ms);
        return SINK_COMMIT_AGAIN;
    }
    if (k->opt->exactly_once)
        return commit_transaction(k, p, n, timeout_ms, err);
    if (k->nstored < k->nsent && kafka_poll(base, timeout_ms, err))
        return SINK_COMMIT_FAILED;
    return k->nstored < k->nsent ? SINK_COMMIT_AGAIN : stored(k, p, n);
}
