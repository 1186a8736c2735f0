/* Who may connect to a server now: a count of connects under way, for each server asked so far. */
#include "source/pg/turn.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"

enum { AT_ONCE = 8, STEP_MS = 200 };

struct turn {
    char *server;
    pthread_cond_t ended;
    int taken;
    struct turn *next;
};

static struct {
    pthread_mutex_t lock;
    struct turn *all;
} turns = { PTHREAD_MUTEX_INITIALIZER, NULL };

static struct turn *turn_of(const char *server)
{
    struct turn *t = turns.all;
    while (t && strcmp(t->server, server))
        t = t->next;
    if (t)
        return t;
    t = xcalloc(1, sizeof *t);
    t->server = xstrdup(server);
    pthread_cond_init(&t->ended, NULL);
    t->next = turns.all;
    return turns.all = t;
}

struct turn *turn_take(const char *server, const atomic_int *stop)
{
    pthread_mutex_lock(&turns.lock);
    struct turn *t = turn_of(server);
    while (t->taken == AT_ONCE && !(stop && *stop)) {
        struct timespec until = clock_in(CLOCK_REALTIME, STEP_MS);
        pthread_cond_timedwait(&t->ended, &turns.lock, &until);
    }
    bool mine = t->taken < AT_ONCE;
    t->taken += mine;
    pthread_mutex_unlock(&turns.lock);
    return mine ? t : NULL;
}

void turn_end(struct turn *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&turns.lock);
    t->taken--;
    pthread_cond_signal(&t->ended);
    pthread_mutex_unlock(&turns.lock);
}
