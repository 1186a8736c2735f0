/* Tells UTF-8 from other bytes, for text whose character set is not certain. */
#include "base/charset.h"

/* The length of the character at p; 0: no UTF-8 character begins there. low, high: range of the
 * second byte; later bytes are 80 to bf. */
static size_t character(const uint8_t *p, size_t n)
{
    static const struct { uint8_t first, last, low, high, more;
    } forms[] = {
        { 0x00, 0x7f, 0, 0, 0 },
        { 0xc2, 0xdf, 0x80, 0xbf, 1 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
        { 0xe1, 0xec, 0x80, 0xbf, 2 },
        { 0xed, 0xed, 0x80, 0x9f, 2 },
        { 0xee, 0xef, 0x80, 0xbf, 2 },
        { 0xf0, 0xf0, 0x90, 0xbf, 3 },
        { 0xf1, 0xf3, 0x80, 0xbf, 3 },
        { 0xf4, 0xf4, 0x80, 0x8f, 3 },
    };
    size_t form = 0, at = 2;
    while (form < sizeof forms / sizeof *forms && (*p < forms[form].first || *p > forms[form].last))
        form++;
    if (form == sizeof forms / sizeof *forms || n < forms[form].more + 1u)
        return 0;
    if (forms[form].more && (p[1] < forms[form].low || p[1] > forms[form].high))
        return 0;
    while (at <= forms[form].more && (p[at] & 0xc0) == 0x80)
        at++;
    return at <= forms[form].more ? 0 : forms[form].more + 1u;
}

bool utf8_is(struct slice s)
{
    size_t at = 0, n = 1;
    while (at < s.n && (n = character(s.p + at, s.n - at)))
        at += n;
    return n != 0;
}

void utf8_put_readable(struct slice s, struct buf *out)
{
    for (size_t at = 0; at < s.n;) {
        size_t n = character(s.p + at, s.n - at);
        if (n)
            buf_put(out, s.p + at, n);
        else
            buf_printf(out, "\\x%02X", s.p[at]);
        at += n ? n : 1;
    }
}
