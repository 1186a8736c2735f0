#ifndef TAILRACE_SERVE_WEB_H
#define TAILRACE_SERVE_WEB_H
#include "flow/stats.h"

/*
 * http.listen: metrics, health, status and a status page, for whoever may connect. It only reads
 * statistics, on a thread of its own: no client can hold a feed up.
 */
struct web;

/* Strings are borrowed. */
struct web_about { const char *process, *version, *librdkafka; };

/* listen: HOST:PORT, [IPv6]:PORT, or the path of a Unix socket, which begins with '/'. */
struct web *web_new(const char *listen, const struct web_about *about, struct err *err);

/* A feed to show, until web_free() or web_part(). Both are borrowed until then. Any thread. */
void web_add(struct web *w, const char *name, struct flow_stats *stats);
void web_part(struct web *w, const struct flow_stats *stats);
void web_free(struct web *w);       /* NULL: nothing */
#endif
