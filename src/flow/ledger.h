#ifndef TAILRACE_FLOW_LEDGER_H
#define TAILRACE_FLOW_LEDGER_H
#include "sink/sink.h"

/* Batches in the order in which they were opened; a position leaves only at the head. */
struct ledger {
    struct batch *oldest, *newest, *spare;
    uint32_t open_batches;      /* opened and not yet drained */
};

/* A fresh batch at the end of the ledger; its arena and records are the caller's to fill until it is sealed. */
struct batch *ledger_open(struct ledger *l, size_t arena_block);

/* One more record of b, all zero. Borrowed until the next one is added. */
struct record *batch_add(struct batch *b);

/*
 * Takes every drained batch off the head. True when at least one carried a
 * position: *ret_done then holds the newest of them.
 */
bool ledger_advance(struct ledger *l, struct buf *ret_done);

/* Forgets all batches. Only when no sink refers to them any more. */
void ledger_clear(struct ledger *l);
void ledger_done(struct ledger *l);
#endif
