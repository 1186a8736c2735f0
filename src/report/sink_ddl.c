/* The tables of sinks: CREATE TABLE statements and types, by dialect. */
#include <string.h>
#include "report/diff.h"

/* The type of a column in a table that holds the topic's newest rows, by dialect; spelled as
 * information_schema shows it. */
enum { PG, DUCK, CLICK, BIGQ, SINKS };

static const char *const types[COL_TYPES][SINKS] = {
    [COL_BOOL] = { "boolean", "BOOLEAN", "Bool", "BOOL" },
    [COL_I16] = { "smallint", "SMALLINT", "Int16", "INT64" },
    [COL_I32] = { "integer", "INTEGER", "Int32", "INT64" },
    [COL_I64] = { "bigint", "BIGINT", "Int64", "INT64" },
    [COL_OID] = { "bigint", "BIGINT", "Int64", "INT64" },
    [COL_U64] = { "numeric(20,0)", "UBIGINT", "UInt64", "NUMERIC" },
    [COL_YEAR] = { "integer", "INTEGER", "Int32", "INT64" },
    [COL_F32] = { "real", "FLOAT", "Float32", "FLOAT64" },
    [COL_F32_WIDE] = { "double precision", "DOUBLE", "Float64", "FLOAT64" },
    [COL_F64] = { "double precision", "DOUBLE", "Float64", "FLOAT64" },
    [COL_MONEY] = { "numeric(19,2)", "DECIMAL(19,2)", "Decimal(19, 2)", "NUMERIC" },
    [COL_BYTES] = { "bytea", "BLOB", "String", "BYTES" },
    [COL_DATE] = { "date", "DATE", "Date32", "DATE" },
    [COL_TIME] = { "time without time zone", "TIME", "String", "TIME" },
    [COL_TIMESTAMP] = { "timestamp without time zone", "TIMESTAMP", "DateTime64(6)", "DATETIME" },
    [COL_TIMESTAMPTZ] = { "timestamp with time zone", "TIMESTAMP WITH TIME ZONE",
                          "DateTime64(6, 'UTC')", "TIMESTAMP" },
    [COL_TIMETZ] = { "time with time zone", "TIME WITH TIME ZONE", "String", "STRING" },
    [COL_TIME_SPAN] = { "interval", "BIGINT", "Int64", "INT64" },
    [COL_INTERVAL] = { "interval", "BIGINT", "Int64", "INT64" },
    [COL_UUID] = { "uuid", "UUID", "UUID", "STRING" },
    [COL_JSON] = { "json", "JSON", "String", "JSON" },
    [COL_JSONB] = { "jsonb", "JSON", "String", "JSON" },
    [COL_BIT] = { "bytea", "BLOB", "String", "BYTES" },
};

static int sink_of(enum dialect d)
{
    return d == DIALECT_DUCKDB       ? DUCK
           : d == DIALECT_CLICKHOUSE ? CLICK
           : d == DIALECT_BIGQUERY   ? BIGQ
                                     : PG;
}

static void put_decimal(const struct column *c, int sink, struct buf *out)
{
    /* a decimal of any size; text where the dialect has no such type */
    static const char *const wide[] = { "numeric", "VARCHAR", "String", "STRING" };
    static const int most[] = { 1000, 38, 76, 76 };
    static const char *const sized[] = { "numeric(%d,%d)", "DECIMAL(%d,%d)", "Decimal(%d, %d)",
                                         "BIGNUMERIC(%d, %d)" };
    int precision = c->precision, scale = c->scale;
    bool small = sink == BIGQ && scale <= 9 && precision - scale <= 29;
    if (!c->has_scale || precision > most[sink] || scale < 0 || scale > precision ||
        (sink == BIGQ && (scale > 38 || precision - scale > 38)))
        buf_str(out, wide[sink]);
    else
        buf_printf(out, small ? "NUMERIC(%d, %d)" : sized[sink], precision, scale);
}

static void put_plain(const struct column *c, int sink, struct buf *out)
{
    static const char *const text[] = { "text", "VARCHAR", "String", "STRING" };
    if (c->type == COL_DECIMAL)
        put_decimal(c, sink, out);
    else
        buf_str(out, types[c->type][sink] ? types[c->type][sink] : text[sink]);
}

