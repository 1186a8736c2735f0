#ifndef TAILRACE_SOURCE_MYSQL_XA_H
#define TAILRACE_SOURCE_MYSQL_XA_H
#include "source/mysql/binlog/binlog.h"
#include "source/mysql/server.h"

/*
 * Events of a transaction that wait until its end is known: it may be rolled back, whole or to a
 * savepoint.
 *
 * XA transactions: prepared, and not yet committed or rolled back. The binlog has their rows where
 * they were prepared, and their outcome later. The source holds the events until then, in a
 * temporary file when there are many, and the position stays before the oldest one. Other
 * transactions have their end in the same group: their events wait in memory only.
 */
struct mysql_xa {
    char *xid;                  /* canonical text; "": not an XA transaction */
    struct buf memory;          /* the first events */
    FILE *events;               /* those after them; NULL: none */
    uint64_t count, next_event; /* events held; the next one that mysql_xa_next() returns */
    size_t at;                  /* the read place in memory */
    struct mysql_savepoint { char *name; uint64_t at; } *savepoints;
    struct mysql_undone { uint64_t from, to; } *undone;     /* events that were rolled back */
    uint32_t nsavepoints, nundone;
    /*
     * it no longer waits for its end (too large, or it made a table): the rest of its group comes
     * from the stream
     */
    bool goes_on;
    struct mysql_place before;  /* XA: the place before its first event */
    uint32_t server_id;
    struct mysql_xa *next;      /* prepared after this one */
};

/* Appends "gtrid,bqual,format" in hex, from an event or from a statement's X'..',X'..',N. */
void mysql_xa_name(const struct binlog_xid *xid, struct buf *out);
int mysql_xa_name_of_text(struct slice text, struct buf *out, struct err *err) must_check;

/* before NULL: not an XA transaction; its name is empty. */
struct mysql_xa *mysql_xa_new(struct slice name, const struct mysql_place *before,
                              uint32_t server_id);
void mysql_xa_free(struct mysql_xa *x);
bool mysql_xa_is_named(const struct mysql_xa *x);
/* SAVEPOINT name; ROLLBACK TO name (NULL: ROLLBACK), which undoes what was put since. */
void mysql_xa_savepoint(struct mysql_xa *x, const char *name);
void mysql_xa_undo(struct mysql_xa *x, const char *name);
int mysql_xa_put(struct mysql_xa *x, struct slice raw, uint64_t start, struct err *err) must_check;
int mysql_xa_rewind(struct mysql_xa *x, struct err *err) must_check;
/*
 * 1: the next event that was not undone; 0: no more; -1: err. The bytes live in x or in scratch,
 * until the next call.
 */
int mysql_xa_next(struct mysql_xa *x, struct buf *scratch, struct slice *ret_raw,
                  uint64_t *ret_start, struct err *err) must_check;
#endif
