/* Converts labels of ENUM and SET as servers show them: with a question mark for a character that
 * the set lacks, and for a byte that is no text. */
#include <string.h>
#include "base/charset.h"

/* The highest code point of a set whose text is UTF-8. */
static uint32_t highest(const char *mysql_name)
{
    if (strcmp(mysql_name, "ascii") == 0)
        return 0x7f;
    bool utf8mb3 = strcmp(mysql_name, "utf8") == 0 || strcmp(mysql_name, "utf8mb3") == 0;
    return utf8mb3 ? 0xffff : 0x10ffff;
}

/* The length of the first character of s; 0: s does not begin with one. */
static size_t first_character(struct slice s)
{
    size_t n = 1;
    while (n <= 4 && n <= s.n && !utf8_is(slice_of(s.p, n)))
        n++;
    return n <= 4 && n <= s.n ? n : 0;
}

/* The code point of the n bytes at p, which are one character. */
static uint32_t point_of(const uint8_t *p, size_t n)
{
    uint32_t point = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        point = point << 6 | (p[i] & 0x3f);
    return point;
}

int charset_encode(const char *mysql_name, struct slice utf8, struct buf *out)
{
    const struct charset *cs;
    if (charset_find(mysql_name, &cs))
        return -1;
    for (size_t i = 0; i < utf8.n;) {
        size_t n = first_character(slice_of(utf8.p + i, utf8.n - i));
        uint32_t point = n ? point_of(utf8.p + i, n) : UINT32_MAX;
        uint8_t code[4] = { '?' };
        size_t bytes = cs && n ? charset_code(cs, point, code) : 0;
        if (!cs && n && point <= highest(mysql_name))
            memcpy(code, utf8.p + i, bytes = n);
        if (!bytes && cs)
            bytes = charset_code(cs, '?', code);
        buf_put(out, code, bytes ? bytes : 1);
        i += n ? n : 1;
    }
    return 0;
}

/* Appends the first character of s; returns its length in s. 0: s does not begin with one. */
static size_t put_first(const char *mysql_name, const struct charset *cs, struct slice s,
                        struct buf *out)
{
    if (!cs) {
        size_t n = first_character(s);
        bool has = n && point_of(s.p, n) <= highest(mysql_name);
        buf_put(out, s.p, has ? n : 0);
        return has ? n : 0;
    }
    size_t n = 1;
    while (n <= 4 && n <= s.n && charset_put(cs, slice_of(s.p, n), out))
        n++;
    return n <= 4 && n <= s.n ? n : 0;
}

int charset_decode(const char *mysql_name, struct slice s, struct buf *out, bool *ret_all)
{
    const struct charset *cs;
    *ret_all = true;
    if (charset_find(mysql_name, &cs))
        return -1;
    for (size_t i = 0; i < s.n;) {
        size_t n = put_first(mysql_name, cs, slice_of(s.p + i, s.n - i), out);
        *ret_all = *ret_all && n;
        if (!n)
            buf_u8(out, '?');
        i += n ? n : 1;
    }
    return 0;
}
