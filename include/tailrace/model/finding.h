#ifndef TAILRACE_MODEL_FINDING_H
#define TAILRACE_MODEL_FINDING_H

/* What `tailrace check` reports of one thing: its state, and what to run if it does not hold. */
enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL };

/* what and todo are borrowed for the call; todo may be NULL. */
typedef void finding_fn(void *arg, enum finding_level level, const char *what, const char *todo);
#endif
