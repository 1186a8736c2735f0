#ifndef TAILRACE_VERIFY_COMPARE_H
#define TAILRACE_VERIFY_COMPARE_H
#include "verify/shape.h"

/*
 * Compares two rows of one key, value by value, whatever schemas they were written with.
 * Zero-initialise.
 */
struct comparer {
    struct buf source_text, topic_text;
    struct slice *source,
        *topic; /* values of the last comparison, in the order of each side's fields */
    size_t room;
};
void comparer_done(struct comparer *c);

/* topic.p == NULL: the topic's row has no such column, and a default stands for it. */
typedef void column_fn(void *arg, const char *name, struct slice source, struct slice topic);

struct compared {
    unsigned differ;            /* columns that differ */
    unsigned unsaid;            /* columns that the topic's record does not hold */
};

/*
 * A column that the source has no more does not count. If the topic's row was written without a
 * column, the column has the default of the source's schema, as for every reader of the record.
 * placeholder: by the source's fields, what stands for a value that was not sent; may be NULL.
 * each: gets each column that differs; may be NULL. ERR_DATA: the topic's row does not fit its
 * schema.
 */
int rows_compare(struct comparer *c, const struct shape *source, const struct slice *placeholder,
                 struct slice source_row, const struct shape *topic, struct slice topic_row,
                 column_fn *each, void *arg, struct compared *ret, struct err *err) must_check;
#endif
