/*
 * In place of the clock, sleeps and the log (-Wl,--wrap): virtual time, and lines that a test can
 * ask for.
 */
#include "clockwork.h"
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "scripted_source.h"

int64_t __wrap_clock_mono_us(void);
int64_t __wrap_clock_wall_ns(void);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t, const void *mask);
int __wrap___ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *t, const void *mask,
                       size_t size);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left);
struct timespec __wrap_clock_in(clockid_t clock, int64_t ms);
struct timespec __real_clock_in(clockid_t clock, int64_t ms);
void __wrap_log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2,
                                                                                     3)));

static _Atomic int64_t now_us = 1000000;

void clockwork_pass(int64_t us)
{
    atomic_fetch_add(&now_us, us);
}

int64_t clockwork_now(void)
{
    return atomic_load(&now_us);
}

int64_t __wrap_clock_mono_us(void)
{
    return atomic_fetch_add(&now_us, 1) + 1;
}

/* The day stands still: two runs of the same log give the same bytes. */
int64_t __wrap_clock_wall_ns(void)
{
    return 1700000000000000000;
}

/*
 * Threads that read are given real time to answer in, at first; while one is inside a call, time
 * stands still.
 */
static int wait_really(struct pollfd *fds, nfds_t n)
{
    enum { REAL_WAITS = 20 };
    static _Thread_local int silent;
    bool reading = atomic_load(&readers_open);
    int got = poll(fds, n, reading && silent < REAL_WAITS ? 1 : 0);
    for (int i = 0; !got && i < 100 && atomic_load(&readers_busy); i++)
        got = poll(fds, n, 10);
    silent = got || !reading ? 0 : silent + 1;
    return got;
}

int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t, const void *mask)
{
    (void)mask;
    int got = wait_really(fds, n);
    if (!got)
        clockwork_pass((int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000);
    return got;
}

int __wrap___ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *t, const void *mask,
                       size_t size)
{
    (void)size;
    return __wrap_ppoll(fds, n, t, mask);
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
    (void)left;
    clockwork_pass((int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000);
    return 0;
}

/* What a thread that reads waits before it tries again: a hundredth of it. */
struct timespec __wrap_clock_in(clockid_t clock, int64_t ms)
{
    return __real_clock_in(clock, ms / 100 + 1);
}

/* ---- the log ---- */

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[1 << 20];
static size_t log_n;
static bool log_kept = true;

void __wrap_log_at(enum log_level level, const char *fmt, ...)
{
    va_list ap;
    (void)level;
    pthread_mutex_lock(&log_lock);
    if (log_kept && log_n + 4096 < sizeof log_text) {
        va_start(ap, fmt);
        int n = vsnprintf(log_text + log_n, 4000, fmt, ap);
        va_end(ap);
        log_n += n < 4000 ? (size_t)n : 3999;
        log_text[log_n++] = '\n';
        log_text[log_n] = 0;
    }
    pthread_mutex_unlock(&log_lock);
}

int log_count(const char *text)
{
    int n = 0;
    pthread_mutex_lock(&log_lock);
    for (const char *at = log_text; (at = strstr(at, text)); at++)
        n++;
    pthread_mutex_unlock(&log_lock);
    return n;
}

bool log_has(const char *text)
{
    bool has = log_count(text) > 0;
    if (!has && getenv("FLOW_LOG"))
        fprintf(stderr, "no \"%s\" in:\n%s", text, log_text);
    return has;
}

void log_forget(void)
{
    pthread_mutex_lock(&log_lock);
    log_n = 0;
    log_text[0] = 0;
    pthread_mutex_unlock(&log_lock);
}

void log_keep(bool keep)
{
    log_kept = keep;
}
