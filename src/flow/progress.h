#ifndef TAILRACE_FLOW_PROGRESS_H
#define TAILRACE_FLOW_PROGRESS_H
#include "flow/commit.h"

/*
 * Says how the feed stands: rows a second every 10 s while there are rows, and else once a minute that there is nothing to
 * deliver, or that what was read is not delivered and since when, with what the source knows of itself. Call it often.
 */
void progress_look(struct commits *c);
#endif
