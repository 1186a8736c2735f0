/* Finds what the operator does next about a table: registry, backfill, sinks' tables. */
#include "report/steps.h"
#include <string.h>
#include "base/escape.h"

enum { MOST_STEPS = 16 };

struct plan_of_work {
    struct arena *a;
    const struct diff *d;
    struct step_to_do *list;
    size_t n;
};

static void add(struct plan_of_work *w, const char *what, const char *language, const char *text)
{
    if (w->n < MOST_STEPS)
        w->list[w->n++] = (struct step_to_do){ what, language, text };
}

/* place: the copy's table, if its name differs from the source's. beside: the present table is
 * renamed first. */
static void add_ddl(struct plan_of_work *w, const char *what, const struct table *t,
                    const struct table *place, bool beside, enum dialect d)
{
    struct buf ddl = { 0 };
    struct table there = *t;
    if (place) {
        there.schema = place->schema;
        there.name = place->name;
    }
    if (beside)
        sink_step_aside(&there, d, &ddl);
    else if (!place)
        sink_schema(&there, d, &ddl);
    sink_ddl(&there, d, &ddl);
    add(w, what, "sql", arena_strdup(w->a, buf_cstr(&ddl)));
    buf_done(&ddl);
}

static const char *shell_word(struct arena *a, const char *text)
{
    struct buf b = { 0 };
    escape_shell(text, &b);
    const char *s = arena_strdup(a, buf_cstr(&b));
    buf_done(&b);
    return s;
}

static const char *config_flag(struct arena *a, const struct diff_options *opt)
{
    return opt->feed_config && strcmp(opt->feed_config, "tailrace.yaml") != 0
               ? arena_printf(a, " -c %s", shell_word(a, opt->feed_config))
               : "";
}

/* The key's columns, then columns that are new or have a new name: readers have no value of them
 * for older rows. */
static const char *fresh_columns(struct plan_of_work *w, const struct table_diff *t,
                                 size_t *ret_fresh)
{
    struct buf columns = { 0 };
    const struct table *n = table_sent(w->d->new, t->new->table, w->a);
    for (uint16_t i = 0; i < n->nkey; i++)
        buf_printf(&columns, "%s%s", columns.n ? "," : "", n->cols[n->key[i]].name);
    *ret_fresh = 0;
    for (size_t i = 0; i < t->nchanges; i++) {
        const struct change *c = &t->changes[i];
        const char *name = c->kind == CHANGE_COLUMN_ADDED     ? c->column
                           : c->kind == CHANGE_COLUMN_RENAMED ? c->to
                                                              : NULL;
        for (uint16_t at = 0; name && at < n->ncols; at++)
            if (strcmp(n->cols[at].name, name) == 0) {
                buf_printf(&columns, "%s%s", columns.n ? "," : "", name);
                ++*ret_fresh;
            }
    }
    const char *s = arena_strdup(w->a, buf_cstr(&columns));
    buf_done(&columns);
    return s;
}

static void backfill(struct plan_of_work *w, const struct table_diff *t,
                     const struct diff_options *opt)
{
    const struct table *n = t->new->table;
    size_t fresh;
    const char *columns = fresh_columns(w, t, &fresh);
    const char *command =
        arena_printf(w->a, "tailrace backfill%s --table %s", config_flag(w->a, opt),
                     shell_word(w->a, arena_printf(w->a, "%s.%s", n->schema, n->name)));
    if (t->state == TABLE_ADDED || t->state == TABLE_RENAMED)
        add(w,
            t->state == TABLE_ADDED
                ? "The feed sends what changes from now on. Send the rows that are there already"
                : "Send the rows that are there already into the new topic",
            "sh", command);
    else if (table_key_changed(t))
        add(w,
            "Send all rows again, under their new key; readers that hold rows by key drop those of "
            "the old one",
            "sh", command);
    else if (fresh)
        add(w,
            arena_printf(w->a,
                         "Send the new column%s of the rows that are there already: whole rows "
                         "into the topic, in order with the changes",
                         fresh == 1 ? "" : "s"),
            "sh", command);
    if (t->state == TABLE_STAYS && fresh && n->nkey)
        add(w,
            arena_printf(w->a, "Or the key and the new column%s only, into a topic of %s own",
                         fresh == 1 ? "" : "s", fresh == 1 ? "its" : "their"),
            "sh",
            arena_printf(w->a, "%s --columns %s --topic %s", command, shell_word(w->a, columns),
                         shell_word(w->a, arena_printf(w->a, "backfill.%s", t->new->topic))));
}

