/* Makes the new definition of an altered table in the server's order of steps (alter.h). */
#include <string.h>
#include "source/mysql/ddl/alter.h"

static const struct ddl_change *find_change(const struct ddl_alter *a, enum ddl_change_kind kind,
                                            const char *name)
{
    for (size_t i = 0; i < a->nchanges; i++)
        if (a->changes[i].kind == kind && ddl_same(a->changes[i].name, name))
            return &a->changes[i];
    return NULL;
}

static struct ddl_column *replacement(const struct ddl_alter *a, const char *name)
{
    for (size_t i = 0; i < a->wanted.ncols; i++)
        if (a->wanted.cols[i].replaces && ddl_same(a->wanted.cols[i].replaces, name))
            return &a->wanted.cols[i];
    return NULL;
}

static bool moves(const struct ddl_column *c)
{
    return c->first || c->after;
}

/* MariaDB: does the statement itself add the column that it also changes or gives a default? */
static bool added_here(const struct ddl_alter *a, const char *name)
{
    for (size_t i = 0; i < a->wanted.ncols && a->old.p->ctx->server->mariadb; i++)
        if (!a->wanted.cols[i].replaces && ddl_same(a->wanted.cols[i].def.name, name))
            return true;
    return false;
}

/*
 * SET and DROP DEFAULT also apply to a column that MODIFY changes. MariaDB treats DEFAULT now() ON
 * UPDATE now() as one.
 */
static void set_default(const struct ddl_alter *a, const char *name, struct ddl_column *c)
{
    const struct ddl_change *value = find_change(a, SET_DEFAULT, name);
    if (!value || c->def.generated || c->def.auto_increment)
        return;
    if (a->old.p->ctx->server->mariadb && c->def.default_is_expression)
        c->def.on_update = NULL;
    c->value = value->value;
    c->default_said = true;
    if (c->settled) {
        c->def.default_text =
            ddl_default_settle(a->old.p, c->def.type, c->def.charset, &value->value);
        c->def.default_is_expression = value->value.expression;
    }
}

/*
 * A column that no clause defines anew: takes its new name and visibility, if a clause gives them.
 */
static struct ddl_column kept_column(const struct ddl_alter *a, const struct ddl_column *old)
{
    struct ddl_column c = *old;
    const struct ddl_change *rename = find_change(a, RENAME_COLUMN, old->def.name),
                            *visible = find_change(a, SET_INVISIBLE, old->def.name);
    if (visible)
        c.def.invisible = visible->invisible;
    if (rename)
        c.def.name = rename->to;
    return c;
}

/*
 * Is the clause passed over? ADD COLUMN IF NOT EXISTS: the column was there, or an earlier clause
 * adds it. MODIFY IF EXISTS: it was not there.
 */
static bool column_passed_over(const struct ddl_alter *a, size_t at)
{
    const struct ddl_column *c = &a->wanted.cols[at];
    if (!c->if_exists)
        return false;
    if (c->replaces)
        return !ddl_draft_column(&a->old, c->replaces);
    const struct ddl_draft before = { .cols = a->wanted.cols, .ncols = at };
    return ddl_draft_column(&a->old, c->def.name) || ddl_draft_column(&before, c->def.name);
}

static const char *said_name(const struct ddl_index *x)
{
    return x->name ? x->name : x->nparts ? x->parts[0].column : "";
}

/* The same for an index. An index without a name counts under its first column's name. */
static bool index_passed_over(const struct ddl_alter *a, size_t at)
{
    const struct ddl_index *x = &a->wanted.indexes[at];
    bool there = x->if_not_exists && ddl_draft_index(&a->old, said_name(x));
    for (size_t i = 0; i < at && x->if_not_exists && !there; i++)
        there = ddl_same(said_name(&a->wanted.indexes[i]), said_name(x));
    return there;
}

/*
 * Removes the clauses that are passed over, as MariaDB does first (handle_if_exists_options() in
 * sql_table.cc). What the statement drops still counts as there. A column that is passed over
 * leaves its UNIQUE behind.
 */
