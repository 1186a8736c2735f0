#ifndef TAILRACE_SOURCE_MYSQL_CONN_H
#define TAILRACE_SOURCE_MYSQL_CONN_H
#include "base/arena.h"
#include "base/buf.h"
#include "model/event.h"
#include "source/mysql.h"

/*
 * Every message about changes that the feed has lost ends with these words. They work whatever lost
 * the changes.
 */
#define MYSQL_WAY_OUT                                                                              \
    "The way out: another replica that still has them, or `tailrace run --set "                    \
    "snapshot.mode=when-needed`, which begins anew and reads every "                               \
    "table again; rows that were deleted meanwhile stay in the topics"

/*
 * One connection through the client library: libmariadb, or Oracle's libmysqlclient (meson option
 * mysql_client). Only conn.c includes the library's header. Calls block until opt->stop. conn.c
 * decides which server gets the password, and gives every session the settings of session.h.
 */
struct mysql_conn;

/*
 * What a connection is for, and so how long it waits for its server. An answer that takes longer
 * than opt->receive_timeout_ms is an error (ERR_RETRY) that says so. A scratch database's server
 * and streamed rows have no such limit: the server works, and others interrupt a reader. A dump
 * that hears nothing for several heartbeats fails the same way.
 */
enum mysql_session { MYSQL_CATALOG, MYSQL_READER, MYSQL_SCRATCH, MYSQL_DUMP };
struct mysql_conn *mysql_conn_open(const struct mysql_options *opt, enum mysql_session kind,
                                   struct err *err) must_check;
void mysql_conn_close(struct mysql_conn *c);
/* Returns the server's own words; *ret_number: 80400, 101119. */
const char *mysql_conn_version(const struct mysql_conn *c, bool *ret_mariadb, int *ret_number);
const char *mysql_conn_cipher(const struct mysql_conn *c);      /* of TLS; NULL: not encrypted */

/* Runs a statement and drops the rows that it returns. */
int mysql_conn_do(struct mysql_conn *c, struct err *err, const char *fmt, ...) must_check
    __attribute__((format(printf, 3, 4)));

/*
 * A result, read row by row. streamed: rows come from the server as the caller asks for them,
 * without a time limit; one such result at a time.
 *
 * shape: what the caller reads, a letter for each of the first columns. 'v': it has a value in
 * every row; 'n': it may be NULL. If the server answers otherwise, this call or mysql_rows_next()
 * fails (ERR_CONFIG). "": the caller looks at what there is.
 */
struct mysql_rows;
struct mysql_rows *mysql_conn_query(struct mysql_conn *c, const char *sql, bool streamed,
                                    const char *shape, struct err *err) must_check;
/*
 * 1: *ret_cells holds the row's columns (CELL_NULL, CELL_VALUE), borrowed until the next call; 0:
 * no more rows; -1: err.
 */
int mysql_rows_next(struct mysql_rows *r, const struct cell **ret_cells,
                    struct err *err) must_check;
/* The cell as text in a; NULL: it has no value. */
static inline const char *mysql_cell_text(struct arena *a, const struct cell *c)
{
    return c->kind == CELL_VALUE ? arena_printf(a, "%.*s", (int)c->n, (const char *)c->p) : NULL;
}
uint32_t mysql_rows_columns(const struct mysql_rows *r);
/* The index of a column by its name (any case); -1: none. */
int mysql_rows_find(const struct mysql_rows *r, const char *name);
void mysql_rows_free(struct mysql_rows *r);

/* The first row's first column as text in a; *ret NULL: no row, or NULL. */
int mysql_conn_value(struct mysql_conn *c, struct arena *a, const char **ret, struct err *err,
                     const char *fmt, ...) must_check __attribute__((format(printf, 5, 6)));

/* A string as a quoted SQL literal, and a name in backquotes. */
void mysql_put_literal(struct buf *out, struct slice s);
void mysql_put_name(struct buf *out, const char *name);

/* ---- the dump: dump.c reads events with these ---- */

/*
 * Asks for the binlog from file and pos, or after a GTID set in the wire's form (gtid.n != 0, MySQL
 * only). file is "" for MariaDB's start by GTID.
 */
int mysql_conn_dump(struct mysql_conn *c, const char *file, uint64_t pos, struct slice gtid,
                    uint32_t server_id, uint16_t flags, struct err *err) must_check;
/* Blocks. 1: an event, borrowed until the next call; 0: the server ended the stream; -1: err. */
int mysql_conn_event(struct mysql_conn *c, struct slice *ret, struct err *err) must_check;
/* After an error of the dump: does the server not have the place that was asked for? */
bool mysql_conn_lost(const struct mysql_conn *c);
/* From another thread: makes a blocked mysql_conn_event() return. */
void mysql_conn_interrupt(struct mysql_conn *c);
#endif
