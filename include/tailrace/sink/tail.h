#ifndef TAILRACE_SINK_TAIL_H
#define TAILRACE_SINK_TAIL_H
#include <signal.h>
#include <stdatomic.h>
#include "sink/sink.h"

/* Reads Kafka topics from their beginning, committed records only. */
struct tail_record {
    const char *topic;
    int32_t partition;
    int64_t offset, time_ms;
    struct slice key, value;    /* p == NULL: none. Borrowed for the call. */
};

struct tail_options {
    const struct kafka_options *kafka;
    const char *const *topics;      /* ntopics 0: every topic under kafka->prefix */
    int ntopics;
    bool follow;                    /* go on after the topics' ends */
    const atomic_int *stop;
};

typedef int tail_fn(void *arg, const struct tail_record *r, struct err *err);

/* Calls each() for every record until the topics' ends, *stop, or an error. */
int tail_topics(const struct tail_options *opt, tail_fn *each, void *arg,
                struct err *err) must_check;
#endif
