/*
 * Where avro-c falls short of what the program needs: why only tests read with it
 * (ARCHITECTURE.md). Each input is one that the program, or a registry, takes another way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <avro.h>

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"r\",\"fields\":[" fields "]}"

static int parse(const char *text, avro_schema_t *ret)
{
    return avro_schema_from_json_length(text, strlen(text), ret);
}

/* Java's Avro, hence a registry, takes every letter in a name, and so does a table's column. */
static void test_names_beyond_ascii(void **state)
{
    (void)state;
    avro_schema_t s;
    const char *text = RECORD("{\"name\":\"na\u00efve\",\"type\":\"int\"}");
    assert_int_not_equal(parse(text, &s), 0);
}

/* As a check of a schema before it is registered, it would let these pass. */
static void test_faults_that_it_takes(void **state)
{
    (void)state;
    const char *faults[] = {
        RECORD("{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\",\"type\":\"int\"}"),
        RECORD("{\"name\":\"a\",\"type\":\"int\",\"default\":\"x\"}"),
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        avro_schema_t s;
        assert_int_equal(parse(faults[i], &s), 0);
        avro_schema_decref(s);
    }
}

/* Five bytes of a topic make as many values as they say. */
static void test_items_without_limit(void **state)
{
    (void)state;
    avro_schema_t s;
    assert_int_equal(parse("{\"type\":\"array\",\"items\":\"null\"}", &s), 0);
    avro_value_iface_t *class = avro_generic_class_from_schema(s);
    avro_value_t v;
    assert_int_equal(avro_generic_value_new(class, &v), 0);
    /* a block of 1,048,576 items, of no bytes each, and the end */
    static const char body[] = { '\x80', '\x80', '\x80', '\x01', 0 };
    avro_reader_t in = avro_reader_memory(body, sizeof body);
    assert_int_equal(avro_value_read(in, &v), 0);
    size_t n = 0;
    assert_int_equal(avro_value_get_size(&v, &n), 0);
    assert_int_equal(n, 1 << 20);
    avro_reader_free(in);
    avro_value_decref(&v);
    avro_value_iface_decref(class);
    avro_schema_decref(s);
}

/* What Connect and consumers read of a schema is gone once it was read and written. */
static void test_properties_are_dropped(void **state)
{
    (void)state;
    avro_schema_t s;
    char out[512] = "";
    assert_int_equal(parse(RECORD("{\"name\":\"a\",\"type\":{\"type\":\"long\",\"connect.name\":"
                                  "\"io.debezium.time.Timestamp\"}}"), &s), 0);
    avro_writer_t w = avro_writer_memory(out, sizeof out);
    assert_int_equal(avro_schema_to_json(s, w), 0);
    assert_null(strstr(out, "connect.name"));
    avro_writer_free(w);
    avro_schema_decref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_beyond_ascii),
        cmocka_unit_test(test_faults_that_it_takes),
        cmocka_unit_test(test_items_without_limit),
        cmocka_unit_test(test_properties_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
