#ifndef TAILRACE_CMD_TABLE_H
#define TAILRACE_CMD_TABLE_H
#include "base/buf.h"

/*
 * The feeds of a service's answer to "list" as a table for people, below it the last error of each
 * feed that needs somebody. width: of a line, at most; 0: as wide as it is.
 */
struct json_t;
void table_put(const struct json_t *answer, size_t width, struct buf *out);
/* How urgent the worst of them is, as `tailrace status` ends. */
int table_urgency(const struct json_t *answer);
#endif
