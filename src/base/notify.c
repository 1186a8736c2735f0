/*
 * Tells a supervisor (systemd, Type=notify) how the process is. The supervisor listens on a
 * datagram socket; each message is one or more lines NAME=VALUE. Facts: sd_notify(3),
 * sd_watchdog_enabled(3).
 */
#include "base/notify.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"

static volatile sig_atomic_t to = -1;   /* the supervisor's socket; -1: there is none */
static int64_t every_us;                /* time between two signs that all threads go on; 0: none */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pulse *pulses;            /* under the lock */
static _Atomic int64_t told_us;         /* when the last such sign was sent */

/* Sends a message. One that is lost is no reason to stop the feeds. Async-signal-safe. */
static void tell(const char *text, size_t n)
{
    if (to >= 0)
        (void)!send(to, text, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int connect_to(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    size_t n = strlen(path);
    if ((*path != '/' && *path != '@') || n >= sizeof a.sun_path)
        return -1;
    memcpy(a.sun_path, path, n);
    if (*path == '@')
        a.sun_path[0] = 0;      /* an abstract name has no file */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    n += offsetof(struct sockaddr_un, sun_path);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, (socklen_t)n)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The watchdog's time; 0: none, or it is meant for another process (WATCHDOG_PID). */
static int64_t watchdog_us(void)
{
    const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    return us && (!pid || strtol(pid, NULL, 10) == (long)getpid()) ? strtoll(us, NULL, 10) : 0;
}

void notify_begin(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    int fd = path ? connect_to(path) : -1;
    if (path && fd < 0)
        log_warn("the supervisor is not told of this process: NOTIFY_SOCKET=%s: %s", path,
                 strerror(errno ? errno : EINVAL));
    to = fd;
    every_us = fd >= 0 ? watchdog_us() / 4 : 0;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_ready(const char *status)
{
    char text[256];
    int n = snprintf(text, sizeof text, "READY=1\nSTATUS=%.200s", status);
    tell(text, (size_t)n);
}

void notify_stopping(void)
{
    static const char text[] = "STOPPING=1";
    tell(text, sizeof text - 1);
}

/* ---- the watchdog ---- */

void pulse_begin(struct pulse *p)
{
    if (!every_us)
        return;
    pthread_mutex_lock(&lock);
    p->beaten = true;
    p->next = pulses;
    pulses = p;
    pthread_mutex_unlock(&lock);
}

/* True if all pulses have beaten since the supervisor last heard. Under the lock. */
static bool all_beaten(void)
{
    for (const struct pulse *p = pulses; p; p = p->next)
        if (!p->beaten)
            return false;
    return true;
}

void pulse_beat(struct pulse *p)
{
    if (!every_us)
        return;
    p->beaten = true;
    int64_t now = clock_mono_us();
    if (now - told_us < every_us)
        return;
    pthread_mutex_lock(&lock);
    if (now - told_us >= every_us && all_beaten()) {
        static const char text[] = "WATCHDOG=1";
        tell(text, sizeof text - 1);
        told_us = now;
        for (struct pulse *q = pulses; q; q = q->next)
            q->beaten = false;
    }
    pthread_mutex_unlock(&lock);
}

void pulse_end(struct pulse *p)
{
    pthread_mutex_lock(&lock);
    struct pulse **at = &pulses;
    while (*at && *at != p)
        at = &(*at)->next;
    if (*at)
        *at = p->next;
    pthread_mutex_unlock(&lock);
}
