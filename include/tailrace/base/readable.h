#ifndef TAILRACE_BASE_READABLE_H
#define TAILRACE_BASE_READABLE_H
#include "base/buf.h"

/* Numbers as people read them. */

void readable_count(uint64_t n, const char *between, struct buf *out);     /* 1,234,567: "," */
void readable_span(double seconds, struct buf *out);       /* 0.4 s, 3 min, 2.5 h, 4 days */
void readable_bytes(uint64_t n, struct buf *out);                          /* 12 B, 3.4 MiB */
#endif
