/*
 * The replication connection (stream.h): takes pgoutput messages off the wire, answers keepalives,
 * and tells the server what is durable.
 */
#include "source/pg/stream.h"
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include "base/clock.h"
#include "base/cursor.h"
#include "source/pg/position.h"
#include "source/pg/proto.h"

enum {
    BUSY_US = 3000,             /* more is expected at once for this long after data came */
    NAP_LONGER_US = 50,         /* the nap grows by this while it finds the socket drained, */
    NAP_SHORTER_US = 10,        /* and shrinks by this while it finds much */
    DRAINED_BYTES = 2 << 10,
    MUCH_BYTES = 128 << 10,
    /* records to read in one go: each holds one message under a light load */
    TLS_RECORDS = 32,
    /* TLS holds back one record of 16 KiB at most, and libpq takes 8 KiB or more a call */
    TLS_LOOKS = 2,
    /* wal_sender_timeout asks once in half its time; a server shutting down asks again at once */
    ASKS_NEAR_US = 100000,
    ASKS_ENDING = 5,
};

int pg_stream_start(struct pg_stream *s, uint64_t lsn, struct err *err)
{
    struct buf q = { 0 };
    buf_str(&q, "START_REPLICATION SLOT ");
    pg_ident(&q, s->opt->slot);
    buf_printf(&q, " LOGICAL " PG_LSN_FMT " (proto_version '1', publication_names ",
               PG_LSN_ARG(lsn));
    struct buf name = { 0 };
    pg_ident(&name, s->opt->publication);
    pg_command_literal(&q, buf_cstr(&name));
    if (s->opt->binary)
        buf_str(&q, ", binary 'true'");
    if (s->opt->messages)
        buf_str(&q, ", messages 'true'");
    buf_str(&q, ")");
    PGresult *r = pg_exec(s->conn, buf_cstr(&q), PGRES_COPY_BOTH, err);
    buf_done(&q);
    buf_done(&name);
    if (!r)
        return -1;
    PQclear(r);
    s->acked = 0;       /* says nothing until something is durable in this session */
    s->server_end = 0;
    s->idle_news = false;
    s->last_status_us = s->last_data_us = s->last_ask_us = s->asked_us = 0;
    s->asks = s->dry = 0;
    s->heard_us = clock_mono_us();
    return PQsetnonblocking(s->conn, 1)
               ? pg_fail(s->conn, NULL, err, "cannot read without blocking")
               : 0;
}

static void put_be64(uint8_t *to, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(v >> (56 - 8 * i));
}

/*
 * Standby status update: 'r', Int64 written, Int64 flushed, Int64 applied, Int64 clock, Byte1 reply
 * now. All three LSNs are the durable one: we promise nothing else.
 */
static bool send_status(struct pg_stream *s, bool answer)
{
    uint8_t m[34] = { 'r' };
    m[33] = answer;
    put_be64(m + 1, s->acked);
    put_be64(m + 9, s->acked);
    put_be64(m + 17, s->acked);
    put_be64(m + 25, (uint64_t)(clock_wall_ns() / 1000 - PG_EPOCH_US));
    return PQputCopyData(s->conn, (const char *)m, sizeof m) >= 0 && PQflush(s->conn) >= 0;
}

static bool is_readable(const struct pg_stream *s)
{
    return poll(&(struct pollfd){ .fd = PQsocket(s->conn), .events = POLLIN }, 1, 0) > 0;
}

static void heard(struct pg_stream *s, int64_t now)
{
    s->heard_us = now;
    s->asked_us = 0;
}

/*
 * A connection can be gone without a word, and a server can hang. An idle server need not say
 * anything, so ask it before giving it up. A pause of our own process must not count as the
 * server's silence.
 */
static int check_heard(struct pg_stream *s, int64_t now, struct err *err)
{
    int64_t half_us = (int64_t)s->opt->receive_timeout_ms * 500;
    if (!half_us || now - s->heard_us < half_us)
        return 0;
    if (is_readable(s)) {
        heard(s, now);
    } else if (!s->asked_us) {
        s->asked_us = now;
        pg_stream_ask(s);
    } else if (now - s->asked_us > half_us) {
        return err_set(
            err, ERR_RETRY,
            "the server has not been heard from for %lld s, and has not answered when asked "
            "(source.receive-timeout-ms)",
            (long long)(now - s->heard_us) / 1000000);
    }
    return 0;
}

int pg_stream_feedback(struct pg_stream *s, bool now, struct err *err)
{
    int64_t mono = clock_mono_us();
    if (check_heard(s, mono, err))
        return -1;
    if (!now && mono - s->last_status_us < (int64_t)s->opt->status_interval_ms * 1000)
        return PQflush(s->conn) < 0
                   ? pg_fail(s->conn, NULL, err, "the replication connection was lost")
                   : 0;
    s->last_status_us = mono;
    return send_status(s, false)
               ? 0
               : pg_fail(s->conn, NULL, err, "the replication connection was lost");
}

void pg_stream_ask(struct pg_stream *s)
{
    send_status(s, true);
}

