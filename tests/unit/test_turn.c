/* Who may connect to a server: a few at a time, and servers do not wait for one another. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>
#include "source/pg/turn.h"

enum { MOST = 100, MANY = 50 };

static atomic_int inside, most, served, no_stop;

/* Turns of a server until it has no more to give; they are the caller's. */
static int take_all(const char *server, struct turn **ret)
{
    atomic_int stop = 1;
    int n = 0;
    while (n < MOST && (ret[n] = turn_take(server, &stop)))
        n++;
    return n;
}

static void test_a_few_at_a_time(void **state)
{
    (void)state;
    struct turn *a[MOST], *b[MOST];
    int n = take_all("a", a);
    assert_in_range(n, 2, 32);
    assert_int_equal(take_all("b", b), n);
    turn_end(a[0]);
    assert_non_null(a[0] = turn_take("a", NULL));
    for (int i = 0; i < n; i++) {
        turn_end(a[i]);
        turn_end(b[i]);
    }
    turn_end(NULL);
}

static void *connects(void *arg)
{
    (void)arg;
    struct turn *t = turn_take("c", &no_stop);
    int now = ++inside, before = most;
    while (before < now && !atomic_compare_exchange_weak(&most, &before, now))
        ;
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    inside--;
    served++;
    turn_end(t);
    return NULL;
}

static void test_all_have_their_turn(void **state)
{
    (void)state;
    struct turn *c[MOST];
    pthread_t threads[MANY];
    int n = take_all("c", c);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(pthread_create(threads + i, NULL, connects, NULL), 0);
    for (int i = 0; i < n; i++)
        turn_end(c[i]);
    for (int i = 0; i < MANY; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(served, MANY);
    assert_in_range(most, 1, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_few_at_a_time), cmocka_unit_test(test_all_have_their_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
