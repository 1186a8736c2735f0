/*
 * The doubt about statements that the feed passed over by a later catalog (doubt.h): keeps their
 * tables and routines, and looks in later statements for what took a trigger, key, view or routine
 * away.
 */
#include "source/mysql/doubt.h"
#include <string.h>
#include "base/charset.h"
#include "source/mysql/ddl/parse.h"

/* Beyond this many bytes, any name counts as noted. */
enum { MOST_NAMES = 16384 };

static const char many[] = "*\n";

bool mysql_doubt_open(const struct mysql_doubt *d)
{
    return d->names.n != 0;
}

/* Can the names be noted? A quoted name may hold a separator. */
static bool is_plain(const char *database, const char *name)
{
    return !strpbrk(database ? database : "", "\t\n") && !strpbrk(name, "\t\n");
}

/* Is the line noted? It must begin a line: "tdata\tx\n" is a part of "ttestdata\tx\n". */
static bool is_noted(const struct mysql_doubt *d, struct slice line)
{
    const uint8_t *from = d->names.p, *end = from + d->names.n, *p = from;
    while (p < end && (p = memmem(p, (size_t)(end - p), line.p, line.n))) {
        if (p == from || p[-1] == '\n')
            return true;
        p++;
    }
    return false;
}

static void add_name(struct mysql_doubt *d, char kind, const char *database, const char *name,
                     struct buf *line)
{
    line->n = 0;
    buf_printf(line, "%c%s\t%s\n", kind, database ? database : "", name);
    if (d->names.n && (d->names.p[0] == '*' || is_noted(d, buf_slice(line))))
        return;
    if (d->names.n + line->n > MOST_NAMES || !is_plain(database, name) ||
        !utf8_is(buf_slice(line))) {
        d->names.n = 0;
        buf_printf(&d->names, "%s", many);
        return;
    }
    buf_put(&d->names, line->p, line->n);
}

void mysql_doubt_add(struct mysql_doubt *d, const char *at, const struct mysql_place *until,
                     const struct ddl_writes *w)
{
    struct buf line = { 0 };
    if (!mysql_doubt_open(d))
        snprintf(d->at, sizeof d->at, "%s", at);
    for (size_t i = 0; i < w->ntables; i++)
        add_name(d, 't', w->tables[i].database, w->tables[i].table, &line);
    for (size_t i = 0; i < w->ncalls; i++)
        add_name(d, 'c', w->calls[i].database, w->calls[i].name, &line);
    if (mysql_doubt_open(d))
        mysql_place_copy(&d->until, until);
    buf_done(&line);
}

/* Is there a name of that kind (0: any kind), database and name? NULL matches all. */
static bool has(const struct mysql_doubt *d, char kind, const char *database, const char *name,
                struct arena *a)
{
    const char *all = arena_printf(a, "%.*s", (int)d->names.n, (const char *)d->names.p);
    if (all[0] == '*')
        return true;
    for (const char *line = all, *end; (end = strchr(line, '\n')); line = end + 1) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        if (!tab || (kind && line[0] != kind))
            continue;
        const char *its = arena_printf(a, "%.*s", (int)(tab - line - 1), line + 1);
        const char *table = arena_printf(a, "%.*s", (int)(end - tab - 1), tab + 1);
        if ((!database || ddl_same(database, its)) && (!name || ddl_same(name, table)))
            return true;
    }
    return false;
}

/*
 * Reads up to the object's kind: CREATE OR REPLACE [DEFINER = x] [ALGORITHM = y] [SQL SECURITY z]
 * [AGGREGATE] TRIGGER n. false: there is none.
 */
static bool take_kind(struct ddl_parser *p, const char **ret)
{
    static const char *const kinds[] = {
        "TRIGGER", "FUNCTION", "PROCEDURE", "PACKAGE", "VIEW", NULL
    };
    for (int n = 0; n < 24 && !ddl_at_end(p); n++, ddl_next(p))
        for (const char *const *k = kinds; *k; k++)
            if (ddl_take(p, *k)) {
                *ret = *k;
                return true;
            }
    return false;
}

/* A DROP or a replacement of a trigger, view or routine: is it one that counts? */
static int meets_object(const struct mysql_doubt *d, struct ddl_parser *p, const char **ret)
{
    const char *kind, *database, *name;
    bool drop = ddl_take(p, "DROP"),
         view = !drop && (ddl_at(p, "ALTER") || ddl_at(p, "CREATE OR REPLACE"));
    if ((!drop && !view) || !take_kind(p, &kind))
        return 0;
    ddl_take(p, "BODY");
    ddl_take(p, "IF EXISTS");
    ddl_take(p, "IF NOT EXISTS");
    if (ddl_table_name(p, &database, &name))
        return -1;
    bool trigger = strcmp(kind, "TRIGGER") == 0, is_view = strcmp(kind, "VIEW") == 0;
    if (is_view || (trigger ? has(d, 't', database, NULL, p->a) : has(d, 'c', NULL, name, p->a)))
        *ret = arena_printf(p->a, "%s %s.%s",
                            trigger   ? "trigger"
                            : is_view ? "view"
                                      : "routine",
                            database, name);
    return 0;
}

/* What a statement about a table takes away. */
enum taken {
    NOTHING,
    LEADS,       /* the table may no longer write to others by its engine (MERGE, CONNECT) */
    LEADS_KEYS,  /* and its triggers and foreign keys may no longer hang on it */
};

