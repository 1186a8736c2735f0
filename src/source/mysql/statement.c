/*
 * Statements about tables and databases: applies them to the known definitions (ddl/), and makes
 * the events of what they did pending (EV_TRUNCATE, EV_SCHEMA, EV_STATE).
 */
#include <strings.h>
#include "base/log.h"
#include "source/mysql/ddl/lex.h"
#include "source/mysql/source.h"

static int truncate_table(struct mysql_source *s, const struct ddl_table *t, struct err *err)
{
    const struct table *table;
    int wanted = mysql_tables_wanted(&s->tables, t->database, t->table, err);
    if (wanted <= 0)
        return wanted;
    if (mysql_tables_known(&s->tables, t->database, t->table, &table, err))
        return -1;
    if (!table)
        return 0;
    struct event *ev = mysql_pend(s, EV_TRUNCATE);
    ev->table = table;
    ev->place = mysql_kept_place(s);
    return 0;
}

/*
 * Takes a table's definition from the catalog, after a statement that is not understood. The
 * catalog of now is exact if nothing was written after the statement. With names in the binlog it
 * is good enough anyway, because the next TABLE_MAP decides.
 */
static int look_up(struct mysql_source *s, const char *database, const char *table, struct err *err)
{
    struct mysql_place now = { 0 };
    struct mysql_table_def *def;
    bool full = strcmp(s->server.metadata, "FULL") == 0;
    if (mysql_catalog_table(s->sql, &s->server, database, table, &s->pending_arena, &def, err) ||
        mysql_server_end(s->sql, &s->server, &now, err))
        return -1;
    bool current = mysql_file_order(now.file, now.pos, s->stream.file, s->stream.end) <= 0;
    mysql_place_done(&now);
    if (def && (current || full))
        mysql_schema_put(s->tables.schema, def);
    else
        mysql_schema_remove(s->tables.schema, database, table);
    return 0;
}

/* Does the text name a known table or database, as a word in any case? */
static bool names(struct slice sql, const char *name)
{
    size_t n = strlen(name);
    const char *from = (const char *)sql.p, *end = from + sql.n;
    for (const char *p = from; n && (size_t)(end - p) >= n; p++) {
        bool word_before = p > from && ddl_name_char((uint8_t)p[-1]);
        bool word_after = p + n < end && ddl_name_char((uint8_t)p[n]);
        if (!word_before && !word_after && strncasecmp(p, name, n) == 0)
            return true;
    }
    return false;
}

struct reach {
    struct slice sql;
    const struct ddl *d;
    struct mysql_source *s;
    struct ddl reached;
    size_t cap;
};

static void reach_one(void *arg, const struct mysql_table_def *t)
{
    struct reach *r = arg;
    bool whole = r->d->kind >= DDL_CREATE_DATABASE;
    struct arena *a = &r->s->pending_arena;
    if (!names(r->sql, whole ? t->database : t->name) || r->reached.ntables == UINT16_MAX)
        return;
    r->reached.tables =
        arena_grown(a, r->reached.tables, r->reached.ntables, &r->cap, sizeof *r->reached.tables);
    r->reached.tables[r->reached.ntables++] =
        (struct ddl_table){ arena_strdup(a, t->database), arena_strdup(a, t->name), NULL, NULL };
}

static int look_up_all(struct mysql_source *s, const struct ddl *d, struct err *err)
{
    for (uint16_t i = 0; i < d->ntables; i++) {
        const struct ddl_table *t = &d->tables[i];
        if (look_up(s, t->database, t->table, err) ||
            (t->to_table && look_up(s, t->to_database, t->to_table, err)))
            return -1;
    }
    return 0;
}

/* A copy, in the pending arena, of what was known of a table before the statement. */
static const struct mysql_table_def *copy_of(struct mysql_source *s, const char *database,
                                             const char *table)
{
    const struct mysql_table_def *t = mysql_schema_find(s->tables.schema, database, table);
    if (!t)
        return NULL;
    struct mysql_table_def *copy = arena_alloc(&s->pending_arena, sizeof *copy);
    *copy = mysql_table_def_copy(t, &s->pending_arena);
    return copy;
}

static int changed(struct mysql_source *s, const char *database, const char *table,
                   const struct mysql_table_def *before, struct err *err)
{
    mysql_tables_changed(&s->tables, database, table);
    return mysql_definition_pend(s, database, table, before, err);
}

