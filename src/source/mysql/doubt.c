#include "source/mysql/doubt.h"
#include <string.h>
#include "base/charset.h"
#include "source/mysql/ddl/parse.h"

/* Beyond it any name may be one of them. */
enum { MOST_NAMES = 16384 };

static const char many[] = "*\n";

bool mysql_doubt_open(const struct mysql_doubt *d)
{
    return d->names.n != 0;
}

/* A quoted name may hold what stands between names here. */
static bool is_plain(const char *database, const char *name)
{
    return !strpbrk(database ? database : "", "\t\n") && !strpbrk(name, "\t\n");
}

static void add_name(struct mysql_doubt *d, char kind, const char *database, const char *name,
                     struct buf *line)
{
    line->n = 0;
    buf_printf(line, "%c%s\t%s\n", kind, database ? database : "", name);
    if ((d->names.n && d->names.p[0] == '*') ||
        (d->names.n && memmem(d->names.p, d->names.n, line->p, line->n)))
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

/* Any of kind (0: of either) with that database and that name; NULL: whatever it is. */
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

/* CREATE OR REPLACE [DEFINER = x] [ALGORITHM = y] [SQL SECURITY z] [AGGREGATE] TRIGGER n: up to the
 * kind. */
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

/* DROP or a replacement of a trigger, a view, a routine. */
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

/* A foreign key, or a trigger, went with the table or by ALTER TABLE .. DROP; a table of another
 * name has them now. */
static bool takes_away(struct ddl_parser p)
{
    for (; !ddl_at_end(&p); ddl_next(&p))
        if (ddl_at(&p, "DROP FOREIGN") || ddl_at(&p, "DROP CONSTRAINT") || ddl_at(&p, "RENAME"))
            return true;
    return false;
}

static int meets_tables(const struct mysql_doubt *d, struct ddl_parser *p, const struct ddl *about,
                        doubt_read_fn *read, void *arg, const char **ret, struct err *err)
{
    bool drops = about->kind == DDL_DROP_TABLE || about->kind == DDL_RENAME_TABLE ||
                 (about->kind == DDL_CREATE_TABLE && about->replaces) ||
                 (about->kind == DDL_ALTER_TABLE && takes_away(*p));
    for (uint16_t i = 0; drops && i < about->ntables; i++) {
        const struct ddl_table *t = &about->tables[i];
        int is =
            has(d, 't', t->database, t->table, p->a) ? 1 : read(arg, t->database, t->table, err);
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
    if (about->kind == DDL_DROP_DATABASE && !unread) {
        if (has(d, 0, about->database, NULL, a))
            *ret = arena_printf(a, "database %s", about->database);
        return 0;
    }
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
    return meets_tables(d, &p, about, read, arg, ret, err);
}
