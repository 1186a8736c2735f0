#include <stdio.h>
#include "cases.h"
#include "mysql_cases.h"
#include "plans.h"

/* The flat value ends with a number, not with a string: avro-c loses memory over half a string
 * (read_exactly). */
static struct encode_options base_options = {
    .prefix = "p",
    .version = "0",
    .envelope = ENVELOPE_FLAT,
    .types = TYPES_CONNECT,
    .unknown = UNKNOWN_FAIL,
    .placeholder = "__debezium_unavailable_value",
};

static struct table table_of(const struct column *cols, uint16_t ncols, uint16_t nkey)
{
    return (struct table){ .id = 1,
                           .database = "d",
                           .schema = "public",
                           .name = "t",
                           .cols = cols,
                           .ncols = ncols,
                           .key = first_column,
                           .nkey = nkey };
}

static struct column column_of(const struct value_case *k, enum cell_form form, bool nullable)
{
    struct column c = k->col;
    c.name = "v";
    c.type_name = "the type";
    c.form = form;
    c.nullable = nullable;
    return c;
}

/* ---- values ---- */

static void check_forms(const struct value_case *k, enum type_style style, bool nullable)
{
    uint8_t wire[256];
    struct buf from_text = { 0 }, from_binary = { 0 };
    struct encode_options opt = base_options;
    opt.types = style;
    const char *expected = style == TYPES_AVRO && k->plain ? k->plain : k->connect;
    struct column text = column_of(k, FORM_PG_TEXT, nullable),
                  binary = column_of(k, FORM_PG_BINARY, nullable);
    struct cell cell = { wire, unhex(k->hex, wire), CELL_VALUE };
    check_value(&text, &opt, text_cell(k->text), NULL, expected, k->name, &from_text);
    check_value(&binary, &opt, cell, NULL, expected, k->name, &from_binary);
    /* An array's block layout may differ; its elements were compared above. */
    if (!k->col.is_array && !slice_eq(buf_slice(&from_text), buf_slice(&from_binary)))
        fail_msg("%s: text and binary form give different bytes", k->name);
    buf_done(&from_text);
    buf_done(&from_binary);
}

static void test_values(void **state)
{
    (void)state;
    for (int i = 0; i < VALUE_CASES; i++)
        for (int n = 0; n < 4; n++)
            check_forms(&value_cases[i], n & 1 ? TYPES_AVRO : TYPES_CONNECT, n & 2);
}

/* Every case as a column of one table, in the given form, envelope and style. */
static void check_wide_row(enum cell_form form, enum envelope envelope, enum type_style style)
{
    static struct column cols[VALUE_CASES];
    static struct cell cells[VALUE_CASES];
    static char names[VALUE_CASES][8];
    static uint8_t wire[VALUE_CASES][256];
    struct encode_options opt = base_options;
    struct err err = { 0 };
    struct buf body = { 0 };
    struct reading r;
    for (int i = 0; i < VALUE_CASES; i++) {
        const struct value_case *k = &value_cases[i];
        snprintf(names[i], sizeof names[i], "c%d", i);
        cols[i] = column_of(k, form, i % 2);
        cols[i].name = names[i];
        cells[i] = form == FORM_PG_TEXT
                       ? text_cell(k->text)
                       : (struct cell){ wire[i], unhex(k->hex, wire[i]), CELL_VALUE };
    }
    opt.envelope = envelope;
    opt.types = style;
    struct table t = table_of(cols, VALUE_CASES, 1);
    struct plan *p = compile(&t, &opt);
    struct event ev = { .kind = EV_UPDATE,
                        .table = &t,
                        .before = { cells },
                        .after = { cells },
                        .txid = 7,
                        .lsn = 99 };
    assert_int_equal(plan_encode_value(p, 'u', &ev, &body, &err), 0);
    read_schema(plan_schema(p, PLAN_VALUE), &r);
    read_exactly(&r, &body, "wide row");
    check_field(&r, envelope == ENVELOPE_FLAT ? "__deleted" : "op",
                envelope == ENVELOPE_FLAT ? "\"false\"" : "\"u\"", "wide row");
    if (envelope == ENVELOPE_FLAT)
        check_field(&r, "c2", "-123", "wide row");
    read_done(&r);
    body.n = 0;
    assert_int_equal(plan_encode_key(p, ev.after, &body, &err), 0);
    read_schema(plan_schema(p, PLAN_KEY), &r);
    read_exactly(&r, &body, "key");
    check_field(&r, "c0", "true", "key");
    read_done(&r);
    buf_done(&body);
    plan_free(p);
}

