/* Turns text of MySQL's character sets into UTF-8, and code points into bytes of a set. The tables
 * come from glibc's iconv; charset_sets.h has where MySQL differs. */
#include "base/charset.h"
#include <iconv.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>
#include "base/charset_sets.h"
#include "base/cursor.h"
#include "base/xalloc.h"

/*
 * A set's codes as tables of code points, read from glibc once, when the set is first used. 0: the
 * code means nothing (except code 0, which means 0 in every set).
 */
struct charset {
    enum charset_layout layout;
    bool ascii;                 /* the bytes below 0x80 are ASCII */
    uint16_t one[256];
    uint16_t *two;              /* index: both bytes */
    /* index: EUC_JP: the two bytes after 0x8f; GB18030: number of the four-byte code, in order */
    uint16_t *more;
};

enum { TWO_CODES = 65536, GB_PLANE_0 = 39420, GB_PLANE_1 = 189000, GB_ALL = 1237576 };

/* ---- reading glibc's tables ---- */

/* The code point that n bytes stand for; 0: not exactly one, or one beyond 0xffff. */
static uint16_t point_of(iconv_t glibc, const uint8_t *code, size_t n)
{
    uint8_t units[8];
    char *in = (char *)(uintptr_t)code, *out = (char *)units;
    size_t left = n, room = sizeof units;
    iconv(glibc, NULL, NULL, NULL, NULL);
    if (iconv(glibc, &in, &left, &out, &room) == (size_t)-1 ||
        iconv(glibc, NULL, NULL, &out, &room) == (size_t)-1)
        return 0;
    return left || room != sizeof units - 2 ? 0 : load_be16(units);
}

/* The number of a four-byte code, whose second and fourth bytes are digits; 81 30 81 30 is 0. */
static uint32_t gb_place(const uint8_t *p)
{
    return (((p[0] - 0x81u) * 10 + (p[1] - 0x30u)) * 126 + (p[2] - 0x81u)) * 10 + (p[3] - 0x30u);
}

static void gb_code(uint32_t place, uint8_t to[4])
{
    to[3] = (uint8_t)(0x30 + place % 10);
    to[2] = (uint8_t)(0x81 + place / 10 % 126);
    to[1] = (uint8_t)(0x30 + place / 1260 % 10);
    to[0] = (uint8_t)(0x81 + place / 12600);
}

static bool is_single(enum charset_layout layout, unsigned byte)
{
    return byte < 0x80 || layout == LAYOUT_ONE ||
           (layout == LAYOUT_SJIS && byte >= 0xa1 && byte <= 0xdf);
}

static void set_difference(struct charset *cs, uint32_t code, uint16_t point)
{
    uint8_t four[] = { (uint8_t)(code >> 24), (uint8_t)(code >> 16), (uint8_t)(code >> 8),
                       (uint8_t)code };
    if (code < 0x100)
        cs->one[code] = point;
    else if (code < 0x10000)
        cs->two[code] = point;
    else
        cs->more[code < 0x1000000 ? code & 0xffff : gb_place(four)] = point;
}

static void read_multibyte(struct charset *cs, iconv_t glibc)
{
    cs->two = xcalloc(TWO_CODES, sizeof *cs->two);
    if (cs->layout == LAYOUT_EUC_JP || cs->layout == LAYOUT_GB18030)
        cs->more = xcalloc(TWO_CODES, sizeof *cs->more);
    for (uint32_t code = 0x8000; code < TWO_CODES; code++) {
        uint8_t bytes[] = { 0x8f, (uint8_t)(code >> 8), (uint8_t)code };
        bool three = cs->layout == LAYOUT_EUC_JP && bytes[1] == bytes[0];
        if (!is_single(cs->layout, bytes[1]) && !three)
            cs->two[code] = point_of(glibc, bytes + 1, 2);
        if (cs->layout == LAYOUT_EUC_JP)
            cs->more[code] = point_of(glibc, bytes, 3);
    }
    for (uint32_t place = 0; cs->layout == LAYOUT_GB18030 && place < GB_PLANE_0; place++) {
        uint8_t bytes[4];
        gb_code(place, bytes);
        cs->more[place] = point_of(glibc, bytes, sizeof bytes);
    }
}

