#ifndef TAILRACE_SERVE_WEB_ORDERS_H
#define TAILRACE_SERVE_WEB_ORDERS_H
#include "base/buf.h"

/* An order that came over HTTP, in the form that a control socket takes. */
struct web_order {
    char *feed;                 /* the feed in the path; NULL: none */
    bool of_feed;               /* true: for the feed's own socket; false: for the process's */
    struct buf line;            /* the request, without its line end */
    /* why: what is wrong; allow, with 405: the methods that the path has */
    const char *why, *allow;
};
void web_order_done(struct web_order *o);

/* Is it a path of orders, with whatever method? */
bool web_order_path(const char *path);

/* 0, or the HTTP code for what is wrong. */
unsigned web_order_read(const char *method, const char *path, struct slice body,
                        struct web_order *ret);

/* The HTTP code for a control socket's answer. */
unsigned web_order_code(struct slice answer);
#endif
