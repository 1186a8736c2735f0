/* Reads one topic of a feed, and the feed's stored positions, with one consumer beside the feed. */
#include "sink/follow.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "sink/kafka.h"

enum { ASK_MS = 10000, STEP_MS = 200, MOST = 5000, COVER_STEP_MS = 20, MOST_HELD = 64 << 20 };

struct follow {
    const struct kafka_options *opt;
    const char *feed;
    rd_kafka_t *reader;
    rd_kafka_t *asker;          /* read_uncommitted: a committed reader does not get the true end */
    struct kafka heard;         /* what the asker heard from the brokers */
    char *topic;
    int32_t partitions;
    int64_t *next, *aim;        /* one a partition */
    int64_t positions_next;     /* in the position topic */
    bool positions_ended;
    struct buf position;
    rd_kafka_message_t **held;  /* from held_at on: records that came while positions were read */
    size_t nheld, held_at, held_cap, held_bytes;
    int64_t heard_us;
};

static bool stopping(const struct follow *f)
{
    return f->opt->stop && *f->opt->stop;
}

static int stopped(struct err *err)
{
    return err_set(err, ERR_RETRY, "stopped while Kafka was read");
}

/* ---- a topic as it is now ---- */

void follow_topic_done(struct follow_topic *t)
{
    free(t->low);
    free(t->high);
    *t = (struct follow_topic){ 0 };
}

static int ends_of(const struct follow *f, const char *topic, int32_t p, int64_t *low,
                   int64_t *high, struct err *err)
{
    rd_kafka_resp_err_t e = rd_kafka_query_watermark_offsets(f->asker, topic, p, low, high, ASK_MS);
    return e ? err_set(err, kafka_class(e), "topic %s: its end is not known: %s", topic,
                       rd_kafka_err2str(e)) : 0;
}

#if RD_KAFKA_VERSION >= 0x02030000
static void read_id(const struct follow *f, const char *topic, char *to, size_t size)
{
    struct kafka k = { .opt = f->opt, .rk = f->asker };
    size_t n = 0;
    rd_kafka_event_t *ev = kafka_describe(&k, &topic, 1, ASK_MS);
    const rd_kafka_TopicDescription_t **d = NULL;
    if (ev && !rd_kafka_event_error(ev))
        d = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(ev), &n);
    bool found = n && !rd_kafka_error_code(rd_kafka_TopicDescription_error(d[0]));
    const rd_kafka_Uuid_t *id = found ? rd_kafka_TopicDescription_topic_id(d[0]) : NULL;
    if (id &&
        (rd_kafka_Uuid_most_significant_bits(id) || rd_kafka_Uuid_least_significant_bits(id)))
        snprintf(to, size, "%s", rd_kafka_Uuid_base64str(id));  /* 0: the brokers know no ids */
    if (ev)
        rd_kafka_event_destroy(ev);
}
#else
static void read_id(const struct follow *f, const char *topic, char *to, size_t size)
{
    (void)f, (void)topic, (void)to, (void)size;
}
#endif

/* *ret 0: there is no such topic. Asks by name, because the answer then tells a topic that may not
 * be seen from one that does not exist. */
static int count_partitions(rd_kafka_t *asker, const char *topic, int32_t *ret, struct err *err)
{
    const struct rd_kafka_metadata *md = NULL;
    rd_kafka_topic_t *named = rd_kafka_topic_new(asker, topic, NULL);
    rd_kafka_resp_err_t e = named ? rd_kafka_metadata(asker, 0, named, &md, ASK_MS)
                                  : rd_kafka_last_error();
    if (!e && md->topic_cnt == 1)
        e = md->topics[0].err;
    *ret = !e && md->topic_cnt == 1 ? md->topics[0].partition_cnt : 0;
    if (md)
        rd_kafka_metadata_destroy(md);
    if (named)
        rd_kafka_topic_destroy(named);
    if (!e || e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        e == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        return 0;
    bool denied = e == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    return err_set(err, kafka_class(e), "topic %s: %s%s", topic, rd_kafka_err2str(e),
                   denied ? " -> grant this user READ on it" : "");
}

int follow_look(struct follow *f, const char *topic, struct follow_topic *ret, struct err *err)
{
    *ret = (struct follow_topic){ 0 };
    if (count_partitions(f->asker, topic, &ret->partitions, err))
        return -1;
    ret->low = xcalloc((size_t)ret->partitions + 1, sizeof *ret->low);
    ret->high = xcalloc((size_t)ret->partitions + 1, sizeof *ret->high);
    if (!ret->partitions)
        return 0;
    read_id(f, topic, ret->id, sizeof ret->id);
    for (int32_t p = 0; p < ret->partitions; p++)
        if (ends_of(f, topic, p, &ret->low[p], &ret->high[p], err)) {
            follow_topic_done(ret);
            return -1;
        }
    return 0;
}

/* ---- reading ---- */

static void assign(struct follow *f)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(f->partitions + 1);
    rd_kafka_topic_partition_list_add(l, f->opt->position_topic, 0)->offset = f->positions_next;
    for (int32_t p = 0; p < f->partitions; p++)
        rd_kafka_topic_partition_list_add(l, f->topic, p)->offset = f->next[p];
    rd_kafka_assign(f->reader, l);
    rd_kafka_topic_partition_list_destroy(l);
}

