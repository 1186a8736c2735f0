#ifndef TAILRACE_SOURCE_PG_CHUNK_H
#define TAILRACE_SOURCE_PG_CHUNK_H
#include "source/pg/fence.h"
#include "source/pg/relation.h"
#include "source/source.h"

/*
 * PostgreSQL's reader. A chunk is a range of blocks or of keys, read with COPY
 * in a REPEATABLE READ transaction of its own.
 *
 * Blocks (TID range scans, PostgreSQL 14) are the faster way: no index, the heap in
 * its order. A row that an update moves from a block not yet read to one that
 * was read is in no chunk; but then the update committed after the first chunk
 * was ordered, so the stream has it, whole. Whole but for one thing: a value
 * kept out of line (TOAST) that the update did not touch. So a table that has a
 * key and values out of line is read by key. Where none was out of line when the
 * reading began, a later one was sent by the stream when it was written.
 * Where updates do not reach the rows' topic (read_order.no_updates, or the publication leaves them
 * out), nobody would have that row: a table that has a key is read by it.
 *
 * ctid may be read by roles with SELECT on the whole table only. Others read by key, or without one
 * in one piece.
 *
 * Keys: a row's place does not change unless its key does, and that is a delete
 * and an insert, both in the stream.
 *
 * A rewrite (VACUUM FULL, CLUSTER, ALTER TYPE, TRUNCATE) moves rows without a word in the
 * stream: the file's name is compared before and after each chunk.
 */
struct pg_reader {
    struct reader base;
    const struct pg_options *opt;
    PGconn *sql;
    bool standby;
    struct pg_fences *fences;       /* the source's */
    uint64_t xmin;                  /* of the snapshot last taken, a full id */
    struct pg_relations relations;
    struct pg_target *target;       /* the table last looked at */
};

/* A table as the catalog has it: what of it changes makes another signature. */
struct pg_target {
    uint32_t oid;
    char kind;                      /* pg_class.relkind: r, p */
    bool out_of_line;               /* values are kept in a TOAST table */
    bool updates, deletes;          /* the publication has them */
    double width;                   /* bytes on disk per row, out of line ones too; 0: not known */
    char *files;                    /* names its files, its partitions' too */
    char *signature;
    /* names the rows of the catalog by which the publication has it */
    char *membership;
    char *filter;                   /* the publication's row filter; NULL: none */
    /* what row level security hides rows of from this role; NULL: nothing */
    char *secured;
    /* this role may read ctid: it has SELECT on the whole of each table that holds rows */
    bool places;
    /* a snapshot with a lesser xmin may not read it (fence.h); 0: any may */
    uint64_t fence;
    struct pg_rel_entry *entry;     /* columns and key, of the reader's own relations */
};

/* Looks the table up anew; READ_GONE: not there, not published, or left out. r->target says what it
 * is. */
enum read_result pg_target_look(struct pg_reader *r, const struct read_order *o,
                                struct err *err) must_check;

/* As pg_target_look(), unless the one at hand is this table. */
enum read_result pg_target_have(struct pg_reader *r, const struct read_order *o,
                                struct err *err) must_check;
void pg_target_free(struct pg_target *t);
void pg_target_forget(struct pg_reader *r);     /* pg_target_have() will look anew */

/*
 * May this role read all that is needed of r->target's rows? ERR_CONFIG names the table, the role
 * and what is missing. The server is asked for its plan, so that its own word counts.
 */
int pg_target_may_read(struct pg_reader *r, const struct read_order *o, struct err *err) must_check;

/* somebody needs the target's column */
bool pg_target_needs(const struct pg_reader *r, uint16_t column);
/* What is selected of the target's rows: each of its columns, NULL in place of those that nobody
 * needs. */
void pg_target_columns(const struct pg_reader *r, struct buf *out);

/* "blocks FILES LEAF BLOCK END": up to BLOCK of END of that leaf in those files; -1: unknown. */
struct pg_block_place {
    char files[40];
    uint32_t leaf;
    int64_t block, end;
};
bool pg_block_place_read(struct slice token, struct pg_block_place *ret);

enum read_result pg_range_next(struct pg_reader *r, const struct read_order *o, struct slice from,
                               uint32_t goal, struct range *ret, struct err *err) must_check;

/*
 * The table to read a range of, and the condition that is the range ("" for all of it; *ret_by_key:
 * on key columns).
 * READ_AGAIN: the range is of other files.
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
    uint32_t n;                     /* counted on */
};
void pg_mark_write(uint64_t lsn, const struct pg_recent *recent, struct buf *out);

/* Does the snapshot that pg_current_snapshot() prints as text hold them all? */
bool pg_mark_visible(struct slice mark, const char *snapshot, uint32_t *ret_unseen);
uint64_t pg_mark_lsn(struct slice mark);

/* The same of a stored position: source_ops.stored_mark, stored_passed, high_text. */
void pg_high_text(const struct source *s, struct slice high, struct buf *out);
int pg_stored_mark(const struct source *s, struct slice position, struct buf *ret_mark,
                   struct err *err) must_check;
int pg_stored_passed(const struct source *s, struct slice position, struct slice high, bool *ret,
                     struct err *err) must_check;

/* Any thread. fences: borrowed. */
struct reader *pg_reader_new(const struct pg_options *opt, struct pg_fences *fences,
                             struct err *err) must_check;
#endif
