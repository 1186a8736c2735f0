/*
 * Each answer that a neighbour may give to each call, and what the loop makes of it; stops, pauses,
 * refusals, idleness.
 */
#include <pthread.h>
#include "cmocka_flow.h"

static const char words[] = "( +a +b =a ) ( -a s +b a>c ) m p ( 2+a ! +d ) v ( =d )";
static const enum op loop_ops[] = {
    OP_CLAIM, OP_SOURCE_OPEN, OP_NEXT, OP_ACK, OP_TEND, OP_SINK_OPEN, OP_LOAD,
    OP_HOLDS, OP_TOPIC,       OP_KEEP, OP_PUT, OP_POLL, OP_COMMIT,    OP_RECALL,
};

static enum err_class class_of(enum answer a)
{
    return a == DATA ? ERR_DATA : a == CONFIG ? ERR_CONFIG : a == FATAL ? ERR_FATAL : a == RETRY ||
        a == LATE ? ERR_RETRY : ERR_NONE;
}

/*
 * The nth call of op gets answer a. A lasting error ends the process with its class; another start
 * goes on. False: it was not called.
 */
static bool answered(enum op op, uint32_t nth, enum answer a, bool exact)
{
    const struct planned plan[] = { { op, nth, a }, { OPS, 0, OK } };
    struct rig r;
    struct life l = { .plan = plan };
    rig_init(&r, words, exact);
    r.up.alone = r.broker.announces = nth & 1;
    int rc = rig_run(&r, &l);
    bool called = l.count[op] >= nth;
    enum err_class class = called ? class_of(a) : ERR_NONE;
    if (class == ERR_RETRY)
        class = ERR_NONE;       /* it went on by itself */
    if (!r.up.alone && op == OP_CLAIM)
        called = true;
    if ((rc != 0) != (class != ERR_NONE) || (rc && r.err.class != class))
        world_wrong(&r.w, "ended with %d, class %d: %s", rc, (int)r.err.class, r.err.msg);
    assert_int_equal(rig_run_on(&r), 0);
    if (!rig_whole(&r))
        fail_msg("%s number %u: %s, %s", op_name(op), nth, answer_name(a), exact ? "exactly once"
                 : "at least once");
    rig_done(&r);
    return called;
}

static void test_every_answer(void **state)
{
    (void)state;
    static const enum answer answers[] = { NOT_YET, ONE, RETRY, LATE, DATA, CONFIG, FATAL };
    int runs = 0;
    for (int exact = 0; exact < 2; exact++)
        for (size_t o = 0; o < sizeof loop_ops / sizeof *loop_ops; o++)
            for (size_t a = 0; a < sizeof answers / sizeof *answers; a++)
                for (uint32_t nth = 1; nth < 40; nth++, runs++) {
                    bool waits = loop_ops[o] == OP_NEXT || loop_ops[o] == OP_PUT ||
                        loop_ops[o] == OP_KEEP || loop_ops[o] == OP_POLL ||
                                 loop_ops[o] == OP_COMMIT;
                    if ((answers[a] == NOT_YET && !waits) || (answers[a] == ONE &&
                                                              loop_ops[o] != OP_POLL))
                        continue;
                    if (!answered(loop_ops[o], nth, answers[a], exact))
                        break;
                }
    print_message("%d runs\n", runs);
}

/*
 * A refused record: the feed stops before it, or it goes to the dead letters and the feed goes on.
 */
static void test_refusals(void **state)
{
    (void)state;
    int buried = 0;
    for (int mode = 0; mode < 2; mode++)
        for (uint32_t nth = 1; nth < 12; nth++) {
            const struct planned plan[] = { { OP_POLL, nth, DATA }, { OP_POLL, nth + 1, DATA },
                                            { OPS, 0, OK } };
            struct rig r;
            rig_init(&r, "( +a =a ) ( =a =a ) ( =a =a ) ( -a +b )", false);
            r.broker.dead_letters = mode == 1;
            int rc = rig_planned(&r, plan);
            if (rc)
                assert_int_equal(r.err.class, ERR_DATA);
            buried += r.broker.buried > 0;
            assert_int_equal(rig_run_on(&r), 0);
            assert_true(rig_whole(&r));
            rig_done(&r);
        }
    assert_true(buried > 0);
}

/* ---- stop ---- */

struct stopper { struct rig *r; uint32_t left; bool passes; int64_t at; };

