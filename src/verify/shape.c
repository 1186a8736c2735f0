/*
 * Takes values apart by their schemas: finds a row's bytes within its envelope, and prints its
 * fields as JSON.
 */
#include "verify/shape.h"
#include <jansson.h>
#include <stdlib.h>
#include "base/avro.h"
#include "base/xalloc.h"

struct walk {
    struct cursor c;
    int64_t steps;              /* steps left: a value of few bytes may ask for endless work */
};

/* ---- over a value ---- */

static const struct avro_schema *branch_of(struct walk *w, const struct avro_schema *s)
{
    int64_t at = avro_read_long(&w->c);
    if (at >= 0 && (uint64_t)at < s->n)
        return s->branches[at];
    w->c.bad = true;
    return NULL;
}

static void skip(struct walk *w, const struct avro_schema *s)
{
    avro_pass(s, &w->c, &w->steps);
}

static struct slice since(const struct walk *w, const uint8_t *begun)
{
    return slice_of(begun, (size_t)(w->c.p - begun));
}

/* The type of a union's value; NULL: null. */
static const struct avro_schema *settle(struct walk *w, const struct avro_schema *s)
{
    if (s->kind == AVRO_K_UNION)
        s = branch_of(w, s);
    return s && s->kind == AVRO_K_NULL ? NULL : s;
}

/* A string; p == NULL: there is none. */
static struct slice text_of(struct walk *w, const struct avro_schema *s)
{
    s = settle(w, s);
    if (s && s->kind == AVRO_K_STRING)
        return avro_read_bytes(&w->c);
    if (s)
        skip(w, s);
    return (struct slice){ NULL, 0 };
}

static int64_t long_of(struct walk *w, const struct avro_schema *s)
{
    s = settle(w, s);
    if (s && (s->kind == AVRO_K_LONG || s->kind == AVRO_K_INT))
        return avro_read_long(&w->c);
    if (s)
        skip(w, s);
    return 0;
}

/* ---- envelopes ---- */

static bool is(const struct avro_field *f, const char *name)
{
    return strcmp(f->name, name) == 0;
}

static void read_source(struct walk *w, const struct avro_schema *s, struct said *ret)
{
    s = settle(w, s);
    for (size_t i = 0; s && s->kind == AVRO_K_RECORD && i < s->n; i++) {
        const struct avro_field *f = &s->fields[i];
        if (is(f, "db"))
            ret->db = text_of(w, f->type);
        else if (is(f, "schema"))
            ret->schema = text_of(w, f->type);
        else if (is(f, "table"))
            ret->table = text_of(w, f->type);
        else if (is(f, "lsn"))
            ret->lsn = long_of(w, f->type);
        else if (is(f, "txId"))
            ret->txid = long_of(w, f->type);
        else if (is(f, "file"))
            ret->file = text_of(w, f->type);
        else if (is(f, "gtid"))
            ret->gtid = text_of(w, f->type);
        else if (is(f, "pos"))
            ret->pos = long_of(w, f->type);
        else
            skip(w, f->type);
    }
    if (s && s->kind != AVRO_K_RECORD)
        skip(w, s);
}

static void read_debezium(const struct shape *s, struct walk *w, struct said *ret)
{
    struct slice op = { NULL, 0 };
    bool row = false;
    for (size_t i = 0; i < s->value->n; i++) {
        const struct avro_field *f = &s->value->fields[i];
        if (is(f, "after")) {
            const struct avro_schema *t = settle(w, f->type);
            const uint8_t *begun = w->c.p;
            if (t)
                skip(w, t);
            row = t && t == s->row;
            ret->row = since(w, begun);
        } else if (is(f, "op")) {
            op = text_of(w, f->type);
        } else if (is(f, "source")) {
            read_source(w, f->type, ret);
        } else {
            skip(w, f->type);
        }
    }
    ret->what = row ? ROW_IS : slice_eq(op, slice_str("d")) ? ROW_DELETED
              : slice_eq(op, slice_str("t")) ? ROW_TRUNCATED : ROW_NONE;
}

static void read_flat(const struct shape *s, struct walk *w, struct said *ret)
{
    const uint8_t *begun = w->c.p;
    ret->what = ROW_IS;
    for (size_t i = 0; i < s->value->n; i++) {
        const struct avro_field *f = &s->value->fields[i];
        if (i == s->nrow)
            ret->row = since(w, begun);
        if (i >= s->nrow && is(f, "__deleted"))
            ret->what = slice_eq(text_of(w, f->type), slice_str("true")) ? ROW_DELETED : ret->what;
        else
            skip(w, f->type);
    }
    if (s->nrow == s->value->n)
        ret->row = since(w, begun);
}

int shape_read(const struct shape *s, struct slice body, struct said *ret, struct err *err)
{
    struct walk w = { cursor_over(body), AVRO_STEPS + AVRO_STEPS_A_BYTE * (int64_t)body.n };
    *ret = (struct said){ 0 };
    if (s->debezium)
        read_debezium(s, &w, ret);
    else
        read_flat(s, &w, ret);
    if (w.c.bad || w.c.p != w.c.end)
        return err_set(err, ERR_DATA, "the bytes do not fit schema %d", s->id);
    return 0;
}

