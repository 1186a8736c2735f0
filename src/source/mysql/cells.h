#ifndef TAILRACE_SOURCE_MYSQL_CELLS_H
#define TAILRACE_SOURCE_MYSQL_CELLS_H
#include "source/mysql/binlog/binlog.h"
#include "source/mysql/schema.h"

/*
 * A SELECT's text as the binlog would have the same value (FORM_BINLOG, model/table.h), so that
 * what was read and what was streamed are one: same plan, same bytes, same key. Under time_zone
 * '+00:00' and character_set_results NULL; mysql_cells_select() says how a column is asked for.
 */

/* The expression that selects a column: numbers for ENUM, SET and BIT, every digit of a FLOAT,
 * bytes of MariaDB's own types. */
void mysql_cells_select(const struct binlog_column *c, const struct mysql_column_def *def,
                        struct buf *out);

/* Appends the value's bytes. -1: the text is not of that type (ERR_FATAL). */
int mysql_cells_put(const struct binlog_column *c, struct slice text, struct buf *out,
                    struct err *err) must_check;
#endif
