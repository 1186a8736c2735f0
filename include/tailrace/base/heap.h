#ifndef TAILRACE_BASE_HEAP_H
#define TAILRACE_BASE_HEAP_H

/* Which malloc the program was built with: meson's -Dallocator. */

/* Sets the C library's malloc up for the Kafka client. Call it before the first thread starts. */
void heap_init(void);

enum { HEAP_NAME = 40 };

/* The name and version of the malloc that runs: "mimalloc 2.0.9", "glibc 2.36". */
void heap_library(char ret_name[static HEAP_NAME]);
#endif
