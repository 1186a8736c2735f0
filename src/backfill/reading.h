#ifndef TAILRACE_BACKFILL_READING_H
#define TAILRACE_BACKFILL_READING_H
#include "backfill/jobs.h"
#include "backfill/merge.h"

/* What backfill.c (jobs), reading.c (ordering chunks) and handout.c (their rows) share. */
enum { FIRST_GOAL = 5000 };    /* rows of a table's first range */

struct backfill {
    const struct backfill_options *opt;
    struct source *src;
    backfill_key_fn *key;       /* of a row, for repairs; NULL: none are taken */
    void *key_arg;
    struct buf row_key;         /* scratch */
    struct err lost_key;        /* a change whose key could not be told: the repair cannot go on */
    struct jobs jobs;
    struct job *job;            /* being read; NULL: none */
    bool begun;                 /* a session has been opened in this process */
    bool gap;                   /* the first read makes up for lost changes */
    /* what is to be read, other than by rows handed out; to be stored */
    bool changed;
    struct workers workers;
    struct task *first, *last;  /* chunks of job, in the order in which they are handed out */
    struct task *left;          /* given up, still with a worker */
    struct task *spare;
    /* the job's tables */
    struct task *list;          /* TASK_LIST; kept, as it owns the names */
    struct task *measure, *lag;
    size_t measured;
    bool listed;                /* names are known; there may be none */
    const struct table_name *names;
    size_t nnames;
    size_t out, give;           /* the table handed out, the one ordered */
    uint32_t goal;
    struct buf condition_key;   /* scratch */
    /* the chunk being handed out */
    bool half;
    size_t at;
    uint64_t seq, chunk_rows;
    int64_t out_us;             /* when its first row went out */
    /* since when its last row waits for what follows (handout.c); 0: it does not */
    int64_t end_us;
    const struct table *table, *own;    /* the stream's, and the job's own view of it */
    uint16_t *picked;           /* of own's columns, their places in table */
    struct arena views;
    struct cell *cells, *after;
    size_t ncells;
    int64_t lag_wait_us;
    int64_t lag_said_us;        /* when that was last logged */
    /* since when the first chunk may not be read yet, when that was said; 0: it may */
    int64_t later_us, later_said_us;
    char later_why[1024];
    double pace_us;             /* when the next row may go out */
    int lag_ms;
    int64_t said_us;            /* when progress was logged, */
    uint64_t said_rows;         /* and what it was */
};

/* backfill.c */
const char *reading_kind(const struct job *j);      /* for the log */
void reading_end_job(struct backfill *b, enum job_state state);
/* the feed's own read is the feed's error */
int reading_fail_job(struct backfill *b, const struct err *why, struct err *err) must_check;

/* reading.c */
bool reading_ended(const struct task *t);
void reading_recycle(struct backfill *b, struct task *t);
/* everything ordered and not yet handed out is given up */
void reading_drop_chunks(struct backfill *b);
/* the job is not read any more, for now or for good */
void reading_stand_down(struct backfill *b);
void reading_sweep(struct backfill *b);             /* what was given up and has come back */
/* here: in mid-table, where the job's place says */
void reading_set_place(struct backfill *b, bool here);
int reading_take_list(struct backfill *b, struct err *err) must_check;
void reading_order_again(struct backfill *b, struct task *t);
/* chunks ordered and not handed out; empty ones cost nothing */
size_t reading_ahead(const struct backfill *b);
/* false while the end of the last range ordered is not known */
bool reading_order_one(struct backfill *b);
bool reading_lags(struct backfill *b);              /* the replica is too far behind to read it */
void reading_measure(struct backfill *b);
#endif
