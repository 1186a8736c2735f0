#ifndef TAILRACE_SOURCE_MYSQL_RIGHTS_H
#define TAILRACE_SOURCE_MYSQL_RIGHTS_H
#include "source/mysql/conn.h"

/*
 * Where the connection's account has a right, by itself or by the roles that are active after
 * log-in.
 */
enum mysql_extent { MYSQL_NOWHERE, MYSQL_TABLES, MYSQL_DATABASES, MYSQL_EVERYWHERE };

/* A right that MySQL's partial revokes take away in a database counts as MYSQL_DATABASES. */
int mysql_right_extent(struct mysql_conn *c, const char *right, enum mysql_extent *ret,
                       struct err *err) must_check;

/*
 * The rights that the account lacks to see all triggers, cascading foreign keys, views and routines
 * of the server: "TRIGGER, SHOW VIEW", in a; NULL: it lacks none.
 */
int mysql_rights_to_see(struct mysql_conn *c, struct arena *a, const char **ret,
                        struct err *err) must_check;
#endif
