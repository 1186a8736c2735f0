#ifndef TAILRACE_REPORT_WORDS_H
#define TAILRACE_REPORT_WORDS_H
#include "report/diff.h"

/* Words that every rendering uses. Strings that are made for a diff live in its arena. */
/* "public.orders", "public.a -> public.b" */
const char *table_title(const struct diff *d, const struct table_diff *t);
/* "new table" ... */
const char *table_state_word(const struct diff *d, const struct table_diff *t);
const char *table_topic(const struct table_diff *t);    /* the new one first; NULL: not known */
/* "old -> new" if the topic changed */
const char *table_topics(const struct diff *d, const struct table_diff *t);
/* "billing, search"; NULL: Kafka was not asked */
const char *table_readers(const struct diff *d, const struct table_diff *t);
/* why it breaks, besides the verdicts' reasons; NULL: no other reason */
const char *table_because(const struct diff *d, const struct table_diff *t);
/* the columns and key of a new table; NULL: the table is not new */
const char *table_shape(const struct diff *d, const struct table_diff *t);
/* "judged at BACKWARD, the subject's level" */
const char *table_level(const struct diff *d, const struct table_diff *t);
const char *reason_head(const struct reason *r);    /* "new readers cannot read old values" */
/* "3 tables differ (1 breaking, 2 compatible), 12 are equal" */
const char *diff_headline(const struct diff *d);
bool change_is_added(enum change_kind kind);
bool change_is_removed(enum change_kind kind);
#endif
