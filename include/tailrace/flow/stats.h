#ifndef TAILRACE_FLOW_STATS_H
#define TAILRACE_FLOW_STATS_H
#include "flow/state.h"

/* A number that one thread writes and anybody reads, each at any time. */
typedef _Atomic uint64_t counter;

static inline void counter_add(counter *c, uint64_t n)
{
    uint64_t was = atomic_load_explicit(c, memory_order_relaxed);
    atomic_store_explicit(c, was + n, memory_order_relaxed);
}

static inline void counter_set(counter *c, uint64_t n)
{
    atomic_store_explicit(c, n, memory_order_relaxed);
}

static inline uint64_t counter_get(const counter *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

/*
 * What one feed has done in this process, through all its sessions. Counted by the feed's thread,
 * read by anybody. All zero at first.
 */
struct flow_stats {
    struct state state;
    counter rows, records, bytes, transactions;
    counter fresh_us;           /* what was committed before then is delivered; 0: not known */
};
#endif
