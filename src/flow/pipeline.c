#include "flow/pipeline.h"
#include <poll.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "flow/commit.h"
#include "flow/feed.h"
#include "flow/merge.h"
#include "flow/owner.h"
#include "flow/progress.h"

enum {
    LOOK_EVERY = 256,           /* events between two looks at the clock and the sink */
    TRANSACTION_SHARE = 3,      /* under load a transaction lasts so many times as long as its commit took */
    COLLECT_SHARE = 2,          /* after a commit, collect for this part of its time before the next, whatever the source says */
    TRANSACTION_MAX_MS = 5000,  /* far below Kafka's transaction.timeout.ms, 60 s */
    IDLE_COMMIT_SHARE = 10,     /* a position that moved without records is stored so many times less often */
    OPEN_SOURCE_TX_MS = 200,    /* wait so long for the end of a source transaction before committing inside it */
    READ_SHARE = 256,           /* rows of a table handed out between two events of the stream */
    FIRST_PAUSE_MS = 500,
    CLAIM_MS = 60000,           /* wait so long for the source in one session */
};

struct pipeline {
    struct source *src;
    struct sink *sink;
    const struct flow_options *opt;
    struct flow_stats *stats;
    struct feeder feeder;
    struct commits commits;
    struct backfill *backfill;
    struct owner owner;
    bool asked;                 /* opt->request has been added */
    struct batch *open;         /* being filled; NULL: none */
    bool dirty;                 /* the source's position is newer than the last sealed one */
    bool in_tx;                 /* between a source BEGIN and its COMMIT */
    bool anew;                  /* what the source's position needs is lost: it begins without one */
    bool half_taken;            /* an event was read and its records were not all put: position() is past them */
    int64_t stop_us;            /* when the wish to stop was first seen; 0: not yet */
    int64_t last_heartbeat_us;
    uint64_t uncommitted;       /* records since the last commit of a transactional sink */
    int64_t txn_us;             /* when the first of them was put */
    uint32_t since_look;
};

static bool stopping(const struct pipeline *p)
{
    return p->opt->stop && *p->opt->stop;
}

/* A wish to stop, and the time allowed for it spent. */
static bool stop_expired(struct pipeline *p)
{
    if (!stopping(p))
        return false;
    if (!p->stop_us)
        p->stop_us = clock_mono_us();
    return clock_mono_us() - p->stop_us > (int64_t)p->opt->stop_timeout_ms * 1000;
}

/* The sink is full: serve its reports and keep the source alive for a little while. */
static int wait_for_room(struct pipeline *p, struct err *err)
{
    if (stop_expired(p))
        return err_set(err, ERR_RETRY, "stopped while the sink was full; it will be read again");
    progress_look(&p->commits);
    return p->sink->ops->poll(p->sink, 10, err) || p->src->ops->tend(p->src, err) ? -1 : 0;
}

/* Until the sink takes the record. */
static int put_patiently(struct pipeline *p, const struct record *r, struct batch *b, struct err *err)
{
    const struct sink_ops *ops = p->sink->ops;
    for (;;) {
        switch (r->kept ? ops->keep(p->sink, r->key, r->value, b, err) : ops->put(p->sink, r, b, err)) {
        case SINK_TAKEN:
            return 0;
        case SINK_FAILED:
            return -1;
        case SINK_FULL:
            if (wait_for_room(p, err))
                return -1;
        }
    }
}

/* The records that were added to b. */
static int put_new(struct pipeline *p, struct batch *b, struct err *err)
{
    if (!p->uncommitted && b->nput < b->nrecords)
        p->txn_us = clock_mono_us();
    for (; b->nput < b->nrecords; b->nput++, p->uncommitted++) {
        const struct record *r = b->records + b->nput;
        if (put_patiently(p, r, b, err))
            return -1;
        p->stats->records += !r->kept;
        p->stats->bytes += r->kept ? 0 : r->key.n + r->value.n;
    }
    return 0;
}

static struct batch *open_batch(struct pipeline *p)
{
    if (!p->open)
        p->open = ledger_open(&p->commits.ledger, (size_t)p->opt->batch_bytes / 8 + 65536);
    p->open->feed = p->sink->feeds;
    return p->open;
}

