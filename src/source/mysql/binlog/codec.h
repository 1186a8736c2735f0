#ifndef TAILRACE_SOURCE_MYSQL_CODEC_H
#define TAILRACE_SOURCE_MYSQL_CODEC_H
#include "source/mysql/binlog/binlog.h"

/* What the codec's files share. */

/* -1 and an ERR_FATAL that names the event when a read went past its end. */
int binlog_short(const struct cursor *c, const char *what, struct err *err) must_check;

/* Appends the unpacked bytes of MariaDB's compressed part of an event, of a compressed column's
 * value. -1: malformed. */
int maria_event_inflate(struct slice packed, struct buf *out) must_check;
int maria_value_inflate(struct slice packed, struct arena *a, struct slice *ret) must_check;

/* Older temporals to those with fractions, compressed to plain: cell's bytes are in a then. -1: not
 * readable. */
int binlog_value_convert(uint8_t type, struct arena *a, struct cell *cell) must_check;

/* A JSON value that came as its differences to before: u32 length, the differences. -1: err is set,
 * or not readable. */
int binlog_json_merge(struct cursor *c, const struct cell *before, struct arena *a,
                      struct cell *ret, struct err *err) must_check;

static inline bool bit_is_set(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}
#endif
