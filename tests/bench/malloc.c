/*
 * What records cost in the Kafka client's hands, without a broker: 500,000 are produced, purged and
 * reported, with four headers or (argument: 0) none. Prints CPU seconds and the peak memory.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { ROUNDS = 10, RECORDS = 50000, HEADERS = 4 };

static const char *const names[HEADERS] = {
    "__debezium.context.connectorLogicalName", "__debezium.context.taskId",
    "__debezium.context.connectorName", "__debezium.context.runId",
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
    (void)rk;
    (void)m;
    ++*(long *)arg;
}

static rd_kafka_t *producer(long *reported)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:1", why, sizeof why);
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof why);
    rd_kafka_conf_set_opaque(conf, reported);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
}

static rd_kafka_headers_t *headers(int n)
{
    rd_kafka_headers_t *h = rd_kafka_headers_new((size_t)n);
    for (int i = 0; i < n; i++)
        rd_kafka_header_add(h, names[i], -1, "postgresql", 10);
    return h;
}

static void produce(rd_kafka_t *rk, rd_kafka_topic_t *t, int nheaders)
{
    static char value[200], key[14];
    rd_kafka_vu_t vu[] = {
        { .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = t },
        { .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0 },
        { .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { value, sizeof value } },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { key, sizeof key } },
        { .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = nheaders ? headers(nheaders) : NULL },
    };
    rd_kafka_error_t *e = rd_kafka_produceva(rk, vu, nheaders ? 5 : 4);
    if (!e)
        return;
    fprintf(stderr, "%s\n", rd_kafka_error_string(e));
    exit(1);
}

int main(int argc, char **argv)
{
    (void)argv;
    long reported = 0;
    int nheaders = argc > 1 ? 0 : HEADERS;
    rd_kafka_t *rk = producer(&reported);
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, "malloc", NULL);
    for (long round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < RECORDS; i++)
            produce(rk, t, nheaders);
        rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        while (reported < round * RECORDS)
            rd_kafka_poll(rk, 10);
    }
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("cpu_s=%.2f rss_mib=%ld\n",
           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6, u.ru_maxrss / 1024);
    rd_kafka_topic_destroy(t);
    rd_kafka_destroy(rk);
    return 0;
}
