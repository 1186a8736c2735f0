#ifndef TAILRACE_BACKFILL_WINDOW_H
#define TAILRACE_BACKFILL_WINDOW_H
#include "base/arena.h"
#include "model/event.h"

/*
 * The keys of a table that the stream has touched since a chunk of the table was
 * ordered, as the bytes of their cells. If the stream sent a row in full, the
 * chunk's row is left out. If the stream sent it without a value (an unchanged
 * TOAST value), the value comes from the chunk's row: no change since the chunk's
 * snapshot touched that value, or the stream would have sent it.
 * Begin with window_init().
 */
struct touch;
struct window {
    struct arena arena;
    struct touch **slots;           /* open addressing by key */
    uint32_t cap, n;
    const struct table *table;      /* the version that was touched; NULL: none was */
    bool all;                       /* truncated: every row of the chunk is gone */
    bool keyless;                   /* the table has no key: its changes match no row */
    /* too many keys, a key too long or unknown, or two versions of the table: read the chunk
     * again */
    bool spoiled;
};

enum window_says { ROW_FREE, ROW_LEFT_OUT };

void window_init(struct window *w);
void window_touch(struct window *w, const struct event *ev);

/* ROW_LEFT_OUT: the stream has sent this row in full, or it is gone. ROW_FREE: the row goes out;
 * cells now hold the values that the stream has sent for its key. */
enum window_says window_row(const struct window *w, const struct table *t, struct cell *cells);
void window_done(struct window *w);
#endif
