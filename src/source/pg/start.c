/* Holds the stored position against the server: go on, wait, or say what is lost. See start.h. */
#include "source/pg/start.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

/* What is known while start.c decides. */
struct question {
    const struct pg_position *p;
    const struct pg_place *place;
    const char *slot;
    const struct pg_slot *s;
    enum pg_witness witness;
    const struct pg_timeline *t;    /* the position's timeline, in the server's history */
    struct err *err;
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* All that was handed out lies before this. */
static uint64_t handed_out(const struct pg_position *p)
{
    return p->tx_lsn && p->tx_lsn >= p->data ? p->tx_lsn + 1 : p->data;
}

static struct pg_start gone(uint64_t shared)
{
    return (struct pg_start){ .kind = PG_START_GONE, .shared = shared };
}

/*
 * "; the last of them was committed at 2026-11-29 12:00:00 UTC at LSN"; "" if no transaction is
 * known.
 */
static const char *last_words(const struct pg_position *p, char *to, size_t size)
{
    char when[32] = "";
    struct tm tm;
    time_t s = (time_t)(p->commit_us / 1000000);
    to[0] = 0;
    if (p->commit_lsn && gmtime_r(&s, &tm) && strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm))
        snprintf(to, size, "; the last of them was committed at %s UTC at " PG_LSN_FMT, when,
                 PG_LSN_ARG(p->commit_lsn));
    return to;
}

static struct pg_start forked(struct question *q, uint64_t at)
{
    char last[96];
    uint64_t end = pg_position_reach(q->p);
    err_set(q->err, ERR_FATAL,
            "this server's log left the one that was read: it left timeline %u at " PG_LSN_FMT
            ", and timeline %u was read up to " PG_LSN_FMT
            ". Records of up to %llu bytes of log, with source.lsn from "
            "%llu to %llu, tell of changes that this server does not have%s. " PG_WAY_OUT,
            q->t->id, PG_LSN_ARG(at), q->p->timeline, PG_LSN_ARG(end),
            (unsigned long long)(end - at), (unsigned long long)at, (unsigned long long)end,
            last_words(q->p, last, sizeof last));
    return gone(at);
}

static struct pg_start other_history(struct question *q)
{
    err_set(q->err, ERR_FATAL,
            "the stored position is on timeline %u, which began at " PG_LSN_FMT ", and this server "
            "(timeline %u, at " PG_LSN_FMT
            ") has no such timeline in its past: it was left behind by a failover, "
            "restored, or promoted by itself. If another server is the right one, point "
            "source.conninfo there. " PG_WAY_OUT,
            q->p->timeline, PG_LSN_ARG(q->p->begun), q->place->server.timeline,
            PG_LSN_ARG(q->place->end));
    return gone(0);
}

static struct pg_start other_transaction(struct question *q)
{
    err_set(q->err, ERR_FATAL,
            "the last transaction that was read, number %u at " PG_LSN_FMT ", is not in this "
            "server's log: the server was set back or copied, and went on by itself. Since when "
            "cannot be known. " PG_WAY_OUT,
            q->p->commit_xid, PG_LSN_ARG(q->p->commit_lsn));
    return gone(0);
}

static struct pg_start forgotten(struct question *q, uint64_t from)
{
    err_set(
        q->err, ERR_FATAL,
        "slot \"%s\" has forgotten everything before " PG_LSN_FMT
        ", and the stored position is " PG_LSN_FMT
        ": the changes between them would be skipped without a word. The slot was made anew, or "
        "someone else has read or advanced it. " PG_WAY_OUT,
        q->slot, PG_LSN_ARG(q->s->confirmed_flush), PG_LSN_ARG(from));
    return gone(from);
}

