/* A feed's loop: turns one event of the source at a time into records in the open batch, and hands
 * sealed batches to the lane. */
#include <poll.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "flow/stop.h"
#include "flow/stream.h"

enum {
    LOOK_EVERY = 256,           /* events between two looks at the lane */
    CLOCK_EVERY = 8,            /* events between two looks at the clock: see LOADED_US */
    /* a position that moved without records is stored this many times less often */
    IDLE_COMMIT_SHARE = 10,
    READ_SHARE = 256,           /* rows of a table handed out between two events of the stream */
    SHRINK_US = 10000000,       /* idle memory is given back after this time */
    LOADED_US = 5000,           /* look at the lane this often; younger batches wait for more */
};

bool stream_stopping(const struct stream *p)
{
    return p->opt->stop && *p->opt->stop;
}

bool stream_held(const struct stream *p)
{
    return p->opt->pause && *p->opt->pause && !stream_stopping(p);
}

bool stream_ends(const struct stream *p)
{
    return stream_stopping(p) || stream_held(p);
}

/* ---- batches ---- */

static struct batch *open_batch(struct stream *p)
{
    if (!p->open)
        p->open = port_open(p->port);
    return p->open;
}

static bool batch_full(const struct stream *p)
{
    const struct batch *b = p->open;
    return b && (b->nrecords >= p->opt->batch_rows || b->arena.used >= p->opt->batch_bytes ||
                 b->arena.used >= port_most(p->port));
}

/*
 * Hands the open batch over with the position of now, or an empty batch if only the position moved.
 * The position is the source's line, then the backfills' line. The batch gets no position while a
 * chunk is half handed out, when none is exact, or before the source has one.
 */
static void seal(struct stream *p, bool rest)
{
    struct batch *b = open_batch(p);
    if (backfill_whole(p->backfill))
        p->src->ops->position(p->src, &b->upto);
    bool exact = b->upto.n > 0;
    if (!exact && !b->nrecords)
        return;
    if (exact) {
        buf_u8(&b->upto, '\n');
        backfill_state(p->backfill, &b->upto);
        b->upto.n -= b->upto.p[b->upto.n - 1] == '\n';
    }
    port_send(p->port, b, rest, p->in_tx);
    p->open = NULL;
    p->sent_inside = p->in_tx;
    p->dirty &= !exact;
    p->urgent &= !exact;
}

/* Only the position moved, and the last one was stored long ago. Storing it frees the log of an
 * idle database. */
static bool position_due(const struct stream *p, int64_t now)
{
    int64_t every_us = (int64_t)p->opt->commit_ms * 1000 * IDLE_COMMIT_SHARE;
    return p->dirty && !p->in_tx && port_settled(p->port) &&
           (p->urgent || now - p->stored_us > every_us);
}

/* The lane may delay a commit until the source transaction ends: it must hear of that end. */
static bool end_due(struct stream *p)
{
    return p->sent_inside && !p->in_tx && port_hungry(p->port);
}

/*
 * A batch goes when it is full or old. Otherwise it goes as soon as the lane has nothing of this
 * feed to do; under load only after LOADED_US, because waking the lane costs more than a few rows.
 */
static bool seal_due(struct stream *p, bool idle, int64_t now)
{
    if (!p->open)
        return idle && (position_due(p, now) || end_due(p));
    int64_t age = now - p->open->opened_us;
    if (batch_full(p) || age > (int64_t)p->opt->batch_ms * 1000)
        return true;
    /* A batch that misses the end of a chunk has no position until the next chunk ends. */
    bool chunk_ends = !backfill_idle(p->backfill) && backfill_whole(p->backfill);
    return (idle || age > LOADED_US || chunk_ends) && port_hungry(p->port);
}

/* The source may forget everything up to the newest durable position: tells it so. */
static int acknowledge(struct stream *p, struct err *err)
{
    p->stored_us = p->announcing ? 0 : clock_mono_us();
    p->announcing = false;
    p->announced = true;
    if (!p->durable.n)          /* the source has no position yet */
        return 0;
    /* the source's line, then the backfills' line (seal) */
    const uint8_t *end = memchr(p->durable.p, '\n', p->durable.n);
    size_t own = end ? (size_t)(end - p->durable.p) : p->durable.n;
    backfill_durable(p->backfill,
                     end ? slice_of(end + 1, p->durable.n - own - 1) : slice_of("", 0));
    return port_forgets(p->port) ? 0 : p->src->ops->ack(p->src, slice_of(p->durable.p, own), err);
}

