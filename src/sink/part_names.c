/* Names avro-file's files, and finds which of the files in its directory belong to a feed. */
#include "sink/part_names.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"

enum { MOST_A_SECOND = 10000, STAMP_SIZE = 21, FEED_MAX = 200, NAME_MOST = 255 };

bool part_name_feed(const char *feed)
{
    return *feed && *feed != '.' && !strchr(feed, '/') && strlen(feed) <= FEED_MAX;
}

bool part_name_topic(const char *topic)
{
    bool dots = strcmp(topic, ".") == 0 || strcmp(topic, "..") == 0;
    return *topic && !dots && !strchr(topic, '/') && strlen(topic) <= NAME_MOST;
}

char *part_stamp(time_t second, unsigned counter, char to[32])
{
    struct tm tm;
    size_t n = strftime(to, 20, "%Y%m%dT%H%M%SZ", gmtime_r(&second, &tm));
    snprintf(to + n, 32 - n, "-%04u", counter % MOST_A_SECOND);
    return to;
}

void part_stamp_read(const char *text, time_t *second, unsigned *counter)
{
    struct tm tm = { 0 };
    unsigned n;
    if (!text || sscanf(text, "%4d%2d%2dT%2d%2d%2dZ-%4u", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                        &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &n) != 7)
        return;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    time_t then = timegm(&tm);
    if (then < *second || (then == *second && n <= *counter))
        return;
    *second = then;
    *counter = n;
}

void part_name_next(time_t *second, unsigned *counter, time_t now)
{
    bool later = now > *second;
    *counter = later || *counter + 1 == MOST_A_SECOND ? 0 : *counter + 1;
    *second = later ? now : *second + (*counter == 0);
}

void part_name_put(const char *topic, time_t second, unsigned counter, const char *feed, bool part,
                   struct buf *out)
{
    char stamp[32];
    buf_printf(out, "%s/%s.%s.avro%s", topic, part_stamp(second, counter, stamp), feed,
               part ? PART_SUFFIX : "");
}

const char *part_name_below(const char *path)
{
    size_t n = strlen(path), suffix = strlen(PART_SUFFIX);
    const char *file = strrchr(path, '/'), *topic = file;
    if (!file || n <= suffix || strcmp(path + n - suffix, PART_SUFFIX) || file[1] == '.')
        return NULL;
    while (topic > path && topic[-1] != '/')
        topic--;
    char name[NAME_MOST + 1];
    snprintf(name, sizeof name, "%.*s", (int)(file - topic), topic);
    return part_name_topic(name) ? topic : NULL;
}

enum err_class part_trouble(int e)
{
    return e == ENOSPC || e == EDQUOT || e == EIO ? ERR_RETRY : ERR_CONFIG;
}

/* "dddddddd" "T" "dddddd" "Z-" "dddd" "." feed ".avro.part" */
static bool own_part(const char *name, const char *feed)
{
    static const char form[] = "ddddddddTddddddZ-dddd.";
    size_t n = strlen(feed);
    for (int i = 0; i <= STAMP_SIZE; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)name[i]) : name[i] != form[i])
            return false;
    name += STAMP_SIZE + 1;
    return strncmp(name, feed, n) == 0 && strcmp(name + n, ".avro" PART_SUFFIX) == 0;
}

static int sweep_topic(int dir, const char *path, const char *topic, const char *feed, json_t *keep,
                       struct err *err)
{
    char name[2 * NAME_MOST + 2];
    int fd = openat(dir, topic, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    for (struct dirent *e; d && !rc && (e = readdir(d));) {
        snprintf(name, sizeof name, "%s/%s", topic, e->d_name);
        if (!own_part(e->d_name, feed) || json_object_get(keep, name))
            continue;
        if (unlinkat(fd, e->d_name, 0) && errno != ENOENT)
            rc = err_set(err, part_trouble(errno), "%s/%s: %s", path, name, strerror(errno));
        else
            log_info("removed a part that the stored position does not cover; its rows are read "
                     "again file=\"%s/%s\"", path, name);
    }
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return rc;
}

int part_names_sweep(int dir, const char *path, const char *feed, json_t *keep, struct err *err)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d)
        rc = err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    for (struct dirent *e; d && !rc && (e = readdir(d));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            rc = sweep_topic(dir, path, e->d_name, feed, keep, err);
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return rc;
}
