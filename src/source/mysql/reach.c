/*
 * What else a change of a table writes to: reads the server's triggers, routines, views, foreign
 * keys and MERGE tables, and follows them from a statement's tables (reach.h). written.c asks.
 */
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "source/mysql/ddl/parse.h"
#include "source/mysql/reach.h"
#include "source/mysql/rights.h"

enum kind { TRIGGER, ROUTINE, VIEW, FOREIGN_KEY, MERGE, KINDS };

/*
 * An object of the catalog: a change of database.table in one of these ways, or a call of that
 * routine, makes it write to other tables.
 */
struct item {
    enum kind kind;
    const char *database, *table, *name;
    unsigned ways;
    const char *text;           /* a body, a definition; a foreign key's other table. NULL: none */
    const char *other;          /* a foreign key's other database; the sql_mode of the text */
    bool used;                  /* what it writes to is already added, in this search */
    bool read;                  /* a text that reads this view was followed, in this search */
};

struct mysql_reach {
    struct arena a;
    struct item *items;
    size_t n, cap;
    bool named;        /* there are views or routines that a text may name */
    const char *lacks; /* the rights that the account lacks to see all items; NULL: none */
    struct mysql_place place;
};

#define CASCADES "IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"

/* columns: database, table, ways in words, name, text, other */
static const struct {
    const char *sql, *what;
} sources[KINDS] = {
    [TRIGGER] = { "SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, EVENT_MANIPULATION, "
                  "TRIGGER_NAME, "
                  "ACTION_STATEMENT, SQL_MODE FROM information_schema.TRIGGERS",
                  "trigger" },
    [ROUTINE] = { "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, '', ROUTINE_NAME, ROUTINE_DEFINITION, "
                  "SQL_MODE FROM "
                  "information_schema.ROUTINES",
                  "routine" },
    [VIEW] = { "SELECT TABLE_SCHEMA, TABLE_NAME, 'INSERT UPDATE DELETE', TABLE_NAME, "
               "VIEW_DEFINITION, '' FROM "
               "information_schema.VIEWS",
               "view" },
    [FOREIGN_KEY] = { "SELECT UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, "
                      "CONCAT(IF(UPDATE_RULE " CASCADES ", 'UPDATE ', ''), IF(DELETE_RULE " CASCADES
                      ", 'DELETE', '')), CONSTRAINT_NAME, "
                      "TABLE_NAME, CONSTRAINT_SCHEMA FROM "
                      "information_schema.REFERENTIAL_CONSTRAINTS WHERE "
                      "UPDATE_RULE " CASCADES " OR DELETE_RULE " CASCADES,
                      "foreign key" },
    [MERGE] = { "SELECT TABLE_SCHEMA, TABLE_NAME, 'INSERT UPDATE DELETE', TABLE_NAME, NULL, ENGINE "
                "FROM "
                "information_schema.TABLES WHERE ENGINE IN ('MRG_MYISAM', 'CONNECT')",
                "engine of table" },
};

static unsigned ways_of(const char *words)
{
    return (strstr(words, "INSERT") ? DDL_INSERTS : 0u) |
           (strstr(words, "UPDATE") ? DDL_UPDATES : 0u) |
           (strstr(words, "DELETE") ? DDL_DELETES : 0u);
}

static int read_items(struct mysql_reach *r, struct mysql_conn *c, enum kind kind, struct err *err)
{
    const struct cell *v;
    int got;
    struct mysql_rows *rows = mysql_conn_query(c, sources[kind].sql, false, "nnnnnn", err);
    if (!rows)
        return -1;
    while ((got = mysql_rows_next(rows, &v, err)) == 1) {
        const char *t[6];
        for (int i = 0; i < 6; i++)
            t[i] = v[i].kind == CELL_VALUE ? mysql_cell_text(&r->a, &v[i]) : "";
        r->items = arena_grown(&r->a, r->items, r->n, &r->cap, sizeof *r->items);
        r->named |= kind == VIEW || kind == ROUTINE;
        r->items[r->n++] = (struct item){ .kind = kind,
                                          .database = t[0],
                                          .table = t[1],
                                          .ways = ways_of(t[2]),
                                          .name = t[3],
                                          .text = *t[4] ? t[4] : NULL,
                                          .other = t[5] };
    }
    mysql_rows_free(rows);
    return got;
}

