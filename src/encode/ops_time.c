/* Ops of PostgreSQL's dates, times and intervals, and the writers of dates and times that MySQL's
 * ops use too. */
#include <inttypes.h>
#include <stdio.h>
#include "base/avro.h"
#include "encode/ops_time.h"

/*
 * Binary forms: date_send Int32 days, time_send Int64 us, timetz_send Int64 us and Int32 seconds
 * west, timestamp_send Int64 us, interval_send Int64 us, Int32 days, Int32 months. Days and
 * timestamps count from 2000-01-01. The extremes of their integers are the infinities.
 */
#define PG_DAYS 10957                       /* 1970-01-01 to 2000-01-01 */

/* The values that stand for the infinities in the connector's records. */
#define DATE_PLUS 2146033979
#define DATE_MINUS (-2147472691)
#define TS_MS_PLUS INT64_C(9223372036825200)
#define TS_MS_MINUS INT64_C(-9223372036832400)
#define TS_US_PLUS INT64_C(9223372036825200000)
#define TS_US_MINUS INT64_C(-9223372036832400000)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Proleptic Gregorian calendar; the era arithmetic follows Howard Hinnant's public description of
 * the algorithm. */
int64_t days_of(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = floor_div(y, 400);
    int64_t yoe = y - era * 400, doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_of(int64_t days, int64_t *y, int *m, int *d)
{
    days += 719468;
    int64_t era = floor_div(days, 146097), doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

/* ---- text scanning: PostgreSQL's ISO output ---- */

#define MAX_YEAR 5874898                    /* the last year of type date, and one for BC */
#define MAX_HOURS INT64_C(2562047787)       /* int64 microseconds, less one hour for the rest */

struct scan { const uint8_t *p, *end; bool bad; };

/* Reads a number from 0 to max. */
static int64_t scan_int(struct scan *s, int64_t max)
{
    int64_t v = 0;
    const uint8_t *from = s->p;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9' && s->p - from < 18; s->p++)
        v = v * 10 + (*s->p - '0');
    if (s->p == from || v > max) {
        s->bad = true;
        return 0;
    }
    return v;
}

static bool scan_char(struct scan *s, char c)
{
    bool there = s->p < s->end && *s->p == (uint8_t)c;
    s->p += there;
    return there;
}

static void scan_want(struct scan *s, char c)
{
    s->bad |= !scan_char(s, c);
}

/* Reads ".5" and the like as microseconds. */
static int64_t scan_fraction(struct scan *s)
{
    int64_t us = 0, unit = 100000;
    if (!scan_char(s, '.'))
        return 0;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++, unit /= 10)
        us += (*s->p - '0') * unit;
    return us;
}

static int64_t scan_time(struct scan *s)
{
    int64_t h = scan_int(s, MAX_HOURS);
    scan_want(s, ':');
    int64_t m = scan_int(s, 59);
    scan_want(s, ':');
    int64_t sec = scan_int(s, 60);
    return ((h * 60 + m) * 60 + sec) * 1000000 + scan_fraction(s);
}

static int64_t scan_date(struct scan *s)
{
    int64_t y = scan_int(s, MAX_YEAR);
    scan_want(s, '-');
    int m = (int)scan_int(s, 12);
    scan_want(s, '-');
    int d = (int)scan_int(s, 31);
    bool bc = s->end - s->p >= 3 && memcmp(s->end - 3, " BC", 3) == 0;
    if (bc)
        s->end -= 3;
    s->bad |= m < 1 || d < 1;
    return s->bad ? 0 : days_of(bc ? 1 - y : y, m, d);
}

/* Reads "+02", "-03:30", "+00:19:32" as seconds east. */
static int64_t scan_zone(struct scan *s)
{
    bool west = scan_char(s, '-');
    if (!west)
        scan_want(s, '+');
    int64_t sec = scan_int(s, 23) * 3600;
    if (scan_char(s, ':'))
        sec += scan_int(s, 59) * 60;
    if (scan_char(s, ':'))
        sec += scan_int(s, 59);
    return west ? -sec : sec;
}

static int infinite_text(struct slice v)
{
    return slice_eq(v, slice_str("infinity")) ? 1 : slice_eq(v, slice_str("-infinity")) ? -1 : 0;
}

static struct scan scan_over(struct slice v)
{
    return (struct scan){ v.p, v.p + v.n, false };
}

static bool scanned(const struct scan *s)
{
    return !s->bad && s->p == s->end;
}

/* ---- date ---- */

static enum op_result date_binary(const struct column *c, struct slice v, struct when *ret,
                                  struct err *err)
{
    if (v.n != 4)
        return op_bad(err, c, v);
    int32_t d = (int32_t)load_be32(v.p);
    *ret = (struct when){ .infinite = d == INT32_MAX   ? 1
                                      : d == INT32_MIN ? -1
                                                       : 0,
                          .days = (int64_t)d + PG_DAYS };
    return OP_OK;
}

static enum op_result date_text(const struct column *c, struct slice v, struct when *ret,
                                struct err *err)
{
    struct scan s = scan_over(v);
    *ret = (struct when){ .infinite = infinite_text(v) };
    if (ret->infinite)
        return OP_OK;
    ret->days = scan_date(&s);
    return scanned(&s) ? OP_OK : op_bad(err, c, v);
}

enum op_result when_put_date(when_fn *read, const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    struct when w;
    enum op_result r = read(c, v, &w, err);
    if (r != OP_OK)
        return r;
    avro_long(out, w.infinite > 0 ? DATE_PLUS : w.infinite < 0 ? DATE_MINUS : w.days);
    return OP_OK;
}

enum op_result op_date_binary(const struct column *c, struct slice v, struct buf *out,
                              struct err *err)
{
    return when_put_date(date_binary, c, v, out, err);
}

enum op_result op_date_text(const struct column *c, struct slice v, struct buf *out,
                            struct err *err)
{
    return when_put_date(date_text, c, v, out, err);
}

/* ---- time ---- */

static enum op_result time_binary(const struct column *c, struct slice v, int64_t *ret_us,
                                  struct err *err)
{
    if (v.n != 8)
        return op_bad(err, c, v);
    *ret_us = (int64_t)load_be64(v.p);
    return *ret_us >= 0 && *ret_us <= DAY_US ? OP_OK : op_bad(err, c, v);
}

static enum op_result time_text(const struct column *c, struct slice v, int64_t *ret_us,
                                struct err *err)
{
    struct scan s = scan_over(v);
    *ret_us = scan_time(&s);
    return scanned(&s) && *ret_us <= DAY_US ? OP_OK : op_bad(err, c, v);
}

static enum op_result put_time(time_fn *read, const struct column *c, struct slice v, int64_t unit,
                               struct buf *out, struct err *err)
{
    int64_t us;
    if (read(c, v, &us, err))
        return OP_BAD;
    avro_long(out, us / unit);
    return OP_OK;
}

enum op_result op_time_ms_binary(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    return put_time(time_binary, c, v, 1000, out, err);
}

enum op_result op_time_ms_text(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return put_time(time_text, c, v, 1000, out, err);
}

enum op_result op_time_us_binary(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    return put_time(time_binary, c, v, 1, out, err);
}

enum op_result op_time_us_text(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return put_time(time_text, c, v, 1, out, err);
}

static enum op_result put_time_ns(time_fn *read, const struct column *c, struct slice v,
                                  struct buf *out, struct err *err)
{
    int64_t us;
    if (read(c, v, &us, err))
        return OP_BAD;
    avro_long(out, us * 1000);
    return OP_OK;
}

enum op_result op_time_ns_binary(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    return put_time_ns(time_binary, c, v, out, err);
}

enum op_result op_time_ns_text(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return put_time_ns(time_text, c, v, out, err);
}

static char *put_hms(char *p, int64_t us)
{
    int64_t sec = us / 1000000;
    p = put2(p, sec / 3600);
    *p++ = ':';
    p = put2(p, sec / 60 % 60);
    *p++ = ':';
    return put2(p, sec % 60);
}

/* ZonedTime: shifted to UTC, with the value's own fraction digits; 24:00 at UTC stays 24:00. */
static enum op_result put_timetz(const struct column *c, struct slice v, int64_t us, int64_t west_s,
                                 struct buf *out, struct err *err)
{
    char text[40], *p;
    if (us < 0 || us > DAY_US)
        return op_bad(err, c, v);
    if (us != DAY_US || west_s)
        us = ((us + west_s * 1000000) % DAY_US + DAY_US) % DAY_US;
    p = put_hms(text, us);
    p = put_fraction(p, us, digits_of(us));
    *p++ = 'Z';
    avro_bytes(out, slice_of(text, (size_t)(p - text)));
    return OP_OK;
}

enum op_result op_timetz_binary(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    if (v.n != 12)
        return op_bad(err, c, v);
    return put_timetz(c, v, (int64_t)load_be64(v.p), (int32_t)load_be32(v.p + 8), out, err);
}

enum op_result op_timetz_text(const struct column *c, struct slice v, struct buf *out,
                              struct err *err)
{
    struct scan s = scan_over(v);
    int64_t us = scan_time(&s), east = scan_zone(&s);
    return scanned(&s) ? put_timetz(c, v, us, -east, out, err) : op_bad(err, c, v);
}

/* ---- timestamps ---- */

static void set_when(struct when *w, int64_t days, int64_t us)
{
    w->days = days + floor_div(us, DAY_US);
    w->us = (us % DAY_US + DAY_US) % DAY_US;
}

static enum op_result when_binary(const struct column *c, struct slice v, struct when *ret,
                                  struct err *err)
{
    if (v.n != 8)
        return op_bad(err, c, v);
    int64_t us = (int64_t)load_be64(v.p);
    ret->infinite = us == INT64_MAX ? 1 : us == INT64_MIN ? -1 : 0;
    set_when(ret, PG_DAYS, us);
    return OP_OK;
}

static enum op_result when_text(const struct column *c, struct slice v, struct when *ret,
                                struct err *err)
{
    *ret = (struct when){ .infinite = infinite_text(v) };
    if (ret->infinite)
        return OP_OK;
    struct scan s = scan_over(v);
    int64_t days = scan_date(&s);
    scan_want(&s, ' ');
    int64_t us = scan_time(&s);
    if (c->type == COL_TIMESTAMPTZ)
        us -= scan_zone(&s) * 1000000;
    if (!scanned(&s))
        return op_bad(err, c, v);
    set_when(ret, days, us);
    return OP_OK;
}

/* Microseconds since 1970. After the year 294247: the limit, never a wrapped value. */
static enum op_result epoch_us(const struct when *w, int64_t *ret_us)
{
    if (!__builtin_mul_overflow(w->days, DAY_US, ret_us) &&
        !__builtin_add_overflow(*ret_us, w->us, ret_us))
        return OP_OK;
    *ret_us = INT64_MAX;
    return OP_CLAMPED;
}

static int64_t epoch_ms(const struct when *w)
{
    return w->days * (DAY_US / 1000) + w->us / 1000;
}

enum op_result when_put_us(when_fn *read, const struct column *c, struct slice v, struct buf *out,
                           struct err *err)
{
    struct when w;
    enum op_result r = read(c, v, &w, err);
    if (r != OP_OK)
        return r;
    int64_t us = w.infinite > 0 ? TS_US_PLUS : TS_US_MINUS;
    if (!w.infinite)
        r = epoch_us(&w, &us);
    avro_long(out, us);
    return r;
}

/* 64 bits of nanoseconds reach from 1677 to 2262. The infinities are written as the limits. */
enum op_result when_put_ns(when_fn *read, const struct column *c, struct slice v, struct buf *out,
                           struct err *err)
{
    struct when w;
    int64_t us, ns;
    enum op_result r = read(c, v, &w, err);
    if (r != OP_OK)
        return r;
    if (w.infinite)
        ns = w.infinite > 0 ? INT64_MAX : INT64_MIN;
    else if (epoch_us(&w, &us) || __builtin_mul_overflow(us, INT64_C(1000), &ns))
        return OP_NONE;
    avro_long(out, ns);
    return OP_OK;
}

enum op_result when_put_ms(when_fn *read, const struct column *c, struct slice v, struct buf *out,
                           struct err *err)
{
    struct when w;
    enum op_result r = read(c, v, &w, err);
    if (r != OP_OK)
        return r;
    avro_long(out, w.infinite > 0 ? TS_MS_PLUS : w.infinite < 0 ? TS_MS_MINUS : epoch_ms(&w));
    return OP_OK;
}

/* ISO 8601; a year of more than four digits carries a sign. */
static char *put_days(char *p, int64_t days)
{
    int64_t y;
    int m, d;
    civil_of(days, &y, &m, &d);
    if (y >= 0 && y <= 9999)
        p = put2(put2(p, y / 100), y % 100);
    else
        p += snprintf(p, 24, y < 0 ? "-%04" PRId64 : "+%" PRId64, y < 0 ? -y : y);
    *p++ = '-';
    p = put2(p, m);
    *p++ = '-';
    return put2(p, d);
}

/* ISO 8601 in UTC, with as many fraction digits as the column has. */
enum op_result when_put_zoned(when_fn *read, const struct column *c, struct slice v,
                              struct buf *out, struct err *err)
{
    struct when w;
    enum op_result r = read(c, v, &w, err);
    if (r != OP_OK)
        return r;
    if (w.infinite) {
        avro_str(out, w.infinite > 0 ? "infinity" : "-infinity");
        return OP_OK;
    }
    char text[64], *p = put_days(text, w.days);
    *p++ = 'T';
    p = put_hms(p, w.us);
    p = put_fraction(p, w.us, c->precision < 0 ? 6 : c->precision);
    *p++ = 'Z';
    avro_bytes(out, slice_of(text, (size_t)(p - text)));
    return OP_OK;
}

/* ---- ISO strings: they end in Z, and have no trailing zeros in the fraction ---- */

enum op_result when_put_iso_date(when_fn *read, const struct column *c, struct slice v,
                                 struct buf *out, struct err *err)
{
    struct when w;
    char text[40], *p = text;
    enum op_result r = read(c, v, &w, err);
    if (r != OP_OK)
        return r;
    p = put_days(p, w.infinite > 0 ? DATE_PLUS : w.infinite < 0 ? DATE_MINUS : w.days);
    *p++ = 'Z';
    avro_bytes(out, slice_of(text, (size_t)(p - text)));
    return OP_OK;
}

static enum op_result put_iso_time(time_fn *read, const struct column *c, struct slice v,
                                   struct buf *out, struct err *err)
{
    int64_t us;
    if (read(c, v, &us, err))
        return OP_BAD;
    char text[40], *p = put_hms(text, us);
    p = put_fraction(p, us, digits_of(us));
    *p++ = 'Z';
    avro_bytes(out, slice_of(text, (size_t)(p - text)));
    return OP_OK;
}

enum op_result when_put_iso_timestamp(when_fn *read, const struct column *c, struct slice v,
                                      struct buf *out, struct err *err)
{
    struct when w;
    enum op_result r = read(c, v, &w, err);
    if (r != OP_OK)
        return r;
    if (w.infinite)
        set_when(&w, 0, w.infinite > 0 ? TS_US_PLUS : TS_US_MINUS);
    char text[64], *p = put_days(text, w.days);
    *p++ = 'T';
    p = put_hms(p, w.us);
    p = put_fraction(p, w.us, digits_of(w.us));
    *p++ = 'Z';
    avro_bytes(out, slice_of(text, (size_t)(p - text)));
    return OP_OK;
}

enum op_result op_iso_date_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    return when_put_iso_date(date_binary, c, v, out, err);
}

