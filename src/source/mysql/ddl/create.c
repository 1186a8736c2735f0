/*
 * CREATE TABLE: reads columns, indexes, constraints and options into a draft, and puts the finished
 * definition into the schema. alter.c shares the readers.
 */
#include <stdlib.h>
#include <string.h>
#include "source/mysql/ddl/draft.h"

/* ---- indexes and constraints ---- */

static void take_order(struct ddl_parser *p)
{
    if (!ddl_take(p, "ASC"))
        ddl_take(p, "DESC");
}

static int read_part(struct ddl_parser *p, struct ddl_index *x, struct ddl_part *ret)
{
    *ret = (struct ddl_part){ 0 };
    if (ddl_at_char(p, '(')) {
        x->functional = true;
        if (ddl_parens(p, NULL))
            return -1;
        take_order(p);
        return 0;
    }
    ret->column = ddl_name(p);
    if (!ret->column)
        return -1;
    if (ddl_take_char(p, '(')) {
        const char *length = ddl_value(p);
        if (!length || !ddl_take_char(p, ')'))
            return ddl_fail(p, "a length");
        ret->sized = true;
        ret->length = strtoll(length, NULL, 10);
    }
    x->overlaps = x->overlaps || ddl_at(p, "WITHOUT OVERLAPS");
    x->without_overlaps = x->overlaps;
    ret->period = ddl_take(p, "WITHOUT OVERLAPS");
    take_order(p);
    return 0;
}

static int read_parts(struct ddl_parser *p, struct ddl_index *x)
{
    enum { MAX_PARTS = 64 };
    x->parts = arena_alloc(p->a, MAX_PARTS * sizeof *x->parts);
    if (!ddl_take_char(p, '('))
        return ddl_fail(p, "(");
    do {
        if (x->nparts == MAX_PARTS)
            return ddl_fail(p, "at most 64 columns");
        if (read_part(p, x, &x->parts[x->nparts]))
            return -1;
        if (x->parts[x->nparts].column)
            x->nparts++;
    } while (ddl_take_char(p, ','));
    return ddl_take_char(p, ')') ? 0 : ddl_fail(p, ")");
}

static void take_using(struct ddl_parser *p, struct ddl_index *x)
{
    if (!ddl_take(p, "USING") &&
        !(ddl_at(p, "TYPE") && ddl_peek(p, 1)->kind == TOK_WORD && ddl_take(p, "TYPE")))
        return;
    x->hash = ddl_at(p, "HASH");
    ddl_next(p);
}

int ddl_index_read(struct ddl_parser *p, struct ddl_index *x)
{
    x->if_not_exists = ddl_take(p, "IF NOT EXISTS");
    if (!ddl_at_char(p, '(') && !ddl_at(p, "USING") &&
        !(ddl_at(p, "TYPE") && ddl_peek(p, 1)->kind == TOK_WORD)) {
        const char *name = ddl_name(p);
        if (!name)
            return -1;
        /* PRIMARY KEY name (a): MySQL accepts the name and forgets it */
        x->name = x->primary ? x->name : name;
    }
    take_using(p, x);
    if (read_parts(p, x))
        return -1;
    take_using(p, x);       /* the last USING counts */
    ddl_skip_item(p);
    return 0;
}

static int read_index(struct ddl_draft *d, struct ddl_index x)
{
    if (ddl_index_read(d->p, &x))
        return -1;
    return ddl_draft_add_index(d, &x) ? -1 : 1;
}

static int read_period(struct ddl_draft *d)
{
    struct ddl_parser *p = d->p;
    const char *name = ddl_name(p),
               **period = name && ddl_same(name, "SYSTEM_TIME") ? d->system_period : d->period;
    if (!name || !ddl_take_char(p, '('))
        return ddl_fail(p, "a period");
    period[0] = ddl_name(p);
    if (!period[0] || !ddl_take_char(p, ','))
        return ddl_fail(p, "two columns");
    period[1] = ddl_name(p);
    return period[1] && ddl_take_char(p, ')') ? 1 : ddl_fail(p, "two columns");
}

/*
 * VECTOR INDEX, VECTOR KEY; in MariaDB also VECTOR (a), VECTOR name (a). But a column's name may be
 * vector, too.
 */
static bool at_vector_index(const struct ddl_parser *p)
{
    struct ddl_parser next = *p;
    if (!ddl_take(&next, "VECTOR") || ddl_at(&next, "INDEX") || ddl_at(&next, "KEY"))
        return ddl_at(p, "VECTOR INDEX") || ddl_at(p, "VECTOR KEY");
    if (!ddl_at_char(&next, '('))
        ddl_next(&next);
    enum ddl_token_kind first = ddl_peek(&next, 1)->kind;
    return ddl_at_char(&next, '(') && (first == TOK_WORD || first == TOK_NAME);
}

/*
 * A foreign key without a name is not kept: the server makes its name up, and no index has that
 * name by chance.
 */
