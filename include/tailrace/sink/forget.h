#ifndef TAILRACE_SINK_FORGET_H
#define TAILRACE_SINK_FORGET_H
#include "sink/sink.h"

/*
 * Writes tombstones for all that the position topic has of a feed: its position, the values kept
 * beside it, and who writes it. Fences nobody: the caller makes sure that the feed does not run.
 * *ret_n: the number of keys. dry_run: only counts them. Blocks.
 */
int kafka_forget(const struct kafka_options *opt, const char *feed, bool dry_run, size_t *ret_n,
                 struct err *err) must_check;

/* Calls each() for each topic whose name begins with opt->prefix and a dot. */
typedef void topic_fn(void *arg, const char *topic);
int kafka_topics_of(const struct kafka_options *opt, topic_fn *each, void *arg, struct err *err)
    must_check;
#endif
