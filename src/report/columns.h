#ifndef TAILRACE_REPORT_COLUMNS_H
#define TAILRACE_REPORT_COLUMNS_H
#include "report/diff.h"

/* The changes of one table, as they are gathered. */
struct gather {
    struct arena *a;
    struct change *list;
    size_t n, cap;
};

void gather_add(struct gather *g, struct change c);

enum { SURE_ENOUGH = 60 };      /* least percent for a guess */

/* Compares column by column. renames: a removed and an added column may be one, renamed. */
void compare_tables(struct gather *g, const struct diff *d, const struct table *o,
                    const struct table *n, bool renames);

/* Adds what differs between the Avro schemas of two tables, if both have them, and g does not hold
 * yet. */
void compare_schemas(struct gather *g, const struct side_table *old, const struct side_table *new);

/* An envelope has the row twice, under before and after: returns the path behind these. */
const char *column_path(const char *path);

bool column_same_type(const struct diff *d, const struct column *a, const struct column *b);
int column_place(const struct table *t, const char *name);     /* index; -1: there is none */
#endif
