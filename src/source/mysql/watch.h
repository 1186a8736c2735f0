#ifndef TAILRACE_SOURCE_MYSQL_WATCH_H
#define TAILRACE_SOURCE_MYSQL_WATCH_H
#include <signal.h>
#include <stdatomic.h>

/*
 * Ends waits that the client library does not end. It shuts down a connection's socket, so that the
 * library's call returns with an error. This works with either library, with TLS, and in the middle
 * of a result. One thread watches all connections of the process; it never calls the library.
 */
struct mysql_watch;
enum mysql_gave_up { MYSQL_WAITS, MYSQL_STOPPED, MYSQL_SILENT, MYSQL_TOO_MUCH };

/*
 * socket: borrowed, must stay open until mysql_watch_free(). stop NULL: nothing stops the wait.
 * Returns NULL: no thread could be started.
 */
struct mysql_watch *mysql_watch_new(int socket, const atomic_int *stop);
void mysql_watch_free(struct mysql_watch *w);

/*
 * A wait for an answer begins. It ends after answer_ms (0: no limit), a moment after *stop is set,
 * or when more than ANSWER_MOST bytes came.
 */
void mysql_watch_begin(struct mysql_watch *w, int answer_ms);
void mysql_watch_end(struct mysql_watch *w);        /* the answer or an error came */

/*
 * Why the socket was shut down; MYSQL_WAITS: it was not. *ret_ms: the limit of the wait, in
 * milliseconds.
 */
enum mysql_gave_up mysql_watch_gave_up(struct mysql_watch *w, int *ret_ms);
#endif
