/* Threads that read tables: each takes tasks from one queue, reads through a reader of the source,
 * and leaves the result in the task. */
#include "backfill/workers.h"
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"

enum { RETRY_FIRST_MS = 250, RETRY_MAX_MS = 10000 };

struct worker {
    struct workers *all;
    pthread_t thread;
    /* NULL: not connected. Changed under the lock, because workers_stop() interrupts it */
    struct reader *reader;
};

struct task *task_new(enum task_kind kind)
{
    struct task *t = xcalloc(1, sizeof *t);
    t->kind = kind;
    arena_init(&t->names_arena, 4096);
    window_init(&t->window);
    chunk_clear(&t->chunk);
    return t;
}

void task_order(struct task *t, const struct read_order *o)
{
    arena_reset(&t->names_arena);
    t->order = *o;
    t->order.schema = arena_strdup(&t->names_arena, o->schema);
    t->order.table = arena_strdup(&t->names_arena, o->table);
    t->order.where = arena_strdup(&t->names_arena, o->where);
}

void task_free(struct task *t)
{
    if (!t)
        return;
    range_done(&t->range);
    buf_done(&t->mark);
    chunk_done(&t->chunk);
    arena_done(&t->names_arena);
    free(t->names);
    window_done(&t->window);
    free(t);
}

static void signal_loop(struct workers *w)
{
    uint64_t one = 1;
    (void)!write(w->wake, &one, sizeof one);
}

static void advance(struct workers *w, struct task *t, enum task_state state)
{
    atomic_store_explicit(&t->state, (int)state, memory_order_release);
    signal_loop(w);
}

static void add_name(void *arg, const char *schema, const char *table)
{
    struct task *t = arg;
    if (t->nnames == t->names_cap) {
        t->names_cap = t->names_cap ? 2 * t->names_cap : 64;
        t->names = xrealloc(t->names, t->names_cap, sizeof *t->names);
    }
    t->names[t->nnames++] = (struct table_name){ arena_strdup(&t->names_arena, schema),
                                                 arena_strdup(&t->names_arena, table) };
}

static enum read_result read_chunk(struct worker *me, struct task *t, struct err *err)
{
    const struct reader_ops *ops = me->reader->ops;
    if (!t->has_range) {
        struct range found = { 0 };
        enum read_result r =
            ops->next(me->reader, &t->order, buf_slice(&t->range.from), t->goal, &found, err);
        if (r != READ_DONE) {
            range_done(&found);
            return r;
        }
        range_done(&t->range);
        t->range = found;
        t->has_range = true;
        advance(me->all, t, TASK_SPLIT);
    }
    chunk_clear(&t->chunk);
    return ops->read(me->reader, &t->order, &t->range, buf_slice(&t->mark), &t->chunk, err);
}

static enum read_result run(struct worker *me, struct task *t, struct err *err)
{
    const struct reader_ops *ops = me->reader->ops;
    switch (t->kind) {
    case TASK_LIST:
        t->nnames = 0;
        return ops->list(me->reader, add_name, t, err) ? READ_ERROR : READ_DONE;
    case TASK_MEASURE:
        return ops->measure(me->reader, &t->order, &t->size, err);
    case TASK_LAG:
        return ops->lag(me->reader, &t->lag_ms, err) ? READ_ERROR : READ_DONE;
    case TASK_CHUNK:
        return read_chunk(me, t, err);
    }
    abort();
}

static void set_reader(struct worker *me, struct reader *r)
{
    pthread_mutex_lock(&me->all->lock);
    me->reader = r;
    pthread_mutex_unlock(&me->all->lock);
}

static bool stopped(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    bool stop = w->stop;
    pthread_mutex_unlock(&w->lock);
    return stop;
}

/* Waits for ms. True: the workers are to stop. */
static bool pause_or_stop(struct workers *w, int ms)
{
    struct timespec until = clock_in(CLOCK_REALTIME, ms);
    pthread_mutex_lock(&w->lock);
    while (!w->stop && pthread_cond_timedwait(&w->halt, &w->lock, &until) == 0)
        ;
    bool stop = w->stop;
    pthread_mutex_unlock(&w->lock);
    return stop;
}

static void close_reader(struct worker *me)
{
    struct reader *r = me->reader;
    set_reader(me, NULL);
    if (r)
        r->ops->free(r);
}

/* Runs t until it is done, fails for a reason that time does not mend, or the workers stop. */
static void work_on(struct worker *me, struct task *t)
{
    int wait_ms = RETRY_FIRST_MS;
    for (;;) {
        t->err = (struct err){ 0 };
        if (!me->reader)
            set_reader(me, me->all->src->ops->reader(me->all->src, &t->err));
        /* Ask stopped() after set_reader(): workers_stop() either saw the reader and interrupts it,
         * or has set stop already, and the reader reads nothing. */
        t->result = me->reader && !stopped(me->all) ? run(me, t, &t->err) : READ_ERROR;
        if (t->result != READ_ERROR || t->err.class != ERR_RETRY || stopped(me->all))
            break;
        close_reader(me);
        log_warn("reading a table will be tried again in_ms=%d reason=\"%s\"", wait_ms, t->err.msg);
        if (pause_or_stop(me->all, wait_ms))
            break;
        wait_ms = wait_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : wait_ms * 2;
    }
    advance(me->all, t, TASK_ENDED);
}

static struct task *take(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->stop)
        pthread_cond_wait(&w->work, &w->lock);
    struct task *t = w->stop ? NULL : w->first;
    if (t) {
        w->first = t->next_given;
        if (!w->first)
            w->last = NULL;
    }
    pthread_mutex_unlock(&w->lock);
    return t;
}

static void *work(void *arg)
{
    struct worker *me = arg;
    log_feed(me->all->feed);
    for (struct task *t; (t = take(me->all));)
        work_on(me, t);
    close_reader(me);
    return NULL;
}

int workers_start(struct workers *w, const struct source *src, int n, struct err *err)
{
    *w = (struct workers){ .src = src, .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->halt, NULL);
    w->all = xcalloc((size_t)n, sizeof *w->all);
    w->feed = log_feed_name();
    for (; w->n < n; w->n++) {
        w->all[w->n].all = w;
        if (pthread_create(&w->all[w->n].thread, NULL, work, &w->all[w->n]))
            break;
    }
    if (w->n == n && w->wake >= 0)
        return 0;
    workers_stop(w);
    return err_set(err, ERR_RETRY, "threads that read tables could not be started");
}

bool workers_running(const struct workers *w)
{
    return w->all != NULL;
}

void workers_give(struct workers *w, struct task *t)
{
    t->next_given = NULL;
    atomic_store_explicit(&t->state, TASK_GIVEN, memory_order_relaxed);
    pthread_mutex_lock(&w->lock);
    if (w->last)
        w->last->next_given = t;
    else
        w->first = t;
    w->last = t;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
}

void workers_stop(struct workers *w)
{
    if (!workers_running(w))
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    for (int i = 0; i < w->n; i++)
        if (w->all[i].reader)
            w->all[i].reader->ops->interrupt(w->all[i].reader);
    pthread_cond_broadcast(&w->work);
    pthread_cond_broadcast(&w->halt);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->n; i++)
        pthread_join(w->all[i].thread, NULL);
    free(w->all);
    if (w->wake >= 0)
        close(w->wake);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->halt);
    *w = (struct workers){ .wake = -1 };
}
