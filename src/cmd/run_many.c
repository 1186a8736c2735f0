/*
 * Runs the feeds of a process, or a single feed: chooses each feed's lane, handles feeds that end,
 * and databases that come and go. A feed that ends does not end the others. The process ends when
 * all have ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/hash.h"
#include "base/open_files.h"
#include "base/xalloc.h"
#include "cmd/many.h"

enum {
    REFRESH_US = 30000000, WAIT_MS = 1000,
    FILES = 100, FILES_A_FEED = 8,      /* files open at once: roughly, and more for each feed */
};

/* ---- lanes ---- */

/* limits.lanes, or one lane a processor: more lanes would share processors. */
static size_t lanes_wanted(const struct many *m)
{
    const struct config *p = m->chosen->all.process;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = p->lanes > 0 ? (size_t)p->lanes : cpus > 0 ? (size_t)cpus : 1;
    return !m->chosen->all.nservers && m->chosen->n < n ? m->chosen->n : n;
}

const char *lane_id(struct arena *a, const char *process, uint32_t instance, size_t lane)
{
    return arena_printf(a, "%s-%08x-%zu", process, instance, lane);
}

/*
 * Many feeds that write to Kafka share producers; a single feed has its own. Only this process has
 * the producers' transactional ids. Another process that takes a feed over finds the id beside the
 * position, and fences it.
 */
static int lanes_start(struct many *m, struct err *err)
{
    const struct config *p = m->chosen->all.process;
    uint32_t instance = 0;
    size_t n = m->chosen->all.many && p->sink_kind == SINK_KAFKA ? lanes_wanted(m) : 0;
    if (getrandom(&instance, sizeof instance, 0) != (ssize_t)sizeof instance)
        instance = (uint32_t)getpid();
    m->memory.most = p->memory.most;
    m->lane_flow = p->flow;
    m->lane_flow.stop = m->stop;
    m->lanes = xcalloc(n + 1, sizeof *m->lanes);
    m->lane_options = xcalloc(n + 1, sizeof *m->lane_options);
    for (; m->nlanes < n; m->nlanes++) {
        struct kafka_options *o = m->lane_options + m->nlanes;
        *o = p->kafka;
        o->id = lane_id(&m->chosen->all.base.arena, p->name, instance, m->nlanes);
        o->shared = true;
        o->stop = m->stop;
        struct sink *sink = kafka_sink_new(o, err);
        if (!sink || !(m->lanes[m->nlanes] = lane_new(sink, &m->lane_flow, err)))
            return -1;
    }
    return 0;
}

static void lanes_end(struct many *m)
{
    for (size_t i = 0; i < m->nlanes; i++) {
        struct err err = { 0 };
        if (lane_end(m->lanes[i], &err)) {
            log_error("%s", err.msg);
            m->code = exit_code(&err) > m->code ? exit_code(&err) : m->code;
        }
    }
    free(m->lanes);
    free(m->lane_options);
}

/* By the name's hash, so a feed stays in its lane when others come and go. */
static struct lane *lane_of(const struct many *m, const char *name)
{
    return m->nlanes ? m->lanes[hash_murmur2(slice_str(name)) % m->nlanes] : NULL;
}

/* ---- feeds ---- */

static void place(struct running *r)
{
    struct placing *p = &r->place;
    p->rc = place_in(r->c, r->lane, slice_str(p->expected), slice_str(p->position), &p->err);
    p->done = 1;
    engine_wake(r->feed.engine);
}

static int run_one(struct engine_feed *f, struct err *err)
{
    struct running *r = (struct running *)f;
    if (r->place.position && !r->place.done)
        place(r);
    return run_in(r->c, r->lane, NULL, &r->stats, err);
}

static void settle(struct many *m, struct running *r)
{
    struct config *c = r->c;
    run_as_asked(c, m->v);
    c->flow.memory = &m->memory;
    c->flow.topics = &c->kafka.topics;
    c->flow.stop = &r->feed.stop;
    c->flow.pause = &r->feed.pause;
    c->registry.stop = c->pg.stop = c->mysql.stop = c->kafka.stop = &r->feed.stop;
}

/* Puts the configuration that a reload has read in place of the feed's old one. */
static void exchange(struct many *m, struct running *r)
{
    if (!r->next_c)
        return;
    m->old = xrealloc(m->old, m->nold + 1, sizeof *m->old);
    m->old[m->nold++] = r->c;
    r->c = r->next_c;
    r->next_c = NULL;
}

static void placing_done(struct placing *p)
{
    free(p->expected);
    free(p->position);
    *p = (struct placing){ .rc = 0 };
}

/* Called while no thread of the feed runs, so nobody reads r->place. */
static void take_place(struct running *r)
{
    if (!r->next_place.position)
        return;
    placing_done(&r->place);
    r->place.expected = r->next_place.expected;
    r->place.position = r->next_place.position;
    r->next_place = (struct placing){ .rc = 0 };
}

