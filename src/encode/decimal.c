/* Decimals: reads numeric, money and MySQL's DECIMAL from their wire forms, and writes Avro
 * decimals or strings. */
#include <stdio.h>
#include <stdlib.h>
#include "base/avro.h"
#include "base/xalloc.h"
#include "encode/ops.h"

/*
 * numeric's binary form (numeric_send): Int16 ndigits, Int16 weight, UInt16
 * sign (0, 0x4000 negative, 0xC000 NaN, 0xD000 +inf, 0xF000 -inf), Int16 display
 * scale, then ndigits base-10000 digits; the first counts 10000^weight.
 * Avro's decimal: two's complement, big-endian, shortest.
 */

/* FEW: limbs that need no allocation; SPARE: decimal digits a shift may add, more than any scale of
 * MySQL. */
enum { FEW = 40, SPARE = 200, MYSQL_SCALE_MAX = 38 };

struct big {
    uint32_t few[FEW], *limb;   /* least significant first */
    size_t n, cap;
};

static void big_init(struct big *b, size_t decimal_digits)
{
    b->n = 0;
    b->cap = (decimal_digits + SPARE) / 9 + 2;
    b->limb = b->few;
    if (b->cap > FEW)
        b->limb = xmalloc(b->cap * sizeof *b->limb);
}

static void big_done(struct big *b)
{
    if (b->limb != b->few)
        free(b->limb);
}

