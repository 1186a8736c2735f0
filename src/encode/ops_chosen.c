/* Ops for the Avro forms that types.decimal, types.time, types.binary, types.interval and
 * types.hstore choose in place of the usual ones. */
#include <stdio.h>
#include <stdlib.h>
#include "base/avro.h"
#include "base/xalloc.h"
#include "encode/ops.h"

/* ---- decimals as text, or as doubles ---- */

/* A special value, by numeric_send's sign field: 'N' NaN, '+' and '-' infinity; 0: a number. */
static int special_binary(struct slice v)
{
    uint16_t sign = v.n >= 6 ? load_be16(v.p + 4) : 0;
    return sign == 0xc000 ? 'N' : sign == 0xd000 ? '+' : sign == 0xf000 ? '-' : 0;
}

static int special_text(struct slice v)
{
    return slice_eq(v, slice_str("NaN")) ? 'N' : slice_eq(v, slice_str("Infinity")) ? '+'
        : slice_eq(v, slice_str("-Infinity")) ? '-' : 0;
}

static void put_special_word(int special, struct buf *out)
{
    avro_str(out, special == 'N'   ? "NAN"
                  : special == '+' ? "POSITIVE_INFINITY"
                                   : "NEGATIVE_INFINITY");
}

static enum op_result words_binary(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    int special = special_binary(v);
    if (!special)
        return op_numeric_string_binary(c, v, out, err);
    put_special_word(special, out);
    return OP_OK;
}

static enum op_result words_text(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    int special = special_text(v);
    if (!special)
        return op_copy(c, v, out, err);
    put_special_word(special, out);
    return OP_OK;
}

static enum op_result put_double(const struct column *c, struct slice text, struct buf *out,
                                 struct err *err)
{
    char few[128], *digits = text.n < sizeof few ? few : xmalloc(text.n + 1), *end;
    memcpy(digits, text.p, text.n);
    digits[text.n] = 0;
    double d = strtod(digits, &end);
    bool good = text.n && !*end;
    if (digits != few)
        free(digits);
    if (!good)
        return op_bad(err, c, text);
    avro_double(out, d);
    return OP_OK;
}

/* read writes an Avro string or bytes; write gets its content and writes the value. */
static enum op_result through(op_fn *read, op_fn *write, const struct column *c, struct slice v,
                              struct buf *out, struct err *err)
{
    struct buf between = { 0 };
    enum op_result r = read(c, v, &between, err);
    if (r == OP_OK) {
        struct cursor from = cursor_over(buf_slice(&between));
        r = write(c, avro_read_bytes(&from), out, err);
    }
    buf_done(&between);
    return r;
}

static enum op_result double_binary(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    return through(op_numeric_string_binary, put_double, c, v, out, err);
}

static enum op_result packed_double(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    return through(op_packed_string, put_double, c, v, out, err);
}

/* ---- money: cents ---- */

static struct slice money_digits(char *to, size_t size, int64_t cents)
{
    uint64_t u = cents < 0 ? (uint64_t)0 - (uint64_t)cents : (uint64_t)cents;
    int n = snprintf(to, size, "%s%llu.%02u", cents < 0 ? "-" : "", (unsigned long long)(u / 100),
                     (unsigned)(u % 100));
    return slice_of(to, (size_t)n);
}

/* "-$1,234.56" without its currency sign and commas. */
static struct slice money_plain(char *to, size_t size, struct slice v)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n && n < size; i++)
        if ((v.p[i] >= '0' && v.p[i] <= '9') || v.p[i] == '.' || v.p[i] == '-')
            to[n++] = (char)v.p[i];
    return slice_of(to, n);
}

static enum op_result money_words_binary(const struct column *c, struct slice v, struct buf *out,
                                         struct err *err)
{
    char text[32];
    if (v.n != 8)
        return op_bad(err, c, v);
    avro_bytes(out, money_digits(text, sizeof text, (int64_t)load_be64(v.p)));
    return OP_OK;
}

static enum op_result money_words_text(const struct column *c, struct slice v, struct buf *out,
                                       struct err *err)
{
    char text[64];
    (void)c, (void)err;
    avro_bytes(out, money_plain(text, sizeof text, v));
    return OP_OK;
}

static enum op_result money_double_binary(const struct column *c, struct slice v, struct buf *out,
                                          struct err *err)
{
    char text[32];
    if (v.n != 8)
        return op_bad(err, c, v);
    return put_double(c, money_digits(text, sizeof text, (int64_t)load_be64(v.p)), out, err);
}

static enum op_result money_double_text(const struct column *c, struct slice v, struct buf *out,
                                        struct err *err)
{
    char text[64];
    return put_double(c, money_plain(text, sizeof text, v), out, err);
}

