/* A feed's sessions: claims the source, finds the stored position, and streams until the end or an
 * error. After an error that time may mend, pauses and begins again. */
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "flow/stream.h"

enum {
    FIRST_PAUSE_MS = 500,
    CLAIM_MS = 60000,           /* wait at most this long for the source in one session */
};

static int recall(void *arg, struct slice name, struct slice value, struct err *err)
{
    struct source *src = arg;
    return src->ops->recall(src, name, value, err);
}

/* True if the source has lost what the position needs and snapshot.mode is when_needed: the next
 * open() begins without a position. */
static bool begins_anew(struct stream *p, struct err *err)
{
    if (p->anew || !p->src->gone || p->opt->backfill.mode != SNAPSHOT_WHEN_NEEDED)
        return false;
    log_warn("the tables are read anew reason=\"%s\"", err->msg);
    *err = (struct err){ 0 };
    return p->anew = true;
}

/*
 * No position is stored. If the feed has delivered before, it has lost its position (a deleted
 * topic, another topics.position); the source then begins where it leaves nothing out, if it can. A
 * feed with topics.route may have written to any topic, so it counts as one that has delivered.
 */
static int look_for_records(struct stream *p, struct err *err)
{
    bool *delivered = &p->src->delivered;
    *delivered = p->opt->routed;
    if (!*delivered && port_holds(p->port, p->feeder.enc->prefix, delivered, err))
        return -1;
    if (!*delivered || p->src->keeps || p->opt->routed)
        return 0;
    log_warn("no position is stored, but records of this feed are there, and the source cannot "
             "tell how far it had come: what "
             "changed since then is fed as far as the tables are read");
    backfill_after_gap(p->backfill);
    return 0;
}

/* Opens the source and the backfills. from: the source's line, then the backfills' line. */
static int begin(struct stream *p, struct slice from, struct err *err)
{
    const uint8_t *end = from.n ? memchr(from.p, '\n', from.n) : NULL;
    struct slice source = slice_of(from.p, end ? (size_t)(end - from.p) : from.n),
                 state = { NULL, 0 }, none = state;
    if (end)
        state = slice_of(end + 1, from.n - source.n - 1);
    p->src->delivered = false;
    p->src->unkept = port_forgets(p->port);
    namesakes_forget(&p->feeder.namesakes);
    int rc = !from.n && !p->anew ? look_for_records(p, err) : 0;
    rc = rc ? rc : p->src->ops->open(p->src, p->anew ? none : source, err);
    if (rc && begins_anew(p, err)) {
        p->src->ops->close(p->src);
        rc = p->src->ops->open(p->src, none, err);
    }
    bool first = p->anew || !from.n;
    if (rc || backfill_open(p->backfill, state, first, err))
        return -1;
    if (p->anew)
        backfill_after_gap(p->backfill);
    p->anew = false;
    /* The first quiet moment stores where reading began, so that the next start does not begin
     * elsewhere, and who reads now. */
    if (first || (port_announces(p->port) && !p->announced))
        p->announcing = p->dirty = p->urgent = true;
    uint32_t id;
    bool ask = p->opt->request && !p->asked;
    p->asked = true;
    return ask ? backfill_add(p->backfill, p->opt->request, &id, err) : 0;
}

/* If the sink refused a record for a backfill's own topic, ends that backfill and keeps the feed
 * running. */
static bool job_refused(struct stream *p, const struct err *err)
{
    const char *topic = feeder_job_topic(&p->feeder, port_refused(p->port));
    if (!topic || !backfill_refuse(p->backfill, topic, err))
        return false;
    port_excuse(p->port);
    return true;
}

static void nap(struct stream *p)
{
    stream_attend(p);
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
}

static void pause_before_retry(struct stream *p, int64_t ms)
{
    for (int64_t until = clock_mono_us() + ms * 1000; clock_mono_us() < until && !stream_ends(p);)
        nap(p);
}

/* Claims the source. This comes before the sink is opened, so that nobody is fenced too early. */
static int claim(struct stream *p, struct err *err)
{
    bool announced = port_announces(p->port) && p->announced;
    int rc;
    for (int64_t until = clock_mono_us() + CLAIM_MS * 1000;;) {
        rc = owner_claim(&p->owner, p->src, p->port, announced, err);
        if (rc != 1 || stream_ends(p) || clock_mono_us() > until)
            break;
        pause_before_retry(p, FIRST_PAUSE_MS);
    }
    bool seen = p->owner.holder.heard_ms > 0;
    return rc == 1 ? err_set(err, ERR_RETRY, "another session has the source, and %s: %s",
                             seen ? "gives no sign of life" : "whether it lives is not yet known",
                             p->owner.holder.who) : rc;
}

/* One session: claims the source, opens the sink (which fences), finds the position, and streams
 * until the end or an error. */
