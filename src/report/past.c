/* Rebuilds past tables from the records of the schema-change topic, in their order: the last record
 * of a table counts. */
#include "report/past.h"
#include <string.h>
#include "report/json_parts.h"

static int read_int(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) ? (int)json_integer_value(v) : -1;
}

/* A label without the quotes that a record has around it, as a statement does. */
static json_t *plain_label(const char *said, size_t n)
{
    struct buf b = { 0 };
    buf_sql_literal(&b, slice_of(said, n));
    const char *text = buf_cstr(&b);
    json_t *plain = json_stringn(text, b.n);
    buf_done(&b);
    return plain;
}

static json_t *plain_labels(const json_t *said)
{
    size_t i;
    json_t *v, *list = json_array();
    json_array_foreach(said, i, v)
        json_array_append_new(list, plain_label(json_string_value(v), json_string_length(v)));
    return list;
}

static void read_column(const struct past *p, const json_t *o, struct column *c)
{
    struct column_about *about = arena_alloc(p->a, sizeof *about);
    *about = (struct column_about){
        .type = json_text(o, "typeName", p->a),
        .native = read_int(o, "nativeType") > 0 ? (uint32_t)read_int(o, "nativeType") : 0,
        .comment = json_text(o, "comment", p->a),
        .charset = json_text(o, "charsetName", p->a),
        .default_expression = json_text(o, "defaultValueExpression", p->a),
        .auto_increment = json_is_true(json_object_get(o, "autoIncremented")),
        .generated = json_is_true(json_object_get(o, "generated")),
    };
    const char *type = json_text(o, "typeExpression", p->a);
    *c = (struct column){ .name = json_text(o, "name", p->a),
                          .type_name = type ? type : about->type,
                          .precision = -1,
                          .about = about,
                          .nullable = json_is_true(json_object_get(o, "optional")) };
    json_t *labels = plain_labels(json_object_get(o, "enumValues"));
    json_labels(labels, c, p->a);
    json_decref(labels);
    p->meaning(c, read_int(o, "length"), read_int(o, "scale"), p->a);
}

static void read_table(const struct past *p, const json_t *o, struct table *t)
{
    json_t *cols = json_object_get(o, "columns"),
           *key = json_object_get(o, "primaryKeyColumnNames"), *v;
    size_t i;
    struct column *c = arena_alloc(p->a, (json_array_size(cols) + 1) * sizeof *c);
    uint16_t *k = arena_alloc(p->a, (json_array_size(key) + 1) * sizeof *k);
    json_array_foreach(cols, i, v)
        if (i < UINT16_MAX)
            read_column(p, v, &c[t->ncols++]);
    json_array_foreach(key, i, v)
        for (uint16_t at = 0; at < t->ncols && t->nkey < UINT16_MAX; at++)
            if (json_is_string(v) && c[at].name && strcmp(c[at].name, json_string_value(v)) == 0)
                k[t->nkey++] = at;
    t->cols = c;
    t->key = k;
    t->comment = json_text(o, "comment", p->a);
    t->charset = json_text(o, "defaultCharsetName", p->a);
}

/* Reads "schema"."table". */
static bool read_id(const char *id, struct table *t, struct arena *a)
{
    const char *middle = id ? strstr(id, "\".\"") : NULL;
    size_t n = id ? strlen(id) : 0;
    if (!middle || *id != '"' || id[n - 1] != '"' || middle + 3 > id + n - 1)
        return false;
    t->schema = arena_printf(a, "%.*s", (int)(middle - id - 1), id + 1);
    t->name = arena_printf(a, "%.*s", (int)(id + n - 1 - (middle + 3)), middle + 3);
    return true;
}

static struct table *place_of(struct past *p, const struct table *t)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->tables[i].schema, t->schema) == 0 && strcmp(p->tables[i].name, t->name) == 0)
            return &p->tables[i];
    p->tables = arena_grown(p->a, p->tables, p->n, &p->cap, sizeof *p->tables);
    return &p->tables[p->n++];
}

static void forget(void *arg, const char *schema, const char *table)
{
    struct past *p = arg;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->tables[i].schema, schema) != 0 ||
            (table && strcmp(p->tables[i].name, table) != 0))
            p->tables[n++] = p->tables[i];
    p->n = n;
}

int past_take(struct past *p, struct slice value, struct err *err)
{
    json_error_t why;
    size_t i;
    json_t *o = json_loadb((const char *)value.p, value.n, JSON_ALLOW_NUL, &why), *v;
    if (!o)
        return err_set(err, ERR_DATA, "a record of the schema-change topic is not readable: %s",
                       why.text);
    const char *database = json_text(o, "databaseName", p->a), *sql = json_text(o, "ddl", p->a);
    if (sql && p->gone)
        p->gone(sql, database, p->a, forget, p);
    json_array_foreach(json_object_get(o, "tableChanges"), i, v) {
        struct table t = { .version = 1, .database = database ? database : "" };
        json_t *table = json_object_get(v, "table");
        if (!read_id(json_string_value(json_object_get(v, "id")), &t, p->a))
            continue;
        if (json_is_object(table)) {
            read_table(p, table, &t);
            if (table_valid(&t, err)) {
                json_decref(o);
                return err_wrap(err, "a record of the schema-change topic");
            }
            *place_of(p, &t) = t;
        } else {
            forget(p, t.schema, t.name);    /* dropped */
        }
    }
    p->records++;
    json_decref(o);
    return 0;
}
