/*
 * Reads TABLE_MAP events: a table's column types and optional metadata (binlog.h). tables.c calls
 * it.
 */
#include "base/charset.h"
#include "base/cursor_le.h"
#include "source/mysql/binlog/codec.h"

/*
 * Table id, u16 flags; u8 length of the database's name, the name, 0; u8 length of the table's
 * name, the name, 0; lenenc number of columns; a type code for each; lenenc length of the types'
 * metadata, the metadata; a nullable bit for each column; optional metadata to the end.
 */
int binlog_table_map_read(const struct binlog_format *f, const struct binlog_event *e,
                          struct binlog_table_map *ret, struct err *err)
{
    struct cursor c = cursor_over(e->body);
    ret->table_id = cursor_le(&c, f->table_id_bytes ? f->table_id_bytes : 6);
    cursor_le16(&c);
    ret->raw = slice_of(c.p, cursor_left(&c));
    ret->database = cursor_take(&c, cursor_u8(&c));
    cursor_u8(&c);
    ret->table = cursor_take(&c, cursor_u8(&c));
    cursor_u8(&c);
    uint64_t ncols = cursor_lenenc(&c);
    if (ncols > BINLOG_MAX_COLUMNS)
        return err_set(err, ERR_FATAL, "malformed binlog event TABLE_MAP: %llu columns",
                       (unsigned long long)ncols);
    ret->ncols = (uint16_t)ncols;
    ret->types = cursor_take(&c, ncols);
    ret->meta = cursor_lenenc_str(&c);
    ret->nullable = cursor_take(&c, (ncols + 7) / 8);
    ret->optional = cursor_rest(&c);
    return binlog_short(&c, "TABLE_MAP", err);
}

/* ---- types and their metadata ---- */

/*
 * STRING, ENUM and SET: u8 real type, u8 length. A length above 255 has its bits 8 and 9, inverted,
 * in bits 4 and 5 of the type, where every type code has ones.
 */
static void string_type(struct cursor *meta, struct binlog_column *col)
{
    uint8_t type = cursor_u8(meta), length = cursor_u8(meta);
    col->type = type | 0x30;
    col->meta = (uint16_t)(length | ((type & 0x30) ^ 0x30) << 4);
}

/* false: the type is not known, or a value is out of bounds. */
static bool column_type(struct cursor *meta, struct binlog_column *col)
{
    uint16_t m;
    switch (col->type) {
    case MYSQL_T_TINY:
    case MYSQL_T_SHORT:
    case MYSQL_T_LONG:
    case MYSQL_T_LONGLONG:
    case MYSQL_T_INT24:
    case MYSQL_T_NULL:
    case MYSQL_T_TIMESTAMP:
    case MYSQL_T_DATE:
    case MYSQL_T_TIME:
    case MYSQL_T_DATETIME:
    case MYSQL_T_YEAR:
    case MYSQL_T_NEWDATE:
        return true;
    case MYSQL_T_FLOAT: case MYSQL_T_DOUBLE:
        col->meta = cursor_u8(meta);
        return col->meta == (col->type == MYSQL_T_FLOAT ? 4 : 8);
    case MYSQL_T_TIMESTAMP2: case MYSQL_T_DATETIME2: case MYSQL_T_TIME2:
        return (col->meta = cursor_u8(meta)) <= 6;
    case MYSQL_T_VARCHAR: case MYSQL_T_VAR_STRING: case MYSQL_T_MARIA_VARCHAR_COMPRESSED:
        col->meta = cursor_le16(meta);
        return true;
    case MYSQL_T_BIT:                       /* u8 bits beyond whole bytes, u8 whole bytes */
        m = cursor_le16(meta);
        col->meta = (uint16_t)((m >> 8) * 8 + (m & 0xff));
        return col->meta >= 1 && col->meta <= 64;
    case MYSQL_T_NEWDECIMAL:                /* u8 precision, u8 scale */
        col->meta = cursor_be16(meta);
        return col->meta >> 8 <= 65 && (col->meta & 0xff) <= col->meta >> 8;
    case MYSQL_T_STRING: case MYSQL_T_ENUM: case MYSQL_T_SET:
        string_type(meta, col);
        return col->type == MYSQL_T_STRING ||
               (col->type == MYSQL_T_ENUM && col->meta >= 1 && col->meta <= 2) ||
               (col->type == MYSQL_T_SET && col->meta >= 1 && col->meta <= 8);
    case 249: case 250: case 251:           /* TINY, MEDIUM, LONG BLOB: servers write 252 for all */
        col->type = MYSQL_T_BLOB;
        /* fall through */
    case MYSQL_T_BLOB:
    case MYSQL_T_GEOMETRY:
    case MYSQL_T_JSON:
    case MYSQL_T_VECTOR:
    case MYSQL_T_MARIA_BLOB_COMPRESSED:
        col->meta = cursor_u8(meta);
        return col->meta >= 1 && col->meta <= 4;
    default:
        return false;
    }
}

