#ifndef TAILRACE_REPORT_PAST_H
#define TAILRACE_REPORT_PAST_H
#include "base/arena.h"
#include "base/err.h"
#include "model/table.h"

/*
 * Tables as the schema-change topic describes them. meaning: the source's own reading of a column's
 * about->type, with the record's length and scale (-1: none). gone: the source's reading of a
 * record's statement, which calls each() for the names that the statement removes; NULL: records
 * have no statements.
 */
struct past {
    struct arena *a;
    void (*meaning)(struct column *c, int length, int scale, struct arena *a);
    void (*gone)(const char *sql, const char *database, struct arena *a, table_gone_fn *each,
                 void *arg);
    struct table *tables;
    size_t n, cap, records;
};

/* Takes one record's value as JSON. Call it in the topic's order. */
int past_take(struct past *p, struct slice value, struct err *err) must_check;
#endif
