/* Records of schema changes: their schemas, and their values from an EV_SCHEMA event. */
#include <stdio.h>
#include "base/avro.h"
#include "base/clock.h"
#include "encode/schema_text.h"

/*
 * What happened to tables, in the form of the connector's MySQL schema-change records (a PostgreSQL
 * connector writes none): source, the statement if it is known, and each table as it is afterwards.
 */
#define STRINGS "{\"type\":\"array\",\"items\":\"string\"}"

static const char change_head[] =
    LONG("ts_ms") "," OPT_STRING("databaseName") "," OPT_STRING("schemaName") "," OPT_STRING("ddl")
    ",{\"name\":\"tableChanges\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\","
    "\"name\":\"Change\","
    "\"namespace\":\"io.debezium.connector.schema\",\"fields\":[" STRING("type") "," STRING("id")
    ",{\"name\":\"table\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Table\",\"fields\":["
    OPT_STRING("defaultCharsetName") ","
    OPT("primaryKeyColumnNames", STRINGS)
    ",{\"name\":\"columns\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\","
    "\"name\":\"Column\",\"fields\":[" STRING("name") "," INT("jdbcType") ","
    OPT_INT("nativeType") ","
    STRING("typeName") "," OPT_STRING("typeExpression") "," OPT_STRING("charsetName") ","
    OPT_INT("length") ","
    OPT_INT("scale") "," INT("position") "," OPT("optional", "\"boolean\"") ","
    OPT("autoIncremented", "\"boolean\"") "," OPT("generated", "\"boolean\"") ","
    OPT_STRING("comment") ","
    OPT_STRING("defaultValueExpression") "," OPT("enumValues", STRINGS);

static void end_record(const struct plan *p, const char *space, const char *name, struct buf *out)
{
    char full[80];
    snprintf(full, sizeof full, "io.debezium.connector.%s.%s", space, name);
    schema_end_record(p, full, 1, out);
}

static void begin_record(const struct plan *p, const char *name, struct buf *out)
{
    buf_printf(out,
               "{\"type\":\"record\",\"name\":\"%s\",\"namespace\":\"io.debezium.connector.%s\","
               "\"fields\":[",
               name, connector_name(p->opt->connector));
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
    p->topic = name_topic(&p->arena, opt->prefix, NULL,
                          opt->connector == CONNECTOR_POSTGRESQL ? "schema-changes" : NULL);
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

/* Quotes a label as a statement does: 'it''s'. */
static void put_quoted(struct slice label, struct buf *out)
{
    struct buf b = { 0 };
    buf_u8(&b, '\'');
    for (size_t i = 0; i < label.n; i++)
        switch (label.p[i]) {
        case '\'': buf_str(&b, "''"); break;
        case '\\': buf_str(&b, "\\\\"); break;
        case '\n': buf_str(&b, "\\n"); break;
        case '\r': buf_str(&b, "\\r"); break;
        case 0:    buf_str(&b, "\\0"); break;
        default:   buf_u8(&b, label.p[i]);
        }
    buf_u8(&b, '\'');
    avro_bytes(out, buf_slice(&b));
    buf_done(&b);
}

static void put_labels(const struct column *c, struct buf *out)
{
    buf_u8(out, c->nlabels ? 2 : 0);
    if (!c->nlabels)
        return;
    avro_long(out, c->nlabels);
    for (uint16_t i = 0; i < c->nlabels; i++)
        put_quoted(c->labels[i], out);
    avro_long(out, 0);
}

static void put_column(const struct plan *p, const struct column *c, uint16_t at, struct buf *out)
{
    char scratch[65];
    struct said_column s = said_column(p, c, scratch);
    avro_str(out, c->name);
    avro_long(out, s.jdbc_type);
    avro_optional_long(out, c->about && c->about->native, c->about ? (int32_t)c->about->native : 0);
    avro_str(out, s.type);
    avro_optional_str(out, s.expression);
    avro_optional_str(out, c->about ? c->about->charset : NULL);
    avro_optional_long(out, s.has_length, s.length);
    avro_optional_long(out, s.has_scale, s.scale);
    avro_long(out, at + 1);
    put_optional_bool(out, c->nullable);
    put_optional_bool(out, s.auto_increment);
    put_optional_bool(out, s.generated);
    avro_optional_str(out, s.comment);
    avro_optional_str(out, s.default_text);
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
    /* MySQL's comments are left out, as by the connector's default (include.schema.comments) */
    avro_optional_str(out, p->opt->connector == CONNECTOR_MYSQL ? NULL : t->comment);
}

/* The id is "schema"."table", for MySQL and MariaDB "database"."table". */
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

void plan_encode_schema_change(struct plan *p, enum plan_part part, const struct event *ev,
                               struct buf *out)
{
    const struct schema_change *s = ev->schema;
    if (part == PLAN_KEY) {
        avro_str(out, s->database);
        return;
    }
    plan_settle_source(p, s->database, s->schema ? s->schema : "", s->tables);
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
