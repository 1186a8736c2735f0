/* Keys, names and values at their edges: what a plan must write, and what it must refuse. */
#include <stdio.h>
#include "cases.h"
#include <time.h>
#include "encode/step.h"
#include "plans.h"

#define VALUE(s) { (const uint8_t *)(s), sizeof(s) - 1, CELL_VALUE }

static const struct encode_options usual = {
    .prefix = "p",
    .version = "0",
    .types = TYPES_CONNECT,
    .placeholder = "__debezium_unavailable_value",
};

static struct column column(enum col_type type, enum cell_form form)
{
    return (struct column){ .name = "v", .type_name = "the type", .type = type, .form = form,
                            .precision = -1 };
}

static struct table table_of(const struct column *cols, uint16_t n, const uint16_t *key,
                             uint16_t nkey)
{
    return (struct table){ .id = 1, .version = 1, .database = "d", .schema = "public", .name = "t",
                           .cols = cols, .ncols = n, .key = key, .nkey = nkey };
}

/* ---- patterns ---- */

/* An expression that PCRE gives up on, at a name that some table may have: it is this table's fault
 * and nobody else's. */
static void test_a_pattern_at_its_limits(void **state)
{
    static const char *const evil[] = { "(.+)+z", NULL };
    static const struct kv edit[] = { { "(.+)+z", "3" }, { NULL, NULL } };
    static const struct kv text[] = { { "(.+)+z", "v" }, { NULL, NULL } };
    static const struct choice_options cases[] = {
        { .include = evil }, { .exclude = evil }, { .mask = edit },
        { .key = text },     { .route = text },
    };
    const struct column c = { .name = "zaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                              .type_name = "text",
                              .type = COL_TEXT,
                              .form = FORM_PG_TEXT,
                              .precision = -1 };
    struct table t = table_of(&c, 1, first_column, 1);
    t.name = c.name;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct encode_options opt = usual;
        struct err err = { 0 };
        struct arena a;
        arena_init(&a, 4096);
        assert_int_equal(choices_new(&a, &cases[i], &opt.choices, &err), 0);
        assert_null(plan_compile(&t, &opt, &err));
        assert_int_equal(err.class, ERR_CONFIG);
        assert_non_null(strstr(err.msg, "(.+)+z"));
        arena_done(&a);
    }
}

/* ---- keys ---- */

struct key_case {
    enum col_type type;
    enum cell_form form;
    struct encode_options opt;
    struct cell before, after;
    bool changed;
};

/* numeric 1.50 and 1.5 and so on: equal for the server, and perhaps other bytes in the key. */
static const struct key_case key_cases[] = {
    { COL_DECIMAL, FORM_PG_TEXT, { 0 }, VALUE("1.50"), VALUE("1.5"), false },
    { COL_DECIMAL,
      FORM_PG_BINARY,
      { 0 },
      VALUE("\0\2\0\0\0\0\0\2\0\1\x13\x88"),
      VALUE("\0\2\0\0\0\0\0\1\0\1\x13\x88"),
      false },
    { COL_DECIMAL,
      FORM_PG_TEXT,
      { .decimal = DECIMAL_DOUBLE },
      VALUE("1.50"),
      VALUE("1.5"),
      false },
    { COL_DECIMAL, FORM_PG_TEXT, { .decimal = DECIMAL_STRING }, VALUE("1.50"), VALUE("1.5"), true },
    { COL_DECIMAL, FORM_PG_TEXT, { 0 }, VALUE("1.50"), VALUE("1.51"), true },
    { COL_TIMETZ, FORM_PG_TEXT, { 0 }, VALUE("12:00:00+00"), VALUE("13:00:00+01"), false },
    { COL_TIMESTAMP,
      FORM_PG_TEXT,
      { .time = TIME_CONNECT },
      VALUE("2024-01-01 00:00:00.0001"),
      VALUE("2024-01-01 00:00:00.0002"),
      false },
    { COL_TIMESTAMP,
      FORM_PG_TEXT,
      { 0 },
      VALUE("2024-01-01 00:00:00.0001"),
      VALUE("2024-01-01 00:00:00.0002"),
      true },
    { COL_INTERVAL, FORM_PG_TEXT, { 0 }, VALUE("1 day"), VALUE("24:00:00"), false },
    { COL_INTERVAL,
      FORM_PG_TEXT,
      { .interval = INTERVAL_STRING },
      VALUE("1 day"),
      VALUE("24:00:00"),
      true },
    { COL_F64, FORM_PG_TEXT, { 0 }, VALUE("0"), VALUE("-0"), true },
    { COL_F64, FORM_PG_TEXT, { 0 }, VALUE("100"), VALUE("1e2"), false },
    { COL_TEXT, FORM_PG_TEXT, { 0 }, VALUE("a"), VALUE("A"), true },
    { COL_TEXT, FORM_PG_TEXT, { 0 }, VALUE("a  "), VALUE("a"), true },
    { COL_TEXT, FORM_PG_TEXT, { 0 }, VALUE("a"), { .kind = CELL_UNCHANGED }, false },
    { COL_TEXT, FORM_PG_TEXT, { 0 }, { .kind = CELL_ABSENT }, VALUE("a"), false },
};

