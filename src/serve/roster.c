/* The list of a process's feeds, for whoever shows them or takes orders for them. */
#include "serve/roster.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/distance.h"
#include "base/pattern.h"
#include "base/xalloc.h"

void roster_init(struct roster *r)
{
    *r = (struct roster){ 0 };
    pthread_mutex_init(&r->lock, NULL);
}

void roster_done(struct roster *r)
{
    free(r->feeds);
    pthread_mutex_destroy(&r->lock);
}

void roster_lock(struct roster *r)
{
    pthread_mutex_lock(&r->lock);
}

void roster_unlock(struct roster *r)
{
    pthread_mutex_unlock(&r->lock);
}

void roster_add(struct roster *r, const char *name, struct flow_stats *stats,
                struct engine_feed *engine)
{
    roster_lock(r);
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 16;
        r->feeds = xrealloc(r->feeds, r->cap, sizeof *r->feeds);
    }
    r->feeds[r->n++] = (struct roster_feed){ name, stats, engine, NULL };
    roster_unlock(r);
}

void roster_socket(struct roster *r, const struct flow_stats *stats, const char *socket)
{
    roster_lock(r);
    for (size_t i = 0; i < r->n; i++)
        if (r->feeds[i].stats == stats)
            r->feeds[i].socket = socket;
    roster_unlock(r);
}

void roster_part(struct roster *r, const struct flow_stats *stats)
{
    roster_lock(r);
    for (size_t i = 0; i < r->n; i++)
        if (r->feeds[i].stats == stats) {
            memmove(r->feeds + i, r->feeds + i + 1, (--r->n - i) * sizeof *r->feeds);
            break;
        }
    roster_unlock(r);
}

static int no_such_feed(const struct roster *r, const char *name, struct err *err)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < r->n; i++) {
        size_t d = edit_distance(name, r->feeds[i].name);
        if (d < least) {
            least = d;
            nearest = r->feeds[i].name;
        }
    }
    if (!nearest)
        return err_set(err, ERR_CONFIG, "%.200s: this service has no feed", name);
    return err_set(err, ERR_CONFIG, "%.200s: this service has no such feed; the nearest is "
                   "%.200s -> tailrace ctl list names all", name, nearest);
}

int roster_find(const struct roster *r, const char *name, size_t *ret, size_t *ret_n,
                struct err *err)
{
    struct arena a;
    *ret_n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->feeds[i].name, name) == 0)
            ret[(*ret_n)++] = i;
    if (*ret_n)
        return 0;
    arena_init(&a, 1024);
    struct err why = { 0 };
    struct pattern *p = pattern_new(&a, name, &why);
    for (size_t i = 0; p && i < r->n; i++)
        if (pattern_matches(p, r->feeds[i].name, &why) > 0)
            ret[(*ret_n)++] = i;
    arena_done(&a);
    return *ret_n ? 0 : no_such_feed(r, name, err);
}
