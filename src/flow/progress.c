#include "flow/progress.h"
#include "base/clock.h"
#include "base/log.h"

enum { ROWS_US = 10000000, QUIET_US = 60000000 };

static void say_rows(const struct flow_stats *s, uint64_t rows, int64_t us)
{
    log_info("progress rows=%llu rows_per_s=%.0f records=%llu", (unsigned long long)s->rows, (double)rows * 1e6 / (double)us,
             (unsigned long long)s->records);
}

static void say_quiet(const struct progress *p, const struct flow_stats *s, struct source *src, uint32_t batches, int64_t stored_us,
                      int64_t now)
{
    struct buf state = { 0 };
    struct err why = { 0 };
    if (src->ops->state)
        src->ops->state(src, &state);
    int64_t since = p->pending_us > stored_us ? p->pending_us : stored_us;
    if (p->pending_us)
        log_warn("what was read is not delivered seconds=%lld unacknowledged_batches=%u%s", (long long)(now - since) / 1000000,
                 batches, buf_cstr(&state));
    else if (p->registry && registry_look(p->registry, &why))
        log_warn("nothing to deliver rows=%llu%s registry=\"%s\"", (unsigned long long)s->rows, buf_cstr(&state), why.msg);
    else
        log_info("nothing to deliver rows=%llu%s", (unsigned long long)s->rows, buf_cstr(&state));
    buf_done(&state);
}

void progress_look(struct progress *p, const struct flow_stats *stats, struct source *src, uint32_t batches, bool pending,
                   int64_t stored_us)
{
    int64_t now = clock_mono_us();
    p->pending_us = !pending ? 0 : p->pending_us ? p->pending_us : now;
    if (!p->said_us)
        p->said_us = p->last_us = now;
    if (now - p->last_us >= ROWS_US) {
        uint64_t rows = stats->rows - p->last_rows;
        if (rows) {
            say_rows(stats, rows, now - p->last_us);
            p->said_us = now;
        }
        p->last_rows = stats->rows;
        p->last_us = now;
    }
    if (now - p->said_us < QUIET_US)
        return;
    say_quiet(p, stats, src, batches, stored_us, now);
    p->said_us = now;
}
