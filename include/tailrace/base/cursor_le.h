#ifndef TAILRACE_BASE_CURSOR_LE_H
#define TAILRACE_BASE_CURSOR_LE_H
#include <stdint.h>
#include "base/cursor.h"

/* The cursor in MySQL's byte order: little-endian integers, and integers and strings with a length
 * before them. */

static inline uint16_t load_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (uint16_t)p[1] << 8);
}

static inline uint32_t load_le24(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline uint32_t load_le32(const uint8_t *p)
{
    return load_le24(p) | (uint32_t)p[3] << 24;
}

static inline uint64_t load_le64(const uint8_t *p)
{
    return load_le32(p) | (uint64_t)load_le32(p + 4) << 32;
}

/* An unsigned integer of n bytes, at most 8. */
static inline uint64_t load_le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

static inline uint64_t cursor_le(struct cursor *c, size_t n)
{
    struct slice s = cursor_take(c, n);
    return load_le(s.p, s.n);
}

static inline uint16_t cursor_le16(struct cursor *c)
{
    return (uint16_t)cursor_le(c, 2);
}

static inline uint32_t cursor_le32(struct cursor *c)
{
    return (uint32_t)cursor_le(c, 4);
}

static inline uint64_t cursor_le64(struct cursor *c)
{
    return cursor_le(c, 8);
}

/* Length-encoded integer: below 0xfb itself; 0xfc, 0xfd, 0xfe: the next 2, 3, 8 bytes. */
static inline uint64_t cursor_lenenc(struct cursor *c)
{
    uint8_t first = cursor_u8(c);
    switch (first) {
    case 0xfc: return cursor_le(c, 2);
    case 0xfd: return cursor_le(c, 3);
    case 0xfe: return cursor_le(c, 8);
    case 0xfb: case 0xff:
        c->bad = true;
        c->p = c->end;
        return 0;
    default:   return first;
    }
}

static inline struct slice cursor_lenenc_str(struct cursor *c)
{
    return cursor_take(c, cursor_lenenc(c));
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

static inline struct slice cursor_rest(struct cursor *c)
{
    return cursor_take(c, cursor_left(c));
}
#endif
