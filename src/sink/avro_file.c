/*
 * The avro-file sink writes records as Avro object container files (specification, "Object
 * Container Files"): "Obj\1", a map with avro.schema and avro.codec, a sync marker; then blocks of
 * count, byte length, records, sync marker.
 *
 * Records gather in their topic's block; blocks go to the topic's part (parts.h); commit() makes
 * all parts durable, then stores the position.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST     /* next_in may point to const data */
#include <zlib.h>
#include "base/avro.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "sink/file_lock.h"
#include "sink/part_names.h"
#include "sink/parts.h"
#include "sink/sink.h"

/* Writes a block at BLOCK_BYTES, and all blocks when together they hold PENDING_BYTES. */
enum { BLOCK_BYTES = 65536, PENDING_BYTES = 16 << 20 };

struct sink_topic {
    char *name, *schema;        /* the topic's name; the schema of the file's records */
    char *key_schema;           /* NULL: no keys, or not sink.records: messages */
    bool framed;
    struct part *part;          /* the file that takes records now; NULL: none */
    uint8_t sync[16];           /* that file's sync marker */
    struct buf block;
    int64_t block_rows;
    struct sink_topic *next;
};

struct files {
    struct sink base;
    const struct file_options *opt;
    struct sink_topic *topics;
    struct parts parts;
    size_t pending;             /* bytes in blocks */
    struct buf packed;
    json_t *kept;               /* name: value; written with the position */
};

/* ---- blocks ---- */

static void put_header(const struct sink_topic *t, bool deflate, struct buf *out)
{
    buf_put(out, "Obj\1", 4);
    avro_long(out, t->key_schema ? 3 : 2);
    if (t->key_schema) {
        avro_str(out, "key.schema");
        avro_str(out, t->key_schema);
    }
    avro_str(out, "avro.schema");
    avro_str(out, t->schema);
    avro_str(out, "avro.codec");
    avro_str(out, deflate ? "deflate" : "null");
    buf_u8(out, 0);
    buf_put(out, t->sync, sizeof t->sync);
}

static int start_file(struct files *k, struct sink_topic *t, struct err *err)
{
    if (getrandom(t->sync, sizeof t->sync, 0) != (ssize_t)sizeof t->sync)
        return err_set(err, ERR_FATAL, "getrandom: %s", strerror(errno));
    struct part *p = part_new(&k->parts, t->name, err);
    if (!p)
        return -1;
    struct buf head = { 0 };
    put_header(t, k->opt->deflate, &head);
    int rc = part_write(&k->parts, p, buf_slice(&head), err);
    buf_done(&head);
    t->part = p;
    return rc;
}

/* Raw deflate, RFC 1951, as the codec wants it. */
static int pack(struct files *k, struct slice raw, struct err *err)
{
    z_stream z = { 0 };
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(err, ERR_FATAL, "zlib cannot be initialised");
    k->packed.n = 0;
    buf_reserve(&k->packed, deflateBound(&z, raw.n));
    z.next_in = raw.p;
    z.avail_in = (uInt)raw.n;
    z.next_out = k->packed.p;
    z.avail_out = (uInt)k->packed.cap;
    int rc = deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : err_set(err, ERR_FATAL, "zlib failed");
    k->packed.n = z.total_out;
    deflateEnd(&z);
    return rc;
}

static void empty_block(struct files *k, struct sink_topic *t)
{
    k->pending -= t->block.n;
    buf_done(&t->block);
    t->block_rows = 0;
}

static int flush_block(struct files *k, struct sink_topic *t, struct err *err)
{
    if (!t->block_rows)
        return 0;
    if (parts_hold(&k->parts, err))
        return -1;
    struct slice body = buf_slice(&t->block);
    if (k->opt->deflate) {
        if (pack(k, body, err))
            return -1;
        body = buf_slice(&k->packed);
    }
    struct buf head = { 0 };
    avro_long(&head, t->block_rows);
    avro_long(&head, (int64_t)body.n);
    int rc = part_write(&k->parts, t->part, buf_slice(&head), err) ||
             part_write(&k->parts, t->part, body, err) ||
             part_write(&k->parts, t->part, slice_of(t->sync, sizeof t->sync), err) ? -1 : 0;
    buf_done(&head);
    empty_block(k, t);
    return rc;
}

