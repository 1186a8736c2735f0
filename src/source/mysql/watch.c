/*
 * The thread that ends waits for a server's answer (watch.h): conn.c says when a wait begins and
 * ends; the thread shuts down the socket when the wait takes too long.
 */
#include "source/mysql/watch.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include "base/clock.h"
#include "base/thread.h"
#include "base/xalloc.h"
#include "source/received.h"

enum { LOOK_MS = 50, STOP_GRACE_US = 1000000 };

struct mysql_watch {
    LIST_ENTRY(mysql_watch) link;
    int socket;
    const atomic_int *stop;
    int64_t since_us;           /* when the wait began; 0: nobody waits */
    int64_t stopping_us;        /* when *stop was seen; 0: not yet */
    int answer_ms;
    uint64_t received;          /* bytes received before the wait */
    enum mysql_gave_up gave_up;
};

/* The lock protects all watches and the variables below. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news;             /* somebody waits for an answer */
static LIST_HEAD(, mysql_watch) watches = LIST_HEAD_INITIALIZER(watches);
static bool watching;

static bool waits(const struct mysql_watch *w)
{
    return w->since_us && !w->gave_up;
}

static bool anybody_waits(void)
{
    const struct mysql_watch *w;
    LIST_FOREACH(w, &watches, link)
        if (waits(w))
            return true;
    return false;
}

static bool stop_is_due(struct mysql_watch *w, int64_t now)
{
    if (!w->stop || !*w->stop)
        return false;
    if (!w->stopping_us)
        w->stopping_us = now;
    return now - w->stopping_us > STOP_GRACE_US;
}

static void look(struct mysql_watch *w, int64_t now)
{
    if (stop_is_due(w, now))
        w->gave_up = MYSQL_STOPPED;
    else if (w->answer_ms && now - w->since_us > w->answer_ms * INT64_C(1000))
        w->gave_up = MYSQL_SILENT;
    else if (socket_received(w->socket) - w->received > ANSWER_MOST)
        w->gave_up = MYSQL_TOO_MUCH;
    if (w->gave_up)
        shutdown(w->socket, SHUT_RDWR);
}

static void look_at_all(void)
{
    struct mysql_watch *w;
    int64_t now = clock_mono_us();
    LIST_FOREACH(w, &watches, link)
        if (waits(w))
            look(w, now);
}

/* Sleeps while nobody waits. Runs until the process ends. */
static void *watch(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!anybody_waits())
            pthread_cond_wait(&news, &lock);
        struct timespec until = clock_in(CLOCK_MONOTONIC, LOOK_MS);
        pthread_cond_timedwait(&news, &lock, &until);
        look_at_all();
    }
    return NULL;
}

/* CLOCK_MONOTONIC: somebody may set the wall clock during a wait. */
static void init_news(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&news, &attr);
    pthread_condattr_destroy(&attr);
}

/* The caller holds the lock. */
static bool begin_watching(void)
{
    pthread_t thread;
    if (watching)
        return true;
    init_news();
    watching = !thread_start(&thread, 0, watch, NULL);
    if (watching)
        pthread_detach(thread);
    else
        pthread_cond_destroy(&news);
    return watching;
}

struct mysql_watch *mysql_watch_new(int socket, const atomic_int *stop)
{
    struct mysql_watch *w = xcalloc(1, sizeof *w);
    w->socket = socket;
    w->stop = stop;
    pthread_mutex_lock(&lock);
    bool begun = begin_watching();
    if (begun)
        LIST_INSERT_HEAD(&watches, w, link);
    pthread_mutex_unlock(&lock);
    if (begun)
        return w;
    free(w);
    return NULL;
}

void mysql_watch_free(struct mysql_watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&lock);
    LIST_REMOVE(w, link);
    pthread_mutex_unlock(&lock);
    free(w);
}

void mysql_watch_begin(struct mysql_watch *w, int answer_ms)
{
    pthread_mutex_lock(&lock);
    bool sleeps = !anybody_waits();
    w->since_us = clock_mono_us();
    w->answer_ms = answer_ms;
    w->received = socket_received(w->socket);
    if (sleeps)
        pthread_cond_signal(&news);
    pthread_mutex_unlock(&lock);
}

void mysql_watch_end(struct mysql_watch *w)
{
    pthread_mutex_lock(&lock);
    w->since_us = 0;
    pthread_mutex_unlock(&lock);
}

enum mysql_gave_up mysql_watch_gave_up(struct mysql_watch *w, int *ret_ms)
{
    pthread_mutex_lock(&lock);
    enum mysql_gave_up why = w->gave_up;
    *ret_ms = w->answer_ms;
    pthread_mutex_unlock(&lock);
    return why;
}
