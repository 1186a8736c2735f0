#include "flow/progress.h"
#include "base/clock.h"
#include "base/log.h"

enum { ROWS_US = 10000000, QUIET_US = 60000000 };

static void say_rows(struct commits *c, uint64_t rows, int64_t us)
{
    log_info("progress rows=%llu rows_per_s=%.0f records=%llu", (unsigned long long)c->stats->rows,
             (double)rows * 1e6 / (double)us, (unsigned long long)c->stats->records);
}

static void say_quiet(struct commits *c, int64_t now)
{
    struct buf state = { 0 };
    if (c->src->ops->state)
        c->src->ops->state(c->src, &state);
    int64_t since = c->progress.pending_us > c->last_us ? c->progress.pending_us : c->last_us;
    if (c->progress.pending_us)
        log_warn("what was read is not delivered seconds=%lld unacknowledged_batches=%u%s", (long long)(now - since) / 1000000,
                 c->ledger.open_batches, buf_cstr(&state));
    else
        log_info("nothing to deliver rows=%llu%s", (unsigned long long)c->stats->rows, buf_cstr(&state));
    buf_done(&state);
}

void progress_look(struct commits *c)
{
    struct progress *p = &c->progress;
    int64_t now = clock_mono_us();
    bool pending = c->busy || c->ledger.oldest;
    p->pending_us = !pending ? 0 : p->pending_us ? p->pending_us : now;
    if (!p->said_us)
        p->said_us = p->last_us = now;
    if (now - p->last_us >= ROWS_US) {
        uint64_t rows = c->stats->rows - p->last_rows;
        if (rows) {
            say_rows(c, rows, now - p->last_us);
            p->said_us = now;
        }
        p->last_rows = c->stats->rows;
        p->last_us = now;
    }
    if (now - p->said_us < QUIET_US)
        return;
    say_quiet(c, now);
    p->said_us = now;
}
