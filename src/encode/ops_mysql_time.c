/* Ops of MySQL's and MariaDB's dates and times: read from a binlog's row event or a SELECT's text,
 * written in each Avro form. */
#include "base/avro.h"
#include "base/cursor_le.h"
#include "encode/ops_time.h"

/*
 * In a row event (MySQL source, my_time.cc: my_*_packed_to_binary):
 * DATE is 3 bytes, little-endian: year 15 bits, month 4, day 5.
 * DATETIME2 is 5 bytes, big-endian, minus 2^39: year * 13 + month 17 bits, day 5, hour 5, minute 6,
 * second 6.
 * TIME2 is 3 bytes, big-endian; with its fraction it is one signed number: hour 10 bits, minute 6,
 * second 6.
 * TIMESTAMP2 is 4 bytes, big-endian: seconds since 1970, 0 for none.
 * Then comes the fraction: 0 to 3 bytes, big-endian, two digits a byte.
 */

/* ---- a day, or none: MySQL keeps days of zeros, and impossible days if it is asked to ---- */

static enum op_result set_day(unsigned y, unsigned m, unsigned d, struct when *ret)
{
    static const uint8_t days[] = { 0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = y % 4 == 0 && (y % 100 || y % 400 == 0);
    if (m < 1 || m > 12 || d < 1 || d > days[m] || (m == 2 && d == 29 && !leap))
        return OP_NONE;
    ret->days = days_of(y, (int)m, (int)d);
    return OP_OK;
}

/* Reads a number of n digits at p. False: they are not all digits. */
static bool digits(const uint8_t *p, int n, unsigned *ret)
{
    *ret = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *ret = *ret * 10 + (unsigned)(p[i] - '0');
    }
    return true;
}

static enum op_result date_binlog(const struct column *c, struct slice v, struct when *ret,
                                  struct err *err)
{
    *ret = (struct when){ 0 };
    if (v.n != 3)
        return op_bad(err, c, v);
    uint32_t packed = load_le24(v.p);
    return set_day(packed >> 9, packed >> 5 & 15, packed & 31, ret);
}

/* 2024-02-29 */
static enum op_result day_text(const struct column *c, struct slice v, struct when *ret,
                               struct err *err)
{
    unsigned y, m, d;
    *ret = (struct when){ 0 };
    if (v.n < 10 || !digits(v.p, 4, &y) || v.p[4] != '-' || !digits(v.p + 5, 2, &m) ||
        v.p[7] != '-' || !digits(v.p + 8, 2, &d))
        return op_bad(err, c, v);
    return set_day(y, m, d, ret);
}

static enum op_result date_text(const struct column *c, struct slice v, struct when *ret,
                                struct err *err)
{
    return v.n == 10 ? day_text(c, v, ret, err) : op_bad(err, c, v);
}

/* ---- DATETIME and TIMESTAMP ---- */

/* Reads n bytes of a packed fraction as microseconds. */
static bool fraction_binlog(const uint8_t *p, size_t n, int64_t *ret_us)
{
    static const int64_t unit[] = { 0, 10000, 100, 1 };
    uint32_t f = 0;
    for (size_t i = 0; i < n; i++)
        f = f << 8 | p[i];
    *ret_us = f * unit[n];
    return *ret_us < 1000000;
}

/* Reads ".5" and the like up to the end, or nothing. */
static bool fraction_text(const uint8_t *p, const uint8_t *end, int64_t *ret_us)
{
    int64_t unit = 100000;
    *ret_us = 0;
    if (p == end)
        return true;
    bool good = *p++ == '.' && p < end && end - p <= 6;
    for (; p < end && good; p++, unit /= 10) {
        good = *p >= '0' && *p <= '9';
        *ret_us += (*p - '0') * unit;
    }
    return good;
}

