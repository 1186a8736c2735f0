/* Writes a plan's Avro schemas as text, from its steps; a registry gets them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/avro.h"
#include "encode/schema_text.h"

/*
 * Fields and properties have the order that Confluent's AvroData writes: a registry compares text,
 * and consumers read the connect.* properties. avro-c would drop properties that it does not know.
 */
static const char *const type_names[] = { "boolean", "int",    "long", "float", "double", "bytes",
                                          "string",  "record", "map",  "array", "array" };

static void put_name(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_json_str(out, slice_str(value));
}

/* Columns that an edit's pattern takes carry the edit in their schema, whether or not it can change
 * their values. */
static void put_edit(const struct step *s, struct buf *out)
{
    if (s->edit->kind == EDIT_TRUNCATE)
        buf_printf(out, "\"truncateLength\":\"%d\"}", s->edit->length);
    else
        buf_str(out, "\"masked\":\"true\"}");
}

/* Labels joined by commas. MySQL's connector escapes a comma in a label, PostgreSQL's does not. */
static void put_allowed(const struct column *c, struct buf *out)
{
    struct buf all = { 0 };
    /* PostgreSQL's labels are joined already */
    buf_str(&all, c->enum_allowed ? c->enum_allowed : "");
    for (uint16_t i = 0; i < c->nlabels && !c->enum_allowed; i++) {
        buf_str(&all, i ? "," : "");
        for (size_t k = 0; k < c->labels[i].n; k++) {
            buf_str(&all, c->labels[i].p[k] == ',' ? "\\" : "");
            buf_u8(&all, c->labels[i].p[k]);
        }
    }
    buf_json_str(out, buf_slice(&all));
    buf_done(&all);
}

/* Writes the type's own parameters, without the closing brace. False: it has none. */
static bool put_parameters(const struct step *s, struct buf *out)
{
    const struct column *c = s->col;
    if (op_is_decimal(s->op)) {
        buf_printf(out, ",\"connect.parameters\":{\"scale\":\"%d\"", op_decimal_shape(c).scale);
        if (c->type != COL_MONEY)
            buf_printf(out, ",\"connect.decimal.precision\":\"%d\"", op_decimal_shape(c).precision);
    } else if (c->type == COL_ENUM || c->type == COL_SET) {
        buf_str(out, ",\"connect.parameters\":{\"allowed\":");
        put_allowed(c, out);
    } else if (c->type == COL_BIT && s->op->name) {
        buf_printf(out, ",\"connect.parameters\":{\"length\":\"%d\"",
                   c->length ? c->length : INT32_MAX);
    } else {
        return false;
    }
    return true;
}

static void put_all_parameters(const struct step *s, bool edit, struct buf *out)
{
    bool own = s->op->name && put_parameters(s, out);
    if (edit) {
        buf_str(out, own ? "," : ",\"connect.parameters\":{");
        put_edit(s, out);
    } else if (own) {
        buf_u8(out, '}');
    }
}

