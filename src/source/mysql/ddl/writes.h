#ifndef TAILRACE_SOURCE_MYSQL_DDL_WRITES_H
#define TAILRACE_SOURCE_MYSQL_DDL_WRITES_H
#include "source/mysql/ddl/ddl.h"

/*
 * What statements that change rows write to: statements of the log, bodies of triggers and
 * routines. Without sequences: MariaDB logs their changes as rows, or refuses the statement.
 */

enum ddl_way { DDL_INSERTS = 1, DDL_UPDATES = 2, DDL_DELETES = 4 };

struct ddl_write {
    const char *database, *table;
    unsigned ways;  /* enum ddl_way */
    const char *by; /* " by trigger d.t"; NULL: the text itself writes to it */
};

/* A call by name, or what may be one. Some are functions of the server itself. */
struct ddl_call {
    const char *database, *name;
};

struct ddl_writes {
    struct ddl_write *tables;
    size_t ntables, cap_tables;
    size_t said; /* how often a table was added; the list has each table once */
    struct ddl_call *calls;
    size_t ncalls, cap_calls;
};

/* Add to the lists. The names are borrowed. */
void ddl_add_write(struct arena *a, struct ddl_writes *to, const char *database, const char *table,
                   unsigned ways);
void ddl_add_call(struct arena *a, struct ddl_writes *to, const char *database, const char *name);

/*
 * Adds to *to, in a, what sql writes to. If nobody can know which table of a join is written to,
 * all are added. -1 (ERR_DATA): sql is not understood.
 */
int ddl_writes(struct slice sql, const struct ddl_context *ctx, struct arena *a,
               struct ddl_writes *to, struct err *err) must_check;
/*
 * Adds every name of a text that may be a [database.]table as written to. This includes the tables
 * below a view.
 */
int ddl_names(struct slice sql, const struct ddl_context *ctx, unsigned ways, struct arena *a,
              struct ddl_writes *to, struct err *err) must_check;
#endif
