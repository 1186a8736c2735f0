#ifndef TAILRACE_SOURCE_READER_H
#define TAILRACE_SOURCE_READER_H
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "model/event.h"

/*
 * Reads tables beside the stream, a chunk at a time (backfill/backfill.h joins
 * chunks and stream). A chunk is a range of a table, read in one short transaction
 * that takes no lock; its snapshot ends with the transaction. Two places of the
 * stream fit the chunk in:
 *
 *   mark   where the stream was when the chunk was ordered. The snapshot holds
 *          every transaction that the stream had handed out by then; if need be,
 *          the reader waits until a snapshot does.
 *   high   the server's place just after the snapshot was taken. Once the stream
 *          has passed it, every transaction in the snapshot has been handed out.
 *
 * A row that the stream touches between mark and high is the same in the stream
 * as in the chunk, or newer. Every other row of the chunk is, at high, as the
 * stream would have it. So a source must be right about mark and high only. Both
 * are opaque outside their source: nobody else compares them.
 */
struct reader;

/* What to read of one table. Borrowed. */
struct read_order {
    const char *schema, *table;
    const char *where;          /* an SQL condition; NULL: every row */
    uint32_t max_bytes;         /* choose ranges that are expected to hold no more than this */
    bool no_updates;            /* the topic has no updates: nobody else tells of a row they move */
};

/*
 * A part of a table, from (not included) to (included). Both are the reader's own text
 * on one line, without control characters. They are stored with the position and
 * come back after a restart. from empty: the table's beginning.
 */
struct range {
    struct buf from, to;
    bool last;                  /* the table ends with it */
};

/*
 * The rows of a range, in the order in which they were read. A row is an Int32, the number
 * of bytes that follow, and then one cell per column. A cell is an Int32 length
 * (UINT32_MAX: NULL) and that many bytes, in the same form as the stream's cells of that
 * column. Integers are big-endian. One thread fills a chunk, another empties it; it is reused.
 */
struct chunk {
    struct buf rows;
    uint32_t nrows;
    uint16_t ncols;
    struct buf shape;           /* the table as it was read, for source_ops.chunk_table */
    /* one byte per column, not 0: a row has a NULL there (PostgreSQL; else empty) */
    struct buf nulls;
    /* how the source fed the table when it was read; opaque (PostgreSQL; else empty) */
    struct buf member;
    bool no_deletes;            /* the source does not send its deletes (PostgreSQL: publish) */
    struct buf high;
    /* for the source block of its rows: time, LSN. Its pointers point into text */
    struct event place;
    struct buf text;
    int64_t took_us;            /* time that reading it took */
    int lag_ms;                 /* how far the replica was behind its primary; 0 on a primary */
};

/* What a table may hold: estimates from the server's own counters. */
struct read_size {
    uint64_t rows, bytes;
    char how[32];               /* kind of its ranges: "blocks", "key" */
};

enum read_result {
    READ_DONE = 0, READ_ERROR = -1,
    /* the table was altered or rewritten meanwhile: order this range and all after it anew */
    READ_AGAIN = 1,
    READ_GONE = 2,      /* there is no such table, or it is no longer fed */
    /* the range may not be read yet: order it again in a while; err says what the reader waits
     * for */
    READ_LATER = 3,
};

/* Receives the names of tables in the order in which they are read: sorted by schema, then table,
 * comparing bytes. */
typedef void read_table_fn(void *arg, const char *schema, const char *table);

/* One connection, used by one thread at a time. Calls block. After ERR_RETRY its owner frees it and
 * opens another. */
struct reader_ops {
    /* Calls each() for the tables that the stream feeds, without those that the configuration
     * leaves out. */
    int (*list)(struct reader *r, read_table_fn *each, void *arg, struct err *err);

    /* READ_GONE: no such table. */
    enum read_result (*measure)(struct reader *r, const struct read_order *o, struct read_size *ret,
                                struct err *err);

    /*
     * Gives the next range after `from`, of about `goal` rows (a guess is good enough: the caller
     * adapts goal to the time that a range took). Quick, compared with reading the range. If `from`
     * has lost its meaning (the table was rewritten), gives the first range again.
     */
    enum read_result (*next)(struct reader *r, const struct read_order *o, struct slice from,
                             uint32_t goal, struct range *ret, struct err *err);

    /* Reads a range into ret, which is empty. mark: what source_ops.mark wrote when the loop
     * ordered the chunk. */
    enum read_result (*read)(struct reader *r, const struct read_order *o,
                             const struct range *range, struct slice mark, struct chunk *ret,
                             struct err *err);

    int (*lag)(struct reader *r, int *ret_ms, struct err *err);     /* as chunk.lag_ms */

    /*
     * Gives the table of the chunk that was read last, for a caller without a stream. Borrowed
     * until the reader's next call. Another version has another pointer or another version number.
     * NULL: this source cannot say.
     */
    int (*table)(struct reader *r, const struct chunk *c, const struct table **ret,
                 struct err *err);

    /* Called by another thread: the call that blocks fails soon, with ERR_RETRY. */
    void (*interrupt)(struct reader *r);

    void (*free)(struct reader *r);
};

/* Each reader embeds this as its first member. */
struct reader {
    const struct reader_ops *ops;
};

void range_done(struct range *r);
void chunk_clear(struct chunk *c);      /* empty, its memory kept */
void chunk_done(struct chunk *c);

/* To add a row: chunk_begin_row(), ncols cells, chunk_end_row() with what chunk_begin_row()
 * returned. */
static inline size_t chunk_begin_row(struct chunk *c)
{
    buf_reserve(&c->rows, 4);
    c->rows.n += 4;
    return c->rows.n;
}

static inline void chunk_put_be32(uint8_t *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static inline void chunk_put_cell(struct chunk *c, bool null, struct slice s)
{
    buf_reserve(&c->rows, 4 + s.n);
    chunk_put_be32(c->rows.p + c->rows.n, null ? UINT32_MAX : (uint32_t)s.n);
    c->rows.n += 4;
    if (!null)
        buf_put(&c->rows, s.p, s.n);
}

static inline void chunk_end_row(struct chunk *c, size_t begun)
{
    chunk_put_be32(c->rows.p + begun - 4, (uint32_t)(c->rows.n - begun));
    c->nrows++;
}

/* Gives the cells of the row at *at, borrowed from the chunk, and moves *at to the next row. */
void chunk_read_row(const struct chunk *c, size_t *at, struct cell *ret_cells);
#endif
