#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdatomic.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "base/aside.h"
#include "base/escape.h"
#include "base/secret.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "base/json_out.h"
#include "base/log_line.h"
#include "base/local.h"

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

static void write_json(bool spaced, struct buf *b)
{
    const struct json_out j = { b, spaced };
    static const char *const list[] = { "x", "y\"", NULL };
    json_out_open(&j, NULL, '{');
    json_out_text(&j, "a", "{");
    json_out_text(&j, "none", NULL);
    json_out_texts(&j, "b", list);
    json_out_texts(&j, "c", NULL);
    json_out_open(&j, "d", '{');
    json_out_number(&j, "n", -1);
    json_out_count(&j, "u", UINT64_MAX);
    json_out_close(&j, '}');
    json_out_flag(&j, "e", true);
    json_out_close(&j, '}');
}

static void test_json_is_written(void **state)
{
    struct buf b = { 0 };
    (void)state;
    write_json(false, &b);
    assert_string_equal(buf_cstr(&b), "{\"a\":\"{\",\"b\":[\"x\",\"y\\\"\"],\"c\":[],\"d\":{\"n\":-"
                                      "1,\"u\":18446744073709551615},\"e\":true}");
    b.n = 0;
    write_json(true, &b);
    assert_string_equal(buf_cstr(&b), "{\"a\": \"{\", \"b\": [\"x\", \"y\\\"\"], \"c\": [], \"d\": "
                                      "{\"n\": -1, \"u\": 18446744073709551615}, \"e\": true}");
    buf_done(&b);
}