/*
 * Closes the open batch, or an empty one where only the position moved, with the position of now: the source's line, then
 * that of what is read. While a chunk is half handed out no position is exact, and a source that has not yet begun has none:
 * then the batch gets none.
 */
static void seal(struct pipeline *p)
{
    struct batch *b = open_batch(p);
    if (backfill_whole(p->backfill))
        p->src->ops->position(p->src, &b->upto);
    bool exact = b->upto.n > 0;
    if (exact) {
        buf_u8(&b->upto, '\n');
        backfill_state(p->backfill, &b->upto);
        b->upto.n -= b->upto.p[b->upto.n - 1] == '\n';
    }
    b->sealed = true;
    p->open = NULL;
    p->dirty &= !exact;
}

static int commit_transaction(struct pipeline *p, struct err *err)
{
    seal(p);
    struct buf pos = { 0 };
    buf_put(&pos, p->commits.ledger.newest->upto.p, p->commits.ledger.newest->upto.n);
    int rc = commits_transaction(&p->commits, buf_slice(&pos), err);
    buf_done(&pos);
    p->uncommitted = 0;
    return rc;
}

/* Nothing but the position moved, long enough ago: an idle database must not hold its log. */
static bool position_due(const struct pipeline *p, int64_t now)
{
    int64_t every_us = (int64_t)p->opt->commit_ms * 1000 * IDLE_COMMIT_SHARE;
    return p->dirty && !p->open && !p->in_tx && now - p->commits.last_us > every_us;
}

/*
 * How long to collect yet before a commit pays. A source says that it is idle in each gap between two transactions of a
 * steady load: a commit for each would take all the time there is.
 */
static int64_t collect_us(const struct pipeline *p, int64_t now)
{
    int64_t left = p->commits.last_us + p->commits.took_us / COLLECT_SHARE - now;
    return left > 0 ? left : 0;
}

/* Group source transactions by time, the time adapting to what a commit costs (a commit takes 11 to 31 ms whatever its size). */
static bool transaction_due(const struct pipeline *p, bool idle, int64_t now)
{
    if (!p->uncommitted)
        return idle && position_due(p, now);
    int64_t age = now - p->txn_us;
    if (idle)
        return !collect_us(p, now) && (!p->in_tx || age > (int64_t)OPEN_SOURCE_TX_MS * 1000);
    if (age > (int64_t)TRANSACTION_MAX_MS * 1000 || p->commits.ledger.open_batches >= p->opt->batches)
        return true;
    int64_t want = p->commits.took_us * TRANSACTION_SHARE;
    if (want < (int64_t)p->opt->batch_ms * 1000)
        want = (int64_t)p->opt->batch_ms * 1000;
    return age > want && (!p->in_tx || age > want + (int64_t)OPEN_SOURCE_TX_MS * 1000);
}

static bool batch_full(const struct pipeline *p)
{
    return p->open && (p->open->nrecords >= p->opt->batch_rows || p->open->arena.used >= p->opt->batch_bytes);
}

static int look_transactional(struct pipeline *p, bool idle, int64_t now, struct err *err)
{
    if (batch_full(p))
        seal(p);
    if (backfill_whole(p->backfill) && transaction_due(p, idle, now))
        return commit_transaction(p, err);
    return commits_advance(&p->commits, err);
}

/* Too much unacknowledged: read no further until the oldest batch is durable. */
static int hold_back(struct pipeline *p, struct err *err)
{
    while (p->commits.ledger.open_batches >= p->opt->batches && !stopping(p)) {
        progress_look(&p->commits);
        if (p->sink->ops->poll(p->sink, 5, err) || commits_settle(&p->commits, false, err) || p->src->ops->tend(p->src, err))
            return -1;
    }
    return 0;
}

static int look_plain(struct pipeline *p, bool idle, int64_t now, struct err *err)
{
    bool old = p->open && now - p->open->opened_us > (int64_t)p->opt->batch_ms * 1000;
    if (batch_full(p) || old || (idle && (position_due(p, now) || (p->open && p->src->hurry))))
        seal(p);
    if (commits_settle(&p->commits, false, err))
        return -1;
    return hold_back(p, err);
}

