/*
 * Keeps the fences of fence.h: which tables wait for which transaction id. Readers ask in any
 * thread.
 */
#include "source/pg/fence.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

/*
 * One fence per table, for all readers of a source. What one connection saw first holds for the
 * others, so that a table is waited for once.
 */
struct fence {
    uint32_t oid;
    char *membership;
    uint64_t next;
};

struct pg_fences {
    pthread_mutex_t lock;
    struct fence *all;
    size_t n, cap;
};

struct pg_fences *pg_fences_new(void)
{
    struct pg_fences *f = xcalloc(1, sizeof *f);
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

void pg_fences_free(struct pg_fences *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++)
        free(f->all[i].membership);
    free(f->all);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* Only tables that are being read have a fence here. A table whose proof is the slot's has none. */
static struct fence *fence_of(struct pg_fences *f, uint32_t oid)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->all[i].oid == oid)
            return &f->all[i];
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 16;
        f->all = xrealloc(f->all, f->cap, sizeof *f->all);
    }
    f->all[f->n] = (struct fence){ .oid = oid };
    return &f->all[f->n++];
}

uint64_t pg_fence(struct pg_fences *f, uint32_t oid, const char *membership, uint64_t next)
{
    pthread_mutex_lock(&f->lock);
    struct fence *e = fence_of(f, oid);
    if (!e->membership || strcmp(e->membership, membership) != 0) {
        free(e->membership);
        e->membership = xstrdup(membership);
        e->next = next;
    }
    uint64_t fence = e->next;
    pthread_mutex_unlock(&f->lock);
    return fence;
}