enum op_result op_iso_date_text(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    return when_put_iso_date(date_text, c, v, out, err);
}

enum op_result op_iso_time_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    return put_iso_time(time_binary, c, v, out, err);
}

enum op_result op_iso_time_text(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    return put_iso_time(time_text, c, v, out, err);
}

enum op_result op_iso_ts_binary(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    return when_put_iso_timestamp(when_binary, c, v, out, err);
}

enum op_result op_iso_ts_text(const struct column *c, struct slice v, struct buf *out,
                              struct err *err)
{
    return when_put_iso_timestamp(when_text, c, v, out, err);
}

/* ---- the text of dates and timestamps, ISO style, as date_out and timestamp_out write it in UTC
 * ---- */

static void put_ymd(int64_t days, struct buf *out, bool *bc)
{
    int64_t y;
    int m, d;
    civil_of(days, &y, &m, &d);
    *bc = y <= 0;
    buf_printf(out, "%04" PRId64 "-%02d-%02d", *bc ? 1 - y : y, m, d);
}

enum op_result op_put_date_text(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    if (v.n != 4)
        return op_bad(err, c, v);
    int32_t days = (int32_t)load_be32(v.p);
    bool bc = false;
    if (days == INT32_MAX || days == INT32_MIN)
        buf_str(out, days > 0 ? "infinity" : "-infinity");
    else
        put_ymd((int64_t)days + PG_DAYS, out, &bc);
    buf_str(out, bc ? " BC" : "");
    return OP_OK;
}

