#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "source/mysql/ddl_column.h"

/* How servers keep a DEFAULT literal: in the column type's own form. A literal that is not understood stays as it was written. */

static long double number(const struct ddl_default *d, char **end)
{
    if (!d->packed)
        return strtold(d->text, end);
    bool hex = tolower(d->packed[d->packed[0] == '0']) == 'x';      /* 0x41, x'41' */
    *end = (char *)(uintptr_t)"";
    return (long double)strtoull(d->packed + 2, NULL, hex ? 16 : 2);
}

/* -007 -> -7 */
static const char *plain_integer(const struct ddl_parser *p, const char *s)
{
    bool minus = *s == '-';
    s += minus || *s == '+';
    while (*s == '0' && isdigit((uint8_t)s[1]))
        s++;
    return *s && strspn(s, "0123456789") == strlen(s) ? arena_printf(p->a, "%s%s", minus && *s != '0' ? "-" : "", s) : NULL;
}

static const char *settle_int(const struct ddl_parser *p, const struct ddl_default *d)
{
    const char *plain = d->packed ? NULL : plain_integer(p, d->text);
    if (plain)
        return plain;
    char *end;
    long double v = number(d, &end);
    return *end ? d->text : arena_printf(p->a, "%.0Lf", roundl(v));
}

/* 1.5 with scale 3 -> 1.500; digits that do not fit are rounded by printf, which is exact enough for what a default says. */
static const char *settle_decimal(const struct ddl_parser *p, const struct ddl_default *d, int scale)
{
    const char *s = d->text + (*d->text == '-' || *d->text == '+');
    size_t whole = strspn(s, "0123456789"), fraction = s[whole] == '.' ? strspn(s + whole + 1, "0123456789") : 0;
    bool plain = !d->packed && strlen(s) == whole + (s[whole] == '.') + fraction && whole + fraction;
    if (plain && fraction <= (size_t)scale) {
        while (whole > 1 && *s == '0') {
            s++;
            whole--;
        }
        return arena_printf(p->a, "%s%.*s%s%.*s%.*s", *d->text == '-' ? "-" : "", whole ? (int)whole : 1, whole ? s : "0",
                            scale ? "." : "", (int)fraction, fraction ? s + whole + 1 : "", scale - (int)fraction,
                            "00000000000000000000000000000000000000000000000000");
    }
    char *end;
    long double v = number(d, &end);
    if (*end)
        return d->text;
    char *out = arena_printf(p->a, "%.*Lf", scale, v);
    return *out == '-' && strspn(out + 1, "0.") == strlen(out + 1) ? out + 1 : out;
}

/* Servers write an exponent below 1e-15 and from 1e15 on (my_gcvt() in dtoa.cc), and without a leading zero. */
static const char *float_text(const struct ddl_parser *p, long double v, int digits)
{
    char *s = arena_printf(p->a, "%.*Le", digits - 1, v), *e = strchr(s, 'e');
    int exponent = atoi(e + 1), decimals = digits - 1 - exponent;
    if (exponent >= -15 && exponent < 15)
        return arena_printf(p->a, "%.*Lf", decimals > 0 ? decimals : 0, v);
    *e = 0;
    return arena_printf(p->a, "%se%d", s, exponent);
}

static const char *settle_float(const struct ddl_parser *p, const struct ddl_default *d, const struct mysql_type *t)
{
    char *end;
    long double v = number(d, &end);
    if (*end || !isfinite(v))
        return d->text;
    if (t->scale >= 0)
        return arena_printf(p->a, "%.*Lf", t->scale, v);
    bool single = strcmp(t->name, "float") == 0;
    for (int digits = 1; digits < 17; digits++) {
        char *s = arena_printf(p->a, "%.*Lg", digits, v);
        if (single ? strtof(s, NULL) == (float)v : strtod(s, NULL) == (double)v)
            return float_text(p, v, digits);
    }
    return float_text(p, v, 17);
}

/* b'101' is 5 */
static const char *settle_bit(const struct ddl_parser *p, const struct ddl_default *d)
{
    char *end;
    long double v = number(d, &end);
    return *end || v < 0 ? d->text : arena_printf(p->a, "%.0Lf", v);
}

/* MySQL, not MariaDB, shows a default with ZEROFILL's zeros. */
static const char *fill(const struct ddl_parser *p, const char *text, const struct mysql_type *t)
{
    int width = (int)t->length + (t->name[1] == 'e' && t->scale > 0);      /* a decimal's point has room of its own */
    if (t->length < 0)
        width = t->name[0] == 'f' ? 12 : 22;
    int zeros = width - (int)strlen(text);
    if (p->ctx->server->mariadb || !t->zerofill || zeros <= 0 || width > 255)
        return text;
    return arena_printf(p->a, "%0*d%s", zeros, 0, text);
}

static const char *settle_year(const struct ddl_parser *p, const struct ddl_default *d)
{
    char *end;
    long double v = number(d, &end);
    if (*end || v < 0 || v > 9999)
        return d->text;
    int year = (int)v;
    if (year < 100 && (year || (!d->packed && strlen(d->text) < 4 && strlen(d->text) > 1)))
        year += year < 70 ? 2000 : 1900;
    return arena_printf(p->a, "%04d", year);
}

/* ---- temporal ---- */