static enum op_result when_binlog(const struct column *c, struct slice v, struct when *ret,
                                  struct err *err)
{
    *ret = (struct when){ 0 };
    if (v.n < 5 || v.n > 8 || !(v.p[0] & 0x80) || !fraction_binlog(v.p + 5, v.n - 5, &ret->us))
        return op_bad(err, c, v);
    uint64_t packed = ((uint64_t)(v.p[0] & 0x7f) << 32) | load_be32(v.p + 1);
    unsigned ymd = (unsigned)(packed >> 17), hms = packed & 0x1ffff, ym = ymd >> 5;
    unsigned h = hms >> 12, m = hms >> 6 & 63, s = hms & 63;
    if (h > 23 || m > 59 || s > 59)
        return op_bad(err, c, v);
    ret->us += ((h * 60 + m) * INT64_C(60) + s) * 1000000;
    return set_day(ym / 13, ym % 13, ymd & 31, ret);
}

/* "2024-02-29 12:34:56.789"; a default may be a day alone. */
static enum op_result when_text(const struct column *c, struct slice v, struct when *ret,
                                struct err *err)
{
    unsigned h = 0, m = 0, s = 0;
    int64_t us = 0;
    bool time = v.n >= 19 && v.p[10] == ' ' && digits(v.p + 11, 2, &h) && v.p[13] == ':' &&
                digits(v.p + 14, 2, &m) && v.p[16] == ':' && digits(v.p + 17, 2, &s) && h < 24 &&
                m < 60 && s < 60 && fraction_text(v.p + 19, v.p + v.n, &us);
    if (!time && v.n != 10)
        return op_bad(err, c, v);
    enum op_result r = day_text(c, v, ret, err);
    ret->us = ((h * 60 + m) * INT64_C(60) + s) * 1000000 + us;
    return r;
}

static enum op_result stamp_binlog(const struct column *c, struct slice v, struct when *ret,
                                   struct err *err)
{
    *ret = (struct when){ 0 };
    if (v.n < 4 || v.n > 7 || !fraction_binlog(v.p + 4, v.n - 4, &ret->us))
        return op_bad(err, c, v);
    uint32_t s = load_be32(v.p);
    ret->days = s / 86400;
    ret->us += s % 86400 * INT64_C(1000000);
    return s ? OP_OK : OP_NONE;
}

/* ---- TIME ---- */

/* Time and fraction are one signed number, so -00:00:00.5 is more than -00:00:01. */
static enum op_result span_binlog(const struct column *c, struct slice v, int64_t *ret_us,
                                  struct err *err)
{
    uint64_t u = 0;
    if (v.n < 3 || v.n > 6)
        return op_bad(err, c, v);
    for (size_t i = 0; i < v.n; i++)
        u = u << 8 | v.p[i];
    unsigned fraction_bits = 8 * ((unsigned)v.n - 3);
    int64_t packed = (int64_t)u - (INT64_C(1) << (23 + fraction_bits));
    uint64_t size = (uint64_t)(packed < 0 ? -packed : packed), hms = size >> fraction_bits;
    uint8_t rest[3];
    for (size_t i = 0; i < v.n - 3; i++)
        rest[i] = (uint8_t)(size >> (fraction_bits - 8 - 8 * i));
    unsigned h = (unsigned)(hms >> 12), m = hms >> 6 & 63, s = hms & 63;
    if (h > 838 || m > 59 || s > 59 || !fraction_binlog(rest, v.n - 3, ret_us))
        return op_bad(err, c, v);
    *ret_us += ((h * 60 + m) * INT64_C(60) + s) * 1000000;
    *ret_us = packed < 0 ? -*ret_us : *ret_us;
    return OP_OK;
}

/* -838:59:59.999999 */
static enum op_result span_text(const struct column *c, struct slice v, int64_t *ret_us,
                                struct err *err)
{
    const uint8_t *p = v.p, *end = v.p + v.n;
    unsigned h, m, s;
    bool minus = p < end && *p == '-';
    p += minus;
    int wide = end - p >= 9 && p[3] == ':' ? 3 : 2;
    if (end - p < wide + 6 || !digits(p, wide, &h) || p[wide] != ':' ||
        !digits(p + wide + 1, 2, &m) || p[wide + 3] != ':' || !digits(p + wide + 4, 2, &s) ||
        m > 59 || s > 59 || !fraction_text(p + wide + 6, end, ret_us))
        return op_bad(err, c, v);
    *ret_us += ((h * 60 + m) * INT64_C(60) + s) * 1000000;
    *ret_us = minus ? -*ret_us : *ret_us;
    return OP_OK;
}

