/* Ops of MySQL's and MariaDB's text and bytes, and of types that travel as bytes: UUID, INET, JSON,
 * geometries, vectors. */
#include <arpa/inet.h>
#include "base/avro.h"
#include "base/charset.h"
#include "base/cursor_le.h"
#include "base/mysql_json.h"
#include "encode/ops.h"

enum op_result op_mysql_text(const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    size_t mark = out->n;
    if (!c->charset) {
        avro_bytes(out, v);
        return OP_OK;
    }
    if (charset_put(c->charset, v, out)) {
        err_set(err, ERR_DATA, "column %s: %zu bytes are not text in the column's character set",
                c->name, v.n);
        return OP_BAD;
    }
    avro_end_bytes(out, mark);
    return OP_OK;
}

/* ---- bytes ---- */

enum op_result op_mysql_padded(op_fn *write, const struct column *c, struct slice v,
                               struct buf *out, struct err *err)
{
    if (v.n >= c->pad)
        return write(c, v, out, err);
    struct buf full = { 0 };
    buf_reserve(&full, c->pad);
    buf_put(&full, v.p, v.n);
    memset(full.p + v.n, 0, c->pad - v.n);
    enum op_result r = write(c, slice_of(full.p, c->pad), out, err);
    buf_done(&full);
    return r;
}

enum op_result op_mysql_bytes(const struct column *c, struct slice v, struct buf *out,
                              struct err *err)
{
    (void)err;
    size_t n = v.n < c->pad ? c->pad : v.n;
    avro_long(out, (int64_t)n);
    buf_put(out, v.p, v.n);
    buf_reserve(out, n - v.n);
    memset(out->p + out->n, 0, n - v.n);
    out->n += n - v.n;
    return OP_OK;
}

/* MariaDB's UUID: sixteen bytes in the order in which its text has them. */
enum op_result op_mysql_uuid_binlog(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    uint8_t u[16] = { 0 };
    if (v.n > sizeof u)
        return op_bad(err, c, v);
    if (v.n)
        memcpy(u, v.p, v.n);
    op_put_uuid(u, out);
    return OP_OK;
}

/* MariaDB's INET4 (pad 4) and INET6: the same notation, whatever form the value came in. */
enum op_result op_mysql_inet_binlog(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    uint8_t address[16] = { 0 };
    char text[INET6_ADDRSTRLEN];
    if (v.n > (c->pad == 4 ? 4u : 16u))
        return op_bad(err, c, v);
    if (v.n)
        memcpy(address, v.p, v.n);
    inet_ntop(c->pad == 4 ? AF_INET : AF_INET6, address, text, sizeof text);
    avro_str(out, text);
    return OP_OK;
}

enum op_result op_mysql_inet_text(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    uint8_t address[16];
    char text[INET6_ADDRSTRLEN];
    bool four = c->pad == 4;
    if (v.n >= sizeof text)
        return op_bad(err, c, v);
    if (v.n)
        memcpy(text, v.p, v.n);
    text[v.n] = 0;
    if (inet_pton(four ? AF_INET : AF_INET6, text, address) != 1)
        return op_bad(err, c, v);
    return op_mysql_inet_binlog(c, slice_of(address, four ? 4 : 16), out, err);
}

/* ---- JSON ---- */

enum op_result op_mysql_json_text(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    size_t mark = out->n;
    if (mysql_json_compact(v, out))
        return op_bad(err, c, v);
    avro_end_bytes(out, mark);
    return OP_OK;
}

/* Binary JSON; or 0xff and text, where a partial update was merged into it. */
enum op_result op_mysql_json_binlog(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    size_t mark = out->n;
    if (v.n && v.p[0] == 0xff)
        return op_mysql_json_text(c, slice_of(v.p + 1, v.n - 1), out, err);
    if (mysql_json_print(v, out, err)) {
        err_wrap(err, "column %s", c->name);
        return OP_BAD;
    }
    avro_end_bytes(out, mark);
    return OP_OK;
}

/* ---- geometries, in both forms: UInt32 reference system, little-endian, then well-known binary
 * ---- */

/* srid 0: no reference system. */
static void put_srid(uint32_t srid, struct buf *out)
{
    avro_optional_long(out, srid != 0, (int32_t)srid);
}

enum op_result op_mysql_geometry(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    if (v.n < 4)
        return op_bad(err, c, v);
    avro_bytes(out, slice_of(v.p + 4, v.n - 4));
    put_srid(load_le32(v.p), out);
    return OP_OK;
}

/* A point's well-known binary: 1 (little-endian), UInt32 1 (point), Float8 x, Float8 y. */
enum op_result op_mysql_point(const struct column *c, struct slice v, struct buf *out,
                              struct err *err)
{
    if (v.n != 25 || v.p[4] != 1 || load_le32(v.p + 5) != 1)
        return op_bad(err, c, v);
    buf_put(out, v.p + 9, 16);      /* Avro's doubles have the same bytes */
    buf_u8(out, 2);
    avro_bytes(out, slice_of(v.p + 4, 21));
    put_srid(load_le32(v.p), out);
    return OP_OK;
}

/* Float4s, little-endian, in both forms. */
enum op_result op_mysql_vector(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    if (v.n % 4)
        return op_bad(err, c, v);
    if (v.n) {
        avro_long(out, (int64_t)(v.n / 4));
        buf_put(out, v.p, v.n);
    }
    buf_u8(out, 0);
    return OP_OK;
}
