/*
 * A change that was written as a statement, without rows. Passes it over where the catalog shows
 * that it touches no table that is read (reach.c); otherwise fails the feed.
 */
#include <string.h>
#include "base/log.h"
#include "source/mysql/ddl/hangs.h"
#include "source/mysql/ddl/parse.h"
#include "source/mysql/source.h"

int mysql_not_rows(const struct mysql_source *s, struct slice sql, const char *what,
                   struct err *err)
{
    return err_set(err, ERR_FATAL,
                   "%s:%llu: a change was written as a statement, not as rows: \"%.*s\". What it "
                   "changed cannot be known%s. Set binlog_format=ROW on every server of the "
                   "replication chain (and "
                   "in every session), then take a new snapshot",
                   s->stream.file, (unsigned long long)s->stream.start,
                   (int)(sql.n > 200 ? 200 : sql.n), (const char *)sql.p, what);
}

void mysql_reach_forget(struct mysql_source *s)
{
    mysql_reach_free(s->reach);
    s->reach = NULL;
}

/*
 * Is it a session's temporary table? The event must have the flag, and no other table may have that
 * name now. 1, 0; -1: err.
 */
static int is_temporary(struct mysql_source *s, const struct binlog_event *e,
                        const struct ddl_write *t, struct err *err)
{
    struct mysql_table_def *now;
    if (!(e->flags & BINLOG_OF_SESSION) ||
        mysql_schema_find(s->tables.schema, t->database, t->table))
        return 0;
    int rc = mysql_catalog_table(s->sql, &s->server, t->database, t->table, &s->pending_arena, &now,
                                 err);
    return rc ? -1 : !now;
}

/* Moves the temporary tables of *w to *own. */
static int leave_out_temporary(struct mysql_source *s, const struct binlog_event *e,
                               struct ddl_writes *w, struct ddl_writes *own, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->ntables; i++) {
        const struct ddl_write t = w->tables[i];
        int temporary = is_temporary(s, e, &t, err);
        if (temporary < 0)
            return -1;
        if (temporary)
            ddl_add_write(&s->pending_arena, own, t.database, t.table, t.ways);
        else
            w->tables[kept++] = t;
    }
    w->ntables = kept;
    return 0;
}

/* Finds the first table of *w that is read. *ret NULL: none is. */
static int find_read(const struct mysql_source *s, const struct ddl_writes *w,
                     const struct ddl_write **ret, struct err *err)
{
    *ret = NULL;
    for (size_t i = 0; i < w->ntables && !*ret; i++) {
        int wanted =
            mysql_tables_wanted(&s->tables, w->tables[i].database, w->tables[i].table, err);
        if (wanted < 0)
            return -1;
        if (wanted)
            *ret = &w->tables[i];
    }
    return 0;
}

/* Logs that a statement was passed over, once for each table. */
static int say_passed(struct mysql_source *s, const struct ddl_write *t, struct slice sql,
                      struct err *err)
{
    struct mysql_entry *e = mysql_tables_entry(&s->tables, t->database, t->table, err);
    if (!e)
        return -1;
    if (!e->by_statement)
        log_warn("a change of a table that is not read was written as a statement: it is passed "
                 "over, as by the "
                 "catalog of now it writes to nothing that is read table=%s.%s place=%s:%llu "
                 "statement=\"%.*s\"",
                 t->database, t->table, s->stream.file, (unsigned long long)s->stream.start,
                 (int)(sql.n > 300 ? 300 : sql.n), (const char *)sql.p);
    e->by_statement = true;
    return 0;
}

/* ---- the catalog is later than the statement ---- */

/* The line of a table in s->fresh. NULL: a quoted name holds a separator. */
static const char *fresh_line(struct mysql_source *s, const char *database, const char *table)
{
    if (strpbrk(database, "\t\n") || strpbrk(table, "\t\n"))
        return NULL;
    return arena_printf(&s->pending_arena, "\n%s\t%s\n", database, table);
}

static bool is_fresh(struct mysql_source *s, const char *database, const char *table)
{
    const char *line = s->fresh.n ? fresh_line(s, database, table) : NULL;
    return line && strstr(buf_cstr(&s->fresh), line);
}

static void add_fresh(struct mysql_source *s, const struct ddl_table *t)
{
    enum { MOST = 65536 };
    const char *line = fresh_line(s, t->database, t->table);
    if (s->fresh.n > MOST)
        s->fresh.n = 0;
    if (line && !is_fresh(s, t->database, t->table))
        buf_printf(&s->fresh, "%s", line);
}

/*
 * Keeps the list of fresh tables. A trigger or another table's foreign key cannot hang on a new
 * table before a statement says so. The table's own statement may name other tables (of a MERGE
 * table, a sequence).
 */
