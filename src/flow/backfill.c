#include "flow/backfill.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "flow/jobs.h"
#include "flow/merge.h"

enum {
    FIRST_GOAL = 20000,         /* rows of a table's first range */
    LEAST_GOAL = 100, MOST_GOAL = 20000000,
    AHEAD = 2,                  /* chunks ordered per worker: one being read, one waiting for its turn */
    KEYLESS_TRIES = 3,          /* a chunk of a table without a key is read again so often, for a quiet moment */
    LAG_EVERY_US = 1000000,
    BURST_US = 50000,           /* rows held back by a rate go out in bursts of so much time */
};

struct backfill {
    const struct backfill_options *opt;
    struct source *src;
    struct jobs jobs;
    struct job *job;            /* being read; NULL: none */
    bool begun;                 /* a session has been opened in this process */
    bool open;
    struct workers workers;
    struct task *first, *last;  /* chunks of job, in the order in which they are handed out */
    size_t ahead;
    struct task *left;          /* given up, still with a worker */
    struct task *spare;
    /* the job's tables */
    struct task *list;          /* TASK_LIST; kept, as it owns the names */
    struct task *measure, *lag;
    size_t measured;
    const struct table_name *names;
    size_t nnames;
    size_t out, give;           /* the table handed out, the one ordered */
    uint32_t goal;
    struct buf condition_key;   /* scratch */
    /* the chunk being handed out */
    bool half;
    size_t at;
    uint64_t seq, chunk_rows;
    const struct table *table, *own;    /* the stream's, and the job's own view of it */
    struct arena views;
    struct cell *cells, *after;
    size_t ncells;
    int64_t lag_wait_us;
    double pace_us;             /* when the next row may go out */
    int lag_ms;
};

struct backfill *backfill_new(const struct backfill_options *opt, struct source *src)
{
    struct backfill *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    b->opt = opt;
    b->src = src;
    b->workers.wake = -1;
    arena_init(&b->views, 4096);
    return b;
}

/* ---- tasks ---- */

static void push_left(struct backfill *b, struct task *t)
{
    t->next = b->left;
    b->left = t;
}

static bool ended(const struct task *t)
{
    return atomic_load_explicit(&t->state, memory_order_acquire) == TASK_ENDED;
}

static struct task *chunk_task(struct backfill *b)
{
    struct task *t = b->spare;
    if (!t)
        return task_new(TASK_CHUNK);
    b->spare = t->next;
    range_done(&t->range);
    t->has_range = t->is_seen = false;
    t->seen = NULL;
    t->tries = 0;
    t->mark.n = 0;
    window_done(&t->window);
    window_init(&t->window);
    t->next = NULL;
    return t;
}

static void recycle(struct backfill *b, struct task *t)
{
    t->next = b->spare;
    b->spare = t;
}

/* Everything ordered and not yet handed out is given up; what a worker still has is freed when it is done. */
static void drop_chunks(struct backfill *b)
{
    while (b->first) {
        struct task *t = b->first;
        b->first = t->next;
        if (ended(t))
            recycle(b, t);
        else
            push_left(b, t);
    }
    b->last = NULL;
    b->ahead = 0;
    b->half = false;
}

static void sweep_left(struct backfill *b)
{
    for (struct task **at = &b->left; *at;) {
        struct task *t = *at;
        if (!ended(t)) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        if (t->kind == TASK_CHUNK)
            recycle(b, t);
        else
            task_free(t);
    }
}

static void leave(struct backfill *b, struct task **t)
{
    if (*t)
        push_left(b, *t);
    *t = NULL;
}

/* The job is not read any more, for now or for good. */
static void stand_down(struct backfill *b)
{
    drop_chunks(b);
    leave(b, &b->list);
    leave(b, &b->measure);
    leave(b, &b->lag);
    b->names = NULL;
    b->nnames = b->measured = 0;
    b->job = NULL;
    b->table = b->own = NULL;
    arena_reset(&b->views);
}

