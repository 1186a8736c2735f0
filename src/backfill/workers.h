#ifndef TAILRACE_BACKFILL_WORKERS_H
#define TAILRACE_BACKFILL_WORKERS_H
#include <pthread.h>
#include <stdatomic.h>
#include "base/arena.h"
#include "backfill/window.h"
#include "source/source.h"

/*
 * Threads that read, each with a connection of its own. The loop gives a task and
 * looks at its state; the task belongs to the worker until it is TASK_ENDED. On
 * ERR_RETRY the worker connects again and repeats the task.
 */
enum task_kind { TASK_LIST, TASK_MEASURE, TASK_CHUNK, TASK_LAG };
enum task_state {
    TASK_GIVEN,
    TASK_SPLIT,     /* TASK_CHUNK: its range is known and does not change any more */
    TASK_ENDED
};

struct table_name { const char *schema, *table; };

struct task {
    enum task_kind kind;
    _Atomic int state;          /* enum task_state */
    struct read_order order;
    enum read_result result;
    struct err err;
    /* TASK_CHUNK: the loop gives range.from and goal, or the whole range if has_range */
    struct range range;
    bool has_range;
    uint32_t goal;
    struct buf mark;
    struct chunk chunk;
    struct read_size size;      /* TASK_MEASURE */
    int lag_ms;                 /* TASK_LAG */
    struct arena names_arena;   /* owns the names (TASK_LIST) or the order's strings */
    struct table_name *names;
    size_t nnames, names_cap;
    /* the loop's own */
    struct window window;
    /* the table last compared with the task's table, and whether they are the same */
    const struct table *seen;
    bool is_seen;
    size_t table;               /* index among the job's tables */
    uint32_t tries;
    int64_t again_us;           /* READ_LATER: when it is given again; 0: not set */
    /* since when the loop waits for its end, and when that was last logged; 0: it does not wait */
    int64_t awaited_us, said_us;
    struct task *next;
    struct task *next_given;    /* the workers' own */
};

struct workers {
    const struct source *src;
    pthread_mutex_t lock;
    pthread_cond_t work, halt;
    struct task *first, *last;  /* given, not yet taken */
    struct worker *all;
    int n;
    bool stop;
    const char *feed;           /* the feed's name, for the threads' log lines */
    int wake;                   /* eventfd: readable after a task's state has changed */
};

int workers_start(struct workers *w, const struct source *src, int n, struct err *err) must_check;
void workers_give(struct workers *w, struct task *t);
bool workers_running(const struct workers *w);

/* Interrupts reading and ends the threads. Every task given is the loop's again. */
void workers_stop(struct workers *w);

struct task *task_new(enum task_kind kind);
/* Copies o: a task may outlive its job's list of tables. */
void task_order(struct task *t, const struct read_order *o);
void task_free(struct task *t);
#endif
