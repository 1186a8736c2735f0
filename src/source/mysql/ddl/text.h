#ifndef TAILRACE_SOURCE_MYSQL_DDL_TEXT_H
#define TAILRACE_SOURCE_MYSQL_DDL_TEXT_H
#include "source/mysql/ddl/parse.h"

/* What a column, a table or a database says of its character set. All zero: nothing. */
struct ddl_text {
    const char *charset, *collation;
    bool binary;            /* the attribute BINARY: the set's _bin collation */
    bool by_default;        /* CHARACTER SET DEFAULT */
    bool own_collation;     /* MariaDB's COLLATE DEFAULT: the one that is the set's */
};

/* [DEFAULT] CHARACTER SET [=] x, CHARSET [=] x, [DEFAULT] COLLATE [=] x. 1: taken; 0: something
 * else comes; -1: err. */
int ddl_text_option(struct ddl_parser *p, struct ddl_text *t) must_check;
/* What is meant, where `fallback` goes for those that say nothing. */
struct mysql_text ddl_text_resolve(const struct ddl_parser *p, const struct ddl_text *t,
                                   struct mysql_text fallback);
/* What a new table in the database gets. */
struct mysql_text ddl_text_of_database(const struct ddl_parser *p, const struct mysql_schema *s,
                                       const char *database);
/* What a new database gets. */
struct mysql_text ddl_text_of_server(const struct ddl_parser *p);
/* The set in this server's words: utf8 or utf8mb3. */
const char *ddl_charset_name(const struct ddl_parser *p, const char *charset);
const char *ddl_default_collation(const struct ddl_parser *p, const char *charset);
/* The longest character in bytes. */
int ddl_charset_width(const char *charset);
#endif
