/* `tailrace setup`: prepares the source of each feed (publication, slot, account), or prints the
 * SQL. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include "cmd/config.h"

static atomic_int stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

/* The first signal ends the wait for a slot, while the server goes on making it. The second signal
 * ends the process. */
static void heed_signals(void)
{
    struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

/* The feed's position, as its sink has stored it; empty: none. */
static int stored_position(void *arg, struct buf *ret, struct err *err)
{
    const struct config *c = arg;
    struct sink_feed feed = { .name = c->name };
    struct sink *sink = sink_of(c, err);
    if (!sink)
        return -1;
    int rc = sink->ops->peek ? sink->ops->peek(sink, &feed, ret, err) : 0;
    sink->ops->free(sink);
    return rc;
}

static int setup(const struct config *c, const struct invocation *v, struct err *err)
{
    struct pg_setup_options how = { v->dry_run, v->all_tables, v->allow_no_identity,
                                    stored_position, (void *)(uintptr_t)c };
    struct pg_options pg = c->pg;
    pg.stop = &stop;
    if (c->enc.connector == CONNECTOR_POSTGRESQL)
        return pg_setup(&pg, &how, stdout, err);
    if (v->all_tables || v->allow_no_identity)
        return err_set(err, ERR_CONFIG,
                       "--all-tables and --allow-no-identity are of PostgreSQL: a binlog has no "
                       "publication");
    return mysql_setup(&c->mysql, v->dry_run, stdout, err);
}

/* Sets up each feed in its turn; a failure does not stop the others. Returns the worst exit
 * code. */
static int setup_each(const struct chosen *chosen, const struct invocation *v)
{
    int worst = 0;
    for (size_t i = 0; i < chosen->n && !stop; i++) {
        const struct config *c = chosen->feeds[i];
        struct err err = { 0 };
        if (chosen->all.many)
            printf("%s-- feed %s%s%s\n", i ? "\n" : "", c->name, c->database ? ", database " : "",
                   c->database ? c->database : "");
        int rc = setup(c, v, &err);
        fflush(stdout);
        if (rc && chosen->all.many)
            err_wrap(&err, "feed %s", c->name);
        int code = rc ? finish_command(&err) : 0;
        worst = code > worst ? code : worst;
    }
    return worst;
}

int cmd_setup(int argc, char **argv)
{
    struct invocation v;
    struct chosen chosen = { 0 };
    struct err err = { 0 };
    int worst = 0;
    if (invocation_read(&v, argc, argv, "dp", &err) || chosen_load(&chosen, &v, false, &err)) {
        chosen_done(&chosen);
        return finish_command(&err);
    }
    for (size_t i = 0; i < chosen.ntroubles; i++) {
        log_error("%s: %s", chosen.troubles[i].where, chosen.troubles[i].why.msg);
        int code = exit_code(&chosen.troubles[i].why);
        worst = code > worst ? code : worst;
    }
    heed_signals();
    int code = setup_each(&chosen, &v);
    chosen_done(&chosen);
    return code > worst ? code : worst;
}
