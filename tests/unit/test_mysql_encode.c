#include <stdio.h>
#include <stdlib.h>
#include "base/charset.h"
#include "cases.h"
#include "mysql_cases.h"
#include "plans.h"

static struct encode_options base_options = {
    .prefix = "p", .version = "0", .connector = CONNECTOR_MYSQL, .placeholder = "unavailable",
};

static struct table table_of(const struct column *cols, uint16_t ncols, uint16_t nkey)
{
    return (struct table){ .id = 1,
                           .database = "shop",
                           .schema = "shop",
                           .name = "t",
                           .cols = cols,
                           .ncols = ncols,
                           .key = first_column,
                           .nkey = nkey };
}

/* ---- the source block ---- */

static const struct column id = {
    .name = "id", .type_name = "int", .type = COL_I32, .form = FORM_BINLOG
};
static const struct cell seven = { (const uint8_t *)"\7\0\0\0", 4, CELL_VALUE };
static const struct binlog_place place = { .file = "binlog.000003",
                                           .pos = 1234,
                                           .row = 2,
                                           .server_id = 223344,
                                           .gtid = "3e11fa47-71ca-11e1-9e33-c80aa9429562:23",
                                           .thread = 11 };

static const char source_schema[] =
    "{\"name\":\"source\",\"type\":{\"type\":\"record\",\"name\":\"Source\",\"namespace\":\"io."
    "debezium.connector.mysql\",\"fields\":["
    "{\"name\":\"version\",\"type\":\"string\"},{\"name\":\"connector\",\"type\":\"string\"},{"
    "\"name\":\"name\",\"type\":\"string\"},"
    "{\"name\":\"ts_ms\",\"type\":\"long\"},"
    "{\"name\":\"snapshot\",\"type\":[{\"type\":\"string\",\"connect.version\":1,"
    "\"connect.parameters\":{\"allowed\":\"true,first,first_in_data_collection,last_in_data_"
    "collection,last,false,incremental\"},"
    "\"connect.default\":\"false\",\"connect.name\":\"io.debezium.data.Enum\"},\"null\"],"
    "\"default\":\"false\"},"
    "{\"name\":\"db\",\"type\":\"string\"},{\"name\":\"sequence\",\"type\":[\"null\",\"string\"],"
    "\"default\":null},"
    "{\"name\":\"ts_us\",\"type\":[\"null\",\"long\"],\"default\":null},{\"name\":\"ts_ns\","
    "\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"table\",\"type\":[\"null\",\"string\"],\"default\":null},{\"name\":\"server_id\","
    "\"type\":\"long\"},"
    "{\"name\":\"gtid\",\"type\":[\"null\",\"string\"],\"default\":null},{\"name\":\"file\","
    "\"type\":\"string\"},"
    "{\"name\":\"pos\",\"type\":\"long\"},{\"name\":\"row\",\"type\":\"int\"},"
    "{\"name\":\"thread\",\"type\":[\"null\",\"long\"],\"default\":null},{\"name\":\"query\","
    "\"type\":[\"null\",\"string\"],\"default\":null}],"
    "\"connect.version\":1,\"connect.name\":\"io.debezium.connector.mysql.Source\"}}";

static void check_source(enum connector connector, const struct event *like, const char *source,
                         const char *transaction)
{
    struct encode_options opt = base_options;
    struct table t = table_of(&id, 1, 1);
    struct event ev = *like;
    struct buf body = { 0 };
    struct err err;
    struct reading r;
    opt.connector = connector;
    ev.table = &t;
    struct plan *p = compile(&t, &opt);
    assert_string_equal(plan_topic(p), "p.shop.t");
    if (connector == CONNECTOR_MYSQL)
        assert_non_null(strstr(plan_schema(p, PLAN_VALUE), source_schema));
    assert_int_equal(plan_encode_value(p, 'c', &ev, &body, &err), 0);
    read_schema(plan_schema(p, PLAN_VALUE), &r);
    assert_int_equal(read_bytes(&r, body.p, body.n), 0);
    check_field(&r, "source", source, "source");
    check_field(&r, "transaction", transaction, "transaction");
    read_done(&r);
    buf_done(&body);
    plan_free(p);
}

static void test_source_block(void **state)
{
    (void)state;
    struct event ev = { .kind = EV_INSERT,
                        .after = { &seven },
                        .commit_us = 1700000000123456,
                        .place = &place,
                        .tx_order = 5,
                        .tx_table_order = 3 };
    check_source(CONNECTOR_MYSQL, &ev,
                 "{\"0\",\"mysql\",\"p\",1700000000123,\"false\",\"shop\",null,1700000000123456,"
                 "1700000000123456000,\"t\",223344,"
                 "\"3e11fa47-71ca-11e1-9e33-c80aa9429562:23\",\"binlog.000003\",1234,2,11,null}",
                 "{\"3e11fa47-71ca-11e1-9e33-c80aa9429562:23\",5,3}");
    struct binlog_place other = place;
    other.gtid = NULL;
    other.thread = -1;
    other.query = slice_str("INSERT INTO t VALUES (7)");
    ev.place = &other;
    check_source(CONNECTOR_MARIADB, &ev,
                 "{\"0\",\"mariadb\",\"p\",1700000000123,\"false\",\"shop\",null,1700000000123456,"
                 "1700000000123456000,\"t\",223344,"
                 "null,\"binlog.000003\",1234,2,null,\"INSERT INTO t VALUES (7)\"}",
                 "{\"file=binlog.000003,pos=1234\",5,3}");
    ev.tx_begin = slice_str("file=binlog.000003,pos=1000");
    check_source(CONNECTOR_MARIADB, &ev,
                 "{\"0\",\"mariadb\",\"p\",1700000000123,\"false\",\"shop\",null,1700000000123456,"
                 "1700000000123456000,\"t\",223344,"
                 "null,\"binlog.000003\",1234,2,null,\"INSERT INTO t VALUES (7)\"}",
                 "{\"file=binlog.000003,pos=1000\",5,3}");
}

