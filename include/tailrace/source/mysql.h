#ifndef TAILRACE_SOURCE_MYSQL_H
#define TAILRACE_SOURCE_MYSQL_H
#include <stdio.h>
#include "base/pattern.h"
#include "model/finding.h"
#include "source/source.h"

enum mysql_tls { MYSQL_TLS_DISABLE, MYSQL_TLS_REQUIRE, MYSQL_TLS_VERIFY_CA, MYSQL_TLS_VERIFY_FULL };
enum mysql_schema_doubt { MYSQL_DOUBT_STOP, MYSQL_DOUBT_CATALOG };

/* All strings are borrowed and outlive the source. */
struct mysql_options {
    bool mariadb;                   /* source.kind: the server must be of that kind */
    const char *feed;               /* the feed's name: our stable identity as a replica is derived from it */
    const char *host, *user, *password, *socket;    /* socket NULL: TCP */
    int port;
    int tls;                        /* enum mysql_tls */
    const char *tls_ca, *tls_cert, *tls_key;
    int64_t server_id;              /* ours, unique among all that read from the server; 0: derived from the feed's name */
    const char *start;              /* without a stored position: a GTID set, or "FILE:POSITION"; NULL: now */
    bool query;                     /* ask for the statements' text */
    int heartbeat_ms;               /* the server speaks at least this often */
    int doubt;                      /* enum mysql_schema_doubt: a table's columns cannot be told for sure */
    bool allow_primary;             /* source.primary: allow */
    struct filter wanted;           /* which tables are read, by "database.table" */
    bool hand_known;                /* after a restart inside a transaction, hand its first changes out again, as known */
    bool until_current;             /* end (SOURCE_END) at what was the server's end when first opened */
};

/* Owns nothing of opt. NULL only on bad options. Connects in open(). */
struct source *mysql_source_new(const struct mysql_options *opt, struct err *err) must_check;

/* The statements that make the account, for `tailrace setup`: MySQL keeps nothing for a reader, so they are all there is to do. */
int mysql_setup(const struct mysql_options *opt, bool dry_run, FILE *out, struct err *err) must_check;

/* All tables that the filter takes, as they are now, with all that the catalog says of them. In a. */
int mysql_tables_read(const struct mysql_options *opt, struct arena *a, struct table_list *ret, struct err *err) must_check;

/* Reports each thing that must hold. -1 only when it could not go on. */
int mysql_check(const struct mysql_options *opt, finding_fn *say, void *arg, struct err *err) must_check;
#endif
