#ifndef TAILRACE_FLOW_NAMESAKES_H
#define TAILRACE_FLOW_NAMESAKES_H
#include "base/arena.h"
#include "encode/plan.h"
#include "source/source.h"

/*
 * Tables whose names become one topic: their rows would share keys there for ever. Asks the source
 * which tables it feeds, once a session, when the first table is met; an idle feed asks nothing.
 */
struct namesakes {
    struct arena arena;
    struct namesake *all;
    bool listed;
};

void namesakes_init(struct namesakes *s);
void namesakes_done(struct namesakes *s);
void namesakes_forget(struct namesakes *s);     /* a session begins: tables may be others now */

/* t has not been met before. -1: err names another table that the source feeds (ERR_CONFIG), or
 * says why it cannot be asked. */
int namesakes_check(struct namesakes *s, struct source *src, const struct table *t,
                    const struct plan *plan, struct err *err) must_check;

/* ERR_CONFIG: schema.name and t both become plan's topic. */
int namesakes_refuse(const char *schema, const char *name, const struct table *t,
                     const struct plan *plan, struct err *err);
#endif
