#ifndef TAILRACE_ENCODE_OPS_H
#define TAILRACE_ENCODE_OPS_H
#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "encode/plan.h"

/*
 * The op table: what each column type is in Avro, and how its wire forms become Avro. Schema and
 * bytes come from the same entry, so they cannot differ. A value is the same whether it came by
 * snapshot or by stream.
 *
 * Facts: PostgreSQL's wire forms are its *_send and *_out functions; MySQL's are its row events and
 * its text protocol (model/table.h). The Avro side is the Debezium connector's.
 */
enum avro_type {
    AVRO_T_BOOLEAN,
    AVRO_T_INT,
    AVRO_T_LONG,
    AVRO_T_FLOAT,
    AVRO_T_DOUBLE,
    AVRO_T_BYTES,
    AVRO_T_STRING,
    AVRO_T_RECORD,
    AVRO_T_MAP,
    AVRO_T_DOUBLES,
    AVRO_T_FLOATS /* DOUBLES, FLOATS: an array as one value */
};

enum op_result {
    OP_OK = 0,
    OP_PARTLY = 3,  /* written; an array's element that Avro cannot hold became null, or empty */
    OP_CLAMPED = 2, /* written, as the nearest value that the Avro type can hold */
    /* the Avro type cannot hold this value (numeric NaN): null, or the fallback where null is not
     * allowed */
    OP_NONE = 1,
    OP_BAD = -1     /* malformed: err says how */
};

struct op;
typedef enum op_result op_fn(const struct column *c, struct slice v, struct buf *out,
                             struct err *err);

struct op {
    enum avro_type avro;
    const char *name;       /* connect.name; NULL: none */
    const char *logical;    /* logicalType; NULL: none */
    const char *connect;    /* connect.type; NULL: none */
    /* AVRO_T_STRING: stands for a required value that is not in this image; other types have Avro's
     * zero */
    const char *absent;
    struct slice zero;      /* AVRO_T_RECORD: the same, as an Avro body */
    /* PostgreSQL: stands for a computed default, in text form; NULL: absent does */
    const char *computed;
    bool defaults;          /* the schema carries this type's defaults */
    op_fn *literal;         /* reads column->default_text; NULL: form[] for text does */
    op_fn *form[CELL_FORMS];
};

/* The declared length as MySQL's connector tells it; -1: none, or not MySQL's. */
int mysql_column_length(const struct column *c);     /* schema_change_column.c */

/* Whether the cells come from MySQL or MariaDB; else they come from PostgreSQL. */
static inline bool op_of_mysql(const struct column *c)
{
    return c->form == FORM_BINLOG || c->form == FORM_MYSQL_TEXT;
}

/* Sets the form[] functions of a struct op. */
#define PG(text, binary) .form[FORM_PG_TEXT] = text, .form[FORM_PG_BINARY] = binary
#define MYSQL(binlog, text) .form[FORM_BINLOG] = binlog, .form[FORM_MYSQL_TEXT] = text

/* The op of a column (for an array: of its elements); NULL: there is none. */
const struct op *op_of(const struct column *c, const struct encode_options *opt);

/* ops_common.c: a decimal's precision and scale as Avro may state them: 0 <= scale <= precision. */
struct decimal_shape { int precision, scale; };
struct decimal_shape op_decimal_shape(const struct column *c);
bool op_is_decimal(const struct op *op);

/* ops_chosen.c: the op that an option (types.*) chose in place of the usual op; NULL: none. */
const struct op *op_chosen(const struct column *c, const struct encode_options *opt);

/* ops_common.c */
op_fn op_copy, op_bytea_text;
void op_put_uuid(const uint8_t u[16], struct buf *out);     /* as an Avro string */

/* decimal.c */
op_fn op_decimal_binary, op_decimal_text, op_variable_binary, op_variable_text,
    op_numeric_string_binary;
op_fn op_money_binary, op_money_text;
op_fn op_packed_decimal, op_packed_string, op_mysql_decimal_string;

/* ops_time.c */
op_fn op_date_binary, op_date_text, op_time_ms_binary, op_time_ms_text, op_time_us_binary,
    op_time_us_text;
