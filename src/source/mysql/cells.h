#ifndef TAILRACE_SOURCE_MYSQL_CELLS_H
#define TAILRACE_SOURCE_MYSQL_CELLS_H
#include "source/mysql/binlog/binlog.h"
#include "source/mysql/schema.h"

/*
 * Turns a SELECT's text into the bytes that the binlog has for the same value (FORM_BINLOG,
 * model/table.h). So rows that were read and rows that were streamed are equal: same plan, same
 * bytes, same key. The session must have time_zone '+00:00' and character_set_results NULL, and ask
 * for each column by mysql_cells_select().
 */

/*
 * Writes the expression that selects a column: numbers for ENUM, SET and BIT, every digit of a
 * FLOAT, bytes for MariaDB's own types.
 */
void mysql_cells_select(const struct binlog_column *c, const struct mysql_column_def *def,
                        struct buf *out);

/* Appends the value's bytes. -1: the text is not a value of that type (ERR_FATAL). */
int mysql_cells_put(const struct binlog_column *c, struct slice text, struct buf *out,
                    struct err *err) must_check;
#endif
