#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "source/mysql/cells.h"
#include "source/mysql/mark.h"
#include "source/mysql/position.h"
#include "source/mysql/xa.h"

static struct err err;

static void reads_as(const char *text, bool mariadb, const char *expected)
{
    struct gtid_set s = { 0 };
    struct buf b = { 0 };
    assert_int_equal(gtid_read(text, mariadb, &s, &err), 0);
    gtid_write(&s, &b);
    assert_string_equal(buf_cstr(&b), expected);
    buf_done(&b);
    gtid_done(&s);
}

#define A "0a000000-0000-0000-0000-000000000001"
#define B "0b000000-0000-0000-0000-000000000002"

static void test_sets_are_read_and_written(void **state)
{
    (void)state;
    reads_as("", false, "");
    reads_as(A ":1-5", false, A ":1-5");
    reads_as(A ":7:1-5:6", false, A ":1-7");
    reads_as(B ":3,\n" A ":1-2:9-9", false, A ":1-2:9," B ":3");
    reads_as("0A000000-0000-0000-0000-000000000001:4", false, A ":4");
    reads_as("0a000000000000000000000000000001:4", false, A ":4");
    reads_as(A ":1-3:Tag_1:5-6:9", false, A ":1-3," A ":tag_1:5-6:9");
    reads_as("5-7-1,0-101-42", true, "0-101-42,5-7-1");
    reads_as("0-101-42,0-102-43", true, "0-102-43");
}

static void test_what_is_no_set_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "x",
                                       A ":",
                                       A ":0",
                                       A ":5-4",
                                       A ":1 2",
                                       A ":1-",
                                       "0a:1",
                                       A ":9223372036854775807",
                                       A ":1-18446744073709551617",
                                       A ":+1",
                                       A ":1--2" };
    static const char *const bad_maria[] = {
        "0-1",    "0-1-",   "4294967296-1-1", "0-4294967296-1", "0-1-18446744073709551616",
        "-1-1-1", "0-1-1x", "0- 1-1"
    };
    struct gtid_set s = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(gtid_read(bad[i], false, &s, &err), -1);
    for (size_t i = 0; i < sizeof bad_maria / sizeof *bad_maria; i++)
        assert_int_equal(gtid_read(bad_maria[i], true, &s, &err), -1);
    gtid_done(&s);
}

static void test_transactions_join_what_they_touch(void **state)
{
    (void)state;
    static const uint8_t uuid[16] = { 0x0a, [15] = 1 };
    static const int64_t numbers[] = { 5, 1, 3, 2, 9, 4, 10, 8 };
    struct gtid_set s = { 0 };
    struct buf b = { 0 };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        gtid_add(&s, uuid, "", numbers[i]);
    gtid_add(&s, uuid, "t", 7);
    gtid_write(&s, &b);
    assert_string_equal(buf_cstr(&b), A ":1-5:8-10," A ":t:7");
    assert_true(gtid_has(&s, uuid, "", 9) && gtid_has(&s, uuid, "t", 7));
    assert_false(gtid_has(&s, uuid, "", 7) || gtid_has(&s, uuid, "t", 8));
    buf_done(&b);
    gtid_done(&s);
}

static void compare(const char *a, const char *b, bool mariadb, bool within, const char *missing)
{
    struct gtid_set x = { 0 }, y = { 0 };
    struct buf out = { 0 };
    assert_int_equal(gtid_read(a, mariadb, &x, &err) | gtid_read(b, mariadb, &y, &err), 0);
    assert_int_equal(gtid_within(&x, &y), within);
    gtid_write_missing(&x, &y, &out);
    assert_string_equal(buf_cstr(&out), missing);
    buf_done(&out);
    gtid_done(&x);
    gtid_done(&y);
}

static void test_one_set_in_another(void **state)
{
    (void)state;
    compare("", A ":1", false, true, "");
    compare(A ":1-5", A ":1-9", false, true, "");
    compare(A ":1-9", A ":2-3:5", false, false, A ":1:4:6-9");
    compare(A ":1-2," B ":1", A ":1-2", false, false, B ":1");
    compare(A ":t:1", A ":1-5", false, false, A ":t:1");
    compare("0-1-5,3-1-1", "0-2-6", true, false, "3-1-1");
    compare("0-1-5", "0-2-5", true, true, "");
}

