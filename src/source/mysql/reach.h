#ifndef TAILRACE_SOURCE_MYSQL_REACH_H
#define TAILRACE_SOURCE_MYSQL_REACH_H
#include "source/mysql/ddl/writes.h"
#include "source/mysql/server.h"

/* What else a change of a table writes to, as the catalog has it now: by triggers, cascading
 * foreign keys, views, routines, MERGE tables. */
struct mysql_reach;

/* NULL: err. */
struct mysql_reach *mysql_reach_read(struct mysql_conn *c, const struct mysql_server *s,
                                     struct err *err) must_check;
void mysql_reach_free(struct mysql_reach *r);

/* The log's end after the catalog was read. */
const struct mysql_place *mysql_reach_place(const struct mysql_reach *r);

/* Adds to *w, in a, each table that sql, or a table of *w, writes to by these. -1 (ERR_CONFIG,
 * ERR_DATA): it cannot be told, err says why. must_see: not by an account that is not shown all. */
int mysql_reach_follow(struct mysql_reach *r, struct slice sql, const struct ddl_context *ctx,
                       bool must_see, struct arena *a, struct ddl_writes *w,
                       struct err *err) must_check;

/* Was the account shown all of it? */
bool mysql_reach_whole(const struct mysql_reach *r);

/* Does a change of that table go on by a foreign key? */
bool mysql_reach_cascades(const struct mysql_reach *r, const char *database, const char *table);
#endif
