/*
 * Reads chunks of tables beside the stream, for the first read and for backfills (reader.h): waits
 * for the mark, takes a snapshot, selects the range, and gives the rows in the binlog's form.
 */
#include "source/mysql/reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "source/mysql/mark.h"

enum { MARK_WAIT_S = 60, MARK_PAUSE_NS = 5000000 };

static struct mysql_reader *self(struct reader *r)
{
    return (struct mysql_reader *)r;
}

static int list(struct reader *base, read_table_fn *each, void *arg, struct err *err)
{
    struct mysql_reader *r = self(base);
    return mysql_catalog_names(r->sql, &r->opt->wanted, each, arg, err);
}

static enum read_result measure(struct reader *base, const struct read_order *o,
                                struct read_size *ret, struct err *err)
{
    struct mysql_reader *r = self(base);
    struct buf q = { 0 };
    const struct cell *v;
    enum read_result got = mysql_reader_look(r, o, err);
    if (got != READ_DONE)
        return got;
    buf_str(&q, "SELECT COALESCE(TABLE_ROWS, 0), COALESCE(DATA_LENGTH, 0) FROM "
                "information_schema.TABLES WHERE TABLE_SCHEMA = ");
    mysql_put_literal(&q, slice_str(o->schema));
    buf_str(&q, " AND TABLE_NAME = ");
    mysql_put_literal(&q, slice_str(o->table));
    struct mysql_rows *rows = mysql_conn_query(r->sql, buf_cstr(&q), false, "vv", err);
    buf_done(&q);
    if (!rows)
        return READ_ERROR;
    int n = mysql_rows_next(rows, &v, err);
    if (n == 1) {
        char text[32];
        snprintf(text, sizeof text, "%.*s", (int)v[0].n, (const char *)v[0].p);
        ret->rows = strtoull(text, NULL, 10);
        snprintf(text, sizeof text, "%.*s", (int)v[1].n, (const char *)v[1].p);
        ret->bytes = strtoull(text, NULL, 10);
    }
    mysql_rows_free(rows);
    snprintf(ret->how, sizeof ret->how, "%s", r->key ? "key" : "whole");
    return n < 0 ? READ_ERROR : n ? READ_DONE : READ_GONE;
}

/* ---- the snapshot ---- */

