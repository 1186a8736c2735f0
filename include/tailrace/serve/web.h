#ifndef TAILRACE_SERVE_WEB_H
#define TAILRACE_SERVE_WEB_H
#include "serve/roster.h"

/*
 * http.listen: metrics, health, status and a status page, for whoever may connect. It only reads
 * statistics, on a thread of its own: no client can hold a feed up.
 */
struct web;

/* Strings are borrowed. */
struct web_about { const char *process, *version, *librdkafka; };

/*
 * listen: HOST:PORT, [IPv6]:PORT, or the path of a Unix socket, which begins with '/'. The roster
 * is borrowed.
 */
struct web *web_new(const char *listen, const struct web_about *about, struct roster *roster,
                    struct err *err);
void web_free(struct web *w);       /* NULL: nothing */
#endif
