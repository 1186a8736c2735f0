/*
 * How servers keep a DEFAULT literal: in the column type's own form (column.h). A literal that is
 * not understood stays as written.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "source/mysql/ddl/column.h"

static const char BLANKS[] = " \t\n\v\f\r";

/* Is the whole text a number? *ret: its value. */
static bool number(const struct ddl_default *d, long double *ret)
{
    char *end;
    if (!d->packed) {
        *ret = strtold(d->text, &end);
        return !*end;
    }
    bool hex = tolower(d->packed[d->packed[0] == '0']) == 'x';      /* 0x41, x'41' */
    *ret = (long double)strtoull(d->packed + 2, NULL, hex ? 16 : 2);
    return true;
}

/* -007 becomes -7. NULL: it is not an integer. */
static const char *plain_integer(const struct ddl_parser *p, const char *s)
{
    bool minus = *s == '-';
    s += minus || *s == '+';
    while (*s == '0' && isdigit((uint8_t)s[1]))
        s++;
    return *s && strspn(s, "0123456789") == strlen(s)
               ? arena_printf(p->a, "%s%s", minus && *s != '0' ? "-" : "", s)
               : NULL;
}

/* Adds one to the last decimal digit. A carried 1 goes in front. */
static char *plus_one(const struct ddl_parser *p, char *digits)
{
    size_t i = strlen(digits);
    while (i && (digits[i - 1] == '9' || digits[i - 1] == '.')) {
        if (digits[i - 1] == '9')
            digits[i - 1] = '0';
        i--;
    }
    if (!i)
        return arena_printf(p->a, "1%s", digits);
    digits[i - 1]++;
    return digits;
}

/*
 * 1.5 with scale 3 is 1.500, 1.005 with scale 2 is 1.01. Halves go up, as in decimal_round() in
 * decimal.cc.
 */
static const char *settle_decimal(const struct ddl_parser *p, const struct ddl_default *d,
                                  int scale)
{
    const char *s = d->text + (*d->text == '-' || *d->text == '+');
    size_t whole = strspn(s, "0123456789"),
           fraction = s[whole] == '.' ? strspn(s + whole + 1, "0123456789") : 0;
    const char *point = s + whole + 1;
    if (d->packed || strlen(s) != whole + (s[whole] == '.') + fraction || !(whole + fraction)) {
        long double v;
        bool good = number(d, &v);
        return !good ? d->text : arena_printf(p->a, "%.*Lf", scale, v);
    }
    for (; whole > 1 && *s == '0'; whole--)
        s++;
    size_t kept = fraction < (size_t)scale ? fraction : (size_t)scale;
    char *digits = arena_printf(p->a, "%.*s%s%.*s%.*s", whole ? (int)whole : 1, whole ? s : "0",
                                scale ? "." : "", (int)kept, kept ? point : "", scale - (int)kept,
                                "00000000000000000000000000000000000000000000000000");
    if (fraction > kept && point[kept] >= '5')
        digits = plus_one(p, digits);
    bool zero = strspn(digits, "0.") == strlen(digits);
    return arena_printf(p->a, "%s%s", *d->text == '-' && !zero ? "-" : "", digits);
}

/* Rounds halves of decimals and text away from zero, and of a number with an exponent to even. */
static long double whole(const struct ddl_default *d, long double v)
{
    return (d->number && strpbrk(d->text, "eE") ? rintl(v) : roundl(v)) + 0.0L;    /* no -0 */
}

static const char *settle_int(const struct ddl_parser *p, const struct ddl_default *d)
{
    const char *plain = d->packed ? NULL : plain_integer(p, d->text);
    long double v;
    if (plain)
        return plain;
    if (!d->packed && !d->text[strspn(d->text, "+-.0123456789")])
        return settle_decimal(p, d, 0);
    bool good = number(d, &v);
    return !good ? d->text : arena_printf(p->a, "%.0Lf", whole(d, v));
}

/*
 * Servers write an exponent below 1e-15 and from 1e15 on, without a leading zero (my_gcvt() in
 * dtoa.cc).
 */
static const char *float_text(const struct ddl_parser *p, long double v, int digits)
{
    char *s = arena_printf(p->a, "%.*Le", digits - 1, v), *e = strchr(s, 'e');
    int exponent = atoi(e + 1), decimals = digits - 1 - exponent;
    if (exponent >= -15 && exponent < 15)
        return arena_printf(p->a, "%.*Lf", decimals > 0 ? decimals : 0, v);
    *e = 0;
    return arena_printf(p->a, "%se%d", s, exponent);
}

