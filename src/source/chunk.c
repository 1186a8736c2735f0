/*
 * Chunks and ranges of tables (source/reader.h): frees and clears them, and reads a chunk's rows.
 */
#include "source/reader.h"

void range_done(struct range *r)
{
    buf_done(&r->from);
    buf_done(&r->to);
    *r = (struct range){ 0 };
}

void chunk_clear(struct chunk *c)
{
    c->rows.n = c->shape.n = c->nulls.n = c->member.n = c->high.n = c->text.n = 0;
    c->nrows = c->ncols = 0;
    c->took_us = c->lag_ms = 0;
    c->no_deletes = false;
    c->place = (struct event){ .kind = EV_READ };
}

void chunk_done(struct chunk *c)
{
    buf_done(&c->rows);
    buf_done(&c->shape);
    buf_done(&c->nulls);
    buf_done(&c->member);
    buf_done(&c->high);
    buf_done(&c->text);
    *c = (struct chunk){ 0 };
}

void chunk_read_row(const struct chunk *c, size_t *at, struct cell *ret_cells)
{
    struct cursor in = cursor_over(slice_of(c->rows.p + *at, c->rows.n - *at));
    uint32_t n = cursor_be32(&in);
    for (uint16_t i = 0; i < c->ncols; i++) {
        uint32_t len = cursor_be32(&in);
        struct slice v = len == UINT32_MAX ? (struct slice){ NULL, 0 } : cursor_take(&in, len);
        ret_cells[i] =
            (struct cell){ v.p, (uint32_t)v.n, len == UINT32_MAX ? CELL_NULL : CELL_VALUE };
    }
    *at += 4 + n;
}
