/* Tells which hosts are this machine. A password to another machine should go encrypted. */
#include "base/local.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool host_is_local(struct slice host)
{
    char text[64];
    struct in_addr v4;
    struct in6_addr v6;
    if (!host.n || *host.p == '/' || *host.p == '@')
        return true;
    if (host.n >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)host.n, (const char *)host.p);
    if (strcasecmp(text, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, text, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, text, &v6) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

struct slice host_of_address(struct slice a)
{
    const uint8_t *end = a.n && *a.p == '[' ? memchr(a.p, ']', a.n) : NULL;
    if (end)
        return slice_of(a.p + 1, (size_t)(end - a.p) - 1);
    const uint8_t *colon = a.n ? memchr(a.p, ':', a.n) : NULL;
    bool one = colon && !memchr(colon + 1, ':', a.n - (size_t)(colon - a.p) - 1);
    return one ? slice_of(a.p, (size_t)(colon - a.p)) : a;
}

struct slice host_of_url(const char *url, bool *ret_user)
{
    const char *from = strstr(url, "://");
    from = from ? from + 3 : url;
    size_t n = strcspn(from, "/?#");
    const char *at = NULL;
    for (size_t i = 0; i < n; i++)
        if (from[i] == '@')
            at = from + i;
    *ret_user = at != NULL;
    const char *host = at ? at + 1 : from;
    return host_of_address(slice_of(host, (size_t)(from + n - host)));
}