enum op_result op_put_timestamp_text(const struct column *c, struct slice v, bool zone,
                                     struct buf *out, struct err *err)
{
    struct when w;
    if (when_binary(c, v, &w, err))
        return OP_BAD;
    if (w.infinite) {
        buf_str(out, w.infinite > 0 ? "infinity" : "-infinity");
        return OP_OK;
    }
    bool bc;
    char text[24], *p = put_hms(text, w.us);
    p = put_fraction(p, w.us, digits_of(w.us));
    put_ymd(w.days, out, &bc);
    buf_u8(out, ' ');
    buf_put(out, text, (size_t)(p - text));
    buf_str(out, zone ? "+00" : "");
    buf_str(out, bc ? " BC" : "");
    return OP_OK;
}

enum op_result op_ts_us_binary(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return when_put_us(when_binary, c, v, out, err);
}

enum op_result op_ts_us_text(const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    return when_put_us(when_text, c, v, out, err);
}

enum op_result op_ts_ns_binary(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return when_put_ns(when_binary, c, v, out, err);
}

enum op_result op_ts_ns_text(const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    return when_put_ns(when_text, c, v, out, err);
}

enum op_result op_ts_ms_binary(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return when_put_ms(when_binary, c, v, out, err);
}

enum op_result op_ts_ms_text(const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    return when_put_ms(when_text, c, v, out, err);
}

