#ifndef TAILRACE_BASE_LOCAL_H
#define TAILRACE_BASE_LOCAL_H
#include <stdbool.h>
#include "base/slice.h"

/*
 * Whether what is sent to this host stays on this machine: a socket's path, or a loopback name or
 * address. No name is resolved.
 */
bool host_is_local(struct slice host);

/* Of "host:port", "[::1]:port", "host": the host. */
struct slice host_of_address(struct slice address);

/* Of "scheme://user:password@host:port/path"; empty: no host there. *ret_user: a user stands in
 * it. */
struct slice host_of_url(const char *url, bool *ret_user);
#endif
