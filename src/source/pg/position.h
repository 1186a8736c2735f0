#ifndef TAILRACE_SOURCE_PG_POSITION_H
#define TAILRACE_SOURCE_PG_POSITION_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

/*
 * A table that a snapshot has read, or has begun to read. Transactions that
 * commit before upto are in the rows handed out, later ones are in the stream.
 * A table whose reading was cut short keeps its first upto: rows of the first
 * attempt may be out already, so nothing that changed them since may be left out.
 */
struct pg_seen {
    uint32_t oid;
    uint64_t upto;
    bool done;
};

/*
 * Where a feed stands. Stored as JSON text by the sink; opaque there.
 * (lsn) is the end of the last transaction handed out whole. Many changes share
 * an LSN, so inside a transaction the point is (tx_lsn, ordinal): that
 * transaction's commit LSN and how many of its changes were handed out.
 */
struct pg_position {
    char system_id[24];
    uint32_t timeline;
    char slot[64];
    uint64_t lsn, tx_lsn, ordinal;
    uint64_t last_commit;       /* end of the last commit handed out; 0: none yet. lsn may be past it (keepalives) */
    bool snapshot_done;
    struct pg_seen *seen;       /* tables whose snapshot still filters the stream */
    uint32_t nseen;
};

void pg_position_write(const struct pg_position *p, struct buf *out);
int pg_position_read(struct slice token, struct pg_position *ret, struct err *err) must_check;
void pg_position_done(struct pg_position *p);

/* A snapshot at point begins a table, and has read it all. */
void pg_position_begin_table(struct pg_position *p, uint32_t oid, uint64_t point);
void pg_position_end_table(struct pg_position *p, uint32_t oid);

/* Is a change of this table, committed at commit_lsn, in the table's snapshot already? */
bool pg_position_has(const struct pg_position *p, uint32_t oid, uint64_t commit_lsn);
bool pg_position_read_all(const struct pg_position *p, uint32_t oid);   /* was this table read to its end? */

/* Forgets the snapshots that no commit past lsn can concern any more. */
void pg_position_forget(struct pg_position *p, uint64_t lsn);

/* "16/B374D848" both ways. */
int pg_lsn_read(const char *s, uint64_t *ret, struct err *err) must_check;
#define PG_LSN_FMT "%X/%X"
#define PG_LSN_ARG(l) (unsigned)((l) >> 32), (unsigned)(l)
#endif
