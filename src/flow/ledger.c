/* Batches, and the queues in which a feed and its lane keep them in order. A batch's memory is used
 * again once the sink is done with it. */
#include "flow/ledger.h"
#include <stdlib.h>
#include "base/clock.h"
#include "base/xalloc.h"

struct batch *batch_new(size_t arena_block)
{
    struct batch *b = xcalloc(1, sizeof *b);
    arena_init(&b->arena, arena_block);
    b->opened_us = clock_mono_us();
    return b;
}

void batch_free(struct batch *b)
{
    arena_done(&b->arena);
    buf_done(&b->upto);
    free(b->records);
    free(b);
}

void batch_clear(struct batch *b)
{
    arena_reset(&b->arena);
    b->nrecords = b->nput = b->inflight = 0;
    b->sealed = b->inside = b->rows = false;
    b->refused = NULL;
    b->upto.n = 0;
    b->next = NULL;
    b->opened_us = clock_mono_us();
}

struct record *batch_add(struct batch *b)
{
    if (b->nrecords == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 64;
        b->records = xrealloc(b->records, b->cap, sizeof *b->records);
    }
    struct record *r = b->records + b->nrecords++;
    *r = (struct record){ 0 };
    return r;
}

void ledger_add(struct ledger *l, struct batch *b)
{
    b->next = NULL;
    if (l->newest)
        l->newest->next = b;
    else
        l->oldest = b;
    l->newest = b;
    l->batches++;
}

struct batch *ledger_take(struct ledger *l)
{
    struct batch *b = l->oldest;
    if (!b)
        return NULL;
    l->oldest = b->next;
    if (!l->oldest)
        l->newest = NULL;
    l->batches--;
    b->next = NULL;
    return b;
}

static bool is_drained(const struct batch *b)
{
    return b->sealed && b->nput == b->nrecords && b->inflight == 0;
}

bool ledger_advance(struct ledger *l, struct buf *ret_done, struct ledger *ret_drained)
{
    bool any = false;
    while (l->oldest && is_drained(l->oldest)) {
        struct batch *b = ledger_take(l);
        any |= b->upto.n > 0;
        if (b->upto.n && ret_done)
            buf_set(ret_done, buf_slice(&b->upto));
        ledger_add(ret_drained, b);
    }
    return any;
}

void ledger_done(struct ledger *l)
{
    for (struct batch *b; (b = ledger_take(l));)
        batch_free(b);
}
