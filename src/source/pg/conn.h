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

/* What a session is for: it decides which server, which settings (settings.c) and how long an
 * answer may take. */
enum pg_session {
    PG_STREAM,      /* a logical walsender; opt->conninfo */
    PG_CATALOG,     /* short queries, beside the stream and in commands; opt->conninfo */
    PG_READER,      /* tables, as long as that takes; opt->conninfo */
    PG_PRIMARY,     /* what only the primary can do; opt->setup_conninfo */
    PG_SCRATCH,     /* where a migration is tried; opt->conninfo */
};

/*
 * Connects with everything libpq takes in the conninfo, several hosts too. Hosts that hang are
 * given up after libpq's connect_timeout (10 s where nothing is said). When *opt->stop is set it
 * returns soon, with ERR_RETRY; so do the queries below on this connection. An error's class is
 * that of the server's SQLSTATE (sqlstate.h). opt is borrowed for the call, *opt->stop for the
 * connection's life.
 */
PGconn *pg_connect(const struct pg_options *opt, enum pg_session kind, struct err *err) must_check;

/* From here on its queries take what they take: they read tables, and whoever wants an end closes
 * the socket. */
void pg_let_take_time(PGconn *c);

/*
 * The last statement's result, which must have status want; else NULL, and err with the server's
 * words. A catalog query that is not answered within opt->receive_timeout_ms is an error
 * (ERR_RETRY), after which the connection is of no use.
 */
PGresult *pg_exec(PGconn *c, const char *sql, ExecStatusType want, struct err *err) must_check;
PGresult *pg_query(PGconn *c, struct err *err, const char *fmt, ...) must_check
    __attribute__((format(printf, 3, 4)));

/* "" for NULL, and where the answer has no such row or column, which libpq then says in the log. */
const char *pg_cell(const PGresult *r, int row, int column);

/* err from the server's words, or from libpq's; its class by SQLSTATE. */
int pg_fail(PGconn *c, const PGresult *r, struct err *err, const char *what);

/* IDENTIFY_SYSTEM on the replication connection, the rest on the plain one. */
int pg_identify(PGconn *repl, PGconn *sql, struct pg_server *ret, struct err *err) must_check;

/* Refuses a primary unless allowed, and a standby that cannot decode. */
int pg_may_read(const struct pg_server *s, const struct pg_options *opt,
                struct err *err) must_check;

/* Refuses a database whose text has no known encoding (ERR_CONFIG). */
int pg_encoding_usable(PGconn *sql, struct err *err) must_check;

/* One text value of a one-row query into ret (truncated to size); "" for no row or NULL. */
int pg_value(PGconn *c, char *ret, size_t size, struct err *err, const char *fmt, ...) must_check
    __attribute__((format(printf, 5, 6)));

enum { ROLE_SIZE = 64 };      /* NAMEDATALEN */

/* Whose rights count: who logged in, or the role that SET ROLE or a setting put in its place. */
int pg_role(PGconn *sql, char *ret, size_t size, struct err *err) must_check;

/* conninfo.c: to be freed; NULL: err, which shows nothing of it. Its passwords are noted as
 * secrets. */
PQconninfoOption *pg_conninfo_parse(const char *conninfo, struct err *err) must_check;
/* Of an error of libpq's that there is no password: why a passfile gave none. */
void pg_conninfo_why_no_password(const char *conninfo, struct err *err);
/* NULL: it is not said */
const char *pg_conninfo_value(const PQconninfoOption *user, const char *key);

void pg_ident(struct buf *out, const char *name);   /* "quoted" */
void pg_qualified(struct buf *out, const char *schema, const char *name);   /* "both"."quoted" */
void pg_literal(struct buf *out, const char *text); /* 'quoted', whatever the session's settings */
/* of a replication command, which knows no escapes */
void pg_command_literal(struct buf *out, const char *text);
#endif
