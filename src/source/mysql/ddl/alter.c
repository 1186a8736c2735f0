/*
 * ALTER TABLE, CREATE INDEX, DROP INDEX: reads the clauses into a struct ddl_alter; alter_apply.c
 * makes the new definition of it.
 */
#include <string.h>
#include "source/mysql/ddl/alter.h"

static int add_change(struct ddl_alter *a, struct ddl_change c)
{
    struct ddl_parser *p = a->old.p;
    if (!c.name)
        return -1;
    if (a->nchanges == a->cap) {
        struct ddl_change *more =
            arena_alloc(p->a, (a->cap = a->cap ? 2 * a->cap : 16) * sizeof *more);
        if (a->nchanges)
            memcpy(more, a->changes, a->nchanges * sizeof *more);
        a->changes = more;
    }
    a->changes[a->nchanges++] = c;
    return 0;
}

/* ---- reading the clauses ---- */

static int read_place(struct ddl_parser *p, struct ddl_column *c)
{
    c->first = ddl_take(p, "FIRST");
    if (ddl_take(p, "AFTER")) {
        c->after = ddl_name(p);
        return c->after ? 0 : -1;
    }
    return 0;
}

static int want_column(struct ddl_alter *a, struct ddl_column *c)
{
    if (read_place(a->old.p, c) || ddl_draft_add_column(&a->wanted, c, a->wanted.ncols))
        return -1;
    return ddl_draft_add_own_index(&a->wanted, c);
}

static int read_added_column(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    struct ddl_column c;
    bool if_not_exists = ddl_take(p, "IF NOT EXISTS");
    if (ddl_column_read(p, &c))
        return -1;
    c.if_exists = if_not_exists;
    return want_column(a, &c);
}

static int read_add(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    if (ddl_take(p, "SYSTEM VERSIONING")) {
        a->options.versioned = true;
        return 0;
    }
    if (!ddl_take(p, "COLUMN")) {
        int rc = ddl_element_read(&a->wanted);
        if (rc)
            return rc < 0 ? -1 : 0;
    }
    bool if_not_exists = ddl_at(p, "IF NOT EXISTS") && ddl_peek(p, 3)->kind == TOK_OTHER &&
                         ddl_take(p, "IF NOT EXISTS");
    if (!ddl_take_char(p, '('))
        return read_added_column(a);
    do {
        struct ddl_column c;
        int rc = ddl_element_read(&a->wanted);
        if (rc < 0)
            return -1;
        if (rc)
            continue;
        if (ddl_column_read(p, &c))
            return -1;
        c.if_exists = if_not_exists;
        if (want_column(a, &c))
            return -1;
    } while (ddl_take_char(p, ','));
    return ddl_take_char(p, ')') ? 0 : ddl_fail(p, ")");
}

static int read_modify(struct ddl_alter *a, bool renames)
{
    struct ddl_parser *p = a->old.p;
    struct ddl_column c;
    ddl_take(p, "COLUMN");
    bool if_exists = ddl_take(p, "IF EXISTS");
    const char *old = renames ? ddl_column_name(p) : NULL;
    if ((renames && !old) || ddl_column_read(p, &c))
        return -1;
    c.replaces = renames ? old : c.def.name;
    c.if_exists = if_exists;
    return want_column(a, &c);
}

static bool has_foreign_key(const struct ddl_draft *d, const char *name)
{
    bool has = false;
    for (uint16_t i = 0; i < d->t.nforeign_keys; i++)
        has |= ddl_same(d->t.foreign_keys[i], name);
    return has;
}

static int read_drop(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    static const char *const others[] = { "PARTITION", "CHECK" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ddl_at(p, others[i])) {
            ddl_skip_item(p);
            return 0;
        }
    if (ddl_take(p, "SYSTEM VERSIONING")) {
        a->drops_versions = true;
        return 0;
    }
    if (ddl_take(p, "PERIOD FOR") || ddl_take(p, "PERIOD IF EXISTS FOR")) {
        const char *name = ddl_name(p);
        a->drops_period |= name && !ddl_same(name, "SYSTEM_TIME");
        return name ? 0 : -1;
    }
    if (ddl_take(p, "PRIMARY KEY") || ddl_take(p, "CONSTRAINT PRIMARY KEY"))
        return add_change(
            a, (struct ddl_change){ .kind = DROP_INDEX, .name = "PRIMARY", .if_exists = true });
    struct ddl_change c = { .kind = DROP_COLUMN };
    bool constraint = ddl_take(p, "CONSTRAINT");
    if (ddl_take(p, "FOREIGN KEY"))
        c.kind = DROP_FOREIGN_KEY;
    else if (constraint || ddl_take(p, "INDEX") || ddl_take(p, "KEY"))
        c.kind = DROP_INDEX;
    else
        ddl_take(p, "COLUMN");
    c.if_exists = ddl_take(p, "IF EXISTS");
    c.name = ddl_name(p);
    if (constraint && c.name && has_foreign_key(&a->old, c.name))
        /* a foreign key is dropped rather than an index of the same name */
        c.kind = DROP_FOREIGN_KEY;
    int rc = add_change(a, c);
    if (!ddl_take(p, "RESTRICT"))
        ddl_take(p, "CASCADE");
    return rc;
}

