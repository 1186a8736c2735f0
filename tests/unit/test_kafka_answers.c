/*
 * What the sink makes of the answers of brokers. librdkafka's own broker gives them: a real one
 * gives most of them seldom, and not when it is asked to. How real brokers behave is for tests/e2e
 * and tests/faults. That broker makes no topics and knows no rights.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include "base/clock.h"
#include "sink/kafka.h"
#include "sink/follow.h"
#include "sink/forget.h"
#include "sink/readers.h"
#include "sink/tail.h"

/* https://kafka.apache.org/protocol.html#protocol_api_keys */
enum { PRODUCE = 0, LIST_OFFSETS = 2, METADATA = 3 };
enum { INIT_PRODUCER_ID = 22, ADD_PARTITIONS = 24, END_TXN = 26 };
enum { WAIT_US = 20000000, MOST = 8 };
#define NO_TOPIC "could not be looked for"      /* these brokers do not answer that question */

static struct stage {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *brokers;
    struct kv props[MOST];
    struct kafka_options opt;
    atomic_int stop;
    struct sink *sink;
    struct kafka *k;
    struct sink_feed feed;
    struct batch batch;
    struct err err;
} s;

/* ---- the stage ---- */

rd_kafka_resp_err_t __real_rd_kafka_AdminOptions_set_request_timeout(rd_kafka_AdminOptions_t *o,
                                                                     int ms, char *why, size_t n);
rd_kafka_resp_err_t __wrap_rd_kafka_AdminOptions_set_request_timeout(rd_kafka_AdminOptions_t *o,
                                                                     int ms, char *why, size_t n);

/* What these brokers do not know is not waited for as long as a busy broker is. */
rd_kafka_resp_err_t __wrap_rd_kafka_AdminOptions_set_request_timeout(rd_kafka_AdminOptions_t *o,
                                                                     int ms, char *why, size_t n)
{
    return __real_rd_kafka_AdminOptions_set_request_timeout(o, ms > 100 ? 100 : ms, why, n);
}

static int begin(void **state)
{
    (void)state;
    char why[256];
    s = (struct stage){ 0 };
    s.host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    s.brokers = rd_kafka_mock_cluster_new(s.host, 1);
    s.props[0] = (struct kv){ "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(s.brokers) };
    s.opt = (struct kafka_options){ .id = "shop",
                                    .prefix = "shop",
                                    .props = s.props,
                                    .position_topic = "positions",
                                    .dead_letter_topic = "dead",
                                    .stop = &s.stop,
                                    .topics = { .partitions = 1, .replication = 1 } };
    s.feed = (struct sink_feed){ .name = "shop", .owner = slice_str("me") };
    s.batch = (struct batch){ .feed = &s.feed };
    arena_init(&s.batch.arena, 1024);
    static const char *const topics[] = { "positions", "dead", "shop.t", "other.t" };
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        rd_kafka_mock_topic_create(s.brokers, topics[i], 1, 1);
    rd_kafka_mock_topic_create(s.brokers, "wide.t", 3, 1);
    return 0;
}

static void close_sink(void)
{
    if (s.sink)
        s.sink->ops->free(s.sink);
    s.sink = NULL;
}

static int end(void **state)
{
    (void)state;
    close_sink();
    arena_done(&s.batch.arena);
    buf_done(&s.feed.storing);
    buf_done(&s.feed.committed);
    rd_kafka_mock_cluster_destroy(s.brokers);
    rd_kafka_destroy(s.host);
    return 0;
}

static void set(const char *key, const char *value)
{
    size_t n = 0;
    while (s.props[n].key)
        n++;
    assert_true(n < MOST - 1);
    s.props[n] = (struct kv){ key, value };
}

/* With one answer other than success, once, to the next request of that kind. */
static void answers(int16_t api, rd_kafka_resp_err_t e)
{
    rd_kafka_mock_push_request_errors(s.brokers, api, 1, e);
}

static void handle(struct sink_topic *t)
{
    if (!t->rkt)
        t->rkt = rd_kafka_topic_new(s.k->rk, t->name, NULL);
    t->partitions = 1;
}

static int open_sink(void)
{
    int rc = s.sink->ops->open(s.sink, &s.err);
    if (!s.k->rk || !rc || !strstr(s.err.msg, NO_TOPIC))
        return rc;
    handle(s.k->positions);     /* there, though these brokers create none */
    if (s.opt.dead_letter)
        handle(s.k->dead_letters);
    s.err = (struct err){ 0 };
    return 0;
}

static int start(bool exactly_once)
{
    s.opt.exactly_once = exactly_once;
    s.sink = kafka_sink_new(&s.opt, &s.err);
    assert_non_null(s.sink);
    s.k = (struct kafka *)s.sink;
    s.sink->feeds = &s.feed;
    return open_sink();
}

static void started(bool exactly_once)
{
    if (start(exactly_once))
        fail_msg("%s", s.err.msg);
}

static struct sink_topic *topic_of(const char *name)
{
    struct topic_spec spec = { .name = name };
    struct sink_topic *t = NULL;
    if (s.sink->ops->topic(s.sink, &spec, &t, &s.err))
        fail_msg("%s", s.err.msg);
    return t;
}

static enum sink_put put_to(const char *topic, const char *key)
{
    struct header h = { "h", slice_str("1") };
    struct record r = { .topic = topic_of(topic),
                        .key = key ? slice_str(key) : (struct slice){ 0 },
                        .value = slice_str("value"),
                        .headers = &h,
                        .nheaders = 1 };
    return s.sink->ops->put(s.sink, &r, &s.batch, &s.err);
}

/* As soon as the sink takes it. */
static enum sink_put put_in_time(const char *topic, const char *key)
{
    enum sink_put rc = SINK_FULL;
    for (int64_t until = clock_mono_us() + WAIT_US;
         (rc = put_to(topic, key)) == SINK_FULL && clock_mono_us() < until;)
        if (s.sink->ops->poll(s.sink, 20, &s.err))
            return SINK_FAILED;
    return rc;
}

/* Until everything is reported, or the sink fails. */
static int poll_all(void)
{
    int rc = 0;
    for (int64_t until = clock_mono_us() + WAIT_US;
         !rc && s.batch.inflight && clock_mono_us() < until; s.sink->ops->hurry(s.sink))
        rc = s.sink->ops->poll(s.sink, 20, &s.err);
    return rc;
}

static enum sink_commit commit(const char *position)
{
    struct sink_position p = { &s.feed, slice_str(position) };
    enum sink_commit rc = SINK_COMMIT_AGAIN;
    for (int64_t until = clock_mono_us() + WAIT_US;
         rc == SINK_COMMIT_AGAIN && clock_mono_us() < until;)
        rc = s.sink->ops->commit(s.sink, &p, 1, 200, &s.err);
    return rc;
}

static void check_err(enum err_class class, const char *text)
{
    if (s.err.class != class || !strstr(s.err.msg, text))
        fail_msg("class %d, not %d: %s", (int)s.err.class, (int)class, s.err.msg);
}

static void check_stored(const char *position, const char *owner)
{
    struct buf at = { 0 }, who = { 0 };
    if (s.sink->ops->load(s.sink, &s.feed, &at, NULL, NULL, &s.err) ||
        s.sink->ops->owner(s.sink, &s.feed, &who, &s.err))
        fail_msg("%s", s.err.msg);
    assert_string_equal(buf_cstr(&at), position);
    assert_string_equal(buf_cstr(&who), owner);
    buf_done(&at);
    buf_done(&who);
}

/* ---- records and positions ---- */

static int note_kept(void *arg, struct slice name, struct slice value, struct err *err)
{
    (void)err;
    buf_printf(arg, "%.*s=%.*s;", (int)name.n, (const char *)name.p, (int)value.n,
               (const char *)value.p);
    return 0;
}

static void test_records_and_a_position(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        struct buf at = { 0 }, kept = { 0 };
        bool held = true;
        begin(NULL);
        started(exact);
        check_stored("", exact ? "me" : "");       /* who writes it is noted */
        assert_int_equal(s.sink->ops->holds(s.sink, "shop", &held, &s.err), 0);
        assert_false(held);
        assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
        assert_int_equal(put_in_time("shop.t", NULL), SINK_TAKEN);
        assert_int_equal(
            s.sink->ops->keep(s.sink, slice_str("relation"), slice_str("1"), &s.batch, &s.err),
            SINK_TAKEN);
        assert_in_range(s.batch.inflight, 1, 2);
        assert_int_equal(poll_all(), 0);
        assert_int_equal(s.batch.inflight, 0);
        assert_int_equal(commit("@1"), SINK_COMMITTED);
        assert_int_equal(commit("@2"), SINK_COMMITTED);
        check_stored("@2", "me");
        assert_int_equal(s.sink->ops->peek(s.sink, &s.feed, &at, &s.err), 0);
        assert_string_equal(buf_cstr(&at), "@2");
        assert_int_equal(s.sink->ops->load(s.sink, &s.feed, &at, note_kept, &kept, &s.err), 0);
        assert_string_equal(buf_cstr(&kept), "relation=1;");
        assert_int_equal(s.sink->ops->holds(s.sink, "shop", &held, &s.err), 0);
        assert_true(held);
        assert_int_equal(open_sink(), 0);       /* and again, as after a failure */
        assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
        assert_int_equal(commit("@3"), SINK_COMMITTED);
        assert_string_equal(buf_cstr(&s.feed.committed), "@3");
        buf_done(&at);
        buf_done(&kept);
        end(NULL);
    }
    begin(NULL);
}

