/*
 * Talks to the server beside the stream: confirms while nothing comes, lets a server go that shuts
 * down, and says how far the feed is behind.
 */
#include <poll.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "source/pg/source.h"

enum {
    SESSION_LOOK_US = 100000,       /* is the catalog's session still there? */
    /* hold a server that shuts down this long without progress */
    ENDING_US = 3000000,
};

/*
 * A fast shutdown ends the catalog's session at once. It keeps the stream until all is confirmed.
 */
static bool catalog_session_ended(struct pg_source *s, int64_t now)
{
    if (!s->sql.conn || now - s->last_session_us < SESSION_LOOK_US)
        return false;
    s->last_session_us = now;
    struct pollfd pfd = { .fd = PQsocket(s->sql.conn), .events = POLLIN };
    while (PQstatus(s->sql.conn) == CONNECTION_OK && poll(&pfd, 1, 0) > 0)
        if (!PQconsumeInput(s->sql.conn))
            break;
    return PQstatus(s->sql.conn) != CONNECTION_OK;
}

/*
 * A server that shuts down waits without end until its walsenders' clients have confirmed
 * everything. So confirm at once what is durable. When nothing more becomes durable, let the server
 * go: the slot keeps what was not confirmed.
 */
static int let_server_end(struct pg_source *s, struct err *err)
{
    int64_t now = clock_mono_us();
    if (!s->ending_us) {
        if (!catalog_session_ended(s, now) && !pg_stream_is_ending(&s->stream))
            return 0;
        log_info("the server is shutting down, or has ended our session: what is delivered is "
                 "confirmed at once");
        s->base.hurry = true;
        s->ending_us = now;
        s->ending_acked = s->stream.acked;
    }
    if (s->stream.acked > s->ending_acked) {
        s->ending_us = now;
        s->ending_acked = s->stream.acked;
    }
    if (now - s->ending_us < ENDING_US)
        return 0;
    return err_set(err, ERR_RETRY,
                   "the server is shutting down, or has ended our session, and nothing could be "
                   "confirmed to it "
                   "for %d s: the connection is closed, so that it need not wait; the slot keeps "
                   "what is missing",
                   ENDING_US / 1000000);
}

int pg_source_tend(struct source *base, struct err *err)
{
    struct pg_source *s = pg_self(base);
    if (s->streaming)
        pg_sql_rest(&s->sql);
    return s->streaming && (pg_stream_feedback(&s->stream, false, err) || let_server_end(s, err))
               ? -1
               : 0;
}

/* Asks for one value, now and then. Closes a connection that was opened for it alone. */
static bool glance(struct pg_source *s, char *ret, size_t n, const char *query)
{
    struct err e = { 0 };
    bool open = s->sql.conn;
    PGconn *sql = pg_sql(&s->sql, &e);
    bool known = sql && !pg_value(sql, ret, n, &e, "%s", query);
    if (!open)
        pg_sql_close(&s->sql);
    return known;
}

/*
 * For a standby also says how far it is behind what it has received, and whether its replay is
 * paused.
 */
void pg_source_state(struct source *base, struct buf *ret)
{
    struct pg_source *s = pg_self(base);
    char replay[128] = "";
    if (!s->streaming)
        return;
    buf_printf(
        ret,
        " position=" PG_LSN_FMT " confirmed=" PG_LSN_FMT " server_end=" PG_LSN_FMT " heard_s=%lld",
        PG_LSN_ARG(s->pos.lsn), PG_LSN_ARG(s->stream.acked), PG_LSN_ARG(s->stream.server_end),
        (long long)(clock_mono_us() - s->stream.heard_us) / 1000000);
    if (s->place.server.standby &&
        glance(s, replay, sizeof replay,
               "SELECT format('replay=%s behind_bytes=%s', CASE WHEN pg_is_wal_replay_paused()"
               " THEN 'paused' ELSE 'on' END,"
               " greatest(pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn(), 0))"))
        buf_printf(ret, " %s", replay);
}

/* Without a stream the last values stay, unless the slot is known to be lost. */
void pg_source_stand(struct source *base, bool ask, struct source_stand *ret)
{
    struct pg_source *s = pg_self(base);
    struct buf query = { 0 };
    char text[64] = "";
    long long kept;
    if (!s->streaming && s->slot_lost)
        *ret = (struct source_stand){ .behind_bytes = -1, .retained_bytes = -1, .status = "lost" };
    if (!s->streaming)
        return;
    ret->behind_bytes =
        s->stream.server_end > s->pos.lsn ? (int64_t)(s->stream.server_end - s->pos.lsn) : 0;
    if (!ask)
        return;
    buf_str(&query,
            "SELECT format('%s %s', wal_status, coalesce(CASE WHEN pg_is_in_recovery()"
            " THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - restart_lsn, -1))"
            " FROM pg_replication_slots WHERE slot_name = ");
    pg_literal(&query, s->opt->slot);
    if (glance(s, text, sizeof text, buf_cstr(&query)) &&
        sscanf(text, "%15s %lld", ret->status, &kept) == 2)
        ret->retained_bytes = kept;
    buf_done(&query);
}
