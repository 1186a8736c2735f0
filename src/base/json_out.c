/* Writes JSON as text. Where JSON is read, or its order does not matter, the program uses
 * jansson. */
#include "base/json_out.h"

void json_out_name(const struct json_out *j, const char *name)
{
    struct buf *to = j->to;
    bool first = !to->n || to->p[to->n - 1] == '{' || to->p[to->n - 1] == '[';
    if (!first)
        buf_str(to, j->spaced ? ", " : ",");
    if (!name)
        return;
    buf_json_str(to, slice_str(name));
    buf_str(to, j->spaced ? ": " : ":");
}

void json_out_open(const struct json_out *j, const char *name, char bracket)
{
    json_out_name(j, name);
    buf_u8(j->to, (uint8_t)bracket);
}

void json_out_close(const struct json_out *j, char bracket)
{
    buf_u8(j->to, (uint8_t)bracket);
}

void json_out_slice(const struct json_out *j, const char *name, struct slice value)
{
    json_out_name(j, name);
    buf_json_str(j->to, value);
}

void json_out_text(const struct json_out *j, const char *name, const char *value)
{
    if (value)
        json_out_slice(j, name, slice_str(value));
}

void json_out_texts(const struct json_out *j, const char *name, const char *const *list)
{
    json_out_open(j, name, '[');
    for (; list && *list; list++)
        json_out_text(j, NULL, *list);
    json_out_close(j, ']');
}

void json_out_number(const struct json_out *j, const char *name, long long n)
{
    json_out_name(j, name);
    buf_printf(j->to, "%lld", n);
}

void json_out_count(const struct json_out *j, const char *name, uint64_t n)
{
    json_out_name(j, name);
    buf_printf(j->to, "%llu", (unsigned long long)n);
}

void json_out_flag(const struct json_out *j, const char *name, bool yes)
{
    json_out_name(j, name);
    buf_str(j->to, yes ? "true" : "false");
}
