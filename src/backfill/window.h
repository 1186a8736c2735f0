#ifndef TAILRACE_BACKFILL_WINDOW_H
#define TAILRACE_BACKFILL_WINDOW_H
#include "base/arena.h"
#include "model/event.h"

/*
 * The keys of a table that the stream has touched since a chunk of it was
 * ordered, as the bytes of their cells. What the stream said in full stands for
 * the row: the chunk's is left out. What it said without a value (an unchanged
 * TOAST value) is joined with the chunk's, which has it: no change since the
 * chunk's snapshot touched that value, or the stream would have sent it.
 * Zero-initialise but for the arena.
 */
struct touch;
struct window {
    struct arena arena;
    struct touch **slots;           /* open addressing by key */
    uint32_t cap, n;
    const struct table *table;      /* the version that was touched; NULL: none was */
    bool all;                       /* truncated: every row of the chunk is gone */
    bool keyless;                   /* changes came that no row can be held against */
    /* too many keys, or two shapes of the table: read the chunk again */
    bool spoiled;
};

enum window_says { ROW_FREE, ROW_LEFT_OUT };

void window_init(struct window *w);
void window_touch(struct window *w, const struct event *ev);

/* Joins cells with what the stream has said of the same key, where that is not the whole row. */
enum window_says window_row(const struct window *w, const struct table *t, struct cell *cells);
void window_done(struct window *w);
#endif
