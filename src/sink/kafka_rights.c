/* Asks the brokers which topics the feed's user may write: for `check`, and to name the topic that
 * ended a transaction. */
#include <stdlib.h>
#include "base/xalloc.h"
#include "sink/kafka.h"

enum { NAMED = 5 };     /* how many topics an error names */

#if RD_KAFKA_VERSION >= 0x02030000
bool kafka_may(const rd_kafka_TopicDescription_t *d, rd_kafka_AclOperation_t op)
{
    size_t n;
    const rd_kafka_AclOperation_t *ops = rd_kafka_TopicDescription_authorized_operations(d, &n);
    bool has = !ops;    /* a broker without an authorizer tells nothing, and forbids nothing */
    for (size_t i = 0; ops && i < n; i++)
        has |= ops[i] == op || ops[i] == RD_KAFKA_ACL_OPERATION_ALL;
    return has;
}

rd_kafka_event_t *kafka_describe(struct kafka *k, const char **names, size_t n, int timeout_ms)
{
    char why[256];
    rd_kafka_TopicCollection_t *topics = rd_kafka_TopicCollection_of_topic_names(names, n);
    rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(k->rk, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(o, timeout_ms, why, sizeof why);
    rd_kafka_error_t *no = rd_kafka_AdminOptions_set_include_authorized_operations(o, 1);
    if (no)
        rd_kafka_error_destroy(no);
    rd_kafka_queue_t *q = rd_kafka_queue_new(k->rk);
    rd_kafka_DescribeTopics(k->rk, topics, o, q);
    rd_kafka_event_t *ev = kafka_await(k, q, timeout_ms);
    rd_kafka_queue_destroy(q);
    rd_kafka_AdminOptions_destroy(o);
    rd_kafka_TopicCollection_destroy(topics);
    return ev;
}

/* Without DESCRIBE, which WRITE implies, the brokers answer with an error, whether the topic exists
 * or not. */
static bool is_denied(const rd_kafka_TopicDescription_t *d)
{
    rd_kafka_resp_err_t e = rd_kafka_error_code(rd_kafka_TopicDescription_error(d));
    return e ? e == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
             : !kafka_may(d, RD_KAFKA_ACL_OPERATION_WRITE);
}

size_t kafka_denied(struct kafka *k, const char **names, size_t n, int timeout_ms, struct buf *ret)
{
    size_t got = 0, denied = 0;
    rd_kafka_event_t *ev = n ? kafka_describe(k, names, n, timeout_ms) : NULL;
    const rd_kafka_TopicDescription_t **d = NULL;
    if (ev && !rd_kafka_event_error(ev))
        d = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(ev), &got);
    for (size_t i = 0; i < got; i++)
        if (is_denied(d[i]) && denied++ < NAMED)
            buf_printf(ret, "%s%s", denied > 1 ? ", " : "", rd_kafka_TopicDescription_name(d[i]));
    if (denied > NAMED)
        buf_printf(ret, " and %zu more", denied - NAMED);
    if (ev)
        rd_kafka_event_destroy(ev);
    return denied;
}
#else
size_t kafka_denied(struct kafka *k, const char **names, size_t n, int timeout_ms, struct buf *ret)
{
    (void)k, (void)names, (void)n, (void)timeout_ms, (void)ret, (void)NAMED;
    return 0;
}
#endif

size_t kafka_denied_any(struct kafka *k, int timeout_ms, struct buf *ret)
{
    size_t n = 0, cap = 0;
    for (const struct sink_topic *t = k->topics; t; t = t->next)
        cap++;
    const char **names = xcalloc(cap + 1, sizeof *names);
    for (const struct sink_topic *t = k->topics; t; t = t->next)
        names[n++] = t->name;
    size_t denied = kafka_denied(k, names, n, timeout_ms, ret);
    free(names);
    return denied;
}

static void check_rights(struct kafka *k, const char **names, size_t n, finding_fn *say, void *arg)
{
    struct buf denied = { 0 }, text = { 0 };
    if (kafka_denied(k, names, n, KAFKA_DESCRIBE_MS, &denied)) {
        buf_printf(&text, "the feed's user may not write to topic %s", buf_cstr(&denied));
        say(arg, FINDING_FAIL, buf_cstr(&text), "grant the feed's user WRITE on it; of "
            "tables' topics, on the prefix (docs/security.md)");
    }
    buf_done(&denied);
    buf_done(&text);
}

/* May a missing topic of no table be made? It may lie outside the prefix. */
static void check_creation(struct kafka *k, const char *name, finding_fn *say, void *arg)
{
    struct err why = { 0 };
    rd_kafka_resp_err_t e = kafka_create(k, name, 1, &k->opt->topics, false, true, &why);
    if (e != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
        return;
    char *arrow = strstr(why.msg, " -> ");
    if (arrow)
        *arrow = 0;
    say(arg, FINDING_FAIL, why.msg, "grant the feed's user CREATE and WRITE on it, "
        "or make the topic");
}

#if RD_KAFKA_VERSION >= 0x02030000
/* A topic that the user may not even see counts as missing: brokers do not tell the two apart. */
static void check_missing(struct kafka *k, const char *name, finding_fn *say, void *arg)
{
    size_t n = 0;
    rd_kafka_event_t *ev = kafka_describe(k, &name, 1, KAFKA_DESCRIBE_MS);
    const rd_kafka_TopicDescription_t **d = NULL;
    if (ev && !rd_kafka_event_error(ev))
        d = rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(ev), &n);
    bool there = !n || !rd_kafka_error_code(rd_kafka_TopicDescription_error(d[0]));
    if (ev)
        rd_kafka_event_destroy(ev);
    if (!there)
        check_creation(k, name, say, arg);
}
#else
static void check_missing(struct kafka *k, const char *name, finding_fn *say, void *arg)
{
    (void)k, (void)name, (void)say, (void)arg, (void)check_creation;
}
#endif

void kafka_check_topics(struct sink *base, const struct topic_spec *topics, size_t n,
                        finding_fn *say, void *arg)
{
    struct kafka *k = (struct kafka *)base;
    size_t nkeyless = 0;
    struct err err = { 0 };
    const char **all = xcalloc(n + 1, sizeof *all), **keyless = xcalloc(n + 1, sizeof *keyless);
    for (size_t i = 0; i < n; i++) {
        all[i] = topics[i].name;
        if (!topics[i].key_schema && !topics[i].own)
            keyless[nkeyless++] = topics[i].name;
        if (!topics[i].own && kafka_topic_free(k, topics[i].name, &err))
            say(arg, FINDING_FAIL, err.msg, NULL);
        if (topics[i].own && k->opt->topics.create)
            check_missing(k, topics[i].name, say, arg);
    }
    check_rights(k, all, n, say, arg);
    kafka_check_keyless(k, keyless, nkeyless, say, arg);
    free(all);
    free(keyless);
}
