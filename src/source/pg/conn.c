/*
 * Connections to PostgreSQL: opens them with the settings of their kind, sends queries, and turns
 * the server's answers and errors into results and struct err. Also quotes SQL names and texts.
 */
#include "source/pg/conn.h"
#include <libpq-events.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/aside.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "source/pg/settings.h"
#include "source/pg/sqlstate.h"
#include "source/pg/turn.h"
#include "source/received.h"

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

/*
 * Writes E'...' if text has a backslash: what a backslash means in '...' is a setting
 * (standard_conforming_strings).
 */
void pg_literal(struct buf *out, const char *text)
{
    bool escaped = strchr(text, '\\') != NULL;
    buf_str(out, escaped ? " E'" : "'");
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_u8(out, (uint8_t)*text);
        buf_u8(out, (uint8_t)*text);
    }
    buf_u8(out, '\'');
}

void pg_command_literal(struct buf *out, const char *text)
{
    buf_u8(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_u8(out, '\'');
        buf_u8(out, (uint8_t)*text);
    }
    buf_u8(out, '\'');
}

/*
 * Logs the server's notices. PostgreSQL 18 warns, then skips rows, if a publication is missing at
 * the decoded LSN.
 */
static void notice(void *arg, const PGresult *r)
{
    (void)arg;
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    log_warn("server says: %s", text ? text : "");
}

/* ---- connecting ---- */

enum { MAX_PARAMS = 64, LOOK_MS = 50, SAY_US = 60000000, STOP_GRACE_US = 1000000 };

/*
 * libpq resolves names and tries one host after another, and nothing can interrupt it. So an
 * attempt runs in a thread that can be left behind.
 */
struct attempt {
    PQconninfoOption *user;
    struct buf options;
    const char *keys[MAX_PARAMS], *values[MAX_PARAMS];
    PGconn *conn;
};

/* How long a connection may take to answer. */
struct patience {
    const atomic_int *stop;      /* NULL: none */
    int answer_ms;                          /* 0: as long as it takes */
};

/*
 * True if the server must not get the password as it is, as it has not proved who it is. libpq can
 * refuse from 16 on.
 */
static bool withholds_password(const PQconninfoOption *user)
{
    const char *mode = pg_conninfo_value(user, "sslmode"), *host = pg_conninfo_value(user, "host");
    mode = mode ? mode : getenv("PGSSLMODE");
    host = host ? host : getenv("PGHOST");
    bool verified = mode && strncmp(mode, "verify-", 7) == 0;
    bool here = !host || (*host == '/' && !strchr(host, ','));
    here = here && !pg_conninfo_value(user, "hostaddr") && !getenv("PGHOSTADDR");
    bool said = pg_conninfo_value(user, "require_auth") || getenv("PGREQUIREAUTH");
    return PQlibVersion() >= 160000 && !verified && !here && !said;
}

/*
 * Adds defaults that notice a host that is gone or hangs. Only libpq reads a service's file, so its
 * values are not known here: with a service, libpq's own defaults stay.
 */
static int add_defaults(const PQconninfoOption *user, const char **keys, const char **values)
{
    static const char *const defaults[][2] = {
        { "connect_timeout", "10" },     { "keepalives_idle", "30" },
        { "keepalives_interval", "10" }, { "keepalives_count", "3" },
        { "tcp_user_timeout", "60000" },
    };
    int n = 0;
    if (pg_conninfo_value(user, "service") || getenv("PGSERVICE"))
        return 0;
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (!pg_conninfo_value(user, defaults[i][0]) && !(i == 0 && getenv("PGCONNECT_TIMEOUT"))) {
            keys[n] = defaults[i][0];
            values[n++] = defaults[i][1];
        }
    if (withholds_password(user))
        keys[n] = "require_auth", values[n++] = "!password";
    return n;
}