static int read_types(const struct binlog_table_map *m, struct binlog_column *cols, struct err *err)
{
    struct cursor meta = cursor_over(m->meta);
    for (uint16_t i = 0; i < m->ncols; i++) {
        cols[i] = (struct binlog_column){ .type = m->types.p[i],
                                          .nullable = bit_is_set(m->nullable.p, i) };
        if (!column_type(&meta, &cols[i]) || meta.bad)
            return err_set(
                err, ERR_FATAL,
                "the binlog has a column %u of type %u in table %.*s.%.*s, which cannot be read",
                i + 1, m->types.p[i], (int)m->database.n, m->database.p, (int)m->table.n,
                m->table.p);
    }
    return 0;
}

/*
 * ---- optional metadata: (u8 field, lenenc length, value)*. MySQL:
 * Table_map_event::Optional_metadata_field_type ----
 */

enum {
    META_SIGNEDNESS = 1,
    META_DEFAULT_CHARSET,
    META_COLUMN_CHARSET,
    META_COLUMN_NAME,
    META_SET_LABELS,
    META_ENUM_LABELS,
    META_GEOMETRY_TYPE,
    META_KEY,
    META_KEY_WITH_PREFIX,
    META_CHOICE_DEFAULT_CHARSET,
    META_CHOICE_CHARSET,
    META_VISIBILITY,
    META_VECTOR_DIMENSIONS
};

struct reading {
    struct binlog_column *cols;
    uint16_t ncols;
    bool mariadb;
    struct arena *a;
    uint16_t *key, nkey;
    bool key_known;
};

/* Most fields describe one class of columns. */
enum { ANY = 1, NUMERIC = 2, CHARACTER = 4, ENUM = 8, SET = 16, GEOMETRY = 32, VECTOR = 64 };

/* MariaDB counts GEOMETRY as a character type; MySQL counts VECTOR as one. */
static unsigned classes_of(const struct reading *r, const struct binlog_column *c)
{
    switch (c->type) {
    case MYSQL_T_TINY:
    case MYSQL_T_SHORT:
    case MYSQL_T_INT24:
    case MYSQL_T_LONG:
    case MYSQL_T_LONGLONG:
    case MYSQL_T_FLOAT:
    case MYSQL_T_DOUBLE: case MYSQL_T_NEWDECIMAL: case MYSQL_T_YEAR:
        return ANY | NUMERIC;
    case MYSQL_T_VARCHAR: case MYSQL_T_VAR_STRING: case MYSQL_T_STRING: case MYSQL_T_BLOB:
    case MYSQL_T_MARIA_BLOB_COMPRESSED: case MYSQL_T_MARIA_VARCHAR_COMPRESSED:
        return ANY | CHARACTER;
    case MYSQL_T_ENUM:
        return ANY | ENUM;
    case MYSQL_T_SET:
        return ANY | SET;
    case MYSQL_T_GEOMETRY:
        return ANY | GEOMETRY | (r->mariadb ? CHARACTER : 0);
    case MYSQL_T_VECTOR:
        return ANY | VECTOR | (r->mariadb ? 0 : CHARACTER);
    default:
        return ANY;
    }
}

static void read_labels(struct reading *r, struct binlog_column *col, struct cursor *v)
{
    uint64_t n = cursor_lenenc(v);
    /* a label takes at least one byte: a count that claims more gets no memory */
    if (n > cursor_left(v) || n > UINT16_MAX) {
        v->bad = true;
        return;
    }
    col->labels = arena_alloc(r->a, (n ? n : 1) * sizeof *col->labels);
    col->nlabels = (uint16_t)n;
    for (uint64_t i = 0; i < n; i++)
        col->labels[i] = cursor_lenenc_str(v);
}

static void read_value(struct reading *r, uint8_t field, struct binlog_column *col,
                       struct cursor *v)
{
    switch (field) {
    case META_COLUMN_CHARSET:
    case META_CHOICE_CHARSET:
        col->collation = (uint32_t)cursor_lenenc(v);
        break;
    case META_COLUMN_NAME:                              col->name = cursor_lenenc_str(v); break;
    case META_GEOMETRY_TYPE:
        col->geometry = (uint8_t)cursor_lenenc(v);
        break;
    case META_VECTOR_DIMENSIONS:
        col->dimensions = (uint32_t)cursor_lenenc(v);
        break;
    default:                                            read_labels(r, col, v); break;
    }
}

