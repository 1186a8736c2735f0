#ifndef TAILRACE_SOURCE_MYSQL_DOUBT_H
#define TAILRACE_SOURCE_MYSQL_DOUBT_H
#include "source/mysql/ddl/writes.h"
#include "source/mysql/position.h"

/*
 * A statement was passed over by the catalog of now. That catalog belongs to a later place in the
 * log, and does not show what was dropped before that place. The log shows the DROP. Until the feed
 * has read as far as the catalog's place, the position keeps the tables that the statement wrote to
 * and the routines that it called (struct mysql_doubt). A DROP of a trigger, a foreign key, a view
 * or a routine by which a change of them may have gone on to a table that is read ends the feed; so
 * does any other statement that may take one of these away.
 */
void mysql_doubt_add(struct mysql_doubt *d, const char *at, const struct mysql_place *until,
                     const struct ddl_writes *w);
bool mysql_doubt_open(const struct mysql_doubt *d);

/* *ret: what sql took away, "trigger d.t"; NULL: nothing that counts. read: 1: the feed reads the
 * table, or a foreign key carries its changes to others; 0: neither; -1: err. */
typedef int doubt_read_fn(void *arg, const char *database, const char *table, struct err *err);
int mysql_doubt_meets(const struct mysql_doubt *d, struct slice sql, const struct ddl_context *ctx,
                      const struct ddl *about, bool unread, doubt_read_fn *read, void *arg,
                      struct arena *a, const char **ret, struct err *err) must_check;
#endif
