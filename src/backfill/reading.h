#ifndef TAILRACE_BACKFILL_READING_H
#define TAILRACE_BACKFILL_READING_H
#include "backfill/jobs.h"
#include "backfill/merge.h"

/* What backfill.c (jobs), reading.c (orders chunks) and handout.c (hands rows out) share. */
enum { FIRST_GOAL = 5000 };    /* rows of a table's first range */

struct backfill {
    const struct backfill_options *opt;
    struct source *src;
    backfill_key_fn *key;       /* gives a row's key, for repairs; NULL: repairs are refused */
    void *key_arg;
    struct buf row_key;         /* scratch */
    struct err lost_key;        /* a change's key could not be told: the repair must fail */
    struct jobs jobs;
    struct job *job;            /* the job being read; NULL: none */
    bool begun;                 /* a session has been opened in this process */
    bool gap;                   /* the first read makes up for lost changes */
    /* jobs have changed, other than by rows handed out: store the position soon */
    bool changed;
    struct workers workers;
    struct task *first, *last;  /* chunks of job, in the order in which they are handed out */
    struct task *left;          /* tasks given up that a worker still has */
    struct task *spare;         /* chunk tasks to use again */
    /* the job's tables */
    struct task *list;          /* TASK_LIST; kept because it owns the names */
    struct task *measure, *lag;
    size_t measured;
    bool listed;                /* names are known; there may be none */
    const struct table_name *names;
    size_t nnames;
    size_t out, give;           /* index in names: the table handed out, the table ordered */
    uint32_t goal;              /* rows of the next range */
    struct buf condition_key;   /* scratch */
    /* the chunk being handed out */
    bool half;                  /* its handing out has begun */
    size_t at;                  /* byte in chunk.rows where its next row begins */
    uint64_t seq, chunk_rows;   /* rows handed out: of the table, of the chunk */
    int64_t out_us;             /* when its first row went out */
    /* since when its last row waits to learn whether rows follow (handout.c); 0: it does not */
    int64_t end_us;
    const struct table *table, *own;    /* the stream's table, and the job's own view of it */
    uint16_t *picked;           /* for each column of own, its index in table */
    struct arena views;
    struct cell *cells, *after;
    size_t ncells;
    int64_t lag_wait_us;
    int64_t lag_said_us;        /* when that was last logged */
    /* since when the first chunk may not be read yet, when that was last logged; 0: it may */
    int64_t later_us, later_said_us;
    char later_why[1024];
    double pace_us;             /* when the next row may go out */
    int lag_ms;
    int64_t said_us;            /* when progress was last logged */
    uint64_t said_rows;         /* the job's rows at that time */
};

/* backfill.c */
const char *reading_kind(const struct job *j);      /* for the log */
void reading_end_job(struct backfill *b, enum job_state state);
/* 0: the job being read has failed. -1: it is the feed's first read, or why is ERR_RETRY: err gets
 * why. */
int reading_fail_job(struct backfill *b, const struct err *why, struct err *err) must_check;

/* reading.c */
bool reading_ended(const struct task *t);
void reading_recycle(struct backfill *b, struct task *t);
/* Gives up everything that is ordered and not yet handed out. */
void reading_drop_chunks(struct backfill *b);
/* Stops reading the job, for now or for good. */
void reading_stand_down(struct backfill *b);
/* Reuses or frees the tasks given up that their workers have ended. */
void reading_sweep(struct backfill *b);
/* Sets the job's place to the table names[out]. here: keep its place within the table. */
void reading_set_place(struct backfill *b, bool here);
int reading_take_list(struct backfill *b, struct err *err) must_check;
void reading_order_again(struct backfill *b, struct task *t);
/* Chunks ordered and not handed out. Empty ones that were read do not count: they cost nothing. */
size_t reading_ahead(const struct backfill *b);
/* Orders the next chunk. False: there is none, or the end of the last range is not known yet. */
bool reading_order_one(struct backfill *b);
bool reading_lags(struct backfill *b);              /* the replica is too far behind to read it */
/* Adds up what the job's tables may hold, one table at a time. */
void reading_measure(struct backfill *b);
#endif
