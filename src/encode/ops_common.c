/* Helpers that the ops of several files share. */
#include "base/avro.h"
#include "encode/ops.h"

enum op_result op_copy(const struct column *c, struct slice v, struct buf *out, struct err *err)
{
    (void)c, (void)err;
    avro_bytes(out, v);
    return OP_OK;
}

enum op_result op_bytea_text(const struct column *c, struct slice v, struct buf *out,
                             struct err *err)
{
    if (v.n < 2 || v.n % 2 || v.p[0] != '\\' || v.p[1] != 'x')
        return op_bad(err, c, v);
    avro_long(out, (int64_t)(v.n / 2 - 1));
    return buf_unhex(out, slice_of(v.p + 2, v.n - 2)) ? OP_OK : op_bad(err, c, v);
}

void op_put_uuid(const uint8_t u[16], struct buf *out)
{
    static const uint8_t part[] = { 4, 2, 2, 2, 6 };
    avro_long(out, 36);
    for (size_t i = 0; i < sizeof part; u += part[i++]) {
        if (i)
            buf_u8(out, '-');
        buf_hex(out, slice_of(u, part[i]));
    }
}

struct decimal_shape op_decimal_shape(const struct column *c)
{
    if (c->type == COL_MONEY)
        return (struct decimal_shape){ 64, 2 };
    if (c->type == COL_U64)
        return (struct decimal_shape){ 20, 0 };
    if (c->scale < 0)
        return (struct decimal_shape){ c->precision - c->scale, 0 };
    return (struct decimal_shape){ c->scale > c->precision ? c->scale : c->precision, c->scale };
}
