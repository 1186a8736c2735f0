/*
 * Reads rows events into cells (binlog.h). transaction.c calls it with the columns that table_map.c
 * read.
 */
#include "base/cursor_le.h"
#include "source/mysql/binlog/codec.h"

/* ---- the event ---- */

static bool has_extra_data(uint8_t type)
{
    return (type >= BINLOG_WRITE_V2 && type <= BINLOG_DELETE_V2) || type == BINLOG_PARTIAL_UPDATE ||
           type >= BINLOG_MARIA_WRITE_COMPRESSED;
}

static bool is_compressed(uint8_t type)
{
    return type >= BINLOG_MARIA_WRITE_COMPRESSED_V1 && type <= BINLOG_MARIA_DELETE_COMPRESSED;
}

/* false: it is not a rows event that can be read. */
static bool kind_of(uint8_t type, enum event_kind *ret)
{
    switch (type) {
    case BINLOG_WRITE_V1:
    case BINLOG_WRITE_V2:
    case BINLOG_MARIA_WRITE_COMPRESSED_V1:
    case BINLOG_MARIA_WRITE_COMPRESSED:
        *ret = EV_INSERT;
        return true;
    case BINLOG_UPDATE_V1:
    case BINLOG_UPDATE_V2:
    case BINLOG_MARIA_UPDATE_COMPRESSED_V1:
    case BINLOG_MARIA_UPDATE_COMPRESSED:
    case BINLOG_PARTIAL_UPDATE:
        *ret = EV_UPDATE;
        return true;
    case BINLOG_DELETE_V1:
    case BINLOG_DELETE_V2:
    case BINLOG_MARIA_DELETE_COMPRESSED_V1:
    case BINLOG_MARIA_DELETE_COMPRESSED:
        *ret = EV_DELETE;
        return true;
    default:
        return false;
    }
}

uint64_t binlog_rows_table(const struct binlog_format *f, const struct binlog_event *e)
{
    struct cursor c = cursor_over(e->body);
    uint64_t id = cursor_le(&c, f->table_id_bytes ? f->table_id_bytes : 6);
    return c.bad ? UINT64_MAX : id;
}

/* Version 2: u16 length, which includes itself, then data for replicas: skipped. */
static void skip_extra_data(struct cursor *c)
{
    uint16_t n = cursor_le16(c);
    if (n < 2)
        c->bad = true;
    else
        cursor_take(c, n - 2u);
}

/* Counts the ones among the first n bits; servers also set bits beyond them. */
static uint16_t bits_in(const uint8_t *bits, size_t n)
{
    unsigned count = 0, rest = n % 8;
    for (size_t i = 0; bits && i < n / 8; i++)
        count += (unsigned)__builtin_popcount(bits[i]);
    if (bits && rest)
        count += (unsigned)__builtin_popcount(bits[n / 8] & ((1u << rest) - 1));
    return (uint16_t)count;
}

/*
 * Table id, u16 flags (1: the last event of its statement), in version 2 extra data; lenenc number
 * of columns; a bitmap of the columns in the image (an UPDATE has two: before, after); the rows.
 * MariaDB's compressed events have compressed rows.
 */
int binlog_rows_read(const struct binlog_format *f, const struct binlog_event *e,
                     struct buf *scratch, struct binlog_rows *ret, struct err *err)
{
    struct cursor c = cursor_over(e->body);
    *ret = (struct binlog_rows){ .partial = e->type == BINLOG_PARTIAL_UPDATE };
    if (!kind_of(e->type, &ret->kind))
        return err_set(err, ERR_FATAL,
                       "a binlog event of type %u is no rows event that can be read", e->type);
    ret->table_id = cursor_le(&c, f->table_id_bytes ? f->table_id_bytes : 6);
    ret->statement_end = cursor_le16(&c) & 1;
    if (has_extra_data(e->type))
        skip_extra_data(&c);
    uint64_t ncols = cursor_lenenc(&c);
    if (ncols > BINLOG_MAX_COLUMNS)
        return err_set(err, ERR_FATAL, "malformed rows event in the binlog: %llu columns",
                       (unsigned long long)ncols);
    size_t map = (ncols + 7) / 8;
    ret->ncols = (uint16_t)ncols;
    ret->in_before = ret->kind != EV_INSERT ? cursor_take(&c, map).p : NULL;
    ret->in_after = ret->kind != EV_DELETE ? cursor_take(&c, map).p : NULL;
    if (binlog_short(&c, "rows", err))
        return -1;
    ret->nbefore = bits_in(ret->in_before, ncols);
    ret->nafter = bits_in(ret->in_after, ncols);
    ret->rest = c;
    if (!is_compressed(e->type))
        return 0;
    scratch->n = 0;
    if (maria_event_inflate(cursor_rest(&c), scratch))
        return err_set(err, ERR_FATAL,
                       "malformed rows event in the binlog: its rows cannot be unpacked");
    ret->rest = cursor_over(buf_slice(scratch));
    return 0;
}

