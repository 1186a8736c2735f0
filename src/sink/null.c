/* The null sink counts and discards records: it shows what a feed costs without a destination. The
 * position is not kept. */
#include <stdlib.h>
#include "base/xalloc.h"
#include "sink/sink.h"

static int open_sink(struct sink *k, struct err *err)
{
    (void)k, (void)err;
    return 0;
}

static int load(struct sink *k, struct sink_feed *f, struct buf *ret_position, kept_fn *each,
                void *arg, struct err *err)
{
    (void)k, (void)f, (void)ret_position, (void)each, (void)arg, (void)err;
    return 0;
}

static int topic(struct sink *k, const struct topic_spec *spec, struct sink_topic **ret,
                 struct err *err)
{
    (void)k, (void)spec, (void)err;
    *ret = NULL;
    return 0;
}

static enum sink_put put(struct sink *k, const struct record *r, struct batch *batch,
                         struct err *err)
{
    (void)k, (void)r, (void)batch, (void)err;
    return SINK_TAKEN;
}

static int poll_sink(struct sink *k, int timeout_ms, struct err *err)
{
    (void)k, (void)timeout_ms, (void)err;
    return 0;
}

static enum sink_commit commit(struct sink *k, const struct sink_position *p, size_t n,
                               int timeout_ms, struct err *err)
{
    (void)k, (void)p, (void)n, (void)timeout_ms, (void)err;
    return SINK_COMMITTED;
}

static void free_sink(struct sink *k)
{
    free(k);
}

static const struct sink_ops ops = {
    .name = "null",
    .open = open_sink,
    .load = load,
    .topic = topic,
    .put = put,
    .poll = poll_sink,
    .commit = commit,
    .free = free_sink,
};

struct sink *null_sink_new(struct err *err)
{
    (void)err;
    struct sink *k = xcalloc(1, sizeof *k);
    *k = (struct sink){ .ops = &ops, .forgets = true };
    return k;
}
