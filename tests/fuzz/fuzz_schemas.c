/* Schemas, answers of a registry and saved tables, as a stranger may write them. */
#include <stdio.h>
#include <stdlib.h>
#include "encode/avro_schema.h"
#include "encode/registry_client.h"
#include "fuzz.h"
#include "report/side.h"
#include "sink/avro_json.h"
#include "verify/shape.h"

static const char *any(const char *const *list, size_t n)
{
    return list[rnd(n)];
}

#define ANY(list) any(list, sizeof(list) / sizeof *(list))

long long edge(void)
{
    static const long long edges[] = { -2147483649, -32769, -1000,      -1,         0,
                                       1,           2,      38,         39,         64,
                                       65,          1000,   32767,      40000,      65535,
                                       65536,       200000, 2147483647, 4294967301, INT64_MAX };
    return edges[rnd(sizeof edges / sizeof *edges)];
}

/* ---- Avro ---- */

static void put_type(struct buf *b, int depth)
{
    static const char *const plain[] = {
        "\"null\"",
        "\"long\"",
        "\"string\"",
        "\"R0\"",
        "\"R1\"",
        "\"none\"",
        "7",
        "{}",
        "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",3]}",
        "{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}",
        "{\"type\":\"enum\",\"name\":\"E\"}",
        "\"bytes\"",
        ("{\"type\":\"enum\",\"name\":\"E1\",\"symbols\":[\"A\",\"B\"],\"default\":\"A\","
        "\"aliases\":[\"E\"]}"),
        "{\"type\":\"fixed\",\"name\":\"n.F1\",\"size\":4}",
        "\"n.F1\"",
        "\"Value\"",
        "\"int\"",
        "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\",\"connect.name\":\"c\"}"
    };
    uint64_t what = depth > 5 ? 0 : rnd(7);
    if (what < 2) {
        buf_str(b, ANY(plain));
    } else if (what == 2) {
        buf_printf(
            b, "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":%lld,\"scale\":%lld}",
            edge(), edge());
    } else if (what == 3) {
        buf_str(b, rnd(2) ? "{\"type\":\"array\",\"items\":" : "{\"type\":\"map\",\"values\":");
        put_type(b, depth + 1);
        buf_u8(b, '}');
    } else if (what == 4) {
        buf_str(b, "[\"null\",");
        put_type(b, depth + 1);
        buf_u8(b, ']');
    } else {
        buf_printf(b, "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[", (int)rnd(3));
        for (uint64_t n = rnd(3), i = 0; i <= n; i++) {
            buf_printf(b, "%s{%s\"type\":", i ? "," : "",
                       rnd(20) ? rnd(2) ? "\"name\":\"a\"," : "\"name\":\"b\"," : "");
            put_type(b, depth + 1);
            buf_str(b, rnd(2) ? "}" : ",\"default\":null}");
        }
        buf_str(b, "]}");
    }
}

void put_record(struct buf *b)
{
    static const char *const names[] = { "Value", "p.s.t.Value", "Envelope", "Key" };
    static const char *const fields[] = { "before", "after", "a", "b", "__deleted" };
    static const char *const tails[] = { "}", "}", ",\"default\":null}", ",\"default\":1}",
                                         ",\"aliases\":[\"b\",\"c\"]}" };
    buf_printf(b, "{\"type\":\"record\",\"name\":\"%s\",\"fields\":[", ANY(names));
    for (uint64_t n = rnd(5), i = 0; i <= n; i++) {
        bool optional = rnd(3) == 0;
        buf_printf(b, "%s{\"name\":\"%s\",\"type\":%s", i ? "," : "", fields[i],
                   optional ? "[\"null\"," : "");
        put_type(b, 1);
        buf_printf(b, "%s%s", optional ? "]" : "", ANY(tails));
    }
    buf_str(b, "]}");
}

