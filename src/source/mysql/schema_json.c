/*
 * A table's definition as JSON, for EV_STATEs and chunks:
 *     {"database":"shop","name":"t","charset":"utf8mb4","collation":"utf8mb4_bin","comment":"..",
 *      "columns":[{"name":"id","type":"int","auto_increment":true},..],
 *      "indexes":[{"name":"PRIMARY","unique":true,"columns":[0]}],"foreign_keys":["fk"]}
 * A member that is NULL, false or empty is left out. JSON cannot hold text that is not UTF-8: such
 * a text is {"hex":"e4"}.
 */
#include <jansson.h>
#include <string.h>
#include "source/mysql/schema.h"

static void set_text(json_t *o, const char *key, const char *text)
{
    json_t *value = text ? json_string(text) : NULL;
    struct buf hex = { 0 };
    if (text && !value) {
        buf_hex(&hex, slice_str(text));
        value = json_pack("{s:s}", "hex", buf_cstr(&hex));
    }
    if (value)
        json_object_set_new(o, key, value);
    buf_done(&hex);
}

static void set_flag(json_t *o, const char *key, bool on)
{
    if (on)
        json_object_set_new(o, key, json_true());
}

static json_t *column_json(const struct mysql_column_def *c)
{
    json_t *o = json_object();
    set_text(o, "name", c->name);
    set_text(o, "type", c->type);
    set_text(o, "charset", c->charset);
    set_text(o, "collation", c->collation);
    set_text(o, "default", c->default_text);
    set_text(o, "comment", *c->comment ? c->comment : NULL);
    set_text(o, "on_update", c->on_update);
    set_flag(o, "expression", c->default_is_expression);
    set_flag(o, "nullable", c->nullable);
    set_flag(o, "auto_increment", c->auto_increment);
    set_flag(o, "generated", c->generated);
    set_flag(o, "virtual", c->is_virtual);
    set_flag(o, "invisible", c->invisible);
    set_flag(o, "json", c->json_check);
    set_flag(o, "hidden", c->hidden);
    set_flag(o, "row_end", c->row_end);
    set_flag(o, "period_start", c->period_start);
    set_flag(o, "period_end", c->period_end);
    return o;
}

static json_t *index_json(const struct mysql_index_def *x)
{
    json_t *o = json_object(), *cols = json_array();
    set_text(o, "name", x->name);
    set_flag(o, "unique", x->unique);
    set_flag(o, "fulltext", x->fulltext);
    set_flag(o, "prefix", x->prefix);
    set_flag(o, "hash", x->hash);
    set_flag(o, "overlaps", x->overlaps);
    for (uint16_t i = 0; i < x->ncols; i++)
        json_array_append_new(cols, json_integer(x->cols[i]));
    json_object_set_new(o, "columns", cols);
    return o;
}

static int append(const char *text, size_t n, void *out)
{
    buf_put(out, text, n);
    return 0;
}

void mysql_table_def_write(const struct mysql_table_def *t, struct buf *out)
{
    json_t *o = json_object(), *cols = json_array(), *indexes = json_array();
    json_t *foreign = json_array();
    set_text(o, "database", t->database);
    set_text(o, "name", t->name);
    set_text(o, "charset", t->charset);
    set_text(o, "collation", t->collation);
    set_text(o, "comment", *t->comment ? t->comment : NULL);
    for (uint16_t i = 0; i < t->ncols; i++)
        json_array_append_new(cols, column_json(&t->cols[i]));
    for (uint16_t i = 0; i < t->nindexes; i++)
        json_array_append_new(indexes, index_json(&t->indexes[i]));
    json_object_set_new(o, "columns", cols);
    json_object_set_new(o, "indexes", indexes);
    for (uint16_t i = 0; i < t->nforeign_keys; i++)
        json_array_append_new(foreign, json_string(t->foreign_keys[i]));
    if (t->nforeign_keys)
        json_object_set(o, "foreign_keys", foreign);
    json_decref(foreign);
    json_dump_callback(o, append, out, JSON_COMPACT);
    json_decref(o);
}

static const char *get_text(const json_t *o, const char *key, struct arena *a)
{
    const json_t *value = json_object_get(o, key);
    const char *hex = json_string_value(json_object_get(value, "hex"));
    struct buf text = { 0 };
    if (hex)
        buf_unhex(&text, slice_str(hex));
    const char *s = arena_strdup(a, hex ? buf_cstr(&text) : json_string_value(value));
    buf_done(&text);
    return s;
}

