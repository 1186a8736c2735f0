/* Writes log lines to standard error. Makes text from outside harmless and hides secrets, so that
 * callers need not think of it. */
#include "base/log.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/escape.h"
#include "base/log_line.h"
#include "base/secret.h"
#include "base/xalloc.h"

enum { FEEDS = 64 };        /* most feeds with a level of their own */

const char *const log_level_names[LOG_LEVELS] = { "debug", "info", "warn", "error" };

static _Atomic enum log_level least_level = LOG_INFO;
static _Atomic enum log_format line_format = LOG_TEXT;
static _Thread_local const char *feed;

/* Feeds with a level of their own. Searched under the lock, and only if there is one. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { char *name; enum log_level least; } feeds[FEEDS];
static _Atomic size_t nfeeds;

void log_set_format(enum log_format format)
{
    line_format = format;
}

void log_set_level(enum log_level least)
{
    least_level = least;
}

/* The index of the feed in feeds; nfeeds: it is not there. Under lock. */
static size_t place_of(const char *name)
{
    size_t i = 0;
    while (i < nfeeds && strcmp(feeds[i].name, name) != 0)
        i++;
    return i;
}

bool log_set_feed_level(const char *name, enum log_level least)
{
    pthread_mutex_lock(&lock);
    size_t at = place_of(name);
    bool room = at < FEEDS || least == LOG_LEVELS;
    if (least == LOG_LEVELS && at < nfeeds) {
        free(feeds[at].name);
        feeds[at] = feeds[nfeeds - 1];
        nfeeds--;
    } else if (least != LOG_LEVELS && room) {
        if (at == nfeeds) {
            feeds[at].name = xstrdup(name);
            nfeeds++;
        }
        feeds[at].least = least;
    }
    pthread_mutex_unlock(&lock);
    return room;
}

enum log_level log_level_of(const char *name)
{
    enum log_level least = least_level;
    if (!name || !nfeeds)
        return least;
    pthread_mutex_lock(&lock);
    size_t at = place_of(name);
    if (at < nfeeds)
        least = feeds[at].least;
    pthread_mutex_unlock(&lock);
    return least;
}

void log_feed(const char *name)
{
    feed = name;
}

const char *log_feed_name(void)
{
    return feed;
}

static void make_harmless(struct buf *text)
{
    struct buf said = { 0 };
    if (!text->n)
        return;
    escape_line(slice_of(text->p, secret_hide((char *)text->p, text->n)), &said);
    buf_done(text);
    *text = said;
}

/* Writes each line with one call, so that lines of several threads do not mix. */
void log_at(enum log_level level, const char *fmt, ...)
{
    if (level < log_level_of(feed))
        return;
    char seconds[24], time[40];
    struct timespec ts;
    struct tm tm;
    struct buf message = { 0 }, pairs = { 0 }, line = { 0 };
    va_list ap;
    va_start(ap, fmt);
    log_line_format(fmt, ap, &message, &pairs);
    va_end(ap);
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(time, sizeof time, "%s.%03ldZ", seconds, ts.tv_nsec / 1000000);
    make_harmless(&message);
    make_harmless(&pairs);
    const struct log_line l = { time, level, buf_slice(&message), buf_slice(&pairs), feed };
    log_line_put(line_format, &l, &line);
    buf_u8(&line, '\n');
    fwrite(line.p, 1, line.n, stderr);
    fflush(stderr);
    buf_done(&message);
    buf_done(&pairs);
    buf_done(&line);
}
