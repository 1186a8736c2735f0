/* Lists the databases of a server. config/servers.c decides which of them are fed. */
#include <stdlib.h>
#include "source/pg/conn.h"

/* -2: a DROP DATABASE that did not finish; nobody can connect to that database. */
static const char query[] =
    "SELECT datname, oid FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate "
                            "AND datconnlimit <> -2 ORDER BY datname::text COLLATE \"C\"";

static int read_list(PGconn *c, struct arena *a, struct pg_database **ret, size_t *ret_n,
                     struct err *err)
{
    PGresult *r = pg_exec(c, query, PGRES_TUPLES_OK, err);
    if (!r)
        return -1;
    size_t n = (size_t)PQntuples(r);
    *ret = arena_alloc(a, (n + 1) * sizeof **ret);
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = (struct pg_database){ arena_strdup(a, pg_cell(r, (int)i, 0)),
                                          (uint32_t)strtoul(pg_cell(r, (int)i, 1), NULL, 10) };
    *ret_n = n;
    PQclear(r);
    return 0;
}

/*
 * libpq's own default is a database of the user's name, which may not exist: ask "postgres"
 * instead.
 */
static int where_to_ask(const char *conninfo, struct buf *ret, struct err *err)
{
    PQconninfoOption *user = pg_conninfo_parse(conninfo, err);
    if (!user)
        return -1;
    bool said = pg_conninfo_value(user, "dbname") || getenv("PGDATABASE") ||
        pg_conninfo_value(user, "service");
    PQconninfoFree(user);
    if (!said)
        return pg_conninfo_of_database(conninfo, "postgres", ret, err);
    buf_str(ret, conninfo);
    return 0;
}

int pg_databases_read(const struct pg_options *opt, struct arena *a, struct pg_database **ret,
                      size_t *ret_n, struct err *err)
{
    struct pg_options here = *opt;
    struct buf conninfo = { 0 };
    int rc = where_to_ask(opt->conninfo, &conninfo, err);
    here.conninfo = buf_cstr(&conninfo);
    PGconn *c = rc ? NULL : pg_connect(&here, PG_CATALOG, err);
    rc = c ? read_list(c, a, ret, ret_n, err) : -1;
    PQfinish(c);
    buf_done(&conninfo);
    return rc;
}
