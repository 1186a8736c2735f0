#include <inttypes.h>
#include "base/avro.h"
#include "encode/ops.h"

/*
 * Types that are made of others, as the text that their output function gives.
 * Text is written behind `mark`, and becomes an Avro string when its length is known.
 */
static enum op_result as_string(struct buf *out, size_t mark)
{
    size_t end = out->n, n = end - mark;
    avro_long(out, (int64_t)n);
    size_t head = out->n - end;
    uint8_t prefix[10];
    memcpy(prefix, out->p + end, head);
    memmove(out->p + mark + head, out->p + mark, n);
    memcpy(out->p + mark, prefix, head);
    return OP_OK;
}

/* Undoes the length in front of a string that another op wrote. */
static void as_text(struct buf *out, size_t mark)
{
    struct cursor c = cursor_over(slice_of(out->p + mark, out->n - mark));
    struct slice text = avro_read_bytes(&c);
    memmove(out->p + mark, text.p, text.n);
    out->n = mark + text.n;
}

/* ---- ranges ---- */

/* range_send: a byte of flags, then each bound that is there: Int32 length, the element's own form (rangetypes.c). */
enum { RANGE_EMPTY = 0x01, LOWER_INCLUSIVE = 0x02, UPPER_INCLUSIVE = 0x04, LOWER_INFINITE = 0x08, UPPER_INFINITE = 0x10 };

static enum op_result put_element(const struct column *c, struct slice v, struct buf *out, struct err *err)
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

/* range_bound_escape: quoted when it holds what a range's text is made of; of these elements only a space can be. */
static enum op_result put_bound(const struct column *c, struct slice v, struct buf *out, struct err *err)
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

static enum op_result read_bound(const struct column *c, struct cursor *from, struct buf *out, struct err *err)
{
    uint32_t n = cursor_be32(from);
    struct slice v = cursor_take(from, n);
    return from->bad ? op_bad(err, c, v) : put_bound(c, v, out, err);
}

enum op_result op_range_binary(const struct column *c, struct slice v, struct buf *out, struct err *err)
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

/* tsvectorsend: Int32 lexemes; each a C string, UInt16 positions, each UInt16: 2 bits of weight, 14 of position. */
enum op_result op_tsvector_binary(const struct column *c, struct slice v, struct buf *out, struct err *err)
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
enum op_result op_ltree_binary(const struct column *c, struct slice v, struct buf *out, struct err *err)
{
    if (!v.n || v.p[0] != 1)
        return op_bad(err, c, v);
    avro_bytes(out, slice_of(v.p + 1, v.n - 1));
    return OP_OK;
}

/* ---- hstore, as JSON ---- */

static void put_json(struct slice s, bool null, struct buf *out)
{
    if (null)
        buf_str(out, "null");
    else
        buf_json_str(out, s);
}

/* hstore_send: Int32 pairs; each Int32 length and key, Int32 length (-1 null) and value. */
enum op_result op_hstore_binary(const struct column *c, struct slice v, struct buf *out, struct err *err)
{
    struct cursor from = cursor_over(v);
    uint32_t n = cursor_be32(&from);
    size_t mark = out->n;
    buf_u8(out, '{');
    for (uint32_t i = 0; i < n && !from.bad; i++) {
        if (i)
            buf_u8(out, ',');
        put_json(cursor_take(&from, cursor_be32(&from)), false, out);
        buf_u8(out, ':');
        uint32_t len = cursor_be32(&from);
        put_json(len == UINT32_MAX ? (struct slice){ NULL, 0 } : cursor_take(&from, len), len == UINT32_MAX, out);
    }
    buf_u8(out, '}');
    return from.bad || from.p != from.end ? op_bad(err, c, v) : as_string(out, mark);
}

/* A quoted piece of hstore_out's "key"=>"value", "other"=>NULL. */
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

enum op_result op_hstore_text(const struct column *c, struct slice v, struct buf *out, struct err *err)
{
    struct cursor from = cursor_over(v);
    struct buf text = { 0 };
    size_t mark = out->n;
    bool good = true;
    buf_u8(out, '{');
    while (good && from.p < from.end) {
        if (out->n > mark + 1) {
            good = read_mark(&from, ", ");
            buf_u8(out, ',');
        }
        good = good && read_quoted(&from, &text) && read_mark(&from, "=>");
        put_json(buf_slice(&text), false, out);
        buf_u8(out, ':');
        bool null = good && from.p < from.end && *from.p == 'N';
        good = good && (null ? read_mark(&from, "NULL") : read_quoted(&from, &text));
        put_json(buf_slice(&text), null, out);
    }
    buf_u8(out, '}');
    buf_done(&text);
    return good ? as_string(out, mark) : op_bad(err, c, v);
}
