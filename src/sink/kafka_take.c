/*
 * With exactly-once, one producer at a time writes a feed. Other feeds may share the producer, so
 * its transactional.id says nothing of the feed. Whoever begins a feed's session
 *
 *   1. notes himself as its writer, in the position topic,
 *   2. reads there who else may write it: who stored its position, and who noted himself since that
 *      session began,
 *   3. fences them all (init_transactions with their ids), and reads the position.
 *
 * If two begin at once, each sees the note of the other: the later note wins, and the earlier one
 * ends. A fenced producer goes on with its other feeds. It gives up a feed if it finds a later note
 * than its own.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "sink/kafka_reading.h"

enum { INIT_MS = 60000, STEP_MS = 200 };

/* ---- fencing ---- */

/* One fencing at a time in this process. `all`: when an id was fenced, so that it is done once. */
static pthread_mutex_t fencing = PTHREAD_MUTEX_INITIALIZER;
static struct fenced { char *id; int64_t at_us; struct fenced *next; } *all;

static struct fenced *fenced_of(const char *id)
{
    struct fenced *f = all;
    while (f && strcmp(f->id, id))
        f = f->next;
    if (f)
        return f;
    f = xcalloc(1, sizeof *f);
    f->id = xstrdup(id);
    f->next = all;
    return all = f;
}

typedef void report_fn(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque);

static rd_kafka_t *producer(const struct kafka *k, const struct kv *own, report_fn *report,
                            struct err *err)
{
    char why[256] = "";
    rd_kafka_conf_t *conf = kafka_conf(k->opt, err);
    if (!conf)
        return NULL;
    if (kafka_set_all(conf, own, err)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    if (report)
        rd_kafka_conf_set_dr_msg_cb(conf, report);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        err_set(err, ERR_CONFIG, "kafka: %s", why);
    }
    return rk;
}

static int fence_failed(rd_kafka_error_t *e, const char *id, struct err *err)
{
    rd_kafka_resp_err_t code = rd_kafka_error_code(e);
    const char *todo = kafka_todo(code, true);
    err_set(err, kafka_class(code), "the feed's earlier producer, with transactional.id %s, cannot "
            "be fenced: %s%s%s", id, rd_kafka_error_string(e), *todo ? " -> " : "", todo);
    rd_kafka_error_destroy(e);
    return -1;
}

static int fence(const struct kafka *k, const char *id, struct err *err)
{
    const struct kv own[] = { { "transactional.id", id }, { NULL, NULL } };
    rd_kafka_t *rk = producer(k, own, NULL, err);
    int64_t until = clock_mono_us() + INIT_MS * 1000LL;
    rd_kafka_error_t *e = NULL;
    if (!rk)
        return -1;
    while ((e = rd_kafka_init_transactions(rk, STEP_MS))) {
        rd_kafka_poll(rk, 0);
        if (!rd_kafka_error_is_retriable(e) ||
            kafka_class(rd_kafka_error_code(e)) == ERR_CONFIG ||
            clock_mono_us() > until || kafka_stopping(k))
            break;
        rd_kafka_error_destroy(e);
    }
    int rc = e ? fence_failed(e, id, err) : 0;
    rd_kafka_destroy(rk);
    return rc;
}

/* Does nothing if the id was fenced since the feed's session began. */
static int fence_once(const struct kafka *k, const struct sink_feed *f, const char *id,
                      struct err *err)
{
    pthread_mutex_lock(&fencing);
    struct fenced *was = fenced_of(id);
    int rc = was->at_us > f->begun_us ? 0 : fence(k, id, err);
    if (!rc && was->at_us <= f->begun_us)
        was->at_us = clock_mono_us();
    pthread_mutex_unlock(&fencing);
    return rc;
}

/* ---- the note ---- */

/* One client for all notes, while a feed needs it. It has no transactions: notes are seen at
 * once. */
static struct {
    pthread_mutex_t lock;
    rd_kafka_t *rk;
    int users;
} notes = { PTHREAD_MUTEX_INITIALIZER, NULL, 0 };

struct note {
    bool done;
    rd_kafka_resp_err_t error;
    int64_t offset;
};

/* Runs on any of the threads that wait for their notes. */
static void on_note(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct note *n = m->_private;
    (void)rk;
    (void)opaque;
    pthread_mutex_lock(&notes.lock);
    n->done = true;
    n->error = m->err;
    n->offset = m->offset;
    pthread_mutex_unlock(&notes.lock);
}

static rd_kafka_t *notes_open(const struct kafka *k, struct err *err)
{
    static const struct kv own[] = {
        { "message.timeout.ms", "30000" }, { "acks", "all" }, { "linger.ms", "5" }, { NULL, NULL }
    };
    pthread_mutex_lock(&notes.lock);
    if (!notes.rk)
        notes.rk = producer(k, own, on_note, err);
    rd_kafka_t *rk = notes.rk;
    notes.users += rk != NULL;
    pthread_mutex_unlock(&notes.lock);
    return rk;
}

static void notes_close(void)
{
    pthread_mutex_lock(&notes.lock);
    rd_kafka_t *rk = --notes.users ? NULL : notes.rk;
    if (rk)
        notes.rk = NULL;
    pthread_mutex_unlock(&notes.lock);
    if (rk)
        rd_kafka_destroy(rk);
}

static bool note_done(const struct note *n)
{
    pthread_mutex_lock(&notes.lock);
    bool done = n->done;
    pthread_mutex_unlock(&notes.lock);
    return done;
}

