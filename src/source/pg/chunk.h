#ifndef TAILRACE_SOURCE_PG_CHUNK_H
#define TAILRACE_SOURCE_PG_CHUNK_H
#include "source/pg/fence.h"
#include "source/pg/relation.h"
#include "source/source.h"

/*
 * PostgreSQL's reader. A chunk is a range of blocks or of keys. COPY reads it in a REPEATABLE READ
 * transaction of its own.
 *
 * Blocks (TID range scans, PostgreSQL 14) are the faster way: no index, the heap in its order. An
 * update may move a row from a block not yet read to a block that was read: then no chunk holds the
 * row. But that update committed after the first chunk was ordered, so the stream has the row,
 * whole. One thing may be missing: a value kept out of line (TOAST) that the update did not touch.
 * So a table that has a key and values out of line is read by key. If no value was out of line when
 * the reading began, the stream sent each later one when it was written. If updates do not reach
 * the rows' topic (read_order.no_updates, or the publication leaves them out), nobody would have a
 * moved row. Then a table that has a key is read by key.
 *
 * Only roles with SELECT on the whole table may read ctid. For other roles a table is read by key,
 * or in one piece if it has no key.
 *
 * Keys: a row keeps its place until its key changes. A key change is a delete and an insert, both
 * in the stream.
 *
 * A rewrite (VACUUM FULL, CLUSTER, ALTER TYPE, TRUNCATE) moves rows and the stream does not say so:
 * the reader compares the file's name before and after each chunk.
 */
struct pg_reader {
    struct reader base;
    const struct pg_options *opt;
    PGconn *sql;
    bool standby;
    struct pg_fences *fences;       /* the source's */
    uint64_t xmin;                  /* xmin of the snapshot last taken, a full id */
    struct pg_relations relations;
    struct pg_target *target;       /* the table last looked at */
};

/* A table as the catalog has it. When a fact here changes, so does the signature. */
struct pg_target {
    uint32_t oid;
    char kind;                      /* pg_class.relkind: r, p */
    bool out_of_line;               /* values are kept in a TOAST table */
    bool updates, deletes;          /* the publication sends them */
    /* bytes on disk per row, values out of line included; 0: not known */
    double width;
    char *files;                    /* names its files, and those of its partitions */
    char *signature;
    /* names the catalog rows that make it part of the publication */
    char *membership;
    char *filter;                   /* the publication's row filter; NULL: none */
    /* why row level security hides rows from this role; NULL: it hides none */
    char *secured;
    /* this role may read ctid: it has SELECT on the whole of each table that holds rows */
    bool places;
    /* a snapshot with a smaller xmin may not read the table (fence.h); 0: any snapshot may */
    uint64_t fence;
    struct pg_rel_entry *entry;     /* columns and key, in the reader's own relations */
};

/*
 * Looks the table up anew, into r->target. READ_GONE: it is not there, not published, or left out.
 */
enum read_result pg_target_look(struct pg_reader *r, const struct read_order *o,
                                struct err *err) must_check;

/* Keeps r->target if it is this table, else as pg_target_look(). */
enum read_result pg_target_have(struct pg_reader *r, const struct read_order *o,
                                struct err *err) must_check;
void pg_target_free(struct pg_target *t);
void pg_target_forget(struct pg_reader *r);     /* pg_target_have() will look anew */

/*
 * May this role read all that a chunk needs of r->target's rows? ERR_CONFIG names the table, the
 * role and what is missing. Asks the server for its plan, so the server's own word counts.
 */
int pg_target_may_read(struct pg_reader *r, const struct read_order *o, struct err *err) must_check;

/* somebody needs this column of the target */
bool pg_target_needs(const struct pg_reader *r, uint16_t column);
/* Appends the target's select list: each column, NULL in place of a column that nobody needs. */
void pg_target_columns(const struct pg_reader *r, struct buf *out);

/*
 * "blocks FILES LEAF BLOCK END": read up to BLOCK, of END blocks of that leaf, in those files. END
 * -1: not known.
 */
struct pg_block_place {
    char files[40];
    uint32_t leaf;
    int64_t block, end;
};
bool pg_block_place_read(struct slice token, struct pg_block_place *ret);

enum read_result pg_range_next(struct pg_reader *r, const struct read_order *o, struct slice from,
                               uint32_t goal, struct range *ret, struct err *err) must_check;

/*
 * The table to read a range of, and the condition that is the range ("": all of it). *ret_by_key:
 * the condition is on key columns. READ_AGAIN: the range is of other files.
 */
enum read_result pg_range_terms(struct pg_reader *r, const struct range *range,
                                struct buf *ret_table, struct buf *ret_where, bool *ret_by_key,
                                struct err *err) must_check;

enum read_result pg_range_measure(struct pg_reader *r, const struct read_order *o,
                                  struct read_size *ret, struct err *err) must_check;

/* ---- marks: an LSN and, on a primary, the transactions last handed out ---- */

enum { PG_RECENT = 16384 };
struct pg_recent {
    uint32_t xids[PG_RECENT];
    uint32_t n;                     /* counts on past PG_RECENT */
};
void pg_mark_write(uint64_t lsn, const struct pg_recent *recent, struct buf *out);

/*
 * Does the snapshot hold all of the mark's transactions? snapshot: the text of
 * pg_current_snapshot(). *ret_unseen: one that it lacks.
 */
bool pg_mark_visible(struct slice mark, const char *snapshot, uint32_t *ret_unseen);
uint64_t pg_mark_lsn(struct slice mark);

/* The same for a stored position: source_ops.stored_mark, stored_passed, high_text. */
void pg_high_text(const struct source *s, struct slice high, struct buf *out);
int pg_stored_mark(const struct source *s, struct slice position, struct buf *ret_mark,
                   struct err *err) must_check;
int pg_stored_passed(const struct source *s, struct slice position, struct slice high, bool *ret,
                     struct err *err) must_check;

/* Any thread. fences: borrowed. */
struct reader *pg_reader_new(const struct pg_options *opt, struct pg_fences *fences,
                             struct err *err) must_check;
#endif
