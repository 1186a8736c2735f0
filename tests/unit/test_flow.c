#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "flow/feed.h"
#include "flow/ledger.h"
#include "flow/pipeline.h"

static void seal_at(struct batch *b, const char *token)
{
    buf_str(&b->upto, token);
    b->sealed = true;
}

static struct batch *add(struct ledger *l)
{
    struct batch *b = batch_new(4096);
    ledger_add(l, b);
    return b;
}

static bool any_drained(struct ledger *l)
{
    struct buf none = { 0 };
    struct ledger drained = { 0 };
    return ledger_advance(l, &none, &drained);
}

static bool drained_is(struct ledger *l, const char *want)
{
    struct buf got = { 0 };
    struct ledger drained = { 0 };
    bool any = ledger_advance(l, &got, &drained);
    ledger_done(&drained);
    bool same = any && slice_eq(buf_slice(&got), slice_str(want));
    buf_done(&got);
    return same;
}

/* A later batch that is delivered first must not carry its position past an earlier one in
 * flight. */
static void test_position_leaves_only_at_the_head(void **state)
{
    (void)state;
    struct ledger l = { 0 };
    struct batch *a = add(&l), *b = add(&l);
    a->inflight = 2;
    b->inflight = 1;
    seal_at(a, "A");
    seal_at(b, "B");
    b->inflight = 0;
    assert_false(any_drained(&l));
    a->inflight = 1;
    assert_false(any_drained(&l));
    a->inflight = 0;
    assert_true(drained_is(&l, "B"));
    assert_int_equal(l.batches, 0);
    ledger_done(&l);
}

/* An idle position is an empty batch: it waits behind data in flight. */
static void test_heartbeat_cannot_overtake(void **state)
{
    (void)state;
    struct ledger l = { 0 };
    struct batch *data = add(&l), *beat = add(&l);
    data->inflight = 1;
    seal_at(data, "data");
    seal_at(beat, "beat");
    assert_false(any_drained(&l));
    data->inflight = 0;
    assert_true(drained_is(&l, "beat"));
    ledger_done(&l);
}

static void test_open_batch_stays(void **state)
{
    (void)state;
    struct ledger l = { 0 };
    struct batch *a = add(&l);
    assert_false(any_drained(&l));
    assert_ptr_equal(l.oldest, a);
    seal_at(a, "a");
    assert_true(drained_is(&l, "a"));
    ledger_done(&l);
}

/* ---- the loop, with a source and a sink of a few lines ---- */

/* Hands out one thing that is to be kept; its position is the number of those handed out. */
static int handed_out;
static char stored[64];

static int source_open(struct source *s, struct slice from, struct err *err)
{
    (void)s, (void)from, (void)err;
    return 0;
}

static enum source_got source_next(struct source *s, struct event *ev, struct err *err)
{
    (void)s, (void)err;
    if (handed_out)
        return SOURCE_END;
    handed_out++;
    *ev = (struct event){
        .kind = EV_STATE, .txid = -1, .prefix = slice_str("t"), .content = slice_str("its columns")
    };
    return SOURCE_EVENT;
}

static int no_fd(const struct source *s)
{
    (void)s;
    return -1;
}

static void source_position(struct source *s, struct buf *ret)
{
    (void)s;
    buf_printf(ret, "%d", handed_out);
}

static int source_ack(struct source *s, struct slice done, struct err *err)
{
    (void)s, (void)done, (void)err;
    return 0;
}

static int source_tend(struct source *s, struct err *err)
{
    (void)s, (void)err;
    return 0;
}

static void source_close(struct source *s)
{
    (void)s;
}

static int sink_open(struct sink *k, struct err *err)
{
    (void)k, (void)err;
    return 0;
}

static int sink_load(struct sink *k, struct sink_feed *f, struct buf *ret, kept_fn *each, void *arg,
                     struct err *err)
{
    (void)k, (void)f, (void)ret, (void)each, (void)arg, (void)err;
    return 0;
}

static enum sink_put sink_keep(struct sink *k, struct slice name, struct slice value,
                               struct batch *batch, struct err *err)
{
    (void)k, (void)name, (void)value, (void)batch;
    err_set(err, ERR_DATA, "refused");
    return SINK_FAILED;
}

static int sink_poll(struct sink *k, int timeout_ms, struct err *err)
{
    (void)k, (void)timeout_ms, (void)err;
    return 0;
}

static enum sink_commit sink_commit(struct sink *k, const struct sink_position *p, size_t n,
                                    int timeout_ms, struct err *err)
{
    (void)k, (void)n, (void)timeout_ms, (void)err;
    snprintf(stored, sizeof stored, "%.*s", (int)p->token.n, (const char *)p->token.p);
    return SINK_COMMITTED;
}

static void sink_free(struct sink *k)
{
    (void)k;
}