void backfill_close(struct backfill *b)
{
    workers_stop(&b->workers);
    struct task *lists[] = { b->first, b->left, b->spare, b->list, b->measure, b->lag };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (struct task *t = lists[i], *next; t; t = next) {
            next = i < 3 ? t->next : NULL;
            task_free(t);
        }
    b->first = b->last = b->left = b->spare = b->list = b->measure = b->lag = NULL;
    stand_down(b);
    b->open = false;
}

void backfill_free(struct backfill *b)
{
    if (!b)
        return;
    backfill_close(b);
    jobs_done(&b->jobs);
    arena_done(&b->views);
    buf_done(&b->condition_key);
    free(b->cells);
    free(b->after);
    free(b);
}

/* ---- jobs ---- */

static bool begins(const struct backfill *b, bool fresh)
{
    switch (b->opt->mode) {
    case SNAPSHOT_NEVER:  return false;
    case SNAPSHOT_ALWAYS: return !b->begun || fresh;
    default:              return fresh;
    }
}

static bool has_initial(const struct backfill *b)
{
    for (const struct job *j = b->jobs.first; j; j = j->next)
        if (j->initial && !job_ended(j))
            return true;
    return false;
}

int backfill_open(struct backfill *b, struct slice state, bool fresh, struct err *err)
{
    struct jobs stored = { 0 };
    int rc = jobs_read(&stored, state, err);
    if (!rc)
        jobs_resume(&b->jobs, &stored);
    jobs_done(&stored);
    if (!rc && begins(b, fresh) && !has_initial(b))
        jobs_add(&b->jobs, &(struct backfill_request){ 0 }, true);
    b->begun = b->open = true;
    return rc;
}

static struct job *next_job(const struct backfill *b)
{
    for (struct job *j = b->jobs.first; j; j = j->next)
        if (j->state == JOB_RUNNING)
            return j;
    return NULL;
}

static const char *kind_of(const struct job *j)
{
    return j->initial ? "snapshot" : "backfill";
}

static void end_job(struct backfill *b, enum job_state state)
{
    struct job *j = b->job;
    j->state = state;
    j->ended_us = clock_mono_us();
    j->schema.n = j->table.n = j->from.n = 0;
    if (state == JOB_FAILED)
        log_error("backfill failed id=%u reason=\"%s\"", j->id, j->why);
    else
        log_info("%s %s id=%u tables=%u rows=%llu bytes=%llu", kind_of(j), state == JOB_DONE ? "complete" : "cancelled", j->id,
                 j->tables_done, (unsigned long long)j->rows, (unsigned long long)j->bytes);
    stand_down(b);
}

static int fail_job(struct backfill *b, const struct err *why, struct err *err)
{
    if (b->job->initial || why->class == ERR_RETRY) {
        *err = *why;
        return -1;
    }
    snprintf(b->job->why, sizeof b->job->why, "%s", why->msg);
    end_job(b, JOB_FAILED);
    return 0;
}

int backfill_add(struct backfill *b, const struct backfill_request *r, uint32_t *ret_id, struct err *err)
{
    if (!b->src->ops->reader)
        return err_set(err, ERR_CONFIG, "this source cannot read tables");
    if (!r->tables || !r->tables[0])
        return err_set(err, ERR_CONFIG, "a table is needed");
    for (size_t i = 0; r->tables[i]; i++)
        if (!strchr(r->tables[i], '.'))
            return err_set(err, ERR_CONFIG, "\"%s\" is not a SCHEMA.TABLE", r->tables[i]);
    if (r->columns && r->columns[0] && !r->topic)
        return err_set(err, ERR_CONFIG, "columns need a topic of their own: in the table's topic, a row without the others would be "
                       "read as a change of them");
    struct job *j = jobs_add(&b->jobs, r, false);
    *ret_id = j->id;
    log_info("backfill added id=%u tables=%s", j->id, j->joined);
    return 0;
}

