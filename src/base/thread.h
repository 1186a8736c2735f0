#ifndef TAILRACE_BASE_THREAD_H
#define TAILRACE_BASE_THREAD_H
#include <pthread.h>

/*
 * Starts a thread that no signal interrupts: the main thread takes signals. stack: bytes; 0: the
 * system's default. Returns 0 or an errno.
 */
int thread_start(pthread_t *ret, size_t stack, void *(*work)(void *), void *arg);
#endif
