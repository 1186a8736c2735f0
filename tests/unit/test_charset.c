#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <iconv.h>
#include <zlib.h>
#include "base/charset.h"

static const struct charset *find(const char *name)
{
    const struct charset *cs = NULL;
    if (charset_find(name, &cs))
        fail_msg("no set %s", name);
    return cs;
}

/* The code's meaning in out; false: none. charsets.py cannot tell U+FFFD from none. */
static bool means(const struct charset *cs, const uint8_t *code, size_t n, struct buf *out)
{
    out->n = 0;
    return !charset_put(cs, slice_of(code, n), out) && strcmp(buf_cstr(out), "\ufffd");
}

/* Sets of one byte: each character in hex, "-" for none. */
static void check_characters(const char *name, const char *line)
{
    const struct charset *cs = find(name);
    struct buf out = { 0 }, hex = { 0 };
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        buf_str(&hex, i ? " " : "");
        if (means(cs, &byte, 1, &out))
            for (size_t k = 0; k < out.n; k++)
                buf_printf(&hex, "%02x", out.p[k]);
        else
            buf_str(&hex, "-");
    }
    if (strcmp(buf_cstr(&hex), line))
        fail_msg("%s: %s", name, buf_cstr(&hex));
    buf_done(&out);
    buf_done(&hex);
}

struct sum { unsigned long count, crc; };

static void add(struct sum *s, const struct charset *cs, const uint8_t *code, size_t n,
                struct buf *out)
{
    if (!means(cs, code, n, out))
        return;
    s->count++;
    s->crc = crc32(crc32(s->crc, code, (uInt)n), out->p, (uInt)out->n);
}

/* The others: how many codes mean something, and the sum of all of them, shorter ones first. */
static void check_sum(const char *name, unsigned long count, unsigned long crc)
{
    const struct charset *cs = find(name);
    struct buf out = { 0 };
    struct sum s = { 0, 0 };
    for (unsigned i = 0; i < 256; i++)
        add(&s, cs, (uint8_t[]){ (uint8_t)i }, 1, &out);
    for (unsigned i = 0x8000; i < 0x10000; i++)
        if (!means(cs, (uint8_t[]){ (uint8_t)(i >> 8) }, 1, &out))
            add(&s, cs, (uint8_t[]){ (uint8_t)(i >> 8), (uint8_t)i }, 2, &out);
    for (unsigned i = 0x8000; i < 0x10000 && (!strcmp(name, "ujis") || !strcmp(name, "eucjpms"));
         i++)
        add(&s, cs, (uint8_t[]){ 0x8f, (uint8_t)(i >> 8), (uint8_t)i }, 3, &out);
    for (unsigned i = 0; i < 126 * 12600 && !strcmp(name, "gb18030"); i++)
        add(&s, cs,
            (uint8_t[]){ (uint8_t)(0x81 + i / 12600), (uint8_t)(0x30 + i / 1260 % 10),
                         (uint8_t)(0x81 + i / 10 % 126), (uint8_t)(0x30 + i % 10) },
            4, &out);
    if (s.count != count || s.crc != crc)
        fail_msg("%s: %lu codes, %08lx", name, s.count, s.crc);
    buf_done(&out);
}

/* What charsets.py recorded of MySQL 9.7. MariaDB 10.11 says the same, and has no gb18030. */
static void as_the_server(void **state)
{
    (void)state;
    static char line[4096], rest[4096];
    char name[32];
    unsigned long count, crc;
    int sets = 0;
    FILE *f = fopen("tests/unit/charsets.txt", "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f); sets++) {
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "%31s %4095[^\n]", name, rest) != 2)
            fail_msg("%s", line);
        if (sscanf(rest, "%lu %8lx", &count, &crc) == 2 && strlen(rest) < 40)
            check_sum(name, count, crc);
        else
            check_characters(name, rest);
    }
    fclose(f);
    assert_int_equal(sets, 33);
}

/* utf8 NULL: it is no text of the set. */
static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        const char *bytes;
        size_t n;
        const char *utf8;
    } cases[] = {
        { "latin1", "plain", 5, "plain" },
        { "latin1", "", 0, "" },
        { "latin1", "na\xefve \x80 2, a longer run of ASCII after it\xe9", 42,
          "na\u00efve \u20ac 2, a longer run of ASCII after it\u00e9" },
        { "LATIN1", "\xe9", 1, "\u00e9" },
        { "gbk",
          "a\xd6\xd0"
          "b\xce\xc4",
          6,
          "a\u4e2d"
          "b\u6587" },
        { "gbk", "a\xd6", 2, NULL },
        { "gbk", "\x80", 1, NULL },
        { "sjis", "\\~\xb1\x93\xfa\x96\x7b", 7, "\\~\uff71\u65e5\u672c" },
        { "sjis", "\x83\x5c", 2, "\u30bd" },
        { "eucjpms", "\x8f\xb0\xa1\x8e\xb1", 5, "\u4e02\uff71" },
        { "eucjpms", "\x8f\xb0", 2, NULL },
        { "gb18030", "\x94\x39\xfc\x36\xd6\xd0", 6, "\U0001f600\u4e2d" },
        { "gb18030", "\x94\x39\xfc", 3, NULL },
        { "gb18030", "\xe3\x32\x9a\x36", 4, NULL },
        { "swe7", "{|}", 3, "\u00e4\u00f6\u00e5" },
        { "utf16", "\x20\xac\x00\x61\xd8\x3d\xde\x00", 8, "\u20aca\U0001f600" },
        { "utf16", "\xd8\x3d", 2, NULL },
        { "utf16", "\xde\x00\xd8\x3d", 4, NULL },
        { "utf16", "\x00", 1, NULL },
        { "utf16le", "\xac\x20\x3d\xd8\x00\xde", 6, "\u20ac\U0001f600" },
        { "ucs2", "\x00\xe9", 2, "\u00e9" },
        { "ucs2", "\xd8\x3d\xde\x00", 4, NULL },
        { "utf32", "\x00\x01\xf6\x00", 4, "\U0001f600" },
        { "utf32", "\x00\x11\x00\x00", 4, NULL },
        { "utf32", "\x00\x01\xf6", 3, NULL },
    };
    struct buf out = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        out.n = 0;
        buf_str(&out, "x");
        int rc = charset_put(find(cases[i].set), slice_of(cases[i].bytes, cases[i].n), &out);
        const char *wanted = cases[i].utf8 ? cases[i].utf8 : "";
        if (rc != (cases[i].utf8 ? 0 : -1) || strcmp(buf_cstr(&out) + 1, wanted))
            fail_msg("case %zu, %s: %d, %s", i, cases[i].set, rc, buf_cstr(&out));
    }
    buf_done(&out);
}

