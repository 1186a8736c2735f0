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
    struct slice raw;       /* as written, quotes and all */
};

/* Comments vanish; what stands in an executable one is read as the server at hand reads it. */
struct ddl_lexer {
    struct slice sql;
    size_t at;
    const struct ddl_context *ctx;
    bool executing;         /* inside an executable comment */
    bool after_dot;         /* what follows is a name, even 1e5 */
    size_t name_end;        /* a dot here follows a name: .5 is no number */
    bool mode_set;          /* SET STATEMENT sql_mode: how its session read "x" is not known */
};

struct ddl_lexer ddl_lexer(struct slice sql, const struct ddl_context *ctx);
/* 0, TOK_END at the end or at a semicolon; -1 (ERR_DATA): a quote or a comment is not closed. */
int ddl_lex(struct ddl_lexer *l, struct ddl_token *ret, struct err *err) must_check;
/* MariaDB logs SET STATEMENT a = 1, b = 2 FOR ... as it was sent: passes that, up to the statement
 * that took effect. */
int ddl_skip_wrapper(struct ddl_lexer *l, struct err *err) must_check;
/* A byte of an unquoted name. */
bool ddl_name_char(int c);
/* The value: without quotes and escapes; of BYTES and BITS the bytes they stand for. */
struct slice ddl_token_bytes(const struct ddl_token *t, const struct ddl_context *ctx,
                             struct arena *a);
/* The same; what stands behind a NUL is lost. */
const char *ddl_token_text(const struct ddl_token *t, const struct ddl_context *ctx,
                           struct arena *a);
/* A WORD, whatever its case. */
bool ddl_token_is(const struct ddl_token *t, const char *word);
#endif
