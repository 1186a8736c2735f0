#ifndef TAILRACE_TESTS_READING_H
#define TAILRACE_TESTS_READING_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <avro.h>
#include "base/buf.h"

/* What was encoded, read by avro-c. */
struct reading {
    avro_schema_t schema;
    avro_value_iface_t *class;
    avro_value_t value;
};

static inline void read_schema(const char *text, struct reading *r)
{
    assert_non_null(text);
    if (avro_schema_from_json_length(text, strlen(text), &r->schema))
        fail_msg("%s: %s", avro_strerror(), text);
    r->class = avro_generic_class_from_schema(r->schema);
    assert_int_equal(avro_generic_value_new(r->class, &r->value), 0);
}

static inline void read_done(struct reading *r)
{
    avro_value_decref(&r->value);
    avro_value_iface_decref(r->class);
    avro_schema_decref(r->schema);
}

static inline int read_bytes(struct reading *r, const uint8_t *p, size_t n)
{
    avro_reader_t in = avro_reader_memory((const char *)p, (int64_t)n);
    avro_value_reset(&r->value);
    int rc = avro_value_read(in, &r->value);
    avro_reader_free(in);
    return rc;
}

/* Reads the whole body; one byte less must not be enough, so none is left over. */
static inline void read_exactly(struct reading *r, const struct buf *body, const char *what)
{
    if (body->n && !read_bytes(r, body->p, body->n - 1))
        fail_msg("%s: the last byte is not needed", what);
    if (read_bytes(r, body->p, body->n))
        fail_msg("%s: %s", what, avro_strerror());
}

static inline void show(const avro_value_t *v, struct buf *out)
{
    avro_value_t child;
    const void *p = NULL;
    const char *s = NULL;
    size_t n = 0;
    int yes = 0;
    int32_t i = 0;
    int64_t l = 0;
    float f = 0;
    double d = 0;
    avro_type_t type = avro_value_get_type(v);
    switch (type) {
    case AVRO_NULL:    buf_str(out, "null"); return;
    case AVRO_BOOLEAN:
        avro_value_get_boolean(v, &yes);
        buf_str(out, yes ? "true" : "false");
        return;
    case AVRO_INT32:   avro_value_get_int(v, &i); buf_printf(out, "%d", i); return;
    case AVRO_INT64:   avro_value_get_long(v, &l); buf_printf(out, "%lld", (long long)l); return;
    case AVRO_FLOAT:   avro_value_get_float(v, &f); buf_printf(out, "%.9g", (double)f); return;
    case AVRO_DOUBLE:  avro_value_get_double(v, &d); buf_printf(out, "%.17g", d); return;
    case AVRO_STRING:
        avro_value_get_string(v, &s, &n);   /* n counts the NUL */
        buf_u8(out, '"');
        buf_put(out, s, n - 1);
        buf_u8(out, '"');
        return;
    case AVRO_BYTES:
        avro_value_get_bytes(v, &p, &n);
        buf_str(out, "0x");
        for (size_t at = 0; at < n; at++)
            buf_printf(out, "%02x", ((const uint8_t *)p)[at]);
        return;
    case AVRO_UNION:
        assert_int_equal(avro_value_get_current_branch(v, &child), 0);
        show(&child, out);
        return;
    case AVRO_ARRAY:
    case AVRO_RECORD:
        avro_value_get_size(v, &n);
        buf_u8(out, type == AVRO_ARRAY ? '[' : '{');
        for (size_t at = 0; at < n; at++) {
            buf_str(out, at ? "," : "");
            avro_value_get_by_index(v, at, &child, NULL);
            show(&child, out);
        }
        buf_u8(out, type == AVRO_ARRAY ? ']' : '}');
        return;
    case AVRO_MAP:
        avro_value_get_size(v, &n);
        buf_u8(out, '{');
        for (size_t at = 0; at < n; at++) {
            avro_value_get_by_index(v, at, &child, &s);
            buf_printf(out, "%s\"%s\":", at ? "," : "", s);
            show(&child, out);
        }
        buf_u8(out, '}');
        return;
    default:
        fail_msg("avro type %d", type);
    }
}

static inline void check_field(const struct reading *r, const char *field, const char *expected,
                               const char *what)
{
    avro_value_t v;
    struct buf text = { 0 };
    if (avro_value_get_by_name(&r->value, field, &v, NULL))
        fail_msg("%s: no field %s", what, field);
    show(&v, &text);
    if (strcmp(buf_cstr(&text), expected) != 0)
        fail_msg("%s: got %s, expected %s", what, (char *)text.p, expected);
    buf_done(&text);
}
#endif
