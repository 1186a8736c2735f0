/*
 * The program's malloc: mimalloc takes the C library's place where the build links it. No code
 * calls mimalloc's functions by their own names to allocate.
 */
#include "base/heap.h"
#include <stdio.h>
#ifdef TAILRACE_MIMALLOC
#include <mimalloc.h>

void heap_init(void)
{
}

/* mi_version(): 209 is 2.0.9. */
void heap_library(char ret_name[static HEAP_NAME])
{
    int v = mi_version();
    snprintf(ret_name, HEAP_NAME, "mimalloc %d.%d.%d", v / 100, v / 10 % 10, v % 10);
}
#else
#include <gnu/libc-version.h>
#include <malloc.h>

/*
 * The Kafka client frees records, each of many small pieces, in the order of a queue. With fast
 * bins that costs a quarter more.
 */
void heap_init(void)
{
    mallopt(M_MXFAST, 0);
}

void heap_library(char ret_name[static HEAP_NAME])
{
    snprintf(ret_name, HEAP_NAME, "glibc %s", gnu_get_libc_version());
}
#endif
