#ifndef TAILRACE_BACKFILL_BACKFILL_H
#define TAILRACE_BACKFILL_BACKFILL_H
#include "base/kv.h"
#include "source/source.h"

/*
 * Reads tables beside the stream, in chunks (source/reader.h, docs/backfill.md).
 * Worker threads read ranges ahead. The loop hands the rows out in the order in
 * which it ordered the ranges, each chunk once the stream has passed the chunk's
 * high. The loop leaves out a row whose key the stream has touched since the
 * chunk was ordered: the stream has sent that row, or a newer one. The stored
 * position says what is read and how far, so a restart goes on at the chunk.
 */
struct backfill;

/* Limits and settings for all backfills of a feed. Borrowed. */
struct backfill_options {
    enum snapshot_mode mode;
    int workers;                /* connections that read */
    int chunk_ms;               /* aim: one chunk is read in this time */
    int chunk_bytes;            /* a chunk holds about this much at most */
    int chunk_rows;             /* a chunk's aim is no more rows than this; 0: no limit */
    int rows_per_s;             /* 0: no limit */
    int64_t bytes_per_s;        /* 0: no limit */
    int max_lag_ms;             /* no new chunk while the replica is further behind; 0: no limit */
    const struct kv *select;    /* "schema.table": an SQL condition; ends with key == NULL */
    bool no_updates;            /* updates make no records (format.skipped-operations) */
};

enum job_state { JOB_RUNNING, JOB_PAUSED, JOB_DONE, JOB_CANCELLED, JOB_FAILED };
/* The state's word in the stored position and on the control socket. */
const char *job_state_name(enum job_state s);
enum job_state job_state_of(const char *name);      /* an unknown name: JOB_RUNNING */

/*
 * What a backfill is asked to read. Strings and keys are borrowed for the call; lists end with
 * NULL. A repair reads one whole table, and writes only what the table has for these keys: the row,
 * or a delete if there is no row. Keys are Avro bodies, without the frame that they have in the
 * topic's records.
 */
struct backfill_request {
    const char *const *tables;      /* "schema.table" */
    const char *where;              /* an SQL condition; NULL: every row */
    const char *const *columns;     /* NULL: all; needs topic */
    /* its own topic, which holds the rows read and no changes; NULL: the table's topic */
    const char *topic;
    bool repair;
    const struct slice *keys;
    size_t nkeys;
    bool rows_only;                 /* write no delete for these keys */
    bool more;                      /* keys follow (backfill_add_keys): it is paused until then */
};

/* State of one backfill. Borrowed until the next call. */
struct job_status {
    uint32_t id;
    enum job_state state;
    bool initial;               /* the feed's own first read */
    const char *tables;         /* the tables asked for, joined by ','; "": all */
    const char *table;          /* the table being read; "": none */
    uint64_t rows, bytes;       /* read so far */
    uint64_t rows_expected, bytes_expected;    /* estimates; 0: not known yet */
    uint32_t tables_done, tables_all;
    double seconds;             /* from its beginning in this process to its end or now */
    bool repair;
    uint64_t keys;              /* a repair's keys */
    uint64_t rows_written, deletes_written;     /* a repair: written for its keys */
    const char *why;            /* failed: what was wrong; running: what it waits for; else "" */
};

/*
 * Adds a backfill, which begins when the earlier ones are done. 0: *ret_id has its id. -1:
 * ERR_CONFIG, the request cannot be done; ERR_RETRY, the feed has not begun yet.
 */
int backfill_add(struct backfill *b, const struct backfill_request *r, uint32_t *ret_id,
                 struct err *err) must_check;
enum { BACKFILL_KEYS = 1000000,        /* most keys of one repair, and most bytes of them */
       BACKFILL_KEY_BYTES = 268435456 };
/* Adds keys to a repair that was added with `more`. A call without `more` begins the repair. */
int backfill_add_keys(struct backfill *b, uint32_t id, const struct backfill_request *r,
                      struct err *err) must_check;
/* Pauses (JOB_PAUSED), resumes (JOB_RUNNING) or cancels (JOB_CANCELLED). ERR_CONFIG: no such
 * backfill, it has ended, or it still waits for keys. */
int backfill_set(struct backfill *b, uint32_t id, enum job_state state, struct err *err) must_check;

/* Calls each() for every backfill in the order in which they were added, also for those that have
 * ended in this process. */
typedef void backfill_each_fn(void *arg, const struct job_status *s);
void backfill_list(struct backfill *b, backfill_each_fn *each, void *arg);
#endif
