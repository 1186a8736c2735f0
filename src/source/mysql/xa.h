#ifndef TAILRACE_SOURCE_MYSQL_XA_H
#define TAILRACE_SOURCE_MYSQL_XA_H
#include "source/mysql/binlog.h"
#include "source/mysql/server.h"

/*
 * XA transactions that are prepared and neither committed nor rolled back. Their rows stand in the binlog where they were prepared;
 * what becomes of them stands later. The events wait in a temporary file until then, and the position stays before the oldest.
 */
struct mysql_xa {
    char *xid;                  /* canonical text */
    FILE *events;
    struct mysql_place before;  /* the place before its first event */
    uint32_t server_id;
    struct mysql_xa *next;      /* prepared after this one */
};

/* "gtrid,bqual,format" in hex, from an event or from a statement's X'..',X'..',N. Appends. */
void mysql_xa_name(const struct binlog_xid *xid, struct buf *out);
int mysql_xa_name_of_text(struct slice text, struct buf *out, struct err *err) must_check;

struct mysql_xa *mysql_xa_new(struct slice name, const struct mysql_place *before, uint32_t server_id);
void mysql_xa_free(struct mysql_xa *x);
int mysql_xa_put(struct mysql_xa *x, struct slice raw, uint64_t start, struct err *err) must_check;
int mysql_xa_rewind(struct mysql_xa *x, struct err *err) must_check;
/* 1: the next event; 0: no more; -1: err. The bytes live in scratch. */
int mysql_xa_next(struct mysql_xa *x, struct buf *scratch, struct slice *ret_raw, uint64_t *ret_start, struct err *err) must_check;
#endif
