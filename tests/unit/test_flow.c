#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "flow/ledger.h"

static void seal_at(struct batch *b, const char *token)
{
    buf_str(&b->upto, token);
    b->sealed = true;
}

static bool drained_is(struct ledger *l, const char *want)
{
    struct buf got = { 0 };
    bool any = ledger_advance(l, &got);
    bool same = any && slice_eq(buf_slice(&got), slice_str(want));
    buf_done(&got);
    return same;
}

/* A later batch that is delivered first must not carry its position past an earlier one in flight. */
static void test_position_leaves_only_at_the_head(void **state)
{
    (void)state;
    struct ledger l = { 0 };
    struct batch *a = ledger_open(&l, 4096), *b = ledger_open(&l, 4096);
    a->inflight = 2;
    b->inflight = 1;
    seal_at(a, "A");
    seal_at(b, "B");
    b->inflight = 0;
    struct buf none = { 0 };
    assert_false(ledger_advance(&l, &none));
    a->inflight = 1;
    assert_false(ledger_advance(&l, &none));
    a->inflight = 0;
    assert_true(drained_is(&l, "B"));
    assert_int_equal(l.open_batches, 0);
    ledger_done(&l);
}

/* An idle position is an empty batch: it waits behind data in flight. */
static void test_heartbeat_cannot_overtake(void **state)
{
    (void)state;
    struct ledger l = { 0 };
    struct batch *data = ledger_open(&l, 4096), *beat = ledger_open(&l, 4096);
    data->inflight = 1;
    seal_at(data, "data");
    seal_at(beat, "beat");
    struct buf none = { 0 };
    assert_false(ledger_advance(&l, &none));
    data->inflight = 0;
    assert_true(drained_is(&l, "beat"));
    ledger_done(&l);
}

static void test_open_batch_stays(void **state)
{
    (void)state;
    struct ledger l = { 0 };
    struct batch *a = ledger_open(&l, 4096);
    struct buf none = { 0 };
    assert_false(ledger_advance(&l, &none));
    assert_ptr_equal(l.oldest, a);
    seal_at(a, "a");
    assert_true(drained_is(&l, "a"));
    assert_ptr_equal(ledger_open(&l, 4096), a);     /* its memory is used again */
    assert_int_equal(l.newest->upto.n, 0);
    ledger_done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_position_leaves_only_at_the_head),
        cmocka_unit_test(test_heartbeat_cannot_overtake),
        cmocka_unit_test(test_open_batch_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
