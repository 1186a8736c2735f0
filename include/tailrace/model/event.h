#ifndef TAILRACE_MODEL_EVENT_H
#define TAILRACE_MODEL_EVENT_H
#include "base/slice.h"
#include "model/table.h"

enum event_kind {
    EV_BEGIN, EV_COMMIT,
    EV_INSERT, EV_UPDATE, EV_DELETE, EV_TRUNCATE,
    EV_READ,        /* a row seen by a snapshot */
    EV_SCHEMA,      /* tables were created, altered or dropped */
    EV_MESSAGE,     /* a logical message: prefix, content; no table */
    /* a value that the source wants kept beside its position: prefix is the name, content the value
     * (p == NULL: forget it) */
    EV_STATE,
    /* the source drops this table version: free what hangs on it; the source frees the table with
     * the next event */
    EV_GONE,
    /* only a newer position (an idle database moved on, a snapshot's table ended) */
    EV_POSITION
};

enum cell_kind {
    CELL_NULL, CELL_VALUE,
    CELL_UNCHANGED, /* TOAST value that the update did not touch and the server did not send */
    CELL_ABSENT,    /* not in this image */
    /* the row has a value, but the log does not carry it: an encoder that needs it fails */
    CELL_UNSAID
};

struct cell {
    const uint8_t *p;
    uint32_t n;
    uint8_t kind;           /* enum cell_kind */
};

struct row {
    const struct cell *cells;   /* table->ncols of them, or NULL: no such image */
};

/* A row's place in a snapshot, as the source block names it. */
enum snapshot_mark {
    SNAP_STREAM,            /* not a snapshot row: "false" */
    SNAP_FIRST, SNAP_FIRST_IN_TABLE, SNAP_TRUE, SNAP_LAST_IN_TABLE, SNAP_LAST,
    SNAP_INCREMENTAL        /* read on demand, beside the stream */
};

/* A change's place in a binlog, as the source block names it. Borrowed like the event. */
struct binlog_place {
    const char *file;
    /* where the binlog event with the change begins; for a snapshot row: the snapshot's place */
    uint64_t pos;
    uint32_t row;               /* number of the row within that event, from 0 */
    uint32_t server_id;         /* the server that first wrote the change; 0: a snapshot row */
    const char *gtid;           /* of the transaction; NULL: none */
    int64_t thread;             /* the session that wrote the change; -1: not known */
    /* source.mysql.query: the statement's text, UTF-8. p == NULL: not asked for, or not there */
    struct slice query;
};

enum table_change_kind { TABLE_CREATED, TABLE_ALTERED, TABLE_DROPPED };
struct table_change {
    enum table_change_kind kind;
    /* as it is now; if dropped, only database, schema and name count */
    const struct table *table;
};

/* What a statement changed in the tables. There may be no change: CREATE DATABASE, an index. */
struct schema_change {
    const char *database, *schema;  /* schema NULL: MySQL has none */
    /* the tables' names as the source block has them, joined by ','; NULL: no table */
    const char *tables;
    const char *ddl;                /* NULL: the source does not see it (PostgreSQL) */
    const struct table_change *changes;
    size_t nchanges;
};

/*
 * One thing that happened. All pointers except table are borrowed from the source
 * and die at its next call of next(): encode or copy before asking for another.
 */
struct event {
    enum event_kind kind;
    enum snapshot_mark snapshot;
    /* handed out before a restart inside this transaction: count it, and write no record */
    bool known;
    const struct table *table;
    struct row before, after;
    /*
     * EV_DELETE of a repair, which is no change of the stream: the bytes of the key in the topic.
     * Nothing else is known of the row. p == NULL: `before` has the key.
     */
    struct slice key;
    int64_t commit_us;      /* of the transaction, microseconds since the Unix epoch, UTC */
    /* MySQL, MariaDB; NULL: PostgreSQL, which has the fields from lsn to txid */
    const struct binlog_place *place;
    uint64_t lsn;           /* PostgreSQL: LSN of the change */
    /* PostgreSQL: end of the last commit before this transaction, 0: none yet */
    uint64_t last_commit_lsn;
    /* PostgreSQL: name of the replication origin that the transaction came from; NULL: none */
    const char *origin;
    uint64_t origin_lsn;    /* LSN of its commit there */
    /* PostgreSQL: xid; -1: in no transaction (a non-transactional message) */
    int64_t txid;
    uint64_t seq;           /* number of the change within its transaction, from 1 */
    /* set by the flow: the record's number within its transaction, and within its table's part of
     * the transaction; 0: none */
    uint64_t tx_order, tx_table_order;
    struct slice tx_begin;          /* set by the flow: transaction_id() at the BEGIN */
    const struct schema_change *schema;     /* EV_SCHEMA */
    const char *database;           /* EV_MESSAGE: its database (rows have table->database) */
    struct slice prefix, content;   /* EV_MESSAGE, EV_STATE */
};
#endif
