#ifndef TAILRACE_BASE_CLOCK_H
#define TAILRACE_BASE_CLOCK_H
#include <stdint.h>

int64_t clock_mono_us(void);    /* for intervals */
int64_t clock_boot_us(void);    /* for intervals, counting the time for which the host was suspended */
int64_t clock_wall_ns(void);    /* since the Unix epoch, UTC */
#endif
