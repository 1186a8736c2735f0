#ifndef TAILRACE_SINK_FOLLOW_H
#define TAILRACE_SINK_FOLLOW_H
#include "sink/sink.h"

/*
 * Reads one topic of a feed beside the feed, from any offset on, committed records only; and reads
 * the positions that the feed stores. Writes nothing, joins no consumer group, fences nobody. One
 * thread.
 */
struct follow;

/* key, value: p == NULL: none. Borrowed for the call. */
struct follow_record {
    int32_t partition;
    int64_t offset, time_ms;
    struct slice key, value;
};
typedef int follow_fn(void *arg, const struct follow_record *r, struct err *err);

/* A topic as it is now. If the id differs from an earlier one, the topic was deleted and made
 * anew. */
struct follow_topic {
    char id[40];                /* "": the brokers do not say */
    int32_t partitions;         /* 0: there is no such topic */
    int64_t *low, *high; /* per partition: its first offset, and the offset after its last */
};
void follow_topic_done(struct follow_topic *t);

/* feed: the feed whose positions are read. opt and feed are borrowed. Reads the position topic to
 * its end. */
struct follow *follow_new(const struct kafka_options *opt, const char *feed,
                          struct err *err) must_check;
void follow_free(struct follow *f);

/* Fills *ret; free it with follow_topic_done(). ret->partitions 0: there is no such topic. */
int follow_look(struct follow *f, const char *topic, struct follow_topic *ret,
                struct err *err) must_check;

/* Reads this topic from now on, instead of an earlier one. from[i]: first offset of partition i. */
int follow_begin(struct follow *f, const char *topic, int32_t partitions, const int64_t *from,
                 struct err *err) must_check;

/* Hands out the records that have come, some thousand per call. Waits at most timeout_ms for the
 * first one. */
int follow_poll(struct follow *f, int timeout_ms, follow_fn *each, void *arg,
                struct err *err) must_check;

/*
 * Reads all positions that are written by now. Holds the topic's records that come meanwhile back.
 * With exactly-once delivery follow_position() then covers all records that were handed out. 1: it
 * does; 0: not yet, after timeout_ms or too many records; an open transaction may take longer.
 */
int follow_cover(struct follow *f, int timeout_ms, struct err *err) must_check;

/* When a record, a position or the end of a partition last came (clock_mono_us). */
int64_t follow_heard_us(const struct follow *f);

/* The newest position seen; empty: none is stored. Borrowed until the next call. */
struct slice follow_position(const struct follow *f);

/*
 * Sets the aim: the topic's end now, including records of open transactions. follow_reached() is
 * true when every record before the aim was handed out, or never will be (it was aborted).
 */
int follow_aim(struct follow *f, struct err *err) must_check;
bool follow_reached(const struct follow *f);

/* The next offset to read, per partition. Borrowed. */
const int64_t *follow_next(const struct follow *f);
#endif