static void test_wide_row(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        check_wide_row(i & 1 ? FORM_PG_BINARY : FORM_PG_TEXT,
                       i & 2 ? ENVELOPE_FLAT : ENVELOPE_DEBEZIUM,
                       i & 4 ? TYPES_AVRO : TYPES_CONNECT);
}

/* Every type must have both ops in both styles: the sum of the cases covers the enum. */
static void test_cases_cover_types(void **state)
{
    (void)state;
    bool seen[COL_TYPES] = { false };
    for (int i = 0; i < VALUE_CASES; i++)
        seen[value_cases[i].col.type] = true;
    for (int i = 0; i < MYSQL_CASES; i++)
        seen[mysql_cases[i].col.type] = true;
    for (int type = COL_UNKNOWN + 1; type < COL_TYPES; type++)
        if (!seen[type])
            fail_msg("no case for column type %d", type);
}

/* ---- values that are not there, or that Avro cannot say ---- */

struct absent_case {
    const char *name;
    struct column col;
    struct cell cell;
    const char *expected;
};

#define VALUE(s) { (const uint8_t *)(s), sizeof(s) - 1, CELL_VALUE }
#define ABSENT { NULL, 0, CELL_ABSENT }
#define UNCHANGED { NULL, 0, CELL_UNCHANGED }
#define NAMED .name = "v", .type_name = "the type", .precision = -1
#define TOAST "__debezium_unavailable_value"

