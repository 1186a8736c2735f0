#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "sink/kafka.h"

static const struct { rd_kafka_resp_err_t code; enum err_class class; } classes[] = {
    /* a row, or what its topic takes: exit 3 */
    { RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERR_DATA },
    { RD_KAFKA_RESP_ERR_INVALID_RECORD, ERR_DATA },
    { RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, ERR_DATA },
    { RD_KAFKA_RESP_ERR_POLICY_VIOLATION, ERR_DATA },
    /* somebody must change something: exit 2 */
    { RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERR_CONFIG },
    { RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, ERR_CONFIG },
    { RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ERR_CONFIG },
    { RD_KAFKA_RESP_ERR__AUTHENTICATION, ERR_CONFIG },
    { RD_KAFKA_RESP_ERR__SSL, ERR_CONFIG },
    { RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, ERR_CONFIG },
    { RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, ERR_CONFIG },
    /* another instance: exit 4 */
    { RD_KAFKA_RESP_ERR__FENCED, ERR_FATAL },
    { RD_KAFKA_RESP_ERR_PRODUCER_FENCED, ERR_FATAL },
    /* passing */
    { RD_KAFKA_RESP_ERR__TRANSPORT, ERR_RETRY },
    { RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, ERR_RETRY },
    { RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ERR_RETRY },
    { RD_KAFKA_RESP_ERR__RESOLVE, ERR_RETRY },
    { RD_KAFKA_RESP_ERR__STATE, ERR_RETRY },
    { RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ERR_RETRY },
    { RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, ERR_RETRY },
    { RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, ERR_RETRY },
    { RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, ERR_RETRY },
    { RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, ERR_RETRY },
    { RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, ERR_RETRY },
    { RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, ERR_RETRY },
    { RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, ERR_RETRY },
};

static void test_classes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (kafka_class(classes[i].code) != classes[i].class)
            fail_msg("%s is of class %d", rd_kafka_err2name(classes[i].code),
                     kafka_class(classes[i].code));
}

/* An operator reads what to do with each error that ends a feed and does not say it itself. */
static void test_what_to_do(void **state)
{
    (void)state;
    assert_non_null(
        strstr(kafka_todo(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, true), "max.message.bytes"));
    assert_non_null(strstr(kafka_todo(RD_KAFKA_RESP_ERR_INVALID_RECORD, false), "compacted"));
    assert_non_null(strstr(kafka_todo(RD_KAFKA_RESP_ERR_INVALID_RECORD, true), "clock"));
    assert_string_equal(kafka_todo(RD_KAFKA_RESP_ERR__TRANSPORT, true), "");
}

static struct err refusal_of(rd_kafka_resp_err_t code, const char *text, bool reached)
{
    static const struct kv props[] = { { "sasl.username", "alice" },
                                       { "sasl.mechanism", "SCRAM-SHA-512" },
                                       { NULL, NULL } };
    struct kafka_options opt = { .id = "shop", .props = props };
    struct kafka k = { .opt = &opt, .said = { .code = code, .reached = reached } };
    struct err err = { 0 };
    snprintf(k.said.text, sizeof k.said.text, "%s", text);
    int rc = kafka_said_refusal(&k, &err);
    assert_int_equal(rc, err.class ? -1 : 0);
    return err;
}

static void test_refusals(void **state)
{
    (void)state;
    const char *auth = "sasl_ssl://kafka1:9093/bootstrap: SASL authentication error: "
                       "Authentication failed (after 3ms in state "
                       "AUTH_REQ)";
    struct err err = refusal_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, auth, false);
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(
        strstr(err.msg,
               "user alice was refused by kafka1:9093 (SCRAM-SHA-512): SASL authentication error"));
    /* it was taken before */
    assert_int_equal(refusal_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, auth, true).class, ERR_NONE);
    err = refusal_of(RD_KAFKA_RESP_ERR__SSL,
                     "ssl://kafka1:9093/bootstrap: SSL handshake failed: certificate verify failed",
                     false);
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "TLS with kafka1:9093 failed: SSL handshake failed"));
    assert_int_equal(refusal_of(RD_KAFKA_RESP_ERR__TRANSPORT,
                                "kafka1:9093/bootstrap: Connect failed: Connection refused", false)
                         .class,
                     ERR_NONE);
    /* a guess of librdkafka's, no answer */
    assert_int_equal(
        refusal_of(RD_KAFKA_RESP_ERR__TRANSPORT,
                   "sasl_plaintext://kafka1:9093/bootstrap: Disconnected: might be caused "
                   "by incorrect security.protocol configuration",
                   false)
            .class,
        ERR_NONE);
}

/* A server that listens, and answers each connection with these bytes. */
struct fake {
    int fd;
    const uint8_t *answer;
    size_t n;
    pthread_t thread;
};

static void *fake_serve(void *arg)
{
    struct fake *f = arg;
    for (int c; (c = accept(f->fd, NULL, NULL)) >= 0; close(c)) {
        uint8_t request[256];
        if (recv(c, request, sizeof request, 0) > 0 && f->n)
            (void)!send(c, f->answer, f->n, MSG_NOSIGNAL);
    }
    return NULL;
}

