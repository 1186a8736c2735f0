#ifndef TAILRACE_SERVE_WEB_ORDERS_H
#define TAILRACE_SERVE_WEB_ORDERS_H
#include "base/buf.h"

/* An order over HTTP as a control socket takes it. */
struct web_order {
    char *feed;                 /* the feed in the path; NULL: none */
    bool of_feed;               /* for the feed's own socket, else for the process's */
    struct buf line;            /* the request, without its end */
    const char *why, *allow;    /* what is wrong; 405: the methods that there are */
};
void web_order_done(struct web_order *o);

/* Is it a path of orders, whatever the method? */
bool web_order_path(const char *path);

/* 0, or the HTTP code of what is wrong. */
unsigned web_order_read(const char *method, const char *path, struct slice body,
                        struct web_order *ret);

/* The code of a control socket's answer. */
unsigned web_order_code(struct slice answer);
#endif
