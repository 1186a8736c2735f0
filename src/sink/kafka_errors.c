/*
 * What Kafka's errors mean to a feed: one table, as docs/errors.md shows it. An error that is not
 * listed may pass by itself (a leader that moves, a broker that restarts, an answer that does not
 * come): the feed connects again and goes on at its stored position.
 */
#include "sink/kafka.h"

struct meaning {
    rd_kafka_resp_err_t code;
    enum err_class class;
    const char *todo;       /* NULL: the error's text is enough */
};

static const struct meaning table[] = {
    { RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERR_DATA,
      "raise kafka.message.max.bytes and the topic's max.message.bytes (a batch "
      "of records counts as one: kafka.batch.size), or set sink.on-error: dead-letter" },
    { RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ERR_DATA,
      "raise the topic's segment.bytes, or lower kafka.batch.size" },
    { RD_KAFKA_RESP_ERR_INVALID_MSG, ERR_DATA, NULL },
    { RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, ERR_DATA, NULL },
    { RD_KAFKA_RESP_ERR_INVALID_RECORD, ERR_DATA,
      "look at the topic's cleanup.policy, at its message.timestamp.* limits and at the "
      "clock of this host, or set sink.on-error: dead-letter" },
    { RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, ERR_DATA,
      "look at the clocks of this host and of the brokers, and at the topic's "
      "message.timestamp.before.max.ms and message.timestamp.after.max.ms" },
    { RD_KAFKA_RESP_ERR_POLICY_VIOLATION, ERR_DATA,
      "a policy of the brokers forbids it: ask who runs them" },
    { RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERR_CONFIG,
      "grant the feed's user DESCRIBE and WRITE on the topic (CREATE, if "
      "it is to be made; READ too on the position topic)" },
    { RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, ERR_CONFIG,
      "grant the feed's user READ on group " KAFKA_GROUP },
    { RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ERR_CONFIG,
      "grant the feed's user IDEMPOTENT_WRITE on the cluster (brokers "
      "before 3.0), and CREATE, where it is to make topics" },
    { RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, ERR_CONFIG,
      "grant the feed's user WRITE and DESCRIBE on this "
      "transactional id, or set sink.delivery: at-least-once" },
    { RD_KAFKA_RESP_ERR__AUTHENTICATION, ERR_CONFIG, "look at kafka.sasl.*" },
    { RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, ERR_CONFIG, "look at kafka.sasl.*" },
    { RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, ERR_CONFIG, "look at kafka.sasl.mechanism" },
    { RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE, ERR_CONFIG, "look at kafka.security.protocol" },
    { RD_KAFKA_RESP_ERR__SSL, ERR_CONFIG, "look at kafka.security.protocol and kafka.ssl.*" },
    { RD_KAFKA_RESP_ERR__INVALID_ARG, ERR_CONFIG, NULL },
    { RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ERR_CONFIG,
      "Kafka takes letters, digits, '.', '_' and '-', 249 at most, and no two names "
      "that differ in '.' and '_' only: give the table another topic (topics.*)" },
    { RD_KAFKA_RESP_ERR_INVALID_CONFIG, ERR_CONFIG, "look at topics.config" },
    { RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, ERR_CONFIG, "look at topics.partitions" },
    { RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, ERR_CONFIG, "look at kafka.acks" },
    { RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, ERR_CONFIG,
      "lower kafka.transaction.timeout.ms to the brokers' "
      "transaction.max.timeout.ms" },
    { RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, ERR_CONFIG, "these brokers are too old for this" },
    { RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, ERR_CONFIG,
      "the topic keeps records of an old format" },
    { RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, ERR_CONFIG,
      "look at kafka.compression.type" },
    { RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, ERR_CONFIG, "these brokers are too old for this" },
    { RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, ERR_CONFIG, NULL },
    { RD_KAFKA_RESP_ERR__FENCED, ERR_FATAL, NULL },
    { RD_KAFKA_RESP_ERR_PRODUCER_FENCED, ERR_FATAL, NULL },
    { RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, ERR_FATAL, NULL },
};

static const struct meaning *find(rd_kafka_resp_err_t e)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == e)
            return &table[i];
    return NULL;
}

enum err_class kafka_class(rd_kafka_resp_err_t e)
{
    const struct meaning *m = find(e);
    return m ? m->class : ERR_RETRY;
}

const char *kafka_todo(rd_kafka_resp_err_t e, bool has_key)
{
    if (e == RD_KAFKA_RESP_ERR_INVALID_RECORD && !has_key)
        return "the record has no key, and a compacted topic takes none without: set this topic's "
               "cleanup.policy to delete, or give "
               "the table a key (columns.key)";
    const struct meaning *m = find(e);
    return m && m->todo ? m->todo : "";
}

const char *kafka_id_todo(const struct kafka_options *opt, rd_kafka_resp_err_t e)
{
    if (e != RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED || !opt->shared)
        return kafka_todo(e, true);
    return "grant the feeds' user WRITE on the transactional ids of the prefix tailrace- (each "
           "process has one of its own; docs/many.md), or set sink.delivery: at-least-once";
}