static const struct absent_case absent_cases[] = {
    { "NaN nullable", { NAMED, .type = COL_DECIMAL, .nullable = true }, VALUE("NaN"), "null" },
    { "NaN required", { NAMED, .type = COL_DECIMAL }, VALUE("NaN"), "{0,0x00}" },
    { "inf nullable",
      { NAMED, .type = COL_DECIMAL, .nullable = true },
      VALUE("-Infinity"),
      "null" },
    { "NaN binary",
      { NAMED, .type = COL_DECIMAL, .nullable = true, .form = FORM_PG_BINARY },
      VALUE("\0\0\0\0\xc0\0\0\0"),
      "null" },
    { "inf binary",
      { NAMED, .type = COL_DECIMAL, .nullable = true, .form = FORM_PG_BINARY },
      VALUE("\0\0\0\0\xd0\0\0\0"),
      "null" },
    { "-inf binary",
      { NAMED, .type = COL_DECIMAL, .nullable = true, .form = FORM_PG_BINARY },
      VALUE("\0\0\0\0\xf0\0\0\0"),
      "null" },
    { "NaN fixed",
      { NAMED, .type = COL_DECIMAL, .nullable = true, .has_scale = true, .scale = 2 },
      VALUE("NaN"),
      "null" },
    { "NaN in array",
      { NAMED, .type = COL_DECIMAL, .is_array = true },
      VALUE("{1,NaN}"),
      "[{0,0x01},null]" },
    { "int2vector", { NAMED, .type = COL_I32, .is_array = true }, VALUE("1 -2 3"), "[1,-2,3]" },
    { "int2vector of none", { NAMED, .type = COL_I32, .is_array = true }, VALUE(""), "[]" },
    { "text[] with spaces",
      { NAMED, .type = COL_TEXT, .is_array = true },
      VALUE("{\"a b\",c}"),
      "[\"a b\",\"c\"]" },
    { "absent int4", { NAMED, .type = COL_I32 }, ABSENT, "0" },
    { "absent int4 default",
      { NAMED, .type = COL_I32, .default_kind = DEFAULT_LITERAL, .default_text = "42" },
      ABSENT,
      "42" },
    { "absent int4 serial",
      { NAMED, .type = COL_I32, .default_kind = DEFAULT_COMPUTED },
      ABSENT,
      "0" },
    { "absent nullable", { NAMED, .type = COL_I32, .nullable = true }, ABSENT, "null" },
    { "absent nullable default",
      { NAMED, .type = COL_I32, .nullable = true, .default_kind = DEFAULT_LITERAL,
        .default_text = "42" },
      ABSENT,
      "null" },
    { "value nullable default",
      { NAMED, .type = COL_I32, .nullable = true, .default_kind = DEFAULT_LITERAL,
        .default_text = "42" },
      VALUE("7"),
      "7" },
    { "absent bool", { NAMED, .type = COL_BOOL }, ABSENT, "false" },
    { "absent float8", { NAMED, .type = COL_F64 }, ABSENT, "0" },
    { "absent decimal",
      { .name = "v",
        .type_name = "the type",
        .type = COL_DECIMAL,
        .has_scale = true,
        .precision = 5,
        .scale = 2 },
      ABSENT,
      "0x00" },
    { "absent decimal default",
      { .name = "v",
        .type_name = "the type",
        .type = COL_DECIMAL,
        .has_scale = true,
        .precision = 5,
        .scale = 2,
        .default_kind = DEFAULT_LITERAL,
        .default_text = "1" },
      ABSENT,
      "0x64" },
    { "absent text", { NAMED, .type = COL_TEXT }, ABSENT, "\"\"" },
    { "absent text default",
      { NAMED, .type = COL_TEXT, .default_kind = DEFAULT_LITERAL, .default_text = "x" },
      ABSENT,
      "\"x\"" },
    { "absent bytea", { NAMED, .type = COL_BYTES }, ABSENT, "0x" },
    { "absent date", { NAMED, .type = COL_DATE }, ABSENT, "0" },
    { "absent timetz", { NAMED, .type = COL_TIMETZ }, ABSENT, "\"00:00:00Z\"" },
    { "absent timestamptz",
      { NAMED, .type = COL_TIMESTAMPTZ },
      ABSENT,
      "\"1970-01-01T00:00:00Z\"" },
    { "absent timestamptz now()",
      { NAMED, .type = COL_TIMESTAMPTZ, .default_kind = DEFAULT_COMPUTED },
      ABSENT,
      "\"1970-01-01T00:00:00.000000Z\"" },
    { "absent interval", { NAMED, .type = COL_INTERVAL }, ABSENT, "0" },
    { "absent uuid", { NAMED, .type = COL_UUID }, ABSENT, "\"\"" },
    { "absent uuid computed",
      { NAMED, .type = COL_UUID, .default_kind = DEFAULT_COMPUTED },
      ABSENT,
      "\"00000000-0000-0000-0000-000000000000\"" },
    { "absent bit", { NAMED, .type = COL_BIT }, ABSENT, "0x" },
    { "absent array", { NAMED, .type = COL_I32, .is_array = true }, ABSENT, "[]" },

    { "toast text", { NAMED, .type = COL_TEXT }, UNCHANGED, "\"" TOAST "\"" },
    { "toast text nullable",
      { NAMED, .type = COL_TEXT, .nullable = true },
      UNCHANGED,
      "\"" TOAST "\"" },
    { "toast jsonb", { NAMED, .type = COL_JSONB }, UNCHANGED, "\"" TOAST "\"" },
    { "toast bytea",
      { NAMED, .type = COL_BYTES },
      UNCHANGED,
      "0x5f5f646562657a69756d5f756e617661696c61626c655f76616c7565" },
    { "toast text[]", { NAMED, .type = COL_TEXT, .is_array = true }, UNCHANGED, "[\"" TOAST "\"]" },
    { "toast uuid[]",
      { NAMED, .type = COL_UUID, .is_array = true },
      UNCHANGED,
      "[\"b68a35a7-17ad-35b3-af2a-ae46edb4545a\"]" },
    { "toast int4[]",
      { NAMED, .type = COL_I32, .is_array = true },
      UNCHANGED,
      "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,"
      "108,117,101]" },
    { "toast enum[]", { NAMED, .type = COL_ENUM, .is_array = true }, UNCHANGED, "[\"" TOAST "\"]" },
};

static void test_absent_values(void **state)
{
    (void)state;
    struct buf body = { 0 };
    for (size_t i = 0; i < sizeof absent_cases / sizeof *absent_cases; i++) {
        const struct absent_case *k = &absent_cases[i];
        check_value(&k->col, &base_options, k->cell, NULL, k->expected, k->name, &body);
    }
    buf_done(&body);
}

/* ---- what options choose ---- */

