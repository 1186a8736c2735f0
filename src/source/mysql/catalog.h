#ifndef TAILRACE_SOURCE_MYSQL_CATALOG_H
#define TAILRACE_SOURCE_MYSQL_CATALOG_H
#include "base/charset.h"
#include "source/mysql/schema.h"
#include "source/mysql/server.h"

/* What information_schema says now. */

/* May a table be read? The filter must take it, and it must not be the server's own. */
int mysql_catalog_wants(const struct filter *f, const char *database, const char *table,
                        struct err *err) must_check;

/* The names of all base tables that the filter takes, in the order of their bytes. */
int mysql_catalog_names(struct mysql_conn *c, const struct filter *f,
                        void (*each)(void *arg, const char *database, const char *table), void *arg,
                        struct err *err) must_check;

/* Puts the character set of new tables into ret, for each database that ret does not know yet. */
int mysql_catalog_databases(struct mysql_conn *c, struct mysql_schema *ret,
                            struct err *err) must_check;

/* The definition of one table, in a; *ret NULL: the table does not exist. */
int mysql_catalog_table(struct mysql_conn *c, const struct mysql_server *s, const char *database,
                        const char *table, struct arena *a, struct mysql_table_def **ret,
                        struct err *err) must_check;

/* MariaDB: asks which columns are the table's period and which indexes are WITHOUT OVERLAPS. */
int mysql_catalog_period(struct mysql_conn *c, struct mysql_table_def *t, struct arena *a,
                         struct err *err) must_check;

/* The definitions of all base tables that `wanted` takes, and the databases, into ret. */
int mysql_catalog_all(struct mysql_conn *c, const struct mysql_server *s,
                      const struct filter *wanted, struct mysql_schema *ret,
                      struct err *err) must_check;

/*
 * Which character set a collation's id stands for. The server is asked, because ids of MariaDB and
 * MySQL differ.
 */
struct mysql_collations {
    struct mysql_collation { uint32_t id; const char *name, *charset; uint8_t max_bytes; } *list;
    uint32_t n;
    struct arena arena;
};
int mysql_collations_read(struct mysql_conn *c, const struct mysql_server *s,
                          struct mysql_collations *ret, struct err *err) must_check;
void mysql_collations_done(struct mysql_collations *c);
const struct mysql_collation *mysql_collation_find(const struct mysql_collations *c, uint32_t id);
#endif
