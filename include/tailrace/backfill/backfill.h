#ifndef TAILRACE_BACKFILL_BACKFILL_H
#define TAILRACE_BACKFILL_BACKFILL_H
#include "base/kv.h"
#include "source/source.h"

/*
 * Tables read beside the stream, in chunks (source/reader.h). Worker threads
 * read ranges ahead; the loop hands their rows out, in the order in which the
 * ranges were ordered, each chunk once the stream has passed its place. A row
 * whose key the stream has touched since the chunk was ordered is left out: the
 * stream has said the same or newer. What is read and how far is part of the
 * stored position, so a restart goes on at the chunk.
 */
struct backfill;

/* Limits and manners, for every job. Borrowed. */
struct backfill_options {
    enum snapshot_mode mode;
    int workers;                /* connections that read */
    int chunk_ms;               /* a chunk is made as large as is read in so long, */
    int chunk_bytes;            /* and no larger than this, */
    int chunk_rows;             /* nor than this; 0: no limit */
    int rows_per_s;             /* 0: no limit */
    int64_t bytes_per_s;        /* 0: no limit */
    int max_lag_ms;             /* no new chunk while the replica is further behind; 0: no limit */
    const struct kv *select;    /* "schema.table": an SQL condition; ends with key == NULL */
    bool no_updates;            /* updates make no records (format.skipped-operations) */
};

enum job_state { JOB_RUNNING, JOB_PAUSED, JOB_DONE, JOB_CANCELLED, JOB_FAILED };
/* in the stored position and on the control socket */
const char *job_state_name(enum job_state s);
enum job_state job_state_of(const char *name);      /* a name that is none: JOB_RUNNING */

/*
 * What a backfill is asked to read. Strings and keys are borrowed for the call; lists end with
 * NULL.
 * A repair reads one whole table, and says of these keys alone what the table has: the row, or that
 * there is none. Keys are Avro bodies, as they stand behind the frame of the topic's records.
 */
struct backfill_request {
    const char *const *tables;      /* "schema.table" */
    const char *where;              /* an SQL condition; NULL: every row */
    const char *const *columns;     /* NULL: all; needs topic */
    /* NULL: the table's own. Another one holds what was read and no changes */
    const char *topic;
    bool repair;
    const struct slice *keys;
    size_t nkeys;
    bool rows_only;                 /* no delete is written of these keys */
    bool more;                      /* keys follow (backfill_add_keys): it is paused until then */
};

/* How a job stands. Borrowed until the next call. */
struct job_status {
    uint32_t id;
    enum job_state state;
    bool initial;               /* the feed's own first read */
    const char *tables;         /* those asked for, joined by ','; "" when all */
    const char *table;          /* the one being read; "": none */
    uint64_t rows, bytes;       /* read so far */
    uint64_t rows_expected, bytes_expected;    /* estimates; 0: not known yet */
    uint32_t tables_done, tables_all;
    double seconds;             /* since it began, in this process */
    bool repair;
    uint64_t keys;              /* of a repair, */
    uint64_t rows_written, deletes_written;     /* and what was written for them */
    const char *why;            /* failed: what was wrong; running: what it waits for; else "" */
};

/* 0 and the job's id; -1: err (ERR_CONFIG). It begins when those before it are done. */
int backfill_add(struct backfill *b, const struct backfill_request *r, uint32_t *ret_id,
                 struct err *err) must_check;
enum { BACKFILL_KEYS = 1000000,        /* the most that one repair has, and their bytes */
       BACKFILL_KEY_BYTES = 268435456 };
/* More keys of a repair that was added with `more`; without it now, the repair begins. */
int backfill_add_keys(struct backfill *b, uint32_t id, const struct backfill_request *r,
                      struct err *err) must_check;
/* pause, resume, cancel */
int backfill_set(struct backfill *b, uint32_t id, enum job_state state, struct err *err) must_check;

/* Calls each() for every job, ended ones of this process too, in the order in which they were
 * added. */
typedef void backfill_each_fn(void *arg, const struct job_status *s);
void backfill_list(struct backfill *b, backfill_each_fn *each, void *arg);
#endif
