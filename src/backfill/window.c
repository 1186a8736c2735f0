/* Keeps the keys, and where needed the values, that the stream sends for a table while a chunk is
 * read. Joins the chunk's rows with them. */
#include "backfill/window.h"
#include <stdlib.h>
#include "base/hash.h"
#include "base/xalloc.h"

enum { MAX_BYTES = 32 << 20, BLOCK_BYTES = 16384 };

struct touch {
    uint32_t hash;
    struct slice key;
    /* the values that the stream has sent for the row, CELL_UNCHANGED for the others; NULL: the
     * stream has sent the whole row, or the row is gone */
    struct cell *cells;
};

void window_init(struct window *w)
{
    *w = (struct window){ 0 };
    arena_init(&w->arena, BLOCK_BYTES);
}

void window_done(struct window *w)
{
    arena_done(&w->arena);
    free(w->slots);
    *w = (struct window){ 0 };
}

/* Writes length and bytes of each key cell to buf, which has size bytes. n == 0: a cell's value is
 * not known, or the key is too long. */
static struct slice key_of(const struct table *t, const struct cell *cells, uint8_t *buf,
                           size_t size)
{
    size_t n = 0;
    for (uint16_t i = 0; i < t->nkey; i++) {
        const struct cell *c = &cells[t->key[i]];
        if ((c->kind != CELL_VALUE && c->kind != CELL_NULL) || n + sizeof c->n + c->n > size)
            return (struct slice){ buf, 0 };
        uint32_t len = c->kind == CELL_NULL ? UINT32_MAX : c->n;
        memcpy(buf + n, &len, sizeof len);
        n += sizeof len;
        if (c->kind == CELL_VALUE && c->n)
            memcpy(buf + n, c->p, c->n);
        n += c->kind == CELL_VALUE ? c->n : 0;
    }
    return (struct slice){ buf, n };
}

static struct touch **slot_of(struct touch **slots, uint32_t cap, uint32_t hash, struct slice key)
{
    uint32_t at = hash & (cap - 1);
    while (slots[at] && !(slots[at]->hash == hash && slice_eq(slots[at]->key, key)))
        at = (at + 1) & (cap - 1);
    return &slots[at];
}

static void grow(struct window *w)
{
    uint32_t cap = w->cap ? w->cap * 2 : 64;
    struct touch **slots = xcalloc(cap, sizeof *slots);
    for (uint32_t i = 0; i < w->cap; i++)
        if (w->slots[i])
            *slot_of(slots, cap, w->slots[i]->hash, w->slots[i]->key) = w->slots[i];
    free(w->slots);
    w->slots = slots;
    w->cap = cap;
}

/* The row as far as the stream has sent it: values of this image, else of an earlier one. NULL:
 * this image is the whole row. */
static struct cell *known_cells(struct window *w, const struct cell *cells,
                                const struct cell *earlier)
{
    uint16_t n = w->table->ncols;
    bool whole = true;
    for (uint16_t i = 0; i < n && whole; i++)
        whole = cells[i].kind == CELL_VALUE || cells[i].kind == CELL_NULL;
    if (whole)
        return NULL;
    struct cell *known = arena_alloc(&w->arena, n * sizeof *known);
    for (uint16_t i = 0; i < n; i++) {
        known[i] = (struct cell){ .kind = CELL_UNCHANGED };
        if (cells[i].kind == CELL_NULL)
            known[i].kind = CELL_NULL;
        else if (cells[i].kind == CELL_VALUE)
            known[i] = (struct cell){ arena_dup(&w->arena, slice_of(cells[i].p, cells[i].n)).p,
                                      cells[i].n, CELL_VALUE };
        else if (earlier)
            known[i] = earlier[i];
    }
    return known;
}

/* Notes an image of a row. gone: the chunk's row with this key must not go out. */
static void touch_row(struct window *w, const struct cell *cells, bool gone)
{
    uint8_t space[4096];
    struct slice key = key_of(w->table, cells, space, sizeof space);
    if (!key.n || w->arena.used > MAX_BYTES) {
        w->spoiled = true;
        return;
    }
    if (2 * (w->n + 1) > w->cap)
        grow(w);
    uint32_t hash = hash_murmur2(key);
    struct touch **at = slot_of(w->slots, w->cap, hash, key);
    bool fresh = !*at;
    if (fresh) {
        *at = arena_alloc(&w->arena, sizeof **at);
        **at = (struct touch){ hash, arena_dup(&w->arena, key), NULL };
        w->n++;
    }
    /* Once the stream has sent the whole row it stays whole: a value missing in a later image was
     * in an earlier one. */
    if (gone || !(fresh || (*at)->cells))
        (*at)->cells = NULL;
    else
        (*at)->cells = known_cells(w, cells, (*at)->cells);
}

/* If both images of an update have one key (REPLICA IDENTITY FULL), the old image is no other
 * row. */
static bool same_key(const struct table *t, const struct cell *a, const struct cell *b)
{
    for (uint16_t i = 0; i < t->nkey; i++) {
        const struct cell *x = &a[t->key[i]], *y = &b[t->key[i]];
        if (x->kind != y->kind || !slice_eq(slice_of(x->p, x->n), slice_of(y->p, y->n)))
            return false;
    }
    return true;
}

void window_touch(struct window *w, const struct event *ev)
{
    if (w->spoiled || !ev->table)
        return;
    if (w->table && w->table != ev->table)
        w->spoiled = true;
    w->table = ev->table;
    if (ev->kind == EV_TRUNCATE)
        w->all = true;
    else if (!ev->table->nkey)
        w->keyless = true;
    if (w->spoiled || w->all || w->keyless)
        return;
    if (ev->before.cells &&
        !(ev->after.cells && same_key(w->table, ev->before.cells, ev->after.cells)))
        touch_row(w, ev->before.cells, true);
    if (ev->after.cells)
        touch_row(w, ev->after.cells, ev->kind == EV_INSERT);
}

enum window_says window_row(const struct window *w, const struct table *t, struct cell *cells)
{
    if (w->all)
        return ROW_LEFT_OUT;
    if (!w->n)
        return ROW_FREE;
    uint8_t space[4096];
    struct slice key = key_of(t, cells, space, sizeof space);
    const struct touch *found = key.n ? *slot_of(w->slots, w->cap, hash_murmur2(key), key) : NULL;
    if (!found)
        return ROW_FREE;
    if (!found->cells)
        return ROW_LEFT_OUT;
    for (uint16_t i = 0; i < t->ncols; i++)
        if (found->cells[i].kind != CELL_UNCHANGED)
            cells[i] = found->cells[i];
    return ROW_FREE;
}
