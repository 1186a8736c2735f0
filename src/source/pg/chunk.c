/*
 * PostgreSQL's reader (chunk.h): reads a chunk of a table with COPY, on a connection of its own,
 * and says where the log was then. The rows go to the loop that ordered the chunk.
 */
#include "source/pg/chunk.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "source/pg/position.h"
#include "source/pg/publish.h"
#include "source/pg/slot.h"

enum { MARK_WAIT_US = 5000, SAY_US = 60000000 };

static struct pg_reader *self(struct reader *r)
{
    return (struct pg_reader *)r;
}

static int command(struct pg_reader *r, const char *sql, struct err *err)
{
    PGresult *q = pg_exec(r->sql, sql, PGRES_COMMAND_OK, err);
    PQclear(q);
    return q ? 0 : -1;
}

/* ---- the tables ---- */

static int list(struct reader *base, read_table_fn *each, void *arg, struct err *err)
{
    struct pg_reader *r = self(base);
    return pg_fed_tables(r->sql, r->opt, each, arg, err);
}

/* ---- the snapshot ---- */

static const char begin_sql[] =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1;"
    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() "
    "END, pg_current_snapshot(),"
    " CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM "
    "pg_last_wal_replay_lsn() THEN"
    "  coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000, "
    "0)::bigint ELSE 0 END";

/*
 * How long the reader has waited for a snapshot with all that the stream has handed out, and when
 * it last said so.
 */
struct lacking {
    int64_t since_us, said_us;
};

/* Logs, once a minute, whom the snapshot waits for. */
static void say_lacking(struct pg_reader *r, struct lacking *l, uint64_t mark, uint64_t high,
                        uint32_t unseen)
{
    struct err unsaid = { 0 };
    int64_t now = clock_mono_us();
    if (!l->since_us)
        l->since_us = l->said_us = now;
    if (now - l->said_us < SAY_US)
        return;
    l->said_us = now;
    long long s = (now - l->since_us) / 1000000;
    if (r->standby) {
        log_warn("reading waits: this server has replayed less than the stream has handed out; do "
                 "both connections reach the same "
                 "server? seconds=%lld replayed=" PG_LSN_FMT " streamed=" PG_LSN_FMT,
                 s, PG_LSN_ARG(high), PG_LSN_ARG(mark));
        return;
    }
    const char *who[4] = { "", "", "", "" };
    PGresult *q = pg_query(r->sql, &unsaid, "SELECT pid, usename, application_name, wait_event"
                           " FROM pg_stat_activity WHERE backend_xid::text = '%u'", unseen);
    for (int i = 0; i < 4 && q && PQntuples(q) == 1; i++)
        who[i] = pg_cell(q, 0, i);
    log_warn(
        "reading waits: a transaction is committed and streamed, but not shown to others yet (does "
        "a synchronous standby "
        "answer?) seconds=%lld transaction=%u pid=%s user=\"%s\" application=\"%s\" waits_for=%s",
        s, unseen, who[0], who[1], who[2], who[3]);
    PQclear(q);
}

/*
 * The transaction's first query takes its snapshot. A standby shows a commit some microseconds
 * before it says that it has replayed it. So a second query asks for the LSN.
 */
static int enter(struct pg_reader *r, struct slice mark, struct chunk *ret, uint64_t *ret_high,
                 struct err *err)
{
    struct lacking lacking = { 0 };
    for (;;) {
        PGresult *q = pg_exec(r->sql, begin_sql, PGRES_TUPLES_OK, err);
        if (!q)
            return -1;
        uint32_t unseen = 0;
        int rc = pg_lsn_read(pg_cell(q, 0, 0), ret_high, err);
        r->xmin = strtoull(pg_cell(q, 0, 1), NULL, 10);
        bool there = r->standby ? *ret_high >= pg_mark_lsn(mark)
                                : pg_mark_visible(mark, pg_cell(q, 0, 1), &unseen);
        ret->lag_ms = (int)strtol(pg_cell(q, 0, 2), NULL, 10);
        PQclear(q);
        if (rc || there)
            return rc;
        if (command(r, "ROLLBACK", err))
            return -1;
        say_lacking(r, &lacking, pg_mark_lsn(mark), *ret_high, unseen);
        nanosleep(&(struct timespec){ .tv_nsec = MARK_WAIT_US * 1000L }, NULL);
    }
}

