#ifndef TAILRACE_REPORT_STEPS_H
#define TAILRACE_REPORT_STEPS_H
#include "report/diff.h"

/* Fills t->steps: what the operator does next about this table. */
void steps_of(struct arena *a, const struct diff *d, struct table_diff *t,
              const struct diff_options *opt);
#endif
