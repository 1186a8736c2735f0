/*
 * Goes from a connection to a stream: claims the slot, holds the stored position against the
 * server, and begins to read there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/xalloc.h"
#include "source/pg/publish.h"
#include "source/pg/slot.h"
#include "source/pg/source.h"
#include "source/pg/tls.h"
#include "source/pg/wait.h"

/*
 * PostgreSQL 18 warns (SQLSTATE 55000), then leaves rows out, if the publication is not there at
 * the decoded LSN.
 */
static void stream_notice(void *arg, const PGresult *r)
{
    struct pg_source *s = arg;
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY),
               *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    log_warn("server says: %s", text ? text : "");
    if (state && strcmp(state, "55000") == 0)
        s->skipped_publication = true;
}

static int check_server(struct pg_source *s, struct err *err)
{
    return pg_place_read(s->stream.conn, s->sql.conn, &s->place, err) ||
           pg_may_read(&s->place.server, s->opt, err) ||
           pg_encoding_usable(s->sql.conn, err) ||
           pg_publication_usable(s->sql.conn, s->opt, err) ? -1 : 0;
}

static void say_where(const struct pg_source *s)
{
    log_info("reading host=%s port=%s database=%s server_version=\"%s\" role=%s system_id=%s "
             "timeline=%u slot=%s "
             "publication=%s from=" PG_LSN_FMT,
             PQhost(s->sql.conn), PQport(s->sql.conn), s->place.server.database,
             PQparameterStatus(s->sql.conn, "server_version"),
             s->place.server.standby ? "standby" : "primary", s->place.server.system_id,
             s->place.server.timeline, s->opt->slot, s->opt->publication, PG_LSN_ARG(s->pos.lsn));
}

/* snapshot.mode when-needed: makes a slot anew that cannot be read any more, or is not there. */
static int renew_slot(struct pg_source *s, struct pg_slot *slot, struct err *err)
{
    struct buf q = { 0 };
    PGresult *r = NULL;
    log_warn("the slot is made anew slot=%s reason=\"%s\"", s->opt->slot,
             !slot->exists   ? "there was none"
             : slot->lost[0] ? slot->lost
                             : "it is older than the publication");
    buf_str(&q, "SELECT pg_drop_replication_slot(");
    pg_literal(&q, s->opt->slot);
    buf_str(&q, ")");
    bool ready = !slot->exists || (r = pg_exec(s->sql.conn, buf_cstr(&q), PGRES_TUPLES_OK, err));
    PQclear(r);
    q.n = 0;
    buf_str(&q, "SELECT lsn FROM pg_create_logical_replication_slot(");
    pg_literal(&q, s->opt->slot);
    buf_str(&q, ", 'pgoutput')");
    r = ready ? pg_wait_slot(s->sql.conn, buf_cstr(&q), s->opt, s->place.server.standby, err)
              : NULL;
    buf_done(&q);
    PQclear(r);
    s->renew &= !r;
    return r ? pg_slot_read(s->sql.conn, s->opt->slot, slot, err) : -1;
}

/*
 * No position is stored. All that the slot holds goes out, since a read of a table brings no
 * deletes. One exception: nothing was ever delivered, tables are about to be read, and the server
 * is a standby. Then rows may begin at the server's end, as every chunk will hold what is before.
 * (A primary may hide a transaction for a while after it has logged it.) Messages go out even then:
 * no table holds them.
 */
static void fresh_start(struct pg_source *s, const struct pg_slot *slot)
{
    s->pos = (struct pg_position){ .lsn = slot->confirmed_flush };
    snprintf(s->pos.system_id, sizeof s->pos.system_id, "%s", s->place.server.system_id);
    snprintf(s->pos.slot, sizeof s->pos.slot, "%s", s->opt->slot);
    if (s->base.delivered)
        log_warn("no position is stored, but records of this feed are there: it begins where its "
                 "slot does, and what it had "
                 "delivered since comes again slot=%s from=" PG_LSN_FMT,
                 s->opt->slot, PG_LSN_ARG(s->pos.lsn));
    else if (s->opt->snapshot != SNAPSHOT_NEVER && s->place.server.standby &&
             s->place.end > s->pos.lsn)
        *(s->opt->messages ? &s->rows_from : &s->pos.lsn) = s->place.end;
    s->pos.data = s->pos.lsn;
}

