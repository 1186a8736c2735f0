#ifndef TAILRACE_SOURCE_READER_H
#define TAILRACE_SOURCE_READER_H
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "model/event.h"

/*
 * Reading tables beside the stream, a chunk at a time (backfill/backfill.h says
 * how the two become one). A chunk is a range of a table, read in one short
 * transaction that takes no lock and whose snapshot ends with it. What makes it
 * fit into the stream is its place:
 *
 *   mark   where the stream was when the chunk was ordered. The snapshot holds
 *          every transaction that the stream had handed out by then; the reader
 *          waits for that where it is not given.
 *   high   the server's place just after the snapshot was taken. Once the stream
 *          has passed it, every transaction in the snapshot has been handed out.
 *
 * Rows that the stream touches between the two are newer there than here or
 * the same; all others are, at `high`, what the stream would say of them. So
 * the source tells the truth about two things only, mark and high, and both
 * stay its own bytes: nobody else compares them.
 */
struct reader;

/* What is to be read of one table. Borrowed. */
struct read_order {
    const char *schema, *table;
    const char *where;          /* an SQL condition; NULL: every row */
    uint32_t max_bytes;         /* a range should not be expected to hold more */
    bool no_updates;            /* its topic has none: only a chunk tells of a row that they move */
};

/*
 * A part of a table, from (not included) to (included). Both are the reader's own text
 * on one line, without control characters: they are stored with the position and
 * come back after a restart. from empty: the table's beginning.
 */
struct range {
    struct buf from, to;
    bool last;                  /* nothing of the table is behind it */
};

/*
 * The rows of a range, in the order in which they were read. Each is an Int32 with the
 * bytes that follow, then a cell a column: Int32 length (UINT32_MAX: NULL) and as many
 * bytes, in the form that the stream's cells of that column have. Integers are big-endian.
 * Filled in one thread, emptied in another; reused.
 */
struct chunk {
    struct buf rows;
    uint32_t nrows;
    uint16_t ncols;
    struct buf shape;           /* the table as it was read, for source_ops.chunk_table */
    /* a byte a column: a row has a NULL there (PostgreSQL; else empty) */
    struct buf nulls;
    /* by what the source feeds the table, when it was read (PostgreSQL; else empty) */
    struct buf member;
    bool no_deletes;            /* the source does not tell of its deletes (PostgreSQL: publish) */
    struct buf high;
    /* what the source block of its rows says: time, LSN. Its pointers point into text */
    struct event place;
    struct buf text;
    int64_t took_us;
    int lag_ms;                 /* how far the replica was behind its primary; 0 on a primary */
};

/* What a table may hold: estimates from the server's own counters. */
struct read_size {
    uint64_t rows, bytes;
    char how[32];               /* in which ranges it is read: "blocks", "key" */
};

enum read_result {
    READ_DONE = 0, READ_ERROR = -1,
    /* the table was altered or rewritten meanwhile: order this range, and those behind it, anew */
    READ_AGAIN = 1,
    READ_GONE = 2,      /* there is no such table, or it is no longer fed */
    /* it may not be read yet: order this range again in a while; err says what is waited for */
    READ_LATER = 3,
};

/* Receives the names of tables in the order in which they are read: sorted by schema, then table,
 * bytes compared. */
typedef void read_table_fn(void *arg, const char *schema, const char *table);

/* One connection, used by one thread at a time. Blocking. After an error of class RETRY it is freed
 * and opened anew. */
struct reader_ops {
    /* The tables that the stream is about, less those that the configuration leaves out. */
    int (*list)(struct reader *r, read_table_fn *each, void *arg, struct err *err);

    /* READ_GONE: no such table. */
    enum read_result (*measure)(struct reader *r, const struct read_order *o, struct read_size *ret,
                                struct err *err);

    /*
     * The next range after `from`, of about `goal` rows (a guess is good enough: goal is adapted to
     * what a range took). Quick beside reading it. A `from` that has lost its meaning (the table
     * was rewritten) gives the first range again.
     */
    enum read_result (*next)(struct reader *r, const struct read_order *o, struct slice from,
                             uint32_t goal, struct range *ret, struct err *err);

    /* Reads a range into ret, which is empty. mark: source_ops.mark wrote it when the chunk was
     * ordered. */
    enum read_result (*read)(struct reader *r, const struct read_order *o,
                             const struct range *range, struct slice mark, struct chunk *ret,
                             struct err *err);

    int (*lag)(struct reader *r, int *ret_ms, struct err *err);     /* as struct chunk */

    /*
     * The table of the chunk that was read last, for whoever reads beside no stream of its own.
     * Lives until the reader's next call; another version is another pointer or another number.
     * NULL: this source cannot say.
     */
    int (*table)(struct reader *r, const struct chunk *c, const struct table **ret,
                 struct err *err);

    /* From another thread: whatever blocks fails soon, with ERR_RETRY. */
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

/* Filling: chunk_begin_row(), ncols cells, chunk_end_row() with what the first returned. */
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

/* Emptying: the cells of the row at *at, borrowed from the chunk; *at moves on. */
void chunk_read_row(const struct chunk *c, size_t *at, struct cell *ret_cells);
#endif
