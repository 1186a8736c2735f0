#include "flow/commit.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/progress.h"

enum { WAIT_MS = 100 };     /* how long a sink may hold us up before the source must be tended */

void commits_done(struct commits *c)
{
    ledger_done(&c->ledger);
    buf_done(&c->drained);
    buf_done(&c->storing);
    buf_done(&c->durable);
}

static void buf_set(struct buf *b, struct slice s)
{
    b->n = 0;
    buf_put(b, s.p, s.n);
}

static int durable_now(struct commits *c, struct err *err)
{
    buf_set(&c->durable, buf_slice(&c->storing));
    c->busy = false;
    c->stored += !c->announcing;
    c->last_us = c->announcing ? 0 : clock_mono_us();
    c->announcing = false;
    c->announced = true;
    if (c->sink->forgets || !c->durable.n)      /* empty: a source that has no position yet */
        return 0;
    const uint8_t *end = memchr(c->durable.p, '\n', c->durable.n);     /* the source's line (pipeline.c) */
    return c->src->ops->ack(c->src, slice_of(c->durable.p, end ? (size_t)(end - c->durable.p) : c->durable.n), err);
}

static int store_step(struct commits *c, int timeout_ms, struct err *err)
{
    switch (c->sink->ops->commit(c->sink, &(struct sink_position){ c->sink->feeds, buf_slice(&c->storing) }, 1, timeout_ms, err)) {
    case SINK_COMMITTED:    return durable_now(c, err);
    case SINK_COMMIT_AGAIN: return 0;
    default:                return -1;
    }
}

int commits_advance(struct commits *c, struct err *err)
{
    if (c->sink->ops->poll(c->sink, 0, err))
        return -1;
    if (ledger_advance(&c->ledger, &c->drained))
        c->have_drained = true;
    return 0;
}

int commits_settle(struct commits *c, bool now, struct err *err)
{
    if (commits_advance(c, err))
        return -1;
    if (c->busy)
        return store_step(c, 0, err);
    if (!c->have_drained || (!now && clock_mono_us() - c->last_us < (int64_t)c->opt->commit_ms * 1000))
        return 0;
    buf_set(&c->storing, buf_slice(&c->drained));
    c->have_drained = false;
    c->busy = true;
    return store_step(c, 0, err);
}

int commits_transaction(struct commits *c, struct slice position, struct err *err)
{
    int64_t t0 = clock_mono_us();
    buf_set(&c->storing, position);
    c->busy = true;
    int64_t stop_us = 0;
    while (c->busy) {
        if (!stop_us && c->opt->stop && *c->opt->stop)
            stop_us = clock_mono_us();
        if (stop_us && clock_mono_us() - stop_us > (int64_t)c->opt->stop_timeout_ms * 1000)
            return err_set(err, ERR_RETRY, "stopped before the transaction was committed; it will be read again");
        progress_look(c);
        if (store_step(c, WAIT_MS, err) || c->src->ops->tend(c->src, err))
            return -1;
    }
    ledger_advance(&c->ledger, &c->drained);
    c->took_us = clock_mono_us() - t0;
    return 0;
}

int commits_drain(struct commits *c, int timeout_ms, struct err *err)
{
    int64_t until = clock_mono_us() + (int64_t)timeout_ms * 1000;
    for (;;) {
        if (commits_settle(c, true, err))
            return -1;
        bool sealed = c->ledger.oldest && c->ledger.oldest->sealed;
        if (!c->busy && !c->have_drained && !sealed)
            return 0;
        if (clock_mono_us() > until) {
            log_warn("not everything was delivered in time; it will be read again timeout_ms=%d unacknowledged_batches=%u",
                     timeout_ms, c->ledger.open_batches);
            return 0;
        }
        if (c->sink->ops->hurry)
            c->sink->ops->hurry(c->sink);
        if (c->sink->ops->poll(c->sink, 10, err) || c->src->ops->tend(c->src, err))
            return -1;
    }
}
