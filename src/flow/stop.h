#ifndef TAILRACE_FLOW_STOP_H
#define TAILRACE_FLOW_STOP_H
#include "base/clock.h"
#include "flow/pipeline.h"

/* A wish to stop, and the time allowed for it spent. *since: when it was first seen; 0 at first. */
static inline bool stop_expired(const struct flow_options *opt, int64_t *since)
{
    if (!opt->stop || !*opt->stop)
        return false;
    if (!*since)
        *since = clock_mono_us();
    return clock_mono_us() - *since > (int64_t)opt->stop_timeout_ms * 1000;
}
#endif