/* Stored past what was not kept, a position would be one that no start can go on from. */
static void test_position_stays_before_what_was_not_kept(void **state)
{
    (void)state;
    static const struct source_ops source = { .name = "one",
                                              .open = source_open,
                                              .next = source_next,
                                              .fd = no_fd,
                                              .position = source_position,
                                              .ack = source_ack,
                                              .tend = source_tend,
                                              .close = source_close };
    static const struct sink_ops sink = { .name = "none",
                                          .open = sink_open,
                                          .load = sink_load,
                                          .keep = sink_keep,
                                          .poll = sink_poll,
                                          .commit = sink_commit,
                                          .free = sink_free };
    static const struct flow_options opt = { .feed = "f",
                                             .batch_rows = 10,
                                             .batch_bytes = 4096,
                                             .batches = 4,
                                             .stop_timeout_ms = 1000,
                                             .retry_max_ms = 1000,
                                             .backfill.mode = SNAPSHOT_NEVER };
    static const struct encode_options enc = { .prefix = "f" };
    struct source s = { .ops = &source };
    struct sink k = { .ops = &sink };
    struct flow_stats stats = { 0 };
    stats_init(&stats);
    struct err err = { 0 };
    handed_out = 0;
    stored[0] = 0;
    struct lane *lane = lane_new(&k, &opt, &err);
    assert_non_null(lane);
    assert_int_equal(pipeline_run(&s, lane, NULL, &enc, &opt, &stats, &err), -1);
    assert_int_equal(err.class, ERR_DATA);
    assert_int_equal(lane_end(lane, &err), 0);
    stats_done(&stats);
    assert_string_equal(stored, "");
}

static int sink_topic_of(struct sink *k, const struct topic_spec *spec, struct sink_topic **ret,
                         struct err *err)
{
    (void)spec, (void)err;
    *ret = (struct sink_topic *)k;
    return 0;
}

/* A job's own view of a table (a topic of its own) is gone with the job; what is fed later must not
 * look at it. */
static void test_a_view_is_not_looked_at_after_its_job(void **state)
{
    (void)state;
    static const struct sink_ops sink = { .name = "none",
                                          .topic = sink_topic_of,
                                          .free = sink_free };
    static const struct encode_options enc = {
        .prefix = "f", .version = "0", .types = TYPES_CONNECT, .placeholder = "-"
    };
    static const struct flow_options opt = { .feed = "f", .batch_bytes = 4096 };
    static const struct column id = { .name = "id",
                                      .type_name = "integer",
                                      .type = COL_I32,
                                      .form = FORM_PG_BINARY,
                                      .precision = -1 };
    static const uint16_t key[] = { 0 };
    struct cell one = { (const uint8_t *)"\0\0\0\1", 4, CELL_VALUE };
    struct table view = { .id = 1,
                          .version = 1,
                          .database = "d",
                          .schema = "s",
                          .name = "t",
                          .cols = &id,
                          .ncols = 1,
                          .key = key,
                          .nkey = 1,
                          .topic = "f.rows" },
                 other = view;
    other.id = 2;
    other.name = "u";
    other.topic = NULL;
    struct sink k = { .ops = &sink };
    struct err err = { 0 };
    struct lane *lane = lane_new(&k, &opt, &err);
    struct flow_stats stats = { 0 };
    stats_init(&stats);
    static const struct source_ops ops = { .name = "mute" };
    struct source mute = { .ops = &ops };
    struct feeder f = { .port = port_new(lane, &opt, slice_str("")),
                        .src = &mute,
                        .enc = &enc,
                        .opt = &opt,
                        .stats = &stats };
    struct batch b = { 0 };
    feeder_init(&f);
    arena_init(&b.arena, 1024);
    struct event read = { .kind = EV_READ, .table = &view, .after.cells = &one };
    struct event insert = { .kind = EV_INSERT, .table = &other, .after.cells = &one };
    assert_int_equal(feeder_emit(&f, &read, &b, &err), 0);
    memset(&view, 0xff, sizeof view);
    assert_int_equal(feeder_emit(&f, &insert, &b, &err), 0);
    port_leave(f.port);
    assert_int_equal(lane_end(lane, &err), 0);
    feeder_done(&f);
    stats_done(&stats);
    arena_done(&b.arena);
    free(b.records);
}

/* ---- tables that become one topic ---- */

struct listing { struct source base; const char *names[4]; int asked, rc; };

static int list_names(struct source *s, read_table_fn *each, void *arg, struct err *err)
{
    struct listing *l = (struct listing *)s;
    l->asked++;
    for (int i = 0; l->names[i]; i++)
        each(arg, "s", l->names[i]);
    return l->rc ? err_set(err, ERR_RETRY, "the server is away") : 0;
}