enum op_result op_zoned_binary(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return when_put_zoned(when_binary, c, v, out, err);
}

enum op_result op_zoned_text(const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    return when_put_zoned(when_text, c, v, out, err);
}

/* ---- interval ---- */

struct span { int64_t us; int32_t days, months; };

static enum op_result span_binary(const struct column *c, struct slice v, struct span *ret,
                                  struct err *err)
{
    if (v.n != 16)
        return op_bad(err, c, v);
    *ret = (struct span){ (int64_t)load_be64(v.p), (int32_t)load_be32(v.p + 8),
                          (int32_t)load_be32(v.p + 12) };
    return OP_OK;
}

/* intervalstyle postgres: "1 year 2 mons -3 days -04:05:06.7". */
static enum op_result span_text(const struct column *c, struct slice v, struct span *ret,
                                struct err *err)
{
    struct scan s = scan_over(v);
    *ret = (struct span){ 0 };
    int inf = infinite_text(v);
    if (inf) {
        *ret = inf > 0 ? (struct span){ INT64_MAX, INT32_MAX, INT32_MAX }
                       : (struct span){ INT64_MIN, INT32_MIN, INT32_MIN };
        return OP_OK;
    }
    int64_t days = 0, months = 0;
    while (s.p < s.end && !s.bad) {
        bool minus = scan_char(&s, '-');
        if (!minus)
            scan_char(&s, '+');
        struct scan number = s;
        int64_t n = scan_int(&s, INT64_MAX);
        if (s.p < s.end && *s.p == ':') {
            s = number;
            int64_t us = scan_time(&s);
            ret->us = minus ? -us : us;
            continue;
        }
        s.bad |= n > -(int64_t)INT32_MIN;
        scan_want(&s, ' ');
        n = minus ? -n : n;
        char unit = s.p < s.end ? (char)*s.p : 0;
        if (unit == 'y')
            months += n * 12;
        else if (unit == 'm')
            months += n;
        else if (unit == 'd')
            days += n;
        else
            s.bad = true;
        while (s.p < s.end && *s.p != ' ')
            s.p++;
        scan_char(&s, ' ');
    }
    s.bad |= days != (int32_t)days || months != (int32_t)months;
    ret->days = (int32_t)days;
    ret->months = (int32_t)months;
    return scanned(&s) ? OP_OK : op_bad(err, c, v);
}