int backfill_set(struct backfill *b, uint32_t id, enum job_state state, struct err *err)
{
    struct job *j = jobs_find(&b->jobs, id);
    if (!j)
        return err_set(err, ERR_CONFIG, "there is no backfill %u", id);
    if (job_ended(j))
        return err_set(err, ERR_CONFIG, "backfill %u has ended", id);
    log_info("backfill %s id=%u", state == JOB_CANCELLED ? "cancelled" : state == JOB_PAUSED ? "paused" : "resumed", id);
    j->state = state;
    if (j == b->job && state != JOB_RUNNING)
        stand_down(b);
    if (state == JOB_CANCELLED)
        j->ended_us = clock_mono_us();
    return 0;
}

static void status_of(const struct backfill *b, const struct job *j, struct buf *table, struct job_status *ret)
{
    table->n = 0;
    if (j->table.n)
        buf_printf(table, "%.*s.%.*s", (int)j->schema.n, (const char *)j->schema.p, (int)j->table.n, (const char *)j->table.p);
    int64_t until = j->ended_us ? j->ended_us : clock_mono_us();
    *ret = (struct job_status){
        .id = j->id, .state = j->state, .initial = j->initial, .tables = j->joined, .table = buf_cstr(table), .rows = j->rows,
        .bytes = j->bytes, .rows_expected = j->rows_expected, .bytes_expected = j->bytes_expected, .tables_done = j->tables_done,
        .tables_all = j->tables_all, .seconds = j->begun_us ? (double)(until - j->begun_us) / 1e6 : 0, .why = j->why,
    };
    if (j == b->job && b->lag_wait_us)
        ret->why = "the replica is too far behind its primary (backfill.max-lag-ms)";
}

void backfill_list(struct backfill *b, backfill_each_fn *each, void *arg)
{
    struct buf table = { 0 };
    for (const struct job *j = b->jobs.first; j; j = j->next) {
        struct job_status s;
        status_of(b, j, &table, &s);
        each(arg, &s);
    }
    buf_done(&table);
}

bool backfill_whole(const struct backfill *b)
{
    return !b->half;
}

bool backfill_idle(const struct backfill *b)
{
    return !b->job && !next_job(b);
}

int backfill_fd(const struct backfill *b)
{
    return b->workers.wake;
}

void backfill_state(const struct backfill *b, struct buf *out)
{
    jobs_write(&b->jobs, out);
}

/* ---- which tables ---- */

static int compare_name(const struct table_name *n, const struct job *j)
{
    int c = strcmp(n->schema, buf_cstr((struct buf *)(uintptr_t)&j->schema));
    return c ? c : strcmp(n->table, buf_cstr((struct buf *)(uintptr_t)&j->table));
}

static bool asked_for(const struct job *j, const struct table_name *n)
{
    if (!j->tables)
        return true;
    size_t head = strlen(n->schema);
    for (size_t i = 0; j->tables[i]; i++)
        if (strncmp(j->tables[i], n->schema, head) == 0 && j->tables[i][head] == '.' &&
            strcmp(j->tables[i] + head + 1, n->table) == 0)
            return true;
    return false;
}

static void set_place(struct backfill *b, bool here)
{
    struct job *j = b->job;
    if (!here) {
        j->from.n = 0;
        j->table_row = false;
    }
    j->schema.n = j->table.n = 0;
    if (b->out < b->nnames) {
        buf_str(&j->schema, b->names[b->out].schema);
        buf_str(&j->table, b->names[b->out].table);
    }
    b->seq = 0;
}

/* The tables are known: those not asked for are left out, and the place is found again among them. */
static int take_list(struct backfill *b, struct err *err)
{
    struct job *j = b->job;
    struct task *t = b->list;
    if (t->result == READ_ERROR)
        return fail_job(b, &t->err, err);
    size_t n = 0, all = 0;
    for (size_t i = 0; i < t->nnames; i++)
        if (asked_for(j, &t->names[i]))
            t->names[n++] = t->names[i];
    while (j->tables && j->tables[all])
        all++;
    if (n < all)
        return fail_job(b, &(struct err){ ERR_CONFIG, "a table that was asked for is not fed: it is not there, not published, or left "
                                                       "out by tables.include and tables.exclude" }, err);
    b->names = t->names;
    b->nnames = n;
    b->out = 0;
    while (j->table.n && b->out < n && compare_name(&b->names[b->out], j) < 0)
        b->out++;
    bool here = j->table.n && b->out < n && compare_name(&b->names[b->out], j) == 0;
    set_place(b, here);
    b->give = b->out;
    b->goal = FIRST_GOAL;
    j->tables_all = (uint32_t)n;
    log_info("%s %s id=%u tables=%zu%s%s", kind_of(j), here ? "goes on" : "begins", j->id, n, here ? " table=" : "",
             here ? buf_cstr(&j->table) : "");
    return 0;
}

