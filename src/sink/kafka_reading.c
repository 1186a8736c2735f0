/*
 * Reads the position topic from its beginning. One thread at a time reads, for all feeds of the
 * process that wait for the same.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "sink/kafka_reading.h"

enum { STEP_MS = 200, MOST = 1024, SILENCE_US = 3000000 };

static const char writer_key[] = "\twriter\t";

static struct {
    pthread_mutex_t lock;
    pthread_cond_t over;        /* a reading has ended */
    struct look *waiting;
    bool reading;
} topic = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, false };

/* The looks that one reading serves, in the order of their feeds' names. */
struct group {
    struct kafka *k;
    struct look *looks[MOST];
    size_t n;
    bool gone;                  /* the topic was deleted meanwhile */
};

/* ---- a record ---- */

static bool begins(const rd_kafka_message_t *m, const char *with, size_t n)
{
    return m->key && m->key_len >= n && memcmp(m->key, with, n) == 0;
}

static struct noted parse(const rd_kafka_message_t *m, struct slice *ret_feed)
{
    const uint8_t *key = m->key, *tab;
    struct noted r = { .what = NOTED_POSITION, .offset = m->offset,
                       .value = slice_of(m->payload, m->len), .message = m };
    size_t skip = sizeof writer_key - 1;
    *ret_feed = slice_of(key, m->key ? m->key_len : 0);
    if (begins(m, writer_key, skip)) {
        r.what = NOTED_WRITER;
        *ret_feed = slice_of(key + skip, m->key_len - skip);
    } else if (ret_feed->n && (tab = memchr(key, '\t', ret_feed->n))) {
        r.what = NOTED_KEPT;
        r.name = slice_of(tab + 1, ret_feed->n - (size_t)(tab + 1 - key));
        ret_feed->n = (size_t)(tab - key);
    }
    return r;
}

bool look_header(const struct noted *r, const char *name, struct buf *ret)
{
    rd_kafka_headers_t *h;
    const void *text;
    size_t n;
    ret->n = 0;
    bool there = !rd_kafka_message_headers(r->message, &h) &&
        !rd_kafka_header_get_last(h, name, &text, &n);
    if (there)
        buf_put(ret, text, n);
    return there;
}

void look_writer_key(const char *feed, struct buf *ret)
{
    buf_str(ret, writer_key);
    buf_str(ret, feed);
}

static int by_name(const void *a, const void *b)
{
    const struct look *const *x = a, *const *y = b;
    return strcmp((*x)->feed, (*y)->feed);
}

static int compare(struct slice name, const char *feed)
{
    int c = strncmp((const char *)name.p, feed, name.n);
    return c ? c : feed[name.n] ? -1 : 0;
}

