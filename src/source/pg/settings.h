#ifndef TAILRACE_SOURCE_PG_SETTINGS_H
#define TAILRACE_SOURCE_PG_SETTINGS_H
#include "source/pg/conn.h"

/*
 * The settings that each kind of session must have, whatever the server, the database and the role
 * say: the forms of values, what a query may see, and how long it may take. The startup packet
 * carries them, so that they hold from the first statement. They are set again when the server's
 * version is known: then newer settings follow, and none is lost on the way.
 */

/* Appends the startup packet's "options": ours, then `own`, which the user gave. */
void pg_settings_options(enum pg_session kind, const char *own, struct buf *ret);

/*
 * Sets them on a session. A setting named in `own` stays the user's if it cannot change what is
 * read.
 */
int pg_settings_apply(PGconn *c, enum pg_session kind, const char *own, struct err *err) must_check;
#endif
