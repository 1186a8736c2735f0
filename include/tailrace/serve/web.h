#ifndef TAILRACE_SERVE_WEB_H
#define TAILRACE_SERVE_WEB_H
#include "serve/roster.h"

/*
 * http.listen: metrics, health, status and a status page, for whoever may connect; orders, for
 * whoever has the token. Reads statistics and sets flags, on a thread of its own: no client can
 * hold a feed up.
 */
struct web;
struct steer;

/* Strings are borrowed. */
struct web_about { const char *process, *version, *librdkafka; };

/* Borrowed, until web_free(). */
struct web_options {
    /* HOST:PORT, [IPv6]:PORT, or the path of a Unix socket, beginning with '/' */
    const char *listen;
    const char *token;          /* whoever shows it may give orders; NULL: no orders are taken */
    const char *tls_cert, *tls_key;     /* PEM; NULL: no TLS */
};

/*
 * The roster is borrowed. NULL: ERR_CONFIG: an option is wrong, the address cannot be used, or the
 * token would cross the network in the clear.
 */
struct web *web_new(const struct web_options *opt, const struct web_about *about,
                    struct roster *roster, struct err *err);

/* Sets who carries orders out, until web_free(). w may be NULL. Any thread. */
void web_steer(struct web *w, struct steer *s);
void web_free(struct web *w);       /* NULL: nothing */

/* Describes the paths as an OpenAPI 3 text. The caller frees it. */
char *web_openapi(void);
#endif