/* One value for each column of the class. */
static void each_value(struct reading *r, uint8_t field, unsigned class, struct cursor *v)
{
    for (uint16_t i = 0; i < r->ncols && !v->bad; i++)
        if (classes_of(r, &r->cols[i]) & class)
            read_value(r, field, &r->cols[i], v);
}

/*
 * lenenc collation of most columns of the class, then (index within the class, collation)* for the
 * others, in the order of the index.
 */
static void default_collation(struct reading *r, unsigned class, struct cursor *v)
{
    uint32_t usual = (uint32_t)cursor_lenenc(v), place = 0;
    uint64_t next = v->p != v->end ? cursor_lenenc(v) : UINT64_MAX;
    for (uint16_t i = 0; i < r->ncols && !v->bad; i++) {
        struct binlog_column *col = &r->cols[i];
        if (!(classes_of(r, col) & class))
            continue;
        col->collation = usual;
        if (place++ == next) {
            col->collation = (uint32_t)cursor_lenenc(v);
            next = v->p != v->end ? cursor_lenenc(v) : UINT64_MAX;
        }
    }
}

/* A bit for each column of the class, the highest first. */
static void each_bit(struct reading *r, uint8_t field, unsigned class, struct cursor *v)
{
    uint8_t byte = 0;
    for (uint16_t i = 0, place = 0; i < r->ncols && !v->bad; i++) {
        struct binlog_column *col = &r->cols[i];
        if (!(classes_of(r, col) & class))
            continue;
        if (place % 8 == 0)
            byte = cursor_u8(v);
        bool bit = byte << place++ % 8 & 0x80;
        if (field == META_VISIBILITY) {
            col->invisible = !bit;
        } else {
            col->sign_known = true;
            col->is_unsigned = bit;
        }
    }
}

static void read_key(struct reading *r, struct cursor *v, bool with_prefix)
{
    r->key_known = true;
    for (r->nkey = 0; v->p != v->end && !v->bad; r->nkey++) {
        uint64_t at = cursor_lenenc(v);
        if (with_prefix)
            cursor_lenenc(v);
        v->bad |= at >= r->ncols || r->nkey == r->ncols;
        if (v->bad)
            return;
        r->key[r->nkey] = (uint16_t)at;
    }
}

static void read_field(struct reading *r, uint8_t field, struct cursor *v)
{
    switch (field) {
    case META_SIGNEDNESS:             each_bit(r, field, NUMERIC, v); break;
    case META_VISIBILITY:             each_bit(r, field, ANY, v); break;
    case META_DEFAULT_CHARSET:        default_collation(r, CHARACTER, v); break;
    case META_CHOICE_DEFAULT_CHARSET: default_collation(r, ENUM | SET, v); break;
    case META_COLUMN_CHARSET:         each_value(r, field, CHARACTER, v); break;
    case META_CHOICE_CHARSET:         each_value(r, field, ENUM | SET, v); break;
    case META_SET_LABELS:             each_value(r, field, SET, v); break;
    case META_ENUM_LABELS:            each_value(r, field, ENUM, v); break;
    case META_GEOMETRY_TYPE:          each_value(r, field, GEOMETRY, v); break;
    case META_VECTOR_DIMENSIONS:      each_value(r, field, VECTOR, v); break;
    case META_KEY:                    read_key(r, v, false); break;
    case META_KEY_WITH_PREFIX:        read_key(r, v, true); break;
    case META_COLUMN_NAME:
        each_value(r, field, ANY, v);
        r->key_known = true;
        break;
    default:                          /* a field of a newer server */
        v->p = v->end;
        break;
    }
}

int binlog_table_map_columns(const struct binlog_table_map *m, bool mariadb, struct arena *a,
                             struct binlog_column *cols, uint16_t *key, uint16_t *ret_nkey,
                             bool *ret_key_known, struct err *err)
{
    struct reading r = { .cols = cols, .ncols = m->ncols, .mariadb = mariadb, .a = a, .key = key };
    if (!utf8_is(m->database) || !utf8_is(m->table))        /* the servers' own names are UTF-8 */
        return err_set(err, ERR_FATAL, "malformed binlog event TABLE_MAP: its names are not UTF-8");
    if (read_types(m, cols, err))
        return -1;
    struct cursor c = cursor_over(m->optional);
    while (c.p != c.end) {
        uint8_t field = cursor_u8(&c);
        struct cursor v = cursor_over(cursor_lenenc_str(&c));
        if (!c.bad)
            read_field(&r, field, &v);
        if (c.bad || v.bad || v.p != v.end)
            return err_set(err, ERR_FATAL,
                           "malformed binlog event TABLE_MAP of %.*s.%.*s: metadata field %u does "
                           "not fit its columns",
                           (int)m->database.n, m->database.p, (int)m->table.n, m->table.p, field);
    }
    *ret_nkey = r.nkey;
    *ret_key_known = r.key_known;
    return 0;
}
