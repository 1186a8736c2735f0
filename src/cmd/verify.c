/* `tailrace verify`: compares a feed's topics with its source. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include "base/log.h"
#include "cmd/verify.h"

enum { EXIT_EQUAL = 0, EXIT_DIFFERS = 1, EXIT_UNFINISHED = 5, WAIT_S = 120, MOST_WAIT_S = 86400,
       LISTED = 100 };

static atomic_int stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

static int filter_of(struct config *c, const struct invocation *v, struct filter *ret,
                     struct err *err)
{
    const char **names = arena_alloc(&c->arena, ((size_t)v->ntables + 1) * sizeof *names);
    for (int i = 0; i < v->ntables; i++)
        names[i] = v->tables[i];
    names[v->ntables] = NULL;
    return filter_new(&c->arena, v->ntables ? names : NULL, NULL, ret, err);
}

static int check_options(const struct config *c, struct err *err)
{
    if (c->sink_kind != SINK_KAFKA)
        return err_set(
            err, ERR_CONFIG,
            "sink.kind is not kafka: tailrace verify reads topics of Kafka, and no files yet");
    if (!c->registry.url)
        return err_set(err, ERR_CONFIG, "registry.url is needed to decode what the topics hold");
    return 0;
}

/* Writes nothing, not even to the registry. */
int verify_feed(struct config *c, const struct invocation *v, atomic_int *stop_at,
                const struct verify_options *to, struct verify_totals *totals, struct err *err)
{
    struct filter tables;
    struct backfill_options read = c->flow.backfill;
    struct registry_options registry = c->registry;
    if (check_options(c, err) || filter_of(c, v, &tables, err))
        return -1;
    if (v->rows_per_s >= 0)
        read.rows_per_s = v->rows_per_s > 1000000000 ? 0 : (int)v->rows_per_s;
    registry.auto_register = false;
    registry.stop = c->pg.stop = c->mysql.stop = c->kafka.stop = stop_at;
    struct verify_options o = {
        .feed = c->name,
        .source = source_of(c, err),
        .kafka = &c->kafka,
        .enc = &c->enc,
        .read = &read,
        .skipped = c->flow.skipped,
        .routed = c->flow.routed,
        .tables = &tables,
        .folder = v->index,
        .wait_s = v->wait < 0 ? WAIT_S : v->wait > MOST_WAIT_S ? MOST_WAIT_S : (int)v->wait,
        .stop = stop_at,
        .arg = to->arg,
        .difference = to->difference,
        .table = to->table,
    };
    o.registry = o.source ? registry_new(&registry, err) : NULL;
    int rc = o.registry ? verify_run(&o, totals, err) : -1;
    registry_free(o.registry);
    if (o.source)
        o.source->ops->free(o.source);
    return rc;
}

struct verify_report verify_report_of(const struct invocation *v)
{
    return (struct verify_report){ .out = stdout, .json = v->json,
                                   .list = v->limit < 0 ? LISTED : (uint64_t)v->limit };
}

static int verify(struct config *c, const struct invocation *v, struct verify_totals *totals,
                  struct err *err)
{
    struct verify_report report = verify_report_of(v);
    struct verify_options to = { .arg = &report, .difference = verify_say_difference,
                                 .table = verify_say_table };
    return verify_feed(c, v, &stop, &to, totals, err);
}

int verify_exit(const struct verify_totals *t, uint64_t differences)
{
    if (differences)
        return EXIT_DIFFERS;
    return t->unsettled      ? EXIT_UNFINISHED
           : t->not_compared ? exit_code(&(struct err){ .class = ERR_CONFIG })
                             : EXIT_EQUAL;
}

int verify_fail(const struct err *err)
{
    int code = finish_command(err);
    return err->class == ERR_RETRY ? EXIT_UNFINISHED : code;
}

int cmd_verify(int argc, char **argv)
{
    struct invocation v;
    struct chosen chosen = { 0 };
    struct config *c;
    struct verify_totals totals = { 0 };
    struct err err = { 0 };
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    int rc = invocation_read(&v, argc, argv, "jnv", &err) || chosen_one(&chosen, &v, &c, &err) ||
             verify(c, &v, &totals, &err) ? -1 : 0;
    chosen_done(&chosen);
    if (!rc)
        return verify_exit(&totals, totals.differences);
    return verify_fail(&err);
}