static int flush_all(struct files *k, struct err *err)
{
    for (struct sink_topic *t = k->topics; t; t = t->next)
        if (flush_block(k, t, err))
            return -1;
    return 0;
}

/* ---- open, position ---- */

static int settle(struct files *k, struct err *err)
{
    for (struct sink_topic *t = k->topics; t; t = t->next) {
        empty_block(k, t);
        t->part = NULL;
    }
    return parts_settle(&k->parts, err);
}

static int open_sink(struct sink *base, struct err *err)
{
    struct files *k = (struct files *)base;
    return parts_open(&k->parts, err) ? -1 : settle(k, err);
}

static int close_sink(struct sink *base, struct err *err)
{
    struct files *k = (struct files *)base;
    struct err lost;
    int rc = parts_hold(&k->parts, &lost) ? 0 : settle(k, err);
    parts_done(&k->parts);
    return rc;
}

static int load(struct sink *base, struct sink_feed *f, struct buf *ret_position, kept_fn *each,
                void *arg, struct err *err)
{
    (void)f;
    struct files *k = (struct files *)base;
    json_t *j = parts_stored(&k->parts, err), *value;
    const char *name;
    if (!j)
        return -1;
    json_object_clear(k->kept);
    json_object_update(k->kept, json_object_get(j, "kept"));
    int rc = 0;
    json_object_foreach(k->kept, name, value)
        if (!rc && each)
            rc = each(arg, slice_str(name),
                      slice_of(json_string_value(value), json_string_length(value)), err);
    json_t *p = json_object_get(j, "position");
    if (p)
        buf_put(ret_position, json_string_value(p), json_string_length(p));
    json_decref(j);
    return rc;
}

static int peek(struct sink *base, struct sink_feed *f, struct buf *ret_position, struct err *err)
{
    struct files *k = (struct files *)base;
    int before = k->parts.dir, rc = 0;
    k->parts.dir = open(k->opt->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->parts.dir >= 0) {
        rc = load(base, f, ret_position, NULL, NULL, err);
        close(k->parts.dir);
    }
    k->parts.dir = before;
    return rc;
}

/* A topic's folder is made with its first file, so a folder shows that records were written. */
static int holds(struct sink *base, const char *prefix, bool *ret, struct err *err)
{
    const struct files *k = (struct files *)base;
    size_t n = strlen(prefix);
    DIR *d = opendir(k->opt->directory);
    *ret = false;
    if (!d)
        return err_set(err, ERR_CONFIG, "%s: %s", k->opt->directory, strerror(errno));
    for (struct dirent *e; !*ret && (e = readdir(d));)
        *ret = strncmp(e->d_name, prefix, n) == 0 && e->d_name[n] == '.' &&
               strcmp(e->d_name + n, ".position") && strcmp(e->d_name + n, ".lock");
    closedir(d);
    return 0;
}

static enum sink_put keep(struct sink *base, struct slice name, struct slice value,
                          struct batch *batch, struct err *err)
{
    (void)batch;
    struct files *k = (struct files *)base;
    char *key = xstrndup(name.p, name.n);
    json_t *text = value.p ? json_stringn((const char *)value.p, value.n) : NULL;
    int lost = text ? json_object_set_new(k->kept, key, text) : 0;
    if (!value.p)
        json_object_del(k->kept, key);
    else if (!text || lost)
        err_set(err, ERR_FATAL, "what the source keeps as \"%s\" is no UTF-8 and cannot be stored "
                "in %s/%s.position", key, k->opt->directory, k->opt->feed);
    free(key);
    return value.p && (!text || lost) ? SINK_FAILED : SINK_TAKEN;
}

/* ---- records ---- */

