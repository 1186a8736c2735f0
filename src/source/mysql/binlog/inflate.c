/* Unpacks what MariaDB compressed with zlib: parts of events and column values (codec.h). */
#define ZLIB_CONST     /* lets next_in point to const bytes */
#include <zlib.h>
#include "base/cursor_le.h"
#include "source/mysql/binlog/codec.h"

/*
 * The most bytes that deflate makes of one. A length that claims more is a lie and gets no memory.
 */
enum { DEFLATE_RATIO = 1032 };

static bool length_is_possible(uint64_t n, const struct cursor *c)
{
    return n <= ((uint64_t)cursor_left(c) + 1) * DEFLATE_RATIO && n < UINT32_MAX;
}

static uint64_t length_be(struct cursor *c, unsigned bytes)
{
    uint64_t v = 0;
    while (bytes-- > 0)
        v = v << 8 | cursor_u8(c);
    return v;
}

static int inflate_to(struct cursor *c, int window, uint8_t *to, size_t n)
{
    z_stream z = {
        .next_in = c->p, .avail_in = (uInt)cursor_left(c), .next_out = to, .avail_out = (uInt)n
    };
    if (inflateInit2(&z, window) != Z_OK)
        return -1;
    int rc = inflate(&z, Z_FINISH);
    bool full = rc == Z_STREAM_END && !z.avail_out;
    inflateEnd(&z);
    return full ? 0 : -1;
}

/*
 * u8: 0x80, the algorithm (0: zlib) in bits 4 to 6, the length's number of bytes in bits 0 to 2.
 * Then the length, big-endian, and a zlib stream.
 */
int maria_event_inflate(struct slice packed, struct buf *out)
{
    struct cursor c = cursor_over(packed);
    uint8_t head = cursor_u8(&c);
    unsigned bytes = head & 7;
    uint64_t n = length_be(&c, bytes);
    if (c.bad || (head & 0xf0) != 0x80 || bytes < 1 || bytes > 4 || !length_is_possible(n, &c))
        return -1;
    buf_reserve(out, n + 1);
    if (inflate_to(&c, MAX_WBITS, out->p + out->n, n))
        return -1;
    out->n += n;
    return 0;
}

/*
 * A compressed column's value: nothing, or u8 and data. u8 0: the data is stored as it is. Else
 * bits 4 to 7 are the algorithm (8: zlib), bit 3 is deflate without zlib's header, and bits 0 to 2
 * are the length's number of bytes. Then the length, big-endian, and the stream.
 */
int maria_value_inflate(struct slice packed, struct arena *a, struct slice *ret)
{
    struct cursor c = cursor_over(packed);
    *ret = packed;
    if (!packed.n)
        return 0;
    uint8_t head = cursor_u8(&c);
    if (!head) {
        *ret = cursor_rest(&c);
        return 0;
    }
    unsigned bytes = head & 7;
    uint64_t n = length_be(&c, bytes);
    if (c.bad || head >> 4 != 8 || bytes < 1 || bytes > 4 || !length_is_possible(n, &c))
        return -1;
    uint8_t *to = arena_alloc(a, n + 1);
    if (inflate_to(&c, head & 8 ? -MAX_WBITS : MAX_WBITS, to, n))
        return -1;
    *ret = slice_of(to, n);
    return 0;
}
