#ifndef TAILRACE_BASE_AVRO_H
#define TAILRACE_BASE_AVRO_H
#include "base/buf.h"
#include "base/cursor.h"

/* Avro's binary encoding (specification, "Binary Encoding"): zig-zag varints, length-prefixed
 * bytes, little-endian floats. */

/* Bytes of the frame before an Avro body, with a schema registry: a zero byte, then the schema's
 * id, four bytes, big-endian (Confluent, "Wire format"). */
enum { AVRO_FRAME = 5 };

static inline void avro_long(struct buf *b, int64_t v)
{
    uint64_t u = ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
    buf_reserve(b, 10);
    while (u >= 0x80) {
        b->p[b->n++] = (uint8_t)(u | 0x80);
        u >>= 7;
    }
    b->p[b->n++] = (uint8_t)u;
}

static inline void avro_bytes(struct buf *b, struct slice s)
{
    avro_long(b, (int64_t)s.n);
    buf_put(b, s.p, s.n);
}

/* Turns the bytes of b from mark on into an Avro bytes or string value: puts their length before
 * them. */
static inline void avro_end_bytes(struct buf *b, size_t mark)
{
    uint8_t head[10];
    size_t end = b->n, n = end - mark;
    avro_long(b, (int64_t)n);
    size_t more = b->n - end;
    memcpy(head, b->p + end, more);
    memmove(b->p + mark + more, b->p + mark, n);
    memcpy(b->p + mark, head, more);
}

static inline void avro_str(struct buf *b, const char *s)
{
    avro_bytes(b, slice_str(s));
}

/* A value in a union of null and one type, null first. Not there, or NULL: null. */
static inline void avro_optional_long(struct buf *b, bool there, int64_t v)
{
    buf_u8(b, there ? 2 : 0);
    if (there)
        avro_long(b, v);
}

static inline void avro_optional_bytes(struct buf *b, struct slice s)
{
    buf_u8(b, s.p ? 2 : 0);
    if (s.p)
        avro_bytes(b, s);
}

static inline void avro_optional_str(struct buf *b, const char *s)
{
    avro_optional_bytes(b, slice_str(s));
}

static inline void avro_float(struct buf *b, float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    buf_le(b, bits, 4);
}

static inline void avro_double(struct buf *b, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    buf_le(b, bits, 8);
}

/* Reads a long. One that does not end makes the cursor bad. */
static inline int64_t avro_read_long(struct cursor *c)
{
    uint64_t u = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t byte = cursor_u8(c);
        u |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return (int64_t)(u >> 1) ^ -(int64_t)(u & 1);
    }
    c->bad = true;
    return 0;
}

/* Reads a length and that many bytes, borrowed. If they are not there: empty, and the cursor is
 * bad. */
static inline struct slice avro_read_bytes(struct cursor *c)
{
    int64_t n = avro_read_long(c);
    return cursor_take(c, n < 0 ? SIZE_MAX : (size_t)n);
}
#endif
