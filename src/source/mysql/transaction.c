/*
 * Turns binlog events (stream.c) into the flow's events: where a transaction begins and ends, XA,
 * rollbacks, rows, statements. Moves the position past each transaction that was handed out.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/cursor_le.h"
#include "source/mysql/binlog/codec.h"
#include "source/mysql/source.h"

static int stop_at(const struct mysql_source *s, enum err_class class, struct err *err,
                   const char *what)
{
    return err_set(err, class, "%s:%llu: %s", s->stream.file, (unsigned long long)s->stream.start,
                   what);
}

void mysql_group_reset(struct mysql_group *g)
{
    struct buf gtid = g->gtid;
    if (g->xa)
        mysql_xa_free(g->xa);       /* it was never prepared */
    *g = (struct mysql_group){ .gtid = gtid, .thread = -1 };
    g->gtid.n = 0;
}

/* ---- where a transaction begins ---- */

/* Without GTIDs, the place tells whether an earlier run handed a transaction out. */
static bool before_position(const struct mysql_source *s)
{
    return mysql_file_order(s->stream.file, s->stream.end, s->pos.done.file, s->pos.done.pos) <= 0;
}

/*
 * A server that crashed while it wrote a transaction may leave it without an end. That transaction
 * is rolled back.
 */
static int leave_group(struct mysql_source *s, struct err *err)
{
    if (s->group.open && !s->group.known && s->group.changes)
        return stop_at(s, ERR_FATAL, err,
                       "the transaction before has no end in the binlog, and rows of it were "
                       "handed out: take a new snapshot");
    mysql_group_reset(&s->group);
    return 0;
}

/*
 * The group's GTID is in g->gtid. Fails (ERR_FATAL) if the feed stopped inside a transaction and
 * another one comes first here: servers may order transactions differently.
 */
static int open_group(struct mysql_source *s, bool known, struct err *err)
{
    struct mysql_group *g = &s->group;
    const char *gtid = buf_cstr(&g->gtid);
    g->open = true;
    g->known = known;
    if (known)
        return 0;
    if (s->pos.ordinal && *s->pos.in && strcmp(s->pos.in, gtid))
        return err_set(err, ERR_FATAL,
                       "%s:%llu: the feed stopped inside transaction %s, and another one comes "
                       "first here, %s: the servers have them in "
                       "different orders. Read the former server on, or take a new snapshot",
                       s->stream.file, (unsigned long long)s->stream.start, s->pos.in, gtid);
    snprintf(s->pos.in, sizeof s->pos.in, "%s", gtid);
    g->skip = s->pos.ordinal;
    return 0;
}

/*
 * Reading may have begun before the position because of this transaction (struct mysql_position,
 * from). After a restart it must begin there again.
 */
static struct mysql_xa *new_xa(const struct mysql_source *s, const struct buf *name,
                               uint32_t server_id)
{
    bool again = s->group.known && *s->pos.from.file;
    return mysql_xa_new(buf_slice(name), again ? &s->pos.from : &s->pos.done, server_id);
}

/*
 * A server keeps the origin's time of the commit. The same GTID with another time is another
 * transaction.
 */
static bool is_another(const struct mysql_source *s)
{
    const struct mysql_group *g = &s->group;
    return *s->pos.last && g->original_us && g->original_us != s->pos.last_us &&
           slice_eq(buf_slice(&g->gtid), slice_str(s->pos.last));
}

static int begin_mysql(struct mysql_source *s, const struct binlog_event *e, struct err *err)
{
    struct mysql_group *g = &s->group;
    struct binlog_gtid id;
    if (binlog_gtid_read(e, &id, err))
        return -1;
    if (leave_group(s, err))
        return -1;
    memcpy(g->uuid, id.uuid, sizeof g->uuid);
    memcpy(g->tag, id.tag, sizeof g->tag);
    g->number = id.number;
    g->commit_us = id.original_commit_us ? id.original_commit_us : id.commit_us;
    g->original_us = id.original_commit_us;
    g->may_undo = id.statements || !id.number;
    if (g->number)
        gtid_write_one(g->uuid, g->tag, g->number, &g->gtid);
    if (is_another(s)) {
        s->base.gone = true;
        return err_set(err, ERR_FATAL,
                       "%s:%llu: transaction %s is not the one that was read: the servers were "
                       "reset, and count their transactions "
                       "anew. " MYSQL_WAY_OUT,
                       s->stream.file, (unsigned long long)s->stream.start, buf_cstr(&g->gtid));
    }
    return open_group(
        s, g->number ? gtid_has(&s->pos.done.gtid, g->uuid, g->tag, g->number) : before_position(s),
        err);
}

