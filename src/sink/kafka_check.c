/* `tailrace check`: asks the brokers for what `run` needs of Kafka, and says findings. It makes and
 * changes nothing, and disturbs no running feed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "sink/kafka.h"

enum { REACH_MS = 10000, STEP_MS = 500, ASK_MS = 15000 };

struct look {
    struct kafka *k;
    finding_fn *say;
    void *arg;
};

__attribute__((format(printf, 4, 5))) static void
tell(const struct look *l, enum finding_level level, const char *todo, const char *fmt, ...)
{
    char text[1200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    l->say(l->arg, level, text, todo);
}

static int make_client(struct kafka *k, const char *timeout, rd_kafka_t **ret, struct err *err)
{
    char why[256], id[300];
    rd_kafka_conf_t *conf = kafka_conf(k->opt, err);
    *ret = NULL;
    if (!conf)
        return -1;
    rd_kafka_conf_set_opaque(conf, k);
    if (!timeout)
        kafka_said_count(&k->said, conf);
    if (timeout)
        rd_kafka_conf_set_log_cb(conf, NULL);   /* it would log the error that is wanted */
    snprintf(id, sizeof id, "tailrace-%s", k->opt->id);
    if (timeout && (rd_kafka_conf_set(conf, "transactional.id", id, why, sizeof why) ||
                    rd_kafka_conf_set(conf, "transaction.timeout.ms", timeout, why, sizeof why)))
        err_set(err, ERR_CONFIG, "kafka: %s", why);
    else if (!(*ret = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why)))
        err_set(err, ERR_CONFIG, "kafka: %s", why);
    if (!*ret)
        rd_kafka_conf_destroy(conf);
    return *ret ? 0 : -1;
}

/* ---- brokers ---- */

static const char look_at[] = "look at kafka.bootstrap.servers and kafka.security.protocol";

int kafka_reach(struct kafka *k, int *ret_brokers, struct err *err)
{
    rd_kafka_resp_err_t e;
    int64_t until = clock_mono_us() + REACH_MS * 1000LL;
    do {
        const struct rd_kafka_metadata *md;
        e = rd_kafka_metadata(k->rk, 0, NULL, &md, STEP_MS);
        rd_kafka_poll(k->rk, 0);
        if (!e) {
            *ret_brokers = md->broker_cnt;
            rd_kafka_metadata_destroy(md);
        } else if (kafka_said_refusal(k, err)) {
            return -1;
        }
    } while (e && clock_mono_us() < until && !kafka_stopping(k));
    if (!e)
        return 0;
    err_set(err, ERR_RETRY, "Kafka cannot be reached: %s", rd_kafka_err2str(e));
    (void)!kafka_said_add(k, err);
    return err_add(err, " -> %s", look_at);
}

int kafka_look(struct kafka *k, struct err *err)
{
    int brokers;
    return make_client(k, NULL, &k->rk, err) || kafka_reach(k, &brokers, err) ? -1 : 0;
}

static void check_password(const struct look *l)
{
    struct slice clear = kafka_in_clear(l->k->opt);
    if (clear.n)
        tell(l, FINDING_WARN,
             "kafka.security.protocol: sasl_ssl, with ssl.ca.location, or a SCRAM mechanism",
             "Kafka's password goes over the network in the clear, to %.*s", (int)clear.n,
             (const char *)clear.p);
}

static int check_brokers(const struct look *l, struct err *err)
{
    int n = 0;
    check_password(l);
    if (kafka_reach(l->k, &n, err)) {
        tell(l, FINDING_FAIL, look_at, "%s", err->msg);
        return -1;
    }
    kafka_said_reached(&l->k->said);
    tell(l, FINDING_OK, NULL, "Kafka answers with %d broker(s), librdkafka %s", n,
         rd_kafka_version_str());
    if (rd_kafka_version() < 0x02030000)
        tell(l, FINDING_WARN, "build with the newer one, see README",
             "this librdkafka is older than 2.3.0: SCRAM fails with "
             "Kafka 4, and an idempotent producer can stop after a time-out");
    return 0;
}

/* Cuts off the error's own todo: whoever calls has a better one. */
static const char *without_todo(struct err *why)
{
    char *arrow = strstr(why->msg, " -> ");
    if (arrow)
        *arrow = 0;
    return why->msg;
}

static void check_creation(const struct look *l)
{
    char name[300];
    struct err why = { 0 };
    snprintf(name, sizeof name, "%s.tailrace-check", l->k->opt->prefix);
    if (!l->k->opt->topics.create)
        tell(l, FINDING_OK, NULL, "topics are not created by this feed (topics.create: false)");
    else if (kafka_create(l->k, name, l->k->opt->topics.partitions, &l->k->opt->topics, false, true,
                          &why) == RD_KAFKA_RESP_ERR_NO_ERROR)
        tell(l, FINDING_OK, NULL,
             "topics may be created with this prefix, replication and configuration");
    else
        tell(l, FINDING_FAIL,
             "grant CREATE on the prefix, or create the topics and set topics.create: false", "%s",
             without_todo(&why));
}

