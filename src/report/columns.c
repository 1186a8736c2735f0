/* Compares two tables column by column: types, nullability, defaults, key, order, labels,
 * renames. */
#include <string.h>
#include <strings.h>
#include "base/distance.h"
#include "report/columns.h"

static const char *const words[] = { "column added",  "column removed", "column renamed",
                                     "type",          "nullability",    "default",
                                     "key",           "order",          "labels",
                                     "comment",       "generated",      "field added",
                                     "field removed", "name",           "aliases" };

const char *change_word(enum change_kind kind)
{
    return words[kind];
}

void gather_add(struct gather *g, struct change c)
{
    g->list = arena_grown(g->a, g->list, g->n, &g->cap, sizeof *g->list);
    g->list[g->n++] = c;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *generated_as(const struct column *c)
{
    return c->about && c->about->generated
               ? c->about->default_expression ? c->about->default_expression : "(an expression)"
               : NULL;
}

/* The column's default as it is shown; NULL: none. */
static const char *column_default(const struct column *c)
{
    if (generated_as(c))
        return NULL;
    if (c->about && c->about->default_expression)
        return c->about->default_expression;
    if (c->about && c->about->auto_increment)
        return "counted by the database";
    return c->default_kind == DEFAULT_LITERAL ? c->default_text : NULL;
}

/* One literal under two casts is one default. Defaults that two kinds of database compute cannot be
 * compared, and count as the same. */
static bool same_default(const struct diff *d, const struct column *o, const struct column *n)
{
    const char *was = column_default(o), *is = column_default(n);
    bool literals = o->default_kind == DEFAULT_LITERAL && n->default_kind == DEFAULT_LITERAL;
    if (was && is && literals && o->default_text && n->default_text)
        return strcmp(o->default_text, n->default_text) == 0;
    if (d->foreign && was && is && o->default_kind != DEFAULT_LITERAL &&
        n->default_kind != DEFAULT_LITERAL)
        return true;
    return same_text(was, is);
}

static int fraction_digits(const struct column *c)
{
    return c->precision < 0 ? 6 : c->precision;
}

/* For two kinds of database: whether values can be the same, whatever the types are called. */
static bool same_meaning(const struct column *a, const struct column *b)
{
    enum col_type at = a->type == COL_JSONB ? COL_JSON : a->type,
                  bt = b->type == COL_JSONB ? COL_JSON : b->type;
    if (at != bt || a->is_array != b->is_array)
        return false;
    switch (at) {
    case COL_DECIMAL:
        return a->has_scale == b->has_scale &&
               (!a->has_scale || (a->precision == b->precision && a->scale == b->scale));
    case COL_TIME: case COL_TIMETZ: case COL_TIMESTAMP: case COL_TIMESTAMPTZ:
        return fraction_digits(a) == fraction_digits(b);
    case COL_TEXT: case COL_BIT:
        return a->length == b->length;
    case COL_UNKNOWN:
        return strcmp(a->type_name, b->type_name) == 0;
    default:
        return true;
    }
}

bool column_same_type(const struct diff *d, const struct column *a, const struct column *b)
{
    bool listed = (a->type == COL_ENUM || a->type == COL_SET) && a->nlabels && b->nlabels &&
                  strchr(a->type_name, '(') && strchr(b->type_name, '(');
    if (d->foreign)
        return same_meaning(a, b);
    if (listed && a->type == b->type)
        return true;        /* MySQL's type names hold the labels; they are compared elsewhere */
    return a->type == b->type && a->is_array == b->is_array &&
           strcmp(a->type_name, b->type_name) == 0;
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

static bool has_label(const struct column *c, struct slice label)
{
    for (uint16_t i = 0; i < c->nlabels; i++)
        if (slice_eq(c->labels[i], label))
            return true;
    return false;
}

/* Appends the labels of one column that the other does not have. */
static void put_missing(struct buf *out, const char *head, const struct column *of,
                        const struct column *in)
{
    bool first = true;
    for (uint16_t i = 0; i < of->nlabels; i++)
        if (!has_label(in, of->labels[i])) {
            buf_printf(out, "%s%s%.*s",
                       first && out->n ? "; "
                       : first         ? ""
                                       : ", ",
                       first ? head : "", (int)of->labels[i].n, (const char *)of->labels[i].p);
            first = false;
        }
}

static const char *labels_moved(struct arena *a, const struct column *o, const struct column *n)
{
    struct buf b = { 0 };
    put_missing(&b, "gone: ", o, n);
    put_missing(&b, "new: ", n, o);
    const char *s = b.n ? arena_strdup(a, buf_cstr(&b)) : "in another order";
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

/* Whether a copy has the type that a sink would give it, or (PostgreSQL to PostgreSQL) the source's
 * own. Key columns of a copy are never null. */
static bool as_expected(struct gather *g, const struct column *source, enum dialect d,
                        const struct column *copy, const char **ret_expected)
{
    struct buf b = { 0 };
    sink_type(source, d, true, &b);
    bool same = strcasecmp(buf_cstr(&b), copy->type_name) == 0 ||
                strcmp(source->type_name, copy->type_name) == 0;
    b.n = 0;
    sink_type(source, d, false, &b);
    *ret_expected = arena_strdup(g->a, buf_cstr(&b));
    buf_done(&b);
    return same || strcasecmp(*ret_expected, copy->type_name) == 0;
}

static void compare_types(struct gather *g, const struct diff *d, const struct column *o,
                          const struct column *n)
{
    const char *expected;
    if (d->across) {
        bool old_is_copy = d->old->copy;
        const struct column *source = old_is_copy ? n : o, *copy = old_is_copy ? o : n;
        if (!as_expected(g, source, old_is_copy ? d->old->dialect : d->new->dialect, copy,
                         &expected))
            gather_add(g, (struct change){ CHANGE_TYPE, n->name, o->type_name, n->type_name, 0,
                                           arena_printf(g->a, "%s would be %s there",
                                                        source->type_name, expected) });
    } else if (!column_same_type(d, o, n)) {
        gather_add(g, (struct change){ .kind = CHANGE_TYPE,
                                       .column = n->name,
                                       .from = o->type_name,
                                       .to = n->type_name });
    }
    if (!same_labels(o, n) && !d->across && o->nlabels && n->nlabels)
        gather_add(g, (struct change){ .kind = CHANGE_LABELS,
                                       .column = n->name,
                                       .from = joined(g->a, o),
                                       .to = joined(g->a, n),
                                       .why = labels_moved(g->a, o, n) });
}

/* Records of schema changes do not tell a default that is an expression. */
static bool untold(const struct column *o, const struct column *n)
{
    return o->default_kind == DEFAULT_NONE && n->default_kind == DEFAULT_NONE &&
           (!column_default(o) || !column_default(n));
}

static void compare_columns(struct gather *g, const struct diff *d, const struct column *o,
                            const struct column *n)
{
    const char *name = n->name;
    compare_types(g, d, o, n);
    if (d->across)
        return;     /* a copy never had keys, defaults and comments */
    if (o->nullable != n->nullable)
        gather_add(g, (struct change){ .kind = CHANGE_NULLABLE,
                                       .column = name,
                                       .from = null_word(o->nullable),
                                       .to = null_word(n->nullable) });
    if (!same_default(d, o, n) && !(d->recorded && untold(o, n)))
        gather_add(g, (struct change){ .kind = CHANGE_DEFAULT,
                                       .column = name,
                                       .from = column_default(o),
                                       .to = column_default(n) });
    if (!d->recorded && !same_text(comment_of(o), comment_of(n)))
        gather_add(g, (struct change){ .kind = CHANGE_COMMENT,
                                       .column = name,
                                       .from = comment_of(o),
                                       .to = comment_of(n) });
    if (d->recorded ? !generated_as(o) != !generated_as(n)
                    : !same_text(generated_as(o), generated_as(n)))
        gather_add(g, (struct change){ .kind = CHANGE_GENERATED,
                                       .column = name,
                                       .from = generated_as(o),
                                       .to = generated_as(n) });
}

int column_place(const struct table *t, const char *name)
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

/* place[i]: where the old column i is now; -1: gone. A column is out of order if its place is
 * before an earlier column's. */
static void compare_order(struct gather *g, const struct table *o, const struct table *n,
                          const int *place)
{
    int highest = -1;
    for (uint16_t i = 0; i < o->ncols; i++) {
        if (place[i] < 0)
            continue;
        if (place[i] < highest) {
            gather_add(g, (struct change){ .kind = CHANGE_ORDER,
                                           .column = n->cols[place[i]].name,
                                           .from = arena_printf(g->a, "place %d", i + 1),
                                           .to = arena_printf(g->a, "place %d", place[i] + 1) });
            continue;
        }
        highest = place[i];
    }
}

enum { LONGEST_NAME = 64 };     /* longer names are not compared */

/* How sure a rename is, in percent. If both columns have a number in the catalog, it decides; else
 * type, place, name and the rest count. */
static int rename_score(const struct diff *d, const struct table *ot, int i, const struct table *nt,
                        int j, const char **ret_why, struct arena *a)
{
    const struct column *o = &ot->cols[i], *n = &nt->cols[j];
    bool numbered = o->about && n->about && o->about->number && n->about->number,
         same_table = d->one_database && ot->id && ot->id == nt->id;
    if (!column_same_type(d, o, n))
        return 0;
    if (numbered && same_table && o->about->number == n->about->number) {
        *ret_why = "the same column number in the catalog";
        return 99;
    }
    if (numbered && same_table)
        return 0;
    size_t longest = strlen(o->name) > strlen(n->name) ? strlen(o->name) : strlen(n->name);
    size_t apart = longest > LONGEST_NAME ? LONGEST_NAME : edit_distance(o->name, n->name);
    int alike = 100 - (int)(100 * apart / (longest ? longest : 1));
    bool place = i == j, shape = o->nullable == n->nullable && same_default(d, o, n);
    *ret_why = arena_printf(a, "same type%s%s%s", place ? ", same place" : "",
                            shape ? ", same default and nullability" : "",
                            alike >= 50 ? ", names alike" : "");
    return 30 + (place ? 30 : 0) + (shape ? 10 : 0) + alike / 4;
}

/* Pairs removed columns with added ones, the surest first. place[i]: where old column i is now. */
static void pair_renamed(struct gather *g, const struct diff *d, const struct table *o,
                         const struct table *n, int *place, bool *taken)
{
    for (;;) {
        int best = SURE_ENOUGH - 1, bi = -1, bj = -1;
        const char *why = NULL, *w = NULL;
        for (int i = 0; i < o->ncols; i++)
            for (int j = 0; j < n->ncols && place[i] < 0; j++) {
                int score = taken[j] ? 0 : rename_score(d, o, i, n, j, &w, g->a);
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
        gather_add(g, (struct change){ CHANGE_COLUMN_RENAMED, o->cols[bi].name, o->cols[bi].name,
                                       n->cols[bj].name, best, why });
    }
}

static const char *column_text(struct arena *a, const struct column *c)
{
    const char *d = column_default(c), *made = generated_as(c);
    return arena_printf(a, "%s%s%s%s", c->type_name, c->nullable ? "" : " not null",
                        made ? " generated as "
                        : d  ? " default "
                             : "",
                        made ? made
                        : d  ? d
                             : "");
}

/* A column that a loader adds to a copy's rows is not the source's. */
static bool of_loader(const struct diff *d, const struct side *s, const struct column *c)
{
    return d->across && s->copy && *c->name == '_';
}

void compare_tables(struct gather *g, const struct diff *d, const struct table *o,
                    const struct table *n, bool renames)
{
    int *place = arena_alloc(g->a, (o->ncols + 1u) * sizeof *place);
    bool *taken = memset(arena_alloc(g->a, n->ncols + 1u), 0, n->ncols + 1u);
    for (uint16_t i = 0; i < o->ncols; i++) {
        place[i] = i < n->ncols && strcmp(o->cols[i].name, n->cols[i].name) == 0
                       ? i
                       : column_place(n, o->cols[i].name);
        if (place[i] >= 0)
            taken[place[i]] = true;
    }
    if (renames)
        pair_renamed(g, d, o, n, place, taken);
    for (uint16_t i = 0; i < o->ncols; i++) {
        if (place[i] >= 0)
            compare_columns(g, d, &o->cols[i], &n->cols[place[i]]);
        else if (!of_loader(d, d->old, &o->cols[i]))
            gather_add(g, (struct change){ .kind = CHANGE_COLUMN_REMOVED,
                                           .column = o->cols[i].name,
                                           .from = column_text(g->a, &o->cols[i]) });
    }
    for (uint16_t j = 0; j < n->ncols; j++)
        if (!taken[j] && !of_loader(d, d->new, &n->cols[j]))
            gather_add(g, (struct change){ .kind = CHANGE_COLUMN_ADDED,
                                           .column = n->cols[j].name,
                                           .to = column_text(g->a, &n->cols[j]) });
    compare_order(g, o, n, place);
    if (d->across)
        return;
    const char *ok = key_text(g->a, o), *nk = key_text(g->a, n);
    if (!same_text(ok, nk))
        gather_add(g, (struct change){ .kind = CHANGE_KEY, .from = ok, .to = nk });
    if (!d->recorded && !same_text(o->comment, n->comment))
        gather_add(g,
                   (struct change){ .kind = CHANGE_COMMENT, .from = o->comment, .to = n->comment });
}
