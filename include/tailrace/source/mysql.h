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
    /* the feed's name: our stable identity as a replica is derived from it */
    const char *feed;
    const char *host, *user, *password, *socket;    /* socket NULL: TCP */
    int port;
    int tls;                        /* enum mysql_tls */
    const char *tls_ca, *tls_cert, *tls_key;
    /* a PEM file: for passwords that are encrypted where there is no TLS; NULL: none are sent so */
    const char *server_public_key;
    /* bytes; a row or event of the server's beyond it is an error */
    int64_t max_packet;
    /* ours, unique among all that read from the server; 0: derived from the feed's name */
    int64_t server_id;
    /* without a stored position: a GTID set, or "FILE:POSITION"; NULL: now */
    const char *start;
    /* MariaDB, NULL-terminated: numbers of domains that were deleted after all of them was read */
    const char *const *deleted_domains;
    bool query;                     /* ask for the statements' text */
    int heartbeat_ms;               /* the server speaks at least this often */
    int receive_timeout_ms;         /* a statement got no answer for so long: reconnect; 0: never */
    const atomic_int *stop;      /* set: give up waiting for the server. NULL: never */
    /* enum mysql_schema_doubt: a table's columns cannot be told for sure */
    int doubt;
    bool allow_primary;             /* source.primary: allow */
    struct filter wanted;           /* which tables are read, by "database.table" */
    /* after a restart inside a transaction, hand its first changes out again, as known */
    bool hand_known;
    /* end (SOURCE_END) at what was the server's end when first opened */
    bool until_current;
};

/* Our id as a reader of the binlog, which no other reader of the server may have. */
uint32_t mysql_server_our_id(const struct mysql_options *opt);

/* Owns nothing of opt. NULL only on bad options. Connects in open(). */
struct source *mysql_source_new(const struct mysql_options *opt, struct err *err) must_check;

/* The statements that make the account, for `tailrace setup`: MySQL keeps nothing for a reader, so
 * they are all there is to do. */
int mysql_setup(const struct mysql_options *opt, bool dry_run, FILE *out,
                struct err *err) must_check;

/* All tables that the filter takes, as they are now, with all that the catalog says of them. In
 * a. */
int mysql_tables_read(const struct mysql_options *opt, struct arena *a, struct table_list *ret,
                      struct err *err) must_check;

/* The statements that make the databases of the tables that are read, with all their tables. In an
 * arena. */
struct mysql_copy {
    const char **databases;
    size_t ndatabases;
    /* database: to be used first; NULL: it makes the next database */
    struct mysql_copied { const char *database, *sql; } *statements;
    size_t nstatements;
};
int mysql_copy_read(const struct mysql_options *opt, struct arena *a, struct mysql_copy *ret,
                    struct err *err) must_check;

/* Those databases on another server, for a migration to be tried in. What could not be made whole
 * is to be dropped too. */
struct mysql_scratch {
    const struct mysql_options *server;
    struct arena *a;
    const char **databases;         /* ours to drop */
    size_t ndatabases, cap;
};
int mysql_scratch_make(const struct mysql_options *server, const struct mysql_copy *copy,
                       struct arena *a, struct mysql_scratch *ret, struct err *err) must_check;
/* Runs a script, in the only database where there is one; an error says what:LINE. */
int mysql_scratch_apply(struct mysql_scratch *s, struct slice sql, const char *what,
                        struct err *err) must_check;
int mysql_scratch_drop(const struct mysql_scratch *s, struct err *err) must_check;

/*
 * Fills a column from about, as a schema change's record has it (type "INT UNSIGNED", charset,
 * default), its labels and the record's length and scale (-1: none). A type that is not known stays
 * COL_UNKNOWN. A record lacks comments (MySQL) and what is computed but the time of now.
 */
void mysql_column_meaning(struct column *c, int length, int scale, struct arena *a);
void mariadb_column_meaning(struct column *c, int length, int scale, struct arena *a);
/* The names that a record's statement leaves empty, but for dropped tables, which the record itself
 * tells. */
void mysql_statement_gone(const char *sql, const char *database, struct arena *a,
                          table_gone_fn *gone, void *arg);

/* Reports each thing that must hold. -1 only when it could not go on. */
int mysql_check(const struct mysql_options *opt, finding_fn *say, void *arg,
                struct err *err) must_check;

/* The position that is stored, held against the server as `run` does. */
int mysql_check_position(const struct mysql_options *opt, struct slice position, finding_fn *say,
                         void *arg, struct err *err) must_check;

/* As pg_position_show(). */
int mysql_position_show(const struct mysql_options *opt, struct slice stored,
                        struct buf *ret_members, struct err *err) must_check;

/* As pg_position_move(). text: a position's JSON, or a set of GTIDs. */
int mysql_position_move(const struct mysql_options *opt, struct slice stored, const char *text,
                        struct buf *ret_token, struct buf *ret_says, struct err *err) must_check;

/* the client library that runs: its name and version */
void mysql_library(char *ret, size_t size);
#endif