static void pass_over(struct ddl_alter *a)
{
    size_t cols = 0, indexes = 0;
    for (size_t i = 0; i < a->wanted.nindexes; i++)
        if (!index_passed_over(a, i))
            a->wanted.indexes[indexes++] = a->wanted.indexes[i];
    a->wanted.nindexes = indexes;
    for (size_t i = 0; i < a->wanted.ncols; i++)
        if (!column_passed_over(a, i))
            a->wanted.cols[cols++] = a->wanted.cols[i];
    a->wanted.ncols = cols;
}

/* Every column that a clause names must exist; else the statement was not understood. */
static int require_columns(const struct ddl_alter *a)
{
    for (size_t i = 0; i < a->nchanges; i++) {
        const struct ddl_change *c = &a->changes[i];
        bool index = c->kind == DROP_INDEX || c->kind == RENAME_INDEX ||
                     c->kind == DROP_FOREIGN_KEY;
        bool new = c->kind == SET_DEFAULT && added_here(a, c->name);
        if (!index && !c->if_exists && !new && !ddl_draft_column(&a->old, c->name))
            return err_set(a->old.p->err, ERR_DATA, "column %s is not known", c->name);
    }
    for (size_t i = 0; i < a->wanted.ncols; i++) {
        const struct ddl_column *c = &a->wanted.cols[i];
        if (c->replaces && !ddl_draft_column(&a->old, c->replaces) && !added_here(a, c->def.name))
            return err_set(a->old.p->err, ERR_DATA, "column %s is not known", c->replaces);
    }
    return 0;
}

static void take_column(struct ddl_draft *d, const char *name, struct ddl_column *ret)
{
    struct ddl_column *c = ddl_draft_column(d, name);
    if (!c)
        return;
    *ret = *c;
    memmove(c, c + 1, (size_t)(d->cols + d->ncols-- - (c + 1)) * sizeof *c);
}

/*
 * MySQL: FIRST means after a generated invisible primary key. The server knows this key by its
 * shape, whoever made it (sql_generate_invisible_primary_key, or the statement itself).
 */
static size_t first_place(const struct ddl_draft *old, const struct ddl_draft *new)
{
    const struct ddl_column *c = old->cols;
    bool key = false;
    for (size_t i = 0; i < old->nindexes; i++)
        key |= old->indexes[i].primary && old->indexes[i].nparts == 1 && old->ncols &&
               ddl_same(old->indexes[i].parts[0].column, c->def.name);
    bool generated = key && !old->p->ctx->server->mariadb && ddl_same(c->def.name, "my_row_id") &&
                     c->def.invisible && c->def.auto_increment &&
                     strncmp(c->def.type, "bigint", 6) == 0 && strstr(c->def.type, "unsigned");
    return generated && ddl_draft_column(new, c->def.name) ? 1 : 0;
}

static int place_column(struct ddl_draft *d, const struct ddl_column *c, size_t first)
{
    size_t at = c->first ? first : d->ncols;
    if (c->after) {
        const struct ddl_column *before = ddl_draft_column(d, c->after);
        if (!before)
            return err_set(d->p->err, ERR_DATA,
                           "column %s, after which another one is to stand, is not known",
                           c->after);
        at = (size_t)(before - d->cols) + 1;
    }
    return ddl_draft_add_column(d, c, at);
}

