#include <jansson.h>
#include "plans.h"

/*
 * public.t(id serial primary key, name text, amount numeric(5,2), ts timestamptz),
 * prefix p: the value schema as Debezium 3.6 registers it.
 */
static const char debezium_value[] =
    "{\"type\":\"record\",\"name\":\"Envelope\",\"namespace\":\"p.public.t\",\"fields\":["
    "{\"name\":\"before\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Value\",\"fields\":["
    "{\"name\":\"id\",\"type\":{\"type\":\"int\",\"connect.default\":0},\"default\":0},"
    "{\"name\":\"name\",\"type\":[\"null\",\"string\"],\"default\":null},"
    "{\"name\":\"amount\",\"type\":[\"null\",{\"type\":\"bytes\",\"scale\":2,\"precision\":5,"
    "\"connect.version\":1,"
    "\"connect.parameters\":{\"scale\":\"2\",\"connect.decimal.precision\":\"5\"},"
    "\"connect.name\":\"org.apache.kafka.connect.data.Decimal\",\"logicalType\":\"decimal\"}],"
    "\"default\":null},"
    "{\"name\":\"ts\",\"type\":[\"null\",{\"type\":\"string\",\"connect.version\":1,"
    "\"connect.name\":\"io.debezium.time.ZonedTimestamp\"}],\"default\":null}],"
    "\"connect.name\":\"p.public.t.Value\"}],\"default\":null},"
    "{\"name\":\"after\",\"type\":[\"null\",\"Value\"],\"default\":null},"
    "{\"name\":\"source\",\"type\":{\"type\":\"record\",\"name\":\"Source\","
    "\"namespace\":\"io.debezium.connector.postgresql\",\"fields\":["
    "{\"name\":\"version\",\"type\":\"string\"},{\"name\":\"connector\",\"type\":\"string\"},"
    "{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"ts_ms\",\"type\":\"long\"},"
    "{\"name\":\"snapshot\",\"type\":[{\"type\":\"string\",\"connect.version\":1,\"connect."
    "parameters\":{\"allowed\":"
    "\"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental\"},"
    "\"connect.default\":\"false\",\"connect.name\":\"io.debezium.data.Enum\"},\"null\"],"
    "\"default\":\"false\"},"
    "{\"name\":\"db\",\"type\":\"string\"},"
    "{\"name\":\"sequence\",\"type\":[\"null\",\"string\"],\"default\":null},"
    "{\"name\":\"ts_us\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"ts_ns\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"schema\",\"type\":\"string\"},{\"name\":\"table\",\"type\":\"string\"},"
    "{\"name\":\"txId\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"lsn\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"xmin\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"origin\",\"type\":[\"null\",\"string\"],\"default\":null},"
    "{\"name\":\"origin_lsn\",\"type\":[\"null\",\"long\"],\"default\":null}],"
    "\"connect.version\":1,\"connect.name\":\"io.debezium.connector.postgresql.Source\"}},"
    "{\"name\":\"transaction\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"block\","
    "\"namespace\":\"event\",\"fields\":["
    "{\"name\":\"id\",\"type\":\"string\"},{\"name\":\"total_order\",\"type\":\"long\"},"
    "{\"name\":\"data_collection_order\",\"type\":\"long\"}],"
    "\"connect.version\":1,\"connect.name\":\"event.block\"}],\"default\":null},"
    "{\"name\":\"op\",\"type\":\"string\"},"
    "{\"name\":\"ts_ms\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"ts_us\",\"type\":[\"null\",\"long\"],\"default\":null},"
    "{\"name\":\"ts_ns\",\"type\":[\"null\",\"long\"],\"default\":null}],"
    "\"connect.version\":2,\"connect.name\":\"p.public.t.Envelope\"}";

static const char debezium_key[] =
    "{\"type\":\"record\",\"name\":\"Key\",\"namespace\":\"p.public.t\",\"fields\":["
    "{\"name\":\"id\",\"type\":{\"type\":\"int\",\"connect.default\":0},\"default\":0}],"
    "\"connect.name\":\"p.public.t.Key\"}";

static const struct column columns[] = {
    { .name = "id",
      .type_name = "integer",
      .type = COL_I32,
      .precision = -1,
      .default_kind = DEFAULT_COMPUTED },
    { .name = "name", .type_name = "text", .type = COL_TEXT, .precision = -1, .nullable = true },
    { .name = "amount",
      .type_name = "numeric(5,2)",
      .type = COL_DECIMAL,
      .nullable = true,
      .has_scale = true,
      .precision = 5,
      .scale = 2 },
    { .name = "ts",
      .type_name = "timestamp with time zone",
      .type = COL_TIMESTAMPTZ,
      .precision = -1,
      .nullable = true },
};
static const uint16_t key[] = { 0, 1 };
static const struct table table = { .id = 1,
                                    .database = "d",
                                    .schema = "public",
                                    .name = "t",
                                    .cols = columns,
                                    .ncols = 4,
                                    .key = key,
                                    .nkey = 1 };