static void add_params(struct attempt *a, enum pg_session kind)
{
    const char **keys = a->keys, **values = a->values;
    int n = add_defaults(a->user, keys, values);
    for (PQconninfoOption *o = a->user; o->keyword && n < MAX_PARAMS - 5; o++)
        if (o->val && strcmp(o->keyword, "options") != 0) {
            keys[n] = o->keyword;
            values[n++] = o->val;
        }
    pg_settings_options(kind, pg_conninfo_value(a->user, "options"), &a->options);
    keys[n] = "options", values[n++] = buf_cstr(&a->options);
    keys[n] = "fallback_application_name", values[n++] = "tailrace";
    keys[n] = "client_encoding", values[n++] = "UTF8";
    if (kind == PG_STREAM)
        keys[n] = "replication", values[n++] = "database";
    keys[n] = values[n] = NULL;
}

static struct attempt *attempt_new(const char *conninfo, enum pg_session kind, struct err *err)
{
    struct attempt *a = xcalloc(1, sizeof *a);
    a->user = pg_conninfo_parse(conninfo, err);
    if (!a->user) {
        free(a);
        return NULL;
    }
    add_params(a, kind);
    return a;
}

static void attempt_free(void *arg)
{
    struct attempt *a = arg;
    PQconninfoFree(a->user);
    buf_done(&a->options);
    PQfinish(a->conn);
    free(a);
}

/*
 * libpq shows the server's SQLSTATE only if it was asked to before. So if a server refused, ask it
 * a second time.
 */
static void connect_now(void *arg)
{
    struct attempt *a = arg;
    PGconn *c = PQconnectdbParams(a->keys, a->values, 0);
    if (c && PQstatus(c) != CONNECTION_OK && pg_is_servers_refusal(PQerrorMessage(c))) {
        PQsetErrorVerbosity(c, PQERRORS_VERBOSE);
        PQreset(c);
        if (PQstatus(c) == CONNECTION_OK)
            PQsetErrorVerbosity(c, PQERRORS_DEFAULT);
    }
    a->conn = c;
}

static int forget_patience(PGEventId id, void *info, void *arg)
{
    (void)arg;
    if (id == PGEVT_CONNDESTROY)
        free(PQinstanceData(((PGEventConnDestroy *)info)->conn, forget_patience));
    return 1;
}

static struct patience *patience_of(const PGconn *c)
{
    return PQinstanceData(c, forget_patience);
}

/* A migration on trial may take any time; other queries must be answered in time. */
static void set_patience(PGconn *c, const struct pg_options *opt, enum pg_session kind)
{
    struct patience *p = xcalloc(1, sizeof *p);
    if (!PQregisterEventProc(c, forget_patience, "tailrace", NULL) ||
        !PQsetInstanceData(c, forget_patience, p))
        xalloc_failed();
    p->stop = opt->stop;
    p->answer_ms = kind == PG_SCRATCH ? 0 : opt->receive_timeout_ms;
}

void pg_let_take_time(PGconn *c)
{
    *patience_of(c) = (struct patience){ 0 };
}

/* The text that names a server. (Only libpq reads a service's file.) */
static struct turn *take_turn(const struct attempt *a, const atomic_int *stop)
{
    static const char *const named[] = { "service", "host", "hostaddr", "port" };
    struct buf server = { 0 };
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        const char *value = pg_conninfo_value(a->user, named[i]);
        buf_printf(&server, "%s;", value ? value : "");
    }
    struct turn *t = turn_take(buf_cstr(&server), stop);
    buf_done(&server);
    return t;
}

static enum aside in_turn(struct attempt *a, const atomic_int *stop)
{
    struct turn *t = take_turn(a, stop);
    enum aside how = aside_run(connect_now, attempt_free, a, stop, 0);
    turn_end(t);
    return how;
}

