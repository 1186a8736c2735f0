#include "flow/ledger.h"
#include <stdlib.h>
#include "base/clock.h"

struct batch *ledger_open(struct ledger *l, size_t arena_block)
{
    struct batch *b = l->spare;
    if (b) {
        l->spare = b->next;
    } else {
        b = calloc(1, sizeof *b);
        if (!b)
            abort();
        arena_init(&b->arena, arena_block);
    }
    b->nrecords = b->nput = b->inflight = 0;
    b->sealed = false;
    b->upto.n = 0;
    b->next = NULL;
    b->opened_us = clock_mono_us();
    if (l->newest)
        l->newest->next = b;
    else
        l->oldest = b;
    l->newest = b;
    l->open_batches++;
    return b;
}

struct record *batch_add(struct batch *b)
{
    if (b->nrecords == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 64;
        b->records = realloc(b->records, b->cap * sizeof *b->records);
        if (!b->records)
            abort();
    }
    struct record *r = b->records + b->nrecords++;
    *r = (struct record){ 0 };
    return r;
}

static void batch_retire(struct ledger *l)
{
    struct batch *b = l->oldest;
    l->oldest = b->next;
    if (!l->oldest)
        l->newest = NULL;
    arena_reset(&b->arena);
    b->next = l->spare;
    l->spare = b;
    l->open_batches--;
}

bool ledger_advance(struct ledger *l, struct buf *ret_done)
{
    bool any = false;
    while (l->oldest && l->oldest->sealed && l->oldest->inflight == 0) {
        const struct buf *upto = &l->oldest->upto;
        if (upto->n) {
            ret_done->n = 0;
            buf_put(ret_done, upto->p, upto->n);
            any = true;
        }
        batch_retire(l);
    }
    return any;
}

void ledger_clear(struct ledger *l)
{
    while (l->oldest)
        batch_retire(l);
}

void ledger_done(struct ledger *l)
{
    ledger_clear(l);
    while (l->spare) {
        struct batch *b = l->spare;
        l->spare = b->next;
        arena_done(&b->arena);
        buf_done(&b->upto);
        free(b->records);
        free(b);
    }
}
