/*
 * Verifies one table: reads its rows in chunks, as a backfill does, and holds them against the
 * index. Looks again at what differs before it is reported.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "encode/step.h"
#include "verify/table.h"

enum {
    FIRST_GOAL = 5000,
    LEAST_GOAL = 100,
    MOST_GOAL = 20000000,
    MOST_WAITING = 100000, /* with more rows waiting to be settled, read no further */
    RATE_SHARE = 4,        /* with a rate, a chunk holds at most a second's rows divided by this */
    LATER_MS = 250,
    LAG_MS = 1000,
    BETWEEN_MS = 1000,
    SAY_US = 10000000,
    TRIES = 6,
    TRY_MS = 500, /* pause before a new connection; it doubles each time */
    RESTARTS = 5  /* a table altered meanwhile begins again at most this often */
};

enum outcome { OK = 0, FAILED = -1, ANEW = 1, GONE = 2 };

/* ---- the source's side ---- */

static struct read_order order_of(const struct look *l)
{
    return (struct read_order){ .schema = l->result.schema, .table = l->result.table,
                                .max_bytes = (uint32_t)l->run->o->read->chunk_bytes,
                                .no_updates = l->run->o->read->no_updates };
}

static int pause_ms(struct look *l, int64_t ms, struct err *err)
{
    for (int64_t until = clock_mono_us() + ms * 1000; clock_mono_us() < until;) {
        int64_t left = (until - clock_mono_us()) / 1000;
        int step = left > 100 ? 100 : left < 1 ? 1 : (int)left;
        if (run_stopped(l->run))
            return run_stop(err);
        if (!l->index)
            nanosleep(&(struct timespec){ .tv_nsec = step * 1000000L }, NULL);
        else if (records_take(l, step, err) || places_settle(l, err))
            return -1;
    }
    return 0;
}

static void forget_plan(struct look *l)
{
    plan_free(l->plan);
    shape_free(l->source);
    free(l->placeholder);
    free(l->cells);
    l->plan = NULL;
    l->source = NULL;
    l->placeholder = NULL;
    l->cells = NULL;
    l->table = NULL;
}

static int connect(struct look *l, struct err *err)
{
    struct run *r = l->run;
    int64_t wait = TRY_MS;
    for (int i = 0; !r->reader; i++, wait *= 2) {
        *err = (struct err){ 0 };
        r->reader = r->o->source->ops->reader(r->o->source, err);
        if (r->reader)
            return 0;
        if (err->class != ERR_RETRY || i == TRIES)
            return -1;
        log_warn("reading a table will be tried again in_ms=%" PRId64 " reason=\"%s\"", wait,
                 err->msg);
        if (pause_ms(l, wait, err))
            return -1;
    }
    return 0;
}

static void disconnect(struct look *l)
{
    forget_plan(l);             /* the plan's table is the reader's */
    if (l->run->reader)
        l->run->reader->ops->free(l->run->reader);
    l->run->reader = NULL;
}

/*
 * Reads a chunk into l->in_hand. goal: of about this many rows from range->from on; 0: this range.
 */
static enum outcome read_once(struct look *l, struct range *range, uint32_t goal, struct slice mark,
                              struct err *err)
{
    const struct reader_ops *ops = l->run->reader->ops;
    struct read_order o = order_of(l);
    struct range found = { 0 };
    enum read_result got = READ_DONE;
    if (goal) {
        got = ops->next(l->run->reader, &o, buf_slice(&range->from), goal, &found, err);
        if (got == READ_DONE) {
            range_done(range);
            *range = found;
            goal = 0;
        } else {
            range_done(&found);
        }
    }
    chunk_clear(&l->in_hand);
    if (got == READ_DONE)
        got = ops->read(l->run->reader, &o, range, mark, &l->in_hand, err);
    return got == READ_DONE ? OK : got == READ_GONE ? GONE : got == READ_ERROR ? FAILED : ANEW;
}

