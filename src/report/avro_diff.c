/*
 * Compares two Avro schemas, path by path, and adds their changes to a table's. Compares all that
 * Avro's rules know (names, fields, defaults, aliases, symbols, sizes, logical types, the order of
 * fields and branches) and Connect's names. Skips documentation and other properties.
 */
#include <string.h>
#include "report/columns.h"

struct met {
    const struct avro_schema *old, *new;
};

struct walk {
    struct gather *g;
    const char *topic[2]; /* set if the topics differ: names that begin with them are compared
                             without them */
    const char *why; /* of each change: in which schema; NULL: in the value's */
    struct buf path;
    struct met *met; /* pairs of named types that were walked: they may hold themselves, and are
                        reported once */
    size_t nmet, cap;
};

const char *column_path(const char *path)
{
    return strncmp(path, "before.", 7) == 0  ? path + 7
           : strncmp(path, "after.", 6) == 0 ? path + 6
                                             : path;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The kind of a field's change if the field is a column. */
static enum change_kind of_column(enum change_kind kind)
{
    return kind == CHANGE_FIELD_ADDED     ? CHANGE_COLUMN_ADDED
           : kind == CHANGE_FIELD_REMOVED ? CHANGE_COLUMN_REMOVED
                                          : kind;
}

/* Whether an earlier change says it of this path: the columns', or the value schema's. */
static bool is_said(const struct gather *g, const struct change *c)
{
    enum change_kind as = of_column(c->kind);
    for (size_t i = 0; i < g->n && c->column; i++) {
        const struct change *o = &g->list[i];
        bool here = o->column && strcmp(o->column, c->column) == 0,
             renamed = o->kind == CHANGE_COLUMN_RENAMED;
        if ((here &&
             (o->kind == as || o->kind == c->kind || (renamed && as == CHANGE_COLUMN_REMOVED))) ||
            (renamed && as == CHANGE_COLUMN_ADDED && strcmp(o->to, c->column) == 0))
            return true;
    }
    return false;
}

static void say(struct walk *w, enum change_kind kind, const char *from, const char *to)
{
    const char *path = column_path(buf_cstr(&w->path));
    struct change c = { .kind = kind,
                        .column = *path ? arena_strdup(w->g->a, path) : NULL,
                        .from = from,
                        .to = to,
                        .why = w->why };
    if (!is_said(w->g, &c))
        gather_add(w->g, c);
}

static void walk(struct walk *w, const struct avro_schema *o, const struct avro_schema *n);

static void walk_below(struct walk *w, const char *step, const struct avro_schema *o,
                       const struct avro_schema *n)
{
    size_t mark = w->path.n;
    buf_str(&w->path, step);
    walk(w, o, n);
    w->path.n = mark;
}

static bool is_named(const struct avro_schema *s)
{
    return s->full_name != NULL;
}

/* The name without its topic, if the topics differ. */
static const char *behind_topic(const struct walk *w, int side, const char *name)
{
    size_t n = w->topic[side] ? strlen(w->topic[side]) : 0;
    return n && strncmp(name, w->topic[side], n) == 0 && name[n] == '.' ? name + n : name;
}

static bool same_name(const struct walk *w, const char *old, const char *new)
{
    return strcmp(behind_topic(w, 0, old), behind_topic(w, 1, new)) == 0;
}

static const char *joined(struct arena *a, const char *const *names)
{
    struct buf b = { 0 };
    for (size_t i = 0; names && names[i]; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", names[i]);
    const char *s = b.n ? arena_strdup(a, buf_cstr(&b)) : NULL;
    buf_done(&b);
    return s;
}

static void walk_names(struct walk *w, enum change_kind kind, const char *const *old,
                       const char *const *new)
{
    const char *o = joined(w->g->a, old), *n = joined(w->g->a, new);
    if (!same_text(o, n))
        say(w, kind, o, n);
}

/* What the bytes mean: a logical type with its parameters, and Connect's name. */
static const char *meaning(struct arena *a, const struct avro_schema *s)
{
    struct buf b = { 0 };
    buf_str(&b, s->logical ? s->logical : "");
    if (s->logical && avro_schema_is_decimal(s))
        buf_printf(&b, "(%d,%d)", s->precision, s->scale);
    if (s->meaning)
        buf_printf(&b, "%s%s", b.n ? ", " : "", s->meaning);
    const char *text = b.n ? arena_strdup(a, buf_cstr(&b)) : NULL;
    buf_done(&b);
    return text;
}

/* ---- records ---- */

static const struct avro_field *field_of(const struct avro_schema *s, const char *name,
                                         size_t *ret_at)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->fields[i].name, name) == 0) {
            *ret_at = i;
            return &s->fields[i];
        }
    return NULL;
}

static bool is_null(const char *json)
{
    return json && strcmp(json, "null") == 0;
}

