#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include "base/avro.h"
#include "base/clock.h"
#include "base/log.h"
#include "sink/sink.h"

/*
 * Avro object container files (specification, "Object Container Files"):
 * "Obj\1", a map with avro.schema and avro.codec, a sync marker; then blocks of
 * count, byte length, records, sync marker.
 *
 * A file is <directory>/<topic>/<start>-<n>.avro.part until it is complete and
 * renamed. commit() flushes and fsyncs every file and then replaces
 * <directory>/<feed>.position, which also names the length of each part: a
 * start after a crash cuts the parts to that length, so no record is there twice.
 */
enum { BLOCK_BYTES = 65536 };

struct sink_topic {
    char *name, *schema;        /* of the file's records */
    char *key_schema;           /* with messages, for a topic with keys; else NULL */
    bool framed;
    int fd;                     /* -1: no file open */
    char path[600];             /* with .part */
    uint8_t sync[16];
    struct buf block;
    int64_t block_rows;
    int64_t bytes, committed;   /* written; covered by the stored position */
    int64_t opened_us;
    struct sink_topic *next;
};

struct files {
    struct sink base;
    const struct file_options *opt;
    struct sink_topic *topics;
    unsigned counter;
    struct buf packed;
    json_t *kept;               /* name: value; written with the position */
};

static int fail(struct err *err, const char *path)
{
    return err_set(err, errno == ENOSPC || errno == EIO ? ERR_RETRY : ERR_CONFIG, "%s: %s", path, strerror(errno));
}