/* No transaction wrote it, and its time is known to the second. */
static void test_source_of_a_snapshot(void **state)
{
    (void)state;
    struct event ev = { .kind = EV_READ,
                        .after = { &seven },
                        .commit_us = 1700000000123456,
                        .place = &place,
                        .snapshot = SNAP_LAST_IN_TABLE };
    check_source(CONNECTOR_MYSQL, &ev,
                 "{\"0\",\"mysql\",\"p\",1700000000000,\"last_in_data_collection\",\"shop\",null,"
                 "1700000000000000,1700000000000000000,\"t\",0,"
                 "null,\"binlog.000003\",1234,0,null,null}",
                 "null");
}

static void test_flat_fields(void **state)
{
    (void)state;
    static const struct { const char *field, *expected;
    } cases[] = {
        { "__op", "\"c\"" },
        { "__server_id", "223344" },
        { "__gtid", "\"3e11fa47-71ca-11e1-9e33-c80aa9429562:23\"" },
        { "__file", "\"binlog.000003\"" },
        { "__pos", "1234" },
        { "__row", "2" },
        { "__thread", "11" },
        { "__query", "null" },
        { "__source_ts_us", "1700000000123456" },
        { "__connector", "\"mysql\"" },
        { "__sequence", "null" },
    };
    struct encode_options opt = base_options;
    struct table t = table_of(&id, 1, 1);
    struct event ev = { .kind = EV_INSERT,
                        .table = &t,
                        .after = { &seven },
                        .commit_us = 1700000000123456,
                        .place = &place };
    struct buf body = { 0 };
    struct arena a;
    struct err err;
    struct reading r;
    arena_init(&a, 4096);
    opt.envelope = ENVELOPE_FLAT;
    assert_int_equal(
        flat_fields_new(
            &a, CONNECTOR_MYSQL,
            "op server_id gtid file pos row thread query source.ts_us connector sequence",
            &opt.flat_fields, &err),
        0);
    struct plan *p = compile(&t, &opt);
    assert_int_equal(plan_encode_value(p, 'c', &ev, &body, &err), 0);
    read_schema(plan_schema(p, PLAN_VALUE), &r);
    assert_int_equal(read_bytes(&r, body.p, body.n), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_field(&r, cases[i].field, cases[i].expected, cases[i].field);
    read_done(&r);
    plan_free(p);
    buf_done(&body);
    assert_int_equal(flat_fields_new(&a, CONNECTOR_MYSQL, NULL, &opt.flat_fields, &err), 0);
    assert_string_equal(opt.flat_fields[5].name, "__tx");
    assert_int_equal(flat_fields_new(&a, CONNECTOR_MYSQL, "lsn", &opt.flat_fields, &err), -1);
    assert_int_equal(flat_fields_new(&a, CONNECTOR_POSTGRESQL, "gtid", &opt.flat_fields, &err), -1);
    arena_done(&a);
}

/* What a row's error says of its place. */
static void test_error_names_the_place(void **state)
{
    (void)state;
    struct table t = table_of(&id, 1, 1);
    struct cell bad = { (const uint8_t *)"", 0, CELL_VALUE };
    struct event ev = { .kind = EV_INSERT, .table = &t, .after = { &bad }, .place = &place };
    struct buf body = { 0 };
    struct err err = { 0 };
    struct plan *p = compile(&t, &base_options);
    assert_int_equal(plan_encode_value(p, 'c', &ev, &body, &err), -1);
    assert_non_null(strstr(err.msg, "shop.t at binlog.000003:1234: column id"));
    plan_free(p);
    buf_done(&body);
}

static void test_transaction_records(void **state)
{
    (void)state;
    struct tx_part part = { "shop", "t", 3 };
    struct service_record r = { .end = true,
                                .id = slice_str(place.gtid),
                                .ts_ms = 1700000000123,
                                .records = 3,
                                .parts = &part,
                                .nparts = 1 };
    struct plan *p = plan_compile_service(SERVICE_TRANSACTION, &base_options);
    struct reading value;
    struct buf body = { 0 };
    plan_encode_service(p, PLAN_VALUE, &r, &body);
    read_schema(plan_schema(p, PLAN_VALUE), &value);
    read_exactly(&value, &body, "END");
    check_field(&value, "status", "\"END\"", "status");
    check_field(&value, "id", "\"3e11fa47-71ca-11e1-9e33-c80aa9429562:23\"", "id");
    check_field(&value, "data_collections", "[{\"shop.t\",3}]", "data_collections");
    read_done(&value);
    buf_done(&body);
    plan_free(p);
}

/* ---- values ---- */

static struct cell cell_of(const char *hex, uint8_t *room)
{
    return (struct cell){ room, unhex(hex, room), CELL_VALUE };
}

static struct column column_of(const struct mysql_case *k, enum cell_form form, bool nullable)
{
    struct column c = k->col;
    c.name = "v";
    c.type_name = "the type";
    c.form = form;
    c.nullable = nullable;
    if (k->set && charset_find(k->set, &c.charset))
        fail_msg("no character set %s", k->set);
    return c;
}

static void check_forms(const struct mysql_case *k, enum type_style style, bool nullable)
{
    uint8_t room[256];
    struct buf from_binlog = { 0 }, from_text = { 0 };
    struct encode_options opt = base_options;
    opt.types = style;
    const char *expected = style == TYPES_AVRO && k->plain ? k->plain : k->connect;
    struct cell cell = cell_of(k->hex, room);
    struct column binlog = column_of(k, FORM_BINLOG, nullable),
                  text = column_of(k, FORM_MYSQL_TEXT, nullable);
    check_value(&binlog, &opt, cell, &place, expected, k->name, &from_binlog);
    check_value(&text, &opt, k->text ? text_cell(k->text) : cell, &place, expected, k->name,
                &from_text);
    if (!slice_eq(buf_slice(&from_binlog), buf_slice(&from_text)))
        fail_msg("%s: snapshot and stream give different bytes", k->name);
    if (nullable)
        check_value(&binlog, &opt, (struct cell){ .kind = CELL_NULL }, &place, "null", k->name,
                    &from_binlog);
    buf_done(&from_binlog);
    buf_done(&from_text);
}

static void test_values(void **state)
{
    (void)state;
    for (int i = 0; i < MYSQL_CASES; i++)
        for (int n = 0; n < 4; n++)
            check_forms(&mysql_cases[i], n & 1 ? TYPES_AVRO : TYPES_CONNECT, n & 2);
}

/* All cases in one row: the whole body is read, nothing is left over. */
static void check_wide_row(enum cell_form form, enum type_style style, bool nullable)
{
    static struct column cols[MYSQL_CASES];
    static struct cell cells[MYSQL_CASES];
    static char names[MYSQL_CASES][8];
    static uint8_t rooms[MYSQL_CASES][256];
    struct encode_options opt = base_options;
    struct err err;
    struct buf body = { 0 };
    struct reading r;
    for (int i = 0; i < MYSQL_CASES; i++) {
        const struct mysql_case *k = &mysql_cases[i];
        snprintf(names[i], sizeof names[i], "c%d", i);
        cols[i] = column_of(k, form, nullable);
        cols[i].name = names[i];
        cells[i] =
            form == FORM_MYSQL_TEXT && k->text ? text_cell(k->text) : cell_of(k->hex, rooms[i]);
    }
    opt.types = style;
    struct table t = table_of(cols, MYSQL_CASES, 1);
    struct plan *p = compile(&t, &opt);
    struct event ev = {
        .kind = EV_UPDATE, .table = &t, .before = { cells }, .after = { cells }, .place = &place
    };
    assert_int_equal(plan_encode_value(p, 'u', &ev, &body, &err), 0);
    read_schema(plan_schema(p, PLAN_VALUE), &r);
    read_exactly(&r, &body, "wide row");
    check_field(&r, "op", "\"u\"", "wide row");
    read_done(&r);
    buf_done(&body);
    plan_free(p);
}

static void test_wide_row(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        check_wide_row(i & 1 ? FORM_BINLOG : FORM_MYSQL_TEXT, i & 2 ? TYPES_AVRO : TYPES_CONNECT,
                       i & 4);
}

/* Every whole number near an edge, in every width, in both forms. */
static void check_width(enum col_type type, bool is_unsigned, int width)
{
    struct mysql_case k = { .name = "edge", .col = { .type = type, .is_unsigned = is_unsigned } };
    for (int bit = 0; bit <= 8 * width - 1; bit++)
        for (int off = -1; off <= 1; off++)
            for (int sign = 1; sign >= (is_unsigned ? 1 : -1); sign -= 2) {
                char hex[20], text[32];
                uint64_t u = (uint64_t)sign * ((UINT64_C(1) << bit) + (uint64_t)off),
                         mask = width < 8 ? (UINT64_C(1) << 8 * width) - 1 : UINT64_MAX;
                uint64_t low = u & mask, top = UINT64_C(1) << (8 * width - 1);
                int64_t value = is_unsigned || !(low & top) ? (int64_t)low : (int64_t)(low | ~mask);
                for (int i = 0; i < width; i++)
                    snprintf(hex + 2 * i, 3, "%02x", (unsigned)(low >> 8 * i & 0xff));
                if (type == COL_U64)
                    snprintf(text, sizeof text, "%llu", (unsigned long long)low);
                else
                    snprintf(text, sizeof text, "%lld", (long long)value);
                char expected[32];
                snprintf(expected, sizeof expected, "%lld", (long long)value);
                k.hex = hex, k.text = text, k.connect = expected;
                check_forms(&k, TYPES_AVRO, false);
            }
}

static void test_widths(void **state)
{
    (void)state;
    check_width(COL_I16, false, 1);
    check_width(COL_I16, true, 1);
    check_width(COL_I16, false, 2);
    check_width(COL_I32, true, 2);
    check_width(COL_I32, false, 3);
    check_width(COL_I32, true, 3);
    check_width(COL_I32, false, 4);
    check_width(COL_I64, true, 4);
    check_width(COL_I64, false, 8);
    check_width(COL_U64, true, 8);
}

/* ---- what the types cannot say: days of zeros ---- */

static void test_zero_dates(void **state)
{
    (void)state;
    static const struct { struct column col; const char *hex, *text, *required;
    } cases[] = {
        { M_COL(COL_DATE), "000000", "0000-00-00", "0" },
        { M_COL(COL_DATE), "000200", "0001-00-00", "0" },
        { M_COL(COL_DATE), "00d00f", "2024-00-00", "0" },
        { M_COL(COL_DATE), "5dce0f", "2023-02-29", "0" },
        { M_COL_P(COL_TIMESTAMP, 0), "8000000000", "0000-00-00 00:00:00", "0" },
        { M_COL_P(COL_TIMESTAMP, 6), "99b2000000000000", "2024-00-00 00:00:00.000000", "0" },
        { M_COL_P(COL_TIMESTAMP, 0), "99b2be0000", "2024-02-31 00:00:00", "0" },
        { M_COL_P(COL_TIMESTAMPTZ, 3), "000000000000", "0000-00-00 00:00:00.000",
          "\"1970-01-01T00:00:00Z\"" },
    };
    struct buf body = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int n = 0; n < 4; n++) {
            uint8_t room[32];
            struct mysql_case k = { .col = cases[i].col };
            struct column c = column_of(&k, n & 1 ? FORM_BINLOG : FORM_MYSQL_TEXT, n & 2);
            c.default_kind = DEFAULT_LITERAL;       /* W17: not what stands for a zero date */
            c.default_text = c.type == COL_DATE ? "2020-01-01" : "2020-01-01 00:00:00";
            check_value(&c, &base_options,
                        n & 1 ? cell_of(cases[i].hex, room) : text_cell(cases[i].text), &place,
                        n & 2 ? "null" : cases[i].required, cases[i].text, &body);
        }
    buf_done(&body);
}

