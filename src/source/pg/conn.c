#include "source/pg/conn.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"

/* Text forms that the op table expects, whatever the server's or role's own settings. */
static const char session_options[] =
    "-c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3 -c bytea_output=hex -c timezone=UTC "
    "-c lc_monetary=C -c statement_timeout=0 -c idle_in_transaction_session_timeout=0";

void pg_ident(struct buf *out, const char *name)
{
    buf_u8(out, '"');
    for (; *name; name++) {
        if (*name == '"')
            buf_u8(out, '"');
        buf_u8(out, (uint8_t)*name);
    }
    buf_u8(out, '"');
}

void pg_qualified(struct buf *out, const char *schema, const char *name)
{
    pg_ident(out, schema);
    buf_u8(out, '.');
    pg_ident(out, name);
}

void pg_literal(struct buf *out, const char *text)
{
    buf_u8(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_u8(out, '\'');
        buf_u8(out, (uint8_t)*text);
    }
    buf_u8(out, '\'');
}

/* Server notices go to our log; PG 18 warns and then silently skips rows when a publication is missing at the decoded LSN. */
static void notice(void *arg, const PGresult *r)
{
    (void)arg;
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    log_warn("server says: %s", text ? text : "");
}

enum { MAX_PARAMS = 64 };

static int params_of(const char *conninfo, bool replication, PQconninfoOption *user, const char **keys,
                     const char **values, char *options, size_t size, struct err *err)
{
    int n = 0;
    const char *own = "";
    for (PQconninfoOption *o = user; o->keyword; o++) {
        if (!o->val || n >= MAX_PARAMS - 5)
            continue;
        if (strcmp(o->keyword, "options") == 0) {
            own = o->val;
            continue;
        }
        keys[n] = o->keyword;
        values[n++] = o->val;
    }
    if (snprintf(options, size, "%s %s", session_options, own) >= (int)size)
        return err_set(err, ERR_CONFIG, "source.conninfo: options is too long: %.60s", conninfo);
    keys[n] = "options", values[n++] = options;
    keys[n] = "fallback_application_name", values[n++] = "tailrace";
    keys[n] = "client_encoding", values[n++] = "UTF8";
    if (replication)
        keys[n] = "replication", values[n++] = "database";
    keys[n] = NULL, values[n] = NULL;
    return 0;
}

PGconn *pg_connect(const char *conninfo, bool replication, struct err *err)
{
    char *why = NULL, options[2048];
    const char *keys[MAX_PARAMS], *values[MAX_PARAMS];
    PQconninfoOption *user = PQconninfoParse(conninfo, &why);
    if (!user) {
        err_set(err, ERR_CONFIG, "the connection string cannot be read: %s", why ? why : "out of memory");
        PQfreemem(why);
        return NULL;
    }
    PGconn *c = NULL;
    if (!params_of(conninfo, replication, user, keys, values, options, sizeof options, err))
        c = PQconnectdbParams(keys, values, 0);
    PQconninfoFree(user);
    if (!c)
        return NULL;
    if (PQstatus(c) != CONNECTION_OK) {
        const char *m = PQerrorMessage(c);
        bool config = strstr(m, "authentication failed") || strstr(m, "does not exist") || strstr(m, "no pg_hba.conf entry") ||
                      strstr(m, "no password supplied");
        err_set(err, config ? ERR_CONFIG : ERR_RETRY, "cannot connect to PostgreSQL: %.*s", (int)strcspn(m, "\n"), m);
        PQfinish(c);
        return NULL;
    }
    PQsetNoticeReceiver(c, notice, NULL);
    return c;
}

static enum err_class class_of(PGconn *c, const PGresult *r)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    if (PQstatus(c) != CONNECTION_OK || !state)
        return ERR_RETRY;
    static const char *const retry[] = { "08", "57", "40", "53", "55006", "25006" };
    for (size_t i = 0; i < sizeof retry / sizeof *retry; i++)
        if (strncmp(state, retry[i], strlen(retry[i])) == 0)
            return ERR_RETRY;
    return strncmp(state, "42", 2) == 0 || strncmp(state, "28", 2) == 0 ? ERR_CONFIG : ERR_FATAL;
}

int pg_fail(PGconn *c, const PGresult *r, struct err *err, const char *what)
{
    const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *detail = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL) : NULL;
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    if (!text) {
        text = PQerrorMessage(c);
        return err_set(err, class_of(c, r), "%s: %.*s", what, (int)strcspn(text, "\n"), text);
    }
    return err_set(err, class_of(c, r), "%s: %s%s%s%s (SQLSTATE %s)", what, text, detail ? " (" : "",
                   detail ? detail : "", detail ? ")" : "", state ? state : "?");
}

PGresult *pg_exec(PGconn *c, const char *sql, ExecStatusType want, struct err *err)
{
    PGresult *r = PQexec(c, sql);
    if (PQresultStatus(r) == want)
        return r;
    char what[160];
    snprintf(what, sizeof what, "%.*s", 140, sql);
    pg_fail(c, r, err, what);
    PQclear(r);
    return NULL;
}

PGresult *pg_query(PGconn *c, struct err *err, const char *fmt, ...)
{
    char *sql = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&sql, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    PGresult *r = pg_exec(c, sql, PGRES_TUPLES_OK, err);
    free(sql);
    return r;
}

int pg_value(PGconn *c, char *ret, size_t size, struct err *err, const char *fmt, ...)
{
    char *sql = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&sql, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    PGresult *r = pg_exec(c, sql, PGRES_TUPLES_OK, err);
    free(sql);
    if (!r)
        return -1;
    snprintf(ret, size, "%s", PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return 0;
}

int pg_identify(PGconn *repl, PGconn *sql, struct pg_server *ret, struct err *err)
{
    PGresult *r = pg_exec(repl, "IDENTIFY_SYSTEM", PGRES_TUPLES_OK, err);
    if (!r)
        return -1;
    snprintf(ret->system_id, sizeof ret->system_id, "%s", PQgetvalue(r, 0, 0));
    ret->timeline = (uint32_t)strtoul(PQgetvalue(r, 0, 1), NULL, 10);
    PQclear(r);
    char standby[8];
    if (pg_value(sql, standby, sizeof standby, err, "SELECT pg_is_in_recovery()"))
        return -1;
    ret->standby = standby[0] == 't';
    ret->version = PQserverVersion(sql);
    snprintf(ret->database, sizeof ret->database, "%s", PQdb(sql));
    return 0;
}

int pg_may_read(const struct pg_server *s, const struct pg_options *opt, struct err *err)
{
    if (!s->standby && !opt->allow_primary)
        return err_set(err, ERR_CONFIG,
                       "this server is a primary, and reading it would put the load of decoding on the operational "
                       "database: point source.conninfo at a standby, or set source.primary: allow");
    if (s->standby && s->version < 160000)
        return err_set(err, ERR_CONFIG,
                       "this standby runs PostgreSQL %d, and logical decoding on a standby needs 16 or later: upgrade it, "
                       "or read the primary with source.primary: allow", s->version / 10000);
    return 0;
}

int pg_library(void)
{
    return PQlibVersion();
}
