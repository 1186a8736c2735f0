/*
 * A producer that says of each record what a life answers, and brokers that hold what reached them.
 */
#include "scripted_sink.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "clockwork.h"

struct sink_topic {
    char name[64];
    struct sink_topic *next;
};

/* A record that was put. Its bytes are lent until it is reported: they must be the same then. */
struct on_way {
    struct stored r;
    struct sink_topic *topic;       /* NULL: kept */
    struct batch *batch;
    struct slice key, value;
};

struct scripted_sink {
    struct sink base;
    struct life *life;
    struct broker *b;
    bool open, failed, fenced, storing, closed;
    struct err why;
    uint32_t epoch;
    struct on_way *way;
    size_t n, cap;
    /* what commit() was asked to store, while it has not said that it did */
    struct buf asked;
    struct sink_topic *topics;
};

static struct scripted_sink *self(struct sink *k)
{
    return (struct scripted_sink *)k;
}

/* ---- brokers ---- */

void broker_init(struct broker *b, struct world *w, bool transactional)
{
    *b = (struct broker){ .w = w, .transactional = transactional };
}

static void stored_done(struct stored *r)
{
    buf_done(&r->key);
    buf_done(&r->value);
    buf_done(&r->headers);
}

static void drop_open(struct broker *b)
{
    for (size_t i = 0; i < b->nopen; i++)
        stored_done(&b->open[i]);
    b->nopen = 0;
}

void broker_done(struct broker *b)
{
    drop_open(b);
    for (size_t i = 0; i < b->n; i++)
        stored_done(&b->log[i]);
    for (int i = 0; i < b->nkept; i++)
        buf_done(&b->kept[i].value);
    for (int i = 0; i < b->npositions; i++)
        buf_done(&b->positions[i].value);
    free(b->log);
    free(b->open);
}

static struct kept_value *value_of(struct kept_value *list, int *n, const char *name)
{
    for (int i = 0; i < *n; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    if (*n == FEEDS)
        abort();
    list[*n].value = (struct buf){ 0 };
    snprintf(list[*n].name, sizeof list->name, "%s", name);
    return &list[(*n)++];
}

struct buf *broker_position(struct broker *b, const char *feed)
{
    return &value_of(b->positions, &b->npositions, feed)->value;
}

const char *broker_kept(struct broker *b, const char *name)
{
    struct kept_value *k = value_of(b->kept, &b->nkept, name);
    return k->value.n ? buf_cstr(&k->value) : NULL;
}

static void keep_value(struct broker *b, struct stored *r)
{
    struct kept_value *k = value_of(b->kept, &b->nkept, buf_cstr(&r->key));
    k->value.n = 0;
    buf_put(&k->value, r->value.p, r->value.n);
    stored_done(r);
}

static void append(struct stored **list, size_t *n, size_t *cap, struct stored r)
{
    if (*n == *cap) {
        *cap = *cap ? 2 * *cap : 32;
        *list = realloc(*list, *cap * sizeof **list);
    }
    (*list)[(*n)++] = r;
}

/* From here on a consumer sees it. */
static void show(struct broker *b, struct stored r)
{
    if (b->n && b->log[b->n - 1].epoch > r.epoch)
        world_wrong(b->w, "a record of writer %u came after one of writer %u", r.epoch,
                    b->log[b->n - 1].epoch);
    if (r.partition == KEPT) {
        keep_value(b, &r);
        return;
    }
    append(&b->log, &b->n, &b->cap, r);
    if (b->on_record)
        b->on_record(b->arg, &b->log[b->n - 1]);
}

static void store_positions(struct broker *b, const struct sink_position *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf *at = broker_position(b, p[i].feed->name);
        at->n = 0;
        buf_put(at, p[i].token.p, p[i].token.n);
        if (b->announces)
            snprintf(b->owner, sizeof b->owner, "%.*s", (int)p[i].feed->owner.n,
                     (const char *)p[i].feed->owner.p);
        if (b->on_position)
            b->on_position(b->arg, p[i].feed->name, p[i].token);
    }
    b->commits++;
}

static void end_transaction(struct broker *b)
{
    for (size_t i = 0; i < b->nopen; i++)
        show(b, b->open[i]);
    b->nopen = 0;
}

/* ---- what is on its way ---- */