/* ---- the transactional id ---- */

/*
 * Brokers check the rights first, then the time-out, and only then the id itself. No broker allows
 * this time-out. So the answer tells whether the id may be used, and no feed that runs with
 * it is fenced (KafkaApis.handleInitProducerIdRequest,
 * TransactionCoordinator.handleInitProducerId).
 */
static void check_transactions(const struct look *l)
{
    struct err err = { 0 };
    rd_kafka_t *rk;
    const char *id = l->k->opt->id;
    const char *which = l->k->opt->shared ? "transactional ids such as" : "transactional.id";
    if (make_client(l->k, "2147483647", &rk, &err)) {
        tell(l, FINDING_FAIL, NULL, "%s", err.msg);
        return;
    }
    rd_kafka_error_t *e = rd_kafka_init_transactions(rk, ASK_MS);
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    if (code == RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT)
        tell(l, FINDING_OK, NULL, "%s tailrace-%s may be used", which, id);
    else
        tell(l, FINDING_FAIL, kafka_id_todo(l->k->opt, code), "%s tailrace-%s: %s", which, id,
             rd_kafka_error_string(e));
    if (e)
        rd_kafka_error_destroy(e);
    rd_kafka_destroy(rk);
}

/* ---- topics that are there ---- */

#if RD_KAFKA_VERSION >= 0x02030000
/* Reads the position as `run` does, with the consumer group that its client needs. */
static void read_position(const struct look *l)
{
    struct buf position = { 0 };
    struct err why = { 0 };
    struct sink_feed feed = { .name = l->k->opt->id };
    if (kafka_load_owned(l->k, &feed, &position, NULL, &why))
        tell(l, FINDING_FAIL, NULL, "%s", why.msg);
    else
        tell(l, FINDING_OK, NULL, "position topic %s may be read and written",
             l->k->opt->position_topic);
    buf_done(&position);
}

/* May run's reader of the position use its group? Asked here while there is no position topic that
 * a reader could read. */
static bool check_group(const struct look *l)
{
    const char *name = KAFKA_GROUP;
    rd_kafka_queue_t *q = rd_kafka_queue_new(l->k->rk);
    rd_kafka_DescribeConsumerGroups(l->k->rk, &name, 1, NULL, q);
    rd_kafka_event_t *ev = kafka_await(l->k, q, ASK_MS);
    size_t n = 0;
    const rd_kafka_ConsumerGroupDescription_t **d = NULL;
    if (ev && !rd_kafka_event_error(ev))
        d = rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(ev), &n);
    rd_kafka_resp_err_t e = n ? rd_kafka_error_code(rd_kafka_ConsumerGroupDescription_error(d[0]))
                              : RD_KAFKA_RESP_ERR_NO_ERROR;
    bool denied = e == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    if (denied)
        tell(l, FINDING_FAIL, kafka_todo(e, true), "group %s: %s", name, rd_kafka_err2str(e));
    if (ev)
        rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(q);
    return !denied;
}

static void judge_missing(const struct look *l)
{
    const char *name = l->k->opt->position_topic;
    struct err why = { 0 };
    if (kafka_create(l->k, name, 1, &l->k->opt->topics, true, true, &why))
        tell(l, FINDING_FAIL,
             "grant CREATE on it, or create it: one partition, cleanup.policy=compact", "%s",
             without_todo(&why));
    else if (check_group(l))
        tell(l, FINDING_OK, NULL, "position topic %s may be created", name);
}

static void judge_position_topic(const struct look *l, const rd_kafka_TopicDescription_t *d)
{
    const char *name = l->k->opt->position_topic;
    rd_kafka_resp_err_t e = rd_kafka_error_code(rd_kafka_TopicDescription_error(d));
    size_t partitions = 0;
    if (e == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        judge_missing(l);
        return;
    }
    if (!e)
        rd_kafka_TopicDescription_partitions(d, &partitions);
    if (e)
        tell(l, FINDING_FAIL, kafka_todo(e, true), "position topic %s: %s", name,
             rd_kafka_err2str(e));
    else if (partitions != 1)
        kafka_judge_partitions(l->k, partitions, l->say, l->arg);
    else if (!kafka_may(d, RD_KAFKA_ACL_OPERATION_WRITE) ||
             !kafka_may(d, RD_KAFKA_ACL_OPERATION_READ))
        tell(l, FINDING_FAIL, "grant the feed's user READ and WRITE on it",
             "position topic %s: the feed's user lacks %s%s%s", name,
             kafka_may(d, RD_KAFKA_ACL_OPERATION_READ) ? "" : "READ",
             kafka_may(d, RD_KAFKA_ACL_OPERATION_READ) || kafka_may(d, RD_KAFKA_ACL_OPERATION_WRITE)
                 ? ""
                 : " and ",
             kafka_may(d, RD_KAFKA_ACL_OPERATION_WRITE) ? "" : "WRITE");
    else
        read_position(l);
}

