#ifndef TAILRACE_BASE_THREAD_H
#define TAILRACE_BASE_THREAD_H
#include <pthread.h>

/*
 * A thread that no signal interrupts: they are the main thread's. stack 0: the system's. An errno.
 */
int thread_start(pthread_t *ret, size_t stack, void *(*work)(void *), void *arg);
#endif