/* A default of null comes and goes with null itself; the change of nullability reports both. */
static bool same_default(const struct avro_field *o, const struct avro_field *n)
{
    bool o_null, n_null;
    avro_schema_plain(o->type, &o_null);
    avro_schema_plain(n->type, &n_null);
    if (o_null != n_null && ((is_null(o->default_json) && !n->default_json) ||
                             (!o->default_json && is_null(n->default_json))))
        return true;
    return same_text(o->default_json, n->default_json);
}

static void walk_field(struct walk *w, const struct avro_field *o, const struct avro_field *n)
{
    if (!same_default(o, n))
        say(w, CHANGE_DEFAULT, o->default_json, n->default_json);
    walk_names(w, CHANGE_ALIASES, o->aliases, n->aliases);
    walk(w, o->type, n->type);
}

static const char *field_text(struct arena *a, const struct avro_field *f)
{
    const char *type = avro_schema_text(f->type, a);
    return f->default_json ? arena_printf(a, "%s default %s", type, f->default_json) : type;
}

/* The field under its present name: columns may have been renamed. */
static const struct avro_field *field_now(struct walk *w, const struct avro_schema *s,
                                          const char *name, size_t *ret_at)
{
    const struct avro_field *f = field_of(s, name, ret_at);
    const char *path = column_path(buf_cstr(&w->path));
    for (size_t i = 0; i < w->g->n && !f; i++) {
        const struct change *c = &w->g->list[i];
        if (c->kind == CHANGE_COLUMN_RENAMED && strcmp(c->from, path) == 0)
            f = field_of(s, c->to, ret_at);
    }
    return f;
}

/* Walks fields that both have. A field is out of order if its place is before an earlier
 * field's. */
static void walk_old_fields(struct walk *w, const struct avro_schema *o,
                            const struct avro_schema *n)
{
    size_t mark = w->path.n, at, highest = 0;
    for (size_t i = 0; i < o->n; i++, w->path.n = mark) {
        buf_printf(&w->path, "%s%s", mark ? "." : "", o->fields[i].name);
        const struct avro_field *f = field_now(w, n, o->fields[i].name, &at);
        if (!f) {
            say(w, CHANGE_FIELD_REMOVED, field_text(w->g->a, &o->fields[i]), NULL);
            continue;
        }
        if (at < highest)
            say(w, CHANGE_ORDER, arena_printf(w->g->a, "place %zu", i + 1),
                arena_printf(w->g->a, "place %zu", at + 1));
        highest = at > highest ? at : highest;
        walk_field(w, &o->fields[i], f);
    }
}

static void walk_new_fields(struct walk *w, const struct avro_schema *o,
                            const struct avro_schema *n)
{
    size_t mark = w->path.n, at;
    for (size_t i = 0; i < n->n; i++, w->path.n = mark) {
        buf_printf(&w->path, "%s%s", mark ? "." : "", n->fields[i].name);
        if (!field_of(o, n->fields[i].name, &at))
            say(w, CHANGE_FIELD_ADDED, NULL, field_text(w->g->a, &n->fields[i]));
    }
}

/* ---- named types ---- */

static void walk_symbols(struct walk *w, const struct avro_schema *o, const struct avro_schema *n)
{
    walk_names(w, CHANGE_LABELS, o->symbols, n->symbols);
    if (!same_text(o->symbol_default, n->symbol_default))
        say(w, CHANGE_DEFAULT, o->symbol_default, n->symbol_default);
}

static bool met_before(struct walk *w, const struct avro_schema *o, const struct avro_schema *n)
{
    for (size_t i = 0; i < w->nmet; i++)
        if (w->met[i].old == o && w->met[i].new == n)
            return true;
    w->met = arena_grown(w->g->a, w->met, w->nmet, &w->cap, sizeof *w->met);
    w->met[w->nmet++] = (struct met){ o, n };
    return false;
}

static void walk_named(struct walk *w, const struct avro_schema *o, const struct avro_schema *n)
{
    if (met_before(w, o, n))
        return;
    if (!same_name(w, o->full_name, n->full_name))
        say(w, CHANGE_NAME, o->full_name, n->full_name);
    walk_names(w, CHANGE_ALIASES, o->aliases, n->aliases);
    if (o->kind == AVRO_K_RECORD) {
        walk_old_fields(w, o, n);
        walk_new_fields(w, o, n);
    } else if (o->kind == AVRO_K_ENUM) {
        walk_symbols(w, o, n);
    } else if (o->size != n->size) {
        say(w, CHANGE_TYPE, arena_printf(w->g->a, "%lld bytes", o->size),
            arena_printf(w->g->a, "%lld bytes", n->size));
    }
}

/* ---- unions ---- */

static bool same_branch(const struct walk *w, const struct avro_schema *o,
                        const struct avro_schema *n)
{
    return o->kind == n->kind && (!is_named(o) || same_name(w, o->full_name, n->full_name));
}

