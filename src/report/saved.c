/* Saves a side as JSON, and loads it: schemas/database.schema.json describes the form. */
#include <string.h>
#include "report/json_parts.h"

static const char *const meanings[COL_TYPES] = {
    [COL_UNKNOWN] = "unknown",
    [COL_BOOL] = "bool",
    [COL_I16] = "int16",
    [COL_I32] = "int32",
    [COL_I64] = "int64",
    [COL_OID] = "oid",
    [COL_F32] = "float32",
    [COL_F64] = "float64",
    [COL_U64] = "uint64",
    [COL_F32_WIDE] = "float32-wide",
    [COL_DECIMAL] = "decimal",
    [COL_MONEY] = "money",
    [COL_TEXT] = "text",
    [COL_CHAR] = "char",
    [COL_BYTES] = "bytes",
    [COL_DATE] = "date",
    [COL_TIME] = "time",
    [COL_TIMETZ] = "timetz",
    [COL_TIMESTAMP] = "timestamp",
    [COL_TIMESTAMPTZ] = "timestamptz",
    [COL_INTERVAL] = "interval",
    [COL_TIME_SPAN] = "time-span",
    [COL_YEAR] = "year",
    [COL_UUID] = "uuid",
    [COL_JSON] = "json",
    [COL_JSONB] = "jsonb",
    [COL_XML] = "xml",
    [COL_INET] = "inet",
    [COL_CIDR] = "cidr",
    [COL_MACADDR] = "macaddr",
    [COL_MACADDR8] = "macaddr8",
    [COL_BIT] = "bit",
    [COL_ENUM] = "enum",
    [COL_SET] = "set",
    [COL_INT4RANGE] = "int4range",
    [COL_INT8RANGE] = "int8range",
    [COL_NUMRANGE] = "numrange",
    [COL_DATERANGE] = "daterange",
    [COL_TSRANGE] = "tsrange",
    [COL_TSTZRANGE] = "tstzrange",
    [COL_TSVECTOR] = "tsvector",
    [COL_LTREE] = "ltree",
    [COL_HSTORE] = "hstore",
    [COL_POINT] = "point",
    [COL_VECTOR] = "vector",
    [COL_HALFVEC] = "halfvec",
    [COL_SPARSEVEC] = "sparsevec",
    [COL_GEOMETRY] = "geometry",
    [COL_GEOGRAPHY] = "geography",
};
static const char *const default_kinds[] = { "none", "literal", "computed" };

/* ---- writing: usual values are left out ---- */

static void put_int(json_t *o, const char *key, long long value, long long usual)
{
    if (value != usual)
        json_object_set_new(o, key, json_integer(value));
}

static void put_true(json_t *o, const char *key, bool value)
{
    if (value)
        json_object_set_new(o, key, json_true());
}

static json_t *column_json(const struct column *c)
{
    json_t *o = json_object(), *labels = json_array();
    const struct column_about *a = c->about;
    json_put(o, "name", c->name);
    json_put(o, "type", c->type_name);
    json_put(o, "meaning", meanings[c->type]);
    json_object_set_new(o, "nullable", json_boolean(c->nullable));
    put_true(o, "array", c->is_array);
    put_true(o, "unsigned", c->is_unsigned);
    if (c->type == COL_DECIMAL && c->has_scale)
        json_object_set_new(o, "scale", json_integer(c->scale));
    put_int(o, "precision", c->precision, -1);
    put_int(o, "length", c->length, 0);
    put_int(o, "pad", c->pad, 0);
    if (c->default_kind != DEFAULT_NONE)
        json_put(o, "defaultKind", default_kinds[c->default_kind]);
    json_put(o, "defaultValue", c->default_text);
    for (uint16_t i = 0; i < c->nlabels; i++)
        json_array_append_new(labels, json_stringn((const char *)c->labels[i].p, c->labels[i].n));
    if (c->nlabels)
        json_object_set(o, "labels", labels);
    json_decref(labels);
    if (a) {
        json_put(o, "shortType", a->type);
        put_int(o, "native", a->native, 0);
        put_int(o, "number", a->number, 0);
        json_put(o, "default", a->default_expression);
        json_put(o, "comment", a->comment);
        json_put(o, "charset", a->charset);
        put_true(o, "autoIncrement", a->auto_increment);
        put_true(o, "generated", a->generated);
    }
    return o;
}

