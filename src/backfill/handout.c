/* Hands out the rows of the chunks that the workers have read: waits until the stream has passed a
 * chunk, leaves out rows that the stream has sent, and moves the job's place. */
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/sql_name.h"
#include "base/xalloc.h"
#include "backfill/reading.h"

enum {
    LEAST_GOAL = 100, MOST_GOAL = 20000000,
    /* a chunk of a table without a key is read again this often, to find a quiet moment */
    KEYLESS_TRIES = 3,
    OUT_US = 500000,            /* aim: a chunk goes out in this time */
    SAY_US = 60000000,          /* progress is logged this often */
    LATER_US = 250000,          /* READ_LATER: the chunk is ordered again after this time */
    /* longest time for which a table's last row waits to learn whether rows follow */
    END_WAIT_US = 15000000,
    SCAN = 16,                  /* rows that a repair looks at in one call */
    BURST_US = 50000,           /* rows held back by a rate go out in bursts of this much time */
};

static void next_table(struct backfill *b)
{
    b->out++;
    b->job->tables_done++;
    reading_set_place(b, false);
}

static struct task *pop(struct backfill *b)
{
    struct task *t = b->first;
    b->first = t->next;
    if (!b->first)
        b->last = NULL;
    b->half = false;
    return t;
}

/*
 * Adapts the goal so that the next range takes chunk_ms to read, holds chunk_bytes at most, and
 * goes out in OUT_US. A transaction of the sink ends only between chunks, and the stream's changes
 * wait for that end.
 */
static void adapt(struct backfill *b, const struct task *t)
{
    double out_us = (double)(clock_mono_us() - b->out_us);
    if (t->goal != b->goal && t->goal < b->goal / 2)
        return;     /* ordered long ago */
    double by =
        (double)b->opt->chunk_ms * 1000 / (double)(t->chunk.took_us > 1 ? t->chunk.took_us : 1);
    if ((double)t->chunk.rows.n * by > b->opt->chunk_bytes)
        by = (double)b->opt->chunk_bytes / (double)t->chunk.rows.n;
    if (out_us * by > OUT_US)
        by = OUT_US / out_us;
    if (t->range.last && by > 1)
        return;     /* the chunk was short because the table ended */
    by = by > 4 ? 4 : by < 0.25 ? 0.25 : by;
    double goal = (double)t->goal * by;
    b->goal = goal < LEAST_GOAL ? LEAST_GOAL : goal > MOST_GOAL ? MOST_GOAL : (uint32_t)goal;
}

static void say_progress(struct backfill *b)
{
    const struct job *j = b->job;
    int64_t now = clock_mono_us();
    if (now - b->said_us < SAY_US)
        return;
    double rate =
        b->said_us ? (double)(j->rows - b->said_rows) * 1e6 / (double)(now - b->said_us) : 0;
    if (b->said_us)
        log_info(
            "%s progress id=%u rows=%llu of_about=%llu rows_per_s=%.0f eta_s=%.0f tables=%u/%u",
            reading_kind(j), j->id, (unsigned long long)j->rows,
            (unsigned long long)j->rows_expected, rate,
            rate > 0 && j->rows_expected > j->rows ? (double)(j->rows_expected - j->rows) / rate
                                                   : 0,
            j->tables_done, j->tables_all);
    b->said_us = now;
    b->said_rows = j->rows;
}

/* The first chunk is all handed out: moves the job's place to its end. Returns 2. */
static int end_chunk(struct backfill *b)
{
    struct task *t = pop(b);
    struct job *j = b->job;
    j->rows += b->chunk_rows;
    j->bytes += t->chunk.rows.n;
    j->from.n = 0;
    b->lag_ms = t->chunk.lag_ms;
    adapt(b, t);
    say_progress(b);
    if (t->range.last) {
        log_info("%s of a table is complete table=%s.%s rows=%llu remaining_tables=%zu",
                 reading_kind(j), t->order.schema, t->order.table, (unsigned long long)b->seq,
                 b->nnames - b->out - 1);
        b->goal = FIRST_GOAL;
        next_table(b);
    } else {
        buf_put(&j->from, t->range.to.p, t->range.to.n);
    }
    reading_recycle(b, t);
    if (b->out >= b->nnames)
        reading_end_job(b, JOB_DONE);
    else if (j->state != JOB_RUNNING)
        reading_stand_down(b);
    return 2;
}

