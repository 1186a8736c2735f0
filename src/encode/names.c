#include <ctype.h>
#include "base/log.h"
#include "encode/step.h"

enum { TOPIC_MAX = 249 };   /* Kafka's limit */

static bool in_topic(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

const char *name_topic(struct arena *a, const char *prefix, const char *schema, const char *table)
{
    char *s = schema ? arena_printf(a, "%s.%s.%s", prefix, schema, table) : arena_printf(a, "%s.%s", prefix, table);
    for (char *p = s; *p; p++)
        if (!in_topic(*p))
            *p = '_';
    if (strlen(s) > TOPIC_MAX) {
        log_warn("topic name is cut to %d characters topic=%s", TOPIC_MAX, s);
        s[TOPIC_MAX] = 0;
    }
    return s;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* An Avro name: [A-Za-z_][A-Za-z0-9_]*. Each component is mended, not only the first. */
static const char *avro_name(struct arena *a, const char *from, bool dots)
{
    char *out = arena_alloc(a, 2 * strlen(from) + 2), *to = out;
    bool first = true;
    for (; *from; from++) {
        bool digit = *from >= '0' && *from <= '9';
        if (*from == '.' && dots) {
            *to++ = '.';
            first = true;
            continue;
        }
        if (first && digit)
            *to++ = '_';
        *to++ = letter(*from) || digit ? *from : '_';
        first = false;
    }
    if (to == out)
        *to++ = '_';
    *to = 0;
    return out;
}

const char *name_space(struct arena *a, const char *topic)
{
    return avro_name(a, topic, true);
}

const char *name_field(struct arena *a, const char *column)
{
    return avro_name(a, column, false);
}
