/*
 * A table while a statement makes or changes it: lists of columns and indexes, and what the server
 * does at the end: names, periods, order of indexes (draft.h).
 */
#include "source/mysql/ddl/draft.h"
#include <string.h>

/* ---- lists ---- */

int ddl_draft_add_column(struct ddl_draft *d, const struct ddl_column *c, size_t at)
{
    if (d->ncols == DDL_MAX_COLUMNS)
        return err_set(d->p->err, ERR_DATA, "there are more than %d columns", DDL_MAX_COLUMNS);
    d->cols = arena_grown(d->p->a, d->cols, d->ncols, &d->cols_cap, sizeof *d->cols);
    memmove(d->cols + at + 1, d->cols + at, (d->ncols - at) * sizeof *d->cols);
    d->cols[at] = *c;
    d->ncols++;
    return 0;
}

int ddl_draft_add_index(struct ddl_draft *d, const struct ddl_index *x)
{
    if (d->nindexes == DDL_MAX_COLUMNS)
        return err_set(d->p->err, ERR_DATA, "there are more than %d indexes", DDL_MAX_COLUMNS);
    d->indexes = arena_grown(d->p->a, d->indexes, d->nindexes, &d->indexes_cap, sizeof *d->indexes);
    d->indexes[d->nindexes++] = *x;
    return 0;
}

/* MariaDB makes one index if a column itself has both PRIMARY KEY and UNIQUE. */
int ddl_draft_add_own_index(struct ddl_draft *d, const struct ddl_column *c)
{
    struct ddl_part *part = arena_alloc(d->p->a, sizeof *part);
    *part = (struct ddl_part){ .column = c->def.name };
    bool guarded = c->if_exists && !c->replaces;
    struct ddl_index unique = {
        .unique = true, .if_not_exists = guarded, .parts = part, .nparts = 1
    };
    struct ddl_index primary = unique;
    primary.name = "PRIMARY";
    primary.primary = true;
    if (c->primary && ddl_draft_add_index(d, &primary))
        return -1;
    bool own = c->unique && !(c->primary && d->p->ctx->server->mariadb);
    return own ? ddl_draft_add_index(d, &unique) : 0;
}

int ddl_draft_add_foreign_key(struct ddl_draft *d, const char *name)
{
    if (d->t.nforeign_keys == DDL_MAX_COLUMNS)
        return err_set(d->p->err, ERR_DATA, "there are more than %d foreign keys", DDL_MAX_COLUMNS);
    d->t.foreign_keys = arena_grown(d->p->a, d->t.foreign_keys, d->t.nforeign_keys, &d->foreign_cap,
                                    sizeof *d->t.foreign_keys);
    d->t.foreign_keys[d->t.nforeign_keys++] = name;
    return 0;
}

struct ddl_column *ddl_draft_column(const struct ddl_draft *d, const char *name)
{
    for (size_t i = 0; i < d->ncols; i++)
        if (ddl_same(d->cols[i].def.name, name))
            return &d->cols[i];
    return NULL;
}

struct ddl_index *ddl_draft_index(const struct ddl_draft *d, const char *name)
{
    for (size_t i = 0; i < d->nindexes; i++)
        if (d->indexes[i].name && ddl_same(d->indexes[i].name, name))
            return &d->indexes[i];
    return NULL;
}

