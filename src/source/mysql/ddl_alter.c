#include <string.h>
#include "source/mysql/ddl_draft.h"

/*
 * The server does not apply an ALTER TABLE's clauses one after the other: names on the left side are those of the table as it was; first
 * columns go, and others change where they stand; then, in the order of the clauses, columns are added and moved, AFTER naming a column
 * by its new name (mysql_prepare_alter_table() in sql_table.cc).
 */
enum change_kind { DROP_COLUMN, DROP_INDEX, RENAME_COLUMN, RENAME_INDEX, SET_DEFAULT, SET_INVISIBLE };

struct change {
    enum change_kind kind;
    const char *name, *to;
    struct ddl_default value;
    bool invisible;
    bool if_exists;
};

struct alter {
    struct ddl_draft old;       /* the table as it was */
    struct ddl_draft wanted;    /* columns and indexes that clauses define */
    struct change *changes;
    size_t nchanges, cap;
    struct ddl_options options;
    struct ddl_text convert;
    bool converts;
    bool drops_versions;
};

static int add_change(struct alter *a, struct change c)
{
    struct ddl_parser *p = a->old.p;
    if (!c.name)
        return -1;
    if (a->nchanges == a->cap) {
        struct change *more = arena_alloc(p->a, (a->cap = a->cap ? 2 * a->cap : 16) * sizeof *more);
        if (a->nchanges)
            memcpy(more, a->changes, a->nchanges * sizeof *more);
        a->changes = more;
    }
    a->changes[a->nchanges++] = c;
    return 0;
}

