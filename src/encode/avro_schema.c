/* Parses an Avro schema's JSON into struct avro_schema, in an arena: for schema comparison, verify
 * and whoever passes over encoded values. */
#include "encode/avro_schema.h"
#include <jansson.h>
#include <stdlib.h>
#include "base/buf.h"

static const char *const kind_names[] = { "null",   "boolean", "int",    "long",  "float",
                                          "double", "bytes",   "string", "fixed", "enum",
                                          "array",  "map",     "record", "union" };

struct named { const struct avro_schema *schema; struct named *next; };

struct reader {
    struct arena *a;
    struct named *named;        /* every named type met so far */
    int depth;
    struct err *err;
};

enum { TOO_DEEP = 64 };

const char *avro_kind_name(enum avro_kind kind)
{
    return kind_names[kind];
}

static const char *text_of(const struct reader *r, const json_t *object, const char *key)
{
    return arena_strdup(r->a, json_string_value(json_object_get(object, key)));
}

/* Puts the namespace in front, unless the name has one already or there is none. */
static const char *full_name(const struct reader *r, const char *name, const char *space)
{
    return strchr(name, '.') || !space || !*space ? name : arena_printf(r->a, "%s.%s", space, name);
}

static const char *space_of(const struct reader *r, const char *full)
{
    const char *dot = strrchr(full, '.');
    char *space = dot ? arena_strdup(r->a, full) : NULL;
    if (space)
        space[dot - full] = 0;
    return space;
}

static const struct avro_schema *bad(const struct reader *r, const char *what, const char *which)
{
    err_set(r->err, ERR_DATA, "not an Avro schema: %s%s%s", what, which ? " " : "",
            which ? which : "");
    return NULL;
}

static const struct avro_schema *read_type(struct reader *r, const json_t *j, const char *space);

static const struct avro_schema *by_name(struct reader *r, const char *name, const char *space)
{
    for (int k = AVRO_K_NULL; k <= AVRO_K_STRING; k++)
        if (strcmp(name, kind_names[k]) == 0) {
            struct avro_schema *s = memset(arena_alloc(r->a, sizeof *s), 0, sizeof *s);
            s->kind = (enum avro_kind)k;
            return s;
        }
    const char *full = full_name(r, name, space);
    for (struct named *n = r->named; n; n = n->next)
        if (strcmp(n->schema->full_name, full) == 0 || strcmp(n->schema->full_name, name) == 0)
            return n->schema;
    return bad(r, "unknown type", name);
}

static const char *const *read_names(const struct reader *r, const json_t *list, const char *space,
                                     bool full)
{
    size_t n = json_array_size(list), i;
    json_t *v;
    if (!n)
        return NULL;
    const char **names = arena_alloc(r->a, (n + 1) * sizeof *names);
    json_array_foreach(list, i, v) {
        const char *name = arena_strdup(r->a, json_string_value(v) ? json_string_value(v) : "");
        names[i] = full ? full_name(r, name, space) : name;
    }
    names[n] = NULL;
    return names;
}

