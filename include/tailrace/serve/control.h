#ifndef TAILRACE_SERVE_CONTROL_H
#define TAILRACE_SERVE_CONTROL_H
#include "flow/pipeline.h"

/*
 * Control sockets: Unix sockets that their owner alone may use. A request is one line of JSON, so
 * is the answer.
 *
 * A feed has one (control.socket), for its backfills:
 *
 *   {"do": "add", "tables": ["shop.orders"], "where": "...", "columns": ["id"], "topic": "..."}
 * -> {"ok": true, "id": 3}
 *   {"do": "repair", "tables": ["shop.orders"], "keys": ["02", ...], "more": true}   -> as "add"
 *       A repair of one table (backfill.h). Keys are in hexadecimal; of an order with "rows_only"
 *       no delete is written. With "more" it waits until the last of these orders has come, which
 *       is the one without "more":
 *   {"do": "keys", "id": 3, "keys": ["04", ...], "more": true}       -> {"ok": true}
 *   {"do": "list"}                                           -> {"ok": true, "jobs": [{"id": 3,
 * "state": "running", ...}]}
 *   {"do": "pause" | "resume" | "cancel", "id": 3}           -> {"ok": true}
 *   anything else                                            -> {"ok": false, "error": "..."}
 *
 * The process has one beside it, for its feeds (serve/steer.h).
 */
struct control;
enum { CONTROL_LINE = 64 << 10 };       /* bytes: longer requests are cut off */

/*
 * One process a feed: locks PATH.lock, in a directory that is made where it is missing, until
 * *ret_lock is closed. The socket alone cannot tell: of two that start at once, one would take the
 * other's for a dead one's. ERR_CONFIG: the feed is run already, its process named. ERR_RETRY: no
 * such file can be made.
 */
int control_claim(const char *path, int *ret_lock, struct err *err) must_check;

/* Listens at path, which is claimed. The socket of a service that died is replaced. */
struct control *control_new(const char *path, struct err *err) must_check;
struct flow_attendant control_attendant(struct control *c);     /* a feed's */

/* Answers the lines that are there; never blocks. answer appends one line to out. */
typedef void (*control_answerer)(void *arg, struct slice request, struct buf *out);
void control_serve(struct control *c, control_answerer answer, void *arg);
int control_fds(void *control, int *ret, int max);      /* to wait on for reading; how many */
bool control_owes(const struct control *c);     /* there is more to do, whatever they say */
void control_free(struct control *c);       /* removes the socket */

/*
 * A client's side: sends a line, appends the answer. 1: nobody listens there. ERR_CONFIG: somebody
 * may, but we may not speak to them. Blocks.
 */
int control_ask(const char *path, struct slice request, struct buf *ret_answer,
                struct err *err) must_check;

/* A job as in the answer to "list". */
void control_put_job(const struct job_status *s, struct buf *out);
#endif
