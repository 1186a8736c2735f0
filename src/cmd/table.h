#ifndef TAILRACE_CMD_TABLE_H
#define TAILRACE_CMD_TABLE_H
#include "base/buf.h"

/*
 * Appends the feeds of a service's answer to "list" as a table, and below it the last error of each
 * feed that needs somebody. width: the longest line, in bytes; 0: no limit.
 */
struct json_t;
void table_put(const struct json_t *answer, size_t width, struct buf *out);
/* The greatest urgency of the feeds: the exit code of `tailrace status`. */
int table_urgency(const struct json_t *answer);
#endif
