#ifndef TAILRACE_BASE_SQL_NAME_H
#define TAILRACE_BASE_SQL_NAME_H
#include <stdbool.h>
#include "base/buf.h"

/*
 * SCHEMA.TABLE as SQL writes it: a part in double quotes may hold dots, and "" stands for a quote.
 * Without quotes the first dot divides. Appends the parts. False: these are not two parts.
 */
bool sql_name_split(const char *text, struct buf *schema, struct buf *table);

/* Appends what sql_name_split() takes apart, both parts in quotes. */
void sql_name_join(const char *schema, const char *table, struct buf *out);
#endif