static void big_muladd(struct big *b, uint32_t mul, uint32_t add)
{
    uint64_t carry = add;
    for (size_t i = 0; i < b->n; i++) {
        carry += (uint64_t)b->limb[i] * mul;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        b->limb[b->n++] = (uint32_t)carry;
}

/* Divides in place and returns the remainder. */
static uint32_t big_div(struct big *b, uint32_t by)
{
    uint64_t rest = 0;
    for (size_t i = b->n; i-- > 0;) {
        rest = rest << 32 | b->limb[i];
        b->limb[i] = (uint32_t)(rest / by);
        rest %= by;
    }
    while (b->n && !b->limb[b->n - 1])
        b->n--;
    return (uint32_t)rest;
}

static const uint32_t pow10[] = { 1,      10,      100,      1000,      10000,
                                  100000, 1000000, 10000000, 100000000, 1000000000 };

static void big_shift(struct big *b, int digits)
{
    for (int up = digits; up > 0; up -= 9)
        big_muladd(b, pow10[up < 9 ? up : 9], 0);
    for (int down = -digits; down > 0; down -= 9)
        big_div(b, pow10[down < 9 ? down : 9]);
}

static uint8_t big_byte(const struct big *b, size_t i)
{
    return i / 4 < b->n ? (uint8_t)(b->limb[i / 4] >> (i % 4 * 8)) : 0;
}

/* Writes length-prefixed two's complement, as java.math.BigInteger.toByteArray() does. */
static void put_big(struct buf *out, const struct big *b, bool negative)
{
    size_t n = b->n * 4;
    while (n > 1 && !big_byte(b, n - 1))
        n--;
    if (!n)
        n = 1;
    bool top = big_byte(b, n - 1) & 0x80;
    if (top && negative) {      /* exactly -2^(8n-1) needs no more room */
        bool only_top = big_byte(b, n - 1) == 0x80;
        for (size_t i = 0; only_top && i + 1 < n; i++)
            only_top = !big_byte(b, i);
        top = !only_top;
    }
    n += top;
    avro_long(out, (int64_t)n);
    buf_reserve(out, n);
    uint32_t carry = 1;
    for (size_t i = 0; i < n; i++) {
        uint32_t v = big_byte(b, i);
        if (negative) {
            v = (uint8_t)~v + carry;
            carry = v >> 8;
        }
        out->p[out->n + n - 1 - i] = (uint8_t)v;
    }
    out->n += n;
}

/* An integer, and how many of its decimal digits are behind the point. */
struct number {
    struct big big;
    bool negative;
    int fraction;
    int display;        /* digits after the point as PostgreSQL prints it */
    int special;        /* 0, or 'N' NaN, '+', '-' infinity */
};

static int read_binary(const struct column *c, struct slice v, struct number *ret)
{
    (void)c;
    struct cursor in = cursor_over(v);
    uint16_t nd = cursor_be16(&in);
    int16_t weight = (int16_t)cursor_be16(&in);
    uint16_t sign = cursor_be16(&in), dscale = cursor_be16(&in);
    struct slice digits = cursor_take(&in, (size_t)nd * 2);
    if (in.bad || in.p != in.end)
        return -1;
    ret->special = sign == 0xc000 ? 'N' : sign == 0xd000 ? '+' : sign == 0xf000 ? '-' : 0;
    ret->negative = sign == 0x4000;
    ret->display = dscale & 0x3fff;
    ret->fraction = nd ? 4 * (nd - 1 - weight) : 0;
    big_init(&ret->big, (size_t)nd * 4 + (size_t)abs(ret->fraction) + (size_t)ret->display);
    size_t i = 0;
    for (; i + 1 < nd; i += 2)      /* two digits at a time: half the passes over a long number */
        big_muladd(&ret->big, 100000000,
                   load_be16(digits.p + 2 * i) * 10000u + load_be16(digits.p + 2 * i + 2));
    if (i < nd)
        big_muladd(&ret->big, 10000, load_be16(digits.p + 2 * i));
    return 0;
}

static int read_text(const struct column *c, struct slice v, struct number *ret)
{
    (void)c;
    const uint8_t *p = v.p, *end = v.p + v.n;
    bool point = false;
    ret->negative = p < end && *p == '-';
    p += ret->negative;
    ret->special = 0;
    ret->fraction = 0;
    big_init(&ret->big, v.n);
    if (p < end && (*p == 'N' || *p == 'I')) {
        ret->special = *p == 'N' ? 'N' : ret->negative ? '-' : '+';
        return 0;
    }
    uint32_t group = 0;
    int digits = 0;
    for (; p < end; p++) {
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (*p < '0' || *p > '9') {
            big_done(&ret->big);
            return -1;
        }
        group = group * 10 + (uint32_t)(*p - '0');
        ret->fraction += point;
        if (++digits == 9) {
            big_muladd(&ret->big, pow10[digits], group);
            group = 0;
            digits = 0;
        }
    }
    big_muladd(&ret->big, pow10[digits], group);
    ret->display = ret->fraction;
    return v.n ? 0 : -1;
}

/* Nine digits take four bytes. The remaining digits take as many bytes as `few` says. */
static size_t packed_bytes(int digits)
{
    static const uint8_t few[] = { 0, 1, 1, 2, 2, 3, 3, 4, 4 };
    return digits < 0 ? 0 : (size_t)(digits / 9 * 4 + few[digits % 9]);
}

/* Adds one group of digits at p. False: the bytes hold more than this many digits. */
static bool add_group(struct big *b, const uint8_t *p, int digits, uint32_t flip, bool first)
{
    size_t n = packed_bytes(digits);
    uint32_t group = 0;
    for (size_t i = 0; i < n; i++)
        group = group << 8 | (uint8_t)(p[i] ^ flip ^ (first && i == 0 ? 0x80 : 0));
    if (group >= pow10[digits])
        return false;
    big_muladd(b, pow10[digits], group);
    return true;
}

/*
 * MySQL's packed DECIMAL (strings/decimal.cc: decimal2bin): groups of nine digits, big-endian. The
 * shorter group comes first before the point, last behind it. A negative number has all bytes
 * inverted. Then the very first bit is inverted.
 */
static int read_packed(const struct column *c, struct slice v, struct number *ret)
{
    int whole = c->precision - c->scale, behind = c->scale;
    if (whole < 0 || behind < 0 || !v.n || v.n != packed_bytes(whole) + packed_bytes(behind))
        return -1;
    const uint8_t *p = v.p;
    uint32_t flip = p[0] & 0x80 ? 0 : 0xff;
    bool good = true;
    *ret = (struct number){ .negative = flip != 0, .fraction = behind, .display = behind };
    big_init(&ret->big, (size_t)c->precision);
    for (int left = whole, digits; left > 0 && good; left -= digits, p += packed_bytes(digits)) {
        digits = left % 9 ? left % 9 : 9;
        good = add_group(&ret->big, p, digits, flip, p == v.p);
    }
    for (int left = behind, digits; left > 0 && good; left -= digits, p += packed_bytes(digits)) {
        digits = left < 9 ? left : 9;
        good = add_group(&ret->big, p, digits, flip, p == v.p);
    }
    if (!good)
        big_done(&ret->big);
    return good ? 0 : -1;
}

typedef int read_fn(const struct column *c, struct slice, struct number *);

static enum op_result put_fixed(read_fn *read, int scale, const struct column *c, struct slice v,
                                struct buf *out, struct err *err)
{
    struct number x;
    if (read(c, v, &x))
        return op_bad(err, c, v);
    if (!x.special) {
        struct big *b = &x.big;
        /* a scale far above the number's digits: makes room for the zeros */
        if (scale - x.fraction > SPARE) {
            struct big wide;
            big_init(&wide, (b->n + 1) * 10 + (size_t)(scale - x.fraction));
            memcpy(wide.limb, b->limb, b->n * sizeof *b->limb);
            wide.n = b->n;
            big_shift(&wide, scale - x.fraction);
            put_big(out, &wide, x.negative && wide.n);
            big_done(&wide);
        } else {
            big_shift(b, scale - x.fraction);
            put_big(out, b, x.negative && b->n);
        }
    }
    big_done(&x.big);
    return x.special ? OP_NONE : OP_OK;
}

enum op_result op_decimal_binary(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    return put_fixed(read_binary, op_decimal_shape(c).scale, c, v, out, err);
}

enum op_result op_decimal_text(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return put_fixed(read_text, op_decimal_shape(c).scale, c, v, out, err);
}

/* VariableScaleDecimal {scale, value}: trailing zeros stripped, scale never below 0. */
static enum op_result put_variable(read_fn *read, const struct column *c, struct slice v,
                                   struct buf *out, struct err *err)
{
    struct number x;
    if (read(c, v, &x))
        return op_bad(err, c, v);
    if (!x.special) {
        if (x.fraction < 0) {
            big_shift(&x.big, -x.fraction);
            x.fraction = 0;
        }
        while (x.fraction > 0) {
            uint32_t rest = big_div(&x.big, 10);
            if (rest) {
                big_muladd(&x.big, 10, rest);
                break;
            }
            x.fraction--;
        }
        avro_long(out, x.big.n ? x.fraction : 0);
        put_big(out, &x.big, x.negative && x.big.n);
    }
    big_done(&x.big);
    return x.special ? OP_NONE : OP_OK;
}

enum op_result op_variable_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    return put_variable(read_binary, c, v, out, err);
}

