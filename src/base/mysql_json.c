/* Prints MySQL's binary JSON, from a binlog's rows or a partial update, as text. */
#include "base/mysql_json.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/cursor_le.h"
#include "base/mysql_json_text.h"

/*
 * A document: u8 type, value. A container: number of elements, size in bytes; in an object its keys
 * (offset, u16 length)*; the values (u8 type, offset or, if small enough, the value itself)*; then
 * the bytes that the offsets lead to. Offsets count from the container's start. Numbers and offsets
 * are 2 bytes in a small container and 4 in a large one. A replacement in place leaves holes, so
 * only offsets lead the way.
 */
enum {
    TYPE_SMALL_OBJECT = 0,
    TYPE_LARGE_OBJECT = 1,
    TYPE_SMALL_ARRAY = 2,
    TYPE_LARGE_ARRAY = 3,
    TYPE_LITERAL = 4,
    TYPE_I16 = 5,
    TYPE_U16 = 6,
    TYPE_I32 = 7,
    TYPE_U32 = 8,
    TYPE_I64 = 9,
    TYPE_U64 = 10,
    TYPE_DOUBLE = 11,
    TYPE_STRING = 12,
    TYPE_OPAQUE = 15
};
enum { BASE64_LINE = 57 };
enum { DECIMAL_DIGITS = 81 };    /* the server counts one too many of long ones with 65 */
enum { LITERAL_NULL = 0, LITERAL_TRUE = 1, LITERAL_FALSE = 2 };
enum {
    FIELD_TIMESTAMP = 7,
    FIELD_DATE = 10,
    FIELD_TIME = 11,
    FIELD_DATETIME = 12,
    FIELD_DECIMAL = 246
};

/*
 * The server nests 100 deep at most. If a document uses each part once, a byte of it becomes at
 * most 16 bytes of text. More text means that parts are used again and again.
 */
enum { DEPTH_MAX = 110, TEXT_PER_BYTE = 16, TEXT_MORE = 64 };

struct printer {
    struct buf *out;
    size_t out_max;
    int depth;
};

static int print_value(struct printer *p, uint8_t type, struct cursor c);

/* ---- scalars ---- */

/* The fewest digits that read back as the same number. */
static int shortest(double v, char to[40])
{
    for (int digits = fabs(v) < DBL_MIN ? 1 : DBL_DIG; ; digits++) {
        int n = snprintf(to, 40, "%.*e", digits - 1, v);
        if (digits >= DBL_DECIMAL_DIG || strtod(to, NULL) == v)
            return n;
    }
}

/* As MySQL's my_gcvt: plain digits if the point is at most 15 places from the first digit, else an
 * exponent without plus sign and leading zeros. */
static void put_double(struct buf *out, double v)
{
    char e[40], digits[20];
    int n = 0, point;
    shortest(v, e);
    const char *at = e;
    if (*at == '-') {
        buf_u8(out, '-');
        at++;
    }
    for (; *at != 'e'; at++)
        if (*at != '.')
            digits[n++] = *at;
    point = atoi(at + 1) + 1;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    if (point < -14 || (point > 15 && point >= n)) {
        buf_u8(out, (uint8_t)digits[0]);
        if (n > 1)
            buf_printf(out, ".%.*s", n - 1, digits + 1);
        buf_printf(out, "e%d", point - 1);
    } else if (v == 0) {
        buf_str(out, "0.0");
    } else if (point <= 0) {
        buf_printf(out, "0.%.*s%.*s", -point, "00000000000000", n, digits);
    } else if (point < n) {
        buf_printf(out, "%.*s.%.*s", point, digits, n - point, digits + point);
    } else {
        buf_printf(out, "%.*s%.*s.0", n, digits, point - n, "00000000000000");
    }
}

static int print_double(struct printer *p, struct cursor *c)
{
    uint64_t bits = cursor_le64(c);
    double v;
    memcpy(&v, &bits, sizeof v);
    if (c->bad || !isfinite(v))
        return -1;
    put_double(p->out, v);
    return 0;
}

static int print_literal(struct printer *p, uint8_t which)
{
    static const char *const words[] = { "null", "true", "false" };
    if (which > LITERAL_FALSE)
        return -1;
    buf_str(p->out, words[which]);
    return 0;
}

/* Takes a length and that many bytes. The length has 7 bits per byte, the lowest first; bit 7 is
 * clear in its last byte. */
static struct slice take_varlen(struct cursor *c)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = cursor_u8(c);
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return cursor_take(c, n);
    }
    c->bad = true;
    return slice_of(c->p, 0);
}

static int print_string(struct printer *p, struct cursor *c)
{
    struct slice s = take_varlen(c);
    if (c->bad)
        return -1;
    mysql_json_put_string(s, p->out);
    return 0;
}

