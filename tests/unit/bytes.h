#ifndef TAILRACE_TESTS_BYTES_H
#define TAILRACE_TESTS_BYTES_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/slice.h"

/* The bytes of a hex text; returns how many. */
static inline uint32_t unhex(const char *hex, uint8_t *to)
{
    uint32_t n = 0;
    for (; hex[2 * n]; n++) {
        uint8_t v = 0;
        for (int i = 0; i < 2; i++) {
            char c = hex[2 * n + (uint32_t)i];
            v = (uint8_t)(v << 4 | (c <= '9' ? c - '0' : c - 'a' + 10));
        }
        to[n] = v;
    }
    return n;
}

/* In memory of exactly its size, so that a read beyond it is seen; free_bytes() frees it. */
static inline struct slice hex_bytes(const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *p = malloc(n ? n : 1);
    unhex(hex, p);
    return slice_of(p, n);
}

/* Of a file, likewise; p == NULL: there is none. */
static inline struct slice file_bytes(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return slice_of(NULL, 0);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    uint8_t *p = malloc(n ? n : 1);
    rewind(f);
    if (fread(p, 1, n, f) != n)
        n = 0;
    fclose(f);
    return slice_of(p, n);
}

static inline void free_bytes(struct slice s)
{
    free((void *)(uintptr_t)s.p);
}
#endif