static const char *settle_float(const struct ddl_parser *p, const struct ddl_default *d,
                                const struct mysql_type *t)
{
    long double v;
    bool good = number(d, &v);
    if (!good || !isfinite(v))
        return d->text;
    if (v == 0 && p->ctx->server->mariadb)
        v = 0;          /* -0 */
    if (t->scale >= 0) {        /* my_double_round() in item_func.cc */
        double unit = pow(10, t->scale), rounded = rint((double)v * unit) / unit + 0.0;
        return arena_printf(p->a, "%.*f", t->scale, rounded);
    }
    bool single = strcmp(t->name, "float") == 0;
    for (int digits = 1; digits < 17; digits++) {
        char *s = arena_printf(p->a, "%.*Lg", digits, v);
        if (single ? strtof(s, NULL) == (float)v : strtod(s, NULL) == (double)v)
            return float_text(p, v, digits);
    }
    return float_text(p, v, 17);
}

/* b'101' is 5, and 'a' is 97: the bits are the text's bytes. */
static const char *settle_bit(const struct ddl_parser *p, const struct ddl_default *d)
{
    struct slice bytes =
        d->string.text && !d->packed ? ddl_string_bytes(p, &d->string) : (struct slice){ NULL, 0 };
    if (bytes.n > 0 && bytes.n <= 8) {
        uint64_t bits = 0;
        for (size_t i = 0; i < bytes.n; i++)
            bits = bits << 8 | bytes.p[i];
        return arena_printf(p->a, "%llu", (unsigned long long)bits);
    }
    long double v;
    bool good = number(d, &v);
    return !good || v < 0 ? d->text : arena_printf(p->a, "%.0Lf", v);
}

/* With ZEROFILL the default shows its leading zeros. */
static const char *fill(const struct ddl_parser *p, const char *text, const struct mysql_type *t)
{
    /* a decimal's point has extra room */
    int width = (int)t->length + (t->name[1] == 'e' && t->scale > 0);
    if (t->length < 0)
        width = t->name[0] == 'f' ? 12 : 22;
    int zeros = width - (int)strlen(text);
    if (!t->zerofill || zeros <= 0 || width > 255)
        return text;
    return arena_printf(p->a, "%0*d%s", zeros, 0, text);
}

static const char *settle_year(const struct ddl_parser *p, const struct ddl_default *d)
{
    long double v;
    bool good = number(d, &v);
    if (!good || v < 0 || v > 9999)
        return d->text;
    int year = (int)whole(d, v);
    if (year < 100 && (year || (d->string.quoted && strlen(d->text) < 4)))
        year += year < 70 ? 2000 : 1900;
    return arena_printf(p->a, "%04d", year);
}

/* ---- temporal ---- */

struct fraction {
    int micros;
    bool more;                  /* half a microsecond or more is left over */
};

/* Reads .123456789. */
static struct fraction read_fraction(const char *s)
{
    struct fraction f = { 0 };
    if (*s != '.')
        return f;
    int unit = 100000;
    for (s++; isdigit((uint8_t)*s) && unit; s++, unit /= 10)
        f.micros += (*s - '0') * unit;
    f.more = *s >= '5' && *s <= '9';
    return f;
}

/* A date and a time in numbers; the text has the first n of v. */
struct moment {
    int v[6], n;
    size_t year_digits;
    struct fraction fraction;
};

static size_t delimiters(const char *s)
{
    size_t n = 0;
    while (ispunct((uint8_t)s[n]) || isspace((uint8_t)s[n]))
        n++;
    return n;
}

/*
 * Reads text as servers do (str_to_datetime() in my_time.cc). Any delimiters separate the numbers.
 * Digits alone are cut into YYYYMMDDhhmmss. Reading stops at what it does not understand.
 */
