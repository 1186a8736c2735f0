#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "source/pg/chunk.h"
#include "source/pg/claim.h"
#include "source/pg/position.h"
#include "source/pg/publish.h"
#include "source/pg/relation.h"
#include "source/pg/slot.h"
#include "source/pg/sqlstate.h"
#include "source/pg/start.h"
#include "source/pg/stream.h"
#include "source/pg/tls.h"
#include "source/pg/wait.h"

enum {
    POSITION_EVERY_US = 1000000,    /* an idle server's newer position is handed on this often, */
    POSITION_HURRIED_US = 20000,    /* or this often while the server waits for it */
    SESSION_LOOK_US = 100000,       /* is the catalog's session still there? */
    ENDING_US = 3000000,            /* a server that shuts down is held for so long without progress */
    UNWANTED_MAX = 256,             /* the loop gets its turn after so many messages that bring nothing */
    ASK_EVERY_US = 5000,            /* and asked for, while a chunk waits for it */
};

/* The transaction being read, and how much of it an earlier run has handed out. */
struct tx {
    bool open;
    bool known;                 /* handed out whole by an earlier run: nothing of it goes out */
    bool in_tables;             /* every read of a table will hold its rows: only its messages go out */
    struct pg_begin begin;
    uint64_t origin_lsn;        /* of its commit on the server that it came from (source's origin) */
    bool has_origin;
    uint64_t changes;           /* read so far */
    uint64_t skip;              /* the first so many were handed out before */
};

struct pg_source {
    struct source base;
    const struct pg_options *opt;
    struct pg_place place;      /* the server, as of open() */
    struct pg_sql sql;          /* open throughout claim() and open() */
    struct pg_stream stream;
    struct pg_relations relations;
    bool streaming;
    bool slot_lost;             /* as the last open() saw it */
    bool told_clear;            /* a password goes over the network in the clear: said */
    bool told_lacks;            /* the tables that the publication lacks were named */
    struct pg_position pos;     /* just after the last event handed out */
    struct tx tx;
    uint64_t last_commit;       /* end of the last commit before this transaction */
    struct cursor truncated;    /* tables of a Truncate still to hand out */
    uint32_t ntruncated;
    uint64_t truncated_lsn;
    int64_t last_position_us, last_ask_us;
    struct pg_fences *fences;   /* of tables that are read */
    int64_t last_session_us;    /* last look at the catalog's session */
    int64_t ending_us;          /* the server shuts down: the last progress since; 0: it does not */
    uint64_t ending_acked;
    struct pg_recent *recent;   /* on a primary: what was handed out last (mark.c) */
    uint64_t end;               /* until_current: stop here; 0: not known yet */
    uint64_t told;              /* what the slot had confirmed when the stream was opened */
    uint64_t rows_from;         /* rows that were committed before it are in every table that is going to be read; 0: none */
    bool renew;                 /* the slot is older than the publication: no position on it can be read */
    bool skipped_publication;   /* the server said that it leaves rows out */
    struct buf origin;          /* name of the transaction's replication origin */
    struct pg_state *said;      /* the state handed out last */
    struct pg_version *parted;  /* the version whose end was handed out last */
};

static struct pg_source *self(struct source *s)
{
    return (struct pg_source *)s;
}

static const struct pg_source *seen(const struct source *s)
{
    return (const struct pg_source *)s;
}

/* PostgreSQL 18 warns (SQLSTATE 55000) and then leaves rows out when the publication is not there at the decoded LSN. */
static void stream_notice(void *arg, const PGresult *r)
{
    struct pg_source *s = arg;
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY), *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    log_warn("server says: %s", text ? text : "");
    if (state && strcmp(state, "55000") == 0)
        s->skipped_publication = true;
}

static void close_source(struct source *base)
{
    struct pg_source *s = self(base);
    pg_stream_stop(&s->stream);
    pg_sql_close(&s->sql);
    s->streaming = false;
    s->ntruncated = 0;
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
    log_info("reading host=%s port=%s database=%s server_version=\"%s\" role=%s system_id=%s timeline=%u slot=%s "
             "publication=%s from=" PG_LSN_FMT, PQhost(s->sql.conn), PQport(s->sql.conn),
             s->place.server.database, PQparameterStatus(s->sql.conn, "server_version"),
             s->place.server.standby ? "standby" : "primary", s->place.server.system_id,
             s->place.server.timeline, s->opt->slot, s->opt->publication, PG_LSN_ARG(s->pos.lsn));
}