static int note_failed(const struct kafka *k, rd_kafka_resp_err_t e, struct err *err)
{
    const char *todo = kafka_todo(e, true);
    bool purged = e == RD_KAFKA_RESP_ERR__PURGE_QUEUE || e == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    return err_set(err, purged ? ERR_RETRY : kafka_class(e), "position topic %s: who writes the "
                   "feed cannot be noted: %s%s%s", k->opt->position_topic, rd_kafka_err2str(e),
                   *todo ? " -> " : "", todo);
}

static int note_writer(const struct kafka *k, const struct sink_feed *f, const char *id,
                       int64_t *ret_offset, struct err *err)
{
    struct note n = { 0 };
    struct buf key = { 0 };
    rd_kafka_t *rk = notes_open(k, err);
    if (!rk)
        return -1;
    rd_kafka_headers_t *h = rd_kafka_headers_new(1);
    rd_kafka_header_add(h, KAFKA_OWNER, -1, f->owner.p, (ssize_t)f->owner.n);
    look_writer_key(f->name, &key);
    rd_kafka_vu_t vu[] = {
        { .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = k->opt->position_topic },
        { .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0 },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { key.p, key.n } },
        { .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { (void *)(uintptr_t)id, strlen(id) } },
        { .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY },
        { .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = h },
        { .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = &n },
    };
    rd_kafka_error_t *refused = rd_kafka_produceva(rk, vu, sizeof vu / sizeof *vu);
    rd_kafka_resp_err_t e = rd_kafka_error_code(refused);
    rd_kafka_error_destroy(refused);
    buf_done(&key);
    if (e)
        rd_kafka_headers_destroy(h);
    for (bool purged = false; !e && !note_done(&n); rd_kafka_poll(rk, 10)) {
        if (!purged && kafka_stopping(k))
            rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT), purged = true;
    }
    notes_close();
    e = e ? e : n.error;
    *ret_offset = n.offset;
    return e ? note_failed(k, e, err) : 0;
}

/* ---- who else? ---- */

struct writer { char *id; int64_t offset; };

struct writers {
    const char *feed;
    struct writer *notes;
    size_t n, cap;
    /* the last position, and who stored it; id == NULL: there is none */
    struct writer stored;
};

static void add(struct writers *w, const struct noted *r)
{
    if (w->n == w->cap) {
        w->cap = w->cap * 2 + 8;
        w->notes = xrealloc(w->notes, w->cap, sizeof *w->notes);
    }
    w->notes[w->n++] = (struct writer){ xstrndup(r->value.p, r->value.n), r->offset };
}

/*
 * A version that did not store the producer's id had one producer a feed. A producer without
 * transactions stores an empty id: there is nobody to fence, and no right to an id is needed.
 */
static void note_stored(struct writers *w, const struct noted *r)
{
    struct buf id = { 0 };
    bool said = look_header(r, KAFKA_TXN, &id);
    if (!said)
        buf_printf(&id, "tailrace-%s", w->feed);
    free(w->stored.id);
    w->stored = (struct writer){ id.n ? xstrndup(id.p, id.n) : NULL, r->offset };
    buf_done(&id);
}

static int collect(void *arg, const struct noted *r, struct err *err)
{
    struct writers *w = arg;
    (void)err;
    if (r->what == NOTED_WRITER && r->value.n)      /* without a value: the feed was forgotten */
        add(w, r);
    else if (r->what == NOTED_POSITION && r->value.n)
        note_stored(w, r);
    return 0;
}

static void writers_done(struct writers *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->notes[i].id);
    free(w->notes);
    free(w->stored.id);
}

/* The note of the session that stored the position. That session fenced all writers with earlier
 * notes. -1: there is no such note. */
static int64_t settled_until(const struct writers *w)
{
    int64_t since = -1;
    for (size_t i = 0; w->stored.id && i < w->n; i++)
        if (w->notes[i].offset < w->stored.offset && strcmp(w->notes[i].id, w->stored.id) == 0)
            since = w->notes[i].offset;
    return since;
}

static int taken(struct sink_feed *f, const char *by, struct err *err)
{
    f->taken = true;
    return err_set(err, ERR_FATAL, "another instance of feed \"%s\" has taken over "
                   "(transactional.id %s)", f->name, by);
}

static int fence_others(const struct kafka *k, struct sink_feed *f, const char *ours,
                        const struct writers *w, struct err *err)
{
    int64_t since = settled_until(w);
    if (w->stored.id && strcmp(w->stored.id, ours) && fence_once(k, f, w->stored.id, err))
        return -1;
    for (size_t i = 0; i < w->n; i++) {
        const struct writer *n = w->notes + i;
        if (strcmp(n->id, ours) == 0 || n->offset <= since)
            continue;
        if (n->offset > f->noted - 1)
            return taken(f, n->id, err);
        if (fence_once(k, f, n->id, err))
            return -1;
    }
    return 0;
}

int kafka_take(struct kafka *k, struct sink_feed *f, struct err *err)
{
    char ours[300];
    struct writers w = { .feed = f->name };
    struct look l = { .k = k, .feed = f->name, .open = true, .ms = KAFKA_LOAD_MS, .each = collect,
                      .arg = &w };
    int64_t at;
    if (!k->opt->exactly_once)
        return 0;
    snprintf(ours, sizeof ours, "tailrace-%s", k->opt->id);
    if (!f->noted) {
        if (note_writer(k, f, ours, &at, err))
            return -1;
        f->noted = at + 1;
    }
    f->begun_us = clock_mono_us();
    int rc = look_at_positions(&l, err) || fence_others(k, f, ours, &w, err) ? -1 : 0;
    writers_done(&w);
    return rc;
}
