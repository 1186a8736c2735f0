#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "report/words.h"

static void put(json_t *o, const char *key, const char *value)
{
    if (value)
        json_object_set_new(o, key, json_string(value));
}

static json_t *changes_json(const struct change *c, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = json_object();
        put(o, "change", change_word(c[i].kind));
        put(o, "column", c[i].column);
        put(o, "from", c[i].from);
        put(o, "to", c[i].to);
        put(o, "why", c[i].why);
        if (c[i].sure)
            json_object_set_new(o, "sure", json_integer(c[i].sure));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *verdict_json(const struct verdict *v)
{
    json_t *o = json_object();
    for (const char *const *level = compatibility_levels; *level; level++)
        put(o, *level, verdict_word(v, *level));
    return o;
}

static json_t *reasons_json(const struct table_diff *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->nreasons; i++) {
        const struct reason *r = &t->reasons[i];
        json_t *o = json_object();
        put(o, "direction", r->direction == BACKWARD ? "BACKWARD" : "FORWARD");
        put(o, "part", r->part == PLAN_KEY ? "key" : "value");
        put(o, "reading", r->what == AVRO_REFUSES ? "refused" : "misread");
        put(o, "path", r->path);
        put(o, "why", r->why);
        if (r->version)
            json_object_set_new(o, "version", json_integer(r->version));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *steps_json(const struct table_diff *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->nsteps; i++) {
        json_t *o = json_object();
        put(o, "what", t->steps[i].what);
        put(o, "language", t->steps[i].language);
        put(o, "text", t->steps[i].text);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *side_json(const struct side_table *t)
{
    json_t *o = json_object();
    if (!t)
        return json_null();
    put(o, "schema", t->table->schema);
    put(o, "table", t->table->name);
    put(o, "topic", t->topic);
    put(o, "problem", t->problem);
    for (int part = PLAN_KEY; part <= PLAN_VALUE; part++)
        if (t->schema[part])
            json_object_set_new(o, part == PLAN_KEY ? "keySchema" : "valueSchema", json_loads(t->schema[part], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
    return o;
}

static json_t *table_json(const struct diff *d, const struct table_diff *t)
{
    static const char *const impacts[] = { "none", "compatible", "breaking" }, *const states[] = { "changed", "added", "removed", "renamed" };
    json_t *o = json_object(), *readers = json_array(), *avro = json_object();
    const char *topic = table_topic(t);
    put(o, "state", states[t->state]);
    put(o, "impact", impacts[t->impact]);
    json_object_set_new(o, "old", side_json(t->old));
    json_object_set_new(o, "new", side_json(t->new));
    if (t->sure) {
        json_object_set_new(o, "sure", json_integer(t->sure));
        put(o, "why", t->why);
    }
    json_object_set_new(o, "changes", changes_json(t->changes, t->nchanges));
    json_object_set_new(avro, "fields", changes_json(t->fields, t->nfields));
    put(avro, "level", t->level);
    json_object_set_new(avro, "key", verdict_json(&t->key));
    json_object_set_new(avro, "value", verdict_json(&t->value));
    json_object_set_new(avro, "reasons", reasons_json(t));
    json_object_set_new(o, "avro", avro);
    if (topic && !d->across) {
        json_object_set_new(o, "subjects", json_array());
        json_array_append_new(json_object_get(o, "subjects"), json_string(arena_printf(d->a, "%s-key", topic)));
        json_array_append_new(json_object_get(o, "subjects"), json_string(arena_printf(d->a, "%s-value", topic)));
    }
    for (size_t i = 0; i < t->facts.nreaders; i++)
        json_array_append_new(readers, json_string(t->facts.readers[i]));
    json_object_set_new(o, "readers", readers);
    json_object_set_new(o, "next", steps_json(t));
    return o;
}

void diff_json(const struct diff *d, struct buf *out)
{
    static const char *const impacts[] = { "none", "compatible", "breaking" };
    json_t *o = json_object(), *tables = json_array();
    put(o, "old", d->old->label);
    put(o, "new", d->new->label);
    put(o, "impact", impacts[d->impact]);
    json_object_set_new(o, "equal", json_integer((json_int_t)d->same));
    for (size_t i = 0; i < d->n; i++)
        json_array_append_new(tables, table_json(d, &d->tables[i]));
    json_object_set_new(o, "tables", tables);
    char *text = json_dumps(o, JSON_INDENT(1));
    buf_str(out, text);
    buf_u8(out, '\n');
    free(text);
    json_decref(o);
}
