#ifndef TAILRACE_SOURCE_PG_TURN_H
#define TAILRACE_SOURCE_PG_TURN_H
#include <stdatomic.h>
#include <stdbool.h>

/*
 * Feeds of one server do not all connect at once: each session is a process there, and hundreds
 * that begin together all take longer than the time allowed. Servers are known by what text names
 * them, and do not wait for one another.
 */
struct turn;

/* Waits for one. NULL: *stop was set. */
struct turn *turn_take(const char *server, const atomic_int *stop);
void turn_end(struct turn *t);
#endif