static struct encode_options options = {
    .prefix = "p",
    .version = "0",
    .envelope = ENVELOPE_DEBEZIUM,
    .types = TYPES_CONNECT,
    .unknown = UNKNOWN_FAIL,
    .placeholder = "__debezium_unavailable_value",
};

static json_t *parse(const char *text)
{
    json_error_t je;
    json_t *j = json_loads(text, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &je);
    if (!j)
        fail_msg("%s: %s", je.text, text);
    return j;
}

/* Field by field first, so that a failure names the field. */
static void check_schema(const char *got, const char *expected)
{
    json_t *g = parse(got), *e = parse(expected), *field;
    json_t *fields = json_object_get(g, "fields");
    size_t i;
    json_array_foreach(json_object_get(e, "fields"), i,
                       field) if (!json_equal(json_array_get(fields, i), field))
        fail_msg("field %s differs: %s", json_string_value(json_object_get(field, "name")), got);
    assert_true(json_equal(g, e));
    /* Registries compare text, so the order of properties counts too. */
    assert_string_equal(got, expected);
    json_decref(g);
    json_decref(e);
}

static void test_debezium_schema(void **state)
{
    (void)state;
    struct plan *p = compile(&table, &options);
    check_schema(plan_schema(p, PLAN_VALUE), debezium_value);
    check_schema(plan_schema(p, PLAN_KEY), debezium_key);
    assert_string_equal(plan_topic(p), "p.public.t");
    plan_free(p);
}

static void test_names(void **state)
{
    (void)state;
    struct column cols[2] = { columns[0], columns[1] };
    struct table t = table;
    struct err err = { 0 };
    t.schema = "my schema";
    t.name = "1st table";
    t.cols = cols;
    t.ncols = 2;
    cols[0].name = "2 x";
    struct plan *p = compile(&t, &options);
    assert_string_equal(plan_topic(p), "p.my_schema.1st_table");
    assert_non_null(strstr(plan_schema(p, PLAN_KEY), "\"namespace\":\"p.my_schema._1st_table\""));
    assert_non_null(strstr(plan_schema(p, PLAN_KEY), "\"name\":\"_2_x\""));
    plan_free(p);
    cols[1].name = "2-x";
    assert_null(plan_compile(&t, &options, &err));
    assert_int_equal(err.class, ERR_DATA);
    assert_non_null(strstr(err.msg, "_2_x"));
}

/* {"a":[T,"null"],"default":V} for a nullable column with a default. */
static void test_defaults(void **state)
{
    (void)state;
    struct column c = { .name = "a",
                        .type_name = "numeric",
                        .type = COL_DECIMAL,
                        .nullable = true,
                        .has_scale = true,
                        .precision = 5,
                        .scale = 2,
                        .default_kind = DEFAULT_LITERAL,
                        .default_text = "0.00" };
    struct table t = table;
    t.cols = &c;
    t.ncols = 1;
    t.nkey = 0;
    options.envelope = ENVELOPE_FLAT;
    struct plan *p = compile(&t, &options);
    assert_null(plan_schema(p, PLAN_KEY));
    json_t *j = parse(plan_schema(p, PLAN_VALUE)),
           *field = json_array_get(json_object_get(j, "fields"), 0);
    json_t *type = json_object_get(field, "type"), *value = json_object_get(field, "default");
    assert_int_equal(json_string_length(value), 1);
    assert_int_equal(json_string_value(value)[0], 0);
    assert_true(json_equal(json_object_get(json_array_get(type, 0), "connect.default"), value));
    assert_string_equal(json_string_value(json_array_get(type, 1)), "null");
    json_decref(j);
    plan_free(p);
    options.envelope = ENVELOPE_DEBEZIUM;
}

