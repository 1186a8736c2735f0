#ifndef TAILRACE_SOURCE_PG_CATALOG_H
#define TAILRACE_SOURCE_PG_CATALOG_H
#include "base/arena.h"
#include "source/pg/conn.h"
#include "source/pg/proto.h"

/* What the catalog of now adds to a relation whose columns the stream named. */

/* Fills type, form, modifiers, nullability, default, enum labels of each column. columns: cursor over the message's. */
int pg_catalog_columns(PGconn *sql, const struct pg_relation *m, struct cursor columns, bool binary,
                       struct column *cols, struct arena *a, struct err *err) must_check;

/*
 * The key's columns in key order: the replica identity index where there is
 * one, else the primary key, else the first unique index over NOT NULL columns.
 */
int pg_catalog_key(PGconn *sql, const struct pg_relation *m, const struct column *cols, uint16_t *ret_key,
                   uint16_t *ret_nkey, struct err *err) must_check;

/* The same of many relations at once. want: a query for (relation, place, column, type, modifier); rows by relation and place. */
PGresult *pg_catalog_all_columns(PGconn *sql, const char *want, struct err *err) must_check;
uint32_t pg_catalog_row_relation(PGresult *r, int row);
void pg_catalog_row_column(PGresult *r, int row, struct column *col, struct arena *a);     /* with its name; form text */
/* relations: a query whose column oid names them. Rows (relation, key column), by relation and key order. */
PGresult *pg_catalog_all_keys(PGconn *sql, const char *relations, struct err *err) must_check;

/* The body of the Relation message that describes this table now, as published. */
int pg_catalog_relation(PGconn *sql, uint32_t oid, const char *publication, struct buf *ret_message, struct err *err)
    must_check;
#endif
