#ifndef TAILRACE_CMD_VERIFY_H
#define TAILRACE_CMD_VERIFY_H
#include "cmd/config.h"
#include "verify/verify.h"

/* What `tailrace verify` and `tailrace repair` share. */

/* Compares the feed's topics with its source. Of `to`, only arg, difference and table are read. */
int verify_feed(struct config *c, const struct invocation *v, atomic_int *stop,
                const struct verify_options *to, struct verify_totals *totals, struct err *err)
    must_check;
struct verify_report verify_report_of(const struct invocation *v);
int verify_exit(const struct verify_totals *t, uint64_t differences);  /* the exit code */
int verify_fail(const struct err *err);     /* the same for an error, which it logs */
#endif