void ddl_draft_from(struct ddl_draft *d, struct ddl_parser *p, const struct mysql_table_def *t)
{
    *d = (struct ddl_draft){ .p = p,
                             .t = *t,
                             .ncols = t->ncols,
                             .nindexes = t->nindexes,
                             .cols_cap = t->ncols,
                             .indexes_cap = t->nindexes };
    d->cols = arena_alloc(p->a, t->ncols * sizeof *d->cols);
    d->indexes = arena_alloc(p->a, t->nindexes * sizeof *d->indexes);
    for (uint16_t i = 0; i < t->ncols; i++)
        d->cols[i] = (struct ddl_column){ .def = t->cols[i], .settled = true };
    for (uint16_t i = 0; i < t->nindexes; i++) {
        const struct mysql_index_def *x = &t->indexes[i];
        struct ddl_part *parts = arena_alloc(p->a, x->ncols * sizeof *parts);
        for (uint16_t c = 0; c < x->ncols; c++)
            parts[c] = (struct ddl_part){ .column = t->cols[x->cols[c]].name,
                                          .sized = x->prefix,
                                          .length = 0 };
        d->indexes[i] = (struct ddl_index){ .name = x->name,
                                            .unique = x->unique,
                                            .fulltext = x->fulltext,
                                            .hash = x->hash,
                                            .parts = parts,
                                            .primary = strcmp(x->name, "PRIMARY") == 0,
                                            .nparts = x->ncols,
                                            .functional = x->ncols == 0,
                                            .without_overlaps = x->overlaps };
        if (x->overlaps && x->ncols >= 2) {     /* as the statement wrote it */
            d->indexes[i].overlaps = true;
            d->indexes[i].nparts--;
            parts[x->ncols - 2].period = true;
        }
    }
}

/* ---- finishing ---- */

/* The period's start and end columns, from the statement or from the table before. */
static void find_period(const struct ddl_draft *d, const char *ret[2])
{
    ret[0] = ret[1] = NULL;
    for (size_t i = 0; i < d->ncols; i++) {
        const struct mysql_column_def *c = &d->cols[i].def;
        ret[0] = c->period_start ? c->name : ret[0];
        ret[1] = c->period_end ? c->name : ret[1];
    }
}

/* Turns (id, p WITHOUT OVERLAPS) into id and the period's end and start columns. */
static int expand_period(struct ddl_draft *d, struct ddl_index *x)
{
    const char *ends[2];
    if (!x->overlaps)
        return 0;
    find_period(d, ends);
    if (!ends[0] || !ends[1])
        return err_set(d->p->err, ERR_DATA,
                       "the columns of the period that index %s has are not known",
                       x->name ? x->name : "");
    struct ddl_part *parts = arena_alloc(d->p->a, (x->nparts + 1u) * sizeof *parts);
    memcpy(parts, x->parts, x->nparts * sizeof *parts);
    for (uint16_t i = 0; i < x->nparts && x->overlaps; i++)
        if (parts[i].period) {
            parts[i] = (struct ddl_part){ .column = ends[1] };
            parts[x->nparts++] = (struct ddl_part){ .column = ends[0] };
            x->overlaps = false;
        }
    x->parts = parts;
    return 0;
}

/*
 * Refuses an index with a column twice. No server accepts one, and a stored definition with one
 * could not be read again.
 */
static int refuse_twice(const struct ddl_draft *d, const struct ddl_index *x, uint16_t part)
{
    for (uint16_t i = 0; i < part; i++)
        if (ddl_same(x->parts[i].column, x->parts[part].column))
            return err_set(d->p->err, ERR_DATA, "an index has column %s twice",
                           x->parts[part].column);
    return 0;
}

static int require_parts(struct ddl_draft *d, const struct ddl_index *x)
{
    for (uint16_t i = 0; i < x->nparts; i++) {
        struct ddl_column *c = ddl_draft_column(d, x->parts[i].column);
        if (!c)
            return err_set(d->p->err, ERR_DATA, "an index has column %s, which is not in the table",
                           x->parts[i].column);
        if (refuse_twice(d, x, i))
            return -1;
        if (x->primary)
            c->def.nullable = false;
    }
    return 0;
}

static bool name_taken(const struct ddl_draft *d, size_t before, const char *name)
{
    for (size_t i = 0; i < before; i++)
        if (ddl_same(d->indexes[i].name, name))
            return true;
    return false;
}

/*
 * An index without a name gets its first column's name, with a number if an index before it has
 * that name.
 */
static void name_index(struct ddl_draft *d, size_t at)
{
    struct ddl_index *x = &d->indexes[at];
    const char *base =
        x->functional ? "functional_index" : ddl_draft_column(d, x->parts[0].column)->def.name;
    x->name = base;
    for (int i = 2; name_taken(d, at, x->name) || (!x->primary && ddl_same(x->name, "PRIMARY"));
         i++)
        x->name = arena_printf(d->p->a, "%s_%d", base, i);
}

