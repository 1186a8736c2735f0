#ifndef TAILRACE_SINK_READERS_H
#define TAILRACE_SINK_READERS_H
#include "sink/sink.h"

/* Called for each topic and consumer group that has committed an offset in the topic. */
typedef void reader_fn(void *arg, const char *topic, const char *group);
int kafka_readers(const struct kafka_options *opt, reader_fn *each, void *arg,
                  struct err *err) must_check;
#endif
