#ifndef TAILRACE_VERIFY_SHAPE_H
#define TAILRACE_VERIFY_SHAPE_H
#include "encode/avro_schema.h"
#include "encode/plan.h"
#include "sink/avro_json.h"

/*
 * Takes values of one schema apart: which of their bytes are the row, and what became of the row.
 * Anybody may have written values to a topic: every read is bounded, and the value's length limits
 * the work.
 */
struct shape {
    int32_t id;                 /* in the registry; 0: not registered */
    struct arena arena;
    const struct avro_schema *value;
    const struct avro_schema *row;      /* debezium: the row's record; flat: the value itself, */
    size_t nrow;                        /* whose first nrow fields are the row */
    bool debezium;
    struct avro_json *json;     /* of the row alone */
    struct shape *next;
};

/* ROW_NONE: the value says nothing of a row (its schema is of another kind). */
enum said_what { ROW_NONE, ROW_IS, ROW_DELETED, ROW_TRUNCATED };
struct said {
    enum said_what what;
    struct slice row;           /* ROW_IS: the row's bytes, within the value */
    struct slice db, schema, table;     /* from the source block; p == NULL: not there */
    /* From the source block: where the change stands in the source's log. */
    int64_t lsn, txid;          /* 0: not there */
    struct slice file, gtid;    /* p == NULL: not there */
    int64_t pos;
};

/*
 * enc: its envelope and flat fields tell which fields are the row's. ERR_DATA: the schema is of no
 * rows.
 */
struct shape *shape_new(int32_t id, const char *schema, const struct encode_options *enc,
                        struct err *err) must_check;
void shape_free(struct shape *s);

/* ERR_DATA: the bytes do not fit the schema. */
int shape_read(const struct shape *s, struct slice body, struct said *ret,
               struct err *err) must_check;

/*
 * Writes the row's fields as JSON, in their order, as `tailrace tail` prints them. They point into
 * text, which is emptied first. ret has room for nrow. ERR_DATA: the bytes do not fit the schema.
 */
int shape_values(const struct shape *s, struct slice row, struct buf *text, struct slice *ret,
                 struct err *err) must_check;

/* The field of the row with this name, or NULL. */
const struct avro_field *shape_field(const struct shape *s, const char *name);
#endif