static enum kafka_speech speech_of(const uint8_t *answer, size_t n)
{
    struct fake f = { socket(AF_INET, SOCK_STREAM, 0), answer, n, 0 };
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;
    char at[64];
    assert_int_equal(bind(f.fd, (struct sockaddr *)&a, sizeof a) || listen(f.fd, 8) ||
                     getsockname(f.fd, (struct sockaddr *)&a, &len), 0);
    assert_int_equal(pthread_create(&f.thread, NULL, fake_serve, &f), 0);
    snprintf(at, sizeof at, "127.0.0.1:%d", ntohs(a.sin_port));
    struct kafka k = { .opt = &(struct kafka_options){ .id = "shop" } };
    enum kafka_speech speech = kafka_probe(&k, at);
    shutdown(f.fd, SHUT_RDWR);
    pthread_join(f.thread, NULL);
    close(f.fd);
    return speech;
}

/* tests/e2e asks real listeners; here is what no answer of theirs is. */
static void test_what_is_no_proof_of_a_protocol(void **state)
{
    (void)state;
    static const uint8_t sasl[] = { 0, 0, 0, 17, 't', 'r', 'c', 'e', 0, 33, 0, 0 },
                         other[] = { 0, 0, 0, 17, 0, 0, 0, 1, 0, 33 };
    static const uint8_t unsure[] = { 0, 0, 0, 17, 't', 'r', 'c', 'e', 0, 7 },
                         alert[] = { 21, 3, 3, 0, 2, 2, 40 };
    struct kafka k = { .opt = &(struct kafka_options){ .id = "shop" } };
    assert_int_equal(speech_of(sasl, sizeof sasl), SPEAKS_SASL);
    assert_int_equal(speech_of(alert, sizeof alert), SPEAKS_TLS);
    assert_int_equal(speech_of(other, sizeof other), SPEAKS_UNKNOWN);
    assert_int_equal(speech_of(unsure, sizeof unsure), SPEAKS_UNKNOWN);
    assert_int_equal(speech_of((const uint8_t *)"HTTP/1.1 400 Bad Request", 24), SPEAKS_UNKNOWN);
    assert_int_equal(speech_of(NULL, 0), SPEAKS_UNKNOWN);
    assert_int_equal(kafka_probe(&k, "127.0.0.1:1"), SPEAKS_UNKNOWN);
    assert_int_equal(kafka_probe(&k, "[::1]:1"), SPEAKS_UNKNOWN);
    assert_int_equal(kafka_probe(&k, "bootstrap"), SPEAKS_UNKNOWN);
}

/* A thread that ticks each half second: what only blocks the caller is no pause. */
static void test_a_process_that_runs_does_not_stand_still(void **state)
{
    (void)state;
    struct kafka_pause p = { 0 };
    struct err err;
    assert_int_equal(kafka_pause_watch(&p, &err), 0);
    assert_int_equal(kafka_pause_seen(&p), 0);
    atomic_store(&p.stood_us, 12000000);
    assert_int_equal(kafka_pause_seen(&p), 12000000);
    assert_int_equal(kafka_pause_watch(&p, &err), 0);       /* the next session begins anew */
    assert_int_equal(kafka_pause_seen(&p), 0);
    kafka_pause_end(&p);
}

static void test_unanswered(void **state)
{
    (void)state;
    struct kafka_unanswered u = { 0 };
    assert_false(kafka_unanswered_any(&u));
    assert_false(kafka_unanswered_init(&u));
    atomic_store(&u.inits, 1);
    assert_true(kafka_unanswered_init(&u));
    assert_false(kafka_unanswered_init(&u));    /* each answers for one fencing */
}

static struct sink_topic *topic_of(struct kafka *k, const char *name)
{
    struct sink_topic *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->name = strdup(name);
    t->rkt = rd_kafka_topic_new(k->rk, name, NULL);
    t->partitions = 1;
    t->next = k->topics;
    return k->topics = t;
}

/* The client itself refuses it: no broker is needed. A row goes to the dead letters; what a later
 * start needs never does. */
static void test_what_is_kept_is_no_dead_letter(void **state)
{
    (void)state;
    static const struct kv props[] = { { "bootstrap.servers", "127.0.0.1:1" }, { NULL, NULL } };
    static const size_t large = 2 << 20;
    struct kafka_options opt = { .id = "shop", .props = props, .position_topic = "positions" };
    struct err err = { 0 };
    char why[256];
    struct sink *s = kafka_sink_new(&opt, &err);
    struct kafka *k = (struct kafka *)s;
    k->rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    assert_int_equal(kafka_pause_watch(&k->pause, &err), 0);
    k->positions = topic_of(k, "positions");
    k->dead_letters = topic_of(k, "dead");
    struct sink_feed feed = { .name = "shop" };
    struct batch b = { .feed = &feed };
    arena_init(&b.arena, 1024);
    struct slice value = slice_of(calloc(1, large), large);
    assert_int_equal(s->ops->keep(s, slice_str("relation 1"), value, &b, &err), SINK_FAILED);
    assert_int_equal(err.class, ERR_DATA);
    assert_non_null(strstr(err.msg, "positions"));
    assert_int_equal(rd_kafka_outq_len(k->rk), 0);
    struct record row = { .topic = topic_of(k, "shop.t"), .value = value };
    assert_int_equal(s->ops->put(s, &row, &b, &err), SINK_TAKEN);
    assert_int_equal(rd_kafka_outq_len(k->rk), 1);
    s->ops->free(s);
    arena_done(&b.arena);
    free((void *)(uintptr_t)value.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_what_to_do),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_what_is_no_proof_of_a_protocol),
        cmocka_unit_test(test_a_process_that_runs_does_not_stand_still),
        cmocka_unit_test(test_unanswered),
        cmocka_unit_test(test_what_is_kept_is_no_dead_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
