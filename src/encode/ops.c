/* The table of ops: what each column type is in Avro by default; and the ops of PostgreSQL's
 * numbers, booleans, strings, addresses and bits. op_of() chooses a column's op. */
#include "encode/ops.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/avro.h"

/* ---- integers, floats, booleans ---- */

/* The bytes of the column's type: the schema does not allow the values of a wider cell. */
static size_t int_width(enum col_type t)
{
    return t == COL_I16 ? 2 : t == COL_I32 ? 4 : 8;
}

static enum op_result int_binary(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    if (v.n != int_width(c->type))
        return op_bad(err, c, v);
    avro_long(out, v.n == 2   ? (int16_t)load_be16(v.p)
                   : v.n == 4 ? (int32_t)load_be32(v.p)
                              : (int64_t)load_be64(v.p));
    return OP_OK;
}

static enum op_result int_text(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    char text[24], *end;
    if (!v.n || v.n >= sizeof text)
        return op_bad(err, c, v);
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    errno = 0;
    int64_t n = strtoll(text, &end, 10);
    if (*end || errno)
        return op_bad(err, c, v);
    if ((c->type == COL_I16 && n != (int16_t)n) || (c->type == COL_I32 && n != (int32_t)n))
        return op_bad(err, c, v);
    avro_long(out, n);
    return OP_OK;
}

static enum op_result oid_binary(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    if (v.n != 4)
        return op_bad(err, c, v);
    avro_long(out, load_be32(v.p));
    return OP_OK;
}

static enum op_result bool_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    if (v.n != 1)
        return op_bad(err, c, v);
    buf_u8(out, v.p[0] != 0);
    return OP_OK;
}

static enum op_result bool_text(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    if (v.n != 1 || (v.p[0] != 't' && v.p[0] != 'f'))
        return op_bad(err, c, v);
    buf_u8(out, v.p[0] == 't');
    return OP_OK;
}

static enum op_result float_binary(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    if (v.n != (c->type == COL_F32 ? 4u : 8u))
        return op_bad(err, c, v);
    buf_le(out, v.n == 4 ? load_be32(v.p) : load_be64(v.p), (int)v.n);
    return OP_OK;
}

/* float4 goes through strtof: through double it would be rounded twice. */
static enum op_result float_text(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    char text[64], *end;
    if (!v.n || v.n >= sizeof text)
        return op_bad(err, c, v);
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    if (c->type == COL_F32)
        avro_float(out, strtof(text, &end));
    else
        avro_double(out, strtod(text, &end));
    return *end ? op_bad(err, c, v) : OP_OK;
}

/* ---- strings and bytes ---- */

/* charsend sends the byte itself. charout writes nothing for zero, and \ooo from 128 on (char.c,
 * PostgreSQL 16). */
static enum op_result char_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    if (v.n != 1)
        return op_bad(err, c, v);
    uint8_t byte = v.p[0];
    char octal[4] = { '\\', (char)('0' + (byte >> 6)), (char)('0' + (byte >> 3 & 7)),
                      (char)('0' + (byte & 7)) };
    avro_bytes(out, byte < 128 ? slice_of(v.p, byte != 0) : slice_of(octal, sizeof octal));
    return OP_OK;
}

/* jsonb_send: Int8 version 1, then the text. */
static enum op_result jsonb_binary(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    if (!v.n || v.p[0] != 1)
        return op_bad(err, c, v);
    avro_bytes(out, slice_of(v.p + 1, v.n - 1));
    return OP_OK;
}

static enum op_result uuid_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    if (v.n != 16)
        return op_bad(err, c, v);
    op_put_uuid(v.p, out);
    return OP_OK;
}

static enum op_result macaddr_binary(const struct column *c, struct slice v, struct buf *out,
                                     struct err *err)
{
    if (v.n != 6 && v.n != 8)
        return op_bad(err, c, v);
    avro_long(out, (int64_t)v.n * 3 - 1);
    for (size_t i = 0; i < v.n; i++) {
        if (i)
            buf_u8(out, ':');
        buf_hex(out, slice_of(v.p + i, 1));
    }
    return OP_OK;
}

/* inet_send: Int8 family (2, 3), Int8 bits, Int8 is cidr, Int8 n, n address bytes. */
static enum op_result inet_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    if (v.n < 4 || v.n != 4u + v.p[3] ||
        !((v.p[0] == 2 && v.p[3] == 4) || (v.p[0] == 3 && v.p[3] == 16)))
        return op_bad(err, c, v);
    char text[64];
    bool four = v.p[0] == 2;
    inet_ntop(four ? AF_INET : AF_INET6, v.p + 4, text, sizeof text);
    if (v.p[2] || v.p[1] != (four ? 32 : 128))
        snprintf(text + strlen(text), 8, "/%u", v.p[1]);
    avro_str(out, text);
    return OP_OK;
}

