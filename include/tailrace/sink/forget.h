#ifndef TAILRACE_SINK_FORGET_H
#define TAILRACE_SINK_FORGET_H
#include "sink/sink.h"

/*
 * What the position topic has of a feed gets tombstones: its position, what is kept beside it, who
 * writes it. Nobody is fenced: whoever calls sees to it that the feed does not run. *ret_n: so many
 * keys; dry_run: they are counted only. Blocks.
 */
int kafka_forget(const struct kafka_options *opt, const char *feed, bool dry_run, size_t *ret_n,
                 struct err *err) must_check;

/* Each topic under opt->prefix. */
typedef void topic_fn(void *arg, const char *topic);
int kafka_topics_of(const struct kafka_options *opt, topic_fn *each, void *arg, struct err *err)
    must_check;
#endif
