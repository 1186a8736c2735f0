/*
 * Decides which feed may read the slot (claim.h). Other programs, and versions older than the lock,
 * hold the slot only.
 */
#include "source/pg/claim.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"

enum { FREED_US = 10000000, LOOK_MS = 10 };

/* pg_locks shows the lock as classid, objid, and objsubid 2 (a key of two numbers). */
#define LOCK_KEY "hashtext('tailrace'), hashtext(%s)"

static int lock(PGconn *stream, const char *function, const char *slot, bool *ret, struct err *err)
{
    char got[8];
    int rc = pg_value(stream, got, sizeof got, err, "SELECT %s(" LOCK_KEY ")", function, slot);
    *ret = got[0] == 't';
    return rc;
}

static void describe(const PGresult *r, const char *slot, struct source_holder *ret)
{
    const char *user = pg_cell(r, 0, 1), *from = pg_cell(r, 0, 2);
    const char *name = pg_cell(r, 0, 3), *since = pg_cell(r, 0, 4);
    struct buf who = { 0 };
    buf_printf(&who, "slot %s is in use by the server's process %s", slot, pg_cell(r, 0, 0));
    if (*user)
        buf_printf(&who, " (user %s, from %s, application %s, since %s UTC)", user,
                   *from ? from : "this server's host", *name ? name : "unnamed", since);
    snprintf(ret->who, sizeof ret->who, "%s", buf_cstr(&who));
    buf_done(&who);
    ret->heard_ms = strtoll(pg_cell(r, 0, 5), NULL, 10);
}

/*
 * *ret_pid 0: nobody holds lock or slot. Columns are empty if our role may not see them; the
 * process id always shows. reply_time exists from PostgreSQL 12 on.
 */
static int find(PGconn *sql, PGconn *stream, const char *slot, int *ret_pid,
                struct source_holder *ret, struct err *err)
{
    PGresult *r = pg_query(sql, err,
        "SELECT h.pid, a.usename, host(a.client_addr), a.application_name,"
        "  to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),"
        "  (extract(epoch FROM (to_jsonb(r)->>'reply_time')::timestamptz) * 1000)::bigint"
        " FROM (SELECT coalesce("
        "    (SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s),"
        "    (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
        "       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        "       AND classid::bigint = hashtext('tailrace')::bigint & 4294967295"
        "       AND objid::bigint = hashtext(%s)::bigint & 4294967295 AND pid <> %d"
        "     LIMIT 1)) AS pid) h"
        " LEFT JOIN pg_stat_activity a ON a.pid = h.pid"
        " LEFT JOIN pg_stat_replication r ON r.pid = h.pid", slot, slot, PQbackendPID(stream));
    if (!r)
        return -1;
    *ret_pid = PQntuples(r) && !PQgetisnull(r, 0, 0) ? atoi(pg_cell(r, 0, 0)) : 0;
    if (*ret_pid)
        describe(r, slot, ret);
    PQclear(r);
    return 0;
}

/*
 * Takes the lock first: whoever holds it is about to read, or reads. 1: another session has lock or
 * slot.
 */
static int try(PGconn *sql, PGconn *stream, const char *slot, int *ret_pid,
               struct source_holder *ret, struct err *err)
{
    bool locked, freed;
    if (lock(stream, "pg_try_advisory_lock", slot, &locked, err) ||
        find(sql, stream, slot, ret_pid, ret, err))
        return -1;
    if (locked && !*ret_pid)
        return 0;
    return locked && lock(stream, "pg_advisory_unlock", slot, &freed, err) ? -1 : 1;
}

static int end_session(PGconn *sql, int pid, struct err *err)
{
    char done[8];
    log_warn("taking over: the server's process %d, which reads the slot, is ended", pid);
    return pg_value(sql, done, sizeof done, err, "SELECT pg_terminate_backend(%d)", pid) ?
           err_wrap(err, "--take-over: the session that reads the slot cannot be ended") : 0;
}

/* The ended session's owner comes back within half a second: look faster than that. */
static int take_over_from(PGconn *sql, PGconn *stream, const char *slot, int pid,
                          struct source_holder *ret, struct err *err)
{
    int rc = 1, ended = 0;
    for (int64_t until = clock_mono_us() + FREED_US; rc == 1 && clock_mono_us() < until;) {
        if (pid && pid != ended && end_session(sql, ended = pid, err))
            return -1;
        poll(NULL, 0, LOOK_MS);
        rc = try(sql, stream, slot, &pid, ret, err);
    }
    return rc;
}

int pg_claim(PGconn *sql, PGconn *stream, const char *slot, bool take_over,
             struct source_holder *ret_holder, struct err *err)
{
    struct buf name = { 0 };
    int pid;
    pg_literal(&name, slot);
    int rc = try(sql, stream, buf_cstr(&name), &pid, ret_holder, err);
    if (rc == 1 && take_over)
        rc = take_over_from(sql, stream, buf_cstr(&name), pid, ret_holder, err);
    buf_done(&name);
    return rc;
}