/* snapshot.mode when-needed: a slot that cannot be read any more, or is not there, is made anew. */
static int renew_slot(struct pg_source *s, struct pg_slot *slot, struct err *err)
{
    struct buf q = { 0 };
    PGresult *r = NULL;
    log_warn("the slot is made anew slot=%s reason=\"%s\"", s->opt->slot,
             !slot->exists ? "there was none" : slot->lost[0] ? slot->lost : "it is older than the publication");
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
 * No position is stored: all that the slot holds goes out, since deletes are in no table that is read. But where nothing
 * was ever delivered and tables are about to be read, a standby's rows may begin where it is now: every chunk will
 * hold what is before. (A primary may hide a transaction for a while after it has logged it.) Messages are in no table.
 */
static void fresh_start(struct pg_source *s, const struct pg_slot *slot)
{
    s->pos = (struct pg_position){ .lsn = slot->confirmed_flush };
    snprintf(s->pos.system_id, sizeof s->pos.system_id, "%s", s->place.server.system_id);
    snprintf(s->pos.slot, sizeof s->pos.slot, "%s", s->opt->slot);
    if (s->base.delivered)
        log_warn("no position is stored, but records of this feed are there: it begins where its slot does, and what it had "
                 "delivered since comes again slot=%s from=" PG_LSN_FMT, s->opt->slot, PG_LSN_ARG(s->pos.lsn));
    else if (s->opt->snapshot != SNAPSHOT_NEVER && s->place.server.standby && s->place.end > s->pos.lsn)
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

/* The stored position, held against the server. */
static int go_on(struct pg_source *s, const struct pg_slot *slot, struct err *err)
{
    struct pg_start start;
    if (pg_start_ask(s->opt, &s->pos, &s->place, slot, &start, err))
        return -1;
    s->base.gone = start.kind == PG_START_GONE;
    if (start.kind != PG_START_GO || pg_slot_usable(slot, s->opt, &s->place.server, err) || say_other_publication(s, err))
        return -1;
    if (s->pos.timeline != s->place.server.timeline)
        log_info("the server has moved to another timeline, which holds all that was read stored=%u now=%u",
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
    s->tx = (struct tx){ 0 };
    s->skipped_publication = false;
    s->base.hurry = false;
    s->ending_us = 0;
    if (pg_value(s->stream.conn, pid, sizeof pid, err, "SELECT pg_backend_pid()"))
        return -1;
    s->sql.stream_pid = atoi(pid);
    return pg_stream_start(&s->stream, s->pos.lsn, err);
}

static int recall(struct source *base, struct slice name, struct slice value, struct err *err)
{
    (void)name;
    return pg_relations_recall(&self(base)->relations, value, err);
}

/* Once a session: claim() comes before open(). */
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

static int claim(struct source *base, bool take_over, struct source_holder *ret_holder, struct err *err)
{
    struct pg_source *s = self(base);
    if (connect_both(s, err))
        return -1;
    return pg_claim(s->sql.conn, s->stream.conn, s->opt->slot, take_over, ret_holder, err);
}

static int open_source(struct source *base, struct slice from, struct err *err)
{
    struct pg_source *s = self(base);
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

static int begin(struct pg_source *s, struct slice m, uint64_t lsn, struct event *ev, struct err *err)
{
    struct tx *t = &s->tx;
    *t = (struct tx){ .open = true };
    if (pg_proto_begin(m, &t->begin, err))
        return -1;
    t->known = t->begin.final_lsn < s->pos.lsn;
    t->in_tables = t->begin.final_lsn < s->rows_from;
    t->skip = t->begin.final_lsn == s->pos.tx_lsn ? s->pos.ordinal : 0;
    *ev = (struct event){ .kind = EV_BEGIN, .lsn = lsn, .commit_us = t->begin.commit_us, .txid = t->begin.xid };
    return !t->known;
}

/* A position names the last transaction that it covers, whole or in part: the server must hold it (witness.h). */
static void remember(struct pg_source *s, const struct pg_begin *tx)
{
    s->pos.commit_lsn = tx->final_lsn;
    s->pos.commit_us = tx->commit_us;
    s->pos.commit_xid = tx->xid;
}

static int commit(struct pg_source *s, struct slice m, struct event *ev, struct err *err)
{
    struct pg_commit c;
    if (pg_proto_commit(m, &c, err))
        return -1;
    struct pg_begin tx = s->tx.begin;
    bool known = s->tx.known;
    *ev = (struct event){ .kind = EV_COMMIT, .commit_us = c.commit_us, .lsn = c.end_lsn, .txid = s->tx.begin.xid };
    s->tx = (struct tx){ 0 };
    if (known)
        return 0;
    remember(s, &tx);
    s->last_commit = s->pos.lsn = s->pos.last_commit = s->pos.data = c.end_lsn;
    s->pos.tx_lsn = s->pos.ordinal = 0;
    if (s->recent)
        s->recent->xids[s->recent->n++ % PG_RECENT] = (uint32_t)ev->txid;
    return 1;
}

/* Counts a change of this transaction; false when it was handed out before, or its table is left out. oid 0: a message. */
static bool wanted(struct pg_source *s, uint32_t oid)
{
    struct tx *t = &s->tx;
    t->changes++;
    bool before = t->changes <= t->skip;
    if (t->known || (before && !s->opt->hand_known))
        return false;
    if (!before) {
        s->pos.tx_lsn = t->begin.final_lsn;
        s->pos.ordinal = t->changes;
        remember(s, &t->begin);
    }
    if (t->in_tables && oid)
        return false;
    const struct pg_rel_entry *e = s->relations.any_unwanted ? pg_relations_find(&s->relations, oid) : NULL;
    return !(e && e->unwanted);
}

static void fill(struct pg_source *s, struct event *ev, enum event_kind kind, uint64_t lsn)
{
    *ev = (struct event){
        .kind = kind, .lsn = lsn, .commit_us = s->tx.begin.commit_us, .txid = s->tx.begin.xid, .seq = s->tx.changes,
        .last_commit_lsn = s->last_commit, .known = s->tx.changes <= s->tx.skip,
        .origin = s->tx.has_origin ? buf_cstr(&s->origin) : NULL, .origin_lsn = s->tx.origin_lsn,
    };
}

static struct pg_rel_entry *entry_of(const struct pg_source *s, uint32_t oid, struct err *err)
{
    struct pg_rel_entry *e = pg_relations_find(&s->relations, oid);
    if (!e || !e->table)
        err_set(err, ERR_FATAL, "a change of the relation with oid %u came before its description", oid);
    return e && e->table ? e : NULL;
}

/* A key-only old row says nothing of the other columns. */
static void mark_absent(struct pg_rel_entry *e)
{
    for (uint16_t i = 0; i < e->table->ncols; i++)
        if (!e->version->in_identity[i])
            e->old_cells[i] = (struct cell){ .kind = CELL_ABSENT };
}

/* The old row holds what the new one left out: all of it, or a TOASTed key. */
static void backfill_unchanged(struct pg_rel_entry *e)
{
    for (uint16_t i = 0; i < e->table->ncols; i++)
        if (e->new_cells[i].kind == CELL_UNCHANGED && e->old_cells[i].kind == CELL_VALUE)
            e->new_cells[i] = e->old_cells[i];
}

static struct pg_moment moment(const struct pg_source *s)
{
    return s->tx.open ? (struct pg_moment){ s->tx.begin.xid, s->tx.begin.final_lsn } : (struct pg_moment){ 0, s->pos.lsn };
}

/* Both images of a change, held against their table. */
static int read_images(struct pg_source *s, struct pg_rel_entry *e, const struct pg_change *c, struct err *err)
{
    if (c->old_kind) {
        if (pg_proto_tuple(c->old_tuple, e->table->ncols, e->old_cells, e->kinds, err))
            return -1;
        if (c->old_kind == 'K')
            mark_absent(e);
        if (pg_relations_meet(&s->relations, &s->sql, e, e->old_cells, moment(s), err))
            return -1;
    }
    if (!c->has_new)
        return 0;
    return pg_proto_tuple(c->new_tuple, e->table->ncols, e->new_cells, e->kinds, err) ||
           pg_relations_meet(&s->relations, &s->sql, e, e->new_cells, moment(s), err) ? -1 : 0;
}

static int row_change(struct pg_source *s, char kind, struct slice m, uint64_t lsn, struct event *ev, struct err *err)
{
    struct pg_change c;
    if (pg_proto_change(kind, m, &c, err))
        return -1;
    if (!wanted(s, c.oid))
        return 0;
    struct pg_rel_entry *e = entry_of(s, c.oid, err);
    if (!e)
        return -1;
    if (read_images(s, e, &c, err))
        return err_wrap(err, "%s.%s", e->table->schema, e->table->name);
    fill(s, ev, kind == PG_MSG_INSERT ? EV_INSERT : kind == PG_MSG_UPDATE ? EV_UPDATE : EV_DELETE, lsn);
    ev->table = e->table;
    if (c.old_kind)
        ev->before.cells = e->old_cells;
    if (c.has_new) {
        if (c.old_kind)
            backfill_unchanged(e);
        ev->after.cells = e->new_cells;
    }
    return 1;
}

/* One event a table; a message names several. */
static int truncated_table(struct pg_source *s, struct event *ev, struct err *err)
{
    while (s->ntruncated) {
        uint32_t oid = cursor_be32(&s->truncated);
        s->ntruncated--;
        if (!wanted(s, oid))
            continue;
        struct pg_rel_entry *e = entry_of(s, oid, err);
        if (!e)
            return -1;
        fill(s, ev, EV_TRUNCATE, s->truncated_lsn);
        ev->table = e->table;
        return 1;
    }
    return 0;
}

static int truncate_tables(struct pg_source *s, struct slice m, uint64_t lsn, struct event *ev, struct err *err)
{
    struct pg_truncate t;
    if (pg_proto_truncate(m, &t, err))
        return -1;
    s->truncated = t.oids;
    s->ntruncated = t.n;
    s->truncated_lsn = lsn;
    return truncated_table(s, ev, err);
}

static int message(struct pg_source *s, struct slice m, struct event *ev, struct err *err)
{
    struct pg_message msg;
    if (pg_proto_message(m, &msg, err))
        return -1;
    if (msg.transactional) {
        if (!wanted(s, 0))
            return 0;
        fill(s, ev, EV_MESSAGE, msg.lsn);
    } else {
        if (msg.lsn < s->pos.lsn)
            return 0;
        s->last_commit = s->pos.last_commit = msg.lsn;      /* outside a transaction, a commit of its own */
        s->pos.lsn = s->pos.data = msg.lsn + 1;
        *ev = (struct event){ .kind = EV_MESSAGE, .lsn = msg.lsn, .txid = -1, .last_commit_lsn = s->last_commit,
                              .commit_us = clock_wall_ns() / 1000 };
    }
    ev->database = s->place.server.database;
    ev->prefix = slice_str(msg.prefix);
    ev->content = msg.content;
    return 1;
}

static int origin(struct pg_source *s, struct slice m, struct err *err)
{
    struct pg_origin o;
    if (pg_proto_origin(m, &o, err))
        return -1;
    s->origin.n = 0;
    buf_str(&s->origin, o.name);
    s->tx.origin_lsn = o.lsn;
    s->tx.has_origin = true;
    return 0;
}

/* 1: ev is filled; 0: nothing to hand out of this message; -1: err. */
static int take(struct pg_source *s, struct slice m, uint64_t lsn, struct event *ev, struct err *err)
{
    char kind = (char)m.p[0];
    struct slice body = slice_of(m.p + 1, m.n - 1);
    switch (kind) {
    case PG_MSG_BEGIN:      return begin(s, body, lsn, ev, err);
    case PG_MSG_COMMIT:     return commit(s, body, ev, err);
    case PG_MSG_RELATION:   return pg_relations_told(&s->relations, &s->sql, body, moment(s), err);
    case PG_MSG_TYPE:       return pg_relations_type(&s->relations, body, err);
    case PG_MSG_ORIGIN:     return origin(s, body, err);
    case PG_MSG_INSERT:
    case PG_MSG_UPDATE:
    case PG_MSG_DELETE:     return row_change(s, kind, body, lsn, ev, err);
    case PG_MSG_TRUNCATE:   return truncate_tables(s, body, lsn, ev, err);
    case PG_MSG_MESSAGE:    return message(s, body, ev, err);
    default:
        return err_set(err, ERR_FATAL, "unknown pgoutput message '%c' at " PG_LSN_FMT, kind, PG_LSN_ARG(lsn));
    }
}

/* Messages come in order, so what a keepalive names has been read up to there. */
static bool at_end(const struct pg_source *s)
{
    return s->end && !s->base.stay && !s->tx.open && !s->ntruncated && (s->pos.lsn >= s->end || s->stream.server_end >= s->end);
}

/* Keepalives say how far the server has decoded without finding anything for us. */
static bool moved_idly(struct pg_source *s, struct event *ev)
{
    int64_t now;
    if (!s->stream.idle_news || s->tx.open || s->stream.server_end <= s->pos.lsn ||
        (now = clock_mono_us()) - s->last_position_us < (s->base.hurry ? POSITION_HURRIED_US : POSITION_EVERY_US))
        return false;
    s->last_position_us = now;
    s->stream.idle_news = false;
    s->pos.lsn = s->stream.server_end;
    s->pos.tx_lsn = s->pos.ordinal = 0;
    *ev = (struct event){ .kind = EV_POSITION };
    return true;
}

static void state_free(struct pg_state *st)
{
    if (st)
        free(st->value);
    free(st);
}

/* What is to be kept beside the position goes out before the rows that it is about; 1: ev says it. */
static int say_state(struct pg_source *s, struct event *ev)
{
    state_free(s->said);
    s->said = pg_relations_state(&s->relations);
    if (!s->said)
        return 0;
    *ev = (struct event){ .kind = EV_STATE, .txid = -1, .prefix = slice_str(s->said->name) };
    if (s->said->value)
        ev->content = slice_str(s->said->value);
    return 1;
}

/* Between transactions, and while nothing is read beside them, nobody holds a table's older versions but who is told here. */
static int part_with(struct pg_source *s, struct event *ev, struct err *err)
{
    pg_version_free(s->parted);
    s->parted = NULL;
    if (s->tx.open || s->base.stay || s->ntruncated)
        return 0;
    if (s->base.unkept)
        s->relations.done = s->pos.lsn;
    if (pg_relations_sweep(&s->relations, &s->sql, err))
        return -1;
    if (!(s->parted = pg_relations_retired(&s->relations)))
        return 0;
    *ev = (struct event){ .kind = EV_GONE, .txid = -1, .table = s->parted->table };
    return 1;
}

/* Before 18 the server ends the stream where the publication was not there, though it may be there now. */
static bool lacks_publication(struct pg_source *s, const struct err *err)
{
    struct err e = { 0 };
    bool there = false;
    PGconn *sql;
    s->sql.stream_pid = 0;      /* the stream has ended */
    return strcmp(err->state, PG_UNDEFINED_OBJECT) == 0 &&
           (sql = pg_sql(&s->sql, &e)) &&
           !pg_publication_exists(sql, s->opt->publication, &there, &e) && there;
}

static void publication_made_anew(struct pg_source *s, struct err *err)
{
    s->base.gone = s->renew = true;
    pg_slot_too_old(s->opt, s->pos.lsn, err);
}

static enum source_got next(struct source *base, struct event *ev, struct err *err)
{
    struct pg_source *s = self(base);
    int got = part_with(s, ev, err);
    s->stream.hurried = base->stay;
    if (!got && s->ntruncated)
        got = truncated_table(s, ev, err);
    for (int unwanted = 0; !got && !(got = say_state(s, ev)); unwanted++) {
        if (unwanted == UNWANTED_MAX) {
            *ev = (struct event){ .kind = EV_POSITION };
            return SOURCE_EVENT;
        }
        if (at_end(s))
            return SOURCE_END;
        struct slice m;
        uint64_t lsn;
        int have = pg_stream_next(&s->stream, &m, &lsn, err);
        if (s->skipped_publication || (have < 0 && lacks_publication(s, err))) {
            publication_made_anew(s, err);
            return SOURCE_ERROR;
        }
        if (have < 0)
            return SOURCE_ERROR;
        if (!have)
            return moved_idly(s, ev) ? SOURCE_EVENT : SOURCE_IDLE;
        got = take(s, m, lsn, ev, err);
    }
    return got < 0 ? SOURCE_ERROR : SOURCE_EVENT;
}

static int fd_of(const struct source *base)
{
    return PQsocket(seen(base)->stream.conn);
}

static void position(struct source *base, struct buf *ret_token)
{
    struct pg_source *s = self(base);
    pg_start_label(&s->pos, &s->place);
    s->pos.messages = s->opt->messages ? PG_COUNTED : PG_NOT_COUNTED;
    snprintf(s->pos.publication, sizeof s->pos.publication, "%s", s->opt->publication);
    s->pos.acked = s->stream.acked > s->told ? s->stream.acked : s->told;
    pg_position_write(&s->pos, ret_token);
}

static int ack(struct source *base, struct slice done, struct err *err)
{
    struct pg_source *s = self(base);
    struct pg_position p;
    if (pg_position_read(done, &p, err))
        return -1;
    if (p.lsn > s->relations.done)
        s->relations.done = p.lsn;
    if (!s->streaming || p.lsn <= s->stream.acked)
        return 0;
    s->stream.acked = p.lsn;
    /* Where nothing newer is on its way, the slot stands where the position does (start.h). */
    return base->hurry || p.lsn == s->pos.lsn ? pg_stream_feedback(&s->stream, true, err) : 0;
}

/* A fast shutdown ends the catalog's session at once, and keeps the stream until all is confirmed. */
static bool catalog_session_ended(struct pg_source *s, int64_t now)
{
    if (!s->sql.conn || now - s->last_session_us < SESSION_LOOK_US)
        return false;
    s->last_session_us = now;
    struct pollfd pfd = { .fd = PQsocket(s->sql.conn), .events = POLLIN };
    while (PQstatus(s->sql.conn) == CONNECTION_OK && poll(&pfd, 1, 0) > 0)
        if (!PQconsumeInput(s->sql.conn))
            break;
    return PQstatus(s->sql.conn) != CONNECTION_OK;
}

/*
 * A server that shuts down waits, without end, until its walsenders' clients have confirmed everything. Confirm at once what
 * is durable; and when nothing more becomes durable, let the server go: the slot keeps what was not confirmed.
 */
static int let_server_end(struct pg_source *s, struct err *err)
{
    int64_t now = clock_mono_us();
    if (!s->ending_us) {
        if (!catalog_session_ended(s, now) && !pg_stream_is_ending(&s->stream))
            return 0;
        log_info("the server is shutting down, or has ended our session: what is delivered is confirmed at once");
        s->base.hurry = true;
        s->ending_us = now;
        s->ending_acked = s->stream.acked;
    }
    if (s->stream.acked > s->ending_acked) {
        s->ending_us = now;
        s->ending_acked = s->stream.acked;
    }
    if (now - s->ending_us < ENDING_US)
        return 0;
    return err_set(err, ERR_RETRY, "the server is shutting down, or has ended our session, and nothing could be confirmed to it "
                   "for %d s: the connection is closed, so that it need not wait; the slot keeps what is missing",
                   ENDING_US / 1000000);
}

static int tend(struct source *base, struct err *err)
{
    struct pg_source *s = self(base);
    if (s->streaming)
        pg_sql_rest(&s->sql);
    return s->streaming && (pg_stream_feedback(&s->stream, false, err) || let_server_end(s, err)) ? -1 : 0;
}

/* One value, asked now and then. A connection that was opened for it alone is closed again. */
static bool glance(struct pg_source *s, char *ret, size_t n, const char *query)
{
    struct err e = { 0 };
    bool open = s->sql.conn;
    PGconn *sql = pg_sql(&s->sql, &e);
    bool known = sql && !pg_value(sql, ret, n, &e, "%s", query);
    if (!open)
        pg_sql_close(&s->sql);
    return known;
}

/* For a standby also how far it is behind what it has received, and whether somebody paused it. */
static void state(struct source *base, struct buf *ret)
{
    struct pg_source *s = self(base);
    char replay[128] = "";
    if (!s->streaming)
        return;
    buf_printf(ret, " position=" PG_LSN_FMT " confirmed=" PG_LSN_FMT " server_end=" PG_LSN_FMT " heard_s=%lld", PG_LSN_ARG(s->pos.lsn),
               PG_LSN_ARG(s->stream.acked), PG_LSN_ARG(s->stream.server_end),
               (long long)(clock_mono_us() - s->stream.heard_us) / 1000000);
    if (s->place.server.standby &&
        glance(s, replay, sizeof replay,
               "SELECT format('replay=%s behind_bytes=%s', CASE WHEN pg_is_wal_replay_paused()"
               " THEN 'paused' ELSE 'on' END,"
               " greatest(pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn(), 0))"))
        buf_printf(ret, " %s", replay);
}

/* Without a stream what was said last stays, unless it is known that the slot is lost. */
static void stand(struct source *base, bool ask, struct source_stand *ret)
{
    struct pg_source *s = self(base);
    struct buf query = { 0 };
    char text[64] = "";
    long long kept;
    if (!s->streaming && s->slot_lost)
        *ret = (struct source_stand){ .behind_bytes = -1, .retained_bytes = -1, .status = "lost" };
    if (!s->streaming)
        return;
    ret->behind_bytes = s->stream.server_end > s->pos.lsn ? (int64_t)(s->stream.server_end - s->pos.lsn) : 0;
    if (!ask)
        return;
    buf_str(&query, "SELECT format('%s %s', wal_status, coalesce(CASE WHEN pg_is_in_recovery()"
                    " THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - restart_lsn, -1))"
                    " FROM pg_replication_slots WHERE slot_name = ");
    pg_literal(&query, s->opt->slot);
    if (glance(s, text, sizeof text, buf_cstr(&query)) &&
        sscanf(text, "%15s %lld", ret->status, &kept) == 2)
        ret->retained_bytes = kept;
    buf_done(&query);
}

/* ---- beside tables that are read ---- */

static struct reader *reader(const struct source *base, struct err *err)
{
    return pg_reader_new(seen(base)->opt, seen(base)->fences, err);
}

static void mark(struct source *base, struct buf *ret_mark)
{
    struct pg_source *s = self(base);
    pg_mark_write(s->pos.lsn, s->recent, ret_mark);
}

/* Commits come in order, and a keepalive after all that it covers. */
static bool passed(struct source *base, struct slice high)
{
    struct pg_source *s = self(base);
    uint64_t lsn = pg_mark_lsn(high);
    if (s->tx.open || s->ntruncated)
        return false;
    if (s->pos.lsn >= lsn || s->stream.server_end >= lsn)
        return true;
    int64_t now = clock_mono_us();
    if (now - s->last_ask_us > ASK_EVERY_US) {
        s->last_ask_us = now;
        pg_stream_ask(&s->stream);
    }
    return false;
}

/*
 * The reader saw the catalog as of the chunk; the stream may have described the table since (told). Describing it from
 * here before the stream does is safe: the server describes it anew before the first change of another shape.
 */
static int chunk_table(struct source *base, const struct chunk *c, const struct table **ret, struct err *err)
{
    struct pg_source *s = self(base);
    struct slice shape = buf_slice(&c->shape);
    struct pg_rel_entry *e = pg_relations_find(&s->relations, load_be32(shape.p));
    if (e && !slice_eq(buf_slice(&e->raw), shape) && e->told > pg_mark_lsn(buf_slice(&c->high)))
        return 0;
    if (pg_relations_take(&s->relations, &s->sql, shape, moment(s), err))
        return -1;
    e = pg_relations_find(&s->relations, load_be32(shape.p));
    if (e->table && pg_relations_meet_nulls(&s->relations, &s->sql, e, buf_slice(&c->nulls),
                                            moment(s), err))
        return -1;
    *ret = e->table;
    uint64_t high = pg_mark_lsn(buf_slice(&c->high));
    if (*ret && high > s->pos.data)
        s->pos.data = high;
    return *ret ? 1 : 0;
}

static void free_source(struct source *base)
{
    struct pg_source *s = self(base);
    close_source(base);
    pg_relations_done(&s->relations);
    pg_fences_free(s->fences);
    pg_version_free(s->parted);
    state_free(s->said);
    buf_done(&s->origin);
    free(s->recent);
    pg_history_done(&s->place.history);
    free(s);
}

static const struct source_ops ops = {
    .name = "postgresql",
    .claim = claim,
    .recall = recall,
    .open = open_source,
    .next = next,
    .fd = fd_of,
    .position = position,
    .ack = ack,
    .tend = tend,
    .state = state,
    .stand = stand,
    .reader = reader,
    .mark = mark,
    .passed = passed,
    .stored_mark = pg_stored_mark,
    .stored_passed = pg_stored_passed,
    .high_text = pg_high_text,
    .chunk_table = chunk_table,
    .close = close_source,
    .free = free_source,
};

struct source *pg_source_new(const struct pg_options *opt, struct err *err)
{
    if (!opt->conninfo || !opt->slot || !opt->publication) {
        err_set(err, ERR_CONFIG, "source.conninfo, source.slot and source.publication are needed");
        return NULL;
    }
    struct pg_source *s = xcalloc(1, sizeof *s);
    s->base.ops = &ops;
    s->base.keeps = true;
    s->base.leaves_out = true;
    s->opt = opt;
    s->fences = pg_fences_new();
    pg_relations_init(&s->relations, opt, NULL);
    return &s->base;
}