static struct pg_start lost_slot(struct question *q)
{
    if (q->s->exists)
        err_set(q->err, ERR_FATAL,
                "slot \"%s\" can no longer be read (%s): the changes after " PG_LSN_FMT
                " are lost to "
                "it. " PG_WAY_OUT,
                q->slot, q->s->lost, PG_LSN_ARG(q->p->lsn));
    else
        err_set(q->err, ERR_FATAL,
                "there is no slot \"%s\" on this server, and a new one would not hold the changes "
                "after " PG_LSN_FMT ", where the feed is. If another server has the slot, point "
                                    "source.conninfo there. " PG_WAY_OUT,
                q->slot, PG_LSN_ARG(q->p->lsn));
    return gone(q->p->lsn);
}

static struct pg_start wait_for(struct question *q)
{
    err_set(q->err, ERR_RETRY,
            "the standby has come to " PG_LSN_FMT
            " on timeline %u, and the stored position is " PG_LSN_FMT
            " on timeline %u: waiting until it has replayed the log up to there",
            PG_LSN_ARG(q->place->end), q->place->server.timeline,
            PG_LSN_ARG(pg_position_reach(q->p)), q->p->timeline);
    return (struct pg_start){ .kind = PG_START_WAIT };
}

static struct pg_start set_back(struct question *q)
{
    err_set(q->err, ERR_FATAL,
            "this primary has written its log up to " PG_LSN_FMT
            " only, and the feed has read it up to " PG_LSN_FMT
            ": it was restored to an earlier state, and what it writes from there on is another "
            "log. " PG_WAY_OUT,
            PG_LSN_ARG(q->place->end), PG_LSN_ARG(pg_position_reach(q->p)));
    return gone(q->place->end);
}

/*
 * True if the stream went on past the end of the timeline, onto the server's. Proof: the server has
 * our last transaction, or its slot has our acknowledgement.
 */
static bool has_crossed(const struct question *q)
{
    const struct pg_position *p = q->p;
    uint64_t slot = q->s->confirmed_flush;
    if (p->known > q->t->end)
        return false;
    return (q->witness == PG_WITNESS_SAME && p->commit_lsn >= q->t->end) ||
           (slot > q->t->end && (slot == p->lsn || slot == p->acked));
}

/*
 * The server's log is the one that was read, up to `from`. Does the server still hold what follows?
 */
static struct pg_start go_from(struct question *q, uint64_t from)
{
    const struct pg_position *p = q->p;
    if (q->witness == PG_WITNESS_DIFFERENT)
        return other_transaction(q);
    if (q->s->confirmed_flush > from)
        return forgotten(q, from);
    if (q->place->end < pg_position_reach(p) && from == p->lsn)
        return q->place->server.standby ? wait_for(q) : set_back(q);
    return (struct pg_start){ .kind = PG_START_GO, .from = from };
}

static struct pg_start on_timeline(struct question *q)
{
    const struct pg_position *p = q->p;
    uint64_t end = q->t->end;
    if (pg_position_reach(p) <= end || has_crossed(q))
        return go_from(q, p->lsn);
    if (handed_out(p) <= end)
        return go_from(
            q, least(p->lsn, end)); /* nothing that was read past the fork was for this feed */
    return forked(q, end);
}

static struct pg_start decide(struct question *q)
{
    const struct pg_position *p = q->p;
    const struct pg_server *server = &q->place->server;
    if (strcmp(p->system_id, server->system_id)) {
        err_set(q->err, ERR_FATAL,
                "the stored position is of system %s, and this server is system %s: another "
                "cluster. Point source.conninfo at the right one, or give this feed another name",
                p->system_id, server->system_id);
        return (struct pg_start){ .kind = PG_START_REFUSED };
    }
    if (strcmp(p->slot, q->slot)) {
        err_set(q->err, ERR_FATAL,
                "the stored position is of slot \"%s\", and source.slot is \"%s\": no slot knows "
                "what the other has forgotten. Set it back, or give this feed another name",
                p->slot, q->slot);
        return (struct pg_start){ .kind = PG_START_REFUSED };
    }
    if (!q->s->exists || q->s->lost[0])
        return lost_slot(q);
    q->t = pg_history_find(&q->place->history, p->timeline);
    bool behind =
        p->timeline > server->timeline && server->standby && p->begun && q->place->end <= p->begun;
    if (!q->t)
        return behind ? wait_for(q) : other_history(q);
    if (p->begun && q->t->begin != p->begun)
        return other_history(q);
    return on_timeline(q);
}