void sink_type(const struct column *c, enum dialect d, bool key, struct buf *out)
{
    int sink = sink_of(d);
    bool null = sink == CLICK && c->nullable && !c->is_array && !key;
    buf_str(out, null ? "Nullable(" : "");
    if (c->is_array && (sink == CLICK || sink == BIGQ))
        buf_str(out, sink == CLICK ? "Array(" : "ARRAY<");
    put_plain(c, sink, out);
    if (c->is_array)
        buf_str(out, sink == CLICK ? ")" : sink == BIGQ ? ">" : "[]");
    buf_str(out, null ? ")" : "");
}

static void put_name(const char *name, int sink, struct buf *out)
{
    char quote = sink == CLICK || sink == BIGQ ? '`' : '"';
    buf_u8(out, (uint8_t)quote);
    for (const char *p = name; *p; p++) {
        if (*p == quote || (*p == '\\' && quote == '`'))
            buf_u8(out, (uint8_t)(quote == '`' ? '\\' : quote));
        buf_u8(out, (uint8_t)*p);
    }
    buf_u8(out, (uint8_t)quote);
}

static bool in_key(const struct table *t, uint16_t at)
{
    for (uint16_t i = 0; i < t->nkey; i++)
        if (t->key[i] == at)
            return true;
    return false;
}

static void put_key(const struct table *t, int sink, struct buf *out)
{
    for (uint16_t i = 0; i < t->nkey; i++) {
        buf_str(out, i ? ", " : "");
        put_name(t->cols[t->key[i]].name, sink, out);
    }
}

/* Ends a table with its key, or with an order (ClickHouse). BigQuery does not enforce its key. */
static void put_end(const struct table *t, int sink, struct buf *out)
{
    if (t->nkey && sink != CLICK) {
        buf_str(out, ",\n  PRIMARY KEY (");
        put_key(t, sink, out);
        buf_str(out, sink == BIGQ ? ") NOT ENFORCED" : ")");
    }
    if (sink == CLICK) {
        buf_str(out, ",\n  `_version` UInt64,\n  `_deleted` UInt8 DEFAULT 0\n) ENGINE = "
                     "ReplacingMergeTree(`_version`, `_deleted`) ORDER BY ");
        buf_str(out, t->nkey ? "(" : "tuple()");
        put_key(t, sink, out);
        buf_str(out, t->nkey ? ");" : ";");
        return;
    }
    buf_str(out, "\n);");
}

static void put_path(const struct table *t, int sink, struct buf *out)
{
    if (*t->schema) {
        put_name(t->schema, sink, out);
        buf_u8(out, '.');
    }
    put_name(t->name, sink, out);
}

void sink_schema(const struct table *t, enum dialect d, struct buf *out)
{
    int sink = sink_of(d);
    if (!*t->schema)
        return;
    buf_str(out, sink == CLICK ? "CREATE DATABASE IF NOT EXISTS " : "CREATE SCHEMA IF NOT EXISTS ");
    put_name(t->schema, sink, out);
    buf_str(out, ";\n");
}

void sink_step_aside(const struct table *t, enum dialect d, struct buf *out)
{
    int sink = sink_of(d);
    struct buf name = { 0 };
    struct table before = *t;
    buf_printf(&name, "%s_before", t->name);
    before.name = buf_cstr(&name);
    buf_str(out, sink == CLICK ? "RENAME TABLE " : "ALTER TABLE ");
    put_path(t, sink, out);
    buf_str(out, sink == CLICK ? " TO " : " RENAME TO ");
    if (sink == CLICK)
        put_path(&before, sink, out);
    else
        put_name(before.name, sink, out);
    buf_str(out, ";    -- drop it when the new one is filled\n");
    buf_done(&name);
}

void sink_ddl(const struct table *t, enum dialect d, struct buf *out)
{
    int sink = sink_of(d);
    buf_str(out, "CREATE TABLE ");
    put_path(t, sink, out);
    buf_str(out, " (\n");
    for (uint16_t i = 0; i < t->ncols; i++) {
        buf_str(out, i ? ",\n  " : "  ");
        put_name(t->cols[i].name, sink, out);
        buf_u8(out, ' ');
        sink_type(&t->cols[i], d, in_key(t, i), out);
        if (!t->cols[i].nullable && sink != CLICK && !(sink == BIGQ && t->cols[i].is_array))
            buf_str(out, " NOT NULL");
    }
    put_end(t, sink, out);
}
