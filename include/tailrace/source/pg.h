#ifndef TAILRACE_SOURCE_PG_H
#define TAILRACE_SOURCE_PG_H
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/pattern.h"
#include "model/finding.h"
#include "source/source.h"

/* All strings are borrowed and outlive the source. */
struct pg_options {
    const char *conninfo;           /* where we read: anything libpq takes */
    const char *setup_conninfo;     /* the primary, for `setup` only; NULL: none */
    const char *slot, *publication;
    /* setup: "schema.table" names to publish, NULL-terminated; empty: all tables */
    const char *const *tables;
    struct filter wanted;           /* which of the published tables are read, by "schema.table" */
    /* Whether rows that are read need this column; NULL: every one. What is not needed is not
     * selected, and is NULL. */
    bool (*needs_column)(const void *needs, const struct table *t, uint16_t column);
    /* Whether the configuration names a key for this table (its schema and name are looked at);
     * NULL: it never does. */
    bool (*names_key)(const void *needs, const struct table *t);
    const void *needs;
    bool allow_primary;             /* source.primary: allow */
    enum snapshot_mode snapshot;
    /* ask pgoutput for binary values; false: text for every column */
    bool binary;
    bool messages;                  /* pass logical messages on */
    bool partition_root;            /* setup: publish_via_partition_root */
    bool truncates;                 /* are written */
    /* after a restart inside a transaction, hand its first changes out again, as known */
    bool hand_known;
    int status_interval_ms;         /* feedback at least this often */
    int read_nap_us;                /* under load, wait up to so long before a read (stream.c) */
    /* end (SOURCE_END) at what was the server's end when first opened */
    bool until_current;
    /* nothing was heard of the server for so long: reconnect; 0: never */
    int receive_timeout_ms;
    const atomic_int *stop;      /* set: give up waiting for the server. NULL: never */
    /* slot creation gives up after this long and leaves nothing behind */
    int setup_timeout_s;
};

/* Owns nothing of opt. NULL only on bad options. Connects in open(). */
struct source *pg_source_new(const struct pg_options *opt, struct err *err) must_check;

/*
 * Every table that the publication names and wanted takes, as the stream would describe it now;
 * without a publication (NULL, or there is none) every table of the database. Sorted by schema and
 * name; lives in a.
 */
int pg_tables_read(const struct pg_options *opt, struct arena *a, struct table_list *ret,
                   struct err *err) must_check;

/* Fills type, modifiers and default of a column from about->type (pg_type's name), the labels, and
 * a record's length and scale (-1: none). */
void pg_column_meaning(struct column *c, int length, int scale, struct arena *a);

/* A throwaway database on a server, for a migration to be tried in. Strings live in the arena. */
struct pg_scratch { const char *server, *name, *conninfo; };
int pg_scratch_make(const char *server, struct arena *a, struct pg_scratch *ret,
                    struct err *err) must_check;
/* Runs a script; an error says what:LINE. */
int pg_scratch_apply(const struct pg_scratch *s, struct slice sql, const char *what,
                     struct err *err) must_check;
int pg_scratch_drop(const struct pg_scratch *s, struct err *err) must_check;
/* Tables, enumerations and keys as DDL: what is needed of a schema where pg_dump is not there. */
void pg_tables_ddl(const struct table_list *list, struct buf *out);

/*
 * Publication on the primary, slot where we read. The publication gets the tables that
 * source.tables or tables.include name; where neither does, every table there is that goes on to
 * take UPDATE and DELETE. A named table that would not is refused (ERR_CONFIG).
 */
struct pg_setup_options {
    bool dry_run;               /* print the SQL to out, and change nothing */
    bool all_tables;            /* FOR ALL TABLES, those to come too */
    bool allow_no_identity;     /* publish tables of which UPDATE and DELETE fail from then on */
    /* Appends the stored position: one that `run` would refuse is warned of. */
    int (*position)(void *arg, struct buf *ret, struct err *err);
    void *arg;
};
int pg_setup(const struct pg_options *opt, const struct pg_setup_options *how, FILE *out,
             struct err *err) must_check;

/* Reports each thing that must hold; unknown types are named by table and column. -1 only when it
 * could not go on. */
/* The stored position, held against the server as `run` does. position: empty: none is stored;
 * NULL: not known. */
int pg_check_position(const struct pg_options *opt, const struct slice *position, finding_fn *say,
                      void *arg, struct err *err) must_check;
int pg_check(const struct pg_options *opt, finding_fn *say, void *arg, struct err *err) must_check;

/*
 * Appends members of a JSON object: the stored position (empty: none), how server and slot stand
 * beside it, and how far apart. -1: the server cannot be asked; what is known is there all the
 * same.
 */
int pg_position_show(const struct pg_options *opt, struct slice stored, struct buf *ret_members,
                     struct err *err) must_check;

/*
 * The position that text names (a position's JSON, or an LSN), to be stored in the place of
 * `stored`. ret_token: its line; ret_says: what would be skipped or repeated, a line each.
 * ERR_CONFIG: it cannot be read on from.
 */
int pg_position_move(const struct pg_options *opt, struct slice stored, const char *text,
                     struct buf *ret_token, struct buf *ret_says, struct err *err) must_check;

/*
 * Drops the slot, and the publication where `setup` made it and that is asked for. Prints to out
 * what it does, as SQL; dry_run: that only. ERR_CONFIG: the slot is in use, or somebody else's.
 */
int pg_forget(const struct pg_options *opt, bool publication, bool dry_run, FILE *out,
              struct err *err) must_check;

/* Can libpq read it? Its passwords are noted as secrets. ERR_CONFIG shows nothing of it. */
int pg_conninfo_check(const char *conninfo, struct err *err) must_check;
/* Is there a password in it? */
bool pg_conninfo_password(const char *conninfo);
/* The file of its passfile or sslkey, in a. NULL: it names none, or conninfo is NULL. */
const char *pg_conninfo_file(const char *conninfo, const char *key, struct arena *a);
/* For another program's command line, which everybody may read: appends it without its passwords,
 * and its password. */
int pg_conninfo_bare(const char *conninfo, struct buf *ret_bare, struct buf *ret_password,
                     struct err *err) must_check;
/* Appends the same with another database. */
int pg_conninfo_of_database(const char *conninfo, const char *database, struct buf *ret,
                            struct err *err) must_check;
/* Appends the server that it names, without database and account: two that are equal are one
 * server, though one server has many names. */
int pg_conninfo_server(const char *conninfo, struct buf *ret, struct err *err) must_check;

/*
 * The databases of a server that take connections and are no templates, by name; asked in
 * opt->conninfo's database, or postgres where it names none. In a.
 */
struct pg_database { const char *name; uint32_t oid; };
int pg_databases_read(const struct pg_options *opt, struct arena *a, struct pg_database **ret,
                      size_t *ret_n, struct err *err) must_check;

int pg_library(void);       /* the version of libpq that runs: 170004 is 17.4 */
#endif
