/*
 * Turns the text of a SELECT's cells into the bytes that the binlog has for the same values
 * (cells.h). For readers.
 */
#include "source/mysql/cells.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mysql_json.h"
#include "source/mysql/conn.h"

void mysql_cells_select(const struct binlog_column *c, const struct mysql_column_def *def,
                        struct buf *out)
{
    bool bytes = strcmp(def->type, "uuid") == 0 || strncmp(def->type, "inet", 4) == 0;
    /* "+ 0" would make a SET a double, which is exact for 53 members only. */
    bool number = c->type == MYSQL_T_ENUM || c->type == MYSQL_T_SET || c->type == MYSQL_T_BIT;
    bool real = c->type == MYSQL_T_FLOAT || c->type == MYSQL_T_DOUBLE;
    buf_str(out, bytes || number ? "CAST(" : "");
    mysql_put_name(out, def->name);
    buf_str(out, number ? " AS UNSIGNED)" : real ? " * 1e0" : "");
    if (bytes)
        buf_printf(out, " AS BINARY(%u))", c->meta);
}

static int bad(const struct binlog_column *c, struct slice text, struct err *err)
{
    return err_set(err, ERR_FATAL, "column %.*s: \"%.*s\" is not of its type", (int)c->name.n,
                   (const char *)c->name.p, (int)(text.n > 60 ? 60 : text.n), (const char *)text.p);
}

static void put_be(struct buf *out, uint64_t v, int bytes)
{
    while (bytes--)
        buf_u8(out, (uint8_t)(v >> 8 * bytes));
}

/* ---- numbers ---- */

static int width_of(const struct binlog_column *c)
{
    switch (c->type) {
    case MYSQL_T_TINY:  return 1;
    case MYSQL_T_SHORT: return 2;
    case MYSQL_T_INT24: return 3;
    case MYSQL_T_LONG:  return 4;
    default:            return 8;
    }
}

/* Reads "-12" or "18446744073709551615". -1: it is not an integer. */
static int read_integer(struct slice text, uint64_t *ret)
{
    char digits[32], *end;
    if (!text.n || text.n >= sizeof digits)
        return -1;
    memcpy(digits, text.p, text.n);
    digits[text.n] = 0;
    errno = 0;
    *ret = *digits == '-' ? (uint64_t)strtoll(digits, &end, 10) : strtoull(digits, &end, 10);
    return *end || errno ? -1 : 0;
}

static int put_real(const struct binlog_column *c, struct slice text, struct buf *out)
{
    char digits[400], *end;
    if (!text.n || text.n >= sizeof digits)
        return -1;
    memcpy(digits, text.p, text.n);
    digits[text.n] = 0;
    double d = strtod(digits, &end);
    float f = (float)d;     /* a FLOAT that was widened exactly narrows to itself */
    uint64_t bits = 0;
    if (c->type == MYSQL_T_FLOAT)
        memcpy(&bits, &f, sizeof f);
    else
        memcpy(&bits, &d, sizeof d);
    buf_le(out, bits, c->type == MYSQL_T_FLOAT ? 4 : 8);
    return *end ? -1 : 0;
}

/*
 * MySQL: strings/decimal.c, decimal2bin. Nine digits make a group of four bytes; a shorter group
 * takes as few bytes as hold it. The highest bit is flipped, and in a negative number every bit.
 * digits: `precision` digits without a point.
 */
static void pack_decimal(const char *digits, int precision, int scale, bool negative,
                         struct buf *out)
{
    static const uint8_t bytes_for[] = { 0, 1, 1, 2, 2, 3, 3, 4, 4, 4 };
    size_t begin = out->n;
    int whole = precision - scale, first = whole % 9;
    for (int at = 0; at < precision;) {
        bool in_whole = at < whole;
        int n = in_whole ? (at == 0 && first ? first : 9) : precision - at < 9 ? precision - at : 9;
        uint32_t v = 0;
        for (int i = 0; i < n; i++)
            v = v * 10 + (uint32_t)(digits[at + i] - '0');
        put_be(out, v, bytes_for[n]);
        at += n;
    }
    for (size_t i = begin; negative && i < out->n; i++)
        out->p[i] ^= 0xff;
    out->p[begin] ^= 0x80;
}

