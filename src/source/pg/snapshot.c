#include "source/pg/snapshot.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "source/pg/wait.h"

static void slot_name(char name[64])
{
    snprintf(name, 64, "tailrace_snapshot_%d", (int)getpid());
}

/* Exports a snapshot at an exact point and enters it on the plain connection. */
static int enter(struct pg_snapshot *s, PGconn *repl, bool standby, struct err *err)
{
    char name[64], cmd[160];
    slot_name(name);
    snprintf(cmd, sizeof cmd, "CREATE_REPLICATION_SLOT \"%s\" TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')", name);
    log_info("snapshot: looking for a consistent point");
    PGresult *r = pg_wait_slot(repl, cmd, s->opt, standby, err);
    if (!r)
        return -1;
    char set[160];
    snprintf(set, sizeof set, "SET TRANSACTION SNAPSHOT '%s'", PQgetvalue(r, 0, 2));
    int rc = pg_lsn_read(PQgetvalue(r, 0, 1), &s->point, err);
    PQclear(r);
    if (rc)
        return -1;
    r = pg_exec(s->sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", PGRES_COMMAND_OK, err);
    PQclear(r);
    if (!r)
        return -1;
    r = pg_exec(s->sql, set, PGRES_COMMAND_OK, err);
    PQclear(r);
    s->taken_us = clock_wall_ns() / 1000;
    return r ? 0 : -1;
}

/* The tables as the stream will name them: leaves, or the root where the publication says so. */
static int list_tables(struct pg_snapshot *s, const struct pg_position *pos, struct err *err)
{
    struct buf pub = { 0 };
    pg_literal(&pub, s->opt->publication);
    PGresult *r = pg_query(s->sql, err,
        "SELECT c.oid, p.schemaname, p.tablename FROM pg_publication_tables p JOIN pg_namespace n ON n.nspname = p.schemaname"
        " JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename WHERE p.pubname = %s"
        " ORDER BY p.schemaname, p.tablename", buf_cstr(&pub));
    buf_done(&pub);
    if (!r)
        return -1;
    s->oids = calloc((size_t)PQntuples(r) + 1, sizeof *s->oids);
    if (!s->oids)
        abort();
    for (int i = 0; i < PQntuples(r); i++) {
        uint32_t oid = (uint32_t)strtoul(PQgetvalue(r, i, 0), NULL, 10);
        if (!pg_position_read_all(pos, oid) && pg_wanted(&s->opt->wanted, PQgetvalue(r, i, 1), PQgetvalue(r, i, 2)))
            s->oids[s->n++] = oid;
    }
    PQclear(r);
    return 0;
}

int pg_snapshot_begin(struct pg_snapshot *s, PGconn *repl, PGconn *sql, bool standby, struct pg_relations *relations,
                      const struct pg_options *opt, const struct pg_position *pos, struct err *err)
{
    *s = (struct pg_snapshot){ .sql = sql, .relations = relations, .opt = opt };
    if (enter(s, repl, standby, err) || list_tables(s, pos, err))
        return err_wrap(err, "snapshot");
    log_info("snapshot begins point=" PG_LSN_FMT " tables=%u", PG_LSN_ARG(s->point), s->n);
    return 0;
}

/* A value without a binary form travels as its output function's text, as in the stream. */
static void select_list(const struct table *t, struct buf *q)
{
    for (uint16_t i = 0; i < t->ncols; i++) {
        struct buf name = { 0 };
        pg_ident(&name, t->cols[i].name);
        const char *c = buf_cstr(&name);
        if (t->cols[i].form == FORM_PG_BINARY)
            buf_printf(q, "%s%s", i ? ", " : "", c);
        else
            buf_printf(q, "%sCASE WHEN num_nonnulls(%s) > 0 THEN format('%%s', %s) END", i ? ", " : "", c, c);
        buf_done(&name);
    }
}

/* " WHERE filter", and ONLY for a table that is not a partitioned root: children are published for themselves. */
static int table_terms(struct pg_snapshot *s, const struct table *t, struct buf *q, struct err *err)
{
    struct buf pub = { 0 };
    pg_literal(&pub, s->opt->publication);
    PGresult *r = pg_query(s->sql, err,
        "SELECT c.relkind, p.rowfilter FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_publication_tables p ON p.pubname = %s AND p.schemaname = n.nspname AND p.tablename = c.relname"
        " WHERE c.oid = %u", buf_cstr(&pub), (unsigned)t->id);
    buf_done(&pub);
    if (!r)
        return -1;
    bool root = PQntuples(r) && PQgetvalue(r, 0, 0)[0] == 'p';
    buf_str(q, root ? " FROM " : " FROM ONLY ");
    pg_ident(q, t->schema);
    buf_u8(q, '.');
    pg_ident(q, t->name);
    if (PQntuples(r) && !PQgetisnull(r, 0, 1))
        buf_printf(q, " WHERE %s", PQgetvalue(r, 0, 1));
    PQclear(r);
    return 0;
}

static int copy_start(struct pg_snapshot *s, struct err *err)
{
    const struct table *t = s->table->table;
    struct buf q = { 0 };
    buf_str(&q, "COPY (SELECT ");
    select_list(t, &q);
    int rc = table_terms(s, t, &q, err);
    buf_str(&q, ") TO STDOUT (FORMAT binary)");
    PGresult *r = rc ? NULL : pg_exec(s->sql, buf_cstr(&q), PGRES_COPY_OUT, err);
    buf_done(&q);
    PQclear(r);
    return r ? 0 : -1;
}

static int table_start(struct pg_snapshot *s, struct err *err)
{
    uint32_t oid = s->oids[s->at];
    if (pg_relations_describe(s->relations, s->sql, oid, s->opt->publication, err))
        return -1;
    s->table = pg_relations_find(s->relations, oid);
    s->header_seen = s->table_row = s->table_ended = false;
    s->rows = 0;
    if (copy_start(s, err))
        return err_wrap(err, "snapshot of %s.%s", s->table->table->schema, s->table->table->name);
    return 0;
}

/* COPY's binary file header: 11 signature bytes, Int32 flags, Int32 extension length, extension. */
static int header_bytes(struct slice m)
{
    struct cursor c = cursor_over(m);
    cursor_take(&c, 15);
    cursor_take(&c, cursor_be32(&c));
    return c.bad ? -1 : (int)(m.n - (size_t)(c.end - c.p));
}

/* Fetches one CopyData message into next_row. 1: there, 0: not yet, 2: the table's end. */
static int fetch(struct pg_snapshot *s, struct err *err)
{
    int n = PQgetCopyData(s->sql, &s->next_row, 1);
    if (n == 0) {
        if (!PQconsumeInput(s->sql))
            return pg_fail(s->sql, NULL, err, "the snapshot's connection was lost");
        n = PQgetCopyData(s->sql, &s->next_row, 1);
    }
    if (n == 0)
        return 0;
    if (n == -2)
        return pg_fail(s->sql, NULL, err, "COPY failed");
    s->next_n = n > 0 ? n : 0;
    if (n > 0)
        return 1;
    PGresult *r = PQgetResult(s->sql);
    int rc = PQresultStatus(r) == PGRES_COMMAND_OK ? 2 : pg_fail(s->sql, r, err, "COPY failed");
    PQclear(r);
    while ((r = PQgetResult(s->sql)))
        PQclear(r);
    return rc;
}

/* A tuple: Int16 n, n times Int32 length (-1: null) and bytes. n = -1 is the trailer. */
static int read_tuple(const struct pg_rel_entry *t, struct cursor *c, struct err *err)
{
    uint16_t n = cursor_be16(c);
    if (n != t->table->ncols)
        return err_set(err, ERR_FATAL, "COPY sent %u columns of %s.%s, not %u", n, t->table->schema, t->table->name,
                       t->table->ncols);
    for (uint16_t i = 0; i < n; i++) {
        uint32_t len = cursor_be32(c);
        t->new_cells[i] = (struct cell){ .kind = CELL_NULL };
        if (len != UINT32_MAX) {
            struct slice v = cursor_take(c, len);
            t->new_cells[i] = (struct cell){ v.p, (uint32_t)v.n, CELL_VALUE };
        }
    }
    return c->bad ? err_set(err, ERR_FATAL, "COPY sent a row of %s.%s that ends too early", t->table->schema,
                            t->table->name) : 0;
}

static enum snapshot_mark mark_of(const struct pg_snapshot *s, bool last_row)
{
    if (last_row && s->at + 1 == s->n)
        return SNAP_LAST;
    if (!s->any_row)
        return SNAP_FIRST;
    if (last_row)
        return SNAP_LAST_IN_TABLE;
    return s->table_row ? SNAP_TRUE : SNAP_FIRST_IN_TABLE;
}

static int hand_out(struct pg_snapshot *s, bool last_row, struct event *ret_ev, struct err *err)
{
    struct slice m = slice_of(s->row, (size_t)s->row_n);
    if (!s->header_seen) {
        int skip = header_bytes(m);
        if (skip < 0)
            return err_set(err, ERR_FATAL, "COPY's header is malformed");
        m = slice_of(m.p + skip, m.n - (size_t)skip);
        s->header_seen = true;
    }
    struct cursor c = cursor_over(m);
    if (read_tuple(s->table, &c, err))
        return -1;
    *ret_ev = (struct event){
        .kind = EV_READ, .snapshot = mark_of(s, last_row), .table = s->table->table,
        .after = { s->table->new_cells }, .commit_us = s->taken_us, .lsn = s->point, .txid = -1, .seq = ++s->rows,
    };
    s->any_row = s->table_row = true;
    return 1;
}

static bool is_trailer(const struct pg_snapshot *s)
{
    return s->next_n == 2 && load_be16((const uint8_t *)s->next_row) == 0xffff;
}

/* An empty table's only message is header and trailer together. */
static bool is_empty_table(const struct pg_snapshot *s)
{
    struct slice m = slice_of(s->next_row, (size_t)s->next_n);
    int skip = s->row || s->header_seen ? -1 : header_bytes(m);
    return skip >= 0 && m.n == (size_t)skip + 2 && load_be16(m.p + skip) == 0xffff;
}

static int table_end(struct pg_snapshot *s, struct event *ret_ev, uint32_t *ret_oid)
{
    log_info("snapshot of a table is complete table=%s.%s rows=%llu remaining_tables=%u", s->table->table->schema,
             s->table->table->name, (unsigned long long)s->rows, s->n - s->at - 1);
    *ret_ev = (struct event){ .kind = EV_POSITION };
    *ret_oid = s->table->oid;
    s->table = NULL;
    s->at++;
    return 1;
}

int pg_snapshot_next(struct pg_snapshot *s, struct event *ret_ev, uint32_t *ret_oid, struct err *err)
{
    *ret_oid = 0;
    if (s->at >= s->n)
        return 2;
    if (!s->table && table_start(s, err))
        return -1;
    while (!s->table_ended) {
        PQfreemem(s->next_row);
        s->next_row = NULL;
        int got = fetch(s, err);
        if (got <= 0)
            return got;
        s->table_ended = got == 2;
        if (!s->table_ended && (is_trailer(s) || is_empty_table(s)))
            continue;
        char *row = s->row;
        int row_n = s->row_n, rc = row ? hand_out(s, s->table_ended, ret_ev, err) : 0;
        s->row = s->table_ended ? NULL : s->next_row;
        s->row_n = s->next_n;
        s->next_row = row;      /* the event's cells borrow it: freed at the next call */
        s->next_n = row_n;
        if (rc)
            return rc;
    }
    return table_end(s, ret_ev, ret_oid);
}

int pg_snapshot_end(struct pg_snapshot *s, PGconn *repl, struct err *err)
{
    char name[64], cmd[96];
    slot_name(name);
    PGresult *r = pg_exec(s->sql, "COMMIT", PGRES_COMMAND_OK, err);
    PQclear(r);
    if (!r)
        return -1;
    snprintf(cmd, sizeof cmd, "DROP_REPLICATION_SLOT \"%s\"", name);
    r = pg_exec(repl, cmd, PGRES_COMMAND_OK, err);
    PQclear(r);
    if (r)
        log_info("snapshot complete tables=%u", s->n);
    return r ? 0 : -1;
}

void pg_snapshot_done(struct pg_snapshot *s)
{
    PQfreemem(s->row);
    PQfreemem(s->next_row);
    free(s->oids);
    *s = (struct pg_snapshot){ 0 };
}
