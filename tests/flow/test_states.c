/*
 * The states of a feed: the loop, between a scripted source and a scripted sink, goes through every
 * change that the table has, and through no other.
 */
#include "cmocka_flow.h"

static const char words[] = "( +a +b =a ) ( -a +b ) m p ( +c ) ( =c ) ( =b ) ( +d ) ( +e ) ( +f )";

static bool seen[FEED_STATES][FEED_STATES];     /* from, to */

static void note_log(void)
{
    for (int from = 0; from < FEED_STATES; from++)
        for (int to = 0; to < FEED_STATES; to++) {
            char text[64];
            snprintf(text, sizeof text, "state=%s was=%s", state_name(to), state_name(from));
            seen[from][to] |= log_has(text);
        }
    log_forget();
}

/* Somebody who gives an order as soon as the feed is in a state for the nth time that he looks. */
struct director {
    struct rig *r;
    enum feed_state when;
    int nth;
    enum { NOTHING, PAUSE, STOP, PAUSE_READ } order;
    bool then_stop;             /* a paused feed; else it is resumed */
    int held;                   /* looks at a paused feed */
    bool read_paused;
    int64_t ends;               /* after so long all is stopped */
};

static void direct(struct director *d)
{
    enum feed_state now = state_now(&d->r->stats.state);
    if (now == d->when && d->nth && !--d->nth) {
        d->r->pause = d->order == PAUSE;
        d->r->stop = d->order == STOP;
    }
    if (now == FEED_PAUSED && ++d->held == 5) {
        d->r->stop = d->then_stop;
        d->r->pause = d->then_stop;
    }
    if (d->ends && clockwork_now() > d->ends)
        d->r->stop = 1;
}

static void turn(void *arg, enum op op)
{
    (void)op;
    direct(arg);
}

static int no_fds(void *arg, int *ret, int max)
{
    (void)arg, (void)ret, (void)max;
    return 0;
}

static void attend(void *arg, struct backfill *b)
{
    struct director *d = arg;
    struct err err;
    direct(d);
    if (d->order != PAUSE_READ)
        return;
    bool pause = !d->read_paused && state_now(&d->r->stats.state) == FEED_SNAPSHOT;
    bool resume = d->read_paused && state_now(&d->r->stats.state) != FEED_SNAPSHOT;
    if (pause || resume)
        assert_int_equal(backfill_set(b, 1, pause ? JOB_PAUSED : JOB_RUNNING, &err), 0);
    d->read_paused = pause;
    d->order = resume ? NOTHING : PAUSE_READ;
}

struct scene { bool behind, reads, idle; struct planned fault; };

/* Then a last process goes on to the end, on the same statistics: a feed that is started again. */
static void play(const struct scene *s, struct director d)
{
    struct rig r;
    rig_init(&r, words, d.nth & 1);
    d.r = &r;
    struct flow_attendant a = { &d, no_fds, attend };
    r.flow.attendant = &a;
    r.up.behind_us = s->behind ? 60000000 : 0;
    r.up.ends = !s->idle;
    d.ends = s->idle ? clockwork_now() + 3000000 : 0;
    r.w.most = 1000000;
    if (s->reads) {
        r.watched = false;
        r.up.rows[0] = "a b c d e f g h";
        r.up.rows[1] = "k l";
        r.flow.backfill.mode = SNAPSHOT_INITIAL;
    }
    r.up.alone = d.when == FEED_STARTING;
    r.up.held_until = r.up.alone ? clockwork_now() + 2000000 : 0;
    r.flow.retry_limit_s = 60;
    const struct planned plan[] = { s->fault, { OPS, 0, OK } };
    struct life l = { .plan = plan, .turn = turn, .turn_arg = &d };
    (void)!rig_run(&r, &l);
    r.stop = r.pause = 0;
    r.up.ends = true;
    d.order = NOTHING;
    d.ends = 0;
    assert_int_equal(rig_run_on(&r), 0);
    if (r.watched)
        assert_true(rig_whole(&r));
    assert_string_equal(r.w.wrong, "");
    assert_int_equal(state_now(&r.stats.state), FEED_STOPPED);
    assert_int_equal(state_reason(&r.stats.state), FEED_DONE);
    rig_done(&r);
    note_log();
}