/* A named record is written out once in a schema. After that, only its name is written. */
static const struct record { enum col_type type; const char *text;
} records[] = {
    { COL_DECIMAL, "{\"type\":\"record\",\"name\":\"VariableScaleDecimal\",\"namespace\":\"io."
                   "debezium.data\",\"fields\":["
                   "{\"name\":\"scale\",\"type\":\"int\"},{\"name\":\"value\",\"type\":\"bytes\"}],"
                   "\"connect.doc\":\"Variable scaled decimal\"" },
    { COL_POINT, "{\"type\":\"record\",\"name\":\"Point\",\"namespace\":\"io.debezium.data."
                 "geometry\",\"fields\":["
                 "{\"name\":\"x\",\"type\":\"double\"},{\"name\":\"y\",\"type\":\"double\"},"
                 "{\"name\":\"wkb\",\"type\":[\"null\",\"bytes\"],\"default\":null},"
                 "{\"name\":\"srid\",\"type\":[\"null\",\"int\"],\"default\":null}],\"connect."
                 "doc\":\"Geometry (POINT)\"" },
    { COL_GEOMETRY, "{\"type\":\"record\",\"name\":\"Geometry\",\"namespace\":\"io.debezium.data."
                    "geometry\",\"fields\":["
                    "{\"name\":\"wkb\",\"type\":\"bytes\"},{\"name\":\"srid\",\"type\":[\"null\","
                    "\"int\"],\"default\":null}],\"connect.doc\":\"Geometry\"" },
    { COL_GEOGRAPHY, "{\"type\":\"record\",\"name\":\"Geography\",\"namespace\":\"io.debezium.data."
                     "geometry\",\"fields\":["
                     "{\"name\":\"wkb\",\"type\":\"bytes\"},{\"name\":\"srid\",\"type\":[\"null\","
                     "\"int\"],\"default\":null}],\"connect.doc\":\"Geography\"" },
    { COL_SPARSEVEC, "{\"type\":\"record\",\"name\":\"SparseDoubleVector\",\"namespace\":\"io."
                     "debezium.data\",\"fields\":["
                     "{\"name\":\"dimensions\",\"type\":{\"type\":\"int\",\"connect.type\":"
                     "\"int16\"}},{\"name\":\"vector\",\"type\":{\"type\":\"array\","
                     "\"items\":{\"type\":\"record\",\"name\":\"MapEntry\",\"namespace\":\"io."
                     "confluent.connect.avro\",\"fields\":["
                     "{\"name\":\"key\",\"type\":{\"type\":\"int\",\"connect.type\":\"int16\"}},{"
                     "\"name\":\"value\",\"type\":\"double\"}]}}}],"
                     "\"connect.doc\":\"Sparse double vector\"" },
};

struct seen { bool type[COL_TYPES]; };

static void put_record(const struct step *s, bool edit, struct seen *seen, struct buf *out)
{
    const struct record *r = records;
    if (seen->type[s->col->type]) {
        buf_printf(out, "\"%s\"", s->op->name);
        return;
    }
    seen->type[s->col->type] = true;
    while (r->type != s->col->type)
        r++;
    buf_str(out, r->text);
    buf_str(out, ",\"connect.version\":1");
    if (edit) {
        buf_str(out, ",\"connect.parameters\":{");
        put_edit(s, out);
    }
    put_name(out, "connect.name", s->op->name);
    buf_u8(out, '}');
}

static void put_scalar(const struct plan *p, const struct step *s, const char *default_json,
                       bool edit, struct seen *seen, struct buf *out)
{
    const struct op *op = s->op;
    bool connect = p->opt->types == TYPES_CONNECT;
    const char *doc = connect ? s->col->comment : NULL;
    edit = edit && connect;
    if (op->avro == AVRO_T_RECORD) {
        put_record(s, edit, seen, out);
        return;
    }
    const char *of = op->avro == AVRO_T_MAP       ? ",\"values\":[\"null\",\"string\"]"
                     : op->avro == AVRO_T_DOUBLES ? ",\"items\":\"double\""
                     : op->avro == AVRO_T_FLOATS  ? ",\"items\":\"float\""
                                                  : "";
    if (!(connect && (op->name || op->connect || default_json || edit || doc)) && !op->logical &&
        !*of) {
        buf_printf(out, "\"%s\"", type_names[op->avro]);
        return;
    }
    buf_printf(out, "{\"type\":\"%s\"%s", type_names[op->avro], of);
    if (op_is_decimal(op))
        buf_printf(out, ",\"scale\":%d,\"precision\":%d", op_decimal_shape(s->col).scale,
                   op_decimal_shape(s->col).precision);
    if (doc)
        put_name(out, "connect.doc", doc);
    if (connect && op->name)
        buf_str(out, ",\"connect.version\":1");
    if (connect)
        put_all_parameters(s, edit, out);
    if (connect && default_json)
        buf_printf(out, ",\"connect.default\":%s", default_json);
    if (connect && op->name)
        put_name(out, "connect.name", op->name);
    if (connect && op->connect)
        put_name(out, "connect.type", op->connect);
    if (op->logical)
        put_name(out, "logicalType", op->logical);
    buf_u8(out, '}');
}

