#ifndef TAILRACE_SOURCE_MYSQL_REACH_H
#define TAILRACE_SOURCE_MYSQL_REACH_H
#include "source/mysql/ddl/writes.h"
#include "source/mysql/server.h"

/*
 * What else a change of a table writes to, by the catalog of now: by triggers, cascading foreign
 * keys, views, routines, MERGE tables.
 */
struct mysql_reach;

/* NULL: err. */
struct mysql_reach *mysql_reach_read(struct mysql_conn *c, const struct mysql_server *s,
                                     struct err *err) must_check;
void mysql_reach_free(struct mysql_reach *r);

/* The log's end just after the catalog was read. */
const struct mysql_place *mysql_reach_place(const struct mysql_reach *r);

/*
 * Adds to *w, in a, each table that sql or a table of *w writes to in these ways. -1 (ERR_CONFIG,
 * ERR_DATA): it cannot be known; err says why. must_see: fail if the account does not see the whole
 * catalog.
 */
int mysql_reach_follow(struct mysql_reach *r, struct slice sql, const struct ddl_context *ctx,
                       bool must_see, struct arena *a, struct ddl_writes *w,
                       struct err *err) must_check;

/* Did the account see all triggers, foreign keys, views and routines? */
bool mysql_reach_whole(const struct mysql_reach *r);

/* Does a foreign key carry a change of that table to other tables? */
bool mysql_reach_cascades(const struct mysql_reach *r, const char *database, const char *table);
#endif