/* COM_BINLOG_DUMP_GTID's form, as a server reads it. */
static void test_sets_on_the_wire(void **state)
{
    (void)state;
    struct gtid_set s = { 0 };
    struct buf b = { 0 };
    assert_int_equal(gtid_read(A ":1-5:8", false, &s, &err), 0);
    gtid_encode(&s, &b);
    static const uint8_t plain[] = { 1, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0, 0, 0, 0,
                                     0, 0, 0, 0, 0, 0, 0, 1, 2,    0, 0, 0, 0, 0, 0, 0,
                                     1, 0, 0, 0, 0, 0, 0, 0, 6,    0, 0, 0, 0, 0, 0, 0,
                                     8, 0, 0, 0, 0, 0, 0, 0, 9,    0, 0, 0, 0, 0, 0, 0 };
    assert_int_equal(b.n, sizeof plain);
    assert_memory_equal(b.p, plain, sizeof plain);
    b.n = 0;
    assert_int_equal(gtid_read(A ":1:ab:2", false, &s, &err), 0);
    gtid_encode(&s, &b);
    static const uint8_t head[] = { 1, 2, 0, 0, 0, 0, 0, 1, 0x0a };
    assert_memory_equal(b.p, head, sizeof head);
    assert_int_equal(b.n, 8 + (16 + 1 + 8 + 16) + (16 + 1 + 2 + 8 + 16));
    assert_memory_equal(b.p + 8 + 16 + 1 + 8 + 16 + 16, "\4ab", 3);
    buf_done(&b);
    gtid_done(&s);
}

static void test_positions_come_back(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        "{\"server\":\"u\",\"gtid\":\"" A ":1-5\",\"file\":\"binlog.000003\",\"pos\":4294967296}",
        "{\"server\":\"u\",\"gtid\":\"" A
        ":1-5\",\"file\":\"b.1\",\"pos\":4,\"born\":4294967295,\"last\":\"" A ":5\",\"us\":17}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":4,\"ordinal\":7,\"in\":\"g\","
        "\"from\":{\"gtid\":\"\",\"file\":\"b.0\",\"pos\":9}}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":4,\"ordinal\":7,\"in\":\"\","
        "\"filter\":4294967295}",
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        struct mysql_position p;
        struct buf b = { 0 };
        assert_int_equal(mysql_position_read(slice_str(tokens[i]), false, &p, &err), 0);
        mysql_position_write(&p, &b);
        assert_string_equal(buf_cstr(&b), tokens[i]);
        buf_done(&b);
        mysql_position_done(&p);
    }
}

/* Rows of tables that are not read are not counted: after a change of tables.include the first 7
 * are others. */
static void test_what_is_counted(void **state)
{
    (void)state;
    static const char *const one[] = { "d.t", NULL }, *const two[] = { "d.t", "d.u", NULL };
    struct filter all, some, more, less;
    struct arena a;
    arena_init(&a, 1024);
    assert_int_equal(filter_new(&a, NULL, NULL, &all, &err), 0);
    assert_int_equal(filter_new(&a, one, NULL, &some, &err), 0);
    assert_int_equal(filter_new(&a, two, NULL, &more, &err), 0);
    assert_int_equal(filter_new(&a, NULL, one, &less, &err), 0);
    assert_true(all.hash && some.hash && some.hash != all.hash && some.hash != more.hash &&
                some.hash != less.hash);
    struct mysql_position p = { .ordinal = 7, .filter = some.hash, .in = "0-1-7" };
    assert_int_equal(mysql_position_counts(&p, some.hash, &err), 0);
    assert_int_equal(mysql_position_counts(&p, more.hash, &err), -1);
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "0-1-7"));
    p.ordinal = 0;      /* between transactions */
    assert_int_equal(mysql_position_counts(&p, more.hash, &err), 0);
    p = (struct mysql_position){ .ordinal = 7 };    /* one of before */
    assert_int_equal(mysql_position_counts(&p, more.hash, &err), 0);
    arena_done(&a);
}

/* Whoever may write to the topic writes positions: nothing of theirs may reach a statement or a
 * record. */
static void test_positions_of_strangers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "x",
        "{\"server\":\"u\"}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"x',4) UNION SELECT SLEEP(7) -- "
        "\\n\",\"pos\":4}",
        "{\"server\":\"u'\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":4}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":-4}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":\"4\"}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":4,\"born\":4294967296}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":4,\"ordinal\":-1}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":4,\"in\":\"a b\"}",
        "{\"server\":\"u\",\"gtid\":\"\",\"file\":\"b.1\",\"pos\":4,\"last\":\"\\u0000\"}",
        "{\"server\":\"0123456789012345678901234567890123456789\",\"gtid\":\"\",\"file\":\"b.1\","
        "\"pos\":4}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mysql_position p;
        assert_int_equal(mysql_position_read(slice_str(bad[i]), false, &p, &err), -1);
        mysql_position_done(&p);
    }
}

