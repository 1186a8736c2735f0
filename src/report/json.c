/* Renders a comparison as JSON. */
#include <string.h>
#include "report/json_parts.h"
#include "report/words.h"

static json_t *changes_json(const struct change *c, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = json_object();
        json_put(o, "change", change_word(c[i].kind));
        json_put(o, "column", c[i].column);
        json_put(o, "from", c[i].from);
        json_put(o, "to", c[i].to);
        json_put(o, "why", c[i].why);
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
        json_put(o, *level, verdict_word(v, *level));
    return o;
}

static json_t *reasons_json(const struct table_diff *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->nreasons; i++) {
        const struct reason *r = &t->reasons[i];
        json_t *o = json_object();
        json_put(o, "direction", r->direction == BACKWARD ? "BACKWARD" : "FORWARD");
        json_put(o, "part", r->part == PLAN_KEY ? "key" : "value");
        json_put(o, "reading", r->what == AVRO_REFUSES ? "refused" : "misread");
        json_put(o, "path", r->path);
        json_put(o, "why", r->why);
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
        json_put(o, "what", t->steps[i].what);
        json_put(o, "language", t->steps[i].language);
        json_put(o, "text", t->steps[i].text);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *side_json(const struct side_table *t)
{
    if (!t)
        return json_null();
    json_t *o = json_object();
    json_put(o, "schema", t->table->schema);
    json_put(o, "table", t->table->name);
    json_put(o, "topic", t->topic);
    json_put(o, "problem", t->problem);
    for (int part = PLAN_KEY; part <= PLAN_VALUE; part++)
        if (t->schema[part])
            json_object_set_new(
                o, part == PLAN_KEY ? "keySchema" : "valueSchema",
                json_loads(t->schema[part], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
    return o;
}

/* The table's subjects; for a renamed table, those of both names. */
static json_t *subjects_json(const struct diff *d, const struct table_diff *t)
{
    const struct side_table *sides[] = { t->old, t->new };
    const char *before = NULL;
    json_t *list = json_array();
    for (int i = 0; i < 2; i++) {
        const char *topic = sides[i] ? sides[i]->topic : NULL;
        if (!topic || (before && strcmp(before, topic) == 0))
            continue;
        if (sides[i]->schema[PLAN_KEY])
            json_array_append_new(list, json_string(plan_subject(topic, PLAN_KEY, d->a)));
        json_array_append_new(list, json_string(plan_subject(topic, PLAN_VALUE, d->a)));
        before = topic;
    }
    return list;
}

static json_t *table_json(const struct diff *d, const struct table_diff *t)
{
    static const char *const impacts[] = { "none", "compatible", "breaking" }, *const states[] = {
        "changed", "added", "removed", "renamed"
    };
    json_t *o = json_object(), *readers = json_array(), *avro = json_object();
    json_put(o, "state", states[t->state]);
    json_put(o, "impact", impacts[t->impact]);
    json_put(o, "because", table_because(d, t));
    json_object_set_new(o, "old", side_json(t->old));
    json_object_set_new(o, "new", side_json(t->new));
    if (t->sure) {
        json_object_set_new(o, "sure", json_integer(t->sure));
        json_put(o, "why", t->why);
    }
    json_object_set_new(o, "changes", changes_json(t->changes, t->nchanges));
    json_object_set_new(avro, "fields", changes_json(t->fields, t->nfields));
    json_put(avro, "level", t->level);
    json_put(avro, "subjectLevel", t->facts.level[PLAN_VALUE]);
    json_object_set_new(avro, "key", verdict_json(&t->key));
    json_object_set_new(avro, "value", verdict_json(&t->value));
    json_object_set_new(avro, "reasons", reasons_json(t));
    json_object_set_new(o, "avro", avro);
    if (!d->across)
        json_object_set_new(o, "subjects", subjects_json(d, t));
    for (size_t i = 0; i < t->facts.nreaders; i++)
        json_array_append_new(readers, json_string(t->facts.readers[i]));
    if (t->facts.readers_known)
        json_object_set(o, "readers", readers);
    json_decref(readers);
    json_object_set_new(o, "next", steps_json(t));
    return o;
}

void diff_json(const struct diff *d, struct buf *out)
{
    static const char *const impacts[] = { "none", "compatible", "breaking" };
    json_t *o = json_object(), *tables = json_array();
    json_put(o, "old", d->old->label);
    json_put(o, "new", d->new->label);
    json_put(o, "note", d->note);
    json_put(o, "impact", impacts[d->impact]);
    json_object_set_new(o, "equal", json_integer((json_int_t)d->same));
    for (size_t i = 0; i < d->n; i++)
        json_array_append_new(tables, table_json(d, &d->tables[i]));
    json_object_set_new(o, "tables", tables);
    json_write(o, out);
}
