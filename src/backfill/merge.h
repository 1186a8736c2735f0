#ifndef TAILRACE_BACKFILL_MERGE_H
#define TAILRACE_BACKFILL_MERGE_H
#include "backfill/backfill.h"

/* How the loop and what is read beside it work together: flow/pipeline.c's side of
 * backfill/backfill.h. */
struct backfill *backfill_new(const struct backfill_options *opt, struct source *src);
void backfill_free(struct backfill *b);

/*
 * How a row's key stands in the topic, for repairs: appends its bytes. A row of the stream's table.
 * Without it no repair is taken.
 */
typedef int backfill_key_fn(void *arg, const struct table *t, struct row r, struct buf *out,
                            struct err *err);
void backfill_keys_by(struct backfill *b, backfill_key_fn *fn, void *arg);

/*
 * A session begins: state is the line that backfill_state() once wrote, or empty.
 * fresh: no position was stored, or what it needs is lost.
 */
int backfill_open(struct backfill *b, struct slice state, bool fresh, struct err *err) must_check;
void backfill_close(struct backfill *b);

/* What is read is read because changes were lost: deletes among them too, so its tables are named
 * in the log. */
void backfill_after_gap(struct backfill *b);

/* Orders chunks, takes what has come in. Quick; call it between events. */
int backfill_tend(struct backfill *b, struct err *err) must_check;

/*
 * 1: *ret_ev is a row, borrowed until the next call, or a repair's delete (ev->key); or it is as it
 * was, as rows were passed over that a repair is not about. 2: only the place moved; 0: nothing to
 * hand out now.
 */
int backfill_next(struct backfill *b, struct event *ret_ev, struct err *err) must_check;

/* The row just handed out cannot be written: its job ends there. The feed's own read is the feed's
 * error. */
int backfill_fail(struct backfill *b, struct err *err) must_check;

/* Records for this topic, which is some job's own, were refused: that job ends. 0: there is no such
 * job. */
bool backfill_refuse(struct backfill *b, const char *topic, const struct err *why);

/* The stream has handed out a row's change. */
void backfill_touch(struct backfill *b, const struct event *ev);

/* The source parts with this table version. */
void backfill_part(struct backfill *b, const struct table *t);

/* no chunk is half handed out: the place is exact */
bool backfill_whole(const struct backfill *b);
/* since it was last asked, other than by its rows: to be stored */
bool backfill_changed(struct backfill *b);
bool backfill_is_first(const struct backfill *b);   /* the feed's own first read is under way */
bool backfill_idle(const struct backfill *b);       /* nothing to read, unless it is resumed */
int backfill_fd(const struct backfill *b);          /* readable when there is news; -1: none */
void backfill_state(const struct backfill *b, struct buf *out);

/* This state, of an earlier call or session, is stored: what ended in it is complete. Until then
 * its last rows may be read again. */
void backfill_durable(struct backfill *b, struct slice state);
#endif
