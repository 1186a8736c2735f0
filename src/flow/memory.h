#ifndef TAILRACE_FLOW_MEMORY_H
#define TAILRACE_FLOW_MEMORY_H
#include "flow/pipeline.h"

/*
 * What all feeds of the process hold in batches that were sent and are not drained, against
 * limits.memory. A feed counts while it holds anything. Any thread.
 */
/* NULL: only *own is counted */
void memory_take(struct memory *m, uint64_t *own, uint64_t bytes);
void memory_give(struct memory *m, uint64_t *own, uint64_t bytes);

/* All is used, and this feed holds its share of it or more: it reads no further. */
bool memory_short(const struct memory *m, uint64_t own);
#endif
