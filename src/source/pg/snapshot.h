#ifndef TAILRACE_SOURCE_PG_SNAPSHOT_H
#define TAILRACE_SOURCE_PG_SNAPSHOT_H
#include "source/pg/position.h"
#include "source/pg/relation.h"

/*
 * The first read of the published tables. A temporary slot exports a snapshot
 * with its exact place in the log: transactions that commit before `point` are
 * in the rows read here, later ones are in the stream. No gap, no overlap.
 */
struct pg_snapshot {
    PGconn *sql;                /* borrowed */
    struct pg_relations *relations;
    const struct pg_options *opt;
    uint64_t point;
    int64_t taken_us;           /* wall clock */
    uint32_t *oids;             /* tables still to read, from `at` on */
    uint32_t n, at;
    struct pg_rel_entry *table; /* being copied; NULL: none */
    bool header_seen, any_row, table_row, table_ended;
    char *row, *next_row;       /* libpq buffers: the row to hand out, and the one after it */
    int row_n, next_n;
    uint64_t rows;
};

/* repl: exports; must stay idle until pg_snapshot_end(). Tables that pos knows already are left out. */
int pg_snapshot_begin(struct pg_snapshot *s, PGconn *repl, PGconn *sql, bool standby, struct pg_relations *relations,
                      const struct pg_options *opt, const struct pg_position *pos, struct err *err) must_check;

/*
 * 1: *ret_ev is a row (EV_READ), or EV_POSITION after a table, with *ret_oid its
 * oid; 0: nothing yet; 2: all tables are read; -1: err.
 */
int pg_snapshot_next(struct pg_snapshot *s, struct event *ret_ev, uint32_t *ret_oid, struct err *err) must_check;

/* Drops the temporary slot; repl can stream then. */
int pg_snapshot_end(struct pg_snapshot *s, PGconn *repl, struct err *err) must_check;
void pg_snapshot_done(struct pg_snapshot *s);
#endif
