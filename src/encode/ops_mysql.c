/* Ops of MySQL's and MariaDB's numbers, bits and labels, from a binlog's row event and from a
 * SELECT's text. model/table.h describes both forms. */
#include <stdlib.h>
#include "base/avro.h"
#include "base/cursor_le.h"
#include "encode/ops.h"

/* ---- whole numbers ---- */

struct number { bool negative; uint64_t u; };

/* Reads digits, perhaps after a minus. With ZEROFILL there may be 255 digits. */
static bool read_number(struct slice v, struct number *ret)
{
    const uint8_t *p = v.p, *end = v.p + v.n;
    *ret = (struct number){ .negative = p < end && *p == '-' };
    p += ret->negative;
    bool good = p < end;
    for (; p < end && good; p++)
        good = *p >= '0' && *p <= '9' && !__builtin_mul_overflow(ret->u, UINT64_C(10), &ret->u) &&
               !__builtin_add_overflow(ret->u, (uint64_t)(*p - '0'), &ret->u);
    return good;
}

/* Refuses a number that does not fit the column's type: the schema does not allow it. */
static enum op_result put_int(const struct column *c, struct slice v, int64_t n, struct buf *out,
                              struct err *err)
{
    if ((c->type == COL_I16 && n != (int16_t)n) || (c->type == COL_I32 && n != (int32_t)n))
        return op_bad(err, c, v);
    avro_long(out, n);
    return OP_OK;
}

enum op_result op_mysql_int_binlog(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    if (!v.n || v.n > 8 || (v.n == 8 && c->is_unsigned))
        return op_bad(err, c, v);
    unsigned unused = 64 - 8 * (unsigned)v.n;
    uint64_t u = v.n == 4 ? load_le32(v.p) : load_le(v.p, v.n);
    return put_int(c, v, c->is_unsigned ? (int64_t)u : (int64_t)(u << unused) >> unused, out, err);
}

enum op_result op_mysql_int_text(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    struct number x;
    if (!read_number(v, &x) || x.u > (uint64_t)INT64_MAX + x.negative)
        return op_bad(err, c, v);
    return put_int(c, v, (int64_t)(x.negative ? 0 - x.u : x.u), out, err);
}

/* BIGINT UNSIGNED. As a long, the upper half of its values is negative. */
static bool u64_binlog(struct slice v, uint64_t *ret)
{
    *ret = v.n == 8 ? load_le64(v.p) : 0;
    return v.n == 8;
}

static bool u64_text(struct slice v, uint64_t *ret)
{
    struct number x;
    bool good = read_number(v, &x) && !x.negative;
    *ret = x.u;
    return good;
}

enum op_result op_mysql_u64_binlog(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    uint64_t u;
    if (!u64_binlog(v, &u))
        return op_bad(err, c, v);
    avro_long(out, (int64_t)u);
    return OP_OK;
}

enum op_result op_mysql_u64_text(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    uint64_t u;
    if (!u64_text(v, &u))
        return op_bad(err, c, v);
    avro_long(out, (int64_t)u);
    return OP_OK;
}

/* Writes a decimal of scale 0: two's complement, big-endian, shortest. */
static void put_decimal(uint64_t u, struct buf *out)
{
    int n = 1;
    while (n < 9 && u >> (8 * n - 1))
        n++;
    avro_long(out, n);
    while (n-- > 0)
        buf_u8(out, n == 8 ? 0 : (uint8_t)(u >> 8 * n));
}

enum op_result op_mysql_u64_precise_binlog(const struct column *c, struct slice v, struct buf *out,
                                           struct err *err)
{
    uint64_t u;
    if (!u64_binlog(v, &u))
        return op_bad(err, c, v);
    put_decimal(u, out);
    return OP_OK;
}

enum op_result op_mysql_u64_precise_text(const struct column *c, struct slice v, struct buf *out,
                                         struct err *err)
{
    uint64_t u;
    if (!u64_text(v, &u))
        return op_bad(err, c, v);
    put_decimal(u, out);
    return OP_OK;
}