static void note_fresh(struct mysql_source *s, struct slice sql, const struct ddl *d, bool unread)
{
    bool hangs = unread || ddl_says_hangs(sql);
    bool moves = d->kind == DDL_RENAME_TABLE || d->kind == DDL_DROP_DATABASE ||
                 (d->kind == DDL_CREATE_DATABASE && d->replaces);
    for (uint16_t i = 0; i < d->ntables; i++)
        moves |= d->kind == DDL_DROP_TABLE || d->tables[i].to_table;
    if (hangs || moves)
        s->fresh.n = 0;
    else if (d->kind == DDL_CREATE_TABLE && d->ntables && !d->guarded)
        add_fresh(s, &d->tables[0]);
}

static bool is_behind(const struct mysql_source *s, const struct mysql_place *p)
{
    return mysql_file_order(p->file, p->pos, s->stream.file, s->stream.end) <= 0;
}

static void note_doubt(struct mysql_source *s, const struct ddl_writes *w,
                       const struct ddl_writes *own)
{
    const struct mysql_place *looked = s->reach ? mysql_reach_place(s->reach) : NULL;
    struct ddl_writes doubtful = { .calls = w->calls, .ncalls = w->ncalls };
    struct arena *a = &s->pending_arena;
    if (!looked)
        return; /* all tables are fresh */
    if (is_behind(s, looked))
        return; /* the log has shown every change since then */
    for (size_t i = 0; i < w->ntables; i++)
        if (!is_fresh(s, w->tables[i].database, w->tables[i].table))
            ddl_add_write(a, &doubtful, w->tables[i].database, w->tables[i].table, 0);
    for (size_t i = 0; i < own->ntables; i++)
        ddl_add_write(a, &doubtful, own->tables[i].database, own->tables[i].table, 0);
    mysql_doubt_add(&s->pos.doubt,
                    arena_printf(a, "%s:%llu", s->stream.file, (unsigned long long)s->stream.start),
                    looked, &doubtful);
}

/*
 * Reads the catalog (reach.c) if it is not known. A server with very many tables may take longer
 * than the feed waits for an answer. Then the feed retries at the same place, and the error says
 * what to raise.
 */
static int look_up(struct mysql_source *s, struct err *err)
{
    if (s->reach || (s->reach = mysql_reach_read(s->sql, &s->server, err)))
        return 0;
    return err_wrap(err, "the server's triggers, foreign keys, views and routines could not be "
                         "looked up (if that takes long: raise source.receive-timeout-ms)");
}

static int leads_to_read(void *arg, const char *database, const char *table, struct err *err)
{
    struct mysql_source *s = arg;
    int wanted = mysql_tables_wanted(&s->tables, database, table, err);
    if (wanted)
        return wanted;
    if (look_up(s, err))
        return -1;
    return mysql_reach_cascades(s->reach, database, table);
}

static bool doubt_is_behind(const struct mysql_source *s)
{
    const struct mysql_place *until = &s->pos.doubt.until;
    return *until->file ? is_behind(s, until) : gtid_within(&until->gtid, &s->pos.done.gtid);
}

/* Forgets the catalog that was looked up if the statement may change it. */
static void follow_hangs(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                         const struct ddl *d, bool unread)
{
    if (d->temporary)
        return;
    enum ddl_hangs hangs =
        unread ? DDL_HANGS_ANEW : ddl_hangs(sql, ctx, d, &s->pending_arena);
    if (hangs == DDL_HANGS_ANEW || d->kind == DDL_CREATE_TABLE)
        note_fresh(s, sql, d, unread);
    if (hangs == DDL_HANGS_ANEW ||
        (hangs == DDL_HANGS_RIGHTS && s->reach && !mysql_reach_whole(s->reach)))
        mysql_reach_forget(s);
}

int mysql_written_meets(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                        const struct ddl *d, bool unread, struct err *err)
{
    const char *what = NULL;
    if (mysql_doubt_open(&s->pos.doubt) &&
        mysql_doubt_meets(&s->pos.doubt, sql, ctx, d, unread, leads_to_read, s, &s->pending_arena,
                          &what, err))
        return -1;
    if (what)
        return err_set(
            err, ERR_FATAL,
            "%s:%llu: a change at %s, which was written as a statement, was passed over by "
            "the catalog of a later time, and before that time \"%.*s\" took away %s: whether the "
            "change "
            "went on from there to a table that is read cannot be known, rows may be missing. Take "
            "a new "
            "snapshot",
            s->stream.file, (unsigned long long)s->stream.start, s->pos.doubt.at,
            (int)(sql.n > 200 ? 200 : sql.n), (const char *)sql.p, what);
    follow_hangs(s, sql, ctx, d, unread);
    return 0;
}

/* Reads UNION = (a, b) of a MERGE table; passes over UNION (SELECT ..). */
static int read_union(struct ddl_parser *p, struct ddl_writes *to)
{
    static const char *const selects[] = { "SELECT", "WITH", "VALUES", "TABLE" };
    const char *database, *table;
    ddl_take_char(p, '=');
    if (!ddl_take_char(p, '('))
        return 0;
    for (size_t i = 0; i < sizeof selects / sizeof *selects; i++)
        if (ddl_at(p, selects[i]))
            return 0;
    while (!ddl_at_end(p) && !ddl_at_char(p, ')') && !ddl_at_char(p, '(')) {
        if (ddl_table_name(p, &database, &table))
            return -1;
        ddl_add_write(p->a, to, database, table, DDL_INSERTS);
        ddl_take_char(p, ',');
    }
    return 0;
}

