#ifndef TAILRACE_FLOW_ENGINE_H
#define TAILRACE_FLOW_ENGINE_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "base/err.h"

/*
 * Many feeds in one process: each on a thread of its own, which may block. A feed
 * that ends, for whatever reason, ends alone.
 */
struct engine;

/* One feed. Filled by the caller, who keeps it until engine_wait() gives it back. */
struct engine_feed {
    const char *name;
    /* on its thread: until the feed has ended */
    int (*run)(struct engine_feed *f, struct err *err);
    atomic_int stop;            /* run() heeds it, */
    atomic_int pause;           /* and this (flow_options.pause) */
    int rc;                     /* what run() said, */
    struct err err;             /* and why */
    struct engine *engine;      /* the engine's own, as all that follows */
    pthread_t thread;
    bool ended;
    struct engine_feed *next;
};

struct engine *engine_new(void);

/* Every feed has been given back. */
void engine_free(struct engine *e);

int engine_start(struct engine *e, struct engine_feed *f, struct err *err) must_check;

/*
 * A feed that has ended: its thread is gone, and the feed is the caller's again.
 * NULL: none within ms, or a wake-up for another reason, as a signal.
 */
struct engine_feed *engine_wait(struct engine *e, int ms);
void engine_stop(struct engine *e);     /* all of them are to end */
/* Its session ends, and the next one waits until it is resumed: it goes on where it was. Any thread
 * may say so. */
void engine_pause(struct engine_feed *f);
void engine_resume(struct engine_feed *f);
size_t engine_running(struct engine *e);
void engine_wake(struct engine *e);     /* engine_wait() returns. Any thread */
#endif
