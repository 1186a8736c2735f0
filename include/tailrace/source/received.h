#ifndef TAILRACE_SOURCE_RECEIVED_H
#define TAILRACE_SOURCE_RECEIVED_H
#include <stdint.h>

/*
 * Bytes that came over a TCP connection since it was made, as the kernel counts them. 0: the kernel
 * does not count (a Unix socket). It shows progress while a client library gathers an answer: the
 * library itself shows nothing before the answer is whole.
 */
uint64_t socket_received(int fd);

/* 1 GiB: no answer of a catalog is larger. An answer without an end must not take all memory. */
#define ANSWER_MOST (UINT64_C(1) << 30)
#endif
