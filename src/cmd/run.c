/* `tailrace run`: runs a feed from its source through a lane to its sink; run_many.c calls it for
 * each feed. Also stores a position for a feed that does not stream. */
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/notify.h"
#include "cmd/config.h"
#include "serve/control.h"

static atomic_int stop, hangup;

static void on_signal(int sig)
{
    if (sig == SIGHUP)
        hangup = 1;
    else {
        stop = 1;
        notify_stopping();
    }
}

static void catch_signals(void)
{
    struct sigaction sa = { .sa_handler = on_signal };
    sigemptyset(&sa.sa_mask);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
}

atomic_int *run_catch(void)
{
    catch_signals();
    return &stop;
}

/* Sets pointers within the configuration, at its final place in memory. */
static void heed_signals(struct config *c)
{
    c->flow.stop = &stop;
    c->flow.topics = &c->kafka.topics;
    c->flow.hangup = &hangup;
    c->registry.stop = c->pg.stop = c->mysql.stop = c->kafka.stop = &stop;
    catch_signals();
}

static void say_done(const struct flow_stats *s, int64_t started_us)
{
    double seconds = (double)(clock_mono_us() - started_us) / 1e6;
    log_info("stopped rows=%llu records=%llu bytes=%llu transactions=%llu seconds=%.3f",
             (unsigned long long)counter_get(&s->rows),
             (unsigned long long)counter_get(&s->records),
             (unsigned long long)counter_get(&s->bytes),
             (unsigned long long)counter_get(&s->transactions), seconds);
}

static void say_registry_in_clear(const struct registry_options *opt)
{
    struct slice host;
    if (registry_in_clear(opt, &host))
        log_warn("a password was used without TLS host=%.*s todo=\"registry.url: https://..., with "
                 "registry.ca-file\"", (int)host.n, (const char *)host.p);
}

static int run_in_lane(struct config *c, struct source *src, struct sink *sink,
                       struct registry *registry, struct flow_stats *stats, struct err *err)
{
    struct lane *lane = lane_new(sink, &c->flow, err);
    if (!lane)
        return -1;
    struct err second = { 0 };
    int rc = pipeline_run(src, lane, registry, &c->enc, &c->flow, stats, err);
    if (lane_end(lane, rc ? &second : err)) {
        if (rc)
            log_warn("while stopping after an error: %s", second.msg);
        rc = -1;
    }
    return rc;
}

static int run_alone(struct config *c, struct source *src, struct registry *registry,
                     struct flow_stats *stats, struct err *err)
{
    struct sink *sink = sink_of(c, err);
    if (!sink)
        return -1;
    log_info("feed begins name=%s version=" TAILRACE_VERSION
             " librdkafka=%s sink=%s transactional=%s",
             c->name, kafka_library(), sink->ops->name, sink->transactional ? "yes" : "no");
    notify_ready(c->name);
    return run_in_lane(c, src, sink, registry, stats, err);
}

/* lane NULL: the feed gets a lane of its own. */
static int run(struct config *c, struct lane *lane, struct registry *registry,
               struct flow_stats *stats, struct err *err)
{
    struct source *src = source_of(c, err);
    int64_t started_us = clock_mono_us();
    if (!src)
        return -1;
    say_registry_in_clear(&c->registry);
    int rc = lane ? pipeline_run(src, lane, registry, &c->enc, &c->flow, stats, err)
                  : run_alone(c, src, registry, stats, err);
    say_done(stats, started_us);
    src->ops->free(src);
    return rc;
}

/* Takes the lock of the feed's socket: two runs of one feed would fence each other off. If no lock
 * can be had, the fences of source and sink remain. */
static int claim(const struct config *c, int *ret_lock, struct err *err)
{
    struct err why = { 0 };
    if (!control_claim(c->control_socket, ret_lock, &why))
        return 0;
    if (why.class == ERR_CONFIG && c->flow.claim != CLAIM_TAKE_OVER) {
        *err = why;
        return -1;
    }
    log_warn("no orders are taken: %s", why.msg);
    return 0;
}

