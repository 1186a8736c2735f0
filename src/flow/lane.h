#ifndef TAILRACE_FLOW_LANE_H
#define TAILRACE_FLOW_LANE_H
#include "flow/ledger.h"
#include "flow/pipeline.h"

/*
 * A lane is a thread that owns one sink. Feeds, each on a thread of its own,
 * hand sealed batches to it and hear which position is durable:
 *
 *   feed thread                         lane thread
 *     port_open()  fill  port_send() -->  put, poll, commit
 *     port_look() <------------------ durable position, or why the lane failed
 *
 * With transactions the lane groups the batches of all its feeds: one commit
 * stores a position of each.
 */
struct lane;

/* For tests: as lane_new(), but without a thread. The lane takes a turn whenever one of its ports
 * looks or asks. */
struct lane *lane_new_stepped(struct sink *sink, const struct flow_options *opt);

/* A feed's side of its lane. All calls come from the feed's thread. */
struct port;

/* opt is looked at until port_leave(), and the lane outlives it. owner: who we are, as
 * sink_feed.owner. */
struct port *port_new(struct lane *l, const struct flow_options *opt, struct slice owner);

/* What was put may still become durable; the rest is dropped. From here on the lane looks at
 * nothing that the feed made. */
void port_leave(struct port *p);

/*
 * A session begins. Opens the sink where it is not open or has failed; waits until all that this
 * port has sent is durable; then reads the stored position and what is kept beside it, as
 * sink_ops.load. A sink that forgets: what this process knows to be durable.
 */
int port_begin(struct port *p, struct buf *ret_position, kept_fn *each, void *arg,
               struct err *err) must_check;

/* A batch to fill: an earlier one's memory, or new. It is the port's again with port_send(). */
struct batch *port_open(struct port *p);

/* A batch of so many bytes is full: less than limits.batch-bytes beside other feeds of the lane. */
uint64_t port_most(const struct port *p);

/* Whether a batch may be handed over that is not full: the lane has nothing of this feed to do. */
bool port_hungry(struct port *p);

/*
 * Hands b over. A batch without a position waits here for the next one that has one: only whole
 * parcels are put. rest: nothing follows for now. inside: it ends inside a source transaction.
 * Nothing is sent to a lane that has failed.
 */
void port_send(struct port *p, struct batch *b, bool rest, bool inside);

/* What was sent and is not durable is as much as limits.batches allows: read no further. */
bool port_full(struct port *p);

/* Everything that was sent is durable, or dropped. */
bool port_settled(struct port *p);

/* What was sent and is not durable, and positions that became durable since the port was made. */
struct port_counts { uint32_t batches; uint64_t bytes, commits, commit_us; };
struct port_counts port_counts(struct port *p);

/* Stores the position of what is delivered without waiting for its time. */
void port_hurry(struct port *p);

/* *ret_durable: the newest durable position, if there is a newer one (true in *ret_news). -1: the
 * lane has failed, and why. */
int port_look(struct port *p, struct buf *ret_durable, bool *ret_news, struct err *err) must_check;

/* Rows became durable, with a position behind them, since this was last asked. */
bool port_progressed(struct port *p);

/* After a failure: the topic of this feed's record that the sink refused; NULL: that was not it. */
const struct sink_topic *port_refused(struct port *p);

/* That failure is not the end of the feed: a session may begin. */
void port_excuse(struct port *p);

/* Readable when port_look() has news or the lane is hungry; then port_heard() before looking. */
int port_fd(const struct port *p);
void port_heard(struct port *p);

/* As sink_ops.topic and .holds. May block as long as they do. */
int port_topic(struct port *p, const struct topic_spec *spec, struct sink_topic **ret,
               struct err *err) must_check;
int port_holds(struct port *p, const char *prefix, bool *ret, struct err *err) must_check;

/* As sink_ops.owner; nothing where the sink knows of none. Nobody is fenced. */
int port_owner(struct port *p, struct buf *ret_owner, struct err *err) must_check;

bool port_announces(const struct port *p);  /* sink.announces */
/* the lane has failed, as another instance has taken over */
bool port_fenced(struct port *p);
/* the sink keeps what a source says beside its position */
bool port_keeps(const struct port *p);
bool port_forgets(const struct port *p);    /* sink.forgets */

/* Gives idle memory back. */
void port_shrink(struct port *p);
#endif
