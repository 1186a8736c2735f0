/* Ops of PostgreSQL's types that are made of others: ranges, tsvector, ltree, hstore, point. */
#include <inttypes.h>
#include <stdlib.h>
#include "base/avro.h"
#include "encode/ops.h"

/* Most are written as the text that their output function gives. The text is put behind `mark`, and
 * becomes an Avro string when its length is known. */
static enum op_result as_string(struct buf *out, size_t mark)
{
    avro_end_bytes(out, mark);
    return OP_OK;
}

/* Takes off the length in front of a string that another op wrote. */
static void as_text(struct buf *out, size_t mark)
{
    struct cursor c = cursor_over(slice_of(out->p + mark, out->n - mark));
    struct slice text = avro_read_bytes(&c);
    memmove(out->p + mark, text.p, text.n);
    out->n = mark + text.n;
}

/* ---- ranges ---- */

/* range_send: a byte of flags, then each bound that is not infinite: Int32 length, the element's
 * binary form (rangetypes.c). */
enum {
    RANGE_EMPTY = 0x01,
    LOWER_INCLUSIVE = 0x02,
    UPPER_INCLUSIVE = 0x04,
    LOWER_INFINITE = 0x08,
    UPPER_INFINITE = 0x10
};

static enum op_result put_element(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    size_t mark = out->n;
    enum op_result r = OP_OK;
    switch (c->type) {
    case COL_INT4RANGE:
        if (v.n != 4)
            return op_bad(err, c, v);
        buf_printf(out, "%" PRId32, (int32_t)load_be32(v.p));
        return OP_OK;
    case COL_INT8RANGE:
        if (v.n != 8)
            return op_bad(err, c, v);
        buf_printf(out, "%" PRId64, (int64_t)load_be64(v.p));
        return OP_OK;
    case COL_NUMRANGE:
        r = op_numeric_string_binary(c, v, out, err);
        if (r == OP_OK)
            as_text(out, mark);
        return r;
    case COL_DATERANGE:
        return op_put_date_text(c, v, out, err);
    default:
        return op_put_timestamp_text(c, v, c->type == COL_TSTZRANGE, out, err);
    }
}

/* range_bound_escape quotes a bound that holds a character of a range's own text. In these elements
 * only a space can be one. */
static enum op_result put_bound(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    size_t mark = out->n;
    enum op_result r = put_element(c, v, out, err);
    if (r != OP_OK || !memchr(out->p + mark, ' ', out->n - mark))
        return r;
    buf_u8(out, '"');
    buf_u8(out, '"');
    memmove(out->p + mark + 1, out->p + mark, out->n - mark - 2);
    out->p[mark] = '"';
    return OP_OK;
}

static enum op_result read_bound(const struct column *c, struct cursor *from, struct buf *out,
                                 struct err *err)
{
    uint32_t n = cursor_be32(from);
    struct slice v = cursor_take(from, n);
    return from->bad ? op_bad(err, c, v) : put_bound(c, v, out, err);
}

enum op_result op_range_binary(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    struct cursor from = cursor_over(v);
    uint8_t flags = cursor_u8(&from);
    size_t mark = out->n;
    if (flags & RANGE_EMPTY) {
        buf_str(out, "empty");
    } else {
        buf_u8(out, flags & LOWER_INCLUSIVE ? '[' : '(');
        if (!(flags & LOWER_INFINITE) && read_bound(c, &from, out, err))
            return OP_BAD;
        buf_u8(out, ',');
        if (!(flags & UPPER_INFINITE) && read_bound(c, &from, out, err))
            return OP_BAD;
        buf_u8(out, flags & UPPER_INCLUSIVE ? ']' : ')');
    }
    return from.bad || from.p != from.end ? op_bad(err, c, v) : as_string(out, mark);
}

/* ---- full text search, label trees ---- */

static struct slice read_cstring(struct cursor *from)
{
    const uint8_t *end = memchr(from->p, 0, (size_t)(from->end - from->p));
    struct slice s = cursor_take(from, end ? (size_t)(end - from->p) : SIZE_MAX);
    cursor_u8(from);
    return s;
}

static void put_lexeme(struct slice s, struct buf *out)
{
    buf_u8(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'' || s.p[i] == '\\')
            buf_u8(out, s.p[i]);
        buf_u8(out, s.p[i]);
    }
    buf_u8(out, '\'');
}

/* tsvectorsend: Int32 lexemes; each is a C string, UInt16 positions, then per position UInt16: 2
 * bits of weight, 14 of position. */
enum op_result op_tsvector_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    struct cursor from = cursor_over(v);
    uint32_t n = cursor_be32(&from);
    size_t mark = out->n;
    for (uint32_t i = 0; i < n && !from.bad; i++) {
        if (i)
            buf_u8(out, ' ');
        put_lexeme(read_cstring(&from), out);
        uint16_t positions = cursor_be16(&from);
        for (uint16_t k = 0; k < positions && !from.bad; k++) {
            uint16_t at = cursor_be16(&from);
            buf_printf(out, "%c%u", k ? ',' : ':', (unsigned)at & 0x3fff);
            if (at >> 14)
                buf_u8(out, (uint8_t)("DCBA"[at >> 14]));
        }
    }
    return from.bad || from.p != from.end ? op_bad(err, c, v) : as_string(out, mark);
}

