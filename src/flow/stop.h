#ifndef TAILRACE_FLOW_STOP_H
#define TAILRACE_FLOW_STOP_H
#include "base/clock.h"
#include "flow/pipeline.h"

/* True if the service is to stop and stop_timeout_ms has passed since then. *since: when the wish
 * to stop was first seen; 0 at first. */
static inline bool stop_expired(const struct flow_options *opt, int64_t *since)
{
    if (!opt->stop || !*opt->stop)
        return false;
    if (!*since)
        *since = clock_mono_us();
    return clock_mono_us() - *since > (int64_t)opt->stop_timeout_ms * 1000;
}
#endif
