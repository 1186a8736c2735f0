#ifndef TAILRACE_BASE_CLOCK_H
#define TAILRACE_BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

int64_t clock_mono_us(void);    /* for intervals; stands still while the host is suspended */
/* for intervals; goes on while the host is suspended */
int64_t clock_boot_us(void);
int64_t clock_wall_ns(void);    /* since the Unix epoch, UTC */

/* The time on that clock ms milliseconds from now, for pthread_cond_timedwait(). */
struct timespec clock_in(clockid_t clock, int64_t ms);
#endif