static void place(struct chunk *c, uint64_t high)
{
    buf_put(&c->high, &high, sizeof high);
    c->place.lsn = high;
    c->place.commit_us = clock_wall_ns() / 1000;
}

/* ---- the rows ---- */

static void add_condition(struct buf *where, const char *condition)
{
    if (condition && *condition)
        buf_printf(where, "%s(%s)", where->n ? " AND " : "", condition);
}

static enum read_result copy_sql(struct pg_reader *r, const struct read_order *o,
                                 const struct range *range, struct buf *q, struct err *err)
{
    struct buf table = { 0 }, where = { 0 };
    bool by_key;
    enum read_result got = pg_range_terms(r, range, &table, &where, &by_key, err);
    add_condition(&where, r->target->filter);
    add_condition(&where, o->where);
    /* Read a range of keys by the index, whatever the planner thinks of the rest. */
    buf_printf(q, "SET LOCAL enable_seqscan = %s; COPY (SELECT ", by_key ? "off" : "on");
    pg_target_columns(r, q);
    buf_printf(q, " FROM %s", buf_cstr(&table));
    if (where.n)
        buf_printf(q, " WHERE %s", buf_cstr(&where));
    buf_str(q, ") TO STDOUT (FORMAT binary)");
    buf_done(&table);
    buf_done(&where);
    return got;
}

/* COPY's binary file header: 11 signature bytes, Int32 flags, Int32 extension length, extension. */
static int header_bytes(struct slice m)
{
    struct cursor c = cursor_over(m);
    cursor_take(&c, 15);
    cursor_take(&c, cursor_be32(&c));
    return c.bad ? -1 : (int)(m.n - (size_t)(c.end - c.p));
}

/*
 * Notes which columns are NULL in this row: a column that is NOT NULL now may hold older NULLs.
 * False: the values do not fill the row.
 */
static bool note_nulls(const struct table *t, struct slice row, uint8_t *nulls)
{
    struct cursor c = cursor_over(row);
    for (uint16_t i = 0; i < t->ncols; i++) {
        uint32_t n = cursor_be32(&c);
        if (n == UINT32_MAX)
            nulls[i] = 1;
        else
            cursor_take(&c, n);
    }
    return !c.bad && c.p == c.end;
}

/*
 * A tuple: Int16 n, then n times Int32 length (-1: null) and bytes, as in a chunk's own form. n =
 * -1 is the trailer.
 */
static int take_tuple(const struct table *t, struct slice m, struct chunk *c, struct err *err)
{
    if (m.n == 2 && load_be16(m.p) == 0xffff)
        return 0;
    if (m.n < 2 || load_be16(m.p) != t->ncols)
        return err_set(err, ERR_FATAL, "COPY sent a row of %s.%s that has not %u columns",
                       t->schema, t->name, t->ncols);
    size_t begun = chunk_begin_row(c);
    buf_put(&c->rows, m.p + 2, m.n - 2);
    chunk_end_row(c, begun);
    return note_nulls(t, slice_of(m.p + 2, m.n - 2), c->nulls.p) ? 0
        : err_set(err, ERR_FATAL, "COPY sent a row of %s.%s whose values do not fill it",
                  t->schema, t->name);
}

static int copy_rows(struct pg_reader *r, struct chunk *c, struct err *err)
{
    const struct table *t = r->target->entry->table;
    bool header = false;
    char *m = NULL;
    int n, rc = 0;
    c->ncols = t->ncols;
    c->nulls.n = 0;
    buf_reserve(&c->nulls, t->ncols + 1u);
    memset(c->nulls.p, 0, t->ncols + 1u);
    c->nulls.n = t->ncols;
    while (!rc && (n = PQgetCopyData(r->sql, &m, 0)) > 0) {
        struct slice s = slice_of(m, (size_t)n);
        int skip = header ? 0 : header_bytes(s);
        header = true;
        if (skip < 0)
            rc = err_set(err, ERR_FATAL, "COPY's header is malformed");
        else if (s.n > (size_t)skip)
            rc = take_tuple(t, slice_of(s.p + skip, s.n - (size_t)skip), c, err);
        PQfreemem(m);
    }
    PGresult *q = PQgetResult(r->sql);
    if (!rc && PQresultStatus(q) != PGRES_COMMAND_OK)
        rc = pg_fail(r->sql, q, err, "COPY failed");
    PQclear(q);
    while ((q = PQgetResult(r->sql)))
        PQclear(q);
    for (uint16_t i = 0; i < t->ncols; i++)
        /* if nobody needs it, the NULL is the query's own */
        c->nulls.p[i] &= pg_target_needs(r, i);
    return rc;
}

