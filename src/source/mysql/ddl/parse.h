#ifndef TAILRACE_SOURCE_MYSQL_DDL_PARSE_H
#define TAILRACE_SOURCE_MYSQL_DDL_PARSE_H
#include "source/mysql/ddl/lex.h"

/* A statement's tokens, read from left to right by ddl_*.c. */
struct ddl_parser {
    struct slice sql;
    struct ddl_token *tokens;   /* the last one is TOK_END */
    size_t n, at;
    const struct ddl_context *ctx;
    struct arena *a;
    struct err *err;
};

int ddl_parser(struct ddl_parser *p, struct slice sql, const struct ddl_context *ctx,
               struct arena *a, struct err *err) must_check;

/* The token `ahead` of the next one. */
const struct ddl_token *ddl_peek(const struct ddl_parser *p, size_t ahead);
/* "IF NOT EXISTS": all of them come next */
bool ddl_at(const struct ddl_parser *p, const char *words);
bool ddl_take(struct ddl_parser *p, const char *words);         /* and are passed */
bool ddl_at_char(const struct ddl_parser *p, char c);
bool ddl_take_char(struct ddl_parser *p, char c);
bool ddl_at_end(const struct ddl_parser *p);
void ddl_next(struct ddl_parser *p);

/* Passes a name. NULL: none comes, and err says so. */
const char *ddl_name(struct ddl_parser *p);
const char *ddl_column_name(struct ddl_parser *p);
/* [database.]table. The database is the default one when it is not said. */
int ddl_table_name(struct ddl_parser *p, const char **ret_database,
                   const char **ret_table) must_check;
/* A database's or a table's name as the server keeps it: in lower case where it folds them. NULL
 * stays NULL. */
const char *ddl_folded(const struct ddl_parser *p, const char *name);
/* Passes a name, a string, a number: the value of an option. */
const char *ddl_value(struct ddl_parser *p);
/* Passes a comment's text; of one that is too long a server keeps the first `most` characters. */
const char *ddl_comment(struct ddl_parser *p, size_t most);
/* Passes ( ... ), when it comes; *ret: what is inside, may be NULL. */
int ddl_parens(struct ddl_parser *p, struct slice *ret) must_check;
/* Passes everything up to a comma or a closing parenthesis that is not inside parentheses, or the
 * end. */
void ddl_skip_item(struct ddl_parser *p);
/* -1: "what" was expected where p stands. */
int ddl_fail(struct ddl_parser *p, const char *what);

/* True where two names are the same column, index or option. */
bool ddl_same(const char *a, const char *b);
#endif