/* Brings statistics, state and log up to date. */
static void stand(struct stream *p)
{
    const struct progress_now s = {
        .sent = port_counts(p->port), .pending = !port_settled(p->port), .stored_us = p->stored_us,
        .idle = p->idle, .commit_us = p->commit_us, .backfill = p->backfill,
        .durable = buf_slice(&p->durable),
    };
    progress_look(&p->progress, p->stats, p->src, &s);
}

/* Takes the lane's news: a durable position goes to the source, a failure to err. */
static int hear(struct stream *p, struct err *err)
{
    bool news;
    struct err ack = { 0 };
    int rc = port_look(p->port, &p->durable, &news, err);
    stand(p);
    if (news && acknowledge(p, rc ? &ack : err))
        rc = -1;
    return rc;
}

/* Sleeps until the lane has news, at most ms. */
static void wait_for_lane(struct stream *p, int ms)
{
    struct pollfd fd = { .fd = port_fd(p->port), .events = POLLIN };
    if (ppoll(&fd, 1, &(struct timespec){ .tv_nsec = ms * 1000000L }, NULL) > 0)
        port_heard(p->port);
}

/* While too much is not drained, waits for the lane instead of reading. */
static int hold_back(struct stream *p, struct err *err)
{
    while (port_full(p->port)) {
        if (stop_expired(p->opt, &p->stop_us))
            return err_set(err, ERR_RETRY,
                           "stopped while the sink was full; it will be read again");
        wait_for_lane(p, 5);
        stream_attend(p);
        if (hear(p, err) || p->src->ops->tend(p->src, err))
            return -1;
    }
    return 0;
}

/* ---- events ---- */

static int heartbeat(struct stream *p, int64_t now, struct err *err)
{
    if (!p->opt->heartbeat_ms || now - p->last_heartbeat_us < (int64_t)p->opt->heartbeat_ms * 1000)
        return 0;
    p->last_heartbeat_us = now;
    return feeder_heartbeat(&p->feeder, open_batch(p), err);
}

void stream_attend(struct stream *p)
{
    if (p->opt->attendant)
        p->opt->attendant->attend(p->opt->attendant->arg, p->backfill);
}

/* An order for a backfill must outlive this process, so its position is stored at the next quiet
 * moment, not after the idle time. */
void stream_note_changes(struct stream *p)
{
    bool changed = backfill_changed(p->backfill);
    p->dirty |= changed;
    if (!changed && !p->src->hurry)
        return;
    p->urgent = true;
    port_hurry(p->port);
}

static void heed_hangup(const struct stream *p)
{
    if (!p->opt->hangup || !*p->opt->hangup)
        return;
    *p->opt->hangup = 0;
    log_warn("SIGHUP: the configuration is not read again while a feed runs -> restart it, it goes "
             "on where it was");
}

/* Between events: hands over what is due, hears what is durable, keeps the source alive. */
static int look(struct stream *p, bool idle, struct err *err)
{
    int64_t now = clock_mono_us();
    p->since_look = 0;
    p->looked_us = now;
    stream_attend(p);
    heed_hangup(p);
    if (hear(p, err) || heartbeat(p, now, err) || backfill_tend(p->backfill, err))
        return -1;
    stream_note_changes(p);
    if (seal_due(p, idle, now))
        seal(p, idle);
    if (backfill_whole(p->backfill) && hold_back(p, err))
        return -1;
    return p->src->ops->tend(p->src, err);
}

/* Adds the source's value to keep beside the position to the batch, in order with the records. */
static void keep_state(struct stream *p, const struct event *ev)
{
    if (!port_keeps(p->port))
        return;
    struct batch *b = open_batch(p);
    struct record *r = batch_add(b);
    r->kept = true;
    r->key = arena_dup(&b->arena, ev->prefix);
    r->value = ev->content.p ? arena_dup(&b->arena, ev->content) : ev->content;
}

static bool is_bound(const struct event *ev)
{
    return ev->kind == EV_BEGIN || ev->kind == EV_COMMIT;
}

static bool is_row(const struct event *ev)
{
    return !is_bound(ev) && ev->kind != EV_SCHEMA;
}

