/* Threads of feeds: each ends by itself, and is given back once, with what it said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>
#include "flow/engine.h"

static int ends(struct engine_feed *f, struct err *err)
{
    (void)f, (void)err;
    return 0;
}

static int fails(struct engine_feed *f, struct err *err)
{
    return err_set(err, ERR_DATA, "feed %s fails", f->name);
}

static int goes_on(struct engine_feed *f, struct err *err)
{
    (void)err;
    while (!f->stop)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    return 0;
}

static struct engine_feed *next(struct engine *e)
{
    struct engine_feed *f = NULL;
    for (int i = 0; i < 1000 && !f; i++)
        f = engine_wait(e, 100);
    assert_non_null(f);
    return f;
}

static void test_one_that_ends_ends_alone(void **state)
{
    (void)state;
    struct err err;
    struct engine *e = engine_new();
    struct engine_feed bad = { .name = "bad", .run = fails },
                       good = { .name = "good", .run = goes_on };
    assert_int_equal(engine_start(e, &good, &err), 0);
    assert_int_equal(engine_start(e, &bad, &err), 0);
    assert_ptr_equal(next(e), &bad);
    assert_int_equal(bad.rc, -1);
    assert_string_equal(bad.err.msg, "feed bad fails");
    assert_int_equal(engine_running(e), 1);
    assert_null(engine_wait(e, 20));
    engine_stop(e);
    assert_ptr_equal(next(e), &good);
    assert_int_equal(good.rc, 0);
    assert_int_equal(engine_running(e), 0);
    engine_free(e);
}

static void test_pause_and_resume(void **state)
{
    (void)state;
    struct err err;
    struct engine *e = engine_new();
    struct engine_feed f = { .name = "f", .run = goes_on };
    engine_pause(&f);
    assert_int_equal(engine_start(e, &f, &err), 0);
    assert_int_equal(f.pause, 1);
    engine_resume(&f);
    assert_int_equal(f.pause, 0);
    engine_stop(e);
    assert_ptr_equal(next(e), &f);
    engine_free(e);
}

static void test_each_is_given_back_once(void **state)
{
    (void)state;
    enum { N = 200 };
    static struct engine_feed feeds[N];
    struct err err;
    struct engine *e = engine_new();
    for (int i = 0; i < N; i++) {
        feeds[i] = (struct engine_feed){ .name = "f", .run = i % 3 ? ends : fails };
        assert_int_equal(engine_start(e, &feeds[i], &err), 0);
    }
    for (int i = 0; i < N; i++) {
        struct engine_feed *f = next(e);
        assert_non_null(f->name);
        assert_int_equal(f->rc, (f - feeds) % 3 ? 0 : -1);
        f->name = NULL;
    }
    assert_int_equal(engine_running(e), 0);
    assert_null(engine_wait(e, 0));
    struct engine_feed again = { .name = "again", .run = ends };       /* and a new one may come */
    assert_int_equal(engine_start(e, &again, &err), 0);
    assert_ptr_equal(next(e), &again);
    engine_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_that_ends_ends_alone), cmocka_unit_test(test_pause_and_resume),
        cmocka_unit_test(test_each_is_given_back_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
