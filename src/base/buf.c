/* The growing byte buffer, and the encodings that any room may append: JSON, hex, base64. */
#include "base/buf.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/xalloc.h"

void buf_grow(struct buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 64;
    while (cap - b->n < more)
        cap *= 2;
    b->p = xrealloc(b->p, cap, 1);
    b->cap = cap;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    buf_reserve(b, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

void buf_json_str(struct buf *b, struct slice s)
{
    buf_u8(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c == '"' || c == '\\') {
            buf_u8(b, '\\');
            buf_u8(b, c);
        } else if (c < 0x20) {
            buf_printf(b, "\\u%04x", c);
        } else {
            buf_u8(b, c);
        }
    }
    buf_u8(b, '"');
}

void buf_hex(struct buf *b, struct slice s)
{
    static const char digits[] = "0123456789abcdef";
    buf_reserve(b, 2 * s.n);
    for (size_t i = 0; i < s.n; i++) {
        b->p[b->n++] = (uint8_t)digits[s.p[i] >> 4];
        b->p[b->n++] = (uint8_t)digits[s.p[i] & 15];
    }
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

bool buf_unhex(struct buf *b, struct slice s)
{
    for (size_t i = 0; i < s.n; i += 2) {
        int high = hex_digit(s.p[i]), low = i + 1 < s.n ? hex_digit(s.p[i + 1]) : -1;
        if (high < 0 || low < 0)
            return false;
        buf_u8(b, (uint8_t)(high << 4 | low));
    }
    return true;
}

void buf_sql_literal(struct buf *b, struct slice quoted)
{
    for (size_t i = 1; i + 1 < quoted.n; i++) {
        bool marked = quoted.p[i] == '\\' && i + 2 < quoted.n;
        i += marked || (quoted.p[i] == '\'' && i + 2 < quoted.n);
        uint8_t c = quoted.p[i];
        buf_u8(b, !marked ? c : c == '0' ? 0 : c == 'n' ? '\n' : c == 'r' ? '\r' : c);
    }
}

void buf_base64(struct buf *b, struct slice s, const char last[2])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t three = (uint32_t)s.p[i] << 16 | (i + 1 < s.n ? s.p[i + 1] << 8 : 0) |
                         (i + 2 < s.n ? s.p[i + 2] : 0);
        for (int k = 0; k < 4; k++) {
            unsigned six = three >> (18 - 6 * k) & 63;
            buf_u8(b,
                   i + (size_t)k > s.n ? '=' : (uint8_t)(six < 62 ? digits[six] : last[six - 62]));
        }
    }
}

void buf_done(struct buf *b)
{
    free(b->p);
    *b = (struct buf){ 0 };
}
