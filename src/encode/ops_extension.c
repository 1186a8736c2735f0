/* Ops of the types of the extensions pgvector (vector, halfvec, sparsevec) and PostGIS (geometry,
 * geography). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/avro.h"
#include "base/xalloc.h"
#include "encode/ops.h"

static float float_of(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* The double that the float's shortest text stands for, as a reader of the text sees it: 0.1f gives
 * 0.1. */
static double as_written(float f)
{
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)f);
        if (strtof(text, NULL) == f)
            break;
    }
    return strtod(text, NULL);
}

/* IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
static float half_of(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    float f = exponent == 31 ? (fraction ? NAN : INFINITY)
        : exponent ? ldexpf((float)(fraction + 1024), exponent - 25) : ldexpf((float)fraction, -24);
    return h & 0x8000 ? -f : f;
}

/* vector_send, halfvec_send: Int16 dimensions, Int16 unused, then numbers of `width` bytes. */
static enum op_result numbers(const struct column *c, struct slice v, uint32_t width,
                              struct buf *out, struct err *err)
{
    struct cursor from = cursor_over(v);
    uint16_t n = cursor_be16(&from);
    cursor_be16(&from);
    if (from.bad || v.n != 4 + (size_t)n * width)
        return op_bad(err, c, v);
    if (n)
        avro_long(out, n);
    for (uint16_t i = 0; i < n; i++)
        if (width == 4)
            avro_double(out, as_written(float_of(cursor_be32(&from))));
        else
            avro_float(out, half_of(cursor_be16(&from)));
    avro_long(out, 0);
    return OP_OK;
}

enum op_result op_vector_binary(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    return numbers(c, v, 4, out, err);
}

enum op_result op_halfvec_binary(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    return numbers(c, v, 2, out, err);
}

/* A copy that ends with a NUL, as strtod() needs; the caller frees it. */
static char *text_of(struct slice v)
{
    char *s = xmalloc(v.n + 1);
    memcpy(s, v.p, v.n);
    s[v.n] = 0;
    return s;
}

/* "[1,2.5]" */
static enum op_result numbers_text(const struct column *c, struct slice v, bool floats,
                                   struct buf *out, struct err *err)
{
    char *text = text_of(v), *p = text + 1, *end = p;
    struct buf body = { 0 };
    int64_t n = 0;
    bool good = text[0] == '[';
    for (; good && *p != ']'; n++, p = *end == ',' ? end + 1 : end) {
        if (floats)
            avro_float(&body, strtof(p, &end));
        else
            avro_double(&body, strtod(p, &end));
        good = end > p && (*end == ',' || *end == ']');
    }
    good = good && !p[1];
    free(text);
    if (good && n)
        avro_long(out, n);
    if (good)
        buf_put(out, body.p, body.n);
    if (good)
        avro_long(out, 0);
    buf_done(&body);
    return good ? OP_OK : op_bad(err, c, v);
}

enum op_result op_vector_text(const struct column *c, struct slice v, struct buf *out,
                              struct err *err)
{
    return numbers_text(c, v, false, out, err);
}

enum op_result op_halfvec_text(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return numbers_text(c, v, true, out, err);
}

/* ---- sparsevec: dimensions, and an array of (index from 1, value); dimensions and indices have 16
 * bits in the schema ---- */

/* sparsevec_send: Int32 dimensions, Int32 entries, Int32 unused, the indices from 0, then the
 * values as Float4. */
enum op_result op_sparsevec_binary(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    struct cursor from = cursor_over(v);
    uint32_t dimensions = cursor_be32(&from), n = cursor_be32(&from);
    cursor_be32(&from);
    if (from.bad || n > dimensions || v.n != 12 + (size_t)n * 8)
        return op_bad(err, c, v);
    if (dimensions > INT16_MAX)
        return OP_NONE;
    avro_long(out, dimensions);
    if (n)
        avro_long(out, n);
    for (uint32_t i = 0; i < n; i++) {
        avro_long(out, (int64_t)load_be32(v.p + 12 + 4 * i) + 1);
        avro_double(out, as_written(float_of(load_be32(v.p + 12 + 4 * (n + i)))));
    }
    avro_long(out, 0);
    return OP_OK;
}

/* "{1:1.5,4:-2}/5" */
enum op_result op_sparsevec_text(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    char *text = text_of(v), *p = text + 1, *end = p;
    struct buf body = { 0 };
    int64_t n = 0;
    bool good = text[0] == '{';
    for (; good && *p != '}'; n++, p = *end == ',' ? end + 1 : end) {
        long index = strtol(p, &end, 10);
        good = end > p && *end == ':' && index > 0;
        if (!good)
            break;
        p = end + 1;
        avro_long(&body, index);
        avro_double(&body, strtod(p, &end));
        good = end > p && (*end == ',' || *end == '}');
    }
    good = good && p[1] == '/';
    long dimensions = good ? strtol(p + 2, &end, 10) : 0;
    good = good && end > p + 2 && !*end && dimensions >= n;
    free(text);
    bool fits = dimensions <= INT16_MAX;
    if (good && fits) {
        avro_long(out, dimensions);
        if (n)
            avro_long(out, n);
        buf_put(out, body.p, body.n);
        avro_long(out, 0);
    }
    buf_done(&body);
    return !good ? op_bad(err, c, v) : fits ? OP_OK : OP_NONE;
}

/* ---- geometry, geography: extended well-known binary; its type says whether a reference system
 * follows ---- */

enum { EWKB_SRID = 0x20000000 };

enum op_result op_geometry_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    if (v.n && (v.n < 5 || v.p[0] > 1))
        return op_bad(err, c, v);
    bool little = v.n && v.p[0] == 1;
    uint32_t type = v.n ? load_be32(v.p + 1) : 0;
    bool has = (little ? __builtin_bswap32(type) : type) & EWKB_SRID;
    if (has && v.n < 9)
        return op_bad(err, c, v);
    avro_bytes(out, v);
    avro_long(out, has);
    if (has) {
        uint32_t srid = load_be32(v.p + 5);
        avro_long(out, (int32_t)(little ? __builtin_bswap32(srid) : srid));
    }
    return OP_OK;
}

/* The same bytes in hex. */
enum op_result op_geometry_text(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    struct buf hex = { 0 }, bytes = { 0 };
    buf_str(&hex, "\\x");
    buf_put(&hex, v.p, v.n);
    enum op_result r = op_bytea_text(c, buf_slice(&hex), &bytes, err);
    if (r == OP_OK) {
        struct cursor from = cursor_over(buf_slice(&bytes));
        r = op_geometry_binary(c, avro_read_bytes(&from), out, err);
    }
    buf_done(&hex);
    buf_done(&bytes);
    return r;
}
