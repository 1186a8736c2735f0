/* The lock of a feed that writes files. avro_file.c takes it before it touches any file. */
#include "sink/file_lock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"

static int open_lock(int dir, const char *feed, int flags)
{
    char name[256];
    snprintf(name, sizeof name, "%s.lock", feed);
    return openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0640);
}

static void read_holder(int fd, char holder[FILE_LOCK_HOLDER])
{
    ssize_t n = pread(fd, holder, FILE_LOCK_HOLDER - 1, 0);
    holder[n > 0 ? n : 0] = 0;
    holder[strcspn(holder, "\n")] = 0;
}

static void write_holder(int fd)
{
    char host[100] = "", text[FILE_LOCK_HOLDER];
    (void)!gethostname(host, sizeof host - 1);
    int n = snprintf(text, sizeof text, "process %d on host %s\n", (int)getpid(), host);
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
        log_warn("the lock is held, but its file does not say by whom reason=\"%s\"",
                 strerror(errno));
}

/* Warns of a holder that did not end by itself on another host: flock may not reach that host, so
 * the holder may still write. */
static void warn_of_stranger(int fd, const char *path)
{
    char holder[FILE_LOCK_HOLDER], host[100] = "", here[120];
    read_holder(fd, holder);
    (void)!gethostname(host, sizeof host - 1);
    snprintf(here, sizeof here, " on host %s", host);
    if (*holder && !strstr(holder, here))
        log_warn(
            "the last writer did not end by itself: make sure that it is gone, a lock does not "
            "reach other hosts on every file system directory=\"%s\" writer=\"%s\"",
            path, holder);
}

static int refuse(int fd, const char *path, const char *feed, struct err *err)
{
    char holder[FILE_LOCK_HOLDER];
    if (errno != EWOULDBLOCK)
        return err_set(err, ERR_CONFIG, "%s/%s.lock cannot be locked: %s: sink.directory needs a "
                       "file system with flock", path, feed, strerror(errno));
    read_holder(fd, holder);
    return err_set(err, ERR_CONFIG, "feed %s is written to %s by %s (it holds %s.lock): stop that "
                   "one, or give this feed another name", feed, path,
                   *holder ? holder : "another process", feed);
}

bool file_lock_stands(int dir, const char *feed, int fd)
{
    char name[256];
    struct stat held, there;
    snprintf(name, sizeof name, "%s.lock", feed);
    return fd >= 0 && !fstat(fd, &held) && !fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

static int lock_once(int dir, const char *path, const char *feed, struct err *err)
{
    int fd = open_lock(dir, feed, O_RDWR | O_CREAT);
    struct stat st;
    if (fd < 0 || fstat(fd, &st))
        return err_set(err, ERR_CONFIG, "%s/%s.lock: %s", path, feed, strerror(errno));
    if (!S_ISREG(st.st_mode) || flock(fd, LOCK_EX | LOCK_NB)) {
        refuse(fd, path, feed, err);
        close(fd);
        return -1;
    }
    return fd;
}

int file_lock(int dir, const char *path, const char *feed, struct err *err)
{
    int fd = lock_once(dir, path, feed, err);
    for (; fd >= 0 && !file_lock_stands(dir, feed, fd); fd = lock_once(dir, path, feed, err))
        close(fd);      /* deleted before it was locked */
    if (fd < 0)
        return -1;
    warn_of_stranger(fd, path);
    write_holder(fd);
    return fd;
}

void file_unlock(int fd)
{
    if (fd < 0)
        return;
    if (ftruncate(fd, 0))
        log_warn("the lock's file still names this process reason=\"%s\"", strerror(errno));
    close(fd);
}

int file_lock_held(const char *path, const char *feed, char holder[FILE_LOCK_HOLDER])
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), held = 0;
    int fd = dir < 0 ? -1 : open_lock(dir, feed, O_RDONLY);
    if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK) {
        held = 1;
        read_holder(fd, holder);
    }
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    return held;
}
