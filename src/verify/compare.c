/* Compares two rows, column by column, as JSON. For rows whose bytes are not equal. */
#include "verify/compare.h"
#include <jansson.h>
#include <stdlib.h>
#include "base/xalloc.h"

void comparer_done(struct comparer *c)
{
    buf_done(&c->source_text);
    buf_done(&c->topic_text);
    free(c->source);
    free(c->topic);
    *c = (struct comparer){ 0 };
}

static void make_room(struct comparer *c, size_t n)
{
    if (n <= c->room)
        return;
    c->room = n + 16;
    c->source = xrealloc(c->source, c->room, sizeof *c->source);
    c->topic = xrealloc(c->topic, c->room, sizeof *c->topic);
}

static const struct avro_schema *plain(const struct avro_schema *s)
{
    bool nullable;
    return avro_schema_plain(s, &nullable);
}

static double number(struct slice text)
{
    char copy[64];
    size_t n = text.n < sizeof copy - 1 ? text.n : sizeof copy - 1;
    memcpy(copy, text.p, n);
    copy[n] = 0;
    return strtod(copy, NULL);
}

/* False for null, and for the texts that stand for NaN and the infinities. */
static bool is_number(struct slice text)
{
    return text.n && (*text.p == '-' || (*text.p >= '0' && *text.p <= '9'));
}

/* One side is a float, the other a double: compare what a float can hold. */
static bool same_as_float(const struct avro_schema *a, struct slice x, const struct avro_schema *b,
                          struct slice y)
{
    enum avro_kind k = plain(a)->kind, l = plain(b)->kind;
    if (!(k == AVRO_K_FLOAT && l == AVRO_K_DOUBLE) && !(k == AVRO_K_DOUBLE && l == AVRO_K_FLOAT))
        return false;
    if (!is_number(x) || !is_number(y))
        return false;       /* equal texts were found before */
    float f = (float)number(x), g = (float)number(y);
    return !(f < g) && !(f > g);
}

/*
 * True for types whose default is the same JSON as their value. Bytes, and types made of bytes, are
 * not.
 */
static bool default_is_plain(const struct avro_field *f)
{
    const struct avro_schema *s = f->type->kind == AVRO_K_UNION && f->type->n ? f->type->branches[0]
                                                                                : f->type;
    return f->default_json && s->kind != AVRO_K_BYTES && s->kind != AVRO_K_FIXED &&
           s->kind <= AVRO_K_STRING;
}

/* The JSON of a default or a value; the caller frees it. NULL: it cannot be read. */
static json_t *json_of(struct slice text)
{
    return json_loadb((const char *)text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static bool same_as_default(const struct avro_field *f, struct slice value)
{
    json_t *a = json_of(slice_str(f->default_json)), *b = json_of(value);
    bool same = json_is_number(a) && json_is_number(b)
                    ? !(json_number_value(a) < json_number_value(b)) &&
                          !(json_number_value(a) > json_number_value(b))
                    : json_equal(a, b);
    json_decref(a);
    json_decref(b);
    return same;
}

/* Types of fixed width have no placeholder: a value that looks like one is a value. */
static bool may_be_left_out(const struct avro_field *f, struct slice value)
{
    const struct avro_schema *s = plain(f->type);
    bool zero = s->kind == AVRO_K_RECORD && memmem(value.p, value.n, "\"0x\"", 4);
    return s->kind == AVRO_K_STRING || s->kind == AVRO_K_BYTES || s->kind == AVRO_K_ARRAY ||
           s->kind == AVRO_K_MAP ||
           (s->kind == AVRO_K_RECORD && !zero && memmem(value.p, value.n, "0x", 2));
}

enum verdict { SAME, DIFFERS, UNSAID };

static enum verdict judge(const struct avro_field *f, struct slice source,
                          const struct slice *placeholder, const struct avro_field *t,
                          struct slice topic)
{
    if (!t && !default_is_plain(f))
        return UNSAID;
    if (!t)
        return same_as_default(f, source) ? SAME : DIFFERS;
    if (slice_eq(source, topic) || same_as_float(f->type, source, t->type, topic))
        return SAME;
    return placeholder && placeholder->n && slice_eq(*placeholder, topic) &&
                   may_be_left_out(f, topic)
               ? UNSAID
               : DIFFERS;
}

int rows_compare(struct comparer *c, const struct shape *source, const struct slice *placeholder,
                 struct slice source_row, const struct shape *topic, struct slice topic_row,
                 column_fn *each, void *arg, struct compared *ret, struct err *err)
{
    *ret = (struct compared){ 0 };
    make_room(c, source->nrow > topic->nrow ? source->nrow : topic->nrow);
    if (shape_values(source, source_row, &c->source_text, c->source, err) ||
        shape_values(topic, topic_row, &c->topic_text, c->topic, err))
        return -1;
    for (size_t i = 0; i < source->nrow; i++) {
        const struct avro_field *f = &source->row->fields[i], *t = shape_field(topic, f->name);
        struct slice there = t ? c->topic[t - topic->row->fields] : (struct slice){ NULL, 0 };
        enum verdict v = judge(f, c->source[i], placeholder ? &placeholder[i] : NULL, t, there);
        ret->differ += v == DIFFERS;
        ret->unsaid += v == UNSAID;
        if (v == DIFFERS && each)
            each(arg, f->name, c->source[i], there);
    }
    return 0;
}