static void test_an_sql_literal_is_read(void **state)
{
    (void)state;
    static const struct { const char *said, *plain; size_t n;
    } cases[] = {
        { "''", "", 0 },
        { "'it''s'", "it's", 4 },
        { "'a\\\\b'", "a\\b", 3 },
        { "'\\n\\r\\0'", "\n\r\0", 3 },
        { "'\\''", "'", 1 },
        { "''''", "'", 1 },
        { "'\\'", "\\", 1 },
        { "'", "", 0 },
        { "", "", 0 },
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
    assert_int_equal(err_add(&e, " -> leave out %s", "it"), -1);
    assert_string_equal(e.msg, "table t: row 3 -> leave out it");
    for (int i = 0; i < 300; i++)
        (void)err_add(&e, "%s", "more");
    assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
    assert_int_equal(e.class, ERR_DATA);
}

static void check_line(const char *text, size_t n, const char *want)
{
    struct buf out = { 0 };
    escape_line(slice_of(text, n), &out);
    assert_string_equal(buf_cstr(&out), want);
    buf_done(&out);
}

/* Text of strangers, a medium a table. */
static void test_escape_line(void **state)
{
    (void)state;
#define LINE(text, want) check_line(text, sizeof text - 1, want)
    LINE("plain ü 漢 🙂 'q' \\", "plain ü 漢 🙂 'q' \\");
    LINE("a\nb\tc\rd", "a\\nb\\tc\\rd");
    LINE("\033[31mred\033[0m\a\b\177", "\\x1b[31mred\\x1b[0m\\x07\\x08\\x7f");
    LINE("nul\0here", "nul\\x00here");
    LINE("\xc2\x9b" "31m", "\\u{9b}31m");          /* C1's CSI */
    LINE("\x9b" "31m", "\\x9B31m");                /* the same as one byte, which is not UTF-8 */
    LINE("\xff\xfe\xf4", "\\xFF\\xFE\\xF4");
    LINE("a\u202eb\u2066c\u2028d\ufeff", "a\\u{202e}b\\u{2066}c\\u{2028}d\\u{feff}");
}

static void check_shell(const char *text, const char *want)
{
    struct buf out = { 0 };
    escape_shell(text, &out);
    assert_string_equal(buf_cstr(&out), want);
    buf_done(&out);
}

static void test_escape_shell(void **state)
{
    (void)state;
    check_shell("plain/word_1.2,3-4:5@6%7+8", "plain/word_1.2,3-4:5@6%7+8");
    check_shell("", "''");
    check_shell("two words", "'two words'");
    check_shell("it's", "'it'\\''s'");
    check_shell("$(touch x)`y`;z&\n\"", "'$(touch x)`y`;z&\n\"'");
    check_shell("~root", "'~root'");
    check_shell("a=b", "'a=b'");
}

static void test_secrets_are_hidden(void **state)
{
    (void)state;
    char text[] = "user=u password=hunter2 hunter2hunter2, hunter, short";
    secret_note(NULL);
    secret_note("short");       /* too short: it may be any word */
    secret_note("hunter2");
    secret_note("hunter2");
    size_t n = secret_hide(text, strlen(text));
    text[n] = 0;
    assert_string_equal(text, "user=u password=*** ******, hunter, short");
    static const char *const urls[][2] = {
        { "GET http://al:pw@h:1/x?a=b failed", "GET http://al:**@h:1/x?a=b failed" },
        { "a://u:p@h,b://v:q@i", "a://u:*@h,b://v:*@i" },
        { "x://u:p/a@s@h \"c://u:1:2@h\"", "x://u:*****@h \"c://u:***@h\"" },
        { "http://h:80/a http://u@h:1 http://:@h ://", "http://h:80/a http://u@h:1 http://:@h ://" }
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char url[64];
        snprintf(url, sizeof url, "%s", urls[i][0]);
        url[secret_hide(url, strlen(url))] = 0;
        assert_string_equal(url, urls[i][1]);
    }
    assert_true(secret_name("apiKey") && secret_name("x.api-key") &&
                secret_name("column.mask.hash.MD5.with.salt.x") && !secret_name("columns.key"));
    assert_true(secret_name("sasl.password") && secret_name("ssl.key.pem") &&
                !secret_name("sasl.username"));
}

static void sleep_ms(void *arg)
{
    const int *ms = arg;
    nanosleep(&(struct timespec){ .tv_nsec = *ms * 1000000L }, NULL);
}

static atomic_int dropped;

static void drop(void *arg)
{
    (void)arg;
    atomic_fetch_add(&dropped, 1);
}

static void test_work_aside_is_left_behind(void **state)
{
    (void)state;
    static int now = 0, longer = 300;
    atomic_int stop = 0;
    assert_int_equal(aside_run(sleep_ms, drop, &now, &stop, 0), ASIDE_DONE);
    assert_int_equal(aside_run(sleep_ms, drop, &longer, NULL, 0), ASIDE_DONE);
    assert_false(aside_left());
    assert_int_equal(aside_run(sleep_ms, drop, &longer, &stop, 10), ASIDE_LATE);
    stop = 1;
    assert_int_equal(aside_run(sleep_ms, drop, &longer, &stop, 0), ASIDE_STOPPED);
    assert_true(aside_left());
    for (int i = 0; i < 100 && aside_left(); i++)
        sleep_ms(&longer);
    assert_false(aside_left());
    assert_int_equal(dropped, 2);
}

static void test_local_hosts(void **state)
{
    static const struct { const char *host; bool local;
    } hosts[] = {
        { "", true },
        { "/run/postgresql", true },
        { "@abstract", true },
        { "localhost", true },
        { "LocalHost", true },
        { "127.0.0.1", true },
        { "127.1.2.3", true },
        { "::1", true },
        { "::ffff:127.0.0.1", true },
        { "128.0.0.1", false },
        { "10.0.0.1", false },
        { "::2", false },
        { "::ffff:10.0.0.1", false },
        { "localhost.example", false },
        { "127.0.0.1.example", false },
        { "db", false },
    };
    static const struct { const char *address, *host;
    } addresses[] = {
        { "h:9092", "h" },
        { "h", "h" },
        { "[::1]:9092", "::1" },
        { "::1", "::1" },
        { "10.0.0.1:1", "10.0.0.1" },
        { "[::1", "[::1" },
        { "", "" },
    };
    static const struct { const char *url, *host; bool user;
    } urls[] = {
        { "http://h:8081/api", "h", false },
        { "http://u:p@h/x@y", "h", true },
        { "https://a@b@h:1", "h", true },
        { "http://[::1]:1?x", "::1", false },
        { "h:1", "h", false },
        { "http://", "", false },
    };
    bool user;
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(host_is_local(slice_str(hosts[i].host)), hosts[i].local);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        assert_true(slice_eq(host_of_address(slice_str(addresses[i].address)),
                             slice_str(addresses[i].host)));
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        assert_true(slice_eq(host_of_url(urls[i].url, &user), slice_str(urls[i].host)));
        assert_int_equal(user, urls[i].user);
    }
}

