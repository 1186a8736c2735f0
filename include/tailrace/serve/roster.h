#ifndef TAILRACE_SERVE_ROSTER_H
#define TAILRACE_SERVE_ROSTER_H
#include <pthread.h>
#include "flow/engine.h"
#include "flow/stats.h"

/* A feed that the process shows and takes orders for. All is borrowed until roster_part(). */
struct roster_feed {
    const char *name;
    struct flow_stats *stats;
    struct engine_feed *engine;     /* NULL: it takes no orders */
    const char *socket;             /* its control socket; NULL: none */
};

struct roster {
    /* guards the members below: no feed comes or goes while it is held */
    pthread_mutex_t lock;
    struct roster_feed *feeds;
    size_t n, cap;
};

void roster_init(struct roster *r);
void roster_done(struct roster *r);

/* Any thread. */
void roster_add(struct roster *r, const char *name, struct flow_stats *stats,
                struct engine_feed *engine);
void roster_socket(struct roster *r, const struct flow_stats *stats, const char *socket);
void roster_part(struct roster *r, const struct flow_stats *stats);
void roster_lock(struct roster *r);
void roster_unlock(struct roster *r);

/*
 * Finds the feeds of this name; if there is none, the feeds whose whole name this regular
 * expression matches. ret gets their indices, and has room for all feeds. 0, or ERR_CONFIG: there
 * is none, and err names the nearest. Call it under the lock.
 */
int roster_find(const struct roster *r, const char *name, size_t *ret, size_t *ret_n,
                struct err *err) must_check;
#endif