/* ltree_send: a version, 1, then the text. */
enum op_result op_ltree_binary(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    if (!v.n || v.p[0] != 1)
        return op_bad(err, c, v);
    avro_bytes(out, slice_of(v.p + 1, v.n - 1));
    return OP_OK;
}

/* ---- hstore, as a JSON object or as an Avro map ---- */

struct pairs {
    bool map;
    struct buf body;    /* the pairs written so far, without braces or count */
    int64_t n;
};

static void put_pair(struct pairs *to, struct slice key, const struct slice *value)
{
    if (to->map) {
        avro_bytes(&to->body, key);
        avro_long(&to->body, value != NULL);
        if (value)
            avro_bytes(&to->body, *value);
    } else {
        buf_str(&to->body, to->n ? "," : "");
        buf_json_str(&to->body, key);
        buf_u8(&to->body, ':');
        if (value)
            buf_json_str(&to->body, *value);
        else
            buf_str(&to->body, "null");
    }
    to->n++;
}

static void end_pairs(struct pairs *to, struct buf *out)
{
    if (to->map) {
        if (to->n)
            avro_long(out, to->n);
        buf_put(out, to->body.p, to->body.n);
        avro_long(out, 0);
    } else {
        avro_long(out, (int64_t)to->body.n + 2);
        buf_u8(out, '{');
        buf_put(out, to->body.p, to->body.n);
        buf_u8(out, '}');
    }
}

/* hstore_send: Int32 pairs; each Int32 length and key, Int32 length (-1 null) and value. */
static bool pairs_of_binary(struct slice v, struct pairs *to)
{
    struct cursor from = cursor_over(v);
    uint32_t n = cursor_be32(&from);
    for (uint32_t i = 0; i < n && !from.bad; i++) {
        struct slice key = cursor_take(&from, cursor_be32(&from));
        uint32_t len = cursor_be32(&from);
        struct slice value =
            len == UINT32_MAX ? (struct slice){ NULL, 0 } : cursor_take(&from, len);
        put_pair(to, key, len == UINT32_MAX ? NULL : &value);
    }
    return !from.bad && from.p == from.end;
}

/* Reads a quoted piece of hstore_out's "key"=>"value", "other"=>NULL. */
static bool read_quoted(struct cursor *from, struct buf *text)
{
    text->n = 0;
    if (cursor_u8(from) != '"')
        return false;
    for (uint8_t b; (b = cursor_u8(from)) != '"' && !from->bad;)
        buf_u8(text, b == '\\' ? cursor_u8(from) : b);
    return !from->bad;
}

static bool read_mark(struct cursor *from, const char *mark)
{
    struct slice s = cursor_take(from, strlen(mark));
    return !from->bad && slice_eq(s, slice_str(mark));
}

static bool pairs_of_text(struct slice v, struct pairs *to)
{
    struct cursor from = cursor_over(v);
    struct buf key = { 0 }, value = { 0 };
    bool good = true;
    while (good && from.p < from.end) {
        good = (!to->n || read_mark(&from, ", ")) && read_quoted(&from, &key) &&
               read_mark(&from, "=>");
        bool null = good && from.p < from.end && *from.p == 'N';
        good = good && (null ? read_mark(&from, "NULL") : read_quoted(&from, &value));
        struct slice s = buf_slice(&value);
        if (good)
            put_pair(to, buf_slice(&key), null ? NULL : &s);
    }
    buf_done(&key);
    buf_done(&value);
    return good;
}

static enum op_result hstore(bool read(struct slice, struct pairs *), bool map,
                             const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    struct pairs p = { .map = map };
    bool good = read(v, &p);
    if (good)
        end_pairs(&p, out);
    buf_done(&p.body);
    return good ? OP_OK : op_bad(err, c, v);
}

enum op_result op_hstore_binary(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    return hstore(pairs_of_binary, false, c, v, out, err);
}

enum op_result op_hstore_text(const struct column *c, struct slice v, struct buf *out,
                              struct err *err)
{
    return hstore(pairs_of_text, false, c, v, out, err);
}

enum op_result op_hstore_map_binary(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    return hstore(pairs_of_binary, true, c, v, out, err);
}

enum op_result op_hstore_map_text(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    return hstore(pairs_of_text, true, c, v, out, err);
}

/* ---- point: x, y, and both as well-known binary: little-endian, no reference system ---- */

static void put_point(double x, double y, struct buf *out)
{
    static const uint8_t head[] = { 1, 1, 0, 0, 0 };    /* byte order, type 1 */
    avro_double(out, x);
    avro_double(out, y);
    buf_u8(out, 2);
    avro_long(out, (int64_t)sizeof head + 16);
    buf_put(out, head, sizeof head);
    avro_double(out, x);
    avro_double(out, y);
    buf_u8(out, 0);
}

static double be_double(const uint8_t *p)
{
    uint64_t bits = load_be64(p);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

enum op_result op_point_binary(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    if (v.n != 16)
        return op_bad(err, c, v);
    put_point(be_double(v.p), be_double(v.p + 8), out);
    return OP_OK;
}

/* "(x,y)" */
enum op_result op_point_text(const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    char text[80], *end, *last;
    if (v.n < 5 || v.n >= sizeof text)
        return op_bad(err, c, v);
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    double x = strtod(text + 1, &end);
    if (text[0] != '(' || *end != ',')
        return op_bad(err, c, v);
    double y = strtod(end + 1, &last);
    if (last == end + 1 || strcmp(last, ")") != 0)
        return op_bad(err, c, v);
    put_point(x, y, out);
    return OP_OK;
}
