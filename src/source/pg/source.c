/*
 * A replication slot as a source: hands out the stream's events, one at a time, and the position.
 * open.c begins the stream, changes.c reads its messages, stand.c talks to the server beside it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "source/pg/publish.h"
#include "source/pg/slot.h"
#include "source/pg/source.h"
#include "source/pg/sqlstate.h"

enum {
    POSITION_EVERY_US = 1000000,    /* hand on an idle server's newer position this often, */
    POSITION_HURRIED_US = 20000,    /* or this often while the server waits for it */
    /* the loop gets its turn after this many messages without an event */
    UNWANTED_MAX = 256,
    /* ask for the server's end this often, while a chunk waits for it */
    ASK_EVERY_US = 5000,
};

static const struct pg_source *seen(const struct source *s)
{
    return (const struct pg_source *)s;
}

static void close_source(struct source *base)
{
    struct pg_source *s = pg_self(base);
    pg_stream_stop(&s->stream);
    pg_sql_close(&s->sql);
    s->streaming = false;
    s->ntruncated = 0;
}

static int recall(struct source *base, struct slice name, struct slice value, struct err *err)
{
    (void)name;
    return pg_relations_recall(&pg_self(base)->relations, value, err);
}

/* Messages come in order: the stream has been read up to what a keepalive names. */
static bool at_end(const struct pg_source *s)
{
    return s->end && !s->base.stay && !s->tx.open && !s->ntruncated &&
           (s->pos.lsn >= s->end || s->stream.server_end >= s->end);
}

/* A keepalive says how far the server has decoded without finding anything for us. */
static bool moved_idly(struct pg_source *s, struct event *ev)
{
    int64_t now;
    if (!s->stream.idle_news || s->tx.open || s->stream.server_end <= s->pos.lsn ||
        (now = clock_mono_us()) - s->last_position_us <
            (s->base.hurry ? POSITION_HURRIED_US : POSITION_EVERY_US))
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

/* State to keep beside the position goes out before the rows that it is about. 1: ev holds it. */
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

/*
 * Parts with older versions of tables. Between transactions, and while no table is read beside the
 * stream, only the caller still holds them: EV_GONE tells it to let go.
 */
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

/*
 * True if the stream ended as the publication was not there at the decoded LSN, though it is there
 * now (before PostgreSQL 18).
 */
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
    struct pg_source *s = pg_self(base);
    int got = part_with(s, ev, err);
    s->stream.hurried = base->stay;
    if (!got && s->ntruncated)
        got = pg_source_truncated(s, ev, err);
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
        got = pg_source_take(s, m, lsn, ev, err);
    }
    return got < 0 ? SOURCE_ERROR : SOURCE_EVENT;
}

static int fd_of(const struct source *base)
{
    return PQsocket(seen(base)->stream.conn);
}

static void position(struct source *base, struct buf *ret_token)
{
    struct pg_source *s = pg_self(base);
    pg_start_label(&s->pos, &s->place);
    s->pos.messages = s->opt->messages ? PG_COUNTED : PG_NOT_COUNTED;
    snprintf(s->pos.publication, sizeof s->pos.publication, "%s", s->opt->publication);
    s->pos.acked = s->stream.acked > s->told ? s->stream.acked : s->told;
    pg_position_write(&s->pos, ret_token);
}

static int ack(struct source *base, struct slice done, struct err *err)
{
    struct pg_source *s = pg_self(base);
    struct pg_position p;
    if (pg_position_read(done, &p, err))
        return -1;
    if (p.lsn > s->relations.done)
        s->relations.done = p.lsn;
    if (!s->streaming || p.lsn <= s->stream.acked)
        return 0;
    s->stream.acked = p.lsn;
    /*
     * If nothing newer is on its way, tell the server at once: then the slot stands at the position
     * (start.h).
     */
    return base->hurry || p.lsn == s->pos.lsn ? pg_stream_feedback(&s->stream, true, err) : 0;
}

/* ---- for reading tables ---- */

static struct reader *reader(const struct source *base, struct err *err)
{
    return pg_reader_new(seen(base)->opt, seen(base)->fences, err);
}

static void mark(struct source *base, struct buf *ret_mark)
{
    struct pg_source *s = pg_self(base);
    pg_mark_write(s->pos.lsn, s->recent, ret_mark);
}

/* Commits come in order, and a keepalive comes after all that it covers. */
static bool passed(struct source *base, struct slice high)
{
    struct pg_source *s = pg_self(base);
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
 * The reader saw the catalog as of the chunk. The stream may have described the table since then
 * (told). Taking the chunk's description before the stream has one is safe: the server describes
 * the table anew before the first change of another shape.
 */
static int chunk_table(struct source *base, const struct chunk *c, const struct table **ret,
                       struct err *err)
{
    struct pg_source *s = pg_self(base);
    struct slice shape = buf_slice(&c->shape);
    struct pg_rel_entry *e = pg_relations_find(&s->relations, load_be32(shape.p));
    if (e && !slice_eq(buf_slice(&e->raw), shape) && e->told > pg_mark_lsn(buf_slice(&c->high)))
        return 0;
    if (pg_relations_take(&s->relations, &s->sql, shape, pg_source_moment(s), err))
        return -1;
    e = pg_relations_find(&s->relations, load_be32(shape.p));
    if (e->table && pg_relations_meet_nulls(&s->relations, &s->sql, e, buf_slice(&c->nulls),
                                            pg_source_moment(s), err))
        return -1;
    *ret = e->table;
    uint64_t high = pg_mark_lsn(buf_slice(&c->high));
    if (*ret && high > s->pos.data)
        s->pos.data = high;
    return *ret ? 1 : 0;
}

static void free_source(struct source *base)
{
    struct pg_source *s = pg_self(base);
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

static int list(struct source *base, read_table_fn *each, void *arg, struct err *err)
{
    struct pg_source *s = pg_self(base);
    PGconn *sql = pg_sql(&s->sql, err);
    return sql ? pg_fed_tables(sql, s->opt, each, arg, err) : -1;
}

static const struct source_ops ops = {
    .name = "postgresql",
    .claim = pg_source_claim,
    .recall = recall,
    .open = pg_source_open,
    .next = next,
    .fd = fd_of,
    .position = position,
    .ack = ack,
    .list = list,
    .tend = pg_source_tend,
    .state = pg_source_state,
    .stand = pg_source_stand,
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
