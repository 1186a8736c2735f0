/*
 * A lane of several feeds, driven by hand: what one feed's records, memory and end are to the
 * others. The sink takes what it is told to take, and reports when it is told to.
 */
#include <poll.h>
#include "clockwork.h"
#include "cmocka_flow.h"
#include "flow/lane.h"
#include "flow/lane_parts.h"

struct hands {
    struct sink base;
    struct batch *waiting[4096];    /* of each record that was taken, in order, */
    int64_t at[4096];               /* and when the brokers have it */
    size_t n, reported;
    bool report;                    /* poll() reports what was taken */
    const char *refused;            /* records for this key are refused */
    int opened, freed;
    uint64_t put[8], put_bytes;     /* records by the first letter of the feed's name */
    int64_t commit_us;              /* what a commit takes */
    int64_t turn_us;                /* what a turn of the lane takes */
    int64_t kib_us, free_us;        /* the brokers take a KiB in so long, and have all of it then */
    struct port *asks;              /* while one goes on, this feed has a batch to hand over */
    int hurries, commits, commits_before_load;
};

static int open_sink(struct sink *k, struct err *err)
{
    (void)err;
    ((struct hands *)k)->opened++;
    ((struct hands *)k)->n = ((struct hands *)k)->reported = 0;
    return 0;
}

static int load(struct sink *k, struct sink_feed *f, struct buf *ret, kept_fn *each, void *arg,
                struct err *err)
{
    (void)each, (void)arg, (void)err;
    ((struct hands *)k)->commits_before_load = ((struct hands *)k)->commits;
    if (f->committed.n)
        buf_put(ret, f->committed.p, f->committed.n);
    return 0;
}

static enum sink_put put(struct sink *k, const struct record *r, struct batch *b, struct err *err)
{
    struct hands *h = (struct hands *)k;
    if (h->refused && slice_eq(r->key, slice_str(h->refused)))
        return err_set(err, ERR_DATA, "refused"), SINK_FAILED;
    if (h->n == sizeof h->waiting / sizeof *h->waiting)
        return SINK_FULL;
    int64_t now = clockwork_now(), begin = h->free_us > now ? h->free_us : now;
    h->at[h->n] = h->free_us = begin + h->kib_us * (int64_t)r->value.n / 1024;
    h->waiting[h->n++] = b;
    b->inflight++;
    h->put[b->feed->name[0] - 'a']++;
    h->put_bytes += r->value.n;
    return SINK_TAKEN;
}

static int poll_sink(struct sink *k, int ms, struct err *err)
{
    struct hands *h = (struct hands *)k;
    (void)ms, (void)err;
    clockwork_pass(h->turn_us);
    while (h->report && h->reported < h->n && h->at[h->reported] <= clockwork_now())
        h->waiting[h->reported++]->inflight--;
    if (h->reported == h->n)
        h->reported = h->n = 0;
    return 0;
}

static enum sink_commit commit(struct sink *k, const struct sink_position *p, size_t n, int ms,
                               struct err *err)
{
    struct hands *h = (struct hands *)k;
    (void)ms, (void)err;
    int64_t left = k->transactional ? h->free_us - clockwork_now() : 0;
    clockwork_pass(h->commit_us + (left > 0 ? left : 0));
    (void)!poll_sink(k, 0, err);
    h->commits++;
    if (h->asks)
        assert_false(port_hungry(h->asks));
    for (size_t i = 0; i < n; i++)
        buf_set(&p[i].feed->committed, p[i].token);
    return SINK_COMMITTED;
}

static void hurry(struct sink *k)
{
    ((struct hands *)k)->hurries++;
}

static void free_sink(struct sink *k)
{
    ((struct hands *)k)->freed++;
}

static const struct sink_ops ops = {
    .name = "hands", .open = open_sink, .load = load, .put = put, .poll = poll_sink,
    .commit = commit, .hurry = hurry, .free = free_sink,
};

static struct hands hands;
static struct lane *lane;
static struct flow_options opt;
static struct memory memory;
static struct err err;

