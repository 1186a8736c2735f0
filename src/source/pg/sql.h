#ifndef TAILRACE_SOURCE_PG_SQL_H
#define TAILRACE_SOURCE_PG_SQL_H
#include "source/pg/conn.h"

/*
 * The connection for questions beside the stream. It opens when somebody asks, and closes when
 * nobody has asked for a while: then an idle feed costs its server one process only. It holds no
 * state between two questions.
 */
struct pg_sql {
    const struct pg_options *opt;
    PGconn *conn;           /* NULL: closed */
    int stream_pid;         /* the server's process that streams to us; 0: there is none */
    int64_t used_us;
};

/*
 * Use the connection at once, do not keep it. NULL: err as pg_connect() sets it. A conninfo may
 * name several servers: ERR_RETRY if another one answers than the one that streams.
 */
PGconn *pg_sql(struct pg_sql *s, struct err *err) must_check;

/* Called now and then: closes it when it has not been used for ten seconds. */
void pg_sql_rest(struct pg_sql *s);
void pg_sql_close(struct pg_sql *s);
#endif
