/*
 * Makes EV_SCHEMAs of what statements did to the tables. A statement that names several tables
 * makes one for each, as the connector writes them.
 */
#include <string.h>
#include "base/charset.h"
#include "base/log.h"
#include "source/mysql/source.h"

static struct schema_change *pend(struct mysql_source *s, const char *database, const char *tables,
                                  const char *ddl)
{
    struct event *ev = mysql_pend(s, EV_SCHEMA);
    struct schema_change *c = arena_alloc(&s->pending_arena, sizeof *c);
    *c = (struct schema_change){ .database = database ? database : "",
                                 .tables = tables,
                                 .ddl = ddl };
    ev->schema = c;
    ev->txid = -1;
    ev->place = mysql_kept_place(s);
    return c;
}

/* Adds the table as it is now. */
static int add(struct mysql_source *s, struct schema_change *c, enum table_change_kind kind,
               const struct mysql_table_def *def, struct err *err)
{
    struct arena *a = &s->pending_arena;
    struct table *t = arena_alloc(a, sizeof *t);
    struct table_change *change = arena_alloc(a, sizeof *change);
    struct binlog_column *layout = arena_alloc(a, (def->ncols + 1u) * sizeof *layout);
    if (mysql_types_table(def, &s->tables.collations, s->opt->mariadb, a, layout, t, err))
        return -1;
    *change = (struct table_change){ kind, t };
    c->changes = change;
    c->nchanges = 1;
    return 0;
}

static void dropped(struct mysql_source *s, const struct ddl_table *t, const char *tables,
                    bool if_exists)
{
    struct arena *a = &s->pending_arena;
    struct buf ddl = { 0 };
    struct table *table = arena_alloc(a, sizeof *table);
    struct table_change *change = arena_alloc(a, sizeof *change);
    buf_printf(&ddl, "DROP TABLE %s", if_exists ? "IF EXISTS " : "");
    mysql_put_name(&ddl, t->database);
    buf_u8(&ddl, '.');
    mysql_put_name(&ddl, t->table);
    struct schema_change *c = pend(s, t->database, tables, arena_strdup(a, buf_cstr(&ddl)));
    buf_done(&ddl);
    *table = (struct table){ .database = t->database, .schema = t->database, .name = t->table };
    *change = (struct table_change){ TABLE_DROPPED, table };
    c->changes = change;
    c->nchanges = 1;
}

static bool same(const struct mysql_table_def *a, const struct mysql_table_def *b)
{
    struct buf x = { 0 }, y = { 0 };
    if (!a || !b)
        return false;
    mysql_table_def_write(a, &x);
    mysql_table_def_write(b, &y);
    bool equal = slice_eq(buf_slice(&x), buf_slice(&y));
    buf_done(&x);
    buf_done(&y);
    return equal;
}

/* The new names of a statement's tables, joined as the connector's source block has them. */
static const char *names_of(const struct ddl *d, struct arena *a)
{
    const char *names = "";
    for (uint16_t i = 0; i < d->ntables; i++)
        names = arena_printf(a, "%s%s%s", names, i ? "," : "",
                             d->tables[i].to_table ? d->tables[i].to_table : d->tables[i].table);
    return names;
}

static void altered(struct mysql_source *s, const char *ddl, const struct ddl *d,
                    const struct ddl_table *t, const struct mysql_table_def *before)
{
    struct arena *a = &s->pending_arena;
    bool several = d->kind == DDL_RENAME_TABLE && d->ntables > 1;
    const char *database = t->to_table ? t->to_database : t->database,
               *name = t->to_table ? t->to_table : t->table;
    const struct mysql_table_def *def = mysql_schema_find(s->tables.schema, database, name);
    if (several)
        ddl = arena_printf(a, "RENAME TABLE %s TO %s", t->table, t->to_table);
    bool nothing = d->kind == DDL_CREATE_INDEX || d->kind == DDL_DROP_INDEX || !def ||
                   (d->kind == DDL_CREATE_TABLE && same(before, def));
    struct schema_change *c = pend(s, database, nothing ? "" : names_of(d, a), ddl);
    struct err why = { 0 };
    if (nothing ||
        !add(s, c,
             d->kind == DDL_CREATE_TABLE || d->kind == DDL_CREATE_SEQUENCE ? TABLE_CREATED
                                                                           : TABLE_ALTERED,
             def, &why))
        return;
    log_warn("what a statement made of a table cannot be told in a schema change, rows of the "
             "table will tell whether they can be read: %s table=%s.%s",
             why.msg, database, name);
}

static int wants(const struct mysql_source *s, const struct ddl_table *t, struct err *err)
{
    int wanted = mysql_tables_wanted(&s->tables, t->database, t->table, err);
    return wanted || !t->to_table
               ? wanted
               : mysql_tables_wanted(&s->tables, t->to_database, t->to_table, err);
}

int mysql_changes_pend(struct mysql_source *s, struct slice sql, const struct ddl *d,
                       const struct mysql_table_def *const *before, struct err *err)
{
    struct buf readable = { 0 };        /* after SET NAMES binary a statement may hold any bytes */
    utf8_put_readable(sql, &readable);
    const char *ddl = arena_strdup(&s->pending_arena, buf_cstr(&readable));
    buf_done(&readable);
    if (d->kind == DDL_CREATE_DATABASE || d->kind == DDL_ALTER_DATABASE ||
        d->kind == DDL_DROP_DATABASE)
        pend(s, d->database, d->kind == DDL_ALTER_DATABASE ? "" : NULL, ddl);
    for (uint16_t i = 0; i < d->ntables; i++) {
        const struct ddl_table *t = &d->tables[i];
        int wanted = wants(s, t, err);
        if (wanted < 0)
            return -1;
        if (!wanted)
            continue;
        if (d->kind == DDL_DROP_TABLE)
            dropped(s, t, names_of(d, &s->pending_arena), d->if_exists);
        else
            altered(s, ddl, d, t, before[i]);
    }
    return 0;
}

int mysql_changes_first(struct mysql_source *s, const struct mysql_table_def *def, struct err *err)
{
    struct buf q = { 0 };
    const struct cell *v;
    buf_str(&q, "SHOW CREATE TABLE ");
    mysql_put_name(&q, def->database);
    buf_u8(&q, '.');
    mysql_put_name(&q, def->name);
    struct mysql_rows *rows = mysql_conn_query(s->sql, buf_cstr(&q), false, "n", err);
    buf_done(&q);
    if (!rows)
        return -1;
    int got = mysql_rows_next(rows, &v, err);
    const char *ddl =
        got == 1 && mysql_rows_columns(rows) > 1 && v[1].kind == CELL_VALUE
            ? arena_printf(&s->pending_arena, "%.*s", (int)v[1].n, (const char *)v[1].p)
            : "";
    mysql_rows_free(rows);
    if (got < 0)
        return -1;
    struct schema_change *c = pend(s, def->database, def->name, ddl);
    s->pending[s->npending - 1].snapshot = SNAP_TRUE;
    return add(s, c, TABLE_CREATED, def, err);
}
