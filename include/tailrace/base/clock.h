#ifndef TAILRACE_BASE_CLOCK_H
#define TAILRACE_BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

int64_t clock_mono_us(void);    /* for intervals */
/* for intervals, counting the time for which the host was suspended */
int64_t clock_boot_us(void);
int64_t clock_wall_ns(void);    /* since the Unix epoch, UTC */

/* The time on that clock in so many milliseconds: what pthread_cond_timedwait() waits until. */
struct timespec clock_in(clockid_t clock, int64_t ms);
#endif
