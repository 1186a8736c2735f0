/*
 * Decides when a lane stores positions, and for which feeds. With transactions, one commit covers
 * all feeds. A transaction's length adapts to what a commit costs (11 to 31 ms whatever its size).
 * Without transactions, the lane stores what each feed has delivered, once in commit_ms.
 */
#include <stdlib.h>
#include "base/xalloc.h"
#include "flow/lane_parts.h"
#include "flow/stop.h"

enum {
    /* under load a transaction lasts this many times as long as a commit takes */
    TRANSACTION_SHARE = 3,
    REST_SHARE = 3,             /* after a commit the lane rests for a third of a commit's time, */
    REST_MAX_MS = 5,            /* at most this long */
    TRANSACTION_MAX_MS = 5000,  /* far below Kafka's transaction.timeout.ms, 60 s */
    /* wait this long for the end of a source transaction before committing inside it */
    OPEN_SOURCE_TX_MS = 200,
    WAIT_MS = 100,
};

/* ---- drained batches and durable positions ---- */

void lane_retire(struct lane *l, struct port *p)
{
    struct ledger drained = { 0 }, surplus = { 0 };
    bool plain = !l->sink->transactional;
    p->have_drained |= ledger_advance(&p->put, plain ? &p->drained : NULL, &drained) && plain;
    if (!drained.oldest)
        return;
    pthread_mutex_lock(&l->lock);
    for (struct batch *b; (b = ledger_take(&drained));) {
        port_count_out(p, b);
        lane_share_learn(l, p, b);
        p->in_sink -= b->bytes;
        p->rows |= plain && b->rows;
        ledger_add(p->s.spare.batches < p->opt.batches ? &p->s.spare : &surplus, b);
    }
    pthread_mutex_unlock(&l->lock);
    ledger_done(&surplus);
}

void lane_settle(struct lane *l, struct port *p)
{
    bool busy = p->put.oldest || p->have_drained || p->is_storing;
    pthread_mutex_lock(&l->lock);
    p->s.settled = !busy && !p->s.queue.oldest;
    p->s.hurry &= !p->s.settled;
    pthread_mutex_unlock(&l->lock);
}

static void durable_now(struct lane *l, struct port *p)
{
    pthread_mutex_lock(&l->lock);
    buf_set(&p->s.durable, buf_slice(&p->storing));
    p->s.news = true;
    p->s.commits++;
    p->s.commit_us += (uint64_t)(clock_mono_us() - l->store_us);
    p->s.rows |= p->storing_rows;
    pthread_mutex_unlock(&l->lock);
    p->is_storing = false;
}

static void all_durable(struct lane *l)
{
    for (struct port *p = l->ports; p; p = p->next) {
        if (!p->is_storing)
            continue;
        durable_now(l, p);
        lane_retire(l, p);
        lane_settle(l, p);
        port_tell(p);
    }
    l->npositions = 0;
    if (l->any_records || l->sink->transactional)
        l->last_us = clock_mono_us();
    l->any_records = false;
}

static void store(struct lane *l, struct port *p)
{
    if (!l->npositions)
        l->store_us = clock_mono_us();
    if (l->npositions == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 8;
        l->positions = xrealloc(l->positions, l->cap, sizeof *l->positions);
    }
    buf_set(&p->storing, buf_slice(&p->drained));
    p->is_storing = true;
    p->have_drained = false;
    p->storing_rows = p->rows;
    p->rows = false;
    l->positions[l->npositions++] = (struct sink_position){ &p->self, buf_slice(&p->storing) };
}

static int store_step(struct lane *l, int timeout_ms, struct err *err)
{
    switch (l->sink->ops->commit(l->sink, l->positions, l->npositions, timeout_ms, err)) {
    case SINK_COMMITTED:
        all_durable(l);
        return 0;
    case SINK_COMMIT_AGAIN:
        return 0;
    default:
        return -1;
    }
}

/* ---- transactions ---- */

/* State of the feeds that have something to commit. */
struct standing {
    bool any;       /* something is put and not committed */
    bool idle;      /* no feed has more for now */
    bool keeps_up;  /* a feed keeps up with its source: it does not wait for feeds that have more */
    bool inside;    /* what a feed has put ends inside a source transaction */
    bool full;      /* a feed reads no further, because it has too much in the sink */
};

bool lane_is_waited_for(struct lane *l)
{
    bool rest = true, one = false;
    pthread_mutex_lock(&l->lock);
    for (const struct port *p = l->ports; p && !one; p = p->next) {
        rest &= p->s.rest;
        one = (p->s.rest && (p->put.oldest || p->is_storing)) || port_holds_most(p) ||
              lane_share_used(l, p);
    }
    pthread_mutex_unlock(&l->lock);
    return rest || one;
}

