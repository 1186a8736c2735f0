#ifndef TAILRACE_SOURCE_MYSQL_DOUBT_H
#define TAILRACE_SOURCE_MYSQL_DOUBT_H
#include "source/mysql/ddl/writes.h"
#include "source/mysql/position.h"

/*
 * The feed passed over a statement by the catalog of now. That catalog belongs to a later place in
 * the log, and does not show what was dropped before that place; the log shows the DROP. So the
 * position keeps the tables that the statement wrote to and the routines that it called (struct
 * mysql_doubt). It keeps them until the feed has read up to the catalog's place.
 *
 * A trigger, foreign key, view or routine may have carried a change of these to a table that is
 * read. A DROP of one ends the feed. So does any other statement that may take one away.
 */
void mysql_doubt_add(struct mysql_doubt *d, const char *at, const struct mysql_place *until,
                     const struct ddl_writes *w);
bool mysql_doubt_open(const struct mysql_doubt *d);

/*
 * *ret: what sql took away, as "trigger d.t"; NULL: nothing that counts. read returns 1: the feed
 * reads the table, or a foreign key carries its changes to others; 0: neither; -1: err.
 */
typedef int doubt_read_fn(void *arg, const char *database, const char *table, struct err *err);
int mysql_doubt_meets(const struct mysql_doubt *d, struct slice sql, const struct ddl_context *ctx,
                      const struct ddl *about, bool unread, doubt_read_fn *read, void *arg,
                      struct arena *a, const char **ret, struct err *err) must_check;
#endif
