#ifndef TAILRACE_BASE_LOCAL_H
#define TAILRACE_BASE_LOCAL_H
#include <stdbool.h>
#include "base/slice.h"

/*
 * True if data sent to this host stays on this machine: host is empty, a socket's path, or a
 * loopback name or address. Resolves no name.
 */
bool host_is_local(struct slice host);

/* The host of "host:port", "[::1]:port" or "host". Borrowed from address. */
struct slice host_of_address(struct slice address);

/* The host of "scheme://user:password@host:port/path", borrowed; empty: there is none. *ret_user:
 * the URL names a user. */
struct slice host_of_url(const char *url, bool *ret_user);
#endif
