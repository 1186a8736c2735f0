/*
 * Two processes of one feed. Each runs in a thread of its own, but one call at a time: a schedule
 * says who goes on after each call, so
 * that every run can be had again. Exactly one of them may write; the other says that it was taken
 * over.
 */
#include <pthread.h>
#include <stdlib.h>
#include "cmocka_flow.h"
#include "flow/lane.h"

enum { BOTH = 2 };
struct stage {
    struct rig rig;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int on;                     /* who runs */
    bool ended[BOTH];
    uint32_t calls[BOTH];       /* since it has the stage */
    /* the stage is handed on after so many calls of who has it; UINT32_MAX: not again */
    uint32_t from[4];
    int turns;
    uint64_t random;
    struct actor {
        struct stage *s;
        int me, rc;
        struct life life;
        struct err err;
    } actor[BOTH];
};

static bool hands_on(struct stage *s, int me)
{
    if (s->ended[!me])
        return false;
    if (!s->random)
        return s->turns < 4 && ++s->calls[me] > s->from[s->turns];
    s->random = s->random * 6364136223846793005u + 1442695040888963407u;
    return (s->random >> 40) % 8 == 0;
}

static void turn(void *arg, enum op op)
{
    struct actor *a = arg;
    struct stage *s = a->s;
    (void)op;
    pthread_mutex_lock(&s->lock);
    if (hands_on(s, a->me)) {
        s->calls[0] = s->calls[1] = 0;
        s->turns++;
        s->on = !a->me;
        pthread_cond_broadcast(&s->moved);
    }
    while (s->on != a->me && !s->ended[!a->me])
        pthread_cond_wait(&s->moved, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static void *act(void *arg)
{
    struct actor *a = arg;
    struct rig *r = &a->s->rig;
    struct source *source = scripted_source_new(&a->life, &r->up);
    struct sink *sink = scripted_sink_new(&a->life, &r->broker);
    struct flow_stats stats = { 0 };
    stats_init(&stats);
    turn(a, OPS);
    struct err second = { 0 };
    struct lane *lane = lane_new_stepped(sink, &r->flow);
    a->rc = pipeline_run(source, lane, NULL, &r->enc, &r->flow, &stats, &a->err);
    if (lane_end(lane, a->rc ? &second : &a->err))
        a->rc = -1;
    pthread_mutex_lock(&a->s->lock);
    a->s->ended[a->me] = true;
    a->s->on = !a->me;
    pthread_cond_broadcast(&a->s->moved);
    pthread_mutex_unlock(&a->s->lock);
    source->ops->free(source);
    stats_done(&stats);
    return NULL;
}

static bool taken_over(const struct actor *a)
{
    return a->rc && a->err.class == ERR_FATAL && strstr(a->err.msg, "taken over");
}

/* False: a promise was broken. */
static bool play(struct stage *s, const char *words)
{
    pthread_t threads[BOTH];
    rig_init(&s->rig, words, true);
    s->rig.flow.stop_timeout_ms = 60000;    /* what one process waits passes for the other, too */
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->moved, NULL);
    for (int i = 0; i < BOTH; i++) {
        s->actor[i] = (struct actor){ .s = s, .me = i, .life = { .w = &s->rig.w, .turn = turn } };
        s->actor[i].life.turn_arg = &s->actor[i];
    }
    for (int i = 0; i < BOTH; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, act, &s->actor[i]), 0);
    for (int i = 0; i < BOTH; i++)
        pthread_join(threads[i], NULL);
    bool one = !s->actor[0].rc || !s->actor[1].rc;
    for (int i = 0; i < BOTH; i++)
        if (s->actor[i].rc && !taken_over(&s->actor[i]))
            world_wrong(&s->rig.w, "process %d ended otherwise: %s", i, s->actor[i].err.msg);
    if (!one)
        world_wrong(&s->rig.w, "each took the other over, and nobody is left");
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->moved);
    bool whole = rig_whole(&s->rig);
    rig_done(&s->rig);
    return whole;
}

/*
 * The first runs for `a` calls, the second for `b`, the first for `c` more, then the second to its
 * end.
 */
static void test_every_hand_over(void **state)
{
    (void)state;
    static const char words[] = "( +a =a ) ( -a +b )";
    int runs = 0, overs = 0;
    for (uint32_t a = 1; a < 45; a++)
        for (uint32_t b = 1; b < 45; b += 1 + b / 12)
            for (uint32_t c = 1; c < 45; c = 2 * c + 1) {
                struct stage s = { .from = { a, b, c, UINT32_MAX } };
                if (!play(&s, words))
                    fail_msg("handed over after %u, %u and %u calls", a, b, c);
                runs++;
                overs += taken_over(&s.actor[0]) + taken_over(&s.actor[1]);
            }
    print_message("%d runs, %d times one was taken over\n", runs, overs);
    assert_true(overs > 100);
}

static void test_random_turns(void **state)
{
    (void)state;
    int overs = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct stage s = { .random = seed };
        if (!play(&s, "( +a +b =a ) ( -a s +b ) m ( +c =c ) ( =c ) ( -c )"))
            fail_msg("seed %llu", (unsigned long long)seed);
        overs += taken_over(&s.actor[0]) + taken_over(&s.actor[1]);
    }
    print_message("300 runs, %d times one was taken over\n", overs);
    assert_true(overs > 100);
}

/* ---- who may read ---- */

#define OTHER                                                                                      \
    "{\"host\":\"h\",\"user\":\"u\",\"socket\":\"\",\"started\":\"t\",\"realm\":\"r\",\"pid\":"    \
    "4711,\"born\":1}"