/*
 * A broker that knows nothing of a producer takes any record for its first one: while the first is
 * not there, also where it is sent again, no other is on its way to that partition.
 */
static void test_the_first_record_goes_alone(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        begin(NULL);
        started(exact);
        for (int again = 0; again < 2; again++) {
            rd_kafka_mock_push_request_errors(s.brokers, PRODUCE, 2,
                                              RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                              RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
            assert_int_equal(put_to("shop.t", "1"), SINK_TAKEN);
            for (int i = 0; i < 20 && s.batch.inflight; i++) {
                assert_int_equal(put_to("shop.t", "2"), SINK_FULL);
                assert_int_equal(s.sink->ops->poll(s.sink, 5, &s.err), 0);
            }
            assert_int_equal(put_to("other.t", "1"), SINK_TAKEN);      /* another one's own */
            assert_int_equal(poll_all(), 0);
            for (int i = 0; i < 3; i++)
                assert_int_equal(put_to("shop.t", "2"), SINK_TAKEN);
            assert_int_equal(poll_all(), 0);
            assert_int_equal(commit("@1"), SINK_COMMITTED);
            assert_int_equal(open_sink(), 0);       /* a new producer, of which nothing is known */
        }
        end(NULL);
    }
    begin(NULL);
}

/* ---- records that are refused ---- */

static void test_partitions_that_were_added_are_found_when_it_begins_anew(void **state)
{
    (void)state;
    started(true);
    struct sink_topic *t = topic_of("wide.t");
    assert_int_equal(t->partitions, 3);
    t->partitions = 2;          /* there were fewer */
    assert_int_equal(open_sink(), 0);
    assert_int_equal(t->partitions, 3);
}

