/* The stored position, read back from the compacted position topic. */
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "sink/kafka.h"

enum { LOAD_MS = 90000, OWNER_MS = 10000, STEP_MS = 200 };

/* What a feed's position record is found to be. */
struct found {
    struct buf *position;
    struct buf owner, txn;      /* its headers */
};

static void note_header(const rd_kafka_message_t *m, const char *name, struct buf *ret)
{
    rd_kafka_headers_t *h;
    const void *text;
    size_t n;
    ret->n = 0;
    if (!rd_kafka_message_headers(m, &h) && !rd_kafka_header_get_last(h, name, &text, &n))
        buf_put(ret, text, n);
}

static void found_done(struct found *f)
{
    buf_done(&f->owner);
    buf_done(&f->txn);
}

static int read_one(struct slice name, const rd_kafka_message_t *m, struct found *ret,
                    kept_fn *each, void *arg, struct err *err)
{
    size_t n = name.n;
    if (m->key_len < n || memcmp(m->key, name.p, n))
        return 0;
    if (m->key_len == n) {
        ret->position->n = 0;
        buf_put(ret->position, m->payload, m->len);
        note_header(m, KAFKA_OWNER, &ret->owner);
        note_header(m, KAFKA_TXN, &ret->txn);
    } else if (each && ((const char *)m->key)[n] == '\t') {
        return each(arg, slice_of((const uint8_t *)m->key + n + 1, m->key_len - n - 1), slice_of(m->payload, m->len), err);
    }
    return 0;
}

/*
 * To the end as it was when we began. The topic may be shared: an open transaction of another feed holds back what comes
 * after it, so reaching the last stable offset is not enough, the high watermark is. An answer to a fetch says it; asked
 * for by itself, it comes as the last stable offset to whoever reads only what is committed (ListOffsets, isolation_level).
 */
static bool at_end(const struct kafka *k, rd_kafka_t *c, int64_t next, int64_t *high)
{
    int64_t low;
    if (*high < 0)
        rd_kafka_get_watermark_offsets(c, k->opt->position_topic, 0, &low, high);
    return *high >= 0 && next >= *high;
}

static int read_to_end(const struct kafka *k, rd_kafka_t *c, struct slice name, struct found *ret,
                       kept_fn *each, void *arg, int ms, struct err *err)
{
    int64_t until = clock_mono_us() + ms * 1000LL, high = RD_KAFKA_OFFSET_INVALID;
    while (clock_mono_us() < until && !kafka_stopping(k)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c, STEP_MS);
        if (!m)
            continue;
        rd_kafka_resp_err_t e = m->err;
        bool read = !e, eof = e == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        int64_t next = m->offset + read;
        int rc = read ? read_one(name, m, ret, each, arg, err) : 0;
        rd_kafka_message_destroy(m);
        if (rc)
            return -1;
        if (!read && !eof && kafka_class(e) != ERR_RETRY)
            return err_set(err, kafka_class(e), "position topic %s: %s%s%s", k->opt->position_topic, rd_kafka_err2str(e),
                           *kafka_todo(e, true) ? " -> " : "", kafka_todo(e, true));
        if ((read || eof) && at_end(k, c, next, &high))
            return 0;
        if (eof)
            log_info("an open transaction of another feed hides the end of topic %s: waiting for its end", k->opt->position_topic);
    }
    char end[40] = "its end is not known";
    if (high >= 0)
        snprintf(end, sizeof end, "offset %lld", (long long)high);
    return err_set(err, ERR_RETRY, "position topic %s could not be read to its end (%s) in %d s", k->opt->position_topic, end,
                   ms / 1000);
}

/* Where nobody has made the topic yet, a reader would wait for it. 1: it is there, 0: it is not. */
static int is_there(struct kafka *k, rd_kafka_t *c, int ms, struct err *err)
{
    int64_t until = clock_mono_us() + ms * 1000LL;
    enum kafka_there there;
    do
        there = kafka_topic_there(c, k->opt->position_topic, STEP_MS);
    while (there == KAFKA_THERE_UNKNOWN && clock_mono_us() < until && !kafka_stopping(k));
    if (there != KAFKA_THERE_UNKNOWN)
        return there == KAFKA_THERE;
    err_set(err, ERR_RETRY, "Kafka does not say whether there is a position topic %s", k->opt->position_topic);
    return kafka_said_add(k, err);
}

static int load(const struct kafka *k, const struct sink_feed *f, struct found *ret, kept_fn *each, void *arg, int ms, struct err *err)
{
    rd_kafka_t *c = kafka_reader(k->opt, err);
    if (!c)
        return -1;
    int there = ms == OWNER_MS ? is_there(k, c, ms, err) : 1;
    if (there <= 0) {
        rd_kafka_destroy(c);
        return there;
    }
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(l, k->opt->position_topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(c, l);
    rd_kafka_topic_partition_list_destroy(l);
    int rc = read_to_end(k, c, slice_str(f->name), ret, each, arg, ms, err);
    rd_kafka_consumer_close(c);
    rd_kafka_destroy(c);
    return rc;
}

int kafka_load_owned(const struct kafka *k, const struct sink_feed *f, struct buf *ret_position, struct buf *ret_owner, struct err *err)
{
    struct found found = { .position = ret_position };
    int rc = load(k, f, &found, NULL, NULL, LOAD_MS, err);
    if (!rc)
        buf_put(ret_owner, found.owner.p, found.owner.n);
    found_done(&found);
    return rc;
}

static bool is(const struct buf *a, const struct buf *b)
{
    return slice_eq(buf_slice(a), buf_slice(b));
}

/* A lane of several feeds is fenced when one is taken: which one, the positions say. */
static int check_ours(const struct kafka *k, const struct sink_feed *f, const struct buf *now, struct err *err)
{
    if (!k->opt->shared || !k->opt->exactly_once || !f->committed.n || is(now, &f->committed) || is(now, &f->storing))
        return 0;
    return err_set(err, ERR_FATAL, "another instance of feed \"%s\" has taken over (it has stored a position since)", f->name);
}

int kafka_load(struct sink *base, const struct sink_feed *f, struct buf *ret_position, kept_fn *each,
               void *arg, struct err *err)
{
    const struct kafka *k = (const struct kafka *)base;
    struct found found = { .position = ret_position };
    bool fenced = false;
    int rc = load(k, f, &found, each, arg, LOAD_MS, err);
    if (!rc && ret_position->n)
        rc = check_ours(k, f, ret_position, err) || kafka_take(k, f, &found.txn, &fenced, err) ? -1 : 0;
    if (!rc && fenced) {
        ret_position->n = 0;
        rc = load(k, f, &found, each, arg, LOAD_MS, err);
    }
    found_done(&found);
    return rc;
}

int kafka_owner(struct sink *base, const struct sink_feed *f, struct buf *ret_owner, struct err *err)
{
    struct buf position = { 0 };
    struct found found = { .position = &position };
    int rc = load((const struct kafka *)base, f, &found, NULL, NULL, OWNER_MS, err);
    if (!rc)
        buf_put(ret_owner, found.owner.p, found.owner.n);
    found_done(&found);
    buf_done(&position);
    return rc;
}