static int apply_columns(struct ddl_alter *a, struct ddl_draft *new)
{
    for (size_t i = 0; i < a->old.ncols; i++) {
        const struct ddl_column *old = &a->old.cols[i], *to = replacement(a, old->def.name);
        if (find_change(a, DROP_COLUMN, old->def.name) || old->def.hidden)
            continue;
        struct ddl_column c = to ? *to : kept_column(a, old);
        c.def.period_start = old->def.period_start && !a->drops_period;
        c.def.period_end = old->def.period_end && !a->drops_period;
        set_default(a, old->def.name, &c);
        if (ddl_draft_add_column(new, &c, new->ncols))
            return -1;
    }
    size_t first = first_place(&a->old, new);
    for (size_t i = 0; i < a->wanted.ncols; i++) {
        const struct ddl_column *c = &a->wanted.cols[i];
        bool again = c->replaces && !ddl_draft_column(&a->old, c->replaces);
        if (c->replaces && !again && !moves(c))
            continue;
        struct ddl_column moved = *c, gone;
        if (c->replaces)
            take_column(new, c->def.name, again ? &gone : &moved);
        if (!c->replaces)
            set_default(a, c->def.name, &moved);
        if (place_column(new, &moved, first))
            return -1;
    }
    for (size_t i = 0; i < a->old.ncols && !a->drops_versions; i++)
        if (a->old.cols[i].def.hidden && ddl_draft_add_column(new, &a->old.cols[i], new->ncols))
            return -1;
    return 0;
}

static const char *new_name(const struct ddl_alter *a, const char *column)
{
    const struct ddl_column *to = replacement(a, column);
    const struct ddl_change *rename = find_change(a, RENAME_COLUMN, column);
    return to ? to->def.name : rename ? rename->to : column;
}

/*
 * Does the column leave the indexes? No if the statement adds a column of the same name: that one
 * takes its place.
 */
static bool goes(const struct ddl_alter *a, const char *column)
{
    for (size_t i = 0; i < a->wanted.ncols; i++)
        if (!a->wanted.cols[i].replaces && ddl_same(a->wanted.cols[i].def.name, column))
            return false;
    return find_change(a, DROP_COLUMN, column);
}

static void keep_parts(const struct ddl_alter *a, struct ddl_index *x)
{
    uint16_t kept = 0;
    for (uint16_t i = 0; i < x->nparts; i++)
        if (!goes(a, x->parts[i].column)) {
            x->parts[kept] = x->parts[i];
            x->parts[kept++].column = new_name(a, x->parts[i].column);
        }
    x->nparts = kept;
}

/* An index to drop or rename may not be known, because a foreign key made it. That does no harm. */
static int apply_indexes(const struct ddl_alter *a, struct ddl_draft *new)
{
    for (size_t i = 0; i < a->old.nindexes; i++) {
        struct ddl_index x = a->old.indexes[i];
        const struct ddl_change *rename = find_change(a, RENAME_INDEX, x.name);
        if (find_change(a, DROP_INDEX, x.name))
            continue;
        if (rename)
            x.name = rename->to;
        keep_parts(a, &x);
        if ((x.nparts || x.functional) && ddl_draft_add_index(new, &x))
            return -1;
    }
    for (size_t i = 0; i < a->wanted.nindexes; i++)
        if (ddl_draft_add_index(new, &a->wanted.indexes[i]))
            return -1;
    return 0;
}

static int apply_foreign_keys(const struct ddl_alter *a, struct ddl_draft *new)
{
    new->t.foreign_keys = NULL;
    new->t.nforeign_keys = 0;
    for (uint16_t i = 0; i < a->old.t.nforeign_keys; i++) {
        const char *name = a->old.t.foreign_keys[i];
        if (!find_change(a, DROP_FOREIGN_KEY, name) && ddl_draft_add_foreign_key(new, name))
            return -1;
    }
    for (uint16_t i = 0; i < a->wanted.t.nforeign_keys; i++)
        if (ddl_draft_add_foreign_key(new, a->wanted.t.foreign_keys[i]))
            return -1;
    return 0;
}

static bool has_labels(const struct mysql_column_def *c)
{
    return strncmp(c->type, "enum(", 5) == 0 || strncmp(c->type, "set(", 4) == 0;
}

/*
 * CONVERT TO: an old column gets a type with room for its characters. A column that the statement
 * defines keeps its type.
 */
static int widen(struct ddl_draft *d, struct mysql_text to)
{
    for (size_t i = 0; i < d->ncols; i++) {
        struct mysql_column_def *c = &d->cols[i].def;
        if (!d->cols[i].settled || !c->charset || strcmp(c->charset, "binary") == 0 ||
            strcmp(c->charset, to.charset) == 0)
            continue;
        int from_width = ddl_charset_width(c->charset), to_width = ddl_charset_width(to.charset);
        c->type = has_labels(c) ? ddl_labels_converted(d->p, c->type, c->charset, to.charset)
                                : ddl_type_converted(d->p, c->type, from_width, to_width);
        if (!c->type)
            return err_wrap(d->p->err, "column %s", c->name);
    }
    return 0;
}