static int read_fields(struct reader *r, const json_t *list, struct avro_schema *s,
                       const char *space)
{
    size_t n = json_array_size(list), i;
    json_t *v;
    struct avro_field *f = arena_alloc(r->a, (n + 1) * sizeof *f);
    json_array_foreach(list, i, v) {
        f[i] = (struct avro_field){ .name = text_of(r, v, "name"),
                                    .aliases =
                                        read_names(r, json_object_get(v, "aliases"), NULL, false) };
        json_t *fallback = json_object_get(v, "default");
        if (!f[i].name)
            return bad(r, "a field without a name in", s->full_name) ? 0 : -1;
        for (size_t k = 0; k < i; k++)
            if (strcmp(f[k].name, f[i].name) == 0)
                return bad(r, "two fields of one name:", f[i].name) ? 0 : -1;
        f[i].type = read_type(r, json_object_get(v, "type"), space);
        if (!f[i].type)
            return -1;
        if (fallback) {
            char *text = json_dumps(fallback, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
            f[i].default_json = arena_strdup(r->a, text);
            free(text);
        }
    }
    s->fields = f;
    s->n = n;
    return 0;
}

static const struct avro_schema *read_union(struct reader *r, const json_t *list, const char *space)
{
    struct avro_schema *s = memset(arena_alloc(r->a, sizeof *s), 0, sizeof *s);
    size_t i;
    json_t *v;
    s->kind = AVRO_K_UNION;
    s->n = json_array_size(list);
    s->branches = arena_alloc(r->a, (s->n + 1) * sizeof *s->branches);
    json_array_foreach(list, i, v)
        if (!(s->branches[i] = read_type(r, v, space)))
            return NULL;
    return s;
}

static void read_about(const struct reader *r, const json_t *j, struct avro_schema *s)
{
    s->logical = text_of(r, j, "logicalType");
    s->precision = (int)json_integer_value(json_object_get(j, "precision"));
    s->scale = (int)json_integer_value(json_object_get(j, "scale"));
    s->meaning = text_of(r, j, "connect.name");
    s->allowed = text_of(r, json_object_get(j, "connect.parameters"), "allowed");
}

/* From here on, a record, enum or fixed is known by its name, also inside itself. Returns the
 * namespace for types inside it; NULL: no name. */
static const char *read_name(struct reader *r, const json_t *j, const char *space,
                             struct avro_schema *s)
{
    const char *name = text_of(r, j, "name"), *own = text_of(r, j, "namespace");
    if (!name)
        return NULL;
    s->full_name = full_name(r, name, own ? own : space);
    s->name = strrchr(s->full_name, '.') ? strrchr(s->full_name, '.') + 1 : s->full_name;
    space = space_of(r, s->full_name);
    s->aliases = read_names(r, json_object_get(j, "aliases"), space, true);
    struct named *n = arena_alloc(r->a, sizeof *n);
    *n = (struct named){ s, r->named };
    r->named = n;
    return space ? space : "";
}

static const struct avro_schema *read_complex(struct reader *r, const json_t *j,
                                              enum avro_kind kind, const char *space)
{
    struct avro_schema *s = memset(arena_alloc(r->a, sizeof *s), 0, sizeof *s);
    s->kind = kind;
    read_about(r, j, s);
    if (kind == AVRO_K_RECORD || kind == AVRO_K_ENUM || kind == AVRO_K_FIXED) {
        space = read_name(r, j, space, s);
        if (!space)
            return bad(r, "a type without a name:", kind_names[kind]);
    }
    if (kind == AVRO_K_RECORD && read_fields(r, json_object_get(j, "fields"), s, space))
        return NULL;
    if (kind == AVRO_K_ENUM) {
        s->n = json_array_size(json_object_get(j, "symbols"));
        s->symbols = read_names(r, json_object_get(j, "symbols"), NULL, false);
        s->symbol_default = text_of(r, j, "default");
    }
    if (kind == AVRO_K_FIXED)
        s->size = json_integer_value(json_object_get(j, "size"));
    if (kind == AVRO_K_ARRAY || kind == AVRO_K_MAP) {
        s->branches = arena_alloc(r->a, sizeof *s->branches);
        s->n = 1;
        s->branches[0] =
            read_type(r, json_object_get(j, kind == AVRO_K_ARRAY ? "items" : "values"), space);
        return s->branches[0] ? s : NULL;
    }
    return s;
}

static const struct avro_schema *read_object(struct reader *r, const json_t *j, const char *space)
{
    const json_t *type = json_object_get(j, "type");
    const char *name = json_string_value(type);
    if (!name)
        return type ? read_type(r, type, space) : bad(r, "an object without a type", NULL);
    for (int k = AVRO_K_NULL; k < AVRO_K_UNION; k++)
        if (strcmp(name, kind_names[k]) == 0)
            return read_complex(r, j, (enum avro_kind)k, space);
    return by_name(r, name, space);
}

static const struct avro_schema *read_type(struct reader *r, const json_t *j, const char *space)
{
    if (++r->depth > TOO_DEEP)
        return bad(r, "it is nested too deeply", NULL);
    const struct avro_schema *s = json_is_string(j)   ? by_name(r, json_string_value(j), space)
                                  : json_is_array(j)  ? read_union(r, j, space)
                                  : json_is_object(j) ? read_object(r, j, space)
                                                      : bad(r, "a type is missing", NULL);
    r->depth--;
    return s;
}

int avro_schema_parse(const char *text, struct arena *a, const struct avro_schema **ret,
                      struct err *err)
{
    json_error_t why;
    json_t *j = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
    if (!j)
        return err_set(err, ERR_DATA, "not an Avro schema: line %d: %s", why.line, why.text);
    struct reader r = { .a = a, .err = err };
    *ret = read_type(&r, j, NULL);
    json_decref(j);
    return *ret ? 0 : -1;
}

const struct avro_schema *avro_schema_plain(const struct avro_schema *s, bool *ret_nullable)
{
    const struct avro_schema *other = NULL;
    size_t nulls = 0;
    *ret_nullable = s->kind == AVRO_K_NULL;
    if (s->kind != AVRO_K_UNION)
        return s;
    for (size_t i = 0; i < s->n; i++) {
        nulls += s->branches[i]->kind == AVRO_K_NULL;
        other = s->branches[i]->kind == AVRO_K_NULL ? other : s->branches[i];
    }
    *ret_nullable = nulls > 0;
    return s->n == 2 && nulls == 1 ? other : s;
}

static void put_text(const struct avro_schema *s, int depth, struct buf *out)
{
    if (s->kind == AVRO_K_UNION) {
        buf_u8(out, '[');
        for (size_t i = 0; i < s->n; i++) {
            buf_str(out, i ? ", " : "");
            put_text(s->branches[i], depth + 1, out);
        }
        buf_u8(out, ']');
    } else if (avro_schema_is_decimal(s)) {
        buf_printf(out, "decimal(%d,%d)", s->precision, s->scale);
    } else if (s->kind == AVRO_K_ARRAY || s->kind == AVRO_K_MAP) {
        buf_printf(out, "%s of ", kind_names[s->kind]);
        if (depth < 4)
            put_text(s->branches[0], depth + 1, out);
    } else if (s->full_name) {
        buf_str(out, s->full_name);
    } else {
        buf_str(out, kind_names[s->kind]);
        if (s->meaning || s->logical)
            buf_printf(out, " (%s)", s->meaning ? s->meaning : s->logical);
    }
}

const char *avro_schema_text(const struct avro_schema *s, struct arena *a)
{
    struct buf b = { 0 };
    put_text(s, 0, &b);
    const char *text = arena_strdup(a, buf_cstr(&b));
    buf_done(&b);
    return text;
}
