/* Tells how a feed stands: fills its statistics and its state from the loop, the lane and the
 * source, and logs a line now and then. */
#include "flow/progress.h"
#include "base/clock.h"
#include "base/log.h"

enum {
    ROWS_US = 10000000,
    QUIET_US = 60000000,
    TELL_US = 1000000,
    ASK_US = 60000000,
    MINUTE_US = 60000000
};

static void say_rows(const struct flow_stats *s, uint64_t rows, int64_t us)
{
    log_info("progress rows=%llu rows_per_s=%.0f records=%llu",
             (unsigned long long)counter_get(&s->rows), (double)rows * 1e6 / (double)us,
             (unsigned long long)counter_get(&s->records));
}

/* Since when something is waiting for delivery without any progress. */
static int64_t waiting_us(const struct progress *p, const struct progress_now *s)
{
    return p->pending_us > s->stored_us ? p->pending_us : s->stored_us;
}

static void say_quiet(const struct progress *p, const struct flow_stats *stats, struct source *src,
                      const struct progress_now *s, int64_t now)
{
    struct buf state = { 0 };
    struct err why = { 0 };
    if (src->ops->state)
        src->ops->state(src, &state);
    unsigned long long rows = counter_get(&stats->rows);
    if (p->pending_us)
        log_warn("what was read is not delivered seconds=%lld unacknowledged_batches=%u%s",
                 (long long)(now - waiting_us(p, s)) / 1000000, s->sent.batches, buf_cstr(&state));
    else if (p->registry && registry_look(p->registry, &why))
        log_warn("nothing to deliver rows=%llu%s registry=\"%s\"", rows, buf_cstr(&state), why.msg);
    else
        log_info("nothing to deliver rows=%llu%s", rows, buf_cstr(&state));
    buf_done(&state);
}

/*
 * All that was committed before this time (Unix epoch, us) is delivered. If the source has nothing
 * more, the time is now, minus the time for which something has been waiting for delivery. If the
 * source has more, the time is no later than the newest change taken. 0: not known yet.
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

static void set_state(const struct progress *p, struct flow_stats *stats,
                      const struct progress_now *s, int64_t now)
{
    int64_t fresh = fresh_us(p, s, now);
    if (fresh > 0)
        counter_set(&stats->fresh_us, (uint64_t)fresh);
    else
        fresh = (int64_t)counter_get(&stats->fresh_us);     /* as an earlier session left it */
    int64_t behind = clock_wall_ns() / 1000 - fresh,
            most = state_now(&stats->state) == FEED_LAGGING ? KEEPING_UP_S : LAGGING_S;
    bool lags = fresh > 0 && behind > most * 1000000;
    state_set(&stats->state, backfill_is_first(s->backfill) ? FEED_SNAPSHOT
                             : lags                         ? FEED_LAGGING
                                                            : FEED_STREAMING);
}

/*
 * Counts rows per minute. Minutes in which nobody looked are 0. Rows that came since the last look
 * count in this minute, so each row counts in exactly one.
 */
static void tell_minutes(struct flow_stats *stats, int64_t now)
{
    int64_t minute = now / MINUTE_US, since = minute - (int64_t)counter_get(&stats->minute);
    uint64_t rows = counter_get(&stats->rows);
    for (int64_t i = 0; i < since && i < STATS_MINUTES; i++)
        counter_set(&stats->minutes[(minute - i) % STATS_MINUTES], 0);
    counter_set(&stats->minute, (uint64_t)minute);
    counter_add(&stats->minutes[minute % STATS_MINUTES], rows - stats->minute_rows);
    stats->minute_rows = rows;
}

/* Only the feed's thread writes stats->stand, so this reads it without the lock. */
static void tell_stand(struct flow_stats *stats, struct source *src, bool ask)
{
    struct source_stand stand = stats->stand;
    if (!src->ops->stand)
        return;
    src->ops->stand(src, ask, &stand);
    stats_stand(stats, &stand);
}

/* Once a second: fills the statistics that are not counted row by row. */
static void tell(struct progress *p, struct flow_stats *stats, struct source *src,
                 const struct progress_now *s, int64_t now)
{
    bool ask = stats->asks && now - p->asked_us >= ASK_US;
    p->told_us = now;
    if (ask)
        p->asked_us = now;
    tell_minutes(stats, now);
    stats_jobs(stats, s->backfill);
    if (s->durable.n)
        stats_position(stats, s->durable);
    tell_stand(stats, src, ask);
}

static void set_counts(struct progress *p, struct flow_stats *stats, const struct port_counts *n)
{
    counter_set(&stats->batches, n->batches);
    counter_set(&stats->queue_bytes, n->bytes);
    counter_add(&stats->commits, n->commits - p->sent.commits);
    counter_add(&stats->commit_us, n->commit_us - p->sent.commit_us);
    p->sent = *n;
}

void progress_rest(struct progress *p, struct flow_stats *stats, struct source *src,
                   const struct port_counts *sent)
{
    tell_stand(stats, src, false);
    set_counts(p, stats, sent);
    counter_set(&stats->rows_per_s, 0);
}

void progress_look(struct progress *p, struct flow_stats *stats, struct source *src,
                   const struct progress_now *s)
{
    int64_t now = clock_mono_us();
    p->pending_us = !s->pending ? 0 : p->pending_us ? p->pending_us : now;
    set_state(p, stats, s, now);
    set_counts(p, stats, &s->sent);
    if (now - p->told_us >= TELL_US)
        tell(p, stats, src, s, now);
    if (!p->said_us)
        p->said_us = p->last_us = now;
    if (now - p->last_us >= ROWS_US) {
        uint64_t rows = counter_get(&stats->rows) - p->last_rows;
        counter_set(&stats->rows_per_s, rows * 1000000 / (uint64_t)(now - p->last_us));
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
