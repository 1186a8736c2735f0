/* Chooses feeds by their names, as a command's --feed gives them. */
#include "config/load.h"
#include <stdlib.h>
#include "base/xalloc.h"

enum { SHOWN = 600 };       /* bytes of names in an error */

void configs_put_names(const struct configs *all, struct buf *out)
{
    size_t i = 0, begin = out->n;
    for (; i < all->n && out->n - begin + strlen(all->feeds[i]->name) < SHOWN; i++)
        buf_printf(out, "%s%s", i ? ", " : "", all->feeds[i]->name);
    if (i < all->n)
        buf_printf(out, "%s%zu more", i ? " and " : "", all->n - i);
}

static const struct config *exact(const struct configs *all, const char *name)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->feeds[i]->name, name) == 0)
            return all->feeds[i];
    return NULL;
}

static int none(const struct configs *all, const char *name, struct err *err)
{
    struct buf names = { 0 };
    configs_put_names(all, &names);
    err_set(err, ERR_CONFIG, "--feed %s: there is no such feed; there %s %s", name, all->n == 1
            ? "is" : "are",
            all->n ? buf_cstr(&names) : "none");
    buf_done(&names);
    return -1;
}

/* Marks the feeds that the name means: one of this very name, else those that it matches. */
static int mark(const struct configs *all, const char *name, bool *chosen, struct err *err)
{
    const struct config *one = exact(all, name);
    struct arena a;
    size_t found = 0;
    arena_init(&a, 4096);
    struct pattern *p = one ? NULL : pattern_new(&a, name, err);
    int rc = one || p ? 0 : err_wrap(err, "--feed");
    for (size_t i = 0; rc >= 0 && i < all->n; i++) {
        rc = one ? all->feeds[i] == one : pattern_matches(p, all->feeds[i]->name, err);
        chosen[i] |= rc > 0;
        found += rc > 0;
    }
    arena_done(&a);
    return rc < 0 ? -1 : found ? 0 : none(all, name, err);
}

int configs_choose(struct configs *all, const char *const *names, size_t nnames,
                   struct config ***ret, size_t *ret_n, struct err *err)
{
    bool *chosen = xcalloc(all->n + 1, sizeof *chosen);
    int rc = 0;
    for (size_t i = 0; i < nnames && !rc; i++)
        rc = mark(all, names[i], chosen, err);
    *ret = arena_alloc(&all->base.arena, (all->n + 1) * sizeof **ret);
    *ret_n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (!nnames || chosen[i])
            (*ret)[(*ret_n)++] = all->feeds[i];
    free(chosen);
    return rc;
}

int configs_settings_used(const struct configs *all, struct err *err)
{
    for (int i = 0; i < all->nsettings; i++) {
        const char *key = all->settings[i].key;
        bool used = !load_setting_of_one(&all->settings[i]);
        for (size_t f = 0; f < all->n && !used; f++)
            used = strlen(all->feeds[f]->name) == strcspn(key, "/") &&
                strncmp(all->feeds[f]->name, key, strcspn(key, "/")) == 0;
        if (!used)
            return load_no_such_feed(&all->settings[i], err);
    }
    return 0;
}
