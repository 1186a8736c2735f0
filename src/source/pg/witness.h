#ifndef TAILRACE_SOURCE_PG_WITNESS_H
#define TAILRACE_SOURCE_PG_WITNESS_H
#include "source/pg/position.h"
#include "source/pg/timeline.h"

/*
 * Does a server hold the last transaction that was read? Timelines cannot tell. A machine that was
 * set back to a snapshot has the same timeline numbers and another log; so have two clones that
 * were each promoted by itself. The commit record tells: it is read at the LSN that the position
 * names.
 */
enum pg_witness {
    /* not known: no transaction was read, or its log is no longer kept */
    PG_WITNESS_NONE,
    PG_WITNESS_SAME,
    PG_WITNESS_DIFFERENT,
};

/*
 * Holds the record at p->commit_lsn against p's transaction. wal: the log from there on;
 * page_bytes: the server's wal_block_size. Its form: PostgreSQL's src/include/access/xlogrecord.h,
 * xlog_internal.h (page headers) and xact.h.
 */
enum pg_witness pg_witness_read(struct slice wal, uint32_t page_bytes, const struct pg_position *p);

/*
 * Reads the record over a connection of its own, as a physical standby does. -1: only for what time
 * may mend.
 */
int pg_witness_ask(const struct pg_options *opt, const struct pg_place *place,
                   const struct pg_position *p, enum pg_witness *ret, struct err *err) must_check;
#endif