/* ---- bit strings ---- */

/* bit_send: Int32 number of bits, then bytes, the first bit highest. Returns the bit at place i,
 * counted from 0 at the right. */
static unsigned bit_at(struct slice bytes, uint32_t nbits, uint32_t i)
{
    uint32_t left = nbits - 1 - i;
    return bytes.p[left / 8] >> (7 - left % 8) & 1;
}

static enum op_result bit_bool_binary(const struct column *c, struct slice v, struct buf *out,
                                      struct err *err)
{
    if (v.n == 4 && load_be32(v.p) == 0)
        return OP_NONE;     /* varbit(1) may hold no bit at all */
    if (v.n != 5 || load_be32(v.p) != 1)
        return op_bad(err, c, v);
    buf_u8(out, v.p[4] >> 7);
    return OP_OK;
}

static enum op_result bit_bool_text(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    if (!v.n)
        return OP_NONE;
    if (v.n != 1)
        return op_bad(err, c, v);
    buf_u8(out, v.p[0] == '1');
    return OP_OK;
}

/* Writes little-endian bytes without the high zero bytes. */
static void put_bits(struct buf *out, const uint8_t *ones, uint32_t nbytes)
{
    while (nbytes && !ones[nbytes - 1])
        nbytes--;
    avro_bytes(out, slice_of(ones, nbytes));
}

static enum op_result bits_binary(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    if (v.n < 4 || v.n - 4 != ((size_t)load_be32(v.p) + 7) / 8)
        return op_bad(err, c, v);
    uint32_t n = load_be32(v.p);
    struct buf le = { 0 };
    buf_reserve(&le, n / 8 + 1);
    memset(le.p, 0, n / 8 + 1);
    for (uint32_t i = 0; i < n; i++)
        le.p[i / 8] |= (uint8_t)(bit_at(slice_of(v.p + 4, v.n - 4), n, i) << i % 8);
    put_bits(out, le.p, (n + 7) / 8);
    buf_done(&le);
    return OP_OK;
}

static enum op_result bits_text(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    (void)c, (void)err;
    struct buf le = { 0 };
    buf_reserve(&le, v.n / 8 + 1);
    memset(le.p, 0, v.n / 8 + 1);
    for (size_t i = 0; i < v.n; i++)
        le.p[i / 8] |= (uint8_t)((v.p[v.n - 1 - i] == '1') << i % 8);
    put_bits(out, le.p, (uint32_t)((v.n + 7) / 8));
    buf_done(&le);
    return OP_OK;
}

static enum op_result bit_string_binary(const struct column *c, struct slice v, struct buf *out,
                                        struct err *err)
{
    if (v.n < 4 || v.n - 4 != ((size_t)load_be32(v.p) + 7) / 8)
        return op_bad(err, c, v);
    uint32_t n = load_be32(v.p);
    avro_long(out, n);
    for (uint32_t i = n; i-- > 0;)
        buf_u8(out, (uint8_t)('0' + bit_at(slice_of(v.p + 4, v.n - 4), n, i)));
    return OP_OK;
}

/* ---- the table ---- */

#define ZERO(body) .zero = { (const uint8_t *)(body), sizeof(body) - 1 }
#define EIGHT_0 "\0\0\0\0\0\0\0\0"
#define CONNECT_DECIMAL "org.apache.kafka.connect.data.Decimal"

/* an empty collection for geometries: 9 bytes of well-known binary, no reference system */
#define EMPTY_COLLECTION "\x12\1\7\0\0\0\0\0\0\0\0"

