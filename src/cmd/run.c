#include <signal.h>
#include "base/clock.h"
#include "cmd/config.h"
#include "serve/control.h"

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction sa = { .sa_handler = on_signal };
    sigemptyset(&sa.sa_mask);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void say_done(const struct flow_stats *s)
{
    double seconds = (double)(clock_mono_us() - s->started_us) / 1e6;
    log_info("stopped rows=%llu records=%llu bytes=%llu transactions=%llu seconds=%.3f", (unsigned long long)s->rows,
             (unsigned long long)s->records, (unsigned long long)s->bytes, (unsigned long long)s->transactions, seconds);
}

static int run(struct config *c, struct registry *registry, struct err *err)
{
    struct source *src = source_of(c, err);
    struct sink *sink = src ? sink_of(c, err) : NULL;
    struct flow_stats stats = { 0 };
    int rc = -1;
    if (sink) {
        log_info("feed begins name=%s version=" TAILRACE_VERSION " librdkafka=%s sink=%s transactional=%s", c->name,
                 kafka_library(), sink->ops->name,
                 sink->transactional ? "yes" : "no");
        rc = pipeline_run(src, sink, registry, &c->enc, &c->flow, &stats, err);
        say_done(&stats);
    }
    if (src)
        src->ops->free(src);
    return rc;
}

int run_feed(struct config *c, const struct backfill_request *request, const struct flow_attendant *attendant, struct err *err)
{
    struct registry *registry = NULL;
    struct err no_control = { 0 };
    c->flow.stop = &stop;
    c->registry.stop = &stop;
    c->pg.stop = &stop;
    catch_signals();
    if (c->registry.url && !(registry = registry_new(&c->registry, err)))
        return -1;
    struct control *control = attendant ? NULL : control_new(c->control_socket, &no_control);
    struct flow_attendant own = { 0 };
    if (control)
        own = control_attendant(control);
    else if (!attendant)
        log_warn("no orders are taken: %s", no_control.msg);
    c->flow.request = request;
    c->flow.attendant = attendant ? attendant : control ? &own : NULL;
    int rc = run(c, registry, err);
    control_free(control);
    registry_free(registry);
    return rc;
}

int cmd_run(int argc, char **argv)
{
    struct invocation v;
    struct config c = { 0 };
    struct err err = { 0 };
    int rc = invocation_read(&v, argc, argv, "du", &err) || invocation_config(&v, &c, &err) ? -1 : 0;
    if (!rc) {
        if (v.dry_run) {
            c.sink_kind = SINK_STDOUT;
            c.registry.url = NULL;
        }
        c.pg.until_current = c.mysql.until_current = v.until_current;
        rc = run_feed(&c, NULL, NULL, &err);
    }
    config_done(&c);
    return rc ? finish_command(&err) : 0;
}
