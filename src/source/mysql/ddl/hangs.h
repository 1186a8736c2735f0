#ifndef TAILRACE_SOURCE_MYSQL_DDL_HANGS_H
#define TAILRACE_SOURCE_MYSQL_DDL_HANGS_H
#include "source/mysql/ddl/ddl.h"

/* What a statement of the log changes of what hangs on tables: triggers, foreign keys, views,
 * routines, MERGE tables. */
enum ddl_hangs {
    DDL_HANGS_SAME,
    DDL_HANGS_RIGHTS, /* it may change who is shown them */
    DDL_HANGS_ANEW    /* it may change what hangs where; so may all that is not understood */
};

/* d is what ddl_read() said of sql. */
enum ddl_hangs ddl_hangs(struct slice sql, const struct ddl_context *ctx, const struct ddl *d,
                         struct arena *a);

/* Is the word anywhere in it, in quotes as well? */
bool ddl_says(struct slice sql, const char *word);

/* Does a new table's own statement, by any of its words, hang something on some table? */
bool ddl_says_hangs(struct slice sql);

/* May the statement, which changes rows, read a table by SELECT, TABLE or WITH? Words in quotes
 * count, too. */
bool ddl_may_select(struct slice sql);
#endif
