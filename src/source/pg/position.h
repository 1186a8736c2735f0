#ifndef TAILRACE_SOURCE_PG_POSITION_H
#define TAILRACE_SOURCE_PG_POSITION_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

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
};

void pg_position_write(const struct pg_position *p, struct buf *out);
int pg_position_read(struct slice token, struct pg_position *ret, struct err *err) must_check;

/* "16/B374D848" both ways. */
int pg_lsn_read(const char *s, uint64_t *ret, struct err *err) must_check;
#define PG_LSN_FMT "%X/%X"
#define PG_LSN_ARG(l) (unsigned)((l) >> 32), (unsigned)(l)
#endif
