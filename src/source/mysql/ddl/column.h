#ifndef TAILRACE_SOURCE_MYSQL_DDL_COLUMN_H
#define TAILRACE_SOURCE_MYSQL_DDL_COLUMN_H
#include "source/mysql/ddl/type.h"

/* The value of a DEFAULT clause. */
struct ddl_default {
    /* a literal's value, or an expression; NULL: no default, or DEFAULT NULL */
    const char *text;
    /* b'101' or x'41' as written: the type decides whether it is a number or text */
    const char *packed;
    struct ddl_string string;   /* text NULL: the default is not a string */
    bool number;                /* written without quotes */
    bool expression;
};

/*
 * A column definition as a statement writes it. ddl_column_settle() settles what depends on the
 * table.
 */
struct ddl_column {
    struct mysql_column_def def;    /* ddl_column_settle() sets default_text */
    struct ddl_default value;
    /* only def counts: the column was in the table before, or is settled already */
    bool settled;
    struct ddl_type type;
    struct ddl_text text;
    bool null_said;             /* NULL or NOT NULL */
    bool default_said;
    bool unique, primary;
    bool versioned;             /* MariaDB: WITH SYSTEM VERSIONING */
    bool row_start;             /* MariaDB: GENERATED ALWAYS AS ROW START */
    /* ALTER TABLE */
    const char *replaces;       /* MODIFY, CHANGE: the column's old name */
    bool if_exists;             /* ADD ... IF NOT EXISTS, MODIFY ... IF EXISTS */
    bool first;
    const char *after;
};

/* Reads: name type attributes, up to a comma, a closing parenthesis or the end. */
int ddl_column_read(struct ddl_parser *p, struct ddl_column *ret) must_check;
/* The same without the name; the caller has set it. */
int ddl_column_read_type(struct ddl_parser *p, struct ddl_column *c) must_check;
/*
 * Settles type, character set and implied defaults, once the table's character set is known.
 * first_timestamp: no column before it is a TIMESTAMP.
 */
int ddl_column_settle(const struct ddl_parser *p, struct ddl_column *c, struct mysql_text table,
                      bool first_timestamp) must_check;

/* Reads a default's value. set: after ALTER .. SET DEFAULT. */
int ddl_default_read(struct ddl_parser *p, bool set, struct ddl_default *ret) must_check;
/*
 * A literal as the server keeps it for the type: '5' of an INT is 5, 1 of a DECIMAL(5,2) is 1.00,
 * x'61' of a VARBINARY is 0x61. type: COLUMN_TYPE; charset: the column's. NULL: there is no
 * default, or the statement does not say enough to know it.
 */
const char *ddl_default_settle(const struct ddl_parser *p, const char *type, const char *charset,
                               const struct ddl_default *d);
/* CURRENT_TIMESTAMP as the server shows it; digits: of the fraction, "" for none. */
const char *ddl_now_text(const struct ddl_parser *p, const char *digits);
/* Reads CURRENT_TIMESTAMP or a synonym and returns its text. NULL: something else comes. */
const char *ddl_default_now(struct ddl_parser *p);
/* Skips what follows REFERENCES: t (a) ON DELETE ... */
int ddl_references(struct ddl_parser *p) must_check;
#endif