op_fn op_timetz_binary, op_timetz_text, op_ts_ms_binary, op_ts_ms_text, op_ts_us_binary,
    op_ts_us_text;
op_fn op_time_ns_binary, op_time_ns_text, op_ts_ns_binary, op_ts_ns_text;
op_fn op_iso_date_binary, op_iso_date_text, op_iso_time_binary, op_iso_time_text, op_iso_ts_binary,
    op_iso_ts_text;
op_fn op_zoned_binary, op_zoned_text, op_interval_us_binary, op_interval_us_text,
    op_interval_iso_binary, op_interval_iso_text;

/* Writes a range's element in its text form, without an Avro length. */
enum op_result op_put_date_text(const struct column *c, struct slice v, struct buf *out,
                                struct err *err);
enum op_result op_put_timestamp_text(const struct column *c, struct slice v, bool zone,
                                     struct buf *out, struct err *err);

/* ops_compound.c */
op_fn op_range_binary, op_tsvector_binary, op_ltree_binary, op_hstore_binary, op_hstore_text,
    op_hstore_map_binary, op_hstore_map_text;
op_fn op_point_binary, op_point_text;

/* ops_extension.c */
op_fn op_vector_binary, op_vector_text, op_halfvec_binary, op_halfvec_text, op_sparsevec_binary,
    op_sparsevec_text;
op_fn op_geometry_binary, op_geometry_text;

/* ops_mysql.c: numbers, bits, labels */
/* the op of a type for which MySQL has another Avro form than PostgreSQL; NULL: the usual op */
const struct op *op_mysql(const struct column *c);
op_fn op_mysql_int_binlog, op_mysql_int_text, op_mysql_u64_binlog, op_mysql_u64_text,
    op_mysql_u64_precise_binlog, op_mysql_u64_precise_text;
op_fn op_mysql_float_binlog, op_mysql_float_text, op_mysql_year_binlog, op_mysql_year_text;
op_fn op_mysql_bit_bool_binlog, op_mysql_bit_bool_text, op_mysql_bits_binlog, op_mysql_bits_text,
    op_mysql_bit_string_binlog, op_mysql_bit_string_text;
op_fn op_mysql_enum_binlog, op_mysql_enum_text, op_mysql_set_binlog, op_mysql_set_text;

/* ops_mysql_bytes.c: text, bytes, and types made of them. An op without _binlog or _text reads both
 * forms. */
op_fn op_mysql_text, op_mysql_bytes, op_mysql_json_binlog, op_mysql_json_text, op_mysql_uuid_binlog,
    op_mysql_inet_binlog, op_mysql_inet_text, op_mysql_geometry, op_mysql_point, op_mysql_vector;
/* Calls write with v, filled up with zero bytes to column->pad. */
enum op_result op_mysql_padded(op_fn *write, const struct column *c, struct slice v,
                               struct buf *out, struct err *err);

/* ops_mysql_time.c */
op_fn op_mysql_date_binlog, op_mysql_date_text, op_mysql_iso_date_binlog, op_mysql_iso_date_text;
op_fn op_mysql_ts_us_binlog, op_mysql_ts_us_text, op_mysql_ts_ms_binlog, op_mysql_ts_ms_text,
    op_mysql_ts_ns_binlog, op_mysql_ts_ns_text, op_mysql_iso_ts_binlog, op_mysql_iso_ts_text;
op_fn op_mysql_zoned_binlog, op_mysql_zoned_text, op_mysql_tstz_us_binlog, op_mysql_tstz_us_text,
    op_mysql_tstz_ms_binlog, op_mysql_tstz_ms_text;
op_fn op_mysql_span_us_binlog, op_mysql_span_us_text, op_mysql_span_ms_binlog,
    op_mysql_span_ms_text, op_mysql_span_ns_binlog, op_mysql_span_ns_text, op_mysql_iso_span_binlog,
    op_mysql_iso_span_text;

static inline enum op_result op_bad(struct err *err, const struct column *c, struct slice v)
{
    err_set(err, ERR_DATA, "column %s: %zu bytes are not a %s", c->name, v.n, c->type_name);
    return OP_BAD;
}
#endif