static const struct op connect_ops[COL_TYPES] = {
    [COL_BOOL] = { AVRO_T_BOOLEAN, .defaults = true, PG(bool_text, bool_binary) },
    [COL_I16] = { AVRO_T_INT, .connect = "int16", .defaults = true, PG(int_text, int_binary),
                  MYSQL(op_mysql_int_binlog, op_mysql_int_text) },
    [COL_I32] = { AVRO_T_INT, .defaults = true, PG(int_text, int_binary),
                  MYSQL(op_mysql_int_binlog, op_mysql_int_text) },
    [COL_I64] = { AVRO_T_LONG, .defaults = true, PG(int_text, int_binary),
                  MYSQL(op_mysql_int_binlog, op_mysql_int_text) },
    [COL_OID] = { AVRO_T_LONG, PG(int_text, oid_binary) },
    [COL_F32] = { AVRO_T_FLOAT, .defaults = true, PG(float_text, float_binary),
                  MYSQL(op_mysql_float_binlog, op_mysql_float_text) },
    [COL_F64] = { AVRO_T_DOUBLE, .defaults = true, PG(float_text, float_binary),
                  MYSQL(op_mysql_float_binlog, op_mysql_float_text) },
    [COL_DECIMAL] = { AVRO_T_BYTES, CONNECT_DECIMAL, "decimal", .defaults = true,
                      PG(op_decimal_text, op_decimal_binary),
                      MYSQL(op_packed_decimal, op_decimal_text) },
    [COL_MONEY] = { AVRO_T_BYTES, CONNECT_DECIMAL, "decimal", PG(op_money_text, op_money_binary) },
    [COL_TEXT] = { AVRO_T_STRING, .absent = "", .defaults = true, .literal = op_copy,
                   PG(op_copy, op_copy), MYSQL(op_mysql_text, op_mysql_text) },
    [COL_CHAR] = { AVRO_T_STRING, .absent = "", PG(op_copy, char_binary) },
    [COL_BYTES] = { AVRO_T_BYTES, PG(op_bytea_text, op_copy) },
    [COL_DATE] = { AVRO_T_INT, "io.debezium.time.Date", .defaults = true,
                   PG(op_date_text, op_date_binary),
                   MYSQL(op_mysql_date_binlog, op_mysql_date_text) },
    [COL_TIME] = { AVRO_T_LONG, "io.debezium.time.MicroTime", .defaults = true,
                   PG(op_time_us_text, op_time_us_binary) },
    [COL_TIMETZ] = { AVRO_T_STRING, "io.debezium.time.ZonedTime", .absent = "00:00:00Z",
                     PG(op_timetz_text, op_timetz_binary) },
    [COL_TIMESTAMP] = { AVRO_T_LONG, "io.debezium.time.MicroTimestamp", .defaults = true,
                        PG(op_ts_us_text, op_ts_us_binary),
                        MYSQL(op_mysql_ts_us_binlog, op_mysql_ts_us_text) },
    [COL_TIMESTAMPTZ] = { AVRO_T_STRING, "io.debezium.time.ZonedTimestamp",
                          .absent = "1970-01-01T00:00:00Z", .computed = "1970-01-01 00:00:00+00",
                          .defaults = true, PG(op_zoned_text, op_zoned_binary),
                          MYSQL(op_mysql_zoned_binlog, op_mysql_zoned_text) },
    [COL_INTERVAL] = { AVRO_T_LONG, "io.debezium.time.MicroDuration", .defaults = true,
                       PG(op_interval_us_text, op_interval_us_binary) },
    [COL_UUID] = { AVRO_T_STRING, "io.debezium.data.Uuid", .absent = "", .defaults = true,
                   .computed = "00000000-0000-0000-0000-000000000000", PG(op_copy, uuid_binary) },
    [COL_JSON] = { AVRO_T_STRING, "io.debezium.data.Json", .absent = "", .defaults = true,
                   PG(op_copy, op_copy) },
    [COL_JSONB] = { AVRO_T_STRING, "io.debezium.data.Json", .absent = "", .defaults = true,
                    PG(op_copy, jsonb_binary) },
    [COL_XML] = { AVRO_T_STRING, "io.debezium.data.Xml", .absent = "", .defaults = true,
                  PG(op_copy, op_copy) },
    [COL_INET] = { AVRO_T_STRING, .absent = "", PG(op_copy, inet_binary) },
    [COL_CIDR] = { AVRO_T_STRING, .absent = "", PG(op_copy, inet_binary) },
    [COL_MACADDR] = { AVRO_T_STRING, .absent = "", PG(op_copy, macaddr_binary) },
    [COL_MACADDR8] = { AVRO_T_STRING, .absent = "", PG(op_copy, macaddr_binary) },
    [COL_BIT] = { AVRO_T_BYTES, "io.debezium.data.Bits", .defaults = true,
                  PG(bits_text, bits_binary), MYSQL(op_mysql_bits_binlog, op_mysql_bits_text) },
    [COL_INT4RANGE] = { AVRO_T_STRING, .absent = "", PG(op_copy, op_range_binary) },
    [COL_INT8RANGE] = { AVRO_T_STRING, .absent = "", PG(op_copy, op_range_binary) },
    [COL_NUMRANGE] = { AVRO_T_STRING, .absent = "", PG(op_copy, op_range_binary) },
    [COL_DATERANGE] = { AVRO_T_STRING, .absent = "", PG(op_copy, op_range_binary) },
    [COL_TSRANGE] = { AVRO_T_STRING, .absent = "", PG(op_copy, op_range_binary) },
    [COL_TSTZRANGE] = { AVRO_T_STRING, .absent = "", PG(op_copy, op_range_binary) },
    [COL_TSVECTOR] = { AVRO_T_STRING, "io.debezium.data.Tsvector", .absent = "",
                       PG(op_copy, op_tsvector_binary) },
    [COL_LTREE] = { AVRO_T_STRING, "io.debezium.data.Ltree", .absent = "",
                    PG(op_copy, op_ltree_binary) },
    [COL_HSTORE] = { AVRO_T_STRING, "io.debezium.data.Json", .absent = "{}",
                     PG(op_hstore_text, op_hstore_binary) },
    [COL_POINT] = { AVRO_T_RECORD, "io.debezium.data.geometry.Point",
                    ZERO(EIGHT_0 EIGHT_0 "\2\x2a\1\1\0\0\0" EIGHT_0 EIGHT_0 "\0"),
                    PG(op_point_text, op_point_binary), MYSQL(op_mysql_point, op_mysql_point) },
    [COL_VECTOR] = { AVRO_T_DOUBLES, "io.debezium.data.DoubleVector",
                     PG(op_vector_text, op_vector_binary) },
    [COL_HALFVEC] = { AVRO_T_FLOATS, "io.debezium.data.FloatVector",
                      PG(op_halfvec_text, op_halfvec_binary) },
    [COL_SPARSEVEC] = { AVRO_T_RECORD, "io.debezium.data.SparseDoubleVector", ZERO("\0\0"),
                        PG(op_sparsevec_text, op_sparsevec_binary) },
    [COL_GEOMETRY] = { AVRO_T_RECORD, "io.debezium.data.geometry.Geometry", ZERO(EMPTY_COLLECTION),
                       PG(op_geometry_text, op_geometry_binary),
                       MYSQL(op_mysql_geometry, op_mysql_geometry) },
    [COL_GEOGRAPHY] = { AVRO_T_RECORD, "io.debezium.data.geometry.Geography",
                        ZERO(EMPTY_COLLECTION), PG(op_geometry_text, op_geometry_binary) },
    [COL_ENUM] = { AVRO_T_STRING, "io.debezium.data.Enum", .absent = "", .defaults = true,
                   .literal = op_copy, PG(op_copy, op_copy),
                   MYSQL(op_mysql_enum_binlog, op_mysql_enum_text) },
    [COL_SET] = { AVRO_T_STRING, "io.debezium.data.EnumSet", .absent = "", .defaults = true,
                  .literal = op_copy, MYSQL(op_mysql_set_binlog, op_mysql_set_text) },
    [COL_U64] = { AVRO_T_LONG, .defaults = true, MYSQL(op_mysql_u64_binlog, op_mysql_u64_text) },
    [COL_F32_WIDE] = { AVRO_T_DOUBLE, .defaults = true,
                       MYSQL(op_mysql_float_binlog, op_mysql_float_text) },
    [COL_TIME_SPAN] = { AVRO_T_LONG, "io.debezium.time.MicroTime", .defaults = true,
                        MYSQL(op_mysql_span_us_binlog, op_mysql_span_us_text) },
    [COL_YEAR] = { AVRO_T_INT, "io.debezium.time.Year", .defaults = true,
                   MYSQL(op_mysql_year_binlog, op_mysql_year_text) },
};

