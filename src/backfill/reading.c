/* Orders the chunks of the job being read: lists its tables, gives ranges to the workers ahead of
 * the handing out, and waits while the replica lags. */
#include "backfill/reading.h"
#include <stdlib.h>
#include "base/sql_name.h"
#include "base/clock.h"
#include "base/log.h"

enum {
    LAG_EVERY_US = 1000000,
    SAY_US = 60000000,
    /* with a rate, a chunk is at most this part of a second's rows or bytes, so that no transaction
     * waits long for its end */
    RATE_SHARE = 4,
};

/* ---- tasks ---- */

static void push_left(struct backfill *b, struct task *t)
{
    t->next = b->left;
    b->left = t;
}

bool reading_ended(const struct task *t)
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

void reading_recycle(struct backfill *b, struct task *t)
{
    t->next = b->spare;
    b->spare = t;
}

/* A task that a worker still has goes to b->left; reading_sweep() reuses it when it has ended. */
void reading_drop_chunks(struct backfill *b)
{
    while (b->first) {
        struct task *t = b->first;
        b->first = t->next;
        if (reading_ended(t))
            reading_recycle(b, t);
        else
            push_left(b, t);
    }
    b->last = NULL;
    b->half = false;
}

void reading_sweep(struct backfill *b)
{
    for (struct task **at = &b->left; *at;) {
        struct task *t = *at;
        if (!reading_ended(t)) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        if (t->kind == TASK_CHUNK)
            reading_recycle(b, t);
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

void reading_stand_down(struct backfill *b)
{
    reading_drop_chunks(b);
    leave(b, &b->list);
    leave(b, &b->measure);
    leave(b, &b->lag);
    b->names = NULL;
    b->listed = false;
    b->nnames = b->measured = 0;
    b->later_us = b->later_said_us = 0;
    b->job = NULL;
    b->table = b->own = NULL;
    arena_reset(&b->views);
}

/* ---- which tables ---- */

static int compare_name(const struct table_name *n, const struct job *j)
{
    int c = strcmp(n->schema, buf_cstr((struct buf *)(uintptr_t)&j->schema));
    return c ? c : strcmp(n->table, buf_cstr((struct buf *)(uintptr_t)&j->table));
}

static bool is_quoted_as(const struct table_name *n, const char *dotted)
{
    struct buf schema = { 0 }, table = { 0 };
    bool same = sql_name_split(dotted, &schema, &table) &&
                strcmp(buf_cstr(&schema), n->schema) == 0 &&
                strcmp(buf_cstr(&table), n->table) == 0;
    buf_done(&schema);
    buf_done(&table);
    return same;
}

/* "a.b.c" may name table b.c of schema a, or table c of schema a.b. Quotes make it one of them. */
static bool is_named(const struct table_name *n, const char *dotted)
{
    size_t head = strlen(n->schema);
    if (strncmp(dotted, n->schema, head) == 0 && dotted[head] == '.' &&
        strcmp(dotted + head + 1, n->table) == 0)
        return true;
    return strchr(dotted, '"') && is_quoted_as(n, dotted);
}

static bool asked_for(const struct job *j, const struct table_name *n)
{
    size_t i = 0;
    while (j->tables && j->tables[i] && !is_named(n, j->tables[i]))
        i++;
    return !j->tables || j->tables[i];
}

/* The first table that was asked for and is not there; NULL: all are there. */
static const char *missing(const struct job *j, const struct table_name *names, size_t n)
{
    for (size_t i = 0, k; j->tables && j->tables[i]; i++) {
        for (k = 0; k < n && !is_named(&names[k], j->tables[i]); k++)
            ;
        if (k == n)
            return j->tables[i];
    }
    return NULL;
}

void reading_set_place(struct backfill *b, bool here)
{
    struct job *j = b->job;
    if (!here) {
        j->from.n = j->member.n = 0;
        j->table_row = false;
    }
    j->schema.n = j->table.n = 0;
    if (b->out < b->nnames) {
        buf_str(&j->schema, b->names[b->out].schema);
        buf_str(&j->table, b->names[b->out].table);
    }
    b->seq = 0;
}

/*
 * Logs the tables in whose topics deleted rows may remain. A row that was deleted while changes
 * were lost is in no table that is read. The number of such rows is not known. Topics of tables
 * that were dropped meanwhile may hold some too.
 */
static void name_tables_of_gap(const struct backfill *b)
{
    enum { LINE = 1000 };
    struct buf names = { 0 };
    for (size_t i = 0; i < b->nnames; i++) {
        buf_printf(&names, "%s%s.%s", names.n ? "," : "", b->names[i].schema, b->names[i].table);
        if (names.n < LINE && i + 1 < b->nnames)
            continue;
        log_warn(
            "rows deleted while changes were lost stay in the topics: count unknown tables=\"%s\"",
            buf_cstr(&names));
        names.n = 0;
    }
    buf_done(&names);
}

/* Takes the list of tables: leaves out those that were not asked for, and finds the job's place
 * among the others. */
int reading_take_list(struct backfill *b, struct err *err)
{
    struct job *j = b->job;
    struct task *t = b->list;
    if (t->result == READ_ERROR)
        return reading_fail_job(b, &t->err, err);
    size_t n = 0;
    for (size_t i = 0; i < t->nnames; i++)
        if (asked_for(j, &t->names[i]))
            t->names[n++] = t->names[i];
    const char *lost = missing(j, t->names, n);
    if (lost) {
        struct err why = { 0 };
        (void)!err_set(&why, ERR_CONFIG,
                       "table %s is not fed: it is not there, not published, or left out by "
                       "tables.include and "
                       "tables.exclude -> tailrace check names tables that are not published",
                       lost);
        return reading_fail_job(b, &why, err);
    }
    if (j->is_repair && n != 1) {
        struct err why = { 0 };
        (void)!err_set(&why, ERR_CONFIG, "%s names %zu tables: quote the schema and the table",
                       j->joined, n);
        return reading_fail_job(b, &why, err);
    }
    b->names = t->names;
    b->listed = true;
    b->nnames = n;
    b->out = 0;
    while (j->table.n && b->out < n && compare_name(&b->names[b->out], j) < 0)
        b->out++;
    bool here = j->table.n && b->out < n && compare_name(&b->names[b->out], j) == 0;
    reading_set_place(b, here);
    b->give = b->out;
    b->goal = FIRST_GOAL;
    j->tables_all = (uint32_t)n;
    if (here)
        log_info("%s goes on id=%u tables=%zu table=%s", reading_kind(j), j->id, n,
                 buf_cstr(&j->table));
    else
        log_info("%s begins id=%u tables=%zu", reading_kind(j), j->id, n);
    if (!n)
        log_warn(
            "no table is there to be read, or none that the account may read: one that comes is "
            "streamed from then on, and `tailrace backfill` reads its older rows");
    if (j->initial && b->gap)
        name_tables_of_gap(b);
    b->gap &= !j->initial;
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
    int64_t bytes = b->opt->chunk_bytes, rate = b->opt->bytes_per_s / RATE_SHARE;
    return (struct read_order){ n->schema, n->table, condition_of(b, n),
                                (uint32_t)(rate && rate < bytes ? rate : bytes),
                                b->opt->no_updates || b->job->topic };
}

/* Gives t to the workers with a new mark and an empty window. It reads its range if it has one,
 * else the next range from range.from. */
void reading_order_again(struct backfill *b, struct task *t)
{
    t->mark.n = 0;
    t->again_us = t->awaited_us = 0;
    t->seen = NULL;
    window_done(&t->window);
    window_init(&t->window);
    b->src->ops->mark(b->src, &t->mark);
    workers_give(&b->workers, t);
}

static void order_chunk(struct backfill *b, struct slice from)
{
    struct task *t = chunk_task(b);
    struct read_order o = order_of(b, b->give);
    task_order(t, &o);
    t->table = b->give;
    uint32_t rate = (uint32_t)b->opt->rows_per_s / RATE_SHARE, most = (uint32_t)b->opt->chunk_rows;
    t->goal = rate && rate < b->goal ? rate : b->goal;
    t->goal = most && most < t->goal ? most : t->goal;
    buf_put(&t->range.from, from.p, from.n);
    if (b->last)
        b->last->next = t;
    else
        b->first = t;
    b->last = t;
    reading_order_again(b, t);
}

size_t reading_ahead(const struct backfill *b)
{
    size_t n = 0;
    for (const struct task *t = b->first; t; t = t->next)
        n += t == b->first || !reading_ended(t) || t->result != READ_DONE || t->chunk.nrows;
    return n;
}

bool reading_order_one(struct backfill *b)
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
    if (state == TASK_GIVEN || (state == TASK_ENDED && t->result != READ_DONE))
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

bool reading_lags(struct backfill *b)
{
    if (!b->opt->max_lag_ms)
        return false;
    if (b->lag && reading_ended(b->lag)) {
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
    if (!b->lag_wait_us || now - b->lag_said_us >= SAY_US) {
        log_warn("reading waits: the replica is behind lag_ms=%d limit_ms=%d", b->lag_ms,
                 b->opt->max_lag_ms);
        b->lag_said_us = now;
    }
    if (!b->lag && now > b->lag_wait_us) {
        b->lag_wait_us = now + LAG_EVERY_US;
        b->lag = task_new(TASK_LAG);
        workers_give(&b->workers, b->lag);
    }
    return true;
}

/* Measures one table at a time, so that workers stay free to read. */
void reading_measure(struct backfill *b)
{
    if (b->measure && !reading_ended(b->measure))
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
    struct read_order o = order_of(b, b->measured);
    task_order(b->measure, &o);
    workers_give(&b->workers, b->measure);
}
