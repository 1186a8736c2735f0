#ifndef TAILRACE_SOURCE_PG_CONN_H
#define TAILRACE_SOURCE_PG_CONN_H
#include <libpq-fe.h>
#include "base/buf.h"
#include "source/pg.h"

/* What IDENTIFY_SYSTEM and the session say of the server we read from. */
struct pg_server {
    char system_id[24];
    uint32_t timeline;
    int version;            /* 170004 */
    bool standby;
    char database[64];
};

/*
 * Connects with everything libpq takes in conninfo. replication: a logical
 * walsender session. application_name, the text forms and the time zone are set
 * on purpose; the user's own options and application_name win.
 */
PGconn *pg_connect(const char *conninfo, bool replication, struct err *err) must_check;

/* The result must have status want; else it is cleared and NULL returned with the server's words. */
PGresult *pg_exec(PGconn *c, const char *sql, ExecStatusType want, struct err *err) must_check;
PGresult *pg_query(PGconn *c, struct err *err, const char *fmt, ...) must_check __attribute__((format(printf, 3, 4)));

/* Class of a server error by SQLSTATE: connection trouble and shutdown are RETRY, missing things CONFIG. */
int pg_fail(PGconn *c, const PGresult *r, struct err *err, const char *what);

/* IDENTIFY_SYSTEM on the replication connection, the rest on the plain one. */
int pg_identify(PGconn *repl, PGconn *sql, struct pg_server *ret, struct err *err) must_check;

/* Refuses a primary unless allowed, and a standby that cannot decode. */
int pg_may_read(const struct pg_server *s, const struct pg_options *opt, struct err *err) must_check;

/* One text value of a one-row query into ret (truncated to size); "" for no row or NULL. */
int pg_value(PGconn *c, char *ret, size_t size, struct err *err, const char *fmt, ...) must_check
    __attribute__((format(printf, 5, 6)));

void pg_ident(struct buf *out, const char *name);   /* "quoted" */
void pg_qualified(struct buf *out, const char *schema, const char *name);   /* "both"."quoted" */
void pg_literal(struct buf *out, const char *text); /* 'quoted' */
#endif
