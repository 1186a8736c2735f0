/* Kafka clients and topics: makes client configurations from kafka.* and topics from topics.*, and
 * counts the partitions of a topic. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/distance.h"
#include "base/log.h"
#include "base/secret.h"
#include "sink/kafka.h"

#define PROPERTY_LETTERS "abcdefghijklmnopqrstuvwxyz._"

enum { ADMIN_MS = 30000, STEP_MS = 200, METADATA_MS = 1000 };

/* linger.ms: an upper limit, for records that kafka_hurry() does not see. */
static const struct kv defaults[] = {
    { "client.id", "tailrace" },
    { "linger.ms", "1000" },
    { "queue.buffering.max.kbytes", "32768" },
    { "queue.buffering.max.messages", "200000" },
    { "socket.keepalive.enable", "true" },
    { "log.connection.close", "false" },
    { NULL, NULL }
};

/* The client lists its properties only in this table for people: each name begins a line. */
static void nearest_property(const char *key, char ret[64])
{
    char *text = NULL, name[64];
    size_t n, least = SIZE_MAX;
    FILE *f = open_memstream(&text, &n);
    if (f) {
        rd_kafka_conf_properties_show(f);
        fclose(f);
    }
    for (const char *line = text ? text : ""; *line;
         line += strcspn(line, "\n"), line += *line != 0) {
        snprintf(name, sizeof name, "%.*s", (int)strspn(line, PROPERTY_LETTERS), line);
        if (!islower((unsigned char)*name) || edit_distance(key, name) >= least)
            continue;
        least = edit_distance(key, name);
        snprintf(ret, 64, "%s", name);
    }
    free(text);
}

static int no_such_property(const char *key, struct err *err)
{
    char nearest[64] = "";
    nearest_property(key, nearest);
    return err_set(err, ERR_CONFIG, "kafka.%s: librdkafka %s knows no such property; the nearest "
                   "is %s", key, rd_kafka_version_str(), nearest);
}

/* Leaves the value out of the error if it may be a password. */
static int no_such_value(const struct kv *kv, struct err *err)
{
    err_set(err, ERR_CONFIG, "kafka.%s: librdkafka %s does not take the value", kv->key,
            rd_kafka_version_str());
    return secret_name(kv->key) ? -1 : err_add(err, " \"%.60s\"", kv->value);
}

int kafka_properties_check(const struct kafka_options *opt, struct err *err)
{
    if (!kafka_servers(opt))
        return err_set(err, ERR_CONFIG, "kafka.bootstrap.servers is needed");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int rc = kafka_set_all(conf, opt->props, err);
    rd_kafka_conf_destroy(conf);
    return rc;
}

int kafka_set_all(rd_kafka_conf_t *conf, const struct kv *kv, struct err *err)
{
    char why[256];
    for (; kv && kv->key; kv++) {
        rd_kafka_conf_res_t r = rd_kafka_conf_set(conf, kv->key, kv->value, why, sizeof why);
        if (r == RD_KAFKA_CONF_UNKNOWN)
            return no_such_property(kv->key, err);
        if (r != RD_KAFKA_CONF_OK)
            return no_such_value(kv, err);
    }
    return 0;
}

static bool uses_tls(const struct kv *kv)
{
    bool tls = false;
    for (; kv && kv->key; kv++)
        tls |= strcmp(kv->key, "security.protocol") == 0 && strcasestr(kv->value, "ssl");
    return tls;
}

/* Checks files that librdkafka would not name if it could not read them. */
static int files_there(const struct kv *kv, struct err *err)
{
    if (!uses_tls(kv))
        return 0;
    static const char *const keys[] = { "ssl.ca.location", "ssl.certificate.location",
                                        "ssl.key.location", "ssl.keystore.location",
                                        "ssl.crl.location" };
    for (; kv && kv->key; kv++)
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (strcmp(kv->key, keys[i]) == 0 && strcmp(kv->value, "probe") &&
                access(kv->value, R_OK))
                return err_set(err, ERR_CONFIG, "kafka.%s: %s: %s -> the user who runs tailrace "
                               "must be able to read it", kv->key, kv->value, strerror(errno));
    return 0;
}

