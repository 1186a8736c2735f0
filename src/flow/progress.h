#ifndef TAILRACE_FLOW_PROGRESS_H
#define TAILRACE_FLOW_PROGRESS_H
#include "encode/registry.h"
#include "flow/lane.h"

/* What was said last. All zero at first, but registry. */
struct progress {
    struct registry *registry;      /* a feed that delivers nothing asks it each minute, or the next row would; NULL: none */
    int64_t last_us, said_us;       /* last count of rows; last line */
    uint64_t last_rows;
    int64_t pending_us;             /* since when something is not delivered; 0: nothing is */
};

/*
 * Says how the feed stands: rows a second every 10 s while there are rows, and else once a minute that there is nothing to
 * deliver, or that what was read is not delivered and since when, with what the source knows of itself. Call it often.
 * stored_us: when a position became durable last. pending: something is not delivered.
 */
void progress_look(struct progress *p, const struct flow_stats *stats, struct source *src, uint32_t batches, bool pending,
                   int64_t stored_us);
#endif
