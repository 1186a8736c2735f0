#ifndef TAILRACE_FLOW_GUARD_H
#define TAILRACE_FLOW_GUARD_H
#include "encode/plan.h"
#include "encode/registry.h"

/*
 * May the plan's schemas follow the registered versions? The subject's own compatibility level
 * decides; NONE is checked as BACKWARD. A schema whose values a reader would misread may not
 * follow. 1: yes; 0: no, err (ERR_DATA) has the reason; -1: not known, err says why.
 */
int guard_schemas(struct registry *r, const struct plan *p, struct err *err) must_check;
#endif