static void check_position_topic(const struct look *l)
{
    const char *name = l->k->opt->position_topic;
    rd_kafka_event_t *ev = kafka_describe(l->k, &name, 1, ASK_MS);
    size_t n = 0;
    const rd_kafka_TopicDescription_t **d = NULL;
    if (ev && !rd_kafka_event_error(ev))
        d = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(ev), &n);
    if (n)
        judge_position_topic(l, d[0]);
    else
        tell(l, FINDING_FAIL, NULL, "position topic %s: %s", name,
             ev ? rd_kafka_event_error_string(ev) : "no answer");
    if (ev)
        rd_kafka_event_destroy(ev);
}
#else
static void check_position_topic(const struct look *l)
{
    tell(l, FINDING_WARN, "build with a newer one, see README",
         "this librdkafka cannot ask for the rights on the position topic");
}
#endif

/* ---- their configuration ---- */

static const char *entry_of(const rd_kafka_ConfigResource_t *r, const char *name)
{
    size_t n;
    const rd_kafka_ConfigEntry_t **all = rd_kafka_ConfigResource_configs(r, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(all[i]), name) == 0)
            return rd_kafka_ConfigEntry_value(all[i]);
    return NULL;
}

static void judge_configuration(const struct look *l, const rd_kafka_ConfigResource_t *r,
                                long long most)
{
    const char *name = rd_kafka_ConfigResource_name(r);
    const char *bytes = entry_of(r, "max.message.bytes");
    if (bytes && atoll(bytes) < most)
        tell(l, FINDING_WARN,
             "raise the topic's max.message.bytes, or lower kafka.batch.size and "
             "kafka.message.max.bytes",
             "topic %s takes batches of %s bytes, and this feed may send %lld", name, bytes, most);
}

/* How large one request or one record may become, by the client's own limits. */
static long long most_bytes(rd_kafka_t *rk)
{
    char value[32];
    long long most = 0;
    static const char *const names[] = { "message.max.bytes", "batch.size" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = sizeof value;
        if (!rd_kafka_conf_get(rd_kafka_conf(rk), names[i], value, &n) &&
            (!most || atoll(value) < most))
            most = atoll(value);
    }
    return most;
}

static bool is_ours(const struct look *l, const char *topic)
{
    size_t n = strlen(l->k->opt->prefix);
    return strncmp(topic, l->k->opt->prefix, n) == 0 && topic[n] == '.';
}

static void ask_configuration(const struct look *l, rd_kafka_ConfigResource_t **ask, size_t n)
{
    size_t got = 0;
    rd_kafka_queue_t *q = rd_kafka_queue_new(l->k->rk);
    rd_kafka_DescribeConfigs(l->k->rk, ask, n, NULL, q);
    rd_kafka_event_t *ev = kafka_await(l->k, q, ASK_MS);
    const rd_kafka_ConfigResource_t **all = NULL;
    if (ev && !rd_kafka_event_error(ev))
        all = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(ev),
                                                        &got);
    for (size_t i = 0; i < got; i++)
        if (!rd_kafka_ConfigResource_error(
                all[i])) /* else: no right DESCRIBE_CONFIGS, which run does not need */
            judge_configuration(l, all[i], most_bytes(l->k->rk));
    if (ev)
        rd_kafka_event_destroy(ev);
    rd_kafka_queue_destroy(q);
}

static void check_configuration(const struct look *l)
{
    const struct rd_kafka_metadata *md;
    if (rd_kafka_metadata(l->k->rk, 1, NULL, &md, ASK_MS))
        return;
    size_t n = 0;
    rd_kafka_ConfigResource_t **ask = xcalloc((size_t)md->topic_cnt + 1, sizeof *ask);
    for (int i = 0; ask && i < md->topic_cnt; i++)
        if (is_ours(l, md->topics[i].topic))
            ask[n++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, md->topics[i].topic);
    rd_kafka_metadata_destroy(md);
    if (n)
        ask_configuration(l, ask, n);
    rd_kafka_ConfigResource_destroy_array(ask, n);
    free(ask);
}

int kafka_check(struct sink *base, finding_fn *say, void *arg, struct err *err)
{
    struct look l = { (struct kafka *)base, say, arg };
    if (make_client(l.k, NULL, &l.k->rk, err)) {
        tell(&l, FINDING_FAIL, "look at kafka", "%s", err->msg);
        return -1;
    }
    if (check_brokers(&l, err))
        return -1;
    check_creation(&l);
    if (l.k->opt->exactly_once)
        check_transactions(&l);
    check_position_topic(&l);
    kafka_check_positions(l.k, say, arg);
    check_configuration(&l);
    return 0;
}
