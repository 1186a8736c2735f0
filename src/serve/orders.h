#ifndef TAILRACE_SERVE_ORDERS_H
#define TAILRACE_SERVE_ORDERS_H
#include "serve/steer.h"

/* A request on a process's socket, as orders.c reads it. Strings live in a. */
struct wish {
    struct arena a;
    char **feeds;               /* exact names; NULL ends it */
    const char *level;
    bool dry_run;
    const char *expected, *position;    /* borrowed from the request */
    uint64_t order;
};

/* What steer.c has to say where an answer is not in the statistics. */
struct steering {
    struct roster *roster;
    const struct web_about *about;
    void *arg;
    /* Hands an order to the thread that owns the feeds. 0: one is being done. */
    uint64_t (*hand_on)(void *arg, enum order_kind kind, const struct wish *w);
    /* Appends the answer's members. */
    void (*outcome)(void *arg, uint64_t order, struct buf *out);
};

/* Does what a request asks for, and appends the answer's line. */
void orders_answer(const struct steering *s, struct slice request, struct buf *out);
#endif
