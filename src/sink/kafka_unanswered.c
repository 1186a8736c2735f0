/*
 * Counts the requests of Kafka's transaction protocol that were sent and not answered. librdkafka
 * sends such a request again by itself, with the same producer epoch. If one of the two arrives
 * late, a broker acts on it in the present transaction: a late EndTxn would end the next
 * transaction half-way. Only a new epoch makes a request without an answer harmless. librdkafka's
 * broker threads count; the sink's thread asks, after the call that the requests belong to has
 * returned.
 */
#include "sink/kafka.h"

/* https://kafka.apache.org/protocol.html#protocol_api_keys */
enum { INIT_PRODUCER_ID = 22, ADD_PARTITIONS_TO_TXN = 24, END_TXN = 26 };

/*
 * librdkafka tells of an answer up to twice: on the broker's thread, and where the answer is then
 * handled. Only the first counts, and only a broker's thread sends.
 */
static _Thread_local bool sends;

static void count(struct kafka_unanswered *u, int16_t api, int by)
{
    if (api == INIT_PRODUCER_ID)
        atomic_fetch_add(&u->inits, by);
    else if (api == ADD_PARTITIONS_TO_TXN || api == END_TXN)
        atomic_fetch_add(&u->others, by);
}

/* The request has been written to the socket in full: a broker may act on it from now on. */
static rd_kafka_resp_err_t on_sent(rd_kafka_t *rk, int fd, const char *broker, int32_t id,
                                   int16_t api, int16_t version, int32_t correlation, size_t size,
                                   void *arg)
{
    (void)rk, (void)fd, (void)broker, (void)id, (void)version, (void)correlation, (void)size;
    sends = true;
    count(arg, api, 1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Called for requests that fail without an answer too: they carry librdkafka's own error. */
static rd_kafka_resp_err_t on_answer(rd_kafka_t *rk, int fd, const char *broker, int32_t id,
                                     int16_t api, int16_t version, int32_t correlation, size_t size,
                                     int64_t rtt, rd_kafka_resp_err_t e, void *arg)
{
    (void)rk, (void)fd, (void)broker, (void)id, (void)version, (void)correlation, (void)size,
        (void)rtt;
    if (!e && sends)
        count(arg, api, -1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *arg, char *why,
                                  size_t n)
{
    (void)conf, (void)why, (void)n;
    rd_kafka_resp_err_t e = rd_kafka_interceptor_add_on_request_sent(rk, "tailrace", on_sent, arg);
    return e ? e : rd_kafka_interceptor_add_on_response_received(rk, "tailrace", on_answer, arg);
}

void kafka_unanswered_watch(struct kafka_unanswered *u, rd_kafka_conf_t *conf)
{
    atomic_store(&u->others, 0);
    rd_kafka_conf_interceptor_add_on_new(conf, "tailrace", on_new, u);
}

bool kafka_unanswered_any(struct kafka_unanswered *u)
{
    return atomic_load(&u->others) != 0;
}

bool kafka_unanswered_init(struct kafka_unanswered *u)
{
    int n = atomic_load(&u->inits);
    return n > 0 && atomic_compare_exchange_strong(&u->inits, &n, n - 1);
}