/* Since PostgreSQL 17, the extremes of all three fields together are the infinities
 * (interval.h). */
static int span_infinite(const struct span *s)
{
    bool plus = s->us == INT64_MAX && s->days == INT32_MAX && s->months == INT32_MAX;
    bool minus = s->us == INT64_MIN && s->days == INT32_MIN && s->months == INT32_MIN;
    return plus - minus;
}

typedef enum op_result span_fn(const struct column *, struct slice, struct span *, struct err *);

/* MicroDuration: a month is 30.4375 days, lossy by design. Outside int64: the limit. */
static enum op_result put_micros(span_fn *read, const struct column *c, struct slice v,
                                 struct buf *out, struct err *err)
{
    struct span s;
    if (read(c, v, &s, err))
        return OP_BAD;
    int64_t months, days, us;
    enum op_result clamped = OP_OK;
    if (__builtin_mul_overflow((int64_t)s.months, INT64_C(2629800000000), &months) ||
        __builtin_mul_overflow((int64_t)s.days, DAY_US, &days) ||
        __builtin_add_overflow(months, days, &us) || __builtin_add_overflow(us, s.us, &us)) {
        us = s.months < 0 || (!s.months && s.days < 0) ? INT64_MIN : INT64_MAX;
        clamped = OP_CLAMPED;
    }
    avro_long(out, us);
    return clamped;
}

