/*
 * The program's malloc: mimalloc takes the C library's place where the build links it. Nothing is
 * allocated by mimalloc's own names.
 */
#include "base/heap.h"
#include <stdio.h>
#ifdef TAILRACE_MIMALLOC
#include <mimalloc.h>

#if MI_MALLOC_VERSION < 210
#define mi_option_purge_delay mi_option_decommit_delay
#endif

enum { KEPT_MS = 100 };

/*
 * The Kafka client's queue fills and empties many times a second. Memory that is free is kept for a
 * while before the system gets it back: each page that comes again is a fault.
 */
void heap_init(void)
{
    mi_option_set_default(mi_option_purge_delay, KEPT_MS);
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
 * The Kafka client frees records, each of many small pieces, in the order of a queue. Fast bins make
 * that a quarter dearer.
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