/* ALTER TABLE t RENAME u, but not RENAME COLUMN */
static bool at_rename(const struct ddl_parser *p)
{
    return ddl_at(p, "RENAME") && !ddl_at(p, "RENAME COLUMN") && !ddl_at(p, "RENAME INDEX") &&
           !ddl_at(p, "RENAME KEY");
}

/* ENGINE is not a reserved word: after these words it is a column's name. */
static bool at_engine(const struct ddl_parser *p)
{
    static const char *const before[] = { "ADD",   "COLUMN", "DROP",   "MODIFY", "CHANGE",
                                          "AFTER", "ALTER",  "EXISTS", "TO",     "BY",
                                          "TABLE" };
    const struct ddl_token *last = p->at ? &p->tokens[p->at - 1] : NULL;
    if (!last || !ddl_at(p, "ENGINE"))
        return false;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (ddl_token_is(last, before[i]))
            return false;
    return true;
}

/* Does ENGINE name InnoDB? A table that stays InnoDB keeps its foreign keys. */
static bool is_innodb(struct ddl_parser p)
{
    ddl_next(&p);
    ddl_take_char(&p, '=');
    const struct ddl_token *t = ddl_peek(&p, 0);
    bool named = t->kind == TOK_WORD || t->kind == TOK_NAME || t->kind == TOK_STRING;
    return named && ddl_same(ddl_token_text(t, p.ctx, p.a), "InnoDB");
}

/* Is there an option that names the tables below a MERGE or CONNECT table? */
static bool at_below(const struct ddl_parser *p)
{
    static const char *const options[] = { "INSERT_METHOD", "TABNAME", "DBNAME",
                                           "TABLE_LIST",    "SRCDEF",  "TABLE_TYPE",
                                           "OPTION_LIST",   "COLIST",  "CONNECTION" };
    const struct ddl_token *next = ddl_peek(p, 1);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (ddl_at(p, options[i]) && next->kind == TOK_OTHER && next->raw.p[0] == '=')
            return true;
    return ddl_at(p, "UNION");
}

/* What an ALTER TABLE takes away. */
static enum taken takes_away(struct ddl_parser p)
{
    enum taken taken = NOTHING;
    for (size_t depth = 0; !ddl_at_end(&p); ddl_next(&p)) {
        bool engine = !depth && at_engine(&p);
        if (p.at && p.tokens[p.at - 1].raw.p[0] == '.')
            continue;       /* o.rename: any word is a name there */
        if (ddl_at(&p, "DROP FOREIGN") || ddl_at(&p, "DROP CONSTRAINT") || at_rename(&p) ||
            (engine && !is_innodb(p)))
            return LEADS_KEYS;
        if (engine || (!depth && at_below(&p)))
            taken = LEADS;
        depth += ddl_at_char(&p, '(');
        depth -= depth && ddl_at_char(&p, ')');
    }
    return taken;
}

/* Foreign keys and triggers go with a dropped table, or belong to another name now. */
static enum taken taken_by(const struct ddl_parser *p, const struct ddl *about)
{
    bool goes = about->kind == DDL_DROP_TABLE || about->kind == DDL_RENAME_TABLE ||
                (about->kind == DDL_CREATE_TABLE && about->replaces);
    return goes                             ? LEADS_KEYS
           : about->kind == DDL_ALTER_TABLE ? takes_away(*p)
                                            : NOTHING;
}

static int meets_tables(const struct mysql_doubt *d, struct ddl_parser *p, const struct ddl *about,
                        doubt_read_fn *read, void *arg, const char **ret, struct err *err)
{
    enum taken taken = taken_by(p, about);
    for (uint16_t i = 0; taken && i < about->ntables; i++) {
        const struct ddl_table *t = &about->tables[i];
        int is = has(d, 't', t->database, t->table, p->a);
        if (!is && taken == LEADS_KEYS)
            is = read(arg, t->database, t->table, err);
        if (is < 0)
            return -1;
        if (is)
            *ret = arena_printf(p->a, "table %s.%s", t->database, t->table);
    }
    return 0;
}

int mysql_doubt_meets(const struct mysql_doubt *d, struct slice sql, const struct ddl_context *ctx,
                      const struct ddl *about, bool unread, doubt_read_fn *read, void *arg,
                      struct arena *a, const char **ret, struct err *err)
{
    struct ddl_parser p;
    struct err why = { 0 };
    *ret = NULL;
    if (about->temporary)
        return 0;
    if (ddl_parser(&p, sql, ctx, a, &why)) {
        *ret = unread && about->kind == DDL_OTHER ? NULL : "what cannot be read";
        return 0;
    }
    bool may = ddl_at(&p, "DROP") || ddl_at(&p, "ALTER") || ddl_at(&p, "RENAME") ||
               ddl_at(&p, "CREATE OR REPLACE");
    if (!may)
        return 0;
    if (unread || (about->kind == DDL_OTHER && meets_object(d, &p, ret))) {
        *ret = "what cannot be read";
        return 0;
    }
    p.at = 0;
    /* Nobody knows which views and routines the database had. */
    if (about->kind == DDL_DROP_DATABASE ||
        (about->kind == DDL_CREATE_DATABASE && ddl_at(&p, "CREATE OR REPLACE")))
        *ret = arena_printf(a, "database %s", about->database);
    return meets_tables(d, &p, about, read, arg, ret, err);
}
