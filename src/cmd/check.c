/* `tailrace check`: tries what must hold for each feed, by asking source, registry and sink, and
 * prints findings. */
#include <limits.h>
#include <stdio.h>
#include "base/escape.h"
#include "base/secret.h"
#include "cmd/check_tables.h"
#include "cmd/config.h"

/* feed: the feed of the findings, among many feeds; NULL: the process. */
struct tally {
    int ok, warn, fail;
    bool json;
    const char *feed;
    struct buf failures;        /* the failures that were said, each with its NUL */
};

static void tell_json(const struct tally *t, const char *level, const char *what, const char *todo)
{
    struct buf line = { 0 };
    buf_str(&line, "{");
    if (t->feed) {
        buf_str(&line, "\"feed\": ");
        buf_json_str(&line, slice_str(t->feed));
        buf_str(&line, ", ");
    }
    buf_printf(&line, "\"level\": \"%s\", \"what\": ", level);
    buf_json_str(&line, slice_str(what));
    if (todo) {
        buf_str(&line, ", \"todo\": ");
        buf_json_str(&line, slice_str(todo));
    }
    buf_str(&line, "}");
    line.n = secret_hide((char *)line.p, line.n);
    puts(buf_cstr(&line));
    fflush(stdout);
    buf_done(&line);
}

/* The text of a finding or of a todo, without secrets and in one line. */
static const char *clean(const char *text, struct buf *to)
{
    struct buf plain = { 0 };
    buf_str(&plain, text);
    to->n = 0;
    escape_line(slice_of(plain.p, secret_hide((char *)plain.p, plain.n)), to);
    buf_done(&plain);
    return buf_cstr(to);
}

/* If two checks meet the same trouble, only the first one says it. */
static bool is_said(struct tally *t, const char *what)
{
    size_t n = strlen(what) + 1;
    for (size_t at = 0; at < t->failures.n; at += strlen((char *)t->failures.p + at) + 1)
        if (strcmp((char *)t->failures.p + at, what) == 0)
            return true;
    buf_put(&t->failures, what, n);
    return false;
}

static void tell_one(struct tally *t, enum finding_level level, const char *what, const char *todo)
{
    static const char *const names[] = { "ok", "warn", "fail" };
    int *counts[] = { &t->ok, &t->warn, &t->fail };
    if (level == FINDING_FAIL && is_said(t, what))
        return;
    ++*counts[level];
    if (t->json) {
        tell_json(t, names[level], what, todo);
        return;
    }
    struct buf text = { 0 };
    printf("%-5s %s\n", names[level], clean(what, &text));
    if (todo)
        printf("      -> %s\n", clean(todo, &text));
    fflush(stdout);
    buf_done(&text);
}

/* Each finding has one todo. If the text has its own, "what -> todo", it fits better than the
 * caller's. */
static void tell(void *arg, enum finding_level level, const char *what, const char *todo)
{
    struct buf own = { 0 };
    buf_str(&own, what);
    char *arrow = strstr((char *)(uintptr_t)buf_cstr(&own), " -> ");
    if (arrow)
        *arrow = 0;
    tell_one(arg, level, (const char *)own.p, arrow ? arrow + 4 : todo);
    buf_done(&own);
}

static void check_registry(const struct config *c, struct tally *t)
{
    struct err err = { 0 };
    struct registry_options opt = c->registry;
    opt.retries = 0;
    struct registry *r = registry_new(&opt, &err);
    if (r && !registry_ping(r, &err))
        tell(t, FINDING_OK, "schema registry answers", NULL);
    else
        tell(t, FINDING_FAIL, err.msg, "look at registry.url");
    registry_free(r);
    struct slice host;
    char what[300];
    if (!registry_in_clear(&opt, &host))
        return;
    snprintf(what, sizeof what,
             "the registry's password goes over the network in the clear, to %.*s", (int)host.n,
             (const char *)host.p);
    tell(t, FINDING_WARN, what, "registry.url: https://..., with registry.ca-file");
}