/* ISO 8601 with every part: P0Y0M3DT4H5M6.789S */
static enum op_result put_iso(span_fn *read, const struct column *c, struct slice v,
                              struct buf *out, struct err *err)
{
    struct span s;
    if (read(c, v, &s, err))
        return OP_BAD;
    int infinite = span_infinite(&s);
    if (infinite) {
        avro_str(out, infinite > 0 ? "infinity" : "-infinity");
        return OP_OK;
    }
    char text[160];
    int64_t sec = s.us / 1000000, frac = s.us % 1000000;
    bool minus = s.us < 0 && sec % 60 == 0;
    int n = snprintf(text, sizeof text, "P%dY%dM%dDT%" PRId64 "H%" PRId64 "M%s%" PRId64,
                     s.months / 12, s.months % 12, s.days, sec / 3600, sec / 60 % 60,
                     minus && frac ? "-" : "", sec % 60);
    if (frac) {
        frac = frac < 0 ? -frac : frac;
        char *p = put_fraction(text + n, frac, digits_of(frac));
        n = (int)(p - text);
    }
    text[n++] = 'S';
    avro_bytes(out, slice_of(text, (size_t)n));
    return OP_OK;
}

enum op_result op_interval_us_binary(const struct column *c, struct slice v, struct buf *out,
                                     struct err *err)
{
    return put_micros(span_binary, c, v, out, err);
}

enum op_result op_interval_us_text(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    return put_micros(span_text, c, v, out, err);
}

enum op_result op_interval_iso_binary(const struct column *c, struct slice v, struct buf *out,
                                      struct err *err)
{
    return put_iso(span_binary, c, v, out, err);
}

enum op_result op_interval_iso_text(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    return put_iso(span_text, c, v, out, err);
}
