/*
 * The source of MySQL and MariaDB: opens the binlog stream at the stored position, hands its events
 * to the flow, and tells the position. transaction.c turns binlog events into rows.
 */
#include "source/mysql/source.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "source/mysql/mark.h"
#include "source/mysql/tls.h"

enum { LAG_WAIT_S = 30 };       /* spent in the flow's retries, which a stop ends */

static struct mysql_source *self(struct source *s)
{
    return (struct mysql_source *)s;
}

static const struct mysql_source *seen(const struct source *s)
{
    return (const struct mysql_source *)s;
}

static void close_source(struct source *base)
{
    struct mysql_source *s = self(base);
    mysql_stream_stop(&s->stream);
    mysql_conn_close(s->sql);
    s->sql = s->tables.sql = NULL;
    mysql_group_reset(&s->group);
    while (s->held) {
        struct mysql_xa *x = s->held;
        s->held = x->next;
        if (x == s->replay)
            s->replay = NULL;
        mysql_xa_free(x);
    }
    if (s->replay)
        mysql_xa_free(s->replay);       /* committed in one phase or not XA: it was in no list */
    s->replay = NULL;
    s->entry = NULL;
    s->end_after_pending = s->beginning = false;
    s->query.n = 0;
    mysql_reach_forget(s);
    s->fresh.n = 0;
    mysql_pending_clear(s);
    mysql_position_done(&s->pos);
    s->pos = (struct mysql_position){ .done.gtid.mariadb = s->opt->mariadb,
                                      .from.gtid.mariadb = s->opt->mariadb,
                                      .outside.mariadb = s->opt->mariadb,
                                      .doubt.until.gtid.mariadb = s->opt->mariadb };
    gtid_done(&s->behind);
}

/* ---- opening ---- */

/* The lock outlives a session. A session that lost the lock asks for it anew. */
static int claim(struct source *base, bool take_over, struct source_holder *ret_holder,
                 struct err *err)
{
    struct mysql_source *s = self(base);
    if (mysql_claim_lost(s->claim)) {
        mysql_claim_free(s->claim);
        s->claim = NULL;
    }
    if (s->claim || s->unclaimed)
        return 0;
    int rc = mysql_claim_take(s->opt, take_over, &s->claimed_by, &s->claim, ret_holder, err);
    s->unclaimed = !rc && !s->claim;
    return rc;
}

static int connect_to(struct mysql_source *s, struct err *err)
{
    s->sql = mysql_conn_open(s->opt, MYSQL_CATALOG, err);
    if (!s->sql || mysql_server_read(s->sql, &s->server, err) ||
        mysql_server_usable(&s->server, s->opt, err))
        return -1;
    s->dialect = (struct mysql_dialect){ .mariadb = s->server.mariadb,
                                         .fold_names = s->server.lower_case_names,
                                         .utf8_is_utf8mb4 = s->server.utf8_is_utf8mb4,
                                         .version = (uint32_t)s->server.version,
                                         .collation = s->server.collation };
    if (!s->tables.by_id)
        mysql_tables_init(&s->tables, s->opt, &s->server);
    s->tables.sql = s->sql;
    mysql_tables_forget_ids(&s->tables);
    /* another server may have other collations */
    mysql_collations_done(&s->tables.collations);
    return mysql_collations_read(s->sql, &s->server, &s->tables.collations, err);
}

/*
 * A transaction that is already prepared has its rows before the place where we begin. It must end
 * first.
 */
static int no_prepared(struct mysql_source *s, struct err *err)
{
    struct err denied = { 0 };
    const struct cell *cells;
    struct mysql_rows *r = mysql_conn_query(s->sql, "XA RECOVER", false, "", &denied);
    if (!r) {
        log_warn("whether XA transactions are prepared cannot be told: %s -> on the primary, GRANT "
                 "XA_RECOVER_ADMIN ON *.* to the account", denied.msg);
        return 0;
    }
    int got = mysql_rows_next(r, &cells, err);
    mysql_rows_free(r);
    return got == 1 ? err_set(err, ERR_RETRY,
                              "an XA transaction is prepared on the server (XA RECOVER shows it): "
                              "a feed begins when it has "
                              "been committed or rolled back")
                    : got;
}

/* No position is stored: begins now, with every table's definition at this place. */
static int begin_now(struct mysql_source *s, struct err *err)
{
    return no_prepared(s, err) ||
                   (s->server.mariadb && mysql_server_outside(s->sql, &s->pos.outside, err)) ||
                   mysql_definitions_first(s, &s->pos.done, err)
               ? -1
               : 0;
}

