#ifndef TAILRACE_BASE_DISTANCE_H
#define TAILRACE_BASE_DISTANCE_H
#include <stddef.h>

/* How many bytes to insert, delete or change to turn a into b (Levenshtein). If b has 128 bytes or
 * more: its length. */
size_t edit_distance(const char *a, const char *b);
#endif