static void test_key_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof key_cases / sizeof *key_cases; i++) {
        const struct key_case *k = &key_cases[i];
        struct encode_options opt = usual;
        struct column col = column(k->type, k->form);
        struct table t = table_of(&col, 1, first_column, 1);
        struct event ev = { .kind = EV_UPDATE, .table = &t, .before = { &k->before },
                            .after = { &k->after } };
        struct buf before = { 0 }, after = { 0 };
        struct err err = { 0 };
        opt.decimal = k->opt.decimal;
        opt.time = k->opt.time;
        opt.interval = k->opt.interval;
        struct plan *p = compile(&t, &opt);
        if (plan_key_changed(p, &ev) != k->changed)
            fail_msg("case %zu: changed is not %d", i, k->changed);
        if (k->before.kind == CELL_VALUE && k->after.kind == CELL_VALUE) {
            assert_int_equal(plan_encode_key(p, ev.before, &before, &err), 0);
            assert_int_equal(plan_encode_key(p, ev.after, &after, &err), 0);
            assert_int_equal(slice_eq(buf_slice(&before), buf_slice(&after)), !k->changed);
        }
        buf_done(&before);
        buf_done(&after);
        plan_free(p);
    }
}

static void test_key_twice(void **state)
{
    (void)state;
    struct arena a;
    struct err err = { 0 };
    struct column cols[2] = { column(COL_I32, FORM_PG_TEXT), column(COL_I32, FORM_PG_TEXT) };
    struct table t = table_of(cols, 2, first_column, 1);
    struct encode_options opt = usual;
    struct choice_options o = { .key = (struct kv[]){ { ".*", "v, V" }, { NULL, NULL } } };
    arena_init(&a, 512);
    cols[1].name = "w";
    assert_int_equal(choices_new(&a, &o, &opt.choices, &err), 0);
    assert_null(plan_compile(&t, &opt, &err));
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "\"v\" of public.t is named twice"));
    arena_done(&a);
}

/* 0 and the plan of public.t (v int key, w int) with columns.rename: { pattern: to }. */
static int renamed(const char *pattern, const char *to, struct arena *a, struct plan **ret,
                   struct err *err)
{
    static struct encode_options opt;
    struct column cols[2] = { column(COL_I32, FORM_PG_TEXT), column(COL_I32, FORM_PG_TEXT) };
    struct table *t = arena_alloc(a, sizeof *t);
    struct choice_options o = { .rename = (struct kv[]){ { pattern, to }, { NULL, NULL } } };
    cols[1].name = "w";
    struct column *kept = arena_alloc(a, sizeof cols);
    memcpy(kept, cols, sizeof cols);
    *t = table_of(kept, 2, first_column, 1);
    opt = usual;
    if (choices_new(a, &o, &opt.choices, err))
        return -1;
    return (*ret = plan_compile(t, &opt, err)) ? 0 : -1;
}

static void test_columns_are_renamed(void **state)
{
    (void)state;
    static const struct { const char *pattern, *to, *key, *value; } cases[] = {
        { "public\\.t\\.v", "number", "\"name\":\"number\"", "\"name\":\"w\"" },
        { "PUBLIC\\.t\\.(.)", "$1-x", "\"name\":\"v_x\"", "\"name\":\"w_x\"" },
        { "public\\.u\\.v", "number", "\"name\":\"v\"", "\"name\":\"w\"" },
    };
    static const struct { const char *pattern, *to, *says; } bad[] = {
        { "public\\.t\\.v", "w", "both become the Avro field w" },
        { "public\\.t\\.v", "$1", "makes no name of column public.t.v" },
        { "public\\.t\\.v", "", "makes no name of column public.t.v" },
        { "public\\.t\\.(v", "w", "" },
    };
    struct arena a;
    struct plan *p;
    arena_init(&a, 512);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = { 0 };
        assert_int_equal(renamed(cases[i].pattern, cases[i].to, &a, &p, &err), 0);
        assert_non_null(strstr(plan_schema(p, PLAN_KEY), cases[i].key));
        assert_non_null(strstr(plan_schema(p, PLAN_VALUE), cases[i].key));
        assert_non_null(strstr(plan_schema(p, PLAN_VALUE), cases[i].value));
        plan_free(p);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = { 0 };
        assert_int_equal(renamed(bad[i].pattern, bad[i].to, &a, &p, &err), -1);
        if (!strstr(err.msg, bad[i].says))
            fail_msg("%zu: %s", i, err.msg);
    }
    arena_done(&a);
}