static int put_decimal(const struct binlog_column *c, struct slice text, struct buf *out)
{
    int precision = c->meta >> 8, scale = c->meta & 0xff;
    char digits[80];
    const char *p = (const char *)text.p, *end = p + text.n;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    const char *point = memchr(p, '.', (size_t)(end - p));
    const char *whole_end = point ? point : end;
    while (p < whole_end && *p == '0')
        p++;
    int whole = (int)(whole_end - p), fraction = point ? (int)(end - point - 1) : 0;
    if (precision > 65 || whole > precision - scale || fraction > scale)
        return -1;
    memset(digits, '0', (size_t)precision);
    memcpy(digits + precision - scale - whole, p, (size_t)whole);
    if (fraction)
        memcpy(digits + precision - scale, point + 1, (size_t)fraction);
    for (int i = 0; i < precision; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
    pack_decimal(digits, precision, scale, negative, out);
    return 0;
}

/* ---- times ---- */

struct parts {
    int year, month, day;
    int64_t hour;
    int minute, second;
    uint32_t micro;
    bool negative;
};

static int read_fraction(const char *p, uint32_t *ret)
{
    uint32_t scale = 100000;
    *ret = 0;
    if (!*p)
        return 0;
    if (*p++ != '.')
        return -1;
    for (; *p >= '0' && *p <= '9'; p++, scale /= 10)
        *ret += (uint32_t)(*p - '0') * scale;
    return *p ? -1 : 0;
}

static int read_parts(struct slice text, bool date, bool time, struct parts *r)
{
    char s[40];
    int n = 0;
    if (text.n >= sizeof s)
        return -1;
    memcpy(s, text.p, text.n);
    s[text.n] = 0;
    const char *p = s;
    *r = (struct parts){ 0 };
    if (date && (sscanf(p, "%4d-%2d-%2d%n", &r->year, &r->month, &r->day, &n) != 3 || !n))
        return -1;
    p += n;
    if (!time)
        return *p ? -1 : 0;
    p += date && *p == ' ';
    r->negative = *p == '-';
    p += r->negative;
    long hour;
    if (sscanf(p, "%3ld:%2d:%2d%n", &hour, &r->minute, &r->second, &n) != 3)
        return -1;
    r->hour = hour;
    return read_fraction(p + n, &r->micro);
}

static int fraction_bytes(const struct binlog_column *c)
{
    return (c->meta + 1) / 2;
}

/* The fraction in the unit that its bytes hold: hundredths, ten-thousandths or millionths. */
static uint32_t fraction_of(const struct binlog_column *c, uint32_t micro)
{
    static const uint32_t unit[] = { 1, 10000, 100, 1 };
    return c->meta ? micro / unit[fraction_bytes(c)] : 0;
}

static int put_date(struct slice text, struct buf *out)
{
    struct parts r;
    if (read_parts(text, true, false, &r))
        return -1;
    buf_le(out, (uint64_t)(r.day | r.month << 5 | r.year << 9), 3);
    return 0;
}

static int put_time(const struct binlog_column *c, struct slice text, struct buf *out)
{
    struct parts r;
    int bytes = 3 + fraction_bytes(c);
    if (read_parts(text, false, true, &r))
        return -1;
    int64_t packed = (r.hour << 12 | r.minute << 6 | r.second) << 8 * fraction_bytes(c) |
                     fraction_of(c, r.micro);
    put_be(out, (uint64_t)((INT64_C(1) << (8 * bytes - 1)) + (r.negative ? -packed : packed)),
           bytes);
    return 0;
}

static int put_datetime(const struct binlog_column *c, struct slice text, struct buf *out)
{
    struct parts r;
    if (read_parts(text, true, true, &r))
        return -1;
    uint64_t packed = ((uint64_t)(r.year * 13 + r.month) << 5 | (uint64_t)r.day) << 17 |
                      (uint64_t)(r.hour << 12 | r.minute << 6 | r.second);
    put_be(out, packed + (UINT64_C(1) << 39), 5);
    put_be(out, fraction_of(c, r.micro), fraction_bytes(c));
    return 0;
}

/* Days from the epoch to a date of the civil calendar. */
static int64_t days_of(int y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400),
             doy = (unsigned)((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1);
    return era * 146097 + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

/* The zero date stays zero. */
static int put_timestamp(const struct binlog_column *c, struct slice text, struct buf *out)
{
    struct parts r;
    if (read_parts(text, true, true, &r))
        return -1;
    int64_t s =
        r.year ? days_of(r.year, r.month, r.day) * 86400 + r.hour * 3600 + r.minute * 60 + r.second
               : 0;
    put_be(out, (uint64_t)s, 4);
    put_be(out, fraction_of(c, r.micro), fraction_bytes(c));
    return 0;
}

/* ---- the rest ---- */

static int put_json(struct slice text, struct buf *out)
{
    buf_u8(out, 0xff);
    return mysql_json_compact(text, out);
}

static int put_value(const struct binlog_column *c, struct slice text, struct buf *out)
{
    uint64_t n = 0;
    switch (c->type) {
    case MYSQL_T_TINY:
    case MYSQL_T_SHORT:
    case MYSQL_T_INT24:
    case MYSQL_T_LONG:
    case MYSQL_T_LONGLONG:
        if (read_integer(text, &n))
            return -1;
        buf_le(out, n, width_of(c));
        return 0;
    case MYSQL_T_ENUM: case MYSQL_T_SET:
        if (read_integer(text, &n))
            return -1;
        buf_le(out, n, c->meta);
        return 0;
    case MYSQL_T_BIT:
        if (read_integer(text, &n))
            return -1;
        put_be(out, n, (c->meta + 7) / 8);
        return 0;
    case MYSQL_T_YEAR:
        if (read_integer(text, &n))
            return -1;
        if (text.n == 2)        /* YEAR(2) shows two digits of 1970 to 2069 */
            n += n < 70 ? 2000 : 1900;
        buf_u8(out, n ? (uint8_t)(n - 1900) : 0);
        return 0;
    case MYSQL_T_FLOAT: case MYSQL_T_DOUBLE:
        return put_real(c, text, out);
    case MYSQL_T_NEWDECIMAL: return put_decimal(c, text, out);
    case MYSQL_T_DATE:       return put_date(text, out);
    case MYSQL_T_TIME2:      return put_time(c, text, out);
    case MYSQL_T_DATETIME2:  return put_datetime(c, text, out);
    case MYSQL_T_TIMESTAMP2: return put_timestamp(c, text, out);
    case MYSQL_T_JSON:       return put_json(text, out);
    default:
        buf_put(out, text.p, text.n);
        return 0;
    }
}

int mysql_cells_put(const struct binlog_column *c, struct slice text, struct buf *out,
                    struct err *err)
{
    return put_value(c, text, out) ? bad(c, text, err) : 0;
}