static int read_foreign_key(struct ddl_draft *d, const char *constraint)
{
    struct ddl_parser *p = d->p;
    const char *name = constraint;
    ddl_take(p, "IF NOT EXISTS");
    if (!name && !ddl_at_char(p, '(') && !(name = ddl_name(p)))
        return -1;
    ddl_skip_item(p);
    return name && p->ctx->server->mariadb && ddl_draft_add_foreign_key(d, name) ? -1 : 1;
}

int ddl_element_read(struct ddl_draft *d)
{
    struct ddl_parser *p = d->p;
    struct ddl_index x = { 0 };
    if (ddl_take(p, "CONSTRAINT") && !ddl_at(p, "PRIMARY") && !ddl_at(p, "UNIQUE") &&
        !ddl_at(p, "FOREIGN") && !ddl_at(p, "CHECK")) {
        ddl_take(p, "IF NOT EXISTS");
        x.name = ddl_name(p);
        if (!x.name)
            return -1;
    }
    if (ddl_take(p, "PERIOD FOR") || ddl_take(p, "PERIOD IF NOT EXISTS FOR"))
        return read_period(d);
    if (ddl_take(p, "FOREIGN KEY"))
        return read_foreign_key(d, x.name);
    if (ddl_at(p, "CHECK")) {
        ddl_skip_item(p);
        return 1;
    }
    if (ddl_take(p, "PRIMARY KEY")) {
        x = (struct ddl_index){ .name = "PRIMARY", .unique = true, .primary = true };
        return read_index(d, x);
    }
    x.unique = ddl_take(p, "UNIQUE");
    bool vector = at_vector_index(p);
    x.fulltext = !x.unique && ddl_take(p, "FULLTEXT");
    bool kind =
        x.unique || x.fulltext || ddl_take(p, "SPATIAL") || (vector && ddl_take(p, "VECTOR"));
    if (!ddl_take(p, "INDEX") && !ddl_take(p, "KEY") && !kind)
        return x.name ? ddl_fail(p, "a constraint") : 0;
    return read_index(d, x);
}

/* ---- table options ---- */

enum { ALONE, VALUED, MOST_OF_COMMENT = 2048 };

/* Options that do not concern columns and keys. An unknown option may concern them. */
static const struct { const char *words; int kind;
} passed_options[] = {
    { "TYPE", VALUED },
    { "AUTO_INCREMENT", VALUED },
    { "AVG_ROW_LENGTH", VALUED },
    { "CHECKSUM", VALUED },
    { "TABLE_CHECKSUM", VALUED },
    { "PAGE_CHECKSUM", VALUED },
    { "COMPRESSION", VALUED },
    { "CONNECTION", VALUED },
    { "DATA DIRECTORY", VALUED },
    { "INDEX DIRECTORY", VALUED },
    { "DELAY_KEY_WRITE", VALUED },
    { "ENCRYPTION", VALUED },
    { "INSERT_METHOD", VALUED },
    { "KEY_BLOCK_SIZE", VALUED },
    { "MAX_ROWS", VALUED },
    { "MIN_ROWS", VALUED },
    { "PACK_KEYS", VALUED },
    { "PASSWORD", VALUED },
    { "ROW_FORMAT", VALUED },
    { "STATS_AUTO_RECALC", VALUED },
    { "STATS_PERSISTENT", VALUED },
    { "STATS_SAMPLE_PAGES", VALUED },
    { "TABLESPACE", VALUED },
    { "STORAGE", VALUED },
    { "UNION", VALUED },
    { "TRANSACTIONAL", VALUED },
    { "SEQUENCE", VALUED },
    { "AUTOEXTEND_SIZE", VALUED },
    { "ENGINE_ATTRIBUTE", VALUED },
    { "SECONDARY_ENGINE_ATTRIBUTE", VALUED },
    { "SECONDARY_ENGINE", VALUED },
    { "ALGORITHM", VALUED },
    { "LOCK", VALUED },
    { "FORCE", ALONE },
    { "ENABLE KEYS", ALONE },
    { "DISABLE KEYS", ALONE },
    { "DISCARD TABLESPACE", ALONE },
    { "IMPORT TABLESPACE", ALONE },
    { "REMOVE PARTITIONING", ALONE },
    { "UPGRADE PARTITIONING", ALONE },
    { "WITH VALIDATION", ALONE },
    { "WITHOUT VALIDATION", ALONE },
    { "SECONDARY_LOAD", ALONE },
    { "SECONDARY_UNLOAD", ALONE },
    { "START TRANSACTION", ALONE },
    { "NOT SECONDARY", ALONE },
};