/*
 * Was the table published differently since its first chunk? Then the stream may lack changes of
 * ranges that were read, and the table begins again. Rows deleted meanwhile stay in the topic.
 * True: it begins again, and its chunks are dropped.
 */
static bool begin_table_again(struct backfill *b, const struct task *t)
{
    struct job *j = b->job;
    struct slice now = buf_slice(&t->chunk.member);
    bool changed = j->member.n && !slice_eq(buf_slice(&j->member), now);
    if (slice_eq(buf_slice(&j->member), now))
        return false;
    j->member.n = 0;
    buf_put(&j->member, now.p, now.n);
    b->changed = true;
    if (!changed)
        return false;
    log_warn("%s: what is published of a table changed while it was read, and changes of meanwhile "
             "may not have come: it is read again "
             "from its beginning; rows deleted meanwhile stay in the topic table=%s.%s",
             reading_kind(j), t->order.schema, t->order.table);
    j->from.n = 0;
    b->seq = 0;
    reading_drop_chunks(b);
    return true;
}

/* Adds a job for this table alone. It reads the table from its beginning, or fails if the table is
 * not there. */
static void read_later(struct backfill *b, const struct read_order *o)
{
    const struct job *j = b->job;
    struct buf name = { 0 };
    sql_name_join(o->schema, o->table, &name);
    const char *const tables[] = { buf_cstr(&name), NULL };
    const struct job *later = jobs_add(
        &b->jobs,
        &(struct backfill_request){
            .tables = tables, .columns = j->columns, .where = o->where, .topic = j->topic },
        false);
    log_warn(
        "%s: a table is gone before it was read whole: a backfill of it follows table=%s.%s id=%u",
        reading_kind(j), o->schema, o->table, later->id);
    b->changed = true;
    buf_done(&name);
}

/* The table is dropped or not published any more. It may come back with changes that the stream did
 * not have, so a job of its own follows, or this job for it alone fails. */
static int table_gone(struct backfill *b, struct err *err)
{
    const struct read_order *o = &b->first->order;
    if (!b->job->initial && b->nnames == 1) {
        struct err why = { 0 };
        (void)!err_set(&why, ERR_CONFIG,
                       "table %s.%s is gone before it was read whole: once it is there again, "
                       "tailrace backfill "
                       "--table %s.%s",
                       o->schema, o->table, o->schema, o->table);
        return reading_fail_job(b, &why, err) ? -1 : 2;
    }
    read_later(b, o);
    reading_drop_chunks(b);
    next_table(b);
    if (b->out >= b->nnames)
        reading_end_job(b, JOB_DONE);
    return 2;
}

/* Makes the job's own view of the stream's table, if the job has a topic of its own. The feeder
 * takes the view for another table. */
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
    v->identity = NULL;     /* it counts the table's columns, and rows read need none */
    v->topic = j->topic;
    v->cols = cols;
    v->key = key;
    v->ncols = v->nkey = 0;
    b->picked = arena_alloc(&b->views, (b->table->ncols + 1u) * sizeof *b->picked);
    for (uint16_t i = 0; i < b->table->ncols; i++) {
        bool wanted = !j->columns;
        for (size_t c = 0; j->columns && j->columns[c] && !wanted; c++)
            wanted = strcmp(j->columns[c], b->table->cols[i].name) == 0;
        for (uint16_t k = 0; k < b->table->nkey; k++)
            wanted |= b->table->key[k] == i;
        if (wanted) {
            b->picked[v->ncols] = i;
            cols[v->ncols++] = b->table->cols[i];
        }
    }
    for (uint16_t k = 0; k < b->table->nkey; k++)
        for (uint16_t i = 0; i < v->ncols; i++)
            if (b->picked[i] == b->table->key[k])
                key[v->nkey++] = i;
    for (size_t c = 0; j->columns && j->columns[c]; c++) {
        uint16_t i = 0;
        while (i < v->ncols && strcmp(cols[i].name, j->columns[c]))
            i++;
        if (i == v->ncols)
            return err_set(err, ERR_CONFIG, "%s.%s has no column \"%s\"", v->schema, v->name,
                           j->columns[c]);
    }
    b->own = v;
    return 0;
}

static void make_room(struct backfill *b, size_t n)
{
    if (n <= b->ncells)
        return;
    b->cells = xrealloc(b->cells, n, sizeof *b->cells);
    b->after = xrealloc(b->after, n, sizeof *b->after);
    b->ncells = n;
}

