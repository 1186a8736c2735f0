/* One budget for the batches of all feeds (limits.memory). A feed that holds less than its share
 * may always read on. */
#include "flow/memory.h"

void memory_take(struct memory *m, uint64_t *own, uint64_t bytes)
{
    if (m && bytes) {
        atomic_fetch_add(&m->used, bytes);
        if (!*own)
            atomic_fetch_add(&m->holders, 1);
    }
    *own += bytes;
}

void memory_give(struct memory *m, uint64_t *own, uint64_t bytes)
{
    *own -= bytes;
    if (m && bytes) {
        atomic_fetch_sub(&m->used, bytes);
        if (!*own)
            atomic_fetch_sub(&m->holders, 1);
    }
}

bool memory_short(const struct memory *m, uint64_t own)
{
    unsigned holders = m ? atomic_load(&m->holders) : 0;
    return holders && (int64_t)atomic_load(&m->used) >= m->most &&
           (int64_t)own >= m->most / holders;
}