static enum outcome read_chunk(struct look *l, struct range *range, uint32_t goal, struct err *err)
{
    struct buf mark = { 0 };
    enum outcome got = FAILED;
    for (int tries = 0; tries < TRIES; tries++) {
        *err = (struct err){ 0 };
        if (connect(l, err) || patient_mark(l, &mark, err))
            break;
        got = read_once(l, range, goal, buf_slice(&mark), err);
        if (got != FAILED || err->class != ERR_RETRY || run_stopped(l->run))
            break;
        log_warn("reading a table will be tried again reason=\"%s\"", err->msg);
        disconnect(l);
    }
    buf_done(&mark);
    if (run_stopped(l->run) && got == FAILED)
        (void)!run_stop(err);
    return got;
}

/* ---- the plan ---- */

static int find_id(struct look *l, struct err *err)
{
    struct arena a;
    arena_init(&a, 512);
    const char *subject = plan_subject(plan_topic(l->plan), PLAN_VALUE, &a);
    l->value_id = 0;
    int rc = registry_id(l->run->o->registry, subject, plan_schema(l->plan, PLAN_VALUE),
                         &l->value_id, err);
    arena_done(&a);
    if (!rc || err->class == ERR_RETRY)
        return rc;
    *err = (struct err){ 0 };   /* no record has this schema: rows are compared by columns */
    l->value_id = 0;
    return 0;
}

static struct event event_of(const struct look *l)
{
    struct event ev = l->in_hand.place;
    ev.kind = EV_READ;
    ev.snapshot = SNAP_INCREMENTAL;
    ev.table = l->table;
    ev.after.cells = l->cells;
    ev.txid = -1;
    ev.seq = 1;
    return ev;
}

/* Finds what the feed writes for a value that an update left alone and the server did not send. */
static void make_placeholder(struct look *l)
{
    struct event ev = event_of(l);
    struct said s;
    struct err no = { 0 };
    if (!l->run->o->source->leaves_out)
        return;
    for (uint16_t i = 0; i < l->table->ncols; i++)
        l->cells[i] = (struct cell){ .kind = CELL_UNCHANGED };
    l->placeholder = xcalloc(l->source->nrow + 1, sizeof *l->placeholder);
    l->value.n = 0;
    if (plan_encode_value(l->plan, 'r', &ev, &l->value, &no) ||
        shape_read(l->source, buf_slice(&l->value), &s, &no) ||
        shape_values(l->source, s.row, &l->placeholder_text, l->placeholder, &no)) {
        free(l->placeholder);
        l->placeholder = NULL;
    }
}

/* ANEW: the table's shape differs from the shape of the rows before. */
static enum outcome take_shape(struct look *l, struct err *err)
{
    const struct table *t = NULL;
    if (l->run->reader->ops->table(l->run->reader, &l->in_hand, &t, err))
        return FAILED;
    if (l->plan && t == l->table && t->version == l->version)
        return OK;
    bool first = !l->plan;
    forget_plan(l);
    l->plan = plan_compile(t, l->run->o->enc, err);
    if (!l->plan)
        return FAILED;
    l->table = t;
    l->version = t->version;
    l->cells = xcalloc(t->ncols + 1u, sizeof *l->cells);
    if (find_id(l, err))
        return FAILED;
    l->source = shape_new(l->value_id, plan_schema(l->plan, PLAN_VALUE), l->run->o->enc, err);
    if (!l->source)
        return FAILED;
    make_placeholder(l);
    return first ? OK : ANEW;
}

/* ---- rows ---- */

static int compare_row(struct look *l, int64_t part, struct err *err)
{
    struct event ev = event_of(l);
    struct said s;
    struct kept k;
    bool same = false;
    unsigned unsaid = 0;
    l->key.n = l->value.n = 0;
    if (plan_encode_key(l->plan, ev.after, &l->key, err) ||
        plan_encode_value(l->plan, 'r', &ev, &l->value, err) ||
        shape_read(l->source, buf_slice(&l->value), &s, err))
        return -1;
    int found = index_get(l->index, buf_slice(&l->key), &k, err);
    if (found > 0)
        seen_set(l, k.id);
    if (found < 0 || (found && row_equals(l, s.row, &k, &same, &unsaid, err)))
        return -1;
    l->result.unsaid += same ? unsaid : 0;
    return same ? 0 : index_wait(l->index, buf_slice(&l->key), s.row, l->chunk, part, err);
}

