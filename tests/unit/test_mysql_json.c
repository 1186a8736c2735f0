#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/mysql_json.h"
#include "bytes.h"

static int put(struct slice before, const struct slice *diffs, struct buf *out)
{
    struct err err = { 0 };
    out->n = 0;
    int rc =
        diffs ? mysql_json_patch(before, *diffs, out, &err) : mysql_json_print(before, out, &err);
    if (rc) {
        assert_int_equal(err.class, ERR_DATA);
        assert_int_equal(out->n, 0);
    } else if (diffs) {
        assert_int_equal(out->p[0], 0xff);
        memmove(out->p, out->p + 1, --out->n);
    }
    return rc;
}

/* Text of a document, or of what differences make of it. */
static void check(const char *before, const char *diffs, const char *text)
{
    struct slice b = hex_bytes(before), d = hex_bytes(diffs ? diffs : "");
    struct buf out = { 0 };
    if (put(b, diffs ? &d : NULL, &out) || strcmp(buf_cstr(&out), text))
        fail_msg("%s %s: %s instead of %s", before, diffs ? diffs : "", buf_cstr(&out), text);
    free_bytes(b);
    free_bytes(d);
    buf_done(&out);
}

/* Whatever is cut off, or a byte too many, ends in an answer. */
static void cut(const char *before, const char *diffs)
{
    struct slice b = hex_bytes(before), d = hex_bytes(diffs ? diffs : "");
    struct buf out = { 0 };
    for (size_t n = 1; n < (diffs ? d.n : b.n); n++) {
        uint8_t *copy = malloc(n);
        memcpy(copy, diffs ? d.p : b.p, n);
        struct slice shorter = { copy, n };
        (void)put(diffs ? b : shorter, diffs ? &shorter : NULL, &out);
        free(copy);
    }
    free_bytes(b);
    free_bytes(d);
    buf_done(&out);
}

/*
 * mysql_json.txt, recorded of MySQL 9.7: a document as the binlog had it, in hex, and the text that
 * SELECT gave, without white space outside strings; or a document, the differences of a partial
 * update and the text of the document after it.
 */
static void as_the_server(void **state)
{
    (void)state;
    static char line[100000];
    FILE *f = fopen("tests/unit/mysql_json.txt", "r");
    int documents = 0, updates = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        char *rest = NULL, *before = strtok_r(line, "\t", &rest),
             *second = strtok_r(NULL, "\t", &rest), *third = strtok_r(NULL, "\t", &rest);
        check(before, third ? second : NULL, third ? third : second);
        cut(before, third ? second : NULL);
        updates += third != NULL;
        documents += third == NULL;
    }
    fclose(f);
    assert_int_equal(documents, 412);
    assert_int_equal(updates, 150);
}

/* {"a":1,"b":[1,2]} */
#define DOC "0002001e001200010013000100050100021400" "6162" "02000a00" "050100" "050200"

