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
    bool again;                 /* an order: where it has ended, it begins again, */
    struct config *next_c;      /* with this; NULL: as it was */
    bool removed;               /* gone, as the configuration has it no longer */
    /* an order: this position is stored by the feed's thread, before it goes on */
    struct placing {
        char *expected, *position;      /* NULL: none */
        int rc;
        struct err err;
        atomic_int done;
    } place, next_place;        /* next_place: from its next beginning on; a thread reads place */
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
    struct web_options web_options;
    struct buf tls_cert, tls_key;
    struct web *web;            /* NULL: http.listen is not set */
    struct steer *steer;        /* NULL: the process takes no orders */
    struct running *placing;    /* whose position is being stored; NULL: none */
    int claimed;                /* its lock; -1: none */
    struct running *all;
    int code;                   /* the worst so far */
    int64_t refreshed_us;
    struct configs *past;       /* that were read before: feeds and lanes borrow from them */
    size_t npast;
    struct config **old;        /* what changed feeds had: names of theirs are still shown */
    size_t nold;
    struct pulse pulse;         /* of the thread that looks after the feeds */
};

/* run_many.c */
void many_say_exposed(struct configs *all);     /* files with secrets that everybody may open */
void many_start(struct many *m, struct running *r);     /* it does not run */
void many_add(struct many *m, struct config *c);
/* Its feed ends, and does not begin again; the configuration is freed with the others. */
void many_part(struct many *m, struct config *c, bool removed);
/* It ends, also where it is held, and begins again. */
void many_restart(struct many *m, struct running *r);

/*
 * reload.c: reads the configuration again. What is wrong with it leaves all as it is (err).
 * ret_text: what has changed, or would (dry_run), a line each.
 */
int reload(struct many *m, bool dry_run, struct buf *ret_text, struct err *err) must_check;
void reload_done(struct many *m);       /* frees what was kept */

/* run_orders.c: the process's control socket, and what it is told to do. */
void orders_begin(struct many *m);
void orders_heed(struct many *m);
void orders_end(struct many *m);
#endif
