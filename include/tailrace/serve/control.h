#ifndef TAILRACE_SERVE_CONTROL_H
#define TAILRACE_SERVE_CONTROL_H
#include "flow/pipeline.h"

/*
 * Control sockets: Unix sockets that only their owner may use. A request is one line of JSON, and
 * so is its answer.
 *
 * A feed has one (control.socket), for its backfills:
 *
 *    {"do": "add", "tables": ["shop.orders"], "where": "...", "columns": ["id"], "topic": "..."}
 *  -> {"ok": true, "id": 3}
 *    {"do": "repair", "tables": ["shop.orders"], "keys": ["02", ...], "more": true}   -> as "add"
 *        A repair of one table (backfill.h). Keys are in hexadecimal. With "rows_only" it writes no
 *        delete. With "more" it waits for further keys, until an order without "more" has come:
 *    {"do": "keys", "id": 3, "keys": ["04", ...], "more": true}       -> {"ok": true}
 *    {"do": "list"}
 *  -> {"ok": true, "jobs": [{"id": 3, "state": "running", ...}]}
 *    {"do": "pause" | "resume" | "cancel", "id": 3}           -> {"ok": true}
 *    anything else                                            -> {"ok": false, "error": "..."}
 *
 * The process has one beside it, for its feeds (serve/steer.h).
 */
struct control;
enum { CONTROL_LINE = 64 << 10 };       /* bytes: a longer request is cut off */

/*
 * One process per feed: locks PATH.lock until *ret_lock is closed. Makes a missing directory. The
 * socket alone cannot tell: of two processes that start at once, one would take the other's socket
 * for a dead one's. ERR_CONFIG: another process, which err names, runs the feed. ERR_RETRY: the
 * file cannot be made.
 */
int control_claim(const char *path, int *ret_lock, struct err *err) must_check;

/*
 * Listens at path, which the caller has claimed. Replaces the socket of a service that died. NULL:
 * err.
 */
struct control *control_new(const char *path, struct err *err) must_check;
struct flow_attendant control_attendant(struct control *c);     /* for a feed */

/* Answers the lines that have come; never blocks. answer appends one line to out. */
typedef void (*control_answerer)(void *arg, struct slice request, struct buf *out);
void control_serve(struct control *c, control_answerer answer, void *arg);
/* descriptors to wait on for reading; returns how many */
int control_fds(void *control, int *ret, int max);
/* more is to be done, even if no descriptor is readable */
bool control_owes(const struct control *c);
void control_free(struct control *c);       /* removes the socket, too */

/*
 * The client's side: sends a line and appends the answer. Blocks. 1: nobody listens there.
 * ERR_CONFIG: somebody may listen, but we may not speak to them. ERR_RETRY: no answer came.
 */
int control_ask(const char *path, struct slice request, struct buf *ret_answer,
                struct err *err) must_check;

/* Appends a job, as in the answer to "list". */
void control_put_job(const struct job_status *s, struct buf *out);
#endif