enum op_result op_variable_text(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    const uint8_t *point = v.n ? memchr(v.p, '.', v.n) : NULL;
    while (point && v.p[v.n - 1] == '0')    /* cheaper here than by divisions */
        v.n--;
    return put_variable(read_text, c, v, out, err);
}

/* Writes the number with this many digits behind the point, and uses it up. */
static void put_digits(struct number *x, int display, struct buf *out)
{
    big_shift(&x->big, display - x->fraction);
    struct buf digits = { 0 };
    while (x->big.n || digits.n <= (size_t)display)
        buf_u8(&digits, (uint8_t)('0' + big_div(&x->big, 10)));
    bool sign = x->negative;
    avro_long(out, (int64_t)(digits.n + sign + (display > 0)));
    if (sign)
        buf_u8(out, '-');
    for (size_t i = digits.n; i-- > 0;) {
        buf_u8(out, digits.p[i]);
        if (display > 0 && i == (size_t)display)
            buf_u8(out, '.');
    }
    buf_done(&digits);
}

/* The base-10000 digit that counts 10000^-i; 0 outside of the digits on the wire. */
static unsigned group_at(struct slice digits, int first, int i)
{
    int at = i + first;
    return at >= 0 && (size_t)at < digits.n / 2 ? load_be16(digits.p + 2 * at) : 0;
}