static bool nullable(const struct ddl_draft *d, const struct ddl_index *x)
{
    for (uint16_t i = 0; i < x->nparts; i++)
        if (ddl_draft_column(d, x->parts[i].column)->def.nullable)
            return true;
    return false;
}

static bool is_shape(const char *type)
{
    return strstr(type, "geom") || strstr(type, "poly") || strstr(type, "point") ||
           strstr(type, "line");
}

/*
 * Does a part have only the beginning of its column? A part with all ten characters of a CHAR(10)
 * does not.
 */
static bool prefix(const struct ddl_draft *d, const struct ddl_index *x)
{
    for (uint16_t i = 0; i < x->nparts; i++) {
        struct mysql_type t;
        if (!x->parts[i].sized || x->fulltext ||
            mysql_type_read(ddl_draft_column(d, x->parts[i].column)->def.type, d->p->a, &t,
                            d->p->err))
            continue;
        bool text = strstr(t.name, "char") || strstr(t.name, "binary") || strstr(t.name, "text") ||
                    strstr(t.name, "blob");
        if ((text || is_shape(t.name)) && x->parts[i].length != t.length)
            return true;
    }
    return false;
}

/*
 * Does MariaDB keep a hash instead? It does for a key that is too long: a whole text, or more than
 * 3072 bytes.
 */
static bool hashed(const struct ddl_draft *d, const struct ddl_index *x)
{
    int64_t bytes = 0;
    for (uint16_t i = 0; i < x->nparts && d->p->ctx->server->mariadb; i++) {
        struct mysql_type t;
        const struct mysql_column_def *c = &ddl_draft_column(d, x->parts[i].column)->def;
        if (x->parts[i].sized || mysql_type_read(c->type, d->p->a, &t, d->p->err))
            continue;
        bool chars = strstr(t.name, "char") || strstr(t.name, "binary");
        if (!chars && (strstr(t.name, "text") || strstr(t.name, "blob") || is_shape(t.name)))
            return true;
        bytes += chars ? t.length * ddl_charset_width(c->charset) : 8;
    }
    return bytes > 3072;
}

static bool has_virtual(const struct ddl_draft *d, const struct ddl_index *x)
{
    for (uint16_t i = 0; i < x->nparts; i++)
        if (ddl_draft_column(d, x->parts[i].column)->def.is_virtual)
            return true;
    return false;
}

/*
 * The index's rank in the server's order (sort_keys() in sql_table.cc): the primary key, unique
 * indexes, hashed ones, others, fulltext. Among unique indexes: not NULL before nullable, whole
 * columns before prefixes, MySQL: no virtual column before virtual ones. Equal ranks keep the
 * statement's order.
 */
static int rank(const struct ddl_draft *d, const struct ddl_index *x)
{
    if (!x->unique)
        return x->fulltext ? 11 : 10;
    if (x->primary)
        return 0;
    if (hashed(d, x))
        return 9;
    return 1 + 4 * nullable(d, x) + 2 * prefix(d, x) + has_virtual(d, x);
}

static void sort_indexes(struct ddl_draft *d)
{
    for (size_t i = 1; i < d->nindexes; i++) {
        struct ddl_index x = d->indexes[i];
        size_t at = i;
        for (int r = rank(d, &x); at && rank(d, &d->indexes[at - 1]) > r; at--)
            d->indexes[at] = d->indexes[at - 1];
        d->indexes[at] = x;
    }
}

static struct mysql_index_def finished_index(struct ddl_draft *d, const struct ddl_index *x)
{
    struct mysql_index_def r = { .name = x->primary ? "PRIMARY" : x->name,
                                 .unique = x->unique,
                                 .fulltext = x->fulltext };
    r.prefix = prefix(d, x);
    r.overlaps = x->without_overlaps;
    r.hash = x->hash && x->unique && d->p->ctx->server->mariadb;
    r.cols = arena_alloc(d->p->a, x->nparts * sizeof *r.cols);
    for (uint16_t i = 0; i < x->nparts && !x->functional; i++)
        r.cols[r.ncols++] = (uint16_t)(ddl_draft_column(d, x->parts[i].column) - d->cols);
    return r;
}