static int read_rename(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    struct ddl_change c = { .kind = RENAME_COLUMN };
    if (!ddl_take(p, "COLUMN")) {
        c.kind = RENAME_INDEX;
        if (!ddl_take(p, "INDEX") && !ddl_take(p, "KEY")) {
            ddl_skip_item(p);       /* RENAME of the table: ddl_read() has its new name */
            return 0;
        }
    }
    c.if_exists = ddl_take(p, "IF EXISTS");
    c.name = ddl_name(p);
    if (!c.name || !ddl_take(p, "TO"))
        return ddl_fail(p, "TO");
    c.to = ddl_name(p);
    return c.to ? add_change(a, c) : -1;
}

/*
 * Reads ALTER [COLUMN] a SET DEFAULT .., DROP DEFAULT, SET INVISIBLE. ALTER INDEX and ALTER
 * CONSTRAINT do not concern us.
 */
static int read_alter_column(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    struct ddl_change c = { .kind = SET_DEFAULT };
    if (ddl_at(p, "INDEX") || ddl_at(p, "KEY") || ddl_at(p, "CHECK") || ddl_at(p, "CONSTRAINT")) {
        ddl_skip_item(p);
        return 0;
    }
    ddl_take(p, "COLUMN");
    c.if_exists = ddl_take(p, "IF EXISTS");
    c.name = ddl_name(p);
    if (!c.name)
        return -1;
    if (ddl_take(p, "SET DEFAULT"))
        return ddl_default_read(p, true, &c.value) ? -1 : add_change(a, c);
    if (ddl_take(p, "DROP DEFAULT"))
        return add_change(a, c);
    /* decides who sees what, and changes nothing of the table */
    if (ddl_take(p, "SET MASKING POLICY"))
        return ddl_name(p) ? 0 : -1;
    if (ddl_take(p, "DROP MASKING POLICY"))
        return 0;
    c.kind = SET_INVISIBLE;
    c.invisible = ddl_take(p, "SET INVISIBLE");
    return c.invisible || ddl_take(p, "SET VISIBLE") ? add_change(a, c)
                                                     : ddl_fail(p, "SET or DROP");
}

static int read_convert(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    if (ddl_at(p, "PARTITION") || ddl_at(p, "TABLE")) {     /* ddl_read() has the table */
        while (!ddl_at_end(p))
            ddl_next(p);
        return 0;
    }
    if (!ddl_take(p, "TO"))
        return ddl_fail(p, "CONVERT TO CHARACTER SET");
    a->convert = (struct ddl_text){ 0 };
    a->converts = true;
    int rc = ddl_text_option(p, &a->convert);
    if (rc > 0 && !ddl_at_end(p) && ddl_at(p, "COLLATE"))
        rc = ddl_text_option(p, &a->convert);
    return rc > 0 ? 0 : -1;
}

/* ORDER BY a, b DESC: these commas do not end the clause. */
static void skip_order(struct ddl_parser *p)
{
    for (;;) {
        while (!ddl_at_end(p) && !ddl_at_char(p, ','))
            ddl_next(p);
        struct ddl_parser next = *p;
        if (!ddl_take_char(&next, ',') || !ddl_name(&next))
            return;
        if (!ddl_at_end(&next) && !ddl_at_char(&next, ',') && !ddl_at_char(&next, '.') &&
            !ddl_at(&next, "ASC") && !ddl_at(&next, "DESC"))
            return;
        *p = next;
    }
}

/* Does a clause about partitions come? It stands alone or last. */
static bool at_partitions(const struct ddl_parser *p)
{
    static const char *const verbs[] = { "DROP",    "REORGANIZE", "COALESCE", "TRUNCATE",
                                         "DISCARD", "IMPORT",     "EXCHANGE", "ANALYZE",
                                         "CHECK",   "OPTIMIZE",   "REBUILD",  "REPAIR",
                                         "ADD" };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (ddl_at(p, verbs[i]) && ddl_token_is(ddl_peek(p, 1), "PARTITION"))
            return true;
    return ddl_at(p, "PARTITION BY");
}