/* Called only if the source passed its check: otherwise what it lacks was said already. */
static void check_source_tables(const struct config *c, struct arena *a,
                                struct topic_list *ret_topics, struct tally *t)
{
    struct table_list list = { 0 };
    struct err err = { 0 };
    bool pg = c->enc.connector == CONNECTOR_POSTGRESQL;
    if (pg ? pg_tables_read(&c->pg, a, &list, &err) : mysql_tables_read(&c->mysql, a, &list, &err))
        tell(t, FINDING_FAIL, err.msg, NULL);
    else
        check_tables(c, &list, a, ret_topics, tell, t);
}

/* Compares where the feed is with what the source still has. */
static void hold_position(const struct config *c, const struct slice *position, struct tally *t)
{
    struct err err = { 0 };
    if (c->enc.connector == CONNECTOR_POSTGRESQL)
        (void)!pg_check_position(&c->pg, position, tell, t, &err);
    else if (position)
        (void)!mysql_check_position(&c->mysql, *position, tell, t, &err);
}

/* sink: NULL if it cannot be asked. */
static void check_position(const struct config *c, struct sink *sink, struct tally *t)
{
    struct buf position = { 0 };
    struct err err = { 0 };
    struct sink_feed feed = { .name = c->name };
    bool known = sink && (!sink->ops->peek || !sink->ops->peek(sink, &feed, &position, &err));
    struct slice stored = buf_slice(&position);
    if (sink && !known)
        tell(t, FINDING_FAIL, err.msg, NULL);
    hold_position(c, known ? &stored : NULL, t);
    buf_done(&position);
}

/* answers: whether the source answers. */
static void check_sink(const struct config *c, const struct topic_list *topics, bool answers,
                       struct tally *t)
{
    struct err err = { 0 };
    struct sink *sink = sink_of(c, &err);
    bool ready = sink && (!sink->ops->check || !sink->ops->check(sink, tell, t, &err));
    if (!sink)
        tell(t, FINDING_FAIL, err.msg, NULL);
    if (ready && c->sink_kind == SINK_KAFKA && !c->kafka.topics.create)
        check_topics(sink, topics, tell, t);
    if (ready && sink->ops->check_topics)
        sink->ops->check_topics(sink, topics->all, topics->n, tell, t);
    if (answers)
        check_position(c, ready ? sink : NULL, t);
    if (sink)
        sink->ops->free(sink);
}

static void add_topic(struct topic_list *l, const char *name, struct arena *a)
{
    struct topic_spec *all = arena_alloc(a, (l->n + 1) * sizeof *all);
    if (l->n)
        memcpy(all, l->all, l->n * sizeof *all);
    all[l->n++] = (struct topic_spec){ .name = name, .own = true };
    l->all = all;
}

static void add_plan(struct topic_list *l, struct plan *p, struct arena *a)
{
    add_topic(l, arena_strdup(a, plan_topic(p)), a);
    plan_free(p);
}

/* Adds the topics that belong to no table: `run` makes them when it needs them. */
static void add_own(const struct config *c, struct topic_list *l, struct arena *a)
{
    int tells = c->flow.schema_changes;
    if (tells == SCHEMA_CHANGES_ALWAYS ||
        (tells == SCHEMA_CHANGES_AUTO && c->enc.connector != CONNECTOR_POSTGRESQL))
        add_plan(l, plan_compile_schema_change(&c->enc), a);
    if (c->flow.transactions)
        add_plan(l, plan_compile_service(SERVICE_TRANSACTION, &c->enc), a);
    if (c->flow.heartbeat_ms)
        add_plan(l, plan_compile_service(SERVICE_HEARTBEAT, &c->enc), a);
    if (c->kafka.dead_letter)
        add_topic(l, c->kafka.dead_letter_topic, a);
}

static void check_servers(const struct config *c, struct tally *t)
{
    struct err err = { 0 };
    struct topic_list topics = { 0 };
    struct arena a;
    int before = t->fail;
    int rc = c->enc.connector == CONNECTOR_POSTGRESQL ? pg_check(&c->pg, tell, t, &err)
                                                      : mysql_check(&c->mysql, tell, t, &err);
    arena_init(&a, 1 << 16);
    if (t->fail == before)
        check_source_tables(c, &a, &topics, t);
    add_own(c, &topics, &a);
    if (c->registry.url && !t->feed)
        check_registry(c, t);
    check_sink(c, &topics, !rc, t);
    arena_done(&a);
}

