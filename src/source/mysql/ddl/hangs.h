#ifndef TAILRACE_SOURCE_MYSQL_DDL_HANGS_H
#define TAILRACE_SOURCE_MYSQL_DDL_HANGS_H
#include "source/mysql/ddl/ddl.h"

/*
 * How a statement of the log changes what hangs on tables: triggers, foreign keys, views, routines,
 * MERGE tables.
 */
enum ddl_hangs {
    DDL_HANGS_SAME,
    DDL_HANGS_RIGHTS, /* it may change which accounts see them */
    DDL_HANGS_ANEW    /* it may change them; so may every statement that is not understood */
};

/* d: what ddl_read() returned for sql. */
enum ddl_hangs ddl_hangs(struct slice sql, const struct ddl_context *ctx, const struct ddl *d,
                         struct arena *a);

/* Does the text contain the word anywhere, also in quotes? */
bool ddl_says(struct slice sql, const char *word);

/* Does the statement that makes a table, by any of its words, hang something on some table? */
bool ddl_says_hangs(struct slice sql);

/*
 * May the statement, which changes rows, read a table by SELECT, TABLE or WITH? Words in quotes
 * count too.
 */
bool ddl_may_select(struct slice sql);
#endif
