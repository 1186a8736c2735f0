/* Looks at topics without writing: has a feed delivered before, where is its position, and does the
 * position topic keep it? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/xalloc.h"
#include "sink/kafka.h"

enum { ASK_MS = 10000, NEW_TRIES = 10, NEW_MS = 200 };

/* True: a record was written to the partition once; the record may be gone since. */
static int was_written(struct kafka *k, const char *topic, int32_t partition, bool *ret,
                       struct err *err)
{
    int64_t low, high;
    rd_kafka_resp_err_t e =
        rd_kafka_query_watermark_offsets(k->rk, topic, partition, &low, &high, ASK_MS);
    *ret = !e && high > 0;
    if (!e || e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return 0;
    return err_set(err, kafka_class(e), "topic %s: %s", topic, rd_kafka_err2str(e));
}

static bool has_prefix(const char *topic, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(topic, prefix, n) == 0 && topic[n] == '.';
}

int kafka_holds(struct sink *base, const char *prefix, bool *ret, struct err *err)
{
    struct kafka *k = (struct kafka *)base;
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t e = rd_kafka_metadata(k->rk, 1, NULL, &md, ASK_MS);
    *ret = false;
    if (e)
        return err_set(err, kafka_class(e), "the topics cannot be listed: %s", rd_kafka_err2str(e));
    int rc = 0;
    for (int i = 0; i < md->topic_cnt && !rc && !*ret; i++) {
        const rd_kafka_metadata_topic_t *t = &md->topics[i];
        for (int p = 0; has_prefix(t->topic, prefix) && p < t->partition_cnt && !rc && !*ret; p++)
            rc = was_written(k, t->topic, t->partitions[p].id, ret, err);
    }
    rd_kafka_metadata_destroy(md);
    return rc;
}

enum kafka_there kafka_topic_there(rd_kafka_t *rk, const char *topic, int ms)
{
    const struct rd_kafka_metadata *md;
    if (rd_kafka_metadata(rk, 1, NULL, &md, ms))
        return KAFKA_THERE_UNKNOWN;
    int i = 0;
    while (i < md->topic_cnt && strcmp(md->topics[i].topic, topic) != 0)
        i++;
    bool there = i < md->topic_cnt;
    rd_kafka_metadata_destroy(md);
    return there ? KAFKA_THERE : KAFKA_NOT_THERE;
}

bool kafka_is_there(struct kafka *k, const char *topic)
{
    return kafka_topic_there(k->rk, topic, ASK_MS) == KAFKA_THERE;
}

int kafka_peek(struct sink *base, struct sink_feed *f, struct buf *ret_position, struct err *err)
{
    struct kafka *k = (struct kafka *)base;
    if (!k->rk && kafka_look(k, err))
        return -1;
    switch (kafka_topic_there(k->rk, k->opt->position_topic, ASK_MS)) {
    case KAFKA_THERE:     return kafka_load_owned(k, f, ret_position, NULL, err);
    case KAFKA_NOT_THERE: return 0;
    default:
        err_set(err, ERR_RETRY, "whether there is a position topic %s cannot be told: the "
                "brokers do not say which topics they have", k->opt->position_topic);
        return kafka_said_add(k, err);
    }
}

static const char *policy_in(const rd_kafka_ConfigResource_t *r)
{
    size_t n = 0;
    const rd_kafka_ConfigEntry_t **e = rd_kafka_ConfigResource_configs(r, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(e[i]), "cleanup.policy") == 0)
            return rd_kafka_ConfigEntry_value(e[i]);
    return NULL;
}

typedef void policy_fn(void *arg, const rd_kafka_ConfigResource_t *topic);

static void ask_policies(struct kafka *k, const char *const *topics, size_t n, policy_fn *tell,
                         void *arg)
{
    rd_kafka_ConfigResource_t **ask = xcalloc(n + 1, sizeof *ask);
    for (size_t i = 0; i < n; i++)
        ask[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics[i]);
    rd_kafka_queue_t *q = rd_kafka_queue_new(k->rk);
    rd_kafka_DescribeConfigs(k->rk, ask, n, NULL, q);
    rd_kafka_event_t *ev = kafka_await(k, q, ASK_MS);
    const rd_kafka_DescribeConfigs_result_t *res =
        ev ? rd_kafka_event_DescribeConfigs_result(ev) : NULL;
    size_t got = 0;
    const rd_kafka_ConfigResource_t **all =
        res ? rd_kafka_DescribeConfigs_result_resources(res, &got) : NULL;
    for (size_t i = 0; i < got; i++)
        tell(arg, all[i]);
    rd_kafka_ConfigResource_destroy_array(ask, n);
    free(ask);
    if (ev)
        rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(q);
}

struct policy {
    char *text;         /* NULL: not known, by lack of rights or because there is no such topic */
    rd_kafka_resp_err_t error;
};