/* Drops the records of the topic that is no longer read. */
static void drop_held(struct follow *f)
{
    for (; f->held_at < f->nheld; f->held_at++)
        rd_kafka_message_destroy(f->held[f->held_at]);
    f->nheld = f->held_at = f->held_bytes = 0;
}

int follow_begin(struct follow *f, const char *topic, int32_t partitions, const int64_t *from,
                 struct err *err)
{
    if (strcmp(topic, f->opt->position_topic) == 0)
        return err_set(err, ERR_CONFIG, "topic %s holds the positions of feeds", topic);
    drop_held(f);
    free(f->topic);
    f->topic = xstrdup(topic);
    f->partitions = partitions;
    f->next = xrealloc(f->next, (size_t)partitions + 1, sizeof *f->next);
    f->aim = xrealloc(f->aim, (size_t)partitions + 1, sizeof *f->aim);
    memcpy(f->next, from, (size_t)partitions * sizeof *from);
    memcpy(f->aim, from, (size_t)partitions * sizeof *from);
    /* So that the reader knows its leaders: otherwise it looks for them once a second. */
    struct err unsaid = { 0 };
    int32_t again;
    (void)!count_partitions(f->reader, topic, &again, &unsaid);
    assign(f);
    return 0;
}

static void take_position(struct follow *f, const rd_kafka_message_t *m)
{
    bool end = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    f->positions_ended |= end;
    if (m->offset + !end > f->positions_next)
        f->positions_next = m->offset + !end;
    if (!end && m->key && slice_eq(slice_of(m->key, m->key_len), slice_str(f->feed)))
        buf_set(&f->position, slice_of(m->payload, m->len));
}

/* A partition's end comes with its offset, which may lie behind records that no reader is shown. */
static int take_record(struct follow *f, const rd_kafka_message_t *m, follow_fn *each, void *arg,
                       struct err *err)
{
    bool end = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (m->partition < 0 || m->partition >= f->partitions)
        return 0;
    struct follow_record r = { m->partition, m->offset, rd_kafka_message_timestamp(m, NULL),
                               { m->key, m->key ? m->key_len : 0 },
                               { m->payload, m->payload ? m->len : 0 } };
    if (!end && each && each(arg, &r, err))
        return err_wrap(err, "topic %s, partition %d, offset %lld", f->topic, m->partition,
                        (long long)m->offset);
    if (m->offset + !end > f->next[m->partition])
        f->next[m->partition] = m->offset + !end;
    return 0;
}

static int take(struct follow *f, const rd_kafka_message_t *m, follow_fn *each, void *arg,
                struct err *err)
{
    const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : "";
    bool end = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (m->err && !end) {
        const char *todo = kafka_todo(m->err, true);
        bool denied = m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        return kafka_class(m->err) == ERR_RETRY
                   ? 0
                   : err_set(err, kafka_class(m->err), "topic %s: %s%s%s", topic,
                             rd_kafka_err2str(m->err), *todo || denied ? " -> " : "",
                             denied ? "grant this user READ on it" : todo);
    }
    f->heard_us = clock_mono_us();
    if (strcmp(topic, f->opt->position_topic) == 0)
        take_position(f, m);
    else if (f->topic && strcmp(topic, f->topic) == 0)
        return take_record(f, m, each, arg, err);
    return 0;
}

static rd_kafka_message_t *next_message(struct follow *f, int timeout_ms)
{
    if (f->held_at < f->nheld)
        return f->held[f->held_at++];
    f->nheld = f->held_at = f->held_bytes = 0;
    return rd_kafka_consumer_poll(f->reader, timeout_ms);
}

