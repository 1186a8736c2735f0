/* Starts the feeds' threads, tells them to stop, and gives each feed back when it has ended. */
#include "flow/engine.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/thread.h"
#include "base/xalloc.h"

/* a feed's thread: libpq, TLS and regular expressions use little of it */
enum { STACK = 1 << 20 };

struct engine {
    pthread_mutex_t lock;
    int ended;                  /* eventfd: a feed has ended */
    struct engine_feed *feeds;  /* under lock */
    size_t n;
};

struct engine *engine_new(void)
{
    struct engine *e = xcalloc(1, sizeof *e);
    pthread_mutex_init(&e->lock, NULL);
    e->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return e;
}

void engine_free(struct engine *e)
{
    pthread_mutex_destroy(&e->lock);
    close(e->ended);
    free(e);
}

static void *work(void *arg)
{
    struct engine_feed *f = arg;
    struct engine *e = f->engine;
    log_feed(f->name);
    f->rc = f->run(f, &f->err);
    pthread_mutex_lock(&e->lock);
    f->ended = true;
    eventfd_write(e->ended, 1);
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

static void unlink_feed(struct engine *e, struct engine_feed *f)
{
    struct engine_feed **at = &e->feeds;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    e->n--;
}

int engine_start(struct engine *e, struct engine_feed *f, struct err *err)
{
    f->engine = e;
    f->ended = false;
    pthread_mutex_lock(&e->lock);
    f->next = e->feeds;
    e->feeds = f;
    e->n++;
    int why = thread_start(&f->thread, STACK, work, f);
    if (why)
        unlink_feed(e, f);
    pthread_mutex_unlock(&e->lock);
    return !why ? 0
                : err_set(err, ERR_FATAL, "a thread for feed %s cannot be started: %s", f->name,
                          strerror(why));
}

static struct engine_feed *take_ended(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    struct engine_feed *f = e->feeds;
    while (f && !f->ended)
        f = f->next;
    if (f)
        unlink_feed(e, f);
    pthread_mutex_unlock(&e->lock);
    return f;
}

struct engine_feed *engine_wait(struct engine *e, int ms)
{
    struct engine_feed *f = take_ended(e);
    struct pollfd fd = { .fd = e->ended, .events = POLLIN };
    eventfd_t n;
    if (!f && poll(&fd, 1, ms) > 0) {
        eventfd_read(e->ended, &n);
        f = take_ended(e);
    }
    if (f)
        pthread_join(f->thread, NULL);
    return f;
}

void engine_stop(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    for (struct engine_feed *f = e->feeds; f; f = f->next)
        f->stop = 1;
    pthread_mutex_unlock(&e->lock);
}

void engine_pause(struct engine_feed *f)
{
    f->pause = 1;
}

void engine_resume(struct engine_feed *f)
{
    f->pause = 0;
}

void engine_wake(struct engine *e)
{
    eventfd_write(e->ended, 1);
}

size_t engine_running(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    size_t n = e->n;
    pthread_mutex_unlock(&e->lock);
    return n;
}