/* A delete of which only the key is known is one of which only the key's columns are known. */
static void test_a_row_of_which_only_the_key_is_known(void **state)
{
    (void)state;
    struct column cols[3] = { column(COL_TEXT, FORM_PG_TEXT), column(COL_I32, FORM_PG_TEXT),
                              column(COL_TEXT, FORM_PG_TEXT) };
    static const uint16_t both[] = { 2, 1 };
    struct table t = table_of(cols, 3, both, 2);
    struct cell cells[3] = { { .kind = CELL_ABSENT }, { (const uint8_t *)"77", 2, CELL_VALUE },
                             { (const uint8_t *)"secret", 6, CELL_VALUE } };
    struct arena a;
    struct err err = { 0 };
    arena_init(&a, 512);
    cols[1].name = "w";
    cols[2].name = "x";
    cols[0].nullable = true;
    for (int i = 0; i < 8; i++) {
        struct encode_options opt = usual;
        struct choice_options o = {
            .mask = (struct kv[]){ { i & 2 ? ".*x" : ".*none", "4" }, { NULL, NULL } },
            .exclude = i & 4 ? (const char *const[]){ ".*[.]w", NULL } : NULL };
        struct buf key = { 0 }, by_row = { 0 }, by_key = { 0 };
        opt.envelope = i & 1 ? ENVELOPE_FLAT : ENVELOPE_DEBEZIUM;
        assert_int_equal(choices_new(&a, &o, &opt.choices, &err), 0);
        struct plan *p = compile(&t, &opt);
        struct event row = { .kind = EV_DELETE, .table = &t, .before = { cells }, .txid = -1 };
        assert_int_equal(plan_encode_key(p, row.before, &key, &err), 0);
        struct event gone = { .kind = EV_DELETE, .table = &t, .key = buf_slice(&key), .txid = -1 };
        assert_int_equal(plan_check_key(p, gone.key, &err), 0);
        assert_int_equal(plan_encode_value(p, 'd', &row, &by_row, &err), 0);
        assert_int_equal(plan_encode_value(p, 'd', &gone, &by_key, &err), 0);
        /* The times at the end of the envelope are of two moments. */
        size_t n = by_row.n - (i & 1 ? 0 : 3 * 10);
        if (by_row.n != by_key.n || memcmp(by_row.p, by_key.p, n) != 0)
            fail_msg("case %d: they differ", i);
        for (size_t less = 0; less < key.n; less++)
            assert_int_equal(plan_check_key(p, slice_of(key.p, less), &err), -1);
        assert_int_equal(err.class, ERR_DATA);
        buf_u8(&key, 0);
        assert_int_equal(plan_check_key(p, buf_slice(&key), &err), -1);
        buf_done(&key);
        buf_done(&by_row);
        buf_done(&by_key);
        plan_free(p);
    }
    t.nkey = 0;
    struct plan *p = compile(&t, &usual);
    assert_int_equal(plan_check_key(p, slice_str("a"), &err), -1);
    assert_int_equal(err.class, ERR_CONFIG);
    plan_free(p);
    arena_done(&a);
}

static void test_null_where_none_may_be(void **state)
{
    (void)state;
    struct column col = column(COL_TEXT, FORM_PG_TEXT);
    struct table t = table_of(&col, 1, first_column, 0);
    struct cell cell = { .kind = CELL_NULL };
    struct event ev = { .kind = EV_INSERT, .table = &t, .after = { &cell } };
    struct buf out = { 0 };
    struct err err = { 0 };
    struct plan *p = compile(&t, &usual);
    assert_int_equal(plan_encode_value(p, 'c', &ev, &out, &err), -1);
    assert_int_equal(err.class, ERR_DATA);
    assert_non_null(strstr(err.msg, "public.t"));
    assert_non_null(strstr(err.msg, "column v: the row has NULL"));
    buf_done(&out);
    plan_free(p);
}

/* ---- names ---- */