static void count_down(void *arg, enum op op)
{
    struct stopper *s = arg;
    if (s->passes && op == OP_NEXT)
        clockwork_pass(10000);
    if (s->left && !--s->left) {
        s->r->stop = 1;
        s->at = clockwork_now();
    }
}

/* The wish to stop comes before each call in turn. */
static void test_stop_anywhere(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++)
        for (uint32_t at = 1;; at++) {
            struct rig r;
            rig_init(&r, words, exact);
            struct stopper s = { &r, at, false, 0 };
            struct life l = { .turn = count_down, .turn_arg = &s };
            assert_int_equal(rig_run(&r, &l), 0);
            assert_int_equal(r.up.acked, r.oracle.stored);
            bool stopped = r.stop;
            r.stop = 0;
            assert_int_equal(rig_run_on(&r), 0);
            if (!rig_whole(&r))
                fail_msg("stopped at call %u, %s", at, exact ? "exactly once" : "at least once");
            rig_done(&r);
            if (!stopped)
                break;
        }
}

/* A neighbour that never answers does not hold a stop up for longer than is allowed. */
static void test_stop_without_answers(void **state)
{
    (void)state;
    static const enum op silent[] = { OP_PUT, OP_KEEP, OP_POLL, OP_COMMIT };
    for (int exact = 0; exact < 2; exact++)
        for (size_t o = 0; o < sizeof silent / sizeof *silent; o++) {
            const struct planned plan[] = { { silent[o], 0, NOT_YET }, { OPS, 0, OK } };
            struct rig r;
            rig_init(&r, words, exact);
            struct stopper s = { &r, 300, false, 0 };
            struct life l = { .plan = plan, .turn = count_down, .turn_arg = &s };
            log_forget();
            if (rig_run(&r, &l))
                fail_msg("%s is never answered, %d: %s", op_name(silent[o]), exact, r.err.msg);
            if (s.at && clockwork_now() - s.at > 5000000)
                fail_msg("%s is never answered, %d: %lld us", op_name(silent[o]), exact,
                         (long long)(clockwork_now() - s.at));
            r.stop = 0;
            assert_int_equal(rig_run_on(&r), 0);
            assert_true(rig_whole(&r));
            rig_done(&r);
        }
}

/* ---- reconnecting ---- */

static void test_pauses_grow_and_end(void **state)
{
    (void)state;
    const struct planned plan[] = { { OP_SOURCE_OPEN, 0, RETRY }, { OPS, 0, OK } };
    struct rig r;
    rig_init(&r, words, false);
    r.flow.retry_limit_s = 30;
    log_forget();
    int64_t before = clockwork_now();
    assert_int_equal(rig_planned(&r, plan), -1);
    int64_t took = clockwork_now() - before;
    assert_int_equal(r.err.class, ERR_RETRY);
    assert_true(strstr(r.err.msg, "gave up after 30 s"));
    assert_true(took > 30000000 && took < 40000000);
    assert_in_range(log_count("will reconnect"), 8, 14);       /* 0.5 + 1 + 2 + 4 + 4 ... */
    struct stopper s = { &r, 40, false, 0 };
    struct life l = { .plan = plan, .turn = count_down, .turn_arg = &s };
    r.flow.retry_limit_s = 0;
    assert_int_equal(rig_run(&r, &l), 0);
    rig_done(&r);
}

/* A failure after something was stored is a new one: the pauses begin anew. */
static void test_progress_ends_a_failure(void **state)
{
    (void)state;
    struct planned plan[] = { { OP_NEXT, 4, RETRY }, { OP_NEXT, 9, RETRY }, { OP_NEXT, 14, RETRY },
                              { OPS, 0, OK } };
    struct rig r;
    rig_init(&r, words, false);
    /* what was sent is saved; what was not has no sure position after a failure */
    r.flow.batch_rows = 1;
    r.flow.retry_limit_s = 1;
    int64_t before = clockwork_now();
    assert_int_equal(rig_planned(&r, plan), 0);
    assert_true(clockwork_now() - before < 3 * 700000);
    assert_true(rig_whole(&r));
    rig_done(&r);
}

