#ifndef TAILRACE_FLOW_STATE_H
#define TAILRACE_FLOW_STATE_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

/* How a feed stands. Logs, metrics and the status page use these words. */
enum feed_state {
    FEED_STARTING,      /* a session begins: it claims the source, reads the position, connects */
    FEED_SNAPSHOT,      /* its tables are read for the first time; changes go through beside them */
    FEED_STREAMING,     /* changes go through, and the feed keeps up */
    /* changes go through, more than LAGGING_S late; it ends when they are at most KEEPING_UP_S
     * late */
    FEED_LAGGING,
    FEED_RETRYING,      /* a session has failed; time may mend it, and another one begins soon */
    FEED_PAUSED,        /* an order holds it: it has no connection, and its position is kept */
    FEED_STOPPED,       /* it has ended: stopped, at its end, or by an error */
    FEED_STATES
};
enum { LAGGING_S = 30, KEEPING_UP_S = 10 };

/* Why a feed has stopped. */
enum feed_reason {
    FEED_RUNS,          /* it has not stopped */
    FEED_DONE,          /* somebody asked for it, or the source ended */
    FEED_GAVE_UP,       /* it failed for limits.retry-limit-s */
    FEED_BAD_DATA,      /* a row or schema that cannot be represented or delivered */
    FEED_BAD_CONFIG,    /* somebody must change something */
    FEED_BROKEN         /* a promise was broken: lost log, another instance */
};

/* One feed's state: its thread sets it, any thread reads it. All zero at first: starting. */
struct state {
    atomic_uint now;            /* bits 0 to 7: enum feed_state; from bit 8: enum feed_reason */
    _Atomic int64_t since_ms;   /* Unix epoch; 0: since the beginning */
    atomic_bool failed;         /* a session failed, and since then none has got beyond starting */
    atomic_uint wrong;          /* changes that state_may_follow() does not allow */
};

const char *state_name(enum feed_state s);
const char *state_reason_name(enum feed_reason r);              /* FEED_RUNS: "" */
bool state_may_follow(enum feed_state from, enum feed_state to);

enum feed_state state_now(const struct state *s);
enum feed_reason state_reason(const struct state *s);

/*
 * Sets the state and logs the change. A change that state_may_follow() does not allow is a fault
 * in this program: it is counted, logged, and made all the same. Setting the present state again
 * does nothing.
 */
void state_set(struct state *s, enum feed_state to);
void state_stop(struct state *s, const struct err *why);        /* NULL: done */
#endif