/* The schema of a file with sink.records: messages: key (its Avro bytes), value, headers. */
static char *message_schema(const char *value)
{
    struct buf b = { 0 };
    buf_printf(
        &b,
        "{\"type\":\"record\",\"name\":\"Message\",\"namespace\":\"tailrace\",\"fields\":["
        "{\"name\":\"key\",\"type\":[\"null\",\"bytes\"]},{\"name\":\"value\",\"type\":[\"null\",%"
        "s]},{\"name\":\"headers\",\"type\":"
        "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Header\",\"namespace\":"
        "\"tailrace\",\"fields\":["
        "{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"value\",\"type\":\"bytes\"}]}}}]}",
        value);
    char *text = xstrdup(buf_cstr(&b));
    buf_done(&b);
    return text;
}

static void put_message(const struct record *r, size_t skip, struct buf *out)
{
    avro_long(out, r->key.p != NULL);
    if (r->key.p)
        avro_bytes(out, slice_of(r->key.p + skip, r->key.n - skip));
    avro_long(out, r->value.p != NULL);
    if (r->value.p)
        buf_put(out, r->value.p + skip, r->value.n - skip);
    if (r->nheaders)
        avro_long(out, r->nheaders);
    for (uint32_t i = 0; i < r->nheaders; i++) {
        avro_str(out, r->headers[i].name);
        avro_bytes(out, r->headers[i].value);
    }
    avro_long(out, 0);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Ends the topic's files with older schemas: file names sort in the order of writing. */
static int end_older(struct files *k, const struct sink_topic *t, struct err *err)
{
    for (struct sink_topic *older = t->next; older; older = older->next) {
        if (!older->part || strcmp(older->name, t->name))
            continue;
        if (flush_block(k, older, err))
            return -1;
        older->part->ended = true;
        older->part = NULL;
    }
    return 0;
}

/*
 * A file has one schema of its records, and one of their keys. A schema that comes back gets a new
 * file, because topics are asked for before the records of earlier ones are put.
 */
static int topic(struct sink *base, const struct topic_spec *spec, struct sink_topic **ret,
                 struct err *err)
{
    struct files *k = (struct files *)base;
    struct sink_topic *t = k->topics;
    if (!part_name_topic(spec->name))
        return err_set(err, ERR_CONFIG, "topic \"%s\" cannot be the name of a folder in %s",
                       spec->name, k->opt->directory);
    char *schema =
        k->opt->messages ? message_schema(spec->value_schema) : xstrdup(spec->value_schema);
    const char *key_schema = k->opt->messages ? spec->key_schema : NULL;
    while (t && strcmp(t->name, spec->name))
        t = t->next;
    if (!t || strcmp(t->schema, schema) || !same(t->key_schema, key_schema)) {
        t = xcalloc(1, sizeof *t);
        *t = (struct sink_topic){ .name = xstrdup(spec->name), .schema = schema,
                                  .framed = spec->framed, .next = k->topics,
                                  .key_schema = key_schema ? xstrdup(key_schema) : NULL };
        k->topics = t;
    } else {
        free(schema);
    }
    *ret = t;
    return 0;
}

static enum sink_put put(struct sink *base, const struct record *r, struct batch *batch,
                         struct err *err)
{
    (void)batch;
    struct files *k = (struct files *)base;
    struct sink_topic *t = r->topic;
    if (!r->value.p && !k->opt->messages)
        return SINK_TAKEN;      /* a tombstone has no place in a file of values */
    if (!t->part && (end_older(k, t, err) || start_file(k, t, err)))
        return SINK_FAILED;
    size_t skip = t->framed ? AVRO_FRAME : 0, before = t->block.n;
    if (k->opt->messages)
        put_message(r, skip, &t->block);
    else
        buf_put(&t->block, r->value.p + skip, r->value.n - skip);
    t->block_rows++;
    k->pending += t->block.n - before;
    int rc = k->pending >= PENDING_BYTES ? flush_all(k, err)
             : t->block.n >= BLOCK_BYTES ? flush_block(k, t, err) : 0;
    return rc ? SINK_FAILED : SINK_TAKEN;
}

static int poll_sink(struct sink *base, int timeout_ms, struct err *err)
{
    (void)base, (void)timeout_ms, (void)err;
    return 0;
}

static bool rotation_due(const struct files *k, const struct part *p)
{
    return p->bytes >= k->opt->rotate_bytes ||
           clock_mono_us() - p->opened_us >= (int64_t)k->opt->rotate_s * 1000000;
}

static void end_what_is_due(struct files *k)
{
    for (struct sink_topic *t = k->topics; t; t = t->next)
        if (t->part && rotation_due(k, t->part)) {
            t->part->ended = true;
            t->part = NULL;
        }
}

/* The files belong to one feed: p is its one position. */
static enum sink_commit commit(struct sink *base, const struct sink_position *p, size_t n,
                               int timeout_ms, struct err *err)
{
    (void)n, (void)timeout_ms;
    struct files *k = (struct files *)base;
    if (parts_hold(&k->parts, err) || flush_all(k, err))
        return SINK_COMMIT_FAILED;
    end_what_is_due(k);
    json_t *state = json_object(), *text = json_stringn((const char *)p->token.p, p->token.n);
    json_object_set_new(state, "position", text);
    json_object_set(state, "kept", k->kept);
    int rc = text ? parts_commit(&k->parts, state, err)
                  : err_set(err, ERR_FATAL, "the source's position is no UTF-8");
    json_decref(state);
    return rc ? SINK_COMMIT_FAILED : SINK_COMMITTED;
}

static int check(struct sink *base, finding_fn *say, void *arg, struct err *err)
{
    (void)err;
    struct files *k = (struct files *)base;
    const char *dir = k->opt->directory;
    char holder[FILE_LOCK_HOLDER];
    struct buf what = { 0 };
    bool held = file_lock_held(dir, k->opt->feed, holder) == 1, there = held || !access(dir, F_OK);
    bool ok = held || !access(dir, W_OK | X_OK) || (!there && !mkdir(dir, 0750));
    if (held)
        buf_printf(&what, "feed %s is written to directory %s by %s", k->opt->feed, dir, holder);
    else
        buf_printf(&what, "directory %s may %sbe written", dir, ok ? "" : "not ");
    say(arg, ok ? FINDING_OK : FINDING_FAIL, buf_cstr(&what),
        ok ? NULL : "set sink.directory, or its permissions");
    buf_done(&what);
    return 0;
}

static void free_sink(struct sink *base)
{
    struct files *k = (struct files *)base;
    struct err err = { 0 };
    if (close_sink(base, &err))
        log_warn("%s", err.msg);
    while (k->topics) {
        struct sink_topic *t = k->topics;
        k->topics = t->next;
        buf_done(&t->block);
        free(t->name);
        free(t->schema);
        free(t->key_schema);
        free(t);
    }
    buf_done(&k->packed);
    json_decref(k->kept);
    free(k);
}

/* As long as this process does not hold the lock, the lock's holder lives and writes. */
static int owner(struct sink *base, const struct sink_feed *f, struct buf *ret_owner,
                 struct err *err)
{
    struct files *k = (struct files *)base;
    char holder[FILE_LOCK_HOLDER];
    (void)f, (void)err;
    if (k->parts.lock >= 0 || file_lock_held(k->opt->directory, k->opt->feed, holder) != 1)
        return 0;
    buf_str(ret_owner, "{\"lock\":");
    buf_json_str(ret_owner, slice_str(holder));
    buf_str(ret_owner, "}");
    return 0;
}

static const struct sink_ops ops = {
    .name = "avro-file", .open = open_sink, .load = load, .owner = owner, .holds = holds,
    .peek = peek, .topic = topic, .put = put, .keep = keep, .poll = poll_sink, .commit = commit,
    .close = close_sink, .check = check, .free = free_sink,
};

struct sink *avro_file_sink_new(const struct file_options *opt, struct err *err)
{
    if (!opt->directory) {
        err_set(err, ERR_CONFIG, "sink.directory is needed for sink.kind: avro-file");
        return NULL;
    }
    if (!part_name_feed(opt->feed)) {
        err_set(err, ERR_CONFIG, "name \"%s\" cannot be part of a file's name, as sink.kind: "
                "avro-file needs: no /, no dot first, at most 200 bytes", opt->feed);
        return NULL;
    }
    struct files *k = xcalloc(1, sizeof *k);
    parts_init(&k->parts, opt->directory, opt->feed);
    k->base = (struct sink){ .ops = &ops, .transactional = true };
    k->opt = opt;
    k->kept = json_object();
    return &k->base;
}
