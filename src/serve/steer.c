/*
 * The process's control socket: its thread, and one order at a time, which another thread that owns
 * the feeds carries out. serve/orders.c has what the orders mean.
 */
#include "serve/steer.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/json_out.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/xalloc.h"
#include "serve/orders.h"

enum { FDS = 16, WAIT_MS = 1000, SOON_MS = 10 };

enum progress { NONE, WAITS, DONE };

struct steer {
    struct control *control;
    struct engine *engine;
    struct steering steering;
    pthread_t thread;
    int stop;                   /* eventfd */
    pthread_mutex_t lock;       /* guards all members below */
    uint64_t number;            /* number of the newest order */
    enum progress progress;
    struct arena a;             /* holds the order */
    struct order order;
    bool failed, passing;       /* passing: it failed with ERR_RETRY */
    struct buf text;            /* the outcome */
};

/* ---- the order that waits ---- */

static uint64_t hand_on(void *arg, enum order_kind kind, const struct wish *w)
{
    struct steer *s = arg;
    size_t n = 0;
    while (w->feeds[n])
        n++;
    pthread_mutex_lock(&s->lock);
    bool free = s->progress != WAITS;
    if (free) {
        arena_done(&s->a);
        arena_init(&s->a, 1024);
        const char **feeds = arena_alloc(&s->a, (n + 1) * sizeof *feeds);
        for (size_t i = 0; i < n; i++)
            feeds[i] = arena_strdup(&s->a, w->feeds[i]);
        feeds[n] = NULL;
        s->order = (struct order){
            .kind = kind, .dry_run = w->dry_run, .feeds = feeds,
            .expected = w->expected ? arena_strdup(&s->a, w->expected) : NULL,
            .position = w->position ? arena_strdup(&s->a, w->position) : NULL,
        };
        s->progress = WAITS;
        s->number++;
        engine_wake(s->engine);
    }
    uint64_t number = free ? s->number : 0;
    pthread_mutex_unlock(&s->lock);
    return number;
}

static void outcome(void *arg, uint64_t order, struct buf *out)
{
    struct steer *s = arg;
    const struct json_out j = { out, true };
    pthread_mutex_lock(&s->lock);
    bool known = order && order == s->number, done = s->progress == DONE;
    json_out_flag(&j, "ok", known && !(done && s->failed));
    if (!known)
        json_out_text(&j, "error", "order: there is none of this number, or others came after it");
    else if (done && s->failed) {
        json_out_text(&j, "error", buf_cstr(&s->text));
        json_out_flag(&j, "passing", s->passing);
    } else {
        json_out_flag(&j, "done", done);
        if (done)
            json_out_text(&j, "text", buf_cstr(&s->text));
    }
    pthread_mutex_unlock(&s->lock);
}

const struct order *steer_order(struct steer *s)
{
    pthread_mutex_lock(&s->lock);
    bool waits = s->progress == WAITS;
    pthread_mutex_unlock(&s->lock);
    return waits ? &s->order : NULL;
}

void steer_done(struct steer *s, const struct err *err, struct slice text)
{
    pthread_mutex_lock(&s->lock);
    s->progress = DONE;
    s->failed = err != NULL;
    s->passing = err && err->class == ERR_RETRY;
    buf_set(&s->text, err ? slice_str(err->msg) : text);
    pthread_mutex_unlock(&s->lock);
}

/* ---- the thread ---- */

static void answer(void *arg, struct slice request, struct buf *out)
{
    orders_answer(arg, request, out);
}

void steer_answer(struct steer *s, struct slice request, struct buf *out)
{
    orders_answer(&s->steering, request, out);
}

static void *work(void *arg)
{
    struct steer *s = arg;
    for (;;) {
        int list[FDS];
        struct pollfd fds[FDS + 1] = { { .fd = s->stop, .events = POLLIN } };
        int n = control_fds(s->control, list, FDS);
        for (int i = 0; i < n; i++)
            fds[i + 1] = (struct pollfd){ .fd = list[i], .events = POLLIN };
        poll(fds, (nfds_t)n + 1, control_owes(s->control) ? SOON_MS : WAIT_MS);
        if (fds[0].revents)
            return NULL;
        control_serve(s->control, answer, &s->steering);
    }
}

char *steer_path(const char *control_socket)
{
    struct buf path = { 0 };
    buf_printf(&path, "%s.process", control_socket);
    return (char *)(uintptr_t)buf_cstr(&path);
}

static int begin(struct steer *s, struct err *err)
{
    s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int why = s->stop < 0 ? errno : thread_start(&s->thread, 0, work, s);
    return why ? err_set(err, ERR_RETRY, "control.socket: no thread can be started for it: %s",
                         strerror(why)) : 0;
}

static void release(struct steer *s)
{
    if (s->stop >= 0)
        close(s->stop);
    control_free(s->control);
    pthread_mutex_destroy(&s->lock);
    arena_done(&s->a);
    buf_done(&s->text);
    free(s);
}

struct steer *steer_new(const char *path, const struct web_about *about, struct roster *roster,
                        struct engine *engine, struct err *err)
{
    struct control *control = control_new(path, err);
    if (!control)
        return NULL;
    struct steer *s = xcalloc(1, sizeof *s);
    s->control = control;
    s->engine = engine;
    s->steering = (struct steering){ roster, about, s, hand_on, outcome };
    pthread_mutex_init(&s->lock, NULL);
    arena_init(&s->a, 1024);
    if (!begin(s, err))
        return s;
    release(s);
    return NULL;
}

void steer_free(struct steer *s)
{
    if (!s)
        return;
    eventfd_write(s->stop, 1);
    pthread_join(s->thread, NULL);
    release(s);
}