/* ---- values ---- */

/* A group of 9 digits takes 4 bytes, a shorter group less. */
static const uint8_t digit_bytes[] = { 0,  1,  1,  2,  2,  3,  3,  4,  4,  4,  5,  5,  6,  6,
                                       7,  7,  8,  8,  8,  9,  9,  10, 10, 11, 11, 12, 12, 12,
                                       13, 13, 14, 14, 15, 15, 16, 16, 16, 17, 17, 18, 18, 19,
                                       19, 20, 20, 20, 21, 21, 22, 22, 23, 23, 24, 24, 24, 25,
                                       25, 26, 26, 27, 27, 28, 28, 28, 29, 29 };

/* Reads the length before a value, in n bytes. */
static inline size_t prefix(struct cursor *c, size_t n)
{
    if (cursor_left(c) < n)
        return SIZE_MAX;
    c->p += n;
    return n == 1 ? c->p[-1] : load_le(c->p - n, n);
}

/*
 * The number of a value's bytes. Takes the length before them, if there is one. SIZE_MAX: not
 * readable.
 */
static inline size_t value_bytes(struct cursor *c, const struct binlog_column *col)
{
    switch (col->type) {
    case MYSQL_T_NULL:       return 0;
    case MYSQL_T_TINY: case MYSQL_T_YEAR: return 1;
    case MYSQL_T_SHORT:      return 2;
    case MYSQL_T_INT24: case MYSQL_T_DATE: case MYSQL_T_NEWDATE: case MYSQL_T_TIME: return 3;
    case MYSQL_T_LONG: case MYSQL_T_FLOAT: case MYSQL_T_TIMESTAMP: return 4;
    case MYSQL_T_LONGLONG: case MYSQL_T_DOUBLE: case MYSQL_T_DATETIME: return 8;
    case MYSQL_T_TIME2:      return 3 + (col->meta + 1u) / 2;
    case MYSQL_T_TIMESTAMP2: return 4 + (col->meta + 1u) / 2;
    case MYSQL_T_DATETIME2:  return 5 + (col->meta + 1u) / 2;
    case MYSQL_T_ENUM: case MYSQL_T_SET: return col->meta;
    case MYSQL_T_BIT:        return (col->meta + 7u) / 8;
    case MYSQL_T_NEWDECIMAL:
        return (size_t)digit_bytes[(col->meta >> 8) - (col->meta & 0xff)] +
               digit_bytes[col->meta & 0xff];
    case MYSQL_T_VARCHAR:
    case MYSQL_T_VAR_STRING:
    case MYSQL_T_STRING:
    case MYSQL_T_MARIA_VARCHAR_COMPRESSED:
        return prefix(c, col->meta > 255 ? 2 : 1);
    case MYSQL_T_BLOB:
    case MYSQL_T_JSON:
    case MYSQL_T_GEOMETRY:
    case MYSQL_T_VECTOR:
    case MYSQL_T_MARIA_BLOB_COMPRESSED:
        return prefix(c, col->meta);
    default:                 return SIZE_MAX;
    }
}

static inline bool is_converted(uint8_t type)
{
    return type == MYSQL_T_TIMESTAMP || type == MYSQL_T_TIME || type == MYSQL_T_DATETIME ||
           type == MYSQL_T_MARIA_VARCHAR_COMPRESSED || type == MYSQL_T_MARIA_BLOB_COMPRESSED;
}

static inline int value_take(struct cursor *c, const struct binlog_column *col, struct arena *a,
                             struct cell *ret)
{
    size_t n = value_bytes(c, col);
    if (n > cursor_left(c))
        return -1;
    *ret = (struct cell){ c->p, (uint32_t)n, CELL_VALUE };
    c->p += n;
    return is_converted(col->type) ? binlog_value_convert(col->type, a, ret) : 0;
}