/* Ops for types whose Avro form depends on the modifier. */
static const struct op bit_bool = { AVRO_T_BOOLEAN, .defaults = true,
                                    PG(bit_bool_text, bit_bool_binary),
                                    MYSQL(op_mysql_bit_bool_binlog, op_mysql_bit_bool_text) },
                       time_ms = { AVRO_T_INT, "io.debezium.time.Time", .defaults = true,
                                   PG(op_time_ms_text, op_time_ms_binary) },
                       ts_ms = { AVRO_T_LONG, "io.debezium.time.Timestamp", .defaults = true,
                                 PG(op_ts_ms_text, op_ts_ms_binary),
                                 MYSQL(op_mysql_ts_ms_binlog, op_mysql_ts_ms_text) },
                       variable = { AVRO_T_RECORD, "io.debezium.data.VariableScaleDecimal",
                                    ZERO("\0\2\0"), PG(op_variable_text, op_variable_binary) };

/* format.types: avro. Plain logical types where Avro has them. plain_op() NULL: the connect form,
 * without its connect properties. */
static const struct op plain_date = { AVRO_T_INT,
                                      NULL,
                                      "date",
                                      .defaults = true,
                                      PG(op_date_text, op_date_binary),
                                      MYSQL(op_mysql_date_binlog, op_mysql_date_text) },
                       plain_time_ms = { AVRO_T_INT, NULL, "time-millis", .defaults = true,
                                         PG(op_time_ms_text, op_time_ms_binary) },
                       plain_time_us = { AVRO_T_LONG, NULL, "time-micros", .defaults = true,
                                         PG(op_time_us_text, op_time_us_binary) },
                       plain_ts_ms = { AVRO_T_LONG,
                                       NULL,
                                       "local-timestamp-millis",
                                       .defaults = true,
                                       PG(op_ts_ms_text, op_ts_ms_binary),
                                       MYSQL(op_mysql_ts_ms_binlog, op_mysql_ts_ms_text) },
                       plain_ts_us = { AVRO_T_LONG,
                                       NULL,
                                       "local-timestamp-micros",
                                       .defaults = true,
                                       PG(op_ts_us_text, op_ts_us_binary),
                                       MYSQL(op_mysql_ts_us_binlog, op_mysql_ts_us_text) },
                       plain_tstz_ms = { AVRO_T_LONG,
                                         NULL,
                                         "timestamp-millis",
                                         .defaults = true,
                                         PG(op_ts_ms_text, op_ts_ms_binary),
                                         MYSQL(op_mysql_tstz_ms_binlog, op_mysql_tstz_ms_text) },
                       plain_tstz_us = { AVRO_T_LONG,
                                         NULL,
                                         "timestamp-micros",
                                         .defaults = true,
                                         PG(op_ts_us_text, op_ts_us_binary),
                                         MYSQL(op_mysql_tstz_us_binlog, op_mysql_tstz_us_text) },
                       plain_uuid = { AVRO_T_STRING,
                                      NULL,
                                      "uuid",
                                      .absent = "00000000-0000-0000-0000-000000000000",
                                      .defaults = true,
                                      PG(op_copy, uuid_binary),
                                      MYSQL(op_mysql_uuid_binlog, op_mysql_text) },
                       plain_interval = { AVRO_T_STRING, .absent = "P0Y0M0DT0H0M0S",
                                          PG(op_interval_iso_text, op_interval_iso_binary) },
                       plain_numeric = { AVRO_T_STRING, .absent = "0",
                                         PG(op_copy, op_numeric_string_binary) },
                       plain_bits = { AVRO_T_STRING, .absent = "", PG(op_copy, bit_string_binary),
                                      MYSQL(op_mysql_bit_string_binlog, op_mysql_bit_string_text) };

