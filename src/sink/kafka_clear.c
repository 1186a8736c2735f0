/* Finds passwords that would cross the network in the clear: SASL mechanisms that send them,
 * without TLS. */
#include <string.h>
#include <strings.h>
#include "base/local.h"
#include "sink/kafka.h"

/* SCRAM and Kerberos prove a password without sending it. */
static bool sends_it(const struct kafka_options *opt)
{
    const char *other = kafka_property(opt, "sasl.mechanisms", "GSSAPI");
    const char *mechanism = kafka_property(opt, "sasl.mechanism", other);
    return strcasecmp(mechanism, "PLAIN") == 0 || strcasecmp(mechanism, "OAUTHBEARER") == 0;
}

struct slice kafka_in_clear(const struct kafka_options *opt)
{
    const char *protocol = kafka_property(opt, "security.protocol", "plaintext");
    const char *p = kafka_property(opt, "bootstrap.servers", "");
    struct slice none = { 0 };
    if (strcasecmp(protocol, "sasl_plaintext") != 0 || !sends_it(opt))
        return none;
    for (size_t n; *p; p += n + (p[n] == ',')) {
        n = strcspn(p, ",");
        size_t blank = strspn(p, " "), name = n < blank ? n : blank;
        struct slice host = host_of_address(slice_of(p + name, n - name));
        if (!host_is_local(host))
            return host;
    }
    return none;
}
