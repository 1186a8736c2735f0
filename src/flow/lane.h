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
 * stores one position for each feed.
 */
struct lane;

/* For tests: as lane_new(), but without a thread. The lane takes a turn whenever one of its ports
 * looks or asks. */
struct lane *lane_new_stepped(struct sink *sink, const struct flow_options *opt);

/* A feed's side of its lane. All calls come from the feed's thread. */
struct port;

/*
 * The lane outlives the port. opt is copied; what it points to stays valid until port_leave().
 * owner says who we are (sink_feed.owner); it is copied.
 */
struct port *port_new(struct lane *l, const struct flow_options *opt, struct slice owner);

/*
 * The feed ends. Batches that were put may still become durable; the lane drops the others. From
 * here on the lane uses nothing else that the feed made.
 */
void port_leave(struct port *p);

/*
 * Begins a session. Waits until everything that this port has sent is durable. Opens the sink if
 * it is not open or has failed; reopening drops what is not durable. Then reads the stored
 * position and the values kept beside it, as sink_ops.load does. If no position is stored, gives
 * the newest position that this process knows to be durable.
 */
int port_begin(struct port *p, struct buf *ret_position, kept_fn *each, void *arg,
               struct err *err) must_check;

/* Gives a batch to fill, reused or new. The caller owns it until port_send(). */
struct batch *port_open(struct port *p);

/* A batch of this many bytes is full. Where several feeds use the lane, this may be less than
 * limits.batch-bytes. */
uint64_t port_most(const struct port *p);

/* True if the lane takes a batch that is not full, because it has nothing of this feed to do. */
bool port_hungry(struct port *p);

/*
 * Hands b over. A batch without a position waits in the port for the next batch with one, because
 * the lane puts only whole parcels. rest: nothing follows for now. inside: b ends inside a source
 * transaction. If the lane has failed, the port drops the parcel.
 */
void port_send(struct port *p, struct batch *b, bool rest, bool inside);

/* True if as much is sent and not drained as limits.batches or limits.memory allows: the feed then
 * reads no further. */
bool port_full(struct port *p);

/* True if everything that was sent is durable or dropped, or if the lane has failed. */
bool port_settled(struct port *p);

/*
 * batches, bytes: sent and not drained. commits: positions that became durable since the port was
 * made; commit_us: the microseconds that these commits took, added up.
 */
struct port_counts { uint32_t batches; uint64_t bytes, commits, commit_us; };
struct port_counts port_counts(struct port *p);

/* Makes the lane store the position of what is delivered at once, not at the next due time. */
void port_hurry(struct port *p);

/*
 * *ret_news: a newer position has become durable since the last look, and *ret_durable has it.
 * -1: the lane has failed, and err says why. Both may be true at once.
 */
int port_look(struct port *p, struct buf *ret_durable, bool *ret_news, struct err *err) must_check;

/* True if rows became durable, with a position after them, since the last call. */
bool port_progressed(struct port *p);

/* After a failure: the topic of the record of this feed that the sink refused. NULL: the failure
 * had another cause. */
const struct sink_topic *port_refused(struct port *p);

/* Turns that failure into ERR_RETRY: the feed may begin another session. */
void port_excuse(struct port *p);

/* Readable when port_look() has news or the lane is hungry. Call port_heard() before looking. */
int port_fd(const struct port *p);
void port_heard(struct port *p);

/* As sink_ops.topic and .holds. May block as long as they do. */
int port_topic(struct port *p, const struct topic_spec *spec, struct sink_topic **ret,
               struct err *err) must_check;
int port_holds(struct port *p, const char *prefix, bool *ret, struct err *err) must_check;

/* As sink_ops.owner; appends nothing if the sink has no such call. Fences nobody. */
int port_owner(struct port *p, struct buf *ret_owner, struct err *err) must_check;

bool port_announces(const struct port *p);  /* sink.announces */
/* another instance has taken over, as the lane's failure or sink_ops.load has shown */
bool port_fenced(struct port *p);
/* the sink keeps the source's values beside the position (sink_ops.keep) */
bool port_keeps(const struct port *p);
bool port_forgets(const struct port *p);    /* sink.forgets */

/* Gives idle memory back. */
void port_shrink(struct port *p);
#endif
