#ifndef TAILRACE_SOURCE_PG_DESCRIBE_H
#define TAILRACE_SOURCE_PG_DESCRIBE_H
#include "source/pg/catalog.h"
#include "source/pg/kept.h"

/*
 * A relation as it was when a row was written, from all that says something of it. The nearest
 * source comes first:
 *
 *   the Relation message    names, types, modifiers, the identity's columns: it came with the row
 *   the rows themselves     a NULL, a label, the form of a value: struct pg_met
 *   the catalog of now      if the transaction that wrote it is not younger than the row's
 *   what was kept           of that column, by name and type, beside the position
 *   the Type message        a type's name, when the catalog has the type no more
 *
 * What none of them says is left unsaid: the column is nullable, has no default, and is text.
 */

/* What rows have shown of a column since the stream last described its table. */
struct pg_met {
    bool null;
    char form;          /* 't', 'b'; 0: the form that its type says */
    char *label;        /* a label of an enum that was in no list; the entry owns it. NULL: none */
};

/* Type messages since the last Relation. */
struct pg_type_name {
    uint32_t oid;
    char *schema, *name;        /* of the base type; schema "": pg_catalog */
    struct pg_type_name *next;
};

struct pg_describing {
    PGconn *sql;
    bool binary;                /* pgoutput was asked for binary values */
    /* of the row's transaction; 0: none, and what the catalog says now holds */
    uint32_t xid;
    /* the stream has described the table before, and something of it has changed since */
    bool again;
    const char *database, *publication;
    const struct pg_relation *message;
    const json_t *kept;         /* pg_kept_at(); NULL: nothing */
    const struct pg_type_name *types;
    const struct pg_met *met;   /* by column; NULL: nothing yet */
};

struct pg_described {
    struct table *table;
    bool *in_identity, *guessed;        /* by column; guessed: the type is known by name only */
    struct pg_known known;      /* for pg_kept_add() */
    /* the first transaction after xid that changed a fact used here; 0: none did */
    uint32_t doubt;
    bool gone;                  /* the catalog has none of its columns */
};

/* ret->table and the arrays by column live in a, ret->known in scratch. */
int pg_describe(const struct pg_describing *d, struct arena *scratch, struct arena *a,
                struct pg_described *ret, struct err *err) must_check;

bool pg_described_same(const struct table *a, const struct table *b);   /* one schema serves both */
#endif