static void paths(void **state)
{
    (void)state;
    static const struct { const char *diffs, *text;
    } cases[] = {
        { "", "{\"a\":1,\"b\":[1,2]}" },
        /* replace $.a */
        { "00"
          "03242e61"
          "020401",
          "{\"a\":true,\"b\":[1,2]}" },
        /* $."a" */
        { "00"
          "05242e226122"
          "020400",
          "{\"a\":null,\"b\":[1,2]}" },
        /* insert $.aa */
        { "01"
          "04242e6161"
          "020401",
          "{\"a\":1,\"b\":[1,2],\"aa\":true}" },
        /* $._: before a */
        { "01"
          "03242e5f"
          "020401",
          "{\"_\":true,\"a\":1,\"b\":[1,2]}" },
        /* a path that ends in a point */
        { "01"
          "07242e225c74222e"
          "020401",
          NULL },
        /* $."\t" */
        { "01"
          "06242e225c7422"
          "020401",
          "{\"\\t\":true,\"a\":1,\"b\":[1,2]}" },
        /* $.b[0] */
        { "01"
          "06242e625b305d"
          "020401",
          "{\"a\":1,\"b\":[true,1,2]}" },
        /* $.b[10] and a byte more */
        { "01"
          "08242e625b31305d"
          "020401",
          NULL },
        /* $.b[99]: at the end */
        { "01"
          "07242e625b39395d"
          "020401",
          "{\"a\":1,\"b\":[1,2,true]}" },
        /* $.b[last] */
        { "01"
          "09242e625b6c6173745d"
          "020401",
          "{\"a\":1,\"b\":[1,true,2]}" },
        /* $.b[last-1] */
        { "00"
          "0b242e625b6c6173742d315d"
          "020401",
          "{\"a\":1,\"b\":[true,2]}" },
        /* $.b[last-9] */
        { "01"
          "0b242e625b6c6173742d395d"
          "020401",
          "{\"a\":1,\"b\":[true,1,2]}" },
        { "00"
          "0b242e625b6c6173742d395d"
          "020401",
          NULL },
        /* $.a[0]: a value is an array of one */
        { "00"
          "06242e615b305d"
          "020401",
          "{\"a\":true,\"b\":[1,2]}" },
        /* remove */
        { "02"
          "03242e61",
          "{\"b\":[1,2]}" },
        { "02"
          "03242e62",
          "{\"a\":1}" },
        { "02"
          "06242e625b305d",
          "{\"a\":1,\"b\":[2]}" },
        { "02"
          "06242e625b315d",
          "{\"a\":1,\"b\":[1]}" },
        { "02"
          "03242e61"
          "02"
          "03242e62",
          "{}" },
        { "02"
          "03242e61"
          "02"
          "03242e62"
          "01"
          "03242e63"
          "020401",
          "{\"c\":true}" },
        { "02"
          "06242e625b315d"
          "02"
          "06242e625b305d"
          "01"
          "06242e625b305d"
          "020400",
          "{\"a\":1,\"b\":[null]}" },
        /* replace $ */
        { "00"
          "0124"
          "020401",
          "true" },
        /* it is there */
        { "01"
          "03242e61"
          "020401",
          NULL },
        /* it is not */
        { "00"
          "03242e63"
          "020401",
          NULL },
        { "02"
          "03242e63",
          NULL },
        { "02"
          "0124",
          NULL },
        { "02"
          "06242e625b325d",
          NULL },
        /* $.a.b of a number */
        { "00"
          "05242e612e62"
          "020401",
          NULL },
        { "03"
          "03242e61"
          "020401",
          NULL },
        { "00"
          "0161"
          "020401",
          NULL },
        /* no such value */
        { "00"
          "03242e61"
          "010c",
          NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice b = hex_bytes(DOC), d = hex_bytes(cases[i].diffs);
        struct buf out = { 0 };
        int rc = put(b, &d, &out);
        if (rc != (cases[i].text ? 0 : -1) || (!rc && strcmp(buf_cstr(&out), cases[i].text)))
            fail_msg("%s: %d, %s", cases[i].diffs, rc, buf_cstr(&out));
        free_bytes(b);
        free_bytes(d);
        buf_done(&out);
    }
    struct buf out = { 0 };
    struct slice d = hex_bytes("00" "03242e61" "020400");
    assert_int_equal(put(slice_str("\xff{\"a\":[1,\"]}\\\"\"],\"b\":{\"a\":2}}"), &d, &out),
                     0); /* text, as it was left before */
    assert_string_equal(buf_cstr(&out), "{\"a\":null,\"b\":{\"a\":2}}");
    assert_int_equal(put(slice_str("\xff{\"a\":[1"), &d, &out), -1);
    free_bytes(d);
    buf_done(&out);
}

static void malformed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "04",                           /* no literal */
        "0403",                         /* a fourth one */
        "05ff",                         /* half a number */
        "0c0561",                       /* a string beyond its end */
        "0cffffffffff7f61",
        "0b000000000000f07f",           /* infinity */
        "0e00",                         /* no such type */
        "0201000a00020000",             /* an array in itself: it never ends */
        "02ffff0400",                   /* more elements than bytes */
        "03ffffffffffffffff",
        "0001001000" "ff000100" "050100",       /* a key beyond the object */
        "0ff605050280",                 /* half a decimal */
        "0f0a0100",                     /* a date of one byte */
    };
    struct buf out = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice b = hex_bytes(cases[i]);
        if (put(b, NULL, &out) != -1)
            fail_msg("%s: %s", cases[i], buf_cstr(&out));
        free_bytes(b);
    }
    assert_int_equal(put(slice_of(NULL, 0), NULL, &out), 0);
    assert_string_equal(buf_cstr(&out), "null");
    buf_done(&out);
}

/* Arrays whose two elements are both the next array: 2^60 values from 600 bytes. */
static void bomb(void **state)
{
    (void)state;
    struct buf doc = { 0 }, out = { 0 };
    buf_u8(&doc, 2);
    for (int i = 0; i < 60; i++) {
        size_t left = (size_t)(60 - i) * 10;
        buf_put(&doc, (uint8_t[]){ 2, 0, (uint8_t)left, (uint8_t)(left >> 8), 2, 10, 0, 2, 10, 0 },
                10);
    }
    buf_put(&doc, (uint8_t[]){ 0, 0, 4, 0 }, 4);
    assert_int_equal(put(buf_slice(&doc), NULL, &out), -1);
    buf_done(&doc);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_server),
        cmocka_unit_test(paths),
        cmocka_unit_test(malformed),
        cmocka_unit_test(bomb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