static void play_orders(const struct scene *s)
{
    for (int when = 0; when < FEED_STOPPED; when++)
        for (int order = NOTHING; order <= PAUSE_READ; order++)
            for (int nth = 1; nth < 4; nth++)
                play(s, (struct director){ .when = when, .nth = nth, .order = order,
                                           .then_stop = nth == 2 });
}

static void test_every_change_happens(void **state)
{
    (void)state;
    static const struct planned faults[] = {
        { OPS, 0, OK }, { OP_SOURCE_OPEN, 1, RETRY }, { OP_SOURCE_OPEN, 0, RETRY },
        { OP_SOURCE_OPEN, 1, CONFIG }, { OP_NEXT, 2, RETRY }, { OP_NEXT, 12, RETRY },
        { OP_NEXT, 30, RETRY }, { OP_NEXT, 2, DATA }, { OP_NEXT, 25, FATAL },
    };
    int scenes = 0;
    for (int bits = 0; bits < 8; bits++)
        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++, scenes++)
            play_orders(&(struct scene){ bits & 1, bits & 2, bits & 4, faults[i] });
    int changes = 0, missing = 0;
    for (int from = 0; from < FEED_STATES; from++)
        for (int to = 0; to < FEED_STATES; to++) {
            changes += seen[from][to];
            if (seen[from][to] == state_may_follow(from, to))
                continue;
            print_message("from %s to %s: %s\n", state_name(from), state_name(to),
                          seen[from][to] ? "seen, and not in the table" : "not seen");
            missing++;
        }
    print_message("%d scenes, %d changes\n", scenes, changes);
    assert_int_equal(missing, 0);
}

/* What the log held, by table and operation; nothing is on its way at the end. */
static void test_counts(void **state)
{
    (void)state;
    static const uint64_t ops[STATS_OPS] = { 7, 3, 1 };     /* insert, update, delete */
    for (int exact = 0; exact < 2; exact++) {
        struct rig r;
        rig_init(&r, words, exact);
        assert_int_equal(rig_planned(&r, NULL), 0);
        const struct table_stats *t = atomic_load(&r.stats.tables);
        assert_string_equal(t->name, "t1");
        assert_null(t->next);
        for (int op = 0; op < STATS_OPS; op++)
            assert_int_equal(counter_get(&t->rows[op]), ops[op]);
        assert_int_equal(counter_get(&r.stats.rows), 12);
        assert_int_equal(counter_get(&r.stats.messages), 1);
        assert_int_equal(counter_get(&r.stats.transactions), 8);
        assert_int_equal(counter_get(&r.stats.records), r.broker.n);
        assert_int_equal(counter_get(&r.stats.sessions), 1);
        assert_int_equal(counter_get(&r.stats.batches), 0);
        assert_int_equal(counter_get(&r.stats.queue_bytes), 0);
        assert_true(counter_get(&r.stats.commits) > 0);
        rig_done(&r);
    }
}

/* So that a minute begins while the log is read, `before_us` after its first row. */
static void pass_to_a_minutes_end(int64_t before_us)
{
    int64_t left = 60000000 - clockwork_now() % 60000000;
    clockwork_pass(left > before_us ? left - before_us : left + 60000000 - before_us);
}

static uint64_t rows_of_minutes(const struct flow_stats *s)
{
    uint64_t rows = 0;
    for (int i = 0; i < STATS_MINUTES; i++)
        rows += counter_get(&s->minutes[i]);
    return rows;
}