/* ---- ordering ---- */

static const char *condition_of(struct backfill *b, const struct table_name *n)
{
    if (!b->job->initial)
        return b->job->where;
    b->condition_key.n = 0;
    buf_printf(&b->condition_key, "%s.%s", n->schema, n->table);
    for (const struct kv *p = b->opt->select; p && p->key; p++)
        if (strcmp(p->key, buf_cstr(&b->condition_key)) == 0)
            return p->value;
    return NULL;
}

static struct read_order order_of(struct backfill *b, size_t i)
{
    const struct table_name *n = &b->names[i];
    return (struct read_order){ n->schema, n->table, condition_of(b, n), (uint32_t)b->opt->chunk_bytes };
}

/* In place of itself: the same range, or where that has lost its meaning the next one from its beginning. */
static void order_again(struct backfill *b, struct task *t)
{
    t->mark.n = 0;
    t->seen = NULL;
    window_done(&t->window);
    window_init(&t->window);
    b->src->ops->mark(b->src, &t->mark);
    workers_give(&b->workers, t);
}

static void order_chunk(struct backfill *b, struct slice from)
{
    struct task *t = chunk_task(b);
    t->order = order_of(b, b->give);
    t->table = b->give;
    t->goal = b->goal;
    buf_put(&t->range.from, from.p, from.n);
    if (b->last)
        b->last->next = t;
    else
        b->first = t;
    b->last = t;
    b->ahead++;
    order_again(b, t);
}

/* False while the end of the last range ordered is not known. */
static bool order_one(struct backfill *b)
{
    const struct task *t = b->last;
    if (!t) {
        if (b->out >= b->nnames)
            return false;
        b->give = b->out;
        order_chunk(b, buf_slice(&b->job->from));
        return true;
    }
    int state = atomic_load_explicit(&t->state, memory_order_acquire);
    if (!t->has_range || state == TASK_GIVEN || (state == TASK_ENDED && t->result != READ_DONE))
        return false;
    if (!t->range.last) {
        order_chunk(b, buf_slice(&t->range.to));
        return true;
    }
    if (b->give + 1 >= b->nnames)
        return false;
    b->give++;
    order_chunk(b, (struct slice){ NULL, 0 });
    return true;
}

static bool lagging(struct backfill *b)
{
    if (!b->opt->max_lag_ms)
        return false;
    if (b->lag && ended(b->lag)) {
        b->lag_ms = b->lag->result == READ_DONE ? b->lag->lag_ms : b->lag_ms;
        task_free(b->lag);
        b->lag = NULL;
    }
    if (b->lag_ms <= b->opt->max_lag_ms) {
        if (b->lag_wait_us)
            log_info("reading goes on lag_ms=%d", b->lag_ms);
        b->lag_wait_us = 0;
        return false;
    }
    int64_t now = clock_mono_us();
    if (!b->lag_wait_us)
        log_warn("reading waits: the replica is behind lag_ms=%d limit_ms=%d", b->lag_ms, b->opt->max_lag_ms);
    if (!b->lag && now > b->lag_wait_us) {
        b->lag_wait_us = now + LAG_EVERY_US;
        b->lag = task_new(TASK_LAG);
        workers_give(&b->workers, b->lag);
    }
    return true;
}

