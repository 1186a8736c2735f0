#ifndef TAILRACE_SOURCE_MYSQL_SCHEMA_H
#define TAILRACE_SOURCE_MYSQL_SCHEMA_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * A table's definition in MySQL's own terms, from information_schema or from a DDL statement. The
 * binlog's TABLE_MAP is the truth about the form of the rows. The definition adds what the
 * TABLE_MAP lacks: names (unless binlog_row_metadata is FULL), the declared type, defaults, keys,
 * comments. Strings are UTF-8 and live in the arena that the definition was made in.
 */
struct mysql_column_def {
    const char *name;
    /*
     * the whole declared type, in lower case as COLUMN_TYPE has it: "int(10) unsigned",
     * "enum('a','b')"
     */
    const char *type;
    const char *charset, *collation;    /* NULL: not text */
    /* a literal without quotes, or an expression; NULL: no default, or DEFAULT NULL */
    const char *default_text;
    const char *comment;        /* "": none */
    const char *on_update;      /* NULL: none */
    bool default_is_expression; /* default_text is CURRENT_TIMESTAMP, a function or an expression */
    bool nullable, auto_increment, generated, invisible;
    /* MySQL: generated when it is read; its indexes come after the others */
    bool is_virtual;
    bool json_check;            /* MariaDB's JSON: longtext with a json_valid check */
    bool row_end;               /* MariaDB's AS ROW END: unique indexes contain it, too */
    /* MariaDB: PERIOD FOR x (start, end), but not FOR SYSTEM_TIME */
    bool period_start, period_end;
    /*
     * MariaDB's row_start and row_end of WITH SYSTEM VERSIONING. The binlog has them as the table's
     * last columns; information_schema does not have them
     */
    bool hidden;
};

struct mysql_index_def {
    const char *name;           /* "PRIMARY": the primary key */
    bool unique, fulltext;
    bool prefix;                /* a part has only the beginning of its column */
    /*
     * USING HASH: MariaDB may add a column of its own for it, however short the indexed columns are
     */
    bool hash;
    /* MariaDB's WITHOUT OVERLAPS: the last two columns are the period's */
    bool overlaps;
    /* indexes into the table's columns. A functional part makes the index useless to us: ncols 0 */
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
    /* MariaDB: names of foreign keys; DROP CONSTRAINT x means one of these, or an index */
    const char **foreign_keys;
    uint16_t nforeign_keys;
};

/* The parts of a declared type. */
struct mysql_type {
    /* "int", "varchar", "double" ..., never a synonym, as information_schema's DATA_TYPE */
    char name[32];
    int64_t length;             /* first number in brackets; -1: none */
    int scale;                  /* second one; -1: none */
    bool is_unsigned, zerofill;
    struct slice *labels;       /* enum, set: unescaped */
    uint16_t nlabels;
};
int mysql_type_read(const char *type, struct arena *a, struct mysql_type *ret,
                    struct err *err) must_check;

/*
 * The key of records: the primary key, else the first unique index over NOT NULL columns, in index
 * order. NULL: there is none.
 */
const struct mysql_index_def *mysql_table_key(const struct mysql_table_def *t);
/*
 * The key's columns. A table with hidden row versions has row_end among them, as the binlog does: a
 * row that ended stays beside the current row.
 */
uint16_t mysql_table_key_columns(const struct mysql_table_def *t, struct arena *a,
                                 const uint16_t **ret);

/* What a server's statements and definitions depend on. */
struct mysql_dialect {
    bool mariadb;
    bool fold_names;            /* lower_case_table_names is not 0 */
    bool utf8_is_utf8mb4;       /* MariaDB's old_mode does not have UTF8_IS_UTF8MB3 */
    uint32_t version;           /* 50744, 80036, 101119; 0: the newest */
    /* @@collation_server; NULL: the default that the server was shipped with */
    const char *collation;
};

/* All definitions known, by database and name. */
struct mysql_schema;
struct mysql_schema *mysql_schema_new(void);
void mysql_schema_free(struct mysql_schema *s);
const struct mysql_table_def *mysql_schema_find(const struct mysql_schema *s, const char *database,
                                                const char *table);
/* Copies t in and replaces what was known under its name. */
void mysql_schema_put(struct mysql_schema *s, const struct mysql_table_def *t);
void mysql_schema_remove(struct mysql_schema *s, const char *database, const char *table);
/*
 * Gives the definition its new name and replaces what was known under that name. If no definition
 * is known, only removes the one under the new name.
 */
void mysql_schema_rename(struct mysql_schema *s, const char *database, const char *table,
                         const char *to_database, const char *to_table);

/* A character set and one of its collations, in the server's own names. */
struct mysql_text { const char *charset, *collation; };
/* CREATE / ALTER DATABASE: the character set of new tables in it. */
void mysql_schema_set_database(struct mysql_schema *s, const char *database, const char *charset,
                               const char *collation);
/* charset NULL: the database is not known. */
struct mysql_text mysql_schema_database(const struct mysql_schema *s, const char *database);
/* DROP DATABASE: removes its tables too. */
void mysql_schema_remove_database(struct mysql_schema *s, const char *database);
/* Calls each for every table, in the order of their names. each must not change s. */
void mysql_schema_each(const struct mysql_schema *s,
                       void (*each)(void *arg, const struct mysql_table_def *t), void *arg);

/* A deep copy, in a. */
struct mysql_table_def mysql_table_def_copy(const struct mysql_table_def *t, struct arena *a);

/* Writes one definition as JSON, as the schema history keeps it, and reads it back into a. */
void mysql_table_def_write(const struct mysql_table_def *t, struct buf *out);
int mysql_table_def_read(struct slice json, struct arena *a, struct mysql_table_def *ret,
                         struct err *err) must_check;
#endif
