#include <string.h>
#include "source/mysql/ddl/draft.h"

static void apply_tables(const struct ddl *d, struct mysql_schema *s)
{
    for (uint16_t i = 0; i < d->ntables; i++) {
        const struct ddl_table *t = &d->tables[i];
        if (d->kind == DDL_RENAME_TABLE)
            mysql_schema_rename(s, t->database, t->table, t->to_database, t->to_table);
        else
            mysql_schema_remove(s, t->database, t->table);
    }
}

static int apply_database(struct ddl_parser *p, const struct ddl *d, struct mysql_schema *s)
{
    struct ddl_text text = { 0 };
    struct mysql_text known = mysql_schema_database(s, d->database);
    if (d->kind == DDL_CREATE_DATABASE && ddl_at(p, "CREATE OR REPLACE"))
        mysql_schema_remove_database(s, d->database);
    else if (d->kind == DDL_CREATE_DATABASE && known.charset)
        return 0;       /* IF NOT EXISTS: it was there */
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
        apply_tables(d, s);
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

int ddl_apply(struct slice sql, const struct ddl_context *ctx, const struct ddl *d, struct mysql_schema *s, struct err *err)
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