static int pass_option(struct ddl_parser *p)
{
    int kind = -1;
    for (size_t i = 0; kind < 0 && i < sizeof passed_options / sizeof *passed_options; i++)
        if (ddl_take(p, passed_options[i].words))
            kind = passed_options[i].kind;
    const struct ddl_token *next = ddl_peek(p, 1);
    /* MariaDB: an option of an engine */
    if (kind < 0 && next->kind == TOK_OTHER && next->raw.p[0] == '=') {
        ddl_next(p);
        kind = VALUED;
    }
    if (kind < 0)
        return ddl_fail(p, "a table option (a table made by SELECT cannot be followed)");
    if (kind == ALONE && !ddl_at(p, "PARTITION BY") && ddl_take(p, "PARTITION"))
        return ddl_parens(p, NULL);     /* SECONDARY_LOAD PARTITION (p0) */
    if (kind == ALONE)
        return 0;
    ddl_take_char(p, '=');
    if (ddl_at_char(p, '('))
        return ddl_parens(p, NULL);
    return ddl_value(p) ? 0 : -1;
}

/* Reads options up to a comma or the end. */
int ddl_options_read(struct ddl_parser *p, struct ddl_options *o)
{
    while (!ddl_at_end(p) && !ddl_at_char(p, ',')) {
        int rc = ddl_text_option(p, &o->text);
        if (rc < 0)
            return -1;
        if (rc)
            continue;
        if (ddl_take(p, "COMMENT")) {
            ddl_take_char(p, '=');
            o->comment = ddl_comment(p, MOST_OF_COMMENT);
            if (!o->comment)
                return -1;
        } else if (ddl_take(p, "ENGINE")) {
            ddl_take_char(p, '=');
            if (!(o->engine = ddl_value(p)))
                return -1;
        } else if (ddl_take(p, "WITH SYSTEM VERSIONING")) {
            o->versioned = true;
        } else if (ddl_take(p, "PARTITION BY")) {
            while (!ddl_at_end(p) && !ddl_at(p, "SELECT"))
                ddl_next(p);
        } else if (pass_option(p)) {
            return -1;
        }
    }
    return 0;
}

/* ---- CREATE TABLE ---- */

static int read_elements(struct ddl_draft *d)
{
    struct ddl_parser *p = d->p;
    do {
        struct ddl_column c;
        int rc = ddl_element_read(d);
        if (rc < 0)
            return -1;
        if (!rc && (ddl_column_read(p, &c) || ddl_draft_add_column(d, &c, d->ncols) ||
                    ddl_draft_add_own_index(d, &c)))
            return -1;
    } while (ddl_take_char(p, ','));
    return ddl_take_char(p, ')') ? 0 : ddl_fail(p, ")");
}

static int create_like(struct ddl_parser *p, const struct ddl_table *name,
                       struct mysql_schema *schema)
{
    const char *database, *table;
    if (ddl_table_name(p, &database, &table))
        return -1;
    const struct mysql_table_def *like = mysql_schema_find(schema, database, table);
    if (!like)
        return err_set(p->err, ERR_DATA,
                       "table %s.%s, which the new one is to be like, is not known", database,
                       table);
    struct mysql_table_def copy = *like;
    copy.database = name->database;
    copy.name = name->table;
    copy.nforeign_keys = 0;
    mysql_schema_put(schema, &copy);
    return 0;
}

static int read_options(struct ddl_draft *d, const struct mysql_schema *schema)
{
    struct ddl_options o = { .comment = "" };
    do {
        if (ddl_options_read(d->p, &o))
            return -1;
    } while (ddl_take_char(d->p, ','));
    d->t.comment = o.comment;
    d->versioned = o.versioned;
    if (o.engine && !ddl_same(o.engine, "InnoDB"))
        d->t.nforeign_keys = 0;     /* a table of another engine has no foreign keys */
    struct mysql_text r =
        ddl_text_resolve(d->p, &o.text, ddl_text_of_database(d->p, schema, d->t.database));
    d->t.charset = r.charset;
    d->t.collation = r.collation;
    return 0;
}

int ddl_apply_create(struct ddl_parser *p, const struct ddl *s, struct mysql_schema *schema)
{
    const struct ddl_table *name = &s->tables[0];
    const char *database, *table;
    struct mysql_table_def t;
    while (!ddl_take(p, "TABLE"))
        ddl_next(p);
    if (ddl_take(p, "IF NOT EXISTS") && mysql_schema_find(schema, name->database, name->table))
        return 0;
    if (ddl_table_name(p, &database, &table))
        return -1;
    if (ddl_take(p, "LIKE"))
        return create_like(p, name, schema);
    if (!ddl_take_char(p, '('))
        return ddl_fail(p, "( (a table made by SELECT cannot be followed)");
    if (ddl_take(p, "LIKE"))
        return create_like(p, name, schema);
    struct ddl_draft d = { .p = p, .t = { .database = name->database, .name = name->table } };
    if (read_elements(&d) || read_options(&d, schema) || ddl_draft_finish(&d, &t))
        return -1;
    mysql_schema_put(schema, &t);
    return 0;
}
