/*
 * TSan knows POSIX threads, and not the C11 ones that librdkafka uses: in a build with TSan these
 * are made of those. glibc gives mtx_t and cnd_t the size and alignment of their POSIX
 * counterparts.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

static int result(int e)
{
    return !e ? thrd_success : e == ETIMEDOUT ? thrd_timedout : e == EBUSY ? thrd_busy : thrd_error;
}

struct start { thrd_start_t run; void *arg; };

static void *run(void *p)
{
    struct start s = *(struct start *)p;
    free(p);
    return (void *)(intptr_t)s.run(s.arg);
}

int thrd_create(thrd_t *ret, thrd_start_t fn, void *arg)
{
    struct start *s = malloc(sizeof *s);
    if (!s)
        return thrd_nomem;
    *s = (struct start){ fn, arg };
    return result(pthread_create((pthread_t *)ret, NULL, run, s));
}

int thrd_join(thrd_t t, int *ret)
{
    void *value = NULL;
    int e = pthread_join((pthread_t)t, &value);
    if (ret)
        *ret = (int)(intptr_t)value;
    return result(e);
}

int thrd_detach(thrd_t t)
{
    return result(pthread_detach((pthread_t)t));
}

static pthread_mutex_t *mutex(mtx_t *m)
{
    return (pthread_mutex_t *)m;
}

int mtx_init(mtx_t *m, int type)
{
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE
                                                       : PTHREAD_MUTEX_NORMAL);
    int e = pthread_mutex_init(mutex(m), &a);
    pthread_mutexattr_destroy(&a);
    return result(e);
}

int mtx_lock(mtx_t *m)
{
    return result(pthread_mutex_lock(mutex(m)));
}

int mtx_trylock(mtx_t *m)
{
    return result(pthread_mutex_trylock(mutex(m)));
}

int mtx_unlock(mtx_t *m)
{
    return result(pthread_mutex_unlock(mutex(m)));
}

void mtx_destroy(mtx_t *m)
{
    pthread_mutex_destroy(mutex(m));
}

static pthread_cond_t *cond(cnd_t *c)
{
    return (pthread_cond_t *)c;
}

int cnd_init(cnd_t *c)
{
    return result(pthread_cond_init(cond(c), NULL));
}

int cnd_signal(cnd_t *c)
{
    return result(pthread_cond_signal(cond(c)));
}

int cnd_broadcast(cnd_t *c)
{
    return result(pthread_cond_broadcast(cond(c)));
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
    return result(pthread_cond_wait(cond(c), mutex(m)));
}

int cnd_timedwait(cnd_t *c, mtx_t *m, const struct timespec *until)
{
    return result(pthread_cond_timedwait(cond(c), mutex(m), until));
}

void cnd_destroy(cnd_t *c)
{
    pthread_cond_destroy(cond(c));
}
