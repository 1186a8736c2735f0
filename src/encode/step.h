#ifndef TAILRACE_ENCODE_STEP_H
#define TAILRACE_ENCODE_STEP_H
#include "base/arena.h"
#include "encode/avro_schema.h"
#include "encode/choices.h"
#include "encode/ops.h"

/* One column's part of a plan: all that can be settled before the first row. */
struct step {
    const struct column *col;
    const struct op *op;
    op_fn *fn;                  /* op's function for the column's form; for an array: of elements */
    /* writes a decimal's digits, whatever its Avro form is; NULL: not a decimal in Avro */
    op_fn *digits;
    uint16_t at;                /* column index in the row */
    const char *field;          /* Avro field name */
    const char *default_json;   /* NULL: none */
    bool value_first;           /* nullable with a default: the union is [T, null] */
    struct slice absent;        /* Avro body for a required value that is not there */
    /* Avro body for a required value that the Avro type cannot hold */
    struct slice unsaid;
    /* for an array whose elements cannot be null: the body for an element that is null */
    struct slice absent_item;
    struct slice placeholder;   /* Avro body for an unchanged TOAST value */
    bool left_out;              /* not in the value; perhaps in the key */
    const struct column_edit *edit; /* NULL: none */
    bool edited;                /* the edit changes the values too, not only the schema */
    bool null_as_default;       /* compat.null-as-default, and the column has a default */
    uint64_t lost;              /* how many values the Avro type could not hold */
};

struct plan {
    struct arena arena;
    const struct encode_options *opt;
    struct slice placeholder;       /* opt's, as bytes */
    bool placeholder_is_bytes;      /* given as hex: */
    const struct table *table;      /* NULL: logical messages */
    struct step *steps;
    uint16_t nsteps;
    struct step **key;              /* in key order */
    uint16_t nkey;
    const struct avro_schema *key_schema;    /* parsed when it is first needed; NULL: not yet */
    const char *topic, *name_space;
    const char *own_topic;          /* before topics.route; NULL: the topic is no table's */
    const char *schema[2];          /* enum plan_part */
    enum service service;           /* plan_compile_service() */
    bool schema_change;             /* plan_compile_schema_change() */
    /* logical messages: the op of their content, bytes in the form of types.binary */
    const struct op *content;
    struct buf source;              /* what plan_settle_source() wrote; its parts are: */
    struct slice source_head;       /* version, connector, name */
    struct slice source_db, source_table;
};

/* array.c: writes a whole array, flattened, as an Avro array of s's elements. */
enum op_result array_encode(const struct step *s, struct slice v, struct buf *out, struct err *err);
bool array_items_nullable(const struct step *s);

/* envelope.c, flat.c: the two envelopes */
#define SNAPSHOT_ALLOWED                                                                           \
    "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"
void schema_flat_fields(const struct plan *p, struct buf *out);
/* The option that adds a field of this name to flat records; NULL: none does. */
const char *flat_field_of(const struct encode_options *opt, const char *field);
int flat_value(const struct plan *p, char op, const struct event *ev, struct buf *out,
               struct err *err) must_check;

/*
 * source_block.c: which change a record is about, in the form of the connector that
 * options->connector names.
 * inside: the block is within a record of the same namespace, so the namespace is left out.
 */
void schema_source(const struct plan *p, bool inside, struct buf *out);
/* table NULL: MySQL, for a change without a table */
void plan_settle_source(struct plan *p, const char *db, const char *schema, const char *table);
void envelope_put_source(const struct plan *p, const struct event *ev, struct buf *out);
/* with its union branch */
void source_put_sequence(const struct plan *p, const struct event *ev, struct buf *out);
const char *source_snapshot_mark(const struct event *ev);
/* the time of the commit; a binlog's snapshot knows only the second */
int64_t source_us(const struct event *ev);
struct binlog_place source_place(const struct event *ev);
/* puts table and position in front of the text of err */
int source_fail(const struct plan *p, const struct event *ev, struct err *err);

/* names.c */
const char *name_topic(struct arena *a, const char *prefix, const char *schema, const char *table);
bool name_is_topic(const char *name);      /* Kafka takes this name */
const char *name_space(struct arena *a, const char *topic, enum name_style style);
const char *name_field(struct arena *a, const char *column, enum name_style style);

/* schema.c */
void schema_key(const struct plan *p, struct buf *out);
void schema_value(const struct plan *p, struct buf *out);
void schema_service(const struct plan *p, enum plan_part part, struct buf *out);   /* service.c */

/* schema_change_column.c: what a schema change's record tells about a column beyond its name.
 * Strings are borrowed, some from scratch. */
struct said_column {
    int jdbc_type;
    const char *type, *expression;
    bool has_length, has_scale, auto_increment, generated;
    int length, scale;
    const char *default_text, *comment;     /* NULL: none */
};
struct said_column said_column(const struct plan *p, const struct column *c, char scratch[65]);

void schema_message_key(const struct plan *p, struct buf *out);
void schema_message_value(const struct plan *p, struct buf *out);
/* Writes an Avro value of a simple type as JSON; false when JSON cannot hold it. */
bool schema_json_of(enum avro_type type, struct slice body, struct buf *out);

/* plan.c */
struct plan *plan_new(const struct encode_options *opt);
const char *plan_text(struct plan *p, void (*write)(const struct plan *, struct buf *));

/* step.c: the content of a logical message, as a column */
extern const struct column message_content;

/* step.c: writes the cell with its union branch. step_put(): edited as columns.* say;
 * step_put_key(): as the key has it. */
int step_put(struct step *s, const struct cell *cell, struct buf *out, struct err *err) must_check;
int step_put_key(struct step *s, const struct cell *cell, struct buf *out,
                 struct err *err) must_check;
/* Whether both cells have the same bytes in a key. A cell without a value equals only its like. */
bool step_same_key(const struct step *s, const struct cell *a, const struct cell *b);
/* Writes the row without its union branch, for both envelopes. */
int step_put_row(const struct plan *p, struct row r, struct buf *out, struct err *err) must_check;
/* The same for a row whose key alone is known. plan_check_key() has accepted these bytes. */
int step_put_gone(const struct plan *p, struct slice key, struct buf *out, struct err *err)
    must_check;
#endif