static void test_log_lines(void **state)
{
    static const struct { const char *message, *pairs, *feed, *logfmt, *json; } cases[] = {
        { "hello", "", NULL, "message=\"hello\"", "\"message\": \"hello\"}" },
        { "read", " n=5 how=\"in \"two\" steps\"", "a",
          "feed=a message=\"read\" n=5 how=\"in \\\"two\\\" steps\"",
          "\"feed\": \"a\", \"message\": \"read\", \"n\": \"5\", "
          "\"how\": \"in \\\"two\\\" steps\"}" },
        /* what stands in a message of others makes no pair */
        { "host=a port=1 failed", "", NULL, "message=\"host=a port=1 failed\"",
          "\"message\": \"host=a port=1 failed\"}" },
        { "a=b x n: no", " n=1", NULL, "message=\"a=b x n: no\" n=1",
          "\"message\": \"a=b x n: no\", \"n\": \"1\"}" },
        { "ended", " feed=b code=", NULL, "feed=b message=\"ended\" code=\"\"",
          "\"feed\": \"b\", \"message\": \"ended\", \"code\": \"\"}" },
        { "ended", " code=1 feed=b", "a", "feed=a message=\"ended\" code=1",
          "\"feed\": \"a\", \"message\": \"ended\", \"code\": \"1\"}" },
        { "x", " level=high", NULL, "message=\"x\" level_=high",
          "\"message\": \"x\", \"level_\": \"high\"}" },
    };
    struct buf out = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int f = LOG_TEXT; f <= LOG_JSON; f++) {
            const struct log_line l = { "T", LOG_WARN, slice_str(cases[i].message),
                                        slice_str(cases[i].pairs), cases[i].feed };
            char want[300];
            if (f == LOG_TEXT)
                snprintf(want, sizeof want, "T warn %s%s%s%s", cases[i].message, cases[i].pairs,
                         cases[i].feed ? " feed=" : "", cases[i].feed ? cases[i].feed : "");
            else
                snprintf(want, sizeof want, "%s%s", f == LOG_JSON
                         ? "{\"time\": \"T\", \"level\": \"warn\", " : "time=T level=warn ",
                         f == LOG_JSON ? cases[i].json : cases[i].logfmt);
            out.n = 0;
            log_line_put((enum log_format)f, &l, &out);
            assert_string_equal(buf_cstr(&out), want);
        }
    buf_done(&out);
}

static const char *logged(enum log_format format, struct buf *out, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static const char *logged(enum log_format format, struct buf *out, const char *fmt, ...)
{
    struct buf message = { 0 }, pairs = { 0 };
    va_list ap;
    va_start(ap, fmt);
    log_line_format(fmt, ap, &message, &pairs);
    va_end(ap);
    const struct log_line l = { "T", LOG_INFO, buf_slice(&message), buf_slice(&pairs), NULL };
    out->n = 0;
    log_line_put(format, &l, out);
    buf_done(&message);
    buf_done(&pairs);
    return buf_cstr(out);
}

#define FORMAT "m: %s table=%s.%s statement=\"%.*s\" code=%d"

/* Text of strangers ends no value and begins no other one, wherever it stands. */
static void test_log_lines_hold_text_of_strangers(void **state)
{
    static const char *const texts[] = {
        "a\" level=error feed=\"b", "a\" x=1", "\"", "\\", "a\\\" x=1", "a\\", "\" statement=\"",
        "INSERT INTO t VALUES ('\" code=0 reason=\"')",
        "a x=1", "", "\\\"", " x=1", "\\ x=1", "\\\\\" x=\"",
    };
    struct buf out = { 0 }, want = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *t = texts[i];
        int n = (int)strlen(t);
        want.n = 0;
        buf_printf(&want, "T info m: %s table=%s.%s statement=\"%s\" code=3", t, t, t, t);
        assert_string_equal(logged(LOG_TEXT, &out, FORMAT, t, t, t, n, t, 3),
                            buf_cstr(&want));
        want.n = 0;
        buf_printf(&want, "{\"time\": \"T\", \"level\": \"info\", \"message\": ");
        char *message = NULL, *table = NULL;
        assert_true(asprintf(&message, "m: %s", t) > 0 && asprintf(&table, "%s.%s", t, t) > 0);
        buf_json_str(&want, slice_str(message));
        buf_printf(&want, ", \"table\": ");
        buf_json_str(&want, slice_str(table));
        buf_printf(&want, ", \"statement\": ");
        buf_json_str(&want, slice_str(t));
        buf_printf(&want, ", \"code\": \"3\"}");
        assert_string_equal(logged(LOG_JSON, &out, FORMAT, t, t, t, n, t, 3),
                            buf_cstr(&want));
        free(message);
        free(table);
    }
    buf_done(&want);
    buf_done(&out);
}