static void take_policy(void *arg, const rd_kafka_ConfigResource_t *topic)
{
    const char *text = policy_in(topic);
    *(struct policy *)arg =
        (struct policy){ text ? xstrdup(text) : NULL, rd_kafka_ConfigResource_error(topic) };
}

/* The topic's cleanup.policy, to be freed; NULL: not known. Asks again, because the broker that
 * answers may not have heard of a new topic yet. */
static char *policy_of(struct kafka *k, const char *topic)
{
    struct policy p = { .error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART };
    for (int i = 0;
         i < NEW_TRIES && p.error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && !kafka_stopping(k);
         i++) {
        if (i)
            rd_kafka_poll(k->rk, NEW_MS);
        p.error = RD_KAFKA_RESP_ERR_NO_ERROR;
        ask_policies(k, &topic, 1, take_policy, &p);
    }
    return p.text;
}

struct keyless {
    finding_fn *say;
    void *arg;
};

static void judge_keyless(const struct keyless *l, const char *topic, const char *policy)
{
    char what[512];
    if (!policy || !strstr(policy, "compact"))
        return;
    snprintf(what, sizeof what,
             "cleanup.policy of topic %s is %s, and records without a key are to go there", topic,
             policy);
    l->say(l->arg, FINDING_FAIL, what, kafka_todo(RD_KAFKA_RESP_ERR_INVALID_RECORD, false));
}

static void judge_described(void *arg, const rd_kafka_ConfigResource_t *topic)
{
    judge_keyless(arg, rd_kafka_ConfigResource_name(topic), policy_in(topic));
}

static const char *own_policy(const struct kafka *k)
{
    for (const struct kv *kv = k->opt->topics.config; kv && kv->key; kv++)
        if (strcmp(kv->key, "cleanup.policy") == 0)
            return kv->value;
    return NULL;
}

void kafka_check_keyless(struct kafka *k, const char *const *topics, size_t n, finding_fn *say,
                         void *arg)
{
    struct keyless l = { say, arg };
    if (!n)
        return;
    ask_policies(k, topics, n, judge_described, &l);
    for (size_t i = 0; i < n && k->opt->topics.create && own_policy(k); i++)
        if (kafka_topic_there(k->rk, topics[i], ASK_MS) == KAFKA_NOT_THERE)
            judge_keyless(&l, topics[i], own_policy(k));
}

/* ---- does the position topic keep what is stored there? check and run say the same ---- */

void kafka_judge_partitions(const struct kafka *k, size_t partitions, finding_fn *say, void *arg)
{
    char what[512];
    snprintf(what, sizeof what, "position topic %s has %zu partitions", k->opt->position_topic,
             partitions);
    if (partitions != 1)
        say(arg, FINDING_FAIL, what, "set topics.position to a topic of one partition");
}

/* A policy with delete loses the position of a feed that stood still for the retention time. */
static void judge_policy(struct kafka *k, finding_fn *say, void *arg)
{
    char what[512], todo[512];
    const char *topic = k->opt->position_topic;
    char *policy = policy_of(k, topic);
    snprintf(what, sizeof what, "cleanup.policy of position topic %s is %s", topic,
             policy ? policy : "not known");
    snprintf(todo, sizeof todo, "kafka-configs.sh --alter --entity-type topics --entity-name %s "
             "--add-config cleanup.policy=compact", topic);
    if (!policy)
        say(arg, FINDING_WARN, what, "grant DESCRIBE_CONFIGS on it, and see that it is compact");
    else if (policy[0])
        say(arg, strcmp(policy, "compact") ? FINDING_FAIL : FINDING_OK, what,
            strcmp(policy, "compact") ? todo : NULL);
    free(policy);
}

void kafka_check_positions(struct kafka *k, finding_fn *say, void *arg)
{
    if (kafka_is_there(k, k->opt->position_topic))
        judge_policy(k, say, arg);
}

struct opening {
    struct kafka *k;
    struct err *err;
    int rc;
};

/* Warns once a process: a new session tells nothing new. */
static void take_finding(void *arg, enum finding_level level, const char *what, const char *todo)
{
    struct opening *o = arg;
    if (level == FINDING_FAIL)
        o->rc = err_set(o->err, ERR_CONFIG, "%s -> %s", what, todo);
    if (level != FINDING_WARN || o->k->told_policy || kafka_stopping(o->k))
        return;
    log_warn("%s -> %s", what, todo);
    o->k->told_policy = true;
}

int kafka_positions_stay(struct kafka *k, size_t partitions, struct err *err)
{
    struct opening o = { .k = k, .err = err };
    kafka_judge_partitions(k, partitions, take_finding, &o);
    if (!o.rc)
        judge_policy(k, take_finding, &o);
    return o.rc;
}
