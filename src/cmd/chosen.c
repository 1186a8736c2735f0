/* The feeds that a command is for: all feeds of the configuration, or those that --feed names. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd/config.h"

static void trouble(struct chosen *to, const char *where, const struct err *why, bool server)
{
    struct arena *a = &to->all.base.arena;
    to->troubles = arena_grown(a, to->troubles, to->ntroubles, &to->troubles_cap,
                               sizeof *to->troubles);
    to->troubles[to->ntroubles++] = (struct trouble){ where, *why, server };
}

/* Asks a server for its databases. False: the server does not answer. */
static bool ask(struct chosen *to, struct configs_server *s)
{
    struct arena *a = &to->all.base.arena;
    const char *at = arena_printf(a, "%s:%zu", s->entry.at.file, s->entry.at.line);
    struct configs_change change;
    struct err err = { 0 };
    if (configs_refresh(&to->all, s, &change, &err)) {
        trouble(to, at, &err, true);
        return false;
    }
    for (size_t i = 0; i < change.nrefused; i++)
        trouble(to, arena_printf(a, "database %s (%s)", change.refused[i].database, at),
                &change.refused[i].why, false);
    configs_change_done(&change);
    return true;
}

/* Adds to err what to do if there is no configuration: many begin without one. Returns -1. */
static int no_file(const char *path, struct err *err)
{
    struct stat st;
    if (!stat(path, &st) && S_ISDIR(st.st_mode) && strstr(err->msg, strerror(ENOENT)) &&
        strstr(err->msg, "/tailrace.yaml: "))
        return err_add(err, " -> a folder has a tailrace.yaml, with what holds for all feeds "
                       "(docs/many.md)");
    if (access(path, F_OK) && errno == ENOENT)
        return err_add(err, " -> name the configuration with -c; tailrace docs example prints one "
                       "with every option");
    return -1;
}

int chosen_load(struct chosen *ret, const struct invocation *v, bool whole, struct err *err)
{
    struct configs *all = &ret->all;
    *ret = (struct chosen){ 0 };
    if (configs_load(all, v->path, v->settings, v->nsettings, err))
        return whole ? -1 : no_file(v->path, err);
    log_set_level((enum log_level)all->process->log_level);
    log_set_format((enum log_format)all->process->log_format);
    for (size_t i = 0; i < all->npassed_over; i++)
        log_debug("not a file NAME.yaml: it is passed over file=\"%s\"", all->passed_over[i]);
    bool goes_on = !v->offline;
    for (size_t i = 0; i < all->nservers && goes_on; i++)
        goes_on = ask(ret, all->servers[i]) || !whole;
    if (!ret->ntroubles && !v->offline && configs_settings_used(all, err))
        return -1;
    if (!configs_choose(all, v->feeds, (size_t)v->nfeeds, &ret->feeds, &ret->n, err))
        return 0;
    for (size_t i = 0; i < ret->ntroubles; i++)
        log_warn("%s: %s", ret->troubles[i].where, ret->troubles[i].why.msg);
    return -1;
}

int chosen_one(struct chosen *ret, const struct invocation *v, struct config **ret_one,
               struct err *err)
{
    struct buf names = { 0 };
    int rc = chosen_load(ret, v, false, err);
    if (!rc && ret->n != 1) {
        struct configs only = { .feeds = ret->feeds, .n = ret->n };
        configs_put_names(&only, &names);
        rc = ret->ntroubles && !ret->n ? (*err = ret->troubles[0].why, -1)
            : !ret->n ? err_set(err, ERR_CONFIG, "%s: there is no feed: no database fits", v->path)
            : err_set(err, ERR_CONFIG,
                      "there are %zu feeds, and one is wanted: --feed NAME, of %s", ret->n,
                          buf_cstr(&names));
    }
    buf_done(&names);
    if (!rc)
        *ret_one = ret->feeds[0];
    return rc;
}

void chosen_done(struct chosen *c)
{
    configs_done(&c->all);
}
