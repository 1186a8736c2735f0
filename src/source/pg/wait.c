/*
 * Creates a slot and waits for it (wait.h): asks the primary for help, says what it waits for, and
 * cancels in time.
 */
#include "source/pg/wait.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"

enum { ASK_MS = 250, EXPLAIN_US = 2000000, SAY_US = 60000000, CANCELLED_US = 3000000 };

static void explain(bool asking, bool refused, bool standby)
{
    if (!standby)
        log_info("waiting for the transactions that were open when the slot's creation began; "
                 "SELECT * FROM pg_stat_activity WHERE "
                 "backend_xid IS NOT NULL, and pg_prepared_xacts, show them");
    else if (asking)
        log_info("waiting for the standby to replay the primary's running transactions (asked with "
                 "pg_log_standby_snapshot)");
    else if (refused)
        log_warn("waiting for the primary to log its running transactions: a busy primary does so "
                 "every 15 s, an idle one "
                 "never; run SELECT pg_log_standby_snapshot() on the primary as a superuser");
    else
        log_warn("waiting for the primary to log its running transactions: a busy primary does so "
                 "every 15 s, an idle one "
                 "never; run SELECT pg_log_standby_snapshot() on the primary, or set "
                 "source.setup-conninfo");
}

/*
 * libpq's cancel connects to a server that may hang, and waits: so it runs in a thread that nobody
 * waits for.
 */
static void *send_cancel(void *arg)
{
    char why[256];
    if (!PQcancel(arg, why, sizeof why))
        log_warn("cannot cancel slot creation: %s", why);
    PQfreeCancel(arg);
    return NULL;
}

static void cancel(PGconn *c)
{
    pthread_t thread;
    PGcancel *handle = PQgetCancel(c);
    if (handle && pthread_create(&thread, NULL, send_cancel, handle) == 0)
        pthread_detach(thread);
    int64_t until = clock_mono_us() + CANCELLED_US;
    while (PQconsumeInput(c) && PQisBusy(c) && clock_mono_us() < until)
        poll(&(struct pollfd){ .fd = PQsocket(c), .events = POLLIN }, 1, ASK_MS);
}

/* NULL: there is no result yet. */
static PGresult *last_result(PGconn *c)
{
    PGresult *last = NULL, *r;
    while (!PQisBusy(c) && (r = PQgetResult(c))) {
        PQclear(last);
        last = r;
    }
    return last;
}

/* The primary, if there is one to ask and we may. NULL is no error: then we only wait. */
static PGconn *primary_to_ask(const struct pg_options *opt, bool standby)
{
    struct err e = { 0 };
    if (!standby || !opt->setup_conninfo || !*opt->setup_conninfo)
        return NULL;
    PGconn *p = pg_connect(opt, PG_PRIMARY, &e);
    if (!p)
        log_warn("source.setup-conninfo: %s", e.msg);
    return p;
}

static bool ask(PGconn *primary)
{
    struct err e = { 0 }, unsaid = { 0 };
    char role[ROLE_SIZE];
    PGresult *r = pg_query(primary, &e, "SELECT pg_log_standby_snapshot()");
    if (!r && !pg_role(primary, role, sizeof role, &unsaid))
        log_warn("the primary was asked to log its running transactions: %s -> GRANT EXECUTE ON "
                 "FUNCTION pg_log_standby_snapshot TO "
                 "\"%s\" in the primary's database \"%s\" makes slots quicker",
                 e.msg, role, PQdb(primary));
    PQclear(r);
    return r != NULL;
}

/* True: the result is there. False: the time is up, or somebody wants us to stop. */
static bool wait_for(PGconn *c, PGconn *primary, const struct pg_options *opt, int64_t until,
                     bool standby)
{
    int64_t t0 = clock_mono_us(), explained_us = 0;
    bool asking = primary != NULL;
    while (PQconsumeInput(c) && PQisBusy(c)) {
        int64_t now = clock_mono_us();
        if (now > until || (opt->stop && *opt->stop))
            return false;
        if (now - (explained_us ? explained_us : t0) > (explained_us ? SAY_US : EXPLAIN_US)) {
            explain(asking, primary && !asking, standby);
            explained_us = now;
        }
        if (asking)
            asking = ask(primary);
        struct pollfd pfd = { .fd = PQsocket(c), .events = POLLIN };
        poll(&pfd, 1, ASK_MS);
    }
    return true;
}

/*
 * True if a standby says that the file of a page of pg_subtrans is not there (undefined_file). It
 * says so until it has seen the first transaction of that page.
 */
static bool page_is_missing(const PGresult *r, bool standby)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    return standby && state && strcmp(state, "58P01") == 0;
}

/* *ret_in_time false: the time is up. NULL: the command could not be sent. */
static PGresult *create(PGconn *c, PGconn *primary, const struct pg_options *opt,
                        const char *command, int64_t until, bool standby, bool *ret_in_time)
{
    PGresult *r = NULL;
    *ret_in_time = true;
    do {
        if (r)
            poll(NULL, 0, ASK_MS);
        PQclear(r);
        r = NULL;
        if (!PQsendQuery(c, command))
            return NULL;
        *ret_in_time = wait_for(c, primary, opt, until, standby);
        if (!*ret_in_time)
            cancel(c);
        r = last_result(c);
    } while (*ret_in_time && page_is_missing(r, standby));
    return r;
}

PGresult *pg_wait_slot(PGconn *c, const char *command, const struct pg_options *opt, bool standby,
                       struct err *err)
{
    bool in_time;
    PGconn *primary = primary_to_ask(opt, standby);
    PGresult *r =
        create(c, primary, opt, command, clock_mono_us() + (int64_t)opt->setup_timeout_s * 1000000,
               standby, &in_time);
    PQfinish(primary);
    if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1)
        return r;
    if (opt->stop && *opt->stop)
        err_set(err, ERR_RETRY,
                "stopped while a slot was created: the server was told to give it up");
    else if (in_time)
        pg_fail(c, r, err, "cannot create a slot");
    else
        err_set(err, ERR_RETRY,
                "the slot could not be created in %d s (source.setup-timeout-s), and none was left "
                "behind: a standby needs "
                "a record of running transactions from its primary -> run SELECT "
                "pg_log_standby_snapshot() there meanwhile, or %s",
                opt->setup_timeout_s,
                opt->setup_conninfo && *opt->setup_conninfo
                    ? "let the role of source.setup-conninfo run it (docs/security.md)"
                    : "set source.setup-conninfo");
    PQclear(r);
    return NULL;
}
