/*
 * What feeds share, asked by many threads at once: under TSan no two of them may touch one thing.
 * Character sets are made by whoever asks first, so each set must also be one for all.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/charset.h"
#include "base/log.h"
#include "base/pattern.h"
#include "base/secret.h"
#include "base/user.h"
#include "source/mysql/ddl/parse.h"
#include "source/mysql/watch.h"

enum { THREADS = 8 };

static const char *const sets[] = { "latin1",  "gbk",     "sjis",   "ujis",
                                    "gb18030", "utf16le", "cp1251", "big5" };
enum { SETS = sizeof sets / sizeof *sets };

struct thread {
    pthread_t id;
    pthread_barrier_t *start;
    const struct pattern *pattern;
    const struct charset *found[SETS];
    const char *wrong;
};

static void find_sets(struct thread *t)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < SETS; i++)
        if (charset_find(sets[i], &t->found[i]) ||
            charset_put(t->found[i], slice_of("aaaa", 4), &out))
            t->wrong = sets[i];
    buf_done(&out);
}

/* Groups within groups: what a match keeps is more than PCRE has on the stack. */
static void match(struct thread *t)
{
    char name[4001];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = 0;
    struct err err = { 0 };
    if (pattern_matches(t->pattern, name, &err) != 1 || pattern_matches(t->pattern, "b", &err))
        t->wrong = "pattern_matches";
}

static void hide(struct thread *t, int i)
{
    char secret[32], text[64];
    snprintf(secret, sizeof secret, "secret-%p-%d", (void *)t, i);
    snprintf(text, sizeof text, "<%s>", secret);
    secret_note(secret);
    secret_hide(text, strlen(text));
    if (strstr(text, secret))
        t->wrong = "secret_hide";
}

static void *work(void *arg)
{
    struct thread *t = arg;
    char name[64];
    pthread_barrier_wait(t->start);
    find_sets(t);
    if (!ddl_same("\u00c9t\u00e9", "\u00e9T\u00c9"))
        t->wrong = "ddl_same";
    match(t);
    user_name(geteuid(), name, sizeof name);
    for (int i = 0; i < 20; i++) {
        hide(t, i);
        log_set_level(LOG_ERROR);
        log_info("nobody reads this");
    }
    return NULL;
}

static void test_what_feeds_share(void **state)
{
    (void)state;
    struct thread all[THREADS] = { 0 };
    pthread_barrier_t start;
    struct arena a;
    struct err err = { 0 };
    arena_init(&a, 4096);
    struct pattern *p = pattern_new(&a, "((a|b)+?)*a", &err);
    assert_non_null(p);
    size_t used = a.used;
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        all[i].start = &start;
        all[i].pattern = p;
        assert_int_equal(pthread_create(&all[i].id, NULL, work, &all[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(all[i].id, NULL);
        if (all[i].wrong)
            fail_msg("thread %d: %s", i, all[i].wrong);
        assert_memory_equal(all[i].found, all[0].found, sizeof all[0].found);
    }
    assert_int_equal(a.used, used);
    pthread_barrier_destroy(&start);
    arena_done(&a);
    log_set_level(LOG_INFO);
}

/* Connections to servers, of which some never answer; one thread watches them all. */
struct wait {
    pthread_t id;
    int ends[2];
    int answer_ms;
    atomic_int stop;
    bool answered;
    enum mysql_gave_up want, got;
    ssize_t read;
    int ms;
};

static void *wait_for_an_answer(void *arg)
{
    struct wait *t = arg;
    char byte;
    struct mysql_watch *w = mysql_watch_new(t->ends[0], &t->stop);
    if (!w)
        return NULL;
    for (int i = 0; t->answered && i < 200; i++) {
        mysql_watch_begin(w, t->answer_ms);
        if (write(t->ends[1], "x", 1) != 1 || read(t->ends[0], &byte, 1) != 1)
            t->answered = false;
        mysql_watch_end(w);
    }
    mysql_watch_begin(w, t->answer_ms);
    t->read = t->answered ? 0 : read(t->ends[0], &byte, 1);
    mysql_watch_end(w);
    t->got = mysql_watch_gave_up(w, &t->ms);
    mysql_watch_free(w);
    return NULL;
}

static void test_waits_that_end(void **state)
{
    (void)state;
    struct wait all[3 * THREADS] = { 0 };
    for (int i = 0; i < 3 * THREADS; i++) {
        struct wait *t = &all[i];
        t->answered = i % 3 == 0;
        t->answer_ms = i % 3 == 1 ? 100 + i : 60000;
        t->stop = i % 3 == 2;
        t->want = (enum mysql_gave_up[]){ MYSQL_WAITS, MYSQL_SILENT, MYSQL_STOPPED }[i % 3];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, t->ends), 0);
        assert_int_equal(pthread_create(&t->id, NULL, wait_for_an_answer, t), 0);
    }
    for (int i = 0; i < 3 * THREADS; i++) {
        struct wait *t = &all[i];
        pthread_join(t->id, NULL);
        assert_int_equal(t->got, t->want);
        assert_int_equal(t->ms, t->answer_ms);
        assert_int_equal(t->read, 0);
        assert_int_equal(t->answered, i % 3 == 0);
        close(t->ends[0]);
        close(t->ends[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_feeds_share), cmocka_unit_test(test_waits_that_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
