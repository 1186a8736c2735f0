#include "source/mysql/watch.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include "base/clock.h"
#include "base/xalloc.h"

enum { LOOK_MS = 50, STOP_GRACE_US = 1000000 };

struct mysql_watch {
    int socket;
    const atomic_int *stop;
    pthread_t thread;
    pthread_mutex_t lock;       /* over all that follows */
    pthread_cond_t news;
    bool ended;
    int64_t since_us;           /* an answer is waited for; 0: none */
    int64_t stopping_us;        /* *stop was seen; 0: not */
    int answer_ms;
    enum mysql_gave_up gave_up;
};

static bool stop_is_due(struct mysql_watch *w, int64_t now)
{
    if (!w->stop || !*w->stop)
        return false;
    if (!w->stopping_us)
        w->stopping_us = now;
    return now - w->stopping_us > STOP_GRACE_US;
}

static void look(struct mysql_watch *w)
{
    int64_t now = clock_mono_us();
    if (stop_is_due(w, now))
        w->gave_up = MYSQL_STOPPED;
    else if (w->answer_ms && now - w->since_us > w->answer_ms * INT64_C(1000))
        w->gave_up = MYSQL_SILENT;
    if (w->gave_up)
        shutdown(w->socket, SHUT_RDWR);
}

static void wait_a_moment(struct mysql_watch *w)
{
    struct timespec until = clock_in(CLOCK_REALTIME, LOOK_MS);
    pthread_cond_timedwait(&w->news, &w->lock, &until);
}

/* Sleeps while nobody waits, and when all is said. */
static void *watch(void *arg)
{
    struct mysql_watch *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->ended) {
        if (!w->since_us || w->gave_up) {
            pthread_cond_wait(&w->news, &w->lock);
            continue;
        }
        wait_a_moment(w);
        if (w->since_us && !w->ended)
            look(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void destroy(struct mysql_watch *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->news);
    free(w);
}

struct mysql_watch *mysql_watch_new(int socket, const atomic_int *stop)
{
    struct mysql_watch *w = xcalloc(1, sizeof *w);
    w->socket = socket;
    w->stop = stop;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->news, NULL);
    if (!pthread_create(&w->thread, NULL, watch, w))
        return w;
    destroy(w);
    return NULL;
}

void mysql_watch_free(struct mysql_watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ended = true;
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    destroy(w);
}

void mysql_watch_begin(struct mysql_watch *w, int answer_ms)
{
    pthread_mutex_lock(&w->lock);
    w->since_us = clock_mono_us();
    w->answer_ms = answer_ms;
    pthread_cond_signal(&w->news);
    pthread_mutex_unlock(&w->lock);
}

void mysql_watch_end(struct mysql_watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->since_us = 0;
    pthread_mutex_unlock(&w->lock);
}

enum mysql_gave_up mysql_watch_gave_up(struct mysql_watch *w, int *ret_ms)
{
    pthread_mutex_lock(&w->lock);
    enum mysql_gave_up why = w->gave_up;
    *ret_ms = w->answer_ms;
    pthread_mutex_unlock(&w->lock);
    return why;
}
