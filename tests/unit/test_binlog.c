#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "binlog_print.h"

/* Read into memory of exactly its size. */
static struct slice read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return slice_of(NULL, 0);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    uint8_t *p = malloc(n ? n : 1);
    rewind(f);
    if (fread(p, 1, n, f) != n)
        n = 0;
    fclose(f);
    return slice_of(p, n);
}

/* Where the two part. */
static size_t first_difference(const struct buf *a, struct slice b)
{
    size_t i = 0;
    while (i < a->n && i < b.n && a->p[i] == b.p[i])
        i++;
    return i;
}

static void check_fixture(const char *name)
{
    char path[200];
    struct buf out = { 0 };
    snprintf(path, sizeof path, "tests/unit/binlog/%s.binlog", name);
    struct slice file = read_file(path);
    snprintf(path, sizeof path, "tests/unit/binlog/%s.txt", name);
    struct slice golden = read_file(path);
    assert_true(file.n && golden.n);
    print_binlog(file, &out);
    if (!slice_eq(buf_slice(&out), golden)) {
        size_t at = first_difference(&out, golden), from = at < 200 ? 0 : at - 200;
        fail_msg("%s differs at %zu: ...%.400s", path, at, buf_cstr(&out) + from);
    }
    buf_done(&out);
    free((void *)(uintptr_t)file.p);
    free((void *)(uintptr_t)golden.p);
}

static void fixtures(void **state)
{
    (void)state;
    static const char *const names[] = { "mysql97-types2", "mysql97-partialjson", "mysql97-more", "mysql97-nochecksum", "mariadb118-types",
                                         "mariadb1011-more" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_fixture(names[i]);
}

/* test_binlog FILE: prints it, for a new golden file, which is to be read before it is believed. */
int main(int argc, char **argv)
{
    if (argc == 2) {
        struct buf out = { 0 };
        print_binlog(read_file(argv[1]), &out);
        fwrite(out.p, 1, out.n, stdout);
        buf_done(&out);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