static void put_type(const struct plan *p, const struct step *s, bool edit, struct seen *seen,
                     struct buf *out)
{
    if (!s->col->is_array) {
        put_scalar(p, s, s->default_json, edit, seen, out);
        return;
    }
    bool nullable = array_items_nullable(s);
    buf_printf(out, "{\"type\":\"array\",\"items\":%s", nullable ? "[\"null\"," : "");
    put_scalar(p, s, NULL, false, seen, out);
    buf_str(out, nullable ? "]" : "");
    /* the connector's schema of boolean[] is a constant, without parameters */
    if (edit && p->opt->types == TYPES_CONNECT && s->col->type != COL_BOOL) {
        buf_str(out, ",\"connect.parameters\":{");
        put_edit(s, out);
    }
    buf_u8(out, '}');
}

static void put_field(const struct plan *p, const struct step *s, bool edit, struct seen *seen,
                      struct buf *out)
{
    buf_printf(out, "{\"name\":\"%s\",\"type\":", s->field);
    bool nullable = s->col->nullable;
    if (nullable)
        buf_str(out, s->value_first ? "[" : "[\"null\",");
    put_type(p, s, edit, seen, out);
    if (nullable)
        buf_str(out, s->value_first ? ",\"null\"]" : "]");
    if (s->default_json)
        buf_printf(out, ",\"default\":%s", s->default_json);
    else if (nullable)
        buf_str(out, ",\"default\":null");
    buf_u8(out, '}');
}

void schema_end_record(const struct plan *p, const char *full_name, int version, struct buf *out)
{
    buf_u8(out, ']');
    if (p->opt->types == TYPES_CONNECT) {
        if (version)
            buf_printf(out, ",\"connect.version\":%d", version);
        put_name(out, "connect.name", full_name);
    }
    buf_u8(out, '}');
}

static void end_row(const struct plan *p, const char *record, struct buf *out)
{
    char full[600];
    snprintf(full, sizeof full, "%s.%s", p->name_space, record);
    schema_end_record(p, full, 0, out);
}

static void put_row_fields(const struct plan *p, struct buf *out)
{
    struct seen seen = { 0 };
    const char *comma = "";
    for (const struct step *s = p->steps; s < p->steps + p->nsteps; s++)
        if (!s->left_out) {
            buf_str(out, comma);
            put_field(p, s, s->edit != NULL, &seen, out);
            comma = ",";
        }
}

void schema_key(const struct plan *p, struct buf *out)
{
    struct seen seen = { 0 };
    buf_printf(out, "{\"type\":\"record\",\"name\":\"Key\",\"namespace\":\"%s\",\"fields\":[",
               p->name_space);
    for (uint16_t i = 0; i < p->nkey; i++) {
        buf_str(out, i ? "," : "");
        put_field(p, p->key[i], false, &seen, out);
    }
    end_row(p, "Key", out);
}

static void put_transaction(const struct plan *p, struct buf *out)
{
    buf_str(out,
            "{\"name\":\"transaction\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"block\","
            "\"namespace\":\"event\","
            "\"fields\":[" STRING("id") "," LONG("total_order") "," LONG("data_collection_order"));
    schema_end_record(p, "event.block", 1, out);
    buf_str(out, "],\"default\":null}");
}

static void debezium_schema(const struct plan *p, struct buf *out)
{
    buf_printf(out,
               "{\"type\":\"record\",\"name\":\"Envelope\",\"namespace\":\"%s\",\"fields\":["
               "{\"name\":\"before\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Value\","
               "\"fields\":[",
               p->name_space);
    put_row_fields(p, out);
    end_row(p, "Value", out);
    buf_str(
        out,
        "],\"default\":null},{\"name\":\"after\",\"type\":[\"null\",\"Value\"],\"default\":null},");
    schema_source(p, false, out);
    buf_u8(out, ',');
    put_transaction(p, out);
    buf_str(out,
            "," STRING("op") "," OPT_LONG("ts_ms") "," OPT_LONG("ts_us") "," OPT_LONG("ts_ns"));
    char full[600];
    snprintf(full, sizeof full, "%s.Envelope", p->name_space);
    schema_end_record(p, full, 2, out);
}

