#ifndef TAILRACE_SOURCE_MYSQL_CODEC_H
#define TAILRACE_SOURCE_MYSQL_CODEC_H
#include "source/mysql/binlog/binlog.h"

/* Functions that the codec's files share. */

/* -1: a read went past the event's end; err (ERR_FATAL) names the event. */
int binlog_short(const struct cursor *c, const char *what, struct err *err) must_check;

/*
 * Unpacks the compressed part of a MariaDB event (appends to out), or a compressed column's value
 * (into a). -1: malformed.
 */
int maria_event_inflate(struct slice packed, struct buf *out) must_check;
int maria_value_inflate(struct slice packed, struct arena *a, struct slice *ret) must_check;

/*
 * Converts older temporals to the newer format, and compressed values to plain ones. The cell's
 * bytes are in a then. -1: not readable.
 */
int binlog_value_convert(uint8_t type, struct arena *a, struct cell *cell) must_check;

/*
 * Reads a JSON value that came as differences from before: u32 length, the differences. -1: err is
 * set; or not readable, then err is not set.
 */
int binlog_json_merge(struct cursor *c, const struct cell *before, struct arena *a,
                      struct cell *ret, struct err *err) must_check;

static inline bool bit_is_set(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}
#endif