static const struct change *find_change(const struct alter *a, enum change_kind kind, const char *name)
{
    for (size_t i = 0; i < a->nchanges; i++)
        if (a->changes[i].kind == kind && ddl_same(a->changes[i].name, name))
            return &a->changes[i];
    return NULL;
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

static int want_column(struct alter *a, struct ddl_column *c)
{
    if (read_place(a->old.p, c) || ddl_draft_add_column(&a->wanted, c, a->wanted.ncols))
        return -1;
    if (c->if_exists && !c->replaces && ddl_draft_column(&a->old, c->def.name))
        return 0;
    return ddl_draft_add_own_index(&a->wanted, c);
}

static int read_added_column(struct alter *a)
{
    struct ddl_parser *p = a->old.p;
    struct ddl_column c;
    bool if_not_exists = ddl_take(p, "IF NOT EXISTS");
    if (ddl_column_read(p, &c))
        return -1;
    c.if_exists = if_not_exists;
    return want_column(a, &c);
}

/* ADD of an index whose name is there already, with IF NOT EXISTS, is dropped again. */
static int read_element(struct alter *a)
{
    int rc = ddl_element_read(&a->wanted);
    const struct ddl_index *x = a->wanted.nindexes ? &a->wanted.indexes[a->wanted.nindexes - 1] : NULL;
    if (rc > 0 && x && x->if_not_exists) {
        const char *name = x->name ? x->name : x->nparts ? x->parts[0].column : NULL;
        if (name && ddl_draft_index(&a->old, name))
            a->wanted.nindexes--;
    }
    return rc;
}

static int read_add(struct alter *a)
{
    struct ddl_parser *p = a->old.p;
    if (ddl_take(p, "SYSTEM VERSIONING")) {
        a->options.versioned = true;
        return 0;
    }
    if (!ddl_take(p, "COLUMN")) {
        int rc = read_element(a);
        if (rc)
            return rc < 0 ? -1 : 0;
    }
    bool if_not_exists = ddl_at(p, "IF NOT EXISTS") && ddl_peek(p, 3)->kind == TOK_OTHER && ddl_take(p, "IF NOT EXISTS");
    if (!ddl_take_char(p, '('))
        return read_added_column(a);
    do {
        struct ddl_column c;
        int rc = read_element(a);
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

static int read_modify(struct alter *a, bool renames)
{
    struct ddl_parser *p = a->old.p;
    struct ddl_column c;
    ddl_take(p, "COLUMN");
    bool if_exists = ddl_take(p, "IF EXISTS");
    const char *old = renames ? ddl_name(p) : NULL;
    if ((renames && !old) || ddl_column_read(p, &c))
        return -1;
    c.replaces = renames ? old : c.def.name;
    c.if_exists = if_exists;
    return want_column(a, &c);
}

static int read_drop(struct alter *a)
{
    struct ddl_parser *p = a->old.p;
    static const char *const others[] = { "PARTITION", "FOREIGN KEY", "CHECK", "PERIOD FOR" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (ddl_at(p, others[i])) {
            ddl_skip_item(p);
            return 0;
        }
    if (ddl_take(p, "SYSTEM VERSIONING")) {
        a->drops_versions = true;
        return 0;
    }
    if (ddl_take(p, "PRIMARY KEY"))
        return add_change(a, (struct change){ .kind = DROP_INDEX, .name = "PRIMARY", .if_exists = true });
    bool index = ddl_take(p, "INDEX") || ddl_take(p, "KEY") || ddl_take(p, "CONSTRAINT");
    if (!index)
        ddl_take(p, "COLUMN");
    bool if_exists = ddl_take(p, "IF EXISTS");
    int rc = add_change(a, (struct change){ .kind = index ? DROP_INDEX : DROP_COLUMN, .name = ddl_name(p), .if_exists = if_exists });
    if (!ddl_take(p, "RESTRICT"))
        ddl_take(p, "CASCADE");
    return rc;
}

static int read_rename(struct alter *a)
{
    struct ddl_parser *p = a->old.p;
    struct change c = { .kind = RENAME_COLUMN };
    if (!ddl_take(p, "COLUMN")) {
        c.kind = RENAME_INDEX;
        if (!ddl_take(p, "INDEX") && !ddl_take(p, "KEY")) {
            ddl_skip_item(p);       /* the table: ddl_read() knows its new name */
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

/* ALTER [COLUMN] a SET DEFAULT .., DROP DEFAULT, SET INVISIBLE; ALTER INDEX and constraints say nothing. */
static int read_alter_column(struct alter *a)
{
    struct ddl_parser *p = a->old.p;
    struct change c = { .kind = SET_DEFAULT };
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
        return ddl_default_read(p, &c.value) ? -1 : add_change(a, c);
    if (ddl_take(p, "DROP DEFAULT"))
        return add_change(a, c);
    c.kind = SET_INVISIBLE;
    c.invisible = ddl_take(p, "SET INVISIBLE");
    return c.invisible || ddl_take(p, "SET VISIBLE") ? add_change(a, c) : ddl_fail(p, "SET or DROP");
}

static int read_convert(struct alter *a)
{
    struct ddl_parser *p = a->old.p;
    if (!ddl_take(p, "TO"))
        return ddl_fail(p, "CONVERT TO CHARACTER SET (partitions made tables, and tables made partitions, cannot be followed)");
    a->convert = (struct ddl_text){ 0 };
    a->converts = true;
    int rc = ddl_text_option(p, &a->convert);
    if (rc > 0 && !ddl_at_end(p) && ddl_at(p, "COLLATE"))
        rc = ddl_text_option(p, &a->convert);
    a->options.text = a->convert;
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
        if (!ddl_at_end(&next) && !ddl_at_char(&next, ',') && !ddl_at_char(&next, '.') && !ddl_at(&next, "ASC") && !ddl_at(&next, "DESC"))
            return;
        *p = next;
    }
}

/* What concerns partitions stands alone, or last. */
static bool at_partitions(const struct ddl_parser *p)
{
    static const char *const verbs[] = { "DROP", "REORGANIZE", "COALESCE", "TRUNCATE", "DISCARD", "IMPORT", "EXCHANGE", "ANALYZE", "CHECK",
                                         "OPTIMIZE", "REBUILD", "REPAIR", "ADD" };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (ddl_at(p, verbs[i]) && ddl_token_is(ddl_peek(p, 1), "PARTITION"))
            return true;
    return ddl_at(p, "PARTITION BY");
}

static int read_clause(struct alter *a)
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

static int read_clauses(struct alter *a)
{
    struct ddl_parser *p = a->old.p;
    do {
        if (read_clause(a))
            return -1;
        if (!ddl_at_end(p) && !ddl_at_char(p, ',')) {
            /* ADD ... ENGINE=.. : options need no comma */
            if (ddl_options_read(p, &a->options))
                return -1;
        }
    } while (ddl_take_char(p, ','));
    return ddl_at_end(p) ? 0 : ddl_fail(p, "a clause of ALTER TABLE");
}

/* ---- applying them ---- */

static struct ddl_column *replacement(const struct alter *a, const char *name)
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

/* The column as it stays. */
static struct ddl_column kept_column(const struct alter *a, const struct ddl_column *old)
{
    const struct ddl_parser *p = a->old.p;
    struct ddl_column c = *old;
    const struct change *rename = find_change(a, RENAME_COLUMN, old->def.name), *visible = find_change(a, SET_INVISIBLE, old->def.name),
                        *value = find_change(a, SET_DEFAULT, old->def.name);
    if (value && !c.def.generated && !c.def.auto_increment) {
        c.def.default_text = ddl_default_settle(p, c.def.type, &value->value);
        c.def.default_is_expression = value->value.expression;
    }
    if (visible)
        c.def.invisible = visible->invisible;
    if (rename)
        c.def.name = rename->to;
    return c;
}

/* What a clause names must be there, or the statement was not understood. */
static int require_columns(const struct alter *a)
{
    for (size_t i = 0; i < a->nchanges; i++) {
        const struct change *c = &a->changes[i];
        bool index = c->kind == DROP_INDEX || c->kind == RENAME_INDEX;
        if (!index && !c->if_exists && !ddl_draft_column(&a->old, c->name))
            return err_set(a->old.p->err, ERR_DATA, "column %s is not known", c->name);
    }
    for (size_t i = 0; i < a->wanted.ncols; i++) {
        const struct ddl_column *c = &a->wanted.cols[i];
        if (c->replaces && !c->if_exists && !ddl_draft_column(&a->old, c->replaces))
            return err_set(a->old.p->err, ERR_DATA, "column %s is not known", c->replaces);
    }
    return 0;
}

static void remove_column(struct ddl_draft *d, const char *name)
{
    struct ddl_column *c = ddl_draft_column(d, name);
    if (c)
        memmove(c, c + 1, (size_t)(d->cols + d->ncols-- - (c + 1)) * sizeof *c);
}

static int place_column(struct ddl_draft *d, const struct ddl_column *c)
{
    size_t at = c->first ? 0 : d->ncols;
    if (c->after) {
        const struct ddl_column *before = ddl_draft_column(d, c->after);
        if (!before)
            return err_set(d->p->err, ERR_DATA, "column %s, after which another one is to stand, is not known", c->after);
        at = (size_t)(before - d->cols) + 1;
    }
    return ddl_draft_add_column(d, c, at);
}

static int apply_columns(struct alter *a, struct ddl_draft *new)
{
    for (size_t i = 0; i < a->old.ncols; i++) {
        const struct ddl_column *old = &a->old.cols[i], *to = replacement(a, old->def.name);
        if (find_change(a, DROP_COLUMN, old->def.name) || old->def.hidden)
            continue;
        struct ddl_column c = to ? *to : kept_column(a, old);
        if (ddl_draft_add_column(new, &c, new->ncols))
            return -1;
    }
    for (size_t i = 0; i < a->wanted.ncols; i++) {
        const struct ddl_column *c = &a->wanted.cols[i];
        const struct ddl_column *old = ddl_draft_column(&a->old, c->replaces ? c->replaces : c->def.name);
        if (c->replaces ? !old || !moves(c) : old && c->if_exists)
            continue;
        if (c->replaces)
            remove_column(new, c->def.name);
        if (place_column(new, c))
            return -1;
    }
    for (size_t i = 0; i < a->old.ncols && !a->drops_versions; i++)
        if (a->old.cols[i].def.hidden && ddl_draft_add_column(new, &a->old.cols[i], new->ncols))
            return -1;
    return 0;
}

static const char *new_name(const struct alter *a, const char *column)
{
    const struct ddl_column *to = replacement(a, column);
    const struct change *rename = find_change(a, RENAME_COLUMN, column);
    return to ? to->def.name : rename ? rename->to : column;
}

static void keep_parts(const struct alter *a, struct ddl_index *x)
{
    uint16_t kept = 0;
    for (uint16_t i = 0; i < x->nparts; i++)
        if (!find_change(a, DROP_COLUMN, x->parts[i].column)) {
            x->parts[kept] = x->parts[i];
            x->parts[kept++].column = new_name(a, x->parts[i].column);
        }
    x->nparts = kept;
}

/* An index that is not known may have come with a foreign key: it is of no concern. */
static int apply_indexes(const struct alter *a, struct ddl_draft *new)
{
    for (size_t i = 0; i < a->old.nindexes; i++) {
        struct ddl_index x = a->old.indexes[i];
        const struct change *rename = find_change(a, RENAME_INDEX, x.name);
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

static void convert(struct ddl_draft *d, struct mysql_text to)
{
    for (size_t i = 0; i < d->ncols; i++) {
        struct mysql_column_def *c = &d->cols[i].def;
        if (!c->charset || strcmp(c->charset, "binary") == 0)
            continue;
        c->type = ddl_type_converted(c->type, ddl_charset_width(c->charset), ddl_charset_width(to.charset));
        c->charset = to.charset;
        c->collation = to.collation;
    }
}

static int apply(struct alter *a, const struct mysql_schema *schema, struct mysql_table_def *ret)
{
    struct ddl_parser *p = a->old.p;
    const struct mysql_table_def *t = &a->old.t;
    struct ddl_draft new = { .p = p, .t = *t };
    struct mysql_text database = ddl_text_of_database(p, schema, t->database), table = { t->charset, t->collation };
    table = ddl_text_resolve(p, &a->options.text, a->options.text.by_default || !table.charset ? database : table);
    new.t.charset = table.charset;
    new.t.collation = table.collation;
    new.t.comment = a->options.comment ? a->options.comment : t->comment;
    new.versioned = a->options.versioned;
    memcpy(new.period, a->wanted.period, sizeof new.period);
    if (require_columns(a) || apply_columns(a, &new) || apply_indexes(a, &new))
        return -1;
    if (ddl_draft_finish(&new, ret))
        return -1;
    if (!a->converts)
        return 0;
    convert(&new, ddl_text_resolve(p, &a->convert, database));
    return ddl_draft_finish(&new, ret);
}

static int read_index_statement(struct alter *a, const struct ddl *s)
{
    struct ddl_parser *p = a->old.p;
    struct ddl_index x = { .unique = ddl_at(p, "CREATE UNIQUE") || ddl_at(p, "CREATE OR REPLACE UNIQUE"),
                           .fulltext = ddl_at(p, "CREATE FULLTEXT") || ddl_at(p, "CREATE OR REPLACE FULLTEXT") };
    const char *database, *table;
    bool replace = ddl_at(p, "CREATE OR REPLACE");
    while (!ddl_take(p, "INDEX"))
        ddl_next(p);
    bool guarded = ddl_take(p, "IF NOT EXISTS") || ddl_take(p, "IF EXISTS");
    x.name = ddl_name(p);
    if (!x.name)
        return -1;
    if (s->kind == DDL_DROP_INDEX || replace)
        if (add_change(a, (struct change){ .kind = DROP_INDEX, .name = x.name, .if_exists = true }))
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

int ddl_apply_alter(struct ddl_parser *p, const struct ddl *s, struct mysql_schema *schema)
{
    const struct ddl_table *name = &s->tables[0];
    const struct mysql_table_def *known = mysql_schema_find(schema, name->database, name->table);
    const char *database, *table;
    struct alter a = { .wanted = { .p = p } };
    struct mysql_table_def t;
    if (known) {
        ddl_draft_from(&a.old, p, known);
        if (s->kind != DDL_ALTER_TABLE) {
            if (read_index_statement(&a, s))
                return -1;
        } else {
            while (!ddl_take(p, "TABLE"))
                ddl_next(p);
            ddl_take(p, "IF EXISTS");
            if (ddl_table_name(p, &database, &table))
                return -1;
            if (ddl_take(p, "WAIT"))
                ddl_next(p);
            else
                ddl_take(p, "NOWAIT");
            if (read_clauses(&a))
                return -1;
        }
        if (apply(&a, schema, &t))
            return -1;
        mysql_schema_put(schema, &t);
    }
    if (name->to_table)
        mysql_schema_rename(schema, name->database, name->table, name->to_database, name->to_table);
    return 0;
}
