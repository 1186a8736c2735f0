#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "source/pg/position.h"

static void check_round_trip(const struct pg_position *p)
{
    struct pg_position back;
    struct buf token = { 0 }, again = { 0 };
    struct err err = { 0 };
    pg_position_write(p, &token);
    if (pg_position_read(buf_slice(&token), &back, &err))
        fail_msg("%s", err.msg);
    assert_string_equal(back.system_id, p->system_id);
    assert_string_equal(back.slot, p->slot);
    assert_string_equal(back.publication, p->publication);
    assert_int_equal(back.timeline, p->timeline);
    assert_int_equal(back.lsn, p->lsn);
    assert_int_equal(back.tx_lsn, p->tx_lsn);
    assert_int_equal(back.ordinal, p->tx_lsn ? p->ordinal : 0);
    assert_int_equal(back.last_commit, p->last_commit);
    pg_position_write(&back, &again);
    assert_true(slice_eq(buf_slice(&token), buf_slice(&again)));
    /* Every shorter text must be refused, not half read. */
    for (size_t n = 0; n < token.n; n++) {
        struct pg_position part;
        assert_int_equal(pg_position_read(slice_of(token.p, n), &part, &err), -1);
        assert_int_equal(err.class, ERR_FATAL);
    }
    buf_done(&token);
    buf_done(&again);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct pg_position p = {
        .system_id = "7301234567890123456", .timeline = 1, .slot = "tailrace", .lsn = 0x16b374d848
    };
    check_round_trip(&p);
    p.timeline = UINT32_MAX;
    p.lsn = UINT64_MAX;
    p.tx_lsn = UINT64_MAX - 1;
    p.ordinal = 12345678901;
    p.messages = PG_COUNTED;
    p.last_commit = 0x100000000;
    strcpy(p.publication, "a\"b\\c");
    check_round_trip(&p);
}

static void test_lsn(void **state)
{
    (void)state;
    static const char *const bad[] = { "",      "16",  "16/", "/1", "16/B374D848x", "16/B374D848 ",
                                       "xyz/1", "16-1" };
    uint64_t lsn = 0;
    struct err err = { 0 };
    assert_int_equal(pg_lsn_read("16/B374D848", &lsn, &err), 0);
    assert_int_equal(lsn, 0x16b374d848);
    assert_int_equal(pg_lsn_read("FFFFFFFF/FFFFFFFF", &lsn, &err), 0);
    assert_true(lsn == UINT64_MAX);
    assert_int_equal(pg_lsn_read("0/0", &lsn, &err), 0);
    assert_int_equal(lsn, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(pg_lsn_read(bad[i], &lsn, &err), -1);
    assert_int_equal(pg_lsn_read(NULL, &lsn, &err), -1);
}

static void test_bad_tokens(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "[]", "null", "{}", "{\"system_id\":\"1\",\"slot\":\"s\"}",
        "{\"system_id\":\"1\",\"slot\":\"s\",\"lsn\":7}",
        "{\"system_id\":\"1\",\"slot\":\"s\",\"lsn\":\"0/z\"}",
        "{\"system_id\":\"1\",\"slot\":\"s\",\"lsn\":\"0/1\",\"tx_lsn\":\"1\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pg_position p;
        struct err err = { 0 };
        if (pg_position_read(slice_str(bad[i]), &p, &err) != -1)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(err.class, ERR_FATAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_lsn),
        cmocka_unit_test(test_bad_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
