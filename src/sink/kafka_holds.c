/* Has a feed delivered anything before? Its topics tell, where its position is gone. */
#include <string.h>
#include "sink/kafka.h"

enum { ASK_MS = 10000 };

/* A record was written to it once; it may be gone since. */
static int was_written(struct kafka *k, const char *topic, int32_t partition, bool *ret, struct err *err)
{
    int64_t low, high;
    rd_kafka_resp_err_t e = rd_kafka_query_watermark_offsets(k->rk, topic, partition, &low, &high, ASK_MS);
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
