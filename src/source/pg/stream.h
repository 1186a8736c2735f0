#ifndef TAILRACE_SOURCE_PG_STREAM_H
#define TAILRACE_SOURCE_PG_STREAM_H
#include "source/pg/conn.h"

/*
 * The replication connection in CopyBoth mode: messages in, feedback out. Zero-initialise all but
 * conn and opt.
 */
struct pg_stream {
    PGconn *conn;
    const struct pg_options *opt;
    char *message;              /* libpq's buffer of the message last handed out */
    uint64_t acked;             /* durable downstream: the server may forget all before it */
    uint64_t server_end;        /* the server's end of WAL in its last keepalive */
    bool idle_news;             /* a keepalive moved server_end, and no event has said so yet */
    int nap_us;                 /* length of the next nap before a read */
    bool hurried;               /* the loop has other work meanwhile: do not nap */
    int dry;                    /* looks in a row that found the socket empty */
    int asks;                   /* replies that the server asked for in quick succession */
    int64_t last_status_us, last_data_us, last_ask_us;
    int64_t heard_us;           /* when bytes from the server were last there */
    /* when the server was asked for an answer since then; 0: it was not */
    int64_t asked_us;
};

/* Sends START_REPLICATION from lsn. */
int pg_stream_start(struct pg_stream *s, uint64_t lsn, struct err *err) must_check;

/*
 * 1: a message and the LSN of its change, borrowed until the next call. 0: there is none, neither
 * in the socket nor in what TLS holds back. -1: err.
 */
int pg_stream_next(struct pg_stream *s, struct slice *ret_message, uint64_t *ret_lsn,
                   struct err *err) must_check;

/*
 * Sends a standby status update if one is due, or now. Never confirms more than acked. ERR_RETRY:
 * the server was asked and has not been heard from for receive_timeout_ms.
 */
int pg_stream_feedback(struct pg_stream *s, bool now, struct err *err) must_check;

/*
 * Asks the server for a keepalive, which says how far it is. An error shows at the next feedback.
 */
void pg_stream_ask(struct pg_stream *s);

/*
 * True if the server wants a reply to each of our replies: it is shutting down, and waits for what
 * is not acked.
 */
bool pg_stream_is_ending(const struct pg_stream *s);

void pg_stream_stop(struct pg_stream *s);
#endif