static void test_chosen_forms(void **state)
{
    (void)state;
    static const struct {
        struct column col;
        struct encode_options opt;
        struct cell text, binary;
        const char *expected;
    } cases[] = {
        { { NAMED, .type = COL_DECIMAL },
          { .decimal = DECIMAL_STRING },
          VALUE("1.500"),
          VALUE("\0\2\0\0\0\0\0\3\0\1\x13\x88"),
          "\"1.500\"" },
        { { NAMED, .type = COL_DECIMAL },
          { .decimal = DECIMAL_STRING },
          VALUE("NaN"),
          VALUE("\0\0\0\0\xc0\0\0\0"),
          "\"NAN\"" },
        { { NAMED, .type = COL_DECIMAL },
          { .decimal = DECIMAL_DOUBLE },
          VALUE("1.500"),
          VALUE("\0\2\0\0\0\0\0\3\0\1\x13\x88"),
          "1.5" },
        { { NAMED, .type = COL_MONEY },
          { .decimal = DECIMAL_STRING },
          VALUE("-$1,234.05"),
          VALUE("\xff\xff\xff\xff\xff\xfe\x1d\xf3"),
          "\"-1234.05\"" },
        { { NAMED, .type = COL_BYTES },
          { .binary = BINARY_HEX },
          VALUE("\\x00ff10"),
          VALUE("\0\xff\x10"),
          "\"00ff10\"" },
        { { NAMED, .type = COL_BYTES },
          { .binary = BINARY_BASE64 },
          VALUE("\\xfbff"),
          VALUE("\xfb\xff"),
          "\"+/8=\"" },
        { { NAMED, .type = COL_BYTES },
          { .binary = BINARY_BASE64_URL },
          VALUE("\\xfbffef"),
          VALUE("\xfb\xff\xef"),
          "\"-__v\"" },
        { { NAMED, .type = COL_BYTES },
          { .binary = BINARY_BASE64 },
          VALUE("\\x"),
          VALUE(""),
          "\"\"" },
        { { NAMED, .type = COL_DATE },
          { .time = TIME_ISOSTRING },
          VALUE("2024-02-29"),
          VALUE("\0\0\x22\x79"),
          "\"2024-02-29Z\"" },
        { { NAMED, .type = COL_TIME },
          { .time = TIME_CONNECT },
          VALUE("12:34:56.789012"),
          VALUE("\0\0\0\x0a\x8b\xe6\x26\x14"),
          "45296789" },
        { { NAMED, .type = COL_TIME },
          { .time = TIME_ISOSTRING },
          VALUE("12:34:56.78"),
          VALUE("\0\0\0\x0a\x8b\xe6\x02\xe0"),
          "\"12:34:56.78Z\"" },
        { { NAMED, .type = COL_TIME },
          { .time = TIME_NANOSECONDS },
          VALUE("12:34:56.789012"),
          VALUE("\0\0\0\x0a\x8b\xe6\x26\x14"),
          "45296789012000" },
        { { .name = "v", .type_name = "the type", .type = COL_TIMESTAMP, .precision = 3 },
          { .time = TIME_NANOSECONDS },
          VALUE("2024-02-29 12:34:56.789"),
          VALUE("\0\2\xb5\x83\x41\x72\x86\x08"),
          "1709210096789000000" },
        { { NAMED, .type = COL_HSTORE },
          { .hstore = HSTORE_MAP },
          VALUE("\"a\"=>\"1\", \"b\"=>NULL"),
          VALUE("\0\0\0\2\0\0\0\1a\0\0\0\1"
                "1\0\0\0\1b\xff\xff\xff\xff"),
          "{\"a\":\"1\",\"b\":null}" },
        { { NAMED, .type = COL_HSTORE },
          { .hstore = HSTORE_MAP },
          VALUE(""),
          VALUE("\0\0\0\0"),
          "{}" },
        { { .name = "v", .type_name = "the type", .type = COL_TIMESTAMP, .precision = 3 },
          { .time = TIME_MICROSECONDS },
          VALUE("2024-02-29 12:34:56.789"),
          VALUE("\0\2\xb5\x83\x41\x72\x86\x08"),
          "1709210096789000" },
    };
    struct buf body = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct encode_options opt = base_options;
        struct column col = cases[i].col;
        opt.decimal = cases[i].opt.decimal;
        opt.binary = cases[i].opt.binary;
        opt.time = cases[i].opt.time;
        opt.hstore = cases[i].opt.hstore;
        check_value(&col, &opt, cases[i].text, NULL, cases[i].expected, "text", &body);
        col.form = FORM_PG_BINARY;
        check_value(&col, &opt, cases[i].binary, NULL, cases[i].expected, "binary", &body);
    }
    buf_done(&body);
}

/* ---- what columns.* choose ---- */

struct edit_case {
    const char *key, *value;
    struct column col;
    struct cell cell;
    const char *expected;
};