static void names(void **state)
{
    (void)state;
    static const char *const utf8[] = { "utf8mb4", "utf8mb3", "utf8", "ascii", "binary" };
    const struct charset *cs;
    struct buf out = { 0 };
    for (size_t i = 0; i < sizeof utf8 / sizeof *utf8; i++)
        assert_null(find(utf8[i]));
    assert_int_equal(charset_find("ebcdic", &cs), -1);
    assert_ptr_equal(find("big5"), find("big5"));
    assert_int_equal(charset_put(NULL, slice_str("\u00e9"), &out), 0);
    assert_string_equal(buf_cstr(&out), "\u00e9");
    buf_done(&out);
}

/* To the bytes of each set and back: what a set lacks, and what is no text of it. */
static void lossy(void **state)
{
    (void)state;
    static const struct { const char *set, *text, *back; } cases[] = {
        { "latin1", "\u00e9\u65e5\u20ac", "\u00e9?\u20ac" },
        { "ascii", "a\u00e9", "a?" },
        { "utf8mb3", "a\U0001f600b", "a?b" },
        { "utf8mb4", "\U0001f600", "\U0001f600" },
        { "binary", "\U0001f600", "\U0001f600" },
        { "sjis", "\u00e9\u65e5\\", "?\u65e5\\" },
        { "euckr", "\u00e9\u65e5", "?\u65e5" },
        { "gb2312", "\u00e9\u65e5", "\u00e9\u65e5" },
        { "swe7", "\u00e9\u65e5", "\u00e9?" },
        { "ujis", "\u4e02\uff71x", "\u4e02\uff71x" },
        { "eucjpms", "\u4e02\u0e01", "\u4e02?" },
        { "gb18030", "\U0001f600\u4e2d\u00e9\u0e01", "\U0001f600\u4e2d\u00e9\u0e01" },
        { "ucs2", "\u00e9\U0001f600", "\u00e9?" },
        { "utf16", "\u00e9\U0001f600", "\u00e9\U0001f600" },
        { "utf16le", "\u00e9\U0001f600", "\u00e9\U0001f600" },
        { "utf32", "\u00e9\U0001f600", "\u00e9\U0001f600" },
        { "latin1", "", "" },
        { "latin1", "\xff", "?" },
    };
    struct buf bytes = { 0 }, text = { 0 };
    bool all;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes.n = text.n = 0;
        assert_int_equal(charset_encode(cases[i].set, slice_str(cases[i].text), &bytes), 0);
        assert_int_equal(charset_decode(cases[i].set, buf_slice(&bytes), &text, &all), 0);
        assert_true(all);
        assert_string_equal(buf_cstr(&text), cases[i].back);
    }
    text.n = 0;
    assert_int_equal(charset_decode("utf8mb4", slice_str("a\xe9" "b\u00e9"), &text, &all), 0);
    assert_false(all);
    assert_string_equal(buf_cstr(&text), "a?b\u00e9");
    assert_int_equal(charset_encode("ebcdic", slice_str("a"), &bytes), -1);
    assert_int_equal(charset_decode("ebcdic", slice_str("a"), &text, &all), -1);
    buf_done(&bytes);
    buf_done(&text);
}

/* Each byte string of up to three bytes against glibc's own mind (iconv to UTF-32), and a sample of
 * four. */
static bool glibc_takes(const uint8_t *p, size_t n)
{
    static iconv_t cd;
    char in[4], out[64], *from = in, *to = out;
    size_t left = n, room = sizeof out;
    cd = cd ? cd : iconv_open("UTF-32LE", "UTF-8");
    memcpy(in, p, n);
    iconv(cd, NULL, NULL, NULL, NULL);
    return iconv(cd, &from, &left, &to, &room) != (size_t)-1 && !left;
}

static void utf8_or_not(void **state)
{
    (void)state;
    struct buf out = { 0 };
    for (uint32_t v = 0; v < 1u << 24; v += v < 1u << 16 ? 1 : 7) {
        uint8_t p[4] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v, 0x80 };
        size_t skip = v < 0x100 ? 2 : v < 0x10000 ? 1 : 0, n = 3 - skip + (v % 3 == 0 && !skip);
        assert_int_equal(utf8_is(slice_of(p + skip, n)), glibc_takes(p + skip, n));
    }
    utf8_put_readable(slice_str("a\xff\u00e9\xe9 \xf0\x9f\x99"), &out);
    assert_string_equal(buf_cstr(&out), "a\\xFF\u00e9\\xE9 \\xF0\\x9F\\x99");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_server),
        cmocka_unit_test(texts),
        cmocka_unit_test(names),
        cmocka_unit_test(lossy),
        cmocka_unit_test(utf8_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
