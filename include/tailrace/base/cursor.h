#ifndef TAILRACE_BASE_CURSOR_H
#define TAILRACE_BASE_CURSOR_H
#include <stdbool.h>
#include "base/slice.h"

/*
 * Bounds-checked reader over one wire message, network byte order. The first
 * short read sets bad and parks p at end; later reads return zero. Check bad
 * once, after reading the whole message, and act on no value before that.
 */
struct cursor {
    const uint8_t *p, *end;
    bool bad;
};

static inline struct cursor cursor_over(struct slice s)
{
    return (struct cursor){ s.p, s.p + s.n, false };
}

static inline struct slice cursor_take(struct cursor *c, size_t n)
{
    if ((size_t)(c->end - c->p) < n) {
        c->bad = true;
        c->p = c->end;
        return (struct slice){ c->end, 0 };
    }
    struct slice s = { c->p, n };
    c->p += n;
    return s;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    struct slice s = cursor_take(c, 1);
    return s.n ? s.p[0] : 0;
}

static inline uint16_t load_be16(const uint8_t *p)
{
    return (uint16_t)((uint16_t)p[0] << 8 | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_be64(const uint8_t *p)
{
    return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

static inline uint16_t cursor_be16(struct cursor *c)
{
    struct slice s = cursor_take(c, 2);
    return s.n ? load_be16(s.p) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
    struct slice s = cursor_take(c, 4);
    return s.n ? load_be32(s.p) : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
    struct slice s = cursor_take(c, 8);
    return s.n ? load_be64(s.p) : 0;
}

/* A NUL-terminated string inside the message; "" and bad when there is no NUL. */
static inline const char *cursor_cstr(struct cursor *c)
{
    size_t left = (size_t)(c->end - c->p), n = strnlen((const char *)c->p, left);
    if (n == left) {
        c->bad = true;
        c->p = c->end;
        return "";
    }
    const char *s = (const char *)c->p;
    c->p += n + 1;
    return s;
}
#endif
