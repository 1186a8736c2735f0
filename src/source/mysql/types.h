#ifndef TAILRACE_SOURCE_MYSQL_TYPES_H
#define TAILRACE_SOURCE_MYSQL_TYPES_H
#include "model/table.h"
#include "source/mysql/binlog/binlog.h"
#include "source/mysql/catalog.h"

/*
 * What a column means. b: the binlog's layout, the truth about the row's bytes. def: the
 * declaration; NULL: not known, then the name comes from b. A snapshot's table is made in the same
 * way, from the layout that the binlog would have (mysql_types_layout()).
 */
int mysql_types_column(const struct binlog_column *b, const struct mysql_column_def *def,
                       const struct mysql_collations *collations, bool mariadb, struct arena *a,
                       struct column *ret, struct err *err) must_check;

/*
 * The layout that a TABLE_MAP with FULL metadata would have for this declaration. Borrows def;
 * labels lie in a.
 */
int mysql_types_layout(const struct mysql_column_def *def,
                       const struct mysql_collations *collations, struct arena *a,
                       struct binlog_column *ret, struct err *err) must_check;

/*
 * Makes a whole table from its definition, and the layout of its columns (room for def->ncols).
 * Borrows def.
 */
int mysql_types_table(const struct mysql_table_def *def, const struct mysql_collations *collations,
                      bool mariadb, struct arena *a, struct binlog_column *ret_layout,
                      struct table *ret, struct err *err) must_check;

/* NULL: the declaration fits the layout; else the words, in a, that say what does not fit. */
const char *mysql_types_mismatch(const struct binlog_column *b, const struct mysql_column_def *def,
                                 const struct mysql_collations *collations, struct arena *a);
#endif