static int heartbeat(struct pipeline *p, int64_t now, struct err *err)
{
    if (!p->opt->heartbeat_ms || now - p->last_heartbeat_us < (int64_t)p->opt->heartbeat_ms * 1000)
        return 0;
    p->last_heartbeat_us = now;
    struct batch *b = open_batch(p);
    return feeder_heartbeat(&p->feeder, b, err) ? -1 : put_new(p, b, err);
}

static void attend(struct pipeline *p)
{
    if (p->opt->attendant)
        p->opt->attendant->attend(p->opt->attendant->arg, p->backfill);
}

/* What somebody asked for outlives this process: it is stored at the next quiet moment, not after the idle time. */
static void note_changes(struct pipeline *p)
{
    bool changed = backfill_changed(p->backfill);
    p->dirty |= changed;
    if (changed || p->src->hurry)
        p->commits.last_us = 0;
}

static void heed_hangup(const struct pipeline *p)
{
    if (!p->opt->hangup || !*p->opt->hangup)
        return;
    *p->opt->hangup = 0;
    log_warn("SIGHUP: the configuration is not read again while a feed runs -> restart it, it goes on where it was");
}

/* Between events: close what is due, serve the sink, store positions, keep the source alive. */
static int look(struct pipeline *p, bool idle, struct err *err)
{
    int64_t now = clock_mono_us();
    p->since_look = 0;
    progress_look(&p->commits);
    attend(p);
    heed_hangup(p);
    if (heartbeat(p, now, err) || backfill_tend(p->backfill, err))
        return -1;
    note_changes(p);
    int rc = p->sink->transactional ? look_transactional(p, idle, now, err) : look_plain(p, idle, now, err);
    return rc ? rc : p->src->ops->tend(p->src, err);
}

/* What the source keeps beside its position goes to the sink, in its place among the records. */
static int keep_state(struct pipeline *p, const struct event *ev, struct err *err)
{
    if (!p->sink->ops->keep)
        return 0;
    struct batch *b = open_batch(p);
    struct record *r = batch_add(b);
    r->kept = true;
    r->key = arena_dup(&b->arena, ev->prefix);
    r->value = ev->content.p ? arena_dup(&b->arena, ev->content) : ev->content;
    return put_new(p, b, err);
}

static int take(struct pipeline *p, const struct event *ev, struct err *err)
{
    bool bounds = ev->kind == EV_BEGIN || ev->kind == EV_COMMIT, row = !bounds && ev->kind != EV_SCHEMA, wanted = feeder_wants(&p->feeder, ev);
    if (ev->kind == EV_GONE) {
        feeder_part(&p->feeder, ev->table);
        backfill_part(p->backfill, ev->table);
        return 0;
    }
    p->dirty = true;
    if (bounds) {
        p->in_tx = ev->kind == EV_BEGIN;
        p->stats->transactions += ev->kind == EV_COMMIT;
    }
    p->half_taken = ev->kind == EV_STATE;
    if (p->half_taken && keep_state(p, ev, err))
        return -1;
    p->half_taken = false;
    if (wanted) {
        struct batch *b = open_batch(p);
        p->stats->rows += row && !ev->known;
        p->half_taken = true;
        if (feeder_emit(&p->feeder, ev, b, err) || put_new(p, b, err))
            return -1;
        p->half_taken = false;
    }
    /* What the stream does not say (format.skipped-operations) cannot stand for a row. But a truncated one is not there any more. */
    if (!bounds && ev->kind != EV_READ && (ev->kind == EV_TRUNCATE || wanted))
        backfill_touch(p->backfill, ev);
    return ++p->since_look >= LOOK_EVERY || batch_full(p) ? look(p, false, err) : 0;
}

enum { MAX_FDS = 16 };