/* ---- bytea as text ---- */

static void put_hex(struct slice v, struct buf *out)
{
    avro_long(out, (int64_t)v.n * 2);
    buf_hex(out, v);
}

static void put_base64(struct slice v, const char last[2], struct buf *out)
{
    avro_long(out, (int64_t)(v.n + 2) / 3 * 4);
    buf_base64(out, v, last);
}

static enum op_result hex_binary(const struct column *c, struct slice v, struct buf *out,
                                 struct err *err)
{
    (void)c, (void)err;
    put_hex(v, out);
    return OP_OK;
}

static enum op_result base64_binary(const struct column *c, struct slice v, struct buf *out,
                                    struct err *err)
{
    (void)c, (void)err;
    put_base64(v, "+/", out);
    return OP_OK;
}

static enum op_result base64_url_binary(const struct column *c, struct slice v, struct buf *out,
                                        struct err *err)
{
    (void)c, (void)err;
    put_base64(v, "-_", out);
    return OP_OK;
}

/* Reads bytea_out's hex, and writes it with the op of the binary form. */
static enum op_result hex_text(const struct column *c, struct slice v, struct buf *out,
                               struct err *err)
{
    return through(op_bytea_text, hex_binary, c, v, out, err);
}

static enum op_result base64_text(const struct column *c, struct slice v, struct buf *out,
                                  struct err *err)
{
    return through(op_bytea_text, base64_binary, c, v, out, err);
}

static enum op_result base64_url_text(const struct column *c, struct slice v, struct buf *out,
                                      struct err *err)
{
    return through(op_bytea_text, base64_url_binary, c, v, out, err);
}

static enum op_result hex_mysql(const struct column *c, struct slice v, struct buf *out,
                                struct err *err)
{
    return op_mysql_padded(hex_binary, c, v, out, err);
}

static enum op_result base64_mysql(const struct column *c, struct slice v, struct buf *out,
                                   struct err *err)
{
    return op_mysql_padded(base64_binary, c, v, out, err);
}

static enum op_result base64_url_mysql(const struct column *c, struct slice v, struct buf *out,
                                       struct err *err)
{
    return op_mysql_padded(base64_url_binary, c, v, out, err);
}

/* ---- the tables: one op a choice ---- */

static const struct op decimals[] = {
    [DECIMAL_STRING] = { AVRO_T_STRING, .absent = "0", .defaults = true,
                         PG(words_text, words_binary),
                         MYSQL(op_packed_string, op_mysql_decimal_string) },
    [DECIMAL_DOUBLE] = { AVRO_T_DOUBLE, .defaults = true, PG(put_double, double_binary),
                         MYSQL(packed_double, put_double) },
};

static const struct op moneys[] = {
    [DECIMAL_STRING] = { AVRO_T_STRING, .absent = "0", PG(money_words_text, money_words_binary) },
    [DECIMAL_DOUBLE] = { AVRO_T_DOUBLE, PG(money_double_text, money_double_binary) },
};

static const struct op binaries[] = {
    [BINARY_HEX] = { AVRO_T_STRING, .absent = "", PG(hex_text, hex_binary),
                     MYSQL(hex_mysql, hex_mysql) },
    [BINARY_BASE64] = { AVRO_T_STRING, .absent = "", PG(base64_text, base64_binary),
                        MYSQL(base64_mysql, base64_mysql) },
    [BINARY_BASE64_URL] = { AVRO_T_STRING, .absent = "", PG(base64_url_text, base64_url_binary),
                            MYSQL(base64_url_mysql, base64_url_mysql) },
};

static const struct op iso_interval = { AVRO_T_STRING, "io.debezium.time.Interval",
                                        .absent = "P0Y0M0DT0H0M0S", .defaults = true,
                                        PG(op_interval_iso_text, op_interval_iso_binary) };

static const struct op hstore_map = { AVRO_T_MAP, PG(op_hstore_map_text, op_hstore_map_binary) };

static const struct op dates[] = {
    [TIME_CONNECT] = { AVRO_T_INT, "org.apache.kafka.connect.data.Date", "date", .defaults = true,
                       PG(op_date_text, op_date_binary),
                       MYSQL(op_mysql_date_binlog, op_mysql_date_text) },
    [TIME_ISOSTRING] = { AVRO_T_STRING, "io.debezium.time.IsoDate", .absent = "1970-01-01Z",
                         .defaults = true, PG(op_iso_date_text, op_iso_date_binary),
                         MYSQL(op_mysql_iso_date_binlog, op_mysql_iso_date_text) },
};

