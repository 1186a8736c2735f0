#ifndef TAILRACE_SERVE_ANSWER_H
#define TAILRACE_SERVE_ANSWER_H
#include "backfill/backfill.h"

/* Does what a request asks for, and appends the answer's line. */
void control_answer(struct slice request, struct backfill *b, struct buf *out);
#endif
