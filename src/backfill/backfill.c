/* The jobs of a feed: takes requests, gives the workers one job at a time to read, and tells each
 * chunk and each repair what the stream touches. */
#include "backfill/backfill.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "backfill/reading.h"

enum { AHEAD = 2 };     /* chunks ordered per worker: one being read, one waiting for its turn */

struct backfill *backfill_new(const struct backfill_options *opt, struct source *src)
{
    struct backfill *b = xcalloc(1, sizeof *b);
    b->opt = opt;
    b->src = src;
    b->workers.wake = -1;
    arena_init(&b->views, 4096);
    return b;
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
    reading_stand_down(b);
}

void backfill_free(struct backfill *b)
{
    if (!b)
        return;
    backfill_close(b);
    jobs_done(&b->jobs);
    arena_done(&b->views);
    buf_done(&b->condition_key);
    buf_done(&b->row_key);
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

static struct job *initial_job(const struct backfill *b)
{
    struct job *j = b->jobs.first;
    while (j && (!j->initial || job_ended(j)))
        j = j->next;
    return j;
}

static void say_repair(const struct job *j)
{
    struct repair_counts n = repair_counts(j->repair);
    log_info("repaired table=%s keys=%llu rows_written=%llu deletes_written=%llu", j->joined,
             (unsigned long long)n.keys, (unsigned long long)n.rows, (unsigned long long)n.deletes);
}

void backfill_durable(struct backfill *b, struct slice state)
{
    struct jobs stored = { 0 };
    struct err err = { 0 };
    struct job *j = b->jobs.first;
    while (j && (j->state != JOB_DONE || j->durable))
        j = j->next;
    if (!j)
        return;
    if (jobs_read(&stored, state, &err))
        log_warn("%s", err.msg);
    for (; j; j = j->next) {
        if (j->state != JOB_DONE || j->durable || !jobs_ended_in(&stored, j->id))
            continue;
        j->durable = true;
        log_info("%s complete id=%u tables=%u rows=%llu bytes=%llu", reading_kind(j), j->id,
                 j->tables_done, (unsigned long long)j->rows, (unsigned long long)j->bytes);
        if (j->repair) {
            say_repair(j);
            repair_end(j->repair);
        }
    }
    jobs_done(&stored);
}

int backfill_open(struct backfill *b, struct slice state, bool fresh, struct err *err)
{
    struct jobs stored = { 0 };
    int rc = jobs_read(&stored, state, err);
    if (!rc)
        jobs_resume(&b->jobs, &stored);
    jobs_done(&stored);
    backfill_durable(b, state);
    bool can = b->src->ops->reader != NULL;
    if (!can && begins(b, fresh))
        log_warn("this source cannot read tables: only changes are fed");
    struct job *initial = rc ? NULL : initial_job(b);
    if (initial && fresh)
        job_restart(initial);       /* rows that it had read may have changed in the gap */
    if (!rc && can && begins(b, fresh) && !initial)
        jobs_add(&b->jobs, &(struct backfill_request){ 0 }, true);
    b->begun = true;
    b->changed = b->jobs.first != NULL;     /* an earlier session may not have stored the jobs */
    return rc;
}

void backfill_after_gap(struct backfill *b)
{
    b->gap = true;
}

static struct job *next_job(const struct backfill *b)
{
    for (struct job *j = b->jobs.first; j; j = j->next)
        if (j->state == JOB_RUNNING)
            return j;
    return NULL;
}

const char *reading_kind(const struct job *j)
{
    return j->initial ? "snapshot" : j->is_repair ? "repair" : "backfill";
}

static void say_failed(const struct job *j)
{
    if (j->is_repair)
        log_error("repair failed id=%u reason=\"%s\"", j->id, j->why);
    else
        log_error("backfill failed id=%u reason=\"%s\"", j->id, j->why);
}

void reading_end_job(struct backfill *b, enum job_state state)
{
    struct job *j = b->job;
    j->state = state;
    j->ended_us = clock_mono_us();
    b->changed = true;
    j->schema.n = j->table.n = j->from.n = j->member.n = 0;
    if (state == JOB_FAILED)
        say_failed(j);
    else if (state == JOB_CANCELLED)
        log_info("%s cancelled id=%u tables=%u rows=%llu bytes=%llu", reading_kind(j), j->id,
                 j->tables_done, (unsigned long long)j->rows, (unsigned long long)j->bytes);
    reading_stand_down(b);
}

int reading_fail_job(struct backfill *b, const struct err *why, struct err *err)
{
    if (b->job->initial || why->class == ERR_RETRY) {
        *err = *why;
        return -1;
    }
    snprintf(b->job->why, sizeof b->job->why, "%s", why->msg);
    reading_end_job(b, JOB_FAILED);
    return 0;
}

int backfill_fail(struct backfill *b, struct err *err)
{
    struct err why = *err;
    *err = (struct err){ 0 };
    return reading_fail_job(b, &why, err);
}

bool backfill_refuse(struct backfill *b, const char *topic, const struct err *why)
{
    struct job *j = b->jobs.first;
    while (j &&
           !(j->topic && strcmp(j->topic, topic) == 0 && (!job_ended(j) || j->state == JOB_DONE)))
        j = j->next;
    if (!j)
        return false;
    snprintf(j->why, sizeof j->why, "%s", why->msg);
    if (j == b->job) {
        reading_end_job(b, JOB_FAILED);
    } else {
        j->state = JOB_FAILED;
        say_failed(j);
    }
    return b->changed = true;
}

static int check_repair(const struct backfill *b, const struct backfill_request *r, struct err *err)
{
    if (!b->key)
        return err_set(err, ERR_CONFIG, "this feed cannot repair");
    if (r->tables[1] || r->where || r->columns || r->topic)
        return err_set(err, ERR_CONFIG, "a repair is of one table, of all its columns, and in its "
                       "own topic");
    return 0;
}

int backfill_add(struct backfill *b, const struct backfill_request *r, uint32_t *ret_id,
                 struct err *err)
{
    if (!b->begun)
        return err_set(err, ERR_RETRY,
                       "the feed has not begun yet"); /* stored jobs have the first ids */
    if (!b->src->ops->reader)
        return err_set(err, ERR_CONFIG, "this source cannot read tables");
    if (!r->tables || !r->tables[0])
        return err_set(err, ERR_CONFIG, "a table is needed");
    for (size_t i = 0; r->tables[i]; i++)
        if (!strchr(r->tables[i], '.'))
            return err_set(err, ERR_CONFIG, "\"%s\" is not a SCHEMA.TABLE", r->tables[i]);
    if (r->columns && r->columns[0] && !r->topic)
        return err_set(err, ERR_CONFIG,
                       "columns need a topic of their own: in the table's topic, a row without the "
                       "others would be "
                       "read as a change of them");
    if (r->repair && check_repair(b, r, err))
        return -1;
    struct repair *repair = r->repair ? repair_new() : NULL;
    if (repair && repair_add(repair, r->keys, r->nkeys, r->rows_only, err)) {
        repair_free(repair);
        return -1;
    }
    struct job *j = jobs_add(&b->jobs, r, false);
    j->repair = repair;
    j->collecting = repair && r->more;
    j->state = j->collecting ? JOB_PAUSED : JOB_RUNNING;
    *ret_id = j->id;
    b->changed = true;
    log_info("%s added id=%u tables=%s", reading_kind(j), j->id, j->joined);
    return 0;
}

int backfill_add_keys(struct backfill *b, uint32_t id, const struct backfill_request *r,
                      struct err *err)
{
    struct job *j = jobs_find(&b->jobs, id);
    if (!j || !j->collecting || job_ended(j))
        return err_set(err, ERR_CONFIG, "there is no repair %u that waits for keys", id);
    if (repair_add(j->repair, r->keys, r->nkeys, r->rows_only, err))
        return -1;
    j->collecting = r->more;
    if (!r->more)
        j->state = JOB_RUNNING;
    b->changed |= !r->more;
    return 0;
}

int backfill_set(struct backfill *b, uint32_t id, enum job_state state, struct err *err)
{
    struct job *j = jobs_find(&b->jobs, id);
    if (!j)
        return err_set(err, ERR_CONFIG, "there is no backfill %u -> tailrace backfill list "
                       "shows those there are", id);
    if (job_ended(j))
        return err_set(err, ERR_CONFIG, "backfill %u has ended", id);
    if (j->collecting && state != JOB_CANCELLED)
        return err_set(err, ERR_CONFIG, "repair %u has not got all of its keys yet", id);
    log_info("backfill %s id=%u",
             state == JOB_CANCELLED ? "cancelled"
             : state == JOB_PAUSED  ? "paused"
                                    : "resumed",
             id);
    j->state = state;
    b->changed = true;
    if (j == b->job && (state == JOB_CANCELLED || (state == JOB_PAUSED && !b->half)))
        reading_stand_down(
            b); /* finish a half handed out chunk first (handout.c), or its rows come twice */
    if (state == JOB_CANCELLED)
        j->ended_us = clock_mono_us();
    return 0;
}

static void status_of(const struct backfill *b, const struct job *j, struct buf *table,
                      struct job_status *ret)
{
    table->n = 0;
    if (j->table.n)
        buf_printf(table, "%.*s.%.*s", (int)j->schema.n, (const char *)j->schema.p, (int)j->table.n,
                   (const char *)j->table.p);
    int64_t until = j->ended_us ? j->ended_us : clock_mono_us();
    struct repair_counts n = j->repair ? repair_counts(j->repair) : (struct repair_counts){ 0 };
    *ret = (struct job_status){
        .id = j->id,
        .state = j->state == JOB_DONE && !j->durable ? JOB_RUNNING : j->state,
        .initial = j->initial,
        .tables = j->joined,
        .table = buf_cstr(table),
        .rows = j->rows,
        .bytes = j->bytes,
        .rows_expected = j->rows_expected,
        .bytes_expected = j->bytes_expected,
        .tables_done = j->tables_done,
        .tables_all = j->tables_all,
        .repair = j->is_repair,
        .keys = n.keys,
        .rows_written = n.rows,
        .deletes_written = n.deletes,
        .seconds = j->begun_us ? (double)(until - j->begun_us) / 1e6 : 0,
        .why = j->why,
    };
    if (j == b->job && b->lag_wait_us)
        ret->why = "the replica is too far behind its primary (snapshot.max-lag-ms)";
    else if (j == b->job && b->later_us)
        ret->why = b->later_why;
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
    return !b->half || b->job->repair;     /* a repair's place is not stored */
}

bool backfill_changed(struct backfill *b)
{
    bool changed = b->changed;
    b->changed = false;
    return changed;
}

bool backfill_is_first(const struct backfill *b)
{
    const struct job *j = initial_job(b);
    return j && j->state == JOB_RUNNING;
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

/* ---- the loop ---- */

static int take_up(struct backfill *b, struct job *j, struct err *err)
{
    if (!workers_running(&b->workers) && workers_start(&b->workers, b->src, b->opt->workers, err))
        return -1;
    b->job = j;
    j->begun_us = j->begun_us ? j->begun_us : clock_mono_us();
    j->rows_expected = j->bytes_expected = 0;
    if (j->repair)
        job_restart(j);         /* while it was paused, nobody noted what the stream touched */
    b->lost_key = (struct err){ 0 };
    b->said_us = 0;
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
    reading_sweep(b);
    if (!j) {
        if (!b->left)
            workers_stop(&b->workers);
        return 0;
    }
    if (!b->job && take_up(b, j, err))
        return -1;
    if (!b->listed && reading_ended(b->list) && reading_take_list(b, err))
        return -1;
    if (!b->listed)
        return 0;
    reading_measure(b);
    if (b->job->state != JOB_RUNNING || reading_lags(b))
        return 0;
    while (reading_ahead(b) < (size_t)b->opt->workers * AHEAD && reading_order_one(b))
        ;
    return 0;
}

void backfill_part(struct backfill *b, const struct table *t)
{
    if (b->table == t)
        b->table = b->own = NULL;
}

void backfill_keys_by(struct backfill *b, backfill_key_fn *fn, void *arg)
{
    b->key = fn;
    b->key_arg = arg;
}

static int touch_key(struct backfill *b, const struct table *t, struct row r, struct err *err)
{
    b->row_key.n = 0;
    if (b->key(b->key_arg, t, r, &b->row_key, err))
        return -1;
    repair_touch(b->job->repair, buf_slice(&b->row_key));
    return 0;
}

/*
 * Notes the keys that a change of the stream touches: the change's record comes after the wrong one
 * in the topic and corrects it. A TRUNCATE names no key, so a row that it removed has no record of
 * its own; the repair writes that row's delete.
 */
static void touch_repair(struct backfill *b, const struct event *ev)
{
    struct err unsaid = { 0 };
    if (!b->listed || b->nnames != 1 || !ev->table || strcmp(ev->table->name, b->names[0].table) ||
        strcmp(ev->table->schema, b->names[0].schema))
        return;
    /* An update's old image may lack a key that did not change; the new one has it. */
    if (ev->kind == EV_UPDATE && ev->before.cells)
        (void)!touch_key(b, ev->table, ev->before, &unsaid);
    if (ev->kind == EV_DELETE && touch_key(b, ev->table, ev->before, &b->lost_key))
        return;
    if (ev->kind == EV_INSERT || ev->kind == EV_UPDATE)
        (void)!touch_key(b, ev->table, ev->after, &b->lost_key);
}

void backfill_touch(struct backfill *b, const struct event *ev)
{
    if (b->job && b->job->repair)
        touch_repair(b, ev);
    if (!ev->table || !b->first || b->job->topic)
        return;
    for (struct task *t = b->first; t; t = t->next) {
        if (t->seen != ev->table) {
            t->seen = ev->table;
            t->is_seen = strcmp(ev->table->name, t->order.table) == 0 &&
                         strcmp(ev->table->schema, t->order.schema) == 0;
        }
        if (t->is_seen)
            window_touch(&t->window, ev);
    }
}
