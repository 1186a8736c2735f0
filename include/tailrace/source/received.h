#ifndef TAILRACE_SOURCE_RECEIVED_H
#define TAILRACE_SOURCE_RECEIVED_H
#include <stdint.h>

/*
 * How much came over a TCP connection since it was made, as the kernel counts; 0 where it does not
 * (a socket of this machine). The client libraries keep an answer whole, and say nothing of it
 * before.
 */
uint64_t socket_received(int fd);

/* No catalog's answer is larger: 1 GiB. What sends more without an end must not take all memory. */
#define ANSWER_MOST (UINT64_C(1) << 30)
#endif