static int session(struct stream *p, struct err *err)
{
    struct buf from = { 0 };
    stream_clear(p);
    state_set(&p->stats->state, FEED_STARTING);
    int rc = claim(p, err);
    if (!rc)
        rc = port_begin(p->port, &from, p->src->ops->recall ? recall : NULL, p->src, err);
    if (!rc) {
        stats_position(p->stats, buf_slice(&from));
        rc = begin(p, buf_slice(&from), err);
    }
    buf_done(&from);
    if (rc)
        return -1;
    rc = stream_loop(p, err);
    stream_attend(p);
    stream_note_changes(p);
    bool ended = !rc;
    if (ended && !(rc = stream_finish(p, err)))
        return 0;
    if (job_refused(p, err))
        return err_set(err, ERR_RETRY, "the backfill has ended, and the feed goes on");
    if (!ended)
        stream_save(p);
    return begins_anew(p, err) ? err_set(err, ERR_RETRY, "the feed begins anew") : -1;
}

/* 75 to 125 % of ms: feeds that lose one server at the same time come back at different times. */
static int64_t jittered(int64_t ms)
{
    return ms * (75 + clock_mono_us() % 51) / 100;
}

/*
 * Did the session that began at began_us show that the earlier failure has passed? Rows that became
 * durable show it. So does, for a feed without rows, a position stored retry_max_ms or more after
 * the beginning. Rows that were only read, or an earlier position, show nothing.
 */
static bool has_passed(struct stream *p, int64_t began_us)
{
    return port_progressed(p->port) ||
           p->stored_us - began_us > (int64_t)p->opt->retry_max_ms * 1000;
}

/* Waits while an order holds the feed. True: it was held. */
static bool hold(struct stream *p)
{
    bool held = false;
    for (; stream_held(p); held = true) {
        state_set(&p->stats->state, FEED_PAUSED);
        nap(p);
    }
    return held;
}

static int one_session(struct stream *p, struct err *err)
{
    counter_add(&p->stats->sessions, 1);
    int rc = session(p, err);
    if (rc)
        stats_error(p->stats, err);
    struct port_counts sent = port_counts(p->port);
    progress_rest(&p->progress, p->stats, p->src, &sent);
    stats_jobs(p->stats, p->backfill);
    backfill_close(p->backfill);
    p->src->ops->close(p->src);
    return rc;
}

/* Runs sessions as long as they end with ERR_RETRY. The pauses between them grow until a session
 * shows that the failure has passed. */
static int run_sessions(struct stream *p, struct err *err)
{
    int64_t wait_ms = FIRST_PAUSE_MS, failing_since = 0;
    for (;;) {
        bool held = hold(p);
        if ((held || failing_since) && stream_stopping(p))
            return 0;       /* a session now would do nothing */
        failing_since = held ? 0 : failing_since;
        int64_t began = clock_mono_us();
        int rc = one_session(p, err);
        if (stream_held(p) && (!rc || err->class == ERR_RETRY))
            continue;
        if (!rc || err->class != ERR_RETRY || stream_stopping(p))
            return rc && !(stream_stopping(p) && err->class == ERR_RETRY) ? -1 : 0;
        int64_t now = clock_mono_us();
        if (has_passed(p, began) || !failing_since) {
            failing_since = now;
            wait_ms = FIRST_PAUSE_MS;
        }
        if (p->opt->retry_limit_s && now - failing_since > (int64_t)p->opt->retry_limit_s * 1000000)
            return err_wrap(err, "gave up after %d s (limits.retry-limit-s)",
                            p->opt->retry_limit_s);
        int64_t pause_ms = jittered(wait_ms);
        state_set(&p->stats->state, FEED_RETRYING);
        log_warn("will reconnect in_ms=%lld reason=\"%s\"", (long long)pause_ms, err->msg);
        pause_before_retry(p, pause_ms);
        wait_ms = wait_ms * 2 > p->opt->retry_max_ms ? p->opt->retry_max_ms : wait_ms * 2;
    }
}

int pipeline_run(struct source *src, struct lane *lane, struct registry *registry,
                 const struct encode_options *enc, const struct flow_options *opt,
                 struct flow_stats *stats, struct err *err)
{
    struct stream p = {
        .src = src,
        .opt = opt,
        .stats = stats,
        .feeder = { .src = src,
                    .source_tells = src->tells_schema,
                    .registry = registry,
                    .enc = enc,
                    .opt = opt,
                    .stats = stats },
        .backfill = backfill_new(&opt->backfill, src),
        .progress.registry = registry,
    };
    feeder_init(&p.feeder);
    backfill_keys_by(p.backfill, feeder_key, &p.feeder);
    owner_init(&p.owner, opt);
    p.port = p.feeder.port = port_new(lane, opt, buf_slice(&p.owner.self));
    int rc = port_fd(p.port) >= 0 ? run_sessions(&p, err) :
             err_set(err, ERR_FATAL, "no more files can be opened: raise LimitNOFILE, ulimit -Hn");
    if (rc && port_fenced(p.port))
        owner_name_taker(&p.owner, p.port, err);
    state_stop(&stats->state, rc ? err : NULL);
    stream_clear(&p);
    backfill_free(p.backfill);
    port_leave(p.port);
    feeder_done(&p.feeder);
    owner_done(&p.owner);
    buf_done(&p.durable);
    return rc;
}
