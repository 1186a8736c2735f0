/* Lines on standard error. What strangers named is made harmless here, and what is secret is hidden: whoever logs need not think of it. */
#include "base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/escape.h"
#include "base/secret.h"

static _Atomic enum log_level least_level = LOG_INFO;
static _Thread_local const char *feed;

void log_set_level(enum log_level least)
{
    least_level = least;
}

void log_feed(const char *name)
{
    feed = name;
}

const char *log_feed_name(void)
{
    return feed;
}

/* One write() a line, so that lines of several threads do not mix. */
void log_at(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    if (level < least_level)
        return;
    char text[2048], time[32];
    struct timespec ts;
    struct tm tm;
    struct buf line = { 0 };
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(&line, "%s.%03ldZ %s ", time, ts.tv_nsec / 1000000, names[level]);
    escape_line(slice_of(text, secret_hide(text, strlen(text))), &line);
    if (feed)
        buf_printf(&line, " feed=%s", feed);
    buf_u8(&line, '\n');
    fwrite(line.p, 1, line.n, stderr);
    fflush(stderr);
    buf_done(&line);
}
