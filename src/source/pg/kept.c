/*
 * What is kept of a relation beside the position, as JSON: writes, reads and asks its history.
 * relation.c hands it out as state events, and gets it back after a restart.
 */
#include "source/pg/kept.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const fact_names[PG_FACTS] = {
    [PG_BASE] = "base",
    [PG_KIND] = "kind",
    [PG_NAME] = "type_name",
    [PG_EXTENSION] = "extension",
    [PG_TYPMOD] = "typmod",
    [PG_SEND] = "send",
    [PG_ELEM] = "elem",
    [PG_ELEM_KIND] = "elem_kind",
    [PG_ELEM_NAME] = "elem_name",
    [PG_LABELS] = "labels",
    [PG_FORMAT] = "format",
    [PG_DOMAIN] = "domain",
    [PG_MUST] = "must",
    [PG_GUESSED] = "guessed",
    [PG_NOTNULL] = "notnull",
    [PG_DEFAULT] = "default",
    [PG_AUTO] = "auto",
    [PG_GENERATED] = "generated",
    [PG_EXPRESSION] = "expression",
    [PG_COMMENT] = "comment",
    [PG_NUMBER] = "number",
};

static uint64_t since_of(const json_t *version)
{
    const char *s = json_string_value(json_object_get(version, "since"));
    return s ? strtoull(s, NULL, 10) : 0;
}

const json_t *pg_kept_at(const json_t *history, uint64_t lsn)
{
    const json_t *v = NULL;
    size_t i;
    for (i = 0; i < json_array_size(history); i++) {
        v = json_array_get(history, i);
        if (since_of(v) <= lsn)
            break;
    }
    return v;
}

/* Leaves out what is false or says nothing. */
static json_t *column_json(const struct pg_said *c)
{
    json_t *o = json_pack("{s:s, s:I}", "name", c->name, "type", (json_int_t)c->type);
    for (int f = 0; f < PG_FACTS; f++)
        if (c->fact[f] && strcmp(c->fact[f], "f") && !(f == PG_ELEM && *c->fact[f] == '0') &&
            !(f == PG_TYPMOD && *c->fact[f] == '-'))
            json_object_set_new(o, fact_names[f], json_string(c->fact[f]));
    return o;
}

static json_t *known_json(const struct pg_known *k, const char *since)
{
    json_t *columns = json_array(), *key = json_array();
    for (uint16_t i = 0; i < k->ncols; i++)
        json_array_append_new(columns, column_json(&k->cols[i]));
    for (uint16_t i = 0; i < k->nkey; i++)
        json_array_append_new(key, json_string(k->key[i]));
    return json_pack("{s:s, s:o, s:b, s:o}", "since", since, "key", key, "marked", k->marked,
                     "columns", columns);
}

bool pg_kept_add(json_t *history, uint64_t lsn, uint64_t done, const struct pg_known *k)
{
    char since[24];
    snprintf(since, sizeof since, "%" PRIu64, lsn);
    json_t *v = known_json(k, since);
    const json_t *last = pg_kept_at(history, lsn);
    if (last && json_equal(json_object_get(last, "key"), json_object_get(v, "key")) &&
        json_is_true(json_object_get(last, "marked")) == k->marked &&
        json_equal(json_object_get(last, "columns"), json_object_get(v, "columns"))) {
        json_decref(v);
        return false;
    }
    while (json_array_size(history) && since_of(json_array_get(history, 0)) >= lsn)
        json_array_remove(history, 0);      /* it was said of rows that are read again */
    json_array_insert_new(history, 0, v);
    size_t keep = 0;
    while (keep < json_array_size(history) && since_of(json_array_get(history, keep)) > done)
        keep++;
    while (json_array_size(history) > keep + 1)
        json_array_remove(history, json_array_size(history) - 1);
    return true;
}

bool pg_kept_column(const json_t *version, const char *name, uint32_t type, struct pg_said *ret)
{
    const json_t *columns = json_object_get(version, "columns"), *c;
    size_t i;
    json_array_foreach(columns, i, c) {
        const char *its = json_string_value(json_object_get(c, "name"));
        if (!its || strcmp(its, name) ||
            json_integer_value(json_object_get(c, "type")) != (json_int_t)type)
            continue;
        *ret = (struct pg_said){ .name = its, .type = type };
        for (int f = 0; f < PG_FACTS; f++)
            ret->fact[f] = json_string_value(json_object_get(c, fact_names[f]));
        return true;
    }
    return false;
}

/*
 * Index of the kept column of that name, at `from` or behind it. The number of columns: there is
 * none.
 */
static size_t place_of(const json_t *columns, size_t from, const char *name)
{
    size_t n = json_array_size(columns);
    for (; from < n; from++) {
        const json_t *its = json_object_get(json_array_get(columns, from), "name");
        if (json_is_string(its) && strcmp(json_string_value(its), name) == 0)
            break;
    }
    return from;
}

/* As many columns as then, and the key's where they were: another one was renamed. */
static bool key_in_place(const json_t *version, const json_t *columns, const char *const *names,
                         uint16_t n)
{
    const json_t *name;
    size_t i, at;
    json_array_foreach(json_object_get(version, "key"), i, name) {
        at = json_is_string(name) ? place_of(columns, 0, json_string_value(name)) : n;
        if (at >= n || strcmp(names[at], json_string_value(name)))
            return false;
    }
    return json_array_size(columns) == n;
}

bool pg_kept_in_place(const json_t *version, const char *const *names, uint16_t n)
{
    const json_t *columns = json_object_get(version, "columns");
    size_t kept = json_array_size(columns), next = 0;
    bool is_new = false;
    if (key_in_place(version, columns, names, n))
        return true;
    for (uint16_t i = 0; i < n; i++) {
        size_t at = place_of(columns, 0, names[i]);
        if (at < kept && (is_new || at < next))
            return false;
        is_new |= at == kept;
        next = at + 1;
    }
    return true;
}

const json_t *pg_kept_key(const json_t *version, bool *ret_marked)
{
    *ret_marked = json_is_true(json_object_get(version, "marked"));
    return json_object_get(version, "key");
}

static int append(const char *text, size_t n, void *out)
{
    buf_put(out, text, n);
    return 0;
}

void pg_kept_write(uint32_t oid, const char *schema, const char *table, json_t *history,
                   struct buf *ret)
{
    json_t *o = json_pack("{s:I, s:s, s:s, s:O}", "oid", (json_int_t)oid, "schema", schema, "table",
                          table, "history", history);
    json_dump_callback(o, append, ret, JSON_COMPACT);
    json_decref(o);
}

int pg_kept_read(struct slice text, uint32_t *ret_oid, json_t **ret_history, struct err *err)
{
    json_error_t je;
    json_t *o = json_loadb((const char *)text.p, text.n, 0, &je);
    json_t *history = json_object_get(o, "history");
    *ret_oid = (uint32_t)json_integer_value(json_object_get(o, "oid"));
    bool good = json_is_array(history) && *ret_oid;
    if (good)
        *ret_history = json_incref(history);
    json_decref(o);
    return good ? 0
                : err_set(err, ERR_FATAL,
                          "what was kept of a table beside the position cannot be read: %.*s",
                          (int)(text.n < 200 ? text.n : 200), (const char *)text.p);
}