static json_t *table_json(const struct side_table *st, bool schemas)
{
    const struct table *t = st->table;
    json_t *o = json_object(), *cols = json_array(), *key = json_array();
    json_put(o, "schema", t->schema);
    json_put(o, "name", t->name);
    put_int(o, "id", (long long)t->id, 0);
    json_put(o, "comment", t->comment);
    json_put(o, "charset", t->charset);
    for (uint16_t i = 0; i < t->ncols; i++)
        json_array_append_new(cols, column_json(&t->cols[i]));
    for (uint16_t i = 0; i < t->nkey; i++)
        json_array_append_new(key, json_string(t->cols[t->key[i]].name));
    json_object_set_new(o, "columns", cols);
    json_object_set_new(o, "key", key);
    if (schemas) {
        json_put(o, "topic", st->topic);
        json_put(o, "keySchema", st->schema[PLAN_KEY]);
        json_put(o, "valueSchema", st->schema[PLAN_VALUE]);
    }
    return o;
}

void side_save(const struct side *s, struct buf *out)
{
    json_t *o = json_object(), *tables = json_array();
    json_put(o, "format", "tailrace-database-1");
    json_put(o, "from", s->label);
    json_put(o, "dialect", dialect_name(s->dialect));
    put_true(o, "copy", s->copy);
    json_put(o, "identity", s->identity);
    if (s->n)
        json_put(o, "database", s->tables[0].table->database);
    for (size_t i = 0; i < s->n; i++)
        json_array_append_new(tables, table_json(&s->tables[i], s->dialect == DIALECT_AVRO));
    json_object_set_new(o, "tables", tables);
    json_write(o, out);
}

/* ---- reading ---- */

static int named(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n && name; i++)
        if (list[i] && strcmp(list[i], name) == 0)
            return (int)i;
    return -1;
}

static long long number_or(const json_t *o, const char *key, long long fallback)
{
    const json_t *v = json_object_get(o, key);
    return v ? json_integer_value(v) : fallback;
}

/* A number that does not fit becomes one that table_valid() refuses. */
static int16_t small(const json_t *o, const char *key, long long fallback)
{
    long long v = number_or(o, key, fallback);
    return v < INT16_MIN || v > INT16_MAX ? INT16_MAX : (int16_t)v;
}

static int32_t length_of(const json_t *o)
{
    long long v = number_or(o, "length", 0);
    return v < 0 || v > INT32_MAX ? -1 : (int32_t)v;
}

static int load_column(const json_t *o, struct column *c, enum cell_form form, struct arena *a,
                       struct err *err)
{
    int type = named(meanings, COL_TYPES, json_string_value(json_object_get(o, "meaning")));
    int kind = named(default_kinds, 3, json_string_value(json_object_get(o, "defaultKind")));
    struct column_about *about = arena_alloc(a, sizeof *about);
    *about = (struct column_about){
        .type = json_text(o, "shortType", a),
        .native = (uint32_t)number_or(o, "native", 0),
        .number = (int)number_or(o, "number", 0),
        .default_expression = json_text(o, "default", a),
        .comment = json_text(o, "comment", a),
        .charset = json_text(o, "charset", a),
        .auto_increment = json_is_true(json_object_get(o, "autoIncrement")),
        .generated = json_is_true(json_object_get(o, "generated")),
    };
    *c = (struct column){
        .name = json_text(o, "name", a),
        .type_name = json_text(o, "type", a),
        .type = type < 0 ? COL_UNKNOWN : (enum col_type)type,
        .form = form,
        .is_array = json_is_true(json_object_get(o, "array")),
        .nullable = json_is_true(json_object_get(o, "nullable")),
        .is_unsigned = json_is_true(json_object_get(o, "unsigned")),
        .precision = small(o, "precision", -1),
        .scale = small(o, "scale", 0),
        .length = length_of(o),
        .pad = (uint16_t)small(o, "pad", 0),
        .default_kind = kind < 0 ? DEFAULT_NONE : (enum default_kind)kind,
        .default_text = json_text(o, "defaultValue", a),
        .about = about,
    };
    c->has_scale = c->type == COL_DECIMAL && json_object_get(o, "scale");
    json_labels(json_object_get(o, "labels"), c, a);
    return c->name && c->type_name && type >= 0
               ? 0
               : err_set(err, ERR_DATA,
                         "a column wants name, type and a known meaning; one is named %s",
                         c->name ? c->name : "(none)");
}