static void flat_schema(const struct plan *p, struct buf *out)
{
    buf_printf(out, "{\"type\":\"record\",\"name\":\"Value\",\"namespace\":\"%s\",\"fields\":[",
               p->name_space);
    put_row_fields(p, out);
    schema_flat_fields(p, out);
    end_row(p, "Value", out);
}

void schema_value(const struct plan *p, struct buf *out)
{
    if (p->opt->envelope == ENVELOPE_FLAT)
        flat_schema(p, out);
    else
        debezium_schema(p, out);
}

void schema_message_key(const struct plan *p, struct buf *out)
{
    buf_str(out, "{\"type\":\"record\",\"name\":\"MessageKey\",\"namespace\":\"io.debezium."
                 "connector.postgresql\",\"fields\":[" OPT_STRING("prefix"));
    schema_end_record(p, "io.debezium.connector.postgresql.MessageKey", 1, out);
}

void schema_message_value(const struct plan *p, struct buf *out)
{
    buf_str(out, "{\"type\":\"record\",\"name\":\"MessageValue\",\"namespace\":\"io.debezium."
                 "connector.postgresql\","
                 "\"fields\":[" STRING("op") "," OPT_LONG("ts_ms") ",");
    schema_source(p, true, out);
    buf_u8(out, ',');
    put_transaction(p, out);
    buf_str(out, ",{\"name\":\"message\",\"type\":{\"type\":\"record\",\"name\":\"Message\","
                 "\"fields\":[" OPT_STRING("prefix") ",{\"name\":\"content\",\"type\":[\"null\",");
    buf_printf(out, "\"%s\"],\"default\":null}", type_names[p->content->avro]);
    schema_end_record(p, "io.debezium.connector.postgresql.Message", 1, out);
    buf_u8(out, '}');
    schema_end_record(p, "io.debezium.connector.postgresql.MessageValue", 1, out);
}

/* ---- Avro body to JSON, for defaults and key headers ---- */

static void put_latin1(struct slice s, struct buf *out)
{
    buf_u8(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            buf_printf(out, "\\u%04x", c);
        else
            buf_u8(out, c);
    }
    buf_u8(out, '"');
}

/* Prints the fewest digits that read back as the same number. */
static void shortest(double d, bool single, char *to, size_t size)
{
    for (int digits = 0; digits < 17; digits++) {
        snprintf(to, size, "%.*e", digits, d);
        if (single ? (double)strtof(to, NULL) == d : strtod(to, NULL) == d)
            return;
    }
}

/* As Java prints it: 1.5, 100.0; from ten million on, and below a thousandth, as 1.0E10. */
static bool put_double(double d, bool single, struct buf *out)
{
    char text[40];
    if (!isfinite(d))
        return false;
    shortest(d, single, text, sizeof text);
    char *e = strchr(text, 'e');
    int power = atoi(e + 1),
        digits = (int)(e - text) - (text[0] == '-') - (strchr(text, '.') ? 1 : 0);
    double size = fabs(d);
    if (size == 0 || (size >= 1e-3 && size < 1e7))
        buf_printf(out, "%.*f", digits - 1 - power > 1 ? digits - 1 - power : 1, d);
    else
        buf_printf(out, "%.*s%sE%d", (int)(e - text), text, digits == 1 ? ".0" : "", power);
    return true;
}

bool schema_json_of(enum avro_type type, struct slice body, struct buf *out)
{
    struct cursor c = cursor_over(body);
    float f = 0;
    double d = 0;
    switch (type) {
    case AVRO_T_BOOLEAN:
        buf_str(out, cursor_u8(&c) ? "true" : "false");
        return true;
    case AVRO_T_INT:
    case AVRO_T_LONG:
        buf_printf(out, "%lld", (long long)avro_read_long(&c));
        return true;
    case AVRO_T_FLOAT:
        memcpy(&f, body.p, sizeof f);
        return put_double((double)f, true, out);
    case AVRO_T_DOUBLE:
        memcpy(&d, body.p, sizeof d);
        return put_double(d, false, out);
    case AVRO_T_BYTES:
        put_latin1(avro_read_bytes(&c), out);
        return true;
    case AVRO_T_STRING:
        buf_json_str(out, avro_read_bytes(&c));
        return true;
    default:
        return false;
    }
}
