#ifndef TAILRACE_SOURCE_PG_RELATION_H
#define TAILRACE_SOURCE_PG_RELATION_H
#include "base/arena.h"
#include "source/pg/conn.h"
#include "source/pg/describe.h"
#include "source/pg/proto.h"
#include "source/pg/sql.h"

/*
 * Tables as the stream describes them (describe.h says from what), in versions: a new one is made
 * when what is said of a table changes. In the stream's own relations versions are handed out with
 * the rows: an older one is freed when whoever holds it was told so.
 */
struct pg_relations {
    struct pg_rel_entry **slots;    /* open addressing by oid */
    uint32_t cap, n;
    bool binary;                    /* pgoutput was asked for binary values */
    const char *database, *publication;     /* borrowed */
    bool any_unwanted;
    /* what was kept of an earlier run may be of relations that are gone: ask */
    bool look;
    /* a reader's: new versions are not logged, nothing is kept, older versions are freed at once */
    bool quiet;
    const struct filter *wanted;    /* tables.include, tables.exclude */
    /* LSN that is durable downstream: what is kept need not go back behind it */
    uint64_t done;
    uint64_t first_gone;            /* the least e->gone; 0: none is */
    /* versions since the catalog was last asked which relations are gone */
    uint32_t made;
    struct pg_type_name *types;
    struct pg_version *retired;     /* nothing of the source's refers to them any more */
    struct pg_state *states, **last_state;  /* to be kept beside the position, oldest first */
};

struct pg_version {
    struct arena arena;
    struct table *table;
    bool *in_identity, *guessed;    /* per column */
    struct pg_version *next;
};

/* A name and a value (NULL: forget it) for EV_STATE. */
struct pg_state {
    char name[24];
    char *value;
    struct pg_state *next;
};

/* One relation's current version and the buffers its rows are read into. */
struct pg_rel_entry {
    uint32_t oid, versions;
    struct table *table;            /* NULL: unwanted, or not described yet */
    struct pg_version *version;
    bool unwanted;                  /* the filter leaves this table out */
    /* commit LSN of the transaction in which the stream last described it; 0: not yet */
    uint64_t told;
    /* by the stream of this session; and before what it said last */
    bool described, again;
    uint32_t doubt;                 /* from this transaction on more is known of it; 0: all is */
    /* LSN by which it had been dropped; 0: it is there as far as known */
    uint64_t gone;
    struct buf raw;                 /* the Relation message it was made of */
    struct cell *old_cells, *new_cells;
    char *kinds;                    /* 't', 'b', 'n', 'u' of the tuple last read */
    struct pg_met *met;             /* per column */
    uint16_t room;                  /* columns for which there are buffers */
    char *history;                  /* pg_kept_write()'s text; NULL: none */
    /* the sink has said, since the last session, that it has just this */
    bool stored;
};

/* Where the stream is: rows are described as of here. xid 0: of no transaction. */
struct pg_moment {
    uint32_t xid;
    uint64_t lsn;
};

void pg_relations_init(struct pg_relations *r, const struct pg_options *opt, const char *database);
void pg_relations_done(struct pg_relations *r);
struct pg_rel_entry *pg_relations_find(const struct pg_relations *r, uint32_t oid);

/* The stream's Relation message: also when it is as before, something that it does not say may have
 * changed. */
int pg_relations_told(struct pg_relations *r, struct pg_sql *sql, struct slice message,
                      struct pg_moment at, struct err *err) must_check;
/* Its Type message, which comes before the Relation message that it is for. */
int pg_relations_type(struct pg_relations *r, struct slice message, struct err *err) must_check;

/* A shape that was read: the same message as known is the version that is known. */
int pg_relations_take(struct pg_relations *r, struct pg_sql *sql, struct slice message,
                      struct pg_moment at, struct err *err) must_check;

/*
 * A tuple that was read (forms in e->kinds), held against its table: what does not fit what was
 * said of it (a NULL, a label of an enum) makes a new version; so does a transaction from which on
 * more is known (e->doubt). e->table is then another.
 */
int pg_relations_meet(struct pg_relations *r, struct pg_sql *sql, struct pg_rel_entry *e,
                      const struct cell *cells, struct pg_moment at, struct err *err) must_check;
/* The same for rows that were read: nulls[i] is not 0 where column i had a NULL. */
int pg_relations_meet_nulls(struct pg_relations *r, struct pg_sql *sql, struct pg_rel_entry *e,
                            struct slice nulls, struct pg_moment at, struct err *err) must_check;

/* Whether the filter takes this table. */
int pg_wanted(const struct filter *f, const char *schema, const char *table,
              struct err *err) must_check;

/* The message that the server would send for this relation now: for tables that are read, so that
 * both ways make one table. */
int pg_relations_describe(struct pg_relations *r, struct pg_sql *sql, uint32_t oid,
                          const char *publication, struct err *err) must_check;

/* The oldest of what is to be kept, or NULL; the caller frees it and its value. */
struct pg_state *pg_relations_state(struct pg_relations *r);
/* What was kept in an earlier run; ignored for a relation that is known already. value may be
 * borrowed. */
void pg_relations_forget_kept(struct pg_relations *r);      /* the feed begins anew */
int pg_relations_recall(struct pg_relations *r, struct slice value, struct err *err) must_check;
/* A session begins, all that is stored was recalled: what an earlier one handed out, and the sink
 * then lost, is said again. */
void pg_relations_say_unstored(struct pg_relations *r);

/* Asks the catalog, now and then, which relations are gone; forgets those whose rows are durable
 * downstream, all of them. */
int pg_relations_sweep(struct pg_relations *r, struct pg_sql *sql, struct err *err) must_check;
/* One that nobody needs any more, or NULL; pg_version_free() is the caller's. */
struct pg_version *pg_relations_retired(struct pg_relations *r);
void pg_version_free(struct pg_version *v);
#endif