static void test_topic_names(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64);
    /* Bytes that begin a long character, and end: more room is needed than was there. */
    assert_string_equal(name_topic(&a, "\xf4\xf4", "\xf0", "\xff\xff\xff"), "____.__.______");
    assert_string_equal(name_topic(&a, "p", "s", "a@b\xc3\xbc"), "p.s.a_b_");
    char *big = arena_alloc(&a, 70001);
    memset(big, 0xf8, 70000);
    big[70000] = 0;
    assert_int_equal(strlen(name_topic(&a, "p", "s", big)), 249);
    arena_done(&a);
}

static void refuse_flat(const char *name, enum flat_deletes deletes, const char *fields,
                        bool left_out, const char *why)
{
    struct arena a;
    struct err err = { 0 };
    struct column cols[2] = { column(COL_I32, FORM_PG_TEXT), column(COL_TEXT, FORM_PG_TEXT) };
    struct table t = table_of(cols, 2, first_column, 1);
    struct encode_options opt = usual;
    struct choice_options o = { .exclude = (const char *const[]){ left_out ? ".*\\.__.*" : "none",
                                                                  NULL } };
    arena_init(&a, 512);
    cols[0].name = "id";
    cols[1].name = name;
    opt.envelope = ENVELOPE_FLAT;
    opt.flat_deletes = deletes;
    assert_int_equal(flat_fields_new(&a, CONNECTOR_POSTGRESQL, fields, &opt.flat_fields, &err), 0);
    assert_int_equal(choices_new(&a, &o, &opt.choices, &err), 0);
    struct plan *p = plan_compile(&t, &opt, &err);
    assert_int_equal(p == NULL, why != NULL);
    if (why) {
        assert_int_equal(err.class, ERR_DATA);
        if (!strstr(err.msg, name) || !strstr(err.msg, why))
            fail_msg("%s", err.msg);
    }
    plan_free(p);
    arena_done(&a);
}

static void test_flat_names(void **state)
{
    (void)state;
    refuse_flat("__op", FLAT_DELETES_REWRITE, "op", false, "format.flat-fields");
    refuse_flat("..op", FLAT_DELETES_REWRITE, "op", false, "format.flat-fields");
    refuse_flat("__lsn", FLAT_DELETES_REWRITE, "source.lsn:lsn", false, "format.flat-fields");
    refuse_flat("__deleted", FLAT_DELETES_REWRITE, "", false, "format.flat-deletes");
    refuse_flat("__deleted", FLAT_DELETES_TOMBSTONE, "", false, NULL);
    refuse_flat("__op", FLAT_DELETES_REWRITE, "lsn", false, NULL);
    refuse_flat("__op", FLAT_DELETES_REWRITE, "op", true, NULL);
    refuse_flat("_op", FLAT_DELETES_REWRITE, "op", false, NULL);
}

static void test_bad_flat_fields(void **state)
{
    (void)state;
    static const char *const bad[] = { "op, op", "op, lsn:op", "source.ts_ms:ts_ms, ts_ms",
                                       "op:a-b", "op:",        "lsn:\xc3\xbc" };
    const struct flat_field *f;
    struct arena a;
    arena_init(&a, 512);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = { 0 };
        if (!flat_fields_new(&a, CONNECTOR_POSTGRESQL, bad[i], &f, &err))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(err.class, ERR_CONFIG);
    }
    arena_done(&a);
}

/* ---- values ---- */

static void check_row(const struct column *c, const struct encode_options *opt, struct cell cell,
                      const char *expected)
{
    struct buf body = { 0 };
    struct arena a;
    struct err err = { 0 };
    struct encode_options ends = *opt;      /* with a number: read_exactly() */
    arena_init(&a, 256);
    assert_int_equal(flat_fields_new(&a, CONNECTOR_POSTGRESQL, "lsn", &ends.flat_fields, &err), 0);
    check_value(c, &ends, cell, NULL, expected, expected, &body);
    buf_done(&body);
    arena_done(&a);
}

static void test_infinite_intervals(void **state)
{
    (void)state;
    static const struct cell
        plus = VALUE("\x7f\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\x7f\xff\xff\xff"),
        minus = VALUE("\x80\0\0\0\0\0\0\0\x80\0\0\0\x80\0\0\0");
    struct encode_options opt = usual;
    struct column binary = column(COL_INTERVAL, FORM_PG_BINARY),
                  text = column(COL_INTERVAL, FORM_PG_TEXT);
    for (int style = 0; style < 2; style++) {
        opt.types = style ? TYPES_AVRO : TYPES_CONNECT;
        opt.interval = INTERVAL_STRING;
        check_row(&binary, &opt, plus, "\"infinity\"");
        check_row(&binary, &opt, minus, "\"-infinity\"");
        check_row(&text, &opt, text_cell("infinity"), "\"infinity\"");
        check_row(&text, &opt, text_cell("-infinity"), "\"-infinity\"");
    }
    check_row(&text, &usual, text_cell("infinity"), "9223372036854775807");
}

