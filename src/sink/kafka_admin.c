#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "sink/kafka.h"

enum { ADMIN_MS = 30000, LOAD_MS = 90000 };
enum { SYSLOG_ERR = 3, SYSLOG_NOTICE = 5 };     /* librdkafka speaks in syslog levels */

enum err_class kafka_class(rd_kafka_resp_err_t e)
{
    switch (e) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return ERR_DATA;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
        return ERR_CONFIG;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
        return ERR_FATAL;
    default:    /* RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR too: it says that fewer brokers are up than that, perhaps for now */
        return ERR_RETRY;
    }
}

static void on_log(const rd_kafka_t *rk, int level, const char *fac, const char *text)
{
    (void)rk;
    if (level <= SYSLOG_ERR)
        log_error("kafka client: %s: %s", fac, text);
    else if (level <= SYSLOG_NOTICE)
        log_warn("kafka client: %s: %s", fac, text);
    else
        log_debug("kafka client: %s: %s", fac, text);
}

/* linger.ms: a bound for what hurry() (kafka.c) does not see. */
static const struct kv defaults[] = {
    { "client.id", "tailrace" },
    { "linger.ms", "1000" },
    { "queue.buffering.max.kbytes", "32768" },
    { "queue.buffering.max.messages", "200000" },
    { "socket.keepalive.enable", "true" },
    { "log.connection.close", "false" },
    { NULL, NULL }
};

/* The value is never named: it may be a password. */
static int set_all(rd_kafka_conf_t *conf, const struct kv *kv, struct err *err)
{
    char why[256];
    for (; kv && kv->key; kv++) {
        rd_kafka_conf_res_t r = rd_kafka_conf_set(conf, kv->key, kv->value, why, sizeof why);
        if (r == RD_KAFKA_CONF_UNKNOWN)
            return err_set(err, ERR_CONFIG, "kafka.%s: librdkafka %s knows no such property", kv->key, rd_kafka_version_str());
        if (r != RD_KAFKA_CONF_OK)
            return err_set(err, ERR_CONFIG, "kafka.%s: librdkafka %s does not take the value", kv->key,
                           rd_kafka_version_str());
    }
    return 0;
}