/* As run_many() does: a lane of the process writes the feed. */
static void share_lane(struct chosen *chosen, struct config *c)
{
    c->kafka.shared = true;
    c->kafka.id = lane_id(&chosen->all.base.arena, chosen->all.process->name, 0, 0);
}

/* Checks once what belongs to the process, then each feed in its turn. */
static void check_many(struct chosen *chosen, bool offline, struct tally *t)
{
    for (size_t i = 0; i < chosen->ntroubles; i++) {
        struct buf text = { 0 };
        buf_printf(&text, "%s: %s", chosen->troubles[i].where, chosen->troubles[i].why.msg);
        tell(t, FINDING_FAIL, buf_cstr(&text), NULL);
        buf_done(&text);
    }
    if (offline)
        return;
    if (chosen->all.process->registry.url)
        check_registry(chosen->all.process, t);
    for (size_t i = 0; i < chosen->n; i++) {
        t->feed = chosen->feeds[i]->name;
        t->failures.n = 0;
        if (!t->json)
            printf("\nfeed %s\n", t->feed);
        share_lane(chosen, chosen->feeds[i]);
        check_servers(chosen->feeds[i], t);
    }
    t->feed = NULL;
}

static void tell_read(struct chosen *chosen, const char *path, bool offline, struct tally *t)
{
    struct arena *a = &chosen->all.base.arena;
    const char *what = arena_printf(a, "the configuration %s can be read", path);
    if (chosen->all.many)
        what = arena_printf(a, "%s: %zu of %zu feed%s%s", what, chosen->n, chosen->all.n,
                            chosen->all.n == 1 ? "" : "s",
                            offline && chosen->all.nservers
                                ? ", and those of `databases`, as no server is asked"
                                : "");
    tell(t, FINDING_OK, what, NULL);
}

/* Lets librdkafka check the properties: it knows all but files and brokers. */
static void check_properties(const struct config *c, struct tally *t)
{
    struct err err = { 0 };
    if (c->sink_kind == SINK_KAFKA && kafka_properties_check(&c->kafka, &err))
        tell(t, FINDING_FAIL, err.msg, "mend it under kafka, in the configuration");
}

static void tell_exposed(void *arg, const char *path, unsigned mode)
{
    char what[PATH_MAX + 100], todo[PATH_MAX + 40];
    snprintf(what, sizeof what, "%s holds a secret and is open to every user of this machine (mode "
             "%04o)", path, mode);
    snprintf(todo, sizeof todo, "chmod o= %s", path);
    tell(arg, FINDING_WARN, what, todo);
}

int cmd_check(int argc, char **argv)
{
    struct invocation v;
    struct chosen chosen = { 0 };
    struct err err = { 0 };
    struct tally t = { 0 };
    if (invocation_read(&v, argc, argv, "oj", &err) || chosen_load(&chosen, &v, false, &err)) {
        chosen_done(&chosen);
        return finish_command(&err);
    }
    if (chosen.all.process->log_level == LOG_INFO)
        log_set_level(LOG_WARN);
    t.json = v.json;
    tell_read(&chosen, v.path, v.offline, &t);
    configs_exposed(&chosen.all, tell_exposed, &t);
    if (v.offline)
        check_properties(chosen.all.process, &t);
    if (chosen.all.many)
        check_many(&chosen, v.offline, &t);
    else if (!v.offline)
        check_servers(chosen.feeds[0], &t);
    if (chosen.all.many && !v.json)
        putchar('\n');
    printf(v.json ? "{\"ok\": %d, \"warn\": %d, \"fail\": %d}\n" : "%d ok, %d warn, %d fail\n",
           t.ok, t.warn, t.fail);
    buf_done(&t.failures);
    chosen_done(&chosen);
    return t.fail ? 2 : 0;
}
