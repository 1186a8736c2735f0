/* The stdout sink prints one JSON line a record, for a look. The position is not kept, so nothing
 * is taken from the slot. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/avro.h"
#include "base/xalloc.h"
#include "sink/avro_json.h"
#include "sink/sink.h"

struct sink_topic {
    char *name;
    struct avro_json *key, *value;      /* key NULL: keyless */
    bool framed;
    struct sink_topic *next;
};

struct lines {
    struct sink base;
    struct sink_topic *topics;
    struct buf line;
};

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

static void topic_free(struct sink_topic *t)
{
    avro_json_free(t->key);
    avro_json_free(t->value);
    free(t->name);
    free(t);
}

static int topic(struct sink *base, const struct topic_spec *spec, struct sink_topic **ret,
                 struct err *err)
{
    struct lines *k = (struct lines *)base;
    struct sink_topic *t = xcalloc(1, sizeof *t);
    t->name = xstrdup(spec->name);
    t->framed = spec->framed;
    t->key = spec->key_schema ? avro_json_new(spec->key_schema, err) : NULL;
    t->value = avro_json_new(spec->value_schema, err);
    if (!t->value || (spec->key_schema && !t->key)) {
        topic_free(t);
        return -1;
    }
    t->next = k->topics;
    k->topics = *ret = t;
    return 0;
}

static int put_part(struct lines *k, const char *name, const struct sink_topic *t,
                    struct avro_json *a, struct slice s, struct err *err)
{
    buf_printf(&k->line, ",\"%s\":", name);
    size_t skip = t->framed ? AVRO_FRAME : 0;
    if (!s.p || !a) {
        buf_str(&k->line, "null");
        return 0;
    }
    return avro_json_print(a, slice_of(s.p + skip, s.n - skip), &k->line, err);
}

static enum sink_put put(struct sink *base, const struct record *r, struct batch *batch,
                         struct err *err)
{
    (void)batch;
    struct lines *k = (struct lines *)base;
    k->line.n = 0;
    buf_str(&k->line, "{\"topic\":");
    buf_json_str(&k->line, slice_str(r->topic->name));
    if (put_part(k, "key", r->topic, r->topic->key, r->key, err) ||
        put_part(k, "value", r->topic, r->topic->value, r->value, err))
        return SINK_FAILED;
    buf_str(&k->line, "}\n");
    if (fwrite(k->line.p, 1, k->line.n, stdout) != k->line.n) {
        err_set(err, ERR_FATAL, "standard output: %s", strerror(errno));
        return SINK_FAILED;
    }
    return SINK_TAKEN;
}

static int poll_sink(struct sink *k, int timeout_ms, struct err *err)
{
    (void)k, (void)timeout_ms;
    return fflush(stdout) ? err_set(err, ERR_FATAL, "standard output: %s", strerror(errno)) : 0;
}

static enum sink_commit commit(struct sink *k, const struct sink_position *p, size_t n,
                               int timeout_ms, struct err *err)
{
    (void)p, (void)n;
    return poll_sink(k, timeout_ms, err) ? SINK_COMMIT_FAILED : SINK_COMMITTED;
}

static void free_sink(struct sink *base)
{
    struct lines *k = (struct lines *)base;
    while (k->topics) {
        struct sink_topic *next = k->topics->next;
        topic_free(k->topics);
        k->topics = next;
    }
    buf_done(&k->line);
    free(k);
}

static const struct sink_ops ops = {
    .name = "stdout",
    .open = open_sink,
    .load = load,
    .topic = topic,
    .put = put,
    .poll = poll_sink,
    .commit = commit,
    .free = free_sink,
};

struct sink *stdout_sink_new(struct err *err)
{
    (void)err;
    struct lines *k = xcalloc(1, sizeof *k);
    k->base = (struct sink){ .ops = &ops, .forgets = true };
    return &k->base;
}