static int begin_transaction(struct mysql_source *s, const struct binlog_event *e,
                             struct event *ev);

/*
 * At a server that was not read before, a domain that is not known must be there from its first
 * transaction on. True: it begins later.
 */
static bool begins_late(const struct mysql_source *s)
{
    const struct mysql_group *g = &s->group;
    const struct gtid_entry *outside = gtid_domain(&s->pos.outside, g->domain);
    return s->domains_from_start && g->maria_number > 1 + (outside ? outside->number : 0) &&
           !gtid_domain(&s->pos.done.gtid, g->domain) && !mysql_domain_deleted(s->opt, g->domain);
}

static int begin_maria(struct mysql_source *s, const struct binlog_event *e, struct event *ev,
                       struct err *err)
{
    struct mysql_group *g = &s->group;
    struct binlog_maria_gtid id;
    if (binlog_maria_gtid_read(e, &id, err))
        return -1;
    if (leave_group(s, err))
        return -1;
    g->domain = id.domain;
    g->server = e->server_id;
    g->maria_number = id.number;
    gtid_write_maria(g->domain, g->server, g->maria_number, &g->gtid);
    if (begins_late(s)) {
        s->base.gone = true;
        return err_set(err, ERR_FATAL,
                       "%s:%llu: the first transaction of domain %u in this server's binlog is %s: "
                       "what came before it was not read, and is "
                       "not there. " MYSQL_WAY_OUT,
                       s->stream.file, (unsigned long long)s->stream.start, g->domain,
                       buf_cstr(&g->gtid));
    }
    if (open_group(s, gtid_pass_maria(&s->behind, g->domain, g->server, g->maria_number), err))
        return -1;
    g->single = id.flags & (MARIA_STANDALONE | MARIA_XA_COMPLETED);
    g->may_undo = true;
    if (id.flags & MARIA_XA_PREPARED) {
        struct buf name = { 0 };
        mysql_xa_name(&id.xid, &name);
        g->xa = new_xa(s, &name, e->server_id);
        buf_done(&name);
    }
    return g->single || g->xa ? 0 : begin_transaction(s, e, ev);
}

/* ---- events of a transaction ---- */

static void fill(struct mysql_source *s, const struct binlog_event *e, struct event *ev,
                 enum event_kind kind)
{
    struct mysql_group *g = &s->group;
    s->event_us = g->commit_us ? g->commit_us : (int64_t)e->timestamp * 1000000;
    s->place = (struct binlog_place){
        .file = s->stream.file,
        .pos = s->stream.start,
        .server_id = e->server_id,
        .gtid = g->gtid.n ? buf_cstr(&g->gtid) : NULL,
        .thread = g->thread,
        .query = s->query.n ? buf_slice(&s->query) : (struct slice){ NULL, 0 },
    };
    *ev = (struct event){ .kind = kind, .commit_us = s->event_us, .place = &s->place };
}

/*
 * Where a table without transactions or a temporary table was touched, the log has a transaction
 * even if it rolled back, in part or whole. Nothing before its end says so. MySQL with GTIDs writes
 * such a rollback only beside statements.
 */
static int begin_transaction(struct mysql_source *s, const struct binlog_event *e, struct event *ev)
{
    struct mysql_group *g = &s->group;
    g->begun = true;
    if (g->known)
        return 0;
    if (g->may_undo && !g->xa) {
        g->xa = mysql_xa_new(slice_str(""), NULL, e->server_id);
        g->begun_at = s->stream.start;
        g->begun_at_s = e->timestamp;
        return 0;
    }
    fill(s, e, ev, EV_BEGIN);
    return 1;
}

/*
 * Hands out what was held back: EV_BEGIN first, with the place and time of the transaction's first
 * event.
 */
