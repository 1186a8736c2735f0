/* Runs a call that cannot be interrupted in a thread of its own, so that the caller can stop
 * waiting for it. */
#include "base/aside.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/xalloc.h"

enum { LOOK_MS = 50 };

struct work {
    void (*run)(void *arg), (*drop)(void *arg);
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done, left;            /* left: nobody waits any more */
};

static atomic_int aside_behind;

static void work_free(struct work *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->ended);
    free(w);
}

static void *work_on(void *arg)
{
    struct work *w = arg;
    w->run(w->arg);
    pthread_mutex_lock(&w->lock);
    w->done = true;
    bool left = w->left;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
    if (!left)
        return NULL;
    w->drop(w->arg);
    work_free(w);
    atomic_fetch_sub(&aside_behind, 1);
    return NULL;
}

static void look_again_later(struct work *w)
{
    struct timespec until = clock_in(CLOCK_REALTIME, LOOK_MS);
    pthread_cond_timedwait(&w->ended, &w->lock, &until);
}

static enum aside wait_for(struct work *w, const atomic_int *stop, int wait_ms)
{
    int64_t until_us = wait_ms ? clock_mono_us() + wait_ms * INT64_C(1000) : INT64_MAX;
    enum aside how = ASIDE_DONE;
    pthread_mutex_lock(&w->lock);
    while (!w->done && how == ASIDE_DONE) {
        look_again_later(w);
        how = stop && *stop ? ASIDE_STOPPED : clock_mono_us() > until_us ? ASIDE_LATE : ASIDE_DONE;
    }
    if (w->done)
        how = ASIDE_DONE;
    w->left = how != ASIDE_DONE;
    if (w->left)
        atomic_fetch_add(&aside_behind, 1);
    pthread_mutex_unlock(&w->lock);
    return how;
}

enum aside aside_run(void (*run)(void *arg), void (*drop)(void *arg), void *arg,
                     const atomic_int *stop, int wait_ms)
{
    pthread_t thread;
    struct work *w = xcalloc(1, sizeof *w);
    *w = (struct work){ .run = run, .drop = drop, .arg = arg };
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->ended, NULL);
    if (pthread_create(&thread, NULL, work_on, w)) {
        work_free(w);
        return ASIDE_NO_THREAD;
    }
    pthread_detach(thread);
    enum aside how = wait_for(w, stop, wait_ms);
    if (how == ASIDE_DONE)
        work_free(w);
    return how;
}

bool aside_left(void)
{
    return atomic_load(&aside_behind) > 0;
}