static void check_edit(struct choice_options o, const struct edit_case *k, struct buf *body)
{
    struct arena a;
    struct err err;
    struct encode_options opt = base_options;
    arena_init(&a, 4096);
    if (choices_new(&a, &o, &opt.choices, &err))
        fail_msg("%s", err.msg);
    check_value(&k->col, &opt, k->cell, NULL, k->expected, k->value, body);
    arena_done(&a);
}

/* The digests are what sha256sum and md5sum say of salt and text, and for v1 of what Java writes of
 * the string "abc". */
static void test_edits(void **state)
{
    (void)state;
    static const struct edit_case masks[] = {
        { "public\\.t\\.v", "3", { NAMED, .type = COL_TEXT }, VALUE("secret"), "\"***\"" },
        { ".*\\.V", "0", { NAMED, .type = COL_TEXT }, VALUE("secret"), "\"\"" },
        { "public.t.v",
          "3",
          { NAMED, .type = COL_TEXT, .nullable = true },
          { .kind = CELL_NULL },
          "\"***\"" },
        { "public.t.w", "3", { NAMED, .type = COL_TEXT }, VALUE("kept"), "\"kept\"" },
        { "public.t.v", "3", { NAMED, .type = COL_UUID }, VALUE("kept"), "\"kept\"" },
    };
    static const struct edit_case cuts[] = {
        { "public.t.v",
          "2",
          { NAMED, .type = COL_TEXT },
          VALUE("a\xc3\xbc"
                "c"),
          "\"a\xc3\xbc\"" },
        { "public.t.v", "2", { NAMED, .type = COL_TEXT }, VALUE("a\xf0\x9f\x98\x80"), "\"a\"" },
        { "public.t.v", "9", { NAMED, .type = COL_TEXT }, VALUE("short"), "\"short\"" },
        { "public.t.v",
          "1",
          { NAMED, .type = COL_TEXT, .nullable = true },
          { .kind = CELL_NULL },
          "null" },
    };
    static const struct edit_case hashes[] = {
        { "public.t.v",
          "SHA-256:salt",
          { NAMED, .type = COL_TEXT },
          VALUE("abc"),
          "\"3681099918be28c95b81e27e7e5c2e4c6a6dea566d2d10e7f49139ebb779eb6f\"" },
        { "public.t.v",
          "MD5:s:t",
          { NAMED, .type = COL_TEXT, .length = 10 },
          VALUE("abc"),
          "\"4760c57679\"" },
        { "public.t.v",
          "v1:MD5:s",
          { NAMED, .type = COL_TEXT },
          VALUE("abc"),
          "\"036d80be85737468cd2dfe3fcb6a7cc7\"" },
        { "public.t.v",
          "MD5:s",
          { NAMED, .type = COL_TEXT, .nullable = true },
          { .kind = CELL_NULL },
          "null" },
    };
    struct buf body = { 0 };
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
        check_edit((struct choice_options){ .mask = (struct kv[]){ { masks[i].key, masks[i].value },
                                                                   { NULL, NULL } } },
                   &masks[i], &body);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        check_edit(
            (struct choice_options){
                .truncate = (struct kv[]){ { cuts[i].key, cuts[i].value }, { NULL, NULL } } },
            &cuts[i], &body);
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        check_edit(
            (struct choice_options){
                .hash = (struct kv[]){ { hashes[i].key, hashes[i].value }, { NULL, NULL } } },
            &hashes[i], &body);
    buf_done(&body);
}

static void test_bad_choices(void **state)
{
    (void)state;
    const struct choice_options bad[] = {
        { .mask = (struct kv[]){ { "a(", "1" }, { NULL, NULL } } },
        { .mask = (struct kv[]){ { "a", "x" }, { NULL, NULL } } },
        { .truncate = (struct kv[]){ { "a", "-1" }, { NULL, NULL } } },
        { .hash = (struct kv[]){ { "a", "SHA-256" }, { NULL, NULL } } },
        { .hash = (struct kv[]){ { "a", "ROT13:x" }, { NULL, NULL } } },
        { .hash = (struct kv[]){ { "a", "MD4:x" }, { NULL, NULL } } },
        { .include = (const char *const[]){ "[", NULL } },
        { .key = (struct kv[]){ { "*", "a" }, { NULL, NULL } } },
        { .route = (struct kv[]){ { "(?<", "a" }, { NULL, NULL } } },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a;
        struct err err = { 0 };
        const struct choices *c;
        arena_init(&a, 4096);
        assert_int_equal(choices_new(&a, &bad[i], &c, &err), -1);
        assert_int_equal(err.class, ERR_CONFIG);
        arena_done(&a);
    }
}

