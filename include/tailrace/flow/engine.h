#ifndef TAILRACE_FLOW_ENGINE_H
#define TAILRACE_FLOW_ENGINE_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "base/err.h"

/*
 * Runs many feeds in one process, each on a thread of its own, which may block. When
 * a feed ends, for whatever reason, the other feeds go on.
 */
struct engine;

/* One feed. Filled by the caller, who keeps it until engine_wait() gives it back. */
struct engine_feed {
    const char *name;
    /* called on the feed's thread; returns when the feed has ended */
    int (*run)(struct engine_feed *f, struct err *err);
    atomic_int stop;            /* not 0: run() ends soon */
    atomic_int pause;           /* not 0: run() holds the feed (flow_options.pause) */
    int rc;                     /* what run() returned */
    struct err err;             /* the error of run(), if rc is not 0 */
    struct engine *engine;      /* the engine's own, as all that follows */
    pthread_t thread;
    bool ended;
    struct engine_feed *next;
};

struct engine *engine_new(void);

/* Call it when every feed has been given back. */
void engine_free(struct engine *e);

/* Starts the feed's thread. -1 (ERR_FATAL): there is no thread, and f stays the caller's. */
int engine_start(struct engine *e, struct engine_feed *f, struct err *err) must_check;

/*
 * Gives a feed that has ended: its thread is gone, and the feed is the caller's again.
 * NULL: no feed ended within ms, or the wait ended for another reason, such as a signal.
 */
struct engine_feed *engine_wait(struct engine *e, int ms);
void engine_stop(struct engine *e);     /* tells all feeds to end */
/* Ends the feed's session and holds the next one until engine_resume(). The feed then goes on
 * where it was. Any thread may call both. */
void engine_pause(struct engine_feed *f);
void engine_resume(struct engine_feed *f);
size_t engine_running(struct engine *e);
void engine_wake(struct engine *e);     /* makes engine_wait() return. Any thread */
#endif