void many_start(struct many *m, struct running *r)
{
    struct err err = { 0 };
    exchange(m, r);
    take_place(r);
    r->feed.name = r->c->name;
    r->feed.run = run_one;
    r->feed.stop = 0;
    r->feed.rc = 0;
    r->feed.err = (struct err){ 0 };
    settle(m, r);
    r->waits = r->again = false;
    r->code = 0;
    r->runs = !engine_start(m->engine, &r->feed, &err);
    if (r->runs)
        return;
    r->code = exit_code(&err);
    log_error("%s", err.msg);
}

void many_restart(struct many *m, struct running *r)
{
    r->again = true;
    if (r->runs)
        r->feed.stop = 1;
    else
        many_start(m, r);
}

void many_add(struct many *m, struct config *c)
{
    struct running *r = xcalloc(1, sizeof *r), **at = &m->all;
    r->c = c;
    stats_init(&r->stats);
    r->stats.asks = m->web != NULL;
    r->lane = lane_of(m, c->name);
    while (*at)
        at = &(*at)->next;
    *at = r;
    many_start(m, r);
    roster_add(&m->roster, c->name, &r->stats, &r->feed);
    roster_socket(&m->roster, &r->stats, c->control_socket);
}

/* The feed may have stopped by an error before, which came from the drop. */
static void end_gone(struct running *r)
{
    log_info("the feed has ended, as %s feed=%s",
             r->removed ? "the configuration has it no longer" : "its database is gone",
             r->c->name);
    r->waits = false;
    r->code = 0;
}

/* Logs the reason of a feed that stopped by itself. */
static void say_ended(const struct many *m, const struct running *r, int code)
{
    log_feed(r->c->name);
    if (m->chosen->all.many)
        log_error("the feed has stopped, the others go on code=%d reason=\"%s\"%s", code,
                  r->feed.err.msg,
                  r->waits ? " todo=\"tailrace setup --feed NAME, or mend it: it is tried again\""
                           : "");
    else
        log_error("%s", r->feed.err.msg);
    log_feed(NULL);
}

/* Handles the end of a feed. The others go on, except with --strict. */
static void ended(struct many *m, struct running *r)
{
    int code = r->feed.rc ? exit_code(&r->feed.err) : 0;
    r->runs = false;
    if (r->gone) {
        end_gone(r);
        return;
    }
    if (r->again && !*m->stop) {
        many_start(m, r);
        return;
    }
    if (!code)
        return;
    r->waits = r->c->database && r->feed.err.class == ERR_CONFIG;
    say_ended(m, r, code);
    r->code = code;
    if (m->v->strict)
        *m->stop = 1;
}

/* ---- databases that come and go ---- */

void many_part(struct many *m, struct config *c, bool removed)
{
    struct running *r = m->all;
    while (r && r->c != c && r->next_c != c)
        r = r->next;
    if (!r)
        return;
    if (r->next_c == c)     /* a reload has read it, and the feed has not begun with it */
        config_free(c);
    r->next_c = NULL;
    r->gone = true;
    r->removed = removed;
    roster_part(&m->roster, &r->stats);
    if (r->runs)
        r->feed.stop = 1;
    else
        end_gone(r);
}

static void refresh_one(struct many *m, struct configs_server *s)
{
    struct configs_change change;
    struct err err = { 0 };
    s->entry.pg.stop = m->stop;
    if (configs_refresh(&m->chosen->all, s, &change, &err)) {
        log_warn("a server does not say which databases it has: %s", err.msg);
        return;
    }
    for (size_t i = 0; i < change.nrefused; i++)
        log_error("database %s is not fed: %s", change.refused[i].database,
                  change.refused[i].why.msg);
    for (size_t i = 0; i < change.ngone; i++)
        many_part(m, change.gone[i], false);
    for (size_t i = 0; i < change.nadded; i++) {
        log_info("a database has come database=%s feed=%s", change.added[i]->database,
                 change.added[i]->name);
        many_add(m, change.added[i]);
    }
    configs_change_done(&change);
}

static void refresh(struct many *m)
{
    if (m->v->nfeeds || !m->chosen->all.nservers || m->v->until_current ||
        clock_mono_us() - m->refreshed_us < REFRESH_US)
        return;
    for (size_t i = 0; i < m->chosen->all.nservers && !*m->stop; i++) {
        refresh_one(m, m->chosen->all.servers[i]);
        pulse_beat(&m->pulse);
    }
    for (struct running *r = m->all; r && !*m->stop; r = r->next)
        if (r->waits && !r->gone)
            many_start(m, r);
    m->refreshed_us = clock_mono_us();
}

/* ---- the process ---- */

static bool more_may_come(const struct many *m)
{
    return m->chosen->all.nservers && !m->v->nfeeds && !m->v->until_current;
}

static void heed_hangup(struct many *m)
{
    struct buf text = { 0 };
    struct err err = { 0 };
    if (!*m->hangup || *m->stop)
        return;
    *m->hangup = 0;
    (void)!reload(m, false, &text, &err);       /* reload() logs the outcome */
    buf_done(&text);
}

