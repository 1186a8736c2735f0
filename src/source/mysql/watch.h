#ifndef TAILRACE_SOURCE_MYSQL_WATCH_H
#define TAILRACE_SOURCE_MYSQL_WATCH_H
#include <signal.h>
#include <stdatomic.h>

/*
 * Ends waits that the client library does not: a connection's socket is shut down, which makes the
 * library's call return with an error. It works with either library, with TLS, in the middle of a
 * result. One thread does it for all connections of the process; it calls nothing of the library.
 */
struct mysql_watch;
enum mysql_gave_up { MYSQL_WAITS, MYSQL_STOPPED, MYSQL_SILENT, MYSQL_TOO_MUCH };

/* socket: borrowed, open until mysql_watch_free(). stop: NULL: never. NULL: no thread. */
struct mysql_watch *mysql_watch_new(int socket, const atomic_int *stop);
void mysql_watch_free(struct mysql_watch *w);

/*
 * An answer is waited for, for answer_ms (0: as long as it takes), until a moment after *stop, or
 * until more than ANSWER_MOST came.
 */
void mysql_watch_begin(struct mysql_watch *w, int answer_ms);
void mysql_watch_end(struct mysql_watch *w);        /* it is there, or an error */

/* Why the socket was shut down, and of what patience (milliseconds); MYSQL_WAITS: it was not. */
enum mysql_gave_up mysql_watch_gave_up(struct mysql_watch *w, int *ret_ms);
#endif