/* A sink that forgets: the source is told nothing, and a session goes on where this process was. */
static void test_sinks_that_forget(void **state)
{
    (void)state;
    const struct planned plan[] = { { OP_NEXT, 8, RETRY }, { OPS, 0, OK } };
    struct rig r;
    rig_init(&r, words, false);
    r.broker.forgets = r.broker.no_hurry = r.broker.no_keep = r.broker.no_close = true;
    r.up.no_state = r.up.no_reader = true;
    assert_int_equal(rig_planned(&r, plan), 0);
    assert_int_equal(r.up.acked, 0);
    assert_true(rig_whole(&r));
    rig_done(&r);
}

/* ---- a start without a position ---- */

static void test_positions_that_are_lost(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rig r;
        rig_init(&r, words, i & 1);
        r.broker.holds = i > 0;
        r.up.keeps = i == 2;
        r.flow.routed = i == 3;
        log_forget();
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_int_equal(log_has("no position is stored, but records of this feed are there"),
                         i == 1);
        assert_true(rig_whole(&r));
        rig_done(&r);
    }
}

/*
 * What the source keeps is there for the next start, before it opens; nothing where it was
 * forgotten.
 */
static void test_state_is_recalled(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        struct rig r;
        rig_init(&r, "( +a s +b ) s ( =a )", exact);
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_string_equal(broker_kept(&r.broker, "s"), "5");
        assert_int_equal(r.up.recalls, 0);
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_int_equal(r.up.recalls, 1);
        assert_string_equal(r.up.recalled, "s=5");
        rig_done(&r);
        rig_init(&r, "( +a s x )", exact);
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_null(broker_kept(&r.broker, "s"));
        rig_done(&r);
    }
}

/* A source that cannot say yet where it is: no position is stored before it can. */
static void test_no_position_yet(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        struct rig r;
        rig_init(&r, "( +a ) ( +b ) ( +c )", exact);
        r.up.silent = 100;
        /* an exactly-once sink shows the records with an empty position */
        r.oracle.exact = false;
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_int_equal(broker_position(&r.broker, "f")->n, 0);
        assert_int_equal(r.up.acked, 0);
        assert_string_equal(r.w.wrong, "");
        rig_done(&r);
    }
}

/* ---- idle ---- */

struct idler { struct rig *r; int64_t until, lasts; bool hurry; int seen; };

static void count_idle(void *arg, enum op op)
{
    struct idler *i = arg;
    struct rig *r = i->r;
    if (op != OP_NEXT)
        return;
    if (r->source && i->hurry)
        r->source->hurry = true;
    if (r->up.handed == r->up.n && !i->until)
        i->until = clockwork_now() + i->lasts;
    if (i->until && clockwork_now() > i->until)
        r->stop = 1;
}

static void run_idle(struct rig *r, struct idler *i, const struct planned *plan)
{
    struct life l = { .plan = plan, .turn = count_idle, .turn_arg = i };
    i->r = r;
    r->up.ends = false;
    r->w.most = 1000000;
    log_forget();
    assert_int_equal(rig_run(r, &l), 0);
}

/*
 * A position that moved without records is stored, seldom, or at once when the source is in a
 * hurry.
 */
static void test_idle_positions(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct rig r;
        struct idler idle = { .lasts = i & 2 ? 100000 : 3000000, .hurry = i & 2 };
        rig_init(&r, "p p p p", i & 1);
        r.flow.commit_ms = 100;
        r.up.has_fd = i & 4;
        run_idle(&r, &idle, NULL);
        assert_int_equal(r.up.acked, r.up.n);
        assert_true(r.broker.commits <= 3);
        assert_true(r.broker.hurries > 0);
        rig_done(&r);
    }
}

/* Without a hurry, and within the time, records wait for others: then an old batch is closed. */
static void test_batches_close_by_age(void **state)
{
    (void)state;
    struct rig r;
    struct idler idle = { .lasts = 500000 };
    rig_init(&r, "( +a )", false);
    r.flow.batch_rows = 1000;
    r.flow.batch_ms = 200;
    run_idle(&r, &idle, NULL);
    assert_true(rig_whole(&r));
    rig_done(&r);
    rig_init(&r, "( +a )", false);
    idle = (struct idler){ .lasts = 100, .hurry = true };
    r.flow.batch_rows = 1000;
    r.flow.batch_ms = 100000;
    run_idle(&r, &idle, NULL);
    assert_true(rig_whole(&r));
    rig_done(&r);
}

struct durable_watch { struct rig *r; int64_t handed_us, durable_us; };

