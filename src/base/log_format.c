/*
 * Turns a format and its arguments into the two halves of a log line: the message, and the pairs
 * after it. In KEY="%s" the argument's quotes and backslashes are escaped, in KEY=%s.%s its blanks
 * too, so that no argument ends a value. Right after another conversion (%d%s) an argument is not
 * escaped: it may hold pairs.
 */
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log_line.h"
#include "base/secret.h"

enum { MOST = 2048 }; /* bytes of a half; beyond them string arguments are cut */

struct spec {
    char head[16];   /* %, flags, width, precision */
    bool star;       /* the precision is an argument */
    int precision;   /* -1: none */
    int longs;       /* l, ll */
    char size, kind; /* z, j, t or 0; d, s, .. */
};

/* An argument's surroundings: they decide which of its characters would end a value. */
enum place { FREE, WORD, QUOTES };

struct arguments {
    va_list list;
};

/* fmt begins just after a %. Returns what follows the conversion. */
static const char *read_spec(const char *fmt, struct spec *s)
{
    size_t n = strspn(fmt, "-+ #0123456789.*");
    const char *dot = memchr(fmt, '.', n);
    *s = (struct spec){ .precision = -1 };
    snprintf(s->head, sizeof s->head, "%%%.*s", (int)n, fmt);
    s->star = memchr(fmt, '*', n);
    if (dot && dot[1] != '*')
        s->precision = atoi(dot + 1);
    for (fmt += n; *fmt && strchr("hlzjt", *fmt); fmt++) {
        s->longs += *fmt == 'l';
        s->size = *fmt == 'l' || *fmt == 'h' ? s->size : *fmt;
    }
    s->kind = *fmt;
    return *fmt ? fmt + 1 : fmt;
}

static intmax_t take_signed(const struct spec *s, struct arguments *a)
{
    return s->size == 'z' || s->size == 't' ? va_arg(a->list, ptrdiff_t)
           : s->size == 'j'                 ? va_arg(a->list, intmax_t)
           : s->longs > 1                   ? va_arg(a->list, long long)
           : s->longs                       ? va_arg(a->list, long)
                                            : va_arg(a->list, int);
}

static uintmax_t take_unsigned(const struct spec *s, struct arguments *a)
{
    return s->size == 'z' || s->size == 't' ? va_arg(a->list, size_t)
           : s->size == 'j'                 ? va_arg(a->list, uintmax_t)
           : s->longs > 1                   ? va_arg(a->list, unsigned long long)
           : s->longs                       ? va_arg(a->list, unsigned long)
                                            : va_arg(a->list, unsigned);
}

static bool ends_value(enum place place, uint8_t c)
{
    return place != FREE && (c == '"' || c == '\\' || (place == WORD && c == ' '));
}

static void put_text(const struct spec *s, struct arguments *a, enum place place, struct buf *out)
{
    int most = s->star ? va_arg(a->list, int) : s->precision;
    const char *text = va_arg(a->list, const char *);
    size_t room = out->n < MOST ? MOST - out->n : 0;
    if (!text)
        text = "(null)";
    if (most >= 0 && (size_t)most < room)
        room = (size_t)most;
    struct buf copy = { 0 };
    buf_put(&copy, text, strnlen(text, room));
    size_t n = copy.n ? secret_hide((char *)copy.p, copy.n) : 0;
    for (size_t i = 0; i < n; i++) {
        if (ends_value(place, copy.p[i]))
            buf_u8(out, '\\');
        buf_u8(out, copy.p[i]);
    }
    buf_done(&copy);
}

static void put_argument(const struct spec *s, struct arguments *a, enum place place,
                         struct buf *out)
{
    char text[400], how[24];
    bool whole = strchr("dicuxXo", s->kind);
    snprintf(how, sizeof how, "%s%s%c", s->head, whole && s->kind != 'c' ? "j" : "", s->kind);
    if (s->kind == 's') {
        put_text(s, a, place, out);
        return;
    }
    if (s->kind == 'd' || s->kind == 'i')
        snprintf(text, sizeof text, how, take_signed(s, a));
    else if (s->kind == 'c')
        snprintf(text, sizeof text, how, va_arg(a->list, int));
    else if (whole)
        snprintf(text, sizeof text, how, take_unsigned(s, a));
    else
        snprintf(text, sizeof text, how, va_arg(a->list, double));
    buf_str(out, text);
}

void log_line_format(const char *fmt, va_list list, struct buf *message, struct buf *pairs)
{
    struct arguments a;
    const char *first = log_line_pairs(fmt);
    struct buf *out = message;
    bool quoted = false;
    va_copy(a.list, list);
    for (const char *f = fmt; *f;) {
        out = f >= first ? pairs : message;
        if (*f == '%' && f[1] != '%') {
            struct spec s;
            bool word = out == pairs && strchr("=.:/", f[-1]);
            f = read_spec(f + 1, &s);
            put_argument(&s, &a, quoted ? QUOTES : word ? WORD : FREE, out);
            continue;
        }
        f += *f == '%';
        if (*f == '"' && out == pairs)
            quoted = !quoted && f[-1] == '=';
        buf_u8(out, (uint8_t)*f++);
    }
    va_end(a.list);
}