static void feed_bytes(const char *schema)
{
    static const uint8_t bodies[][8] = { { 0 },
                                         { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
                                         { 2, 2, 2, 2, 2, 2, 2, 2 } };
    struct err err = { 0 };
    struct buf out = { 0 };
    struct slice in = make_input(slice_of(bodies[rnd(3)], 8));
    struct avro_json *a = avro_json_new(schema, &err);
    if (a)
        (void)!avro_json_print(a, in, &out, &err);
    avro_json_free(a);
    free_input(in);
    buf_done(&out);
}

void feed_avro(void)
{
    struct buf one = { 0 }, other = { 0 }, out = { 0 };
    struct arena a;
    struct err err = { 0 };
    const struct avro_schema *reader = NULL, *writer = NULL;
    arena_init(&a, 4096);
    put_type(&one, 0);
    put_type(&other, 0);
    if (!avro_schema_parse(buf_cstr(&one), &a, &reader, &err) &&
        !avro_schema_parse(buf_cstr(&other), &a, &writer, &err)) {
        (void)avro_resolve(reader, writer, NULL, NULL);
        (void)avro_schema_text(reader, &a);
    }
    registry_difference(buf_cstr(&one), buf_cstr(&other), &out);
    feed_bytes(buf_cstr(&one));
    arena_done(&a);
    buf_done(&one);
    buf_done(&other);
    buf_done(&out);
}

/* A row within its envelope, and its values; in schemas of strangers. */
void feed_shape(void)
{
    static const uint8_t bodies[][8] = { { 0 }, { 2, 2, 'a', 2, 2, 'c' }, { 2, 0, 0, 2, 'd' } };
    struct encode_options enc = { .envelope = rnd(2) ? ENVELOPE_FLAT : ENVELOPE_DEBEZIUM };
    struct buf schema = { 0 }, text = { 0 };
    struct err err = { 0 };
    struct said said;
    bool wrap = enc.envelope == ENVELOPE_DEBEZIUM;
    buf_str(&schema, wrap ? "{\"type\":\"record\",\"name\":\"E\",\"fields\":["
                            "{\"name\":\"after\",\"type\":[\"null\"," : "");
    put_record(&schema);
    buf_str(&schema, wrap ? "]},{\"name\":\"op\",\"type\":\"string\"}]}" : "");
    struct shape *s = shape_new(1, buf_cstr(&schema), &enc, &err);
    struct slice in = make_input(slice_of(bodies[rnd(3)], 8));
    if (s && !shape_read(s, in, &said, &err) && said.what == ROW_IS) {
        struct slice *values = calloc(s->nrow + 1, sizeof *values);
        (void)!shape_values(s, said.row, &text, values, &err);
        free(values);
    }
    shape_free(s);
    free_input(in);
    buf_done(&schema);
    buf_done(&text);
}

/* ---- a registry ---- */

void feed_registry(void)
{
    char text[100];
    int32_t id;
    snprintf(text, sizeof text, "{\"id\": %lld, \"version\": 1, \"schema\": \"\\\"long\\\"\"}",
             edge());
    struct slice in = rnd(2) ? make_input(slice_str(text)) : make_input(slice_str("<html>"));
    if (registry_id_of(in, &id) != (id > 0))
        die("an id that is none was taken");
    free_input(in);
}

/* ---- saved tables ---- */

static void put_column(struct buf *b, int i)
{
    static const char *const meanings[] = {
        "bit",       "decimal", "int32", "text",     "bytes", "enum", "set",    "timestamp",
        "time-span", "year",    "uuid",  "interval", "point", "json", "nothing"
    };
    static const char *const defaults[] = {
        "",
        ",\"defaultKind\":\"literal\"",
        ",\"defaultKind\":\"computed\"",
        ",\"defaultKind\":\"literal\",\"defaultValue\":\"0x4\"",
        ",\"defaultKind\":\"literal\",\"defaultValue\":\"1.5\"",
        ",\"defaultKind\":\"literal\",\"defaultValue\":\"b'1'\"",
        ",\"defaultKind\":\"literal\",\"defaultValue\":\"a\\u0000b\""
    };
    buf_printf(b, "%s{%s\"type\":\"x\",\"meaning\":\"%s\",\"nullable\":%s,\"array\":%s%s",
               i ? "," : "", rnd(30) ? i ? "\"name\":\"b\"," : "\"name\":\"a\"," : "",
               ANY(meanings), rnd(2) ? "true" : "false", rnd(4) ? "false" : "true", ANY(defaults));
    if (rnd(2))
        buf_printf(b, ",\"length\":%lld", edge());
    if (rnd(2))
        buf_printf(b, ",\"precision\":%lld,\"scale\":%lld", edge(), edge());
    if (rnd(3) == 0)
        buf_printf(b, ",\"pad\":%lld", edge());
    if (rnd(3) == 0)
        buf_str(b, ",\"labels\":[\"a\",7,\"b\"]");
    buf_u8(b, '}');
}

void put_side(struct buf *b)
{
    static const char *const dialects[] = { "PostgreSQL", "MySQL", "MariaDB", "Avro", "?" };
    static const char *const keys[] = {
        "", "\"a\"", "\"a\",\"a\"", "\"a\",\"b\"", "\"b\",\"b\",\"b\"", "7", "\"c\""
    };
    buf_printf(b,
               "{\"format\":\"tailrace-database-1\",\"dialect\":\"%s\",\"database\":\"d\","
               "\"tables\":[{\"schema\":\"s\","
               "\"name\":\"t\",\"key\":[%s],\"columns\":[",
               ANY(dialects), ANY(keys));
    for (int i = 0; i < 2; i++)
        put_column(b, i);
    buf_str(b, "]}]}");
}

void feed_saved(void)
{
    struct encode_options opt = { .prefix = "p",
                                  .version = "0",
                                  .placeholder = "x",
                                  .types = rnd(2) ? TYPES_AVRO : TYPES_CONNECT,
                                  .decimal = (enum decimal_style)rnd(3),
                                  .time = (enum time_style)rnd(5),
                                  .unknown = UNKNOWN_SKIP };
    struct buf text = { 0 };
    struct arena a;
    struct err err = { 0 };
    struct side *side = NULL;
    arena_init(&a, 4096);
    put_side(&text);
    struct slice in = rnd(4) ? slice_of(memcpy(malloc(text.n), text.p, text.n), text.n)
                             : make_input(buf_slice(&text));
    if (!side_load(&a, in, "saved", &side, &err))
        for (size_t i = 0; i < side->n; i++)
            side_compile(side, &side->tables[i], &opt, &a);
    free_input(in);
    arena_done(&a);
    buf_done(&text);
}