static void watch_durable(void *arg, enum op op)
{
    struct durable_watch *d = arg;
    struct rig *r = d->r;
    if (op != OP_NEXT || d->durable_us)
        return;
    if (r->up.handed && !d->handed_us)
        d->handed_us = clockwork_now();
    if (r->broker.n)
        d->durable_us = clockwork_now();
    r->stop = r->broker.n > 0;
}

/*
 * A source is idle for a moment before its transaction's end, which has no records: the lane hears
 * of the end, and does not wait for it until it gives up.
 */
static void test_the_end_of_a_transaction_is_heard(void **state)
{
    (void)state;
    static const struct planned late_end[] = { { OP_NEXT, 3, NOT_YET }, { OPS, 0, OK } };
    struct rig r;
    struct durable_watch d = { .r = &r };
    struct life l = { .plan = late_end, .turn = watch_durable, .turn_arg = &d };
    rig_init(&r, "( +a )", true);
    r.up.ends = false;
    r.w.most = 1000000;
    assert_int_equal(rig_run(&r, &l), 0);
    assert_int_equal(r.broker.n, 1);
    assert_in_range(d.durable_us - d.handed_us, 0, 150000);
    assert_true(rig_whole(&r));
    rig_done(&r);
}

/* A source that keeps no place would begin elsewhere at the next start. */
static void test_where_it_began_is_stored(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        struct rig r;
        struct idler idle = { .lasts = 50000 };
        rig_init(&r, "", exact);
        run_idle(&r, &idle, NULL);
        assert_true(r.broker.positions[0].value.n > 0);
        rig_done(&r);
    }
}

static void test_lines_of_the_log(void **state)
{
    (void)state;
    struct rig r;
    struct idler idle = { .lasts = 150000000 };
    rig_init(&r, "( +a )", false);
    run_idle(&r, &idle, NULL);
    assert_true(log_has("progress rows=1 rows_per_s="));
    assert_true(log_has("nothing to deliver rows=1 at=3"));
    rig_done(&r);
    static const struct planned never[] = { { OP_POLL, 0, NOT_YET }, { OPS, 0, OK } };
    rig_init(&r, "( +a )", false);
    r.up.no_state = true;
    idle = (struct idler){ .lasts = 150000000 };
    run_idle(&r, &idle, never);
    assert_true(log_has("what was read is not delivered seconds="));
    assert_true(log_has("unacknowledged_batches=1"));
    assert_true(log_has("not everything was delivered in time"));
    rig_done(&r);
}

static void test_heartbeats(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        struct rig r;
        struct idler idle = { .lasts = 1000000 };
        size_t beats = 0;
        rig_init(&r, "( +a )", exact);
        r.flow.heartbeat_ms = 100;
        run_idle(&r, &idle, NULL);
        for (size_t i = 0; i < r.broker.n; i++)
            beats += strstr(r.broker.log[i].topic, "heartbeat") != NULL;
        assert_in_range(beats, 9, 12);
        assert_true(rig_whole(&r));
        rig_done(&r);
    }
}

/* ---- those who look on ---- */

static int attended;

static int fds(void *arg, int *ret, int max)
{
    (void)max;
    *ret = *(int *)arg;
    return 1;
}

static void attend(void *arg, struct backfill *b)
{
    (void)arg;
    attended += b != NULL;
}

static void test_attendant_and_hangup(void **state)
{
    (void)state;
    int pipe_fds[2];
    atomic_int hangup = 1;
    assert_int_equal(pipe(pipe_fds), 0);
    struct flow_attendant a = { pipe_fds, fds, attend };
    static const struct planned plan[] = {
        { OP_NEXT, 3, NOT_YET }, { OP_NEXT, 6, RETRY }, { OPS, 0, OK },
    };
    struct rig r;
    rig_init(&r, words, false);
    r.flow.attendant = &a;
    r.flow.hangup = &hangup;
    r.up.has_fd = true;
    attended = 0;
    log_forget();
    assert_int_equal(rig_planned(&r, plan), 0);
    assert_true(attended > 10);
    assert_int_equal(hangup, 0);
    assert_int_equal(log_count("SIGHUP"), 1);
    assert_true(rig_whole(&r));
    rig_done(&r);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* ---- load ---- */

/*
 * Time passes while events come, without an idle moment: transactions end by age, inside of a long
 * source transaction too.
 */
static void test_transactions_by_time(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rig r;
        char text[4000] = "(";
        for (int k = 0; k < 600; k++)
            strcat(text, k % 50 || i ? " =a" : " ) ( =a");
        rig_init(&r, strcat(text, " )"), true);
        r.flow.batch_rows = 100;
        r.flow.batches = 1000;
        struct stopper s = { &r, 0, true, 0 };
        struct life l = { .turn = count_down, .turn_arg = &s };
        assert_int_equal(rig_run(&r, &l), 0);
        assert_in_range(r.broker.commits, 2, 50);
        assert_true(rig_whole(&r));
        rig_done(&r);
    }
}