/*
 * Can reading begin at `from`, and did the server have all that was read up to our position? same:
 * the place was taken at this server.
 */
static int agrees(struct mysql_source *s, const struct mysql_place *from, bool same,
                  struct err *err)
{
    if (same && mysql_server_same_place(s->sql, &s->server, from))
        return 0;       /* our transactions stand there, and so does what follows them */
    struct mysql_place all = { 0 };
    struct gtid_set done = { 0 };
    mysql_place_copy(&all, from);
    gtid_copy(&done, &s->pos.done.gtid);
    gtid_add_domains(&all.gtid, &s->pos.outside);
    gtid_add_domains(&done, &s->pos.outside);
    int64_t now = clock_mono_us();
    bool patient = !s->lacks_since_us || now - s->lacks_since_us < LAG_WAIT_S * INT64_C(1000000);
    int rc = mysql_server_agrees(s->sql, &s->server, s->opt, &all, &done, same, patient, err);
    s->lacks_since_us =
        rc && err->class == ERR_RETRY ? s->lacks_since_us ? s->lacks_since_us : now : 0;
    s->base.gone = rc && err->class == ERR_FATAL;
    mysql_place_done(&all);
    gtid_done(&done);
    return rc;
}

bool mysql_columns_are_told(const struct mysql_source *s)
{
    return strcmp(s->server.metadata, "FULL") == 0 || s->opt->doubt == MYSQL_DOUBT_CATALOG;
}

/*
 * No position is stored: begins at the place that the settings name. The feed gets what was written
 * after it.
 */
static int begin_at(struct mysql_source *s, struct err *err)
{
    struct mysql_place now = { 0 };
    if (mysql_server_place(s->sql, &s->server, s->opt->start, &s->pos.done, err) ||
        agrees(s, &s->pos.done, false, err))
        return -1;
    int rc = mysql_columns_are_told(s) ? mysql_definitions_first(s, &now, err)
                                       : mysql_definitions_none(s, err);
    mysql_place_done(&now);
    return rc;
}

static int begin(struct mysql_source *s, struct err *err)
{
    snprintf(s->pos.server, sizeof s->pos.server, "%s", s->server.uuid);
    int rc = s->opt->start ? begin_at(s, err) : begin_now(s, err);
    s->beginning = s->npending > 0;
    return rc;
}

/* Reading begins before the position. MariaDB's numbers alone do not tell when it is reached. */
static void note_behind(struct mysql_source *s)
{
    if (!s->server.mariadb || !*s->pos.from.file)
        return;
    gtid_copy(&s->behind, &s->pos.done.gtid);
    gtid_drop_equal_maria(&s->behind, &s->pos.from.gtid);
}

/* Where reading begins. */
static const struct mysql_place *first_place(const struct mysql_source *s)
{
    return *s->pos.from.file ? &s->pos.from : &s->pos.done;
}

int mysql_may_go_on(struct mysql_source *s, struct slice from, bool *ret_same, struct err *err)
{
    if (mysql_position_read(from, s->server.mariadb, &s->pos, err) ||
        mysql_position_counts(&s->pos, s->opt->wanted.hash, err))
        return -1;
    bool same = strcmp(s->pos.server, s->server.uuid) == 0;
    bool by_gtid = s->server.gtid && !gtid_empty(&s->pos.done.gtid);
    if (!same && !by_gtid)
        return err_set(err, ERR_FATAL,
                       "the stored position is one of server %s, this one is %s, and there are no "
                       "GTIDs to find the place here: "
                       "read the former server, or take a new snapshot",
                       s->pos.server, s->server.uuid);
    *ret_same = same;
    return mysql_server_forget_domains(s->sql, s->opt, &s->pos.done.gtid, err) ||
           mysql_server_forget_domains(s->sql, s->opt, &s->pos.from.gtid, err) ||
           agrees(s, first_place(s), same, err) ? -1 : 0;
}

/*
 * An operator chose the place. Kept definitions belong to another place, so the catalog is read
 * anew.
 */
static int settle_moved(struct mysql_source *s, struct err *err)
{
    struct mysql_place now = { 0 };
    if (!mysql_columns_are_told(s))
        return err_set(err, ERR_CONFIG, "the position was moved (ctl position set), and the binlog "
                       "does not name columns (binlog_row_metadata=%s): what the tables were there "
                       "cannot be told -> source.mysql.schema-doubt: catalog, if no table was "
                       "altered since", s->server.metadata);
    int rc = mysql_definitions_first(s, &now, err);
    mysql_place_done(&now);
    s->beginning = s->npending > 0;
    s->pos.moved = false;
    return rc;
}