static const struct op *plain_op(const struct column *c)
{
    bool ms = c->precision >= 0 && c->precision <= 3;
    switch (c->type) {
    case COL_DATE:        return &plain_date;
    case COL_TIME:        return ms ? &plain_time_ms : &plain_time_us;
    case COL_TIMESTAMP:   return ms ? &plain_ts_ms : &plain_ts_us;
    case COL_TIMESTAMPTZ: return ms ? &plain_tstz_ms : &plain_tstz_us;
    case COL_UUID:        return &plain_uuid;
    case COL_INTERVAL:    return &plain_interval;
    case COL_DECIMAL:     return c->has_scale ? NULL : &plain_numeric;
    case COL_BIT:         return c->length == 1 ? NULL : &plain_bits;
    default:              return NULL;
    }
}

/* The op of format.types: connect; the modifier decides among several. */
static const struct op *usual_op(const struct column *c)
{
    bool ms = c->precision >= 0 && c->precision <= 3;
    if (c->type == COL_BIT && c->length == 1)
        return &bit_bool;
    if (c->type == COL_TIME && ms)
        return &time_ms;
    if (c->type == COL_TIMESTAMP && ms)
        return &ts_ms;
    if (c->type == COL_DECIMAL && !c->has_scale)
        return &variable;
    return &connect_ops[c->type];
}

const struct op *op_of(const struct column *c, const struct encode_options *opt)
{
    if (c->type == COL_POINT && c->is_array)
        return NULL;
    const struct op *op = op_chosen(c, opt);
    if (!op && opt->types == TYPES_AVRO)
        op = plain_op(c);
    if (!op && op_of_mysql(c))
        op = op_mysql(c);
    if (!op)
        op = usual_op(c);
    return op->form[c->form] ? op : NULL;
}

bool op_is_decimal(const struct op *op)
{
    return op->logical && strcmp(op->logical, "decimal") == 0;
}
