#ifndef TAILRACE_VERIFY_SHAPE_H
#define TAILRACE_VERIFY_SHAPE_H
#include "encode/avro_schema.h"
#include "encode/plan.h"
#include "sink/avro_json.h"

/*
 * How values written with one schema are taken apart: which of their bytes are the row, and what
 * became of it. Values come from a topic that anybody may have written to: every read is bounded,
 * and work is limited by the value's length.
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

/* ROW_NONE: nothing of a row (a schema of another kind). */
enum said_what { ROW_NONE, ROW_IS, ROW_DELETED, ROW_TRUNCATED };
struct said {
    enum said_what what;
    struct slice row;           /* ROW_IS: in the value */
    struct slice db, schema, table;     /* of the source block; p == NULL: not said */
    /* Of the source block: what of it says where the change stands in the source's log. */
    int64_t lsn, txid;          /* 0: not said */
    struct slice file, gtid;    /* p == NULL: not said */
    int64_t pos;
};

/* enc: its envelope and flat fields say which fields are the row's. ERR_DATA: no schema of rows. */
struct shape *shape_new(int32_t id, const char *schema, const struct encode_options *enc,
                        struct err *err) must_check;
void shape_free(struct shape *s);

/* ERR_DATA: the bytes do not fit the schema. */
int shape_read(const struct shape *s, struct slice body, struct said *ret,
               struct err *err) must_check;

/*
 * The values of the row's fields as JSON, in their order, as `tailrace tail` prints them: in text,
 * which is emptied first. ret has room for nrow. ERR_DATA as above.
 */
int shape_values(const struct shape *s, struct slice row, struct buf *text, struct slice *ret,
                 struct err *err) must_check;

/* The field of the row with this name, or NULL. */
const struct avro_field *shape_field(const struct shape *s, const char *name);
#endif
