#include <ctype.h>
#include "base/log.h"
#include "encode/step.h"

enum { TOPIC_MAX = 249 };   /* Kafka's limit */

static bool in_topic(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* One '_' a UTF-16 unit, as names always were mended: none for a continuation byte, two for what starts a surrogate pair. */
static char *put_stand_in(char *to, char c)
{
    uint8_t u = (uint8_t)c;
    int n = (u & 0xc0) == 0x80 ? 0 : u >= 0xf0 ? 2 : 1;
    while (n-- > 0)
        *to++ = '_';
    return to;
}

const char *name_topic(struct arena *a, const char *prefix, const char *schema, const char *table)
{
    char *s = schema ? arena_printf(a, "%s.%s.%s", prefix, schema, table) : arena_printf(a, "%s.%s", prefix, table);
    char *to = s;
    for (const char *p = s; *p; p++) {
        if (in_topic(*p))
            *to++ = *p;
        else
            to = put_stand_in(to, *p);
    }
    *to = 0;
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
        if (letter(*from) || digit)
            *to++ = *from;
        else
            to = put_stand_in(to, *from);
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