/* One at a time, so that it does not keep the workers from reading. */
static void measure_tables(struct backfill *b)
{
    if (b->measure && !ended(b->measure))
        return;
    if (b->measure) {
        b->job->rows_expected += b->measure->result == READ_DONE ? b->measure->size.rows : 0;
        b->job->bytes_expected += b->measure->result == READ_DONE ? b->measure->size.bytes : 0;
        task_free(b->measure);
        b->measure = NULL;
        b->measured++;
    }
    if (b->measured >= b->nnames)
        return;
    b->measure = task_new(TASK_MEASURE);
    b->measure->order = order_of(b, b->measured);
    workers_give(&b->workers, b->measure);
}

static int take_up(struct backfill *b, struct job *j, struct err *err)
{
    if (!workers_running(&b->workers) && workers_start(&b->workers, b->src, b->opt->workers, err))
        return -1;
    b->job = j;
    j->begun_us = j->begun_us ? j->begun_us : clock_mono_us();
    j->rows_expected = j->bytes_expected = 0;
    b->list = task_new(TASK_LIST);
    workers_give(&b->workers, b->list);
    return 0;
}

int backfill_tend(struct backfill *b, struct err *err)
{
    struct job *j = b->job ? b->job : next_job(b);
    uint64_t news;
    if (b->workers.wake >= 0)
        (void)!read(b->workers.wake, &news, sizeof news);
    sweep_left(b);
    if (!j) {
        if (!b->left)
            workers_stop(&b->workers);
        return 0;
    }
    if (!b->job && take_up(b, j, err))
        return -1;
    if (!b->names && ended(b->list) && take_list(b, err))
        return -1;
    if (!b->names)
        return 0;
    measure_tables(b);
    if (lagging(b))
        return 0;
    while (b->ahead < (size_t)b->opt->workers * AHEAD && order_one(b))
        ;
    return 0;
}

/* ---- what the stream has touched ---- */

void backfill_touch(struct backfill *b, const struct event *ev)
{
    if (!ev->table || !b->first || b->job->topic)
        return;
    for (struct task *t = b->first; t; t = t->next) {
        if (t->seen != ev->table) {
            t->seen = ev->table;
            t->is_seen = strcmp(ev->table->name, t->order.table) == 0 && strcmp(ev->table->schema, t->order.schema) == 0;
        }
        if (t->is_seen)
            window_touch(&t->window, ev);
    }
}

/* ---- handing out ---- */

static void next_table(struct backfill *b)
{
    b->out++;
    b->job->tables_done++;
    set_place(b, false);
}

static struct task *pop(struct backfill *b)
{
    struct task *t = b->first;
    b->first = t->next;
    if (!b->first)
        b->last = NULL;
    b->ahead--;
    b->half = false;
    return t;
}

/* So large that the next one takes chunk_ms, and holds no more than chunk_bytes. */
static void adapt(struct backfill *b, const struct task *t)
{
    if (t->goal != b->goal && t->goal < b->goal / 2)
        return;     /* ordered long ago */
    double by = (double)b->opt->chunk_ms * 1000 / (double)(t->chunk.took_us > 1 ? t->chunk.took_us : 1);
    if ((double)t->chunk.rows.n * by > b->opt->chunk_bytes)
        by = (double)b->opt->chunk_bytes / (double)t->chunk.rows.n;
    if (t->range.last && by > 1)
        return;     /* it was short for want of rows */
    by = by > 2 ? 2 : by < 0.25 ? 0.25 : by;
    double goal = (double)t->goal * by;
    b->goal = goal < LEAST_GOAL ? LEAST_GOAL : goal > MOST_GOAL ? MOST_GOAL : (uint32_t)goal;
}

/* The chunk's place is behind it: 2. */
static int end_chunk(struct backfill *b)
{
    struct task *t = pop(b);
    struct job *j = b->job;
    j->rows += b->chunk_rows;
    j->bytes += t->chunk.rows.n;
    j->from.n = 0;
    b->lag_ms = t->chunk.lag_ms;
    adapt(b, t);
    if (t->range.last) {
        log_info("%s of a table is complete table=%s.%s rows=%llu remaining_tables=%zu", kind_of(j), t->order.schema, t->order.table,
                 (unsigned long long)b->seq, b->nnames - b->out - 1);
        b->goal = FIRST_GOAL;
        next_table(b);
    } else {
        buf_put(&j->from, t->range.to.p, t->range.to.n);
    }
    recycle(b, t);
    if (b->out >= b->nnames)
        end_job(b, JOB_DONE);
    return 2;
}

