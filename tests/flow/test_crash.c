/*
 * Every point at which a process can die, and twice in a row: what is durable then is all that the
 * next one knows.
 */
#include "cmocka_flow.h"

static const char *const scripts[] = {
    "( +a ) ( +b =a ) ( -a ) p",
    "( +a +b +c =a =b =c -a ) ( a>b a>c ) s ( +d ) m",
    "( +a s +b ) M ( ! +a ) ( 2+c v =a 2=c ) d ( =a ) x p",
};
enum { SCRIPTS = sizeof scripts / sizeof *scripts };

/* SILENT: records are reported by commit() alone, so that transactions end inside those of the
 * source. */
enum way { SMALL_BATCHES, ONE_BATCH, SILENT, WAYS };

static void rig_of(struct rig *r, const char *script, bool exact, enum way way)
{
    rig_init(r, script, exact);
    r->flow.transactions = r->up.hand_known = exact;
    if (way == SILENT)
        r->flow.batch_rows = 1;
    if (way == ONE_BATCH) {
        r->flow.batch_rows = 1000;
        r->flow.batches = 16;
    }
}

/* Topics, keys and values, transactions' counts among them, are what they are without a fault. */
static void same_bytes(struct rig *r, const char *script)
{
    static struct rig plain;
    static const char *of;
    if (of != script) {
        if (of)
            rig_done(&plain);
        rig_of(&plain, of = script, true, SMALL_BATCHES);
        assert_int_equal(rig_run_on(&plain), 0);
    }
    if (plain.broker.n != r->broker.n)
        world_wrong(&r->w, "%zu records, and %zu without a fault", r->broker.n, plain.broker.n);
    for (size_t i = 0; i < r->broker.n && i < plain.broker.n; i++) {
        const struct stored *a = &r->broker.log[i], *b = &plain.broker.log[i];
        if (strcmp(a->topic, b->topic) != 0 || !slice_eq(buf_slice(&a->key), buf_slice(&b->key)) ||
            !slice_eq(buf_slice(&a->value), buf_slice(&b->value)))
            world_wrong(&r->w, "record %zu (%s) is not the one that comes without a fault (%s)", i,
                        a->topic, b->topic);
    }
}

/*
 * Dies before its call number `at`; then, when `again` is not 0, dies once more. The calls that it
 * made.
 */
static uint32_t die_at(const char *script, bool exact, uint32_t at, uint32_t again,
                       enum answer how, enum way way)
{
    static const struct planned silent[] = { { OP_POLL, 0, NOT_YET }, { OPS, 0, OK } };
    const struct planned *plan = way == SILENT ? silent : NULL;
    struct rig r;
    rig_of(&r, script, exact, way);
    struct life first = { .plan = plan, .die_at = at, .die_how = how };
    struct life second = { .plan = plan, .die_at = again, .die_how = how };
    (void)!rig_run(&r, &first);
    if (again && first.dead)
        (void)!rig_run(&r, &second);
    if (first.dead)
        assert_int_equal(rig_run_on(&r), 0);
    if (exact)
        same_bytes(&r, script);
    if (!rig_whole(&r))
        fail_msg("script \"%s\", %s, died at %u, then %u, %s", script, exact ? "exactly once"
                 : "at least once", at, again,
                 answer_name(how));
    rig_done(&r);
    return first.dead ? (again && !second.dead ? UINT32_MAX : at) : UINT32_MAX;
}

static void die_everywhere(bool exact, enum answer how, enum way way, uint32_t *points)
{
    for (int s = 0; s < SCRIPTS; s++)
        for (uint32_t at = 1; die_at(scripts[s], exact, at, 0, how, way) == at; at++)
            ++*points;
}

static void test_every_point(void **state)
{
    (void)state;
    uint32_t points = 0;
    for (int exact = 0; exact < 2; exact++)
        for (int how = DIE; how <= DIE_LATE; how++)
            for (int way = 0; way < (exact ? WAYS : SILENT); way++)
                die_everywhere(exact, (enum answer)how, (enum way)way, &points);
    print_message("died at %u points\n", points);
    assert_true(points > 500);
}

static void die_twice(const char *script, bool exact, enum answer how, uint32_t *pairs)
{
    for (uint32_t at = 1; die_at(script, exact, at, 0, how, SMALL_BATCHES) == at; at++)
        for (uint32_t again = 1; die_at(script, exact, at, again, how, SMALL_BATCHES) == at;
             again++)
            ++*pairs;
}

static void test_every_two_points(void **state)
{
    (void)state;
    uint32_t pairs = 0;
    for (int exact = 0; exact < 2; exact++)
        for (int how = DIE; how <= DIE_LATE; how++)
            die_twice(scripts[0], exact, (enum answer)how, &pairs);
    print_message("died at %u pairs of points\n", pairs);
    assert_true(pairs > 2500);
}

int main(void)
{
    log_keep(false);
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_point),
                                        cmocka_unit_test(test_every_two_points) };
    return run_flow(tests);
}
