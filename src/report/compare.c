#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "report/diff.h"

static const char *const words[] = { "column added", "column removed", "column renamed", "type", "nullability", "default", "key",
                                     "order", "labels", "comment", "generated" };

const char *change_word(enum change_kind kind)
{
    return words[kind];
}

/* Changes of one table, gathered. */
struct gather {
    struct arena *a;
    struct change *list;
    size_t n, cap;
};

static void add(struct gather *g, struct change c)
{
    if (g->n == g->cap) {
        struct change *more = arena_alloc(g->a, (2 * g->cap + 8) * sizeof *more);
        if (g->n)
            memcpy(more, g->list, g->n * sizeof *more);
        g->list = more;
        g->cap = 2 * g->cap + 8;
    }
    g->list[g->n++] = c;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

const char *column_default(const struct column *c)
{
    if (c->about && c->about->default_expression)
        return c->about->default_expression;
    return c->default_kind == DEFAULT_LITERAL ? c->default_text : NULL;
}

bool column_same_type(const struct column *a, const struct column *b)
{
    return a->type == b->type && a->is_array == b->is_array && strcmp(a->type_name, b->type_name) == 0;
}

static const char *comment_of(const struct column *c)
{
    return c->about ? c->about->comment : NULL;
}

static const char *joined(struct arena *a, const struct column *c)
{
    struct buf b = { 0 };
    for (uint16_t i = 0; i < c->nlabels; i++)
        buf_printf(&b, "%s%.*s", i ? ", " : "", (int)c->labels[i].n, (const char *)c->labels[i].p);
    const char *s = arena_strdup(a, buf_cstr(&b));
    buf_done(&b);
    return s;
}

static bool same_labels(const struct column *a, const struct column *b)
{
    if (a->nlabels != b->nlabels)
        return false;
    for (uint16_t i = 0; i < a->nlabels; i++)
        if (!slice_eq(a->labels[i], b->labels[i]))
            return false;
    return true;
}

static const char *null_word(bool nullable)
{
    return nullable ? "null allowed" : "not null";
}

/* A copy in a warehouse has the type that a sink would give it. */
static bool as_expected(struct gather *g, const struct column *source, enum dialect d, const struct column *copy, const char **ret_expected)
{
    struct buf b = { 0 };
    sink_type(source, d, false, &b);
    *ret_expected = arena_strdup(g->a, buf_cstr(&b));
    buf_done(&b);
    return strcasecmp(*ret_expected, copy->type_name) == 0;
}

static void compare_types(struct gather *g, const struct diff *d, const struct column *o, const struct column *n)
{
    const char *expected;
    if (d->across) {
        bool old_is_copy = dialect_is_warehouse(d->old->dialect);
        const struct column *source = old_is_copy ? n : o, *copy = old_is_copy ? o : n;
        if (!as_expected(g, source, old_is_copy ? d->old->dialect : d->new->dialect, copy, &expected))
            add(g, (struct change){ CHANGE_TYPE, o->name, o->type_name, n->type_name, 0,
                                    arena_printf(g->a, "%s would be %s there", source->type_name, expected) });
    } else if (!column_same_type(o, n)) {
        add(g, (struct change){ .kind = CHANGE_TYPE, .column = o->name, .from = o->type_name, .to = n->type_name });
    }
    if (!same_labels(o, n) && !d->across && o->nlabels && n->nlabels)
        add(g, (struct change){ .kind = CHANGE_LABELS, .column = o->name, .from = joined(g->a, o), .to = joined(g->a, n) });
}

static void compare_columns(struct gather *g, const struct diff *d, const struct column *o, const struct column *n)
{
    const char *name = n->name;
    compare_types(g, d, o, n);
    if (d->across)
        return;     /* what a copy lacks of keys, defaults and comments it never had */
    if (o->nullable != n->nullable)
        add(g, (struct change){ .kind = CHANGE_NULLABLE, .column = name, .from = null_word(o->nullable), .to = null_word(n->nullable) });
    if (!same_text(column_default(o), column_default(n)))
        add(g, (struct change){ .kind = CHANGE_DEFAULT, .column = name, .from = column_default(o), .to = column_default(n) });
    if (!same_text(comment_of(o), comment_of(n)))
        add(g, (struct change){ .kind = CHANGE_COMMENT, .column = name, .from = comment_of(o), .to = comment_of(n) });
    bool og = o->about && o->about->generated, ng = n->about && n->about->generated;
    if (og != ng)
        add(g, (struct change){ .kind = CHANGE_GENERATED, .column = name, .from = og ? "generated" : "stored", .to = ng ? "generated" : "stored" });
}

static int find(const struct table *t, const char *name)
{
    for (uint16_t i = 0; i < t->ncols; i++)
        if (strcmp(t->cols[i].name, name) == 0)
            return i;
    return -1;
}

static const char *key_text(struct arena *a, const struct table *t)
{
    struct buf b = { 0 };
    for (uint16_t i = 0; i < t->nkey; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", t->cols[t->key[i]].name);
    const char *s = t->nkey ? arena_strdup(a, buf_cstr(&b)) : NULL;
    buf_done(&b);
    return s;
}

/* The columns that both have, as the other side's place says: out of order where a place falls behind one before it. */
static void compare_order(struct gather *g, const struct table *o, const struct table *n, const int *place)
{
    int highest = -1;
    for (uint16_t i = 0; i < o->ncols; i++) {
        if (place[i] < 0)
            continue;
        if (place[i] < highest) {
            add(g, (struct change){ .kind = CHANGE_ORDER, .column = n->cols[place[i]].name, .from = arena_printf(g->a, "place %d", i + 1),
                                    .to = arena_printf(g->a, "place %d", place[i] + 1) });
            continue;
        }
        highest = place[i];
    }
}

static int edit_distance(const char *a, const char *b)
{
    int row[65], n = (int)strlen(b);
    if (n > 64 || strlen(a) > 64)
        return 64;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 0; a[i]; i++) {
        int diagonal = row[0];
        row[0] = i + 1;
        for (int j = 0; j < n; j++) {
            int change = diagonal + (a[i] != b[j]), step = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < step ? change : step;
        }
    }
    return row[n];
}

/* How sure a renaming is: the catalog's own number decides where both have one; else type, place, name and the rest speak. */
static int rename_score(const struct table *ot, int i, const struct table *nt, int j, const char **ret_why, struct arena *a)
{
    const struct column *o = &ot->cols[i], *n = &nt->cols[j];
    bool numbered = o->about && n->about && o->about->number && n->about->number, same_table = ot->id && ot->id == nt->id;
    if (!column_same_type(o, n))
        return 0;
    if (numbered && same_table && o->about->number == n->about->number) {
        *ret_why = "the same column number in the catalog";
        return 99;
    }
    if (numbered && same_table)
        return 0;
    size_t longest = strlen(o->name) > strlen(n->name) ? strlen(o->name) : strlen(n->name);
    int alike = 100 - (int)(100 * (size_t)edit_distance(o->name, n->name) / (longest ? longest : 1));
    if (alike < 0)
        alike = 0;
    bool place = i == j, shape = o->nullable == n->nullable && same_text(column_default(o), column_default(n));
    *ret_why = arena_printf(a, "same type%s%s%s", place ? ", same place" : "", shape ? ", same default and nullability" : "",
                            alike >= 50 ? ", names alike" : "");
    return 30 + (place ? 30 : 0) + (shape ? 10 : 0) + alike / 4;
}

enum { SURE_ENOUGH = 60 };

/* Pairs what went with what came, the surest first. place[i]: where the old column i is now. */
static void pair_renamed(struct gather *g, const struct table *o, const struct table *n, int *place, bool *taken)
{
    for (;;) {
        int best = SURE_ENOUGH - 1, bi = -1, bj = -1;
        const char *why = NULL, *w = NULL;
        for (int i = 0; i < o->ncols; i++)
            for (int j = 0; j < n->ncols && place[i] < 0; j++) {
                int score = taken[j] ? 0 : rename_score(o, i, n, j, &w, g->a);
                if (score > best) {
                    best = score;
                    bi = i;
                    bj = j;
                    why = w;
                }
            }
        if (bi < 0)
            return;
        place[bi] = bj;
        taken[bj] = true;
        add(g, (struct change){ CHANGE_COLUMN_RENAMED, o->cols[bi].name, o->cols[bi].name, n->cols[bj].name, best, why });
    }
}

static const char *column_text(struct arena *a, const struct column *c)
{
    const char *d = column_default(c);
    return arena_printf(a, "%s%s%s%s", c->type_name, c->nullable ? "" : " not null", d ? " default " : "", d ? d : "");
}

static void compare_tables(struct gather *g, const struct diff *d, const struct table *o, const struct table *n, bool renames)
{
    int *place = arena_alloc(g->a, (o->ncols + 1u) * sizeof *place);
    bool *taken = memset(arena_alloc(g->a, n->ncols + 1u), 0, n->ncols + 1u);
    for (uint16_t i = 0; i < o->ncols; i++) {
        place[i] = i < n->ncols && strcmp(o->cols[i].name, n->cols[i].name) == 0 ? i : find(n, o->cols[i].name);
        if (place[i] >= 0)
            taken[place[i]] = true;
    }
    if (renames)
        pair_renamed(g, o, n, place, taken);
    for (uint16_t i = 0; i < o->ncols; i++) {
        if (place[i] >= 0)
            compare_columns(g, d, &o->cols[i], &n->cols[place[i]]);
        else
            add(g, (struct change){ .kind = CHANGE_COLUMN_REMOVED, .column = o->cols[i].name, .from = column_text(g->a, &o->cols[i]) });
    }
    for (uint16_t j = 0; j < n->ncols; j++)
        if (!taken[j])
            add(g, (struct change){ .kind = CHANGE_COLUMN_ADDED, .column = n->cols[j].name, .to = column_text(g->a, &n->cols[j]) });
    compare_order(g, o, n, place);
    if (d->across)
        return;
    const char *ok = key_text(g->a, o), *nk = key_text(g->a, n);
    if (!same_text(ok, nk))
        add(g, (struct change){ .kind = CHANGE_KEY, .from = ok, .to = nk });
    if (!same_text(o->comment, n->comment))
        add(g, (struct change){ .kind = CHANGE_COMMENT, .from = o->comment, .to = n->comment });
}

/* What the fields of the two value schemas make of it. */
static void compare_fields(struct arena *a, const struct diff *d, struct table_diff *t)
{
    const struct side_table *sides[] = { t->old, t->new };
    const struct table *tables[2];
    struct err ignored = { 0 };
    for (int i = 0; i < 2; i++) {
        if (!sides[i] || !sides[i]->schema[PLAN_VALUE])
            return;
        struct avro_subject s = { sides[i]->topic, sides[i]->schema[PLAN_KEY], sides[i]->schema[PLAN_VALUE] };
        if (avro_table(a, &s, &tables[i], &ignored))
            return;
    }
    struct gather g = { .a = a };
    struct diff plain = *d;
    plain.across = false;
    compare_tables(&g, &plain, tables[0], tables[1], false);
    t->fields = g.list;
    t->nfields = g.n;
}

/* ---- tables ---- */

static int order_of(const struct diff *d, const struct side_table *o, const struct side_table *n)
{
    int by_schema = d->across ? 0 : strcmp(o->table->schema, n->table->schema);
    return by_schema ? by_schema : strcmp(o->table->name, n->table->name);
}

static int by_table_name(const void *a, const void *b)
{
    return strcmp(((const struct side_table *)a)->table->name, ((const struct side_table *)b)->table->name);
}

static struct table_diff *append(struct arena *a, struct diff *d, size_t *cap)
{
    if (d->n == *cap) {
        struct table_diff *more = arena_alloc(a, (2 * *cap + 64) * sizeof *more);
        if (d->n)
            memcpy(more, d->tables, d->n * sizeof *more);
        d->tables = more;
        *cap = 2 * *cap + 64;
    }
    return memset(&d->tables[d->n++], 0, sizeof *d->tables);
}

static void pair_tables(struct arena *a, struct diff *d)
{
    size_t i = 0, j = 0, cap = 0;
    while (i < d->old->n || j < d->new->n) {
        int order = i == d->old->n ? 1 : j == d->new->n ? -1 : order_of(d, &d->old->tables[i], &d->new->tables[j]);
        struct gather g = { .a = a };
        if (order == 0)
            compare_tables(&g, d, d->old->tables[i].table, d->new->tables[j].table, true);
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

/* Of two tables, the share of columns that are in both by name and type, in percent. */
static int overlap(const struct table *o, const struct table *n)
{
    int same = 0;
    for (uint16_t i = 0; i < o->ncols; i++) {
        int at = find(n, o->cols[i].name);
        same += at >= 0 && column_same_type(&o->cols[i], &n->cols[at]);
    }
    int most = o->ncols > n->ncols ? o->ncols : n->ncols;
    return most ? 100 * same / most : 0;
}

static void rename_table(struct arena *a, struct diff *d, struct table_diff *gone, struct table_diff *come, int sure, const char *why)
{
    struct gather g = { .a = a };
    compare_tables(&g, d, gone->old->table, come->new->table, true);
    gone->state = TABLE_RENAMED;
    gone->new = come->new;
    gone->sure = sure;
    gone->why = why;
    gone->changes = g.list;
    gone->nchanges = g.n;
    come->new = NULL;       /* taken: removed from the list afterwards */
}

enum { MANY_TABLES = 400 };     /* more came or went than this: it was no renaming */

void rename_guess(struct arena *a, struct diff *d)
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
            bool same_id = o->old->table->id && o->old->table->id == c->new->table->id;
            int score = overlap(o->old->table, c->new->table);
            score = same_id && score >= 30 ? 99 : score > 90 ? 90 : score;
            if (score > most) {
                most = score;
                best = c;
                id = same_id;
            }
        }
        if (best)
            rename_table(a, d, o, best, most, id ? "the same table number in the catalog" : "the same columns under another name");
    }
    for (size_t i = 0; i < d->n; i++)
        if (d->tables[i].state != TABLE_ADDED || d->tables[i].new)
            d->tables[n++] = d->tables[i];
    d->n = n;
}

/* A database beside a registry: what its tables are in Avro. A table that has no Avro form stays as it is, with its problem. */
static struct side *avro_form(struct arena *a, struct side *s, const struct diff_options *opt)
{
    struct side *avro = arena_alloc(a, sizeof *avro);
    struct err ignored = { 0 };
    *avro = (struct side){ .label = s->label, .dialect = DIALECT_AVRO, .n = s->n, .tables = arena_alloc(a, (s->n + 1) * sizeof *avro->tables) };
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

struct diff *diff_compare(struct arena *a, struct side *old, struct side *new, const struct diff_options *opt)
{
    struct diff *d = arena_alloc(a, sizeof *d);
    bool old_avro = old->dialect == DIALECT_AVRO, new_avro = new->dialect == DIALECT_AVRO;
    if (old_avro && !new_avro && !dialect_is_warehouse(new->dialect))
        new = avro_form(a, new, opt);
    if (new_avro && !old_avro && !dialect_is_warehouse(old->dialect))
        old = avro_form(a, old, opt);
    *d = (struct diff){ .a = a, .old = old, .new = new };
    d->across = dialect_is_warehouse(old->dialect) != dialect_is_warehouse(new->dialect);
    if (d->across) {
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