/* No such table any more: what was read of it stays, the rest is not there. */
static int table_gone(struct backfill *b)
{
    log_warn("%s: a table is gone before it was read whole table=%s.%s", kind_of(b->job), b->first->order.schema,
             b->first->order.table);
    drop_chunks(b);
    next_table(b);
    if (b->out >= b->nnames)
        end_job(b, JOB_DONE);
    return 2;
}

/* A view of the stream's table for a job with columns or a topic of its own: another table to the feeder. */
static int own_view(struct backfill *b, struct err *err)
{
    const struct job *j = b->job;
    if (!j->topic) {
        b->own = b->table;
        return 0;
    }
    struct table *v = arena_alloc(&b->views, sizeof *v);
    struct column *cols = arena_alloc(&b->views, (b->table->ncols + 1u) * sizeof *cols);
    uint16_t *key = arena_alloc(&b->views, (b->table->ncols + 1u) * sizeof *key);
    *v = *b->table;
    v->user = NULL;
    v->topic = j->topic;
    v->cols = cols;
    v->key = key;
    v->ncols = v->nkey = 0;
    for (uint16_t i = 0; i < b->table->ncols; i++) {
        bool wanted = !j->columns;
        for (size_t c = 0; j->columns && j->columns[c] && !wanted; c++)
            wanted = strcmp(j->columns[c], b->table->cols[i].name) == 0;
        for (uint16_t k = 0; k < b->table->nkey; k++)
            wanted |= b->table->key[k] == i;
        if (wanted)
            cols[v->ncols++] = b->table->cols[i];
    }
    for (uint16_t k = 0; k < b->table->nkey; k++)
        for (uint16_t i = 0; i < v->ncols; i++)
            if (strcmp(cols[i].name, b->table->cols[b->table->key[k]].name) == 0)
                key[v->nkey++] = i;
    for (size_t c = 0; j->columns && j->columns[c]; c++) {
        uint16_t i = 0;
        while (i < v->ncols && strcmp(cols[i].name, j->columns[c]))
            i++;
        if (i == v->ncols)
            return err_set(err, ERR_CONFIG, "%s.%s has no column \"%s\"", v->schema, v->name, j->columns[c]);
    }
    b->own = v;
    return 0;
}

static void make_room(struct backfill *b, size_t n)
{
    if (n <= b->ncells)
        return;
    b->cells = realloc(b->cells, n * sizeof *b->cells);
    b->after = realloc(b->after, n * sizeof *b->after);
    if (!b->cells || !b->after)
        abort();
    b->ncells = n;
}

static int read_again(struct backfill *b, struct task *t, const char *why)
{
    log_debug("a chunk is read again table=%s.%s reason=\"%s\"", t->order.schema, t->order.table, why);
    t->tries++;
    order_again(b, t);
    return 0;
}

/* 1: the chunk's rows can go out from here on; 0: not yet. */
static int begin_chunk(struct backfill *b, struct task *t, struct err *err)
{
    const struct table *table;
    if (t->window.spoiled)
        b->goal = b->goal / 4 > LEAST_GOAL ? b->goal / 4 : LEAST_GOAL;
    if (t->window.spoiled)
        return read_again(b, t, "the stream touched too much of it");
    if (t->window.keyless && t->tries < KEYLESS_TRIES)
        return read_again(b, t, "the stream touched the table, whose rows have no key");
    if (!b->src->ops->passed(b->src, buf_slice(&t->chunk.high)))
        return 0;
    int got = b->src->ops->chunk_table(b->src, &t->chunk, &table, err);
    if (got < 0)
        return fail_job(b, err, err);
    if (!got || (t->window.table && t->window.table != table))
        return read_again(b, t, "the table was altered");
    if (table != b->table) {
        b->table = table;
        if (own_view(b, err))
            return fail_job(b, err, err);
    }
    make_room(b, table->ncols);
    b->at = 0;
    b->half = true;
    return 1;
}