/* ---- opaque values ---- */

/* One group of packed digits: 9 digits in 4 bytes, or fewer in fewer bytes at either end of the
 * number. Big-endian; the sign bit is inverted, and all bits if the number is negative. */
static bool put_group(struct buf *out, const uint8_t *p, unsigned digits, uint8_t flip, bool first,
                      bool leading)
{
    static const uint8_t bytes[] = { 0, 1, 1, 2, 2, 3, 3, 4, 4, 4 };
    static const uint32_t limit[] = { 1,      10,      100,      1000,      10000,
                                      100000, 1000000, 10000000, 100000000, 1000000000 };
    uint32_t v = 0;
    for (unsigned i = 0; i < bytes[digits]; i++)
        v = v << 8 | (uint8_t)(p[i] ^ flip ^ (first && !i ? 0x80 : 0));
    if (v >= limit[digits])
        return false;
    if (leading && v)
        buf_printf(out, "%" PRIu32, v);
    else if (!leading)
        buf_printf(out, "%0*" PRIu32, (int)digits, v);
    return true;
}

/* u8 precision, u8 scale, packed digits. */
static int print_decimal(struct printer *p, struct slice v)
{
    static const uint8_t bytes[] = { 0, 1, 1, 2, 2, 3, 3, 4, 4, 4 };
    if (v.n < 3 || v.p[0] > DECIMAL_DIGITS || v.p[1] > v.p[0])
        return -1;
    unsigned scale = v.p[1], whole = v.p[0] - scale, done = 0;
    const uint8_t *at = v.p + 2;
    if (v.n - 2 != whole / 9 * 4u + bytes[whole % 9] + scale / 9 * 4u + bytes[scale % 9])
        return -1;
    uint8_t flip = *at & 0x80 ? 0 : 0xff;
    if (flip)
        buf_u8(p->out, '-');
    size_t from = p->out->n;
    for (unsigned n = whole % 9; done < whole; done += n, n = 9) {
        if (n && !put_group(p->out, at, n, flip, at == v.p + 2, p->out->n == from))
            return -1;
        at += bytes[n];
    }
    if (p->out->n == from)
        buf_u8(p->out, '0');
    if (scale)
        buf_u8(p->out, '.');
    for (unsigned n, left = scale; left; left -= n) {
        n = left < 9 ? left : 9;
        if (!put_group(p->out, at, n, flip, at == v.p + 2, false))
            return -1;
        at += bytes[n];
    }
    return 0;
}

/* i64: microseconds in the low 24 bits; above them s 6, min 6, h 5 (TIME: 10), day 5 bits, year *
 * 13 + month. */
static int print_temporal(struct printer *p, uint8_t field, struct slice v)
{
    if (v.n != 8)
        return -1;
    int64_t packed = (int64_t)load_le64(v.p);
    uint64_t u = packed < 0 ? 0 - (uint64_t)packed : (uint64_t)packed, hms = u >> 24;
    unsigned us = u & 0xffffff, s = hms & 63, min = hms >> 6 & 63, day = hms >> 17 & 31;
    uint64_t ym = hms >> 22;
    buf_u8(p->out, '"');
    if (field == FIELD_TIME) {
        buf_printf(p->out, "%s%02u:%02u:%02u.%06u\"", packed < 0 ? "-" : "",
                   (unsigned)(hms >> 12 & 1023), min, s, us);
        return 0;
    }
    buf_printf(p->out, "%04" PRIu64 "-%02u-%02u", ym / 13, (unsigned)(ym % 13), day);
    if (field != FIELD_DATE)
        buf_printf(p->out, " %02u:%02u:%02u.%06u", (unsigned)(hms >> 12 & 31), min, s, us);
    buf_u8(p->out, '"');
    return 0;
}

/* The server breaks lines after 76 digits, and escapes the line feeds. */
static void put_base64_lines(struct buf *out, struct slice v)
{
    for (size_t i = 0, n; i < v.n; i += n) {
        n = v.n - i < BASE64_LINE ? v.n - i : BASE64_LINE;
        buf_str(out, i ? "\\n" : "");
        buf_base64(out, slice_of(v.p + i, n), "+/");
    }
}

/* u8 type of the field that the value came from, then the value's length and bytes. */
static int print_opaque(struct printer *p, struct cursor *c)
{
    uint8_t field = cursor_u8(c);
    struct slice v = take_varlen(c);
    if (c->bad)
        return -1;
    switch (field) {
    case FIELD_DECIMAL:
        return print_decimal(p, v);
    case FIELD_DATE: case FIELD_TIME: case FIELD_DATETIME: case FIELD_TIMESTAMP:
        return print_temporal(p, field, v);
    default:
        buf_printf(p->out, "\"base64:type%u:", field);
        put_base64_lines(p->out, v);
        buf_u8(p->out, '"');
        return 0;
    }
}

