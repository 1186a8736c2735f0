#ifndef TAILRACE_SOURCE_MYSQL_TABLES_H
#define TAILRACE_SOURCE_MYSQL_TABLES_H
#include "source/mysql/types.h"

/*
 * Tables as the stream describes them. A TABLE_MAP is the truth for the form of the rows that
 * follow it. Names come from it too where the server writes binlog_row_metadata=FULL; else from the
 * definition (schema.h), which is held against the TABLE_MAP first: what does not fit stops the
 * feed, it is never guessed.
 */
struct mysql_entry {
    char *database, *name;
    bool unwanted;                  /* the filter leaves this table out */
    /* a statement changed the definition: made anew at the next TABLE_MAP */
    bool stale;
    bool full;                      /* the TABLE_MAP named the columns */
    bool by_statement;              /* a change was written as a statement, and that was said */
    struct table *table;            /* the newest version; NULL: none yet */
    uint16_t ncols;                 /* the table's */
    /* in the TABLE_MAP: behind the table's, MariaDB's own of unique indexes over long columns
     * (DB_ROW_HASH_1) */
    uint16_t nlogged;
    struct slice raw;               /* the TABLE_MAP that the version was made of */
    struct binlog_column *cols;
    struct cell *before, *after;
    struct mysql_entry *next;
};

struct mysql_tables {
    struct arena arena;             /* every version, until done */
    struct mysql_entry *all;
    /* open addressing; entry NULL: free */
    struct mysql_map { uint64_t id; struct mysql_entry *entry; } *by_id;
    uint32_t cap, n;
    const struct mysql_options *opt;
    const struct mysql_server *server;
    struct mysql_collations collations;
    struct mysql_schema *schema;    /* what is known of each table; owned */
    struct mysql_conn *sql;         /* for looking a table up; borrowed */
};

void mysql_tables_init(struct mysql_tables *t, const struct mysql_options *opt,
                       const struct mysql_server *server);
void mysql_tables_done(struct mysql_tables *t);

/* A TABLE_MAP came. */
int mysql_tables_take(struct mysql_tables *t, const struct binlog_table_map *m,
                      struct err *err) must_check;

/* The table of a rows event; NULL: no TABLE_MAP named that id. */
struct mysql_entry *mysql_tables_by_id(struct mysql_tables *t, uint64_t id);
/* Made where there was none. NULL: err. */
struct mysql_entry *mysql_tables_entry(struct mysql_tables *t, const char *database,
                                       const char *name, struct err *err) must_check;
struct mysql_entry *mysql_tables_by_name(struct mysql_tables *t, const char *database,
                                         const char *name);

/* The newest version of a table, made of its definition where no TABLE_MAP came yet. *ret NULL:
 * neither is known. */
int mysql_tables_known(struct mysql_tables *t, const char *database, const char *name,
                       const struct table **ret, struct err *err) must_check;

/*
 * The stream's table for rows that a SELECT gave when the definition was def. 1: there, made of def
 * where no TABLE_MAP came since a statement changed it; 0: the stream knows another shape, which is
 * newer; -1: err.
 */
int mysql_tables_as_read(struct mysql_tables *t, const struct mysql_table_def *def,
                         const struct table **ret, struct err *err) must_check;

/* What a statement changed: the version is made anew at the next TABLE_MAP. Ids say nothing any
 * more after all_ids. */
void mysql_tables_changed(struct mysql_tables *t, const char *database, const char *name);
void mysql_tables_all_changed(struct mysql_tables *t);
void mysql_tables_forget_ids(struct mysql_tables *t);

/* Is the table one that is read: the filter takes it, and it is not the server's own? */
int mysql_tables_wanted(const struct mysql_tables *t, const char *database, const char *name,
                        struct err *err) must_check;
#endif