/* ---- a schema ---- */

static const struct avro_field *field_of(const struct avro_schema *s, const char *name)
{
    for (size_t i = 0; s->kind == AVRO_K_RECORD && i < s->n; i++)
        if (is(&s->fields[i], name))
            return &s->fields[i];
    return NULL;
}

static bool is_added(const struct encode_options *enc, const char *name)
{
    for (const struct flat_field *f = enc->flat_fields; f && f->name; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    return strcmp(name, "__deleted") == 0;
}

static int find_row(struct shape *s, const struct encode_options *enc, struct err *err)
{
    bool nullable;
    const struct avro_field *after = field_of(s->value, "after");
    if (s->value->kind != AVRO_K_RECORD)
        return err_set(err, ERR_DATA, "schema %d is no record", s->id);
    s->debezium = enc->envelope == ENVELOPE_DEBEZIUM && after && field_of(s->value, "op");
    if (s->debezium) {
        s->row = avro_schema_plain(after->type, &nullable);
        s->nrow = s->row->n;
        return s->row->kind == AVRO_K_RECORD ? 0 :
               err_set(err, ERR_DATA, "field after of schema %d is no record", s->id);
    }
    if (enc->envelope == ENVELOPE_DEBEZIUM)
        return err_set(err, ERR_DATA, "schema %d is no envelope of Debezium's", s->id);
    s->row = s->value;
    while (s->nrow < s->value->n && !is_added(enc, s->value->fields[s->nrow].name))
        s->nrow++;
    return 0;
}

static json_t *named(json_t *schema, const char *field)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(schema, "fields"), i, f)
        if (strcmp(json_string_value(json_object_get(f, "name")), field) == 0)
            return json_object_get(f, "type");
    return NULL;
}

/* The row is defined at the first field that names it. */
static json_t *definition(json_t *schema)
{
    static const char *const fields[] = { "before", "after" };
    for (size_t i = 0, at; i < 2; i++) {
        json_t *type = named(schema, fields[i]), *branch;
        if (json_object_get(type, "fields"))
            return type;
        json_array_foreach(type, at, branch)
            if (json_object_get(branch, "fields"))
                return branch;
    }
    return NULL;
}

static int make_json(struct shape *s, const char *text, struct err *err)
{
    json_t *schema = json_loads(text, JSON_ALLOW_NUL, NULL);
    json_t *row = s->debezium ? definition(schema) : schema;
    json_t *fields = json_object_get(row, "fields");
    while (!s->debezium && json_array_size(fields) > s->nrow)
        json_array_remove(fields, json_array_size(fields) - 1);
    char *dump = row ? json_dumps(row, JSON_COMPACT) : NULL;
    s->json = dump ? avro_json_new(dump, err) : NULL;
    if (!dump)
        err_set(err, ERR_DATA, "schema %d does not say what a row is", s->id);
    free(dump);
    json_decref(schema);
    return s->json ? 0 : -1;
}

struct shape *shape_new(int32_t id, const char *schema, const struct encode_options *enc,
                        struct err *err)
{
    struct shape *s = xcalloc(1, sizeof *s);
    arena_init(&s->arena, 4096);
    s->id = id;
    if (!avro_schema_parse(schema, &s->arena, &s->value, err) && !find_row(s, enc, err) &&
        !make_json(s, schema, err))
        return s;
    shape_free(s);
    return NULL;
}

void shape_free(struct shape *s)
{
    if (!s)
        return;
    avro_json_free(s->json);
    arena_done(&s->arena);
    free(s);
}

/* The byte behind the string that begins at p, its quotes included. */
static const uint8_t *behind_string(const uint8_t *p, const uint8_t *end)
{
    for (p++; p < end && *p != '"'; p++)
        p += *p == '\\';
    return p < end ? p + 1 : end;
}

/* The comma or brace that ends the value that begins at p. */
static const uint8_t *behind_value(const uint8_t *p, const uint8_t *end)
{
    for (int depth = 0; p < end; p++) {
        while (p < end && *p == '"')
            p = behind_string(p, end);
        if (p == end || (!depth && (*p == ',' || *p == '}')))
            return p;
        depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
    }
    return end;
}

int shape_values(const struct shape *s, struct slice row, struct buf *text, struct slice *ret,
                 struct err *err)
{
    text->n = 0;
    if (avro_json_print(s->json, row, text, err))
        return -1;
    const uint8_t *p = text->p, *end = text->p + text->n;
    for (size_t i = 0; i < s->nrow; i++) {
        p = behind_string(p + 1, end) + 1;      /* {"name": or ,"name": */
        const uint8_t *to = p < end ? behind_value(p, end) : end;
        ret[i] = slice_of(p, p < to ? (size_t)(to - p) : 0);
        p = to;
    }
    return 0;
}

const struct avro_field *shape_field(const struct shape *s, const char *name)
{
    for (size_t i = 0; i < s->nrow; i++)
        if (is(&s->row->fields[i], name))
            return &s->row->fields[i];
    return NULL;
}
