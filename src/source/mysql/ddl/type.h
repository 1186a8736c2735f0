#ifndef TAILRACE_SOURCE_MYSQL_DDL_TYPE_H
#define TAILRACE_SOURCE_MYSQL_DDL_TYPE_H
#include "source/mysql/ddl/text.h"

enum ddl_family {
    FAMILY_PLAIN,       /* date, json, geometry, uuid ...: nothing in brackets */
    FAMILY_INT, FAMILY_FLOAT, FAMILY_DECIMAL, FAMILY_BIT, FAMILY_YEAR,
    FAMILY_FRACTION,    /* time, datetime, timestamp */
    FAMILY_CHARS,       /* char, varchar; binary, varbinary */
    FAMILY_TEXT,        /* text, blob and their sizes */
    FAMILY_LABELS,      /* enum, set */
    FAMILY_VECTOR
};

/*
 * A string of a statement, or the bytes of a text that the statement does not convert: x'e4',
 * _latin1 x'e4', every string after SET NAMES binary.
 */
struct ddl_string {
    const char *text;           /* UTF-8; for bytes: the bytes up to a NUL */
    struct slice bytes;         /* p NULL: there is only text */
    const char *charset;        /* the set of bytes; NULL: the column's set */
    bool quoted;                /* written as text, and so sent in the session's set */
};

/* Passes [_charset] 'text' or bytes. 1: taken; 0: something else comes. */
int ddl_string_read(struct ddl_parser *p, struct ddl_string *ret) must_check;
/* What a column in `charset` would hold, as UTF-8. NULL: not known, or it would hold a NUL. */
const char *ddl_string_text(const struct ddl_parser *p, const struct ddl_string *s,
                            const char *charset);
/* The bytes that a binary column would hold. p NULL: not known. */
struct slice ddl_string_bytes(const struct ddl_parser *p, const struct ddl_string *s);

/*
 * The string as a label of ENUM or SET, in UTF-8. A character that the set lacks becomes a question
 * mark. p NULL: not known.
 */
struct slice ddl_string_label(const struct ddl_parser *p, const struct ddl_string *s,
                              const char *charset);
/* A label's bytes in the set, and the label that bytes make. p NULL: not known. */
struct slice ddl_label_encode(const struct ddl_parser *p, struct slice text, const char *charset);
/* MySQL: is the label not text, so that the catalog shows bytes: x'ff'? */
bool ddl_label_is_bytes(const struct ddl_parser *p, struct slice label, const char *charset);
struct slice ddl_label_decode(const struct ddl_parser *p, struct slice bytes, const char *charset);

/* A declared type, with synonyms resolved. */
struct ddl_type {
    enum ddl_family family;
    const char *name;
    int64_t length;             /* in brackets; -1: not said */
    int scale;
    bool is_unsigned, zerofill;
    bool binary;                /* binary, varbinary, blob and their sizes */
    bool national;              /* NCHAR: utf8mb3 */
    bool serial;                /* SERIAL: BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE */
    bool json;                  /* MariaDB: it adds a json_valid check */
    bool compressed;            /* MariaDB */
    struct ddl_string *labels;
    uint16_t nlabels;
};

int ddl_type_read(struct ddl_parser *p, struct ddl_type *ret) must_check;
/*
 * COLUMN_TYPE as the server shows it; NULL: a label is not text of its set. Sets text->charset to
 * NULL if the type is not text; with the set "binary" text becomes bytes.
 */
const char *ddl_type_text(const struct ddl_parser *p, struct ddl_type *t, struct mysql_text *text);
/*
 * The type that a text column gets in another set, so that as many characters fit. Widths: a set's
 * longest character in bytes.
 */
const char *ddl_type_converted(const struct ddl_parser *p, const char *type, int from_width,
                               int to_width);
/*
 * CONVERT TO leaves the bytes of an ENUM's labels as they are. Returns the type with what these
 * bytes mean in the other set. NULL: not known; err says so.
 */
const char *ddl_labels_converted(const struct ddl_parser *p, const char *type, const char *from,
                                 const char *to) must_check;
#endif