/* ---- FLOAT, DOUBLE, and FLOAT(M,D), whose float becomes a double ---- */

enum op_result op_mysql_float_binlog(const struct column *c, struct slice v, struct buf *out,
                                     struct err *err)
{
    if (v.n != (c->type == COL_F64 ? 8u : 4u))
        return op_bad(err, c, v);
    if (c->type == COL_F32_WIDE) {
        uint32_t bits = load_le32(v.p);
        float f;
        memcpy(&f, &bits, sizeof f);
        avro_double(out, (double)f);
    } else {
        buf_put(out, v.p, v.n);     /* Avro has the same bytes */
    }
    return OP_OK;
}

/* strtof finds a float exactly; COL_F32_WIDE writes it as the double of the same value. */
enum op_result op_mysql_float_text(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    char text[64], *end;
    if (!v.n || v.n >= sizeof text)
        return op_bad(err, c, v);
    memcpy(text, v.p, v.n);
    text[v.n] = 0;
    if (c->type == COL_F64)
        avro_double(out, strtod(text, &end));
    else if (c->type == COL_F32_WIDE)
        avro_double(out, (double)strtof(text, &end));
    else
        avro_float(out, strtof(text, &end));
    return *end ? op_bad(err, c, v) : OP_OK;
}

/* ---- YEAR ---- */

enum op_result op_mysql_year_binlog(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    if (v.n != 1)
        return op_bad(err, c, v);
    avro_long(out, v.p[0] ? 1900 + v.p[0] : 0);
    return OP_OK;
}

enum op_result op_mysql_year_text(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    struct number x;
    if (!read_number(v, &x) || x.negative || x.u > 2155)
        return op_bad(err, c, v);
    avro_long(out, (int64_t)x.u);
    return OP_OK;
}

/* ---- BIT(n) ---- */

static bool bits_binlog(const struct column *c, struct slice v, uint64_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < v.n; i++)
        *ret = *ret << 8 | v.p[i];
    return v.n == ((size_t)c->length + 7) / 8;
}

/* Reads a number; a default is written as b'101'. */
static bool bits_text(const struct column *c, struct slice v, uint64_t *ret)
{
    if (v.n < 3 || v.p[0] != 'b' || v.p[1] != '\'' || v.p[v.n - 1] != '\'')
        return u64_text(v, ret) && (c->length >= 64 || *ret >> c->length == 0);
    bool good = v.n - 3 <= (size_t)c->length;
    *ret = 0;
    for (size_t i = 2; i < v.n - 1; i++) {
        good = good && (v.p[i] == '0' || v.p[i] == '1');
        *ret = *ret << 1 | (v.p[i] == '1');
    }
    return good;
}

typedef bool bits_fn(const struct column *c, struct slice v, uint64_t *ret);

static enum op_result put_bool(bits_fn *read, const struct column *c, struct slice v,
                               struct buf *out, struct err *err)
{
    uint64_t bits;
    if (!read(c, v, &bits))
        return op_bad(err, c, v);
    buf_u8(out, bits & 1);
    return OP_OK;
}

/* Writes little-endian bytes, as many as the column has. */
static enum op_result put_bits(bits_fn *read, const struct column *c, struct slice v,
                               struct buf *out, struct err *err)
{
    uint64_t bits;
    if (!read(c, v, &bits))
        return op_bad(err, c, v);
    int n = (c->length + 7) / 8;
    avro_long(out, n);
    buf_le(out, bits, n);
    return OP_OK;
}

static enum op_result put_bit_string(bits_fn *read, const struct column *c, struct slice v,
                                     struct buf *out, struct err *err)
{
    uint64_t bits;
    if (!read(c, v, &bits))
        return op_bad(err, c, v);
    avro_long(out, c->length);
    for (int i = c->length; i-- > 0;)
        buf_u8(out, (uint8_t)('0' + (bits >> i & 1)));
    return OP_OK;
}

enum op_result op_mysql_bit_bool_binlog(const struct column *c, struct slice v, struct buf *out,
                                        struct err *err)
{
    return put_bool(bits_binlog, c, v, out, err);
}

