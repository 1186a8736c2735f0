/*
 * The connection for questions beside the stream: opened when needed, closed when idle. See sql.h.
 */
#include "source/pg/sql.h"
#include "base/clock.h"

enum { REST_US = 10000000 };

/*
 * Is this the server that streams to us? A slot of the same name on another server has another
 * reader process.
 */
static int is_the_streams(struct pg_sql *s, struct err *err)
{
    struct buf slot = { 0 };
    char is[8];
    pg_literal(&slot, s->opt->slot);
    int rc = pg_value(s->conn, is, sizeof is, err, "SELECT 1 FROM pg_replication_slots"
                      " WHERE slot_name = %s AND active_pid = %d", buf_cstr(&slot), s->stream_pid);
    buf_done(&slot);
    if (!rc && !is[0])
        rc = err_set(err, ERR_RETRY, "server %s:%s, which answers now, does not stream slot \"%s\" "
                     "to us any more", PQhost(s->conn), PQport(s->conn), s->opt->slot);
    return rc;
}

PGconn *pg_sql(struct pg_sql *s, struct err *err)
{
    s->used_us = clock_mono_us();
    if (s->conn)
        return s->conn;
    s->conn = pg_connect(s->opt, PG_CATALOG, err);
    if (s->conn && s->stream_pid && is_the_streams(s, err))
        pg_sql_close(s);
    return s->conn;
}

void pg_sql_rest(struct pg_sql *s)
{
    if (s->conn && clock_mono_us() - s->used_us > REST_US)
        pg_sql_close(s);
}

void pg_sql_close(struct pg_sql *s)
{
    PQfinish(s->conn);
    s->conn = NULL;
}