/* ---- containers ---- */

static bool is_inlined(uint8_t type, bool large)
{
    return type == TYPE_LITERAL || type == TYPE_I16 || type == TYPE_U16 ||
           (large && (type == TYPE_I32 || type == TYPE_U32));
}

static int print_element(struct printer *p, struct slice box, struct cursor *entries, bool large)
{
    uint8_t type = cursor_u8(entries);
    struct cursor inlined = cursor_over(cursor_take(entries, large ? 4 : 2));
    if (entries->bad)
        return -1;
    if (is_inlined(type, large))
        return print_value(p, type, inlined);
    size_t offset = cursor_le(&inlined, large ? 4 : 2);
    return offset >= box.n
               ? -1
               : print_value(p, type, cursor_over(slice_of(box.p + offset, box.n - offset)));
}

static int print_key(struct printer *p, struct slice box, struct cursor *keys, bool large)
{
    size_t offset = cursor_le(keys, large ? 4 : 2), n = cursor_le16(keys);
    if (keys->bad || offset > box.n || n > box.n - offset)
        return -1;
    mysql_json_put_string(slice_of(box.p + offset, n), p->out);
    buf_u8(p->out, ':');
    return 0;
}

static int print_container(struct printer *p, struct cursor c, bool object, bool large)
{
    struct slice box = { c.p, cursor_left(&c) };
    size_t width = large ? 4 : 2, count = cursor_le(&c, width), size = cursor_le(&c, width);
    if (c.bad || size > box.n || p->depth >= DEPTH_MAX)
        return -1;
    box.n = size;
    struct cursor keys = cursor_over(cursor_take(&c, object ? count * (width + 2) : 0));
    struct cursor entries = cursor_over(cursor_take(&c, count * (width + 1)));
    if (c.bad)
        return -1;
    p->depth++;
    buf_u8(p->out, object ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_u8(p->out, ',');
        if ((object && print_key(p, box, &keys, large)) || print_element(p, box, &entries, large) ||
            p->out->n > p->out_max)
            return -1;
    }
    buf_u8(p->out, object ? '}' : ']');
    p->depth--;
    return 0;
}

static int print_value(struct printer *p, uint8_t type, struct cursor c)
{
    switch (type) {
    case TYPE_SMALL_OBJECT: case TYPE_LARGE_OBJECT: case TYPE_SMALL_ARRAY: case TYPE_LARGE_ARRAY:
        return print_container(p, c, type <= TYPE_LARGE_OBJECT, type & 1);
    case TYPE_LITERAL: return print_literal(p, c.p == c.end ? UINT8_MAX : *c.p);
    case TYPE_I16:     buf_printf(p->out, "%d", (int16_t)cursor_le16(&c)); break;
    case TYPE_U16:     buf_printf(p->out, "%u", cursor_le16(&c)); break;
    case TYPE_I32:     buf_printf(p->out, "%" PRId32, (int32_t)cursor_le32(&c)); break;
    case TYPE_U32:     buf_printf(p->out, "%" PRIu32, cursor_le32(&c)); break;
    case TYPE_I64:     buf_printf(p->out, "%" PRId64, (int64_t)cursor_le64(&c)); break;
    case TYPE_U64:     buf_printf(p->out, "%" PRIu64, cursor_le64(&c)); break;
    case TYPE_DOUBLE:  return print_double(p, &c);
    case TYPE_STRING:  return print_string(p, &c);
    case TYPE_OPAQUE:  return print_opaque(p, &c);
    default:           return -1;
    }
    return c.bad ? -1 : 0;
}

int mysql_json_print(struct slice binary, struct buf *out, struct err *err)
{
    struct printer p = { out, out->n + binary.n * TEXT_PER_BYTE + TEXT_MORE, 0 };
    size_t from = out->n;
    if (!binary.n) {
        buf_str(out, "null");
        return 0;
    }
    if (!print_value(&p, binary.p[0], cursor_over(slice_of(binary.p + 1, binary.n - 1))))
        return 0;
    out->n = from;
    return err_set(err, ERR_DATA, "malformed JSON document of %zu bytes", binary.n);
}

int mysql_json_compact(struct slice text, struct buf *out)
{
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        if (quoted && c == '\\' && i + 1 < text.n)
            buf_u8(out, text.p[i++]);
        else if (c == '"')
            quoted = !quoted;
        buf_u8(out, text.p[i]);
    }
    return quoted ? -1 : 0;
}
