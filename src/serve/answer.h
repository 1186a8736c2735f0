#ifndef TAILRACE_SERVE_ANSWER_H
#define TAILRACE_SERVE_ANSWER_H
#include "backfill/backfill.h"

/* Does what a request asks for, and appends the answer's line. */
void control_answer(void *backfill, struct slice request, struct buf *out);

/* {"ok": false, "error": why} */
void answer_refuse(struct buf *out, const char *why);
#endif
