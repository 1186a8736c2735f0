#include "report/steps.h"
#include <string.h>

enum { MOST_STEPS = 12 };

struct plan_of_work {
    struct arena *a;
    struct step_to_do *list;
    size_t n;
};

static void add(struct plan_of_work *w, const char *what, const char *language, const char *text)
{
    if (w->n < MOST_STEPS)
        w->list[w->n++] = (struct step_to_do){ what, language, text };
}

static const char *config_flag(struct arena *a, const struct diff_options *opt)
{
    return opt->feed_config && strcmp(opt->feed_config, "tailrace.yaml") != 0 ? arena_printf(a, " -c %s", opt->feed_config) : "";
}

/* Columns whose older rows have no value at the readers: those that came, and those that have another type. */
static void backfill(struct plan_of_work *w, const struct table_diff *t, const struct diff_options *opt)
{
    struct buf columns = { 0 };
    const struct table *n = t->new->table;
    size_t fresh = 0;
    for (uint16_t i = 0; i < n->nkey; i++)
        buf_printf(&columns, "%s%s", columns.n ? "," : "", n->cols[n->key[i]].name);
    for (size_t i = 0; i < t->nchanges; i++)
        if (t->changes[i].kind == CHANGE_COLUMN_ADDED) {
            buf_printf(&columns, "%s%s", columns.n ? "," : "", t->changes[i].column);
            fresh++;
        }
    if (fresh && n->nkey)
        add(w, fresh == 1 ? "Send the new column of the rows that are there already" : "Send the new columns of the rows that are there already",
            "sh", arena_printf(w->a, "tailrace backfill%s --table %s.%s --columns %s", config_flag(w->a, opt), n->schema, n->name,
                               buf_cstr(&columns)));
    buf_done(&columns);
}

static bool touches_rows(const struct table_diff *t)
{
    for (size_t i = 0; i < t->nfields; i++)
        if (t->fields[i].kind != CHANGE_DEFAULT && t->fields[i].kind != CHANGE_COMMENT && t->fields[i].kind != CHANGE_ORDER)
            return true;
    return t->state == TABLE_ADDED || t->state == TABLE_RENAMED;
}

static void sink_tables(struct plan_of_work *w, const struct table_diff *t)
{
    static const enum dialect sinks[] = { DIALECT_POSTGRESQL, DIALECT_CLICKHOUSE, DIALECT_BIGQUERY, DIALECT_DUCKDB };
    for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++) {
        struct buf ddl = { 0 };
        sink_ddl(t->new->table, sinks[i], &ddl);
        add(w, arena_printf(w->a, "%s in %s", t->state == TABLE_STAYS ? "Rebuild" : "Create", dialect_name(sinks[i])), "sql",
            arena_strdup(w->a, buf_cstr(&ddl)));
        buf_done(&ddl);
    }
}

static bool differs(const struct table_diff *t)
{
    for (int part = PLAN_KEY; part <= PLAN_VALUE; part++) {
        const char *o = t->old->schema[part], *n = t->new->schema[part];
        if (!o != !n || (o && strcmp(o, n) != 0))
            return true;
    }
    return false;
}

/* The commands that let the subjects take what their level forbids; none when nothing is refused. */
static void allow(const struct table_diff *t, struct buf *commands, const char **ret_level)
{
    for (int part = PLAN_KEY; part <= PLAN_VALUE; part++) {
        const struct verdict *v = part == PLAN_KEY ? &t->key : &t->value;
        const char *own = t->facts.level[part] ? t->facts.level[part] : t->level;
        if (!v->known || strcmp(own, "NONE") == 0 || strcmp(verdict_word(v, own), "no") != 0)
            continue;
        *ret_level = own;
        buf_printf(commands, "%scurl -X PUT \"$REGISTRY/config/%s-%s\" -H 'Content-Type: application/vnd.schemaregistry.v1+json' "
                   "-d '{\"compatibility\": \"NONE\"}'", commands->n ? "\n" : "", t->new->topic, part == PLAN_KEY ? "key" : "value");
    }
}

/* What becomes of the subjects: the registry takes the versions, or refuses them at the level in force. */
static void registration(struct plan_of_work *w, const struct table_diff *t)
{
    const char *level = NULL, *known = t->facts.level[PLAN_VALUE];
    bool came = t->state != TABLE_STAYS;
    struct buf commands = { 0 };
    if (!came && !differs(t))
        return;
    allow(t, &commands, &level);
    if (level)
        add(w, arena_printf(w->a, "%s refuse this at %s, and the feed would stop at the first row that follows. Mend the migration; or, when every "
                            "reader can take it, allow it", known ? "The registry will" : "A registry would", level), "sh",
            arena_strdup(w->a, buf_cstr(&commands)));
    else if (came)
        add(w, arena_printf(w->a, "Nothing for the registry: the feed registers %s-value%s at the table's first row", t->new->topic,
                            t->new->schema[PLAN_KEY] ? " and its key" : ""), NULL, NULL);
    else
        add(w, arena_printf(w->a, "Nothing for the registry: the feed registers a new version%s at the first row that follows",
                            known ? arena_printf(w->a, ", which %s allows,", known) : ""), NULL, NULL);
    buf_done(&commands);
}

void steps_of(struct arena *a, const struct diff *d, struct table_diff *t, const struct diff_options *opt)
{
    struct plan_of_work w = { .a = a, .list = arena_alloc(a, MOST_STEPS * sizeof(struct step_to_do)) };
    if (t->new && t->new->problem)
        add(&w, arena_printf(a, "The feed cannot encode it: %s", t->new->problem), NULL, NULL);
    else if (!d->across && t->state == TABLE_REMOVED)
        add(&w, arena_printf(a, "%s gets no more records. Tell its readers; delete the topic and its subjects when they are done", t->old->topic), NULL,
            NULL);
    else if (!d->across && t->new) {
        registration(&w, t);
        if (touches_rows(t)) {
            backfill(&w, t, opt);
            sink_tables(&w, t);
        }
    }
    if (d->across && t->state != TABLE_REMOVED && !dialect_is_warehouse(d->new->dialect) && t->new) {
        struct buf ddl = { 0 };
        sink_ddl(t->new->table, d->old->dialect, &ddl);
        add(&w, arena_printf(a, "Rebuild the table in %s", dialect_name(d->old->dialect)), "sql", arena_strdup(a, buf_cstr(&ddl)));
        buf_done(&ddl);
    } else if (d->across && dialect_is_warehouse(d->new->dialect) && t->old) {
        struct buf ddl = { 0 };
        sink_ddl(t->old->table, d->new->dialect, &ddl);
        add(&w, arena_printf(a, "%s the table in %s", t->new ? "Rebuild" : "Create", dialect_name(d->new->dialect)), "sql", arena_strdup(a, buf_cstr(&ddl)));
        buf_done(&ddl);
    }
    t->steps = w.list;
    t->nsteps = w.n;
}