static void begin(void)
{
    hands = (struct hands){ .base.ops = &ops, .report = true };
    memory = (struct memory){ .most = 1 << 20 };
    opt = (struct flow_options){ .batch_rows = 1000, .batch_bytes = 1 << 16, .batches = 4,
                                 .commit_ms = 1, .stop_timeout_ms = 1000, .memory = &memory };
    lane = lane_new_stepped(&hands.base, &opt);
}

static void end(void)
{
    assert_int_equal(lane_end(lane, &err), 0);
    assert_int_equal(hands.freed, 1);
    assert_int_equal(memory.used, 0);
    assert_int_equal(memory.holders, 0);
}

static struct port *feed(const char *name)
{
    struct buf position = { 0 };
    opt.feed = name;
    struct port *p = port_new(lane, &opt, slice_str("me"));
    assert_int_equal(port_begin(p, &position, NULL, NULL, &err), 0);
    buf_done(&position);
    return p;
}

static bool rows;       /* the next batch is of rows */

/* A batch of one record, so large, with the position text. rest: nothing follows for now. */
static void send_last(struct port *p, const char *key, size_t bytes, const char *position,
                      bool rest)
{
    struct batch *b = port_open(p);
    struct record *r = batch_add(b);
    uint8_t *value = arena_alloc(&b->arena, bytes);
    memset(value, 'x', bytes);
    r->topic = (struct sink_topic *)&hands;     /* some topic */
    r->key = arena_dup(&b->arena, slice_str(key));
    r->value = slice_of(value, bytes);
    buf_str(&b->upto, position);
    b->rows = rows;
    port_send(p, b, rest, false);
}

static void send(struct port *p, const char *key, size_t bytes, const char *position)
{
    send_last(p, key, bytes, position, false);
}

static void look(struct port *p)
{
    struct buf durable = { 0 };
    bool news;
    assert_int_equal(port_look(p, &durable, &news, &err), 0);
    buf_done(&durable);
}

/* Turns of the lane until p has this durable position. */
static bool comes(struct port *p, const char *position)
{
    struct buf durable = { 0 };
    bool news = false, is = false;
    for (int turn = 0; turn < 100 && !is; turn++, clockwork_pass(1000)) {
        assert_int_equal(port_look(p, &durable, &news, &err), 0);
        is = news && slice_eq(buf_slice(&durable), slice_str(position));
    }
    buf_done(&durable);
    return is;
}

static void test_each_has_its_own_position(void **state)
{
    (void)state;
    begin();
    struct port *a = feed("a"), *b = feed("b");
    send(a, "k", 10, "a1");
    send(b, "k", 10, "b1");
    send(a, "k", 10, "a2");
    assert_true(comes(a, "a2"));
    assert_true(comes(b, "b1"));
    assert_int_equal(hands.put[0], 2);
    assert_int_equal(hands.put[1], 1);
    port_leave(a);
    port_leave(b);
    end();
}

/* A position that moves shows nothing; one with rows before it does, once. */
static void test_rows_are_progress(void **state)
{
    (void)state;
    begin();
    struct port *a = feed("a"), *b = feed("b");
    send(a, "said about rows", 10, "a1");
    assert_true(comes(a, "a1"));
    assert_false(port_progressed(a));
    rows = true;
    send(a, "row", 10, "a2");
    rows = false;
    send(b, "said", 10, "b1");
    assert_true(comes(a, "a2"));
    assert_true(comes(b, "b1"));
    assert_true(port_progressed(a));
    assert_false(port_progressed(a));
    assert_false(port_progressed(b));
    send(a, "said again", 10, "a3");
    assert_true(comes(a, "a3"));
    assert_false(port_progressed(a));
    port_leave(a);
    port_leave(b);
    end();
}

/* A record that is refused is its own feed's end, and to the other a pause. */
static void test_a_refused_record(void **state)
{
    (void)state;
    struct buf durable = { 0 };
    bool news;
    begin();
    hands.refused = "bad";
    struct port *a = feed("a"), *b = feed("b");
    send(b, "good", 10, "b1");
    assert_true(comes(b, "b1"));
    send(a, "bad", 10, "a1");
    send(b, "good", 10, "b2");
    assert_int_equal(port_look(a, &durable, &news, &err), -1);
    assert_int_equal(err.class, ERR_DATA);
    if (port_look(b, &durable, &news, &err))
        assert_int_equal(err.class, ERR_RETRY);
    port_leave(a);
    struct buf position = { 0 };
    assert_int_equal(port_begin(b, &position, NULL, NULL, &err), 0);
    send(b, "good", 10, "b3");
    assert_true(comes(b, "b3"));
    buf_done(&position);
    buf_done(&durable);
    port_leave(b);
    end();
}

