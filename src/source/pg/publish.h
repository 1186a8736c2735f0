#ifndef TAILRACE_SOURCE_PG_PUBLISH_H
#define TAILRACE_SOURCE_PG_PUBLISH_H
#include "base/arena.h"
#include "source/pg/conn.h"

/*
 * What a publication holds and could hold. `setup`, its dry run, `check` and `run` ask here, with
 * one query, so that they say the same.
 *
 * Of a published table that lacks something the server refuses UPDATE and DELETE, to everybody
 * (CheckCmdReplicaIdentity in its executor): the application's writes fail from then on.
 */
enum pg_flaw {
    FLAW_NONE,
    FLAW_NO_KEY,            /* REPLICA IDENTITY DEFAULT without a primary key */
    FLAW_DEFERRABLE,        /* nor is a DEFERRABLE one an identity */
    FLAW_NOTHING,           /* REPLICA IDENTITY NOTHING */
    FLAW_INDEX_GONE,        /* REPLICA IDENTITY USING INDEX, and it was dropped, or is not valid */
    FLAW_FILTER,            /* the row filter has columns that the identity has not */
    FLAW_COLUMNS,           /* the column list lacks columns of the identity */
    /* from PostgreSQL 18: the identity has generated columns that are not published */
    FLAW_GENERATED,
    /* its key has columns that are not published (plan.c refuses it); it takes UPDATE and DELETE */
    FLAW_KEY_HIDDEN,
    /* another key is taken in the primary key's place, and no DELETE has it */
    FLAW_DELETES,
    /* partitioned, without a primary key: partitions to come would be published, and have none
     * either */
    FLAW_PARTITIONS,
};
/* Of the published table the primary refuses UPDATE and DELETE; else it is `run` that cannot go
 * on. */
static inline bool pg_flaw_stops_writes(enum pg_flaw f)
{
    return f != FLAW_KEY_HIDDEN && f != FLAW_DELETES;
}

const char *pg_flaw_text(enum pg_flaw f);   /* "it has no replica identity, ..." */
const char *pg_flaw_mend(enum pg_flaw f);   /* SQL for the primary, ALTER TABLE ... */

/* A table, or a partitioned one with all its partitions, as it is put into a publication. */
struct pg_unit {
    const char *schema, *name;
    /* "ONLY " where tables inherit from it: each is a unit of its own; or "" */
    const char *only;
    bool wanted;            /* the configuration takes it */
    bool published;
    enum pg_flaw flaw;      /* as published, or were it published as a whole */
    /* it is of a table that is published: its UPDATE and DELETE fail now, or `run` does */
    bool flaw_is_live;
    const char *flawed;     /* "schema.table" that has the flaw: the table, or a partition */
};

/* In the arena; sorted by schema and name. */
struct pg_publishing {
    bool exists, all_tables, via_root;
    bool named;             /* source.tables or tables.include says which tables */
    struct pg_unit *units;
    size_t n;
};

int pg_publishing_read(PGconn *sql, const struct pg_options *opt, struct arena *a,
                       struct pg_publishing *ret, struct err *err) must_check;

/* Whether an entry of source.tables means this table. */
bool pg_unit_is(const char *schema, const char *table, const char *written);

#define PG_BACKFILL_THEM "`tailrace backfill --table` writes the rows of a table that comes"

/* Appends, in words, what another publication than the stored position's means for the feed. */
int pg_publication_compare(PGconn *sql, const char *before, const char *now, struct buf *ret,
                           struct err *err) must_check;

/* The tables that the publication feeds now, less those that are left out, sorted by name. */
int pg_fed_tables(PGconn *sql, const struct pg_options *opt, read_table_fn *each, void *arg,
                  struct err *err) must_check;

/* ERR_CONFIG where there is no such publication. */
int pg_publication_usable(PGconn *sql, const struct pg_options *opt, struct err *err) must_check;

/* Wanted, and not published. */
static inline bool pg_unit_lacks(const struct pg_unit *u)
{
    return u->wanted && !u->published;
}

/* How many units lack; appends the names of the first, and of what setup would not publish the
 * reason. */
size_t pg_publishing_lacks(const struct pg_publishing *p, struct buf *out);

/*
 * Appends in words which TRUNCATEs the server does not send: of a partition whose root is published
 * for it. Nothing where none are written (format.skipped-operations), or no partitioned table is
 * published so.
 */
int pg_publishing_unsent(PGconn *sql, const struct pg_options *opt, struct buf *ret,
                         struct err *err) must_check;
#define PG_UNSENT_TODO                                                                             \
    "TRUNCATE the root instead, or DELETE; or set publish_via_partition_root = false"

/* Logs what a feed that begins does not hear of. */
void pg_publishing_say(PGconn *sql, const struct pg_options *opt);

/* `setup` says of a publication that it has made it; `forget` drops no other. */
#define PG_MADE_BY_SETUP "made by tailrace setup"
#endif
