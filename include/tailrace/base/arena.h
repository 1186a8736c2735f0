#ifndef TAILRACE_BASE_ARENA_H
#define TAILRACE_BASE_ARENA_H
#include <stddef.h>
#include "base/slice.h"

/* Bump allocator. Nothing is freed alone. arena_reset() empties it and keeps blocks of the usual
 * size for reuse. */
struct arena_block;
struct arena {
    struct arena_block *head, *spare;
    size_t used, block_size;    /* used: bytes handed out since the last reset */
};

void arena_init(struct arena *a, size_t block_size);
/* 8-byte aligned, never NULL: out of memory ends the process */
void *arena_alloc(struct arena *a, size_t n);
struct slice arena_dup(struct arena *a, struct slice s);
char *arena_strdup(struct arena *a, const char *s);     /* NULL stays NULL */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Gives a list of n elements with room for one more: list itself, or a larger copy. *cap: its room
 * in elements. each: bytes of an element. */
void *arena_grown(struct arena *a, void *list, size_t n, size_t *cap, size_t each);
void arena_reset(struct arena *a);
void arena_done(struct arena *a);
#endif