static int say_other_publication(const struct pg_source *s, struct err *err)
{
    struct buf what = { 0 };
    if (!pg_start_publication_changed(s->opt, &s->pos))
        return 0;
    int rc = pg_publication_compare(s->sql.conn, s->pos.publication, s->opt->publication, &what,
                                    err);
    if (!rc)
        log_warn("%s -> " PG_BACKFILL_THEM, buf_cstr(&what));
    buf_done(&what);
    return rc;
}

/* Holds the stored position against the server, and goes on there. */
static int go_on(struct pg_source *s, const struct pg_slot *slot, struct err *err)
{
    struct pg_start start;
    if (pg_start_ask(s->opt, &s->pos, &s->place, slot, &start, err))
        return -1;
    s->base.gone = start.kind == PG_START_GONE;
    if (start.kind != PG_START_GO || pg_slot_usable(slot, s->opt, &s->place.server, err) ||
        say_other_publication(s, err))
        return -1;
    if (s->pos.timeline != s->place.server.timeline)
        log_info("the server has moved to another timeline, which holds all that was read "
                 "stored=%u now=%u",
                 s->pos.timeline, s->place.server.timeline);
    s->pos.lsn = start.from;
    return 0;
}

static int find_start(struct pg_source *s, struct slice from, struct err *err)
{
    struct pg_slot slot;
    s->rows_from = 0;
    if (pg_slot_read(s->sql.conn, s->opt->slot, &slot, err))
        return -1;
    s->slot_lost = slot.exists && slot.lost[0];
    if (from.n) {
        if (pg_position_read(from, &s->pos, err) || go_on(s, &slot, err))
            return -1;
    } else {
        bool renew = s->renew || !slot.exists || slot.lost[0];
        if ((s->opt->snapshot == SNAPSHOT_WHEN_NEEDED && renew && renew_slot(s, &slot, err)) ||
            pg_slot_usable(&slot, s->opt, &s->place.server, err))
            return -1;
        fresh_start(s, &slot);
    }
    s->last_commit = s->pos.last_commit;
    s->told = slot.confirmed_flush;
    return 0;
}

static int begin_stream(struct pg_source *s, struct err *err)
{
    char pid[16];
    if (!s->place.server.standby && !s->recent)
        s->recent = xcalloc(1, sizeof *s->recent);
    s->streaming = true;
    s->tx = (struct pg_tx){ 0 };
    s->skipped_publication = false;
    s->base.hurry = false;
    s->ending_us = 0;
    if (pg_value(s->stream.conn, pid, sizeof pid, err, "SELECT pg_backend_pid()"))
        return -1;
    s->sql.stream_pid = atoi(pid);
    return pg_stream_start(&s->stream, s->pos.lsn, err);
}

/* Once per session: claim() comes before open(). */
static int connect_both(struct pg_source *s, struct err *err)
{
    if (s->sql.conn)
        return 0;
    s->sql = (struct pg_sql){ .opt = s->opt };
    s->stream = (struct pg_stream){ .opt = s->opt };
    s->stream.conn = pg_connect(s->opt, PG_STREAM, err);
    if (!s->stream.conn)
        return -1;
    if (!pg_sql(&s->sql, err))
        return -1;
    PQsetNoticeReceiver(s->stream.conn, stream_notice, s);
    return 0;
}

int pg_source_claim(struct source *base, bool take_over, struct source_holder *ret_holder,
                    struct err *err)
{
    struct pg_source *s = pg_self(base);
    if (connect_both(s, err))
        return -1;
    return pg_claim(s->sql.conn, s->stream.conn, s->opt->slot, take_over, ret_holder, err);
}

int pg_source_open(struct source *base, struct slice from, struct err *err)
{
    struct pg_source *s = pg_self(base);
    base->gone = false;
    if (connect_both(s, err) || check_server(s, err) || find_start(s, from, err))
        return -1;
    if (s->opt->until_current && !s->end && pg_server_end(s->sql.conn, &s->end, err))
        return -1;
    s->relations.database = s->place.server.database;
    if (!from.n)
        pg_relations_forget_kept(&s->relations);
    pg_relations_say_unstored(&s->relations);
    say_where(s);
    pg_tls_say(s->stream.conn, &s->told_clear);
    if (!s->told_lacks)
        pg_publishing_say(s->sql.conn, s->opt);
    s->told_lacks = true;
    return begin_stream(s, err);
}