struct pg_start pg_start_decide(const struct pg_position *p, const struct pg_place *place,
                                const char *slot, const struct pg_slot *s, enum pg_witness witness,
                                struct err *err)
{
    struct question q = {
        .p = p, .place = place, .slot = slot, .s = s, .witness = witness, .err = err
    };
    return decide(&q);
}

int pg_start_look(const struct pg_options *opt, PGconn *sql, PGconn *repl, struct slice stored,
                  struct pg_position *ret_position, struct pg_start *ret, struct err *ret_why,
                  struct err *err)
{
    const uint8_t *end = stored.n ? memchr(stored.p, '\n', stored.n) : NULL;
    struct slice line = slice_of(stored.p, end ? (size_t)(end - stored.p) : stored.n);
    struct pg_place place = { 0 };
    struct pg_slot slot;
    *ret_why = (struct err){ 0 };
    int rc = pg_place_read(repl, sql, &place, err) || pg_slot_read(sql, opt->slot, &slot, err) ||
             pg_position_read(line, ret_position, err) ? -1 : 0;
    if (!rc && pg_start_ask(opt, ret_position, &place, &slot, ret, ret_why)) {
        *err = *ret_why;
        rc = -1;
    }
    pg_history_done(&place.history);
    return rc;
}

/*
 * True if no witness is needed. A slot that stands exactly where we set it, on the same timeline,
 * has proved whose log it is.
 */
static bool proved(const struct pg_position *p, const struct pg_place *place,
                   const struct pg_slot *s)
{
    return !p->commit_lsn || strcmp(p->system_id, place->server.system_id) || !s->exists ||
           s->lost[0] ||
           (p->timeline == place->server.timeline && s->confirmed_flush == p->lsn && !p->tx_lsn);
}

bool pg_start_publication_changed(const struct pg_options *opt, const struct pg_position *p)
{
    return *p->publication &&
           strncmp(p->publication, opt->publication, sizeof p->publication - 1) != 0;
}

/*
 * Inside a transaction the ordinal counts the changes of that publication, and its messages if they
 * were asked for. Under another setting the same ordinal means another change.
 */
static bool counts_otherwise(const struct pg_options *opt, const struct pg_position *p,
                             struct err *err)
{
    static const char stopped[] =
        "the feed stopped inside the transaction that was committed at " PG_LSN_FMT
        ", a part of whose changes it had "
        "handed out, and %s was %s then: which part that was cannot be told. Set it back until the "
        "feed is past it";
    if (p->tx_lsn && pg_start_publication_changed(opt, p))
        err_set(err, ERR_CONFIG, stopped, PG_LSN_ARG(p->tx_lsn), "source.publication",
                p->publication);
    else if (p->tx_lsn && p->messages && (p->messages == PG_COUNTED) != opt->messages)
        err_set(err, ERR_CONFIG, stopped, PG_LSN_ARG(p->tx_lsn), "source.messages",
                opt->messages ? "false" : "true");
    else
        return false;
    return true;
}

int pg_start_ask(const struct pg_options *opt, const struct pg_position *p,
                 const struct pg_place *place, const struct pg_slot *s, struct pg_start *ret,
                 struct err *err)
{
    enum pg_witness witness = PG_WITNESS_NONE;
    *ret = (struct pg_start){ .kind = PG_START_REFUSED };
    if (counts_otherwise(opt, p, err))
        return 0;
    if (!proved(p, place, s) && pg_witness_ask(opt, place, p, &witness, err))
        return -1;
    *ret = pg_start_decide(p, place, opt->slot, s, witness, err);
    return 0;
}

void pg_start_label(struct pg_position *p, const struct pg_place *place)
{
    uint64_t reach = pg_position_reach(p);
    const struct pg_timeline *t = pg_history_at(&place->history, reach);
    p->timeline = t->id;
    p->begun = t->begin;
    p->known = least(reach, place->end);
}
