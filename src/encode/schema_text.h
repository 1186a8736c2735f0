#ifndef TAILRACE_ENCODE_SCHEMA_TEXT_H
#define TAILRACE_ENCODE_SCHEMA_TEXT_H
#include "encode/step.h"

/* Fields of a record schema, as the text that is registered. type: its JSON; a type's name
 * therefore has quotes of its own. */
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define STRING(name) FIELD(name, "\"string\"")
#define LONG(name) FIELD(name, "\"long\"")
#define INT(name) FIELD(name, "\"int\"")
#define OPT(name, type) "{\"name\":\"" name "\",\"type\":[\"null\"," type "],\"default\":null}"
#define OPT_STRING(name) OPT(name, "\"string\"")
#define OPT_LONG(name) OPT(name, "\"long\"")
#define OPT_INT(name) OPT(name, "\"int\"")

/* schema.c: closes the fields. With types: connect, adds the connector's name of the record and its
 * version (0: none). */
void schema_end_record(const struct plan *p, const char *full_name, int version, struct buf *out);
#endif