static int emit(struct stream *p, const struct event *ev, struct err *err)
{
    struct batch *b = open_batch(p);
    uint32_t before = b->nrecords;
    p->half_taken = true;
    if (feeder_emit(&p->feeder, ev, b, err))
        return -1;
    p->half_taken = false;
    b->rows |= is_row(ev) && b->nrecords > before;
    for (const struct record *r = b->records + before; r < b->records + b->nrecords; r++) {
        counter_add(&p->stats->records, 1);
        counter_add(&p->stats->bytes, r->key.n + r->value.n);
    }
    return 0;
}

/* Counts a row or message that was taken; rows by table and operation. */
static void count(struct stream *p, const struct event *ev)
{
    static const enum stats_op ops[] = {
        [EV_INSERT] = STATS_INSERT,     [EV_UPDATE] = STATS_UPDATE, [EV_DELETE] = STATS_DELETE,
        [EV_TRUNCATE] = STATS_TRUNCATE, [EV_READ] = STATS_READ,
    };
    counter_add(&p->stats->rows, 1);
    if (ev->kind == EV_MESSAGE) {
        counter_add(&p->stats->messages, 1);
        return;
    }
    const struct feed *fd = ev->table->user;
    counter_add(fd->paused ? &fd->stats->held : &fd->stats->rows[ops[ev->kind]], 1);
}

/*
 * A source that is a little slower than this loop always has more, so waiting for an idle moment is
 * not enough. Counting events is not enough either: a light load takes long to make many.
 */
static bool look_due(struct stream *p)
{
    if (++p->since_look >= LOOK_EVERY || batch_full(p))
        return true;
    return p->since_look % CLOCK_EVERY == 0 && clock_mono_us() - p->looked_us > LOADED_US;
}

static int take(struct stream *p, const struct event *ev, struct err *err)
{
    bool bounds = is_bound(ev), wanted = feeder_wants(&p->feeder, ev);
    if (ev->kind == EV_GONE) {
        feeder_part(&p->feeder, ev->table);
        backfill_part(p->backfill, ev->table);
        return 0;
    }
    p->dirty = true;
    if (bounds) {
        p->in_tx = ev->kind == EV_BEGIN;
        counter_add(&p->stats->transactions, ev->kind == EV_COMMIT);
    }
    if (ev->kind == EV_STATE)
        keep_state(p, ev);
    if (wanted && emit(p, ev, err))
        return -1;
    if (wanted && is_row(ev) && !ev->known)
        count(p, ev);
    /* A skipped operation (format.skipped-operations) must not suppress a chunk's row, because no
     * record carried it. A TRUNCATE must: the row is gone. */
    if (!bounds && ev->kind != EV_READ && !ev->key.p && (ev->kind == EV_TRUNCATE || wanted))
        backfill_touch(p->backfill, ev);
    return look_due(p) ? look(p, false, err) : 0;
}

enum { MAX_FDS = 16, QUIET_MS = 1000, POLL_MS = 100, BUSY_MS = 5 };

/* How long to sleep if nothing wakes us. A backfill and a source without a descriptor need looks
 * more often. */
static int sleep_ms(const struct stream *p, int source)
{
    if (source < 0)
        return 1;
    return !backfill_idle(p->backfill) ? BUSY_MS : p->open || p->in_tx ? POLL_MS : QUIET_MS;
}

/* Sleeps until the source, the backfill, the lane or the attendant has something, at most
 * sleep_ms(). */
