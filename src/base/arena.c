/* The bump allocator: memory that is freed all at once, or used again. */
#include "base/arena.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/xalloc.h"

struct arena_block {
    struct arena_block *next;
    size_t cap, at;
    _Alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *a, size_t block_size)
{
    *a = (struct arena){ .block_size = block_size };
}

static void block_add(struct arena *a, size_t n)
{
    struct arena_block *b = a->spare;
    if (b && b->cap >= n) {
        a->spare = b->next;
    } else {
        size_t cap = n > a->block_size ? n : a->block_size;
        b = xmalloc(sizeof *b + cap);
        b->cap = cap;
    }
    b->at = 0;
    b->next = a->head;
    a->head = b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    n = (n + 7) & ~(size_t)7;
    if (!a->head || a->head->cap - a->head->at < n)
        block_add(a, n);
    void *p = a->head->bytes + a->head->at;
    a->head->at += n;
    a->used += n;
    return p;
}

struct slice arena_dup(struct arena *a, struct slice s)
{
    uint8_t *p = arena_alloc(a, s.n ? s.n : 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct slice){ p, s.n };
}

char *arena_strdup(struct arena *a, const char *s)
{
    if (!s)
        return NULL;
    size_t n = strlen(s) + 1;
    return memcpy(arena_alloc(a, n), s, n);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = arena_alloc(a, (size_t)n + 1);
    va_start(ap, fmt);
    vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

void *arena_grown(struct arena *a, void *list, size_t n, size_t *cap, size_t each)
{
    if (n < *cap)
        return list;
    size_t more = *cap ? 2 * *cap : 16;
    void *p = arena_alloc(a, more * each);
    if (n)
        memcpy(p, list, n * each);
    *cap = more;
    return p;
}

/* Blocks of the usual size go to the spare list. A larger one (a huge row) is freed. */
void arena_reset(struct arena *a)
{
    while (a->head) {
        struct arena_block *b = a->head;
        a->head = b->next;
        if (b->cap > a->block_size) {
            free(b);
        } else {
            b->next = a->spare;
            a->spare = b;
        }
    }
    a->used = 0;
}

static void chain_free(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_done(struct arena *a)
{
    chain_free(a->head);
    chain_free(a->spare);
    *a = (struct arena){ .block_size = a->block_size };
}
