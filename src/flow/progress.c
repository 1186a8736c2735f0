#include "flow/progress.h"
#include "base/clock.h"
#include "base/log.h"

enum { ROWS_US = 10000000, QUIET_US = 60000000 };

static void say_rows(const struct flow_stats *s, uint64_t rows, int64_t us)
{
    log_info("progress rows=%llu rows_per_s=%.0f records=%llu", (unsigned long long)counter_get(&s->rows),
             (double)rows * 1e6 / (double)us, (unsigned long long)counter_get(&s->records));
}

/* Since when the oldest of what is not delivered waits. */
static int64_t waiting_us(const struct progress *p, const struct progress_now *s)
{
    return p->pending_us > s->stored_us ? p->pending_us : s->stored_us;
}

static void say_quiet(const struct progress *p, const struct flow_stats *stats, struct source *src, const struct progress_now *s,
                      int64_t now)
{
    struct buf state = { 0 };
    struct err why = { 0 };
    if (src->ops->state)
        src->ops->state(src, &state);
    unsigned long long rows = counter_get(&stats->rows);
    if (p->pending_us)
        log_warn("what was read is not delivered seconds=%lld unacknowledged_batches=%u%s", (long long)(now - waiting_us(p, s)) / 1000000,
                 s->batches, buf_cstr(&state));
    else if (p->registry && registry_look(p->registry, &why))
        log_warn("nothing to deliver rows=%llu%s registry=\"%s\"", rows, buf_cstr(&state), why.msg);
    else
        log_info("nothing to deliver rows=%llu%s", rows, buf_cstr(&state));
    buf_done(&state);
}

/*
 * All that was committed before then is delivered. Where the source has nothing more, that is now, or when the oldest of what is
 * still on its way was taken; where it has more, no later than the newest change taken. 0: not known yet.
 */
static int64_t fresh_us(const struct progress *p, const struct progress_now *s, int64_t now)
{
    int64_t wall = clock_wall_ns() / 1000, fresh = wall;
    if (p->pending_us)
        fresh -= now - waiting_us(p, s);
    if (!s->idle && s->commit_us < fresh)
        fresh = s->commit_us;
    return fresh;
}

static void set_state(const struct progress *p, struct flow_stats *stats, const struct progress_now *s, int64_t now)
{
    int64_t fresh = fresh_us(p, s, now);
    if (fresh > 0)
        counter_set(&stats->fresh_us, (uint64_t)fresh);
    else
        fresh = (int64_t)counter_get(&stats->fresh_us);     /* as an earlier session left it */
    int64_t behind = clock_wall_ns() / 1000 - fresh, most = state_now(&stats->state) == FEED_LAGGING ? KEEPING_UP_S : LAGGING_S;
    bool lags = fresh > 0 && behind > most * 1000000;
    state_set(&stats->state, s->first_read ? FEED_SNAPSHOT : lags ? FEED_LAGGING : FEED_STREAMING);
}

void progress_look(struct progress *p, struct flow_stats *stats, struct source *src, const struct progress_now *s)
{
    int64_t now = clock_mono_us();
    p->pending_us = !s->pending ? 0 : p->pending_us ? p->pending_us : now;
    set_state(p, stats, s, now);
    if (!p->said_us)
        p->said_us = p->last_us = now;
    if (now - p->last_us >= ROWS_US) {
        uint64_t rows = counter_get(&stats->rows) - p->last_rows;
        if (rows) {
            say_rows(stats, rows, now - p->last_us);
            p->said_us = now;
        }
        p->last_rows = counter_get(&stats->rows);
        p->last_us = now;
    }
    if (now - p->said_us < QUIET_US)
        return;
    say_quiet(p, stats, src, s, now);
    p->said_us = now;
}
