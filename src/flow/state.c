/* The states of a feed and the changes between them. The feed's thread reports each change;
 * metrics, logs and the status page show it. Nothing here decides what the feed does. */
#include "flow/state.h"
#include "base/clock.h"
#include "base/log.h"

enum { REASON_SHIFT = 8, STATE_MASK = 255 };

#define TO(s) (1u << FEED_##s)

/* Each state's name and the states that may follow it. */
static const struct { const char *name; unsigned next; } states[FEED_STATES] = {
    [FEED_STARTING] = { "starting", TO(SNAPSHOT) | TO(STREAMING) | TO(LAGGING) | TO(RETRYING) |
                                    TO(PAUSED) | TO(STOPPED) },
    [FEED_SNAPSHOT] = { "snapshot", TO(STREAMING) | TO(LAGGING) | TO(RETRYING) | TO(PAUSED) |
                                    TO(STOPPED) },
    /* to snapshot: an order had paused the first read, and it goes on */
    [FEED_STREAMING] = { "streaming", TO(SNAPSHOT) | TO(LAGGING) | TO(RETRYING) | TO(PAUSED) |
                                      TO(STOPPED) },
    [FEED_LAGGING] = { "lagging", TO(SNAPSHOT) | TO(STREAMING) | TO(RETRYING) | TO(PAUSED) |
                                  TO(STOPPED) },
    [FEED_RETRYING] = { "retrying", TO(STARTING) | TO(PAUSED) | TO(STOPPED) },
    [FEED_PAUSED] = { "paused", TO(STARTING) | TO(STOPPED) },
    /* to starting: a missing database is there (databases:), or somebody starts the feed again */
    [FEED_STOPPED] = { "stopped", TO(STARTING) },
};

static const char *const reasons[] = {
    [FEED_RUNS] = "", [FEED_DONE] = "done", [FEED_GAVE_UP] = "gave-up", [FEED_BAD_DATA] = "data",
    [FEED_BAD_CONFIG] = "configuration", [FEED_BROKEN] = "broken-promise",
};

const char *state_name(enum feed_state s)
{
    return states[s].name;
}

const char *state_reason_name(enum feed_reason r)
{
    return reasons[r];
}

bool state_may_follow(enum feed_state from, enum feed_state to)
{
    return states[from].next >> to & 1;
}

enum feed_state state_now(const struct state *s)
{
    return atomic_load_explicit(&s->now, memory_order_relaxed) & STATE_MASK;
}

enum feed_reason state_reason(const struct state *s)
{
    return atomic_load_explicit(&s->now, memory_order_relaxed) >> REASON_SHIFT;
}

static void change(struct state *s, enum feed_state to, enum feed_reason reason)
{
    enum feed_state from = state_now(s);
    if (from == to)
        return;
    if (!state_may_follow(from, to)) {
        atomic_fetch_add(&s->wrong, 1);
        log_error(
            "the feed's state changes in a way that is not foreseen: a fault in this program, "
            "which harms the state that is shown and nothing else -> please report it "
            "state=%s was=%s",
            state_name(to), state_name(from));
    }
    atomic_store_explicit(&s->now, to | (unsigned)reason << REASON_SHIFT, memory_order_relaxed);
    atomic_store(&s->failed, to == FEED_RETRYING ||
                             (to == FEED_STARTING && atomic_load(&s->failed)));
    atomic_store_explicit(&s->since_ms, clock_wall_ns() / 1000000, memory_order_relaxed);
    log_info("the feed's state has changed state=%s was=%s%s%s", state_name(to), state_name(from),
             reason ? " reason=" : "", state_reason_name(reason));
}

void state_set(struct state *s, enum feed_state to)
{
    change(s, to, FEED_RUNS);
}

void state_stop(struct state *s, const struct err *why)
{
    static const enum feed_reason of[] = {
        [ERR_NONE] = FEED_DONE, [ERR_RETRY] = FEED_GAVE_UP, [ERR_DATA] = FEED_BAD_DATA,
        [ERR_CONFIG] = FEED_BAD_CONFIG, [ERR_FATAL] = FEED_BROKEN,
    };
    change(s, FEED_STOPPED, of[why ? why->class : ERR_NONE]);
}
