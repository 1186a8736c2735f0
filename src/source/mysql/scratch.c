/*
 * A throwaway copy of the feed's databases on another server, for `schema-diff plan`: reads their
 * DDL, makes the copy, applies a migration to it, drops it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/mysql/catalog.h"
#include "source/mysql/script.h"

/* ---- the schema's own DDL ---- */

struct reading {
    struct mysql_conn *sql;
    struct arena *a;
    struct mysql_copy *copy;
    struct copied_table { const char *database, *name; } *tables;
    size_t ntables, databases_cap, tables_cap, statements_cap;
};

/* Tables come in order, so a database's tables come together. */
static void note_database(void *arg, const char *database, const char *table)
{
    struct reading *r = arg;
    struct mysql_copy *c = r->copy;
    (void)table;
    if (c->ndatabases && strcmp(c->databases[c->ndatabases - 1], database) == 0)
        return;
    c->databases =
        arena_grown(r->a, c->databases, c->ndatabases, &r->databases_cap, sizeof *c->databases);
    c->databases[c->ndatabases++] = arena_strdup(r->a, database);
}

static void note_table(void *arg, const char *database, const char *table)
{
    struct reading *r = arg;
    r->tables = arena_grown(r->a, r->tables, r->ntables, &r->tables_cap, sizeof *r->tables);
    r->tables[r->ntables++] =
        (struct copied_table){ arena_strdup(r->a, database), arena_strdup(r->a, table) };
}

/* Takes the DDL: the second column of SHOW CREATE. */
static int take_ddl(struct reading *r, const char *kind, const char *database, const char *table,
                    struct err *err)
{
    struct mysql_copy *c = r->copy;
    struct buf q = { 0 };
    const struct cell *v;
    buf_printf(&q, "SHOW CREATE %s ", kind);
    mysql_put_name(&q, database);
    if (table) {
        buf_u8(&q, '.');
        mysql_put_name(&q, table);
    }
    struct mysql_rows *rows = mysql_conn_query(r->sql, buf_cstr(&q), false, "n", err);
    buf_done(&q);
    int got = rows ? mysql_rows_next(rows, &v, err) : -1;
    if (got == 1 && mysql_rows_columns(rows) > 1 && v[1].kind == CELL_VALUE) {
        c->statements = arena_grown(r->a, c->statements, c->nstatements, &r->statements_cap,
                                    sizeof *c->statements);
        c->statements[c->nstatements++] =
            (struct mysql_copied){ table ? database : NULL, mysql_cell_text(r->a, &v[1]) };
    }
    mysql_rows_free(rows);
    return got < 0 ? -1 : 0;
}

/*
 * Takes a database and all its tables, also tables that the feed does not read: a migration may
 * name them.
 */
static int take_database(struct reading *r, const char *database, struct err *err)
{
    int rc = take_ddl(r, "DATABASE", database, NULL, err);
    for (size_t i = 0; i < r->ntables && !rc; i++)
        if (strcmp(r->tables[i].database, database) == 0)
            rc = take_ddl(r, "TABLE", database, r->tables[i].name, err);
    return rc;
}

int mysql_copy_read(const struct mysql_options *opt, struct arena *a, struct mysql_copy *ret,
                    struct err *err)
{
    static const struct filter all;
    *ret = (struct mysql_copy){ 0 };
    struct reading r = { .sql = mysql_conn_open(opt, MYSQL_SCRATCH, err), .a = a, .copy = ret };
    int rc = !r.sql || mysql_catalog_names(r.sql, &opt->wanted, note_database, &r, err) ||
             mysql_catalog_names(r.sql, &all, note_table, &r, err) ? -1 : 0;
    if (!rc && !ret->ndatabases)
        rc = err_set(err, ERR_CONFIG,
                     "the feed reads no table: tables.include and tables.exclude leave none");
    for (size_t i = 0; i < ret->ndatabases && !rc; i++)
        rc = take_database(&r, ret->databases[i], err);
    mysql_conn_close(r.sql);
    return rc;
}

/* ---- the throwaway copy ---- */

static void keep(struct mysql_scratch *s, const char *database)
{
    s->databases = arena_grown(s->a, s->databases, s->ndatabases, &s->cap, sizeof *s->databases);
    s->databases[s->ndatabases++] = arena_strdup(s->a, database);
}

/* Runs a statement: words, then the database's name. */
static int do_with(struct mysql_conn *sql, const char *words, const char *database, struct err *err)
{
    struct buf q = { 0 };
    buf_str(&q, words);
    mysql_put_name(&q, database);
    int rc = mysql_conn_do(sql, err, "%s", buf_cstr(&q));
    buf_done(&q);
    return rc;
}