rd_kafka_conf_t *kafka_conf(const struct kafka_options *opt, struct err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (set_all(conf, defaults, err) || set_all(conf, opt->props, err)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    return conf;
}

static int set_topic_config(rd_kafka_NewTopic_t *nt, const struct kv *kv, struct err *err)
{
    for (; kv && kv->key; kv++)
        if (rd_kafka_NewTopic_set_config(nt, kv->key, kv->value))
            return err_set(err, ERR_CONFIG, "topics.config.%s cannot be set", kv->key);
    return 0;
}

static const struct kv compacted_config[] = {
    { "cleanup.policy", "compact" }, { "segment.ms", "3600000" }, { "min.cleanable.dirty.ratio", "0.05" }, { NULL, NULL }
};

/* Asks for one topic; validate: only whether it could be had. The answer's error and text. */
static rd_kafka_resp_err_t create(struct kafka *k, const char *name, int partitions, bool compacted, bool validate, struct err *err)
{
    char why[256] = "";
    rd_kafka_NewTopic_t *nt = rd_kafka_NewTopic_new(name, partitions, k->opt->replication, why, sizeof why);
    if (!nt || set_topic_config(nt, compacted ? compacted_config : k->opt->topic_config, err)) {
        if (!nt)
            err_set(err, ERR_CONFIG, "topic %s: %s", name, why);
        else
            rd_kafka_NewTopic_destroy(nt);
        return RD_KAFKA_RESP_ERR__INVALID_ARG;
    }
    rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(k->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, why, sizeof why);
    rd_kafka_AdminOptions_set_operation_timeout(o, ADMIN_MS / 2, why, sizeof why);
    rd_kafka_AdminOptions_set_validate_only(o, validate, why, sizeof why);
    rd_kafka_queue_t *q = rd_kafka_queue_new(k->rk);
    rd_kafka_CreateTopics(k->rk, &nt, 1, o, q);
    rd_kafka_event_t *ev = rd_kafka_queue_poll(q, ADMIN_MS + 5000);
    rd_kafka_resp_err_t e = ev ? rd_kafka_event_error(ev) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    const char *text = ev && e ? rd_kafka_event_error_string(ev) : rd_kafka_err2str(e);
    size_t n = 0;
    if (ev && !e) {
        const rd_kafka_topic_result_t **r = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(ev), &n);
        e = n ? rd_kafka_topic_result_error(r[0]) : RD_KAFKA_RESP_ERR__FAIL;
        text = n && rd_kafka_topic_result_error_string(r[0]) ? rd_kafka_topic_result_error_string(r[0]) : rd_kafka_err2str(e);
    }
    if (e && e != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        err_set(err, kafka_class(e), "topic %s cannot be created: %s", name, text);
    if (ev)
        rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(q);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_NewTopic_destroy(nt);
    return e;
}

/* The number of partitions, once every one of them has a leader. */
static int count_partitions(struct kafka *k, struct sink_topic *t, struct err *err)
{
    int64_t until = clock_mono_us() + ADMIN_MS * 1000LL;
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__TIMED_OUT;
    while (clock_mono_us() < until) {
        const struct rd_kafka_metadata *md;
        e = rd_kafka_metadata(k->rk, 0, t->rkt, &md, 5000);
        if (e)
            continue;
        e = md->topic_cnt == 1 ? md->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        int n = md->topic_cnt == 1 ? md->topics[0].partition_cnt : 0, led = 0;
        for (int i = 0; i < n; i++)
            led += md->topics[0].partitions[i].leader >= 0;
        rd_kafka_metadata_destroy(md);
        if (!e && n > 0 && led == n) {
            t->partitions = n;
            return 0;
        }
        if (kafka_class(e) != ERR_RETRY || (e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && !k->opt->create_topics))
            break;
        rd_kafka_poll(k->rk, 20);
    }
    if (e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && !k->opt->create_topics)
        return err_set(err, ERR_CONFIG, "topic %s does not exist: create it, or set topics.create: true", t->name);
    return err_set(err, e ? kafka_class(e) : ERR_RETRY, "topic %s: %s", t->name,
                   e ? rd_kafka_err2str(e) : "some of its partitions have no leader");
}

int kafka_topic_ready(struct kafka *k, struct sink_topic *t, bool compacted, struct err *err)
{
    if (k->opt->create_topics || compacted) {
        rd_kafka_resp_err_t e = create(k, t->name, compacted || t->single ? 1 : k->opt->partitions, compacted, false, err);
        if (e && e != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return -1;
    }
    t->rkt = rd_kafka_topic_new(k->rk, t->name, NULL);
    if (!t->rkt)
        return err_set(err, ERR_CONFIG, "topic %s: %s", t->name, rd_kafka_err2str(rd_kafka_last_error()));
    return count_partitions(k, t, err);
}

/* ---- the stored position ---- */

rd_kafka_t *kafka_reader(const struct kafka_options *opt, struct err *err)
{
    static const struct kv own[] = {
        { "isolation.level", "read_committed" }, { "enable.partition.eof", "true" }, { "group.id", "tailrace-positions" },
        { "enable.auto.commit", "false" }, { "fetch.wait.max.ms", "10" }, { "auto.offset.reset", "earliest" }, { NULL, NULL }
    };
    char why[256];
    rd_kafka_conf_t *conf = kafka_conf(opt, err);
    if (!conf)
        return NULL;
    rd_kafka_conf_set_log_cb(conf, NULL);       /* it would complain of every producer property */
    if (set_all(conf, own, err)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_t *c = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!c) {
        rd_kafka_conf_destroy(conf);
        err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    return c;
}

static int read_one(const struct kafka *k, const rd_kafka_message_t *m, struct buf *ret, kept_fn *each, void *arg, struct err *err)
{
    size_t n = k->key.n;
    if (m->key_len < n || memcmp(m->key, k->key.p, n))
        return 0;
    if (m->key_len == n) {
        ret->n = 0;
        buf_put(ret, m->payload, m->len);
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

static int read_to_end(struct kafka *k, rd_kafka_t *c, struct buf *ret, kept_fn *each, void *arg, struct err *err)
{
    int64_t until = clock_mono_us() + LOAD_MS * 1000LL, high = RD_KAFKA_OFFSET_INVALID;
    while (clock_mono_us() < until) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c, 500);
        if (!m)
            continue;
        rd_kafka_resp_err_t e = m->err;
        bool read = !e, eof = e == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        int64_t next = m->offset + read;
        int rc = read ? read_one(k, m, ret, each, arg, err) : 0;
        rd_kafka_message_destroy(m);
        if (rc)
            return -1;
        if (!read && !eof && kafka_class(e) != ERR_RETRY)
            return err_set(err, kafka_class(e), "position topic %s: %s", k->opt->position_topic, rd_kafka_err2str(e));
        if ((read || eof) && at_end(k, c, next, &high))
            return 0;
        if (eof)
            log_info("an open transaction of another feed hides the end of topic %s: waiting for its end", k->opt->position_topic);
    }
    return err_set(err, ERR_RETRY, "position topic %s could not be read to its end (offset %lld) in %d s",
                   k->opt->position_topic, (long long)high, LOAD_MS / 1000);
}

int kafka_load(struct sink *base, struct buf *ret_position, kept_fn *each, void *arg, struct err *err)
{
    struct kafka *k = (struct kafka *)base;
    rd_kafka_t *c = kafka_reader(k->opt, err);
    if (!c)
        return -1;
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(l, k->opt->position_topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(c, l);
    rd_kafka_topic_partition_list_destroy(l);
    int rc = read_to_end(k, c, ret_position, each, arg, err);
    rd_kafka_consumer_close(c);
    rd_kafka_destroy(c);
    return rc;
}

/* ---- check ---- */

int kafka_check(struct sink *base, finding_fn *say, void *arg, struct err *err)
{
    struct kafka *k = (struct kafka *)base;
    char text[512], why[256];
    rd_kafka_conf_t *conf = kafka_conf(k->opt, err);
    if (!conf) {
        say(arg, FINDING_FAIL, err->msg, "kafka");
        return -1;
    }
    k->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!k->rk) {
        rd_kafka_conf_destroy(conf);
        say(arg, FINDING_FAIL, why, "kafka");
        return err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t e = rd_kafka_metadata(k->rk, 0, NULL, &md, 10000);
    if (e) {
        snprintf(text, sizeof text, "Kafka cannot be reached: %s", rd_kafka_err2str(e));
        say(arg, FINDING_FAIL, text, "kafka.bootstrap.servers");
        return err_set(err, ERR_RETRY, "%s", text);
    }
    snprintf(text, sizeof text, "Kafka answers with %d broker(s), librdkafka %s", md->broker_cnt, rd_kafka_version_str());
    say(arg, FINDING_OK, text, NULL);
    rd_kafka_metadata_destroy(md);
    if (rd_kafka_version() < 0x02030000)
        say(arg, FINDING_WARN, "this librdkafka is older than 2.3.0: SCRAM fails with Kafka 4, and an idempotent producer can "
            "stop after a time-out", "build with the newer one, see README");
    kafka_check_positions(k, say, arg);
    snprintf(text, sizeof text, "%s.tailrace-check", k->opt->prefix);
    struct err why_not = { 0 };
    if (!k->opt->create_topics)
        say(arg, FINDING_OK, "topics are not created by this feed (topics.create: false)", NULL);
    else if (create(k, text, k->opt->partitions, false, true, &why_not) == RD_KAFKA_RESP_ERR_NO_ERROR)
        say(arg, FINDING_OK, "topics may be created with this prefix, replication and configuration", NULL);
    else
        say(arg, FINDING_FAIL, why_not.msg, "grant CREATE on the prefix, or create the topics and set topics.create: false");
    return 0;
}