/* The index of the group's first look for this feed, or where that look would stand. */
static size_t first_of(const struct group *g, struct slice feed)
{
    size_t low = 0, high = g->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (compare(feed, g->looks[mid]->feed) > 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void hand_out(struct group *g, const rd_kafka_message_t *m)
{
    struct slice feed;
    struct noted r = parse(m, &feed);
    if (!feed.n)
        return;
    for (size_t i = first_of(g, feed); i < g->n && compare(feed, g->looks[i]->feed) == 0; i++) {
        struct look *l = g->looks[i];
        if (!l->rc)
            l->rc = l->each(l->arg, &r, &l->err);
    }
}

/* ---- the reading ---- */

/*
 * Reads to the end as it was when the reading began. Other feeds may share the topic: an open
 * transaction of theirs hides what comes after it. So the last stable offset is not the end; the
 * high watermark is. The answer to a fetch has it. A separate question (ListOffsets,
 * isolation_level) gives a committed reader the last stable offset instead.
 */
static bool at_end(const struct kafka *k, rd_kafka_t *c, int64_t next, int64_t *high)
{
    int64_t low;
    if (*high < 0)
        rd_kafka_get_watermark_offsets(c, k->opt->position_topic, 0, &low, high);
    return *high >= 0 && next >= *high;
}

static int lasting(const struct kafka *k, rd_kafka_resp_err_t e, struct err *err)
{
    const char *todo = kafka_todo(e, true);
    return err_set(err, kafka_class(e), "position topic %s: %s%s%s", k->opt->position_topic,
                   rd_kafka_err2str(e), *todo ? " -> " : "", todo);
}

static int gone(struct group *g, struct err *err)
{
    g->gone = true;
    return err_set(err, ERR_RETRY, "position topic %s was deleted while it was read",
                   g->k->opt->position_topic);
}

/* The client says nothing if a topic is deleted while it is read: after a silence, ask for it. */
static bool still_there(const struct group *g, rd_kafka_t *c, int64_t *heard_us)
{
    if (clock_mono_us() - *heard_us < SILENCE_US)
        return true;
    *heard_us = clock_mono_us();
    return kafka_topic_there(c, g->k->opt->position_topic, STEP_MS) != KAFKA_NOT_THERE;
}

/*
 * Brokers end a transaction after its transaction.timeout.ms. If one stays open, its coordinator
 * has forgotten it (KIP-664); only an administrator can end it.
 */
static int not_to_end(const struct kafka *k, int64_t high, int64_t hidden, int ms, struct err *err)
{
    char end[40] = "its end is not known", why[300] = "";
    if (high >= 0)
        snprintf(end, sizeof end, "offset %lld", (long long)high);
    if (hidden >= 0)
        snprintf(why, sizeof why, ": a transaction is open since offset %lld -> if it stays, the "
                 "brokers have forgotten it: kafka-transactions.sh find-hanging finds it, "
                 "abort ends it (docs/operations.md)", (long long)hidden);
    return err_set(err, ERR_RETRY, "position topic %s could not be read to its end (%s) in %d s%s",
                   k->opt->position_topic, end, ms / 1000, why);
}

static int read_to_end(struct group *g, rd_kafka_t *c, int ms, struct err *err)
{
    const struct kafka *k = g->k;
    int64_t heard_us = clock_mono_us(), until = heard_us + ms * 1000LL;
    int64_t next = 0, high = RD_KAFKA_OFFSET_INVALID, hidden = -1;
    while (clock_mono_us() < until && !kafka_stopping(k)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c, STEP_MS);
        if (!m && !still_there(g, c, &heard_us))
            return gone(g, err);
        if (!m)
            continue;
        heard_us = clock_mono_us();
        rd_kafka_resp_err_t e = m->err;
        bool read = !e, eof = e == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        int64_t before = next;
        if (read || eof)
            next = m->offset + read;
        if (read)
            hand_out(g, m);
        rd_kafka_message_destroy(m);
        if (next < before)      /* the record is from a new topic of that name */
            return gone(g, err);
        if (!read && !eof && kafka_class(e) != ERR_RETRY)
            return lasting(k, e, err);
        if ((read || eof) && at_end(k, c, next, &high))
            return 0;
        if (eof && hidden < 0)
            log_info("an open transaction hides the end of topic %s: waiting for its end",
                     k->opt->position_topic);
        hidden = eof ? next : read ? -1 : hidden;
    }
    return not_to_end(k, high, hidden, ms, err);
}

/* A reader would wait for a topic that nobody has made yet. 1: the topic is there, 0: it is not. */
static int is_there(struct kafka *k, int ms, struct err *err)
{
    int64_t until = clock_mono_us() + ms * 1000LL;
    enum kafka_there there;
    do {
        there = kafka_topic_there(k->rk, k->opt->position_topic, STEP_MS);
        rd_kafka_poll(k->rk, 0);
        if (there == KAFKA_THERE_UNKNOWN && kafka_said_refusal(k, err))
            return -1;
    } while (there == KAFKA_THERE_UNKNOWN && clock_mono_us() < until && !kafka_stopping(k));
    if (there != KAFKA_THERE_UNKNOWN)
        return there == KAFKA_THERE;
    err_set(err, ERR_RETRY, "Kafka does not say whether there is a position topic %s",
            k->opt->position_topic);
    return kafka_said_add(k, err);
}

static int read_all(struct group *g, const struct look *how, struct err *err)
{
    struct kafka heard = { .opt = g->k->opt };  /* g->k->said belongs to g->k's own thread */
    rd_kafka_t *c = heard.rk = kafka_reader(g->k->opt, !how->open, &heard, err);
    if (!c)
        return -1;
    int there = how->perhaps ? is_there(&heard, how->ms, err) : 1;
    if (there <= 0) {
        rd_kafka_destroy(c);
        return there;
    }
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(l, g->k->opt->position_topic, 0)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(c, l);
    rd_kafka_topic_partition_list_destroy(l);
    int rc = read_to_end(g, c, how->ms, err);
    if (rc && err->class == ERR_RETRY && !g->gone)
        kafka_said_add(&heard, err);
    rd_kafka_consumer_close(c);
    rd_kafka_destroy(c);
    return rc;
}

/* ---- who waits ---- */

static bool alike(const struct look *a, const struct look *b)
{
    const struct kafka_options *x = a->k->opt, *y = b->k->opt;
    return a->open == b->open && a->perhaps == b->perhaps && a->ms == b->ms &&
           x->props == y->props && strcmp(x->position_topic, y->position_topic) == 0;
}

/* Takes l, and the other looks that want the same, out of topic.waiting. */
static void gather(struct group *g, struct look *l)
{
    g->k = l->k;
    g->n = 0;
    g->gone = false;
    for (struct look **at = &topic.waiting, *each; (each = *at);) {
        if (each != l && (g->n >= MOST - 1 || !alike(each, l))) {
            at = &each->next;
            continue;
        }
        *at = each->next;
        each->taken = true;
        g->looks[g->n++] = each;
    }
    qsort(g->looks, g->n, sizeof *g->looks, by_name);
}

/* Called with the lock held; the lock is released while the topic is read. */
static void lead(struct look *l)
{
    struct group g;
    struct err err = { 0 };
    gather(&g, l);
    topic.reading = true;
    pthread_mutex_unlock(&topic.lock);
    int rc = read_all(&g, l, &err);
    pthread_mutex_lock(&topic.lock);
    topic.reading = false;
    for (size_t i = 0; i < g.n; i++) {
        struct look *each = g.looks[i];
        if (rc && !each->rc) {
            each->rc = -1;
            each->err = err;
        }
        if (g.gone)
            each->k->positions_gone = true;
        each->done = true;
    }
    pthread_cond_broadcast(&topic.over);
}

static void take_back(const struct look *l)
{
    struct look **at = &topic.waiting;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
}

int look_at_positions(struct look *l, struct err *err)
{
    l->rc = 0;
    l->done = l->taken = false;
    pthread_mutex_lock(&topic.lock);
    l->next = topic.waiting;
    topic.waiting = l;
    while (!l->done) {
        struct timespec until = clock_in(CLOCK_REALTIME, STEP_MS);
        if (!topic.reading && !l->taken)
            lead(l);
        else
            pthread_cond_timedwait(&topic.over, &topic.lock, &until);
        if (l->done || l->taken || !kafka_stopping(l->k))
            continue;
        take_back(l);
        l->rc = err_set(&l->err, ERR_RETRY, "stopped while the position topic was waited for");
        l->done = true;
    }
    pthread_mutex_unlock(&topic.lock);
    if (l->rc)
        *err = l->err;
    return l->rc;
}
