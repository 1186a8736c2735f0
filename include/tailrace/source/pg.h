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
    const char *conninfo;           /* the server that we read; anything that libpq takes */
    const char *setup_conninfo;     /* the primary, for `setup`, `check`, `forget`; NULL: none */
    const char *slot, *publication;
    /* setup: "schema.table" names to publish, NULL-terminated; empty: all tables */
    const char *const *tables;
    struct filter wanted;           /* which of the published tables are read, by "schema.table" */
    /* Do rows that a backfill reads need this column? NULL: they need all. A column that is not
     * needed is not selected; its cells are NULL. */
    bool (*needs_column)(const void *needs, const struct table *t, uint16_t column);
    /* Does the configuration name a key for this table? Reads only t's schema and name. NULL: it
     * never does. */
    bool (*names_key)(const void *needs, const struct table *t);
    const void *needs;
    bool allow_primary;             /* source.primary: allow */
    enum snapshot_mode snapshot;
    /* ask pgoutput for binary values; false: text for every column */
    bool binary;
    bool messages;                  /* pass logical messages on */
    bool partition_root;            /* setup: publish_via_partition_root */
    bool truncates;                 /* the feed writes records for TRUNCATE */
    /* after a restart inside a transaction, hand its earlier changes out again, as event.known */
    bool hand_known;
    int status_interval_ms;         /* send feedback at least this often */
    int read_nap_us;                /* under load, longest wait before a read (stream.c) */
    /* end (SOURCE_END) at the point that was the server's end at the first open() */
    bool until_current;
    /* reconnect if the server says nothing for this long; 0: never */
    int receive_timeout_ms;
    const atomic_int *stop;      /* not 0: give up waiting for the server. NULL: never */
    /* slot creation gives up after this long and leaves nothing behind */
    int setup_timeout_s;
};

/* Owns nothing of opt. NULL only on bad options. Connects in open(). */
struct source *pg_source_new(const struct pg_options *opt, struct err *err) must_check;

/*
 * Gives every table that the publication names and wanted takes, as the stream would describe it
 * now. Without a publication (NULL, or it does not exist): every table of the database that wanted
 * takes. Sorted by schema and name; lives in a.
 */
int pg_tables_read(const struct pg_options *opt, struct arena *a, struct table_list *ret,
                   struct err *err) must_check;

/* Fills type, modifiers and default of a column from about->type (pg_type's name), its labels, and
 * a schema change record's length and scale (-1: none). */
void pg_column_meaning(struct column *c, int length, int scale, struct arena *a);

/* A throwaway database on a server, to try a migration in. Strings live in the arena. */
struct pg_scratch { const char *server, *name, *conninfo; };
int pg_scratch_make(const char *server, struct arena *a, struct pg_scratch *ret,
                    struct err *err) must_check;
/* Runs a script. An error names what:LINE. */
int pg_scratch_apply(const struct pg_scratch *s, struct slice sql, const char *what,
                     struct err *err) must_check;
int pg_scratch_drop(const struct pg_scratch *s, struct err *err) must_check;
/* Appends tables, enumerations and keys as DDL. It stands in for pg_dump where there is none. */
void pg_tables_ddl(const struct table_list *list, struct buf *out);

/*
 * Makes the publication on the primary, and the slot where we read. The publication gets the tables
 * that source.tables or tables.include name. If neither names any, it gets every present table that
 * still takes UPDATE and DELETE when it is published. A named table that would not is refused
 * (ERR_CONFIG).
 */
struct pg_setup_options {
    bool dry_run;               /* print the SQL to out, and change nothing */
    bool all_tables;            /* FOR ALL TABLES, future ones too */
    bool allow_no_identity;     /* also publish tables whose UPDATE and DELETE then fail */
    /* Appends the stored position; `setup` warns if `run` would refuse it. */
    int (*position)(void *arg, struct buf *ret, struct err *err);
    void *arg;
};
int pg_setup(const struct pg_options *opt, const struct pg_setup_options *how, FILE *out,
             struct err *err) must_check;

/* Compares the stored position with the server, as `run` does, and reports. position empty: none is
 * stored; position NULL: not known. */
int pg_check_position(const struct pg_options *opt, const struct slice *position, finding_fn *say,
                      void *arg, struct err *err) must_check;
/* Reports each thing that must hold, and each unknown type by table and column. -1 only if it could
 * not go on. */
int pg_check(const struct pg_options *opt, finding_fn *say, void *arg, struct err *err) must_check;

/*
 * Appends members of a JSON object: the stored position (empty: none), the server's and the slot's
 * positions, and the distance. -1: stored cannot be read, or the server cannot be asked; what is
 * known was appended all the same.
 */
int pg_position_show(const struct pg_options *opt, struct slice stored, struct buf *ret_members,
                     struct err *err) must_check;

/*
 * Gives the position that text names (a position's JSON, or an LSN), to store instead of `stored`.
 * ret_token: its line; ret_says: what would be skipped or repeated, one line each. ERR_CONFIG: the
 * feed cannot go on from there.
 */
int pg_position_move(const struct pg_options *opt, struct slice stored, const char *text,
                     struct buf *ret_token, struct buf *ret_says, struct err *err) must_check;

/*
 * Drops the slot. publication: also drops the publication, if `setup` made it. Prints what it does
 * to out, as SQL; dry_run: only prints. ERR_CONFIG: the slot is in use or not this feed's, or
 * another slot may read the publication; nothing is changed.
 */
int pg_forget(const struct pg_options *opt, bool publication, bool dry_run, FILE *out,
              struct err *err) must_check;

/* Can libpq read conninfo? Notes its passwords as secrets. ERR_CONFIG; err shows nothing of it. */
int pg_conninfo_check(const char *conninfo, struct err *err) must_check;
/* True if conninfo holds a password. */
bool pg_conninfo_password(const char *conninfo);
/* The file that conninfo names for key (passfile, sslkey), in a. NULL: it names none, or conninfo
 * is NULL. */
const char *pg_conninfo_file(const char *conninfo, const char *key, struct arena *a);
/* For another program's command line, which everybody may read: appends conninfo without passwords
 * to ret_bare, and its password to ret_password. */
int pg_conninfo_bare(const char *conninfo, struct buf *ret_bare, struct buf *ret_password,
                     struct err *err) must_check;
/* Appends conninfo with another database, passwords included. */
int pg_conninfo_of_database(const char *conninfo, const char *database, struct buf *ret,
                            struct err *err) must_check;
/* Appends the server that conninfo names, without database and account. Equal texts mean one
 * server; one server may have several texts. */
int pg_conninfo_server(const char *conninfo, struct buf *ret, struct err *err) must_check;

/*
 * Gives the databases of a server that take connections and are no templates, sorted by name. Asks
 * in opt->conninfo's database, or in postgres if it names none. They live in a.
 */
struct pg_database { const char *name; uint32_t oid; };
int pg_databases_read(const struct pg_options *opt, struct arena *a, struct pg_database **ret,
                      size_t *ret_n, struct err *err) must_check;

int pg_library(void);       /* the version of libpq that runs: 170004 is 17.4 */
#endif
