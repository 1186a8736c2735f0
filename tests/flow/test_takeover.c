/*
 * Two processes of one feed. Each runs in a thread of its own, but one call at a time: a schedule
 * says who goes on after each call, so
 * that every run can be had again. Exactly one of them may write; the other says that it was taken
 * over.
 */
#include <pthread.h>
#include <stdlib.h>
#include "cmocka_flow.h"

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
    struct flow_stats stats;
    turn(a, OPS);
    a->rc = pipeline_run(source, sink, NULL, &r->enc, &r->flow, &stats, &a->err);
    pthread_mutex_lock(&a->s->lock);
    a->s->ended[a->me] = true;
    a->s->on = !a->me;
    pthread_cond_broadcast(&a->s->moved);
    pthread_mutex_unlock(&a->s->lock);
    source->ops->free(source);
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

int main(void)
{
    log_keep(false);
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_hand_over),
                                        cmocka_unit_test(test_random_turns) };
    return run_flow(tests);
}
