#ifndef TAILRACE_BASE_NOTIFY_H
#define TAILRACE_BASE_NOTIFY_H
#include <stdatomic.h>
#include <stdbool.h>

/*
 * Tells a supervisor (sd_notify's protocol, over $NOTIFY_SOCKET) that this process has started,
 * that its threads go on, and that it ends. Without a supervisor these functions do nothing.
 */

/* Takes the supervisor's socket and its watchdog's time out of the environment. */
void notify_begin(void);

void notify_ready(const char *status);      /* it has started; status: a line for people */
void notify_stopping(void);                 /* it ends. May be called by a signal handler */

/*
 * A thread that must go on. The supervisor hears of the process again when every pulse has beaten
 * since the last time. If one thread hangs, the supervisor hears no more and ends the process. Zero
 * before pulse_begin(). Call pulse_end() before its memory goes.
 */
struct pulse {
    atomic_bool beaten;
    struct pulse *next;
};
void pulse_begin(struct pulse *p);
void pulse_beat(struct pulse *p);           /* cheap: call it often */
void pulse_end(struct pulse *p);
#endif