/* What nobody reports is held. A feed that holds its share reads no further, one that does not goes
 * on. */
static void test_one_budget(void **state)
{
    (void)state;
    begin();
    opt.batches = 1000;
    opt.batch_bytes = 1 << 20;
    hands.report = false;
    struct port *a = feed("a"), *b = feed("b");
    char position[16];
    bool news;
    struct buf durable = { 0 };
    int n = 0;
    for (; !port_full(a) && n < 1000; n++) {
        snprintf(position, sizeof position, "a%d", n);
        send(a, "k", 1 << 16, position);
        assert_int_equal(port_look(a, &durable, &news, &err), 0);
    }
    assert_in_range(n, 12, 16);
    assert_false(port_full(b));
    for (n = 0; !port_full(b) && n < 1000; n++) {
        snprintf(position, sizeof position, "b%d", n);
        send(b, "k", 1 << 16, position);
        assert_int_equal(port_look(b, &durable, &news, &err), 0);
    }
    assert_in_range(n, 6, 8);       /* half of it */
    assert_true(port_full(a));
    hands.report = true;
    snprintf(position, sizeof position, "b%d", n - 1);
    assert_true(comes(b, position));
    assert_false(port_full(a));
    assert_false(port_full(b));
    buf_done(&durable);
    port_leave(a);
    port_leave(b);
    end();
}

/* Many small batches that wait for a report leave no more memory than a few. */
static void test_spares(void **state)
{
    (void)state;
    begin();
    opt.batch_rows = 100000;
    hands.report = false;
    struct port *a = feed("a");
    struct buf durable = { 0 };
    bool news;
    for (int i = 0; i < 70; i++) {
        send(a, "k", 10, i < 69 ? "a1" : "a2");
        assert_int_equal(port_look(a, &durable, &news, &err), 0);
    }
    hands.report = true;
    assert_true(comes(a, "a2"));
    assert_in_range(a->s.spare.batches, 1, opt.batches);
    buf_done(&durable);
    port_leave(a);
    end();
}

/* A feed leaves while records of it are on their way: the others' go on, and its memory stays until
 * they are reported. */
static void test_a_feed_leaves(void **state)
{
    (void)state;
    begin();
    hands.report = false;
    struct port *a = feed("a"), *b = feed("b");
    struct buf durable = { 0 };
    bool news;
    send(a, "k", 10, "a1");
    assert_int_equal(port_look(a, &durable, &news, &err), 0);
    port_leave(a);
    send(b, "k", 10, "b1");
    hands.report = true;
    assert_true(comes(b, "b1"));
    for (int turn = 0; turn < 100 && lane->ports->next; turn++, clockwork_pass(1000))
        assert_int_equal(port_look(b, &durable, &news, &err), 0);
    assert_null(lane->ports->next);     /* a is freed */
    buf_done(&durable);
    port_leave(b);
    end();
}

/* It begins again at once: its position is read when what it had put before is committed. */
static void test_a_feed_leaves_and_comes_back(void **state)
{
    (void)state;
    begin();
    hands.base.transactional = true;
    hands.turn_us = 1000;
    struct port *a = feed("a");
    struct batch *b = port_open(a);
    buf_str(&b->upto, "a1");
    port_send(a, b, true, true);    /* inside a source transaction, whose end the lane waits for */
    look(a);
    assert_int_equal(hands.commits, 0);
    port_leave(a);
    a = feed("a");
    assert_int_equal(hands.commits_before_load, 1);
    port_leave(a);
    end();
}

static bool is_told(struct port *p)
{
    struct pollfd fd = { .fd = port_fd(p), .events = POLLIN };
    bool told = poll(&fd, 1, 0) > 0;
    if (told)
        port_heard(p);
    return told;
}