static bool get_flag(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static int read_column(const json_t *o, struct arena *a, struct mysql_column_def *ret,
                       struct err *err)
{
    *ret = (struct mysql_column_def){
        .name = get_text(o, "name", a),
        .type = get_text(o, "type", a),
        .charset = get_text(o, "charset", a),
        .collation = get_text(o, "collation", a),
        .default_text = get_text(o, "default", a),
        .comment = or_empty(get_text(o, "comment", a)),
        .on_update = get_text(o, "on_update", a),
        .default_is_expression = get_flag(o, "expression"),
        .nullable = get_flag(o, "nullable"),
        .auto_increment = get_flag(o, "auto_increment"),
        .generated = get_flag(o, "generated"),
        .is_virtual = get_flag(o, "virtual"),
        .invisible = get_flag(o, "invisible"),
        .json_check = get_flag(o, "json"),
        .hidden = get_flag(o, "hidden"),
        .row_end = get_flag(o, "row_end"),
        .period_start = get_flag(o, "period_start"),
        .period_end = get_flag(o, "period_end"),
    };
    return ret->name && ret->type ? 0 : err_set(err, ERR_DATA, "a column has no name or no type");
}

static int read_index(const json_t *o, uint16_t ncols, struct arena *a, struct mysql_index_def *ret,
                      struct err *err)
{
    json_t *cols = json_object_get(o, "columns"), *c;
    size_t i;
    *ret = (struct mysql_index_def){ .name = get_text(o, "name", a),
                                     .unique = get_flag(o, "unique"),
                                     .fulltext = get_flag(o, "fulltext"),
                                     .prefix = get_flag(o, "prefix"),
                                     .hash = get_flag(o, "hash"),
                                     .overlaps = get_flag(o, "overlaps") };
    if (!ret->name || json_array_size(cols) > UINT16_MAX)
        return err_set(err, ERR_DATA, "an index has no name or too many columns");
    ret->cols = arena_alloc(a, json_array_size(cols) * sizeof *ret->cols);
    json_array_foreach(cols, i, c) {
        json_int_t at = json_is_integer(c) ? json_integer_value(c) : -1;
        if (at < 0 || at >= ncols)
            return err_set(err, ERR_DATA, "index %s has a column that is not there", ret->name);
        for (uint16_t k = 0; k < ret->ncols; k++)
            if (ret->cols[k] == (uint16_t)at)
                return err_set(err, ERR_DATA, "index %s has a column twice", ret->name);
        ret->cols[ret->ncols++] = (uint16_t)at;
    }
    return 0;
}

static void read_foreign_keys(const json_t *names, struct arena *a, struct mysql_table_def *t)
{
    size_t n = json_array_size(names);
    t->foreign_keys = arena_alloc(a, n * sizeof *t->foreign_keys);
    for (size_t i = 0; i < n && i < UINT16_MAX; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name)
            t->foreign_keys[t->nforeign_keys++] = arena_strdup(a, name);
    }
}

static int read_table(const json_t *o, struct arena *a, struct mysql_table_def *ret,
                      struct err *err)
{
    json_t *cols = json_object_get(o, "columns"), *indexes = json_object_get(o, "indexes"), *e;
    size_t i;
    *ret = (struct mysql_table_def){ .database = get_text(o, "database", a),
                                     .name = get_text(o, "name", a),
                                     .charset = get_text(o, "charset", a),
                                     .collation = get_text(o, "collation", a),
                                     .comment = or_empty(get_text(o, "comment", a)) };
    if (!ret->database || !ret->name)
        return err_set(err, ERR_DATA, "it has no name");
    if (json_array_size(cols) > UINT16_MAX || json_array_size(indexes) > UINT16_MAX)
        return err_set(err, ERR_DATA, "it has too many columns");
    ret->cols = arena_alloc(a, json_array_size(cols) * sizeof *ret->cols);
    ret->indexes = arena_alloc(a, json_array_size(indexes) * sizeof *ret->indexes);
    json_array_foreach(cols, i, e)
        if (read_column(e, a, &ret->cols[ret->ncols++], err))
            return -1;
    json_array_foreach(indexes, i, e)
        if (read_index(e, ret->ncols, a, &ret->indexes[ret->nindexes++], err))
            return -1;
    read_foreign_keys(json_object_get(o, "foreign_keys"), a, ret);
    return 0;
}

int mysql_table_def_read(struct slice json, struct arena *a, struct mysql_table_def *ret,
                         struct err *err)
{
    json_error_t je;
    json_t *o = json_loadb((const char *)json.p, json.n, JSON_ALLOW_NUL, &je);
    int rc = o ? read_table(o, a, ret, err) : err_set(err, ERR_DATA, "%s", je.text);
    json_decref(o);
    return rc ? err_wrap(err, "a stored table definition cannot be read") : 0;
}