static void read_moment(const char *s, struct moment *ret)
{
    static const char digits[] = "0123456789";
    size_t run = strspn(s, "0123456789T");
    bool packed = !s[run] || s[run] == '.';
    size_t width = run == 4 || run == 8 || run >= 14 ? 4 : 2;
    *ret = (struct moment){ 0 };
    while (ret->n < 6 && isdigit((uint8_t)*s)) {
        size_t n = strspn(s, digits);
        n = packed && n > width ? width : n;
        ret->year_digits = ret->n ? ret->year_digits : n;
        for (size_t i = 0; i < n && i < 6; i++)
            ret->v[ret->n] = ret->v[ret->n] * 10 + s[i] - '0';
        s += n;
        ret->n++;
        width = 2;
        if (ret->n < 6)
            s += ret->n == 3 && *s == 'T' ? 1 : delimiters(s);
    }
    ret->fraction = read_fraction(s);
}

/*
 * The number with a whole year: 101 is 2000-01-01, 691231 is in 2069 (number_to_datetime() in
 * my_time.cc).
 */
static const char *whole_year(const struct ddl_parser *p, const char *number)
{
    const int64_t second = 1, day = 1000000;
    int64_t v = strtoll(number, NULL, 10), unit = v < 100000000 ? second : day;
    int64_t year = v / unit / 10000;
    if (v <= 0 || v >= 10000101 * unit || number[strspn(number, "0123456789.")])
        return number;
    v += (year < 70 ? 20000000 : 19000000) * unit;
    return arena_printf(p->a, "%lld%s", (long long)v, number + strspn(number, "0123456789"));
}

/*
 * The part of the fraction that fits, in microseconds. *ret_carry: 1 if rounding up made a second.
 */
static int fit_fraction(const struct ddl_parser *p, const struct fraction *f, int64_t digits,
                        int *ret_carry)
{
    int unit = 1, micros = f->micros;
    for (int64_t i = digits < 0 ? 0 : digits; i < 6; i++)
        unit *= 10;
    int v = p->ctx->rounds ? (micros + unit / 2 + (unit == 1 && f->more)) / unit * unit
                           : micros / unit * unit;
    *ret_carry = v / 1000000;
    return v % 1000000;
}

static const char *with_fraction(const struct ddl_parser *p, const char *s, int micros,
                                 int64_t digits)
{
    return digits > 0 && digits <= 6
               ? arena_printf(p->a, "%s.%.*s", s, (int)digits, arena_printf(p->a, "%06d", micros))
               : s;
}

/* "+05:00" in seconds; false: it is not an offset. */
static bool offset_of(const char *s, long *ret)
{
    int h, m, n = 0;
    bool is = (*s == '+' || *s == '-') && sscanf(s + 1, "%2d:%2d%n", &h, &m, &n) == 2 && !s[1 + n];
    *ret = is ? (*s == '-' ? -1 : 1) * (h * 3600L + m * 60L) : 0;
    return is;
}

/* Moves a moment `seconds` ahead. */
static void later(int v[6], long seconds)
{
    struct tm t = { .tm_year = v[0] - 1900,
                    .tm_mon = v[1] - 1,
                    .tm_mday = v[2],
                    .tm_hour = v[3],
                    .tm_min = v[4],
                    .tm_sec = v[5] };
    time_t at = timegm(&t) + seconds;
    gmtime_r(&at, &t);
    v[0] = t.tm_year + 1900;
    v[1] = t.tm_mon + 1;
    v[2] = t.tm_mday;
    v[3] = t.tm_hour;
    v[4] = t.tm_min;
    v[5] = t.tm_sec;
}