static void loop(struct many *m)
{
    bool told = false;
    pulse_begin(&m->pulse);
    while (engine_running(m->engine) || (more_may_come(m) && !*m->stop)) {
        struct engine_feed *f = engine_wait(m->engine, WAIT_MS);
        if (f)
            ended(m, (struct running *)f);
        heed_hangup(m);
        orders_heed(m);
        if (*m->stop && !told) {
            engine_stop(m->engine);
            told = true;
        }
        if (!*m->stop)
            refresh(m);
        pulse_beat(&m->pulse);
    }
    pulse_end(&m->pulse);
}

/* A feed with a lane of its own notifies by itself. */
static void say_started(const struct many *m)
{
    char status[64];
    if (!m->chosen->all.many)
        return;
    snprintf(status, sizeof status, "%zu feeds in %zu lanes", m->chosen->n, m->nlanes);
    notify_ready(status);
}

/* The process's exit code is the worst of the feeds' codes. */
static void running_free(struct many *m)
{
    while (m->all) {
        struct running *r = m->all;
        m->all = r->next;
        m->code = r->code > m->code ? r->code : m->code;
        /* the list of the configuration has another one of this name, or none */
        if (r->gone || r->next_c)
            config_free(r->c);
        stats_done(&r->stats);
        placing_done(&r->place);
        placing_done(&r->next_place);
        free(r);
    }
}

/* Warns, because feeds that find no descriptor left would retry for ever. */
static void find_room(const struct chosen *chosen)
{
    size_t most = open_files_most(), wanted = FILES + chosen->n * FILES_A_FEED;
    if (most < wanted)
        log_warn("the process may open fewer files than its feeds need: some will fail and retry "
                 "open_files=%zu needed=%zu todo=\"raise its hard limit: LimitNOFILE of a systemd "
                 "unit, ulimit -Hn\"", most, wanted);
}

/* Reads a PEM file. *ret NULL: none is configured. */
static int read_pem(const char *key, const char *path, struct buf *text, const char **ret,
                    struct err *err)
{
    if (path && file_read(path, text, err))
        return err_wrap(err, "%s", key);
    *ret = path ? buf_cstr(text) : NULL;
    return 0;
}

static int web_begin(struct many *m, struct err *err)
{
    const struct config *p = m->chosen->all.process;
    m->web_options = (struct web_options){ .listen = p->http_listen, .token = p->http_token };
    if (!p->http_listen)
        return 0;
    if (read_pem("http.tls-cert", p->http_tls_cert, &m->tls_cert, &m->web_options.tls_cert, err) ||
        read_pem("http.tls-key", p->http_tls_key, &m->tls_key, &m->web_options.tls_key, err))
        return -1;
    m->web = web_new(&m->web_options, &m->about, &m->roster, err);
    return m->web ? 0 : -1;
}

static int begin(struct many *m, struct err *err)
{
    const struct config *p = m->chosen->all.process;
    m->about = (struct web_about){ p->name, TAILRACE_VERSION, kafka_library() };
    return web_begin(m, err) || lanes_start(m, err) ? -1 : 0;
}

static void end(struct many *m)
{
    web_free(m->web);
    buf_done(&m->tls_cert);
    buf_done(&m->tls_key);
    orders_end(m);
    lanes_end(m);
    engine_free(m->engine);
    roster_done(&m->roster);
}

static void say_exposed(void *arg, const char *path, unsigned mode)
{
    (void)arg;
    log_warn("a file with a secret is open to every user of this machine file=\"%s\" mode=%04o "
             "todo=\"chmod o= %s\"", path, mode, path);
}

void many_say_exposed(struct configs *all)
{
    configs_exposed(all, say_exposed, NULL);
}

static void run_all(struct many *m)
{
    const struct chosen *chosen = m->chosen;
    if (chosen->all.many)
        log_info("feeds begin name=%s version=" TAILRACE_VERSION
                 " librdkafka=%s feeds=%zu lanes=%zu",
                 m->about.process, m->about.librdkafka, chosen->n, m->nlanes);
    for (size_t i = 0; i < chosen->ntroubles; i++)
        log_warn("%s: %s", chosen->troubles[i].where, chosen->troubles[i].why.msg);
    many_say_exposed(&m->chosen->all);
    find_room(chosen);
    for (size_t i = 0; i < chosen->n; i++)
        many_add(m, chosen->feeds[i]);
    orders_begin(m);
    say_started(m);
    loop(m);
}

int run_many(struct chosen *chosen, const struct invocation *v, atomic_int *stop,
             atomic_int *hangup)
{
    struct many m = { .chosen = chosen,
                      .v = v,
                      .stop = stop,
                      .hangup = hangup,
                      .engine = engine_new(),
                      .claimed = -1,
                      .refreshed_us = clock_mono_us() };
    struct err err = { 0 };
    roster_init(&m.roster);
    int rc = begin(&m, &err);
    if (!rc)
        run_all(&m);
    end(&m);
    running_free(&m);
    reload_done(&m);
    if (rc)
        return finish_command(&err);
    if (chosen->all.many)
        log_info("stopped feeds=%zu code=%d", chosen->n, m.code);
    return m.code;
}