static PGconn *connected(const struct pg_options *opt, const char *conninfo, enum pg_session kind,
                         struct err *err)
{
    struct attempt *a = attempt_new(conninfo, kind, err);
    if (!a)
        return NULL;
    PGconn *c = NULL;
    enum aside how = in_turn(a, opt->stop);
    if (how == ASIDE_DONE) {
        c = a->conn;
        a->conn = NULL;
    }
    if (how == ASIDE_DONE || how == ASIDE_NO_THREAD)
        attempt_free(a);
    if (how == ASIDE_NO_THREAD) {
        err_set(err, ERR_RETRY, "no thread to connect in");
        return NULL;
    }
    if (c && PQstatus(c) == CONNECTION_OK)
        return c;
    if (c && pg_refusal(PQerrorMessage(c), err))
        pg_conninfo_why_no_password(conninfo, err);
    else if (!c)
        err_set(err, ERR_RETRY, "stopped while connecting to PostgreSQL");
    PQfinish(c);
    return NULL;
}

PGconn *pg_connect(const struct pg_options *opt, enum pg_session kind, struct err *err)
{
    const char *conninfo = kind == PG_PRIMARY ? opt->setup_conninfo : opt->conninfo;
    PGconn *c = connected(opt, conninfo, kind, err);
    if (!c)
        return NULL;
    PQsetNoticeReceiver(c, notice, NULL);
    set_patience(c, opt, kind);
    PQconninfoOption *user = PQconninfoParse(conninfo, NULL);
    int rc = pg_settings_apply(c, kind, user ? pg_conninfo_value(user, "options") : NULL, err);
    PQconninfoFree(user);
    if (!rc)
        return c;
    err_wrap(err, "the settings of our session cannot be set");
    PQfinish(c);
    return NULL;
}

/* ---- asking ---- */

static enum err_class class_of(PGconn *c, const PGresult *r)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    return PQstatus(c) == CONNECTION_OK ? pg_sqlstate_class(state) : ERR_RETRY;
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
    err_set(err, class_of(c, r), "%s: %s%s%s%s (SQLSTATE %s)", what, text, detail ? " (" : "",
            detail ? detail : "", detail ? ")" : "", state ? state : "?");
    snprintf(err->state, sizeof err->state, "%s", state ? state : "");
    return -1;
}

/*
 * Takes what has come. TLS hides up to a record of 16 KiB from poll(), and libpq takes 8 KiB a call
 * at least.
 */
static bool take_input(PGconn *c)
{
    for (int i = PQsslInUse(c) ? 3 : 1; i; i--)
        if (!PQconsumeInput(c))
            return false;
    return true;
}

/* False: there will be no answer, err says why. */
static bool await_answer(PGconn *c, const char *what, struct err *err)
{
    struct patience none = { 0 }, *p = patience_of(c);
    int64_t t0 = clock_mono_us(), stopping_us = 0, said_us = t0;
    uint64_t received = socket_received(PQsocket(c));
    p = p ? p : &none;
    while (PQisBusy(c)) {
        struct pollfd pfd = { .fd = PQsocket(c), .events = POLLIN };
        poll(&pfd, 1, LOOK_MS);
        if (!take_input(c))
            return pg_fail(c, NULL, err, what), false;
        if (socket_received(PQsocket(c)) - received > ANSWER_MOST)
            return err_set(err, ERR_CONFIG, "%s: the server answers with more than %d MiB: is it "
                           "PostgreSQL itself?", what, (int)(ANSWER_MOST >> 20)), false;
        int64_t now = clock_mono_us();
        if (p->stop && *p->stop && !stopping_us)
            stopping_us = now;
        if (stopping_us && now - stopping_us > STOP_GRACE_US)
            return err_set(err, ERR_RETRY, "%s: stopped while waiting for the answer", what), false;
        if (p->answer_ms && now - t0 > (int64_t)p->answer_ms * 1000)
            return err_set(err, ERR_RETRY,
                           "%s: the server has not answered for %d s (source.receive-timeout-ms)",
                           what, p->answer_ms / 1000),
                   false;
        if (now - said_us > SAY_US) {
            log_warn("waiting for an answer of the server seconds=%lld query=\"%s\"",
                     (long long)(now - t0) / 1000000, what);
            said_us = now;
        }
    }
    return true;
}

static bool is_copy(const PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_COPY_BOTH || s == PGRES_COPY_IN || s == PGRES_COPY_OUT;
}

