/* Judges each table of a comparison: verdicts by Avro's rules, impact, next steps. */
#include <string.h>
#include "report/columns.h"
#include "report/steps.h"

/* Collects the reasons of one table, one comparison after the other. */
struct court {
    struct arena *a;
    struct table_diff *t;
    struct reason *list;
    size_t n, cap;
    enum direction direction;
    enum plan_part part;
    int version;
    /* leaves the source blocks out: each kind of database has its own, whatever the table */
    bool foreign;
    enum avro_reading worst;    /* the worst reading that was heard */
};

static void hear(void *arg, enum avro_reading what, const char *path, const char *why)
{
    struct court *c = arg;
    path = column_path(path);
    if (c->foreign && strncmp(path, "source.", 7) == 0)
        return;
    c->worst = avro_worse(c->worst, what);
    for (size_t i = 0; i < c->n; i++)
        if (c->list[i].direction == c->direction && c->list[i].part == c->part &&
            strcmp(c->list[i].path, path) == 0 && strcmp(c->list[i].why, why) == 0)
            return;
    c->list = arena_grown(c->a, c->list, c->n, &c->cap, sizeof *c->list);
    c->list[c->n++] = (struct reason){
        c->direction, c->part, what, c->version, arena_strdup(c->a, path), arena_strdup(c->a, why)
    };
}

static void hold_against(struct court *c, struct verdict *v, const struct avro_schema *new,
                         const struct avro_schema *old, bool latest)
{
    for (int d = BACKWARD; d < DIRECTIONS; d++) {
        c->direction = (enum direction)d;
        c->worst = AVRO_READS;
        enum avro_reading got =
            avro_resolve(d == BACKWARD ? new : old, d == BACKWARD ? old : new, hear, c);
        if (c->foreign)
            got = c->worst;
        v->all[d] = avro_worse(v->all[d], got);
        if (latest)
            v->latest[d] = got;
    }
}

/* Compares the new schema with the old side's, which stands for the latest, and with every version
 * that is registered. */
static int judge_part(struct court *c, struct verdict *v, struct err *err)
{
    const struct table_diff *t = c->t;
    const char *texts[2] = { t->old ? t->old->schema[c->part] : NULL,
                             t->new ? t->new->schema[c->part] : NULL };
    const struct avro_schema *old, *new;
    if (!texts[0] || !texts[1])
        return 0;
    if (avro_schema_parse(texts[0], c->a, &old, err) ||
        avro_schema_parse(texts[1], c->a, &new, err))
        return err_wrap(err, "%s", t->new->topic);
    v->known = true;
    c->version = 0;
    hold_against(c, v, new, old, true);
    for (size_t i = t->facts.nregistered[c->part]; i-- > 0;) {
        c->version = t->facts.versions[c->part][i];
        if (strcmp(t->facts.registered[c->part][i], texts[0]) == 0)
            continue;
        if (avro_schema_parse(t->facts.registered[c->part][i], c->a, &old, err))
            return err_wrap(err, "%s version %d", t->new->topic, c->version);
        hold_against(c, v, new, old, false);
    }
    return 0;
}

/* A table or column that only the copy has harms nobody: no row of the source goes there. */
static enum impact impact_of_copy(const struct diff *d, const struct table_diff *t)
{
    enum change_kind only_there = d->new->copy ? CHANGE_COLUMN_ADDED : CHANGE_COLUMN_REMOVED;
    enum impact impact = IMPACT_COMPATIBLE;
    if (t->state != TABLE_STAYS)
        return t->state == (d->new->copy ? TABLE_ADDED : TABLE_REMOVED) ? IMPACT_COMPATIBLE
                                                                        : IMPACT_BREAKING;
    for (size_t i = 0; i < t->nchanges; i++)
        if (t->changes[i].kind != only_there && t->changes[i].kind != CHANGE_ORDER)
            impact = IMPACT_BREAKING;
    return impact;
}

/* A removed or renamed table, or another key, leaves its readers behind, whatever the schemas
 * say. */
static enum impact impact_of(const struct table_diff *t)
{
    if (t->state == TABLE_REMOVED || t->state == TABLE_RENAMED || (t->new && t->new->problem) ||
        table_key_changed(t))
        return IMPACT_BREAKING;
    return verdict_holds(&t->value, t->level) && verdict_holds(&t->key, t->level)
               ? IMPACT_COMPATIBLE
               : IMPACT_BREAKING;
}

static int judge_table(struct arena *a, const struct diff *d, struct table_diff *t,
                       const struct diff_options *opt, struct err *err)
{
    struct court c = { .a = a,
                       .t = t,
                       .foreign = d->foreign && d->old->dialect != DIALECT_AVRO &&
                                  d->new->dialect != DIALECT_AVRO };
    const char *own = t->facts.level[PLAN_VALUE];
    t->level = opt->level ? opt->level : own && strcmp(own, "NONE") != 0 ? own : "BACKWARD";
    if (t->state != TABLE_RENAMED) {
        c.part = PLAN_KEY;
        if (judge_part(&c, &t->key, err))
            return -1;
        c.part = PLAN_VALUE;
        if (judge_part(&c, &t->value, err))
            return -1;
    }
    t->reasons = c.list;
    t->nreasons = c.n;
    t->impact = d->across ? impact_of_copy(d, t) : impact_of(t);
    steps_of(a, d, t, opt);
    return 0;
}

int diff_judge(struct arena *a, struct diff *d, const struct diff_options *opt, struct err *err)
{
    for (size_t i = 0; i < d->n; i++) {
        if (judge_table(a, d, &d->tables[i], opt, err))
            return -1;
        d->impacts[d->tables[i].impact]++;
        if (d->tables[i].impact > d->impact)
            d->impact = d->tables[i].impact;
    }
    return 0;
}
