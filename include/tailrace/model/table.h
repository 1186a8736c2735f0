#ifndef TAILRACE_MODEL_TABLE_H
#define TAILRACE_MODEL_TABLE_H
#include <stdbool.h>
#include <stdint.h>
#include "base/charset.h"
#include "base/err.h"
#include "base/slice.h"

/* What a column means, in any database. */
enum col_type {
    COL_UNKNOWN,        /* it has no op: types.unknown decides */
    COL_BOOL, COL_I16, COL_I32, COL_I64, COL_OID, COL_F32, COL_F64,
    COL_U64,            /* MySQL BIGINT UNSIGNED */
    COL_F32_WIDE,       /* MySQL FLOAT(M,D): stored as a float, a double in Avro */
    COL_DECIMAL,        /* numeric; has_scale says whether precision and scale are declared */
    COL_MONEY,
    COL_TEXT,           /* char, varchar, text, name, citext */
    COL_CHAR,           /* "char", one byte */
    COL_BYTES, COL_DATE, COL_TIME, COL_TIMETZ, COL_TIMESTAMP, COL_TIMESTAMPTZ, COL_INTERVAL,
    COL_TIME_SPAN,      /* MySQL TIME: from -838:59:59 to 838:59:59 */
    COL_YEAR,
    COL_UUID, COL_JSON, COL_JSONB, COL_XML,
    COL_INET, COL_CIDR, COL_MACADDR, COL_MACADDR8,
    COL_BIT,            /* bit(n), varbit(n); column.length is n, 0 when unbounded */
    COL_ENUM,
    COL_SET,            /* MySQL SET: several labels */
    COL_INT4RANGE, COL_INT8RANGE, COL_NUMRANGE, COL_DATERANGE, COL_TSRANGE, COL_TSTZRANGE,
    COL_TSVECTOR, COL_LTREE, COL_HSTORE,
    COL_POINT,
    COL_VECTOR, COL_HALFVEC, COL_SPARSEVEC, COL_GEOMETRY, COL_GEOGRAPHY,    /* pgvector, PostGIS */
    COL_TYPES           /* keep last: sizes the op table in encode/ops.c */
};

/*
 * How a non-null cell's bytes are laid out on the wire.
 *
 * FORM_BINLOG: a row event's value without its length prefix, in the column's character set.
 * Integers and floats are little-endian in their stored width (TINYINT 1 ... BIGINT 8). ENUM and
 * SET are the index or the bits. BIT is big-endian, DECIMAL packed, DATE 3 bytes. Times are TIME2,
 * DATETIME2 and TIMESTAMP2; older temporal types come converted to these. JSON is binary, or 0xff
 * and then its text if a partial update was merged. GEOMETRY is a 4-byte SRID and WKB. BINARY(n),
 * UUID and INET come without their trailing zero bytes.
 * FORM_MYSQL_TEXT: a column's DEFAULT as the catalog has it, in UTF-8: no row has this form.
 */
enum cell_form { FORM_PG_TEXT, FORM_PG_BINARY, FORM_BINLOG, FORM_MYSQL_TEXT, CELL_FORMS };

/* A column's DEFAULT, as far as a schema can carry it. */
enum default_kind {
    DEFAULT_NONE,       /* none, or one that a schema cannot carry */
    DEFAULT_LITERAL,    /* default_text holds the value in the database's text form */
    DEFAULT_COMPUTED    /* a function or sequence: the type's zero stands for it */
};

/* What a catalog says about a column and its values do not need. Records of schema changes and
 * schema-diff use it. */
struct column_about {
    /* the type's short name, domains followed: numeric, varchar, _int4 */
    const char *type;
    uint32_t native;            /* PostgreSQL: that type's oid; 0: none */
    const char *default_expression;     /* as the server prints it; NULL: none */
    const char *comment;        /* NULL: none */
    const char *charset;        /* MySQL: the declared one; NULL: none */
    int number;                 /* its number in the catalog, which a renaming keeps; 0: none */
    int32_t length, scale;      /* MySQL: the numbers in the declared type's brackets; -1: none */
    bool auto_increment, generated;
    bool on_update;             /* MySQL: ON UPDATE CURRENT_TIMESTAMP */
};

struct column {
    const char *name;
    const char *type_name;      /* the server's own name of the type, for people */
    enum col_type type;         /* the element's type if is_array */
    enum cell_form form;        /* of the whole cell */
    bool is_array;
    bool nullable;
    bool has_scale;             /* COL_DECIMAL: declared numeric(precision, scale) */
    /* a decimal's digits; a time type's fraction digits 0..6, -1: not declared (MySQL always
     * declares them) */
    int16_t precision;
    int16_t scale;              /* may be negative or above precision */
    int32_t length;             /* characters or bits, 0 when unbounded */
    enum default_kind default_kind;
    const char *default_text;   /* MySQL's COL_BYTES: 0x6162 */
    const char *enum_allowed;   /* PostgreSQL's COL_ENUM: labels in sort order, joined by ',' */
    /* MySQL and MariaDB */
    const struct charset *charset;      /* of text; NULL: UTF-8 */
    bool is_unsigned;
    /* COL_BYTES, COL_UUID, COL_INET: fill values up with zero bytes to this length (BINARY(pad),
     * 16, 4); 0: do not */
    uint16_t pad;
    /* COL_ENUM, COL_SET: the nlabels labels, UTF-8; labels[i] has number i + 1 */
    const struct slice *labels;
    uint16_t nlabels;
    const char *comment;        /* NULL: write none */
    const struct column_about *about;   /* NULL: not asked for */
};

/*
 * One version of a table. Immutable once built; a new shape is a new struct table
 * with version + 1. It lives as long as its source, or until the source drops it
 * (EV_GONE) because a newer version replaced it or the table was dropped.
 */
struct table {
    uint64_t id;                /* PostgreSQL: the relation's oid; a binlog's table id */
    uint32_t version;           /* counts shapes of this id in this process */
    const char *database, *schema, *name;   /* MySQL: schema is the database's name too */
    const struct column *cols;
    uint16_t ncols;
    const uint16_t *key;        /* indices into cols, in key order */
    uint16_t nkey;              /* 0: no key, records have a null key */
    /* the column of the key that is not published, so nkey is 0; NULL: no such reason */
    const char *key_hidden;
    /* nkey is 0, but the table may have had a key when its rows were written */
    bool key_lost;
    const bool *identity;       /* per column: a delete's image holds it; NULL: all columns */
    const char *topic;          /* its records go to this topic; NULL: to the table's own */
    const char *comment;        /* of the table; NULL: none, or not asked for */
    const char *charset;        /* MySQL: the default of its columns; NULL: not asked for */
    void *user;                 /* the flow's own: the outlet of this version */
};

/*
 * 0: rows of this table can be encoded without further checks. Names and types are there. The key
 * is a set of its columns. Lengths and scales are in a server's range. A literal default has its
 * text. -1: ERR_DATA. Every reader of tables from outside calls it; plan_compile() calls it too.
 */
int table_valid(const struct table *t, struct err *err) must_check;

/* Gets a table that no longer exists. table NULL: the whole schema (MySQL: database) is gone. */
typedef void table_gone_fn(void *arg, const char *schema, const char *table);

/* All tables of a database, as a source's catalog reader finds them. */
struct table_list {
    const struct table *tables;
    size_t n;
    const char *database, *server;  /* server: "PostgreSQL 17.2" */
    /* the system that gave the tables their ids; a primary and its standbys have the same one;
     * NULL: not known */
    const char *identity;
};
#endif
