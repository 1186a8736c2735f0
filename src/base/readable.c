/* Numbers, times and sizes as people read them, for reports, pages and logs. */
#include "base/readable.h"
#include <inttypes.h>
#include <stdio.h>

void readable_count(uint64_t n, const char *between, struct buf *out)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            buf_str(out, between);
        buf_u8(out, (uint8_t)digits[i]);
    }
}

void readable_bytes(uint64_t n, struct buf *out)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    double v = (double)n;
    size_t u = 0;
    for (; v >= 1024 && u + 1 < sizeof units / sizeof *units; u++)
        v /= 1024;
    buf_printf(out, u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

void readable_span(double seconds, struct buf *out)
{
    if (seconds < 120)
        buf_printf(out, seconds < 10 && seconds > 0 ? "%.1f s" : "%.0f s", seconds);
    else if (seconds < 7200)
        buf_printf(out, "%.0f min", seconds / 60);
    else
        buf_printf(out, seconds < 172800 ? "%.1f h" : "%.0f days",
                   seconds / (seconds < 172800 ? 3600 : 86400));
}