/* No catalog has the tables below a MERGE table: SHOW CREATE TABLE has them. */
static int read_merged(struct mysql_reach *r, struct mysql_conn *c, struct item *i, struct err *err)
{
    const struct cell *v;
    struct buf q = { 0 };
    buf_printf(&q, "SHOW CREATE TABLE ");
    mysql_put_name(&q, i->database);
    buf_printf(&q, ".");
    mysql_put_name(&q, i->table);
    struct err denied = { 0 };
    struct mysql_rows *rows = mysql_conn_query(c, buf_cstr(&q), false, "nn", &denied);
    buf_done(&q);
    int got = rows ? mysql_rows_next(rows, &v, err)
                   : 0; /* the text stays NULL: a change of this table is not passed over */
    const char *text = got == 1 ? mysql_cell_text(&r->a, &v[1]) : NULL;
    for (const char *at = text; at; at = strstr(at + 1, " UNION=("))
        i->text = at; /* the last one counts: a comment may hold others */
    mysql_rows_free(rows);
    return got < 0 ? -1 : 0;
}

static int read_all(struct mysql_reach *r, struct mysql_conn *c, const struct mysql_server *s,
                    struct err *err)
{
    if (mysql_rights_to_see(c, &r->a, &r->lacks, err))
        return -1;
    for (int kind = 0; kind < KINDS; kind++)
        if (read_items(r, c, (enum kind)kind, err))
            return -1;
    for (size_t i = 0; i < r->n; i++)
        if (r->items[i].kind == MERGE && strcmp(r->items[i].other, "CONNECT") &&
            read_merged(r, c, &r->items[i], err))
            return -1;
    return mysql_server_end(c, s, &r->place, err);
}

struct mysql_reach *mysql_reach_read(struct mysql_conn *c, const struct mysql_server *s,
                                     struct err *err)
{
    struct mysql_reach *r = xcalloc(1, sizeof *r);
    arena_init(&r->a, 16384);
    if (!read_all(r, c, s, err))
        return r;
    mysql_reach_free(r);
    return NULL;
}

void mysql_reach_free(struct mysql_reach *r)
{
    if (!r)
        return;
    mysql_place_done(&r->place);
    arena_done(&r->a);
    free(r);
}

const struct mysql_place *mysql_reach_place(const struct mysql_reach *r)
{
    return &r->place;
}

static struct ddl_context body_of(const struct item *i, const struct ddl_context *ctx)
{
    struct ddl_context body = *ctx;
    body.database = i->database;
    body.ansi_quotes = strstr(i->other, "ANSI_QUOTES");
    body.no_backslash_escapes = strstr(i->other, "NO_BACKSLASH_ESCAPES");
    body.brackets = strstr(i->other, "MSSQL");
    body.oracle = strstr(i->other, "ORACLE");
    body.charset = NULL;
    return body;
}

static bool same(const char *database, const char *name, const char *other_database,
                 const char *other)
{
    return ddl_same(name, other) &&
           ddl_same(database ? database : "", other_database ? other_database : "");
}

/*
 * Adds routines that the text may call without naming them as calls: views that it reads call
 * routines, and in sql_mode ORACLE a bare name calls a procedure.
 */
