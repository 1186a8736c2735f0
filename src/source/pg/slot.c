/*
 * Asks the server about a slot, a publication and the end of its log, and judges whether the slot
 * is ours to read.
 */
#include "source/pg/slot.h"
#include <stdio.h>
#include <stdlib.h>

int pg_publication_exists(PGconn *sql, const char *name, bool *ret, struct err *err)
{
    struct buf n = { 0 };
    char there[8];
    pg_literal(&n, name);
    int rc = pg_value(sql, there, sizeof there, err,
                      "SELECT 1 FROM pg_publication WHERE pubname = %s", buf_cstr(&n));
    buf_done(&n);
    *ret = !rc && there[0] == '1';
    return rc;
}

static int read_row(PGresult *r, struct pg_slot *ret, struct err *err)
{
    snprintf(ret->plugin, sizeof ret->plugin, "%s", pg_cell(r, 0, 0));
    snprintf(ret->database, sizeof ret->database, "%s", pg_cell(r, 0, 1));
    snprintf(ret->lost, sizeof ret->lost, "%s", pg_cell(r, 0, 4));
    ret->active_pid = atoi(pg_cell(r, 0, 2));
    ret->logical = pg_cell(r, 0, 5)[0] == 't';
    ret->temporary = pg_cell(r, 0, 6)[0] == 't';
    ret->synced = pg_cell(r, 0, 7)[0] == 't';
    ret->exists = true;
    if (PQgetisnull(r, 0, 3))
        return 0;
    return pg_lsn_read(pg_cell(r, 0, 3), &ret->confirmed_flush, err);
}

int pg_slot_read(PGconn *sql, const char *name, struct pg_slot *ret, struct err *err)
{
    *ret = (struct pg_slot){ 0 };
    struct buf n = { 0 };
    pg_literal(&n, name);
    /*
     * to_jsonb() asks by name, so that older servers answer too: conflicting came with PostgreSQL
     * 16, invalidation_reason and synced with 17
     */
    PGresult *r = pg_query(sql, err,
        "SELECT s.plugin, s.database, coalesce(s.active_pid, 0), s.confirmed_flush_lsn,"
        "  CASE WHEN s.wal_status = 'lost' OR to_jsonb(s)->>'conflicting' = 'true' THEN"
        "    coalesce(to_jsonb(s)->>'invalidation_reason', 'wal_status ' || s.wal_status) END,"
        "  s.slot_type = 'logical', s.temporary, to_jsonb(s)->>'synced' = 'true'"
        " FROM pg_replication_slots s WHERE s.slot_name = %s", buf_cstr(&n));
    buf_done(&n);
    if (!r)
        return -1;
    int rc = PQntuples(r) ? read_row(r, ret, err) : 0;
    PQclear(r);
    return rc;
}

int pg_slot_usable(const struct pg_slot *s, const struct pg_options *opt,
                   const struct pg_server *server, struct err *err)
{
    if (!s->exists)
        return err_set(err, ERR_CONFIG, "there is no slot \"%s\" on this server -> tailrace setup "
                       "makes it", opt->slot);
    if (!s->logical || strcmp(s->plugin, "pgoutput"))
        return err_set(
            err, ERR_CONFIG,
            "slot \"%s\" is not a logical slot of pgoutput (%s): choose another source.slot",
            opt->slot, s->logical ? s->plugin : "physical");
    if (strcmp(s->database, server->database))
        return err_set(err, ERR_CONFIG, "slot \"%s\" belongs to database \"%s\", not to \"%s\"",
                       opt->slot, s->database, server->database);
    if (s->lost[0])
        return err_set(
            err, ERR_FATAL,
            "slot \"%s\" can no longer be read (%s): changes were lost to it. " PG_WAY_OUT,
            opt->slot, s->lost);
    if (s->synced && server->standby)
        return err_set(
            err, ERR_CONFIG,
            "slot \"%s\" is a copy that the standby keeps of its primary's (failover slot) and "
            "cannot be read before a promotion: choose another source.slot",
            opt->slot);
    if (s->active_pid)
        return err_set(err, ERR_RETRY,
                       "slot \"%s\" is in use by the server's process %d -> nothing "
                       "while the feed runs; else SELECT * FROM pg_stat_activity WHERE pid = %d",
                       opt->slot, s->active_pid, s->active_pid);
    return 0;
}

int pg_slot_too_old(const struct pg_options *opt, uint64_t after, struct err *err)
{
    return err_set(err, ERR_FATAL,
                   "slot \"%s\" is older than publication \"%s\", or the publication was dropped "
                   "and made anew: it "
                   "did not exist when a change after " PG_LSN_FMT
                   " was written, and the server sends none of those. " PG_WAY_OUT,
                   opt->slot, opt->publication, PG_LSN_ARG(after));
}

int pg_server_end(PGconn *sql, uint64_t *ret, struct err *err)
{
    char text[32];
    return pg_value(sql, text, sizeof text, err,
                    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                    " ELSE pg_current_wal_lsn() END") || pg_lsn_read(text, ret, err) ? -1 : 0;
}
