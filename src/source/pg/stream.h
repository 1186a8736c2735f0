#ifndef TAILRACE_SOURCE_PG_STREAM_H
#define TAILRACE_SOURCE_PG_STREAM_H
#include "source/pg/conn.h"

/* The replication connection in CopyBoth mode: messages in, feedback out. Zero-initialise but for
 * conn and opt. */
struct pg_stream {
    PGconn *conn;
    const struct pg_options *opt;
    char *message;              /* libpq's buffer of the message last handed out */
    uint64_t acked;             /* durable downstream: all the server may forget */
    uint64_t server_end;        /* the server's end of WAL in its last keepalive */
    bool idle_news;             /* server_end moved by a keepalive and was not asked for yet */
    int nap_us;                 /* the next one */
    bool hurried;               /* the loop has other work meanwhile: no nap */
    int dry;                    /* looks in a row that found the socket empty */
    int asks;                   /* replies that the server wanted one right after the other */
    int64_t last_status_us, last_data_us, last_ask_us;
    int64_t heard_us;           /* when bytes of the server were last there */
    int64_t asked_us;           /* when it was asked for an answer since; 0: not */
};

/* START_REPLICATION from lsn. */
int pg_stream_start(struct pg_stream *s, uint64_t lsn, struct err *err) must_check;

/*
 * 1: a message and the LSN of its change, borrowed until the next call; 0: nothing, neither in the
 * socket nor in what TLS holds back; -1: err.
 */
int pg_stream_next(struct pg_stream *s, struct slice *ret_message, uint64_t *ret_lsn,
                   struct err *err) must_check;

/*
 * Standby status update when one is due (or now). Never says more than acked. ERR_RETRY when the
 * server, though asked, has not been heard from for receive_timeout_ms.
 */
int pg_stream_feedback(struct pg_stream *s, bool now, struct err *err) must_check;

/* Asks the server for a keepalive, which says how far it is. Trouble shows at the next feedback. */
void pg_stream_ask(struct pg_stream *s);

/* The server wants a reply to each of our replies: it is shutting down and waits for what is not
 * acked. */
bool pg_stream_is_ending(const struct pg_stream *s);

void pg_stream_stop(struct pg_stream *s);
#endif