static int load_table(const json_t *o, struct table *t, const char *database, enum cell_form form,
                      struct arena *a, struct err *err)
{
    json_t *cols = json_object_get(o, "columns"), *key = json_object_get(o, "key"), *v;
    size_t i;
    struct column *c = arena_alloc(a, (json_array_size(cols) + 1) * sizeof *c);
    uint16_t *k = arena_alloc(a, (json_array_size(key) + 1) * sizeof *k);
    *t = (struct table){ .id = (uint64_t)number_or(o, "id", 0),
                         .version = 1,
                         .database = database,
                         .schema = json_text(o, "schema", a),
                         .name = json_text(o, "name", a),
                         .comment = json_text(o, "comment", a),
                         .charset = json_text(o, "charset", a),
                         .cols = c,
                         .key = k };
    if (!t->schema || !t->name || json_array_size(cols) > UINT16_MAX)
        return err_set(err, ERR_DATA, "a table wants schema, name and columns");
    json_array_foreach(cols, i, v)
        if (load_column(v, &c[t->ncols++], form, a, err))
            return err_wrap(err, "%s.%s", t->schema, t->name);
    json_array_foreach(key, i, v) {
        uint16_t at = 0;
        while (at < t->ncols &&
               (!json_string_value(v) || strcmp(c[at].name, json_string_value(v)) != 0))
            at++;
        if (at == t->ncols)
            return err_set(err, ERR_DATA, "%s.%s: its key names a column that it has not",
                           t->schema, t->name);
        if (t->nkey == t->ncols)
            return err_set(err, ERR_DATA, "%s.%s: its key has more columns than the table",
                           t->schema, t->name);
        k[t->nkey++] = at;
    }
    return table_valid(t, err);
}

static int load_tables(const json_t *o, struct table_list *list, enum cell_form form,
                       struct arena *a, struct err *err)
{
    json_t *tables = json_object_get(o, "tables"), *v;
    size_t i;
    struct table *t = arena_alloc(a, (json_array_size(tables) + 1) * sizeof *t);
    list->database = json_text(o, "database", a);
    list->identity = json_text(o, "identity", a);
    list->tables = t;
    json_array_foreach(tables, i, v)
        if (load_table(v, &t[list->n++], list->database ? list->database : "", form, a, err))
            return -1;
    return 0;
}

static int load_subjects(const json_t *o, const char *label, struct arena *a, struct side **ret,
                         struct err *err)
{
    json_t *tables = json_object_get(o, "tables"), *v;
    size_t i, n = 0;
    struct avro_subject *s = arena_alloc(a, (json_array_size(tables) + 1) * sizeof *s);
    json_array_foreach(tables, i, v) {
        s[n] = (struct avro_subject){ json_text(v, "topic", a), json_text(v, "keySchema", a),
                                      json_text(v, "valueSchema", a) };
        if (!s[n].topic || !s[n].value)
            return err_set(err, ERR_DATA, "a table of an Avro side wants topic and valueSchema");
        n++;
    }
    return side_of_subjects(a, s, n, label, ret, err);
}

int side_load(struct arena *a, struct slice bytes, const char *name, struct side **ret,
              struct err *err)
{
    json_error_t why;
    struct table_list list = { 0 };
    json_t *o = json_loadb((const char *)bytes.p, bytes.n, JSON_ALLOW_NUL, &why);
    const char *format = json_string_value(json_object_get(o, "format"));
    if (!o)
        return err_set(err, ERR_DATA, "%s:%d: %s", name, why.line, why.text);
    if (!format || strcmp(format, "tailrace-database-1") != 0) {
        json_decref(o);
        return err_set(err, ERR_DATA,
                       "%s: not a saved schema (its \"format\" is not tailrace-database-1)", name);
    }
    const char *dialect_text = json_string_value(json_object_get(o, "dialect")),
               *from = json_string_value(json_object_get(o, "from"));
    const char *label = arena_printf(a, "%s (%s)", name, from ? from : "saved");
    enum dialect dialect = dialect_text && strcmp(dialect_text, "Avro") == 0
                               ? DIALECT_AVRO
                               : dialect_of_server(dialect_text ? dialect_text : "");
    enum cell_form form =
        dialect == DIALECT_MYSQL || dialect == DIALECT_MARIADB ? FORM_MYSQL_TEXT : FORM_PG_TEXT;
    int rc = dialect == DIALECT_AVRO ? load_subjects(o, label, a, ret, err)
                                     : load_tables(o, &list, form, a, err);
    if (!rc && dialect != DIALECT_AVRO)
        *ret = side_of_tables(a, &list, dialect, label);
    if (!rc)
        (*ret)->copy = json_is_true(json_object_get(o, "copy"));
    json_decref(o);
    return rc ? err_wrap(err, "%s", name) : 0;
}