static bool touches_rows(const struct table_diff *t)
{
    static const unsigned as_before = 1u << CHANGE_DEFAULT | 1u << CHANGE_COMMENT |
                                      1u << CHANGE_ORDER | 1u << CHANGE_NAME | 1u << CHANGE_ALIASES;
    for (size_t i = 0; i < t->nfields; i++)
        if (!(as_before & 1u << t->fields[i].kind))
            return true;
    return t->state == TABLE_ADDED || t->state == TABLE_RENAMED;
}

static void sink_tables(struct plan_of_work *w, const struct table_diff *t)
{
    static const enum dialect sinks[] = { DIALECT_POSTGRESQL, DIALECT_CLICKHOUSE, DIALECT_BIGQUERY,
                                          DIALECT_DUCKDB };
    for (size_t i = 0; i < sizeof sinks / sizeof *sinks; i++)
        add_ddl(w,
                arena_printf(w->a, "%s in %s", t->state == TABLE_STAYS ? "Rebuild" : "Create",
                             dialect_name(sinks[i])),
                table_sent(w->d->new, t->new->table, w->a), NULL, t->state == TABLE_STAYS,
                sinks[i]);
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

static void put_level(struct plan_of_work *w, const struct diff_options *opt, const char *subject,
                      const char *level, struct buf *commands)
{
    const char *path =
        shell_word(w->a, arena_printf(w->a, "%s/config/%s",
                                      opt->registry_url ? opt->registry_url : "", subject));
    struct buf body = { 0 };
    buf_str(&body, "{\"compatibility\": ");
    buf_json_str(&body, slice_str(level));
    buf_str(&body, "}");
    buf_printf(commands,
               "%scurl -X PUT %s%s -H 'Content-Type: application/vnd.schemaregistry.v1+json' -d %s",
               commands->n ? "\n" : "", opt->registry_url ? "" : "\"$REGISTRY\"", path,
               shell_word(w->a, buf_cstr(&body)));
    buf_done(&body);
}

/* Fills the commands that let the subjects take what their level forbids, and that set the level
 * back. Empty if nothing is refused. */
static void allow(struct plan_of_work *w, const struct table_diff *t,
                  const struct diff_options *opt, struct buf *open, struct buf *close,
                  const char **ret_level)
{
    for (int part = PLAN_KEY; part <= PLAN_VALUE; part++) {
        const struct verdict *v = part == PLAN_KEY ? &t->key : &t->value;
        const char *own = t->facts.level[part] ? t->facts.level[part] : t->level;
        if (!v->known || strcmp(own, "NONE") == 0 || strcmp(verdict_word(v, own), "no") != 0)
            continue;
        *ret_level = own;
        const char *subject =
            arena_printf(w->a, "%s-%s", t->new->topic, part == PLAN_KEY ? "key" : "value");
        put_level(w, opt, subject, "NONE", open);
        put_level(w, opt, subject, own, close);
    }
}

/* Says what happens to the subjects: the registry takes the versions, or refuses them at its
 * level. */
static void registration(struct plan_of_work *w, const struct table_diff *t,
                         const struct diff_options *opt)
{
    const char *level = NULL, *known = t->facts.level[PLAN_VALUE];
    bool came = t->state != TABLE_STAYS || strcmp(t->old->topic, t->new->topic) != 0,
         holds = verdict_holds(&t->value, t->level) && verdict_holds(&t->key, t->level);
    struct buf open = { 0 }, close = { 0 };
    if (!came && !differs(t))
        return;
    if (!came)
        allow(w, t, opt, &open, &close, &level);
    if (level) {
        add(w,
            arena_printf(w->a,
                         "%s refuse this at %s, and the feed would stop at the first row that "
                         "follows. Mend the migration; or, when every "
                         "reader can take it, allow it",
                         known ? "The registry will" : "A registry would", level),
            "sh", arena_strdup(w->a, buf_cstr(&open)));
        add(w, "and when the new version is registered, set the level back", "sh",
            arena_strdup(w->a, buf_cstr(&close)));
    } else if (came) {
        add(w,
            arena_printf(
                w->a, "Nothing for the registry: the feed registers %s%s at the table's first row",
                plan_subject(t->new->topic, PLAN_VALUE, w->a),
                t->new->schema[PLAN_KEY] ? " and its key" : ""),
            NULL, NULL);
    } else if (!holds) {
        add(w,
            "A registry lets this pass, and the feed registers it at the first row that follows. "
            "Give the readers the new schema first, or hold "
            "the table back there: sink.on-schema-change: pause-table (or stop)",
            NULL, NULL);
    } else {
        add(w,
            arena_printf(w->a,
                         "Nothing for the registry: the feed registers a new version at the first "
                         "row that follows%s",
                         known ? arena_printf(w->a, ", which %s allows", known) : ""),
            NULL, NULL);
    }
    buf_done(&open);
    buf_done(&close);
}

/* Where a missing copy belongs: beside the other copies. */
static const struct table *place_in(struct arena *a, const struct side *copies,
                                    const struct table *source)
{
    struct table *t = arena_alloc(a, sizeof *t);
    *t = *source;
    if (copies->n)
        t->schema = copies->tables[0].table->schema;
    return copies->n ? t : NULL;
}

/* For a source and its copy, whichever is the old side. */
static void copy_table(struct plan_of_work *w, const struct diff *d, const struct table_diff *t)
{
    const struct side *copies = d->old->copy ? d->old : d->new,
                      *sources = d->old->copy ? d->new : d->old;
    const struct side_table *source = d->old->copy ? t->new : t->old,
                            *copy = d->old->copy ? t->old : t->new;
    if (source)
        add_ddl(w,
                arena_printf(w->a, "%s the table in %s", copy ? "Rebuild" : "Create",
                             dialect_name(copies->dialect)),
                table_sent(sources, source->table, w->a),
                copy ? copy->table : place_in(w->a, copies, source->table), copy != NULL,
                copies->dialect);
    else
        add(w, "No table of the source fills it any more", NULL, NULL);
}

static void left_behind(struct plan_of_work *w, const struct table_diff *t)
{
    const char *next = t->state == TABLE_RENAMED
                           ? arena_printf(w->a, "they go on in %s", t->new->topic)
                           : "tell its readers";
    if (t->old->topic)
        add(w,
            arena_printf(w->a,
                         "%s gets no more records: %s. Delete the topic and its subjects when "
                         "nobody reads them any more",
                         t->old->topic, next),
            NULL, NULL);
}

void steps_of(struct arena *a, const struct diff *d, struct table_diff *t,
              const struct diff_options *opt)
{
    struct plan_of_work w = { .a = a,
                              .d = d,
                              .list = arena_alloc(a, MOST_STEPS * sizeof(struct step_to_do)) };
    if (!d->across && (t->state == TABLE_REMOVED || (t->state == TABLE_RENAMED && t->new->topic)))
        left_behind(&w, t);
    if (t->new && t->new->problem) {
        add(&w,
            "Give the column another type, leave it out (columns.exclude), or choose what becomes "
            "of such types (types.unknown)",
            NULL, NULL);
    } else if (!d->across && t->new && t->new->topic) {
        registration(&w, t, opt);
        if (touches_rows(t) || table_key_changed(t)) {
            backfill(&w, t, opt);
            sink_tables(&w, t);
        }
    }
    if (d->across)
        copy_table(&w, d, t);
    t->steps = w.list;
    t->nsteps = w.n;
}