/* The last statement's result, or that of the first one that failed. NULL: none, err says why. */
static PGresult *ask(PGconn *c, const char *sql, const char *what, struct err *err)
{
    PGresult *last = NULL, *r;
    if (!PQsendQuery(c, sql)) {
        pg_fail(c, NULL, err, what);
        return NULL;
    }
    for (;;) {
        if (!await_answer(c, what, err)) {
            PQclear(last);
            return NULL;
        }
        if (!(r = PQgetResult(c)))
            return last;
        PQclear(last);
        last = r;
        if (is_copy(r) || PQstatus(c) != CONNECTION_OK)
            return last;
    }
}

PGresult *pg_exec(PGconn *c, const char *sql, ExecStatusType want, struct err *err)
{
    char what[160];
    snprintf(what, sizeof what, "%.*s", 140, sql);
    PGresult *r = ask(c, sql, what, err);
    if (r && PQresultStatus(r) == want)
        return r;
    if (r)
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
        xalloc_failed();
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
        xalloc_failed();
    PGresult *r = pg_exec(c, sql, PGRES_TUPLES_OK, err);
    free(sql);
    if (!r)
        return -1;
    snprintf(ret, size, "%s", PQntuples(r) ? pg_cell(r, 0, 0) : "");
    PQclear(r);
    return 0;
}

int pg_role(PGconn *sql, char *ret, size_t size, struct err *err)
{
    return pg_value(sql, ret, size, err, "SELECT current_user");
}

const char *pg_cell(const PGresult *r, int row, int column)
{
    const char *text = PQgetvalue(r, row, column);
    return text ? text : "";
}

int pg_identify(PGconn *repl, PGconn *sql, struct pg_server *ret, struct err *err)
{
    PGresult *r = pg_exec(repl, "IDENTIFY_SYSTEM", PGRES_TUPLES_OK, err);
    if (!r)
        return -1;
    if (PQntuples(r) != 1 || PQnfields(r) < 4) {
        int rows = PQntuples(r), columns = PQnfields(r);
        PQclear(r);
        return err_set(err, ERR_FATAL, "IDENTIFY_SYSTEM is answered with %d rows of %d columns, "
                       "not 1 of 4: is source.conninfo PostgreSQL itself?", rows, columns);
    }
    snprintf(ret->system_id, sizeof ret->system_id, "%s", pg_cell(r, 0, 0));
    ret->timeline = (uint32_t)strtoul(pg_cell(r, 0, 1), NULL, 10);
    PQclear(r);
    char standby[8];
    if (pg_value(sql, standby, sizeof standby, err, "SELECT pg_is_in_recovery()"))
        return -1;
    ret->standby = standby[0] == 't';
    ret->version = PQserverVersion(sql);
    snprintf(ret->database, sizeof ret->database, "%s", PQdb(sql));
    return 0;
}

int pg_encoding_usable(PGconn *sql, struct err *err)
{
    char encoding[32];
    if (pg_value(sql, encoding, sizeof encoding, err, "SHOW server_encoding"))
        return -1;
    return strcmp(encoding, "SQL_ASCII")
               ? 0
               : err_set(err, ERR_CONFIG,
                         "database \"%s\" has encoding SQL_ASCII: its bytes have no known meaning "
                         "and cannot become Avro strings",
                         PQdb(sql));
}

int pg_may_read(const struct pg_server *s, const struct pg_options *opt, struct err *err)
{
    if (!s->standby && !opt->allow_primary)
        return err_set(
            err, ERR_CONFIG,
            "this server is a primary, and reading it would put the load of decoding on the "
            "operational "
            "database: point source.conninfo at a standby, or set source.primary: allow");
    if (s->standby && s->version < 160000)
        return err_set(err, ERR_CONFIG,
                       "this standby runs PostgreSQL %d, and logical decoding on a standby needs "
                       "16 or later: upgrade it, "
                       "or read the primary with source.primary: allow",
                       s->version / 10000);
    return 0;
}

int pg_library(void)
{
    return PQlibVersion();
}
