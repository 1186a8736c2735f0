#ifndef TAILRACE_ENCODE_REGISTRY_CLIENT_H
#define TAILRACE_ENCODE_REGISTRY_CLIENT_H
#include "encode/registry.h"

/* One GET; the reply is borrowed until the next request. Trouble on the way and refused credentials are errors, other statuses are not. */
int registry_get(struct registry *r, const char *path, long *ret_status, struct slice *ret_reply, struct err *err) must_check;

/* before, the name as a path's part, after. */
void registry_path(struct registry *r, struct buf *path, const char *before, const char *name, const char *after);
#endif
