#ifndef TAILRACE_SOURCE_PG_SAID_H
#define TAILRACE_SOURCE_PG_SAID_H
#include "base/arena.h"
#include "model/table.h"

/*
 * What a catalog said of a column, in the server's own texts. In this form it is read, kept beside
 * the position, and made into a struct column. Facts before PG_TYPE_FACTS are about the column's
 * type (domains followed to their base), the others about the column.
 */
enum pg_fact {
    /* the base type's oid; NULL: the type is known by PG_NAME alone (Type message) */
    PG_BASE,
    PG_KIND, PG_NAME,   /* pg_type.typtype, typname */
    /* the extension that the type belongs to (of an array: its elements' type) */
    PG_EXTENSION,
    PG_TYPMOD, PG_SEND, PG_ELEM, PG_ELEM_KIND, PG_ELEM_NAME,
    PG_LABELS,          /* of an enum, in order, joined by chr(1) */
    PG_FORMAT,          /* format_type() */
    PG_DOMAIN, PG_MUST, /* PG_DOMAIN: the type is a domain; PG_MUST: a domain that is NOT NULL */
    /* 't': a user's type, dropped before the catalog was read; only its name is known */
    PG_GUESSED,
    PG_TYPE_FACTS,
    PG_NOTNULL = PG_TYPE_FACTS,     /* 'n': declared, but NOT VALID: there may be NULLs */
    PG_DEFAULT,         /* NULL for a generated column */
    PG_AUTO, PG_GENERATED, PG_EXPRESSION, PG_COMMENT, PG_NUMBER,
    PG_FACTS
};

/* Strings are borrowed. */
struct pg_said {
    const char *name;
    uint32_t type;      /* oid as the Relation message has it */
    const char *fact[PG_FACTS];     /* NULL: nothing is said */
};

/* Fills type, form, modifiers, nullability, default and labels of col; its strings live in a. */
void pg_said_column(const struct pg_said *said, bool binary, struct column *col, struct arena *a);
bool pg_said_is(const struct pg_said *said, enum pg_fact f);    /* the fact is 't' */
#endif