static int take_names(struct mysql_reach *r, struct slice text, const struct ddl_context *ctx,
                      struct arena *a, struct ddl_writes *w, struct err *err)
{
    struct ddl_writes names = { 0 };
    if (!r->named)
        return 0;
    if (ddl_names(text, ctx, 0, a, &names, err))
        return -1;
    for (size_t n = 0; n < names.ntables; n++)
        for (size_t i = 0; i < r->n; i++) {
            struct item *x = &r->items[i];
            const struct ddl_write *t = &names.tables[n];
            if (x->kind == ROUTINE ? !ctx->oracle || !ddl_same(x->table, t->table)
                                   : x->kind != VIEW || x->read ||
                                         !same(x->database, x->table, t->database, t->table))
                continue;
            if (x->kind == ROUTINE) {
                ddl_add_call(a, w, x->database, x->table);
                continue;
            }
            struct ddl_context body = body_of(x, ctx);
            x->read = true;
            if (!x->text)
                return err_set(err, ERR_DATA, "view %s.%s, which it reads, has no text",
                               x->database, x->name);
            if (ddl_writes(slice_str(x->text), &body, a, w, err) ||
                take_names(r, slice_str(x->text), &body, a, w, err))
                return err_wrap(err, "view %s.%s", x->database, x->name);
        }
    return 0;
}

/* Adds to *w what the item writes to. */
static int expand(struct mysql_reach *r, struct item *i, const struct ddl_context *ctx,
                  struct arena *a, struct ddl_writes *w, struct err *err)
{
    struct ddl_context body = body_of(i, ctx);
    size_t before = w->ntables;
    const char *what = sources[i->kind].what;
    i->used = true;
    if (!i->text)
        return err_set(err, ERR_DATA, "the %s %s.%s does not say what else it may write to", what,
                       i->database, i->name);
    struct slice text = slice_str(i->text);
    bool names = i->kind == VIEW || i->kind == MERGE;
    int rc;
    if (i->kind == FOREIGN_KEY) {
        ddl_add_write(a, w, i->other, i->text, DDL_UPDATES | DDL_DELETES);
        rc = 0;
    } else {
        rc =
            names ? ddl_names(text, &body, i->ways, a, w, err) : ddl_writes(text, &body, a, w, err);
        rc = rc || take_names(r, text, &body, a, w, err) ? -1 : 0;
    }
    if (rc)
        return err_wrap(err, "%s %s.%s", what, i->database, i->name);
    for (; before < w->ntables; before++)
        w->tables[before].by = arena_printf(a, " by %s %s.%s", what, i->database, i->name);
    return 0;
}

/* Compares names without case. Where case counts, this follows one table too many. */
static bool is_written(const struct item *i, const struct ddl_write *t)
{
    return i->kind != ROUTINE && i->ways & t->ways &&
           same(i->database, i->table, t->database, t->table);
}

static bool is_called(const struct item *i, const struct ddl_call *c)
{
    return i->kind == ROUTINE && same(i->database, i->table, c->database, c->name);
}

int mysql_reach_follow(struct mysql_reach *r, struct slice sql, const struct ddl_context *ctx,
                       bool must_see, struct arena *a, struct ddl_writes *w, struct err *err)
{
    if (r->lacks && must_see)
        return err_set(err, ERR_CONFIG,
                       "what triggers, foreign keys, views and routines write to with it is not "
                       "shown to the feed's account: GRANT %s ON *.* TO the account, and the feed "
                       "goes on from "
                       "here",
                       r->lacks);
    for (size_t i = 0; i < r->n; i++)
        r->items[i].used = r->items[i].read = false;
    if (take_names(r, sql, ctx, a, w, err))
        return -1;
    for (size_t t = 0, c = 0; t < w->ntables || c < w->ncalls;) {
        bool table = t < w->ntables;
        for (size_t i = 0; i < r->n; i++) {
            struct item *x = &r->items[i];
            bool leads = table ? is_written(x, &w->tables[t]) : is_called(x, &w->calls[c]);
            if (leads && !x->used && expand(r, x, ctx, a, w, err))
                return -1;
        }
        t += table;
        c += !table;
    }
    return 0;
}

bool mysql_reach_whole(const struct mysql_reach *r)
{
    return !r->lacks;
}

bool mysql_reach_cascades(const struct mysql_reach *r, const char *database, const char *table)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->items[i].kind == FOREIGN_KEY &&
            same(r->items[i].database, r->items[i].table, database, table))
            return true;
    return false;
}