static enum op_result put_span_us(time_fn *read, const struct column *c, struct slice v,
                                  struct buf *out, struct err *err)
{
    int64_t us;
    enum op_result r = read(c, v, &us, err);
    if (r == OP_OK)
        avro_long(out, us);
    return r;
}

/* 32 bits of milliseconds reach to 596:31:23.647. */
static enum op_result put_span_ms(time_fn *read, const struct column *c, struct slice v,
                                  struct buf *out, struct err *err)
{
    int64_t us;
    enum op_result r = read(c, v, &us, err);
    if (r != OP_OK)
        return r;
    if (us / 1000 != (int32_t)(us / 1000))
        return OP_NONE;
    avro_long(out, us / 1000);
    return OP_OK;
}

static enum op_result put_span_ns(time_fn *read, const struct column *c, struct slice v,
                                  struct buf *out, struct err *err)
{
    int64_t us;
    enum op_result r = read(c, v, &us, err);
    if (r == OP_OK)
        avro_long(out, us * 1000);
    return r;
}

/* Writes a time of day in ISO 8601, but with a minus and as many hours as the span has. */
static enum op_result put_iso_span(time_fn *read, const struct column *c, struct slice v,
                                   struct buf *out, struct err *err)
{
    int64_t us;
    enum op_result r = read(c, v, &us, err);
    if (r != OP_OK)
        return r;
    char text[40], *p = text;
    if (us < 0)
        *p++ = '-';
    us = us < 0 ? -us : us;
    int64_t s = us / 1000000, h = s / 3600;
    if (h > 99)
        *p++ = (char)('0' + h / 100);
    p = put2(p, h % 100);
    *p++ = ':';
    p = put2(p, s / 60 % 60);
    *p++ = ':';
    p = put2(p, s % 60);
    p = put_fraction(p, us, digits_of(us));
    *p++ = 'Z';
    avro_bytes(out, slice_of(text, (size_t)(p - text)));
    return OP_OK;
}

/* ---- the ops: each writes one Avro form, and reads it from either wire form ---- */

#define OPS(name, put, from_binlog, from_text)                                                     \
    enum op_result name##_binlog(const struct column *c, struct slice v, struct buf *out,          \
                                 struct err *err)                                                  \
    {                                                                                              \
        return put(from_binlog, c, v, out, err);                                                   \
    }                                                                                              \
    enum op_result name##_text(const struct column *c, struct slice v, struct buf *out,            \
                               struct err *err)                                                    \
    {                                                                                              \
        return put(from_text, c, v, out, err);                                                     \
    }

OPS(op_mysql_date, when_put_date, date_binlog, date_text)
OPS(op_mysql_iso_date, when_put_iso_date, date_binlog, date_text)
OPS(op_mysql_ts_us, when_put_us, when_binlog, when_text)
OPS(op_mysql_ts_ms, when_put_ms, when_binlog, when_text)
OPS(op_mysql_ts_ns, when_put_ns, when_binlog, when_text)
OPS(op_mysql_iso_ts, when_put_iso_timestamp, when_binlog, when_text)
OPS(op_mysql_zoned, when_put_zoned, stamp_binlog, when_text)
OPS(op_mysql_tstz_us, when_put_us, stamp_binlog, when_text)
OPS(op_mysql_tstz_ms, when_put_ms, stamp_binlog, when_text)
OPS(op_mysql_span_us, put_span_us, span_binlog, span_text)
OPS(op_mysql_span_ms, put_span_ms, span_binlog, span_text)
OPS(op_mysql_span_ns, put_span_ns, span_binlog, span_text)
OPS(op_mysql_iso_span, put_iso_span, span_binlog, span_text)
