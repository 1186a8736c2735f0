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
 * What a session is for. The kind decides the server, the settings (settings.c) and how long an
 * answer may take.
 */
enum pg_session {
    PG_STREAM,      /* a logical walsender; opt->conninfo */
    PG_CATALOG,     /* short queries, beside the stream and in commands; opt->conninfo */
    PG_READER,      /* tables, as long as that takes; opt->conninfo */
    PG_PRIMARY,     /* what only the primary can do; opt->setup_conninfo */
    PG_SCRATCH,     /* where a migration is tried; opt->conninfo */
};

/*
 * Connects with everything that libpq takes in a conninfo, several hosts too. Gives up a host that
 * hangs after libpq's connect_timeout (10 s if none is set). When *opt->stop is set, it returns
 * soon with ERR_RETRY; so do the queries below on this connection. The error's class comes from the
 * server's SQLSTATE (sqlstate.h). opt is borrowed for the call, *opt->stop for the connection's
 * life.
 */
PGconn *pg_connect(const struct pg_options *opt, enum pg_session kind, struct err *err) must_check;

/* From here on queries on c may take any time: they read tables. To end one, close the socket. */
void pg_let_take_time(PGconn *c);

/*
 * The last statement's result, if its status is want; else NULL, and err has the server's words. A
 * catalog query without an answer within opt->receive_timeout_ms is ERR_RETRY; the connection is
 * then of no more use.
 */
PGresult *pg_exec(PGconn *c, const char *sql, ExecStatusType want, struct err *err) must_check;
PGresult *pg_query(PGconn *c, struct err *err, const char *fmt, ...) must_check
    __attribute__((format(printf, 3, 4)));

/* "" for NULL, and for a row or column that the answer lacks (libpq then logs it). */
const char *pg_cell(const PGresult *r, int row, int column);

/*
 * Fills err with the server's words, else with libpq's; the class comes from the SQLSTATE. Returns
 * -1.
 */
int pg_fail(PGconn *c, const PGresult *r, struct err *err, const char *what);

/* IDENTIFY_SYSTEM on the replication connection, the rest on the plain one. */
int pg_identify(PGconn *repl, PGconn *sql, struct pg_server *ret, struct err *err) must_check;

/* Refuses a primary unless opt allows it, and a standby that cannot decode. */
int pg_may_read(const struct pg_server *s, const struct pg_options *opt,
                struct err *err) must_check;

/* Refuses a database whose text has no known encoding (ERR_CONFIG). */
int pg_encoding_usable(PGconn *sql, struct err *err) must_check;

/* One text value of a one-row query into ret (truncated to size); "" for no row or NULL. */
int pg_value(PGconn *c, char *ret, size_t size, struct err *err, const char *fmt, ...) must_check
    __attribute__((format(printf, 5, 6)));

enum { ROLE_SIZE = 64 };      /* NAMEDATALEN */

/*
 * The role whose rights count: the one that logged in, or the one that SET ROLE or a setting chose.
 */
int pg_role(PGconn *sql, char *ret, size_t size, struct err *err) must_check;

/*
 * conninfo.c. The caller frees the result (PQconninfoFree). NULL: err is set, and shows nothing of
 * conninfo. Notes the passwords as secrets.
 */
PQconninfoOption *pg_conninfo_parse(const char *conninfo, struct err *err) must_check;
/* For libpq's error that no password was supplied: adds why a passfile gave none. */
void pg_conninfo_why_no_password(const char *conninfo, struct err *err);
/* NULL: the conninfo does not say it */
const char *pg_conninfo_value(const PQconninfoOption *user, const char *key);

void pg_ident(struct buf *out, const char *name);   /* "quoted" */
void pg_qualified(struct buf *out, const char *schema, const char *name);   /* "both"."quoted" */
void pg_literal(struct buf *out, const char *text); /* 'quoted', whatever the session's settings */
/* for a replication command, which knows no escapes */
void pg_command_literal(struct buf *out, const char *text);
#endif