int mysql_written_merges(struct mysql_source *s, struct slice sql, const struct ddl_context *ctx,
                         struct err *err)
{
    struct ddl_writes below = { 0 };
    const struct ddl_write *read = NULL;
    struct ddl_parser p;
    struct err unread = { 0 };
    struct arena *a = &s->pending_arena;
    if (!ddl_says(sql, "UNION"))
        return 0;
    int rc = ddl_parser(&p, sql, ctx, a, &unread);
    while (!rc && !ddl_at_end(&p)) {
        if (ddl_take(&p, "UNION"))
            rc = read_union(&p, &below);
        else
            ddl_next(&p);
    }
    if (rc)
        return mysql_not_rows(s, sql, "", err);
    if (find_read(s, &below, &read, err))
        return -1;
    return read
               ? mysql_not_rows(s, sql,
                                arena_printf(a, ": a session's temporary table is a MERGE of %s.%s",
                                             read->database, read->table),
                                err)
               : 0;
}

void mysql_written_settle(struct mysql_source *s)
{
    if (mysql_doubt_open(&s->pos.doubt) && doubt_is_behind(s))
        s->pos.doubt.names.n = 0;
}

/* ---- the statement ---- */

/*
 * Does the statement only insert values into fresh tables? Nothing hangs on these tables, and no
 * view is read.
 */
static bool is_fresh_insert(struct mysql_source *s, const struct ddl_writes *w,
                            const struct ddl_writes *own, struct slice sql)
{
    for (size_t i = 0; i < w->ntables; i++)
        if (w->tables[i].ways != DDL_INSERTS ||
            !is_fresh(s, w->tables[i].database, w->tables[i].table))
            return false;
    return w->ntables && !w->ncalls && !own->ntables && !ddl_may_select(sql);
}

/*
 * Fills *w with all tables that the statement may write to. The statement itself names the first
 * *ret_own of them.
 */
static int follow(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                  const struct ddl_context *ctx, bool select, struct ddl_writes *w,
                  struct ddl_writes *own, size_t *ret_own, struct err *err)
{
    const struct ddl_write *read;
    struct arena *a = &s->pending_arena;
    if (ddl_writes(sql, ctx, a, w, err))
        return -1;
    if (!select && !w->ntables && !w->ncalls)
        return err_set(err, ERR_DATA, "nothing that it writes to was found");
    bool must_see = !select || w->ncalls;
    if (leave_out_temporary(s, e, w, own, err))
        return -1;
    *ret_own = w->ntables;
    if (find_read(s, w, &read, err))
        return -1;
    if (read)
        return 0;       /* the catalog need not be asked */
    if (!select && is_fresh_insert(s, w, own, sql))
        return 0;
    if (look_up(s, err))
        return -1;
    return mysql_reach_follow(s->reach, sql, ctx, must_see, a, w, err);
}

static int written(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                   const struct ddl_context *ctx, bool select, struct err *err)
{
    struct ddl_writes w = { 0 }, own = { 0 };
    const struct ddl_write *read;
    struct err why = { 0 };
    struct arena *a = &s->pending_arena;
    size_t named = 0;
    int rc = follow(s, e, sql, ctx, select, &w, &own, &named, &why);
    if (rc && why.class == ERR_DATA)
        return mysql_not_rows(s, sql, arena_printf(a, ", nor which tables: %s", why.msg), err);
    if (find_read(s, &w, &read, err))
        return -1;
    if (read)
        return mysql_not_rows(s, sql,
                              arena_printf(a, ". It may write to %s.%s%s", read->database,
                                           read->table, read->by ? read->by : ""),
                              err);
    if (rc) {
        *err = why;
        return err_wrap(err, "%s:%llu: a change was written as a statement", s->stream.file,
                        (unsigned long long)s->stream.start);
    }
    note_doubt(s, &w, &own);
    for (size_t i = 0; i < named; i++)
        if (say_passed(s, &w.tables[i], sql, err))
            return -1;
    return 0;
}

int mysql_written(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                  const struct ddl_context *ctx, struct err *err)
{
    return written(s, e, sql, ctx, false, err);
}

int mysql_written_select(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                         const struct ddl_context *ctx, struct err *err)
{
    struct ddl_parser p;
    struct err unread = { 0 };
    if (ddl_parser(&p, sql, ctx, &s->pending_arena, &unread))
        return mysql_not_rows(s, sql, "", err);
    while (!ddl_at_end(&p) && !ddl_at(&p, "SELECT"))
        ddl_next(&p);
    const uint8_t *from = ddl_peek(&p, 0)->raw.p;
    return written(s, e, slice_of(from, sql.n - (size_t)(from - sql.p)), ctx, true, err);
}
