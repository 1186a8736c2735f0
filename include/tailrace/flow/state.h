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
    FEED_LAGGING,       /* changes go through, LAGGING_S late, and not yet in KEEPING_UP_S again */
    FEED_RETRYING,      /* a session has failed; time may mend it, and another one begins soon */
    FEED_PAUSED,        /* an order holds it: it has no connection, and its position is kept */
    FEED_STOPPED,       /* it has ended: stopped, at its end, or by an error */
    FEED_STATES
};
enum { LAGGING_S = 30, KEEPING_UP_S = 10 };

/* Why a feed has stopped. */
enum feed_reason {
    FEED_RUNS,          /* it has not */
    FEED_DONE,          /* as somebody asked, or at its end */
    FEED_GAVE_UP,       /* limits.retry-limit-s */
    FEED_BAD_DATA,      /* a row or schema that cannot be represented or delivered */
    FEED_BAD_CONFIG,    /* somebody must change something */
    FEED_BROKEN         /* a promise was broken: lost log, another instance */
};

/* One feed's state: its thread sets it, anybody reads it. All zero at first: starting. */
struct state {
    atomic_uint now;            /* state, and its reason in the next eight bits */
    _Atomic int64_t since_ms;   /* Unix epoch; 0: since the beginning */
    atomic_bool failed;         /* a session failed, and since then none has got beyond starting */
    atomic_uint wrong;          /* changes that the table does not have */
};

const char *state_name(enum feed_state s);
const char *state_reason_name(enum feed_reason r);              /* FEED_RUNS: "" */
bool state_may_follow(enum feed_state from, enum feed_state to);

enum feed_state state_now(const struct state *s);
enum feed_reason state_reason(const struct state *s);

/*
 * A change is logged. One that the table does not have is a fault in this program: it is counted,
 * logged, and made all the same. The state that it has already is no change.
 */
void state_set(struct state *s, enum feed_state to);
void state_stop(struct state *s, const struct err *why);        /* NULL: done */
#endif
