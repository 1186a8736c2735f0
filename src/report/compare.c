/* Compares two sides: pairs their tables, guesses renames, and collects each table's changes. */
#include <stdlib.h>
#include <string.h>
#include "report/columns.h"

/* Compares the fields of the two value schemas; fills t->fields. */
static void compare_fields(struct arena *a, const struct diff *d, struct table_diff *t)
{
    const struct side_table *sides[] = { t->old, t->new };
    const struct table *tables[2];
    struct err ignored = { 0 };
    for (int i = 0; i < 2; i++) {
        if (!sides[i] || !sides[i]->schema[PLAN_VALUE])
            return;
        struct avro_subject s = { sides[i]->topic, sides[i]->schema[PLAN_KEY],
                                  sides[i]->schema[PLAN_VALUE] };
        if (avro_table(a, &s, &tables[i], &ignored))
            return;
    }
    struct gather g = { .a = a };
    struct diff plain = *d;
    plain.across = plain.foreign = false;
    compare_tables(&g, &plain, tables[0], tables[1], false);
    if (!d->foreign)
        compare_schemas(&g, t->old, t->new);
    t->fields = g.list;
    t->nfields = g.n;
}

/* ---- tables ---- */

static int order_of(const struct diff *d, const struct side_table *o, const struct side_table *n)
{
    int by_schema = d->by_name ? 0 : strcmp(o->table->schema, n->table->schema);
    return by_schema ? by_schema : strcmp(o->table->name, n->table->name);
}

static int by_table_name(const void *a, const void *b)
{
    return strcmp(((const struct side_table *)a)->table->name,
                  ((const struct side_table *)b)->table->name);
}

static struct table_diff *append(struct arena *a, struct diff *d, size_t *cap)
{
    d->tables = arena_grown(a, d->tables, d->n, cap, sizeof *d->tables);
    return memset(&d->tables[d->n++], 0, sizeof *d->tables);
}

/* The table as the other side sees it: a copy has only what was sent. */
static const struct table *seen(const struct diff *d, const struct side *s,
                                const struct side_table *t)
{
    return d->across ? table_sent(s, t->table, d->a) : t->table;
}

/* Compares two tables; for two Avro sides also what no column shows. */
static void compare_pair(struct gather *g, const struct diff *d, const struct side_table *o,
                         const struct side_table *n)
{
    compare_tables(g, d, seen(d, d->old, o), seen(d, d->new, n), true);
    if (d->old->dialect == DIALECT_AVRO && d->new->dialect == DIALECT_AVRO)
        compare_schemas(g, o, n);
}

static void pair_tables(struct arena *a, struct diff *d)
{
    size_t i = 0, j = 0, cap = 0;
    while (i < d->old->n || j < d->new->n) {
        int order = i == d->old->n   ? 1
                    : j == d->new->n ? -1
                                     : order_of(d, &d->old->tables[i], &d->new->tables[j]);
        struct gather g = { .a = a };
        if (order == 0)
            compare_pair(&g, d, &d->old->tables[i], &d->new->tables[j]);
        if (order == 0 && !g.n) {
            d->same++;
        } else {
            struct table_diff *t = append(a, d, &cap);
            t->state = order == 0 ? TABLE_STAYS : order < 0 ? TABLE_REMOVED : TABLE_ADDED;
            t->old = order <= 0 ? &d->old->tables[i] : NULL;
            t->new = order >= 0 ? &d->new->tables[j] : NULL;
            t->changes = g.list;
            t->nchanges = g.n;
        }
        i += order <= 0;
        j += order >= 0;
    }
}

/* The share of columns that are in both tables by name and type, in percent. */
static int overlap(const struct diff *d, const struct table *o, const struct table *n)
{
    int same = 0;
    for (uint16_t i = 0; i < o->ncols; i++) {
        int at = column_place(n, o->cols[i].name);
        same += at >= 0 && column_same_type(d, &o->cols[i], &n->cols[at]);
    }
    int most = o->ncols > n->ncols ? o->ncols : n->ncols;
    return most ? 100 * same / most : 0;
}

static void rename_table(struct arena *a, struct diff *d, struct table_diff *gone,
                         struct table_diff *come, int sure, const char *why)
{
    struct gather g = { .a = a };
    compare_pair(&g, d, gone->old, come->new);
    gone->state = TABLE_RENAMED;
    gone->new = come->new;
    gone->sure = sure;
    gone->why = why;
    gone->changes = g.list;
    gone->nchanges = g.n;
    come->new = NULL;       /* taken: leaves the list afterwards */
}

