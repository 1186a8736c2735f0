#ifndef TAILRACE_SOURCE_MYSQL_DDL_COLUMN_H
#define TAILRACE_SOURCE_MYSQL_DDL_COLUMN_H
#include "source/mysql/ddl/type.h"

/* What DEFAULT says. */
struct ddl_default {
    const char *text;           /* a literal's value, or an expression; NULL: none, or NULL */
    /* b'101', x'41', as written: a number or a text, as the type has it */
    const char *packed;
    struct ddl_string string;   /* text NULL: it is no string */
    bool number;                /* written without quotes */
    bool expression;
};

/* A column definition as a statement writes it. What depends on the table is settled by
 * ddl_column_settle(). */
struct ddl_column {
    struct mysql_column_def def;    /* default_text: by ddl_column_settle() */
    struct ddl_default value;
    bool settled;               /* nothing but def counts: it was in the table before */
    struct ddl_type type;
    struct ddl_text text;
    bool null_said;             /* NULL or NOT NULL */
    bool default_said;
    bool unique, primary;
    bool versioned;             /* MariaDB: WITH SYSTEM VERSIONING */
    bool row_start;             /* MariaDB: GENERATED ALWAYS AS ROW START */
    /* ALTER TABLE */
    const char *replaces;       /* MODIFY, CHANGE: the column's name until now */
    bool if_exists;             /* ADD ... IF NOT EXISTS, MODIFY ... IF EXISTS */
    bool first;
    const char *after;
};

/* name type attributes, up to a comma, a closing parenthesis or the end. */
int ddl_column_read(struct ddl_parser *p, struct ddl_column *ret) must_check;
/* The same without the name. */
int ddl_column_read_type(struct ddl_parser *p, struct ddl_column *c) must_check;
/* Type, character set and implied defaults, once the table's character set is known.
 * first_timestamp: no column before it is one. */
int ddl_column_settle(const struct ddl_parser *p, struct ddl_column *c, struct mysql_text table,
                      bool first_timestamp) must_check;

/* set: behind ALTER .. SET DEFAULT. */
int ddl_default_read(struct ddl_parser *p, bool set, struct ddl_default *ret) must_check;
/* A literal as the server keeps it for the type: '5' of an INT is 5, 1 of a DECIMAL(5,2) is 1.00,
 * x'61' of a VARBINARY 0x61. type: COLUMN_TYPE;
 * charset: the column's. NULL: there is none, or the statement does not say enough to know it. */
const char *ddl_default_settle(const struct ddl_parser *p, const char *type, const char *charset,
                               const struct ddl_default *d);
/* As the server shows CURRENT_TIMESTAMP; digits: of the fraction, "" for none. */
const char *ddl_now_text(const struct ddl_parser *p, const char *digits);
/* CURRENT_TIMESTAMP and its synonyms: its text. NULL: something else comes. */
const char *ddl_default_now(struct ddl_parser *p);
/* Passes what follows REFERENCES: t (a) ON DELETE ... */
int ddl_references(struct ddl_parser *p) must_check;
#endif
