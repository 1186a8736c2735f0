#ifndef TAILRACE_REPORT_COLUMNS_H
#define TAILRACE_REPORT_COLUMNS_H
#include "report/diff.h"

/* Changes of one table, gathered. */
struct gather {
    struct arena *a;
    struct change *list;
    size_t n, cap;
};

void gather_add(struct gather *g, struct change c);

enum { SURE_ENOUGH = 60 };      /* of a guess, percent */

/* Column by column. renames: what went and what came may be one, renamed. */
void compare_tables(struct gather *g, const struct diff *d, const struct table *o,
                    const struct table *n, bool renames);

/* Whatever differs between the Avro schemas of two tables, if both have them, and g does not hold
 * yet. */
void compare_schemas(struct gather *g, const struct side_table *old, const struct side_table *new);

/* A row stands twice in an envelope, under before and after: the path behind these. */
const char *column_path(const char *path);

bool column_same_type(const struct diff *d, const struct column *a, const struct column *b);
int column_place(const struct table *t, const char *name);     /* -1: not there */
#endif
