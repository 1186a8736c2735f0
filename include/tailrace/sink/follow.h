#ifndef TAILRACE_SINK_FOLLOW_H
#define TAILRACE_SINK_FOLLOW_H
#include "sink/sink.h"

/*
 * One of a feed's topics, read beside the feed: committed records only, from any offset on, and
 * besides the position that the feed stores. Nothing is written, no consumer group is joined,
 * nobody is fenced. One thread.
 */
struct follow;

/* key, value: p == NULL: none. Borrowed for the call. */
struct follow_record {
    int32_t partition;
    int64_t offset, time_ms;
    struct slice key, value;
};
typedef int follow_fn(void *arg, const struct follow_record *r, struct err *err);

/* A topic as it is now. Another id: it was deleted and made anew. */
struct follow_topic {
    char id[40];                /* "": the brokers do not say */
    int32_t partitions;         /* 0: there is no such topic */
    int64_t *low, *high; /* a partition each: its first offset, and the one behind its last */
};
void follow_topic_done(struct follow_topic *t);

/* feed: whose position is read, too. All are borrowed. Reads the position topic to its end. */
struct follow *follow_new(const struct kafka_options *opt, const char *feed,
                          struct err *err) must_check;
void follow_free(struct follow *f);

/* Without partitions: there is no such topic. */
int follow_look(struct follow *f, const char *topic, struct follow_topic *ret,
                struct err *err) must_check;

/* Reads this topic, in place of the one before it: from[i] is where partition i begins. */
int follow_begin(struct follow *f, const char *topic, int32_t partitions, const int64_t *from,
                 struct err *err) must_check;

/* Hands out what has come, waiting at most so long for the first; some thousand records a call. */
int follow_poll(struct follow *f, int timeout_ms, follow_fn *each, void *arg,
                struct err *err) must_check;

/*
 * Reads positions until those are seen that were written by now, and holds back what comes of the
 * topic meanwhile: with exactly-once delivery follow_position() then covers all that was handed
 * out. 1: it does; 0: not within this time, which an open transaction may take.
 */
int follow_cover(struct follow *f, int timeout_ms, struct err *err) must_check;

/* When something last came: a record, a position, the end of a partition (clock_mono_us). */
int64_t follow_heard_us(const struct follow *f);

/* The newest position seen; empty: none is stored. Borrowed until the next call. */
struct slice follow_position(const struct follow *f);

/*
 * Sets the aim: the topic's end now, what open transactions have written included. Reached:
 * everything before the aim was handed out, or will never be (it was aborted).
 */
int follow_aim(struct follow *f, struct err *err) must_check;
bool follow_reached(const struct follow *f);

/* Where each partition is to be read on from. Borrowed. */
const int64_t *follow_next(const struct follow *f);
#endif
