#ifndef TAILRACE_SOURCE_MYSQL_SCHEMA_H
#define TAILRACE_SOURCE_MYSQL_SCHEMA_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * A table's definition in MySQL's own terms, as information_schema has it, or as a DDL statement
 * made it. The binlog's TABLE_MAP is the truth for the form of the rows; this adds what it lacks:
 * names (when binlog_row_metadata is not FULL), the declared type, defaults, keys, comments.
 * Strings are UTF-8 and live in the arena that the definition was made in.
 */
struct mysql_column_def {
    const char *name;
    /* the whole declared type, lower case as COLUMN_TYPE: "int(10) unsigned", "enum('a','b')" */
    const char *type;
    const char *charset, *collation;    /* NULL: not text */
    /* as a literal without quotes, or the expression; NULL: none, or NULL */
    const char *default_text;
    const char *comment;        /* "": none */
    const char *on_update;      /* NULL: none */
    bool default_is_expression; /* default_text is CURRENT_TIMESTAMP, a function or an expression */
    bool nullable, auto_increment, generated, invisible;
    bool is_virtual;            /* MySQL: generated when read; its indexes come after others */
    bool json_check;            /* MariaDB's JSON: longtext with a json_valid check */
    bool row_end;               /* MariaDB's AS ROW END: what is unique has it, too */
    bool period_start, period_end;  /* MariaDB: PERIOD FOR x (start, end); not SYSTEM_TIME */
    /* MariaDB's row_start and row_end of WITH SYSTEM VERSIONING: the binlog has them, as the
     * table's last columns, and information_schema does not */
    bool hidden;
};

struct mysql_index_def {
    const char *name;           /* "PRIMARY": the primary key */
    bool unique, fulltext;
    bool prefix;                /* a part takes only the beginning of its column */
    /* USING HASH: MariaDB may have a column of its own for it, however short the index's columns
     * are */
    bool hash;
    bool overlaps;              /* MariaDB's WITHOUT OVERLAPS: the last two are the period's */
    /* places in the table's columns; functional parts make the index useless to us: ncols 0 */
    uint16_t *cols, ncols;
};

struct mysql_table_def {
    const char *database, *name;
    const char *charset, *collation;    /* the table's default */
    const char *comment;
    struct mysql_column_def *cols;
    uint16_t ncols;
    struct mysql_index_def *indexes;
    uint16_t nindexes;
    const char **foreign_keys;  /* MariaDB: their names; DROP CONSTRAINT x means one, or an index */
    uint16_t nforeign_keys;
};

/* The declared type taken apart. */
struct mysql_type {
    /* "int", "varchar", "double" ... without synonyms: as information_schema's DATA_TYPE */
    char name[32];
    int64_t length;             /* first number in brackets; -1: none */
    int scale;                  /* second one; -1: none */
    bool is_unsigned, zerofill;
    struct slice *labels;       /* enum, set: unescaped */
    uint16_t nlabels;
};
int mysql_type_read(const char *type, struct arena *a, struct mysql_type *ret,
                    struct err *err) must_check;

/* The key that records get: the primary key, else the first unique index over NOT NULL columns, in
 * index order. */
const struct mysql_index_def *mysql_table_key(const struct mysql_table_def *t);
/* Its columns; with hidden versions row_end is one, as it is in the binlog: a row that ended stays
 * beside the row that is. */
uint16_t mysql_table_key_columns(const struct mysql_table_def *t, struct arena *a,
                                 const uint16_t **ret);

/* The server, as far as its statements and definitions depend on it. */
struct mysql_dialect {
    bool mariadb;
    bool fold_names;            /* lower_case_table_names is not 0 */
    bool utf8_is_utf8mb4;       /* MariaDB's old_mode is without UTF8_IS_UTF8MB3 */
    uint32_t version;           /* 50744, 80036, 101119; 0: the newest */
    const char *collation;      /* @@collation_server; NULL: as the server was shipped */
};

/* All definitions known, by database and name. */
struct mysql_schema;
struct mysql_schema *mysql_schema_new(void);
void mysql_schema_free(struct mysql_schema *s);
const struct mysql_table_def *mysql_schema_find(const struct mysql_schema *s, const char *database,
                                                const char *table);
/* Copies t in, over what was known under its name. */
void mysql_schema_put(struct mysql_schema *s, const struct mysql_table_def *t);
void mysql_schema_remove(struct mysql_schema *s, const char *database, const char *table);
/* The definition goes to its new name, over what was known there. A table that is not known takes
 * what stood there away. */
void mysql_schema_rename(struct mysql_schema *s, const char *database, const char *table,
                         const char *to_database, const char *to_table);

/* A character set and one of its collations, in the server's own names. */
struct mysql_text { const char *charset, *collation; };
/* CREATE / ALTER DATABASE: the set that new tables in it get. */
void mysql_schema_set_database(struct mysql_schema *s, const char *database, const char *charset,
                               const char *collation);
/* charset NULL: the database is not known. */
struct mysql_text mysql_schema_database(const struct mysql_schema *s, const char *database);
/* DROP DATABASE: its tables too. */
void mysql_schema_remove_database(struct mysql_schema *s, const char *database);
/* Calls each for every table, in the order of their names; each may not change s. */
void mysql_schema_each(const struct mysql_schema *s,
                       void (*each)(void *arg, const struct mysql_table_def *t), void *arg);

/* All of it, in a. */
struct mysql_table_def mysql_table_def_copy(const struct mysql_table_def *t, struct arena *a);

/* One definition as JSON, as it is kept in the schema history, and back. */
void mysql_table_def_write(const struct mysql_table_def *t, struct buf *out);
int mysql_table_def_read(struct slice json, struct arena *a, struct mysql_table_def *ret,
                         struct err *err) must_check;
#endif
