#include <stdio.h>
#include "base/escape.h"
#include "base/secret.h"
#include "cmd/check_tables.h"
#include "cmd/config.h"

struct tally { int ok, warn, fail; bool json; };

static void tell_json(const char *level, const char *what, const char *todo)
{
    struct buf line = { 0 };
    buf_printf(&line, "{\"level\": \"%s\", \"what\": ", level);
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

/* A finding's text, or what is to be done, without secrets and in one line. */
static const char *clean(const char *text, struct buf *to)
{
    struct buf plain = { 0 };
    buf_str(&plain, text);
    to->n = 0;
    escape_line(slice_of(plain.p, secret_hide((char *)plain.p, plain.n)), to);
    buf_done(&plain);
    return buf_cstr(to);
}

static void tell(void *arg, enum finding_level level, const char *what, const char *todo)
{
    static const char *const names[] = { "ok", "warn", "fail" };
    struct tally *t = arg;
    int *counts[] = { &t->ok, &t->warn, &t->fail };
    ++*counts[level];
    if (t->json) {
        tell_json(names[level], what, todo);
        return;
    }
    struct buf text = { 0 };
    printf("%-5s %s\n", names[level], clean(what, &text));
    if (todo)
        printf("      -> %s\n", clean(todo, &text));
    fflush(stdout);
    buf_done(&text);
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
        tell(t, FINDING_FAIL, err.msg, "registry.url");
    registry_free(r);
    struct slice host;
    char what[300];
    if (!registry_in_clear(&opt, &host))
        return;
    snprintf(what, sizeof what, "the registry's password goes over the network in the clear, to %.*s",
             (int)host.n, (const char *)host.p);
    tell(t, FINDING_WARN, what, "registry.url: https://..., with registry.ca-file");
}

/* Once the source is as it should be: what it lacks is said already. */
static void check_source_tables(const struct config *c, struct tally *t)
{
    struct table_list list = { 0 };
    struct arena a;
    struct err err = { 0 };
    arena_init(&a, 1 << 16);
    bool pg = c->enc.connector == CONNECTOR_POSTGRESQL;
    if (pg ? pg_tables_read(&c->pg, &a, &list, &err) : mysql_tables_read(&c->mysql, &a, &list, &err))
        tell(t, FINDING_FAIL, err.msg, NULL);
    else
        check_tables(c, &list, tell, t);
    arena_done(&a);
}

/* Where the feed is, against what the source still has. */
static void check_position(const struct config *c, struct sink *sink, struct tally *t)
{
    struct buf position = { 0 };
    struct err err = { 0 };
    struct sink_feed feed = { .name = c->name };
    if (sink->ops->peek && sink->ops->peek(sink, &feed, &position, &err))
        tell(t, FINDING_FAIL, err.msg, NULL);
    else if (c->enc.connector == CONNECTOR_POSTGRESQL)
        (void)!pg_check_position(&c->pg, buf_slice(&position), tell, t, &err);
    else
        (void)!mysql_check_position(&c->mysql, buf_slice(&position), tell, t, &err);
    buf_done(&position);
}

static void check_sink(const struct config *c, struct tally *t)
{
    struct err err = { 0 };
    struct sink *sink = sink_of(c, &err);
    if (!sink)
        tell(t, FINDING_FAIL, err.msg, NULL);
    else if (!sink->ops->check || !sink->ops->check(sink, tell, t, &err))
        check_position(c, sink, t);
    if (sink)
        sink->ops->free(sink);
}

static void check_servers(const struct config *c, struct tally *t)
{
    struct err err = { 0 };
    (void)!(c->enc.connector == CONNECTOR_POSTGRESQL ? pg_check(&c->pg, tell, t, &err) : mysql_check(&c->mysql, tell, t, &err));
    if (!t->fail)
        check_source_tables(c, t);
    if (c->registry.url)
        check_registry(c, t);
    check_sink(c, t);
}

int cmd_check(int argc, char **argv)
{
    struct invocation v;
    struct config c = { 0 };
    struct err err = { 0 };
    struct tally t = { 0 };
    if (invocation_read(&v, argc, argv, "oj", &err) || invocation_config(&v, &c, &err)) {
        config_done(&c);
        return finish_command(&err);
    }
    if (c.log_level == LOG_INFO)
        log_set_level(LOG_WARN);
    t.json = v.json;
    tell(&t, FINDING_OK, arena_printf(&c.arena, "the configuration %s can be read", v.path), NULL);
    if (!v.offline)
        check_servers(&c, &t);
    printf(v.json ? "{\"ok\": %d, \"warn\": %d, \"fail\": %d}\n" : "%d ok, %d warn, %d fail\n", t.ok, t.warn, t.fail);
    config_done(&c);
    return t.fail ? 2 : 0;
}