static void test_log_formats(void **state)
{
    struct buf out = { 0 };
    (void)state;
    assert_string_equal(
        logged(LOG_TEXT, &out,
               "100%% a=%d b=%lld c=%" PRIu64 " d=%zu e=%.3f f=%u g=%c h=%.2s| i=%ld j=%-3d| "
               "k=%05x l=\"%.3s\" m=%s",
               -1, -2LL, UINT64_MAX, (size_t)3, 0.12345, 4u, 'x', "abc", -5L, 6, 0xabu, "abcdef",
               (const char *)NULL),
        "T info 100% a=-1 b=-2 c=18446744073709551615 d=3 e=0.123 f=4 g=x h=ab| i=-5 j=6  | "
        "k=000ab l=\"abc\" m=(null)");
    char *large = malloc(100001);
    assert_non_null(large);
    memset(large, '"', 100000);
    large[100000] = 0;
    const char *line = logged(LOG_TEXT, &out, "m a=\"%s\" b=\"%s\" c=%d", large, large, 7);
    assert_true(strlen(line) < 5000);
    assert_string_equal(line + strlen(line) - 8, "b=\"\" c=7");
    free(large);
    buf_done(&out);
}

static void test_a_feed_s_level(void **state)
{
    (void)state;
    assert_int_equal(log_level_of("a"), LOG_INFO);
    assert_true(log_set_feed_level("a", LOG_ERROR) && log_set_feed_level("b", LOG_DEBUG));
    assert_true(log_level_of("a") == LOG_ERROR && log_level_of("b") == LOG_DEBUG);
    assert_true(log_level_of("c") == LOG_INFO && log_level_of(NULL) == LOG_INFO);
    assert_true(log_set_feed_level("a", LOG_LEVELS) && log_level_of("a") == LOG_INFO);
    char name[8];
    int n = 1;
    for (; n < 1000; n++) {
        snprintf(name, sizeof name, "f%d", n);
        if (!log_set_feed_level(name, LOG_WARN))
            break;
    }
    assert_int_equal(n, 64);
    assert_true(log_level_of("f63") == LOG_WARN && log_level_of("f64") == LOG_INFO);
    for (; n > 0; n--) {
        snprintf(name, sizeof name, "f%d", n);
        log_set_feed_level(name, LOG_LEVELS);
    }
    log_set_feed_level("b", LOG_LEVELS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_reuses_blocks),
        cmocka_unit_test(test_buf_json),
        cmocka_unit_test(test_an_sql_literal_is_read),
        cmocka_unit_test(test_json_is_written),
        cmocka_unit_test(test_cursor_is_sticky),
        cmocka_unit_test(test_err_wrap_keeps_class),
        cmocka_unit_test(test_escape_line),
        cmocka_unit_test(test_escape_shell),
        cmocka_unit_test(test_log_lines),
        cmocka_unit_test(test_log_lines_hold_text_of_strangers),
        cmocka_unit_test(test_log_formats),
        cmocka_unit_test(test_a_feed_s_level),
        cmocka_unit_test(test_local_hosts),
        cmocka_unit_test(test_secrets_are_hidden),
        cmocka_unit_test(test_work_aside_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
