/*
 * Which statements of the log change what hangs on tables (hangs.h). After such a statement
 * written.c reads the catalog anew; after all others it keeps it.
 */
#include "source/mysql/ddl/hangs.h"
#include <string.h>
#include <strings.h>
#include "source/mysql/ddl/parse.h"

bool ddl_says(struct slice sql, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= sql.n; i++)
        if (strncasecmp((const char *)sql.p + i, word, n) == 0)
            return true;
    return false;
}

static bool says_any(struct slice sql, const char *const *words)
{
    for (; *words; words++)
        if (ddl_says(sql, *words))
            return true;
    return false;
}

bool ddl_says_hangs(struct slice sql)
{
    static const char *const words[] = { "TRIGGER", "REFERENCES", "VIEW", "UNION", "MERGE",
                                         "CONNECT", "LIKE",       "NEXT", NULL };
    return says_any(sql, words);
}

bool ddl_may_select(struct slice sql)
{
    static const char *const words[] = { "SELECT", "TABLE", "WITH", NULL };
    return says_any(sql, words);
}

static bool at_any(const struct ddl_parser *p, const char *const *words)
{
    for (; *words; words++)
        if (ddl_at(p, *words))
            return true;
    return false;
}

/* For statements that ddl_read() does not tell apart. */
static enum ddl_hangs by_verb(struct slice sql, const struct ddl_context *ctx, struct arena *a)
{
    static const char *const same[] = { "ANALYZE", "OPTIMIZE", "REPAIR", NULL };
    static const char *const rights[] = { "GRANT",
                                          "REVOKE",
                                          "FLUSH",
                                          "SET",
                                          "CREATE USER",
                                          "DROP USER",
                                          "ALTER USER",
                                          "RENAME USER",
                                          "CREATE ROLE",
                                          "DROP ROLE",
                                          "CREATE OR REPLACE USER",
                                          "CREATE OR REPLACE ROLE",
                                          NULL };
    struct ddl_parser p;
    struct err unread = { 0 };
    if (ddl_parser(&p, sql, ctx, a, &unread))
        return DDL_HANGS_ANEW;
    return at_any(&p, same)     ? DDL_HANGS_SAME
           : at_any(&p, rights) ? DDL_HANGS_RIGHTS
                                : DDL_HANGS_ANEW;
}

enum ddl_hangs ddl_hangs(struct slice sql, const struct ddl_context *ctx, const struct ddl *d,
                         struct arena *a)
{
    bool same = false;
    switch (d->kind) {
    case DDL_OTHER:
        return by_verb(sql, ctx, a);
    case DDL_TRUNCATE:
    case DDL_CREATE_INDEX:
    case DDL_DROP_INDEX:
    case DDL_ALTER_DATABASE:
        same = true;
        break;
    case DDL_CREATE_DATABASE:
        same = !d->replaces;
        break;
    case DDL_CREATE_TABLE:
        same = !d->replaces && !ddl_says_hangs(sql);
        break;
    default:
        break;
    }
    return same || d->temporary ? DDL_HANGS_SAME : DDL_HANGS_ANEW;
}
