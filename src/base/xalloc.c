/* The heap for callers that cannot go on without memory: out of memory ends the process. */
#include "base/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void xalloc_failed(void)
{
    fputs("tailrace: out of memory\n", stderr);
    abort();
}

static void *got(void *p)
{
    if (!p)
        xalloc_failed();
    return p;
}

void *xmalloc(size_t n)
{
    return got(malloc(n ? n : 1));
}

void *xcalloc(size_t n, size_t each)
{
    return got(calloc(n ? n : 1, each));
}

void *xrealloc(void *p, size_t n, size_t each)
{
    return got(reallocarray(p, n ? n : 1, each));
}

char *xstrdup(const char *s)
{
    return s ? got(strdup(s)) : NULL;
}

char *xstrndup(const void *s, size_t n)
{
    char *p = xmalloc(n + 1);
    if (n)
        memcpy(p, s, n);
    p[n] = 0;
    return p;
}