int follow_poll(struct follow *f, int timeout_ms, follow_fn *each, void *arg, struct err *err)
{
    int rc = 0;
    rd_kafka_message_t *m;
    for (int i = 0; i < MOST && !rc && (m = next_message(f, timeout_ms)); i++) {
        rc = take(f, m, each, arg, err);
        rd_kafka_message_destroy(m);
        timeout_ms = 0;
    }
    return rc;
}

static bool is_of_topic(const struct follow *f, const rd_kafka_message_t *m)
{
    return m->rkt && f->topic && strcmp(rd_kafka_topic_name(m->rkt), f->topic) == 0;
}

static void hold(struct follow *f, rd_kafka_message_t *m)
{
    if (f->nheld == f->held_cap) {
        f->held_cap = f->held_cap ? 2 * f->held_cap : 256;
        f->held = xrealloc(f->held, f->held_cap, sizeof *f->held);
    }
    f->held[f->nheld++] = m;
    f->held_bytes += m->len + m->key_len;
}

static int cover_step(struct follow *f, struct err *err)
{
    int rc = 0;
    rd_kafka_message_t *m = rd_kafka_consumer_poll(f->reader, COVER_STEP_MS);
    if (m && is_of_topic(f, m)) {
        hold(f, m);
    } else if (m) {
        rc = take(f, m, NULL, NULL, err);
        rd_kafka_message_destroy(m);
    }
    return rc;
}

int follow_cover(struct follow *f, int timeout_ms, struct err *err)
{
    int64_t low, end, until = clock_mono_us() + timeout_ms * INT64_C(1000);
    if (ends_of(f, f->opt->position_topic, 0, &low, &end, err))
        return -1;
    while (f->positions_next < end && f->held_bytes < MOST_HELD) {
        if (cover_step(f, err))
            return -1;
        if (stopping(f))
            return stopped(err);
        if (clock_mono_us() > until)
            return 0;
    }
    return f->positions_next >= end;
}

int64_t follow_heard_us(const struct follow *f)
{
    return f->heard_us;
}

struct slice follow_position(const struct follow *f)
{
    return buf_slice(&f->position);
}

int follow_aim(struct follow *f, struct err *err)
{
    int64_t low;
    for (int32_t p = 0; p < f->partitions; p++)
        if (ends_of(f, f->topic, p, &low, &f->aim[p], err))
            return -1;
    return 0;
}

bool follow_reached(const struct follow *f)
{
    for (int32_t p = 0; p < f->partitions; p++)
        if (f->next[p] < f->aim[p])
            return false;
    return true;
}

const int64_t *follow_next(const struct follow *f)
{
    return f->next;
}

/* ---- the whole ---- */

static int read_positions(struct follow *f, struct err *err)
{
    int32_t partitions;
    int64_t until = clock_mono_us() + KAFKA_LOAD_MS * 1000LL;
    if (count_partitions(f->asker, f->opt->position_topic, &partitions, err))
        return -1;
    if (!partitions)
        return err_set(err, ERR_CONFIG, "there is no position topic %s: feed \"%s\" has not run",
                       f->opt->position_topic, f->feed);
    assign(f);
    while (!f->positions_ended) {
        if (follow_poll(f, STEP_MS, NULL, NULL, err))
            return -1;
        if (stopping(f))
            return stopped(err);
        if (clock_mono_us() > until) {
            err_set(err, ERR_RETRY, "position topic %s could not be read to its end in %d s",
                    f->opt->position_topic, KAFKA_LOAD_MS / 1000);
            return kafka_said_add(&f->heard, err);
        }
    }
    return 0;
}

struct follow *follow_new(const struct kafka_options *opt, const char *feed, struct err *err)
{
    struct follow *f = xcalloc(1, sizeof *f);
    int brokers;
    *f = (struct follow){ .opt = opt, .feed = feed, .positions_next = RD_KAFKA_OFFSET_BEGINNING,
                          .heard = { .opt = opt } };
    f->reader = kafka_reader(opt, true, NULL, err);
    f->asker = f->heard.rk = f->reader ? kafka_reader(opt, false, &f->heard, err) : NULL;
    if (f->asker && !kafka_reach(&f->heard, &brokers, err) && !read_positions(f, err))
        return f;
    follow_free(f);
    return NULL;
}

void follow_free(struct follow *f)
{
    if (!f)
        return;
    drop_held(f);
    free(f->held);
    if (f->reader) {
        rd_kafka_consumer_close(f->reader);
        rd_kafka_destroy(f->reader);
    }
    if (f->asker)
        rd_kafka_destroy(f->asker);
    free(f->topic);
    free(f->next);
    free(f->aim);
    buf_done(&f->position);
    free(f);
}