static int write_all(int fd, const void *p, size_t n, const char *path, struct err *err)
{
    for (const uint8_t *at = p; n;) {
        ssize_t k = write(fd, at, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fail(err, path);
        at += k;
        n -= (size_t)k;
    }
    return 0;
}

static int sync_directory(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    int rc = fd < 0 || fsync(fd) ? fail(err, path) : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int make_directory(const char *path, struct err *err)
{
    return mkdir(path, 0755) && errno != EEXIST ? fail(err, path) : 0;
}

/* ---- one file ---- */

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
    char dir[400], stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
    snprintf(dir, sizeof dir, "%s/%s", k->opt->directory, t->name);
    if (make_directory(dir, err))
        return -1;
    do {        /* a name that neither a part nor a complete file has: a start in the same second counts from 0 again */
        snprintf(t->path, sizeof t->path, "%s/%s-%04u.avro", dir, stamp, k->counter++);
        bool taken = access(t->path, F_OK) == 0;
        strcat(t->path, ".part");
        t->fd = taken ? -1 : open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        errno = taken ? EEXIST : errno;
    } while (t->fd < 0 && errno == EEXIST);
    if (t->fd < 0)
        return fail(err, t->path);
    if (getrandom(t->sync, sizeof t->sync, 0) != (ssize_t)sizeof t->sync)
        return fail(err, "getrandom");
    struct buf head = { 0 };
    put_header(t, k->opt->deflate, &head);
    int rc = write_all(t->fd, head.p, head.n, t->path, err);
    t->bytes = (int64_t)head.n;
    t->committed = 0;
    t->opened_us = clock_mono_us();
    buf_done(&head);
    return rc ? rc : sync_directory(dir, err);
}

/* Raw deflate, RFC 1951, as the codec wants it. */
static int pack(struct files *k, struct slice raw, struct err *err)
{
    z_stream z = { 0 };
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(err, ERR_FATAL, "zlib cannot be initialised");
    k->packed.n = 0;
    buf_reserve(&k->packed, deflateBound(&z, raw.n));
    z.next_in = (Bytef *)(uintptr_t)raw.p;
    z.avail_in = (uInt)raw.n;
    z.next_out = k->packed.p;
    z.avail_out = (uInt)k->packed.cap;
    int rc = deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : err_set(err, ERR_FATAL, "zlib failed");
    k->packed.n = z.total_out;
    deflateEnd(&z);
    return rc;
}

static int flush_block(struct files *k, struct sink_topic *t, struct err *err)
{
    if (!t->block_rows)
        return 0;
    struct slice body = buf_slice(&t->block);
    if (k->opt->deflate) {
        if (pack(k, body, err))
            return -1;
        body = buf_slice(&k->packed);
    }
    struct buf head = { 0 };
    avro_long(&head, t->block_rows);
    avro_long(&head, (int64_t)body.n);
    int rc = write_all(t->fd, head.p, head.n, t->path, err) || write_all(t->fd, body.p, body.n, t->path, err) ||
             write_all(t->fd, t->sync, sizeof t->sync, t->path, err) ? -1 : 0;
    t->bytes += (int64_t)(head.n + body.n + sizeof t->sync);
    buf_done(&head);
    t->block.n = 0;
    t->block_rows = 0;
    return rc;
}

/* A file whose every record is covered by the stored position gets its final name. */
static int finish_part(const char *path, int64_t keep, struct err *err)
{
    char final[600];
    size_t n = strlen(path) - strlen(".part");
    if (keep <= 0)
        return unlink(path) && errno != ENOENT ? fail(err, path) : 0;
    if (truncate(path, keep))
        return errno == ENOENT ? 0 : fail(err, path);
    snprintf(final, sizeof final, "%.*s", (int)n, path);
    return rename(path, final) ? fail(err, path) : 0;
}

static int finish_file(struct sink_topic *t, struct err *err)
{
    if (t->fd < 0)
        return 0;
    close(t->fd);
    t->fd = -1;
    t->block.n = 0;
    t->block_rows = 0;
    return finish_part(t->path, t->committed, err);
}

/* ---- position ---- */

static void position_path(const struct files *k, char *to, size_t size, const char *suffix)
{
    snprintf(to, size, "%s/%s.position%s", k->opt->directory, k->opt->feed, suffix);
}

static json_t *read_position(const struct files *k, struct err *err)
{
    char path[500];
    json_error_t je;
    position_path(k, path, sizeof path, "");
    if (access(path, F_OK))
        return json_object();
    json_t *j = json_load_file(path, 0, &je);
    if (!j)
        err_set(err, ERR_FATAL, "%s:%d: %s", path, je.line, je.text);
    return j;
}

static int store_position(struct files *k, struct slice position, struct err *err)
{
    char path[500], fresh[500];
    position_path(k, path, sizeof path, "");
    position_path(k, fresh, sizeof fresh, ".new");
    json_t *j = json_object(), *parts = json_object();
    json_object_set_new(j, "position", json_stringn((const char *)position.p, position.n));
    for (const struct sink_topic *t = k->topics; t; t = t->next)
        if (t->fd >= 0)
            json_object_set_new(parts, t->path, json_integer(t->bytes));
    json_object_set_new(j, "parts", parts);
    json_object_set(j, "kept", k->kept);
    char *text = json_dumps(j, JSON_INDENT(1));
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int rc = fd < 0 || write_all(fd, text, strlen(text), fresh, err) || fsync(fd) || rename(fresh, path)
        ? fail(err, fresh) : sync_directory(k->opt->directory, err);
    if (fd >= 0)
        close(fd);
    free(text);
    json_decref(j);
    return rc;
}

/* Parts that no stored position names hold nothing that counts. */
static int recover_topic(const struct files *k, const char *topic, json_t *parts, struct err *err)
{
    char dir[400], path[700];
    snprintf(dir, sizeof dir, "%s/%s", k->opt->directory, topic);
    DIR *d = opendir(dir);
    int rc = 0;
    for (struct dirent *e; d && !rc && (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n < 5 || strcmp(e->d_name + n - 5, ".part"))
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        rc = finish_part(path, json_integer_value(json_object_get(parts, path)), err);
    }
    if (d)
        closedir(d);
    return rc;
}

static int open_sink(struct sink *base, struct err *err)
{
    struct files *k = (struct files *)base;
    if (make_directory(k->opt->directory, err))
        return -1;
    for (struct sink_topic *t = k->topics; t; t = t->next)
        if (finish_file(t, err))
            return -1;
    json_t *j = read_position(k, err);
    DIR *d = j ? opendir(k->opt->directory) : NULL;
    int rc = !j ? -1 : d ? 0 : fail(err, k->opt->directory);
    for (struct dirent *e; d && !rc && (e = readdir(d));)
        if (e->d_name[0] != '.')
            rc = recover_topic(k, e->d_name, json_object_get(j, "parts"), err);
    if (d)
        closedir(d);
    json_decref(j);
    return rc;
}

static int load(struct sink *base, struct buf *ret_position, kept_fn *each, void *arg, struct err *err)
{
    struct files *k = (struct files *)base;
    json_t *j = read_position(k, err), *value;
    const char *name;
    if (!j)
        return -1;
    json_object_clear(k->kept);
    json_object_update(k->kept, json_object_get(j, "kept"));
    int rc = 0;
    json_object_foreach(k->kept, name, value)
        if (!rc && each)
            rc = each(arg, slice_str(name), slice_of(json_string_value(value), json_string_length(value)), err);
    json_t *p = json_object_get(j, "position");
    if (p)
        buf_put(ret_position, json_string_value(p), json_string_length(p));
    json_decref(j);
    return rc;
}

static enum sink_put keep(struct sink *base, struct slice name, struct slice value, struct batch *batch, struct err *err)
{
    (void)batch, (void)err;
    struct files *k = (struct files *)base;
    char *key = strndup((const char *)name.p, name.n);
    if (!key)
        abort();
    if (value.p)
        json_object_set_new(k->kept, key, json_stringn((const char *)value.p, value.n));
    else
        json_object_del(k->kept, key);
    free(key);
    return SINK_TAKEN;
}

/* ---- records ---- */

/* What a file with sink.records: messages holds: key (its Avro bytes), value, headers. */
static char *message_schema(const char *value)
{
    struct buf b = { 0 };
    buf_printf(&b, "{\"type\":\"record\",\"name\":\"Message\",\"namespace\":\"tailrace\",\"fields\":["
               "{\"name\":\"key\",\"type\":[\"null\",\"bytes\"]},{\"name\":\"value\",\"type\":[\"null\",%s]},{\"name\":\"headers\",\"type\":"
               "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Header\",\"namespace\":\"tailrace\",\"fields\":["
               "{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"value\",\"type\":\"bytes\"}]}}}]}", value);
    char *text = strdup(buf_cstr(&b));
    buf_done(&b);
    return text;
}

static void put_message(const struct message *m, size_t skip, struct buf *out)
{
    avro_long(out, m->key.p != NULL);
    if (m->key.p)
        avro_bytes(out, slice_of(m->key.p + skip, m->key.n - skip));
    avro_long(out, m->value.p != NULL);
    if (m->value.p)
        buf_put(out, m->value.p + skip, m->value.n - skip);
    if (m->nheaders)
        avro_long(out, m->nheaders);
    for (uint32_t i = 0; i < m->nheaders; i++) {
        avro_str(out, m->headers[i].name);
        avro_bytes(out, m->headers[i].value);
    }
    avro_long(out, 0);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* A file has one schema of its records, and one of their keys. */
static int topic(struct sink *base, const struct topic_spec *spec, struct sink_topic **ret, struct err *err)
{
    (void)err;
    struct files *k = (struct files *)base;
    struct sink_topic *t = k->topics;
    char *schema = k->opt->messages ? message_schema(spec->value_schema) : strdup(spec->value_schema);
    const char *key_schema = k->opt->messages ? spec->key_schema : NULL;
    while (t && (strcmp(t->name, spec->name) || strcmp(t->schema, schema) || !same(t->key_schema, key_schema)))
        t = t->next;
    if (!t) {
        t = calloc(1, sizeof *t);
        if (!t)
            abort();
        *t = (struct sink_topic){ .name = strdup(spec->name), .schema = schema, .framed = spec->framed,
                                  .fd = -1, .next = k->topics,
                                  .key_schema = key_schema ? strdup(key_schema) : NULL };
        k->topics = t;
    } else {
        free(schema);
    }
    *ret = t;
    return 0;
}

static enum sink_put put(struct sink *base, const struct message *m, struct err *err)
{
    struct files *k = (struct files *)base;
    struct sink_topic *t = m->topic;
    if (!m->value.p && !k->opt->messages)
        return SINK_TAKEN;      /* a tombstone has no place in a file of values */
    if (t->fd < 0 && start_file(k, t, err))
        return SINK_FAILED;
    size_t skip = t->framed ? AVRO_FRAME : 0;
    if (k->opt->messages)
        put_message(m, skip, &t->block);
    else
        buf_put(&t->block, m->value.p + skip, m->value.n - skip);
    t->block_rows++;
    if (t->block.n >= BLOCK_BYTES && flush_block(k, t, err))
        return SINK_FAILED;
    return SINK_TAKEN;
}

static int poll_sink(struct sink *base, int timeout_ms, struct err *err)
{
    (void)base, (void)timeout_ms, (void)err;
    return 0;
}

static bool rotation_due(const struct files *k, const struct sink_topic *t)
{
    return t->bytes >= k->opt->rotate_bytes || clock_mono_us() - t->opened_us >= (int64_t)k->opt->rotate_s * 1000000;
}

static enum sink_commit commit(struct sink *base, struct slice position, int timeout_ms, struct err *err)
{
    (void)timeout_ms;
    struct files *k = (struct files *)base;
    for (struct sink_topic *t = k->topics; t; t = t->next) {
        if (t->fd < 0 || (t->committed == t->bytes && !t->block_rows))
            continue;
        if (flush_block(k, t, err))
            return SINK_COMMIT_FAILED;
        if (fsync(t->fd)) {
            fail(err, t->path);
            return SINK_COMMIT_FAILED;
        }
    }
    if (store_position(k, position, err))
        return SINK_COMMIT_FAILED;
    for (struct sink_topic *t = k->topics; t; t = t->next) {
        if (t->fd < 0)
            continue;
        t->committed = t->bytes;
        if (rotation_due(k, t) && finish_file(t, err))
            return SINK_COMMIT_FAILED;
    }
    return SINK_COMMITTED;
}

static int check(struct sink *base, finding_fn *say, void *arg, struct err *err)
{
    struct files *k = (struct files *)base;
    char what[600];
    bool ok = !make_directory(k->opt->directory, err) && !access(k->opt->directory, W_OK);
    snprintf(what, sizeof what, "directory %s %s", k->opt->directory, ok ? "may be written" : "may not be written");
    say(arg, ok ? FINDING_OK : FINDING_FAIL, what, ok ? NULL : "set sink.directory, or its permissions");
    return 0;
}

static void free_sink(struct sink *base)
{
    struct files *k = (struct files *)base;
    struct err err = { 0 };
    while (k->topics) {
        struct sink_topic *t = k->topics;
        k->topics = t->next;
        if (finish_file(t, &err))
            log_warn("%s", err.msg);
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

static const struct sink_ops ops = {
    .name = "avro-file", .open = open_sink, .load = load, .topic = topic, .put = put, .keep = keep, .poll = poll_sink, .commit = commit,
    .check = check, .free = free_sink,
};

struct sink *avro_file_sink_new(const struct file_options *opt, struct err *err)
{
    if (!opt->directory) {
        err_set(err, ERR_CONFIG, "sink.directory is needed for sink.kind: avro-file");
        return NULL;
    }
    struct files *k = calloc(1, sizeof *k);
    if (!k)
        abort();
    k->base = (struct sink){ .ops = &ops, .transactional = true };
    k->opt = opt;
    k->kept = json_object();
    return &k->base;
}