static int let_out(struct mysql_source *s, struct event *ev, struct err *err)
{
    struct mysql_group *g = &s->group;
    struct binlog_event first = { .timestamp = g->begun_at_s, .server_id = g->xa->server_id };
    uint64_t now = s->stream.start;
    s->replay = g->xa;
    g->xa = NULL;
    g->may_undo = false;
    s->stream.start = g->begun_at;
    fill(s, &first, ev, EV_BEGIN);
    s->stream.start = now;
    return mysql_xa_rewind(s->replay, err) ? -1 : 1;
}

static bool waits_for_end(const struct mysql_source *s)
{
    return s->group.xa && !mysql_xa_is_named(s->group.xa);
}

/*
 * Holds an event back. A transaction too large for memory goes out now, and the rest of it as it
 * comes; then it must not roll back.
 */
static int hold(struct mysql_source *s, struct slice raw, struct event *ev, struct err *err)
{
    enum { MOST = 4 << 20 };
    struct mysql_xa *x = s->group.xa;
    if (mysql_xa_put(x, raw, s->stream.start, err))
        return -1;
    if (mysql_xa_is_named(x) || x->memory.n < MOST)
        return 0;
    x->goes_on = true;
    return let_out(s, ev, err);
}

/* The whole group was handed out, or need not be: moves the position past it. */
static void end_group(struct mysql_source *s)
{
    struct mysql_group *g = &s->group;
    if (!g->known) {
        bool whose = g->number && g->original_us;
        snprintf(s->pos.last, sizeof s->pos.last, "%s", whose ? buf_cstr(&g->gtid) : "");
        s->pos.last_us = whose ? g->original_us : 0;
        if (g->number)
            gtid_add(&s->pos.done.gtid, g->uuid, g->tag, g->number);
        if (g->maria_number)
            gtid_add_maria(&s->pos.done.gtid, g->domain, g->server, g->maria_number);
        snprintf(s->pos.done.file, sizeof s->pos.done.file, "%s", s->stream.file);
        s->pos.done.pos = s->stream.end;
        s->pos.done.born = s->stream.born;
        s->pos.ordinal = 0;
        mysql_written_settle(s);
    }
    mysql_group_reset(g);
    s->query.n = 0;
}

/* The transaction ends, and none of its events wait. */
static int close_group(struct mysql_source *s, const struct binlog_event *e, struct event *ev)
{
    bool tell = s->group.begun && !s->group.known;
    if (tell) {     /* the GTID's text stays valid until the next group writes there */
        fill(s, e, ev, EV_COMMIT);
    } else if (!s->group.known) {
        *ev = (struct event){ .kind = EV_POSITION };
        tell = true;
    }
    end_group(s);
    return tell;
}

static int commit(struct mysql_source *s, const struct binlog_event *e, struct event *ev,
                  struct err *err)
{
    return waits_for_end(s) ? let_out(s, ev, err) : close_group(s, e, ev);
}

static int roll_back(struct mysql_source *s, const struct binlog_event *e, const struct ddl *d,
                     struct event *ev, struct err *err)
{
    struct mysql_group *g = &s->group;
    if (g->xa)
        mysql_xa_undo(g->xa, d->savepoint);
    else if (g->changes && !g->known)
        return stop_at(s, ERR_FATAL, err,
                       "rows that were handed out are rolled back: the transaction is too large to "
                       "wait for its end, and touched a "
                       "table without transactions or a temporary one");
    return d->kind == DDL_ROLLBACK ? commit(s, e, ev, err) : 0;
}

/* ---- XA ---- */

static struct mysql_xa **find_held(struct mysql_source *s, const char *xid)
{
    struct mysql_xa **x = &s->held;
    while (*x && strcmp((*x)->xid, xid))
        x = &(*x)->next;
    return x;
}

/*
 * Reading must begin before the oldest prepared transaction: its rows stand there and nowhere else.
 */
static void note_from(struct mysql_source *s)
{
    mysql_place_done(&s->pos.from);
    s->pos.from.file[0] = 0;
    if (!s->held)
        return;
    mysql_place_copy(&s->pos.from, &s->held->before);
}

static void let_go(struct mysql_source *s, struct mysql_xa **at)
{
    struct mysql_xa *x = *at;
    *at = x->next;
    mysql_xa_free(x);
    note_from(s);
}