/* Copies the digits as the wire has them: a number may have 131,072 of them before the point. */
static void put_groups(struct slice digits, int weight, int display, struct buf *out)
{
    char four[8];
    buf_printf(out, "%u", weight < 0 ? 0 : group_at(digits, weight, -weight));
    for (int i = 1 - weight; i <= 0; i++) {
        snprintf(four, sizeof four, "%04u", group_at(digits, weight, i));
        buf_put(out, four, 4);
    }
    if (display > 0)
        buf_u8(out, '.');
    for (int i = 1; display > 0; i++, display -= 4) {
        snprintf(four, sizeof four, "%04u", group_at(digits, weight, i));
        buf_put(out, four, display < 4 ? (size_t)display : 4);
    }
}

/* Writes the text that PostgreSQL prints, from the binary form. */
enum op_result op_numeric_string_binary(const struct column *c, struct slice v, struct buf *out,
                                        struct err *err)
{
    struct cursor in = cursor_over(v);
    uint16_t nd = cursor_be16(&in);
    int16_t weight = (int16_t)cursor_be16(&in);
    uint16_t sign = cursor_be16(&in), display = cursor_be16(&in) & 0x3fff;
    struct slice digits = cursor_take(&in, (size_t)nd * 2);
    bool good = !in.bad && in.p == in.end;
    for (size_t i = 0; good && i < nd; i++)
        good = load_be16(digits.p + 2 * i) < 10000;
    if (!good)
        return op_bad(err, c, v);
    size_t mark = out->n;
    if (sign >= 0xc000)
        buf_str(out, sign == 0xc000 ? "NaN" : sign == 0xd000 ? "Infinity" : "-Infinity");
    else
        buf_str(out, sign == 0x4000 ? "-" : "");
    if (sign < 0xc000)
        put_groups(digits, nd ? weight : 0, display, out);
    avro_end_bytes(out, mark);
    return OP_OK;
}

/* ---- MySQL ---- */

enum op_result op_packed_decimal(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    return put_fixed(read_packed, c->scale, c, v, out, err);
}

/* Writes as many digits behind the point as the column has, and no minus before zero. */
static enum op_result put_mysql_string(read_fn *read, const struct column *c, struct slice v,
                                       struct buf *out, struct err *err)
{
    struct number x;
    if (c->scale < 0 || c->scale > MYSQL_SCALE_MAX || read(c, v, &x))
        return op_bad(err, c, v);
    bool number = !x.special;
    x.negative = x.negative && x.big.n;
    if (number)
        put_digits(&x, c->scale, out);
    big_done(&x.big);
    return number ? OP_OK : op_bad(err, c, v);
}

enum op_result op_packed_string(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    return put_mysql_string(read_packed, c, v, out, err);
}

enum op_result op_mysql_decimal_string(const struct column *c, struct slice v, struct buf *out,
                                       struct err *err)
{
    return put_mysql_string(read_text, c, v, out, err);
}

/* ---- PostgreSQL's money ---- */

/* money's binary form (cash_send): Int64 in the smallest unit; two fraction digits, as the
 * session's locale C has. */
enum op_result op_money_binary(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    if (v.n != 8)
        return op_bad(err, c, v);
    int64_t cents = (int64_t)load_be64(v.p);
    uint64_t u = cents < 0 ? (uint64_t)0 - (uint64_t)cents : (uint64_t)cents;
    struct big b;
    big_init(&b, 20);
    b.limb[0] = (uint32_t)u;
    b.limb[1] = (uint32_t)(u >> 32);
    b.n = u >> 32 ? 2 : u != 0;
    put_big(out, &b, cents < 0);
    return OP_OK;
}

/* "-$1,234.56" */
enum op_result op_money_text(const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    char digits[64];
    size_t n = 0;
    for (size_t i = 0; i < v.n && n < sizeof digits - 1; i++)
        if ((v.p[i] >= '0' && v.p[i] <= '9') || v.p[i] == '.' || v.p[i] == '-')
            digits[n++] = (char)v.p[i];
    return put_fixed(read_text, 2, c, slice_of(digits, n), out, err);
}
