#ifndef TAILRACE_FLOW_LEDGER_H
#define TAILRACE_FLOW_LEDGER_H
#include "sink/sink.h"

struct batch *batch_new(size_t arena_block);
void batch_free(struct batch *b);

/* As new, its memory kept. Only when no sink refers to it any more. */
void batch_clear(struct batch *b);

/* One more record of b, all zero. Borrowed until the next one is added. */
struct record *batch_add(struct batch *b);

/* Batches of one feed in the order in which they were sealed; a position leaves only at the
 * head. */
struct ledger {
    struct batch *oldest, *newest;
    uint32_t batches;
};

void ledger_add(struct ledger *l, struct batch *b);
struct batch *ledger_take(struct ledger *l);        /* the oldest; NULL: none */

/*
 * Takes every drained batch off the head: put whole, and all of it reported. True when at least one
 * carried a position: *ret_done (NULL: not wanted) then holds the newest of them. The batches are
 * added to ret_drained.
 */
bool ledger_advance(struct ledger *l, struct buf *ret_done, struct ledger *ret_drained);

/* Frees all batches. Only when no sink refers to them any more. */
void ledger_done(struct ledger *l);
#endif