/* The stream ended: an error result says why. */
static int ended(struct pg_stream *s, struct err *err)
{
    PGresult *r = PQgetResult(s->conn);
    if (r && PQresultStatus(r) == PGRES_FATAL_ERROR)
        pg_fail(s->conn, r, err, "replication ended");
    else
        err_set(err, ERR_RETRY, "the server closed the replication stream");
    PQclear(r);
    return -1;
}

static void count_ask(struct pg_stream *s, int64_t now)
{
    s->asks = now - s->last_ask_us < ASKS_NEAR_US ? s->asks + 1 : 1;
    s->last_ask_us = now;
}

bool pg_stream_is_ending(const struct pg_stream *s)
{
    return s->asks >= ASKS_ENDING && clock_mono_us() - s->last_ask_us < ASKS_NEAR_US;
}

/* Primary keepalive: Int64 end of WAL, Int64 clock, Byte1 reply asked. */
static int keepalive(struct pg_stream *s, struct cursor *c, struct err *err)
{
    uint64_t end = cursor_be64(c);
    cursor_be64(c);
    bool reply = cursor_u8(c);
    if (c->bad)
        return err_set(err, ERR_FATAL, "malformed keepalive");
    s->idle_news |= end > s->server_end;
    s->server_end = end;
    if (reply)
        count_ask(s, clock_mono_us());
    return reply ? pg_stream_feedback(s, true, err) : 0;
}

/* XLogData: Int64 start (the change's LSN), Int64 end of WAL, Int64 clock, then the pgoutput
 * message. */
static int xlog_data(struct cursor *c, struct slice *ret_message, uint64_t *ret_lsn,
                     struct err *err)
{
    *ret_lsn = cursor_be64(c);
    cursor_be64(c);
    cursor_be64(c);
    if (c->bad || c->p == c->end)
        return err_set(err, ERR_FATAL, "malformed replication message");
    *ret_message = slice_of(c->p, (size_t)(c->end - c->p));
    return 1;
}

/*
 * The server sends one packet per change, and sending is most of its work. While the socket does
 * not run dry, the kernel joins the packets at a fraction of the cost. So, under load, read a
 * little slower than the server can send. libpq takes 16 KiB a read. The nap before each read
 * settles so that the queue neither dries up nor grows.
 */
static void nap(struct pg_stream *s)
{
    if (s->hurried || clock_mono_us() - s->last_data_us > BUSY_US) {
        s->nap_us = 0;
        return;
    }
    int waiting = 0;
    if (ioctl(PQsocket(s->conn), FIONREAD, &waiting))
        return;
    s->nap_us += waiting < DRAINED_BYTES ? NAP_LONGER_US
                 : waiting > MUCH_BYTES  ? -NAP_SHORTER_US
                                         : 0;
    if (s->nap_us > s->opt->read_nap_us)
        s->nap_us = s->opt->read_nap_us;
    if (s->nap_us < 0)
        s->nap_us = 0;
    if (s->nap_us)
        nanosleep(&(struct timespec){ .tv_nsec = s->nap_us * 1000L }, NULL);
}

/* 1: bytes may have come; 0: there are none, neither in the socket nor in what TLS holds back. */
static int fill(struct pg_stream *s, struct err *err)
{
    if (!s->dry)
        nap(s);
    if (is_readable(s)) {
        heard(s, clock_mono_us());
        s->dry = 0;
    } else if (s->dry++ >= (PQsslInUse(s->conn) ? TLS_LOOKS : 0)) {
        s->dry = 0;
        return 0;
    }
    int records = PQsslInUse(s->conn) ? TLS_RECORDS : 1;
    do {
        if (!PQconsumeInput(s->conn))
            return pg_fail(s->conn, NULL, err, "the replication connection was lost");
    } while (--records > 0 && is_readable(s));
    return 1;
}

static int buffered(struct pg_stream *s, struct slice *ret_message, uint64_t *ret_lsn,
                    struct err *err)
{
    for (;;) {
        PQfreemem(s->message);
        s->message = NULL;
        int n = PQgetCopyData(s->conn, &s->message, 1);
        if (n == 0)
            return 0;
        if (n < 0)
            return ended(s, err);
        struct cursor c = cursor_over(slice_of(s->message, (size_t)n));
        uint8_t kind = cursor_u8(&c);
        if (kind == 'w')
            return xlog_data(&c, ret_message, ret_lsn, err);
        if (kind != 'k')
            return err_set(err, ERR_FATAL, "malformed replication message: kind 0x%02x", kind);
        if (keepalive(s, &c, err))
            return -1;
    }
}

/*
 * Returns 0 only when nothing is there. Over TLS a read brings one record, often one small message.
 * A keepalive between two transactions is not the end of a burst.
 */
int pg_stream_next(struct pg_stream *s, struct slice *ret_message, uint64_t *ret_lsn,
                   struct err *err)
{
    bool filled = false;
    for (;;) {
        int got = buffered(s, ret_message, ret_lsn, err);
        if (got == 1 && filled)
            s->last_data_us = clock_mono_us();
        if (got)
            return got;
        int more = fill(s, err);
        if (more <= 0)
            return more;
        filled = true;
    }
}

void pg_stream_stop(struct pg_stream *s)
{
    PQfreemem(s->message);
    s->message = NULL;
    PQfinish(s->conn);
    s->conn = NULL;
}
