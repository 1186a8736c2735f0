/* Makes text from outside harmless for a line of a log or terminal, and for a shell. */
#include "base/escape.h"
#include <string.h>
#include "base/charset.h"

/* The code point of the UTF-8 character at p; *ret_n: its length. */
static uint32_t code_point(const uint8_t *p, size_t *ret_n)
{
    size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? *p : *p & (0xff >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3f);
    *ret_n = n;
    return c;
}

/* C0, DEL and C1 drive a terminal. The others end a line, or reorder the text around them
 * (Unicode's bidirectional controls). */
static bool harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void put_harmless(uint32_t c, struct buf *out)
{
    if (c == '\n' || c == '\t' || c == '\r')
        buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    else if (c < 0x80)
        buf_printf(out, "\\x%02x", c);
    else
        buf_printf(out, "\\u{%x}", c);
}

void escape_line(struct slice text, struct buf *out)
{
    struct buf whole = { 0 };
    utf8_put_readable(text, &whole);
    for (size_t at = 0, n; at < whole.n; at += n) {
        uint32_t c = code_point(whole.p + at, &n);
        if (harmful(c))
            put_harmless(c, out);
        else
            buf_put(out, whole.p + at, n);
    }
    buf_done(&whole);
}

void escape_shell(const char *text, struct buf *out)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,-:@%+";
    if (*text && !text[strspn(text, plain)]) {
        buf_str(out, text);
        return;
    }
    buf_u8(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_str(out, "'\\''");
        else
            buf_u8(out, (uint8_t)*text);
    }
    buf_u8(out, '\'');
}