static int go_on(struct mysql_source *s, struct slice from, struct err *err)
{
    bool same;
    if (mysql_may_go_on(s, from, &same, err))
        return -1;
    if (!same) {
        log_info("another server than before: the place is found by GTID before=%s now=%s",
                 s->pos.server, s->server.uuid);
        s->pos.done.file[0] = 0;        /* it is the other server's file */
        s->pos.done.pos = s->pos.done.born = 0;
        s->pos.doubt.until.file[0] = 0;
    }
    snprintf(s->pos.server, sizeof s->pos.server, "%s", s->server.uuid);
    note_behind(s);
    return s->pos.moved ? settle_moved(s, err) : mysql_definitions_settle(s, err);
}

static void say_where(const struct mysql_source *s, const struct mysql_place *from)
{
    struct buf gtid = { 0 };
    gtid_write(&from->gtid, &gtid);
    log_info("reading host=%s port=%d server_version=\"%s\" role=%s server=%s from=%s:%llu "
             "gtid=\"%s\" row_metadata=%s",
             s->opt->socket ? s->opt->socket : s->opt->host, s->opt->port, s->server.version_text,
             s->server.replica ? "replica" : "primary", s->server.uuid, from->file,
             (unsigned long long)from->pos, buf_cstr(&gtid),
             *s->server.metadata ? s->server.metadata : "none");
    buf_done(&gtid);
    mysql_tls_say(s->sql, s->opt);
}

/*
 * MySQL by GTID: asks for the last transaction again, to see that it is the same one. Does not ask
 * when reading begins at an older place anyway, or when the server has purged it.
 */
static int ask_again(struct mysql_source *s, struct mysql_place *from, struct err *err)
{
    struct gtid_set last = { 0 }, purged = { 0 };
    int rc = 0;
    if (!s->server.mariadb && s->server.gtid && *s->pos.last && !*s->pos.from.file)
        rc = gtid_read(s->pos.last, false, &last, err) || mysql_server_purged(s->sql, &purged, err)
                 ? -1
                 : 0;
    if (!rc && last.n == 1 && last.entries->n == 1) {
        const struct gtid_entry *e = last.entries;
        if (!gtid_has(&purged, e->uuid, e->tag, e->intervals[0].first))
            gtid_remove(&from->gtid, e->uuid, e->tag, e->intervals[0].first);
    }
    gtid_done(&last);
    gtid_done(&purged);
    return rc;
}

/*
 * MySQL's file and position can differ from its GTIDs of the same moment. Where there are GTIDs,
 * only they say where to begin.
 */
static int start(struct mysql_source *s, struct err *err)
{
    struct mysql_place from = { 0 };
    const struct mysql_place *place = first_place(s);
    bool by_file = gtid_empty(&place->gtid) || mysql_server_same_place(s->sql, &s->server, place);
    s->domains_from_start = s->server.mariadb && !by_file;
    mysql_place_copy(&from, place);
    if (!by_file)
        gtid_add_domains(&from.gtid, &s->pos.outside);
    say_where(s, place);
    int rc = ask_again(s, &from, err) || mysql_stream_start(&s->stream, s->opt, &s->server, &from,
                                                            by_file, by_file ? place->born : 0, err)
                 ? -1
                 : 0;
    s->base.gone |= rc && s->stream.lost;
    mysql_place_done(&from);
    return rc;
}

/*
 * MariaDB: nothing will come of a domain that was applied before the feed began, or that was
 * deleted.
 */
static void leave_out_what_never_comes(const struct mysql_source *s, struct gtid_set *end)
{
    for (uint32_t i = end->mariadb ? end->n : 0; i--;) {
        const struct gtid_entry *e = &end->entries[i],
                                *before = gtid_domain(&s->pos.outside, e->domain);
        if ((before && before->number >= e->number) || mysql_domain_deleted(s->opt, e->domain))
            gtid_drop_domain(end, e->domain);
    }
}

static int open_source(struct source *base, struct slice from, struct err *err)
{
    struct mysql_source *s = self(base);
    s->base.gone = false;
    if (connect_to(s, err) || mysql_claim_check(s->claim, s->sql, err) ||
        (from.n ? go_on(s, from, err) : begin(s, err)))
        return -1;
    if (s->opt->until_current && !s->end_known) {
        if (mysql_server_end(s->sql, &s->server, &s->end, err))
            return -1;
        leave_out_what_never_comes(s, &s->end.gtid);
        s->end_known = true;
    }
    return start(s, err);
}

