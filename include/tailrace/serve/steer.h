#ifndef TAILRACE_SERVE_STEER_H
#define TAILRACE_SERVE_STEER_H
#include "serve/control.h"
#include "serve/roster.h"
#include "serve/web.h"

/*
 * Orders for a process and its feeds: a control socket with a thread of its own, so that no client
 * can hold a feed up, and no feed that waits for its server keeps an answer back.
 *
 *   {"do": "list"}      -> {"ok": true, "process": "...", "feeds": [{"name": "...", ...}]}
 *                          with "feeds": [...]: of these
 *   {"do": "pause" | "resume" | "restart", "feeds": ["shop", "fra1-.*"]}
 *                       -> {"ok": true, "feeds": ["shop", "fra1-a"]}
 *   {"do": "log-level", "level": "debug" | "info" | "warn" | "error" | "default", "feeds": [...]}
 *                       -> the same; without feeds: the process's level
 *
 * A feed is named by its name, or by a regular expression over the whole name. Where one of them
 * names none, nothing is done. What takes time has a number:
 *
 *   {"do": "restart" ...}                   -> {"ok": true, "feeds": [...], "order": 3}
 *   {"do": "reload", "dry_run": true}       -> {"ok": true, "feeds": [], "order": 4}
 *   {"do": "position", "feeds": ["shop"], "expected": "...", "position": "..."}
 *                                           -> the same as restart; the feed is paused or stopped,
 *                                              and paused afterwards
 *   {"do": "outcome", "order": 3}           -> {"ok": true, "done": false}, later
 *                                              {"ok": true, "done": true, "text": "..."}
 *   anything else                           -> {"ok": false, "error": "..."}
 */
struct steer;

enum order_kind { ORDER_RESTART, ORDER_RELOAD, ORDER_POSITION };

/* What the thread that owns the feeds is to do. */
struct order {
    enum order_kind kind;
    bool dry_run;               /* say what would be done */
    const char *const *feeds;   /* names; NULL ends it. Of a position: one */
    const char *expected, *position;    /* what is stored, and what is to be */
};

/* The path of a process's socket: beside that of control.socket. To be freed. */
char *steer_path(const char *control_socket);

/* The path is claimed. The engine is woken for each order. All is borrowed. */
struct steer *steer_new(const char *path, const struct web_about *about, struct roster *roster,
                        struct engine *engine, struct err *err) must_check;
void steer_free(struct steer *s);       /* NULL: nothing */

/* Does what a request asks for, as a line on the socket does. Any thread. */
void steer_answer(struct steer *s, struct slice request, struct buf *out);

/* The order that waits; NULL: none. It is the steer's until steer_done(). */
const struct order *steer_order(struct steer *s);
/* What came of it. err NULL: it is done, and this is what there is to say of it, line by line. */
void steer_done(struct steer *s, const struct err *err, struct slice text);
#endif
