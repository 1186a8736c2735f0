#ifndef TAILRACE_SOURCE_PG_TURN_H
#define TAILRACE_SOURCE_PG_TURN_H
#include <stdatomic.h>
#include <stdbool.h>

/*
 * Keeps feeds of one server from connecting all at once. Each session is a process there, and
 * hundreds that begin together take longer than the time allowed. `server` is the text that names a
 * server; servers do not wait for one another.
 */
struct turn;

/* Waits for a turn; turn_end() gives it back. NULL: *stop was set. */
struct turn *turn_take(const char *server, const atomic_int *stop);
void turn_end(struct turn *t);
#endif
