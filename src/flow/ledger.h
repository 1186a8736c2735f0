#ifndef TAILRACE_FLOW_LEDGER_H
#define TAILRACE_FLOW_LEDGER_H
#include "sink/sink.h"

struct batch *batch_new(size_t arena_block);
void batch_free(struct batch *b);

/* Empties b and keeps its memory. Only when no sink refers to b any more. */
void batch_clear(struct batch *b);

/* Adds a record to b, all zero. Borrowed until the next one is added. */
struct record *batch_add(struct batch *b);

/* Batches of one feed in the order in which they were sealed. Only the batch at the head may
 * leave, with its position. */
struct ledger {
    struct batch *oldest, *newest;
    uint32_t batches;
};

void ledger_add(struct ledger *l, struct batch *b);
struct batch *ledger_take(struct ledger *l);        /* the oldest; NULL: none */

/*
 * Moves every drained batch from the head of l to ret_drained. A batch is drained when all its
 * records were put and reported. True when at least one carried a position: *ret_done (NULL: not
 * wanted) then holds the newest one.
 */
bool ledger_advance(struct ledger *l, struct buf *ret_done, struct ledger *ret_drained);

/* Frees all batches. Only when no sink refers to them any more. */
void ledger_done(struct ledger *l);
#endif
