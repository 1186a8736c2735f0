/*
 * Detects that the whole process stood still (SIGSTOP, a frozen container, a suspended host).
 * Without transactions nothing else tells a feed that another instance may have taken over. A
 * thread looks at the clock, so a call that blocks the sink's thread is no pause.
 */
#include "base/clock.h"
#include "sink/kafka.h"

enum { TICK_MS = 500, STOOD_STILL_US = 10000000 };

/* The first thread that wakes after a pause sees it: this one notes it before it moves tick_us. */
static void *tick(void *arg)
{
    struct kafka_pause *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->end) {
        int64_t now = clock_boot_us();
        if (now - atomic_load(&p->tick_us) > STOOD_STILL_US)
            atomic_store(&p->stood_us, now - atomic_load(&p->tick_us));
        atomic_store(&p->tick_us, now);
        struct timespec until = clock_in(CLOCK_MONOTONIC, TICK_MS);
        pthread_cond_timedwait(&p->wake, &p->lock, &until);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int kafka_pause_watch(struct kafka_pause *p, struct err *err)
{
    atomic_store(&p->stood_us, 0);
    atomic_store(&p->tick_us, clock_boot_us());
    if (p->running)
        return 0;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, &attr);
    pthread_condattr_destroy(&attr);
    p->running = !pthread_create(&p->thread, NULL, tick, p);
    return p->running ? 0
                      : err_set(err, ERR_RETRY,
                                "a thread cannot be started: the system's limits are reached");
}

int64_t kafka_pause_seen(const struct kafka_pause *p)
{
    int64_t stood_us = atomic_load(&p->stood_us),
            since_us = clock_boot_us() - atomic_load(&p->tick_us);
    return stood_us ? stood_us : since_us > STOOD_STILL_US ? since_us : 0;
}

void kafka_pause_end(struct kafka_pause *p)
{
    if (!p->running)
        return;
    pthread_mutex_lock(&p->lock);
    p->end = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    p->running = p->end = false;
}
