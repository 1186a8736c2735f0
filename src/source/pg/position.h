#ifndef TAILRACE_SOURCE_PG_POSITION_H
#define TAILRACE_SOURCE_PG_POSITION_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

/* What a table's snapshot saw: pg_current_snapshot(), and a replay LSN taken after it. */
struct pg_seen {
    uint32_t oid;
    uint64_t xmin, xmax;        /* 64-bit xids, with epoch */
    uint64_t *xip;              /* in progress then, ascending */
    uint32_t nxip;
    uint64_t upto;              /* commits past this LSN were not seen by any snapshot of this table */
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

/* Adds a table's snapshot; text is what pg_current_snapshot() printed: xmin:xmax:xip,xip... */
int pg_position_saw(struct pg_position *p, uint32_t oid, const char *text, uint64_t upto, struct err *err) must_check;
const struct pg_seen *pg_position_seen(const struct pg_position *p, uint32_t oid);

/* Was transaction xid (its low 32 bits), which committed at commit_lsn, visible to that snapshot? */
bool pg_seen_has(const struct pg_seen *s, uint32_t xid, uint64_t commit_lsn);

/* Forgets the snapshots that no commit past lsn can still concern. */
void pg_position_forget(struct pg_position *p, uint64_t lsn);

/* "16/B374D848" both ways. */
int pg_lsn_read(const char *s, uint64_t *ret, struct err *err) must_check;
#define PG_LSN_FMT "%X/%X"
#define PG_LSN_ARG(l) (unsigned)((l) >> 32), (unsigned)(l)
#endif