static int prepared(struct mysql_source *s, const struct binlog_event *e, struct event *ev,
                    struct err *err)
{
    struct binlog_xa_prepare p;
    if (binlog_xa_prepare_read(e, &p, err))
        return -1;
    struct mysql_xa *x = s->group.xa;
    if (!x)
        return stop_at(s, ERR_FATAL, err, "an XA transaction is prepared that was not begun");
    s->group.xa = NULL;
    if (p.one_phase && s->group.known) {
        mysql_xa_free(x);
        return close_group(s, e, ev);
    }
    s->group.may_undo = false;
    if (p.one_phase) {
        s->replay = x;
        return mysql_xa_rewind(x, err) ? -1 : begin_transaction(s, e, ev);
    }
    struct mysql_xa **last = &s->held;
    while (*last)
        last = &(*last)->next;
    *last = x;
    note_from(s);
    return close_group(s, e, ev);
}

/*
 * XA COMMIT, XA ROLLBACK. If an earlier run handed out this statement's group, the events that were
 * held are not needed any more.
 */
static int settle_xa(struct mysql_source *s, const struct binlog_event *e, const struct ddl *d,
                     struct event *ev, struct err *err)
{
    struct buf name = { 0 };
    if (mysql_xa_name_of_text(d->xid, &name, err))
        return -1;
    struct mysql_xa **at = find_held(s, buf_cstr(&name)), *x = *at;
    bool known = s->group.known, roll_back = d->kind == DDL_XA_ROLLBACK;
    if (!x && !known && !roll_back)
        err_set(err, ERR_FATAL,
                "%s:%llu: XA transaction %s is committed, but its rows stand before the place "
                "where this feed began: they are "
                "not in the stream. Take a new snapshot",
                s->stream.file, (unsigned long long)s->stream.start, buf_cstr(&name));
    bool lost = !x && !known && !roll_back;
    buf_done(&name);
    if (lost)
        return -1;
    if (x && !known && !roll_back) {
        s->group.may_undo = false;
        /* held until its last row is out: a restart before that must find its rows again */
        s->replay = x;
        return mysql_xa_rewind(x, err) ? -1 : begin_transaction(s, e, ev);
    }
    if (x)
        let_go(s, at);
    return close_group(s, e, ev);
}

/* ---- rows ---- */

/*
 * Does an image lack a column that is not generated? MariaDB 11 leaves generated columns out of
 * updates and deletes.
 */
static bool lacks_columns(const struct mysql_entry *e, const uint8_t *image, uint16_t nimage)
{
    for (uint16_t i = 0; image && nimage != e->nlogged && i < e->ncols; i++)
        if (!bit_is_set(image, i) &&
            !(e->table->cols[i].about && e->table->cols[i].about->generated))
            return true;
    return false;
}

static void mark_unsaid(const struct mysql_entry *e, const uint8_t *image, uint16_t nimage,
                        struct cell *cells)
{
    for (uint16_t i = 0; image && nimage != e->nlogged && i < e->ncols; i++)
        if (cells[i].kind == CELL_ABSENT)
            cells[i].kind = CELL_UNSAID;
}

static int begin_rows(struct mysql_source *s, const struct binlog_event *e, struct err *err)
{
    struct mysql_entry *entry =
        mysql_tables_by_id(&s->tables, binlog_rows_table(&s->stream.format, e));
    if (!entry)
        return stop_at(s, ERR_FATAL, err, "rows came before the description of their table");
    if (entry->unwanted)
        return 0;
    if (binlog_rows_read(&s->stream.format, e, &s->inflated, &s->rows, err))
        return err_wrap(err, "%s:%llu: %s.%s", s->stream.file, (unsigned long long)s->stream.start,
                        entry->database, entry->name);
    if (s->rows.ncols != entry->nlogged)
        return stop_at(s, ERR_FATAL, err, "rows have another number of columns than their table");
    if (lacks_columns(entry, s->rows.in_before, s->rows.nbefore) ||
        lacks_columns(entry, s->rows.in_after, s->rows.nafter))
        return err_set(err, ERR_FATAL,
                       "%s:%llu: rows of %s.%s come without some of their columns: they were "
                       "written with a binlog_row_image other "
                       "than FULL, which a session may have of its own. Take a new snapshot",
                       s->stream.file, (unsigned long long)s->stream.start, entry->database,
                       entry->name);
    struct event place;
    fill(s, e, &place, EV_POSITION);
    s->entry = entry;
    s->row = 0;
    return 0;
}