/* The next row at *at that the stream has not made obsolete. */
static bool next_row(struct backfill *b, size_t *at, struct cell *cells)
{
    const struct task *t = b->first;
    while (*at < t->chunk.rows.n) {
        chunk_read_row(&t->chunk, at, cells);
        if (window_row(&t->window, b->table, cells) == ROW_FREE)
            return true;
    }
    return false;
}

static enum snapshot_mark mark_of(struct backfill *b)
{
    const struct job *j = b->job;
    if (!j->initial)
        return SNAP_INCREMENTAL;
    size_t at = b->at;
    bool last = b->first->range.last && !next_row(b, &at, b->after);
    if (last && b->out + 1 == b->nnames)
        return SNAP_LAST;
    if (!j->any_row)
        return SNAP_FIRST;
    if (last)
        return SNAP_LAST_IN_TABLE;
    return j->table_row ? SNAP_TRUE : SNAP_FIRST_IN_TABLE;
}

/* The job's own columns, moved to the front. */
static void pick_columns(struct backfill *b)
{
    uint16_t to = 0;
    for (uint16_t i = 0; i < b->table->ncols && to < b->own->ncols; i++)
        if (strcmp(b->table->cols[i].name, b->own->cols[to].name) == 0)
            b->cells[to++] = b->cells[i];
}

static void pace(struct backfill *b, size_t bytes)
{
    double us = b->opt->rows_per_s ? 1e6 / b->opt->rows_per_s : 0;
    if (b->opt->bytes_per_s && (double)bytes * 1e6 / (double)b->opt->bytes_per_s > us)
        us = (double)bytes * 1e6 / (double)b->opt->bytes_per_s;
    if (us <= 0)
        return;
    double least = (double)(clock_mono_us() - BURST_US);
    b->pace_us = (b->pace_us > least ? b->pace_us : least) + us;
}

static bool too_fast(const struct backfill *b)
{
    return b->pace_us > 0 && b->pace_us > (double)clock_mono_us();
}

static void row_event(struct backfill *b, struct event *ev)
{
    struct job *j = b->job;
    *ev = b->first->chunk.place;
    ev->kind = EV_READ;
    ev->snapshot = mark_of(b);
    if (b->own->ncols != b->table->ncols)
        pick_columns(b);
    ev->table = b->own;
    ev->after.cells = b->cells;
    ev->txid = -1;
    ev->seq = ++b->seq;
    j->any_row = j->table_row = true;
    b->chunk_rows++;
}

/* 1: the first chunk in the queue is ready, 2: it was no rows but a turn of events, 0: wait. */
static int look_at_first(struct backfill *b, struct err *err)
{
    struct task *t = b->first;
    if (!ended(t))
        return 0;
    switch (t->result) {
    case READ_DONE:
        b->chunk_rows = 0;
        return begin_chunk(b, t, err);
    case READ_GONE:
        return table_gone(b);
    case READ_AGAIN:
        log_info("a table was altered while it was read; what follows is read anew table=%s.%s", t->order.schema, t->order.table);
        drop_chunks(b);
        return 0;
    case READ_ERROR:
        break;
    }
    return fail_job(b, &t->err, err);
}

int backfill_next(struct backfill *b, struct event *ret_ev, struct err *err)
{
    if (!b->job || !b->names || too_fast(b))
        return 0;
    if (b->out >= b->nnames) {      /* there was no table at all */
        end_job(b, JOB_DONE);
        return 2;
    }
    if (!b->first)
        return 0;
    if (!b->half) {
        int got = look_at_first(b, err);
        if (got != 1)
            return got;
    }
    size_t before = b->at;
    if (!next_row(b, &b->at, b->cells))
        return end_chunk(b);
    row_event(b, ret_ev);
    pace(b, b->at - before);
    return 1;
}
