#ifndef TAILRACE_BASE_BUF_H
#define TAILRACE_BASE_BUF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

/*
 * A growing byte buffer, reused from row to row so that the steady state
 * allocates nothing. Zero-initialise it; buf_done() frees. Out of memory ends
 * the process.
 */
struct buf {
    uint8_t *p;
    size_t n, cap;
};

void buf_grow(struct buf *b, size_t more);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_json_str(struct buf *b, struct slice s);    /* appends a quoted and escaped JSON string */
void buf_hex(struct buf *b, struct slice s);
/* Appends the bytes that hex digits of either case stand for. False: s holds something else; the
 * bytes before it were appended. */
bool buf_unhex(struct buf *b, struct slice s);
/* Appends what a quoted literal of MySQL and MariaDB stands for: 'it''s', and \n, \r, \0 or any
 * other character after a backslash. */
void buf_sql_literal(struct buf *b, struct slice quoted);
/* Appends base64 (RFC 4648) with padding. last: the digits for 62 and 63. */
void buf_base64(struct buf *b, struct slice s, const char last[2]);
void buf_done(struct buf *b);

static inline void buf_reserve(struct buf *b, size_t more)
{
    if (b->cap - b->n < more)
        buf_grow(b, more);
}

static inline void buf_u8(struct buf *b, uint8_t v)
{
    buf_reserve(b, 1);
    b->p[b->n++] = v;
}

static inline void buf_put(struct buf *b, const void *p, size_t n)
{
    if (!n)
        return;
    buf_reserve(b, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

/* Appends the low bytes of v, lowest first. */
static inline void buf_le(struct buf *b, uint64_t v, int bytes)
{
    buf_reserve(b, bytes > 0 ? (size_t)bytes : 0);
    for (int i = 0; i < bytes; i++)
        b->p[b->n++] = i < 8 ? (uint8_t)(v >> (8 * i)) : 0;
}

/* Replaces what b holds with s. */
static inline void buf_set(struct buf *b, struct slice s)
{
    b->n = 0;
    buf_put(b, s.p, s.n);
}

static inline void buf_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

/* NUL-terminates without counting the NUL, for use as a C string. */
static inline const char *buf_cstr(struct buf *b)
{
    buf_reserve(b, 1);
    b->p[b->n] = 0;
    return (const char *)b->p;
}

static inline struct slice buf_slice(const struct buf *b)
{
    return (struct slice){ b->p, b->n };
}
#endif
