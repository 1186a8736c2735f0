/*
 * What a connection string says: parses it with libpq, and keeps its passwords out of every
 * message.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/distance.h"
#include "base/secret.h"
#include "source/pg/conn.h"

const char *pg_conninfo_value(const PQconninfoOption *user, const char *key)
{
    for (; user->keyword; user++)
        if (strcmp(user->keyword, key) == 0 && user->val)
            return user->val;
    return NULL;
}

/*
 * Names the keyword that was probably meant. The unknown word itself may be a part of a password,
 * so it is not shown.
 */
static void add_keyword(const char *why, struct err *err)
{
    enum { NEAR = 2 };
    static const char before[] = "invalid connection option \"";
    char word[64];
    const char *from = strstr(why, before), *nearest = NULL;
    size_t least = NEAR + 1;
    if (!from)
        return;
    from += sizeof before - 1;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(from, "\""), from);
    PQconninfoOption *all = PQconndefaults();
    for (const PQconninfoOption *o = all; o && o->keyword; o++) {
        size_t d = edit_distance(word, o->keyword);
        if (d >= least || strlen(o->keyword) <= NEAR * 2)
            continue;
        least = d;
        nearest = o->keyword;
    }
    if (nearest)
        err_add(err, " -> is %s misspelt in it?", nearest);
    PQconninfoFree(all);
}

/*
 * libpq's own words hold a part of the text, so perhaps a part of the password: they are not shown.
 */
PQconninfoOption *pg_conninfo_parse(const char *conninfo, struct err *err)
{
    char *why = NULL;
    PQconninfoOption *o = PQconninfoParse(conninfo, &why);
    if (o) {
        secret_note(pg_conninfo_value(o, "password"));
        secret_note(pg_conninfo_value(o, "sslpassword"));
        PQfreemem(why);
        return o;
    }
    secret_note(conninfo);
    err_set(err, ERR_CONFIG,
            "the connection string cannot be read (it is not shown, for it may hold a password): "
            "word = value pairs, a value "
            "with spaces or a quote 'in quotes', or a URI postgresql://USER@HOST:PORT/DATABASE "
            "with %%XX for what is special there");
    add_keyword(why ? why : "", err);
    PQfreemem(why);
    return NULL;
}

int pg_conninfo_check(const char *conninfo, struct err *err)
{
    PQconninfoOption *o = pg_conninfo_parse(conninfo, err);
    if (!o)
        return -1;
    PQconninfoFree(o);
    return 0;
}

static bool has_value(const PQconninfoOption *user, const char *key)
{
    const char *v = pg_conninfo_value(user, key);
    return v && *v;
}

bool pg_conninfo_password(const char *conninfo)
{
    struct err ignored = { 0 };
    PQconninfoOption *o = pg_conninfo_parse(conninfo, &ignored);
    bool has = o && (has_value(o, "password") || has_value(o, "sslpassword"));
    PQconninfoFree(o);
    return has;
}

const char *pg_conninfo_file(const char *conninfo, const char *key, struct arena *a)
{
    struct err ignored = { 0 };
    PQconninfoOption *o = conninfo ? pg_conninfo_parse(conninfo, &ignored) : NULL;
    const char *file = o && has_value(o, key) ? arena_strdup(a, pg_conninfo_value(o, key)) : NULL;
    PQconninfoFree(o);
    return file;
}

/*
 * Why libpq takes no password from the file: its own conditions (passwordFromFile), in its order.
 */
static const char *unused_reason(const char *file)
{
    struct stat st;
    if (stat(file, &st) || access(file, R_OK))
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "not a file";
    return st.st_mode & (S_IRWXG | S_IRWXO)
        ? "its group or others may open it, and libpq wants mode 600"
        : "it has no line for this host, port, database and user";
}

void pg_conninfo_why_no_password(const char *conninfo, struct err *err)
{
    struct arena a;
    char *todo = strstr(err->msg, " -> ");
    if (!strstr(err->msg, "no password supplied"))
        return;
    arena_init(&a, 256);
    const char *file = pg_conninfo_file(conninfo, "passfile", &a);
    if (file && todo)
        *todo = 0;
    if (file)
        err_add(err, " -> look at passfile=%s: %s", file, unused_reason(file));
    arena_done(&a);
}

/* Writes a value as a connection string has it. */
static void put_value(struct buf *out, const char *value)
{
    buf_u8(out, '\'');
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\')
            buf_u8(out, '\\');
        buf_u8(out, (uint8_t)*value);
    }
    buf_u8(out, '\'');
}

int pg_conninfo_bare(const char *conninfo, struct buf *ret_bare, struct buf *ret_password,
                     struct err *err)
{
    PQconninfoOption *user = pg_conninfo_parse(conninfo, err);
    if (!user)
        return -1;
    for (const PQconninfoOption *o = user; o->keyword; o++) {
        if (!o->val || strcmp(o->keyword, "sslpassword") == 0)
            continue;
        if (strcmp(o->keyword, "password") == 0) {
            buf_str(ret_password, o->val);
            continue;
        }
        buf_printf(ret_bare, "%s%s=", ret_bare->n ? " " : "", o->keyword);
        put_value(ret_bare, o->val);
    }
    PQconninfoFree(user);
    return 0;
}

int pg_conninfo_of_database(const char *conninfo, const char *database, struct buf *ret,
                            struct err *err)
{
    PQconninfoOption *user = pg_conninfo_parse(conninfo, err);
    if (!user)
        return -1;
    for (const PQconninfoOption *o = user; o->keyword; o++)
        if (o->val && strcmp(o->keyword, "dbname") != 0) {
            buf_printf(ret, "%s=", o->keyword);
            put_value(ret, o->val);
            buf_u8(ret, ' ');
        }
    buf_str(ret, "dbname=");
    put_value(ret, database);
    PQconninfoFree(user);
    return 0;
}

static const char *said(const PQconninfoOption *user, const char *key, const char *variable,
                        const char *fallback)
{
    const char *v = pg_conninfo_value(user, key);
    if (!v)
        v = getenv(variable);
    return v && *v ? v : fallback;
}

int pg_conninfo_server(const char *conninfo, struct buf *ret, struct err *err)
{
    PQconninfoOption *user = pg_conninfo_parse(conninfo, err);
    if (!user)
        return -1;
    const char *service = said(user, "service", "PGSERVICE", NULL);
    const char *host = said(user, "hostaddr", "PGHOSTADDR", NULL);
    if (!host)
        host = said(user, "host", "PGHOST", NULL);
    if (service)
        buf_printf(ret, "service=%s ", service);
    if (host || !service)
        buf_printf(ret, "host=%s ", host ? host : "(local)");
    if (pg_conninfo_value(user, "port") || !service)
        buf_printf(ret, "port=%s ", said(user, "port", "PGPORT", "5432"));
    ret->n--;
    PQconninfoFree(user);
    return 0;
}
