/* Makes a table of columns from Avro schemas: an Avro side looks like a database's for
 * comparison. */
#include <string.h>
#include "encode/avro_schema.h"
#include "report/side.h"

/* The column type that an Avro type most likely stands for, by the name that it carries. */
static enum col_type meaning_of(const struct avro_schema *s)
{
    static const struct { const char *name; enum col_type type;
    } names[] = {
        { "io.debezium.time.Date", COL_DATE },
        { "date", COL_DATE },
        { "org.apache.kafka.connect.data.Date", COL_DATE },
        { "io.debezium.time.Time", COL_TIME },
        { "io.debezium.time.MicroTime", COL_TIME },
        { "time-millis", COL_TIME },
        { "io.debezium.time.NanoTime", COL_TIME },
        { "time-micros", COL_TIME },
        { "org.apache.kafka.connect.data.Time", COL_TIME },
        { "io.debezium.time.Timestamp", COL_TIMESTAMP },
        { "io.debezium.time.MicroTimestamp", COL_TIMESTAMP },
        { "io.debezium.time.NanoTimestamp", COL_TIMESTAMP },
        { "local-timestamp-millis", COL_TIMESTAMP },
        { "local-timestamp-micros", COL_TIMESTAMP },
        { "org.apache.kafka.connect.data.Timestamp", COL_TIMESTAMP },
        { "timestamp-millis", COL_TIMESTAMPTZ },
        { "timestamp-micros", COL_TIMESTAMPTZ },
        { "io.debezium.time.ZonedTimestamp", COL_TIMESTAMPTZ },
        { "io.debezium.time.ZonedTime", COL_TIMETZ },
        { "io.debezium.time.MicroDuration", COL_INTERVAL },
        { "io.debezium.time.Year", COL_YEAR },
        { "uuid", COL_UUID },
        { "io.debezium.data.Uuid", COL_UUID },
        { "io.debezium.data.Json", COL_JSON },
        { "io.debezium.data.Xml", COL_XML },
        { "io.debezium.data.Enum", COL_ENUM },
        { "io.debezium.data.EnumSet", COL_SET },
        { "io.debezium.data.Bits", COL_BIT },
        { "io.debezium.data.VariableScaleDecimal", COL_DECIMAL },
    };
    static const enum col_type kinds[] = {
        [AVRO_K_NULL] = COL_UNKNOWN, [AVRO_K_BOOLEAN] = COL_BOOL,  [AVRO_K_INT] = COL_I32,
        [AVRO_K_LONG] = COL_I64,     [AVRO_K_FLOAT] = COL_F32,     [AVRO_K_DOUBLE] = COL_F64,
        [AVRO_K_BYTES] = COL_BYTES,  [AVRO_K_STRING] = COL_TEXT,   [AVRO_K_FIXED] = COL_BYTES,
        [AVRO_K_ENUM] = COL_TEXT,    [AVRO_K_ARRAY] = COL_UNKNOWN, [AVRO_K_MAP] = COL_JSON,
        [AVRO_K_RECORD] = COL_JSON,  [AVRO_K_UNION] = COL_UNKNOWN,
    };
    if (avro_schema_is_decimal(s))
        return COL_DECIMAL;
    const char *said[] = { s->meaning, s->logical, s->full_name };
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; said[k] && i < sizeof names / sizeof *names; i++)
            if (strcmp(said[k], names[i].name) == 0)
                return names[i].type;
    return kinds[s->kind];
}

/* Reads the labels of an enumeration; the schema has them joined by ','. */
static void read_labels(struct column *c, const struct avro_schema *s, struct arena *a)
{
    size_t n = 1, i = 0;
    if (!s->allowed)
        return;
    c->enum_allowed = s->allowed;
    for (const char *p = s->allowed; *p; p++)
        n += *p == ',';
    struct slice *labels = arena_alloc(a, n * sizeof *labels);
    for (const char *p = s->allowed; i < n; i++) {
        labels[i] = slice_of(p, strcspn(p, ","));
        p += labels[i].n + 1;
    }
    c->labels = labels;
    c->nlabels = (uint16_t)n;
}

