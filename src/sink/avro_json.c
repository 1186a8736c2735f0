/* Prints Avro bodies as JSON for people, from the writer's schema: for tail, stdout and verify. */
#include "sink/avro_json.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/avro.h"
#include "base/xalloc.h"

/*
 * A union shows its value only, a decimal its digits. Works on the schema's JSON, because other
 * forms of a schema lose the properties that say so.
 */
struct avro_json {
    json_t *schema;
    json_t *named;      /* full name -> definition */
    int64_t steps;      /* left for this value: a value of few bytes may ask for endless work */
};

/* SCALE_MAX: the largest scale of PostgreSQL's numeric. */
enum { DEPTH = 64, SCALE_MAX = 16383, STEPS = 1000000, STEPS_A_BYTE = 16 };

static const char *text(json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

/* Full names are namespace.name; a name without a namespace takes the enclosing one. */
static void full_name(const char *space, const char *name, char *to, size_t size)
{
    if (strchr(name, '.') || !space || !*space)
        snprintf(to, size, "%s", name);
    else
        snprintf(to, size, "%s.%s", space, name);
}

/* Finds every named type, and rewrites references to full names. */
static void collect(struct avro_json *a, json_t *type, const char *space, int depth)
{
    size_t i;
    json_t *e;
    char full[1024];
    if (depth > DEPTH)
        return;
    if (json_is_array(type)) {
        json_array_foreach(type, i, e) {
            if (json_is_string(e)) {
                full_name(space, json_string_value(e), full, sizeof full);
                if (json_object_get(a->named, full))
                    json_array_set_new(type, i, json_string(full));
            } else {
                collect(a, e, space, depth + 1);
            }
        }
        return;
    }
    if (!json_is_object(type))
        return;
    const char *own = text(type, "namespace"), *name = text(type, "name");
    if (own)
        space = own;
    if (name && text(type, "type")) {
        full_name(space, name, full, sizeof full);
        json_object_set(a->named, full, type);
    }
    json_array_foreach(json_object_get(type, "fields"), i, e)
        collect(a, json_object_get(e, "type"), space, depth + 1);
    collect(a, json_object_get(type, "items"), space, depth + 1);
    collect(a, json_object_get(type, "values"), space, depth + 1);
    if (!json_is_string(json_object_get(type, "type")))
        collect(a, json_object_get(type, "type"), space, depth + 1);
}

struct avro_json *avro_json_new(const char *schema, struct err *err)
{
    json_error_t je;
    struct avro_json *a = xcalloc(1, sizeof *a);
    a->schema = json_loads(schema, JSON_DECODE_ANY | JSON_ALLOW_NUL, &je);
    a->named = json_object();
    if (!a->schema) {
        err_set(err, ERR_DATA, "not an Avro schema: %s", je.text);
        avro_json_free(a);
        return NULL;
    }
    collect(a, a->schema, "", 0);
    return a;
}

void avro_json_free(struct avro_json *a)
{
    if (!a)
        return;
    json_decref(a->named);
    json_decref(a->schema);
    free(a);
}

static void put_hex(struct buf *out, struct slice s)
{
    buf_str(out, "\"0x");
    buf_hex(out, s);
    buf_u8(out, '"');
}

/* Two's complement, big-endian, to decimal digits with a point. */
static void put_decimal(struct buf *out, struct slice s, int scale)
{
    if (scale < 0 || scale > SCALE_MAX) {
        put_hex(out, s);
        return;
    }
    struct buf mag = { 0 }, digits = { 0 };
    bool negative = s.n && s.p[0] & 0x80;
    buf_put(&mag, s.p, s.n);
    for (size_t i = mag.n, carry = 1; negative && i-- > 0;) {
        carry += (uint8_t)~mag.p[i];
        mag.p[i] = (uint8_t)carry;
        carry >>= 8;
    }
    size_t top = 0;
    while (top < mag.n || digits.n <= (size_t)scale) {      /* nine digits a pass */
        uint64_t rest = 0;
        for (size_t i = top; i < mag.n; i++) {
            rest = rest << 8 | mag.p[i];
            mag.p[i] = (uint8_t)(rest / 1000000000);
            rest %= 1000000000;
        }
        while (top < mag.n && !mag.p[top])
            top++;
        for (int i = 0; i < 9; i++, rest /= 10)
            buf_u8(&digits, (uint8_t)('0' + rest % 10));
    }
    while (digits.n > (size_t)scale + 1 && digits.p[digits.n - 1] == '0')
        digits.n--;
    if (negative)
        buf_u8(out, '-');
    for (size_t i = digits.n; i-- > 0;) {
        buf_u8(out, digits.p[i]);
        if (scale > 0 && i == (size_t)scale)
            buf_u8(out, '.');
    }
    buf_done(&mag);
    buf_done(&digits);
}

static void print(struct avro_json *a, json_t *type, struct cursor *c, struct buf *out, int depth);

static void print_record(struct avro_json *a, json_t *type, struct cursor *c, struct buf *out,
                         int depth)
{
    size_t i;
    json_t *f;
    buf_u8(out, '{');
    json_array_foreach(json_object_get(type, "fields"), i, f) {
        buf_str(out, i ? "," : "");
        buf_json_str(out, slice_str(text(f, "name") ? text(f, "name") : ""));
        buf_u8(out, ':');
        print(a, json_object_get(f, "type"), c, out, depth + 1);
    }
    buf_u8(out, '}');
}

/* Arrays and maps come in blocks: a count, or minus the count and the block's bytes; 0 ends. */
static void print_blocks(struct avro_json *a, json_t *item, bool map, struct cursor *c,
                         struct buf *out, int depth)
{
    bool first = true;
    buf_u8(out, map ? '{' : '[');
    for (int64_t n; !c->bad && (n = avro_read_long(c)) != 0;) {
        if (n < 0) {
            n = n == INT64_MIN ? INT64_MAX : -n;
            avro_read_long(c);
        }
        for (; n > 0 && !c->bad; n--, first = false) {
            buf_str(out, first ? "" : ",");
            if (map) {
                buf_json_str(out, avro_read_bytes(c));
                buf_u8(out, ':');
            }
            print(a, item, c, out, depth + 1);
        }
    }
    buf_u8(out, map ? '}' : ']');
}

static void put_number(struct buf *out, double d, int digits)
{
    if (d != d || d - d != 0)
        buf_printf(out, "\"%s\"", d != d ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
    else
        buf_printf(out, "%.*g", digits, d);
}

static void print_float(struct cursor *c, bool wide, struct buf *out)
{
    struct slice s = cursor_take(c, wide ? 8 : 4);
    float f = 0;
    double d = 0;
    if (s.n == 4)
        memcpy(&f, s.p, 4);
    else if (s.n == 8)
        memcpy(&d, s.p, 8);
    put_number(out, wide ? d : (double)f, wide ? 17 : 9);
}

static void print_symbol(json_t *symbols, struct cursor *c, struct buf *out)
{
    const char *symbol = json_string_value(json_array_get(symbols, (size_t)avro_read_long(c)));
    c->bad |= !symbol;
    buf_json_str(out, slice_str(symbol ? symbol : ""));
}

static void print_named(struct avro_json *a, const char *name, json_t *type, struct cursor *c,
                        struct buf *out, int depth)
{
    if (strcmp(name, "null") == 0)
        buf_str(out, "null");
    else if (strcmp(name, "boolean") == 0)
        buf_str(out, cursor_u8(c) ? "true" : "false");
    else if (strcmp(name, "int") == 0 || strcmp(name, "long") == 0)
        buf_printf(out, "%lld", (long long)avro_read_long(c));
    else if (strcmp(name, "float") == 0 || strcmp(name, "double") == 0)
        print_float(c, name[0] == 'd', out);
    else if (strcmp(name, "string") == 0)
        buf_json_str(out, avro_read_bytes(c));
    else if (strcmp(name, "bytes") == 0 && type && text(type, "logicalType") &&
             !strcmp(text(type, "logicalType"), "decimal"))
        put_decimal(out, avro_read_bytes(c),
                    (int)json_integer_value(json_object_get(type, "scale")));
    else if (strcmp(name, "bytes") == 0)
        put_hex(out, avro_read_bytes(c));
    else if (strcmp(name, "fixed") == 0 && type)
        put_hex(out, cursor_take(c, (size_t)json_integer_value(json_object_get(type, "size"))));
    else if (strcmp(name, "enum") == 0 && type)
        print_symbol(json_object_get(type, "symbols"), c, out);
    else if (strcmp(name, "record") == 0 && type)
        print_record(a, type, c, out, depth);
    else if (strcmp(name, "array") == 0 && type)
        print_blocks(a, json_object_get(type, "items"), false, c, out, depth);
    else if (strcmp(name, "map") == 0 && type)
        print_blocks(a, json_object_get(type, "values"), true, c, out, depth);
    else if (json_object_get(a->named, name))
        print(a, json_object_get(a->named, name), c, out, depth + 1);
    else
        c->bad = true;
}

static void print(struct avro_json *a, json_t *type, struct cursor *c, struct buf *out, int depth)
{
    if (c->bad || depth > DEPTH || a->steps-- <= 0) {
        c->bad = true;
        return;
    }
    if (json_is_array(type)) {
        json_t *branch = json_array_get(type, (size_t)avro_read_long(c));
        c->bad |= !branch;
        print(a, branch, c, out, depth + 1);
    } else if (json_is_object(type) && json_is_string(json_object_get(type, "type"))) {
        print_named(a, text(type, "type"), type, c, out, depth);
    } else if (json_is_object(type)) {
        print(a, json_object_get(type, "type"), c, out, depth + 1);
    } else if (json_is_string(type)) {
        print_named(a, json_string_value(type), NULL, c, out, depth);
    } else {
        c->bad = true;
    }
}

int avro_json_print(struct avro_json *a, struct slice body, struct buf *out, struct err *err)
{
    struct cursor c = cursor_over(body);
    a->steps = STEPS + STEPS_A_BYTE * (int64_t)body.n;
    print(a, a->schema, &c, out, 0);
    if (c.bad)
        return err_set(err, ERR_DATA, "the bytes do not fit their schema");
    if (c.p != c.end)
        return err_set(err, ERR_DATA, "%zu bytes are left after the value", (size_t)(c.end - c.p));
    return 0;
}
