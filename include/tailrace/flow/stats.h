#ifndef TAILRACE_FLOW_STATS_H
#define TAILRACE_FLOW_STATS_H
#include <pthread.h>
#include "backfill/backfill.h"
#include "flow/state.h"

/* A number that one thread writes and any thread reads, at any time. */
typedef _Atomic uint64_t counter;

static inline void counter_add(counter *c, uint64_t n)
{
    uint64_t was = atomic_load_explicit(c, memory_order_relaxed);
    atomic_store_explicit(c, was + n, memory_order_relaxed);
}

static inline void counter_set(counter *c, uint64_t n)
{
    atomic_store_explicit(c, n, memory_order_relaxed);
}

static inline uint64_t counter_get(const counter *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

enum stats_op { STATS_INSERT, STATS_UPDATE, STATS_DELETE, STATS_TRUNCATE, STATS_READ, STATS_OPS };
extern const char *const stats_op_names[STATS_OPS];

/* One table's rows, of all its versions. */
struct table_stats {
    const char *schema, *name;  /* owned */
    counter rows[STATS_OPS];
    counter held;               /* not written: sink.on-schema-change pauses the table */
    struct table_stats *next;
};

enum { STATS_JOBS = 16, STATS_CLASSES = ERR_FATAL + 1, STATS_ERROR = 1024, STATS_MINUTES = 60 };

struct stats_error {
    uint64_t count;
    int64_t at_ms;              /* Unix epoch; 0: there was none */
    char text[STATS_ERROR];
};

/*
 * What one feed has done in this process, in all its sessions. What it reads again after an error
 * counts again. The feed's thread counts without a lock, and any thread reads. Text is under lock;
 * the feed's thread takes the lock once a second and when a session begins, ends or fails.
 */
struct flow_stats {
    struct state state;
    counter rows, records, bytes, transactions, messages, sessions;
    counter fresh_us;           /* Unix epoch: all commits before it are delivered; 0: not known */
    counter batches, queue_bytes;       /* sent to the lane and not drained */
    counter commits, commit_us;         /* positions that became durable, and the time they took */
    counter rows_per_s;         /* over the last ten seconds */
    counter minutes[STATS_MINUTES];     /* rows of minute number n, at index n % STATS_MINUTES */
    counter minute;                     /* number of the newest minute */
    uint64_t minute_rows;       /* rows counted in minutes so far; for the feed's thread alone */
    _Atomic(struct table_stats *) tables;       /* grows in front, never shrinks */
    size_t ntables;             /* for the feed's thread alone */
    bool asks;                  /* also tell what costs the source a query; set before the start */
    pthread_mutex_t lock;       /* of all that follows */
    struct stats_error errors[STATS_CLASSES];   /* by enum err_class */
    struct source_stand stand;
    struct buf position;        /* the stored position, the source's line of it; empty: none */
    struct job_status jobs[STATS_JOBS];         /* the newest backfills; owns their strings */
    size_t njobs;
};

void stats_init(struct flow_stats *s);      /* all zero before */
void stats_done(struct flow_stats *s);

/*
 * The feed's thread calls these. stats_table() gives the table of that name, and adds it if it is
 * missing. Beyond a limit, all new tables count as one, "(other tables)". Borrowed.
 */
struct table_stats *stats_table(struct flow_stats *s, const char *schema, const char *name);
void stats_error(struct flow_stats *s, const struct err *err);
void stats_position(struct flow_stats *s, struct slice position);
void stats_stand(struct flow_stats *s, const struct source_stand *stand);
void stats_jobs(struct flow_stats *s, struct backfill *b);

/* A copy of a backfill's status that owns its strings. Free them with stats_job_done(). */
struct job_status stats_job_copy(const struct job_status *j);
void stats_job_done(struct job_status *j);
#endif
