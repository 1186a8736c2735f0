/*
 * The commit protocol, searched: the real pipeline, ledger and commit run once for every way in
 * which their neighbours may answer
 * wrongly up to a number of times, then at random with many wrong answers. FLOW_SEED and FLOW_RUNS:
 * other random runs, and more.
 * Promises that are checked at every call (oracle.c, the doubles): no acknowledged position before
 * its rows are durable, no stored
 * position without them, no record of one key before or after its turn, no writer beside a newer
 * one, an end.
 */
#include <stdlib.h>
#include "cmocka_flow.h"

struct search {
    const char *script;
    bool exact;
    uint32_t batch_rows;
    size_t room;
    struct states *seen;
    uint64_t runs, calls;
};

/* Processes until one ends well: the faults are spent by then. */
static bool run_once(struct search *s, struct rig *r)
{
    int rc = -1;
    r->w.explore = true;
    r->w.seen = s->seen;
    r->flow.batch_rows = s->batch_rows;
    r->broker.room = s->room;
    for (int i = 0; i < 40 && rc && !r->w.wrong[0]; i++) {
        struct life l = { .w = &r->w };
        rc = rig_run(r, &l);
    }
    s->runs++;
    s->calls += r->w.steps;
    if (rc)
        world_wrong(&r->w, "does not end well: %s", r->err.msg);
    return rig_whole(r);
}

/*
 * All runs whose first choices are `follow`, and that choose otherwise than plainly at most `left`
 * times behind them.
 */
static void search_from(struct search *s, const uint8_t *follow, size_t n, int left)
{
    struct rig r;
    rig_init(&r, s->script, s->exact);
    r.w.follow = follow;
    r.w.nfollow = n;
    if (!run_once(s, &r))
        fail_msg("script \"%s\", %s", s->script, s->exact ? "exactly once" : "at least once");
    size_t turns = r.w.nturns;
    uint8_t *of = malloc(turns + 1), *next = malloc(turns + 1);
    for (size_t i = 0; i < turns; i++) {
        of[i] = r.w.turns[i].of;
        next[i] = r.w.turns[i].took;
    }
    rig_done(&r);
    for (size_t i = n; i < turns && left; i++) {
        for (uint8_t other = 1; other < of[i]; other++) {
            next[i] = other;
            search_from(s, next, i + 1, left - 1);
        }
        next[i] = 0;
    }
    free(of);
    free(next);
}

static void say(const struct search *s, const char *how)
{
    print_message("%s, %s: \"%s\", batches of %u: %llu runs, %llu calls, %zu states\n", s->exact
                  ? "exactly once" : "at least once", how,
                  s->script, s->batch_rows, (unsigned long long)s->runs,
                      (unsigned long long)s->calls, states_count(s->seen));
}

static void search(const char *script, bool exact, uint32_t batch_rows, int faults)
{
    struct search s = { script, exact, batch_rows, 0, states_new(), 0, 0 };
    search_from(&s, NULL, 0, faults);
    say(&s, faults == 2 ? "every two faults" : "every few faults");
    assert_true(s.runs > 1000);
    states_free(s.seen);
}

/* FLOW_FAULTS=3: an hour's search of the same. */
static void test_every_two_faults(void **state)
{
    (void)state;
    const char *faults = getenv("FLOW_FAULTS");
    for (int exact = 0; exact < 2; exact++) {
        search("( +a =a s ) ( -a +b )", exact, 2, faults ? atoi(faults) : 2);
        search("( +a a>b ) p ( v =b )", exact, 1, faults ? atoi(faults) : 2);
    }
}

static void test_random(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "( +a +b =a ) ( -a s +b ) m ( ! +a ) p ( 2+a 2=a ) M ( +c +d +e +f +g =c =d ) ( v =e -f ) x"
        " ( =a =b =a =b =a =b )",
        "( +a ) ( =a ) ( =a ) ( -a ) ( +a ) ( =a ) ( a>b ) ( b>a ) ( +c ) ( =c ) ( -c )",
    };
    const char *seed = getenv("FLOW_SEED"), *runs = getenv("FLOW_RUNS");
    uint64_t first = seed ? strtoull(seed, NULL, 10) : 1, n = runs ? strtoull(runs, NULL, 10) : 400;
    for (int i = 0; i < 4; i++) {
        struct search s = { scripts[i / 2], i & 1, 3, 4, states_new(), 0, 0 };
        for (uint64_t k = first; k < first + n; k++) {
            struct rig r;
            rig_init(&r, s.script, s.exact);
            r.w.random = k * 0x9e3779b97f4a7c15u + 1;
            r.w.one_in = 4 + (uint32_t)(k % 40);
            r.w.spare = 25;
            r.up.hand_known = k & 1;
            if (!run_once(&s, &r))
                fail_msg("script \"%s\", %s, FLOW_SEED=%llu", s.script, s.exact ? "exactly once"
                         : "at least once", (unsigned long long)k);
            rig_done(&r);
        }
        say(&s, "random faults");
        states_free(s.seen);
    }
}

int main(void)
{
    log_keep(false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_two_faults), cmocka_unit_test(test_random),
    };
    return run_flow(tests);
}