/* ---- cells that are not of their type ---- */

static void test_malformed_cells(void **state)
{
    (void)state;
    static const struct { struct column col; struct cell cell;
    } bad[] = {
        { { NAMED, .type = COL_I32 }, VALUE("12x") },
        { { NAMED, .type = COL_I32 }, VALUE("") },
        { { NAMED, .type = COL_I64, .form = FORM_PG_BINARY }, VALUE("abc") },
        { { NAMED, .type = COL_BOOL }, VALUE("true") },
        { { NAMED, .type = COL_F64 }, VALUE("1.5z") },
        { { NAMED, .type = COL_DECIMAL }, VALUE("1.2.3") },
        { { NAMED, .type = COL_DECIMAL, .form = FORM_PG_BINARY }, VALUE("\0\2\0\0\0\0\0\0\0\1") },
        { { NAMED, .type = COL_DATE }, VALUE("2024-13-01") },
        { { NAMED, .type = COL_TIMESTAMP }, VALUE("2024-01-01T00:00:00") },
        { { NAMED, .type = COL_INTERVAL }, VALUE("3 weeks") },
        { { NAMED, .type = COL_BYTES }, VALUE("\\x0") },
        { { NAMED, .type = COL_BYTES }, VALUE("\\xzz") },
        { { NAMED, .type = COL_UUID, .form = FORM_PG_BINARY }, VALUE("123") },
        { { NAMED, .type = COL_JSONB, .form = FORM_PG_BINARY }, VALUE("\2{}") },
        { { NAMED, .type = COL_INET, .form = FORM_PG_BINARY },
          VALUE("\2\x20\0\x10"
                "abcd") },
        { { NAMED, .type = COL_BIT, .form = FORM_PG_BINARY },
          VALUE("\0\0\0\x09"
                "a") },
        { { NAMED, .type = COL_I32, .is_array = true, .form = FORM_PG_BINARY },
          VALUE("\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\2") },
        { { NAMED, .type = COL_I32, .is_array = true }, VALUE("{1,x}") },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = { 0 };
        struct buf body = { 0 };
        struct table t = table_of(&bad[i].col, 1, 0);
        struct plan *p = compile(&t, &base_options);
        struct event ev = { .kind = EV_INSERT, .table = &t, .after = { &bad[i].cell } };
        if (plan_encode_value(p, 'c', &ev, &body, &err) != -1)
            fail_msg("malformed cell %zu was taken", i);
        assert_int_equal(err.class, ERR_DATA);
        assert_non_null(strstr(err.msg, "public.t"));
        buf_done(&body);
        plan_free(p);
    }
}

static struct arena arena;

static int make_flat_fields(void **state)
{
    (void)state;
    struct err err;
    arena_init(&arena, 4096);
    return flat_fields_new(&arena, CONNECTOR_POSTGRESQL,
                           "op, source.table:table, snapshot, source.ts_us, lsn",
                           &base_options.flat_fields, &err);
}

static int free_flat_fields(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void test_flat_fields(void **state)
{
    (void)state;
    const struct flat_field *f = base_options.flat_fields;
    struct err err = { 0 };
    assert_string_equal(f[0].name, "__op");
    assert_string_equal(f[1].name, "__table");
    assert_string_equal(f[2].name, "__snapshot");
    assert_null(f[5].name);
    assert_int_equal(flat_fields_new(&arena, CONNECTOR_POSTGRESQL, "source.ts_ms", &f, &err), 0);
    assert_string_equal(f[0].name, "__source_ts_ms");
    assert_int_equal(flat_fields_new(&arena, CONNECTOR_POSTGRESQL, "", &f, &err), 0);
    assert_null(f[0].name);
    assert_int_equal(flat_fields_new(&arena, CONNECTOR_POSTGRESQL, "op, source.op", &f, &err), -1);
    assert_string_equal(err.msg, "format.flat-fields: there is no field \"source.op\"");
    assert_int_equal(flat_fields_new(&arena, CONNECTOR_POSTGRESQL, "xyz:op", &f, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases_cover_types),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_wide_row),
        cmocka_unit_test(test_absent_values),
        cmocka_unit_test(test_chosen_forms),
        cmocka_unit_test(test_flat_fields),
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_bad_choices),
        cmocka_unit_test(test_malformed_cells),
    };
    return cmocka_run_group_tests(tests, make_flat_fields, free_flat_fields);
}
