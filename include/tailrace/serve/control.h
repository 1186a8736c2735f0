#ifndef TAILRACE_SERVE_CONTROL_H
#define TAILRACE_SERVE_CONTROL_H
#include "flow/pipeline.h"

/*
 * The service's control socket: a Unix socket that its owner alone may use. A request is one line of JSON, so is
 * the answer.
 *
 *   {"do": "add", "tables": ["shop.orders"], "where": "...", "columns": ["id"], "topic": "..."}    -> {"ok": true, "id": 3}
 *   {"do": "list"}                                           -> {"ok": true, "jobs": [{"id": 3, "state": "running", ...}]}
 *   {"do": "pause" | "resume" | "cancel", "id": 3}           -> {"ok": true}
 *   anything else                                            -> {"ok": false, "error": "..."}
 */
struct control;

/*
 * One process a feed: locks PATH.lock, in a directory that is made where it is missing, until *ret_lock is closed. The socket
 * alone cannot tell: of two that start at once, one would take the other's for a dead one's. ERR_CONFIG: the feed is run already, its
 * process named. ERR_RETRY: no such file can be made.
 */
int control_claim(const char *path, int *ret_lock, struct err *err) must_check;

/* Listens at path, which is claimed. The socket of a service that died is replaced. */
struct control *control_new(const char *path, struct err *err) must_check;
struct flow_attendant control_attendant(struct control *c);
void control_free(struct control *c);       /* removes the socket */

/*
 * A client's side: sends a line, appends the answer. 1: nobody listens there. ERR_CONFIG: somebody may, but we may not speak to them.
 * Blocks.
 */
int control_ask(const char *path, struct slice request, struct buf *ret_answer, struct err *err) must_check;

/* A job as in the answer to "list". */
void control_put_job(const struct job_status *s, struct buf *out);
#endif
