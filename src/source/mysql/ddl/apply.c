/*
 * Applies a statement to the known definitions (ddl.h); create.c, alter.c and sequence.c do the
 * larger ones.
 */
#include <string.h>
#include "source/mysql/ddl/draft.h"

/* DROP SEQUENCE drops sequences only; another table stays, with a warning. */
static bool is_sequence(const struct mysql_table_def *t)
{
    return t && t->ncols == 8 && strcmp(t->cols[0].name, "next_not_cached_value") == 0;
}

static void apply_tables(const struct ddl_parser *p, const struct ddl *d, struct mysql_schema *s)
{
    bool sequences = ddl_at(p, "DROP SEQUENCE");
    for (uint16_t i = 0; i < d->ntables; i++) {
        const struct ddl_table *t = &d->tables[i];
        if (d->kind == DDL_RENAME_TABLE)
            mysql_schema_rename(s, t->database, t->table, t->to_database, t->to_table);
        else if (!sequences || is_sequence(mysql_schema_find(s, t->database, t->table)))
            mysql_schema_remove(s, t->database, t->table);
    }
}

static bool same_table(const char *database, const char *table, const char *other_database,
                       const char *other)
{
    return strcmp(table, other) == 0 && strcmp(database, other_database) == 0;
}

static bool same_source(const struct ddl_table *t, const struct ddl_table *other)
{
    return same_table(t->database, t->table, other->database, other->table);
}

static bool leads_to(const struct ddl_table *t, const char *database, const char *table)
{
    return same_table(t->to_database, t->to_table, database, table);
}

/*
 * Is the i-th table renamed again later, while nothing got its name in between? Then the first one
 * was temporary: temporary tables go first.
 */
static bool leaves_another(const struct ddl *d, uint16_t i)
{
    const struct ddl_table *t = &d->tables[i];
    for (uint16_t k = (uint16_t)(i + 1); k < d->ntables; k++) {
        if (leads_to(&d->tables[k - 1], t->database, t->table))
            return false;
        if (same_source(&d->tables[k], t))
            return true;
    }
    return false;
}

struct ddl ddl_without_temporary(const struct ddl *d, const struct mysql_schema *s, struct arena *a)
{
    struct ddl r = *d;
    r.tables = arena_alloc(a, (d->ntables + 1u) * sizeof *r.tables);
    r.ntables = 0;
    for (uint16_t i = 0; i < d->ntables; i++) {
        const struct ddl_table *t = &d->tables[i];
        bool from = mysql_schema_find(s, t->database, t->table);
        bool to = mysql_schema_find(s, t->to_database, t->to_table);
        for (uint16_t k = 0; k < r.ntables; k++) {      /* the pairs before it have taken effect */
            const struct ddl_table *earlier = &r.tables[k];
            to = to && !same_table(earlier->database, earlier->table, t->to_database, t->to_table);
            from = from || leads_to(earlier, t->database, t->table);
        }
        /* A temporary table may get the name of an existing table; no other table can. */
        if (!leaves_another(d, i) && (from || !to))
            r.tables[r.ntables++] = *t;
    }
    return r;
}

static int apply_database(struct ddl_parser *p, const struct ddl *d, struct mysql_schema *s)
{
    struct ddl_text text = { 0 };
    struct mysql_text known = mysql_schema_database(s, d->database);
    if (d->kind == DDL_CREATE_DATABASE && ddl_at(p, "CREATE OR REPLACE"))
        mysql_schema_remove_database(s, d->database);
    else if (d->kind == DDL_CREATE_DATABASE && known.charset)
        return 0;       /* IF NOT EXISTS, and it was there */
    while (!ddl_at_end(p)) {
        int rc = ddl_text_option(p, &text);
        if (rc < 0)
            return -1;
        if (!rc)
            ddl_next(p);
    }
    if (d->kind == DDL_CREATE_DATABASE || text.by_default || !known.charset)
        known = ddl_text_of_server(p);
    known = ddl_text_resolve(p, &text, known);
    mysql_schema_set_database(s, d->database, known.charset, known.collation);
    return 0;
}

static int apply(struct ddl_parser *p, const struct ddl *d, struct mysql_schema *s)
{
    switch (d->kind) {
    case DDL_CREATE_TABLE:
        return ddl_apply_create(p, d, s);
    case DDL_CREATE_SEQUENCE:
        return ddl_apply_sequence(p, d, s);
    case DDL_ALTER_TABLE: case DDL_CREATE_INDEX: case DDL_DROP_INDEX:
        return ddl_apply_alter(p, d, s);
    case DDL_DROP_TABLE: case DDL_RENAME_TABLE:
        apply_tables(p, d, s);
        return 0;
    case DDL_DROP_DATABASE:
        mysql_schema_remove_database(s, d->database);
        return 0;
    case DDL_CREATE_DATABASE: case DDL_ALTER_DATABASE:
        return apply_database(p, d, s);
    default:
        return 0;
    }
}

int ddl_apply(struct slice sql, const struct ddl_context *ctx, const struct ddl *d,
              struct mysql_schema *s, struct err *err)
{
    struct arena a;
    struct ddl_parser p;
    if (d->kind < DDL_CREATE_TABLE || d->kind == DDL_TRUNCATE || d->temporary)
        return 0;
    arena_init(&a, 16384);
    int rc = ddl_parser(&p, sql, ctx, &a, err);
    if (!rc)
        rc = apply(&p, d, s);
    arena_done(&a);
    return rc ? err_wrap(err, "a statement is not understood") : 0;
}
