#ifndef TAILRACE_TESTS_FLOW_CLOCKWORK_H
#define TAILRACE_TESTS_FLOW_CLOCKWORK_H
#include <stdbool.h>
#include <stdint.h>

/*
 * Time that passes when somebody waits: the linker gives flow these in place of the monotonic clock
 * and of its sleeps.
 * Each look at the clock costs a microsecond. Threads that read are real: while one works, a wait
 * waits for it.
 */
void clockwork_pass(int64_t us);
int64_t clockwork_now(void);

/* Log lines of one program run since the last call of log_forget(). */
bool log_has(const char *text);
int log_count(const char *text);
void log_forget(void);
void log_keep(bool keep);       /* false: lines are dropped unread, for speed */
#endif
