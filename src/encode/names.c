/* Makes names that Kafka and Avro allow from the names of schemas, tables and columns. */
#include <ctype.h>
#include <stdio.h>
#include "base/log.h"
#include "encode/step.h"

enum { TOPIC_MAX = 249 };   /* Kafka's limit */

static bool in_topic(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* Writes one '_' a UTF-16 unit, as names have always been mended: none for a continuation byte, two
 * for the first byte of a surrogate pair. */
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
    const char *from = schema ? arena_printf(a, "%s.%s.%s", prefix, schema, table)
                       : table ? arena_printf(a, "%s.%s", prefix, table) : prefix;
    char *s = arena_alloc(a, 2 * strlen(from) + 1), *to = s;    /* a stand-in has up to two bytes */
    for (const char *p = from; *p; p++) {
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

bool name_is_topic(const char *name)
{
    size_t n = 0;
    while (in_topic(name[n]))
        n++;
    return n && n <= TOPIC_MAX && !name[n] && strcmp(name, ".") && strcmp(name, "..");
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Writes one UTF-16 unit as _uXXXX. */
static char *put_unit(char *to, unsigned unit)
{
    return to + sprintf(to, "_u%04x", unit & 0xffff);
}

/* Writes the character that begins at `from` as one _uXXXX, or two outside the basic plane. Returns
 * past it. */
static const char *put_escape(char **to, const char *from)
{
    const uint8_t *u = (const uint8_t *)from;
    int more = u[0] >= 0xf0 ? 3 : u[0] >= 0xe0 ? 2 : u[0] >= 0xc0 ? 1 : 0;
    unsigned code = more ? u[0] & (0x3f >> more) : u[0];
    for (from++; more > 0 && ((uint8_t)*from & 0xc0) == 0x80; more--, from++)
        code = code << 6 | ((uint8_t)*from & 0x3f);
    if (code > 0xffff) {
        *to = put_unit(*to, 0xd800 + ((code - 0x10000) >> 10));
        code = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    *to = put_unit(*to, code);
    return from;
}

/* An Avro name without loss: _uXXXX stands for each other character, and for each underscore. */
static const char *escaped_name(struct arena *a, const char *from, bool dots)
{
    char *out = arena_alloc(a, 6 * strlen(from) + 16), *to = out;
    for (bool first = true; *from; first = dots && to[-1] == '.') {
        bool digit = *from >= '0' && *from <= '9';
        bool as_it_is = (*from >= 'a' && *from <= 'z') || (*from >= 'A' && *from <= 'Z') ||
                        (digit && !first) || (*from == '.' && dots);
        if (as_it_is)
            *to++ = *from++;
        else
            from = put_escape(&to, from);
    }
    *to = 0;
    return out;
}

/* An Avro name, [A-Za-z_][A-Za-z0-9_]*, with stand-ins. Each dotted component is mended. */
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

const char *name_space(struct arena *a, const char *topic, enum name_style style)
{
    return style == NAMES_AVRO_UNICODE ? escaped_name(a, topic, true) : avro_name(a, topic, true);
}

const char *name_field(struct arena *a, const char *column, enum name_style style)
{
    return style == NAMES_AVRO_UNICODE ? escaped_name(a, column, false)
                                       : avro_name(a, column, false);
}