/* Who has a batch while the lane commits for others hands it over as soon as that is done. */
static void test_the_end_of_a_commit_is_heard(void **state)
{
    (void)state;
    begin();
    hands.base.transactional = true;
    struct port *a = feed("a"), *b = feed("b");
    (void)is_told(b);
    hands.asks = b;
    send_last(a, "k", 10, "a1", true);
    assert_true(comes(a, "a1"));
    assert_true(port_hungry(b));
    assert_true(is_told(b));
    hands.asks = NULL;
    port_leave(a);
    port_leave(b);
    end();
}

/*
 * Brokers end a transaction after they have said so, and hold the next one up if it begins at once:
 * the lane puts nothing for a third of what a commit takes. What comes meanwhile is put together.
 */
static void test_a_rest_after_a_commit(void **state)
{
    (void)state;
    begin();
    hands.base.transactional = true;
    hands.commit_us = 12000;
    struct port *a = feed("a"), *b = feed("b");
    send_last(a, "k", 10, "a1", true);
    assert_true(comes(a, "a1"));
    int64_t until = clockwork_now() + 3000;
    for (; clockwork_now() < until; clockwork_pass(900)) {
        send_last(a, "k", 10, "a2", true);
        send_last(b, "k", 10, "b1", true);
        look(a);
        assert_int_equal(hands.put[0], 1);
    }
    assert_true(comes(a, "a2"));
    assert_true(comes(b, "b1"));
    assert_int_equal(hands.commits, 2);
    port_leave(a);
    port_leave(b);
    end();
}

/* One that was held up is no reason for a long rest. */
static void test_a_short_rest(void **state)
{
    (void)state;
    begin();
    hands.base.transactional = true;
    hands.commit_us = 900000;
    struct port *a = feed("a");
    for (int i = 0; i < 3; i++) {
        send_last(a, "k", 10, "a1", true);
        clockwork_pass(5000);
        look(a);
        assert_int_equal(hands.commits, i + 1);
    }
    port_leave(a);
    end();
}

/* A feed that had nothing more once since the last commit keeps up, though it has more now. */
static void test_a_feed_that_keeps_up(void **state)
{
    (void)state;
    begin();
    hands.base.transactional = true;
    opt.batches = 1000;
    opt.batch_ms = 200;
    hands.commit_us = 10000;
    struct port *a = feed("a");
    int turn = 0;
    for (; hands.commits < 10 && turn < 1000; turn++, clockwork_pass(1000)) {
        if (turn % 7 == 0)
            send_last(a, "k", 10, "a1", true);
        send(a, "k", 10, "a1");
        look(a);
    }
    assert_in_range(turn, 10, 250);
    port_leave(a);
    end();
}

/* Turns, a millisecond each, until what b sends is durable. a has more all the time. */
static int turns_beside(struct port *a, struct port *b, const char *position)
{
    struct buf durable = { 0 };
    bool is = false, news;
    int turn = 0;
    for (; !is && turn < 1000; turn++, clockwork_pass(1000)) {
        send(a, "k", 10, "a");
        if (!turn)
            send_last(b, "k", 10, position, true);
        assert_int_equal(port_look(b, &durable, &news, &err), 0);
        is = news && slice_eq(buf_slice(&durable), slice_str(position));
    }
    buf_done(&durable);
    return turn;
}

/* A feed that has little to say does not wait for the long transactions of one that catches up. */
static void test_beside_a_feed_that_catches_up(void **state)
{
    (void)state;
    begin();
    hands.base.transactional = true;
    opt.batches = 1000;
    opt.batch_ms = 200;
    hands.commit_us = 10000;
    struct port *a = feed("a"), *b = feed("b");
    assert_in_range(turns_beside(a, b, "b1"), 1, 40);
    assert_in_range(turns_beside(a, b, "b2"), 1, 40);
    hands.commit_us = 900000;       /* held up once: that says nothing of the next one */
    assert_in_range(turns_beside(a, b, "b3"), 1, 40);
    hands.commit_us = 10000;
    assert_in_range(turns_beside(a, b, "b4"), 1, 40);
    port_leave(a);
    port_leave(b);
    end();
}

/* As an idle database says: nothing but its position moved. */
static void send_position(struct port *p)
{
    struct batch *b = port_open(p);
    buf_str(&b->upto, "moved");
    port_send(p, b, true, false);
}