static struct standing standing_of(struct lane *l)
{
    struct standing s = { .idle = true };
    pthread_mutex_lock(&l->lock);
    for (struct port *p = l->ports; p; p = p->next) {
        if (!p->have_drained)
            continue;
        bool idle = p->s.rest && !p->s.queue.oldest;
        s.any = true;
        s.idle &= idle;
        s.keeps_up |= (idle || p->s.keeps_up) && !p->inside;
        s.inside |= p->inside;
        s.full |= port_holds_most(p) && !p->s.queue.oldest;
    }
    pthread_mutex_unlock(&l->lock);
    return s;
}

/*
 * How long the lane still rests. Kafka's brokers first report a transaction as committed, and then
 * mark it so in each partition. Before that they refuse the next transaction; librdkafka tries
 * again after 20 ms, which is several times what a commit takes. The rest also gathers what comes
 * meanwhile: under a steady load a source is idle in each gap between two transactions.
 */
int64_t lane_rest_us(const struct lane *l, int64_t now)
{
    int64_t rest = l->took_us / REST_SHARE, most = REST_MAX_MS * 1000;
    int64_t left = l->last_us + (rest < most ? rest : most) - now;
    return l->sink->transactional && left > 0 ? left : 0;
}

/*
 * A feed that keeps up waits neither for more rows of its own nor for a feed that catches up. With
 * such a feed transactions are shorter, and may end inside a source transaction.
 */
static bool transaction_due(const struct lane *l, const struct standing *s, int64_t now)
{
    int64_t age = now - l->txn_us, want = l->took_us * TRANSACTION_SHARE, ms = 1000;
    if (!s->any)
        return false;
    if (s->idle)
        return !s->inside || age > OPEN_SOURCE_TX_MS * ms;
    if (age > TRANSACTION_MAX_MS * ms || s->full)
        return true;
    if (s->keeps_up)
        return age > l->took_us;
    if (want < l->opt->batch_ms * ms)
        want = l->opt->batch_ms * ms;
    return age > want && (!s->inside || age > want + OPEN_SOURCE_TX_MS * ms);
}

/* The shorter of the last two commits counts: if the brokers held one up, the next one may still be
 * fast. */
static void note_cost(struct lane *l, int64_t took_us)
{
    l->took_us = l->last_took_us && l->last_took_us < took_us ? l->last_took_us : took_us;
    l->last_took_us = took_us;
}

/* While the lane commits it takes nothing, and the feeds' batches grow. At the end it tells each
 * feed that waits with a batch. */
static void set_committing(struct lane *l, bool on)
{
    pthread_mutex_lock(&l->lock);
    l->committing = on;
    for (struct port *p = l->ports; p; p = p->next) {
        if (on) {
            p->s.keeps_up = p->s.rest;
            continue;
        }
        if (p->s.waiting && !p->s.queue.oldest)
            port_tell(p);
        p->s.waiting &= p->s.queue.oldest != NULL;
    }
    pthread_mutex_unlock(&l->lock);
}

static int commit_transaction(struct lane *l, struct err *err)
{
    int64_t t0 = clock_mono_us();
    for (struct port *p = l->ports; p; p = p->next)
        if (p->have_drained)
            store(l, p);
    int rc = 0;
    while (!rc && l->npositions) {
        rc = store_step(l, WAIT_MS, err);
        if (!rc && l->npositions && stop_expired(l->opt, &l->stop_us))
            rc = err_set(err, ERR_RETRY,
                         "stopped before the transaction was committed; it will be read again");
    }
    note_cost(l, clock_mono_us() - t0);
    l->uncommitted = 0;
    return rc;
}

static int tend_transactional(struct lane *l, struct err *err)
{
    struct standing s = standing_of(l);
    if (!transaction_due(l, &s, clock_mono_us()))
        return 0;
    set_committing(l, true);
    int rc = commit_transaction(l, err);
    set_committing(l, false);
    return rc;
}

/* ---- without transactions ---- */

static bool position_due(struct lane *l)
{
    bool late = clock_mono_us() - l->last_us >= (int64_t)l->opt->commit_ms * 1000, due = false;
    pthread_mutex_lock(&l->lock);
    for (struct port *p = l->ports; p; p = p->next)
        due |= p->have_drained && (late || p->s.hurry);
    pthread_mutex_unlock(&l->lock);
    return due;
}

static int tend_plain(struct lane *l, struct err *err)
{
    if (l->npositions)
        return store_step(l, 0, err);
    if (!position_due(l))
        return 0;
    for (struct port *p = l->ports; p; p = p->next)
        if (p->have_drained)
            store(l, p);
    return store_step(l, 0, err);
}

int lane_commit(struct lane *l, struct err *err)
{
    for (struct port *p = l->ports; p; p = p->next) {
        lane_retire(l, p);
        lane_settle(l, p);
    }
    return l->sink->transactional ? tend_transactional(l, err) : tend_plain(l, err);
}

bool lane_outstanding(const struct lane *l)
{
    bool any = l->npositions;
    for (const struct port *p = l->ports; p; p = p->next)
        any |= p->put.oldest || p->have_drained;
    return any;
}