/* NULL: glibc has no such set here. */
static struct charset *charset_new(const struct charset_set *set)
{
    struct charset *cs = xcalloc(1, sizeof *cs);
    cs->layout = set->layout;
    if (!set->glibc)
        return cs;
    iconv_t glibc = iconv_open("UTF-16BE", set->glibc);
    if (glibc == (iconv_t)-1) {
        free(cs);
        return NULL;
    }
    for (unsigned i = 1; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        cs->one[i] = is_single(cs->layout, i) ? point_of(glibc, &byte, 1) : 0;
    }
    if (cs->layout != LAYOUT_ONE)
        read_multibyte(cs, glibc);
    iconv_close(glibc);
    for (const struct charset_difference *d = set->differences; d && d->from; d++)
        for (uint32_t code = d->from; code <= d->upto; code++)
            set_difference(cs, code, d->point ? (uint16_t)(d->point + (code - d->from)) : 0);
    cs->ascii = true;
    for (unsigned i = 0; i < 0x80; i++)
        cs->ascii = cs->ascii && cs->one[i] == i;
    return cs;
}

/* Any feed's thread may call it. The first caller for a set makes it; the others wait. */
static const struct charset *set_at(int i)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static const struct charset *made[CHARSET_SETS];
    pthread_mutex_lock(&lock);
    if (!made[i])
        made[i] = charset_new(&charset_sets[i]);
    const struct charset *cs = made[i];
    pthread_mutex_unlock(&lock);
    return cs;
}

int charset_find(const char *mysql_name, const struct charset **ret)
{
    for (int i = 0; i < CHARSET_SETS; i++) {
        if (strcasecmp(charset_sets[i].name, mysql_name))
            continue;
        *ret = charset_sets[i].layout == LAYOUT_UTF8 ? NULL : set_at(i);
        return *ret || charset_sets[i].layout == LAYOUT_UTF8 ? 0 : -1;
    }
    return -1;
}

/* ---- text ---- */

static void put_point(struct buf *out, uint32_t c)
{
    uint8_t *to;
    buf_reserve(out, 4);
    to = out->p + out->n;
    if (c < 0x80) {
        to[0] = (uint8_t)c;
        out->n += 1;
    } else if (c < 0x800) {
        to[0] = (uint8_t)(0xc0 | c >> 6);
        to[1] = (uint8_t)(0x80 | (c & 63));
        out->n += 2;
    } else if (c < 0x10000) {
        to[0] = (uint8_t)(0xe0 | c >> 12);
        to[1] = (uint8_t)(0x80 | (c >> 6 & 63));
        to[2] = (uint8_t)(0x80 | (c & 63));
        out->n += 3;
    } else {
        to[0] = (uint8_t)(0xf0 | c >> 18);
        to[1] = (uint8_t)(0x80 | (c >> 12 & 63));
        to[2] = (uint8_t)(0x80 | (c >> 6 & 63));
        to[3] = (uint8_t)(0x80 | (c & 63));
        out->n += 4;
    }
}

/* How many bytes at the beginning are ASCII. */
static size_t ascii_run(struct slice s)
{
    size_t i = 0;
    for (uint64_t eight; i + 8 <= s.n; i += 8) {
        memcpy(&eight, s.p + i, 8);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < s.n && s.p[i] < 0x80)
        i++;
    return i;
}

/* The code point of a four-byte code; 0: it is none. From GB_PLANE_1 on, codes and code points run
 * in parallel. */
static uint32_t gb_point(const struct charset *cs, const uint8_t *p)
{
    if (p[0] < 0x81 || p[0] > 0xfe || p[1] > 0x39 || p[2] < 0x81 || p[2] > 0xfe || p[3] < 0x30 ||
        p[3] > 0x39)
        return 0;
    uint32_t place = gb_place(p);
    return place < GB_PLANE_0                      ? cs->more[place]
           : place >= GB_PLANE_1 && place < GB_ALL ? place - GB_PLANE_1 + 0x10000
                                                   : 0;
}

/* The code point of the next character, which has more than one byte. *ret_n: its length. 0: it is
 * none. */
static uint32_t long_point(const struct charset *cs, const uint8_t *p, size_t left, size_t *ret_n)
{
    *ret_n = cs->layout == LAYOUT_EUC_JP && p[0] == 0x8f ? 3 : 2;
    if (cs->layout == LAYOUT_GB18030 && left >= 2 && p[1] >= 0x30 && p[1] <= 0x39)
        *ret_n = 4;
    if (left < *ret_n)
        return 0;
    return *ret_n == 4   ? gb_point(cs, p)
           : *ret_n == 3 ? cs->more[load_be16(p + 1)]
                         : cs->two[load_be16(p)];
}

