#ifndef TAILRACE_SOURCE_PG_POSITION_H
#define TAILRACE_SOURCE_PG_POSITION_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

/* A table whose snapshot is complete: transactions that commit before upto are in it, later ones are not. */
struct pg_seen {
    uint32_t oid;
    uint64_t upto;
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
    bool snapshot_done;
    struct pg_seen *seen;       /* tables whose snapshot still filters the stream */
    uint32_t nseen;
};

void pg_position_write(const struct pg_position *p, struct buf *out);
int pg_position_read(struct slice token, struct pg_position *ret, struct err *err) must_check;
void pg_position_done(struct pg_position *p);

void pg_position_saw(struct pg_position *p, uint32_t oid, uint64_t upto);

/* Is a change of this table, committed at commit_lsn, in the table's snapshot already? */
bool pg_position_has(const struct pg_position *p, uint32_t oid, uint64_t commit_lsn);
bool pg_position_knows(const struct pg_position *p, uint32_t oid);

/* Forgets the snapshots that no commit past lsn can concern any more. */
void pg_position_forget(struct pg_position *p, uint64_t lsn);

/* "16/B374D848" both ways. */
int pg_lsn_read(const char *s, uint64_t *ret, struct err *err) must_check;
#define PG_LSN_FMT "%X/%X"
#define PG_LSN_ARG(l) (unsigned)((l) >> 32), (unsigned)(l)
#endif