static int recall(struct source *base, struct slice name, struct slice value, struct err *err)
{
    return mysql_definitions_recall(self(base), name, value, err);
}

/* ---- reading ---- */

static bool place_passed(const struct mysql_source *s, const struct mysql_place *p)
{
    if (s->group.open || s->next_pending < s->npending)
        return false;
    if (!gtid_empty(&p->gtid))
        return gtid_within(&p->gtid, &s->pos.done.gtid);
    return mysql_file_order(p->file, p->pos, s->pos.done.file, s->pos.done.pos) <= 0 ||
           mysql_file_order(p->file, p->pos, s->stream.file, s->stream.end) <= 0;
}

static bool at_end(const struct mysql_source *s)
{
    return s->end_known && !s->base.stay && place_passed(s, &s->end);
}

/*
 * Events made by a statement count as changes of its transaction and go out once. Events from the
 * initial catalog read do not count.
 */
static bool is_due(struct mysql_source *s, struct event *ev)
{
    if (!s->group.open || (ev->kind != EV_TRUNCATE && ev->kind != EV_SCHEMA))
        return true;
    bool due = mysql_count_change(s);
    ev->seq = s->group.changes;
    return due;
}

/* Takes the oldest pending event. 1: ev is filled; 0: nothing is pending. */
static int next_pending(struct mysql_source *s, struct event *ev)
{
    while (s->next_pending < s->npending) {
        *ev = s->pending[s->next_pending++];
        s->beginning &= s->next_pending < s->npending;
        if (is_due(s, ev))
            return 1;
    }
    if (!s->end_after_pending)
        return 0;
    s->end_after_pending = false;
    mysql_end_statement(s, ev);
    return 1;
}

static int next_of_stream(struct mysql_source *s, struct event *ev, bool *ret_idle, struct err *err)
{
    struct binlog_event e;
    struct slice raw;
    struct err other = { 0 };
    int got = mysql_stream_next(&s->stream, &e, &raw, err);
    *ret_idle = got == 0;
    s->base.gone |= got < 0 && s->stream.lost;
    if (got < 0 && err->class == ERR_CONFIG && s->sql &&
        mysql_claim_check(s->claim, s->sql, &other))
        *err = other;      /* the lock's new holder has our server id, too */
    if (!s->pos.done.born && strcmp(s->pos.done.file, s->stream.file) == 0)
        s->pos.done.born = s->stream.born;      /* the first file of a feed */
    return got == 1 ? mysql_take(s, &e, raw, ev, err) : got;
}

bool mysql_waits(const struct mysql_source *s)
{
    return s->npending || s->end_after_pending || s->entry || s->replay;
}

int mysql_next_waiting(struct mysql_source *s, struct event *ev, struct err *err)
{
    if (next_pending(s, ev))
        return 1;
    if (s->npending)
        mysql_pending_clear(s);
    if (s->entry)
        return mysql_next_row(s, ev, err);
    return s->replay ? mysql_next_of_replay(s, ev, err) : 0;
}

static enum source_got next(struct source *base, struct event *ret_ev, struct err *err)
{
    struct mysql_source *s = self(base);
    bool idle = false;
    int got = 0;
    while (!got && !idle) {
        if (at_end(s))
            return SOURCE_END;
        got = mysql_waits(s) ? mysql_next_waiting(s, ret_ev, err)
                             : next_of_stream(s, ret_ev, &idle, err);
    }
    return got < 0 ? SOURCE_ERROR : got ? SOURCE_EVENT : SOURCE_IDLE;
}

static int fd_of(const struct source *base)
{
    return mysql_dump_fd(seen(base)->stream.dump);
}

/*
 * Writes no position until the first catalog read was handed out whole: a feed that stops before
 * that begins anew.
 */
static void position(struct source *base, struct buf *ret_token)
{
    struct mysql_source *s = self(base);
    s->pos.filter = s->opt->wanted.hash;
    if (!s->beginning)
        mysql_position_write(&s->pos, ret_token);
}

/*
 * The server keeps its binlog by its own rules. But definitions from before this place are no
 * longer needed.
 */
static int ack(struct source *base, struct slice done, struct err *err)
{
    (void)err;
    struct mysql_source *s = self(base);
    s->acked.n = 0;
    buf_put(&s->acked, done.p, done.n);
    return 0;
}