static void rig_held(struct rig *r, bool exact, int64_t ms)
{
    rig_init(r, "( +a =a )", exact);
    r->up.alone = r->broker.announces = true;
    r->up.held_until = clockwork_now() + ms * 1000;
    log_keep(true);
    log_forget();
}

/* A session that is left over gives no sign of life: it is waited for, and nobody is fenced
 * meanwhile. */
static void test_a_session_that_is_left_over(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rig r;
        rig_held(&r, i & 1, i < 2 ? 8000 : 90000);
        snprintf(r.broker.owner, sizeof r.broker.owner, OTHER);
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_true(log_has("another session has the source"));
        assert_true(log_has("process 4711 of user u on host h"));
        assert_true(log_has("the other session is gone"));
        assert_int_equal(log_has("gives no sign of life: session 7"), i >= 2);
        assert_int_equal(r.broker.epoch, 1);
        assert_true(rig_whole(&r));
        rig_done(&r);
    }
}

/* One that lives keeps the source, unless this one takes it over. */
static void test_a_session_that_lives(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct rig r;
        rig_held(&r, true, 600000);
        r.up.other_lives = i != 1 && i != 3;
        r.flow.claim = i == 1 ? CLAIM_LOOK : i == 2 ? CLAIM_TAKE_OVER : CLAIM_WAIT;
        if (i == 3)
            snprintf(r.broker.owner, sizeof r.broker.owner, "{\"lock\":\"process 12\"}");
        const struct planned unknown[] = { { OP_OWNER, 0, RETRY }, { OPS, 0, OK } };
        assert_int_equal(rig_planned(&r, i == 4 ? unknown : NULL), i == 2 ? 0 : -1);
        if (i == 2) {
            assert_int_equal(r.up.taken_over, 1);
            assert_true(rig_whole(&r));
        } else {
            assert_int_equal(r.err.class, ERR_CONFIG);
            assert_non_null(strstr(r.err.msg, "is run already: session 7"));
            assert_int_equal(!!strstr(r.err.msg, "holds the feed's lock"), i == 3);
            assert_int_equal(r.broker.epoch, 0);        /* nobody was fenced */
        }
        rig_done(&r);
    }
}

/*
 * Who may not see signs of life waits until the server would have dropped a dead session. One that
 * is dropped by then is followed, one that is not lives: this feed ends, and fences nobody.
 */
static void test_a_session_whose_signs_are_not_seen(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct rig r;
        bool dies = i < 2;
        rig_held(&r, i & 1, dies ? 70000 : 600000);
        r.up.other_unseen = true;
        int64_t begun = clockwork_now();
        assert_int_equal(rig_planned(&r, NULL), dies ? 0 : -1);
        assert_true(log_has("another session has the source"));
        assert_false(log_has("gives no sign of life"));
        assert_true(log_has("whether it lives is not yet known: session 7"));
        assert_int_equal(r.broker.epoch, dies);
        if (!dies) {
            assert_int_equal(r.err.class, ERR_CONFIG);
            assert_non_null(strstr(r.err.msg, "is run already: session 7"));
            assert_in_range(clockwork_now() - begun, 90000000, 100000000);
        }
        rig_done(&r);
    }
}

struct taker { struct rig *r; uint32_t left; };

static void take_over(void *arg, enum op op)
{
    struct taker *t = arg;
    if (op == OP_NEXT && t->left && !--t->left) {
        t->r->broker.epoch++;
        snprintf(t->r->broker.owner, sizeof t->r->broker.owner, OTHER);
        t->r->up.held_until = clockwork_now() + 600000000;
        t->r->up.other_lives = true;
    }
}

/* Who is taken over says by whom: fenced by the sink, or without the source when it comes back to
 * it. */
static void test_who_took_over(void **state)
{
    (void)state;
    const struct planned cut[] = { { OP_NEXT, 6, RETRY }, { OPS, 0, OK } };
    for (int i = 0; i < 2; i++) {
        struct rig r;
        rig_held(&r, i == 0, 0);
        struct taker t = { &r, 5 };
        struct life l = { .turn = take_over, .turn_arg = &t, .plan = i ? cut : NULL };
        r.up.ends = false;
        assert_int_equal(rig_run(&r, &l), -1);
        assert_int_equal(r.err.class, ERR_FATAL);
        assert_non_null(strstr(r.err.msg, "taken over"));
        if (!strstr(r.err.msg, i ? ": session 7" : ": process 4711 of user u on host h"))
            fail_msg("way %d: %s", i, r.err.msg);
        rig_done(&r);
    }
}

/* Who reads is stored at once, at the first quiet moment, though nothing has come. */
static void test_the_first_position_says_who_reads(void **state)
{
    (void)state;
    for (int exact = 0; exact < 2; exact++) {
        struct rig r;
        rig_held(&r, exact, 0);
        assert_int_equal(rig_planned(&r, NULL), 0);
        assert_non_null(strstr(r.broker.owner, "\"pid\":"));
        assert_true(rig_whole(&r));
        rig_done(&r);
    }
}

int main(void)
{
    log_keep(false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_hand_over),
        cmocka_unit_test(test_random_turns),
        cmocka_unit_test(test_a_session_that_is_left_over),
        cmocka_unit_test(test_a_session_that_lives),
        cmocka_unit_test(test_a_session_whose_signs_are_not_seen),
        cmocka_unit_test(test_who_took_over),
        cmocka_unit_test(test_the_first_position_says_who_reads),
    };
    return run_flow(tests);
}