bool mysql_count_change(struct mysql_source *s)
{
    struct mysql_group *g = &s->group;
    g->changes++;
    if (g->changes <= g->skip)
        return false;
    s->pos.ordinal = g->changes;
    return true;
}

int mysql_next_row(struct mysql_source *s, struct event *ev, struct err *err)
{
    struct mysql_entry *entry = s->entry;
    for (;;) {
        arena_reset(&s->row_arena);
        int got = binlog_rows_next(&s->rows, entry->cols, &s->row_arena, entry->before,
                                   entry->after, err);
        if (got <= 0) {
            s->entry = NULL;
            return got ? err_wrap(err, "%s:%llu: %s.%s", s->stream.file,
                                  (unsigned long long)s->stream.start, entry->database, entry->name)
                       : 0;
        }
        mark_unsaid(entry, s->rows.in_before, s->rows.nbefore, entry->before);
        mark_unsaid(entry, s->rows.in_after, s->rows.nafter, entry->after);
        s->place.row = s->row++;
        if (!mysql_count_change(s) && !s->opt->hand_known)
            continue;
        *ev = (struct event){
            .kind = s->rows.kind,
            .table = entry->table,
            .commit_us = s->event_us,
            .place = &s->place,
            .seq = s->group.changes,
            .before = { s->rows.kind == EV_INSERT ? NULL : entry->before },
            .after = { s->rows.kind == EV_DELETE ? NULL : entry->after },
            .known = s->group.changes <= s->group.skip,
        };
        return 1;
    }
}

/* ---- statements ---- */

static const struct mysql_collation *collation(const struct mysql_source *s, uint16_t id)
{
    return id ? mysql_collation_find(&s->tables.collations, id) : NULL;
}

static bool of_server(const struct mysql_source *s, const struct binlog_event *e, struct slice sql)
{
    bool inside = s->group.begun && !s->group.single;
    return e->server_id == s->server.server_id && ddl_of_server(sql, s->dialect.mariadb, inside);
}

static int to_utf8(const struct mysql_source *s, const struct binlog_event *e,
                   const struct binlog_query *q, struct buf *out, struct err *err)
{
    const struct mysql_collation *k = of_server(s, e, q->sql) ? NULL : collation(s, q->charset);
    if (!ddl_to_utf8(k ? k->charset : NULL, q->sql, out))
        return 0;
    if (charset_put(NULL, q->sql, out))
        return stop_at(s, ERR_DATA, err, "a statement is not text of its session's character set");
    return 0;
}

static bool is(struct slice s, const char *word)
{
    return s.n == strlen(word) && strncasecmp((const char *)s.p, word, s.n) == 0;
}

/* 1: CREATE TABLE ... SELECT of a table that is read and that was not there before; -1: err. */
static int makes_rows(const struct mysql_source *s, const struct ddl *d, struct err *err)
{
    const struct ddl_table *t = d->tables;
    if (!d->selects || d->temporary || s->group.known ||
        (d->guarded && mysql_schema_find(s->tables.schema, t->database, t->table)))
        return 0;
    return mysql_tables_wanted(&s->tables, t->database, t->table, err);
}

static int begin_xa(struct mysql_source *s, const struct binlog_event *e, const struct ddl *d,
                    struct err *err)
{
    struct buf name = { 0 };
    int rc = mysql_xa_name_of_text(d->xid, &name, err);
    if (!rc)
        s->group.xa = new_xa(s, &name, e->server_id);
    buf_done(&name);
    return rc;
}

/*
 * A statement about tables: a group of its own, or the CREATE TABLE of a CREATE TABLE ... AS
 * SELECT, whose rows follow in the same transaction. unread: why its tables cannot be known; NULL:
 * they are known.
 */
static int about_tables(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                        const struct ddl_context *ctx, const struct ddl *d,
                        const struct err *unread, struct event *ev, struct err *err)
{
    struct event place;
    bool alone = !s->group.begun;
    fill(s, e, &place, EV_POSITION);
    int rc = s->group.known ? 0
             : unread       ? mysql_statement_unread(s, sql, d, unread, err)
                            : mysql_statement(s, sql, ctx, d, err);
    if (rc)
        return err_wrap(err, "%s:%llu", s->stream.file, (unsigned long long)s->stream.start);
    /* the position moves past the statement when all its events are out */
    if (alone && s->npending) {
        s->end_after_pending = true;
        return 0;
    }
    /* a transaction that made a table does not roll back */
    if (waits_for_end(s) && s->npending) {
        s->group.xa->goes_on = true;
        return let_out(s, ev, err);
    }
    return alone ? commit(s, e, ev, err) : 0;
}