static void take_off(struct scripted_sink *k, size_t i)
{
    k->n--;
    memmove(&k->way[i], &k->way[i + 1], (k->n - i) * sizeof *k->way);
    k->b->on_way = k->n;
}

static void arrive(struct scripted_sink *k, size_t i, bool reported)
{
    struct on_way w = k->way[i];
    if (reported && (!slice_eq(buf_slice(&w.r.value), w.value) || !slice_eq(buf_slice(&w.r.key),
                                                                            w.key)))
        world_wrong(k->b->w, "a record's bytes were changed before it was reported");
    take_off(k, i);
    if (k->b->transactional)
        append(&k->b->open, &k->b->nopen, &k->b->open_cap, w.r);
    else
        show(k->b, w.r);
    if (reported)
        w.batch->inflight--;
}

static void arrive_all(struct scripted_sink *k, bool reported)
{
    while (k->n)
        arrive(k, 0, reported);
}

static void lose_all(struct scripted_sink *k)
{
    while (k->n) {
        stored_done(&k->way[0].r);
        take_off(k, 0);
    }
}

/*
 * The oldest of the last partition that has one: reports of other partitions come later, whatever
 * was put first.
 */
static void arrive_one(struct scripted_sink *k)
{
    for (int p = PARTITIONS - 1; p >= 0; p--)
        for (size_t i = 0; i < k->n; i++)
            if (k->way[i].r.partition == p) {
                arrive(k, i, true);
                return;
            }
}

/* Refused: the oldest one goes to the dead letters, or ends the feed. */
static bool bury(struct scripted_sink *k)
{
    if (!k->b->dead_letters || !k->n)
        return false;
    char dead[sizeof k->way[0].r.topic];
    snprintf(dead, sizeof dead, "dead:%.40s", k->way[0].r.topic);
    memcpy(k->way[0].r.topic, dead, sizeof dead);
    k->b->buried++;
    arrive(k, 0, true);
    return true;
}

static int fail(struct scripted_sink *k, enum answer a, enum op op, struct err *err)
{
    if (a == LATE && !k->b->transactional)
        arrive_all(k, false);
    lose_all(k);
    k->failed = true;
    answer_err(a, op, &k->why);
    *err = k->why;
    return -1;
}

/* -1: a record on its way is for the topic that takes none. */
static int refuse(struct scripted_sink *k, struct err *err)
{
    for (size_t i = 0; k->b->refuses && i < k->n; i++)
        if (strcmp(k->way[i].r.topic, k->b->refuses) == 0) {
            k->way[i].batch->refused = k->way[i].topic;
            return fail(k, DATA, OP_POLL, err);
        }
    return 0;
}

static void on_death(void *arg, bool late)
{
    struct scripted_sink *k = arg;
    if (late && !k->b->transactional)
        arrive_all(k, false);
    lose_all(k);
}

static int trouble(struct scripted_sink *k, struct err *err)
{
    if (!k->open)
        world_wrong(k->b->w, "the sink is used before it is open");
    if (k->b->transactional && k->epoch != k->b->epoch && !k->failed) {
        k->failed = k->fenced = k->base.fenced = true;
        (void)!err_set(&k->why, ERR_FATAL, "another instance has taken over");
        lose_all(k);
    }
    if (k->failed)
        *err = k->why;
    return k->failed ? -1 : 0;
}

/* ---- the calls ---- */

static int open_sink(struct sink *base, struct err *err)
{
    struct scripted_sink *k = self(base);
    enum answer a = life_answer(k->life, OP_SINK_OPEN);
    if (k->life->dead)
        return answer_err(a, OP_SINK_OPEN, err);
    if (k->fenced)
        world_wrong(k->b->w, "a writer that was fenced opens its sink again");
    lose_all(k);
    k->open = k->failed = k->storing = false;
    if (a == OK || a == LATE) {
        k->epoch = ++k->b->epoch;
        drop_open(k->b);
    }
    k->open = a == OK;
    return answer_err(a, OP_SINK_OPEN, err);
}