static int compare_chunk(struct look *l, int64_t part, struct err *err)
{
    l->chunk++;
    for (size_t at = 0; at < l->in_hand.rows.n;) {
        chunk_read_row(&l->in_hand, &at, l->cells);
        if (compare_row(l, part, err))
            return -1;
    }
    l->rows += l->in_hand.nrows;
    l->result.bytes += l->in_hand.rows.n;
    l->result.reading_s += (double)l->in_hand.took_us / 1e6;
    return places_add(l, err);
}

/* ---- manners ---- */

static void say_progress(struct look *l)
{
    int64_t now = clock_mono_us();
    if (now - l->said_us < SAY_US)
        return;
    l->said_us = now;
    log_info("verify progress table=%s.%s look=%d rows=%" PRIu64 " of_about=%" PRIu64
             " waiting=%lld",
             l->result.schema, l->result.table, l->number, l->rows, l->expected,
             (long long)index_waiting(l->index));
}

/* Keeps to the rate, and waits while the replica is behind. */
static int keep_manners(struct look *l, struct err *err)
{
    const struct backfill_options *o = l->run->o->read;
    int64_t now = clock_mono_us();
    int lag = l->in_hand.lag_ms;
    if (o->rows_per_s) {
        int64_t due = (int64_t)l->in_hand.nrows * 1000000 / o->rows_per_s;
        l->paced_us = (l->paced_us > now - due ? l->paced_us : now - due) + due;
        if (l->paced_us > now && pause_ms(l, (l->paced_us - now) / 1000, err))
            return -1;
    }
    while (o->max_lag_ms && lag > o->max_lag_ms) {
        log_info("verify waits: the replica is behind lag_ms=%d limit_ms=%d", lag, o->max_lag_ms);
        if (pause_ms(l, LAG_MS, err) || connect(l, err) ||
            l->run->reader->ops->lag(l->run->reader, &lag, err))
            return -1;
    }
    say_progress(l);
    return 0;
}

static uint32_t adapt(const struct look *l, uint32_t goal)
{
    const struct backfill_options *o = l->run->o->read;
    double took = (double)(l->in_hand.took_us > 1 ? l->in_hand.took_us : 1);
    double by = (double)o->chunk_ms * 1000 / took;
    if (l->in_hand.rows.n && (double)l->in_hand.rows.n * by > o->chunk_bytes)
        by = (double)o->chunk_bytes / (double)l->in_hand.rows.n;
    double next = goal * (by > 4 ? 4 : by < 0.25 ? 0.25 : by);
    double most = o->chunk_rows ? o->chunk_rows : MOST_GOAL;
    if (o->rows_per_s && most > o->rows_per_s / RATE_SHARE)
        most = o->rows_per_s / RATE_SHARE > 1 ? o->rows_per_s / RATE_SHARE : 1;
    return (uint32_t)(next > most                              ? most
                      : next < LEAST_GOAL && most > LEAST_GOAL ? LEAST_GOAL
                                                               : next);
}

static void forget_parts(struct look *l)
{
    for (size_t i = 0; i < l->nparts; i++) {
        free(l->parts[i].from);
        free(l->parts[i].to);
    }
    l->nparts = 0;
}

static void add_part(struct look *l, const struct range *r)
{
    if (l->nparts == l->parts_cap) {
        l->parts_cap = l->parts_cap ? 2 * l->parts_cap : 64;
        l->parts = xrealloc(l->parts, l->parts_cap, sizeof *l->parts);
    }
    l->parts[l->nparts++] =
        (struct part){ xstrndup(r->from.p, r->from.n), xstrndup(r->to.p, r->to.n), r->last, false };
}

/* ---- a look ---- */

