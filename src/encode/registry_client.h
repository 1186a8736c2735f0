#ifndef TAILRACE_ENCODE_REGISTRY_CLIENT_H
#define TAILRACE_ENCODE_REGISTRY_CLIENT_H
#include "encode/registry.h"

/* One GET; the reply is borrowed until the next request. Trouble on the way and refused credentials
 * are errors, other statuses are not. */
int registry_get(struct registry *r, const char *path, long *ret_status, struct slice *ret_reply,
                 struct err *err) must_check;

/* What differs, in words; either text may be anything, old_schema NULL. */
void registry_difference(const char *old_schema, const char *new_schema, struct buf *out);
/* The id in an answer. False: none from 1 to 2^31-1. */
bool registry_id_of(struct slice reply, int32_t *ret);

/* before, the name as a path's part, after. */
void registry_path(struct registry *r, struct buf *path, const char *before, const char *name,
                   const char *after);
#endif
