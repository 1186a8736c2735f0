/* Asks the brokers once for all consumer groups, and for the topics of their committed offsets. */
#include "sink/kafka.h"
#include "sink/readers.h"

enum { ASK_MS = 15000 };

struct answer {
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
};

static int wait_for(struct answer *w, const char *what, struct err *err)
{
    w->event = rd_kafka_queue_poll(w->queue, ASK_MS);
    if (!w->event)
        return err_set(err, ERR_RETRY, "Kafka does not answer: %s", what);
    if (rd_kafka_event_error(w->event))
        return err_set(err, kafka_class(rd_kafka_event_error(w->event)), "Kafka: %s: %s", what,
                       rd_kafka_event_error_string(w->event));
    return 0;
}

static void answer_done(struct answer *w)
{
    if (w->event)
        rd_kafka_event_destroy(w->event);
    rd_kafka_queue_destroy(w->queue);
}

static void say_topics(const rd_kafka_topic_partition_list_t *l, const char *group, reader_fn *each,
                       void *arg)
{
    for (int i = 0; i < l->cnt; i++) {
        bool again = i > 0 && strcmp(l->elems[i - 1].topic, l->elems[i].topic) == 0;
        if (!again)
            each(arg, l->elems[i].topic, group);
    }
}

static int read_group(rd_kafka_t *rk, const char *group, reader_fn *each, void *arg,
                      struct err *err)
{
    struct answer w = { .queue = rd_kafka_queue_new(rk) };
    rd_kafka_ListConsumerGroupOffsets_t *ask = rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
    rd_kafka_ListConsumerGroupOffsets(rk, &ask, 1, NULL, w.queue);
    int rc = wait_for(&w, "the offsets of a consumer group", err);
    size_t n = 0;
    const rd_kafka_group_result_t **got =
        rc ? NULL
           : rd_kafka_ListConsumerGroupOffsets_result_groups(
                 rd_kafka_event_ListConsumerGroupOffsets_result(w.event), &n);
    /* A group that may not be read, or that has just gone, gives no topics. */
    for (size_t i = 0; i < n; i++)
        if (!rd_kafka_group_result_error(got[i]) && rd_kafka_group_result_partitions(got[i]))
            say_topics(rd_kafka_group_result_partitions(got[i]), group, each, arg);
    rd_kafka_ListConsumerGroupOffsets_destroy(ask);
    answer_done(&w);
    return rc;
}

static int read_groups(rd_kafka_t *rk, reader_fn *each, void *arg, struct err *err)
{
    struct answer w = { .queue = rd_kafka_queue_new(rk) };
    rd_kafka_ListConsumerGroups(rk, NULL, w.queue);
    int rc = wait_for(&w, "the list of consumer groups", err);
    size_t n = 0;
    const rd_kafka_ConsumerGroupListing_t **groups =
        rc ? NULL
           : rd_kafka_ListConsumerGroups_result_valid(
                 rd_kafka_event_ListConsumerGroups_result(w.event), &n);
    for (size_t i = 0; i < n && !rc; i++)
        if (!rd_kafka_ConsumerGroupListing_is_simple_consumer_group(groups[i]))
            rc = read_group(rk, rd_kafka_ConsumerGroupListing_group_id(groups[i]), each, arg, err);
    answer_done(&w);
    return rc;
}

int kafka_readers(const struct kafka_options *opt, reader_fn *each, void *arg, struct err *err)
{
    char why[256];
    int brokers;
    struct kafka heard = { .opt = opt };
    rd_kafka_conf_t *conf = kafka_conf(opt, err);
    if (!conf)
        return -1;
    rd_kafka_conf_set_opaque(conf, &heard);
    rd_kafka_t *rk = heard.rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        return err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    int rc = kafka_reach(&heard, &brokers, err) || read_groups(rk, each, arg, err) ? -1 : 0;
    rd_kafka_destroy(rk);
    return rc;
}
