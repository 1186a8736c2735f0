#include <stdio.h>
#include "base/avro.h"
#include "base/clock.h"
#include "encode/schema_text.h"

/*
 * What happened to tables, as the connector's MySQL schema-change records say it (a PostgreSQL connector writes none):
 * source, the statement where it is known, and each table as it is afterwards.
 */
#define STRINGS "{\"type\":\"array\",\"items\":\"string\"}"

static const char change_head[] =
    LONG("ts_ms") "," OPT_STRING("databaseName") "," OPT_STRING("schemaName") "," OPT_STRING("ddl")
    ",{\"name\":\"tableChanges\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Change\","
    "\"namespace\":\"io.debezium.connector.schema\",\"fields\":[" STRING("type") "," STRING("id")
    ",{\"name\":\"table\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Table\",\"fields\":[" OPT_STRING("defaultCharsetName") ","
    OPT("primaryKeyColumnNames", STRINGS) ",{\"name\":\"columns\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\","
    "\"name\":\"Column\",\"fields\":[" STRING("name") "," INT("jdbcType") "," OPT_INT("nativeType") ","
    STRING("typeName") "," OPT_STRING("typeExpression") "," OPT_STRING("charsetName") "," OPT_INT("length") ","
    OPT_INT("scale") "," INT("position") "," OPT("optional", "\"boolean\"") ","
    OPT("autoIncremented", "\"boolean\"") "," OPT("generated", "\"boolean\"") "," OPT_STRING("comment") ","
    OPT_STRING("defaultValueExpression") "," OPT("enumValues", STRINGS);

static void end_record(const struct plan *p, const char *space, const char *name, struct buf *out)
{
    char full[80];
    snprintf(full, sizeof full, "io.debezium.connector.%s.%s", space, name);
    schema_end_record(p, full, 1, out);
}

static void begin_record(const struct plan *p, const char *name, struct buf *out)
{
    buf_printf(out, "{\"type\":\"record\",\"name\":\"%s\",\"namespace\":\"io.debezium.connector.%s\",\"fields\":[", name, connector_name(p->opt->connector));
}

static void schema_change_key(const struct plan *p, struct buf *out)
{
    begin_record(p, "SchemaChangeKey", out);
    buf_str(out, STRING("databaseName"));
    end_record(p, connector_name(p->opt->connector), "SchemaChangeKey", out);
}

static void schema_change_value(const struct plan *p, struct buf *out)
{
    begin_record(p, "SchemaChangeValue", out);
    schema_source(p, true, out);
    buf_u8(out, ',');
    buf_str(out, change_head);
    end_record(p, "schema", "Column", out);
    buf_str(out, "}}," OPT_STRING("comment"));
    end_record(p, "schema", "Table", out);
    buf_str(out, "],\"default\":null}");
    end_record(p, "schema", "Change", out);
    buf_str(out, "}}");
    end_record(p, connector_name(p->opt->connector), "SchemaChangeValue", out);
}

struct plan *plan_compile_schema_change(const struct encode_options *opt)
{
    struct plan *p = plan_new(opt);
    p->schema_change = true;
    p->topic = name_topic(&p->arena, opt->prefix, NULL, opt->connector == CONNECTOR_POSTGRESQL ? "schema-changes" : NULL);
    p->schema[PLAN_KEY] = plan_text(p, schema_change_key);
    p->schema[PLAN_VALUE] = plan_text(p, schema_change_value);
    return p;
}

/* ---- values ---- */

static void put_optional_bool(struct buf *out, bool v)
{
    buf_u8(out, 2);
    buf_u8(out, v);
}

/* java.sql.Types: of PostgreSQL's driver and of the connector's MySQL parser. Types that neither names are OTHER. */
static int jdbc_type(const struct column *c, bool mysql)
{
    enum { BIT = -7, BIGINT = -5, BINARY = -2, CHAR = 1, NUMERIC = 2, DECIMAL = 3, INTEGER = 4, SMALLINT = 5, FLOAT = 6, REAL = 7,
           DOUBLE = 8, VARCHAR = 12, DATE = 91, TIME = 92, TIMESTAMP = 93, OTHER = 1111, DISTINCT = 2001, ARRAY = 2003, SQLXML = 2009,
           TIME_ZONE = 2013, TIMESTAMP_ZONE = 2014 };
    static const struct { int pg, mysql; } types[COL_TYPES] = {
        [COL_BOOL] = { BIT, SMALLINT }, [COL_I16] = { SMALLINT, SMALLINT }, [COL_I32] = { INTEGER, INTEGER },
        [COL_I64] = { BIGINT, BIGINT }, [COL_U64] = { BIGINT, BIGINT }, [COL_OID] = { BIGINT, BIGINT }, [COL_F32] = { REAL, FLOAT },
        [COL_F32_WIDE] = { REAL, FLOAT }, [COL_F64] = { DOUBLE, DOUBLE }, [COL_DECIMAL] = { NUMERIC, DECIMAL },
        [COL_MONEY] = { DOUBLE, DECIMAL }, [COL_TEXT] = { VARCHAR, VARCHAR }, [COL_CHAR] = { CHAR, CHAR },
        [COL_BYTES] = { BINARY, BINARY }, [COL_DATE] = { DATE, DATE }, [COL_TIME] = { TIME, TIME }, [COL_TIME_SPAN] = { TIME, TIME },
        [COL_TIMETZ] = { TIME_ZONE, TIME_ZONE }, [COL_TIMESTAMP] = { TIMESTAMP, TIMESTAMP },
        [COL_TIMESTAMPTZ] = { TIMESTAMP_ZONE, TIMESTAMP_ZONE }, [COL_YEAR] = { INTEGER, INTEGER }, [COL_XML] = { SQLXML, SQLXML },
        [COL_BIT] = { BIT, BIT }, [COL_ENUM] = { VARCHAR, CHAR }, [COL_SET] = { VARCHAR, CHAR },
    };
    if (c->is_array)
        return ARRAY;
    const char *name = c->about ? c->about->type : "";
    if (c->type == COL_TEXT && (strcmp(name, "bpchar") == 0 || strcmp(name, "CHAR") == 0))
        return CHAR;
    int known = mysql ? types[c->type].mysql : types[c->type].pg;
    return known ? known : OTHER;
}

