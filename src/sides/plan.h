#ifndef TAILRACE_SIDES_PLAN_H
#define TAILRACE_SIDES_PLAN_H
#include "sides/sides.h"

/* Reads the feed's schema before and after a migration, tried in a throwaway database on server. */
int schema_plan(struct sides *s, const char *server, const char *migration, struct side **ret_old,
                struct side **ret_new, struct err *err) must_check;
#endif