static int settle_columns(struct ddl_draft *d)
{
    bool timestamp = false;
    for (size_t i = 0; i < d->ncols; i++) {
        struct ddl_column *c = &d->cols[i];
        if (ddl_column_settle(d->p, c, (struct mysql_text){ d->t.charset, d->t.collation },
                              !timestamp))
            return -1;
        timestamp = timestamp || strncmp(c->def.type, "timestamp", 9) == 0;
    }
    return 0;
}

/* A table with system versions but without columns for them gets two that only the binlog shows. */
static int add_versions(struct ddl_draft *d)
{
    static const char *const names[] = { "row_start", "row_end" };
    bool versioned = d->versioned;
    for (size_t i = 0; i < d->ncols; i++) {
        versioned = versioned || d->cols[i].versioned;
        if (d->cols[i].row_start || d->cols[i].def.row_end || d->cols[i].def.hidden)
            return 0;
    }
    for (int i = 0; i < 2 && versioned; i++) {
        struct ddl_column c = { .def = { .name = names[i],
                                         .type = "timestamp(6)",
                                         .comment = "",
                                         .generated = true,
                                         .invisible = true,
                                         .hidden = true },
                                .settled = true };
        if (ddl_draft_add_column(d, &c, d->ncols))
            return -1;
    }
    return 0;
}

/* Adds the ROW END column to unique indexes that lack it. */
static void extend_unique(struct ddl_draft *d)
{
    const char *end = NULL;
    for (size_t i = 0; i < d->ncols; i++)
        if (d->cols[i].def.row_end)
            end = d->cols[i].def.name;
    for (size_t i = 0; i < d->nindexes && end; i++) {
        struct ddl_index *x = &d->indexes[i];
        struct ddl_part *parts = arena_alloc(d->p->a, (x->nparts + 1u) * sizeof *parts);
        bool there = false;
        for (uint16_t k = 0; k < x->nparts; k++)
            there = there || ddl_same(x->parts[k].column, end);
        if (!x->unique || there)
            continue;
        memcpy(parts, x->parts, x->nparts * sizeof *parts);
        bool period = x->nparts && parts[x->nparts - 1].period;
        if (period)             /* the period stays last */
            parts[x->nparts] = parts[x->nparts - 1];
        parts[x->nparts - period] = (struct ddl_part){ .column = end };
        x->nparts++;
        x->parts = parts;
    }
}

int ddl_draft_settle(struct ddl_draft *d)
{
    if (add_versions(d))
        return -1;
    if (settle_columns(d))
        return -1;
    const char *ends[] = { d->period[0], d->period[1], d->system_period[0], d->system_period[1] };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct ddl_column *c = ends[i] ? ddl_draft_column(d, ends[i]) : NULL;
        if (c) {
            c->def.nullable = false;
            c->def.period_start |= i == 0;
            c->def.period_end |= i == 1;
        }
    }
    for (size_t i = 0; i < d->ncols; i++)
        if (d->cols[i].def.period_start || d->cols[i].def.period_end)
            d->cols[i].def.nullable = false;
    return 0;
}

int ddl_draft_finish(struct ddl_draft *d, struct mysql_table_def *ret)
{
    if (ddl_draft_settle(d))
        return -1;
    extend_unique(d);
    for (size_t i = 0; i < d->nindexes; i++)
        if (expand_period(d, &d->indexes[i]))
            return -1;
    for (size_t i = 0; i < d->nindexes; i++) {
        if (require_parts(d, &d->indexes[i]))
            return -1;
        if (!d->indexes[i].name)
            name_index(d, i);
    }
    sort_indexes(d);
    *ret = d->t;
    ret->ncols = (uint16_t)d->ncols;
    ret->cols = arena_alloc(d->p->a, d->ncols * sizeof *ret->cols);
    for (size_t i = 0; i < d->ncols; i++)
        ret->cols[i] = d->cols[i].def;
    ret->nindexes = (uint16_t)d->nindexes;
    ret->indexes = arena_alloc(d->p->a, d->nindexes * sizeof *ret->indexes);
    for (size_t i = 0; i < d->nindexes; i++)
        ret->indexes[i] = finished_index(d, &d->indexes[i]);
    return 0;
}
