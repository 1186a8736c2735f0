/* Splits and joins names of tables as people write them in options and on the command line. */
#include "base/sql_name.h"

/* Reads one part, up to `end` or the NUL. NULL: the part is empty, its quote is open, or something
 * follows the quote. */
static const char *read_part(const char *p, char end, struct buf *out)
{
    size_t before = out->n;
    if (*p != '"') {
        while (*p && *p != end)
            buf_u8(out, (uint8_t)*p++);
        return out->n > before ? p : NULL;
    }
    for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
        p += *p == '"';
        buf_u8(out, (uint8_t)*p);
    }
    return *p == '"' && (p[1] == end || !p[1]) && out->n > before ? p + 1 : NULL;
}

static void put_quoted(struct buf *out, const char *name)
{
    buf_u8(out, '"');
    for (; *name; name++)
        buf_printf(out, "%s%c", *name == '"' ? "\"" : "", *name);
    buf_u8(out, '"');
}

void sql_name_join(const char *schema, const char *table, struct buf *out)
{
    put_quoted(out, schema);
    buf_u8(out, '.');
    put_quoted(out, table);
}

bool sql_name_split(const char *text, struct buf *schema, struct buf *table)
{
    const char *p = read_part(text, '.', schema);
    p = p && *p == '.' ? read_part(p + 1, 0, table) : NULL;
    return p && !*p;
}