/* Takes up to six numbers, whatever stands between them; a run of digits is cut up as YYYYMMDDhhmmss. */
static int numbers(const char *s, int out[6], char fraction[7])
{
    int n = 0;
    size_t run = strspn(s, "0123456789");
    memset(fraction, '0', 6);
    fraction[6] = 0;
    if (run == 8 || run == 14) {
        n = sscanf(s, "%4d%2d%2d%2d%2d%2d", &out[0], &out[1], &out[2], &out[3], &out[4], &out[5]);
        s += run;
    } else {
        while (n < 6 && isdigit((uint8_t)*s)) {
            out[n++] = (int)strtol(s, (char **)&s, 10) % 10000;
            if (*s == '.' && (n == 3 || n == 6))
                break;
            s += *s && strchr("-/:T^@ ", *s);
        }
    }
    if (*s == '.')
        for (int i = 0; isdigit((uint8_t)*++s) && i < 6; i++)
            fraction[i] = *s;
    return *s && !isdigit((uint8_t)*s) ? 0 : n;
}

static const char *with_fraction(const struct ddl_parser *p, const char *s, const char *fraction, int64_t digits)
{
    return digits > 0 ? arena_printf(p->a, "%s.%.*s", s, digits < 6 ? (int)digits : 6, fraction) : s;
}

static const char *settle_date(const struct ddl_parser *p, const struct ddl_default *d, const struct mysql_type *t)
{
    int v[6] = { 0 };
    char fraction[7];
    int n = numbers(d->text, v, fraction);
    bool zero = n == 1 && !v[0];
    if (n < 3 && !zero)
        return d->text;
    if (v[0] < 100 && !zero && strspn(d->text, "0123456789") == 2)
        v[0] += v[0] < 70 ? 2000 : 1900;
    const char *date = arena_printf(p->a, "%04d-%02d-%02d", v[0], v[1], v[2]);
    if (strcmp(t->name, "date") == 0)
        return date;
    return with_fraction(p, arena_printf(p->a, "%s %02d:%02d:%02d", date, v[3], v[4], v[5]), fraction, t->length);
}

static const char *settle_time(const struct ddl_parser *p, const struct ddl_default *d, const struct mysql_type *t)
{
    bool minus = *d->text == '-';
    const char *s = d->text + minus;
    int v[3] = { 0 }, n = 0, end = 0;
    char fraction[7] = "000000";
    if (strchr(s, ':')) {
        n = sscanf(s, "%3d:%2d%n:%2d%n", &v[0], &v[1], &end, &v[2], &end);
    } else if (strspn(s, "0123456789") >= 1 && strspn(s, "0123456789") <= 7) {
        int packed = (int)strtol(s, NULL, 10);
        v[0] = packed / 10000;
        v[1] = packed / 100 % 100;
        v[2] = packed % 100;
        n = 3;
        end = (int)strspn(s, "0123456789");
    }
    if (n < 2 || (s[end] && s[end] != '.'))
        return d->text;
    for (int i = 0; s[end] && isdigit((uint8_t)s[end + 1]) && i < 6; i++, end++)
        fraction[i] = s[end + 1];
    return with_fraction(p, arena_printf(p->a, "%s%02d:%02d:%02d", minus ? "-" : "", v[0], v[1], v[2]), fraction, t->length);
}

/* ---- labels ---- */

static const char *settle_labels(const struct ddl_parser *p, const struct ddl_default *d, const struct mysql_type *t)
{
    bool set = strcmp(t->name, "set") == 0;
    struct buf out = { 0 };
    for (uint16_t i = 0; i < t->nlabels; i++) {
        const char *label = arena_printf(p->a, "%.*s", (int)t->labels[i].n, (const char *)t->labels[i].p);
        bool chosen = !set && ddl_same(label, d->text);
        for (const char *s = d->text; set && s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
            size_t n = strcspn(s, ",");
            chosen = chosen || (n == strlen(label) && ddl_same(label, arena_printf(p->a, "%.*s", (int)n, s)));
        }
        if (chosen)
            buf_printf(&out, "%s%s", out.n ? "," : "", label);
    }
    const char *text = out.n ? arena_strdup(p->a, buf_cstr(&out)) : d->text;
    buf_done(&out);
    return text;
}

/* MySQL shows the default of a binary column in hex. */
static const char *settle_bytes(const struct ddl_parser *p, const struct ddl_default *d)
{
    if (p->ctx->server->mariadb)
        return d->text;
    struct buf out = { 0 };
    buf_str(&out, "0x");
    for (const char *c = d->text; *c; c++)
        buf_printf(&out, "%02X", (uint8_t)*c);
    const char *text = arena_strdup(p->a, buf_cstr(&out));
    buf_done(&out);
    return text;
}

const char *ddl_default_settle(const struct ddl_parser *p, const char *type, const struct ddl_default *d)
{
    struct mysql_type t;
    struct err unused;
    if (!d->text || d->expression || mysql_type_read(type, p->a, &t, &unused))
        return d->text;
    const char *n = t.name;
    if (strstr(n, "int") && strncmp(n, "point", 5) != 0 && strncmp(n, "multi", 5) != 0)
        return fill(p, settle_int(p, d), &t);
    if (strcmp(n, "decimal") == 0)
        return fill(p, settle_decimal(p, d, t.scale), &t);
    if (strcmp(n, "float") == 0 || strcmp(n, "double") == 0)
        return fill(p, settle_float(p, d, &t), &t);
    if (strcmp(n, "bit") == 0)
        return settle_bit(p, d);
    if (strcmp(n, "year") == 0)
        return settle_year(p, d);
    if (strcmp(n, "date") == 0 || strcmp(n, "datetime") == 0 || strcmp(n, "timestamp") == 0)
        return settle_date(p, d, &t);
    if (strcmp(n, "time") == 0)
        return settle_time(p, d, &t);
    if (strcmp(n, "enum") == 0 || strcmp(n, "set") == 0)
        return settle_labels(p, d, &t);
    return strstr(n, "binary") ? settle_bytes(p, d) : d->text;
}
