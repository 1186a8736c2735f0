#ifndef TAILRACE_SOURCE_MYSQL_DDL_LEX_H
#define TAILRACE_SOURCE_MYSQL_DDL_LEX_H
#include "source/mysql/ddl/ddl.h"

enum ddl_token_kind {
    TOK_END,
    TOK_WORD,       /* keyword or unquoted name */
    TOK_NAME,       /* `quoted` name; "quoted" with ANSI_QUOTES */
    TOK_STRING,     /* 'text', "text", N'text' */
    TOK_NUMBER,     /* 1, 1.5, 1e3, without sign */
    TOK_BYTES,      /* x'41', 0x41 */
    TOK_BITS,       /* b'101', 0b101 */
    TOK_OTHER       /* one character */
};

struct ddl_token {
    enum ddl_token_kind kind;
    struct slice raw;       /* as written, with its quotes */
};

/* Skips comments, and reads an executable one as this server does. */
struct ddl_lexer {
    struct slice sql;
    size_t at;
    const struct ddl_context *ctx;
    bool executing;         /* inside an executable comment */
    bool after_dot;         /* a name comes next, even 1e5 */
    size_t name_end;        /* a dot here follows a name, so .5 is not a number */
    bool mode_set;          /* SET STATEMENT sql_mode: nobody knows how the session read "x" */
};

struct ddl_lexer ddl_lexer(struct slice sql, const struct ddl_context *ctx);
/* 0, TOK_END at the end or at a semicolon; -1 (ERR_DATA): a quote or a comment is not closed. */
int ddl_lex(struct ddl_lexer *l, struct ddl_token *ret, struct err *err) must_check;
/*
 * MariaDB logs SET STATEMENT a = 1, b = 2 FOR ... as it was sent. Skips that part, up to the
 * statement that took effect.
 */
int ddl_skip_wrapper(struct ddl_lexer *l, struct err *err) must_check;
/* Can the byte be part of an unquoted name? */
bool ddl_name_char(int c);
/* The value, without quotes and escapes; for BYTES and BITS the bytes that they mean. In a. */
struct slice ddl_token_bytes(const struct ddl_token *t, const struct ddl_context *ctx,
                             struct arena *a);
/* The same as a C string: anything after a NUL is lost. */
const char *ddl_token_text(const struct ddl_token *t, const struct ddl_context *ctx,
                           struct arena *a);
/* Is it this TOK_WORD, in any case? */
bool ddl_token_is(const struct ddl_token *t, const char *word);
#endif
