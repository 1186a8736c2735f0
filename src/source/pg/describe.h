#ifndef TAILRACE_SOURCE_PG_DESCRIBE_H
#define TAILRACE_SOURCE_PG_DESCRIBE_H
#include "source/pg/catalog.h"
#include "source/pg/kept.h"

/*
 * A relation as it was when a row was written, from all that says something of it, the nearest
 * first:
 *
 *   the Relation message    names, types, modifiers, the columns of the identity: they came with
 * the row
 *   the rows themselves     a NULL, a label, the form of a value: struct pg_met
 *   the catalog of now      where a transaction wrote it that is not younger than the row's
 *   what was kept           of that column, by name and type, beside the position
 *   the Type message        a type's name, when the type is in the catalog no more
 *
 * What none of them says is left unsaid: nullable, no default, text.
 */

/* What rows have shown of a column since the stream last described its table. */
struct pg_met {
    bool null;
    char form;          /* 't', 'b'; 0: as its type says */
    char *label;        /* of an enum: one that was in no list; owned by the entry. NULL: none */
};

/* Type messages since the last Relation. */
struct pg_type_name {
    uint32_t oid;
    char *schema, *name;        /* schema "": pg_catalog; of the base type */
    struct pg_type_name *next;
};

struct pg_describing {
    PGconn *sql;
    bool binary;                /* pgoutput was asked for binary values */
    uint32_t xid;               /* of the row's transaction; 0: of none, the catalog of now holds */
    /* the stream has described it before, and something of it has changed since */
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
    /* the first transaction after xid that changed what is said; 0: none did */
    uint32_t doubt;
    bool gone;                  /* the catalog has none of its columns */
};

/* The table and what is by column live in a, known in scratch. */
int pg_describe(const struct pg_describing *d, struct arena *scratch, struct arena *a,
                struct pg_described *ret, struct err *err) must_check;

bool pg_described_same(const struct table *a, const struct table *b);   /* one schema says both */
#endif
