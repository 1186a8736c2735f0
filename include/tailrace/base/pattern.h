#ifndef TAILRACE_BASE_PATTERN_H
#define TAILRACE_BASE_PATTERN_H
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"

/*
 * Regular expressions over names of tables and columns: Perl's syntax, against
 * the whole name, upper and lower case alike, as Debezium takes them. They live
 * in the arena they were made in. Once made, any thread may ask them.
 */
struct pattern;

/* NULL: err (ERR_CONFIG) says what is wrong with the text, and where. */
struct pattern *pattern_new(struct arena *a, const char *text, struct err *err) must_check;
/* 1: it matches; 0: it does not; -1 (ERR_CONFIG): it runs into PCRE's limits at this name. To guess
 * might show what is to be hidden. */
int pattern_matches(const struct pattern *p, const char *name, struct err *err) must_check;

const char *pattern_text(const struct pattern *p);

/* What `text` makes of a name that matches: $1 is its first group. In the arena. */
/* NULL: text refers to a group that is not there, the result has more than 1023 bytes, or PCRE's
 * limits. */
const char *pattern_replace(const struct pattern *p, struct arena *a, const char *name,
                            const char *text);

/* Which names are wanted: those of include (NULL: all) that are not of exclude (NULL: none). Both
 * lists end with NULL. */
struct filter {
    struct pattern **include, **exclude;
    /* of both lists' texts, not 0: another one is another filter. 0: not made by filter_new() */
    uint32_t hash;
};
int filter_new(struct arena *a, const char *const *include, const char *const *exclude,
               struct filter *ret, struct err *err) must_check;
/* 1: wanted; 0: not; -1: err, as above. */
int filter_takes(const struct filter *f, const char *name, struct err *err) must_check;
#endif
