#ifndef TAILRACE_REPORT_SIDE_H
#define TAILRACE_REPORT_SIDE_H
#include "base/arena.h"
#include "encode/plan.h"

/* One side of a comparison: a database's tables, or tables that Avro schemas describe. */
enum dialect {
    DIALECT_AVRO,
    DIALECT_POSTGRESQL,
    DIALECT_MYSQL,
    DIALECT_MARIADB,
    DIALECT_DUCKDB,
    DIALECT_CLICKHOUSE,
    DIALECT_BIGQUERY
};

struct side_table {
    const struct table *table;  /* Avro side: its fields as columns */
    const char *topic;
    const char *schema[2];      /* enum plan_part. NULL: no key; or not compiled yet; or problem */
    const char *problem;        /* why there is no Avro form; NULL: none */
    bool compiled;
};

struct side {
    const char *label;          /* "PostgreSQL 17.2, database shop": for people */
    const char *identity;       /* the database that the tables' ids belong to; NULL: not known */
    enum dialect dialect;
    /* a sink's tables: their keys, defaults and comments are not compared */
    bool copy;
    /* from MySQL's records of schema changes, which hold no comments and no expressions */
    bool recorded;
    struct side_table *tables;  /* sorted by schema and name */
    size_t n;
};

const char *dialect_name(enum dialect d);
/* The dialect of a server's name ("PostgreSQL 17.2"). */
enum dialect dialect_of_server(const char *server);
enum dialect dialect_of_connector(enum connector c);

/* A database's tables as a side. The list's memory must outlive it. */
struct side *side_of_tables(struct arena *a, const struct table_list *tables, enum dialect dialect,
                            const char *label);

/* The table as a feed gets it: PostgreSQL does not publish generated columns; a binlog has them. */
const struct table *table_sent(const struct side *s, const struct table *t, struct arena *a);

/* Fills topic and schemas, or problem, with the encoder's own plan, once. Does nothing for Avro
 * sides, which have theirs, and for copies, which have none. */
void side_compile(struct side *s, struct side_table *t, const struct encode_options *opt,
                  struct arena *a);

/* Makes a side of schemas; topic: "prefix.schema.table". */
struct avro_subject { const char *topic, *key, *value; };
int side_of_subjects(struct arena *a, const struct avro_subject *subjects, size_t n,
                     const char *label, struct side **ret, struct err *err) must_check;

void side_sort(struct side *s);     /* by schema and name */

/* The columns that a value schema (an envelope or a flat row) and a key schema describe. */
int avro_table(struct arena *a, const struct avro_subject *s, const struct table **ret,
               struct err *err) must_check;

/* The saved form, schemas/database.schema.json. */
void side_save(const struct side *s, struct buf *out);
int side_load(struct arena *a, struct slice json, const char *name, struct side **ret,
              struct err *err) must_check;
#endif
