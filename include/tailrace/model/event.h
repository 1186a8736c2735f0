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
    /* the source keeps this beside its position: prefix is its name, content its value (p == NULL:
     * forget it) */
    EV_STATE,
    /* the source parts with this table: drop what hangs on it, it is freed with the next event */
    EV_GONE,
    /* nothing but a newer position (an idle database moved on, a snapshot's table ended) */
    EV_POSITION
};

enum cell_kind {
    CELL_NULL, CELL_VALUE,
    CELL_UNCHANGED, /* TOAST value that the update did not touch and the server did not send */
    CELL_ABSENT,    /* not in this image */
    /* the row has a value, and the log does not say which: whoever wants it stops */
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

/* Where a snapshot row stands, as the source block names it. */
enum snapshot_mark {
    SNAP_STREAM,            /* not a snapshot row: "false" */
    SNAP_FIRST, SNAP_FIRST_IN_TABLE, SNAP_TRUE, SNAP_LAST_IN_TABLE, SNAP_LAST,
    SNAP_INCREMENTAL        /* read on demand, beside the stream */
};

/* Where a change stands in a binlog, as the source block names it. Borrowed like the event. */
struct binlog_place {
    const char *file;
    /* where the event begins that holds the change; of a snapshot row: the snapshot's place */
    uint64_t pos;
    uint32_t row;               /* within that event, from 0 */
    uint32_t server_id;         /* that wrote the change first; 0: a snapshot row */
    const char *gtid;           /* of the transaction; NULL: none */
    int64_t thread;             /* session that wrote it; -1: not known */
    /* source.mysql.query: its SQL text, UTF-8. p == NULL: not asked for, or not there */
    struct slice query;
};

enum table_change_kind { TABLE_CREATED, TABLE_ALTERED, TABLE_DROPPED };
struct table_change {
    enum table_change_kind kind;
    /* as it is now; of a dropped one database, schema and name are read */
    const struct table *table;
};

/* What a statement made of the tables. changes may be none: CREATE DATABASE, an index. */
struct schema_change {
    const char *database, *schema;  /* schema NULL: MySQL has none */
    /* the tables' names as the source block has them, joined by ','; NULL: of none */
    const char *tables;
    const char *ddl;                /* NULL: the source does not see it (PostgreSQL) */
    const struct table_change *changes;
    size_t nchanges;
};

/*
 * One thing that happened. All pointers but table are borrowed from the source
 * and die at its next next() call: encode or copy before asking for another.
 */
struct event {
    enum event_kind kind;
    enum snapshot_mark snapshot;
    /* handed out before the restart that this transaction goes on after: to be counted only */
    bool known;
    const struct table *table;
    struct row before, after;
    /*
     * EV_DELETE of a row of which nothing but its key is known: the bytes of the key in the topic.
     * It is no change of the stream: a repair says it. p == NULL: `before` has the key.
     */
    struct slice key;
    int64_t commit_us;      /* of the transaction, microseconds since the Unix epoch, UTC */
    /* MySQL, MariaDB; NULL: PostgreSQL, which has the next three */
    const struct binlog_place *place;
    uint64_t lsn;           /* PostgreSQL: of the change */
    /* PostgreSQL: end of the last commit before this transaction, 0: none yet */
    uint64_t last_commit_lsn;
    /* PostgreSQL: name of the replication origin that the transaction came from; NULL: none */
    const char *origin;
    uint64_t origin_lsn;    /* of its commit there */
    /* PostgreSQL: xid; -1: in no transaction (a non-transactional message) */
    int64_t txid;
    uint64_t seq;           /* of the change within its transaction, from 1 */
    /* set by the flow: of the record within its transaction, and of its table; 0: none */
    uint64_t tx_order, tx_table_order;
    struct slice tx_begin;          /* set by the flow: what its transaction's BEGIN was called */
    const struct schema_change *schema;     /* EV_SCHEMA */
    const char *database;           /* EV_MESSAGE: its database (a row's stands in its table) */
    struct slice prefix, content;   /* EV_MESSAGE, EV_STATE */
};
#endif
