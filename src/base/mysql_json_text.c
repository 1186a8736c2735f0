/* JSON strings with MySQL's escapes, for mysql_json.c and mysql_json_patch.c. */
#include "base/mysql_json_text.h"

static void put_escaped(uint8_t c, struct buf *out)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *at = c ? strchr(plain, c) : NULL;
    if (at)
        buf_printf(out, "\\%c", letter[at - plain]);
    else
        buf_printf(out, "\\u%04x", c);
}

void mysql_json_put_string(struct slice s, struct buf *out)
{
    buf_u8(out, '"');
    for (size_t i = 0, from = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] >= 0x20 && s.p[i] != '"' && s.p[i] != '\\')
            continue;
        buf_put(out, s.p + from, i - from);
        if (i < s.n)
            put_escaped(s.p[i], out);
        from = i + 1;
    }
    buf_u8(out, '"');
}
