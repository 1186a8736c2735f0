#ifndef TAILRACE_SOURCE_MYSQL_TABLES_H
#define TAILRACE_SOURCE_MYSQL_TABLES_H
#include "source/mysql/types.h"

/*
 * Tables as the stream describes them. A TABLE_MAP is the truth about the form of the rows that
 * follow it. With binlog_row_metadata=FULL the TABLE_MAP also names the columns. Otherwise the
 * names come from the definition (schema.h), after a check against the TABLE_MAP. A definition that
 * does not fit stops the feed: nothing is guessed.
 */
struct mysql_entry {
    char *database, *name;
    bool unwanted;                  /* the filter leaves this table out */
    /* a statement changed the definition: the next TABLE_MAP makes a new version */
    bool stale;
    bool full;                      /* the TABLE_MAP named the columns */
    bool by_statement;              /* a change was written as a statement, and the log said so */
    struct table *table;            /* the newest version; NULL: none yet */
    uint16_t ncols;                 /* the table's columns */
    /*
     * columns in the TABLE_MAP: the table's, then MariaDB's own for unique indexes over long
     * columns (DB_ROW_HASH_1)
     */
    uint16_t nlogged;
    struct slice raw;               /* the TABLE_MAP that made the version */
    struct binlog_column *cols;
    struct cell *before, *after;
    struct mysql_entry *next;
};

struct mysql_tables {
    struct arena arena;             /* holds every version until mysql_tables_done() */
    struct mysql_entry *all;
    /* open addressing; entry NULL: free */
    struct mysql_map { uint64_t id; struct mysql_entry *entry; } *by_id;
    uint32_t cap, n;
    const struct mysql_options *opt;
    const struct mysql_server *server;
    struct mysql_collations collations;
    struct mysql_schema *schema;    /* what is known of each table; owned */
    struct mysql_conn *sql;         /* to look tables up with; borrowed */
};

void mysql_tables_init(struct mysql_tables *t, const struct mysql_options *opt,
                       const struct mysql_server *server);
void mysql_tables_done(struct mysql_tables *t);

/* A TABLE_MAP came: maps its id to the table, and makes a new version where the table changed. */
int mysql_tables_take(struct mysql_tables *t, const struct binlog_table_map *m,
                      struct err *err) must_check;

/* The table of a rows event; NULL: no TABLE_MAP had that id. */
struct mysql_entry *mysql_tables_by_id(struct mysql_tables *t, uint64_t id);
/* Finds a table's entry, or makes it. NULL: err. */
struct mysql_entry *mysql_tables_entry(struct mysql_tables *t, const char *database,
                                       const char *name, struct err *err) must_check;
struct mysql_entry *mysql_tables_by_name(struct mysql_tables *t, const char *database,
                                         const char *name);

/*
 * The newest version of a table; its definition makes one where no TABLE_MAP came yet. *ret NULL:
 * no version and no definition is known.
 */
int mysql_tables_known(struct mysql_tables *t, const char *database, const char *name,
                       const struct table **ret, struct err *err) must_check;

/*
 * The stream's table for rows that a SELECT returned while the definition was def. 1: *ret is the
 * table. def makes it where no TABLE_MAP came since a statement changed the table. 0: the stream
 * knows another, newer shape; -1: err.
 */
int mysql_tables_as_read(struct mysql_tables *t, const struct mysql_table_def *def,
                         const struct table **ret, struct err *err) must_check;

/*
 * A statement changed a table, or all tables: the next TABLE_MAP makes a new version.
 * mysql_tables_forget_ids(): ids of earlier TABLE_MAPs mean nothing any more.
 */
void mysql_tables_changed(struct mysql_tables *t, const char *database, const char *name);
void mysql_tables_all_changed(struct mysql_tables *t);
void mysql_tables_forget_ids(struct mysql_tables *t);

/* Does the feed read the table? The filter must take it, and it must not be the server's own. */
int mysql_tables_wanted(const struct mysql_tables *t, const char *database, const char *name,
                        struct err *err) must_check;
#endif