/* Skips the results of the commands before COPY. */
static int copy_start(struct pg_reader *r, const char *sql, struct err *err)
{
    if (!PQsendQuery(r->sql, sql))
        return pg_fail(r->sql, NULL, err, "COPY cannot be sent");
    PGresult *q;
    while ((q = PQgetResult(r->sql)) && PQresultStatus(q) == PGRES_COMMAND_OK)
        PQclear(q);
    int rc = PQresultStatus(q) == PGRES_COPY_OUT ? 0 : pg_fail(r->sql, q, err, "COPY");
    PQclear(q);
    while (rc && (q = PQgetResult(r->sql)))
        PQclear(q);
    return rc;
}

/* Compares the table at the chunk's beginning with the table now that the chunk is read. */
static enum read_result still_same(struct pg_reader *r, const struct read_order *o,
                                   const char *files, const char *signature, struct err *err)
{
    enum read_result got = pg_target_look(r, o, err);
    if (got != READ_DONE)
        return got;
    return strcmp(r->target->files, files) || strcmp(r->target->signature, signature) ? READ_AGAIN
                                                                                      : READ_DONE;
}

/* Says who keeps the table from being read, as far as this server knows. */
static enum read_result say_later(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    char who[200] = "";
    struct err unsaid = { 0 };
    uint32_t xid = (uint32_t)r->xmin;
    if (!r->standby && PQtransactionStatus(r->sql) == PQTRANS_INTRANS)
        (void)!pg_value(
            r->sql, who, sizeof who, &unsaid,
            "SELECT concat(' of process ', pid, ' (', usename, ', ', application_name, ', ', state,"
            " ')') FROM pg_stat_activity WHERE backend_xid::text = '%u'",
            xid);
    (void)!err_set(err, ERR_CONFIG,
                   "table %s.%s has joined publication \"%s\", or more of it has, while "
                   "transactions were open that may "
                   "have written to it; the oldest is transaction %u%s%s",
                   o->schema, o->table, r->opt->publication, xid, who,
                   r->standby ? ": on the primary, SELECT * FROM pg_stat_activity WHERE "
                                "backend_xid IS NOT NULL, and pg_prepared_xacts"
                              : "");
    return READ_LATER;
}

static enum read_result read_in(struct pg_reader *r, const struct read_order *o,
                                const struct range *range, struct slice mark, struct chunk *ret,
                                struct err *err)
{
    struct buf sql = { 0 };
    uint64_t high;
    enum read_result got = copy_sql(r, o, range, &sql, err);
    if (got == READ_DONE && enter(r, mark, ret, &high, err))
        got = READ_ERROR;
    if (got == READ_DONE && r->xmin < r->target->fence)
        got = say_later(r, o, err);
    if (got == READ_DONE && (copy_start(r, buf_cstr(&sql), err) || copy_rows(r, ret, err)))
        got = READ_ERROR;
    buf_done(&sql);
    if (got == READ_DONE)
        place(ret, high);
    return got;
}

/*
 * Ends the transaction. An error may only mean that the table changed: then the catalog says what
 * happened.
 */
static enum read_result settle(struct pg_reader *r, const struct read_order *o,
                               enum read_result got, const char *files, const char *signature,
                               struct err *err)
{
    if (got == READ_DONE && command(r, "COMMIT", err))
        return READ_ERROR;
    if (got != READ_DONE && PQtransactionStatus(r->sql) != PQTRANS_IDLE) {
        struct err second = { 0 };
        if (command(r, "ROLLBACK", &second))
            return READ_ERROR;
    }
    if (got != READ_DONE &&
        (got != READ_ERROR || err->class == ERR_RETRY || err->class == ERR_FATAL))
        return got;
    struct err look = { 0 };
    enum read_result now = still_same(r, o, files, signature, &look);
    if (now == READ_ERROR)
        *err = look;
    return got == READ_ERROR && now == READ_DONE ? READ_ERROR : now;
}

