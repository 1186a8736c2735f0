/* Starts a thread in which all signals are blocked. */
#include "base/thread.h"
#include <signal.h>

int thread_start(pthread_t *ret, size_t stack, void *(*work)(void *), void *arg)
{
    sigset_t all, before;
    pthread_attr_t attr;
    sigfillset(&all);
    pthread_attr_init(&attr);
    if (stack)
        pthread_attr_setstacksize(&attr, stack);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int e = pthread_create(ret, &attr, work, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return e;
}
