#ifndef TAILRACE_BASE_PATTERN_H
#define TAILRACE_BASE_PATTERN_H
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"

/*
 * Regular expressions over names of tables and columns, as Debezium takes them: in
 * Perl's syntax, against the whole name, upper and lower case alike. A pattern lives
 * in the arena it was made in. Once it is made, any thread may use it.
 */
struct pattern;

/* NULL: err (ERR_CONFIG) says what is wrong with the text, and where. */
struct pattern *pattern_new(struct arena *a, const char *text, struct err *err) must_check;
/* 1: it matches; 0: it does not. -1 (ERR_CONFIG): PCRE reaches its limits at this name; a guess
 * might show what is to be hidden. */
int pattern_matches(const struct pattern *p, const char *name, struct err *err) must_check;

const char *pattern_text(const struct pattern *p);

/*
 * If name matches, gives text with $1 replaced by the first group, and so on; it lives in the
 * arena. If not, gives name itself. NULL: text refers to a group that is not there, the result has
 * more than 1023 bytes, or PCRE reaches its limits.
 */
const char *pattern_replace(const struct pattern *p, struct arena *a, const char *name,
                            const char *text);

/* A filter takes a name that matches include (NULL: every name) and does not match exclude (NULL:
 * none). Both lists end with NULL. */
struct filter {
    struct pattern **include, **exclude;
    /* hash of both lists' texts, not 0; another hash means another filter. 0: not made by
     * filter_new() */
    uint32_t hash;
};
int filter_new(struct arena *a, const char *const *include, const char *const *exclude,
               struct filter *ret, struct err *err) must_check;
/* 1: the filter takes name; 0: it does not; -1: as pattern_matches(). */
int filter_takes(const struct filter *f, const char *name, struct err *err) must_check;
#endif