static int load(struct sink *base, struct sink_feed *f, struct buf *ret, kept_fn *each, void *arg,
                struct err *err)
{
    struct scripted_sink *k = self(base);
    enum answer a = life_answer(k->life, OP_LOAD);
    if (a != OK)
        return answer_err(a, OP_LOAD, err);
    if (!k->open)
        world_wrong(k->b->w, "the position is read before older writers are fenced");
    const struct buf *at = broker_position(k->b, f->name);
    buf_put(ret, at->p, at->n);
    for (int i = 0; each && i < k->b->nkept; i++)
        if (k->b->kept[i].value.n &&
            each(arg, slice_str(k->b->kept[i].name), buf_slice(&k->b->kept[i].value), err))
            return -1;
    return 0;
}

static int owner(struct sink *base, const struct sink_feed *f, struct buf *ret, struct err *err)
{
    struct scripted_sink *k = self(base);
    enum answer a = life_answer(k->life, OP_OWNER);
    if (broker_position(k->b, f->name)->n || k->b->owner[0])
        buf_str(ret, k->b->owner);
    return answer_err(a, OP_OWNER, err);
}

static int holds(struct sink *base, const char *prefix, bool *ret, struct err *err)
{
    struct scripted_sink *k = self(base);
    enum answer a = life_answer(k->life, OP_HOLDS);
    *ret = k->b->holds && prefix;
    return answer_err(a, OP_HOLDS, err);
}

static int topic(struct sink *base, const struct topic_spec *spec, struct sink_topic **ret,
                 struct err *err)
{
    struct scripted_sink *k = self(base);
    enum answer a = life_answer(k->life, OP_TOPIC);
    if (a != OK)
        return answer_err(a, OP_TOPIC, err);
    struct sink_topic *t = k->topics;
    while (t && strcmp(t->name, spec->name) != 0)
        t = t->next;
    if (!t) {
        t = calloc(1, sizeof *t);
        snprintf(t->name, sizeof t->name, "%s", spec->name);
        t->next = k->topics;
        k->topics = t;
    }
    *ret = t;
    return 0;
}

static int partition_of(struct slice key)
{
    return key.n ? key.p[key.n - 1] & 1 : 0;
}

static void put_on_way(struct scripted_sink *k, struct on_way w)
{
    if (k->n == k->cap) {
        k->cap = k->cap ? 2 * k->cap : 32;
        k->way = realloc(k->way, k->cap * sizeof *k->way);
    }
    k->way[k->n++] = w;
    k->b->on_way = k->n;
    w.batch->inflight++;
}

static enum sink_put put_as(struct scripted_sink *k, enum op op, struct on_way w, struct err *err)
{
    enum answer a = life_answer(k->life, op);
    bool full = a == NOT_YET || (k->b->room && k->n >= k->b->room);
    if (k->life->dead)
        return answer_err(a, op, err), SINK_FAILED;
    if (trouble(k, err))
        return SINK_FAILED;
    if (full || a == ONE)
        return SINK_FULL;
    if (a != OK)
        return fail(k, a, op, err), SINK_FAILED;
    w.r.epoch = k->epoch;
    buf_put(&w.r.key, w.key.p, w.key.n);
    buf_put(&w.r.value, w.value.p, w.value.n);
    put_on_way(k, w);
    return SINK_TAKEN;
}

static enum sink_put put(struct sink *base, const struct record *r, struct batch *batch,
                         struct err *err)
{
    struct on_way w = { .topic = r->topic, .batch = batch, .key = r->key, .value = r->value };
    w.r.partition = partition_of(r->key);
    w.r.keyless = !r->key.p;
    w.r.tombstone = !r->value.p;
    snprintf(w.r.topic, sizeof w.r.topic, "%s", r->topic->name);
    for (uint32_t i = 0; i < r->nheaders; i++)
        buf_printf(&w.r.headers, "%s=%.*s;", r->headers[i].name, (int)r->headers[i].value.n,
                   (const char *)r->headers[i].value.p);
    enum sink_put got = put_as(self(base), OP_PUT, w, err);
    if (got != SINK_TAKEN)
        buf_done(&w.r.headers);
    return got;
}

static enum sink_put keep(struct sink *base, struct slice name, struct slice value,
                          struct batch *batch, struct err *err)
{
    struct on_way w = { .batch = batch, .key = name, .value = value };
    w.r.partition = KEPT;
    return put_as(self(base), OP_KEEP, w, err);
}

