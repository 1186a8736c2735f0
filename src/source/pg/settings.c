/* The settings of our own sessions: a table, and the two ways in which it reaches the server. */
#include "source/pg/settings.h"
#include <string.h>

#define SESSION(kind) (1U << (kind))
enum {
    ALL = 0xff,
    READING = SESSION(PG_CATALOG) | SESSION(PG_READER),
    STREAM = SESSION(PG_STREAM),
    READER = SESSION(PG_READER),
};

static const struct setting {
    const char *name, *value;
    unsigned sessions;
    int since;          /* the first server version that has it; 0: every version that we read */
    /* the user's options may set it otherwise: it changes no value that is read */
    bool yours;
} settings[] = {
    /* comes first: it could end the transaction in which the others are set */
    { "transaction_timeout", "0", ALL, 170000, true },
    /* how values are written: what the op table reads */
    { "client_encoding", "UTF8", ALL, 0, false },
    { "DateStyle", "ISO", ALL, 0, false },
    { "IntervalStyle", "postgres", ALL, 0, false },
    { "TimeZone", "UTC", ALL, 0, false },
    { "extra_float_digits", "3", ALL, 0, false },
    { "bytea_output", "hex", ALL, 0, false },
    { "lc_monetary", "C", ALL, 0, false },
    { "lc_numeric", "C", ALL, 0, false },
    { "xmlbinary", "base64", ALL, 0, false },
    { "quote_all_identifiers", "off", ALL, 0, false },
    /* how the server reads what we write */
    { "standard_conforming_strings", "on", ALL, 0, false },
    { "array_nulls", "on", ALL, 0, false },
    { "xmloption", "content", ALL, 0, false },
    { "transform_null_equals", "off", ALL, 0, false },
    /* what a query sees: with row_security off the server refuses a query whose rows a policy would
     * hide */
    { "row_security", "off", READING, 0, false },
    { "gin_fuzzy_search_limit", "0", READING, 0, false },
    { "default_transaction_isolation", "read committed", ALL, 0, false },
    { "default_transaction_read_only", "off", ALL, 0, false },
    { "default_transaction_deferrable", "off", ALL, 0, false },
    /* what the server tells us: PostgreSQL 18 warns when it leaves rows out */
    { "client_min_messages", "warning", ALL, 0, false },
    { "exit_on_error", "off", ALL, 0, false },
    /* how long things may take */
    { "statement_timeout", "0", ALL, 0, true },
    { "lock_timeout", "0", ALL, 0, true },
    { "idle_in_transaction_session_timeout", "0", ALL, 0, true },
    { "idle_session_timeout", "0", ALL, 140000, true },
    { "wal_sender_timeout", "60s", STREAM, 120000, true },
    { "jit", "off", ALL, 110000, true },
    /* find a part of a table by its blocks or its key, without reading all of it */
    { "enable_indexscan", "on", READER, 0, true },
    { "enable_indexonlyscan", "on", READER, 0, true },
    { "enable_bitmapscan", "on", READER, 0, true },
    { "enable_tidscan", "on", READER, 0, true },
    { "enable_sort", "on", READER, 0, true },
};

#define EACH_SETTING(s)                                                                            \
    (const struct setting *s = settings; s < settings + sizeof settings / sizeof *settings; s++)

static bool is_the_users(const struct setting *s, const char *own)
{
    return s->yours && own && strcasestr(own, s->name);
}

void pg_settings_options(enum pg_session kind, const char *own, struct buf *ret)
{
    for EACH_SETTING(s) {
        if (s->since || !(s->sessions & SESSION(kind)))
            continue;
        buf_printf(ret, "-c %s=", s->name);
        for (const char *v = s->value; *v; v++) {
            if (*v == ' ')
                buf_u8(ret, '\\');
            buf_u8(ret, (uint8_t)*v);
        }
        buf_u8(ret, ' ');
    }
    buf_str(ret, own ? own : "");
}

/*
 * Sets a path on which the system catalog comes first, even if the present path puts it behind
 * other schemas. Not for a session that makes tables: they would go into the catalog. This
 * statement itself is read with the old path, so it names objects of the catalog only.
 */
static const char catalog_first_sql[] =
    "SELECT pg_catalog.set_config('search_path', CASE"
    " WHEN pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.=) '' THEN 'pg_catalog'"
    " ELSE 'pg_catalog, ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('search_path') END,"
    " false)";

static int catalog_first(PGconn *c, enum pg_session kind, struct err *err)
{
    if (kind == PG_SCRATCH)
        return 0;
    PGresult *r = pg_query(c, err, "%s", catalog_first_sql);
    PQclear(r);
    return r ? 0 : -1;
}

int pg_settings_apply(PGconn *c, enum pg_session kind, const char *own, struct err *err)
{
    struct buf q = { 0 };
    for EACH_SETTING(s)
    if ((s->sessions & SESSION(kind)) && s->since <= PQserverVersion(c) && !is_the_users(s, own))
        buf_printf(&q, "SET %s = '%s';", s->name, s->value);
    PGresult *r = pg_exec(c, buf_cstr(&q), PGRES_COMMAND_OK, err);
    buf_done(&q);
    PQclear(r);
    return r ? catalog_first(c, kind, err) : -1;
}
