#ifndef TAILRACE_SOURCE_PG_RELATION_H
#define TAILRACE_SOURCE_PG_RELATION_H
#include "base/arena.h"
#include "source/pg/conn.h"
#include "source/pg/describe.h"
#include "source/pg/proto.h"
#include "source/pg/sql.h"

/*
 * Tables as the stream describes them (describe.h lists the sources), in versions. A change of the
 * description makes a new version. In the stream's own relations, versions go out with the rows; an
 * older version is freed once its holder was told so.
 */
struct pg_relations {
    struct pg_rel_entry **slots;    /* open addressing by oid */
    uint32_t cap, n;
    bool binary;                    /* pgoutput was asked for binary values */
    const char *database, *publication;     /* borrowed */
    bool any_unwanted;
    /* an earlier run may have kept facts of relations that are gone: ask the catalog */
    bool look;
    /* a reader's: logs no new versions, keeps nothing, frees older versions at once */
    bool quiet;
    const struct filter *wanted;    /* tables.include, tables.exclude */
    /* LSN that is durable downstream: kept facts need not go back behind it */
    uint64_t done;
    uint64_t first_gone;            /* the least e->gone; 0: none is */
    /* versions since the catalog was last asked which relations are gone */
    uint32_t made;
    struct pg_type_name *types;
    struct pg_version *retired;     /* versions that nothing in the source refers to any more */
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
    /* described: by the stream, in this session; again: the stream had described it before */
    bool described, again;
    /* from this transaction on the catalog knows more of it; 0: all is known */
    uint32_t doubt;
    /* LSN by which it had been dropped; 0: it exists, as far as known */
    uint64_t gone;
    struct buf raw;                 /* the Relation message that described it */
    struct cell *old_cells, *new_cells;
    char *kinds;                    /* 't', 'b', 'n', 'u' of the tuple last read */
    struct pg_met *met;             /* per column */
    uint16_t room;                  /* number of columns that the buffers have room for */
    char *history;                  /* pg_kept_write()'s text; NULL: none */
    /* the sink has said, since the last session, that it holds this history */
    bool stored;
};

/* Where the stream is: rows are described as of this moment. xid 0: of no transaction. */
struct pg_moment {
    uint32_t xid;
    uint64_t lsn;
};

void pg_relations_init(struct pg_relations *r, const struct pg_options *opt, const char *database);
void pg_relations_done(struct pg_relations *r);
struct pg_rel_entry *pg_relations_find(const struct pg_relations *r, uint32_t oid);

/*
 * Takes the stream's Relation message. Even an unchanged message may stand for a change of facts
 * that it does not carry.
 */
int pg_relations_told(struct pg_relations *r, struct pg_sql *sql, struct slice message,
                      struct pg_moment at, struct err *err) must_check;
/* Takes the stream's Type message. It comes before the Relation message that needs it. */
int pg_relations_type(struct pg_relations *r, struct slice message, struct err *err) must_check;

/* Takes a shape that was read. A message like the known one keeps the known version. */
int pg_relations_take(struct pg_relations *r, struct pg_sql *sql, struct slice message,
                      struct pg_moment at, struct err *err) must_check;

/*
 * Holds a tuple that was read (forms in e->kinds) against its table. A value that does not fit the
 * description (a NULL, a label of an enum) makes a new version. So does a transaction from which on
 * more is known (e->doubt). e->table then points to the new version's table.
 */
int pg_relations_meet(struct pg_relations *r, struct pg_sql *sql, struct pg_rel_entry *e,
                      const struct cell *cells, struct pg_moment at, struct err *err) must_check;
/* The same for rows of a table read: nulls[i] is not 0 if column i had a NULL. */
int pg_relations_meet_nulls(struct pg_relations *r, struct pg_sql *sql, struct pg_rel_entry *e,
                            struct slice nulls, struct pg_moment at, struct err *err) must_check;

/* Does the filter take this table? 1: yes; 0: no; -1: err. */
int pg_wanted(const struct filter *f, const char *schema, const char *table,
              struct err *err) must_check;

/*
 * Takes the message that the server would send for this relation now. For table reads: stream and
 * read then make one table.
 */
int pg_relations_describe(struct pg_relations *r, struct pg_sql *sql, uint32_t oid,
                          const char *publication, struct err *err) must_check;

/* The oldest state still to be kept, or NULL. The caller frees it and its value. */
struct pg_state *pg_relations_state(struct pg_relations *r);
/*
 * Takes what an earlier run kept; ignores a relation that is known already. value may be borrowed.
 */
void pg_relations_forget_kept(struct pg_relations *r);      /* the feed begins anew */
int pg_relations_recall(struct pg_relations *r, struct slice value, struct err *err) must_check;
/*
 * A session begins, and all stored state was recalled. State that an earlier session handed out and
 * the sink then lost goes out again.
 */
void pg_relations_say_unstored(struct pg_relations *r);

/*
 * Asks the catalog, now and then, which relations are gone. Forgets a gone relation once all its
 * rows are durable downstream.
 */
int pg_relations_sweep(struct pg_relations *r, struct pg_sql *sql, struct err *err) must_check;
/* A version that nobody needs any more, or NULL. The caller frees it with pg_version_free(). */
struct pg_version *pg_relations_retired(struct pg_relations *r);
void pg_version_free(struct pg_version *v);
#endif
