#ifndef TAILRACE_SOURCE_PG_CATALOG_H
#define TAILRACE_SOURCE_PG_CATALOG_H
#include "base/arena.h"
#include "source/pg/conn.h"
#include "source/pg/proto.h"
#include "source/pg/said.h"

/*
 * What the catalog of now says of a relation whose columns the stream named, for a row of
 * transaction xid (0: of no transaction). A catalog row that a transaction after xid wrote is
 * marked: what it says may not have been so when the row was written. (A transaction that alters a
 * table waits for those that write to it.)
 */
struct pg_now {
    struct pg_said said;
    bool type;                  /* the type is in the catalog: the type's facts are said */
    /* so is a column of that name and type: the column's facts are said */
    bool column;
    /* the transaction that wrote it, if it came after xid; else 0 */
    uint32_t later, default_later, labels_later;
    const char *labels_before;  /* PG_LABELS less those that came after xid */
};

struct pg_key_column {
    const char *name;
    uint16_t place;             /* among the table's columns when xid wrote, from 0 */
    uint32_t type;
    bool renamed;               /* it may be: its catalog row was written by xid or later */
};

struct pg_now_key {
    struct pg_key_column *columns;      /* in key order */
    uint16_t n;                 /* 0: it has none */
    uint16_t of;                /* columns that the table had then, and has got since */
    uint32_t later;
};

/* now: m->ncols of them. Strings live in a. */
int pg_catalog_columns(PGconn *sql, const struct pg_relation *m, uint32_t xid, struct pg_now *now,
                       struct arena *a, struct err *err) must_check;

/*
 * The replica identity index where there is one, else the primary key, else the first unique index
 * over NOT NULL columns.
 * marked: the message marks columns as the identity.
 */
int pg_catalog_key(PGconn *sql, const struct pg_relation *m, bool marked, uint32_t xid,
                   struct pg_now_key *ret, struct arena *a, struct err *err) must_check;

/* The same of many relations at once. want: a query for (relation, place, column, type, modifier);
 * rows by relation and place. */
PGresult *pg_catalog_all_columns(PGconn *sql, const char *want, struct err *err) must_check;
uint32_t pg_catalog_row_relation(PGresult *r, int row);
/* with its name; form text */
void pg_catalog_row_column(PGresult *r, int row, struct column *col, struct arena *a);
/*
 * relations: oids, or a query for them. Rows (relation, key column), by relation and key order.
 * unmarked: of tables whose message marks no column.
 */
PGresult *pg_catalog_all_keys(PGconn *sql, const char *relations, bool unmarked,
                              struct err *err) must_check;

/* Of a table whose message has no key. there: the table has one all the same, which no transaction
 * later than xid made. */
struct pg_hidden_key {
    bool there;
    const char *column;     /* the first of it that the publication of now leaves out; NULL: none */
};
int pg_catalog_hidden_key(PGconn *sql, const struct pg_relation *m, uint32_t xid,
                          const char *publication, struct pg_hidden_key *ret, struct arena *a,
                          struct err *err) must_check;

/* The body of the Relation message that describes this table now, as published. */
int pg_catalog_relation(PGconn *sql, uint32_t oid, const char *publication, struct buf *ret_message,
                        struct err *err) must_check;
#endif