/* Each row counts in one minute, wherever between two looks the next one begins. */
static void test_minutes(void **state)
{
    (void)state;
    for (int64_t before_us = 0; before_us < 2500000; before_us += 9000) {
        struct rig r;
        rig_init(&r, words, 0);
        struct director d = { .r = &r };
        struct life l = { .turn = turn, .turn_arg = &d };
        pass_to_a_minutes_end(before_us);
        d.ends = clockwork_now() + 5000000;
        r.up.ends = false;
        r.w.most = 1000000;
        assert_int_equal(rig_run(&r, &l), 0);
        assert_int_equal(rows_of_minutes(&r.stats), 12);
        rig_done(&r);
    }
    log_forget();
}

/* How the source stands is told each second, and asked for each minute where somebody looks. */
static void test_stands(void **state)
{
    (void)state;
    for (int asks = 0; asks < 2; asks++) {
        struct rig r;
        rig_init(&r, words, asks);
        struct director d = { .r = &r, .ends = clockwork_now() + 150000000 };
        struct life l = { .turn = turn, .turn_arg = &d };
        r.up.ends = false;
        r.w.most = 1000000;
        r.stats.asks = asks;
        assert_int_equal(rig_run(&r, &l), 0);
        assert_int_equal(r.stats.stand.behind_bytes, 0);
        assert_int_equal(r.stats.stand.retained_bytes, asks ? 0 : -1);
        assert_in_range(r.up.asked, 2 * asks, 4 * asks);
        assert_int_equal(counter_get(&r.stats.rows_per_s), 0);
        assert_int_equal(rows_of_minutes(&r.stats), 12);
        rig_done(&r);
    }
}

/* A pause keeps the position: nothing is lost, nothing comes twice, whenever it is ordered. */
static void test_pause_anywhere(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++)
        for (int nth = 1; nth < 120; nth++) {
            struct rig r;
            rig_init(&r, words, exact);
            struct director d = { .r = &r, .when = FEED_STREAMING, .nth = nth, .order = PAUSE };
            struct flow_attendant a = { &d, no_fds, attend };
            r.flow.attendant = &a;
            struct life l = { .turn = turn, .turn_arg = &d };
            assert_int_equal(rig_run(&r, &l), 0);
            if (!rig_whole(&r))
                fail_msg("paused at look %d, %s", nth, exact ? "exactly once" : "at least once");
            rig_done(&r);
        }
    log_forget();
}

/* What a program's fault would do: it is counted, said, and shown all the same. */
static void test_a_change_that_is_not_foreseen(void **state)
{
    (void)state;
    struct state s = { 0 };
    log_forget();
    state_stop(&s, NULL);
    state_set(&s, FEED_STREAMING);
    assert_int_equal(s.wrong, 1);
    assert_int_equal(state_now(&s), FEED_STREAMING);
    assert_int_equal(log_count("a fault in this program"), 1);
    state_set(&s, FEED_STREAMING);
    assert_int_equal(s.wrong, 1);
}

static void test_reasons(void **state)
{
    (void)state;
    static const struct { enum err_class class; const char *says; } cases[] = {
        { ERR_NONE, "reason=done" }, { ERR_RETRY, "reason=gave-up" }, { ERR_DATA, "reason=data" },
        { ERR_CONFIG, "reason=configuration" }, { ERR_FATAL, "reason=broken-promise" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct state s = { 0 };
        log_forget();
        state_stop(&s, &(struct err){ .class = cases[i].class });
        assert_true(log_has(cases[i].says));
        assert_int_equal(state_reason(&s), i + 1);
        state_set(&s, FEED_STARTING);
        assert_int_equal(state_reason(&s), FEED_RUNS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_change_happens), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_minutes), cmocka_unit_test(test_stands),
        cmocka_unit_test(test_pause_anywhere),
        cmocka_unit_test(test_a_change_that_is_not_foreseen), cmocka_unit_test(test_reasons),
    };
    return run_flow(tests);
}