/* A source that reads slowly has always more: a light load is handed over by time nevertheless. */
static void pass_and_watch(void *arg, enum op op)
{
    if (op == OP_NEXT)
        clockwork_pass(1000);
    watch_durable(arg, op);
}

static void test_a_light_load_without_idle_moments(void **state)
{
    (void)state;
    char text[4000] = "";
    for (int k = 0; k < 200; k++)
        strcat(text, " ( =a )");
    for (int exact = 0; exact < 2; exact++) {
        struct rig r;
        struct durable_watch d = { .r = &r };
        struct life l = { .turn = pass_and_watch, .turn_arg = &d };
        rig_init(&r, text, exact);
        r.up.rows[0] = "a";
        r.flow.batch_rows = 1000;
        r.flow.batch_ms = 200;
        assert_int_equal(rig_run(&r, &l), 0);
        assert_in_range(d.durable_us - d.handed_us, 1, 40000);
        r.stop = 0;
        assert_int_equal(rig_run_on(&r), 0);
        assert_true(rig_whole(&r));
        rig_done(&r);
    }
}

/* Reading stops while too much is on its way. */
static void test_no_more_than_allowed_on_its_way(void **state)
{
    (void)state;
    struct planned plan[41] = { { OPS, 0, OK } };
    for (uint32_t i = 0; i < 40; i++)
        plan[i] = (struct planned){ OP_POLL, i + 1, NOT_YET };
    for (int exact = 0; exact < 2; exact++) {
        struct rig r;
        rig_init(&r, "( +a +b +c +d +e +f +g +h +i +j +k +l +m +n +o +p )", exact);
        r.broker.room = 5;
        assert_int_equal(rig_planned(&r, plan), 0);
        assert_true(rig_whole(&r));
        rig_done(&r);
    }
}

/* ---- several feeds ---- */

static void *feed(void *arg)
{
    struct rig *r = arg;
    return rig_run_on(r) || !rig_whole(r) ? r : NULL;
}

/*
 * Feeds share nothing but the process: each in a thread of its own, as the engine will have them.
 */
static void test_several_feeds(void **state)
{
    (void)state;
    enum { FEEDS = 6 };
    struct rig rigs[FEEDS];
    pthread_t threads[FEEDS];
    for (int i = 0; i < FEEDS; i++) {
        rig_init(&rigs[i], words, i & 1);
        rigs[i].w.explore = true;
        rigs[i].w.random = (uint64_t)i + 77;
        rigs[i].w.one_in = 20;
        rigs[i].w.spare = 10;
        assert_int_equal(pthread_create(&threads[i], NULL, feed, &rigs[i]), 0);
    }
    for (int i = 0; i < FEEDS; i++) {
        void *bad;
        pthread_join(threads[i], &bad);
        assert_null(bad);
        rig_done(&rigs[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer), cmocka_unit_test(test_refusals),
            cmocka_unit_test(test_stop_anywhere),
        cmocka_unit_test(test_stop_without_answers), cmocka_unit_test(test_pauses_grow_and_end),
        cmocka_unit_test(test_progress_ends_a_failure), cmocka_unit_test(test_sinks_that_forget),
        cmocka_unit_test(test_positions_that_are_lost), cmocka_unit_test(test_state_is_recalled),
        cmocka_unit_test(test_no_position_yet), cmocka_unit_test(test_idle_positions),
            cmocka_unit_test(test_batches_close_by_age),
        cmocka_unit_test(test_the_end_of_a_transaction_is_heard),
        cmocka_unit_test(test_where_it_began_is_stored),
        cmocka_unit_test(test_lines_of_the_log), cmocka_unit_test(test_heartbeats),
            cmocka_unit_test(test_attendant_and_hangup),
        cmocka_unit_test(test_transactions_by_time),
        cmocka_unit_test(test_a_light_load_without_idle_moments),
            cmocka_unit_test(test_no_more_than_allowed_on_its_way),
        cmocka_unit_test(test_several_feeds),
    };
    return run_flow(tests);
}
