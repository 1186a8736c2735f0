/* What a supervisor hears, on a real socket of its kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/notify.h"

/* A supervisor's end: a file, or a name without one ("@..."). */
static int listen_at(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    size_t n = strlen(path);
    memcpy(a.sun_path, path, n);
    if (*path == '@')
        a.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    n += offsetof(struct sockaddr_un, sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, (socklen_t)n), 0);
    return fd;
}

static const char *heard(int fd)
{
    static char text[512];
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = 0;
    return text;
}

static void begin(const char *path, const char *watchdog_us, const char *pid)
{
    setenv("NOTIFY_SOCKET", path, 1);
    if (watchdog_us)
        setenv("WATCHDOG_USEC", watchdog_us, 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    notify_begin();
    assert_null(getenv("NOTIFY_SOCKET"));       /* what is started next must not speak for us */
    assert_null(getenv("WATCHDOG_USEC"));
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void test_without_one_nothing_is_said(void **state)
{
    struct pulse p = { 0 };
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_begin();
    notify_ready("x");
    pulse_begin(&p);
    pulse_beat(&p);
    pulse_end(&p);
    notify_stopping();
}

static void test_started_and_stopping(void **state)
{
    char dir[] = "/tmp/notifyXXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/socket", dir);
    int fd = listen_at(path);
    begin(path, NULL, NULL);
    assert_string_equal(heard(fd), "");
    notify_ready("3 feeds");
    assert_string_equal(heard(fd), "READY=1\nSTATUS=3 feeds");
    notify_stopping();
    assert_string_equal(heard(fd), "STOPPING=1");
    close(fd);
    notify_stopping();      /* a supervisor that is gone takes nobody with it */
    unlink(path);
    rmdir(dir);
}

static void test_a_name_without_a_file(void **state)
{
    char name[64];
    (void)state;
    snprintf(name, sizeof name, "@tailrace-test-%ld", (long)getpid());
    int fd = listen_at(name);
    begin(name, NULL, NULL);
    notify_ready("");
    assert_string_equal(heard(fd), "READY=1\nSTATUS=");
    close(fd);
}

/* The watchdog's time is 4 us here: a beat is due whenever one comes. */
static void test_the_watchdog_hears_while_all_go_on(void **state)
{
    char name[64], pid[24];
    struct pulse one = { 0 }, other = { 0 };
    (void)state;
    snprintf(name, sizeof name, "@tailrace-watched-%ld", (long)getpid());
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    int fd = listen_at(name);
    begin(name, "4", pid);
    pulse_begin(&one);
    pulse_begin(&other);
    wait_ms(1);
    pulse_beat(&one);
    assert_string_equal(heard(fd), "WATCHDOG=1");       /* both have just begun */
    for (int i = 0; i < 5; i++) {
        wait_ms(1);
        pulse_beat(&one);
        assert_string_equal(heard(fd), "");             /* the other one hangs */
    }
    pulse_beat(&other);
    assert_string_equal(heard(fd), "WATCHDOG=1");
    wait_ms(1);
    pulse_end(&other);
    pulse_beat(&one);
    assert_string_equal(heard(fd), "WATCHDOG=1");       /* one that has ended is not waited for */
    pulse_end(&one);
    close(fd);
}

/* An hour: whatever the first beat says, the second one is too early. */
static void test_not_more_often_than_is_asked(void **state)
{
    char name[64];
    struct pulse p = { 0 };
    (void)state;
    snprintf(name, sizeof name, "@tailrace-hour-%ld", (long)getpid());
    int fd = listen_at(name);
    begin(name, "3600000000", NULL);
    pulse_begin(&p);
    pulse_beat(&p);
    heard(fd);
    pulse_beat(&p);
    assert_string_equal(heard(fd), "");
    pulse_end(&p);
    close(fd);
}

static void test_a_watchdog_of_another_process(void **state)
{
    char name[64];
    struct pulse p = { 0 };
    (void)state;
    snprintf(name, sizeof name, "@tailrace-other-%ld", (long)getpid());
    int fd = listen_at(name);
    begin(name, "4", "1");
    pulse_begin(&p);
    wait_ms(1);
    pulse_beat(&p);
    assert_string_equal(heard(fd), "");
    pulse_end(&p);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_one_nothing_is_said),
        cmocka_unit_test(test_started_and_stopping),
        cmocka_unit_test(test_a_name_without_a_file),
        cmocka_unit_test(test_the_watchdog_hears_while_all_go_on),
        cmocka_unit_test(test_not_more_often_than_is_asked),
        cmocka_unit_test(test_a_watchdog_of_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
