#ifndef TAILRACE_SOURCE_MYSQL_DDL_WRITES_H
#define TAILRACE_SOURCE_MYSQL_DDL_WRITES_H
#include "source/mysql/ddl/ddl.h"

/* What statements that change rows write to: a statement of the log, or the body of a trigger or a
 * routine. Sequences are not among it: MariaDB logs their changes as rows, or refuses the
 * statement. */

enum ddl_way { DDL_INSERTS = 1, DDL_UPDATES = 2, DDL_DELETES = 4 };

struct ddl_write {
    const char *database, *table;
    unsigned ways;  /* enum ddl_way */
    const char *by; /* " by trigger d.t"; NULL: the text itself writes to it */
};

/* What it calls by name, or what may be a call: servers' own functions are among them. */
struct ddl_call {
    const char *database, *name;
};

struct ddl_writes {
    struct ddl_write *tables;
    size_t ntables, cap_tables;
    size_t said; /* as often as they were added: each is once in the list */
    struct ddl_call *calls;
    size_t ncalls, cap_calls;
};

/* The names are borrowed. */
void ddl_add_write(struct arena *a, struct ddl_writes *to, const char *database, const char *table,
                   unsigned ways);
void ddl_add_call(struct arena *a, struct ddl_writes *to, const char *database, const char *name);

/* Adds to *to, in a. Where it cannot be told which table of a join is written to, all of them are.
 * -1 (ERR_DATA): it is not understood. */
int ddl_writes(struct slice sql, const struct ddl_context *ctx, struct arena *a,
               struct ddl_writes *to, struct err *err) must_check;
/* Every name of a text that may be a [database.]table, as written to: those below a view are among
 * them. */
int ddl_names(struct slice sql, const struct ddl_context *ctx, unsigned ways, struct arena *a,
              struct ddl_writes *to, struct err *err) must_check;
#endif