static int snapshot_begin(struct mysql_reader *r, struct err *err)
{
    return mysql_conn_do(r->sql, err, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

static int too_late(struct err *err)
{
    return err_set(err, ERR_RETRY, "the server has not executed what it sent within %d s",
                   MARK_WAIT_S);
}

/*
 * Waits until the engine has all that was handed out. Then every snapshot taken from now on holds
 * it.
 */
static int wait_for_mark(struct mysql_reader *r, const struct mysql_position *mark, struct err *err)
{
    struct arena a;
    struct buf gtid = { 0 };
    const char *late = NULL;
    if (gtid_empty(&mark->done.gtid))
        return r->server.gtid ? 0
                              : err_set(err, ERR_CONFIG,
                                        "without GTIDs it cannot be told what a snapshot holds: "
                                        "set gtid_mode=ON on the "
                                        "server, or snapshot.mode: never");
    gtid_write(&mark->done.gtid, &gtid);
    arena_init(&a, 256);
    int rc = 0;
    for (int i = 0; i < MARK_WAIT_S && !rc && (!late || strcmp(late, "0") != 0); i++)
        rc = mysql_conn_value(r->sql, &a, &late, err, "SELECT WAIT_FOR_EXECUTED_GTID_SET('%s', 1)",
                              buf_cstr(&gtid));
    if (!rc && late && strcmp(late, "0") != 0)
        rc = too_late(err);
    arena_done(&a);
    buf_done(&gtid);
    return rc;
}

/* MariaDB: reads the snapshot's own place. */
static int snapshot_place(struct mysql_reader *r, struct mysql_place *ret, struct err *err)
{
    const struct cell *v;
    int got;
    struct mysql_rows *rows =
        mysql_conn_query(r->sql,
                         "SHOW STATUS WHERE Variable_name IN ('binlog_snapshot_file', "
                         "'binlog_snapshot_position')",
                         false, "vv", err);
    if (!rows)
        return -1;
    while ((got = mysql_rows_next(rows, &v, err)) == 1) {
        char name[64], value[256];
        snprintf(name, sizeof name, "%.*s", (int)v[0].n, (const char *)v[0].p);
        snprintf(value, sizeof value, "%.*s", (int)v[1].n, (const char *)v[1].p);
        if (strcasecmp(name, "binlog_snapshot_file") == 0)
            snprintf(ret->file, sizeof ret->file, "%s", value);
        else
            ret->pos = strtoull(value, NULL, 10);
    }
    mysql_rows_free(rows);
    return got;
}

/*
 * MariaDB: does the snapshot hold the mark? By file and position if the mark has them, else by
 * GTIDs. 1: yes; 0: no; -1: err.
 */
static int holds(struct mysql_reader *r, const struct mysql_position *mark,
                 struct mysql_place *high, struct err *err)
{
    if (*mark->done.file)
        return mysql_file_order(high->file, high->pos, mark->done.file, mark->done.pos) >= 0;
    return mysql_server_gtids(r->sql, &r->server, high, err)
               ? -1
               : gtid_within(&mark->done.gtid, &high->gtid);
}

/*
 * Begins the transaction with its snapshot. *ret_high is a place that covers all that the snapshot
 * holds.
 */
static int enter(struct mysql_reader *r, const struct mysql_position *mark,
                 struct mysql_place *ret_high, struct err *err)
{
    if (!r->server.mariadb)
        return wait_for_mark(r, mark, err) || snapshot_begin(r, err) ||
                       mysql_server_file(r->sql, &r->server, ret_high, err)
                   ? -1
                   : 0;
    for (int64_t until = clock_mono_us() + MARK_WAIT_S * INT64_C(1000000);
         clock_mono_us() < until;) {
        if (snapshot_begin(r, err) || snapshot_place(r, ret_high, err))
            return -1;
        int held = holds(r, mark, ret_high, err);
        if (held)
            return held < 0 ? -1 : 0;
        if (mysql_conn_do(r->sql, err, "ROLLBACK"))
            return -1;
        nanosleep(&(struct timespec){ .tv_nsec = MARK_PAUSE_NS }, NULL);
    }
    return too_late(err);
}

/* Sets the place for the rows' source block; its strings lie in the chunk. */
static void place(struct chunk *c, const struct mysql_place *high, const char *server)
{
    struct binlog_place p = { .pos = high->pos, .thread = -1 };
    buf_reserve(&c->text, sizeof p + sizeof high->file);
    memcpy(c->text.p + sizeof p, high->file, sizeof high->file);
    p.file = (const char *)c->text.p + sizeof p;
    memcpy(c->text.p, &p, sizeof p);
    c->text.n = sizeof p + sizeof high->file;
    c->place.place = (const struct binlog_place *)(const void *)c->text.p;
    c->place.commit_us = clock_wall_ns() / 1000;
    mysql_high_write(high, server, &c->high);
}

/* Seconds_Behind_Source. NULL (not replicating) counts as no lag: there is nothing to wait for. */
static int lag(struct reader *base, int *ret_ms, struct err *err)
{
    struct mysql_reader *r = self(base);
    struct err denied = { 0 };
    const struct cell *v;
    *ret_ms = 0;
    struct mysql_rows *rows =
        mysql_conn_query(r->sql, mysql_server_role_sql(&r->server), false, "", &denied);
    if (!rows)
        return denied.class == ERR_RETRY ? err_set(err, ERR_RETRY, "%s", denied.msg) : 0;
    int at = mysql_rows_find(rows, "Seconds_Behind_Source"), got = mysql_rows_next(rows, &v, err);
    at = at < 0 ? mysql_rows_find(rows, "Seconds_Behind_Master") : at;
    if (got == 1 && at >= 0 && v[at].kind == CELL_VALUE) {
        char text[16];
        snprintf(text, sizeof text, "%.*s", (int)v[at].n, (const char *)v[at].p);
        *ret_ms = atoi(text) * 1000;
    }
    mysql_rows_free(rows);
    return got < 0 ? -1 : 0;
}

/* ---- the rows ---- */

static int put_row(const struct mysql_reader *r, const struct cell *v, struct buf *scratch,
                   struct chunk *c, struct err *err)
{
    size_t begun = chunk_begin_row(c);
    for (uint16_t i = 0; i < c->ncols; i++) {
        scratch->n = 0;
        if (v[i].kind == CELL_VALUE &&
            mysql_cells_put(&r->cols[i], slice_of(v[i].p, v[i].n), scratch, err))
            return -1;
        chunk_put_cell(c, v[i].kind != CELL_VALUE, buf_slice(scratch));
    }
    chunk_end_row(c, begun);
    return 0;
}

static int select_rows(struct mysql_reader *r, const char *sql, struct chunk *c, struct err *err)
{
    const struct cell *v;
    struct buf scratch = { 0 }, shape = { 0 };
    int got;
    for (uint16_t i = 0; i < r->def->ncols; i++)
        buf_u8(&shape, 'n');
    struct mysql_rows *rows = mysql_conn_query(r->sql, sql, true, buf_cstr(&shape), err);
    buf_done(&shape);
    if (!rows)
        return -1;
    c->ncols = r->def->ncols;
    while ((got = mysql_rows_next(rows, &v, err)) == 1 && !put_row(r, v, &scratch, c, err))
        ;
    mysql_rows_free(rows);
    buf_done(&scratch);
    return got == 1 ? -1 : got;
}

static enum read_result read_in(struct mysql_reader *r, const struct read_order *o,
                                const struct range *range, const struct mysql_position *mark,
                                struct chunk *ret, struct err *err)
{
    struct buf q = { 0 };
    struct mysql_place high = { .gtid.mariadb = r->server.mariadb };
    buf_str(&q, "SELECT ");
    for (uint16_t i = 0; i < r->def->ncols; i++) {
        buf_str(&q, i ? ", " : "");
        mysql_cells_select(&r->cols[i], &r->def->cols[i], &q);
    }
    enum read_result got = mysql_range_terms(r, o, range, &q);
    if (got == READ_DONE && (enter(r, mark, &high, err) || select_rows(r, buf_cstr(&q), ret, err)))
        got = READ_ERROR;
    if (got == READ_DONE && mysql_server_shown(r->sql, &r->server, &high.gtid, err))
        got = READ_ERROR;
    if (got == READ_DONE)
        place(ret, &high, r->server.uuid);
    mysql_place_done(&high);
    buf_done(&q);
    return got;
}

/*
 * Ends the transaction and looks the table up again: an error may only mean that the table changed.
 */
static enum read_result settle(struct mysql_reader *r, const struct read_order *o,
                               enum read_result got, const struct chunk *c, struct err *err)
{
    struct err second = { 0 };
    if (mysql_conn_do(r->sql, &second, "COMMIT")) {
        if (got != READ_ERROR)
            *err = second;
        return READ_ERROR;
    }
    enum read_result now = mysql_reader_look(r, o, &second);
    if (now == READ_ERROR && got != READ_ERROR)
        *err = second;
    if (now != READ_DONE)
        return now;
    return slice_eq(buf_slice(&r->shape), buf_slice(&c->shape)) ? got : READ_AGAIN;
}

static int same_server(const struct mysql_reader *r, const struct mysql_position *mark,
                       struct err *err)
{
    return strcmp(mark->server, r->server.uuid)
               ? err_set(
                     err, ERR_RETRY,
                     "tables are read from server %s, the stream from %s: both connections must "
                     "lead to the same one",
                     r->server.uuid, mark->server)
               : 0;
}

static enum read_result read_range(struct reader *base, const struct read_order *o,
                                   const struct range *range, struct slice mark, struct chunk *ret,
                                   struct err *err)
{
    struct mysql_reader *r = self(base);
    struct mysql_position at = { 0 };
    int64_t t0 = clock_mono_us();
    bool same =
        r->def && strcmp(r->def->database, o->schema) == 0 && strcmp(r->def->name, o->table) == 0;
    enum read_result got = same ? READ_DONE : mysql_reader_look(r, o, err);
    if (got != READ_DONE)
        return got;
    buf_put(&ret->shape, r->shape.p, r->shape.n);
    got = mysql_position_read(mark, r->server.mariadb, &at, err) || same_server(r, &at, err) ||
                  lag(base, &ret->lag_ms, err)
              ? READ_ERROR
              : settle(r, o, read_in(r, o, range, &at, ret, err), ret, err);
    mysql_position_done(&at);
    ret->took_us = clock_mono_us() - t0;
    return got == READ_ERROR ? (enum read_result)err_wrap(err, "table %s.%s", o->schema, o->table)
                             : got;
}

/* ---- the rest ---- */

/*
 * The table as the stream would describe it before the first TABLE_MAP. Made anew for a chunk with
 * another shape.
 */
static int table_of(struct reader *base, const struct chunk *c, const struct table **ret,
                    struct err *err)
{
    struct mysql_reader *r = self(base);
    struct mysql_table_def *def;
    struct binlog_column *cols;
    *ret = &r->table;
    if (r->table.version && slice_eq(buf_slice(&r->table_shape), buf_slice(&c->shape)))
        return 0;
    arena_reset(&r->table_arena);
    r->table.version = 0;
    def = arena_alloc(&r->table_arena, sizeof *def);
    if (mysql_table_def_read(buf_slice(&c->shape), &r->table_arena, def, err))
        return -1;
    cols = arena_alloc(&r->table_arena, (def->ncols + 1u) * sizeof *cols);
    if (mysql_types_table(def, &r->collations, r->opt->mariadb, &r->table_arena, cols, &r->table,
                          err))
        return -1;
    buf_set(&r->table_shape, buf_slice(&c->shape));
    r->table.version = ++r->tables;
    return 0;
}

static enum read_result next(struct reader *base, const struct read_order *o, struct slice from,
                             uint32_t goal, struct range *ret, struct err *err)
{
    return mysql_range_next(self(base), o, from, goal, ret, err);
}

static void interrupt(struct reader *base)
{
    mysql_conn_interrupt(self(base)->sql);
}

static void free_reader(struct reader *base)
{
    struct mysql_reader *r = self(base);
    mysql_collations_done(&r->collations);
    mysql_conn_close(r->sql);
    arena_done(&r->arena);
    arena_done(&r->table_arena);
    buf_done(&r->shape);
    buf_done(&r->table_shape);
    free(r);
}

static const struct reader_ops ops = {
    .list = list, .measure = measure, .next = next, .read = read_range, .lag = lag,
    .table = table_of, .interrupt = interrupt, .free = free_reader,
};

struct reader *mysql_reader_new(const struct mysql_options *opt, struct err *err)
{
    struct mysql_conn *sql = mysql_conn_open(opt, MYSQL_READER, err);
    if (!sql)
        return NULL;
    struct mysql_reader *r = xcalloc(1, sizeof *r);
    *r = (struct mysql_reader){ .base.ops = &ops, .opt = opt, .sql = sql };
    arena_init(&r->arena, 16384);
    arena_init(&r->table_arena, 16384);
    if (!mysql_server_read(sql, &r->server, err) &&
        !mysql_collations_read(sql, &r->server, &r->collations, err) &&
        !mysql_conn_do(sql, err, "SET SESSION character_set_results = NULL"))
        return &r->base;
    free_reader(&r->base);
    return NULL;
}