rd_kafka_conf_t *kafka_conf(const struct kafka_options *opt, struct err *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    kafka_said_watch(conf);
    if (files_there(opt->props, err) || kafka_set_all(conf, defaults, err) ||
        kafka_set_all(conf, opt->props, err)) {
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

static const struct kv compacted_config[] = { { "cleanup.policy", "compact" },
                                              { "segment.ms", "3600000" },
                                              { "min.cleanable.dirty.ratio", "0.05" },
                                              { NULL, NULL } };

rd_kafka_event_t *kafka_await(struct kafka *k, rd_kafka_queue_t *q, int timeout_ms)
{
    rd_kafka_event_t *ev = NULL;
    struct err refused;
    for (int64_t until = clock_mono_us() + timeout_ms * 1000LL;
         !ev && clock_mono_us() < until && !kafka_stopping(k);) {
        ev = rd_kafka_queue_poll(q, STEP_MS);
        rd_kafka_poll(k->rk, 0);
        if (!ev && kafka_said_refusal(k, &refused))
            break;
    }
    return ev;
}

static rd_kafka_NewTopic_t *new_topic(const char *name, int partitions,
                                      const struct topic_manner *how, bool compacted,
                                      struct err *err)
{
    char why[256] = "";
    rd_kafka_NewTopic_t *nt =
        rd_kafka_NewTopic_new(name, partitions, how->replication, why, sizeof why);
    if (!nt) {
        err_set(err, ERR_CONFIG, "topic %s: %s", name, why);
        return NULL;
    }
    if (!set_topic_config(nt, compacted ? compacted_config : how->config, err))
        return nt;
    rd_kafka_NewTopic_destroy(nt);
    return NULL;
}

/* The brokers' answer about the one topic that was asked for. ev NULL: no answer came. */
static rd_kafka_resp_err_t created(rd_kafka_event_t *ev, char *text, size_t size)
{
    size_t n = 0;
    rd_kafka_resp_err_t e = ev ? rd_kafka_event_error(ev) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    const char *said = ev && e ? rd_kafka_event_error_string(ev) : NULL;
    if (ev && !e) {
        const rd_kafka_CreateTopics_result_t *all = rd_kafka_event_CreateTopics_result(ev);
        const rd_kafka_topic_result_t **r = rd_kafka_CreateTopics_result_topics(all, &n);
        e = n ? rd_kafka_topic_result_error(r[0]) : RD_KAFKA_RESP_ERR__FAIL;
        said = n ? rd_kafka_topic_result_error_string(r[0]) : NULL;
    }
    snprintf(text, size, "%s", said ? said : rd_kafka_err2str(e));
    return e;
}

static void not_created(struct kafka *k, const char *name, rd_kafka_resp_err_t e, const char *text,
                        struct err *err)
{
    const char *todo = kafka_todo(e, true);
    err_set(err, kafka_class(e), "topic %s %s: %s%s%s", name, e == RD_KAFKA_RESP_ERR__TIMED_OUT
            ? "could not be looked for" : "cannot be created", text, *todo ? " -> " : "", todo);
    if (kafka_class(e) == ERR_DATA)
        err->class = ERR_CONFIG;    /* the brokers' policy: no record of ours is at fault */
    if (e == RD_KAFKA_RESP_ERR__TIMED_OUT && !kafka_said_refusal(k, err))
        kafka_said_add(k, err);
}

rd_kafka_resp_err_t kafka_create(struct kafka *k, const char *name, int partitions,
                                 const struct topic_manner *how, bool compacted, bool validate,
                                 struct err *err)
{
    char text[512];
    rd_kafka_NewTopic_t *nt = new_topic(name, partitions, how, compacted, err);
    if (!nt)
        return RD_KAFKA_RESP_ERR__INVALID_ARG;
    rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(k->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(o, ADMIN_MS, text, sizeof text);
    rd_kafka_AdminOptions_set_operation_timeout(o, ADMIN_MS / 2, text, sizeof text);
    rd_kafka_AdminOptions_set_validate_only(o, validate, text, sizeof text);
    rd_kafka_queue_t *q = rd_kafka_queue_new(k->rk);
    rd_kafka_CreateTopics(k->rk, &nt, 1, o, q);
    rd_kafka_event_t *ev = kafka_await(k, q, ADMIN_MS + 5000);
    rd_kafka_resp_err_t e = created(ev, text, sizeof text);
    if (e && e != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        not_created(k, name, e, text, err);
    if (ev)
        rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(q);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_NewTopic_destroy(nt);
    return e;
}

/* Asks the brokers about the topic. *ret_n: its partitions if each of them has a leader, else 0. */
static rd_kafka_resp_err_t ask_partitions(struct kafka *k, struct sink_topic *t, int *ret_n)
{
    const struct rd_kafka_metadata *md;
    *ret_n = 0;
    rd_kafka_resp_err_t e = rd_kafka_metadata(k->rk, 0, t->rkt, &md, METADATA_MS);
    rd_kafka_poll(k->rk, 0);
    if (e)
        return e;
    kafka_said_reached(&k->said);
    e = md->topic_cnt == 1 ? md->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    int n = md->topic_cnt == 1 ? md->topics[0].partition_cnt : 0, led = 0;
    for (int i = 0; i < n; i++)
        led += md->topics[0].partitions[i].leader >= 0;
    rd_kafka_metadata_destroy(md);
    *ret_n = led == n ? n : 0;
    return e;
}

static const struct topic_manner *manner_of(const struct kafka *k, const struct sink_topic *t)
{
    return t->manner ? t->manner : &k->opt->topics;
}

static int no_partitions(struct kafka *k, struct sink_topic *t, rd_kafka_resp_err_t e,
                         struct err *err)
{
    const char *todo = kafka_todo(e, true);
    if (e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && !manner_of(k, t)->create)
        return err_set(err, ERR_CONFIG,
                       "topic %s does not exist: create it, or set topics.create: true", t->name);
    err_set(err, e ? kafka_class(e) : ERR_RETRY, "topic %s: %s%s%s", t->name,
            e ? rd_kafka_err2str(e) : "some of its partitions have no leader", *todo ? " -> " : "",
            todo);
    return err->class == ERR_RETRY && e ? kafka_said_add(k, err) : -1;
}

/* Waits until every partition has a leader, and sets t->partitions. */
static int count_partitions(struct kafka *k, struct sink_topic *t, struct err *err)
{
    int64_t until = clock_mono_us() + ADMIN_MS * 1000LL;
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR__TIMED_OUT;
    while (clock_mono_us() < until && !kafka_stopping(k)) {
        e = ask_partitions(k, t, &t->partitions);
        if (!e && t->partitions)
            return 0;
        if (kafka_said_refusal(k, err))
            return -1;
        if (kafka_class(e) != ERR_RETRY ||
            (e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && !manner_of(k, t)->create))
            break;
        rd_kafka_poll(k->rk, 20);
    }
    return no_partitions(k, t, e, err);
}

static bool is_denied(rd_kafka_resp_err_t e)
{
    return e == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           e == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

/* Brokers check the right to create before they look for the topic. So a topic that was made
 * beforehand needs no grant of CREATE. */
static int make_topic(struct kafka *k, struct sink_topic *t, bool compacted, struct err *err)
{
    int partitions = compacted || t->single ? 1 : manner_of(k, t)->partitions;
    rd_kafka_resp_err_t e =
        kafka_create(k, t->name, partitions, manner_of(k, t), compacted, false, err);
    if (is_denied(e) && kafka_is_there(k, t->name))
        e = RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
    if (e && e != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return -1;
    t->looked = !e;
    if (!e && t->known)
        log_warn("a topic was deleted while this feed ran and is made anew; what it held is lost "
                 "to its readers -> tailrace backfill "
                 "writes the rows of its table again topic=%s partitions=%d",
                 t->name, partitions);
    return 0;
}

static int handle(struct kafka *k, struct sink_topic *t, struct err *err)
{
    if (!t->rkt)
        t->rkt = rd_kafka_topic_new(k->rk, t->name, NULL);
    return t->rkt ? 0 : err_set(err, ERR_CONFIG, "topic %s: %s", t->name,
                                rd_kafka_err2str(rd_kafka_last_error()));
}

/* A topic that is gone needs no leader: it is made later. */
static int led(struct kafka *k, struct sink_topic *t, int64_t until, struct err *err)
{
    rd_kafka_resp_err_t e, gone = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    int n = 0;
    if (handle(k, t, err))
        return -1;
    while ((e = ask_partitions(k, t, &n)) != gone && !n) {
        if (kafka_said_refusal(k, err))
            return -1;
        if (clock_mono_us() > until || kafka_class(e) != ERR_RETRY || kafka_stopping(k))
            return no_partitions(k, t, e, err);
        rd_kafka_poll(k->rk, 20);
    }
    return 0;
}

int kafka_topics_led(struct kafka *k, struct err *err)
{
    int64_t until = clock_mono_us() + ADMIN_MS * 1000LL;
    for (struct sink_topic *t = k->topics; t; t = t->next)
        if (t->known && led(k, t, until, err))
            return -1;
    return 0;
}

/* The partition of a key depends on its hash and on the number of partitions. */
static void say_moved(const struct sink_topic *t, int32_t before)
{
    if (t->known && t->partitions != before)
        log_warn("the number of a topic's partitions was changed: the records of a key may go to "
                 "another one from here on topic=%s partitions=%d before=%d", t->name,
                 (int)t->partitions, (int)before);
}

int kafka_topic_ready(struct kafka *k, struct sink_topic *t, bool compacted, struct err *err)
{
    int32_t before = t->partitions;
    if ((manner_of(k, t)->create || compacted) && make_topic(k, t, compacted, err))
        return -1;
    if (handle(k, t, err) || count_partitions(k, t, err)) {
        t->partitions = before;
        return -1;
    }
    say_moved(t, before);
    t->known = true;
    return 0;
}

rd_kafka_t *kafka_reader(const struct kafka_options *opt, bool committed, struct kafka *heard,
                         struct err *err)
{
    const struct kv own[] = { { "isolation.level",
                                committed ? "read_committed" : "read_uncommitted" },
                              { "enable.partition.eof", "true" },
                              { "group.id", KAFKA_GROUP },
                              { "enable.auto.commit", "false" },
                              { "fetch.wait.max.ms", "10" },
                              { "auto.offset.reset", "earliest" },
                              /* never from a follower: it may not have the newest position yet */
                              { "client.rack", "" },
                              { NULL, NULL } };
    char why[256];
    rd_kafka_conf_t *conf = kafka_conf(opt, err);
    if (!conf)
        return NULL;
    rd_kafka_conf_set_log_cb(conf, NULL);       /* it would warn of every producer property */
    rd_kafka_conf_set_opaque(conf, heard);
    if (heard)
        kafka_said_count(&heard->said, conf);
    if (kafka_set_all(conf, own, err)) {
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
