/* Writes and reads parts that several JSON forms of a report share. */
#include "report/json_parts.h"
#include <stdlib.h>

void json_put(json_t *o, const char *key, const char *value)
{
    if (value)
        json_object_set_new(o, key, json_string(value));
}

void json_write(json_t *o, struct buf *out)
{
    char *text = json_dumps(o, JSON_INDENT(1));
    buf_str(out, text);
    buf_u8(out, '\n');
    free(text);
    json_decref(o);
}

const char *json_text(const json_t *o, const char *key, struct arena *a)
{
    return arena_strdup(a, json_string_value(json_object_get(o, key)));
}

void json_labels(const json_t *list, struct column *c, struct arena *a)
{
    size_t i, n = json_array_size(list) < UINT16_MAX ? json_array_size(list) : UINT16_MAX;
    json_t *v;
    struct buf joined = { 0 };
    struct slice *labels = arena_alloc(a, (n + 1) * sizeof *labels);
    json_array_foreach(list, i, v) {
        if (i == n)
            break;
        labels[i] = arena_dup(a, slice_of(json_string_value(v), json_string_length(v)));
        buf_printf(&joined, "%s%.*s", i ? "," : "", (int)labels[i].n, (const char *)labels[i].p);
    }
    c->labels = labels;
    c->nlabels = (uint16_t)n;
    /* for MySQL the text is made from the labels when it is needed */
    c->enum_allowed = n && c->form == FORM_PG_TEXT ? arena_strdup(a, buf_cstr(&joined)) : NULL;
    buf_done(&joined);
}
