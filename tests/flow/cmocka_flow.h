#ifndef TAILRACE_TESTS_FLOW_CMOCKA_FLOW_H
#define TAILRACE_TESTS_FLOW_CMOCKA_FLOW_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "clockwork.h"
#include "driver.h"

/*
 * FLOW_TEST: only the tests of that name, a pattern. FLOW_LOG=1: where a line of the log is
 * missing, the log is shown.
 */
static inline void choose_tests(void)
{
    if (getenv("FLOW_TEST"))
        cmocka_set_test_filter(getenv("FLOW_TEST"));
}

#define run_flow(tests) (choose_tests(), cmocka_run_group_tests(tests, NULL, NULL))
#endif