static const char *settle_date(const struct ddl_parser *p, const struct ddl_default *d,
                               const struct mysql_type *t)
{
    struct moment m;
    int *v = m.v, carry;
    size_t n = strcspn(d->text, "+");
    const char *minus = strlen(d->text) > 16 ? strchr(d->text + 16, '-') : NULL;
    n = minus && (size_t)(minus - d->text) < n ? (size_t)(minus - d->text) : n;
    long said = 0, here = 0;
    bool shifted = d->text[n] && offset_of(d->text + n, &said);
    if (shifted && !(p->ctx->time_zone && offset_of(p->ctx->time_zone, &here)))
        return NULL;
    const char *text = shifted ? arena_printf(p->a, "%.*s", (int)n, d->text) : d->text;
    read_moment(d->number ? whole_year(p, text) : text, &m);
    if (m.n < 3 && (m.n != 1 || v[0]))
        return d->text;
    bool zero = !(v[0] || v[1] || v[2] || v[3] || v[4] || v[5]);
    if (m.year_digits == 2 && !zero)
        v[0] += v[0] < 70 ? 2000 : 1900;
    bool date = strcmp(t->name, "date") == 0, timestamp = strcmp(t->name, "timestamp") == 0;
    bool zeros = !p->ctx->server->mariadb && (timestamp || p->ctx->no_zero_in_date);
    if (zeros && (!v[1] || !v[2])) {        /* MySQL: the whole moment becomes zeros */
        m = (struct moment){ 0 };
    }
    int micros = fit_fraction(p, &m.fraction, date ? 0 : t->length, &carry);
    /* MariaDB's catalog shows a moment in the session's zone: ours is UTC. */
    bool moment = p->ctx->server->mariadb && timestamp && p->ctx->time_zone &&
                  offset_of(p->ctx->time_zone, &here);
    long shift = shifted ? here - said : moment ? -here : 0;
    if (carry && shifted && strcmp(t->name, "time") != 0)
        shift = 0;      /* MySQL forgets the offset of a moment that it rounds up */
    if ((carry || shift) && v[1] && v[2])
        later(v, carry + shift);
    const char *day = arena_printf(p->a, "%04d-%02d-%02d", v[0], v[1], v[2]);
    return date ? day
                : with_fraction(p, arena_printf(p->a, "%s %02d:%02d:%02d", day, v[3], v[4], v[5]),
                                micros, t->length);
}

/* Does the text or number have a date before the time? 2000-01-02 10:11:12, 20000102101112. */
static bool is_datetime(const struct ddl_parser *p, const char *s)
{
    static const char digits[] = "0123456789";
    size_t n = strspn(s, digits), between = 0;
    if (strlen(s) < 12)
        return false;
    if (n == 12 || n >= 14)
        return !s[n] || s[n] == '.';
    for (int i = 0; i < 3; i++) {
        n = strspn(s, digits);
        between = strcspn(s + n, "0123456789 T");
        if (!n || (i < 2 && !between))
            return false;
        s += n + (i < 2 ? between : 0);
    }
    return *s == ' ' || (*s == 'T' && p->ctx->server->mariadb);
}

/* Far beyond any time, and far from an overflow. */
static long bounded(long v)
{
    const long most = 100000000000;
    return v < most ? v : most;
}

/* As servers read text (str_to_time() in my_time.cc): d hh[:mm[:ss]], hh:mm[:ss], or a run of
 * digits, hhmmss. Returns what follows. */
static const char *read_time(const struct ddl_parser *p, const char *s, long v[3])
{
    char *at;
    long first = bounded(strtol(s, &at, 10));
    const char *day_end = at, *hours = at + strspn(at, BLANKS);
    bool days =
        hours > day_end && isdigit((uint8_t)*hours) && (hours[1] || p->ctx->server->mariadb);
    bool parts = days || (*at == ':' && isdigit((uint8_t)at[1]));
    v[0] = parts ? first : first / 10000;
    v[1] = parts ? 0 : first / 100 % 100;
    v[2] = parts ? 0 : first % 100;
    if (!parts)
        return at;
    s = days ? hours : at + 1;
    v[0] = days ? 0 : first;
    for (int i = !days; i < 3; i++) {
        v[i] = bounded(strtol(s, &at, 10));
        s = at;
        if (*s != ':' || !isdigit((uint8_t)s[1]) || i == 2)
            break;
        s++;
    }
    v[0] += days ? first * 24 : 0;
    return s;
}

static const char *settle_time(const struct ddl_parser *p, const struct ddl_default *d,
                               const struct mysql_type *t)
{
    struct ddl_default whole = *d;
    whole.text = d->number && strlen(d->text) >= 10 ? whole_year(p, d->text) : d->text;
    if (is_datetime(p, whole.text)) {
        const char *moment = settle_date(p, &whole, t);
        return moment && strlen(moment) > 11 ? moment + 11 : moment;
    }
    bool minus = *d->text == '-';
    const char *s = d->text + (minus || *d->text == '+');
    if (!isdigit((uint8_t)*s) && *s != '.')
        return d->text;
    long v[3];
    int carry;
    struct fraction f = read_fraction(read_time(p, s, v));
    int micros = fit_fraction(p, &f, t->length, &carry);
    long seconds = v[0] * 3600L + v[1] * 60L + v[2] + carry;
    minus = minus && (seconds || micros);
    return with_fraction(p,
                         arena_printf(p->a, "%s%02ld:%02ld:%02ld", minus ? "-" : "", seconds / 3600,
                                      seconds / 60 % 60, seconds % 60),
                         micros, t->length);
}