static int read_again(struct backfill *b, struct task *t, const char *why)
{
    log_debug("a chunk is read again table=%s.%s reason=\"%s\"", t->order.schema, t->order.table,
              why);
    t->tries++;
    reading_order_again(b, t);
    return 0;
}

/* The rows read so far may be of another table of this name, or have another key. */
static int begin_repair_again(struct backfill *b)
{
    log_info("a table was altered while it was repaired: it is read again from its beginning "
             "table=%s.%s", b->names[b->out].schema, b->names[b->out].table);
    job_restart(b->job);
    reading_set_place(b, false);
    reading_drop_chunks(b);
    return 0;
}

/* 1: the chunk's rows can go out now; 0: not yet, or it is read again; -1: err. */
static int begin_chunk(struct backfill *b, struct task *t, struct err *err)
{
    const struct table *table;
    if (begin_table_again(b, t))
        return 0;
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
        return reading_fail_job(b, err, err);
    if (!got || (t->window.table && t->window.table != table))
        return read_again(b, t, "the table was altered");
    if (table != b->table) {
        bool other = b->job->repair && b->job->from.n;
        b->table = table;
        if (own_view(b, err))
            return reading_fail_job(b, err, err);
        if (other)
            return begin_repair_again(b);
    }
    make_room(b, table->ncols);
    b->at = 0;
    b->out_us = clock_mono_us();
    b->half = true;
    return 1;
}

/* Reads the next row at *at that still has to go out. False: the chunk has none. */
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

/* True if no row of the table goes out after the one just read. */
static bool is_last_row(struct backfill *b)
{
    size_t at = b->at;
    return b->first->range.last && !next_row(b, &at, b->after);
}

/* Do rows of other tables follow? 1: yes; 0: no; -1: not known yet. A table that may not be read
 * now counts as one with rows. */
static int rows_follow(const struct backfill *b)
{
    if (b->out + 1 >= b->nnames)
        return 0;
    for (const struct task *t = b->first->next; t; t = t->next) {
        if (!reading_ended(t))
            return -1;
        if (t->result != READ_DONE || t->chunk.nrows)
            return 1;
    }
    if (b->give + 1 >= b->nnames && b->last->range.last)
        return 0;
    return b->job->state == JOB_RUNNING && !b->lag_wait_us ? -1 : 1;
}

/* True while a table's last row must wait. It may be the very last row of the feed's first read, if
 * only empty tables follow, and then needs SNAP_LAST. */
static bool wait_for_end(struct backfill *b)
{
    if (!b->job->initial || !is_last_row(b) || rows_follow(b) >= 0) {
        b->end_us = 0;
        return false;
    }
    int64_t now = clock_mono_us();
    if (!b->end_us)
        b->end_us = now;
    return now - b->end_us < END_WAIT_US;
}

static enum snapshot_mark mark_of(struct backfill *b)
{
    const struct job *j = b->job;
    if (!j->initial)
        return SNAP_INCREMENTAL;
    bool last = is_last_row(b);
    if (last && rows_follow(b) == 0)
        return SNAP_LAST;
    if (!j->any_row)
        return SNAP_FIRST;
    if (last)
        return SNAP_LAST_IN_TABLE;
    return j->table_row ? SNAP_TRUE : SNAP_FIRST_IN_TABLE;
}

