#ifndef TAILRACE_SOURCE_MYSQL_DDL_H
#define TAILRACE_SOURCE_MYSQL_DDL_H
#include "source/mysql/schema.h"

/* What a statement in a QUERY event is, in the detail that a feed needs. */
enum ddl_kind {
    /* not about tables: GRANT, CREATE VIEW, ANALYZE, SET, FLUSH ... */
    DDL_OTHER,
    DDL_BEGIN,
    DDL_COMMIT,
    DDL_ROLLBACK,
    DDL_SAVEPOINT,
    DDL_ROLLBACK_TO,
    DDL_XA_START,
    DDL_XA_END,
    DDL_XA_PREPARE,
    DDL_XA_COMMIT,
    DDL_XA_ROLLBACK,
    /*
     * INSERT, UPDATE, DELETE, REPLACE, LOAD, CALL: changes rows by a statement, because
     * binlog_format is not ROW
     */
    DDL_DML,
    DDL_CREATE_TABLE,
    DDL_CREATE_SEQUENCE,
    DDL_ALTER_TABLE,
    DDL_DROP_TABLE,
    DDL_RENAME_TABLE,
    DDL_TRUNCATE,
    DDL_CREATE_INDEX,
    DDL_DROP_INDEX,
    DDL_CREATE_DATABASE,
    DDL_ALTER_DATABASE,
    DDL_DROP_DATABASE
};

/* A table that a statement names. `to`: its new name (RENAME; ALTER ... RENAME), else NULL. */
struct ddl_table {
    const char *database, *table;
    const char *to_database, *to_table;
};

struct ddl {
    enum ddl_kind kind;
    bool temporary;             /* CREATE / DROP TEMPORARY TABLE: not a table that a feed reads */
    const char *database;       /* *_DATABASE */
    struct ddl_table *tables;
    uint16_t ntables;
    bool if_exists;             /* DROP TABLE IF EXISTS */
    /*
     * ALTER TABLE moves, drops or brings rows without events in the binlog: partitions,
     * tablespaces, IGNORE
     */
    bool moves_rows;
    bool guarded;               /* CREATE TABLE IF NOT EXISTS */
    bool replaces;              /* MariaDB's CREATE OR REPLACE */
    /*
     * CREATE TABLE ... SELECT as the client sent it: the binlog does not have the rows that it made
     */
    bool selects;
    struct slice xid;           /* XA: the id as written: X'..',X'..',N */
    const char *savepoint;      /* SAVEPOINT, ROLLBACK TO */
};

/* The statement's session. It decides how the statement is read. */
struct ddl_context {
    const char *database;       /* default database */
    bool ansi_quotes;           /* sql_mode: "x" is a name */
    bool no_backslash_escapes;
    bool real_as_float;         /* sql_mode: REAL is a FLOAT */
    /* MariaDB's ORACLE: DATE has a time; MAXDB: TIMESTAMP is a DATETIME; MSSQL: [x] is a name */
    bool oracle, maxdb, brackets;
    bool empty_is_null;         /* MariaDB's EMPTY_STRING_IS_NULL */
    bool no_zero_in_date;       /* NO_ZERO_IN_DATE: MySQL turns 2012-02-00 into a date of zeros */
    bool utf8_is_utf8mb4;       /* MySQL's INTERPRET_UTF8_AS_UTF8MB4 */
    /* a fraction of a second that does not fit is rounded, not cut off */
    bool rounds;
    /* explicit_defaults_for_timestamp is off, as by default before MySQL 8.0 and MariaDB 10.10 */
    bool implicit_timestamp;
    /* character_set_client, the set that the statement was sent in; NULL: a form of UTF-8 */
    const char *charset;
    /* character_set_connection, the set of its strings; NULL: not said */
    const char *connection;
    const char *time_zone;      /* "+02:00", "SYSTEM", ..; NULL: not said */
    const char *collation;      /* collation_server of the session; NULL: the server's */
    /* MariaDB's character_set_collations: the sets whose default is another collation */
    const struct mysql_text *collations;
    size_t ncollations;
    const char *utf8mb4_collation;      /* default_collation_for_utf8mb4; NULL: utf8mb4's own */
    bool failed;                /* the statement failed; the log has it for what it did before */
    const struct mysql_dialect *server;
};

/*
 * Looks at the statement (UTF-8) without applying it. Everything lives in a. Understands comments,
 * executable ones too, leading blanks and SET STATEMENT ... FOR. -1 (ERR_DATA, with the place): its
 * tables cannot be known; ret->kind is DDL_OTHER if the kind is not known either.
 */
int ddl_read(struct slice sql, const struct ddl_context *ctx, struct arena *a, struct ddl *ret,
             struct err *err) must_check;

/*
 * Appends a text in the session's character set (NULL: UTF-8) as UTF-8; -1: it is not text of that
 * set.
 */
int ddl_to_utf8(const char *charset, struct slice sql, struct buf *out) must_check;

/*
 * Did the server write the text to replace a CREATE TABLE .. SELECT? Then the text is UTF-8,
 * whatever set the event names. inside: in a transaction. Ask only about a statement that began at
 * this server: another server read the text in the named set, and has a table of that name.
 */
bool ddl_of_server(struct slice sql, bool mariadb, bool inside);

/*
 * MariaDB's RENAME TABLE also renames a session's temporary tables, and the log does not say which.
 * Returns d without the renames that, by their names, are of temporary tables. Its tables are in a;
 * everything else is d's.
 */
struct ddl ddl_without_temporary(const struct ddl *d, const struct mysql_schema *s,
                                 struct arena *a);

/*
 * Applies the statement to s. It understands CREATE TABLE ... LIKE and every ALTER TABLE clause
 * that changes columns or keys, and skips clauses that change neither. It does not understand
 * CREATE TABLE ... SELECT: with binlog_format=ROW the servers log the columns instead. A statement
 * on a table that is not known changes nothing.
 *
 * -1 (ERR_DATA): it is not understood; err says what and where. The tables that it names
 * (d->tables) are as they were: look them up anew.
 */
int ddl_apply(struct slice sql, const struct ddl_context *ctx, const struct ddl *d,
              struct mysql_schema *s, struct err *err) must_check;
#endif
