#ifndef TAILRACE_SOURCE_PG_SCRIPT_H
#define TAILRACE_SOURCE_PG_SCRIPT_H
#include <stdbool.h>
#include "base/slice.h"

/*
 * A file of SQL, statement by statement, as psql sends it. Skips psql's own commands (\connect,
 * \restrict).
 */
struct pg_script {
    const uint8_t *p, *end;
    int line;                   /* at p, from 1 */
};

static inline struct pg_script pg_script_of(struct slice text)
{
    return (struct pg_script){ text.p, text.p + text.n, 1 };
}

/* The next statement, without its semicolon, and the line that it begins on. false: no more. */
bool pg_script_next(struct pg_script *s, struct slice *ret, int *ret_line);
#endif
