#ifndef TAILRACE_BASE_ASIDE_H
#define TAILRACE_BASE_ASIDE_H
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

enum aside { ASIDE_DONE, ASIDE_STOPPED, ASIDE_LATE, ASIDE_NO_THREAD };

/*
 * Calls run(arg), which cannot be interrupted (a library that connects), in a thread of its own,
 * and waits for its end. ASIDE_STOPPED: *stop was set (NULL: never). ASIDE_LATE: wait_ms passed (0:
 * never). After these two the thread is left behind: arg belongs to the thread, which calls
 * drop(arg) when run() has ended. After ASIDE_DONE and ASIDE_NO_THREAD arg is the caller's again.
 */
enum aside aside_run(void (*run)(void *arg), void (*drop)(void *arg), void *arg,
                     const atomic_int *stop, int wait_ms);

/* True while a thread that was left behind still runs: exit() would take down libraries that it
 * uses. */
bool aside_left(void);
#endif
