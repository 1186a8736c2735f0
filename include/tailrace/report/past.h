#ifndef TAILRACE_REPORT_PAST_H
#define TAILRACE_REPORT_PAST_H
#include "base/arena.h"
#include "base/err.h"
#include "model/table.h"

/*
 * What the schema-change topic says that a database was. meaning: the source's own reading of a
 * column's about->type, with the record's length and scale (-1: none). gone: its reading of a
 * record's statement, of the names that it leaves empty; NULL: records have none.
 */
struct past {
    struct arena *a;
    void (*meaning)(struct column *c, int length, int scale, struct arena *a);
    void (*gone)(const char *sql, const char *database, struct arena *a, table_gone_fn *each,
                 void *arg);
    struct table *tables;
    size_t n, cap, records;
};

/* One record's value as JSON, in the topic's order. */
int past_take(struct past *p, struct slice value, struct err *err) must_check;
#endif