/* One that no row came of, in this process, is known by the source's list of now. */
static void test_a_namesake_that_was_not_met(void **state)
{
    (void)state;
    static const struct source_ops ops = { .name = "listing", .list = list_names };
    static const struct encode_options enc = { .prefix = "f", .version = "0", .placeholder = "-" };
    static const struct column id = {
        .name = "id", .type_name = "integer", .type = COL_I32, .precision = -1
    };
    static const struct { const char *before[4], *now[4]; bool refused; int asked; } cases[] = {
        { { "a_b", "c" }, { "a_b", "c" }, false, 1 },
        { { "a_b", "a$b" }, { "a_b", "a$b" }, true, 2 },    /* asked once more: it may be gone */
        { { "a$b" }, { "a_b" }, false, 2 },                 /* renamed, or dropped */
        { { 0 }, { "a_b", "a$b" }, false, 1 },              /* met when its first row comes */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct listing l = { .base.ops = &ops };
        struct namesakes s;
        struct err err = { 0 };
        struct table t = { .id = 1, .version = 1, .database = "d", .schema = "s", .name = "c",
                           .cols = &id, .ncols = 1 };
        struct plan *c = plan_compile(&t, &enc, &err);
        memcpy(l.names, cases[i].before, sizeof l.names);
        namesakes_init(&s);
        assert_int_equal(namesakes_check(&s, &l.base, &t, c, &err), 0);
        memcpy(l.names, cases[i].now, sizeof l.names);
        t.name = "a_b";
        struct plan *p = plan_compile(&t, &enc, &err);
        assert_int_equal(namesakes_check(&s, &l.base, &t, p, &err), -cases[i].refused);
        assert_int_equal(err.class, cases[i].refused ? ERR_CONFIG : ERR_NONE);
        if (cases[i].refused)
            assert_non_null(strstr(err.msg, "tables s.a$b and s.a_b both become topic f.s.a_b"));
        assert_int_equal(l.asked, cases[i].asked);
        namesakes_forget(&s);
        l.rc = -1;
        assert_int_equal(namesakes_check(&s, &l.base, &t, p, &err), -1);
        plan_free(p);
        plan_free(c);
        namesakes_done(&s);
    }
}

/* ---- a sink that does not answer ---- */

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static atomic_int at_the_door;

static int open_behind_a_door(struct sink *k, struct err *err)
{
    (void)k, (void)err;
    at_the_door = 1;
    pthread_mutex_lock(&door);
    pthread_mutex_unlock(&door);
    return 0;
}

struct caller { struct port *port; struct err err; int rc; pthread_t thread; };

static void *begin_session(void *arg)
{
    struct caller *c = arg;
    struct buf position = { 0 };
    c->rc = port_begin(c->port, &position, NULL, NULL, &c->err);
    buf_done(&position);
    return NULL;
}

/* While the sink opens for one feed, another that is to stop takes back what it asked; the first
 * has to wait. */
static void test_a_stop_while_the_sink_hangs(void **state)
{
    (void)state;
    static const struct sink_ops sink = { .name = "hangs",
                                          .open = open_behind_a_door,
                                          .load = sink_load,
                                          .poll = sink_poll,
                                          .commit = sink_commit,
                                          .free = sink_free };
    enum { CALLERS = 3 };
    atomic_int stop = 0;
    const struct flow_options opt = {
        .feed = "f", .batches = 4, .stop_timeout_ms = 100, .stop = &stop
    };
    struct sink k = { .ops = &sink };
    struct err err = { 0 };
    struct caller c[CALLERS] = { 0 };
    struct lane *lane = lane_new(&k, &opt, &err);
    assert_non_null(lane);
    pthread_mutex_lock(&door);
    at_the_door = 0;
    for (int i = 0; i < CALLERS; i++) {
        c[i].port = port_new(lane, &opt, slice_str(""));
        assert_int_equal(pthread_create(&c[i].thread, NULL, begin_session, &c[i]), 0);
        while (!at_the_door)
            sched_yield();
    }
    stop = 1;
    for (int i = CALLERS - 1; i > 0; i--) {
        pthread_join(c[i].thread, NULL);
        assert_int_equal(c[i].rc, -1);
        assert_int_equal(c[i].err.class, ERR_RETRY);
        assert_string_equal(c[i].err.msg, "stopped while the sink was waited for");
    }
    pthread_mutex_unlock(&door);
    pthread_join(c[0].thread, NULL);
    assert_int_equal(c[0].rc, 0);
    for (int i = 0; i < CALLERS; i++)
        port_leave(c[i].port);
    assert_int_equal(lane_end(lane, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_position_leaves_only_at_the_head),
        cmocka_unit_test(test_heartbeat_cannot_overtake),
        cmocka_unit_test(test_open_batch_stays),
        cmocka_unit_test(test_position_stays_before_what_was_not_kept),
        cmocka_unit_test(test_a_namesake_that_was_not_met),
        cmocka_unit_test(test_a_view_is_not_looked_at_after_its_job),
        cmocka_unit_test(test_a_stop_while_the_sink_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