/* Pauses before another try: the table is altered while it is read, or cannot be read yet. */
static int again(struct look *l, struct err *err)
{
    if (err->class != ERR_NONE)
        log_info("reading waits table=%s.%s reason=\"%s\"", l->result.schema, l->result.table,
                 err->msg);
    *err = (struct err){ 0 };
    return pause_ms(l, LATER_MS, err);
}

static enum outcome hold(struct look *l, int64_t part, struct err *err)
{
    enum outcome shape = take_shape(l, err);
    if (shape != OK)
        return shape;
    if (compare_chunk(l, part, err) || keep_manners(l, err) || records_take(l, 0, err) ||
        places_settle(l, err))
        return FAILED;
    while (index_waiting(l->index) > MOST_WAITING) {
        int rc = places_wait(l, err);
        if (rc < 0 ||
            (!rc && err_set(err, ERR_RETRY,
                            "the feed stands still, and %lld rows of table %s.%s wait for it: does "
                            "it run?",
                            (long long)index_waiting(l->index), l->result.schema, l->result.table)))
            return FAILED;
    }
    return OK;
}

/* Reads every range of the table, in order. */
static enum outcome look_at_all(struct look *l, struct err *err)
{
    struct range r = { 0 };
    enum outcome got = OK;
    uint32_t goal = adapt(l, FIRST_GOAL);
    bool last = false;
    forget_parts(l);
    while (!last && got == OK) {
        struct buf from = { 0 };
        buf_set(&from, buf_slice(&r.to));
        range_done(&r);
        r.from = from;
        got = read_chunk(l, &r, goal, err);
        if (got == ANEW) {
            buf_set(&r.to, buf_slice(&r.from));
            got = again(l, err) ? FAILED : OK;
            continue;
        }
        if (got != OK)
            break;
        add_part(l, &r);
        got = hold(l, (int64_t)l->nparts - 1, err);
        goal = adapt(l, goal);
        last = r.last;
    }
    range_done(&r);
    return got;
}

/*
 * Reads again the ranges in which something differed. ANEW: a range has lost its meaning, and the
 * table begins again.
 */
static enum outcome look_at_suspects(struct look *l, struct err *err)
{
    enum outcome got = OK;
    for (size_t i = 0; i < l->nparts && got == OK; i++) {
        struct range r = { .last = l->parts[i].last };
        if (!l->parts[i].suspect)
            continue;
        buf_str(&r.from, l->parts[i].from);
        buf_str(&r.to, l->parts[i].to);
        got = read_chunk(l, &r, 0, err);
        if (got == OK)
            got = hold(l, (int64_t)i, err);
        range_done(&r);
    }
    return got;
}

/* ---- what the source does not have ---- */

struct extras {
    struct look *look;
    bool count;                 /* only count; else note them as differences */
    uint64_t untouched, touched;
};

/*
 * A record written since the look began proves nothing: its row may have come after its range was
 * read.
 */
static int judge_extra(void *arg, struct slice key, const struct kept *k, struct err *err)
{
    struct extras *e = arg;
    struct look *l = e->look;
    bool touched = k->partition >= l->partitions || k->offset >= l->start[k->partition];
    if (seen_has(l, k->id))
        return 0;
    e->untouched += !touched;
    e->touched += touched;
    return e->count || touched ? 0 :
           index_differ(l->index, &(struct diff){ .kind = DIFF_EXTRA, .key = key }, l->number, err);
}

/*
 * Notes the extra keys once all that was read is settled. If the feed stands still, counts them as
 * unsettled.
 */
static int find_extras(struct look *l, struct err *err)
{
    struct extras e = { .look = l, .count = true };
    int rc = 1;
    if (index_each(l->index, judge_extra, &e, err))
        return -1;
    if (e.untouched || index_waiting(l->index))
        rc = places_wait(l, err);
    if (rc < 0)
        return -1;
    l->result.unsettled = (uint64_t)index_waiting(l->index) + (rc ? 0 : e.untouched);
    e = (struct extras){ .look = l };
    if (rc && index_each(l->index, judge_extra, &e, err))
        return -1;
    l->result.meanwhile = e.touched;
    return 0;
}