static void test_unknown_types(void **state)
{
    (void)state;
    struct column cols[2] = { columns[0],
                              { .name = "odd", .type_name = "tsquery", .precision = -1 } };
    struct table t = table;
    struct err err = { 0 };
    t.cols = cols;
    t.ncols = 2;
    assert_null(plan_compile(&t, &options, &err));
    assert_int_equal(err.class, ERR_DATA);
    assert_non_null(strstr(err.msg, "public.t.odd has type tsquery"));
    options.unknown = UNKNOWN_TEXT;
    struct plan *p = compile(&t, &options);
    assert_non_null(strstr(plan_schema(p, PLAN_VALUE), "{\"name\":\"odd\",\"type\":\"string\"}"));
    plan_free(p);
    cols[1].form = FORM_PG_BINARY;
    assert_null(plan_compile(&t, &options, &err));
    assert_int_equal(err.class, ERR_CONFIG);
    options.unknown = UNKNOWN_SKIP;
    p = compile(&t, &options);
    assert_null(strstr(plan_schema(p, PLAN_VALUE), "odd"));
    plan_free(p);
    t.key = (const uint16_t[]){ 1 };
    assert_null(plan_compile(&t, &options, &err));
    assert_non_null(strstr(err.msg, "key column odd"));
    options.unknown = UNKNOWN_FAIL;
}

/* ---- keys ---- */

static struct cell value(const char *s)
{
    return (struct cell){ (const uint8_t *)s, (uint32_t)strlen(s), CELL_VALUE };
}

static void test_keys(void **state)
{
    (void)state;
    struct table t = table;
    struct err err = { 0 };
    struct buf b = { 0 };
    struct cell before[4] = { value("7"),
                              value("a\"b"),
                              { .kind = CELL_NULL },
                              { .kind = CELL_NULL } },
                after[4];
    memcpy(after, before, sizeof after);
    t.nkey = 2;
    struct plan *p = compile(&t, &options);
    struct event ev = { .kind = EV_UPDATE, .table = &t, .before = { before }, .after = { after } };
    assert_int_equal(plan_key_json(p, ev.before, &b, &err), 0);
    assert_string_equal(buf_cstr(&b), "{\"id\":7,\"name\":\"a\\\"b\"}");
    b.n = 0;
    assert_int_equal(plan_encode_key(p, ev.before, &b, &err), 0);
    assert_int_equal(b.n, 6);
    assert_memory_equal(b.p, "\x0e\x02\x06" "a\"b", 6);
    assert_false(plan_key_changed(p, &ev));
    after[1] = value("c");
    assert_true(plan_key_changed(p, &ev));
    after[1].kind = CELL_UNCHANGED;
    assert_false(plan_key_changed(p, &ev));
    assert_int_equal(plan_encode_key(p, ev.after, &b, &err), -1);
    assert_int_equal(err.class, ERR_DATA);
    after[0].kind = CELL_ABSENT;
    assert_int_equal(plan_encode_key(p, ev.after, &b, &err), -1);
    assert_non_null(strstr(err.msg, "key column id"));
    buf_done(&b);
    plan_free(p);
}

/* ---- logical messages ---- */

/* A number behind the body shows that the reader stopped exactly at its end. */
static void read_with_avro_c(const char *schema_text, struct buf *body)
{
    avro_schema_t schema;
    avro_value_t v, after;
    int32_t number = 0;
    if (avro_schema_from_json_length(schema_text, strlen(schema_text), &schema))
        fail_msg("%s", avro_strerror());
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &v);
    avro_generic_int_new(&after, 0);
    buf_u8(body, 84);
    avro_reader_t in = avro_reader_memory((const char *)body->p, (int64_t)body->n);
    assert_int_equal(avro_value_read(in, &v), 0);
    assert_int_equal(avro_value_read(in, &after), 0);
    avro_value_get_int(&after, &number);
    assert_int_equal(number, 42);
    avro_reader_free(in);
    avro_value_decref(&v);
    avro_value_decref(&after);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
}

static void test_message(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct buf b = { 0 };
    struct plan *p = plan_compile_message("d", &options, &err);
    struct event ev = { .kind = EV_MESSAGE, .txid = -1, .lsn = 5, .prefix = slice_str("audit"),
                        .content = slice_of("\0\1\2", 3), .database = "d" };
    assert_non_null(p);
    assert_string_equal(plan_topic(p), "p.message");
    assert_int_equal(plan_encode_message(p, PLAN_KEY, &ev, &b, &err), 0);
    assert_int_equal(b.n, 7);
    assert_memory_equal(b.p, "\x02\x0a" "audit", 7);
    read_with_avro_c(plan_schema(p, PLAN_KEY), &b);
    b.n = 0;
    assert_int_equal(plan_encode_message(p, PLAN_VALUE, &ev, &b, &err), 0);
    assert_memory_equal(b.p + b.n - 4, "\x06\0\1\2", 4);
    read_with_avro_c(plan_schema(p, PLAN_VALUE), &b);
    buf_done(&b);
    plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_debezium_schema),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_unknown_types),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
