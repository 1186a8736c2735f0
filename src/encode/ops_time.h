#ifndef TAILRACE_ENCODE_OPS_TIME_H
#define TAILRACE_ENCODE_OPS_TIME_H
#include "encode/ops.h"

/* What the ops of dates and times share, whichever database the cells come from. */
#define DAY_US INT64_C(86400000000)

/* A point in time, or an infinity. It has two parts, because microseconds since 1970 would not fit
 * int64 in the last years. */
struct when {
    int infinite;           /* 0, +1, -1 */
    int64_t days, us;       /* days since 1970-01-01; us within the day, 0 .. DAY_US - 1 */
};

typedef enum op_result when_fn(const struct column *, struct slice, struct when *, struct err *);
typedef enum op_result time_fn(const struct column *, struct slice, int64_t *ret_us, struct err *);

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
int64_t days_of(int64_t y, int m, int d);

/* ops_time.c: each reads v with read(), and writes the result; or returns read()'s trouble. */
enum op_result when_put_date(when_fn *read, const struct column *c, struct slice v, struct buf *out,
                             struct err *err);
enum op_result when_put_us(when_fn *read, const struct column *c, struct slice v, struct buf *out,
                           struct err *err);
enum op_result when_put_ms(when_fn *read, const struct column *c, struct slice v, struct buf *out,
                           struct err *err);
enum op_result when_put_ns(when_fn *read, const struct column *c, struct slice v, struct buf *out,
                           struct err *err);
enum op_result when_put_zoned(when_fn *read, const struct column *c, struct slice v,
                              struct buf *out, struct err *err);
enum op_result when_put_iso_date(when_fn *read, const struct column *c, struct slice v,
                                 struct buf *out, struct err *err);
enum op_result when_put_iso_timestamp(when_fn *read, const struct column *c, struct slice v,
                                      struct buf *out, struct err *err);

static inline char *put2(char *p, int64_t v)
{
    *p++ = (char)('0' + v / 10);
    *p++ = (char)('0' + v % 10);
    return p;
}

/* '.' and `digits` digits of the microseconds; digits 0: nothing. */
static inline char *put_fraction(char *p, int64_t us, int digits)
{
    int64_t unit = 100000;
    if (digits > 0)
        *p++ = '.';
    for (us %= 1000000; digits > 0; digits--, unit /= 10)
        *p++ = (char)('0' + us / unit % 10);
    return p;
}

/* How many fraction digits remain without the trailing zeros. */
static inline int digits_of(int64_t us)
{
    int n = 6;
    us %= 1000000;
    if (!us)
        return 0;
    for (; us % 10 == 0; us /= 10)
        n--;
    return n;
}
#endif