static int poll(struct sink *base, int timeout_ms, struct err *err)
{
    struct scripted_sink *k = self(base);
    enum answer a = life_answer(k->life, OP_POLL);
    if (k->life->dead)
        return answer_err(a, OP_POLL, err);
    if (trouble(k, err))
        return -1;
    if (a == OK && refuse(k, err))
        return -1;
    if (a == NOT_YET || !k->n)
        clockwork_pass((int64_t)timeout_ms * 1000);
    if (a == OK)
        arrive_all(k, true);
    else if (a == ONE)
        arrive_one(k);
    else if (a != NOT_YET && !(a == DATA && bury(k)))
        return fail(k, a, OP_POLL, err);
    return 0;
}

static void hurry(struct sink *base)
{
    self(base)->b->hurries++;
}

/* A commit that was asked for once is asked for again with the same, until it is said how it
 * ended. */
static void check_asked(struct scripted_sink *k, const struct sink_position *p, size_t n)
{
    struct buf now = { 0 };
    for (size_t i = 0; i < n; i++) {
        buf_printf(&now, "%s=%.*s;", p[i].feed->name, (int)p[i].token.n,
                   (const char *)p[i].token.p);
        if (!k->b->transactional && !p[i].token.n)
            world_wrong(k->b->w, "an empty position is stored");
    }
    if (k->storing && !slice_eq(buf_slice(&k->asked), buf_slice(&now)))
        world_wrong(k->b->w, "commit is called with another position before it ended the last");
    k->storing = true;
    buf_done(&k->asked);
    k->asked = now;
}

static enum sink_commit commit(struct sink *base, const struct sink_position *p, size_t n,
                               int timeout_ms, struct err *err)
{
    struct scripted_sink *k = self(base);
    enum answer a = life_answer(k->life, OP_COMMIT);
    if (k->life->dead)
        return answer_err(a, OP_COMMIT, err), SINK_COMMIT_FAILED;
    if (trouble(k, err))
        return SINK_COMMIT_FAILED;
    check_asked(k, p, n);
    clockwork_pass(a == NOT_YET ? (int64_t)timeout_ms * 1000 + 50 : 10);
    if (a == NOT_YET)
        return SINK_COMMIT_AGAIN;
    if ((a == OK || a == LATE) && k->b->transactional) {
        arrive_all(k, a == OK);
        end_transaction(k->b);
    }
    if (a == OK || a == LATE)
        store_positions(k->b, p, n);
    k->storing = false;
    return a == OK ? SINK_COMMITTED : (fail(k, a, OP_COMMIT, err), SINK_COMMIT_FAILED);
}

static int close_sink(struct sink *base, struct err *err)
{
    struct scripted_sink *k = self(base);
    if (k->closed)
        world_wrong(k->b->w, "the sink is closed twice");
    k->closed = true;
    return answer_err(life_answer(k->life, OP_SINK_CLOSE), OP_SINK_CLOSE, err);
}

static void free_sink(struct sink *base)
{
    struct scripted_sink *k = self(base);
    lose_all(k);
    k->life->died = NULL;
    while (k->topics) {
        struct sink_topic *t = k->topics->next;
        free(k->topics);
        k->topics = t;
    }
    buf_done(&k->asked);
    free(k->way);
    free((void *)(uintptr_t)k->base.ops);
    free(k);
}

static const struct sink_ops all_ops = {
    .name = "scripted",
    .open = open_sink,
    .load = load,
    .owner = owner,
    .holds = holds,
    .topic = topic,
    .keep = keep,
    .put = put,
    .poll = poll,
    .hurry = hurry,
    .commit = commit,
    .close = close_sink,
    .free = free_sink,
};

struct sink *scripted_sink_new(struct life *l, struct broker *b)
{
    struct scripted_sink *k = calloc(1, sizeof *k);
    struct sink_ops *ops = malloc(sizeof *ops);
    *ops = all_ops;
    if (b->no_hurry)
        ops->hurry = NULL;
    if (b->no_keep)
        ops->keep = NULL;
    if (!b->announces)
        ops->owner = NULL;
    if (b->no_close) {
        ops->close = NULL;
        ops->holds = NULL;
    }
    k->base = (struct sink){ .ops = ops,
                             .transactional = b->transactional,
                             .forgets = b->forgets,
                             .announces = b->announces };
    k->life = l;
    k->b = b;
    l->died = on_death;
    l->died_arg = k;
    return &k->base;
}