/* The branches of a union; a type that is no union is its own only branch. */
static const struct avro_schema *const *branches_of(const struct avro_schema *const *s,
                                                    size_t *ret_n)
{
    *ret_n = (*s)->kind == AVRO_K_UNION ? (*s)->n : 1;
    return (*s)->kind == AVRO_K_UNION ? (const struct avro_schema *const *)(*s)->branches : s;
}

static const struct avro_schema *branch_like(const struct walk *w, const struct avro_schema *o,
                                             const struct avro_schema *const *in, size_t n,
                                             size_t *ret_at)
{
    for (size_t i = 0; i < n; i++)
        if (same_branch(w, o, in[i])) {
            *ret_at = i;
            return in[i];
        }
    return NULL;
}

/* Walks branches that both have. Which branches there are, and their order, is the union's
 * change. */
static void walk_branches(struct walk *w, const struct avro_schema *o, const struct avro_schema *n)
{
    size_t on, nn, found = 0, at, highest = 0;
    const struct avro_schema *const *old = branches_of(&o, &on), *const *new = branches_of(&n, &nn),
                                    *like;
    bool turned = false;
    for (size_t i = 0; i < on; i++) {
        if (!(like = branch_like(w, old[i], new, nn, &at)))
            continue;
        found++;
        turned |= at < highest;
        highest = at > highest ? at : highest;
    }
    if (found < on || found < nn || o->kind != n->kind)
        say(w, CHANGE_TYPE, avro_schema_text(o, w->g->a), avro_schema_text(n, w->g->a));
    else if (turned)
        say(w, CHANGE_ORDER, avro_schema_text(o, w->g->a), avro_schema_text(n, w->g->a));
    for (size_t i = 0; i < on; i++)
        if ((like = branch_like(w, old[i], new, nn, &at)))
            walk(w, old[i], like);
}

/* For [null, X] and X, or [null, X] and [X, null], compares X. */
static void walk_union(struct walk *w, const struct avro_schema *o, const struct avro_schema *n)
{
    bool o_null, n_null;
    const struct avro_schema *op = avro_schema_plain(o, &o_null),
                             *np = avro_schema_plain(n, &n_null);
    if (op->kind == AVRO_K_UNION || np->kind == AVRO_K_UNION || op->kind == AVRO_K_NULL ||
        np->kind == AVRO_K_NULL) {
        walk_branches(w, o, n);
        return;
    }
    if (o_null != n_null)
        say(w, CHANGE_NULLABLE, o_null ? "null allowed" : "not null",
            n_null ? "null allowed" : "not null");
    else if (o->kind != n->kind)
        say(w, CHANGE_TYPE, avro_schema_text(o, w->g->a), avro_schema_text(n, w->g->a));
    else if (o->kind == AVRO_K_UNION && o->n == n->n &&
             (o->branches[0]->kind == AVRO_K_NULL) != (n->branches[0]->kind == AVRO_K_NULL))
        say(w, CHANGE_ORDER, avro_schema_text(o, w->g->a), avro_schema_text(n, w->g->a));
    walk(w, op, np);
}

static void walk(struct walk *w, const struct avro_schema *o, const struct avro_schema *n)
{
    if (o->kind == AVRO_K_UNION || n->kind == AVRO_K_UNION) {
        if (o->kind == n->kind && o->n == 1 && n->n == 1)
            walk(w, o->branches[0], n->branches[0]);
        else
            walk_union(w, o, n);
        return;
    }
    if (o->kind != n->kind) {
        say(w, CHANGE_TYPE, avro_schema_text(o, w->g->a), avro_schema_text(n, w->g->a));
        return;
    }
    const char *om = meaning(w->g->a, o), *nm = meaning(w->g->a, n);
    if (!same_text(om, nm))
        say(w, CHANGE_TYPE, om, nm);
    if (!same_text(o->allowed, n->allowed))
        say(w, CHANGE_LABELS, o->allowed, n->allowed);
    if (is_named(o))
        walk_named(w, o, n);
    else if (o->kind == AVRO_K_ARRAY || o->kind == AVRO_K_MAP)
        walk_below(w, o->kind == AVRO_K_ARRAY ? "[]" : "{}", o->branches[0], n->branches[0]);
}

void compare_schemas(struct gather *g, const struct side_table *old, const struct side_table *new)
{
    for (int part = PLAN_VALUE; part >= PLAN_KEY; part--) {
        const char *texts[] = { old->schema[part], new->schema[part] };
        const struct avro_schema *o, *n;
        struct err ignored = { 0 };
        struct walk w = { .g = g, .why = part == PLAN_KEY ? "in the key's schema" : NULL };
        if (!texts[0] || !texts[1] || strcmp(texts[0], texts[1]) == 0)
            continue;
        if (avro_schema_parse(texts[0], g->a, &o, &ignored) ||
            avro_schema_parse(texts[1], g->a, &n, &ignored))
            continue; /* whoever made the side has reported it */
        if (!same_text(old->topic, new->topic)) {
            w.topic[0] = old->topic;
            w.topic[1] = new->topic;
        }
        walk(&w, o, n);
        buf_done(&w.path);
    }
}