/* ---- labels ---- */

static const char *settle_labels(const struct ddl_parser *p, const struct ddl_default *d,
                                 const char *charset, const struct mysql_type *t)
{
    bool set = strcmp(t->name, "set") == 0;
    bool bytes = !charset || strcmp(charset, "binary") == 0;
    bool sent = bytes && d->string.quoted && !d->string.bytes.p;
    const char *said = d->string.text ? ddl_string_text(p, &d->string, charset) : d->text;
    if (sent) {         /* labels of bytes are the bytes sent; the catalog shows them up to a NUL */
        struct slice label = ddl_string_label(p, &d->string, "binary");
        said = label.p ? arena_printf(p->a, "%.*s", (int)label.n, (const char *)label.p) : NULL;
    }
    struct buf out = { 0 };
    size_t blanks = said ? strlen(said) : 0;
    /* labels of text have no blanks at the end */
    while (blanks && said[blanks - 1] == ' ' && !bytes)
        blanks--;
    said = said ? arena_printf(p->a, "%.*s", (int)blanks, said) : NULL;
    /* first an exact match: labels may differ only in case */
    for (uint16_t i = 0; i < t->nlabels && said && !set; i++)
        if (slice_eq(t->labels[i], slice_str(said)))
            return said;
    for (uint16_t i = 0; i < t->nlabels && said && (set || !out.n); i++) {
        const char *label =
            arena_printf(p->a, "%.*s", (int)t->labels[i].n, (const char *)t->labels[i].p);
        bool chosen = !set && ddl_same(label, said);
        for (const char *s = said; set && s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
            size_t n = strcspn(s, ",");
            chosen = chosen ||
                     (n == strlen(label) && ddl_same(label, arena_printf(p->a, "%.*s", (int)n, s)));
        }
        if (chosen)
            buf_printf(&out, "%s%s", out.n ? "," : "", label);
    }
    const char *text = out.n ? arena_strdup(p->a, buf_cstr(&out)) : said;
    buf_done(&out);
    return text;
}

/* A number as a server writes it into a column of text or bytes. */
static const char *written(const struct ddl_parser *p, const struct ddl_default *d)
{
    const struct mysql_type whole = { .name = "double", .length = -1, .scale = -1 };
    if (d->number && strpbrk(d->text, "eE"))
        return settle_float(p, d, &whole);
    return d->number && *d->text == '.' ? arena_printf(p->a, "0%s", d->text) : d->text;
}

/* A binary column's bytes as 0x61; a BINARY(n) has all n. */
static const char *settle_bytes(const struct ddl_parser *p, const struct ddl_default *d,
                                const struct mysql_type *t)
{
    struct ddl_string number = { .text = written(p, d) };
    struct ddl_string string = d->string.text ? d->string : number;
    struct slice bytes = ddl_string_bytes(p, &string);
    struct buf out = { 0 };
    if (!bytes.p)
        return NULL;
    buf_str(&out, "0x");
    for (size_t i = 0; i < bytes.n; i++)
        buf_printf(&out, "%02X", bytes.p[i]);
    for (size_t i = bytes.n; strcmp(t->name, "binary") == 0 && (int64_t)i < t->length; i++)
        buf_str(&out, "00");
    const char *text = arena_strdup(p->a, buf_cstr(&out));
    buf_done(&out);
    return text;
}

/* A CHAR loses the blanks at its end. */
static const char *settle_chars(const struct ddl_parser *p, const struct ddl_default *d,
                                const char *charset, const struct mysql_type *t)
{
    const char *text = d->string.text ? ddl_string_text(p, &d->string, charset) : written(p, d);
    if (!text || strcmp(t->name, "char") != 0)
        return text;
    char *cut = arena_strdup(p->a, text);
    for (char *end = cut + strlen(cut); end > cut && end[-1] == ' ';)
        *--end = 0;
    return cut;
}

/* Takes the bytes of x'7F000001', if there are n. */
static bool packed_bytes(const struct ddl_default *d, size_t n, unsigned char *ret)
{
    bool are = d->packed && d->string.bytes.n == n;
    if (are)
        memcpy(ret, d->string.bytes.p, n);
    return are;
}