/* The type's text with names without the topic: a feed with another prefix has other topics. */
static const char *type_text(const struct avro_schema *s, const char *topic, struct arena *a)
{
    const char *text = avro_schema_text(s, a);
    size_t n = strlen(topic);
    struct buf b = { 0 };
    for (const char *p = text; *p; p++)
        if ((p == text || p[-1] == ' ' || p[-1] == '[') && strncmp(p, topic, n) == 0 && p[n] == '.')
            p += n;
        else
            buf_u8(&b, (uint8_t)*p);
    const char *shown = arena_strdup(a, buf_cstr(&b));
    buf_done(&b);
    return shown;
}

static void read_field(struct column *c, const struct avro_field *f, const char *topic,
                       struct arena *a)
{
    bool nullable;
    const struct avro_schema *s = avro_schema_plain(f->type, &nullable), *item = s;
    struct column_about *about = memset(arena_alloc(a, sizeof *about), 0, sizeof *about);
    if (s->kind == AVRO_K_ARRAY) {
        bool items_nullable;
        item = avro_schema_plain(s->branches[0], &items_nullable);
    }
    *c = (struct column){ .name = f->name,
                          .type_name = type_text(s, topic, a),
                          .type = meaning_of(item),
                          .is_array = s->kind == AVRO_K_ARRAY,
                          .nullable = nullable,
                          .precision = -1,
                          .about = about };
    if (c->type == COL_DECIMAL && item->logical) {
        c->has_scale = true;
        c->precision = (int16_t)item->precision;
        c->scale = (int16_t)item->scale;
    }
    if (f->default_json && strcmp(f->default_json, "null") != 0)
        about->default_expression = f->default_json;
    read_labels(c, item, a);
}

/* The row inside an envelope. A flat record is the row itself. */
static const struct avro_schema *row_of(const struct avro_schema *s)
{
    bool nullable;
    for (size_t i = 0; s->kind == AVRO_K_RECORD && i < s->n; i++) {
        const struct avro_schema *t = avro_schema_plain(s->fields[i].type, &nullable);
        if (strcmp(s->fields[i].name, "before") == 0 && nullable && t->kind == AVRO_K_RECORD)
            return t;
    }
    return s;
}

static int read_key(struct arena *a, const char *text, struct table *t, struct err *err)
{
    const struct avro_schema *s;
    if (!text)
        return 0;
    if (avro_schema_parse(text, a, &s, err))
        return err_wrap(err, "key");
    uint16_t *key = arena_alloc(a, (s->n + 1) * sizeof *key);
    for (size_t k = 0; s->kind == AVRO_K_RECORD && k < s->n; k++)
        for (uint16_t i = 0; i < t->ncols; i++)
            if (strcmp(t->cols[i].name, s->fields[k].name) == 0)
                key[t->nkey++] = i;
    t->key = key;
    return 0;
}

/* Reads "prefix.schema.table": the last two parts, whatever the prefix. */
static void read_topic(struct arena *a, const char *topic, struct table *t)
{
    char *name = arena_strdup(a, topic), *dot = strrchr(name, '.');
    t->name = dot ? dot + 1 : name;
    t->schema = t->database = "";
    if (!dot)
        return;
    *dot = 0;
    char *before = strrchr(name, '.');
    t->schema = before ? before + 1 : name;
}

int avro_table(struct arena *a, const struct avro_subject *subject, const struct table **ret,
               struct err *err)
{
    const struct avro_schema *s;
    struct table *t = memset(arena_alloc(a, sizeof *t), 0, sizeof *t);
    if (avro_schema_parse(subject->value, a, &s, err))
        return -1;
    s = row_of(s);
    if (s->kind != AVRO_K_RECORD)
        return err_set(err, ERR_DATA, "its schema is not a record");
    struct column *cols = arena_alloc(a, (s->n + 1) * sizeof *cols);
    for (size_t i = 0; i < s->n; i++)
        if (strncmp(s->fields[i].name, "__", 2) != 0)
            read_field(&cols[t->ncols++], &s->fields[i], subject->topic, a);
    t->cols = cols;
    t->version = 1;
    read_topic(a, subject->topic, t);
    *ret = t;
    return read_key(a, subject->key, t, err);
}