enum { MANY_TABLES = 400 };     /* if more tables went, no rename is guessed */

static void rename_guess(struct arena *a, struct diff *d)
{
    size_t n = 0, gone = 0;
    for (size_t i = 0; i < d->n; i++)
        gone += d->tables[i].state == TABLE_REMOVED;
    for (size_t i = 0; i < d->n && gone < MANY_TABLES; i++) {
        struct table_diff *o = &d->tables[i], *best = NULL;
        int most = SURE_ENOUGH - 1;
        bool id = false;
        for (size_t j = 0; o->state == TABLE_REMOVED && j < d->n; j++) {
            struct table_diff *c = &d->tables[j];
            if (c->state != TABLE_ADDED || !c->new)
                continue;
            bool same_id =
                d->one_database && o->old->table->id && o->old->table->id == c->new->table->id;
            int score = overlap(d, o->old->table, c->new->table);
            score = same_id && score >= 30 ? 99 : score > 90 ? 90 : score;
            if (score > most) {
                most = score;
                best = c;
                id = same_id;
            }
        }
        if (best)
            rename_table(a, d, o, best, most,
                         id ? "the same table number in the catalog"
                            : "the same columns under another name");
    }
    for (size_t i = 0; i < d->n; i++)
        if (d->tables[i].state != TABLE_ADDED || d->tables[i].new)
            d->tables[n++] = d->tables[i];
    d->n = n;
}

/* The Avro form of a database's tables, for comparison with a registry. A table without an Avro
 * form stays as it is, with its problem. */
static struct side *avro_form(struct arena *a, struct side *s, const struct diff_options *opt)
{
    struct side *avro = arena_alloc(a, sizeof *avro);
    struct err ignored = { 0 };
    *avro = (struct side){ .label = s->label,
                           .dialect = DIALECT_AVRO,
                           .n = s->n,
                           .tables = arena_alloc(a, (s->n + 1) * sizeof *avro->tables) };
    for (size_t i = 0; i < s->n; i++) {
        side_compile(s, &s->tables[i], opt->enc, a);
        struct side_table *t = &avro->tables[i];
        *t = s->tables[i];
        struct avro_subject subject = { t->topic, t->schema[PLAN_KEY], t->schema[PLAN_VALUE] };
        if (!t->problem && avro_table(a, &subject, &t->table, &ignored))
            t->problem = arena_strdup(a, ignored.msg);
    }
    side_sort(avro);
    return avro;
}

static bool is_mysql(enum dialect d)
{
    return d == DIALECT_MYSQL || d == DIALECT_MARIADB;
}

/* Whether a schema's name is on both sides. Both lists are sorted by schema. */
static bool share_schema(const struct side *old, const struct side *new)
{
    for (size_t i = 0, j = 0; i < old->n && j < new->n;) {
        int order = strcmp(old->tables[i].table->schema, new->tables[j].table->schema);
        if (!order)
            return true;
        i += order < 0;
        j += order > 0;
    }
    return false;
}

struct diff *diff_compare(struct arena *a, struct side *old, struct side *new,
                          const struct diff_options *opt)
{
    struct diff *d = arena_alloc(a, sizeof *d);
    bool old_avro = old->dialect == DIALECT_AVRO, new_avro = new->dialect == DIALECT_AVRO;
    if (old_avro && !new_avro && !new->copy)
        new = avro_form(a, new, opt);
    if (new_avro && !old_avro && !old->copy)
        old = avro_form(a, old, opt);
    *d = (struct diff){ .a = a,
                        .old = old,
                        .new = new,
                        .across = old->copy != new->copy,
                        .recorded = old->recorded || new->recorded };
    d->one_database = old->identity && new->identity && strcmp(old->identity, new->identity) == 0;
    d->foreign = !d->across && old->dialect != new->dialect;
    d->by_name = (d->across || d->foreign || is_mysql(old->dialect)) && !share_schema(old, new);
    if (d->by_name) {
        qsort(old->tables, old->n, sizeof *old->tables, by_table_name);
        qsort(new->tables, new->n, sizeof *new->tables, by_table_name);
    }
    pair_tables(a, d);
    rename_guess(a, d);
    for (size_t i = 0; i < d->n; i++) {
        struct table_diff *t = &d->tables[i];
        if (t->old)
            side_compile(old, t->old, opt->enc, a);
        if (t->new)
            side_compile(new, t->new, opt->enc, a);
        compare_fields(a, d, t);
    }
    return d;
}
