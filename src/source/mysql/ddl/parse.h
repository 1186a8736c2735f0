#ifndef TAILRACE_SOURCE_MYSQL_DDL_PARSE_H
#define TAILRACE_SOURCE_MYSQL_DDL_PARSE_H
#include "source/mysql/ddl/lex.h"

/* A statement's tokens, which the files here read from left to right. */
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

/* The token that is `ahead` tokens after the next one; TOK_END beyond the end. */
const struct ddl_token *ddl_peek(const struct ddl_parser *p, size_t ahead);
/* do these words come next? "IF NOT EXISTS": all three */
bool ddl_at(const struct ddl_parser *p, const char *words);
bool ddl_take(struct ddl_parser *p, const char *words);         /* if so, passes them */
bool ddl_at_char(const struct ddl_parser *p, char c);
bool ddl_take_char(struct ddl_parser *p, char c);
bool ddl_at_end(const struct ddl_parser *p);
void ddl_next(struct ddl_parser *p);

/* Passes a name. NULL: no name comes, and err says so. */
const char *ddl_name(struct ddl_parser *p);
const char *ddl_column_name(struct ddl_parser *p);
/* Passes [database.]table. If no database is said, it is the default one. */
int ddl_table_name(struct ddl_parser *p, const char **ret_database,
                   const char **ret_table) must_check;
/*
 * A database's or table's name as the server keeps it: in lower case if the server folds names.
 * NULL stays NULL.
 */
const char *ddl_folded(const struct ddl_parser *p, const char *name);
/* Passes an option's value: a name, a string or a number. */
const char *ddl_value(struct ddl_parser *p);
/* Passes a comment's text. A server keeps at most the first `most` characters. */
const char *ddl_comment(struct ddl_parser *p, size_t most);
/* Passes ( ... ); -1: no parenthesis comes. ret may be NULL; *ret: the text inside. */
int ddl_parens(struct ddl_parser *p, struct slice *ret) must_check;
/* Passes everything up to the end, or to a comma or closing parenthesis outside of parentheses. */
void ddl_skip_item(struct ddl_parser *p);
/* Always -1; err: "what" was expected where p stands. */
int ddl_fail(struct ddl_parser *p, const char *what);

/* Do two names mean the same column, index or option? */
bool ddl_same(const char *a, const char *b);
#endif
