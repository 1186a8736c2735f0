#ifndef TAILRACE_BACKFILL_MERGE_H
#define TAILRACE_BACKFILL_MERGE_H
#include "backfill/backfill.h"

/* What the feed's loop (flow/pipeline.c) calls to join backfills with the stream. Others call
 * backfill/backfill.h. */
struct backfill *backfill_new(const struct backfill_options *opt, struct source *src);
void backfill_free(struct backfill *b);

/*
 * For repairs: appends the key of r, a row of the stream's table t, as the topic has it. A backfill
 * without such a function refuses repairs.
 */
typedef int backfill_key_fn(void *arg, const struct table *t, struct row r, struct buf *out,
                            struct err *err);
void backfill_keys_by(struct backfill *b, backfill_key_fn *fn, void *arg);

/*
 * A session begins. state is a line that backfill_state() once wrote, or empty.
 * fresh: no position is stored, or the source has lost what the position needs.
 */
int backfill_open(struct backfill *b, struct slice state, bool fresh, struct err *err) must_check;
void backfill_close(struct backfill *b);

/* The first read makes up for lost changes. Deletes may be among them, so the log will name the
 * tables. */
void backfill_after_gap(struct backfill *b);

/* Orders chunks and takes the workers' answers. Quick; call it between events. */
int backfill_tend(struct backfill *b, struct err *err) must_check;

/*
 * 1: *ret_ev is a row, borrowed until the next call, or a repair's delete (ev->key). *ret_ev is
 * unchanged if only rows were passed over that a repair does not want. 2: only the place moved. 0:
 * nothing to hand out now.
 */
int backfill_next(struct backfill *b, struct event *ret_ev, struct err *err) must_check;

/* The row just handed out cannot be written, and *err says why: ends its job and returns 0. -1: the
 * job is the feed's first read, or the error is ERR_RETRY; the feed has the error. */
int backfill_fail(struct backfill *b, struct err *err) must_check;

/* The sink refused records for this topic: ends the job whose own topic it is. False: there is no
 * such job. */
bool backfill_refuse(struct backfill *b, const char *topic, const struct err *why);

/* The stream has handed out a row's change. */
void backfill_touch(struct backfill *b, const struct event *ev);

/* The source drops this table version. */
void backfill_part(struct backfill *b, const struct table *t);

/* No chunk is half handed out, so the place is exact. */
bool backfill_whole(const struct backfill *b);
/* Since the last call jobs have changed, other than by rows handed out: store the position soon. */
bool backfill_changed(struct backfill *b);
bool backfill_is_first(const struct backfill *b);   /* the feed's own first read is under way */
bool backfill_idle(const struct backfill *b);       /* nothing to read; paused jobs do not count */
int backfill_fd(const struct backfill *b);          /* readable when there is news; -1: none */
/* Appends the jobs' line of the position. */
void backfill_state(const struct backfill *b, struct buf *out);

/* A position with this state, of an earlier call or session, is now durable. Jobs that had ended in
 * it are complete; before that a restart may read their last rows again. */
void backfill_durable(struct backfill *b, struct slice state);
#endif
