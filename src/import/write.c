/* Writes options and their values for the file, from the texts of properties. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/escape.h"
#include "import/import.h"

const char *import_value(const struct import *im, const char *name)
{
    json_t *v = json_object_get(im->config, name);
    return json_is_string(v) ? json_string_value(v) : NULL;
}

struct buf *import_option(struct import *im, const char *key)
{
    for (size_t i = 0; options[i].key; i++)
        if (strcmp(options[i].key, key) == 0)
            return &im->values[i];
    abort();    /* a caller names an option that is not there: a unit test reads the whole table */
}

void import_text(struct buf *to, const char *value)
{
    buf_json_str(to, slice_str(value));
}

/*
 * Reads a configuration provider's reference, "${env:NAME}", "${file:/path:key}" and the like.
 * Returns the variable's name, and moves *from behind the reference. NULL: there is none.
 */
static const char *provided(struct import *im, const char **from)
{
    const char *p = *from, *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL,
               *colon = end ? memrchr(p, ':', (size_t)(end - p)) : NULL;
    if (!colon)
        return NULL;
    char *name = arena_printf(&im->arena, "%.*s", (int)(end - colon - 1), colon + 1);
    bool own = strncmp(p, "${env:", 6) == 0;
    for (char *c = name; *c && !own; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    if (!own) {
        buf_str(&im->notes, "#   ");
        escape_line(slice_of(p, (size_t)(end - p) + 1), &im->notes);
        buf_printf(&im->notes, " is ${%s} here: set it in the environment\n", name);
    }
    *from = end + 1;
    return name;
}

const char *import_escape(struct import *im, const char *value)
{
    struct buf b = { 0 };
    while (*value) {
        const char *name = provided(im, &value);
        if (name)
            buf_printf(&b, "${%s}", name);
        else
            buf_str(&b, *value == '$' ? "$$" : (char[2]){ *value, 0 }), value++;
    }
    const char *text = arena_strdup(&im->arena, buf_cstr(&b));
    buf_done(&b);
    return text;
}

void import_set(struct import *im, const char *key, const char *value)
{
    struct buf *to = import_option(im, key);
    to->n = 0;
    value = import_escape(im, value);
    bool word =
        *value &&
        !value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-|")];
    /* what is no word gets quotes; `check` will report it */
    if (options[to - im->values].type == OPT_STRING || !word)
        import_text(to, value);
    else
        buf_str(to, value);
}

/* Adds one pair to { "key": "value", ... }. The value is not escaped; number: it has no quotes. */
void import_pair(struct import *im, const char *option, const char *key, const char *value,
                 bool number)
{
    struct buf *to = import_option(im, option);
    if (to->n)
        to->n -= 2;     /* " }" */
    buf_str(to, to->n ? ", " : "{ ");
    import_text(to, key);
    buf_str(to, ": ");
    if (number)
        buf_str(to, value);
    else
        import_text(to, value);
    buf_str(to, " }");
}

void import_item(struct import *im, const char *option, const char *value)
{
    struct buf *to = import_option(im, option);
    if (to->n)
        to->n--;        /* "]" */
    buf_str(to, to->n ? ", " : "[");
    import_text(to, import_escape(im, value));
    buf_u8(to, ']');
}

/* The next part of a list; NULL: the end. A delimiter after a backslash belongs to the part, and
 * the backslash is dropped. */
char *import_part(struct import *im, const char **from, char delimiter)
{
    const char *p = *from + strspn(*from, " \t\n");
    char *part = arena_alloc(&im->arena, strlen(p) + 1), *to = part;
    if (!*p)
        return NULL;
    for (; *p && *p != delimiter; p++) {
        if (*p == '\\' && p[1] == delimiter)
            p++;
        else if (*p == '\\' && p[1])
            *to++ = *p++;
        *to++ = *p;
    }
    *from = *p ? p + 1 : p;
    while (to > part && (to[-1] == ' ' || to[-1] == '\n'))
        to--;
    *to = 0;
    return part;
}
