/* Writes a PostgreSQL array as an Avro array: splits a cell into elements, and calls the element's
 * op for each. */
#include "encode/step.h"
#include "base/avro.h"

/* As in the connector, elements of these types have no null branch in the schema. */
bool array_items_nullable(const struct step *s)
{
    enum col_type t = s->col->type;
    return t != COL_ENUM && t != COL_TSVECTOR && t != COL_VECTOR && t != COL_HALFVEC &&
           t != COL_SPARSEVEC;
}

static enum op_result put_element(const struct step *s, bool null, struct slice v, struct buf *out,
                                  struct err *err)
{
    bool nullable = array_items_nullable(s);
    size_t mark = out->n;
    if (null) {
        if (nullable)
            buf_u8(out, 0);
        else
            buf_put(out, s->absent_item.p, s->absent_item.n);
        return nullable ? OP_OK : OP_PARTLY;
    }
    if (nullable)
        buf_u8(out, 2);
    enum op_result r = s->fn(s->col, v, out, err);
    if (r != OP_NONE)
        return r;
    out->n = mark;
    put_element(s, true, v, out, err);
    return OP_PARTLY;
}

/*
 * array_send: Int32 dimensions, Int32 flags, Int32 element oid, per dimension
 * Int32 size and Int32 lower bound, then elements: Int32 length (-1 null), bytes.
 */
static enum op_result from_binary(const struct step *s, struct slice v, struct buf *out,
                                  struct err *err)
{
    struct cursor c = cursor_over(v);
    uint32_t ndim = cursor_be32(&c);
    cursor_take(&c, 8);
    uint64_t n = ndim ? 1 : 0;
    enum op_result all = OP_OK;
    if (ndim > 6)
        return op_bad(err, s->col, v);
    for (uint32_t i = 0; i < ndim; i++) {
        n *= cursor_be32(&c);
        cursor_take(&c, 4);
        if (n > v.n)
            return op_bad(err, s->col, v);
    }
    if (n)
        avro_long(out, (int64_t)n);
    for (uint64_t i = 0; i < n && !c.bad; i++) {
        uint32_t len = cursor_be32(&c);
        struct slice e = len == UINT32_MAX ? (struct slice){ NULL, 0 } : cursor_take(&c, len);
        enum op_result r = c.bad ? OP_OK : put_element(s, len == UINT32_MAX, e, out, err);
        if (r == OP_BAD)
            return r;
        all = r > OP_OK ? r : all;
    }
    buf_u8(out, 0);
    return c.bad || c.p != c.end ? op_bad(err, s->col, v) : all;
}

/*
 * array_out: {1,NULL,"a \"quoted\" one",{nested}}, perhaps after [2:3]= bounds. It quotes an
 * element that holds a space. int2vectorout, oidvectorout: 1 2 3. So an element is the text between
 * commas or spaces. *text gets one element; returns past it.
 */
static const uint8_t *text_element(const uint8_t *p, const uint8_t *end, struct buf *text,
                                   bool *quoted)
{
    text->n = 0;
    *quoted = p < end && *p == '"';
    if (*quoted) {
        for (p++; p < end && *p != '"'; p++) {
            if (*p == '\\' && p + 1 < end)
                p++;
            buf_u8(text, *p);
        }
        return p < end ? p + 1 : end;
    }
    for (; p < end && *p != ',' && *p != ' ' && *p != '}'; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        buf_u8(text, *p);
    }
    return p;
}

static enum op_result from_text(const struct step *s, struct slice v, struct buf *out,
                                struct err *err)
{
    const uint8_t *p = v.p, *end = v.p + v.n;
    struct buf text = { 0 };
    enum op_result r = OP_OK, all = OP_OK;
    if (p < end && *p == '[' && !(p = memchr(p, '=', v.n)))
        return op_bad(err, s->col, v);
    while (p < end && r != OP_BAD) {
        if (*p == '{' || *p == '}' || *p == ',' || *p == ' ' || *p == '=') {
            p++;
            continue;
        }
        bool quoted;
        p = text_element(p, end, &text, &quoted);
        bool null = !quoted && text.n == 4 && memcmp(text.p, "NULL", 4) == 0;
        avro_long(out, 1);      /* one block an element: the count is not known yet */
        r = put_element(s, null, buf_slice(&text), out, err);
        all = r > OP_OK ? r : all;
    }
    buf_done(&text);
    buf_u8(out, 0);
    return r == OP_BAD ? r : all;
}

enum op_result array_encode(const struct step *s, struct slice v, struct buf *out, struct err *err)
{
    return s->col->form == FORM_PG_BINARY ? from_binary(s, v, out, err) : from_text(s, v, out, err);
}
