#ifndef TAILRACE_SOURCE_MYSQL_DDL_TEXT_H
#define TAILRACE_SOURCE_MYSQL_DDL_TEXT_H
#include "source/mysql/ddl/parse.h"

/*
 * What a definition of a column, table or database says about its character set. All zero: nothing.
 */
struct ddl_text {
    const char *charset, *collation;
    bool binary;            /* the attribute BINARY: the set's _bin collation */
    bool by_default;        /* CHARACTER SET DEFAULT */
    bool own_collation;     /* MariaDB's COLLATE DEFAULT: the set's default collation */
};

/*
 * Reads [DEFAULT] CHARACTER SET [=] x, CHARSET [=] x, [DEFAULT] COLLATE [=] x. 1: taken; 0:
 * something else comes; -1: err.
 */
int ddl_text_option(struct ddl_parser *p, struct ddl_text *t) must_check;
/* The set and collation that t means; `fallback` is for what t does not say. */
struct mysql_text ddl_text_resolve(const struct ddl_parser *p, const struct ddl_text *t,
                                   struct mysql_text fallback);
/* The set and collation of a new table in the database. */
struct mysql_text ddl_text_of_database(const struct ddl_parser *p, const struct mysql_schema *s,
                                       const char *database);
/* The set and collation of a new database. */
struct mysql_text ddl_text_of_server(const struct ddl_parser *p);
/* The set's name at this server: utf8 or utf8mb3, for example. */
const char *ddl_charset_name(const struct ddl_parser *p, const char *charset);
const char *ddl_default_collation(const struct ddl_parser *p, const char *charset);
/* The set's longest character, in bytes. */
int ddl_charset_width(const char *charset);
#endif
