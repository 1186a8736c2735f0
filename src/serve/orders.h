#ifndef TAILRACE_SERVE_ORDERS_H
#define TAILRACE_SERVE_ORDERS_H
#include "serve/steer.h"

/* A request on a process's socket, as orders.c reads it. a holds the feeds' names. */
struct wish {
    struct arena a;
    char **feeds;               /* exact names, then NULL */
    const char *level;
    bool dry_run;
    const char *expected, *position;    /* borrowed from the request */
    uint64_t order;
};

/* What orders.c asks of steer.c, since the statistics do not have it. */
struct steering {
    struct roster *roster;
    const struct web_about *about;
    void *arg;
    /*
     * Hands an order to the thread that owns the feeds; returns its number. 0: another order is
     * being done.
     */
    uint64_t (*hand_on)(void *arg, enum order_kind kind, const struct wish *w);
    /* Appends the answer's members. */
    void (*outcome)(void *arg, uint64_t order, struct buf *out);
};

/* Does what a request asks for, and appends the answer's line. */
void orders_answer(const struct steering *s, struct slice request, struct buf *out);
#endif