static int read_clause(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    if (at_partitions(p)) {
        while (!ddl_at_end(p))
            ddl_next(p);
        return 0;
    }
    if (ddl_take(p, "ADD"))
        return read_add(a);
    if (ddl_take(p, "MODIFY"))
        return read_modify(a, false);
    if (ddl_take(p, "CHANGE"))
        return read_modify(a, true);
    if (ddl_take(p, "DROP"))
        return read_drop(a);
    if (ddl_take(p, "RENAME"))
        return read_rename(a);
    if (ddl_take(p, "ALTER"))
        return read_alter_column(a);
    if (ddl_take(p, "CONVERT"))
        return read_convert(a);
    if (ddl_take(p, "ORDER BY")) {
        skip_order(p);
        return 0;
    }
    return ddl_options_read(p, &a->options);
}

static int read_clauses(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    do {
        if (read_clause(a))
            return -1;
        if (!ddl_at_end(p) && !ddl_at_char(p, ',')) {
            /* ADD ... ENGINE=.., ADD ... PARTITION BY ..: options need no comma */
            if (at_partitions(p) ? read_clause(a) : ddl_options_read(p, &a->options))
                return -1;
        }
    } while (ddl_take_char(p, ','));
    return ddl_at_end(p) ? 0 : ddl_fail(p, "a clause of ALTER TABLE");
}

static int read_index_statement(struct ddl_alter *a, const struct ddl *s)
{
    struct ddl_parser *p = a->old.p;
    struct ddl_index x = {
        .unique = ddl_at(p, "CREATE UNIQUE") || ddl_at(p, "CREATE OR REPLACE UNIQUE"),
        .fulltext = ddl_at(p, "CREATE FULLTEXT") || ddl_at(p, "CREATE OR REPLACE FULLTEXT")
    };
    const char *database, *table;
    bool replace = ddl_at(p, "CREATE OR REPLACE");
    while (!ddl_take(p, "INDEX"))
        ddl_next(p);
    bool guarded = ddl_take(p, "IF NOT EXISTS") || ddl_take(p, "IF EXISTS");
    x.name = ddl_name(p);
    if (!x.name)
        return -1;
    if (s->kind == DDL_DROP_INDEX || replace)
        if (add_change(
                a, (struct ddl_change){ .kind = DROP_INDEX, .name = x.name, .if_exists = true }))
            return -1;
    if (s->kind == DDL_DROP_INDEX || (guarded && ddl_draft_index(&a->old, x.name)))
        return 0;
    while (!ddl_at_end(p) && !ddl_take(p, "ON"))
        ddl_next(p);
    struct ddl_index parts = x;
    if (ddl_table_name(p, &database, &table) || ddl_index_read(p, &parts))
        return -1;
    parts.name = x.name;
    return ddl_draft_add_index(&a->wanted, &parts);
}

/*
 * Puts or removes the other table. A partition that becomes a table has the columns and indexes of
 * the table that it was in.
 */
static void apply_converted(const struct ddl *s, const struct mysql_table_def *t, bool out,
                            struct mysql_schema *schema)
{
    const struct ddl_table *other = &s->tables[1];
    struct mysql_table_def made = *t;
    made.database = other->database;
    made.name = other->table;
    if (out)
        mysql_schema_put(schema, &made);
    else
        mysql_schema_remove(schema, other->database, other->table);
}

static int read_statement(struct ddl_alter *a)
{
    struct ddl_parser *p = a->old.p;
    const char *database, *table;
    while (!ddl_take(p, "TABLE"))
        ddl_next(p);
    ddl_take(p, "IF EXISTS");
    if (ddl_table_name(p, &database, &table))
        return -1;
    if (ddl_take(p, "WAIT"))
        ddl_next(p);
    else
        ddl_take(p, "NOWAIT");
    a->converts_out = ddl_at(p, "CONVERT PARTITION");
    return read_clauses(a);
}

int ddl_apply_alter(struct ddl_parser *p, const struct ddl *s, struct mysql_schema *schema)
{
    const struct ddl_table *name = &s->tables[0];
    const struct mysql_table_def *known = mysql_schema_find(schema, name->database, name->table);
    struct ddl_alter a = { .wanted = { .p = p } };
    struct mysql_table_def t;
    if (known) {
        ddl_draft_from(&a.old, p, known);
        if (s->kind != DDL_ALTER_TABLE ? read_index_statement(&a, s) : read_statement(&a))
            return -1;
        if (ddl_alter_apply(&a, schema, &t))
            return -1;
        /* t borrows from the definition that is replaced now */
        t = mysql_table_def_copy(&t, p->a);
        mysql_schema_put(schema, &t);
        if (s->ntables > 1)
            apply_converted(s, &t, a.converts_out, schema);
    }
    if (name->to_table)
        mysql_schema_rename(schema, name->database, name->table, name->to_database, name->to_table);
    return 0;
}
