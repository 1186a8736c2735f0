#ifndef TAILRACE_SOURCE_MYSQL_TYPES_H
#define TAILRACE_SOURCE_MYSQL_TYPES_H
#include "model/table.h"
#include "source/mysql/binlog/binlog.h"
#include "source/mysql/catalog.h"

/*
 * What a column means. b: as the binlog lays it out (the truth for the row's bytes). def: as it was
 * declared; NULL where that is not known, when the name comes from b. A snapshot's table is made
 * the same way, from what the binlog would say (mysql_types_layout()).
 */
int mysql_types_column(const struct binlog_column *b, const struct mysql_column_def *def,
                       const struct mysql_collations *collations, bool mariadb, struct arena *a,
                       struct column *ret, struct err *err) must_check;

/* What a TABLE_MAP with FULL metadata would say of a column declared so. Borrows def; labels lie in
 * a. */
int mysql_types_layout(const struct mysql_column_def *def,
                       const struct mysql_collations *collations, struct arena *a,
                       struct binlog_column *ret, struct err *err) must_check;

/* A whole table of its definition, and the layout of its columns (room for def->ncols). Borrows
 * def. */
int mysql_types_table(const struct mysql_table_def *def, const struct mysql_collations *collations,
                      bool mariadb, struct arena *a, struct binlog_column *ret_layout,
                      struct table *ret, struct err *err) must_check;

/* NULL: a column declared so can be laid out so; else what does not fit, in words, in a. */
const char *mysql_types_mismatch(const struct binlog_column *b, const struct mysql_column_def *def,
                                 const struct mysql_collations *collations, struct arena *a);
#endif
