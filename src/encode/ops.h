#ifndef TAILRACE_ENCODE_OPS_H
#define TAILRACE_ENCODE_OPS_H
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "encode/plan.h"

/*
 * The op table: what each column type is in Avro, and how its two wire forms
 * become that. Schema and bytes come from the same row, so they cannot differ,
 * and a value is the same whether it came by snapshot or by stream.
 *
 * Facts: wire forms are PostgreSQL's *_send and *_out functions; the Avro side
 * is the Debezium connector's.
 */
enum avro_type { AVRO_T_BOOLEAN, AVRO_T_INT, AVRO_T_LONG, AVRO_T_FLOAT, AVRO_T_DOUBLE, AVRO_T_BYTES, AVRO_T_STRING,
                 AVRO_T_RECORD, AVRO_T_MAP,
                 AVRO_T_DOUBLES, AVRO_T_FLOATS /* arrays of them as one value */ };

enum op_result {
    OP_OK = 0,
    OP_NONE = 1,    /* the Avro type cannot say this value (numeric NaN): null, or the fallback where null is not allowed */
    OP_BAD = -1     /* malformed: err says how */
};

struct op;
typedef enum op_result op_fn(const struct column *c, struct slice v, struct buf *out, struct err *err);

struct op {
    enum avro_type avro;
    const char *name;       /* connect.name; NULL: none */
    const char *logical;    /* logicalType; NULL: none */
    const char *connect;    /* connect.type; NULL: none */
    const char *absent;     /* a required value that is not in this image: text form, or the string itself */
    const char *computed;   /* what stands for a computed default, in text form; NULL: absent */
    bool defaults;          /* the schema carries this type's defaults */
    op_fn *form[CELL_FORMS];
};

/* The op of a column (of its elements, for an array); NULL when there is none. */
const struct op *op_of(const struct column *c, const struct encode_options *opt);

/* A decimal's precision and scale as Avro may state them: 0 <= scale <= precision. */
struct decimal_shape { int precision, scale; };
struct decimal_shape op_decimal_shape(const struct column *c);
bool op_is_decimal(const struct op *op);

/* ops_chosen.c: what an option chose in place of the usual op; NULL: nothing. */
const struct op *op_chosen(const struct column *c, const struct encode_options *opt);

/* ops.c */
op_fn op_copy, op_bytea_text;

/* decimal.c */
op_fn op_decimal_binary, op_decimal_text, op_variable_binary, op_variable_text, op_numeric_string_binary;
op_fn op_money_binary, op_money_text;

/* ops_time.c */
op_fn op_date_binary, op_date_text, op_time_ms_binary, op_time_ms_text, op_time_us_binary, op_time_us_text;
op_fn op_timetz_binary, op_timetz_text, op_ts_ms_binary, op_ts_ms_text, op_ts_us_binary, op_ts_us_text;
op_fn op_time_ns_binary, op_time_ns_text, op_ts_ns_binary, op_ts_ns_text;
op_fn op_iso_date_binary, op_iso_date_text, op_iso_time_binary, op_iso_time_text, op_iso_ts_binary, op_iso_ts_text;
op_fn op_zoned_binary, op_zoned_text, op_interval_us_binary, op_interval_us_text, op_interval_iso_binary,
      op_interval_iso_text;

/* The element of a range in its text form, without an Avro length. */
enum op_result op_put_date_text(const struct column *c, struct slice v, struct buf *out, struct err *err);
enum op_result op_put_timestamp_text(const struct column *c, struct slice v, bool zone, struct buf *out, struct err *err);

/* ops_compound.c */
op_fn op_range_binary, op_tsvector_binary, op_ltree_binary, op_hstore_binary, op_hstore_text, op_hstore_map_binary, op_hstore_map_text;
op_fn op_point_binary, op_point_text;

/* ops_extension.c */
op_fn op_vector_binary, op_vector_text, op_halfvec_binary, op_halfvec_text, op_sparsevec_binary, op_sparsevec_text;
op_fn op_geometry_binary, op_geometry_text;

static inline enum op_result op_bad(struct err *err, const struct column *c, struct slice v)
{
    err_set(err, ERR_DATA, "column %s: %zu bytes are not a %s", c->name, v.n, c->type_name);
    return OP_BAD;
}
#endif
