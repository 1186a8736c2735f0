#ifndef TAILRACE_SERVE_WEB_H
#define TAILRACE_SERVE_WEB_H
#include "serve/roster.h"

/*
 * http.listen: metrics, health, status and a status page, for whoever may connect, and orders for
 * who has the token. It reads statistics and sets flags, on a thread of its own: no client can hold
 * a feed up.
 */
struct web;
struct steer;

/* Strings are borrowed. */
struct web_about { const char *process, *version, *librdkafka; };

/* Borrowed, until web_free(). */
struct web_options {
    /* HOST:PORT, [IPv6]:PORT, or the path of a Unix socket, which begins with '/' */
    const char *listen;
    const char *token;          /* for orders; NULL: none are taken */
    const char *tls_cert, *tls_key;     /* PEM; NULL: no TLS */
};

/* The roster is borrowed. ERR_CONFIG: a token would cross the network in the clear. */
struct web *web_new(const struct web_options *opt, const struct web_about *about,
                    struct roster *roster, struct err *err);

/* Who carries orders out, until web_free(). Any thread. */
void web_steer(struct web *w, struct steer *s);
void web_free(struct web *w);       /* NULL: nothing */

/* The paths as an OpenAPI 3 text; to be freed. */
char *web_openapi(void);
#endif
