/*
 * Makes events of the stream's messages, and moves the position with each change. A message makes
 * no event if an earlier run has handed it out, or if its table is left out.
 */
#include "base/clock.h"
#include "source/pg/source.h"

static int begin(struct pg_source *s, struct slice m, uint64_t lsn, struct event *ev,
                 struct err *err)
{
    struct pg_tx *t = &s->tx;
    *t = (struct pg_tx){ .open = true };
    if (pg_proto_begin(m, &t->begin, err))
        return -1;
    t->known = t->begin.final_lsn < s->pos.lsn;
    t->in_tables = t->begin.final_lsn < s->rows_from;
    t->skip = t->begin.final_lsn == s->pos.tx_lsn ? s->pos.ordinal : 0;
    *ev = (struct event){
        .kind = EV_BEGIN, .lsn = lsn, .commit_us = t->begin.commit_us, .txid = t->begin.xid
    };
    return !t->known;
}

/*
 * The position names the last transaction that it covers, whole or in part: a server to go on with
 * must hold that transaction (witness.h).
 */
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
    *ev = (struct event){
        .kind = EV_COMMIT, .commit_us = c.commit_us, .lsn = c.end_lsn, .txid = s->tx.begin.xid
    };
    s->tx = (struct pg_tx){ 0 };
    if (known)
        return 0;
    remember(s, &tx);
    s->last_commit = s->pos.lsn = s->pos.last_commit = s->pos.data = c.end_lsn;
    s->pos.tx_lsn = s->pos.ordinal = 0;
    if (s->recent)
        s->recent->xids[s->recent->n++ % PG_RECENT] = (uint32_t)ev->txid;
    return 1;
}

/*
 * Counts a change of this transaction. False: it was handed out before, or its table is left out.
 * oid 0: a message.
 */
static bool wanted(struct pg_source *s, uint32_t oid)
{
    struct pg_tx *t = &s->tx;
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
    const struct pg_rel_entry *e =
        s->relations.any_unwanted ? pg_relations_find(&s->relations, oid) : NULL;
    return !(e && e->unwanted);
}

static void fill(struct pg_source *s, struct event *ev, enum event_kind kind, uint64_t lsn)
{
    *ev = (struct event){
        .kind = kind,
        .lsn = lsn,
        .commit_us = s->tx.begin.commit_us,
        .txid = s->tx.begin.xid,
        .seq = s->tx.changes,
        .last_commit_lsn = s->last_commit,
        .known = s->tx.changes <= s->tx.skip,
        .origin = s->tx.has_origin ? buf_cstr(&s->origin) : NULL,
        .origin_lsn = s->tx.origin_lsn,
    };
}

static struct pg_rel_entry *entry_of(const struct pg_source *s, uint32_t oid, struct err *err)
{
    struct pg_rel_entry *e = pg_relations_find(&s->relations, oid);
    if (!e || !e->table)
        err_set(err, ERR_FATAL, "a change of the relation with oid %u came before its description",
                oid);
    return e && e->table ? e : NULL;
}

/* A key-only old row says nothing of the other columns. */
static void mark_absent(struct pg_rel_entry *e)
{
    for (uint16_t i = 0; i < e->table->ncols; i++)
        if (!e->version->in_identity[i])
            e->old_cells[i] = (struct cell){ .kind = CELL_ABSENT };
}

/*
 * Fills what the new row left out from the old row, which holds all of it, or only a TOASTed key.
 */
static void backfill_unchanged(struct pg_rel_entry *e)
{
    for (uint16_t i = 0; i < e->table->ncols; i++)
        if (e->new_cells[i].kind == CELL_UNCHANGED && e->old_cells[i].kind == CELL_VALUE)
            e->new_cells[i] = e->old_cells[i];
}

struct pg_moment pg_source_moment(const struct pg_source *s)
{
    return s->tx.open ? (struct pg_moment){ s->tx.begin.xid, s->tx.begin.final_lsn }
                      : (struct pg_moment){ 0, s->pos.lsn };
}

/* Reads both images of a change and holds them against their table. */
static int read_images(struct pg_source *s, struct pg_rel_entry *e, const struct pg_change *c,
                       struct err *err)
{
    if (c->old_kind) {
        if (pg_proto_tuple(c->old_tuple, e->table->ncols, e->old_cells, e->kinds, err))
            return -1;
        if (c->old_kind == 'K')
            mark_absent(e);
        if (pg_relations_meet(&s->relations, &s->sql, e, e->old_cells, pg_source_moment(s), err))
            return -1;
    }
    if (!c->has_new)
        return 0;
    return pg_proto_tuple(c->new_tuple, e->table->ncols, e->new_cells, e->kinds, err) ||
                   pg_relations_meet(&s->relations, &s->sql, e, e->new_cells, pg_source_moment(s),
                                     err)
               ? -1
               : 0;
}

static int row_change(struct pg_source *s, char kind, struct slice m, uint64_t lsn,
                      struct event *ev, struct err *err)
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
    fill(s, ev,
         kind == PG_MSG_INSERT   ? EV_INSERT
         : kind == PG_MSG_UPDATE ? EV_UPDATE
                                 : EV_DELETE,
         lsn);
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

/* One event for each table; a message may name several. */
int pg_source_truncated(struct pg_source *s, struct event *ev, struct err *err)
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

static int truncate_tables(struct pg_source *s, struct slice m, uint64_t lsn, struct event *ev,
                           struct err *err)
{
    struct pg_truncate t;
    if (pg_proto_truncate(m, &t, err))
        return -1;
    s->truncated = t.oids;
    s->ntruncated = t.n;
    s->truncated_lsn = lsn;
    return pg_source_truncated(s, ev, err);
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
        /* a message outside a transaction counts as a commit of its own */
        s->last_commit = s->pos.last_commit = msg.lsn;
        s->pos.lsn = s->pos.data = msg.lsn + 1;
        *ev = (struct event){ .kind = EV_MESSAGE,
                              .lsn = msg.lsn,
                              .txid = -1,
                              .last_commit_lsn = s->last_commit,
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

int pg_source_take(struct pg_source *s, struct slice m, uint64_t lsn, struct event *ev,
                   struct err *err)
{
    char kind = (char)m.p[0];
    struct slice body = slice_of(m.p + 1, m.n - 1);
    switch (kind) {
    case PG_MSG_BEGIN:      return begin(s, body, lsn, ev, err);
    case PG_MSG_COMMIT:     return commit(s, body, ev, err);
    case PG_MSG_RELATION:
        return pg_relations_told(&s->relations, &s->sql, body, pg_source_moment(s), err);
    case PG_MSG_TYPE:       return pg_relations_type(&s->relations, body, err);
    case PG_MSG_ORIGIN:     return origin(s, body, err);
    case PG_MSG_INSERT:
    case PG_MSG_UPDATE:
    case PG_MSG_DELETE:     return row_change(s, kind, body, lsn, ev, err);
    case PG_MSG_TRUNCATE:   return truncate_tables(s, body, lsn, ev, err);
    case PG_MSG_MESSAGE:    return message(s, body, ev, err);
    default:
        return err_set(err, ERR_FATAL, "unknown pgoutput message '%c' at " PG_LSN_FMT, kind,
                       PG_LSN_ARG(lsn));
    }
}