/* For so long a has a backlog, and b a row each 50 ms. The longest time until one is durable. */
static int64_t longest_beside_backlog(struct port *a, struct port *b, int64_t us)
{
    struct buf durable = { 0 };
    char position[16] = "";
    int64_t end_us = clockwork_now() + us, sent_us = 0, longest = 0;
    bool news, waits = false;
    for (int n = 0; clockwork_now() < end_us; clockwork_pass(500)) {
        while (!port_full(a))
            send(a, "k", port_most(a) < 65536 ? port_most(a) : 65536, "a");
        if (!waits && clockwork_now() - sent_us > 50000) {
            snprintf(position, sizeof position, "b%d", n++);
            send_last(b, "k", 10, position, true);
            sent_us = clockwork_now();
            waits = true;
        }
        assert_int_equal(port_look(b, &durable, &news, &err), 0);
        look(a);
        if (waits && news && slice_eq(buf_slice(&durable), slice_str(position))) {
            longest = clockwork_now() - sent_us > longest ? clockwork_now() - sent_us : longest;
            waits = false;
        }
    }
    buf_done(&durable);
    return longest;
}

/*
 * A feed that catches up, and has more than the brokers take in a second, is bounded in what it has
 * in the sink while another feed says something. Beside one that only moves, it is not.
 */
static void test_beside_a_backlog(void **state)
{
    bool exact = *(bool *)*state;
    begin();
    hands.base.transactional = exact;
    memory.most = 64 << 20;
    opt.batches = 1000;
    opt.batch_bytes = 1 << 15;
    opt.batch_ms = 200;
    hands.commit_us = exact ? 8000 : 0;
    hands.kib_us = 100;
    struct port *a = feed("a"), *b = feed("b");
    assert_true(port_most(a) > 1 << 30);
    (void)longest_beside_backlog(a, b, 10000000);       /* what it holds when b begins goes first */
    uint64_t before = hands.put_bytes;
    assert_in_range(longest_beside_backlog(a, b, 5000000), 1000, 60000);
    assert_true(hands.put_bytes - before > 5 * (10 << 20) / 2);     /* half of what can be */
    int64_t end_us = clockwork_now() + 12000000;
    for (; clockwork_now() < end_us; clockwork_pass(500)) {
        if (port_hungry(b))
            send_position(b);
        if (!port_full(a))
            send(a, "k", 1 << 15, "a");
        look(a);
    }
    assert_true(port_most(a) > 1 << 30);
    port_leave(a);
    port_leave(b);
    end();
}

/* Nor does its record linger in the sink, without transactions, until the other's are many. */
static void test_nothing_lingers(void **state)
{
    (void)state;
    begin();
    opt.batches = 1000;
    hands.report = false;
    struct port *a = feed("a"), *b = feed("b");
    struct buf durable = { 0 };
    bool news;
    hands.hurries = 0;
    send_last(b, "k", 10, "b1", true);
    for (int turn = 0; turn < 30; turn++, clockwork_pass(1000)) {
        send(a, "k", 10, "a");
        assert_int_equal(port_look(a, &durable, &news, &err), 0);
    }
    assert_in_range(hands.hurries, 1, 5);
    hands.report = true;
    assert_true(comes(b, "b1"));
    buf_done(&durable);
    port_leave(a);
    port_leave(b);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_has_its_own_position), cmocka_unit_test(test_rows_are_progress),
        cmocka_unit_test(test_a_refused_record),
        cmocka_unit_test(test_one_budget), cmocka_unit_test(test_spares),
        cmocka_unit_test(test_a_feed_leaves),
        cmocka_unit_test(test_a_feed_leaves_and_comes_back),
        cmocka_unit_test(test_the_end_of_a_commit_is_heard),
        cmocka_unit_test(test_a_rest_after_a_commit), cmocka_unit_test(test_a_short_rest),
        cmocka_unit_test(test_a_feed_that_keeps_up),
        cmocka_unit_test(test_beside_a_feed_that_catches_up),
        cmocka_unit_test(test_nothing_lingers),
        cmocka_unit_test_prestate(test_beside_a_backlog, &(bool){ true }),
        cmocka_unit_test_prestate(test_beside_a_backlog, &(bool){ false }),
    };
    return run_flow(tests);
}
