/*
 * Converts values in older formats to the format that every later stage reads (codec.h). rows.c
 * calls it.
 */
#include "base/cursor_le.h"
#include "base/mysql_json.h"
#include "source/mysql/binlog/codec.h"

static void store_be(uint8_t *p, uint64_t v, size_t n)
{
    while (n-- > 0) {
        p[n] = (uint8_t)v;
        v >>= 8;
    }
}

/* Old TIMESTAMP: seconds since the epoch, little-endian. */
static void timestamp_convert(struct arena *a, struct cell *cell)
{
    uint8_t *to = arena_alloc(a, 4);
    store_be(to, load_le32(cell->p), 4);
    *cell = (struct cell){ to, 4, CELL_VALUE };
}

/* Old TIME: the number hhmmss, with a sign, in 3 bytes, little-endian. */
static int time_convert(struct arena *a, struct cell *cell)
{
    int32_t v = (int32_t)(load_le24(cell->p) << 8) >> 8;
    uint32_t hms = (uint32_t)(v < 0 ? -v : v);
    uint32_t packed = hms / 10000 << 12 | hms / 100 % 100 << 6 | hms % 100;
    if (hms / 10000 > 838 || hms / 100 % 100 > 59 || hms % 100 > 59)
        return -1;
    uint8_t *to = arena_alloc(a, 3);
    store_be(to, v < 0 ? 0x800000 - packed : 0x800000 + packed, 3);
    *cell = (struct cell){ to, 3, CELL_VALUE };
    return 0;
}

/* Old DATETIME: the number YYYYMMDDhhmmss. */
static int datetime_convert(struct arena *a, struct cell *cell)
{
    uint64_t v = load_le64(cell->p), date = v / 1000000, hms = v % 1000000;
    uint64_t year = date / 10000, month = date / 100 % 100, day = date % 100, hour = hms / 10000,
             minute = hms / 100 % 100, second = hms % 100;
    if (year > 9999 || month > 12 || day > 31 || hour > 23 || minute > 59 || second > 59)
        return -1;
    uint8_t *to = arena_alloc(a, 5);
    store_be(to,
             (UINT64_C(1) << 39) +
                 ((year * 13 + month) << 22 | day << 17 | hour << 12 | minute << 6 | second),
             5);
    *cell = (struct cell){ to, 5, CELL_VALUE };
    return 0;
}

int binlog_value_convert(uint8_t type, struct arena *a, struct cell *cell)
{
    struct slice plain;
    switch (type) {
    case MYSQL_T_TIMESTAMP:
        timestamp_convert(a, cell);
        return 0;
    case MYSQL_T_TIME:
        return time_convert(a, cell);
    case MYSQL_T_DATETIME:
        return datetime_convert(a, cell);
    default:
        if (maria_value_inflate(slice_of(cell->p, cell->n), a, &plain))
            return -1;
        *cell = (struct cell){ plain.p, (uint32_t)plain.n, CELL_VALUE };
        return 0;
    }
}

int binlog_json_merge(struct cursor *c, const struct cell *before, struct arena *a,
                      struct cell *ret, struct err *err)
{
    struct slice differences = cursor_take(c, cursor_le32(c));
    if (c->bad)
        return -1;
    if (!differences.n) {
        *ret = *before;
        if (before->kind == CELL_ABSENT)
            ret->kind = CELL_UNCHANGED;
        return 0;
    }
    if (before->kind != CELL_VALUE)
        return err_set(
            err, ERR_FATAL,
            "a partial update of JSON without the value before it: binlog_row_image must be FULL");
    struct buf text = { 0 };
    int rc = mysql_json_patch(slice_of(before->p, before->n), differences, &text, err);
    struct slice kept = arena_dup(a, buf_slice(&text));
    buf_done(&text);
    *ret = (struct cell){ kept.p, (uint32_t)kept.n, CELL_VALUE };
    return rc;
}