/* An address as its type prints it, in the shortest form. */
static const char *settle_address(const struct ddl_parser *p, const struct ddl_default *d,
                                  int family)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    char text[INET6_ADDRSTRLEN];
    size_t n = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    bool known = packed_bytes(d, n, bytes) || inet_pton(family, d->text, bytes) == 1;
    known = known && inet_ntop(family, bytes, text, sizeof text);
    return known ? arena_strdup(p->a, text) : d->text;
}

/* 32 digits with hyphens anywhere become the form with four hyphens. */
static const char *settle_uuid(const struct ddl_parser *p, const struct ddl_default *d)
{
    char digits[33];
    unsigned char bytes[16];
    size_t n = 0;
    bool packed = packed_bytes(d, sizeof bytes, bytes);
    for (size_t i = 0; packed && i < sizeof bytes; i++, n += 2)
        snprintf(digits + n, 3, "%02x", bytes[i]);
    for (const char *c = d->text; !packed && *c; c++) {
        if (*c == '-')
            continue;
        if (!isxdigit((unsigned char)*c) || n == 32)
            return d->text;
        digits[n++] = (char)tolower((unsigned char)*c);
    }
    digits[n] = 0;
    return n < 32 ? d->text
                  : arena_printf(p->a, "%.8s-%.4s-%.4s-%.4s-%s", digits, digits + 8, digits + 12,
                                 digits + 16, digits + 20);
}

/*
 * MySQL's TEXT, BLOB, JSON and geometry cannot have a literal default. If the mode is not strict,
 * MySQL accepts '' and forgets it.
 */
static bool takes_literal(const struct ddl_parser *p, const char *type)
{
    static const char *const none[] = { "text", "blob", "json", "geom", "point", "line", "poly" };
    bool takes = true;
    for (size_t i = 0; i < sizeof none / sizeof *none && !p->ctx->server->mariadb; i++)
        takes = takes && !strstr(type, none[i]);
    return takes;
}

/* '1 ' is 1: drops the blanks around a number or a time. */
static struct ddl_default without_blanks(const struct ddl_parser *p, const struct ddl_default *d)
{
    struct ddl_default r = *d;
    const char *s = d->text + strspn(d->text, BLANKS);
    size_t n = strlen(s);
    while (n && strchr(BLANKS, s[n - 1]))
        n--;
    if (d->string.quoted && n)
        r.text = arena_printf(p->a, "%.*s", (int)n, s);
    return r;
}

const char *ddl_default_settle(const struct ddl_parser *p, const char *type, const char *charset,
                               const struct ddl_default *said)
{
    struct mysql_type t;
    struct err unused;
    if (!said->text || said->expression || mysql_type_read(type, p->a, &t, &unused))
        return said->text;
    const char *n = t.name;
    const struct ddl_default bare = without_blanks(p, said), *d = &bare;
    if (!takes_literal(p, n))
        return NULL;
    if (strstr(n, "int") && strncmp(n, "point", 5) != 0 && strncmp(n, "multi", 5) != 0)
        return fill(p, settle_int(p, d), &t);
    if (strcmp(n, "decimal") == 0)
        return fill(p, settle_decimal(p, d, t.scale), &t);
    if (strcmp(n, "float") == 0 || strcmp(n, "double") == 0)
        return fill(p, settle_float(p, d, &t), &t);
    if (strcmp(n, "bit") == 0)
        return settle_bit(p, said);
    if (strcmp(n, "year") == 0)
        return settle_year(p, d);
    if (strcmp(n, "date") == 0 || strcmp(n, "datetime") == 0 || strcmp(n, "timestamp") == 0)
        return settle_date(p, d, &t);
    if (strcmp(n, "time") == 0)
        return settle_time(p, d, &t);
    d = said;
    if (strcmp(n, "inet4") == 0 || strcmp(n, "inet6") == 0)
        return settle_address(p, d, n[4] == '4' ? AF_INET : AF_INET6);
    if (strcmp(n, "uuid") == 0)
        return settle_uuid(p, d);
    if (strcmp(n, "enum") == 0 || strcmp(n, "set") == 0)
        return settle_labels(p, d, charset, &t);
    if (strstr(n, "binary") || strstr(n, "blob"))
        return settle_bytes(p, d, &t);
    return strstr(n, "char") || strstr(n, "text") ? settle_chars(p, d, charset, &t) : d->text;
}
