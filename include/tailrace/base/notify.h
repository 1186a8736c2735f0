#ifndef TAILRACE_BASE_NOTIFY_H
#define TAILRACE_BASE_NOTIFY_H
#include <stdatomic.h>
#include <stdbool.h>

/*
 * What a supervisor hears of this process (sd_notify's protocol, over $NOTIFY_SOCKET): that it has
 * started, that its threads go on, that it ends. Without a supervisor all of this does nothing.
 */

/* Takes the supervisor's socket and its watchdog's time out of the environment. */
void notify_begin(void);

void notify_ready(const char *status);      /* it has started; status: a line for people */
void notify_stopping(void);                 /* it ends. May be called by a signal handler */

/*
 * A thread that must go on. While each has beaten since the supervisor last heard of the process,
 * it hears again. One thread that hangs ends that, and the supervisor ends the process. Zero before
 * pulse_begin(); pulse_end() is due before its memory goes.
 */
struct pulse {
    atomic_bool beaten;
    struct pulse *next;
};
void pulse_begin(struct pulse *p);
void pulse_beat(struct pulse *p);           /* cheap: more than needed is free */
void pulse_end(struct pulse *p);
#endif