static void test_no_bit(void **state)
{
    (void)state;
    struct column c = column(COL_BIT, FORM_PG_BINARY), text = column(COL_BIT, FORM_PG_TEXT);
    static const struct cell none = VALUE("\0\0\0\0"),
                             array = VALUE("\0\0\0\1\0\0\0\0\0\0\6\x1a\0\0\0\2\0\0\0\1"
                                           "\0\0\0\4\0\0\0\0\0\0\0\5\0\0\0\1\x80");
    c.length = text.length = 1;
    check_row(&c, &usual, none, "false");
    check_row(&text, &usual, text_cell(""), "false");
    c.nullable = text.nullable = true;
    check_row(&c, &usual, none, "null");
    check_row(&text, &usual, text_cell(""), "null");
    c.is_array = text.is_array = true;
    check_row(&c, &usual, array, "[null,true]");
    check_row(&text, &usual, text_cell("{\"\",1}"), "[null,true]");
}

/* Binary forms by hand: ndigits, weight, sign, dscale, digits. */
static void test_numeric_text(void **state)
{
    (void)state;
    static const struct { struct cell cell; const char *text; } cases[] = {
        { VALUE("\0\0\0\0\0\0\0\0"), "\"0\"" }, { VALUE("\0\0\0\0\0\0\0\3"), "\"0.000\"" },
        { VALUE("\0\1\0\0\x40\0\0\0\0\7"), "\"-7\"" },
        { VALUE("\0\1\0\2\0\0\0\0\0\1"), "\"100000000\"" },
        { VALUE("\0\2\0\1\0\0\0\2\0\x0c\0\x22"), "\"120034.00\"" },
        { VALUE("\0\1\xff\xff\0\0\0\4\0\1"), "\"0.0001\"" },
        { VALUE("\0\1\xff\xfe\0\0\0\7\0\x0a"), "\"0.0000001\"" },
        { VALUE("\0\1\xff\xfe\0\0\0\x0a\x04\xd2"), "\"0.0000123400\"" },
        { VALUE("\0\2\0\0\0\0\0\1\0\1\x13\x88"), "\"1.5\"" },
    };
    struct encode_options opt = usual;
    struct column c = column(COL_DECIMAL, FORM_PG_BINARY);
    opt.decimal = DECIMAL_STRING;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_row(&c, &opt, cases[i].cell, cases[i].text);
}

/* 1e131071, the largest power of ten that a server stores, ten times in each form that is text
 * inside. */
static void test_numeric_is_linear(void **state)
{
    (void)state;
    struct buf out = { 0 }, body = { 0 };
    struct err err = { 0 };
    struct column c = column(COL_DECIMAL, FORM_PG_BINARY);
    struct slice huge = slice_of("\0\1\x7f\xff\0\0\0\0\x03\xe8", 10);
    clock_t begin = clock();
    for (int i = 0; i < 10; i++) {
        out.n = 0;
        assert_int_equal(op_numeric_string_binary(&c, huge, &out, &err), OP_OK);
    }
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    assert_int_equal(out.n, 131072 + 3);       /* the length needs three bytes */
    assert_memory_equal(out.p + 3, "1000000000", 10);
    if (seconds > 1)
        fail_msg("10 values took %.1f s", seconds);
    assert_int_equal(
        op_numeric_string_binary(&c, slice_of("\0\1\0\0\0\0\0\0\x27\x10", 10), &out, &err), OP_BAD);
    buf_done(&out);
    buf_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pattern_at_its_limits),
        cmocka_unit_test(test_key_changes), cmocka_unit_test(test_key_twice),
        cmocka_unit_test(test_columns_are_renamed),
        cmocka_unit_test(test_a_row_of_which_only_the_key_is_known),
        cmocka_unit_test(test_null_where_none_may_be), cmocka_unit_test(test_topic_names),
        cmocka_unit_test(test_flat_names), cmocka_unit_test(test_bad_flat_fields),
        cmocka_unit_test(test_infinite_intervals), cmocka_unit_test(test_no_bit),
        cmocka_unit_test(test_numeric_text), cmocka_unit_test(test_numeric_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