void mysql_end_statement(struct mysql_source *s, struct event *ev)
{
    *ev = (struct event){ .kind = EV_POSITION };
    end_group(s);
}

static const struct mysql_text *collations_of(struct mysql_source *s, struct slice pairs,
                                              size_t *ret_n)
{
    struct mysql_text *list = arena_alloc(&s->pending_arena, (pairs.n / 4 + 1) * sizeof *list);
    *ret_n = 0;
    for (size_t i = 0; i + 4 <= pairs.n; i += 4) {
        const struct mysql_collation *of = collation(s, load_le16(pairs.p + i)),
                                     *to = collation(s, load_le16(pairs.p + i + 2));
        if (of && to)
            list[(*ret_n)++] = (struct mysql_text){ of->charset, to->name };
    }
    return list;
}

/*
 * The session that the statement ran in. MySQL 5.7 does not log whether a TIMESTAMP's attributes
 * are implicit; there they are.
 */
static struct ddl_context context(struct mysql_source *s, const struct binlog_query *q)
{
    enum {
        REAL_AS_FLOAT = 1,
        ANSI_QUOTES = 4,
        ORACLE = 0x200,
        MSSQL = 0x400,
        MAXDB = 0x1000,
        NO_BACKSLASH_ESCAPES = 0x100000,
        NO_ZERO_IN_DATE = 0x800000
    };
    /*
     * bits of sql_mode (sql_class.h): `truncate` and interpret_utf8 are MySQL's, the others
     * MariaDB's
     */
    const uint64_t truncate = 1ull << 32, empty_is_null = 1ull << 32, round = 1ull << 34;
    const uint64_t interpret_utf8 = 1ull << 33;
    bool maria = s->dialect.mariadb;
    const struct mysql_collation *server = collation(s, q->server_collation),
                                 *utf8mb4 = collation(s, q->utf8mb4_collation);
    const struct mysql_collation *client = collation(s, q->charset);
    const struct mysql_collation *connection = collation(s, q->connection);
    size_t ncollations;
    const struct mysql_text *collations = collations_of(s, q->charset_collations, &ncollations);
    return (struct ddl_context){
        .failed = q->error != 0,
        .charset = client && strncmp(client->charset, "utf8", 4) != 0 ? client->charset : NULL,
        .connection = connection ? connection->charset : NULL,
        .time_zone = q->time_zone.n ? arena_printf(&s->pending_arena, "%.*s", (int)q->time_zone.n,
                                                   (const char *)q->time_zone.p)
                                    : NULL,
        .collations = collations,
        .ncollations = ncollations,
        .database = arena_printf(&s->pending_arena, "%.*s", (int)q->database.n,
                                 (const char *)q->database.p),
        .ansi_quotes = q->sql_mode & ANSI_QUOTES,
        .no_backslash_escapes = q->sql_mode & NO_BACKSLASH_ESCAPES,
        .real_as_float = q->sql_mode & REAL_AS_FLOAT,
        .oracle = maria && q->sql_mode & ORACLE,
        .maxdb = maria && q->sql_mode & MAXDB,
        .no_zero_in_date = q->sql_mode & NO_ZERO_IN_DATE,
        .utf8_is_utf8mb4 = !maria && q->sql_mode & interpret_utf8,
        .brackets = maria && q->sql_mode & MSSQL,
        .empty_is_null = maria && q->sql_mode & empty_is_null,
        .rounds = maria ? (q->sql_mode & round) != 0 : !(q->sql_mode & truncate),
        .server = &s->dialect,
        .collation = server ? server->name : NULL,
        .utf8mb4_collation = utf8mb4 ? utf8mb4->name : NULL,
        .implicit_timestamp = q->timestamp == TIMESTAMP_IMPLICIT ||
                              (q->timestamp == TIMESTAMP_NOT_SAID && s->dialect.version < 80000),
    };
}