static void wait_for_more(struct stream *p)
{
    int fds[MAX_FDS], n = 0, source = p->src->ops->fd(p->src), news = backfill_fd(p->backfill);
    struct pollfd poll_fds[MAX_FDS];
    if (p->opt->attendant)
        n = p->opt->attendant->fds(p->opt->attendant->arg, fds, MAX_FDS - 3);
    if (news >= 0)
        fds[n++] = news;
    if (source >= 0)
        fds[n++] = source;
    fds[n++] = port_fd(p->port);
    for (int i = 0; i < n; i++)
        poll_fds[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
    int ms = sleep_ms(p, source);
    if (ppoll(poll_fds, (nfds_t)n, &(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL) >
            0 &&
        poll_fds[n - 1].revents)
        port_heard(p->port);
}

static int idle(struct stream *p, struct err *err)
{
    if (look(p, true, err))
        return -1;
    if (!p->open && clock_mono_us() - p->stored_us > SHRINK_US)
        port_shrink(p->port);
    wait_for_more(p);
    return 0;
}

/*
 * Takes an event of a backfill. If the backfill's own topic or a repair's key rejects it, fails
 * that backfill and keeps the feed running.
 */
static int take_read(struct stream *p, const struct event *ev, struct err *err)
{
    if (!take(p, ev, err))
        return 0;
    bool of_job = ev->key.p || (ev->kind == EV_READ && ev->table->topic);
    if (!p->half_taken || !of_job || (err->class != ERR_DATA && err->class != ERR_CONFIG))
        return -1;
    p->half_taken = false;
    return backfill_fail(p->backfill, err);
}

/* Takes up to n rows that were read beside the stream. *ret_any: there was one at least. */
static int take_rows(struct stream *p, int n, bool *ret_any, struct err *err)
{
    *ret_any = false;
    for (int i = 0; i < n && !stop_expired(p->opt, &p->stop_us); i++) {
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

/* Only tables were to be read, and all are read. */
static bool read_all(const struct stream *p)
{
    return backfill_idle(p->backfill) &&
           (p->opt->backfill.mode == SNAPSHOT_ONLY || p->opt->request);
}

/* Only an event with a commit time shows that there are changes to catch up with. A position, or a
 * value kept beside it, has none. */
static void note_age(struct stream *p, const struct event *ev)
{
    if (ev->commit_us <= 0)
        return;
    p->idle = false;
    p->commit_us = ev->commit_us;
}

int stream_loop(struct stream *p, struct err *err)
{
    bool end = false, rows;
    p->idle = false;
    p->commit_us = 0;
    stand(p);
    while (!end && !stream_ends(p) && !read_all(p)) {
        struct event ev;
        p->src->stay = !backfill_idle(p->backfill);
        if (take_rows(p, READ_SHARE, &rows, err))
            return -1;
        switch (p->src->ops->next(p->src, &ev, err)) {
        case SOURCE_EVENT:
            note_age(p, &ev);
            if (take(p, &ev, err))
                return -1;
            break;
        case SOURCE_IDLE:
            p->idle = true;
            if (!rows && idle(p, err))
                return -1;
            break;
        case SOURCE_END:
            end = true;
            break;
        default:
            /* position() may be past the event that failed */
            p->half_taken = true;
            return -1;
        }
    }
    return 0;
}

/* Hands out the rest of a chunk. Otherwise the next start would read it again and repeat its first
 * half. */
static int finish_chunk(struct stream *p, struct err *err)
{
    bool rows = true;
    while (rows && !backfill_whole(p->backfill) && !stop_expired(p->opt, &p->stop_us))
        if (take_rows(p, 1, &rows, err))
            return -1;
    return 0;
}

static bool has_time(struct stream *p, int64_t until)
{
    return clock_mono_us() < until && !stop_expired(p->opt, &p->stop_us);
}

/* Waits until all that was sent is durable, at most stop_timeout_ms. p->durable then says how far
 * delivery came. */
static int drain(struct stream *p, struct err *err)
{
    int64_t until = clock_mono_us() + (int64_t)p->opt->stop_timeout_ms * 1000;
    port_hurry(p->port);
    while (!port_settled(p->port) && has_time(p, until)) {
        wait_for_lane(p, 10);
        if (hear(p, err) || p->src->ops->tend(p->src, err))
            return -1;
    }
    if (hear(p, err))
        return -1;
    if (!port_settled(p->port))
        log_warn("not everything was delivered in time; it will be read again timeout_ms=%d "
                 "unacknowledged_batches=%u",
                 p->opt->stop_timeout_ms, port_counts(p->port).batches);
    return 0;
}

int stream_finish(struct stream *p, struct err *err)
{
    if (finish_chunk(p, err))
        return -1;
    if (p->open || p->dirty)
        seal(p, true);
    if (drain(p, err))
        return -1;
    stream_attend(p);       /* somebody may wait for what has just become durable */
    return 0;
}

void stream_save(struct stream *p)
{
    struct err second = { 0 };
    if (!p->half_taken && (p->open || p->dirty))
        seal(p, true);
    if (drain(p, &second))
        log_warn("while stopping after an error: %s", second.msg);
}

void stream_clear(struct stream *p)
{
    if (p->open)
        batch_free(p->open);
    p->open = NULL;
    p->dirty = p->urgent = p->in_tx = p->sent_inside = p->half_taken = false;
}