static void test_files_are_in_the_order_of_their_numbers(void **state)
{
    (void)state;
    assert_true(mysql_file_order("b.000009", 900, "b.000010", 4) < 0);
    assert_true(mysql_file_order("b.999999", 4, "b.1000000", 4) < 0);
    assert_true(mysql_file_order("b.1", 5, "b.1", 4) > 0);
    assert_int_equal(mysql_file_order("b.1", 5, "b.1", 5), 0);
}

static void test_xa_ids_of_event_and_statement_are_one(void **state)
{
    (void)state;
    struct binlog_xid xid = { 1, slice_str("ab"), slice_str("") };
    static const char *const texts[] = { "X'6162',X'',1", "'ab'", "x'6162', ''", "0x6162,'',1" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf a = { 0 }, b = { 0 };
        mysql_xa_name(&xid, &a);
        assert_int_equal(mysql_xa_name_of_text(slice_str(texts[i]), &b, &err), 0);
        assert_string_equal(buf_cstr(&a), buf_cstr(&b));
        buf_done(&a);
        buf_done(&b);
    }
}

static void becomes(uint8_t type, uint16_t meta, const char *text, const char *hex)
{
    struct binlog_column c = { .type = type, .meta = meta, .name = slice_str("c") };
    struct buf b = { 0 }, digits = { 0 };
    assert_int_equal(mysql_cells_put(&c, slice_str(text), &b, &err), 0);
    for (size_t i = 0; i < b.n; i++)
        buf_printf(&digits, "%02x", b.p[i]);
    assert_string_equal(buf_cstr(&digits), hex);
    buf_done(&b);
    buf_done(&digits);
}

/* The right-hand sides were seen in binlogs. */
static void test_a_selects_text_is_the_binlogs_value(void **state)
{
    (void)state;
    becomes(MYSQL_T_TINY, 0, "-1", "ff");
    becomes(MYSQL_T_INT24, 0, "-8388608", "000080");
    becomes(MYSQL_T_LONGLONG, 0, "18446744073709551615", "ffffffffffffffff");
    becomes(MYSQL_T_FLOAT, 4, "1.5", "0000c03f");
    becomes(MYSQL_T_DOUBLE, 8, "-2", "00000000000000c0");
    becomes(MYSQL_T_NEWDECIMAL, 14 << 8 | 4, "1234567890.1234", "810dfb38d204d2");
    becomes(MYSQL_T_NEWDECIMAL, 14 << 8 | 4, "-1234567890.1234", "7ef204c72dfb2d");
    becomes(MYSQL_T_NEWDECIMAL, 10 << 8 | 2, "0.00", "8000000000");
    becomes(MYSQL_T_DATE, 0, "2010-10-17", "51b50f");
    becomes(MYSQL_T_DATE, 0, "0000-00-00", "000000");
    becomes(MYSQL_T_TIME2, 0, "-838:59:59", "4b9105");
    becomes(MYSQL_T_TIME2, 2, "00:00:00.01", "80000001");
    becomes(MYSQL_T_TIME2, 2, "-00:00:00.01", "7fffffff");
    becomes(MYSQL_T_DATETIME2, 0, "0000-00-00 00:00:00", "8000000000");
    becomes(MYSQL_T_DATETIME2, 3, "2010-10-17 19:27:30.123", "99872336de04ce");
    becomes(MYSQL_T_TIMESTAMP2, 0, "1970-01-01 00:00:01", "00000001");
    becomes(MYSQL_T_TIMESTAMP2, 6, "2010-10-17 19:27:30.999999", "4cbb4e22" "0f423f");
    becomes(MYSQL_T_YEAR, 0, "2155", "ff");
    becomes(MYSQL_T_YEAR, 0, "0000", "00");
    becomes(MYSQL_T_YEAR, 0, "70", "46");
    becomes(MYSQL_T_YEAR, 0, "69", "a9");
    becomes(MYSQL_T_YEAR, 0, "00", "64");
    becomes(MYSQL_T_BIT, 10, "513", "0201");
    becomes(MYSQL_T_SET, 2, "513", "0102");
    becomes(MYSQL_T_JSON, 4, "{\"a\": [1, \"x, y\"]}", "ff7b2261223a5b312c22782c2079225d7d");
    struct binlog_column c = { .type = MYSQL_T_LONG, .name = slice_str("c") };
    struct buf b = { 0 };
    assert_int_equal(mysql_cells_put(&c, slice_str("1x"), &b, &err), -1);
    buf_done(&b);
}

