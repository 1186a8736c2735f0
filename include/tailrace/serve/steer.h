#ifndef TAILRACE_SERVE_STEER_H
#define TAILRACE_SERVE_STEER_H
#include "serve/control.h"
#include "serve/roster.h"
#include "serve/web.h"

/*
 * Orders for a process and its feeds: a control socket with a thread of its own. So no client holds
 * a feed up, and no feed that waits for its server holds an answer back.
 *
 *   {"do": "list"}      -> {"ok": true, "process": "...", "feeds": [{"name": "...", ...}]}
 *                          with "feeds": [...]: only these
 *   {"do": "pause" | "resume" | "restart", "feeds": ["shop", "fra1-.*"]}
 *                       -> {"ok": true, "feeds": ["shop", "fra1-a"]}
 *   {"do": "log-level", "level": "debug" | "info" | "warn" | "error" | "default", "feeds": [...]}
 *                       -> the same; without feeds: the process's level
 *
 * A feed is named by its name, or by a regular expression over the whole name. If one of these fits
 * no feed, nothing is done. An order that takes time has a number:
 *
 *   {"do": "restart" ...}                   -> {"ok": true, "feeds": [...], "order": 3}
 *   {"do": "reload", "dry_run": true}       -> {"ok": true, "feeds": [], "order": 4}
 *   {"do": "position", "feeds": ["shop"], "expected": "...", "position": "..."}
 *                                           -> the same as restart; the feed must be paused or
 *                                              stopped, and is paused afterwards
 *   {"do": "outcome", "order": 3}           -> {"ok": true, "done": false}, later
 *                                              {"ok": true, "done": true, "text": "..."}
 *   anything else                           -> {"ok": false, "error": "..."}
 */
struct steer;

enum order_kind { ORDER_RESTART, ORDER_RELOAD, ORDER_POSITION };

/* An order for the thread that owns the feeds. */
struct order {
    enum order_kind kind;
    bool dry_run;               /* only say what would be done */
    const char *const *feeds;   /* names, then NULL; ORDER_POSITION has one */
    const char *expected, *position;    /* the position that is stored, and the one to store */
};

/* The path of a process's socket, beside control.socket's path. The caller frees it. */
char *steer_path(const char *control_socket);

/*
 * The caller has claimed path. Wakes the engine for each order. All is borrowed until steer_free().
 * NULL: err.
 */
struct steer *steer_new(const char *path, const struct web_about *about, struct roster *roster,
                        struct engine *engine, struct err *err) must_check;
void steer_free(struct steer *s);       /* NULL: nothing */

/* Answers a request as if it were a line on the socket. Any thread. */
void steer_answer(struct steer *s, struct slice request, struct buf *out);

/* The order that waits; NULL: none. The steer owns it, and keeps it until steer_done(). */
const struct order *steer_order(struct steer *s);
/*
 * Tells the outcome of the order. err NULL: it is done, and text says what was done, line by line.
 */
void steer_done(struct steer *s, const struct err *err, struct slice text);
#endif