/* ---- what options choose ---- */

static void test_chosen_forms(void **state)
{
    (void)state;
    static const struct {
        struct encode_options opt;
        struct column col;
        const char *hex, *text, *expected;
    } cases[] = {
        { { .bigint_unsigned = BIGINT_UNSIGNED_PRECISE },
          M_COL(COL_U64),
          "ffffffffffffffff",
          "18446744073709551615",
          "0x00ffffffffffffffff" },
        { { .bigint_unsigned = BIGINT_UNSIGNED_PRECISE },
          M_COL(COL_U64),
          "0000000000000000",
          "0",
          "0x00" },
        { { .bigint_unsigned = BIGINT_UNSIGNED_PRECISE },
          M_COL(COL_U64),
          "8000000000000000",
          "128",
          "0x0080" },
        { { .decimal = DECIMAL_STRING },
          M_DEC(14, 4),
          "810dfb38d204d2",
          "1234567890.1234",
          "\"1234567890.1234\"" },
        { { .decimal = DECIMAL_STRING }, M_DEC(1, 1), "7e", "-0.1", "\"-0.1\"" },
        { { .decimal = DECIMAL_STRING }, M_DEC(5, 2), "800c32", "012.50", "\"12.50\"" },
        { { .decimal = DECIMAL_STRING }, M_DEC(9, 0), "80000000", "-0", "\"0\"" },
        { { .decimal = DECIMAL_DOUBLE },
          M_DEC(14, 4),
          "7ef204c72dfb2d",
          "-1234567890.1234",
          "-1234567890.1234" },
        { { .decimal = DECIMAL_DOUBLE }, M_DEC(5, 2), "800c32", "012.50", "12.5" },
        { { .binary = BINARY_HEX }, M_PAD(COL_BYTES, 3), "6162", NULL, "\"616200\"" },
        { { .binary = BINARY_BASE64 }, M_COL(COL_BYTES), "fbff", NULL, "\"+/8=\"" },
        { { .binary = BINARY_BASE64_URL }, M_PAD(COL_BYTES, 3), "fbff", NULL, "\"-_8A\"" },
        { { .time = TIME_MICROSECONDS },
          M_COL_P(COL_TIMESTAMP, 0),
          "99b2bac8b8",
          "2024-02-29 12:34:56",
          "1709210096000000" },
        { { .time = TIME_NANOSECONDS },
          M_COL_P(COL_TIMESTAMP, 0),
          "99b2bac8b8",
          "2024-02-29 12:34:56",
          "1709210096000000000" },
        { { .time = TIME_CONNECT },
          M_COL_P(COL_TIMESTAMP, 6),
          "99b2bac8b80c0a14",
          "2024-02-29 12:34:56.789012",
          "1709210096789" },
        { { .time = TIME_ISOSTRING },
          M_COL_P(COL_TIMESTAMP, 6),
          "99b2bac8b8044aa2",
          "2024-02-29 12:34:56.281250",
          "\"2024-02-29T12:34:56.28125Z\"" },
        { { .time = TIME_CONNECT }, M_COL(COL_DATE), "5dd00f", "2024-02-29", "19782" },
        { { .time = TIME_ISOSTRING }, M_COL(COL_DATE), "5dd00f", "2024-02-29", "\"2024-02-29Z\"" },
        { { .time = TIME_MICROSECONDS },
          M_COL_P(COL_TIME_SPAN, 0),
          "80c8b8",
          "12:34:56",
          "45296000000" },
        { { .time = TIME_NANOSECONDS },
          M_COL_P(COL_TIME_SPAN, 6),
          "7f3747f3f5ec",
          "-12:34:56.789012",
          "-45296789012000" },
        { { .time = TIME_CONNECT },
          M_COL_P(COL_TIME_SPAN, 6),
          "7f3747f3f5ec",
          "-12:34:56.789012",
          "-45296789" },
        { { .time = TIME_CONNECT }, M_COL_P(COL_TIME_SPAN, 0), "b46efb", "838:59:59", "0" },
        { { .time = TIME_CONNECT },
          M_COL_P(COL_TIME_SPAN, 3),
          "a547d71946",
          "596:31:23.647",
          "2147483647" },
        { { .time = TIME_ISOSTRING },
          M_COL_P(COL_TIME_SPAN, 3),
          "80c8b81388",
          "12:34:56.500",
          "\"12:34:56.5Z\"" },
        { { .time = TIME_ISOSTRING },
          M_COL_P(COL_TIME_SPAN, 6),
          "4b9105000000",
          "-838:59:59.000000",
          "\"-838:59:59Z\"" },
        { { .time = TIME_ISOSTRING },
          M_COL_P(COL_TIMESTAMPTZ, 0),
          "65e079f0",
          "2024-02-29 12:34:56",
          "\"2024-02-29T12:34:56Z\"" },
    };
    struct buf from_binlog = { 0 }, from_text = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t room[64];
        struct encode_options opt = cases[i].opt;
        struct mysql_case k = { .col = cases[i].col };
        struct column binlog = column_of(&k, FORM_BINLOG, false),
                      text = column_of(&k, FORM_MYSQL_TEXT, false);
        struct cell cell = cell_of(cases[i].hex, room);
        opt.prefix = opt.version = opt.placeholder = "p";
        opt.connector = CONNECTOR_MYSQL;
        check_value(&binlog, &opt, cell, &place, cases[i].expected, cases[i].expected,
                    &from_binlog);
        check_value(&text, &opt, cases[i].text ? text_cell(cases[i].text) : cell, &place,
                    cases[i].expected, cases[i].expected, &from_text);
        assert_true(slice_eq(buf_slice(&from_binlog), buf_slice(&from_text)));
    }
    buf_done(&from_binlog);
    buf_done(&from_text);
}

