#ifndef TAILRACE_BASE_SQL_NAME_H
#define TAILRACE_BASE_SQL_NAME_H
#include <stdbool.h>
#include "base/buf.h"

/*
 * Splits SCHEMA.TABLE, as SQL writes it, and appends the two parts. A part in double quotes may
 * hold dots, and "" stands for a quote. Without quotes the first dot divides. False: text has not
 * two parts.
 */
bool sql_name_split(const char *text, struct buf *schema, struct buf *table);

/* Appends SCHEMA.TABLE with both parts in quotes, for sql_name_split(). */
void sql_name_join(const char *schema, const char *table, struct buf *out);
#endif
