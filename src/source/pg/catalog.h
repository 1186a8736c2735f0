#ifndef TAILRACE_SOURCE_PG_CATALOG_H
#define TAILRACE_SOURCE_PG_CATALOG_H
#include "base/arena.h"
#include "source/pg/conn.h"
#include "source/pg/proto.h"
#include "source/pg/said.h"

/*
 * What the catalog says now of a column that the stream named, for a row of transaction xid (0: of
 * no transaction). `later` marks a fact that a transaction after xid wrote: it may not have held
 * when the row was written. (A transaction that alters a table waits for those that write to it.)
 */
struct pg_now {
    struct pg_said said;
    bool type;                  /* the catalog has the type: said holds the type's facts */
    /* the table has a column of that name and type: said holds its facts */
    bool column;
    /* the transaction that wrote it, if it came after xid; else 0 */
    uint32_t later, default_later, labels_later;
    const char *labels_before;  /* PG_LABELS without the labels that came after xid */
};

struct pg_key_column {
    const char *name;
    /* its index among the columns that the table had when xid wrote, from 0 */
    uint16_t place;
    uint32_t type;
    /* it may have been: xid or a later transaction wrote its catalog row */
    bool renamed;
};

struct pg_now_key {
    struct pg_key_column *columns;      /* in key order */
    uint16_t n;                 /* 0: the table has no key */
    uint16_t of;                /* number of columns: those of then, and those added since */
    uint32_t later;
};

/* now: an array of m->ncols. Its strings live in a. */
int pg_catalog_columns(PGconn *sql, const struct pg_relation *m, uint32_t xid, struct pg_now *now,
                       struct arena *a, struct err *err) must_check;

/*
 * The replica identity index if there is one, else the primary key, else the first unique index
 * over NOT NULL columns. marked: the message marks columns as the identity.
 */
int pg_catalog_key(PGconn *sql, const struct pg_relation *m, bool marked, uint32_t xid,
                   struct pg_now_key *ret, struct arena *a, struct err *err) must_check;

/*
 * The same for many relations at once. want: a query for (relation, ordinal, column, type,
 * modifier). The answer is ordered by relation and ordinal.
 */
PGresult *pg_catalog_all_columns(PGconn *sql, const char *want, struct err *err) must_check;
uint32_t pg_catalog_row_relation(PGresult *r, int row);
/* col: with its name; form text */
void pg_catalog_row_column(PGresult *r, int row, struct column *col, struct arena *a);
/*
 * relations: oids, or a query for them. Rows (relation, key column), by relation and key order.
 * unmarked: the relations are tables whose message marks no column.
 */
PGresult *pg_catalog_all_keys(PGconn *sql, const char *relations, bool unmarked,
                              struct err *err) must_check;

/*
 * The key of a table whose message has no key. there: the table has a key all the same, and no
 * transaction after xid made it.
 */
struct pg_hidden_key {
    bool there;
    const char *column;     /* its first column that the publication leaves out now; NULL: none */
};
int pg_catalog_hidden_key(PGconn *sql, const struct pg_relation *m, uint32_t xid,
                          const char *publication, struct pg_hidden_key *ret, struct arena *a,
                          struct err *err) must_check;

/*
 * The body of the Relation message that describes this table now, as published. ERR_RETRY: it is
 * not published.
 */
int pg_catalog_relation(PGconn *sql, uint32_t oid, const char *publication, struct buf *ret_message,
                        struct err *err) must_check;
#endif
