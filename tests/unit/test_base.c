#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"

static void test_arena_reuses_blocks(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 256);
    uint8_t *first = arena_alloc(&a, 10);
    memset(arena_alloc(&a, 100000), 1, 100000);
    assert_int_equal(a.used, 16 + 100000);
    arena_reset(&a);
    assert_int_equal(a.used, 0);
    assert_ptr_equal(arena_alloc(&a, 10), first);
    assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
    arena_done(&a);
}

static void test_buf_json(void **state)
{
    (void)state;
    struct buf b = { 0 };
    buf_json_str(&b, slice_str("a\"b\\c\n\xc3\xa9"));
    assert_string_equal(buf_cstr(&b), "\"a\\\"b\\\\c\\u000a\xc3\xa9\"");
    for (int i = 0; i < 10000; i++)
        buf_u8(&b, (uint8_t)i);
    assert_int_equal(b.n, 10000 + 17);
    buf_done(&b);
}

static void test_an_sql_literal_is_read(void **state)
{
    (void)state;
    static const struct { const char *said, *plain; size_t n; } cases[] = {
        { "''", "", 0 }, { "'it''s'", "it's", 4 }, { "'a\\\\b'", "a\\b", 3 }, { "'\\n\\r\\0'", "\n\r\0", 3 }, { "'\\''", "'", 1 },
        { "''''", "'", 1 }, { "'\\'", "\\", 1 }, { "'", "", 0 }, { "", "", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = { 0 };
        buf_sql_literal(&b, slice_str(cases[i].said));
        assert_int_equal(b.n, cases[i].n);
        assert_memory_equal(buf_cstr(&b), cases[i].plain, b.n);
        buf_done(&b);
    }
}

static void test_cursor_is_sticky(void **state)
{
    (void)state;
    const uint8_t w[] = { 1, 2, 3, 4, 'h', 'i', 0, 9 };
    struct cursor c = cursor_over(slice_of(w, sizeof w));
    assert_int_equal(cursor_be32(&c), 0x01020304);
    assert_string_equal(cursor_cstr(&c), "hi");
    assert_false(c.bad);
    assert_int_equal(cursor_be16(&c), 0);
    assert_true(c.bad);
    assert_int_equal(cursor_u8(&c), 0);
    assert_string_equal(cursor_cstr(&c), "");
}

static void test_err_wrap_keeps_class(void **state)
{
    (void)state;
    struct err e = { 0 };
    assert_int_equal(err_set(&e, ERR_DATA, "row %d", 3), -1);
    assert_int_equal(err_wrap(&e, "table %s", "t"), -1);
    assert_string_equal(e.msg, "table t: row 3");
    assert_int_equal(e.class, ERR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_reuses_blocks),
        cmocka_unit_test(test_buf_json),
        cmocka_unit_test(test_an_sql_literal_is_read),
        cmocka_unit_test(test_cursor_is_sticky),
        cmocka_unit_test(test_err_wrap_keeps_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
