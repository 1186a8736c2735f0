/*
 * A connection that reads tables of an upstream, in a worker's thread. Rows are as they were after
 * some event of the log.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "scripted_source.h"

enum { MAX_ROWS = 256 };
_Atomic int readers_open, readers_busy;

struct scripted_reader {
    struct reader base;
    struct life *life;
    const struct upstream *u;
    uint64_t random;
    pthread_mutex_t lock;
    pthread_cond_t interrupted;
    bool interrupt;
    bool hangs;                 /* as planned: nobody waits for it */
};

struct stored_row {
    char key[KEY_MAX], v[32], far[32];
};

/* ---- the table at some place ---- */

struct rows {
    struct stored_row at[MAX_ROWS];
    size_t n;
};

static struct stored_row *row_of(struct rows *r, const char *key)
{
    size_t i = 0;
    while (i < r->n && strcmp(r->at[i].key, key) < 0)
        i++;
    if (i < r->n && strcmp(r->at[i].key, key) == 0)
        return &r->at[i];
    memmove(&r->at[i + 1], &r->at[i], (r->n - i) * sizeof *r->at);
    r->n++;
    r->at[i] = (struct stored_row){ .v = "" };
    snprintf(r->at[i].key, sizeof r->at[i].key, "%s", key);
    return &r->at[i];
}

static void remove_row(struct rows *r, const char *key)
{
    size_t i = (size_t)(row_of(r, key) - r->at);
    memmove(&r->at[i], &r->at[i + 1], (r->n - i - 1) * sizeof *r->at);
    r->n--;
}

static void apply(struct rows *r, const struct change *c, size_t number)
{
    const char *from = c->was[0] ? c->was : c->key;
    char far[32];
    if (c->kind == EV_TRUNCATE)
        r->n = 0;
    if (c->kind != EV_INSERT && c->kind != EV_UPDATE && c->kind != EV_DELETE)
        return;
    snprintf(far, sizeof far, "far<%zu>", number);
    if (c->unsaid)
        snprintf(far, sizeof far, "%s", row_of(r, from)->far);
    if (c->kind != EV_INSERT)
        remove_row(r, from);
    if (c->kind == EV_DELETE)
        return;
    struct stored_row *row = row_of(r, c->key);
    snprintf(row->v, sizeof row->v, "<%zu>", number);
    snprintf(row->far, sizeof row->far, "%s", far);
}

static void rows_at(const struct upstream *u, int table, size_t at, struct rows *r)
{
    char *first = strdup(u->rows[table]), *save = NULL;
    r->n = 0;
    for (char *key = strtok_r(first, " ", &save); key; key = strtok_r(NULL, " ", &save)) {
        struct stored_row *row = row_of(r, key);
        snprintf(row->v, sizeof row->v, "<first>");
        snprintf(row->far, sizeof row->far, "far<first>");
    }
    free(first);
    for (size_t i = 0; i < at; i++)
        if (u->changes[i].table == table)
            apply(r, &u->changes[i], i);
}

void upstream_rows(const struct upstream *u, int table, size_t at, struct buf *out)
{
    struct rows *r = malloc(sizeof *r);
    rows_at(u, table, at, r);
    for (size_t i = 0; i < r->n; i++)
        buf_printf(out, "%s%s=%s/%s", out->n ? " " : "", r->at[i].key, r->at[i].v, r->at[i].far);
    free(r);
}

int upstream_shape(const struct upstream *u, int table, size_t at)
{
    int shape = 0;
    for (size_t i = 0; i < at; i++)
        shape += u->changes[i].part && u->changes[i].table == table;
    return shape;
}

/* ---- the calls ---- */

static struct scripted_reader *self(struct reader *r)
{
    return (struct scripted_reader *)r;
}