static int warn_of_rows(const struct mysql_source *s, const char *database, const char *table,
                        struct slice sql, struct err *err)
{
    int wanted = mysql_tables_wanted(&s->tables, database, table, err);
    if (wanted > 0)
        log_warn("rows of a table were moved, dropped or brought as a whole, the binlog does not "
                 "have them: read the table anew with tailrace backfill "
                 "(which does not take rows away) table=%s.%s place=%s:%llu statement=\"%.*s\"",
                 database, table, s->stream.file, (unsigned long long)s->stream.start,
                 (int)(sql.n > 300 ? 300 : sql.n), (const char *)sql.p);
    return wanted < 0 ? -1 : 0;
}

bool mysql_statement_is_temporary(const struct binlog_event *e, struct slice sql,
                                  enum ddl_kind kind)
{
    bool may = kind == DDL_ALTER_TABLE || kind == DDL_CREATE_INDEX || kind == DDL_DROP_INDEX ||
               kind == DDL_TRUNCATE;
    return may && e->flags & BINLOG_OF_SESSION && !names(sql, "CONNECTION_ID");
}

/*
 * Applies a statement to the definitions. A renamed table keeps its rows: its records stay under
 * the old name, and there are none under the new name.
 */
static int follow(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                  const struct ddl *d, struct err *err)
{
    size_t room = (d->ntables + 1u) * sizeof(void *);
    const struct mysql_table_def **before = arena_alloc(&s->pending_arena, room),
                                 **before_to = arena_alloc(&s->pending_arena, room);
    for (uint16_t i = 0; i < d->ntables; i++) {
        const struct ddl_table *t = &d->tables[i];
        before[i] = copy_of(s, t->database, t->table);
        before_to[i] = t->to_table ? copy_of(s, t->to_database, t->to_table) : NULL;
    }
    if (d->moves_rows && warn_of_rows(s, d->tables[0].database, d->tables[0].table, sql, err))
        return -1;
    for (uint16_t i = 0; i < d->ntables; i++)
        if (d->tables[i].to_table &&
            warn_of_rows(s, d->tables[i].to_database, d->tables[i].to_table, sql, err))
            return -1;
    struct err why = { 0 };
    if (ddl_apply(sql, ctx, d, s->tables.schema, &why)) {
        log_warn("a statement is not understood, its tables are looked up: %s statement=\"%.*s\"",
                 why.msg, (int)(sql.n > 300 ? 300 : sql.n), (const char *)sql.p);
        if (look_up_all(s, d, err))
            return -1;
    }
    for (uint16_t i = 0; i < d->ntables; i++) {
        const struct ddl_table *t = &d->tables[i];
        if (changed(s, t->database, t->table, before[i], err) ||
            (t->to_table && changed(s, t->to_database, t->to_table, before_to[i], err)))
            return -1;
    }
    return mysql_changes_pend(s, sql, d, before, err);
}

/*
 * The tables of the statement cannot be parsed. It can only concern known tables whose names it
 * contains: these are looked up. Their next TABLE_MAP decides whether that is enough. Only a
 * TRUNCATE of a table that is read leaves no trace there: it fails (ERR_DATA).
 */
int mysql_statement_unread(struct mysql_source *s, struct slice sql, const struct ddl *d,
                           const struct err *why, struct err *err)
{
    struct reach r = { .sql = sql, .d = d, .s = s };
    mysql_schema_each(s->tables.schema, reach_one, &r);
    log_warn("a statement cannot be read, the tables that it names are looked up: %s tables=%u "
             "statement=\"%.*s\"",
             why->msg, r.reached.ntables, (int)(sql.n > 300 ? 300 : sql.n), (const char *)sql.p);
    for (uint16_t i = 0; i < r.reached.ntables; i++) {
        const struct ddl_table *t = &r.reached.tables[i];
        int emptied = d->kind == DDL_TRUNCATE
                          ? mysql_tables_wanted(&s->tables, t->database, t->table, err)
                          : 0;
        if (emptied)
            return emptied < 0 ? -1 : err_set(err, ERR_DATA, "%s", why->msg);
        const struct mysql_table_def *before = copy_of(s, t->database, t->table);
        if (look_up(s, t->database, t->table, err) ||
            changed(s, t->database, t->table, before, err))
            return -1;
    }
    return 0;
}

int mysql_statement(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                    const struct ddl *d, struct err *err)
{
    if (d->temporary)
        return 0;
    if (d->kind == DDL_TRUNCATE) {
        for (uint16_t i = 0; i < d->ntables; i++)
            if (truncate_table(s, &d->tables[i], err))
                return -1;
        return 0;
    }
    if (d->kind != DDL_RENAME_TABLE)
        return follow(s, sql, ctx, d, err);
    struct ddl base = ddl_without_temporary(d, s->tables.schema, &s->pending_arena);
    return base.ntables ? follow(s, sql, ctx, &base, err) : 0;
}
