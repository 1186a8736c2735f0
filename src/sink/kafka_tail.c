/* Reads topics for `tailrace tail`, all partitions from the beginning, and hands records out. */
#include <stdio.h>
#include "sink/kafka.h"
#include "sink/tail.h"

enum { ASK_MS = 10000 };

static void add_partitions(rd_kafka_topic_partition_list_t *l,
                           const struct rd_kafka_metadata_topic *t)
{
    for (int i = 0; i < t->partition_cnt; i++)
        rd_kafka_topic_partition_list_add(l, t->topic, t->partitions[i].id)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
}

static bool wanted(const struct tail_options *opt, const char *topic)
{
    size_t n = strlen(opt->kafka->prefix);
    for (int i = 0; i < opt->ntopics; i++)
        if (strcmp(opt->topics[i], topic) == 0)
            return true;
    return !opt->ntopics && strncmp(topic, opt->kafka->prefix, n) == 0 && topic[n] == '.';
}

static rd_kafka_topic_partition_list_t *partitions_of(rd_kafka_t *c, const struct tail_options *opt,
                                                      struct err *err)
{
    const struct rd_kafka_metadata *md;
    rd_kafka_resp_err_t e = rd_kafka_metadata(c, 1, NULL, &md, ASK_MS);
    if (e) {
        err_set(err, kafka_class(e), "the topics cannot be listed: %s", rd_kafka_err2str(e));
        return NULL;
    }
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(16);
    for (int i = 0; i < md->topic_cnt; i++)
        if (wanted(opt, md->topics[i].topic))
            add_partitions(l, &md->topics[i]);
    rd_kafka_metadata_destroy(md);
    if (l->cnt)
        return l;
    rd_kafka_topic_partition_list_destroy(l);
    if (opt->ntopics)
        err_set(err, ERR_CONFIG,
                "there is no topic %s that this user may see -> give the topic's whole name: those "
                "of this feed begin "
                "with %s.",
                opt->topics[0], opt->kafka->prefix);
    else
        err_set(err, ERR_CONFIG,
                "there is no topic %s.* that this user may see -> tailrace run makes them",
                opt->kafka->prefix);
    return NULL;
}

/* A feed writes its topics and does not read them: its user may lack the right to READ. */
static int refused(const rd_kafka_message_t *m, struct err *err)
{
    bool read = m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    return err_set(err, kafka_class(m->err), "topic %s: %s%s%s",
                   m->rkt ? rd_kafka_topic_name(m->rkt) : "?", rd_kafka_err2str(m->err),
                   *kafka_todo(m->err, true) ? " -> " : "",
                   read ? "grant this user READ on the topic" : kafka_todo(m->err, true));
}

static int consume(rd_kafka_t *c, const struct tail_options *opt, int partitions, tail_fn *each,
                   void *arg, struct err *err)
{
    int rc = 0, ended = 0;
    while (!rc && !*opt->stop && (opt->follow || ended < partitions)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c, 200);
        if (!m)
            continue;
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            ended++;
        } else if (m->err) {
            if (kafka_class(m->err) != ERR_RETRY)
                rc = refused(m, err);
        } else {
            struct tail_record r = {
                rd_kafka_topic_name(m->rkt),         m->partition,           m->offset,
                rd_kafka_message_timestamp(m, NULL), { m->key, m->key_len }, { m->payload, m->len }
            };
            rc = each(arg, &r, err);
        }
        rd_kafka_message_destroy(m);
    }
    return rc;
}

int tail_topics(const struct tail_options *opt, tail_fn *each, void *arg, struct err *err)
{
    struct kafka heard = { .opt = opt->kafka };
    rd_kafka_t *c = heard.rk = kafka_reader(opt->kafka, true, &heard, err);
    if (!c)
        return -1;
    int rc = -1, brokers;
    rd_kafka_topic_partition_list_t *l = NULL;
    if (!kafka_reach(&heard, &brokers, err))
        l = partitions_of(c, opt, err);
    if (l) {
        rd_kafka_assign(c, l);
        rc = consume(c, opt, l->cnt, each, arg, err);
        rd_kafka_topic_partition_list_destroy(l);
    }
    rd_kafka_consumer_close(c);
    rd_kafka_destroy(c);
    return rc;
}
