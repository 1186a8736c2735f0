/* Keeps avro-file's files from their first byte to their final name, and the position file that
 * says which of them count. */
#include "sink/parts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "sink/file_lock.h"
#include "sink/part_names.h"

enum { MOST_OPEN = 1024, STAMP = 32 };

static int fail(const struct parts *ps, const char *name, struct err *err)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    return err_set(err, part_trouble(errno), "%s%s%s: %s%s", ps->directory, *name ? "/" : "", name,
                   strerror(errno), full ? " -> free space there (sink.directory)" : "");
}

static int gone(const struct parts *ps, const char *name, int64_t stored, struct err *err)
{
    if (!stored)
        return err_set(err, ERR_FATAL, "%s/%s was removed or replaced while it was written: keep "
                       "other programs away from .part files. Its rows are read again at the next "
                       "start", ps->directory, name);
    return err_set(
        err, ERR_FATAL,
        "%s/%s is gone, or was replaced or cut: the stored position "
        "covers its first %lld bytes. Put it back. Or take its line out of %s/%s.position"
        " and read its table anew with `tailrace backfill`",
        ps->directory, name, (long long)stored, ps->directory, ps->feed);
}

static int write_all(const struct parts *ps, int fd, struct slice s, const char *name,
                     struct err *err)
{
    while (s.n) {
        ssize_t k = write(fd, s.p, s.n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fail(ps, name, err);
        s = slice_of(s.p + k, s.n - (size_t)k);
    }
    return 0;
}

static int sync_folder(const struct parts *ps, const char *name, struct err *err)
{
    int fd = openat(ps->dir, *name ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) ? fail(ps, name, err) : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* ---- the directory ---- */

void parts_init(struct parts *ps, const char *directory, const char *feed)
{
    *ps = (struct parts){ .directory = directory, .feed = feed, .dir = -1, .lock = -1 };
    TAILQ_INIT(&ps->all);
    TAILQ_INIT(&ps->open);
}

static void part_free(struct parts *ps, struct part *p)
{
    if (p->fd >= 0) {
        close(p->fd);
        TAILQ_REMOVE(&ps->open, p, open);
        ps->nopen--;
    }
    TAILQ_REMOVE(&ps->all, p, all);
    free(p->name);
    free(p);
}

static void forget_all(struct parts *ps)
{
    struct part *p;
    while ((p = TAILQ_FIRST(&ps->all)))
        part_free(ps, p);
}

void parts_done(struct parts *ps)
{
    forget_all(ps);
    file_unlock(ps->lock);
    if (ps->dir >= 0)
        close(ps->dir);
    ps->dir = ps->lock = -1;
}

/* Takes half of the descriptors that the process may have: connections need some too. */
static void find_room(struct parts *ps)
{
    struct rlimit limit = { 0 };
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
        struct rlimit most = { limit.rlim_max, limit.rlim_max };
        limit = setrlimit(RLIMIT_NOFILE, &most) ? limit : most;
    }
    ps->room = limit.rlim_cur / 2 < MOST_OPEN ? (unsigned)limit.rlim_cur / 2 : MOST_OPEN;
    if (!ps->room)
        ps->room = 1;
}

int parts_open(struct parts *ps, struct err *err)
{
    if (ps->lock >= 0)
        return 0;
    if (mkdir(ps->directory, 0750) && errno != EEXIST)
        return fail(ps, "", err);
    if (ps->dir < 0)
        ps->dir = open(ps->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ps->dir < 0)
        return fail(ps, "", err);
    find_room(ps);
    ps->lock = file_lock(ps->dir, ps->directory, ps->feed, err);
    return ps->lock < 0 ? -1 : 0;
}

int parts_hold(struct parts *ps, struct err *err)
{
    if (file_lock_stands(ps->dir, ps->feed, ps->lock))
        return 0;
    if (ps->lock >= 0)
        close(ps->lock);
    /* parts_hold() fails from now on, so no file is cut or ended: it may be another process's */
    ps->lock = -1;
    return err_set(
        err, ERR_RETRY,
        "%s/%s.lock was deleted or replaced while this process held it, and another one may write "
        "there: nothing more is written before the lock is taken again. Leave that file alone",
        ps->directory, ps->feed);
}

/* ---- one part ---- */

static int close_part(struct parts *ps, struct part *p, struct err *err)
{
    if (p->dirty && fsync(p->fd))
        return fail(ps, p->name, err);
    p->dirty = false;
    close(p->fd);
    p->fd = -1;
    TAILQ_REMOVE(&ps->open, p, open);
    ps->nopen--;
    return 0;
}

/* Makes room for one more descriptor. */
static int make_room(struct parts *ps, struct err *err)
{
    return ps->nopen < ps->room ? 0 : close_part(ps, TAILQ_FIRST(&ps->open), err);
}

static void has_opened(struct parts *ps, struct part *p)
{
    TAILQ_INSERT_TAIL(&ps->open, p, open);
    ps->nopen++;
}

/* Whether the name still leads to the file that we wrote, with as many bytes as we wrote. */
static int still_there(const struct parts *ps, const struct part *p, struct err *err)
{
    struct stat st;
    int missing = fstatat(ps->dir, p->name, &st, AT_SYMLINK_NOFOLLOW);
    if (missing && errno != ENOENT && errno != ENOTDIR)
        return fail(ps, p->name, err);
    bool same = !missing && st.st_dev == p->device && st.st_ino == p->inode &&
                st.st_size == p->bytes;
    return same ? 0 : gone(ps, p->name, p->stored, err);
}

static int reopen(struct parts *ps, struct part *p, struct err *err)
{
    if (p->fd >= 0) {
        TAILQ_REMOVE(&ps->open, p, open);
        TAILQ_INSERT_TAIL(&ps->open, p, open);
        return 0;
    }
    if (make_room(ps, err) || still_there(ps, p, err))
        return -1;
    p->fd = openat(ps->dir, p->name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (p->fd < 0)
        return fail(ps, p->name, err);
    has_opened(ps, p);
    return 0;
}

int part_write(struct parts *ps, struct part *p, struct slice s, struct err *err)
{
    if (reopen(ps, p, err))
        return -1;
    p->dirty = true;
    p->bytes += (int64_t)s.n;
    return write_all(ps, p->fd, s, p->name, err);
}

static int make_folder(const struct parts *ps, const char *topic, struct err *err)
{
    if (mkdirat(ps->dir, topic, 0750))
        return errno == EEXIST ? 0 : fail(ps, topic, err);
    return sync_folder(ps, "", err);
}

/* Creates a part. *ret name: one that neither a part nor a complete file has. */
static int create(struct parts *ps, const char *topic, struct buf *name, struct err *err)
{
    int fd;
    do {
        part_name_next(&ps->second, &ps->counter, time(NULL));
        name->n = 0;
        part_name_put(topic, ps->second, ps->counter, ps->feed, false, name);
        bool taken = !faccessat(ps->dir, buf_cstr(name), F_OK, AT_SYMLINK_NOFOLLOW);
        buf_str(name, PART_SUFFIX);
        fd = taken ? -1 : openat(ps->dir, buf_cstr(name),
                                 O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        errno = taken ? EEXIST : errno;
    } while (fd < 0 && errno == EEXIST);
    if (fd < 0)
        fail(ps, buf_cstr(name), err);
    return fd;
}

struct part *part_new(struct parts *ps, const char *topic, struct err *err)
{
    struct buf name = { 0 };
    struct stat st = { 0 };
    if (make_room(ps, err) || make_folder(ps, topic, err))
        return NULL;
    int fd = create(ps, topic, &name, err);
    if (fd < 0) {
        buf_done(&name);
        return NULL;
    }
    struct part *p = xcalloc(1, sizeof *p);
    *p = (struct part){ .name = xstrdup(buf_cstr(&name)), .fd = fd, .opened_us = clock_mono_us(),
                        .dirty = true };
    buf_done(&name);
    TAILQ_INSERT_TAIL(&ps->all, p, all);
    has_opened(ps, p);
    if (fstat(fd, &st) ? fail(ps, p->name, err) : sync_folder(ps, topic, err)) {
        part_free(ps, p);
        return NULL;
    }
    p->device = st.st_dev;
    p->inode = st.st_ino;
    return p;
}

/* ---- the position file ---- */

static char *position_name(const struct parts *ps, const char *suffix, char name[256])
{
    snprintf(name, 256, "%s.position%s", ps->feed, suffix);
    return name;
}

static int write_fresh(const struct parts *ps, const char *name, struct slice text, struct err *err)
{
    if (unlinkat(ps->dir, name, 0) && errno != ENOENT)
        return fail(ps, name, err);
    int fd = openat(ps->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return fail(ps, name, err);
    int rc = write_all(ps, fd, text, name, err);
    if (!rc && fsync(fd))
        rc = fail(ps, name, err);
    close(fd);
    return rc;
}

static int store(const struct parts *ps, json_t *state, struct err *err)
{
    char name[256], fresh[256], last[STAMP];
    json_object_set_new(state, "last", json_string(part_stamp(ps->second, ps->counter, last)));
    char *text = json_dumps(state, JSON_INDENT(1));
    position_name(ps, "", name);
    position_name(ps, ".new", fresh);
    int rc = !text ? err_set(err, ERR_FATAL, "%s/%s cannot be written as JSON", ps->directory, name)
                   : write_fresh(ps, fresh, slice_str(text), err);
    if (!rc && renameat(ps->dir, fresh, ps->dir, name))
        rc = fail(ps, name, err);
    free(text);
    return rc ? rc : sync_folder(ps, "", err);
}

json_t *parts_stored(const struct parts *ps, struct err *err)
{
    char name[256];
    json_error_t je;
    int fd = openat(ps->dir, position_name(ps, "", name), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return json_object();
    json_t *j = fd < 0 ? NULL : json_loadfd(fd, JSON_ALLOW_NUL, &je);
    bool good = json_is_string(json_object_get(j, "position"));
    if (fd < 0)
        fail(ps, name, err);
    else if (!good)
        err_set(err, ERR_FATAL, "%s/%s:%d: %s", ps->directory, name, j ? 1 : je.line,
                j ? "no position in it" : je.text);
    if (fd >= 0)
        close(fd);
    if (good)
        return j;
    json_decref(j);
    return NULL;
}

/* ---- complete files ---- */

/* Renames "a/b.part" to "a/b". */
static int rename_done(const struct parts *ps, const char *part, struct err *err)
{
    size_t n = strlen(part) - strlen(PART_SUFFIX);
    /* a slash is there: all names of parts are paths */
    char *final = xstrndup(part, n), *slash = strrchr(final, '/');
    int rc = renameat(ps->dir, part, ps->dir, final) ? fail(ps, part, err) : 0;
    *slash = 0;
    if (!rc)
        rc = sync_folder(ps, final, err);
    free(final);
    return rc;
}

static void list_parts(const struct parts *ps, json_t *state)
{
    json_t *going = json_object(), *done = json_object();
    struct part *p;
    TAILQ_FOREACH(p, &ps->all, all)
        json_object_set_new(p->ended ? done : going, p->name, json_integer(p->bytes));
    json_object_set_new(state, "parts", going);
    json_object_set_new(state, "done", done);
}

static int make_durable(struct parts *ps, struct err *err)
{
    struct part *p;
    TAILQ_FOREACH(p, &ps->all, all) {
        bool fresh = p->bytes != p->stored;
        if (p->dirty && fsync(p->fd))
            return fail(ps, p->name, err);
        p->dirty = false;
        if ((fresh || p->ended) && still_there(ps, p, err))
            return -1;
    }
    return 0;
}

int parts_commit(struct parts *ps, json_t *state, struct err *err)
{
    struct part *p, *next;
    if (make_durable(ps, err))
        return -1;
    list_parts(ps, state);
    if (store(ps, state, err))
        return -1;
    for (p = TAILQ_FIRST(&ps->all); p; p = next) {
        next = TAILQ_NEXT(p, all);
        p->stored = p->bytes;
        if (!p->ended)
            continue;
        if (rename_done(ps, p->name, err))
            return -1;
        part_free(ps, p);
    }
    return 0;
}

/* ---- after a stop or a crash ---- */

/* Cuts off what came after the stored position. done: the file may already have its final name. */
static int cut(const struct parts *ps, const char *name, int64_t keep, bool done, struct err *err)
{
    struct stat st;
    int fd = openat(ps->dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && done)
        return 0;
    if (fd < 0 && errno != ENOENT)
        return fail(ps, name, err);
    bool whole = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= keep;
    int rc = whole ? 0 : gone(ps, name, keep, err);
    if (!rc && st.st_size > keep && (ftruncate(fd, keep) || fsync(fd)))
        rc = fail(ps, name, err);
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Checks the names in state[list], cuts their files and adds them to `all`. */
static int cut_list(const struct parts *ps, json_t *state, const char *list, bool done, json_t *all,
                    struct err *err)
{
    const char *path;
    json_t *bytes;
    json_object_foreach(json_object_get(state, list), path, bytes) {
        const char *name = part_name_below(path);
        if (!name)
            return err_set(err, ERR_FATAL,
                           "%s/%s.position names \"%s\", which is no part of a file", ps->directory,
                           ps->feed, path);
        if (json_integer_value(bytes) <= 0)
            continue;
        if (cut(ps, name, json_integer_value(bytes), done, err))
            return -1;
        json_object_set(all, name, bytes);
    }
    return 0;
}

/* A name that is gone was renamed before. */
static int rename_all(const struct parts *ps, json_t *all, struct err *err)
{
    const char *name;
    json_t *bytes;
    json_object_foreach(all, name, bytes)
        if (!faccessat(ps->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) && rename_done(ps, name, err))
            return -1;
    return 0;
}

/* Version 0.1.0 did not list parts as done: after it had stored a position that names a part, it
 * gave the part its final name. */
static int settle(struct parts *ps, json_t *state, struct err *err)
{
    json_t *all = json_object();
    bool perhaps_done = !json_object_get(state, "done");
    part_stamp_read(json_string_value(json_object_get(state, "last")), &ps->second, &ps->counter);
    int rc = cut_list(ps, state, "parts", perhaps_done, all, err) ||
             cut_list(ps, state, "done", true, all, err) ||
             part_names_sweep(ps->dir, ps->directory, ps->feed, all, err) ? -1 : 0;
    if (!rc && json_object_size(json_object_get(state, "parts"))) {
        json_object_set_new(state, "parts", json_object());
        json_object_set(state, "done", all);
        rc = store(ps, state, err);
    }
    if (!rc)
        rc = rename_all(ps, all, err);
    json_decref(all);
    return rc;
}

int parts_settle(struct parts *ps, struct err *err)
{
    forget_all(ps);
    json_t *state = parts_stored(ps, err);
    int rc = state ? settle(ps, state, err) : -1;
    json_decref(state);
    return rc;
}