static void test_a_refused_record(void **state)
{
    (void)state;
    static const struct {
        rd_kafka_resp_err_t e;
        enum err_class class;
        bool refused;
        const char *text;
    } cases[] = {
        { RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERR_DATA, true,
          "topic shop.t: a record of 5 bytes was refused" },
        { RD_KAFKA_RESP_ERR_INVALID_RECORD, ERR_DATA, true, "refused" },
        { RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, ERR_CONFIG, true, "grant the feed's user" },
        { RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, ERR_CONFIG, false, "refused" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(NULL);
        started(false);
        answers(PRODUCE, cases[i].e);
        assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
        assert_int_equal(poll_all(), -1);
        check_err(cases[i].class, cases[i].text);
        assert_int_equal(s.batch.refused != NULL, cases[i].refused);
        assert_int_equal(s.sink->ops->poll(s.sink, 0, &s.err), -1);      /* and so it stays */
        check_err(cases[i].class, cases[i].text);
        end(NULL);
    }
    begin(NULL);
}

static void test_a_refused_record_is_buried(void **state)
{
    (void)state;
    s.opt.dead_letter = true;
    started(false);
    answers(PRODUCE, RD_KAFKA_RESP_ERR_INVALID_RECORD);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), 0);
    assert_int_equal(s.batch.inflight, 0);
    bool held = false;
    assert_int_equal(s.sink->ops->holds(s.sink, "shop", &held, &s.err), 0);
    assert_false(held);
    int64_t low, high = 0;
    assert_int_equal(rd_kafka_query_watermark_offsets(s.k->rk, "dead", 0, &low, &high, 5000), 0);
    assert_int_equal(high, 1);
    /* what the dead-letter topic refuses has no other place */
    rd_kafka_mock_push_request_errors(s.brokers, PRODUCE, 2, RD_KAFKA_RESP_ERR_INVALID_RECORD,
                                      RD_KAFKA_RESP_ERR_INVALID_RECORD);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), -1);
    check_err(ERR_DATA, "topic dead");
}

/* The dead-letter topic's first record goes alone, too: the others wait for it, and none is
 * lost. */
static void test_several_are_buried(void **state)
{
    (void)state;
    s.opt.dead_letter = true;
    started(false);
    static const char *const topics[] = { "shop.t", "other.t" };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(put_to(topics[i], "k"), SINK_TAKEN);
        assert_int_equal(poll_all(), 0);
    }
    rd_kafka_mock_push_request_errors(s.brokers, PRODUCE, 2, RD_KAFKA_RESP_ERR_INVALID_RECORD,
                                      RD_KAFKA_RESP_ERR_INVALID_RECORD);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(put_to(topics[i], "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), 0);
    assert_int_equal(s.batch.inflight, 0);
    int64_t low, high = 0;
    assert_int_equal(rd_kafka_query_watermark_offsets(s.k->rk, "dead", 0, &low, &high, 5000), 0);
    assert_int_equal(high, 2);
}

static void test_a_refused_position(void **state)
{
    (void)state;
    started(false);
    answers(PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(commit("@1"), SINK_COMMIT_FAILED);
    check_err(ERR_CONFIG, "topic positions");
    assert_int_equal(open_sink(), 0);
    char *large = malloc(2 << 20);
    memset(large, 'x', 2 << 20);
    large[(2 << 20) - 1] = 0;
    assert_int_equal(commit(large), SINK_COMMIT_FAILED);        /* the client itself refuses it */
    check_err(ERR_DATA, "position topic positions: ");
    free(large);
}

static void test_topics_that_no_client_takes(void **state)
{
    (void)state;
    char name[600];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = 0;
    struct topic_spec spec = { .name = name };
    struct sink_topic *t;
    started(false);
    assert_int_equal(s.sink->ops->topic(s.sink, &spec, &t, &s.err), -1);
    check_err(ERR_CONFIG, "Invalid argument");
    spec.name = "shop.u";
    s.opt.topics.create = true;
    s.opt.topics.partitions = 1000000;
    assert_int_equal(s.sink->ops->topic(s.sink, &spec, &t, &s.err), -1);
    check_err(ERR_CONFIG, "topic shop.u: num_partitions");
}

static void test_a_full_queue(void **state)
{
    (void)state;
    set("queue.buffering.max.messages", "1");
    started(false);
    rd_kafka_mock_broker_set_rtt(s.brokers, 1, 300);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(put_to("shop.t", "k"), SINK_FULL);
    struct sink_position p = { &s.feed, slice_str("@1") };
    assert_int_equal(s.sink->ops->commit(s.sink, &p, 1, 0, &s.err), SINK_COMMIT_AGAIN);
    assert_int_equal(commit("@1"), SINK_COMMITTED);
}

/* ---- another instance, or perhaps none ---- */

static void test_fenced_at_the_end(void **state)
{
    (void)state;
    started(true);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    answers(END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    assert_int_equal(commit("@1"), SINK_COMMIT_FAILED);
    check_err(ERR_FATAL, "another instance of feed \"shop\" has taken over");
    assert_true(s.sink->fenced);
    assert_int_equal(s.sink->ops->poll(s.sink, 0, &s.err), -1);     /* and so it stays */
    check_err(ERR_FATAL, "another instance of feed \"shop\" has taken over");
}

static void test_fenced_in_the_middle(void **state)
{
    (void)state;
    static const rd_kafka_resp_err_t answers_of_produce[] = {
        RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
    };
    for (size_t i = 0; i < 2; i++) {
        begin(NULL);
        started(true);
        answers(PRODUCE, answers_of_produce[i]);
        assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
        int rc = poll_all();
        if (rc && s.err.class != ERR_FATAL && s.err.class != ERR_RETRY)
            fail_msg("%s", s.err.msg);
        assert_int_equal(rc, -1);
        assert_int_equal(commit("@1"), SINK_COMMIT_FAILED);
        end(NULL);
    }
    begin(NULL);
}

/* What another instance does. */
static void write_as_other(const char *key, const char *value)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", s.props[0].value, why, sizeof why);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    rd_kafka_vu_t vu[] = {
        { .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "positions" },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)(uintptr_t)key, strlen(key) } },
        { .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { (void *)(uintptr_t)value, strlen(value) } },
        { .vtype = RD_KAFKA_VTYPE_HEADER, .u.header = { KAFKA_OWNER, "other", 5 } },
    };
    assert_null(rd_kafka_produceva(rk, vu, sizeof vu / sizeof *vu));
    assert_int_equal(rd_kafka_flush(rk, 20000), 0);
    rd_kafka_destroy(rk);
}

static void store_as_other(const char *position)
{
    write_as_other("shop", position);
}

static int load_position(struct buf *ret)
{
    ret->n = 0;
    return s.sink->ops->load(s.sink, &s.feed, ret, NULL, NULL, &s.err);
}

