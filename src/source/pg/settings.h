#ifndef TAILRACE_SOURCE_PG_SETTINGS_H
#define TAILRACE_SOURCE_PG_SETTINGS_H
#include "source/pg/conn.h"

/*
 * The settings that each kind of session must have, whatever the server, the database and the role
 * say: the forms of values, what a query may see, and how long it may take. They are given in the
 * startup packet, so that they hold from the first statement, and set again once the server's
 * version is known, so that newer ones follow and none is lost on the way.
 */

/* Appends the startup packet's "options": ours, then `own`, which the user gave. */
void pg_settings_options(enum pg_session kind, const char *own, struct buf *ret);

/* Sets them on a session. What `own` names stays the user's where that cannot change what is
 * read. */
int pg_settings_apply(PGconn *c, enum pg_session kind, const char *own, struct err *err) must_check;
#endif
