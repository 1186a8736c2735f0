#ifndef TAILRACE_SOURCE_MYSQL_SESSION_H
#define TAILRACE_SOURCE_MYSQL_SESSION_H
#include "source/mysql/conn.h"

/*
 * The settings of every session that we open. A server hands its global values down to each
 * session, and some of them change what is read: sql_select_limit cuts results,
 * system_versioning_asof shows the rows of another time.
 */

/* The first statement of a session: sets what the statements after it depend on. */
extern const char mysql_session_first[];

/* Sets all other settings that the server's version has. */
int mysql_session_settle(struct mysql_conn *c, bool mariadb, int version,
                         struct err *err) must_check;
#endif