static const struct op times[] = {
    [TIME_MICROSECONDS] = { AVRO_T_LONG, "io.debezium.time.MicroTime", .defaults = true,
                            PG(op_time_us_text, op_time_us_binary) },
    [TIME_CONNECT] = { AVRO_T_INT, "org.apache.kafka.connect.data.Time", "time-millis",
                       .defaults = true, PG(op_time_ms_text, op_time_ms_binary) },
    [TIME_NANOSECONDS] = { AVRO_T_LONG, "io.debezium.time.NanoTime", .defaults = true,
                           PG(op_time_ns_text, op_time_ns_binary) },
    [TIME_ISOSTRING] = { AVRO_T_STRING, "io.debezium.time.IsoTime", .absent = "00:00:00Z",
                         .defaults = true, PG(op_iso_time_text, op_iso_time_binary) },
};

static const struct op timestamps[] = {
    [TIME_MICROSECONDS] = { AVRO_T_LONG, "io.debezium.time.MicroTimestamp", .defaults = true,
                            PG(op_ts_us_text, op_ts_us_binary),
                            MYSQL(op_mysql_ts_us_binlog, op_mysql_ts_us_text) },
    [TIME_CONNECT] = { AVRO_T_LONG, "org.apache.kafka.connect.data.Timestamp", "timestamp-millis",
                       .defaults = true, PG(op_ts_ms_text, op_ts_ms_binary),
                       MYSQL(op_mysql_ts_ms_binlog, op_mysql_ts_ms_text) },
    [TIME_NANOSECONDS] = { AVRO_T_LONG, "io.debezium.time.NanoTimestamp", .defaults = true,
                           PG(op_ts_ns_text, op_ts_ns_binary),
                           MYSQL(op_mysql_ts_ns_binlog, op_mysql_ts_ns_text) },
    [TIME_ISOSTRING] = { AVRO_T_STRING, "io.debezium.time.IsoTimestamp",
                         .absent = "1970-01-01T00:00:00Z", .defaults = true,
                         PG(op_iso_ts_text, op_iso_ts_binary),
                         MYSQL(op_mysql_iso_ts_binlog, op_mysql_iso_ts_text) },
};

/* MySQL's TIME has the Avro type of a time of day, but may be negative or longer than a day. */
static const struct op spans[] = {
    [TIME_CONNECT] = { AVRO_T_INT, "org.apache.kafka.connect.data.Time", "time-millis",
                       .defaults = true, MYSQL(op_mysql_span_ms_binlog, op_mysql_span_ms_text) },
    [TIME_NANOSECONDS] = { AVRO_T_LONG, "io.debezium.time.NanoTime", .defaults = true,
                           MYSQL(op_mysql_span_ns_binlog, op_mysql_span_ns_text) },
    [TIME_ISOSTRING] = { AVRO_T_STRING, "io.debezium.time.IsoTime", .absent = "00:00:00Z",
                         .defaults = true,
                         MYSQL(op_mysql_iso_span_binlog, op_mysql_iso_span_text) },
};

static const struct op u64_precise = {
    AVRO_T_BYTES, "org.apache.kafka.connect.data.Decimal", "decimal", .defaults = true,
    MYSQL(op_mysql_u64_precise_binlog, op_mysql_u64_precise_text)
};

/* NULL: the table has no entry for this choice, so the usual op applies. */
static const struct op *chosen(const struct op *table, size_t n, unsigned at)
{
    return at < n && (table[at].form[FORM_PG_TEXT] || table[at].form[FORM_BINLOG]) ? &table[at]
                                                                                   : NULL;
}

#define CHOSEN(table, at) chosen(table, sizeof table / sizeof *table, at)

const struct op *op_chosen(const struct column *c, const struct encode_options *opt)
{
    switch (c->type) {
    case COL_DECIMAL:   return CHOSEN(decimals, opt->decimal);
    case COL_MONEY:     return CHOSEN(moneys, opt->decimal);
    case COL_BYTES:     return CHOSEN(binaries, opt->binary);
    case COL_INTERVAL:  return opt->interval == INTERVAL_STRING ? &iso_interval : NULL;
    case COL_HSTORE:    return opt->hstore == HSTORE_MAP ? &hstore_map : NULL;
    case COL_DATE:      return CHOSEN(dates, opt->time);
    case COL_TIME:      return CHOSEN(times, opt->time);
    case COL_TIME_SPAN: return CHOSEN(spans, opt->time);
    case COL_U64:
        return opt->bigint_unsigned == BIGINT_UNSIGNED_PRECISE ? &u64_precise : NULL;
    case COL_TIMESTAMP: return CHOSEN(timestamps, opt->time);
    default:            return NULL;
    }
}