/* Who noted himself before is fenced; who did so since has taken the feed. */
static void test_writers_of_one_feed(void **state)
{
    (void)state;
    struct buf at = { 0 };
    store_as_other("@7");                       /* by a version that leaves no note */
    write_as_other("\twriter\tshop", "tailrace-many-1");
    write_as_other("\twriter\tshop", "tailrace-many-2");
    write_as_other("\twriter\tshopping", "tailrace-many-3");
    started(true);
    assert_int_equal(load_position(&at), 0);
    assert_string_equal(buf_cstr(&at), "@7");
    assert_int_equal(load_position(&at), 0);    /* the next session */
    assert_false(s.feed.taken);
    write_as_other("\twriter\tshopping", "tailrace-many-4");
    assert_int_equal(load_position(&at), 0);
    write_as_other("\twriter\tshop", "tailrace-many-5");
    assert_int_equal(load_position(&at), -1);
    check_err(ERR_FATAL, "has taken over (transactional.id tailrace-many-5)");
    assert_true(s.feed.taken);
    buf_done(&at);
}

/* Who stored it without transactions had no transactional id: no right to one is asked for. */
static void test_at_least_once_before(void **state)
{
    (void)state;
    struct buf at = { 0 };
    started(false);
    assert_int_equal(commit("@1"), SINK_COMMITTED);
    close_sink();
    s.opt.id = "many-1";
    rd_kafka_mock_push_request_errors(s.brokers, INIT_PRODUCER_ID, 2, RD_KAFKA_RESP_ERR_NO_ERROR,
                                      RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    started(true);
    if (load_position(&at))
        fail_msg("%s", s.err.msg);
    assert_string_equal(buf_cstr(&at), "@1");
    buf_done(&at);
}

/* A producer of several feeds that finds another position than its own, without a note. */
static void test_a_shared_producer(void **state)
{
    (void)state;
    struct buf at = { 0 };
    s.opt.shared = true;
    started(true);
    assert_int_equal(load_position(&at), 0);
    assert_int_equal(commit("@1"), SINK_COMMITTED);
    assert_int_equal(load_position(&at), 0);
    assert_string_equal(buf_cstr(&at), "@1");
    store_as_other("@2");
    assert_int_equal(load_position(&at), -1);
    check_err(ERR_FATAL, "it has stored a position since");
    buf_done(&at);
}

/* Its own late InitProducerId, or the brokers, may have fenced it: whether the position is still
 * ours tells. */
static void test_fenced_by_nobody(void **state)
{
    (void)state;
    for (int moved = 0; moved < 3; moved++) {
        begin(NULL);
        started(true);
        assert_int_equal(commit("@1"), SINK_COMMITTED);
        assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
        atomic_store(&s.k->unanswered.inits, 1);
        answers(END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
        assert_int_equal(commit("@2"), SINK_COMMIT_FAILED);
        check_err(ERR_RETRY, "by its own request that came late");
        assert_false(s.sink->fenced);
        if (moved)
            store_as_other(moved == 1 ? "@2" : "@3");       /* it may be where we are */
        assert_int_equal(open_sink(), moved ? -1 : 0);
        assert_int_equal(s.sink->fenced, moved > 0);
        if (moved)
            check_err(ERR_FATAL, "it has stored a position since");
        end(NULL);
    }
    begin(NULL);
}

static void test_fenced_after_the_time(void **state)
{
    (void)state;
    started(true);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    s.k->txn_us -= 120000000;
    answers(END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    assert_int_equal(commit("@1"), SINK_COMMIT_FAILED);
    check_err(ERR_RETRY, "longer than kafka.transaction.timeout.ms");
    assert_false(s.sink->fenced);
}

static void test_a_request_that_may_come_late(void **state)
{
    (void)state;
    started(true);
    atomic_store(&s.k->unanswered.others, 1);
    assert_int_equal(put_to("shop.t", "k"), SINK_FAILED);
    check_err(ERR_RETRY, "was never answered and may come late");
    assert_int_equal(commit("@1"), SINK_COMMIT_FAILED);
    check_err(ERR_RETRY, "was never answered and may come late");
    assert_int_equal(open_sink(), 0);
    assert_int_equal(commit("@1"), SINK_COMMITTED);
}

/* ---- transactions that fail ---- */

static void test_a_transaction_without_the_right(void **state)
{
    (void)state;
    answers(INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    assert_int_equal(start(true), -1);
    check_err(ERR_CONFIG, "transactional.id tailrace-shop");
    answers(INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT);
    assert_int_equal(open_sink(), -1);
    check_err(ERR_CONFIG, "transactional.id tailrace-shop");
}

static void test_a_record_fails_its_transaction(void **state)
{
    (void)state;
    started(true);
    answers(PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), -1);
    check_err(ERR_DATA, "topic shop.t: a record of 5 bytes was refused");
    assert_int_equal(commit("@1"), SINK_COMMIT_FAILED);
    check_err(ERR_DATA, "topic shop.t: a record of 5 bytes was refused");
    s.err = (struct err){ 0 };
    assert_int_equal(put_to("shop.t", "k"), SINK_FAILED);       /* it takes nothing more */
    check_err(ERR_DATA, "topic shop.t");
}

static void test_a_topic_fails_its_transaction(void **state)
{
    (void)state;
    started(true);
    answers(ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(commit("@1"), SINK_COMMIT_FAILED);
    check_err(ERR_CONFIG, "");
}

static void test_a_commit_that_fails(void **state)
{
    (void)state;
    static const rd_kafka_resp_err_t failures[] = { RD_KAFKA_RESP_ERR_INVALID_TXN_STATE,
                                                    RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING };
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        begin(NULL);
        started(true);
        assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
        answers(END_TXN, failures[i]);
        assert_int_equal(commit("@1"), SINK_COMMIT_FAILED);
        assert_int_equal(s.err.class, ERR_RETRY);
        assert_int_equal(open_sink(), 0);
        assert_int_equal(commit("@1"), SINK_COMMITTED);
        end(NULL);
    }
    begin(NULL);
}

/* ---- transactions that do not end ---- */

typedef rd_kafka_timestamp_type_t whose_time;
int64_t __real_rd_kafka_message_timestamp(const rd_kafka_message_t *m, whose_time *type);
int64_t __wrap_rd_kafka_message_timestamp(const rd_kafka_message_t *m, whose_time *type);

/* These brokers say that they give records their own time. */
static bool append_time;
int64_t __wrap_rd_kafka_message_timestamp(const rd_kafka_message_t *m, whose_time *type)
{
    int64_t ms = __real_rd_kafka_message_timestamp(m, type);
    if (type && !append_time)
        *type = RD_KAFKA_TIMESTAMP_CREATE_TIME;
    return ms;
}

#if RD_KAFKA_VERSION >= 0x02030000
/* These brokers have no last stable offset of their own. */
static struct {
    rd_kafka_IsolationLevel_t level;
    bool time;                  /* the offset of a time is asked for */
    int64_t stable, younger;    /* -1: as the brokers say */
} ends = { .stable = -1, .younger = -1 };

#define SET_LEVEL(p) rd_kafka_error_t *p##_rd_kafka_AdminOptions_set_isolation_level( \
    rd_kafka_AdminOptions_t *o, rd_kafka_IsolationLevel_t l)
#define LIST(p) void p##_rd_kafka_ListOffsets(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *l, \
    const rd_kafka_AdminOptions_t *o, rd_kafka_queue_t *q)
#define PLACE(p) const rd_kafka_topic_partition_t * \
    p##_rd_kafka_ListOffsetsResultInfo_topic_partition(const rd_kafka_ListOffsetsResultInfo_t *i)
SET_LEVEL(__real);
SET_LEVEL(__wrap);
LIST(__real);
LIST(__wrap);
PLACE(__real);
PLACE(__wrap);

SET_LEVEL(__wrap)
{
    ends.level = l;
    return __real_rd_kafka_AdminOptions_set_isolation_level(o, l);
}

LIST(__wrap)
{
    ends.time = l->elems[0].offset >= 0;
    __real_rd_kafka_ListOffsets(rk, l, o, q);
}

PLACE(__wrap)
{
    static rd_kafka_topic_partition_t changed;
    changed = *__real_rd_kafka_ListOffsetsResultInfo_topic_partition(i);
    if (ends.time)
        changed.offset = ends.younger;
    else if (ends.level == RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED && ends.stable >= 0)
        changed.offset = ends.stable;
    return &changed;
}

/* Something is open from the first record on; where the first one is that is younger. */
static void opens(int64_t younger)
{
    started(true);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(commit("@1"), SINK_COMMITTED);
    assert_int_equal(open_sink(), 0);
    ends.stable = 0;
    ends.younger = younger;
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_non_null(s.k->hangs);
}

static void test_an_aborted_one_ends_with_one_that_is_given_up(void **state)
{
    (void)state;
    opens(0);
    assert_int_equal(commit("@2"), SINK_COMMIT_FAILED);
    check_err(ERR_RETRY, "topic shop.t: partition 0: a transaction should have ended, and is open "
              "since offset 0");
    ends.stable = -1;
    assert_int_equal(open_sink(), 0);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_null(s.k->hangs);
    assert_int_equal(commit("@2"), SINK_COMMITTED);
}

static void test_another_s_is_given_way_to_twice(void **state)
{
    (void)state;
    opens(0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(commit("@2"), SINK_COMMIT_FAILED);
        check_err(ERR_RETRY, "is given up and read again");
        assert_int_equal(open_sink(), 0);
        assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    }
    assert_int_equal(commit("@2"), SINK_COMMITTED);
    assert_non_null(s.k->hangs);
    ends.stable = -1;
}

static void test_a_committed_one_ends_with_the_next(void **state)
{
    (void)state;
    opens(1);
    answers(END_TXN, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE);
    assert_int_equal(commit("@2"), SINK_COMMIT_FAILED);     /* both are aborted */
    ends.stable = -1;
    assert_int_equal(open_sink(), 0);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_null(s.k->hangs);
    assert_int_equal(commit("@2"), SINK_COMMITTED);
    close_sink();
    opens(1);
    assert_int_equal(commit("@2"), SINK_COMMITTED);
    assert_null(s.k->hangs);
    ends.stable = -1;
}

static void test_the_brokers_time_tells_nothing(void **state)
{
    (void)state;
    append_time = true;
    opens(0);
    assert_int_equal(commit("@2"), SINK_COMMITTED);
    assert_null(s.k->hangs);
    ends.stable = -1;
    append_time = false;
}

static void test_the_ends_cannot_be_asked_for(void **state)
{
    (void)state;
    started(true);
    answers(LIST_OFFSETS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(put_to("shop.t", "k"), SINK_FAILED);
    check_err(ERR_CONFIG, "topic shop.t: where its transactions end cannot be asked for");
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
}
#endif

/* ---- waits that end ---- */

static void test_a_stop_ends_waits(void **state)
{
    (void)state;
    rd_kafka_mock_broker_set_down(s.brokers, 1);
    s.stop = 1;
    assert_int_equal(start(true), -1);
    assert_int_equal(s.err.class, ERR_RETRY);
    close_sink();
    rd_kafka_mock_broker_set_up(s.brokers, 1);
    s.stop = 0;
    started(false);
    s.stop = 1;
    struct buf at = { 0 };
    assert_int_equal(s.sink->ops->load(s.sink, &s.feed, &at, NULL, NULL, &s.err), -1);
    check_err(ERR_RETRY, "could not be read to its end");
    struct topic_spec spec = { .name = "shop.u" };
    struct sink_topic *t;
    assert_int_equal(s.sink->ops->topic(s.sink, &spec, &t, &s.err), -1);
    assert_int_equal(s.err.class, ERR_RETRY);
    buf_done(&at);
}

static void test_a_process_that_stood_still(void **state)
{
    (void)state;
    started(false);
    atomic_store(&s.k->pause.stood_us, 12000000);
    assert_int_equal(put_to("shop.t", "k"), SINK_FAILED);
    check_err(ERR_RETRY, "the process stood still for 12 s");
    assert_int_equal(open_sink(), 0);
    atomic_store(&s.k->pause.stood_us, 12000000);
    assert_int_equal(s.sink->ops->poll(s.sink, 0, &s.err), -1);
    check_err(ERR_RETRY, "the process stood still for 12 s");
}

/* ---- configurations ---- */

static void test_properties(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value;
        bool exactly_once;
        const char *says;
    } cases[] = {
        { "sasl.pasword", "1", false, "knows no such property; the nearest is sasl.password" },
        { "acks", "many", false, "does not take the value \"many\"" },
        { "enable.idempotence", "false", true, "" },
        { "acks", "0", false, "acks" },
        { "transaction.timeout.ms", "1", true, "" },
        { "message.timeout.ms", "5000", false, "" },
        { "debug", "conf", false, "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(NULL);
        set(cases[i].key, cases[i].value);
        int rc = start(cases[i].exactly_once);
        assert_int_equal(rc, *cases[i].says ? -1 : rc);
        if (rc)
            check_err(ERR_CONFIG, cases[i].says);
        end(NULL);
    }
    struct err err;
    struct kafka_options none = { .id = "shop" };
    assert_null(kafka_sink_new(&none, &err));
    assert_int_equal(err.class, ERR_CONFIG);
    assert_int_equal(kafka_properties_check(&none, &err), -1);
    assert_string_equal(err.msg, "kafka.bootstrap.servers is needed");
    assert_true(atoi(kafka_library()) >= 2);
    begin(NULL);
    set("acks", "many");
    assert_int_equal(kafka_properties_check(&s.opt, &err), -1);
    s.props[1] = (struct kv){ "ssl.key.password", "unshown" };
    assert_int_equal(kafka_properties_check(&s.opt, &err), 0);
}

struct tally { int n, stop_at; };

static int count_followed(void *arg, const struct follow_record *r, struct err *err)
{
    struct tally *t = arg;
    t->n++;
    return t->n == t->stop_at ? err_set(err, ERR_DATA, "enough at %lld", (long long)r->offset) : 0;
}

static void follow_to_the_aim(struct follow *f, struct tally *t)
{
    int64_t until = clock_mono_us() + WAIT_US;
    assert_int_equal(follow_aim(f, &s.err), 0);
    while (!follow_reached(f) && clock_mono_us() < until)
        if (follow_poll(f, 100, count_followed, t, &s.err))
            fail_msg("%s", s.err.msg);
    assert_true(follow_reached(f));
}

/* Of shop.t, before position @1. */
static struct follow *follow_two_records(void)
{
    started(false);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(put_in_time("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), 0);
    assert_int_equal(commit("@1"), SINK_COMMITTED);
    struct follow *f = follow_new(&s.opt, "shop", &s.err);
    assert_non_null(f);
    return f;
}

static void test_a_topic_is_followed_beside_its_feed(void **state)
{
    (void)state;
    struct tally all = { 0 }, more = { 0 }, one = { .stop_at = 1 };
    struct follow_topic t;
    struct follow *f = follow_two_records();
    assert_true(slice_eq(follow_position(f), slice_str("@1")));
    assert_int_equal(follow_look(f, "shop.t", &t, &s.err), 0);
    assert_true(t.partitions == 1 && t.low[0] == 0 && t.high[0] == 2);
    assert_int_equal(follow_begin(f, "shop.t", t.partitions, t.low, &s.err), 0);
    follow_topic_done(&t);
    follow_to_the_aim(f, &all);
    assert_int_equal(all.n, 2);
    assert_int_equal(follow_next(f)[0], 2);
    assert_int_equal(put_in_time("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), 0);
    assert_int_equal(commit("@2"), SINK_COMMITTED);
    follow_to_the_aim(f, &more);
    assert_int_equal(more.n, 1);
    for (int i = 0; i < 100 && !slice_eq(follow_position(f), slice_str("@2")); i++)
        assert_int_equal(follow_poll(f, 100, count_followed, &more, &s.err), 0);
    assert_true(slice_eq(follow_position(f), slice_str("@2")));
    assert_int_equal(follow_begin(f, "shop.t", 1, (const int64_t[]){ 1 }, &s.err), 0);
    int rc = 0;
    for (int i = 0; i < 100 && !rc; i++)
        rc = follow_poll(f, 100, count_followed, &one, &s.err);
    assert_int_equal(rc, -1);
    check_err(ERR_DATA, "topic shop.t, partition 0, offset 1: enough at 1");
    assert_int_equal(follow_begin(f, "positions", 1, (const int64_t[]){ 0 }, &s.err), -1);
    check_err(ERR_CONFIG, "holds the positions");
    follow_free(f);
}

/* What stands before the position that is read now is handed out later, and nothing twice. */
static void test_positions_are_read_ahead_of_records(void **state)
{
    (void)state;
    struct tally all = { 0 };
    struct follow *f = follow_two_records();
    assert_int_equal(follow_begin(f, "shop.t", 1, (const int64_t[]){ 0 }, &s.err), 0);
    assert_int_equal(commit("@2"), SINK_COMMITTED);
    int covered = 0;
    for (int i = 0; i < 100 && !covered; i++)
        covered = follow_cover(f, 200, &s.err);
    assert_int_equal(covered, 1);
    assert_true(slice_eq(follow_position(f), slice_str("@2")));
    assert_true(follow_heard_us(f) <= clock_mono_us());
    follow_to_the_aim(f, &all);
    assert_int_equal(all.n, 2);
    assert_int_equal(follow_cover(f, 0, &s.err), 1);        /* nothing is left to read */
    follow_free(f);
}

static void note_topic(void *arg, const char *topic)
{
    buf_printf(arg, "%s;", topic);
}

/* A feed's position, what is kept beside it, and who writes it: of one feed, and no other's. */
static void test_a_feed_is_forgotten(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        size_t n = 0;
        struct buf at = { 0 }, topics = { 0 };
        begin(NULL);
        started(exact);
        assert_int_equal(load_position(&at), 0);        /* with exactly-once its writer is noted */
        assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
        assert_int_equal(s.sink->ops->keep(s.sink, slice_str("relation"), slice_str("1"), &s.batch,
                                           &s.err), SINK_TAKEN);
        assert_int_equal(poll_all(), 0);
        assert_int_equal(commit("@1"), SINK_COMMITTED);
        assert_int_equal(kafka_forget(&s.opt, "shop", true, &n, &s.err), 0);
        assert_int_equal(n, exact ? 3 : 2);
        assert_int_equal(kafka_forget(&s.opt, "sho", false, &n, &s.err), 0);
        assert_int_equal(n, 0);
        assert_int_equal(s.sink->ops->peek(s.sink, &s.feed, &at, &s.err), 0);
        assert_string_equal(buf_cstr(&at), "@1");
        answers(PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
        assert_int_equal(kafka_forget(&s.opt, "shop", false, &n, &s.err), -1);
        check_err(ERR_CONFIG, "position topic positions: the feed cannot be forgotten: ");
        s.err = (struct err){ 0 };
        answers(PRODUCE, RD_KAFKA_RESP_ERR__TRANSPORT);      /* the connection breaks */
        assert_int_equal(kafka_forget(&s.opt, "shop", false, &n, &s.err), 0);
        assert_int_equal(kafka_forget(&s.opt, "shop", true, &n, &s.err), 0);
        assert_int_equal(n, 0);
        at.n = 0;
        assert_int_equal(s.sink->ops->peek(s.sink, &s.feed, &at, &s.err), 0);
        assert_string_equal(buf_cstr(&at), "");
        close_sink();
        s.feed.noted = 0;
        started(exact);
        assert_int_equal(load_position(&at), 0);        /* it begins anew */
        assert_string_equal(buf_cstr(&at), "");
        assert_int_equal(kafka_topics_of(&s.opt, note_topic, &topics, &s.err), 0);
        assert_string_equal(buf_cstr(&topics), "shop.t;");
        buf_done(&at);
        buf_done(&topics);
        end(NULL);
    }
    begin(NULL);
}

static void test_nothing_to_follow(void **state)
{
    (void)state;
    s.stop = 1;
    assert_null(follow_new(&s.opt, "shop", &s.err));
    check_err(ERR_RETRY, "stopped");
    s.stop = 0;
    set("no.such", "1");
    assert_null(follow_new(&s.opt, "shop", &s.err));
    check_err(ERR_CONFIG, "no.such");
}

static void note_finding(void *arg, enum finding_level level, const char *what, const char *todo);
static void note_reader(void *arg, const char *topic, const char *group);
static int tail(const char *topic, struct tally *t);

/* Each way to ask has a client of its own. */
static void test_no_client(void **state)
{
    (void)state;
    struct buf said = { 0 };
    struct tally none = { 0 };
    started(false);
    set("no.such", "1");
    assert_int_equal(s.sink->ops->load(s.sink, &s.feed, &said, NULL, NULL, &s.err), -1);
    check_err(ERR_CONFIG, "kafka.no.such");
    assert_int_equal(tail("shop.t", &none), -1);
    check_err(ERR_CONFIG, "kafka.no.such");
    assert_int_equal(kafka_readers(&s.opt, note_reader, &said, &s.err), -1);
    check_err(ERR_CONFIG, "kafka.no.such");
    close_sink();
    s.sink = kafka_sink_new(&s.opt, &s.err);
    assert_int_equal(s.sink->ops->poll(s.sink, 0, &s.err), 0);       /* before it is open */
    assert_int_equal(s.sink->ops->check(s.sink, note_finding, &said, &s.err), -1);
    assert_non_null(strstr(buf_cstr(&said), "fail: kafka.no.such"));
    buf_done(&said);
}

/* ---- other ways to ask ---- */

static int count_record(void *arg, const struct tail_record *r, struct err *err)
{
    struct tally *t = arg;
    t->n += r->value.n == 5;
    return t->n == t->stop_at ? err_set(err, ERR_DATA, "enough") : 0;
}

static int tail(const char *topic, struct tally *t)
{
    atomic_int stop = 0;
    struct tail_options opt = {
        .kafka = &s.opt, .topics = &topic, .ntopics = topic != NULL, .stop = &stop
    };
    return tail_topics(&opt, count_record, t, &s.err);
}

static void test_tail(void **state)
{
    (void)state;
    struct tally all = { 0 }, one = { .stop_at = 1 }, none = { 0 };
    started(false);
    assert_int_equal(put_to("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(put_in_time("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), 0);
    assert_int_equal(tail("shop.t", &all), 0);
    assert_int_equal(all.n, 2);
    assert_int_equal(tail(NULL, &all), 0);
    assert_int_equal(all.n, 4);
    assert_int_equal(tail("shop.t", &one), -1);
    check_err(ERR_DATA, "enough");
    s.opt.prefix = "nobody";
    assert_int_equal(tail(NULL, &none), -1);
    check_err(ERR_CONFIG, "there is no topic nobody.*");
    assert_int_equal(tail("nobody.t", &none), -1);
    check_err(ERR_CONFIG, "there is no topic nobody.t");
}

static void note_finding(void *arg, enum finding_level level, const char *what, const char *todo)
{
    static const char *const levels[] = { "ok", "warn", "fail" };
    buf_printf(arg, "%s: %s%s\n", levels[level], what, todo ? " ->" : "");
}

static void note_reader(void *arg, const char *topic, const char *group)
{
    buf_printf(arg, "%s %s\n", topic, group);
}

/* Brokers that know none of these questions: each is answered, and none with a guess. */
static void test_questions_that_are_not_answered(void **state)
{
    (void)state;
    struct buf said = { 0 };
    s.opt.exactly_once = s.opt.topics.create = true;
    set("socket.timeout.ms", "1000");
    s.sink = kafka_sink_new(&s.opt, &s.err);
    s.k = (struct kafka *)s.sink;
    assert_int_equal(s.sink->ops->check(s.sink, note_finding, &said, &s.err), 0);
    assert_non_null(strstr(buf_cstr(&said), "ok: Kafka answers with 1 broker(s)"));
    assert_non_null(strstr(buf_cstr(&said), "fail: topic shop.tailrace-check " NO_TOPIC));
    assert_non_null(
        strstr(buf_cstr(&said), "cleanup.policy of position topic positions is not known"));
    struct topic_spec table = { .name = "shop.t", .key_schema = "\"long\"" };
    said.n = 0;
    s.sink->ops->check_topics(s.sink, &table, 1, note_finding, &said);
    assert_null(strstr(buf_cstr(&said), "may not write"));
    /* 2.0.2 never frees a queue of its own when nobody answers this */
    if (rd_kafka_version() > 0x020002ff)
        (void)!kafka_readers(&s.opt, note_reader, &said, &s.err);
    buf_done(&said);
}

static void test_nobody_answers(void **state)
{
    (void)state;
    struct buf said = { 0 };
    struct tally none = { 0 };
    s.props[0].value = "127.0.0.1:1, kafka.invalid:1";
    set("security.protocol", "sasl_plaintext");
    set("sasl.mechanism", "PLAIN");
    set("sasl.username", "alice");
    set("sasl.password", "secret");
    s.sink = kafka_sink_new(&s.opt, &s.err);
    s.k = (struct kafka *)s.sink;
    assert_int_equal(s.sink->ops->check(s.sink, note_finding, &said, &s.err), -1);
    assert_non_null(strstr(buf_cstr(&said), "fail: Kafka cannot be reached"));
    assert_non_null(
        strstr(buf_cstr(&said),
               "warn: Kafka's password goes over the network in the clear, to kafka.invalid ->"));
    assert_null(strstr(buf_cstr(&said), "secret"));
    s.stop = 1;
    (void)!open_sink();
    assert_true(s.k->told_clear);
    assert_int_equal(kafka_topics_of(&s.opt, note_topic, &said, &s.err), -1);
    check_err(ERR_RETRY, "Kafka cannot be reached");
    assert_int_equal(kafka_readers(&s.opt, note_reader, &said, &s.err), -1);
    check_err(ERR_RETRY, "Kafka cannot be reached");
    assert_null(follow_new(&s.opt, "shop", &s.err));
    check_err(ERR_RETRY, "Kafka cannot be reached");
    s.stop = 0;
    assert_int_equal(tail(NULL, &none), -1);
    check_err(ERR_RETRY, "Kafka cannot be reached");
    check_err(ERR_RETRY, "(no answer since 20");
    check_err(ERR_RETRY, "; the Kafka client last said: ");
    check_err(ERR_RETRY, " -> look at kafka.bootstrap.servers");
    buf_done(&said);
}

/* Whoever is called at night sees that brokers are away, since when, and that nothing is lost. */
static void test_a_record_that_nobody_takes(void **state)
{
    (void)state;
    set("message.timeout.ms", "1500");
    started(false);
    assert_int_equal(put_in_time("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), 0);
    rd_kafka_mock_broker_set_down(s.brokers, 1);
    assert_int_equal(put_in_time("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), -1);
    check_err(ERR_RETRY, "topic shop.t: its broker has not been reached since 20");
    check_err(ERR_RETRY, "the Kafka client last said: ");
    check_err(ERR_RETRY, " -> look at the brokers");
    check_err(ERR_RETRY, "nothing is lost");
    rd_kafka_mock_broker_set_up(s.brokers, 1);
}

static void test_a_record_that_waits_too_long(void **state)
{
    (void)state;
    set("message.timeout.ms", "1500");
    started(false);
    (void)topic_of("shop.t");
    rd_kafka_mock_broker_set_rtt(s.brokers, 1, 3000);
    assert_int_equal(put_in_time("shop.t", "k"), SINK_TAKEN);
    assert_int_equal(poll_all(), -1);
    /* 2.0.2 closes the connection of a request that took too long */
    check_err(ERR_RETRY, rd_kafka_version() <= 0x020002ff
              ? "topic shop.t: its broker has not been reached since 20"
              : "topic shop.t: its broker has not confirmed a record in time -> look at");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(test_at_least_once_before),
        CASE(test_records_and_a_position),
        CASE(test_a_record_that_nobody_takes),
        CASE(test_a_record_that_waits_too_long),
        CASE(test_a_refused_record),
        CASE(test_a_refused_record_is_buried),
        CASE(test_the_first_record_goes_alone),
        CASE(test_several_are_buried),
        CASE(test_a_refused_position),
        CASE(test_a_full_queue),
        CASE(test_fenced_at_the_end),
        CASE(test_fenced_in_the_middle),
        CASE(test_topics_that_no_client_takes),
        CASE(test_no_client),
        CASE(test_fenced_by_nobody),
        CASE(test_writers_of_one_feed),
        CASE(test_a_shared_producer),
        CASE(test_fenced_after_the_time),
        CASE(test_a_request_that_may_come_late),
        CASE(test_a_transaction_without_the_right),
        CASE(test_a_record_fails_its_transaction),
        CASE(test_a_topic_fails_its_transaction),
        CASE(test_a_commit_that_fails),
        CASE(test_a_stop_ends_waits),
        CASE(test_a_process_that_stood_still),
        CASE(test_properties),
        CASE(test_tail),
        CASE(test_a_topic_is_followed_beside_its_feed),
        CASE(test_nothing_to_follow),
        CASE(test_positions_are_read_ahead_of_records),
        CASE(test_a_feed_is_forgotten),
        CASE(test_questions_that_are_not_answered),
        CASE(test_nobody_answers),
        CASE(test_partitions_that_were_added_are_found_when_it_begins_anew),
#if RD_KAFKA_VERSION >= 0x02030000
        CASE(test_an_aborted_one_ends_with_one_that_is_given_up),
        CASE(test_the_ends_cannot_be_asked_for),
        CASE(test_another_s_is_given_way_to_twice),
        CASE(test_a_committed_one_ends_with_the_next),
        CASE(test_the_brokers_time_tells_nothing),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
