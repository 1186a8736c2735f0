#ifndef TAILRACE_CMD_MANY_H
#define TAILRACE_CMD_MANY_H
#include "base/notify.h"
#include "cmd/config.h"
#include "flow/engine.h"
#include "serve/steer.h"

/* A feed of the process. One thread owns all of them: run_many.c's, which also calls
 * run_orders.c. */
struct running {
    struct engine_feed feed;    /* the first member */
    struct config *c;
    struct lane *lane;          /* NULL: a lane of its own */
    struct flow_stats stats;
    bool runs;
    int code;                   /* the exit code of its last end */
    /* its database is dropped: it does not start again; its topics' manners stay for the lanes */
    bool gone;
    /* it ended because something was missing: it starts again at the next look for databases */
    bool waits;
    bool again;                 /* an order: when it has ended, it starts again */
    struct config *next_c;      /* with this configuration; NULL: with the one it had */
    bool removed;               /* gone because the configuration no longer has it */
    /* an order: the feed's thread stores this position before it goes on */
    struct placing {
        char *expected, *position;      /* NULL: none */
        int rc;
        struct err err;
        atomic_int done;
    } place, next_place;        /* next_place: for its next start; its thread reads only place */
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
    struct memory memory;       /* shared by all feeds */
    struct roster roster;
    struct web_about about;
    struct web_options web_options;
    struct buf tls_cert, tls_key;
    struct web *web;            /* NULL: http.listen is not set */
    struct steer *steer;        /* NULL: the process takes no orders */
    struct running *placing;    /* the feed whose position is being stored; NULL: none */
    int claimed;                /* the lock of the control socket; -1: none */
    struct running *all;
    int code;                   /* the worst exit code so far */
    int64_t refreshed_us;
    struct configs *past;       /* read before a reload: feeds and lanes borrow from them */
    size_t npast;
    struct config **old;        /* earlier configurations of changed feeds: names are still shown */
    size_t nold;
    struct pulse pulse;         /* of the thread that owns the feeds */
};

/* run_many.c */
void many_say_exposed(struct configs *all);     /* warns of secrets in files open to everybody */
void many_start(struct many *m, struct running *r);     /* r must not run */
void many_add(struct many *m, struct config *c);
/* Ends the feed of c for good. c is freed with the other configurations. */
void many_part(struct many *m, struct config *c, bool removed);
/* Ends the feed, even if it is held, and starts it again. */
void many_restart(struct many *m, struct running *r);

/*
 * reload.c: reads the configuration again. If anything is wrong with it, all stays as it is (err).
 * ret_text: what has changed, or would change (dry_run), one change a line.
 */
int reload(struct many *m, bool dry_run, struct buf *ret_text, struct err *err) must_check;
void reload_done(struct many *m);       /* frees configurations that were kept */

/* run_orders.c: takes orders from the process's control socket. */
void orders_begin(struct many *m);
void orders_heed(struct many *m);
void orders_end(struct many *m);
#endif
