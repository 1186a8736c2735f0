#ifndef TAILRACE_FLOW_GUARD_H
#define TAILRACE_FLOW_GUARD_H
#include "encode/plan.h"
#include "encode/registry.h"

/*
 * Whether the plan's schemas may follow what is registered: at the subject's own level, and at
 * BACKWARD where that is NONE; a value that a reader would misread may not. 1: yes; 0: no, with the
 * reason in err (ERR_DATA); -1: it cannot be told.
 */
int guard_schemas(struct registry *r, const struct plan *p, struct err *err) must_check;
#endif