/* ---- chunks' places and stored positions ---- */

static int passed(const char *position, bool mariadb, const char *high)
{
    struct mysql_options opt = { .mariadb = mariadb };
    struct mysql_source s = { .opt = &opt };
    bool yes = false;
    err = (struct err){ 0 };
    return mysql_stored_passed(&s.base, slice_str(position), slice_str(high), &yes, &err) ? -1
                                                                                         : yes;
}

static void test_which_chunks_a_stored_position_has_passed(void **state)
{
    (void)state;
    static const char at[] =
        "{\"server\":\"s\",\"gtid\":\"" A ":1-5\",\"file\":\"b.000002\",\"pos\":700}";
    static const char moved[] =
        "{\"server\":\"s\",\"gtid\":\"" A ":1-5\",\"file\":\"\",\"pos\":0}";
    static const char maria[] =
        "{\"server\":\"1:3306\",\"gtid\":\"0-1-5\",\"file\":\"b.000002\",\"pos\":700}";
    assert_int_equal(passed(at, false, "700 b.000002\ns\n" A ":1-9"), 1);      /* by its place */
    assert_int_equal(passed(at, false, "701 b.000002\ns\n" A ":1-6"), 0);
    assert_int_equal(passed(at, false, "197 b.000003\ns\n" A ":1-5"), 1);      /* rotated */
    assert_int_equal(passed(at, false, "197 b.000003\ns\n"), 0);              /* without GTIDs */
    assert_int_equal(passed(moved, false, "1 b.000001\ns\n" A ":1-6"), 0);     /* no place here */
    assert_int_equal(passed(moved, false, "1 b.000001\ns\n" A ":1-5"), 1);
    assert_int_equal(passed(maria, true, "900 b.000002\n1:3306\n0-1-6"), 0);
    assert_int_equal(passed(maria, true, "900 b.000002\n1:3306\n0-1-5"), 1);
    assert_int_equal(passed(at, false, "700 b.000002\nother\n" A ":1-5"), -1);
    assert_int_equal(err.class, ERR_RETRY);
}

static void mark_is(const char *position, bool mariadb, const char *expected)
{
    struct mysql_options opt = { .mariadb = mariadb };
    struct mysql_source s = { .opt = &opt };
    struct buf b = { 0 };
    assert_int_equal(mysql_stored_mark(&s.base, slice_str(position), &b, &err), 0);
    assert_string_equal(buf_cstr(&b), expected);
    buf_done(&b);
}

/* The transaction that is handed out in part counts, and where it ends nobody knows. */
static void test_the_mark_of_a_stored_position(void **state)
{
    (void)state;
    mark_is("{\"server\":\"s\",\"gtid\":\"" A ":1-5\",\"file\":\"b.000002\",\"pos\":700,"
            "\"last\":\"" A ":5\",\"us\":7}", false,
            "{\"server\":\"s\",\"gtid\":\"" A ":1-5\",\"file\":\"b.000002\",\"pos\":700}");
    mark_is("{\"server\":\"s\",\"gtid\":\"" A ":1-5\",\"file\":\"b.000002\",\"pos\":700,"
            "\"ordinal\":3,\"in\":\"" A ":6\"}", false,
            "{\"server\":\"s\",\"gtid\":\"" A ":1-6\",\"file\":\"\",\"pos\":0}");
    mark_is("{\"server\":\"s\",\"gtid\":\"0-1-5\",\"file\":\"b.000002\",\"pos\":700,"
            "\"ordinal\":3,\"in\":\"0-1-6\"}", true,
            "{\"server\":\"s\",\"gtid\":\"0-1-6\",\"file\":\"\",\"pos\":0}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_are_read_and_written),
        cmocka_unit_test(test_what_is_no_set_is_refused),
        cmocka_unit_test(test_transactions_join_what_they_touch),
        cmocka_unit_test(test_one_set_in_another),
        cmocka_unit_test(test_sets_on_the_wire),
        cmocka_unit_test(test_positions_come_back), cmocka_unit_test(test_what_is_counted),
        cmocka_unit_test(test_positions_of_strangers_are_refused),
        cmocka_unit_test(test_files_are_in_the_order_of_their_numbers),
        cmocka_unit_test(test_xa_ids_of_event_and_statement_are_one),
        cmocka_unit_test(test_a_selects_text_is_the_binlogs_value),
        cmocka_unit_test(test_which_chunks_a_stored_position_has_passed),
        cmocka_unit_test(test_the_mark_of_a_stored_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
