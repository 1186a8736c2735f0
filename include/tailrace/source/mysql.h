#ifndef TAILRACE_SOURCE_MYSQL_H
#define TAILRACE_SOURCE_MYSQL_H
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include "base/pattern.h"
#include "model/finding.h"
#include "source/source.h"

enum mysql_tls { MYSQL_TLS_DISABLE, MYSQL_TLS_REQUIRE, MYSQL_TLS_VERIFY_CA, MYSQL_TLS_VERIFY_FULL };
enum mysql_schema_doubt { MYSQL_DOUBT_STOP, MYSQL_DOUBT_CATALOG };

/* All strings are borrowed and outlive the source. */
struct mysql_options {
    bool mariadb;                   /* source.kind: the server must be of that kind */
    /* the feed's name; our stable identity as a replica comes from it */
    const char *feed;
    const char *host, *user, *password, *socket;    /* socket NULL: TCP */
    int port;
    int tls;                        /* enum mysql_tls */
    const char *tls_ca, *tls_cert, *tls_key;
    /* a PEM file with the server's public key: without TLS, passwords are sent encrypted with it;
     * NULL: no password is sent that way */
    const char *server_public_key;
    /* bytes; a larger row or event of the server is an error */
    int64_t max_packet;
    /* our id, unique among all readers of the server; 0: made from the feed's name */
    int64_t server_id;
    /* where to begin without a stored position: a GTID set, or "FILE:POSITION"; NULL: now */
    const char *start;
    /* MariaDB: numbers of domains that were deleted after they had been read whole; ends with
     * NULL */
    const char *const *deleted_domains;
    bool query;                     /* ask for the statements' text */
    int heartbeat_ms;               /* the server sends something at least this often */
    int receive_timeout_ms;         /* reconnect if an answer takes longer than this; 0: never */
    const atomic_int *stop;      /* not 0: give up waiting for the server. NULL: never */
    /* enum mysql_schema_doubt: what to do if a table's columns are not known for sure */
    int doubt;
    bool allow_primary;             /* source.primary: allow */
    struct filter wanted;           /* which tables are read, by "database.table" */
    /* after a restart inside a transaction, hand its earlier changes out again, as event.known */
    bool hand_known;
    /* end (SOURCE_END) at the point that was the server's end at the first open() */
    bool until_current;
};

/* Our id as a reader of the binlog; no other reader of the server may have it. */
uint32_t mysql_server_our_id(const struct mysql_options *opt);

/* Owns nothing of opt. NULL only on bad options. Connects in open(). */
struct source *mysql_source_new(const struct mysql_options *opt, struct err *err) must_check;

/* Writes the statements that make the account to out, for `tailrace setup`. More is not needed:
 * MySQL keeps nothing for a reader. */
int mysql_setup(const struct mysql_options *opt, bool dry_run, FILE *out,
                struct err *err) must_check;

/* Gives all tables that the filter takes, as they are now, with all that the catalog says of them.
 * They live in a. */
int mysql_tables_read(const struct mysql_options *opt, struct arena *a, struct table_list *ret,
                      struct err *err) must_check;

/* Statements that make the databases in which the feed reads tables, with all tables of these
 * databases. They live in the arena. */
struct mysql_copy {
    const char **databases;
    size_t ndatabases;
    /* database: USE it before sql; NULL: sql makes the next of databases */
    struct mysql_copied { const char *database, *sql; } *statements;
    size_t nstatements;
};
int mysql_copy_read(const struct mysql_options *opt, struct arena *a, struct mysql_copy *ret,
                    struct err *err) must_check;

/* A throwaway copy of those databases on another server, to try a migration in. If making it fails,
 * the caller still drops it. */
struct mysql_scratch {
    const struct mysql_options *server;
    struct arena *a;
    const char **databases;         /* ours to drop */
    size_t ndatabases, cap;
};
int mysql_scratch_make(const struct mysql_options *server, const struct mysql_copy *copy,
                       struct arena *a, struct mysql_scratch *ret, struct err *err) must_check;
/* Runs a script. If the copy has exactly one database, the script begins in it. An error names
 * what:LINE. */
int mysql_scratch_apply(struct mysql_scratch *s, struct slice sql, const char *what,
                        struct err *err) must_check;
int mysql_scratch_drop(const struct mysql_scratch *s, struct err *err) must_check;

/*
 * Fills a column from c->about, its labels, and a schema change record's length and scale (-1:
 * none). c->about is as the record has it: type "INT UNSIGNED", charset, default. An unknown type
 * stays COL_UNKNOWN. A record has no comments (MySQL), and of computed defaults only the current
 * time.
 */
void mysql_column_meaning(struct column *c, int length, int scale, struct arena *a);
void mariadb_column_meaning(struct column *c, int length, int scale, struct arena *a);
/* Calls gone() for each name that the statement of such a record frees: a dropped database (table
 * NULL), and the old name of a renamed table. The record itself names dropped tables. */
void mysql_statement_gone(const char *sql, const char *database, struct arena *a,
                          table_gone_fn *gone, void *arg);

/* Reports each thing that must hold. -1 only if it could not go on. */
int mysql_check(const struct mysql_options *opt, finding_fn *say, void *arg,
                struct err *err) must_check;

/* Compares the stored position with the server, as `run` does, and reports. */
int mysql_check_position(const struct mysql_options *opt, struct slice position, finding_fn *say,
                         void *arg, struct err *err) must_check;

/* As pg_position_show(). */
int mysql_position_show(const struct mysql_options *opt, struct slice stored,
                        struct buf *ret_members, struct err *err) must_check;

/* As pg_position_move(). text: a position's JSON, or a set of GTIDs. */
int mysql_position_move(const struct mysql_options *opt, struct slice stored, const char *text,
                        struct buf *ret_token, struct buf *ret_says, struct err *err) must_check;

/* The name and version of the client library that runs. */
void mysql_library(char *ret, size_t size);
#endif
