#ifndef TAILRACE_FLOW_MEMORY_H
#define TAILRACE_FLOW_MEMORY_H
#include "flow/pipeline.h"

/*
 * Counts the bytes of batches that the feeds of the process have sent and that are not drained;
 * limits.memory bounds them. A feed is a holder while it holds any. Any thread may call these.
 * *own is the feed's count. m NULL: only *own is counted.
 */
void memory_take(struct memory *m, uint64_t *own, uint64_t bytes);
void memory_give(struct memory *m, uint64_t *own, uint64_t bytes);

/* True if all is used and this feed holds its share or more: the feed then reads no further. */
bool memory_short(const struct memory *m, uint64_t own);
#endif
