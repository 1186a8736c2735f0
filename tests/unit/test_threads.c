/*
 * What feeds share, asked by many threads at once: under TSan no two of them may touch one thing. Character sets are made by whoever
 * asks first, so each set must also be one for all.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/charset.h"
#include "base/log.h"
#include "base/pattern.h"
#include "base/secret.h"
#include "base/user.h"
#include "source/mysql/ddl/parse.h"

enum { THREADS = 8 };

static const char *const sets[] = { "latin1", "gbk", "sjis", "ujis", "gb18030", "utf16le", "cp1251", "big5" };
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
        if (charset_find(sets[i], &t->found[i]) || charset_put(t->found[i], slice_of("aaaa", 4), &out))
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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_feeds_share) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