/* Moves the cells of the job's own columns to the front. */
static void pick_columns(struct backfill *b)
{
    for (uint16_t i = 0; i < b->own->ncols; i++)
        b->cells[i] = b->cells[b->picked[i]];
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

/* ---- repairs ---- */

static void gone_event(struct backfill *b, struct slice key, struct event *ev)
{
    *ev = b->first->chunk.place;
    ev->kind = EV_DELETE;
    ev->snapshot = SNAP_INCREMENTAL;
    ev->table = b->own;
    ev->key = key;
    ev->txid = -1;
    ev->seq = ++b->seq;
}

/* 1: the key of the row in b->cells is one of the repair's; 0: it is not; -1: err. */
static int repair_wants(struct backfill *b, struct err *err)
{
    b->row_key.n = 0;
    if (b->key(b->key_arg, b->table, (struct row){ b->cells }, &b->row_key, err))
        return -1;
    return repair_takes(b->job->repair, buf_slice(&b->row_key));
}

/* After the last row of the table, hands out a delete for each key that no row had. */
static int end_repair_chunk(struct backfill *b, struct event *ret_ev)
{
    struct slice key;
    if (!b->first->range.last || b->first->chunk.no_deletes ||
        !repair_gone(b->job->repair, &key))
        return end_chunk(b);
    gone_event(b, key, ret_ev);
    return 1;
}

static int next_of_repair(struct backfill *b, struct event *ret_ev, struct err *err)
{
    for (int i = 0; i < SCAN && !too_fast(b); i++) {
        size_t before = b->at;
        if (b->lost_key.class != ERR_NONE)
            return reading_fail_job(b, &b->lost_key, err);
        if (!next_row(b, &b->at, b->cells))
            return end_repair_chunk(b, ret_ev);
        pace(b, b->at - before);
        int wanted = repair_wants(b, err);
        if (wanted < 0)
            return backfill_fail(b, err);
        if (wanted) {
            row_event(b, ret_ev);
            return 1;
        }
        b->chunk_rows++;
    }
    return 1;
}

/* ---- the rest ---- */

/* READ_LATER: the stream goes on meanwhile. Logs the wait at once and then each minute, and orders
 * the chunk again after LATER_US. */
static int wait_to_read(struct backfill *b, struct task *t)
{
    int64_t now = clock_mono_us();
    if (!b->later_us)
        b->later_us = now;
    if (!b->later_said_us || now - b->later_said_us >= SAY_US) {
        log_warn("reading waits table=%s.%s seconds=%lld reason=\"%s\"", t->order.schema,
                 t->order.table, (long long)(now - b->later_us) / 1000000, t->err.msg);
        b->later_said_us = now;
    }
    if (!t->again_us) {
        t->again_us = now + LATER_US;
        snprintf(b->later_why, sizeof b->later_why, "%s", t->err.msg);
    }
    if (now >= t->again_us)
        reading_order_again(b, t);
    return 0;
}

static void wait_no_more(struct backfill *b, const struct task *t)
{
    if (b->later_us)
        log_info("reading goes on table=%s.%s waited_s=%lld", t->order.schema, t->order.table,
                 (long long)(clock_mono_us() - b->later_us) / 1000000);
    b->later_us = b->later_said_us = 0;
}

/* The reader may wait for the database or the network: logs that once a minute. */
static void say_awaited(struct task *t)
{
    int64_t now = clock_mono_us();
    if (!t->awaited_us)
        t->awaited_us = t->said_us = now;
    if (now - t->said_us < SAY_US)
        return;
    log_warn("a part of a table is still being read table=%s.%s seconds=%lld", t->order.schema,
             t->order.table, (long long)(now - t->awaited_us) / 1000000);
    t->said_us = now;
}

/* 1: the rows of the first chunk can go out; 2: only the place moved; 0: wait; -1: err. */
static int look_at_first(struct backfill *b, struct err *err)
{
    struct task *t = b->first;
    if (!reading_ended(t)) {
        say_awaited(t);
        return 0;
    }
    if (t->result == READ_LATER)
        return wait_to_read(b, t);
    wait_no_more(b, t);
    switch (t->result) {
    case READ_DONE:
        b->chunk_rows = 0;
        return begin_chunk(b, t, err);
    case READ_GONE:
        return table_gone(b, err);
    case READ_AGAIN:
        log_info("a table was altered while it was read; what follows is read anew table=%s.%s",
                 t->order.schema, t->order.table);
        reading_drop_chunks(b);
        return 0;
    case READ_LATER:
    case READ_ERROR:
        break;
    }
    return reading_fail_job(b, &t->err, err);
}

int backfill_next(struct backfill *b, struct event *ret_ev, struct err *err)
{
    if (!b->job || !b->listed || too_fast(b))
        return 0;
    if (b->out >= b->nnames) {      /* no table is left to read */
        reading_end_job(b, JOB_DONE);
        return 2;
    }
    if (!b->first)
        return 0;
    if (!b->half) {
        int got = look_at_first(b, err);
        if (got != 1)
            return got;
    }
    if (b->first->window.spoiled ||
        (b->first->window.table && b->first->window.table != b->table)) {
        /* its other rows cannot be compared with the stream: the whole chunk comes again */
        b->half = false;
        return read_again(
            b, b->first,
            "the table was altered, or too much of it touched, while it was handed out");
    }
    if (b->job->repair)
        return next_of_repair(b, ret_ev, err);
    size_t before = b->at;
    if (!next_row(b, &b->at, b->cells))
        return end_chunk(b);
    if (wait_for_end(b)) {
        b->at = before;
        return 0;
    }
    row_event(b, ret_ev);
    pace(b, b->at - before);
    return 1;
}