/* Says who must grant what, if that is known; else uses the server's words. */
static enum read_result explain(struct pg_reader *r, const struct read_order *o, struct err *err)
{
    struct err better = { 0 };
    if (err->class == ERR_CONFIG && r->target && pg_target_may_read(r, o, &better) &&
        better.class == ERR_CONFIG)
        *err = better;
    else
        err_wrap(err, "table %s.%s", o->schema, o->table);
    return READ_ERROR;
}

static enum read_result read_range(struct reader *base, const struct read_order *o,
                                   const struct range *range, struct slice mark, struct chunk *ret,
                                   struct err *err)
{
    struct pg_reader *r = self(base);
    int64_t t0 = clock_mono_us();
    enum read_result got = pg_target_have(r, o, err);
    if (got != READ_DONE)
        return got;
    if (r->target->secured)
        return pg_target_may_read(r, o, err) ? READ_ERROR : READ_AGAIN;
    buf_put(&ret->shape, r->target->entry->raw.p, r->target->entry->raw.n);
    char *files = xstrdup(r->target->files), *signature = xstrdup(r->target->signature);
    got = settle(r, o, read_in(r, o, range, mark, ret, err), files, signature, err);
    free(files);
    free(signature);
    if (got == READ_LATER)
        pg_target_forget(r);
    if (got == READ_DONE) {
        buf_str(&ret->member, r->target->membership);
        ret->no_deletes = !r->target->deletes;
    }
    ret->took_us = clock_mono_us() - t0;
    return got == READ_ERROR ? explain(r, o, err) : got;
}

/* ---- the rest ---- */

static enum read_result measure(struct reader *base, const struct read_order *o,
                                struct read_size *ret, struct err *err)
{
    return pg_range_measure(self(base), o, ret, err);
}

static enum read_result next(struct reader *base, const struct read_order *o, struct slice from,
                             uint32_t goal, struct range *ret, struct err *err)
{
    enum read_result got = pg_range_next(self(base), o, from, goal, ret, err);
    return got == READ_ERROR ? explain(self(base), o, err) : got;
}

static int lag(struct reader *base, int *ret_ms, struct err *err)
{
    struct chunk unread = { 0 };
    uint64_t high;
    int rc = enter(self(base), (struct slice){ NULL, 0 }, &unread, &high, err) ||
                     command(self(base), "COMMIT", err)
                 ? -1
                 : 0;
    *ret_ms = unread.lag_ms;
    return rc;
}

/* The table as the stream describes it, with the NULLs that the chunk had. */
static int table_of(struct reader *base, const struct chunk *c, const struct table **ret,
                    struct err *err)
{
    struct pg_reader *r = self(base);
    struct pg_rel_entry *e = r->target ? r->target->entry : NULL;
    struct pg_sql sql = { .conn = r->sql };
    if (!e || !e->table)
        return err_set(err, ERR_RETRY, "the table was altered while it was read");
    if (pg_relations_meet_nulls(&r->relations, &sql, e, buf_slice(&c->nulls),
                                (struct pg_moment){ 0 }, err))
        return -1;
    *ret = e->table;
    return 0;
}

static void interrupt(struct reader *base)
{
    shutdown(PQsocket(self(base)->sql), SHUT_RDWR);
}

static void free_reader(struct reader *base)
{
    struct pg_reader *r = self(base);
    pg_target_free(r->target);
    pg_relations_done(&r->relations);
    PQfinish(r->sql);
    free(r);
}

static const struct reader_ops ops = {
    .list = list, .measure = measure, .next = next, .read = read_range, .lag = lag,
    .table = table_of, .interrupt = interrupt, .free = free_reader,
};

struct reader *pg_reader_new(const struct pg_options *opt, struct pg_fences *fences,
                             struct err *err)
{
    char standby[8];
    PGconn *sql = pg_connect(opt, PG_READER, err);
    if (!sql)
        return NULL;
    if (pg_value(sql, standby, sizeof standby, err, "SELECT pg_is_in_recovery()")) {
        PQfinish(sql);
        return NULL;
    }
    pg_let_take_time(sql);
    struct pg_reader *r = xcalloc(1, sizeof *r);
    *r = (struct pg_reader){
        .base.ops = &ops, .opt = opt, .sql = sql, .standby = standby[0] == 't', .fences = fences
    };
    pg_relations_init(&r->relations, opt, PQdb(sql));
    r->relations.quiet = true;      /* the stream's own relations log new versions */
    return &r->base;
}