static int statement(struct mysql_source *s, const struct binlog_event *e, struct slice sql,
                     const struct binlog_query *q, struct event *ev, struct err *err)
{
    struct arena *a = &s->pending_arena;
    struct ddl d = { 0 };
    arena_reset(a);     /* nothing is pending, so nothing in it is needed */
    struct ddl_context ctx = context(s, q);
    if (of_server(s, e, q->sql))
        ctx.charset = ctx.connection = NULL;    /* the server's text, whatever the session's sets */
    struct err unread = { 0 };
    int rc = ddl_read(sql, &ctx, a, &d, &unread);
    bool temporary = mysql_statement_is_temporary(e, sql, d.kind);
    if ((temporary || d.temporary) && !s->group.known && mysql_written_merges(s, sql, &ctx, err))
        return -1;
    if (temporary)
        return s->group.begun ? 0 : commit(s, e, ev, err);
    bool other = d.kind == DDL_OTHER || d.kind > DDL_DML;
    if (other && !s->group.known && mysql_written_meets(s, sql, &ctx, &d, rc != 0, err))
        return -1;
    if (rc) {
        if (other)
            return about_tables(s, e, sql, &ctx, &d, &unread, ev, err);
        return stop_at(s, ERR_DATA, err, unread.msg);
    }
    switch (d.kind) {
    case DDL_BEGIN:         return begin_transaction(s, e, ev);
    case DDL_COMMIT:        return commit(s, e, ev, err);
    case DDL_ROLLBACK:
    case DDL_ROLLBACK_TO:   return roll_back(s, e, &d, ev, err);
    case DDL_SAVEPOINT:
        if (s->group.xa)
            mysql_xa_savepoint(s->group.xa, d.savepoint);
        return 0;
    case DDL_XA_END:
    case DDL_XA_PREPARE:    return 0;
    case DDL_XA_START:      return begin_xa(s, e, &d, err);
    case DDL_XA_COMMIT:
    case DDL_XA_ROLLBACK:   return settle_xa(s, e, &d, ev, err);
    case DDL_DML:
        return s->group.known ? 0 : mysql_written(s, e, sql, &ctx, err);
    case DDL_OTHER:         return s->group.begun ? 0 : commit(s, e, ev, err);
    case DDL_CREATE_TABLE:
        rc = makes_rows(s, &d, err);
        if (rc)
            return rc < 0 ? -1 : mysql_not_rows(s, sql, "", err);
        if (d.selects && !s->group.known && mysql_written_select(s, e, sql, &ctx, err))
            return -1;
        return about_tables(s, e, sql, &ctx, &d, NULL, ev, err);
    default:                return about_tables(s, e, sql, &ctx, &d, NULL, ev, err);
    }
}

static int query(struct mysql_source *s, const struct binlog_event *e, struct event *ev,
                 struct err *err)
{
    struct binlog_query q;
    if (binlog_query_read(&s->stream.format, e, &s->inflated, &q, err))
        return -1;
    s->group.thread = s->server.mariadb ? -1 : (int64_t)q.thread;
    s->group.charset = q.charset;
    if (is(q.sql, "BEGIN"))
        return begin_transaction(s, e, ev);
    if (is(q.sql, "COMMIT"))
        return commit(s, e, ev, err);
    if (q.without_effect)
        return commit(s, e, ev, err);
    struct buf sql = { 0 };
    int rc = to_utf8(s, e, &q, &sql, err) ? -1 : statement(s, e, buf_slice(&sql), &q, ev, err);
    buf_done(&sql);
    return rc;
}

/*
 * The statement's text, in the session's character set. It may hold literals in bytes of any set,
 * but a record's string must be UTF-8.
 */
static int rows_query(struct mysql_source *s, const struct binlog_event *e, struct err *err)
{
    struct slice text;
    const struct mysql_collation *k = collation(s, s->group.charset);
    const struct charset *cs = NULL;
    if (!s->opt->query)
        return 0;
    if (binlog_rows_query_read(e, &text, err))
        return -1;
    s->query.n = 0;
    if (k && charset_find(k->charset, &cs))
        cs = NULL;
    if (!cs || charset_put(cs, text, &s->query))
        utf8_put_readable(text, &s->query);
    return 0;
}

static int table_map(struct mysql_source *s, const struct binlog_event *e, struct err *err)
{
    struct binlog_table_map m;
    if (binlog_table_map_read(&s->stream.format, e, &m, err))
        return err_wrap(err, "%s:%llu", s->stream.file, (unsigned long long)s->stream.start);
    return mysql_tables_take(&s->tables, &m, err);
}

