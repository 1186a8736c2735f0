#ifndef TAILRACE_CMD_MANY_H
#define TAILRACE_CMD_MANY_H
#include "base/notify.h"
#include "cmd/config.h"
#include "flow/engine.h"
#include "serve/steer.h"

/* The feeds of a process. One thread owns them: run_many.c, and run_orders.c, which it calls. */
struct running {
    struct engine_feed feed;    /* the first member */
    struct config *c;
    struct lane *lane;          /* NULL: one of its own */
    struct flow_stats stats;
    bool runs;
    int code;                   /* with which it ended last */
    /* its database is dropped: it is not started again; its topics' manners stay for the lanes */
    bool gone;
    /* it ended as something was missing: it is started again at the next look for databases */
    bool waits;
    bool again;                 /* an order: where it has ended, it begins again */
    struct running *next;
};

struct many {
    struct chosen *chosen;
    const struct invocation *v;
    atomic_int *stop, *hangup;
    struct engine *engine;
    struct lane **lanes;        /* shared by all feeds */
    struct kafka_options *lane_options;
    size_t nlanes;
    struct flow_options lane_flow;
    struct memory memory;       /* of all feeds */
    struct roster roster;
    struct web_about about;
    struct web *web;            /* NULL: http.listen is not set */
    struct steer *steer;        /* NULL: the process takes no orders */
    int claimed;                /* its lock; -1: none */
    struct running *all;
    int code;                   /* the worst so far */
    int64_t refreshed_us;
    struct pulse pulse;         /* of the thread that looks after the feeds */
};

/* run_many.c */
void many_start(struct many *m, struct running *r);     /* it does not run */

/* run_orders.c: the process's control socket, and what it is told to do. */
void orders_begin(struct many *m);
void orders_heed(struct many *m);
void orders_end(struct many *m);
#endif
