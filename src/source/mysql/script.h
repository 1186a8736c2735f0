#ifndef TAILRACE_SOURCE_MYSQL_SCRIPT_H
#define TAILRACE_SOURCE_MYSQL_SCRIPT_H
#include "source/mysql/ddl/lex.h"

/*
 * A file of SQL, statement by statement, as the servers' own client would send it. DELIMITER, a
 * command of that client, works too.
 */
struct mysql_script {
    struct slice text;
    size_t at;
    int line;                   /* at `at`, from 1 */
    struct slice delimiter;
    const struct ddl_context *ctx;
};

struct mysql_script mysql_script_of(struct slice text, const struct ddl_context *ctx);
/*
 * 1: the next statement, without its delimiter, and the line that it begins on; 0: there is none;
 * -1 (ERR_DATA): a quote or a comment is not closed.
 */
int mysql_script_next(struct mysql_script *s, struct slice *ret, int *ret_line,
                      struct err *err) must_check;
#endif
