#ifndef TAILRACE_SOURCE_PG_PUBLISH_H
#define TAILRACE_SOURCE_PG_PUBLISH_H
#include "base/arena.h"
#include "source/pg/conn.h"

/*
 * What a publication holds and could hold. `setup`, its dry run, `check` and `run` ask here, with
 * one query, so that they say the same.
 *
 * If a published table has one of these flaws, the server may refuse UPDATE and DELETE to everybody
 * (CheckCmdReplicaIdentity in its executor): from then on the application's writes fail.
 */
enum pg_flaw {
    FLAW_NONE,
    FLAW_NO_KEY,            /* REPLICA IDENTITY DEFAULT without a primary key */
    FLAW_DEFERRABLE,        /* the primary key is DEFERRABLE: that is no identity either */
    FLAW_NOTHING,           /* REPLICA IDENTITY NOTHING */
    /* REPLICA IDENTITY USING INDEX, and the index was dropped or is not valid */
    FLAW_INDEX_GONE,
    FLAW_FILTER,            /* the row filter uses columns outside the identity */
    FLAW_COLUMNS,           /* the column list lacks columns of the identity */
    /* from PostgreSQL 18: the identity has generated columns that are not published */
    FLAW_GENERATED,
    /*
     * its key has columns that are not published; UPDATE and DELETE work, but plan.c refuses the
     * table
     */
    FLAW_KEY_HIDDEN,
    /* another key stands in for the primary key, and no DELETE carries it */
    FLAW_DELETES,
    /* partitioned, without a primary key: new partitions would be published without one too */
    FLAW_PARTITIONS,
};
/*
 * True if the flaw makes the primary refuse UPDATE and DELETE of the published table. With the
 * other flaws it is `run` that cannot go on.
 */
static inline bool pg_flaw_stops_writes(enum pg_flaw f)
{
    return f != FLAW_KEY_HIDDEN && f != FLAW_DELETES;
}

const char *pg_flaw_text(enum pg_flaw f);   /* "it has no replica identity, ..." */
const char *pg_flaw_mend(enum pg_flaw f);   /* SQL for the primary, ALTER TABLE ... */

/* What joins a publication as one: a table, or a partitioned table with all its partitions. */
struct pg_unit {
    const char *schema, *name;
    /* "ONLY " if other tables inherit from it, as each is a unit of its own; else "" */
    const char *only;
    bool wanted;            /* the configuration takes it */
    bool published;
    /* as published; of an unpublished table: as if it were published whole */
    enum pg_flaw flaw;
    /* the flawed table is published: its UPDATE and DELETE fail now, or `run` does */
    bool flaw_is_live;
    const char *flawed;     /* "schema.table" with the flaw: the table, or a partition */
};

/* Lives in the arena; units are sorted by schema and name. */
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

/*
 * Appends, in words, what the feed gains and loses with publication `now` instead of `before`,
 * which the stored position names.
 */
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

/*
 * The number of units that lack. Appends the names of the first ones; for a unit that setup would
 * not publish, the reason too.
 */
size_t pg_publishing_lacks(const struct pg_publishing *p, struct buf *out);

/*
 * Appends, in words, which TRUNCATEs the server does not send: that of a partition when its root is
 * published in its place. Appends nothing if the feed writes no TRUNCATE
 * (format.skipped-operations) or no partitioned table is published that way.
 */
int pg_publishing_unsent(PGconn *sql, const struct pg_options *opt, struct buf *ret,
                         struct err *err) must_check;
#define PG_UNSENT_TODO                                                                             \
    "TRUNCATE the root instead, or DELETE; or set publish_via_partition_root = false"

/* Logs, for a feed that begins, which tables and TRUNCATEs it will not receive. */
void pg_publishing_say(PGconn *sql, const struct pg_options *opt);

/* `setup` sets this comment on a publication that it makes; `forget` drops no other publication. */
#define PG_MADE_BY_SETUP "made by tailrace setup"
#endif