static int run_claimed(struct config *c, struct lane *lane, const struct flow_attendant *attendant,
                       bool claimed, struct flow_stats *stats, struct err *err)
{
    struct registry *registry = NULL;
    struct err no_control = { 0 };
    if (c->registry.url && !(registry = registry_new(&c->registry, err)))
        return -1;
    struct control *control =
        attendant || !claimed ? NULL : control_new(c->control_socket, &no_control);
    struct flow_attendant own = { 0 };
    if (control)
        own = control_attendant(control);
    else if (!attendant && claimed)
        log_warn("no orders are taken: %s", no_control.msg);
    c->flow.attendant = attendant ? attendant : control ? &own : NULL;
    int rc = run(c, lane, registry, stats, err);
    control_free(control);
    registry_free(registry);
    return rc;
}

int run_in(struct config *c, struct lane *lane, const struct flow_attendant *attendant,
           struct flow_stats *stats, struct err *err)
{
    int lock;
    state_set(&stats->state, FEED_STARTING);
    int rc = claim(c, &lock, err) ? -1 : run_claimed(c, lane, attendant, lock >= 0, stats, err);
    state_stop(&stats->state, rc ? err : NULL);
    if (lock >= 0)
        close(lock);
    return rc;
}

static int place_in_own_lane(struct config *c, struct source *src, struct slice expected,
                             struct slice token, struct err *err)
{
    struct sink *sink = sink_of(c, err);
    struct lane *lane = sink ? lane_new(sink, &c->flow, err) : NULL;
    struct err second = { 0 };
    if (!lane)
        return -1;
    int rc = pipeline_place(src, lane, &c->flow, expected, token, err);
    return lane_end(lane, rc ? &second : err) ? -1 : rc;
}

int place_in(struct config *c, struct lane *lane, struct slice expected, struct slice token,
             struct err *err)
{
    int lock;
    if (claim(c, &lock, err))
        return -1;
    struct source *src = source_of(c, err);
    int rc = !src ? -1 : lane ? pipeline_place(src, lane, &c->flow, expected, token, err)
                              : place_in_own_lane(c, src, expected, token, err);
    if (src)
        src->ops->free(src);
    if (lock >= 0)
        close(lock);
    return rc;
}

int place_alone(struct config *c, struct slice expected, struct slice token, struct err *err)
{
    heed_signals(c);
    c->flow.memory = &c->memory;
    c->flow.claim = CLAIM_WAIT;
    return place_in(c, NULL, expected, token, err);
}

int run_feed(struct config *c, const struct backfill_request *request,
             const struct flow_attendant *attendant, struct err *err)
{
    heed_signals(c);
    c->flow.memory = &c->memory;
    c->flow.request = request;
    struct flow_stats stats = { 0 };
    stats_init(&stats);
    int rc = run_in(c, NULL, attendant, &stats, err);
    stats_done(&stats);
    return rc;
}

/* --dry-run: prints what would be sent, and takes nothing from a feed that runs. */
static int look(struct config *c, struct err *err)
{
    c->sink_kind = SINK_STDOUT;
    c->registry.url = NULL;
    c->flow.claim = CLAIM_LOOK;
    heed_signals(c);
    struct flow_stats stats = { 0 };
    stats_init(&stats);
    int rc = run(c, NULL, NULL, &stats, err);
    stats_done(&stats);
    return rc;
}

void run_as_asked(struct config *c, const struct invocation *v)
{
    c->flow.claim = v->take_over ? CLAIM_TAKE_OVER : CLAIM_WAIT;
    c->pg.until_current = c->mysql.until_current = v->until_current;
}

int cmd_run(int argc, char **argv)
{
    struct invocation v;
    struct chosen chosen = { 0 };
    struct config *c;
    struct err err = { 0 };
    int rc = invocation_read(&v, argc, argv, "duts", &err), code = 0;
    if (!rc)
        notify_begin();
    if (!rc)
        rc = v.dry_run ? chosen_one(&chosen, &v, &c, &err)
                       : chosen_load(&chosen, &v, false, &err);
    if (!rc && v.dry_run) {
        run_as_asked(c, &v);
        rc = look(c, &err);
    } else if (!rc) {
        catch_signals();
        code = run_many(&chosen, &v, &stop, &hangup);
    }
    chosen_done(&chosen);
    return rc ? finish_command(&err) : code;
}