static int put_codes(const struct charset *cs, struct slice s, struct buf *out)
{
    for (size_t i = 0, n; i < s.n; i += n) {
        if (cs->ascii && (n = ascii_run(slice_of(s.p + i, s.n - i)))) {
            buf_put(out, s.p + i, n);
            continue;
        }
        n = 1;
        uint32_t point =
            is_single(cs->layout, s.p[i]) ? cs->one[s.p[i]] : long_point(cs, s.p + i, s.n - i, &n);
        if (!point && s.p[i])
            return -1;
        put_point(out, point);
    }
    return 0;
}

static uint32_t unit_at(const struct charset *cs, const uint8_t *p)
{
    return cs->layout == LAYOUT_UTF32     ? load_be32(p)
           : cs->layout == LAYOUT_UTF16LE ? (uint32_t)p[1] << 8 | p[0]
                                          : load_be16(p);
}

/* Appends text of UCS2, UTF16, UTF16LE or UTF32. */
static int put_units(const struct charset *cs, struct slice s, struct buf *out)
{
    size_t width = cs->layout == LAYOUT_UTF32 ? 4 : 2;
    for (size_t i = 0; i < s.n; i += width) {
        uint32_t point = s.n - i < width ? UINT32_MAX : unit_at(cs, s.p + i);
        if (point >= 0xd800 && point < 0xdc00 &&
            (cs->layout == LAYOUT_UTF16 || cs->layout == LAYOUT_UTF16LE)) {
            uint32_t low = s.n - i < 4 ? 0 : unit_at(cs, s.p + i + 2);
            i += 2;
            point = low >= 0xdc00 && low < 0xe000
                        ? 0x10000 + ((point - 0xd800) << 10 | (low - 0xdc00))
                        : UINT32_MAX;
        }
        if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return -1;
        put_point(out, point);
    }
    return 0;
}

int charset_put(const struct charset *cs, struct slice s, struct buf *out)
{
    size_t from = out->n;
    if (!cs) {
        buf_put(out, s.p, s.n);
        return 0;
    }
    if (cs->layout >= LAYOUT_UCS2 ? put_units(cs, s, out) : put_codes(cs, s, out)) {
        out->n = from;
        return -1;
    }
    return 0;
}

/* ---- the other way ---- */

static size_t unit_code(enum charset_layout layout, uint32_t point, uint8_t to[4])
{
    bool pair = point > 0xffff && layout != LAYOUT_UTF32;
    if (pair && layout == LAYOUT_UCS2)
        return 0;
    uint32_t high = 0xd800 + ((point - 0x10000) >> 10), low = 0xdc00 + ((point - 0x10000) & 0x3ff);
    uint32_t units = layout == LAYOUT_UTF32 ? point : pair ? high << 16 | low : point << 16;
    for (int i = 0; i < 4; i++)
        to[layout == LAYOUT_UTF16LE ? i ^ 1 : i] = (uint8_t)(units >> (24 - 8 * i));
    return pair || layout == LAYOUT_UTF32 ? 4 : 2;
}

static size_t place_in(const uint16_t *points, uint32_t point, size_t from, size_t upto)
{
    size_t i = points ? from : upto;
    while (i < upto && points[i] != point)
        i++;
    return i;
}

static size_t long_code(const struct charset *cs, uint32_t point, uint8_t to[4])
{
    size_t most = cs->layout == LAYOUT_GB18030 ? GB_PLANE_0 : TWO_CODES;
    size_t two = place_in(cs->two, point, 0x8000, TWO_CODES);
    size_t more = place_in(cs->more, point, 1, most);
    bool three = two == TWO_CODES && cs->layout == LAYOUT_EUC_JP;
    size_t code = three ? more : two;
    to[0] = 0x8f;
    to[three] = (uint8_t)(code >> 8);
    to[three + 1] = (uint8_t)code;
    if (code < TWO_CODES)
        return 2u + three;
    if (cs->layout != LAYOUT_GB18030 || more == most)
        return 0;
    gb_code((uint32_t)more, to);
    return 4;
}

size_t charset_code(const struct charset *cs, uint32_t point, uint8_t to[4])
{
    if (cs->layout >= LAYOUT_UCS2)
        return unit_code(cs->layout, point, to);
    if (point > 0xffff && cs->layout == LAYOUT_GB18030) {
        gb_code(point - 0x10000 + GB_PLANE_1, to);
        return 4;
    }
    size_t one = point > 0xffff ? 256 : place_in(cs->one, point, 0, 256);
    to[0] = (uint8_t)one;
    return one < 256 ? 1 : point > 0xffff ? 0 : long_code(cs, point, to);
}
