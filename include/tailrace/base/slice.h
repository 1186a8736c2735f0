#ifndef TAILRACE_BASE_SLICE_H
#define TAILRACE_BASE_SLICE_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A borrowed run of bytes. Two machine words, passed and returned by value.
 * A slice never owns its bytes: its giver says how long they stay valid.
 */
struct slice {
    const uint8_t *p;
    size_t n;
};

static inline struct slice slice_of(const void *p, size_t n)
{
    return (struct slice){ p, n };
}

static inline struct slice slice_str(const char *s)
{
    return (struct slice){ (const uint8_t *)s, s ? strlen(s) : 0 };
}

static inline int slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
#endif