static int settle_rest(struct look *l, struct err *err)
{
    int rc = index_waiting(l->index) ? places_wait(l, err) : 1;
    l->result.unsettled = rc < 0 ? 0 : (uint64_t)index_waiting(l->index);
    return rc < 0 ? -1 : 0;
}

static enum outcome look_once(struct look *l, bool all, struct err *err)
{
    const int64_t *next = follow_next(l->run->follow);
    l->number++;
    l->rows = 0;
    l->aimed = 0;
    l->nplaces = 0;
    l->settled = l->chunk;
    memcpy(l->start, next, (size_t)l->partitions * sizeof *next);
    memset(l->seen, 0, l->seen_bytes);
    if (index_forget(l->index, false, err))
        return FAILED;
    enum outcome got = all ? look_at_all(l, err) : look_at_suspects(l, err);
    if (got != OK)
        return got;
    if (l->number == 1)
        l->result.rows = l->rows;
    if (all && !l->result.no_extras ? find_extras(l, err) : settle_rest(l, err))
        return FAILED;
    int stale = records_stale(l, err);
    return stale < 0 ? FAILED : stale ? ANEW : OK;
}

/* Looks once, and again if the first look found anything. */
static enum outcome look_twice(struct look *l, struct err *err)
{
    int64_t found, left;
    l->number = 0;
    l->result.unsaid = 0;
    if (index_forget(l->index, true, err))
        return FAILED;
    enum outcome got = look_once(l, true, err);
    if (got != OK || index_differences(l->index, 1, 1, &found, err))
        return got == OK ? FAILED : got;
    if (!found)
        return OK;
    size_t suspects = 0;
    for (size_t i = 0; i < l->nparts; i++)
        suspects += l->parts[i].suspect;
    log_info("verify looks again table=%s.%s differences=%" PRId64 " ranges=%zu/%zu",
             l->result.schema, l->result.table, found, suspects, l->nparts);
    uint64_t unsettled = l->result.unsettled;
    if (index_extras(l->index, &left, err) || pause_ms(l, BETWEEN_MS, err))
        return FAILED;
    got = look_once(l, left > 0, err);
    if (got != OK || index_differences(l->index, 2, 2, &left, err))
        return got == OK ? FAILED : got;
    l->result.unsettled =
        (l->result.unsettled > unsettled ? l->result.unsettled : unsettled) + (uint64_t)left;
    return OK;
}

/* ---- a table ---- */

static int not_compared(struct look *l, const char *why)
{
    l->result.state = VERIFY_NOT_COMPARED;
    snprintf(l->why, sizeof l->why, "%s", why);
    return 0;
}

/* Why this table cannot be held against its topic; NULL: it can. */
static const char *obstacle(const struct look *l)
{
    const struct verify_options *o = l->run->o;
    struct arena a;
    arena_init(&a, 512);
    bool own =
        strcmp(name_topic(&a, o->enc->prefix, l->table->schema, l->table->name), l->topic) == 0;
    arena_done(&a);
    if (!plan_schema(l->plan, PLAN_KEY))
        return "it has no key";
    if (o->skipped && strpbrk(o->skipped, "cu"))
        return "format.skipped-operations leaves its changes out";
    if (o->routed && !own && o->enc->envelope == ENVELOPE_FLAT)
        return "its topic is routed, and flat records do not say which table they are of";
    return NULL;
}

/* Finds columns, key and topic from the first rows. These rows are read again later. */
static enum outcome describe(struct look *l, struct err *err)
{
    struct read_size size = { 0 };
    struct read_order o = order_of(l);
    enum outcome got = ANEW;
    for (int tries = 0; got == ANEW && tries < RESTARTS; tries++) {
        struct range r = { 0 };
        got = read_chunk(l, &r, 1, err);
        range_done(&r);
        if (got == ANEW && again(l, err))
            return FAILED;
    }
    if (got == OK)
        got = take_shape(l, err);
    if (got != OK)
        return got;
    l->result.no_extras |= l->in_hand.no_deletes;
    free(l->topic);
    l->topic = xstrdup(plan_topic(l->plan));
    l->result.topic = l->topic;
    if (l->run->reader->ops->measure(l->run->reader, &o, &size, err) == READ_DONE)
        l->expected = size.rows;
    *err = (struct err){ 0 };
    return OK;
}