/* A text column's default, as a column of bytes has it. */
static const char *bytes_default(const struct ddl_draft *d, const struct mysql_column_def *c)
{
    if (!c->default_text || c->default_is_expression)
        return c->default_text;
    struct slice bytes = ddl_label_encode(d->p, slice_str(c->default_text), c->charset);
    struct buf out = { 0 };
    buf_str(&out, "0x");
    for (size_t i = 0; i < bytes.n; i++)
        buf_printf(&out, "%02X", bytes.p[i]);
    const char *text = bytes.p ? arena_strdup(d->p->a, buf_cstr(&out)) : NULL;
    buf_done(&out);
    return text;
}

/*
 * CONVERT TO CHARACTER SET binary turns text into bytes: varchar(9) becomes varbinary(9), text
 * becomes blob.
 */
static void to_bytes(const struct ddl_draft *d, struct mysql_column_def *c)
{
    bool labels = has_labels(c);        /* labels may contain these words */
    const char *chars = labels ? NULL : strstr(c->type, "char");
    const char *text = labels ? NULL : strstr(c->type, "text");
    int before = (int)((chars ? chars : text ? text : c->type) - c->type);
    if (!chars && !text && (!labels || d->p->ctx->server->mariadb))
        return;
    if (chars || text) {
        c->default_text = bytes_default(d, c);
        c->type = arena_printf(d->p->a, "%.*s%s%s", before, c->type, chars ? "binary" : "blob",
                               c->type + before + 4);
    }
    c->charset = c->collation = NULL;
}

static void convert(struct ddl_draft *d, struct mysql_text to)
{
    bool bytes = strcmp(to.charset, "binary") == 0;
    for (size_t i = 0; i < d->ncols; i++) {
        struct mysql_column_def *c = &d->cols[i].def;
        if (!c->charset || strcmp(c->charset, "binary") == 0)
            continue;
        if (bytes)
            to_bytes(d, c);
        if (!c->charset)
            continue;
        c->charset = to.charset;
        const struct ddl_text *said = &d->cols[i].text;
        c->collation = said->binary          ? arena_printf(d->p->a, "%s_bin", to.charset)
                       : said->own_collation ? ddl_default_collation(d->p, to.charset)
                                             : to.collation;
    }
}

int ddl_alter_apply(struct ddl_alter *a, const struct mysql_schema *schema,
                    struct mysql_table_def *ret)
{
    struct ddl_parser *p = a->old.p;
    const struct mysql_table_def *t = &a->old.t;
    struct ddl_draft new = { .p = p, .t = *t };
    struct mysql_text database = ddl_text_of_database(p, schema, t->database),
                      table = { t->charset, t->collation };
    if (a->converts)
        table = ddl_text_resolve(p, &a->convert, database);
    /* The table's own option wins, wherever it stands. */
    table = ddl_text_resolve(p, &a->options.text,
                             a->options.text.by_default || !table.charset ? database : table);
    new.t.charset = table.charset;
    new.t.collation = table.collation;
    new.t.comment = a->options.comment ? a->options.comment : t->comment;
    new.versioned = a->options.versioned;
    memcpy(new.period, a->wanted.period, sizeof new.period);
    memcpy(new.system_period, a->wanted.system_period, sizeof new.system_period);
    pass_over(a);
    if (require_columns(a) || apply_columns(a, &new) || apply_indexes(a, &new) ||
        apply_foreign_keys(a, &new))
        return -1;
    struct mysql_text to = ddl_text_resolve(p, &a->convert, database);
    if ((a->converts && widen(&new, to)) || ddl_draft_settle(&new))
        return -1;
    if (a->converts)
        convert(&new, to);
    return ddl_draft_finish(&new, ret);
}

