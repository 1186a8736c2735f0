#ifndef TAILRACE_REPORT_WORDS_H
#define TAILRACE_REPORT_WORDS_H
#include "report/diff.h"

/* Words that every rendering uses. Those of a diff live in it. */
const char *table_title(const struct diff *d, const struct table_diff *t);     /* "public.orders", "public.a -> public.b" */
const char *table_state_word(enum table_state s);   /* "new table" ... */
const char *table_topic(const struct table_diff *t);    /* NULL: none known */
const char *reason_head(const struct reason *r);    /* "new readers cannot read old values" */
const char *diff_headline(const struct diff *d);    /* "3 tables differ (1 breaking, 2 compatible), 12 are equal" */
#endif