/* ---- schemas ---- */

#define NAMED .name = "v", .type_name = "the type", .form = FORM_MYSQL_TEXT

static const char *schema_field(const struct column *c, const struct encode_options *opt)
{
    static char field[1000];
    struct table t = table_of(c, 1, 0);
    struct encode_options flat = *opt;
    flat.envelope = ENVELOPE_FLAT;
    struct plan *p = compile(&t, &flat);
    const char *from = strstr(plan_schema(p, PLAN_VALUE), "{\"name\":\"v\""),
               *to = strstr(from, "},{\"name\":\"__deleted\"");
    snprintf(field, sizeof field, "%.*s", (int)(to - from) + 1, from);
    plan_free(p);
    return field;
}

static void test_schemas(void **state)
{
    (void)state;
    static const struct {
        struct encode_options opt;
        struct column col;
        const char *expected;
    } cases[] = {
        { { 0 }, { NAMED, .type = COL_I16 }, "{\"type\":\"int\",\"connect.type\":\"int16\"}" },
        { { 0 }, { NAMED, .type = COL_U64 }, "\"long\"" },
        { { .bigint_unsigned = BIGINT_UNSIGNED_PRECISE },
          { NAMED, .type = COL_U64 },
          "{\"type\":\"bytes\",\"scale\":0,\"precision\":20,\"connect.version\":1,\"connect."
          "parameters\":{\"scale\":\"0\","
          "\"connect.decimal.precision\":\"20\"},\"connect.name\":\"org.apache.kafka.connect.data."
          "Decimal\",\"logicalType\":\"decimal\"}" },
        { { 0 }, { NAMED, .type = COL_F32 }, "\"float\"" },
        { { 0 }, { NAMED, .type = COL_F32_WIDE }, "\"double\"" },
        { { 0 },
          { NAMED, .type = COL_YEAR },
          "{\"type\":\"int\",\"connect.version\":1,\"connect.name\":\"io.debezium.time.Year\"}" },
        { { 0 },
          { NAMED, .type = COL_TIME_SPAN },
          "{\"type\":\"long\",\"connect.version\":1,\"connect.name\":\"io.debezium.time."
          "MicroTime\"}" },
        { { .types = TYPES_AVRO }, { NAMED, .type = COL_TIME_SPAN }, "\"long\"" },
        { { .time = TIME_CONNECT },
          { NAMED, .type = COL_TIME_SPAN },
          "{\"type\":\"int\",\"connect.version\":1,\"connect.name\":\"org.apache.kafka.connect."
          "data.Time\",\"logicalType\":\"time-millis\"}" },
        { { 0 },
          { NAMED, .type = COL_BIT, .length = 10 },
          "{\"type\":\"bytes\",\"connect.version\":1,\"connect.parameters\":{\"length\":\"10\"},"
          "\"connect.name\":\"io.debezium.data.Bits\"}" },
        { { 0 },
          { NAMED, .type = COL_ENUM, .labels = m_sizes, .nlabels = 3 },
          "{\"type\":\"string\",\"connect.version\":1,\"connect.parameters\":{\"allowed\":\"small,"
          "c\\\\,d,gr\xc3\xbc\xc3\x9f\"},"
          "\"connect.name\":\"io.debezium.data.Enum\"}" },
        { { 0 },
          { NAMED, .type = COL_SET, .labels = m_sizes, .nlabels = 2 },
          "{\"type\":\"string\",\"connect.version\":1,\"connect.parameters\":{\"allowed\":\"small,"
          "c\\\\,d\"},"
          "\"connect.name\":\"io.debezium.data.EnumSet\"}" },
        { { 0 },
          { NAMED, .type = COL_JSON },
          "{\"type\":\"string\",\"connect.version\":1,\"connect.name\":\"io.debezium.data."
          "Json\"}" },
        { { 0 },
          { NAMED, .type = COL_UUID },
          "{\"type\":\"string\",\"connect.version\":1,\"connect.name\":\"io.debezium.data."
          "Uuid\"}" },
        { { .types = TYPES_AVRO },
          { NAMED, .type = COL_UUID },
          "{\"type\":\"string\",\"logicalType\":\"uuid\"}" },
        { { 0 }, { NAMED, .type = COL_INET }, "\"string\"" },
        { { 0 },
          { NAMED, .type = COL_VECTOR },
          "{\"type\":\"array\",\"items\":\"float\",\"connect.version\":1,\"connect.name\":\"io."
          "debezium.data.FloatVector\"}" },
        { { 0 },
          { NAMED, .type = COL_TEXT, .comment = "who \"it\" is" },
          "{\"type\":\"string\",\"connect.doc\":\"who \\\"it\\\" is\"}" },
        { { .types = TYPES_AVRO },
          { NAMED, .type = COL_TEXT, .comment = "who it is" },
          "\"string\"" },
        { { 0 },
          { NAMED, .type = COL_DECIMAL, .has_scale = true, .precision = 5, .scale = 2,
            .comment = "price" },
          "{\"type\":\"bytes\",\"scale\":2,\"precision\":5,\"connect.doc\":\"price\",\"connect."
          "version\":1,\"connect.parameters\":"
          "{\"scale\":\"2\",\"connect.decimal.precision\":\"5\"},\"connect.name\":\"org.apache."
          "kafka.connect.data.Decimal\","
          "\"logicalType\":\"decimal\"}" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct encode_options opt = cases[i].opt;
        char expected[1000];
        opt.prefix = opt.version = opt.placeholder = "p";
        opt.connector = CONNECTOR_MYSQL;
        snprintf(expected, sizeof expected, "{\"name\":\"v\",\"type\":%s}", cases[i].expected);
        assert_string_equal(schema_field(&cases[i].col, &opt), expected);
    }
}

static void check_default(struct column c, enum default_kind kind, const char *text,
                          const char *expected)
{
    char field[100];
    c.name = "v";
    c.type_name = "the type";
    c.form = FORM_BINLOG;
    c.default_kind = kind;
    c.default_text = text;
    snprintf(field, sizeof field, ",\"default\":%s}", expected);
    const char *schema = schema_field(&c, &base_options);
    if (expected ? !strstr(schema, field) : strstr(schema, "default") != NULL)
        fail_msg("default %s: expected %s in %s", text ? text : "computed",
                 expected ? expected : "none", schema);
}

static void test_defaults(void **state)
{
    (void)state;
    static const struct { struct column col; const char *text, *expected;
    } cases[] = {
        { M_COL(COL_I16), "42", "42" },
        { M_COL(COL_U64), "18446744073709551615", "-1" },
        { M_COL(COL_F32), "0.1", "0.1" },
        { M_COL(COL_F32_WIDE), "5.61", "5.610000133514404" },
        { M_DEC(5, 2), "1.5", "\"\\u0000\\u0096\"" },
        { M_COL(COL_TEXT), "it's", "\"it's\"" },
        { M_COL(COL_TEXT), "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
        { M_PAD(COL_BYTES, 3), "ab", "\"ab\\u0000\"" },
        { M_COL(COL_DATE), "2024-02-29", "19782" },
        { M_COL_P(COL_TIMESTAMP, 0), "2024-02-29 12:34:56", "1709210096000" },
        { M_COL_P(COL_TIMESTAMP, 6), "2024-02-29", "1709164800000000" },
        { M_COL_P(COL_TIMESTAMPTZ, 3), "2024-02-29 12:34:56.500", "\"2024-02-29T12:34:56.500Z\"" },
        { M_COL_P(COL_TIME_SPAN, 0), "-100:00:00", "-360000000000" },
        { M_COL(COL_YEAR), "2024", "2024" },
        { M_BITS(1), "b'1'", "true" },
        { M_BITS(10), "b'1011001110'", "\"\\u00ce\\u0002\"" },
        { M_BITS(10), "718", "\"\\u00ce\\u0002\"" },
        { M_LABELS(COL_ENUM, m_sizes), "c,d", "\"c,d\"" },
        { M_LABELS(COL_SET, m_sizes), "small,c,d", "\"small,c,d\"" },
        { M_COL(COL_DATE), "0000-00-00", "0" },
        { M_COL_P(COL_TIMESTAMPTZ, 0), "0000-00-00 00:00:00", "\"1970-01-01T00:00:00Z\"" },
        { M_COL(COL_I32), "no number", NULL },
    };
    static const struct { struct column col; const char *expected;
    } computed[] = {
        { M_COL_P(COL_TIMESTAMP, 6), "0" },
        { M_COL_P(COL_TIMESTAMPTZ, 6), "\"1970-01-01T00:00:00Z\"" },
        { M_COL(COL_I32), "0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_default(cases[i].col, DEFAULT_LITERAL, cases[i].text, cases[i].expected);
    for (size_t i = 0; i < sizeof computed / sizeof *computed; i++)
        check_default(computed[i].col, DEFAULT_COMPUTED, NULL, computed[i].expected);
    struct column optional = M_COL(COL_DATE);
    optional.nullable = true;       /* a zero date that may be null is null: no default */
    check_default(optional, DEFAULT_LITERAL, "0000-00-00", "null");
}

/* What stands for a required value that is not in the image. */
static void test_absent(void **state)
{
    (void)state;
    static const struct { struct column col; const char *expected;
    } cases[] = {
        { M_COL(COL_U64), "0" },
        { M_COL(COL_F32), "0" },
        { M_DEC(5, 2), "0x00" },
        { M_COL(COL_TEXT), "\"\"" },
        { M_PAD(COL_BYTES, 3), "0x" },
        { M_COL(COL_JSON), "\"{}\"" },
        { M_COL_P(COL_TIMESTAMPTZ, 3), "\"1970-01-01T00:00:00Z\"" },
        { M_COL(COL_VECTOR), "[]" },
        { M_LABELS(COL_ENUM, m_sizes), "\"\"" },
        { M_COL(COL_YEAR), "0" },
        { M_BITS(10), "0x" },
        { M_BITS(1), "false" },
        { M_COL(COL_GEOMETRY), "{0x010700000000000000,null}" },
        { M_COL(COL_POINT), "{0,0,0x010100000000000000000000000000000000000000,null}" },
    };
    struct buf body = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct column c = cases[i].col;
        c.name = "v";
        c.type_name = "the type";
        c.form = FORM_BINLOG;
        check_value(&c, &base_options, (struct cell){ .kind = CELL_ABSENT }, &place,
                    cases[i].expected, cases[i].expected, &body);
    }
    buf_done(&body);
}

/* ---- cells that are not of their type ---- */

static void test_malformed_cells(void **state)
{
    (void)state;
    static const struct { struct column col; const char *hex, *text, *set;
    } bad[] = {
        { M_COL(COL_I32), "0000008000", NULL, NULL },
        { M_COL(COL_I32), "", NULL, NULL },
        { M_UNSIGNED(COL_I32), "ffffffff", NULL, NULL },
        { M_COL(COL_I16), "ffff7f", NULL, NULL },
        { M_COL(COL_I16), NULL, "32768", NULL },
        { M_COL(COL_I64), NULL, "9223372036854775808", NULL },
        { M_COL(COL_I32), NULL, "12x", NULL },
        { M_COL(COL_I32), NULL, "-", NULL },
        { M_COL(COL_U64), "ff", NULL, NULL },
        { M_COL(COL_U64), NULL, "18446744073709551616", NULL },
        { M_COL(COL_U64), NULL, "-1", NULL },
        { M_COL(COL_F32), "0000", NULL, NULL },
        { M_COL(COL_F64), NULL, "1.5z", NULL },
        { M_DEC(5, 2), "8000", NULL, NULL },
        { M_DEC(5, 2), "80ffff", NULL, NULL },
        { M_DEC(5, 2), NULL, "1.2.3", NULL },
        { M_DEC(5, 2), NULL, "", NULL },
        { M_COL(COL_DATE), "0000", NULL, NULL },
        { M_COL(COL_DATE), NULL, "2024-2-29", NULL },
        { M_COL(COL_DATE), NULL, "2024-02-29 00", NULL },
        { M_COL(COL_TIMESTAMP), "00b2bac8b8", NULL, NULL },
        { M_COL(COL_TIMESTAMP), "99b2bb9000", NULL, NULL },
        { M_COL(COL_TIMESTAMP), NULL, "2024-02-29 24:00:00", NULL },
        { M_COL_P(COL_TIMESTAMP, 3), "99b2bac8b8ffff", NULL, NULL },
        { M_COL(COL_TIMESTAMP), NULL, "2024-02-29 12:34:56.", NULL },
        { M_COL(COL_TIMESTAMPTZ), "65e079", NULL, NULL },
        { M_COL(COL_TIME_SPAN), "ffffff", NULL, NULL },
        { M_COL(COL_TIME_SPAN), NULL, "1:02:03", NULL },
        { M_COL(COL_TIME_SPAN), NULL, "12:34:56.1234567", NULL },
        { M_COL(COL_YEAR), "0000", NULL, NULL },
        { M_COL(COL_YEAR), NULL, "20x4", NULL },
        { M_BITS(10), "00", NULL, NULL },
        { M_BITS(10), NULL, "1024", NULL },
        { M_BITS(3), NULL, "b'1011'", NULL },
        { M_LABELS(COL_ENUM, m_sizes), "05", NULL, NULL },
        { M_LABELS(COL_ENUM, m_sizes), NULL, "5", NULL },
        { M_LABELS(COL_SET, m_sizes), "10", NULL, NULL },
        { M_LABELS(COL_SET, m_sizes), NULL, "small", NULL },
        { M_COL(COL_JSON), "00ff", NULL, NULL },
        { M_COL(COL_GEOMETRY), "0000", NULL, NULL },
        { M_COL(COL_POINT), "000000000102000000000000000000f83f00000000000002c0", NULL, NULL },
        { M_COL(COL_VECTOR), "0000803f00", NULL, NULL },
        { M_COL(COL_UUID), "0000000000000000000000000000000000", NULL, NULL },
        { M_PAD(COL_INET, 4), "0a00000001", NULL, NULL },
        { M_PAD(COL_INET, 16), NULL, "10.0.0.1", NULL },
        { M_COL(COL_TEXT), "d6", NULL, "gbk" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t room[64];
        struct mysql_case k = { .col = bad[i].col, .set = bad[i].set };
        struct column c = column_of(&k, bad[i].hex ? FORM_BINLOG : FORM_MYSQL_TEXT, false);
        struct cell cell = bad[i].hex ? cell_of(bad[i].hex, room) : text_cell(bad[i].text);
        struct err err = { 0 };
        struct buf body = { 0 };
        struct table t = table_of(&c, 1, 0);
        struct plan *p = compile(&t, &base_options);
        struct event ev = { .kind = EV_INSERT, .table = &t, .after = { &cell }, .place = &place };
        if (plan_encode_value(p, 'c', &ev, &body, &err) != -1)
            fail_msg("malformed cell %zu was taken", i);
        assert_int_equal(err.class, ERR_DATA);
        assert_non_null(strstr(err.msg, "column v"));
        buf_done(&body);
        plan_free(p);
    }
}

/* Types that only PostgreSQL has do not compile in MySQL's forms, nor MySQL's in PostgreSQL's. */
static void test_no_op(void **state)
{
    (void)state;
    static const struct column none[] = {
        { NAMED, .type = COL_UNKNOWN },
        { NAMED, .type = COL_MONEY },
        { NAMED, .type = COL_HSTORE },
        { NAMED, .type = COL_TIME },
        { .name = "v", .type_name = "the type", .type = COL_SET },
        { .name = "v", .type_name = "the type", .type = COL_U64, .form = FORM_PG_BINARY },
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct err err = { 0 };
        struct table t = table_of(&none[i], 1, 0);
        assert_null(plan_compile(&t, &base_options, &err));
        assert_int_equal(err.class, ERR_DATA);
        assert_non_null(strstr(err.msg, "shop.t.v has type the type"));
    }
}

/* The key as the newkey and oldkey headers have it. */
static void test_key_header(void **state)
{
    (void)state;
    struct encode_options opt = base_options;
    struct column c = { .name = "v",
                        .type_name = "bigint",
                        .type = COL_U64,
                        .form = FORM_BINLOG,
                        .is_unsigned = true };
    struct cell cell = { (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff", 8, CELL_VALUE };
    for (int i = 0; i < 2; i++) {
        struct table t = table_of(&c, 1, 1);
        struct buf json = { 0 };
        struct err err;
        opt.bigint_unsigned = i ? BIGINT_UNSIGNED_PRECISE : BIGINT_UNSIGNED_LONG;
        struct plan *p = compile(&t, &opt);
        assert_int_equal(plan_key_json(p, (struct row){ &cell }, &json, &err), 0);
        assert_string_equal(buf_cstr(&json), i ? "{\"v\":18446744073709551615}" : "{\"v\":-1}");
        buf_done(&json);
        plan_free(p);
    }
}

/* ---- what columns.* choose ---- */

static void check_edit(struct choice_options o, struct mysql_case k, const char *text,
                       const char *expected)
{
    struct arena a;
    struct err err;
    struct buf body = { 0 };
    struct encode_options opt = base_options;
    struct column c = column_of(&k, FORM_MYSQL_TEXT, false);
    arena_init(&a, 4096);
    if (choices_new(&a, &o, &opt.choices, &err))
        fail_msg("%s", err.msg);
    check_value(&c, &opt, text_cell(text), &place, expected, expected, &body);
    buf_done(&body);
    arena_done(&a);
}

static void test_edits(void **state)
{
    (void)state;
    const struct kv mask[] = { { "shop\\.t\\.v", "3" }, { NULL, NULL } },
                    cut[] = { { "shop.t.v", "2" }, { NULL, NULL } };
    const struct kv hash[] = { { "shop.t.v", "MD5:s" }, { NULL, NULL } };
    struct mysql_case latin1 = { .col = M_COL(COL_TEXT), .set = "latin1" },
                      set = { .col = M_LABELS(COL_SET, m_sizes) };
    check_edit((struct choice_options){ .mask = mask }, latin1, "\xe9", "\"***\"");
    check_edit((struct choice_options){ .mask = mask }, set, "3", "\"***\"");
    check_edit((struct choice_options){ .mask = mask },
               (struct mysql_case){ .col = M_COL(COL_YEAR) }, "2024", "2024");
    check_edit((struct choice_options){ .truncate = cut }, latin1, "\xe9\xe9\xe9",
               "\"\xc3\xa9\xc3\xa9\"");
    /* md5sum of "s\xc3\xa9" */
    check_edit((struct choice_options){ .hash = hash }, latin1, "\xe9",
               "\"edf40157dec34a70db19f6537f0c9e08\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_block),
        cmocka_unit_test(test_source_of_a_snapshot),
        cmocka_unit_test(test_flat_fields),
        cmocka_unit_test(test_error_names_the_place),
        cmocka_unit_test(test_transaction_records),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_wide_row),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_zero_dates),
        cmocka_unit_test(test_chosen_forms),
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_malformed_cells),
        cmocka_unit_test(test_no_op),
        cmocka_unit_test(test_key_header),
        cmocka_unit_test(test_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
