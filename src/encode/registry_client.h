#ifndef TAILRACE_ENCODE_REGISTRY_CLIENT_H
#define TAILRACE_ENCODE_REGISTRY_CLIENT_H
#include "encode/registry.h"

/* One GET; the reply is borrowed until the next request. An error: trouble on the way, or refused
 * credentials. Other statuses are in *ret_status. */
int registry_get(struct registry *r, const char *path, long *ret_status, struct slice *ret_reply,
                 struct err *err) must_check;

/* Appends the difference in words. Either text may be malformed; old_schema may be NULL. */
void registry_difference(const char *old_schema, const char *new_schema, struct buf *out);
/* The id in an answer. False: there is no id from 1 to 2^31-1. */
bool registry_id_of(struct slice reply, int32_t *ret);

/* Appends before, then name escaped as a part of a path, then after. */
void registry_path(struct registry *r, struct buf *path, const char *before, const char *name,
                   const char *after);
#endif