/* Makes the copy. A database that exists already is not ours to drop: making it again fails. */
static int make_all(struct mysql_scratch *s, struct mysql_conn *sql, const struct mysql_copy *copy,
                    struct err *err)
{
    size_t made = 0;
    if (mysql_conn_do(sql, err, "SET SESSION foreign_key_checks = 0"))
        return -1;
    for (size_t i = 0; i < copy->nstatements; i++) {
        const struct mysql_copied *c = &copy->statements[i];
        if (c->database && do_with(sql, "USE ", c->database, err))
            return -1;
        if (mysql_conn_do(sql, err, "%s", c->sql))
            return c->database ? -1
                               : err_wrap(err, "the copy's databases have the names of the feed's, "
                                               "of which the server may have none");
        if (!c->database)
            keep(s, copy->databases[made++]);
    }
    return 0;
}

int mysql_scratch_make(const struct mysql_options *server, const struct mysql_copy *copy,
                       struct arena *a, struct mysql_scratch *ret, struct err *err)
{
    *ret = (struct mysql_scratch){ .server = server, .a = a };
    struct mysql_server facts;
    struct mysql_conn *sql = mysql_conn_open(server, MYSQL_SCRATCH, err);
    int rc = !sql || mysql_server_read(sql, &facts, err) ||
                     mysql_server_is_kind(&facts, server, err) || make_all(ret, sql, copy, err)
                 ? -1
                 : 0;
    mysql_conn_close(sql);
    return rc;
}

int mysql_scratch_drop(const struct mysql_scratch *s, struct err *err)
{
    struct mysql_conn *sql = s->ndatabases ? mysql_conn_open(s->server, MYSQL_SCRATCH, err) : NULL;
    int rc =
        s->ndatabases && (!sql || mysql_conn_do(sql, err, "SET SESSION foreign_key_checks = 0"))
            ? -1
            : 0;
    for (size_t i = 0; i < s->ndatabases && !rc; i++)
        rc = do_with(sql, "DROP DATABASE IF EXISTS ", s->databases[i], err);
    mysql_conn_close(sql);
    return rc;
}

/* ---- a migration ---- */

/* The line in the file. The server counts lines within the statement, from 1. */
static int line_of(int line, const char *said)
{
    const char *at = strstr(said, " at line ");
    return at ? line + (int)strtol(at + strlen(" at line "), NULL, 10) - 1 : line;
}

static int is_there(struct mysql_scratch *s, struct mysql_conn *sql, const char *database,
                    bool *ret, struct err *err)
{
    struct buf q = { 0 };
    const char *found;
    mysql_put_literal(&q, slice_str(database));
    int rc = mysql_conn_value(
        sql, s->a, &found, err,
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", buf_cstr(&q));
    *ret = !rc && found;
    buf_done(&q);
    return rc;
}

/* Applies one statement. A database that it makes is dropped with the copy. */
static int apply_one(struct mysql_scratch *s, struct mysql_conn *sql, const struct ddl_context *ctx,
                     struct slice statement, struct err *err)
{
    struct ddl d;
    struct err ignored = { 0 };
    bool there = true, makes = !ddl_read(statement, ctx, s->a, &d, &ignored) &&
                               d.kind == DDL_CREATE_DATABASE && d.database;
    if (makes && is_there(s, sql, d.database, &there, err))
        return -1;
    int rc = mysql_conn_do(sql, err, "%.*s", (int)statement.n, (const char *)statement.p);
    if (!rc && !there)
        keep(s, d.database);
    return rc;
}

static int apply_all(struct mysql_scratch *s, struct mysql_conn *sql, struct slice text,
                     const char *what, struct err *err)
{
    struct mysql_server facts;
    if (mysql_server_read(sql, &facts, err) ||
        mysql_conn_do(sql, err,
                      "SET SESSION sql_mode = @@GLOBAL.sql_mode, time_zone = @@GLOBAL.time_zone") ||
        (s->ndatabases == 1 && do_with(sql, "USE ", s->databases[0], err)))
        return -1;
    struct mysql_dialect dialect = { .mariadb = facts.mariadb, .version = (uint32_t)facts.version };
    struct ddl_context ctx = { .server = &dialect };
    struct mysql_script script = mysql_script_of(text, &ctx);
    struct slice statement;
    int line = 0, got;
    struct err why = { 0 };
    while ((got = mysql_script_next(&script, &statement, &line, &why)) == 1)
        if (apply_one(s, sql, &ctx, statement, &why))
            return err_set(err, ERR_DATA, "%s:%d: %s", what, line_of(line, why.msg), why.msg);
    return got < 0 ? err_set(err, ERR_DATA, "%s:%d: %s", what, line, why.msg) : 0;
}

int mysql_scratch_apply(struct mysql_scratch *s, struct slice text, const char *what,
                        struct err *err)
{
    struct mysql_conn *sql = mysql_conn_open(s->server, MYSQL_SCRATCH, err);
    int rc = sql ? apply_all(s, sql, text, what, err) : -1;
    mysql_conn_close(sql);
    return rc;
}
