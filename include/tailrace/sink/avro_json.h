#ifndef TAILRACE_SINK_AVRO_JSON_H
#define TAILRACE_SINK_AVRO_JSON_H
#include "base/buf.h"
#include "base/err.h"

/* Reads Avro bodies written with one schema and prints them as JSON, for people. */
struct avro_json;
struct avro_json *avro_json_new(const char *schema, struct err *err) must_check;
int avro_json_print(struct avro_json *a, struct slice body, struct buf *out,
                    struct err *err) must_check;
void avro_json_free(struct avro_json *a);
#endif