/* ---- rows ---- */

struct image {
    struct cursor *c;
    const struct binlog_column *cols;
    struct arena *a;
    const uint8_t *present;     /* bitmap over the table's columns */
    uint16_t ncols, npresent;
    struct cell *cells;
    uint16_t failed;            /* the column whose value cannot be read */
};

static int image_next(struct image *m)
{
    struct cursor c = *m->c;
    const uint8_t *nulls = cursor_take(&c, (m->npresent + 7u) / 8).p;
    if (c.bad)
        return -1;
    bool whole = m->npresent == m->ncols;
    for (uint16_t i = 0, k = 0; i < m->ncols; i++) {
        struct cell *cell = &m->cells[i];
        if (!whole && !bit_is_set(m->present, i)) {
            *cell = (struct cell){ .kind = CELL_ABSENT };
        } else if (bit_is_set(nulls, k++)) {
            *cell = (struct cell){ .kind = CELL_NULL };
        } else if (value_take(&c, &m->cols[i], m->a, cell)) {
            m->failed = i;
            return -1;
        }
    }
    *m->c = c;
    return 0;
}

/*
 * The after-image of a PARTIAL_UPDATE_ROWS: lenenc options. If they have 1, a bitmap follows with a
 * bit for each JSON column of the table, in the image or not; 1: its value is differences. The rest
 * is as in any image; differences are u32 length and what mysql_json_patch() reads.
 */
static int partial_next(struct image *m, const struct cell *before, struct err *err)
{
    uint64_t options = cursor_lenenc(m->c);
    uint16_t njson = 0, json = 0;
    for (uint16_t i = 0; i < m->ncols; i++)
        njson += m->cols[i].type == MYSQL_T_JSON;
    struct slice partial = cursor_take(m->c, options & 1 ? (njson + 7u) / 8 : 0);
    const uint8_t *nulls = cursor_take(m->c, (m->npresent + 7u) / 8).p;
    if (m->c->bad)
        return -1;
    for (uint16_t i = 0, k = 0; i < m->ncols; i++) {
        bool is_partial =
            m->cols[i].type == MYSQL_T_JSON && options & 1 && bit_is_set(partial.p, json);
        json += m->cols[i].type == MYSQL_T_JSON;
        m->cells[i] = (struct cell){ .kind = CELL_ABSENT };
        if (!bit_is_set(m->present, i))
            continue;
        m->failed = i;
        if (bit_is_set(nulls, k++))
            m->cells[i].kind = CELL_NULL;
        else if (is_partial ? binlog_json_merge(m->c, &before[i], m->a, &m->cells[i], err)
                            : value_take(m->c, &m->cols[i], m->a, &m->cells[i]))
            return -1;
    }
    return 0;
}

static int broken(const struct binlog_rows *r, const struct binlog_column *col, uint16_t at,
                  struct err *err)
{
    if (err->class != ERR_NONE) {
        err->class = ERR_FATAL;
        return err_wrap(err, "column %u (%.*s) of a row in the binlog", at + 1, (int)col->name.n,
                        col->name.p);
    }
    return err_set(err, ERR_FATAL,
                   "malformed rows event in the binlog: table id %llu, column %u (%.*s): its value "
                   "cannot be read",
                   (unsigned long long)r->table_id, at + 1, (int)col->name.n, col->name.p);
}

/*
 * Is there no row left, or too little for one row's null bits? An image without columns has no
 * bytes, so nobody can count such rows.
 */
static bool at_end(const struct binlog_rows *r)
{
    size_t least = (r->nbefore + 7u) / 8 + (r->nafter + 7u) / 8 + r->partial;
    return !least || cursor_left(&r->rest) < least;
}

int binlog_rows_next(struct binlog_rows *r, const struct binlog_column *cols, struct arena *a,
                     struct cell *before, struct cell *after, struct err *err)
{
    struct image m = { &r->rest, cols, a, r->in_before, r->ncols, r->nbefore, before, 0 };
    if (at_end(r))
        return 0;
    err->class = ERR_NONE;
    if (r->in_before && image_next(&m))
        return broken(r, &cols[m.failed], m.failed, err);
    m = (struct image){ &r->rest, cols, a, r->in_after, r->ncols, r->nafter, after, 0 };
    if (r->in_after && (r->partial ? partial_next(&m, before, err) : image_next(&m)))
        return broken(r, &cols[m.failed], m.failed, err);
    return 1;
}