static void forget_topic(struct look *l)
{
    index_close(l->index);
    free(l->start);
    l->index = NULL;
    l->start = NULL;
}

/* Compares the table. Begins again if the table or its topic is altered meanwhile. */
static int compare_table(struct look *l, struct err *err)
{
    enum outcome got = ANEW;
    for (int tries = 0; got == ANEW && tries < RESTARTS; tries++) {
        const char *why;
        forget_topic(l);
        forget_plan(l);
        got = describe(l, err);
        if (got == OK && (why = obstacle(l)))
            return not_compared(l, why);
        if (got == OK)
            got = records_open(l, err) ? FAILED : look_twice(l, err);
    }
    if (got == GONE)
        return not_compared(l, "it is not there any more, or no longer fed");
    if (got == ANEW)
        return not_compared(l, "it or its topic was altered again and again while it was read");
    if (got == OK && index_is_unordered(l->index))
        return not_compared(l,
                            "its topic holds a TRUNCATE, and nothing says which records are older");
    return got == OK ? 0 : -1;
}

/* An error in one table does not keep the others from being compared. */
static int judge(struct look *l, struct err *err)
{
    int64_t keys;
    int rc = compare_table(l, err);
    if (rc && (err->class == ERR_DATA || err->class == ERR_CONFIG)) {
        rc = not_compared(l, err->msg);
        *err = (struct err){ 0 };
    }
    if (rc || l->result.state == VERIFY_NOT_COMPARED)
        return rc;
    if (index_count(l->index, &keys, err) || differences_say(l, err) || records_commit(l, err))
        return -1;
    l->result.keys = (uint64_t)keys;
    uint64_t found = 0;
    for (int k = 0; k < VERIFY_KINDS; k++)
        found += l->result.found[k];
    l->result.state = found                 ? VERIFY_DIFFERS
                      : l->result.unsettled ? VERIFY_UNSETTLED
                                            : VERIFY_EQUAL;
    return 0;
}

static void finish(struct look *l)
{
    forget_topic(l);
    forget_plan(l);
    forget_parts(l);
    places_done(l);
    chunk_done(&l->in_hand);
    free(l->parts);
    free(l->seen);
    free(l->topic);
    buf_done(&l->key);
    buf_done(&l->value);
    buf_done(&l->place);
    buf_done(&l->position_from);
    buf_done(&l->placeholder_text);
    buf_done(&l->last_position);
}

static void count(const struct look *l, struct verify_totals *totals)
{
    totals->tables++;
    totals->unsettled += l->result.unsettled;
    totals->not_compared += l->result.state == VERIFY_NOT_COMPARED;
    for (int k = 0; k < VERIFY_KINDS; k++)
        totals->differences += l->result.found[k];
}

int table_verify(struct run *r, const char *schema, const char *name, struct verify_totals *totals,
                 struct err *err)
{
    int64_t begun = clock_mono_us();
    struct look l = { .run = r, .result = { .schema = schema, .table = name }, .said_us = begun };
    l.result.why = l.why;
    l.result.no_extras =
        (r->o->skipped && strchr(r->o->skipped, 'd')) ||
        (r->o->enc->envelope == ENVELOPE_FLAT && r->o->enc->flat_deletes == FLAT_DELETES_DROP);
    chunk_clear(&l.in_hand);
    buf_set(&l.position_from, position_of(r));
    int rc = judge(&l, err);
    l.result.looks = l.number;
    l.result.seconds = (double)(clock_mono_us() - begun) / 1e6;
    l.result.from = buf_slice(&l.position_from);
    l.result.to = position_of(r);
    if (!rc) {
        count(&l, totals);
        r->o->table(r->o->arg, &l.result);
    }
    finish(&l);
    return rc;
}
