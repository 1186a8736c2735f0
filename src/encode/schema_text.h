#ifndef TAILRACE_ENCODE_SCHEMA_TEXT_H
#define TAILRACE_ENCODE_SCHEMA_TEXT_H
#include "encode/step.h"

/* Fields of a record schema, as the text that is registered. type: its JSON, quoted twice where it
 * is a name. */
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define STRING(name) FIELD(name, "\"string\"")
#define LONG(name) FIELD(name, "\"long\"")
#define INT(name) FIELD(name, "\"int\"")
#define OPT(name, type) "{\"name\":\"" name "\",\"type\":[\"null\"," type "],\"default\":null}"
#define OPT_STRING(name) OPT(name, "\"string\"")
#define OPT_LONG(name) OPT(name, "\"long\"")
#define OPT_INT(name) OPT(name, "\"int\"")

/* schema.c: closes the fields, and says the connector's own name and version (0: none) of the
 * record, where types are its. */
void schema_end_record(const struct plan *p, const char *full_name, int version, struct buf *out);
#endif