/* ---- one event ---- */

static bool of_rows(uint8_t type)
{
    return (type >= BINLOG_WRITE_V1 && type <= BINLOG_DELETE_V1) ||
           (type >= BINLOG_WRITE_V2 && type <= BINLOG_DELETE_V2) || type == BINLOG_PARTIAL_UPDATE ||
           (type >= BINLOG_MARIA_WRITE_COMPRESSED_V1 && type <= BINLOG_MARIA_DELETE_COMPRESSED);
}

static bool of_transaction(uint8_t type)
{
    return of_rows(type) || type == BINLOG_TABLE_MAP || type == BINLOG_ROWS_QUERY ||
           type == BINLOG_MARIA_ANNOTATE;
}

static int take_one(struct mysql_source *s, const struct binlog_event *e, struct event *ev,
                    struct err *err)
{
    if (of_rows(e->type))
        return s->group.known ? 0 : begin_rows(s, e, err);
    switch (e->type) {
    case BINLOG_TABLE_MAP:          return s->group.known ? 0 : table_map(s, e, err);
    case BINLOG_ROWS_QUERY:
    case BINLOG_MARIA_ANNOTATE:     return rows_query(s, e, err);
    case BINLOG_GTID:
    case BINLOG_ANONYMOUS_GTID:
    case BINLOG_GTID_TAGGED:        return begin_mysql(s, e, err);
    case BINLOG_MARIA_GTID:         return begin_maria(s, e, ev, err);
    case BINLOG_QUERY:
    case BINLOG_EXECUTE_LOAD_QUERY:
    case BINLOG_MARIA_QUERY_COMPRESSED: return query(s, e, ev, err);
    case BINLOG_XID:                return commit(s, e, ev, err);
    case BINLOG_XA_PREPARE:         return prepared(s, e, ev, err);
    case BINLOG_VIEW_CHANGE:        return commit(s, e, ev, err);
    case BINLOG_INCIDENT:
        return stop_at(s, ERR_FATAL, err,
                       "the server says that changes are missing in its binlog (INCIDENT): take a "
                       "new snapshot");
    case BINLOG_BEGIN_LOAD_QUERY:
    case BINLOG_APPEND_BLOCK:
    case BINLOG_DELETE_FILE:
        return 0; /* the file of a LOAD DATA, for the statement that follows */
    case BINLOG_PRE_GA_WRITE: case BINLOG_PRE_GA_UPDATE: case BINLOG_PRE_GA_DELETE:
        return stop_at(s, ERR_FATAL, err,
                       "rows in the form of MySQL 5.1's test releases cannot be read");
    default:
        if (e->flags & BINLOG_MAY_IGNORE)
            return 0;
        return err_set(err, ERR_FATAL, "%s:%llu: binlog event of unknown type %u", s->stream.file,
                       (unsigned long long)s->stream.start, e->type);
    }
}

int mysql_take(struct mysql_source *s, const struct binlog_event *e, struct slice raw,
               struct event *ev, struct err *err)
{
    if (s->stream.new_format) {
        s->stream.new_format = false;
        mysql_tables_forget_ids(&s->tables);
    }
    if (s->group.xa && of_transaction(e->type))
        return hold(s, raw, ev, err);
    return take_one(s, e, ev, err);
}

int mysql_next_of_replay(struct mysql_source *s, struct event *ev, struct err *err)
{
    struct binlog_event e = { .server_id = s->replay->server_id };
    struct slice raw;
    uint64_t start, end = s->stream.start;
    int got = mysql_xa_next(s->replay, &s->replay_event, &raw, &start, err);
    if (got < 0)
        return -1;
    if (!got) {
        bool goes_on = s->replay->goes_on;
        struct mysql_xa **at = find_held(s, s->replay->xid);
        if (*at)
            let_go(s, at);
        else
            mysql_xa_free(s->replay);   /* it was in no list */
        s->replay = NULL;
        return goes_on ? 0 : close_group(s, &e, ev);
    }
    if (binlog_event_read(&s->stream.format, raw, true, &e, err))
        return -1;
    s->stream.start = start;    /* the place of the transaction's rows */
    int rc = take_one(s, &e, ev, err);
    s->stream.start = end;
    return rc;
}
