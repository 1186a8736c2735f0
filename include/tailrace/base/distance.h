#ifndef TAILRACE_BASE_DISTANCE_H
#define TAILRACE_BASE_DISTANCE_H
#include <stddef.h>

/* How many bytes are to be put in, left out or changed to make b of a (Levenshtein); a b of 128
 * bytes or more: its length. */
size_t edit_distance(const char *a, const char *b);
#endif