static void put_size(const struct column *c, struct buf *out)
{
    bool digits = c->type == COL_DECIMAL && c->has_scale, fraction = c->type != COL_DECIMAL && c->precision >= 0 && !c->length &&
        (c->type == COL_TIME || c->type == COL_TIMETZ || c->type == COL_TIMESTAMP || c->type == COL_TIMESTAMPTZ || c->type == COL_TIME_SPAN);
    avro_optional_long(out, digits || fraction || c->length, digits || fraction ? c->precision : c->length);
    avro_optional_long(out, digits, c->scale);
}

static void put_labels(const struct column *c, struct buf *out)
{
    buf_u8(out, c->nlabels ? 2 : 0);
    if (!c->nlabels)
        return;
    avro_long(out, c->nlabels);
    for (uint16_t i = 0; i < c->nlabels; i++)
        avro_bytes(out, c->labels[i]);
    avro_long(out, 0);
}

static void put_column(const struct plan *p, const struct column *c, uint16_t at, struct buf *out)
{
    static const struct column_about nothing = { 0 };
    const struct column_about *a = c->about ? c->about : &nothing;
    bool mysql = p->opt->connector != CONNECTOR_POSTGRESQL;
    avro_str(out, c->name);
    avro_long(out, jdbc_type(c, mysql));
    avro_optional_long(out, a->native != 0, (int32_t)a->native);
    avro_str(out, a->type ? a->type : c->type_name);
    avro_optional_str(out, mysql && a->type ? a->type : c->type_name);
    avro_optional_str(out, a->charset);
    put_size(c, out);
    avro_long(out, at + 1);
    put_optional_bool(out, c->nullable);
    put_optional_bool(out, a->auto_increment);
    put_optional_bool(out, a->generated);
    avro_optional_str(out, a->comment);
    avro_optional_str(out, a->default_expression);
    put_labels(c, out);
}

static void put_key(const struct table *t, struct buf *out)
{
    buf_u8(out, 2);
    if (t->nkey)
        avro_long(out, t->nkey);
    for (uint16_t i = 0; i < t->nkey; i++)
        avro_str(out, t->cols[t->key[i]].name);
    avro_long(out, 0);
}

static void put_table(const struct plan *p, const struct table *t, struct buf *out)
{
    avro_optional_str(out, t->charset);
    put_key(t, out);
    if (t->ncols)
        avro_long(out, t->ncols);
    for (uint16_t i = 0; i < t->ncols; i++)
        put_column(p, &t->cols[i], i, out);
    avro_long(out, 0);
    avro_optional_str(out, t->comment);
}

/* The id: "schema"."table"; of MySQL "database"."table". */
static void put_change(const struct plan *p, const struct table_change *c, struct buf *out)
{
    static const char *const kinds[] = { "CREATE", "ALTER", "DROP" };
    const struct table *t = c->table;
    struct buf id = { 0 };
    bool mysql = p->opt->connector != CONNECTOR_POSTGRESQL;
    buf_printf(&id, "\"%s\".\"%s\"", mysql ? t->database : t->schema, t->name);
    avro_str(out, kinds[c->kind]);
    avro_bytes(out, buf_slice(&id));
    buf_done(&id);
    buf_u8(out, c->kind == TABLE_DROPPED ? 0 : 2);
    if (c->kind != TABLE_DROPPED)
        put_table(p, t, out);
}

void plan_encode_schema_change(struct plan *p, enum plan_part part, const struct event *ev, struct buf *out)
{
    const struct schema_change *s = ev->schema;
    const struct table *first = s->nchanges ? s->changes[0].table : NULL;
    if (part == PLAN_KEY) {
        avro_str(out, s->database);
        return;
    }
    plan_settle_source(p, s->database, s->schema ? s->schema : "", first ? first->name : "");
    envelope_put_source(p, ev, out);
    avro_long(out, clock_wall_ns() / 1000000);
    avro_optional_str(out, s->database);
    avro_optional_str(out, s->schema);
    avro_optional_str(out, s->ddl);
    if (s->nchanges)
        avro_long(out, (int64_t)s->nchanges);
    for (size_t i = 0; i < s->nchanges; i++)
        put_change(p, &s->changes[i], out);
    avro_long(out, 0);
}
