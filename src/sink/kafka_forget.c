/* Forgets a feed: its keys in the position topic get tombstones; its topics are listed. */
#include "sink/forget.h"
#include <stdlib.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "sink/kafka_reading.h"

enum { DONE_MS = 60000, STEP_MS = 100, ASK_MS = 10000 };

/* The feed's keys in the position topic. alive: the newest record of the key has a value. */
struct keys {
    const char *feed;
    struct key { struct buf name; bool alive; } *all;
    size_t n, cap;
};

static void note(struct keys *k, struct slice name, bool alive)
{
    for (size_t i = 0; i < k->n; i++)
        if (slice_eq(buf_slice(&k->all[i].name), name)) {
            k->all[i].alive = alive;
            return;
        }
    if (k->n == k->cap) {
        k->cap = 2 * k->cap + 16;
        k->all = xrealloc(k->all, k->cap, sizeof *k->all);
    }
    k->all[k->n] = (struct key){ .alive = alive };
    buf_set(&k->all[k->n++].name, name);
}

static int collect(void *arg, const struct noted *r, struct err *err)
{
    struct keys *k = arg;
    struct buf key = { 0 };
    (void)err;
    if (r->what == NOTED_WRITER)
        look_writer_key(k->feed, &key);
    else
        buf_str(&key, k->feed);
    if (r->what == NOTED_KEPT) {
        buf_u8(&key, '\t');
        buf_put(&key, r->name.p, r->name.n);
    }
    note(k, buf_slice(&key), r->value.n > 0);
    buf_done(&key);
    return 0;
}

static void keys_done(struct keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        buf_done(&k->all[i].name);
    free(k->all);
}

/* ---- tombstones ---- */

struct burial { size_t reported; rd_kafka_resp_err_t error; };

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct burial *b = opaque;
    (void)rk;
    b->reported++;
    b->error = m->err ? m->err : b->error;
}

static rd_kafka_t *producer(const struct kafka_options *opt, struct burial *b, struct err *err)
{
    static const struct kv own[] = {
        { "acks", "all" }, { "message.timeout.ms", "30000" }, { "linger.ms", "0" }, { NULL, NULL }
    };
    char why[256];
    rd_kafka_conf_t *conf = kafka_conf(opt, err);
    if (!conf)
        return NULL;
    if (kafka_set_all(conf, own, err)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    rd_kafka_conf_set_opaque(conf, b);
    rd_kafka_conf_set_error_cb(conf, NULL);     /* the callback wants another opaque */
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    return rk;
}

static rd_kafka_resp_err_t bury(rd_kafka_t *rk, const char *topic, struct slice key)
{
    rd_kafka_vu_t vu[] = {
        { .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic },
        { .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0 },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)(uintptr_t)key.p, key.n } },
        { .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK },
    };
    rd_kafka_error_t *e = rd_kafka_produceva(rk, vu, sizeof vu / sizeof *vu);
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    rd_kafka_error_destroy(e);
    return code;
}

static int bury_all(const struct kafka_options *opt, const struct keys *k, size_t n,
                    struct err *err)
{
    struct burial b = { 0 };
    rd_kafka_t *rk = producer(opt, &b, err);
    if (!rk)
        return -1;
    for (size_t i = 0; i < k->n && !b.error; i++)
        if (k->all[i].alive)
            b.error = bury(rk, opt->position_topic, buf_slice(&k->all[i].name));
    for (int64_t until = clock_mono_us() + DONE_MS * 1000LL;
         !b.error && b.reported < n && clock_mono_us() < until;)
        rd_kafka_poll(rk, STEP_MS);
    rd_kafka_destroy(rk);
    if (!b.error && b.reported == n)
        return 0;
    const char *todo = kafka_todo(b.error, true);
    return err_set(err, b.error ? kafka_class(b.error) : ERR_RETRY, "position topic %s: the feed "
                   "cannot be forgotten: %s%s%s", opt->position_topic,
                   b.error ? rd_kafka_err2str(b.error) : "the brokers did not answer in time",
                   *todo ? " -> " : "", todo);
}

int kafka_forget(const struct kafka_options *opt, const char *feed, bool dry_run, size_t *ret_n,
                 struct err *err)
{
    struct sink *sink = kafka_sink_new(opt, err);
    struct keys k = { .feed = feed };
    *ret_n = 0;
    if (!sink)
        return -1;
    struct look l = { .k = (struct kafka *)sink, .feed = feed, .perhaps = true,
                      .ms = KAFKA_LOAD_MS, .each = collect, .arg = &k };
    int rc = look_at_positions(&l, err);
    for (size_t i = 0; i < k.n; i++)
        *ret_n += k.all[i].alive;
    if (!rc && *ret_n && !dry_run)
        rc = bury_all(opt, &k, *ret_n, err);
    keys_done(&k);
    sink->ops->free(sink);
    return rc;
}

/* ---- topics ---- */

int kafka_topics_of(const struct kafka_options *opt, topic_fn *each, void *arg, struct err *err)
{
    const struct rd_kafka_metadata *md;
    size_t n = strlen(opt->prefix);
    struct kafka heard = { .opt = opt };
    int brokers;
    rd_kafka_t *rk = heard.rk = kafka_reader(opt, true, &heard, err);
    if (!rk)
        return -1;
    if (kafka_reach(&heard, &brokers, err)) {
        rd_kafka_destroy(rk);
        return -1;
    }
    rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 1, NULL, &md, ASK_MS);
    for (int i = 0; !e && i < md->topic_cnt; i++) {
        const char *topic = md->topics[i].topic;
        if (strncmp(topic, opt->prefix, n) == 0 && topic[n] == '.')
            each(arg, topic);
    }
    if (!e)
        rd_kafka_metadata_destroy(md);
    rd_kafka_destroy(rk);
    return e ? err_set(err, kafka_class(e), "the topics cannot be listed: %s",
                       rd_kafka_err2str(e)) : 0;
}