static void wait_for_interrupt(struct scripted_reader *r)
{
    pthread_mutex_lock(&r->lock);
    while (!r->interrupt)
        pthread_cond_wait(&r->interrupted, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

/* A result that was planned; READ_DONE: go on. */
static enum read_result planned(struct scripted_reader *r, enum op op, struct err *err)
{
    enum answer a = life_reader_answer(r->life, op);
    if (a == HANG)
        wait_for_interrupt(r);
    answer_err(a, op, err);
    return a == OK ? READ_DONE : a == NOT_YET ? READ_LATER : a == GONE ? READ_GONE : a == ANEW
        ? READ_AGAIN : READ_ERROR;
}

static int table_of(const struct upstream *u, const struct read_order *o)
{
    int t = strcmp(o->table, "t2") == 0;
    return u->rows[t] && strcmp(o->schema, "s") == 0 ? t : -1;
}

static int list(struct reader *base, read_table_fn *each, void *arg, struct err *err)
{
    struct scripted_reader *r = self(base);
    if (planned(r, OP_LIST, err) != READ_DONE)
        return -1;
    for (int i = 0; i < TABLES; i++)
        if (r->u->rows[i])
            each(arg, "s", i ? "t2" : "t1");
    return 0;
}

static enum read_result measure(struct reader *base, const struct read_order *o,
                                struct read_size *ret, struct err *err)
{
    struct scripted_reader *r = self(base);
    enum read_result got = planned(r, OP_MEASURE, err);
    if (got != READ_DONE || table_of(r->u, o) < 0)
        return got == READ_DONE ? READ_GONE : got;
    *ret = (struct read_size){ .rows = 10, .bytes = 1000, .how = "key" };
    return READ_DONE;
}

/* Bytes compared, the shorter first: as strcmp() does. */
static int compare_key(const char *key, struct slice with)
{
    size_t n = strlen(key);
    int c = memcmp(key, with.p, n < with.n ? n : with.n);
    return c ? c : (n > with.n) - (n < with.n);
}

/*
 * Ranges are of keys that were ever there: so they stay the same ranges whatever happens to the
 * rows.
 */
static size_t all_keys(const struct upstream *u, int table, struct rows *keys)
{
    rows_at(u, table, 0, keys);
    for (size_t i = 0; i < u->n; i++)
        if (u->changes[i].table == table && u->changes[i].key[0])
            row_of(keys, u->changes[i].key);
    return keys->n;
}

static enum read_result split_range(struct scripted_reader *r, const struct read_order *o,
                                    struct slice from, uint32_t goal,
                                    struct range *ret, struct err *err)
{
    enum read_result got = planned(r, OP_SPLIT, err);
    int table = table_of(r->u, o);
    if (got != READ_DONE || table < 0)
        return got == READ_DONE ? READ_GONE : got;
    struct rows *keys = malloc(sizeof *keys);
    size_t n = all_keys(r->u, table, keys), i = 0, most = r->u->range_rows ? r->u->range_rows : 2;
    while (i < n && from.n && compare_key(keys->at[i].key, from) <= 0)
        i++;
    most = goal < most ? goal : most;
    ret->from.n = ret->to.n = 0;
    buf_put(&ret->from, from.p, from.n);
    ret->last = i + most >= n;
    if (n)
        buf_str(&ret->to, keys->at[ret->last ? n - 1 : i + most - 1].key);
    free(keys);
    return READ_DONE;
}

static size_t snapshot_of(struct scripted_reader *r, struct slice mark)
{
    size_t at = place_of(mark);
    r->random = r->random * 6364136223846793005ULL + 1442695040888963407ULL;
    at += r->u->ahead ? (r->random >> 33) % (r->u->ahead + 1) : 0;
    at = at > r->u->n ? r->u->n : at;
    while (at < r->u->n && upstream_inside(r->u, at))
        at++;
    return at;
}

static void put_row(struct chunk *c, const struct stored_row *row)
{
    const char *const cells[] = { row->key, row->v, row->far };
    size_t begun = chunk_begin_row(c);
    for (int i = 0; i < 3; i++)
        chunk_put_cell(c, false, slice_str(cells[i]));
    chunk_end_row(c, begun);
}

static bool in_range(const struct stored_row *row, const struct range *range)
{
    return (!range->from.n || compare_key(row->key, buf_slice(&range->from)) > 0) &&
           (range->last || compare_key(row->key, buf_slice(&range->to)) <= 0);
}

static enum read_result read_range(struct scripted_reader *r, const struct read_order *o,
                                   const struct range *range,
                                   struct slice mark, struct chunk *ret, struct err *err)
{
    enum read_result got = planned(r, OP_READ, err);
    int table = table_of(r->u, o);
    if (got != READ_DONE || table < 0)
        return got == READ_DONE ? READ_GONE : got;
    size_t at = snapshot_of(r, mark);
    struct rows *rows = malloc(sizeof *rows);
    rows_at(r->u, table, at, rows);
    for (size_t i = 0; i < rows->n; i++)
        if (in_range(&rows->at[i], range))
            put_row(ret, &rows->at[i]);
    free(rows);
    ret->ncols = 3;
    buf_printf(&ret->shape, "%d%d", table, upstream_shape(r->u, table, at));
    buf_printf(&ret->high, "@%zu", at);
    ret->place = (struct event){ .kind = EV_READ, .commit_us = upstream_time(r->u, at),
                                 .lsn = 100 + at };
    ret->took_us = 1000;
    ret->lag_ms = r->u->lag_ms;
    return READ_DONE;
}

static enum read_result split(struct reader *base, const struct read_order *o, struct slice from,
                              uint32_t goal,
                              struct range *ret, struct err *err)
{
    bool busy = !self(base)->hangs;
    atomic_fetch_add(&readers_busy, busy);
    enum read_result got = split_range(self(base), o, from, goal, ret, err);
    atomic_fetch_sub(&readers_busy, busy);
    return got;
}

static enum read_result read_chunk(struct reader *base, const struct read_order *o,
                                   const struct range *range, struct slice mark,
                                   struct chunk *ret, struct err *err)
{
    bool busy = !self(base)->hangs;
    atomic_fetch_add(&readers_busy, busy);
    enum read_result got = read_range(self(base), o, range, mark, ret, err);
    atomic_fetch_sub(&readers_busy, busy);
    return got;
}

static int lag(struct reader *base, int *ret, struct err *err)
{
    struct scripted_reader *r = self(base);
    *ret = 0;
    return planned(r, OP_LAG, err) == READ_DONE ? 0 : -1;
}

static void interrupt(struct reader *base)
{
    struct scripted_reader *r = self(base);
    pthread_mutex_lock(&r->lock);
    r->interrupt = true;
    pthread_cond_broadcast(&r->interrupted);
    pthread_mutex_unlock(&r->lock);
}

static void free_reader(struct reader *base)
{
    struct scripted_reader *r = self(base);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->interrupted);
    free(r);
    atomic_fetch_sub(&readers_open, 1);
}

static const struct reader_ops ops = {
    .list = list, .measure = measure, .next = split, .read = read_chunk, .lag = lag,
        .interrupt = interrupt, .free = free_reader,
};

struct reader *scripted_reader_new(struct life *l, const struct upstream *u, struct err *err)
{
    enum answer a = life_reader_answer(l, OP_READER);
    if (answer_err(a, OP_READER, err))
        return NULL;
    struct scripted_reader *r = calloc(1, sizeof *r);
    r->base.ops = &ops;
    r->life = l;
    r->u = u;
    r->random = u->seed;
    for (const struct planned *p = l->plan; p && p->answer != OK; p++)
        r->hangs |= p->answer == HANG;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->interrupted, NULL);
    atomic_fetch_add(&readers_open, 1);
    return &r->base;
}
