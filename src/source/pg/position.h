#ifndef TAILRACE_SOURCE_PG_POSITION_H
#define TAILRACE_SOURCE_PG_POSITION_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

enum pg_counted { PG_NOT_KNOWN, PG_NOT_COUNTED, PG_COUNTED };

/*
 * Where a feed is. The sink stores it as JSON text, which is opaque there. lsn is the end of the
 * last transaction handed out whole. Many changes share an LSN, so inside a transaction the point
 * is (tx_lsn, ordinal): that transaction's commit LSN, and how many of its changes were handed out.
 */
struct pg_position {
    char system_id[24];
    uint32_t timeline;
    char slot[64];
    uint64_t lsn, tx_lsn, ordinal;
    enum pg_counted messages;   /* whether ordinal counts logical messages too */
    char publication[64];       /* the publication whose changes ordinal counts; "": not known */
    /* end of the last commit handed out; 0: none yet. lsn may be past it (keepalives) */
    uint64_t last_commit;

    /*
     * These prove that a server's log is the log that was read (start.h). Positions of older
     * versions have none of them.
     */
    /* the LSN where the timeline begins; 0: it is the first, or not known */
    uint64_t begun;
    /* the server was on that timeline when its log reached this LSN; 0: not known */
    uint64_t known;
    /* all that was handed out, table reads too, lies before this LSN */
    uint64_t data;
    /* what the slot had been told it may forget when this was written; 0: nothing yet */
    uint64_t acked;
    /* commit record of the last transaction handed out, whole or in part; 0: none */
    uint64_t commit_lsn;
    int64_t commit_us;          /* its commit time, since the Unix epoch */
    uint32_t commit_xid;
};

/*
 * How far into the log the position is. Inside a transaction: past the first byte of its commit
 * record.
 */
static inline uint64_t pg_position_reach(const struct pg_position *p)
{
    return p->tx_lsn >= p->lsn && p->tx_lsn ? p->tx_lsn + 1 : p->lsn;
}

void pg_position_write(const struct pg_position *p, struct buf *out);
int pg_position_read(struct slice token, struct pg_position *ret, struct err *err) must_check;

/* "16/B374D848" both ways. */
int pg_lsn_read(const char *s, uint64_t *ret, struct err *err) must_check;
#define PG_LSN_FMT "%X/%X"
#define PG_LSN_ARG(l) (unsigned)((l) >> 32), (unsigned)(l)
#endif
