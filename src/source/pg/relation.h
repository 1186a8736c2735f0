#ifndef TAILRACE_SOURCE_PG_RELATION_H
#define TAILRACE_SOURCE_PG_RELATION_H
#include "base/arena.h"
#include "source/pg/conn.h"
#include "source/pg/proto.h"

/*
 * Tables as the stream describes them. The Relation message is the truth for
 * names, types and modifiers of the rows that follow it; the catalog of now
 * adds what the message lacks: key, nullability, defaults, enum labels.
 */
struct pg_relations {
    struct arena arena;             /* every table version, until free */
    struct pg_rel_entry **slots;    /* open addressing by oid */
    uint32_t cap, n;
    bool binary;                    /* pgoutput was asked for binary values */
    const char *database;
    bool any_unwanted;
    bool quiet;                     /* new versions are not logged */
    const struct filter *wanted;    /* tables.include, tables.exclude */
};

/* One relation's current version and the buffers its rows are read into. */
struct pg_rel_entry {
    uint32_t oid;
    struct table *table;            /* NULL: unwanted */
    bool unwanted;                  /* the filter leaves this table out */
    uint64_t told;                  /* commit LSN of the transaction in which the stream last described it; 0: not yet */
    char identity;
    bool *in_identity;              /* per column */
    struct slice raw;               /* the Relation message it was made of */
    struct cell *old_cells, *new_cells;
    char *kinds;                    /* 't', 'b', 'n', 'u' of the tuple last read */
};

void pg_relations_init(struct pg_relations *r, const struct pg_options *opt, const char *database);
void pg_relations_done(struct pg_relations *r);
struct pg_rel_entry *pg_relations_find(const struct pg_relations *r, uint32_t oid);

/* A Relation message came: the same as known is kept, another shape is a new version. */
int pg_relations_take(struct pg_relations *r, PGconn *sql, struct slice message, struct err *err) must_check;

/* Whether the filter takes this table. */
bool pg_wanted(const struct filter *f, const char *schema, const char *table);

/* The message that the server would send for this relation now: for tables that are read, so that both ways make one table. */
int pg_relations_describe(struct pg_relations *r, PGconn *sql, uint32_t oid, const char *publication, struct err *err)
    must_check;
#endif