/* The dump's thread reads on by itself, and the claim's thread speaks. */
static int tend(struct source *base, struct err *err)
{
    return mysql_claim_lost(self(base)->claim) ?
           err_set(err, ERR_RETRY, "another session has the lock under which this feed reads") : 0;
}

/* ---- tables beside the stream (source/reader.h) ---- */

static struct reader *make_reader(const struct source *base, struct err *err)
{
    return mysql_reader_new(seen(base)->opt, err);
}

/*
 * The mark counts the open transaction too: its rows may have been handed out, and a transaction is
 * in the binlog before it is in the engine.
 */
static void mark(struct source *base, struct buf *ret_mark)
{
    struct mysql_source *s = self(base);
    const struct mysql_group *g = &s->group;
    struct mysql_position at = { .done.pos = s->pos.done.pos };
    snprintf(at.server, sizeof at.server, "%s", s->pos.server);
    snprintf(at.done.file, sizeof at.done.file, "%s", s->pos.done.file);
    gtid_copy(&at.done.gtid, &s->pos.done.gtid);
    if (g->open && !g->known) {
        snprintf(at.done.file, sizeof at.done.file, "%s", s->stream.file);
        at.done.pos = s->stream.end;
        if (g->number)
            gtid_add(&at.done.gtid, g->uuid, g->tag, g->number);
        if (g->maria_number)
            gtid_add_maria(&at.done.gtid, g->domain, g->server, g->maria_number);
    }
    mysql_position_write(&at, ret_mark);
    mysql_position_done(&at);
}

static bool passed(struct source *base, struct slice high)
{
    struct mysql_source *s = self(base);
    struct mysql_high h = mysql_high_read(high);
    return !s->group.open && s->next_pending == s->npending &&
           mysql_file_order(h.file, h.pos, s->stream.file, s->stream.end) <= 0;
}

static int chunk_table(struct source *base, const struct chunk *c, const struct table **ret,
                       struct err *err)
{
    struct mysql_source *s = self(base);
    struct mysql_table_def def;
    struct arena a;
    arena_init(&a, 8192);
    int rc = mysql_table_def_read(buf_slice(&c->shape), &a, &def, err)
                 ? -1
                 : mysql_tables_as_read(&s->tables, &def, ret, err);
    arena_done(&a);
    return rc;
}

static void free_source(struct source *base)
{
    struct mysql_source *s = self(base);
    close_source(base);
    mysql_claim_free(s->claim);
    mysql_tables_done(&s->tables);
    mysql_definitions_forget(s);
    mysql_place_done(&s->end);
    buf_done(&s->group.gtid);
    buf_done(&s->replay_event);
    buf_done(&s->inflated);
    buf_done(&s->query);
    buf_done(&s->acked);
    buf_done(&s->fresh);
    arena_done(&s->row_arena);
    arena_done(&s->pending_arena);
    free(s->pending);
    free(s);
}

static int list(struct source *base, read_table_fn *each, void *arg, struct err *err)
{
    struct mysql_source *s = self(base);
    return mysql_catalog_names(s->sql, &s->opt->wanted, each, arg, err);
}

static const struct source_ops ops = {
    .name = "mysql",
    .claim = claim,
    .open = open_source,
    .recall = recall,
    .next = next,
    .fd = fd_of,
    .position = position,
    .ack = ack,
    .list = list,
    .tend = tend,
    .reader = make_reader,
    .mark = mark,
    .passed = passed,
    .stored_mark = mysql_stored_mark,
    .stored_passed = mysql_stored_passed,
    .high_text = mysql_high_text,
    .chunk_table = chunk_table,
    .close = close_source,
    .free = free_source,
};

struct source *mysql_source_new(const struct mysql_options *opt, struct err *err)
{
    (void)err;
    struct mysql_source *s = xcalloc(1, sizeof *s);
    s->base.ops = &ops;
    s->base.tells_schema = true;
    s->base.sends_early = true;
    s->base.keeps = opt->start != NULL;
    s->opt = opt;
    s->pos.done.gtid.mariadb = s->pos.from.gtid.mariadb = s->pos.outside.mariadb =
        s->end.gtid.mariadb = s->behind.mariadb = s->pos.doubt.until.gtid.mariadb = opt->mariadb;
    arena_init(&s->row_arena, 65536);
    arena_init(&s->pending_arena, 16384);
    return &s->base;
}