/* Sleeps until the source has something, a report is due, or a little while has passed. */
static void wait_for_more(struct pipeline *p)
{
    bool outstanding = p->commits.ledger.oldest || p->commits.busy || p->uncommitted || !backfill_idle(p->backfill);
    int fds[MAX_FDS], n = 0, source = p->src->ops->fd(p->src), news = backfill_fd(p->backfill);
    struct pollfd poll_fds[MAX_FDS];
    if (p->opt->attendant)
        n = p->opt->attendant->fds(p->opt->attendant->arg, fds, MAX_FDS - 2);
    if (news >= 0)
        fds[n++] = news;
    if (source >= 0)
        fds[n++] = source;
    for (int i = 0; i < n; i++)
        poll_fds[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
    int64_t ms = source < 0 ? 1 : outstanding ? 5 : 100, us = ms * 1000, due = p->uncommitted ? collect_us(p, clock_mono_us()) : 0;
    if (due && due < us)
        us = due;
    ppoll(poll_fds, (nfds_t)n, &(struct timespec){ .tv_nsec = us * 1000 }, NULL);
}

static int idle(struct pipeline *p, struct err *err)
{
    if (look(p, true, err))
        return -1;
    if (p->sink->ops->hurry)
        p->sink->ops->hurry(p->sink);
    wait_for_more(p);
    return 0;
}

/* What a topic of a backfill's own does not take is that backfill's trouble, not the feed's. */
static int take_read(struct pipeline *p, const struct event *ev, struct err *err)
{
    if (!take(p, ev, err))
        return 0;
    if (!p->half_taken || ev->kind != EV_READ || !ev->table->topic || (err->class != ERR_DATA && err->class != ERR_CONFIG))
        return -1;
    p->half_taken = false;
    return backfill_fail(p->backfill, err);
}

/* Hands out up to n rows of what is read beside the stream. *ret_any: there were some. */
static int take_rows(struct pipeline *p, int n, bool *ret_any, struct err *err)
{
    *ret_any = false;
    for (int i = 0; i < n && !stop_expired(p); i++) {
        struct event ev = { .kind = EV_POSITION };
        int got = backfill_next(p->backfill, &ev, err);
        if (got <= 0)
            return got;
        *ret_any = true;
        if (take_read(p, &ev, err) || (got == 2 && look(p, false, err)))
            return -1;
    }
    return 0;
}

/* The tables were all that was wanted, and they are read. */
static bool read_all(const struct pipeline *p)
{
    return backfill_idle(p->backfill) && (p->opt->backfill.mode == SNAPSHOT_ONLY || p->opt->request);
}

static int loop(struct pipeline *p, struct err *err)
{
    bool end = false, rows;
    while (!end && !stopping(p) && !read_all(p)) {
        struct event ev;
        p->src->stay = !backfill_idle(p->backfill);
        if (take_rows(p, READ_SHARE, &rows, err))
            return -1;
        switch (p->src->ops->next(p->src, &ev, err)) {
        case SOURCE_EVENT:
            if (take(p, &ev, err))
                return -1;
            break;
        case SOURCE_IDLE:
            if (!rows && idle(p, err))
                return -1;
            break;
        case SOURCE_END:
            end = true;
            break;
        default:
            return -1;
        }
    }
    return 0;
}

/* A chunk that is half handed out would be read again, and its first half be there twice. */
static int finish_chunk(struct pipeline *p, struct err *err)
{
    bool rows = true;
    while (rows && !backfill_whole(p->backfill) && !stop_expired(p))
        if (take_rows(p, 1, &rows, err))
            return -1;
    return 0;
}

/* Seals what is open and gets all of it durable within the time allowed. */
static int finish(struct pipeline *p, struct err *err)
{
    if (finish_chunk(p, err))
        return -1;
    if (p->sink->transactional && !backfill_whole(p->backfill))
        return 0;       /* what is not committed is read again */
    if (p->sink->transactional)
        return p->dirty || p->uncommitted ? commit_transaction(p, err) : 0;
    if (p->open || p->dirty)
        seal(p);
    return commits_drain(&p->commits, p->opt->stop_timeout_ms, err);
}

static int recall(void *arg, struct slice name, struct slice value, struct err *err)
{
    struct source *src = arg;
    return src->ops->recall(src, name, value, err);
}

/* The stored position, else what this process knows to be durable (sinks that forget). */
static int start_position(struct pipeline *p, struct buf *ret, struct err *err)
{
    if (p->sink->ops->open(p->sink, err))
        return -1;
    ledger_clear(&p->commits.ledger);
    p->open = NULL;
    p->dirty = p->in_tx = p->half_taken = p->commits.busy = p->commits.have_drained = false;
    p->uncommitted = 0;
    if (p->sink->ops->load(p->sink, p->sink->feeds, ret, p->src->ops->recall ? recall : NULL, p->src, err))
        return -1;
    if (!ret->n)
        buf_put(ret, p->commits.durable.p, p->commits.durable.n);
    return 0;
}

/* What came before the error is good: make it durable, so that the next start begins close to the fault. */
static void save_before_error(struct pipeline *p)
{
    struct err second = { 0 };
    if (!p->half_taken && (p->open || p->dirty))
        seal(p);
    if (commits_drain(&p->commits, p->opt->stop_timeout_ms, &second))
        log_warn("while stopping after an error: %s", second.msg);
}

/* What the source has lost is read anew where that was asked for. */
static bool begins_anew(struct pipeline *p, struct err *err)
{
    if (p->anew || !p->src->gone || p->opt->backfill.mode != SNAPSHOT_WHEN_NEEDED)
        return false;
    log_warn("the tables are read anew reason=\"%s\"", err->msg);
    *err = (struct err){ 0 };
    return p->anew = true;
}

/*
 * No position is stored. A feed that has delivered before has lost it (a deleted topic, another topics.position): the
 * source then begins where nothing was left out, if it can. A route can write to any topic, so it counts as delivered.
 */
static int look_for_records(struct pipeline *p, struct err *err)
{
    struct sink *k = p->sink;
    bool *delivered = &p->src->delivered;
    *delivered = p->opt->routed;
    if (!*delivered && k->ops->holds && k->ops->holds(k, p->feeder.enc->prefix, delivered, err))
        return -1;
    if (!*delivered || p->src->keeps || p->opt->routed)
        return 0;
    log_warn("no position is stored, but records of this feed are there, and the source cannot tell how far it had come: what "
             "changed since then is fed as far as the tables are read");
    backfill_after_gap(p->backfill);
    return 0;
}

/* from: the source's line, then that of what is read. */
static int begin(struct pipeline *p, struct slice from, struct err *err)
{
    const uint8_t *end = from.n ? memchr(from.p, '\n', from.n) : NULL;
    struct slice source = slice_of(from.p, end ? (size_t)(end - from.p) : from.n), state = { NULL, 0 }, none = state;
    if (end)
        state = slice_of(end + 1, from.n - source.n - 1);
    p->src->delivered = false;
    p->src->unkept = p->sink->forgets;
    int rc = !from.n && !p->anew ? look_for_records(p, err) : 0;
    rc = rc ? rc : p->src->ops->open(p->src, p->anew ? none : source, err);
    if (rc && begins_anew(p, err)) {
        p->src->ops->close(p->src);
        rc = p->src->ops->open(p->src, none, err);
    }
    if (rc || backfill_open(p->backfill, state, p->anew || !from.n, err))
        return -1;
    if (p->anew)
        backfill_after_gap(p->backfill);
    p->anew = false;
    if (p->sink->announces && !p->commits.announced) {
        p->commits.announcing = p->dirty = true;        /* who reads now is stored at the first quiet moment */
        p->commits.last_us = 0;
    }
    uint32_t id;
    bool ask = p->opt->request && !p->asked;
    p->asked = true;
    return ask ? backfill_add(p->backfill, p->opt->request, &id, err) : 0;
}

static void pause_before_retry(struct pipeline *p, int64_t ms)
{
    for (int64_t until = clock_mono_us() + ms * 1000; clock_mono_us() < until && !stopping(p);) {
        attend(p);
        nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    }
}

/* Nobody is fenced before the source is ours to read. */
static int claim(struct pipeline *p, struct err *err)
{
    bool announced = p->sink->announces && p->commits.announced;
    int rc;
    for (int64_t until = clock_mono_us() + CLAIM_MS * 1000;;) {
        rc = owner_claim(&p->owner, p->src, p->sink, announced, err);
        if (rc != 1 || stopping(p) || clock_mono_us() > until)
            break;
        pause_before_retry(p, FIRST_PAUSE_MS);
    }
    return rc == 1 ? err_set(err, ERR_RETRY, "another session has the source, and gives no sign of "
                             "life: %s", p->owner.holder.who) : rc;
}

/* One connection's life: claim, fence, find the position, stream until the end or an error. */
static int session(struct pipeline *p, struct err *err)
{
    struct buf from = { 0 };
    int rc = claim(p, err) || start_position(p, &from, err) ? -1 : 0;
    if (!rc)
        rc = begin(p, buf_slice(&from), err);
    buf_done(&from);
    if (rc)
        return -1;
    rc = loop(p, err);
    attend(p);
    note_changes(p);
    if (!rc)
        return finish(p, err);
    if (!p->sink->transactional)
        save_before_error(p);
    if (begins_anew(p, err))
        return err_set(err, ERR_RETRY, "the feed begins anew");
    return -1;
}

/* Many feeds that lose one server at once do not come back at once. */
static int64_t jittered(int64_t ms)
{
    return ms * (75 + clock_mono_us() % 51) / 100;
}

/*
 * Reconnects with a growing pause while the error is one that time may mend. Rows that were read and not stored are no sign
 * that it has passed: only a position that became durable begins the pauses anew.
 */
static int run_sessions(struct pipeline *p, struct err *err)
{
    int64_t wait_ms = FIRST_PAUSE_MS, failing_since = 0;
    for (;;) {
        uint64_t stored = p->commits.stored;
        int rc = session(p, err);
        backfill_close(p->backfill);
        p->src->ops->close(p->src);
        if (!rc || err->class != ERR_RETRY || stopping(p))
            return rc && !(stopping(p) && err->class == ERR_RETRY) ? -1 : 0;
        int64_t now = clock_mono_us();
        if (p->commits.stored != stored || !failing_since) {
            failing_since = now;
            wait_ms = FIRST_PAUSE_MS;
        }
        if (p->opt->retry_limit_s && now - failing_since > (int64_t)p->opt->retry_limit_s * 1000000)
            return err_wrap(err, "gave up after %d s (limits.retry-limit-s)", p->opt->retry_limit_s);
        int64_t pause_ms = jittered(wait_ms);
        log_warn("will reconnect in_ms=%lld reason=\"%s\"", (long long)pause_ms, err->msg);
        pause_before_retry(p, pause_ms);
        wait_ms = wait_ms * 2 > p->opt->retry_max_ms ? p->opt->retry_max_ms : wait_ms * 2;
    }
}

int pipeline_run(struct source *src, struct sink *sink, struct registry *registry, const struct encode_options *enc,
                 const struct flow_options *opt, struct flow_stats *ret_stats, struct err *err)
{
    *ret_stats = (struct flow_stats){ .started_us = clock_mono_us() };
    struct sink_feed feed = { .name = opt->feed };
    sink->feeds = &feed;
    struct pipeline p = {
        .src = src, .sink = sink, .opt = opt, .stats = ret_stats,
        .feeder = { .sink = sink, .source_tells = src->tells_schema, .registry = registry, .enc = enc, .opt = opt },
        .commits = { .sink = sink, .src = src, .opt = opt, .stats = ret_stats },
        .backfill = backfill_new(&opt->backfill, src),
    };
    feeder_init(&p.feeder);
    owner_init(&p.owner, opt);
    feed.owner = buf_slice(&p.owner.self);
    int rc = run_sessions(&p, err);
    if (rc && sink->fenced)
        owner_name_taker(&p.owner, sink, err);
    feeder_done(&p.feeder);
    backfill_free(p.backfill);
    struct err second = { 0 };
    if (sink->ops->close && sink->ops->close(sink, rc ? &second : err)) {
        if (rc)
            log_warn("while stopping after an error: %s", second.msg);
        rc = -1;
    }
    /* The sink may still hold records of ours (a stop that timed out): its queue must be gone before the arenas are. */
    sink->ops->free(sink);
    owner_done(&p.owner);
    buf_done(&feed.storing);
    buf_done(&feed.committed);
    commits_done(&p.commits);
    return rc;
}