enum op_result op_mysql_bit_bool_text(const struct column *c, struct slice v, struct buf *out,
                                      struct err *err)
{
    return put_bool(bits_text, c, v, out, err);
}

enum op_result op_mysql_bits_binlog(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    return put_bits(bits_binlog, c, v, out, err);
}

enum op_result op_mysql_bits_text(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    return put_bits(bits_text, c, v, out, err);
}

enum op_result op_mysql_bit_string_binlog(const struct column *c, struct slice v, struct buf *out,
                                          struct err *err)
{
    return put_bit_string(bits_binlog, c, v, out, err);
}

enum op_result op_mysql_bit_string_text(const struct column *c, struct slice v, struct buf *out,
                                        struct err *err)
{
    return put_bit_string(bits_text, c, v, out, err);
}

/* ---- ENUM and SET: labels by their number ---- */

/* Number 0 stands for a value that was not valid when it was written. */
static enum op_result put_enum(const struct column *c, struct slice v, uint64_t number,
                               struct buf *out, struct err *err)
{
    if (number > c->nlabels)
        return op_bad(err, c, v);
    avro_bytes(out, number ? c->labels[number - 1] : slice_of(NULL, 0));
    return OP_OK;
}

/* Writes the labels of the bits that are set, joined by commas. */
static enum op_result put_set(const struct column *c, struct slice v, uint64_t bits,
                              struct buf *out, struct err *err)
{
    size_t n = 0;
    if (c->nlabels < 64 && bits >> c->nlabels)
        return op_bad(err, c, v);
    for (uint64_t left = bits; left; left &= left - 1)
        n += c->labels[__builtin_ctzll(left)].n + 1;
    avro_long(out, (int64_t)(n ? n - 1 : 0));
    for (uint64_t left = bits; left; left &= left - 1) {
        struct slice label = c->labels[__builtin_ctzll(left)];
        buf_put(out, label.p, label.n);
        if (left & (left - 1))
            buf_u8(out, ',');
    }
    return OP_OK;
}

enum op_result op_mysql_enum_binlog(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    return v.n == 1 || v.n == 2 ? put_enum(c, v, load_le(v.p, v.n), out, err) : op_bad(err, c, v);
}

enum op_result op_mysql_enum_text(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    uint64_t number;
    return u64_text(v, &number) ? put_enum(c, v, number, out, err) : op_bad(err, c, v);
}

enum op_result op_mysql_set_binlog(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    return v.n && v.n <= 8 ? put_set(c, v, load_le(v.p, v.n), out, err) : op_bad(err, c, v);
}

enum op_result op_mysql_set_text(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    uint64_t bits;
    return u64_text(v, &bits) ? put_set(c, v, bits, out, err) : op_bad(err, c, v);
}

/* ---- types for which MySQL has another Avro form than PostgreSQL ---- */

static const struct op bytes = { AVRO_T_BYTES, .defaults = true,
                                 MYSQL(op_mysql_bytes, op_mysql_bytes) },
                       json = { AVRO_T_STRING, "io.debezium.data.Json", .absent = "{}",
                                .defaults = true, MYSQL(op_mysql_json_binlog, op_mysql_json_text) },
                       uuid = { AVRO_T_STRING, "io.debezium.data.Uuid", .absent = "",
                                MYSQL(op_mysql_uuid_binlog, op_mysql_text) },
                       inet = { AVRO_T_STRING, .absent = "", .defaults = true,
                                MYSQL(op_mysql_inet_binlog, op_mysql_inet_text) },
                       vector = { AVRO_T_FLOATS, "io.debezium.data.FloatVector",
                                  MYSQL(op_mysql_vector, op_mysql_vector) };

const struct op *op_mysql(const struct column *c)
{
    switch (c->type) {
    case COL_BYTES:  return &bytes;
    case COL_JSON:   return &json;
    case COL_UUID:   return &uuid;
    case COL_INET:   return &inet;
    case COL_VECTOR: return &vector;
    default:         return NULL;
    }
}
