#ifndef TAILRACE_ENCODE_AVRO_SCHEMA_H
#define TAILRACE_ENCODE_AVRO_SCHEMA_H
#include <stdbool.h>
#include <string.h>
#include "base/arena.h"
#include "base/cursor.h"
#include "base/err.h"

/* An Avro schema as a tree. Registered schemas are parsed into it, to compare them with the schemas
 * of a plan and to check values. */
enum avro_kind {
    AVRO_K_NULL,
    AVRO_K_BOOLEAN,
    AVRO_K_INT,
    AVRO_K_LONG,
    AVRO_K_FLOAT,
    AVRO_K_DOUBLE,
    AVRO_K_BYTES,
    AVRO_K_STRING,
    AVRO_K_FIXED,
    AVRO_K_ENUM,
    AVRO_K_ARRAY,
    AVRO_K_MAP,
    AVRO_K_RECORD,
    AVRO_K_UNION
};

struct avro_schema;
struct avro_field {
    const char *name;
    const char *const *aliases; /* NULL-terminated; NULL: none */
    const struct avro_schema *type;
    const char *default_json;   /* NULL: none */
};

struct avro_schema {
    enum avro_kind kind;
    const char *name, *full_name;   /* named types */
    const char *const *aliases;     /* full names; NULL: none */
    const struct avro_field *fields;    /* record */
    const struct avro_schema **branches;    /* union: n; array and map: one, the items' schema */
    const char *const *symbols;     /* enum, NULL-terminated */
    const char *symbol_default;     /* enum */
    size_t n;                       /* of fields, branches or symbols */
    long long size;                 /* fixed */
    const char *logical;            /* logicalType; NULL: none */
    int precision, scale;           /* decimal */
    const char *meaning;            /* connect.name; NULL: none */
    /* connect.parameters.allowed: an enumeration's labels; NULL: none */
    const char *allowed;
};

/* Strings and nodes live in a. ERR_DATA: text is no Avro schema, and err says why. */
int avro_schema_parse(const char *text, struct arena *a, const struct avro_schema **ret,
                      struct err *err) must_check;

/*
 * Moves the cursor past a value of this schema. The cursor becomes bad if the value does not fit,
 * or holds more than *steps values: a few bytes may ask for endless work. *steps counts down.
 */
void avro_pass(const struct avro_schema *s, struct cursor *c, int64_t *steps);
/* A value of n bytes may take AVRO_STEPS + n * AVRO_STEPS_A_BYTE steps. */
enum { AVRO_STEPS = 1000000, AVRO_STEPS_A_BYTE = 16 };

const char *avro_kind_name(enum avro_kind kind);

/* If s is a union of null and one other branch, that branch; else s itself. */
const struct avro_schema *avro_schema_plain(const struct avro_schema *s, bool *ret_nullable);

static inline bool avro_schema_is_decimal(const struct avro_schema *s)
{
    return s->logical && strcmp(s->logical, "decimal") == 0;
}

/* "decimal(10,2)", "io.debezium.time.Date (int)", "[null, string]": for people. */
const char *avro_schema_text(const struct avro_schema *s, struct arena *a);

/*
 * Can a reader with one schema read data written with another, by the Avro specification's "Schema
 * Resolution"? AVRO_MISREADS: it reads the data, but takes the value for another one (a decimal of
 * another scale, milliseconds for microseconds); a registry does not check that.
 */
enum avro_reading { AVRO_READS, AVRO_MISREADS, AVRO_REFUSES };
static inline enum avro_reading avro_worse(enum avro_reading a, enum avro_reading b)
{
    return a > b ? a : b;
}
typedef void avro_reason_fn(void *arg, enum avro_reading what, const char *path, const char *why);
enum avro_reading avro_resolve(const struct avro_schema *reader, const struct avro_schema *writer,
                               avro_reason_fn *say, void *arg);
#endif
